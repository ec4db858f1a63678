#include "platform/sql/key_change.h"

#include <algorithm>
#include <array>

#include "platform/base/file.h"
#include "platform/sql/connection.h"

namespace doorstep::sql {
namespace {

/// The file as it stands, without a log. Its number of pages.
Result<std::int64_t> settle(const std::filesystem::path& path, const base::Secret& key, std::string_view salt, const DbOptions& options) {
  std::int64_t pages = 0;
  {
    DOORSTEP_TRY_ASSIGN(Db db, Db::open(path, key, salt, options));
    DOORSTEP_TRY_ASSIGN(auto problems, db.check());
    if (!problems.empty()) return Error{Fault::Corrupt, "sql.key_change", problems.front()};
    DOORSTEP_TRY(db.checkpoint());
    DOORSTEP_TRY_ASSIGN(auto count, db.first<std::int64_t>("PRAGMA page_count"));
    pages = count.value_or(0);
  }
  if (has_log(path)) return Error{Fault::Timeout, "sql.key_change", "another connection has it open"};
  return pages;
}

/// Every page anew under the other key, where it lies. Without a journal: what is cut off is thrown away.
Result<void> rewrite(const std::filesystem::path& path, const base::Secret& key, std::string_view salt, const base::Secret& fresh_key,
                     std::string_view fresh_salt, const DbOptions& options) {
  Connection connection;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(path.c_str(), &connection.handle, flags, options.vfs.empty() ? nullptr : options.vfs.c_str());
  if (code != SQLITE_OK) return sql_error(connection.handle, code, "sql.key_change");
  DOORSTEP_TRY(connection.run("PRAGMA cipher_log_level = NONE"));
  DOORSTEP_TRY(set_key(connection, key, salt));
  DOORSTEP_TRY(connection.run("PRAGMA cipher_compatibility = 4; PRAGMA temp_store = MEMORY; PRAGMA synchronous = OFF"));
  for (const char* mode : {"delete", "off"}) {
    DOORSTEP_TRY_ASSIGN(std::string now, connection.value(("PRAGMA journal_mode = " + std::string(mode)).c_str()));
    if (now != mode) return Error{Fault::Unsupported, "sql.key_change", "the log stays " + now};
  }
  const auto raw = raw_key(fresh_key, fresh_salt);
  constexpr std::string_view kBefore = "PRAGMA rekey = \"", kAfter{"\"\0", 2};
  base::Secret sql(kBefore.size() + raw.size() + kAfter.size());
  auto* at = sql.data();
  for (const std::string_view part : {kBefore, raw.view(), kAfter}) at = std::copy(part.begin(), part.end(), at);
  return connection.run(sql.view().data());
}

Result<void> write_copy(const std::filesystem::path& path, const base::Secret& key, std::string_view salt,
                        const std::filesystem::path& copy, const base::Secret& fresh_key, std::string_view fresh_salt,
                        const DbOptions& options) {
  std::error_code error;
  std::filesystem::copy_file(path, copy, error);  // with its mode
  if (error) {
    const bool full = error == std::errc::no_space_on_device;
    return Error{full ? Fault::Full : Fault::Io, "sql.key_change", error.message()};
  }
  return rewrite(copy, key, salt, fresh_key, fresh_salt, options);
}

}  // namespace

Result<void> copy_under_key(const std::filesystem::path& path, const base::Secret& key, std::string_view salt,
                            const std::filesystem::path& copy, const base::Secret& fresh_key, std::string_view fresh_salt,
                            const DbOptions& options) {
  if (key.size() != kKeyBytes || fresh_key.size() != kKeyBytes || salt.size() != kSaltBytes || fresh_salt.size() != kSaltBytes)
    return Error{Fault::Invalid, "sql.key_change", "a key has 32 bytes and a salt 16"};
  DbOptions existing = options;
  existing.mode = OpenMode::Existing;
  DOORSTEP_TRY(remove_database(copy));
  DOORSTEP_TRY_ASSIGN(const auto pages, settle(path, key, salt, existing));
  const auto made = [&]() -> Result<void> {
    DOORSTEP_TRY(write_copy(path, key, salt, copy, fresh_key, fresh_salt, existing));
    DOORSTEP_TRY_ASSIGN(const auto copied, settle(copy, fresh_key, fresh_salt, existing));  // by the key alone that is to open it
    if (copied != pages) return Error{Fault::Corrupt, "sql.key_change", "the copy is not whole"};
    return base::make_durable(copy);
  }();
  if (made.has_error()) (void)remove_database(copy);
  return made;
}

Result<void> remove_database(const std::filesystem::path& path) {
  std::error_code error;
  for (const char* end : {"-wal", "-shm", "-journal", ""}) {
    std::filesystem::remove(path.string() + end, error);
    if (error) return Error{Fault::Io, "sql.remove", error.message()};
  }
  return {};
}

}  // namespace doorstep::sql
