#pragma once
#include <ostream>
#include <string>
#include <variant>
#include <vector>

namespace doorstep::config {

/// One thing wrong with a configuration file, said so that the person who wrote it can mend it.
struct Problem {
  std::string file;            ///< as it was named by the caller
  int line = 0;                ///< from 1; 0: the file as a whole, or what lies beside it
  std::string key;             ///< dotted: "server.url", "contacts.duty[2].number"; empty for a syntax error
  std::string what;            ///< what is wrong
  std::string would_be_right;  ///< what would be right; may be empty

  /// "device.toml:12: server.url: what is wrong; what would be right"
  std::string str() const;
  friend bool operator==(const Problem&, const Problem&) = default;
};
std::ostream& operator<<(std::ostream& out, const Problem& problem);

/// The configuration, or everything that is wrong with it, in the order of the file.
template <class T>
using Parsed = std::variant<T, std::vector<Problem>>;

}  // namespace doorstep::config
