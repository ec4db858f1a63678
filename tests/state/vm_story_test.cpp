#include <catch2/catch_test_macros.hpp>

#include "tests/support/desk.h"

using namespace doorstep;
using namespace doorstep::tests;

namespace {

/// A submitted record of Amara, changed, as if it had been written so.
RecordItem record(const Desk& desk, const char* name, const char* start, const std::function<void(model::ChildRecord&)>& change,
                  model::State state = model::State::Submitted) {
  Desk from;
  auto item = from.record(desk.me, name, start);
  auto body = item.head().body;
  change(body);
  item.versions = {Desk::version(std::move(body), 1, state)};
  return item;
}
void leave(model::ChildRecord&) {}
void no_risk(model::ChildRecord& body) {
  body.part.risk = {};
  body.part.risk.changed = model::RiskChange::No;
  for (const char* id : {"danger_statement", "safety_goal"}) body.part.answers.erase(id);
}

std::vector<std::string> labels(const std::vector<ActionVm>& actions) {
  std::vector<std::string> out;
  for (const auto& action : actions) out.push_back(action.label);
  return out;
}

std::vector<std::string> entries(const ChronologyVm& vm) {
  std::vector<std::string> out;
  for (const auto& entry : vm.entries) out.push_back(entry.day + ": " + entry.title);
  return out;
}

Id opened(const std::optional<Intent>& intent) {
  const auto* open = intent ? std::get_if<Open>(&*intent) : nullptr;
  return open ? open->id : Id();
}

}  // namespace

TEST_CASE("vm_story: five lines say who, why, last seen, how safe and what is next, each with what it is from", "[state]") {
  Desk desk;
  auto& amara = desk.caseload.children[0];
  amara.involvements[0].category = "NEG";
  model::Member mother;
  mother.name = "Ngozi Okafor", mother.in_household = true;
  desk.caseload.families[0].members = {mother};
  desk.caseload.records = {record(desk, "r1", "2026-10-20T10:00:00Z",
                                  [](auto& body) {
                                    body.part.risk.level = "HIGH";
                                    body.part.answers["danger_statement"] = std::string("She is left alone again.\nAnd more.");
                                    body.part.answers.erase("safety_goal");
                                  }),
                           record(desk, "r2", "2026-11-10T10:00:00Z", [](auto& body) {
                             no_risk(body);
                             body.part.alone = false;
                             body.facts.answers["next_visit_due"] = std::string("2026-11-27");
                             body.facts.answers["next_visit_confirmed_by"] = std::string("Ngozi");
                           })};
  desk.unlock();
  const auto vm = child_vm(desk.state, desk.amara);
  REQUIRE(vm.summary.size() == 5);
  CHECK(vm.summary[0].value == "8 years, lives with Ngozi Okafor");
  CHECK(vm.summary[1].value == "Child in need since 1 September 2026: Neglect");
  CHECK(vm.summary[2].value == "Tue 10 Nov, not alone\nLast alone: Tue 20 Oct");
  CHECK(labels(vm.summary[2].sources) == std::vector<std::string>{"Child in need visit, Tue 10 Nov", "Child in need visit, Tue 20 Oct"});
  CHECK(vm.summary[3].value.starts_with("Risk: High\nLevel of need: "));
  CHECK(vm.summary[3].said == std::vector<FactVm>{{"What are we worried will happen?", "She is left alone again. …"}});
  REQUIRE(labels(vm.summary[3].sources) == std::vector<std::string>{"Child in need visit, Tue 20 Oct"});
  CHECK(opened(vm.summary[3].sources[0].intent) == Id::from_name("r1"));
  CHECK(vm.summary[4].value == "Child in need visit: due in 15 days, Tue 8 Dec\nNext visit agreed: Fri 27 Nov, with Ngozi");
  CHECK(vm.summary[4].tag.words.empty());
  CHECK(opened(vm.summary[4].sources.at(0).intent) == Id::from_name("r2"));
}

TEST_CASE("vm_story: what nobody knows is said to be so, and an overdue visit stands out", "[state]") {
  Desk desk;
  desk.unlock();
  auto vm = child_vm(desk.state, desk.amara);
  for (const std::size_t line : {2u, 3u}) {
    CHECK(vm.summary.at(line).value ==
          (line == 2 ? "Nothing on this tablet says it" : "No risk assessment on this tablet. See the case system."));
    CHECK(vm.summary.at(line).sources.empty());
  }
  CHECK(vm.summary[4].tag == TagVm{"55 days overdue", Mood::Danger});

  desk.caseload.children[0].last_seen = base::date_from_iso("2026-11-12");
  desk.load();
  vm = child_vm(desk.state, desk.amara);
  CHECK(vm.summary[2].value == "Thu 12 Nov; whether alone is not said\nFrom the case system");
  CHECK(vm.summary[4].tag.words.empty());

  // Not seen, taken back, and agreed for a day that has passed: none of them counts.
  desk.caseload.records = {record(desk, "r1", "2026-11-20T10:00:00Z",
                                  [](auto& body) {
                                    body.part.seen = false;
                                    body.facts.answers["next_visit_due"] = std::string("2026-11-21");
                                  }),
                           record(desk, "r2", "2026-11-21T10:00:00Z", leave, model::State::Draft)};
  desk.load();
  vm = child_vm(desk.state, desk.amara);
  CHECK(vm.summary[2].value.starts_with("Thu 12 Nov;"));
  CHECK(vm.summary[4].value == "Child in need visit: due in 17 days, Thu 10 Dec");
}

TEST_CASE("vm_story: a visit that is agreed for a day after it is due stands out", "[state]") {
  Desk desk;
  const auto agreed = [&](const char* day) {
    desk.caseload.records = {record(desk, "r1", "2026-11-10T10:00:00Z", [&](auto& body) {
      body.facts.answers["next_visit_due"] = std::string(day);
    })};
    desk.load();
    return child_vm(desk.state, desk.amara).summary.at(4);
  };
  desk.unlock();
  CHECK(agreed("2026-12-08").tag.words.empty());
  const auto late = agreed("2026-12-09");
  CHECK(late.value.starts_with("Child in need visit: due in 15 days, Tue 8 Dec\nNext visit agreed: Wed 9 Dec"));
  CHECK(late.tag == TagVm{"Agreed for after it is due", Mood::Warn});
}

TEST_CASE("vm_story: a chronology holds visits, decisions and clocks, the latest first, each leading to its record", "[state]") {
  Desk desk;
  auto returned = record(desk, "r2", "2026-10-20T10:00:00Z", [](auto& body) {
    body.part.answers["chronology_line"] = std::string("Amara moved to her own room");
  });
  model::Decision decision;
  decision.on = {returned.id(), 1, returned.head().revision.hash};
  decision.verdict = model::Verdict::Returned;
  decision.reviewer_name = "Ines Cole";
  decision.at = instant("2026-10-22T09:00:00Z");
  decision.return_reason = model::ReturnReason::MissingVoice;
  decision.rationale = "What did she say?";
  returned.decisions = {decision};
  returned.addenda = {{Id::from_name("a"), returned.id(), desk.me, "Ruth Mensah", instant("2026-10-30T09:00:00Z"), "A date was wrong",
                       "It was the 7th.", {}}};
  desk.caseload.records = {record(desk, "r3", "2026-11-10T10:00:00Z", leave), returned,
                           record(desk, "r1", "2026-09-10T10:00:00Z", leave)};
  desk.unlock();
  desk.act(child_vm(desk.state, desk.amara).pages.at(0).intent.value());
  REQUIRE(desk.state.screen()->kind == ScreenKind::Chronology);
  const auto vm = chronology_vm(desk.state, desk.amara);
  CHECK(entries(vm) == std::vector<std::string>{"8 December 2026: Due: Child in need visit", "10 November 2026: Child in need visit",
                                                "30 October 2026: Added by Ruth Mensah", "22 October 2026: Returned by Ines Cole",
                                                "20 October 2026: Child in need visit", "8 October 2026: Was due: Child in need visit",
                                                "10 September 2026: Child in need visit", "1 September 2026: Child in need began"});
  REQUIRE(vm.entries.size() == 8);
  CHECK(vm.entries[5].detail == "The next visit that counts here was on 20 October 2026.");
  CHECK(vm.entries[4].detail.starts_with("Amara moved to her own room\n"));
  CHECK(vm.entries[3].detail.ends_with("\nWhat did she say?"));
  CHECK(vm.entries[0].tag.words == "Due in 15 days");
  for (const std::size_t entry : {2u, 3u, 4u, 5u}) CHECK(opened(vm.entries[entry].open) == returned.id());
  for (const std::size_t entry : {0u, 7u}) CHECK_FALSE(vm.entries[entry].open.has_value());
  desk.act(*vm.entries[3].open);
  CHECK(desk.state.screen()->kind == ScreenKind::ReadRecord);
  desk.act(Back{});
  CHECK(desk.state.screen()->kind == ScreenKind::Chronology);
}

TEST_CASE("vm_story: of the time before its first visit the tablet does not say that one was missed", "[state]") {
  Desk desk;
  desk.caseload.records = {record(desk, "r1", "2026-11-10T10:00:00Z", leave),
                           record(desk, "r2", "2026-11-12T10:00:00Z", [](auto& body) { body.part.seen = false; }),
                           record(desk, "r3", "2026-11-20T10:00:00Z", leave)};
  desk.unlock();
  for (const auto& entry : chronology_vm(desk.state, desk.amara).entries) CHECK(entry.title.find("Was due") == std::string::npos);
}

TEST_CASE("vm_story: a child's own words stand on one page as they were written, with who heard them and what was asked", "[state]") {
  Desk desk;
  desk.caseload.records = {record(desk, "r1", "2026-10-20T10:00:00Z",
                                  [](auto& body) {
                                    for (auto& [id, answer] : body.part.answers)
                                      if (id != "said" && std::holds_alternative<std::string>(answer)) answer = std::string(" ");
                                    body.part.answers["said"] = std::string("“I like my school”\nand then she drew");
                                    body.part.answers["told"] = std::string("Mother says she is fine");
                                  }),
                           record(desk, "r2", "2026-11-10T10:00:00Z", [](auto& body) {
                             body.part.answers.clear();
                             body.part.disclosures = {{Id::from_name("d"), "“he shouts”", "What are evenings like?", "Ruth",
                                                       instant("2026-11-10T10:30:00Z"), {}},
                                                      {Id::from_name("e"), " ", "", "", {}, {}}};
                             model::Injury mark;
                             mark.child_said = "“The door did it”";
                             body.part.injuries = {mark};
                           }),
                           record(desk, "r3", "2026-11-11T10:00:00Z", [](auto& body) { body.part.answers.clear(); })};
  desk.unlock();
  const auto open = child_vm(desk.state, desk.amara).pages.at(1);
  desk.act(open.intent.value());
  REQUIRE(desk.state.screen()->kind == ScreenKind::OwnWords);
  const auto vm = own_words_vm(desk.state, desk.amara);
  CHECK(vm.title == open.label);  // one name for the page and for what opens it
  REQUIRE(vm.visits.size() == 2);
  CHECK(vm.visits[0].heading == "Child in need visit, Tue 10 Nov");
  const FactVm told{"Told Ruth, Tue 10 Nov at 10:30. Asked just before: What are evenings like?", "“he shouts”"};
  CHECK(vm.visits[0].said == std::vector<FactVm>{told, {"About a mark or injury", "“The door did it”"}});
  CHECK(vm.visits[1].said == std::vector<FactVm>{{"What Amara said", "“I like my school”\nand then she drew"}});
  CHECK(vm.visits[1].detail.starts_with("Heard by Ruth Mensah. How: "));
  CHECK(opened(vm.visits[1].source.intent) == Id::from_name("r1"));
  CHECK(own_words_vm(desk.state, desk.tunde).visits.empty());

  // Words of a visit that is not submitted yet are there too.
  desk.start();
  desk.type(Place{desk.amara, "said", Id(), {}}.key(), "“Can you come back?”");
  desk.act(Back{});
  const auto with_draft = own_words_vm(desk.state, desk.amara);
  REQUIRE(with_draft.visits.size() == 3);
  CHECK(with_draft.visits[0].said.at(0).value == "“Can you come back?”");
}
