#include "tests/support/desk.h"

#include "app/state/vm_parts.h"
#include "app/state/words.h"

using namespace doorstep;
using namespace doorstep::tests;

namespace {

const Id ngozi = Id::from_name("ngozi");
const Place people{{}, "present", {}, {}};

struct Home : Desk {
  Home() {
    caseload.families[0].members = {{ngozi, "Ngozi Okafor", "Mother", {}, true, {}}};
    for (auto& child : caseload.children)
      child.open_steps = {{Id::from_name("bus " + child.name), "Bus pass", "Ruth", base::date_from_iso("2026-11-20"), {}, {}},
                          {Id::from_name("gp " + child.name), "See the GP", "Ngozi", base::date_from_iso("2026-11-27"), {}, {}}};
    unlock();
    start();
  }
  model::VisitFacts& facts() { return state.visit->visit.facts; }
  ListVm shown(const Place& list) {
    for (const auto& section : record_vm(state).sections)
      for (const auto& block : section.blocks)
        if (const auto* one = std::get_if<ListVm>(&block); one && one->place == list) return *one;
    FAIL("not asked: " << list.key());
    return {};
  }
  void complete() {
    act(FieldChosen{{{}, "start", {}, {}}, std::string("2026-11-23T13:00:00+00:00")});
    act(FieldChosen{{{}, "outcome", {}, {}}, std::string("COMPLETED")});
    act(FieldChosen{{{}, "place", {}, {}}, std::string("HOME")});
  }
};

}  // namespace

TEST_CASE("household: whoever the family's list names is said to be there by one press, and nobody before it", "[state]") {
  Home desk;
  desk.complete();
  REQUIRE(desk.shown(people).known.size() == 1);
  CHECK_FALSE(desk.shown(people).known[0].selected);
  CHECK(desk.facts().present.empty());
  desk.act(TurnKnown{people, ngozi});
  REQUIRE(desk.facts().present.size() == 1);
  CHECK(desk.facts().present[0].name == "Ngozi Okafor");
  CHECK(desk.facts().present[0].relationship == "Mother");
  CHECK_FALSE(desk.facts().present[0].in_household.has_value());  // what the list says is not what was seen
  CHECK_FALSE(desk.facts().present[0].unknown.has_value());
  CHECK(desk.shown(people).known[0].selected);
  desk.act(TurnKnown{people, ngozi});
  CHECK(desk.facts().present.empty());
  desk.act(TurnKnown{people, Id::from_name("nobody")});
  CHECK(desk.facts().present.empty());
}

TEST_CASE("household: somebody who lives there and is not known to us is an alert that a supervisor alone settles", "[state]") {
  Desk desk;
  auto item = desk.record(desk.other, "r1", "2026-11-20T10:00:00Z");
  auto body = item.head().body;
  const Id man = Id::from_name("man"), guest = Id::from_name("guest");
  body.facts.other_children.clear();
  body.facts.present = {{man, "A man, about 40", "", true, true}, {guest, "A guest", "Friend", true, false}};
  item.versions = {Desk::version(body, 1, model::State::Submitted)};
  desk.caseload.records = {item};
  SECTION("for the worker there is nothing to settle") {
    desk.unlock();
    desk.act(Open{ScreenKind::Alerts, Id()});
    CHECK(desk.state.screen()->kind != ScreenKind::Alerts);
    desk.act(ChooseAlertOutcome{man, "REFERRED"});
    desk.act(PressSettleAlert{man});
    CHECK(desk.all<SettleAlert>().empty());
  }
  SECTION("for the supervisor there is") {
    desk.as_boss();
    desk.unlock();
    desk.act(Open{ScreenKind::Alerts, Id()});
    REQUIRE(alerts_vm(desk.state).alerts.size() == 1);
    CHECK(alerts_vm(desk.state).alerts[0].title == "A man, about 40");
    desk.act(ChooseAlertOutcome{man, "REFERRED"});
    desk.state.editors.text("alert/" + man.str() + "/why").insert("Checks were made", editor::EditorState::How::Typed, desk.mono);
    desk.act(PressSettleAlert{man});
    CHECK(desk.last<SettleAlert>().disposition.alert == man);
    desk.caseload.records[0].dispositions = {desk.last<SettleAlert>().disposition};
    desk.load();
    CHECK(alerts_vm(desk.state).alerts.empty());
  }
}

TEST_CASE("household: open steps of the plan come into the next visit, and each must get a status", "[state]") {
  Home desk;
  desk.complete();
  auto& steps = desk.state.visit->visit.children[0].open_steps;
  REQUIRE(steps.size() == 2);
  CHECK_FALSE(steps[0].status.has_value());
  const auto missing = [&] {
    const auto problems = problems_of(desk.state);
    return std::count_if(problems.begin(), problems.end(), [](const auto& problem) { return problem.question == "open_steps"; });
  };
  CHECK(missing() == 2);
  desk.act(ShowChild{desk.amara});
  const Place list{desk.amara, "open_steps", {}, {}};
  CHECK(desk.shown(list).items[0].lead == "Ruth, by Fri 20 Nov");
  desk.act(FieldChosen{{desk.amara, "open_steps", steps[0].id, "status"}, std::string("DONE")});
  CHECK(missing() == 1);
  desk.act(AllNotDiscussed{desk.amara});
  CHECK(missing() == 0);
  CHECK(steps[0].status == model::StepStatus::Done);
  CHECK(steps[1].status == model::StepStatus::NotDiscussed);
}

TEST_CASE("household: one press answers what is left of the home, and touches no answer that is there", "[state]") {
  Home desk;
  desk.complete();
  const auto rest = [&]() -> std::vector<ActionVm> {
    for (const auto& section : record_vm(desk.state).sections)
      for (const auto& block : section.blocks)
        if (const auto* one = std::get_if<RestVm>(&block)) return one->actions;
    return {};
  };
  REQUIRE(rest().size() == 2);
  CHECK(rest()[0].label == "Mark the rest “No worry”");
  CHECK(rest()[1].label == "Mark the rest “Not seen”");
  desk.act(FieldChosen{{{}, "home_food", {}, {}}, std::string("CONCERN")});
  desk.act(FieldChosen{{{}, "home_pets", {}, {}}, model::NotCovered{"no pets"}});
  desk.act(AnswerRest{{}, "home", "OK"});
  const auto& answers = desk.facts().answers;
  CHECK(std::get<std::string>(answers.at("home_food")) == "CONCERN");
  CHECK(std::holds_alternative<model::NotCovered>(answers.at("home_pets")));
  for (const char* id : {"home_kitchen", "home_heating", "home_sleeping", "home_hygiene", "home_hazards"})
    CHECK(std::get<std::string>(answers.at(id)) == "OK");
  CHECK_FALSE(answers.contains("interpreter"));
  CHECK(rest().empty());
}
