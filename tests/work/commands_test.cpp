#include "app/work/orders.h"
#include "platform/base/bytes.h"
#include "platform/base/file.h"
#include "platform/base/sealed_copy.h"
#include "sync/server/commands.h"
#include "tests/work/support.h"

using namespace doorstep;
using namespace doorstep::work;
using namespace doorstep::work::test;
using state::Commanded;
using wire::CommandKind;

namespace {

void give(CaseServer& server, const Tablet& tablet, CommandKind kind) {
  must(server::give_command(*server.repository, tablet.device(), kind, kClock.wall()));
}
/// Until the server was told.
void wait_obeyed(CaseServer& server, const Tablet& tablet) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  for (;;) {
    auto unit = must(server.repository->read());
    const auto row = must(unit->device(tablet.device()));
    if (row && row->command && row->command->obeyed_at) return;
    REQUIRE(std::chrono::steady_clock::now() < end);
    std::this_thread::yield();
  }
}
bool is(const Commanded& commanded, Commanded::What what) { return commanded.what == what; }

/// What State does when it hears that the tablet is to be wiped: hands over what it holds, and says so.
void hand_over(Tablet& tablet, std::optional<model::Visit> typed = std::nullopt) {
  if (!tablet.caseload->wiping) tablet.wait<state::Loaded>([](const auto& loaded) { return loaded.caseload->wiping; });
  CHECK(tablet.caseload->ended);
  CHECK(tablet.caseload->children.empty());
  CHECK(tablet.caseload->drafts.empty());
  if (typed) tablet.runner->run(state::SaveDraft{*typed, 9});
  tablet.runner->run(state::HandedOver{});
}
bool nothing_left(const Tablet& tablet) {
  for (const char* name : {"replica.db", "replica.db-wal", "replica.db.blobs", "vault/slot", "vault/throttle"})
    if (fs::exists(tablet.folder.path() / name)) return false;
  return !fs::exists(tablet.folder.path() / "vault" / "keys") || fs::is_empty(tablet.folder.path() / "vault" / "keys");
}
/// The bodies of drafts that the server has, in one text.
std::string drafts_at(CaseServer& server) {
  auto unit = must(server.repository->read());
  std::string out;
  must(unit->heads(model::RecordKind::Visit, [&](const server::RecordHead& head) -> Result<void> {
    out += head.revision.body;
    return {};
  }));
  return out;
}

}  // namespace

TEST_CASE("commands: a tablet that is to be wiped sends what waits, then destroys key and store, tells so, and nothing opens again",
          "[work][L34]") {
  CaseServer server;
  Tablet tablet(server, "W1001");
  REQUIRE_FALSE(tablet.open());
  tablet.settle([](const auto& caseload) { return !caseload.children.empty(); });
  server.stop();
  auto visit = tablet.visit_to(tablet.caseload->children.front(), "Written before anybody knew");
  tablet.save(visit);
  tablet.runner->run(state::SaveUnfinished{{{visit.id.str() + "/observed", base::Id(), "half a sentence"}}});
  auto open_on_screen = tablet.visit_to(tablet.caseload->children.back(), "Typed in the last second");
  give(server, tablet, CommandKind::Wipe);
  server.start();
  tablet.runner->run(state::SyncNow{});
  hand_over(tablet, open_on_screen);
  tablet.wait<Commanded>([](const auto& c) { return is(c, Commanded::What::Wiped); });
  wait_obeyed(server, tablet);
  CHECK(nothing_left(tablet));
  const auto drafts = drafts_at(server);
  for (const char* words : {"Written before anybody knew", "half a sentence", "Typed in the last second"}) {
    INFO(words);
    CHECK(drafts.find(words) != std::string::npos);
  }
  // Nothing opens, now or after a restart, and the server does not know the tablet any more.
  tablet.runner->run(state::Unlock{Secret::copy_of(Tablet::kPassphrase)});
  CHECK(tablet.wait<state::UnlockResult>().error.has_value());
  tablet.close();
  tablet.make();
  tablet.runner->start();
  CHECK(tablet.wait<state::Started>().wiped);
  auto unit = must(server.repository->read());
  CHECK_FALSE(must(unit->device(tablet.device()))->active);
  CHECK(must(unit->audit_intact()));
}

TEST_CASE("commands: a locked tablet hands in its sealed copies, then is wiped; what they do not hold waits for its unlock", "[work][L34]") {
  CaseServer server;
  Tablet tablet(server, "W1001");
  REQUIRE_FALSE(tablet.open());
  tablet.settle([](const auto& caseload) { return !caseload.children.empty(); });
  const auto outbox = tablet.folder / "outbox";
  const auto is_wiped = [](const Commanded& commanded) { return is(commanded, Commanded::What::Wiped); };
  const auto waits = [](const Commanded& commanded) { return is(commanded, Commanded::What::WipeWaits); };
  const auto not_sent = [&] {
    server.stop();
    tablet.save(tablet.visit_to(tablet.caseload->children.front(), "Not sent before the lock"));
    tablet.runner->run(state::Lock{});
    tablet.close();
    give(server, tablet, CommandKind::Wipe);
    CHECK_FALSE(must(base::copies_in(outbox)).empty());
  };
  SECTION("nothing waits") {
    give(server, tablet, CommandKind::Wipe);
    tablet.runner->run(state::Lock{});
    tablet.wait<Commanded>(is_wiped);
  }
  SECTION("its copies hold what waits") {
    not_sent();
    server.start();
    tablet.start();
    tablet.wait<Commanded>(is_wiped);
    CHECK(drafts_at(server).find("Not sent before the lock") != std::string::npos);
    CHECK(must(base::copies_in(outbox)).empty());
  }
  SECTION("the power went while it was open, also after a restart") {
    not_sent();
    fs::remove(outbox / "whole");
    server.start();
    tablet.start();
    tablet.wait<Commanded>(waits);
    CHECK_FALSE(nothing_left(tablet));
    tablet.close();
    server.stop();
    tablet.start();  // with no network it knows, and shows nothing
    tablet.wait<Commanded>(waits);
    REQUIRE_FALSE(tablet.open());
    hand_over(tablet);
    server.start();
    tablet.runner->run(state::SyncNow{});
    tablet.wait<Commanded>(is_wiped);
    CHECK(drafts_at(server).find("Not sent before the lock") != std::string::npos);
  }
  SECTION("another's copies lie there, which the server does not take: they stay") {
    const auto foreign = outbox / base::CopyName{base::new_id(kClock), 1, 1}.file();
    must(base::write_file_atomic(foreign, "of an earlier enrolment", base::Access::Owner));
    give(server, tablet, CommandKind::Wipe);
    tablet.runner->run(state::Lock{});
    tablet.wait<Commanded>(is_wiped);
    CHECK(fs::exists(foreign));
  }
  wait_obeyed(server, tablet);
  CHECK(nothing_left(tablet));
}

TEST_CASE("commands: a wipe that was cut off after it began is brought to its end by the next start", "[work][L34]") {
  CaseServer server;
  Tablet tablet(server, "W1001");
  REQUIRE_FALSE(tablet.open());
  tablet.settle([](const auto& caseload) { return !caseload.children.empty(); });
  tablet.close();
  give(server, tablet, CommandKind::Wipe);
  must(keep_orders(tablet.folder.path(), tablet.device(), {1, 0, true, false}));
  tablet.start();
  tablet.wait<Commanded>([](const auto& c) { return is(c, Commanded::What::Wiped); });
  wait_obeyed(server, tablet);
  CHECK(nothing_left(tablet));
}

TEST_CASE("commands: a lock is heard by an open tablet once, and told; the passphrase opens it again", "[work][L34]") {
  CaseServer server;
  Tablet tablet(server, "W1001");
  REQUIRE_FALSE(tablet.open());
  tablet.settle([](const auto& caseload) { return !caseload.children.empty(); });
  give(server, tablet, CommandKind::Lock);
  tablet.runner->run(state::SyncNow{});
  tablet.wait<Commanded>([](const auto& c) { return is(c, Commanded::What::Lock); });
  tablet.runner->run(state::Lock{});
  wait_obeyed(server, tablet);
  REQUIRE_FALSE(tablet.open());
  tablet.settle();
  CHECK(tablet.commands == 1);
}

TEST_CASE("commands: none that was changed, is another tablet's, too late, or not the council's is obeyed, and none twice", "[work][L34]") {
  CaseServer server;
  Tablet tablet(server, "W1001");
  const auto other_ca = must(tls::make_authority("Another council", kClock.wall()));
  const auto other_signer = must(tls::make_signer(other_ca, {"localhost"}, 30, kClock.wall()));
  const auto command = [&](const tls::Signer& signer, Id device, std::int64_t number, base::Millis life) {
    server::DeviceRow row;
    row.id = device;
    const auto at = kClock.wall();
    row.command = server::CommandRow{number, CommandKind::Lock, at, at + life, std::nullopt};
    auto out = must(server::sign_command(signer, row, at));
    REQUIRE(out);
    return *out;
  };
  using namespace std::chrono_literals;
  const auto good = command(server.signer(), tablet.device(), 5, 24h);
  std::vector<wire::SignedStatement> bad = {command(server.signer(), base::new_id(kClock), 5, 24h),
                                            command(other_signer, tablet.device(), 5, 24h),
                                            command(server.signer(), tablet.device(), 5, 0ms), good, good, good, good};
  bad[3].statement.replace(bad[3].statement.find("lock"), 4, "wipe");
  bad[4].signature = base::to_hex(must(tls::sign(server.signer(), std::string(wire::kLeaseContext) + good.statement)));
  bad[5].signer.reset();
  bad[6].statement = "{}";
  server.stop();
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> honest = false;
  server.change_reply = [&](wire::SyncReply& reply) { reply.command = honest ? good : bad[next++ % bad.size()]; };
  server.start();
  REQUIRE_FALSE(tablet.open());
  while (next < bad.size()) tablet.settle();
  CHECK(tablet.commands == 0);
  CHECK(read_orders(tablet.folder.path(), tablet.device()).number == 0);
  honest = true;
  tablet.runner->run(state::SyncNow{});
  tablet.wait<Commanded>();
  CHECK(read_orders(tablet.folder.path(), tablet.device()).number == 5);
  // The same again, also after a restart, is nothing.
  tablet.close();
  REQUIRE_FALSE(tablet.open());
  for (int times = 0; times < 2; ++times) tablet.settle();
  CHECK(tablet.commands == 1);
  server.stop();  // before what it answers with is gone
}
