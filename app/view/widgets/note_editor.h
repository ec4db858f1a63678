#pragma once
#include <string>
#include <string_view>

#include "app/view/widgets/fields.h"

namespace doorstep::view {

/// Words the note editor needs; from the text file.
struct NoteWords {
  std::string_view undo = "Undo";
  std::string_view redo = "Redo";
  std::string_view words = "words";   ///< after the number
  std::string_view word = "word";
};

/// Several paragraphs. It grows with its text and the page scrolls. Mouse, finger (tap: caret; drag: the page moves) and keyboard:
/// arrows, Ctrl+arrows, Home, End, PgUp, PgDn, each with Shift; Ctrl+A, C, X, V, Z, Y; Tab leaves it.
FieldResult note_editor(Ui& ui, std::string_view key, const Question& question, editor::EditorState& text, const NoteWords& words = {},
                        int min_rows = 4);

/// What all fields are made of: the box, its text and its caret at `at`'s left, top and width; grows downwards. Returns the box.
struct EditBox {
  Role role = Role::TextField;
  std::string_view name;
  Type type = Type::Body;
  int min_rows = 1;
  bool masked = false;
  bool disabled = false;
  bool invalid = false;
  std::string_view placeholder = {};
  Icon icon = Icon::None;
};
FieldResult edit_box(Ui& ui, std::string_view key, float width, const EditBox& box, editor::EditorState& text);

}  // namespace doorstep::view
