#include <future>

#include "app/store/impl.h"
#include "platform/base/secret.h"
#include "sync/wire/codec.h"

namespace doorstep::store {
namespace {

constexpr std::string_view kRevision = "r.record, r.rev, r.kind, r.state, r.author, r.device, r.at, r.hash, r.merged, r.filed_at";
/// True for a record that is in a case this worker still has.
constexpr std::string_view kHeld = "EXISTS (SELECT 1 FROM record_cases rc JOIN cases c ON c.id=rc.case_id AND c.dropped=0 WHERE rc.record=r.record)";

/// Without its body.
model::Revision revision_of(const sql::Row& row) {
  model::Revision out;
  out.record = row.id(0);
  out.rev = row.integer(1);
  out.kind = model::from_code<RecordKind>(row.text(2)).value_or(RecordKind::ChildRecord);
  out.state = model::from_code<model::State>(row.text(3)).value_or(model::State::None);
  out.author = row.id(4);
  out.device = row.id(5);
  out.at = row.instant(6);
  out.hash = row.string(7);
  if (!row.is_null(8)) out.merged = row.boolean(8);
  if (!row.is_null(9)) out.filed_at = row.instant(9);
  return out;
}

[[gnu::noinline]] std::vector<model::RecordVersionPtr> decode_all(std::vector<model::Revision> revisions) {
  std::vector<model::RecordVersionPtr> out;
  for (auto& revision : revisions)
    if (auto body = wire::decode<model::ChildRecord>(revision.body))
      out.push_back(std::make_shared<model::RecordVersion>(model::RecordVersion{std::move(revision), std::move(*body)}));
  return out;
}

/// The newest bodies of one kind, in cases this worker has. What a newer program wrote and this one cannot read is left out:
/// one such record must not hide every other.
template <class T>
Result<std::vector<T>> bodies(sql::Db& db, RecordKind kind) {
  std::vector<T> out;
  DOORSTEP_TRY(db.query("SELECT r.body FROM revisions r WHERE r.kind=? AND " + std::string(kHeld) + " ORDER BY r.at, r.record",
                        word(kind), [&](const sql::Row& row) {
    if (auto value = wire::decode<T>(row.text(0))) out.push_back(std::move(*value));
  }));
  return out;
}

}  // namespace

Result<std::vector<Answer>> Store::Impl::answers(std::string_view where, const std::optional<Id>& id) {
  std::vector<Answer> out;
  std::string text = "SELECT rowid, kind, record, case_id, visit, status, code, detail, bytes FROM ops WHERE acked=1 AND dismissed=0"
                     " AND status<>'applied' AND " + std::string(where) + " ORDER BY incarnation, number";
  auto take = [&](const sql::Row& row) {
    Answer answer;
    answer.number = row.integer(0);
    answer.kind = model::from_code<wire::OpKind>(row.text(1)).value_or(wire::OpKind::Put);
    answer.record = row.id(2);
    answer.case_id = row.id(3);
    if (Id visit = row.id(4)) answer.visit = visit;
    answer.status = model::from_code<wire::OpStatus>(row.text(5)).value_or(wire::OpStatus::Refused);
    answer.code = model::from_code<wire::Refusal>(row.text(6));
    answer.detail = row.string(7);
    const auto op = wire::decode<wire::Operation>(row.text(8));
    if (answer.status == wire::OpStatus::Refused && op) {
      const auto take_said = [&](auto said) {
        if (said) answer.said = std::move(*said);
      };
      if (answer.kind == wire::OpKind::Decide) take_said(wire::decode<model::Decision>(op->body));
      if (answer.kind == wire::OpKind::Addendum) take_said(wire::decode<model::Addendum>(op->body));
      if (answer.kind == wire::OpKind::Settle) take_said(wire::decode<model::Disposition>(op->body));
    }
    out.push_back(std::move(answer));
  };
  if (id) DOORSTEP_TRY(db.query(text, *id, take));
  else DOORSTEP_TRY(db.query(text, take));
  return out;
}

/// A revision's text never changes; a later entry of the log may still say that it was filed. Without its body it is one of the kept.
Result<model::RecordVersionPtr> Store::Impl::read_version(model::Revision revision, bool local) {
  const auto at = std::pair(revision.record, revision.rev);
  const auto found = decoded.find(at);
  const auto* kept = found == decoded.end() || found->second->revision.hash != revision.hash ? nullptr : found->second.get();
  const auto around = [](const model::Revision& r) { return std::tie(r.state, r.author, r.device, r.at, r.merged, r.filed_at); };
  if (kept && kept->local == local && around(kept->revision) == around(revision)) return found->second;
  if (revision.body.empty() && kept) revision.body = kept->revision.body;
  if (revision.body.empty()) {
    DOORSTEP_TRY_ASSIGN(auto body, db.first<std::string>("SELECT body FROM revisions WHERE record=? AND rev=?", revision.record,
                                                         revision.rev));
    revision.body = body.value_or(std::string());
  }
  auto version = std::make_shared<model::RecordVersion>();
  if (kept) {
    version->body = kept->body;
  } else {
    DOORSTEP_TRY_ASSIGN(version->body, wire::decode<model::ChildRecord>(revision.body));
  }
  version->revision = std::move(revision);
  version->local = local;
  return decoded[at] = std::move(version);
}

/// All child records into `decoded`: what is read and decrypted here is decoded beside it, as somebody waits for an unlocked tablet.
Result<void> Store::Impl::read_ahead() {
  constexpr std::size_t kPart = 64;  // long beside the start of a thread, short beside the whole; fewer than one are decoded here
  std::vector<std::future<std::vector<model::RecordVersionPtr>>> parts;
  std::vector<model::Revision> part;
  const auto hand_over = [&] {
    const auto how = parts.empty() && part.size() < kPart ? std::launch::deferred : std::launch::async;
    parts.push_back(std::async(how, [part = std::exchange(part, {})]() mutable {
      auto out = decode_all(std::move(part));
      base::wipe_stack();
      return out;
    }));
  };
  const std::string from = ", r.body FROM revisions r WHERE r.kind='child_record' AND ";
  DOORSTEP_TRY(db.query("SELECT " + std::string(kRevision) + from + std::string(kHeld), [&](const sql::Row& row) {
    part.push_back(revision_of(row));
    part.back().body = row.string(10);
    if (part.size() == kPart) hand_over();
  }));
  hand_over();
  for (auto& each : parts)
    for (auto& version : each.get()) decoded.emplace(std::pair(version->revision.record, version->revision.rev), std::move(version));
  return {};
}

/// Child records with their versions and what hangs on them; `only` one, or all.
Result<std::vector<RecordView>> Store::Impl::records(const std::optional<Id>& only) {
  if (!only && decoded.empty()) DOORSTEP_TRY(read_ahead());
  std::vector<RecordView> out;
  std::map<Id, std::size_t> places;
  auto place = [&](Id record) -> RecordView& {
    auto [at, fresh] = places.emplace(record, out.size());
    if (fresh) out.emplace_back();
    return out[at->second];
  };
  std::set<Id> unreadable;  // whose newest version a newer program wrote: an older one must not stand for it
  std::string filter = only ? " AND r.record=?" : " AND ? IS NULL";
  DOORSTEP_TRY(db.query("SELECT " + std::string(kRevision) + " FROM revisions r WHERE r.kind='child_record' AND " + std::string(kHeld) +
                        filter + " ORDER BY r.record, r.rev", only, [&](const sql::Row& row) -> Result<void> {
    auto version = read_version(revision_of(row), false);
    if (!version && version.error().fault != Fault::Invalid) return version.error();
    if (version) {
      place(row.id(0)).versions.push_back(std::move(*version));
      unreadable.erase(row.id(0));
    } else {
      unreadable.insert(row.id(0));
    }
    return {};
  }));
  // A record may still be listed in the provisional case it was written in: the child's own case comes first.
  const std::string listed = only ? " AND rc.record=?" : " AND ? IS NULL";
  DOORSTEP_TRY(db.query("SELECT rc.record, rc.case_id FROM record_cases rc JOIN cases c ON c.id=rc.case_id AND c.dropped=0"
                        " WHERE rc.kind='child_record'" + listed, only, [&](const sql::Row& row) {
    const auto at = places.find(row.id(0));
    if (at == places.end()) return;
    RecordView& view = out[at->second];
    if (!view.case_id || view.case_id == view.head().body.part.id) view.case_id = row.id(1);
  }));
  DOORSTEP_TRY(add_local_versions(only, place));
  DOORSTEP_TRY(db.query("SELECT record FROM queued UNION SELECT record FROM ops WHERE acked=0", [&](const sql::Row& row) {
    if (auto at = places.find(row.id(0)); at != places.end()) out[at->second].pending = true;
  }));
  DOORSTEP_TRY(add_receipts([&](Id record) {
    auto at = places.find(record);
    return at == places.end() ? nullptr : &out[at->second];
  }));
  DOORSTEP_TRY_ASSIGN(auto decisions, bodies<model::Decision>(db, RecordKind::Decision));
  for (auto& decision : decisions)
    if (auto at = places.find(decision.on.record); at != places.end()) out[at->second].decisions.push_back(std::move(decision));
  DOORSTEP_TRY_ASSIGN(auto addenda, bodies<model::Addendum>(db, RecordKind::Addendum));
  for (auto& addendum : addenda)
    if (auto at = places.find(addendum.record); at != places.end()) out[at->second].addenda.push_back(std::move(addendum));
  DOORSTEP_TRY_ASSIGN(auto dispositions, bodies<model::Disposition>(db, RecordKind::Disposition));
  for (auto& disposition : dispositions)
    if (auto at = places.find(disposition.record); at != places.end()) out[at->second].dispositions.push_back(std::move(disposition));
  std::erase_if(out, [&](const RecordView& view) { return unreadable.contains(view.head().revision.record); });
  return out;
}

Result<void> Store::Impl::add_receipts(const std::function<RecordView*(Id)>& place) {
  DOORSTEP_TRY(db.query("SELECT record, number, at, kind, rev, hash, fault, standing, statement, signature, signer FROM receipts ORDER BY n",
                        [&](const sql::Row& row) {
    RecordView* view = place(row.id(0));
    if (!view) return;
    ReceiptView receipt;
    receipt.number = row.integer(1);
    receipt.at = row.instant(2);
    receipt.kind = model::from_code<wire::OpKind>(row.text(3)).value_or(wire::OpKind::Submit);
    receipt.rev = row.integer(4);
    receipt.hash = row.string(5);
    receipt.fault = row.string(6);
    receipt.standing = row.boolean(7);
    receipt.receipt = {row.string(8), row.string(9), row.string(10)};
    view->receipts.push_back(std::move(receipt));
  }));
  return {};
}

/// What was submitted here and is not among the kept revisions: on its way, or taken by the server but not come back yet.
Result<void> Store::Impl::add_local_versions(const std::optional<Id>& only, const std::function<RecordView&(Id)>& place) {
  DOORSTEP_TRY_ASSIGN(Id author, me());
  DOORSTEP_TRY_ASSIGN(Id own_device, device());
  auto add = [&](Id record, Id case_id, Instant at, std::string body) -> Result<void> {
    if (only && *only != record) return {};
    RecordView& view = place(record);
    model::Revision revision;
    revision.record = record;
    revision.rev = view.versions.empty() ? 1 : view.head().revision.rev + 1;
    revision.kind = RecordKind::ChildRecord;
    revision.state = model::State::Submitted;
    revision.author = author;
    revision.device = own_device;
    revision.at = at;
    revision.hash = base::sha256_hex(body);
    revision.body = std::move(body);
    DOORSTEP_TRY_ASSIGN(auto version, read_version(std::move(revision), true));
    if (view.versions.empty()) view.case_id = case_id;
    view.versions.push_back(std::move(version));
    return {};
  };
  constexpr std::string_view kNotDropped = " AND NOT EXISTS (SELECT 1 FROM cases c WHERE c.id=o.case_id AND c.dropped=1)";
  DOORSTEP_TRY(db.query("SELECT bytes FROM ops o INDEXED BY ops_submitted WHERE kind='submit' AND bytes<>''"
                        " AND (acked=0 OR (status='applied' AND settled=1"
                        " AND NOT EXISTS (SELECT 1 FROM revisions r WHERE r.record=o.record AND r.rev>=o.rev)"
                        " AND NOT EXISTS (SELECT 1 FROM purged p WHERE p.case_id=o.case_id)))" + std::string(kNotDropped) +
                        " ORDER BY incarnation, number", [&](const sql::Row& row) -> Result<void> {
    DOORSTEP_TRY_ASSIGN(auto op, wire::decode<wire::Operation>(row.text(0)));
    return add(op.record, op.case_id, op.at, std::move(op.body));
  }));
  DOORSTEP_TRY(db.query("SELECT record, case_id, at, body FROM queued o WHERE kind='submit'" + std::string(kNotDropped) + " ORDER BY id",
                        [&](const sql::Row& row) { return add(row.id(0), row.id(1), row.instant(2), row.string(3)); }));
  return {};
}

Result<Caseload> Store::caseload() {
  DOORSTEP_TRY_ASSIGN(auto tx, sql::Transaction::read(impl_->db));
  Caseload out;
  DOORSTEP_TRY_ASSIGN(out.ended, impl_->ended());
  if (out.ended) return out;
  DOORSTEP_TRY_ASSIGN(const auto partly, impl_->meta_number(kPartly));
  out.whole = partly == 0;
  DOORSTEP_TRY_ASSIGN(out.records, impl_->records(std::nullopt));  // first: what it decodes beside reading waits for fresh pages
  DOORSTEP_TRY_ASSIGN(out.children, bodies<model::Child>(impl_->db, RecordKind::Child));
  DOORSTEP_TRY_ASSIGN(out.families, bodies<model::Family>(impl_->db, RecordKind::Family));
  DOORSTEP_TRY_ASSIGN(out.workers, bodies<model::Worker>(impl_->db, RecordKind::Worker));
  auto started = [](const RecordView& view) {
    const auto& body = view.head().body;
    return body.facts.start ? body.facts.start->at : view.head().revision.at;
  };
  std::stable_sort(out.records.begin(), out.records.end(), [&](const auto& a, const auto& b) { return started(a) > started(b); });
  DOORSTEP_TRY(impl_->db.query("SELECT sha256, whole, need IS NOT NULL, damaged FROM blobs", [&](const sql::Row& row) {
    out.blobs[row.string(0)] = {row.boolean(1), row.boolean(2), row.boolean(3)};
  }));
  return out;
}

Result<RecordView> Store::record(Id id) {
  DOORSTEP_TRY_ASSIGN(auto tx, sql::Transaction::read(impl_->db));
  DOORSTEP_TRY_ASSIGN(auto found, impl_->records(id));
  if (found.empty()) return Error{Fault::NotFound, "store.record", "no such record"};
  return std::move(found.front());
}

Result<SyncStatus> Store::status() {
  DOORSTEP_TRY_ASSIGN(auto tx, sql::Transaction::read(impl_->db));
  auto& db = impl_->db;
  SyncStatus out;
  DOORSTEP_TRY_ASSIGN(auto waiting, db.first<std::int64_t>("SELECT (SELECT count(*) FROM queued) + (SELECT count(*) FROM ops WHERE"
                                                           " acked=0 AND kind<>'put')"));
  out.waiting = waiting.value_or(0);
  DOORSTEP_TRY_ASSIGN(bool ended, impl_->ended());
  if (ended) {
    DOORSTEP_TRY_ASSIGN(auto photos, db.first<std::int64_t>("SELECT count(*) FROM blobs WHERE need IS NOT NULL AND whole=1"));
    out.waiting += photos.value_or(0);
  }
  DOORSTEP_TRY_ASSIGN(auto drafts, db.first<std::int64_t>("SELECT count(*) FROM drafts d WHERE stage<>? AND (dirty=1 OR EXISTS"
                                                          " (SELECT 1 FROM ops WHERE record=d.visit AND kind='put' AND acked=0))",
                                                          kStageSubmitting));
  out.drafts_not_backed_up = drafts.value_or(0);
  DOORSTEP_TRY_ASSIGN(auto receipt, impl_->meta("receipt"));
  if (!receipt.empty()) {
    DOORSTEP_TRY_ASSIGN(out.receipt, wire::decode<wire::Receipt>(receipt));
  }
  DOORSTEP_TRY_ASSIGN(auto last, impl_->meta_number("last_sync"));
  if (last != 0) out.last_sync = Instant{last};
  DOORSTEP_TRY_ASSIGN(auto told, impl_->answers("1", std::nullopt));
  for (auto& answer : told)
    if (answer.status != wire::OpStatus::Merged) out.refused.push_back(std::move(answer));
  return out;
}

}  // namespace doorstep::store
