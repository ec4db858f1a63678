#include "sync/rules/form.h"
#include "sync/rules/validate.h"
#include "tests/fuzz/fuzz.h"

using namespace doorstep;

FUZZ(rules_form) {
  const auto form = rules::parse_form(input);
  if (!form) return fuzz::names_a_place(form.error());
  model::VisitFacts facts;
  facts.type = model::VisitType::Cp;
  const model::ChildPart part;
  for (const auto& section : form->sections) {
    for (const auto& question : section.questions) {
      DOORSTEP_ASSERT(form->find(question.id) == &question);
      (void)rules::answer_of(question, facts, &part);
    }
    for (const rules::Asked& asked : rules::questions_for(*form, section, facts, &part)) DOORSTEP_ASSERT(asked.question != nullptr);
  }
  (void)rules::questions_for(*form, rules::Scope::Visit, facts, nullptr);
  model::ChildRecord record;
  record.facts = facts;
  for (const rules::Problem& problem : rules::validate_record(*form, record)) DOORSTEP_ASSERT(!problem.said.key.empty());
}
