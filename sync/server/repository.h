#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "platform/base/error.h"
#include "platform/base/limits.h"
#include "sync/server/rows.h"

/// The port to where cases are kept: SQLCipher, or PostgreSQL, which several server processes share.
namespace doorstep::server {

using base::Result;

/// One entry of a case's log without its body.
struct LogRow {
  std::int64_t seq = 0;
  Id record;
  std::int64_t rev = 0;
  std::string chain;        ///< after this entry
  std::int64_t bytes = 0;   ///< of the body
};

/// What a device was last known, or last offered, to hold.
struct ViewRow {
  std::string digest;
  std::vector<wire::Cursor> cursors;
  std::string stamp = {};  ///< Unit::stamp_of() where whoever holds these cursors lacks nothing; empty: they may lack something
};

struct Counts {
  std::int64_t workers = 0, devices = 0, cases = 0, provisional = 0, records = 0, submitted = 0, returned = 0, approved = 0,
               filed = 0, operations = 0, refused = 0, receipts = 0,
               erased = 0,     ///< child records
               witnesses = 0;  ///< how often a tablet held another end of the audit
};

/// A child record's head with where it stands, for exports and queues.
struct RecordHead {
  model::Revision revision;
  Id case_id;  ///< the child's
};

/// One transaction. A reading one is one snapshot; in a writing one nothing that was read is stale when it writes (of its
/// scope, when it has one). Rolls back unless committed; after an Error of the database it can only be given up. One thread
/// at a time.
class Unit {
 public:
  virtual ~Unit() = default;
  /// Durable when it returns.
  virtual Result<void> commit() = 0;

  // People and devices -------------------------------------------------------------------------------------------------
  virtual Result<std::optional<WorkerRow>> worker(Id id) = 0;
  virtual Result<std::optional<WorkerRow>> worker_by_ref(const std::string& ref) = 0;
  virtual Result<std::vector<WorkerRow>> workers() = 0;
  virtual Result<void> put_worker(const WorkerRow& row) = 0;  ///< with its own case when it is new
  virtual Result<std::optional<DeviceRow>> device(Id id) = 0;
  virtual Result<std::vector<DeviceRow>> devices() = 0;
  virtual Result<void> put_device(const DeviceRow& row) = 0;
  virtual Result<std::optional<TokenRow>> token(const std::string& hash) = 0;
  virtual Result<void> put_token(const TokenRow& row) = 0;
  virtual Result<std::optional<TicketRow>> ticket(const std::string& hash) = 0;
  virtual Result<void> put_ticket(const TicketRow& row) = 0;
  virtual Result<void> drop_tickets(Id device) = 0;           ///< the unused ones
  virtual Result<void> add_certificate(const CertificateRow& row) = 0;
  virtual Result<bool> has_certificate(const std::string& serial) = 0;

  // Cases --------------------------------------------------------------------------------------------------------------
  virtual Result<std::optional<CaseRow>> case_row(Id id) = 0;
  virtual Result<void> put_case(const CaseRow& row) = 0;      ///< who may see it, never its log
  /// Every case the worker is entitled to, by id; agrees with entitled() of authorise.h.
  virtual Result<std::vector<CaseRow>> cases_of(const WorkerRow& worker, Date today) = 0;
  /// Another text whenever cases_of() would give other cases, or one of their logs has grown; never empty. Its cost hardly depends
  /// on how many they are. By chance two may be alike: once in 2^48 changes.
  virtual Result<std::string> stamp_of(const WorkerRow& worker, Date today) = 0;
  virtual Result<bool> id_in_use(Id id) = 0;                  ///< as a case, record, worker or device
  virtual Result<bool> held_before(Id case_id, Id worker) = 0;
  virtual Result<void> note_held(Id case_id, Id worker) = 0;
  /// Lists what is in `from`'s log in `to`'s, save `from`'s own child record, and makes `from` an alias.
  virtual Result<void> rehome(Id from, Id to) = 0;

  // Records ------------------------------------------------------------------------------------------------------------
  virtual Result<std::optional<model::Revision>> head(Id record) = 0;
  virtual Result<std::optional<model::Revision>> revision(Id record, std::int64_t rev) = 0;
  virtual Result<bool> listed(Id record, Id case_id) = 0;     ///< is the record in this case's log?
  /// The records in the case's log from one id to another, in their order; at most two.
  virtual Result<std::vector<Id>> listed_between(Id first, Id last, Id case_id) = 0;
  virtual Result<std::vector<Id>> cases_listing(Id record) = 0;  ///< aliases included
  virtual Result<std::vector<Id>> contributors(
      Id record) = 0;  ///< authors of its submitted and merged revisions, and of its first
  /// Adds a revision (rev must be head + 1) and enters it in these cases' logs, in the order of their ids.
  virtual Result<void> append(const model::Revision& revision, std::vector<Id> cases) = 0;
  /// Enters a revision that exists in one more log (a second child of the family; a filing), however often it is there.
  virtual Result<void> list_again(Id record, std::int64_t rev, Id case_id) = 0;
  /// No further revision of the record enters this case's log by itself; what is in it stays.
  virtual Result<void> unlist(Id record, Id case_id) = 0;
  virtual Result<void> set_filed(Id record, std::int64_t rev, Instant at, const std::string& reference) = 0;
  virtual Result<bool> alert_settled(Id alert) = 0;
  virtual Result<void> note_settled(Id alert, Id disposition) = 0;
  /// Entries after `after`, in order, at most `limit`.
  virtual Result<std::vector<LogRow>> log(Id case_id, std::int64_t after, std::int64_t limit) = 0;
  virtual Result<std::optional<std::string>> chain_at(Id case_id, std::int64_t seq) = 0;
  /// Newest revisions of one kind, each with a case that lists it (never an alias), by record id.
  virtual Result<void> heads(model::RecordKind kind, const std::function<Result<void>(const RecordHead&)>& each) = 0;
  virtual Result<std::vector<model::Revision>> history(Id record) = 0;

  // Erasure ------------------------------------------------------------------------------------------------------------
  virtual Result<std::optional<ErasureOrder>> erasure_order(Id record) = 0;
  virtual Result<void> put_erasure_order(const ErasureOrder& row) = 0;  ///< in place of an earlier one
  virtual Result<bool> erased(Id record) = 0;
  /// Destroys every body of these records and every operation on them; hashes, logs and chains stay, and revision() gives such a one with
  /// an empty body, operation() without bytes. Only a further revision with an empty body follows. `order`: the record whose order
  /// they are part of, which `by` confirms: another worker than who gave it. One that has no revision yet never gets a word.
  virtual Result<void> erase(const std::vector<Id>& records, Id order, Id by, Instant at) = 0;
  /// Of each case that lists something erased, the last entry of it in the log.
  virtual Result<std::map<Id, std::int64_t>> erased_through() = 0;

  // Operations ---------------------------------------------------------------------------------------------------------
  virtual Result<DeviceChain> chain_of(Id device, std::int64_t incarnation) = 0;
  virtual Result<std::optional<OperationRow>> operation(Id device, std::int64_t incarnation, std::int64_t number) = 0;
  virtual Result<void> add_operation(const OperationRow& row) = 0;
  /// What was refused and is kept, as far as it can be read.
  virtual Result<void> refused(const std::function<Result<void>(const wire::Operation&)>& each) = 0;
  virtual Result<wire::Receipt> add_receipt(Id device, std::int64_t incarnation, const DeviceChain& through, Instant at) = 0;
  /// The first that goes through exactly this operation: of a submit or a decision, its own.
  virtual Result<std::optional<wire::Receipt>> receipt_of(Id device, std::int64_t incarnation, std::int64_t operation) = 0;
  virtual Result<std::optional<ReceiptRow>> receipt(std::int64_t number) = 0;

  // Views --------------------------------------------------------------------------------------------------------------
  virtual Result<std::optional<ViewRow>> view(Id device, const std::string& digest) = 0;
  virtual Result<std::optional<std::string>> view_stamp(Id device, const std::string& digest) = 0;  ///< of view(), which is larger
  /// Keeps these two and forgets every other of the device.
  virtual Result<void> put_views(Id device, const ViewRow& acknowledged, const ViewRow& offered) = 0;
  virtual Result<void> note_purged(Id device, Id case_id, Instant at) = 0;
  /// When the device last told that it purged something.
  virtual Result<std::optional<Instant>> purged_at(Id device) = 0;

  // Attachments --------------------------------------------------------------------------------------------------------
  /// `record`, as `device` sent it, refers to a photo of these bytes; `owner` has to send them unless somebody's of the record
  /// are here or awaited already. Again is harmless.
  virtual Result<void> refer_blob(Id record, Id owner, Id device, const std::string& sha256, std::int64_t size, Instant at) = 0;
  virtual Result<std::vector<BlobRow>> blobs_of(Id record) = 0;
  virtual Result<std::optional<BlobRow>> blob_of(Id owner, const std::string& sha256) = 0;
  /// Not here, and this worker's to send, from whichever of their tablets has it: those that `device` referred to first, of these
  /// the oldest, at most `limit`.
  virtual Result<std::vector<BlobRow>> blobs_awaited(Id owner, Id device, std::int64_t limit) = 0;
  /// Everything that is here with these bytes, and the records that refer to it.
  virtual Result<std::vector<std::pair<Id, BlobRow>>> blobs_with(const std::string& sha256) = 0;
  virtual Result<void> set_verified(Id blob, std::optional<Instant> at) = 0;
  /// By id, after `after`, added before `before`, at most `limit`.
  virtual Result<std::vector<BlobRow>> blobs_added(Instant before, Id after, std::int64_t limit) = 0;
  virtual Result<std::vector<std::pair<Id, Id>>> references(Id blob) = 0;  ///< (record, device)
  virtual Result<void> drop_reference(Id record, Id blob) = 0;
  virtual Result<void> drop_blob(Id blob) = 0;                           ///< with its key and references
  virtual Result<bool> blob_known(Id blob) = 0;

  // The rest -----------------------------------------------------------------------------------------------------------
  virtual Result<std::string> epoch() = 0;  ///< of this history; made with the database
  virtual Result<void> audit(const AuditRow& row) = 0;  ///< chained by hash
  virtual Result<bool> audit_intact() = 0;
  /// Where the audit's chains end: those that requests of this device lengthen, or all.
  virtual Result<std::vector<wire::AuditHead>> audit_heads(std::optional<Id> device) = 0;
  /// The hash at a line of one chain; line 0 is the start of each. Nothing: there is no such line.
  virtual Result<std::optional<std::string>> audit_hash(Id chain, std::int64_t line) = 0;
  virtual Result<Counts> counts() = 0;
};

/// What a writing unit keeps to: what is a device's own, and the logs and rights of these cases and of those they are matched
/// to. Cases it opens itself need not be named.
struct Scope {
  Id device;
  std::vector<Id> cases = {};
};

class Repository {
 public:
  virtual ~Repository() = default;
  /// From any thread; waits for every other writer.
  virtual Result<std::unique_ptr<Unit>> write() = 0;
  /// As write() for all that `scope` names, and for whether an id is in use; other things may change beside it. A store where
  /// many write at once lets units of other scopes go on.
  virtual Result<std::unique_ptr<Unit>> write_within(const Scope& scope) {
    (void)scope;
    return write();
  }
  virtual Result<std::unique_ptr<Unit>> read() = 0;
  /// What was deleted stands in no file of this store's own any more, as far as the store can see to that. Timeout: somebody reads,
  /// and it may be tried again.
  virtual Result<void> scrub() { return {}; }
  /// Whether a unit that failed so may succeed when it is begun again: another writer was in its way, or the connection was
  /// lost; then nobody knows whether a commit held, and what is begun again must find out.
  virtual bool worth_again(const base::Error& error) const {
    (void)error;
    return false;
  }
};

/// What `work` gives; begun again, limits::kWriteTries times at most, while that may help.
template <class Work>
auto insist(const Repository& repository, const Work& work) -> decltype(work()) {
  for (int tries = 1;; ++tries) {
    auto result = work();
    if (result.has_value() || tries == limits::kWriteTries || !repository.worth_again(result.error())) return result;
  }
}

}  // namespace doorstep::server
