#include "sync/rules/validate.h"

#include "platform/base/bytes.h"
#include "platform/base/limits.h"
#include "sync/model/visit.h"
#include "sync/rules/beside.h"
#include "sync/rules/conditions.h"

namespace doorstep::rules {
namespace {

using model::ChildPart;
using model::VisitFacts;

bool blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

/// Enough of a text to know it by on the screen; cut between characters.
std::string brief(std::string_view text) {
  constexpr std::size_t kMost = 40;
  if (text.size() <= kMost) return std::string(text);
  std::size_t end = kMost;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "…";
}

/// A sentence of the form itself.
Said of_form(const char* key, std::string_view text, const ChildPart* part) { return {key, {{"words", words(text, part)}}}; }

/// A sentence about what has a name, or the one that does without it.
Said named(std::string key, std::string_view gap, std::string_view name) {
  if (blank(name)) return {key + ".unnamed"};
  return {std::move(key), {{gap, std::string(name)}}};
}

/// The same about what somebody wrote, of which enough is said to know it by.
Said quoted(std::string key, std::string_view gap, std::string_view text) {
  return named(std::move(key), gap, blank(text) ? std::string() : brief(text));
}

/// Collects problems of one child or of the visit.
class Check {
 public:
  Check(const Form& form, const VisitFacts& facts, const ChildPart* part, std::vector<Problem>& out)
      : context_(form, facts, part), form_(form), facts_(facts), part_(part), out_(out) {}

  void run() {
    for (const Section& section : form_.sections) {
      if (section.scope != (part_ ? Scope::Child : Scope::Visit)) continue;
      for (const Question& question : section.questions)
        if (const auto asked = ask(context_, question)) check(*asked);
    }
  }

 private:
  void say(const Question& q, Said said, Id item = {}, std::string field = {}) {
    out_.push_back({q.id, part_ ? part_->id : Id(), item, std::move(said), std::move(field)});
  }
  /// In the words of the app where the form has none of its own.
  Said missing(const Question& q) const {
    return q.missing.empty() ? about("rule.answer", q) : of_form("rule.missing", q.missing, part_);
  }
  Said about(const char* key, const Question& q) const { return {key, {{"question", words(q.label, part_)}}}; }
  Said of_child(const char* key) const { return named(key, "name", model::display_name(*part_)); }

  void check(const Asked& asked) {
    const Question& q = *asked.question;
    if (q.kind == Kind::Risk) return check_risk(asked);
    const auto answer = answer_of(q, facts_, part_);
    if (is_list(q.kind)) check_entries(q);
    if (!answer) {
      if (asked.required) say(q, missing(q));
      return;
    }
    if (const auto* not_covered = std::get_if<model::NotCovered>(&*answer)) return check_not_covered(asked, *not_covered);
    check_shape(asked, *answer);
  }

  void check_not_covered(const Asked& asked, const model::NotCovered& not_covered) {
    const Question& q = *asked.question;
    if (asked.required && !asked.not_covered) say(q, missing(q));
    else if (asked.needs_why && blank(not_covered.why)) say(q, about("rule.not_covered_why", q));
    check_length(q, not_covered.why, limits::kShortTextBytes);
  }

  void check_shape(const Asked& asked, const model::Answer& answer) {
    const Question& q = *asked.question;
    const auto* text = std::get_if<std::string>(&answer);
    const auto* several = std::get_if<std::vector<std::string>>(&answer);
    switch (q.kind) {
      case Kind::Choice:
        if (!text || !offers(context_, q, *text)) not_offered(q, text ? *text : std::string());
        break;
      case Kind::Multi:
        if (!several) not_offered(q, {});
        else
          for (const std::string& code : *several)
            if (!offers(context_, q, code)) not_offered(q, code);
        break;
      case Kind::YesNo:
        if (!text || (*text != "YES" && *text != "NO")) say(q, missing(q));
        break;
      case Kind::Scale: {
        const auto* number = std::get_if<std::int64_t>(&answer);
        if (!number || *number < 0 || *number > 10) say(q, about("rule.scale", q));
        break;
      }
      case Kind::Date:
        if (!text || !base::date_from_iso(*text)) say(q, about("rule.date", q));
        break;
      case Kind::Time:
        if (!text || !base::from_rfc3339(*text)) say(q, about("rule.time", q));
        if (q.field == Field::End && facts_.start && facts_.end && facts_.end->at < facts_.start->at)
          say(q, {"rule.ends_before"});
        break;
      case Kind::Text:
      case Kind::LongText:
        if (!text) say(q, missing(q));
        else if (asked.required && blank(*text)) say(q, missing(q));
        else check_length(q, *text, q.kind == Kind::Text ? limits::kShortTextBytes : limits::kNoteBytes);
        break;
      default: break;
    }
  }

  void not_offered(const Question& q, const std::string& code) {
    if (code.empty()) return say(q, missing(q));
    Said said = about("rule.not_offered", q);
    said.values.emplace_back("answer", brief(option_label(q, code, part_)));
    say(q, std::move(said));
  }
  void check_length(const Question& q, std::string_view text, std::size_t limit_bytes) {
    if (text.size() <= limit_bytes) return;
    Said said = about("rule.too_long", q);
    said.values.emplace_back("n", std::to_string(text.size() - limit_bytes));
    say(q, std::move(said));
  }

  void check_entries(const Question& q) {
    switch (q.field) {
      case Field::Present:
        for (const auto& p : facts_.present) {
          if (blank(p.name)) say(q, {"rule.present.name"}, p.id);
          else if (blank(p.relationship) && !p.unknown.value_or(false))
            say(q, {"rule.present.relationship", {{"person", brief(p.name)}}}, p.id);
        }
        break;
      case Field::OtherChildren:
        for (const auto& c : facts_.other_children)
          if (!c.known_to_service)
            say(q, quoted("rule.other_child.known", "child", c.name), c.id);
        break;
      case Field::Sharing:
        for (const auto& s : facts_.sharing) {
          if (blank(s.agency)) say(q, {"rule.sharing.agency"}, s.id);
          if (blank(s.what)) say(q, quoted("rule.sharing.what", "agency", s.agency), s.id);
          if (!s.consent) say(q, quoted("rule.sharing.consent", "agency", s.agency), s.id);
          if (blank(s.basis)) say(q, quoted("rule.sharing.basis", "agency", s.agency), s.id);
        }
        break;
      case Field::Injuries:
        for (const auto& i : part_->injuries) {
          if (blank(i.place) && !(i.view && i.at)) say(q, {"rule.injury.place"}, i.id);
          if (blank(i.kind)) say(q, {"rule.injury.kind"}, i.id);
          if (blank(i.explanation) && blank(i.child_said)) say(q, {"rule.injury.explanation"}, i.id);
          if (blank(i.medical_sought)) say(q, {"rule.injury.medical"}, i.id);
        }
        break;
      case Field::Disclosures:
        for (const auto& d : part_->disclosures) {
          if (blank(d.exact_words)) say(q, of_child("rule.disclosure.words"), d.id);
          if (blank(d.question_asked)) say(q, of_child("rule.disclosure.asked"), d.id);
          if (blank(d.told_to)) say(q, of_child("rule.disclosure.told"), d.id);
          if (!d.at) say(q, of_child("rule.disclosure.when"), d.id);
        }
        break;
      case Field::OpenSteps:
        for (const auto& s : part_->open_steps)
          if (!s.status) say(q, {"rule.open_step.status", {{"step", brief(s.what)}}}, s.id);
        break;
      case Field::NextSteps:
        for (const auto& s : part_->next_steps) {
          if (blank(s.what)) say(q, {"rule.next_step.what"}, s.id);
          if (blank(s.owner)) say(q, quoted("rule.step.owner", "step", s.what), s.id);
          if (!s.due) say(q, quoted("rule.step.due", "step", s.what), s.id);
        }
        break;
      default: break;
    }
  }

  void check_risk(const Asked& asked) {
    const Question& q = *asked.question;
    const model::Risk& risk = part_->risk;
    const auto answer = answer_of(q, facts_, part_);
    const auto* not_covered = answer ? std::get_if<model::NotCovered>(&*answer) : nullptr;
    if (not_covered) return check_not_covered(asked, *not_covered);
    if (asked.required && !risk.changed) say(q, missing(q), {}, "changed");
    if (context_.first_of(q.level_required)) {
      if (risk.level.empty()) say(q, of_child("rule.risk.level"), {}, "level");
      if (risk.threshold.empty()) say(q, of_child("rule.risk.threshold"), {}, "threshold");
      if (blank(risk.why)) say(q, of_child("rule.risk.why"), {}, "why");
    }
    if (!risk.threshold.empty() && risk.threshold_set.empty())
      say(q, of_child("rule.risk.threshold_again"), {}, "threshold");
    check_length(q, risk.why, limits::kNoteBytes);
  }

  const Context context_;
  const Form& form_;
  const VisitFacts& facts_;
  const ChildPart* part_;
  std::vector<Problem>& out_;
};

void append(std::vector<Problem>& to, std::vector<Problem> more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

std::vector<Problem> validate_facts(const Form& form, const VisitFacts& facts) {
  std::vector<Problem> out;
  Check(form, facts, nullptr, out).run();
  return out;
}

std::vector<Problem> validate_part(const Form& form, const VisitFacts& facts, const ChildPart& part) {
  std::vector<Problem> out;
  Check(form, facts, &part, out).run();
  return out;
}

std::vector<Problem> validate(const Form& form, const model::Visit& visit) {
  std::vector<Problem> out = validate_facts(form, visit.facts);
  const bool any =
      std::any_of(visit.children.begin(), visit.children.end(), [](const ChildPart& p) { return p.skip_reason.empty(); });
  if (!any) out.push_back({{}, {}, {}, {"rule.no_child"}});
  for (const ChildPart& part : visit.children) append(out, validate_part(form, visit.facts, part));
  if (!visit.conflicts.empty()) out.push_back({{}, {}, {}, {"rule.conflicts"}});
  return out;
}

std::vector<Problem> validate_record(const Form& form, const model::ChildRecord& record) {
  std::vector<Problem> out;
  const auto broken = [&](const char* key) { out.push_back({{}, record.part.id, {}, {key}}); };
  if (record.id.nil() || record.visit.nil()) broken("rule.record.number");
  if (record.part.id.nil()) broken("rule.record.child");
  if (record.author.nil()) broken("rule.record.author");
  if (record.versions.form.empty()) broken("rule.record.form");
  if (!record.part.skip_reason.empty()) broken("rule.record.left_out");
  if (!record.conflicts.empty()) broken("rule.conflicts");
  append(out, validate_facts(form, record.facts));
  append(out, validate_part(form, record.facts, record.part));
  return out;
}

namespace {

/// Of `q` and what keeps it from being shown, the question to be answered now.
const Question* first_to_ask(const Form& form, const VisitFacts& facts, const ChildPart* part, const Question& q) {
  const Context context(form, facts, part);
  for (const Condition& condition : q.when) {
    if (context.holds(condition)) continue;
    if (const Question* question = form.find(condition.of)) return question;
    for (const Section& section : form.sections)
      for (const Question& question : section.questions)
        if (condition.of == "access" && question.field == Field::Outcome) return &question;
  }
  return &q;
}

}  // namespace

std::vector<Unasked> unasked(const Form& form, const model::Visit& visit) {
  VisitFacts made = visit.facts;
  if (!made.outcome) made.outcome = model::Outcome::Completed;
  made.answers.try_emplace("place", std::string("HOME"));
  std::vector<Unasked> out;
  const auto look = [&](const ChildPart* is, const ChildPart* seen) {
    const auto problems = seen ? validate_part(form, made, *seen) : validate_facts(form, made);
    for (const Asked& asked : questions_for(form, seen ? Scope::Child : Scope::Visit, made, seen)) {
      const Question& q = *asked.question;
      if (!q.before_leaving) continue;
      const auto answer = answer_of(q, visit.facts, is);
      if (answer && std::holds_alternative<model::NotCovered>(*answer)) continue;
      const bool missed = std::any_of(problems.begin(), problems.end(), [&](const Problem& p) { return p.question == q.id; });
      if (missed || (asked.required && !answer)) out.push_back({&q, is ? is->id : Id(), first_to_ask(form, visit.facts, is, q)});
    }
  };
  look(nullptr, nullptr);
  for (const ChildPart& part : visit.children) {
    ChildPart seen = part;
    if (!seen.seen && !model::seen_not_covered(seen)) seen.seen = true;
    look(&part, &seen);
  }
  return out;
}

std::vector<Problem> warnings(const Form& form, const VisitFacts& facts, const ChildPart& part) {
  std::vector<Problem> out;
  if (!part.skip_reason.empty()) return out;
  const Context context(form, facts, &part);
  for (const Contradiction& c : form.contradictions) {
    if (!context.all(c.when)) continue;
    const Question* question = form.find(c.question);
    const bool of_child = question && question->scope == Scope::Child;
    out.push_back({c.question, of_child ? part.id : Id(), {}, of_form("rule.contradiction", c.message, &part)});
  }
  for (const Section& section : form.sections)
    for (const Question& q : section.questions)
      if (q.from_accounts && ticked_of(form, q, part).size() == 1)
        out.push_back({q.id, part.id, {}, {"rule.differs_alone", {{"question", words(q.label, &part)}}}});
  return out;
}

std::vector<RationaleReason> rationale_reasons(const model::ChildRecord& record) {
  std::vector<RationaleReason> out;
  const auto has = [&](model::Status s) {
    return std::find(record.part.statuses.begin(), record.part.statuses.end(), s) != record.part.statuses.end();
  };
  if (record.facts.type == model::VisitType::Cp || has(model::Status::Cpp)) out.push_back(RationaleReason::ChildProtection);
  if (record.facts.type == model::VisitType::S47 || has(model::Status::S47)) out.push_back(RationaleReason::Section47);
  if (model::is_unseen(record.part)) out.push_back(RationaleReason::Unseen);
  if (!record.part.disclosures.empty()) out.push_back(RationaleReason::Disclosure);
  if (!record.part.injuries.empty()) out.push_back(RationaleReason::Injury);
  if (record.part.risk.changed == model::RiskChange::Yes) out.push_back(RationaleReason::RiskChanged);
  return out;
}

bool rationale_required(const model::ChildRecord& record) { return !rationale_reasons(record).empty(); }

std::vector<Problem> check_decision(const model::Decision& decision, const model::ChildRecord& record) {
  std::vector<Problem> out;
  const auto say = [&](const char* question, Said said, Id item = {}) { out.push_back({question, record.part.id, item, std::move(said)}); };
  if (decision.on.record != record.id) say("on", {"rule.decision.other_record"});
  if (decision.on.rev <= 0 || decision.on.hash.empty()) say("on", {"rule.decision.version"});
  if (decision.reviewer.nil()) say("reviewer", {"rule.decision.reviewer"});
  else if (decision.reviewer == record.author) say("reviewer", {"rule.decision.own"});
  else if (decision.reviewer == record.second_worker) say("reviewer", {"rule.decision.was_there"});
  const bool returned = decision.verdict == model::Verdict::Returned;
  const bool disagrees = decision.agree_risk == std::optional<bool>(false);
  if (returned && !decision.return_reason) say("return_reason", {"rule.decision.return_reason"});
  if (returned && blank(decision.rationale)) say("rationale", {"rule.decision.to_change"});
  if (disagrees && blank(decision.disagree_why)) say("disagree_why", {"rule.decision.disagree_why"});
  if (!returned && blank(decision.rationale) && (disagrees || rationale_required(record)))
    say("rationale", named("rule.decision.reasons", "name", model::display_name(record.part)));
  for (const auto& step : decision.directed_steps) {
    if (blank(step.what)) say("directed_steps", {"rule.step.what"}, step.id);
    if (blank(step.owner)) say("directed_steps", quoted("rule.step.owner", "step", step.what), step.id);
    if (!step.due) say("directed_steps", quoted("rule.step.due", "step", step.what), step.id);
  }
  return out;
}

}  // namespace doorstep::rules
