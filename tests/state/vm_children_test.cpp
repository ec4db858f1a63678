#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "app/state/vm_parts.h"
#include "tests/support/desk.h"

using namespace doorstep;
using namespace doorstep::tests;

TEST_CASE("vm_children: what was found in a draft of one's own is shown, and leads there", "[state]") {
  Desk desk;
  desk.unlock();
  desk.start();
  const Id visit = desk.state.visit->visit.id;
  desk.act(Back{});
  auto& box = desk.state.editors.text(kSearch);
  box.insert("willow", editor::EditorState::How::Typed, desk.mono);
  desk.act(SearchTyped{});
  desk.hear(SearchHits{desk.last<Search>().number, {{{}, {}, "… below the \x02Willow\x03\nhe waits", visit},
                                                     {{}, {}, "of a draft that is gone", Id::from_name("gone")}}});
  const auto vm = my_children_vm(desk.state);
  const auto& hits = vm.hits;
  REQUIRE(hits.size() == 1);
  CHECK(vm.found == "1 result");
  CHECK(vm.rows_heading.empty());
  CHECK(vm.hits_heading == "In notes");
  CHECK(vm.clear_search.intent.has_value());
  CHECK(hits[0].title == "In your draft: Child in need visit: Amara Okafor");
  CHECK(hits[0].snippet == "… below the Willow he waits");
  REQUIRE(hits[0].found.size() == 1);
  CHECK(hits[0].snippet.substr(hits[0].found[0].first, hits[0].found[0].second - hits[0].found[0].first) == "Willow");
  desk.act(hits[0].open);
  CHECK(desk.state.screen()->kind == ScreenKind::Record);
  CHECK(desk.state.visit->visit.id == visit);
}

TEST_CASE("vm_children: names are in the order of the alphabet of the app's language", "[state]") {
  Desk desk;
  desk.unlock();
  const auto sorted = [&](std::vector<std::string> names) {
    std::stable_sort(names.begin(), names.end(),
                     [&](const auto& a, const auto& b) { return name_order(desk.state, a) < name_order(desk.state, b); });
    return names;
  };
  const std::vector<std::string> names = {"Cybi", "Chad", "Dylan", "Ddewi", "Gwen", "Ngozi", "Lowri", "Luned", "Llŷr", "Siân", "Sioned"};
  CHECK(sorted(names) == std::vector<std::string>{"Chad", "Cybi", "Ddewi", "Dylan", "Gwen", "Llŷr", "Lowri", "Luned", "Ngozi", "Siân",
                                                  "Sioned"});
  desk.state.settings.language = Language::Welsh;
  CHECK(sorted(names) == names);
  CHECK(sorted({"Zofia", "أحمد (Ahmad)", "Łukasz", "LLYWELYN"}) ==
        std::vector<std::string>{"أحمد (Ahmad)", "Łukasz", "LLYWELYN", "Zofia"});
}

TEST_CASE("vm_children: a card that was made small stays so until it is opened again", "[state]") {
  Desk desk;
  desk.unlock();
  desk.start();
  desk.act(AddItem{{desk.amara, "injuries", {}, {}}});
  REQUIRE(record_vm(desk.state).calls.size() == 1);
  CHECK_FALSE(record_vm(desk.state).calls[0].turned);
  const auto card = record_vm(desk.state).calls[0].key();
  desk.act(TurnCall{card});
  CHECK(record_vm(desk.state).calls[0].turned);
  desk.act(TurnCall{card});
  CHECK_FALSE(record_vm(desk.state).calls[0].turned);
}

TEST_CASE("vm_children: two calls about one child say of which visit they are, and are opened one by one", "[state]") {
  Desk desk;
  for (const auto& [name, start] : {std::pair{"r1", "2026-11-18T10:00:00Z"}, std::pair{"r2", "2026-11-20T15:30:00Z"}}) {
    auto item = desk.record(desk.me, name, start);
    auto body = item.head().body;
    body.part.calls.clear();
    body.part.injuries = {{}};
    item.versions = {Desk::version(std::move(body), 1, model::State::Submitted)};
    desk.caseload.records.push_back(std::move(item));
  }
  desk.unlock();
  auto cards = my_children_vm(desk.state).calls;
  REQUIRE(cards.size() == 2);
  CHECK(cards[0].about == "Child in need visit: Amara Okafor, Wed 18 Nov at 10:00");
  CHECK(cards[1].about == "Child in need visit: Amara Okafor, Fri 20 Nov at 15:30");
  desk.act(TurnCallReason{cards[0].key()});
  desk.act(TurnCall{cards[1].key()});
  cards = my_children_vm(desk.state).calls;
  CHECK(cards[0].reason_open);
  CHECK_FALSE(cards[1].reason_open);
  CHECK_FALSE(cards[0].turned);
  CHECK(cards[1].turned);

  // In the home nobody who looks on reads which child it is about.
  desk.start();
  desk.act(AddItem{{desk.amara, "injuries", Id(), {}}});
  REQUIRE(record_vm(desk.state).calls.size() == 1);
  CHECK(record_vm(desk.state).calls[0].about.empty());
}

TEST_CASE("vm_children: how it is safe to make contact comes first, and a number that must not be rung is not there", "[state]") {
  Desk desk;
  auto& family = desk.caseload.families[0];
  family.phone = "01632 960114";
  family.hazards = {{Id::from_name("h"), "DOG", "Large"}};
  desk.unlock();
  const auto phone = [&] {
    for (const auto& fact : child_vm(desk.state, desk.amara).facts)
      if (fact.name == "Phone") return fact.value;
    return std::string();
  };
  CHECK(phone() == "01632 960114");
  CHECK(child_vm(desk.state, desk.amara).hazards_heading == "Before the door");
  family.safe_contact = "Only ring 01632 960914. Never leave a message.";
  desk.load();
  const auto vm = child_vm(desk.state, desk.amara);
  CHECK(phone() == family.safe_contact);
  CHECK(vm.hazards == std::vector<HazardVm>{{"Safe contact", "Only ring 01632 960914. Never leave a message."}, {"Dog", "Large"}});
  for (const auto& fact : vm.facts) CHECK(fact.name != "Safe contact");
}

TEST_CASE("vm_children: a child nobody has matched yet is told to be so, and why one is involved is said once", "[state]") {
  Desk desk;
  desk.unlock();
  CHECK(child_vm(desk.state, desk.amara).tag.words.empty());
  CHECK(child_vm(desk.state, desk.amara).involvement.empty());
  auto& amara = desk.caseload.children[0];
  amara.provisional = true;
  amara.involvements.push_back(amara.involvements[0]);
  amara.involvements[1].ended = base::date_from_iso("2025-03-01");
  desk.load();
  const auto vm = child_vm(desk.state, desk.amara);
  CHECK(vm.tag == TagVm{"Not matched yet", Mood::Info});
  CHECK(vm.provisional == "Added on a visit. Not matched to the case system yet.");
  CHECK(vm.involvement == std::vector<FactVm>{{"Child in need", "Ended 1 March 2025"}});
}

TEST_CASE("vm_children: open steps stand by their day, those without one last", "[state]") {
  Desk desk;
  const auto step = [](const char* what, const char* due) {
    return model::PlanStep{Id::from_name(what), what, "Ngozi", base::date_from_iso(due), {}, {}};
  };
  desk.caseload.children[0].open_steps = {step("some day", ""), step("later", "2026-12-04"), step("soon", "2026-11-27")};
  desk.unlock();
  const auto steps = child_vm(desk.state, desk.amara).steps;
  REQUIRE(steps.size() == 3);
  CHECK(steps[0].what == "soon");
  CHECK(steps[0].due == "By Fri 27 Nov");
  CHECK(steps[1].what == "later");
  CHECK(steps[2].due == "No date");
}

TEST_CASE("vm_children: who lives there is told in sentences", "[state]") {
  Desk desk;
  model::Member mother;
  mother.name = "Ngozi Okafor";
  mother.relationship = "mother";
  mother.in_household = true;
  mother.note = "reads Igbo and English";
  desk.caseload.families[0].members = {mother};
  desk.unlock();
  const auto people = child_vm(desk.state, desk.amara).people;
  REQUIRE_FALSE(people.empty());
  CHECK(people[0].relationship == "Mother");
  CHECK(people[0].detail == "Lives here. Reads Igbo and English");
}

TEST_CASE("vm_children: where no child is on the tablet, none is to be chosen", "[state]") {
  Desk desk;
  desk.unlock();
  CHECK_FALSE(my_children_vm(desk.state).nobody);
  desk.caseload.children.clear();
  desk.load();
  CHECK(my_children_vm(desk.state).nobody);
}

TEST_CASE("vm_children: who is due today, this week or overdue is a list of its own, with its number", "[state]") {
  Desk desk;
  auto& children = desk.caseload.children;
  const auto add = [&](const char* name, const char* last_visit) {
    auto child = children[0];
    child.id = Id::from_name(name);
    child.name = child.called = name;
    child.last_visit = child.last_seen = base::date_from_iso(last_visit);
    children.push_back(child);
  };
  children.resize(1);
  add("Long ago", "2026-09-15");
  add("Yesterday", "2026-11-22");
  children.erase(children.begin());
  desk.unlock();
  const auto under = [&](ListTab tab) {
    desk.act(ShowTab{tab});
    const auto vm = my_children_vm(desk.state);
    REQUIRE(vm.tab == static_cast<std::size_t>(tab));
    std::string out = vm.tabs.at(vm.tab) + ":";
    for (const auto& row : vm.rows) out += " " + row.title + (row.tag.words.empty() ? "" : " (" + row.tag.words + ")");
    return out + (vm.rows.empty() ? " " + vm.empty_heading : "");
  };
  CHECK(under(ListTab::Today).starts_with("Today (1): Long ago ("));
  CHECK(under(ListTab::Week).starts_with("This week (1): Long ago ("));
  const auto overdue = under(ListTab::Overdue);
  CHECK(overdue.starts_with("Overdue (1): Long ago ("));
  CHECK(overdue.ends_with(" days overdue)"));
  CHECK(under(ListTab::All).starts_with("All: Long ago"));
  desk.caseload.children.erase(desk.caseload.children.begin());
  desk.load();
  CHECK(under(ListTab::Overdue) == "Overdue (0): Nobody is overdue");
}

TEST_CASE("vm_children: what waits to be sent is a list of its own, and each leads to what it is", "[state]") {
  Desk desk;
  auto item = desk.record(desk.me, "decided", "2026-11-20T10:00:00Z");
  auto submitted = desk.record(desk.me, "submitted", "2026-11-20T10:00:00Z");
  const auto quiet = desk.record(desk.me, "quiet", "2026-11-20T10:00:00Z");
  item.waiting = submitted.waiting = true;
  DraftItem going;
  auto body = submitted.head().body;
  body.visit = Id::from_name("going");
  submitted.versions = {Desk::version(body, 0, model::State::Submitted)};
  going.visit = model::visit_of(body, {}, body.visit);
  going.submitting = going.waiting = true;
  DraftItem writing = going, backed_up = going;
  writing.visit.id = Id::from_name("writing");
  writing.submitting = false;
  backed_up.visit.id = Id::from_name("backed up");
  backed_up.submitting = backed_up.waiting = false;
  desk.caseload.records = {item, submitted, quiet};
  desk.caseload.drafts = {writing, backed_up, going};
  desk.caseload.blobs["photo"] = {true, true, false};
  desk.caseload.blobs["sent"] = {true, false, false};
  desk.unlock();
  SyncStatus status;
  status.waiting = 4;
  desk.hear(status);
  const auto leads = [](const HitRowVm& row, ScreenKind screen, const Id& id) {
    const auto& open = std::get<Open>(row.open);
    return open.screen == screen && open.id == id;
  };
  CHECK(my_children_vm(desk.state).hits.empty());  // under Today
  CHECK(my_children_vm(desk.state).tabs.at(3) == "To send (4)");
  desk.act(ShowTab{ListTab::Waiting});
  auto vm = my_children_vm(desk.state);
  CHECK(vm.rows.empty());
  REQUIRE(vm.hits.size() == 4);
  CHECK(vm.hits[0].title == "Child in need visit: Amara Okafor");
  CHECK(vm.hits[0].snippet == "Submitted on this tablet, waiting to be sent");
  CHECK(leads(vm.hits[0], ScreenKind::Record, going.visit.id));
  CHECK(vm.hits[1].snippet == "Your change to this record, waiting to be sent");
  CHECK(leads(vm.hits[1], ScreenKind::ReadRecord, item.id()));
  CHECK(vm.hits[2].snippet == "A draft, for safe keeping, waiting to be sent");
  CHECK(leads(vm.hits[2], ScreenKind::Record, writing.visit.id));
  CHECK(vm.submitting_heading == "Waiting to send");
  REQUIRE(vm.submitting.size() == 1);  // and not under what is to be written up
  CHECK(vm.submitting[0].visit == going.visit.id);
  CHECK(vm.drafts.size() == 2);
  CHECK(vm.hits[3].title == "1 photo");
  CHECK(leads(vm.hits[3], ScreenKind::SyncStatus, Id()));

  auto& decision = desk.caseload.records[0].decisions.emplace_back();
  decision.on = item.ref();
  decision.reviewer = desk.other;  // what waits is something else
  desk.load();
  CHECK(my_children_vm(desk.state).hits.at(1).snippet == "Your change to this record, waiting to be sent");
  desk.caseload.records[0].decisions.back().reviewer = desk.me;
  desk.load();
  CHECK(my_children_vm(desk.state).hits.at(1).snippet == "Your decision on this record, waiting to be sent");

  // A search looks everywhere, and the list is there again after it.
  desk.type(std::string(kSearch), "amara");
  desk.act(SearchTyped{});
  CHECK(my_children_vm(desk.state).hits.empty());
  desk.act(ClearSearch{});
  CHECK(my_children_vm(desk.state).hits.size() == 4);

  // Something that is none of these is still told: a draft that was thrown away, say.
  desk.caseload.records = {quiet};
  desk.caseload.drafts = {backed_up};
  desk.caseload.blobs.clear();
  desk.load();
  status.waiting = 1;
  desk.hear(status);
  vm = my_children_vm(desk.state);
  CHECK(vm.tabs.at(3) == "To send (1)");
  REQUIRE(vm.hits.size() == 1);
  CHECK(vm.hits[0].title == "1 change");
  status.waiting = 0;
  desk.hear(status);
  vm = my_children_vm(desk.state);
  CHECK(vm.tabs.at(3) == "To send (0)");
  CHECK(vm.hits.empty());
  CHECK(vm.empty_heading == "Nothing waits to be sent");
}
