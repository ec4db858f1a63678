#pragma once
#include <string>
#include <string_view>

#include "app/editor/edits.h"
#include "app/view/widgets/controls.h"

/// What a person types into. The text lives in an editor::EditorState that the caller owns.
namespace doorstep::view {

struct FieldResult {
  bool changed = false;    ///< the text differs from before this frame: emit an Intent
  bool entered = false;    ///< Enter in a one-line field
  bool left = false;       ///< lost the keyboard in this frame: a good moment to save
  bool focused = false;
  std::string misspelt = {};    ///< the caret is in this marked word, and there are no suggestions for it here: to be asked for
  std::string leave = {};       ///< this word is to stay as it is
};

struct FieldOptions {
  float width = 0;                   ///< unscaled; 0: the column
  Icon icon = Icon::None;
};

/// One line of meaning; long text wraps and the field grows, so nothing is out of sight.
FieldResult text_field(Ui& ui, std::string_view key, const Question& question, editor::EditorState& text, const FieldOptions& options = {});
/// A search box, with `name` above it.
FieldResult search_field(Ui& ui, std::string_view key, std::string_view name, editor::EditorState& text);
/// Bullets; no copy, no undo. `show`: as it is (an eye button belongs to the view).
FieldResult password_field(Ui& ui, std::string_view key, const Question& question, editor::EditorState& text, bool show = false);

using DateEdit = editor::DateEdit;
struct DateWords {
  std::string_view day, month, year;
};
FieldResult date_fields(Ui& ui, std::string_view key, const Question& question, DateEdit& edit, const DateWords& words);

using TimeEdit = editor::TimeEdit;
struct TimeWords {
  std::string_view hour, minute;
};
FieldResult time_fields(Ui& ui, std::string_view key, const Question& question, TimeEdit& edit, const TimeWords& words);

/// A moment: day, month, year, hour and minute in one row, and after them a button `now`, unless it is empty. The parts of the
/// time have the keys key + "/time/hour" and key + "/time/minute"; the button has key + "/now".
struct MomentResult {
  FieldResult field;
  bool now = false;  ///< the button was pressed
};
MomentResult moment_fields(Ui& ui, std::string_view key, const Question& question, DateEdit& date, TimeEdit& time, const DateWords& days,
                           const TimeWords& hours, std::string_view now);

}  // namespace doorstep::view
