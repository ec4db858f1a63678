#include "platform/vault/passphrase.h"

#include <algorithm>
#include <set>
#include <vector>

#include "platform/base/bytes.h"
#include "platform/vault/pin.h"

namespace doorstep::vault {
namespace {

constexpr std::size_t kWords = 4, kLettersPerWord = 3, kCharacters = 15, kDifferentCharacters = 5;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'; }

/// Views of the words of `text`; never copies, so that nothing needs wiping.
std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < text.size();) {
    while (at < text.size() && is_space(text[at])) ++at;
    std::size_t begin = at;
    while (at < text.size() && !is_space(text[at])) ++at;
    if (at > begin) words.push_back(text.substr(begin, at - begin));
  }
  return words;
}

/// Views of the characters (UTF-8 sequences) of a word.
std::vector<std::string_view> characters_of(std::string_view word) {
  std::vector<std::string_view> out;
  for (std::size_t at = 0; at < word.size();) {
    std::size_t end = at + 1;
    while (end < word.size() && (static_cast<unsigned char>(word[end]) & 0xc0) == 0x80) ++end;
    out.push_back(word.substr(at, end - at));
    at = end;
  }
  return out;
}

}  // namespace

std::optional<PassphraseProblem> check_passphrase(std::string_view text, Pins pins) {
  if (!base::is_utf8(text)) return PassphraseProblem{"passphrase.not_text", "Use letters, digits and signs from the keyboard."};
  if (text.size() > kPassphraseBytes) return PassphraseProblem{"passphrase.too_long", "That is too long. Use four or five words."};
  if (pins == Pins::Allowed && is_pin(text)) return check_pin(text);
  std::set<std::string_view> different_words, different_characters;
  std::size_t long_words = 0, characters = 0;
  for (std::string_view word : words_of(text)) {
    auto letters = characters_of(word);
    characters += letters.size();
    different_characters.insert(letters.begin(), letters.end());
    if (letters.size() < kLettersPerWord) continue;
    ++long_words;
    different_words.insert(word);
  }
  if (long_words < kWords && characters < kCharacters)
    return PassphraseProblem{"passphrase.too_short", "Use at least four words of three letters or more, or at least 15 characters."};
  if (different_characters.size() < kDifferentCharacters || (long_words >= kWords && different_words.size() < kWords))
    return PassphraseProblem{"passphrase.repeats", "Use four different words: repeating one adds nothing."};
  return std::nullopt;
}

base::Secret normalised(std::string_view text) {
  auto words = words_of(text);
  std::size_t size = words.empty() ? 0 : words.size() - 1;
  for (auto word : words) size += word.size();
  base::Secret out(size);
  unsigned char* at = out.data();
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) *at++ = ' ';
    at = std::copy(words[i].begin(), words[i].end(), at);
  }
  return out;
}

}  // namespace doorstep::vault
