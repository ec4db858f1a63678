#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "app/store/views.h"
#include "platform/sql/db.h"

namespace doorstep::store {

/// What the engine is handed for one push: see sync/engine's Replica, which it becomes. The store may not include the engine.
struct Batch {
  Id device;
  std::int64_t incarnation = 1;
  std::string epoch;
  wire::OpsBatch ops;
  bool more_ops = false;
  std::vector<wire::Cursor> cursors;
  std::vector<Id> purged;
};

/// How a person settles a conflict (merge::Choice without its room).
struct Choice {
  enum class Keep : std::uint8_t { Mine, Theirs, Both, Custom };
  Keep keep = Keep::Theirs;
  std::string text;  ///< for Custom
};

struct StoreOptions {
  bool create = false;  ///< make the file when there is none
  std::string vfs;      ///< empty: the default; tests observe file writes through another
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

  // Who -----------------------------------------------------------------------------------------------------------------
  /// Empty worker when the first unlock has not gone through.
  Result<Identity> identity();
  Result<void> set_identity(const Identity& identity);

  // Drafts --------------------------------------------------------------------------------------------------------------
  /// Record, outbox mark and journal row in one commit: when it returns, "Saved" is true. Saving what is already there is
  /// a success without a write. Fault::Conflict: the visit is being submitted, or was discarded. Full: past limits::kRecordBytes.
  Result<void> save_draft(const model::Visit& visit, Instant now);
  Result<std::vector<Draft>> drafts();  ///< newest first, without discarded ones
  Result<Draft> draft(Id visit);        ///< Fault::NotFound
  /// Earlier states, newest first, at most `limit`. Destroyed at submission.
  Result<std::vector<JournalEntry>> journal(Id visit, std::size_t limit);
  /// Throws a draft away: a tombstone is sent when the server has it, else it is gone at once.
  Result<void> discard(Id visit, Instant now);
  /// A draft to re-write the author's own RETURNED or DRAFT (withdrawn) record in; the one that exists, or a new one under
  /// `visit_id`. Fault::NotFound, or Conflict when the record is in another state.
  Result<Draft> revise(Id record, Id visit_id, Instant now);
  /// Settles one conflict of a draft; `path` as in model::Conflict. Faults as merge::settle.
  Result<Draft> settle_conflict(Id visit, std::string_view path, const Choice& choice, Instant now);

  // Operations ----------------------------------------------------------------------------------------------------------
  /// Saves the visit and queues one Submit per child that is not skipped. `record_ids`: child -> id of its new record (a
  /// part that revises needs none). The draft stays, not editable, until every record is acknowledged.
  /// Fault::Conflict: open conflicts, or already being submitted. Invalid: no child to submit, or an id is missing.
  Result<void> submit(const model::Visit& visit, const std::map<Id, Id>& record_ids, Instant now);
  /// Takes a submitted record back. Not sent yet: the submission is undone and the draft is back. Sent but not acknowledged:
  /// Fault::Conflict. Else a Withdraw of the revision known here is queued.
  Result<void> withdraw(Id record, Instant now);
  /// `decision.on` names the revision that was read. Fault::Conflict: it is not the newest known here.
  Result<void> decide(const model::Decision& decision, Instant now);
  Result<void> addendum(const model::Addendum& addendum, Instant now);
  /// The provisional child turns out to be `target`.
  Result<void> match(Id provisional_child, Id target, Instant now);
  Result<void> settle_alert(const model::Disposition& disposition, Instant now);

  // Sync ----------------------------------------------------------------------------------------------------------------
  /// Freezes what waits (numbers, chains, fixes the bytes), then hands out what is not acknowledged, from the first. At least
  /// one operation when there is any, else at most `max_ops` and `max_bytes`. A draft with a Put on its way waits for its answer.
  Result<Batch> freeze(std::size_t max_ops, std::size_t max_bytes, Instant now);
  /// Takes a reply in. Fault::Conflict ("store.forked"): the server's chain of our operations is not ours (I9).
  Result<Applied> apply(const wire::SyncReply& reply, Instant now);
  /// After a fork: a new incarnation, whose chain starts with what was never acknowledged.
  Result<void> start_incarnation();

  // For the screens -----------------------------------------------------------------------------------------------------
  Result<Caseload> caseload();
  /// One record; Fault::NotFound also when its case was dropped.
  Result<RecordView> record(Id id);
  /// An earlier revision of a child record kept here. Fault::NotFound.
  Result<model::ChildRecord> revision(Id record, std::int64_t rev);
  Result<std::vector<model::Revision>> revisions(Id record);  ///< oldest first, without bodies
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
