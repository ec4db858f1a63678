#include "platform/vault/lease.h"

#include <algorithm>

#include "platform/base/limits.h"

namespace doorstep::vault {

using base::Instant;
using base::Millis;

LeaseClock::LeaseClock(const base::Clock& clock, std::string boot_id)
    : clock_(clock), boot_id_(std::move(boot_id)), base_{clock.wall(), clock.monotonic(), boot_id_, Millis(0)} {}

void LeaseClock::restore(const LeaseTime& kept) {
  if (kept.boot_id == boot_id_ && kept.mono <= clock_.monotonic()) base_ = kept;
  else base_ = {std::max(kept.at, clock_.wall()), clock_.monotonic(), boot_id_, Millis(0)};
}

void LeaseClock::server_said(Instant at) {
  base_ = {at, clock_.monotonic(), boot_id_, std::max(Millis(0), clock_.wall() - at)};
}

Instant LeaseClock::now() {
  const Millis mono = clock_.monotonic();
  base_.at = std::max(base_.at + (mono - base_.mono), clock_.wall() + -base_.wall_ahead);
  base_.mono = mono;
  return base_.at;
}

LeaseTime LeaseClock::kept() {
  now();
  return base_;
}

bool LeaseClock::set_back() { return now() - clock_.wall() > limits::kClockBehind; }

}  // namespace doorstep::vault
