#include <imgui.h>
#include <imgui_internal.h>

#include <catch2/catch_test_macros.hpp>
#include <map>

#include "app/view/screens.h"
#include "platform/base/limits.h"
#include "tests/support/cast.h"
#include "tests/support/contrast.h"
#include "tests/support/headless.h"
#include "tests/support/tree.h"

using namespace doorstep;
using namespace doorstep::view;
using test::Headless;

namespace {

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const auto& line : lines) out += line + "\n";
  return out;
}

/// A window, and the screen in it.
struct Window {
  Window(float scale, Look look) : head(support::fonts(), 1280, 800, scale, look) {
    head.draw_with([this](Ui& ui) {
      state::Intents intents;
      ui.picture = {};
      if (state.picture && state.picture->pixels) ui.picture = {nullptr, state.picture->pixels->width, state.picture->pixels->height};
      draw(ui, state, intents);
    });
  }
  void show(const test::Shown& shown, float w, float h) {
    ImGui::GetIO().DisplaySize = {w, h};
    state = shown.make();
    draw = shown.draw;
    ImGui::ClearActiveID();
    ImGui::GetIO().AddMousePosEvent(1, 1);  // the wheel is another window's for a while, unless the mouse moves
    head.ui().focus(shown.focus);
    head.settle(5);
  }

  state::State state;
  decltype(test::Shown::draw) draw = test::Shown().draw;
  Headless head;
};

struct Size2 {
  float w, h;
};

std::vector<std::string> pressable(const Semantics& semantics) {
  std::vector<std::string> out;
  for (const Item& item : semantics.items())
    if (interactive(item.role) && !item.disabled) out.push_back(std::to_string(item.id) + " " + item.key);
  return out;
}
std::string focused(const Semantics& semantics) {
  for (const Item& item : semantics.items())
    if (interactive(item.role) && item.focused) return std::to_string(item.id) + " " + item.key;
  return {};
}

/// All that a frame says and draws.
std::string all_of(Window& window) {
  std::string out = to_json(window.head.semantics(), {});
  for (const ImDrawList* list : ImGui::GetDrawData()->CmdLists) {
    out.append(reinterpret_cast<const char*>(list->VtxBuffer.Data), static_cast<std::size_t>(list->VtxBuffer.size_in_bytes()));
    out.append(reinterpret_cast<const char*>(list->IdxBuffer.Data), static_cast<std::size_t>(list->IdxBuffer.size_in_bytes()));
    for (const ImDrawCmd& cmd : list->CmdBuffer) out.append(reinterpret_cast<const char*>(&cmd.ClipRect), sizeof cmd.ClipRect);
  }
  return out;
}

/// Whether the frame is the same when nothing is remembered.
bool is_as_new(Window& window) {
  window.head.settle();
  const std::string remembered = all_of(window);
  window.head.ui().forget();
  window.head.frame();
  return all_of(window) == remembered;
}

/// It is not known yet what there is to press, or the tablet is good for nothing any more.
bool has_nothing_to_press(const test::Shown& shown) { return shown.name == "unlock-starting" || shown.name == "wiped"; }

}  // namespace

TEST_CASE("screens: each has something to press and says what it is", "[screens]") {
  Window window(1, Look::Light);
  for (const auto& shown : test::all_screens()) {
    INFO(shown.name);
    window.show(shown, 1280, 800);
    const auto items = window.head.semantics().items();
    CHECK(std::any_of(items.begin(), items.end(), [](const Item& i) { return interactive(i.role); }) != has_nothing_to_press(shown));
    CHECK(std::any_of(items.begin(), items.end(), [](const Item& i) { return i.role == Role::Heading; }));
    for (const Item& item : items) {
      // A word without its text shows its key: "children.title".
      const bool is_key = item.name.find(' ') == std::string::npos && item.name.find('.') != std::string::npos &&
                          item.name.find('.') + 1 < item.name.size() && std::islower(static_cast<unsigned char>(item.name[0]));
      CHECK_FALSE(is_key);
      if (is_key) UNSCOPED_INFO(item.name);
    }
  }
}

TEST_CASE("screens: names, 44 px, nothing clipped or over another, at every size and in every look", "[screens]") {
  const auto all = test::all_screens();
  for (const float scale : {1.0f, 2.0f})
    for (const Look look : {Look::Light, Look::Dark, Look::HighContrast}) {
      Window window(scale, look);
      for (const Size2 size : {Size2{1280, 800}, Size2{800, 1280}, Size2{800, 480}, Size2{480, 800}, Size2{2560, 1600}, Size2{1600, 2560}})
        for (const auto& shown : all) {
          if (size.w < 800 && scale > 1) continue;  // upright and so small, only at 100 %
          INFO(shown.name << " " << size.w << "x" << size.h << " at " << scale << ", look " << static_cast<int>(look));
          window.show(shown, size.w, size.h);
          CHECK(joined(faults(window.head.semantics(), scale)) == "");
        }
    }
}

TEST_CASE("screens: every word has its contrast to what is behind it, in every look", "[screens]") {
  constexpr float kWhole = 6000;  // no page is longer
  for (const Look look : {Look::Light, Look::Dark, Look::HighContrast}) {
    Window window(1, look);
    for (const auto& shown : test::all_screens()) {
      INFO(shown.name << ", look " << static_cast<int>(look));
      window.show(shown, 1280, kWhole);
      CHECK(joined(test::faint_words(tokens(look).canvas)) == "");
    }
  }
}

TEST_CASE("screens: a word that is too faint where it stands is found", "[screens]") {
  Headless head(support::fonts(), 400, 200);
  const Tokens& c = tokens(Look::Light);
  Color ink = c.ink, back = c.surface;
  head.draw_with([&](Ui&) {
    ImDrawList& list = *ImGui::GetBackgroundDrawList();
    list.AddRectFilled({0, 0}, {400, 200}, c.ink);
    list.AddRectFilled({10, 10}, {390, 100}, back, 6);
    list.AddText({30, 40}, ink, "Amara");
    list.AddRectFilled({10, 10}, {390, 30}, ink);  // later than the word, and not there
  });
  head.settle();
  CHECK(test::faint_words(c.canvas).empty());
  ink = 0xFF777777;
  head.settle();
  CHECK(test::faint_words(0xFF000000).size() == 1);  // 4.48 on white
  ink = c.ink, back = 0x20FFFFFF;                    // hardly there, on the ink below it
  head.settle();
  CHECK(test::faint_words(c.canvas).size() == 1);
}

TEST_CASE("screens: in Welsh too nothing is clipped or over another", "[screens]") {
  const auto all = test::all_screens();
  for (const float scale : {1.0f, 2.0f}) {
    Window window(scale, Look::Light);
    for (const Size2 size : {Size2{1280, 800}, Size2{800, 1280}, Size2{800, 480}})
      for (const auto& shown : all) {
        if (shown.name.ends_with("-welsh")) continue;
        INFO(shown.name << " " << size.w << "x" << size.h << " at " << scale);
        window.show(test::in_welsh(shown), size.w, size.h);
        CHECK(joined(faults(window.head.semantics(), scale)) == "");
      }
  }
}

TEST_CASE("screens: a page scrolls to its very end", "[screens]") {
  Window window(2, Look::Light);
  for (const Size2 size : {Size2{1280, 800}, Size2{800, 480}})
    for (const auto& shown : test::all_screens()) {
      INFO(shown.name << " " << size.w << "x" << size.h);
      window.show(shown, size.w, size.h);
      for (const float y : {0.5f, 0.7f, 0.9f})  // where a strip above the page is not in the way
        for (int i = 0; i < 3; ++i) window.head.wheel(size.w - 60, size.h * y, -200);
      CHECK(joined(faults(window.head.semantics(), 2)) == "");
      const auto items = window.head.semantics().items();
      const auto back = items | std::views::reverse;
      const auto last = std::ranges::find_if(back, [](const Item& i) { return interactive(i.role) || i.role >= Role::Text; });
      REQUIRE(last != back.end());
      INFO(role_word(last->role) << " '" << last->name << "' from " << last->rect.y0 << " to " << last->rect.y1 << ", to be seen from "
                                 << last->clip.y0 << " to " << last->clip.y1);
      CHECK(last->rect.y0 >= last->clip.y0 - 1);
      CHECK(last->rect.y1 <= last->clip.y1 + 1);
    }
}

TEST_CASE("screens: a visit's page begins at its top, however far down another was read", "[screens]") {
  Window window(1, Look::Light);
  const auto all = test::all_screens();
  const auto show = [&](std::string_view name) {
    for (const auto& shown : all)
      if (shown.name == name) window.show(shown, 1280, 800);
  };
  show("record-visit");
  for (int i = 0; i < 3; ++i) window.head.wheel(1220, 600, -200);
  show("record-conflict");
  const Item* settle = window.head.semantics().find_key("settle");
  REQUIRE(settle);
  CHECK_FALSE(settle->offscreen);
}

TEST_CASE("screens: Tab reaches everything in reading order, and keeps it in sight", "[screens]") {
  for (const auto& [scale, size] : {std::pair{1.0f, Size2{1280, 800}}, std::pair{2.0f, Size2{800, 1280}}}) {
    Window window(scale, Look::Light);
    for (const auto& shown : test::all_screens()) {
      INFO(shown.name << " at " << scale);
      window.show(shown, size.w, size.h);
      const auto expected = pressable(window.head.semantics());
      REQUIRE(expected.empty() == has_nothing_to_press(shown));
      if (expected.empty()) continue;
      const auto first = expected.front().substr(expected.front().find(' ') + 1);
      window.head.ui().focus(first);
      window.head.settle(3);
      std::vector<std::string> order{focused(window.head.semantics())};
      std::string out_of_sight;
      for (std::size_t i = 1; i < expected.size(); ++i) {
        ImGuiIO& io = ImGui::GetIO();
        io.AddKeyEvent(ImGuiKey_Tab, true);
        window.head.settle(1);
        io.AddKeyEvent(ImGuiKey_Tab, false);
        window.head.settle(2);
        order.push_back(focused(window.head.semantics()));
        for (const Item& item : window.head.semantics().items())
          if (item.focused && interactive(item.role) && item.offscreen) out_of_sight += item.key + "\n";
      }
      CHECK(order == expected);
      CHECK(out_of_sight == "");
    }
  }
}

TEST_CASE("screens: a Submit that cannot be shows what is missing from its heading on, wherever the page was", "[screens]") {
  for (const auto& [scale, size] : {std::pair{1.0f, Size2{1280, 800}}, std::pair{1.0f, Size2{800, 480}}, std::pair{2.0f, Size2{800, 1280}}}) {
    Window window(scale, Look::Light);
    for (const auto& shown : test::all_screens()) {
      if (shown.name != "check-problems") continue;
      INFO(size.w << "x" << size.h << " at " << scale);
      window.show(shown, size.w, size.h);
      const auto heading = [&] {
        const auto vm = state::check_vm(window.state);
        for (const Item& item : window.head.semantics().items())
          if (item.role == Role::Alert && item.name == vm.problems_heading) return item;
        return Item();
      };
      window.head.ui().focus("change/0");  // further down
      window.head.settle(4);
      REQUIRE(heading().rect.y0 < heading().clip.y0);
      state::update(window.state, state::Intent(state::PressSubmit{}), {window.state.now, window.state.mono, [] { return base::Id(); }});
      window.head.ui().focus(window.state.focus);
      window.head.settle(4);
      CHECK(heading().rect.y0 >= heading().clip.y0);
      CHECK(heading().rect.y1 <= heading().clip.y1);
      CHECK(focused(window.head.semantics()).ends_with("problems/fold0"));
    }
  }
}

TEST_CASE("screens: what of a page kept the visit from being submitted stands at its top, and each line leads to its field", "[screens]") {
  Window window(1, Look::Light);
  for (const auto& shown : test::all_screens()) {
    if (shown.name != "record-errors") continue;
    window.show(shown, 1280, 800);
    const auto happen = [&](const state::Intent& intent) {
      state::update(window.state, intent, {window.state.now, window.state.mono, [] { return base::Id(); }});
    };
    window.head.draw_with([&](Ui& ui) {
      state::Intents intents;
      window.draw(ui, window.state, intents);
      for (const auto& intent : intents) happen(intent);
    });
    window.head.settle(4);
    const auto refused = [&] { return state::record_vm(window.state).refused; };
    CHECK(refused().heading == "Not submitted: 8 things to do on this page");
    for (const bool all : {true, false, true}) {  // the page is seen to begin below the first three
      CHECK(refused().more.label == (all ? "Show all 8" : "Show fewer"));
      window.head.click("problems/more");
      window.head.settle(4);
      REQUIRE(refused().problems.size() == (all ? 8 : 3));
    }
    for (const bool by_key : {false, true}) {
      const std::string line = by_key ? "problems/1" : "problems/5";
      INFO(line);
      window.head.ui().focus(line);
      window.head.settle(4);
      REQUIRE(focused(window.head.semantics()).ends_with(line));
      if (by_key) window.head.key(ImGuiKey_Enter);
      else window.head.click(line);
      window.head.ui().focus(window.state.focus);
      window.head.settle(4);
      const auto items = window.head.semantics().items();
      const auto at = std::find_if(items.begin(), items.end(), [](const Item& item) { return interactive(item.role) && item.focused; });
      REQUIRE(at != items.end());
      CHECK(at->key.starts_with(window.state.focus.substr(0, window.state.focus.rfind('/'))));
      CHECK_FALSE(at->offscreen);
      CHECK_FALSE(at->key.starts_with("problems/"));
    }
  }
}

TEST_CASE("screens: what keeps a visit from being started, or a decision from being made, leads to its field", "[screens]") {
  Window window(1, Look::Light);
  std::size_t lines = 0;
  for (const auto& shown : test::all_screens()) {
    if (shown.name != "start-elsewhere" && shown.name != "review-steps") continue;
    window.show(shown, 1280, 800);
    const auto problems = shown.name == "start-elsewhere" ? state::start_visit_vm(window.state).problems : state::review_vm(window.state).problems;
    for (const auto& problem : problems) {
      INFO(shown.name << ": " << problem.label);
      REQUIRE(problem.intent);
      ImGui::ClearActiveID();  // as a press does
      state::update(window.state, *problem.intent, {window.state.now, window.state.mono, [] { return base::Id(); }});
      window.head.ui().focus(window.state.focus);
      window.head.settle(4);
      const auto items = window.head.semantics().items();
      const auto focused = std::find_if(items.begin(), items.end(), [](const Item& item) { return interactive(item.role) && item.focused; });
      REQUIRE(focused != items.end());
      CHECK(focused->key.starts_with(window.state.focus));
      CHECK_FALSE(focused->offscreen);
      ++lines;
    }
  }
  CHECK(lines >= 4);
}

TEST_CASE("screens: a problem that is pressed brings its question to the keyboard", "[screens]") {
  Window window(1, Look::Light);
  for (const auto& shown : test::all_screens()) {
    if (shown.name != "check-problems") continue;
    window.show(shown, 1280, 800);
    const auto count = state::check_vm(window.state).problems.size();
    REQUIRE(count > 10);
    for (std::size_t i = 0; i < count; ++i) {
      window.state = shown.make();
      window.head.settle(2);
      const auto before = window.state.focus_number;
      state::update(window.state, state::Intent(state::GoToProblem{i}),
                    {window.state.now, window.state.mono, [] { return base::Id(); }});
      INFO("problem " << i << ": " << window.state.focus);
      REQUIRE(window.state.focus_number == before + 1);
      window.head.ui().focus(window.state.focus);
      window.head.settle(4);
      const auto items = window.head.semantics().items();
      const auto focused = std::find_if(items.begin(), items.end(), [](const Item& item) { return interactive(item.role) && item.focused; });
      REQUIRE(focused != items.end());
      CHECK(focused->key.starts_with(window.state.focus.substr(0, window.state.focus.rfind('/'))));
      CHECK_FALSE(focused->offscreen);
    }
  }
}

TEST_CASE("screens: what a decision misses is brought into sight, and said there", "[screens]") {
  for (const float scale : {1.0f, 2.0f}) {
    Window window(scale, Look::Light);
    for (const auto& shown : test::all_screens()) {
      if (shown.name != "review-steps") continue;
      INFO("at " << scale);
      window.show(shown, 1280, 800);
      REQUIRE(window.state.focus == state::directed_key(window.state.reviewing->directed[0], "due"));
      window.head.ui().focus(window.state.focus);
      window.head.settle(4);
      const auto items = window.head.semantics().items();
      const auto focused =
          std::find_if(items.begin(), items.end(), [](const Item& item) { return interactive(item.role) && item.focused; });
      REQUIRE(focused != items.end());
      CHECK(focused->key.starts_with(window.state.focus));
      CHECK_FALSE(focused->offscreen);
      const auto said = std::find_if(items.begin(), items.end(), [](const Item& item) {
        return item.role == Role::Alert && item.name == "Say by when “Ask the school nurse about her weight” will be done.";
      });
      REQUIRE(said != items.end());
      CHECK_FALSE(said->offscreen);
    }
  }
}

TEST_CASE("screens: while a visit is open no other family is drawn", "[screens]") {
  Window window(1, Look::Light);
  for (const auto& shown : test::all_screens()) {
    if (!shown.name.starts_with("record") && !shown.name.starts_with("check") && !shown.name.starts_with("leaving") && shown.name != "curtain" && shown.name != "conflicts") continue;
    window.show(shown, 1280, 800);
    INFO(shown.name);
    const auto& visit = window.state.visit->visit;
    for (const auto& family : window.state.caseload->families) {
      if (family.id == visit.family) continue;
      for (const Item& item : window.head.semantics().items())
        CHECK((item.name + std::string(item.value)).find(family.address) == std::string::npos);
    }
  }
}

TEST_CASE("screens: behind the curtain every screen is the same to the last pixel", "[screens][H59]") {
  Window window(1, Look::Light);
  const auto all = test::all_screens();
  for (const auto& shown : all) window.show(shown, 1280, 800);  // letters move in their texture when more of them are needed
  std::map<std::pair<state::Language, bool>, std::string> first;  // the curtain's own words are in the worker's language
  int covered = 0;
  for (const auto& shown : all) {
    window.show(shown, 1280, 800);
    if (window.state.stage != state::Stage::Unlocked) continue;
    INFO(shown.name);
    window.state.covered = true;
    window.head.settle(5);
    const std::string now = all_of(window);
    const std::pair kind{window.state.settings.language, window.state.config.demonstration};
    CHECK((first.try_emplace(kind, now).first->second == now));
    ++covered;
    for (const Item& item : window.head.semantics().items())
      for (const auto& child : window.state.caseload->children) CHECK((item.name + std::string(item.value)).find(child.name) == std::string::npos);
  }
  CHECK(covered > 20);
  CHECK(first.size() == 3);
}

TEST_CASE("screens: a call to be made stays in sight while the visit is written, and leaves the window to writing", "[screens]") {
  for (const auto& [scale, size] : {std::pair{1.0f, Size2{1280, 800}}, std::pair{2.0f, Size2{1280, 800}}, std::pair{2.0f, Size2{800, 1280}}}) {
    Window window(scale, Look::Light);
    for (const auto& shown : test::all_screens()) {
      if (shown.name != "record-disclosure" && shown.name != "record-call-turned") continue;
      INFO(shown.name << " " << size.w << "x" << size.h << " at " << scale);
      window.show(shown, size.w, size.h);
      const auto line = [&] { return *window.head.semantics().find_key("call-line"); };
      const Rect before = line().rect;
      for (int i = 0; i < 3; ++i) window.head.wheel(size.w - 60, size.h * 0.7f, -200);
      CHECK(line().rect == before);
      CHECK_FALSE(line().offscreen);
      CHECK(before.y1 <= size.h * 0.35f);
      // Others look on: until it is pressed it says nothing but that there is a call.
      const bool opened = shown.name == "record-call-turned";
      CHECK(line().expanded == opened);
      CHECK((std::string_view(line().value).find("0121 000 0002") != std::string::npos) == opened);
      CHECK((line().name.find("manager") != std::string::npos) == opened);
      CHECK((window.head.semantics().find_key("call/called") != nullptr) == line().expanded);
    }
  }
}

TEST_CASE("screens: where no list stands beside it, each page of a child and a search say that there is a call, and lead to it",
          "[screens]") {
  state::Intents asked;  // what draws outlives each turn of the loop
  Window window(2, Look::Light);
  for (const auto& shown : test::all_screens()) {
    if (shown.name != "child" && shown.name != "chronology" && shown.name != "own-words" && shown.name != "going-out" &&
        shown.name != "children-search")
      continue;
    INFO(shown.name);
    window.show(shown, 1280, 800);
    window.head.draw_with([&](Ui& ui) { draw_app(ui, window.state, window.state.editors, asked); });
    window.head.settle();
    const Item* line = window.head.semantics().find_key("call-strip");
    REQUIRE(line);
    CHECK_FALSE(line->offscreen);
    CHECK(line->name.starts_with("Call your manager"));
    asked.clear();
    window.head.click("call-strip");
    CHECK(std::any_of(asked.begin(), asked.end(), [](const auto& intent) {
      const auto* open = std::get_if<state::Open>(&intent);
      return open && open->screen == state::ScreenKind::MyChildren;
    }));
    CHECK(std::any_of(asked.begin(), asked.end(), [](const auto& intent) { return std::holds_alternative<state::ClearSearch>(intent); }));
  }
}

TEST_CASE("screens: in a low window the bar makes room while a finger writes, and comes back", "[screens]") {
  for (const auto& [scale, size] : {std::pair{1.0f, Size2{1280, 420}}, std::pair{2.0f, Size2{1280, 800}}, std::pair{1.0f, Size2{800, 480}}}) {
    Window window(scale, Look::Light);
    for (const auto& shown : test::all_screens()) {
      if (shown.name != "record-visit") continue;
      INFO(size.w << "x" << size.h << " at " << scale);
      window.show(shown, size.w, size.h);
      const auto has_bar = [&] { return window.head.semantics().find_key("bar/person") != nullptr; };
      const auto note = [&] { return *window.head.semantics().find_key("visit/purpose"); };
      window.head.ui().focus("visit/purpose");
      window.head.settle(5);
      CHECK(has_bar());  // somebody who writes with keys has them all before the window
      window.head.tap("visit/purpose");
      window.head.settle(5);
      CHECK_FALSE(has_bar());
      CHECK(note().focused);
      CHECK(joined(faults(window.head.semantics(), scale)) == "");
      const float line = scale * line_px(Type::Note);
      CHECK(std::min(note().rect.y1, size.h) - std::max(note().rect.y0, 0.0f) >= 2 * line);
      ImGui::ClearActiveID();
      window.head.settle(5);
      CHECK(has_bar());
    }
  }
}

TEST_CASE("screens: that nothing was saved stays in sight while the visit is written", "[screens]") {
  for (const float scale : {1.0f, 2.0f}) {
    Window window(scale, Look::Light);
    for (const auto& shown : test::all_screens()) {
      if (shown.name != "record-not-saved") continue;
      INFO("at " << scale);
      window.show(shown, 1280, 800);
      const std::string words = saved_vm(window.state).words;
      const auto in_sight = [&] {
        const auto items = window.head.semantics().items();
        return std::any_of(items.begin(), items.end(), [&](const Item& i) { return i.name == words && !i.offscreen; });
      };
      CHECK(in_sight());
      for (int i = 0; i < 3; ++i) window.head.wheel(1220, 600, -200);
      CHECK(in_sight());
    }
  }
}

TEST_CASE("screens: tiles of one row are of one height", "[screens]") {
  Window window(2, Look::Light);
  for (const auto& shown : test::all_screens()) {
    if (shown.name != "start" && shown.name != "match") continue;
    window.show(shown, 1280, 800);
    const Item* before = nullptr;
    int rows = 0;
    for (const Item& item : window.head.semantics().items()) {
      if (item.role != Role::Radio) continue;
      if (before != nullptr && before->rect.y0 == item.rect.y0) {
        CHECK(before->rect.y1 == item.rect.y1);
        ++rows;
      }
      before = &item;
    }
    CHECK(rows > 3);
  }
}

TEST_CASE("screens: each list of children is a tab that says how many it has, and is chosen by finger or keyboard", "[screens]") {
  for (const Size2 size : {Size2{1280, 800}, Size2{480, 800}}) {
    Window window(1, Look::Light);
    for (const auto& shown : test::all_screens()) {
      if (shown.name != "children") continue;
      INFO(size.w << "x" << size.h);
      window.show(shown, size.w, size.h);
      state::Intents asked;
      window.head.draw_with([&](Ui& ui) { draw_app(ui, window.state, window.state.editors, asked); });
      std::vector<std::string> keys;
      for (const Item& item : window.head.semantics().items())
        if (item.role == Role::Tab) keys.push_back(item.key);
      REQUIRE(keys.size() == 5);
      for (const bool by_key : {false, true})
        for (std::size_t i = keys.size(); i-- > 0;) {  // Today is chosen at first
          window.head.ui().focus(keys[i]);             // brings it into sight
          window.head.settle(6);
          asked.clear();
          if (by_key) window.head.key(ImGuiKey_Enter);
          else window.head.tap(keys[i]);
          for (const auto& intent : asked)
            state::update(window.state, intent, {window.state.now, window.state.mono, [] { return base::Id(); }});
          CHECK(window.state.tab == static_cast<state::ListTab>(i));
          window.head.settle(6);
          const auto vm = state::my_children_vm(window.state);
          std::size_t rows = 0;
          for (const Item& item : window.head.semantics().items()) {
            rows += item.role == Role::ListRow && (item.key.starts_with("child-") || item.key.starts_with("waiting_"));
            if (item.role == Role::Tab) CHECK(item.selected == (item.key == keys[i]));
            if (item.key == keys[i]) CHECK(item.name == vm.tabs[i]);
          }
          CHECK(rows == vm.rows.size() + vm.hits.size());
          if (i + 1 < keys.size()) CHECK(vm.tabs[i].ends_with("(" + std::to_string(rows) + ")"));
        }
    }
  }
}

TEST_CASE("screens: a demonstration says so at the top of every screen, and covers nothing with it", "[screens]") {
  const auto all = test::all_screens();
  for (const auto& [scale, size] : {std::pair{1.0f, Size2{1280, 800}}, std::pair{1.0f, Size2{480, 800}}, std::pair{2.0f, Size2{800, 1280}},
                                    std::pair{2.0f, Size2{800, 480}}}) {
    Window window(scale, Look::Light);
    for (const auto& shown : all)
      for (const bool covered : {false, true}) {
        INFO(shown.name << " " << size.w << "x" << size.h << " at " << scale << (covered ? ", covered" : ""));
        window.show({shown.name, [&] {
                       auto state = shown.make();
                       state.config.demonstration = true;
                       state.covered = covered;
                       return state;
                     }, shown.is_long, shown.focus}, size.w, size.h);
        const std::string words = window.state.text()("demonstration");
        const auto items = window.head.semantics().items();
        std::vector<Item> band;
        std::copy_if(items.begin(), items.end(), std::back_inserter(band), [&](const Item& item) { return item.name == words; });
        REQUIRE(band.size() == 1);
        CHECK(band[0].role == Role::Text);
        CHECK_FALSE(band[0].offscreen);
        CHECK(band[0].rect.y0 >= 0);
        for (const Item& item : items)
          if ((interactive(item.role) || item.role >= Role::Text) && !item.offscreen && item.name != words)
            CHECK(std::max(item.rect.y0, item.clip.y0) >= band[0].rect.y1);
        CHECK(joined(faults(window.head.semantics(), scale)) == "");
      }
  }
  Window window(1, Look::Light);
  for (const auto& shown : all) {
    if (shown.name == "children-demonstration") continue;
    window.show(shown, 1280, 800);
    const std::string words = window.state.text()("demonstration");
    for (const Item& item : window.head.semantics().items()) CHECK(item.name != words);
  }
}

TEST_CASE("screens: an answer that is pressed again is taken away", "[screens]") {
  Window window(1, Look::Light);
  for (const auto& shown : test::all_screens()) {
    if (shown.name != "record-child") continue;
    window.show(shown, 1280, 800);
    const auto items = window.head.semantics().items();
    const auto yes = std::find_if(items.begin(), items.end(), [](const Item& i) { return i.role == Role::Radio && i.key.ends_with("/seen/YES"); });
    REQUIRE(yes != items.end());
    const std::string seen = yes->key, seven = seen.substr(0, seen.size() - std::string_view("seen/YES").size()) + "scale_worker/7";
    state::Intents asked;
    window.head.draw_with([&](Ui& ui) { draw_app(ui, window.state, window.state.editors, asked); });
    const auto press = [&](const std::string& key) {
      window.head.ui().focus(key);  // brings it into sight
      window.head.settle(6);
      asked.clear();
      window.head.click(key);
      for (const auto& intent : asked) state::update(window.state, intent, {window.state.now, window.state.mono, [] { return base::Id(); }});
      return window.state.visit->visit.children[0];
    };
    CHECK(press(seen).seen == true);
    CHECK(press(seen).seen == std::nullopt);
    window.state.visit->visit.facts.outcome = model::Outcome::Completed;  // then the scales are asked
    window.state.revision = nullptr;
    window.head.settle();
    CHECK(press(seven).answers.contains("scale_worker"));
    CHECK_FALSE(press(seven).answers.contains("scale_worker"));
  }
}

TEST_CASE("screens: what just happened is told also where the list is not beside it", "[screens]") {
  Window window(1, Look::Light);
  for (const auto& shown : test::all_screens()) {
    if (shown.name != "approvals-decided") continue;
    for (const Size2 size : {Size2{1280, 800}, Size2{800, 1280}}) {
      window.show(shown, size.w, size.h);
      REQUIRE(window.state.notice.starts_with("Approved on this tablet: the record of "));
      const auto items = window.head.semantics().items();
      CHECK(std::count_if(items.begin(), items.end(), [&](const Item& i) { return i.role == Role::Text && i.name == window.state.notice; }) == 1);
      const auto rect_of = [&](Role role, std::string_view name) {
        return std::find_if(items.begin(), items.end(), [&](const Item& i) { return i.role == role && i.name == name; })->rect;
      };
      const Rect told = rect_of(Role::Text, window.state.notice), heading = rect_of(Role::Heading, window.state.text()("approvals.title"));
      CHECK((told.x0 >= heading.x0 && told.y1 <= heading.y0));  // in the page itself, above it
    }
  }
}

TEST_CASE("screens: that something did not fit is told beside its field until it is changed", "[screens]") {
  Window window(1, Look::Light);
  for (const auto& shown : test::all_screens()) {
    if (shown.name != "record-visit") continue;
    for (const auto& [key, bytes] : {std::pair{"visit/purpose", limits::kNoteBytes + 1}, std::pair{"visit/language", limits::kShortTextBytes + 1}}) {
      INFO(key);
      window.show(shown, 1280, 800);
      const std::string told = window.state.text()("note.too_long");
      const auto is_told = [&] {
        const auto items = window.head.semantics().items();
        return std::any_of(items.begin(), items.end(), [&](const Item& item) { return item.name == told; });
      };
      window.head.ui().focus(key);
      window.head.settle();
      window.head.paste(std::string(bytes, 'x'));
      window.head.settle(10);
      CHECK(is_told());
      CHECK(is_as_new(window));
      window.head.letter('y');
      window.head.settle();
      CHECK_FALSE(is_told());
    }
  }
}

TEST_CASE("screens: that letters are not joined where they are written is said below their field while they are there", "[screens]") {
  Window window(1, Look::Light);
  for (const auto& shown : test::all_screens()) {
    if (shown.name != "record-visit") continue;
    for (const std::string key : {"visit/purpose", "visit/language"}) {
      INFO(key);
      window.show(shown, 1280, 800);
      const std::string told = window.state.text()("note.unjoined");
      const auto items = [&] {
        const auto drawn = window.head.semantics().items();
        return std::vector<Item>(drawn.begin(), drawn.end());
      };
      const auto is_told = [&] { return std::ranges::count(items(), told, &Item::name) > 0; };
      window.head.ui().focus(key);
      window.head.settle();
      window.head.paste("Mother speaks Bengali to عائشہ. ");  // Arabic script is joined
      window.head.settle(10);
      CHECK_FALSE(is_told());
      CHECK(is_as_new(window));
      window.head.paste("রহিমা");
      window.head.settle(10);
      CHECK(is_as_new(window));
      const auto now = items();
      const auto field = std::ranges::find(now, key, &Item::key);
      const auto line = std::ranges::find(now, told, &Item::name);
      REQUIRE((field != now.end() && line != now.end()));
      CHECK(std::string_view(field->value).ends_with("রহিমা"));
      CHECK(line->rect.y0 >= field->rect.y1);
      CHECK(line > field);
      for (int i = 0; i < 3; ++i) window.head.key(ImGuiKey_Backspace);
      window.head.settle(10);
      CHECK_FALSE(is_told());
      CHECK(is_as_new(window));
    }
  }
}

TEST_CASE("screens: what stands from the frame before is what would be drawn now", "[screens]") {
  Window window(1, Look::Light);
  for (const auto& shown : test::all_screens()) {
    INFO(shown.name);
    window.show(shown, 1280, 800);  // over the one before
    CHECK(is_as_new(window));
    window.head.wheel(900, 500, -7);
    CHECK(is_as_new(window));
    ImGui::GetIO().AddMousePosEvent(900, 300);
    CHECK(is_as_new(window));
    ImGui::GetIO().DisplaySize = {1000, 700};
    CHECK(is_as_new(window));
    window.head.set_look(Look::Dark);
    CHECK(is_as_new(window));
    window.head.set_text_scale(1.5f);
    CHECK(is_as_new(window));
    window.head.wheel(900, 500, 100);
    CHECK(is_as_new(window));
    window.head.set_text_scale(1);
    window.head.set_look(Look::Light);
    CHECK(is_as_new(window));
  }
}

TEST_CASE("screens: typing, a list that grows and problems that appear leave no height behind", "[screens]") {
  Window window(1, Look::Light);
  state::Intents asked;
  window.head.draw_with([&](Ui& ui) { draw_app(ui, window.state, window.state.editors, asked); });
  int fresh = 0;
  const auto happen = [&](const state::Intent& intent) {
    const auto new_id = [&] { return base::Id::from_name(std::to_string(++fresh)); };
    state::update(window.state, intent, {window.state.now, window.state.mono, new_id});
  };
  for (const auto& shown : test::all_screens()) {
    if (shown.name != "record-child" && shown.name != "record-errors" && shown.name != "review" && shown.name != "read-approved") continue;
    INFO(shown.name);
    window.show(shown, 1280, 800);
    for (const Role role : {Role::Note, Role::TextField}) {
      std::vector<std::string> keys;
      for (const Item& item : window.head.semantics().items())
        if (item.role == role && !item.disabled) keys.push_back(item.key);
      REQUIRE(!keys.empty());
      window.head.ui().focus(keys.back());
      window.head.settle();
      for (int i = 0; i < 400; ++i) {
        asked.clear();
        window.head.letter(i % 7 == 6 ? ' ' : 'w');
        window.head.frame();
        for (const auto& intent : std::exchange(asked, {})) happen(intent);
      }
      CHECK(is_as_new(window));
      for (int i = 0; i < 3; ++i) window.head.wheel(900, 500, 200);  // back to the top: what was typed is out of sight
      CHECK(is_as_new(window));
    }
    if (!window.state.visit) continue;
    const base::Id child = window.state.visit->visit.children[0].id;
    happen(state::AddItem{{child, "next_steps", {}, {}}});
    CHECK(is_as_new(window));
    happen(state::Open{state::ScreenKind::Check, window.state.visit->visit.id});
    happen(state::PressSubmit{});
    happen(state::Back{});
    CHECK(is_as_new(window));
    happen(state::FieldChosen{{child, "seen", {}, {}}, std::string("NO")});
    CHECK(is_as_new(window));
  }
}

TEST_CASE("screens: Shift+Tab goes back through everything, and keeps it in sight", "[screens]") {
  Window window(1, Look::Light);
  for (const auto& shown : test::all_screens()) {
    if (!shown.is_long) continue;
    INFO(shown.name);
    window.show(shown, 1280, 800);
    auto expected = pressable(window.head.semantics());
    std::reverse(expected.begin(), expected.end());
    window.head.ui().focus(expected.front().substr(expected.front().find(' ') + 1));
    window.head.settle(3);
    std::vector<std::string> order{focused(window.head.semantics())};
    std::string out_of_sight;
    for (std::size_t i = 1; i < expected.size(); ++i) {
      window.head.key(ImGuiKey_Tab, false, true);
      order.push_back(focused(window.head.semantics()));
      for (const Item& item : window.head.semantics().items())
        if (item.focused && interactive(item.role) && item.offscreen) out_of_sight += item.key + "\n";
    }
    CHECK(order == expected);
    CHECK(out_of_sight == "");
  }
}

namespace {

/// The screen with the body map, acting on what is asked of it.
struct Marking {
  Marking() {
    for (const auto& shown : test::all_screens())
      if (shown.name == "record-marks") window.show(shown, 1280, 1600);
    focused = window.state.focus_number;  // of what was asked for while the screen was made
    window.head.draw_with([this](Ui& ui) {
      asked.clear();
      draw_app(ui, window.state, window.state.editors, asked);
      if (window.state.focus_number != focused) ui.focus(window.state.focus);
      focused = window.state.focus_number;
      for (const auto& intent : asked)
        state::update(window.state, intent, {window.state.now, window.state.mono, fresh_id()});
    });
    window.head.ui().focus(figure("FRONT"));
    window.head.settle(6);
  }
  void press(const std::string& key) {
    window.head.ui().focus(key);
    window.head.settle(6);
    window.head.key(ImGuiKey_Enter);
  }
  /// The mark that waits for its place waits no more.
  void leave() {
    const state::Place item{window.state.visit->visit.children[0].id, "injuries", marks().back().id, {}};
    state::update(window.state, state::ChooseMark{item}, {window.state.now, window.state.mono, [] { return base::Id(); }});
    focused = window.state.focus_number;
    window.head.settle();
  }
  std::function<base::Id()> fresh_id() {
    return [this] { return base::Id::from_name(std::to_string(++fresh)); };
  }
  std::vector<model::Injury>& marks() { return window.state.visit->visit.children[0].injuries; }
  std::string list() const { return "child/" + window.state.visit->visit.children[0].id.str() + "/injuries"; }
  std::string figure(const std::string& view) const { return list() + "/map/" + view; }
  std::string mark(const base::Id& id) const { return list() + "/" + id.str() + "/mark"; }
  Rect at(const std::string& key) const { return window.head.semantics().find_key(key)->rect; }
  std::pair<float, float> middle(const std::string& key) const { return {(at(key).x0 + at(key).x1) / 2, (at(key).y0 + at(key).y1) / 2}; }

  Window window{1, Look::Light};
  state::Intents asked;
  std::uint64_t focused = 0;
  int fresh = 0;
};

bool near(const model::Point& a, const model::Point& b) { return std::abs(a.x - b.x) < 0.02 && std::abs(a.y - b.y) < 0.02; }

}  // namespace

TEST_CASE("screens: a mark is put where the body is pressed, by finger and by mouse", "[screens]") {
  for (const bool finger : {false, true}) {
    Marking desk;
    const auto before = desk.marks().size();
    desk.leave();
    const Rect back = desk.at(desk.figure("BACK"));
    const float x = back.x0 + back.w() * 0.25f, y = back.y0 + back.h() * 0.75f;
    desk.window.head.drag(x, y, x, y, finger);
    REQUIRE(desk.marks().size() == before + 1);
    CHECK(desk.marks().back().view == model::BodyView::Back);
    CHECK(near(*desk.marks().back().at, {0.25, 0.75}));
  }
}

TEST_CASE("screens: a mark is dragged by finger and by mouse, and its page stays where it is", "[screens]") {
  for (const bool finger : {false, true}) {
    Marking desk;
    desk.leave();
    const auto before = desk.marks();
    const auto id = before[2].id;
    const auto [x, y] = desk.middle(desk.mark(id));
    const Rect front = desk.at(desk.figure("FRONT"));
    desk.window.head.drag(x, y, front.x0 + front.w() * 0.7f, front.y0 + front.h() * 0.6f, finger);
    REQUIRE(desk.marks().size() == before.size());
    CHECK(near(*desk.marks()[2].at, {0.7, 0.6}));
    CHECK(desk.at(desk.figure("FRONT")) == front);
    desk.press(desk.list() + "/map/undo");
    CHECK(desk.marks()[2] == before[2]);
  }
}

TEST_CASE("screens: a finger that drags beside the marks moves the page and marks nothing", "[screens]") {
  Marking desk;
  const auto before = desk.marks();
  const Rect front = desk.at(desk.figure("FRONT"));
  desk.window.head.drag(front.x0 + 20, front.y1 - 20, front.x0 + 20, front.y1 - 150, true);
  CHECK(desk.marks() == before);
  CHECK(desk.at(desk.figure("FRONT")).y0 != front.y0);
}

TEST_CASE("screens: the arrow keys put and move a mark, Enter describes it, Delete takes it away and undo brings it back", "[screens]") {
  Marking desk;
  auto& head = desk.window.head;
  desk.leave();
  REQUIRE(head.focused() == desk.figure("FRONT"));
  head.key(ImGuiKey_Enter);
  REQUIRE(desk.marks().size() == 5);
  const auto id = desk.marks().back().id;
  CHECK(desk.marks().back().at == model::Point{0.5, 0.5});
  CHECK(head.focused() == desk.mark(id));
  CHECK(head.semantics().find_key(desk.mark(id))->name == "5. Not described yet. Genital area, front: 50 across and 50 down, of 100");
  for (int i = 0; i < 3; ++i) head.key(ImGuiKey_UpArrow);
  head.key(ImGuiKey_LeftArrow, false, true);
  CHECK(head.focused() == desk.mark(id));
  CHECK(near(*desk.marks().back().at, {0.5 - 0.05 / 0.48, 0.47}));
  CHECK(head.semantics().find_key(desk.mark(id))->name == "5. Not described yet. Right groin, front: 40 across and 47 down, of 100");
  head.key(ImGuiKey_Delete);
  REQUIRE(desk.marks().size() == 4);
  desk.press(desk.list() + "/map/undo");
  REQUIRE(desk.marks().size() == 5);
  head.settle();
  REQUIRE(head.focused() == desk.mark(id));
  head.key(ImGuiKey_Enter);
  CHECK(head.focused().starts_with(desk.list() + "/" + id.str() + "/kind"));
}

namespace {

/// The screen with a sheet, acting on what is asked of it.
struct Drawing : Window {
  Drawing() : Window(1, Look::Light) {
    for (const auto& shown : test::all_screens())
      if (shown.name == "record-drawing") show(shown, 1280, 1200);
    head.draw_with([this](Ui& ui) {
      state::Intents asked;
      draw_app(ui, state, state.editors, asked);
      for (const auto& intent : asked) update(state, intent, {state.now, state.mono, [this] { return base::Id::from_name(std::to_string(++fresh)); }});
    });
  }
  int fresh = 0;
};

}  // namespace

TEST_CASE("screens: a stroke is drawn by finger and by mouse as the pen goes, and its page stays where it is", "[screens]") {
  for (const bool finger : {false, true}) {
    Drawing window;
    auto& part = *state::part_of(window.state.visit->visit, window.state.visit->child);
    const std::string key = "child/" + part.id.str() + "/house_worries";
    window.head.ui().focus(key + "/sheet/open");
    window.head.settle(6);
    const auto sheet = [&] { return window.head.semantics().find_key(key + "/sheet")->rect; };
    auto& strokes = part.strokes;
    const auto before = strokes.size();
    const Rect at = sheet();
    window.head.drag(at.x0 + at.w() * 0.2f, at.y0 + at.h() * 0.25f, at.x0 + at.w() * 0.8f, at.y0 + at.h() * 0.75f, finger);
    REQUIRE(strokes.size() == before + 1);
    CHECK(strokes.back().page == "house_worries");
    REQUIRE(strokes.back().points.size() == 2);
    CHECK(near(strokes.back().points[0], {0.2, 0.25}));
    CHECK(near(strokes.back().points[1], {0.8, 0.75}));
    CHECK(sheet() == at);
    window.head.click(key + "/sheet/undo");
    CHECK(strokes.size() == before);
    CHECK(is_as_new(window));
  }
}

TEST_CASE("screens: by keys alone a stroke is drawn, and heard", "[screens]") {
  Drawing window;
  auto& part = *state::part_of(window.state.visit->visit, window.state.visit->child);
  const std::string key = "child/" + part.id.str() + "/house_worries/sheet";
  auto& head = window.head;
  const auto before = part.strokes.size();
  head.ui().focus(key + "/open");
  head.settle(6);
  for (int i = 0; i < 8 && head.focused() != key; ++i) head.key(ImGuiKey_Tab, false, true);
  REQUIRE(head.focused() == key);
  const auto sheet = [&] { return *head.semantics().find_key(key); };
  CHECK(sheet().name.ends_with("Pen lifted: 50 across and 50 down, of 100"));
  CHECK(sheet().live);
  head.key(ImGuiKey_UpArrow, false, true);
  head.key(ImGuiKey_Space);
  CHECK(sheet().name.ends_with("Pen down: 50 across and 40 down, of 100"));
  for (int i = 0; i < 4; ++i) head.key(ImGuiKey_RightArrow, false, true);
  head.key(ImGuiKey_DownArrow);
  CHECK(head.focused() == key);
  CHECK(is_as_new(window));
  CHECK(part.strokes.size() == before);
  head.key(ImGuiKey_Space);
  REQUIRE(part.strokes.size() == before + 1);
  CHECK(sheet().name.ends_with("Pen lifted: 80 across and 42 down, of 100"));
  const auto& points = part.strokes.back().points;
  CHECK(near(points.front(), {0.5, 0.4}));
  CHECK(near(points.back(), {0.8, 0.42}));
  CHECK(is_as_new(window));
  head.key(ImGuiKey_Tab);
  CHECK(head.focused() != key);
}

TEST_CASE("screens: a jotting is dragged into its field, or put there by two presses", "[screens]") {
  for (const bool dragged : {true, false}) {
    Window window(1, Look::Light);
    for (const auto& shown : test::all_screens())
      if (shown.name == "record-jottings") window.show(shown, 1280, 20000);
    state::Intents asked;
    std::uint64_t focused = window.state.focus_number;
    window.head.draw_with([&](Ui& ui) {
      asked.clear();
      draw_app(ui, window.state, window.state.editors, asked);
      if (std::exchange(focused, window.state.focus_number) != window.state.focus_number) ui.focus(window.state.focus);
      for (const auto& intent : asked)
        state::update(window.state, intent, {window.state.now, window.state.mono, [] { return base::Id(); }});
    });
    window.head.settle(6);
    auto& visit = window.state.visit->visit;
    auto& part = *state::part_of(visit, window.state.visit->child);
    const std::string field = "child/" + part.id.str() + "/think";
    const auto rect = [&](const std::string& key) {
      const Item* item = window.head.semantics().find_key(key);
      REQUIRE(item);
      REQUIRE_FALSE(item->offscreen);
      return item->rect;
    };
    window.head.ui().focus(field);
    window.head.settle(6);
    const Rect take = rect("take"), note = rect(field);
    if (dragged) {
      window.head.drag((take.x0 + take.x1) / 2, (take.y0 + take.y1) / 2, note.x0 + 40, (note.y0 + note.y1) / 2, false);
    } else {
      window.head.click("take");
      CHECK_FALSE(window.state.visit->in_hand.nil());
      window.head.ui().focus(field);
      window.head.settle(6);
      window.head.click(field + "/put-here");
    }
    CHECK(visit.jottings[0].put_into == std::vector<std::string>{field});
    CHECK(std::get<std::string>(part.answers["think"]) == visit.jottings[0].text);
    CHECK(window.state.visit->in_hand.nil());
    CHECK(is_as_new(window));
  }
}
