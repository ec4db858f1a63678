#pragma once
#include <optional>

#include "sync/server/rows.h"

namespace doorstep::server {

enum class Action { Read, Put, Submit, Withdraw, Decide, Addendum, Match, Settle };

/// What is known of who and what when authority is asked; read from the database in the transaction that acts on the answer.
struct AuthorityFacts {
  const WorkerRow* actor = nullptr;    ///< never null
  const CaseRow* object = nullptr;     ///< null: there is no such case
  Date today{};                        ///< in the United Kingdom: cover ends with it
  bool held_before = false;            ///< the actor once had this case on a device
  bool own_record = false;             ///< the record acted on is new, or the actor wrote it
};

/// Whether `actor` may see the case: the worker's own, the allocated worker, cover until its day, a supervisor of the team.
/// An alias (matched provisional case) is nobody's. Pure.
bool entitled(const WorkerRow& actor, const CaseRow& object, Date today);

/// The one place that says who may do what. Empty: allowed. A case that is missing and one that is not the actor's give the
/// same UnknownCase. Somebody who held the case before may still hand in, take back and add to what they wrote themselves:
/// work done before a re-allocation must arrive. Pure.
std::optional<wire::Refusal> authorise(Action action, const AuthorityFacts& facts);

}  // namespace doorstep::server
