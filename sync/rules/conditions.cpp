#include "sync/rules/conditions.h"

#include "sync/rules/calendar.h"

namespace doorstep::rules {
namespace {

std::string yes_no(bool yes) { return yes ? "YES" : "NO"; }

std::string access_of(const model::VisitFacts& facts) {
  if (!facts.outcome) return "?";
  switch (*facts.outcome) {
    case model::Outcome::Completed:
    case model::Outcome::Partial:
    case model::Outcome::ChildNotSeen: return "YES";
    default: return "NO";
  }
}

std::string age_of(const model::VisitFacts& facts, const model::ChildPart& part) {
  if (part.unborn.value_or(false)) return "UNBORN";
  if (!part.born || !facts.start) return "UNKNOWN";
  const Date on = uk_date(facts.start->at);
  if (on < Date(part.born->year() + std::chrono::years(2), part.born->month(), part.born->day())) return "UNDER_2";
  if (on < Date(part.born->year() + std::chrono::years(18), part.born->month(), part.born->day())) return "2_TO_17";
  return "ADULT";
}

std::string late_of(const Form& form, const model::VisitFacts& facts) {
  const auto& ended = facts.end ? facts.end : facts.start;
  if (!ended || !facts.recorded_at) return "?";
  return yes_no(*facts.recorded_at - ended->at > std::chrono::hours(form.late_after_hours));
}

std::string or_unanswered(std::string text) { return text.empty() ? "?" : text; }

}  // namespace

const std::vector<Computed>& computed_facts() {
  static const std::vector<Computed> facts = {
      {"access", Scope::Visit, {"YES", "NO"}},
      {"late", Scope::Visit, {"YES", "NO"}},
      {"status", Scope::Child, {"EARLY_HELP", "REFERRAL", "ASSESSMENT", "CIN_S17", "S47", "CPP", "CLA", "CARE_LEAVER",
                                "PRIVATE_FOSTERING", "PLACED_FOR_ADOPTION", "CLOSED"}},
      {"age", Scope::Child, {"UNBORN", "UNDER_2", "2_TO_17", "ADULT", "UNKNOWN"}},
      {"risk.changed", Scope::Child, {"NO", "YES", "NOT_ENOUGH_TO_SAY"}},
      {"risk.level", Scope::Child, {}},
      {"risk.threshold", Scope::Child, {}},
  };
  return facts;
}

bool is_list(Kind kind) {
  switch (kind) {
    case Kind::People:
    case Kind::OtherChildren:
    case Kind::Sharing:
    case Kind::Injuries:
    case Kind::Disclosures:
    case Kind::OpenSteps:
    case Kind::NextSteps:
    case Kind::Calls: return true;
    default: return false;
  }
}

std::size_t entries(Field field, const model::VisitFacts& facts, const model::ChildPart* part) {
  switch (field) {
    case Field::Present: return facts.present.size();
    case Field::OtherChildren: return facts.other_children.size();
    case Field::Sharing: return facts.sharing.size();
    case Field::Injuries: return part ? part->injuries.size() : 0;
    case Field::Disclosures: return part ? part->disclosures.size() : 0;
    case Field::OpenSteps: return part ? part->open_steps.size() : 0;
    case Field::NextSteps: return part ? part->next_steps.size() : 0;
    case Field::Calls: return part ? part->calls.size() : 0;
    default: return 0;
  }
}

std::vector<std::string> Context::codes(std::string_view of) const {
  if (of == "access") return {access_of(facts_)};
  if (of == "late") return {late_of(form_, facts_)};
  if (part_) {
    if (of == "age") return {age_of(facts_, *part_)};
    if (of == "status") {
      std::vector<std::string> out;
      for (const model::Status status : part_->statuses) out.emplace_back(model::code(status));
      return out.empty() ? std::vector<std::string>{"?"} : out;
    }
    if (of == "risk.changed") return {part_->risk.changed ? std::string(model::code(*part_->risk.changed)) : "?"};
    if (of == "risk.level") return {or_unanswered(part_->risk.level)};
    if (of == "risk.threshold") return {or_unanswered(part_->risk.threshold)};
  }
  const Question* question = form_.find(of);
  if (!question || (question->scope == Scope::Child && !part_)) return {"?"};
  if (is_list(question->kind)) return {yes_no(entries(question->field, facts_, part_) > 0)};
  const auto answer = answer_of(*question, facts_, part_);
  if (!answer) return {"?"};
  if (const auto* text = std::get_if<std::string>(&*answer)) return {or_unanswered(*text)};
  if (const auto* several = std::get_if<std::vector<std::string>>(&*answer))
    return several->empty() ? std::vector<std::string>{"?"} : *several;
  if (const auto* number = std::get_if<std::int64_t>(&*answer)) return {std::to_string(*number)};
  return {"?"};  // not covered: nobody said
}

bool Context::holds(const Condition& condition) const {
  bool found = false;
  for (const std::string& code : codes(condition.of))
    for (const std::string& wanted : condition.is)
      if (wanted == code || (wanted == "*" && code != "?")) found = true;
  return found != condition.negated;
}

bool Context::all(const std::vector<Condition>& conditions) const {
  return std::all_of(conditions.begin(), conditions.end(), [&](const Condition& c) { return holds(c); });
}

const Rule* Context::first_of(const std::vector<Rule>& rules) const {
  for (const Rule& rule : rules) {
    const bool type = rule.types.empty() ||
                      (facts_.type && std::find(rule.types.begin(), rule.types.end(), *facts_.type) != rule.types.end());
    if (type && all(rule.when)) return &rule;
  }
  return nullptr;
}

}  // namespace doorstep::rules
