#include "platform/vault/throttle.h"

#include <algorithm>
#include <array>

#include "platform/base/bytes.h"
#include "platform/base/file.h"
#include "platform/base/log.h"
#include "platform/vault/binary.h"

namespace doorstep::vault {
namespace {

using base::Error;
using base::Fault;
using base::Millis;
using base::Result;

constexpr std::string_view kMagic = "DSTHROT1", kNumbered = "DSTHROT2";  // the second has the counter's number
constexpr std::uint32_t kTenth = 10;  // what a lost state counts as

}  // namespace

Millis delay_after(std::uint32_t failures) {
  using namespace std::chrono_literals;
  static constexpr std::array<Millis, 7> kDelays = {30s, 60s, 5min, 15min, 60min, 60min, 60min};  // after 4, 5, ... 10
  if (failures < 4) return Millis(0);
  return kDelays[std::min<std::size_t>(failures - 4, kDelays.size() - 1)];
}

Result<std::optional<std::uint64_t>> Throttle::counted() {
  if (!counter_) return std::optional<std::uint64_t>();
  auto now = counter_->read();
  if (now.has_value()) return std::optional(*now);
  if (now.error().fault == Fault::NotFound) return std::optional<std::uint64_t>();
  return now.error();
}

Result<void> Throttle::start() {
  DOORSTEP_TRY_ASSIGN(auto number, counted());
  if (counter_ && !number) {
    auto begun = counter_->raise();
    if (begun.has_value())
      number = *begun;
    else if (begun.error().fault == Fault::Offline)
      return begun.error();
    else
      base::log_error("vault.no_counter", begun.error());
  }
  return save({0, clock_.monotonic().count(), boot_id_, number});
}

Result<void> Throttle::save(const State& state) {
  Writer out;
  out.bytes(state.number ? kNumbered : kMagic);
  out.number(state.failures);
  out.number(state.at_ms);
  out.text(state.boot_id);
  if (state.number) out.number(*state.number);
  std::string bytes = out.take();
  bytes += base::sha256(bytes);
  return base::write_file_atomic(file_, bytes, base::Access::Owner);
}

Result<bool> Throttle::is_newest(const State& state, std::optional<std::uint64_t> now) {
  // The key that is sealed by that chip does not open here either: nothing to count, and the machine it came from goes on.
  if (state.number && !now) return Error{Fault::NotFound, "vault.chip", "another chip keeps the count, or this one was cleared"};
  if (!state.number || *state.number != *now + 1) return state.number == now;
  DOORSTEP_TRY_ASSIGN(const auto raised, counter_->raise());
  return raised == *state.number;
}

Result<Throttle::State> Throttle::load() {
  auto bytes = base::read_file(file_, 1024);
  if (bytes.has_error() && bytes.error().fault == Fault::Io) return bytes.error();  // unreadable now is not lost
  DOORSTEP_TRY_ASSIGN(const auto now, counted());
  State state;
  bool whole = false;
  if (bytes.has_value() && bytes->size() > 32) {
    std::string_view signed_part(bytes->data(), bytes->size() - 32);
    Reader in(signed_part);
    const auto magic = in.bytes(kMagic.size());
    state.failures = in.number<std::uint32_t>();
    state.at_ms = in.number<std::int64_t>();
    state.boot_id = in.text();
    if (magic == kNumbered) state.number = in.number<std::uint64_t>();
    whole = (magic == kMagic || magic == kNumbered) && in.ok() && in.at_end() &&
            base::sha256(signed_part) == std::string_view(*bytes).substr(bytes->size() - 32) &&
            state.at_ms >= 0;  // no monotonic clock runs below zero
  }
  if (whole) {
    DOORSTEP_TRY_ASSIGN(whole, is_newest(state, now));
  }
  if (!whole) {
    const State lost{kTenth, clock_.monotonic().count(), boot_id_, now};
    DOORSTEP_TRY(save(lost));
    return lost;
  }
  // After a reboot the monotonic clock began anew: the wait restarts, so that switching off does not shorten it.
  if (state.boot_id != boot_id_ || state.at_ms > clock_.monotonic().count()) {
    state.boot_id = boot_id_;
    state.at_ms = clock_.monotonic().count();
    if (state.failures > 0) DOORSTEP_TRY(save(state));
  }
  return state;
}

Result<Millis> Throttle::wait() {
  DOORSTEP_TRY_ASSIGN(State state, load());
  Millis passed(clock_.monotonic().count() - state.at_ms);
  return std::max(Millis(0), delay_after(state.failures) - passed);
}

Result<void> Throttle::count() {
  DOORSTEP_TRY_ASSIGN(State state, load());
  const std::uint32_t failures = std::max(state.failures, state.failures + 1);  // the last number there is stays
  if (state.number) ++*state.number;
  before_ = state;
  DOORSTEP_TRY(save({failures, clock_.monotonic().count(), boot_id_, state.number}));
  if (!state.number) return {};
  DOORSTEP_TRY_ASSIGN(const auto raised, counter_->raise());
  if (raised != *state.number) return Error{Fault::Conflict, "vault.counter", "somebody else raised it"};
  return {};
}

Result<void> Throttle::uncount() { return save(before_); }

Result<std::uint32_t> Throttle::failures() {
  DOORSTEP_TRY_ASSIGN(State state, load());
  return state.failures;
}

}  // namespace doorstep::vault
