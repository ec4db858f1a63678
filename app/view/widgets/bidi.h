#pragma once
#include <fribidi.h>

#include <string>
#include <string_view>
#include <vector>

/// Text that runs from right to left, for a toolkit that only draws from left to right. Pure.
namespace doorstep::view {

/// Whether a paragraph runs from right to left: where most of its letters do. The first letter alone does not tell: an English
/// sentence often begins with a child's name in its own script.
bool runs_right_to_left(std::string_view paragraph);

/// A paragraph that may hold right-to-left script. Which way each letter runs and how it joins its neighbours is of the whole
/// paragraph; it is broken into rows in the order it is read in, and each row put in order after that (UAX 9, L1 and L2).
class Paragraph {
 public:
  /// `text`: without a line end; it has to live as long as this.
  explicit Paragraph(std::string_view text);
  bool is_reordered() const { return !letters_.empty(); }  ///< it holds right-to-left script
  bool right_to_left() const { return right_to_left_; }
  /// What is drawn for its bytes [begin, end): runs reversed, Arabic letters in their joined forms. The text itself stays as it is.
  std::string row(std::size_t begin, std::size_t end) const;

 private:
  std::string_view text_;
  bool right_to_left_ = false;
  std::vector<FriBidiChar> letters_;  ///< joined and mirrored, in the order they are read in; one for each code point
  std::vector<FriBidiCharType> types_;
  std::vector<FriBidiLevel> levels_;
};

}  // namespace doorstep::view
