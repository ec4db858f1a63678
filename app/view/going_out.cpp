#include "app/view/parts.h"

namespace doorstep::view {

void draw_going_out(Ui& ui, Rect where, const state::GoingOutVm& vm, Intents& out) {
  begin_page(ui, "going-out", vm.title, where);
  block(ui, "lines", vm, [&] {
    title(ui, vm.title);
    gap(ui, space::kSm);
    icon_text(ui, vm.mood == state::Mood::Ok ? Icon::Check : Icon::Warning, vm.headline, tone_of(vm.mood));
    gap(ui, space::kMd);
    for (const auto& line : vm.lines) {
      fact(ui, line.name, line.value);
      if (line.to_do.words.empty()) continue;
      begin_indent(ui, room(ui) < ui.s(2.5f * kFactColumn) ? 0 : kFactColumn);
      draw_tag(ui, line.to_do);
      end_indent(ui);
    }
  });
  gap(ui, space::kLg);
  begin_footer(ui);
  draw_action(ui, "sync-now", vm.sync_now, ButtonKind::Secondary, out, Icon::Sync);
  end_footer(ui);
  end_page(ui);
}

}  // namespace doorstep::view
