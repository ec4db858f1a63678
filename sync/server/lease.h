#pragma once
#include "platform/tls/signature.h"
#include "sync/server/rows.h"

/// How long a tablet may show what it has before it must have spoken with the server again (wire::LeaseStatement).
namespace doorstep::server {

/// A lease for this worker on this device from `now` on, of as many days as its council's policy asks for, and no more than
/// limits::kLeaseDaysMost; with its signer. To be given to whoever may read (Access::Full), and to nobody else.
base::Result<wire::SignedStatement> sign_lease(const tls::Signer& signer, Id device, Id worker, std::int64_t days, Instant now);

}  // namespace doorstep::server
