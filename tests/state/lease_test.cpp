#include "tests/support/desk.h"

using namespace doorstep;
using namespace doorstep::tests;

namespace {

/// A worker at a tablet whose lease can be over.
struct Leased : Desk {
  Leased() { unlock(); }
  void run_out() {
    Caseload closed;
    closed.lease_over = true;
    closed.me.id = me;
    closed.me.name = "Ruth Mensah";
    hear(Loaded{std::make_shared<const Caseload>(closed)});
  }
  void start_elsewhere(std::string_view family, std::string_view children) {
    act(Open{ScreenKind::StartVisit, {}});
    type(std::string(kNewFamily), family);
    type(std::string(kNewChildren), children);
    act(ChooseVisitType{"CIN"});
    act(PressStart{});
    REQUIRE(state.visit.has_value());
  }
};

}  // namespace

TEST_CASE("lease: when it is over what is typed is handed over, and nothing that was written before is left in State", "[state][L31]") {
  Leased desk;
  desk.caseload.records = {desk.record(desk.other, "r1", "2026-11-20T10:00:00Z")};
  desk.load();
  desk.start();
  desk.type("record/jotting", "half a jotting");
  desk.fill();
  desk.act(Cover{});
  const auto visit = desk.state.visit->visit;
  desk.effects.clear();
  desk.fill();
  SyncStatus status;
  status.online = true;
  status.refused = {{1, desk.amara, Id::from_name("r1"), "submit", "stale", "Say whether Amara was seen.", {}}};
  desk.hear(status);
  desk.run_out();
  CHECK(desk.all<SaveDraft>().size() == 1);
  CHECK(desk.state.covered);  // whoever holds the tablet still sees nothing
  CHECK_FALSE(desk.state.visit.has_value());
  CHECK(desk.state.drafts.empty());
  CHECK(desk.state.unfinished.words.empty());
  CHECK(desk.state.editors.size() == 0);
  REQUIRE(desk.state.screens.size() == 1);
  CHECK(desk.state.screen()->kind == ScreenKind::MyChildren);
  CHECK_FALSE(bar_vm(desk.state).trouble);
  CHECK(sync_vm(desk.state).refused.empty());
  // Said before, and heard after.
  desk.hear(DraftChanged{visit, 7});
  desk.hear(SearchHits{desk.state.search_number, {{desk.amara, {}, "canary", {}}}});
  desk.hear(Saved{visit.id, 1, desk.wall});
  CHECK(desk.state.drafts.empty());
  CHECK(desk.state.search_hits.empty());
  // Nothing leads to any of it.
  desk.act(Uncover{});
  desk.act(Open{ScreenKind::Record, visit.id});
  desk.act(Open{ScreenKind::Child, desk.amara});
  CHECK_FALSE(desk.state.visit.has_value());
  CHECK(desk.state.screens.size() == 1);
}

TEST_CASE("lease: while it is over a visit can be begun, written and submitted; once left it is not shown", "[state][L32]") {
  Leased desk;
  desk.run_out();
  desk.effects.clear();
  desk.act(Open{ScreenKind::StartVisit, {}});
  CHECK(start_visit_vm(desk.state).elsewhere);
  desk.start_elsewhere("Whitfield", "Sky Whitfield");
  CHECK(desk.last<SaveDraft>().visit.family_name == "Whitfield");
  const auto visit = desk.state.visit->visit.id;
  desk.fill();
  desk.act(Cover{});
  desk.act(Uncover{});
  desk.saved();
  desk.run_out();  // told again, whenever something was taken in
  REQUIRE(desk.state.visit.has_value());
  CHECK(desk.state.visit->visit.id == visit);
  CHECK(desk.state.screen()->kind == ScreenKind::Record);
  // Another tablet's words of this visit are still merged into it.
  auto merged = desk.state.visit->visit;
  merged.address = "3 Alder Close";
  desk.hear(DraftChanged{merged, 2});
  CHECK(desk.state.visit->visit.address == "3 Alder Close");

  SECTION("left, it is kept and not shown") {
    desk.act(Back{});
    CHECK_FALSE(desk.state.visit.has_value());
    CHECK(all_drafts(desk.state).empty());
    CHECK(draft_of(desk.state, visit) == nullptr);
    desk.act(Open{ScreenKind::Record, visit});
    CHECK_FALSE(desk.state.visit.has_value());
  }
  SECTION("locked, it is not where it was") {
    desk.act(PressLock{});
    Caseload closed;
    closed.lease_over = true;
    desk.caseload = closed;
    desk.unlock();
    CHECK(desk.state.screen()->kind == ScreenKind::MyChildren);
    CHECK_FALSE(desk.state.visit.has_value());
  }
  SECTION("submitted, it is on its way") {
    desk.act(Open{ScreenKind::Check, visit});
    desk.fill();  // also why it is written so late
    for (const auto& problem : check_vm(desk.state).problems) FAIL_CHECK(problem);
    desk.act(PressSubmit{});
    CHECK(desk.last<Submit>().visit.id == visit);
    desk.hear(Submitted{visit});
    CHECK_FALSE(desk.state.visit.has_value());
    CHECK_FALSE(closed_vm(desk.state).notice.empty());
  }
  SECTION("renewed while it is open, it stays open, and all the rest is there again") {
    desk.hear(UnfinishedFound{{{"a key", "half"}}});
    CHECK(desk.state.unfinished.words.count("a key"));
    DraftItem item;
    item.visit = merged;
    desk.caseload.drafts = {item};
    desk.load();
    CHECK_FALSE(desk.state.lease_over());
    desk.hear(DraftChanged{merged, 2});
    REQUIRE(desk.state.visit.has_value());
    CHECK(desk.state.visit->visit.id == visit);
    desk.act(Back{});
    CHECK_FALSE(my_children_vm(desk.state).rows.empty());
  }
}

TEST_CASE("lease: the page says what happened, what is safe and what to do; warnings come two days before", "[state][L31][L33]") {
  Leased desk;
  SyncStatus status;
  status.lease_until = desk.wall + std::chrono::hours(24 * 6);
  desk.hear(status);
  CHECK(my_children_vm(desk.state).warnings.empty());
  status.lease_until = desk.wall + std::chrono::hours(24);
  status.lease_soon = true;
  desk.hear(status);
  REQUIRE(my_children_vm(desk.state).warnings.size() == 1);
  CHECK(my_children_vm(desk.state).warnings[0].name == "Connect by Tue 24 Nov at 14:05");
  const auto lines = going_out_vm(desk.state).lines;
  CHECK(std::any_of(lines.begin(), lines.end(), [](const auto& line) {
    return line.name == "Records open until" && line.value == "Tue 24 Nov at 14:05" && !line.to_do.words.empty();
  }));
  status.clock_set_back = true;
  desk.hear(status);
  REQUIRE(my_children_vm(desk.state).warnings.size() == 2);
  CHECK(my_children_vm(desk.state).warnings[1].name.starts_with("The clock of this tablet is behind"));
  desk.later(std::chrono::hours(24));
  desk.run_out();
  desk.hear(status);
  const auto vm = closed_vm(desk.state);
  CHECK(vm.why.find("today at 14:05") != std::string::npos);
  CHECK(vm.safe.starts_with("Nothing is lost"));
  CHECK(vm.to_do.starts_with("Connect to a network"));
  CHECK(vm.clock == lease_warnings(desk.state).back());
  status.online = true;
  desk.hear(status);
  CHECK(closed_vm(desk.state).to_do.starts_with("There is a network"));
}
