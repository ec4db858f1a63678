#include "app/state/time_words.h"

#include <cstdlib>

namespace doorstep::state {
namespace {

std::string two(int n) { return (n < 10 ? "0" : "") + std::to_string(n); }
std::string number(std::chrono::day day) { return std::to_string(static_cast<unsigned>(day)); }
std::string number(std::chrono::month month) { return std::to_string(static_cast<unsigned>(month)); }
std::string number(std::chrono::year year) { return std::to_string(static_cast<int>(year)); }
std::string weekday_number(Date day) { return std::to_string(std::chrono::weekday(std::chrono::sys_days(day)).c_encoding()); }

}  // namespace

std::string clock_words(Instant at) {
  const int minutes = rules::uk_minutes(at);
  return two(minutes / 60) + ":" + two(minutes % 60);
}

std::string day_words(const Text& text, Date day) {
  if (!day.ok()) return {};
  return number(day.day()) + " " + text("month." + number(day.month())) + " " + number(day.year());
}

std::string short_day_words(const Text& text, Date day, Date today) {
  if (!day.ok()) return {};
  return text("weekday.short." + weekday_number(day)) + " " + number(day.day()) + " " + text("month.short." + number(day.month())) +
         (day.year() == today.year() ? std::string() : " " + number(day.year()));
}

std::string weekday_words(const Text& text, Date day, std::optional<Date> today) {
  return text("weekday." + weekday_number(day)) + " " + number(day.day()) + " " + text("month." + number(day.month())) +
         (today && today->year() != day.year() ? " " + number(day.year()) : std::string());
}

std::string when_words(const Text& text, Instant at, Instant now) {
  const auto day = rules::uk_date(at);
  const auto clock = clock_words(at);
  const auto today = rules::uk_date(now);
  switch (rules::days_between(day, today)) {
    case 0: return text("when.today", {{"time", clock}});
    case 1: return text("when.yesterday", {{"time", clock}});
    default: return text("when.day", {{"day", short_day_words(text, day, today)}, {"time", clock}});
  }
}

std::string when_begins(const Text& text, Instant at, Instant now) {
  return line_begins(when_words(text, at, now));
}

std::string dated_words(const Text& text, Instant at) {
  const auto day = rules::uk_date(at);
  return text("weekday." + weekday_number(day)) + " " + day_words(text, day) + ", " + clock_words(at);
}

std::string ago_words(const Text& text, Instant at, Instant now) {
  const auto minutes = std::max<std::int64_t>(1, (now - at).count() / 60'000);
  if (minutes < 60) return text.count("span.minutes", minutes);
  if (minutes < 24 * 60) return text.count("span.hours", minutes / 60);
  return text.count("span.days", minutes / (24 * 60));
}

std::string clock_label(const Text& text, const rules::Due& due) { return due.label.empty() ? text("due.plan") : due.label; }

std::string due_line(const Text& text, const rules::Due& due, Date today, const rules::Calendar& calendar) {
  std::string when;
  if (!due.on) {
    std::string why = text("due.not_known.plan");
    if (due.unknown == rules::Unknown::NoStart) why = text("due.not_known.start");
    else if (due.unknown == rules::Unknown::Calendar)
      why = text("due.not_known.calendar", {{"from", day_words(text, calendar.from)}, {"to", day_words(text, calendar.until)}});
    when = text("due.not_known", {{"why", why}});
  } else if (due.overdue_days > 0) {
    when = text.count("due.overdue", due.overdue_days);
  } else if (due.days_left == 0) {
    when = text("due.today");
  } else {
    when = text.count("due.in", due.days_left);
    if (due.days_left > 1) when += ", " + short_day_words(text, *due.on, today);
  }
  return text("due.line", {{"what", clock_label(text, due)}, {"when", when}});
}

std::string local_rfc3339(Instant at) {
  const int offset = rules::uk_offset_minutes(at);
  auto words = base::to_rfc3339(at + std::chrono::minutes(offset));
  words.pop_back();  // the Z
  return words + (offset < 0 ? "-" : "+") + two(std::abs(offset) / 60) + ":" + two(std::abs(offset) % 60);
}

int age_on(Date born, Date day) {
  int years = static_cast<int>(day.year()) - static_cast<int>(born.year());
  if (std::chrono::month_day(day.month(), day.day()) < std::chrono::month_day(born.month(), born.day())) --years;
  return years;
}

std::string age_words(const Text& text, Date born, Date day) {
  const int years = age_on(born, day);
  if (years >= 2) return text.count("span.years", years);
  const int days = rules::days_between(born, day);
  if (days < 0) return text("age.not_born");
  if (days < 8 * 7) return text.count("span.weeks", days / 7);
  int months = (static_cast<int>(day.year()) - static_cast<int>(born.year())) * 12 +
               static_cast<int>(static_cast<unsigned>(day.month())) - static_cast<int>(static_cast<unsigned>(born.month()));
  if (day.day() < born.day()) --months;
  return text.count("span.months", months);
}

}  // namespace doorstep::state
