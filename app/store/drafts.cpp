#include "app/store/impl.h"
#include "platform/base/limits.h"
#include "platform/base/log.h"
#include "platform/base/mutant.h"
#include "sync/wire/codec.h"

namespace doorstep::store {
namespace {

constexpr std::size_t kSumJournalsEvery = limits::kJournalBytes / 8;  // bytes journaled; at each save it would cost more than the save

constexpr std::string_view kSelect = "SELECT visit, d.body, stage, base_rev, base_hash, b.body, dirty, await_rev,"
                                     " started_at, saved_at, version, unseen_body FROM drafts d JOIN draft_bases b USING (visit)";

DraftRow row_of(const sql::Row& row) {
  DraftRow out;
  out.visit = row.id(0);
  out.body = row.string(1);
  out.stage = static_cast<int>(row.integer(2));
  out.base_rev = row.integer(3);
  out.base_hash = row.string(4);
  out.base_body = row.string(5);
  out.dirty = row.boolean(6);
  out.await_rev = row.integer(7);
  out.started_at = row.instant(8);
  out.saved_at = row.instant(9);
  out.version = row.integer(10);
  out.unseen_body = row.string(11);
  return out;
}

/// What two texts share at both ends, so that the journal keeps only what a save replaced.
struct Shared { std::size_t prefix, suffix; };
Shared shared_ends(std::string_view a, std::string_view b) {
  std::size_t shorter = std::min(a.size(), b.size());
  auto prefix = static_cast<std::size_t>(std::mismatch(a.begin(), a.begin() + shorter, b.begin()).first - a.begin());
  std::size_t rest = shorter - prefix;
  auto suffix = static_cast<std::size_t>(std::mismatch(a.rbegin(), a.rbegin() + rest, b.rbegin()).first - a.rbegin());
  return {prefix, suffix};
}

}  // namespace

Result<std::optional<DraftRow>> Store::Impl::draft_row(Id visit) {
  std::optional<DraftRow> out;
  DOORSTEP_TRY(db.query(std::string(kSelect) + " WHERE visit=?", visit, [&](const sql::Row& row) { out = row_of(row); }));
  return out;
}

Result<void> Store::Impl::put_draft(const DraftRow& row) {
  DOORSTEP_TRY(db.exec(
      "INSERT INTO drafts(visit, body, stage, base_rev, base_hash, dirty, await_rev, started_at, saved_at, version, unseen_body)"
      " VALUES (?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT(visit) DO UPDATE SET body=excluded.body, stage=excluded.stage,"
      " base_rev=excluded.base_rev, base_hash=excluded.base_hash, dirty=excluded.dirty, await_rev=excluded.await_rev,"
      " saved_at=excluded.saved_at, version=excluded.version, unseen_body=excluded.unseen_body,"
      " indexed=indexed AND body=excluded.body",
      row.visit, row.body, row.stage, row.base_rev, row.base_hash, row.dirty, row.await_rev, row.started_at, row.saved_at,
      row.version, row.unseen_body));
  DOORSTEP_TRY(db.exec("INSERT INTO draft_bases(visit, body) VALUES (?,?) ON CONFLICT(visit) DO UPDATE SET body=excluded.body"
                       " WHERE body<>excluded.body", row.visit, row.base_body));
  return refer_draft(row.visit, row.body);
}

Result<void> Store::Impl::change_draft(DraftRow& row, std::string body, Instant now) {
  if (!row.body.empty()) {
    auto [prefix, suffix] = shared_ends(row.body, body);
    std::string_view middle = std::string_view(row.body).substr(prefix, row.body.size() - prefix - suffix);
    DOORSTEP_TRY_ASSIGN(auto last, db.first<std::int64_t>("SELECT max(n) FROM journal WHERE visit=?", row.visit));
    std::int64_t n = last.value_or(0) + 1;
    DOORSTEP_TRY(db.exec("INSERT INTO journal(visit, n, at, prefix, suffix, middle) VALUES (?,?,?,?,?,?)", row.visit, n,
                         row.saved_at, static_cast<std::int64_t>(prefix), static_cast<std::int64_t>(suffix), middle));
    DOORSTEP_TRY(db.exec("DELETE FROM journal WHERE visit=? AND n<=?", row.visit,
                         n - static_cast<std::int64_t>(limits::kJournalStates)));
    journaled += middle.size();
    if (journaled > kSumJournalsEvery) DOORSTEP_TRY(trim_journals());
  }
  row.body = std::move(body);
  row.saved_at = now;
  return put_draft(row);
}

/// Keeps each draft's newest states whose bytes are within the limit.
Result<void> Store::Impl::trim_journals() {
  DOORSTEP_TRY(db.exec("DELETE FROM journal WHERE (visit, n) IN (SELECT visit, n FROM (SELECT visit, n, sum(length(middle)) OVER"
                       " (PARTITION BY visit ORDER BY n DESC) AS bytes FROM journal) WHERE bytes>?)",
                       static_cast<std::int64_t>(limits::kJournalBytes)));
  journaled = 0;
  return {};
}

Result<void> Store::Impl::earlier_states(const DraftRow& row, std::size_t limit, const EarlierState& each) {
  std::string body = row.body;
  bool more = true;
  return db.query("SELECT at, prefix, suffix, middle FROM journal WHERE visit=? ORDER BY n DESC LIMIT ?", row.visit,
                  static_cast<std::int64_t>(limit), [&](const sql::Row& r) -> Result<void> {
    if (!more) return {};
    auto prefix = static_cast<std::size_t>(r.integer(1)), suffix = static_cast<std::size_t>(r.integer(2));
    if (prefix + suffix > body.size()) return Error{Fault::Corrupt, "store.journal", "a state does not fit the one after it"};
    body = body.substr(0, prefix) + r.string(3) + body.substr(body.size() - suffix);
    DOORSTEP_TRY_ASSIGN(more, each(r.instant(0), body));
    return {};
  });
}

Result<bool> Store::Impl::was_once(const DraftRow& row, std::string_view body) {
  bool found = row.body == body;
  if (!found)
    DOORSTEP_TRY(earlier_states(row, limits::kJournalStates, [&](Instant, const std::string& earlier) -> Result<bool> {
      found = earlier == body;
      return !found;
    }));
  return found;
}

Result<void> Store::Impl::change_unseen(DraftRow& row, std::string body, Instant now) {
  if (row.body == body) return put_draft(row);
  if (row.unseen_body.empty()) row.unseen_body = row.body;
  row.version += 1;
  return change_draft(row, std::move(body), now);
}

Result<std::string> Store::Impl::merge_bodies(std::string_view base, std::string_view mine, std::string_view theirs) {
  DOORSTEP_TRY_ASSIGN(Id author, me());
  boost::json::value base_json;
  if (!base.empty()) {
    DOORSTEP_TRY_ASSIGN(base_json, wire::parse_json(base));
  }
  DOORSTEP_TRY_ASSIGN(auto mine_json, wire::parse_json(mine));
  DOORSTEP_TRY_ASSIGN(auto theirs_json, wire::parse_json(theirs));
  auto merged = merge::merge(base_json, mine_json, theirs_json, merge::record_options(author.str(), author.str()));
  DOORSTEP_TRY_ASSIGN(auto visit, wire::decode_value<model::Visit>(merged.document));
  return wire::encode(visit);
}

Result<void> Store::Impl::delete_draft(Id visit) {
  DOORSTEP_TRY(unindex(visit));
  DOORSTEP_TRY(db.exec("DELETE FROM journal WHERE visit=?", visit));
  DOORSTEP_TRY(db.exec("DELETE FROM drafts WHERE visit=?", visit));
  // Nobody looks at it any more; of a record that was made of it only whoever may still read that gets a photo.
  DOORSTEP_TRY(db.exec("UPDATE blob_refs SET wanted=0 WHERE record=? AND wanted=1", visit));
  return {};
}

Result<Draft> Store::Impl::draft_of(const DraftRow& row) {
  Draft out;
  DOORSTEP_TRY_ASSIGN(out.visit, wire::decode<model::Visit>(row.body));
  out.stage = row.stage == kStageWriting ? DraftStage::Writing : DraftStage::Submitting;
  out.started_at = row.started_at;
  out.saved_at = row.saved_at;
  out.version = row.version;
  DOORSTEP_TRY_ASSIGN(auto on_the_way, db.first<std::int64_t>("SELECT 1 FROM ops WHERE acked=0 AND kind='put' AND record=?", row.visit));
  DOORSTEP_TRY_ASSIGN(auto refused, db.first<std::int64_t>("SELECT 1 WHERE ? IN (" + std::string(kRefusedDrafts) + ")", row.visit));
  out.backed_up = !row.dirty && row.await_rev == 0 && !on_the_way && !refused;
  DOORSTEP_TRY_ASSIGN(out.answers, answers("visit=?", row.visit));
  return out;
}

Result<SavedDraft> Store::save_draft(const model::Visit& visit, Instant now, std::optional<std::int64_t> based_on) {
  std::string body = wire::encode(visit);
  if (body.size() > limits::kRecordBytes) return Error{Fault::Full, "store.save_draft", "the visit is longer than a record may be"};
  DOORSTEP_TRY_ASSIGN(auto tx, sql::Transaction::begin(impl_->db));
  DOORSTEP_TRY_ASSIGN(auto found, impl_->draft_row(visit.id));
  if (found && found->stage != kStageWriting && !base::mutant("edited-while-sent"))
    return Error{Fault::Conflict, "store.save_draft", "the visit is being submitted"};
  DraftRow row = found ? std::move(*found) : DraftRow{};
  if (!found) {
    row.visit = visit.id;
    row.started_at = now;
  }
  bool merged = row.newer_than(based_on) && !base::mutant("stale-editor-wins");
  std::string unseen;
  if (merged) {
    unseen = body;
    DOORSTEP_TRY_ASSIGN(body, impl_->merge_bodies(row.unseen_body, body, row.body));
    merged = body != unseen;
  }
  if (merged) row.version += 1;
  else unseen.clear();
  if (row.body == body && row.unseen_body == unseen) return SavedDraft{merged};
  row.dirty = row.dirty || row.body != body;
  row.unseen_body = std::move(unseen);
  DOORSTEP_TRY(row.body == body ? impl_->put_draft(row) : impl_->change_draft(row, std::move(body), now));
  DOORSTEP_TRY(tx.commit());
  // What was taken off the draft is destroyed now; if that fails, when the store is next opened. The draft is saved.
  if (auto swept = impl_->collect_blobs(Impl::Loose::Kept); !swept) base::log_error("collect_blobs", swept.error());
  return SavedDraft{merged};
}

Result<std::vector<Draft>> Store::drafts() {
  std::vector<DraftRow> rows;
  DOORSTEP_TRY(impl_->db.query(std::string(kSelect) + " WHERE stage<>? ORDER BY saved_at DESC, visit", kStageDiscarded,
                               [&](const sql::Row& row) { rows.push_back(row_of(row)); }));
  std::vector<Draft> out;
  for (const DraftRow& row : rows) {
    DOORSTEP_TRY_ASSIGN(Draft draft, impl_->draft_of(row));
    out.push_back(std::move(draft));
  }
  return out;
}

Result<Draft> Store::draft(Id visit) {
  DOORSTEP_TRY_ASSIGN(auto row, impl_->draft_row(visit));
  if (!row || row->stage == kStageDiscarded) return Error{Fault::NotFound, "store.draft", "no such draft"};
  return impl_->draft_of(*row);
}

Result<std::vector<JournalEntry>> Store::journal(Id visit, std::size_t limit) {
  DOORSTEP_TRY_ASSIGN(auto row, impl_->draft_row(visit));
  if (!row) return Error{Fault::NotFound, "store.journal", "no such draft"};
  std::vector<JournalEntry> out;
  DOORSTEP_TRY(impl_->earlier_states(*row, limit, [&](Instant at, const std::string& body) -> Result<bool> {
    DOORSTEP_TRY_ASSIGN(auto earlier, wire::decode<model::Visit>(body));
    out.push_back({at, std::move(earlier)});
    return true;
  }));
  return out;
}

Result<void> Store::discard(Id visit, Instant now, std::optional<std::int64_t> based_on) {
  DOORSTEP_TRY_ASSIGN(auto tx, sql::Transaction::begin(impl_->db));
  DOORSTEP_TRY_ASSIGN(auto row, impl_->draft_row(visit));
  if (!row || row->stage == kStageDiscarded) return Error{Fault::NotFound, "store.discard", "no such draft"};
  if (row->stage == kStageSubmitting) return Error{Fault::Conflict, "store.discard", "the visit is being submitted"};
  if (row->newer_than(based_on)) return Error{Fault::Conflict, "store.discard", "the other tablet wrote in it meanwhile"};
  DOORSTEP_TRY(impl_->bury_draft(*row, now));
  return tx.commit();
}

Result<void> Store::Impl::bury_draft(DraftRow& row, Instant now) {
  DOORSTEP_TRY_ASSIGN(auto sent, db.first<std::int64_t>("SELECT 1 FROM ops WHERE kind='put' AND record=? LIMIT 1", row.visit));
  DOORSTEP_TRY_ASSIGN(auto incarnation, meta_number("incarnation"));  // what an earlier one sent without an answer is not known any more
  DOORSTEP_TRY_ASSIGN(auto head, head_of(row.visit));
  if ((row.base_rev == 0 && !sent && !head && incarnation <= 1) || base::mutant("resurrected-delete")) return delete_draft(row.visit);
  DOORSTEP_TRY_ASSIGN(auto visit, wire::decode<model::Visit>(row.body));
  visit.discarded = true;
  row.body = wire::encode(visit);
  row.stage = kStageDiscarded;
  row.dirty = true;
  row.saved_at = now;
  DOORSTEP_TRY(put_draft(row));
  DOORSTEP_TRY(unindex(row.visit));
  DOORSTEP_TRY(db.exec("DELETE FROM journal WHERE visit=?", row.visit));
  return {};
}

Result<void> Store::Impl::end_again(const wire::Operation& put) {
  DOORSTEP_TRY_ASSIGN(const auto visit, wire::decode<model::Visit>(put.body));
  DOORSTEP_TRY_ASSIGN(const auto there, draft_row(put.record));
  if (there || !visit.discarded.value_or(false) || base::mutant("resurrected-delete")) return {};
  DraftRow row;
  row.visit = put.record;
  row.body = put.body;
  row.stage = kStageDiscarded;
  row.started_at = row.saved_at = put.at;
  return put_draft(row);
}

Result<void> Store::save_unfinished(const std::vector<Unfinished>& words) {
  DOORSTEP_TRY_ASSIGN(auto tx, sql::Transaction::begin(impl_->db));
  for (const Unfinished& one : words) {
    if (one.text.size() > limits::kNoteBytes) return Error{Fault::Full, "store.save_unfinished", "longer than a note may be"};
    if (one.text.empty()) DOORSTEP_TRY(impl_->db.exec("DELETE FROM unfinished WHERE key=?", one.key));
    else DOORSTEP_TRY(impl_->db.exec("INSERT OR REPLACE INTO unfinished(key, case_id, text) VALUES (?,?,?)", one.key, one.case_id,
                                     one.text));
  }
  return tx.commit();
}

Result<std::vector<Unfinished>> Store::unfinished() {
  std::vector<Unfinished> out;
  DOORSTEP_TRY(impl_->db.query("SELECT key, case_id, text FROM unfinished ORDER BY key",
                               [&](const sql::Row& row) { out.push_back({row.string(0), row.id(1), row.string(2)}); }));
  return out;
}

Result<Draft> Store::settle_conflict(Id visit, std::string_view path, const merge::Choice& choice, Instant now,
                                     std::optional<std::int64_t> based_on) {
  DOORSTEP_TRY_ASSIGN(auto tx, sql::Transaction::begin(impl_->db));
  DOORSTEP_TRY_ASSIGN(auto row, impl_->draft_row(visit));
  if (!row || row->stage == kStageDiscarded) return Error{Fault::NotFound, "store.settle_conflict", "no such draft"};
  if (row->stage != kStageWriting) return Error{Fault::Conflict, "store.settle_conflict", "the visit is being submitted"};
  if (row->newer_than(based_on)) return Error{Fault::Conflict, "store.settle_conflict", "the texts have changed since they were shown"};
  DOORSTEP_TRY_ASSIGN(auto document, wire::parse_json(row->body));
  DOORSTEP_TRY_ASSIGN(auto settled, merge::settle(document, path, choice));
  DOORSTEP_TRY_ASSIGN(auto value, wire::decode<model::Visit>(boost::json::serialize(settled)));
  row->dirty = true;
  DOORSTEP_TRY(impl_->change_unseen(*row, wire::encode(value), now));
  DOORSTEP_TRY(tx.commit());
  return impl_->draft_of(*row);
}

}  // namespace doorstep::store
