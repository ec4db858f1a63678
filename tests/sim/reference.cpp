#include "tests/sim/reference.h"

#include "platform/base/bytes.h"
#include "sync/model/attachment.h"
#include "sync/wire/codec.h"

namespace doorstep::sim {

using wire::OpKind;

namespace {

std::set<std::string> photos_of(const model::ChildRecord& record) {
  std::set<std::string> out;
  for (const auto& one : model::attachments_of(record.part)) out.insert(one.sha256);
  return out;
}

}  // namespace

bool Council::usable(Id worker) const {
  auto found = workers.find(worker);
  return found != workers.end() && found->second.active && !found->second.revoked;
}

bool Council::may_see(Id worker, Id case_id, Date today) const {
  if (!usable(worker)) return false;
  if (case_id == worker) return true;
  auto found = cases.find(case_id);
  if (found == cases.end() || found->second.alias_of) return false;
  const Case& child = found->second;
  if (child.worker && child.worker == worker) return true;
  const Worker& who = workers.at(worker);
  if (who.supervisor && child.team && child.team == who.team) return true;
  for (const auto& [covers, until] : child.cover)
    if (covers == worker && until >= today) return true;
  return false;
}

std::string Reference::take(const ServerLog::Operation& row, const ServerLog& log, Council& council, Date today,
                            const std::set<std::pair<Id, Id>>& held) {
  auto op = wire::decode<wire::Operation>(row.bytes);
  if (!op || op->number != row.number) return row.status == "refused" ? "" : "took bytes that are no operation";
  std::string expected = expect(row, *op, log, council, today, held);
  std::string got = row.status == "refused" ? row.code : row.status;
  if (got == "conflict" && expected == "merged") expected = "conflict";  // which of the two, merge's own tests say
  if (got == expected) return "";
  return std::string(model::code(op->kind)) + " " + std::to_string(row.number) + ": the rules say " + expected + ", the server " + got +
         (row.detail.empty() ? "" : " (" + row.detail + ")");
}

/// "applied", "merged", or the code of a refusal; and what changes.
std::string Reference::expect(const ServerLog::Operation& row, const wire::Operation& op, const ServerLog& log, Council& council,
                              Date today, const std::set<std::pair<Id, Id>>& held) {
  const Id actor = row.worker;
  Id case_id = op.case_id;
  if (auto found = council.cases.find(case_id); found != council.cases.end() && found->second.alias_of) case_id = found->second.alias_of;
  const bool own_case = council.workers.contains(case_id);
  const bool exists = own_case || council.cases.contains(case_id);
  auto found = records_.find(op.record);
  Record* head = found == records_.end() ? nullptr : &found->second;
  const bool elsewhere = head && head->case_id != case_id;

  auto add = [&](std::string state, Record& record) {  // what the server must have added
    record.rev += 1;
    record.state = std::move(state);
    auto made = log.revisions.find({op.record, record.rev});
    if (made == log.revisions.end()) return std::string("a revision that is not there");
    record.hash = made->second.hash;
    record.merged = made->second.merged;
    record.conflicts = made->second.conflicts;
    if (made->second.state != record.state) return "the state " + record.state + ", not " + made->second.state;
    if (row.rev != record.rev || row.rev_hash != record.hash) return std::string("an answer that names the revision made");
    return std::string("applied");
  };

  // A visit to a child nobody knew opens a case.
  if (!exists && op.kind == OpKind::Submit && op.base_rev == 0 && !head) {
    auto body = wire::decode<model::ChildRecord>(op.body);
    if (!body || body->part.id != op.case_id || body->author != actor) return body ? "not_author" : "malformed";
    if (incomplete(*body)) return "malformed";
    council.cases[op.case_id] = {"", actor, council.workers[actor].team, true, {}, {}};
    Record& child = records_[op.case_id];
    child = {op.case_id, model::RecordKind::Child, "NONE", 1, {}, actor, {actor}, false, false, {}};
    Record& record = records_[op.record];
    record.case_id = op.case_id;
    record.kind = model::RecordKind::ChildRecord;
    record.author = actor;
    record.writers = {actor};
    for (const auto& other : body->facts.other_children) record.alerts.insert(other.id);
    for (const auto& person : body->facts.present) record.alerts.insert(person.id);
    record.photos = photos_of(*body);
    record.drafts.emplace(body->visit, body->part.id);
    return add("SUBMITTED", record);
  }

  if (!exists) return "unknown_case";
  const bool wrote = !head || elsewhere || head->writers.contains(actor);
  if (!council.may_see(actor, case_id, today)) {
    const bool finishing = op.kind == OpKind::Submit || op.kind == OpKind::Withdraw || op.kind == OpKind::Addendum;
    const bool own_draft = op.kind == OpKind::Put && case_id == actor;  // of somebody who left
    const bool may_finish = !own_case && finishing && wrote && held.contains({case_id, actor});
    if (council.workers.at(actor).revoked || !(may_finish || own_draft)) return "unknown_case";
  }
  if ((op.kind == OpKind::Decide || op.kind == OpKind::Match || op.kind == OpKind::Settle) && !council.workers.at(actor).supervisor)
    return "not_supervisor";
  if (op.kind == OpKind::Match && op.case_id != case_id)  // an alias by now: of what it names, or of another child
    if (auto body = wire::decode<wire::MatchBody>(op.body); body && body->target == case_id) return "applied";
  if (elsewhere) return "unknown_case";
  const auto say = [&](Id id) { return std::pair{id, std::tuple{case_id, actor, base::sha256_hex(op.body)}}; };
  const auto said = [&](Id id) { return said_.contains(id) && said_.at(id) == say(id).second; };  // before, in these words
  const bool stale = head && (op.base_rev != head->rev || op.base_hash != head->hash);
  auto merge = [&](const std::string& state) -> std::string {  // nothing to add, or a revision that is marked as nobody's
    if (row.status == "applied" && row.rev == head->rev && row.rev_hash == head->hash) return "applied";
    std::string made = add(state, *head);
    if (made != "applied") return made;
    if (!head->merged) return "a merge marked as one";
    head->author = actor;
    head->writers.insert(actor);
    return "merged";
  };

  switch (op.kind) {
    case OpKind::Put: {
      if (!own_case) return "malformed";
      if (head && stale) return merge("DRAFT");
      if (head && head->hash == base::sha256_hex(op.body)) return row.rev == head->rev ? "applied" : "no new revision";
      Record& record = records_[op.record];
      record.case_id = case_id;
      record.kind = model::RecordKind::Visit;
      record.author = actor;
      return add("DRAFT", record);
    }
    case OpKind::Submit: {
      if (own_case) return "malformed";
      // What a chain begun anew hands in again as it was, approved since or not, makes nothing (PROTOCOL.md, "Operations").
      if (head && (head->state == "SUBMITTED" || head->state == "APPROVED") && head->hash == base::sha256_hex(op.body))
        return row.rev == head->rev ? "applied" : "no new revision";
      if (head && head->state == "APPROVED") return "approved";
      auto body = wire::decode<model::ChildRecord>(op.body);
      if (!body) return "malformed";
      if (!head && erased_drafts_.contains({body->visit, body->part.id})) return "erased";
      if (body->author != actor && !(head && head->writers.contains(body->author))) return "not_author";
      if (!body->conflicts.empty()) return "unsettled";
      if (incomplete(*body)) return "malformed";
      if (head && stale) return merge("RETURNED");
      if (head && head->state == "SUBMITTED") return "wrong_state";
      Record& record = records_[op.record];
      record.case_id = case_id;
      record.kind = model::RecordKind::ChildRecord;
      record.author = actor;
      record.writers.insert(actor);
      record.alerts.clear();
      for (const auto& other : body->facts.other_children) record.alerts.insert(other.id);
      for (const auto& person : body->facts.present) record.alerts.insert(person.id);
      record.photos = photos_of(*body);
      record.drafts.emplace(body->visit, body->part.id);
      return add("SUBMITTED", record);
    }
    case OpKind::Withdraw:
      if (!head) return "unknown_case";
      if (!head->writers.contains(actor)) return "not_author";
      if (taken_back_.contains({op.record, op.base_rev, op.base_hash, row.device})) return row.rev == head->rev ? "applied" : "no new revision";
      if (head->state == "APPROVED") return "approved";
      if (stale) return "stale";
      if (head->state != "SUBMITTED") return "wrong_state";
      taken_back_.insert({op.record, op.base_rev, op.base_hash, row.device});
      return add("DRAFT", *head);
    case OpKind::Decide: {
      if (!head || head->kind != model::RecordKind::ChildRecord) return "unknown_case";
      if (head->writers.contains(actor)) return "own_record";
      auto body = wire::decode<model::Decision>(op.body);
      if (body && said(body->id)) return row.rev == head->rev ? "applied" : "no new revision";
      if (head->state == "APPROVED") return "approved";
      if (stale) return "stale";
      if (head->state != "SUBMITTED") return "wrong_state";
      if (head->conflicts || head->merged) return "unsettled";
      if (!body || said_.contains(body->id)) return "malformed";
      const bool missing = std::any_of(head->photos.begin(), head->photos.end(),
                                       [&](const std::string& photo) { return !log.photos.contains({op.record, photo}); });
      if (body->verdict == model::Verdict::Approved && missing) return "blobs_missing";
      said_.insert(say(body->id));
      return add(body->verdict == model::Verdict::Approved ? "APPROVED" : "RETURNED", *head);
    }
    case OpKind::Addendum: {
      if (!head) return "unknown_case";
      auto body = wire::decode<model::Addendum>(op.body);
      if (body && said(body->id)) return "applied";
      if (head->state != "APPROVED") return "wrong_state";
      return body && said_.insert(say(body->id)).second ? "applied" : "malformed";
    }
    case OpKind::Settle: {
      if (!head) return "unknown_case";
      auto body = wire::decode<model::Disposition>(op.body);
      if (body && said(body->id)) return "applied";
      if (!body || said_.contains(body->id) || !head->alerts.contains(body->alert)) return "malformed";
      if (!settled_.insert(body->alert).second) return "wrong_state";
      said_.insert(say(body->id));
      return "applied";
    }
    case OpKind::Match: {
      if (!council.cases.at(case_id).provisional) return "wrong_state";
      auto body = wire::decode<wire::MatchBody>(op.body);
      if (!body || !council.may_see(actor, body->target, today)) return "unknown_case";
      if (council.workers.contains(body->target) || council.cases.at(body->target).provisional) return "wrong_state";
      for (auto& [id, child] : council.cases)
        if (id == case_id || child.alias_of == case_id) child.alias_of = body->target;
      for (auto& [id, record] : records_)
        if (record.case_id == case_id && id != case_id) record.case_id = body->target;
      for (auto& [id, words] : said_)
        if (std::get<0>(words) == case_id) std::get<0>(words) = body->target;
      return "applied";
    }
  }
  return "malformed";
}

}  // namespace doorstep::sim
