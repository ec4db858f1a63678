#include "sync/rules/calendar.h"

#include "tests/support/assets.h"

using namespace doorstep;
using namespace doorstep::rules;

namespace {

Date day(std::string_view text) { return base::date_from_iso(text).value(); }
Instant at(std::string_view text) { return base::from_rfc3339(text).value(); }

}  // namespace

TEST_CASE("calendar: working days count from day 0", "[rules]") {
  const Calendar calendar = tests::shipped_rules().calendar;
  struct Vector {
    const char* start;
    int n;
    const char* due;
  };
  for (const auto& [start, n, due] : {Vector{"2026-12-14", 10, "2026-12-30"}, Vector{"2026-12-18", 10, "2027-01-06"},
                                      Vector{"2026-12-21", 15, "2027-01-14"}, Vector{"2026-11-23", 45, "2027-01-28"},
                                      Vector{"2027-03-15", 10, "2027-03-31"}}) {
    INFO(start << " + " << n);
    CHECK(add(calendar, day(start), {n, Unit::WorkingDays}) == day(due));
    CHECK(working_days_between(calendar, day(start), day(due)) == n);
  }
  CHECK(add(calendar, day("2026-12-14"), {14, Unit::Days}) == day("2026-12-28"));
  CHECK(add(calendar, day("2026-12-14"), {10, Unit::WorkingDays}, Counting::Day1) == day("2026-12-29"));
}

TEST_CASE("calendar: weeks and months are calendar, and month-end clamps", "[rules]") {
  const Calendar calendar = tests::shipped_rules().calendar;
  CHECK(add(calendar, day("2026-12-25"), {1, Unit::Weeks}) == day("2027-01-01"));
  CHECK(add(calendar, day("2026-11-30"), {3, Unit::Months}) == day("2027-02-28"));
  CHECK(add(calendar, day("2027-11-30"), {3, Unit::Months}) == day("2028-02-29"));
  CHECK(add(calendar, day("2026-08-31"), {6, Unit::Months}) == day("2027-02-28"));
  CHECK(add(calendar, day("2026-10-31"), {12, Unit::Months}) == day("2027-10-31"));
  CHECK(add(calendar, day("2026-12-31"), {2, Unit::Months}) == day("2027-02-28"));
}

TEST_CASE("calendar: past its end it does not guess", "[rules]") {
  const Calendar calendar = tests::shipped_rules().calendar;
  CHECK(calendar.until == day("2027-12-31"));
  CHECK(add(calendar, day("2027-12-29"), {2, Unit::WorkingDays}) == day("2027-12-31"));
  CHECK_FALSE(add(calendar, day("2027-12-29"), {3, Unit::WorkingDays}).has_value());
  CHECK_FALSE(add(calendar, day("2024-12-30"), {3, Unit::WorkingDays}).has_value());
  CHECK_FALSE(working_days_between(calendar, day("2027-12-30"), day("2028-01-04")).has_value());
  CHECK(add(calendar, day("2027-12-29"), {3, Unit::Days}) == day("2028-01-01"));
}

TEST_CASE("calendar: every listed holiday falls on a weekday and is no working day", "[rules]") {
  const Calendar calendar = tests::shipped_rules().calendar;
  for (const char* named : {"2026-12-25", "2026-12-28", "2027-01-01", "2027-03-26", "2027-03-29", "2027-05-03", "2027-05-31",
                            "2027-08-30", "2027-12-27", "2027-12-28"}) {
    INFO(named);
    CHECK_FALSE(calendar.is_working_day(day(named)));
  }
  for (const Date holiday : calendar.holidays) {
    const std::chrono::weekday weekday{std::chrono::sys_days(holiday)};
    CHECK(weekday != std::chrono::Saturday);
    CHECK(weekday != std::chrono::Sunday);
  }
  CHECK(calendar.is_working_day(day("2026-12-24")));
  CHECK_FALSE(calendar.is_working_day(day("2026-12-26")));
}

TEST_CASE("calendar: a broken file names the place", "[rules]") {
  const auto refused = [](const char* json) {
    const auto result = parse_calendar(json);
    REQUIRE_FALSE(result.has_value());
    return result.error().where + ": " + result.error().detail;
  };
  CHECK(refused("{\n\"version\": }") .find("calendar.json:2") == 0);
  CHECK(refused(R"({"version":"1","from":"2026-01-01","until":"2026-02-30","holidays":[]})").find("calendar.json.until") == 0);
  CHECK(refused(R"({"version":"1","from":"2026-01-01","until":"2026-12-31","holidays":[{"date":"2027-01-01","name":"x"}]})")
            .find("calendar.json.holidays[0].date") == 0);
  CHECK(refused(R"({"version":"1","from":"2026-01-01","until":"2026-12-31","holydays":[]})").find("holydays") !=
        std::string::npos);
}

TEST_CASE("calendar: the United Kingdom's clocks change at 01:00 UTC on the last Sundays of March and October", "[rules]") {
  CHECK(uk_offset_minutes(at("2027-03-28T00:59:59.999Z")) == 0);
  CHECK(uk_offset_minutes(at("2027-03-28T01:00:00Z")) == 60);
  CHECK(uk_offset_minutes(at("2027-10-31T00:59:59Z")) == 60);
  CHECK(uk_offset_minutes(at("2027-10-31T01:00:00Z")) == 0);
  CHECK(uk_offset_minutes(at("2026-03-29T01:00:00Z")) == 60);
  CHECK(uk_offset_minutes(at("2026-10-25T01:00:00Z")) == 0);
  CHECK(uk_offset_minutes(at("1969-12-31T23:00:00Z")) == 0);
  CHECK(uk_date(at("2026-07-01T23:30:00Z")) == day("2026-07-02"));
  CHECK(uk_date(at("2026-12-01T23:30:00Z")) == day("2026-12-01"));
}

TEST_CASE("calendar: a visit across the clock change lasts as long as it lasted", "[rules]") {
  const auto start = from_uk(day("2027-03-28"), 50);
  const auto end = from_uk(day("2027-03-28"), 130);
  REQUIRE(start.has_value());
  REQUIRE(end.has_value());
  CHECK(*start == at("2027-03-28T00:50:00Z"));
  CHECK(*end == at("2027-03-28T01:10:00Z"));
  CHECK(*end - *start == std::chrono::minutes(20));
  CHECK(uk_minutes(*end) == 130);
  CHECK_FALSE(from_uk(day("2027-03-28"), 90).has_value());  // 01:30 does not exist that night
  CHECK(from_uk(day("2027-10-31"), 90) == at("2027-10-31T00:30:00Z"));  // the first of two
  CHECK_FALSE(from_uk(day("2027-10-31"), 24 * 60).has_value());
}
