#include "app/work/renewal.h"

#include <fstream>

#include "platform/base/bytes.h"
#include "platform/base/file.h"
#include "platform/base/log.h"

namespace doorstep::work {
namespace {

namespace fs = std::filesystem;

/// Whole and under its own key, or not there: until then it is the other, which begins with the old salt for a while.
fs::path next_of(const fs::path& database) { return database.string() + ".next"; }
fs::path part_of(const fs::path& database) { return database.string() + ".part"; }

void remove_left(const fs::path& path) {
  if (const auto removed = store::Store::remove(path); removed.has_error()) base::log_error("key.copy_stays", removed.error());
}

constexpr auto kRenewBefore = std::chrono::hours(24 * 30);

}  // namespace

bool certificate_is_due(std::optional<Instant> until, Instant now) { return !until || *until - now <= kRenewBefore; }

Result<void> settle_renewal(const vault::Vault& vault, const fs::path& database, const vault::Opened& open) {
  const auto next = next_of(database);
  std::error_code ignored;
  if (fs::exists(part_of(database), ignored)) remove_left(part_of(database));
  if (!fs::exists(next, ignored)) return {};
  std::string salt(open.db_salt.size(), '\0');
  if (!std::ifstream(next, std::ios::binary).read(salt.data(), static_cast<std::streamsize>(salt.size())) || salt != open.db_salt) {
    remove_left(next);
    return {};
  }
  DOORSTEP_TRY(vault.make_durable());  // else a power cut could bring back the old slot, whose database goes now
  for (const char* end : {"-wal", "-shm"}) {  // a log of the old one would be taken for the new one's
    fs::remove(database.string() + end, ignored);
    if (ignored) return base::Error{base::Fault::Io, "work.renewal", ignored.message()};
  }
  return base::replace_file(next, database);
}

Result<vault::Opened> renew_key(vault::Vault& vault, std::string_view passphrase, const fs::path& database, vault::Opened open,
                                Instant now, const store::StoreOptions& how) {
  vault::Opened fresh{base::Secret::random(open.key.size()), base::random_bytes(open.db_salt.size())};
  const auto part = part_of(database);
  auto copied = store::Store::copy_under_key(database, open.key, open.db_salt, part, fresh.key, fresh.db_salt, now, how);
  if (copied.has_value()) copied = base::replace_file(part, next_of(database));
  if (copied.has_error()) {
    base::log_error("key.copy", copied.error());
    remove_left(part);
    DOORSTEP_TRY(settle_renewal(vault, database, open));
    return open;
  }
  if (const auto replaced = vault.replace_key(passphrase, fresh); replaced.has_error()) {
    base::log_error("key.replace", replaced.error());
    DOORSTEP_TRY_ASSIGN(fresh, vault.unlock(passphrase));  // it may have been done all the same
  }
  DOORSTEP_TRY(settle_renewal(vault, database, fresh));
  return fresh;
}

}  // namespace doorstep::work
