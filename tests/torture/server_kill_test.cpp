// kill -9 of the real doorstep-server at random moments while two tablets push: drafts saved again and again, new visits begun,
// records submitted. Nothing acknowledged is lost, nothing is stored twice.
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <future>
#include <iostream>
#include <poll.h>
#include <random>

#include "sync/wire/codec.h"
#include "tests/support/server_process.h"
#include "tests/support/situations.h"
#include "tests/support/tree.h"
#include "tests/torture/script.h"

using namespace doorstep;
using namespace std::chrono;
using support::FieldTablet;

namespace {

constexpr int kRecords = 12;  // submitted per tablet

/// One worker's tablet, worked on a thread of its own until told to stop.
struct Worker {
  FieldTablet tablet;
  std::string ref, child_ref;
  std::vector<std::int64_t> receipts;          // numbers the server gave
  std::int64_t through = 0;                    // the highest operation a receipt spoke of
  std::map<base::Id, std::string> drafts;      // visit -> what "saw" says
  std::map<base::Id, std::string> records;     // record -> hash
  std::atomic<bool> sending = false;

  Worker(support::ServerProcess& server, std::string worker_ref, std::string child)
      : tablet(server.enrol(worker_ref)), ref(std::move(worker_ref)), child_ref(std::move(child)) {}

  void listen_to(const state::State& s) {
    sending = s.sync.phase == state::SyncPhase::Sending;
    if (!s.sync.receipt || (!receipts.empty() && receipts.back() == s.sync.receipt->number)) return;
    receipts.push_back(s.sync.receipt->number);
    through = std::max(through, s.sync.receipt->through);
  }
  /// Hears events for a moment, or until nothing waits to be sent.
  void push(milliseconds limit) {
    tablet.act(state::PressSyncNow{});
    tablet.live(steady_clock::now() + limit, [this](const state::State& s) {
      listen_to(s);
      return s.sync.phase == state::SyncPhase::Idle && s.sync.waiting == 0 && s.visit && s.visit->saved == s.visit->edit;
    });
  }
  /// A visit to a family that is not on the tablet. It is a draft from here on, whether or not the test ends before a word is typed.
  void begin(int number) {
    tablet.act(state::Open{state::ScreenKind::StartVisit, {}});
    tablet.act(state::ChooseFamily{base::Id()});
    tablet.type(std::string(state::kNewFamily), "Family " + std::to_string(number));
    tablet.type(std::string(state::kNewChildren), "Child " + std::to_string(number));
    tablet.act(state::ChooseVisitType{"CIN"});
    tablet.act(state::PressStart{});
    drafts[tablet.state().visit.value().visit.id] = {};
  }
  void submit_one(const std::function<base::Id(const std::string&)>& child, const support::Situation& situation) {
    support::record_visit(tablet, child, situation, situation.visits.front());
    for (base::Id record : support::submit_visit(tablet)) records[record] = tablet.state().caseload->record(record)->head().revision.hash;
  }
  void work(const std::atomic<bool>& stop, const std::function<base::Id(const std::string&)>& child,
            const support::Situation& situation) {
    std::size_t typed = 0;
    for (int round = 0; !stop; ++round) {
      if (round % 10 == 0) begin(round), typed = 0;
      const auto& visit = tablet.state().visit.value().visit;
      const auto key = "child/" + visit.children.front().id.str() + "/saw";
      std::string more;
      for (int i = 0; i < 40; ++i) more += torture::character(typed++);
      tablet.append(key, more);
      tablet.act(state::FieldLeft{key});
      drafts[visit.id] = torture::saw_of(tablet.state().visit->visit);
      push(milliseconds(250));
      if (round % 10 == 5 && records.size() < kRecords) {
        submit_one(child, situation);
        begin(round), typed = 0;
      }
    }
  }
};

}  // namespace

TEST_CASE("server kill: two hundred kills during pushes lose nothing acknowledged and store nothing twice", "[torture]") {
  support::ServerProcess server(support::assets("demo"));
  server.start();
  Worker ruth(server, "W1001", "C0101"), tomasz(server, "W1002", "C0301");
  for (auto* worker : {&ruth, &tomasz}) {
    worker->tablet.open();
    worker->tablet.sync();
  }
  auto child = [](const std::string& ref) { return base::Id::from_name("child:" + ref); };
  std::map<std::string, support::Situation> situations;
  for (auto& situation : support::read_situations()) {
    const auto& parts = situation.visits.front().parts;
    if (std::none_of(parts.begin(), parts.end(), [](const auto& part) { return part.child.starts_with("new:"); }))
      situations.emplace(situation.child, std::move(situation));
  }

  const auto seed = std::random_device()();
  CAPTURE(seed);
  std::mt19937 random(seed);
  std::atomic<bool> stop = false;
  std::vector<std::future<void>> at_work;
  for (auto* worker : {&ruth, &tomasz})
    at_work.push_back(std::async(std::launch::async, [&, worker] {
      worker->work(stop, child, situations.at(worker->child_ref));
    }));

  int kills = 0, while_sending = 0;
  for (const int enough = torture::kills(); kills < enough; ++kills) {
    const auto until = steady_clock::now() + milliseconds(std::uniform_int_distribution<int>(0, 400)(random));
    while (steady_clock::now() < until && server.running()) ::poll(nullptr, 0, 5);
    REQUIRE(server.running());
    while_sending += ruth.sending || tomasz.sending;
    server.kill();
    server.start();
  }
  stop = true;
  for (auto& thread : at_work) thread.get();
  for (auto* worker : {&ruth, &tomasz}) {
    worker->tablet.sync();
    worker->listen_to(worker->tablet.state());
    CHECK(worker->tablet.state().sync.refused.empty());
  }
  server.kill();

  // The database itself, after the last kill.
  std::int64_t operations = 0, receipts = 0;
  {
    auto repository = server.open_repository();
    auto unit = repository->read();
    REQUIRE(unit.has_value());
    auto intact = (*unit)->audit_intact();
    REQUIRE(intact.has_value());
    CHECK(*intact);
    for (auto* worker : {&ruth, &tomasz}) {
      const auto device = worker->tablet.options().enrolment.device;
      auto chain = (*unit)->chain_of(device, 1);
      REQUIRE(chain.has_value());
      CHECK(chain->through >= worker->through);
      std::string hash = wire::kChainStart;
      for (std::int64_t n = 1; n <= chain->through; ++n) {
        auto row = (*unit)->operation(device, 1, n);
        REQUIRE(row.has_value());
        REQUIRE(row->has_value());
        hash = wire::chain_next(hash, (*row)->bytes);
        CHECK((*row)->hash == hash);
      }
      CHECK(hash == chain->hash);
      operations += chain->through;
    }
  }
  {
    auto db = server.open_database();
    auto number = [&](const std::string& sql) { return db.first<std::int64_t>(sql).value().value_or(-1); };
    CHECK(db.check()->empty());
    CHECK(number("SELECT count(*) FROM operations") == operations);
    CHECK(number("SELECT count(DISTINCT bytes) FROM operations") == operations);
    CHECK(number("SELECT max(incarnation) FROM operations") == 1);
    CHECK(number("SELECT count(*) FROM operations WHERE status <> 'applied'") == 0);
    // Every operation made one revision, and no revision has come twice.
    CHECK(number("SELECT count(*) FROM revisions WHERE device IN (SELECT device FROM operations)") == operations);
    CHECK(number("SELECT count(*) FROM (SELECT 1 FROM revisions GROUP BY record, hash, state HAVING count(*) > 1)") == 0);
    CHECK(number("SELECT count(*) FROM revisions WHERE kind = 'child_record'") ==
          static_cast<std::int64_t>(ruth.records.size() + tomasz.records.size()));
    for (auto* worker : {&ruth, &tomasz})
      for (std::int64_t receipt : worker->receipts) {
        CHECK(number("SELECT count(*) FROM receipts WHERE number = " + std::to_string(receipt)) == 1);
        ++receipts;
      }
  }

  // And by a tablet that was never there before.
  server.start();
  std::size_t drafts = 0, records = 0;
  for (auto* worker : {&ruth, &tomasz}) {
    FieldTablet fresh(server.enrol(worker->ref));
    fresh.open();
    fresh.sync();
    std::map<base::Id, std::string> found;
    for (const auto* visit : state::all_drafts(fresh.state())) found[visit->id] = torture::saw_of(*visit);
    CHECK(found == worker->drafts);
    for (const auto& [record, hash] : worker->records) {
      const auto* item = fresh.state().caseload->record(record);
      REQUIRE(item);
      CHECK(item->head().revision.rev == 1);
      CHECK(item->head().revision.hash == hash);
      CHECK(item->versions.size() == 1);
    }
    drafts += worker->drafts.size();
    records += worker->records.size();
  }
  server.stop();
  std::cout << "server kill: " << kills << " kills, " << while_sending << " of them while a request was on its way; "
            << operations << " operations of 2 tablets, " << drafts << " drafts and " << records << " records, each stored once; "
            << receipts << " receipts heard, all kept; seed " << seed << "\n";
}
