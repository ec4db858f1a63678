#pragma once
#include <string>
#include <vector>

#include "sync/rules/form.h"
#include "sync/rules/said.h"

namespace doorstep::rules {

/// Something that stands in the way of submitting. What it says may hold the child's name: never log it.
struct Problem {
  std::string question;  ///< question id; empty: about the visit as a whole
  Id child;              ///< nil: about the whole visit
  Id item;               ///< the step, injury, person ... it is about; nil: the question itself
  Said said;             ///< "Say whether Amara was seen."
  std::string field = {};  ///< which of the question's fields, where it has several: "level" of the risk; empty: the question itself
  friend bool operator==(const Problem&, const Problem&) = default;
};

/// Everything that is missing or cannot stand, in the form's order: visit questions, then each child that is not skipped.
/// Empty: may be submitted. Drafts are never validated. Unknown answers are left alone. Pure.
std::vector<Problem> validate(const Form& form, const model::Visit& visit);
/// The visit's own questions only.
std::vector<Problem> validate_facts(const Form& form, const model::VisitFacts& facts);
/// One child's questions only; nothing when the child is skipped with a reason.
std::vector<Problem> validate_part(const Form& form, const model::VisitFacts& facts, const model::ChildPart& part);
/// One whole record, as the server checks it: facts, part, author, versions, and no open conflict.
std::vector<Problem> validate_record(const Form& form, const model::ChildRecord& record);

/// A question that can only be answered where the family is, and has no answer yet.
struct Unasked {
  const Question* question = nullptr;  ///< borrowed from the form
  Id child;                            ///< nil: about the whole visit
  const Question* first = nullptr;     ///< what is to be answered first: itself, or the question it waits for
};
/// What validate() would miss of the questions marked before_leaving, in the form's order. In the home nobody has said yet how the
/// visit ended or whether a child was seen; where that is open it is taken to be at home, made, and the child seen: then all is asked
/// that may have to be. "Not covered" is an answer. Pure.
std::vector<Unasked> unasked(const Form& form, const model::Visit& visit);

/// Contradictions: shown, not judged.
std::vector<Problem> warnings(const Form& form, const model::VisitFacts& facts, const model::ChildPart& part);

/// Why a rationale is compulsory for any decision on this record (domain.md section 5).
enum class RationaleReason { ChildProtection, Section47, Unseen, Disclosure, Injury, RiskChanged };
std::vector<RationaleReason> rationale_reasons(const model::ChildRecord& record);
bool rationale_required(const model::ChildRecord& record);

/// What is missing from a decision: rationale (always on return and on disagreement), the reason of a return, owner and date
/// of a directed step; and that it names this record, and the reviewer neither wrote it nor went along. Empty: it may be made.
std::vector<Problem> check_decision(const model::Decision& decision, const model::ChildRecord& record);

}  // namespace doorstep::rules
