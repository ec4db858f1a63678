#pragma once
#include <algorithm>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "app/editor/editor_state.h"
#include "tests/editor/rows.h"

/// The editor beside a plain string with two offsets: edits, moves and selections, each done to both.
namespace doorstep::editor::oracle {

using base::Millis;
using How = EditorState::How;
using Move = EditorState::Move;


inline constexpr int kMoves = 12;           ///< kinds of Move

/// What is put in, and what it is to become.
struct Piece {
  const char* given;
  const char* kept;
  Piece(const char* both) : given(both), kept(both) {}
  Piece(const char* in, const char* out) : given(in), kept(out) {}
};

inline const std::vector<Piece>& letters() {
  static const std::vector<Piece> all{"a", "e", "I", " ", " ", "t", "\n", "é", "\u0301", "’",
                                      "-", "\t", "ł", "王", "🇬", "🇧", "\u200D", "😟", "🏽"};
  return all;
}
inline const std::vector<Piece>& committed() {  // what an input method hands over at once
  static const std::vector<Piece> all{"王秀英", "é", "عائشہ", "👍🏽", "👨‍👩‍👧", "Llŷr", "한국", "ą ", "🇬🇧"};
  return all;
}
inline const std::vector<Piece>& clipboards() {
  static const std::vector<Piece> all{
      "mum’s ", "the cat-flap ", "e\u0301", "\u0301z", "👨‍👩‍👧", "👩", "👨\u200D", "🇬🇧🇫", "عائشہ خان ", "=2+2", "<b>&\"",
      "\u200B\u200F", "\n\n",
      "one\ntwo\nthree\n", "a long line of words that will have to be wrapped on any screen there is ", "anunbrokenwordthatiswiderthanarow",
      {"a\r\nb", "a\nb"}, {"x\rz", "x\nz"}, {"\x07", ""}, {"a\x1b[1m", "a[1m"}, {"\xff", "\uFFFD"},
      {"\xe2\x82z", "\uFFFD\uFFFDz"}, {"\xc2\x85q", "q"}};
  return all;
}
inline const std::vector<const char*>& arrivals() {  // what a field may hold already, or a merge may bring: any bytes
  static const std::vector<const char*> all{"", "\n", "She said: “I like it when Auntie comes.”\n\nEnd",
                                            "\xff\xfe\n\xe2\x82|\xac\r\n", "\u0301\n👨\u200D|👩\n🇬|🇧🇫🇷",
                                            "e|\u0301 王秀英王秀英王秀英 step-father\t\n   \n", "x\r\ny\x01z"};
  return all;
}

/// Edges of letters from the beginning of their paragraph on: the definition itself, without any of the editor's short cuts.
struct Edges {
  std::size_t before, at_or_after;  ///< the last below `at` (or 0), the first not below it
};
inline Edges edges(const std::string& text, std::size_t at) {
  const std::size_t newline = at == 0 ? std::string::npos : text.rfind('\n', at - 1);
  const std::size_t begin = newline == std::string::npos ? 0 : newline + 1, end = std::min(text.find('\n', at), text.size());
  const std::string_view paragraph(text.data() + begin, end - begin);
  std::size_t last = begin > 0 ? begin - 1 : 0, here = begin;
  while (here < at) {
    last = here;
    here = begin + next_cluster(paragraph, here - begin);
  }
  return {last, here};
}
inline bool is_edge(const std::string& text, std::size_t at) { return edges(text, at).at_or_after == at; }
inline std::size_t next_edge(const std::string& text, std::size_t at) {
  return at >= text.size() ? at : text[at] == '\n' ? at + 1 : edges(text, at + 1).at_or_after;
}

struct Counts {
  std::size_t edits = 0, typed = 0, committed = 0, pasted = 0, cut = 0, erased = 0, replaced = 0, undone = 0, redone = 0, refused = 0,
              arrived = 0, moves = 0, layouts = 0, longest = 0;
};

/// Where a round takes its choices from.
struct Choices {
  std::function<unsigned()> next;
  std::function<bool(std::size_t edits)> more;  ///< after so many
};

/// One text, edited twice. Throws std::logic_error when the two are not the same.
class Round {
 public:
  Round(unsigned number, Choices choices, Counts& counts) : number_(number), choices_(std::move(choices)), counts_(counts) {
    rules_.max_bytes = number % 5 == 0 ? 300 : 3000;
    rules_.single_line = number % 7 == 0;
    rules_.secret = number % 11 == 0;
    do text_ += arrivals()[number % arrivals().size()];  // every third begins long
    while (number % 3 == 0 && text_.size() < rules_.max_bytes / 2 && !text_.empty());
    editor_ = EditorState(text_, rules_);
    caret_ = anchor_ = text_.size();
    begin_history();
  }

  void run() {
    while (choices_.more(edit_)) {
      now_ += Millis(choices_.next() % 900);
      step();
      compare();
    }
    counts_.edits += edit_;
    there_and_back();
  }

 private:
  std::size_t upto(std::size_t most) { return choices_.next() % (most + 1); }
  bool one_in(unsigned n) { return choices_.next() % n == 0; }
  const Piece& any(const std::vector<Piece>& of) { return of[choices_.next() % of.size()]; }
  [[noreturn]] void fail(const char* what) {
    throw std::logic_error("round " + std::to_string(number_) + ", edit " + std::to_string(edit_) + ", last done: " + doing_ + "; " + what);
  }
  void must(bool is_so, const char* what) {
    if (!is_so) fail(what);
  }
  std::size_t from() const { return std::min(caret_, anchor_); }
  std::size_t to() const { return std::max(caret_, anchor_); }

  void step() {
    // A long text is made shorter more often than not, so that it has many lengths.
    const bool shorten = text_.size() > rules_.max_bytes * 3 / 4 && !one_in(4);
    if (shorten) return one_in(2) ? select_somehow() : erase();
    switch (choices_.next() % 16) {
      case 0: case 1: case 2: case 3: return type();
      case 4: return put("commit", any(committed()), How::Committed, counts_.committed);
      case 5: return paste();
      case 6: return cut();
      case 7: case 8: return erase();
      case 9: return replace();
      case 10: return one_in(3) ? undo_or_redo() : paste();
      case 11: case 12: return move();
      case 13: return point();
      case 14: return select_somehow();
      default: return one_in(25) ? arrive() : put("type", any(letters()), How::Typed, counts_.typed);
    }
  }

  void type() {
    for (std::size_t n = 1 + upto(7); n > 0; --n) {
      put("type", any(letters()), How::Typed, counts_.typed);
      compare();
      now_ += Millis(choices_.next() % 300);
    }
  }

  void paste() {
    if (one_in(3)) return put("paste what was cut", {clipboard_.c_str(), clean_pasted(clipboard_).c_str()}, How::Pasted, counts_.pasted);
    std::string given, kept;
    for (std::size_t n = one_in(4) ? 1 + upto(12) : 1; n > 0; --n) {
      const Piece& piece = any(clipboards());
      given += piece.given;
      kept += piece.kept;
    }
    put("paste", {given.c_str(), kept.c_str()}, How::Pasted, counts_.pasted);
  }

  void cut() {
    doing_ = "cut";
    if (from() == to()) select_somehow();
    must(editor_.selected() == text_.substr(from(), to() - from()), "selected()");
    if (from() == to()) return;
    clipboard_ = editor_.selected();
    if (clipboard_.find('\0') != std::string::npos) clipboard_.clear();
    must(editor_.erase_back(now_), "erase_back()");
    change(from(), to(), "");
    ++counts_.cut;
  }

  void put(const char* doing, const Piece& piece, How how, std::size_t& count) {
    doing_ = doing;
    took(editor_.insert(piece.given, how, now_), piece, count);
  }

  void replace() {
    doing_ = "replace";
    const Piece& piece = one_in(4) ? Piece("") : any(clipboards());
    const Pos a = place(), b = one_in(3) ? a : place();
    anchor_ = edges_at_or_before(editor_.doc().offset(a)), caret_ = edges_at_or_before(editor_.doc().offset(b));
    const Entered entered = editor_.replace(a, b, piece.given, now_);
    if (*piece.given != '\0') return took(entered, piece, counts_.replaced);
    const bool some = caret_ != anchor_;
    must((entered == Entered::All) == some, "replace() by nothing");
    if (some) change(from(), to(), "");
    counts_.replaced += some;
  }

  /// What insert() should have made of it.
  void took(Entered entered, const Piece& piece, std::size_t& count) {
    std::string kept = piece.kept;
    if (rules_.single_line) std::replace(kept.begin(), kept.end(), '\n', ' ');
    if (kept.empty()) return must(entered == Entered::Nothing, "something of nothing");
    if (text_.size() - (to() - from()) + kept.size() > rules_.max_bytes) {
      ++counts_.refused;
      ++edit_;
      return must(entered == Entered::TooLong && editor_.too_long(), "too long, and not said");
    }
    must(entered == Entered::All, "insert()");
    change(from(), to(), kept);
    ++count;
  }

  void erase() {
    const bool word = one_in(3), back = one_in(2);
    doing_ = back ? "erase back" : "erase forward";
    const bool selected = from() != to();
    const std::size_t size = text_.size();
    // How far a word goes is doc_test's; here it must be one piece, on the edge of letters, on the right side.
    const std::size_t letter = back ? (caret_ == 0 ? 0 : edges(text_, caret_).before) : next_edge(text_, caret_);
    const bool erased = back ? editor_.erase_back(now_, word) : editor_.erase_forward(now_, word);
    must(erased == (selected || letter != caret_), "erased or not");
    if (!erased) return;
    std::size_t begin = from(), end = to();
    if (!selected) {
      const std::size_t gone = size - editor_.doc().bytes();
      must(gone > 0 && (back ? gone <= caret_ : gone <= size - caret_), "as much as there is");
      begin = back ? caret_ - gone : caret_;
      end = begin + gone;
      if (word) must(is_edge(text_, begin) && is_edge(text_, end), "whole letters");
      else must(gone == (back ? caret_ - letter : letter - caret_), "one letter");
    }
    change(begin, end, "");
    ++counts_.erased;
  }

  void undo_or_redo() {
    const bool back = !one_in(3);
    for (std::size_t n = 1 + upto(4); n > 0; --n) back ? undo() : redo();
  }

  bool undo() {
    doing_ = "undo";
    const bool can = editor_.can_undo();
    must(!can || !rules_.secret, "a secret is remembered");
    must(editor_.undo() == can, "undo()");
    if (!can) return false;
    const std::string before = std::exchange(text_, editor_.text());
    // One step may be several edits of the oracle's, but it never ends between two of its texts.
    std::size_t at = here_;
    while (at > 0 && were_[at - 1] != text_) --at;
    must(at > 0, "a text that never was");
    ahead_.push_back({here_, before});
    here_ = at - 1;
    landed();
    ++counts_.undone;
    return true;
  }

  bool redo() {
    doing_ = "redo";
    must(editor_.can_redo() == !ahead_.empty(), "can_redo()");
    must(editor_.redo() == !ahead_.empty(), "redo()");
    if (ahead_.empty()) return false;
    here_ = ahead_.back().first;
    text_ = ahead_.back().second;
    ahead_.pop_back();
    landed();
    ++counts_.redone;
    return true;
  }

  void landed() {
    caret_ = editor_.doc().offset(editor_.caret());
    anchor_ = editor_.doc().offset(editor_.anchor());
    ++edit_;
    compare();
  }

  void arrive() {
    doing_ = "reset";
    text_ = arrivals()[choices_.next() % arrivals().size()];
    const std::size_t caret = caret_;
    editor_.reset(text_);
    caret_ = anchor_ = edges_at_or_before(std::min(caret, text_.size()));
    begin_history();
    ++edit_;
    ++counts_.arrived;
  }

  void move() {
    const auto how = static_cast<Move>(choices_.next() % kMoves);
    const bool keep = one_in(2), collapse = from() != to() && !keep;
    layout();
    doing_ = "move";
    editor_.move(how, keep, uneven(), 1 + upto(8));
    const std::size_t caret = editor_.doc().offset(editor_.caret());
    switch (how) {
      case Move::Left: must(caret == (collapse ? from() : caret_ == 0 ? 0 : edges(text_, caret_).before), "left"); break;
      case Move::Right: must(caret == (collapse ? to() : next_edge(text_, caret_)), "right"); break;
      case Move::Start: must(caret == 0, "start"); break;
      case Move::End: must(caret == text_.size(), "end"); break;
      case Move::WordLeft: must(caret < caret_ || caret_ == 0, "a word left"); break;
      case Move::WordRight: must(caret > caret_ || caret_ == text_.size(), "a word right"); break;
      default: break;
    }
    moved(keep);
  }

  /// A press or a drag somewhere in a row.
  void point() {
    layout();
    doing_ = "point";
    const Row row = editor_.wrap().row(choices_.next() % editor_.wrap().count());
    const std::size_t byte = byte_at_x(editor_.doc().paragraph(row.para), row, static_cast<float>(upto(500)), uneven(), rules_.secret);
    must(byte >= row.begin && byte <= row.end, "byte_at_x()");
    const bool keep = one_in(2);
    editor_.move_to({row.para, byte}, keep, byte == row.end ? Side::Before : Side::Either);
    must(editor_.caret() == Pos{row.para, byte}, "move_to()");
    const Wrap& wrap = editor_.wrap();
    must(wrap.row(wrap.row_of(editor_.caret(), editor_.caret_at_row_end())) == row, "another row");
    moved(keep);
  }

  void select_somehow() {
    doing_ = "select";
    const Doc& doc = editor_.doc();
    const Pos a = place(), b = place();
    switch (choices_.next() % (text_.size() > rules_.max_bytes / 2 ? 6 : 5)) {
      case 0: editor_.select(a, b); break;
      case 1: editor_.select_word(a); break;
      case 2: editor_.select({a.para, 0}, {a.para, doc.paragraph(a.para).size()}); break;
      case 3: editor_.select(doc.at_code_point(upto(text_.size())), doc.at_code_point(upto(text_.size()))); break;
      case 4: editor_.move_to(a, one_in(2)); break;
      default: editor_.select_all(); break;
    }
    anchor_ = doc.offset(editor_.anchor());
    moved(true);
  }

  /// Any byte of the text, on an edge or not.
  Pos place() { return editor_.doc().at_offset(upto(text_.size())); }
  std::size_t edges_at_or_before(std::size_t at) const {
    const Edges found = edges(text_, at);
    return found.at_or_after == at ? at : found.before;
  }

  void moved(bool keep) {
    caret_ = editor_.doc().offset(editor_.caret());
    if (!keep) anchor_ = caret_;
    ++counts_.moves;
  }

  void change(std::size_t begin, std::size_t end, const std::string& by) {
    text_.replace(begin, end - begin, by);
    // What stood after it may belong to its last letter now: then the caret is behind that.
    caret_ = anchor_ = edges(text_, begin + by.size()).at_or_after;
    ++edit_;
    ahead_.clear();
    were_.resize(++here_);
    were_.push_back(text_);
  }

  void begin_history() {
    were_.assign(1, text_);
    ahead_.clear();
    here_ = 0;
  }

  void compare() {
    const Doc& doc = editor_.doc();
    must(doc.text() == text_, "another text");
    must(doc.bytes() == text_.size() && editor_.empty() == text_.empty(), "its length");
    must(doc.offset(editor_.caret()) == caret_, "the caret");
    must(doc.offset(editor_.anchor()) == anchor_, "the other end of the selection");
    must(is_edge(text_, caret_) && is_edge(text_, anchor_), "within a letter");
    must(editor_.has_selection() == (caret_ != anchor_), "has_selection()");
    counts_.longest = std::max(counts_.longest, text_.size());
    if (!one_in(6)) return;
    must(editor_.selected() == text_.substr(from(), to() - from()), "selected()");
    must(editor_.words() == Doc(text_).words(), "words()");
    must(doc.hash() == Doc(text_).hash(), "hash()");
    must(doc.unjoined_letters() == Doc(text_).unjoined_letters(), "unjoined_letters()");
    std::size_t points = 0;
    for (std::size_t i = 0; i < caret_; i += decode(text_, i).bytes) ++points;
    must(doc.code_point(editor_.caret()) == points && doc.at_code_point(points) == editor_.caret(), "code points");
    layout();
  }

  void layout() {
    if (one_in(3)) width_ = static_cast<float>(5 + upto(600));
    editor_.layout(width_, 1, uneven(), rules_.secret);
    ++counts_.layouts;
    must(rows_cover(text_, editor_.doc(), editor_.wrap()), "rows");
    const Row row = editor_.wrap().row(editor_.wrap().row_of(editor_.caret(), editor_.caret_at_row_end()));
    must(row.para == editor_.caret().para && row.begin <= editor_.caret().byte && editor_.caret().byte <= row.end, "row_of()");
    if (!one_in(4)) return;  // rows that were kept are those that would be made anew
    Wrap fresh;
    fresh.update(editor_.doc(), width_, 1, uneven(), rules_.secret);
    must(fresh.rows() == editor_.wrap().rows(), "kept rows");
  }

  void there_and_back() {
    while (redo()) {}
    const std::string last = text_, first = were_.front();
    std::size_t steps = 0;
    while (undo()) ++steps;
    must(rules_.secret || text_ == first, "not all was undone");
    for (; steps > 0; --steps) must(redo(), "redo()");
    must(!redo() && text_ == last, "not all was done again");
  }

  const unsigned number_;
  const Choices choices_;
  Counts& counts_;
  Rules rules_;
  EditorState editor_;
  std::string text_;                ///< what it should be
  std::size_t caret_ = 0, anchor_ = 0;
  std::vector<std::string> were_;   ///< every text since undo was last forgotten
  std::size_t here_ = 0;            ///< which of them this is
  std::vector<std::pair<std::size_t, std::string>> ahead_;  ///< what was undone
  std::string clipboard_ = "-";
  const char* doing_ = "begin";
  float width_ = 200;
  std::size_t edit_ = 0;
  Millis now_{0};
};

}  // namespace doorstep::editor::oracle
