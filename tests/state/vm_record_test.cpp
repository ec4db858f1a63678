#include <catch2/catch_test_macros.hpp>
#include <numeric>
#include <set>

#include "app/state/words.h"
#include "tests/support/desk.h"

using namespace doorstep;
using namespace doorstep::tests;

namespace {

/// The first group on the page: what is asked of the risk.
GroupVm group_of(const State& state) {
  for (const auto& section : record_vm(state).sections)
    for (const auto& block : section.blocks)
      if (const auto* one = std::get_if<GroupVm>(&block)) return *one;
  return {};
}

const SecondWorkerVm* second_of(const RecordVm& vm) {
  for (const auto& section : vm.sections)
    for (const auto& block : section.blocks)
      if (const auto* second = std::get_if<SecondWorkerVm>(&block)) return second;
  return nullptr;
}

const FieldVm* field_of(const RecordVm& vm, std::string_view key) {
  for (const auto& section : vm.sections)
    for (const auto& block : section.blocks)
      if (const auto* field = std::get_if<FieldVm>(&block); field && field->key == key) return field;
  return nullptr;
}

template <class Do>
void each_field(RecordVm& vm, const Do& act) {
  for (auto& section : vm.sections)
    for (auto& block : section.blocks) {
      if (auto* field = std::get_if<FieldVm>(&block)) act(*field);
      if (auto* group = std::get_if<GroupVm>(&block)) std::for_each(group->fields.begin(), group->fields.end(), act);
      if (auto* list = std::get_if<ListVm>(&block))
        for (auto& item : list->items) std::for_each(item.fields.begin(), item.fields.end(), act);
    }
}

std::vector<std::string> typed_fields(RecordVm vm) {
  std::vector<std::string> out;
  each_field(vm, [&](const FieldVm& field) {
    if (field.kind == FieldKind::Line || field.kind == FieldKind::Note || field.kind == FieldKind::Number) out.push_back(field.key);
  });
  return out;
}

/// All that a page shows, but for the words its editors begin with.
auto without_words(RecordVm vm) {
  each_field(vm, [](FieldVm& field) { field.text.clear(); });
  std::vector<std::pair<std::string, std::vector<BlockVm>>> blocks;
  for (auto& section : vm.sections) blocks.emplace_back(section.title, std::move(section.blocks));
  return std::tuple(vm.title, vm.tag, vm.when, vm.where, vm.with, vm.hazards, vm.calls, vm.conflict, vm.tabs, vm.tab,
                    vm.returned_why, blocks, vm.jottings);
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

TEST_CASE("vm_record: each thing that is missing of the risk is told at its own field, and leads there", "[state]") {
  Desk desk;
  desk.unlock();
  desk.start(false, "CP");
  desk.act(FieldChosen{{desk.amara, "risk", {}, "changed"}, std::string("YES")});
  desk.act(Open{ScreenKind::Check, desk.state.visit->visit.id});
  desk.act(Back{});
  desk.act(ShowChild{desk.amara});
  const auto group = [&] { return group_of(desk.state); };
  REQUIRE(group().fields.size() == 4);
  CHECK(group().error.empty());
  CHECK(group().fields[0].error.empty());
  CHECK(group().fields[1].error == "Choose the risk level you hold for Amara.");
  CHECK(group().fields[2].error == "Choose the level of need for Amara.");
  CHECK(group().fields[3].error == "Say why for Amara: this risk, and this level of need.");
  const auto problems = problems_of(desk.state);
  for (std::size_t i = 0; i < problems.size(); ++i) {
    if (problems[i].question != "risk") continue;
    desk.act(GoToProblem{i});
    CHECK(desk.state.focus == Place{desk.amara, "risk", {}, problems[i].field}.key());
  }
}

TEST_CASE("vm_record: the view of the risk can be left open in one tap, and taken up again", "[state]") {
  Desk desk;
  desk.unlock();
  desk.start(false, "CP");
  desk.act(ShowChild{desk.amara});
  const auto group = [&] { return group_of(desk.state); };
  REQUIRE(group().fields.size() == 4);
  CHECK(group().not_covered == "Not covered");
  CHECK(group().label.empty());
  const Place risk{desk.amara, "risk", {}, {}};
  desk.act(FieldChosen{risk, model::NotCovered{}});
  CHECK(group().is_not_covered);
  CHECK(group().fields.empty());
  CHECK(group().label == "Has this visit changed your view of the risk to Amara?");
  CHECK(group().why_label == "Why was it not covered?");
  CHECK(first_control(record_vm(desk.state), risk) == risk.key() + "/not-covered");
  desk.type(risk.key() + std::string(kUncovered), "The enquiry goes on tomorrow");
  CHECK(group().why == "The enquiry goes on tomorrow");
  CHECK(check_vm(desk.state).parts.at(0).lines.at(1).value == "Not covered: The enquiry goes on tomorrow");
  desk.act(FieldChosen{risk, FieldValue{}});
  CHECK(group().fields.size() == 4);
  desk.act(FieldChosen{{desk.amara, "risk", {}, "changed"}, std::string("NO")});
  CHECK(group().not_covered.empty());  // it is answered
}

TEST_CASE("vm_record: whether a child was seen, not covered, raises the call that an unseen child does", "[state]") {
  Desk desk;
  desk.unlock();
  desk.start(false, "CP");
  desk.act(FieldChosen{{desk.amara, "seen", {}, {}}, model::NotCovered{}});
  REQUIRE(record_vm(desk.state).calls.size() == 1);
  CHECK(record_vm(desk.state).calls[0].reason == "It was not covered whether Amara was seen.");
  CHECK(desk.last<SaveDraft>().urgent);
  CHECK(check_vm(desk.state).parts.at(0).lines.at(0).value.ends_with("Whether seen: not covered"));
}

TEST_CASE("vm_record: Now is the moment at which it is pressed, not the one at which it was drawn", "[state]") {
  Desk desk;
  desk.unlock();
  desk.start();
  const auto vm = record_vm(desk.state);
  const auto* start = field_of(vm, "visit/start");
  REQUIRE(start != nullptr);
  REQUIRE(start->now.intent.has_value());
  desk.later(Millis(90'000));
  desk.act(*start->now.intent);
  REQUIRE(desk.state.visit->visit.facts.start.has_value());
  CHECK(desk.state.visit->visit.facts.start->at == instant("2026-11-23T14:06:30Z"));
}

TEST_CASE("vm_record: letters that gave the state no other revision changed nothing but the words in their own field", "[state]") {
  for (const char* type : {"CIN", "CP", "S47"}) {
    Desk desk;
    desk.unlock();
    desk.start(false, type);
    const Id child = desk.state.visit->visit.children[0].id;
    for (const char* list : {"injuries", "disclosures", "next_steps"}) desk.act(AddItem{{child, list, {}, {}}});
    for (const char* list : {"present", "other_children", "sharing"}) desk.act(AddItem{{Id(), list, {}, {}}});
    desk.act(FieldChosen{{child, "risk", {}, "changed"}, std::string("YES")});
    std::size_t spared = 0;
    for (const bool checked : {false, true})
      for (const Id& tab : {Id(), child}) {
        desk.act(ShowChild{tab});
        desk.state.visit->checked = checked;
        for (const auto& key : typed_fields(record_vm(desk.state))) {
          auto shown = without_words(record_vm(desk.state));
          for (const char* words : {"", "T", "To", "Tom", "", " ", "3", "34", "", "x"}) {
            const auto before = desk.state.revision;
            desk.type(key, words);
            auto now = without_words(record_vm(desk.state));
            INFO(type << " " << key << " '" << words << "'" << (checked ? ", checked" : ""));
            if (desk.state.revision == before) {
              ++spared;
              CHECK(now == shown);
            }
            shown = std::move(now);
          }
        }
      }
    CHECK(spared > 100);
  }
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
  CHECK(vm.title == "Child in need visit: Amara Okafor");
  CHECK(vm.tag.words == "Two versions");
  CHECK(vm.conflicts[0].heading == "Which other worker went with you?");
  CHECK(vm.conflicts[0].mine == "Dan Price");
  CHECK(vm.conflicts[0].theirs == "Ines Cole");
}

TEST_CASE("vm_record: risk written twice is shown whole, in the words of the form", "[state]") {
  Desk desk;
  desk.unlock();
  desk.start();
  desk.act(Back{});
  auto visit = desk.last<SaveDraft>().visit;
  visit.conflicts = {{"children/" + desk.amara.str() + "/risk", {}, {R"({"changed":"NO"})"},
                      {R"({"changed":"YES","level":"HIGH","threshold_set":"birmingham-rsrt/2015","threshold":"L4","why":"He was there."})"}, desk.me, desk.me}};
  desk.hear(DraftChanged{visit, 7});
  desk.act(Open{ScreenKind::Record, visit.id});
  desk.act(Open{ScreenKind::Conflict, visit.id});
  const auto vm = conflicts_vm(desk.state);
  REQUIRE(vm.conflicts.size() == 1);
  CHECK(vm.conflicts[0].heading == "Has this visit changed your view of the risk to Amara?");
  CHECK(vm.conflicts[0].mine == "No");
  CHECK(vm.conflicts[0].theirs == "Yes\nRisk: High\nLevel of need: 4 Complex/Significant\nWhy this risk and this level of need? He was there.");
}

TEST_CASE("vm_record: nothing a person reads stands twice in one question", "[state]") {
  Desk desk;
  desk.unlock();
  for (const char* type : {"CIN", "CP", "S47", "CLA"}) {
    desk.start(false, type);
    desk.state.visit->visit.facts.outcome = model::Outcome::Completed;
    desk.act(ShowChild{desk.amara});
    desk.act(FieldChosen{{desk.amara, "seen", {}, {}}, std::string("YES")});
    auto vm = record_vm(desk.state);
    std::multiset<std::string> labels;
    each_field(vm, [&](const FieldVm& field) {
      INFO(type << " " << field.key << ": " << field.hint << " / " << field.low << " / " << field.high);
      if (field.place.item.nil()) labels.insert(field.label);
      if (field.kind == FieldKind::Scale) CHECK(field.hint.empty());  // its ends say what it counts
    });
    for (const auto& label : labels) {
      INFO(label);
      CHECK((label == "Why not?" || labels.count(label) == 1));
    }
    desk.act(DiscardVisit{DiscardVisit::Step::Yes});
  }
}

TEST_CASE("vm_record: of one place written twice more than once, one is settled at a time, against what stands there now", "[state]") {
  Desk desk;
  desk.unlock();
  desk.start();
  desk.act(Back{});
  auto visit = desk.last<SaveDraft>().visit;
  const Id person = Id::from_name("a man");
  const std::string said = "children/" + desk.amara.str() + "/answers/think", name = "facts/present/" + person.str() + "/name";
  visit.facts.present = {{person, "A tall man, with a dog", "", {}, {}}};
  visit.children[0].answers["think"] = std::string("theirs, and on");
  visit.conflicts = {{said, {}, {"\"mine\""}, {"\"theirs\""}, desk.me, desk.me},
                     {said, {}, {"\"mine again\""}, {"\"theirs\""}, desk.me, desk.me},
                     {name, {}, {"\"Tom\""}, {"\"A tall man\""}, desk.me, desk.me}};
  desk.hear(DraftChanged{visit, 7});
  desk.act(Open{ScreenKind::Record, visit.id});
  desk.act(Open{ScreenKind::Conflict, visit.id});
  const auto vm = conflicts_vm(desk.state);
  REQUIRE(vm.conflicts.size() == 2);
  CHECK(vm.conflicts[0].mine == "mine");
  CHECK(vm.conflicts[0].theirs == "theirs, and on");
  CHECK(vm.conflicts[1].theirs == "A tall man, with a dog");
}

TEST_CASE("vm_record: what is submitted whole is not offered to be submitted again", "[state]") {
  Desk desk;
  desk.unlock();
  desk.start();
  auto item = desk.record(desk.me, "r1", "2026-11-20T10:00:00Z");
  auto body = item.head().body;
  body.visit = desk.state.visit->visit.id;
  item.versions = {Desk::version(body, 1, model::State::Approved)};
  desk.caseload.records = {item};
  desk.load();
  const auto vm = record_vm(desk.state);
  CHECK(vm.check.label.empty());
  CHECK(vm.submitted_already.ends_with("Amara's record is approved: you can add to it."));
}

TEST_CASE("vm_record: no next steps are said only where somebody said so, and calls once there is something to call about", "[state]") {
  Desk desk;
  desk.unlock();
  desk.start();
  const Id visit = desk.state.visit->visit.id;
  const auto line = [&](const std::string& name) {
    const auto vm = check_vm(desk.state);
    for (const auto& fact : vm.parts.at(0).lines)
      if (fact.name == name) return fact.value;
    return std::string();
  };
  CHECK(line("Next steps") == "Not answered");
  CHECK(line("Calls").empty());
  desk.act(NoneOf{{desk.amara, "next_steps", {}, {}}});
  CHECK(line("Next steps") == "None");
  desk.act(AddItem{{desk.amara, "disclosures", {}, {}}});
  CHECK(line("Calls") == "No call written down");
  desk.act(RecordCall{visit, {}, desk.amara, true});
  CHECK(line("Calls").ends_with(", 14:05: spoke to them"));
}

TEST_CASE("vm_record: each line of what will be in a record leads to its question", "[state]") {
  Desk desk;
  desk.unlock();
  desk.start(true);
  desk.fill();
  const Id visit = desk.state.visit->visit.id;
  desk.act(Open{ScreenKind::Check, visit});
  const auto vm = check_vm(desk.state);
  for (const auto& part : vm.parts) {
    REQUIRE(part.lines.size() == part.change.size());
    for (std::size_t i = 0; i < part.lines.size(); ++i) {
      INFO(part.name << ": " << part.lines[i].name);
      if (part.lines[i].value == "No call written down") continue;
      CHECK(part.change[i].label == "Change");
      CHECK(part.change[i].spoken.starts_with("Change " + part.lines[i].name + ", "));
      desk.state.focus.clear();
      desk.act(*part.change[i].intent);
      CHECK(desk.state.visit->child == part.child);
      CHECK(desk.state.focus.starts_with(Place{part.child, part.lines[i].question, Id(), {}}.key()));
      desk.act(Open{ScreenKind::Check, visit});
    }
  }
}

TEST_CASE("vm_record: a draft beside the submission of its own visit says so, before it is submitted a second time", "[state]") {
  Desk desk;
  desk.unlock();
  desk.start(true);
  auto item = desk.record(desk.me, "r1", "2026-11-20T10:00:00Z");
  auto body = item.head().body;
  body.visit = desk.state.visit->visit.id;
  CHECK(record_vm(desk.state).submitted_already.empty());
  item.versions = {Desk::version(body, 1, model::State::Submitted)};
  desk.caseload.records = {item};
  desk.load();
  auto told = record_vm(desk.state);
  CHECK(told.submitted_already.find("This visit is already submitted for Amara, and what was submitted is safe.") == 0);
  CHECK(told.submitted_already.ends_with("Amara's record waits for your manager: you can take it back to change it."));
  REQUIRE(told.open_submitted.size() == 1);
  CHECK(told.open_submitted[0].label == "Open Amara's record");
  CHECK(told.discard.label == "Throw this draft away");
  CHECK(told.check.label == "Check and submit");  // Tunde's is not submitted
  desk.caseload.drafts = {{desk.state.visit->visit, desk.wall}};
  desk.caseload.drafts[0].came_back = {"stale"};
  desk.load();
  CHECK(record_vm(desk.state).came_back.empty());  // said already, and by what can be done
  desk.caseload.drafts[0].came_back = {"malformed"};
  desk.load();
  CHECK_FALSE(record_vm(desk.state).came_back.empty());
  desk.caseload.drafts.clear();
  desk.load();
  desk.act(Open{ScreenKind::Check, desk.state.visit->visit.id});
  CHECK(check_vm(desk.state).warnings.at(0).label.find("already submitted") != std::string::npos);
  desk.act(Back{});
  desk.act(Back{});
  CHECK(my_children_vm(desk.state).drafts.at(0).tag.words == "Already submitted");
  // What was taken back is being written again.
  item.versions.push_back(Desk::version(body, 2, model::State::Draft));
  desk.caseload.records = {item};
  desk.load();
  CHECK(my_children_vm(desk.state).drafts.at(0).tag.words == "Draft");
}

TEST_CASE("vm_record: what may not go together is said once, and of which child", "[state]") {
  Desk desk;
  desk.unlock();
  desk.start(true);
  auto& visit = desk.state.visit->visit;
  visit.facts.answers["place"] = std::string("VIRTUAL");
  for (auto& part : visit.children) part.risk.level = "HIGH", part.risk.threshold = "L1";
  const auto warnings = check_vm(desk.state).warnings;
  REQUIRE(warnings.size() == 3);
  CHECK(warnings[0].label == "By video does not count as a visit.");
  CHECK(warnings[1].label == "Amara: The risk is high, but the threshold is universal.");
  CHECK(warnings[2].label == "Tunde: The risk is high, but the threshold is universal.");
  // Each leads to what it is about.
  desk.act(Open{ScreenKind::Check, visit.id});
  desk.act(*warnings[2].intent);
  CHECK(desk.state.screen()->kind == ScreenKind::Record);
  CHECK(desk.state.visit->child == visit.children[1].id);
  CHECK(desk.state.focus.find("risk") != std::string::npos);
}

TEST_CASE("vm_record: what is missing is listed by child and section, with how much; the first list is open", "[state]") {
  Desk desk;
  desk.unlock();
  desk.start(true, "CP");
  desk.act(Open{ScreenKind::Check, desk.state.visit->visit.id});
  auto vm = check_vm(desk.state);
  REQUIRE(vm.lists.size() == 3);
  CHECK(vm.lists[0].child.nil());
  CHECK(vm.lists[0].name == "The visit");
  CHECK(vm.lists[1].name == "Amara Okafor");
  CHECK(vm.lists[2].name == "Tunde Okafor");
  std::vector<std::size_t> all;
  for (const auto& list : vm.lists) {
    std::size_t count = 0;
    for (const auto& part : list.parts) {
      CHECK_FALSE(part.title.empty());
      count += part.problems.size();
      all.insert(all.end(), part.problems.begin(), part.problems.end());
    }
    CHECK(list.count == std::to_string(count) + " to do");
  }
  std::vector<std::size_t> expected(vm.problems.size());
  std::iota(expected.begin(), expected.end(), 0u);
  CHECK(all == expected);  // each once, in the form's order
  CHECK(vm.lists[0].open);
  CHECK_FALSE(vm.lists[1].open);
  desk.act(TurnProblems{desk.amara});
  desk.act(TurnProblems{Id()});
  vm = check_vm(desk.state);
  CHECK_FALSE(vm.lists[0].open);
  CHECK(vm.lists[1].open);

  desk.fill();
  desk.state.visit->visit.children[1].seen.reset();
  vm = check_vm(desk.state);
  REQUIRE(vm.lists.size() == 1);
  CHECK(vm.lists[0].count == "1 to do");
  CHECK(vm.lists[0].parts.at(0).title == "Tunde");
}

TEST_CASE("vm_record: after a check each tab says how much there is to do", "[state]") {
  Desk desk;
  desk.unlock();
  desk.start(true);
  CHECK(record_vm(desk.state).tabs[1].label == "Amara");
  desk.act(PressSubmit{});
  const auto tabs = record_vm(desk.state).tabs;
  CHECK(tabs[1].name == "Amara");
  CHECK(tabs[1].label.starts_with("Amara: "));
  desk.fill();
  CHECK(record_vm(desk.state).tabs[1].label == "Amara");
}

TEST_CASE("vm_record: the child comes before leaving it out, and the levels say what they mean where they are chosen", "[state]") {
  Desk desk;
  desk.unlock();
  desk.start(false, "CP");
  desk.act(ShowChild{desk.amara});
  const auto vm = record_vm(desk.state);
  const auto* first = std::get_if<FieldVm>(&vm.sections.at(0).blocks.at(0));
  REQUIRE(first != nullptr);
  CHECK(first->place.question == "seen");
  const auto* last = std::get_if<FieldVm>(&vm.sections.at(0).blocks.back());
  REQUIRE(last != nullptr);
  CHECK(last->place.question == "skip_reason");
  for (const auto& section : vm.sections)
    for (const auto& block : section.blocks) {
      if (const auto* list = std::get_if<ListVm>(&block)) CHECK((!list->items.empty() || !list->add.label.empty()));
      if (const auto* group = std::get_if<GroupVm>(&block); group && group->place.question == "risk")
        for (const auto& field : group->fields)
          if (field.place.field == "level" || field.place.field == "threshold")
            for (const auto& option : field.options) CHECK_FALSE(option.hint.empty());
    }
}
