#include <imgui.h>
#include <imgui_internal.h>

#include <catch2/catch_test_macros.hpp>

#include "app/view/screens.h"
#include "tests/bench/measure.h"
#include "tests/support/cast.h"
#include "tests/support/headless.h"

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
      view::draw_app(ui, state, state.editors, asked);
    });
  }
  void show(const test::Shown& shown) {
    state = shown.make();
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
  test::Headless head{DOORSTEP_FONTS_DIR, kW, kH};
};

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
  test::Headless demo(DOORSTEP_FONTS_DIR, kW, kH);
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
