#include "sync/server/decide.h"

#include <algorithm>

#include "platform/base/bytes.h"
#include "platform/base/limits.h"
#include "platform/base/mutant.h"
#include "sync/merge/merge.h"
#include "sync/model/attachment.h"
#include "sync/rules/validate.h"
#include "sync/wire/codec.h"

namespace doorstep::server {

namespace {

using model::RecordKind;
using model::Revision;
using model::State;
using wire::OpKind;
using wire::OpStatus;
using wire::Refusal;

Action action_of(OpKind kind) {
  switch (kind) {
    case OpKind::Put: return Action::Put;
    case OpKind::Submit: return Action::Submit;
    case OpKind::Withdraw: return Action::Withdraw;
    case OpKind::Decide: return Action::Decide;
    case OpKind::Addendum: return Action::Addendum;
    case OpKind::Match: return Action::Match;
    case OpKind::Settle: return Action::Settle;
  }
  return Action::Read;
}

/// The operation with its facts, so that the rules below read as sentences.
class Decider {
 public:
  Decider(const wire::Operation& op, const Facts& facts, const ValidateRecord& validate)
      : op_(op), facts_(facts), validate_(validate) {}

  Outcome run() {
    if (op_.kind == OpKind::Submit && !facts_.object && facts_.case_free) return open_provisional();
    AuthorityFacts authority{&facts_.actor, facts_.object ? &*facts_.object : nullptr, facts_.today, facts_.held_before,
                             own_record()};
    if (auto refusal = authorise(action_of(op_.kind), authority)) return no(*refusal);
    if (facts_.erased) return no(Refusal::Erased);
    if (makes_record() && !op_.record.is_v7()) return no(Refusal::Malformed, "id");
    if (op_.kind == OpKind::Match && matched_before()) return unchanged(0, {});
    if (facts_.record_elsewhere) return no(Refusal::UnknownCase);
    switch (op_.kind) {
      case OpKind::Put: return put();
      case OpKind::Submit: return submit();
      case OpKind::Withdraw: return withdraw();
      case OpKind::Decide: return decision();
      case OpKind::Addendum: return addendum();
      case OpKind::Match: return match();
      case OpKind::Settle: return settle();
    }
    return no(Refusal::Malformed, "kind");
  }

 private:
  Outcome no(Refusal code, std::string detail = {}) const { return refuse(op_.number, code, std::move(detail)); }

  /// Ids that tablets choose are of time and chance. Those the extract makes of the case system's numbers can be known
  /// beforehand: nobody may take one, or ask by trying whether it is taken.
  bool makes_record() const { return (op_.kind == OpKind::Put || op_.kind == OpKind::Submit) && !facts_.head; }

  bool wrote(Id worker) const {
    return std::find(facts_.contributors.begin(), facts_.contributors.end(), worker) != facts_.contributors.end();
  }
  bool own_record() const { return !facts_.head || wrote(facts_.actor.id); }
  bool known_base() const { return facts_.base && facts_.base->hash == op_.base_hash; }
  bool stale() const { return op_.base_rev != facts_.head->rev || op_.base_hash != facts_.head->hash; }

  Revision next(RecordKind kind, State state, std::string body) const {
    Revision revision;
    revision.record = op_.record;
    revision.rev = facts_.head ? facts_.head->rev + 1 : 1;
    revision.kind = kind;
    revision.state = state;
    revision.author = facts_.actor.id;
    revision.device = facts_.device;
    revision.at = facts_.now;
    revision.hash = base::sha256_hex(body);
    revision.body = std::move(body);
    return revision;
  }
  /// The same text in another state: still its author's.
  Revision same_text(State state) const {
    Revision revision = next(facts_.head->kind, state, facts_.head->body);
    revision.author = facts_.head->author;
    return revision;
  }

  Outcome yes(OpStatus status, const Revision& made) const {
    Outcome outcome;
    outcome.result = {op_.number, status, std::nullopt, {}, made.rev, made.hash};
    outcome.appends.push_back({made, {facts_.object->id}});
    return outcome;
  }
  Outcome unchanged(std::int64_t rev, std::string hash) const {
    Outcome outcome;
    outcome.result = {op_.number, OpStatus::Applied, std::nullopt, {}, rev, std::move(hash)};
    return outcome;
  }
  Outcome nothing_new() const { return unchanged(facts_.head->rev, facts_.head->hash); }

  // A tablet that began its chain anew hands in again what was taken and not acknowledged: it is taken, once.

  bool said_before() const { return facts_.said && facts_.said->author == facts_.actor.id && facts_.said->body == op_.body; }
  bool withdrawn_before() const {
    const auto& after = facts_.after_base;
    return known_base() && after && after->state == State::Draft && after->hash == op_.base_hash && after->device == facts_.device;
  }
  bool matched_before() const {
    if (!facts_.object || facts_.object->id == op_.case_id) return false;  // else its case is an alias of another by now
    const auto body = wire::decode<wire::MatchBody>(op_.body);
    return body && body->target == facts_.object->id;
  }

  // A draft ------------------------------------------------------------------------------------------------------------

  /// What two tablets attached may be more than a record takes. A draft keeps it until a person takes some off: as many as there were
  /// are not refused, or nothing that is written beside them would arrive.
  std::size_t photos_allowed(const model::ChildPart& part) const {
    std::size_t most = limits::kBlobsPerRecord;
    if (!part.attachments || part.attachments->size() <= most) return most;
    const auto there = [&](const model::ChildPart& before) {
      if (before.id == part.id && before.attachments) most = std::max(most, before.attachments->size());
    };
    const auto in_draft = [&](const std::optional<Revision>& draft) {
      const auto visit = draft ? wire::decode<model::Visit>(draft->body) : base::Result<model::Visit>(model::Visit());
      if (visit) std::for_each(visit->children.begin(), visit->children.end(), there);
    };
    in_draft(facts_.head);
    if (known_base()) in_draft(facts_.base);
    for (const Revision& record : facts_.rewritten)
      if (const auto body = wire::decode<model::ChildRecord>(record.body)) there(body->part);
    return most;
  }

  Outcome put() {
    if (facts_.object->owner != facts_.actor.id || op_.record_kind != RecordKind::Visit)
      return no(Refusal::Malformed, "a draft visit belongs in its author's own case");
    auto visit = wire::decode<model::Visit>(op_.body);
    if (!visit) return no(Refusal::Malformed, visit.error().detail);
    if (visit->id != op_.record) return no(Refusal::Malformed, "id");
    for (const model::ChildPart& part : visit->children)
      if (auto wrong = model::wrong_with(part, photos_allowed(part)); !wrong.empty()) return no(Refusal::Malformed, wrong);
    if (facts_.head && facts_.head->kind != RecordKind::Visit) return no(Refusal::Malformed, "record_kind");
    if (!facts_.head || !stale()) {
      if (facts_.head && facts_.head->body == op_.body) return nothing_new();
      return yes(OpStatus::Applied, next(RecordKind::Visit, State::Draft, op_.body));
    }
    return merged<model::Visit>(RecordKind::Visit, State::Draft);
  }

  // A child's record ----------------------------------------------------------------------------------------------------

  static Id part_of(const Revision& revision) {
    auto record = wire::decode<model::ChildRecord>(revision.body);
    return record ? record->part.id : Id();
  }

  std::optional<Outcome> read_record() {
    if (op_.record_kind != RecordKind::ChildRecord) return no(Refusal::Malformed, "record_kind");
    auto record = facts_.submitted ? base::Result<model::ChildRecord>(*facts_.submitted) : wire::decode<model::ChildRecord>(op_.body);
    if (!record) return no(Refusal::Malformed, record.error().detail);
    if (record->id != op_.record) return no(Refusal::Malformed, "id");
    // A matched child's earlier records keep the provisional id inside: an alias of the case.
    bool same_part = facts_.head && part_of(*facts_.head) == record->part.id;
    if (record->part.id != op_.case_id && !(facts_.object && record->part.id == facts_.object->id) && !same_part)
      return no(Refusal::Malformed, "part.id is not the case");
    // Somebody who takes over a returned record leaves its author as it is; nobody writes in another's name.
    if (record->author != facts_.actor.id && !wrote(record->author)) return no(Refusal::NotAuthor);
    if (!record->conflicts.empty()) return no(Refusal::Unsettled);
    if (auto wrong = model::wrong_with(record->part); !wrong.empty()) return no(Refusal::Malformed, wrong);
    if (auto missing = validate_(*record); !missing.empty()) return no(Refusal::Malformed, missing);
    record_ = std::move(*record);
    return std::nullopt;
  }

  Outcome submit() {
    if (facts_.object->owner) return no(Refusal::Malformed, "a child's record belongs in the child's case");
    if (facts_.head && facts_.head->kind != RecordKind::ChildRecord) return no(Refusal::Malformed, "record");
    // A tablet that began its chain anew hands in again what was taken: also what was approved since.
    bool standing = facts_.head && (facts_.head->state == State::Submitted || facts_.head->state == State::Approved);
    if (standing && facts_.head->body == op_.body) return nothing_new();
    if (facts_.head && facts_.head->state == State::Approved && !base::mutant("approved-changes")) return no(Refusal::Approved);
    if (auto refused = read_record()) return *refused;
    if (!facts_.head) return yes(OpStatus::Applied, next(RecordKind::ChildRecord, State::Submitted, op_.body));
    if (stale() && !base::mutant("overwrites-newer")) {
      // Only its author takes a record out of the supervisor's hands, or who took it over while it was nobody's to approve.
      bool taken_over = known_base() && (facts_.base->state == State::Returned || facts_.base->state == State::Draft);
      if (facts_.head->state == State::Submitted && !wrote(facts_.actor.id) && !taken_over)
        return no(Refusal::WrongState, "it is submitted by somebody else");
      return merged<model::ChildRecord>(RecordKind::ChildRecord, State::Returned);
    }
    if (facts_.head->state == State::Submitted) return no(Refusal::WrongState, "it is already submitted");
    return yes(OpStatus::Applied, next(RecordKind::ChildRecord, State::Submitted, op_.body));
  }

  /// Today's referral is not in last night's extract: the visit opens a case with the child's new id, for its author and the
  /// supervisors of the author's team.
  Outcome open_provisional() {
    if (!op_.case_id.is_v7()) return no(Refusal::UnknownCase);
    if (!op_.record.is_v7() || op_.record == op_.case_id) return no(Refusal::Malformed, "id");  // the latter is the child's own
    if (op_.base_rev != 0 || facts_.head || facts_.record_elsewhere) return no(Refusal::UnknownCase);
    CaseRow opened;
    opened.id = op_.case_id;
    opened.allocated = facts_.actor.id;
    opened.team = facts_.actor.team;
    opened.provisional = true;
    if (auto refused = read_record()) return *refused;

    model::Child child;
    child.id = op_.case_id;
    child.family = record_.family;
    child.name = record_.part.name;
    child.called = record_.part.called;
    child.born = record_.part.born;
    child.allocated_worker = opened.allocated;
    child.team = opened.team;
    child.provisional = true;
    Revision reference = next(RecordKind::Child, State::None, wire::encode(child));
    reference.record = op_.case_id;

    Revision made = next(RecordKind::ChildRecord, State::Submitted, op_.body);
    Outcome outcome;
    outcome.result = {op_.number, OpStatus::Applied, std::nullopt, {}, made.rev, made.hash};
    outcome.open = opened;
    outcome.appends = {{reference, {opened.id}}, {made, {opened.id}}};
    return outcome;
  }

  /// Three ways: the revision it was written on, what was sent, what is there. Nothing of either is lost: where both changed
  /// the same place the result keeps theirs there and lists both.
  template <class Body>
  Outcome merged(RecordKind kind, State state) {
    // A base that this history does not have counts as "nothing was before": then every difference is a conflict.
    auto mine = wire::parse_json(op_.body);
    auto theirs = wire::parse_json(facts_.head->body);
    auto base = known_base() ? wire::parse_json(facts_.base->body) : base::Result<boost::json::value>(boost::json::value());
    if (!mine || !theirs || !base) return no(Refusal::Malformed, "body");
    const auto options = merge::record_options(facts_.actor.id.str(), facts_.head->author.str());
    auto result = merge::merge(*base, *mine, *theirs, options);
    auto readable = wire::decode_value<Body>(result.document);
    if (!readable) return no(Refusal::Malformed, readable.error().detail);
    if (result.document == *theirs && state == facts_.head->state) return nothing_new();
    Revision made = next(kind, state, wire::encode(*readable));
    // It could not be sent on, and no tablet could read a reply with it: each side keeps what it has.
    if (made.body.size() > limits::kRecordBytes) return no(Refusal::Malformed, "size");
    made.merged = !base::mutant("merge-signed");
    return yes(readable->conflicts.empty() ? OpStatus::Merged : OpStatus::Conflict, made);
  }

  /// Withdraw, decide and addendum act on a child's record that is in this case.
  std::optional<Outcome> on_record() {
    if (!facts_.head || facts_.head->kind != RecordKind::ChildRecord) return no(Refusal::UnknownCase);
    auto record = wire::decode<model::ChildRecord>(facts_.head->body);
    if (!record) return no(Refusal::Malformed, "the stored record cannot be read");
    record_ = std::move(*record);
    return std::nullopt;
  }

  Outcome withdraw() {
    if (auto refused = on_record()) return *refused;
    if (record_.author != facts_.actor.id && facts_.head->author != facts_.actor.id) return no(Refusal::NotAuthor);
    if (withdrawn_before()) return nothing_new();
    if (facts_.head->state == State::Approved) return no(Refusal::Approved);
    if (stale()) return no(Refusal::Stale);
    if (facts_.head->state != State::Submitted) return no(Refusal::WrongState);
    return yes(OpStatus::Applied, same_text(State::Draft));
  }

  Outcome decision() {
    if (auto refused = on_record()) return *refused;
    bool was_there = record_.second_worker && *record_.second_worker == facts_.actor.id;
    const bool theirs = record_.author == facts_.actor.id || wrote(facts_.actor.id) || was_there;
    if (theirs && !base::mutant("own-record-decided")) return no(Refusal::OwnRecord);
    if (said_before()) return nothing_new();
    if (facts_.head->state == State::Approved) return no(Refusal::Approved);
    if (stale() && !base::mutant("approved-unread")) return no(Refusal::Stale);
    if (facts_.head->state != State::Submitted) return no(Refusal::WrongState);
    if (!record_.conflicts.empty() || facts_.head->merged.value_or(false)) return no(Refusal::Unsettled);
    auto body = wire::decode<model::Decision>(op_.body);
    if (!body) return no(Refusal::Malformed, body.error().detail);
    if (body->on != model::RevisionRef{op_.record, facts_.head->rev, facts_.head->hash} && !base::mutant("approved-unread"))
      return no(Refusal::Stale);
    if (body->reviewer != facts_.actor.id) return no(Refusal::Malformed, "reviewer");
    if (!body->id.is_v7() || facts_.body_id_taken) return no(Refusal::Malformed, "id");
    if (auto missing = rules::check_decision(*body, record_); !missing.empty())
      return no(body->rationale.empty() ? Refusal::RationaleMissing : Refusal::Malformed, missing.front().said.key);

    bool approved = body->verdict == model::Verdict::Approved;
    if (approved && facts_.blobs_missing) return no(Refusal::BlobsMissing);
    Revision made = same_text(approved ? State::Approved : State::Returned);
    Outcome outcome = yes(OpStatus::Applied, made);
    outcome.appends.insert(outcome.appends.begin(), beside(RecordKind::Decision, body->id));
    return outcome;
  }

  Outcome addendum() {
    if (auto refused = on_record()) return *refused;
    if (said_before()) return unchanged(facts_.said->rev, facts_.said->hash);
    if (facts_.head->state != State::Approved) return no(Refusal::WrongState, "an addendum follows an approval");
    auto body = wire::decode<model::Addendum>(op_.body);
    if (!body) return no(Refusal::Malformed, body.error().detail);
    if (body->author != facts_.actor.id) return no(Refusal::NotAuthor);
    if (body->record != op_.record) return no(Refusal::Malformed, "record");
    if (!body->id.is_v7() || facts_.body_id_taken) return no(Refusal::Malformed, "id");
    if (body->text.empty()) return no(Refusal::Malformed, "text");
    return only(beside(RecordKind::Addendum, body->id));
  }

  Outcome settle() {
    if (auto refused = on_record()) return *refused;
    if (said_before()) return unchanged(facts_.said->rev, facts_.said->hash);
    auto body = wire::decode<model::Disposition>(op_.body);
    if (!body) return no(Refusal::Malformed, body.error().detail);
    if (body->by != facts_.actor.id) return no(Refusal::Malformed, "by");
    if (body->record != op_.record) return no(Refusal::Malformed, "record");
    if (!body->id.is_v7() || facts_.body_id_taken) return no(Refusal::Malformed, "id");
    if (body->outcome.empty()) return no(Refusal::Malformed, "outcome");
    auto named = [&](const auto& people) {
      return std::any_of(people.begin(), people.end(), [&](const auto& person) { return person.id == body->alert; });
    };
    if (!body->alert || (!named(record_.facts.other_children) && !named(record_.facts.present)))
      return no(Refusal::Malformed, "alert");
    if (facts_.alert_settled) return no(Refusal::WrongState, "the alert is settled");
    return only(beside(RecordKind::Disposition, body->id));
  }

  Outcome match() {
    if (!facts_.object->provisional) return no(Refusal::WrongState, "the case is not provisional");
    auto body = wire::decode<wire::MatchBody>(op_.body);
    if (!body) return no(Refusal::Malformed, body.error().detail);
    AuthorityFacts authority{&facts_.actor, facts_.target ? &*facts_.target : nullptr, facts_.today, false, false};
    if (auto refusal = authorise(Action::Match, authority)) return no(*refusal);
    if (facts_.target->owner || facts_.target->provisional) return no(Refusal::WrongState, "the target is not a listed child");
    Outcome outcome;
    outcome.result = {op_.number, OpStatus::Applied, std::nullopt, {}, 0, {}};
    outcome.rehome = {facts_.object->id, facts_.target->id};
    return outcome;
  }

  /// A record of its own beside the one acted on, in the same case.
  Append beside(RecordKind kind, Id id) const {
    Revision revision = next(kind, State::None, op_.body);
    revision.record = id;
    revision.rev = 1;
    return {revision, {facts_.object->id}};
  }
  Outcome only(Append append) const {
    Outcome outcome;
    outcome.result = {op_.number, OpStatus::Applied, std::nullopt, {}, append.revision.rev, append.revision.hash};
    outcome.appends.push_back(std::move(append));
    return outcome;
  }

  const wire::Operation& op_;
  const Facts& facts_;
  const ValidateRecord& validate_;
  model::ChildRecord record_;
};

}  // namespace

Outcome refuse(std::int64_t number, Refusal code, std::string detail) {
  Outcome outcome;
  outcome.result = {number, OpStatus::Refused, code, std::move(detail), 0, {}};
  return outcome;
}

BodyIds body_ids(const wire::Operation& op) {
  BodyIds ids;
  auto read = [&](const char* key) -> Id {
    auto value = wire::parse_json(op.body);
    if (!value || !value->is_object()) return {};
    const auto* member = value->as_object().if_contains(key);
    if (!member || !member->is_string()) return {};
    return Id::parse(std::string_view(member->as_string())).value_or(Id());
  };
  switch (op.kind) {
    case OpKind::Decide:
    case OpKind::Addendum: ids.id = read("id"); break;
    case OpKind::Settle: ids.id = read("id"), ids.alert = read("alert"); break;
    case OpKind::Match: ids.target = read("target"); break;
    case OpKind::Put:
    case OpKind::Submit:
    case OpKind::Withdraw: break;
  }
  return ids;
}

Outcome decide(const wire::Operation& op, const Facts& facts, const ValidateRecord& validate) {
  return Decider(op, facts, validate).run();
}

}  // namespace doorstep::server
