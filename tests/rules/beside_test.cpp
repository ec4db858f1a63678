#include "sync/rules/beside.h"

#include <array>

#include "sync/rules/validate.h"
#include "tests/support/answers.h"

using namespace doorstep;
using namespace doorstep::rules;
using Codes = std::vector<std::string>;

namespace {

const AnswerWords& english() {
  static const AnswerWords words{.not_covered = "Not covered", .none = "None", .yes = "Yes", .no = "No", .out_of_ten = "out of 10",
                                 .chosen = "Chosen", .not_chosen = "Not chosen"};
  return words;
}

const Form& form() {
  static const Form shipped = tests::visit_form();
  return shipped;
}

model::ChildPart child(const char* name) {
  model::ChildPart part;
  part.id = Id::from_name(name);
  part.name = part.called = name;
  part.seen = true;
  return part;
}

model::VisitFacts made() {
  model::VisitFacts facts;
  facts.type = model::VisitType::Cp;
  facts.outcome = model::Outcome::Completed;
  return facts;
}

std::vector<std::string> said(const Beside& beside) {
  std::vector<std::string> out;
  for (const Account& one : beside.accounts) out.push_back(one.who + ": " + one.words);
  return out;
}

/// A mark with the mother's explanation and the child's, words of the child, and what the mother said.
model::ChildPart bruised() {
  auto part = child("Amara");
  part.answers["said"] = std::string("I fell at school");
  part.answers["told"] = std::string("She was at home all day");
  part.answers["told_by"] = std::string("Ngozi, her mother");
  model::Injury mark;
  mark.id = Id::from_name("mark");
  mark.explanation = "The door hit her";
  mark.explained_by = "Emeka";
  mark.child_said = "It was the swing";
  part.injuries = {mark};
  part.disclosures = {{.id = Id::from_name("told"), .exact_words = "He pushed me", .question_asked = {}, .told_to = {}, .at = {}}};
  return part;
}

}  // namespace

TEST_CASE("beside: a child's accounts are known by whose they are and where they stand", "[rules]") {
  auto part = bruised();
  const auto accounts = accounts_of(form(), part);
  const std::string mark = "injuries/" + Id::from_name("mark").str();
  REQUIRE(accounts.size() == 5);
  CHECK(accounts[0].code() == "said");
  CHECK(accounts[0].who == "Amara");
  CHECK(accounts[1].code() == "told");
  CHECK(accounts[1].who == "Ngozi, her mother");
  CHECK(accounts[1].label == "What others told me");
  CHECK(accounts[2].code() == "disclosures/" + Id::from_name("told").str() + "/exact_words");
  CHECK(accounts[2].words == "He pushed me");
  CHECK(accounts[3].code() == mark + "/child_said");
  CHECK(accounts[3].label == "What Amara said about mark 1");
  CHECK(accounts[4].code() == mark + "/explanation");
  CHECK(accounts[4].who == "Emeka");
  CHECK(accounts[4].child == part.id);
  part.answers.erase("told_by");
  part.injuries[0].explained_by.clear();
  CHECK(accounts_of(form(), part)[1].who == "Others");
  CHECK(accounts_of(form(), part)[4].who == "Not said by whom");
  part.answers["told"] = model::NotCovered{"nobody was in"};
  part.answers["said"] = std::string();
  CHECK(accounts_of(form(), part).size() == 3);
}

TEST_CASE("beside: what is ticked as said differently is set side by side, and nothing by itself", "[rules]") {
  const auto facts = made();
  auto part = bruised();
  CHECK(beside_of(english(), form(), facts, part).empty());
  const auto asked = [&] {
    for (const Asked& one : questions_for(form(), Scope::Child, facts, &part))
      if (one.question->from_accounts) return one.options.size();
    return std::size_t{0};
  };
  CHECK(asked() == 5);
  const std::string mark = "injuries/" + Id::from_name("mark").str() + "/explanation";
  part.answers["said_differently"] = Codes{mark, "said"};
  auto beside = beside_of(english(), form(), facts, part);
  REQUIRE(beside.size() == 1);
  CHECK(beside[0].about.empty());
  CHECK(said(beside[0]) == Codes{"Amara: I fell at school", "Emeka: The door hit her"});
  CHECK(warnings(form(), facts, part).empty());
  // A mark that was taken away leaves one alone: that is told, and holds nothing up.
  part.injuries.clear();
  CHECK(beside_of(english(), form(), facts, part).empty());
  const auto told = warnings(form(), facts, part);
  REQUIRE(told.size() == 1);
  CHECK(told[0].question == "said_differently");
  CHECK(told[0].child == part.id);
  for (const Problem& problem : validate_part(form(), facts, part)) CHECK(problem.question != "said_differently");
  part.answers.erase("told");
  part.disclosures.clear();
  CHECK(asked() == 0);  // one account differs from nothing
  part.skip_reason = "OTHER_WORKER";
  CHECK(beside_of(english(), form(), facts, part).empty());
}

TEST_CASE("beside: scales are set side by side when they are as far apart as the form says", "[rules]") {
  auto part = child("Amara");
  const auto count = [&] { return beside_of(english(), form(), made(), part).size(); };
  part.answers["scale_child"] = std::int64_t{3};
  CHECK(count() == 0);
  part.answers["scale_worker"] = std::int64_t{5};
  CHECK(count() == 0);
  part.answers["scale_parent"] = std::int64_t{6};
  const auto beside = beside_of(english(), form(), made(), part);
  REQUIRE(beside.size() == 1);
  CHECK(beside[0].about == "How safe it is for Amara");
  CHECK(said(beside[0]) == Codes{"How safe does Amara say it is?: 3 out of 10", "How safe does the parent say it is?: 6 out of 10",
                                 "How safe do you say it is?: 5 out of 10"});
  CHECK(beside[0].accounts[1].question == "scale_parent");
  Form wider = form();
  wider.beside.apart[0].by = 4;
  CHECK(beside_of(english(), wider, made(), part).empty());
  part.answers["scale_parent"] = model::NotCovered{};
  CHECK(count() == 0);
}

TEST_CASE("beside: children of one visit for whom a fact of the household differs", "[rules]") {
  auto amara = child("Amara"), tunde = child("Tunde"), bisi = child("Bisi");
  const auto beside = [&] { return beside_children(english(), form(), made(), std::array<const model::ChildPart*, 3>{&amara, &tunde, &bisi}); };
  amara.answers["risk_factors"] = Codes{"1B", "16A"};
  CHECK(beside().empty());  // nobody else was asked
  tunde.answers["risk_factors"] = Codes{"1B", "4A"};
  CHECK(beside().empty());  // only what is a child's own differs
  tunde.answers["risk_factors"] = Codes{"21"};
  bisi.answers["risk_factors"] = model::NotCovered{};
  REQUIRE(beside().size() == 1);
  CHECK(beside()[0].about == "Alcohol: a parent or carer");
  CHECK(said(beside()[0]) == Codes{"Amara: Chosen", "Tunde: Not chosen"});
  CHECK(beside()[0].accounts[1].child == tunde.id);
  tunde.skip_reason = "OTHER_WORKER";
  CHECK(beside().empty());
}

TEST_CASE("beside: what was answered otherwise at the last visit", "[rules]") {
  model::ChildRecord last;
  last.facts = made();
  last.part = child("Amara");
  last.facts.answers = {{"home_food", std::string("OK")}, {"home_pets", std::string("OK")}};
  last.part.answers["scale_child"] = std::int64_t{7};
  auto facts = made();
  auto part = child("Amara");
  facts.answers = {{"home_food", std::string("CONCERN")}, {"home_pets", std::string("OK")}, {"home_heating", std::string("OK")}};
  part.answers["scale_child"] = std::int64_t{2};
  const auto beside = beside_last(english(), form(), last, facts, part);
  REQUIRE(beside.size() == 2);
  CHECK(beside[0].about == "Food in the house");
  CHECK(said(beside[0]) == Codes{": No worry", ": A worry"});
  CHECK(beside[0].accounts[0].child.nil());
  CHECK(said(beside[1]) == Codes{": 7 out of 10", ": 2 out of 10"});
  CHECK(beside[1].accounts[0].child == part.id);
  facts.answers["home_food"] = model::NotCovered{};
  CHECK(beside_last(english(), form(), last, facts, part).size() == 1);
}

TEST_CASE("beside: the form's rules name what is there", "[rules]") {
  const auto detail = [](std::string_view more) {
    std::string json = R"({"version": "1", "late_after_hours": 48, "sections": [{"id": "a", "title": "A", "scope": "child", "questions": [
      {"id": "note", "kind": "long_text", "label": "Note"}, {"id": "scale", "kind": "scale", "label": "Scale"},
      {"id": "marks", "kind": "injuries", "field": "injuries", "label": "Marks"},
      {"id": "ticks", "kind": "multi", "from_accounts": true, "label": "Ticks"}]}])";
    const auto parsed = parse_form(json + std::string(more) + "}");
    return parsed ? std::string() : parsed.error().where + ": " + parsed.error().detail;
  };
  CHECK(detail(R"(, "accounts": [{"question": "note", "who": "A"}], "beside": {"last_visit": ["scale"]})").empty());
  CHECK(detail(R"(, "accounts": [{"question": "scale", "who": "A"}])").find("no note, marks or disclosures") != std::string::npos);
  CHECK(detail(R"(, "accounts": [{"question": "note", "who": "A", "who_from": "x"}])").find("“x” is no question") != std::string::npos);
  CHECK(detail(R"(, "accounts": [{"question": "marks", "who": "A"}])").find("needs a field and a label") != std::string::npos);
  CHECK(detail(R"(, "beside": {"last_visit": ["x"]})").find("“x” is no question") != std::string::npos);
  CHECK(detail(R"(, "beside": {"apart": [{"about": "B", "questions": ["note"], "by": 3}]})").find("is no scale") != std::string::npos);
  CHECK(detail(R"(, "beside": {"children": [{"question": "ticks", "codes": ["C"]}]})").find("“C” is no answer") != std::string::npos);
}
