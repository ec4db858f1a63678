#pragma once
#include <memory>
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
  base::Secret opened = {};  ///< the same as libsodium takes it: reading PEM costs ten times what signing does
};

/// A fresh one, called by `names` (a server's; for people), certified for `days`.
base::Result<Signer> make_signer(const Authority& ca, const std::vector<std::string>& names, int days, base::Instant now);

/// One that was kept. Fault::Invalid: `key` is no Ed25519 key.
base::Result<Signer> signer_of(std::string cert, base::Secret key);

/// Signs `bytes`. The caller begins them with words that say what they are, so that no signature passes for another's.
base::Result<std::string> sign(const Signer& signer, std::string_view bytes);

/// Signs `bytes` with the key of a worker's or tablet's certificate: ECDSA over SHA-256, DER. They begin as for sign().
base::Result<std::string> sign_with(const base::Secret& key_pem, std::string_view bytes);
/// Whose certificate it is, where `ca` certified it for a client and its key made `signature` over exactly `bytes`. It may have run
/// out since: what was signed stays signed. Fault::Untrusted, "tls.signer" or "tls.signature" as below.
base::Result<Identity> signed_by(std::string_view ca, std::string_view cert, std::string_view bytes, std::string_view signature);

/// Checks signatures of receipts against one authority. Remembers the last signer it found certified: a thousand receipts of one
/// signer cost its certificate once. Copies share nothing. Not thread-safe.
class SignatureCheck {
 public:
  explicit SignatureCheck(std::string ca);  ///< PEM
  SignatureCheck(const SignatureCheck& other) : SignatureCheck(other.ca_) {}
  SignatureCheck& operator=(const SignatureCheck&) = delete;
  ~SignatureCheck();

  /// Whether `signature` was made over exactly `bytes`, by a key which the authority certified for receipts, and whose certificate
  /// held at `at`: what was signed before a certificate ran out, or was replaced, stays good. No clock is asked.
  /// Fault::Untrusted ("tls.signer": not certified so; "tls.signature": not over these bytes).
  base::Result<void> operator()(std::string_view signer, base::Instant at, std::string_view bytes, std::string_view signature);

 private:
  struct Known;
  std::string ca_;
  std::unique_ptr<Known> known_;
};

}  // namespace doorstep::tls
