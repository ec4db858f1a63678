#pragma once
#include <catch2/catch_test_macros.hpp>

#include <stdlib.h>

#include <filesystem>
#include <string>

#include "platform/base/time.h"
#include "platform/vault/vault.h"
#include "tests/support/folder.h"

/// Time stands still until a test moves it.
class FakeClock final : public doorstep::base::Clock {
 public:
  doorstep::base::Instant wall() const override { return wall_; }
  doorstep::base::Millis monotonic() const override { return now; }
  doorstep::base::Instant wall_{1'700'000'000'000};
  doorstep::base::Millis now{5'000};
};

using doorstep::support::Folder;

/// One worker's vault in a folder of its own, at the test cost.
struct Bench {
  Folder folder;
  FakeClock clock;
  doorstep::vault::KeyfileProvider keys{folder.path() / "keys"};
  doorstep::vault::VaultPlace place{folder.path() / "worker", *doorstep::base::Id::parse("0190f0a0-1111-7000-8000-00000000000d"),
                                    *doorstep::base::Id::parse("0190f0a0-1111-7000-8000-000000000001")};
  doorstep::vault::Vault vault(const std::string& boot = "boot-1") {
    return doorstep::vault::Vault(place, keys, clock, boot, doorstep::vault::kTestCost);
  }
};

inline constexpr const char* kRight = "heron lantern copper meadow";
inline constexpr const char* kOther = "violet anchor thimble orchard";
