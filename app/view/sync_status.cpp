#include "app/view/parts.h"

namespace doorstep::view {

void draw_sync_status(Ui& ui, Rect where, const state::SyncVm& vm, Intents& out) {
  begin_page(ui, "sync", vm.title, where);
  block(ui, "status", vm, [&] {
    title(ui, vm.title);
    gap(ui, space::kMd);
    begin_panel(ui, "headline", tone_of(vm.mood), vm.headline);
    text(ui, Type::BodyBold, ui.c.tone(tone_of(vm.mood)).text, vm.headline, Role::Heading);
    gap(ui, space::kHair);
    if (!vm.error.empty()) body(ui, vm.error);
    if (!vm.safe.empty()) text(ui, Type::Body, ui.c.ink, vm.safe);
    end_panel(ui);
    if (!vm.progress.empty()) {
      gap(ui, space::kMd);
      progress_text(ui, vm.progress);
    }
  });
  block(ui, "refused", vm, [&] {
    if (!vm.refused.empty()) {
      gap(ui, space::kLg);
      heading(ui, vm.refused_heading);
      secondary(ui, vm.refused_hint);
      for (const auto& row : vm.refused) {
        Scope scope(ui, std::to_string(row.number));
        gap(ui, space::kSm);
        begin_panel(ui, "refused", Tone::Warn, row.title);
        label(ui, row.title);
        if (!row.about.empty()) small(ui, row.about);
        body(ui, row.why);
        begin_flow(ui);
        draw_action(ui, "open", row.open, ButtonKind::Secondary, out);
        draw_action(ui, "dismiss", row.dismiss, ButtonKind::Quiet, out);
        end_flow(ui);
        end_panel(ui);
      }
    }
    gap(ui, space::kLg);
    draw_facts(ui, vm.facts);
  });
  gap(ui, space::kLg);
  if (!vm.sync_now.label.empty()) {
    begin_footer(ui);
    draw_action(ui, "sync-now", vm.sync_now, ButtonKind::Primary, out, Icon::Sync);
    end_footer(ui);
  }
  end_page(ui);
}

}  // namespace doorstep::view
