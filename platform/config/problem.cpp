#include "platform/config/problem.h"

namespace doorstep::config {

std::string Problem::str() const {
  std::string out = file + ":" + (line > 0 ? std::to_string(line) + ": " : " ");
  if (!key.empty()) out += key + ": ";
  out += what;
  if (!would_be_right.empty()) out += "; " + would_be_right;
  return out;
}

std::ostream& operator<<(std::ostream& out, const Problem& problem) { return out << problem.str(); }

}  // namespace doorstep::config
