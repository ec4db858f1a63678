#include "app/store/impl.h"
#include "platform/base/bytes.h"
#include "platform/base/sealed_copy.h"
#include "sync/wire/codec.h"

namespace doorstep::store {
namespace {

// Numbers of copies whose work has none of its own yet, so that no two share one and all follow those that have.
constexpr std::int64_t kQueued = base::kUnnumbered, kDrafts = 2 * base::kUnnumbered;

constexpr std::string_view kPutOnTheWay = "SELECT max(number) FROM ops WHERE record=? AND kind='put' AND acked=0";

}  // namespace

Result<std::map<Id, std::vector<std::string>>> Store::Impl::unfinished_by_owner() {
  std::map<Id, std::vector<std::string>> out;
  DOORSTEP_TRY(db.query("SELECT key, text FROM unfinished ORDER BY key", [&](const sql::Row& row) {
    const auto owner = Id::parse(row.text(0).substr(0, row.text(0).find('/')));
    out[owner.value_or(Id())].push_back(row.string(1));
  }));
  return out;
}

Result<Unsent> Store::unsent() {
  auto& db = impl_->db;
  Unsent out;
  DOORSTEP_TRY_ASSIGN(out.device, impl_->device());
  DOORSTEP_TRY_ASSIGN(out.incarnation, impl_->meta_number("incarnation"));
  DOORSTEP_TRY(db.query("SELECT number FROM ops WHERE incarnation=? AND acked=0 ORDER BY number", out.incarnation,
                        [&](const sql::Row& row) { out.work.push_back({row.integer(0), {}}); }));
  DOORSTEP_TRY(db.query("SELECT id FROM queued ORDER BY id",
                        [&](const sql::Row& row) { out.work.push_back({kQueued + row.integer(0), {}}); }));
  DOORSTEP_TRY_ASSIGN(auto words, impl_->unfinished_by_owner());
  struct Draft { std::int64_t row, stage; Id visit; std::string mark; };
  std::vector<Draft> drafts;
  DOORSTEP_TRY(db.query("SELECT rowid, stage, visit, body, base_rev, await_rev, dirty OR visit IN (" + std::string(kRefusedDrafts) +
                        ") FROM drafts ORDER BY rowid", [&](const sql::Row& row) {
    if (!row.boolean(6) && row.integer(1) != kStageSubmitting && !words.contains(row.id(2))) return;
    drafts.push_back({row.integer(0), row.integer(1), row.id(2),
                      base::sha256(row.text(3)) + "|" + std::to_string(row.integer(4)) + "|" + std::to_string(row.integer(5))});
  }));
  for (Draft& draft : drafts) {
    DOORSTEP_TRY_ASSIGN(auto on_the_way, db.first<std::int64_t>(kPutOnTheWay, draft.visit));
    std::string mark = draft.mark + "|" + std::to_string(draft.stage) + "|" + std::to_string(on_the_way.value_or(0));
    if (draft.stage == kStageWriting)
      if (const auto own = words.extract(draft.visit))
        for (const std::string& text : own.mapped()) mark += base::sha256(text);
    out.work.push_back({kDrafts + draft.row, std::move(mark)});
  }
  DOORSTEP_TRY_ASSIGN(auto photos, db.first<std::int64_t>(
      "SELECT 1 FROM blobs b WHERE whole=1 AND (need IS NOT NULL OR EXISTS (SELECT 1 FROM blob_refs r WHERE r.sha256=b.sha256 AND"
      " (EXISTS (SELECT 1 FROM drafts WHERE visit=r.record AND (dirty=1 OR stage=?))"
      " OR EXISTS (SELECT 1 FROM ops WHERE record=r.record AND acked=0) OR EXISTS (SELECT 1 FROM queued WHERE record=r.record)))) LIMIT 1",
      kStageSubmitting));
  out.more = !words.empty() || photos;
  return out;
}

Result<wire::Operation> Store::Impl::draft_as_operation(const DraftRow& row) {
  wire::Operation op;
  op.kind = wire::OpKind::Put;
  op.record = row.visit;
  DOORSTEP_TRY_ASSIGN(op.case_id, me());
  op.record_kind = RecordKind::Visit;
  if (row.await_rev == 0) {  // else it was typed on what was sent, which is in the server's merge and no revision of its own
    op.base_rev = row.base_rev;
    op.base_hash = row.base_hash;
  }
  op.at = row.saved_at;
  op.body = row.body;
  if (row.stage != kStageWriting) return op;
  DOORSTEP_TRY_ASSIGN(auto words, unfinished_by_owner());
  const auto own = words.find(row.visit);
  if (own != words.end()) {
    DOORSTEP_TRY_ASSIGN(op.body, with_words(op.body, own->second, row.saved_at));
  }
  return op;
}

/// The bodies of a draft's submissions that are not settled, by record.
Result<std::vector<model::RevisionRef>> Store::Impl::submissions_of(Id visit) {
  std::vector<model::RevisionRef> out;
  DOORSTEP_TRY(db.query("SELECT bytes FROM ops WHERE visit=? AND kind='submit' AND settled=0 AND bytes<>'' ORDER BY number", visit,
                        [&](const sql::Row& row) -> Result<void> {
    DOORSTEP_TRY_ASSIGN(auto sent, wire::decode<wire::Operation>(row.text(0)));
    out.push_back({sent.record, 0, base::sha256_hex(sent.body)});
    return {};
  }));
  DOORSTEP_TRY(db.query("SELECT record, body FROM queued WHERE visit=? AND kind='submit' ORDER BY id", visit,
                        [&](const sql::Row& row) { out.push_back({row.id(0), 0, base::sha256_hex(row.text(1))}); }));
  return out;
}

Result<wire::CopyStatement> Store::Impl::copy_statement(std::int64_t number) {
  wire::CopyStatement out;
  out.copy = number;
  DOORSTEP_TRY_ASSIGN(out.device, device());
  DOORSTEP_TRY_ASSIGN(out.incarnation, meta_number("incarnation"));
  DOORSTEP_TRY_ASSIGN(out.worker, me());
  if (number < kQueued) {
    DOORSTEP_TRY(db.query("SELECT bytes, prev FROM ops WHERE incarnation=? AND number=? AND acked=0", out.incarnation, number,
                          [&](const sql::Row& row) { out.operation = row.string(0), out.prev = row.string(1); }));
  } else if (number < kDrafts) {
    DOORSTEP_TRY_ASSIGN(auto item, queued(number - kQueued));
    if (item) out.operation = wire::encode(item->op);
  } else {
    DOORSTEP_TRY_ASSIGN(auto visit, db.first<Id>("SELECT visit FROM drafts WHERE rowid=?", number - kDrafts));
    DOORSTEP_TRY_ASSIGN(auto row, draft_row(visit.value_or(Id())));
    if (row) {
      DOORSTEP_TRY_ASSIGN(auto op, draft_as_operation(*row));
      out.operation = wire::encode(op);
      DOORSTEP_TRY_ASSIGN(out.after, db.first<std::int64_t>(kPutOnTheWay, row->visit));
      if (row->stage == kStageSubmitting) {
        DOORSTEP_TRY_ASSIGN(out.submitted, submissions_of(row->visit));
      }
    }
  }
  if (out.operation.empty()) return Error{Fault::NotFound, "store.copy", "it does not wait any more"};
  return out;
}

Result<std::string> Store::copy_text(std::int64_t number, const SignCopy& sign) {
  DOORSTEP_TRY_ASSIGN(const Identity who, identity());
  if (who.worker_certificate.empty()) return Error{Fault::Denied, "store.copy", "the worker has no certificate yet"};
  DOORSTEP_TRY_ASSIGN(const auto statement, impl_->copy_statement(number));
  wire::SignedCopy out{wire::encode(statement), {}, who.worker_certificate};
  DOORSTEP_TRY_ASSIGN(auto signature, sign(who.worker_key, std::string(wire::kCopyContext) + out.statement));
  out.signature = base::to_hex(signature);
  return wire::compress(wire::encode(out));
}

}  // namespace doorstep::store
