#include <algorithm>

#include "app/state/time_words.h"
#include "app/state/view_models.h"
#include "app/state/vm_parts.h"
#include "app/state/words.h"
#include "sync/rules/beside.h"
#include "sync/rules/validate.h"

namespace doorstep::state {
namespace {

const RecordItem* previous_of(const State& state, const RecordItem& item) {
  const RecordItem* best = nullptr;
  for (const auto& other : state.caseload->records) {
    if (other.case_id != item.case_id || other.id() == item.id() || !(visit_at(other) < visit_at(item))) continue;
    if (other.head().revision.state != model::State::Submitted && other.head().revision.state != model::State::Approved) continue;
    if (!best || visit_at(*best) < visit_at(other)) best = &other;
  }
  return best;
}

const model::RecordVersion* returned_version(const RecordItem& item) {
  for (auto decision = item.decisions.rbegin(); decision != item.decisions.rend(); ++decision) {
    if (decision->verdict != model::Verdict::Returned) continue;
    for (const auto& version : item.versions)
      if (version->revision.hash == decision->on.hash && version->revision.hash != item.head().revision.hash) return version.get();
  }
  return nullptr;
}

std::vector<FactVm> decision_facts(const State& state, const RecordItem& item) {
  const auto& text = state.text();
  std::vector<FactVm> out;
  for (const auto& decision : item.decisions) {
    std::string words = text(decision.verdict == model::Verdict::Approved ? "decision.approved" : "decision.returned",
                             {{"who", decision.reviewer_name}, {"when", dated_words(text, decision.at)}});
    std::string why = decision.return_reason ? text("return_reason." + std::string(model::code(*decision.return_reason))) : "";
    if (!decision.rationale.empty()) why += (why.empty() ? "" : ". ") + decision.rationale;
    if (decision.agree_risk == false)
      why += (why.empty() ? "" : "\n") + text("decision.disagrees", {{"why", decision.disagree_why}});
    if (decision.discussed_in_person == true) why += (why.empty() ? "" : "\n") + text("decision.in_person");
    if (decision.next_visit_confirmed)
      why += (why.empty() ? "" : "\n") + text("decision.next_visit", {{"day", day_words(text, *decision.next_visit_confirmed)}});
    for (const auto& step : decision.directed_steps)
      why += (why.empty() ? "" : "\n") +
             text("decision.step", {{"what", step.what}, {"owner", step.owner}, {"due", due_words(state, step.due)}});
    out.push_back({std::move(words), why.empty() ? text("decision.no_words") : why});
  }
  return out;
}

/// "Visited Thursday 3 December 2026, 14:05"; empty where no start is written.
std::string visited_words(const Text& text, const model::VisitFacts& facts) {
  return facts.start ? text("read.visited", {{"when", dated_words(text, facts.start->at)}}) : std::string();
}

/// The newest receipt, when it is of the text shown; one that is not good, or no longer so, whatever it is of.
ReceiptVm receipt_vm(const State& state, const RecordItem& item) {
  ReceiptVm vm;
  if (item.receipts.empty()) return vm;
  const auto& text = state.text();
  const auto& receipt = item.receipts.back();
  const std::string number = std::to_string(receipt.number), when = when_words(text, receipt.at, state.now);
  if (!receipt.good) {
    vm.words = text("receipt.bad");
    vm.mood = Mood::Warn;
  } else if (!receipt.standing) {
    vm.words = text("receipt.restored", {{"n", number}, {"when", when}});
    vm.mood = Mood::Info;
  } else if (receipt.hash == item.head().revision.hash) {
    vm.words = text(receipt.decision ? "receipt.decision" : "receipt.record", {{"n", number}, {"when", when}});
    vm.mood = Mood::Ok;
  } else {
    return vm;
  }
  const bool open = state.receipts_open.contains(item.id());
  vm.turn = {text(open ? "receipt.close" : "receipt.open"), TurnReceipt{item.id()}};
  if (!open) return vm;
  vm.details = {{text("receipt.checked"), text(receipt.good ? "receipt.checked.good" : "receipt.checked.bad")},
                {text("receipt.number"), number},
                {text("receipt.at"), dated_words(text, receipt.at)},
                {text("receipt.of"), item.id().str()},
                {text("receipt.version"), std::to_string(receipt.rev)},
                {text("receipt.hash"), receipt.hash},
                {text("receipt.signature"), receipt.signature}};
  return vm;
}

}  // namespace

std::vector<FactVm> record_facts(const State& state, const RecordItem& item) {
  const auto& text = state.text();
  const auto& body = item.head().body;
  std::vector<FactVm> out;
  out.push_back({text("read.child"), body.part.name});
  out.push_back({text("read.author"), person_name(state, body.author)});
  if (body.second_worker) out.push_back({text("read.second"), person_name(state, *body.second_worker)});
  if (!body.address.empty()) out.push_back({text("read.address"), body.address});
  if (body.submitted_at) out.push_back({text("read.submitted"), dated_words(text, *body.submitted_at)});
  if (item.filed_at) out.push_back({text("state.filed"), dated_words(text, *item.filed_at)});
  else if (!item.waiting && item.head().revision.rev > 0)
    out.push_back({text("read.received"), dated_words(text, item.head().revision.at)});
  return out;
}

// Reading a record ---------------------------------------------------------------------------------------------------------

ReadVm read_vm(const State& state, const Id& record) {
  const auto& text = state.text();
  ReadVm vm;
  const auto* item = state.caseload->record(record);
  if (!item) {
    vm.title = text("person.unknown");
    return vm;
  }
  const auto& head = item->head();
  vm.title = visit_title(state, head.body.facts, head.body.part.name);
  vm.visited = visited_words(text, head.body.facts);
  vm.tag = state_tag(state, *item);
  vm.facts = record_facts(state, *item);
  vm.blocks = read_blocks(state, head.body);
  vm.beside = beside_of_record(state, head.body, vm.blocks);
  vm.photos = photos_vm(state, head.body.part, false);
  vm.decisions = decision_facts(state, *item);
  for (const auto& addendum : item->addenda)
    vm.addenda.push_back(
        {text("addendum.by", {{"who", addendum.author_name}, {"when", dated_words(text, addendum.at)}}),
         addendum.reason + "\n" + addendum.text});
  vm.notice = state.notice;
  vm.receipt = receipt_vm(state, *item);
  const bool own = head.body.author == state.caseload->me.id;
  const auto in = head.revision.state;
  if (own && in == model::State::Submitted && !decided(*item))
    vm.withdraw = {text("read.withdraw"), PressWithdraw{record}};
  if (own && !item->waiting && (in == model::State::Returned || in == model::State::Draft))
    vm.rewrite = {text("read.rewrite"), PressRewrite{record}};
  if (in == model::State::Approved) {
    vm.addendum_heading = text("read.addendum");
    vm.addendum_reason_label = text("read.addendum.reason");
    vm.addendum_text_label = text("read.addendum.text");
    vm.add_addendum = {text("read.addendum.add"), PressAddAddendum{record}};
  }
  return vm;
}

std::string stale_words(const State& state, const RecordItem* item) {
  const auto& text = state.text();
  if (!item) return text("caseload.gone");
  const auto& newest = item->head().revision;
  return text("review.stale", {{"who", person_name(state, newest.author)}, {"when", when_words(text, newest.at, state.now)}});
}

// Approvals ----------------------------------------------------------------------------------------------------------------

ApprovalsVm approvals_vm(const State& state) {
  const auto& text = state.text();
  ApprovalsVm vm;
  vm.title = text("approvals.title");
  vm.intro = text("approvals.intro");
  struct Group {
    ApprovalVisitVm visit;
    bool urgent = false;
    Instant oldest;
  };
  std::map<Id, Group> groups;
  for (const auto& item : state.caseload->records) {
    const auto& head = item.head();
    if (head.revision.state != model::State::Submitted || was_there(head.body, state.caseload->me.id) || decided(item)) continue;
    const auto submitted = head.body.submitted_at.value_or(head.revision.at);
    auto& group = groups[head.body.visit];
    const bool urgent = model::is_urgent(head.body.part);
    if (group.visit.rows.empty() || submitted < group.oldest) group.oldest = submitted;
    group.urgent = group.urgent || urgent;
    const auto family = head.body.family_name.empty() ? head.body.part.name : head.body.family_name;
    group.visit.heading = visit_title(state, head.body.facts, family);
    ApprovalRowVm row;
    row.record = item.id();
    row.title = head.body.part.name;
    row.subtitle = head.body.facts.start
                       ? text("approvals.visited", {{"when", when_words(text, head.body.facts.start->at, state.now)},
                                                    {"who", person_name(state, head.body.author)}})
                       : person_name(state, head.body.author);
    row.age = text("approvals.age", {{"age", ago_words(text, submitted, state.now)}});
    const bool again = returned_version(item) != nullptr;
    if (urgent) row.tag = {text("approvals.urgent"), Mood::Danger};
    else if (again) row.tag = {text("approvals.again"), Mood::Info};
    group.visit.rows.push_back(std::move(row));
  }
  std::vector<Group> sorted;
  for (auto& [id, group] : groups) sorted.push_back(std::move(group));
  std::stable_sort(sorted.begin(), sorted.end(), [](const Group& a, const Group& b) {
    return std::make_pair(!a.urgent, a.oldest) < std::make_pair(!b.urgent, b.oldest);
  });
  for (auto& group : sorted) vm.visits.push_back(std::move(group.visit));
  vm.notice = state.notice;
  vm.empty_heading = text("approvals.empty");
  vm.empty_body = text("approvals.empty.body");
  return vm;
}

ReviewVm review_vm(const State& state) {
  const auto& text = state.text();
  ReviewVm vm;
  if (!state.reviewing) return vm;
  const auto& reviewing = *state.reviewing;
  const auto* item = state.caseload->record(reviewing.read.record);
  if (!item) {
    vm.title = text("person.unknown");
    return vm;
  }
  // What is on the screen stays what was opened, also when a newer version has arrived.
  const model::RecordVersion* read = &item->head();
  for (const auto& version : item->versions)
    if (version->revision.rev == reviewing.read.rev && version->revision.hash == reviewing.read.hash) read = version.get();
  const auto& body = read->body;
  vm.title = visit_title(state, body.facts, body.part.name);
  vm.visited = visited_words(text, body.facts);
  vm.tag = state_tag(state, *item);
  if (reviewing.stale) {
    vm.stale = stale_words(state, item);
    vm.reload = {text("review.reload"), Open{ScreenKind::Review, item->id()}};
  }
  vm.facts = record_facts(state, *item);
  vm.summary_heading = text("review.summary");
  vm.summary = summary_lines(state, body.facts, body.part);

  const auto* returned = returned_version(*item);
  const auto* previous = previous_of(state, *item);
  vm.changes_heading = text("review.changes");
  vm.before_heading = text("review.before");
  vm.after_heading = text("review.after");
  vm.change_tabs = {text("review.since_visit")};
  if (returned) vm.change_tabs.push_back(text("review.since_return"));
  const bool since_return = reviewing.since_return && returned;
  vm.change_tab = since_return ? 1 : 0;
  if (since_return) {
    vm.changes = changes_between(state, *returned, *read, true);
    vm.changes_none = text("review.changes.none");
  } else if (previous) {
    vm.changes = changes_between(state, previous->head(), *read, false);
    vm.changes_none = text("review.changes.none");
  } else {
    vm.changes_none = text("review.changes.first");
  }
  vm.blocks = read_blocks(state, body);
  vm.beside = beside_of_record(state, body, vm.blocks);
  vm.photos = photos_vm(state, body.part, false);

  vm.decide_heading = text("review.decide");
  if (body.author == state.caseload->me.id) vm.own = text("review.own");
  else if (was_there(body, state.caseload->me.id)) vm.own = text("review.own.second");
  for (const auto reason : rules::rationale_reasons(body)) {
    const char* keys[] = {"cp", "s47", "unseen", "disclosure", "injury", "risk"};
    const bool left_open = reason == rules::RationaleReason::Unseen && !body.part.seen;
    vm.why_rationale.push_back(
        text(std::string("review.rationale.") + (left_open ? "seen_not_covered" : keys[static_cast<std::size_t>(reason)])));
  }
  vm.agree_label = text("review.agree");
  vm.agree = {{"agree_yes", text("review.agree.yes"), {}, reviewing.agree_risk == true, ChooseAgreeRisk{true}},
              {"agree_no", text("review.agree.no"), {}, reviewing.agree_risk == false, ChooseAgreeRisk{false}}};
  if (reviewing.agree_risk == false) vm.disagree_label = text("review.disagree_why");
  vm.rationale_label = text("review.rationale");
  vm.rationale_hint = text(vm.why_rationale.empty() ? "review.rationale.optional" : "review.rationale.needed");
  vm.in_person_label = text("review.in_person");
  vm.in_person = reviewing.in_person;
  vm.next_visit_label = text("review.next_visit");
  vm.reason_label = text("review.reason");
  for (const auto& [reason, code] : model::CodeTable<model::ReturnReason>::values)
    vm.reasons.push_back({"reason_" + std::string(code), text("return_reason." + std::string(code)), {},
                          reviewing.return_reason == code, ChooseReturnReason{std::string(code)}});
  vm.reason_hint = text("review.reason.hint");
  vm.directed_heading = text("review.directed");
  vm.directed_hint = text("review.directed.hint");
  vm.what_label = text("item.step.what");
  vm.owner_label = text("item.step.owner");
  vm.owner_hint = text("item.step.owner.hint");
  vm.due_label = text("item.step.due");
  for (std::size_t i = 0; i < reviewing.directed.size(); ++i) {
    const auto& id = reviewing.directed[i];
    const auto title = text("item.step", {{"n", std::to_string(i + 1)}});
    const auto what = directed_key(id, "what"), owner = directed_key(id, "owner"), due = directed_key(id, "due");
    const auto error = [&](const std::string& key) { return error_at(reviewing.problems, key); };
    vm.directed.push_back({title, what, owner, due,
                           {text("item.remove"), RemoveDirectedStep{id}, false, text("item.remove.what", {{"what", title}})},
                           error(what), error(owner), error(due)});
  }
  vm.add_directed = {text("item.step.add"), AddDirectedStep{}};
  vm.approve_words = text("review.approve_words");
  vm.problems_heading = text("review.problems");
  vm.problems = problem_lines(reviewing.problems);
  for (std::size_t i = 0; i < reviewing.directed.size(); ++i)
    for (std::size_t j = 0; j < reviewing.problems.size(); ++j)
      if (reviewing.problems[j].step == reviewing.directed[i])
        vm.problems[j].label = labelled(vm.directed[i].title, vm.problems[j].label);
  vm.reason_error = error_at(reviewing.problems, kReturnReason);
  vm.disagree_error = error_at(reviewing.problems, kDisagreeWhy);
  vm.next_visit_error = error_at(reviewing.problems, kNextVisit);
  vm.rationale_error = error_at(reviewing.problems, kRationale);
  if (!vm.rationale_error.empty()) vm.rationale_hint.clear();  // "if you leave this empty" beside "say what has to change"
  vm.approve = {text("review.approve"), PressApprove{}, reviewing.stale};
  vm.give_back = {text("review.return"), PressReturn{}, reviewing.stale};
  return vm;
}

}  // namespace doorstep::state
