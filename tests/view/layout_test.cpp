#include <imgui.h>

#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "app/view/widgets/controls.h"
#include "app/view/widgets/layout.h"
#include "tests/support/headless.h"
#include "tests/support/tree.h"

using namespace doorstep;
using namespace doorstep::view;
using base::Millis;

namespace {

/// A page of two hundred buttons, and a finger on it.
struct Thrown {
  Thrown() : screen(support::fonts(), 1280, 800) {
    screen.draw_with([this](Ui& ui) { draw(ui); });
    screen.settle();
    first = screen.semantics().find_key("button0")->rect.y0;
  }
  void draw(Ui& ui) {
    begin_root(ui, "Doorstep");
    if (!covered) {
      begin_page(ui, "page", "Page", root_rest(ui));
      for (int i = 0; i < 200; ++i) pressed += button(ui, "button" + std::to_string(i), "Button " + std::to_string(i), ButtonKind::Secondary);
      end_page(ui);
    }
    end_root(ui);
  }
  /// How far the page is scrolled.
  float scrolled() const { return first - screen.semantics().find_key("button0")->rect.y0; }
  /// A finger goes up by `by` pixels in `over`, rests for `rest` and is lifted.
  void swipe(float by, Millis over, Millis rest = Millis(0)) {
    constexpr int kSteps = 10;
    screen.finger(400, 600, true);
    for (int i = 1; i <= kSteps; ++i) {
      screen.advance(over / kSteps);
      screen.finger(400, 600 - by * static_cast<float>(i) / kSteps, true);
    }
    screen.advance(rest);
    screen.finger(400, 600 - by, false);
  }
  /// Frames until nothing moves by itself any more, 8 ms apart.
  int glide() {
    int frames = 0;
    for (; screen.ui().animating && frames < 2000; ++frames) {
      screen.advance(Millis(8));
      screen.frame();
    }
    return frames;
  }

  test::Headless screen;
  int pressed = 0;
  bool covered = false;
  float first = 0;  ///< where the first button is while nothing is scrolled
};

}  // namespace

TEST_CASE("layout: a page that is thrown goes on, ever slower, and comes to rest", "[view]") {
  Thrown page;
  page.swipe(300, Millis(150));
  const float let_go = page.scrolled();
  CHECK(std::abs(let_go - 300) < 30);
  CHECK(page.screen.ui().animating);
  float before = let_go, fastest = 0, slowest = 1000;
  for (int i = 0; page.screen.ui().animating; ++i) {
    REQUIRE(i < 2000);
    page.screen.advance(Millis(8));
    page.screen.frame();
    const float step = page.scrolled() - before;
    before = page.scrolled();
    CHECK(step >= 0);
    if (i < 2) continue;  // what a frame asks for the next one shows
    CHECK(step <= slowest + 1.5f);  // whole pixels
    fastest = std::max(fastest, step);
    slowest = std::min(slowest, step);
  }
  CHECK(fastest > 8);
  CHECK(slowest <= 1);
  CHECK(before > let_go + 300);
  CHECK(page.pressed == 0);
  page.screen.advance(Millis(1000));
  page.screen.settle();
  CHECK(page.scrolled() == before);
  CHECK_FALSE(page.screen.ui().animating);
  CHECK_FALSE(page.screen.ui().wake_at.has_value());
}

TEST_CASE("layout: a finger that stopped before it was lifted throws nothing, nor does a slow one", "[view]") {
  Thrown page;
  SECTION("stopped") { page.swipe(300, Millis(150), Millis(200)); }
  SECTION("slow") { page.swipe(100, Millis(2000)); }
  CHECK_FALSE(page.screen.ui().animating);
  const float there = page.scrolled();
  CHECK(there > 80);
  page.screen.advance(Millis(500));
  page.screen.settle();
  CHECK(page.scrolled() == there);
}

TEST_CASE("layout: a page stops at its end", "[view]") {
  Thrown page;
  for (int i = 0; i < 60; ++i) {
    page.swipe(500, Millis(80));
    page.glide();
  }
  CHECK(page.screen.semantics().find_key("button199")->rect.y1 <= 800);
  const float end = page.scrolled();
  page.swipe(300, Millis(80));
  CHECK_FALSE(page.screen.ui().animating);
  CHECK(page.scrolled() == end);
}

TEST_CASE("layout: a finger stops a page that moves, and presses nothing by it", "[view]") {
  Thrown page;
  page.swipe(300, Millis(100));
  REQUIRE(page.screen.ui().animating);
  page.screen.advance(Millis(50));
  page.screen.frame();
  page.screen.finger(400, 300, true);
  const float there = page.scrolled();
  page.screen.advance(Millis(50));
  page.screen.settle();
  page.screen.finger(400, 300, false);
  CHECK_FALSE(page.screen.ui().animating);
  CHECK(page.scrolled() == there);
  CHECK(page.pressed == 0);
  for (const Item& item : page.screen.semantics().items())  // and the next one does press
    if (item.role == Role::Button && item.rect.y0 > 100) {
      page.screen.tap(std::string(item.key));
      break;
    }
  CHECK(page.pressed == 1);
}

TEST_CASE("layout: what is covered while it moves has come to rest when it is seen again", "[view]") {
  Thrown page;
  page.swipe(300, Millis(100));
  REQUIRE(page.screen.ui().animating);
  page.covered = true;
  page.screen.settle();
  CHECK_FALSE(page.screen.ui().animating);
  page.covered = false;
  page.screen.settle();
  const float there = page.scrolled();
  CHECK_FALSE(page.screen.ui().animating);
  page.screen.advance(Millis(100));
  page.screen.settle();
  CHECK(page.scrolled() == there);
}

TEST_CASE("layout: whoever asks for another place gets it, also while the page moves", "[view]") {
  Thrown page;
  page.swipe(300, Millis(100));
  REQUIRE(page.screen.ui().animating);
  page.screen.ui().focus("button150");
  page.screen.settle();
  page.glide();
  CHECK(page.screen.focused() == "button150");
  CHECK_FALSE(page.screen.semantics().find_key("button150")->offscreen);
}
