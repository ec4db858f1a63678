#include "platform/vault/throttle.h"

#include <catch2/catch_test_macros.hpp>

#include <memory>
#include <random>

#include "platform/base/bytes.h"
#include "platform/base/file.h"
#include "tests/vault/support.h"

using namespace doorstep;
using namespace doorstep::vault;
using base::Millis;
using namespace std::chrono_literals;

TEST_CASE("throttle: the delays are the written ones", "[vault]") {
  const Millis expected[] = {0ms, 0ms, 0ms, 0ms, 30s, 60s, 5min, 15min, 60min, 60min, 60min, 60min};
  for (std::uint32_t n = 0; n < std::size(expected); ++n) CHECK(delay_after(n) == expected[n]);
  CHECK(delay_after(1'000'000) == 60min);
}

TEST_CASE("throttle: taking a count back restores what was, also the time", "[vault]") {
  Folder folder;
  FakeClock clock;
  Throttle throttle(folder.path() / "t", clock, "b");
  REQUIRE(throttle.start().has_value());
  for (int i = 0; i < 5; ++i) REQUIRE(throttle.count().has_value());
  clock.now += 50s;
  CHECK(*throttle.wait() == 10s);
  REQUIRE(throttle.count().has_value());
  CHECK(*throttle.wait() == 5min);
  REQUIRE(throttle.uncount().has_value());
  CHECK(*throttle.failures() == 5);
  CHECK(*throttle.wait() == 10s);
}

TEST_CASE("throttle: a failure at a time before the clock began is a damaged file's, not a sum that overflows", "[vault]") {
  Folder folder;
  FakeClock clock;
  clock.now = Millis::min();
  REQUIRE(Throttle(folder.path() / "t", clock, "b").start().has_value());
  clock.now = 7'000'000ms;
  Throttle throttle(folder.path() / "t", clock, "b");
  CHECK(*throttle.wait() == 60min);
  CHECK(*throttle.failures() == 10);
}

TEST_CASE("throttle: the failure after the last number there is does not begin at none again", "[vault]") {
  Folder folder;
  FakeClock clock;
  Throttle throttle(folder.path() / "t", clock, "b");
  REQUIRE(throttle.start().has_value());
  std::string bytes = *base::read_file(folder.path() / "t", 1024);
  bytes.resize(bytes.size() - 32);
  bytes.replace(8, 4, 4, '\xff');  // the number follows eight bytes of name
  REQUIRE(base::write_file_atomic(folder.path() / "t", bytes + base::sha256(bytes), base::Access::Owner).has_value());
  REQUIRE(throttle.count().has_value());
  CHECK(*throttle.failures() == ~std::uint32_t{0});
}

TEST_CASE("throttle: no history of restarts, reboots, clock changes and crashes gets a try early", "[vault][L23][L24]") {
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  auto pick = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  Folder folder;
  for (int history = 0; history < 40; ++history) {
    FakeClock clock;
    auto file = folder.path() / std::to_string(history);
    int boots = 1;
    auto start = [&] { return std::make_unique<Throttle>(file, clock, "boot-" + std::to_string(boots)); };
    auto throttle = start();
    REQUIRE(throttle->start().has_value());

    // The model, which sees true time: how many tries in a row, and when the machine has last counted one.
    std::uint32_t tries = 0;
    Millis truth{0}, last{0}, tenth{0};
    for (int step = 0; step < 40; ++step) {
      switch (pick(6)) {
        case 0: {  // time passes
          Millis passed = pick(2) ? Millis(pick(40'000)) : Millis(pick(4'000'000));
          clock.now += passed;
          truth += passed;
          break;
        }
        case 1: throttle = start(); break;  // the program is restarted
        case 2:                             // the machine is: its monotonic clock begins anew
          ++boots;
          clock.now = Millis(pick(60'000));
          throttle = start();
          break;
        case 3: clock.wall_.ms += (pick(2) ? 1 : -1) * 30LL * 365 * 86'400'000; break;
        default: {
          auto wait = throttle->wait();
          REQUIRE(wait.has_value());
          if (*wait > 0ms) break;
          CHECK(truth - last >= delay_after(tries));
          REQUIRE(throttle->count().has_value());  // and then perhaps the power goes: counted all the same
          ++tries;
          last = truth;
          if (tries == 10) tenth = truth;
          CHECK(*throttle->failures() == tries);
          if (pick(4) == 0) throttle = start();
        }
      }
    }
    if (tries >= 10) CHECK(tenth >= 30s + 60s + 5min + 15min + 60min + 60min);
  }
}
