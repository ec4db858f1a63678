#pragma once
#include <string>
#include <string_view>

#include "platform/base/sealed_copy.h"
#include "sync/server/push.h"

namespace doorstep::server {

/// How sealed copies are opened, and whose signatures on what is in them count.
struct CopyReader {
  const base::OutboxKeys& outbox;
  const std::string& ca;  ///< PEM
};

/// Takes in what one sealed copy holds, as the worker who wrote it, whoever carries it: `carrier` is for the audit. A numbered
/// operation is the one that the tablet pushes under the same number, or has pushed; whichever comes first has the effect. One that
/// does not follow what is known here, and what has no number, is taken in by what it says. A draft becomes a draft; one whose
/// records are all here ends. Faults of the database only, and then nothing of it is known to be here.
base::Result<wire::CopyFate> take_copy(Repository& repository, const ValidateRecord& validate, const CopyReader& reader,
                                       std::string_view file, Id carrier, Instant now, const tls::Signer* signer);

}  // namespace doorstep::server
