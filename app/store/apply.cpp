#include "app/store/impl.h"

#include <limits>

#include "platform/base/log.h"
#include "platform/base/mutant.h"
#include "sync/model/attachment.h"
#include "sync/model/visit.h"
#include "sync/wire/codec.h"

namespace doorstep::store {
namespace {

constexpr std::string_view kForked = "store.forked";
/// In `meta`: 1 from when a case took records with it, or versions, that others list, until all are there again.
constexpr std::string_view kMayMiss = "may_miss";
/// In `meta`: 1 from when the server's history is another, until it was read to its end.
constexpr std::string_view kWentBack = "went_back";
/// In `drafts`: of end_again().
constexpr std::string_view kEndsAgain = "(stage=2 AND dirty=0 AND base_rev=0 AND await_rev=0 AND NOT EXISTS (SELECT 1 FROM ops WHERE"
                                        " record=drafts.visit AND kind='put' AND acked=0))";
/// In `ops`: refused, and its words are with whoever wrote them: a submission's are a draft again.
constexpr std::string_view kGivenBack = "kind<>'put' AND acked=1 AND status='refused' AND (kind<>'submit' OR settled=1)";

void note(std::vector<Id>& ids, Id id) {
  if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
}

/// Whether what the server sent of one case is whole and joins on to what we hold. A new grant may hold current state only:
/// then there is no chain to compute, and each body still has to have its hash.
bool fits(const wire::CasePull& pull, const std::string& chain_before) {
  std::int64_t seq = pull.from;
  bool dense = true;
  std::string chain = chain_before;
  for (const wire::LogEntry& entry : pull.entries) {
    const bool whole = entry.revision.body.empty() || base::sha256_hex(entry.revision.body) == entry.revision.hash;
    if (entry.seq <= seq || entry.seq > pull.to || !whole) return false;
    dense = dense && entry.seq == seq + 1;
    seq = entry.seq;
    chain = wire::chain_next(chain, entry.revision);
  }
  dense = dense && seq == pull.to;
  return dense ? chain == pull.chain : pull.from == 0;
}

/// What a worker makes a record of this kind with, if this one says that `own` made it. Without number and time; only a record says
/// in which case, only a decision on which revision.
std::optional<wire::Operation> own_operation(RecordKind kind, const std::string& body, Id own) {
  wire::Operation op;
  op.record_kind = RecordKind::ChildRecord;
  op.body = body;
  Id author;
  if (kind == RecordKind::ChildRecord) {
    if (const auto record = wire::decode<model::ChildRecord>(body)) {
      author = record->author;
      op.kind = wire::OpKind::Submit;
      op.record = record->id;
      op.case_id = record->part.id;  // that of a matched child is an alias of the case it was read in, unless the match was taken back too
      op.urgent = model::is_urgent(record->part);
    }
  } else if (kind == RecordKind::Decision) {
    if (const auto decision = wire::decode<model::Decision>(body)) {
      author = decision->reviewer;
      op.kind = wire::OpKind::Decide;
      op.record = decision->on.record;
      op.base_rev = decision->on.rev;
      op.base_hash = decision->on.hash;
    }
  } else if (kind == RecordKind::Addendum) {
    if (const auto addendum = wire::decode<model::Addendum>(body))
      author = addendum->author, op.kind = wire::OpKind::Addendum, op.record = addendum->record;
  } else if (kind == RecordKind::Disposition) {
    if (const auto disposition = wire::decode<model::Disposition>(body))
      author = disposition->by, op.kind = wire::OpKind::Settle, op.record = disposition->record;
  }
  return author == own ? std::optional(std::move(op)) : std::nullopt;
}

/// A record as it was last read.
struct Held {
  Id record;
  RecordKind kind{};
  std::string state, body;
};
/// `sql`: with these columns, of one case.
Result<std::vector<Held>> held(sql::Db& db, std::string_view sql, Id case_id) {
  std::vector<Held> out;
  DOORSTEP_TRY(db.query(sql, case_id, [&](const sql::Row& row) {
    if (const auto kind = model::from_code<RecordKind>(row.text(1))) out.push_back({row.id(0), *kind, row.string(2), row.string(3)});
  }));
  return out;
}

}  // namespace

std::vector<std::function<Reading()>> Readings::in_order(const std::vector<wire::CasePull>& pulls) {
  std::vector<std::function<Reading()>> out;
  for (const wire::CasePull& pull : pulls)
    for (const wire::LogEntry& entry : pull.entries) {
      places_.emplace(&entry, out.size());
      out.push_back([revision = &entry.revision] { return read(*revision); });
    }
  return out;
}

Result<std::optional<Head>> Store::Impl::head_of(Id record) {
  std::optional<Head> out;
  DOORSTEP_TRY(db.query("SELECT rev, hash, body, state FROM revisions WHERE record=? ORDER BY rev DESC LIMIT 1", record,
                        [&](const sql::Row& row) {
    out = Head{row.integer(0), row.string(1), row.string(2), model::from_code<model::State>(row.text(3)).value_or(model::State::None)};
  }));
  return out;
}

Result<Applied> Store::apply(const wire::SyncReply& reply, Instant now) {
  auto applied = impl_->apply(reply, now);
  if (applied.has_error() && applied.error().where == kForked) DOORSTEP_TRY(start_incarnation());
  return applied;
}

Result<Applied> Store::Impl::apply(const wire::SyncReply& reply, Instant now) {
  Applied out;
  erased_photos.clear();
  own_log_whole = false;
  Readings readings(reply.cases);
  DOORSTEP_TRY_ASSIGN(auto tx, sql::Transaction::begin(db));
  DOORSTEP_TRY(db.exec("DELETE FROM purged WHERE told=1"));  // the push this answers carried them
  DOORSTEP_TRY(take_results(reply, out));
  const bool drain = reply.drain.value_or(false);
  DOORSTEP_TRY(end_access(drain, out));
  std::vector<Id> visits;
  for (const wire::OpResult& result : reply.results) {
    DOORSTEP_TRY_ASSIGN(auto visit, db.first<Id>("SELECT record FROM ops WHERE incarnation=(SELECT CAST(value AS INTEGER) FROM meta"
                                                        " WHERE key='incarnation') AND number=? AND kind='put'", result.number));
    if (visit) note(visits, *visit);
  }
  for (const wire::CasePull& pull : reply.cases) DOORSTEP_TRY(take_case(pull, readings, now, out, visits));
  DOORSTEP_TRY_ASSIGN(const Id own, me());
  const bool own_came = std::any_of(reply.cases.begin(), reply.cases.end(), [&](const auto& pull) { return pull.case_id == own; });
  own_log_whole = own_log_whole || (!own_came && !reply.more && !reply.need_view && !drain);
  if (own_log_whole) {
    DOORSTEP_TRY(db.exec("DELETE FROM drafts WHERE " + std::string(kEndsAgain) + " AND visit NOT IN (SELECT record FROM revisions)"));
    DOORSTEP_TRY(db.query("SELECT visit FROM drafts WHERE " + std::string(kEndsAgain),
                          [&](const sql::Row& row) { note(visits, row.id(0)); }));
  }
  for (Id visit : visits) DOORSTEP_TRY(rebase_draft(visit, now, out));
  DOORSTEP_TRY(settle_submissions(now, out));
  for (Id visit : visits) {
    DOORSTEP_TRY_ASSIGN(const auto head, head_of(visit));
    if (head && head->hash == base::sha256_hex("")) DOORSTEP_TRY(forget_beside(visit));  // erased, and its draft ended with that
  }
  DOORSTEP_TRY_ASSIGN(const auto epoch, meta("epoch"));
  if (!epoch.empty() && epoch != reply.epoch) DOORSTEP_TRY(set_meta(kWentBack, 1));
  DOORSTEP_TRY_ASSIGN(const auto went_back, meta_number(kWentBack));
  for (Id dropped : reply.drop) {
    if (went_back != 0 && !drain) {  // it may know nothing of a case that it had opened for a child whom nobody knew
      DOORSTEP_TRY(keep_own_records(dropped));
      DOORSTEP_TRY(clear_case(dropped, Elsewhere::Stays));
    }
    DOORSTEP_TRY(db.exec("INSERT INTO cases(id, seq, chain, dropped) VALUES (?,0,?,1) ON CONFLICT(id) DO UPDATE SET dropped=1",
                                dropped, wire::kChainStart));
    out.caseload_changed = true;
  }
  DOORSTEP_TRY(hand_in_of_dropped(now));
  if (!reply.more && !reply.need_view && !drain) DOORSTEP_TRY(drop_what_is_not_given());
  DOORSTEP_TRY(take_needs(reply));
  if (drain) DOORSTEP_TRY(send_unfinished(now));
  DOORSTEP_TRY(purge_dropped(out));
  if (drain) DOORSTEP_TRY(purge_rest(out));
  DOORSTEP_TRY(ask_for_missing(out));
  // What a draft named before this part of the log, the next may bring a record of. If not, it goes when the store is next opened.
  std::vector<std::string> left;
  if (reply.more || !out.drafts_rewritten.empty())  // nor may an editor that has not seen this save it once more
    DOORSTEP_TRY(db.query("SELECT sha256 FROM blobs WHERE referred=1 AND NOT EXISTS (SELECT 1 FROM blob_refs r WHERE"
                          " r.sha256=blobs.sha256)", [&](const sql::Row& row) { left.push_back(row.string(0)); }));
  for (const std::string& sha256 : left)
    if (!erased_photos.contains(sha256)) DOORSTEP_TRY(db.exec("UPDATE blobs SET referred=0 WHERE sha256=?", sha256));
  DOORSTEP_TRY(set_meta("epoch", reply.epoch));
  DOORSTEP_TRY_ASSIGN(const bool waiting, waits());
  if (went_back != 0 && !reply.more && !reply.need_view && !waiting) DOORSTEP_TRY(set_meta(kWentBack, 0));
  DOORSTEP_TRY(set_meta(kPartly, reply.more || reply.need_view || !out.refetch.empty()));
  DOORSTEP_TRY(set_meta("last_sync", now.ms));
  if (reply.receipt) DOORSTEP_TRY(set_meta("receipt", wire::encode(*reply.receipt)));
  DOORSTEP_TRY(tx.commit());
  if (auto swept = collect_blobs(Loose::Kept); !swept) base::log_error("collect_blobs", swept.error());  // when next opened
  DOORSTEP_TRY_ASSIGN(out.blobs, blobs_to_move());
  if (std::exchange(forgot, false)) DOORSTEP_TRY(db.checkpoint());  // the log of changes holds pages as they were before
  if (!out.purged.empty()) DOORSTEP_TRY(finish_purges());
  return out;
}

/// Sees to it that the server's chain of our operations is ours (I9), and that it has what it once acknowledged (I8).
Result<void> Store::Impl::check_history(const wire::SyncReply& reply) {
  DOORSTEP_TRY_ASSIGN(auto incarnation, meta_number("incarnation"));
  DOORSTEP_TRY_ASSIGN(auto hash, db.first<std::string>("SELECT hash FROM ops WHERE incarnation=? AND number=?", incarnation,
                                                       reply.applied_through));
  if (reply.applied_through == 0) hash = wire::kChainStart;
  if (base::mutant("fork-unseen")) return {};
  if (!hash || *hash != reply.head_hash)
    return Error{Fault::Conflict, std::string(kForked), "the server holds other operations under this tablet's name"};
  DOORSTEP_TRY_ASSIGN(auto lost, db.first<std::int64_t>("SELECT count(*) FROM ops WHERE incarnation=? AND number>? AND acked=1",
                                                        incarnation, reply.applied_through));
  if (lost.value_or(0) == 0 || base::mutant("restore-unseen")) return {};
  // The server went back to an earlier time: offer again what it acknowledged and lost. Not what it refused, and told so: that is
  // said again by whoever said it, if at all.
  DOORSTEP_TRY(db.exec("UPDATE ops SET bytes='', detail='' WHERE incarnation=? AND number>? AND " + std::string(kGivenBack), incarnation,
                       reply.applied_through));
  DOORSTEP_TRY_ASSIGN(auto gaps, db.first<std::int64_t>("SELECT count(*) FROM ops WHERE incarnation=? AND number>? AND bytes=''",
                                                        incarnation, reply.applied_through));
  DOORSTEP_TRY(db.exec("UPDATE ops SET acked=0, settled=0, dismissed=0, status=NULL, code=NULL, detail=NULL, rev=NULL, result_hash=NULL"
                       " WHERE incarnation=? AND number>?", incarnation, reply.applied_through));
  if (!base::mutant("receipt-stands-for-ever"))
    DOORSTEP_TRY(db.exec("UPDATE receipts SET standing=0 WHERE incarnation=? AND operation>?", incarnation, reply.applied_through));
  DOORSTEP_TRY(send_drafts_again());
  DOORSTEP_TRY(forget_own_log());
  if (gaps.value_or(0) > 0) DOORSTEP_TRY(next_incarnation());
  return {};
}

/// The server went back to a time before the end of an incarnation of ours: what it lost is made again in this one. Where its
/// chain is not ours at all (a copy of this store wrote on after the restore) that is everything; what it has it takes once.
Result<void> Store::Impl::offer_again(const wire::Incarnation& lost) {
  if (base::mutant("earlier-incarnation-lost")) return {};
  DOORSTEP_TRY_ASSIGN(auto hash, db.first<std::string>("SELECT hash FROM ops WHERE incarnation=? AND number=?", lost.number,
                                                       lost.through));
  const std::int64_t kept = hash && *hash == lost.hash ? lost.through : 0;
  std::vector<Queued> again;
  DOORSTEP_TRY(db.query("SELECT bytes, visit, part FROM ops WHERE incarnation=? AND number>? AND bytes<>'' AND NOT (" +
                        std::string(kGivenBack) + ") ORDER BY number", lost.number, kept, [&](const sql::Row& row) -> Result<void> {
    DOORSTEP_TRY_ASSIGN(auto op, wire::decode<wire::Operation>(row.text(0)));
    again.push_back({0, std::move(op), row.id(1), row.id(2)});
    return {};
  }));
  for (const Queued& item : again)
    if (item.op.kind == wire::OpKind::Put) DOORSTEP_TRY(end_again(item.op));
  std::erase_if(again, [](const Queued& item) { return item.op.kind == wire::OpKind::Put; });
  DOORSTEP_TRY(queue_first(std::move(again)));
  DOORSTEP_TRY(db.exec("DELETE FROM ops WHERE incarnation=? AND number>?", lost.number, kept));
  if (!base::mutant("receipt-stands-for-ever"))
    DOORSTEP_TRY(db.exec("UPDATE receipts SET standing=0 WHERE incarnation=? AND operation>?", lost.number, kept));
  return send_drafts_again();
}

Result<void> Store::Impl::send_drafts_again() {
  if (base::mutant("restore-forgets-drafts")) return {};
  DOORSTEP_TRY(db.exec("UPDATE drafts SET dirty=1, await_rev=0 WHERE NOT " + std::string(kEndsAgain)));
  return {};
}

Result<void> Store::Impl::take_results(const wire::SyncReply& reply, Applied& out) {
  DOORSTEP_TRY(check_history(reply));
  for (const wire::Incarnation& lost : reply.lost.value_or(std::vector<wire::Incarnation>())) DOORSTEP_TRY(offer_again(lost));
  DOORSTEP_TRY_ASSIGN(auto incarnation, meta_number("incarnation"));
  for (const wire::OpResult& result : reply.results) {
    if (result.number > reply.applied_through) return Error{Fault::Invalid, "store.apply", "a result past what the server applied"};
    auto code = result.code ? std::optional(std::string(model::code(*result.code))) : std::nullopt;
    DOORSTEP_TRY_ASSIGN(auto changed, db.exec("UPDATE ops SET acked=1, status=?, code=?, detail=?, rev=?, result_hash=?"
                                              " WHERE incarnation=? AND number=? AND acked=0",
                                              model::code(result.status), code, result.detail, result.rev, result.hash, incarnation,
                                              result.number));
    if (changed == 0) continue;  // told twice
    std::string kind, bytes;
    Id record;
    DOORSTEP_TRY(db.query("SELECT kind, record, bytes FROM ops WHERE incarnation=? AND number=?", incarnation, result.number,
                          [&](const sql::Row& row) { kind = row.string(0), record = row.id(1), bytes = row.string(2); }));
    if (kind == model::code(wire::OpKind::Put)) {
      DOORSTEP_TRY(take_put_result(record, bytes, result));
      DOORSTEP_TRY(db.exec("UPDATE ops SET bytes='' WHERE incarnation=? AND number<? AND record=? AND kind='put' AND acked=1",
                           incarnation, result.number, record));
      out.drafts_changed = true;
    } else {
      out.caseload_changed = true;
    }
    if (result.receipt) {
      wire::SignedReceipt receipt = *result.receipt;
      receipt.signer = reply.receipt_signer;
      DOORSTEP_TRY_ASSIGN(auto op, wire::decode<wire::Operation>(bytes));
      DOORSTEP_TRY(take_receipt(std::move(receipt), op, incarnation, result));
    }
    if (kind != model::code(wire::OpKind::Put)) {  // the erasure may be here already
      DOORSTEP_TRY_ASSIGN(auto erased, db.first<std::int64_t>("SELECT 1 FROM revisions WHERE record=? AND body=''", record));
      if (erased) DOORSTEP_TRY(forget_words(record));
    }
    if (result.status != wire::OpStatus::Applied) {
      DOORSTEP_TRY_ASSIGN(auto told, answers("incarnation=" + std::to_string(incarnation) + " AND number=" +
                                             std::to_string(result.number), std::nullopt));
      out.answers.insert(out.answers.end(), told.begin(), told.end());
    }
  }
  // What has a receipt that does not check out is kept however safe the server says it is.
  DOORSTEP_TRY(db.exec("UPDATE ops SET bytes='' WHERE incarnation=? AND number<=? AND acked=1 AND bytes<>'' AND NOT EXISTS (SELECT 1"
                       " FROM receipts r WHERE r.incarnation=ops.incarnation AND r.operation=ops.number AND r.fault<>'')", incarnation,
                       base::mutant("acked-work-thrown-away") ? reply.applied_through : reply.stable_through));
  return {};
}

/// Kept whether it checks out or not: the person is told, and the operation counts as acknowledged by the reply, not by this.
Result<void> Store::Impl::take_receipt(wire::SignedReceipt receipt, const wire::Operation& op, std::int64_t incarnation,
                                       const wire::OpResult& result) {
  auto said = wire::decode<wire::ReceiptStatement>(receipt.statement);
  std::string fault;
  if (!said || ((!check_receipt || !check_receipt(receipt, said->at)) && !base::mutant("receipt-unread"))) {
    fault = "signature";
  } else {
    DOORSTEP_TRY_ASSIGN(Id own, device());
    const bool same = said->device == own && said->incarnation == incarnation && said->operation == op.number && said->kind == op.kind &&
                      said->record == op.record && said->sent == base::sha256_hex(op.body) && said->rev == result.rev &&
                      said->hash == result.hash;
    if (!same) fault = "other";
  }
  const wire::ReceiptStatement told = said ? *said : wire::ReceiptStatement{};
  DOORSTEP_TRY(db.exec("INSERT INTO receipts(incarnation, operation, record, number, at, kind, rev, hash, fault, statement, signature,"
                       " signer) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
                       incarnation, op.number, op.record, told.number, told.at, model::code(op.kind), told.rev, told.hash, fault,
                       receipt.statement, receipt.signature, receipt.signer.value_or(std::string())));
  return {};
}

/// What is kept of the drafts' log is of a history that is no more: a draft must not be brought in line with it.
Result<void> Store::Impl::forget_own_log() {
  DOORSTEP_TRY_ASSIGN(Id own, me());
  DOORSTEP_TRY(clear_case(own, Elsewhere::Stays));
  DOORSTEP_TRY(db.exec("UPDATE cases SET seq=0, chain=? WHERE id=?", wire::kChainStart, own));
  return {};
}

/// From here on the draft's edits are relative to what was sent: applied as it was, or the server's merge contains it.
Result<void> Store::Impl::take_put_result(Id visit, const std::string& bytes, const wire::OpResult& result) {
  DOORSTEP_TRY_ASSIGN(auto row, draft_row(visit));
  if (!row || result.status == wire::OpStatus::Refused) {
    if (row && row->stage == kStageDiscarded && !row->dirty) return delete_draft(visit);
    return {};
  }
  // A revision is above every one that was there before it. Else what is held is of before the server went back.
  DOORSTEP_TRY_ASSIGN(auto head, head_of(visit));
  const bool another_history = head && (head->rev > result.rev || (head->rev == result.rev && head->hash != result.hash));
  if (another_history && !base::mutant("merge-by-number-alone")) DOORSTEP_TRY(forget_own_log());
  DOORSTEP_TRY_ASSIGN(auto sent, wire::decode<wire::Operation>(bytes));
  row->base_body = sent.body;
  if (base::mutant("later-edit-unmarked")) row->dirty = false;
  if (base::mutant("base-of-later-edit")) row->base_body = row->body;
  bool as_sent = result.hash == base::sha256_hex(sent.body);  // else what was sent added nothing to what is there
  if (result.status == wire::OpStatus::Applied && as_sent) {
    row->base_rev = result.rev;
    row->base_hash = result.hash;
    if (row->stage == kStageDiscarded && !row->dirty) return delete_draft(visit);
  } else {
    row->await_rev = result.rev;
  }
  return put_draft(*row);
}

Result<void> Store::Impl::take_case(const wire::CasePull& pull, Readings& readings, Instant now, Applied& out,
                                    std::vector<Id>& visits) {
  std::int64_t seq = 0;
  std::string chain = wire::kChainStart;
  DOORSTEP_TRY(db.query("SELECT seq, chain FROM cases WHERE id=?", pull.case_id,
                        [&](const sql::Row& row) { seq = row.integer(0), chain = row.string(1); }));
  DOORSTEP_TRY(db.exec("INSERT INTO cases(id, seq, chain, dropped) VALUES (?,0,?,0) ON CONFLICT(id) DO UPDATE SET dropped=0",
                       pull.case_id, wire::kChainStart));
  bool from_start = pull.from == 0;
  if ((pull.diverged.value_or(false) && !from_start) || (!from_start && pull.from != seq) ||
      !fits(pull, from_start ? wire::kChainStart : chain)) {
    DOORSTEP_TRY(db.exec("UPDATE cases SET seq=0, chain=? WHERE id=?", wire::kChainStart, pull.case_id));
    note(out.refetch, pull.case_id);
    return {};
  }
  if (from_start) DOORSTEP_TRY(keep_own_records(pull.case_id));  // of a case that was to be read anew no server says that it diverged
  if (from_start && !base::mutant("old-history-kept"))
    DOORSTEP_TRY(clear_case(pull.case_id, pull.diverged.value_or(false) ? Elsewhere::Goes : Elsewhere::Stays));
  for (const wire::LogEntry& entry : pull.entries) {
    if (base::mutant("cursor-ahead") && &entry == &pull.entries.back() && pull.entries.size() > 1) break;
    DOORSTEP_TRY(take_entry(pull.case_id, entry.revision, readings.of(entry)));
    if (entry.revision.kind == RecordKind::Visit) {
      DOORSTEP_TRY(check_base(entry.revision));
      note(visits, entry.revision.record);
    } else {
      out.caseload_changed = true;
    }
  }
  DOORSTEP_TRY(db.exec("UPDATE cases SET seq=?, chain=? WHERE id=?", pull.to, pull.chain, pull.case_id));
  if (!pull.complete) return {};
  if (!base::mutant("receipt-stands-for-ever"))
    // An operation that the server still has may have made something else in the history that it was put back to.
    DOORSTEP_TRY(db.exec("UPDATE receipts SET standing=0 WHERE standing=1 AND fault='' AND record IN (SELECT record FROM record_cases"
                         " WHERE case_id=?) AND NOT EXISTS (SELECT 1 FROM revisions v WHERE v.record=receipts.record AND"
                         " v.rev=receipts.rev AND v.hash=receipts.hash)", pull.case_id));
  DOORSTEP_TRY_ASSIGN(Id own_case, me());
  if (pull.case_id == own_case) {
    own_log_whole = true;
    DOORSTEP_TRY(forget_lost_bases(visits));
    DOORSTEP_TRY(db.query("SELECT record FROM record_cases c JOIN revisions r USING (record) WHERE case_id=? AND record NOT IN"
                          " (SELECT visit FROM drafts) AND r.body<>''", own_case, [&](const sql::Row& row) { note(visits, row.id(0)); }));
  }
  return hand_in_outlived(pull.case_id, now);
}

/// A server that went back may be without them, and the operations they came by need not be here: this store was put back as well,
/// or another tablet of the worker's sent them. What is kept already is newer: this comes of a history that was not read to its end.
Result<void> Store::Impl::keep_own_records(Id case_id) {
  DOORSTEP_TRY_ASSIGN(const auto all, held(db, "SELECT record, r.kind, state, body FROM revisions r JOIN record_cases c USING (record)"
                                               " WHERE case_id=? AND rev=(SELECT max(rev) FROM revisions WHERE record=r.record)", case_id));
  DOORSTEP_TRY_ASSIGN(Id own, me());
  for (const Held& one : all)
    if (own_operation(one.kind, one.body, own) && !base::mutant("own-record-goes-with-history"))
      DOORSTEP_TRY(db.exec("INSERT OR IGNORE INTO outlived(record, case_id, kind, state, body) VALUES (?,?,?,?,?)", one.record, case_id,
                           word(one.kind), one.state, one.body));
  return {};
}

/// What the server's new history does not have, and no operation here says, is handed in as it was read.
Result<void> Store::Impl::hand_in_outlived(Id case_id, Instant now) {
  DOORSTEP_TRY_ASSIGN(const auto all,
                      held(db, "SELECT record, kind, state, body FROM outlived WHERE case_id=? ORDER BY record", case_id));
  DOORSTEP_TRY(db.exec("DELETE FROM outlived WHERE case_id=?", case_id));
  DOORSTEP_TRY_ASSIGN(Id own, me());
  std::vector<Queued> again;
  for (const Held& one : all) {
    auto made = own_operation(one.kind, one.body, own);
    if (!made) continue;
    const std::string hash = base::sha256_hex(one.body);
    const auto kind = model::code(made->kind);
    DOORSTEP_TRY_ASSIGN(auto there, db.first<std::int64_t>("SELECT 1 FROM revisions WHERE record=?1 AND hash=?2 UNION ALL SELECT 1 FROM"
                                                           " queued WHERE record=?3 AND kind=?4 AND body=?5", one.record, hash,
                                                           made->record, kind, one.body));
    bool said = there.has_value();
    DOORSTEP_TRY(db.query("SELECT bytes FROM ops WHERE record=? AND kind=? AND bytes<>'' AND status IS NOT 'refused'", made->record, kind,
                          [&](const sql::Row& row) -> Result<void> {
      DOORSTEP_TRY_ASSIGN(auto op, wire::decode<wire::Operation>(row.text(0)));
      said = said || op.body == one.body;
      return {};
    }));
    DOORSTEP_TRY_ASSIGN(auto head, head_of(made->record));
    if (said || (head && head->body.empty())) continue;  // what was erased takes no more words
    Queued item;
    item.op = std::move(*made);
    item.op.at = now;
    const bool submits = item.op.kind == wire::OpKind::Submit;
    if (!submits) item.op.case_id = case_id;
    if (!submits && head && item.op.base_rev == 0) item.op.base_rev = head->rev, item.op.base_hash = head->hash;
    again.push_back(item);
    if (!submits || head || one.state != model::code(model::State::Draft)) continue;
    item.op.kind = wire::OpKind::Withdraw;  // it had been taken back: nobody is to decide on it
    item.op.base_rev = 1;
    item.op.base_hash = hash;
    item.op.body.clear();
    item.op.urgent = false;
    again.push_back(std::move(item));
  }
  return queue_first(std::move(again));
}

/// The rest of a history that was being read does not come any more. What the server has of it all the same it takes once.
Result<void> Store::Impl::hand_in_of_dropped(Instant now) {
  std::vector<Id> cases;
  DOORSTEP_TRY(db.query("SELECT DISTINCT case_id FROM outlived JOIN cases c ON c.id=case_id WHERE dropped=1",
                        [&](const sql::Row& row) { cases.push_back(row.id(0)); }));
  for (Id id : cases) DOORSTEP_TRY(hand_in_outlived(id, now));
  return {};
}

/// What went with the history of a case, and did not come again in the same reply, comes again with the other cases that list it.
Result<void> Store::Impl::ask_for_missing(Applied& out) {
  DOORSTEP_TRY_ASSIGN(auto missing, meta_number(kMayMiss));
  if (missing == 0) return {};
  std::vector<Id> again;
  DOORSTEP_TRY(db.query("SELECT DISTINCT case_id FROM record_cases c WHERE NOT EXISTS (SELECT 1 FROM revisions WHERE record=c.record)",
                        [&](const sql::Row& row) { again.push_back(row.id(0)); }));
  for (Id id : again) {
    DOORSTEP_TRY(db.exec("UPDATE cases SET seq=0, chain=? WHERE id=?", wire::kChainStart, id));
    note(out.refetch, id);
  }
  return again.empty() ? set_meta(kMayMiss, 0) : Result<void>();
}

Result<void> Store::Impl::take_entry(Id case_id, const model::Revision& revision, Reading reading) {
  std::string body = revision.body;
  if (body.empty()) DOORSTEP_TRY(forget_words(revision.record));
  if (revision.kind == RecordKind::Visit) {  // of a draft that was thrown away only the fact is kept
    auto visit = wire::decode<model::Visit>(body);
    if (visit && visit->discarded.value_or(false)) body.clear();
  }
  DOORSTEP_TRY(db.exec("INSERT OR REPLACE INTO revisions(record, rev, kind, state, author, device, at, hash, body, merged, filed_at)"
                       " VALUES (?,?,?,?,?,?,?,?,?,?,?)",
                       revision.record, revision.rev, word(revision.kind), model::code(revision.state), revision.author, revision.device,
                       revision.at, revision.hash, body, revision.merged, revision.filed_at));
  if (revision.kind != RecordKind::ChildRecord)
    DOORSTEP_TRY(db.exec("DELETE FROM revisions WHERE record=?1 AND rev<(SELECT max(rev) FROM revisions WHERE record=?1)",
                         revision.record));
  DOORSTEP_TRY(db.exec("INSERT INTO record_cases(record, case_id, kind, told_rev) VALUES (?,?,?,?) ON CONFLICT(record, case_id)"
                       " DO UPDATE SET told_rev=excluded.told_rev WHERE excluded.told_rev>told_rev",
                       revision.record, case_id, word(revision.kind), revision.rev));
  if (reading.version) DOORSTEP_TRY(refer(revision.record, model::attachments_of(reading.version->body.part)));
  return body.empty() ? Result<void>() : index_revision(case_id, revision, std::move(reading));
}

/// The record was erased: what was sent of it, and what was typed beside it, goes with what was pulled.
Result<void> Store::Impl::forget_words(Id record) {
  DOORSTEP_TRY(unindex(record));
  DOORSTEP_TRY_ASSIGN(const auto read, db.exec("DELETE FROM revisions WHERE record=? AND body<>''", record));
  DOORSTEP_TRY_ASSIGN(const auto sent,
                      db.exec("UPDATE ops SET bytes='', detail='' WHERE acked=1 AND (bytes<>'' OR detail<>'') AND (record=?1 OR"
                              " (kind='submit' AND status='refused' AND (visit, part) IN (SELECT visit, part FROM ops WHERE record=?1 AND"
                              " kind='submit')))", record));  // refused before under another id, too
  forgot = forgot || read + sent > 0;
  DOORSTEP_TRY(db.exec("DELETE FROM outlived WHERE record=?", record));
  DOORSTEP_TRY(db.exec("DELETE FROM receipts WHERE record=?", record));
  DOORSTEP_TRY(forget_beside(record));
  decoded.erase(decoded.lower_bound({record, 0}), decoded.upper_bound({record, std::numeric_limits<std::int64_t>::max()}));
  return {};
}

/// Not of a draft that goes on with words of its own.
Result<void> Store::Impl::forget_beside(Id record) {
  DOORSTEP_TRY_ASSIGN(const auto goes_on, draft_row(record));
  if (goes_on) return {};
  DOORSTEP_TRY(db.query("SELECT sha256 FROM blob_refs WHERE record=?", record,
                        [&](const sql::Row& row) { erased_photos.insert(row.string(0)); }));
  DOORSTEP_TRY(db.exec("DELETE FROM blob_refs WHERE record=?", record));
  DOORSTEP_TRY(db.exec("DELETE FROM unfinished WHERE key>=? AND key<?", record.str() + "/", record.str() + "0"));
  return {};
}

/// A restored server may have another revision under the number of a draft's base, or of the merge that it awaits, and later ones
/// upon it: what they lack of the base was not taken out by anybody.
Result<void> Store::Impl::check_base(const model::Revision& revision) {
  if (base::mutant("base-by-number-alone")) return {};
  DOORSTEP_TRY_ASSIGN(auto row, draft_row(revision.record));
  if (!row || revision.rev != (row->await_rev > 0 ? row->await_rev : row->base_rev)) return {};
  std::string hash = row->base_hash;
  if (row->await_rev > 0) {
    DOORSTEP_TRY_ASSIGN(auto told, db.first<std::string>("SELECT result_hash FROM ops WHERE record=? AND kind='put' AND acked=1 AND rev=?"
                                                         " ORDER BY incarnation DESC, number DESC LIMIT 1", row->visit, row->await_rev));
    hash = told.value_or(revision.hash);
  }
  return hash == revision.hash ? Result<void>() : forget_base(*row);
}

/// A draft's base is in its author's log, and so is the merge that it awaits, unless the server was restored to a time before it.
/// Then the draft is new to it, or is brought together with what it has.
Result<void> Store::Impl::forget_lost_bases(std::vector<Id>& visits) {
  if (base::mutant("base-by-number-alone")) return {};
  std::vector<Id> lost;
  DOORSTEP_TRY(db.query("SELECT visit FROM drafts WHERE base_rev>0 AND await_rev=0 AND NOT EXISTS (SELECT 1 FROM revisions r WHERE"
                        " r.record=drafts.visit AND (r.rev>drafts.base_rev OR (r.rev=drafts.base_rev AND r.hash=drafts.base_hash)))"
                        " UNION SELECT visit FROM drafts WHERE await_rev>0 AND NOT EXISTS (SELECT 1 FROM revisions r WHERE"
                        " r.record=drafts.visit AND r.rev>=drafts.await_rev)",
                        [&](const sql::Row& row) { lost.push_back(row.id(0)); }));
  for (Id visit : lost) {
    note(visits, visit);
    DOORSTEP_TRY_ASSIGN(auto row, draft_row(visit));
    DOORSTEP_TRY(forget_base(*row));
  }
  return {};
}

Result<void> Store::Impl::forget_base(DraftRow& row) {
  row.dirty = row.dirty || (row.stage != kStageSubmitting && !base::mutant("restore-forgets-drafts"));
  row.base_rev = row.await_rev = 0;
  row.base_hash = row.base_body = {};
  return put_draft(row);
}

Result<void> Store::Impl::clear_case(Id case_id, Elsewhere listed_elsewhere) {
  if (listed_elsewhere == Elsewhere::Goes) DOORSTEP_TRY(set_meta(kMayMiss, 1));
  std::vector<Id> records;
  DOORSTEP_TRY(db.query("SELECT record FROM record_cases WHERE case_id=?", case_id,
                        [&](const sql::Row& row) { records.push_back(row.id(0)); }));
  DOORSTEP_TRY(db.exec("DELETE FROM record_cases WHERE case_id=?", case_id));
  for (Id record : records) {
    DOORSTEP_TRY_ASSIGN(auto elsewhere, db.first<Id>("SELECT case_id FROM record_cases WHERE record=? LIMIT 1", record));
    if (elsewhere && listed_elsewhere == Elsewhere::Stays) {
      DOORSTEP_TRY(db.exec("UPDATE indexed SET case_id=? WHERE id=? AND case_id=?", *elsewhere, record, case_id));
      DOORSTEP_TRY(forget_untold(record));
      continue;
    }
    DOORSTEP_TRY(unindex(record));
    if (!base::mutant("purge-leaves-records")) DOORSTEP_TRY(db.exec("DELETE FROM revisions WHERE record=?", record));
    decoded.erase(decoded.lower_bound({record, 0}), decoded.upper_bound({record, std::numeric_limits<std::int64_t>::max()}));
  }
  return {};
}

/// A version that none of the cases told of that still list the record: of a history that is no more, if the log it came with
/// left before it could diverge. Those cases are asked again. A child record's stay, for they may be all there is of its words.
Result<void> Store::Impl::forget_untold(Id record) {
  DOORSTEP_TRY_ASSIGN(auto gone, db.exec("DELETE FROM revisions WHERE record=?1 AND kind<>'child_record' AND rev>"
                                         "(SELECT max(told_rev) FROM record_cases WHERE record=?1)", record));
  if (gone == 0) return {};
  DOORSTEP_TRY(unindex(record));
  return set_meta(kMayMiss, 1);
}

/// Brings what the server holds of a draft (from another device of the same worker, or merged there) into the one here.
Result<void> Store::Impl::rebase_draft(Id visit, Instant now, Applied& out) {
  DOORSTEP_TRY_ASSIGN(const auto head, head_of(visit));
  if (!head) return {};
  DOORSTEP_TRY_ASSIGN(auto on_the_way, db.first<std::int64_t>("SELECT 1 FROM ops WHERE record=? AND kind='put' AND acked=0", visit));
  if (on_the_way) return {};
  // A newer program wrote it: it waits for this one to be updated, and so does what is written here.
  if (!head->discarded() && !wire::decode<model::Visit>(head->body)) return {};
  DOORSTEP_TRY_ASSIGN(auto row, draft_row(visit));
  if (!row) return begin_draft(visit, *head, now, out);
  if (row->stage == kStageSubmitting) return {};
  return row->ends_again() ? end_draft(*row, *head, now, out) : merge_draft(*row, *head, now, out);
}

Result<void> Store::Impl::take_over(Id visit, const Head& head, Instant now, Applied& out) {
  DraftRow fresh;
  fresh.visit = visit;
  fresh.body = fresh.base_body = head.body;
  fresh.base_rev = head.rev;
  fresh.base_hash = head.hash;
  fresh.started_at = fresh.saved_at = now;
  out.drafts_changed = true;
  return put_draft(fresh);
}

/// One that is not here, unless it was thrown away here and the server did not take that.
Result<void> Store::Impl::begin_draft(Id visit, const Head& head, Instant now, Applied& out) {
  if (head.discarded() || !own_log_whole) return {};  // its end may be in what is still to come of the log
  DOORSTEP_TRY_ASSIGN(const auto end, db.first<std::string>("SELECT bytes FROM ops WHERE record=? AND kind='put' AND status='refused'"
                                                            " AND bytes<>'' ORDER BY incarnation DESC, number DESC LIMIT 1", visit));
  std::int64_t thrown_away = 0;  // this version of it
  if (end) {
    DOORSTEP_TRY_ASSIGN(const auto op, wire::decode<wire::Operation>(*end));
    thrown_away = op.base_rev;
  }
  return head.rev <= thrown_away ? Result<void>() : take_over(visit, head, now, out);
}

/// One that ended, of which a restored server has an earlier state: it ends there as well, unless another tablet wrote on.
Result<void> Store::Impl::end_draft(const DraftRow& ended, const Head& head, Instant now, Applied& out) {
  if (!own_log_whole) return {};
  DOORSTEP_TRY(delete_draft(ended.visit));
  if (head.discarded()) return {};
  DOORSTEP_TRY_ASSIGN(auto ours, db.first<std::int64_t>("SELECT 1 FROM ops WHERE record=? AND kind='put' AND result_hash=?", ended.visit,
                                                        head.hash));
  DOORSTEP_TRY(take_over(ended.visit, head, now, out));
  if (!ours) return {};
  DOORSTEP_TRY_ASSIGN(auto row, draft_row(ended.visit));
  return bury_draft(*row, now);
}

Result<void> Store::Impl::merge_draft(DraftRow& row, const Head& head, Instant now, Applied& out) {
  if (row.base_body.empty() && !head.discarded()) {  // it was new to the server, or the server went back to an earlier state
    DOORSTEP_TRY_ASSIGN(bool ours, was_once(row, head.body));
    if (ours) row.base_body = head.body;
  }
  // What is awaited may be below the base: the server went back in time.
  if (row.await_rev > 0 ? head.rev < row.await_rev : head.rev <= row.base_rev) return {};
  out.drafts_changed = true;
  bool edited = row.dirty || row.body != row.base_body;
  if (base::mutant("deleted-elsewhere-wins") && head.discarded()) edited = false;
  if (!edited && (head.discarded() || row.stage == kStageDiscarded)) {
    DOORSTEP_TRY(delete_draft(row.visit));
    return head.discarded() ? Result<void>() : take_over(row.visit, head, now, out);  // thrown away here, but the other tablet wrote on
  }
  std::string body = row.body;
  if (!head.discarded() && row.stage == kStageWriting && (!edited || base::mutant("pull-overwrites-edit"))) {
    body = head.body;
  } else if (!head.discarded()) {
    DOORSTEP_TRY_ASSIGN(body, merge_bodies(row.base_body, row.body, head.body));
    DOORSTEP_TRY_ASSIGN(auto merged, wire::decode<model::Visit>(body));
    if (!merged.discarded.value_or(false)) row.stage = kStageWriting;
  }
  row.base_rev = head.rev;
  row.base_hash = head.hash;
  if (!head.discarded()) row.base_body = head.body;
  row.await_rev = 0;
  row.dirty = head.discarded() || body != head.body;
  if (body != row.body) note(out.drafts_rewritten, row.visit);
  return change_unseen(row, std::move(body), now);
}

/// What a restored server refuses of a draft that had ended is a draft again: nobody else has those words.
Result<void> Store::Impl::reopen_refused(Instant now) {
  std::map<Id, DraftRow> drafts;
  DOORSTEP_TRY(db.query("SELECT visit, bytes FROM ops WHERE kind='submit' AND acked=1 AND settled=0 AND status='refused' AND"
                        " code<>'erased' AND bytes<>'' AND visit NOT IN (SELECT visit FROM drafts)",
                        [&](const sql::Row& row) -> Result<void> {
    DOORSTEP_TRY_ASSIGN(const auto op, wire::decode<wire::Operation>(row.text(1)));
    DOORSTEP_TRY_ASSIGN(const auto record, wire::decode<model::ChildRecord>(op.body));
    auto visit = model::visit_of(record, {}, row.id(0));
    visit.children.clear();  // settle_submission() fills it
    visit.conflicts.clear();
    if (!visit.id) return {};  // it was handed in as it was read, and is another's to write on
    DraftRow& row_of = drafts[visit.id];
    row_of.visit = visit.id;
    row_of.body = wire::encode(visit);
    row_of.stage = kStageSubmitting;
    return {};
  }));
  for (auto& [visit, row] : drafts) {
    row.started_at = row.saved_at = now;
    DOORSTEP_TRY(put_draft(row));
  }
  return {};
}

Result<void> Store::Impl::settle_submissions(Instant now, Applied& out) {
  DOORSTEP_TRY(reopen_refused(now));
  std::vector<Id> visits;
  DOORSTEP_TRY(db.query("SELECT visit FROM drafts WHERE stage=?", kStageSubmitting, [&](const sql::Row& row) { visits.push_back(row.id(0)); }));
  for (Id visit : visits) {
    DOORSTEP_TRY_ASSIGN(bool waits, waits_for(visit, false));
    if (!waits || base::mutant("siblings-not-awaited")) DOORSTEP_TRY(settle_submission(visit, now, out));
  }
  return {};
}

/// Every record of a submission was answered. What the server took leaves the draft; what it refused, or gave back with two
/// versions of a text, becomes the draft again.
Result<void> Store::Impl::settle_submission(Id visit_id, Instant now, Applied& out) {
  DOORSTEP_TRY_ASSIGN(auto row, draft_row(visit_id));
  DOORSTEP_TRY_ASSIGN(auto visit, wire::decode<model::Visit>(row->body));
  struct Part { Id child, record, case_id; std::string status; std::int64_t rev; std::string bytes; };
  std::vector<Part> parts;
  DOORSTEP_TRY(db.query("SELECT part, record, case_id, status, rev, iif(code='erased', '', bytes) FROM ops WHERE visit=? AND"
                        " kind='submit' AND acked=1 AND settled=0 ORDER BY incarnation, number", visit_id, [&](const sql::Row& r) {
    const Id child = r.id(0);  // submitted twice it was a draft in between: the later answer counts
    std::erase_if(parts, [&](const Part& part) { return part.child == child; });
    parts.push_back({child, r.id(1), r.id(2), r.string(3), r.integer(4), r.string(5)});
  }));
  bool back = false;
  for (const Part& part : parts) {
    auto place = std::find_if(visit.children.begin(), visit.children.end(), [&](const auto& child) { return child.id == part.child; });
    if (part.status == model::code(wire::OpStatus::Refused) && !base::mutant("refused-is-taken")) {
      if (place == visit.children.end()) {  // the server had taken it, before it went back in time
        if (part.bytes.empty()) continue;
        DOORSTEP_TRY_ASSIGN(const auto op, wire::decode<wire::Operation>(part.bytes));
        DOORSTEP_TRY_ASSIGN(const auto record, wire::decode<model::ChildRecord>(op.body));
        auto again = model::visit_of(record, {part.record, op.base_rev, op.base_hash}, visit_id).children.front();
        if (op.base_rev == 0) again.revises.reset();
        visit.children.push_back(std::move(again));
      }
      back = true;
      continue;
    }
    if (part.status != model::code(wire::OpStatus::Applied)) {
      DOORSTEP_TRY_ASSIGN(auto head, head_of(part.record));
      DOORSTEP_TRY_ASSIGN(auto held, db.first<std::int64_t>("SELECT 1 FROM cases WHERE dropped=0 AND (id=? OR id IN (SELECT case_id FROM"
                                                            " record_cases WHERE record=?))", part.case_id, part.record));
      const bool here = head && head->rev >= part.rev;
      if (held && !here) return {};  // its revision is still to come; else the server has all texts, and its case is another's
      if (here && head->state == model::State::Returned && place != visit.children.end()) {
        DOORSTEP_TRY_ASSIGN(auto record, wire::decode<model::ChildRecord>(head->body));
        auto returned = model::visit_of(record, {part.record, head->rev, head->hash}, visit_id);
        *place = returned.children.front();
        if (visit.children.size() == 1) visit = std::move(returned);
        else visit.conflicts.insert(visit.conflicts.end(), returned.conflicts.begin(), returned.conflicts.end());
        back = true;
        continue;
      }
    }
    if (place != visit.children.end()) visit.children.erase(place);
  }
  DOORSTEP_TRY(db.exec("UPDATE ops SET settled=1 WHERE visit=? AND kind='submit' AND acked=1", visit_id));
  out.drafts_changed = true;
  if (!back) {
    out.visits_submitted.push_back(visit_id);
    DOORSTEP_TRY(bury_draft(*row, now));
    if (base::mutant("tombstone-waits-for-ever")) return {};
    return rebase_draft(visit_id, now, out);  // what the server made of it may have come while it was being submitted
  }
  row->stage = kStageWriting;
  row->dirty = true;
  note(out.drafts_rewritten, visit_id);
  DOORSTEP_TRY(change_unseen(*row, wire::encode(visit), now));
  return rebase_draft(visit_id, now, out);
}

/// What was sent of a case that is not here, though the reply left none out that this worker may read: a draft outlived its case.
/// The server tells nothing of such a case, not even that it is to be dropped, or that the record was erased.
Result<void> Store::Impl::drop_what_is_not_given() {
  DOORSTEP_TRY_ASSIGN(const Id own, me());  // while another is being read anew, what it lists is not known
  DOORSTEP_TRY(db.exec("INSERT INTO cases(id, seq, chain, dropped) SELECT DISTINCT case_id, 0, ?, 1 FROM ops WHERE case_id NOT IN"
                       " (SELECT id FROM cases) AND NOT EXISTS (SELECT 1 FROM cases WHERE seq=0 AND dropped=0 AND id<>?) AND acked=1 AND status<>'refused' AND kind<>'put' AND bytes<>'' AND record NOT IN"
                       " (SELECT record FROM record_cases)", wire::kChainStart, own));
  return {};
}

/// Push before purge: a case leaves only when nothing of ours about it waits to be sent (I7).
Result<void> Store::Impl::purge_dropped(Applied& out) {
  std::vector<Id> cases;
  if (base::mutant("reassigned-data-stays")) return {};
  if (base::mutant("purged-unsent"))
    DOORSTEP_TRY(db.exec("DELETE FROM queued WHERE case_id IN (SELECT id FROM cases WHERE dropped=1)"));
  DOORSTEP_TRY_ASSIGN(Id own, me());  // with its drafts: purge_rest()
  DOORSTEP_TRY(db.query("SELECT id FROM cases WHERE dropped=1 AND id<>? AND NOT EXISTS (SELECT 1 FROM ops WHERE case_id=cases.id AND"
                        " acked=0) AND NOT EXISTS (SELECT 1 FROM queued WHERE case_id=cases.id)"
                        " AND NOT EXISTS (SELECT 1 FROM record_cases c WHERE c.case_id=cases.id AND (EXISTS (SELECT 1 FROM ops o WHERE"
                        " o.record=c.record AND acked=0) OR EXISTS (SELECT 1 FROM queued q WHERE q.record=c.record)))"
                        " AND NOT EXISTS (SELECT 1 FROM blobs b LEFT JOIN blob_refs r USING (sha256)"
                        " WHERE (b.need IS NOT NULL OR ?) AND b.whole=1" +
                        std::string(base::mutant("purge-before-photo") ? " AND 0" : "") +
                        " AND (EXISTS (SELECT 1 FROM record_cases c WHERE c.record=r.record AND c.case_id=cases.id)"
                        " OR EXISTS (SELECT 1 FROM ops o WHERE o.record=r.record AND o.case_id=cases.id)"
                        " OR NOT EXISTS (SELECT 1 FROM drafts d WHERE d.visit=r.record UNION SELECT 1 FROM record_cases c WHERE"
                        " c.record=r.record UNION SELECT 1 FROM ops o WHERE o.record=r.record AND o.kind<>'put')))",
                        own, needs_more,  // the last: of which case it is only the server knows
                        [&](const sql::Row& row) { cases.push_back(row.id(0)); }));
  for (Id id : cases) {
    std::vector<Id> records;
    DOORSTEP_TRY(db.query("SELECT record FROM record_cases WHERE case_id=?", id,
                          [&](const sql::Row& row) { records.push_back(row.id(0)); }));
    DOORSTEP_TRY(clear_case(id, Elsewhere::Stays));
    for (Id record : records)  // what is typed beside one that stays, under a matched child, stays with it
      DOORSTEP_TRY(db.exec("UPDATE unfinished SET case_id=(SELECT case_id FROM record_cases WHERE record=?1) WHERE case_id=?2 AND key>=?3"
                           " AND key<?4 AND EXISTS (SELECT 1 FROM record_cases WHERE record=?1)", record, id, record.str() + "/",
                           record.str() + "0"));
    DOORSTEP_TRY(db.exec("DELETE FROM unfinished WHERE case_id=?", id));
    DOORSTEP_TRY(db.exec("DELETE FROM outlived WHERE case_id=?", id));
    // A matched child's records are still here, under the child: a restored server may have to be sent them again.
    constexpr std::string_view kGone = " AND acked=1 AND record NOT IN (SELECT record FROM record_cases)";
    const std::string forget = "UPDATE ops SET bytes='', detail='' WHERE ";
    const std::string forget_draft = forget + "kind='put' AND acked=1 AND bytes<>'' AND record NOT IN (SELECT visit FROM drafts) AND ";
    DOORSTEP_TRY(db.exec(forget + "case_id=?" + std::string(kGone), id));
    DOORSTEP_TRY(db.exec(forget_draft + "instr(bytes, ?)>0", id.str()));  // it ended, and was sent with all that it said of the child
    constexpr std::string_view kNoReceipt = "DELETE FROM receipts WHERE record NOT IN (SELECT record FROM record_cases) AND ";
    for (Id record : records) {  // a matched child's were sent under another case
      DOORSTEP_TRY(db.exec(forget_draft + "record IN (SELECT visit FROM ops WHERE record=?)", record));
      DOORSTEP_TRY(db.exec(forget + "record=?" + std::string(kGone), record));
      DOORSTEP_TRY(db.exec(std::string(kNoReceipt) + "record=?", record));
    }
    DOORSTEP_TRY(db.exec(std::string(kNoReceipt) + "record IN (SELECT record FROM ops WHERE case_id=?)", id));
    DOORSTEP_TRY(db.exec("DELETE FROM cases WHERE id=?", id));
    DOORSTEP_TRY(db.exec("INSERT INTO purged(case_id) VALUES (?) ON CONFLICT(case_id) DO UPDATE SET ready=0, told=0", id));
    out.purged.push_back(id);
    out.caseload_changed = true;
  }
  if (cases.empty()) return {};
  decoded.clear();  // also what was only sent from here
  return {};
}

Result<bool> Store::Impl::ended() {
  DOORSTEP_TRY_ASSIGN(auto ended, meta_number("access_ended"));
  return ended != 0;
}

/// Nothing is shown from here on, and nothing of the server's is waited for: it will not come.
Result<void> Store::Impl::end_access(bool drain, Applied& out) {
  DOORSTEP_TRY_ASSIGN(bool before, ended());
  if (drain != before) {
    DOORSTEP_TRY(set_meta("access_ended", drain ? 1 : 0));
    out.caseload_changed = true;
  }
  if (before && !drain) DOORSTEP_TRY(db.exec("UPDATE cases SET dropped=0"));  // this reply says which are to go
  if (!drain) return {};
  DOORSTEP_TRY(db.exec("UPDATE cases SET dropped=1"));
  DOORSTEP_TRY(db.exec("UPDATE drafts SET await_rev=0"));
  return {};
}

Result<bool> Store::Impl::waits() {
  DOORSTEP_TRY_ASSIGN(auto waits, db.first<std::int64_t>("SELECT 1 WHERE EXISTS (SELECT 1 FROM queued) OR EXISTS (SELECT 1 FROM ops"
                                                         " WHERE acked=0) OR EXISTS (SELECT 1 FROM drafts WHERE dirty=1 OR stage=?)"
                                                         " OR EXISTS (SELECT 1 FROM blobs WHERE need IS NOT NULL AND whole=1)",
                                                         kStageSubmitting));
  return waits.has_value();
}

Result<bool> Store::all_sent() {
  DOORSTEP_TRY_ASSIGN(bool waits, impl_->waits());
  DOORSTEP_TRY_ASSIGN(auto words, impl_->db.first<std::int64_t>("SELECT 1 FROM unfinished UNION ALL SELECT 1 FROM drafts WHERE visit IN (" +
                                                                std::string(kRefusedDrafts) + ") LIMIT 1"));
  return !waits && !words;
}

/// When nothing at all waits: the drafts, and whatever else no case took with it.
Result<void> Store::Impl::purge_rest(Applied& out) {
  DOORSTEP_TRY_ASSIGN(bool waiting, waits());
  if (waiting) return {};
  DOORSTEP_TRY_ASSIGN(Id own, me());
  std::vector<Id> visits;
  DOORSTEP_TRY(db.query("SELECT visit FROM drafts WHERE visit NOT IN (" + std::string(kRefusedDrafts) + ")",
                        [&](const sql::Row& row) { visits.push_back(row.id(0)); }));
  for (Id visit : visits) DOORSTEP_TRY(delete_draft(visit));
  DOORSTEP_TRY_ASSIGN(auto words, db.exec("DELETE FROM unfinished"));
  DOORSTEP_TRY(db.exec("DELETE FROM outlived"));
  DOORSTEP_TRY(db.exec("DELETE FROM receipts"));
  DOORSTEP_TRY_ASSIGN(auto sent, db.exec("UPDATE ops SET bytes='', detail='' WHERE bytes<>'' OR detail<>''"));
  DOORSTEP_TRY(clear_case(own, Elsewhere::Stays));
  DOORSTEP_TRY_ASSIGN(auto gone, db.exec("DELETE FROM cases WHERE id=?", own));
  if (gone == 0 && visits.empty() && words == 0 && sent == 0) return {};
  DOORSTEP_TRY(db.exec("INSERT INTO purged(case_id) VALUES (?) ON CONFLICT(case_id) DO UPDATE SET ready=0, told=0", own));
  decoded.clear();
  out.purged.push_back(own);
  out.caseload_changed = out.drafts_changed = true;
  return {};
}

Result<std::string> Store::Impl::with_words(std::string_view body, const std::vector<std::string>& words, Instant now) {
  DOORSTEP_TRY_ASSIGN(auto visit, wire::decode<model::Visit>(body));
  for (const std::string& text : words)
    visit.jottings.push_back({Id::from_name("unfinished:" + visit.id.str() + text), now, text, {}});
  return wire::encode(visit);
}

/// Words typed beside a draft's questions go with it, as words taken in the home: nobody will finish them.
Result<void> Store::Impl::send_unfinished(Instant now) {
  DOORSTEP_TRY_ASSIGN(auto words, unfinished_by_owner());
  for (const auto& [visit, texts] : words) {
    DOORSTEP_TRY_ASSIGN(auto row, draft_row(visit));
    if (!row || row->stage != kStageWriting) continue;
    DOORSTEP_TRY_ASSIGN(auto body, with_words(row->body, texts, now));
    row->dirty = true;
    DOORSTEP_TRY(change_unseen(*row, std::move(body), now));
    DOORSTEP_TRY(db.exec("DELETE FROM unfinished WHERE key>=? AND key<?", visit.str() + "/", visit.str() + "0"));
  }
  return {};
}

}  // namespace doorstep::store
