#include "sync/rules/clocks.h"

#include "tests/support/assets.h"

using namespace doorstep;
using namespace doorstep::rules;

namespace {

Date day(std::string_view text) { return base::date_from_iso(text).value(); }
Id id(const char* name) { return Id::from_name(name); }

model::Involvement involved(model::Status status, const char* started) {
  model::Involvement involvement;
  involvement.id = id("involvement");
  involvement.status = status;
  if (started) involvement.started = day(started);
  return involvement;
}

model::Child child(std::vector<model::Involvement> involvements) {
  model::Child out;
  out.id = id("child");
  out.involvements = std::move(involvements);
  return out;
}

PastVisit seen(const char* on) {
  PastVisit visit;
  visit.on = day(on);
  visit.child_seen = true;
  return visit;
}

const Rules& shipped() {
  static const Rules rules = tests::shipped_rules();
  return rules;
}

/// The clock with this rule id; fails the test when there is none.
Due clock_of(const model::Child& of, const char* rule, const char* today, const std::vector<PastVisit>& visits = {}) {
  for (const Due& due : all_due(of, visits, day(today), shipped()))
    if (due.rule == rule) return due;
  FAIL("no clock " << rule);
  return {};
}

bool has_clock(const model::Child& of, const char* rule, const char* today, const std::vector<PastVisit>& visits = {}) {
  for (const Due& due : all_due(of, visits, day(today), shipped()))
    if (due.rule == rule) return true;
  return false;
}

model::Involvement placed(const char* placement, const char* started) {
  auto cla = involved(model::Status::Cla, started);
  cla.placement = placement;
  return cla;
}

}  // namespace

TEST_CASE("clocks: a child protection visit is due ten working days after the last one that saw the child", "[rules]") {
  const auto cp = child({involved(model::Status::Cpp, "2026-12-14")});
  CHECK(clock_of(cp, "CP", "2026-12-14").on == day("2026-12-30"));
  CHECK(clock_of(cp, "CP", "2026-12-20", {seen("2026-12-18")}).on == day("2027-01-06"));
  const Due late = clock_of(cp, "CP", "2027-01-02");
  CHECK(late.overdue_days == 3);
  CHECK(tests::told(late, "2027-01-02") == "Child protection visit: 3 days overdue");
  CHECK(late.authority == Authority::Local);
  CHECK(tests::told(clock_of(cp, "CP", "2026-12-30"), "2026-12-30") == "Child protection visit: due today");
  CHECK(tests::told(clock_of(cp, "CP", "2026-12-29"), "2026-12-29") == "Child protection visit: due tomorrow");
  CHECK(tests::told(clock_of(cp, "CP", "2026-12-28"), "2026-12-28") == "Child protection visit: due in 2 days, Wed 30 Dec");
}

TEST_CASE("clocks: assessment, conference, referral and child in need", "[rules]") {
  auto assessment = involved(model::Status::Assessment, "2026-11-23");
  assessment.referral = day("2026-11-23");
  CHECK(clock_of(child({assessment}), "ASSESS", "2026-11-23").on == day("2027-01-28"));
  CHECK_FALSE(clock_of(child({assessment}), "ASSESS", "2026-11-23").visit);
  assessment.ended = day("2026-11-30");
  CHECK(all_due(child({assessment}), {}, day("2026-12-01"), shipped()).empty());

  auto s47 = involved(model::Status::S47, "2026-12-21");
  s47.strategy = day("2026-12-21");
  CHECK(clock_of(child({s47}), "ICPC", "2026-12-21").on == day("2027-01-14"));
  CHECK(clock_of(child({s47}), "S47.SEEN", "2026-12-21").on == day("2026-12-22"));
  CHECK_FALSE(has_clock(child({s47}), "S47.SEEN", "2026-12-22", {seen("2026-12-21")}));
  s47.conference = day("2027-01-10");
  CHECK_FALSE(has_clock(child({s47}), "ICPC", "2026-12-22"));

  CHECK(clock_of(child({involved(model::Status::Referral, "2026-12-24")}), "REFERRAL", "2026-12-24").on == day("2026-12-29"));
  CHECK(clock_of(child({involved(model::Status::CinS17, "2026-11-23")}), "CIN", "2026-11-23").on == day("2026-12-21"));
}

TEST_CASE("clocks: an assessment without the day of its referral is not known", "[rules]") {
  const Due due = clock_of(child({involved(model::Status::Assessment, "2026-11-23")}), "ASSESS", "2026-11-23");
  CHECK_FALSE(due.on.has_value());
  CHECK(tests::told(due, "2026-11-23") == "Child and family assessment: not known (no start date)");
}

TEST_CASE("clocks: an unknown start is not known, and comes before what is not yet due", "[rules]") {
  auto both = child({involved(model::Status::CinS17, "2026-12-14"), involved(model::Status::Cpp, nullptr)});
  both.last_seen = day("2026-12-13");
  const auto first = due(both, {}, day("2026-12-15"), shipped());
  REQUIRE(first.has_value());
  CHECK(first->rule == "CP");
  CHECK_FALSE(first->on.has_value());
  CHECK(tests::told(*first, "2026-12-15") == "Child protection visit: not known (no start date)");
  CHECK(due(both, {}, day("2027-02-15"), shipped())->rule == "CIN");  // overdue comes before not known
}

TEST_CASE("clocks: past the calendar's end it says so", "[rules]") {
  const auto cp = child({involved(model::Status::Cpp, "2027-12-20")});
  const Due due = clock_of(cp, "CP", "2027-12-21");
  CHECK_FALSE(due.on.has_value());
  CHECK(tests::told(due, "2027-12-21") ==
        "Child protection visit: not known (bank holidays are known from 1 January 2025 to 31 December 2027)");
}

TEST_CASE("clocks: the regulations' intervals for a child in care", "[rules]") {
  // CLA1: one week, six weeks in the first year, then six weeks, or three months when it is to last to 18
  auto foster = placed("FOSTER", "2026-01-05");
  CHECK(clock_of(child({foster}), "CLA1", "2026-01-06").on == day("2026-01-12"));
  CHECK(clock_of(child({foster}), "CLA1", "2026-02-01", {seen("2026-01-10")}).on == day("2026-02-21"));
  CHECK(clock_of(child({foster}), "CLA1", "2027-02-10", {seen("2027-02-01")}).on == day("2027-03-15"));
  foster.to_last_to_18 = true;
  CHECK(clock_of(child({foster}), "CLA1", "2027-02-10", {seen("2027-02-01")}).on == day("2027-05-01"));
  CHECK(clock_of(child({foster}), "CLA1", "2026-12-30", {seen("2026-12-20")}).on == day("2027-01-31"));

  // CLA3, CLA4: weekly to the first review
  for (const auto& [placement, rule, later] : {std::tuple{"PARENT_BEFORE_ASSESSMENT", "CLA3", "2026-07-13"},
                                               std::tuple{"CONNECTED_TEMPORARY", "CLA4", "2026-06-29"},
                                               std::tuple{"HOME_INTERIM_ORDER", "CLA4", "2026-06-29"}}) {
    INFO(placement);
    auto cla = placed(placement, "2026-05-25");
    CHECK(clock_of(child({cla}), rule, "2026-06-02", {seen("2026-06-01")}).on == day("2026-06-08"));
    CHECK_FALSE(has_clock(child({cla}), "CLA1", "2026-06-02"));
    cla.first_review = day("2026-06-02");
    CHECK(clock_of(child({cla}), rule, "2026-06-03", {seen("2026-06-01")}).on == day(later));
  }
  // CLA5: a week from the order, then six weeks. CLA6: as CLA1, then three months
  CHECK(clock_of(child({placed("HOME_FULL_ORDER", "2026-05-25")}), "CLA5", "2026-05-26").on == day("2026-06-01"));
  CHECK(clock_of(child({placed("HOME_FULL_ORDER", "2026-05-25")}), "CLA5", "2026-06-02", {seen("2026-06-01")}).on ==
        day("2026-07-13"));
  CHECK(clock_of(child({placed("OTHERS_ARRANGE", "2025-05-01")}), "CLA6", "2026-06-02", {seen("2026-06-01")}).on ==
        day("2026-09-01"));
  // CLA9: first review
  CHECK(clock_of(child({placed("FOSTER", "2026-12-14")}), "CLA9", "2026-12-15").on == day("2027-01-14"));
}

TEST_CASE("clocks: when the child no longer agrees, the due date jumps earlier", "[rules]") {
  auto foster = placed("FOSTER", "2025-01-05");
  foster.longterm_agreed = day("2026-02-01");
  foster.first_review = day("2025-02-01");
  auto agreed = child({foster});
  CHECK(clock_of(agreed, "CLA2", "2026-09-02", {seen("2026-09-01")}).on == day("2027-03-01"));
  CHECK_FALSE(has_clock(agreed, "CLA1", "2026-09-02", {seen("2026-09-01")}));

  PastVisit heard = seen("2026-09-01");
  heard.agreement_withdrawn = true;
  CHECK(clock_of(agreed, "CLA1", "2026-09-02", {heard}).on == day("2026-10-13"));
  CHECK_FALSE(has_clock(agreed, "CLA2", "2026-09-02", {heard}));

  agreed.involvements[0].longterm_agreed.reset();
  CHECK(clock_of(agreed, "CLA1", "2026-09-02", {seen("2026-09-01")}).on == day("2026-10-13"));
}

TEST_CASE("clocks: agreement to fewer visits holds only after a year", "[rules]") {
  auto foster = placed("FOSTER", "2026-05-05");
  foster.longterm_agreed = day("2026-06-01");
  CHECK(clock_of(child({foster}), "CLA1", "2026-09-02", {seen("2026-09-01")}).on == day("2026-10-13"));
}

TEST_CASE("clocks: adoption, private fostering and care leavers", "[rules]") {
  auto adoption = child({involved(model::Status::PlacedForAdoption, "2026-05-04")});
  CHECK(clock_of(adoption, "ADO", "2026-05-05").on == day("2026-05-11"));
  CHECK(clock_of(adoption, "ADO", "2026-05-12", {seen("2026-05-11")}).on == day("2026-05-11"));  // the adopter was not seen
  PastVisit both = seen("2026-05-11");
  both.adopter_seen = true;
  CHECK(clock_of(adoption, "ADO", "2026-05-12", {both}).on == day("2026-05-18"));
  adoption.involvements[0].first_review = day("2026-05-20");
  const Due after = clock_of(adoption, "ADO", "2026-05-21", {both});
  CHECK_FALSE(after.on.has_value());
  CHECK(tests::told(after, "2026-05-21").ends_with(": not known (the plan or review decides, and says nothing here)"));
  adoption.involvements[0].plan_every = 2;
  adoption.involvements[0].plan_unit = "WEEKS";
  CHECK(clock_of(adoption, "ADO", "2026-05-21", {both}).on == day("2026-05-25"));

  const auto fostered = child({involved(model::Status::PrivateFostering, "2026-12-18")});
  CHECK(clock_of(fostered, "PF", "2026-12-18").on == day("2026-12-31"));
  CHECK(clock_of(fostered, "PF", "2027-01-02", {seen("2027-01-01")}).on == day("2027-02-12"));
  CHECK(clock_of(child({involved(model::Status::PrivateFostering, "2025-01-01")}), "PF", "2026-06-02", {seen("2026-06-01")}).on ==
        day("2026-08-24"));

  const auto leaver = child({involved(model::Status::CareLeaver, "2026-06-01")});
  CHECK(clock_of(leaver, "CL", "2026-06-01").on == day("2026-06-08"));
  CHECK(clock_of(leaver, "CL", "2026-07-01", {seen("2026-06-30")}).on == day("2026-08-30"));
}

TEST_CASE("clocks: the stricter of rule and plan holds", "[rules]") {
  auto cp = involved(model::Status::Cpp, "2026-06-01");
  cp.plan_every = 7;
  cp.plan_unit = "DAYS";
  const Due tight = clock_of(child({cp}), "CP", "2026-06-02", {seen("2026-06-02")});
  CHECK(tight.on == day("2026-06-09"));
  CHECK(tight.authority == Authority::Plan);
  cp.plan_every = 4;
  cp.plan_unit = "WEEKS";
  const Due loose = clock_of(child({cp}), "CP", "2026-06-02", {seen("2026-06-02")});
  CHECK(loose.on == day("2026-06-16"));
  CHECK(loose.authority == Authority::Local);

  auto help = involved(model::Status::EarlyHelp, "2026-06-01");
  CHECK(all_due(child({help}), {}, day("2026-06-02"), shipped()).empty());
  help.plan_every = 1;
  help.plan_unit = "MONTHS";
  CHECK(clock_of(child({help}), "PLAN", "2026-06-02").on == day("2026-07-01"));
  CHECK(tests::told(clock_of(child({help}), "PLAN", "2026-06-02"), "2026-06-02") == "Visit in the plan: due in 29 days, Wed 1 Jul");
}

TEST_CASE("clocks: every applicable rule is computed, the most pressing first", "[rules]") {
  auto s47 = involved(model::Status::S47, "2026-12-14");
  s47.strategy = day("2026-12-14");
  const auto several = child({placed("FOSTER", "2026-12-01"), involved(model::Status::Cpp, "2026-12-01"), s47});
  const auto clocks = all_due(several, {}, day("2026-12-15"), shipped());
  std::vector<std::string> order;
  for (const Due& due : clocks) order.push_back(due.rule);
  CHECK(order == std::vector<std::string>{"CLA1", "CP", "S47.SEEN", "CLA9", "ICPC"});
  CHECK(clocks.front().overdue_days == 7);
}

TEST_CASE("clocks: what never resets a clock", "[rules]") {
  const auto cp = child({involved(model::Status::Cpp, "2026-06-01")});
  const Date unmoved = day("2026-06-15");
  PastVisit unseen = seen("2026-06-10");
  unseen.child_seen = false;
  PastVisit by_video = seen("2026-06-10");
  by_video.in_person = false;
  for (const PastVisit& visit : {unseen, by_video, seen("2026-05-20"), seen("2026-07-20")})
    CHECK(clock_of(cp, "CP", "2026-06-12", {visit}).on == unmoved);
  CHECK(clock_of(cp, "CP", "2026-06-12", {seen("2026-06-10")}).on == day("2026-06-24"));

  auto imported = cp;
  imported.last_visit = day("2026-06-11");
  CHECK(clock_of(imported, "CP", "2026-06-12").on == unmoved);
  imported.last_seen = day("2026-06-09");
  CHECK(clock_of(imported, "CP", "2026-06-12").on == day("2026-06-23"));

  model::ChildRecord record;
  record.part.seen = true;
  record.facts.start = model::ZonedTime{base::from_rfc3339("2026-06-10T23:30:00Z").value(), 60, "Europe/London"};
  for (const auto outcome :
       {model::Outcome::ChildNotSeen, model::Outcome::NoAccess, model::Outcome::EntryRefused, model::Outcome::CancelledFamily,
        model::Outcome::CancelledService, model::Outcome::AbandonedUnsafe}) {
    record.facts.outcome = outcome;
    CHECK_FALSE(past_visit(record).has_value());
  }
  record.facts.outcome = model::Outcome::Completed;
  REQUIRE(past_visit(record).has_value());
  CHECK(past_visit(record)->on == day("2026-06-11"));  // the day it was in the United Kingdom
  CHECK(past_visit(record)->child_seen);
  record.facts.answers["place"] = std::string("VIRTUAL");
  CHECK_FALSE(past_visit(record)->in_person);
  record.part.seen.reset();
  CHECK_FALSE(past_visit(record)->child_seen);
  record.part.answers["seen"] = model::NotCovered{"the police asked me to leave"};
  CHECK_FALSE(past_visit(record)->child_seen);
}

TEST_CASE("clocks: ended and closed involvements have none", "[rules]") {
  auto cp = involved(model::Status::Cpp, "2026-06-01");
  cp.ended = day("2026-06-05");
  CHECK(all_due(child({cp, involved(model::Status::Closed, "2026-06-05")}), {}, day("2026-06-06"), shipped()).empty());
}

TEST_CASE("clocks: a council may tighten LAW, never loosen it", "[rules]") {
  const auto with = [](std::string first, std::string interval, std::string more) {
    return with_local(shipped(),
                      R"({"version":"local","clocks":[{"id":"PF","label":"Private fostering visit","status":"PRIVATE_FOSTERING",
      "source":"Local","trigger":"started","first":)" +
                          first + R"(,"intervals":[{"every":)" + interval +
                          R"(,"until_age":{"n":12,"unit":"MONTHS"}},{"every":{"n":12,"unit":"WEEKS"}}],)" + more +
                          R"("valid_from":"2005-07-01"}]})");
  };
  const std::string law = R"("counts_if":["child_seen","in_person"],"authority":"LAW",)";
  const auto tighter = with(R"({"n":5,"unit":"WORKING_DAYS"})", R"({"n":4,"unit":"WEEKS"})", law);
  REQUIRE(tighter.has_value());
  CHECK(due(child({involved(model::Status::PrivateFostering, "2026-06-01")}), {}, day("2026-06-01"), *tighter)->on ==
        day("2026-06-08"));
  CHECK(tighter->version == "2026-11-01+local");
  REQUIRE(with(R"({"n":7,"unit":"DAYS"})", R"({"n":1,"unit":"MONTHS"})", law).has_value());  // other units, never later

  for (const auto& loose :
       {with(R"({"n":8,"unit":"WORKING_DAYS"})", R"({"n":6,"unit":"WEEKS"})", law),
        with(R"({"n":7,"unit":"WORKING_DAYS"})", R"({"n":2,"unit":"MONTHS"})", law),
        with(R"({"n":7,"unit":"WORKING_DAYS"})", R"({"n":6,"unit":"WEEKS"})", R"("counts_if":["in_person"],"authority":"LAW",)"),
        with(R"({"n":7,"unit":"WORKING_DAYS"})", R"({"n":6,"unit":"WEEKS"})",
             R"("counts_if":["child_seen","in_person"],"authority":"LOCAL",)")}) {
    REQUIRE_FALSE(loose.has_value());
    CHECK(loose.error().fault == base::Fault::Denied);
    CHECK(loose.error().where == "clocks.json: PF");
  }
  const auto shadow =
      with_local(shipped(), R"({"version":"l","clocks":[{"id":"MINE","label":"x","status":"CLA","group":"CLA","trigger":"started",
    "first":{"n":9,"unit":"WEEKS"},"counts_if":["child_seen"],"authority":"LOCAL","valid_from":"2020-01-01"}]})");
  REQUIRE_FALSE(shadow.has_value());
  CHECK(shadow.error().fault == base::Fault::Denied);

  // LOCAL is the council's own, in both directions: four-weekly on step-down, or two weeks in calendar days
  const auto local = with_local(
      shipped(), R"({"version":"l","clocks":[{"id":"CP","label":"Child protection visit","status":"CPP","trigger":"started",
    "first":{"n":14,"unit":"DAYS"},"intervals":[{"every":{"n":14,"unit":"DAYS"}}],
              "counts_if":["child_seen"],"authority":"LOCAL","valid_from":"2020-01-01"}]})");
  REQUIRE(local.has_value());
  CHECK(due(child({involved(model::Status::Cpp, "2026-12-14")}), {}, day("2026-12-14"), *local)->on == day("2026-12-28"));
}

TEST_CASE("clocks: a broken file names the place and the rule", "[rules]") {
  const auto refused = [](const char* rule) {
    const auto result = with_local(shipped(), std::string(R"({"version":"1","clocks":[)") + rule + "]}");
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().fault == base::Fault::Invalid);
    return result.error().where + ": " + result.error().detail;
  };
  CHECK(
      refused(
          R"({"id":"A","label":"a","status":"CP",
              "trigger":"started","first":{"n":1,"unit":"DAYS"},
              "counts_if":["child_seen"],"authority":"LOCAL","valid_from":"2020-01-01"})")
          .find("clocks.json.clocks[0] A.status: “CP” is not one of: EARLY_HELP") == 0);
  CHECK(
      refused(
          R"({"id":"A","label":"a","status":"CPP",
              "trigger":"started","first":{"n":1,"unit":"days"},
              "counts_if":["child_seen"],"authority":"LOCAL","valid_from":"2020-01-01"})")
          .find("clocks.json.clocks[0] A.first.unit") == 0);
  CHECK(
      refused(
          R"({"id":"A","label":"a","status":"CPP",
              "trigger":"started","first":{"n":1,"unit":"DAYS"},
              "counts_if":["seen"],"authority":"LOCAL","valid_from":"2020-01-01"})")
          .find("counts_if: “seen”") != std::string::npos);
  CHECK(
      refused(
          R"({"id":"A","label":"a","status":"CPP",
              "trigger":"started","counts_if":["child_seen"],"authority":"LOCAL","valid_from":"2020-01-01"})")
          .find("needs \"first\"") != std::string::npos);
}

TEST_CASE("clocks: threshold levels and the risk scale have an order and plain words", "[rules]") {
  const Thresholds& set = shipped().thresholds;
  CHECK(set.key() == "birmingham-rsrt/2015");
  REQUIRE(set.levels.size() == 4);
  CHECK(set.levels[0].label == "1 Universal");
  CHECK(set.levels[3].label == "4 Complex/Significant");
  REQUIRE(set.risk.size() >= 3);
  for (const auto* scale : {&set.levels, &set.risk})
    for (const Level& level : *scale) CHECK(level.definition.size() > 20);
}

TEST_CASE("clocks: open steps carry into the next visit until they are closed", "[rules]") {
  const auto step = [](const char* what, std::optional<model::StepStatus> status = {}) {
    return model::PlanStep{id(what), what, "Mother", day("2026-12-01"), status, "said"};
  };
  model::Child of = child({});
  of.open_steps = {step("register with a doctor"), step("fix the boiler"), step("go to playgroup")};
  model::ChildRecord later, earlier;
  later.id = id("later");
  earlier.id = id("earlier");
  earlier.facts.start = model::ZonedTime{base::from_rfc3339("2026-11-01T10:00:00Z").value(), 0, {}};
  later.facts.start = model::ZonedTime{base::from_rfc3339("2026-11-15T10:00:00Z").value(), 0, {}};
  earlier.part.open_steps = {step("register with a doctor", model::StepStatus::Done),
                             step("fix the boiler", model::StepStatus::NotDiscussed),
                             step("go to playgroup", model::StepStatus::Missed)};
  earlier.part.next_steps = {step("see the health visitor")};
  later.part.open_steps = {step("see the health visitor", model::StepStatus::Dropped),
                           step("go to playgroup", model::StepStatus::Open)};
  later.part.open_steps[1].due = day("2027-01-05");
  model::Decision decision;
  decision.on.record = later.id;
  decision.directed_steps = {step("speak to the school")};

  const std::vector<const model::ChildRecord*> records{&later, &earlier};
  const std::vector<const model::Decision*> decisions{&decision};
  const auto open = open_steps(of, records, decisions);
  REQUIRE(open.size() == 3);
  CHECK(open[0].what == "fix the boiler");
  CHECK(open[1].what == "go to playgroup");
  CHECK(open[1].due == day("2027-01-05"));
  CHECK(open[2].what == "speak to the school");
  for (const auto& s : open) {
    CHECK_FALSE(s.status.has_value());
    CHECK(s.note.empty());
  }
  CHECK(open_steps(of, {}).size() == 3);
}

TEST_CASE("clocks: no plan and no rule says nothing, a broken plan is no plan", "[rules]") {
  auto cp = involved(model::Status::Cpp, "2026-06-01");
  cp.plan_every = 0;
  cp.plan_unit = "DAYS";
  CHECK(clock_of(child({cp}), "CP", "2026-06-02").on == day("2026-06-15"));
  cp.plan_every = 5;
  cp.plan_unit = "FORTNIGHTS";
  CHECK(clock_of(child({cp}), "CP", "2026-06-02").on == day("2026-06-15"));
  CHECK_FALSE(due(child({}), {}, day("2026-06-02"), shipped()).has_value());
  CHECK(all_due(child({involved(model::Status::Cla, "2026-06-01")}), {}, day("2010-01-01"), shipped())
            .empty());  // before the rule was law
}

TEST_CASE("clocks: a family may be given to read what is still open and has words, by day", "[rules]") {
  const auto step = [](const char* what, const char* due, std::optional<model::StepStatus> status = {}) {
    return model::PlanStep{Id::from_name(what), what, "Ngozi", base::date_from_iso(due), status, {}};
  };
  model::ChildPart part;
  part.open_steps = {step("no day", ""), step("done", "2026-12-01", model::StepStatus::Done),
                     step("dropped", "2026-12-01", model::StepStatus::Dropped), step("missed", "2026-11-01", model::StepStatus::Missed)};
  part.next_steps = {step("later", "2026-12-04"), step(" \n\t", "2026-12-04"), step("sooner", "2026-12-03")};
  const auto words = [&] {
    std::vector<std::string> out;
    for (const auto& one : for_family(part)) out.push_back(one.what);
    return out;
  };
  CHECK(words() == std::vector<std::string>{"missed", "sooner", "later", "no day"});
  part.skip_reason = "SEEN_TODAY";
  CHECK(words().empty());
}

TEST_CASE("clocks: in other words the rules are the same, and what has none stays English", "[rules]") {
  const Rules rules = tests::shipped_rules();
  const auto other = in_words(rules, R"({"Child protection visit": "Ymweliad amddiffyn plant", "High": "Uchel",
      "A name that was changed": "x"})");
  REQUIRE(other.has_value());
  for (std::size_t i = 0; i < rules.clocks.size(); ++i) {
    const bool is_cp = rules.clocks[i].label == "Child protection visit";
    CHECK(other->clocks[i].label == (is_cp ? "Ymweliad amddiffyn plant" : rules.clocks[i].label));
    CHECK(other->clocks[i].id == rules.clocks[i].id);
  }
  CHECK(other->thresholds.risk[2].label == "Uchel");
  CHECK(other->thresholds.risk[2].code == rules.thresholds.risk[2].code);
  CHECK(other->thresholds.risk[1].label == "Medium");
  for (const char* wrong : {"[]", "{", R"({"High": 1})", R"({"High": ""})"}) {
    INFO(wrong);
    CHECK(in_words(rules, wrong).has_error());
  }
}
