#include "app/work/renewal.h"

#include "platform/base/sealed_copy.h"
#include "platform/vault/key_provider.h"
#include "sync/server/commands.h"
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

TEST_CASE("certificate: another is due when 30 days are left, after the end too, and when nobody knows", "[work][P39]") {
  const auto now = kClock.wall();
  const auto in = [&](int days) { return std::optional(now + std::chrono::hours(24 * days)); };
  CHECK_FALSE(certificate_is_due(in(90), now));
  CHECK_FALSE(certificate_is_due(*in(30) + base::Millis(1), now));
  CHECK(certificate_is_due(in(30), now));
  CHECK(certificate_is_due(in(0), now));
  CHECK(certificate_is_due(in(-1), now));  // a tablet's clock may be ahead, and the server decides
  CHECK(certificate_is_due(std::nullopt, now));
}

namespace {

/// A tablet's own pair, as a later start would find it.
std::optional<config::DevicePair> own_pair(const Tablet& tablet) {
  return config::renewed_pair(tablet.folder.path(),
                              [&](const auto& pair) { return tls::is_of_device(pair.certificate, tablet.device(), pair.key); });
}
void until_renewed(const Tablet& tablet) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!own_pair(tablet)) {
    REQUIRE(std::chrono::steady_clock::now() < end);
    std::this_thread::yield();
  }
}
bool at_server(CaseServer& server, const std::string& certificate) {
  auto unit = must(server.repository->read());
  return must(unit->has_certificate(must(tls::inspect(certificate)).serial));
}
/// Whose hours pass when the test says so.
class Hours final : public base::Clock {
 public:
  Instant wall() const override { return kClock.wall(); }
  base::Millis monotonic() const override { return kClock.monotonic() + std::chrono::hours(passed.load()); }
  std::atomic<int> passed = 0;
};

}  // namespace

TEST_CASE("certificate: a locked tablet has its own renewed, and hands in what waits when the first has run out", "[work][P39][L30]") {
  CaseServer server;
  Tablet tablet(server, "W1001");
  tablet.days_left = 29;
  tablet.start();  // and nobody gives a passphrase
  until_renewed(tablet);
  tablet.close();
  const auto renewed = own_pair(tablet);
  REQUIRE(renewed);
  CHECK(must(tls::inspect(renewed->certificate)).not_after > kClock.wall() + std::chrono::hours(24 * (tls::kClientDays - 1)));
  CHECK(at_server(server, renewed->certificate));

  tablet.days_left = -1;
  REQUIRE_FALSE(tablet.open());  // the ticket is exchanged over it
  tablet.settle([](const auto& caseload) { return !caseload.children.empty(); });
  server.stop();
  const auto visit = tablet.visit_to(tablet.caseload->children.front(), "After ninety days");
  tablet.save(visit);
  tablet.runner->run(tablet.submission(visit));
  tablet.wait<state::Submitted>();
  tablet.close();
  const auto waiting = [&] {
    const auto names = must(base::copies_in(tablet.folder / "outbox"));
    return std::count_if(names.begin(), names.end(), [](const base::CopyName& name) { return name.number < base::kUnnumbered; });
  };
  REQUIRE(waiting() > 0);
  server.start();
  tablet.start();
  for (const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30); waiting() > 0; std::this_thread::yield())
    REQUIRE(std::chrono::steady_clock::now() < end);
  CHECK(own_pair(tablet)->certificate == renewed->certificate);  // and none is asked for before its time
}

TEST_CASE("certificate: an open tablet has its own renewed after a sync, and not before its time", "[work][P39]") {
  CaseServer server;
  Tablet early(server, "W1001"), due(server, "W1002");
  early.days_left = 31;
  due.days_left = 30;
  for (Tablet* tablet : {&early, &due}) {
    REQUIRE_FALSE(tablet->open());
    tablet->settle([](const auto& caseload) { return !caseload.children.empty(); });
  }
  until_renewed(due);
  early.settle();
  early.close();  // which waits for what was asked
  CHECK_FALSE(own_pair(early));
}

TEST_CASE("certificate: where the answer is lost, or is not this tablet's, the old one counts until an hour later", "[work][P39]") {
  CaseServer server;
  Hours clock;
  Tablet tablet(server, "W1001");
  tablet.clock = &clock;
  tablet.days_left = 29;
  server.stop();
  std::atomic<int> asked = 0;
  const auto request = must(tls::make_request(must(tls::make_key())));
  server::HttpReply of_another;
  of_another.content_type = wire::kContentType;
  of_another.body = wire::encode(wire::RenewReply{
      must(tls::issue(server.authority(), request, tls::Subject::of_device(Id::from_name("another")), tls::kClientDays, kClock.wall()))});
  server.change_renewal = [&](server::HttpReply) {
    return asked++ == 0 ? server::problem(503, "unavailable", "It is lost.", "") : of_another;
  };
  server.start();
  REQUIRE_FALSE(tablet.open());
  tablet.settle([](const auto& caseload) { return !caseload.children.empty(); });
  const auto until_asked = [&](int times) {
    for (const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30); asked < times;) {
      REQUIRE(std::chrono::steady_clock::now() < end);
      tablet.settle();
    }
  };
  until_asked(1);
  for (int i = 0; i < 3; ++i) tablet.settle();
  CHECK(asked == 1);
  clock.passed = 1;
  until_asked(2);
  CHECK_FALSE(own_pair(tablet));
  server.stop();
  server.change_renewal = nullptr;
  server.start();
  clock.passed = 3;
  for (const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30); !own_pair(tablet);) {
    REQUIRE(std::chrono::steady_clock::now() < end);
    tablet.settle();
  }
  // What the tablet says from then on, it says with the new one.
  must(server::give_command(*server.repository, tablet.device(), wire::CommandKind::Lock, kClock.wall()));
  tablet.runner->run(state::Lock{});
  tablet.wait<state::Commanded>();
}
