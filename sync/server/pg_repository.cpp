#include "sync/server/pg_repository.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>

#include "platform/base/log.h"
#include "platform/pg/db.h"
#include "sync/server/named.h"
#include "sync/server/pg_schema.h"
#include "sync/server/sealing.h"
#include "sync/server/sql_unit.h"

namespace doorstep::server {

namespace {

using base::Error;
using base::Fault;
using base::Secret;
using model::Revision;
using pg::Db;

constexpr std::string_view kSchema = "doorstep";
// One lock says who is alone: everybody who writes shares it, or has it all.
constexpr std::string_view kBeside = "SELECT pg_advisory_xact_lock_shared(1685024370, 1)";
constexpr std::string_view kAlone = "SET LOCAL lock_timeout = '25s'; SELECT pg_advisory_xact_lock(1685024370, 1)";

/// Connections, at most so many; those not in use wait for the next unit.
class Pool {
 public:
  explicit Pool(PgOptions options) : options_(std::move(options)) {}

  /// Waits for one that is free, or makes one.
  Result<Db> take() {
    {
      std::unique_lock lock(mutex_);
      if (!changed_.wait_for(lock, options_.wait, [&] { return in_use_ < options_.connections; }))
        return Error{Fault::Timeout, "server.connections", "all connections to PostgreSQL are in use"};
      ++in_use_;
      if (!free_.empty()) {
        Db db = std::move(free_.back());
        free_.pop_back();
        return db;
      }
    }
    auto made = Db::open(options_.url, {.schema = std::string(kSchema)});
    if (!made) release();
    return made;
  }
  void give(Db db) {
    std::vector<Db> gone;  // closed outside the lock
    {
      std::lock_guard lock(mutex_);
      if (db.lost()) gone.swap(free_);  // PostgreSQL went away: the others are no better
      else free_.push_back(std::move(db));
    }
    release();
  }

 private:
  void release() {
    {
      std::lock_guard lock(mutex_);
      --in_use_;
    }
    changed_.notify_one();
  }

  const PgOptions options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t in_use_ = 0;
  std::vector<Db> free_;
};

/// Sealed before it is sent.
struct PgStore {
  using Row = pg::Row;
  static constexpr std::string_view kHold = " FOR NO KEY UPDATE";
  static constexpr std::string_view kKeys = ", k.home, k.key", kKeysFrom = "LEFT JOIN record_keys k ON k.record = r.record ";
  static constexpr int kKeyColumns = 2;
  static constexpr std::int64_t kSealBytes = server::kSealBytes;
  struct Kept { std::string bytes, detail; };

  static pg::Blob bind(std::string_view kept) { return {kept}; }

  Result<std::string> seal_name(Id of, std::string_view name) { return sealer->seal_name(of, name); }
  Result<std::string> open_name(const Row& row, int column, Id of) { return sealer->open_name(of, row.blob(column)); }

  Result<std::string> seal_revision(const Revision& revision, Id home) {
    if (revision.body.empty()) return std::string();  // of an erased record, which has no key
    DOORSTEP_TRY_ASSIGN(const RecordKey* key, key_of(revision.record, home));
    return seal_body(*key, revision.record, revision.rev, revision.body);
  }
  Result<std::string> open_revision(const Row& row, int body, int key, const Revision& revision) {
    if (row.blob(body).empty()) return std::string();
    if (row.is_null(key + 1)) return nothing_of(revision.record);
    DOORSTEP_TRY_ASSIGN(RecordKey own, sealer->unwrap(revision.record, row.id(key), row.blob(key + 1)));
    return open_body(own, revision.record, revision.rev, row.blob(body));
  }

  /// Under its record's key, so that erasing the record erases what was sent of it; what names none, under a key of the
  /// device's. Which one stands before it.
  Result<Kept> seal_operation(const OperationRow& row) {
    auto op = wire::decode<wire::Operation>(row.bytes);
    const Id named = op ? op->record : record_named(row.bytes);
    const Id record = named ? named : row.device;
    DOORSTEP_TRY_ASSIGN(const RecordKey* key, key_of(record, op ? op->case_id : Id()));
    auto part = [&](std::string_view name, std::string_view text) {
      return record.bytes() + server::seal_operation(*key, row.device, row.incarnation, row.result.number, name, text);
    };
    return Kept{part("bytes", row.bytes), part("detail", row.result.detail)};
  }
  Result<std::string> open_operation(const Row& row, int column, const OperationRow& of) {
    const std::string_view kept = row.blob(column);
    auto record = Id::from_bytes(kept.substr(0, 16));
    if (!record) return Error{Fault::Corrupt, "server.sealed", "an operation without the record it belongs to"};
    DOORSTEP_TRY_ASSIGN(const RecordKey* key, known_key(*record));
    if (!key) return nothing_of(*record);
    return server::open_operation(*key, of.device, of.incarnation, of.result.number, column == 0 ? "bytes" : "detail",
                                  kept.substr(16));
  }

  static pg::Blob blob(std::string_view kept) { return {kept}; }
  Result<std::string> seal_blob_key(Id id, Id owner, const Secret& key) { return sealer->wrap(id, owner, key); }
  Result<Secret> open_blob_key(const Row& row, int column, const BlobRow& of) {
    DOORSTEP_TRY_ASSIGN(RecordKey own, sealer->unwrap(of.id, of.owner, row.blob(column)));
    return std::move(own.key);
  }

  Result<void> destroy(const std::vector<Id>& records, Id) {
    for (Id record : records) {
      keys.erase(record);
      if (auto gone = db.exec("DELETE FROM record_keys WHERE record = ?1", record); !gone) return gone.error();
    }
    return {};
  }

  Result<void> hold_id(Id id) {
    if (alone) return {};
    std::uint64_t number = 0;
    for (char byte : base::sha256(id.bytes()).substr(0, 8)) number = number << 8 | static_cast<unsigned char>(byte);
    auto held = db.exec("SELECT pg_advisory_xact_lock(?1)", static_cast<std::int64_t>(number));
    if (!held) return held.error();
    return {};
  }

  Db db;
  const Sealer* sealer;
  bool alone = false;                ///< nobody else writes
  std::map<Id, RecordKey> keys = {};  ///< that this unit used

 private:
  /// What a record without a key says: nothing, when that was destroyed on an order.
  Result<std::string> nothing_of(Id record) {
    DOORSTEP_TRY_ASSIGN(auto erased, db.first<std::int64_t>("SELECT 1 FROM erased WHERE record = ?1", record));
    if (!erased) return Error{Fault::NotFound, "server.key", "a record's key is not there, and nobody ordered that"};
    return std::string();
  }
  /// Null: there is none.
  Result<const RecordKey*> known_key(Id record) {
    if (auto found = keys.find(record); found != keys.end()) return &found->second;
    std::optional<RecordKey> key;
    DOORSTEP_TRY(db.query("SELECT home, key FROM record_keys WHERE record = ?1", record, [&](const Row& row) -> Result<void> {
      DOORSTEP_TRY_ASSIGN(key, sealer->unwrap(record, row.id(0), row.blob(1)));
      return {};
    }));
    if (!key) return static_cast<const RecordKey*>(nullptr);
    return &keys.emplace(record, std::move(*key)).first->second;
  }
  Result<const RecordKey*> key_of(Id record, Id home) {
    DOORSTEP_TRY_ASSIGN(const RecordKey* known, known_key(record));
    if (known) return known;
    Sealer::Made made = sealer->make_key(record, home);
    DOORSTEP_TRY(db.exec("INSERT INTO record_keys(record, home, key) VALUES(?1, ?2, ?3)", record, home, pg::Blob{made.wrapped}));
    return &keys.emplace(record, std::move(made.key)).first->second;
  }
};

class PgUnit final : public SqlUnit<PgStore> {
 public:
  PgUnit(Pool& pool, Db db, const Sealer& sealer, bool alone)
      : SqlUnit(PgStore{.db = std::move(db), .sealer = &sealer, .alone = alone}), pool_(pool) {}
  ~PgUnit() override {
    transaction_.reset();  // rolls back what was not committed
    pool_.give(std::move(store_.db));
  }

  Result<void> start(pg::Mode mode, std::string_view first) {
    auto begun = pg::Transaction::begin(db_, mode, first);
    DOORSTEP_TRY(begun);
    transaction_.emplace(std::move(*begun));
    return {};
  }
  /// Takes hold of the device and of the cases, in the order of their ids. Gives the cases they turned out to be matched to.
  Result<std::set<Id>> hold(Id device, const std::set<Id>& cases) {
    DOORSTEP_TRY(db_.exec("SELECT 1 FROM devices WHERE id = ?1 FOR NO KEY UPDATE", device));
    static constexpr std::string_view kCase = "SELECT alias_of FROM cases WHERE id = ?1 FOR NO KEY UPDATE";
    std::set<Id> behind;
    for (Id id : cases) {
      DOORSTEP_TRY_ASSIGN(auto row, db_.run(kCase, pg::Params(id)));
      if (row.size() == 0) {  // about to be opened, perhaps by another just now
        DOORSTEP_TRY(store_.hold_id(id));
        DOORSTEP_TRY_ASSIGN(row, db_.run(kCase, pg::Params(id)));
      }
      if (row.size() == 0 || row[0].is_null(0)) continue;
      if (Id target = row[0].id(0); !cases.contains(target)) behind.insert(target);
    }
    return behind;
  }

  Result<void> commit() override {
    auto done = transaction_->commit();
    transaction_.reset();
    return done;
  }

  Result<void> audit(const AuditRow& row) override {
    struct Last { std::int64_t number = 0; std::string chain = wire::kChainStart; };
    DOORSTEP_TRY_ASSIGN(auto found, one<Last>("SELECT number, chain FROM audit WHERE device = ?1 ORDER BY number DESC LIMIT 1",
                                              [](const Row& r) { return Last{r.integer(0), r.string(1)}; }, row.device));
    const Last last = found.value_or(Last());
    return done(db_.exec("INSERT INTO audit(device, number, at, worker, action, object, outcome, chain) "
                         "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                         row.device, last.number + 1, row.at, maybe(row.worker), row.action, maybe(row.object), row.outcome,
                         audit_chain(last.chain, row)));
  }
  Result<bool> audit_intact() override {
    constexpr std::int64_t kPage = 5000;  // there may be a million
    Id device;
    std::int64_t number = 0;
    std::string chain = wire::kChainStart;
    bool intact = true;
    for (std::int64_t rows = kPage; rows == kPage && intact;) {
      rows = 0;
      DOORSTEP_TRY(db_.query(
          "SELECT device, number, at, worker, action, object, outcome, chain FROM audit WHERE (device, number) > (?1, ?2) "
          "ORDER BY device, number LIMIT ?3",
          device, number, kPage, [&](const Row& row) {
            ++rows;
            if (row.id(0) != device) device = row.id(0), number = 0, chain = wire::kChainStart;
            chain = audit_chain(chain, {row.instant(2), row.id(3), device, row.string(4), row.id(5), row.string(6)});
            intact = intact && row.integer(1) == ++number && chain == row.text(7);
          }));
    }
    return intact;
  }
  Result<std::vector<wire::AuditHead>> audit_heads(std::optional<Id> device) override {
    return all<wire::AuditHead>("SELECT DISTINCT ON (device) device, number, chain FROM audit WHERE ?1 OR device IN (?2, ?3) "
                                "ORDER BY device, number DESC",
                                [](const Row& row) { return wire::AuditHead{row.id(0), row.integer(1), row.string(2)}; },
                                !device, device.value_or(Id()), Id());
  }
  Result<std::optional<std::string>> audit_hash(Id chain, std::int64_t line) override {
    if (line == 0) return std::optional(wire::kChainStart);
    return one<std::string>("SELECT chain FROM audit WHERE device = ?1 AND number = ?2",
                            [](const Row& row) { return row.string(0); }, chain, line);
  }

 private:
  Pool& pool_;
  std::optional<pg::Transaction> transaction_;
};

class PgRepository final : public Repository {
 public:
  PgRepository(PgOptions options, const Secret& key) : pool_(std::move(options)), sealer_(key) {}

  Result<std::unique_ptr<Unit>> write() override { return as_unit(begin(pg::Mode::Write, kAlone, true)); }
  Result<std::unique_ptr<Unit>> read() override { return as_unit(begin(pg::Mode::Snapshot, {}, false)); }
  Result<std::unique_ptr<Unit>> write_within(const Scope& scope) override {
    std::set<Id> cases(scope.cases.begin(), scope.cases.end());
    for (int tries = 1;; ++tries) {
      DOORSTEP_TRY_ASSIGN(auto unit, begin(pg::Mode::Write, kBeside, false));
      DOORSTEP_TRY_ASSIGN(auto behind, unit->hold(scope.device, cases));
      if (behind.empty()) return std::unique_ptr<Unit>(std::move(unit));
      if (tries == limits::kWriteTries) return Error{Fault::Timeout, "server.hold", "the cases change faster than they are held"};
      cases.merge(behind);  // held in order, from the beginning
    }
  }
  /// kDoesNotFollow: the same record was changed in another of its cases meanwhile.
  bool worth_again(const Error& error) const override { return error.where == pg::kAgain || error.where == kDoesNotFollow; }

  /// What must be so before anybody is served.
  Result<void> check() {
    DOORSTEP_TRY_ASSIGN(Db db, pool_.take());
    auto checked = check(db, sealer_);
    pool_.give(std::move(db));
    return checked;
  }
  static Result<void> check(Db& db, const Sealer& sealer) {
    auto version = pg::schema_version(db);
    const int known = static_cast<int>(std::size(kPgSchema));
    if (!version && version.error().fault != Fault::NotFound && version.error().fault != Fault::Denied) return version.error();
    if (!version || *version < known)
      return Error{Fault::NotFound, "server.schema",
                   "the database has no schema for this program yet, or an older one: run doorstep-server prepare"};
    if (*version > known)
      return Error{Fault::Unsupported, "server.schema", "the database was prepared by a newer program than this one"};
    DOORSTEP_TRY_ASSIGN(auto excess, db.first<std::string>(
        "SELECT CASE WHEN rolsuper THEN 'is a superuser'"
        " WHEN EXISTS(SELECT 1 FROM pg_class c WHERE c.relnamespace = 'doorstep'::regnamespace"
        " AND pg_has_role(current_user, c.relowner, 'MEMBER')) THEN 'owns tables, or may become their owner'"
        " WHEN has_table_privilege('audit', 'UPDATE') OR has_table_privilege('audit', 'DELETE')"
        " OR has_table_privilege('revisions', 'UPDATE') OR has_table_privilege('revisions', 'DELETE')"
        " THEN 'may change what never changes' END FROM pg_roles WHERE rolname = current_user"));
    if (excess)
      return Error{Fault::Denied, "server.role", "the role " + db.user() + " " + *excess +
                                                     "; name one in the url that owns nothing, and run doorstep-server prepare"};
    DOORSTEP_TRY_ASSIGN(auto epoch, db.first<std::string>("SELECT value FROM settings WHERE key = 'epoch'"));
    DOORSTEP_TRY_ASSIGN(auto written, db.first<std::string>("SELECT value FROM settings WHERE key = 'key_check'"));
    if (written != sealer.check(epoch.value_or("")))
      return Error{Fault::Locked, "server.key", "the database is sealed under another key than the key file's"};
    return {};
  }

 private:
  static Result<std::unique_ptr<Unit>> as_unit(Result<std::unique_ptr<PgUnit>> unit) {
    if (!unit) return unit.error();
    return std::unique_ptr<Unit>(std::move(*unit));
  }
  /// A connection that PostgreSQL closed while nobody used it shows so at the first word: then one more is tried.
  Result<std::unique_ptr<PgUnit>> begin(pg::Mode mode, std::string_view first, bool alone) {
    for (bool again = true;; again = false) {
      DOORSTEP_TRY_ASSIGN(Db db, pool_.take());
      auto unit = std::make_unique<PgUnit>(pool_, std::move(db), sealer_, alone);
      auto started = unit->start(mode, first);
      if (started) return unit;
      if (!again || started.error().fault != Fault::Offline) return started.error();
      base::log_event("postgres.connection_lost");
    }
  }

  Pool pool_;
  Sealer sealer_;
};

bool plain_role(std::string_view name) {
  return !name.empty() && name.size() < 64 &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == name.npos;
}

}  // namespace

Result<std::unique_ptr<Repository>> open_pg_repository(const PgOptions& options, const Secret& key) {
  auto repository = std::make_unique<PgRepository>(options, key);
  DOORSTEP_TRY(repository->check());
  return std::unique_ptr<Repository>(std::move(repository));
}

Result<void> prepare_pg_repository(const std::string& owner_url, const std::string& application, const Secret& key) {
  if (!plain_role(application))
    return Error{Fault::Invalid, "server.role", "the application's role has letters, digits, _ and - in its name"};
  DOORSTEP_TRY_ASSIGN(Db db, Db::open(owner_url));
  if (db.user() == application)
    return Error{Fault::Invalid, "server.role", "the owner of the schema and the application's role must be two"};
  DOORSTEP_TRY(pg::migrate(db, kSchema, kPgSchema));
  std::string grants(kPgGrants);
  for (auto at = grants.find('%'); at != grants.npos; at = grants.find('%', at + application.size()))
    grants.replace(at, 1, application);
  DOORSTEP_TRY_ASSIGN(auto transaction, pg::Transaction::begin(db, pg::Mode::Write, "LOCK TABLE settings"));
  DOORSTEP_TRY(db.script(grants));
  DOORSTEP_TRY_ASSIGN(auto epoch, db.first<std::string>("SELECT value FROM settings WHERE key = 'epoch'"));
  const std::string check = Sealer(key).check(epoch.value_or(""));
  DOORSTEP_TRY(db.exec("INSERT INTO settings(key, value) VALUES('key_check', ?1) ON CONFLICT DO NOTHING", check));
  DOORSTEP_TRY_ASSIGN(auto written, db.first<std::string>("SELECT value FROM settings WHERE key = 'key_check'"));
  if (written != check)
    return Error{Fault::Locked, "server.key", "the database is sealed under another key than the key file's"};
  return transaction.commit();
}

std::string pg_user(const std::string& url) { return pg::user_of(url); }

}  // namespace doorstep::server
