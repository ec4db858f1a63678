#include "app/view/parts.h"

namespace doorstep::view {

void draw_match(Ui& ui, Rect where, const state::MatchVm& vm, Intents& out) {
  begin_page(ui, "match", vm.title, where);
  block(ui, "head", vm, [&] {
    title(ui, vm.title);
    secondary(ui, vm.intro);
    gap(ui, space::kMd);
    draw_facts(ui, vm.facts);
    gap(ui, space::kLg);
  });
  block(ui, "target", std::tie(vm.target_label, vm.targets),
        [&] { draw_choices(ui, "target", {.label = vm.target_label}, vm.targets, out); });
  gap(ui, space::kLg);
  begin_footer(ui);
  draw_action(ui, "match", vm.match, ButtonKind::Primary, out, Icon::People);
  end_footer(ui);
  end_page(ui);
}

}  // namespace doorstep::view
