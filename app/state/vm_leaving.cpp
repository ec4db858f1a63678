#include "app/state/view_models.h"
#include "app/state/vm_parts.h"
#include "app/state/words.h"

namespace doorstep::state {
namespace {

const rules::Section& section_of(const rules::Form& form, const rules::Question& question) {
  for (const auto& section : form.sections)
    if (&question >= section.questions.data() && &question < section.questions.data() + section.questions.size()) return section;
  return form.sections.front();
}

}  // namespace

LeavingVm leaving_vm(const State& state) {
  const auto& text = state.text();
  LeavingVm vm;
  if (!state.visit) return vm;
  const auto& visit = state.visit->visit;
  vm.title = text("leaving.title");
  vm.intro = text("leaving.intro");
  vm.done = text("leaving.done");
  vm.done_body = text("leaving.done.body");
  vm.family_copy = {text("family_copy.title"), Open{ScreenKind::FamilyCopy, visit.id}};
  long long count = 0;
  for (const auto& one : rules::unasked(state.assets->form, visit)) {
    const auto* part = part_of(visit, one.child);
    const auto name = part ? short_name(*part) : text("record.tab.visit");
    const auto key = part ? part->id.str() : std::string("visit");
    if (vm.about.empty() || vm.about.back().key != key) {
      vm.about.push_back({key, name, {}, {}});
      count = 0;
    }
    auto& about = vm.about.back();
    about.count = text.count("leaving.count", ++count);
    const auto title = rules::words(section_of(state.assets->form, *one.question).title, part);
    if (about.parts.empty() || about.parts.back().title != title) about.parts.push_back({title, {}});
    const auto label = rules::words(one.question->label, part);
    const Place place{one.first->scope == rules::Scope::Child ? one.child : Id(), one.first->id, Id(), {}};
    const bool names = label.find(name) != label.npos;
    about.parts.back().questions.push_back({label, GoToQuestion{place}, false, names ? label : labelled(name, label)});
  }
  return vm;
}

}  // namespace doorstep::state
