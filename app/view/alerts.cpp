#include "app/view/parts.h"
#include "platform/base/limits.h"

namespace doorstep::view {

void draw_alerts(Ui& ui, Rect where, const state::AlertsVm& vm, const state::NoteWordsVm& notes, Editors& editors, Intents& out) {
  begin_page(ui, "alerts", vm.title, where);
  title(ui, vm.title);
  secondary(ui, vm.intro);
  for (const auto& alert : vm.alerts) {
    Scope scope(ui, alert.key);
    block(ui, "one", vm, [&] {
      gap(ui, space::kLg);
      begin_panel(ui, "alert", Tone::Warn, alert.title);
      label(ui, alert.title);
      body(ui, alert.detail);
      small(ui, alert.raised);
      end_panel(ui);
      gap(ui, space::kMd);
      draw_choices(ui, "outcome", {.label = alert.outcome_label, .error = alert.problem}, alert.outcomes, out);
      gap(ui, space::kMd);
      draw_note(ui, state::alert_key(alert.alert, "why"), {.label = alert.why_label}, {}, limits::kNoteBytes, notes, editors, out, 2);
      gap(ui, space::kSm);
      draw_action(ui, "settle", alert.settle, ButtonKind::Primary, out, Icon::Check);
    });
  }
  if (vm.alerts.empty()) empty_state(ui, Icon::Check, vm.empty_heading, vm.empty_body);
  end_page(ui);
}

}  // namespace doorstep::view
