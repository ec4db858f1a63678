#include "app/editor/editor_state.h"

#include <algorithm>

#include "platform/base/error.h"
#include "platform/base/limits.h"

namespace doorstep::editor {

namespace {

constexpr Millis kMergeWithin{1500};
constexpr std::size_t kMergeBytes = 64;
constexpr Millis kPiecesWithin{500};  ///< SDL hands words over in pieces of 31 bytes, which may lie in several frames

Pos after(Pos at, std::string_view text) {
  const std::size_t last = text.rfind('\n');
  if (last == std::string_view::npos) return {at.para, at.byte + text.size()};
  return {at.para + static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')), text.size() - last - 1};
}

/// Where the caret goes after a change that ended at `at`: what stood behind it may belong to its last letter now (an accent, the
/// other half of a flag), and the caret is never within one.
Pos behind(const Doc& doc, Pos at) {
  const Pos begin = doc.clamp(at);
  return begin == at ? at : doc.next(begin);
}

}  // namespace

std::string clean_pasted(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const CodePoint c = decode(text, i);
    const bool newline = c.value == '\r' && (i + 1 >= text.size() || text[i + 1] != '\n');
    const bool control = c.value < 0x20 || (c.value >= 0x7F && c.value <= 0x9F);
    if (newline) {
      out.push_back('\n');
    } else if (!control || c.value == '\t' || c.value == '\n') {
      append_utf8(out, c.value);
    }
    i += c.bytes;
  }
  return out;
}

EditorState::EditorState(std::string_view text, Rules rules) : rules_(rules) {
  if (rules_.secret) doc_.reserve(rules_.max_bytes);
  put({}, {}, text);
  caret_ = anchor_ = doc_.end();
}

std::shared_ptr<const Snapshot> EditorState::snapshot() const {
  DOORSTEP_ASSERT(!rules_.secret);
  if (!snapshot_) snapshot_ = std::make_shared<const Snapshot>(doc_.snapshot());
  return snapshot_;
}

Pos EditorState::put(Pos a, Pos b, std::string_view text) {
  snapshot_.reset();
  const Pos end = doc_.replace(a, b, text);
  spelling_.replaced(a, b, end);
  typing_ = false;
  return end;
}

void EditorState::reset(std::string_view text) {
  const std::size_t caret = doc_.offset(caret_);
  put(doc_.begin(), doc_.end(), text);
  steps_.clear();
  undone_ = undo_bytes_ = 0;
  too_long_ = false;
  move_to(doc_.at_offset(std::min(caret, doc_.bytes())), false);
}

void EditorState::wipe() {
  snapshot_.reset();
  doc_.wipe();
  spelling_.forget();
  for (Step& step : steps_) {
    std::fill(step.removed.begin(), step.removed.end(), '\0');
    std::fill(step.inserted.begin(), step.inserted.end(), '\0');
  }
  steps_.clear();
  undone_ = undo_bytes_ = 0;
  move_to({}, false);
}

void EditorState::move_to(Pos at, bool keep_anchor, Side side) {
  caret_ = doc_.clamp(at);
  typing_ = false;
  if (!keep_anchor) anchor_ = caret_;
  side_ = side;
  goal_x_.reset();
}

void EditorState::select(Pos from, Pos to) {
  anchor_ = doc_.clamp(from);
  move_to(to, true);
}

void EditorState::select_word(Pos at) {
  const auto [from, to] = doc_.word_at(doc_.clamp(at));
  select(from, to);
}

void EditorState::move(Move how, bool keep_anchor, const Advance& advance, std::size_t page_rows) {
  const bool collapse = has_selection() && !keep_anchor;
  const auto row = [&] { return wrap_.row_of(caret_, caret_at_row_end()); };
  const auto vertical = [&](std::ptrdiff_t rows) {
    const std::size_t here = row();
    const float x = goal_x_ ? *goal_x_ : line(here, advance).x_of({caret_.byte, side_});
    const std::ptrdiff_t want = static_cast<std::ptrdiff_t>(here) + rows;
    if (want < 0) {
      move_to(doc_.begin(), keep_anchor);
    } else if (want >= static_cast<std::ptrdiff_t>(wrap_.count())) {
      move_to(doc_.end(), keep_anchor);
    } else {
      const Line to = line(static_cast<std::size_t>(want), advance);
      const Spot spot = to.at(x);
      move_to({to.row().para, spot.byte}, keep_anchor, spot.side);
    }
    goal_x_ = x;
  };
  switch (how) {
    case Move::Left: return move_to(collapse ? selection_begin() : doc_.prev(caret_), keep_anchor);
    case Move::Right: return move_to(collapse ? selection_end() : doc_.next(caret_), keep_anchor);
    case Move::WordLeft: return move_to(doc_.prev_word(caret_), keep_anchor);
    case Move::WordRight: return move_to(doc_.next_word(caret_), keep_anchor);
    case Move::Up: return vertical(-1);
    case Move::Down: return vertical(1);
    case Move::PageUp: return vertical(-static_cast<std::ptrdiff_t>(page_rows));
    case Move::PageDown: return vertical(static_cast<std::ptrdiff_t>(page_rows));
    case Move::RowStart: return move_to({caret_.para, wrap_.row(row()).begin}, keep_anchor);
    case Move::RowEnd: return move_to({caret_.para, wrap_.row(row()).end}, keep_anchor, Side::Before);
    case Move::Start: return move_to(doc_.begin(), keep_anchor);
    case Move::End: return move_to(doc_.end(), keep_anchor);
  }
}

Entered EditorState::insert(std::string_view text, How how, Millis now) {
  std::string clean = clean_pasted(text);
  if (rules_.single_line) std::replace(clean.begin(), clean.end(), '\n', ' ');
  if (clean.empty()) return Entered::Nothing;
  const std::size_t removed = doc_.offset(selection_end()) - doc_.offset(selection_begin());
  too_long_ = doc_.bytes() - removed + clean.size() > rules_.max_bytes;
  if (too_long_) return Entered::TooLong;
  const bool single = how == How::Pasted || removed > 0 || clean.find('\n') != std::string::npos;
  const Kind kind = how == How::Committed ? Kind::Committed : single ? Kind::Single : Kind::Typed;
  change(selection_begin(), selection_end(), clean, kind, now);
  return Entered::All;
}

bool EditorState::erase_back(Millis now, bool word) {
  if (has_selection()) {
    change(selection_begin(), selection_end(), "", Kind::Single, now);
    return true;
  }
  const Pos from = word ? doc_.prev_word(caret_) : doc_.prev(caret_);
  if (from == caret_) return false;
  change(from, caret_, "", Kind::Erased, now);
  return true;
}

bool EditorState::erase_forward(Millis now, bool word) {
  if (has_selection()) return erase_back(now);
  const Pos to = word ? doc_.next_word(caret_) : doc_.next(caret_);
  if (to == caret_) return false;
  change(caret_, to, "", Kind::Erased, now);
  return true;
}

Entered EditorState::replace(Pos a, Pos b, std::string_view text, Millis now) {
  select(a, b);
  if (!text.empty()) return insert(text, How::Pasted, now);
  return has_selection() && erase_back(now) ? Entered::All : Entered::Nothing;
}

bool EditorState::merges(const Step& last, const Step& step) const {
  if (last.kind != step.kind || step.kind == Kind::Single) return false;
  const Millis since = step.time - last.time;
  if (step.kind == Kind::Committed) return since < kPiecesWithin && step.removed.empty() && step.at == after(last.at, last.inserted);
  if (since >= kMergeWithin) return false;
  if (last.inserted.size() + last.removed.size() + step.inserted.size() + step.removed.size() > kMergeBytes) return false;
  if (step.kind == Kind::Typed) {
    if (step.at != after(last.at, last.inserted)) return false;
    return !(last.inserted.back() == ' ' && step.inserted.front() != ' ');  // a new word is a new step
  }
  if (step.removed.find('\n') != std::string::npos || last.removed.find('\n') != std::string::npos) return false;
  return step.at == last.at || after(step.at, step.removed) == last.at;
}

void EditorState::change(Pos a, Pos b, std::string_view text, Kind kind, Millis now) {
  last_activity = now;
  too_long_ = false;
  if (rules_.secret) {
    move_to(behind(doc_, put(a, b, text)), false);
    return;
  }
  Step step{a, doc_.slice(a, b), std::string(text), caret_, anchor_, {}, kind, now};
  const Pos end = put(a, b, text);
  caret_ = anchor_ = behind(doc_, end);
  side_ = Side::Either;
  goal_x_.reset();
  typing_ = kind == Kind::Typed || kind == Kind::Erased;
  step.caret_after = caret_;
  for (; undone_ > 0; --undone_) {
    undo_bytes_ -= steps_.back().removed.size() + steps_.back().inserted.size();
    steps_.pop_back();
  }
  undo_bytes_ += step.removed.size() + step.inserted.size();
  if (!steps_.empty() && undone_ == 0 && merges(steps_.back(), step)) {
    Step& last = steps_.back();
    if (kind != Kind::Erased) {
      last.inserted += step.inserted;
    } else if (step.at == last.at) {
      last.removed += step.removed;
    } else {
      last.removed.insert(0, step.removed);
      last.at = step.at;
    }
    last.caret_after = step.caret_after;
    last.time = now;
  } else {
    steps_.push_back(std::move(step));
  }
  forget_oldest();
}

void EditorState::forget_oldest() {
  while (undo_bytes_ > limits::kUndoBytes && steps_.size() > 1) {
    undo_bytes_ -= steps_.front().removed.size() + steps_.front().inserted.size();
    steps_.pop_front();
  }
}

bool EditorState::undo() {
  if (!can_undo()) return false;
  too_long_ = false;
  const Step& step = steps_[steps_.size() - 1 - undone_];
  put(step.at, after(step.at, step.inserted), step.removed);
  ++undone_;
  caret_ = step.caret_before;
  anchor_ = step.anchor_before;
  side_ = Side::Either;
  goal_x_.reset();
  return true;
}

bool EditorState::redo() {
  if (!can_redo()) return false;
  too_long_ = false;
  const Step& step = steps_[steps_.size() - undone_];
  put(step.at, after(step.at, step.removed), step.inserted);
  --undone_;
  caret_ = anchor_ = step.caret_after;
  side_ = Side::Either;
  goal_x_.reset();
  return true;
}

void EditorState::layout(float width, std::uint64_t font, const Advance& advance, bool masked) {
  wrap_.update(doc_, width, font, advance, masked);
}

}  // namespace doorstep::editor
