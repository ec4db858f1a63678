#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "platform/base/error.h"
#include "platform/base/secret.h"
#include "platform/base/time.h"
#include "platform/tls/certificate.h"

/// Signatures that hold without a connection: whoever has the council's authority can check one, offline, years later.
/// Ed25519: the same key signs the same bytes with the same signature, always. Thread-safe.
namespace doorstep::tls {

/// What signs receipts: a key of its own, used for nothing else, and its certificate (Subject::of_receipts) under the authority.
struct Signer {
  std::string cert;  ///< PEM
  base::Secret key;  ///< PEM, PKCS#8, Ed25519
};

/// A fresh one, called by `names` (a server's; for people), certified for `days`.
base::Result<Signer> make_signer(const Authority& ca, const std::vector<std::string>& names, int days, base::Instant now);

/// Signs `bytes`. The caller begins them with words that say what they are, so that no signature passes for another's.
base::Result<std::string> sign(const base::Secret& key_pem, std::string_view bytes);

/// Whether `signature` was made over exactly `bytes`, by a key which `ca` (PEM) certified for receipts, and whose certificate
/// held at `at`: what was signed before a certificate ran out, or was replaced, stays good. No clock is asked.
/// Fault::Untrusted ("tls.signer": not certified so; "tls.signature": not over these bytes).
base::Result<void> check_signature(std::string_view ca, std::string_view signer_pem, base::Instant at, std::string_view bytes,
                                   std::string_view signature);

}  // namespace doorstep::tls
