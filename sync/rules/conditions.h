#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "sync/rules/form.h"

namespace doorstep::rules {

/// What conditions ask about besides questions; also the codes each may say. Empty codes: anything.
struct Computed {
  std::string_view name;
  Scope scope;
  std::vector<std::string_view> codes;
};
const std::vector<Computed>& computed_facts();

/// Evaluates conditions for one child or the visit. Borrows everything; made for one call.
class Context {
 public:
  Context(const Form& form, const model::VisitFacts& facts, const model::ChildPart* part)
      : form_(form), facts_(facts), part_(part) {}
  bool holds(const Condition& condition) const;
  bool all(const std::vector<Condition>& conditions) const;
  /// The visit's type is one of them. Empty: whichever it is.
  bool is_for(const std::vector<model::VisitType>& types) const;
  /// nullptr: none holds.
  const Rule* first_of(const std::vector<Rule>& rules) const;
  const Form& form() const { return form_; }
  const model::VisitFacts& facts() const { return facts_; }
  const model::ChildPart* part() const { return part_; }

 private:
  template <class Is>
  bool any(std::string_view of, const Is& is) const;
  const Form& form_;
  const model::VisitFacts& facts_;
  const model::ChildPart* part_;
};

/// How the question stands now, without its options: only a screen lists them all. Empty: it is not asked.
std::optional<Asked> ask(const Context& context, const Question& q);
/// Whether a code is among its options now.
bool offers(const Context& context, const Question& q, std::string_view code);

/// How many entries a list question has now.
std::size_t entries(Field field, const model::VisitFacts& facts, const model::ChildPart* part);
/// Whether a kind is a list of entries that are edited in the structs.
bool is_list(Kind kind);

}  // namespace doorstep::rules
