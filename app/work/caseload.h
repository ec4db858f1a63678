#pragma once
#include "app/state/caseload.h"
#include "app/state/events.h"
#include "app/store/store.h"

namespace doorstep::work {

/// The store's answer as the state's snapshot. `me`: the worker this tablet belongs to; `name` stands in until the first
/// sync has brought the worker's own record.
base::Result<state::CaseloadPtr> read_caseload(store::Store& store, base::Id me, const std::string& name);

/// What the store knows about sync, laid over `status` (phase and errors are the pump's).
base::Result<void> read_sync(store::Store& store, state::SyncStatus& status);

}  // namespace doorstep::work
