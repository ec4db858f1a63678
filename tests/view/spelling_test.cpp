#include <imgui.h>
#include <imgui_internal.h>

#include <catch2/catch_test_macros.hpp>

#include "app/view/widgets/layout.h"
#include "app/view/widgets/note_editor.h"
#include "tests/support/headless.h"
#include "tests/support/tree.h"

using namespace doorstep;
using namespace doorstep::view;
using test::Headless;

namespace {

/// A note, a field after it, and what an app would do about what they say.
struct Page {
  explicit Page(std::string_view words, float scale = 1, int w = 1280, int h = 800)
      : note(words, {.spelling = true}), screen(support::fonts(), w, h, scale) {
    look_at();
    screen.draw_with([this](Ui& ui) { draw(ui); });
    screen.settle(6);
  }
  void look_at() {
    note.spell([this](std::string_view word) {
      return word.starts_with('x') && word != left ? editor::Verdict::Wrong : editor::Verdict::Right;
    });
  }
  void draw(Ui& ui) {
    begin_root(ui, "Doorstep");
    begin_page(ui, "page", "Page", root_rest(ui));
    const FieldResult r = note_editor(ui, "note", {.label = "Note"}, note,
                                      {.spelling = {.word = known, .name = "Spelling", .words = words, .spoken = spoken, .none = none}});
    changed += r.changed;
    if (!r.misspelt.empty()) {
      asked.push_back(r.misspelt);
      known = r.misspelt;
    }
    if (!r.leave.empty()) {
      left = r.leave;
      note.forget_spelling();
    }
    text_field(ui, "after", {.label = "After"}, after);
    end_page(ui);
    end_root(ui);
    if (note.spelling_due()) look_at();
  }
  bool has(std::string_view key) const { return screen.semantics().find_key(key) != nullptr; }
  void caret(std::size_t byte) {
    note.move_to({0, byte}, false);
    screen.settle();
  }

  editor::EditorState note, after;
  std::string known, left, none;
  std::vector<std::string> words{"ox", "oz"}, spoken{"Change to ox", "Change to oz"}, asked;
  int changed = 0;
  Headless screen;
};

}  // namespace

TEST_CASE("spelling: the bar is there while the caret is in a marked word, and asks for it once", "[view]") {
  Page page("an xoz here");
  page.caret(11);
  page.screen.click("note");
  CHECK_FALSE(page.has("note/spelling/leave"));
  page.caret(4);
  REQUIRE(page.has("note/spelling/0"));
  CHECK(page.asked == std::vector<std::string>{"xoz"});
  CHECK(page.screen.semantics().find_key("note/spelling/0")->name == "Change to ox");
  CHECK(page.screen.semantics().find(Role::Group, "Spelling") != nullptr);
  page.caret(0);
  CHECK_FALSE(page.has("note/spelling/0"));
  page.caret(5);
  page.screen.click("after");
  CHECK_FALSE(page.has("note/spelling/0"));
}

TEST_CASE("spelling: a suggestion that is pressed takes the word's place in one step, and typing goes on", "[view]") {
  for (const char* how : {"mouse", "finger", "keyboard"}) {
    INFO(how);
    Page page("an xoz here");
    page.screen.click("note");
    page.caret(4);
    if (how == std::string("mouse")) page.screen.click("note/spelling/1");
    if (how == std::string("finger")) page.screen.tap("note/spelling/1");
    if (how == std::string("keyboard")) {
      page.screen.key(ImGuiKey_Tab);
      CHECK(page.screen.focused() == "note/spelling/0");
      page.screen.key(ImGuiKey_Tab);
      CHECK(page.screen.focused() == "note/spelling/1");
      page.screen.key(ImGuiKey_Enter);
    }
    CHECK(page.note.text() == "an oz here");
    CHECK(page.changed == 1);
    CHECK_FALSE(page.has("note/spelling/1"));
    CHECK(page.screen.focused() == "note");
    page.screen.type("!");
    CHECK(page.note.text() == "an oz! here");
    page.screen.key(ImGuiKey_Z, true);
    page.screen.key(ImGuiKey_Z, true);
    CHECK(page.note.text() == "an xoz here");
  }
}

TEST_CASE("spelling: a word that is left is marked no more", "[view]") {
  Page page("an xoz and xoz");
  page.screen.click("note");
  page.caret(4);
  page.screen.click("note/spelling/leave");
  CHECK(page.left == "xoz");
  CHECK(page.note.spelling().marks(0).empty());
  CHECK(page.note.text() == "an xoz and xoz");
  CHECK_FALSE(page.has("note/spelling/leave"));
  CHECK(page.screen.focused() == "note");
}

TEST_CASE("spelling: Tab goes through the bar and on, and back", "[view]") {
  Page page("an xoz here");
  page.screen.click("note");
  page.caret(4);
  std::vector<std::string> order;
  for (int i = 0; i < 4; ++i) {
    page.screen.key(ImGuiKey_Tab);
    order.push_back(page.screen.focused());
  }
  CHECK(order == std::vector<std::string>{"note/spelling/0", "note/spelling/1", "note/spelling/leave", "after"});
  CHECK_FALSE(page.has("note/spelling/leave"));
  page.screen.key(ImGuiKey_Tab, false, true);
  CHECK(page.screen.focused() == "note");
  CHECK(page.has("note/spelling/leave"));
}

TEST_CASE("spelling: nothing is suggested, and it is said; before it is known only leaving is offered", "[view]") {
  Page page("an xoz here");
  page.words.clear();
  page.spoken.clear();
  page.none = "No suggestions";
  page.screen.click("note");
  page.caret(4);
  CHECK_FALSE(page.has("note/spelling/0"));
  CHECK(page.has("note/spelling/leave"));
  CHECK(page.screen.semantics().find("No suggestions") != nullptr);
}

TEST_CASE("spelling: the rows below the bar move down, and a press there finds them", "[view]") {
  Page page("an xoz here\nsecond\nthird");
  page.screen.click("note");
  page.caret(4);
  const Rect bar = page.screen.semantics().find_key("note/spelling/leave")->rect;
  const Rect box = page.screen.semantics().find_key("note")->rect;
  const float line = line_px(Type::Note), first = box.y0 + space::kMd;
  CHECK(bar.y0 >= first + line);
  CHECK(bar.y1 <= first + line + kControl + 3 * space::kHair);
  const float below = first + line + kControl + 2 * space::kHair;
  page.screen.click_at(box.x0 + 200, below + line / 2);
  CHECK(page.note.caret() == editor::Pos{1, 6});
  CHECK_FALSE(page.has("note/spelling/leave"));
  page.screen.click_at(box.x0 + 200, first + 2.5f * line);
  CHECK(page.note.caret() == editor::Pos{2, 5});
}

TEST_CASE("spelling: the bar keeps to the rules of every screen, also where it has no room", "[view]") {
  for (const auto& [scale, w] : {std::pair{1.0f, 1280}, std::pair{2.0f, 800}}) {
    Page page("an xoz here\nsecond", scale, w);
    page.words = {"exceedingly", "long", "suggestions", "indeed"};
    page.spoken = page.words;
    page.screen.click("note");
    page.caret(4);
    std::string faults;
    for (const auto& fault : view::faults(page.screen.semantics(), scale)) faults += fault + "\n";
    CHECK(faults == "");
  }
}

TEST_CASE("spelling: the bar of the last row comes into sight", "[view]") {
  std::string words;
  for (int i = 0; i < 60; ++i) words += "line\n";
  Page page(words + "an xoz here");
  page.screen.ui().focus("note");
  page.note.move_to({60, 4}, false);
  page.screen.settle(6);
  const Item* leave = page.screen.semantics().find_key("note/spelling/leave");
  REQUIRE(leave != nullptr);
  CHECK(leave->rect.y1 <= leave->clip.y1 + 1);
  CHECK(leave->rect.y0 >= leave->clip.y0 - 1);
}
