#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/base/error.h"
#include "platform/base/time.h"

namespace doorstep::rules {

using base::Date;
using base::Instant;
using base::Result;

enum class Unit { WorkingDays, Days, Weeks, Months };

/// "10 working days", "6 weeks". Weeks and months are calendar; month-end clamps.
struct Span {
  int n = 0;
  Unit unit{};
  friend bool operator==(const Span&, const Span&) = default;
};

/// Whether the starting day is day 0 (usual) or day 1 (domain.md section 2, counting trap).
enum class Counting { Day0, Day1 };

/// Working days of England and Wales between two dates, both inclusive (assets/rules/calendar.json).
struct Calendar {
  std::string version;
  Date from{}, until{};        ///< outside these it says "not known" rather than guess
  std::vector<Date> holidays;  ///< sorted; Saturdays and Sundays are not listed
  bool knows(Date day) const;
  /// Not Saturday, Sunday, Christmas Day, Good Friday or a bank holiday. `day` must be known.
  bool is_working_day(Date day) const;
};
Result<Calendar> parse_calendar(std::string_view json);

/// The day `span` after `start`. Empty when working days reach outside the calendar.
std::optional<Date> add(const Calendar& calendar, Date start, Span span, Counting counting = Counting::Day0);
/// Working days after `from` up to and including `to` (0 when to <= from). Empty outside the calendar.
std::optional<int> working_days_between(const Calendar& calendar, Date from, Date to);
/// Calendar days from `from` to `to`; negative when `to` is earlier.
int days_between(Date from, Date to);

/// Minutes east of UTC in the United Kingdom: 60 from 01:00 UTC on the last Sunday of March until 01:00 UTC on the last Sunday
/// of October, else 0 (Summer Time Act 1972 as amended in 2002). Pure.
int uk_offset_minutes(Instant at);
/// The day it is in the United Kingdom.
Date uk_date(Instant at);
/// Minutes since local midnight in the United Kingdom.
int uk_minutes(Instant at);
/// The instant of a local wall time. In the hour that comes twice the first is taken; in the hour that does not exist, empty.
std::optional<Instant> from_uk(Date day, int minutes);

}  // namespace doorstep::rules
