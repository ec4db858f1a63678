#include "platform/vault/throttle.h"

#include <catch2/catch_test_macros.hpp>

#include <memory>
#include <random>

#include "platform/base/bytes.h"
#include "platform/base/file.h"
#include "tests/support/fake_counter.h"
#include "tests/vault/support.h"

using namespace doorstep;
using namespace doorstep::vault;
using base::Millis;
using namespace std::chrono_literals;

namespace {

/// A throttle whose file and counter a test can reach.
struct Counted {
  Folder folder;
  FakeClock clock;
  ChipsMemory chip;
  std::filesystem::path file = folder.path() / "t";
  Throttle throttle() { return Throttle(file, clock, "b", std::make_unique<FakeCounter>(chip)); }
  std::string bytes() { return *base::read_file(file, 1024); }
  void put_back(const std::string& bytes) { REQUIRE(base::write_file_atomic(file, bytes, base::Access::Owner).has_value()); }
};

}  // namespace

TEST_CASE("throttle: an older count that is put back is as good as a lost one, where a chip counts too", "[vault][L26]") {
  Counted at;
  REQUIRE(at.throttle().start().has_value());
  const std::string none = at.bytes();
  REQUIRE(at.throttle().count().has_value());
  const std::string one = at.bytes();
  CHECK(*at.throttle().failures() == 1);
  for (const auto& [older, tries] : {std::pair{none, 0}, {none, 1}, {one, 1}, {none, 7}}) {
    INFO(tries);
    REQUIRE(at.throttle().start().has_value());
    for (int i = 0; i < tries; ++i) REQUIRE(at.throttle().count().has_value());
    at.put_back(older);
    CHECK(*at.throttle().wait() == 60min);
    CHECK(*at.throttle().failures() == 10);
    at.clock.now += 1h;  // it is a count again like any other
    CHECK(*at.throttle().wait() == 0ms);
    REQUIRE(at.throttle().count().has_value());
    CHECK(*at.throttle().failures() == 11);
  }
  SECTION("also when the right passphrase was given since") {
    REQUIRE(at.throttle().start().has_value());
    const std::string older = at.bytes();
    REQUIRE(at.throttle().count().has_value());
    REQUIRE(at.throttle().clear().has_value());
    CHECK(*at.throttle().failures() == 0);
    at.put_back(older);
    CHECK(*at.throttle().failures() == 10);
  }
  SECTION("also one from before the chip counted") {
    const std::string before = [&] {
      Counted without;
      without.chip.refuses = true;
      REQUIRE(without.throttle().start().has_value());
      return without.bytes();
    }();
    at.put_back(before);
    CHECK(*at.throttle().failures() == 10);
  }
  SECTION("but of a chip that was cleared nothing is counted") {
    REQUIRE(at.throttle().start().has_value());
    REQUIRE(FakeCounter(at.chip).remove().has_value());
    const std::string before = at.bytes();
    CHECK(at.throttle().wait().error().fault == Fault::NotFound);
    CHECK(at.throttle().count().error().where == "vault.chip");
    CHECK(at.bytes() == before);
  }
}

TEST_CASE("throttle: a count that was cut off between file and chip stands, once", "[vault][L26]") {
  Counted at;
  REQUIRE(at.throttle().start().has_value());
  const std::string none = at.bytes();
  for (int i = 0; i < 2; ++i) REQUIRE(at.throttle().count().has_value());
  at.chip.cut = 1;
  CHECK(at.throttle().count().error().fault == Fault::Offline);
  CHECK(*at.throttle().failures() == 3);
  REQUIRE(at.throttle().count().has_value());
  CHECK(*at.throttle().failures() == 4);
  CHECK(*at.throttle().wait() == 30s);
  // What was cut off is no way to a count that is put back: the chip has all of them.
  at.chip.cut = 1;
  CHECK(at.throttle().count().has_error());
  at.put_back(none);
  CHECK(*at.throttle().failures() == 10);
}

TEST_CASE("throttle: a chip that does not answer is told, and harms no count; one that refuses is done without", "[vault]") {
  Counted at;
  REQUIRE(at.throttle().start().has_value());
  REQUIRE(at.throttle().count().has_value());
  const std::string before = at.bytes();
  at.chip.answers = false;
  CHECK(at.throttle().wait().error().fault == Fault::Offline);
  CHECK(at.throttle().count().error().fault == Fault::Offline);
  CHECK(at.throttle().clear().error().fault == Fault::Offline);
  CHECK(at.bytes() == before);
  at.chip.answers = true;
  CHECK(*at.throttle().failures() == 1);

  Counted without;
  without.chip.refuses = true;
  REQUIRE(without.throttle().start().has_value());
  REQUIRE(without.throttle().count().has_value());
  CHECK(*without.throttle().failures() == 1);
  // Begun by the first right passphrase after the chip allows it.
  without.chip.refuses = false;
  CHECK(*without.throttle().failures() == 1);
  REQUIRE(without.throttle().clear().has_value());
  REQUIRE(without.throttle().count().has_value());
  CHECK(*without.throttle().failures() == 1);
  CHECK(without.chip.number == 43);
}

TEST_CASE("throttle: taking a count back leaves it the newest", "[vault][L26]") {
  Counted at;
  REQUIRE(at.throttle().start().has_value());
  auto throttle = at.throttle();
  for (int i = 0; i < 3; ++i) REQUIRE(throttle.count().has_value());
  REQUIRE(throttle.uncount().has_value());
  CHECK(*throttle.failures() == 2);
  CHECK(*at.throttle().failures() == 2);
}

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
    ChipsMemory chip;
    auto start = [&] {
      auto counter = history % 2 ? std::make_unique<FakeCounter>(chip) : nullptr;
      return std::make_unique<Throttle>(file, clock, "boot-" + std::to_string(boots), std::move(counter));
    };
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
