#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/base/error.h"
#include "sync/model/records.h"

/// The visit form as data: assets/forms/visit.json. Pure; text in, values out.
namespace doorstep::rules {

using base::Date;
using base::Id;
using base::Instant;
using base::Result;

enum class Scope { Visit, Child };  ///< asked once for the visit, or once for each child

enum class Kind {
  Choice,         ///< one code of `options`
  Multi,          ///< any codes of `options`
  YesNo,          ///< "YES" or "NO"
  Text,           ///< one line, at most limits::kShortTextBytes
  LongText,       ///< a narrative, at most limits::kNoteBytes
  Scale,          ///< 0 to 10
  Date,           ///< YYYY-MM-DD
  Time,           ///< RFC 3339 with an offset
  People,         ///< facts.present
  OtherChildren,  ///< facts.other_children
  Sharing,        ///< facts.sharing
  Injuries,       ///< part.injuries
  Disclosures,    ///< part.disclosures
  OpenSteps,      ///< part.open_steps: each needs a status
  NextSteps,      ///< part.next_steps
  Risk,           ///< part.risk: changed, level, threshold, why
  Calls,          ///< part.calls
};

/// What a child may draw on beside the words: nothing, an empty sheet, or one of the Three Houses.
enum class Sheet { None, Page, House };

/// The typed field of sync/model a question is bound to; `None`: a generic answer under the question's id.
enum class Field {
  None, Type, Start, End, LateReason, Outcome, Present, OtherChildren, Sharing,
  SkipReason, Seen, NotSeenReason, Whereabouts, LastSeenBy, LastSeenWhen, Action, ManagerToldAt, Alone, AloneReason,
  Injuries, Disclosures, OpenSteps, NextSteps, Risk, Calls,
};

/// Holds when what `of` says is one of `is` (or none of them, when `negated`). `of` is a question's id, or one of:
/// access (YES when the visit took place, NO when nobody was let in, refused, cancelled or abandoned), late (YES when written
/// up more than Form::late_after_hours after its end), status (any of the child's), looked_after (YES when that is among them, or the
/// visit is to a child in care), age at the visit (UNBORN UNDER_2 2_TO_17 ADULT UNKNOWN), risk.changed, risk.level,
/// risk.threshold, and for list questions YES when there are entries.
/// `is` of ["*"] means "answered at all"; "?" stands for "not answered".
struct Condition {
  std::string of;
  std::vector<std::string> is;
  bool negated = false;
};

struct Option {
  std::string code;
  std::string label;
  std::string hint;
  std::vector<Condition> when;  ///< offered only then; empty: always
};

/// The field is mandatory at submit when the type is among `types` (empty: every type) and all of `when` hold.
struct Rule {
  std::vector<model::VisitType> types;
  std::vector<Condition> when;
};

struct Question {
  std::string id;
  Scope scope{};
  Kind kind{};
  Field field{};
  std::string label;    ///< may hold {name}: the child's display name; see words()
  std::string help;
  std::string missing;  ///< what is said when it is missing: "Say whether {name} was seen."
  std::string none;     ///< label of the one tap that says "none" for lists ("No next steps"); empty: not offered
  std::vector<Option> options;
  std::vector<model::VisitType> types;  ///< shown for these; empty: for all
  std::vector<Condition> when;          ///< shown when all hold
  std::vector<Rule> required;           ///< mandatory when any holds
  std::vector<Rule> level_required;     ///< Risk: level, threshold and why are mandatory when any holds
  bool not_covered = false;             ///< may be answered "Not covered" where it is mandatory
  Sheet drawing = Sheet::None;          ///< LongText of a child: its strokes have the question's id as their page
  bool verbatim = false;                ///< LongText: holds what somebody said, word for word; nobody corrects its spelling
  bool from_open_steps = false;         ///< Multi: the child's open steps are its options, their ids its codes
  bool from_accounts = false;           ///< Multi: what is said differently; the child's accounts are its options: see beside.h
  bool before_leaving = false;          ///< to be asked or seen in the home, not written afterwards: see unasked()
};

struct Section {
  std::string id;
  std::string title;  ///< may hold {name}
  Scope scope{};
  std::vector<Question> questions;
  std::vector<std::string> rest;  ///< codes that can be given in one press to every choice here that has no answer yet
};

/// Two answers that do not go together. Shown, never judged, never a reason to refuse.
struct Contradiction {
  std::string question;  ///< where it is shown
  std::vector<Condition> when;
  std::string message;
};

/// One person's account of something: the words of a note, or of a member of each entry of a list.
struct AccountRule {
  std::string question;  ///< LongText of a child, Injuries or Disclosures
  std::string field;     ///< of a list: which member of an entry holds the words
  std::string label;     ///< of a list: what it is called; may hold {name}, and {n}, the entry's number
  std::string who;       ///< whose account it is; may hold {name}
  std::string who_from;  ///< the question, or the member of the entry, that says so; where it is empty, `who`
};

/// One child's answers on a scale that are set beside each other when the lowest and the highest are at least `by` apart.
struct ApartRule {
  std::string about;     ///< may hold {name}
  std::vector<std::string> questions;
  int by = 0;
};

/// A question about a child that is also a fact of the household: set beside each other where a visit's children differ.
struct ChildrenRule {
  std::string question;
  std::vector<std::string> codes;  ///< Multi: only these of its options, each by itself; empty: the whole answer
};

/// What is set beside each other by itself. Shown, never judged.
struct BesideRules {
  std::vector<ApartRule> apart;
  std::vector<ChildrenRule> children;
  std::vector<std::string> last_visit;  ///< questions whose answer at the last visit is set beside today's, where they differ
};

struct Form {
  std::string version;
  int late_after_hours = 48;
  std::vector<Section> sections;
  std::vector<Contradiction> contradictions;
  std::vector<AccountRule> accounts;
  BesideRules beside;
  /// nullptr: no such question.
  const Question* find(std::string_view id) const;
};

/// Fault::Invalid names the place ("sections[2].questions[0] bedroom: kind: ...") and what would be right. Conditions and
/// contradictions must name questions that exist, and codes that their options have.
Result<Form> parse_form(std::string_view json);

/// The same form with its sentences in another language: `json` is a flat object of a sentence of the form and how that language says it.
/// A sentence that is not there, or was changed since, stays as it is. Fault::Invalid names what is not text or does not keep {name}.
Result<Form> in_words(Form form, std::string_view json);

/// A question as it stands now, for one child or the visit. `question` is borrowed from the form.
struct Asked {
  const Question* question = nullptr;
  bool required = false;     ///< mandatory at submit
  bool not_covered = false;  ///< "Not covered" is offered
  bool needs_why = false;    ///< and needs a few words of why (the visit type itself demands the field)
  std::vector<Option> options;  ///< those offered now, {name} filled in
};

/// The visible questions of a section or of a whole scope in the form's order. `part` is nullptr for Scope::Visit; the
/// visit type is facts.type (none yet: questions that are for particular types are not shown). Of a child that is skipped
/// only the question why is shown.
std::vector<Asked> questions_for(const Form& form, const Section& section, const model::VisitFacts& facts,
                                 const model::ChildPart* part);
std::vector<Asked> questions_for(const Form& form, Scope scope, const model::VisitFacts& facts, const model::ChildPart* part);

/// A text of the form with {name} filled in; "the child" when there is no part or no name.
std::string words(std::string_view text, const model::ChildPart* part);

/// Code of "none" in lists, stored as the generic answer under the list question's id; never inferred from an empty list.
inline constexpr std::string_view kNone = "NONE";

/// The answer wherever it lives (typed field or generic), empty when not answered. Yes/no as "YES"/"NO", dates and times as
/// text. A list kind gives kNone, NotCovered or the number of its entries; Risk gives its `changed` code, else its level.
std::optional<model::Answer> answer_of(const Question& question, const model::VisitFacts& facts, const model::ChildPart* part);

/// The text of an answer that is kept as text, where it lives, so that a long one need not be copied; nullptr when it is not answered,
/// or by something else.
const std::string* text_answer(const Question& question, const model::VisitFacts& facts, const model::ChildPart* part);

/// Sets or (nullopt) clears an answer where it lives. List kinds and Risk take only kNone (lists), NotCovered and nullopt
/// (which takes back those two; entries are edited in the structs). Fault::Invalid when the shape does not fit; codes are not
/// checked, because drafts accept anything. `part` may be nullptr for Scope::Visit.
Result<void> set_answer(const Question& question, std::optional<model::Answer> answer, model::VisitFacts& facts,
                        model::ChildPart* part);

/// The label of a code among the question's options, {name} filled in; the code itself when it has none.
/// Of a question with `from_open_steps`, what the step of the part says.
std::string option_label(const Question& question, std::string_view code, const model::ChildPart* part = nullptr);
/// What an answer says that is not the form's, in the language it is read in.
struct AnswerWords {
  std::string not_covered, none, yes, no;
  std::string out_of_ten;                    ///< after the number
  std::string chosen, not_chosen;            ///< one of several answers, by itself
  std::function<std::string(Date)> day = {}; ///< "3 December 2026"
};
/// An answer as a person reads it: labels instead of codes, "Not covered: why", "Yes", "7 out of 10", "3 December 2026".
/// What a person wrote is never touched.
std::string answer_words(const AnswerWords& words, const Question& question, const model::Answer& answer,
                         const model::ChildPart* part = nullptr);

}  // namespace doorstep::rules
