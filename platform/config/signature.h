#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "platform/base/bytes.h"
#include "platform/base/error.h"
#include "platform/base/secret.h"

/// Who may say what is in device.toml: Ed25519 over "DOORSTEP-CONFIG-V1", a zero byte and the file's exact bytes (security.md
/// section 3). Keys are PEM, so that `openssl` can make and check them too.
namespace doorstep::config {

/// Public keys that may sign, 32 raw bytes each. Empty: none was pinned, and an unsigned file is taken.
using Trust = std::vector<base::Bytes>;

inline constexpr std::size_t kSignatureBytes = 64;
/// The signatures of device.toml are beside it, in device.toml.sig.
inline constexpr std::string_view kSignatureEnding = ".sig";

/// One or more PEM public keys, at most limits::kTrustedKeys. Fault::Invalid: none, too many, or one that is not Ed25519.
base::Result<Trust> parse_trust(std::string_view pem);

/// SHA-256 of a public key's raw bytes in groups of four hex digits, to be read out over a telephone: the first 16 digits.
std::string key_name(const base::Bytes& key);

/// True when one of `signatures` (64 bytes each, one behind another, at most limits::kSignatures) is one of `trust`'s over `text`.
bool is_signed(std::string_view text, std::string_view signatures, const Trust& trust);

/// A fresh private key, PEM (PKCS#8). With a passphrase it is encrypted: scrypt (N = 16384, r = 8, p = 1, what `openssl pkcs8
/// -scrypt` takes) and AES-256-CBC.
base::Result<base::Secret> make_signing_key(const base::Secret& passphrase);

/// A private key read back. Fault::Locked: it is encrypted, and this is not its passphrase. Fault::Invalid: no Ed25519 key.
/// Answers with the unencrypted PEM.
base::Result<base::Secret> open_signing_key(const base::Secret& pem, const base::Secret& passphrase);

/// The public half of an opened key, PEM: the contents of trust.pub.
base::Result<std::string> public_key(const base::Secret& opened);

/// 64 bytes over `text`, by an opened key.
base::Result<base::Bytes> sign(std::string_view text, const base::Secret& opened);

}  // namespace doorstep::config
