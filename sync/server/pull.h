#pragma once
#include <vector>

#include "sync/server/push.h"

namespace doorstep::server {

struct Pulled {
  bool need_view = false;
  std::vector<wire::CasePull> cases;
  std::vector<Id> drop;
  bool more = false;
  bool withheld = false;  ///< the client is too old for a case in which something was erased
  bool drained = false;   ///< the worker reads nothing here any more
  std::string epoch;
  std::vector<BlobRow> awaited;         ///< photos and drawings that this device referred to, and whose bytes are not here
  std::vector<wire::Incarnation> lost;  ///< of request.earlier: not so in this history, which was restored from a backup
};

/// Who reads where this one asks: a tablet that waits to be wiped hands in all it has, and reads nothing.
Actor reader_of(Actor actor, Instant now);

/// What can be said of a pull before anything is stored of the push it comes with. Fault::Invalid: where it cannot be read.
base::Result<void> check_asked(const wire::SyncRequest& request);

/// What the device lacks, read in one snapshot after its push was committed: entitlements, heads and rows agree with each
/// other. Remembers what the device was offered, so that the next request need only name the digest.
/// To a worker whose access ended nothing is listed: the answer is what to drop. Access is read again in that snapshot.
/// `request`: one that check_asked() let pass. Fault::Denied ("pull.revoked"): the worker or the device was revoked meanwhile.
base::Result<Pulled> pull(Repository& repository, const Actor& asking, const wire::SyncRequest& request, Instant now);

}  // namespace doorstep::server
