#include "app/store/store.h"

#include "app/store/impl.h"
#include "app/store/schema.h"
#include "platform/base/file.h"
#include "platform/sql/key_change.h"
#include "sync/wire/codec.h"

namespace doorstep::store {
namespace {

constexpr std::string_view kKeyMade = "key_made";

sql::DbOptions db_options(const StoreOptions& options) {
  sql::DbOptions out;
  out.mode = options.create ? sql::OpenMode::Create : sql::OpenMode::Existing;
  out.vfs = options.vfs;
  if (options.sync_off) out.synchronous = sql::Synchronous::Off;
  return out;
}

Result<void> set_made(sql::Db& db, Instant at) {
  DOORSTEP_TRY(db.exec("INSERT INTO meta(key, value) VALUES (?,?) ON CONFLICT(key) DO UPDATE SET value=excluded.value", kKeyMade, at.ms));
  return {};
}

}  // namespace

std::string word(RecordKind kind) { return std::string(model::code(kind)); }

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;

Result<Store> Store::open(const std::filesystem::path& path, const base::Secret& key, std::string_view salt,
                          const StoreOptions& options) {
  DOORSTEP_TRY_ASSIGN(sql::Db db, sql::Db::open(path, key, salt, db_options(options)));
  DOORSTEP_TRY(sql::migrate(db, migrations()));
  auto impl = std::make_unique<Impl>(std::move(db), path);
  impl->check_receipt = options.check_receipt;
  DOORSTEP_TRY(impl->collect_blobs(Impl::Loose::Gone));
  DOORSTEP_TRY(impl->finish_purges());
  DOORSTEP_TRY(impl->db.exec("UPDATE drafts SET version=0, unseen_body='' WHERE version<>0"));  // no editor holds any of them yet
  return Store(std::move(impl));
}

Result<bool> Store::key_is_due(const std::filesystem::path& path, const base::Secret& key, std::string_view salt, Instant now,
                               const StoreOptions& options) {
  DOORSTEP_TRY_ASSIGN(sql::Db db, sql::Db::open(path, key, salt, db_options(options)));
  DOORSTEP_TRY_ASSIGN(const auto made, db.first<std::int64_t>("SELECT CAST(value AS INTEGER) FROM meta WHERE key=?", kKeyMade));
  return !made || now.ms < *made || now.ms - *made >= base::Millis(limits::kKeyFor).count();
}

Result<void> Store::copy_under_key(const std::filesystem::path& path, const base::Secret& key, std::string_view salt,
                                   const std::filesystem::path& copy, const base::Secret& fresh_key, std::string_view fresh_salt,
                                   Instant now, const StoreOptions& options) {
  DOORSTEP_TRY(sql::copy_under_key(path, key, salt, copy, fresh_key, fresh_salt, db_options(options)));
  const auto dated = [&]() -> Result<void> {
    DOORSTEP_TRY_ASSIGN(sql::Db db, sql::Db::open(copy, fresh_key, fresh_salt, db_options(options)));
    DOORSTEP_TRY(set_made(db, now));
    return db.checkpoint();
  }();
  const auto made = dated.has_value() ? base::make_durable(copy) : dated;
  if (made.has_error()) (void)sql::remove_database(copy);
  return made;
}

Result<void> Store::remove(const std::filesystem::path& path) { return sql::remove_database(path); }

Result<void> Store::set_key_made(Instant at) { return set_made(impl_->db, at); }

Result<std::string> Store::Impl::meta(std::string_view key) {
  DOORSTEP_TRY_ASSIGN(auto value, db.first<std::string>("SELECT value FROM meta WHERE key=?", key));
  return value.value_or(std::string());
}

Result<std::int64_t> Store::Impl::meta_number(std::string_view key) {
  DOORSTEP_TRY_ASSIGN(auto value, db.first<std::int64_t>("SELECT CAST(value AS INTEGER) FROM meta WHERE key=?", key));
  return value.value_or(0);
}

Result<void> Store::Impl::set_meta(std::string_view key, std::string_view value) {
  DOORSTEP_TRY(db.exec("INSERT INTO meta(key, value) VALUES (?,?) ON CONFLICT(key) DO UPDATE SET value=excluded.value", key, value));
  return {};
}

Result<Id> Store::Impl::me() {
  DOORSTEP_TRY_ASSIGN(auto text, meta("worker"));
  return Id::parse(text).value_or(Id());
}

Result<Id> Store::Impl::device() {
  DOORSTEP_TRY_ASSIGN(auto text, meta("device"));
  return Id::parse(text).value_or(Id());
}

Result<Identity> Store::identity() {
  Identity out;
  DOORSTEP_TRY_ASSIGN(out.device, impl_->device());
  DOORSTEP_TRY_ASSIGN(out.worker, impl_->me());
  DOORSTEP_TRY_ASSIGN(out.worker_name, impl_->meta("worker_name"));
  DOORSTEP_TRY_ASSIGN(std::string key, impl_->meta("worker_key"));
  if (!key.empty()) out.worker_key = base::Secret::copy_of(key);
  base::wipe(key);
  DOORSTEP_TRY_ASSIGN(out.worker_certificate, impl_->meta("worker_certificate"));
  DOORSTEP_TRY_ASSIGN(out.ca, impl_->meta("ca"));
  return out;
}

Result<void> Store::set_identity(const Identity& identity) {
  DOORSTEP_TRY_ASSIGN(auto tx, sql::Transaction::begin(impl_->db));
  DOORSTEP_TRY(impl_->set_meta("device", identity.device.str()));
  DOORSTEP_TRY(impl_->set_meta("worker", identity.worker.str()));
  DOORSTEP_TRY(impl_->set_meta("worker_name", identity.worker_name));
  DOORSTEP_TRY(impl_->set_meta("worker_key", identity.worker_key.view()));
  DOORSTEP_TRY(impl_->set_meta("worker_certificate", identity.worker_certificate));
  DOORSTEP_TRY(impl_->set_meta("ca", identity.ca));
  DOORSTEP_TRY_ASSIGN(auto incarnation, impl_->meta_number("incarnation"));
  if (incarnation == 0) DOORSTEP_TRY(impl_->set_meta("incarnation", 1));
  return tx.commit();
}

Result<std::optional<wire::SignedAudit>> Store::audit_held() {
  DOORSTEP_TRY_ASSIGN(auto text, impl_->meta("audit_held"));
  if (text.empty()) return std::optional<wire::SignedAudit>();
  DOORSTEP_TRY_ASSIGN(auto held, wire::decode<wire::SignedAudit>(text));
  return std::optional(std::move(held));
}

Result<void> Store::hold_audit(const wire::SignedAudit& audit) { return impl_->set_meta("audit_held", wire::encode(audit)); }

Result<std::optional<Lease>> Store::lease() {
  Lease out;
  DOORSTEP_TRY_ASSIGN(out.until.ms, impl_->meta_number("lease_until"));
  if (out.until.ms == 0) return std::optional<Lease>();
  DOORSTEP_TRY_ASSIGN(out.at.ms, impl_->meta_number("lease_at"));
  DOORSTEP_TRY_ASSIGN(auto mono, impl_->meta_number("lease_mono"));
  DOORSTEP_TRY_ASSIGN(out.boot_id, impl_->meta("lease_boot"));
  DOORSTEP_TRY_ASSIGN(auto ahead, impl_->meta_number("lease_wall_ahead"));
  out.mono = base::Millis(mono);
  out.wall_ahead = base::Millis(ahead);
  return std::optional(out);
}

Result<void> Store::set_lease(const Lease& lease) {
  DOORSTEP_TRY_ASSIGN(auto tx, sql::Transaction::begin(impl_->db));
  DOORSTEP_TRY(impl_->set_meta("lease_until", lease.until.ms));
  DOORSTEP_TRY(impl_->set_meta("lease_at", lease.at.ms));
  DOORSTEP_TRY(impl_->set_meta("lease_mono", lease.mono.count()));
  DOORSTEP_TRY(impl_->set_meta("lease_boot", lease.boot_id));
  DOORSTEP_TRY(impl_->set_meta("lease_wall_ahead", lease.wall_ahead.count()));
  return tx.commit();
}

Result<void> Store::Impl::finish_purges() {
  DOORSTEP_TRY_ASSIGN(auto waiting, db.first<std::int64_t>("SELECT count(*) FROM purged WHERE ready=0"));
  if (waiting.value_or(0) == 0) return {};
  DOORSTEP_TRY(db.checkpoint());
  DOORSTEP_TRY(db.exec("UPDATE purged SET ready=1 WHERE ready=0"));
  return {};
}

Result<void> Store::dump(const std::function<void(std::string_view)>& line) { return impl_->db.dump(line); }

Result<void> Store::checkpoint() { return impl_->db.checkpoint(); }

}  // namespace doorstep::store
