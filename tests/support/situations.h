#pragma once
#include <string>
#include <vector>

#include "app/state/place.h"
#include "tests/support/field.h"

/// The thirty situations of assets/demo/situations.json, and how a person would put them into a tablet.
namespace doorstep::support {

using ChildOf = std::function<base::Id(const std::string&)>;  ///< the child's id by the case system's number

struct SituationVisit {
  model::VisitType type{};
  model::VisitFacts facts;
  struct Part { std::string child; model::ChildPart part; };  ///< by the case system's number; "new:<name>" for one on no list
  std::vector<Part> parts;

  /// What is to be said, with the children's ids.
  model::Visit visit(const ChildOf& child_of) const;
};
struct Situation {
  int number = 0;
  std::string title, child;
  std::vector<SituationVisit> visits;  ///< the first, and what comes after
};
std::vector<Situation> read_situations();
/// Texts of theirs that have been lost on such ways before: other directions, composed and decomposed letters, joiners, markup.
/// Those that `everything` does not hold.
std::vector<std::string> hard_texts_missing(std::string_view everything);

/// Puts answers into an open visit, whichever way: straight into the app's state, or on the screen.
class Hand {
 public:
  virtual ~Hand() = default;
  virtual void show(base::Id child) = 0;                            ///< whose questions come now; nil: what is asked once
  virtual bool has_step(base::Id child, base::Id step) = 0;         ///< an earlier situation may have closed it
  virtual base::Id add(const state::Place& list) = 0;               ///< an empty element; its id
  virtual base::Id call(const state::Place& list, bool answered) = 0;  ///< on the child's call card; the call's id
  /// `value` as the situation says it: a paste will clean it.
  virtual void put(const state::Place& to, const state::FieldValue& value) = 0;
};
/// Goes over the form and hands on all that `from` says, in the order in which it is asked: first what is asked once, then child
/// by child.
void walk(const rules::Form& form, const model::Visit& from, Hand& hand);
/// What a paste makes of a text: it loses its carriage returns, and nothing else. Any other value stays as it is.
state::FieldValue as_pasted(const state::FieldValue& value);
std::string words_of(const state::FieldValue& value);

/// What a child's record holds otherwise than `from` says, byte for byte: "question: wanted ..., holds ...". Empty: nothing.
std::vector<std::string> differences(const rules::Form& form, const model::ChildRecord& held, const model::Visit& from);

/// Starts the visit and answers every question the form asks with what the situation says, through intents and typing.
/// The visit stays open.
void record_visit(FieldTablet& tablet, CaseServer& council, const Situation& situation, const SituationVisit& visit);
/// The same with a server elsewhere.
void record_visit(FieldTablet& tablet, const ChildOf& child_of, const Situation& situation, const SituationVisit& visit);
/// Checks and submits the open visit; the ids of its records. Throws with the problems when it may not be submitted.
std::vector<base::Id> submit_visit(FieldTablet& tablet);
/// Reads the newest version and approves it with a rationale.
void approve(FieldTablet& tablet, base::Id record);

}  // namespace doorstep::support
