#include "app/view/widgets/bidi.h"

#include <algorithm>

#include "app/editor/wrap.h"

namespace doorstep::view {

namespace {

std::vector<FriBidiChar> decoded(std::string_view text) {
  std::vector<FriBidiChar> out;
  for (std::size_t i = 0; i < text.size();) {
    const editor::CodePoint c = editor::decode(text, i);
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
}

std::string Paragraph::row(std::size_t begin, std::size_t end) const {
  if (!is_reordered()) return std::string(text_.substr(begin, end - begin));
  const auto first = static_cast<std::ptrdiff_t>(decoded(text_.substr(0, begin)).size());
  const auto last = first + static_cast<std::ptrdiff_t>(decoded(text_.substr(begin, end - begin)).size());
  std::vector<FriBidiChar> visual(letters_.begin() + first, letters_.begin() + last);
  std::vector<FriBidiLevel> levels(levels_.begin() + first, levels_.begin() + last);
  const FriBidiParType base = right_to_left_ ? FRIBIDI_PAR_RTL : FRIBIDI_PAR_LTR;
  const auto count = static_cast<FriBidiStrIndex>(visual.size());
  if (fribidi_reorder_line(FRIBIDI_FLAGS_DEFAULT, types_.data() + first, count, 0, base, levels.data(), visual.data(), nullptr) == 0)
    return std::string(text_.substr(begin, end - begin));
  std::string out;
  for (const FriBidiChar c : visual)
    if (c != FRIBIDI_CHAR_FILL) editor::append_utf8(out, c);
  return out;
}

}  // namespace doorstep::view
