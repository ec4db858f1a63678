#pragma once
#include <span>

namespace doorstep::sim {

/// One line of the bug bench: a mistake from the sync design (sections 2 and 3), by the name it has in the sources.
struct Mutant {
  const char* name;
  const char* mistake;
};
std::span<const Mutant> mutants();

}  // namespace doorstep::sim
