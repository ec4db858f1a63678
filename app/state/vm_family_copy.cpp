#include <algorithm>

#include "app/state/time_words.h"
#include "app/state/view_models.h"
#include "app/state/vm_parts.h"
#include "app/state/words.h"
#include "sync/model/visit.h"
#include "sync/rules/clocks.h"

namespace doorstep::state {
namespace {

struct Agreed {
  std::string name;
  std::vector<model::PlanStep> steps;
};

/// In a visit, what stands in it; else the family's open steps, but for those a supervisor directed: they were agreed with nobody.
std::vector<Agreed> agreed_of(const State& state, const Id& id) {
  std::vector<Agreed> out;
  if (in_visit(state)) {
    for (const auto& part : state.visit->visit.children) out.push_back({short_name(part), rules::for_family(part)});
  } else if (const auto* asked = state.caseload->child(id)) {
    for (const auto& child : state.caseload->children)
      if (child.id == id || (child.family && child.family == asked->family))
        out.push_back({model::display_name(child), rules::for_family(open_steps_of(state, child, false))});
  }
  std::erase_if(out, [](const auto& of) { return of.steps.empty(); });
  return out;
}

}  // namespace

FamilyCopyVm family_copy_vm(const State& state, const Id& id) {
  const auto& text = state.text();
  FamilyCopyVm vm;
  vm.title = text("family_copy.title");
  vm.intro = text("family_copy.intro");
  vm.none = text("family_copy.none");
  if (!state.family_copy) return vm;
  const auto& chosen = state.family_copy->steps;
  const auto today = rules::uk_date(state.now);
  vm.shown = state.family_copy->shown;
  const auto* start = in_visit(state) && state.visit->visit.facts.start ? &*state.visit->visit.facts.start : nullptr;
  const auto day = start ? rules::uk_date(start->at) : today;
  vm.date = text(start ? "family_copy.visit" : "family_copy.today", {{"day", weekday_words(text, day) + " " + std::to_string(static_cast<int>(day.year()))}});
  for (const auto& of : agreed_of(state, id)) {
    vm.children.push_back({of.name, {}});
    FamilyCopyVm::AgreedVm agreed{of.name, {}};
    for (const auto& step : of.steps) {
      const auto owner = step.owner.empty() ? text("step.no_owner") : step.owner;
      vm.children.back().steps.push_back({step.id.str(), step.what,
                                          text("step.lead", {{"owner", owner}, {"due", due_words(state, step.due)}}),
                                          chosen.contains(step.id), TurnCopied{step.id}});
      if (!chosen.contains(step.id)) continue;
      agreed.steps.push_back({step.what, text("family_copy.who", {{"who", owner}}),
                              step.due ? text("family_copy.when", {{"day", weekday_words(text, *step.due, today)}})
                                       : text("family_copy.no_date")});
    }
    if (!agreed.steps.empty()) vm.agreed.push_back(std::move(agreed));
  }
  vm.show = {text("family_copy.show"), ShowCopy{true}, vm.agreed.empty()};
  vm.ask = text("family_copy.ask", {{"name", state.caseload->me.name}});
  if (vm.show.disabled && !vm.children.empty()) vm.why_not = text("family_copy.why_not");
  vm.close = {text("family_copy.close"), ShowCopy{false}};
  return vm;
}

}  // namespace doorstep::state
