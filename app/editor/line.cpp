#include "app/editor/line.h"

#include <algorithm>

namespace doorstep::editor {

Line::Line(const Doc& doc, const Wrap& wrap, std::size_t row, const Advance& advance)
    : row_(wrap.row(row)), advance_(advance), masked_(wrap.masked()) {
  text_ = doc.paragraph(row_.para);
  paragraph_ = wrap.bidi(row_.para);
  if (!paragraph_) return;
  drawn_ = paragraph_->drawn(row_.begin, row_.end, advance);
  if (paragraph_->right_to_left()) left_ = wrap.width() - drawn_.width;
}

float Line::x_of(Spot at) const {
  if (!paragraph_) return width_of(text_, row_.begin, at.byte, advance_, masked_);
  const DrawnLetter *before = nullptr, *after = nullptr;
  for (const DrawnLetter& letter : drawn_.letters) {
    if (letter.begin < at.byte && at.byte <= letter.end) before = &letter;
    if (letter.begin == at.byte) after = &letter;
  }
  if (after && (!before || at.side == Side::After)) return left_ + (after->right_to_left ? after->x1 : after->x0);
  if (before) return left_ + (before->right_to_left ? before->x0 : before->x1);
  return left_;
}

Spot Line::at(float x) const {
  if (!paragraph_) {
    const std::size_t byte = byte_at_x(text_, row_, x, advance_, masked_);
    return {byte, byte == row_.end ? Side::Before : Side::Either};
  }
  x -= left_;
  const auto edge = [&](bool is_end) { return is_end ? Spot{row_.end, Side::Before} : Spot{row_.begin, Side::After}; };
  if (x < 0 || drawn_.letters.empty()) return edge(paragraph_->right_to_left());
  if (x >= drawn_.width) return edge(!paragraph_->right_to_left());
  const auto letter = std::find_if(drawn_.letters.begin(), drawn_.letters.end() - 1, [&](const DrawnLetter& one) { return x < one.x1; });
  const bool is_first_half = (x < (letter->x0 + letter->x1) / 2) != letter->right_to_left;
  return is_first_half ? Spot{letter->begin, Side::After} : Spot{letter->end, Side::Before};
}

std::vector<std::pair<float, float>> Line::boxes(std::size_t from, std::size_t to) const {
  std::vector<std::pair<float, float>> out;
  if (!paragraph_) {
    const float x = width_of(text_, row_.begin, from, advance_, masked_);
    return {{x, width_of(text_, row_.begin, to, advance_, masked_)}};
  }
  bool goes_on = false;
  for (const DrawnLetter& letter : drawn_.letters) {
    const bool is_within = letter.begin < to && from < letter.end;
    if (is_within && goes_on) out.back().second = left_ + letter.x1;
    else if (is_within) out.emplace_back(left_ + letter.x0, left_ + letter.x1);
    goes_on = is_within;
  }
  return out;
}

std::pair<float, float> Line::newline(float width) const {
  if (paragraph_ && paragraph_->right_to_left()) return {left_ - width, left_};
  const float x = paragraph_ ? drawn_.width : width_of(text_, row_.begin, row_.end, advance_, masked_);
  return {x, x + width};
}

}  // namespace doorstep::editor
