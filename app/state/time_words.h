#pragma once
#include <optional>
#include <string>

#include "app/state/text.h"
#include "sync/rules/clocks.h"

/// Times as people say them, in United Kingdom time. Pure.
namespace doorstep::state {

using base::Date;
using base::Instant;
using base::Millis;

std::string clock_words(Instant at);  ///< "14:05"
std::string day_words(const Text& text, Date day);  ///< "3 December 2026"; empty for a day that no calendar has
/// "Thu 3 Dec"; with its year when that is not the year of `today`. Empty for a day that no calendar has.
std::string short_day_words(const Text& text, Date day, Date today);
/// "Thursday 19 March"; with its year when that is not the year of `today`.
std::string weekday_words(const Text& text, Date day, std::optional<Date> today = {});
/// "today at 14:05", "yesterday at 14:05", "Thu 3 Dec at 14:05".
std::string when_words(const Text& text, Instant at, Instant now);
/// The same where a line or a value begins: "Yesterday at 14:05".
std::string when_begins(const Text& text, Instant at, Instant now);
/// As a record says it, whenever that is read: "Thursday 3 December 2026, 14:05".
std::string dated_words(const Text& text, Instant at);
std::string ago_words(const Text& text, Instant at, Instant now);  ///< "3 hours", "2 days"
/// "Child protection visit".
std::string clock_label(const Text& text, const rules::Due& due);
/// "Child protection visit: 3 days overdue", "Child in need visit: not known (no start date)".
std::string due_line(const Text& text, const rules::Due& due, Date today, const rules::Calendar& calendar);
/// With the offset that holds then: "2026-11-22T14:05:00.000+00:00".
std::string local_rfc3339(Instant at);
int age_on(Date born, Date day);                               ///< whole years
std::string age_words(const Text& text, Date born, Date day);  ///< "7 years", "5 months", "3 weeks"

}  // namespace doorstep::state
