#pragma once
#include "app/state/intents.h"
#include "app/state/state.h"
#include "app/state/view_models.h"
#include "app/view/widgets/ui.h"

/// One function per screen: draws a view model, reports what was asked in `out`. No I/O, no statics, no decisions. The text
/// being typed is in `editors`, the only thing a screen changes.
namespace doorstep::view {

/// The whole window: bar, list at the side where there is room, the screen on top of the stack, the cover over all.
/// While a visit is open only its family is drawn.
void draw_app(Ui& ui, const state::State& state, state::Editors& editors, state::Intents& out);

/// The whole window of a tablet that is not set up. True: it is to be closed.
bool draw_cannot_start(Ui& ui, const state::CannotStartVm& vm);

// Each fills `where`, which is the window without its bar, or a pane of it.
void draw_unlock(Ui& ui, Rect where, const state::UnlockVm& vm, state::Editors& editors, state::Intents& out);
/// The list alone in a narrow window, or at the side of the overview or of another screen: nothing is on the window twice.
enum class ListPlace { Whole, BesideOverview, BesideScreen };
void draw_my_children(Ui& ui, Rect where, const state::MyChildrenVm& vm, ListPlace place, state::Editors& editors, state::Intents& out);
/// Beside the list while nothing is open: calls to make, what is to be written up, starting a visit.
/// With a supervisor's queue, if there is one.
void draw_overview(Ui& ui, Rect where, const state::MyChildrenVm& vm, const state::ApprovalsVm* queue, state::Intents& out);
/// In place of every list while the tablet may show nothing.
void draw_closed(Ui& ui, Rect where, const state::ClosedVm& vm, state::Intents& out);
void draw_going_out(Ui& ui, Rect where, const state::GoingOutVm& vm, state::Intents& out);
void draw_child(Ui& ui, Rect where, const state::ChildVm& vm, state::Intents& out);
void draw_chronology(Ui& ui, Rect where, const state::ChronologyVm& vm, state::Intents& out);
void draw_own_words(Ui& ui, Rect where, const state::OwnWordsVm& vm, state::Intents& out);
void draw_family_copy(Ui& ui, Rect where, const state::FamilyCopyVm& vm, state::Intents& out);
void draw_start_visit(Ui& ui, Rect where, const state::StartVisitVm& vm, const state::NoteWordsVm& notes, state::Editors& editors,
                      state::Intents& out);
void draw_record(Ui& ui, Rect where, const state::RecordVm& vm, const state::SavedVm& saved, const state::DateWordsVm& dates,
                 const state::NoteWordsVm& notes, state::Editors& editors, state::Intents& out);
void draw_leaving(Ui& ui, Rect where, const state::LeavingVm& vm, state::Intents& out);
void draw_check(Ui& ui, Rect where, const state::CheckVm& vm, state::Intents& out);
void draw_photo_screen(Ui& ui, Rect where, const state::PhotoScreenVm& vm);  ///< the picture itself is ui.picture
void draw_read(Ui& ui, Rect where, const state::ReadVm& vm, const state::NoteWordsVm& notes, state::Editors& editors,
               state::Intents& out);
void draw_sync_status(Ui& ui, Rect where, const state::SyncVm& vm, state::Intents& out);
void draw_approvals(Ui& ui, Rect where, const state::ApprovalsVm& vm, state::Intents& out);
void draw_review(Ui& ui, Rect where, const state::ReviewVm& vm, const state::DateWordsVm& dates, const state::NoteWordsVm& notes,
                 state::Editors& editors, state::Intents& out);
void draw_conflicts(Ui& ui, Rect where, const state::ConflictsVm& vm, state::Intents& out);
void draw_alerts(Ui& ui, Rect where, const state::AlertsVm& vm, const state::NoteWordsVm& notes, state::Editors& editors,
                 state::Intents& out);
void draw_match(Ui& ui, Rect where, const state::MatchVm& vm, state::Editors& editors, state::Intents& out);
void draw_settings(Ui& ui, Rect where, const state::SettingsVm& vm, state::Intents& out);
void draw_passphrase(Ui& ui, Rect where, const state::PassphraseVm& vm, state::Editors& editors, state::Intents& out);

}  // namespace doorstep::view
