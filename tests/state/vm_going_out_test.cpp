#include <catch2/catch_test_macros.hpp>

#include "tests/support/desk.h"

using namespace doorstep;
using namespace doorstep::tests;

namespace {

/// In order: a tablet of which all is well.
struct Ready : Desk {
  DeviceLooked device{80, false, 40'000'000'000, Millis(500), {}, {}};
  SyncStatus sync;
  Ready() {
    unlock();
    device.synced_at = wall + Millis(-3'600'000);
    device.certificate_until = wall + std::chrono::hours(24 * 200);
    sync.online = true;
  }
  GoingOutVm looked() {
    hear(sync);
    hear(device);
    return going_out_vm(state);
  }
};

std::map<std::string, std::string> to_do(const GoingOutVm& vm) {
  std::map<std::string, std::string> out;
  for (const auto& line : vm.lines)
    if (!line.to_do.words.empty()) out[line.name + ": " + line.value] = line.to_do.words;
  return out;
}

using ToDo = std::map<std::string, std::string>;

}  // namespace

TEST_CASE("vm_going_out: a tablet in order has nothing to do, and each thing that is not is told with what to do", "[state]") {
  Ready tablet;
  CHECK(to_do(tablet.looked()).empty());
  CHECK(tablet.looked().mood == Mood::Ok);
  CHECK(my_children_vm(tablet.state).going_out.tag.words.empty());
  struct Row {
    std::function<void(Ready&)> change;
    ToDo told;
  };
  const Row rows[] = {
      {[](Ready& t) { t.device.battery_percent = 39; }, {{"Battery: 39 %", "Charge it first"}}},
      {[](Ready& t) { t.device.battery_percent = 5, t.device.charging = true; }, {}},
      {[](Ready& t) { t.device.free_bytes = 400'000'000; }, {{"Room on this tablet: 400 MB", "Tell IT: photos are no longer taken"}}},
      {[](Ready& t) { t.device.clock_ahead = Millis(-300'000); }, {{"Clock: 5 minutes slow", "Set it, or tell IT"}}},
      {[](Ready& t) { t.device.clock_ahead = Millis(130'000); }, {{"Clock: 2 minutes fast", "Set it, or tell IT"}}},
      {[](Ready& t) { t.device.synced_at.reset(); }, {{"Last with the case server: Not yet", "Sync first"}}},
      {[](Ready& t) { t.device.synced_at = t.wall + std::chrono::hours(-25); },
       {{"Last with the case server: Yesterday at 13:05", "Sync first"}}},
      {[](Ready& t) { t.device.synced_at.reset(), t.sync.receipt = SyncReceipt{7, t.wall + Millis(-60'000), 3}; }, {}},
      {[](Ready& t) { t.sync.waiting = 2; }, {{"Waiting to send: 2 changes", "Sync first"}}},
      {[](Ready& t) { t.device.certificate_until = t.wall + std::chrono::hours(24 * 13); },
       {{"May sync: Until 6 December 2026", "Tell IT: its certificate has to be renewed"}}},
      {[](Ready& t) { t.device = {}, t.device.synced_at = t.wall; }, {}},  // what cannot be found out is left out
  };
  for (const auto& row : rows) {
    Ready one;
    row.change(one);
    const auto vm = one.looked();
    INFO(vm.headline);
    CHECK(to_do(vm) == row.told);
    CHECK(my_children_vm(one.state).going_out.tag.words == (row.told.empty() ? "" : row.told.begin()->second));
  }
}

TEST_CASE("vm_going_out: the tablet is looked at whenever the page that tells of it is shown", "[state]") {
  Desk desk;
  desk.unlock();
  CHECK(desk.all<LookAtDevice>().size() == 1);
  desk.act(ShowTab{ListTab::All});
  CHECK(desk.all<LookAtDevice>().size() == 1);
  desk.act(Open{ScreenKind::Child, desk.amara});
  desk.act(Back{});
  CHECK(desk.all<LookAtDevice>().size() == 2);
  desk.act(my_children_vm(desk.state).going_out.open.value());
  CHECK(desk.state.screen()->kind == ScreenKind::GoingOut);
  CHECK(desk.all<LookAtDevice>().size() == 3);
}
