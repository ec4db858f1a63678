#include "app/view/parts.h"

namespace doorstep::view {
namespace {

void draw_text_of(Ui& ui, std::string_view key, std::string_view title, std::string_view words, Tone tone) {
  begin_panel(ui, key, tone, title);
  label(ui, title);
  pre(ui, words);
  end_panel(ui);
}

}  // namespace

void draw_conflicts(Ui& ui, Rect where, const state::ConflictsVm& vm, Intents& out) {
  begin_page(ui, "conflicts", vm.title, where, {.max_width = 0});
  title(ui, vm.title);
  secondary(ui, vm.intro);
  for (const auto& conflict : vm.conflicts) {
    Scope scope(ui, conflict.path);
    gap(ui, space::kLg);
    heading(ui, conflict.heading);
    gap(ui, space::kSm);
    // Side by side where there is room: two columns of half the page each.
    if (!ui.narrow()) {
      Rect left = place(ui, {0, 0});
      float half = (room(ui) - ui.s(space::kMd)) / 2;
      auto column = ui.places.back();
      ui.places.push_back(column);
      ui.places.back().w = half;
      draw_text_of(ui, "mine", conflict.mine_heading, conflict.mine, Tone::Info);
      float mine_end = ui.places.back().y;
      ui.places.back() = column;
      ui.places.back().x = left.x0 + half + ui.s(space::kMd);
      ui.places.back().w = half;
      draw_text_of(ui, "theirs", conflict.theirs_heading, conflict.theirs, Tone::Warn);
      float theirs_end = ui.places.back().y;
      ui.places.pop_back();
      ui.places.back().y = std::max(mine_end, theirs_end);
      ui.places.back().bottom = std::max(ui.places.back().bottom, ui.places.back().y);
    } else {
      draw_text_of(ui, "mine", conflict.mine_heading, conflict.mine, Tone::Info);
      gap(ui, space::kSm);
      draw_text_of(ui, "theirs", conflict.theirs_heading, conflict.theirs, Tone::Warn);
    }
    if (!conflict.base.empty()) {
      gap(ui, space::kSm);
      small(ui, conflict.base_heading);
      secondary(ui, conflict.base);
    }
    gap(ui, space::kSm);
    begin_flow(ui);
    draw_action(ui, "keep-mine", conflict.keep_mine, ButtonKind::Secondary, out);
    draw_action(ui, "keep-theirs", conflict.keep_theirs, ButtonKind::Secondary, out);
    draw_action(ui, "keep-both", conflict.keep_both, ButtonKind::Primary, out);
    end_flow(ui);
  }
  if (vm.conflicts.empty()) {
    gap(ui, space::kLg);
    status_line(ui, Icon::Check, vm.done, Tone::Ok);
  }
  gap(ui, space::kLg);
  begin_footer(ui);
  draw_action(ui, "back", vm.back, ButtonKind::Primary, out);
  end_footer(ui);
  end_page(ui);
}

}  // namespace doorstep::view
