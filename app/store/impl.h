#pragma once
#include <boost/json/fwd.hpp>

#include <map>

#include "app/store/store.h"
#include "platform/base/beside.h"
#include "platform/base/limits.h"
#include "platform/sql/db.h"

/// What the sources of this room share. Every function here runs inside the caller's transaction.
namespace doorstep::store {

using base::Error;
using base::Fault;
using model::RecordKind;

inline constexpr std::string_view kPartly = "partly";  ///< in meta: the last reply was not all that the server has
inline constexpr int kStageWriting = 0, kStageSubmitting = 1, kStageDiscarded = 2;

/// Drafts whose newest Put the server refused: their words are on this tablet only. An erased one's are not to be anywhere.
inline constexpr std::string_view kRefusedDrafts = "SELECT record FROM ops o WHERE kind='put' AND acked=1 AND status='refused' AND"
                                                   " code<>'erased' AND NOT EXISTS (SELECT 1 FROM ops n WHERE n.record=o.record AND"
                                                   " n.kind='put' AND (n.incarnation, n.number) > (o.incarnation, o.number))";

/// A draft's row. `base_body` is what the next Put is relative to; rev 0: the server has none.
struct DraftRow {
  Id visit;
  std::string body;
  int stage = kStageWriting;
  std::int64_t base_rev = 0;
  std::string base_hash, base_body;
  bool dirty = false;           ///< the outbox mark: this state was never frozen
  std::int64_t await_rev = 0;   ///< the server made this revision out of ours and its own; nothing is sent until it is here
  Instant started_at, saved_at;
  std::int64_t version = 0;     ///< as Draft::version
  std::string unseen_body;      ///< what it was before the first of those that the editor has not seen; empty: it saw all

  /// Whether it ended and only waits for what a restored server has of it: Store::Impl::end_again().
  bool ends_again() const { return stage == kStageDiscarded && base_rev == 0 && await_rev == 0 && !dirty; }
  /// Whether sync has changed it since the version that the editor has; not told: it has this one.
  bool newer_than(std::optional<std::int64_t> based_on) const { return !unseen_body.empty() && based_on.value_or(version) < version; }
};

/// The newest revision of a record that is here; without its body: a draft that was thrown away.
struct Head {
  std::int64_t rev = 0;
  std::string hash, body;
  model::State state{};

  bool discarded() const { return body.empty(); }
};

/// One operation to be frozen.
struct Queued {
  std::int64_t id = 0;
  wire::Operation op;
  Id visit;  ///< Submit: the draft
  Id part;   ///< Submit: the child of the draft
};

/// What the search index and the screens need of a revision.
struct Reading {
  std::optional<std::string> title;  ///< empty: not to be found by, or a newer program wrote it, and only that can show it
  std::string prose;
  model::RecordVersionPtr version;   ///< of a child record
};
Reading read(const model::Revision& revision);

/// Reads the entries of a reply while they are written into the database. `pulls` has to outlive it.
class Readings {
 public:
  explicit Readings(const std::vector<wire::CasePull>& pulls) : readings_(in_order(pulls)) {}
  Reading of(const wire::LogEntry& entry) { return readings_.take(places_.at(&entry)); }  ///< once for each; waits

 private:
  std::vector<std::function<Reading()>> in_order(const std::vector<wire::CasePull>& pulls);
  std::map<const wire::LogEntry*, std::size_t> places_;
  base::Beside<Reading> readings_;
};

struct Store::Impl {
  Impl(sql::Db opened, const std::filesystem::path& file) : db(std::move(opened)), blob_folder(file.string() + ".blobs") {}
  sql::Db db;
  CheckReceipt check_receipt;
  const std::filesystem::path blob_folder;
  std::set<std::string> absent;  ///< of what is wanted: the server had none since its last answer
  bool forgot = false;            ///< words went with this reply that were erased
  std::set<std::string> erased_photos;  ///< what they named
  bool own_log_whole = false;     ///< with this reply all of the worker's own log is here
  bool needs_more = false;        ///< the last reply named as many photos as it could: the server may await others
  std::size_t journaled = limits::kJournalBytes;  ///< bytes since the journals were trimmed; at open: unknown, so all
  /// Versions as they were last read, so that a change to one record does not decode all of them again. What leaves the
  /// tablet leaves this too.
  std::map<std::pair<Id, std::int64_t>, model::RecordVersionPtr> decoded;

  // store.cpp
  Result<std::string> meta(std::string_view key);  ///< empty when it was never set
  Result<std::int64_t> meta_number(std::string_view key);
  Result<void> set_meta(std::string_view key, std::string_view value);
  Result<void> set_meta(std::string_view key, std::int64_t value) { return set_meta(key, std::to_string(value)); }
  Result<Id> me();
  Result<Id> device();
  Result<void> finish_purges();  ///< outside a transaction: empties the WAL, then lets the receipts be sent

  // drafts.cpp
  Result<std::optional<DraftRow>> draft_row(Id visit);
  Result<void> put_draft(const DraftRow& row);
  /// Writes the body and what it replaces into the journal.
  Result<void> change_draft(DraftRow& row, std::string body, Instant now);
  /// The same for a change that did not come from the editor, which may still hold the state before.
  Result<void> change_unseen(DraftRow& row, std::string body, Instant now);
  /// What `mine` changed since `base`, brought into `theirs`: bodies of one author's Visit.
  Result<std::string> merge_bodies(std::string_view base, std::string_view mine, std::string_view theirs);
  Result<void> trim_journals();
  using EarlierState = std::function<Result<bool>(Instant, const std::string& body)>;  ///< false: no more, please
  Result<void> earlier_states(const DraftRow& row, std::size_t limit, const EarlierState& each);  ///< newest first
  Result<bool> was_once(const DraftRow& row, std::string_view body);  ///< its body, now or earlier
  Result<void> delete_draft(Id visit);
  /// A tombstone is sent when the server has the draft, else it is deleted.
  Result<void> bury_draft(DraftRow& row, Instant now);
  /// A draft that ended, when a restored server lost that: what it has of it ends as well (rebase_draft()).
  Result<void> end_again(const wire::Operation& put);
  Result<Draft> draft_of(const DraftRow& row);

  // outbox.cpp
  Result<void> queue(const Queued& item);
  Result<void> queue_first(std::vector<Queued> items);  ///< before all that waits, which may have been made upon these
  Result<std::vector<Queued>> all_queued();
  Result<void> queue_on(wire::OpKind kind, Id case_id, const model::RevisionRef& on, std::string body, Instant now);
  Result<std::optional<Queued>> queued(std::int64_t id);
  Result<std::vector<Queued>> ready_to_freeze(Instant now);
  Result<void> freeze_ready(std::int64_t incarnation, Instant now);
  Result<void> freeze_all(std::vector<Queued>& items, std::int64_t incarnation);
  Result<std::optional<wire::Base>> base_of(std::string_view kind, Id record, Id case_id, Id visit);
  Result<void> next_incarnation();
  Result<bool> waits_for(Id visit, bool frozen_only);  ///< a Submit of this draft is not acknowledged
  Result<bool> withdrawal_waits(const model::RevisionRef& on);
  Result<void> dismiss_answers(std::string_view column, Id id);

  // apply.cpp
  Result<std::optional<Head>> head_of(Id record);
  Result<Applied> apply(const wire::SyncReply& reply, Instant now);
  Result<void> check_history(const wire::SyncReply& reply);
  Result<void> offer_again(const wire::Incarnation& lost);
  Result<void> send_drafts_again();
  Result<void> take_receipt(wire::SignedReceipt receipt, const wire::Operation& op, std::int64_t incarnation,
                            const wire::OpResult& result);
  Result<void> take_put_result(Id visit, const std::string& bytes, const wire::OpResult& result);
  Result<void> forget_own_log();
  Result<void> take_results(const wire::SyncReply& reply, Applied& out);
  Result<void> take_case(const wire::CasePull& pull, Readings& readings, Instant now, Applied& out, std::vector<Id>& visits);
  Result<void> ask_for_missing(Applied& out);
  Result<void> keep_own_records(Id case_id);  ///< those of the case that `own_operation` knows
  Result<void> hand_in_outlived(Id case_id, Instant now);
  Result<void> hand_in_of_dropped(Instant now);
  Result<void> take_entry(Id case_id, const model::Revision& revision, Reading reading);
  Result<void> forget_words(Id record);
  Result<void> forget_beside(Id record);  ///< photos that it named, and words typed beside it
  Result<void> check_base(const model::Revision& revision);
  Result<void> forget_lost_bases(std::vector<Id>& visits);
  Result<void> forget_base(DraftRow& row);
  enum class Elsewhere { Stays, Goes };  ///< what other cases list as well; Goes: it comes again, perhaps as a restored server has it
  Result<void> clear_case(Id case_id, Elsewhere listed_elsewhere);
  Result<void> forget_untold(Id record);
  Result<void> rebase_draft(Id visit, Instant now, Applied& out);  ///< is one of the next three
  Result<void> begin_draft(Id visit, const Head& head, Instant now, Applied& out);
  Result<void> end_draft(const DraftRow& ended, const Head& head, Instant now, Applied& out);
  Result<void> merge_draft(DraftRow& row, const Head& head, Instant now, Applied& out);
  Result<void> take_over(Id visit, const Head& head, Instant now, Applied& out);  ///< as the server has it
  Result<void> settle_submissions(Instant now, Applied& out);
  Result<void> settle_submission(Id visit, Instant now, Applied& out);
  Result<void> reopen_refused(Instant now);
  Result<void> drop_what_is_not_given();
  Result<void> purge_dropped(Applied& out);
  Result<bool> ended();  ///< the worker's access
  Result<void> end_access(bool drain, Applied& out);
  Result<bool> waits();  ///< anything is still to be sent
  Result<void> purge_rest(Applied& out);
  Result<void> send_unfinished(Instant now);
  /// A draft's body with these words as words taken in the home; the same words, the same jotting.
  Result<std::string> with_words(std::string_view body, const std::vector<std::string>& words, Instant now);

  // queries.cpp
  Result<std::vector<Answer>> answers(std::string_view where, const std::optional<Id>& id);
  Result<void> read_ahead();
  Result<std::vector<RecordView>> records(const std::optional<Id>& only);
  Result<void> add_receipts(const std::function<RecordView*(Id)>& place);
  Result<model::RecordVersionPtr> read_version(model::Revision revision, bool local);
  Result<void> add_local_versions(const std::optional<Id>& only, const std::function<RecordView&(Id)>& place);

  // blobs.cpp
  enum class Loose { Kept, Gone };  ///< what was never referred to: its record may be about to be saved
  Result<void> refer(Id record, const std::vector<model::Attachment>& named);
  /// Of a draft: also what it named and does not any more.
  Result<void> refer_draft(Id visit, std::string_view body);
  /// Outside a transaction: keys and files that nothing refers to.
  Result<void> collect_blobs(Loose loose);
  Result<void> take_needs(const wire::SyncReply& reply);
  Result<void> take_need(const wire::BlobNeed& need);
  Result<bool> blobs_to_move();
  Result<void> check_fetched(const std::string& sha256);

  // copies.cpp
  Result<std::map<Id, std::vector<std::string>>> unfinished_by_owner();  ///< nil: of nothing that has an id
  Result<wire::Operation> draft_as_operation(const DraftRow& row);       ///< as it would be put now, without number
  Result<std::vector<model::RevisionRef>> submissions_of(Id visit);
  Result<wire::CopyStatement> copy_statement(std::int64_t number);

  // search.cpp
  Result<void> index(Id id, int what, Id case_id, std::string_view title, std::string_view text);
  Result<void> unindex(Id id);
  Result<void> index_revision(Id case_id, const model::Revision& revision, Reading reading);
  Result<void> index_drafts();
};

inline sql::Blob blob(std::string_view bytes) { return {bytes}; }
std::string word(RecordKind kind);

}  // namespace doorstep::store
