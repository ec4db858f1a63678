#include "app/view/widgets/selection.h"

#include <imgui.h>
#include <imgui_internal.h>

#include <catch2/catch_test_macros.hpp>

#include "app/view/models.h"
#include "app/view/widgets/blocks.h"
#include "app/view/widgets/layout.h"
#include "app/view/widgets/note_editor.h"
#include "app/view/widgets/text.h"
#include "tests/support/headless.h"
#include "tests/support/tree.h"

using namespace doorstep;
using namespace doorstep::view;
using test::Headless;

namespace {

constexpr Millis kHold{450};

/// A note, and after it a pass phrase, a date and a button, on one page; the note in a block, as a record's are.
struct Page {
  explicit Page(std::string_view words, float scale = 1, int w = 1280, int h = 800) : note(words), screen(support::fonts(), w, h, scale) {
    screen.draw_with([this](Ui& ui) { draw(ui); });
    screen.settle(6);
  }
  void draw(Ui& ui) {
    begin_root(ui, "Doorstep");
    begin_page(ui, "page", "Page", root_rest(ui));
    ui.models = models;
    block(ui, "block", 0, [&] { return note.doc().hash(); }, [&] { changed += note_editor(ui, "note", {.label = "Note"}, note).changed; });
    password_field(ui, "phrase", {.label = "Pass phrase"}, phrase);
    date_fields(ui, "date", {.label = "Date"}, date, {"Day", "Month", "Year"});
    pressed += button(ui, "button", "A button");
    end_page(ui);
    end_root(ui);
  }
  Rect box(std::string_view key) const { return screen.semantics().find_key(key)->rect; }
  bool has(std::string_view key) const { return screen.semantics().find_key(key) != nullptr; }
  const Item* handle(const char* name) const { return screen.semantics().find(Role::Icon, name); }
  const Item* from() const { return handle("Beginning of what is selected"); }
  const Item* to() const { return handle("End of what is selected"); }

  /// In the middle of the letter that begins at `byte` of paragraph `row`, none of which is broken or has a bar above it.
  ImVec2 letter(std::size_t row, std::size_t byte) {
    const std::string& words = note.doc().paragraph(row);
    Ui& ui = screen.ui();
    const float x0 = line_width(ui, Type::Note, words.substr(0, byte)), x1 = line_width(ui, Type::Note, words.substr(0, byte + 1));
    const Rect at = box("note");
    const float pad = ui.s(space::kMd), line = ui.s(line_px(Type::Note));
    return {at.x0 + pad + (x0 + x1) / 2, at.y0 + pad + (static_cast<float>(row) + 0.5f) * line};
  }
  /// Where it begins.
  ImVec2 edge(std::size_t row, std::size_t byte) {
    const float before = line_width(screen.ui(), Type::Note, note.doc().paragraph(row).substr(0, byte));
    return {box("note").x0 + screen.ui().s(space::kMd) + before, letter(row, byte).y};
  }
  void hold(ImVec2 at) {
    screen.finger(at.x, at.y, true);
    screen.advance(kHold);
    screen.settle();
    screen.finger(at.x, at.y, false);
    screen.settle();
  }
  void hold(std::size_t row, std::size_t byte) { hold(letter(row, byte)); }
  void hold_middle(std::string_view key) { hold(middle(box(key))); }
  static ImVec2 middle(const Rect& r) { return {(r.x0 + r.x1) / 2, (r.y0 + r.y1) / 2}; }
  /// A finger takes hold of a handle at its middle, and moves it so that it stands at `edge`: the text is 28 px above the finger.
  void drag(const Item* handle, ImVec2 edge) {
    const ImVec2 at = middle(handle->rect);
    screen.drag(at.x, at.y, edge.x + (handle == from() ? -11.0f : 11.0f), edge.y + 28, true);
  }

  editor::EditorState note, phrase{"correct horse", {.single_line = true, .secret = true, .max_bytes = 512}};
  DateEdit date;
  int changed = 0, pressed = 0;
  std::shared_ptr<Models> models = std::make_shared<Models>(state::State());
  Headless screen;
};

std::string faults_of(const Page& page, float scale) {
  std::string out;
  for (const auto& fault : faults(page.screen.semantics(), scale)) out += fault + "\n";
  return out;
}

}  // namespace

TEST_CASE("selection: a finger that rests 450 ms selects the word, and neither sooner nor again", "[view]") {
  Page page("one two three");
  const ImVec2 at = page.letter(0, 5);
  page.screen.finger(at.x, at.y, true);
  REQUIRE(page.screen.ui().wake_at.has_value());
  CHECK(*page.screen.ui().wake_at == page.screen.ui().ticks + kHold);
  page.screen.advance(kHold - Millis(1));
  page.screen.settle();
  CHECK_FALSE(page.note.has_selection());
  page.screen.advance(Millis(1));
  page.screen.frame();
  CHECK(page.note.selected() == "two");
  CHECK(page.screen.ui().animating);  // its bar is drawn by the next frame, without anything else to cause one
  page.screen.settle();
  CHECK(page.screen.focused() == "note");
  page.screen.advance(kHold);
  page.screen.finger(at.x, at.y, false);
  page.screen.settle();
  CHECK(page.note.selected() == "two");
  CHECK(page.from() != nullptr);
  CHECK(page.to() != nullptr);
  CHECK(page.has("note/selection/cut"));
  page.screen.drag(at.x, at.y, at.x, at.y, true);  // a tap
  CHECK_FALSE(page.note.has_selection());
  CHECK(page.to() == nullptr);
  CHECK_FALSE(page.has("note/selection/cut"));
}

TEST_CASE("selection: the word is the one of the letter below the finger, to its very edge", "[view]") {
  Page page("one two.\n  x");
  for (const float off : {-3.0f, 0.0f, 3.0f}) {
    const ImVec2 last = page.letter(0, 6);  // the o of two
    page.hold({last.x + off, last.y});
    CHECK(page.note.selected() == "two");
    page.screen.key(ImGuiKey_LeftArrow);
  }
  page.hold(0, 3);  // a space
  CHECK_FALSE(page.note.has_selection());
  CHECK(page.has("note/selection/paste"));
}

TEST_CASE("selection: a finger that has moved and the mouse select nothing by resting", "[view]") {
  Page page("one two three" + std::string(60, '\n'));
  const ImVec2 at = page.letter(0, 5);
  page.screen.finger(at.x, at.y, true);
  ImGui::GetIO().AddMousePosEvent(at.x, at.y - 20);
  page.screen.settle();
  page.screen.advance(kHold);
  page.screen.settle();
  CHECK_FALSE(page.note.has_selection());
  page.screen.finger(at.x, at.y - 20, false);
  page.screen.settle();
  const ImVec2 again = page.letter(0, 5);
  page.screen.click_at(again.x, again.y);
  page.screen.drag(again.x, again.y, again.x + 100, again.y, false);
  page.screen.advance(kHold);
  page.screen.settle();
  CHECK(page.note.has_selection());
  CHECK(page.to() == nullptr);
  CHECK_FALSE(page.has("note/selection/cut"));
}

TEST_CASE("selection: each handle moves its own end, past the other too, and never leaves nothing", "[view]") {
  Page page("one two three four");
  page.hold(0, 5);
  page.drag(page.to(), page.edge(0, 12));
  CHECK(page.note.selected() == "two thre");
  page.drag(page.from(), page.edge(0, 0));
  CHECK(page.note.selection_begin() == editor::Pos{0, 0});
  CHECK(page.note.selection_end() == editor::Pos{0, 12});
  page.drag(page.from(), page.edge(0, 15));
  CHECK(page.note.selection_begin() == editor::Pos{0, 12});
  CHECK(page.note.has_selection());
  const std::string before = page.note.selected();
  page.drag(page.to(), page.edge(0, 12));
  CHECK(page.note.has_selection());
  CHECK(page.screen.focused() == "note");
  CHECK(page.changed == 0);
}

TEST_CASE("selection: a handle is found within 28 px, and its row is the one above the finger", "[view]") {
  Page page("one two three\nfour five six\nseven");
  page.hold(0, 5);
  const ImVec2 hook = Page::middle(page.to()->rect);
  const ImVec2 to = page.edge(1, 4);
  page.screen.drag(hook.x + 27, hook.y, to.x + 38, to.y + 28, true);
  CHECK(page.note.selected() == "two three\nfour");
  page.hold(0, 5);
  const ImVec2 past = Page::middle(page.to()->rect);
  page.screen.drag(past.x + 29, past.y, past.x + 29, past.y, true);  // a tap beside it
  CHECK_FALSE(page.note.has_selection());
}

TEST_CASE("selection: while a handle is dragged no row moves, and its bar is there again afterwards", "[view]") {
  Page page("one two three\nfour five six\nseven eight nine\nten");
  page.hold(0, 5);
  REQUIRE(page.has("note/selection/copy"));
  const Rect box = page.box("note");
  const ImVec2 hook = Page::middle(page.to()->rect);
  page.screen.finger(hook.x, hook.y, true);
  const ImVec2 end = page.edge(2, 12), to{end.x + 11, end.y};
  ImGui::GetIO().AddMousePosEvent(to.x, to.y + 28);
  page.screen.settle();
  CHECK_FALSE(page.has("note/selection/copy"));
  CHECK(page.note.selected() == "two three\nfour five six\nseven eight ");
  CHECK(page.box("note").y0 == box.y0);
  page.screen.finger(to.x, to.y + 28, false);
  page.screen.settle();
  REQUIRE(page.has("note/selection/copy"));
  CHECK(page.box("note/selection/copy").y0 > page.to()->rect.y1);
  CHECK(page.note.selected() == "two three\nfour five six\nseven eight ");
}

TEST_CASE("selection: a handle dragged to the edge of the page scrolls it for as long as the finger stays", "[view]") {
  std::string words;
  for (int i = 0; i < 60; ++i) words += "some words of a line\n";
  Page page(words);
  page.hold(2, 6);
  const ImVec2 hook = Page::middle(page.to()->rect);
  page.screen.finger(hook.x, hook.y, true);
  const float before = page.box("note").y0;
  page.screen.settle(20);
  CHECK(page.box("note").y0 == before);
  ImGui::GetIO().AddMousePosEvent(hook.x, 790);
  page.screen.settle(2);
  const std::size_t reached = page.note.selection_end().para;
  page.screen.settle(30);
  CHECK(page.screen.ui().animating);
  CHECK(page.box("note").y0 < before - 200);
  CHECK(page.note.selection_end().para > reached + 5);
  CHECK(page.note.selection_begin() == editor::Pos{2, 5});
  page.screen.finger(hook.x, 790, false);
  page.screen.settle();
  CHECK_FALSE(page.screen.ui().animating);
  const Item* copy = page.screen.semantics().find_key("note/selection/copy");
  REQUIRE(copy != nullptr);
  CHECK(copy->rect.y1 <= copy->clip.y1 + 1);  // it has come into sight
}

TEST_CASE("selection: cut, copy, paste and select all by finger, by keyboard and as asked from outside", "[view]") {
  for (const char* how : {"finger", "keyboard", "asked"}) {
    INFO(how);
    Page page("one two three");
    const auto press = [&](std::string_view key) {
      REQUIRE(page.has(key));
      if (how == std::string("finger")) page.screen.tap(key);
      if (how == std::string("asked")) {
        page.screen.ui().asked = Ask{.what = Ask::What::Press, .control = page.screen.semantics().find_key(key)->id, .text = {}};
        page.screen.frame();
        page.screen.ui().asked.reset();
        page.screen.settle();
      }
      if (how == std::string("keyboard")) {
        for (int i = 0; i < 6 && page.screen.focused() != key; ++i) page.screen.key(ImGuiKey_Tab);
        REQUIRE(page.screen.focused() == key);
        page.screen.key(ImGuiKey_Space);
      }
      CHECK(page.screen.focused() == "note");
    };
    page.hold(0, 5);
    press("note/selection/copy");
    CHECK(page.screen.clipboard() == "two");
    CHECK(page.note.selected() == "two");
    CHECK(page.changed == 0);
    press("note/selection/cut");
    CHECK(page.note.text() == "one  three");
    CHECK(page.changed == 1);
    CHECK_FALSE(page.has("note/selection/paste"));
    page.hold(0, 0);
    press("note/selection/all");
    CHECK(page.note.selected() == "one  three");
    CHECK(page.from() != nullptr);
    press("note/selection/paste");
    CHECK(page.note.text() == "two");
    CHECK(page.changed == 2);
    CHECK(page.from() == nullptr);
    page.screen.type("!");
    CHECK(page.note.text() == "two!");
    CHECK(page.note.undo());
    CHECK(page.note.undo());
    CHECK(page.note.text() == "one  three");
  }
}

TEST_CASE("selection: Tab goes through the bar and on, and back", "[view]") {
  Page page("one two three");
  page.hold(0, 5);
  std::vector<std::string> order;
  for (int i = 0; i < 5; ++i) {
    page.screen.key(ImGuiKey_Tab);
    order.push_back(page.screen.focused());
  }
  const std::string bar = "note/selection/";
  CHECK(order == std::vector<std::string>{bar + "cut", bar + "copy", bar + "paste", bar + "all", "phrase"});
  CHECK_FALSE(page.has("note/selection/cut"));
  CHECK(page.from() == nullptr);
}

TEST_CASE("selection: what is typed takes its place, and its handles go", "[view]") {
  Page page("one two three");
  page.hold(0, 5);
  page.screen.type("2");
  CHECK(page.note.text() == "one 2 three");
  CHECK(page.from() == nullptr);
  CHECK_FALSE(page.has("note/selection/cut"));
  page.hold(0, 0);
  page.screen.key(ImGuiKey_RightArrow, false, true);
  CHECK(page.from() == nullptr);
}

TEST_CASE("selection: where nothing is written a finger can still put something in", "[view]") {
  Page page("");
  page.screen.clipboard() = "from elsewhere";
  page.hold(page.letter(0, 0));
  CHECK(page.from() == nullptr);
  REQUIRE(page.has("note/selection/paste"));
  CHECK(page.screen.semantics().find_key("note/selection/cut")->disabled);
  CHECK(page.screen.semantics().find_key("note/selection/all")->disabled);
  page.screen.tap("note/selection/paste");
  CHECK(page.note.text() == "from elsewhere");
}

TEST_CASE("selection: a pass phrase can be put in, and neither cut nor copied", "[view]") {
  Page page("");
  page.screen.clipboard() = " battery";
  page.hold_middle("phrase");
  CHECK_FALSE(page.has("phrase/selection/cut"));
  CHECK_FALSE(page.has("phrase/selection/copy"));
  page.screen.tap("phrase/selection/all");
  CHECK(page.phrase.has_selection());
  CHECK(page.screen.clipboard() == " battery");
  page.screen.tap("phrase/selection/paste");
  CHECK(page.phrase.text() == " battery");
}

TEST_CASE("selection: another field's takes its place, and going elsewhere ends it", "[view]") {
  Page page("one two three");
  page.hold(0, 5);
  page.hold_middle("phrase");
  CHECK_FALSE(page.has("note/selection/paste"));
  CHECK(page.has("phrase/selection/paste"));
  page.screen.tap("button");
  CHECK(page.pressed == 1);
  CHECK_FALSE(page.has("phrase/selection/paste"));
  CHECK(page.from() == nullptr);
  page.hold(0, 5);
  const Rect before = page.box("button");
  page.screen.finger(Page::middle(before).x, Page::middle(before).y, true);
  page.screen.settle();
  CHECK(page.box("button") == before);  // it does not move away from below the finger
  page.screen.finger(Page::middle(before).x, Page::middle(before).y, false);
  page.screen.settle();
  CHECK(page.pressed == 2);
  CHECK_FALSE(page.has("note/selection/paste"));
  CHECK(page.from() == nullptr);
}

TEST_CASE("selection: part of a date is too narrow for a bar, and has handles", "[view]") {
  Page page("");
  page.date.day.insert("27", editor::EditorState::How::Typed, Millis(0));
  page.screen.settle();
  page.hold_middle("date/day");
  CHECK(page.date.day.selected() == "27");
  CHECK(page.to() != nullptr);
  CHECK_FALSE(page.has("date/day/selection/paste"));
  CHECK(faults_of(page, 1) == "");
  page.screen.type("9");
  CHECK(page.date.day.text() == "9");
}

TEST_CASE("selection: the bar keeps to the rules of every screen, also where it has no room", "[view]") {
  for (const auto& [scale, w] : {std::pair{1.0f, 1280}, std::pair{1.0f, 800}, std::pair{2.0f, 800}}) {
    INFO(scale << " " << w);
    Page page("one two three\nfour five six", scale, w);
    page.hold(0, 5);
    REQUIRE(page.has("note/selection/copy"));
    CHECK(faults_of(page, scale) == "");
    const Rect copy = page.box("note/selection/copy");
    CHECK(copy.y0 >= page.to()->rect.y1);
    CHECK(page.box("note").contains(copy));
  }
}
