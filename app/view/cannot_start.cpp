#include "app/view/parts.h"

namespace doorstep::view {

bool draw_cannot_start(Ui& ui, const state::CannotStartVm& vm) {
  begin_root(ui, vm.title);
  begin_page(ui, "cannot-start", vm.title, root_rest(ui), {.centred = true});
  title(ui, vm.title);
  body(ui, vm.explanation);
  gap(ui, space::kSm);
  begin_panel(ui, "for-it", Tone::Neutral, vm.read_heading);
  label(ui, vm.read_heading);
  for (const auto& reason : vm.reasons) body(ui, reason);
  end_panel(ui);
  gap(ui, space::kLg);
  const bool closed = button(ui, "close", vm.close);
  end_page(ui);
  end_root(ui);
  return closed;
}

}  // namespace doorstep::view
