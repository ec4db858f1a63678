#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "platform/base/error.h"
#include "platform/base/time.h"
#include "platform/vault/key_provider.h"

namespace doorstep::vault {

/// How long to wait after the n-th failure in a row before the next try. Four to nine: 30 s, 60 s, 5 min, 15 min, 60 min,
/// 60 min; from the tenth on 60 min again (security.md section 2). Nothing is ever erased here: see Vault::unlock().
base::Millis delay_after(std::uint32_t failures);

/// Counts wrong passphrases in a file, so that neither a restart nor a reboot forgets them. Wall time is never read: a wait
/// runs on the monotonic clock, and starts again when the machine was rebooted. A missing or damaged file counts as ten
/// failures just now.
/// Where there is a counter in hardware it is raised with every count, and the file has to have its number: an older file that was
/// put back is as good as a lost one. Written before the counter is raised; a file that is one ahead is a try that was cut off in
/// between.
/// Fault::NotFound, "vault.chip": the chip has no such counter any more; nothing is written. One thread.
class Throttle {
 public:
  /// `boot_id` differs after every reboot (os::boot_id()). `clock` must outlive this. `counter`: null where there is none.
  Throttle(std::filesystem::path file, const base::Clock& clock, std::string boot_id, std::unique_ptr<Counter> counter = nullptr)
      : file_(std::move(file)), clock_(clock), boot_id_(std::move(boot_id)), counter_(std::move(counter)) {}

  /// Begins at no failures: for a fresh slot. Begins the counter where that was not done; one that refuses is logged, and done without.
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
    std::optional<std::uint64_t> number;  ///< the counter's, where one was begun
  };
  base::Result<std::optional<std::uint64_t>> counted();
  base::Result<bool> is_newest(const State& state, std::optional<std::uint64_t> now);
  base::Result<State> load();
  base::Result<void> save(const State& state);

  std::filesystem::path file_;
  const base::Clock& clock_;
  std::string boot_id_;
  std::unique_ptr<Counter> counter_;
  State before_;  ///< as it was before the last count()
};

}  // namespace doorstep::vault
