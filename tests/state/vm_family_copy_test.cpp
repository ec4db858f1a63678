#include <catch2/catch_test_macros.hpp>

#include "tests/support/desk.h"

using namespace doorstep;
using namespace doorstep::tests;

namespace {

model::PlanStep step(const char* what, const char* owner, const char* due) {
  return {Id::from_name(what), what, owner, base::date_from_iso(due), {}, {}};
}

std::vector<std::string> offered(const FamilyCopyVm& vm) {
  std::vector<std::string> out;
  for (const auto& child : vm.children)
    for (const auto& one : child.steps) out.push_back(child.name + ": " + one.label + (one.selected ? " (chosen)" : ""));
  return out;
}

/// All that is on the page while the family looks on.
std::string shown(const FamilyCopyVm& vm) {
  std::string out;
  for (const auto& agreed : vm.agreed)
    for (const auto& one : agreed.steps) out += agreed.name + "|" + one.what + "|" + one.who + "|" + one.when + "\n";
  return out;
}

}  // namespace

TEST_CASE("vm_family_copy: the family sees what was chosen for it, and nothing that was not agreed with it", "[state]") {
  Desk desk;
  desk.caseload.children[0].open_steps = {step("Register with the dentist", "Ngozi", "2026-12-03"), step("Old", "Ngozi", "2026-11-01")};
  desk.caseload.children[1].open_steps = {step("Swimming on Fridays", "", "2026-12-04")};
  auto item = desk.record(desk.me, "r1", "2026-11-20T10:00:00Z");
  auto body = item.head().body;
  body.part.open_steps = desk.caseload.children[0].open_steps;
  body.part.open_steps[1].status = model::StepStatus::Done;
  body.part.open_steps[0].note = "she would rather not";
  body.part.next_steps = {step("Ring the school", "Ruth Mensah", "2026-11-27")};
  item.versions = {Desk::version(std::move(body), 1, model::State::Submitted)};
  model::Decision decision;
  decision.on = {item.id(), 1, item.head().revision.hash};
  decision.directed_steps = {step("Strategy discussion with the police", "Ines Cole", "2026-11-24")};
  item.decisions = {decision};
  desk.caseload.records = {item};
  desk.unlock();
  desk.act(child_vm(desk.state, desk.amara).pages.at(2).intent.value());
  REQUIRE(desk.state.screen()->kind == ScreenKind::FamilyCopy);
  auto vm = family_copy_vm(desk.state, desk.amara);
  CHECK(offered(vm) == std::vector<std::string>{"Amara: Ring the school", "Amara: Register with the dentist",
                                                "Tunde: Swimming on Fridays"});
  CHECK(vm.show.disabled);
  CHECK(vm.why_not == "Choose at least one step first.");
  desk.act(ShowCopy{true});
  CHECK_FALSE(family_copy_vm(desk.state, desk.amara).shown);

  for (const std::size_t child : {0u, 1u}) desk.act(vm.children[child].steps.back().intent);
  vm = family_copy_vm(desk.state, desk.amara);
  desk.act(vm.show.intent.value());
  vm = family_copy_vm(desk.state, desk.amara);
  CHECK(vm.shown);
  CHECK(vm.why_not.empty());
  CHECK(vm.date == "As it stands on Monday 23 November 2026");
  CHECK(shown(vm) == "Amara|Register with the dentist|Who sees to it: Ngozi|To be done by: Thursday 3 December\n"
                     "Tunde|Swimming on Fridays|Who sees to it: Nobody named|To be done by: Friday 4 December\n");

  // The next one begins with nothing chosen, and nothing is told above it that may name others.
  desk.state.notice = "Tobias Marsh is overdue";
  CHECK(bar_vm(desk.state).notice.empty());
  desk.act(vm.close.intent.value());
  desk.act(Uncover{});
  desk.act(Back{});
  desk.act(Open{ScreenKind::FamilyCopy, desk.amara});
  for (const auto& one : offered(family_copy_vm(desk.state, desk.amara))) CHECK(one.find("(chosen)") == one.npos);
}

TEST_CASE("vm_family_copy: from what the family sees every way leads through the cover", "[state]") {
  for (const Intent& way : {Intent(ShowCopy{false}), Intent(Back{})}) {
    Desk desk;
    desk.caseload.children[0].open_steps = {step("Register with the dentist", "Ngozi", "2026-12-03")};
    desk.unlock();
    desk.act(Open{ScreenKind::FamilyCopy, desk.amara});
    desk.act(family_copy_vm(desk.state, desk.amara).children[0].steps[0].intent);
    desk.act(ShowCopy{true});
    CHECK_FALSE(desk.state.covered);
    desk.act(way);
    CHECK(desk.state.covered);
    desk.act(Uncover{});
    CHECK(desk.state.screen()->kind == ScreenKind::FamilyCopy);
    CHECK_FALSE(family_copy_vm(desk.state, desk.amara).shown);
  }
}

TEST_CASE("vm_family_copy: in a visit it holds what was agreed just now", "[state]") {
  Desk desk;
  desk.unlock();
  desk.start();
  desk.act(AddItem{{desk.amara, "next_steps", {}, {}}});
  const auto id = desk.state.visit->visit.children[0].next_steps[0].id;
  desk.type(Place{desk.amara, "next_steps", id, "what"}.key(), "Bedtime at eight");
  desk.act(AddItem{{desk.amara, "next_steps", {}, {}}});  // nothing written yet
  desk.act(Open{ScreenKind::Leaving, {}});
  desk.act(leaving_vm(desk.state).family_copy.intent.value());
  CHECK(in_visit(desk.state));
  CHECK(offered(family_copy_vm(desk.state, desk.state.screen()->id)) == std::vector<std::string>{"Amara: Bedtime at eight"});
  desk.state.visit->visit.facts.start.emplace().at = instant("2026-11-20T15:00:00Z");
  CHECK(family_copy_vm(desk.state, desk.state.screen()->id).date == "Visit on Friday 20 November 2026");
}
