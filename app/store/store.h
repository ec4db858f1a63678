#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/store/views.h"
#include "sync/merge/merge.h"
#include "sync/wire/prefix.h"

namespace doorstep::store {

/// What the engine is handed for one push: see sync/engine's Replica, which it becomes. The store may not include the engine.
struct Batch {
  Id device;
  std::int64_t incarnation = 1;
  std::string epoch;
  wire::OpsBatch ops;
  bool more_ops = false;  ///< more waits than `ops`, or will once they are answered
  std::vector<wire::Cursor> cursors;
  std::vector<Id> purged;
  std::vector<wire::Incarnation> earlier;  ///< what was acknowledged in incarnations that ended
  std::vector<wire::Base> bases;  ///< what the server has of the same records, in the order of `ops`: what they are sent relative to
};

/// Whether a receipt was signed by the council's server: its signature over kReceiptContext and the statement, by its signer,
/// whose certificate held at `at`. Called inside apply(). This room has no cryptography of its own.
using CheckReceipt = std::function<bool(const wire::SignedReceipt& receipt, Instant at)>;
/// Signs bytes with the worker's key, so that the council's server knows whose they are. Called inside copy_text(), as above.
using SignCopy = std::function<Result<std::string>(const base::Secret& key, std::string_view bytes)>;
/// What is to be said of a photo in a record.
struct NewBlob {
  std::string sha256;
  std::int64_t size = 0;
  std::string media_type;
};

struct StoreOptions {
  bool create = false;  ///< make the file when there is none
  std::string vfs;      ///< empty: the default; tests observe file writes through another
  CheckReceipt check_receipt = {};  ///< empty: no receipt is good
  bool sync_off = false;  ///< only so that a test can prove it would notice
};

/// The encrypted replica of one worker on one device: records, drafts, what waits to be sent, search.
/// One thread owns it. Every function that changes something is one transaction: when it returns a value that is durable
/// (WAL, synchronous=FULL), when it returns an error nothing happened. No clock of its own: `now` is the tablet's.
class Store {
 public:
  /// Opens and migrates. Faults as sql::Db::open; Unsupported: written by a newer program.
  static Result<Store> open(const std::filesystem::path& path, const base::Secret& key, std::string_view salt,
                            const StoreOptions& options = {});
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  ~Store();

  /// Whether the key of the store at `path` is to be replaced: a year old, made in a time to come (the clock was wrong), or of no
  /// known age. Opens and closes it.
  static Result<bool> key_is_due(const std::filesystem::path& path, const base::Secret& key, std::string_view salt, Instant now,
                                 const StoreOptions& options = {});
  /// As sql::copy_under_key(), whose key is made `now`.
  static Result<void> copy_under_key(const std::filesystem::path& path, const base::Secret& key, std::string_view salt,
                                     const std::filesystem::path& copy, const base::Secret& fresh_key, std::string_view fresh_salt,
                                     Instant now, const StoreOptions& options = {});
  /// Removes one that nobody has open, with what SQLite keeps beside it. One that is not there is no error.
  static Result<void> remove(const std::filesystem::path& path);
  /// When the key was made that it is stored under.
  Result<void> set_key_made(Instant at);

  // Who -----------------------------------------------------------------------------------------------------------------
  /// Empty worker when the first unlock has not gone through.
  Result<Identity> identity();
  Result<void> set_identity(const Identity& identity);
  /// What the server last signed of its audit, for the next to be held against it. Nothing at first.
  Result<std::optional<wire::SignedAudit>> audit_held();
  Result<void> hold_audit(const wire::SignedAudit& audit);
  /// Empty: none was ever kept.
  Result<std::optional<Lease>> lease();
  Result<void> set_lease(const Lease& lease);

  // Drafts --------------------------------------------------------------------------------------------------------------
  /// Record, outbox mark and journal row in one commit: when it returns, "Saved" is true. Saving what is already there is
  /// a success without a write. `based_on`: the Draft::version that the editor took over; where the draft has changed
  /// since, both changes are merged (empty: the editor has seen everything). Fault::Conflict: the visit is being submitted, or
  /// was discarded. Full: past limits::kRecordBytes.
  Result<SavedDraft> save_draft(const model::Visit& visit, Instant now, std::optional<std::int64_t> based_on = std::nullopt);
  Result<std::vector<Draft>> drafts();  ///< newest first, without discarded ones
  Result<Draft> draft(Id visit);        ///< Fault::NotFound
  /// Earlier states, newest first, at most `limit`. Destroyed at submission.
  Result<std::vector<JournalEntry>> journal(Id visit, std::size_t limit);
  /// Throws a draft away: a tombstone is sent when the server has it, else it is gone at once. Fault::Conflict: changed by sync
  /// since `based_on`, as with save_draft().
  Result<void> discard(Id visit, Instant now, std::optional<std::int64_t> based_on = {});
  /// Settles one conflict of a draft; `path` as in model::Conflict. Faults as merge::settle; `based_on` as with discard().
  Result<Draft> settle_conflict(Id visit, std::string_view path, const merge::Choice& choice, Instant now,
                                std::optional<std::int64_t> based_on = {});

  // Words that no record holds yet -----------------------------------------------------------------------------------------
  /// Keeps, replaces or (empty text) removes them, in one commit. They are removed with their case. Full: one is too long.
  Result<void> save_unfinished(const std::vector<Unfinished>& words);
  Result<std::vector<Unfinished>> unfinished();

  // Photos and drawings ---------------------------------------------------------------------------------------------------
  /// Copies it into an encrypted file of its own. Durable when it returns what a record may then refer to; without a reference
  /// it is gone at the next open(). Invalid ("blob.kind"): not a JPEG or PNG. Full ("blob.size"): too large; ("blob.room"): no
  /// room on this tablet.
  Result<NewBlob> add_blob(std::string_view bytes, Instant now);
  /// All of it. NotFound: it is not here. Corrupt: its file is not what was written.
  Result<std::string> blob(const std::string& sha256);
  /// What this record or draft refers to, and is not here, is to be fetched; it stays so until it is here.
  Result<void> want_blobs(Id record);
  /// The smallest that the server awaits, else one that is wanted here; at most `max_bytes` of it.
  Result<BlobStep> next_blob(std::size_t max_bytes);
  /// The server's copy now ends at `have`; `ended`: it wants no more of it.
  Result<void> blob_sent(const std::string& sha256, std::int64_t have, bool ended);
  /// A part that was fetched; with the last its hash is checked. Full: no room.
  Result<void> blob_fetched(const std::string& sha256, std::int64_t offset, std::string_view bytes);
  /// The server has none for us now: not tried again before its next answer.
  Result<void> blob_absent(const std::string& sha256);

  // Operations ----------------------------------------------------------------------------------------------------------
  /// Saves the visit and queues one Submit per record, each in its child's case, in one transaction. A part that revises has
  /// its reference as base. The draft stays, not editable, until every record is acknowledged; then it is thrown away.
  /// Fault::Conflict: open conflicts, already being submitted, or changed by sync since `based_on` (save_draft()). Invalid: no
  /// records, or one that is not of this visit.
  Result<void> submit(const model::Visit& visit, const std::vector<model::ChildRecord>& records, Instant now,
                      std::optional<std::int64_t> based_on = {});
  /// Takes a submitted record back. Not frozen yet: the whole submission is undone and the draft is back. Frozen and not
  /// acknowledged: Fault::Conflict. Else a Withdraw of exactly `on` is queued. A later submit() that revises `on` is based on
  /// what the Withdraw will make, so both may wait together.
  Result<void> withdraw(Id case_id, const model::RevisionRef& on, Instant now);
  /// `decision.on` names the revision that was read. Fault::Conflict: it is not the newest known here.
  Result<void> decide(Id case_id, const model::Decision& decision, Instant now);
  Result<void> addendum(Id case_id, const model::Addendum& addendum, Instant now);
  /// The provisional child turns out to be `target`.
  Result<void> match(Id provisional_child, Id target, Instant now);
  Result<void> settle_alert(Id case_id, const model::RevisionRef& on, const model::Disposition& disposition, Instant now);
  /// An answer was read and needs no more showing.
  Result<void> dismiss(std::int64_t number);

  // Sync ----------------------------------------------------------------------------------------------------------------
  /// Freezes what waits (numbers, chains, fixes the bytes), then hands out what is not acknowledged, from the first. At least
  /// one operation when there is any, else at most `max_ops` and `max_bytes`. A draft with a Put on its way waits for its answer.
  /// `after`: those up to there are answered, by a reply that is about to be applied; then only what comes behind them, and neither
  /// `purged` nor `earlier`, which that reply may still change.
  Result<Batch> freeze(std::size_t max_ops, std::size_t max_bytes, Instant now, std::optional<std::int64_t> after = std::nullopt);
  /// Freezes as freeze() does and hands nothing out: what is copied now has its number and bytes for ever.
  Result<void> freeze_ready(Instant now);
  /// The revisions that these names say. Fault::NotFound when one is not here.
  Result<std::vector<wire::Base>> bases(const std::vector<wire::BaseName>& names);
  /// Takes a reply in. Fault::Conflict ("store.forked"): the server's chain of our operations is not ours, because this is an
  /// old copy of the store or was copied (I9); then nothing of the reply is taken, and a new incarnation has begun.
  Result<Applied> apply(const wire::SyncReply& reply, Instant now);
  /// After a fork: a new incarnation, whose chain starts with what was never acknowledged.
  Result<void> start_incarnation();

  /// Whether the server has all that was written here; words that no record holds are not with it.
  Result<bool> all_sent();

  // Copies that outlive this store -------------------------------------------------------------------------------------------
  /// All that the server has not acknowledged, ascending: operations that are frozen, those that are queued, drafts as they are now.
  Result<Unsent> unsent();
  /// What is to be sealed as the copy with this number of unsent(): a zstd frame of a wire::SignedCopy. Fault::NotFound: it does not
  /// wait any more. Denied: the worker has no certificate yet, so nothing that could be signed with.
  Result<std::string> copy_text(std::int64_t number, const SignCopy& sign);

  // For the screens -----------------------------------------------------------------------------------------------------
  Result<Caseload> caseload();
  /// One record; Fault::NotFound also when its case was dropped.
  Result<RecordView> record(Id id);
  Result<SyncStatus> status();
  /// Names, addresses and notes; case and accents do not matter, every word must occur, the last may be unfinished.
  Result<std::vector<Hit>> search(std::string_view text, std::size_t limit);

  /// Every row as text, for people who look for something in it (tests). Not encrypted: never write it anywhere.
  Result<void> dump(const std::function<void(std::string_view)>& line);
  /// Empties the WAL into the file.
  Result<void> checkpoint();

 private:
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace doorstep::store
