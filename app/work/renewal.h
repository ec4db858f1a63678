#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "app/store/store.h"
#include "platform/vault/vault.h"

/// Another key for the database, once a year (security.md section 2), so that a crash at any point leaves a slot that opens a
/// whole database: a copy under the new key is made (".part"), lies complete and durable beside the old one (".next") before the
/// slot changes, and takes its place after. The first 16 bytes of a database are the salt that its slot names: they say which of the two
/// a slot opens.
namespace doorstep::work {

using base::Instant;
using base::Result;

/// Whether a certificate that ends then, the worker's or the tablet's own, is to be followed by another: when no more than 30 of its
/// 90 days are left (security.md section 3), and when nobody knows.
bool certificate_is_due(std::optional<Instant> until, Instant now);

/// What a renewal that was cut off left beside `database`: the copy takes its place where `open`, which the vault just gave, is
/// the copy's key, and is removed where it is not. Nothing may have either open.
Result<void> settle_renewal(const vault::Vault& vault, const std::filesystem::path& database, const vault::Opened& open);

/// Another key, and nothing that the old one opens is left. What the vault opens now: the new key, or `open` where it could not be
/// done, which is logged and tried again at the next unlock. An error: neither is certain, unlock again. `database` is settled and
/// closed. The store's thread; takes two derivations, and reads and writes the whole file a few times.
Result<vault::Opened> renew_key(vault::Vault& vault, std::string_view passphrase, const std::filesystem::path& database,
                                vault::Opened open, Instant now, const store::StoreOptions& how = {});

}  // namespace doorstep::work
