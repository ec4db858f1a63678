#pragma once
#include <set>
#include <string>

#include "sync/rules/validate.h"
#include "tests/support/assets.h"

/// Answers questions as a person would who leaves nothing out.
namespace doorstep::tests {

void answer_one(const rules::Asked& asked, model::VisitFacts& facts, model::ChildPart* part);

/// Takes back whatever the question was answered with.
void take_back(const rules::Question& q, model::VisitFacts& facts, model::ChildPart* part);

/// A visit with one child in which every visible question but those of `leave` is answered. Answers that `facts` and the part
/// already hold stay.
void answer_all(const rules::Form& form, model::VisitFacts& facts, model::ChildPart& part,
                const std::set<std::string>& leave = {"skip_reason", "nothing_to_report"});

}  // namespace doorstep::tests
