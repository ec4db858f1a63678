#include <algorithm>
#include <map>

#include "app/state/time_words.h"
#include "app/state/vm_parts.h"
#include "app/state/words.h"
#include "sync/rules/beside.h"

namespace doorstep::state {
namespace {

constexpr std::size_t kAccountBytes = 600;  ///< a few sentences: the way to the rest stands below them

struct Making {
  const State& state;
  BesidesVm vm = {};

  const Text& text() const { return state.text(); }

  /// `go`: what pressing each account does. `whose`: the child's name, where it does not stand in what it is about.
  template <class Go>
  void add(const rules::Beside& beside, const std::string& whose, const std::string& ticked, const Go& go) {
    auto about = beside.about.empty() ? ticked : beside.about;
    if (!whose.empty() && about.find(whose) == about.npos) about = labelled(whose, about);
    BesideVm one{"beside/" + std::to_string(vm.all.size()), std::move(about), {}};
    for (const auto& account : beside.accounts) {
      ActionVm action = go(account, one.key + "/" + std::to_string(one.accounts.size()));
      action.spoken = labelled(action.label, account.label);
      one.accounts.push_back({account.who, beginning(account.words, kAccountBytes), std::move(action)});
    }
    vm.all.push_back(std::move(one));
  }

  BesidesVm done() {
    if (vm.all.empty()) return {};
    vm.heading = text()("beside.heading");
    vm.hint = text()("beside.hint");
    return std::move(vm);
  }
};

bool stands(const RecordItem& item) {
  return item.head().revision.state == model::State::Submitted || item.head().revision.state == model::State::Approved;
}

/// The child's last visit before this one that anybody submitted.
const RecordItem* last_visit(const State& state, const model::VisitFacts& facts, const model::ChildPart& part) {
  const RecordItem* best = nullptr;
  for (const auto& item : state.caseload->records) {
    if (item.case_id != part.id || !stands(item) || (part.revises && part.revises->record == item.id())) continue;
    if (visit_at(item) >= (facts.start ? facts.start->at : state.now)) continue;
    if (!best || visit_at(*best) < visit_at(item)) best = &item;
  }
  return best;
}

}  // namespace

BesidesVm beside_of_draft(const State& state, const model::Visit& visit) {
  const auto& text = state.text();
  const auto& form = state.form();
  const auto said = answer_words(text);
  Making making{state};
  const auto here = [&](const rules::Account& account, const std::string&) {
    return ActionVm{text("beside.go"), GoToQuestion{{account.child, account.question, account.item, account.field}}};
  };
  std::vector<const model::ChildPart*> children;
  for (const auto& part : visit.children) {
    children.push_back(&part);
    const auto name = visit.children.size() > 1 ? short_name(part) : std::string();
    for (const auto& beside : rules::beside_of(said, form, visit.facts, part)) making.add(beside, name, text("beside.ticked.you"), here);
    const auto* last = last_visit(state, visit.facts, part);
    if (!last) continue;
    for (auto& beside : rules::beside_last(said, form, last->head().body, visit.facts, part)) {
      beside.accounts.front().who = text("beside.last", {{"when", when_words(text, visit_at(*last), state.now)}});
      beside.accounts.back().who = text("beside.now");
      const auto* then = &beside.accounts.front();
      making.add(beside, name, {}, [&](const rules::Account& account, const std::string& key) {
        return &account == then ? ActionVm{text("beside.open"), Open{ScreenKind::ReadRecord, last->id()}} : here(account, key);
      });
    }
  }
  for (const auto& beside : rules::beside_children(said, form, visit.facts, children)) making.add(beside, {}, {}, here);
  return making.done();
}

BesidesVm beside_of_record(const State& state, const model::ChildRecord& record, std::vector<ReadBlockVm>& blocks) {
  const auto& text = state.text();
  const auto& form = state.form();
  const auto said = answer_words(text);
  Making making{state};
  const auto ticked = text("beside.ticked", {{"who", person_name(state, record.author)}});
  const auto here = [&](const rules::Account& account, const std::string& key) {
    const auto line_key = "line/" + account.question;
    for (auto& block : blocks)
      for (auto& line : block.lines)
        if (line.question == account.question && line.beside.label.empty()) line.beside = {text("beside.back"), ShowOnPage{key}};
    return ActionVm{text("beside.go"), ShowOnPage{line_key}};
  };
  for (const auto& beside : rules::beside_of(said, form, record.facts, record.part)) making.add(beside, {}, ticked, here);
  std::vector<const model::ChildPart*> children{&record.part};
  std::map<Id, Id> records;
  for (const auto& item : state.caseload->records) {
    const auto& body = item.head().body;
    if (body.visit != record.visit || body.part.id == record.part.id || !stands(item) || !records.emplace(body.part.id, item.id()).second)
      continue;
    children.push_back(&body.part);
  }
  for (const auto& beside : rules::beside_children(said, form, record.facts, children))
    making.add(beside, {}, {}, [&](const rules::Account& account, const std::string& key) {
      const auto other = records.find(account.child);
      return other == records.end() ? here(account, key) : ActionVm{text("beside.open"), Open{ScreenKind::ReadRecord, other->second}};
    });
  return making.done();
}

}  // namespace doorstep::state
