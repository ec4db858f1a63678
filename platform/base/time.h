#pragma once
#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace doorstep::base {

using Millis = std::chrono::milliseconds;

/// A point in time: milliseconds since 1970-01-01T00:00:00Z. Comes from a Clock, never read by the pure rooms.
struct Instant {
  std::int64_t ms = 0;
  friend auto operator<=>(const Instant&, const Instant&) = default;
  friend Instant operator+(Instant a, Millis b) { return {a.ms + b.count()}; }
  friend Millis operator-(Instant a, Instant b) { return Millis(a.ms - b.ms); }
};

/// RFC 3339 in UTC with milliseconds: "2026-11-22T13:45:00.000Z".
std::string to_rfc3339(Instant at);
/// Accepts an offset ("+01:00") or "Z", with or without fractions of a second.
std::optional<Instant> from_rfc3339(std::string_view text);

/// A calendar day without a place on Earth (dates of birth, due dates).
using Date = std::chrono::year_month_day;
/// ISO 8601: "2026-11-22".
std::string to_iso(Date date);
/// Empty unless exactly YYYY-MM-DD and a day that exists.
std::optional<Date> date_from_iso(std::string_view text);

/// Where time comes from. Implementations are thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant wall() const = 0;     ///< may jump in either direction
  virtual Millis monotonic() const = 0; ///< never goes back; counts suspend (CLOCK_BOOTTIME)
};
/// The machine's clocks.
class SystemClock final : public Clock {
 public:
  Instant wall() const override;
  Millis monotonic() const override;
};

}  // namespace doorstep::base
