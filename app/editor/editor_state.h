#pragma once
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "app/editor/doc.h"
#include "app/editor/line.h"
#include "app/editor/spelling.h"
#include "platform/base/time.h"

namespace doorstep::editor {

using base::Millis;

/// What one kind of field lets in.
struct Rules {
  bool single_line = false;       ///< a pasted or typed newline becomes a space
  bool secret = false;            ///< no undo, no copy, no words: pass phrases
  std::size_t max_bytes = 200 * 1024;
  bool spelling = false;          ///< misspelt words are marked
};

/// What became of text that was put in.
enum class Entered { Nothing, All, TooLong };

/// One open text field: text, caret, selection, undo, wrapping. A value, owned by the caller (app/state keeps one per open
/// field) and handed to the widget each frame. Pure: time and widths are parameters.
class EditorState {
 public:
  EditorState() = default;
  explicit EditorState(std::string_view text, Rules rules = {});

  const Doc& doc() const { return doc_; }
  std::string text() const { return doc_.text(); }
  /// The same, for whoever may read it later; the same one until the text changes. Not of a secret: it is not wiped.
  std::shared_ptr<const Snapshot> snapshot() const;
  const Rules& rules() const { return rules_; }
  bool empty() const { return doc_.bytes() == 0; }
  std::size_t words() const { return doc_.words(); }

  /// Replaces everything from outside (a merge arrived, the field is shown anew); undo is forgotten, the caret stays near.
  void reset(std::string_view text);
  /// Overwrites the bytes before letting go of them.
  void wipe();

  Pos caret() const { return caret_; }
  Pos anchor() const { return anchor_; }
  bool has_selection() const { return caret_ != anchor_; }
  Pos selection_begin() const { return std::min(caret_, anchor_); }
  Pos selection_end() const { return std::max(caret_, anchor_); }
  std::string selected() const { return doc_.slice(caret_, anchor_); }
  Side caret_side() const { return side_; }
  bool caret_at_row_end() const { return side_ == Side::Before; }  ///< see Wrap::row_of
  /// Puts the caret at `at`; `keep_anchor` makes or extends a selection.
  void move_to(Pos at, bool keep_anchor, Side side = Side::Either);
  void select(Pos from, Pos to);
  void select_all() { select(doc_.begin(), doc_.end()); }
  void select_word(Pos at);

  enum class Move { Left, Right, WordLeft, WordRight, Up, Down, RowStart, RowEnd, PageUp, PageDown, Start, End };
  /// A movement key. Up, Down and pages need wrap() to be up to date; they remember x. `page_rows`: rows a page has.
  void move(Move how, bool keep_anchor, const Advance& advance, std::size_t page_rows = 10);

  /// Committed: words that came several letters at once and by no key, from a dictation, an input method or a keyboard on the screen.
  /// They may arrive in pieces, and are one undo step.
  enum class How { Typed, Committed, Pasted };
  /// Puts text in place of the selection. Pasted text is cleaned first (clean_pasted). TooLong: nothing was changed.
  Entered insert(std::string_view text, How how, Millis now);
  /// What was put in last did not fit and was left out; until the next change. To be told beside the field.
  bool too_long() const { return too_long_; }
  bool erase_back(Millis now, bool word = false);
  bool erase_forward(Millis now, bool word = false);
  /// Any other change, one undo step (spelling): text between `a` and `b` becomes `text`.
  Entered replace(Pos a, Pos b, std::string_view text, Millis now);

  bool can_undo() const { return undone_ < steps_.size(); }
  bool can_redo() const { return undone_ > 0; }
  bool undo();
  bool redo();

  /// Keeps the rows for `width`; to be called before drawing and before move(). `masked`: see Wrap::update.
  void layout(float width, std::uint64_t font, const Advance& advance, bool masked = false);
  const Wrap& wrap() const { return wrap_; }
  /// A row of it, as it is drawn.
  Line line(std::size_t row, const Advance& advance) const { return {doc_, wrap_, row, advance}; }

  const Spelling& spelling() const { return spelling_; }
  /// Spelling::update() is wanted.
  bool spelling_due() const { return rules_.spelling && spelling_.due(doc_, typing()); }
  /// Spelling::update() of this text.
  bool spell(const Judge& judge, bool answered = false) { return spelling_.update(doc_, typing(), judge, answered); }
  void forget_spelling() { spelling_.forget(); }
  /// The word at the caret is finished: the keyboard went elsewhere.
  void stop_typing() { typing_ = false; }

  Millis last_activity{0};  ///< when the caret last moved or text changed: it blinks for five seconds after that

 private:
  enum class Kind { Typed, Committed, Erased, Single };
  struct Step {
    Pos at;
    std::string removed;
    std::string inserted;
    Pos caret_before, anchor_before, caret_after;
    Kind kind = Kind::Single;
    Millis time{0};
  };
  std::optional<Pos> typing() const { return typing_ ? std::optional(caret_) : std::nullopt; }
  /// Every change of the text.
  Pos put(Pos a, Pos b, std::string_view text);
  void change(Pos a, Pos b, std::string_view text, Kind kind, Millis now);
  bool merges(const Step& last, const Step& step) const;
  void forget_oldest();

  Doc doc_;
  mutable std::shared_ptr<const Snapshot> snapshot_;  ///< empty: made when it is asked for
  Rules rules_;
  Wrap wrap_;
  Spelling spelling_;
  Pos caret_, anchor_;
  Side side_ = Side::Either;
  bool too_long_ = false;
  bool typing_ = false;     ///< a letter was put in or taken out at the caret, and it has not moved since
  std::optional<float> goal_x_;
  std::deque<Step> steps_;
  std::size_t undone_ = 0;  ///< steps at the back of steps_ that have been undone
  std::size_t undo_bytes_ = 0;
};

/// What a clipboard's text becomes before it goes in: CR LF and a lone CR are a newline, control characters other than tab and
/// newline dropped.
/// Everything else, joiners and direction marks among it, stays as it is.
std::string clean_pasted(std::string_view text);

}  // namespace doorstep::editor
