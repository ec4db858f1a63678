#pragma once
#include <string>

#include "platform/tls/signature.h"
#include "sync/server/push.h"
#include "sync/server/receipts.h"
#include "sync/server/repository.h"

/// Where the audit ends is told to others, signed: to each tablet, and to whoever runs `audit-heads`. Its chain shows a line that was
/// changed; only what somebody else keeps shows an end that was cut off, or a history that was written anew with hashes that fit.
namespace doorstep::server {

/// The ends of all chains, signed now.
Result<wire::SignedAudit> sign_audit(Repository& repository, const tls::Signer& signer, Instant now);

struct CheckedAudit {
  wire::AuditStatement statement;
  Standing standing{};  ///< NotHere: a chain has fewer lines by now. Otherwise: another line stands in one's place
};
/// Checks the signature against `ca` (PEM), then looks whether every head stands where it did. Faults as check_receipt's.
Result<CheckedAudit> check_audit(Unit& unit, const std::string& ca, const wire::SignedAudit& held);

/// What a tablet brings is compared, and it gets what its requests lengthen as that stands now. What differs is logged, and becomes
/// a line of the audit ("witness"), once for each tablet: it keeps the new word. One that is not signed so tells nothing.
Result<wire::WitnessReply> witness(Repository& repository, const tls::Signer& signer, const std::string& ca, const Actor& actor,
                                   const wire::WitnessRequest& request, Instant now);

}  // namespace doorstep::server
