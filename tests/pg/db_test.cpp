#include "platform/pg/db.h"

#include <catch2/catch_test_macros.hpp>

#include <stdlib.h>

#include <future>
#include <limits>

#include "tests/support/postgres.h"

using namespace doorstep;
using base::Fault;
using base::Id;
using support::Postgres;

namespace {

pg::Db open(const std::string& database = "postgres", const pg::DbOptions& options = {}) {
  auto db = pg::Db::open(Postgres::shared().url("postgres", database), options);
  if (!db) FAIL(db.error());
  return std::move(*db);
}

}  // namespace

TEST_CASE("pg: what is bound is what is read", "[pg]") {
  auto db = open();
  const Id id = Id::from_name("x");
  const std::string bytes("\0\xff'\\x", 5);
  REQUIRE(db.script("CREATE TEMP TABLE t(a bigint, b boolean, c text, d bytea, e uuid, f bigint, g text, h uuid)").has_value());
  auto added = db.exec("INSERT INTO t VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)", std::numeric_limits<std::int64_t>::min(), true,
                       "'; DROP TABLE t; -- \u05D0\U0001F3E0", pg::Blob{bytes}, id, base::Instant{-5},
                       std::optional<std::string>(), std::optional<Id>());
  REQUIRE(added.has_value());
  CHECK(*added == 1);
  int rows = 0;
  auto read = db.query("SELECT a, b, c, d, e, f, g, h, count(*) OVER (), 7::int, (-3)::smallint FROM t WHERE e = ?1", id,
                       [&](const pg::Row& row) {
                         ++rows;
                         CHECK(row.integer(0) == std::numeric_limits<std::int64_t>::min());
                         CHECK(row.boolean(1));
                         CHECK(row.text(2) == "'; DROP TABLE t; -- \u05D0\U0001F3E0");
                         CHECK(row.blob(3) == bytes);
                         CHECK(row.id(4) == id);
                         CHECK(row.instant(5) == base::Instant{-5});
                         CHECK(row.is_null(6));
                         CHECK(row.id(7).nil());
                         CHECK(row.integer(8) == 1);
                         CHECK(row.integer(9) == 7);
                         CHECK(row.integer(10) == -3);
                       });
  REQUIRE(read.has_value());
  CHECK(rows == 1);
}

TEST_CASE("pg: a failed transaction is never called committed", "[pg]") {
  auto db = open();
  REQUIRE(db.script("CREATE TEMP TABLE t(a bigint PRIMARY KEY)").has_value());
  {
    auto transaction = pg::Transaction::begin(db, pg::Mode::Write);
    REQUIRE(transaction.has_value());
    REQUIRE(db.exec("INSERT INTO t VALUES(?1)", 1).has_value());
    auto twice = db.exec("INSERT INTO t VALUES(?1)", 1);
    REQUIRE_FALSE(twice.has_value());
    CHECK(twice.error().fault == Fault::Conflict);
    CHECK(twice.error().where == pg::kAgain);
    auto done = transaction->commit();
    REQUIRE_FALSE(done.has_value());
    CHECK(done.error().fault == Fault::Conflict);
  }
  CHECK(db.first<std::int64_t>("SELECT count(*) FROM t")->value() == 0);
  {
    auto transaction = pg::Transaction::begin(db, pg::Mode::Write);
    REQUIRE(db.exec("INSERT INTO t VALUES(?1)", 2).has_value());
  }
  CHECK(db.first<std::int64_t>("SELECT count(*) FROM t")->value() == 0);
  CHECK_FALSE(db.in_transaction());
}

TEST_CASE("pg: a snapshot stays where it was, and writes nothing", "[pg]") {
  auto reader = open(), writer = open();
  REQUIRE(writer.script("DROP TABLE IF EXISTS moments; CREATE TABLE moments(a bigint)").has_value());
  auto snapshot = pg::Transaction::begin(reader, pg::Mode::Snapshot);
  REQUIRE(snapshot.has_value());
  CHECK(reader.first<std::int64_t>("SELECT count(*) FROM moments")->value() == 0);
  REQUIRE(writer.exec("INSERT INTO moments VALUES(?1)", 1).has_value());
  CHECK(reader.first<std::int64_t>("SELECT count(*) FROM moments")->value() == 0);
  CHECK_FALSE(reader.exec("INSERT INTO moments VALUES(?1)", 2).has_value());
}

TEST_CASE("pg: two that wait for each other: one is told to begin again", "[pg]") {
  auto first = open(), second = open();
  REQUIRE(first.script("DROP TABLE IF EXISTS locks; CREATE TABLE locks(a bigint); INSERT INTO locks VALUES(1), (2)").has_value());
  auto t1 = pg::Transaction::begin(first, pg::Mode::Write), t2 = pg::Transaction::begin(second, pg::Mode::Write);
  const char* take = "SELECT a FROM locks WHERE a = ?1 FOR UPDATE";
  REQUIRE(first.exec(take, 1).has_value());
  REQUIRE(second.exec(take, 2).has_value());
  auto other = std::async(std::launch::async, [&] { return second.exec(take, 1); });
  auto mine = first.exec(take, 2);
  if (mine.has_value()) REQUIRE(t1->commit().has_value());
  else REQUIRE(first.script("ROLLBACK").has_value());  // lets the other go on
  auto theirs = other.get();
  REQUIRE(mine.has_value() != theirs.has_value());
  const auto& error = mine.has_value() ? theirs.error() : mine.error();
  CHECK(error.fault == Fault::Conflict);
  CHECK(error.where == pg::kAgain);
}

TEST_CASE("pg: a lock that another one keeps is given up in time", "[pg]") {
  pg::DbOptions patient;
  patient.lock_limit = base::Millis(50);
  auto first = open(), second = open("postgres", patient);
  auto holding = pg::Transaction::begin(first, pg::Mode::Write, "SELECT pg_advisory_xact_lock(1)");
  REQUIRE(holding.has_value());
  auto refused = pg::Transaction::begin(second, pg::Mode::Write, "SELECT pg_advisory_xact_lock(1)");
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().fault == Fault::Timeout);
  CHECK_FALSE(second.lost());
}

TEST_CASE("pg: a server that says nothing is given up, and a lost connection says so", "[pg]") {
  pg::DbOptions brief;
  brief.statement_limit = base::Millis(1000);  // also of what opening asks, on a busy machine
  auto db = open("postgres", brief);
  auto slow = db.exec("SELECT pg_sleep(30)");
  REQUIRE_FALSE(slow.has_value());
  CHECK(slow.error().fault == Fault::Timeout);
  REQUIRE_FALSE(db.lost());

  auto victim = open(), killer = open();
  auto pid = victim.first<std::int64_t>("SELECT pg_backend_pid()");
  REQUIRE(killer.exec("SELECT pg_terminate_backend(?1::bigint::int)", **pid).has_value());
  auto gone = victim.exec("SELECT 1");
  REQUIRE_FALSE(gone.has_value());
  CHECK(gone.error().fault == Fault::Offline);
  CHECK(gone.error().where == pg::kAgain);
  CHECK(victim.lost());
  CHECK_FALSE(victim.exec("SELECT 1").has_value());
}

TEST_CASE("pg: an error names tables and constraints, never what was in them", "[pg]") {
  auto db = open();
  REQUIRE(db.script("CREATE TEMP TABLE t(name text CONSTRAINT short CHECK(length(name) < 5), n bigint UNIQUE)").has_value());
  for (auto failed : {db.exec("INSERT INTO t(name) VALUES(?1)", "Amara Okafor"), db.exec("SELECT ?1::uuid", "Amara Okafor")}) {
    REQUIRE_FALSE(failed.has_value());
    CHECK(failed.error().detail.find("Amara") == std::string::npos);
  }
  auto wrong = db.exec("SELEC 1");
  REQUIRE_FALSE(wrong.has_value());
  CHECK(wrong.error().fault == Fault::Invalid);
  auto missing = db.exec("SELECT * FROM nowhere");
  CHECK(missing.error().fault == Fault::NotFound);
}

TEST_CASE("pg: a url that would let somebody else answer is refused before anything is sent", "[pg]") {
  struct Row { const char* url; const char* said; };
  for (auto [url, said] : {Row{"postgresql://u@db.example/cases?sslmode=require", "verify-full"},
                           Row{"postgresql://u@db.example/cases?sslmode=disable", "verify-full"},
                           Row{"postgresql://u:secret@db.example/cases", "passfile"},
                           Row{"postgresql://u@db.example/", "must be named"}, Row{"postgresql:///cases?user=u", "must be named"},
                           Row{"postgresql://u@a.example,/run/cases/cases", ""},
                           Row{"postgresql://u@/cases?host=a.example,/run/postgresql", "cannot be mixed"},
                           Row{"db.example", "no url"}}) {
    INFO(url);
    auto db = pg::Db::open(url);
    REQUIRE_FALSE(db.has_value());
    CHECK(db.error().fault == (*said ? Fault::Invalid : db.error().fault));
    CHECK(db.error().detail.find(said) != std::string::npos);
    CHECK(db.error().detail.find("secret") == std::string::npos);
  }
  auto nobody = pg::Db::open("postgresql://u@/cases?host=/nonexistent");
  REQUIRE_FALSE(nobody.has_value());
  CHECK(nobody.error().fault == Fault::Offline);
}

TEST_CASE("pg: a server that may lose what it confirmed is refused", "[pg]") {
  auto& cluster = Postgres::shared();
  cluster.sql("postgres", "ALTER SYSTEM SET full_page_writes = off");
  cluster.sql("postgres", "SELECT pg_reload_conf()");
  while (cluster.sql("postgres", "SHOW full_page_writes") == "on\n") continue;
  auto db = pg::Db::open(cluster.url("postgres", "postgres"));
  cluster.sql("postgres", "ALTER SYSTEM RESET full_page_writes");
  cluster.sql("postgres", "SELECT pg_reload_conf()");
  while (cluster.sql("postgres", "SHOW full_page_writes") == "off\n") continue;
  REQUIRE_FALSE(db.has_value());
  CHECK(db.error().fault == Fault::Unsupported);
  CHECK(db.error().detail.find("full_page_writes") != std::string::npos);
  // One that confirms before the disk has it is told to wait, for our sessions.
  cluster.sql("postgres", "ALTER ROLE postgres SET synchronous_commit = off");
  auto careful = open();
  cluster.sql("postgres", "ALTER ROLE postgres RESET synchronous_commit");
  CHECK(careful.first<std::string>("SHOW synchronous_commit")->value() == "on");
}

TEST_CASE("pg: migrations run once each, also when two programs begin together; a newer schema is refused", "[pg]") {
  auto& cluster = Postgres::shared();
  const std::string database = cluster.make_database("house_owner", "house_app");
  const std::string url = cluster.url("house_owner", database);
  static constexpr pg::Migration steps[] = {{1, "CREATE TABLE a(n bigint); INSERT INTO a VALUES(1)"},
                                            {2, "INSERT INTO a VALUES(2)"}};
  auto one = [&] {
    auto db = pg::Db::open(url);
    return db ? pg::migrate(*db, "house", steps) : base::Result<void>(db.error());
  };
  auto other = std::async(std::launch::async, one);
  auto mine = one(), theirs = other.get();
  if (!mine) FAIL_CHECK(mine.error());
  if (!theirs) FAIL_CHECK(theirs.error());
  CHECK(cluster.sql(database, "SELECT string_agg(n::text, ',' ORDER BY n) FROM house.a") == "1,2\n");
  pg::DbOptions options;
  options.schema = "house";
  auto db = pg::Db::open(url, options);
  REQUIRE(db.has_value());
  CHECK(pg::schema_version(*db).value() == 2);
  auto older = pg::migrate(*db, "house", std::span(steps).first(1));
  REQUIRE_FALSE(older.has_value());
  CHECK(older.error().fault == Fault::Unsupported);
  options.schema = "elsewhere";
  auto empty = pg::Db::open(url, options);
  REQUIRE(empty.has_value());
  CHECK(pg::schema_version(*empty).error().fault == Fault::NotFound);
}
