#pragma once
#include <optional>
#include <string>

#include "platform/base/time.h"

namespace doorstep::vault {

/// What of a LeaseClock is written down, so that a later start goes on from there.
struct LeaseTime {
  base::Instant at;              ///< the time it was
  base::Millis mono{0};          ///< the machine's monotonic clock then,
  std::string boot_id;           ///< which counts since this boot
  base::Millis wall_ahead{0};    ///< in this boot: of the server's time when it last said it; never below zero
};

/// What time it is at least, for a lease (security.md section 2): the greatest of what was written down, of the server's last word and
/// what the monotonic clock has counted since, and of the wall. So no clock that is set back makes it earlier; one that was ahead when
/// the server said the time is taken as far ahead until the next boot, so that a lease which was just given is not over. Not thread-safe.
class LeaseClock {
 public:
  /// `clock` must outlive this; `boot_id`: os::boot_id().
  LeaseClock(const base::Clock& clock, std::string boot_id);

  /// Goes on from what was written down: after a restart or a reboot.
  void restore(const LeaseTime& kept);
  /// The server's own time, just heard: it is believed also where it is earlier than now().
  void server_said(base::Instant at);

  /// Never earlier than it was, but for what the server said.
  base::Instant now();
  LeaseTime kept();
  /// The wall is more than limits::kClockBehind earlier than now().
  bool set_back();

 private:
  const base::Clock& clock_;
  const std::string boot_id_;
  LeaseTime base_;
};

}  // namespace doorstep::vault
