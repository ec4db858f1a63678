#include "tests/support/answers.h"

namespace doorstep::tests {

using rules::Asked;
using rules::Field;
using rules::Kind;
using rules::Question;

void answer_one(const Asked& asked, model::VisitFacts& facts, model::ChildPart* part) {
  const Question& q = *asked.question;
  const auto id = base::Id::from_name("item " + q.id);
  const base::Instant at = base::from_rfc3339("2026-11-16T15:00:00Z").value();
  const base::Date day = base::date_from_iso("2026-12-01").value();
  std::optional<model::Answer> answer;
  switch (q.kind) {
    case Kind::Choice: answer = asked.options.at(0).code; break;
    case Kind::Multi:
      if (asked.options.empty()) return;
      answer = std::vector<std::string>{asked.options.at(0).code};
      if (q.from_accounts) std::get<std::vector<std::string>>(*answer).push_back(asked.options.at(1).code);
      break;
    case Kind::YesNo: answer = std::string("YES"); break;
    case Kind::Text:
    case Kind::LongText: answer = std::string("words"); break;
    case Kind::Scale: answer = std::int64_t{5}; break;
    case Kind::Date: answer = std::string("2026-12-01"); break;
    case Kind::Time: answer = std::string("2026-11-16T15:00:00+00:00"); break;
    case Kind::People:
      facts.present = {{.id = id, .name = "Ngozi", .relationship = "mother", .unknown = {}, .in_household = {}}};
      return;
    case Kind::OtherChildren:
      facts.other_children = {{.id = id, .name = "Bug", .age = "4", .known_to_service = model::Known::No, .note = {}}};
      return;
    case Kind::Sharing:
      facts.sharing = {{.id = id, .agency = "School", .what = "this", .consent = model::Consent::SoughtGiven, .basis = "agreed"}};
      return;
    case Kind::Injuries: {
      model::Injury injury;
      injury.id = id;
      injury.place = "left ear";
      injury.kind = "BRUISE";
      injury.explanation = "none given";
      injury.medical_sought = "Yes";
      part->injuries = {injury};
      return;
    }
    case Kind::Disclosures:
      part->disclosures = {{.id = id, .exact_words = "“no”", .question_asked = "nothing", .told_to = "me", .at = at}};
      return;
    case Kind::OpenSteps:
      for (auto& step : part->open_steps) step.status = model::StepStatus::NotDiscussed;
      return;
    case Kind::NextSteps:
      part->next_steps = {{.id = id, .what = "ring", .owner = "me", .due = day, .status = {}, .note = {}}};
      return;
    case Kind::Risk:
      part->risk = {
          .changed = model::RiskChange::No, .level = "LOW", .threshold_set = "set/1", .threshold = "L3", .why = "words"};
      return;
    case Kind::Calls: return;
  }
  const auto set = rules::set_answer(q, answer, facts, part);
  if (!set.has_value()) FAIL(set.error());
}

void take_back(const Question& q, model::VisitFacts& facts, model::ChildPart* part) {
  switch (q.field) {
    case Field::Present: facts.present.clear(); break;
    case Field::OtherChildren: facts.other_children.clear(); break;
    case Field::Sharing: facts.sharing.clear(); break;
    case Field::Injuries: part->injuries.clear(); break;
    case Field::Disclosures: part->disclosures.clear(); break;
    case Field::NextSteps: part->next_steps.clear(); break;
    case Field::OpenSteps: part->open_steps.clear(); break;
    case Field::Calls: part->calls.clear(); break;
    case Field::Risk: part->risk = {}; break;
    default: break;
  }
  const auto cleared = rules::set_answer(q, std::nullopt, facts, part);
  if (!cleared.has_value()) FAIL(cleared.error());
}

void answer_all(const rules::Form& form, model::VisitFacts& facts, model::ChildPart& part,
                const std::set<std::string>& leave) {
  for (int round = 0; round < 4; ++round) {  // an answer can make further questions visible
    for (const auto scope : {rules::Scope::Visit, rules::Scope::Child}) {
      model::ChildPart* of = scope == rules::Scope::Child ? &part : nullptr;
      for (const Asked& asked : rules::questions_for(form, scope, facts, of))
        if (!leave.contains(asked.question->id) && !rules::answer_of(*asked.question, facts, of)) answer_one(asked, facts, of);
    }
  }
}

}  // namespace doorstep::tests
