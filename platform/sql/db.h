#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "platform/base/error.h"
#include "platform/base/secret.h"
#include "platform/base/time.h"
#include "platform/sql/statement.h"

namespace doorstep::sql {

inline constexpr std::size_t kKeyBytes = 32;   ///< AES-256
inline constexpr std::size_t kSaltBytes = 16;  ///< the first 16 bytes of the file

enum class OpenMode {
  Existing,  ///< Fault::NotFound when there is no file
  Create,    ///< makes the file, mode 0600, when there is none
};

/// What a commit waits for. Off exists so that a test can prove that it would notice.
enum class Synchronous { Full, Off };

struct DbOptions {
  OpenMode mode = OpenMode::Existing;
  Synchronous synchronous = Synchronous::Full;
  base::Millis busy_timeout{5000};  ///< waits this long for another connection's write
  std::string vfs;                  ///< empty: the default; else a name registered by observed_vfs.h
};

/// Of the SQLCipher that is linked: "4.6.1 community"; empty when it is none.
std::string cipher_version();

/// One connection to an encrypted SQLCipher file: WAL, foreign keys, defensive, temporary data in memory only, ATTACH and
/// key pragmas refused, freed memory wiped. One thread at a time. Opening again from another thread needs a second Db.
///
/// Faults: Timeout = another connection holds the write lock; Conflict = a constraint; Denied = a trigger's RAISE or
/// something the authorizer refuses; Corrupt = a page fails its check; Full = disk or limit; Invalid = wrong SQL.
/// An Error's detail never holds values, only names of tables and columns.
class Db {
 public:
  /// Opens `path` under a raw key of 32 bytes and a salt of 16: never a passphrase, so no derivation (0.1 ms).
  /// Fault::Invalid: key or salt of another length. Fault::Unsupported: the library linked is no SQLCipher or below 4.6.1.
  /// Fault::Locked: the key is not this file's. Fault::Corrupt: a plain or foreign file, or a damaged first page.
  static Result<Db> open(const std::filesystem::path& path, const base::Secret& key, std::string_view salt,
                         const DbOptions& options = {});
  Db(Db&&) noexcept;
  Db& operator=(Db&&) noexcept;
  ~Db();  ///< every Statement of it must be gone

  /// A statement for one SQL command, from the cache when it was used before; `args` are bound when there are any.
  template <class... Args>
  Result<Statement> prepare(std::string_view sql, const Args&... args) {
    auto statement = borrow(sql);
    if constexpr (sizeof...(args) > 0) {
      if (statement.has_value()) statement->bind(args...);
    }
    return statement;
  }
  /// Runs one command to its end; the number of rows changed.
  template <class... Args>
  Result<std::int64_t> exec(std::string_view sql, const Args&... args) {
    DOORSTEP_TRY_ASSIGN(Statement statement, prepare(sql, args...));
    return statement.run();
  }
  /// query(sql, binds..., each): calls `each(const Row&)` for every row. `each` returns nothing, or Result<void> to stop
  /// with its error.
  template <class... Args>
  Result<void> query(std::string_view sql, const Args&... args) {
    static_assert(sizeof...(args) >= 1, "the last argument is the function called for each row");
    return query_with(sql, std::tie(args...), std::make_index_sequence<sizeof...(args) - 1>());
  }
  /// The first column of the first row; empty when there is no row or it is NULL.
  template <class T, class... Args>
  Result<std::optional<T>> first(std::string_view sql, const Args&... args) {
    DOORSTEP_TRY_ASSIGN(Statement statement, prepare(sql, args...));
    DOORSTEP_TRY_ASSIGN(bool row, statement.step());
    if (!row || statement.is_null(0)) return std::optional<T>();
    return std::optional<T>(statement.get<T>(0));
  }
  /// Several commands, none with parameters; not cached. For schemas.
  Result<void> script(std::string_view sql);

  std::int64_t last_insert_rowid() const;
  bool in_transaction() const;
  /// PRAGMA user_version: the number of the last migration.
  Result<int> version();
  /// Moves the WAL into the file and empties it, so that a copy of the file alone is whole.
  Result<void> checkpoint();
  /// Reads every page and checks its HMAC, then the structure; what is wrong, in words. Empty: nothing. Takes as long as
  /// reading the file.
  Result<std::vector<std::string>> check();
  /// Every row of every table as text, for people who look for something in it. The result is not encrypted: it is handed
  /// to `line` and never written by this room.
  template <class Line>
  Result<void> dump(const Line& line) {
    std::vector<std::string> tables;
    DOORSTEP_TRY(query("SELECT name FROM sqlite_schema WHERE type='table' AND sql NOT LIKE 'CREATE VIRTUAL%'",
                       [&](const Row& row) { tables.push_back(row.string(0)); }));
    for (const auto& table : tables)
      DOORSTEP_TRY(query("SELECT * FROM \"" + table + "\"", [&](const Row& row) {
        std::string text = table;
        for (int i = 0; i < row.columns(); ++i) (text += '\t') += row.blob(i);
        line(std::string_view(text));
      }));
    return {};
  }

 private:
  friend class Transaction;
  friend Result<void> set_version(Db& db, int version);
  explicit Db(std::unique_ptr<Connection> connection);
  Result<Statement> borrow(std::string_view sql);

  template <class Tuple, std::size_t... I>
  Result<void> query_with(std::string_view sql, const Tuple& args, std::index_sequence<I...>) {
    const auto& each = std::get<sizeof...(I)>(args);
    DOORSTEP_TRY_ASSIGN(Statement statement, prepare(sql, std::get<I>(args)...));
    for (;;) {
      DOORSTEP_TRY_ASSIGN(bool row, statement.step());
      if (!row) return {};
      if constexpr (std::is_void_v<decltype(each(static_cast<const Row&>(statement)))>) each(static_cast<const Row&>(statement));
      else DOORSTEP_TRY(each(static_cast<const Row&>(statement)));
    }
  }

  std::unique_ptr<Connection> connection_;
};

/// One transaction; rolls back in its destructor unless committed. Not nested. Must not outlive its Db.
class Transaction {
 public:
  /// BEGIN IMMEDIATE: holds the write lock from the start, so that nothing read inside is stale when written.
  static Result<Transaction> begin(Db& db);
  /// BEGIN: one snapshot for several reads.
  static Result<Transaction> read(Db& db);
  Transaction(Transaction&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  /// Durable when it returns (synchronous=FULL). On an error nothing was written.
  Result<void> commit();

 private:
  explicit Transaction(Connection* connection) : connection_(connection) {}
  static Result<Transaction> start(Db& db, const char* sql);
  Result<void> end(const char* sql);
  Connection* connection_;
};

/// One step of a schema. Never changed after it shipped: a change is a new number.
struct Migration {
  int number;            ///< 1, 2, 3 ... without gaps
  std::string_view sql;  ///< several commands; no BEGIN, no COMMIT
};

/// Runs what the file has not seen yet, each in a transaction of its own together with its number.
/// Fault::Unsupported: the file is newer than this program.
Result<void> migrate(Db& db, std::span<const Migration> migrations);

}  // namespace doorstep::sql
