#pragma once
#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include "sync/model/records.h"

/// What the typist types, so that whatever is found can be checked character by character.
namespace doorstep::torture {

/// Character `n` of a text without end, in which every line tells where it is: "000012 abcdef ...".
inline char character(std::size_t n) {
  constexpr std::size_t kLine = 32;
  std::string line = std::to_string(n / kLine);
  line = std::string(line.size() < 6 ? 6 - line.size() : 0, '0') + line + " she said it was fine ....";
  line.resize(kLine - 1, '.');
  line += '\n';
  return line[n % kLine];
}

inline std::string script(std::size_t characters) {
  std::string out;
  for (std::size_t n = 0; n < characters; ++n) out += character(n);
  return out;
}

/// How often a program is killed: two hundred times, or as often as DOORSTEP_KILLS says. The sanitizers' builds say fewer: what
/// they look for is in every round.
inline int kills() {
  const char* fewer = std::getenv("DOORSTEP_KILLS");
  return fewer ? std::max(4, std::atoi(fewer)) : 200;  // four tablets are killed in turn
}

/// What "saw" of the first child says in a visit.
inline std::string saw_of(const model::Visit& visit) {
  const auto& answers = visit.children.front().answers;
  const auto found = answers.find("saw");
  return found == answers.end() ? std::string() : std::get<std::string>(found->second);
}

}  // namespace doorstep::torture
