#pragma once
#include <compare>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "platform/base/error.h"
#include "platform/base/id.h"
#include "platform/base/secret.h"

/// Copies of work that the case server has not acknowledged, which lie beside a tablet's database and outlive its key. Only the
/// case server opens them: libsodium's sealed box (X25519, XSalsa20-Poly1305) to its outbox key. Nobody who has the tablet can,
/// with the passphrase or without. Format and test vector: sync/PROTOCOL.md, "Sealed copies".
namespace doorstep::base {

/// All that a copy says in clear. The same device never gives one number of one incarnation to different work at once.
struct CopyName {
  Id device;
  std::int64_t incarnation = 1;  ///< of the device's chain of operations
  std::int64_t number = 0;       ///< of the operation; from kUnnumbered on: of what has no number of its own yet

  std::string file() const;  ///< its file's name
  friend auto operator<=>(const CopyName&, const CopyName&) = default;
};
inline constexpr std::int64_t kUnnumbered = std::int64_t{1} << 40;  ///< no tablet makes so many operations

/// The outbox's key pair. Whoever may read copies has it; tablets are given `open` alone.
struct OutboxKeys {
  Bytes open;     ///< X25519 public key, 32 bytes
  Secret secret;  ///< its private half
};
/// The same from the same 32 bytes of randomness. Pure.
OutboxKeys outbox_keys(const Secret& seed);

/// `text` for the holder of `outbox_key` alone, of a length that tells it to 4 KiB only. Fault::Invalid: no key of ours.
Result<Bytes> seal_copy(const CopyName& name, std::string_view outbox_key, std::string_view text);
/// What a file says in clear. Fault::Invalid: it is no copy; Unsupported: one of a newer version.
Result<CopyName> read_copy_name(std::string_view file);
/// Faults as read_copy_name(). Corrupt: changed, renamed inside, or sealed to another key.
Result<std::string> open_copy(std::string_view file, const OutboxKeys& keys);

/// The copies in a folder, by name; what is called otherwise is left out. None where there is no folder.
Result<std::vector<CopyName>> copies_in(const std::filesystem::path& folder);

}  // namespace doorstep::base
