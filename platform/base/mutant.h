#pragma once
#include <string_view>

namespace doorstep::base {

/// A mistake that others made, put in on purpose so that the simulator can prove it would notice: `if (mutant("name")) ...`.
/// Only its bug bench is built with DOORSTEP_MUTANTS and can switch one on. Everywhere else this is false while compiling, and
/// nothing of the mistake is in the program.
#ifdef DOORSTEP_MUTANTS
inline std::string_view active_mutant;
inline bool mutant(std::string_view name) { return name == active_mutant; }
#else
constexpr bool mutant(std::string_view) { return false; }
#endif

}  // namespace doorstep::base
