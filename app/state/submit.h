#pragma once
#include <vector>

#include "app/state/effects.h"

namespace doorstep::state {

/// The records a submission makes: one whole record for each child that is not skipped. `at`: the tablet's clock. Pure.
std::vector<model::ChildRecord> records_of(const Submit& submit, base::Instant at);

}  // namespace doorstep::state
