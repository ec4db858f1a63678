#pragma once
#include <concepts>
#include <cstdint>
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
#include "platform/base/id.h"
#include "platform/base/limits.h"
#include "platform/base/time.h"

struct pg_conn;
struct pg_result;

namespace doorstep::pg {

using base::Error;
using base::Fault;
using base::Id;
using base::Result;

/// `where` of an Error after which the same transaction, begun again, may well succeed: another one was first (Conflict), or
/// the connection was lost (Offline). After a lost COMMIT nobody knows whether it held: what is begun again must find out.
inline constexpr std::string_view kAgain = "pg.again";

/// Binds as bytea; a plain string binds as text. Borrowed until bound (binding copies).
struct Blob {
  std::string_view bytes;
};

/// The arguments of one command in PostgreSQL's binary format: integers and times as bigint, Id as uuid. Copies.
class Params {
 public:
  template <class... Args>
  explicit Params(const Args&... args) {
    values_.reserve(sizeof...(args));
    (put(args), ...);
  }
  struct Value {
    unsigned type = 0;  ///< its Oid
    bool null = false;
    std::string bytes;
  };
  const std::vector<Value>& values() const { return values_; }

 private:
  void put(bool value);
  void put(double value);
  void put(std::string_view text);
  void put(Blob blob);
  void put(const Id& id);
  void put(base::Instant at) { put_integer(at.ms); }
  void put(const char* text) { put(std::string_view(text)); }
  void put(const std::string& text) { put(std::string_view(text)); }
  template <std::integral T>
  void put(T value) { put_integer(static_cast<std::int64_t>(value)); }
  template <class T>
  void put(const std::optional<T>& value) {  // NULL has its column's type too
    put(value ? *value : T());
    values_.back().null = !value;
  }
  void put_integer(std::int64_t value);

  std::vector<Value> values_;
};

/// The columns of one row, from 0. NULL reads as 0, empty or nil. Views live as long as the Rows.
class Row {
 public:
  Row(const pg_result* result, int row) : result_(result), row_(row) {}
  int columns() const;
  bool is_null(int column) const;
  std::int64_t integer(int column) const;   ///< of an integer of any width, or a boolean
  std::string_view text(int column) const { return blob(column); }
  std::string_view blob(int column) const;  ///< the raw bytes of text, bytea or uuid
  Id id(int column) const;
  std::string string(int column) const { return std::string(blob(column)); }
  bool boolean(int column) const { return integer(column) != 0; }
  base::Instant instant(int column) const { return {integer(column)}; }
  std::optional<std::int64_t> maybe_integer(int column) const;

  /// Column as T: std::int64_t, int, bool, std::string, Id or base::Instant.
  template <class T>
  T get(int column) const {
    if constexpr (std::same_as<T, bool>) return boolean(column);
    else if constexpr (std::integral<T>) return static_cast<T>(integer(column));
    else if constexpr (std::same_as<T, Id>) return id(column);
    else if constexpr (std::same_as<T, base::Instant>) return instant(column);
    else return T(string(column));
  }

 private:
  const pg_result* result_;
  int row_;
};

/// Everything one command gave.
class Rows {
 public:
  explicit Rows(pg_result* result) : result_(result) {}
  int size() const;
  Row operator[](int row) const { return Row(result_.get(), row); }
  std::int64_t changed() const;   ///< rows inserted, updated or deleted
  std::string_view tag() const;   ///< "COMMIT", "INSERT 0 1"

 private:
  struct Clear { void operator()(pg_result* result) const noexcept; };
  std::unique_ptr<pg_result, Clear> result_;
};

struct DbOptions {
  std::string schema = {};                                 ///< where tables are looked for; empty: PostgreSQL's own default
  base::Millis statement_limit = limits::kPostgresStatement;
  base::Millis lock_limit = limits::kPostgresLock;
};

/// One connection to a PostgreSQL 15 or newer that accepts writes. One thread at a time; not across fork.
///
/// Faults: Offline = nobody answers, or the connection was lost; Conflict = a constraint, a deadlock, a failed serialization;
/// Untrusted = it is not the server that the certificate says, or it let us in without proof of the password; Denied = a missing
/// right, a trigger's refusal, or a wrong password; Timeout = a lock or a statement took too long, or the
/// server has no connection left; Full = its disk; NotFound = no such database, schema or table; Invalid = wrong SQL;
/// Unsupported = too old, or set up so that it may lose what it confirmed.
/// An Error's detail never holds values, only names of tables and constraints.
class Db {
 public:
  /// `url`: postgresql://user@host/database?... as libpq has it; host, user and database must be there, a password must not
  /// (passfile=). A host that is a path is the folder of a Unix socket. To anything else the connection is TLS with
  /// sslmode=verify-full and SCRAM bound to it, whatever the url and the environment say: Fault::Invalid for less.
  static Result<Db> open(const std::string& url, const DbOptions& options = {});
  Db(Db&&) noexcept;
  Db& operator=(Db&&) noexcept;
  ~Db();

  /// One command, prepared the first time, its parameters ?1..?n. Always called with arguments of the same types.
  Result<Rows> run(std::string_view sql, const Params& params);
  template <class... Args>
  Result<std::int64_t> exec(std::string_view sql, const Args&... args) {
    DOORSTEP_TRY_ASSIGN(Rows rows, run(sql, Params(args...)));
    return rows.changed();
  }
  /// query(sql, binds..., each): calls `each(const Row&)` for every row. `each` returns nothing, or Result<void> to stop
  /// with its error. The rows are all in memory: ask for pages where there may be many.
  template <class... Args>
  Result<void> query(std::string_view sql, const Args&... args) {
    static_assert(sizeof...(args) >= 1, "the last argument is the function called for each row");
    return query_with(sql, std::tie(args...), std::make_index_sequence<sizeof...(args) - 1>());
  }
  /// The first column of the first row; empty when there is no row or it is NULL.
  template <class T, class... Args>
  Result<std::optional<T>> first(std::string_view sql, const Args&... args) {
    DOORSTEP_TRY_ASSIGN(Rows rows, run(sql, Params(args...)));
    if (rows.size() == 0 || rows[0].is_null(0)) return std::optional<T>();
    return std::optional<T>(rows[0].template get<T>(0));
  }
  /// Several commands in one round trip, none with parameters.
  Result<void> script(std::string_view sql);

  /// True once it is of no more use: the connection was lost, or an answer did not come in time.
  bool lost() const;
  bool in_transaction() const;
  std::string user() const;

 private:
  struct Connection;
  explicit Db(std::unique_ptr<Connection> connection);

  template <class Tuple, std::size_t... I>
  Result<void> query_with(std::string_view sql, const Tuple& args, std::index_sequence<I...>) {
    const auto& each = std::get<sizeof...(I)>(args);
    DOORSTEP_TRY_ASSIGN(Rows rows, run(sql, Params(std::get<I>(args)...)));
    for (int i = 0; i < rows.size(); ++i) {
      if constexpr (std::is_void_v<decltype(each(rows[i]))>) each(rows[i]);
      else DOORSTEP_TRY(each(rows[i]));
    }
    return {};
  }

  std::unique_ptr<Connection> connection_;
};

enum class Mode {
  Write,     ///< READ COMMITTED: every command sees what was committed before it; locks say what stays so
  Snapshot,  ///< REPEATABLE READ READ ONLY: every command sees the same moment
};

/// One transaction; rolls back in its destructor unless committed. Not nested. Must not outlive its Db.
class Transaction {
 public:
  /// `first`: commands sent with BEGIN in the same round trip, each seeing what was committed before it.
  static Result<Transaction> begin(Db& db, Mode mode, std::string_view first = {});
  Transaction(Transaction&& other) noexcept : db_(std::exchange(other.db_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  /// Durable when it returns. An error other than a lost connection: nothing was written.
  Result<void> commit();

 private:
  explicit Transaction(Db* db) : db_(db) {}
  Db* db_;
};

/// The user a url names; empty when it names none or is no url.
std::string user_of(const std::string& url);

/// One step of a schema. Never changed after it shipped: a change is a new number.
struct Migration {
  int number;            ///< 1, 2, 3 ... without gaps
  std::string_view sql;  ///< several commands; no BEGIN, no COMMIT
};

/// The number of the last migration in the Db's schema. Fault::NotFound: there was none.
Result<int> schema_version(Db& db);

/// Runs what the Db's schema (made when it is not there) has not seen yet, each in a transaction of its own together with its
/// number; two programs that do so at once do it once. Fault::Unsupported: the schema is newer than this program.
Result<void> migrate(Db& db, std::string_view schema, std::span<const Migration> migrations);

}  // namespace doorstep::pg
