#include "app/work/impl.h"
#include "app/state/submit.h"

namespace doorstep::work {

/// `said`: what a person wrote for it, which goes back to them when it could not be queued.
template <class Said>
void Runner::Impl::operation(const Result<void>& done, Said* said) {
  if (!done) {
    base::log_error("operation", done.error());
    state::OperationFailed failed{done.error(), {}};
    if (said) failed.said = std::move(*said);
    say(std::move(failed));
  }
  keep_copies();
  changed(transport::Why::Asked);
}

void Runner::Impl::carry(state::SaveDraft& e) {
  if (!db) return say(state::SaveFailed{e.visit.id, closed()});
  auto saved = db->save_draft(e.visit, now(), e.based_on);
  if (!saved) return say(state::SaveFailed{e.visit.id, saved.error()});
  Instant at = now();
  say(state::Saved{e.visit.id, e.edit, at});
  if (saved->merged) {
    if (auto draft = db->draft(e.visit.id)) say(state::DraftChanged{std::move(draft->visit), draft->version});
    tell_caseload();
  } else {
    tell_draft({std::move(e.visit), at, true, e.based_on});
  }
  tell_sync();
  if (pump) pump->wake(e.urgent ? transport::Why::Asked : transport::Why::Changed);
  keep_copies();
}

void Runner::Impl::carry(state::SaveUnfinished& e) {
  std::vector<store::Unfinished> words;
  for (auto& one : e.words) words.push_back({one.key, one.case_id, std::move(one.text)});
  Result<void> saved = db ? db->save_unfinished(words) : Result<void>(closed());
  if (!saved) say(unfinished_failed(saved.error(), e));
  keep_copies();
}

state::UnfinishedFailed Runner::Impl::unfinished_failed(Error why, const state::SaveUnfinished& asked) {
  state::UnfinishedFailed out{std::move(why), {}};
  for (const auto& one : asked.words) out.keys.emplace(one.key, one.case_id);
  return out;
}

/// Whoever is refused because something newer has come is shown that.
void Runner::Impl::tell_newer(Id visit, const Error& why) {
  if (why.fault != base::Fault::Conflict || !db) return;
  if (auto draft = db->draft(visit)) say(state::DraftChanged{std::move(draft->visit), draft->version});
}

void Runner::Impl::carry(state::DiscardDraft& e) {
  Result<void> done = db ? db->discard(e.visit, now(), e.based_on) : Result<void>(closed());
  if (!done) tell_newer(e.visit, done.error());
  operation(done);
}

void Runner::Impl::carry(state::Submit& e) {
  Result<void> done = db ? db->submit(e.visit, state::records_of(e, now()), now(), e.based_on) : Result<void>(closed());
  if (!done) {
    tell_newer(e.visit.id, done.error());
    say(state::SubmitFailed{e.visit.id, done.error()});
    return tell_sync();
  }
  keep_copies();
  tell_sync();  // first: "Submitted" and "All sent" do not stand beside each other
  say(state::Submitted{e.visit.id});
  changed(transport::Why::Asked);
}

void Runner::Impl::carry(state::Withdraw& e) { operation(db ? db->withdraw(e.case_id, e.on, now()) : closed()); }
void Runner::Impl::carry(state::Decide& e) { operation(db ? db->decide(e.case_id, e.decision, now()) : closed(), &e.decision); }
void Runner::Impl::carry(state::AddAddendum& e) { operation(db ? db->addendum(e.case_id, e.addendum, now()) : closed(), &e.addendum); }
void Runner::Impl::carry(state::Match& e) { operation(db ? db->match(e.provisional, e.target, now()) : closed()); }
void Runner::Impl::carry(state::SettleAlert& e) {
  operation(db ? db->settle_alert(e.case_id, e.on, e.disposition, now()) : closed(), &e.disposition);
}

void Runner::Impl::carry(state::SettleConflict& e) {
  if (!db) return say(state::SaveFailed{e.visit, closed()});
  auto draft = db->settle_conflict(e.visit, e.path, e.choice, now(), e.based_on);
  if (!draft) {
    tell_newer(e.visit, draft.error());
    return say(state::SaveFailed{e.visit, draft.error()});
  }
  say(state::DraftChanged{std::move(draft->visit), draft->version});
  keep_copies();
  changed(transport::Why::Changed);
}

}  // namespace doorstep::work
