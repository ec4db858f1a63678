#include "platform/sql/key_change.h"

#include <catch2/catch_test_macros.hpp>

#include "platform/base/bytes.h"
#include "platform/base/file.h"
#include "tests/sql/folder.h"

using namespace doorstep;
using namespace doorstep::sql;
using base::Secret;

namespace {

/// All rows of all tables, and what finds words.
std::string words_of(Db& db) {
  std::string out = std::to_string(*db.version()) + "\n";
  REQUIRE(db.dump([&](std::string_view line) { (out += line) += '\n'; }).has_value());
  const auto hit = [&](const Row& row) { out += row.string(0) + "\n"; };
  REQUIRE(db.query("SELECT rowid FROM found WHERE found MATCH 'corduroy'", hit).has_value());
  return out;
}

}  // namespace

TEST_CASE("key change: a copy under another key holds all that was there, and the old key opens none of it", "[sql][K22]") {
  Folder folder;
  std::string words;
  {
    Db db = folder.create();
    static constexpr Migration kSteps[] = {
        {1, "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT); CREATE TABLE m(k TEXT PRIMARY KEY, v ANY NOT NULL) STRICT, WITHOUT ROWID;"
            "CREATE TABLE loose(x); CREATE VIRTUAL TABLE found USING fts5(w); CREATE INDEX by_b ON t(b)"}};
    REQUIRE(migrate(db, kSteps).has_value());
    for (int i = 0; i < 300; ++i) {
      REQUIRE(db.exec("INSERT INTO t VALUES(?,?)", i, "a corduroy bear " + std::string(300, 'x')).has_value());
      REQUIRE(db.exec("INSERT INTO loose(rowid, x) VALUES(?,?)", 3 * i, i).has_value());
      REQUIRE(db.exec("INSERT INTO found(rowid, w) VALUES(?,?)", 5 * i, "corduroy").has_value());
    }
    REQUIRE(db.exec("INSERT INTO m VALUES('k', 7)").has_value());
    REQUIRE(db.exec("DELETE FROM t WHERE a % 2").has_value());
    REQUIRE(db.exec("DELETE FROM loose WHERE x % 2").has_value());
    words = words_of(db);
  }
  const auto copy = folder.file().string() + ".next";
  const Secret fresh = Secret::random(kKeyBytes);
  const std::string salt = base::random_bytes(kSaltBytes);
  REQUIRE(base::write_file_atomic(copy, "half of one that was cut off", base::Access::Owner).has_value());
  const auto made = copy_under_key(folder.file(), folder.key, folder.salt, copy, fresh, salt);
  INFO((made.has_error() ? made.error().where + ": " + made.error().detail : std::string()));
  REQUIRE(made.has_value());
  CHECK(bytes_of(copy).starts_with(salt));
  for (const char* end : {"-wal", "-shm", "-journal"}) CHECK_FALSE(std::filesystem::exists(copy + end));
  CHECK((std::filesystem::status(copy).permissions() & std::filesystem::perms(077)) == std::filesystem::perms::none);
  CHECK(bytes_of(copy).find("corduroy") == std::string::npos);

  CHECK(Db::open(copy, folder.key, folder.salt).has_error());
  CHECK(Db::open(copy, folder.key, salt).error().fault == Fault::Locked);
  CHECK(Db::open(copy, fresh, folder.salt).has_error());
  {
    auto db = Db::open(copy, fresh, salt);
    REQUIRE(db.has_value());
    CHECK(words_of(*db) == words);
    CHECK(db->check()->empty());
    REQUIRE(db->exec("INSERT INTO m VALUES('more', 8)").has_value());
  }
  auto old = Db::open(folder.file(), folder.key, folder.salt);  // which nothing happened to
  REQUIRE(old.has_value());
  CHECK(words_of(*old) == words);
}

TEST_CASE("key change: what cannot be copied whole leaves no copy, and the database as it was", "[sql][K22]") {
  Folder folder;
  {
    Db db = folder.create();
    REQUIRE(db.script("CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT)").has_value());
    for (int i = 0; i < 200; ++i) REQUIRE(db.exec("INSERT INTO t VALUES(?,?)", i, std::string(400, 'x')).has_value());
  }
  const auto copy = folder.file().string() + ".next";
  const Secret fresh = Secret::random(kKeyBytes);
  const std::string salt = base::random_bytes(kSaltBytes), before = bytes_of(folder.file());
  const auto refused = [&](const Secret& key, const Secret& other, std::string_view other_salt) {
    const auto made = copy_under_key(folder.file(), key, folder.salt, copy, other, other_salt);
    REQUIRE(made.has_error());
    CHECK_FALSE(std::filesystem::exists(copy));
    return made.error().fault;
  };
  CHECK(refused(fresh, fresh, salt) == Fault::Locked);  // not the key it is under
  CHECK(refused(folder.key, Secret::random(31), salt) == Fault::Invalid);
  CHECK(refused(folder.key, fresh, salt.substr(1)) == Fault::Invalid);
  CHECK(bytes_of(folder.file()) == before);
  std::string damaged = before;
  damaged[damaged.size() - 2000] ^= 1;
  REQUIRE(base::write_file_atomic(folder.file(), damaged, base::Access::Owner).has_value());
  CHECK(refused(folder.key, fresh, salt) == Fault::Corrupt);
  REQUIRE(base::write_file_atomic(folder.file(), before, base::Access::Owner).has_value());

  // Somebody reads what was there before the last write, which therefore stays in the log.
  Db reader = folder.open();
  const auto snapshot = Transaction::read(reader);
  REQUIRE(reader.first<int>("SELECT count(*) FROM t").has_value());
  REQUIRE(folder.open().exec("INSERT INTO t VALUES(1000, 'x')").has_value());
  DbOptions soon;
  soon.busy_timeout = base::Millis(10);
  CHECK(copy_under_key(folder.file(), folder.key, folder.salt, copy, fresh, salt, soon).error().fault == Fault::Timeout);
  CHECK_FALSE(std::filesystem::exists(copy));
}
