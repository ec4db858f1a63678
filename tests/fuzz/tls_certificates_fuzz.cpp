#include "platform/base/bytes.h"
#include "platform/tls/certificate.h"
#include "tests/fuzz/fuzz.h"

using namespace doorstep;

namespace {

std::string pem(const char* what, std::string_view der) {
  std::string out = "-----BEGIN " + std::string(what) + "-----\n";
  const std::string text = base::to_base64(der);
  for (std::size_t at = 0; at < text.size(); at += 64) out += text.substr(at, 64) + "\n";
  return out + "-----END " + what + "-----\n";
}

void request(std::string_view text) {
  static const base::Instant now{1'795'000'000'000};
  static const tls::Authority ca = *tls::make_authority("Northmere Council", now);
  static const auto device = base::Id::from_name("device");
  const auto issued = tls::issue(ca, text, tls::Subject::of_device(device), tls::kClientDays, now);
  if (!issued) return fuzz::names_a_place(issued.error());
  const auto identity = tls::inspect(*issued);
  DOORSTEP_ASSERT(identity.has_value() && identity->kind == tls::Kind::Device && identity->device == device);
}

void certificate(std::string_view text) {
  const auto identity = tls::inspect(text);
  if (!identity) return fuzz::names_a_place(identity.error());
  const bool one = identity->kind == tls::Kind::Device || identity->kind == tls::Kind::Worker;
  DOORSTEP_ASSERT(identity->device.nil() != one && identity->worker.nil() != (identity->kind == tls::Kind::Worker));
  DOORSTEP_ASSERT(identity->fingerprint.size() == 64);
  DOORSTEP_ASSERT(*tls::inspect(text) == *identity);
}

}  // namespace

// 'r' a request or 'c' a certificate as PEM; 'R' and 'C' as DER, so that what is changed is not the base64.
FUZZ(tls_certificates) {
  switch (fuzz::first(input)) {
    case 'r': return request(input);
    case 'R': return request(pem("CERTIFICATE REQUEST", input));
    case 'c': return certificate(input);
    case 'C': return certificate(pem("CERTIFICATE", input));
    default: return;
  }
}
