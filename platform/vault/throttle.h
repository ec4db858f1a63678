#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

#include "platform/base/error.h"
#include "platform/base/time.h"

namespace doorstep::vault {

/// How long to wait after the n-th failure in a row before the next try. Four to nine: 30 s, 60 s, 5 min, 15 min, 60 min,
/// 60 min; from the tenth on 60 min again (security.md section 2). Nothing is ever erased here: see Vault::unlock().
base::Millis delay_after(std::uint32_t failures);

/// Counts wrong passphrases in a file, so that neither a restart nor a reboot forgets them. Wall time is never read: a wait
/// runs on the monotonic clock, and starts again when the machine was rebooted. A missing or damaged file counts as ten
/// failures just now. One thread.
class Throttle {
 public:
  /// `boot_id` differs after every reboot (os::boot_id()). `clock` must outlive this.
  Throttle(std::filesystem::path file, const base::Clock& clock, std::string boot_id)
      : file_(std::move(file)), clock_(clock), boot_id_(std::move(boot_id)) {}

  /// Begins at no failures: for a fresh slot.
  base::Result<void> start();
  /// How long until a try is allowed; zero: now. Writes when it finds a reboot or a damaged file.
  base::Result<base::Millis> wait();
  /// Counts one failure durably. Called before the passphrase is tried, so that a power cut cannot hide the try.
  base::Result<void> count();
  /// Takes the count() just made back, also its time: the passphrase was not tried after all.
  base::Result<void> uncount();
  /// The right passphrase was given.
  base::Result<void> clear() { return start(); }
  base::Result<std::uint32_t> failures();

 private:
  struct State {
    std::uint32_t failures = 0;
    std::int64_t at_ms = 0;  ///< monotonic time of the last failure
    std::string boot_id;
  };
  base::Result<State> load();
  base::Result<void> save(const State& state);

  std::filesystem::path file_;
  const base::Clock& clock_;
  std::string boot_id_;
  State before_;  ///< as it was before the last count()
};

}  // namespace doorstep::vault
