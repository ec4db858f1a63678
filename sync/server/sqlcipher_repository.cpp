#include "sync/server/sqlcipher_repository.h"

#include <mutex>

#include "platform/sql/db.h"
#include "sync/server/schema.h"
#include "sync/server/sql_unit.h"

namespace doorstep::server {

namespace {

using base::Error;
using base::Fault;
using base::Secret;
using model::Revision;
using sql::Db;

/// Connections not in use, and the right to write.
class Pool {
 public:
  Pool(std::filesystem::path file, Secret key, RepositoryOptions options)
      : file_(std::move(file)), key_(std::move(key)), options_(std::move(options)) {}

  Result<Db> take() {
    {
      std::lock_guard lock(mutex_);
      if (!free_.empty()) {
        Db db = std::move(free_.back());
        free_.pop_back();
        return db;
      }
    }
    sql::DbOptions options;
    options.mode = sql::OpenMode::Create;
    options.synchronous = options_.sync_off ? sql::Synchronous::Off : sql::Synchronous::Full;
    options.vfs = options_.vfs;
    Secret key = Secret::copy_of(key_.view().substr(0, sql::kKeyBytes));
    return Db::open(file_, key, key_.view().substr(sql::kKeyBytes), options);
  }
  void give(Db db) {
    std::lock_guard lock(mutex_);
    free_.push_back(std::move(db));
  }

  std::mutex writer;  ///< writers of this process wait here, instead of polling SQLite's lock

 private:
  std::filesystem::path file_;
  Secret key_;  ///< key and salt
  RepositoryOptions options_;
  std::mutex mutex_;
  std::vector<Db> free_;
};

/// As it is: the file itself is encrypted, and whoever writes is alone.
struct SqlcipherStore {
  using Row = sql::Row;
  static constexpr std::string_view kHold{}, kKeys{}, kKeysFrom{};
  static constexpr int kKeyColumns = 0;
  static constexpr std::int64_t kSealBytes = 0;
  struct Kept { std::string_view bytes, detail; };

  static std::string_view bind(std::string_view kept) { return kept; }
  static Result<std::string_view> seal_name(Id, std::string_view name) { return name; }
  static Result<std::string_view> seal_revision(const Revision& revision, Id) { return std::string_view(revision.body); }
  static Result<Kept> seal_operation(const OperationRow& row) { return Kept{row.bytes, row.result.detail}; }
  static Result<std::string> open_name(const Row& row, int column, Id) { return row.string(column); }
  static Result<std::string> open_revision(const Row& row, int body, int, const Revision&) { return row.string(body); }
  static Result<std::string> open_operation(const Row& row, int column, const OperationRow&) { return row.string(column); }
  static sql::Blob blob(const Secret& kept) { return {kept.view()}; }
  static Result<Secret> seal_blob_key(Id, Id, Secret key) { return Result<Secret>(std::move(key)); }
  static Result<Secret> open_blob_key(const Row& row, int column, const BlobRow&) { return Secret::copy_of(row.blob(column)); }
  static Result<void> hold_id(Id) { return {}; }
  /// Emptied, and its bytes are overwritten (secure_delete). A key of its own would lie in this same file, under the same cases.key.
  Result<void> destroy(const std::vector<Id>& records, Id order) {
    for (Id record : records) DOORSTEP_TRY(db.exec("UPDATE revisions SET body = '' WHERE record = ?1", record));
    // All in one pass, for there may be hundreds of thousands; a client may write ids in capitals.
    DOORSTEP_TRY(db.exec("UPDATE operations SET bytes = '', detail = '' WHERE json_valid(bytes) AND "
                         "unhex(replace(json_extract(bytes, '$.record'), '-', '')) IN (SELECT record FROM erased WHERE root = ?1)", order));
    return {};
  }

  Db db;
};

class SqlcipherUnit final : public SqlUnit<SqlcipherStore> {
 public:
  SqlcipherUnit(Pool& pool, Db db, std::unique_lock<std::mutex> writer)
      : SqlUnit({std::move(db)}), pool_(pool), writer_(std::move(writer)) {}
  ~SqlcipherUnit() override {
    transaction_.reset();  // rolls back what was not committed
    pool_.give(std::move(store_.db));
  }

  Result<void> start() {
    auto begun = writer_.owns_lock() ? sql::Transaction::begin(db_) : sql::Transaction::read(db_);
    DOORSTEP_TRY(begun);
    transaction_.emplace(std::move(*begun));
    return {};
  }

  Result<void> commit() override {
    auto done = transaction_->commit();
    transaction_.reset();
    return done;
  }

  Result<void> audit(const AuditRow& row) override {
    DOORSTEP_TRY_ASSIGN(auto last, db_.first<std::string>("SELECT chain FROM audit ORDER BY number DESC LIMIT 1"));
    return done(
        db_.exec("INSERT INTO audit(at, worker, device, action, object, outcome, chain) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                 row.at, maybe(row.worker), maybe(row.device), row.action, maybe(row.object), row.outcome,
                 audit_chain(last.value_or(wire::kChainStart), row)));
  }
  Result<bool> audit_intact() override {
    std::string chain = wire::kChainStart;
    bool intact = true;
    DOORSTEP_TRY(
        db_.query("SELECT at, worker, device, action, object, outcome, chain FROM audit ORDER BY number", [&](const Row& row) {
          chain = audit_chain(chain, {row.instant(0), row.id(1), row.id(2), row.string(3), row.id(4), row.string(5)});
          intact = intact && chain == row.text(6);
        }));
    return intact;
  }
  Result<std::vector<wire::AuditHead>> audit_heads(std::optional<Id>) override {
    wire::AuditHead head;  // one chain holds the lines of all
    DOORSTEP_TRY(db_.query("SELECT number, chain FROM audit ORDER BY number DESC LIMIT 1", [&](const Row& row) {
      head.line = row.integer(0);
      head.hash = row.string(1);
    }));
    return std::vector{head};
  }
  Result<std::optional<std::string>> audit_hash(Id chain, std::int64_t line) override {
    if (line == 0) return std::optional(wire::kChainStart);
    if (chain) return std::optional<std::string>();
    return db_.first<std::string>("SELECT chain FROM audit WHERE number = ?1", line);
  }

 private:
  Pool& pool_;
  std::unique_lock<std::mutex> writer_;
  std::optional<sql::Transaction> transaction_;
};

class SqlcipherRepository final : public Repository {
 public:
  explicit SqlcipherRepository(std::unique_ptr<Pool> pool) : pool_(std::move(pool)) {}

  Result<std::unique_ptr<Unit>> write() override { return unit(std::unique_lock(pool_->writer)); }
  Result<std::unique_ptr<Unit>> read() override { return unit({}); }
  /// The log of changes holds pages as they were before.
  Result<void> scrub() override {
    std::unique_lock alone(pool_->writer);
    DOORSTEP_TRY_ASSIGN(Db db, pool_->take());
    auto emptied = db.checkpoint();
    pool_->give(std::move(db));
    return emptied;
  }

 private:
  Result<std::unique_ptr<Unit>> unit(std::unique_lock<std::mutex> writer) {
    DOORSTEP_TRY_ASSIGN(Db db, pool_->take());
    auto unit = std::make_unique<SqlcipherUnit>(*pool_, std::move(db), std::move(writer));
    DOORSTEP_TRY(unit->start());
    return std::unique_ptr<Unit>(std::move(unit));
  }

  std::unique_ptr<Pool> pool_;
};

}  // namespace

base::Result<std::unique_ptr<Repository>> open_sqlcipher_repository(const std::filesystem::path& file, const base::Secret& key,
                                                                    const RepositoryOptions& options) {
  if (key.size() != sql::kKeyBytes + sql::kSaltBytes)
    return Error{Fault::Invalid, "server.key", "the database key has another length than 48 bytes"};
  auto pool = std::make_unique<Pool>(file, key.clone(), options);
  {
    DOORSTEP_TRY_ASSIGN(Db db, pool->take());
    DOORSTEP_TRY(sql::migrate(db, kSchema));
    pool->give(std::move(db));
  }
  return std::unique_ptr<Repository>(std::make_unique<SqlcipherRepository>(std::move(pool)));
}

}  // namespace doorstep::server
