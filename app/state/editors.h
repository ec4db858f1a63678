#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "app/editor/edits.h"
#include "platform/base/time.h"

namespace doorstep::state {

inline constexpr std::string_view kTimePart = "/time";       ///< editor of a moment's time of day, after the field's key
inline constexpr std::string_view kUncovered = "/uncovered"; ///< editor of why a question was not covered

/// The text being edited on the screen, one editor per field key. Part of State: wiped on lock. Views get it mutable, because
/// a text widget edits its own text; everything else changes through update().
class Editors {
 public:
  /// The editor of `key`, made from `initial` at first. References stay valid until drop() or wipe().
  editor::EditorState& text(std::string_view key, std::string_view initial = {}, editor::Rules rules = {});
  editor::DateEdit& date(std::string_view key, std::optional<base::Date> initial = {});
  /// `minute_of_day`: local.
  editor::TimeEdit& time(std::string_view key, std::optional<int> minute_of_day = {});

  const editor::EditorState* find_text(std::string_view key) const;
  const editor::DateEdit* find_date(std::string_view key) const;
  const editor::TimeEdit* find_time(std::string_view key) const;

  /// Empty when there is no such editor.
  std::string typed(std::string_view key) const;
  /// A day that exists, from day, month (number or English name) and four-digit year. `partly`: something was typed, but no day.
  struct TypedDate { std::optional<base::Date> date; bool partly = false; };
  TypedDate typed_date(std::string_view key) const;
  struct TypedTime { std::optional<int> minute_of_day; bool partly = false; };
  TypedTime typed_time(std::string_view key) const;

  /// What was typed into the parts of the date, and of the time where it is a moment's, a line for each. Empty: nothing.
  std::string parts(std::string_view key) const;

  /// Some editor's words are to be looked at: see EditorState::spelling_due().
  bool spelling_due() const;
  /// EditorState::spell() of those that are due; `answered`: of those too whose words nobody could judge before. True: other words
  /// are marked than before.
  bool spell(const editor::Judge& judge, bool answered);
  /// No word is marked any more, and every editor is due.
  void forget_spelling();

  /// A hash of what is written in the editors whose key begins so, of what is marked in it, of whether it can be undone, and of whether more did not fit.
  std::uint64_t hash(std::string_view prefix) const;

  /// Words that the next editor of `key` begins with, before any other; of a date or moment as parts() gives them.
  void recall(std::string_view key, std::string words);

  /// Forgets every editor and every recalled word whose key begins so; overwrites the text first.
  void drop(std::string_view prefix);
  void wipe() { drop({}); }
  std::size_t size() const { return texts_.size() + dates_.size() + times_.size(); }

 private:
  std::map<std::string, editor::EditorState, std::less<>> texts_;
  std::map<std::string, editor::DateEdit, std::less<>> dates_;
  std::map<std::string, editor::TimeEdit, std::less<>> times_;
  std::map<std::string, std::string, std::less<>> recalled_;
};

}  // namespace doorstep::state
