#pragma once
#include <span>
#include <string>
#include <vector>

#include "sync/rules/form.h"

/// Accounts of one thing, set beside each other as they were given. Only answers of the structure are compared here, by the form's
/// own rules (Form::beside), and what a person said is said differently; nothing is inferred from words, nor who is right.
/// `said`: of the language they are read in. Pure.
namespace doorstep::rules {

/// Who said what, and where it stands.
struct Account {
  Id child;              ///< whose part it stands in
  std::string question;
  Id item;               ///< of a list question: the entry
  std::string field;     ///< ... and the member of it
  std::string label;     ///< what it is called, without its words: "The explanation of mark 1"
  std::string who;       ///< empty: whoever shows it knows (beside_last)
  std::string words;
  /// By which said_differently names it: "told", "injuries/<id>/explanation".
  std::string code() const;
};

/// Two accounts or more of one thing.
struct Beside {
  std::string about;  ///< empty: the worker ticked them
  std::vector<Account> accounts;
};

/// Every account of the child there is (Form::accounts), in the form's order.
std::vector<Account> accounts_of(const Form& form, const model::ChildPart& part);

/// Those that are ticked under a question with `from_accounts`, and still there.
std::vector<Account> ticked_of(const Form& form, const Question& question, const model::ChildPart& part);

/// Of one child: scales that are far apart, and what the worker ticked as said differently; one alone is beside nothing.
std::vector<Beside> beside_of(const AnswerWords& said, const Form& form, const model::VisitFacts& facts, const model::ChildPart& part);

/// Children of one visit for whom a fact of the household is answered differently; those who were left out are not asked.
std::vector<Beside> beside_children(const AnswerWords& said, const Form& form, const model::VisitFacts& facts,
                                    std::span<const model::ChildPart* const> children);

/// What was answered otherwise at the last visit, which is the first of each two accounts. Only what both visits answer.
std::vector<Beside> beside_last(const AnswerWords& said, const Form& form, const model::ChildRecord& last, const model::VisitFacts& facts,
                                const model::ChildPart& part);

}  // namespace doorstep::rules
