#pragma once
#include <optional>
#include <vector>

#include "sync/server/decide.h"
#include "sync/server/receipts.h"
#include "sync/server/repository.h"

namespace doorstep::server {

/// Who asks, as the database knows them in this request.
struct Actor {
  WorkerRow worker;
  DeviceRow device;
};

struct Pushed {
  std::vector<wire::Operation> operations;  ///< as they were sent; without those that cannot be read
  std::vector<wire::OpResult> results;
  DeviceChain chain;  ///< after them
  std::optional<wire::Receipt> receipt;
};

/// Takes a batch of frozen operations in. Each gets its effect, its result and its key in one transaction, a submit and a
/// decision also the number of its receipt; the batch's receipt comes after all of them. What was taken in before is answered
/// with its stored result, and the same receipt. `signer` null: none is signed.
/// Fault::Conflict: the device's chain is not the one it sent before (a clone or a rolled-back disk): nothing is taken in.
/// A batch that starts beyond what is known here (this server was restored) is not taken in either, and is no error:
/// `chain` says where to start again.
base::Result<Pushed> push(Repository& repository, const ValidateRecord& validate, const Actor& actor, std::int64_t incarnation,
                          const wire::OpsBatch& ops, Instant now, const tls::Signer* signer = nullptr);

/// Takes in one operation that its device never numbered: as push() does, under a number that this gives it, in the device's
/// incarnation 0, which no tablet sends. What was taken in before, as it is, has no further effect.
/// Fault::Denied ("push.revoked"): tablet or worker was revoked.
base::Result<wire::OpResult> push_unnumbered(Repository& repository, const ValidateRecord& validate, const Actor& actor,
                                             wire::Operation op, Instant now);

}  // namespace doorstep::server
