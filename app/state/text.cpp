#include "app/state/text.h"

#include <boost/json.hpp>

namespace doorstep::state {

Result<Text> Text::parse(std::string_view json) {
  boost::system::error_code code;
  const auto value = boost::json::parse(json, code);
  if (code || !value.is_object())
    return base::Error{base::Fault::Invalid, "text", "not a JSON object of key and words"};
  Text text;
  for (const auto& [key, words] : value.get_object()) {
    if (!words.is_string()) return base::Error{base::Fault::Invalid, "text", std::string(key) + ": not text"};
    text.words_.emplace(std::string(key), std::string(words.get_string()));
  }
  return text;
}

std::string Text::operator()(std::string_view key) const {
  const auto found = words_.find(key);
  return found == words_.end() ? std::string(key) : found->second;
}

std::string Text::operator()(std::string_view key,
                             std::initializer_list<std::pair<std::string_view, std::string_view>> values) const {
  return filled(key, {values.begin(), values.size()});
}

std::string Text::operator()(const rules::Said& said) const {
  const std::vector<Value> values(said.values.begin(), said.values.end());
  return filled(said.key, values);
}

std::string Text::filled(std::string_view key, std::span<const Value> values) const {
  const auto words = (*this)(key);
  std::string out;
  // One pass: a value that itself holds braces (a name, a note) is never taken for another gap.
  for (std::size_t at = 0; at < words.size();) {
    if (words[at] == '{') {
      const auto end = words.find('}', at);
      bool filled = false;
      if (end != std::string::npos)
        for (const auto& [name, value] : values)
          if (std::string_view(words).substr(at + 1, end - at - 1) == name) {
            out += value;
            filled = true;
            break;
          }
      if (filled) {
        at = end + 1;
        continue;
      }
    }
    out += words[at++];
  }
  return out;
}

std::string Text::count(std::string_view key, long long n) const {
  const auto two = std::string(key) + ".two";
  return (*this)(n == 2 && has(two) ? two : std::string(key) + (n == 1 ? ".one" : ".many"), {{"n", std::to_string(n)}});
}

Text Text::with(std::string_view name, std::string_view value) const {
  Text out;
  const Value values[] = {{name, value}};
  for (const auto& [key, words] : words_) out.words_.emplace(key, filled(key, values));
  return out;
}

Text Text::over(const Text& other) const {
  Text out = *this;
  out.words_.insert(other.words_.begin(), other.words_.end());
  return out;
}

std::string line_begins(std::string words) {
  if (!words.empty() && words[0] >= 'a' && words[0] <= 'z') words[0] = static_cast<char>(words[0] - 'a' + 'A');
  return words;
}

}  // namespace doorstep::state
