#include "platform/vault/pin.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>
#include <vector>

namespace doorstep::vault {
namespace {

constexpr std::size_t kDigits = 6;  // security.md section 2
constexpr std::size_t kDifferent = 3;
constexpr std::size_t kPiece = 3;   // of a run, or of a line on a keypad

/// Of the mathematicians, and of the keypad where no rule has its shape. Six digits each; a longer one begins with its own.
constexpr std::array<std::string_view, 12> kKnown = {"314159", "271828", "141421", "161803", "299792", "142857",
                                                     "246810", "135790", "134679", "124578", "235689", "159263"};

/// What a date may look like. Two digits of a year are any year.
constexpr std::array<std::string_view, 8> kDates = {"DDMMYY", "MMDDYY", "YYMMDD", "MMCCYY", "CCYYMM", "DDMMCCYY", "MMDDCCYY", "CCYYMMDD"};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\r\f\v";
  const auto from = text.find_first_not_of(kSpace);
  return from == text.npos ? std::string_view() : text.substr(from, text.find_last_not_of(kSpace) + 1 - from);
}

/// From one digit to the next, once round: 9 to 0 is one up.
int step(char from, char to) { return (to - from + 10) % 10; }
bool is_small(int step) { return step <= 1 || step == 9; }

/// Every digit is as far from the one `apart` before it, where that is no further than `small` says.
bool is_even(std::string_view pin, std::size_t begin, std::size_t apart, bool small) {
  for (std::size_t at = begin + apart; at < pin.size(); at += apart) {
    const int first = step(pin[begin], pin[begin + apart]);
    if (step(pin[at - apart], pin[at]) != first || (small && !is_small(first))) return false;
  }
  return true;
}

struct Key { int row, column; };
Key key_of(char digit) { return digit == '0' ? Key{3, 1} : Key{(digit - '1') / 3, (digit - '1') % 3}; }

bool is_line(std::string_view three) {
  const Key a = key_of(three[0]), b = key_of(three[1]), c = key_of(three[2]);
  return b.row - a.row == c.row - b.row && b.column - a.column == c.column - b.column;
}

bool is_beside(char from, char to) {
  const Key a = key_of(from), b = key_of(to);
  return std::abs(a.row - b.row) + std::abs(a.column - b.column) == 1;
}

/// Cut into runs and lines of three or more, none is left over: 123789, 321456, 147258.
bool is_of_pieces(std::string_view pin) {
  std::vector<bool> reached(pin.size() + 1);
  reached[0] = true;
  for (std::size_t from = 0; from < pin.size(); ++from) {
    if (!reached[from]) continue;
    if (from + kPiece <= pin.size() && is_line(pin.substr(from, kPiece))) reached[from + kPiece] = true;
    for (std::size_t size = kPiece; from + size <= pin.size() && is_even(pin.substr(from, size), 0, 1, true); ++size)
      reached[from + size] = true;
  }
  return reached[pin.size()];
}

bool repeats(std::string_view pin) {
  if (std::set<char>(pin.begin(), pin.end()).size() < kDifferent) return true;
  for (std::size_t period = 1; period * 2 <= pin.size(); ++period)
    if (pin.substr(period) == pin.substr(0, pin.size() - period)) return true;
  if (std::equal(pin.begin(), pin.end(), pin.rbegin())) return true;
  for (std::size_t at = 0; at < pin.size(); ++at)  // 115577
    if ((at == 0 || pin[at - 1] != pin[at]) && (at + 1 == pin.size() || pin[at + 1] != pin[at])) return false;
  return true;
}

bool follows(std::string_view pin) {
  if (is_even(pin, 0, 1, false) || is_of_pieces(pin)) return true;
  if (is_even(pin, 0, 2, true) && is_even(pin, 1, 2, true)) return true;  // 142536, 102030
  return std::adjacent_find(pin.begin(), pin.end(), [](char a, char b) { return !is_beside(a, b); }) == pin.end();  // 123698
}

bool is_date(std::string_view pin, std::string_view pattern) {
  if (pin.size() != pattern.size()) return false;
  for (std::size_t at = 0; at < pin.size(); at += 2) {
    const int value = (pin[at] - '0') * 10 + (pin[at + 1] - '0');
    switch (pattern[at]) {
      case 'D': if (value < 1 || value > 31) return false; break;
      case 'M': if (value < 1 || value > 12) return false; break;
      case 'C': if (value != 19 && value != 20) return false; break;
      default: break;
    }
  }
  return true;
}

}  // namespace

bool is_pin(std::string_view text) {
  const auto pin = trimmed(text);
  return !pin.empty() && std::all_of(pin.begin(), pin.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<PassphraseProblem> check_pin(std::string_view text) {
  const auto pin = trimmed(text);
  if (pin.size() < kDigits) return PassphraseProblem{"pin.too_short", "A PIN has at least six digits."};
  if (repeats(pin)) return PassphraseProblem{"pin.repeats", "Digits that repeat are what a thief tries first. Choose others."};
  if (follows(pin)) return PassphraseProblem{"pin.follows",
                                               "Digits in a row, by number or on a keypad, are what a thief tries first. Choose others."};
  if (std::any_of(kDates.begin(), kDates.end(), [&](auto pattern) { return is_date(pin, pattern); }))
    return PassphraseProblem{"pin.date", "A date is what a thief tries first. Choose digits that are not one."};
  if (std::any_of(kKnown.begin(), kKnown.end(), [&](auto known) { return pin.starts_with(known); }))
    return PassphraseProblem{"pin.known", "Many people know that number, so a thief tries it first. Choose another."};
  return std::nullopt;
}

}  // namespace doorstep::vault
