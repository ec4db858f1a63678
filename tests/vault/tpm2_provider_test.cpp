#include "platform/vault/tpm2_provider.h"

#include "platform/base/file.h"
#include "tests/support/chip.h"
#include "tests/vault/support.h"

using namespace doorstep;
using namespace doorstep::vault;
using support::TestChip;

namespace {

Fault fault_of(const Result<Secret>& result) {
  REQUIRE_FALSE(result.has_value());
  return result.error().fault;
}

}  // namespace

TEST_CASE("tpm2: a key comes back from the chip that sealed it, with the right value alone, also after a restart", "[vault][K19]") {
  TestChip chip;
  Folder folder;
  Tpm2Provider keys(folder.path() / "keys", chip.name());
  const Secret right = Secret::random(32), wrong = Secret::random(32);
  const auto name = keys.create(right);
  REQUIRE(name.has_value());
  const auto key = keys.unseal(*name, right);
  REQUIRE(key.has_value());
  CHECK(key->size() == 32);
  CHECK(fault_of(keys.unseal(*name, wrong)) == Fault::Locked);
  chip.restart();
  CHECK(keys.unseal(*name, right)->view() == key->view());
  const auto other = keys.create(right);
  REQUIRE(other.has_value());
  CHECK(keys.unseal(*other, right)->view() != key->view());
  REQUIRE(keys.destroy(*name).has_value());
  CHECK(fault_of(keys.unseal(*name, right)) == Fault::NotFound);
  CHECK(keys.unseal(*other, right).has_value());
  REQUIRE(keys.destroy(*name).has_value());  // again is no error
}

TEST_CASE("tpm2: a copy of everything on the disk opens at no other chip", "[vault][K19]") {
  TestChip chip, another;
  Folder folder;
  FakeClock clock;
  const VaultPlace place{folder.path() / "worker", Id::from_name("device"), Id::from_name("worker")};
  const auto open_with = [&](const std::string& at) {
    auto keys = provider_for(place, folder.path() / "keys", at);
    CHECK(keys->level() == Level::Tpm2);
    return Vault(place, *keys, clock, "boot-1", kTestCost).unlock(kRight);
  };
  {
    auto keys = provider_for(place, folder.path() / "keys", chip.name());
    Vault vault(place, *keys, clock, "boot-1", kTestCost);
    REQUIRE(vault.create(kRight).has_value());
    CHECK(vault.unlock(kOther).error().fault == Fault::Locked);
    CHECK(*vault.failures() == 1);
  }
  CHECK(open_with(chip.name()).has_value());
  const auto copied = open_with(another.name());
  REQUIRE_FALSE(copied.has_value());
  CHECK(copied.error().fault == Fault::NotFound);
  CHECK(copied.error().where == "vault.chip");
  CHECK(open_with("").error().fault == Fault::Offline);  // and without any
  CHECK(open_with(chip.name()).has_value());             // none of it was counted, or harmed anything
}

TEST_CASE("tpm2: the chip itself counts wrong tries, through restarts, and then refuses even the right value", "[vault][K19]") {
  TestChip chip;
  Folder folder;
  Tpm2Provider keys(folder.path() / "keys", chip.name());
  const Secret right = Secret::random(32), wrong = Secret::random(32);
  const auto name = keys.create(right);
  REQUIRE(name.has_value());
  int tries = 0;
  for (; tries < 100; ++tries) {
    if (tries == 2) chip.restart();
    if (fault_of(keys.unseal(*name, wrong)) == Fault::Throttled) break;
  }
  CHECK(tries >= 2);  // of three, and the power that went counts as one; IT sets another limit
  CHECK(tries < 100);
  CHECK(fault_of(keys.unseal(*name, right)) == Fault::Throttled);
}

TEST_CASE("tpm2: a file of a key that was cut or changed is damage, never a wrong passphrase", "[vault]") {
  TestChip chip;
  Folder folder;
  Tpm2Provider keys(folder.path() / "keys", chip.name());
  const Secret right = Secret::random(32);
  const auto name = keys.create(right);
  REQUIRE(name.has_value());
  const auto file = folder.path() / "keys" / (*name + ".tpm");
  const std::string whole = *base::read_file(file, 4096);
  for (std::size_t at = 0; at < whole.size(); at += 7) {
    for (const std::string& bad : {whole.substr(0, at), [&] {
                                     auto changed = whole;
                                     changed[at] ^= 1;
                                     return changed;
                                   }()}) {
      INFO(at << " of " << whole.size() << ", " << bad.size());
      REQUIRE(base::write_file_atomic(file, bad, base::Access::Owner).has_value());
      const auto read = keys.unseal(*name, right);
      REQUIRE_FALSE(read.has_value());
      CHECK(read.error().fault != Fault::Locked);
      CHECK(read.error().fault != Fault::Throttled);
    }
  }
  REQUIRE(base::write_file_atomic(file, whole, base::Access::Owner).has_value());
  CHECK(keys.unseal(*name, right).has_value());
}

TEST_CASE("tpm2: where no chip answers, keys are files, and what is a chip's says so", "[vault]") {
  Folder folder;
  const VaultPlace place{folder.path() / "worker", Id::from_name("device"), Id::from_name("worker")};
  for (const std::string chip : {"", "device:/dev/null/nothing", "no such library"}) {
    INFO(chip);
    CHECK_FALSE(tpm_answers(chip));
    CHECK(provider_for(place, folder.path() / "keys", chip)->level() == Level::Keyfile);
  }
  TestChip chip;
  CHECK(tpm_answers(chip.name()));
  const auto name = Tpm2Provider(folder.path() / "keys", chip.name()).create(Secret::random(32));
  REQUIRE(name.has_value());
  chip.power_off();
  CHECK_FALSE(tpm_answers(chip.name()));
  CHECK(fault_of(Tpm2Provider(folder.path() / "keys", chip.name()).unseal(*name, Secret::random(32))) == Fault::Offline);
}

TEST_CASE("tpm2: a number in the chip only rises, through restarts and when it is begun again; names have their own", "[vault][L26]") {
  TestChip chip;
  Folder folder;
  const Tpm2Provider keys(folder.path() / "keys", chip.name());
  const auto mine = keys.counter("mine"), again = keys.counter("mine"), other = keys.counter("other");
  CHECK(mine->read().error().fault == Fault::NotFound);
  const auto first = mine->raise();
  REQUIRE(first.has_value());
  CHECK(*mine->raise() == *first + 1);
  CHECK(*again->read() == *first + 1);
  CHECK(other->read().error().fault == Fault::NotFound);
  chip.restart();
  CHECK(*mine->read() == *first + 1);
  CHECK(*mine->raise() == *first + 2);
  REQUIRE(mine->remove().has_value());
  REQUIRE(mine->remove().has_value());
  CHECK(mine->read().error().fault == Fault::NotFound);
  CHECK(*mine->raise() > *first + 2);
  chip.power_off();
  CHECK(mine->read().error().fault == Fault::Offline);
  CHECK(mine->raise().error().fault == Fault::Offline);
}

TEST_CASE("tpm2: an older count of wrong passphrases that is put back is taken for ten", "[vault][L26]") {
  using namespace std::chrono_literals;
  TestChip chip;
  Folder folder;
  FakeClock clock;
  const VaultPlace place{folder.path() / "worker", Id::from_name("device"), Id::from_name("worker")};
  const auto file = place.folder / "throttle";
  Tpm2Provider keys(folder.path() / "keys", chip.name());
  const auto vault = [&] { return Vault(place, keys, clock, "boot-1", kTestCost); };
  REQUIRE(vault().create(kRight).has_value());
  const std::string fresh = *base::read_file(file, 1024);
  CHECK(vault().unlock(kOther).error().fault == Fault::Locked);
  SECTION("at once") {}
  SECTION("after the machine was off") { chip.restart(); }
  SECTION("after the right passphrase") { CHECK(vault().unlock(kRight).has_value()); }
  CHECK(*vault().failures() <= 1);
  REQUIRE(base::write_file_atomic(file, fresh, base::Access::Owner).has_value());
  CHECK(*vault().wait() == 1h);
  CHECK(vault().unlock(kRight).error().fault == Fault::Throttled);
  clock.now += 1h;
  CHECK(vault().unlock(kRight).has_value());
  CHECK(*vault().failures() == 0);
  // The chip keeps no place for what is destroyed.
  REQUIRE(vault().destroy().has_value());
  REQUIRE(vault().create(kRight).has_value());
  CHECK(vault().unlock(kRight).has_value());
}
