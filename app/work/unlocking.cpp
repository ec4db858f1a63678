#include "app/work/impl.h"
#include "app/work/renewal.h"

namespace doorstep::work {

namespace {

Error no_key() { return {Fault::NotFound, "vault.destroyed", "the key of what is stored here was destroyed"}; }

}  // namespace

void Runner::Impl::carry(state::Unlock& e) {
  if (!db) in_use.emplace(options.folder);  // before the vault is asked: what it opens must not be renewed meanwhile
  auto opened = vault->unlock(e.passphrase.view(), copies.whole() ? vault::AtTenth::Destroy : vault::AtTenth::Wait);
  const bool gone = !opened && destroyed();
  if (opened && in_use->alone()) opened = with_key_in_date(std::move(*opened), e.passphrase.view());
  in_use->share();
  open(std::move(opened), false);
  if (!db) in_use.reset();
  if (gone) {
    stop_drain();
    begin_drain();  // now also what is not numbered
  }
}

void Runner::Impl::carry(state::CreatePassphrase& e) {
  open(destroyed() || orders.wiped ? Result<vault::Opened>(no_key()) : vault->create(e.passphrase.view()), true);
}

void Runner::Impl::carry(state::ChangePassphrase& e) {
  auto changed = vault->change_passphrase(e.old.view(), e.fresh.view());
  if (changed) return say(state::PassphraseChanged{});
  base::log_error("passphrase", changed.error());
  say(state::PassphraseChanged{refused(changed.error())});
}

state::UnlockResult Runner::Impl::refused(Error error) {
  state::UnlockResult out{std::move(error), base::Millis(0), -1};
  if (!vault->exists()) return out;
  if (const auto wait = vault->wait()) out.retry_after = *wait;
  if (out.error->fault != Fault::Locked) return out;
  if (const auto wrong = vault->failures(); wrong && *wrong < vault::kTries) out.tries_left = static_cast<int>(vault::kTries - *wrong);
  return out;
}

/// A renewal of the key that was cut off is finished; a key of a year ago is replaced, and nobody is asked anything. Only while
/// no other Doorstep has the folder: it would go on writing into the file that was replaced.
Result<vault::Opened> Runner::Impl::with_key_in_date(vault::Opened opened, std::string_view passphrase) {
  DOORSTEP_TRY(settle_renewal(*vault, database(), opened));
  std::error_code ignored;
  if (!std::filesystem::exists(database(), ignored)) return opened;
  store::StoreOptions how;
  how.vfs = options.vfs;
  how.sync_off = options.sync_off;
  const auto due = store::Store::key_is_due(database(), opened.key, opened.db_salt, now(), how);
  if (!due || !*due) return opened;  // what is wrong with it is told where it is opened
  return renew_key(*vault, passphrase, database(), std::move(opened), now(), how);
}

/// The key of what is stored here is gone for ever. Its database stays where it is, as nothing but noise, until IT sets up anew.
bool Runner::Impl::destroyed() const {
  std::error_code ignored;
  return !vault->exists() && std::filesystem::exists(database(), ignored);
}

void Runner::Impl::open(Result<vault::Opened> opened, bool create) {
  auto fail = [this](Error error) {
    base::log_error("unlock", error);
    say(refused(std::move(error)));
  };
  if (!opened) return fail(opened.error());
  if (db) close();
  if (!in_use) in_use.emplace(options.folder);
  in_use->share();
  stop_drain();
  // A crash between making the vault and the store leaves a vault without a store: make it then.
  auto path = database();
  std::error_code ignored;
  bool missing = create || !std::filesystem::exists(path, ignored);
  store::StoreOptions how;
  how.create = missing;
  how.vfs = options.vfs;
  how.sync_off = options.sync_off;
  how.check_receipt = [this](const wire::SignedReceipt& receipt, Instant at) { return is_signed(wire::kReceiptContext, receipt, at); };
  auto made = store::Store::open(path, opened->key, opened->db_salt, how);
  if (!made) return fail(made.error());
  db.emplace(std::move(*made));
  auto identity = db->identity();
  if (!identity) return fail(identity.error());
  if (missing)
    if (auto set = db->set_key_made(now()); !set) return fail(set.error());
  if (identity->worker.nil()) {
    store::Identity fresh;
    fresh.device = options.enrolment.device;
    fresh.worker = options.enrolment.worker;
    fresh.worker_name = options.enrolment.worker_name;
    if (auto set = db->set_identity(fresh); !set) return fail(set.error());
  }
  if (auto begun = copies.begin(); !begun) return fail(begun.error());
  if (auto begun = begin_lease(); !begun) return fail(begun.error());
  say(state::UnlockResult{});
  if (shows()) tell_unfinished();
  tell_caseload();
  tell_sync();
  begin_sync();
  keep_copies();
  begin_drain();
}

void Runner::Impl::carry(state::Lock&) {
  close();
  begin_drain();
  wipe_when_sent(false);
  ask_command();
  base::wipe_stack();
}

void Runner::Impl::close() {
  stop_sync();
  stop_drain();
  stop_asking();
  stop_asking_command();
  if (db) keep_lease();
  if (db && copies.on()) {
    if (auto frozen = db->freeze_ready(now()); !frozen) base::log_error("copies.freeze", frozen.error());
    tell_copies(copies.end(*db));
  }
  drain_again.reset();
  activate_again.reset();
  activation_attempts = fresh_starts = 0;
  handed_over = false;
  db.reset();
  in_use.reset();
  told.reset();
  untold = false;
  sync = {};
  picture_next.reset();
  if (picture.joinable()) picture.join();  // the store and its keys have not waited for it
  for (Letter& letter : letters.drain())  // the others are about the store that is closed
    if (auto* network = std::get_if<Network>(&letter)) on(*network);
}

}  // namespace doorstep::work
