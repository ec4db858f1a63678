#pragma once
#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "platform/base/time.h"

namespace doorstep::server {

/// At most `limit` events per key in any stretch of `window`. Keys that fell silent are forgotten. Thread-safe; time is given.
class RateLimit {
 public:
  RateLimit(std::size_t limit, base::Millis window) : limit_(limit), window_(window) {}

  /// How long the key must wait; empty: it may go on. Counts nothing.
  std::optional<base::Millis> wait(const std::string& key, base::Millis now);
  void count(const std::string& key, base::Millis now);
  /// wait(), and counts when it may go on.
  std::optional<base::Millis> take(const std::string& key, base::Millis now);

 private:
  static constexpr std::size_t kKeys = 50'000;  ///< then silent keys are looked for: bounded memory under a flood of addresses

  std::optional<base::Millis> wait_locked(const std::string& key, base::Millis now);
  void count_locked(const std::string& key, base::Millis now);

  std::size_t limit_;
  base::Millis window_;
  std::mutex mutex_;
  std::map<std::string, std::deque<base::Millis>> events_;
};

}  // namespace doorstep::server
