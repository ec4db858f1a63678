#include "app/view/parts.h"

namespace doorstep::view {

void draw_going_out(Ui& ui, Rect where, const state::GoingOutVm& vm, Intents& out) {
  begin_page(ui, "going-out", vm.title, where);
  block(ui, "lines", vm, [&] {
    title(ui, vm.title);
    gap(ui, space::kSm);
    icon_text(ui, vm.mood == state::Mood::Ok ? Icon::Check : Icon::Warning, vm.headline, tone_of(vm.mood));
    gap(ui, space::kXs);
    draw_action(ui, "sync-now", vm.sync_now, vm.sync_due ? ButtonKind::Primary : ButtonKind::Secondary, out, Icon::Sync);
    std::string_view group;
    for (const auto& line : vm.lines) {
      if (line.group != group) {
        group = line.group;
        gap(ui, space::kLg);
        heading(ui, group);
        gap(ui, space::kXs);
      }
      if (line.to_do.words.empty()) fact(ui, line.name, line.value);
      else icon_fact(ui, Icon::Warning, line.to_do.words, line.name + ": " + line.value, tone_of(line.to_do.mood));
    }
  });
  end_page(ui);
}

}  // namespace doorstep::view
