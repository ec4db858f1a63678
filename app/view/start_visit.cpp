#include "app/view/parts.h"
#include "platform/base/limits.h"

namespace doorstep::view {

namespace {

constexpr std::size_t kNamesBytes = 4000;  ///< of all children of one family

void draw_elsewhere(Ui& ui, const state::StartVisitVm& vm, const state::NoteWordsVm& notes, Editors& editors, Intents& out) {
  gap(ui, space::kLg);
  draw_line(ui, state::kNewFamily, {.label = vm.name_label, .error = vm.name_error}, {}, limits::kShortTextBytes, notes, editors, out);
  gap(ui, space::kMd);
  draw_line(ui, state::kNewAddress, {.label = vm.address_label}, {}, limits::kShortTextBytes, notes, editors, out);
  gap(ui, space::kMd);
  const Question children{.label = vm.children_label, .hint = vm.children_hint, .error = vm.children_error};
  draw_note(ui, state::kNewChildren, children, {}, kNamesBytes, notes, editors, out, 2, false);
}

}  // namespace

void draw_start_visit(Ui& ui, Rect where, const state::StartVisitVm& vm, const state::NoteWordsVm& notes, Editors& editors, Intents& out) {
  begin_page(ui, "start-visit", vm.title, where);
  block(ui, "head", std::tie(vm.title, vm.problems_heading, vm.problems), [&] {
    title(ui, vm.title);
    draw_problem_list(ui, "start-problems", vm.problems_heading, vm.problems, out);
    gap(ui, space::kMd);
  });
  block(ui, "family", std::tie(vm.family_label, vm.family_error, vm.families),
        [&] {
          if (vm.families.empty()) body(ui, vm.family_label);
          else draw_choices(ui, state::kStartFamily, {.label = vm.family_label, .error = vm.family_error}, vm.families, out);
        });
  if (vm.elsewhere)
    block(ui, "elsewhere", std::tie(vm.name_label, vm.name_error, vm.address_label, vm.children_label, vm.children_hint, vm.children_error),
          [&] { return editors.hash("start/"); }, [&] { draw_elsewhere(ui, vm, notes, editors, out); });
  if (!vm.children.empty()) {
    gap(ui, space::kLg);
    block(ui, "children", std::tie(vm.who_label, vm.who_error, vm.children),
          [&] { draw_checkboxes(ui, state::kStartChildren, {.label = vm.who_label, .error = vm.who_error}, vm.children, out); });
  }
  gap(ui, space::kLg);
  block(ui, "type", std::tie(vm.type_label, vm.type_error, vm.types),
        [&] { draw_choices(ui, state::kStartType, {.label = vm.type_label, .error = vm.type_error}, vm.types, out); });
  draw_hazards(ui, vm.hazards_heading, vm.hazards);  // the last that is read before Start
  gap(ui, space::kLg);
  begin_footer(ui);
  draw_action(ui, "start", vm.start, ButtonKind::Primary, out, Icon::Home);
  if (!vm.read_first.empty()) icon_text(ui, Icon::Warning, vm.read_first, Tone::Warn);
  draw_footer_problem(ui, vm.problems_heading, vm.problems);
  end_footer(ui);
  end_page(ui);
}

}  // namespace doorstep::view
