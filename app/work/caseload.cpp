#include "app/work/caseload.h"

namespace doorstep::work {
namespace {

state::RecordItem item_of(store::RecordView view) {
  state::RecordItem item;
  item.case_id = view.case_id;
  for (const auto& version : view.versions)
    if (version->revision.filed_at) item.filed_at = version->revision.filed_at;
  item.versions = std::move(view.versions);
  item.decisions = std::move(view.decisions);
  item.addenda = std::move(view.addenda);
  item.dispositions = std::move(view.dispositions);
  for (auto& receipt : view.receipts)
    item.receipts.push_back({receipt.number, receipt.at, receipt.kind == wire::OpKind::Decide, receipt.rev, std::move(receipt.hash),
                             receipt.fault.empty(), receipt.standing, std::move(receipt.receipt.signature)});
  item.waiting = view.pending;
  return item;
}

/// What the texts have words for: the server's answer, and of what cannot be taken as it is, what a person can mend.
std::string reason_of(const store::Answer& answer) {
  std::string out(answer.code ? model::code(*answer.code) : model::code(answer.status));
  if (answer.code != wire::Refusal::Malformed) return out;
  if (answer.detail == "size") return out + ".size";
  if (answer.detail == "attachments: too many") return out + ".photos";
  return out;
}

}  // namespace

base::Result<state::CaseloadPtr> read_caseload(store::Store& store, base::Id me, const std::string& name) {
  auto read = store.caseload();
  if (!read) return read.error();
  auto drafts = store.drafts();
  if (!drafts) return drafts.error();
  auto out = std::make_shared<state::Caseload>();
  out->me.id = me;
  out->me.name = name;
  std::map<base::Id, std::string> names;
  for (const auto& worker : read->workers) {
    names[worker.id] = worker.name;
    if (worker.id == me) out->me = worker;
  }
  out->workers = std::move(read->workers);
  out->families = std::move(read->families);
  out->children = std::move(read->children);
  for (const auto& [sha256, blob] : read->blobs) out->blobs[sha256] = {blob.here, blob.waiting, blob.damaged};
  for (auto& record : read->records) {
    // A name beside an id is what some tablet wrote there; whose id it is, the extract knows.
    auto rename = [&](std::string& written, base::Id worker) {
      if (auto known = names.find(worker); known != names.end()) written = known->second;
    };
    for (auto& decision : record.decisions) rename(decision.reviewer_name, decision.reviewer);
    for (auto& addendum : record.addenda) rename(addendum.author_name, addendum.author);
    for (auto& disposition : record.dispositions) rename(disposition.by_name, disposition.by);
    out->records.push_back(item_of(std::move(record)));
  }
  out->ended = read->ended;
  out->whole = read->whole;
  if (out->ended) drafts->clear();  // they are still being sent
  for (auto& draft : *drafts) {
    state::DraftItem item;
    item.visit = std::move(draft.visit);
    item.saved_at = draft.saved_at;
    item.waiting = !draft.backed_up;
    item.version = draft.version;
    item.submitting = draft.stage == store::DraftStage::Submitting;
    for (const auto& answer : draft.answers) item.came_back.push_back(reason_of(answer));
    out->drafts.push_back(std::move(item));
  }
  return state::CaseloadPtr(std::move(out));
}

base::Result<void> read_sync(store::Store& store, state::SyncStatus& status) {
  auto read = store.status();
  if (!read) return read.error();
  status.waiting = static_cast<int>(read->waiting + read->drafts_not_backed_up);
  status.receipt.reset();
  if (read->receipt) status.receipt = state::SyncReceipt{read->receipt->number, read->receipt->at, read->receipt->through};
  status.refused.clear();
  for (const auto& answer : read->refused) {
    status.refused.push_back({answer.number, answer.case_id, answer.record, std::string(model::code(answer.kind)), reason_of(answer),
                              answer.detail, {}});
  }
  return {};
}

}  // namespace doorstep::work
