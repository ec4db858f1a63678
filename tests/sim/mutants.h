#pragma once
#include <span>

namespace doorstep::sim {

/// One line of the bug bench: a mistake from the sync design (sections 2 and 3), by the name it has in the sources.
struct Mutant {
  const char* name;
  const char* mistake;
  bool on_bench = true;  ///< false: no run of the bench has seen it noticed yet; it is run by its name alone
};
std::span<const Mutant> mutants();

}  // namespace doorstep::sim
