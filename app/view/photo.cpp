#include "app/view/parts.h"
#include "app/view/widgets/picture.h"

namespace doorstep::view {

void draw_photo_screen(Ui& ui, Rect where, const state::PhotoScreenVm& vm) {
  begin_page(ui, "photo", vm.title, where, {.max_width = 0});
  draw_title(ui, vm.title, {});
  if (!vm.words.empty()) secondary(ui, vm.words);
  gap(ui, space::kMd);
  if (vm.shown) picture(ui, vm.spoken);
  else if (!vm.status.empty()) info_panel(ui, "status", vm.trouble ? Tone::Warn : Tone::Info, {}, vm.status);
  end_page(ui);
}

}  // namespace doorstep::view
