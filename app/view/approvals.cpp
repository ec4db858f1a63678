#include "app/view/parts.h"

namespace doorstep::view {

void draw_queue(Ui& ui, const state::ApprovalsVm& queue, Intents& out) {
  for (std::size_t i = 0; i < queue.visits.size(); ++i) {
    const auto& visit = queue.visits[i];
    block(ui, "queue-" + std::to_string(i), queue, [&] {
      gap(ui, space::kLg);
      text(ui, Type::SmallBold, ui.c.ink2, visit.heading, Role::Label);  // the names below it are what is pressed
      for (const auto& row : visit.rows)
        if (list_row(ui, "review-" + row.record.str(), {.title = row.title, .subtitle = row.subtitle, .trailing = row.age,
                                                        .tag = row.tag.words, .tone = tone_of(row.tag.mood), .leads = true}))
          out.push_back(state::Open{state::ScreenKind::Review, row.record});
    });
  }
  if (queue.visits.empty()) empty_state(ui, Icon::Inbox, queue.empty_heading, queue.empty_body);
}

void draw_approvals(Ui& ui, Rect where, const state::ApprovalsVm& vm, Intents& out) {
  begin_page(ui, "approvals", vm.title, where);
  if (!vm.notice.empty()) {
    info_panel(ui, "notice", Tone::Info, {}, vm.notice);
    gap(ui, space::kMd);
  }
  title(ui, vm.title);
  secondary(ui, vm.intro);
  draw_queue(ui, vm, out);
  end_page(ui);
}

}  // namespace doorstep::view
