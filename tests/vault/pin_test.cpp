#include "platform/vault/pin.h"

#include <cstdio>
#include <map>

#include "tests/support/chip.h"
#include "tests/vault/support.h"

using namespace doorstep;
using namespace doorstep::vault;
using support::TestChip;

namespace {

constexpr const char* kPin = "483957";

/// Why `text` may not be chosen; empty: it may.
std::string refused(std::string_view text, Pins pins) {
  const auto problem = check_passphrase(text, pins);
  return problem ? problem->code : "";
}

/// A provider of that level; what it counts is not looked at.
struct Provider final : KeyProvider {
  explicit Provider(Level level) : level_(level) {}
  Result<std::string> create(const Secret&) override { return std::string("key"); }
  Result<Secret> unseal(const std::string&, const Secret&) override { return Secret::copy_of(std::string(kDeviceKeyBytes, 'k')); }
  Result<void> destroy(const std::string&) override { return {}; }
  Level level() const override { return level_; }
  Level level_;
};

}  // namespace

TEST_CASE("pin: six digits or more are accepted where PINs are allowed, and the reason is told when they are not", "[vault][K18]") {
  struct Row { std::string text, code; };
  const Row rows[] = {
      {kPin, ""}, {"704135", ""}, {"807351", ""}, {"0839275", ""}, {"59302846", ""}, {"  483957\n", ""}, {"48395720174463", ""},
      {"1", "pin.too_short"}, {"48395", "pin.too_short"}, {" 4839 ", "pin.too_short"},
      {"111111", "pin.repeats"}, {"000000", "pin.repeats"}, {"77777777", "pin.repeats"}, {"121212", "pin.repeats"},
      {"100000", "pin.repeats"}, {"909099", "pin.repeats"}, {"483483", "pin.repeats"}, {"4834834", "pin.repeats"},
      {"48394839", "pin.repeats"}, {"115577", "pin.repeats"},
      {"444888", "pin.repeats"}, {"483384", "pin.repeats"}, {"9999995", "pin.repeats"},
      {"123456", "pin.follows"}, {"654321", "pin.follows"}, {"890123", "pin.follows"}, {"210987", "pin.follows"},
      {"1234567890", "pin.follows"},
      {"135791", "pin.follows"}, {"123789", "pin.follows"}, {"321456", "pin.follows"}, {"000123", "pin.follows"}, {"147258", "pin.follows"},
      {"159753", "pin.follows"}, {"357159", "pin.follows"}, {"258012", "pin.follows"}, {"147852963", "pin.follows"},
      {"142536", "pin.follows"}, {"102030", "pin.follows"}, {"918273", "pin.follows"}, {"010203", "pin.follows"},
      {"101112", "pin.follows"}, {"123698", "pin.follows"}, {"580852", "pin.follows"}, {"147896", "pin.follows"},
      {"140785", "pin.date"}, {"311299", "pin.date"}, {"071485", "pin.date"}, {"850714", "pin.date"}, {"071985", "pin.date"},
      {"201407", "pin.date"}, {"14071985", "pin.date"}, {"07141985", "pin.date"}, {"19850714", "pin.date"}, {"29022024", "pin.date"},
      {"320785", ""}, {"141385", ""}, {"850732", ""}, {"14072185", ""},
      {"314159", "pin.known"}, {"3141592653", "pin.known"}, {"246810", "pin.known"}, {"134679", "pin.known"},
      // Not digits alone: a passphrase, by its own rule.
      {"48395a", "passphrase.too_short"}, {"483 957", "passphrase.too_short"}, {"-48395", "passphrase.too_short"},
      {"\xd9\xa4\xd9\xa8\xd9\xa3\xd9\xa9\xd9\xa5\xd9\xa7", "passphrase.too_short"}, {"", "passphrase.too_short"},
      {"heron lantern copper meadow", ""}, {"heron heron heron heron", "passphrase.repeats"},
      {std::string(513, '4'), "passphrase.too_long"},
  };
  for (const auto& [text, code] : rows) {
    CAPTURE(text);
    CHECK(refused(text, Pins::Allowed) == code);
    if (const auto problem = check_passphrase(text, Pins::Allowed)) CHECK(problem->words.size() > 20);
    // Without them it is a passphrase that is too short, unless it is a good one.
    if (is_pin(text) && text.size() < 15) CHECK(refused(text, Pins::Refused) == "passphrase.too_short");
  }
}

TEST_CASE("pin: of all with six digits the rules leave nine in ten", "[vault][K18]") {
  std::map<std::string, int> count;
  char text[7];
  for (int pin = 0; pin < 1'000'000; ++pin) {
    std::snprintf(text, sizeof text, "%06d", pin);
    const auto problem = check_pin(text);
    ++count[problem ? problem->code : "taken"];
  }
  std::string told;
  for (const auto& [code, n] : count) told += " " + code + " " + std::to_string(n);
  CAPTURE(told);
  CHECK(count["taken"] > 890'000);
  CHECK(count["pin.repeats"] > 4'000);
  CHECK(count["pin.follows"] > 1'000);
  CHECK(count["pin.date"] > 80'000);
  CHECK(count["pin.known"] > 5);
}

TEST_CASE("pin: a vault takes one where a chip counts the tries and the council allows it, and nowhere else", "[vault][K18]") {
  for (const Level level : {Level::Keyfile, Level::Tpm2})
    for (const Pins pins : {Pins::Refused, Pins::Allowed}) {
      CAPTURE(static_cast<int>(level), static_cast<int>(pins));
      const bool taken = level == Level::Tpm2 && pins == Pins::Allowed;
      Bench bench;
      Provider provider(level);
      Vault vault(bench.place, provider, bench.clock, "boot-1", kTestCost, pins);
      CHECK((vault.pins() == Pins::Allowed) == taken);
      const auto made = vault.create(kPin);
      CHECK(made.has_value() == taken);
      if (!taken) {
        CHECK(made.error().fault == Fault::Invalid);
        CHECK(made.error().detail == "passphrase.too_short");
        CHECK_FALSE(vault.exists());
        REQUIRE(vault.create(kRight).has_value());
      }
      CHECK(vault.unlock(taken ? kPin : kRight).has_value());
      const auto changed = vault.change_passphrase(taken ? kPin : kRight, "807351");
      CHECK(changed.has_value() == taken);
      if (taken) {
        CHECK(vault.change_passphrase("807351", "123456").error().detail == "pin.follows");
        CHECK(*vault.failures() == 0);
      }
      CHECK(vault.unlock(taken ? "807351" : kRight).has_value());
    }
}

TEST_CASE("pin: one that was chosen opens after the council has forbidden PINs, and the next that is chosen is a passphrase",
          "[vault][K18]") {
  Bench bench;
  Provider provider(Level::Tpm2);
  const auto vault = [&](Pins pins) { return Vault(bench.place, provider, bench.clock, "boot-1", kTestCost, pins); };
  REQUIRE(vault(Pins::Allowed).create(kPin).has_value());
  CHECK(vault(Pins::Refused).unlock(kPin).has_value());
  CHECK(vault(Pins::Refused).change_passphrase(kPin, "807351").error().detail == "passphrase.too_short");
  CHECK(vault(Pins::Refused).unlock(kPin).has_value());
  REQUIRE(vault(Pins::Refused).change_passphrase(kPin, kRight).has_value());
  CHECK(vault(Pins::Refused).unlock(kRight).has_value());
}

TEST_CASE("pin: it opens with the chip that it was chosen at, and wrong ones are counted", "[vault][K18]") {
  TestChip chip;
  Bench bench;
  const auto tablet = [&](const std::string& at, auto&& with) {
    auto keys = provider_for(bench.place, bench.folder.path() / "keys", at);
    REQUIRE(keys->level() == Level::Tpm2);
    Vault vault(bench.place, *keys, bench.clock, "boot-1", kTestCost, Pins::Allowed);
    with(vault);
  };
  tablet(chip.name(), [&](Vault& vault) { REQUIRE(vault.create(kPin).has_value()); });
  tablet(chip.name(), [&](Vault& vault) {
    CHECK(vault.unlock(kPin).has_value());
    CHECK(vault.unlock("807351").error().fault == Fault::Locked);
    CHECK(*vault.failures() == 1);
    CHECK(vault.unlock(kPin).has_value());
  });
  TestChip another;
  tablet(another.name(), [&](Vault& vault) { CHECK(vault.unlock(kPin).error().where == "vault.chip"); });
  tablet(chip.name(), [&](Vault& vault) {
    REQUIRE(vault.change_passphrase(kPin, kRight).has_value());
    CHECK(vault.unlock(kRight).has_value());
    REQUIRE(vault.change_passphrase(kRight, "807351").has_value());
    CHECK(vault.unlock("807351").has_value());
  });
}
