#include "platform/vault/throttle.h"

#include <algorithm>
#include <array>

#include "platform/base/bytes.h"
#include "platform/base/file.h"
#include "platform/vault/binary.h"

namespace doorstep::vault {
namespace {

using base::Error;
using base::Fault;
using base::Millis;
using base::Result;

constexpr std::string_view kMagic = "DSTHROT1";
constexpr std::uint32_t kTenth = 10;  // what a lost state counts as

}  // namespace

Millis delay_after(std::uint32_t failures) {
  using namespace std::chrono_literals;
  static constexpr std::array<Millis, 7> kDelays = {30s, 60s, 5min, 15min, 60min, 60min, 60min};  // after 4, 5, ... 10
  if (failures < 4) return Millis(0);
  return kDelays[std::min<std::size_t>(failures - 4, kDelays.size() - 1)];
}

Result<void> Throttle::start() { return save({0, clock_.monotonic().count(), boot_id_}); }

Result<void> Throttle::save(const State& state) {
  Writer out;
  out.bytes(kMagic);
  out.number(state.failures);
  out.number(state.at_ms);
  out.text(state.boot_id);
  std::string bytes = out.take();
  bytes += base::sha256(bytes);
  return base::write_file_atomic(file_, bytes, base::Access::Owner);
}

Result<Throttle::State> Throttle::load() {
  State lost{kTenth, clock_.monotonic().count(), boot_id_};
  auto bytes = base::read_file(file_, 1024);
  if (bytes.has_error() && bytes.error().fault == Fault::Io) return bytes.error();  // unreadable now is not lost
  State state;
  bool whole = false;
  if (bytes.has_value() && bytes->size() > 32) {
    std::string_view signed_part(bytes->data(), bytes->size() - 32);
    Reader in(signed_part);
    bool magic = in.bytes(kMagic.size()) == kMagic;
    state.failures = in.number<std::uint32_t>();
    state.at_ms = in.number<std::int64_t>();
    state.boot_id = in.text();
    whole = magic && in.ok() && in.at_end() && base::sha256(signed_part) == std::string_view(*bytes).substr(bytes->size() - 32) &&
            state.at_ms >= 0;  // no monotonic clock runs below zero
  }
  if (!whole) {
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
  before_ = state;
  const std::uint32_t failures = std::max(state.failures, state.failures + 1);  // the last number there is stays
  return save({failures, clock_.monotonic().count(), boot_id_});
}

Result<void> Throttle::uncount() { return save(before_); }

Result<std::uint32_t> Throttle::failures() {
  DOORSTEP_TRY_ASSIGN(State state, load());
  return state.failures;
}

}  // namespace doorstep::vault
