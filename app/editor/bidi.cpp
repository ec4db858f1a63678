#include "app/editor/bidi.h"

#include <fribidi.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace doorstep::editor {

namespace {

constexpr FriBidiChar kNothing = 0x200D;  ///< has a place and no width: a joiner

std::vector<FriBidiChar> decoded(std::string_view text) {
  std::vector<FriBidiChar> out;
  for (std::size_t i = 0; i < text.size();) {
    const CodePoint c = decode(text, i);
    out.push_back(c.value);
    i += c.bytes;
  }
  return out;
}

}  // namespace

bool runs_right_to_left(std::string_view paragraph) {
  std::ptrdiff_t more = 0;
  for (const FriBidiChar c : decoded(paragraph)) {
    const FriBidiCharType type = fribidi_get_bidi_type(c);
    if (FRIBIDI_IS_STRONG(type)) more += FRIBIDI_IS_RTL(type) ? 1 : -1;
  }
  return more > 0;
}

Paragraph::Paragraph(std::string_view text) : text_(text) {
  if (std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; })) return;
  std::vector<FriBidiChar> letters = decoded(text);
  const auto count = static_cast<FriBidiStrIndex>(letters.size());
  types_.resize(letters.size());
  fribidi_get_bidi_types(letters.data(), count, types_.data());
  if (std::none_of(types_.begin(), types_.end(), [](FriBidiCharType type) { return FRIBIDI_IS_STRONG(type) && FRIBIDI_IS_RTL(type); }))
    return;
  right_to_left_ = runs_right_to_left(text);
  FriBidiParType base = right_to_left_ ? FRIBIDI_PAR_RTL : FRIBIDI_PAR_LTR;
  std::vector<FriBidiBracketType> brackets(letters.size());
  fribidi_get_bracket_types(letters.data(), count, types_.data(), brackets.data());
  levels_.resize(letters.size());
  if (fribidi_get_par_embedding_levels_ex(types_.data(), brackets.data(), count, &base, levels_.data()) == 0) return;
  std::vector<FriBidiArabicProp> joining(letters.size());
  fribidi_get_joining_types(letters.data(), count, joining.data());
  fribidi_join_arabic(types_.data(), count, levels_.data(), joining.data());
  fribidi_shape(FRIBIDI_FLAGS_DEFAULT | FRIBIDI_FLAGS_ARABIC, levels_.data(), count, joining.data(), letters.data());
  letters_ = std::move(letters);
  for (std::size_t i = 0; i < text_.size();) {
    const std::size_t next = next_cluster(text_, i);
    const char32_t first = decode(text_, i).value;
    for (std::size_t from = i; i < next; i += decode(text_, i).bytes) {
      if (i > from && is_behind(first, decode(text_, i).value)) letters_[starts_.size()] = kNothing;
      starts_.push_back(i);
    }
  }
}

Paragraph::Visual Paragraph::visual(std::size_t begin, std::size_t end) const {
  const auto code_point = [&](std::size_t byte) { return std::lower_bound(starts_.begin(), starts_.end(), byte) - starts_.begin(); };
  const auto first = code_point(begin), last = code_point(end);
  Visual out;
  out.first = static_cast<std::size_t>(first);
  out.letters.assign(letters_.begin() + first, letters_.begin() + last);
  out.levels.assign(levels_.begin() + first, levels_.begin() + last);
  out.from.resize(out.letters.size());
  std::iota(out.from.begin(), out.from.end(), 0);
  const FriBidiParType base = right_to_left_ ? FRIBIDI_PAR_RTL : FRIBIDI_PAR_LTR;
  const auto count = static_cast<FriBidiStrIndex>(out.letters.size());
  // 0: there is no memory for it, and the row is drawn in the order it is written in
  [[maybe_unused]] const FriBidiLevel highest = fribidi_reorder_line(FRIBIDI_FLAGS_DEFAULT, types_.data() + first, count, 0, base,
                                                                     out.levels.data(), out.letters.data(), out.from.data());
  return out;
}

std::string Paragraph::row(std::size_t begin, std::size_t end) const {
  if (!is_reordered()) return text_.substr(begin, end - begin);
  std::string out;
  for (const FriBidiChar c : visual(begin, end).letters)
    if (c != FRIBIDI_CHAR_FILL) append_utf8(out, c);
  return out;
}

DrawnRow Paragraph::drawn(std::size_t begin, std::size_t end, const Advance& advance) const {
  const Visual all = visual(begin, end);
  const std::size_t count = all.letters.size();
  DrawnRow out;
  std::vector<std::pair<float, float>> places(count);  // by code point of the row
  for (std::size_t i = 0; i < count; ++i) {
    const FriBidiChar c = all.letters[i];
    const float x = out.width;
    if (c != FRIBIDI_CHAR_FILL) {
      append_utf8(out.words, c);
      out.width += advance(c);
    }
    places[static_cast<std::size_t>(all.from[i])] = {x, out.width};
  }
  // Of two letters that make one sign FriBidi fills the place of the first: half of the sign is its own, the right one.
  for (std::size_t i = 0; i + 1 < count; ++i) {
    if (letters_[all.first + i] != FRIBIDI_CHAR_FILL) continue;
    auto& [left, right] = places[i + 1];
    const float middle = (left + right) / 2;
    places[i] = {middle, right};
    right = middle;
  }
  for (std::size_t byte = begin, i = 0; byte < end; byte = out.letters.back().end) {
    const std::size_t next = std::min(next_cluster(text_, byte), end);
    out.letters.push_back({byte, next, places[i].first, places[i].second, (all.levels[i] & 1) != 0});
    DrawnLetter& letter = out.letters.back();
    for (; i < count && starts_[all.first + i] < letter.end; ++i) {
      const auto& [left, right] = places[i];
      if (left == right) continue;  // what has no width may be anywhere: a joiner at a row's end is at its edge
      const bool is_first = letter.x0 == letter.x1;
      letter.x0 = is_first ? left : std::min(letter.x0, left);
      letter.x1 = is_first ? right : std::max(letter.x1, right);
    }
  }
  std::ranges::stable_sort(out.letters, {}, [](const DrawnLetter& letter) { return std::pair(letter.x0, letter.x1); });
  return out;
}

}  // namespace doorstep::editor
