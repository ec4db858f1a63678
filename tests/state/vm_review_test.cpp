#include <catch2/catch_test_macros.hpp>

#include "tests/support/desk.h"

using namespace doorstep;
using namespace doorstep::tests;

namespace {

const ReadLineVm& line_of(const ReadVm& vm, std::string_view question) {
  for (const auto& block : vm.blocks)
    for (const auto& line : block.lines)
      if (line.name == question) return line;
  FAIL("no line " << question);
  static const ReadLineVm none;
  return none;
}

/// Of `body`, another version of what `item` holds.
void write(RecordItem& item, const std::function<void(model::ChildRecord&)>& change) {
  auto body = item.head().body;
  change(body);
  item.versions = {Desk::version(std::move(body), 1, model::State::Submitted)};
}

}  // namespace

TEST_CASE("vm_review: each entry of a list is read back by itself, each member under its own words", "[state]") {
  Desk desk;
  auto item = desk.record(desk.me, "r1", "2026-11-20T10:00:00Z");
  write(item, [](model::ChildRecord& body) {
    body.part.disclosures = {{Id::from_name("told"), "“He does it when mum's at work”", "What are evenings like?", "me", {}, {}}};
    body.part.next_steps = {{Id::from_name("one"), "Ring the school", "Dan Price", base::date_from_iso("2026-12-03"), {}, {}},
                            {Id::from_name("two"), "See the doctor", "Mother", {}, {}, {}}};
  });
  desk.caseload.records = {item};
  desk.unlock();
  desk.act(Open{ScreenKind::ReadRecord, item.id()});
  const auto vm = read_vm(desk.state, item.id());
  const auto& steps = line_of(vm, "What are the next steps?");
  CHECK(steps.value.empty());
  REQUIRE(steps.entries.size() == 2);
  CHECK(steps.entries[0].title == "Ring the school");
  REQUIRE(steps.entries[0].facts.size() == 2);
  CHECK(steps.entries[0].facts[0].name == "Who does it?");
  CHECK(steps.entries[0].facts[0].value == "Dan Price");
  CHECK(steps.entries[0].facts[1].value == "3 December 2026");
  CHECK(steps.entries[1].title == "See the doctor");
  const auto& told = line_of(vm, "Did Amara tell you about harm?");
  REQUIRE(told.entries.size() == 1);
  CHECK(told.entries[0].facts.at(0).name == "The exact words");
  CHECK(told.entries[0].facts.at(0).value == "“He does it when mum's at work”");
  CHECK(told.entries[0].facts.size() == 3);
}

TEST_CASE("vm_review: a step the visit was for, and a reason about the child, are read in their words", "[state]") {
  Desk desk;
  auto item = desk.record(desk.me, "r1", "2026-11-20T10:00:00Z");
  write(item, [](model::ChildRecord& body) {
    body.part.open_steps = {{Id::from_name("step"), "Register with a doctor", "Agnieszka", {}, {}, {}}};
    body.part.answers["purpose_steps"] = std::vector<std::string>{Id::from_name("step").str()};
    body.part.alone = false;
    body.part.alone_reason = "CHILD_REFUSED";
  });
  desk.caseload.records = {item};
  desk.unlock();
  std::map<std::string, std::string> said;
  for (const auto& block : read_vm(desk.state, item.id()).blocks)
    for (const auto& line : block.lines) said[line.question] = line.value;
  CHECK(said["purpose_steps"] == "Register with a doctor");
  CHECK(said["alone_reason"] == "Amara did not want to");
}

TEST_CASE("vm_review: a changed entry has a line for each of its members", "[state]") {
  Desk desk;
  desk.as_boss();
  auto before = desk.record(desk.other, "r0", "2026-11-10T10:00:00Z"), now = desk.record(desk.other, "r1", "2026-11-20T10:00:00Z");
  write(now, [](model::ChildRecord& body) {
    body.part.answers.erase("next_steps");
    body.part.next_steps = {{Id::from_name("one"), "Ring the school", "Dan Price", base::date_from_iso("2026-12-03"), {}, {}}};
  });
  desk.caseload.records = {before, now};
  desk.unlock();
  desk.act(Open{ScreenKind::Review, now.id()});
  bool found = false;
  for (const auto& change : review_vm(desk.state).changes) {
    UNSCOPED_INFO(change.place << ": " << change.after);
    found |= change.after.find("What will happen? Ring the school\nWho does it? Dan Price\nBy when? 3 December 2026") != std::string::npos;
  }
  CHECK(found);
}

TEST_CASE("vm_review: steps a visit was for are changed by their words, never by their ids", "[state]") {
  Desk desk;
  desk.as_boss();
  auto before = desk.record(desk.other, "r0", "2026-11-10T10:00:00Z"), now = desk.record(desk.other, "r1", "2026-11-20T10:00:00Z");
  const auto was_for = [](model::ChildRecord& body, const char* step) {
    body.part.open_steps = {{Id::from_name("one"), "Ring the school", "Dan Price", {}, {}, {}},
                            {Id::from_name("two"), "See the doctor", "Dan Price", {}, {}, {}}};
    body.part.answers["purpose_steps"] = std::vector<std::string>{Id::from_name(step).str()};
  };
  write(before, [&](model::ChildRecord& body) { was_for(body, "one"); });
  write(now, [&](model::ChildRecord& body) { was_for(body, "two"); });
  desk.caseload.records = {before, now};
  desk.unlock();
  desk.act(Open{ScreenKind::Review, now.id()});
  const auto changes = review_vm(desk.state).changes;
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].before == "Ring the school");
  CHECK(changes[0].after == "See the doctor");
}

TEST_CASE("vm_review: a change of one member says of which entry and what; risk by its own words, without codes", "[state]") {
  Desk desk;
  desk.as_boss();
  auto before = desk.record(desk.other, "r0", "2026-11-10T10:00:00Z"), now = desk.record(desk.other, "r1", "2026-11-20T10:00:00Z");
  const auto step = [](model::ChildRecord& body, const char* due) {
    body.part.answers.erase("next_steps");
    body.part.next_steps = {{Id::from_name("one"), "Ring the school", "Dan Price", base::date_from_iso(due), {}, {}}};
  };
  write(before, [&](model::ChildRecord& body) { step(body, "2026-12-03"); });
  write(now, [&](model::ChildRecord& body) {
    step(body, "2026-12-10");
    body.part.risk = {model::RiskChange::Yes, "HIGH", desk.state.assets->rules.thresholds.key(), "L4", "He was there again.", {}};
  });
  desk.caseload.records = {before, now};
  desk.unlock();
  desk.act(Open{ScreenKind::Review, now.id()});
  std::map<std::string, std::pair<std::string, std::string>> changes;
  for (const auto& change : review_vm(desk.state).changes) {
    UNSCOPED_INFO(change.place << ": " << change.before << " > " << change.after);
    changes[change.place] = {change.before, change.after};
  }
  CHECK(changes["What are the next steps? Ring the school: By when?"] == std::pair{std::string("3 December 2026"), std::string("10 December 2026")});
  CHECK(changes["Has this visit changed your view of the risk to Amara?"] == std::pair{std::string("No"), std::string("Yes")});
  CHECK(changes["Risk"].second == "High");
  CHECK(changes["Level of need"].second == "4 Complex/Significant");
  CHECK(changes["Why this risk and this level of need?"].second == "He was there again.");
  CHECK(changes.size() == 5);
}

TEST_CASE("vm_review: a supervisor directs steps, each with its owner and date, and they are read with the decision", "[state]") {
  Desk desk;
  desk.as_boss();
  desk.caseload.records = {desk.record(desk.other, "r1", "2026-11-20T10:00:00Z")};
  desk.unlock();
  desk.act(Open{ScreenKind::Review, Id::from_name("r1")});
  desk.act(ChooseAgreeRisk{true});
  CHECK(review_vm(desk.state).directed.empty());
  desk.act(AddDirectedStep{});
  desk.act(AddDirectedStep{});
  const auto vm = review_vm(desk.state);
  REQUIRE(vm.directed.size() == 2);
  CHECK(desk.state.focus == vm.directed[1].what_key);
  desk.state.editors.text(vm.directed[0].what_key).insert("Ring the school nurse", editor::EditorState::How::Typed, desk.mono);
  desk.act(PressApprove{});
  CHECK(desk.all<Decide>().empty());
  const auto problems = review_vm(desk.state).problems;
  CHECK(std::count(problems.begin(), problems.end(),
                   ActionVm{"Step 1: Say who will do “Ring the school nurse”.", ShowOnPage{vm.directed[0].owner_key}}) == 1);
  const auto refused = review_vm(desk.state).directed;
  CHECK(refused.at(0).what_error.empty());
  CHECK(refused.at(0).owner_error == "Say who will do “Ring the school nurse”.");
  CHECK(refused.at(0).due_error == "Say by when “Ring the school nurse” will be done.");
  CHECK(refused.at(1).what_error == "Say what the step is.");
  CHECK(desk.state.focus == vm.directed[0].owner_key);  // the first that is to be filled in is brought into sight

  desk.act(*vm.directed[1].remove.intent);
  desk.state.editors.text(vm.directed[0].owner_key).insert("Dan Price", editor::EditorState::How::Typed, desk.mono);
  auto& due = desk.state.editors.date(vm.directed[0].due_key, std::nullopt);
  for (const auto& [box, words] : {std::pair{&due.day, "31"}, {&due.month, "2"}, {&due.year, "2027"}})
    box->insert(words, editor::EditorState::How::Typed, desk.mono);
  desk.act(PressApprove{});
  CHECK(desk.all<Decide>().empty());  // there is no 31 February
  due.day.reset("3");
  desk.act(PressApprove{});
  for (const auto& problem : desk.state.reviewing ? desk.state.reviewing->problems : std::vector<PressProblem>{})
    UNSCOPED_INFO(problem.words);
  const auto& decision = desk.last<Decide>().decision;
  REQUIRE(decision.directed_steps.size() == 1);
  CHECK(decision.directed_steps[0].what == "Ring the school nurse");
  CHECK(decision.directed_steps[0].owner == "Dan Price");
  CHECK(decision.directed_steps[0].due == base::date_from_iso("2027-02-03"));

  desk.caseload.records[0].decisions.push_back(decision);
  desk.load();
  const auto read = read_vm(desk.state, Id::from_name("r1"));
  REQUIRE(read.decisions.size() == 1);
  CHECK(read.decisions[0].value.find("Ring the school nurse. Dan Price, by Wed 3 Feb") != std::string::npos);
}

TEST_CASE("vm_review: why it cannot be returned stands at what is to be filled in", "[state]") {
  Desk desk;
  desk.as_boss();
  desk.caseload.records = {desk.record(desk.other, "r1", "2026-11-20T10:00:00Z")};
  desk.unlock();
  desk.act(Open{ScreenKind::Review, Id::from_name("r1")});
  desk.act(ChooseAgreeRisk{false});
  desk.act(PressReturn{});
  const auto vm = review_vm(desk.state);
  CHECK(vm.reason_error == "Choose why you return the record.");
  CHECK(vm.rationale_error == "Say what has to change before you can approve it.");
  CHECK(vm.disagree_error == "Say why you do not agree with the risk or the level of need.");
  CHECK(vm.rationale_hint.empty());  // not "if you leave this empty it says ..." above an error that says to write
  REQUIRE(vm.problems.size() == 3);  // in the page's order, and the first has the keyboard
  CHECK(vm.problems[0].label == vm.disagree_error);
  CHECK(vm.problems[1].label == vm.rationale_error);
  CHECK(vm.problems[2].label == vm.reason_error);
  CHECK(desk.state.focus == kDisagreeWhy);
}

TEST_CASE("vm_review: children to match are listed the most alike first, and those that are looked for", "[state]") {
  Desk desk;
  desk.as_boss();
  const Id found = Id::from_name("found");
  model::Child unmatched;
  unmatched.id = found;
  unmatched.name = "Zuza Novák";
  unmatched.provisional = true;
  desk.caseload.children.push_back(unmatched);
  for (const auto& [ref, name] : {std::pair{"a", "Adam Bell"}, {"n", "Zuzanna Novak"}}) {
    auto child = desk.caseload.children.front();
    child.id = Id::from_name(ref);
    child.name = child.called = name;
    child.born = base::date_from_iso("2019-04-11");
    child.family = Id();
    desk.caseload.children.push_back(child);
  }
  desk.unlock();
  desk.act(Open{ScreenKind::Match, found});
  auto vm = match_vm(desk.state, found);
  CHECK(vm.title == "Match Zuza Novák to a child");
  REQUIRE(vm.targets.size() == 4);
  CHECK(vm.targets[0].label == "Zuzanna Novak");
  CHECK(vm.targets[0].hint == "Same name: Novak. 11 April 2019, 7 years");
  CHECK(vm.alike == 1);
  CHECK(vm.why_not == "Choose a child first.");
  CHECK(vm.targets[1].label == "Adam Bell");
  desk.act(vm.targets[1].intent);
  desk.type(std::string(kMatchSearch), "novak");
  vm = match_vm(desk.state, found);
  REQUIRE(vm.targets.size() == 2);  // with the one that is chosen
  CHECK(vm.targets[1].selected);
  CHECK(vm.why_not.empty());
  CHECK(vm.none.starts_with("None of these?"));
  desk.state.match_target = Id();
  desk.state.editors.text(kMatchSearch).reset("nobody");
  vm = match_vm(desk.state, found);
  CHECK(vm.targets.empty());
  CHECK(vm.found_none == "Nothing found");
  CHECK((vm.none.empty() && vm.match.label.empty()));  // of nobody
}

TEST_CASE("vm_review: where no child is alike, none is offered but by a search; names go by their letters without accents", "[state]") {
  Desk desk;
  desk.as_boss();
  const Id found = Id::from_name("found");
  model::Child unmatched;
  unmatched.id = found;
  unmatched.name = "Kacper Bukowski";
  unmatched.provisional = true;
  desk.caseload.children.push_back(unmatched);
  for (const char* name : {"Łukasz Test", "Mia Test", "عائشہ خان (Laila Test)"}) {
    auto child = desk.caseload.children.front();
    child.id = Id::from_name(name);
    child.name = child.called = name;
    child.family = Id();
    desk.caseload.children.push_back(child);
  }
  desk.unlock();
  desk.act(Open{ScreenKind::Match, found});
  auto vm = match_vm(desk.state, found);
  CHECK(vm.targets.empty());
  CHECK(vm.found_none.empty());
  CHECK(vm.target_hint == "No child on this tablet is like Kacper Bukowski. Search for a name or an address.");
  desk.type(std::string(kMatchSearch), "test");
  vm = match_vm(desk.state, found);
  REQUIRE(vm.targets.size() == 3);
  CHECK(vm.targets[0].label == "عائشہ خان (Laila Test)");
  CHECK(vm.targets[1].label == "Łukasz Test");
}

TEST_CASE("vm_review: when a record says a visit was, it says it whole, and what was asked about a person is a statement", "[state]") {
  Desk desk;
  desk.as_boss();
  auto item = desk.record(desk.other, "r1", "2026-11-22T10:00:00Z");
  auto body = item.head().body;
  body.facts.present = {{Id::from_name("tom"), "Tom", "Uncle", true, false}};
  item.versions = {Desk::version(body, 1, model::State::Submitted)};
  desk.caseload.records = {item};
  desk.unlock();
  desk.act(Open{ScreenKind::Review, Id::from_name("r1")});
  std::vector<FactVm> tom;
  for (const auto& block : review_vm(desk.state).blocks)
    for (const auto& line : block.lines)
      for (const auto& entry : line.entries)
        if (entry.title == "Tom") tom = entry.facts;
  CHECK(tom == std::vector<FactVm>{{"Relationship to the child", "Uncle"}, {"", "Not known to us"}, {"", "Does not live here"}});
  CHECK(review_vm(desk.state).visited == "Visited Sunday 22 November 2026, 10:00");
  CHECK(read_vm(desk.state, Id::from_name("r1")).visited == review_vm(desk.state).visited);
}

TEST_CASE("vm_review: a step that is half directed is there again when the record is opened again", "[state]") {
  Desk desk;
  desk.as_boss();
  desk.caseload.records = {desk.record(desk.other, "r1", "2026-11-20T10:00:00Z")};
  desk.unlock();
  desk.act(Open{ScreenKind::Review, Id::from_name("r1")});
  desk.act(AddDirectedStep{});
  const auto step = review_vm(desk.state).directed.at(0);
  desk.type(step.what_key, "Ring the school nurse");
  desk.type(step.owner_key, "Dan");
  desk.act(Back{});
  desk.act(Open{ScreenKind::Review, Id::from_name("r1")});
  REQUIRE(review_vm(desk.state).directed.size() == 1);
  CHECK(review_vm(desk.state).directed[0].what_key == step.what_key);
  CHECK(desk.state.editors.text(step.owner_key).text() == "Dan");
  desk.act(*step.remove.intent);
  desk.act(Back{});
  desk.act(Open{ScreenKind::Review, Id::from_name("r1")});
  CHECK(review_vm(desk.state).directed.empty());
}

TEST_CASE("vm_review: whoever went along decides on nothing of that visit", "[state]") {
  Desk desk;
  desk.as_boss();
  auto item = desk.record(desk.other, "r1", "2026-11-20T10:00:00Z");
  write(item, [&](model::ChildRecord& body) { body.second_worker = desk.boss; });
  desk.caseload.records = {item};
  desk.unlock();
  CHECK(approvals_vm(desk.state).visits.empty());
  CHECK(my_children_vm(desk.state).more.at(0).label == "Approvals (0)");
  desk.act(Open{ScreenKind::Review, item.id()});
  CHECK(review_vm(desk.state).own == "You were at this visit, so somebody else decides on it.");
  desk.act(PressApprove{});
  CHECK(desk.all<Decide>().empty());
}

TEST_CASE("vm_review: a receipt is told of on the record it is for, and opens to what it says", "[state]") {
  Desk desk;
  auto item = desk.record(desk.me, "r1", "2026-11-20T10:00:00Z");
  ReceiptItem receipt;
  receipt.number = 14;
  receipt.at = instant("2026-11-23T11:23:00Z");
  receipt.rev = 1;
  receipt.hash = item.head().revision.hash;
  receipt.good = true;
  receipt.signature = "3045";
  const auto told = [&](const std::vector<ReceiptItem>& receipts) {
    item.receipts = receipts;
    desk.caseload.records = {item};
    desk.load();
    return read_vm(desk.state, item.id()).receipt;
  };
  desk.caseload.records = {item};
  desk.unlock();
  CHECK(told({}).words.empty());
  auto vm = told({receipt});
  CHECK(vm.words == "The case server has it. Receipt 14, today at 11:23.");
  CHECK(vm.mood == Mood::Ok);
  CHECK(vm.turn.label == "Show the receipt");
  CHECK(vm.details.empty());
  desk.act(*vm.turn.intent);
  vm = read_vm(desk.state, item.id()).receipt;
  CHECK(vm.turn.label == "Hide the receipt");
  std::map<std::string, std::string> details;
  for (const auto& fact : vm.details) details[fact.name] = fact.value;
  CHECK(details["Receipt"] == "14");
  CHECK(details["Taken in, by the server's clock"] == "Monday 23 November 2026, 11:23");
  CHECK(details["Record"] == item.id().str());
  CHECK(details["Fingerprint of the text"] == item.head().revision.hash);
  CHECK(details["Signature"] == "3045");
  CHECK(details["Checked on this tablet"].starts_with("Signed by the council"));
  desk.act(*vm.turn.intent);
  CHECK(read_vm(desk.state, item.id()).receipt.details.empty());

  auto decision = receipt;
  decision.number = 15;
  decision.decision = true;
  CHECK(told({receipt, decision}).words == "The case server has your decision. Receipt 15, today at 11:23.");
  auto of_before = receipt;  // the text was written anew, and waits
  of_before.hash = "of the text before";
  CHECK(told({of_before}).words.empty());
  auto lost = receipt;
  lost.standing = false;
  CHECK(told({lost}).words ==
        "The case server was set back to an earlier time and is sent this again. Receipt 14, today at 11:23, shows that it had it.");
  auto bad = receipt;
  bad.good = false;
  vm = told({receipt, bad});
  CHECK(vm.mood == Mood::Warn);
  CHECK(vm.words.find("does not check out. Nothing is lost") != std::string::npos);
}
