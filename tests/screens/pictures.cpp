#include <catch2/catch_test_macros.hpp>

#include "tests/screens/camera.h"
#include "tests/screens/golden.h"
#include "tests/support/tree.h"
#include "tests/support/xvfb.h"

using namespace doorstep;
using test::Camera;

TEST_CASE("pictures of every screen, in build/<kind>/pictures", "[.pictures]") {
  const auto folder = support::bin("../pictures");
  std::filesystem::create_directories(folder);
  const support::Xvfb display(1280, 4000);
  auto screens = test::all_screens();
  if (const char* only = std::getenv("DOORSTEP_ONLY"))
    std::erase_if(screens, [&](const auto& s) { return s.name.find(only) == std::string::npos; });
  const auto write = [&](const Camera& camera, const std::string& suffix) {
    test::take(screens, camera, [&](const std::string& screen, const test::Picture& picture, const auto&) {
      test::write_png(folder / (screen + suffix + ".png"), picture);
    });
  };
  for (const int percent : {100, 200})
    for (const view::Look look : {view::Look::Light, view::Look::Dark})
      write({.look = look, .percent = percent}, "-" + std::string(test::word(look)) + "-" + std::to_string(percent));
  std::erase_if(screens, [](const auto& s) { return !s.is_long; });
  if (screens.empty()) return;
  write({.height = 3200}, "-whole");
  write({.height = 2400, .to_the_end = true}, "-end");
}
