#include "sync/rules/conditions.h"

#include "sync/rules/calendar.h"

namespace doorstep::rules {
namespace {

constexpr std::string_view kUnanswered = "?";

std::string_view yes_no(bool yes) { return yes ? "YES" : "NO"; }

std::string_view access_of(const model::VisitFacts& facts) {
  if (!facts.outcome) return kUnanswered;
  switch (*facts.outcome) {
    case model::Outcome::Completed:
    case model::Outcome::Partial:
    case model::Outcome::ChildNotSeen: return "YES";
    default: return "NO";
  }
}

/// Also where the tablet knows no status, as of a child on no list: a visit to a child in care is made under regulation 28.
bool is_looked_after(const model::VisitFacts& facts, const model::ChildPart& part) {
  return facts.type == model::VisitType::Cla ||
         std::find(part.statuses.begin(), part.statuses.end(), model::Status::Cla) != part.statuses.end();
}

std::string_view age_of(const model::VisitFacts& facts, const model::ChildPart& part) {
  if (part.unborn.value_or(false)) return "UNBORN";
  if (!part.born || !facts.start) return "UNKNOWN";
  const Date on = uk_date(facts.start->at);
  if (on < Date(part.born->year() + std::chrono::years(2), part.born->month(), part.born->day())) return "UNDER_2";
  if (on < Date(part.born->year() + std::chrono::years(18), part.born->month(), part.born->day())) return "2_TO_17";
  return "ADULT";
}

std::string_view late_of(const Form& form, const model::VisitFacts& facts) {
  const auto& ended = facts.end ? facts.end : facts.start;
  if (!ended || !facts.recorded_at) return kUnanswered;
  return yes_no(*facts.recorded_at - ended->at > std::chrono::hours(form.late_after_hours));
}

std::string_view or_unanswered(std::string_view text) { return text.empty() ? kUnanswered : text; }

}  // namespace

const std::vector<Computed>& computed_facts() {
  static const std::vector<Computed> facts = {
      {"access", Scope::Visit, {"YES", "NO"}},
      {"late", Scope::Visit, {"YES", "NO"}},
      {"status", Scope::Child, {"EARLY_HELP", "REFERRAL", "ASSESSMENT", "CIN_S17", "S47", "CPP", "CLA", "CARE_LEAVER",
                                "PRIVATE_FOSTERING", "PLACED_FOR_ADOPTION", "CLOSED"}},
      {"looked_after", Scope::Child, {"YES", "NO"}},
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

/// Whether `is` takes one of the codes that `of` says now.
template <class Is>
bool Context::any(std::string_view of, const Is& is) const {
  if (of == "access") return is(access_of(facts_));
  if (of == "late") return is(late_of(form_, facts_));
  if (part_) {
    if (of == "looked_after") return is(yes_no(is_looked_after(facts_, *part_)));
    if (of == "age") return is(age_of(facts_, *part_));
    if (of == "status") {
      const auto& all = part_->statuses;
      if (all.empty()) return is(kUnanswered);
      return std::any_of(all.begin(), all.end(), [&](model::Status status) { return is(model::code(status)); });
    }
    if (of == "risk.changed") return is(part_->risk.changed ? model::code(*part_->risk.changed) : kUnanswered);
    if (of == "risk.level") return is(or_unanswered(part_->risk.level));
    if (of == "risk.threshold") return is(or_unanswered(part_->risk.threshold));
  }
  const Question* question = form_.find(of);
  if (!question || (question->scope == Scope::Child && !part_)) return is(kUnanswered);
  if (is_list(question->kind)) return is(yes_no(entries(question->field, facts_, part_) > 0));
  const auto answer = answer_of(*question, facts_, part_);
  if (!answer) return is(kUnanswered);
  if (const auto* text = std::get_if<std::string>(&*answer)) return is(or_unanswered(*text));
  if (const auto* several = std::get_if<std::vector<std::string>>(&*answer))
    return several->empty() ? is(kUnanswered) : std::any_of(several->begin(), several->end(), is);
  if (const auto* number = std::get_if<std::int64_t>(&*answer)) return is(std::to_string(*number));
  return is(kUnanswered);  // not covered: nobody said
}

bool Context::holds(const Condition& condition) const {
  const auto wanted = [&](std::string_view code) {
    return std::any_of(condition.is.begin(), condition.is.end(),
                       [&](const std::string& is) { return is == code || (is == "*" && code != kUnanswered); });
  };
  return any(condition.of, wanted) != condition.negated;
}

bool Context::all(const std::vector<Condition>& conditions) const {
  return std::all_of(conditions.begin(), conditions.end(), [&](const Condition& c) { return holds(c); });
}

bool Context::is_for(const std::vector<model::VisitType>& types) const {
  return types.empty() || (facts_.type && std::find(types.begin(), types.end(), *facts_.type) != types.end());
}

const Rule* Context::first_of(const std::vector<Rule>& rules) const {
  const auto found = std::find_if(rules.begin(), rules.end(), [&](const Rule& rule) { return is_for(rule.types) && all(rule.when); });
  return found == rules.end() ? nullptr : &*found;
}

}  // namespace doorstep::rules
