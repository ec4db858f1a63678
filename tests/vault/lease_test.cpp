#include "platform/vault/lease.h"

#include <random>

#include "tests/vault/support.h"

using namespace doorstep;
using base::Instant;
using base::Millis;
using vault::LeaseClock;
using namespace std::chrono_literals;

namespace {
constexpr auto kDay = 24h;
}

TEST_CASE("lease: a clock that is set back makes it no earlier, before and after a restart and a reboot, and is told", "[vault][L33]") {
  FakeClock clock;
  const Instant start = clock.wall();
  LeaseClock lease(clock, "boot-1");
  lease.server_said(start);
  clock.wall_ = start + -kDay;
  clock.now += 1h;
  CHECK(lease.now() == start + 1h);
  CHECK(lease.set_back());
  // A restart: the monotonic clock has gone on.
  auto kept = lease.kept();
  clock.now += 1h;
  LeaseClock again(clock, "boot-1");
  again.restore(kept);
  CHECK(again.now() == start + 2h);
  CHECK(again.set_back());
  // A reboot: it began anew, and what was off is not counted, but nothing is taken back.
  kept = again.kept();
  clock.now = 10s;
  LeaseClock booted(clock, "boot-2");
  booted.restore(kept);
  CHECK(booted.now() == start + 2h);
  CHECK(booted.set_back());
  clock.now += 3h;
  CHECK(booted.now() == start + 5h);
  // Put right, it is the wall again.
  clock.wall_ = start + kDay;
  CHECK(booted.now() == start + kDay);
  CHECK_FALSE(booted.set_back());
}

TEST_CASE("lease: a few minutes behind are not told as set back", "[vault][L33]") {
  FakeClock clock;
  LeaseClock lease(clock, "boot-1");
  lease.server_said(clock.wall() + 5min);
  CHECK_FALSE(lease.set_back());
  lease.server_said(clock.wall() + 5min + 1ms);
  CHECK(lease.set_back());
}

TEST_CASE("lease: a wall that was ahead when the server said the time ends nothing early until the next boot", "[vault]") {
  FakeClock clock;
  const Instant right = clock.wall();
  LeaseClock lease(clock, "boot-1");
  clock.wall_ = right + 30 * kDay;
  CHECK(lease.now() == right + 30 * kDay);
  lease.server_said(right);
  CHECK(lease.now() == right);
  // Hibernated, with a monotonic clock that did not count: the wall has gone on.
  clock.wall_ = clock.wall() + 2 * kDay;
  CHECK(lease.now() == right + 2 * kDay);
  LeaseClock booted(clock, "boot-2");
  booted.restore(lease.kept());
  CHECK(booted.now() == clock.wall());
}

TEST_CASE("lease: in no history of clocks, restarts and reboots does time run back or slower than the machine counts", "[vault][L33]") {
  std::mt19937 random(20261127);
  for (int life = 0; life < 2'000; ++life) {
    FakeClock clock;
    int boot = 1;
    auto lease = std::make_unique<LeaseClock>(clock, "boot-1");
    for (int step = 0; step < 40; ++step) {
      const Instant before = lease->now();
      const Millis passed(static_cast<std::int64_t>(random() % 3'600'000));
      switch (random() % 4) {
        case 0: clock.wall_ = Instant{1'700'000'000'000} + Millis(static_cast<std::int64_t>(random() % 2'000'000'000u)); break;
        case 1:
          clock.now += passed;
          clock.wall_ = clock.wall_ + passed;
          break;
        case 2: {  // a restart
          const auto kept = lease->kept();
          lease = std::make_unique<LeaseClock>(clock, "boot-" + std::to_string(boot));
          lease->restore(kept);
          break;
        }
        default: {
          const auto kept = lease->kept();
          clock.now = passed;
          lease = std::make_unique<LeaseClock>(clock, "boot-" + std::to_string(++boot));
          lease->restore(kept);
        }
      }
      REQUIRE(lease->now() >= before);
      const Instant at = lease->now();
      clock.now += passed;
      REQUIRE(lease->now() >= at + passed);
    }
  }
}
