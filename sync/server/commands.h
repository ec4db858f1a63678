#pragma once
#include "platform/tls/signature.h"
#include "sync/server/repository.h"

/// What IT tells one tablet to do: lock, or wipe itself (wire::CommandStatement).
namespace doorstep::server {

/// A tablet in a drawer hears it so long after it was given; then it must be given again.
inline constexpr auto kCommandLife = std::chrono::hours(24 * 90);

/// Gives the device a command, in place of one it has not obeyed yet; audited. Its number. Fault::NotFound: no such device.
/// Denied: it was revoked, and hears nothing any more.
Result<std::int64_t> give_command(Repository& repository, Id device, wire::CommandKind kind, Instant now);

/// The device's command as it is to be heard now, or null: there is none, it was obeyed, or it is too late.
const CommandRow* waiting_command(const DeviceRow& device, Instant now);

/// It waits to be wiped: it hands in what it has, and reads nothing.
bool is_to_be_wiped(const DeviceRow& device, Instant now);

/// Signs the command that waits, with its signer; empty: none does.
Result<std::optional<wire::SignedStatement>> sign_command(const tls::Signer& signer, const DeviceRow& device, Instant now);

/// The device tells that it obeyed. Another number than its command's, and what was told before, change nothing. A tablet that
/// wiped itself is no longer one of ours. Audited.
Result<void> note_obeyed(Repository& repository, Id device, std::int64_t number, Instant now);

}  // namespace doorstep::server
