#include "sync/rules/validate.h"

#include "platform/base/limits.h"
#include "tests/support/answers.h"
#include "tests/support/assets.h"

using namespace doorstep;
using namespace doorstep::rules;
using model::VisitType;
using tests::told;

namespace {

const Form& form() {
  static const Form shipped = tests::visit_form();
  return shipped;
}

struct Case {
  model::VisitFacts facts;
  model::ChildPart part;
};

enum class Shape { Seen, NotSeen, NoAccess };

Case started(VisitType type, Shape shape) {
  Case c;
  c.facts.type = type;
  c.facts.outcome = shape == Shape::NoAccess ? model::Outcome::NoAccess : model::Outcome::Completed;
  c.part.id = Id::from_name("child");
  c.part.name = "Amara Okafor";
  c.part.called = "Amara";
  c.part.born = base::date_from_iso("2018-03-14");
  c.part.seen = shape == Shape::Seen;
  return c;
}

Case complete(VisitType type, Shape shape) {
  Case c = started(type, shape);
  tests::answer_all(form(), c.facts, c.part);
  return c;
}

std::vector<Problem> problems_of(const Case& c) {
  auto out = validate_facts(form(), c.facts);
  for (auto& p : validate_part(form(), c.facts, c.part)) out.push_back(std::move(p));
  return out;
}

std::set<std::string> ids(const std::vector<Problem>& problems) {
  std::set<std::string> out;
  for (const Problem& p : problems) out.insert(p.question);
  return out;
}

/// domain.md section 3, column M, written down again by hand: which types demand a field of a visit with the child seen.
bool demands(VisitType type, const std::string& id) {
  using T = VisitType;
  static const std::set<T> cp{T::Cp}, adoption{T::Adoption}, s47_cp{T::S47, T::Cp}, s47_cp_cin{T::S47, T::Cp, T::Cin},
      cp_cla_cin{T::Cp, T::Cla, T::Cin}, cp_s47_cla{T::Cp, T::S47, T::Cla}, alone{T::Cp, T::S47, T::Cla, T::PrivFost};
  static const std::map<std::string, std::set<T>> by_type{{"alone", alone},
                                                          {"bedroom", cp_s47_cla},
                                                          {"health", cp_cla_cin},
                                                          {"growth", cp_cla_cin},
                                                          {"school", cp_cla_cin},
                                                          {"home_kitchen", s47_cp_cin},
                                                          {"home_food", s47_cp_cin},
                                                          {"home_heating", s47_cp_cin},
                                                          {"home_sleeping", s47_cp_cin},
                                                          {"home_hygiene", s47_cp_cin},
                                                          {"home_hazards", s47_cp_cin},
                                                          {"home_pets", s47_cp_cin},
                                                          {"risk_factors", s47_cp},
                                                          {"protective", s47_cp_cin},
                                                          {"harm_statement", cp},
                                                          {"danger_statement", cp},
                                                          {"safety_goal", cp},
                                                          {"not_known", s47_cp},
                                                          {"fits", s47_cp},
                                                          {"safety_plan", s47_cp},
                                                          {"safety_owner", s47_cp},
                                                          {"safety_contingency", s47_cp},
                                                          {"adopters_seen", adoption}};
  static const std::set<std::string> always{"type",
                                            "start",
                                            "end",
                                            "announced",
                                            "place",
                                            "purpose",
                                            "outcome",
                                            "present",
                                            "other_children",
                                            "language",
                                            "interpreter",
                                            "next_visit_due",
                                            "next_visit_confirmed_by",
                                            "seen",
                                            "said",
                                            "words_method",
                                            "saw",
                                            "think",
                                            "risk",
                                            "next_steps"};
  if (always.contains(id)) return true;
  if (id == "told" || id == "parents_met") return type != T::CareLeaver;
  const auto found = by_type.find(id);
  return found != by_type.end() && found->second.contains(type);
}

const std::set<std::string> kNeverNotCovered{"type", "start", "end", "place", "outcome", "present"};

Question with_id(const std::string& id) { return *form().find(id); }

}  // namespace

TEST_CASE("validate: a visit in which everything is answered may be submitted, whatever its type", "[rules]") {
  for (const auto& [type, code] : model::CodeTable<VisitType>::values) {
    for (const Shape shape : {Shape::Seen, Shape::NotSeen, Shape::NoAccess}) {
      INFO(code << " " << static_cast<int>(shape));
      const auto problems = problems_of(complete(type, shape));
      for (const Problem& p : problems) UNSCOPED_INFO(p.question << ": " << told(p.said));
      CHECK(problems.empty());
    }
  }
}

TEST_CASE("validate: exactly the fields that the table marks are mandatory, for each type", "[rules]") {
  std::size_t mandatory = 0, optional = 0;
  for (const auto& [type, code] : model::CodeTable<VisitType>::values) {
    const Case whole = complete(type, Shape::Seen);
    std::set<std::string> visible;
    for (const Scope scope : {Scope::Visit, Scope::Child}) {
      for (const Asked& asked : questions_for(form(), scope, whole.facts, scope == Scope::Child ? &whole.part : nullptr)) {
        const Question& q = *asked.question;
        visible.insert(q.id);
        Case without = whole;
        tests::take_back(q, without.facts, q.scope == Scope::Child ? &without.part : nullptr);
        const auto problems = problems_of(without);
        INFO(code << " without " << q.id);
        if (demands(type, q.id)) {
          ++mandatory;
          CHECK(ids(problems).contains(q.id));
          CHECK(asked.required);
          CHECK(std::any_of(problems.begin(), problems.end(), [&](const Problem& p) {
            return p.question == q.id && told(p.said) == words(q.missing, &without.part) &&
                   p.child == (q.scope == Scope::Child ? whole.part.id : Id());
          }));
        } else {
          ++optional;
          CHECK_FALSE(asked.required);
          for (const Problem& p : problems) UNSCOPED_INFO(p.question << ": " << told(p.said));
          CHECK(problems.empty());
        }
      }
    }
    for (const Section& section : form().sections)
      for (const Question& q : section.questions)
        if (demands(type, q.id)) {
          INFO(code << " does not show " << q.id);
          CHECK(visible.contains(q.id));
        }
  }
  CHECK(mandatory > 200);
  CHECK(optional > 150);
}

TEST_CASE("validate: everything mandatory but time, place, outcome and who was there may be not covered", "[rules]") {
  for (const auto& [type, code] : model::CodeTable<VisitType>::values) {
    const Case whole = complete(type, Shape::Seen);
    for (const Scope scope : {Scope::Visit, Scope::Child}) {
      for (const Asked& asked : questions_for(form(), scope, whole.facts, scope == Scope::Child ? &whole.part : nullptr)) {
        const Question& q = *asked.question;
        if (!asked.required) continue;
        INFO(code << " " << q.id);
        CHECK(asked.not_covered == !kNeverNotCovered.contains(q.id));
        Case c = whole;
        model::ChildPart* part = scope == Scope::Child ? &c.part : nullptr;
        tests::take_back(q, c.facts, part);
        auto& answers = part ? c.part.answers : c.facts.answers;
        answers[q.id] = model::NotCovered{""};
        if (kNeverNotCovered.contains(q.id)) {
          CHECK(ids(problems_of(c)).contains(q.id));
          continue;
        }
        static const std::set<std::string> every_type{"announced",
                                                      "purpose",
                                                      "other_children",
                                                      "language",
                                                      "interpreter",
                                                      "parents_met",
                                                      "next_visit_due",
                                                      "next_visit_confirmed_by",
                                                      "said",
                                                      "words_method",
                                                      "saw",
                                                      "told",
                                                      "think",
                                                      "risk",
                                                      "next_steps"};
        const bool level_held = q.id == "risk" && (type == VisitType::S47 || type == VisitType::Cp);
        CHECK(asked.needs_why == (level_held || !every_type.contains(q.id)));
        CHECK(problems_of(c).empty() != asked.needs_why);
        answers[q.id] = model::NotCovered{"  "};
        CHECK(problems_of(c).empty() != asked.needs_why);
        answers[q.id] = model::NotCovered{"there was no time"};
        CHECK(problems_of(c).empty());
      }
    }
  }
}

TEST_CASE("validate: whether the child was seen, not covered, asks why and nothing else that hangs on it", "[rules]") {
  for (const auto& [type, code] : model::CodeTable<VisitType>::values) {
    INFO(code);
    Case c = started(type, Shape::Seen);
    c.part.seen.reset();
    c.part.answers["seen"] = model::NotCovered{"the police asked me to leave"};
    tests::answer_all(form(), c.facts, c.part);
    CHECK(problems_of(c).empty());
    for (const char* id : {"said", "saw", "alone", "awake", "not_seen_reason", "whereabouts", "manager_told_at"})
      CHECK_FALSE(answer_of(with_id(id), c.facts, &c.part).has_value());
    c.part.answers["seen"] = model::NotCovered{};
    auto problems = problems_of(c);
    REQUIRE(problems.size() == 1);
    CHECK(told(problems[0].said) == "Say in a few words why “Was Amara seen?” was not covered.");
    c.part.seen = true;  // said on another tablet: what was said stands
    CHECK(answer_of(with_id("seen"), c.facts, &c.part) == model::Answer(std::string("YES")));
  }
}

TEST_CASE("validate: the view of the risk, not covered, covers its level, threshold and why", "[rules]") {
  Case c = complete(VisitType::S47, Shape::Seen);
  c.part.risk = {};
  CHECK(problems_of(c).size() == 4);
  c.part.answers["risk"] = model::NotCovered{};
  auto problems = problems_of(c);
  REQUIRE(problems.size() == 1);
  CHECK(told(problems[0].said) == "Say in a few words why “Has this visit changed your view of the risk to Amara?” was not covered.");
  CHECK(problems[0].field.empty());
  c.part.answers["risk"] = model::NotCovered{"the enquiry goes on tomorrow"};
  CHECK(problems_of(c).empty());
  c.part.risk.changed = model::RiskChange::Yes;  // said after all
  CHECK(problems_of(c).size() == 3);
}

TEST_CASE("validate: a child who was not seen asks for why, where, who, when, what was done and who was told", "[rules]") {
  for (const auto& [type, code] : model::CodeTable<VisitType>::values) {
    const Case whole = complete(type, Shape::NotSeen);
    for (const char* id :
         {"not_seen_reason", "whereabouts", "last_seen_by", "last_seen_when", "not_seen_action", "manager_told_at"}) {
      INFO(code << " " << id);
      Case without = whole;
      tests::take_back(with_id(id), without.facts, &without.part);
      CHECK(ids(problems_of(without)) == std::set<std::string>{id});
    }
    for (const char* id : {"said", "saw", "alone", "awake"}) {
      INFO(code << " " << id);
      CHECK_FALSE(answer_of(with_id(id), whole.facts, &whole.part).has_value());
    }
  }
}

TEST_CASE("validate: a visit that did not take place needs only what makes sense", "[rules]") {
  const std::set<std::string> visit_set{"type", "start", "end", "announced", "place", "purpose", "outcome", "next_visit_due",
                                        "next_visit_confirmed_by"};
  const std::set<std::string> child_set{"seen", "risk", "next_steps"};
  for (const auto& [type, code] : model::CodeTable<VisitType>::values) {
    for (const auto outcome : {model::Outcome::NoAccess, model::Outcome::EntryRefused, model::Outcome::AbandonedUnsafe,
                               model::Outcome::CancelledFamily, model::Outcome::CancelledService}) {
      Case c;
      c.facts.type = type;
      c.facts.outcome = outcome;
      c.part.id = Id::from_name("child");
      INFO(code << " " << model::code(outcome));
      std::set<std::string> expected;
      std::set_union(visit_set.begin(), visit_set.end(), child_set.begin(), child_set.end(),
                     std::inserter(expected, expected.end()));
      expected.erase("type");
      expected.erase("outcome");
      if (outcome == model::Outcome::CancelledFamily || outcome == model::Outcome::CancelledService) expected.erase("end");
      CHECK(ids(problems_of(c)) == expected);
    }
  }
}

TEST_CASE("validate: section 47 and child protection always hold a risk level, a threshold and why", "[rules]") {
  for (const auto& [type, code] : model::CodeTable<VisitType>::values) {
    const bool always = type == VisitType::S47 || type == VisitType::Cp;
    for (const auto changed : {model::RiskChange::No, model::RiskChange::Yes, model::RiskChange::NotEnoughToSay}) {
      INFO(code << " " << model::code(changed));
      Case c = complete(type, Shape::Seen);
      c.part.risk = {};
      c.part.risk.changed = changed;
      const std::size_t expected = always || changed == model::RiskChange::Yes ? 3 : 0;
      CHECK(problems_of(c).size() == expected);
      c.part.risk.level = "HIGH";
      c.part.risk.threshold = "L4";
      c.part.risk.threshold_set = "birmingham-rsrt/2015";
      CHECK(problems_of(c).size() == (expected ? 1 : 0));
      c.part.risk.why = "because";
      CHECK(problems_of(c).empty());
      c.part.risk.threshold_set.clear();  // a level without its document means nothing
      CHECK(problems_of(c).size() == 1);
    }
  }
  Case c = complete(VisitType::Cp, Shape::NoAccess);
  c.part.risk.why.clear();
  CHECK(ids(problems_of(c)) == std::set<std::string>{"risk"});
}

TEST_CASE("validate: problems are said in the words on the screen", "[rules]") {
  Case c = complete(VisitType::Cin, Shape::Seen);
  c.part.seen.reset();
  auto problems = problems_of(c);
  REQUIRE(problems.size() == 1);
  CHECK(told(problems[0].said) == "Say whether Amara was seen.");
  CHECK(problems[0].child == c.part.id);
  c.part.called.clear();
  CHECK(told(problems_of(c)[0].said) == "Say whether Amara Okafor was seen.");
  c.part.name.clear();
  CHECK(told(problems_of(c)[0].said) == "Say whether the child was seen.");
}

TEST_CASE("validate: a step needs what, who and by when; an open step needs a status", "[rules]") {
  Case c = complete(VisitType::Cin, Shape::Seen);
  const auto day = base::date_from_iso("2026-12-01");
  c.part.next_steps = {{Id::from_name("s1"), "Ring the school", "", day, {}, {}},
                       {Id::from_name("s2"), "Ring the doctor", "Ruth", {}, {}, {}},
                       {Id::from_name("s3"), " ", "Ruth", day, {}, {}}};
  auto problems = problems_of(c);
  REQUIRE(problems.size() == 3);
  CHECK(told(problems[0].said) == "Say who will do “Ring the school”.");
  CHECK(problems[0].item == Id::from_name("s1"));
  CHECK(told(problems[1].said) == "Say by when “Ring the doctor” will be done.");
  CHECK(told(problems[2].said) == "Say what the next step is.");

  c = complete(VisitType::Cin, Shape::Seen);
  c.part.open_steps = {{Id::from_name("o1"), "Register with a doctor", "Agnieszka", day, {}, {}}};
  problems = problems_of(c);
  REQUIRE(problems.size() == 1);
  CHECK(told(problems[0].said) == "Say what became of “Register with a doctor”, or that it was not discussed.");
  c.part.open_steps[0].status = model::StepStatus::NotDiscussed;
  CHECK(problems_of(c).empty());

  c.part.next_steps.clear();
  CHECK(ids(problems_of(c)) == std::set<std::string>{"next_steps"});
  c.part.answers["next_steps"] = std::string(kNone);
  CHECK(problems_of(c).empty());
}

TEST_CASE("validate: entries of lists are whole", "[rules]") {
  Case c = complete(VisitType::S47, Shape::Seen);
  c.facts.present[0].relationship.clear();
  CHECK(ids(problems_of(c)) == std::set<std::string>{"present"});
  c.facts.present[0].unknown = true;
  CHECK(problems_of(c).empty());
  c.facts.other_children[0].known_to_service.reset();
  CHECK(told(problems_of(c).at(0).said) == "Say whether “Bug” is known to the service.");
  c.facts.other_children[0].known_to_service = model::Known::Unknown;
  c.facts.sharing[0].consent.reset();
  CHECK(ids(problems_of(c)) == std::set<std::string>{"sharing"});
  c.facts.sharing[0].consent = model::Consent::NotSoughtUnsafe;
  c.part.injuries[0].place.clear();
  CHECK(told(problems_of(c).at(0).said) == "Show on the body map, or say, where the mark is.");
  c.part.injuries[0].view = model::BodyView::Left;
  c.part.injuries[0].at = model::Point{0.4, 0.1};
  CHECK(problems_of(c).empty());
  c.part.injuries[0].explanation.clear();
  CHECK(told(problems_of(c).at(0).said) == "Write what explanation was given for the mark, or that none was.");
  c.part.injuries[0].child_said = "I fell";
  CHECK(problems_of(c).empty());
  c.part.disclosures[0].exact_words.clear();
  CHECK(told(problems_of(c).at(0).said) == "Write the exact words of what Amara told.");
}

TEST_CASE("validate: for a child in care the reasons for not being alone are the law's three, and no others", "[rules]") {
  Case c = complete(VisitType::Cla, Shape::Seen);
  c.part.alone = false;
  c.part.statuses = {model::Status::Cla};
  for (const char* code : {"CHILD_REFUSED", "INAPPROPRIATE_AGE", "UNABLE"}) {
    c.part.alone_reason = code;
    CHECK(problems_of(c).empty());
  }
  for (const char* code : {"PARENT_REFUSED", "SAFETY", "TOO_YOUNG", "NO_PRIVATE_PLACE", "NO_TIME", "OTHER", "ANYTHING"}) {
    INFO(code);
    c.part.alone_reason = code;
    CHECK(ids(problems_of(c)) == std::set<std::string>{"alone_reason"});
  }
  c.part.alone_reason.clear();
  CHECK(ids(problems_of(c)) == std::set<std::string>{"alone_reason"});
  c.part.statuses.clear();  // a visit to a child in care whose status the tablet does not know
  for (const char* code : {"CHILD_REFUSED", "INAPPROPRIATE_AGE", "UNABLE"}) {
    c.part.alone_reason = code;
    CHECK(problems_of(c).empty());
  }
  c.part.alone_reason = "PARENT_REFUSED";
  CHECK(ids(problems_of(c)) == std::set<std::string>{"alone_reason"});
  c.facts.type = VisitType::Cp;  // another kind of visit to a child looked after
  c.part.statuses = {model::Status::Cpp, model::Status::Cla};
  tests::answer_all(form(), c.facts, c.part);
  CHECK(ids(problems_of(c)) == std::set<std::string>{"alone_reason"});
  c.part.statuses = {model::Status::Cpp};
  CHECK(problems_of(c).empty());
  for (const char* code : {"INAPPROPRIATE_AGE", "UNABLE"}) {  // the law's words, not the council's
    c.part.alone_reason = code;
    CHECK_FALSE(problems_of(c).empty());
  }
  for (const auto type : {VisitType::Cin, VisitType::FamilyHelp, VisitType::Other}) {
    Case optional = complete(type, Shape::Seen);
    optional.part.alone = false;
    optional.part.alone_reason.clear();
    CHECK(problems_of(optional).empty());
  }
}

TEST_CASE("validate: a child under two is asked to be seen awake, an unborn child is not asked to be seen", "[rules]") {
  Case baby = started(VisitType::Cp, Shape::Seen);
  baby.part.born = base::date_from_iso("2025-01-16");
  tests::answer_all(form(), baby.facts, baby.part);
  Case without = baby;
  tests::take_back(with_id("awake"), without.facts, &without.part);
  CHECK(ids(problems_of(without)) == std::set<std::string>{"awake"});
  without.part.born = base::date_from_iso("2024-11-16");  // two years old on the day of the visit
  without.part.answers["school"] = std::string("nursery");
  CHECK(problems_of(without).empty());

  Case unborn = started(VisitType::Cp, Shape::Seen);
  unborn.part.seen.reset();
  unborn.part.born.reset();
  unborn.part.unborn = true;
  tests::answer_all(form(), unborn.facts, unborn.part);
  CHECK(problems_of(unborn).empty());
  for (const char* id : {"seen", "alone", "awake", "said", "saw", "bedroom", "growth", "school", "injuries"}) {
    INFO(id);
    CHECK_FALSE(answer_of(with_id(id), unborn.facts, &unborn.part).has_value());
  }
  unborn.part.answers.erase("think");
  CHECK(ids(problems_of(unborn)) == std::set<std::string>{"think"});
}

TEST_CASE("validate: “nothing I can report” stands for the child's words", "[rules]") {
  Case c = complete(VisitType::Cin, Shape::Seen);
  c.part.answers.erase("said");
  CHECK(ids(problems_of(c)) == std::set<std::string>{"said"});
  c.part.answers["said"] = std::string(" \n");
  CHECK(ids(problems_of(c)) == std::set<std::string>{"said"});
  c.part.answers.erase("said");
  c.part.answers["nothing_to_report"] = std::string("NOTHING");
  CHECK(problems_of(c).empty());
}

TEST_CASE("validate: times, lengths and codes", "[rules]") {
  Case c = complete(VisitType::Cin, Shape::Seen);
  c.facts.end->at = c.facts.start->at + std::chrono::minutes(-1);
  CHECK(ids(problems_of(c)) == std::set<std::string>{"end"});

  c = complete(VisitType::Cin, Shape::Seen);
  c.part.answers["said"] = std::string(limits::kNoteBytes, 'x');
  CHECK(problems_of(c).empty());
  c.part.answers["said"] = std::string(limits::kNoteBytes + 1, 'x');
  CHECK(ids(problems_of(c)) == std::set<std::string>{"said"});
  c.part.answers["said"] = std::string("x");
  c.facts.answers["language"] = std::string(limits::kShortTextBytes + 1, 'x');
  CHECK(ids(problems_of(c)) == std::set<std::string>{"language"});

  c = complete(VisitType::Cin, Shape::Seen);
  c.facts.answers["place"] = std::string("MOON");
  CHECK(told(problems_of(c).at(0).said) == "Answer “Where was it?” again: “MOON” is not one of the choices here.");
  c.facts.answers["place"] = std::int64_t{3};
  CHECK_FALSE(problems_of(c).empty());
  c = complete(VisitType::Cin, Shape::Seen);
  c.facts.answers["next_visit_due"] = std::string("2026-02-30");
  CHECK(ids(problems_of(c)) == std::set<std::string>{"next_visit_due"});
  c = complete(VisitType::Cin, Shape::Seen);
  c.part.answers["scale_child"] = std::int64_t{11};
  CHECK(ids(problems_of(c)) == std::set<std::string>{"scale_child"});
  c.part.answers["scale_child"] = std::int64_t{0};
  c.part.answers["a question of a later form"] = std::string("is left alone");
  CHECK(problems_of(c).empty());
}

TEST_CASE("validate: written up late asks why", "[rules]") {
  Case c = complete(VisitType::Cin, Shape::Seen);
  c.facts.late_reason.clear();
  CHECK(problems_of(c).empty());
  c.facts.recorded_at = c.facts.end->at + std::chrono::hours(48);
  CHECK(problems_of(c).empty());
  c.facts.recorded_at = c.facts.end->at + std::chrono::hours(48) + std::chrono::minutes(1);
  CHECK(ids(problems_of(c)) == std::set<std::string>{"late_reason"});
  c.facts.late_reason = "I was ill";
  CHECK(problems_of(c).empty());
}

TEST_CASE("validate: an empty draft says everything, once, and a visit needs a child", "[rules]") {
  model::Visit visit;
  auto problems = validate(form(), visit);
  CHECK(ids(problems).contains("type"));
  CHECK(
      std::any_of(problems.begin(), problems.end(), [](const Problem& p) { return told(p.said) == "Record at least one child."; }));

  Case c = complete(VisitType::Cp, Shape::Seen);
  visit.facts = c.facts;
  visit.children = {c.part, c.part};
  visit.children[1].id = Id::from_name("sibling");
  CHECK(validate(form(), visit).empty());
  visit.children[1] = {};
  visit.children[1].id = Id::from_name("sibling");
  problems = validate(form(), visit);
  CHECK_FALSE(problems.empty());
  for (const Problem& p : problems) CHECK(p.child == Id::from_name("sibling"));
  visit.children[1].skip_reason = "SEPARATE_VISIT";
  CHECK(validate(form(), visit).empty());
  visit.children[1].skip_reason = "BORED";
  CHECK(ids(validate(form(), visit)) == std::set<std::string>{"skip_reason"});
  visit.children[1].skip_reason = "SEPARATE_VISIT";
  visit.children[0].skip_reason = "OTHER_WORKER";
  CHECK(validate(form(), visit).size() == 1);
  visit.children[0].skip_reason.clear();
  visit.conflicts.resize(1);
  CHECK(validate(form(), visit).size() == 1);
}

TEST_CASE("validate: a record must say whose it is, and hold no open conflict", "[rules]") {
  const Case c = complete(VisitType::Cp, Shape::Seen);
  model::ChildRecord record;
  record.id = Id::from_name("record");
  record.visit = Id::from_name("visit");
  record.author = Id::from_name("worker");
  record.versions.form = form().version;
  record.facts = c.facts;
  record.part = c.part;
  CHECK(validate_record(form(), record).empty());
  const auto broken = [&](auto change) {
    auto copy = record;
    change(copy);
    return validate_record(form(), copy).size();
  };
  CHECK(broken([](auto& r) { r.id = {}; }) == 1);
  CHECK(broken([](auto& r) { r.author = {}; }) == 1);
  CHECK(broken([](auto& r) { r.part.id = {}; }) == 1);
  CHECK(broken([](auto& r) { r.versions.form.clear(); }) == 1);
  CHECK(broken([](auto& r) { r.conflicts.resize(1); }) == 1);
  CHECK(broken([](auto& r) { r.part.skip_reason = "OTHER"; }) == 1);
  CHECK(broken([](auto& r) { r.part.answers.erase("safety_plan"); }) == 1);
}

TEST_CASE("validate: where the form says nothing of its own, the question is named", "[rules]") {
  Case c = complete(VisitType::Cin, Shape::Seen);
  c.part.answers["chronology"] = std::string("MAYBE");
  const auto problems = problems_of(c);
  const auto found = std::ranges::find(problems, "chronology", &Problem::question);
  REQUIRE(found != problems.end());
  CHECK(told(found->said) == "Answer “Does this belong in Amara's chronology?”.");
}

TEST_CASE("validate: contradictions are shown and never in the way", "[rules]") {
  Case c = complete(VisitType::Cp, Shape::Seen);
  c.part.injuries.clear();
  c.part.disclosures.clear();
  CHECK(warnings(form(), c.facts, c.part).empty());
  c.part.seen = false;
  const auto shown = ids(warnings(form(), c.facts, c.part));
  for (const char* id : {"said", "saw", "alone", "bedroom"}) CHECK(shown.contains(id));
  c.part.seen = true;
  c.facts.outcome = model::Outcome::EntryRefused;
  CHECK(ids(warnings(form(), c.facts, c.part)).contains("seen"));
  c.facts.outcome = model::Outcome::Completed;
  c.part.risk.level = "HIGH";
  c.part.risk.threshold = "L1";
  auto list = warnings(form(), c.facts, c.part);
  REQUIRE(list.size() == 1);
  CHECK(told(list[0].said) == "The risk is high, but the threshold is universal.");
  CHECK(problems_of(c).empty());
  c.part.risk.threshold = "L4";
  c.facts.answers["interpreter"] = std::string("FAMILY_MEMBER");
  list = warnings(form(), c.facts, c.part);
  REQUIRE(list.size() == 1);
  CHECK(list[0].child.nil());
  c.facts.answers["interpreter"] = std::string("PROFESSIONAL");
  c.part.answers["risk_factors"] = std::vector<std::string>{"21"};
  CHECK(warnings(form(), c.facts, c.part).empty());
  c.part.answers["risk_factors"] = std::vector<std::string>{"21", "3A"};
  CHECK(warnings(form(), c.facts, c.part).size() == 1);
}

TEST_CASE("validate: when a reviewer must give reasons", "[rules]") {
  model::ChildRecord record;
  record.id = Id::from_name("record");
  record.author = Id::from_name("author");
  record.part.seen = true;
  record.facts.type = VisitType::Cin;
  record.part.called = "Amara";
  CHECK_FALSE(rationale_required(record));
  const auto requires_it = [&](auto change) {
    auto copy = record;
    change(copy);
    return rationale_required(copy);
  };
  CHECK(requires_it([](auto& r) { r.facts.type = VisitType::Cp; }));
  CHECK(requires_it([](auto& r) { r.facts.type = VisitType::S47; }));
  CHECK(requires_it([](auto& r) { r.part.statuses = {model::Status::Cpp}; }));
  CHECK(requires_it([](auto& r) { r.part.seen = false; }));
  CHECK(requires_it([](auto& r) {
    r.part.seen.reset();
    r.part.answers["seen"] = model::NotCovered{"the police asked me to leave"};
  }));
  CHECK(requires_it([](auto& r) { r.part.disclosures.resize(1); }));
  CHECK(requires_it([](auto& r) { r.part.injuries.resize(1); }));
  CHECK(requires_it([](auto& r) { r.part.risk.changed = model::RiskChange::Yes; }));
  CHECK_FALSE(requires_it([](auto& r) { r.part.risk.changed = model::RiskChange::NotEnoughToSay; }));
  CHECK_FALSE(requires_it([](auto& r) { r.facts.type = VisitType::Cla; }));

  model::Decision decision;
  decision.on = {record.id, 1, "hash"};
  decision.reviewer = Id::from_name("reviewer");
  decision.verdict = model::Verdict::Approved;
  CHECK(check_decision(decision, record).empty());  // "Read, no change to the plan" suffices
  const auto problems = [&](auto change, const model::ChildRecord& on) {
    auto copy = decision;
    change(copy);
    return ids(check_decision(copy, on));
  };
  using Ids = std::set<std::string>;
  CHECK(problems([](auto& d) { d.verdict = model::Verdict::Returned; }, record) == Ids{"rationale", "return_reason"});
  CHECK(problems([](auto& d) { d.agree_risk = false; }, record) == Ids{"rationale", "disagree_why"});
  CHECK(problems([&](auto& d) { d.reviewer = record.author; }, record) == Ids{"reviewer"});
  auto joint = record;
  joint.second_worker = Id::from_name("colleague");
  CHECK(problems([](auto& d) { d.reviewer = Id::from_name("colleague"); }, joint) == Ids{"reviewer"});
  CHECK(problems([](auto& d) { d.reviewer = {}; }, record) == Ids{"reviewer"});
  CHECK(problems([](auto& d) { d.on.record = Id::from_name("another"); }, record) == Ids{"on"});
  CHECK(problems([](auto& d) { d.on.hash.clear(); }, record) == Ids{"on"});
  CHECK(problems(
            [](auto& d) {
              d.directed_steps.resize(1);
              d.directed_steps[0].what = "Ring";
            },
            record) == Ids{"directed_steps"});
  auto protection = record;
  protection.facts.type = VisitType::Cp;
  CHECK(problems([](auto&) {}, protection) == Ids{"rationale"});
  CHECK(problems([](auto& d) { d.rationale = " \t\n"; }, protection) == Ids{"rationale"});
  CHECK(problems([](auto& d) { d.rationale = "The plan is being tested and holds."; }, protection).empty());
}

TEST_CASE("validate: before leaving, all is told that the visit may have to ask, although nobody has said how it ends", "[rules]") {
  const auto left = [](const Case& c) {
    std::map<std::string, std::string> out;
    model::Visit visit;
    visit.facts = c.facts;
    visit.children = {c.part};
    for (const Unasked& one : unasked(form(), visit)) {
      CHECK(one.child == (one.question->scope == Scope::Child ? c.part.id : Id()));
      out[one.question->id] = one.first->id;
    }
    return out;
  };
  for (const auto& [type, code] : model::CodeTable<VisitType>::values) {
    INFO(code);
    Case fresh = started(type, Shape::Seen);
    fresh.facts.outcome.reset();
    fresh.part.seen.reset();
    const auto begun = left(fresh);
    for (const Section& section : form().sections)
      for (const Question& q : section.questions) {
        INFO(q.id);
        CHECK(begun.contains(q.id) == (q.before_leaving && q.id != "told" && demands(type, q.id)));
      }
    CHECK(left(complete(type, Shape::Seen)).empty());
    CHECK(left(complete(type, Shape::NotSeen)).empty());
  }
  Case c = started(VisitType::Cp, Shape::Seen);
  c.facts.outcome.reset();
  c.part.seen.reset();
  CHECK(left(c).at("present") == "present");
  CHECK(left(c).at("bedroom") == "outcome");
  CHECK(left(c).at("alone") == "seen");
  CHECK(left(c).at("home_food") == "outcome");
  c.facts.outcome = model::Outcome::Completed;
  CHECK(left(c).at("home_food") == "place");
  CHECK(left(c).at("bedroom") == "bedroom");
  c.part.answers["bedroom"] = model::NotCovered{};
  CHECK_FALSE(left(c).contains("bedroom"));
  c.part.answers["seen"] = model::NotCovered{"asked to leave"};
  CHECK_FALSE(left(c).contains("seen"));
  CHECK_FALSE(left(c).contains("alone"));
  c.part.answers.erase("seen");
  c.part.seen = false;
  CHECK_FALSE(left(c).contains("alone"));
  CHECK_FALSE(left(c).contains("said"));
  c.facts.answers["parents_met"] = std::string("YES");
  CHECK(left(c).contains("told"));
  CHECK_FALSE(left(c).contains("open_steps"));
  c.part.open_steps = {{Id::from_name("step"), "Register with the dentist", "Mother", {}, {}, {}}};
  CHECK(left(c).contains("open_steps"));
  c.facts.outcome = model::Outcome::NoAccess;
  CHECK_FALSE(left(c).contains("present"));
  c.part.skip_reason = "NOT_OPEN";
  CHECK_FALSE(left(c).contains("next_steps"));
}
