#include "app/view/parts.h"

namespace doorstep::view {

void draw_unlock(Ui& ui, Rect where, const state::UnlockVm& vm, Editors& editors, Intents& out) {
  begin_page(ui, "unlock", vm.title, where, {.max_width = 480, .centred = true});
  block(ui, "head", vm, [&] {  // what is typed here stands in no block: nothing of it is to be kept
    if (!ui.is_short()) logo(ui);
    title(ui, vm.title);
    if (!vm.person.empty()) icon_text(ui, Icon::Person, vm.person);
    gap(ui, space::kSm);
    if (!vm.notice.empty()) info_panel(ui, "notice", Tone::Warn, {}, vm.notice);
    if (!vm.explanation.empty()) body(ui, vm.explanation);
    gap(ui, space::kLg);
  });
  if (vm.starting) progress_text(ui, vm.busy_words);
  if (vm.starting || vm.wiped) return end_page(ui);
  auto entered = password_field(ui, state::kPassphrase,
                                {.label = vm.passphrase_label, .hint = vm.passphrase_hint, .error = vm.problem, .disabled = vm.disabled},
                                editors.text(state::kPassphrase, {}, kSecret), vm.show).entered;
  if (vm.first) {
    gap(ui, space::kMd);
    entered = password_field(ui, state::kPassphraseAgain, {.label = vm.again_label, .disabled = vm.disabled},
                             editors.text(state::kPassphraseAgain, {}, kSecret), vm.show).entered;
  }
  begin_flow(ui);
  bool pressed = button(ui, "unlock-action", vm.action, ButtonKind::Primary, {.icon = Icon::Lock, .disabled = vm.disabled || vm.busy});
  if (checkbox(ui, "show", vm.show_label, vm.show, false, true)) out.push_back(state::TurnShowPassphrase{});
  end_flow(ui);
  if ((pressed || entered) && !vm.disabled && !vm.busy) out.push_back(state::PressUnlock{});
  if (vm.busy) {
    gap(ui, space::kMd);
    progress_text(ui, vm.busy_words);
  }
  gap(ui, space::kMd);
  secondary(ui, vm.forgotten);
  end_page(ui);
}

}  // namespace doorstep::view
