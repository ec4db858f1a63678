#include "app/view/parts.h"

namespace doorstep::view {
namespace {

void draw_rows(Ui& ui, const state::MyChildrenVm& vm, Intents& out) {
  for (const auto& row : vm.rows)
    if (list_row(ui, "child-" + row.child.str(), {.title = row.title, .subtitle = row.subtitle, .trailing = row.trailing,
                                                  .tag = row.tag.words, .tone = tone_of(row.tag.mood), .selected = row.selected}))
      out.push_back(state::Open{state::ScreenKind::Child, row.child});
}

}  // namespace

void draw_my_children(Ui& ui, Rect where, const state::MyChildrenVm& vm, bool side, Editors& editors, Intents& out) {
  begin_page(ui, "my-children", vm.title, where, {.surface = true, .edge = side, .pad = space::kLg, .max_width = side ? 0.f : kColumn});
  side ? heading(ui, vm.title) : title(ui, vm.title);
  small(ui, vm.date);
  gap(ui, space::kMd);
  if (search_field(ui, state::kSearch, vm.search_name, editors.text(state::kSearch, {}, {.single_line = true})).changed)
    out.push_back(state::SearchTyped{});
  gap(ui, space::kMd);
  if (!vm.notice.empty()) {
    info_panel(ui, "notice", Tone::Info, {}, vm.notice);
    gap(ui, space::kMd);
  }
  if (vm.searching) {
    draw_rows(ui, vm, out);
    for (const auto& hit : vm.hits)
      if (list_row(ui, hit.key, {.title = hit.title, .subtitle = hit.snippet})) out.push_back(hit.open);
    if (vm.rows.empty() && vm.hits.empty()) empty_state(ui, Icon::Search, vm.empty_heading, vm.empty_body);
    end_page(ui);
    return;
  }
  draw_call_cards(ui, vm.calls, out);
  draw_action(ui, "start-visit", vm.start_visit, ButtonKind::Primary, out, Icon::Home);
  for (std::size_t i = 0; i < vm.more.size(); ++i) {
    gap(ui, space::kXs);
    draw_action(ui, "more-" + std::to_string(i), vm.more[i], ButtonKind::Secondary, out);
  }
  if (!vm.drafts.empty()) {
    gap(ui, space::kLg);
    heading(ui, vm.drafts_heading);
    for (const auto& draft : vm.drafts)
      if (list_row(ui, "draft-" + draft.visit.str(), {.title = draft.title, .subtitle = draft.subtitle, .tag = draft.tag.words,
                                                      .tone = tone_of(draft.tag.mood), .icon = Icon::Pencil}))
        out.push_back(state::Open{state::ScreenKind::Record, draft.visit});
  }
  gap(ui, space::kMd);
  std::vector<std::string_view> labels(vm.tabs.begin(), vm.tabs.end());
  if (auto tab = tabs(ui, "when", labels, vm.tab)) out.push_back(state::ShowTab{static_cast<state::ListTab>(*tab)});
  draw_rows(ui, vm, out);
  if (vm.rows.empty()) empty_state(ui, Icon::Check, vm.empty_heading, vm.empty_body);
  end_page(ui);
}

}  // namespace doorstep::view
