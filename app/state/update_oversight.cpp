#include <algorithm>

#include "app/state/turn.h"
#include "sync/model/visit.h"
#include "sync/rules/validate.h"

namespace doorstep::state::updating {
namespace {

/// What was chosen is kept like words, with the version that was read: it says nothing of another one.
std::string chosen_key(const State& state, std::string_view what) {
  return "review/chosen/" + state.reviewing->read.hash + "/" + std::string(what);
}

/// The control in which what `problem` misses is written; `before`: how many of its step's problems were told before it.
std::string control_of(const rules::Problem& problem, const model::Decision& decision, std::ptrdiff_t before) {
  for (const auto& step : decision.directed_steps) {
    if (step.id != problem.item) continue;
    const std::pair<const char*, bool> missing[] = {
        {"what", lines_of(step.what).empty()}, {"owner", lines_of(step.owner).empty()}, {"due", !step.due}};
    for (const auto& [member, is_missing] : missing)
      if (is_missing && before-- == 0) return directed_key(step.id, member);
  }
  if (problem.question == "return_reason") return std::string(kReturnReason);
  if (problem.question == "disagree_why") return std::string(kDisagreeWhy);
  return std::string(kRationale);
}

/// Problems are told in the order of their controls on the page, whoever found them.
std::ptrdiff_t place_on_page(const PressProblem& problem) {
  const std::string_view page[] = {kDisagreeWhy, kRationale, kDirected, kNextVisit, kReturnReason};
  return std::find_if(std::begin(page), std::end(page), [&](auto control) { return problem.at.starts_with(control); }) - std::begin(page);
}

}  // namespace

void keep_choices(Turn& turn) {
  const auto& reviewing = *turn.state.reviewing;
  const auto keep = [&](std::string_view what, std::string chosen) { hold(turn, chosen_key(turn.state, what), std::move(chosen)); };
  keep("agree", reviewing.agree_risk ? (*reviewing.agree_risk ? "YES" : "NO") : "");
  keep("in_person", reviewing.in_person ? "YES" : "");
  keep("reason", reviewing.return_reason);
  save_now(turn);
}

void start_review(Turn& turn, const Id& record) {
  auto& state = turn.state;
  const auto* item = state.caseload->record(record);
  if (!item) return;
  state.editors.drop("review/");
  recall(state, record, "review/");
  state.reviewing.emplace();
  state.reviewing->read = item->ref();
  state.reviewing->directed = held_ids(state, record, kDirected);
  const auto chosen = [&](std::string_view what) { return held_words(state, record, chosen_key(state, what)); };
  if (const auto agree = chosen("agree"); !agree.empty()) state.reviewing->agree_risk = agree == "YES";
  state.reviewing->in_person = chosen("in_person") == "YES";
  state.reviewing->return_reason = chosen("reason");
  state.reviewing->since_return = std::any_of(item->decisions.begin(), item->decisions.end(),
                                              [](const auto& d) { return d.verdict == model::Verdict::Returned; });
}

void decide(Turn& turn, model::Verdict verdict) {
  auto& state = turn.state;
  if (!state.reviewing || !state.supervisor()) return;
  auto& reviewing = *state.reviewing;
  const auto* item = state.caseload->record(reviewing.read.record);
  reviewing.problems.clear();
  const auto& text = turn.text();
  if (!item || item->ref() != reviewing.read) {
    reviewing.stale = true;
    reviewing.problems.push_back({{}, {}, stale_words(state, item)});
    return;
  }
  if (item->head().revision.state != model::State::Submitted || decided(*item)) {
    reviewing.problems.push_back({{}, {}, text("review.not_waiting")});
    return;
  }
  const auto& me = state.caseload->me;
  model::Decision decision;
  decision.id = turn.context.new_id();
  decision.on = reviewing.read;
  decision.verdict = verdict;
  decision.reviewer = me.id;
  decision.reviewer_name = me.name;
  decision.reviewer_qualified = me.social_work_qualified;
  decision.at = turn.context.wall;
  decision.rationale = state.editors.typed(kRationale);
  if (verdict == model::Verdict::Returned)
    decision.return_reason = model::from_code<model::ReturnReason>(reviewing.return_reason);
  decision.agree_risk = reviewing.agree_risk;
  if (reviewing.agree_risk == false) decision.disagree_why = state.editors.typed(kDisagreeWhy);
  if (reviewing.in_person) decision.discussed_in_person = true;
  const auto next = state.editors.typed_date(kNextVisit);
  if (next.partly) reviewing.problems.push_back({std::string(kNextVisit), {}, text("review.problem.next_visit")});
  decision.next_visit_confirmed = next.date;
  for (const auto& id : reviewing.directed) {
    model::PlanStep step;
    step.id = id;
    step.what = state.editors.typed(directed_key(id, "what"));
    step.owner = state.editors.typed(directed_key(id, "owner"));
    const auto due = state.editors.typed_date(directed_key(id, "due"));
    if (due.partly) reviewing.problems.push_back({directed_key(id, "due"), id, text("review.problem.step_due")});
    step.due = due.date;
    decision.directed_steps.push_back(std::move(step));
  }
  const auto missed = rules::check_decision(decision, item->head().body);
  for (auto problem = missed.begin(); problem != missed.end(); ++problem) {
    const auto before = std::count_if(missed.begin(), problem, [&](const auto& other) { return other.item == problem->item; });
    reviewing.problems.push_back({control_of(*problem, decision, before), problem->item, text(problem->said)});
  }
  std::stable_sort(reviewing.problems.begin(), reviewing.problems.end(),
                   [](const auto& a, const auto& b) { return place_on_page(a) < place_on_page(b); });
  if (!reviewing.problems.empty()) {
    focus_on(state, reviewing.problems.front().at);
    return;
  }
  const auto name = item->head().body.part.name;
  operate(turn, Decide{item->case_id, std::move(decision)});
  forget(turn, "review/");
  pop(turn);
  state.notice = text(verdict == model::Verdict::Approved ? "review.approved" : "review.returned", {{"name", name}});
}

void settle_alert(Turn& turn, const Id& alert) {
  auto& state = turn.state;
  if (!state.supervisor()) return;
  const auto found = open_alert(state, alert);
  const auto outcome = held_words(state, Id(), alert_key(alert, "outcome"));
  const auto why = state.editors.typed(alert_key(alert, "why"));
  state.alert_problem.erase(alert);
  if (!found) return;
  if (outcome.empty()) {
    state.alert_problem[alert] = turn.text()("alerts.problem.outcome");
  } else if (lines_of(why).empty()) {
    state.alert_problem[alert] = turn.text()("alerts.problem.why");
  } else {
    model::Disposition disposition;
    disposition.id = turn.context.new_id();
    disposition.alert = alert;
    disposition.record = found->record->id();
    disposition.by = state.caseload->me.id;
    disposition.by_name = state.caseload->me.name;
    disposition.at = turn.context.wall;
    disposition.outcome = outcome;
    disposition.why = why;
    operate(turn, SettleAlert{found->record->case_id, found->record->ref(), std::move(disposition)});
    forget(turn, alert_key(alert, {}));
    state.notice = turn.text()("alerts.settled");
  }
}

void add_addendum(Turn& turn, const Id& record) {
  auto& state = turn.state;
  const auto* item = state.caseload->record(record);
  if (!item) return;
  model::Addendum addendum;
  addendum.reason = state.editors.typed(kAddendumReason);
  addendum.text = state.editors.typed(kAddendumText);
  if (lines_of(addendum.reason).empty() || lines_of(addendum.text).empty()) {
    state.notice = turn.text()("read.addendum.missing");
    return;
  }
  addendum.id = turn.context.new_id();
  addendum.record = record;
  addendum.author = state.caseload->me.id;
  addendum.author_name = state.caseload->me.name;
  addendum.at = turn.context.wall;
  operate(turn, AddAddendum{item->case_id, std::move(addendum)});
  forget(turn, "addendum/");
  state.notice = turn.text()("read.addendum.added");
}

namespace {

std::string parts_of(const std::optional<Date>& day) {
  if (!day) return {};
  return std::to_string(static_cast<unsigned>(day->day())) + "\n" + std::to_string(static_cast<unsigned>(day->month())) + "\n" +
         std::to_string(static_cast<int>(day->year())) + "\n";
}

}  // namespace

void give_back(Turn& turn, const OperationFailed& failed) {
  auto& state = turn.state;
  const auto hold_on = [&](const Id& record) {
    const auto* item = state.caseload ? state.caseload->record(record) : nullptr;
    return [&turn, record, case_id = item ? item->case_id : Id()](std::string_view key, std::string words) {
      if (!words.empty()) hold_for(turn, record, case_id, key, std::move(words));
    };
  };
  if (const auto* decision = std::get_if<model::Decision>(&failed.said)) {
    const auto hold = hold_on(decision->on.record);
    hold(kRationale, decision->rationale);
    hold(kDisagreeWhy, decision->disagree_why);
    hold(kNextVisit, parts_of(decision->next_visit_confirmed));
    for (const auto& step : decision->directed_steps) {
      hold(directed_key(step.id, "what"), step.what);
      hold(directed_key(step.id, "owner"), step.owner);
      hold(directed_key(step.id, "due"), parts_of(step.due));
    }
  } else if (const auto* addendum = std::get_if<model::Addendum>(&failed.said)) {
    const auto hold = hold_on(addendum->record);
    hold(kAddendumReason, addendum->reason);
    hold(kAddendumText, addendum->text);
    if (state.screen() && state.screen()->id == addendum->record) recall(state, addendum->record, "addendum/");
  } else if (const auto* disposition = std::get_if<model::Disposition>(&failed.said)) {
    const auto* item = state.caseload ? state.caseload->record(disposition->record) : nullptr;
    hold_for(turn, Id(), item ? item->case_id : Id(), alert_key(disposition->alert, "outcome"), disposition->outcome);
    hold_for(turn, Id(), item ? item->case_id : Id(), alert_key(disposition->alert, "why"), disposition->why);
    recall(state, Id(), alert_key(disposition->alert, {}));
  }
  const bool wrote = !std::holds_alternative<std::monostate>(failed.said);
  if (failed.by_server) state.notice = turn.text()("operation.refused.words");
  else state.notice = turn.text()(wrote ? "operation.failed.words" : "operation.failed", {{"why", error_words(turn.text(), failed.error)}});
}

}  // namespace doorstep::state::updating
