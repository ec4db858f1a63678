#include <imgui.h>
#include <imgui_internal.h>

#include <catch2/catch_test_macros.hpp>

#include "app/view/screens.h"
#include "tests/bench/measure.h"
#include "tests/screens/cast.h"
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

}  // namespace

// What it takes to build a frame, from NewFrame to the end of Render: view model, layout, semantics, vertices. Nothing is drawn.
TEST_CASE("frame", "[frame]") {
  const int frames = quick() ? 2 : 200;
  test::Headless demo(DOORSTEP_FONTS_DIR, kW, kH);
  demo.draw_with(show_demo);
  demo.settle();
  test::Headless head(DOORSTEP_FONTS_DIR, kW, kH);
  state::State state;
  head.draw_with([&](view::Ui& ui) {
    state::Intents intents;
    view::draw_app(ui, state, state.editors, intents);
  });

  struct Cost {
    std::string screen;
    double ours, yardstick;
    double ratio() const { return ours / yardstick; }
  };
  std::vector<Cost> costs;
  for (const auto& shown : test::all_screens()) {
    state = shown.make();
    head.settle();
    const Sides sides = take_turns(
        frames, [&] { return ms_of([&] { head.frame(); }); }, [&] { return ms_of([&] { demo.frame(); }); }, [] {});
    costs.push_back({shown.name, median(sides.ours), median(sides.yardstick)});
  }
  std::sort(costs.begin(), costs.end(), [](const Cost& a, const Cost& b) { return a.ratio() > b.ratio(); });
  if (each())
    for (const Cost& cost : costs)
      std::printf("%-22s %11.3f %11.3f %6.2fx\n", cost.screen.c_str(), cost.ours, cost.yardstick, cost.ratio());
  const Cost& worst = costs.front();
  tell("frame, worst screen", worst.ours, worst.yardstick,
       worst.screen + " of " + std::to_string(costs.size()) + ", 1280 x 800, median of " + std::to_string(frames) + " frames");
}
