#include "app/view/parts.h"
#include "app/view/screens.h"

namespace doorstep::view {
namespace {

void draw_rows(Ui& ui, const state::MyChildrenVm& vm, Intents& out) {
  for (const auto& row : vm.rows) {
    const std::string key = "child-" + row.child.str();
    block(ui, key, row, [&] {
      if (list_row(ui, key, {.title = row.title, .subtitle = row.subtitle, .trailing = row.trailing, .tag = row.tag.words,
                             .tone = tone_of(row.tag.mood), .selected = row.selected, .leads = true}))
        out.push_back(state::Open{state::ScreenKind::Child, row.child});
    });
  }
}

void draw_hits(Ui& ui, const state::MyChildrenVm& vm, Intents& out) {
  for (const auto& hit : vm.hits)
    if (list_row(ui, hit.key, {.title = hit.title, .subtitle = hit.snippet, .leads = true, .found = hit.found})) out.push_back(hit.open);
}

void draw_found_heading(Ui& ui, std::string_view words) {
  if (words.empty()) return;
  gap(ui, space::kSm);
  text(ui, Type::SmallBold, ui.c.ink2, words, Role::Heading);
}

void draw_drafts(Ui& ui, std::string_view title, const std::vector<state::MyChildrenVm::DraftRow>& drafts, Icon icon, Intents& out) {
  if (drafts.empty()) return;
  gap(ui, space::kLg);
  heading(ui, title);
  for (const auto& draft : drafts)
    if (list_row(ui, "draft-" + draft.visit.str(), {.title = draft.title, .subtitle = draft.subtitle, .tag = draft.tag.words,
                                                    .tone = tone_of(draft.tag.mood), .icon = icon, .leads = true}))
      out.push_back(state::Open{state::ScreenKind::Record, draft.visit});
}

/// The bar leads there too, so these two stand quietly at the end.
bool is_aside(const state::ActionVm& action) {
  const auto* open = action.intent ? std::get_if<state::Open>(&*action.intent) : nullptr;
  return open && (open->screen == state::ScreenKind::SyncStatus || open->screen == state::ScreenKind::Settings);
}

void draw_more(Ui& ui, const state::MyChildrenVm& vm, bool aside, Intents& out) {
  for (std::size_t i = 0; i < vm.more.size(); ++i)
    if (is_aside(vm.more[i]) == aside)
      draw_action(ui, "more-" + std::to_string(i), vm.more[i], aside ? ButtonKind::Quiet : ButtonKind::Secondary, out);
}

/// What draw_to_do shows, and the notice above it.
auto to_do_of(const state::MyChildrenVm& vm) {
  return std::tie(vm.now_heading, vm.date, vm.notice, vm.warnings, vm.calls, vm.start_visit, vm.more, vm.drafts_heading, vm.drafts,
                  vm.submitting_heading, vm.submitting, vm.going_out);
}

/// What is to be done now: calls before what is to be known of the tablet, the supervisor's lists, a visit.
void draw_to_do(Ui& ui, const state::MyChildrenVm& vm, Intents& out) {
  draw_call_cards(ui, vm.calls, out);
  for (std::size_t i = 0; i < vm.warnings.size(); ++i) {
    info_panel(ui, "warning-" + std::to_string(i), Tone::Warn, vm.warnings[i].name, vm.warnings[i].value);
    gap(ui, space::kMd);
  }
  begin_flow(ui);
  draw_action(ui, "start-visit", vm.start_visit, ButtonKind::Primary, out, Icon::Home);
  draw_more(ui, vm, false, out);
  end_flow(ui);
  draw_drafts(ui, vm.drafts_heading, vm.drafts, Icon::Pencil, out);
  draw_drafts(ui, vm.submitting_heading, vm.submitting, Icon::None, out);
  gap(ui, space::kLg);
  if (list_row(ui, "going-out", {.title = vm.going_out.title, .subtitle = vm.going_out.subtitle, .tag = vm.going_out.tag.words,
                                 .tone = tone_of(vm.going_out.tag.mood), .leads = true}))
    out.push_back(*vm.going_out.open);
}

void draw_notice(Ui& ui, const state::MyChildrenVm& vm) {
  if (vm.notice.empty()) return;
  info_panel(ui, "notice", Tone::Info, {}, vm.notice);
  gap(ui, space::kXs);
}

/// At the right edge of the heading's row.
void draw_date(Ui& ui, const state::MyChildrenVm& vm) {
  push_right(ui, line_width(ui, Type::Small, vm.date));
  small(ui, vm.date);
}

/// The title with the day at its right, or without it where the page beside it says it.
void draw_head(Ui& ui, const state::MyChildrenVm& vm, ListPlace place) {
  const bool side = place != ListPlace::Whole;
  begin_flow(ui, space::kSm, line_px(side ? Type::H3 : Type::H1));
  side ? heading(ui, vm.title) : title(ui, vm.title);
  if (place != ListPlace::BesideOverview) draw_date(ui, vm);
  end_flow(ui);
  gap(ui, space::kMd);
}

}  // namespace

void draw_my_children(Ui& ui, Rect where, const state::MyChildrenVm& vm, ListPlace place, Editors& editors, Intents& out) {
  const bool side = place != ListPlace::Whole;
  begin_page(ui, "my-children", vm.title, where, {.surface = true, .edge = side, .pad = space::kLg, .max_width = side ? 0.f : kColumn});
  block(ui, "head", std::tie(vm.title, vm.date, vm.notice, place), [&] {
    draw_head(ui, vm, place);
    if (place != ListPlace::BesideOverview) draw_notice(ui, vm);
  });
  block(ui, "searching", vm.search_name, [&] { return editors.hash(state::kSearch); }, [&] {
    if (search_field(ui, state::kSearch, vm.search_name, editors.text(state::kSearch, {}, {.single_line = true})).changed)
      out.push_back(state::SearchTyped{});
    gap(ui, space::kXs);
  });
  if (vm.searching) {
    if (place != ListPlace::BesideOverview && !vm.calls.empty()) block(ui, "calls", vm.calls, [&] { draw_call_link(ui, vm.calls, out); });
    block(ui, "found", std::tie(vm.found, vm.clear_search), [&] {
      begin_flow(ui, space::kSm, kControl);
      if (!vm.found.empty()) text(ui, Type::Body, ui.c.ink2, vm.found, Role::Status);
      draw_action(ui, "clear-search", vm.clear_search, ButtonKind::Quiet, out, Icon::Cross);
      end_flow(ui);
    });
    draw_found_heading(ui, vm.rows_heading);
    draw_rows(ui, vm, out);
    draw_found_heading(ui, vm.hits_heading);
    draw_hits(ui, vm, out);
    if (vm.rows.empty() && vm.hits.empty()) empty_state(ui, Icon::Search, vm.empty_heading, vm.empty_body);
    end_page(ui);
    return;
  }
  if (place == ListPlace::BesideScreen)  // they stay in sight until a call is recorded
    block(ui, "calls", vm.calls, [&] { draw_call_cards(ui, vm.calls, out); });
  if (place == ListPlace::Whole) {
    gap(ui, space::kXs);
    block(ui, "to-do", to_do_of(vm), [&] { draw_to_do(ui, vm, out); });
    gap(ui, space::kMd);
  }
  block(ui, "tabs", std::tie(vm.tabs, vm.tab), [&] {
    std::vector<std::string_view> labels(vm.tabs.begin(), vm.tabs.end());
    if (auto tab = tabs(ui, "when", labels, vm.tab)) out.push_back(state::ShowTab{static_cast<state::ListTab>(*tab)});
  });
  draw_rows(ui, vm, out);
  draw_hits(ui, vm, out);
  if (vm.rows.empty() && vm.hits.empty()) empty_state(ui, vm.nobody ? Icon::People : Icon::Check, vm.empty_heading, vm.empty_body);
  gap(ui, space::kLg);
  block(ui, "aside", vm.more, [&] {
    begin_flow(ui);
    draw_more(ui, vm, true, out);
    end_flow(ui);
  });
  end_page(ui);
}

void draw_overview(Ui& ui, Rect where, const state::MyChildrenVm& vm, const state::ApprovalsVm* queue, Intents& out) {
  begin_page(ui, "overview", vm.now_heading, where);
  block(ui, "to-do", to_do_of(vm), [&] {
    begin_flow(ui, space::kSm, line_px(Type::H1));
    title(ui, vm.now_heading);
    draw_date(ui, vm);
    end_flow(ui);
    gap(ui, space::kMd);
    draw_notice(ui, vm);
    draw_to_do(ui, vm, out);
  });
  if (queue) {
    gap(ui, space::kXl);
    heading(ui, queue->title);
    draw_queue(ui, *queue, out);
  }
  if (!vm.nobody) {
    gap(ui, space::kXl);
    heading(ui, vm.choose_heading);
    secondary(ui, vm.choose_body);
  }
  end_page(ui);
}

}  // namespace doorstep::view
