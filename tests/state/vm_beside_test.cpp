#include <catch2/catch_test_macros.hpp>

#include "tests/support/desk.h"

using namespace doorstep;
using namespace doorstep::tests;
using Codes = std::vector<std::string>;

namespace {

std::vector<std::string> said(const BesideVm& beside) {
  std::vector<std::string> out{beside.about};
  for (const auto& one : beside.accounts) out.push_back(one.who + ": " + one.words);
  return out;
}

}  // namespace

TEST_CASE("vm_beside: before submitting, what is said differently stands side by side, each with the way to its place", "[state]") {
  Desk desk;
  desk.unlock();
  desk.start(true, "CP");
  auto& visit = desk.state.visit->visit;
  CHECK(check_vm(desk.state).beside == BesidesVm{});
  visit.facts.outcome = model::Outcome::Completed;
  auto& amara = visit.children[0];
  amara.seen = true;
  amara.answers["said"] = std::string("I fell");
  amara.answers["told"] = std::string("She was at home") + std::string(700, 'x');
  amara.answers["said_differently"] = Codes{"said", "told"};
  for (auto& part : visit.children) part.answers["risk_factors"] = Codes{&part == &amara ? "3B" : "21"};
  desk.act(Open{ScreenKind::Check, visit.id});
  const auto vm = check_vm(desk.state).beside;
  CHECK(vm.heading == "Said differently");
  REQUIRE(vm.all.size() == 2);
  CHECK(vm.all[0].about == "Amara: You ticked these as said differently");
  CHECK(vm.all[0].accounts[0].who == "Amara");
  CHECK(vm.all[0].accounts[0].words == "I fell");
  CHECK(vm.all[0].accounts[1].words == "She was at …");  // the rest stands where the way leads
  CHECK(vm.all[0].accounts[1].go.spoken == "Show this in the record: What others told me");
  CHECK(said(vm.all[1]) == Codes{"Domestic abuse: a parent or carer", "Amara: Chosen", "Tunde: Not chosen"});
  desk.act(*vm.all[1].accounts[1].go.intent);
  CHECK(desk.state.screen()->kind == ScreenKind::Record);
  CHECK(desk.state.visit->child == desk.tunde);
  CHECK(desk.state.focus.find("risk_factors") != std::string::npos);

  model::Injury mark;
  mark.id = Id::from_name("mark");
  mark.explanation = "The door hit her";
  visit.children[0].injuries = {mark};
  const auto place = "injuries/" + mark.id.str() + "/explanation";
  visit.children[0].answers["said_differently"] = Codes{"said", place};
  desk.act(*check_vm(desk.state).beside.all.at(0).accounts.at(1).go.intent);
  CHECK(desk.state.visit->child == desk.amara);
  CHECK(desk.state.focus == "child/" + desk.amara.str() + "/" + place);  // and not at the first field of the mark
}

TEST_CASE("vm_beside: what was answered otherwise at the last visit leads to that record", "[state]") {
  Desk desk;
  desk.unlock();
  auto last = desk.record(desk.other, "last", "2026-11-10T10:00:00Z"), older = desk.record(desk.other, "older", "2026-10-10T10:00:00Z");
  Desk::own_head(last).body.facts.answers["home_food"] = std::string("OK");
  Desk::own_head(older).body.facts.answers["home_food"] = std::string("NOT_SEEN");
  desk.caseload.records = {last, older};
  desk.load();
  desk.start();
  auto& visit = desk.state.visit->visit;
  visit.facts.answers["home_food"] = std::string("CONCERN");
  const auto vm = check_vm(desk.state).beside;
  REQUIRE(vm.all.size() == 1);
  CHECK(said(vm.all[0]) == Codes{"Food in the house", "At the last visit, Tue 10 Nov at 10:00: No worry", "At this visit: A worry"});
  desk.act(*vm.all[0].accounts[0].go.intent);
  CHECK(desk.state.screen()->kind == ScreenKind::ReadRecord);
  CHECK(desk.state.screen()->id == last.id());
}

TEST_CASE("vm_beside: a supervisor reads both, goes to each and back; a sibling's leads to that record", "[state]") {
  Desk desk;
  desk.as_boss();
  auto item = desk.record(desk.me, "amara", "2026-11-20T10:00:00Z", "I fell"), sibling = item;
  auto& body = Desk::own_head(item).body;
  body.part.answers["told"] = std::string("She was at home");
  body.part.answers["told_by"] = std::string("Ngozi");
  body.part.answers["said_differently"] = Codes{"said", "told"};
  body.part.answers["risk_factors"] = Codes{"1B"};
  auto& theirs = Desk::own_head(sibling).body;
  theirs.id = Id::from_name("tunde record");
  theirs.part.id = desk.tunde;
  theirs.part.name = theirs.part.called = "Tunde";
  theirs.part.answers["risk_factors"] = Codes{"2B"};
  sibling.case_id = desk.tunde;
  desk.caseload.records = {item, sibling};
  desk.unlock();
  desk.act(Open{ScreenKind::Review, item.id()});
  const auto vm = review_vm(desk.state);
  REQUIRE(vm.beside.all.size() == 3);
  CHECK(vm.beside.all[0].about.ends_with("ticked these as said differently"));
  CHECK(vm.beside.all[0].accounts[1].who == "Ngozi");
  CHECK(vm.beside.all[1].about == "Alcohol: a parent or carer");
  CHECK(vm.beside.all[2].about == "Drugs: a parent or carer");
  desk.act(*vm.beside.all[0].accounts[1].go.intent);
  CHECK(desk.state.focus == "line/told");
  const ReadLineVm* told = nullptr;
  for (const auto& block : vm.blocks)
    for (const auto& line : block.lines) {
      CHECK(line.question != "said_differently");
      if (line.question == "told") told = &line;
    }
  REQUIRE(told);
  desk.act(*told->beside.intent);
  CHECK(desk.state.focus == "beside/0/1");
  CHECK(desk.state.screen()->kind == ScreenKind::Review);
  desk.act(*vm.beside.all[1].accounts[1].go.intent);
  CHECK(desk.state.screen()->kind == ScreenKind::ReadRecord);
  CHECK(desk.state.screen()->id == sibling.id());
  CHECK(read_vm(desk.state, item.id()).beside.all.size() == 3);
}
