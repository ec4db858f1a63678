#include "app/view/parts.h"

namespace doorstep::view {
namespace {

void draw_missing(Ui& ui, const state::CheckVm& vm, Intents& out) {
  if (vm.problems.empty()) return;
  std::vector<ProblemGroup> groups;
  for (const auto& list : vm.lists) {
    ProblemGroup& group = groups.emplace_back(ProblemGroup{list.name, list.count, list.open, {}});
    if (!list.open) continue;
    for (const auto& part : list.parts) {
      ProblemPart& to = group.parts.emplace_back(ProblemPart{part.title == list.name ? std::string_view() : part.title, {}});
      for (const std::size_t i : part.problems) to.lines.push_back({i, vm.problems[i]});
    }
  }
  const ProblemPressed pressed = error_summary(ui, state::kProblems, vm.problems_heading, groups);
  if (pressed.line) out.push_back(state::GoToProblem{*pressed.line});
  if (pressed.fold) out.push_back(state::TurnProblems{vm.lists[*pressed.fold].child});
  gap(ui, space::kMd);
}

}  // namespace

void draw_check(Ui& ui, Rect where, const state::CheckVm& vm, Intents& out) {
  draw_call_line(ui, where, vm.calls, out);
  begin_page(ui, "check", vm.title, where);
  block(ui, "head", vm, [&] {
    title(ui, vm.title);
    secondary(ui, vm.intro);
    gap(ui, space::kMd);
    draw_calls_below_line(ui, vm.calls, out);
    draw_missing(ui, vm, out);
  });
  block(ui, "warnings", std::tie(vm.warnings_heading, vm.warnings, vm.submit_error), [&] {
    if (!vm.warnings.empty()) {
      begin_panel(ui, "warnings", Tone::Warn, vm.warnings_heading);
      label(ui, vm.warnings_heading);
      draw_lines(ui, "warning", vm.warnings, out);
      end_panel(ui);
      gap(ui, space::kMd);
    }
    if (!vm.submit_error.empty()) {
      inline_error(ui, vm.submit_error);
      gap(ui, space::kMd);
    }
  });
  draw_besides(ui, vm.beside, out);
  block(ui, "summary", vm, [&] {
    if (vm.parts.empty()) return;
    if (!vm.beside.heading.empty()) gap(ui, space::kLg);
    heading(ui, vm.summary_heading);
    for (const auto& part : vm.parts) {
      gap(ui, space::kMd);
      label(ui, part.name);
      Scope scope(ui, part.child.str());
      draw_summary(ui, "change", part.lines, part.change, out);
    }
  });
  gap(ui, space::kLg);
  if (!vm.note_heading.empty()) heading(ui, vm.note_heading);
  secondary(ui, vm.note);
  gap(ui, space::kLg);
  begin_footer(ui);
  draw_action(ui, "submit", vm.submit, ButtonKind::Primary, out, Icon::Check);
  draw_action(ui, "back", vm.back, ButtonKind::Secondary, out);
  end_footer(ui);
  end_page(ui);
}

}  // namespace doorstep::view
