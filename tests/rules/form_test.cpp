#include "sync/rules/form.h"

#include "sync/model/visit.h"
#include "sync/wire/codec.h"
#include "tests/support/answers.h"
#include "tests/support/assets.h"

using namespace doorstep;
using namespace doorstep::rules;

namespace {

std::string small(const std::string& questions, const std::string& more = "") {
  return R"({"version":"1","late_after_hours":48,"sections":[{"id":"s","title":"T","scope":"child","questions":[)" + questions +
         "]}]" + more + "}";
}

std::string refused(const std::string& json) {
  const auto result = parse_form(json);
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().fault == base::Fault::Invalid);
  return result.error().where + ": " + result.error().detail;
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  const auto at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), with);
}

}  // namespace

TEST_CASE("form: the shipped form asks every field and says what is missing", "[rules]") {
  const Form form = tests::visit_form();
  std::set<Field> bound;
  for (const Section& section : form.sections)
    for (const Question& q : section.questions) {
      bound.insert(q.field);
      if (q.required.empty()) continue;
      INFO(q.id);
      CHECK(q.missing.ends_with("."));
      CHECK(q.missing.find(q.label) == std::string::npos);
    }
  CHECK(bound.size() == static_cast<std::size_t>(Field::Calls) + 1);  // every typed field has its question
  CHECK(words(form.find("said")->label, nullptr) == "What the child said");
}

TEST_CASE("form: narratives stand under the child's name", "[rules]") {
  const Form form = tests::visit_form();
  model::ChildPart part;
  part.name = "Amara Okafor";
  part.called = "Amara";
  CHECK(words(form.find("said")->label, &part) == "What Amara said");
  CHECK(form.find("saw")->label == "What I saw");
  CHECK(form.find("told")->label == "What others told me");
  CHECK(form.find("think")->label == "What I think");
  part.called = "{name}";  // whatever a child is called
  CHECK(words(form.find("said")->label, &part) == "What {name} said");
}

TEST_CASE("form: what people read is short and plain", "[rules]") {
  const Form form = tests::visit_form();
  const auto plain = [](const std::string& text, std::size_t most) {
    INFO(text);
    CHECK(text.size() <= most);
    for (const char* word : {"LAC", "subject", "client", "service user", "DNA", "N/A", "Please", "Save draft"})
      CHECK(text.find(word) == std::string::npos);
  };
  for (const Section& section : form.sections) {
    plain(section.title, 30);
    for (const Question& q : section.questions) {
      plain(q.label, 60);
      plain(q.help, 170);
      plain(q.missing, 90);
      for (const Option& option : q.options) plain(option.label, 60);
    }
  }
  for (const Contradiction& c : form.contradictions) plain(c.message, 130);
}

TEST_CASE("form: nothing is preselected", "[rules]") {
  const Form form = tests::visit_form();
  const model::VisitFacts facts;
  const model::ChildPart part;
  for (const Section& section : form.sections)
    for (const Question& q : section.questions) {
      INFO(q.id);
      CHECK_FALSE(answer_of(q, facts, &part).has_value());
    }
}

TEST_CASE("form: a file that is no form at all is refused by a place with a name", "[rules]") {
  for (const char* json : {"null", "[]", "7"}) CHECK(refused(json).starts_with("the whole file: "));
}

TEST_CASE("form: an optional question added to the data is asked, recorded, checked and read back", "[rules]") {
  const std::string json = replaced(tests::asset("forms/visit.json"), R"({"id": "chronology", "kind": "yes_no")",
                                    R"({"id": "pocket_money", "kind": "choice", "label": "Does {name} get pocket money?",
       "options": [{"code": "YES_WEEKLY", "label": "Every week"}, {"code": "NEVER", "label": "No"}], "types": ["CIN"]},
      {"id": "chronology", "kind": "yes_no")");
  const auto form = parse_form(json);
  REQUIRE(form.has_value());
  const Question* added = form->find("pocket_money");
  REQUIRE(added);

  model::Visit visit;
  visit.id = Id::from_name("visit");
  visit.author = Id::from_name("author");
  visit.facts.type = model::VisitType::Cin;
  visit.facts.outcome = model::Outcome::Completed;
  visit.children.resize(1);
  visit.children[0].id = Id::from_name("child");
  visit.children[0].born = base::date_from_iso("2018-01-01");
  tests::answer_all(*form, visit.facts, visit.children[0], {"skip_reason", "nothing_to_report", "pocket_money"});
  CHECK(validate(*form, visit).empty());  // optional
  const auto shown = [&] {
    const auto asked = questions_for(*form, Scope::Child, visit.facts, &visit.children[0]);
    return std::any_of(asked.begin(), asked.end(), [&](const Asked& a) { return a.question == added && !a.required; });
  };
  CHECK(shown());
  REQUIRE(set_answer(*added, std::string("SOMETIMES"), visit.facts, &visit.children[0]).has_value());
  CHECK(validate(*form, visit).size() == 1);  // drafts accept anything, submitting does not
  REQUIRE(set_answer(*added, std::string("NEVER"), visit.facts, &visit.children[0]).has_value());
  CHECK(validate(*form, visit).empty());

  const auto record = model::record_of(visit, visit.children[0], Id::from_name("record"), Instant{1});
  const auto back = wire::decode<model::ChildRecord>(wire::encode(record));
  REQUIRE(back.has_value());
  CHECK(*back == record);
  const auto answer = answer_of(*added, back->facts, &back->part);
  REQUIRE(answer.has_value());
  CHECK(tests::told(*added, *answer) == "No");
  CHECK(words(added->label, &back->part) == "Does the child get pocket money?");
  CHECK(validate_part(tests::visit_form(), back->facts, back->part).empty());  // an older form leaves it alone

  visit.facts.type = model::VisitType::Cp;
  CHECK_FALSE(shown());
}

TEST_CASE("form: answers go to where they live and come back", "[rules]") {
  const Form form = tests::visit_form();
  model::VisitFacts facts;
  model::ChildPart part;
  const auto set = [&](const char* id, std::optional<model::Answer> answer) {
    return set_answer(*form.find(id), std::move(answer), facts, &part);
  };
  const auto get = [&](const char* id) { return answer_of(*form.find(id), facts, &part); };
  REQUIRE(set("type", std::string("S47")).has_value());
  CHECK(facts.type == model::VisitType::S47);
  CHECK(get("type") == model::Answer(std::string("S47")));
  REQUIRE(set("start", std::string("2027-03-28T02:10:00+01:00")).has_value());
  CHECK(facts.start->at == base::from_rfc3339("2027-03-28T01:10:00Z").value());
  CHECK(facts.start->offset_min == 60);
  CHECK(facts.start->zone == "Europe/London");
  CHECK(get("start") == model::Answer(std::string("2027-03-28T02:10:00+01:00")));
  CHECK(tests::told(*form.find("start"), *get("start")) == "28 March 2027, 02:10");
  REQUIRE(set("seen", std::string("NO")).has_value());
  CHECK(part.seen == std::optional<bool>(false));
  CHECK(tests::told(*form.find("seen"), *get("seen")) == "No");
  REQUIRE(set("whereabouts", std::string("at her aunt's")).has_value());
  CHECK(part.not_seen.whereabouts == "at her aunt's");
  CHECK(text_answer(*form.find("whereabouts"), facts, &part) == &part.not_seen.whereabouts);
  REQUIRE(set("whereabouts", model::NotCovered{}).has_value());
  CHECK(part.not_seen.whereabouts.empty());
  CHECK(std::holds_alternative<model::NotCovered>(*get("whereabouts")));
  REQUIRE(set("whereabouts", std::string("at home")).has_value());
  CHECK(part.answers.empty());
  part.called = "Amara";
  CHECK(tests::told(*form.find("not_seen_reason"), std::string("NOT_HOME"), &part) == "Amara was out");
  CHECK(tests::told(*form.find("not_seen_reason"), std::string("NOT_HOME")) == "The child was out");
  CHECK(tests::told(*form.find("whereabouts"), std::string("with {name}"), &part) == "with {name}");
  REQUIRE(set("words_method", std::vector<std::string>{"TALK", "PLAY"}).has_value());
  CHECK(tests::told(*form.find("words_method"), *get("words_method")) == "Talking, Playing");
  REQUIRE(set("scale_child", std::int64_t{0}).has_value());
  CHECK(tests::told(*form.find("scale_child"), *get("scale_child")) == "0 out of 10");
  REQUIRE(set("next_visit_due", std::string("2026-12-03")).has_value());
  CHECK(tests::told(*form.find("next_visit_due"), *get("next_visit_due")) == "3 December 2026");
  REQUIRE(set("next_steps", std::string(kNone)).has_value());
  CHECK(tests::told(*form.find("next_steps"), *get("next_steps")) == "No next steps");
  part.next_steps.resize(2);
  CHECK(get("next_steps") == model::Answer(std::int64_t{2}));
  REQUIRE(set("next_steps", std::nullopt).has_value());
  CHECK(part.next_steps.size() == 2);

  CHECK_FALSE(set("seen", std::string("PERHAPS")).has_value());
  CHECK_FALSE(set("start", std::string("today")).has_value());
  CHECK_FALSE(set("words_method", std::string("TALK")).has_value());
  CHECK_FALSE(set("injuries", std::string("a bruise")).has_value());
  CHECK_FALSE(set("type", std::string("LAC")).has_value());
  CHECK_FALSE(set_answer(*form.find("seen"), std::string("YES"), facts, nullptr).has_value());
}

TEST_CASE("form: the child's open steps are the options of what the visit was for", "[rules]") {
  const Form form = tests::visit_form();
  model::VisitFacts facts;
  model::ChildPart part;
  part.open_steps = {{Id::from_name("a"), "Register with a doctor", "Agnieszka", {}, {}, {}}};
  for (const Asked& asked : questions_for(form, Scope::Child, facts, &part))
    if (asked.question->id == "purpose_steps") {
      REQUIRE(asked.options.size() == 1);
      CHECK(asked.options[0].code == Id::from_name("a").str());
      CHECK(asked.options[0].label == "Register with a doctor");
      const model::Answer answer = std::vector<std::string>{Id::from_name("a").str()};
      CHECK(answer_words(AnswerWords(), *asked.question, answer, &part) == "Register with a doctor");
      return;
    }
  FAIL("not asked");
}

TEST_CASE("form: a broken form names the place and what would be right", "[rules]") {
  CHECK(refused("{").find("form:1") == 0);
  CHECK(refused(small(R"({"id":"a","kind":"text"})")) == "sections[0] s.questions[0] a.label: must be there, and a text");
  CHECK(refused(small(R"({"id":"a","kind":"texts","label":"A"})"))
            .find("questions[0] a.kind: “texts” is not one of: choice, multi, yes_no") != std::string::npos);
  CHECK(refused(small(R"({"id":"a","kind":"text","label":"A","requierd":true})")).find("a.requierd: is not known here") !=
        std::string::npos);
  CHECK(refused(small(R"({"id":"a","kind":"choice","label":"A"})")).find("a.options: a choice needs options") !=
        std::string::npos);
  CHECK(refused(small(R"({"id":"a","kind":"text","label":"A"},{"id":"a","kind":"text","label":"B"})")).find("stands twice") !=
        std::string::npos);
  CHECK(refused(small(R"({"id":"a","kind":"text","label":"A","field":"seen"})")).find("a.field: does not go with") !=
        std::string::npos);
  CHECK(refused(small(R"({"id":"a","kind":"people","label":"A"})")).find("a.field") != std::string::npos);
  CHECK(refused(small(R"({"id":"age","kind":"text","label":"A"})")).find("computed") != std::string::npos);
  CHECK(refused(small(R"({"id":"a","kind":"text","label":"A","required":[{"types":["LAC"]}]})"))
            .find("required[0].types: “LAC”") != std::string::npos);
  CHECK(refused(small(R"({"id":"a","kind":"text","label":"A","when":[{"of":"nobody","is":["YES"]}]})"))
            .find("s.a.when: a condition is about “nobody”") == 0);
  CHECK(
      refused(
          small(R"({"id":"y","kind":"yes_no","label":"Y"},{"id":"a","kind":"text","label":"A","when":[{"of":"y","is":["Y"]}]})"))
          .find("“Y” is no answer of “y”") != std::string::npos);
  CHECK(refused(small(R"({"id":"a","kind":"text","label":"A","when":[{"of":"age","is":["UNDER_2"],"not":["ADULT"]}]})"))
            .find("needs \"is\" or \"not\"") != std::string::npos);
  CHECK(
      refused(small(R"({"id":"a","kind":"text","label":"A"})", R"(,"contradictions":[{"question":"b","when":[],"message":"m"}])"))
          .find("contradictions") == 0);
  CHECK(refused(R"({"version":"1","late_after_hours":48,"sections":[{"id":"s","title":"T","scope":"visit","questions":[
    {"id":"a","kind":"text","label":"A","when":[{"of":"age","is":["ADULT"]}]}]}]})")
            .find("asks about the whole visit") != std::string::npos);
}

TEST_CASE("form: its sentences stand in another language, one by one, and nothing else of it changes", "[rules]") {
  const Form form = tests::visit_form();
  const auto other = in_words(form, R"({"Was {name} seen?": "A welwyd {name}?", "At home": "Gartref", "No next steps": "Dim camau nesaf",
      "{name} told you about harm, but the risk is low.": "Dywedodd {name} wrthych am niwed.", "A sentence that was changed": "x"})");
  REQUIRE(other.has_value());
  CHECK(other->find("seen")->label == "A welwyd {name}?");
  CHECK(other->find("seen")->missing == form.find("seen")->missing);
  CHECK(option_label(*other->find("place"), "HOME") == "Gartref");
  CHECK(option_label(*other->find("place"), "SCHOOL") == "At school");
  CHECK(other->find("next_steps")->none == "Dim camau nesaf");
  CHECK(std::ranges::count(other->contradictions, std::string("Dywedodd {name} wrthych am niwed."), &Contradiction::message) == 1);
  CHECK(other->version == form.version);
  for (const char* wrong : {"[]", "{", R"({"At home": 1})", R"({"At home": ""})", R"({"Was {name} seen?": "A welwyd?"})",
                            R"({"At home": "Gyda {name}"})"}) {
    INFO(wrong);
    CHECK(in_words(form, wrong).has_error());
  }
}

TEST_CASE("form: a note says whether it holds somebody's exact words", "[rules]") {
  CHECK(tests::visit_form().find("said")->verbatim);
  CHECK_FALSE(tests::visit_form().find("saw")->verbatim);
  CHECK(refused(small(R"({"id":"a","kind":"text","label":"A","verbatim":true})")).find("only for long_text") != std::string::npos);
}

TEST_CASE("form: a sheet belongs to a child's narrative, and what is left is answered with a code that is offered", "[rules]") {
  CHECK(tests::visit_form().find("house_worries")->drawing == Sheet::House);
  CHECK(tests::visit_form().find("drawing")->drawing == Sheet::Page);
  CHECK(tests::visit_form().find("saw")->drawing == Sheet::None);
  CHECK(refused(small(R"({"id":"a","kind":"text","label":"A","drawing":"page"})")).find("only for long_text") != std::string::npos);
  CHECK(refused(small(R"({"id":"a","kind":"long_text","label":"A","drawing":"castle"})")).find("page, house") != std::string::npos);
  const std::string json = tests::asset("forms/visit.json");
  const auto told = refused(replaced(json, R"("rest": ["OK", "NOT_SEEN"])", R"("rest": ["FINE"])"));
  CHECK(told.find("“FINE” is no choice of this section") != std::string::npos);
}
