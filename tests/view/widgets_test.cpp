#include <imgui.h>

#include <catch2/catch_test_macros.hpp>

#include "tests/support/gallery.h"
#include "tests/support/headless.h"

using namespace doorstep;
using namespace doorstep::view;
using test::Gallery;
using test::Headless;

namespace {

struct Bench {
  explicit Bench(std::string only = "", int w = 1280, int h = 800, float scale = 1, Look look = Look::Light) : screen(DOORSTEP_FONTS_DIR, w, h, scale, look) {
    gallery.only = std::move(only);
    screen.draw_with([this](Ui& ui) { gallery.draw(ui); });
    screen.settle(6);
  }
  Gallery gallery;
  Headless screen;
};

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

}  // namespace

TEST_CASE("tokens: every pair that is drawn has its contrast", "[view]") {
  for (const Look look : {Look::Light, Look::Dark, Look::HighContrast}) {
    const Tokens& c = tokens(look);
    for (const Color back : {c.canvas, c.surface, c.tint, c.selection}) CHECK(contrast(c.ink, back) >= 7);
    for (const Color back : {c.canvas, c.surface, c.tint}) CHECK(contrast(c.ink2, back) >= 4.5);
    for (const Color back : {c.canvas, c.surface, c.neutral.back}) CHECK(contrast(c.ink3, back) >= 4.5);
    for (const Color back : {c.canvas, c.surface}) {
      CHECK(contrast(c.edge, back) >= 3);
      CHECK(contrast(c.error, back) >= 4.5);
      CHECK(contrast(c.primary, back) >= 4.5);
      CHECK(std::max(contrast(c.focus, back), contrast(look == Look::Dark ? c.ink : c.focus_inner, back)) >= 3);
    }
    CHECK(contrast(c.on_primary, c.primary) >= 4.5);
    CHECK(contrast(c.on_primary_hover, c.primary_hover) >= 4.5);
    CHECK(contrast(c.primary, c.tint) >= 4.5);
    for (const Tone tone : {Tone::Neutral, Tone::Ok, Tone::Warn, Tone::Info, Tone::Danger}) CHECK(contrast(c.tone(tone).text, c.tone(tone).back) >= 4.5);
    for (const Tone tone : {Tone::Ok, Tone::Warn, Tone::Info, Tone::Danger}) {
      CHECK(contrast(c.ink, c.tone(tone).back) >= 7);
      CHECK(contrast(c.ink2, c.tone(tone).back) >= 4.5);
      CHECK(contrast(c.primary, c.tone(tone).back) >= 4.5);
    }
    CHECK(contrast(c.on_header, c.header) >= 7);
    CHECK(contrast(c.on_header2, c.header) >= 4.5);
    CHECK(contrast(c.on_header, c.header_chip) >= 4.5);
  }
}

TEST_CASE("widgets: names, 44 px, nothing clipped or over another, at every size", "[view]") {
  for (const float scale : {1.0f, 1.25f, 1.5f, 2.0f}) {
    Bench bench("top", 1280, 800, scale);
    for (const auto& [w, h] : std::vector<std::pair<float, float>>{{1280, 800}, {800, 1280}, {1920, 1200}})
      for (const char* only : {"top", "fields", "messages"}) {
        ImGui::GetIO().DisplaySize = {w, h};
        bench.gallery.only = only;
        bench.screen.settle(5);
        INFO(only << " " << w << "x" << h << " at " << scale);
        CHECK(joined(faults(bench.screen.semantics(), scale)) == "");
      }
  }
}

TEST_CASE("widgets: the faults are found", "[view]") {
  Headless screen(DOORSTEP_FONTS_DIR, 400, 300);
  screen.draw_with([](Ui& ui) {
    begin_root(ui, "x");
    press(ui, "small", {0, 0, 30, 30}, {.name = "Small"});
    press(ui, "nameless", {100, 100, 200, 200}, {});
    draw_text(ui, Type::Body, ui.c.ink, "over", {200, 10, 300, 30});
    draw_text(ui, Type::Body, ui.c.ink, "over", {210, 12, 300, 30});
    draw_text(ui, Type::Body, ui.c.ink, "outside", {380, 100, 500, 130});
    end_root(ui);
  });
  screen.settle();
  const std::string all = joined(faults(screen.semantics(), 1));
  for (const char* word : {"too small", "no name", "text over text", "clipped"}) CHECK(all.find(word) != std::string::npos);
}

TEST_CASE("widgets: Tab goes through everything in reading order, and back", "[view]") {
  Bench bench;
  std::vector<std::string> expected;
  for (const Item& item : bench.screen.semantics().items)
    if (interactive(item.role) && !item.disabled) expected.push_back(item.key);
  REQUIRE(expected.size() > 50);
  bench.screen.ui().focus(expected.front());
  bench.screen.settle();
  std::vector<std::string> forward{bench.screen.focused()};
  for (std::size_t i = 1; i < expected.size(); ++i) {
    bench.screen.key(ImGuiKey_Tab);
    forward.push_back(bench.screen.focused());
  }
  CHECK(forward == expected);
  std::vector<std::string> back{bench.screen.focused()};
  for (std::size_t i = 1; i < expected.size(); ++i) {
    bench.screen.key(ImGuiKey_Tab, false, true);
    back.push_back(bench.screen.focused());
    const Item* item = bench.screen.semantics().find_key(back.back());
    if (!item || item->offscreen) FAIL("focus is out of sight at " << back.back());
  }
  std::reverse(back.begin(), back.end());
  CHECK(back == expected);
}

TEST_CASE("widgets: mouse, finger, Space and Enter press", "[view]") {
  Bench bench("top");
  bench.screen.click("alone/yes");
  CHECK(bench.gallery.alone == 0);
  bench.screen.tap("alone/no");
  CHECK(bench.gallery.alone == 1);
  CHECK(bench.screen.semantics().find_key("alone/no")->selected);
  bench.screen.ui().focus("alone");
  bench.screen.settle();
  CHECK(bench.screen.focused() == "alone/yes");
  bench.screen.key(ImGuiKey_Space);
  CHECK(bench.gallery.alone == 0);
  bench.screen.key(ImGuiKey_Tab);
  bench.screen.key(ImGuiKey_Enter);
  CHECK(bench.gallery.alone == 1);
  bench.screen.click("Check and submit");
  bench.screen.click("submit");
  CHECK(bench.gallery.pressed["submit"] == 2);
  bench.screen.click("row/3");
  CHECK(bench.gallery.row == 3);
  bench.screen.click("tabs/2");
  CHECK(bench.gallery.tab == 2);
}

TEST_CASE("widgets: what is disabled can neither be pressed nor reached", "[view]") {
  Bench bench("messages");
  bench.screen.ui().focus("quiet");
  bench.screen.settle();
  bench.screen.click("disabled");
  CHECK(bench.gallery.pressed["disabled"] == 0);
  bench.screen.ui().focus("quiet");
  bench.screen.settle();
  bench.screen.key(ImGuiKey_Tab);
  CHECK(bench.screen.focused() == "submit");
}

TEST_CASE("widgets: a finger that drags moves the page and presses nothing", "[view]") {
  Bench bench("messages");
  const auto top = [&] { return bench.screen.semantics().find(Role::Alert, "Two answers are missing")->rect.y0; };
  const float before = top();
  const Rect r = bench.screen.semantics().find_key("problems/0")->rect;
  bench.screen.drag(r.x0 + 20, r.y1 + 300, r.x0 + 20, r.y1 + 100, true);
  CHECK(top() <= before - 150);
  CHECK(bench.gallery.pressed["problems"] == 0);
  CHECK(bench.gallery.pressed["call"] == 0);
  bench.screen.wheel(r.x0 + 20, r.y1 + 100, 5);
  CHECK(top() > before - 150);
}

TEST_CASE("widgets: a line of the error summary leads to its question", "[view]") {
  Bench bench;
  bench.screen.ui().focus("problems/1");
  bench.screen.settle();
  bench.screen.key(ImGuiKey_Enter);
  CHECK(bench.screen.focused() == "name");
  bench.screen.type("Ayo");
  CHECK(bench.gallery.name.text() == "Ayo");
}

TEST_CASE("fields: typing, limits, Enter, leaving", "[view]") {
  Bench bench("fields");
  bench.screen.ui().focus("name");
  bench.screen.settle();
  bench.screen.type("Żółć, عائشہ");
  CHECK(bench.gallery.name.text() == "Żółć, عائشہ");
  CHECK(bench.screen.semantics().find_key("name")->value == "Żółć, عائشہ");
  bench.screen.paste(std::string(100, 'x'));
  CHECK(bench.gallery.too_long == 1);
  CHECK(bench.gallery.name.text() == "Żółć, عائشہ");
  bench.screen.key(ImGuiKey_Enter);
  CHECK(bench.gallery.entered == 1);
  bench.screen.key(ImGuiKey_Tab);
  CHECK(bench.gallery.left == 1);
  CHECK(bench.screen.focused() == "date/day");
  bench.screen.type("27");
  bench.screen.key(ImGuiKey_Tab);
  bench.screen.type("3");
  CHECK(bench.gallery.date.day.text() == "27");
  CHECK(bench.gallery.date.month.text() == "3");
}

TEST_CASE("fields: a pass phrase is in no record, on no clipboard and in no line for tests", "[view]") {
  Bench bench("fields");
  bench.screen.ui().focus("phrase");
  bench.screen.settle();
  bench.screen.type(" battery staple");
  CHECK(bench.gallery.phrase.text() == "correct horse battery staple");
  bench.screen.key(ImGuiKey_A, true);
  bench.screen.key(ImGuiKey_C, true);
  bench.screen.key(ImGuiKey_X, true);
  CHECK(bench.screen.clipboard() == "");
  CHECK(bench.gallery.phrase.text() == "correct horse battery staple");
  CHECK(bench.screen.semantics().find_key("phrase")->value == "");
  CHECK(to_json(bench.screen.semantics(), {}).find("horse") == std::string::npos);
}

TEST_CASE("note editor: keyboard", "[view]") {
  Bench bench("top");
  Headless& screen = bench.screen;
  editor::EditorState& note = bench.gallery.note;
  note = editor::EditorState("");
  screen.ui().focus("saw");
  screen.settle();
  screen.type("She said");
  screen.key(ImGuiKey_Enter);
  screen.type("“no”.");
  CHECK(note.text() == "She said\n“no”.");
  screen.key(ImGuiKey_UpArrow);
  screen.key(ImGuiKey_End);
  screen.key(ImGuiKey_LeftArrow, true, true);
  CHECK(note.selected() == "said");
  screen.key(ImGuiKey_X, true);
  CHECK(note.text() == "She \n“no”.");
  CHECK(screen.clipboard() == "said");
  screen.key(ImGuiKey_Z, true);
  CHECK(note.text() == "She said\n“no”.");
  screen.key(ImGuiKey_Y, true);
  CHECK(note.text() == "She \n“no”.");
  screen.key(ImGuiKey_V, true);
  CHECK(note.text() == "She said\n“no”.");
  screen.key(ImGuiKey_Home, true);
  screen.key(ImGuiKey_Delete, true);
  CHECK(note.text() == "said\n“no”.");
  screen.key(ImGuiKey_End, true);
  screen.key(ImGuiKey_Backspace);
  CHECK(note.text() == "said\n“no”");
  screen.click("saw/undo");
  CHECK(note.text() == "said\n“no”.");
  CHECK(screen.focused() == "saw");
  screen.key(ImGuiKey_Tab);
  CHECK(screen.focused() == "submit");
  screen.key(ImGuiKey_Tab, false, true);
  CHECK(screen.focused() == "saw");
}

TEST_CASE("note editor: 20,000 words and every script go in by paste and come back byte for byte", "[view]") {
  Bench bench("top");
  bench.gallery.note = editor::EditorState("");
  std::string text = "=2+2 <b>&\"\t\u200D 🏠😟👨‍👩‍👧 عائشہ خان Siân Llŷr e\u0301 Świętosława 王秀英 Ștefan Țîrlea\n";
  while (editor::Doc(text).words() < 20'000) text += "word after word, and a line\n";
  bench.screen.ui().focus("saw");
  bench.screen.settle();
  bench.screen.paste(text);
  CHECK(bench.gallery.note.text() == text);
  CHECK(bench.gallery.too_long == 0);
  CHECK(joined(faults(bench.screen.semantics(), 1)) == "");
  bench.screen.paste(std::string(200 * 1024, 'x'));
  CHECK(bench.gallery.too_long == 1);
  CHECK(bench.gallery.note.text() == text);
}

TEST_CASE("note editor: it grows with its text and the page follows the caret", "[view]") {
  Bench bench("top");
  bench.gallery.note = editor::EditorState("");
  bench.screen.ui().focus("saw");
  bench.screen.settle();
  const float before = bench.screen.semantics().find_key("saw")->rect.h();
  for (int i = 0; i < 40; ++i) bench.screen.key(ImGuiKey_Enter);
  bench.screen.type("here");
  CHECK(bench.screen.semantics().find_key("saw")->rect.h() > before + 900);
  const Rect caret = bench.screen.ui().caret_rect;
  CHECK(caret.y0 > 60);
  CHECK(caret.y1 < 800 - 80);
}

TEST_CASE("note editor: mouse and finger", "[view]") {
  Bench bench("top");
  editor::EditorState& note = bench.gallery.note;
  note = editor::EditorState("one two three\nfour\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\nend");
  bench.screen.settle();
  const Rect box = bench.screen.semantics().find_key("saw")->rect;
  bench.screen.click_at(box.x0 + 300, box.y0 + 30);
  CHECK(note.caret() == editor::Pos{0, 13});
  bench.screen.drag(box.x0 + 16, box.y0 + 30, box.x0 + 300, box.y0 + 30, false);
  CHECK(note.selected() == "one two three");
  bench.screen.drag(box.x0 + 100, box.y0 + 200, box.x0 + 100, box.y0 + 60, true);  // pans: neither caret nor selection move
  CHECK(note.selected() == "one two three");
  CHECK(bench.screen.semantics().find_key("saw")->rect.y0 < box.y0 - 100);
  const Rect moved = bench.screen.semantics().find_key("saw")->rect;
  bench.screen.drag(moved.x0 + 300, moved.y0 + 60, moved.x0 + 300, moved.y0 + 60, true);
  CHECK(note.caret() == editor::Pos{1, 4});
  CHECK(!note.has_selection());
}

TEST_CASE("note editor: the caret asks to be woken, then rests", "[view]") {
  Bench bench("top");
  Ui& ui = bench.screen.ui();
  ui.caret_blinks = true;
  ui.focus("saw");
  bench.screen.settle();
  bench.screen.type("x");
  REQUIRE(ui.wake_at.has_value());
  CHECK(*ui.wake_at - ui.ticks <= Millis(530));
  bench.screen.advance(Millis(5001));
  bench.screen.settle();
  CHECK(!ui.wake_at.has_value());
}

TEST_CASE("text: names in other scripts have letters, and stay as they were in the record", "[view]") {
  const std::string name = "عائشہ خان 14:05, 王秀英, Żółć, 😟";
  Headless screen(DOORSTEP_FONTS_DIR, 800, 600);
  screen.draw_with([&](Ui& ui) {
    begin_root(ui, "x");
    begin_page(ui, "p", "x", root_rest(ui));
    body(ui, name);
    end_page(ui);
    end_root(ui);
  });
  screen.settle(6);
  CHECK(screen.ui().unseen.empty());  // the joined forms too were built
  CHECK(screen.semantics().find(Role::Text, name) != nullptr);
  CHECK(joined(faults(screen.semantics(), 1)) == "");
}

TEST_CASE("semantics: JSON", "[view]") {
  Semantics semantics;
  Item button;
  button.id = 1;
  button.role = Role::Button;
  button.key = "k";
  button.name = "Say \"yes\"\n";
  button.selected = true;
  button.rect = {1, 2, 51, 52};
  semantics.add(button);
  Item words;
  words.parent = 1;
  words.name = "inside";
  semantics.add(words);
  CHECK(to_json(semantics, {.built = 7, .presented = 5, .heard = 3, .rests = true, .w = 1280, .h = 800}) ==
        "{\"frame\":7,\"presented\":5,\"heard\":3,\"rests\":true,\"window\":{\"w\":1280,\"h\":800},\"items\":[{\"role\":\"button\",\"key\":\"k\",\"name\":\"Say \\\"yes\\\"\\u000a\","
        "\"value\":\"\",\"state\":[\"selected\"],\"x\":1,\"y\":2,\"w\":50,\"h\":50}]}");
}
