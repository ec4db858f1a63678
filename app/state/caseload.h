#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sync/model/records.h"

/// What the encrypted store holds for this worker, as plain decoded values. app/work builds a new one after every change and
/// hands it over as a shared constant snapshot; State never changes it.
namespace doorstep::state {

using base::Date;
using base::Id;
using base::Instant;
using base::Millis;

/// The server's signed word that it has a submitted record, or a decision on one, made on this tablet.
struct ReceiptItem {
  std::int64_t number = 0;   ///< the server's count; 0: what came says none
  Instant at;                ///< by the server's clock
  bool decision = false;     ///< else of the record as it was submitted
  std::int64_t rev = 0;
  std::string hash;          ///< of the record's body it names
  bool good = false;         ///< its signature is the council's, and it names what was sent
  bool standing = true;      ///< false: the server was restored to a time before it; what it names is sent again
  std::string signature;     ///< hex
};

/// A child record with everything that hangs on it.
struct RecordItem {
  Id case_id;
  std::vector<model::RecordVersionPtr> versions;  ///< ascending; never empty; the last is the head
  std::vector<model::Decision> decisions;      ///< by time
  std::vector<model::Addendum> addenda;
  std::vector<model::Disposition> dispositions;
  std::vector<ReceiptItem> receipts = {};      ///< oldest first
  std::optional<Instant> filed_at;
  bool waiting = false;           ///< an operation on it has not been acknowledged by the server yet

  const model::RecordVersion& head() const { return *versions.back(); }
  const Id& id() const { return head().body.id; }
  model::RevisionRef ref() const { return {id(), head().revision.rev, head().revision.hash}; }  ///< of the head
};

/// A visit being written, as last saved on this tablet.
struct DraftItem {
  model::Visit visit;
  Instant saved_at;
  bool waiting = false;            ///< its backup has not reached the server yet
  std::int64_t version = 0;        ///< for SaveDraft::based_on
  bool submitting = false;         ///< its records wait to be sent or answered: not to be edited
  std::vector<std::string> came_back = {};  ///< refusal code words of a submission that came back ("conflict" among them)
};

/// A photo or drawing as this tablet has it.
struct BlobItem {
  bool here = false;     ///< it can be shown
  bool waiting = false;  ///< the server wants it, and this tablet sends it
  bool damaged = false;  ///< it was here, and its file cannot be read
};

struct Caseload {
  bool ended = false;             ///< the worker's access: nothing is listed, and what waits is still sent
  bool wiping = false;            ///< with `ended`: the council has this tablet cleared as soon as nothing waits
  bool whole = true;              ///< false: the server has more of it, so what is not listed may still come
  bool lease_over = false;        ///< nothing is listed before the tablet has reached the server; visits are still taken in
  model::Worker me;
  std::vector<model::Worker> workers;
  std::vector<model::Family> families;
  std::vector<model::Child> children;
  std::vector<RecordItem> records;
  std::map<std::string, BlobItem> blobs;  ///< by SHA-256
  std::vector<DraftItem> drafts;  ///< this worker's own; none that was discarded

  const model::Family* family(const Id& id) const;
  const model::Child* child(const Id& id) const;
  const model::Worker* worker(const Id& id) const;
  const RecordItem* record(const Id& id) const;
  const DraftItem* draft(const Id& visit) const;
};
using CaseloadPtr = std::shared_ptr<const Caseload>;

}  // namespace doorstep::state
