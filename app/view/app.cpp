#include <imgui.h>

#include "app/view/parts.h"

namespace doorstep::view {
namespace {

using state::ScreenKind;

void draw_bar(Ui& ui, const state::State& state, Intents& out) {
  state::BarVm vm = bar_vm(state);
  Icon icon = vm.trouble ? Icon::Warning : vm.sending ? Icon::Sync : vm.offline ? Icon::CloudOff : Icon::Cloud;
  switch (app_bar(ui, {.title = vm.title, .back = vm.back, .status_icon = icon, .status = vm.status, .person = vm.person, .cover = vm.cover})) {
    case BarAction::Back: out.push_back(state::Back{}); break;
    case BarAction::Status: out.push_back(state::Open{ScreenKind::SyncStatus, {}}); break;
    case BarAction::Person: out.push_back(state::Open{ScreenKind::Settings, {}}); break;
    case BarAction::Cover: out.push_back(state::Cover{}); break;
    case BarAction::None: break;
  }
}

void draw_screen(Ui& ui, Rect where, const state::State& state, Editors& editors, Intents& out) {
  const state::Screen& screen = *state.screen();
  switch (screen.kind) {
    case ScreenKind::MyChildren: return draw_my_children(ui, where, my_children_vm(state), ListPlace::Whole, editors, out);
    case ScreenKind::Child: return draw_child(ui, where, child_vm(state, screen.id), out);
    case ScreenKind::StartVisit: return draw_start_visit(ui, where, start_visit_vm(state), editors, out);
    case ScreenKind::Record: return draw_record(ui, where, record_vm(state), date_words(state), note_words(state), editors, out);
    case ScreenKind::Check: return draw_check(ui, where, check_vm(state), out);
    case ScreenKind::SyncStatus: return draw_sync_status(ui, where, sync_vm(state), out);
    case ScreenKind::Approvals: return draw_approvals(ui, where, approvals_vm(state), out);
    case ScreenKind::Review: return draw_review(ui, where, review_vm(state), date_words(state), note_words(state), editors, out);
    case ScreenKind::Conflict: return draw_conflicts(ui, where, conflicts_vm(state), out);
    case ScreenKind::Alerts: return draw_alerts(ui, where, alerts_vm(state), note_words(state), editors, out);
    case ScreenKind::Match: return draw_match(ui, where, match_vm(state, screen.id), out);
    case ScreenKind::Settings: return draw_settings(ui, where, settings_vm(state), out);
    case ScreenKind::ReadRecord: return draw_read(ui, where, read_vm(state, screen.id), note_words(state), editors, out);
  }
}

/// A key, a finger or the mouse: somebody is there, whether or not it asked for anything.
bool anything_touched() {
  const ImGuiIO& io = ImGui::GetIO();
  bool touched = io.MouseDelta.x != 0 || io.MouseDelta.y != 0 || io.MouseWheel != 0 || !io.InputQueueCharacters.empty();
  for (bool down : io.MouseDown) touched = touched || down;
  for (const auto& key : io.KeysData) touched = touched || key.Down;
  return touched;
}

}  // namespace

void draw_app(Ui& ui, const state::State& state, Editors& editors, Intents& out) {
  if (anything_touched()) out.push_back(state::Touched{});
  begin_root(ui, state.text()("app.name"));
  if (state.covered) {
    state::CurtainVm vm = curtain_vm(state);
    if (curtain(ui, vm.words, vm.saved, vm.uncover)) out.push_back(state::Uncover{});
    end_root(ui);
    return;
  }
  if (state.stage != state::Stage::Unlocked || !state.screen()) {
    ui.texts = {};  // not even the shape of a note stays behind a lock
    draw_unlock(ui, root_rest(ui), unlock_vm(state), editors, out);
    end_root(ui);
    return;
  }
  draw_bar(ui, state, out);
  Rect rest = root_rest(ui);
  // In visit mode nothing of another family may be seen, so there is no list at the side.
  if (!in_visit(state) && !ui.narrow()) {
    Rect side = cut_side(ui, rest);
    state::MyChildrenVm list = my_children_vm(state);
    const bool overview = state.screen()->kind == ScreenKind::MyChildren;
    draw_my_children(ui, side, list, overview ? ListPlace::BesideOverview : ListPlace::BesideScreen, editors, out);
    if (overview && state.supervisor()) {
      const state::ApprovalsVm queue = approvals_vm(state);
      draw_overview(ui, rest, list, &queue, out);
    } else if (overview) {
      draw_overview(ui, rest, list, nullptr, out);
    } else {
      draw_screen(ui, rest, state, editors, out);
    }
  } else {
    draw_screen(ui, rest, state, editors, out);
  }
  end_root(ui);
}

}  // namespace doorstep::view
