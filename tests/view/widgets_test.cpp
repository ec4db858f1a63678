#include <imgui.h>

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <map>
#include <tuple>

#include "app/view/widgets/draw.h"
#include "app/view/widgets/icons.h"
#include "app/view/widgets/layout.h"
#include "app/view/widgets/text.h"
#include "tests/support/gallery.h"
#include "tests/support/headless.h"
#include "tests/support/tree.h"

using namespace doorstep;
using namespace doorstep::view;
using test::Gallery;
using test::Headless;

namespace {

struct Bench {
  explicit Bench(std::string only = "", int w = 1280, int h = 800, float scale = 1, Look look = Look::Light) : screen(support::fonts(), w, h, scale, look) {
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

namespace {

/// What lies on what, and how far apart the two must be: 4.5 for words, 3 for edges, marks and rings (WCAG 2.2, 1.4.3 and 1.4.11).
struct Pair {
  const char* what;
  Color on, back;
  double least;
};

std::vector<Pair> drawn_pairs(Look look) {
  const Tokens& c = tokens(look);
  std::vector<Pair> out;
  const auto put = [&](const char* what, Color on, std::initializer_list<Color> backs, double least) {
    for (const Color back : backs) out.push_back({what, on, back, least});
  };
  // Words
  put("ink", c.ink, {c.canvas, c.surface, c.tint, c.selection, c.ok.back, c.warn.back, c.info.back, c.danger.back}, 4.5);
  put("ink2", c.ink2, {c.canvas, c.surface, c.tint, c.ok.back, c.warn.back, c.info.back, c.danger.back}, 4.5);
  put("ink3: hints, and what cannot be pressed", c.ink3, {c.canvas, c.surface, c.tint, c.neutral.back}, 4.5);
  for (const Tone tone : {Tone::Neutral, Tone::Ok, Tone::Warn, Tone::Info, Tone::Danger})
    put("words of a tone", c.tone(tone).text, {c.tone(tone).back, c.canvas, c.surface}, 4.5);
  put("words of an error", c.error, {c.canvas, c.surface}, 4.5);
  put("links and quiet buttons", c.primary, {c.canvas, c.surface, c.tint, c.ok.back, c.warn.back, c.info.back, c.danger.back}, 4.5);
  put("primary button", c.on_primary, {c.primary}, 4.5);
  put("primary button below a pointer", c.on_primary_hover, {c.primary_hover}, 4.5);
  put("bar", c.on_header, {c.header, c.header_chip}, 4.5);
  put("bar, second", c.on_header2, {c.header}, 4.5);
  // Edges, marks, icons
  put("edge of a control", c.edge, {c.canvas, c.surface, c.tint, c.ok.back, c.warn.back, c.info.back, c.danger.back}, 3);
  put("edge or fill of what is chosen", c.primary, {c.canvas, c.surface, c.tint, c.ok.back, c.warn.back, c.info.back, c.danger.back}, 3);
  put("fill below a pointer", c.primary_hover, {c.canvas, c.surface}, 3);
  put("edge of what is wrong", c.error, {c.canvas, c.surface}, 3);
  put("edge of danger", c.danger.text, {c.canvas, c.surface, c.danger.back}, 3);
  put("check in a box", c.on_primary, {c.primary, c.edge}, 3);
  put("icons of the bar", c.on_header2, {c.header, c.header_chip}, 3);
  put("icon of an empty list", c.ink3, {c.canvas, c.surface}, 3);
  put("logo", look == Look::HighContrast ? c.primary : tokens(Look::Dark).primary, {c.header, tokens(Look::Dark).on_primary}, 3);
  put("caret", c.ink, {c.surface, c.selection}, 3);
  // The ring lies around the control, its inner ring within: together they show on anything.
  const Color inner = look == Look::Dark ? c.ink : c.focus_inner;
  for (const Color back : {c.canvas, c.surface, c.tint, c.header, c.warn.back, c.danger.back})
    out.push_back({"focus ring", contrast(c.focus, back) > contrast(inner, back) ? c.focus : inner, back, 3});
  // The one button of the curtain is a secondary one on the bar's colour: by its edge or by its ground.
  out.push_back({"button of the curtain", contrast(c.edge, c.header) > contrast(c.surface, c.header) ? c.edge : c.surface, c.header, 3});
  return out;
}

/// The contrasts the design states; a colour that is changed has to be measured and stated again.
struct Stated {
  const char* what;
  Color Tokens::*on;
  Color Tokens::*back;
  double light, dark, high;
};

}  // namespace

TEST_CASE("tokens: every pair that is drawn has its contrast, in every look", "[view]") {
  for (const Look look : {Look::Light, Look::Dark, Look::HighContrast})
    for (const Pair& pair : drawn_pairs(look)) {
      INFO("look " << static_cast<int>(look) << ": " << pair.what << std::hex << " " << pair.on << " on " << pair.back);
      CHECK(contrast(pair.on, pair.back) >= pair.least);
    }
}

TEST_CASE("tokens: contrasts are those the design states", "[view]") {
  const auto near = [](double a, double b) { return std::abs(a - b) < 0.06; };
  CHECK(near(contrast(0xFF000000, 0xFFFFFFFF), 21));
  CHECK(contrast(0xFF777777, 0xFFFFFFFF) < 4.5);  // the grey everybody knows: 4.48
  const std::array<Stated, 13> stated{{
      {"ink on surface", &Tokens::ink, &Tokens::surface, 17.9, 14.4, 21},
      {"ink2 on surface", &Tokens::ink2, &Tokens::surface, 8.1, 8.9, 21},
      {"ink3 on canvas", &Tokens::ink3, &Tokens::canvas, 5.3, 7.5, 21},
      {"edge on surface", &Tokens::edge, &Tokens::surface, 3.7, 4.7, 21},
      {"edge on canvas", &Tokens::edge, &Tokens::canvas, 3.4, 5.2, 21},
      {"on primary", &Tokens::on_primary, &Tokens::primary, 7.8, 9.2, 16.6},
      {"on primary below a pointer", &Tokens::on_primary_hover, &Tokens::primary_hover, 10.7, 11.1, 21},
      {"ink on tint", &Tokens::ink, &Tokens::tint, 15.3, 11.0, 12.6},
      {"ink on selection", &Tokens::ink, &Tokens::selection, 12.7, 7.2, 8.2},
      {"focus on its inner ring", &Tokens::focus, &Tokens::focus_inner, 12.4, 12.4, 8.2},
      {"error on surface", &Tokens::error, &Tokens::surface, 6.0, 7.5, 12.3},
      {"on header", &Tokens::on_header, &Tokens::header, 14.0, 19.2, 21},
      {"canvas and surface", &Tokens::canvas, &Tokens::surface, 1.1, 1.1, 1},
  }};
  const std::array<std::pair<Look, double Stated::*>, 3> looks{
      {{Look::Light, &Stated::light}, {Look::Dark, &Stated::dark}, {Look::HighContrast, &Stated::high}}};
  for (const auto& [look, of] : looks)
    for (const Stated& s : stated) {
      INFO(s.what << ", look " << static_cast<int>(look) << ": " << contrast(tokens(look).*s.on, tokens(look).*s.back));
      CHECK(near(contrast(tokens(look).*s.on, tokens(look).*s.back), s.*of));
    }
  const std::array<std::pair<Tone, std::array<double, 3>>, 4> tones{{{Tone::Ok, {6.4, 8.0, 16.8}}, {Tone::Warn, {7.4, 8.4, 16.6}},
                                                                     {Tone::Info, {7.2, 7.5, 15.6}}, {Tone::Danger, {6.5, 7.1, 12.3}}}};
  for (const auto& [tone, ratios] : tones)
    for (const auto& [look, of] : looks) {
      const ToneColors& c = tokens(look).tone(tone);
      INFO("tone " << static_cast<int>(tone) << ", look " << static_cast<int>(look) << ": " << contrast(c.text, c.back));
      CHECK(near(contrast(c.text, c.back), ratios[static_cast<std::size_t>(look)]));
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
  Headless screen(support::fonts(), 400, 300);
  screen.draw_with([](Ui& ui) {
    begin_root(ui, "x");
    press(ui, "small", {0, 0, 30, 30}, {.name = "Small"});
    press(ui, "nameless", {100, 100, 200, 200}, {});
    draw_text(ui, Type::Body, ui.c.ink, "over", {200, 10, 300, 30});
    draw_text(ui, Type::Body, ui.c.ink, "over", {210, 12, 300, 30});
    draw_text(ui, Type::Body, ui.c.ink, "outside", {380, 100, 500, 130});
    ui.semantics.parents.push_back(press(ui, "box", {20, 200, 120, 248}, {.name = "Box"}).id);
    draw_text(ui, Type::Body, ui.c.ink, "too long for its box", {20, 210, 120, 260}, Role::Hint);
    ui.semantics.parents.pop_back();
    end_root(ui);
  });
  screen.settle();
  const std::string all = joined(faults(screen.semantics(), 1));
  for (const char* word : {"too small", "no name", "text over text", "clipped", "hint out of its control"}) CHECK(all.find(word) != std::string::npos);
}

TEST_CASE("widgets: Tab goes through everything in reading order, and back", "[view]") {
  Bench bench;
  std::vector<std::string> expected;
  for (const Item& item : bench.screen.semantics().items())
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

TEST_CASE("widgets: the lists of an error summary fold, and a folded one has no lines to press", "[view]") {
  Bench bench("messages");
  CHECK(bench.screen.semantics().find_key("folded/2") != nullptr);
  CHECK(bench.screen.semantics().find_key("folded/fold0")->expanded);
  bench.screen.ui().focus("folded/fold1");
  bench.screen.settle();
  bench.screen.key(ImGuiKey_Enter);
  CHECK(bench.screen.semantics().find_key("folded/2") == nullptr);
  CHECK_FALSE(bench.screen.semantics().find_key("folded/fold0")->expanded);
  CHECK(bench.screen.semantics().find_key("folded/fold0")->value == "1 to do");
}

TEST_CASE("fields: typing, limits, Enter, leaving", "[view]") {
  Bench bench("fields");
  bench.screen.ui().focus("name");
  bench.screen.settle();
  bench.screen.type("Żółć, عائشہ");
  CHECK(bench.gallery.name.text() == "Żółć, عائشہ");
  CHECK(bench.screen.semantics().find_key("name")->value == "Żółć, عائشہ");
  bench.screen.paste(std::string(100, 'x'));
  CHECK(bench.gallery.name.too_long());
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

TEST_CASE("fields: the caret of a pass phrase is where its letters end, or its bullets", "[view]") {
  for (const bool show : {false, true}) {
    editor::EditorState phrase("iiii WWWW", {.single_line = true, .secret = true});
    Headless screen(support::fonts(), 800, 600);
    screen.draw_with([&](Ui& ui) {
      begin_root(ui, "root");
      begin_page(ui, "page", "page", {0, 0, ui.width(), ui.height()});
      password_field(ui, "phrase", {.label = "Passphrase"}, phrase, show);
      end_page(ui);
      end_root(ui);
    });
    screen.settle();
    screen.ui().focus("phrase");
    screen.settle();
    const float end = screen.ui().caret_rect.x0;
    screen.key(ImGuiKey_Home);
    const float begin = screen.ui().caret_rect.x0;
    const std::string_view drawn = show ? "iiii WWWW" : "•••••••••";
    CHECK(std::abs(end - begin - line_width(screen.ui(), Type::Body, drawn)) <= 1);
    screen.click_at(begin + line_width(screen.ui(), Type::Body, show ? "iiii" : "••••"), (screen.ui().caret_rect.y0 + screen.ui().caret_rect.y1) / 2);
    CHECK(phrase.caret().byte == 4);
  }
}

TEST_CASE("note editor: what is written from right to left is drawn so, and is selected where it is seen", "[view]") {
  Bench bench("top");
  Headless& screen = bench.screen;
  editor::EditorState& note = bench.gallery.note;
  note = editor::EditorState("Her name is عائشہ at home\nعائشہ خان");
  screen.ui().focus("saw");
  screen.settle(8);
  const Rect box = screen.semantics().find_key("saw")->rect;
  const auto caret_at = [&](editor::Pos at, editor::Side side) {
    note.move_to(at, false, side);
    screen.settle(2);
    return screen.ui().caret_rect;
  };
  const Rect left = caret_at({0, 22}, editor::Side::Before), right = caret_at({0, 12}, editor::Side::After);
  REQUIRE(right.x0 > left.x0 + 20);
  screen.drag(right.x0 - 2, right.y0 + 8, left.x0 + 2, left.y0 + 8, false);
  CHECK(note.selected() == "عائشہ");
  screen.settle(30);  // no second press of a double one
  screen.click_at(right.x0 - 2, right.y0 + 8);
  CHECK(note.caret() == editor::Pos{0, 12});
  CHECK(std::abs(screen.ui().caret_rect.x0 - right.x0) <= 1);
  screen.type("ز");  // goes before the name, and the name stays where it is read
  CHECK(note.doc().paragraph(0).starts_with("Her name is زعائشہ at"));
  CHECK(caret_at({1, 0}, editor::Side::Either).x0 > box.x0 + box.w() * 0.9f);  // a paragraph of it begins at the right
  CHECK(std::string_view(screen.semantics().find_key("saw")->value).ends_with("\nعائشہ خان"));
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
  CHECK_FALSE(bench.gallery.note.too_long());
  CHECK(joined(faults(bench.screen.semantics(), 1)) == "");
  bench.screen.paste(std::string(200 * 1024, 'x'));
  CHECK(bench.gallery.note.too_long());
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

TEST_CASE("note editor: what an input method composes is drawn at the caret, has the keys, and is put in as one", "[view]") {
  Bench bench("top");
  Headless& screen = bench.screen;
  editor::EditorState& note = bench.gallery.note;
  note = editor::EditorState("one\ntwo");
  screen.ui().focus("saw");
  screen.settle();
  const auto vertices = [] { return ImGui::GetDrawData()->TotalVtxCount; };
  const Rect caret = screen.ui().caret_rect;
  screen.ui().composing = "a";
  screen.settle();
  const int of_one = vertices();
  screen.ui().composing = "abc";
  screen.settle();
  CHECK(vertices() == of_one + 2 * 4);
  CHECK(screen.ui().caret_rect == caret);
  for (const ImGuiKey key : {ImGuiKey_LeftArrow, ImGuiKey_UpArrow, ImGuiKey_Backspace, ImGuiKey_Enter, ImGuiKey_Tab}) screen.key(key);
  screen.type("swallowed");
  CHECK(screen.focused() == "saw");
  CHECK(note.text() == "one\ntwo");
  CHECK(note.caret() == editor::Pos{1, 3});
  screen.ui().composing.clear();
  screen.ui().committed = true;
  screen.type("王秀英 ąż");
  screen.ui().committed = false;
  CHECK(note.text() == "one\ntwo王秀英 ąż");
  screen.key(ImGuiKey_Z, true);
  CHECK(note.text() == "one\ntwo");
}

TEST_CASE("note editor: rows that stand from the frame before are drawn as they would be anew", "[view]") {
  Bench bench("top");
  Headless& screen = bench.screen;
  editor::EditorState& note = bench.gallery.note;
  std::string long_note;
  for (int i = 0; i < 60; ++i) long_note += "She said a word “too many”, and Żółć drew it twice. ";
  note = editor::EditorState(long_note + "\n" + long_note);
  screen.ui().focus("saw");
  screen.settle();
  using Vertex = std::tuple<float, float, float, float, ImU32>;
  const auto drawn = [&] {
    screen.frame();
    std::vector<Vertex> out;
    for (const ImDrawList* list : ImGui::GetDrawData()->CmdLists)
      for (const ImDrawIdx index : list->IdxBuffer) {
        const ImDrawVert& v = list->VtxBuffer[static_cast<int>(index)];
        out.emplace_back(v.pos.x, v.pos.y, v.uv.x, v.uv.y, v.col);
      }
    return out;
  };
  const auto is_as_new = [&] {
    const auto kept = drawn();
    screen.ui().forget();
    return kept == drawn();
  };
  for (const ImGuiKey key : {ImGuiKey_Home, ImGuiKey_PageDown, ImGuiKey_Enter, ImGuiKey_Backspace, ImGuiKey_End}) {
    screen.key(key);
    CHECK(is_as_new());
    screen.type("an ");
    CHECK(is_as_new());
  }
  screen.key(ImGuiKey_A, true);
  CHECK(is_as_new());
  screen.wheel(600, 500, -2);
  CHECK(is_as_new());
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
  Headless screen(support::fonts(), 800, 600);
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

TEST_CASE("text: a paragraph from right to left ends at the right edge of its column, a title begins where titles do", "[view]") {
  const std::string said = "مجھے 3 بجے ڈر لگتا ہے";
  Headless screen(support::fonts(), 800, 600);
  screen.draw_with([&](Ui& ui) {
    begin_root(ui, "x");
    begin_page(ui, "p", "x", root_rest(ui));
    title(ui, said);
    body(ui, said);
    separator(ui);
    end_page(ui);
    end_root(ui);
  });
  screen.settle(6);
  const Item* body = screen.semantics().find(Role::Text, said);
  const Item* title = screen.semantics().find(Role::Heading, said);
  REQUIRE(body != nullptr);
  REQUIRE(title != nullptr);
  CHECK(body->rect.x1 > 760);
  CHECK(title->rect.x0 == body->rect.x0);
  CHECK(title->rect.x1 < 600);
}

TEST_CASE("text: rows are kept while they are drawn, for their text, width and fonts alone, and then forgotten", "[view]") {
  TextCache cache;
  const TextCache::Key key{1, 2, Type::Body, 100, 1};
  cache.keep(key, {{{0, 2, 20}}, 20});
  for (std::uint64_t frame = 0; frame < 3 * TextCache::kFrames; ++frame) {
    const auto* kept = cache.find(key);
    REQUIRE(kept);
    CHECK(kept->width == 20);
    cache.next_frame();
  }
  for (const auto& other : {TextCache::Key{2, 2, Type::Body, 100, 1}, TextCache::Key{1, 3, Type::Body, 100, 1},
                            TextCache::Key{1, 2, Type::Small, 100, 1}, TextCache::Key{1, 2, Type::Body, 101, 1},
                            TextCache::Key{1, 2, Type::Body, 100, 2}})
    CHECK_FALSE(cache.find(other));
  for (std::uint64_t frame = 0; frame < 2 * TextCache::kFrames; ++frame) cache.next_frame();
  CHECK_FALSE(cache.find(key));
}

TEST_CASE("text: laid out again or remembered, it measures the same", "[view]") {
  Headless screen(support::fonts(), 1280, 800);
  const std::vector<std::string> texts = {"",
                                          " ",
                                          "one",
                                          "two words ",
                                          "a long line of many words that has to be broken, and  \nanother after it\n",
                                          "زمان is time",
                                          "東京東京東京東京"};
  std::vector<float> first, second;
  std::vector<float>* into = &first;
  screen.draw_with([&](Ui& ui) {
    into->clear();
    for (const auto& text : texts)
      for (const float width : {-5.0f, 0.0f, 60.0f, 400.0f}) {
        const Size size = measure(ui, Type::Body, text, width);
        into->insert(into->end(), {size.w, size.h, line_width(ui, Type::Body, text),
                                   static_cast<float>(wrap_lines(ui, Type::Body, text, width).size())});
      }
  });
  screen.settle(3);  // the first frame asks for letters that are built for the second
  into = &second;
  screen.settle(1);
  CHECK(first == second);
  CHECK(measure(screen.ui(), Type::Body, "two words", 400).h == screen.ui().s(line_px(Type::Body)));
  CHECK(measure(screen.ui(), Type::Body, "two words", 60).h == 2 * screen.ui().s(line_px(Type::Body)));
}

TEST_CASE("draw: what cannot be seen costs no vertices", "[view]") {
  Headless screen(support::fonts(), 640, 480);
  int hidden = -1, shown = -1;
  screen.draw_with([&](Ui& ui) {
    begin_root(ui, "x");
    const auto vertices = [&](const Rect& at) {
      const int before = draw::list().VtxBuffer.Size;
      draw::fill(at, ui.c.ink, 4);
      draw::border(at, ui.c.ink, 4, 1);
      draw::hline(at.x0, at.x1, at.y0, ui.c.ink);
      draw_icon(ui, Icon::Clock, at.x0, at.y0, at.h(), ui.c.ink);
      draw_text(ui, Type::Body, ui.c.ink, "words", at);
      return draw::list().VtxBuffer.Size - before;
    };
    hidden = vertices({10, 500, 60, 524});
    shown = vertices({10, 470, 60, 494});  // partly
    end_root(ui);
  });
  screen.settle(1);
  CHECK(hidden == 0);
  CHECK(shown > 0);
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

TEST_CASE("asked from outside: a control does what a press would do, in sight or not, unless it is switched off", "[view]") {
  Bench bench;
  const auto ask = [&](std::string_view key, Ask what) {
    what.control = bench.screen.semantics().find_key(key)->id;
    bench.screen.ui().asked = std::move(what);
    bench.screen.frame();
    bench.screen.ui().asked.reset();
    bench.screen.settle();
  };
  CHECK(!bench.gallery.alone);
  REQUIRE(bench.screen.semantics().find_key("scale/7")->offscreen);
  ask("scale/7", {.what = Ask::What::Press, .text = {}});
  CHECK(bench.gallery.scale == 7);
  CHECK(bench.screen.focused() == "scale/7");
  CHECK_FALSE(bench.screen.semantics().find_key("scale/7")->offscreen);  // the page has scrolled to it
  ask("alone/part", {.what = Ask::What::Focus, .text = {}});
  CHECK(!bench.gallery.alone);
  CHECK(bench.screen.focused() == "alone/part");
}

TEST_CASE("asked from outside: a field's text is selected and replaced as if typed, and can be undone", "[view]") {
  Bench bench;
  const std::string before = bench.gallery.note.text();
  const auto ask = [&](Ask what) {
    what.control = bench.screen.semantics().find_key("saw")->id;
    bench.screen.ui().asked = std::move(what);
    bench.screen.frame();
    bench.screen.ui().asked.reset();
    bench.screen.settle();
  };
  ask({.what = Ask::What::Replace, .from = 2, .to = 9, .text = "called on"});
  CHECK(bench.gallery.note.text() == "I called on" + before.substr(9));
  CHECK(bench.screen.focused() == "saw");
  const Item* item = bench.screen.semantics().find_key("saw");
  CHECK(item->caret == 11);
  CHECK(item->anchor == 11);
  ask({.what = Ask::What::Select, .from = 2, .to = 8, .text = {}});
  CHECK(bench.gallery.note.selected() == "called");
  CHECK(bench.screen.semantics().find_key("saw")->anchor == 2);
  CHECK(bench.screen.semantics().find_key("saw")->caret == 8);
  bench.gallery.note.undo();
  CHECK(bench.gallery.note.text() == before);
}

TEST_CASE("widgets: what was found is bold in its row, in the letters that were written, over several lines too", "[view]") {
  Headless screen(support::fonts(), 400, 400);
  const std::string words = "… José led me to her drawings, and to the josé of clay that she had made for her mother …";
  std::vector<std::pair<std::size_t, std::size_t>> found;
  for (const std::string_view one : {"José", "josé of clay"}) found.emplace_back(words.find(one), words.find(one) + one.size());
  screen.draw_with([&](Ui& ui) {
    begin_root(ui, "Doorstep");
    begin_page(ui, "page", "Page", root_rest(ui));
    list_row(ui, "hit", {.title = "A visit", .subtitle = words, .leads = true, .found = found});
    end_page(ui);
    end_root(ui);
  });
  screen.settle();
  // Which letters of the face were drawn, in their order: each is its own place in the atlas.
  const auto drawn = [&](Type type) {
    std::map<std::pair<float, float>, std::string> letters;
    for (const auto& [letter, name] : {std::pair<unsigned, const char*>{0xE9, "é"}}) {
      const auto* glyph = screen.ui().fonts[type]->FindGlyphNoFallback(static_cast<ImWchar>(letter));
      REQUIRE(glyph);
      letters[{glyph->U0, glyph->V0}] = name;
    }
    for (unsigned letter = '!'; letter < 127; ++letter)
      if (const auto* glyph = screen.ui().fonts[type]->FindGlyphNoFallback(static_cast<ImWchar>(letter)))
        letters[{glyph->U0, glyph->V0}] = std::string(1, static_cast<char>(letter));
    std::string out;
    const ImDrawData* data = ImGui::GetDrawData();
    for (const ImDrawList* list : data->CmdLists)
      for (const ImDrawVert& vertex : list->VtxBuffer)
        if (const auto at = letters.find({vertex.uv.x, vertex.uv.y}); at != letters.end()) out += at->second;
    return out;
  };
  CHECK(drawn(Type::SmallBold) == "Joséjoséofclay");
  CHECK(drawn(Type::Small) == "ledmetoherdrawings,andtothethatshehadmadeforhermother");
  const Item* told = screen.semantics().find_key("hit");
  REQUIRE(told);
  CHECK(told->value == words);
}

TEST_CASE("widgets: pictures joined into one, or with a tone of skin, are drawn as the first of them", "[view]") {
  const auto letters_drawn = [](const std::string& words) {
    Headless screen(support::fonts(), 400, 400);
    screen.draw_with([&](Ui& ui) {
      begin_root(ui, "Doorstep");
      begin_page(ui, "page", "Page", root_rest(ui));
      body(ui, words);
      end_page(ui);
      end_root(ui);
    });
    screen.settle();
    const auto items = screen.semantics().items();
    CHECK(std::any_of(items.begin(), items.end(), [&](const Item& item) { return item.name == words; }));
    int vertices = 0;
    for (const ImDrawList* list : ImGui::GetDrawData()->CmdLists) vertices += list->VtxBuffer.Size;
    return vertices / 4;
  };
  const int plain = letters_drawn("ab");
  CHECK(letters_drawn("a👍b") == plain + 1);
  CHECK(letters_drawn("a👍🏽b") == plain + 1);
  CHECK(letters_drawn("a👨‍👩‍👧b") == plain + 1);
  CHECK(letters_drawn("a❤️‍🔥b") == plain + 1);
}
