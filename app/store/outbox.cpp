#include <algorithm>

#include "app/store/impl.h"
#include "platform/base/bytes.h"
#include "platform/base/mutant.h"
#include "sync/model/attachment.h"
#include "sync/model/visit.h"
#include "sync/wire/codec.h"

namespace doorstep::store {
namespace {

/// Which operations go first: urgent ones, and before them what waits about the same record. Otherwise the order is kept.
void urgent_first(std::vector<Queued>& items) {
  std::set<Id> urgent;
  for (const Queued& item : items)
    if (item.op.urgent) urgent.insert(item.op.record);
  std::stable_partition(items.begin(), items.end(), [&](const Queued& item) { return urgent.contains(item.op.record); });
}

constexpr std::string_view kQueued = "SELECT id, kind, record, case_id, record_kind, base_rev, base_hash, at, body, urgent, visit, part"
                                     " FROM queued";
Queued queued_of(const sql::Row& row) {
  Queued out;
  out.id = row.integer(0);
  out.op.kind = model::from_code<wire::OpKind>(row.text(1)).value_or(wire::OpKind::Put);
  out.op.record = row.id(2);
  out.op.case_id = row.id(3);
  out.op.record_kind = model::from_code<RecordKind>(row.text(4)).value_or(RecordKind::ChildRecord);
  out.op.base_rev = row.integer(5);
  out.op.base_hash = row.string(6);
  out.op.at = row.instant(7);
  out.op.body = row.string(8);
  out.op.urgent = row.boolean(9);
  out.visit = row.id(10);
  out.part = row.id(11);
  return out;
}

}  // namespace

Result<void> Store::Impl::queue(const Queued& item) {
  const auto& op = item.op;
  DOORSTEP_TRY(db.exec("INSERT INTO queued(kind, record, case_id, record_kind, base_rev, base_hash, at, body, urgent, visit, part)"
                       " VALUES (?,?,?,?,?,?,?,?,?,?,?)",
                       model::code(op.kind), op.record, op.case_id, word(op.record_kind), op.base_rev, op.base_hash, op.at, op.body,
                       op.urgent, item.visit, item.part));
  return {};
}

Result<std::optional<Queued>> Store::Impl::queued(std::int64_t id) {
  std::optional<Queued> out;
  DOORSTEP_TRY(db.query(std::string(kQueued) + " WHERE id=?", id, [&](const sql::Row& row) { out = queued_of(row); }));
  return out;
}

Result<std::vector<Queued>> Store::Impl::all_queued() {
  std::vector<Queued> out;
  DOORSTEP_TRY(db.query(std::string(kQueued) + " ORDER BY id", [&](const sql::Row& row) { out.push_back(queued_of(row)); }));
  return out;
}

Result<void> Store::Impl::queue_first(std::vector<Queued> items) {
  if (items.empty()) return {};
  DOORSTEP_TRY_ASSIGN(auto behind, all_queued());
  DOORSTEP_TRY(db.exec("DELETE FROM queued"));
  items.insert(items.end(), std::make_move_iterator(behind.begin()), std::make_move_iterator(behind.end()));
  for (const Queued& item : items) DOORSTEP_TRY(queue(item));
  return {};
}

Result<bool> Store::Impl::waits_for(Id visit, bool frozen_only) {
  DOORSTEP_TRY_ASSIGN(auto frozen, db.first<std::int64_t>("SELECT 1 FROM ops WHERE visit=? AND kind='submit' AND acked=0 LIMIT 1", visit));
  if (frozen || frozen_only) return frozen.has_value();
  DOORSTEP_TRY_ASSIGN(auto queued, db.first<std::int64_t>("SELECT 1 FROM queued WHERE visit=? LIMIT 1", visit));
  return queued.has_value();
}

Result<void> Store::Impl::dismiss_answers(std::string_view column, Id id) {
  DOORSTEP_TRY(db.exec("UPDATE ops SET dismissed=1 WHERE acked=1 AND dismissed=0 AND " + std::string(column) + "=?", id));
  return {};
}

/// A Withdraw of exactly this revision has not been answered yet.
Result<bool> Store::Impl::withdrawal_waits(const model::RevisionRef& on) {
  DOORSTEP_TRY_ASSIGN(auto queued, db.first<std::int64_t>("SELECT 1 FROM queued WHERE kind='withdraw' AND record=? AND base_rev=?",
                                                          on.record, on.rev));
  if (queued) return true;
  bool found = false;
  DOORSTEP_TRY(db.query("SELECT bytes FROM ops WHERE kind='withdraw' AND acked=0 AND record=?", on.record,
                        [&](const sql::Row& row) -> Result<void> {
    DOORSTEP_TRY_ASSIGN(auto op, wire::decode<wire::Operation>(row.text(0)));
    found = found || op.base_rev == on.rev;
    return {};
  }));
  return found;
}

Result<void> Store::submit(const model::Visit& visit, const std::vector<model::ChildRecord>& records, Instant now,
                           std::optional<std::int64_t> based_on) {
  if (!visit.conflicts.empty()) return Error{Fault::Conflict, "store.submit", "two versions of a text are not settled yet"};
  if (records.empty()) return Error{Fault::Invalid, "store.submit", "no child to submit"};
  DOORSTEP_TRY_ASSIGN(auto tx, sql::Transaction::begin(impl_->db));
  DOORSTEP_TRY_ASSIGN(auto found, impl_->draft_row(visit.id));
  if (found && found->stage != kStageWriting) return Error{Fault::Conflict, "store.submit", "the visit is already being submitted"};
  if (found && found->newer_than(based_on))
    return Error{Fault::Conflict, "store.submit", "the other tablet wrote in the visit meanwhile"};
  DraftRow row = found ? std::move(*found) : DraftRow{};
  if (!found) {
    row.visit = visit.id;
    row.started_at = now;
  }
  for (const model::ChildRecord& record : records) {
    if (record.visit != visit.id && !record.part.revises)
      return Error{Fault::Invalid, "store.submit", "a record of another visit"};
    Queued item;
    item.op.kind = wire::OpKind::Submit;
    item.op.record = record.id;
    item.op.case_id = record.part.id;
    item.op.record_kind = RecordKind::ChildRecord;
    if (record.part.revises) {
      item.op.base_rev = record.part.revises->rev;
      item.op.base_hash = record.part.revises->hash;
      DOORSTEP_TRY_ASSIGN(bool withdrawn, impl_->withdrawal_waits(*record.part.revises));
      DOORSTEP_TRY_ASSIGN(const auto head, impl_->head_of(record.id));
      DOORSTEP_TRY_ASSIGN(const auto told, impl_->db.first<std::int64_t>("SELECT 1 FROM ops WHERE record=? AND kind='withdraw' AND acked=1"
                                                                         " AND rev=? AND result_hash=?", record.id, item.op.base_rev + 1,
                                                                         item.op.base_hash));
      withdrawn = withdrawn || told || (head && head->state == model::State::Draft && head->rev == item.op.base_rev + 1 &&
                                        head->hash == item.op.base_hash);
      if (withdrawn) item.op.base_rev += 1;  // by then the server has made that revision, with the same text
    }
    item.op.at = now;
    item.op.body = wire::encode(record);
    item.op.urgent = model::is_urgent(record.part);
    item.visit = visit.id;
    item.part = record.part.id;
    DOORSTEP_TRY(impl_->queue(item));
    if (!base::mutant("photo-goes-with-its-draft")) DOORSTEP_TRY(impl_->refer(record.id, model::attachments_of(record.part)));
  }
  DOORSTEP_TRY(impl_->dismiss_answers("visit", visit.id));
  row.body = wire::encode(visit);
  row.stage = kStageSubmitting;
  row.saved_at = now;
  row.unseen_body.clear();
  DOORSTEP_TRY(impl_->put_draft(row));
  DOORSTEP_TRY(impl_->db.exec("DELETE FROM journal WHERE visit=?", visit.id));
  return tx.commit();
}

Result<void> Store::withdraw(Id case_id, const model::RevisionRef& on, Instant now) {
  DOORSTEP_TRY_ASSIGN(auto tx, sql::Transaction::begin(impl_->db));
  std::optional<Id> visit;
  Id part;
  DOORSTEP_TRY(impl_->db.query("SELECT visit, part FROM queued WHERE record=? AND kind='submit'", on.record,
                               [&](const sql::Row& row) { visit = row.id(0), part = row.id(1); }));
  if (visit) {
    DOORSTEP_TRY_ASSIGN(auto partly_sent, impl_->db.first<std::int64_t>("SELECT 1 FROM ops WHERE visit=? AND kind='submit' AND"
                                                                         " settled=0", *visit));
    if (partly_sent) return Error{Fault::Conflict, "store.withdraw", "the visit is on its way; wait for the server's answer"};
    DOORSTEP_TRY_ASSIGN(auto row, impl_->draft_row(*visit));
    model::Visit draft;
    if (row) {
      DOORSTEP_TRY_ASSIGN(draft, wire::decode<model::Visit>(row->body));
    }
    const bool in_draft = std::any_of(draft.children.begin(), draft.children.end(), [&](const auto& child) { return child.id == part; });
    if (!in_draft || row->stage != kStageSubmitting)  // it left the draft when the server took it, before it went back in time
      return Error{Fault::Conflict, "store.withdraw", "the record is sent again to a restored server; wait for its answer"};
    for (const model::ChildPart& child : draft.children)
      DOORSTEP_TRY(impl_->db.exec("DELETE FROM queued WHERE visit=? AND part=? AND kind='submit'", *visit, child.id));
    row->stage = kStageWriting;
    row->dirty = true;
    DOORSTEP_TRY(impl_->put_draft(*row));
    Applied ignored;  // the draft is read anew
    DOORSTEP_TRY(impl_->rebase_draft(*visit, now, ignored));  // what the server made of it may have come meanwhile
    return tx.commit();
  }
  DOORSTEP_TRY_ASSIGN(auto sent, impl_->db.first<std::int64_t>("SELECT 1 FROM ops WHERE record=? AND acked=0", on.record));
  if (sent) return Error{Fault::Conflict, "store.withdraw", "the record is on its way; wait for the server's answer"};
  DOORSTEP_TRY_ASSIGN(auto head, impl_->db.first<std::int64_t>("SELECT max(rev) FROM revisions WHERE record=?", on.record));
  DOORSTEP_TRY_ASSIGN(auto taken, impl_->db.first<std::int64_t>("SELECT 1 FROM ops WHERE record=? AND kind='submit' AND acked=1 AND"
                                                                " status<>'refused' AND rev>=?", on.record, on.rev));
  if (on.rev > head.value_or(0) && taken)
    return Error{Fault::Conflict, "store.withdraw", "the server has the record, and its answer is not all here yet"};
  if (on.rev > head.value_or(0)) return {};  // it was taken back together with a sibling's
  DOORSTEP_TRY(impl_->queue_on(wire::OpKind::Withdraw, case_id, on, std::string(), now));
  return tx.commit();
}

/// An operation on a child record that was read in exactly this revision.
Result<void> Store::Impl::queue_on(wire::OpKind kind, Id case_id, const model::RevisionRef& on, std::string body, Instant now) {
  DOORSTEP_TRY_ASSIGN(auto hash, db.first<std::string>("SELECT r.hash FROM revisions r WHERE r.record=?1 AND r.rev=?2 AND r.rev="
                                                       "(SELECT max(rev) FROM revisions WHERE record=?1)", on.record, on.rev));
  if (!hash || *hash != on.hash) return Error{Fault::Conflict, "store.queue", "this is no longer the newest version"};
  DOORSTEP_TRY_ASSIGN(auto twice, db.first<std::int64_t>("SELECT 1 FROM queued WHERE record=? AND kind=?", on.record, model::code(kind)));
  if (twice && kind != wire::OpKind::Addendum && kind != wire::OpKind::Settle)
    return Error{Fault::Conflict, "store.queue", "this already waits to be sent"};
  DOORSTEP_TRY(dismiss_answers("record", on.record));
  Queued item;
  item.op.kind = kind;
  item.op.record = on.record;
  item.op.case_id = case_id;
  item.op.record_kind = RecordKind::ChildRecord;
  item.op.base_rev = on.rev;
  item.op.base_hash = on.hash;
  item.op.at = now;
  item.op.body = std::move(body);
  return queue(item);
}

Result<void> Store::decide(Id case_id, const model::Decision& decision, Instant now) {
  DOORSTEP_TRY_ASSIGN(auto tx, sql::Transaction::begin(impl_->db));
  DOORSTEP_TRY(impl_->queue_on(wire::OpKind::Decide, case_id, decision.on, wire::encode(decision), now));
  return tx.commit();
}

Result<void> Store::addendum(Id case_id, const model::Addendum& addendum, Instant now) {
  DOORSTEP_TRY_ASSIGN(auto tx, sql::Transaction::begin(impl_->db));
  model::RevisionRef on{addendum.record, 0, {}};
  DOORSTEP_TRY(impl_->db.query("SELECT rev, hash FROM revisions WHERE record=? ORDER BY rev DESC LIMIT 1", addendum.record,
                               [&](const sql::Row& row) { on.rev = row.integer(0), on.hash = row.string(1); }));
  DOORSTEP_TRY(impl_->queue_on(wire::OpKind::Addendum, case_id, on, wire::encode(addendum), now));
  return tx.commit();
}

Result<void> Store::settle_alert(Id case_id, const model::RevisionRef& on, const model::Disposition& disposition, Instant now) {
  DOORSTEP_TRY_ASSIGN(auto tx, sql::Transaction::begin(impl_->db));
  DOORSTEP_TRY(impl_->queue_on(wire::OpKind::Settle, case_id, on, wire::encode(disposition), now));
  return tx.commit();
}

Result<void> Store::match(Id provisional_child, Id target, Instant now) {
  DOORSTEP_TRY_ASSIGN(auto tx, sql::Transaction::begin(impl_->db));
  DOORSTEP_TRY(impl_->dismiss_answers("record", provisional_child));
  Queued item;
  item.op.kind = wire::OpKind::Match;
  item.op.record = item.op.case_id = provisional_child;
  item.op.record_kind = RecordKind::Child;
  item.op.at = now;
  item.op.body = wire::encode(wire::MatchBody{target});
  DOORSTEP_TRY(impl_->db.query("SELECT rev, hash FROM revisions WHERE record=? ORDER BY rev DESC LIMIT 1", provisional_child,
                               [&](const sql::Row& row) { item.op.base_rev = row.integer(0), item.op.base_hash = row.string(1); }));
  DOORSTEP_TRY(impl_->queue(item));
  return tx.commit();
}

Result<void> Store::dismiss(std::int64_t number) {
  DOORSTEP_TRY_ASSIGN(auto tx, sql::Transaction::begin(impl_->db));
  DOORSTEP_TRY(impl_->db.exec("UPDATE ops SET dismissed=1 WHERE rowid=? AND acked=1", number));
  return tx.commit();
}

/// What can be frozen now: everything queued, and every changed draft whose last Put was answered. A draft's next Put needs
/// that answer, because it names the revision it is based on.
Result<std::vector<Queued>> Store::Impl::ready_to_freeze(Instant now) {
  DOORSTEP_TRY_ASSIGN(auto out, all_queued());
  DOORSTEP_TRY_ASSIGN(Id author, me());
  DOORSTEP_TRY(db.query("SELECT visit, body, base_rev, base_hash FROM drafts d WHERE dirty=1 AND stage<>? AND await_rev=0"
                        " AND NOT EXISTS (SELECT 1 FROM ops WHERE record=d.visit AND kind='put' AND acked=0) ORDER BY saved_at, visit",
                        kStageSubmitting, [&](const sql::Row& row) -> Result<void> {
    Queued item;
    item.op.kind = wire::OpKind::Put;
    item.op.record = item.visit = row.id(0);
    item.op.case_id = author;
    item.op.record_kind = RecordKind::Visit;
    item.op.body = row.string(1);
    item.op.base_rev = row.integer(2);
    item.op.base_hash = row.string(3);
    item.op.at = now;
    DOORSTEP_TRY_ASSIGN(auto visit, wire::decode<model::Visit>(item.op.body));
    item.op.urgent = std::any_of(visit.children.begin(), visit.children.end(), model::is_urgent) && !visit.discarded.value_or(false);
    out.push_back(std::move(item));
    return {};
  }));
  urgent_first(out);
  return out;
}

/// Numbers, chains and fixes the bytes.
Result<void> Store::Impl::freeze_all(std::vector<Queued>& items, std::int64_t incarnation) {
  if (items.empty()) return {};
  DOORSTEP_TRY_ASSIGN(auto number, meta_number("op_last"));
  DOORSTEP_TRY_ASSIGN(auto hash, meta("op_hash"));
  if (hash.empty()) hash = wire::kChainStart;
  for (Queued& item : items) {
    item.op.number = ++number;
    const std::string bytes = wire::encode(item.op);
    const std::string prev = std::exchange(hash, wire::chain_next(hash, bytes));
    DOORSTEP_TRY(db.exec("INSERT INTO ops(incarnation, number, bytes, size, prev, hash, kind, record, case_id, visit, part)"
                         " VALUES (?,?,?,?,?,?,?,?,?,?,?)",
                         incarnation, number, bytes, static_cast<std::int64_t>(bytes.size()), prev, hash, model::code(item.op.kind),
                         item.op.record, item.op.case_id, item.visit, item.part));
    if (item.op.kind == wire::OpKind::Put) DOORSTEP_TRY(db.exec("UPDATE drafts SET dirty=0 WHERE visit=?", item.op.record));
    else DOORSTEP_TRY(db.exec("DELETE FROM queued WHERE id=?", item.id));
  }
  DOORSTEP_TRY(set_meta("op_last", number));
  return set_meta("op_hash", hash);
}

/// What the server has that says nearly what this operation says: of a draft, what was last sent; of a record, its newest version
/// or, when it is new, the draft it was written as.
Result<std::optional<wire::Base>> Store::Impl::base_of(std::string_view kind, Id record, Id case_id, Id visit) {
  std::optional<wire::Base> out;
  if (kind == model::code(wire::OpKind::Put)) {
    DOORSTEP_TRY(db.query("SELECT base_rev, base_hash, b.body FROM drafts JOIN draft_bases b USING (visit) WHERE visit=? AND base_rev>0",
                          record, [&](const sql::Row& row) {
      out = wire::Base{case_id, record, RecordKind::Visit, row.integer(0), row.string(1), row.string(2)};
    }));
  } else if (kind == model::code(wire::OpKind::Submit)) {
    DOORSTEP_TRY_ASSIGN(auto head, head_of(record));
    if (head) {
      out = wire::Base{case_id, record, RecordKind::ChildRecord, head->rev, std::move(head->hash), std::move(head->body)};
    } else {
      DOORSTEP_TRY_ASSIGN(Id own, me());
      DOORSTEP_TRY_ASSIGN(auto draft, head_of(visit));
      if (draft)
        out = wire::Base{own, visit, RecordKind::Visit, draft->rev, std::move(draft->hash), std::move(draft->body)};
    }
  }
  if (out && base::sha256_hex(out->body) != out->hash) out.reset();  // of what was discarded the text is not kept
  return out;
}

Result<std::vector<wire::Base>> Store::bases(const std::vector<wire::BaseName>& names) {
  const Error missing{Fault::NotFound, "store.bases", "a version that the server leans on is not here"};
  std::vector<wire::Base> out;
  for (const wire::BaseName& name : names) {
    std::vector<wire::Base> found;
    DOORSTEP_TRY(impl_->db.query("SELECT record, r.kind, hash, body FROM record_cases c JOIN revisions r USING (record) WHERE"
                                 " record>=? AND record<=? AND case_id=? AND rev=? AND body<>''",
                                 name.first(), name.last(), name.case_id, name.rev, [&](const sql::Row& row) {
      const auto kind = model::from_code<RecordKind>(row.text(1)).value_or(RecordKind::Visit);
      found.push_back({name.case_id, row.id(0), kind, name.rev, row.string(2), row.string(3)});
    }));
    if (found.size() != 1) return missing;
    out.push_back(std::move(found.front()));
  }
  return out;
}

Result<void> Store::Impl::freeze_ready(std::int64_t incarnation, Instant now) {
  DOORSTEP_TRY_ASSIGN(auto ready, ready_to_freeze(now));
  return freeze_all(ready, incarnation);
}

Result<void> Store::freeze_ready(Instant now) {
  DOORSTEP_TRY_ASSIGN(auto tx, sql::Transaction::begin(impl_->db));
  DOORSTEP_TRY_ASSIGN(const auto incarnation, impl_->meta_number("incarnation"));
  DOORSTEP_TRY(impl_->freeze_ready(incarnation, now));
  return tx.commit();
}

Result<Batch> Store::freeze(std::size_t max_ops, std::size_t max_bytes, Instant now, std::optional<std::int64_t> after) {
  DOORSTEP_TRY_ASSIGN(auto tx, sql::Transaction::begin(impl_->db));
  auto& db = impl_->db;
  Batch out;
  DOORSTEP_TRY_ASSIGN(out.device, impl_->device());
  DOORSTEP_TRY_ASSIGN(out.incarnation, impl_->meta_number("incarnation"));
  DOORSTEP_TRY_ASSIGN(out.epoch, impl_->meta("epoch"));
  DOORSTEP_TRY(impl_->freeze_ready(out.incarnation, now));

  if (base::mutant("bytes-made-again")) DOORSTEP_TRY(db.exec("UPDATE ops SET bytes=bytes||' ' WHERE acked=0 AND bytes<>''"));
  DOORSTEP_TRY_ASSIGN(auto last, impl_->meta_number("op_last"));
  DOORSTEP_TRY_ASSIGN(auto head, impl_->meta("op_hash"));
  out.ops.first = last + 1;
  if (!head.empty()) out.ops.prev = head;
  std::size_t bytes = 0;
  DOORSTEP_TRY_ASSIGN(auto statement, db.prepare("SELECT number, prev, size, bytes, kind, record, case_id, visit FROM ops"
                                                 " WHERE incarnation=? AND acked=0 AND number>?"
                                                 " ORDER BY number", out.incarnation, after.value_or(0)));
  for (;;) {
    DOORSTEP_TRY_ASSIGN(bool row, statement.step());
    if (!row) break;
    auto size = static_cast<std::size_t>(statement.integer(2));
    if (!out.ops.items.empty() && (out.ops.items.size() >= max_ops || bytes + size > max_bytes)) {
      out.more_ops = true;
      break;
    }
    if (out.ops.items.empty()) {
      out.ops.first = statement.integer(0);
      out.ops.prev = statement.string(1);
    }
    bytes += size;
    out.ops.items.push_back(statement.string(3));
    DOORSTEP_TRY_ASSIGN(auto base, impl_->base_of(statement.text(4), statement.id(5), statement.id(6), statement.id(7)));
    if (base && std::find(out.bases.begin(), out.bases.end(), *base) == out.bases.end()) out.bases.push_back(std::move(*base));
  }
  out.bases = wire::within_limits(std::move(out.bases));
  // A draft that was changed behind its own Put can be frozen as soon as this batch is answered: that must not take a timer.
  DOORSTEP_TRY_ASSIGN(auto behind, db.first<std::int64_t>("SELECT 1 FROM drafts d WHERE dirty=1 AND stage<>? AND EXISTS"
                                                          " (SELECT 1 FROM ops WHERE record=d.visit AND kind='put' AND acked=0) LIMIT 1",
                                                          kStageSubmitting));
  if (behind) out.more_ops = true;
  DOORSTEP_TRY(db.query("SELECT id, seq, chain FROM cases ORDER BY id",
                        [&](const sql::Row& row) { out.cursors.push_back({row.id(0), row.integer(1), row.string(2)}); }));
  if (!after) {
    DOORSTEP_TRY(db.query("SELECT case_id FROM purged WHERE ready=1", [&](const sql::Row& row) { out.purged.push_back(row.id(0)); }));
    DOORSTEP_TRY(db.query("SELECT incarnation, max(number), hash FROM ops WHERE incarnation<? AND acked=1 GROUP BY incarnation"
                          " ORDER BY incarnation DESC LIMIT ?", out.incarnation, static_cast<std::int64_t>(wire::kEarlierIncarnations),
                          [&](const sql::Row& row) {
      out.earlier.push_back({row.integer(0), row.integer(1), row.string(2)});
    }));
    if (!out.purged.empty()) DOORSTEP_TRY(db.exec("UPDATE purged SET told=1 WHERE ready=1 AND told=0"));
  }
  if (base::mutant("forgotten-when-sent")) DOORSTEP_TRY(db.exec("UPDATE ops SET acked=1, status='applied', rev=1 WHERE acked=0"));
  DOORSTEP_TRY(tx.commit());
  return out;
}

Result<void> Store::start_incarnation() {
  DOORSTEP_TRY_ASSIGN(auto tx, sql::Transaction::begin(impl_->db));
  DOORSTEP_TRY(impl_->next_incarnation());
  return tx.commit();
}

Result<void> Store::Impl::next_incarnation() {
  DOORSTEP_TRY_ASSIGN(auto incarnation, meta_number("incarnation"));
  std::vector<Queued> again;
  if (base::mutant("fork-forgets")) DOORSTEP_TRY(db.exec("DELETE FROM ops WHERE acked=0"));
  DOORSTEP_TRY(db.query("SELECT bytes, visit, part FROM ops WHERE incarnation=? AND acked=0 AND bytes<>'' ORDER BY number", incarnation,
                        [&](const sql::Row& row) -> Result<void> {
    DOORSTEP_TRY_ASSIGN(auto op, wire::decode<wire::Operation>(row.text(0)));
    again.push_back({0, std::move(op), row.id(1), row.id(2)});
    return {};
  }));
  for (const Queued& item : again) {
    if (item.op.kind != wire::OpKind::Put) continue;
    DOORSTEP_TRY(db.exec("UPDATE drafts SET dirty=1 WHERE visit=?", item.op.record));
    DOORSTEP_TRY(end_again(item.op));
  }
  std::erase_if(again, [](const Queued& item) { return item.op.kind == wire::OpKind::Put; });
  DOORSTEP_TRY(queue_first(std::move(again)));
  DOORSTEP_TRY(db.exec("DELETE FROM ops WHERE incarnation=? AND acked=0", incarnation));
  DOORSTEP_TRY(set_meta("incarnation", incarnation + 1));
  DOORSTEP_TRY(set_meta("op_last", 0));
  DOORSTEP_TRY(set_meta("op_hash", wire::kChainStart));
  return {};
}

}  // namespace doorstep::store
