#pragma once
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "app/state/place.h"
#include "sync/merge/merge.h"

/// What a person asked for. Views emit these and nothing else. Text a person typed is in Editors; an intent names its key.
namespace doorstep::state {

using base::Id;

// Unlock: passphrases are in the editors kPassphrase and kPassphraseAgain
struct PressUnlock {};
struct TurnShowPassphrase {};
// Another one: in the editors kOldPassphrase, kNewPassphrase and kNewPassphraseAgain
struct PressChangePassphrase {};
struct PressLock {};

// Getting about
enum class ScreenKind { MyChildren, Child, StartVisit, Record, Check, SyncStatus, Approvals, Review, Conflict, Alerts, Match,
                        Settings, Passphrase, ReadRecord, Photo, Leaving, Chronology, OwnWords, GoingOut, FamilyCopy };
/// `id`: of Child, Match, Chronology and OwnWords the child, of Record, Check, Conflict and Leaving the visit, of FamilyCopy either, of
/// Review and ReadRecord the record, of Photo the attachment.
struct Open { ScreenKind screen{}; Id id; };
struct Back {};
enum class ListTab { Today, Week, Overdue, Waiting, All };
struct ShowTab { ListTab tab{}; };
struct SearchTyped {};                         ///< the search box changed
struct ClearSearch {};
struct Cover {};
struct Uncover {};

// Starting a visit
struct ChooseFamily { Id family; };            ///< nil: "a family not on this tablet"
struct ChooseVisitType { std::string code; };
struct TurnChild { Id child; };                ///< in or out of the visit being started
struct PressStart {};

// Recording
struct FieldTyped { std::string key; };        ///< a text, date or time editor whose key is a Place changed
struct FieldLeft { std::string key; };         ///< it lost the keyboard: save now
struct FieldChosen { Place place; FieldValue value; };
struct ChooseNow { Place place; };             ///< the moment at which it is pressed
struct AddItem { Place list; };
struct RemoveItem { Place item; };
struct ShowChild { Id child; };                ///< tab of the record screen; nil: the whole visit
struct NoneOf { Place list; };                 ///< "Nobody else", "None": turned over
struct PutMark { Place list; Id injury; model::BodyView view{}; model::Point at; };  ///< nil: the one to be placed, or a new one
struct ChooseMark { Place item; };             ///< the next place pressed on the body map is this one's; again: no longer
struct ShowMark { Place item; };               ///< to its description
struct UndoMark { Place list; };               ///< what was done last on this body map
struct OpenSheet { Place question; };          ///< to be drawn on; again: closed
struct ChooseInk { std::string colour; };
struct MovePen { Place question; double x = 0, y = 0; };  ///< by keys, that far: 0 to 1 each way
struct TurnPen { Place question; };            ///< put down where it is; again: lifted, and what it drew is a stroke
struct AddStroke { Place question; std::vector<model::Point> way; };  ///< as the pen went
struct UndoStroke { Place question; };         ///< the last one is taken away
struct ClearSheet { Place question; };         ///< all are
struct BringBack { Place question; };          ///< what was taken away last
struct AnswerRest { Id child; std::string section, code; };  ///< every choice of the section that has no answer yet
struct TurnKnown { Place list; Id member; };   ///< somebody the family's list names: was there, or was not
struct AllNotDiscussed { Id child; };          ///< every open step that nobody touched
struct TurnJotting {};                         ///< the place to jot something down: opened or closed
struct AddJotting {};                          ///< the words in the editor kJotting
struct TakeJotting { Id jotting; };            ///< to be put into a field; again, or nil: put down
struct PutJotting { Id jotting; std::string key; };  ///< into the field of this key, after what is there
struct DiscardVisit { enum class Step { Ask, No, Yes } step = Step::Ask; };
struct RecordCall { Id visit, record, child; bool answered = false; };  ///< of a draft, or of a submitted record
using CallKey = std::pair<Id, Id>;             ///< a call card: of which visit or record, and which child
struct TurnCallReason { CallKey card; };
struct TurnCall { CallKey card; };             ///< the call card: opened or made small
struct ChooseSecondWorker { Id worker; };      ///< the one chosen already: taken away

// Spelling
struct AskSuggestions { std::string word; };   ///< the caret is in a word that is marked
struct LeaveSpelling { std::string word; };    ///< it is as it should be: not marked again in this visit

// Photos and drawings
struct FindPhotos {};                          ///< look into the camera's folder
struct TurnOlderPhotos {};                     ///< those from before the visit: listed or not
struct PressAttach { std::string path; };      ///< to the child whose tab is shown
struct RemovePhoto { Id child, photo; };
struct FileDropped { std::string path; };      ///< on the window

// The family's copy of agreed steps
struct TurnCopied { Id step; };                ///< on it, or not
struct ShowCopy { bool shown = false; };       ///< to the family; else back to choosing

// Check and submit
struct GoToProblem { std::size_t problem = 0; };
struct GoToQuestion { Place place; };          ///< of the open visit: shown, with the keyboard in it
struct ShowOnPage { std::string key; };        ///< a control of the page that is shown: scrolled to, with the keyboard on it
struct TurnProblems { Id child; };             ///< its list of what is missing, nil for the visit's: opened or closed
struct PressSubmit {};

// A submitted record of one's own
struct PressWithdraw { Id record; };
struct PressRewrite { Id record; };            ///< a returned one: opens a draft that revises it
struct TurnReceipt { Id record; };             ///< its receipt's details: shown or not
struct PressAddAddendum { Id record; };        ///< the words in the editors kAddendumReason and kAddendumText

// Approvals. Words are in the editors "review/..."
struct ChooseAgreeRisk { bool agree = false; };
struct TurnInPerson {};
struct ChooseReturnReason { std::string code; };
struct ShowChanges { bool since_return = false; };  ///< else since the last visit
struct AddDirectedStep {};                     ///< its words are in the editors of directed_key()
struct RemoveDirectedStep { Id step; };
struct PressApprove {};
struct PressReturn {};

// Alerts, matching, conflicts
struct ChooseAlertOutcome { Id alert; std::string code; };
struct PressSettleAlert { Id alert; };         ///< why is in the editor alert_key(alert, "why")
struct ChooseTarget { Id child; };
struct PressMatch {};
struct PressKeep { std::string path; merge::Choice::Keep keep{}; };

// Settings and sync
struct PressSyncNow {};
struct SetTextSize { int percent = 100; };
enum class LookChoice { Light, Dark, HighContrast };
struct SetLook { LookChoice look{}; };
enum class Language { English, Welsh };
struct SetLanguage { Language language{}; };
struct SetSpelling { bool on = true; };
struct DismissRefused { std::int64_t number = 0; };
struct Touched {};                             ///< any key or finger: the idle clock starts again

using AnyIntent =
    std::variant<PressUnlock, TurnShowPassphrase, PressChangePassphrase, PressLock, Open, Back, ShowTab, SearchTyped, ClearSearch, Cover, Uncover,
                 ChooseFamily, ChooseVisitType, TurnChild, PressStart, FieldTyped, FieldLeft, FieldChosen, ChooseNow, AddItem,
                 RemoveItem, PutMark, ChooseMark, ShowMark, UndoMark, OpenSheet, ChooseInk, MovePen, TurnPen, AddStroke, UndoStroke,
                 ClearSheet, BringBack, ShowChild, NoneOf, AllNotDiscussed, AnswerRest, TurnKnown, TurnJotting, AddJotting, TakeJotting,
                 PutJotting, DiscardVisit, AskSuggestions, LeaveSpelling, RecordCall, TurnCallReason, TurnCall, ChooseSecondWorker, FindPhotos,
                 TurnOlderPhotos, PressAttach, RemovePhoto, FileDropped, TurnCopied, ShowCopy, GoToProblem, GoToQuestion, ShowOnPage,
                 TurnProblems, PressSubmit, PressWithdraw, PressRewrite, TurnReceipt, PressAddAddendum, ChooseAgreeRisk, TurnInPerson,
                 ChooseReturnReason, ShowChanges, AddDirectedStep, RemoveDirectedStep, PressApprove, PressReturn,
                 ChooseAlertOutcome, PressSettleAlert, ChooseTarget, PressMatch, PressKeep, PressSyncNow, SetTextSize, SetLook,
                 SetLanguage, SetSpelling, DismissRefused, Touched>;
/// One of them. It is copied and destroyed in one place, not in each of the many files that make one: a variant of this many costs
/// the compiler four seconds in each.
struct Intent : AnyIntent {
  template <class T>
    requires(!std::is_same_v<T, Intent>)
  Intent(T intent) : AnyIntent(std::in_place_type<T>, std::move(intent)) {}
  Intent(const Intent&);
  Intent(Intent&&) noexcept;
  Intent& operator=(const Intent&);
  Intent& operator=(Intent&&) noexcept;
  ~Intent();
};
using Intents = std::vector<Intent>;

inline constexpr std::string_view kProblems = "problems";  ///< key of the list of what keeps a visit from being submitted

// Keys of editors that are not fields of a visit
inline constexpr std::string_view kPassphrase = "unlock/passphrase";
inline constexpr std::string_view kPassphraseAgain = "unlock/again";
inline constexpr std::string_view kOldPassphrase = "passphrase/old", kNewPassphrase = "passphrase/new", kNewPassphraseAgain = "passphrase/again";
inline constexpr std::string_view kSearch = "search";
inline constexpr std::string_view kJotting = "record/jotting";
inline constexpr std::string_view kCaption = "record/photo/";  ///< then the attachment's id
// The questions of a visit that is started
inline constexpr std::string_view kStartFamily = "family", kStartChildren = "children", kStartType = "type";
inline constexpr std::string_view kNewFamily = "start/family";
inline constexpr std::string_view kNewAddress = "start/address";
inline constexpr std::string_view kNewChildren = "start/children";  ///< one name a line
inline constexpr std::string_view kRationale = "review/rationale";
inline constexpr std::string_view kDisagreeWhy = "review/disagree_why";
inline constexpr std::string_view kNextVisit = "review/next_visit";  ///< a date
inline constexpr std::string_view kReturnReason = "reason";          ///< of the question whose choices are the reasons
inline constexpr std::string_view kDirected = "review/step/";
/// Of a step the supervisor directs: member "what", "owner" or "due" (a date).
inline std::string directed_key(const Id& step, std::string_view member) { return std::string(kDirected) + step.str() + "/" + std::string(member); }
/// Of an alert: "outcome", a code that was chosen, or "why".
inline std::string alert_key(const Id& alert, std::string_view member) { return "alert/" + alert.str() + "/" + std::string(member); }
inline constexpr std::string_view kMatchSearch = "match/search";
inline constexpr std::string_view kAddendumReason = "addendum/reason";
inline constexpr std::string_view kAddendumText = "addendum/text";

}  // namespace doorstep::state
