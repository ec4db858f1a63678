#pragma once
#include "app/state/state.h"
#include "app/state/time_words.h"
#include "app/state/view_models.h"
#include "app/state/words.h"

/// What the sources of update() share: the turn being taken, and what one of them asks of another.
namespace doorstep::state::updating {

/// One call of update(): the state, the world, and what comes out.
struct Turn {
  State& state;
  const Context& context;
  Effects effects;
  bool seen = true;  ///< it may have changed what a view model says (but for saved_vm, which is made for every frame)
  bool found = false;  ///< it may have changed what is found by what is searched for

  const Text& text() const { return state.text(); }
  const rules::Form& form() const { return state.form(); }
};

/// Asks for an operation the server is to have: from now on it waits to be sent, also before the store says so.
template <class Operation>
void operate(Turn& turn, Operation operation) {
  ++turn.state.sync.waiting;
  turn.effects.push_back(std::move(operation));
}

// update_screens.cpp
void pop(Turn& turn);
void home(Turn& turn);
void push(Turn& turn, Screen screen);
void show(Turn& turn, const Open& open);
void lock(Turn& turn);
void commanded(Turn& turn, const Commanded& commanded);
/// Nothing may be read any more: what is not saved is handed to the store, then nothing of a case is left in State.
void end_reading(Turn& turn, ScreenKind shown);
void unlock(Turn& turn);
void unlocked(Turn& turn, const UnlockResult& result);
void change_passphrase(Turn& turn);
void passphrase_changed(Turn& turn, const UnlockResult& result);

// jottings.cpp
/// What is in the editor kJotting is kept, with its time.
void add_jotting(Turn& turn);
void put_jotting(Turn& turn, const PutJotting& put);

// update_drawing.cpp
void add_stroke(Turn& turn, const AddStroke& add);
void move_pen(Turn& turn, const MovePen& move);
void turn_pen(Turn& turn, const Place& question);
/// What it drew until now is a stroke: after anything but a movement of it, and before what is on the screen goes.
void lift_pen(Turn& turn);
/// The last stroke of the sheet, or all.
void take_strokes(Turn& turn, const Place& question, bool all);
void bring_back(Turn& turn, const Place& question);

// update_visit.cpp
/// After a change of the open visit: it is to be saved, soon.
void changed(Turn& turn);
/// What is not saved yet, of the open visit and of unfinished words, is handed to the store.
void save_now(Turn& turn);
/// Drafts that are not open and could not be saved; only those whose time has come, unless `all`.
void save_again(Turn& turn, bool all);
std::optional<Millis> save_deadline(const State& state);
std::int64_t version_of(const State& state, const Id& visit);  ///< of its draft: for SaveDraft::based_on
void drop_visit_editors(State& state);
void close_visit(Turn& turn);
/// False: there is no such draft, or it is being submitted.
bool open_visit(Turn& turn, const Id& id);
/// When the worker first says it is written up: whether a reason for lateness is asked depends on it.
void written_up(Turn& turn);
void start_visit(Turn& turn);
/// Takes what was typed into the editor of `key` over: into the open visit, and what no place can hold into Unfinished.
void typed(Turn& turn, std::string_view key);
void choose(Turn& turn, const FieldChosen& chosen);
void record_call(Turn& turn, const RecordCall& said);

// update_marks.cpp: marks on a body map
void put_mark(Turn& turn, const PutMark& put);
/// The next place pressed on the body map is for this element, if it is a mark.
void place_next(Turn& turn, const Place& item);
void choose_mark(Turn& turn, const Place& item);
/// To be called before an element is removed: a mark can be had back.
void keep_removed(Turn& turn, const Place& item);
void undo_mark(Turn& turn, const Place& list);

// update_visit.cpp
void submit(Turn& turn);
/// The control of this key is to get the keyboard; an empty one: none is.
void focus_on(State& state, std::string key);
void focus_on(State& state, const Place& place);
void go_to(Turn& turn, const Place& place);
void go_to_problem(Turn& turn, std::size_t index);
/// A draft that re-writes one's own returned or withdrawn record; the one there is, if there is one.
void rewrite(Turn& turn, const Id& record);

// unfinished.cpp
/// Words of the editor of `key`, which belongs to what is on the screen. Empty: there are none any more. True: they are news.
bool hold(Turn& turn, std::string_view key, std::string words);
/// The same of what belongs to `owner` in the case `case_id`.
void hold_for(Turn& turn, const Id& owner, const Id& case_id, std::string_view key, std::string words);
/// The editors and the unfinished words under `prefix` of what is on the screen are done with.
void forget(Turn& turn, std::string_view prefix);
/// All that was held for a visit or record.
void forget_all(Turn& turn, const Id& owner);
/// What was held for `owner` under `prefix` is to be seen in its editors again.
void recall(State& state, const Id& owner, std::string_view prefix);
/// The ids that follow `prefix` in the keys of what was held for `owner`, each once.
std::vector<Id> held_ids(const State& state, const Id& owner, std::string_view prefix);
/// Forgets what belongs to no draft, record or alert that is still here; of a caseload that is whole only.
void forget_strays(Turn& turn);
void save_unfinished(Turn& turn);

// spelling.cpp
/// The names of the caseload, when it lists others than `before` (nullptr: none), are never marked.
void learn_names(Turn& turn, const Caseload* before);
/// The same of the open visit.
void learn_visit_names(Turn& turn);
/// Marks what is to be marked after this turn, and asks for words nobody has judged.
void spell(Turn& turn, bool answered);
void suggest_spelling(Turn& turn, const std::string& word);
void leave_spelling(Turn& turn, const std::string& word);
/// The visit is closed: what was left as it is in it is marked elsewhere.
void forget_left(Turn& turn);
void set_spelling(Turn& turn, bool on);

// update_photos.cpp
/// A file, to the child whose tab is shown (or the only one).
void attach_file(Turn& turn, const std::string& path);
/// Into the child's part of the open visit, or of the draft it was left as. Nothing, when that is being submitted or gone.
void attached(Turn& turn, const Attached& attached);
void attach_failed(Turn& turn, const AttachFailed& failed);
/// After the tablet locked while a file was being copied: nothing refers to its copy, which goes at the unlock.
void tell_not_attached(Turn& turn);
void remove_photo(Turn& turn, const RemovePhoto& remove);
/// What was typed into the editor of a caption. False: the key is none, or there is no such photo.
bool caption_typed(Turn& turn, std::string_view key);
/// What a record or draft refers to is fetched while somebody looks at it.
void fetch_photos(Turn& turn, Id record, const std::vector<model::Attachment>& photos);
/// False: nothing that is here refers to such a photo.
bool open_photo(Turn& turn, const Id& photo);
void photo_opened(Turn& turn, const PhotoOpened& opened);
/// One that is waited for may have come.
void photos_loaded(Turn& turn);

// update_oversight.cpp
void start_review(Turn& turn, const Id& record);
/// What was chosen for the decision that is being made is kept on this tablet.
void keep_choices(Turn& turn);
void decide(Turn& turn, model::Verdict verdict);
void settle_alert(Turn& turn, const Id& alert);
void add_addendum(Turn& turn, const Id& record);
/// What was written for an operation that could not be kept is unfinished again.
void give_back(Turn& turn, const OperationFailed& failed);

}  // namespace doorstep::state::updating
