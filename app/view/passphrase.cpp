#include "app/view/parts.h"

namespace doorstep::view {

void draw_passphrase(Ui& ui, Rect where, const state::PassphraseVm& vm, Editors& editors, Intents& out) {
  const bool busy = !vm.busy_words.empty();
  const auto field = [&](std::string_view key, const std::string& label, const std::string& hint, const std::string& error) {
    auto& text = editors.text(key, {}, kSecret);
    return password_field(ui, key, {.label = label, .hint = hint, .error = error, .disabled = busy}, text, vm.show).entered;
  };
  begin_page(ui, "passphrase", vm.title, where, {.max_width = 480});
  block(ui, "head", std::tie(vm.title, vm.intro), [&] {  // what is typed here stands in no block: nothing of it is to be kept
    title(ui, vm.title);
    body(ui, vm.intro);
    gap(ui, space::kMd);
  });
  field(state::kOldPassphrase, vm.old_label, {}, vm.old_error);
  field(state::kNewPassphrase, vm.new_label, vm.new_hint, vm.new_error);
  const bool entered = field(state::kNewPassphraseAgain, vm.again_label, {}, vm.again_error);
  if (checkbox(ui, "show", vm.show_label, vm.show, busy, true)) out.push_back(state::TurnShowPassphrase{});
  if (busy) progress_text(ui, vm.busy_words);
  gap(ui, space::kMd);
  begin_footer(ui);
  draw_action(ui, "change", vm.change, ButtonKind::Primary, out, Icon::Lock);
  end_footer(ui);
  end_page(ui);
  if (entered && !busy) out.push_back(*vm.change.intent);
}

}  // namespace doorstep::view
