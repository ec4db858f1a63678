#include "app/editor/words.h"

#include <algorithm>
#include <array>
#include <optional>

namespace doorstep::editor {

namespace {

// The letter without its accent, in lower case; '?': not a Latin letter, or none that has one.
constexpr std::string_view kFrom00C0 =
    "aaaaaaaceeeeiiiidnooooo?ouuuuytsaaaaaaaceeeeiiiidnooooo?ouuuuyty"
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkkllllllllllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
constexpr std::string_view kFrom1E00 =
    "aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnnoooooooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvv"
    "wwwwwwwwwwxxxxyyzzzzzzhtwyas????aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy??????";

char plain_letter(char32_t c) {
  if (c >= 'a' && c <= 'z') return static_cast<char>(c);
  if (c >= 'A' && c <= 'Z') return static_cast<char>(c - 'A' + 'a');
  if (c >= 0xC0 && c - 0xC0 < kFrom00C0.size()) return kFrom00C0[c - 0xC0];
  if (c >= 0x1E00 && c - 0x1E00 < kFrom1E00.size()) return kFrom1E00[c - 0x1E00];
  return '?';
}

bool is_latin(char32_t c) { return plain_letter(c) != '?' || (c >= 0x180 && c <= 0x24F); }
bool is_capital(char32_t c) { return (c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0xDE && c != 0xD7); }
bool is_digit(char32_t c) { return c >= '0' && c <= '9'; }
/// Of whatever script: not a sign, a space or a picture.
bool is_letter(char32_t c) {
  if (c < 0xC0) return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == 0xAA || c == 0xB5 || c == 0xBA;
  const auto in = [c](char32_t from, char32_t to) { return c >= from && c <= to; };
  const bool is_sign =
      c == 0xD7 || c == 0xF7 || c == 0xFFFD || in(0x2000, 0x2BFF) || in(0x3000, 0x303F) || in(0xFE00, 0xFE6F) || in(0xFF00, 0xFF20);
  return !is_sign && c < 0x1F000;
}
bool is_space(char32_t c) {
  return c == ' ' || c == '\t' || c == 0xA0 || (c >= 0x2000 && c <= 0x200A) || c == 0x202F || c == 0x3000;
}
bool is_apostrophe(char32_t c) { return c == '\'' || c == 0x2019; }
bool is_hyphen(char32_t c) { return c == '-' || c == 0x2010 || c == 0x2011; }
/// Before an opening quotation mark, besides a space: a bracket, a dash, another opening mark.
bool leads_in(char32_t c) {
  return is_space(c) || c == '(' || c == '[' || c == '{' || is_hyphen(c) || c == 0x2013 || c == 0x2014 || c == '/' || c == ':' || c == 0x201C ||
         c == 0x2018 || c == 0xAB;
}
bool in_word(char32_t c) { return is_letter(c) || is_digit(c) || c == '_' || joins_previous(c); }

char32_t at(std::string_view text, std::size_t i) { return i < text.size() ? decode(text, i).value : 0; }

/// Walks over one word; `each` sees its code points.
template <class Each>
std::size_t word_end(std::string_view text, std::size_t begin, const Each& each) {
  std::size_t i = begin;
  while (i < text.size()) {
    const CodePoint c = decode(text, i);
    const bool between = (is_apostrophe(c.value) || is_hyphen(c.value)) && i > begin && is_letter(at(text, i + c.bytes));
    if (!in_word(c.value) && !between) break;
    each(c.value);
    i += c.bytes;
  }
  return i;
}

template <class Word>
void each_word(std::string_view text, const Word& word, const auto& other) {
  for (std::size_t i = 0; i < text.size();) {
    const CodePoint c = decode(text, i);
    if (in_word(c.value) && !joins_previous(c.value)) {
      i = word(i);
    } else {
      other(c.value, i);
      i += c.bytes;
    }
  }
}

// Words that begin with an apostrophe: theirs opens nothing.
constexpr std::array<std::string_view, 10> kClipped{"cause", "til", "till", "em", "tis", "twas", "bout", "cos", "n", "round"};

bool is_clipped(std::string_view text, std::size_t begin) {
  const std::string word = fold(text.substr(begin, word_end(text, begin, [](char32_t) {}) - begin));
  return std::find(kClipped.begin(), kClipped.end(), word) != kClipped.end();
}

}  // namespace

std::vector<Span> tokens(std::string_view paragraph) {
  std::vector<Span> out;
  const auto take = [&](std::size_t begin) {
    out.push_back({begin, word_end(paragraph, begin, [](char32_t) {})});
    return out.back().end;
  };
  each_word(paragraph, take, [](char32_t, std::size_t) {});
  return out;
}

std::vector<Span> dictionary_words(std::string_view paragraph) {
  std::vector<Span> out;
  std::size_t of_this_run = 0;  // words before the last space
  bool is_address = false;
  const auto take = [&](std::size_t begin) {
    std::size_t letters = 0, capitals = 0;
    bool known_script = true;
    char32_t last = 0;
    const std::size_t end = word_end(paragraph, begin, [&](char32_t c) {
      if (is_apostrophe(c) || is_hyphen(c)) return;
      known_script = known_script && is_latin(c);
      ++letters;
      capitals += is_capital(c);
      last = c;
    });
    const bool initials = capitals == letters || (capitals > 1 && capitals + 1 == letters && last == 's');
    if (known_script && letters > 1 && !initials) out.push_back({begin, end});
    is_address = is_address || paragraph.substr(begin, end - begin) == "www";
    return end;
  };
  const auto pass = [&](char32_t c, std::size_t i) {
    if (is_space(c)) {
      if (is_address) out.resize(of_this_run);
      of_this_run = out.size();
      is_address = false;
    } else if (c == '@' || paragraph.substr(i).starts_with("://")) {
      is_address = true;
    }
  };
  each_word(paragraph, take, pass);
  if (is_address) out.resize(of_this_run);
  return out;
}

std::string fold(std::string_view word) {
  std::string out;
  for (std::size_t i = 0; i < word.size();) {
    const CodePoint c = decode(word, i);
    if (const char letter = plain_letter(c.value); letter != '?') out.push_back(letter);
    else if (is_apostrophe(c.value)) out.push_back('\'');
    else if (is_hyphen(c.value)) out.push_back('-');
    else if (!joins_previous(c.value)) out.append(word.substr(i, c.bytes));
    i += c.bytes;
  }
  return out;
}

std::vector<QuoteMark> quote_marks(std::string_view paragraph) {
  std::vector<QuoteMark> out;
  char32_t before = ' ';
  for (std::size_t i = 0; i < paragraph.size();) {
    const CodePoint c = decode(paragraph, i);
    const char32_t after = i + c.bytes < paragraph.size() ? at(paragraph, i + c.bytes) : U' ';
    QuoteMark mark{.at = i};
    switch (c.value) {
      case 0x201C: case 0x201E: case 0xAB: mark.opens = true; break;
      case 0x201D: case 0xBB: mark.closes = true; break;
      case '"':
        mark.opens = leads_in(before) && !is_space(after);
        mark.may_open = !is_space(after) && !is_digit(before);  // 5" is a length
        mark.closes = !is_space(before);
        break;
      case '\'': case 0x2018: case 0x2019:
        mark.single = true;
        mark.opens = c.value != 0x2019 && (leads_in(before) || before == '"') && in_word(after) && !is_clipped(paragraph, i + c.bytes);
        mark.closes = c.value != 0x2018 && !is_space(before) && !in_word(after);
        break;
      default: break;
    }
    mark.may_open = mark.may_open || mark.opens;
    if (mark.may_open || mark.closes) out.push_back(mark);
    before = c.value;
    i += c.bytes;
  }
  return out;
}

std::vector<std::vector<Span>> quoted(const std::vector<const std::vector<QuoteMark>*>& marks, const std::vector<std::size_t>& sizes) {
  std::vector<std::vector<Span>> out(sizes.size());
  for (const bool single : {false, true}) {
    std::optional<Pos> open;
    const auto close = [&](Pos end) {
      for (std::size_t p = open->para; p <= end.para; ++p)
        out[p].push_back({p == open->para ? open->byte : 0, p == end.para ? end.byte : sizes[p]});
      open.reset();
    };
    for (std::size_t p = 0; p < sizes.size(); ++p) {
      const auto& here = *marks[p];
      for (std::size_t i = 0; i < here.size(); ++i) {
        const QuoteMark& mark = here[i];
        if (mark.single != single) continue;
        if (mark.opens || (!open && mark.may_open)) {
          if (open) close({open->para, sizes[open->para]});
          open = Pos{p, mark.at};
        } else if (open && mark.closes) {
          std::size_t end = mark.at;
          // “the boys’ room” ends its single quotation only where no later mark does
          for (std::size_t k = i + 1; single && k < here.size() && !(here[k].single && here[k].opens); ++k)
            if (here[k].single && here[k].closes) end = here[i = k].at;
          close({p, end});
        }
      }
    }
    if (open) close({open->para, sizes[open->para]});
  }
  return out;
}

}  // namespace doorstep::editor
