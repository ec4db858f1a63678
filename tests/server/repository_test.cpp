#include "sync/server/sqlcipher_repository.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>
#include <set>

#include "platform/base/file.h"
#include "platform/sql/db.h"
#include "platform/sql/observed_vfs.h"
#include "sync/rules/calendar.h"
#include "sync/server/data_folder.h"
#include "sync/server/push.h"
#include "tests/server/office.h"

using namespace doorstep;
using namespace doorstep::tests;

namespace {

sql::Db direct(const Office& office) {
  auto db = sql::Db::open(office.file(), base::Secret::copy_of(office.key.view().substr(0, 32)), office.key.view().substr(32));
  REQUIRE(db.has_value());
  return std::move(*db);
}

}  // namespace

TEST_CASE("repository: approved rows refuse every statement that would change them", "[server][A50]") {
  Office office(Store::Sqlcipher);
  const Id record = approved(office);
  auto before = office.head(record);
  auto db = direct(office);
  const char* statements[] = {
      "UPDATE revisions SET body = 'x' WHERE record = ?1",
      "UPDATE revisions SET state = 'RETURNED' WHERE record = ?1 AND state = 'APPROVED'",
      "UPDATE OR REPLACE revisions SET rev = 1 WHERE record = ?1 AND state = 'APPROVED'",
      "DELETE FROM revisions WHERE record = ?1",
      "DELETE FROM revisions WHERE record = ?1 AND state = 'APPROVED'",
      "INSERT OR REPLACE INTO revisions SELECT record, rev, kind, state, author, device, at, hash, 'x', merged FROM revisions WHERE record = ?1",
      "INSERT INTO revisions SELECT record, 3, kind, 'RETURNED', author, device, at, hash, 'x', merged FROM revisions WHERE record = ?1 AND rev = 2",
      "UPDATE case_log SET hash = 'x' WHERE record = ?1",
      "DELETE FROM case_log WHERE record = ?1",
      "INSERT OR REPLACE INTO case_log SELECT case_id, seq, record, rev, 'x', chain FROM case_log WHERE record = ?1",
  };
  for (const char* statement : statements) {
    INFO(statement);
    auto changed = db.exec(statement, record);
    REQUIRE_FALSE(changed.has_value());
    CHECK(changed.error().fault == base::Fault::Denied);
  }
  for (const char* table : {"operations", "audit"})
    for (std::string statement : {std::string("DELETE FROM ") + table, std::string("UPDATE ") + table + " SET rowid = rowid"}) {
      INFO(statement);
      CHECK_FALSE(db.exec(statement).has_value());
    }
  CHECK(office.head(record) == before);
  CHECK(office.read([](server::Unit& unit) { return unit.audit_intact(); }));
}

TEST_CASE("repository: a wrong key opens nothing, and no word stands in any file", "[server]") {
  Office office(Store::Sqlcipher);
  Tablet wren(office, "wren");
  const std::string canary = "Canary-Zaunkoenig-4711";
  wren.sync({Tablet::submit(wren.record(any_id("r"), child_id("A1"), canary), child_id("A1"))});
  bool dumped = false;
  REQUIRE(direct(office).dump([&](std::string_view line) { dumped = dumped || line.find(canary) != line.npos; }).has_value());
  CHECK(dumped);
  for (const auto& entry : std::filesystem::directory_iterator(office.folder())) {
    auto bytes = base::read_file(entry.path(), 1 << 26);
    REQUIRE(bytes.has_value());
    CHECK(bytes->find(canary) == std::string::npos);
    CHECK(bytes->find("Okafor") == std::string::npos);
  }
  auto wrong = server::open_sqlcipher_repository(office.file(), base::Secret::copy_of("abcdef0123456789abcdef0123456789salt-of-16-bytes"));
  REQUIRE_FALSE(wrong.has_value());
  CHECK(wrong.error().fault == base::Fault::Locked);
  CHECK_FALSE(server::open_sqlcipher_repository(office.file(), base::Secret::copy_of("short")).has_value());
}

TEST_CASE("repository: the rows a query lists are those authorise lets through", "[server][A46]") {
  Office office;
  std::mt19937 random(20261122);
  auto pick = [&](std::size_t n) { return random() % n; };
  auto workers = office.read([](server::Unit& unit) { return unit.workers(); });
  const base::Date today = rules::uk_date(office.clock.now);
  std::vector<server::CaseRow> rows;
  auto unit = office.repository->write();
  REQUIRE(unit.has_value());
  for (int i = 0; i < 300; ++i) {
    server::CaseRow row;
    row.id = any_id("case " + std::to_string(i));
    if (pick(3)) row.allocated = workers[pick(workers.size())].id;
    if (pick(4)) row.team = workers[pick(workers.size())].team;
    if (pick(9) == 0) row.alias_of = any_id("case 0");
    if (pick(3) == 0) row.cover = {{workers[pick(workers.size())].id, base::Date(std::chrono::sys_days(today) + std::chrono::days(static_cast<int>(pick(3)) - 1))}};
    REQUIRE((*unit)->put_case(row).has_value());
    rows.push_back(row);
  }
  for (auto worker : workers) {
    for (bool revoked : {false, true}) {
      worker.revoked = revoked;
      auto listed = (*unit)->cases_of(worker, today);
      REQUIRE(listed.has_value());
      std::set<Id> ids;
      for (const auto& row : *listed) ids.insert(row.id);
      for (const auto& row : rows) CHECK(ids.contains(row.id) == server::entitled(worker, row, today));
      CHECK(ids.contains(worker.id) == !revoked);
      if (!revoked && !workers.empty())
        for (const auto& other : workers)
          if (other.id != worker.id) CHECK_FALSE(ids.contains(other.id));
    }
  }
}

TEST_CASE("repository: what was not committed is not there, and a revision that does not follow is refused", "[server]") {
  Office office;
  model::Revision revision;
  revision.record = any_id("r");
  revision.kind = RecordKind::Child;
  revision.body = "{}";
  revision.hash = base::sha256_hex(revision.body);
  {
    auto unit = office.repository->write();
    REQUIRE(unit.has_value());
    revision.rev = 1;
    REQUIRE((*unit)->append(revision, {child_id("A1")}).has_value());
    revision.rev = 3;
    auto gap = (*unit)->append(revision, {child_id("A1")});
    REQUIRE_FALSE(gap.has_value());
    CHECK(gap.error().fault == base::Fault::Conflict);
  }
  CHECK_FALSE(office.head(revision.record).has_value());
}

TEST_CASE("repository: an audit line that was changed, taken away, moved or put in is noticed", "[server][A54]") {
  Office office;
  Tablet wren(office, "wren");  // several lines, of a device and of none
  CHECK(office.read([](server::Unit& unit) { return unit.audit_intact(); }));
  const bool pg = office.store == Store::Postgres;
  const std::string columns = std::string(pg ? "device, number, " : "device, ") + "at, worker, action, object, outcome, chain";
  const std::string copied = std::string(pg ? "device, number + 1000, " : "device, ") + "at, worker, action, object, outcome, chain";
  const std::string change = GENERATE_REF(values<std::string>(
      {"UPDATE audit SET outcome = 'refused' WHERE number = 2", "UPDATE audit SET at = at + 1 WHERE number = 1",
       "DELETE FROM audit WHERE number = 1", "UPDATE audit SET number = number + 1000 WHERE number = 1",
       "INSERT INTO audit(" + columns + ") SELECT " + copied + " FROM audit WHERE number = 1"}));
  INFO(change);
  office.change_audit(change);
  CHECK_FALSE(office.read([](server::Unit& unit) { return unit.audit_intact(); }));
}

TEST_CASE("repository: a receipt is given only after the file was synced", "[server]") {
  Office office(Store::Sqlcipher);
  Tablet wren(office, "wren");
  bool dirty = false;
  std::int64_t syncs = 0;
  REQUIRE(sql::register_observed_vfs("server-test", [&](const sql::FileEvent& event) {
            if (!event.path.ends_with("-wal")) return;
            if (event.kind == sql::FileEvent::Kind::Write) dirty = true;
            if (event.kind == sql::FileEvent::Kind::Sync) dirty = false, ++syncs;
          }).has_value());
  for (bool off : {false, true}) {
    auto observed = server::open_sqlcipher_repository(office.file(), office.key, {"server-test", off});
    REQUIRE(observed.has_value());
    auto worker = office.read([&](server::Unit& unit) { return unit.worker(wren.worker); });
    auto device = office.read([&](server::Unit& unit) { return unit.device(wren.device); });
    dirty = false;
    auto op = Tablet::submit(wren.record(any_id(off ? "off" : "on"), child_id("A1")), child_id("A1"));
    op.number = off ? 2 : 1;
    std::string bytes = wire::encode(op);
    std::int64_t before = syncs;
    auto pushed = server::push(**observed, [](const auto&) { return std::string(); }, {*worker, *device}, 1, {op.number, wren.hash, {bytes}},
                               office.clock.now);
    REQUIRE(pushed.has_value());
    REQUIRE(pushed->receipt.has_value());
    wren.hash = pushed->chain.hash;
    CHECK(dirty == off);  // synchronous=OFF must be noticed here
    CHECK((syncs > before) == !off);
  }
}

TEST_CASE("repository: killed at any moment of a push, nothing acknowledged is lost and nothing is there twice", "[server][kill]") {
  Office office;
  CAPTURE(office.store);
  Tablet wren(office, "wren");
  std::mt19937 random(7);
  std::int64_t acknowledged = 0;
  int killed_busy = 0;
  for (int round = 0; round < 100; ++round) {
    int pipe_ends[2];
    REQUIRE(::pipe(pipe_ends) == 0);
    office.service.reset();
    office.repository.reset();  // no connection lives across fork
    pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      std::unique_ptr<server::Repository> repository;
      try {
        repository = office.open();
      } catch (...) {  // a failed assertion must not go on in two processes
        ::_exit(3);
      }
      auto read = repository->read();
      auto worker = (*read)->worker(wren.worker);
      auto device = (*read)->device(wren.device);
      auto chain = (*read)->chain_of(wren.device, 1);
      read->reset();
      std::int64_t number = chain->through;
      std::string hash = chain->hash;
      for (;;) {
        std::vector<std::string> items;
        const std::int64_t first = number + 1;
        const std::string prev = hash;
        for (int i = 0; i < 4; ++i) {
          auto op = Tablet::submit(wren.record(any_id("kill " + std::to_string(++number)), child_id("A1")), child_id("A1"));
          op.number = number;
          items.push_back(wire::encode(op));
        }
        auto pushed = server::push(*repository, [](const auto&) { return std::string(); }, {**worker, **device}, 1, {first, prev, items},
                                   {1'795'000'000'000});
        if (!pushed) ::_exit(4);
        hash = pushed->chain.hash;
        if (::write(pipe_ends[1], &pushed->receipt->through, sizeof(std::int64_t)) != sizeof(std::int64_t)) ::_exit(5);
      }
    }
    ::close(pipe_ends[1]);
    // The first receipt of the round, then a random moment; some rounds are killed before it.
    std::int64_t through = 0;
    if (random() % 4 && ::read(pipe_ends[0], &through, sizeof through) == sizeof through) acknowledged = std::max(acknowledged, through);
    std::string work = "x";
    // An operation takes PostgreSQL's round trips.
    const auto longest = office.store == Store::Postgres ? 40'000 : 6000;
    for (auto left = random() % longest; left > 0; --left) work = base::sha256(work);
    ::kill(child, SIGKILL);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    while (::read(pipe_ends[0], &through, sizeof through) == sizeof through) acknowledged = std::max(acknowledged, through);
    ::close(pipe_ends[0]);

    office.reopen();
    // In one snapshot: a commit that was on its way to PostgreSQL may still arrive.
    auto unit = office.repository->read();
    REQUIRE(unit.has_value());
    const auto chain = (*unit)->chain_of(wren.device, 1).value();
    CHECK(chain.through >= acknowledged);
    killed_busy += chain.through > acknowledged;
    const auto counts = (*unit)->counts().value();
    CHECK(counts.operations == chain.through);
    CHECK(counts.records == chain.through);  // the effect came with its operation, once
  }
  if (office.store == Store::Sqlcipher) {
    auto db = direct(office);
    CHECK(db.first<std::int64_t>("SELECT count(*) FROM revisions WHERE kind = 'child_record'")->value() ==
          db.first<std::int64_t>("SELECT count(DISTINCT record) FROM revisions WHERE kind = 'child_record'")->value());
    CHECK(db.check()->empty());
  } else {
    CHECK(support::Postgres::shared().sql(office.database(),
                                          "SELECT count(*) = count(DISTINCT record) FROM doorstep.revisions WHERE kind = "
                                          "'child_record'") == "t\n");
  }
  CHECK(office.read([](server::Unit& unit) { return unit.audit_intact(); }));
  CHECK(acknowledged > 0);
  CHECK(killed_busy > 0);
}

TEST_CASE("data folder: made once, finished after an interruption, keys for the owner alone", "[server]") {
  Office office(Store::Sqlcipher);
  auto folder = office.folder() / "data";
  REQUIRE(server::init_data_folder(folder, "Test council", {"cases.example.gov.uk", "127.0.0.1"}, office.clock.now).has_value());
  namespace fs = std::filesystem;
  for (const char* name : {"cases.key", "ca.key", "server.key", "cases.db"}) {
    INFO(name);
    CHECK((fs::status(folder / name).permissions() & (fs::perms::group_all | fs::perms::others_all)) == fs::perms::none);
  }
  CHECK((fs::status(folder).permissions() & (fs::perms::group_all | fs::perms::others_all)) == fs::perms::none);
  auto first = server::open_data_folder(folder, {"cases.example.gov.uk"}, office.clock.now);
  REQUIRE(first.has_value());
  CHECK(tls::matches(first->certificate, first->key));
  fs::remove(folder / "server.pem");
  REQUIRE(server::init_data_folder(folder, "Test council", {"cases.example.gov.uk"}, office.clock.now).has_value());
  auto second = server::open_data_folder(folder, {"cases.example.gov.uk"}, office.clock.now);
  REQUIRE(second.has_value());
  CHECK(second->ca.cert == first->ca.cert);
  CHECK(tls::matches(second->certificate, second->key));
  auto late = server::open_data_folder(folder, {"cases.example.gov.uk"}, office.clock.now + std::chrono::hours(24 * 380));
  REQUIRE(late.has_value());
  CHECK(late->certificate != second->certificate);
  CHECK(tls::matches(late->certificate, second->key));
  // The cases are gone, and nothing is begun in their place: an empty server would refuse every tablet.
  for (auto* open : {&first, &second, &late}) *open = base::Error{};
  fs::rename(folder / "cases.db", folder / "elsewhere");
  auto lost = server::open_data_folder(folder, {"x"}, office.clock.now);
  REQUIRE_FALSE(lost.has_value());
  CHECK(lost.error().where == "cases.db");
  CHECK(lost.error().fault == base::Fault::NotFound);
  CHECK_FALSE(fs::exists(folder / "cases.db"));
  fs::rename(folder / "elsewhere", folder / "cases.db");
  CHECK(server::open_data_folder(folder, {"x"}, office.clock.now).has_value());
  REQUIRE(base::write_file_atomic(folder / "cases.key", "abc\n", base::Access::Owner).has_value());
  CHECK(server::open_data_folder(folder, {"x"}, office.clock.now).error().where == "cases.key");
}
