#include "app/work/renewal.h"

#include "platform/vault/key_provider.h"
#include "tests/support/kill.h"
#include "tests/work/support.h"

using namespace doorstep;
using namespace doorstep::work;
using namespace doorstep::work::test;

namespace {

constexpr std::string_view kWords = "heron lantern copper meadow";

/// A vault and its store, closed.
struct Bench {
  Folder folder{fs::exists("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path()};  // every kill puts all of it back
  fs::path database = folder / "replica.db";
  vault::KeyfileProvider keys{folder / "vault" / "keys"};
  vault::VaultPlace place{folder / "vault", Id::from_name("device"), Id::from_name("worker")};
  vault::Vault vault() { return vault::Vault(place, keys, kClock, "boot", vault::kTestCost); }
  std::string certificate = "a certificate";

  explicit Bench(bool old = true) {
    const auto made = must(vault().create(kWords));
    store::StoreOptions how;
    how.create = true;
    auto db = must(store::Store::open(database, made.key, made.db_salt, how));
    store::Identity identity;
    identity.device = place.device;
    identity.worker = place.user;
    identity.worker_key = Secret::copy_of("the author's key");
    identity.worker_certificate = certificate;
    must(db.set_identity(identity));
    must(db.set_key_made(kClock.wall() + (old ? -limits::kKeyFor : base::Millis(0))));
    for (int i = 0; i < 3; ++i) must(db.save_draft(draft(i), kClock.wall()));
  }
  static model::Visit draft(int number) {
    model::Visit visit;
    visit.id = Id::from_name("visit " + std::to_string(number));
    visit.author = Id::from_name("worker");
    visit.family = Id::from_name("family");
    visit.facts.type = model::VisitType::Cin;
    model::ChildPart part;
    part.id = Id::from_name("child");
    part.answers["observed"] = std::string(600, 'o');
    visit.children.push_back(part);
    return visit;
  }
  vault::Opened renew() {
    auto at = vault();
    return must(renew_key(at, kWords, database, must(at.unlock(kWords)), kClock.wall()));
  }
  std::string salt_in_file() { return must(base::read_file(database, 1 << 24)).substr(0, 16); }
  /// As an unlock does: the vault opens, and what it opens holds everything.
  vault::Opened opens_whole() {
    auto at = vault();
    auto open = must(at.unlock(kWords));
    must(settle_renewal(at, database, open));
    CHECK(salt_in_file() == open.db_salt);
    auto db = must(store::Store::open(database, open.key, open.db_salt));
    const auto identity = must(db.identity());
    CHECK(identity.worker_key.view() == "the author's key");
    CHECK(identity.worker_certificate == certificate);
    CHECK(must(db.drafts()).size() == 3);
    for (int i = 0; i < 3; ++i) CHECK(must(db.draft(draft(i).id)).visit == draft(i));
    for (const auto& [file, bytes] : support::contents(folder.path())) {
      INFO(file);
      CHECK((!file.starts_with("replica.db.")));
    }
    return open;
  }
  bool is_due(const vault::Opened& open, Instant now) {
    return must(store::Store::key_is_due(database, open.key, open.db_salt, now));
  }
};

}  // namespace

TEST_CASE("renewal: there is another key, everything is there under it, and the old one opens nothing", "[work][K22]") {
  Bench bench;
  const auto old = bench.opens_whole();
  const std::string old_salt = bench.salt_in_file();
  CHECK(bench.is_due(old, kClock.wall()));
  const auto fresh = bench.renew();
  CHECK(fresh.key.view() != old.key.view());
  CHECK(fresh.db_salt != old.db_salt);
  const auto open = bench.opens_whole();
  CHECK(open.key.view() == fresh.key.view());
  CHECK(bench.salt_in_file() != old_salt);
  CHECK(store::Store::open(bench.database, old.key, old.db_salt).has_error());
  for (const auto& [file, bytes] : support::contents(bench.folder.path())) CHECK(bytes.find(old_salt) == std::string::npos);
  CHECK(must(bench.vault().failures()) == 0);
}

TEST_CASE("renewal: a key is due after a year, from a time to come, and when nobody knows", "[work][K22]") {
  Bench bench(false);
  const auto open = bench.opens_whole();
  const auto now = kClock.wall();
  CHECK_FALSE(bench.is_due(open, now));
  CHECK_FALSE(bench.is_due(open, now + std::chrono::hours(24 * 364)));
  CHECK(bench.is_due(open, now + std::chrono::hours(24 * 365)));
  CHECK(bench.is_due(open, now + -std::chrono::hours(24)));
}

TEST_CASE("renewal: where there cannot be a copy the old key stays, and nothing is lost", "[work][K22]") {
  Bench bench;
  const auto old = bench.opens_whole();
  SECTION("no place for the copy") {
    fs::create_directories(bench.database.string() + ".part/not empty");
    CHECK(bench.renew().key.view() == old.key.view());
    fs::remove_all(bench.database.string() + ".part");
  }
  SECTION("its name is taken") {
    fs::create_directories(bench.database.string() + ".next/not empty");
    CHECK(bench.renew().key.view() == old.key.view());
    fs::remove_all(bench.database.string() + ".next");
  }
  SECTION("no place for the slot") {
    fs::create_directory(bench.place.folder / "slot.new");
    CHECK(bench.renew().key.view() == old.key.view());
    fs::remove(bench.place.folder / "slot.new");
  }
  CHECK(bench.opens_whole().key.view() == old.key.view());
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("renewal: killed at any system call, the slot opens a database with everything in it", "[work][K22]") {
  Bench bench;
  const auto old = bench.opens_whole();
  const auto before = support::contents(bench.folder.path());
  const auto renew = [&] {
    auto vault = bench.vault();
    must(renew_key(vault, kWords, bench.database, {old.key.clone(), old.db_salt}, kClock.wall()));
  };
  int kills = 0, old_ones = 0, new_ones = 0;
  for (int nth = 0; support::killed_at_call(nth, renew); ++nth) {
    INFO("killed at call " << nth);
    REQUIRE(nth < 5000);
    ++kills;
    const auto open = bench.opens_whole();
    ++(open.key.view() == old.key.view() ? old_ones : new_ones);
    support::put_back(bench.folder.path(), before);
  }
  CAPTURE(kills, old_ones, new_ones);
  CHECK(kills > 100);
  CHECK(old_ones > 50);
  CHECK(new_ones > 5);
}
#endif

TEST_CASE("renewal: an unlock a year later finishes with another key, and nobody was asked anything", "[work][K22]") {
  CaseServer server;
  Tablet tablet(server, "W1001");
  REQUIRE_FALSE(tablet.open());
  tablet.settle([](const auto& caseload) { return !caseload.children.empty(); });
  const auto visit = tablet.visit_to(tablet.caseload->children.front(), "Written a year ago");
  tablet.save(visit);
  tablet.settle();
  tablet.close();
  const auto database = tablet.folder / "replica.db";
  const auto salt = [&] { return must(base::read_file(database, 1 << 26)).substr(0, 16); };
  const auto first = salt();
  REQUIRE_FALSE(tablet.open());
  tablet.close();
  CHECK(salt() == first);  // not at every unlock
  {
    vault::KeyfileProvider keys(tablet.folder / "vault" / "keys");
    vault::Vault vault({tablet.folder / "vault", tablet.device(), tablet.worker()}, keys, kClock, "boot", vault::kTestCost);
    const auto open = must(vault.unlock(Tablet::kPassphrase));
    must(must(store::Store::open(database, open.key, open.db_salt)).set_key_made(kClock.wall() + -limits::kKeyFor));
  }
  {
    base::FolderHold another(tablet.folder.path());  // Doorstep, started twice
    another.share();
    REQUIRE_FALSE(tablet.open());
    tablet.close();
    CHECK(salt() == first);
  }
  REQUIRE_FALSE(tablet.open());
  CHECK_FALSE(base::FolderHold(tablet.folder.path()).alone());
  CHECK(tablet.caseload->draft(visit.id)->visit == visit);
  tablet.settle([](const auto& caseload) { return !caseload.children.empty(); });  // its certificate is there too
  tablet.close();
  const auto second = salt();
  CHECK(second != first);
  REQUIRE_FALSE(tablet.open());
  tablet.close();
  CHECK(salt() == second);
}
