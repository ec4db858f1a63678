#include "app/work/copies.h"

#include "platform/base/sealed_copy.h"
#include "platform/tls/signature.h"
#include "tests/work/support.h"

using namespace doorstep;
using namespace doorstep::work;
using namespace doorstep::work::test;

namespace {

const model::Child& a_child(const Tablet& tablet) {
  for (const auto& child : tablet.caseload->children)
    if (child.allocated_worker == tablet.worker()) return child;
  FAIL("no child is allocated to this worker");
  return tablet.caseload->children.front();
}
std::vector<base::CopyName> copies(const Tablet& tablet) { return must(base::copies_in(tablet.folder / "outbox")); }
bool whole(const Tablet& tablet) { return fs::exists(tablet.folder / "outbox" / "whole"); }
/// Whether the server has a record or draft with these words.
bool has(CaseServer& server, std::string_view words) {
  bool found = false;
  auto unit = must(server.repository->read());
  for (const auto kind : {model::RecordKind::ChildRecord, model::RecordKind::Visit})
    must(unit->heads(kind, [&](const server::RecordHead& head) -> Result<void> {
      found = found || head.revision.body.find(words) != std::string::npos;
      return {};
    }));
  return found;
}
/// Waits until no copy is left in a tablet's folder that its own runner hands in.
void until_drained(const Tablet& tablet, const std::function<bool(const base::CopyName&)>& left = [](const auto&) { return true; }) {
  for (const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30); std::chrono::steady_clock::now() < end;) {
    const auto names = base::copies_in(tablet.folder / "outbox");
    if (names && std::none_of(names->begin(), names->end(), left)) return;
    std::this_thread::yield();
  }
  FAIL("copies are left in the folder");
}

/// Whose hours pass when the test says so.
class Ahead final : public base::Clock {
 public:
  Instant wall() const override { return kClock.wall(); }
  base::Millis monotonic() const override { return kClock.monotonic() + base::Millis(ahead.load()); }
  std::atomic<std::int64_t> ahead = 0;
};
/// A tablet with a submission and a draft that its server never heard of. It is closed, and the server is away.
void fill(Tablet& tablet, CaseServer& server) {
  REQUIRE_FALSE(tablet.open());
  tablet.settle([](const auto& caseload) { return !caseload.children.empty(); });
  server.stop();
  auto visit = tablet.visit_to(a_child(tablet), "Submitted with no network");
  tablet.save(visit);
  tablet.runner->run(tablet.submission(visit));
  tablet.wait<state::Submitted>();
  tablet.save(tablet.visit_to(a_child(tablet), "Half a sentence"));
  tablet.close();
}
bool numbered(const base::CopyName& name) { return name.number < base::kUnnumbered; }

}  // namespace

TEST_CASE("copies: what waits lies sealed beside the database, and leaves when the server has it", "[work][L28]") {
  CaseServer server;
  Tablet tablet(server, "W1001");
  REQUIRE_FALSE(tablet.open());
  tablet.settle([](const auto& caseload) { return !caseload.children.empty(); });
  server.stop();
  auto visit = tablet.visit_to(a_child(tablet), "Words with no network at all");
  tablet.save(visit);
  tablet.runner->run(tablet.submission(visit));
  tablet.wait<state::Submitted>();
  tablet.close();
  const auto waiting = copies(tablet);
  REQUIRE(waiting.size() == 2);  // the record, and the draft it ends
  for (const auto& name : waiting) {
    CHECK(name.device == tablet.device());
    const auto mode = fs::status(tablet.folder / "outbox" / name.file()).permissions();
    CHECK((mode & fs::perms::all) == (fs::perms::owner_read | fs::perms::owner_write));
  }
  CHECK(whole(tablet));
  REQUIRE_FALSE(tablet.open());
  server.start();
  tablet.settle();
  tablet.close();
  CHECK(copies(tablet).empty());
  CHECK(has(server, "Words with no network"));
}

TEST_CASE("copies: locked, a tablet hands in what waits over its own certificate, and unlocked it counts as sent", "[work][L30]") {
  CaseServer server;
  Tablet tablet(server, "W1001");
  REQUIRE_FALSE(tablet.open());
  tablet.settle([](const auto& caseload) { return !caseload.children.empty(); });
  server.stop();
  auto submitted = tablet.visit_to(a_child(tablet), "Submitted with no network");
  auto draft = tablet.visit_to(a_child(tablet), "Half a sentence");
  tablet.save(submitted);
  tablet.runner->run(tablet.submission(submitted));
  tablet.wait<state::Submitted>();
  tablet.save(draft);
  tablet.close();
  CHECK_FALSE(has(server, "Submitted with no network"));
  server.start();
  tablet.start();  // and nobody gives the passphrase
  until_drained(tablet, [](const auto& name) { return name.number < base::kUnnumbered; });
  CHECK(has(server, "Submitted with no network"));
  CHECK(has(server, "Half a sentence"));
  REQUIRE_FALSE(tablet.open());
  observed(draft) += ", and its end";
  tablet.save(draft, 2);
  tablet.settle([](const auto& caseload) { return caseload.drafts.size() == 1 && !caseload.drafts[0].waiting; });
  CHECK(tablet.caseload->drafts[0].visit == draft);
  CHECK(tablet.caseload->drafts[0].visit.conflicts.empty());
  tablet.close();
  CHECK(copies(tablet).empty());
}

TEST_CASE("copies: of a tablet whose slot is gone everything goes, whoever carries it", "[work][L28]") {
  CaseServer server;
  Tablet tablet(server, "W1001");
  REQUIRE_FALSE(tablet.open());
  tablet.settle([](const auto& caseload) { return !caseload.children.empty(); });
  server.stop();
  auto visit = tablet.visit_to(a_child(tablet), "Before the wipe");
  tablet.save(visit);
  tablet.runner->run(tablet.submission(visit));
  tablet.wait<state::Submitted>();
  auto draft = tablet.visit_to(a_child(tablet), "Typed last");
  tablet.save(draft);
  tablet.runner->run(state::SaveUnfinished{{{draft.id.str() + "/record/jotting", a_child(tablet).id, "not yet added"}}});
  observed(draft) += ", and more";
  tablet.save(draft, 2);  // after it: the words are kept
  tablet.close();
  fs::remove_all(tablet.folder / "vault");
  fs::remove(tablet.folder / "replica.db");
  server.start();
  SECTION("the tablet itself") {
    tablet.start();
    until_drained(tablet);
  }
  SECTION("another tablet of the council's") {
    Tablet carrier(server, "W1002");
    fs::create_directories(carrier.folder / "outbox");
    for (const auto& name : copies(tablet)) fs::rename(tablet.folder / "outbox" / name.file(), carrier.folder / "outbox" / name.file());
    REQUIRE_FALSE(carrier.open());  // also while its own worker writes on it
    until_drained(carrier, [&](const auto& name) { return name.device == tablet.device(); });
  }
  CHECK(has(server, "Before the wipe"));
  CHECK(has(server, "Typed last, and more"));
  CHECK(has(server, "not yet added"));
}

TEST_CASE("copies: while something waits that no copy can hold, or one could not be made, they do not count as whole", "[work][L27]") {
  Folder folder;
  store::StoreOptions how;
  how.create = true;
  auto store = must(store::Store::open(folder / "replica.db", base::Secret::random(32), std::string(16, 's'), how));
  store::Identity identity;
  identity.device = Id::from_name("device");
  identity.worker = Id::from_name("worker");
  must(store.set_identity(identity));
  const auto keys = base::outbox_keys(base::Secret::random(32));
  const store::SignCopy sign = [](const Secret&, std::string_view) { return Result<std::string>(std::string("signature")); };
  Copies kept(folder / "outbox", keys.open, sign), off(folder / "none", "", sign);
  CHECK_FALSE(kept.whole());
  must(kept.end(store));
  CHECK(kept.whole());
  must(kept.begin());  // the next save may be cut off from its copy
  CHECK_FALSE(kept.whole());
  must(off.end(store));
  CHECK_FALSE(off.whole());
  must(kept.keep(store));
  CHECK_FALSE(kept.whole());
  model::Visit visit;
  visit.id = base::new_id(kClock);
  must(store.save_draft(visit, kClock.wall()));
  CHECK(kept.end(store).error().fault == base::Fault::Denied);  // nobody could sign yet
  CHECK_FALSE(kept.whole());
  identity.worker_key = Secret::copy_of("key");
  identity.worker_certificate = "certificate";
  must(store.set_identity(identity));
  must(kept.end(store));
  CHECK(kept.whole());
  CHECK(must(base::copies_in(folder / "outbox")).size() == 1);
  must(kept.begin());
  must(store.save_unfinished({{"of no visit", Id(), "half a rationale"}}));
  must(kept.end(store));
  CHECK_FALSE(kept.whole());
  must(store.save_unfinished({{"of no visit", Id(), ""}}));
  must(kept.end(store));
  CHECK(kept.whole());
}

TEST_CASE("copies: a tablet whose power went while it was open does not count as whole", "[work][L27]") {
  CaseServer server;
  Tablet tablet(server, "W1001");
  REQUIRE_FALSE(tablet.open());
  tablet.settle([](const auto& caseload) { return !caseload.children.empty(); });
  CHECK_FALSE(whole(tablet));
  tablet.close();
  CHECK(whole(tablet));
  REQUIRE_FALSE(tablet.open());
  CHECK_FALSE(whole(tablet));
  tablet.save(tablet.visit_to(a_child(tablet), "Typed while it is open"));
  CHECK_FALSE(whole(tablet));
}

TEST_CASE("copies: ten wrong passphrases end the tablet, and everything that was not sent reaches the server", "[work][L27][L28]") {
  using namespace std::chrono_literals;
  Ahead clock;  // outlives the runner
  CaseServer server;
  Tablet tablet(server, "W1001");
  fill(tablet, server);
  tablet.clock = &clock;
  for (int n = 1; n <= 9; ++n) {
    REQUIRE(tablet.open("wrong passphrase number " + std::to_string(n)).has_value());
    clock.ahead += base::Millis(1h).count();
  }
  server.start();
  const auto tenth = tablet.open("wrong passphrase number ten");
  REQUIRE(tenth.has_value());
  CHECK(tenth->where == "vault.destroyed");
  until_drained(tablet);
  CHECK(has(server, "Submitted with no network"));
  CHECK(has(server, "Half a sentence"));
  CHECK(tablet.open()->fault == base::Fault::NotFound);
  tablet.close();
  CHECK_FALSE(fs::exists(tablet.folder / "vault" / "slot"));
  // Nobody begins anew on it with a passphrase of their own.
  tablet.make();
  tablet.runner->start();
  CHECK(tablet.wait<state::Started>().destroyed);
  tablet.runner->run(state::CreatePassphrase{Secret::copy_of("another four word passphrase")});
  CHECK(tablet.wait<state::UnlockResult>().error->where == "vault.destroyed");
}

TEST_CASE("copies: while not all that waits has its copy, ten wrong passphrases lock for an hour and end nothing", "[work][L27]") {
  using namespace std::chrono_literals;
  Ahead clock;  // outlives the runner
  CaseServer server;
  Tablet tablet(server, "W1001");
  fill(tablet, server);
  fs::remove(tablet.folder / "outbox" / "whole");
  tablet.clock = &clock;
  for (int n = 1; n <= 11; ++n) {
    REQUIRE(tablet.open("wrong passphrase number " + std::to_string(n)).has_value());
    clock.ahead += base::Millis(1h).count();
  }
  CHECK_FALSE(tablet.open().has_value());
}

TEST_CASE("copies: a disabled worker's locked tablet hands in what waits", "[work][L30]") {
  CaseServer server;
  Tablet tablet(server, "W1001");
  fill(tablet, server);
  server.start();
  must(server::disable_worker(*server.repository, "W1001", true, kClock.wall()));
  tablet.start();
  until_drained(tablet, numbered);
  CHECK(has(server, "Submitted with no network"));
  CHECK(has(server, "Half a sentence"));
}

TEST_CASE("copies: where the tablet's certificate ran out they stay, until another tablet's carries them", "[work][L30]") {
  CaseServer server;
  Tablet tablet(server, "W1001"), carrier(server, "W1002");
  fill(tablet, server);
  server.start();
  fs::create_directories(carrier.folder / "outbox");
  const auto waiting = copies(tablet);
  REQUIRE_FALSE(waiting.empty());
  tablet.days_left = -1;
  tablet.start();
  tablet.close();  // which waits for what was asked
  CHECK(copies(tablet) == waiting);
  CHECK_FALSE(has(server, "Half a sentence"));
  for (const auto& name : waiting) fs::copy_file(tablet.folder / "outbox" / name.file(), carrier.folder / "outbox" / name.file());
  carrier.start();  // nobody has chosen a passphrase on it yet
  until_drained(carrier);
  CHECK(has(server, "Submitted with no network"));
  CHECK(has(server, "Half a sentence"));
}

TEST_CASE("copies: a tablet that was given another address of the server hands in what it sealed before", "[work][L30]") {
  CaseServer server;
  Tablet tablet(server, "W1001");
  fill(tablet, server);
  server.port = 0;  // any other
  server.start();
  tablet.start();
  until_drained(tablet, numbered);
  CHECK(has(server, "Submitted with no network"));
  CHECK(has(server, "Half a sentence"));
}
