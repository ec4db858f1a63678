#include "app/view/parts.h"

namespace doorstep::view {

void draw_approvals(Ui& ui, Rect where, const state::ApprovalsVm& vm, Intents& out) {
  begin_page(ui, "approvals", vm.title, where);
  title(ui, vm.title);
  secondary(ui, vm.intro);
  for (const auto& visit : vm.visits) {
    gap(ui, space::kLg);
    heading(ui, visit.heading);
    for (const auto& row : visit.rows)
      if (list_row(ui, "review-" + row.record.str(), {.title = row.title, .subtitle = row.subtitle, .trailing = row.age,
                                                      .tag = row.tag.words, .tone = tone_of(row.tag.mood)}))
        out.push_back(state::Open{state::ScreenKind::Review, row.record});
  }
  if (vm.visits.empty()) empty_state(ui, Icon::Inbox, vm.empty_heading, vm.empty_body);
  end_page(ui);
}

}  // namespace doorstep::view
