#include <algorithm>

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
  vm.first_heading = text("leaving.first");
  vm.back = {text("bar.back.record"), Back{}};
  vm.family_copy = {text("family_copy.title"), Open{ScreenKind::FamilyCopy, visit.id}};
  long long count = 0;
  for (const auto& one : rules::unasked(state.form(), visit)) {
    const auto* part = part_of(visit, one.child);
    const auto name = part ? short_name(*part) : text("record.tab.visit");
    const auto label = rules::words(one.question->label, part);
    const Place place{one.first->scope == rules::Scope::Child ? one.child : Id(), one.first->id, Id(), {}};
    const bool names = label.find(name) != label.npos;
    ActionVm line{label, GoToQuestion{place}, false, names ? label : labelled(name, label)};
    if (one.question->field == rules::Field::Seen || one.question->field == rules::Field::Alone) {
      vm.first.push_back(std::move(line));
      continue;
    }
    const auto key = part ? part->id.str() : std::string("visit");
    if (vm.about.empty() || vm.about.back().key != key) {
      vm.about.push_back({key, name, {}, {}});
      count = 0;
    }
    auto& about = vm.about.back();
    about.count = text.count("leaving.count", ++count);
    auto title = rules::words(section_of(state.form(), *one.question).title, part);
    const bool untitled = about.parts.empty() || about.parts.back().title.empty();
    if (title == name || (title == label && untitled)) title.clear();  // said already, by the name above or the line itself
    if (about.parts.empty() || about.parts.back().title != title) about.parts.push_back({title, {}});
    about.parts.back().questions.push_back(std::move(line));
  }
  std::stable_partition(vm.about.begin(), vm.about.end(), [](const auto& about) { return about.key != "visit"; });
  if (vm.first.empty() && vm.about.empty()) {
    vm.done = text("leaving.done");
    vm.done_body = text("leaving.done.body");
  }
  return vm;
}

}  // namespace doorstep::state
