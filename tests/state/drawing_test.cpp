#include "app/state/vm_parts.h"
#include "platform/base/limits.h"
#include "sync/merge/merge.h"
#include "sync/wire/codec.h"
#include "tests/support/desk.h"

using namespace doorstep;
using namespace doorstep::tests;

namespace {

struct Drawing : Desk {
  Drawing() {
    unlock();
    start();
    act(ShowChild{amara});
    act(FieldChosen{{amara, "seen", {}, {}}, std::string("YES")});
    effects.clear();
  }
  const Place house{amara, "house_worries", {}, {}}, page{amara, "drawing", {}, {}};
  std::vector<model::Stroke>& strokes() { return state.visit->visit.children.front().strokes; }
  SheetVm sheet(const Place& place) {
    for (const auto& section : record_vm(state).sections)
      for (const auto& block : section.blocks)
        if (const auto* field = std::get_if<FieldVm>(&block); field && field->place == place && field->sheet) return *field->sheet;
    FAIL("there is no sheet");
    return {};
  }
  void draw(const Place& place, double x = 0.1) { act(AddStroke{place, {{x, 0.1}, {x, 0.9}}}); }
  void scribble(int points) {
    std::vector<model::Point> way;
    for (int i = 0; i < points; ++i) way.push_back({(i % 2) * 1.0, static_cast<double>(i) / points});
    act(AddStroke{page, way});
  }
};

}  // namespace

TEST_CASE("drawing: a stroke belongs to its sheet, has the pen's colour and is saved at once", "[state]") {
  Drawing desk;
  desk.act(OpenSheet{desk.house});
  CHECK(desk.sheet(desk.house).is_open);
  CHECK_FALSE(desk.sheet(desk.page).is_open);
  CHECK(desk.sheet(desk.house).guide != nullptr);
  CHECK(desk.sheet(desk.page).guide == nullptr);
  desk.act(ChooseInk{"#c02318"});
  desk.draw(desk.house);
  REQUIRE(desk.strokes().size() == 1);
  CHECK(desk.strokes()[0].page == "house_worries");
  CHECK(desk.strokes()[0].colour == "#c02318");
  CHECK(desk.strokes()[0].width == model::kPenWidth);
  CHECK(desk.strokes()[0].points == std::vector<model::Point>{{0.1, 0.1}, {0.1, 0.9}});
  CHECK(desk.all<SaveDraft>().size() == 1);
  CHECK(desk.sheet(desk.house).spoken == "Amara: House of worries. 1 stroke of the pen");
  CHECK(desk.sheet(desk.page).strokes.empty());
}

TEST_CASE("drawing: by keys a pen is moved, put down and lifted, and says where it is", "[state]") {
  Drawing desk;
  desk.act(OpenSheet{desk.house});
  CHECK(desk.sheet(desk.house).pen.spoken == "Pen lifted: 50 across and 50 down, of 100");
  desk.act(MovePen{desk.house, -0.25, 0});
  CHECK(desk.sheet(desk.house).pen.spoken == "Pen lifted: 25 across and 50 down, of 100");
  desk.act(TurnPen{desk.house});
  CHECK(desk.sheet(desk.house).pen.spoken == "Pen down: 25 across and 50 down, of 100");
  desk.act(MovePen{desk.house, 0, -0.75});  // no further than the edge
  desk.act(MovePen{desk.house, 0.5, 0});
  CHECK(desk.sheet(desk.house).pen.way == std::vector<model::Point>{{0.25, 0.5}, {0.25, 0}, {0.75, 0}});
  CHECK(desk.strokes().empty());
  desk.effects.clear();
  desk.act(TurnPen{desk.house});
  CHECK(desk.sheet(desk.house).pen.spoken == "Pen lifted: 75 across and 0 down, of 100");
  REQUIRE(desk.strokes().size() == 1);
  CHECK(desk.strokes()[0].points == std::vector<model::Point>{{0.25, 0.5}, {0.25, 0}, {0.75, 0}});
  CHECK(desk.all<SaveDraft>().size() == 1);
  desk.act(TurnPen{desk.house});
  desk.act(TurnPen{desk.house});
  CHECK(desk.strokes().size() == 2);  // a dot
}

TEST_CASE("drawing: a pen that is down by keys is lifted by whatever else is done, and loses nothing", "[state]") {
  Drawing desk;
  desk.act(OpenSheet{desk.house});
  const auto begin = [&] {
    desk.act(TurnPen{desk.house});
    desk.act(MovePen{desk.house, 0.1, 0});
    desk.act(Touched{});
  };
  SECTION("another colour") {
    begin();
    desk.act(ChooseInk{"#c02318"});
    REQUIRE(desk.strokes().size() == 1);
    CHECK(desk.strokes()[0].colour == "#1a1a1a");
  }
  SECTION("another sheet, whose pen is in its middle") {
    begin();
    desk.act(MovePen{desk.page, 0, 0.25});
    REQUIRE(desk.strokes().size() == 1);
    CHECK(desk.strokes()[0].page == "house_worries");
    CHECK(desk.sheet(desk.house).pen.way.empty());
    desk.act(OpenSheet{desk.page});
    CHECK(desk.sheet(desk.page).pen.at == model::Point{0.5, 0.75});
  }
  SECTION("undo: what it drew is taken away, and can be had back") {
    begin();
    desk.act(UndoStroke{desk.house});
    CHECK(desk.strokes().empty());
    desk.act(BringBack{desk.house});
    CHECK(desk.strokes().size() == 1);
  }
  SECTION("a lock") {
    begin();
    desk.effects.clear();
    desk.act(PressLock{});
    const auto saved = desk.all<SaveDraft>();
    REQUIRE(!saved.empty());
    CHECK(saved.back()->visit.children.front().strokes.size() == 1);
  }
}

TEST_CASE("drawing: what is taken away stroke by stroke or at once can be had back", "[state]") {
  Drawing desk;
  desk.act(OpenSheet{desk.house});
  CHECK(desk.sheet(desk.house).undo.disabled);
  CHECK(desk.sheet(desk.house).back.disabled);
  for (const double x : {0.1, 0.2, 0.3}) desk.draw(desk.house, x);
  desk.draw(desk.page);
  const auto all = desk.strokes();
  desk.act(UndoStroke{desk.house});
  CHECK(desk.strokes().size() == 3);
  CHECK(desk.strokes().back().page == "drawing");
  desk.act(ClearSheet{desk.house});
  REQUIRE(desk.strokes().size() == 1);
  CHECK(desk.strokes()[0].page == "drawing");
  CHECK_FALSE(desk.sheet(desk.house).back.disabled);
  desk.act(BringBack{desk.page});  // nothing was taken from that one
  CHECK(desk.strokes().size() == 1);
  desk.act(BringBack{desk.house});
  CHECK(desk.strokes().size() == 3);
  desk.act(BringBack{desk.house});
  CHECK(desk.strokes().size() == 4);
  CHECK(desk.sheet(desk.house).back.disabled);
  CHECK(std::is_permutation(desk.strokes().begin(), desk.strokes().end(), all.begin()));
}

TEST_CASE("drawing: a sheet that is full says so, keeps what is on it and takes no more", "[state]") {
  Drawing desk;
  desk.act(OpenSheet{desk.page});
  std::size_t before = 0;
  for (int i = 0; i < 100 && desk.sheet(desk.page).full.empty(); ++i) {
    before = desk.strokes().size();
    desk.scribble(200);
  }
  CHECK(desk.sheet(desk.page).full == "There is no room for more on this sheet. What is drawn on it is kept.");
  CHECK(desk.strokes().size() == before);
  const auto with = wire::encode(desk.state.visit->visit).size();
  auto bare = desk.state.visit->visit;
  bare.children[0].strokes.clear();
  CHECK(with - wire::encode(bare).size() <= limits::kSheetBytes);
  CHECK(with - wire::encode(bare).size() > limits::kSheetBytes / 2);
  desk.act(UndoStroke{desk.page});
  CHECK(desk.sheet(desk.page).full.empty());
}

TEST_CASE("drawing: many dots on every sheet of every child leave half of the draft to words", "[state]") {
  Drawing desk;
  auto& visit = desk.state.visit->visit;
  for (const char* name : {"second", "third", "fourth"}) {
    auto part = visit.children.front();
    part.id = Id::from_name(name);
    visit.children.push_back(part);
  }
  for (const auto& id : {visit.children[0].id, visit.children[1].id, visit.children[2].id, visit.children[3].id})
    for (const char* page : {"house_worries", "house_good", "house_dreams", "drawing"}) {
      const Place sheet{id, page, {}, {}};
      while (!desk.state.visit->full.count(sheet.key())) {
        desk.act(AddStroke{sheet, {{0.123, 0.456}}});
        desk.effects.clear();
      }
    }
  CHECK(wire::encode(visit).size() < limits::kRecordBytes / 2);
  CHECK(wire::encode(visit).size() > limits::kRecordBytes / 4);
}

TEST_CASE("drawing: strokes of two tablets are all there", "[state]") {
  Drawing desk;
  desk.draw(desk.house);
  const auto base = desk.state.visit->visit;
  auto mine = base, theirs = base;
  mine.children[0].strokes.push_back({Id::from_name("mine"), "house_worries", {{0, 0}, {1, 1}}, 6, "#1a1a1a"});
  theirs.children[0].strokes.push_back({Id::from_name("theirs"), "house_worries", {{1, 0}, {0, 1}}, 6, "#1a1a1a"});
  const auto json = [](const model::Visit& visit) { return boost::json::parse(wire::encode(visit)); };
  const auto result = merge::merge(json(base), json(mine), json(theirs), merge::record_options("me", "me"));
  CHECK(result.clean());
  const auto merged = wire::decode<model::Visit>(boost::json::serialize(result.document)).value();
  CHECK(merged.children[0].strokes.size() == 3);
  CHECK(merged.children[0].strokes[0] == base.children[0].strokes[0]);
}

TEST_CASE("drawing: who reads the record sees the sheet, also without a word beside it", "[state]") {
  Drawing desk;
  auto item = desk.record(desk.other, "drawn", "2026-11-20T10:00:00Z");
  auto& part = Desk::own_head(item).body.part;
  part.answers.erase("house_dreams");
  part.strokes = {{Id::from_name("s"), "house_dreams", {{0, 0}, {1, 1}}, 6, "#1a1a1a"}};
  for (const auto& block : read_blocks(desk.state, item.head().body))
    for (const auto& line : block.lines)
      if (line.name == "House of dreams") {
        REQUIRE(line.sheet.has_value());
        CHECK(line.sheet->strokes == part.strokes);
        CHECK(line.sheet->caption == "Amara: House of dreams");
        return;
      }
  FAIL("the drawing is not read back");
}
