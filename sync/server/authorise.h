#pragma once
#include <optional>

#include "sync/server/rows.h"

namespace doorstep::server {

/// How far a worker may go on a device.
enum class Access {
  None,   ///< either was revoked: nothing is taken and nothing given
  Drain,  ///< the worker was disabled, or left: what waits on the tablet is taken, and nothing given but what to drop
  Full,
};
Access access_of(const WorkerRow& worker, const DeviceRow& device);

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
/// same UnknownCase. Somebody who held the case before may still hand in, take back and add to what they wrote themselves, and
/// somebody whose access ended also put away their drafts: work done before a re-allocation or a disabling must arrive. Pure.
std::optional<wire::Refusal> authorise(Action action, const AuthorityFacts& facts);

}  // namespace doorstep::server
