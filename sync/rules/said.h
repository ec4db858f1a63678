#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace doorstep::rules {

/// What a rule says to a person: the key of its words in assets/text, and what fills their gaps. The rules know no language. A key says
/// nothing of a case; a value is a name or what somebody wrote: never log it.
struct Said {
  std::string key;                                                    ///< "rule.step.owner"
  std::vector<std::pair<std::string_view, std::string>> values = {};  ///< the gap (a literal), what stands in it
  friend bool operator==(const Said&, const Said&) = default;
};

}  // namespace doorstep::rules
