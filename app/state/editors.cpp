#include "app/state/editors.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>
#include <charconv>
#include <vector>

#include "platform/base/secret.h"

namespace doorstep::state {
namespace {

std::string trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t") - begin + 1));
}

std::optional<unsigned> number(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<unsigned> month(std::string_view text) {
  if (const auto n = number(text)) return n;
  static constexpr std::array<std::string_view, 12> kNames{"january", "february", "march",     "april",   "may",      "june",
                                                           "july",    "august",   "september", "october", "november", "december"};
  std::string lower;
  for (const char c : text) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (lower.size() < 3) return std::nullopt;
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i].substr(0, lower.size()) == lower) return static_cast<unsigned>(i + 1);
  return std::nullopt;
}

std::string two(unsigned n) { return (n < 10 ? "0" : "") + std::to_string(n); }

/// The n-th line, empty past the end.
std::string line(std::string_view text, std::size_t n) {
  for (; n > 0 && !text.empty(); --n) text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  return std::string(text.substr(0, text.find('\n')));
}

template <class Map>
void drop_from(Map& map, std::string_view prefix, const auto& wipe) {
  for (auto at = map.lower_bound(prefix); at != map.end() && at->first.starts_with(prefix);) {
    wipe(at->second);
    at = map.erase(at);
  }
}

}  // namespace

editor::EditorState& Editors::text(std::string_view key, std::string_view initial, editor::Rules rules) {
  auto found = texts_.find(key);
  if (found == texts_.end()) {
    const auto recalled = recalled_.find(key);
    if (recalled != recalled_.end()) initial = recalled->second;
    found = texts_.emplace(std::string(key), editor::EditorState(initial, rules)).first;
  }
  return found->second;
}

editor::DateEdit& Editors::date(std::string_view key, std::optional<base::Date> initial) {
  auto found = dates_.find(key);
  if (found == dates_.end()) {
    found = dates_.emplace(std::string(key), editor::DateEdit{}).first;
    if (const auto recalled = recalled_.find(key); recalled != recalled_.end()) {
      found->second.day.reset(line(recalled->second, 0));
      found->second.month.reset(line(recalled->second, 1));
      found->second.year.reset(line(recalled->second, 2));
    } else if (initial) {
      found->second.day.reset(std::to_string(static_cast<unsigned>(initial->day())));
      found->second.month.reset(std::to_string(static_cast<unsigned>(initial->month())));
      found->second.year.reset(std::to_string(static_cast<int>(initial->year())));
    }
  }
  return found->second;
}

editor::TimeEdit& Editors::time(std::string_view key, std::optional<int> minute_of_day) {
  auto found = times_.find(key);
  if (found == times_.end()) {
    found = times_.emplace(std::string(key), editor::TimeEdit{}).first;
    const auto moment = key.ends_with(kTimePart) ? key.substr(0, key.size() - kTimePart.size()) : key;
    if (const auto recalled = recalled_.find(moment); recalled != recalled_.end()) {
      found->second.hour.reset(line(recalled->second, 3));
      found->second.minute.reset(line(recalled->second, 4));
    } else if (minute_of_day) {
      found->second.hour.reset(two(static_cast<unsigned>(*minute_of_day / 60)));
      found->second.minute.reset(two(static_cast<unsigned>(*minute_of_day % 60)));
    }
  }
  return found->second;
}

const editor::EditorState* Editors::find_text(std::string_view key) const {
  const auto found = texts_.find(key);
  return found == texts_.end() ? nullptr : &found->second;
}
const editor::DateEdit* Editors::find_date(std::string_view key) const {
  const auto found = dates_.find(key);
  return found == dates_.end() ? nullptr : &found->second;
}
const editor::TimeEdit* Editors::find_time(std::string_view key) const {
  const auto found = times_.find(key);
  return found == times_.end() ? nullptr : &found->second;
}

std::string Editors::typed(std::string_view key) const {
  const auto* found = find_text(key);
  return found ? found->text() : std::string();
}

Editors::TypedDate Editors::typed_date(std::string_view key) const {
  const auto* edit = find_date(key);
  if (!edit) return {};
  const auto day = trimmed(edit->day.text()), mon = trimmed(edit->month.text()), year = trimmed(edit->year.text());
  if (day.empty() && mon.empty() && year.empty()) return {};
  const auto d = number(day), m = month(mon), y = number(year);
  if (!d || !m || !y || *y < 1900 || *y > 2999) return {std::nullopt, true};
  const base::Date date{std::chrono::year(static_cast<int>(*y)), std::chrono::month(*m), std::chrono::day(*d)};
  if (!date.ok()) return {std::nullopt, true};
  return {date, false};
}

Editors::TypedTime Editors::typed_time(std::string_view key) const {
  const auto* edit = find_time(key);
  if (!edit) return {};
  const auto hour = trimmed(edit->hour.text()), minute = trimmed(edit->minute.text());
  if (hour.empty() && minute.empty()) return {};
  const auto h = number(hour), m = number(minute);
  if (!h || !m || *h > 23 || *m > 59) return {std::nullopt, true};
  return {static_cast<int>(*h * 60 + *m), false};
}

std::string Editors::parts(std::string_view key) const {
  std::vector<std::string> lines;
  if (const auto* d = find_date(key)) lines = {d->day.text(), d->month.text(), d->year.text()};
  if (const auto* t = find_time(std::string(key) + std::string(kTimePart))) {
    lines.push_back(t->hour.text());
    lines.push_back(t->minute.text());
  }
  std::string out;
  bool any = false;
  for (const auto& one : lines) {
    any = any || !one.empty();
    out += one + "\n";
  }
  return any ? out : std::string();
}

bool Editors::spelling_due() const {
  return std::any_of(texts_.begin(), texts_.end(), [](const auto& one) { return one.second.spelling_due(); });
}

bool Editors::spell(const editor::Judge& judge, bool answered) {
  bool differs = false;
  for (auto& [key, text] : texts_)
    if (text.spelling_due() || (answered && text.spelling().waiting())) differs = text.spell(judge, answered) || differs;
  return differs;
}

void Editors::forget_spelling() {
  for (auto& [key, text] : texts_) text.forget_spelling();
}

std::uint64_t Editors::hash(std::string_view prefix) const {
  std::uint64_t out = 0;
  const auto add = [&](std::size_t part) { out = std::rotl((out ^ part) * 0x9E3779B97F4A7C15u, 29); };
  const auto add_text = [&](const editor::EditorState& text) {
    add(text.doc().hash());
    for (std::size_t i = 0; i < text.doc().paragraphs(); ++i)
      for (const auto& mark : text.spelling().marks(i)) add(mark.begin + (mark.end << 24) + (i << 40));
    add(text.can_undo() + 2u * text.can_redo() + 4u * text.too_long());
  };
  const auto add_all = [&](const auto& map, const auto& add_one) {
    for (auto at = map.lower_bound(prefix); at != map.end() && at->first.starts_with(prefix); ++at) {
      add(std::hash<std::string>()(at->first));
      add_one(at->second);
    }
  };
  add_all(texts_, add_text);
  add_all(dates_, [&](const editor::DateEdit& date) { add_text(date.day), add_text(date.month), add_text(date.year); });
  add_all(times_, [&](const editor::TimeEdit& time) { add_text(time.hour), add_text(time.minute); });
  return out;
}

void Editors::recall(std::string_view key, std::string words) {
  auto& kept = recalled_[std::string(key)];
  base::wipe(kept);
  kept = std::move(words);
}

void Editors::drop(std::string_view prefix) {
  drop_from(texts_, prefix, [](editor::EditorState& text) { text.wipe(); });
  drop_from(dates_, prefix, [](editor::DateEdit& d) { d.day.wipe(); d.month.wipe(); d.year.wipe(); });
  drop_from(recalled_, prefix, [](std::string& words) { base::wipe(words); });
  drop_from(times_, prefix, [](editor::TimeEdit& t) { t.hour.wipe(); t.minute.wipe(); });
}

}  // namespace doorstep::state
