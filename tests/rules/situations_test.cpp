#include "platform/base/limits.h"
#include "sync/rules/validate.h"
#include "sync/wire/codec.h"
#include "tests/rules/situations.h"
#include "tests/support/assets.h"

using namespace doorstep;
using namespace doorstep::rules;

namespace {

std::string all(const std::vector<Problem>& problems) {
  std::string out;
  for (const Problem& p : problems) out += "\n  " + p.question + ": " + tests::told(p.said);
  return out;
}

}  // namespace

TEST_CASE("situations: each of the thirty can be submitted as it stands", "[rules]") {
  const Form form = tests::visit_form();
  const auto every = tests::situations();
  REQUIRE(every.size() == 30);
  for (std::size_t n = 0; n < every.size(); ++n) {
    const auto& situation = every[n];
    CHECK(situation.number == static_cast<int>(n) + 1);
    for (const auto* visit : {&situation.first, situation.then ? &*situation.then : nullptr}) {
      if (!visit) continue;
      INFO(situation.number << " " << situation.title);
      CHECK(visit->visit.facts.type == (visit == &situation.first ? std::optional(situation.type) : visit->visit.facts.type));
      const auto problems = validate(form, visit->visit);
      INFO(all(problems));
      CHECK(problems.empty());
      for (const model::ChildPart& part : visit->visit.children) {
        if (!part.skip_reason.empty()) continue;
        const auto record = model::record_of(visit->visit, part, Id::from_name("record"), Instant{1});
        const auto of_record = validate_record(form, record);
        INFO(all(of_record));
        CHECK(of_record.empty());
      }
    }
  }
}

TEST_CASE("situations: each can also be submitted when it is put in long after", "[rules]") {
  const Form form = tests::visit_form();
  for (const auto& situation : tests::situations()) {
    model::Visit visit = situation.first.visit;
    visit.facts.recorded_at = visit.facts.start->at + std::chrono::hours(24 * 400);
    INFO(situation.number << all(validate(form, visit)));
    CHECK(validate(form, visit).empty());
  }
}

TEST_CASE("situations: every answer belongs to a question that is asked there, of the right shape and code", "[rules]") {
  const Form form = tests::visit_form();
  for (const auto& situation : tests::situations()) {
    const auto check = [&](const model::Answers& answers, Scope scope, const model::VisitFacts& facts,
                           const model::ChildPart* part) {
      const auto asked = questions_for(form, scope, facts, part);
      for (const auto& [id, unused] : answers) {
        INFO(situation.number << " " << id);
        CHECK(std::any_of(asked.begin(), asked.end(), [&](const Asked& a) { return a.question->id == id; }));
      }
    };
    check(situation.first.visit.facts.answers, Scope::Visit, situation.first.visit.facts, nullptr);
    for (const auto& part : situation.first.visit.children)
      check(part.answers, Scope::Child, situation.first.visit.facts, &part);
  }
}

TEST_CASE("situations: the difficult texts are there, byte for byte, and survive the wire", "[rules]") {
  const auto every = tests::situations();
  const auto text = [&](int number, const char* question) {
    const auto& answers = every[static_cast<std::size_t>(number) - 1].first.visit.children[0].answers;
    return std::get<std::string>(answers.at(question));
  };
  CHECK(text(8, "said") == "🏠😟👨\u200d👩\u200d👧");
  CHECK(text(4, "said").find("عائشہ") != std::string::npos);
  CHECK(text(2, "saw").find("Sia\u0302n Lly\u0302r") != std::string::npos);
  CHECK(text(2, "said").find("Si\u00e2n Ll\u0177r") != std::string::npos);
  CHECK(text(9, "saw").starts_with("\u0218tefan"));  // comma below, not the cedilla of the next
  CHECK(text(9, "told").find("\u015etefan") != std::string::npos);
  CHECK(text(29, "said").starts_with("=2+2\t"));
  CHECK(text(29, "saw").find("<b>&\"</b>\r\n") != std::string::npos);
  CHECK(text(29, "saw").find("zero\u200dwidth") != std::string::npos);
  const std::string words = text(10, "saw");
  CHECK(std::count(words.begin(), words.end(), ' ') == 19999);
  CHECK(words.size() < limits::kNoteBytes);
  for (const auto& situation : every) {
    const auto again = wire::decode<model::Visit>(wire::encode(situation.first.visit));
    REQUIRE(again.has_value());
    CHECK(*again == situation.first.visit);
  }
}

TEST_CASE("situations: what each is there to show", "[rules]") {
  const Form form = tests::visit_form();
  const Rules shipped = tests::shipped_rules();
  const auto every = tests::situations();
  const auto visit = [&](int number) -> const model::Visit& { return every[static_cast<std::size_t>(number) - 1].first.visit; };
  const auto record = [&](int number) {
    return model::record_of(visit(number), visit(number).children[0], Id::from_name("record"), Instant{1});
  };

  // 11, 12, 21: an attempt never counts; 21's second visit does
  for (const int number : {11, 12, 21}) CHECK_FALSE(past_visit(record(number)).has_value());
  const auto& again = every[20].then->visit;
  CHECK(past_visit(model::record_of(again, again.children[0], Id::from_name("r"), Instant{1}))->child_seen);
  // 7: an unborn child is not asked to be seen, and meeting the mother is the visit
  CHECK(visit(7).children[0].unborn == std::optional<bool>(true));
  CHECK(past_visit(record(7))->child_seen);
  for (const auto& asked : questions_for(form, Scope::Child, visit(7).facts, &visit(7).children[0]))
    CHECK(asked.question->id != "seen");
  // 11 to 18 and 22: reasons are compulsory; 1 and 23 need none
  for (const int number : {4, 11, 12, 14, 15, 16, 17, 18, 22, 24}) {
    INFO(number);
    CHECK(rationale_required(record(number)));
  }
  CHECK_FALSE(rationale_required(record(1)));
  CHECK_FALSE(rationale_required(record(23)));
  for (const int number : {11, 12, 15, 16, 17, 18}) CHECK(model::is_urgent(visit(number).children[0]));
  // 14: "a parent refused" is no reason in the law's list
  model::ChildPart in_care = visit(14).children[0];
  in_care.statuses = {model::Status::Cla};
  CHECK_FALSE(validate_part(form, visit(14).facts, in_care).empty());
  // 19: the child on no list raises an alert; the one who lives elsewhere is left out with a reason
  CHECK(model::unknown_in_household(visit(19).facts).size() == 1);
  CHECK(visit(19).children[2].skip_reason == "LIVES_ELSEWHERE");
  // 27: the due date jumps earlier
  const Date today = base::date_from_iso("2026-11-14").value();
  const model::Child shanice = tests::demo_child("C1302", today);
  const auto due_after = [&](bool withdrawn) {
    PastVisit past = *past_visit(record(27));
    CHECK(past.agreement_withdrawn);
    past.agreement_withdrawn = withdrawn;
    return due(shanice, std::vector<PastVisit>{past}, today, shipped).value();
  };
  CHECK(due_after(false).on == base::date_from_iso("2027-05-14"));
  CHECK(due_after(true).on == base::date_from_iso("2026-12-26"));
  CHECK(due_after(true).rule == "CLA1");
  // 28: twenty minutes, on the day it was here
  CHECK(visit(28).facts.end->at - visit(28).facts.start->at == std::chrono::minutes(20));
  CHECK(past_visit(record(28))->on == base::date_from_iso("2027-03-28"));
  // 26: written up late, and says why
  auto late = visit(26).facts;
  CHECK(validate_facts(form, late).empty());
  late.late_reason.clear();
  CHECK(validate_facts(form, late).size() == 1);
  // 23: what does not fit is recorded as possible, not as found
  CHECK(std::get<std::string>(visit(23).children[0].answers.at("compliance")) == "POSSIBLE");
}

TEST_CASE("situations: two teams, and every child has one allocated worker", "[rules]") {
  std::map<std::string, std::string> team;
  for (auto& row : tests::demo_rows("workers.csv")) team[row["worker_ref"]] = row["team_ref"];
  std::map<std::string, int> allocated;
  std::map<std::string, std::string> family;
  for (auto& row : tests::demo_rows("children.csv")) family[row["child_ref"]] = row["family_ref"];
  for (auto& row : tests::demo_rows("allocations.csv")) {
    REQUIRE(family.contains(row["child_ref"]));
    REQUIRE(team.contains(row["worker_ref"]));
    if (row["kind"] == "ALLOCATED") ++allocated[row["child_ref"]];
    const bool south = family[row["child_ref"]] >= "F21";
    CHECK((team[row["worker_ref"]] == "T2") == south);
  }
  for (const auto& [child, unused] : family) CHECK(allocated[child] == 1);
  for (const auto& situation : tests::situations())
    for (const auto& ref : situation.first.child_refs) CHECK(family[ref] < "F21");
}

TEST_CASE("situations: the caseload has children overdue, due, not known and in time", "[rules]") {
  const Rules shipped = tests::shipped_rules();
  const Date today = base::date_from_iso("2026-11-22").value();
  int overdue = 0, unknown = 0, in_time = 0;
  for (auto& row : tests::demo_rows("children.csv")) {
    const auto first = due(tests::demo_child(row["child_ref"], today), {}, today, shipped);
    if (!first) continue;
    if (first->overdue_days) ++overdue;
    else if (!first->on) ++unknown;
    else ++in_time;
  }
  CHECK(overdue >= 3);
  CHECK(overdue <= 12);
  CHECK(unknown >= 1);
  CHECK(in_time >= 8);
}
