#include <imgui.h>

#include "app/view/models.h"
#include "app/view/parts.h"

namespace doorstep::view {
namespace {

using state::ScreenKind;

/// Those of the last frame, unless they are out of date.
std::shared_ptr<Models> models_of(Ui& ui, const state::State& state) {
  if (ui.models && ui.models->are_of(state)) return ui.models;
  if (state.stage != state::Stage::Unlocked) ui.forget();
  const auto now = std::make_shared<Models>(state);
  if (ui.models) now->take_over(*ui.models, state);
  return ui.models = now;
}

void draw_bar(Ui& ui, const state::BarVm& vm, Intents& out) {
  Icon icon = vm.trouble ? Icon::Warning : vm.sending ? Icon::Sync : vm.offline ? Icon::CloudOff : Icon::Cloud;
  switch (app_bar(ui, {.title = vm.title, .back = vm.back, .status_icon = icon, .status = vm.status, .person = vm.person, .cover = vm.cover})) {
    case BarAction::Back: out.push_back(state::Back{}); break;
    case BarAction::Status: out.push_back(state::Open{ScreenKind::SyncStatus, {}}); break;
    case BarAction::Person: out.push_back(state::Open{ScreenKind::Settings, {}}); break;
    case BarAction::Cover: out.push_back(state::Cover{}); break;
    case BarAction::None: break;
  }
}

void draw_screen(Ui& ui, Rect where, const state::State& state, Models& models, Editors& editors, Intents& out) {
  const state::Screen& screen = *state.screen();
  const Scope scope(ui, screen.id.str());  // another child's page, or another visit's, begins at its top
  const auto made = [&](auto make) -> const auto& { return models.get([&] { return make(state); }); };
  const auto made_of = [&](auto make) -> const auto& { return models.get([&] { return make(state, screen.id); }); };
  switch (screen.kind) {
    case ScreenKind::MyChildren:
      if (state.lease_over()) return draw_closed(ui, where, made(state::closed_vm), out);
      return draw_my_children(ui, where, made(state::my_children_vm), ListPlace::Whole, editors, out);
    case ScreenKind::Child: return draw_child(ui, where, made_of(state::child_vm), out);
    case ScreenKind::FamilyCopy: return draw_family_copy(ui, where, made_of(state::family_copy_vm), out);
    case ScreenKind::GoingOut: return draw_going_out(ui, where, made(state::going_out_vm), out);
    case ScreenKind::Chronology: return draw_chronology(ui, where, made_of(state::chronology_vm), out);
    case ScreenKind::OwnWords: return draw_own_words(ui, where, made_of(state::own_words_vm), out);
    case ScreenKind::StartVisit:
      return draw_start_visit(ui, where, made(state::start_visit_vm), made(state::note_words), editors, out);
    case ScreenKind::Record:
      return draw_record(ui, where, made(state::record_vm), saved_vm(state), made(state::date_words), made(state::note_words), editors,
                         out);
    case ScreenKind::Leaving: return draw_leaving(ui, where, made(state::leaving_vm), out);
    case ScreenKind::Check: return draw_check(ui, where, made(state::check_vm), out);
    case ScreenKind::SyncStatus: return draw_sync_status(ui, where, made(state::sync_vm), out);
    case ScreenKind::Approvals: return draw_approvals(ui, where, made(state::approvals_vm), out);
    case ScreenKind::Review:
      return draw_review(ui, where, made(state::review_vm), made(state::date_words), made(state::note_words), editors, out);
    case ScreenKind::Conflict: return draw_conflicts(ui, where, made(state::conflicts_vm), out);
    case ScreenKind::Alerts: return draw_alerts(ui, where, made(state::alerts_vm), made(state::note_words), editors, out);
    case ScreenKind::Match: return draw_match(ui, where, made_of(state::match_vm), editors, out);
    case ScreenKind::Settings: return draw_settings(ui, where, made(state::settings_vm), out);
    case ScreenKind::Passphrase: return draw_passphrase(ui, where, made(state::passphrase_vm), editors, out);
    case ScreenKind::Photo: return draw_photo_screen(ui, where, photo_screen_vm(state, screen.id));
    case ScreenKind::ReadRecord: return draw_read(ui, where, made_of(state::read_vm), made(state::note_words), editors, out);
  }
}

SelectionWords selection_words(const state::Text& text) {
  return {text("note.selection"), text("note.selection.from"), text("note.selection.to"), text("note.cut"),
          text("note.copy"),      text("note.paste"),          text("note.select_all")};
}

/// A key, a finger, the mouse or assistive technology: somebody is there, whether or not it asked for anything.
bool anything_touched(const Ui& ui) {
  const ImGuiIO& io = ImGui::GetIO();
  bool touched = ui.asked || io.MouseDelta.x != 0 || io.MouseDelta.y != 0 || io.MouseWheel != 0 || !io.InputQueueCharacters.empty();
  for (bool down : io.MouseDown) touched = touched || down;
  for (const auto& key : io.KeysData) touched = touched || key.Down;
  return touched;
}

/// A finger has brought up the keyboard on the screen, and it has made the window low: the bar goes, until the field is left.
bool keyboard_needs_room(const Ui& ui) { return ui.touch && ui.active_field != 0 && ui.is_short(); }

}  // namespace

void draw_app(Ui& ui, const state::State& state, Editors& editors, Intents& out) {
  if (anything_touched(ui)) out.push_back(state::Touched{});
  ui.selection_words = selection_words(state.text());
  begin_root(ui, state.text()("app.name"));
  if (state.config.demonstration) band(ui, state.text()("demonstration"));
  if (state.covered) {
    state::CurtainVm vm = curtain_vm(state);
    if (curtain(ui, vm.words, vm.saved, vm.uncover)) out.push_back(state::Uncover{});
    end_root(ui);
    return;
  }
  const std::shared_ptr<Models> models = models_of(ui, state);
  if (state.stage != state::Stage::Unlocked || !state.screen()) {
    draw_unlock(ui, root_rest(ui), models->get([&] { return unlock_vm(state); }), editors, out);
    end_root(ui);
    return;
  }
  if (state.screen()->kind == ScreenKind::FamilyCopy && state.family_copy && state.family_copy->shown) {  // nothing leads to another family
    draw_screen(ui, root_rest(ui), state, *models, editors, out);
    end_root(ui);
    return;
  }
  if (!keyboard_needs_room(ui)) draw_bar(ui, models->get([&] { return bar_vm(state); }), out);
  Rect rest = root_rest(ui);
  // Where a family looks on nothing of another may be seen, so there is no list at the side; nor is there one where nothing may be read.
  const bool family_looks_on = in_visit(state) || state.screen()->kind == ScreenKind::FamilyCopy;
  const bool has_list = !family_looks_on && !state.ended() && !state.lease_over();
  if (has_list && !ui.narrow()) {
    Rect side = cut_side(ui, rest);
    const state::MyChildrenVm& list = models->get([&] { return my_children_vm(state); });
    const bool overview = state.screen()->kind == ScreenKind::MyChildren;
    draw_my_children(ui, side, list, overview ? ListPlace::BesideOverview : ListPlace::BesideScreen, editors, out);
    if (overview) {
      draw_overview(ui, rest, list, state.supervisor() ? &models->get([&] { return approvals_vm(state); }) : nullptr, out);
    } else {
      draw_screen(ui, rest, state, *models, editors, out);
    }
  } else {
    if (has_list && state.screen()->kind != ScreenKind::MyChildren)
      draw_call_strip(ui, rest, models->get([&] { return my_children_vm(state); }).calls, out);
    draw_notice_strip(ui, rest, "notice", in_visit(state) ? Tone::Warn : Tone::Info,
                      models->get([&] { return bar_vm(state); }).notice);
    draw_screen(ui, rest, state, *models, editors, out);
  }
  end_root(ui);
}

}  // namespace doorstep::view
