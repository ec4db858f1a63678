#pragma once
#include <span>
#include <string>
#include <string_view>

namespace doorstep::config {

/// How many letters must be added, left out, replaced or swapped with their neighbour to get from one word to the other.
std::size_t distance(std::string_view a, std::string_view b);

/// The word of `known` that was probably meant by `word`; empty when none is near.
std::string nearest(std::string_view word, std::span<const std::string> known);

}  // namespace doorstep::config
