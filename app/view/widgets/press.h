#pragma once
#include <string_view>

#include "app/view/widgets/ui.h"

namespace doorstep::view {

/// What a control says about itself.
struct Control {
  Role role = Role::Button;
  std::string_view name;
  std::string_view value = {};
  bool selected = false;
  bool disabled = false;
  bool expands = false;  ///< it shows or hides something; whether that shows is `expanded`
  bool expanded = false;
  bool invalid = false;
  bool live = false;     ///< Item::live
  bool ring = true;      ///< draw the focus ring (false: the control draws its own)
};

struct Pressed {
  bool pressed = false;  ///< let go inside, or Enter or Space
  bool hovered = false;
  bool held = false;
  bool focused = false;  ///< has the keyboard's focus, and it shows
  bool visible = true;   ///< false: out of sight, do not draw
  std::uint32_t id = 0;
};

/// The one function every control goes through: takes part in focus and pressing under the id of `key`, records itself.
/// Call focus_ring() after drawing the control.
Pressed press(Ui& ui, std::string_view key, Rect at, const Control& control);

/// The ring of whatever has focus: yellow outside, dark inside. `grow`: window pixels outside `at`.
void focus_ring(Ui& ui, Rect at, float radius);

}  // namespace doorstep::view
