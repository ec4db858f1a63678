#include "app/view/parts.h"

namespace doorstep::view {
void draw_conflicts(Ui& ui, Rect where, const state::ConflictsVm& vm, Intents& out) {
  begin_page(ui, "conflicts", vm.title, where, {.max_width = 1080});
  draw_title(ui, vm.title, vm.tag);
  secondary(ui, vm.intro);
  for (const auto& conflict : vm.conflicts) {
    Scope scope(ui, conflict.path);
    block(ui, "conflict", vm, [&] {
      gap(ui, space::kLg);
      heading(ui, conflict.heading);
      gap(ui, space::kSm);
      if (!conflict.base.empty()) {
        small(ui, conflict.base_heading);
        secondary(ui, conflict.base);
        gap(ui, space::kSm);
      }
      draw_side_by_side(
          ui, [&] { draw_text_of(ui, "mine", conflict.mine_heading, conflict.mine, Tone::Info); },
          [&] { draw_text_of(ui, "theirs", conflict.theirs_heading, conflict.theirs, Tone::Info); });
      begin_flow(ui);
      draw_action(ui, "keep-mine", conflict.keep_mine, ButtonKind::Secondary, out);
      draw_action(ui, "keep-theirs", conflict.keep_theirs, ButtonKind::Secondary, out);
      draw_action(ui, "keep-both", conflict.keep_both, ButtonKind::Secondary, out);
      end_flow(ui);
    });
  }
  if (vm.conflicts.empty()) {
    gap(ui, space::kLg);
    status_line(ui, Icon::Check, vm.done, Tone::Ok);
  }
  gap(ui, space::kLg);
  begin_footer(ui);
  draw_action(ui, "back", vm.back, vm.conflicts.empty() ? ButtonKind::Primary : ButtonKind::Secondary, out);
  end_footer(ui);
  end_page(ui);
}

}  // namespace doorstep::view
