#include "sync/server/pg_repository.h"

#include <future>
#include <set>

#include "platform/base/file.h"
#include "tests/server/office.h"

using namespace doorstep;
using namespace doorstep::tests;
using support::Postgres;

namespace {

const auto kAnything = [](const model::ChildRecord&) { return std::string(); };

/// SQL as one of the roles: empty when it was done, else what PostgreSQL said.
std::string said(const Office& office, const std::string& role, const std::string& sql) {
  auto ran = support::run({"psql", "-X", "-Atq", "-v", "ON_ERROR_STOP=1", "-c", "SET search_path = doorstep", "-c", sql,
                           office.url(role)});
  return ran.code == 0 ? std::string() : ran.output;
}

server::Actor actor_of(const Office& office, const Tablet& tablet) {
  auto unit = office.repository->read();
  return {*(*unit)->worker(tablet.worker).value(), *(*unit)->device(tablet.device).value()};
}

/// `count` submissions of a tablet, numbered from `first`; their hashes follow `prev`.
wire::OpsBatch submissions(const Tablet& tablet, Id child, std::int64_t first, const std::string& prev, int count) {
  wire::OpsBatch out{first, prev, {}};
  for (std::int64_t number = first; number < first + count; ++number) {
    auto op = Tablet::submit(tablet.record(any_id(tablet.device.str() + std::to_string(number)), child), child);
    op.number = number;
    out.items.push_back(wire::encode(op));
  }
  return out;
}

/// Every case's log is dense, and its chain is what its entries make it.
void check_logs(const Office& office) {
  Postgres& cluster = Postgres::shared();
  CHECK(cluster.sql(office.database(), "SELECT count(*) FROM doorstep.cases c WHERE head <> (SELECT count(*) FROM doorstep.case_log "
                                       "WHERE case_id = c.id) OR head <> (SELECT coalesce(max(seq), 0) FROM doorstep.case_log "
                                       "WHERE case_id = c.id)") == "0\n");
}

}  // namespace

TEST_CASE("pg repository: approved rows, operations, logs and the audit refuse every change, whoever asks", "[server][pg][A50]") {
  Office office(Store::Postgres);
  const Id record = approved(office);
  const auto before = office.head(record);
  const std::string where = " WHERE record = '" + record.str() + "'";
  for (const std::string& statement :
       {"UPDATE revisions SET body = 'x'" + where, "UPDATE revisions SET state = 'RETURNED'" + where + " AND state = 'APPROVED'",
        "DELETE FROM revisions" + where, std::string("TRUNCATE revisions CASCADE"),
        "INSERT INTO revisions SELECT record, rev, kind, state, author, device, at, hash, 'x', merged FROM revisions" + where +
            " ON CONFLICT(record, rev) DO UPDATE SET body = 'x'",
        "INSERT INTO revisions SELECT record, 3, kind, 'RETURNED', author, device, at, hash, 'x', merged FROM revisions" + where +
            " AND rev = 2",
        "UPDATE case_log SET hash = 'x'" + where, "DELETE FROM case_log" + where, std::string("TRUNCATE case_log"),
        std::string("UPDATE operations SET hash = 'x'"), std::string("DELETE FROM operations"), std::string("TRUNCATE operations"),
        std::string("UPDATE audit SET outcome = 'x'"), std::string("DELETE FROM audit"), std::string("TRUNCATE audit")})
    for (const char* role : {"cases_app", "cases_owner", "postgres"}) {
      INFO(role << ": " << statement);
      const std::string answer = said(office, role, statement);
      CHECK_FALSE(answer.empty());
      CHECK((answer.find("never") != answer.npos || answer.find("takes no further revision") != answer.npos ||
             (role == std::string("cases_app") && answer.find("permission denied") != answer.npos)));
    }
  CHECK(office.head(record) == before);
  CHECK(office.read([](server::Unit& unit) { return unit.audit_intact(); }));
}

TEST_CASE("pg repository: the application's role owns nothing and changes no table", "[server][pg]") {
  Office office(Store::Postgres);
  for (const char* statement :
       {"ALTER TABLE audit DISABLE TRIGGER audit_fixed", "DROP TRIGGER approved_fixed ON revisions", "DROP TABLE audit",
        "CREATE TABLE doorstep.mine(a bigint)", "UPDATE settings SET value = 'x'", "DELETE FROM workers", "DELETE FROM cases",
        "DELETE FROM record_keys", "UPDATE record_keys SET key = 'x'", "UPDATE receipts SET hash = 'x'",
        "UPDATE certificates SET fingerprint = 'x'", "SET ROLE cases_owner", "COPY audit TO PROGRAM 'cat'"}) {
    INFO(statement);
    CHECK_FALSE(said(office, "cases_app", statement).empty());
  }
  CHECK(Postgres::shared().sql(office.database(), "SELECT count(*) FROM pg_class WHERE relowner = 'cases_app'::regrole") == "0\n");
  for (const char* role : {"cases_owner", "postgres"}) {
    auto opened = server::open_pg_repository({.url = office.url(role)}, office.key);
    REQUIRE_FALSE(opened.has_value());
    CHECK(opened.error().fault == base::Fault::Denied);
    CHECK(opened.error().detail.find(role) != std::string::npos);
  }
  Postgres::shared().sql(office.database(), "GRANT UPDATE ON doorstep.audit TO cases_app");
  CHECK(server::open_pg_repository({.url = office.url("cases_app")}, office.key).error().fault == base::Fault::Denied);
  // Preparing again puts it right, and changes nothing else.
  REQUIRE(server::prepare_pg_repository(office.url("cases_owner"), "cases_app", office.key).has_value());
  CHECK(server::open_pg_repository({.url = office.url("cases_app")}, office.key).has_value());
}

TEST_CASE("pg repository: another key, no schema and a newer schema are told apart", "[server][pg]") {
  Office office(Store::Postgres);
  Postgres& cluster = Postgres::shared();
  const auto other = base::Secret::copy_of("abcdef0123456789abcdef0123456789salt-of-16-bytes");
  auto open = [&](const std::string& url, const base::Secret& key) { return server::open_pg_repository({.url = url}, key).error().fault; };
  CHECK(open(office.url("cases_app"), other) == base::Fault::Locked);
  CHECK(server::prepare_pg_repository(office.url("cases_owner"), "cases_app", other).error().fault == base::Fault::Locked);
  CHECK(server::prepare_pg_repository(office.url("cases_owner"), "cases_owner", office.key).error().fault == base::Fault::Invalid);
  CHECK(server::prepare_pg_repository(office.url("cases_owner"), "x\"; DROP", office.key).error().fault == base::Fault::Invalid);
  CHECK(server::prepare_pg_repository(office.url("cases_app"), "other", office.key).error().fault == base::Fault::Denied);
  const std::string empty = cluster.make_database("cases_owner", "cases_app");
  CHECK(open(cluster.url("cases_app", empty), office.key) == base::Fault::NotFound);
  CHECK(open(cluster.url("cases_app", "nowhere"), office.key) == base::Fault::NotFound);
  cluster.sql(office.database(), "INSERT INTO doorstep.migrations(number) VALUES(1000)");
  CHECK(open(office.url("cases_app"), office.key) == base::Fault::Unsupported);
}

TEST_CASE("pg repository: no word of a record, a name or an operation stands in a dump or in any file of the cluster", "[server][pg][A55]") {
  Office office(Store::Postgres);
  Tablet wren(office, "wren"), sparrow(office, "sparrow");
  const std::string canaries[] = {"Canary-Zaunkoenig-4711", "Canary-Refused-4712", "Canary-Draft-4713", "Canary-Why-4714",
                                  "Okafor", "Wren Abara", "North team"};
  auto record = wren.record(any_id("r"), child_id("A1"), canaries[0]);
  wren.sync({Tablet::submit(record, child_id("A1"))});
  CHECK(wren.one(Tablet::submit(wren.record(any_id("s"), child_id("S1"), canaries[1]), child_id("S1"))).status == OpStatus::Refused);
  model::Visit visit;
  visit.id = any_id("visit");
  visit.author = wren.worker;
  visit.children.resize(1);
  visit.children[0].id = child_id("A1");
  visit.children[0].answers["saw"] = canaries[2];
  CHECK(wren.one(wren.put(visit)).status == OpStatus::Applied);
  sparrow.sync();
  sparrow.one(sparrow.decide(*sparrow.has(child_id("A1"), record.id), child_id("A1"), model::Verdict::Returned, canaries[3]));
  // They are there for whoever has the key.
  CHECK(office.read([&](server::Unit& unit) { return unit.revision(record.id, 1); })->body.find(canaries[0]) != std::string::npos);
  CHECK(office.read([&](server::Unit& unit) { return unit.operation(wren.device, 1, 2); })->bytes.find(canaries[1]) != std::string::npos);
  CHECK(office.read([&](server::Unit& unit) { return unit.worker(wren.worker); })->name == "Wren Abara");

  const std::string dump = Postgres::shared().dump(office.database());
  CHECK(dump.find(record.id.str()) != std::string::npos);  // it is the dump of this database
  Postgres::shared().sql(office.database(), "CHECKPOINT");
  std::size_t files = 0;
  for (const std::string& canary : canaries) {
    INFO(canary);
    std::string hex = base::to_hex(canary);
    CHECK(dump.find(canary) == std::string::npos);
    CHECK(dump.find(hex) == std::string::npos);  // bytea is written in hex
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(Postgres::shared().folder())) {
    if (!entry.is_regular_file()) continue;
    auto bytes = base::read_file(entry.path(), 1 << 28);
    if (!bytes) continue;  // a temporary file that has gone
    ++files;
    for (const std::string& canary : canaries)
      if (bytes->find(canary) != std::string::npos) FAIL_CHECK(canary << " stands in " << entry.path());
  }
  CHECK(files > 100);
}

TEST_CASE("pg repository: a body that was moved to another record, or changed, is not shown", "[server][pg]") {
  Office office(Store::Postgres);
  Tablet wren(office, "wren");
  const Id one = any_id("one"), two = any_id("two");
  wren.sync({Tablet::submit(wren.record(one, child_id("A1"), "of one"), child_id("A1")),
             Tablet::submit(wren.record(two, child_id("A1"), "of two"), child_id("A1"))});
  auto head = [&](Id record) { return (*office.repository->read())->head(record); };
  REQUIRE(head(one).has_value());
  auto forge = [&](const std::string& sql) {
    Postgres::shared().sql(office.database(), "SET search_path = doorstep; SET session_replication_role = replica; " + sql);
  };
  forge("UPDATE revisions SET body = (SELECT body FROM revisions WHERE record = '" + two.str() + "') WHERE record = '" + one.str() + "'");
  REQUIRE_FALSE(head(one).has_value());
  CHECK(head(one).error().fault == base::Fault::Corrupt);
  CHECK(head(two).has_value());
  forge("UPDATE record_keys SET key = (SELECT key FROM record_keys WHERE record = '" + one.str() + "') WHERE record = '" + two.str() + "'");
  CHECK(head(two).error().fault == base::Fault::Corrupt);
  // Whoever destroys a record's key has erased it, wherever its text stands.
  forge("DELETE FROM record_keys WHERE record = '" + two.str() + "'");
  CHECK(head(two).error().fault == base::Fault::NotFound);
}

TEST_CASE("pg repository: many devices write in one case at once, through two servers: dense, in order, nothing lost", "[server][pg]") {
  Office office(Store::Postgres);
  const auto second = office.open();
  constexpr int kDevices = 4, kBatches = 6, kOps = 3;
  std::vector<std::unique_ptr<Tablet>> tablets;
  for (int i = 0; i < kDevices; ++i) tablets.push_back(std::make_unique<Tablet>(office, "wren"));
  std::vector<std::future<int>> at_work;
  for (int i = 0; i < kDevices; ++i) {
    auto actor = actor_of(office, *tablets[i]);
    at_work.push_back(std::async(std::launch::async, [&, actor, i] {
      const Tablet& tablet = *tablets[i];
      server::DeviceChain chain;
      for (int batch = 0; batch < kBatches; ++batch) {
        auto& repository = (batch + i) % 2 ? *office.repository : *second;
        auto ops = submissions(tablet, child_id(batch % 2 ? "A1" : "B1"), chain.through + 1, chain.hash, kOps);
        auto pushed = server::push(repository, kAnything, actor, 1, ops, office.clock.now);
        if (!pushed || !pushed->receipt || pushed->chain.through != chain.through + kOps) return -1;
        for (const auto& result : pushed->results)
          if (result.status != OpStatus::Applied) return -2;
        chain = pushed->chain;
      }
      return static_cast<int>(chain.through);
    }));
  }
  for (auto& work : at_work) CHECK(work.get() == kBatches * kOps);
  check_logs(office);
  CHECK(office.read([](server::Unit& unit) { return unit.audit_intact(); }));
  CHECK(office.read([](server::Unit& unit) { return unit.counts(); }).operations == kDevices * kBatches * kOps);
  Tablet fresh(office, "wren");
  fresh.sync();  // checks every chain
  std::size_t seen = 0;
  for (const char* ref : {"A1", "B1"})
    for (const auto& [record, revision] : fresh.cases[child_id(ref)]) seen += revision.kind == RecordKind::ChildRecord;
  CHECK(seen == kDevices * kBatches * kOps);
}

TEST_CASE("pg repository: the same request at two servers at once has its effect once and the same answer", "[server][pg]") {
  Office office(Store::Postgres);
  const auto second = office.open();
  Tablet wren(office, "wren");
  const auto actor = actor_of(office, wren);
  server::DeviceChain chain;
  for (int round = 0; round < 20; ++round) {
    auto ops = submissions(wren, child_id("A1"), chain.through + 1, chain.hash, 4);
    auto send = [&](server::Repository& repository) { return server::push(repository, kAnything, actor, 1, ops, office.clock.now); };
    auto other = std::async(std::launch::async, [&] { return send(*second); });
    auto mine = send(*office.repository), theirs = other.get();
    REQUIRE(mine.has_value());
    REQUIRE(theirs.has_value());
    CHECK(mine->results == theirs->results);
    CHECK(mine->chain.hash == theirs->chain.hash);
    chain = mine->chain;
  }
  auto counts = office.read([](server::Unit& unit) { return unit.counts(); });
  CHECK(counts.operations == 80);
  CHECK(counts.records == 80);
  CHECK(counts.refused == 0);
  check_logs(office);
}

TEST_CASE("pg repository: units of different cases go on side by side; one that wants all waits for them", "[server][pg]") {
  Office office(Store::Postgres);
  Tablet wren(office, "wren"), heron(office, "heron");
  auto mine = office.repository->write_within({wren.device, {child_id("A1")}});
  REQUIRE(mine.has_value());
  auto beside = office.repository->write_within({heron.device, {child_id("S1")}});
  REQUIRE(beside.has_value());
  auto all = std::async(std::launch::async, [&] { return office.repository->write(); });
  auto same = std::async(std::launch::async, [&] {  // whichever of the two comes first ends by itself
    return office.repository->write_within({wren.device, {child_id("B1")}}).has_value();
  });
  CHECK(all.wait_for(std::chrono::milliseconds(300)) == std::future_status::timeout);
  CHECK(same.wait_for(std::chrono::milliseconds(0)) == std::future_status::timeout);
  beside->reset();
  CHECK(all.wait_for(std::chrono::milliseconds(200)) == std::future_status::timeout);
  mine->reset();
  {
    auto alone = all.get();
    REQUIRE(alone.has_value());
  }
  CHECK(same.get());
}

TEST_CASE("pg repository: an entry that is committed late is never behind anybody's cursor", "[server][pg]") {
  Office office(Store::Postgres);
  const auto second = office.open();
  Tablet slow(office, "wren"), quick(office, "wren");
  const auto head = office.read([](server::Unit& unit) { return unit.case_row(child_id("A1")); })->head;
  auto entries = [&] { return office.read([&](server::Unit& unit) { return unit.log(child_id("A1"), head, 10); }); };
  model::Revision late;
  late.record = any_id("late");
  late.rev = 1;
  late.kind = RecordKind::Family;
  late.body = "{}";
  late.hash = base::sha256_hex(late.body);

  auto unit = office.repository->write_within({slow.device, {child_id("A1")}});
  REQUIRE(unit.has_value());
  REQUIRE((*unit)->append(late, {child_id("A1")}).has_value());
  const auto actor = actor_of(office, quick);
  auto other = std::async(std::launch::async, [&] {
    return server::push(*second, kAnything, actor, 1, submissions(quick, child_id("A1"), 1, wire::kChainStart, 1), office.clock.now);
  });
  CHECK(other.wait_for(std::chrono::milliseconds(300)) == std::future_status::timeout);
  CHECK(entries().empty());
  REQUIRE((*unit)->commit().has_value());
  unit->reset();
  REQUIRE(other.get().has_value());
  const auto both = entries();
  REQUIRE(both.size() == 2);
  CHECK(both[0].record == late.record);
  CHECK(both[0].seq == head + 1);
  CHECK(both[1].seq == head + 2);
}

TEST_CASE("pg repository: a reader sees one moment, whatever is committed meanwhile", "[server][pg]") {
  Office office(Store::Postgres);
  Tablet wren(office, "wren");
  auto unit = office.repository->read();
  REQUIRE(unit.has_value());
  const auto before = (*unit)->case_row(child_id("A1")).value();
  wren.sync({Tablet::submit(wren.record(any_id("r"), child_id("A1")), child_id("A1"))});
  CHECK((*unit)->case_row(child_id("A1")).value() == before);
  CHECK((*unit)->log(child_id("A1"), before->head, 10).value().empty());
  unit->reset();
  CHECK(office.read([](server::Unit& u) { return u.case_row(child_id("A1")); })->head > before->head);
}

TEST_CASE("pg repository: no free connection is Timeout in good time, and the tablet is told when to come back", "[server][pg]") {
  Office office(Store::Postgres);
  Tablet wren(office, "wren");
  auto narrow = server::open_pg_repository({.url = office.url("cases_app"), .connections = 1, .wait = base::Millis(50)}, office.key);
  REQUIRE(narrow.has_value());
  {
    auto one = (*narrow)->read();
    REQUIRE(one.has_value());
    auto none = (*narrow)->read();
    REQUIRE_FALSE(none.has_value());
    CHECK(none.error().fault == base::Fault::Timeout);
    server::Service service(**narrow, office.ca, office.clock, kAnything, {});
    server::HttpRequest request;
    request.method = "POST";
    request.target = "/v1/sync";
    request.headers["content-type"] = wire::kContentType;
    request.body = wire::encode(wren.request());
    request.peer.identity = wren.identity;
    auto reply = service.handle(request);
    CHECK(reply.status == 503);
    CHECK(std::any_of(reply.headers.begin(), reply.headers.end(), [](const auto& h) { return h.first == "Retry-After"; }));
  }
  CHECK((*narrow)->read().has_value());
}

TEST_CASE("pg repository: while PostgreSQL is away tablets are told so; when it is back the same server goes on", "[server][pg]") {
  Office office(Store::Postgres);
  Postgres& cluster = Postgres::shared();
  Tablet wren(office, "wren");
  wren.sync({Tablet::submit(wren.record(any_id("r"), child_id("A1")), child_id("A1"))});
  for (const bool power_cut : {false, true}) {
    INFO(power_cut);
    power_cut ? cluster.kill() : cluster.stop();
    for (int i = 0; i < 3; ++i) {
      auto reply = wren.raw(wren.request());
      CHECK(reply.status == 503);
      CHECK(reply.body.find("unavailable") != std::string::npos);
      CHECK(std::any_of(reply.headers.begin(), reply.headers.end(), [](const auto& h) { return h.first == "Retry-After"; }));
    }
    cluster.start();
    auto result = wren.one(Tablet::submit(wren.record(any_id(power_cut ? "b" : "a"), child_id("A1")), child_id("A1")));
    CHECK(result.status == OpStatus::Applied);
  }
  // Restarted between two requests, nobody notices.
  cluster.stop();
  cluster.start();
  CHECK(wren.one(Tablet::submit(wren.record(any_id("c"), child_id("A1")), child_id("A1"))).status == OpStatus::Applied);
  check_logs(office);
}
