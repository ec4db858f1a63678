#include "tests/screens/camera.h"

#include <SDL.h>
#include <imgui.h>
#include <imgui_internal.h>

#include <catch2/catch_test_macros.hpp>

namespace doorstep::test {

void take(const std::vector<Shown>& screens, const Camera& camera, const Keep& keep) {
  static const base::SystemClock clock;
  constexpr base::Millis kLimit{30'000};
  shell::Options options;
  options.fonts = camera.fonts;
  options.look = camera.look;
  options.text_scale = static_cast<float>(camera.percent) / 100;
  options.height = camera.height;
  options.caret_blinks = false;
  auto shell = shell::Shell::open(options, clock);
  REQUIRE(shell.has_value());
  SDL_WarpMouseGlobal(0, 0);  // the window is in the middle of the display: nothing is pointed at
  std::size_t at = 0;
  state::State state;
  view::Semantics semantics;
  bool other = false, focus = false;
  std::uint64_t begun = 0, built = 0;  // frames when the screen was asked for, and when it was last looked at
  base::Millis until{0};
  const auto show = [&] {
    state = screens[at].make();
    other = focus = true;
    begun = built = shell->counts().built;
    until = clock.monotonic() + kLimit;
    shell->waker().wake();
  };
  // The loop builds frames until nothing changes any more: a screen is at rest when it has been built and a whole turn of the
  // loop built nothing.
  const auto at_rest = [&] {
    const std::uint64_t before = std::exchange(built, shell->counts().built);
    return !other && built > begun && built == before;
  };
  shell::Shell::Client client;
  client.draw = [&](view::Ui& ui) {
    state::Intents intents;
    if (std::exchange(focus, false)) {
      for (ImGuiWindow* window : ImGui::GetCurrentContext()->Windows) ImGui::SetScrollY(window, 0);
      ui.focus(screens[at].focus);
    }
    camera.change(ui);
    shell->set_photo(state.picture ? state.picture->pixels : nullptr);
    screens[at].draw(ui, state, intents);
    if (camera.to_the_end)
      for (ImGuiWindow* window : ImGui::GetCurrentContext()->Windows) ImGui::SetScrollY(window, window->ScrollMax.y);
    semantics = ui.semantics;
  };
  client.poll = [&] { return std::exchange(other, false); };
  client.deadline = [&] { return std::optional(clock.monotonic()); };  // a look as often as the loop gives one
  client.notice = [&](shell::Notice notice) {
    if (notice != shell::Notice::Idle) return;
    INFO(screens[at].name);
    if (!at_rest()) {
      REQUIRE(clock.monotonic() < until);
      return;
    }
    const auto picture = shell->capture();
    REQUIRE(picture.has_value());
    keep(screens[at].name, *picture, semantics);
    if (++at == screens.size()) shell->stop();
    else show();
  };
  show();
  shell->run(client);
  CHECK(at == screens.size());
}

}  // namespace doorstep::test
