#pragma once
#include <string>
#include <vector>

#include "sync/model/records.h"

namespace doorstep::model {

/// One child's whole record out of a visit: household facts copied in, and jottings, but for those that were put into the fields
/// of other children only, and go with those. A part that revises keeps its record's id,
/// otherwise `id` is the new record's. Pure.
ChildRecord record_of(const Visit& visit, const ChildPart& part, Id id, Instant submitted_at);

/// A draft to re-write a returned or withdrawn record in, with its conflicts. `visit_id` is the new draft's. Pure.
Visit visit_of(const ChildRecord& record, const RevisionRef& revises, Id visit_id);

/// What to call a child on screen: the short name where there is one.
const std::string& display_name(const ChildPart& part);
const std::string& display_name(const Child& child);

/// Whether a visit that ended so may reset a clock (it still must have seen the child). A no-access attempt never does.
bool counts_as_visit(Outcome outcome);

/// Whether the child was seen is answered "Not covered".
bool seen_not_covered(const ChildPart& part);
/// Not seen, or left open by "Not covered": nobody says that the child is well, so both raise the same alert.
bool is_unseen(const ChildPart& part);

/// A disclosure, an injury or an unseen child (domain.md section 1): syncs first, and opens the call card.
bool is_urgent(const ChildPart& part);
/// Urgent, and no answered call to a manager is recorded yet.
bool call_pending(const ChildPart& part);

/// Somebody in the household who is not known to us: an alert that only a supervisor's Disposition closes.
struct Unknown {
  Id alert;                ///< the id of the OtherChild, or of the Present
  std::string name;        ///< or what they looked like; may be empty
  std::string age, note;
  bool is_child = false;
};
/// Children of the household that are not known, or of whom nobody could say; and whoever was there, lives there and is not known.
std::vector<Unknown> unknown_in_household(const VisitFacts& facts);

}  // namespace doorstep::model
