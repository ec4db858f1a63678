#include <catch2/catch_test_macros.hpp>
#include <numeric>

#include "tests/state/desk.h"

using namespace doorstep;
using namespace doorstep::tests;

namespace {

const SecondWorkerVm* second_of(const RecordVm& vm) {
  for (const auto& section : vm.sections)
    for (const auto& block : section.blocks)
      if (const auto* second = std::get_if<SecondWorkerVm>(&block)) return second;
  return nullptr;
}

}  // namespace

TEST_CASE("vm_record: who went along is chosen, shown, saved, submitted, and taken away by a second press", "[state]") {
  Desk desk;
  desk.unlock();
  desk.start();
  const auto vm = record_vm(desk.state);
  const auto* second = second_of(vm);
  REQUIRE(second != nullptr);
  REQUIRE(second->workers.size() == 2);  // not oneself
  for (const auto& worker : second->workers) CHECK_FALSE(worker.selected);
  desk.act(second->workers[0].intent);
  CHECK(record_vm(desk.state).with == "With Dan Price");
  CHECK(desk.last<SaveDraft>().visit.second_worker == desk.other);
  desk.act(second->workers[0].intent);
  CHECK(desk.last<SaveDraft>().visit.second_worker == std::nullopt);
  CHECK(record_vm(desk.state).with.empty());
  desk.act(ChooseSecondWorker{desk.other});
  desk.fill();
  desk.act(Open{ScreenKind::Check, desk.state.visit->visit.id});
  desk.fill();  // now it is known to be late, and asked why
  desk.act(PressSubmit{});
  CHECK(desk.last<Submit>().visit.second_worker == desk.other);
}

TEST_CASE("vm_record: a colleague's id written twice is settled by names", "[state]") {
  Desk desk;
  desk.unlock();
  desk.start();
  desk.act(Back{});
  auto visit = desk.last<SaveDraft>().visit;
  visit.conflicts = {{"second_worker", {}, {"\"" + desk.other.str() + "\""}, {"\"" + desk.boss.str() + "\""}, desk.me, desk.me}};
  desk.hear(DraftChanged{visit, 7});
  desk.act(Open{ScreenKind::Record, visit.id});
  desk.act(Open{ScreenKind::Conflict, visit.id});
  const auto vm = conflicts_vm(desk.state);
  REQUIRE(vm.conflicts.size() == 1);
  CHECK(vm.conflicts[0].heading == "Which other worker went with you?");
  CHECK(vm.conflicts[0].mine == "Dan Price");
  CHECK(vm.conflicts[0].theirs == "Ines Cole");
}
