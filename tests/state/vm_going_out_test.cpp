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
  const char* clock = "Set the clock right in the tablet's own settings, or ask IT";
  const Row rows[] = {
      {[](Ready& t) { t.device.battery_percent = 39; }, {{"Battery: 39%", "Charge the tablet before you go"}}},
      {[](Ready& t) { t.device.battery_percent = 5, t.device.charging = true; }, {}},
      {[](Ready& t) { t.device.free_bytes = 400'000'000; },
       {{"Room on this tablet: 400 MB", "Photos are no longer taken: ask IT to make room"}}},
      {[](Ready& t) { t.device.clock_ahead = Millis(-300'000); }, {{"Clock: 5 minutes slow", clock}}},
      {[](Ready& t) { t.device.clock_ahead = Millis(130'000); }, {{"Clock: 2 minutes fast", clock}}},
      {[](Ready& t) { t.device.synced_at.reset(); }, {{"Last sync: Not yet", "Sync before you go"}}},
      {[](Ready& t) { t.device.synced_at = t.wall + std::chrono::hours(-25); },
       {{"Last sync: Yesterday at 13:05", "Sync before you go"}}},
      {[](Ready& t) { t.device.synced_at.reset(), t.sync.receipt = SyncReceipt{7, t.wall + Millis(-60'000), 3}; }, {}},
      {[](Ready& t) { t.sync.waiting = 2; }, {{"Waiting to send: 2 changes", "Sync before you go"}}},
      {[](Ready& t) { t.device.certificate_until = t.wall + std::chrono::hours(24 * 13); },
       {{"Sync allowed until: 6 December 2026", "Ask IT to renew this tablet's certificate"}}},
      {[](Ready& t) { t.device = {}, t.device.synced_at = t.wall; }, {}},  // what cannot be found out is left out
  };
  for (const auto& row : rows) {
    Ready one;
    row.change(one);
    const auto vm = one.looked();
    INFO(vm.headline);
    CHECK(to_do(vm) == row.told);
    CHECK(my_children_vm(one.state).going_out.tag.words == (row.told.empty() ? "" : "Not ready"));
  }
}

TEST_CASE("vm_going_out: what the worker can put right comes first, then what IT has to, then what is in order", "[state]") {
  Ready tablet;
  tablet.device.battery_percent = 20;
  tablet.device.free_bytes = 1'000'000;
  tablet.sync.waiting = 1;
  const auto vm = tablet.looked();
  std::vector<std::string> groups;
  for (const auto& line : vm.lines)
    if (groups.empty() || groups.back() != line.group) groups.push_back(line.group);
  CHECK(groups == std::vector<std::string>{"You can do now", "Ask IT", "In order"});
  CHECK(vm.lines[0].name == "Battery");
  CHECK(vm.headline == "2 things for you, and 1 for IT");
  CHECK(vm.sync_due);
  Ready full;
  full.device.free_bytes = 1'000'000;
  CHECK(full.looked().headline == "1 thing for IT");
  CHECK_FALSE(Ready().looked().sync_due);
  const auto today = std::find_if(vm.lines.begin(), vm.lines.end(), [](const auto& line) { return line.name == "Due today"; });
  REQUIRE(today != vm.lines.end());
  CHECK(today->value.find(std::to_string(my_children_vm(tablet.state).rows.size())) == 0);  // the list is as it comes: Today
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
