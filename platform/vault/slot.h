#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "platform/base/bytes.h"
#include "platform/base/error.h"
#include "platform/base/id.h"
#include "platform/base/secret.h"
#include "platform/vault/key_provider.h"

namespace doorstep::vault {

using base::Bytes;
using base::Id;

/// What Argon2id (version 1.3, one lane) costs.
struct KdfCost {
  std::uint32_t passes = 0;
  std::uint32_t memory_mib = 0;
  friend bool operator==(const KdfCost&, const KdfCost&) = default;
};

/// The cost below which a slot is refused, before its passphrase is used: security.md section 2. 0.45 s on a 2-vCPU machine.
constexpr KdfCost minimum_cost(Level level) { return level == Level::Tpm2 ? KdfCost{3, 64} : KdfCost{3, 256}; }
/// For tests, which unlock hundreds of times; also the floor below which no code accepts a cost. A vault opened without
/// asking for it refuses slots that were made with it.
inline constexpr KdfCost kTestCost{1, 8};
/// Above it a header is taken for damaged: it would only exhaust the machine.
inline constexpr KdfCost kMaximumCost{32, 4096};

/// The part of a slot file that is not secret; every byte of it is authenticated with the wrapped key.
struct SlotHeader {
  Level level = Level::Keyfile;
  KdfCost cost;
  Id device;
  Id user;
  std::uint32_t slot = 1;
  std::uint64_t sequence = 1;  ///< one more with every writing
  Bytes salt;                  ///< 16 bytes, of the derivation
  Bytes db_salt;               ///< 16 bytes, of the database file
  std::string key_name;        ///< the device key's, at its provider
};

/// What a slot protects.
struct Opened {
  Secret key;     ///< 32 bytes: the database's raw key
  Bytes db_salt;  ///< 16 bytes
};

/// A whole slot file: header, nonce (24), XChaCha20-Poly1305 of the key with the header as associated data (32 + 16),
/// SHA-256 of everything before it (so that damage is not mistaken for a wrong passphrase; it protects nothing else).
/// `kek`: 32 bytes. The nonce is random.
Bytes seal_slot(const SlotHeader& header, const Secret& kek, const Secret& key);

/// Reads the header. Fault::Corrupt: not a slot, or damaged. Fault::Unsupported: a newer version, or a cost below `minimum`
/// or above kMaximumCost.
Result<SlotHeader> read_slot_header(std::string_view file, KdfCost minimum);

/// Unwraps the key. Fault::Locked: `kek` does not fit, because the passphrase was wrong or somebody changed the file.
Result<Opened> open_slot(std::string_view file, const SlotHeader& header, const Secret& kek);

/// The two halves of Argon2id(passphrase, salt): `auth` for the key provider, `rest` for the KEK.
struct Derived {
  Secret auth, rest;
};
/// Fault::Full: not enough memory: the passphrase was not tried. Takes as long as `cost` says; not on the UI thread.
Result<Derived> derive(const Secret& passphrase, std::string_view salt, KdfCost cost);

/// HKDF-SHA256(rest || device_key, salt, "doorstep/kek/v1|<user>|<slot>"), 32 bytes.
Result<Secret> make_kek(const Secret& rest, const Secret& device_key, const SlotHeader& header);

}  // namespace doorstep::vault
