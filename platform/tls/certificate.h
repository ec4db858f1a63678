#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/base/error.h"
#include "platform/base/id.h"
#include "platform/base/secret.h"
#include "platform/base/time.h"

/// Our own small certificate authority (security.md sections 2 and 3): P-256 keys, SHA-256, X.509 version 3.
/// Every function is thread-safe; time is a parameter; randomness comes from OpenSSL.
namespace doorstep::tls {

enum class Kind { Authority, Server, Device, Worker, Receipts };

/// A certificate authority: keep `key` where only the server's account reads it.
struct Authority {
  std::string cert;  ///< PEM
  base::Secret key;  ///< PEM, PKCS#8
};

/// What a certificate says about its holder. Written as CN="device:<id>"; CN="worker:<id>" with OU="device:<id>" (a worker's
/// certificate holds on one device only); CN="server:<first name>" with the names in subjectAltName; CN="receipts:<first name>",
/// which may sign that something was there at a time (the extended key usage timeStamping) and open no connection.
struct Subject {
  Kind kind = Kind::Device;
  base::Id device;                 ///< Device and Worker
  base::Id worker;                 ///< Worker
  std::vector<std::string> names;  ///< Server: DNS names or IP addresses, at least one. Receipts: the server's, for people

  static Subject of_device(base::Id device) { return {Kind::Device, device, {}, {}}; }
  static Subject of_worker(base::Id worker, base::Id device) { return {Kind::Worker, device, worker, {}}; }
  static Subject of_server(std::vector<std::string> names) { return {Kind::Server, {}, {}, std::move(names)}; }
  static Subject of_receipts(std::vector<std::string> names) { return {Kind::Receipts, {}, {}, std::move(names)}; }
};

/// What is read back from a certificate. Only meaningful for one whose chain was verified.
struct Identity {
  Kind kind = Kind::Device;
  base::Id device;          ///< Device and Worker
  base::Id worker;          ///< Worker
  std::string serial;       ///< lower-case hex, 32 digits for ours
  std::string fingerprint;  ///< SHA-256 of the DER, 64 hex digits
  std::string spki_pin;     ///< SHA-256 of the public key (SubjectPublicKeyInfo), 64 hex digits
  base::Instant not_before;
  base::Instant not_after;

  friend bool operator==(const Identity&, const Identity&) = default;
};

inline constexpr int kAuthorityDays = 3650;  ///< ten years: a council's tablets carry it in device.toml
inline constexpr int kServerDays = 397;      ///< a little over a year: renewed with the yearly maintenance
inline constexpr int kClientDays = 90;       ///< security.md section 3; renewed when 30 are left

/// A fresh self-signed authority called `name` (the council), valid kAuthorityDays.
base::Result<Authority> make_authority(std::string_view name, base::Instant now);

/// A fresh P-256 private key, PEM (PKCS#8).
base::Result<base::Secret> make_key();

/// A certificate request (PKCS#10) for `key_pem`, P-256 or a Signer's: proves possession; its subject is ignored by issue(). PEM.
base::Result<std::string> make_request(const base::Secret& key_pem);

/// A certificate for the key of `request_pem`, PEM. From the request only its public key is taken, after its own signature was
/// checked; subject and extensions come from `subject`. Valid from an hour before `now` (tablet clocks are a little wrong)
/// for `days`, never longer than the authority. Serial: 128 random bits. Fault::Invalid for a request that is not a
/// well-formed, correctly signed one of the right kind of key: Ed25519 for receipts, P-256 for everything else.
base::Result<std::string> issue(const Authority& ca, std::string_view request_pem, const Subject& subject, int days,
                                base::Instant now);

/// Reads one certificate of ours. Fault::Invalid when its subject is not exactly one of the forms of Subject.
base::Result<Identity> inspect(std::string_view cert_pem);

/// True when the certificate was made for this key.
bool matches(std::string_view cert_pem, const base::Secret& key_pem);

/// True when it is a certificate of this device (not of its worker), made for this key. Its chain is not asked.
bool is_of_device(std::string_view cert_pem, base::Id device, const base::Secret& key_pem);

}  // namespace doorstep::tls
