#include "app/view/parts.h"

namespace doorstep::view {
namespace {

void draw_choosing(Ui& ui, const state::FamilyCopyVm& vm, Intents& out) {
  title(ui, vm.title);
  secondary(ui, vm.children.empty() ? vm.none : vm.intro);
  for (std::size_t i = 0; i < vm.children.size(); ++i) {
    gap(ui, space::kMd);
    draw_checkboxes(ui, "of-" + std::to_string(i), {.label = vm.children[i].name}, vm.children[i].steps, out);
  }
}

/// To be read together, or photographed: large, and nothing else on the page.
void draw_shown(Ui& ui, const state::FamilyCopyVm& vm) {
  title(ui, vm.title);
  text(ui, Type::Note, ui.c.ink, vm.date);
  for (const auto& agreed : vm.agreed) {
    gap(ui, space::kMd);
    separator(ui);
    text(ui, Type::H1, ui.c.ink, agreed.name, Role::Heading);
    for (const auto& step : agreed.steps) {
      gap(ui, space::kMd);
      text(ui, Type::H3, ui.c.ink, step.what);
      text(ui, Type::Note, ui.c.ink, step.who);
      text(ui, Type::Note, ui.c.ink, step.when);
    }
  }
  gap(ui, space::kLg);
  separator(ui);
  text(ui, Type::Note, ui.c.ink, vm.ask);
}

}  // namespace

void draw_family_copy(Ui& ui, Rect where, const state::FamilyCopyVm& vm, Intents& out) {
  if (vm.shown) {
    begin_page(ui, "agreed", vm.title, where, {.surface = true, .max_width = 0});
    block(ui, "agreed", vm, [&] { draw_shown(ui, vm); });
  } else {
    begin_page(ui, "family-copy", vm.title, where);
    block(ui, "steps", vm, [&] { draw_choosing(ui, vm, out); });
  }
  gap(ui, space::kLg);
  if (!vm.children.empty()) {
    begin_footer(ui);
    if (vm.shown) draw_action(ui, "close", vm.close, ButtonKind::Secondary, out, Icon::Cross);
    else draw_action(ui, "show", vm.show, ButtonKind::Primary, out, Icon::Eye);
    if (!vm.shown && !vm.why_not.empty()) small(ui, vm.why_not);
    end_footer(ui);
  }
  end_page(ui);
}

}  // namespace doorstep::view
