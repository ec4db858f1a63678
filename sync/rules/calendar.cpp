#include "sync/rules/calendar.h"

#include "sync/rules/json_reader.h"

namespace doorstep::rules {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

constexpr std::int64_t kDayMs = 24ll * 60 * 60 * 1000;

Date clamp_to_month(std::chrono::year_month month, std::chrono::day day) {
  const Date last = month / std::chrono::last;
  return day > last.day() ? last : month / day;
}

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

/// 01:00 UTC on the last Sunday of `month`.
Instant change_of(std::chrono::year year, std::chrono::month month) {
  const sys_days day = year / month / std::chrono::Sunday[std::chrono::last];
  return {day.time_since_epoch().count() * kDayMs + kDayMs / 24};
}

}  // namespace

bool Calendar::knows(Date day) const { return day >= from && day <= until; }

bool Calendar::is_working_day(Date day) const {
  const std::chrono::weekday weekday{sys_days(day)};
  if (weekday == std::chrono::Saturday || weekday == std::chrono::Sunday) return false;
  return !std::binary_search(holidays.begin(), holidays.end(), day);
}

Result<Calendar> parse_calendar(std::string_view json) {
  DOORSTEP_TRY_ASSIGN(const boost::json::value document, parse_document(json, "calendar.json"));
  std::optional<base::Error> error;
  const Place root(document, "calendar.json", error);
  root.only({"about", "version", "from", "until", "holidays"});
  Calendar out;
  out.version = root.text("version");
  out.from = root.date("from");
  out.until = root.date("until");
  if (!root.failed() && out.until <= out.from) root.fail("until", "must be after \"from\"");
  for (const Place& item : root.items("holidays")) {
    item.only({"date", "name"});
    const Date day = item.date("date");
    item.text("name");
    if (!item.failed() && !out.knows(day)) item.fail("date", "lies outside from and until");
    out.holidays.push_back(day);
  }
  if (out.holidays.empty()) root.fail("holidays", "must name the bank holidays");
  std::sort(out.holidays.begin(), out.holidays.end());
  if (std::adjacent_find(out.holidays.begin(), out.holidays.end()) != out.holidays.end())
    root.fail("holidays", "names a day twice");
  if (error) return *error;
  return out;
}

std::optional<Date> add(const Calendar& calendar, Date start, Span span, Counting counting) {
  if (!start.ok() || span.n < 0) return std::nullopt;
  const int n = counting == Counting::Day1 && span.n > 0 ? span.n - 1 : span.n;
  switch (span.unit) {
    case Unit::Days: return Date(sys_days(start) + days(n));
    case Unit::Weeks: return Date(sys_days(start) + days(7 * span.n - (span.n - n)));
    case Unit::Months: {
      const auto month = start.year() / start.month() + std::chrono::months(span.n);
      return Date(sys_days(clamp_to_month(month, start.day())) - days(span.n - n));
    }
    case Unit::WorkingDays: break;
  }
  if (!calendar.knows(start)) return std::nullopt;
  sys_days day = start;
  for (int counted = 0; counted < n;) {
    day += days(1);
    if (!calendar.knows(day)) return std::nullopt;
    if (calendar.is_working_day(day)) ++counted;
  }
  return Date(day);
}

std::optional<int> working_days_between(const Calendar& calendar, Date from, Date to) {
  if (to <= from) return 0;
  if (!calendar.knows(from) || !calendar.knows(to)) return std::nullopt;
  int counted = 0;
  for (sys_days day = sys_days(from) + days(1); day <= sys_days(to); day += days(1))
    if (calendar.is_working_day(day)) ++counted;
  return counted;
}

int days_between(Date from, Date to) { return static_cast<int>((sys_days(to) - sys_days(from)).count()); }

int uk_offset_minutes(Instant at) {
  const Date day = sys_days(days(floor_div(at.ms, kDayMs)));
  return at >= change_of(day.year(), std::chrono::March) && at < change_of(day.year(), std::chrono::October) ? 60 : 0;
}

Date uk_date(Instant at) { return sys_days(days(floor_div(at.ms + uk_offset_minutes(at) * 60000ll, kDayMs))); }

int uk_minutes(Instant at) {
  const std::int64_t local = at.ms + uk_offset_minutes(at) * 60000ll;
  return static_cast<int>((local - floor_div(local, kDayMs) * kDayMs) / 60000);
}

std::optional<Instant> from_uk(Date day, int minutes) {
  if (!day.ok() || minutes < 0 || minutes >= 24 * 60) return std::nullopt;
  const std::int64_t local = sys_days(day).time_since_epoch().count() * kDayMs + minutes * 60000ll;
  for (const int offset : {60, 0}) {  // summer first: of the hour that comes twice, the first
    const Instant at{local - offset * 60000ll};
    if (uk_offset_minutes(at) == offset) return at;
  }
  return std::nullopt;
}

}  // namespace doorstep::rules
