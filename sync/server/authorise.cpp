#include "sync/server/authorise.h"

#include <algorithm>

#include "platform/base/mutant.h"

namespace doorstep::server {

using wire::Refusal;

Access access_of(const WorkerRow& worker, const DeviceRow& device) {
  if (worker.revoked || !device.active) return Access::None;
  return worker.usable() ? Access::Full : Access::Drain;
}

bool entitled(const WorkerRow& actor, const CaseRow& object, Date today) {
  if (!actor.usable() || object.alias_of) return false;
  if (object.owner) return object.owner == actor.id;
  if (object.allocated && object.allocated == actor.id) return true;
  if (actor.role == model::Role::Supervisor && object.team && object.team == actor.team) return true;
  return std::any_of(object.cover.begin(), object.cover.end(), [&](const model::Cover& cover) {
    return cover.worker == actor.id && cover.until && *cover.until >= today;
  });
}

std::optional<Refusal> authorise(Action action, const AuthorityFacts& facts) {
  if (!facts.object) return Refusal::UnknownCase;
  if (!entitled(*facts.actor, *facts.object, facts.today)) {
    bool own_work = action == Action::Submit || action == Action::Withdraw || action == Action::Addendum;
    bool may_finish = !facts.actor->revoked && facts.held_before && facts.own_record && own_work && !facts.object->owner;
    bool own_draft = !facts.actor->revoked && action == Action::Put && facts.object->owner == facts.actor->id;
    if (!(may_finish || own_draft) || base::mutant("former-worker-refused")) return Refusal::UnknownCase;
  }
  switch (action) {
    case Action::Decide:
    case Action::Match:
    case Action::Settle:
      if (facts.actor->role != model::Role::Supervisor) return Refusal::NotSupervisor;
      return std::nullopt;
    case Action::Read:
    case Action::Put:
    case Action::Submit:
    case Action::Withdraw:
    case Action::Addendum:
      return std::nullopt;
  }
  return Refusal::UnknownCase;
}

}  // namespace doorstep::server
