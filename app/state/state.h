#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "app/state/assets.h"
#include "app/state/caseload.h"
#include "app/state/editors.h"
#include "app/state/effects.h"
#include "app/state/events.h"
#include "app/state/intents.h"
#include "sync/rules/validate.h"

/// The whole app as one value, and the one function that changes it. Pure: time and ids come in through Context.
namespace doorstep::state {

/// A number to call, from device.toml, in the order to try them.
struct Contact {
  std::string label;   ///< "Duty manager"
  std::string number;
};

/// What the tablet was set up with; never changes while the program runs.
struct Config {
  std::string council;
  std::vector<Contact> contacts;
  std::string it = {};               ///< the number of IT; empty: not given
  Millis lock_after{120'000};        ///< idle, no visit open
  Millis curtain_after{60'000};      ///< idle, a visit open
  Millis visit_lock_after{600'000};  ///< idle, a visit open
  LookChoice look = LookChoice::Light;        ///< until the worker chooses another
  Language language = Language::English;      ///< the same
  bool photos = false;               ///< photos may be attached here
  bool demonstration = false;        ///< every family here is invented, and every screen says so
};

/// What the world is like when update() is called.
struct Context {
  Instant wall;
  Millis mono{0};                ///< never goes back
  std::function<Id()> new_id;    ///< fresh ids; deterministic in tests
};

enum class Stage { Starting, FirstUnlock, Locked, Unlocking, Unlocked, Wiped };

struct Settings {
  int text_percent = 100;  ///< 100..200
  LookChoice look = LookChoice::Light;
  Language language = Language::English;  ///< of the app's own words
  bool spelling = true;    ///< misspelt words are marked
};

/// So that a word can be looked for where it stands, without a copy.
struct WordHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view word) const { return std::hash<std::string_view>()(word); }
};

/// What is known of the words in the notes since the tablet was unlocked. Never written anywhere.
struct Spelling {
  std::unordered_map<std::string, editor::Verdict, WordHash, std::equal_to<>> words;  ///< Unknown: asked; at most limits::kSpelledWords
  std::set<std::string, std::less<>> names;  ///< of people and places here, as editor::fold() makes them
  std::vector<std::string> left;             ///< words that stay as they are in this visit
  std::string suggested;                     ///< the word that suggestions were asked for last
  std::optional<std::vector<std::string>> suggestions;  ///< empty: not answered yet
};

struct Screen {
  ScreenKind kind = ScreenKind::MyChildren;
  Id id;
  friend bool operator==(const Screen&, const Screen&) = default;
};

/// Why what was pressed cannot be done as it is.
struct PressProblem {
  std::string at;                  ///< key of the control that is to be filled in; empty: none
  Id step;                         ///< the directed step it is about, or nil
  std::string words;
};

/// The passphrase being changed; the words are in the editors.
struct ChangingPassphrase {
  std::optional<PressProblem> problem;
  bool busy = false;
};

/// A visit being started, before there is a draft.
struct Starting {
  Id family;                ///< nil with `elsewhere`
  bool elsewhere = false;   ///< a family not on this tablet
  std::string type;         ///< code
  std::set<Id> children;
  std::vector<PressProblem> problems;
};

/// What was done to a mark on a body map, so that it can be undone.
struct MarkStep {
  Place item;
  std::optional<model::Injury> before;  ///< as it was; empty: it was not there
  std::size_t index = 0;                ///< where in the list
  bool removed = false;
};

/// Strokes that were taken away from a sheet, by one press; they can be had back.
struct TakenStrokes {
  Place question;
  std::vector<model::Stroke> strokes;
};

/// The pen of a sheet that is drawn on by keys.
struct Pen {
  Place question;
  model::Point at{0.5, 0.5};
  std::vector<model::Point> way;  ///< since it was put down; empty: it is lifted
};

/// The visit open for recording.
struct OpenVisit {
  model::Visit visit;
  std::int64_t based_on = 0;       ///< DraftItem::version this was opened from
  std::uint64_t edit = 0;          ///< counts changes
  std::uint64_t sent = 0;          ///< of the last SaveDraft
  std::uint64_t saved = 0;         ///< of the last Saved
  std::optional<Instant> saved_at;
  std::optional<Millis> dirty_since, last_edit;  ///< monotonic; empty when everything was sent to be saved
  std::string save_error;          ///< in plain words; empty when the last save was good
  Id child;                        ///< tab shown; nil: the whole visit
  std::vector<MarkStep> mark_steps;  ///< latest last, at most limits::kVisitUndo
  Id placing;                      ///< the mark that the next place pressed on its body map is for; nil: a new one
  std::set<std::string> sheets;    ///< keys of the questions whose sheet is open to be drawn on
  Pen pen;                         ///< of the sheet drawn on last; another begins in its middle
  std::string ink;                 ///< one of model::kInks; empty: the first
  std::set<std::string> full;      ///< keys of the sheets on which there was no room for a stroke
  std::vector<TakenStrokes> taken; ///< latest last
  bool jotting_open = false;       ///< the place to jot something down is there
  Id in_hand;                      ///< the jotting that is to be put into a field
  std::string put_error;           ///< in plain words: why it could not be put there
  std::set<CallKey> calls_open;    ///< call cards that were opened: others look on, so they come closed
  bool older_photos = false;       ///< those of the camera's folder from before the visit are listed
  bool discard_asked = false;
  bool checked = false;            ///< "Check and submit" was pressed: problems are shown at their questions
  std::vector<rules::Problem> refused;  ///< what was missing when it was to be submitted and could not be; empty: it never was refused
  std::set<Id> problems_turned;    ///< of "Check and submit": lists opened or closed, by child, nil: the visit
  bool submitting = false;
  std::string submit_error;
  std::string attach_problem;      ///< of the last file, in plain words
};

/// The photo that is shown.
struct OpenPicture {
  std::string sha256;
  std::shared_ptr<const Pixels> pixels;  ///< empty: not yet
  std::string problem;                   ///< in plain words
};

/// A draft as it was last handed to the store, or as the store last changed it.
struct NewerDraft {
  model::Visit visit;
  std::int64_t version = 0;
  std::uint64_t edit = 0;          ///< OpenVisit::edit that it holds
  bool kept = false;               ///< the store has it: a caseload without it is later, and it is gone
  std::optional<Millis> try_again = {};  ///< monotonic; its save failed when it was no longer open
};

/// Words typed that no record holds yet: half a date, a jotting not added, a rationale before the decision, and what was chosen for
/// it. By the id of the visit or record they belong to (nil: neither) and the key of their editor, as "<id>/<key>". Saved on this
/// tablet only.
struct Unfinished {
  std::map<std::string, std::string> words;
  std::map<std::string, Id> dirty;             ///< not handed to the store yet; and the case each is about
  std::optional<Millis> dirty_since, last_edit; ///< monotonic; empty when everything was
};

/// The copy of agreed steps that a family is shown: only what a worker has chosen for it.
struct FamilyCopy {
  std::set<Id> steps;
  bool shown = false;
};

/// What a supervisor is reading; a decision names exactly this.
struct Reviewing {
  model::RevisionRef read;
  std::optional<bool> agree_risk;
  bool in_person = false;
  std::string return_reason;       ///< code
  bool since_return = false;
  std::vector<Id> directed;        ///< steps to be directed; their words are in the editors of directed_key()
  std::vector<PressProblem> problems;
  bool stale = false;              ///< a newer version has arrived since it was opened
};

struct State {
  Stage stage = Stage::Starting;
  bool has_passphrase = false;
  bool pins = false;                      ///< a PIN may be chosen instead
  Config config;
  std::shared_ptr<const Assets> assets;   ///< words, forms, clocks: never empty after the mains have started
  Settings settings;
  std::string worker_name;
  std::string unlock_problem;             ///< in plain words, until the next try
  std::string unlock_pause;               ///< that it is to be waited; told while it is
  bool commanded_lock = false;            ///< the council locked it, and nobody has opened it since
  bool destroyed = false;                 ///< the tablet's key: nothing opens it any more
  std::optional<Millis> unlock_wait_until;///< monotonic
  bool show_passphrase = false;
  std::optional<ChangingPassphrase> passphrase;  ///< while its screen is open
  bool wipe_waits = false;                ///< for an unlock: what is on it is to be sent before the tablet is wiped

  Instant now;                            ///< of the last update
  Millis mono{0};
  Millis last_touch{0};
  bool covered = false;

  CaseloadPtr caseload;                   ///< empty unless unlocked
  std::vector<Screen> screens;            ///< a stack; the last is shown
  ListTab tab = ListTab::Today;
  Id selected_child;                      ///< of the list at the side
  std::optional<Starting> starting;
  std::optional<OpenVisit> visit;
  std::set<Id> discarded;                 ///< thrown away here, and still in the caseload until the next one
  std::map<Id, NewerDraft> drafts;        ///< newer than the caseload's
  Unfinished unfinished;
  Screen resume;                          ///< where the worker was when it locked; ids only
  std::optional<Reviewing> reviewing;
  std::optional<FamilyCopy> family_copy;
  std::map<Id, std::string> alert_problem;
  std::set<CallKey> reason_open;          ///< call cards that show their reason
  std::set<CallKey> calls_turned;         ///< those that are not as they come: open in a tall window, small in a short one
  std::set<Id> receipts_open;             ///< records whose receipt shows its details
  Id match_target;
  std::vector<PhotoFile> photo_files;
  int attaching = 0;                      ///< files that are being copied
  bool not_attached = false;              ///< there were such when the tablet locked: to be told
  std::optional<OpenPicture> picture;     ///< of ScreenKind::Photo
  std::uint64_t search_number = 0;
  std::vector<SearchHit> search_hits;
  SyncStatus sync;
  DeviceLooked device;
  std::string notice;                     ///< one plain line: what just happened
  std::string focus;                      ///< key of the control that is to get the keyboard,
  std::uint64_t focus_number = 0;         ///< whenever this has grown

  Editors editors;
  Spelling spelling;

  /// Another after each update() that may have changed what a view model says; copies share it. Whoever remembers a view model
  /// keeps this with it and compares, and the minute of `now`. saved_vm and curtain_vm are not covered. Empty: nothing may be
  /// remembered.
  std::shared_ptr<const void> revision;
  /// Another after each update() that may have changed what my_children_vm and match_vm list, and nothing else: that is no other
  /// `revision`, for whoever searches types.
  std::shared_ptr<const void> found;

  const Screen* screen() const { return screens.empty() ? nullptr : &screens.back(); }
  bool ended() const { return caseload && caseload->ended; }  ///< the worker's access: only what is being sent is shown
  bool lease_over() const { return caseload && caseload->lease_over; }  ///< nothing is shown but the visit that is being written
  bool supervisor() const { return caseload && caseload->me.role == model::Role::Supervisor; }
  /// In the app's language; what it asks and when is the same in each.
  const rules::Form& form() const { return settings.language == Language::Welsh ? assets->welsh_form : assets->form; }
  const rules::Rules& rules() const { return settings.language == Language::Welsh ? assets->welsh_rules : assets->rules; }
  /// The words of `key`, which is about the passphrase; where that may be a PIN, those of `key`.pin if there are such.
  std::string secret_text(std::string_view key) const { return text()(secret_key(key)); }
  std::string secret_key(std::string_view key) const {
    const auto other = std::string(key) + ".pin";
    return pins && text().has(other) ? other : std::string(key);
  }
  const Text& text() const { return settings.language == Language::Welsh ? assets->welsh : assets->text; }
};

/// The draft as it stands now: open, handed to the store, or in the caseload. nullptr: none such.
const model::Visit* draft_of(const State& state, const Id& visit);
/// All drafts of this worker as they stand now; newest last.
std::vector<const model::Visit*> all_drafts(const State& state);
/// A visit is open for recording: only its family is drawn, and the tablet covers and locks by other times.
bool in_visit(const State& state);
/// A child part or record with a call still to be made.
struct PendingCall {
  const model::VisitFacts* facts = nullptr;
  const model::ChildPart* part = nullptr;
  Id visit;   ///< the draft, or nil
  Id record;  ///< the record, or nil
};
std::vector<PendingCall> pending_calls(const State& state);

/// The state a program begins with. Its assets are these with IT's number in their words.
State initial(std::shared_ptr<const Assets> assets, Config config);

Effects update(State& state, const Intent& intent, const Context& context);
Effects update(State& state, const Event& event, const Context& context);

/// When update(Tick) is next wanted (monotonic): autosave, a save to be tried again, curtain, lock, the wait after wrong
/// passphrases, words that nobody has looked at (at once). Empty: not before something else happens.
std::optional<Millis> next_deadline(const State& state);

}  // namespace doorstep::state
