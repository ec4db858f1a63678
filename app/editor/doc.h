#pragma once
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace doorstep::editor {

/// A place between bytes: paragraph number, byte within it. Only ever on the edge of a cluster (what a person calls a letter).
struct Pos {
  std::size_t para = 0;
  std::size_t byte = 0;
  friend auto operator<=>(const Pos&, const Pos&) = default;
};

/// Decodes the code point at `at` (at < text.size()). A byte that is not UTF-8 comes back as U+FFFD with length 1, so that
/// nothing is ever skipped or changed.
struct CodePoint {
  char32_t value = 0;
  std::size_t bytes = 1;
};
CodePoint decode(std::string_view text, std::size_t at);
void append_utf8(std::string& out, char32_t value);

/// True for marks and joiners that belong to the letter before them and have no width of their own.
bool joins_previous(char32_t value);
/// True for code points that are stored but never drawn: zero-width joiners, direction marks, variation selectors.
bool is_invisible(char32_t value);

/// Whether `value`, in a cluster that begins with `first`, is stored and not drawn: a picture joined to another one, a tone of skin. There
/// are faces for the first picture of a family, and none here for all of it in one.
bool is_behind(char32_t first, char32_t value);
/// `words` as it is drawn, without what is_behind(); that is `words` itself, or what is put into `room`.
std::string_view without_behind(std::string_view words, std::string& room);

/// Byte offset of the end of the cluster that begins at `at`; of the beginning of the one that ends at `at`.
std::size_t next_cluster(std::string_view text, std::size_t at);
std::size_t prev_cluster(std::string_view text, std::size_t at);

/// Bytes [begin, end) of `text` that reach from the blank (space or tab) before `begin` to the one at or after `end`, without them.
/// What is outside says nothing about code points, words or quotation marks within, nor they about it.
std::pair<std::size_t, std::size_t> between_blanks(std::string_view text, std::size_t begin, std::size_t end);

/// The text of a Doc as it once was. It shares the paragraphs with the Doc, and puts them together when it is first read: taking one
/// costs nothing to speak of. Read by one thread.
class Snapshot {
 public:
  using Paragraphs = std::vector<std::shared_ptr<const std::string>>;
  explicit Snapshot(Paragraphs paragraphs) : paragraphs_(std::move(paragraphs)) {}
  explicit Snapshot(std::string text) : text_(std::move(text)) {}
  const std::string& text() const;

 private:
  mutable Paragraphs paragraphs_;  ///< empty: they are in text_
  mutable std::string text_;
};

/// Text as paragraphs (split at '\n'), bytes exactly as given: text() returns them all. One primitive changes it: replace().
/// A plain value: copy, move, compare.
class Doc {
 public:
  Doc() = default;
  explicit Doc(std::string_view text);

  std::string text() const;
  Snapshot snapshot() const;
  std::size_t bytes() const { return bytes_; }
  std::size_t paragraphs() const { return paras_.size(); }
  const std::string& paragraph(std::size_t i) const { return *paras_[i].text; }
  /// No two states of any paragraph of one Doc share a number, wherever it moves: what a wrap or spelling cache compares.
  std::uint64_t version(std::size_t i) const { return paras_[i].version; }
  std::uint64_t version() const { return version_; }
  /// Of the whole text: equal for equal texts. Kept by paragraph, so that asking costs nothing to speak of.
  std::uint64_t hash() const;

  /// A change within one paragraph: bytes [at, at + removed) of its state `from` are bytes [at, at + added) of its state `to`.
  struct Change {
    std::uint64_t from = 0, to = 0;  ///< version()
    std::size_t at = 0, removed = 0, added = 0;
  };
  /// The last change, as long as nothing else happened: what knows the paragraph before it need not look at all of it again.
  const Change& last_change() const { return last_change_; }

  /// Replaces what lies between `a` and `b` (in either order) by `text`; returns the end of what was put in.
  Pos replace(Pos a, Pos b, std::string_view text);
  std::string slice(Pos a, Pos b) const;

  Pos begin() const { return {}; }
  Pos end() const { return {paras_.size() - 1, paras_.back().text->size()}; }
  /// Nearest place in the text at or before `at` that is on the edge of a cluster.
  Pos clamp(Pos at) const;
  Pos next(Pos at) const;
  Pos prev(Pos at) const;
  Pos next_word(Pos at) const;  ///< beginning of the next word
  Pos prev_word(Pos at) const;
  /// The word, or run of spaces, or sign, around `at`.
  std::pair<Pos, Pos> word_at(Pos at) const;

  std::size_t offset(Pos at) const;  ///< bytes from the beginning
  Pos at_offset(std::size_t offset) const;
  std::size_t code_point(Pos at) const;  ///< code points from the beginning; a newline is one
  /// Place after so many code points, or before the cluster that they end within; past the end: the end.
  Pos at_code_point(std::size_t number) const;
  /// Runs between spaces that hold a letter, a digit or a picture.
  std::size_t words() const;
  /// Letters that change their form beside each other and are drawn apart all the same: those of Bengali, Tamil and more, and the few of
  /// Arabic script that have no joined forms of their own (bidi.h).
  std::size_t unjoined_letters() const;
  bool has_right_to_left(std::size_t para) const { return paras_[para].right_to_left > 0; }
  /// Room for so many bytes in one paragraph, so that a pass phrase is not left behind by growing.
  void reserve(std::size_t bytes) { own(paras_.front()).reserve(bytes); }
  /// Overwrites every byte that no snapshot and no copy shares, then empties.
  void wipe();

 private:
  struct Para {
    Para(std::string words = {}) : text(std::make_shared<std::string>(std::move(words))) {}
    std::shared_ptr<std::string> text;  ///< shared with snapshots and copies: see own()
    std::uint64_t version = 1;
    std::size_t words = 0, code_points = 0, unjoined = 0, right_to_left = 0;
    std::size_t hash = std::hash<std::string_view>()({});
  };
  void touch(Para& para);
  /// Its text, for it alone to change.
  static std::string& own(Para& para);

  std::vector<Para> paras_{Para()};
  std::uint64_t version_ = 1;
  std::size_t bytes_ = 0;
  Change last_change_;
};

}  // namespace doorstep::editor
