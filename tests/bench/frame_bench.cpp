#include <imgui.h>
#include <imgui_internal.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstdio>

#include "app/view/screens.h"
#include "tests/bench/measure.h"
#include "tests/support/cast.h"
#include "tests/support/headless.h"
#include "tests/support/tree.h"

using namespace doorstep;
using namespace doorstep::bench;

namespace {

constexpr int kW = 1280, kH = 800;

/// Dear ImGui's demo window over the whole display with its sections open: a screenful, as ours are.
void show_demo(view::Ui&) {
  constexpr const char* kName = "Dear ImGui Demo";
  if (ImGuiWindow* window = ImGui::FindWindowByName(kName)) {
    for (const char* section : {"Help", "Configuration", "Window options", "Widgets", "Layout & Scrolling",
                                "Popups & Modal windows", "Tables & Columns", "Inputs & Focus"})
      window->StateStorage.SetInt(window->GetID(section), 1);
    ImGui::SetWindowPos(kName, {0, 0});
    ImGui::SetWindowSize(kName, {kW, kH});
  }
  ImGui::ShowDemoWindow();
}

/// The app in a window without a display: what is asked of it happens, but nothing is carried out.
struct Window {
  Window() {
    head.draw_with([this](view::Ui& ui) {
      asked.clear();
      draw(ui, state, asked);
    });
  }
  void show(const test::Shown& shown) {
    state = shown.make();
    draw = shown.draw;
    ImGui::ClearActiveID();
    head.settle();
  }
  void happen() {
    for (const auto& intent : asked) state::update(state, intent, {state.now, state.mono, [] { return base::Id(); }});
  }
  /// The first note, or else the first line, that can be typed into. Empty: there is none.
  std::string field() const {
    for (const view::Role role : {view::Role::Note, view::Role::TextField, view::Role::Password})
      for (const view::Item& item : head.semantics().items())
        if (item.role == role && !item.disabled) return item.key;
    return {};
  }

  state::State state;
  state::Intents asked;
  decltype(test::Shown::draw) draw = test::Shown().draw;
  test::Headless head{support::fonts(), kW, kH};
};

std::string a_note_of(std::size_t words) {
  std::string out;
  for (std::size_t i = 0; i < words; ++i)
    out += std::string("kitchen", 1 + i * 3 % 7) + "er" + (i % 120 == 119 ? "\n" : i % 14 == 13 ? ". " : " ");
  return out;
}

struct Cost {
  std::string screen;
  double ours, yardstick;
  double ratio() const { return ours / yardstick; }
};
void report(std::string_view figure, std::vector<Cost> costs, const std::string& about) {
  std::sort(costs.begin(), costs.end(), [](const Cost& a, const Cost& b) { return a.ratio() > b.ratio(); });
  if (each())
    for (const Cost& cost : costs)
      std::printf("%-22s %11.3f %11.3f %6.2fx\n", cost.screen.c_str(), cost.ours, cost.yardstick, cost.ratio());
  const Cost& worst = costs.front();
  tell(figure, worst.ours, worst.yardstick, worst.screen + " of " + std::to_string(costs.size()) + ", " + about);
}

}  // namespace

// What it takes to build a frame, from NewFrame to the end of Render: view model, layout, semantics, vertices. Nothing is drawn.
TEST_CASE("frame", "[frame]") {
  const int frames = quick() ? 2 : 200;
  test::Headless demo(support::fonts(), kW, kH);
  demo.draw_with(show_demo);
  demo.settle();
  Window window;
  const auto yardstick = [&] { return ms_of([&] { demo.frame(); }); };
  const std::string about = "1280 x 800, median of " + std::to_string(frames) + " frames";

  std::vector<Cost> still, typed;
  for (const auto& shown : test::all_screens()) {
    window.show(shown);
    const Sides sides = take_turns(frames, [&] { return ms_of([&] { window.head.frame(); }); }, yardstick, [] {});
    still.push_back({shown.name, median(sides.ours), median(sides.yardstick)});

    const std::string field = window.field();
    if (field.empty()) continue;
    window.head.ui().focus(field);
    window.head.settle();
    // Two frames: the one that takes the letter in, and the one that shows what became of it. The dearer counts.
    const Sides letters = take_turns(
        frames,
        [&] {
          window.head.letter('a');
          const double taken = ms_of([&] { window.head.frame(); });
          window.happen();
          return std::max(taken, ms_of([&] { window.head.frame(); }));
        },
        yardstick, [] {});
    REQUIRE(window.head.semantics().find_key(field)->focused);
    typed.push_back({shown.name, median(letters.ours), median(letters.yardstick)});
  }
  report("frame, worst screen", still, about);
  report("frame, a letter typed", typed, about);
}

// One letter, from NewFrame to the vertices that show what came of it: the frame that takes it in, what the state makes of it, and
// the next frame. The caret is in the middle of the note.
TEST_CASE("long note", "[note]") {
  const int letters = quick() ? 4 : 1000;
  const std::size_t words = quick() ? 500 : 20'000;
  const auto screens = test::all_screens();
  const auto shown = std::find_if(screens.begin(), screens.end(), [](const auto& one) { return one.name == "record-visit"; });
  Window empty, full;
  std::string key;
  for (Window* window : {&empty, &full}) {
    window->show(*shown);
    key = window->field();
    window->head.ui().focus(key);
    window->head.settle();
  }
  editor::EditorState& note = full.state.editors.text(key);
  note.select_all();
  note.insert(a_note_of(words), editor::EditorState::How::Pasted, full.state.mono);
  note.move_to({note.doc().paragraphs() / 2, 40}, false);
  empty.state.editors.text(key).reset("");
  REQUIRE(note.words() >= words);
  const std::size_t bytes = note.doc().bytes();

  double built = 0;
  const auto type_into = [&](Window& window) {
    return ms_of([&] {
      window.head.letter(U'a');
      built = ms_of([&] { window.head.frame(); });
      window.happen();
      built += ms_of([&] { window.head.frame(); });
    });
  };
  for (Window* window : {&empty, &full}) type_into(*window), window->head.settle();
  std::vector<double> frames;
  const Sides sides = take_turns(
      letters,
      [&] {
        const double all = type_into(full);
        frames.push_back(built);
        return all;
      },
      [&] { return type_into(empty); },
      [&] {
        editor::EditorState& begun = empty.state.editors.text(key);
        if (begun.doc().bytes() > 40) begun.reset("");
      });
  REQUIRE(full.head.semantics().find_key(key)->focused);
  REQUIRE(note.doc().bytes() == bytes + static_cast<std::size_t>(letters) + 1);
  const double slowest = quantile(sides.ours, 0.99);
  tell("the same letter", slowest, 2.0, "build, state and draw lists of both frames");
  char parts[96];
  std::snprintf(parts, sizeof parts, ", of which frames %.3f; median %.3f beside %.3f", quantile(frames, 0.99), median(sides.ours),
                median(sides.yardstick));
  tell("long note, a letter p99", slowest, quantile(sides.yardstick, 0.99),
       std::to_string(words) + " words, 1280 x 800, both frames and the state between them" + parts);
}
