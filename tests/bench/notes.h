#pragma once
#include <string_view>
#include <vector>

#include "tests/support/field.h"

namespace doorstep::bench {

inline constexpr std::string_view kWriter = "W1001";  ///< who writes the notes, of assets/demo

/// Puts visits into a closed tablet of kWriter's that are complete and submitted, and wait to be sent: one record each, of
/// about 1.5 KB and in turn of each of its children.
void write_notes(const support::FieldTablet& tablet, support::CaseServer& council, std::size_t count);

/// Visits of kWriter's children, as long, that are begun and not submitted: none is saved anywhere.
std::vector<model::Visit> begin_visits(support::CaseServer& council, std::size_t count);
/// Puts a sentence of about ten words into what was seen, another for each `n`.
void add_sentence(model::Visit& visit, std::size_t n);

}  // namespace doorstep::bench
