#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/editor/bidi.h"
#include "app/editor/wrap.h"

namespace doorstep::editor {

/// A place in a row, and which of the letters beside it the caret stands at: the two may be far apart where the direction changes.
struct Spot {
  std::size_t byte = 0;
  Side side = Side::Either;
};

/// Where the letters of one row are as it is drawn, from the left edge of the text: right-to-left script not in the order it is written
/// in, and a paragraph of it at the right edge. Lives no longer than the text, its rows and `advance`; lengths in the unit of the width.
class Line {
 public:
  Line(const Doc& doc, const Wrap& wrap, std::size_t row, const Advance& advance);
  const Row& row() const { return row_; }
  bool is_reordered() const { return paragraph_ != nullptr; }
  /// What is drawn of a row that is reordered, and where it begins.
  const std::string& words() const { return drawn_.words; }
  float left() const { return left_; }

  /// Where the caret is at a place of this row. Either: at the letter before it, as far as there is one.
  float x_of(Spot at) const;
  /// The place nearest to `x`; beyond the row's ends its beginning or its end.
  Spot at(float x) const;
  /// From and to: what bytes [from, to) of it cover, from left to right.
  std::vector<std::pair<float, float>> boxes(std::size_t from, std::size_t to) const;
  /// The same of the newline behind the row, which is to be seen as so wide.
  std::pair<float, float> newline(float width) const;

 private:
  std::string_view text_;
  Row row_;
  const Paragraph* paragraph_ = nullptr;
  DrawnRow drawn_;
  float left_ = 0;
  const Advance& advance_;
  bool masked_ = false;
};

}  // namespace doorstep::editor
