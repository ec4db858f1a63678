#include "platform/base/bytes.h"
#include "sync/server/lease.h"
#include "tests/work/support.h"

using namespace doorstep;
using namespace doorstep::work;
using namespace doorstep::work::test;
using namespace std::chrono_literals;

namespace {

constexpr auto kDay = 24h;

/// The machine's clocks, moved on as far as a test says.
class MovedClock final : public base::Clock {
 public:
  Instant wall() const override { return kClock.wall() + base::Millis(wall_ + passed_); }
  base::Millis monotonic() const override { return kClock.monotonic() + base::Millis(passed_); }
  void pass(base::Millis by) { passed_ += by.count(); }
  void set_wall(base::Millis by) { wall_ += by.count(); }

 private:
  std::atomic<std::int64_t> wall_ = 0, passed_ = 0;
};

model::Child stranger(const char* name) {
  model::Child out;
  out.id = base::new_id(kClock);
  out.name = name;
  return out;
}

bool lists_nothing(const state::Caseload& caseload) {
  return caseload.children.empty() && caseload.families.empty() && caseload.records.empty() && caseload.drafts.empty() &&
         caseload.workers.empty() && caseload.blobs.empty();
}

/// Anything that makes the runner look at its clock.
void nudge(Tablet& tablet) { tablet.runner->run(state::SyncNow{}); }

bool is_closed(const state::Loaded& loaded) { return loaded.caseload->lease_over; }
bool is_open(const state::Loaded& loaded) { return !loaded.caseload->lease_over; }

}  // namespace

TEST_CASE("lease: when it is over a tablet shows nothing, takes visits in, and the next sync brings all back, over TLS", "[work][L31][L32]") {
  MovedClock clock;
  CaseServer server;
  Tablet tablet(server, "W1001");
  tablet.clock = &clock;
  REQUIRE_FALSE(tablet.open());
  tablet.settle([](const auto& caseload) { return !caseload.children.empty(); });
  REQUIRE(tablet.sync.lease_until);
  CHECK(std::chrono::abs(*tablet.sync.lease_until - clock.wall() - 7 * kDay) < 1min);
  CHECK_FALSE(tablet.sync.lease_soon);
  const auto before = tablet.visit_to(tablet.caseload->children.front(), "Written before the lanterns");
  tablet.save(before);
  tablet.runner->run(state::SaveUnfinished{{{"a", base::Id(), "half a date"}}});
  tablet.settle();
  server.stop();

  clock.pass(5 * kDay + 1h);
  nudge(tablet);
  tablet.wait<state::SyncStatus>([](const auto& s) { return s.lease_soon; });
  CHECK_FALSE(tablet.caseload->lease_over);
  clock.pass(2 * kDay);
  tablet.runner->run(state::Search{"lanterns", 1});
  CHECK(tablet.wait<state::SearchHits>().hits.empty());
  if (!tablet.caseload->lease_over) tablet.wait<state::Loaded>(is_closed);
  CHECK(lists_nothing(*tablet.caseload));
  CHECK(tablet.caseload->me.name == "Ruth Adeyemi");

  // Written now it is kept, and shown as little, also after a lock and a restart.
  const auto after = tablet.visit_to(stranger("A child on no list"), "Written behind a closed door");
  tablet.save(after);
  tablet.runner->run(state::Search{"closed door", 2});
  CHECK(tablet.wait<state::SearchHits>().hits.empty());
  tablet.runner->run(state::Lock{});
  REQUIRE_FALSE(tablet.open());
  CHECK(tablet.caseload->lease_over);
  CHECK(lists_nothing(*tablet.caseload));
  tablet.close();
  REQUIRE_FALSE(tablet.open());
  CHECK(tablet.caseload->lease_over);
  CHECK(lists_nothing(*tablet.caseload));

  server.start();
  nudge(tablet);
  CHECK(tablet.wait<state::UnfinishedFound>().words == std::map<std::string, std::string>{{"a", "half a date"}});
  tablet.wait<state::Loaded>(is_open);
  tablet.settle([](const auto& c) {
    return !c.children.empty() && c.drafts.size() == 2 &&
           std::none_of(c.drafts.begin(), c.drafts.end(), [](const auto& d) { return d.waiting; });
  });
  for (const auto& visit : {before, after}) {
    REQUIRE(tablet.caseload->draft(visit.id));
    CHECK(tablet.caseload->draft(visit.id)->visit == visit);
  }
  CHECK_FALSE(tablet.sync.lease_soon);
}

TEST_CASE("lease: a clock that is set back makes it no longer, and is told", "[work][L33]") {
  MovedClock clock;
  CaseServer server;
  Tablet tablet(server, "W1001");
  tablet.clock = &clock;
  REQUIRE_FALSE(tablet.open());
  tablet.settle([](const auto& caseload) { return !caseload.children.empty(); });
  CHECK_FALSE(tablet.sync.clock_set_back);
  server.stop();
  clock.set_wall(-kDay);
  clock.pass(10min);
  nudge(tablet);
  tablet.wait<state::SyncStatus>([](const auto& s) { return s.clock_set_back; });
  CHECK_FALSE(tablet.caseload->lease_over);
  tablet.close();
  clock.set_wall(-30 * kDay);
  clock.pass(7 * kDay);
  REQUIRE_FALSE(tablet.open());
  CHECK(tablet.caseload->lease_over);
  tablet.wait<state::SyncStatus>([](const auto& s) { return s.clock_set_back; });
  clock.set_wall(31 * kDay);
  clock.pass(10min);
  nudge(tablet);
  tablet.wait<state::SyncStatus>([](const auto& s) { return !s.clock_set_back; });
  CHECK(tablet.caseload->lease_over);
}

TEST_CASE("lease: only one that the council's server signed for this tablet and worker is taken", "[work][L31]") {
  CaseServer server;
  MovedClock clock;
  Tablet tablet(server, "W1001");
  const auto other_ca = must(tls::make_authority("Another council", kClock.wall()));
  const auto other_signer = must(tls::make_signer(other_ca, {"localhost"}, 30, kClock.wall()));
  const auto lease = [&](const tls::Signer& signer, Id device, Id worker) {
    return must(server::sign_lease(signer, device, worker, 30, kClock.wall()));
  };
  const auto mine = lease(server.signer(), tablet.device(), tablet.worker());
  std::vector<wire::SignedStatement> forged = {lease(server.signer(), base::new_id(kClock), tablet.worker()),
                                               lease(server.signer(), tablet.device(), base::new_id(kClock)),
                                               lease(other_signer, tablet.device(), tablet.worker()), mine, mine, mine, mine};
  forged[3].statement.replace(forged[3].statement.find("until\":\"2") + 8, 1, "3");
  forged[4].signature = base::to_hex(must(tls::sign(server.signer(), std::string(wire::kReceiptContext) + mine.statement)));
  forged[5].signer.reset();
  forged[6].statement = "{}";
  tablet.clock = &clock;
  server.stop();
  server.change_reply = [&, next = std::size_t{0}](wire::SyncReply& reply) mutable { reply.lease = forged[next++ % forged.size()]; };
  server.start();
  REQUIRE_FALSE(tablet.open());
  for (std::size_t i = 0; i < forged.size(); ++i) tablet.settle();
  clock.pass(6 * kDay);
  for (std::size_t i = 0; i < forged.size(); ++i) tablet.settle();
  CHECK_FALSE(tablet.caseload->lease_over);
  clock.pass(kDay + 1h);
  nudge(tablet);
  tablet.wait<state::Loaded>(is_closed);
  for (std::size_t i = 0; i < forged.size(); ++i) tablet.settle();
  CHECK(tablet.caseload->lease_over);
  // A good one, and it opens.
  server.stop();
  server.change_reply = [&](wire::SyncReply& reply) { reply.lease = mine; };
  server.start();
  nudge(tablet);
  tablet.wait<state::Loaded>(is_open);
  server.stop();  // before what it answers with is gone
}

TEST_CASE("lease: its length is the council's policy", "[work][L31]") {
  CaseServer server;
  MovedClock clock;
  Tablet tablet(server, "W1001");
  tablet.clock = &clock;
  tablet.lease = 2 * kDay;
  REQUIRE_FALSE(tablet.open());
  tablet.settle([](const auto& caseload) { return !caseload.children.empty(); });
  server.stop();
  clock.pass(2 * kDay - 1h);
  nudge(tablet);
  tablet.wait<state::SyncStatus>([](const auto& s) { return s.lease_soon; });
  CHECK_FALSE(tablet.caseload->lease_over);
  clock.pass(2h);
  nudge(tablet);
  tablet.wait<state::Loaded>(is_closed);
}
