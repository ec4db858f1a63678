#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "app/editor/wrap.h"

/// Text that runs from right to left, for a toolkit that only draws from left to right. Pure.
namespace doorstep::editor {

/// Whether a paragraph runs from right to left: where most of its letters do. The first letter alone does not tell: an English
/// sentence often begins with a child's name in its own script.
bool runs_right_to_left(std::string_view paragraph);

/// A letter of a row as it is drawn: bytes [begin, end) of its paragraph, from x0 to x1 of the row.
struct DrawnLetter {
  std::size_t begin = 0, end = 0;
  float x0 = 0, x1 = 0;
  bool right_to_left = false;
};
/// A row as it is drawn. `letters`: from left to right, all of them; two that are joined to one sign share its width.
struct DrawnRow {
  std::string words;
  std::vector<DrawnLetter> letters;
  float width = 0;
};

/// A paragraph that may hold right-to-left script. Which way each letter runs and how it joins its neighbours is of the whole
/// paragraph; it is broken into rows in the order it is read in, and each row put in order after that (UAX 9, L1 and L2).
class Paragraph {
 public:
  /// `text`: without a line end.
  explicit Paragraph(std::string_view text);
  bool is_reordered() const { return !letters_.empty(); }  ///< it holds right-to-left script
  bool right_to_left() const { return right_to_left_; }
  /// What is drawn for its bytes [begin, end): runs reversed, Arabic letters in their joined forms. The text itself stays as it is.
  std::string row(std::size_t begin, std::size_t end) const;
  /// The same, and where each letter of it is; of a paragraph that is reordered.
  DrawnRow drawn(std::size_t begin, std::size_t end, const Advance& advance) const;

 private:
  /// What is drawn for a row, from left to right, and which code point of the row each is.
  struct Visual {
    std::size_t first = 0;                 ///< code point of the paragraph that the row begins with
    std::vector<std::uint32_t> letters;
    std::vector<int> from;
    std::vector<signed char> levels;      ///< by code point of the row
  };
  Visual visual(std::size_t begin, std::size_t end) const;

  std::string text_;
  bool right_to_left_ = false;
  std::vector<std::uint32_t> letters_;  ///< joined and mirrored, in the order they are read in; one for each code point
  std::vector<std::size_t> starts_;   ///< byte of each code point
  std::vector<std::uint32_t> types_;
  std::vector<signed char> levels_;
};

}  // namespace doorstep::editor
