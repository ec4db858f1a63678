#include "sync/model/visit.h"

#include <algorithm>

namespace doorstep::model {
namespace {

/// What a visit and each of its records say alike; members this build does not know among them.
template <class From, class To>
void copy_shared(const From& from, To& to) {
  to.author = from.author;
  to.second_worker = from.second_worker;
  to.family = from.family;
  to.family_name = from.family_name;
  to.address = from.address;
  to.versions = from.versions;
  to.facts = from.facts;
  to.jottings = from.jottings;
  to.extra = from.extra;
}

/// Access and retention differ per child: words that were found to be about a sibling stay out of this child's record.
bool goes_with_another(const Jotting& jotting, const Visit& visit, const Id& child) {
  return !jotting.put_into.empty() && std::all_of(jotting.put_into.begin(), jotting.put_into.end(), [&](const std::string& field) {
    return std::any_of(visit.children.begin(), visit.children.end(), [&](const ChildPart& part) {
      return part.id != child && part.skip_reason.empty() && field.starts_with("child/" + part.id.str() + "/");
    });
  });
}

}  // namespace

ChildRecord record_of(const Visit& visit, const ChildPart& part, Id id, Instant submitted_at) {
  ChildRecord record;
  copy_shared(visit, record);
  record.id = part.revises ? part.revises->record : id;
  record.visit = visit.id;
  record.part = part;
  std::erase_if(record.jottings, [&](const Jotting& jotting) { return goes_with_another(jotting, visit, part.id); });
  record.submitted_at = submitted_at;
  return record;
}

Visit visit_of(const ChildRecord& record, const RevisionRef& revises, Id visit_id) {
  Visit visit;
  copy_shared(record, visit);
  visit.id = visit_id;
  visit.children = {record.part};
  visit.children.front().revises = revises;
  visit.conflicts = record.conflicts;
  for (auto& conflict : visit.conflicts)
    if (conflict.path.starts_with("part/")) conflict.path = "children/" + record.part.id.str() + conflict.path.substr(4);
  return visit;
}

const std::string& display_name(const ChildPart& part) { return part.called.empty() ? part.name : part.called; }
const std::string& display_name(const Child& child) { return child.called.empty() ? child.name : child.called; }

bool counts_as_visit(Outcome outcome) { return outcome == Outcome::Completed || outcome == Outcome::Partial; }

bool seen_not_covered(const ChildPart& part) {
  const auto answer = part.answers.find("seen");
  return !part.seen && answer != part.answers.end() && std::holds_alternative<NotCovered>(answer->second);
}

bool is_unseen(const ChildPart& part) {
  return part.skip_reason.empty() && (part.seen == std::optional<bool>(false) || seen_not_covered(part));
}

bool is_urgent(const ChildPart& part) { return !part.disclosures.empty() || !part.injuries.empty() || is_unseen(part); }

bool call_pending(const ChildPart& part) {
  if (!is_urgent(part)) return false;
  for (const Call& call : part.calls)
    if (call.outcome == CallOutcome::Answered) return false;
  return true;
}

std::vector<Unknown> unknown_in_household(const VisitFacts& facts) {
  std::vector<Unknown> out;
  for (const OtherChild& child : facts.other_children)
    if (child.known_to_service && *child.known_to_service != Known::Yes) out.push_back({child.id, child.name, child.age, child.note, true});
  for (const Present& person : facts.present)
    if (person.unknown == true && person.in_household == true) out.push_back({person.id, person.name, {}, person.relationship, false});
  return out;
}

}  // namespace doorstep::model
