#include "app/view/parts.h"

namespace doorstep::view {

void draw_match(Ui& ui, Rect where, const state::MatchVm& vm, Editors& editors, Intents& out) {
  begin_page(ui, "match", vm.title, where);
  block(ui, "head", vm, [&] {
    title(ui, vm.title);
    secondary(ui, vm.intro);
    gap(ui, space::kMd);
    draw_facts(ui, vm.facts);
    gap(ui, space::kLg);
  });
  block(ui, "search", vm.search_name, [&] { return editors.hash(state::kMatchSearch); }, [&] {
    if (search_field(ui, state::kMatchSearch, vm.search_name, editors.text(state::kMatchSearch, {}, {.single_line = true})).changed)
      out.push_back(state::FieldTyped{std::string(state::kMatchSearch)});
    gap(ui, space::kMd);
  });
  block(ui, "target", std::tie(vm.target_label, vm.target_hint, vm.targets, vm.found_none), [&] {
    if (vm.targets.empty()) {
      label(ui, vm.target_label);
      secondary(ui, vm.found_none.empty() ? vm.target_hint : vm.found_none);
    } else {
      draw_choices(ui, "target", {.label = vm.target_label, .hint = vm.target_hint}, vm.targets, out);
    }
  });
  gap(ui, space::kMd);
  secondary(ui, vm.none);
  gap(ui, space::kLg);
  begin_footer(ui);
  draw_action(ui, "match", vm.match, ButtonKind::Primary, out, Icon::People);
  end_footer(ui);
  end_page(ui);
}

}  // namespace doorstep::view
