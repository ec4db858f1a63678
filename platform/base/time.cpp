#include "platform/base/time.h"

#include <time.h>

#include <charconv>
#include <cstdio>

namespace doorstep::base {
namespace {

/// `count` digits at `at`, or -1.
int digits(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return -1;
  int value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

}  // namespace

std::string to_iso(Date date) {
  char out[24];
  std::snprintf(out, sizeof out, "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return out;
}

std::optional<Date> date_from_iso(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  int y = digits(text, 0, 4), m = digits(text, 5, 2), d = digits(text, 8, 2);
  if (y < 0 || m < 0 || d < 0) return std::nullopt;
  Date date{std::chrono::year(y), std::chrono::month(static_cast<unsigned>(m)),
            std::chrono::day(static_cast<unsigned>(d))};
  if (!date.ok()) return std::nullopt;
  return date;
}

std::string to_rfc3339(Instant at) {
  using namespace std::chrono;
  sys_time<Millis> t{Millis(at.ms)};
  auto day = floor<days>(t);
  hh_mm_ss<Millis> clock{t - day};
  char out[40];
  std::snprintf(out, sizeof out, "%sT%02d:%02d:%02d.%03dZ", to_iso(Date(day)).c_str(),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return out;
}

std::optional<Instant> from_rfc3339(std::string_view text) {
  using namespace std::chrono;
  if (text.size() < 20 || (text[10] != 'T' && text[10] != ' ')) return std::nullopt;
  auto date = date_from_iso(text.substr(0, 10));
  int h = digits(text, 11, 2), m = digits(text, 14, 2), s = digits(text, 17, 2);
  if (!date || h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s > 60 || text[13] != ':' || text[16] != ':')
    return std::nullopt;
  std::size_t at = 19;
  int millis = 0, scale = 100;
  if (text[at] == '.') {
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, scale /= 10)
      millis += (text[at] - '0') * scale;
  }
  std::string_view zone = text.substr(at);
  int offset = 0;
  if (zone != "Z" && zone != "z") {
    if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':') return std::nullopt;
    int zh = digits(zone, 1, 2), zm = digits(zone, 4, 2);
    if (zh < 0 || zh > 23 || zm < 0 || zm > 59) return std::nullopt;
    offset = (zone[0] == '-' ? -1 : 1) * (zh * 60 + zm);
  }
  auto t = sys_days(*date) + hours(h) + minutes(m) + seconds(s) - minutes(offset);
  if (t < sys_days(year(0) / 1 / 1) || t >= sys_days(year(10'000) / 1 / 1)) return std::nullopt;  // it could not be written back
  return Instant{duration_cast<Millis>(t.time_since_epoch()).count() + millis};
}

Instant SystemClock::wall() const {
  return {std::chrono::duration_cast<Millis>(std::chrono::system_clock::now().time_since_epoch()).count()};
}

Millis SystemClock::monotonic() const {
  timespec t{};
  clock_gettime(CLOCK_BOOTTIME, &t);
  return Millis(t.tv_sec * 1000 + t.tv_nsec / 1'000'000);
}

}  // namespace doorstep::base
