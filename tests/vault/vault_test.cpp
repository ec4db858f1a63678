#include "platform/vault/vault.h"

#include <catch2/catch_test_macros.hpp>

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "platform/base/bytes.h"
#include "platform/base/file.h"
#include "tests/support/kill.h"
#include "tests/vault/support.h"

using namespace doorstep;
using namespace doorstep::vault;
using support::contents;
using support::put_back;

namespace {

std::string bytes_of(const std::filesystem::path& path) {
  auto bytes = base::read_file(path, 1 << 20);
  REQUIRE(bytes.has_value());
  return *bytes;
}

std::size_t files_in(const std::filesystem::path& folder) {
  auto all = std::filesystem::directory_iterator(folder);
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

}  // namespace

TEST_CASE("vault: the right passphrase gives the same key again, another one does not", "[vault]") {
  Bench bench;
  CHECK_FALSE(bench.vault().exists());
  auto made = bench.vault().create(kRight);
  REQUIRE(made.has_value());
  CHECK(made->key.size() == 32);
  CHECK(made->db_salt.size() == 16);
  CHECK(bench.vault().exists());

  auto opened = bench.vault().unlock(kRight);
  REQUIRE(opened.has_value());
  CHECK(opened->key.view() == made->key.view());
  CHECK(opened->db_salt == made->db_salt);
  CHECK(bench.vault().unlock("  heron\tlantern  copper meadow\n").has_value());  // spaces of an on-screen keyboard

  auto wrong = bench.vault().unlock(kOther);
  REQUIRE(wrong.has_error());
  CHECK(wrong.error().fault == Fault::Locked);
  CHECK(bench.vault().unlock("Heron lantern copper meadow").has_error());
  CHECK(bench.vault().unlock("").has_error());
  CHECK(bench.vault().unlock(std::string(100'000, 'x')).has_error());
}

TEST_CASE("vault: neither key nor passphrase is in any file, and only the owner reads them", "[vault]") {
  Bench bench;
  auto made = bench.vault().create(kRight);
  REQUIRE(made.has_value());
  int files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(bench.folder.path())) {
    struct stat info{};
    REQUIRE(::stat(entry.path().c_str(), &info) == 0);
    CHECK((info.st_mode & 077) == 0);
    if (!entry.is_regular_file()) continue;
    ++files;
    std::string bytes = bytes_of(entry.path());
    CHECK(bytes.find(made->key.view()) == std::string::npos);
    CHECK(bytes.find(kRight) == std::string::npos);
  }
  CHECK(files == 3);  // slot, throttle, device key
}

TEST_CASE("vault: a slot is never written over by create, and a weak passphrase makes none", "[vault][K18]") {
  Bench bench;
  auto weak = bench.vault().create("123456");
  REQUIRE(weak.has_error());
  CHECK(weak.error().fault == Fault::Invalid);
  CHECK(weak.error().detail == "passphrase.too_short");
  CHECK_FALSE(bench.vault().exists());
  REQUIRE(bench.vault().create(kRight).has_value());
  std::string before = bytes_of(bench.place.folder / "slot");
  CHECK(bench.vault().create(kOther).error().fault == Fault::Conflict);
  CHECK(bytes_of(bench.place.folder / "slot") == before);
}

TEST_CASE("vault: each vault has its own key and salt", "[vault][K11]") {
  std::set<std::string> keys, salts;
  for (int i = 0; i < 20; ++i) {
    Bench bench;
    auto made = bench.vault().create(kRight);
    REQUIRE(made.has_value());
    keys.insert(std::string(made->key.view()));
    salts.insert(made->db_salt);
  }
  CHECK(keys.size() == 20);
  CHECK(salts.size() == 20);
  // Vaults take time to make; what their keys are made of does not.
  for (int i = 0; i < 10'000; ++i) keys.insert(std::string(Secret::random(32).view()));
  CHECK(keys.size() == 10'020);
}

TEST_CASE("vault: changing the passphrase keeps the key, and the old one opens nothing, not even the old slot", "[vault][K15][K16]") {
  Bench bench;
  auto made = bench.vault().create(kRight);
  REQUIRE(made.has_value());
  std::string old_slot = bytes_of(bench.place.folder / "slot");
  // What the key opens lies beside it, and is not touched.
  REQUIRE(base::write_file_atomic(bench.folder.path() / "replica.db", std::string(100'000, 'r'), base::Access::Owner).has_value());
  const auto before = contents(bench.folder.path());

  CHECK(bench.vault().change_passphrase("not the right one at all", kOther).error().fault == Fault::Locked);
  CHECK(bench.vault().change_passphrase(kRight, "short").error().fault == Fault::Invalid);
  REQUIRE(bench.vault().change_passphrase(kRight, kOther).has_value());

  auto opened = bench.vault().unlock(kOther);
  REQUIRE(opened.has_value());
  CHECK(opened->key.view() == made->key.view());
  CHECK(opened->db_salt == made->db_salt);
  CHECK(bench.vault().unlock(kRight).error().fault == Fault::Locked);
  CHECK(files_in(bench.keys.level() == Level::Keyfile ? bench.folder.path() / "keys" : bench.folder.path()) == 1);

  for (const auto& [file, bytes] : contents(bench.folder.path()))
    if (file != "worker/slot" && file != "worker/throttle" && !file.starts_with("keys/")) {
      INFO(file);
      CHECK(before.contains(file));
      CHECK(before.at(file) == bytes);
    }
  std::string new_slot = bytes_of(bench.place.folder / "slot");
  CHECK(read_slot_header(new_slot, kTestCost)->sequence == read_slot_header(old_slot, kTestCost)->sequence + 1);
  REQUIRE(base::write_file_atomic(bench.place.folder / "slot", old_slot, base::Access::Owner).has_value());
  auto restored = bench.vault().unlock(kRight);  // a copy kept from before the change: its device key is gone
  REQUIRE(restored.has_error());
  CHECK(restored.error().fault == Fault::NotFound);
}

TEST_CASE("vault: a change that fails after the slot took its place leaves the device key that the slot names", "[vault]") {
  /// In memory. While the second key is unsealed for the slot that is written, the process runs out of files but for one: the slot is
  /// written and renamed, and its folder cannot be opened to be synced.
  struct Provider final : KeyProvider {
    Result<std::string> create(const Secret&) override {
      const std::string name = "key-" + std::to_string(++made);
      keys.emplace(name, std::string(kDeviceKeyBytes, static_cast<char>('a' + made)));
      return name;
    }
    Result<Secret> unseal(const std::string& name, const Secret&) override {
      if (!keys.contains(name)) return Error{Fault::NotFound, "test", name};
      if (made == 2 && ::getrlimit(RLIMIT_NOFILE, &before) == 0 && std::exchange(short_of_files, true) == false) {
        const int next = ::dup(0);
        ::close(next);
        const rlimit few{static_cast<rlim_t>(next) + 1, before.rlim_max};
        is_short = ::setrlimit(RLIMIT_NOFILE, &few) == 0;  // asserted later: UBSan looks at memory through files of its own
      }
      return Secret::copy_of(keys.at(name));
    }
    Result<void> destroy(const std::string& name) override {
      keys.erase(name);
      return {};
    }
    Level level() const override { return Level::Keyfile; }
    std::map<std::string, std::string> keys;
    int made = 0;
    bool short_of_files = false, is_short = false;
    rlimit before{};
  } provider;
  Bench bench;
  Vault vault(bench.place, provider, bench.clock, "boot-1", kTestCost);
  const auto made = vault.create(kRight);
  REQUIRE(made.has_value());
  const auto changed = vault.change_passphrase(kRight, kOther);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &provider.before) == 0);
  REQUIRE(provider.is_short);
  REQUIRE(changed.has_error());
  const auto by_new = vault.unlock(kOther), by_old = vault.unlock(kRight);
  CHECK(by_new.has_value() != by_old.has_value());
  CHECK((by_new.has_value() ? by_new : by_old)->key.view() == made->key.view());
}

TEST_CASE("vault: another key takes the old one's place under the same passphrase, and the old slot opens nothing", "[vault][K22]") {
  Bench bench;
  const auto made = bench.vault().create(kRight);
  REQUIRE(made.has_value());
  const std::string old_slot = bytes_of(bench.place.folder / "slot");
  const Opened fresh{Secret::random(32), base::random_bytes(16)};
  CHECK(bench.vault().replace_key(kOther, fresh).error().fault == Fault::Locked);
  CHECK(bench.vault().unlock(kRight)->key.view() == made->key.view());

  REQUIRE(bench.vault().replace_key(kRight, fresh).has_value());
  REQUIRE(bench.vault().make_durable().has_value());
  const auto opened = bench.vault().unlock(kRight);
  REQUIRE(opened.has_value());
  CHECK(opened->key.view() == fresh.key.view());
  CHECK(opened->db_salt == fresh.db_salt);
  const auto sequence = [](const std::string& slot) { return read_slot_header(slot, kTestCost)->sequence; };
  CHECK(sequence(bytes_of(bench.place.folder / "slot")) == sequence(old_slot) + 1);
  CHECK(files_in(bench.folder.path() / "keys") == 1);
  REQUIRE(base::write_file_atomic(bench.place.folder / "slot", old_slot, base::Access::Owner).has_value());
  CHECK(bench.vault().unlock(kRight).error().fault == Fault::NotFound);  // its device key is gone
}

TEST_CASE("vault: a change that cannot be written leaves the old passphrase working", "[vault]") {
  Bench bench;
  REQUIRE(bench.vault().create(kRight).has_value());
  std::filesystem::create_directory(bench.place.folder / "slot.new");  // the temporary cannot be opened
  REQUIRE(bench.vault().change_passphrase(kRight, kOther).has_error());
  CHECK(files_in(bench.folder.path() / "keys") == 1);
  CHECK(bench.vault().unlock(kRight).has_value());
  CHECK(bench.vault().unlock(kOther).error().fault == Fault::Locked);
  std::filesystem::remove(bench.place.folder / "slot.new");

  // What a power cut leaves: half a temporary, and a device key that no slot names.
  REQUIRE(base::write_file_atomic(bench.place.folder / "slot.new", "DSTSLOT1half", base::Access::Owner).has_value());
  REQUIRE(bench.keys.create(Secret(32)).has_value());
  CHECK(bench.vault().unlock(kRight).has_value());
  REQUIRE(bench.vault().change_passphrase(kRight, kOther).has_value());
  CHECK(bench.vault().unlock(kOther).has_value());
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("vault: killed at any system call of a change, one of the two passphrases opens the same key", "[vault][K17]") {
  Bench bench;
  auto made = bench.vault().create(kRight);
  REQUIRE(made.has_value());
  const auto before = contents(bench.folder.path());
  int kills = 0, old_ones = 0, new_ones = 0;
  for (int nth = 0; support::killed_at_call(nth, [&] { (void)bench.vault().change_passphrase(kRight, kOther); }); ++nth) {
    INFO("killed at call " << nth);
    REQUIRE(nth < 1000);
    ++kills;
    const auto by_old = bench.vault().unlock(kRight);
    const auto by_new = bench.vault().unlock(kOther);
    CHECK(by_old.has_value() != by_new.has_value());
    const auto& opened = by_old.has_value() ? by_old : by_new;
    REQUIRE(opened.has_value());
    CHECK(opened->key.view() == made->key.view());
    CHECK(opened->db_salt == made->db_salt);
    ++(by_old.has_value() ? old_ones : new_ones);
    put_back(bench.folder.path(), before);
  }
  CHECK(kills > 20);
  CHECK(old_ones > 0);
  CHECK(new_ones > 0);
}
#endif

TEST_CASE("vault: without the device key the passphrase opens nothing, and that is not counted", "[vault][K19]") {
  Bench bench;
  REQUIRE(bench.vault().create(kRight).has_value());
  for (const auto& entry : std::filesystem::directory_iterator(bench.folder.path() / "keys")) {
    std::string bytes = bytes_of(entry.path());
    SECTION("another machine's") {
      bytes[3] = static_cast<char>(bytes[3] ^ 4);
      REQUIRE(base::write_file_atomic(entry.path(), bytes, base::Access::Owner).has_value());
      CHECK(bench.vault().unlock(kRight).error().fault == Fault::Locked);
    }
    SECTION("cut short") {
      REQUIRE(base::write_file_atomic(entry.path(), bytes.substr(1), base::Access::Owner).has_value());
      CHECK(bench.vault().unlock(kRight).error().fault == Fault::Corrupt);
      CHECK(*bench.vault().failures() == 0);
    }
    SECTION("gone") {
      std::filesystem::remove(entry.path());
      CHECK(bench.vault().unlock(kRight).error().fault == Fault::NotFound);
      CHECK(*bench.vault().failures() == 0);
    }
    break;
  }
}

TEST_CASE("vault: one worker's slot does not open as another's, nor on another device", "[vault][K21]") {
  Bench bench;
  REQUIRE(bench.vault().create(kRight).has_value());
  auto place = bench.place;
  SECTION("another worker") { place.user = *Id::parse("0190f0a0-1111-7000-8000-000000000002"); }
  SECTION("another device") { place.device = *Id::parse("0190f0a0-1111-7000-8000-00000000000e"); }
  Vault other(place, bench.keys, bench.clock, "boot-1", kTestCost);
  auto opened = other.unlock(kRight);
  REQUIRE(opened.has_error());
  CHECK(opened.error().fault == Fault::Denied);
  CHECK(*other.failures() == 0);
}

TEST_CASE("vault: a slot made at the test cost is refused by a vault that did not ask for it", "[vault][K12]") {
  Bench bench;
  REQUIRE(bench.vault().create(kRight).has_value());
  Vault real(bench.place, bench.keys, bench.clock, "boot-1");
  auto opened = real.unlock(kRight);
  REQUIRE(opened.has_error());
  CHECK(opened.error().fault == Fault::Unsupported);
  CHECK(*real.failures() == 0);
}

TEST_CASE("vault: the real cost works", "[vault]") {
  Bench bench;
  Vault real(bench.place, bench.keys, bench.clock, "boot-1");
  REQUIRE(real.create(kRight).has_value());
  CHECK(read_slot_header(bytes_of(bench.place.folder / "slot"), minimum_cost(Level::Keyfile))->cost == KdfCost{3, 256});
  CHECK(real.unlock(kRight).has_value());
}

TEST_CASE("vault: a damaged slot is said to be damaged and costs no try", "[vault]") {
  Bench bench;
  REQUIRE(bench.vault().create(kRight).has_value());
  std::string slot = bytes_of(bench.place.folder / "slot");
  slot[50] = static_cast<char>(slot[50] ^ 1);
  REQUIRE(base::write_file_atomic(bench.place.folder / "slot", slot, base::Access::Owner).has_value());
  CHECK(bench.vault().unlock(kRight).error().fault == Fault::Corrupt);
  CHECK(*bench.vault().failures() == 0);
  std::filesystem::remove(bench.place.folder / "slot");
  CHECK(bench.vault().unlock(kRight).error().fault == Fault::NotFound);
}

TEST_CASE("vault: wrong tries are counted before they are tried, wait, and survive restart and reboot", "[vault][L23][L24]") {
  using namespace std::chrono_literals;
  Bench bench;
  REQUIRE(bench.vault().create(kRight).has_value());
  auto wrong = [&](int n) { return bench.vault().unlock("wrong passphrase number " + std::to_string(n)); };
  for (int n = 1; n <= 4; ++n) CHECK(wrong(n).error().fault == Fault::Locked);  // a new Vault each time: a restart
  CHECK(*bench.vault().failures() == 4);
  CHECK(*bench.vault().wait() == 30s);
  CHECK(bench.vault().unlock(kRight).error().fault == Fault::Throttled);
  bench.clock.now += 29s;
  bench.clock.wall_.ms += 30LL * 365 * 86'400'000;  // thirty years by the wall clock change nothing
  CHECK(bench.vault().unlock(kRight).error().fault == Fault::Throttled);
  CHECK(*bench.vault().wait() == 1s);

  bench.clock.now = 1s;  // switched off and on: the wait begins again
  CHECK(*bench.vault("boot-2").wait() == 30s);
  bench.clock.now += 30s;
  CHECK(bench.vault("boot-2").unlock(kRight).has_value());
  CHECK(*bench.vault("boot-2").failures() == 0);
}

TEST_CASE("vault: the tenth wrong passphrase destroys slot and device key, when it is told that nothing is lost by it", "[vault][L27]") {
  using namespace std::chrono_literals;
  Bench bench;
  REQUIRE(bench.vault().create(kRight).has_value());
  for (int n = 1; n <= 9; ++n) {
    bench.clock.now += 1h;
    CHECK(bench.vault().unlock("wrong passphrase number " + std::to_string(n), vault::AtTenth::Destroy).error().fault == Fault::Locked);
  }
  bench.clock.now += 1h;
  SECTION("the ninth destroyed nothing") { CHECK(bench.vault().unlock(kRight, vault::AtTenth::Destroy).has_value()); }
  SECTION("the tenth") {
    auto tenth = bench.vault().unlock("wrong passphrase number 10", vault::AtTenth::Destroy);
    CHECK(tenth.error().where == "vault.destroyed");
    CHECK_FALSE(bench.vault().exists());
    CHECK(bench.vault().unlock(kRight).error().fault == Fault::NotFound);
    for (const auto& entry : std::filesystem::recursive_directory_iterator(bench.place.folder)) CHECK_FALSE(entry.is_regular_file());
  }
}

TEST_CASE("vault: a lost count destroys nothing by itself, and the right passphrase still opens", "[vault][L27]") {
  using namespace std::chrono_literals;
  Bench bench;
  REQUIRE(bench.vault().create(kRight).has_value());
  std::filesystem::remove(bench.place.folder / "throttle");
  CHECK(bench.vault().unlock(kRight, vault::AtTenth::Destroy).error().fault == Fault::Throttled);
  bench.clock.now += 1h;
  CHECK(bench.vault().unlock(kRight, vault::AtTenth::Destroy).has_value());
}

TEST_CASE("vault: the tenth failure locks for an hour and erases nothing, where not everything has a copy", "[vault][L27]") {
  using namespace std::chrono_literals;
  Bench bench;
  REQUIRE(bench.vault().create(kRight).has_value());
  for (int n = 1; n <= 12; ++n) {
    bench.clock.now += 1h;
    CHECK(bench.vault().unlock("wrong passphrase number " + std::to_string(n)).error().fault == Fault::Locked);
    if (n >= 10) CHECK(*bench.vault().wait() == 1h);
  }
  bench.clock.now += 1h;
  CHECK(bench.vault().unlock(kRight).has_value());
}

TEST_CASE("vault: the same wrong passphrase again is not counted again", "[vault]") {
  Bench bench;
  REQUIRE(bench.vault().create(kRight).has_value());
  auto vault = bench.vault();
  for (int i = 0; i < 20; ++i) CHECK(vault.unlock(kOther).error().fault == Fault::Locked);
  CHECK(*vault.failures() == 1);
  CHECK(vault.unlock(kRight).has_value());
  CHECK(vault.unlock(kOther).error().fault == Fault::Locked);
  CHECK(*vault.failures() == 1);
}

TEST_CASE("vault: a lost or damaged count is taken for ten failures", "[vault][L26]") {
  using namespace std::chrono_literals;
  Bench bench;
  REQUIRE(bench.vault().create(kRight).has_value());
  auto file = bench.place.folder / "throttle";
  SECTION("lost") { std::filesystem::remove(file); }
  SECTION("cut") { std::filesystem::resize_file(file, 20); }
  SECTION("empty") { std::filesystem::resize_file(file, 0); }
  SECTION("changed") {
    std::string bytes = bytes_of(file);
    bytes[8] = static_cast<char>(bytes[8] ^ 1);
    REQUIRE(base::write_file_atomic(file, bytes, base::Access::Owner).has_value());
  }
  CHECK(*bench.vault().wait() == 1h);
  CHECK(bench.vault().unlock(kRight).error().fault == Fault::Throttled);
  bench.clock.now += 1h;
  CHECK(bench.vault().unlock(kRight).has_value());
}

TEST_CASE("vault: a try that cannot be counted is not tried", "[vault][L25]") {
  Bench bench;
  REQUIRE(bench.vault().create(kRight).has_value());
  std::filesystem::create_directory(bench.place.folder / "throttle.new");
  auto opened = bench.vault().unlock(kRight);
  REQUIRE(opened.has_error());
  CHECK(opened.error().fault == Fault::Io);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("vault: too little memory is not a wrong passphrase", "[vault][K20]") {
  Bench bench;
  Vault vault(bench.place, bench.keys, bench.clock, "boot-1", KdfCost{1, 128});
  REQUIRE(vault.create(kRight).has_value());
  pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    rlimit limit{pages * 4096 + (64 << 20), RLIM_INFINITY};
    ::setrlimit(RLIMIT_AS, &limit);
    auto opened = vault.unlock(kRight);
    ::_exit(opened.has_error() && opened.error().fault == Fault::Full ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(*vault.failures() == 0);
  CHECK(vault.unlock(kRight).has_value());
}
#endif

TEST_CASE("vault: a process killed while it derives has counted its try", "[vault][L25]") {
  Bench bench;
  REQUIRE(bench.vault().create(kRight).has_value());

  /// Ends the process where the device key is asked for: after Argon2id, before an answer.
  struct Dying final : KeyProvider {
    Result<std::string> create(const Secret&) override { return std::string("none"); }
    Result<Secret> unseal(const std::string&, const Secret&) override { ::_exit(7); }
    Result<void> destroy(const std::string&) override { return {}; }
    Level level() const override { return Level::Keyfile; }
  } dying;
  pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    (void)Vault(bench.place, dying, bench.clock, "boot-1", kTestCost).unlock(kOther);
    ::_exit(1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WEXITSTATUS(status) == 7);
  CHECK(*bench.vault().failures() == 1);
}

TEST_CASE("vault: destroyed, nothing opens it again", "[vault]") {
  Bench bench;
  REQUIRE(bench.vault().create(kRight).has_value());
  REQUIRE(bench.vault().destroy().has_value());
  CHECK_FALSE(bench.vault().exists());
  CHECK(bench.vault().unlock(kRight).error().fault == Fault::NotFound);
  CHECK(files_in(bench.folder.path() / "keys") == 0);
  CHECK(files_in(bench.place.folder) == 0);
  REQUIRE(bench.vault().destroy().has_value());  // again is no error
  CHECK(bench.vault().create(kOther).has_value());
}

TEST_CASE("vault: what is destroyed is written over where it lay, not only unlinked", "[vault]") {
  Bench bench;
  REQUIRE(bench.vault().create(kRight).has_value());
  auto only_key = [&] { return std::filesystem::directory_iterator(bench.folder.path() / "keys")->path(); };
  auto blank = [&](const char* name) {
    const std::string bytes = bytes_of(bench.folder.path() / name);
    return !bytes.empty() && bytes == std::string(bytes.size(), '\0');
  };
  auto keep = [&](const std::filesystem::path& file, const char* name) {  // whoever reads the disk's blocks
    std::filesystem::create_hard_link(file, bench.folder.path() / name);
  };
  keep(only_key(), "first key");
  REQUIRE(bench.vault().change_passphrase(kRight, kOther).has_value());
  CHECK(blank("first key"));
  keep(only_key(), "second key");
  keep(bench.place.folder / "slot", "slot");
  REQUIRE(bench.vault().destroy().has_value());
  CHECK(blank("second key"));
  CHECK(blank("slot"));
}
