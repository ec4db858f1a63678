#include "app/view/parts.h"

namespace doorstep::view {

void draw_closed(Ui& ui, Rect where, const state::ClosedVm& vm, Intents& out) {
  begin_page(ui, "closed", vm.title, where);
  block(ui, "told", vm, [&] {
    title(ui, vm.title);
    gap(ui, space::kMd);
    if (!vm.notice.empty()) {
      info_panel(ui, "notice", Tone::Info, {}, vm.notice);
      gap(ui, space::kMd);
    }
    begin_panel(ui, "headline", Tone::Warn, vm.headline);
    text(ui, Type::BodyBold, ui.c.tone(Tone::Warn).text, vm.headline, Role::Heading);
    gap(ui, space::kHair);
    if (!vm.why.empty()) body(ui, vm.why);
    body(ui, vm.safe);
    text(ui, Type::Body, ui.c.ink, vm.to_do);
    end_panel(ui);
    if (!vm.clock.name.empty()) {
      gap(ui, space::kMd);
      info_panel(ui, "clock", Tone::Warn, vm.clock.name, vm.clock.value);
    }
    gap(ui, space::kLg);
    draw_facts(ui, vm.facts);
    gap(ui, space::kMd);
    draw_action(ui, "sync-now", vm.sync_now, ButtonKind::Secondary, out, Icon::Sync);
    gap(ui, space::kLg);
    secondary(ui, vm.visit_hint);
  });
  begin_footer(ui);
  draw_action(ui, "start-visit", vm.start_visit, ButtonKind::Primary, out, Icon::Home);
  end_footer(ui);
  end_page(ui);
}

}  // namespace doorstep::view
