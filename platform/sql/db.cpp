#include "platform/sql/db.h"

#include "platform/base/bytes.h"
#include "platform/base/file.h"
#include "platform/base/limits.h"
#include "platform/base/mutant.h"
#include "platform/sql/connection.h"
#include "platform/sql/page_check.h"

namespace doorstep::sql {
namespace {

constexpr std::string_view kPlainHeader{"SQLite format 3\0", 16};

Result<void> harden(Connection& connection) {
  static constexpr std::array<std::pair<int, int>, 6> kSettings = {{{SQLITE_DBCONFIG_DEFENSIVE, 1},
                                                                    {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
                                                                    {SQLITE_DBCONFIG_ENABLE_FKEY, 1},
                                                                    {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
                                                                    {SQLITE_DBCONFIG_DQS_DML, 0},
                                                                    {SQLITE_DBCONFIG_DQS_DDL, 0}}};
  for (auto [option, value] : kSettings) {
    int now = -1;
    int code = sqlite3_db_config(connection.handle, option, value, &now);
    if (code != SQLITE_OK || now != value) return Error{Fault::Unsupported, "sql.open", "the library refuses a safety setting"};
  }
  sqlite3_limit(connection.handle, SQLITE_LIMIT_ATTACHED, 0);
  return {};
}

Error wrong_key_or_damage(const Connection& connection, const base::Secret& key, std::string_view salt) {
  if (key_fits_a_later_page(connection, key, salt)) return {Fault::Corrupt, "sql.open", "the first page is damaged"};
  return {Fault::Locked, "sql.open", "the key is not this file's"};
}

}  // namespace

std::string cipher_version() {
  start_library();
  Connection connection;
  if (sqlite3_open(":memory:", &connection.handle) != SQLITE_OK) return {};
  auto version = connection.value("PRAGMA cipher_version");
  return version.has_value() ? *version : std::string();
}

Db::Db(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
Db::Db(Db&&) noexcept = default;
Db& Db::operator=(Db&&) noexcept = default;
Db::~Db() = default;

Result<Db> Db::open(const std::filesystem::path& path, const base::Secret& key, std::string_view salt, const DbOptions& options) {
  if (key.size() != kKeyBytes || salt.size() != kSaltBytes)
    return Error{Fault::Invalid, "sql.open", "a key has 32 bytes and a salt 16"};
  start_library();

  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    if (options.mode != OpenMode::Create) return Error{Fault::NotFound, "sql.open", path.string() + " does not exist"};
    DOORSTEP_TRY(base::write_file_atomic(path, {}, base::Access::Owner));  // SQLite would make it readable for everybody
  }
  auto connection = std::make_unique<Connection>();
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  int code = sqlite3_open_v2(path.c_str(), &connection->handle, flags, options.vfs.empty() ? nullptr : options.vfs.c_str());
  if (code != SQLITE_OK) return sql_error(connection->handle, code, "sql.open");
  DOORSTEP_TRY_ASSIGN(std::string header, raw_bytes(*connection, 0, kSaltBytes));
  if (header == kPlainHeader) return Error{Fault::Corrupt, "sql.open", "the file is not encrypted"};
  // A power cut while the log is written back may tear the first page: then it is whole in the log.
  if (header.empty() ? options.mode != OpenMode::Create : header != salt && !has_log(path))
    return Error{Fault::Corrupt, "sql.open", header.empty() ? "the file is empty" : "the file begins with another salt"};
  sqlite3_set_authorizer(connection->handle, authorize, connection.get());
  sqlite3_busy_timeout(connection->handle, static_cast<int>(options.busy_timeout.count()));

  DOORSTEP_TRY_ASSIGN(std::string version, connection->value("PRAGMA cipher_version"));
  if (auto refused = refusal_of(version)) return *refused;
  DOORSTEP_TRY(connection->run("PRAGMA cipher_log_level = NONE"));
  DOORSTEP_TRY(set_key(*connection, key, salt));
  DOORSTEP_TRY(connection->run("PRAGMA cipher_compatibility = 4"));  // a later library must not choose another format
  DOORSTEP_TRY(harden(*connection));

  auto readable = connection->value("SELECT count(*) FROM sqlite_schema");
  if (!readable.has_value())
    return readable.error().fault == Fault::Corrupt ? wrong_key_or_damage(*connection, key, salt) : readable.error();

  DOORSTEP_TRY(connection->run("PRAGMA temp_store = MEMORY; PRAGMA secure_delete = ON; PRAGMA cell_size_check = ON"));
  DOORSTEP_TRY(connection->run(("PRAGMA cache_size = -" + std::to_string(limits::kPageCacheBytes / 1024)).c_str()));
  DOORSTEP_TRY_ASSIGN(std::string journal, connection->value("PRAGMA journal_mode = WAL"));
  if (journal != "wal") return Error{Fault::Unsupported, "sql.open", "this folder's file system has no write-ahead log"};
  const bool full = options.synchronous == Synchronous::Full && !base::mutant("no-sync");
  DOORSTEP_TRY(connection->run(full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = OFF"));
  // A commit whose process was killed before its sync is there to be read, and the next power cut could still take it. On a full
  // disk the log is synced and stays where it is.
  if (!base::mutant("unsynced-after-kill"))
    if (auto durable = connection->value("PRAGMA wal_checkpoint(PASSIVE)"); !durable && durable.error().fault != Fault::Full)
      return durable.error();

  DOORSTEP_TRY_ASSIGN(std::string written, raw_bytes(*connection, 0, kSaltBytes));  // WAL mode has written the first page by now
  if (written != salt) return Error{Fault::Corrupt, "sql.open", "the file was not written encrypted"};
  return Db(std::move(connection));
}

Result<Statement> Db::borrow(std::string_view sql) { return connection_->borrow(sql); }

Result<void> Db::script(std::string_view sql) {
  int code = sqlite3_exec(connection_->handle, std::string(sql).c_str(), nullptr, nullptr, nullptr);
  if (code == SQLITE_OK) return {};
  auto error = sql_error(connection_->handle, code, "sql.script");
  error.detail = sqlite3_errmsg(connection_->handle);
  return error;
}

std::int64_t Db::last_insert_rowid() const { return sqlite3_last_insert_rowid(connection_->handle); }
bool Db::in_transaction() const { return sqlite3_get_autocommit(connection_->handle) == 0; }

Result<int> Db::version() {
  DOORSTEP_TRY_ASSIGN(auto number, first<int>("PRAGMA user_version"));
  return number.value_or(0);
}

Result<void> Db::checkpoint() {
  DOORSTEP_TRY_ASSIGN(std::string busy, connection_->value("PRAGMA wal_checkpoint(TRUNCATE)"));
  if (busy != "0") return Error{Fault::Timeout, "sql.checkpoint", "another connection is reading"};
  return {};
}

Result<std::vector<std::string>> Db::check() {
  std::vector<std::string> problems;
  for (const char* pragma : {"PRAGMA cipher_integrity_check", "PRAGMA quick_check", "PRAGMA foreign_key_check"}) {
    auto rows = connection_->values(pragma);
    // Once a page failed, SQLCipher refuses everything else on this connection, with a code that says nothing.
    if (!rows.has_value() && rows.error().fault != Fault::Corrupt && problems.empty()) return rows.error();
    if (!rows.has_value()) problems.push_back(std::string(pragma) + ": " + rows.error().detail);
    else std::copy_if(rows->begin(), rows->end(), std::back_inserter(problems), [](auto& row) { return row != "ok"; });
  }
  return problems;
}

Result<Transaction> Transaction::start(Db& db, const char* sql) {
  DOORSTEP_TRY(db.exec(sql));
  return Transaction(db.connection_.get());
}
Result<Transaction> Transaction::begin(Db& db) { return start(db, "BEGIN IMMEDIATE"); }
Result<Transaction> Transaction::read(Db& db) { return start(db, "BEGIN"); }

Transaction::~Transaction() {
  if (connection_ && !sqlite3_get_autocommit(connection_->handle)) (void)end("ROLLBACK");
}

Result<void> Transaction::end(const char* sql) {
  DOORSTEP_TRY_ASSIGN(Statement statement, connection_->borrow(sql));
  DOORSTEP_TRY(statement.run());
  return {};
}

Result<void> Transaction::commit() {
  DOORSTEP_ASSERT(connection_ != nullptr);
  DOORSTEP_TRY(end("COMMIT"));  // on an error this object still rolls back
  connection_ = nullptr;
  return {};
}

Result<void> set_version(Db& db, int version) {
  return db.connection_->run(("PRAGMA user_version = " + std::to_string(version)).c_str());
}

Result<void> migrate(Db& db, std::span<const Migration> migrations) {
  for (std::size_t i = 0; i < migrations.size(); ++i) DOORSTEP_ASSERT(migrations[i].number == static_cast<int>(i) + 1);
  DOORSTEP_TRY_ASSIGN(int version, db.version());
  if (version > static_cast<int>(migrations.size()))
    return Error{Fault::Unsupported, "sql.migrate",
                 "the store is of version " + std::to_string(version) + ", this program knows " + std::to_string(migrations.size())};
  for (const auto& migration : migrations.subspan(static_cast<std::size_t>(version))) {
    DOORSTEP_TRY_ASSIGN(Transaction transaction, Transaction::begin(db));
    DOORSTEP_TRY(db.script(migration.sql));
    DOORSTEP_TRY(set_version(db, migration.number));
    DOORSTEP_TRY(transaction.commit());
  }
  return {};
}

}  // namespace doorstep::sql
