#include "app/state/vm_parts.h"
#include "platform/base/limits.h"
#include "sync/merge/merge.h"
#include "sync/model/body_region.h"
#include "sync/wire/codec.h"
#include "tests/support/desk.h"

using namespace doorstep;
using namespace doorstep::tests;
using model::BodyView;

namespace {

const Place list{Id::from_name("amara"), "injuries", {}, {}};

struct Marking : Desk {
  Marking() {
    unlock();
    start();
    act(ShowChild{amara});
  }
  std::vector<model::Injury>& marks() { return state.visit->visit.children.front().injuries; }
  /// The list of marks as it is shown.
  ListVm shown() {
    for (const auto& section : record_vm(state).sections)
      for (const auto& block : section.blocks)
        if (const auto* one = std::get_if<ListVm>(&block); one && one->place == list) return *one;
    FAIL("no marks are asked for");
    return {};
  }
  void put(double x, double y, Id mark = {}) { act(PutMark{list, mark, BodyView::Front, {x, y}}); }
};

}  // namespace

TEST_CASE("marks: a press on the body makes one, saved at once and ready for the arrows", "[state]") {
  Marking desk;
  CHECK_FALSE(desk.shown().map.has_value());
  desk.effects.clear();
  desk.put(0.25, 0.5);
  REQUIRE(desk.marks().size() == 1);
  CHECK(desk.marks()[0].view == BodyView::Front);
  CHECK(desk.marks()[0].at == model::Point{0.25, 0.5});
  CHECK(desk.all<SaveDraft>().size() == 1);
  CHECK(desk.last<SaveDraft>().urgent);
  CHECK(desk.state.focus == mark_key({desk.amara, "injuries", desk.marks()[0].id, {}}));
  const auto vm = desk.shown();
  REQUIRE(vm.map.has_value());
  REQUIRE(vm.map->figures.size() == 5);
  REQUIRE(vm.map->figures[0].marks.size() == 1);
  CHECK(vm.map->figures[0].marks[0].name == "1. Not described yet. Right thigh, front: 25 across and 50 down, of 100");
  CHECK(vm.items[0].lead == "Right thigh, front");
  desk.put(0.1, 0.1);
  CHECK(desk.shown().map->figures[0].marks[1].number == "2");
}

TEST_CASE("marks: a place outside of the figure is its edge", "[state]") {
  Marking desk;
  desk.put(-3, 1.5);
  CHECK(desk.marks()[0].at == model::Point{0, 1});
}

TEST_CASE("marks: one that is described first is put where the next press is", "[state]") {
  Marking desk;
  desk.act(AddItem{list});
  const Id mark = desk.marks()[0].id;
  CHECK(desk.state.visit->placing == mark);
  CHECK(desk.shown().map->hint == "Press on the body where mark 1 is. Left and right are the child's own.");
  CHECK(desk.shown().items[0].place.label == "Leave it where it is");
  desk.put(0.5, 0.5);
  REQUIRE(desk.marks().size() == 1);
  CHECK(desk.marks()[0].at.has_value());
  CHECK(desk.state.visit->placing.nil());
  desk.act(ChooseMark{{desk.amara, "injuries", mark, {}}});
  desk.act(PutMark{list, {}, BodyView::Back, {0.2, 0.3}});
  REQUIRE(desk.marks().size() == 1);
  CHECK(desk.marks()[0].view == BodyView::Back);
  desk.act(ChooseMark{{desk.amara, "injuries", mark, {}}});
  desk.act(ChooseMark{{desk.amara, "injuries", mark, {}}});
  desk.put(0.9, 0.9);
  CHECK(desk.marks().size() == 2);
}

TEST_CASE("marks: undo takes back the last move, removal and press, in turn", "[state]") {
  Marking desk;
  desk.put(0.1, 0.1);
  desk.put(0.2, 0.2);
  const auto first = desk.marks()[0], second = desk.marks()[1];
  desk.put(0.3, 0.3, first.id);
  desk.act(RemoveItem{{desk.amara, "injuries", first.id, {}}});
  REQUIRE(desk.marks() == std::vector{second});
  desk.act(UndoMark{list});
  REQUIRE(desk.marks().size() == 2);
  CHECK(desk.marks()[0].at == model::Point{0.3, 0.3});
  desk.act(UndoMark{list});
  CHECK(desk.marks() == std::vector{first, second});
  desk.act(UndoMark{list});
  CHECK(desk.marks() == std::vector{first});
  desk.act(UndoMark{list});
  CHECK(desk.marks().empty());
  CHECK_FALSE(desk.shown().map.has_value());
  desk.act(UndoMark{list});  // there is nothing more
  CHECK(desk.marks().empty());
}

TEST_CASE("marks: undo keeps words that were written about a mark", "[state]") {
  Marking desk;
  desk.put(0.1, 0.1);
  const auto key = "child/" + desk.amara.str() + "/injuries/" + desk.marks()[0].id.str() + "/looks";
  desk.type(key, "A thin red line");
  desk.act(UndoMark{list});
  REQUIRE(desk.marks().size() == 1);
  CHECK(desk.marks()[0].looks == "A thin red line");
  CHECK_FALSE(desk.marks()[0].at.has_value());
  desk.act(RemoveItem{{desk.amara, "injuries", desk.marks()[0].id, {}}});
  desk.act(UndoMark{list});
  REQUIRE(desk.marks().size() == 1);
  CHECK(desk.marks()[0].looks == "A thin red line");
}

TEST_CASE("marks: a mark that was removed and is had back unsays that there was none", "[state]") {
  Marking desk;
  desk.put(0.1, 0.1);
  desk.act(RemoveItem{{desk.amara, "injuries", desk.marks()[0].id, {}}});
  desk.act(NoneOf{list});
  desk.act(UndoMark{list});
  REQUIRE(desk.marks().size() == 1);
  CHECK_FALSE(desk.shown().is_none);
}

TEST_CASE("marks: undo remembers no more than its limit", "[state]") {
  Marking desk;
  desk.put(0, 0);
  for (int i = 0; i < 300; ++i) desk.put(0.001 * i, 0.5, desk.marks()[0].id);
  CHECK(desk.state.visit->mark_steps.size() == limits::kVisitUndo);
}

TEST_CASE("marks: those of two tablets are both there, and a mark moved on both is settled by a person", "[state]") {
  Marking desk;
  desk.put(0.1, 0.1);
  const auto base = desk.state.visit->visit;
  auto mine = base, theirs = base;
  mine.children[0].injuries.emplace_back().id = Id::from_name("mine");
  theirs.children[0].injuries.emplace_back().id = Id::from_name("theirs");
  const auto merged = [&] {
    const auto json = [](const model::Visit& visit) { return boost::json::parse(wire::encode(visit)); };
    const auto result = merge::merge(json(base), json(mine), json(theirs), merge::record_options(desk.me.str(), desk.me.str()));
    return wire::decode<model::Visit>(boost::json::serialize(result.document)).value();
  };
  CHECK(merged().children[0].injuries.size() == 3);
  CHECK(merged().conflicts.empty());
  mine.children[0].injuries[0].at = model::Point{0.2, 0.2};
  theirs.children[0].injuries[0].at = model::Point{0.3, 0.3};
  REQUIRE(merged().conflicts.size() == 1);
  desk.state.visit->visit = merged();
  const auto vm = conflicts_vm(desk.state);
  REQUIRE(vm.conflicts.size() == 1);
  CHECK(vm.conflicts[0].mine == "20 across and 20 down, of 100");
  CHECK(vm.conflicts[0].theirs == "30 across and 30 down, of 100");
}

TEST_CASE("marks: each part of the body has words in both languages, and a side where it has two", "[state]") {
  Marking desk;
  const auto assets = shipped_assets();
  for (const auto part : model::body_parts()) {
    INFO(part);
    const auto key = "body." + std::string(part);
    REQUIRE(assets->text.has(key));
    CHECK(assets->welsh(key) != assets->text(key));
  }
  const auto said = [&](const Text& text, BodyView view, double x, double y) { return mark_place(text, view, model::Point{x, y}); };
  CHECK(said(assets->text, BodyView::Front, 0.85, 0.42) == "Left forearm, front");
  CHECK(said(assets->text, BodyView::Back, 0.85, 0.42) == "Right forearm, back");
  CHECK(said(assets->text, BodyView::Head, 0.5, 0.3) == "Forehead");
  CHECK(said(assets->text, BodyView::Right, 0.5, 0.6) == "Right thigh, seen from the right");
  CHECK(said(assets->text, BodyView::Front, 0.02, 0.98) == "Beside the body, front");
  CHECK(said(assets->welsh, BodyView::Front, 0.85, 0.42) == "Elin chwith, o'r tu blaen");
  for (const auto view : {BodyView::Front, BodyView::Back, BodyView::Left, BodyView::Right, BodyView::Head})
    for (int x = 0; x <= 50; ++x)
      for (int y = 0; y <= 100; ++y)
        CHECK(said(assets->text, view, x / 50.0, y / 100.0).find_first_of("{}_") == std::string::npos);
}

TEST_CASE("marks: who reads the record sees the figures with a mark, and each description by its number", "[state]") {
  Marking desk;
  auto item = desk.record(desk.other, "marked", "2026-11-20T10:00:00Z");
  auto& part = Desk::own_head(item).body.part;
  model::Injury line, bruise;
  line.id = Id::from_name("line");
  bruise.id = Id::from_name("bruise");
  bruise.kind = "BRUISE";
  bruise.view = BodyView::Left;
  bruise.at = {0.5, 0.1};
  bruise.child_said = "I fell";
  part.injuries = {line, bruise};
  part.answers.erase("injuries");
  for (const auto& block : read_blocks(desk.state, item.head().body))
    for (const auto& read : block.lines) {
      if (read.name != "Did you see a mark or an injury?") continue;
      REQUIRE(read.figures.size() == 1);
      CHECK(read.figures[0].spoken == "Left side. 2. Bruise. Left ear, seen from the left");
      REQUIRE(read.entries.size() == 2);
      CHECK(read.entries[0].title == "1. Not described yet");
      CHECK(read.entries[1].title == "2. Bruise");
      CHECK(read.entries[1].facts == std::vector<FactVm>{{"On the body map", "Left ear, seen from the left"},
                                                         {"What the child said about it", "I fell"}});
      return;
    }
  FAIL("the marks are not read back");
}

TEST_CASE("marks: the words ask to describe, and never to date or to judge", "[state]") {
  const auto& text = shipped_assets()->text;
  CHECK(text("item.injury.looks.hint") == "What you see and no more: not how old it is, and not what made it.");
  for (const auto& [key, words] : text.all())
    if (key.starts_with("item.injury.") && words.ends_with("?"))
      for (const char* asks : {"how old", "How old", "caused", "when did", "deliberate"}) CHECK(words.find(asks) == std::string::npos);
}
