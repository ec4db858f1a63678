#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sync/server/authorise.h"
#include "sync/server/rows.h"

/// What becomes of an operation, out of values alone: no clock, no database, no randomness.
namespace doorstep::server {

/// Checks a submitted record against the form it was written under. Empty: complete. Else what is missing: the question, and the key of
/// what a tablet says about it. It names nobody and holds nothing that was written.
using ValidateRecord = std::function<std::string(const model::ChildRecord&)>;

/// Everything a decision rests on, read in the transaction that will hold its effect.
struct Facts {
  WorkerRow actor;
  Id device;
  Instant now;
  Date today{};

  std::optional<CaseRow> object;        ///< the operation's case, an alias already followed
  bool case_free = false;               ///< there never was a case, record or worker with the operation's case id
  bool held_before = false;             ///< see AuthorityFacts
  std::optional<model::Revision> head;  ///< newest revision of the operation's record, when it is listed in this case
  std::optional<model::Revision> base;  ///< its revision base_rev, when there is one
  bool erased = false;                  ///< the operation's record was, one that a draft rewrites, or one of the same draft
  bool record_elsewhere = false;        ///< the record id is taken by something in no case of this one
  std::vector<Id> contributors;         ///< whoever wrote a version of the record's text
  bool body_id_taken = false;           ///< a record with the id inside the body (decision, addendum, disposition) exists
  std::optional<model::Revision> said;  ///< that record, when it is listed in this case
  std::optional<model::Revision> after_base;  ///< Withdraw: the revision of the record that follows base_rev, when there is one
  std::vector<model::Revision> rewritten;  ///< Put: the newest of each record that it writes anew
  bool alert_settled = false;           ///< Settle: the alert has a disposition
  bool blobs_missing = false;           ///< Decide: a photo or drawing of `head` is not here
  std::optional<CaseRow> target;        ///< Match: the case named in the body, when there is one
  const model::ChildRecord* submitted = nullptr;  ///< Submit: what the body says, where it was read already; outlives the decision
};

/// A revision to add, and which logs get it.
struct Append {
  model::Revision revision;
  std::vector<Id> cases;
};

struct Outcome {
  wire::OpResult result;
  std::vector<Append> appends;          ///< in this order
  std::optional<CaseRow> open;          ///< a provisional case to open before them
  std::optional<std::pair<Id, Id>> rehome;  ///< Match: (provisional case, target)
};

/// The id a Decision, Addendum or Disposition body gives itself; its alert; a Match body's target. Nil when unreadable.
struct BodyIds {
  Id id, alert, target;
};
BodyIds body_ids(const wire::Operation& op);

/// Decides `op`. Never fails: what cannot be is refused{code}, which is an acknowledgement.
/// State-only revisions (decide, withdraw) keep the author of the text; submits and puts are their sender's.
Outcome decide(const wire::Operation& op, const Facts& facts, const ValidateRecord& validate);

/// A refusal for bytes that are no operation at all.
Outcome refuse(std::int64_t number, wire::Refusal code, std::string detail = {});

}  // namespace doorstep::server
