#pragma once
#include <string>
#include <string_view>

#include "platform/tls/certificate.h"
#include "sync/server/repository.h"

namespace doorstep::server {

inline constexpr std::string_view kNotAlike = "enrol.demonstration", kOtherCouncil = "enrol.council";  ///< Error::where of enrol()

struct EnrolmentTerms {
  base::Millis token_life = std::chrono::hours(72);       ///< security.md section 3
  base::Millis ticket_life = std::chrono::hours(24 * 30); ///< the tablet may wait in a cupboard for its worker
  std::string outbox_key = {};                            ///< raw: what tablets seal copies to; empty: none are taken
  bool demonstration = false;                             ///< every family here is invented
  std::string council = {};                               ///< whose server this is, by id; empty: a tablet of any council's is enrolled
};

/// A fresh one-time token for a worker: 128 random bits in base32, said once. Only its SHA-256 is kept.
/// Fault::NotFound: no active worker with this reference.
base::Result<std::string> make_token(Repository& repository, const std::string& worker_ref, const EnrolmentTerms& terms,
                                     Instant now);

/// A fresh token for each row of a CSV with the column worker_ref: the same table with the columns token and expires_at behind
/// the others. A worker may stand in several rows, one for each tablet. All of them or none. Fault::Invalid, with `where`
/// "line 12", for what is no such table; NotFound, likewise, for a reference that is no active worker's; Full past
/// limits::kTokensPerCsv rows.
base::Result<std::string> make_tokens(Repository& repository, std::string_view csv, const EnrolmentTerms& terms, Instant now);

/// Device certificate and activation ticket for a token. Asked again with the same token and key before activation, it is the
/// same enrolment (the reply may have been lost). Faults: NotFound (no such token), Conflict (used), Timeout (expired),
/// Invalid (the certificate request), Denied (the worker has left; or, with `where` kNotAlike, one of tablet and server is a
/// demonstration and the other is not; or, with kOtherCouncil, the tablet says that it is another council's: the token still counts).
base::Result<wire::EnrolReply> enrol(Repository& repository, const tls::Authority& ca, const EnrolmentTerms& terms,
                                     const wire::EnrolRequest& request, const base::Clock& clock);

/// The worker's certificate for a ticket, over the device's own connection. Faults as enrol; asked again with the same key it
/// is issued again.
base::Result<wire::ActivateReply> activate(Repository& repository, const tls::Authority& ca, Id device,
                                           const wire::ActivateRequest& request, Instant now);

/// Another certificate for whom `shown` names, which is the one the connection was opened with; it stays good until its own end, for the
/// reply may be lost. Faults: Invalid (the certificate request, or one with the key of `shown`), Denied (revoked, or the worker has left).
base::Result<wire::RenewReply> renew(Repository& repository, const tls::Authority& ca, const tls::Identity& shown,
                                     const wire::RenewRequest& request, Instant now);

/// From the next request on the device is refused, also inside an open connection. Fault::NotFound.
base::Result<void> revoke_device(Repository& repository, Id device, Instant now);
/// Ends, or gives back, a worker's access. Ended, their tablets may hand in what waits and read nothing; they purge themselves.
/// Nothing is refused to a tablet by this, unlike by a revocation, which it does not take back. Fault::NotFound.
base::Result<void> disable_worker(Repository& repository, const std::string& worker_ref, bool disabled, Instant now);
/// The worker and every device of theirs. Fault::NotFound.
base::Result<void> revoke_worker(Repository& repository, const std::string& worker_ref, Instant now);

}  // namespace doorstep::server
