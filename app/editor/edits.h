#pragma once
#include "app/editor/editor_state.h"

namespace doorstep::editor {

/// Day, month and year as typed; nothing is understood or corrected here.
struct DateEdit {
  EditorState day{"", {true, false, 8}}, month{"", {true, false, 16}}, year{"", {true, false, 8}};
};

/// Hour and minute as typed.
struct TimeEdit {
  EditorState hour{"", {true, false, 8}}, minute{"", {true, false, 8}};
};

}  // namespace doorstep::editor
