#include <algorithm>
#include "sync/rules/form.h"

#include "sync/model/visit.h"
#include "sync/rules/calendar.h"
#include "sync/rules/beside.h"
#include "sync/rules/conditions.h"

namespace doorstep::rules {
namespace {

using model::Answer;
using model::ChildPart;
using model::VisitFacts;

/// The one-line field a question is bound to; nullptr when it is bound to something else.
template <class Facts, class Part>
auto text_field(Field field, Facts& facts, Part* part) -> decltype(&facts.late_reason) {
  if (field == Field::LateReason) return &facts.late_reason;
  if (!part) return nullptr;
  switch (field) {
    case Field::SkipReason: return &part->skip_reason;
    case Field::NotSeenReason: return &part->not_seen.reason;
    case Field::Whereabouts: return &part->not_seen.whereabouts;
    case Field::LastSeenBy: return &part->not_seen.last_seen_by;
    case Field::LastSeenWhen: return &part->not_seen.last_seen_when;
    case Field::Action: return &part->not_seen.action;
    case Field::AloneReason: return &part->alone_reason;
    default: return nullptr;
  }
}

std::string offset_text(std::int64_t minutes) {
  const std::int64_t size = minutes < 0 ? -minutes : minutes;
  const auto two = [](std::int64_t n) { return std::string(n < 10 ? "0" : "") + std::to_string(n); };
  return (minutes < 0 ? "-" : "+") + two(size / 60) + ":" + two(size % 60);
}

/// "2027-03-28T02:10:00+01:00": local time with its offset.
std::string zoned_text(const model::ZonedTime& time) {
  constexpr std::int64_t kDay = 24 * 60;  // minutes; no zone is further away
  const auto offset = std::clamp(time.offset_min, -kDay, kDay);
  std::string text = base::to_rfc3339(time.at + std::chrono::minutes(offset));
  if (const auto dot = text.find('.'); dot != std::string::npos) text.resize(dot);
  return text + offset_text(offset);
}

std::optional<std::int64_t> offset_of(std::string_view text) {
  if (text.ends_with('Z') || text.ends_with('z')) return 0;
  if (text.size() < 6) return std::nullopt;
  const std::string_view tail = text.substr(text.size() - 6);
  if ((tail[0] != '+' && tail[0] != '-') || tail[3] != ':') return std::nullopt;
  const std::int64_t minutes = ((tail[1] - '0') * 10 + (tail[2] - '0')) * 60 + (tail[4] - '0') * 10 + (tail[5] - '0');
  return tail[0] == '-' ? -minutes : minutes;
}

std::optional<Answer> typed_answer(const Question& q, const VisitFacts& facts, const ChildPart* part) {
  if (const std::string* text = text_field(q.field, facts, part)) {
    if (text->empty()) return std::nullopt;
    return *text;
  }
  const auto yes_no = [](const std::optional<bool>& value) -> std::optional<Answer> {
    if (!value) return std::nullopt;
    return std::string(*value ? "YES" : "NO");
  };
  const auto zoned = [](const std::optional<model::ZonedTime>& value) -> std::optional<Answer> {
    if (!value) return std::nullopt;
    return zoned_text(*value);
  };
  switch (q.field) {
    case Field::Type: return facts.type ? std::optional<Answer>(std::string(model::code(*facts.type))) : std::nullopt;
    case Field::Outcome: return facts.outcome ? std::optional<Answer>(std::string(model::code(*facts.outcome))) : std::nullopt;
    case Field::Start: return zoned(facts.start);
    case Field::End: return zoned(facts.end);
    case Field::Seen: return part ? yes_no(part->seen) : std::nullopt;
    case Field::Alone: return part ? yes_no(part->alone) : std::nullopt;
    case Field::ManagerToldAt:
      if (!part || !part->not_seen.manager_told_at) return std::nullopt;
      return zoned_text({*part->not_seen.manager_told_at, uk_offset_minutes(*part->not_seen.manager_told_at), {}});
    case Field::Risk:
      if (!part) return std::nullopt;
      if (part->risk.changed) return std::string(model::code(*part->risk.changed));
      return part->risk.level.empty() ? std::nullopt : std::optional<Answer>(part->risk.level);
    default: break;
  }
  if (const std::size_t count = entries(q.field, facts, part)) return static_cast<std::int64_t>(count);
  return std::nullopt;
}

base::Error misfit(const Question& q, std::string_view what) {
  return {base::Fault::Invalid, q.id, "takes " + std::string(what)};
}

Result<void> set_zoned(const Question& q, const std::string* text, std::optional<model::ZonedTime>& field) {
  if (!text) {
    field.reset();
    return {};
  }
  const auto at = base::from_rfc3339(*text);
  const auto offset = offset_of(*text);
  if (!at || !offset) return misfit(q, "a time with an offset");
  const std::string zone = field && !field->zone.empty() ? field->zone : "Europe/London";
  field = model::ZonedTime{*at, *offset, zone};
  return {};
}

Result<void> set_yes_no(const Question& q, const std::string* text, std::optional<bool>& field) {
  if (text && *text != "YES" && *text != "NO") return misfit(q, "YES or NO");
  field = text ? std::optional<bool>(*text == "YES") : std::nullopt;
  return {};
}

template <class E>
Result<void> set_code(const Question& q, const std::string* text, std::optional<E>& field) {
  const std::optional<E> value = text ? model::from_code<E>(*text) : std::nullopt;
  if (text && !value) return misfit(q, "one of its codes");
  field = value;
  return {};
}

/// `text` is nullptr to clear.
Result<void> set_typed(const Question& q, const std::string* text, VisitFacts& facts, ChildPart* part) {
  if (std::string* field = text_field(q.field, facts, part)) {
    *field = text ? *text : std::string();
    return {};
  }
  switch (q.field) {
    case Field::Type: return set_code(q, text, facts.type);
    case Field::Outcome: return set_code(q, text, facts.outcome);
    case Field::Start: return set_zoned(q, text, facts.start);
    case Field::End: return set_zoned(q, text, facts.end);
    case Field::Seen: return set_yes_no(q, text, part->seen);
    case Field::Alone: return set_yes_no(q, text, part->alone);
    case Field::ManagerToldAt: {
      const auto at = text ? base::from_rfc3339(*text) : std::nullopt;
      if (text && !at) return misfit(q, "a time with an offset");
      part->not_seen.manager_told_at = at;
      return {};
    }
    default: break;
  }
  if (text) return misfit(q, "entries, none, or not covered");
  return {};
}

/// Whether a generic answer has the shape of its question's kind.
bool shape_fits(Kind kind, const Answer& answer) {
  if (std::holds_alternative<model::NotCovered>(answer)) return true;
  switch (kind) {
    case Kind::Multi: return std::holds_alternative<std::vector<std::string>>(answer);
    case Kind::Scale: return std::holds_alternative<std::int64_t>(answer);
    default: return std::holds_alternative<std::string>(answer);
  }
}

constexpr std::string_view kHole = "{name}";

std::string fill(std::string text, const std::string& name) {
  for (auto at = text.find(kHole); at != std::string::npos; at = text.find(kHole, at + name.size()))
    text.replace(at, kHole.size(), name);
  return text;
}

std::vector<Option> options_of(const Context& context, const Question& q) {
  const ChildPart* part = context.part();
  std::vector<Option> out;
  for (const Option& option : q.options)
    if (context.all(option.when)) out.push_back({option.code, words(option.label, part), words(option.hint, part), {}});
  if (q.from_accounts && part)
    for (Account& account : accounts_of(context.form(), *part)) out.push_back({account.code(), std::move(account.label), {}, {}});
  if (q.from_open_steps && part)
    for (const model::PlanStep& step : part->open_steps) out.push_back({step.id.str(), step.what, step.owner, {}});
  return out;
}

}  // namespace

const Question* Form::find(std::string_view id) const {
  for (const Section& section : sections)
    for (const Question& question : section.questions)
      if (question.id == id) return &question;
  return nullptr;
}

std::optional<Asked> ask(const Context& context, const Question& q) {
  const ChildPart* part = context.part();
  if (part && !part->skip_reason.empty() && q.field != Field::SkipReason) return std::nullopt;
  if (!context.is_for(q.types) || !context.all(q.when)) return std::nullopt;
  if (q.from_accounts && (!part || accounts_of(context.form(), *part).size() < 2)) return std::nullopt;
  Asked asked;
  asked.question = &q;
  if (const Rule* rule = context.first_of(q.required)) {
    asked.required = true;
    asked.not_covered = q.not_covered;
    const Rule* level = context.first_of(q.level_required);
    asked.needs_why = q.not_covered && (!rule->types.empty() || (level && !level->types.empty()));
  }
  return asked;
}

bool offers(const Context& context, const Question& q, std::string_view code) {
  if (q.from_accounts) return true;  // one that was taken away since is not shown, and nothing to answer again
  const bool listed = std::any_of(q.options.begin(), q.options.end(),
                                  [&](const Option& option) { return option.code == code && context.all(option.when); });
  if (listed || !q.from_open_steps || !context.part()) return listed;
  const auto& steps = context.part()->open_steps;
  return std::any_of(steps.begin(), steps.end(), [&](const model::PlanStep& step) { return step.id.str() == code; });
}

std::vector<Asked> questions_for(const Form& form, const Section& section, const VisitFacts& facts, const ChildPart* part) {
  const ChildPart* of = section.scope == Scope::Child ? part : nullptr;
  std::vector<Asked> out;
  if (section.scope == Scope::Child && !part) return out;
  const Context context(form, facts, of);
  for (const Question& question : section.questions)
    if (auto asked = ask(context, question)) {
      asked->options = options_of(context, question);
      out.push_back(std::move(*asked));
    }
  return out;
}

std::vector<Asked> questions_for(const Form& form, Scope scope, const VisitFacts& facts, const ChildPart* part) {
  std::vector<Asked> out;
  for (const Section& section : form.sections) {
    if (section.scope != scope) continue;
    auto asked = questions_for(form, section, facts, part);
    out.insert(out.end(), std::make_move_iterator(asked.begin()), std::make_move_iterator(asked.end()));
  }
  return out;
}

std::string words(std::string_view text, const ChildPart* part) {
  if (text.find(kHole) == text.npos) return std::string(text);  // nearly all of them
  const std::string name = part ? model::display_name(*part) : std::string();
  if (!name.empty()) return fill(std::string(text), name);
  std::string out = fill(std::string(text), "the child");
  if (text.starts_with(kHole)) out[0] = 'T';
  return out;
}

std::optional<Answer> answer_of(const Question& question, const VisitFacts& facts, const ChildPart* part) {
  if (question.scope == Scope::Child && !part) return std::nullopt;
  if (auto typed = typed_answer(question, facts, part)) return typed;
  const model::Answers& answers = question.scope == Scope::Child ? part->answers : facts.answers;
  const auto found = answers.find(question.id);
  if (found == answers.end()) return std::nullopt;
  const auto* text = std::get_if<std::string>(&found->second);
  if (text && text->empty()) return std::nullopt;
  const auto* several = std::get_if<std::vector<std::string>>(&found->second);
  if (several && several->empty()) return std::nullopt;
  return found->second;
}

const std::string* text_answer(const Question& question, const VisitFacts& facts, const ChildPart* part) {
  if (question.scope == Scope::Child && !part) return nullptr;
  const std::string* text = text_field(question.field, facts, part);
  if (!text || text->empty()) {
    const model::Answers& answers = question.scope == Scope::Child ? part->answers : facts.answers;
    const auto found = answers.find(question.id);
    text = found == answers.end() ? nullptr : std::get_if<std::string>(&found->second);
  }
  return text && !text->empty() ? text : nullptr;
}

Result<void> set_answer(const Question& question, std::optional<Answer> answer, VisitFacts& facts, ChildPart* part) {
  if (question.scope == Scope::Child && !part) return misfit(question, "an answer about a child");
  model::Answers& answers = question.scope == Scope::Child ? part->answers : facts.answers;
  const bool not_covered = answer && std::holds_alternative<model::NotCovered>(*answer);
  const auto* text = answer ? std::get_if<std::string>(&*answer) : nullptr;
  const bool none = text && *text == kNone && is_list(question.kind);

  if (question.field == Field::None) {
    if (answer && !shape_fits(question.kind, *answer)) return misfit(question, "another kind of answer");
    if (answer) answers[question.id] = std::move(*answer);
    else answers.erase(question.id);
    return {};
  }
  if (not_covered || none) {
    const bool holds_entries = is_list(question.kind) || question.kind == Kind::Risk;
    if (!holds_entries) DOORSTEP_TRY(set_typed(question, nullptr, facts, part));
    answers[question.id] = std::move(*answer);
    return {};
  }
  if (answer && !text) return misfit(question, "a text or a code");
  DOORSTEP_TRY(set_typed(question, text, facts, part));
  answers.erase(question.id);
  return {};
}

std::string option_label(const Question& question, std::string_view code, const ChildPart* part) {
  for (const Option& option : question.options)
    if (option.code == code) return words(option.label, part);
  if (question.from_open_steps && part)
    for (const model::PlanStep& step : part->open_steps)
      if (step.id.str() == code) return step.what;
  return std::string(code);
}

std::string answer_words(const AnswerWords& said, const Question& question, const Answer& answer, const ChildPart* part) {
  if (const auto* not_covered = std::get_if<model::NotCovered>(&answer))
    return not_covered->why.empty() ? said.not_covered : said.not_covered + ": " + not_covered->why;
  if (const auto* number = std::get_if<std::int64_t>(&answer))
    return question.kind == Kind::Scale ? std::to_string(*number) + " " + said.out_of_ten : std::to_string(*number);
  if (const auto* several = std::get_if<std::vector<std::string>>(&answer)) {
    std::string out;
    for (const std::string& code : *several) out += (out.empty() ? "" : ", ") + option_label(question, code, part);
    return out;
  }
  const std::string& text = std::get<std::string>(answer);
  if (is_list(question.kind) && text == kNone) return question.none.empty() ? said.none : words(question.none, part);
  switch (question.kind) {
    case Kind::Choice: return option_label(question, text, part);
    case Kind::YesNo: return text == "YES" ? said.yes : text == "NO" ? said.no : text;
    case Kind::Date:
      if (const auto day = base::date_from_iso(text)) return said.day(*day);
      return text;
    case Kind::Time:
      if (const auto at = base::from_rfc3339(text)) {
        const int minutes = uk_minutes(*at);
        const auto two = [](int n) { return std::string(n < 10 ? "0" : "") + std::to_string(n); };
        return said.day(uk_date(*at)) + ", " + two(minutes / 60) + ":" + two(minutes % 60);
      }
      return text;
    default: return text;
  }
}

}  // namespace doorstep::rules
