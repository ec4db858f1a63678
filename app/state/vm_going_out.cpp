#include <algorithm>

#include "app/state/time_words.h"
#include "app/state/view_models.h"
#include "app/state/vm_parts.h"
#include "platform/base/limits.h"

namespace doorstep::state {
namespace {

// Proposals, no rules: a working day away from a socket, a certificate IT still has the time to renew, and a clock that is wrong by
// more than people's watches are.
constexpr int kBatteryLow = 40;  ///< per cent
constexpr Millis kSyncOld = std::chrono::hours(24);
constexpr int kCertificateDays = 14;
constexpr Millis kClockOff = std::chrono::minutes(2);
constexpr std::int64_t kMega = 1'000'000;

}  // namespace

GoingOutVm going_out_vm(const State& state) {
  const auto& text = state.text();
  const auto& device = state.device;
  const auto& sync = state.sync;
  GoingOutVm vm;
  vm.title = text("going_out.title");
  vm.sync_now = {text("sync.now"), PressSyncNow{}};
  enum Whose { Own, Its, InOrder };
  const char* headings[] = {"going_out.own", "going_out.it", "going_out.in_order"};
  std::vector<GoingOutVm::LineVm> of[3];
  const auto add = [&](const char* name, std::string value, bool is_due, const char* what, Whose whose = Own) {
    if (!is_due) whose = InOrder;
    of[whose].push_back({text(name), std::move(value), is_due ? TagVm{text(what), Mood::Warn} : TagVm{}, text(headings[whose])});
  };
  if (device.battery_percent)
    add("going_out.battery",
        text(device.charging ? "going_out.battery.charging" : "going_out.battery.percent",
             {{"n", std::to_string(*device.battery_percent)}}),
        !device.charging && *device.battery_percent < kBatteryLow, "going_out.battery.do");

  // A receipt is from a sync that worked, also one before the program was started.
  auto synced = device.synced_at;
  if (sync.receipt && (!synced || *synced < sync.receipt->at)) synced = sync.receipt->at;
  const bool long_ago = !synced || state.now - *synced > kSyncOld;
  add("going_out.synced", synced ? when_begins(text, *synced, state.now) : text("going_out.synced.never"), long_ago, "going_out.synced.do");
  if (synced) {
    const auto today = due_today(state);
    add("going_out.today",
        today == 0 ? text("going_out.today.nobody") : text.count("going_out.today.n", static_cast<long long>(today)), false, "");
  }
  const auto photos = photos_to_send(state);
  std::string waiting = sync.waiting > 0 ? text.count("sync.waiting.n", sync.waiting) : std::string();
  if (photos > 0) waiting += (waiting.empty() ? "" : ", ") + text.count("sync.waiting.photos", photos);
  add("sync.waiting", waiting.empty() ? text("sync.waiting.none") : waiting, !waiting.empty() && !long_ago,
      "going_out.synced.do");
  if (!refusals_told(state).empty()) add("going_out.refused", text("sync.headline.refused"), true, "going_out.refused.do");

  if (device.free_bytes) {
    const auto mega = *device.free_bytes / kMega;
    add("going_out.room",
        text(mega < 1000 ? "going_out.room.mb" : "going_out.room.gb", {{"n", std::to_string(mega < 1000 ? mega : mega / 1000)}}),
        *device.free_bytes < limits::kBlobFreeBytes, "going_out.room.do", Its);
  }
  if (device.clock_ahead) {
    const auto off = std::chrono::abs(*device.clock_ahead);
    const bool wrong = off > kClockOff;
    const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(off).count();
    add("going_out.clock",
        wrong ? text.count(device.clock_ahead->count() > 0 ? "going_out.clock.ahead" : "going_out.clock.behind", minutes)
              : text("going_out.clock.right"),
        wrong, "going_out.clock.do");
  }
  if (sync.lease_until)
    add("going_out.lease", when_begins(text, *sync.lease_until, state.now), sync.lease_soon, "going_out.lease.do");
  if (device.certificate_until) {
    const auto until = rules::uk_date(*device.certificate_until);
    add("going_out.certificate", day_words(text, until),
        rules::days_between(rules::uk_date(state.now), until) < kCertificateDays, "going_out.certificate.do", Its);
  }
  vm.sync_due = long_ago || !waiting.empty();
  const auto own = static_cast<long long>(of[Own].size()), its = static_cast<long long>(of[Its].size());
  for (auto& lines : of) std::move(lines.begin(), lines.end(), std::back_inserter(vm.lines));
  vm.mood = own + its == 0 ? Mood::Ok : Mood::Warn;
  vm.headline = own > 0 ? text.count("going_out.to_do", own) : its > 0 ? text.count("going_out.for_it", its) : text("going_out.nothing");
  if (own > 0 && its > 0)
    vm.headline = text("going_out.and_it", {{"own", text.count("going_out.for_you", own)}, {"n", std::to_string(its)}});
  return vm;
}

}  // namespace doorstep::state
