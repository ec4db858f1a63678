#include "app/view/parts.h"

namespace doorstep::view {

void draw_settings(Ui& ui, Rect where, const state::SettingsVm& vm, Intents& out) {
  begin_page(ui, "settings", vm.title, where);
  block(ui, "settings", vm, [&] {
    title(ui, vm.title);
    gap(ui, space::kMd);
    if (!vm.notice.empty()) info_panel(ui, "notice", Tone::Ok, {}, vm.notice);
    draw_choices(ui, "size", {.label = vm.size_label}, vm.sizes, out);
    gap(ui, space::kLg);
    draw_choices(ui, "look", {.label = vm.look_label}, vm.looks, out);
    gap(ui, space::kLg);
    draw_choices(ui, "language", {.label = vm.language_label}, vm.languages, out);
    gap(ui, space::kLg);
    draw_choices(ui, "spelling", {.label = vm.spelling_label}, vm.spelling, out);
    gap(ui, space::kLg);
    draw_action(ui, "passphrase", vm.passphrase, ButtonKind::Secondary, out, Icon::Lock);
    gap(ui, space::kLg);
    draw_facts(ui, vm.about);
    gap(ui, space::kLg);
  });
  begin_footer(ui);
  draw_action(ui, "lock", vm.lock, ButtonKind::Secondary, out, Icon::Lock);
  end_footer(ui);
  end_page(ui);
}

}  // namespace doorstep::view
