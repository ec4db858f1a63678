#include "app/editor/doc.h"

#include <fribidi.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "platform/base/error.h"

namespace doorstep::editor {

namespace {

constexpr char32_t kJoiner = 0x200D;

struct Range {
  char32_t from, to;
};
template <std::size_t N>
bool in(const std::array<Range, N>& ranges, char32_t c) {
  return std::any_of(ranges.begin(), ranges.end(), [c](const Range& r) { return c >= r.from && c <= r.to; });
}

// Marks of the scripts that our records hold (Unicode general categories Mn and Me, and the spacing vowel signs of Indic scripts).
constexpr std::array<Range, 44> kMarks{{
    {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x05BF, 0x05BF}, {0x05C1, 0x05C7}, {0x0610, 0x061A}, {0x064B, 0x065F},
    {0x0670, 0x0670}, {0x06D6, 0x06DC}, {0x06DF, 0x06E4}, {0x06E7, 0x06E8}, {0x06EA, 0x06ED}, {0x0711, 0x0711}, {0x0730, 0x074A},
    {0x0900, 0x0903}, {0x093A, 0x094F}, {0x0951, 0x0957}, {0x0962, 0x0963}, {0x0981, 0x0983}, {0x09BC, 0x09CD}, {0x09D7, 0x09D7},
    {0x0A01, 0x0A03}, {0x0A3C, 0x0A51}, {0x0A70, 0x0A71}, {0x0A81, 0x0A83}, {0x0ABC, 0x0ACD}, {0x0B82, 0x0B82}, {0x0BBE, 0x0BCD},
    {0x0D00, 0x0D03}, {0x0D3B, 0x0D4D}, {0x0E31, 0x0E31}, {0x0E34, 0x0E3A}, {0x0E47, 0x0E4E}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF},
    {0x200C, 0x200D}, {0x20D0, 0x20F0}, {0x302A, 0x302F}, {0x3099, 0x309A}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0x1F3FB, 0x1F3FF},
    {0xE0020, 0xE007F}, {0xE0100, 0xE01EF},
}};

// Scripts whose letters join or stack (Unicode 15, chapters 9, 12 to 16 and 19), without those of Arabic that have joined forms as
// signs of their own (blocks FB50 and FE70), which FriBidi puts in their place.
constexpr auto kUnjoined = std::to_array<Range>({
    {0x0620, 0x0620}, {0x063B, 0x063F}, {0x066E, 0x066F}, {0x0672, 0x0673}, {0x0675, 0x0678}, {0x067C, 0x067D}, {0x0681, 0x0682},
    {0x0685, 0x0685}, {0x0689, 0x068B}, {0x068F, 0x0690}, {0x0692, 0x0697}, {0x0699, 0x06A3}, {0x06A5, 0x06A5}, {0x06A7, 0x06A8},
    {0x06AA, 0x06AC}, {0x06AE, 0x06AE}, {0x06B0, 0x06B0}, {0x06B2, 0x06B2}, {0x06B4, 0x06B9}, {0x06BC, 0x06BD}, {0x06BF, 0x06BF},
    {0x06C2, 0x06C4}, {0x06CA, 0x06CA}, {0x06CD, 0x06CF}, {0x06D1, 0x06D1}, {0x06D5, 0x06D5}, {0x06EE, 0x06EF}, {0x06FA, 0x06FF},  // of Arabic
    {0x0710, 0x077F}, {0x07CA, 0x07EA}, {0x0840, 0x0858}, {0x0860, 0x08C9},        // Syriac, more of Arabic, N'Ko, Mandaic
    {0x0904, 0x0963}, {0x0971, 0x0DFF},                                            // Devanagari; Bengali to Sinhala
    {0x0F40, 0x0FBC}, {0x1000, 0x109F}, {0x1780, 0x17D3}, {0x1820, 0x1878},        // Tibetan, Myanmar, Khmer, Mongolian
    {0xA840, 0xA871},                                                              // Phags-pa
});

bool is_flag_letter(char32_t c) { return c >= 0x1F1E6 && c <= 0x1F1FF; }
bool is_picture(char32_t c) { return (c >= 0x2190 && c <= 0x2BFF) || (c >= 0x1F000 && c <= 0x1FAFF) || c == 0x00A9 || c == 0x00AE; }

enum class Sort { Space, Word, Sign };
Sort sort_of(char32_t c) {
  if (c == ' ' || c == '\t' || c == 0xA0 || (c >= 0x2000 && c <= 0x200A) || c == 0x202F || c == 0x3000) return Sort::Space;
  if (c < 0x80) return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '\'' ? Sort::Word : Sort::Sign;
  if (c == 0x2019) return Sort::Word;  // the apostrophe of "mum’s"
  if (c < 0xC0) return c == 0xAA || c == 0xB5 || c == 0xBA ? Sort::Word : Sort::Sign;
  if ((c >= 0x2010 && c <= 0x206F && c != kJoiner) || (c >= 0x3001 && c <= 0x3003) || (c >= 0x3008 && c <= 0x3011)) return Sort::Sign;
  return Sort::Word;
}

std::size_t count_words(std::string_view text) {
  std::size_t words = 0;
  bool inside = false;
  for (std::size_t i = 0; i < text.size();) {
    const CodePoint c = decode(text, i);
    const Sort sort = sort_of(c.value);
    if (sort == Sort::Word && !inside) {
      ++words;
      inside = true;
    } else if (sort == Sort::Space) {
      inside = false;
    }
    i += c.bytes;
  }
  return words;
}

/// Code points that begin before byte `end`; eight at a time where all are ASCII.
std::size_t count_code_points(std::string_view text, std::size_t end) {
  std::size_t sum = 0;
  for (std::size_t i = 0; i < end;) {
    std::uint64_t eight = 0x80;
    if (i + sizeof eight <= end) std::memcpy(&eight, text.data() + i, sizeof eight);
    const bool ascii = (eight & 0x8080808080808080u) == 0;
    i += ascii ? sizeof eight : decode(text, i).bytes;
    sum += ascii ? sizeof eight : 1;
  }
  return sum;
}

/// Of letters, by what it takes to draw them.
struct Letters {
  std::size_t unjoined = 0, right_to_left = 0;
};
Letters count_letters(std::string_view text) {
  Letters sum;
  for (std::size_t i = 0; i < text.size();) {
    const bool earlier = static_cast<unsigned char>(text[i]) < 0xD6;  // no script before U+0590 joins or runs to the left
    const CodePoint c = earlier ? CodePoint{} : decode(text, i);
    i += c.bytes;
    if (earlier) continue;
    const FriBidiCharType type = fribidi_get_bidi_type(c.value);
    sum.right_to_left += FRIBIDI_IS_STRONG(type) && FRIBIDI_IS_RTL(type);
    sum.unjoined += in(kUnjoined, c.value);
  }
  return sum;
}

/// Beginning of the code point that the byte before `at` is of.
std::size_t before(std::string_view text, std::size_t at) {
  const std::size_t byte = at - 1;
  for (std::size_t back = 1; back < 4 && back <= byte; ++back)
    if (decode(text, byte - back).bytes > back) return byte - back;
  return byte;
}

}  // namespace

CodePoint decode(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(at);
  if (first < 0x80) return {first, 1};
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  constexpr CodePoint bad{0xFFFD, 1};
  if (first < 0xC2 || first > 0xF4 || at + length > text.size()) return bad;
  char32_t value = first & (0xFF >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return bad;
    value = (value << 6) | (byte(at + i) & 0x3F);
  }
  const bool overlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
  if (overlong || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return bad;
  return {value, length};
}

void append_utf8(std::string& out, char32_t c) {
  const auto put = [&](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | (c >> 6)), put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | (c >> 12)), put(0x80 | ((c >> 6) & 0x3F)), put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | (c >> 18)), put(0x80 | ((c >> 12) & 0x3F)), put(0x80 | ((c >> 6) & 0x3F)), put(0x80 | (c & 0x3F));
  }
}

bool joins_previous(char32_t value) { return value >= 0x300 && in(kMarks, value); }

bool is_invisible(char32_t c) {
  return (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x2069) || (c >= 0xFE00 && c <= 0xFE0F) ||
         c == 0xFEFF || c == 0x00AD || (c < 0x20 && c != '\t') || (c >= 0xE0020 && c <= 0xE01EF);
}

bool is_behind(char32_t first, char32_t value) {
  const bool is_tone = value >= 0x1F3FB && value <= 0x1F3FF;
  return is_tone || (is_picture(first) && is_picture(value) && !is_flag_letter(value));
}

std::string_view without_behind(std::string_view words, std::string& room) {
  constexpr std::string_view kJoinerBytes = "\xE2\x80\x8D", kToneBytes = "\xF0\x9F\x8F";
  if (words.find(kJoinerBytes) == words.npos && words.find(kToneBytes) == words.npos) return words;
  room.clear();
  for (std::size_t i = 0; i < words.size();) {
    const std::size_t next = next_cluster(words, i);
    const CodePoint first = decode(words, i);
    room += words.substr(i, first.bytes);
    for (i += first.bytes; i < next;) {
      const CodePoint c = decode(words, i);
      if (!is_behind(first.value, c.value)) room += words.substr(i, c.bytes);
      i += c.bytes;
    }
  }
  return room;
}

std::size_t next_cluster(std::string_view text, std::size_t at) {
  if (at >= text.size()) return text.size();
  const auto is_ascii = [&](std::size_t i) { return static_cast<unsigned char>(text[i]) < 0x80; };
  if (is_ascii(at) && (at + 1 == text.size() || is_ascii(at + 1))) return at + 1;  // neither joins the other
  CodePoint last = decode(text, at);
  at += last.bytes;
  bool flag = is_flag_letter(last.value);
  while (at < text.size()) {
    const CodePoint c = decode(text, at);
    const bool second_flag = flag && is_flag_letter(c.value);
    if (!joins_previous(c.value) && !second_flag && !(last.value == kJoiner && is_picture(c.value))) break;
    flag = false;  // two letters side by side are a flag
    last = c;
    at += c.bytes;
  }
  return at;
}

std::size_t prev_cluster(std::string_view text, std::size_t at) {
  if (at == 0 || text.empty()) return 0;
  at = std::min(at, text.size());
  // Back to a letter that surely begins a cluster, then forward again: one definition of a cluster, not two.
  std::size_t start = before(text, at);
  while (start > 0) {
    const CodePoint here = decode(text, start);
    const std::size_t previous = before(text, start);
    const char32_t left = decode(text, previous).value;
    if (!joins_previous(here.value) && left != kJoiner && !(is_flag_letter(here.value) && is_flag_letter(left))) break;
    start = previous;
  }
  for (;;) {
    const std::size_t next = next_cluster(text, start);
    if (next >= at) return start;
    start = next;
  }
}

std::pair<std::size_t, std::size_t> between_blanks(std::string_view text, std::size_t begin, std::size_t end) {
  constexpr std::string_view kBlanks = " \t";
  const std::size_t before = begin == 0 ? std::string_view::npos : text.find_last_of(kBlanks, begin - 1);
  return {before == std::string_view::npos ? 0 : before + 1, std::min(text.find_first_of(kBlanks, end), text.size())};
}

Doc::Doc(std::string_view text) { replace({}, {}, text); }

const std::string& Snapshot::text() const {
  for (std::size_t i = 0; i < paragraphs_.size(); ++i) {
    if (i > 0) text_.push_back('\n');
    text_ += *paragraphs_[i];
  }
  paragraphs_.clear();
  return text_;
}

std::string Doc::text() const {
  std::string out;
  out.reserve(bytes_);
  for (std::size_t i = 0; i < paras_.size(); ++i) {
    if (i > 0) out.push_back('\n');
    out += paragraph(i);
  }
  return out;
}

Snapshot Doc::snapshot() const {
  Snapshot::Paragraphs paragraphs;
  paragraphs.reserve(paras_.size());
  for (const Para& para : paras_) paragraphs.push_back(para.text);
  return Snapshot(std::move(paragraphs));
}

std::string& Doc::own(Para& para) {
  if (para.text.use_count() > 1) para.text = std::make_shared<std::string>(*para.text);
  return *para.text;
}

std::uint64_t Doc::hash() const {
  std::uint64_t out = 0;
  for (const Para& para : paras_) out = std::rotl((out ^ para.hash) * 0x9E3779B97F4A7C15u, 29);
  return out;
}

void Doc::touch(Para& para) {
  para.version = ++version_;
  para.words = count_words(*para.text);
  para.code_points = count_code_points(*para.text, para.text->size());
  const Letters letters = count_letters(*para.text);
  para.unjoined = letters.unjoined, para.right_to_left = letters.right_to_left;
  para.hash = std::hash<std::string_view>()(*para.text);
}

Pos Doc::replace(Pos a, Pos b, std::string_view text) {
  if (b < a) std::swap(a, b);
  DOORSTEP_ASSERT(b.para < paras_.size() && b.byte <= paragraph(b.para).size() && a.byte <= paragraph(a.para).size());
  bytes_ = bytes_ - (offset(b) - offset(a)) + text.size();
  const std::size_t newline = text.find('\n');
  if (a.para == b.para && newline == std::string_view::npos) {
    Para& para = paras_[a.para];
    std::string& words = own(para);
    const auto [from, to] = between_blanks(words, a.byte, b.byte);
    const auto run = [&, from = from](std::size_t end) { return std::string_view(words).substr(from, end - from); };
    const std::string_view before = run(to);
    para.words -= count_words(before);
    para.code_points -= count_code_points(before, before.size());
    const Letters gone = count_letters(before);
    para.unjoined -= gone.unjoined, para.right_to_left -= gone.right_to_left;
    words.replace(a.byte, b.byte - a.byte, text);
    const std::string_view after = run(to - (b.byte - a.byte) + text.size());
    para.words += count_words(after);
    para.code_points += count_code_points(after, after.size());
    const Letters come = count_letters(after);
    para.unjoined += come.unjoined, para.right_to_left += come.right_to_left;
    para.hash = std::hash<std::string_view>()(words);
    last_change_ = {para.version, ++version_, a.byte, b.byte - a.byte, text.size()};
    para.version = version_;
    return {a.para, a.byte + text.size()};
  }
  last_change_ = {};
  std::vector<Para> middle;
  std::string first = paragraph(a.para).substr(0, a.byte);
  const std::string tail = paragraph(b.para).substr(b.byte);
  std::size_t from = 0;
  for (std::size_t cut = newline; cut != std::string_view::npos; cut = text.find('\n', from)) {
    first.append(text.substr(from, cut - from));
    middle.emplace_back(std::move(first));
    first.clear();
    from = cut + 1;
  }
  first.append(text.substr(from));
  const Pos end{a.para + middle.size(), first.size()};
  first += tail;
  middle.emplace_back(std::move(first));
  for (Para& para : middle) touch(para);

  const auto at = [](auto& v, std::size_t i) { return v.begin() + static_cast<std::ptrdiff_t>(i); };
  const std::size_t old_count = b.para - a.para + 1, new_count = middle.size();
  const std::size_t shared = std::min(old_count, new_count);
  std::move(middle.begin(), at(middle, shared), at(paras_, a.para));
  if (new_count > old_count) {
    paras_.insert(at(paras_, a.para + shared), std::make_move_iterator(at(middle, shared)), std::make_move_iterator(middle.end()));
  } else {
    paras_.erase(at(paras_, a.para + shared), at(paras_, b.para + 1));
  }
  return end;
}

std::string Doc::slice(Pos a, Pos b) const {
  if (b < a) std::swap(a, b);
  if (a.para == b.para) return paragraph(a.para).substr(a.byte, b.byte - a.byte);
  std::string out = paragraph(a.para).substr(a.byte);
  for (std::size_t i = a.para + 1; i < b.para; ++i) out.append("\n").append(paragraph(i));
  return out.append("\n").append(paragraph(b.para), 0, b.byte);
}

Pos Doc::clamp(Pos at) const {
  if (at.para >= paras_.size()) return end();
  const std::string& text = paragraph(at.para);
  if (at.byte >= text.size()) return {at.para, text.size()};
  if (at.byte == 0) return at;
  const std::size_t start = prev_cluster(text, at.byte);
  return {at.para, next_cluster(text, start) == at.byte ? at.byte : start};
}

Pos Doc::next(Pos at) const {
  if (at.byte < paragraph(at.para).size()) return {at.para, next_cluster(paragraph(at.para), at.byte)};
  return at.para + 1 < paras_.size() ? Pos{at.para + 1, 0} : at;
}

Pos Doc::prev(Pos at) const {
  if (at.byte > 0) return {at.para, prev_cluster(paragraph(at.para), at.byte)};
  return at.para > 0 ? Pos{at.para - 1, paragraph(at.para - 1).size()} : at;
}

Pos Doc::next_word(Pos at) const {
  const std::string& text = paragraph(at.para);
  if (at.byte >= text.size()) return next(at);
  const Sort from = sort_of(decode(text, at.byte).value);
  std::size_t i = at.byte;
  while (from != Sort::Space && i < text.size() && sort_of(decode(text, i).value) == from) i = next_cluster(text, i);
  while (i < text.size() && sort_of(decode(text, i).value) == Sort::Space) i = next_cluster(text, i);
  return {at.para, i};
}

Pos Doc::prev_word(Pos at) const {
  if (at.byte == 0) return prev(at);
  const std::string& text = paragraph(at.para);
  const auto sort_before = [&](std::size_t i) { return sort_of(decode(text, prev_cluster(text, i)).value); };
  std::size_t i = at.byte;
  while (i > 0 && sort_before(i) == Sort::Space) i = prev_cluster(text, i);
  if (i == 0) return {at.para, 0};
  const Sort sort = sort_before(i);
  while (i > 0 && sort_before(i) == sort) i = prev_cluster(text, i);
  return {at.para, i};
}

std::pair<Pos, Pos> Doc::word_at(Pos at) const {
  const std::string& text = paragraph(at.para);
  if (text.empty()) return {at, at};
  std::size_t begin = at.byte < text.size() ? at.byte : prev_cluster(text, text.size());
  const Sort sort = sort_of(decode(text, begin).value);
  std::size_t end = begin;
  while (begin > 0 && sort_of(decode(text, prev_cluster(text, begin)).value) == sort) begin = prev_cluster(text, begin);
  while (end < text.size() && sort_of(decode(text, end).value) == sort) end = next_cluster(text, end);
  return {{at.para, begin}, {at.para, end}};
}

std::size_t Doc::offset(Pos at) const {
  std::size_t out = at.byte;
  for (std::size_t i = 0; i < at.para; ++i) out += paragraph(i).size() + 1;
  return out;
}

Pos Doc::at_offset(std::size_t offset) const {
  for (std::size_t i = 0; i < paras_.size(); ++i) {
    if (offset <= paragraph(i).size()) return {i, offset};
    offset -= paragraph(i).size() + 1;
  }
  return end();
}

std::size_t Doc::code_point(Pos at) const {
  std::size_t sum = 0;
  for (std::size_t i = 0; i < at.para; ++i) sum += paras_[i].code_points + 1;
  return sum + count_code_points(paragraph(at.para), at.byte);
}

Pos Doc::at_code_point(std::size_t number) const {
  for (std::size_t i = 0; i < paras_.size(); ++i) {
    if (number > paras_[i].code_points) {
      number -= paras_[i].code_points + 1;
      continue;
    }
    std::size_t byte = 0;
    for (; number > 0; --number) byte += decode(paragraph(i), byte).bytes;
    return clamp({i, byte});
  }
  return end();
}

std::size_t Doc::words() const {
  std::size_t sum = 0;
  for (const Para& para : paras_) sum += para.words;
  return sum;
}

std::size_t Doc::unjoined_letters() const {
  std::size_t sum = 0;
  for (const Para& para : paras_) sum += para.unjoined;
  return sum;
}

void Doc::wipe() {
  for (Para& para : paras_) {
    if (para.text.use_count() > 1) continue;
    volatile char* bytes = para.text->data();
    for (std::size_t i = 0; i < para.text->capacity(); ++i) bytes[i] = 0;
  }
  paras_.resize(1);
  own(paras_.front()).clear();
  touch(paras_.front());
  last_change_ = {};
  bytes_ = 0;
}

}  // namespace doorstep::editor
