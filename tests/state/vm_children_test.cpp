#include <catch2/catch_test_macros.hpp>

#include "tests/state/desk.h"

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
  const auto hits = my_children_vm(desk.state).hits;
  REQUIRE(hits.size() == 1);
  CHECK(hits[0].title == "In your draft: Child in need visit: Amara");
  CHECK(hits[0].snippet == "… below the Willow he waits");
  desk.act(hits[0].open);
  CHECK(desk.state.screen()->kind == ScreenKind::Record);
  CHECK(desk.state.visit->visit.id == visit);
}

TEST_CASE("vm_children: a card that was made small stays so until it is opened again", "[state]") {
  Desk desk;
  desk.unlock();
  desk.start();
  desk.act(AddItem{{desk.amara, "injuries", {}, {}}});
  REQUIRE(record_vm(desk.state).calls.size() == 1);
  CHECK_FALSE(record_vm(desk.state).calls[0].turned);
  desk.act(TurnCall{desk.amara});
  CHECK(record_vm(desk.state).calls[0].turned);
  desk.act(TurnCall{desk.amara});
  CHECK_FALSE(record_vm(desk.state).calls[0].turned);
}
