#pragma once
#define SQLITE_HAS_CODEC 1  // shows sqlite3_key_v2
#include <sqlcipher/sqlite3.h>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "platform/base/error.h"
#include "platform/base/secret.h"
#include "platform/sql/statement.h"

namespace doorstep::sql {

/// A statement the Db keeps for the next time its SQL is asked for.
struct CachedStatement {
  sqlite3_stmt* stmt = nullptr;
  bool borrowed = false;
};

/// What Db, Statement and Transaction share. Only for this room's sources.
struct Connection {
  sqlite3* handle = nullptr;
  bool trusted = false;  ///< true while the room itself runs pragmas: the authorizer then allows them
  std::size_t borrowed = 0;

  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view sql) const noexcept { return std::hash<std::string_view>()(sql); }
  };
  std::unordered_map<std::string, CachedStatement, Hash, std::equal_to<>> cache;  ///< by its SQL

  Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  /// A statement for one SQL command, from the cache when it was used before.
  base::Result<Statement> borrow(std::string_view sql);
  /// Runs commands of this room's own, pragmas included.
  base::Result<void> run(const char* sql);
  /// The first column of every row of a pragma of this room's own. Not cached: SQLCipher answers some while preparing.
  base::Result<std::vector<std::string>> values(const char* sql);
  /// The first of them; empty when there is none.
  base::Result<std::string> value(const char* sql);
};

/// "x'<key><salt>'", 99 characters: one digit less and SQLCipher takes it for a passphrase.
base::Secret raw_key(const base::Secret& key, std::string_view salt);

/// Gives the connection its key. Before anything else is asked of it.
base::Result<void> set_key(Connection& connection, const base::Secret& key, std::string_view salt);

/// Whether there are pages beside the file that go before its own.
bool has_log(const std::filesystem::path& path);

/// The Error of a result code. `handle` may be null.
base::Error sql_error(sqlite3* handle, int code, std::string where);

/// Sets SQLite up for the process, once: freed memory is wiped. Every other call of this room comes after it.
void start_library();

/// Why a library that answers `PRAGMA cipher_version` like this may not keep anybody's words: it does not encrypt (empty), or is
/// older than 4.6.1 (security.md section 5). Empty: it may.
std::optional<base::Error> refusal_of(std::string_view cipher_version);

/// SQLITE_OK only for what a Db allows: no ATTACH, no pragma that changes how the file is kept, no export.
int authorize(void* connection, int action, const char* first, const char* second, const char* database, const char* inner);

}  // namespace doorstep::sql
