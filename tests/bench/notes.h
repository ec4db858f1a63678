#pragma once
#include <string_view>

#include "tests/support/field.h"

namespace doorstep::bench {

inline constexpr std::string_view kWriter = "W1001";  ///< who writes the notes, of assets/demo

/// Puts visits into a closed tablet of kWriter's that are complete and submitted, and wait to be sent: one record each, of
/// about 1.5 KB and in turn of each of its children.
void write_notes(const support::FieldTablet& tablet, support::CaseServer& council, std::size_t count);

}  // namespace doorstep::bench
