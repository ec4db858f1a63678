#pragma once
#include <functional>
#include <string>
#include <vector>

#include "app/state/state.h"
#include "app/view/screens.h"

/// Every screen of the program with something on it: the people of assets/demo, and records, drafts, returns and alerts made of
/// its situations. No store and no server: states as update() makes them.
namespace doorstep::test {

struct Shown {
  std::string name;                         ///< of its picture
  std::function<state::State()> make;
  bool is_long = false;                     ///< more than a window: a picture of the whole page is worth having
  std::string focus = {};                   ///< key of the field that has the keyboard; empty: none
  std::function<void(view::Ui&, state::State&, state::Intents&)> draw = [](view::Ui& ui, state::State& state, state::Intents& out) {
    view::draw_app(ui, state, state.editors, out);
  };
};
std::vector<Shown> all_screens();
/// The same screen for whoever works in Welsh.
Shown in_welsh(Shown shown);

}  // namespace doorstep::test
