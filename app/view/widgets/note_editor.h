#pragma once
#include <span>
#include <string>
#include <string_view>

#include "app/view/widgets/fields.h"

namespace doorstep::view {

/// What may be meant by a word that is marked, and the words of the bar that offers it.
struct Suggestions {
  std::string_view word = {};              ///< that the rest is about, as it is written; another is asked for by FieldResult::misspelt
  std::string_view name = "Spelling";      ///< of the bar
  std::span<const std::string> words = {};
  std::span<const std::string> spoken = {};  ///< "Change to friend", one for each
  std::string_view none = {};              ///< "No suggestions"; empty: there are some, or they are not known yet
  std::string_view leave = "Keep this spelling";
};

/// Words the note editor needs; from the text file.
struct NoteWords {
  std::string_view undo = "Undo";
  std::string_view redo = "Redo";
  std::string_view words = "words";   ///< after the number
  std::string_view word = "word";
  Suggestions spelling = {};
};

/// Several paragraphs. It grows with its text and the page scrolls. Mouse, finger (tap: caret; drag: the page moves; rest: selection.h)
/// and keyboard: arrows, Ctrl+arrows, Home, End, PgUp, PgDn, each with Shift; Ctrl+A, C, X, V, Z, Y; Tab leaves it. While the caret is in
/// a word that is marked as misspelt, a bar of suggestions stands below its row, and Tab goes there first.
FieldResult note_editor(Ui& ui, std::string_view key, const Question& question, editor::EditorState& text, const NoteWords& words = {},
                        int min_rows = 4);

/// What all fields are made of: the box, its text and its caret at `at`'s left, top and width; grows downwards. Returns the box.
struct EditBox {
  Role role = Role::TextField;
  std::string_view name;
  std::string description = {};   ///< Item::description
  Type type = Type::Body;
  int min_rows = 1;
  bool masked = false;
  bool disabled = false;
  bool invalid = false;
  Icon icon = Icon::None;
  const Suggestions* spelling = nullptr;   ///< nullptr: none are offered
};
FieldResult edit_box(Ui& ui, std::string_view key, float width, const EditBox& box, editor::EditorState& text);

}  // namespace doorstep::view
