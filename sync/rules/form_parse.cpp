#include "sync/rules/conditions.h"
#include "sync/rules/form.h"
#include "sync/rules/json_reader.h"

namespace doorstep::model {
DOORSTEP_CODES(rules::Scope, {{rules::Scope::Visit, "visit"}, {rules::Scope::Child, "child"}});
DOORSTEP_CODES(rules::Kind, {{rules::Kind::Choice, "choice"}, {rules::Kind::Multi, "multi"}, {rules::Kind::YesNo, "yes_no"},
                             {rules::Kind::Text, "text"}, {rules::Kind::LongText, "long_text"}, {rules::Kind::Scale, "scale"},
                             {rules::Kind::Date, "date"}, {rules::Kind::Time, "time"}, {rules::Kind::People, "people"},
                             {rules::Kind::OtherChildren, "other_children"}, {rules::Kind::Sharing, "sharing"},
                             {rules::Kind::Injuries, "injuries"}, {rules::Kind::Disclosures, "disclosures"},
                             {rules::Kind::OpenSteps, "open_steps"}, {rules::Kind::NextSteps, "next_steps"},
                             {rules::Kind::Risk, "risk"}, {rules::Kind::Calls, "calls"}});
DOORSTEP_CODES(rules::Sheet, {{rules::Sheet::Page, "page"}, {rules::Sheet::House, "house"}});
DOORSTEP_CODES(rules::Field,
               {{rules::Field::Type, "type"}, {rules::Field::Start, "start"}, {rules::Field::End, "end"},
                {rules::Field::LateReason, "late_reason"}, {rules::Field::Outcome, "outcome"}, {rules::Field::Present, "present"},
                {rules::Field::OtherChildren, "other_children"}, {rules::Field::Sharing, "sharing"},
                {rules::Field::SkipReason, "skip_reason"}, {rules::Field::Seen, "seen"},
                {rules::Field::NotSeenReason, "not_seen.reason"}, {rules::Field::Whereabouts, "not_seen.whereabouts"},
                {rules::Field::LastSeenBy, "not_seen.last_seen_by"}, {rules::Field::LastSeenWhen, "not_seen.last_seen_when"},
                {rules::Field::Action, "not_seen.action"}, {rules::Field::ManagerToldAt, "not_seen.manager_told_at"},
                {rules::Field::Alone, "alone"}, {rules::Field::AloneReason, "alone_reason"},
                {rules::Field::Injuries, "injuries"}, {rules::Field::Disclosures, "disclosures"},
                {rules::Field::OpenSteps, "open_steps"}, {rules::Field::NextSteps, "next_steps"}, {rules::Field::Risk, "risk"},
                {rules::Field::Calls, "calls"}});
}  // namespace doorstep::model

namespace doorstep::rules {
namespace {

/// Which scope and kinds a typed field takes.
bool fits(Field field, Scope scope, Kind kind) {
  const auto one_of = [kind](std::initializer_list<Kind> kinds) {
    return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
  };
  switch (field) {
    case Field::None: return !is_list(kind) && kind != Kind::Risk;
    case Field::Type:
    case Field::Outcome: return scope == Scope::Visit && kind == Kind::Choice;
    case Field::Start:
    case Field::End: return scope == Scope::Visit && kind == Kind::Time;
    case Field::LateReason: return scope == Scope::Visit && one_of({Kind::Choice, Kind::Text, Kind::LongText});
    case Field::Present: return scope == Scope::Visit && kind == Kind::People;
    case Field::OtherChildren: return scope == Scope::Visit && kind == Kind::OtherChildren;
    case Field::Sharing: return scope == Scope::Visit && kind == Kind::Sharing;
    case Field::SkipReason:
    case Field::AloneReason: return scope == Scope::Child && kind == Kind::Choice;
    case Field::Seen:
    case Field::Alone: return scope == Scope::Child && kind == Kind::YesNo;
    case Field::NotSeenReason:
    case Field::Whereabouts:
    case Field::LastSeenBy:
    case Field::LastSeenWhen:
    case Field::Action: return scope == Scope::Child && one_of({Kind::Choice, Kind::Text, Kind::LongText});
    case Field::ManagerToldAt: return scope == Scope::Child && kind == Kind::Time;
    case Field::Injuries: return scope == Scope::Child && kind == Kind::Injuries;
    case Field::Disclosures: return scope == Scope::Child && kind == Kind::Disclosures;
    case Field::OpenSteps: return scope == Scope::Child && kind == Kind::OpenSteps;
    case Field::NextSteps: return scope == Scope::Child && kind == Kind::NextSteps;
    case Field::Risk: return scope == Scope::Child && kind == Kind::Risk;
    case Field::Calls: return scope == Scope::Child && kind == Kind::Calls;
  }
  return false;
}

std::vector<Condition> read_conditions(const Place& place, std::string_view key) {
  std::vector<Condition> out;
  for (const Place& item : place.items(key)) {
    item.only({"of", "is", "not"});
    Condition condition;
    condition.of = item.text("of");
    condition.negated = item.has("not");
    if (item.has("is") == item.has("not")) item.fail({}, "needs \"is\" or \"not\": a list of codes");
    condition.is = item.texts(condition.negated ? "not" : "is");
    if (condition.is.empty()) item.fail({}, "needs at least one code");
    out.push_back(std::move(condition));
  }
  return out;
}

/// true: for every type, always; otherwise a list of {types, when}.
std::vector<Rule> read_rules(const Place& place, std::string_view key) {
  if (place.at(key).value().is_bool()) return place.flag(key) ? std::vector<Rule>{Rule{}} : std::vector<Rule>{};
  std::vector<Rule> out;
  for (const Place& item : place.items(key)) {
    item.only({"types", "when"});
    out.push_back({item.codes<model::VisitType>("types"), read_conditions(item, "when")});
  }
  return out;
}

Option read_option(const Place& place) {
  place.only({"code", "label", "hint", "when"});
  return {place.text("code"), place.text("label"), place.text_or_empty("hint"), read_conditions(place, "when")};
}

Question read_question(Place place, Scope scope) {
  Question q;
  q.id = place.text("id");
  place.name(q.id);
  place.only({"id", "kind", "field", "label", "help", "missing", "none", "options", "types", "when", "required", "level_required",
              "not_covered", "drawing", "verbatim", "from_open_steps",
              "from_accounts", "before_leaving"});
  q.scope = scope;
  q.kind = place.code<Kind>("kind");
  q.field = place.has("field") ? place.code<Field>("field") : Field::None;
  q.label = place.text("label");
  q.help = place.text_or_empty("help");
  q.missing = place.text_or_empty("missing");
  q.none = place.text_or_empty("none");
  std::set<std::string> codes;
  for (const Place& item : place.items("options")) {
    q.options.push_back(read_option(item));
    // A code may stand twice, with other words, where conditions choose between the two.
    if (!codes.insert(q.options.back().code).second && q.options.back().when.empty()) item.fail("code", "stands twice");
  }
  q.types = place.codes<model::VisitType>("types");
  q.when = read_conditions(place, "when");
  q.required = read_rules(place, "required");
  q.level_required = read_rules(place, "level_required");
  q.not_covered = place.flag("not_covered");
  if (place.has("drawing")) q.drawing = place.code<Sheet>("drawing");
  q.verbatim = place.flag("verbatim");
  q.from_open_steps = place.flag("from_open_steps");
  q.from_accounts = place.flag("from_accounts");
  q.before_leaving = place.flag("before_leaving");

  if (!fits(q.field, scope, q.kind)) place.fail("field", "does not go with this kind and scope");
  const bool chooses = q.kind == Kind::Choice || q.kind == Kind::Multi;
  if (chooses && q.options.empty() && !q.from_open_steps && !q.from_accounts) place.fail("options", "a choice needs options");
  if (!chooses && !q.options.empty()) place.fail("options", "only for choice and multi");
  for (const auto& [is, key] : {std::pair(q.from_open_steps, "from_open_steps"), std::pair(q.from_accounts, "from_accounts")})
    if (is && (q.kind != Kind::Multi || scope != Scope::Child)) place.fail(key, "only for multi, of a child");
  if (q.drawing != Sheet::None && (q.kind != Kind::LongText || scope != Scope::Child || q.field != Field::None))
    place.fail("drawing", "only for long_text, of a child");
  if (q.verbatim && q.kind != Kind::LongText) place.fail("verbatim", "only for long_text");
  if (!q.none.empty() && !is_list(q.kind)) place.fail("none", "only for lists of entries");
  if (!q.level_required.empty() && q.kind != Kind::Risk) place.fail("level_required", "only for risk");
  if (computed_facts().end() != std::find_if(computed_facts().begin(), computed_facts().end(),
                                             [&](const Computed& c) { return c.name == q.id; }))
    place.fail("id", "is the name of something computed; choose another");
  if (q.field == Field::Type)
    for (const Option& option : q.options)
      if (!model::from_code<model::VisitType>(option.code)) place.fail("options", "“" + option.code + "” is not a visit type");
  if (q.field == Field::Outcome)
    for (const Option& option : q.options)
      if (!model::from_code<model::Outcome>(option.code)) place.fail("options", "“" + option.code + "” is not an outcome");
  return q;
}

bool is_offered(const Question& q, const std::string& code) {
  return q.kind == Kind::Choice && std::any_of(q.options.begin(), q.options.end(), [&](const Option& o) { return o.code == code; });
}

AccountRule read_account(const Place& place, const Form& form) {
  place.only({"question", "field", "label", "who", "who_from"});
  AccountRule rule{place.text("question"), place.text_or_empty("field"), place.text_or_empty("label"), place.text("who"),
                   place.text_or_empty("who_from")};
  const Question* question = form.find(rule.question);
  const bool of_list = question && (question->kind == Kind::Injuries || question->kind == Kind::Disclosures);
  const bool of_note = question && question->scope == Scope::Child && question->kind == Kind::LongText && question->field == Field::None;
  if (!of_list && !of_note) place.fail("question", "“" + rule.question + "” is no note, marks or disclosures of a child");
  if (of_list && (rule.field.empty() || rule.label.empty())) place.fail({}, "of a list, needs a field and a label");
  if (of_note && !rule.who_from.empty() && !form.find(rule.who_from)) place.fail("who_from", "“" + rule.who_from + "” is no question");
  return rule;
}

BesideRules read_beside(const Place& place, const Form& form) {
  BesideRules out;
  place.only({"apart", "children", "last_visit"});
  const auto question = [&](const Place& item, std::string_view key, const std::string& id) {
    const Question* found = form.find(id);
    if (!found) item.fail(key, "“" + id + "” is no question");
    return found;
  };
  for (const Place& item : place.items("apart")) {
    item.only({"about", "questions", "by"});
    out.apart.push_back({item.text("about"), item.texts("questions"), item.number("by", 1, 10)});
    for (const std::string& id : out.apart.back().questions)
      if (const Question* q = question(item, "questions", id); q && q->kind != Kind::Scale)
        item.fail("questions", "“" + id + "” is no scale");
  }
  for (const Place& item : place.items("children")) {
    item.only({"question", "codes"});
    out.children.push_back({item.text("question"), item.texts("codes")});
    const Question* q = question(item, "question", out.children.back().question);
    if (q && q->scope != Scope::Child) item.fail("question", "is asked once for the visit");
    for (const std::string& code : out.children.back().codes)
      if (q && std::none_of(q->options.begin(), q->options.end(), [&](const Option& o) { return o.code == code; }))
        item.fail("codes", "“" + code + "” is no answer of “" + q->id + "”");
  }
  out.last_visit = place.texts("last_visit");
  for (const std::string& id : out.last_visit) question(place, "last_visit", id);
  return out;
}

/// Conditions that name nothing would silently never hold.
class Checker {
 public:
  Checker(const Form& form, std::optional<base::Error>& error) : form_(form), error_(error) {}

  void check(const std::string& where, Scope scope, const std::vector<Condition>& conditions) {
    for (const Condition& condition : conditions) check(where, scope, condition);
  }
  void check(const std::string& where, Scope scope, const std::vector<Rule>& rules) {
    for (const Rule& rule : rules) check(where, scope, rule.when);
  }

 private:
  void fail(const std::string& where, std::string detail) {
    if (!error_) error_ = base::Error{base::Fault::Invalid, where, std::move(detail)};
  }
  void check(const std::string& where, Scope scope, const Condition& condition) {
    std::vector<std::string> known;
    bool any = false;
    Scope of_scope = Scope::Visit;
    if (const Question* question = form_.find(condition.of)) {
      of_scope = question->scope;
      for (const Option& option : question->options) known.push_back(option.code);
      if (question->kind == Kind::YesNo || is_list(question->kind)) known = {"YES", "NO"};
      any = known.empty();
    } else {
      const Computed* computed = nullptr;
      for (const Computed& c : computed_facts())
        if (c.name == condition.of) computed = &c;
      if (!computed) return fail(where, "a condition is about “" + condition.of + "”, which is no question");
      of_scope = computed->scope;
      known.assign(computed->codes.begin(), computed->codes.end());
      any = known.empty();
    }
    if (scope == Scope::Visit && of_scope == Scope::Child)
      return fail(where, "asks about the whole visit, but its condition is about one child's “" + condition.of + "”");
    for (const std::string& code : condition.is)
      if (!any && code != "*" && code != "?" && std::find(known.begin(), known.end(), code) == known.end())
        return fail(where, "“" + code + "” is no answer of “" + condition.of + "”");
  }
  const Form& form_;
  std::optional<base::Error>& error_;
};

}  // namespace

Result<Form> parse_form(std::string_view json) {
  DOORSTEP_TRY_ASSIGN(const boost::json::value document, parse_document(json, "form"));
  std::optional<base::Error> error;
  const Place root(document, "", error);
  root.only({"about", "version", "late_after_hours", "sections", "contradictions", "accounts", "beside"});
  Form form;
  form.version = root.text("version");
  form.late_after_hours = root.number("late_after_hours", 0, 24 * 365);
  std::set<std::string> section_ids, question_ids;
  for (Place item : root.items("sections")) {
    Section section;
    section.id = item.text("id");
    item.name(section.id);
    item.only({"id", "title", "scope", "questions", "rest"});
    if (!section_ids.insert(section.id).second) item.fail("id", "stands twice");
    section.title = item.text("title");
    section.scope = item.code<Scope>("scope");
    for (const Place& question : item.items("questions")) {
      section.questions.push_back(read_question(question, section.scope));
      if (!question_ids.insert(section.questions.back().id).second)
        question.fail("id", "“" + section.questions.back().id + "” stands twice");
    }
    section.rest = item.texts("rest");
    for (const std::string& code : section.rest)
      if (std::none_of(section.questions.begin(), section.questions.end(), [&](const Question& q) { return is_offered(q, code); }))
        item.fail("rest", "“" + code + "” is no choice of this section");
    form.sections.push_back(std::move(section));
  }
  if (form.sections.empty()) root.fail("sections", "must hold at least one section");
  for (const Place& item : root.items("contradictions")) {
    item.only({"question", "when", "message"});
    form.contradictions.push_back({item.text("question"), read_conditions(item, "when"), item.text("message")});
  }
  for (const Place& item : root.items("accounts")) form.accounts.push_back(read_account(item, form));
  if (root.has("beside")) form.beside = read_beside(root.at("beside"), form);
  if (error) return *error;

  Checker checker(form, error);
  for (const Section& section : form.sections) {
    for (const Question& q : section.questions) {
      const std::string where = section.id + "." + q.id;
      checker.check(where + ".when", q.scope, q.when);
      checker.check(where + ".required", q.scope, q.required);
      checker.check(where + ".level_required", q.scope, q.level_required);
      for (const Option& option : q.options) checker.check(where + ".options." + option.code, q.scope, option.when);
    }
  }
  for (const Contradiction& c : form.contradictions) {
    if (!form.find(c.question) && !error)
      error = base::Error{base::Fault::Invalid, "contradictions", "“" + c.question + "” is no question"};
    checker.check("contradictions." + c.question, Scope::Child, c.when);
  }
  if (error) return *error;
  return form;
}

Result<Form> in_words(Form form, std::string_view json) {
  DOORSTEP_TRY_ASSIGN(const Words words, Words::parse(json, "the form's words"));
  const auto put = [&](std::string& text) { words.put(text); };
  for (Section& section : form.sections) {
    put(section.title);
    for (Question& q : section.questions) {
      for (std::string* text : {&q.label, &q.help, &q.missing, &q.none}) put(*text);
      for (Option& option : q.options) put(option.label), put(option.hint);
    }
  }
  for (Contradiction& c : form.contradictions) put(c.message);
  for (AccountRule& rule : form.accounts) put(rule.label), put(rule.who);
  for (ApartRule& rule : form.beside.apart) put(rule.about);
  return form;
}

}  // namespace doorstep::rules
