#include "sync/server/rate_limit.h"

namespace doorstep::server {

using base::Millis;

std::optional<Millis> RateLimit::wait(const std::string& key, Millis now) {
  std::lock_guard lock(mutex_);
  return wait_locked(key, now);
}

void RateLimit::count(const std::string& key, Millis now) {
  std::lock_guard lock(mutex_);
  count_locked(key, now);
}

std::optional<Millis> RateLimit::take(const std::string& key, Millis now) {
  std::lock_guard lock(mutex_);
  if (auto pause = wait_locked(key, now)) return pause;
  count_locked(key, now);
  return std::nullopt;
}

std::optional<Millis> RateLimit::wait_locked(const std::string& key, Millis now) {
  auto found = events_.find(key);
  if (found == events_.end()) return std::nullopt;
  auto& times = found->second;
  while (!times.empty() && times.front() + window_ <= now) times.pop_front();
  if (times.empty()) {
    events_.erase(found);
    return std::nullopt;
  }
  if (times.size() < limit_) return std::nullopt;
  return times.front() + window_ - now;
}

void RateLimit::count_locked(const std::string& key, Millis now) {
  if (events_.size() >= kKeys && !events_.contains(key)) {
    std::erase_if(events_, [&](const auto& entry) { return entry.second.back() + window_ <= now; });
    if (events_.size() >= kKeys) return;  // a flood from more addresses than we keep: the listener's session limit holds it
  }
  events_[key].push_back(now);
}

}  // namespace doorstep::server
