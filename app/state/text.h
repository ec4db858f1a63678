#pragma once
#include <initializer_list>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "platform/base/error.h"
#include "sync/rules/said.h"

namespace doorstep::state {

using base::Result;

/// Every visible word, by key, from assets/text. A plain value; reading is thread-safe.
class Text {
 public:
  /// A flat JSON object of key -> words. Fault::Invalid names the key that is not text.
  static Result<Text> parse(std::string_view json);

  /// The words of `key`; the key itself when there are none, so that a gap is seen and a test finds it.
  std::string operator()(std::string_view key) const;
  /// The same with {name} in the words replaced by each value.
  std::string operator()(std::string_view key, std::initializer_list<std::pair<std::string_view, std::string_view>> values) const;
  /// What a rule says.
  std::string operator()(const rules::Said& said) const;
  /// `key`.one for 1, `key`.two for 2 where there is one (Welsh softens the noun after it), `key`.many for anything else, with {n}
  /// replaced by the number.
  std::string count(std::string_view key, long long n) const;

  /// The same words with {name} in each of them replaced for good.
  Text with(std::string_view name, std::string_view value) const;
  /// These words, and those of `other` for keys that have none here.
  Text over(const Text& other) const;

  bool has(std::string_view key) const { return words_.find(key) != words_.end(); }
  const std::map<std::string, std::string, std::less<>>& all() const { return words_; }

 private:
  using Value = std::pair<std::string_view, std::string_view>;
  std::string filled(std::string_view key, std::span<const Value> values) const;

  std::map<std::string, std::string, std::less<>> words_;
};

/// The same words where a line or a value begins: with a capital, if they begin with an English letter.
std::string line_begins(std::string words);

}  // namespace doorstep::state
