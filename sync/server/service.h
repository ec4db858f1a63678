#pragma once
#include <string>
#include <vector>

#include "platform/base/limits.h"
#include "platform/base/sealed_copy.h"
#include "platform/tls/certificate.h"
#include "sync/rules/form.h"
#include "sync/server/blobs.h"
#include "sync/server/decide.h"
#include "sync/server/enrolment.h"
#include "sync/server/http_listener.h"
#include "sync/server/rate_limit.h"
#include "sync/server/receipts.h"
#include "sync/server/repository.h"

namespace doorstep::server {

struct ServiceOptions {
  std::size_t requests_per_minute = limits::kRequestsPerMinute;            ///< per device
  std::size_t failed_enrolments_per_hour = limits::kFailedEnrolmentsPerHour;  ///< per address
  std::size_t blob_requests_per_minute = limits::kBlobRequestsPerMinute;   ///< per device, beside the others
  BlobFolder blobs;
  EnrolmentTerms terms;
  std::int64_t next_after_s = 300, next_spread_s = 300;  ///< when tablets come back by themselves
  std::string version;                                   ///< of this program
  const tls::Signer* signer = nullptr;  ///< of what tablets check offline, and the audit; outlives the service. Null: none is signed
  const base::OutboxKeys* outbox = nullptr;              ///< of sealed copies; outlives the service. Null: none are taken
};

/// Checks a record against the form of the version it was written under, or the newest (last) when that is not known here: "seen:
/// rule.missing", a line for each problem.
ValidateRecord validate_with(std::vector<rules::Form> forms);

/// What the two listeners answer. Authority is read from the database on every request. Every refusal is a problem document
/// (RFC 9457) with a type of its own. Thread-safe. The repository, authority and clock must outlive it.
class Service {
 public:
  Service(Repository& repository, const tls::Authority& ca, const base::Clock& clock, ValidateRecord validate,
          ServiceOptions options);

  /// Main listener: POST /v1/sync and /v1/witness (worker's certificate), POST /v1/activate, /v1/drain and /v1/command (device's),
  /// POST /v1/renew (either), PATCH and GET /v1/blobs/{sha256} (worker's), GET /v1/meta.
  HttpReply handle(const HttpRequest& request);
  /// Enrolment listener: POST /v1/enrol and GET /v1/meta, without a certificate.
  HttpReply handle_enrolment(const HttpRequest& request);

 private:
  HttpReply sync(const HttpRequest& request);
  HttpReply with_prefix(const wire::SyncReply& reply, const std::vector<wire::Operation>& said);
  HttpReply activate(const HttpRequest& request);
  HttpReply command(const HttpRequest& request);
  HttpReply renew(const HttpRequest& request);
  HttpReply witness(const HttpRequest& request);
  HttpReply drain(const HttpRequest& request);
  HttpReply enrol(const HttpRequest& request);
  HttpReply blob(const HttpRequest& request);
  HttpReply take_blob(const Actor& actor, const std::string& sha256, const HttpRequest& request);
  HttpReply give_blob(const Actor& actor, const std::string& sha256, const HttpRequest& request);
  HttpReply meta() const;

  Repository& repository_;
  const tls::Authority& ca_;
  const base::Clock& clock_;
  ValidateRecord validate_;
  ServiceOptions options_;
  RateLimit requests_, blobs_, failures_;
};

}  // namespace doorstep::server
