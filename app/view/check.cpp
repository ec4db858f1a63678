#include "app/view/parts.h"

namespace doorstep::view {

void draw_check(Ui& ui, Rect where, const state::CheckVm& vm, Intents& out) {
  begin_page(ui, "check", vm.title, where);
  title(ui, vm.title);
  secondary(ui, vm.intro);
  gap(ui, space::kMd);
  draw_call_cards(ui, vm.calls, out);
  if (auto problem = draw_problems(ui, "problems", vm.problems_heading, vm.problems)) out.push_back(state::GoToProblem{*problem});
  if (!vm.warnings.empty()) {
    begin_panel(ui, "warnings", Tone::Warn, vm.warnings_heading);
    label(ui, vm.warnings_heading);
    for (const auto& warning : vm.warnings) body(ui, warning);
    end_panel(ui);
    gap(ui, space::kMd);
  }
  if (!vm.submit_error.empty()) {
    inline_error(ui, vm.submit_error);
    gap(ui, space::kMd);
  }
  if (!vm.parts.empty()) {
    heading(ui, vm.summary_heading);
    for (const auto& part : vm.parts) {
      gap(ui, space::kMd);
      label(ui, part.name);
      draw_facts(ui, part.lines);
    }
  }
  gap(ui, space::kLg);
  secondary(ui, vm.note);
  gap(ui, space::kLg);
  begin_footer(ui);
  draw_action(ui, "submit", vm.submit, ButtonKind::Primary, out, Icon::Check);
  draw_action(ui, "back", vm.back, ButtonKind::Secondary, out);
  end_footer(ui);
  end_page(ui);
}

}  // namespace doorstep::view
