#pragma once
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "app/state/state.h"
#include "sync/model/body_map.h"
#include "sync/model/drawing.h"

/// What each screen shows, as plain words made from State by pure functions. A view draws these and decides nothing.
/// Everything a person reads is already in the language of the text file; keys are stable and never names of people. Parts
/// that are equal look and sound the same.
namespace doorstep::state {

enum class Mood { Neutral, Ok, Warn, Info, Danger };

struct TagVm {
  std::string words;
  Mood mood = Mood::Neutral;
  friend bool operator==(const TagVm&, const TagVm&) = default;
};
struct FactVm {
  std::string name, value;
  std::string question = {};              ///< of the form, that it answers; of summary_lines() only
  friend bool operator==(const FactVm&, const FactVm&) = default;
};
/// A button: empty label = not offered.
struct ActionVm {
  std::string label;
  std::optional<Intent> intent;  ///< emitted when pressed
  bool disabled = false;
  std::string spoken = {};       ///< its name, when the label alone does not say enough: "Remove Person 2"
  /// Look and sound the same, whatever they do.
  friend bool operator==(const ActionVm& a, const ActionVm& b) {
    return a.label == b.label && a.disabled == b.disabled && a.spoken == b.spoken;
  }
};

/// Whom to call, until a call is recorded.
struct CallCardVm {
  Id visit, record, child;       ///< what RecordCall names
  std::string heading;
  std::string quiet;             ///< instead of the heading while a card is closed in a home, where others look on
  std::string about;             ///< which child and visit, where cards of several stand together; empty in a visit, where others look on
  std::string emergency, who, number, called, no_answer, reason_label, reason;
  bool reason_open = false;
  bool turned = false;           ///< not as it comes: see State::calls_turned and OpenVisit::calls_open
  std::vector<std::string> tried;  ///< "Duty manager, 14:32: no answer"
  CallKey key() const { return {record.nil() ? visit : record, child}; }
  friend bool operator==(const CallCardVm&, const CallCardVm&) = default;
};

/// A photo or drawing of a child's record.
struct PhotoVm {
  Id id;
  std::string title;                                   ///< "Photo 1, 2.1 MB"
  TagVm tag;                                           ///< what is to be known of it; empty: nothing
  std::string caption_key, caption_label, caption_hint, caption;  ///< an editor; or, with an empty key, words
  ActionVm show, remove;
  friend bool operator==(const PhotoVm&, const PhotoVm&) = default;
};
struct PhotosVm {
  std::string heading;                                 ///< empty: there are none, and none may be added
  std::string hint, waiting;                           ///< waiting: "Waiting for 1 photo"
  std::vector<PhotoVm> photos;
  std::string files_heading, files_none;
  std::vector<ActionVm> files;                         ///< of the camera's folder, since the visit began: the newest first
  std::string older_label, older_count;                ///< what was there before, behind a press: it may be another family's
  bool older_open = false;
  std::vector<ActionVm> older;                         ///< when open
  ActionVm look_again;
  friend bool operator==(const PhotosVm&, const PhotosVm&) = default;
};

// Every screen ---------------------------------------------------------------------------------------------------------

struct BarVm {
  std::string title;
  std::string back;           ///< empty: no way back
  std::string status;         ///< "Offline", "Offline, 3 to send", "All sent"
  bool offline = false, trouble = false, sending = false;
  std::string person;         ///< full name
  std::string cover;          ///< label of the cover button
  std::string notice;         ///< what just happened, where the page at hand has no place for it
};
BarVm bar_vm(const State& state);

struct CurtainVm { std::string words, saved, uncover; };
CurtainVm curtain_vm(const State& state);

// Unlock ---------------------------------------------------------------------------------------------------------------

struct UnlockVm {
  std::string title, person, explanation;
  bool starting = false;       ///< whether there is a passphrase is not known yet: no field, nothing to press
  bool first = false;          ///< choosing a passphrase: two fields
  bool wiped = false;          ///< nothing can be opened any more: no field
  std::string notice;          ///< what the council did to the tablet, before anything is typed
  std::string passphrase_label, passphrase_hint, again_label, show_label;
  std::string forgotten;       ///< what then, and what is safe
  bool show = false;
  std::string problem;         ///< at the field
  std::string action;          ///< "Unlock"
  bool busy = false;           ///< being opened
  std::string busy_words;
  bool disabled = false;       ///< waiting after wrong ones, or nothing would open
};
UnlockVm unlock_vm(const State& state);

/// In place of everything else: the tablet is not set up, or not rightly.
struct CannotStartVm {
  std::string title, explanation;
  std::string read_heading;          ///< "Read this to IT:"
  std::vector<std::string> reasons;  ///< as their own program words them, and the command to use
  std::string close;
};
/// `key`: "cannot_start.not_set_up", "cannot_start.set_up_file".
CannotStartVm cannot_start_vm(const Text& text, const std::string& key, std::vector<std::string> reasons);

// My children ----------------------------------------------------------------------------------------------------------

struct ChildRowVm {
  Id child;
  std::string title;           ///< the name
  std::string subtitle;        ///< "Child protection, 27 Alder Close"
  std::string trailing;        ///< "Thu 3 Dec"
  TagVm tag;                   ///< the most pressing thing: "3 days overdue", "Not matched yet"
  bool selected = false;
  friend bool operator==(const ChildRowVm&, const ChildRowVm&) = default;
};
struct RowVm {
  std::string title, subtitle;
  TagVm tag;
  std::optional<Intent> open;
  /// Look and sound the same.
  friend bool operator==(const RowVm& a, const RowVm& b) { return a.title == b.title && a.subtitle == b.subtitle && a.tag == b.tag; }
};
/// What was found, or waits to be sent.
struct HitRowVm {
  Intent open;
  std::string key, title, snippet;
  std::vector<std::pair<std::size_t, std::size_t>> found;  ///< in the snippet: bytes from and to, in order, of the words found
};
struct MyChildrenVm {
  std::string title, date;
  std::string now_heading;                ///< of what is to be done, beside the list: "Today"
  std::string search_name;                ///< of the search box
  std::vector<std::string> tabs;          ///< ListTab's, with how many each has; not made anew while searching
  std::size_t tab = 0;
  std::vector<ChildRowVm> rows;
  bool searching = false;
  std::string found;                      ///< "3 results"; empty: none, or nothing is looked for
  std::string rows_heading, hits_heading; ///< of what was found; empty: none of it
  ActionVm clear_search;
  std::vector<HitRowVm> hits;             ///< when searching, or under ListTab::Waiting
  std::string empty_heading, empty_body;  ///< when there is nothing to list
  bool nobody = false;                    ///< no child is on this tablet at all
  std::string choose_heading, choose_body;  ///< beside the list, while nothing is open and there is somebody to choose
  struct DraftRow {
    Id visit;
    std::string title, subtitle;
    TagVm tag;
    friend bool operator==(const DraftRow&, const DraftRow&) = default;
  };
  std::string drafts_heading;             ///< "To write up"
  std::vector<DraftRow> drafts;
  std::string submitting_heading;         ///< "Waiting to send"; empty: nothing is submitted and not sent
  std::vector<DraftRow> submitting;
  ActionVm start_visit;
  RowVm going_out;                        ///< how the tablet stands, in one line
  std::vector<CallCardVm> calls;          ///< still to be made, from any visit
  std::vector<ActionVm> more;             ///< approvals (with their number), alerts, sync status, settings
  std::string notice;
  std::vector<FactVm> warnings;           ///< lease_warnings()
};
MyChildrenVm my_children_vm(const State& state);
/// What is listed there, made anew: `tabs` to `empty_body`. The rest does not depend on what is searched for.
void list_children(const State& state, MyChildrenVm& vm);

// Before going out ------------------------------------------------------------------------------------------------------

/// Whether the tablet is fit for a day without a network. What cannot be found out is left out.
struct GoingOutVm {
  std::string title, headline;
  Mood mood = Mood::Ok;
  /// `to_do`: empty, nothing. `group`: the heading it stands under, of several lines one after the other.
  struct LineVm { std::string name, value; TagVm to_do; std::string group; };
  std::vector<LineVm> lines;              ///< what the worker can put right, what IT has to, and what is in order
  ActionVm sync_now;
  bool sync_due = false;                  ///< it is among what is to be done
};
GoingOutVm going_out_vm(const State& state);

// A child --------------------------------------------------------------------------------------------------------------

struct HazardVm {
  std::string kind, note;
  friend bool operator==(const HazardVm&, const HazardVm&) = default;
};
struct StepVm { std::string what, owner, due, note; TagVm tag; };  ///< due: "By Sat 21 Nov"
struct PersonVm { std::string name, relationship, detail; };
struct VisitRowVm { Id record; std::string title, subtitle; TagVm tag; };
/// One line of what is to be known first; `sources`: the records it is from.
struct SummaryLineVm {
  std::string name, value = {};
  std::vector<FactVm> said = {};          ///< questions of the form, and what was answered
  TagVm tag = {};                         ///< what is not to be overlooked in it
  std::vector<ActionVm> sources = {};
};
struct ChildVm {
  Id child;
  std::string title;
  TagVm tag;                              ///< of a provisional child
  std::string provisional;                ///< what that means
  std::string summary_heading;
  std::vector<SummaryLineVm> summary;     ///< who, why and since when, last seen and alone, how safe, what is next
  std::vector<ActionVm> pages;            ///< more about the child, a page each
  std::vector<FactVm> facts;              ///< born and age, address, language, phone ...
  std::string hazards_heading;            ///< before the door
  std::vector<HazardVm> hazards;          ///< how it is safe to make contact comes first
  std::string involvement_heading;
  std::vector<FactVm> involvement;        ///< what has ended: the rest is in the summary
  std::string people_heading;
  std::vector<PersonVm> people;
  std::string steps_heading, steps_none;
  std::vector<StepVm> steps;
  std::string visits_heading, visits_none;
  std::vector<VisitRowVm> visits;
  ActionVm start_visit;
  ActionVm match;                         ///< a supervisor, for a provisional child
  std::vector<ActionVm> drafts;           ///< "Go on writing: ..."
};
ChildVm child_vm(const State& state, const Id& child);

// A child's story ------------------------------------------------------------------------------------------------------

struct ChronologyVm {
  std::string title, intro, none;
  struct EntryVm {
    std::string key, day, title, detail;
    TagVm tag;
    std::optional<Intent> open;           ///< the record it is of; empty: the council's case system, or a clock nothing has met
  };
  std::vector<EntryVm> entries;           ///< latest first
};
ChronologyVm chronology_vm(const State& state, const Id& child);

/// What the child said, visit by visit, latest first: nobody else's words.
struct OwnWordsVm {
  std::string title, intro, none;
  std::string care;                       ///< that it is not to be shown or read out without a thought
  struct VisitVm {
    std::string key, heading, detail;     ///< "Child protection visit, Wed 18 Nov"; who was there to hear it, and how
    std::vector<FactVm> said;             ///< where it was said, and the words as they were written
    ActionVm source;
  };
  std::vector<VisitVm> visits;
};
OwnWordsVm own_words_vm(const State& state, const Id& child);

// Start a visit --------------------------------------------------------------------------------------------------------

struct ChoiceVm {
  std::string key, label, hint;
  bool selected = false;
  Intent intent;
  /// Look and sound the same, whatever they do.
  friend bool operator==(const ChoiceVm& a, const ChoiceVm& b) {
    return a.key == b.key && a.label == b.label && a.hint == b.hint && a.selected == b.selected;
  }
};
struct StartVisitVm {
  std::string title;
  std::string family_label, family_error;
  std::vector<ChoiceVm> families;         ///< of this caseload, then "a family not on this tablet"
  bool elsewhere = false;
  std::string name_label, name_error, address_label;               ///< with elsewhere; editors kNewFamily ...
  std::string children_label, children_hint, children_error;
  std::string hazards_heading;
  std::vector<HazardVm> hazards;          ///< told before the door is reached
  std::string read_first;                 ///< the same in short, beside the button; empty: none
  std::string type_label, type_error;
  std::vector<ChoiceVm> types;
  std::string who_label, who_error;
  std::vector<ChoiceVm> children;         ///< checkboxes
  std::string problems_heading;
  std::vector<ActionVm> problems;         ///< each leads to its control, where it has one
  ActionVm start;
};
StartVisitVm start_visit_vm(const State& state);

// When the lease is over ---------------------------------------------------------------------------------------------------

/// In place of everybody's lists: why nothing is shown, that nothing is lost, and what is still to be done.
struct ClosedVm {
  std::string title, headline, why, safe, to_do;
  FactVm clock;                           ///< the clock was set back; empty: not
  std::string notice;
  std::vector<FactVm> facts;
  std::string visit_hint;
  ActionVm start_visit, sync_now;
};
ClosedVm closed_vm(const State& state);
/// That the lease is near its end, and that the clock was set back, each in a line and what follows from it: what a person is told
/// beside everything else.
std::vector<FactVm> lease_warnings(const State& state);

// The family's copy -----------------------------------------------------------------------------------------------------

/// What was agreed, for the family to read: what, who and by when, and nothing else of a record.
struct FamilyCopyVm {
  std::string title, intro, none;
  struct ChildVm { std::string name; std::vector<ChoiceVm> steps; };
  std::vector<ChildVm> children;          ///< to choose from; nothing is chosen beforehand
  ActionVm show;
  std::string why_not;                    ///< why it cannot be shown yet; empty: it can
  bool shown = false;                     ///< the family looks on
  struct StepVm { std::string what, who, when; };
  struct AgreedVm { std::string name; std::vector<StepVm> steps; };
  std::vector<AgreedVm> agreed;
  std::string date;                       ///< of the visit; where none is open, of today
  std::string ask;                        ///< whom to ask
  ActionVm close;                         ///< goes through the cover: the tablet may still be in the family's hands
};
FamilyCopyVm family_copy_vm(const State& state, const Id& id);

// Record a visit -------------------------------------------------------------------------------------------------------

enum class FieldKind { Choice, Multi, Number, Line, Note, Date, Time, DateTime, Scale };

struct OptionVm {
  std::string code, label, hint;
  bool selected = false;
  FieldValue value;
  friend bool operator==(const OptionVm&, const OptionVm&) = default;
};

/// What was drawn on the sheet of a question.
struct SheetVm {
  Place question;
  std::string key;               ///< of its controls
  std::string spoken;            ///< "House of worries, drawn by Amara: 12 strokes"
  std::string caption;           ///< on the sheet: whose it is
  const std::vector<model::Point>* guide = nullptr;  ///< what is drawn into: model::house_outline(), or nothing
  std::vector<model::Stroke> strokes;
  // Only where it can be drawn on
  ActionVm open;                 ///< or close
  bool is_open = false;
  std::string hint, full;        ///< full: there was no room for a stroke
  struct PenVm {
    std::string spoken;          ///< "Pen down: 50 across and 40 down, of 100"
    model::Point at;
    std::vector<model::Point> way;  ///< what it has drawn since it was put down
    friend bool operator==(const PenVm&, const PenVm&) = default;
  } pen;                         ///< moved by keys
  std::string inks_label;
  std::vector<ChoiceVm> inks;
  std::string ink;               ///< the chosen one's colour
  ActionVm undo, clear, back;
  friend bool operator==(const SheetVm&, const SheetVm&) = default;
};

/// One question. Text, date and time kinds are typed into the editor of `key` (begun from `text`, `date`, `minutes`) and
/// announced by FieldTyped; the others by FieldChosen{place, option.value}. DateTime uses the editors key and key+"/time".
struct FieldVm {
  FieldKind kind{};
  Place place;
  std::string key;               ///< place.key()
  std::string label, hint, error;
  std::string text;
  bool verbatim = false;         ///< of a note: what somebody said, word for word
  std::optional<base::Date> date;
  std::optional<int> minutes;    ///< of the local day
  std::vector<OptionVm> options;
  std::optional<int> scale;
  std::string low, high;         ///< ends of a scale
  std::string not_covered;       ///< label of the "Not covered" tap; empty: not offered
  bool is_not_covered = false;
  std::string why_label;         ///< when not covered and a reason is asked: the editor key is key + "/uncovered"
  std::string why;
  std::optional<SheetVm> sheet;  ///< a child may draw beside the words
  ActionVm put_here;             ///< while a jotting is in hand: into this one
  ActionVm now;                  ///< for times: "Now"
  std::size_t max_bytes = 1000;
  friend bool operator==(const FieldVm&, const FieldVm&) = default;
};

/// A mark on a figure of the body map.
struct MarkVm {
  Place item;
  std::string key;               ///< of its control, and of its focus
  std::string number;            ///< as its description has it
  std::string name;              ///< spoken: "2. Bruise. Left forearm, front", and its point where it can be moved
  model::Point at;
  bool placing = false;          ///< the next place pressed is its
  friend bool operator==(const MarkVm&, const MarkVm&) = default;
};
/// One view of the body, with the marks seen there.
struct FigureVm {
  model::BodyView view{};
  const model::BodyOutline* outline = nullptr;  ///< one of body_outline(): lives as long as the program
  std::string key, name;         ///< "Front"
  std::string spoken;            ///< what it says: that a place can be pressed; or, read back, which marks it shows
  std::string left, right;       ///< which side of the child is at the left, and at the right; empty: not said
  std::vector<MarkVm> marks;
  friend bool operator==(const FigureVm&, const FigureVm&) = default;
};
struct BodyMapVm {
  Place list;
  std::string key, hint;         ///< what to do with it now
  bool placing = false;          ///< the next place pressed is for a mark that is described already
  std::vector<FigureVm> figures;
  ActionVm undo;
  friend bool operator==(const BodyMapVm&, const BodyMapVm&) = default;
};

struct ItemVm {
  Id id;
  std::string title;             ///< "Bruise, left ear"
  std::string lead;              ///< words read above the fields: what a carried step says, where on the body map a mark is
  std::string error;
  std::vector<FieldVm> fields;
  ActionVm place;                ///< of a mark: show it on the body map, or elsewhere there
  ActionVm remove;
  friend bool operator==(const ItemVm&, const ItemVm&) = default;
};

/// A list question: people, injuries, steps ...
struct ListVm {
  Place place;
  std::string key, label, hint, error;
  std::optional<BodyMapVm> map;  ///< of injuries, above them
  std::vector<ItemVm> items;
  ActionVm add;
  std::string none;              ///< "Nobody else": one tap; empty: not offered
  bool is_none = false;
  std::string known_label;       ///< of people: who the family's list names, to be said by one press
  std::vector<ChoiceVm> known;
  ActionVm all_not_discussed;
  std::string not_covered;       ///< as in FieldVm; the editor of why is key + "/uncovered"
  bool is_not_covered = false;
  std::string why_label, why;
  friend bool operator==(const ListVm&, const ListVm&) = default;
};

/// Several fields that belong together and are no list: risk.
struct GroupVm {
  Place place;
  std::string key, hint, error;
  std::vector<FieldVm> fields;   ///< none while it is not covered
  std::string not_covered;       ///< as in FieldVm; offered while nothing of it is answered
  bool is_not_covered = false;
  std::string label;             ///< of the question, while it is not covered
  std::string why_label, why;
  friend bool operator==(const GroupVm&, const GroupVm&) = default;
};

/// Who went with the worker: not a question of the form, for it is of the visit itself.
struct SecondWorkerVm {
  std::string key, label, hint;
  std::vector<ChoiceVm> workers;
  friend bool operator==(const SecondWorkerVm&, const SecondWorkerVm&) = default;
};

/// One press for all choices of a section that have no answer yet.
struct RestVm {
  std::string key;
  std::vector<ActionVm> actions;
  friend bool operator==(const RestVm&, const RestVm&) = default;
};

using BlockVm = std::variant<FieldVm, ListVm, GroupVm, SecondWorkerVm, RestVm>;
struct SectionVm {
  std::string id, title;
  std::vector<BlockVm> blocks;
};

/// Words taken on the way, as they were written, and where they went.
struct JottingVm {
  Id id;
  std::string taken;             ///< "Taken in the home at 14:05"
  std::string words;
  std::string put;               ///< "Put into: What Amara said"; empty: nowhere yet
  ActionVm take;                 ///< into the hand, to be put into a field
  bool in_hand = false;
  friend bool operator==(const JottingVm&, const JottingVm&) = default;
};

struct PartTabVm {
  Id child;           ///< nil: the whole visit
  std::string name;
  std::string label;  ///< the name, and after a check how much is to do
  friend bool operator==(const PartTabVm&, const PartTabVm&) = default;
};
/// What of the page shown kept the visit from being submitted. A line stays when its problem is gone, and says so, so that nothing
/// below moves while it is being answered.
struct RefusedVm {
  std::string heading;                    ///< empty: it was not to be submitted, or nothing of this page was in the way
  std::vector<ActionVm> problems;         ///< pressed, each shows its question
  ActionVm more;                          ///< without intent: those are all
  friend bool operator==(const RefusedVm&, const RefusedVm&) = default;
};
struct RecordVm {
  Id visit;
  std::string title;             ///< "Home visit: Okafor family"
  TagVm tag;                     ///< "Draft", or "Returned" where somebody returned what it revises
  std::string when, where, with; ///< "Thursday 19 March, 14:05", the address, "With Dan Price"
  std::vector<HazardVm> hazards;
  std::vector<CallCardVm> calls; ///< of every child with a call pending, whichever tab is shown
  std::string conflict;          ///< words when something was written twice; goes to the conflict screen
  ActionVm settle;
  std::vector<PartTabVm> tabs;
  std::size_t tab = 0;
  RefusedVm refused;
  std::string returned_why;      ///< a returned record: who said what
  std::string came_back;         ///< a submission that the server did not take: why
  std::string submitted_already; ///< the visit is submitted, and this is what was written beside it; then discard stands there
  std::vector<ActionVm> open_submitted;  ///< the records that were submitted, where they can be changed or added to
  std::vector<SectionVm> sections;
  PhotosVm photos;               ///< of the child shown
  std::string jottings_heading, jottings_hint, jotting_label;
  std::vector<JottingVm> jottings;
  bool jotting_open = false;     ///< the place to jot something down is there
  ActionVm jot, add_jotting;     ///< open or close that place; keep what was jotted down
  std::string in_hand, in_hand_hint, put_error;  ///< "Placing: “he waits below”", of the jotting in hand; empty: none is
  ActionVm put_down;
  ActionVm check;                ///< "Check and submit"; none where all of it is submitted already
  ActionVm leaving;              ///< "Before you leave"
  ActionVm discard;
  std::string discard_question;  ///< once asked: words, and the two answers
  ActionVm discard_yes, discard_no;
};
RecordVm record_vm(const State& state);
/// Whether what was typed is on the disk. Another after almost every key, so it stands apart from the page.
struct SavedVm {
  std::string words;             ///< "Saved on this tablet at 14:32"; empty: nothing was typed yet
  bool failed = false;
  bool saving = false;           ///< not on the disk yet
};
SavedVm saved_vm(const State& state);
/// Key of the first control of the question or item at `place`, as the record screen draws it; empty when it is not shown.
std::string first_control(const RecordVm& vm, const Place& place);

// Before leaving the home -----------------------------------------------------------------------------------------------

/// What has not been asked or seen yet: a reminder, which holds nothing up.
struct LeavingVm {
  std::string title, intro;
  std::string first_heading;
  std::vector<ActionVm> first;            ///< whether each child was seen, and alone; empty: it is said
  struct PartVm { std::string title; std::vector<ActionVm> questions; };  ///< a section of the form; pressed: to the question
  struct AboutVm { std::string key, name, count; std::vector<PartVm> parts; };  ///< the visit, or one child
  std::vector<AboutVm> about;             ///< the rest, the children's before the visit's
  std::string done, done_body;            ///< when nothing is left; empty: something is
  ActionVm back, family_copy;
};
LeavingVm leaving_vm(const State& state);

// Check and submit -----------------------------------------------------------------------------------------------------

/// One account: whose it is, its words or their beginning, and the way to where it stands.
struct AccountVm {
  std::string who, words;
  ActionVm go;                            ///< of control BesideVm::key + "/" + its number
  friend bool operator==(const AccountVm&, const AccountVm&) = default;
};
/// Accounts of one thing, set beside each other.
struct BesideVm {
  std::string key, about;
  std::vector<AccountVm> accounts;
  friend bool operator==(const BesideVm&, const BesideVm&) = default;
};
/// All that is said differently; no heading: nothing is.
struct BesidesVm {
  std::string heading, hint;
  std::vector<BesideVm> all;
  friend bool operator==(const BesidesVm&, const BesidesVm&) = default;
};

/// What is missing of the visit or of one child, section by section.
struct ProblemListVm {
  Id child;                               ///< nil: the visit
  std::string name, count;                ///< "Amara Okafor", "4 to do"
  bool open = false;
  struct PartVm { std::string title; std::vector<std::size_t> problems; };  ///< indices into CheckVm::problems
  std::vector<PartVm> parts;
};
struct CheckVm {
  std::string title, intro;
  std::string problems_heading;
  std::vector<ProblemListVm> lists;
  std::vector<std::string> problems;      ///< pressed: GoToProblem{index}
  std::string warnings_heading;
  std::vector<ActionVm> warnings;         ///< what may not go together; pressed, its question is shown, where it is about one
  BesidesVm beside;
  std::string summary_heading;
  struct PartVm { Id child; std::string name; std::vector<FactVm> lines; std::vector<ActionVm> change; };  ///< change: one for each line
  std::vector<PartVm> parts;              ///< what will be in each child's record, in short
  std::vector<CallCardVm> calls;
  std::string submit_error;
  ActionVm submit, back;
  std::string note_heading;               ///< "Now submit"; empty: something is in the way
  std::string note;                       ///< what happens next, offline and online
};
CheckVm check_vm(const State& state);

// Reading a record -----------------------------------------------------------------------------------------------------

/// A person, a step, an injury: what it is called, and what is said of it, each under its own words.
struct ReadEntryVm {
  std::string title;
  std::vector<FactVm> facts;
  friend bool operator==(const ReadEntryVm&, const ReadEntryVm&) = default;
};
/// The question, and what was said: words, or the entries of a list.
struct ReadLineVm {
  std::string name, value;
  std::vector<ReadEntryVm> entries;
  std::optional<SheetVm> sheet = {};      ///< what was drawn
  std::vector<FigureVm> figures = {};     ///< of injuries: those with a mark; nothing on them is pressed
  std::string question = {};              ///< its id
  ActionVm beside = {};                   ///< to where it is set beside another account; of control "line/" + question
  friend bool operator==(const ReadLineVm&, const ReadLineVm&) = default;
};
struct ReadBlockVm {
  std::string heading;
  std::vector<ReadLineVm> lines;
  friend bool operator==(const ReadBlockVm&, const ReadBlockVm&) = default;
};
/// The case server's receipt for the record; no words: there is none to tell of.
struct ReceiptVm {
  std::string words;
  Mood mood = Mood::Neutral;
  ActionVm turn;                          ///< opens or closes the details
  std::vector<FactVm> details;            ///< empty while closed
  friend bool operator==(const ReceiptVm&, const ReceiptVm&) = default;
};
struct ReadVm {
  std::string title;
  std::string visited;                    ///< "Visited Thursday 3 December 2026, 14:05"; empty: no start is written
  TagVm tag;
  std::vector<FactVm> facts;              ///< by whom, when, submitted, approved by ...
  BesidesVm beside;
  std::vector<ReadBlockVm> blocks;
  PhotosVm photos;
  std::vector<FactVm> decisions;
  std::vector<FactVm> addenda;
  ActionVm withdraw, rewrite, add_addendum;
  std::string addendum_heading, addendum_reason_label, addendum_text_label;  ///< after approval
  std::string notice;
  ReceiptVm receipt;
};
ReadVm read_vm(const State& state, const Id& record);

// One photo ------------------------------------------------------------------------------------------------------------

struct PhotoScreenVm {
  std::string title, words;               ///< its caption, or what it is; when it was added
  std::string status;                     ///< instead of the picture: why it is not shown
  bool trouble = false;
  std::string spoken;                     ///< what the picture is called, for who does not see it
  bool shown = false;
};
PhotoScreenVm photo_screen_vm(const State& state, const Id& photo);

// Sync status ----------------------------------------------------------------------------------------------------------

struct SyncVm {
  std::string title, headline;            ///< "Everything is with the case server."
  Mood mood = Mood::Neutral;
  std::vector<FactVm> facts;              ///< last receipt, waiting, next try
  std::string progress;
  std::string error;                      ///< what happened, and what to do
  std::string refused_heading, refused_hint;
  struct RefusedRow { std::int64_t number = 0; std::string title, about, why; ActionVm open, dismiss; };  ///< about: visit and day
  std::vector<RefusedRow> refused;
  std::string safe;                       ///< "What you wrote is safe on this tablet."
  ActionVm sync_now;                      ///< without a label: it cannot help
};
SyncVm sync_vm(const State& state);

// Approvals ------------------------------------------------------------------------------------------------------------

struct ApprovalRowVm { Id record; std::string title, subtitle, age; TagVm tag; };
struct ApprovalVisitVm { std::string heading; std::vector<ApprovalRowVm> rows; };  ///< one visit, decided child by child
struct ApprovalsVm {
  std::string title, intro;
  std::string notice;                     ///< what was just decided, and of whom
  std::vector<ApprovalVisitVm> visits;    ///< urgent first, then oldest first
  std::string empty_heading, empty_body;
};
ApprovalsVm approvals_vm(const State& state);

struct ChangeVm {
  std::string place, before, after;
  friend bool operator==(const ChangeVm&, const ChangeVm&) = default;
};  ///< before: empty when nothing was said
struct ReviewVm {
  std::string title;
  std::string visited;                    ///< as in ReadVm
  TagVm tag;
  std::string stale;                      ///< words when a newer version arrived; nothing may be decided then
  ActionVm reload;
  std::vector<FactVm> facts;
  std::string summary_heading;
  std::vector<FactVm> summary;            ///< five lines
  std::vector<std::string> change_tabs;   ///< "Since the last visit", "Since you returned it"
  std::size_t change_tab = 0;
  std::string changes_heading, changes_none, before_heading, after_heading;
  std::vector<ChangeVm> changes;
  BesidesVm beside;
  std::vector<ReadBlockVm> blocks;        ///< the whole record
  PhotosVm photos;
  std::string decide_heading;
  std::vector<std::string> why_rationale; ///< why words are compulsory here; empty: they are not
  std::string agree_label;
  std::vector<ChoiceVm> agree;            ///< agree with risk and threshold: yes, no
  std::string disagree_label, disagree_error;  ///< shown when no
  std::string rationale_label, rationale_hint, rationale_error;
  std::string in_person_label;
  bool in_person = false;
  std::string next_visit_label, next_visit_error;
  std::string reason_label, reason_hint, reason_error;
  std::vector<ChoiceVm> reasons;          ///< of a return
  std::string directed_heading, directed_hint;
  struct DirectedVm {
    std::string title, what_key, owner_key, due_key;
    ActionVm remove;
    std::string what_error, owner_error, due_error;  ///< once a decision was pressed
    friend bool operator==(const DirectedVm&, const DirectedVm&) = default;
  };
  std::vector<DirectedVm> directed;       ///< steps the supervisor directs
  std::string what_label, owner_label, owner_hint, due_label;
  ActionVm add_directed;
  std::string approve_words;              ///< what approving means
  std::string problems_heading;
  std::vector<ActionVm> problems;         ///< as those of a visit that is started
  ActionVm approve, give_back;
  std::string own;                        ///< words instead of the decision, for one's own record
};
ReviewVm review_vm(const State& state);

// Conflicts, alerts, matching ------------------------------------------------------------------------------------------

struct ConflictVm {
  std::string path, heading;              ///< the question's words
  std::string base_heading, base, mine_heading, mine, theirs_heading, theirs;
  ActionVm keep_mine, keep_theirs, keep_both;
};
struct ConflictsVm {
  std::string title;                      ///< the visit, and whom it is to
  TagVm tag;
  std::string intro;
  std::vector<ConflictVm> conflicts;
  std::string done;                       ///< when none is left
  ActionVm back;
};
ConflictsVm conflicts_vm(const State& state);

struct AlertVm {
  Id alert;
  std::string key, title, detail, raised;
  std::string outcome_label;
  std::vector<ChoiceVm> outcomes;
  std::string why_label, problem;
  ActionVm settle;
};
struct AlertsVm {
  std::string title, intro;
  std::vector<AlertVm> alerts;
  std::string empty_heading, empty_body;
};
AlertsVm alerts_vm(const State& state);

struct MatchVm {
  std::string title, intro;
  std::vector<FactVm> facts;              ///< what the worker wrote about the child
  std::string target_label, target_hint, search_name;
  std::vector<ChoiceVm> targets;          ///< the most alike first; those that the words in kMatchSearch find, and the one chosen.
                                          ///< Where nobody is alike, only these two
  std::size_t alike = 0;                  ///< how many of them are alike: their hints begin with what is the same
  std::string alike_heading, others_heading;
  std::string found_none;
  std::string none;                       ///< what to do when it is none of them; empty where none is listed
  ActionVm match;                         ///< not offered where none is listed
  std::string why_not;                    ///< why nothing can be matched yet; empty: it can
};
MatchVm match_vm(const State& state, const Id& child);

// Settings -------------------------------------------------------------------------------------------------------------

struct SettingsVm {
  std::string title;
  std::string size_label;
  std::vector<ChoiceVm> sizes;
  std::string look_label;
  std::vector<ChoiceVm> looks;
  std::string language_label;
  std::vector<ChoiceVm> languages;
  std::string spelling_label;
  std::vector<ChoiceVm> spelling;
  std::vector<FactVm> about;
  std::string notice;                     ///< what just happened
  ActionVm passphrase, lock;
};
SettingsVm settings_vm(const State& state);

struct PassphraseVm {
  std::string title, intro;
  std::string old_label, old_error, new_label, new_hint, new_error, again_label, again_error;
  std::string show_label;
  bool show = false;
  ActionVm change;
  std::string busy_words;                 ///< empty: it is not being changed
};
PassphraseVm passphrase_vm(const State& state);

// Dates, in plain words ------------------------------------------------------------------------------------------------

struct DateWordsVm { std::string day, month, year, hour, minute; };
DateWordsVm date_words(const State& state);
/// Words of the note editor's own buttons.
struct NoteWordsVm {
  std::string undo, redo, word, words, too_long;
  std::string unjoined;                   ///< of a field whose text holds letters that it cannot join
  std::string misspelt;                   ///< the word that suggestions are here for, as it is written; empty: none
  std::string spelling;                   ///< name of their bar
  std::vector<std::string> suggestions;
  std::vector<std::string> spoken;        ///< "Change to friend", one for each
  std::string no_suggestions;             ///< empty: there are some, or they are still looked for
  std::string leave;                      ///< "Keep this spelling"
};
NoteWordsVm note_words(const State& state);

}  // namespace doorstep::state
