#include <SDL.h>
#include <imgui.h>
#include <imgui_internal.h>
#include <png.h>

#include <catch2/catch_test_macros.hpp>
#include <filesystem>

#include "app/shell/shell.h"
#include "app/view/screens.h"
#include "tests/support/cast.h"
#include "tests/support/xvfb.h"

using namespace doorstep;

namespace {

void write_png(const std::filesystem::path& file, const shell::Shell::Picture& picture) {
  png_image out{};
  out.version = PNG_IMAGE_VERSION;
  out.width = static_cast<png_uint_32>(picture.w);
  out.height = static_cast<png_uint_32>(picture.h);
  out.format = PNG_FORMAT_RGB;
  REQUIRE(png_image_write_to_file(&out, file.c_str(), 0, picture.rgb.data(), 0, nullptr) != 0);
}

/// Shows each screen in one window until it has come to rest, and keeps what is seen.
void take(const std::vector<test::Shown>& screens, view::Look look, int percent, int height, const std::string& suffix, bool to_the_end = false) {
  static const base::SystemClock clock;
  constexpr base::Millis kLimit{30'000};
  shell::Options options;
  options.fonts = DOORSTEP_FONTS_DIR;
  options.look = look;
  options.text_scale = static_cast<float>(percent) / 100;
  options.height = height;
  options.caret_blinks = false;
  auto shell = shell::Shell::open(options, clock);
  REQUIRE(shell.has_value());
  SDL_WarpMouseGlobal(0, 0);  // the window is in the middle of the display: nothing is pointed at
  std::size_t at = 0;
  state::State state;
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
    shell->set_photo(state.picture ? state.picture->pixels : nullptr);
    view::draw_app(ui, state, state.editors, intents);
    if (to_the_end)
      for (ImGuiWindow* window : ImGui::GetCurrentContext()->Windows) ImGui::SetScrollY(window, window->ScrollMax.y);
  };
  client.poll = [&] { return std::exchange(other, false); };
  client.deadline = [&] { return std::optional(clock.monotonic()); };  // a look as often as the loop gives one
  client.notice = [&](shell::Notice notice) {
    if (notice != shell::Notice::Idle) return;
    INFO(screens[at].name << suffix);
    if (!at_rest()) {
      REQUIRE(clock.monotonic() < until);
      return;
    }
    const auto picture = shell->capture();
    REQUIRE(picture.has_value());
    write_png(std::filesystem::path(DOORSTEP_BIN_DIR) / "../pictures" / (screens[at].name + suffix + ".png"), *picture);
    if (++at == screens.size()) shell->stop();
    else show();
  };
  show();
  shell->run(client);
  CHECK(at == screens.size());
}

}  // namespace

TEST_CASE("pictures of every screen, in build/<kind>/pictures", "[.pictures]") {
  std::filesystem::create_directories(std::filesystem::path(DOORSTEP_BIN_DIR) / "../pictures");
  const support::Xvfb display(1280, 4000);
  auto screens = test::all_screens();
  if (const char* only = std::getenv("DOORSTEP_ONLY"))
    std::erase_if(screens, [&](const auto& s) { return s.name.find(only) == std::string::npos; });
  for (const int percent : {100, 200})
    for (const auto& [look, name] : {std::pair{view::Look::Light, "light"}, std::pair{view::Look::Dark, "dark"}})
      take(screens, look, percent, 800, "-" + std::string(name) + "-" + std::to_string(percent));
  std::erase_if(screens, [](const auto& s) { return !s.is_long; });
  if (screens.empty()) return;
  take(screens, view::Look::Light, 100, 3200, "-whole");
  take(screens, view::Look::Light, 100, 2400, "-end", true);
}
