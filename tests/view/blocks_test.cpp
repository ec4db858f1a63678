#include "app/view/widgets/blocks.h"

#include <imgui.h>
#include <imgui_internal.h>

#include <catch2/catch_test_macros.hpp>

#include "app/view/models.h"
#include "app/view/widgets/controls.h"
#include "tests/support/headless.h"
#include "tests/support/tree.h"

using namespace doorstep;
using namespace doorstep::view;

namespace {

/// A page of twenty buttons, each a block; counts how often each is drawn.
struct Page {
  Page() : head(support::fonts(), 400, 300) {
    for (int i = 0; i < 20; ++i) words.push_back("Button " + std::to_string(i));
    drawn.resize(words.size());
    typed.resize(words.size());
    turn();
    head.draw_with([this](Ui& ui) {
      ui.models = models;
      begin_root(ui, "root");
      begin_page(ui, "page", "page", {0, 0, ui.width(), ui.height()});
      for (std::size_t i = 0; i < words.size(); ++i)
        block(ui, "block-" + std::to_string(i), words[i], [&, i] { return typed[i]; }, [&, i] {
          ++drawn[i];
          button(ui, "button-" + std::to_string(i), words[i]);
        });
      end_page(ui);
      end_root(ui);
    });
    ImGui::GetIO().AddMousePosEvent(1, 1);
    head.settle();
    ImGui::GetCurrentContext()->NavId = 0;  // nobody has the keyboard
    head.settle();
  }
  /// Another revision of what is shown.
  void turn() { models = std::make_shared<Models>(state::State()); }
  /// The blocks that one more frame draws.
  std::vector<std::size_t> drawn_next() {
    std::fill(drawn.begin(), drawn.end(), 0);
    head.frame();
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < drawn.size(); ++i)
      if (drawn[i] > 0) out.push_back(i);
    return out;
  }
  const Item& item(std::size_t i) const { return *head.semantics().find_key("button-" + std::to_string(i)); }

  std::vector<std::string> words;
  std::vector<int> drawn;
  std::vector<std::uint64_t> typed;
  std::shared_ptr<Models> models;
  test::Headless head;
};

using Drawn = std::vector<std::size_t>;

}  // namespace

TEST_CASE("blocks: what is the same is not drawn again, and is still all there", "[view]") {
  Page page;
  const auto count = std::ranges::distance(page.head.semantics().items());
  CHECK(page.drawn_next() == Drawn{});
  CHECK(std::ranges::distance(page.head.semantics().items()) == count);
  page.turn();
  CHECK(page.drawn_next() == Drawn{});
  CHECK(page.item(19).name == "Button 19");
  CHECK(page.item(19).offscreen);
}

TEST_CASE("blocks: one that shows something else is drawn, also out of sight, and the rest goes where it then belongs", "[view]") {
  Page page;
  const float below = page.item(19).rect.y0;
  page.words[18] = "Many words that take more than one row, whatever they are drawn in, for the window is small";
  page.turn();
  CHECK(page.drawn_next() == Drawn{18});
  CHECK(page.item(19).rect.y0 > below);
  page.typed[3] = 1;
  page.turn();
  CHECK(page.drawn_next() == Drawn{3});
  CHECK(page.drawn_next() == Drawn{});
}

TEST_CASE("blocks: what has the pointer or the keyboard is drawn, and again when it has lost it", "[view]") {
  Page page;
  const Rect at = page.item(2).rect;
  ImGui::GetIO().AddMousePosEvent((at.x0 + at.x1) / 2, (at.y0 + at.y1) / 2);
  CHECK(page.drawn_next() == Drawn{2});
  CHECK(page.drawn_next() == Drawn{2});
  ImGui::GetIO().AddMousePosEvent(1, 1);
  CHECK(page.drawn_next() == Drawn{2});
  page.head.settle();
  CHECK(page.drawn_next() == Drawn{});
  page.head.ui().focus("button-19");
  page.head.settle(6);
  CHECK(page.head.focused() == "button-19");
  CHECK_FALSE(page.item(19).offscreen);
  CHECK(page.drawn_next() == Drawn{19});
}

TEST_CASE("blocks: scrolled out of sight nothing is drawn; what comes into sight is", "[view]") {
  Page page;
  const float top = page.item(0).rect.y0;
  page.head.wheel(390, 200, -1);
  CHECK(page.drawn_next() == Drawn{});
  CHECK(page.item(0).rect.y0 < top);
  page.head.wheel(390, 200, -100);
  CHECK(page.item(0).offscreen);
  CHECK_FALSE(page.item(19).offscreen);
  CHECK(page.drawn_next() == Drawn{});
}

TEST_CASE("blocks: another look, size of the letters or width is another drawing of all", "[view]") {
  Page page;
  page.head.set_look(Look::Dark);
  CHECK(page.drawn_next().size() == 20);
  page.head.set_text_scale(1.5f);
  CHECK(page.drawn_next().size() == 20);
  page.head.settle();
  ImGui::GetIO().DisplaySize.x = 500;
  CHECK(page.drawn_next().size() == 20);
  page.head.settle();
  CHECK(page.drawn_next() == Drawn{});
}

TEST_CASE("blocks: without models, or after they were forgotten, everything is drawn", "[view]") {
  Page page;
  page.head.ui().forget();
  CHECK(page.drawn_next().size() == 20);
  page.models = nullptr;
  CHECK(page.drawn_next().size() == 20);
  CHECK(page.drawn_next().size() == 20);
}

TEST_CASE("blocks: one of which something is asked is drawn, wherever it is", "[view]") {
  Page page;
  REQUIRE(page.item(19).offscreen);
  page.head.ui().asked = Ask{.what = Ask::What::Focus, .control = page.item(19).id, .text = {}};
  CHECK(page.drawn_next() == Drawn{19});
  page.head.ui().asked.reset();
  page.head.settle();
  CHECK(page.head.focused() == "button-19");
  CHECK_FALSE(page.item(19).offscreen);
}
