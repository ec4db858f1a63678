#include "platform/sql/db.h"

#include <catch2/catch_test_macros.hpp>

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <set>

#include "platform/base/bytes.h"
#include "platform/base/file.h"
#include "platform/base/limits.h"
#include "platform/sql/connection.h"
#include "tests/sql/folder.h"
#include "tests/support/decrypted.h"

using namespace doorstep;
using namespace doorstep::sql;
using base::Secret;

namespace {

void flip(const std::filesystem::path& path, std::size_t offset) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(offset));
  char c = static_cast<char>(file.get() ^ 1);
  file.seekp(static_cast<std::streamoff>(offset));
  file.put(c);
  REQUIRE(file.good());
}

/// About twenty pages of rows, checkpointed into the file itself.
void fill(const Folder& folder) {
  Db db = folder.create();
  REQUIRE(db.script("CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT)").has_value());
  for (int i = 0; i < 200; ++i) REQUIRE(db.exec("INSERT INTO t VALUES(?1,?2)", i, std::string(400, 'x')).has_value());
  REQUIRE(db.checkpoint().has_value());
}

std::string decrypted(const Folder& folder) {
  return support::decrypted_pages(bytes_of(folder.file()), folder.key.view());
}

}  // namespace

TEST_CASE("db: what was written is read again after opening anew", "[sql]") {
  Folder folder;
  Id id = *Id::parse("0190f0a0-1111-7000-8000-000000000001");
  {
    Db db = folder.create();
    REQUIRE(db.script("CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT, c BLOB, d REAL, e BLOB, f)").has_value());
    auto changed = db.exec("INSERT INTO t VALUES(?1,?2,?3,?4,?5,?6)", 7, "Aoife \xc5\xa0", Blob{std::string_view("\0\1\2", 3)}, 2.5, id,
                           std::nullopt);
    REQUIRE(changed.has_value());
    CHECK(*changed == 1);
    CHECK(db.last_insert_rowid() == 7);
  }
  Db db = folder.open();
  int rows = 0;
  auto read = db.query("SELECT a,b,c,d,e,f FROM t WHERE a=?1 AND e=?2", 7, id, [&](const Row& row) {
    ++rows;
    CHECK(row.columns() == 6);
    CHECK(row.integer(0) == 7);
    CHECK(row.text(1) == "Aoife \xc5\xa0");
    CHECK(row.blob(2) == std::string_view("\0\1\2", 3));
    CHECK(row.real(3) == 2.5);
    CHECK(row.id(4) == id);
    CHECK(row.is_null(5));
    CHECK_FALSE(row.maybe_integer(5).has_value());
  });
  REQUIRE(read.has_value());
  CHECK(rows == 1);
  CHECK(*db.first<std::string>("SELECT b FROM t") == "Aoife \xc5\xa0");
  CHECK(*db.first<Id>("SELECT e FROM t") == id);
  CHECK_FALSE(db.first<int>("SELECT f FROM t")->has_value());
  CHECK_FALSE(db.first<int>("SELECT a FROM t WHERE a=9")->has_value());
}

TEST_CASE("db: empty text and empty blob are not NULL, and a zero byte is kept", "[sql]") {
  Folder folder;
  Db db = folder.create();
  REQUIRE(db.script("CREATE TABLE t(a, b, c, d)").has_value());
  REQUIRE(db.exec("INSERT INTO t VALUES(?1,?2,?3,?4)", std::string_view(), Blob{{}}, std::string("a\0b", 3), std::optional<int>())
              .has_value());
  auto types = db.first<std::string>("SELECT typeof(a)||' '||typeof(b)||' '||typeof(c)||' '||typeof(d) FROM t");
  CHECK(**types == "text blob text null");
  CHECK(**db.first<std::string>("SELECT c FROM t") == std::string("a\0b", 3));
}

TEST_CASE("db: nothing in the folder is readable without the key, and only its owner reads the files", "[sql][S04]") {
  Folder folder;
  Db db = folder.create();
  REQUIRE(db.script("CREATE TABLE t(b TEXT); CREATE VIRTUAL TABLE f USING fts5(b)").has_value());
  const std::string canary = "CANARY-wren-holly-marsh";
  REQUIRE(db.exec("INSERT INTO t VALUES(?1)", canary).has_value());
  REQUIRE(db.exec("INSERT INTO f VALUES(?1)", canary).has_value());
  int files = 0;
  auto scan = [&] {
    for (const auto& entry : std::filesystem::directory_iterator(folder.file().parent_path())) {
      ++files;
      std::string bytes = bytes_of(entry.path());
      CHECK(bytes.find(canary) == std::string::npos);
      CHECK(bytes.find("CREATE TABLE") == std::string::npos);
      CHECK(bytes.find("SQLite format 3") == std::string::npos);
      struct stat info{};
      REQUIRE(::stat(entry.path().c_str(), &info) == 0);
      CHECK((info.st_mode & 0777) == 0600);
    }
  };
  scan();  // the file, its WAL and shared memory
  CHECK(files == 3);
  {  // in the middle of a write that no longer fits into memory
    auto transaction = Transaction::begin(db);
    REQUIRE(transaction.has_value());
    const auto before = std::filesystem::file_size(folder.file("t.db-wal"));
    std::string page;
    while (page.size() < 100'000) page += canary + "\n";
    for (std::size_t written = 0; written < 2 * limits::kPageCacheBytes; written += page.size())
      REQUIRE(db.exec("INSERT INTO t VALUES(?1)", page).has_value());
    CHECK(std::filesystem::file_size(folder.file("t.db-wal")) > before + limits::kPageCacheBytes / 2);
    scan();
  }
  REQUIRE(db.checkpoint().has_value());
  scan();
  bool seen = false;  // the same words are found where they may be
  REQUIRE(db.dump([&](std::string_view line) { seen = seen || line.find(canary) != line.npos; }).has_value());
  CHECK(seen);
}

TEST_CASE("db: a library that does not encrypt, or is too old, is refused", "[sql][S01]") {
  for (const char* good : {"4.6.1 community", "4.6.1", "4.10.0 community", "4.17.0 community", "5.0.0 enterprise"}) {
    INFO(good);
    CHECK_FALSE(refusal_of(good).has_value());
  }
  for (const char* bad : {"4.6.0 community", "4.5.7 community", "3.4.1", "4", "4.6", "x", " 4.6.1"}) {
    INFO(bad);
    REQUIRE(refusal_of(bad).has_value());
    CHECK(refusal_of(bad)->fault == Fault::Unsupported);
  }
  REQUIRE(refusal_of("").has_value());  // what plain SQLite answers
  CHECK(refusal_of("")->detail == "the SQLite that was linked does not encrypt");
  CHECK_FALSE(refusal_of(cipher_version()).has_value());
}

TEST_CASE("db: what is sorted or grouped beyond memory is in no temporary file", "[sql][S05]") {
  Folder folder;
  Db db = folder.create();
  REQUIRE(db.script("CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT)").has_value());
  {
    auto transaction = Transaction::begin(db);
    REQUIRE(transaction.has_value());
    for (int i = 0; i < 20'000; ++i)
      REQUIRE(db.exec("INSERT INTO t VALUES(?1, ?2)", i, std::to_string(i * 7919 % 20'011) + std::string(2'000, 'x')).has_value());
    REQUIRE(transaction->commit().has_value());
  }
  // SQLite unlinks its temporary files as soon as it has them: only the process's own descriptors show them.
  auto other_files = [&] {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
      std::error_code gone;
      const auto target = std::filesystem::read_symlink(entry.path(), gone).string();
      struct stat info{};
      if (gone || ::stat(entry.path().c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
      if (!target.starts_with(folder.file().string())) names.insert(target);
    }
    return names;
  };
  const auto before = other_files();
  for (const char* sql : {"SELECT b FROM t ORDER BY b", "SELECT b, count(*) FROM t GROUP BY b", "SELECT DISTINCT b FROM t",
                          "SELECT b FROM t UNION SELECT b || '!' FROM t", "CREATE TEMP TABLE u AS SELECT b FROM t ORDER BY b",
                          "CREATE INDEX i ON t(b)"}) {
    INFO(sql);
    int rows = 0;
    auto read = db.query(sql, [&](const Row&) {
      if (rows++ == 0) CHECK(other_files() == before);
    });
    INFO((read.has_error() ? read.error().detail : std::string()));
    REQUIRE(read.has_value());
    CHECK(other_files() == before);
  }
}

TEST_CASE("db: a wrong key, a wrong salt and a damaged page are told apart", "[sql]") {
  Folder folder;
  fill(folder);
  SECTION("wrong key") {
    auto db = Db::open(folder.file(), Secret::copy_of("0123456789abcdef0123456789abcdeg"), folder.salt);
    REQUIRE(db.has_error());
    CHECK(db.error().fault == Fault::Locked);
  }
  SECTION("wrong salt") {
    auto db = Db::open(folder.file(), folder.key, "another-16-bytes");
    REQUIRE(db.has_error());
    CHECK(db.error().fault == Fault::Corrupt);
  }
  SECTION("first page damaged, key right") {
    flip(folder.file(), 1000);
    auto db = Db::open(folder.file(), folder.key, folder.salt);
    REQUIRE(db.has_error());
    CHECK(db.error().fault == Fault::Corrupt);
    CHECK(db.error().detail == "the first page is damaged");
  }
  SECTION("a later page damaged: reported when read and by check(), never read as something else") {
    Db whole = folder.open();
    CHECK(whole.check()->empty());
    whole = [&] {
      Db gone = std::move(whole);
      return folder.open();
    }();
    flip(folder.file(), 5 * 4096 + 77);
    Db db = folder.open();
    auto read = db.query("SELECT a,b FROM t", [](const Row& row) { CHECK(row.text(1) == std::string(400, 'x')); });
    REQUIRE(read.has_error());
    CHECK(read.error().fault == Fault::Corrupt);
    auto problems = db.check();
    INFO((problems.has_error() ? problems.error().detail : std::string()));
    REQUIRE(problems.has_value());
    CHECK_FALSE(problems->empty());
  }
  SECTION("the right key still opens it") { CHECK(*folder.open().first<int>("SELECT count(*) FROM t") == 200); }
}

TEST_CASE("db: every page's bit flips are found", "[sql][S09]") {
  Folder folder;
  fill(folder);
  std::string whole = bytes_of(folder.file());
  REQUIRE(whole.size() % 4096 == 0);
  for (std::size_t page = 0; page < whole.size() / 4096; ++page)
    for (std::size_t at : {std::size_t{0}, std::size_t{100}, std::size_t{2048}, std::size_t{4020}, std::size_t{4095}}) {
      std::string damaged = whole;
      damaged[page * 4096 + at] = static_cast<char>(damaged[page * 4096 + at] ^ 0x40);
      REQUIRE(base::write_file_atomic(folder.file(), damaged, base::Access::Owner).has_value());
      CAPTURE(page, at);
      auto db = Db::open(folder.file(), folder.key, folder.salt);
      if (db.has_error()) {
        CHECK(db.error().fault == Fault::Corrupt);
        continue;
      }
      auto problems = db->check();
      REQUIRE(problems.has_value());
      CHECK_FALSE(problems->empty());
    }
}

TEST_CASE("db: a plain SQLite file is refused, also an empty one where a store should be", "[sql][S02]") {
  Folder folder;
  REQUIRE(base::write_file_atomic(folder.file(), std::string("SQLite format 3\0", 16) + std::string(4080, '\0'), base::Access::Owner)
              .has_value());
  for (auto mode : {OpenMode::Existing, OpenMode::Create}) {
    auto db = Db::open(folder.file(), folder.key, folder.salt, {.mode = mode, .vfs = {}});
    REQUIRE(db.has_error());
    CHECK(db.error().fault == Fault::Corrupt);
    CHECK(db.error().detail == "the file is not encrypted");
  }
  REQUIRE(base::write_file_atomic(folder.file("empty.db"), "", base::Access::Owner).has_value());
  auto empty = Db::open(folder.file("empty.db"), folder.key, folder.salt);
  REQUIRE(empty.has_error());
  CHECK(empty.error().fault == Fault::Corrupt);
  auto missing = Db::open(folder.file("missing.db"), folder.key, folder.salt);
  REQUIRE(missing.has_error());
  CHECK(missing.error().fault == Fault::NotFound);
  CHECK_FALSE(std::filesystem::exists(folder.file("missing.db")));
}

TEST_CASE("db: a first page torn by a power cut while the log was written back comes out of the log", "[sql]") {
  Folder folder, after;
  Db db = folder.create();
  REQUIRE(db.script("CREATE TABLE t(a); INSERT INTO t VALUES(7)").has_value());
  for (const char* name : {"t.db", "t.db-wal"}) std::filesystem::copy_file(folder.file(name), after.file(name));
  for (std::size_t at = 0; at < 512; ++at) flip(after.file(), at);
  Db opened = after.open();
  CHECK(**opened.first<int>("SELECT a FROM t") == 7);
  CHECK(opened.check()->empty());
}

TEST_CASE("db: only a key of 32 bytes and a salt of 16 make a key of 99 characters", "[sql][S03]") {
  Folder folder;
  for (std::size_t key = 0; key <= 200; ++key) {
    auto db = Db::open(folder.file(), Secret::copy_of(std::string(key, 'k')), folder.salt, {.mode = OpenMode::Create, .vfs = {}});
    CAPTURE(key);
    CHECK(db.has_value() == (key == 32));
    if (db.has_error()) CHECK(db.error().fault == Fault::Invalid);
  }
  for (std::size_t salt = 0; salt <= 40; ++salt) {
    auto db = Db::open(folder.file(std::to_string(salt)), folder.key, std::string(salt, 's'), {.mode = OpenMode::Create, .vfs = {}});
    CHECK(db.has_value() == (salt == 16));
  }
}

TEST_CASE("db: the file's settings are the safe ones", "[sql]") {
  Folder folder;
  Db db = folder.create();
  REQUIRE(db.script("CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(p INTEGER REFERENCES p(id))").has_value());
  auto orphan = db.exec("INSERT INTO c VALUES(5)");
  REQUIRE(orphan.has_error());
  CHECK(orphan.error().fault == Fault::Conflict);
  CHECK(db.exec("UPDATE sqlite_schema SET sql='x'").has_error());    // defensive
  CHECK(db.exec("SELECT \"no such column\" FROM p").has_error());    // no strings in double quotes
  CHECK(std::filesystem::exists(folder.file("t.db-wal")));
}

TEST_CASE("db: what could write the data in the clear or change the key is refused", "[sql][S06][K22]") {
  Folder folder;
  Db db = folder.create();
  REQUIRE(db.script("CREATE TABLE t(a)").has_value());
  for (const char* sql : {"ATTACH 'plain.db' AS plain KEY ''", "DETACH main", "PRAGMA key = 'x'", "PRAGMA rekey = 'x'",
                          "PRAGMA temp_store = FILE", "PRAGMA temp_store_directory = '/tmp'", "PRAGMA journal_mode = DELETE",
                          "PRAGMA synchronous = OFF", "PRAGMA cipher_plaintext_header_size = 32", "PRAGMA cipher_log = stderr",
                          "PRAGMA foreign_keys = OFF", "PRAGMA user_version = 7", "PRAGMA writable_schema = ON",
                          "PRAGMA secure_delete = OFF", "PRAGMA CIPHER_USE_HMAC = OFF", "SELECT sqlcipher_export('main')",
                          "SELECT load_extension('x')", "VACUUM", "VACUUM INTO 'plain.db'"}) {
    CAPTURE(sql);
    auto result = db.exec(sql);
    REQUIRE(result.has_error());
    CAPTURE(result.error().detail);
    CHECK((result.error().fault == Fault::Denied || result.error().detail.starts_with("not authorized to use function")));
  }
  CHECK_FALSE(std::filesystem::exists("plain.db"));
  REQUIRE(db.exec("INSERT INTO t VALUES(1)").has_value());  // and it still works
}

TEST_CASE("db: each kind of failure has its own fault, and no error repeats a value", "[sql]") {
  Folder folder;
  Db db = folder.create();
  REQUIRE(db.script("CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT UNIQUE NOT NULL);"
                    "CREATE TRIGGER no_delete BEFORE DELETE ON t BEGIN SELECT RAISE(ABORT, 'approved rows stay'); END;"
                    "CREATE VIRTUAL TABLE f USING fts5(b)").has_value());
  REQUIRE(db.exec("INSERT INTO t VALUES(1,'Marsh')").has_value());
  auto twice = db.exec("INSERT INTO t VALUES(2,?1)", "Marsh");
  REQUIRE(twice.has_error());
  CHECK(twice.error().fault == Fault::Conflict);
  CHECK(twice.error().detail == "UNIQUE constraint failed: t.b");
  auto refused = db.exec("DELETE FROM t");
  REQUIRE(refused.has_error());
  CHECK(refused.error().fault == Fault::Denied);
  CHECK(refused.error().detail == "approved rows stay");
  auto search = db.query("SELECT b FROM f WHERE f MATCH ?1", "\"Marsh", [](const Row&) {});
  REQUIRE(search.has_error());
  CHECK(search.error().detail.find("Marsh") == std::string::npos);
  CHECK(db.exec("SELEC 1").error().fault == Fault::Invalid);
  CHECK(db.exec("SELECT 1; SELECT 2").error().fault == Fault::Invalid);
  CHECK(db.exec("").error().fault == Fault::Invalid);
  CHECK(db.exec("SELECT 1;  \n").has_value());
}

TEST_CASE("statement: a prepared one is used again, also while the same SQL is being read", "[sql]") {
  Folder folder;
  Db db = folder.create();
  REQUIRE(db.script("CREATE TABLE t(a INTEGER PRIMARY KEY, parent INTEGER)").has_value());
  for (int i = 1; i <= 9; ++i) REQUIRE(db.exec("INSERT INTO t VALUES(?1,?2)", i, i / 2).has_value());
  int visited = 0;
  std::function<Result<void>(int)> walk = [&](int parent) -> Result<void> {
    return db.query("SELECT a FROM t WHERE parent=?1", parent, [&](const Row& row) -> Result<void> {
      ++visited;
      return walk(static_cast<int>(row.integer(0)));
    });
  };
  REQUIRE(walk(0).has_value());
  CHECK(visited == 9);

  for (int i = 0; i < 1000; ++i)  // more SQL than the cache keeps
    CHECK(**db.first<int>("SELECT " + std::to_string(i)) == i);

  auto statement = db.prepare("SELECT ?1 + ?2");
  REQUIRE(statement.has_value());
  for (int i = 0; i < 3; ++i) {
    statement->bind(i, 10);
    REQUIRE(statement->step().has_value());
    CHECK(statement->integer(0) == i + 10);
  }
}

TEST_CASE("statement: a row function's error stops the query and is its error", "[sql]") {
  Folder folder;
  Db db = folder.create();
  int rows = 0;
  auto result = db.query("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT i FROM n", [&](const Row& row) -> Result<void> {
    ++rows;
    if (row.integer(0) == 5) return Error{Fault::Cancelled, "test", {}};
    return {};
  });
  REQUIRE(result.has_error());
  CHECK(result.error().fault == Fault::Cancelled);
  CHECK(rows == 5);
}

TEST_CASE("transaction: left without commit it is rolled back; committed it stays", "[sql]") {
  Folder folder;
  Db db = folder.create();
  REQUIRE(db.script("CREATE TABLE t(a INTEGER PRIMARY KEY)").has_value());
  {
    auto transaction = Transaction::begin(db);
    REQUIRE(transaction.has_value());
    REQUIRE(db.exec("INSERT INTO t VALUES(1)").has_value());
    CHECK(db.in_transaction());
    CHECK(Transaction::begin(db).has_error());
  }
  CHECK_FALSE(db.in_transaction());
  CHECK(**db.first<int>("SELECT count(*) FROM t") == 0);
  {
    auto transaction = Transaction::begin(db);
    REQUIRE(transaction.has_value());
    REQUIRE(db.exec("INSERT INTO t VALUES(2)").has_value());
    REQUIRE(transaction->commit().has_value());
  }
  CHECK(**db.first<int>("SELECT a FROM t") == 2);
  Db other = folder.open();
  CHECK(**other.first<int>("SELECT a FROM t") == 2);
}

TEST_CASE("transaction: a second writer waits, then is told, and a reader sees one moment", "[sql]") {
  Folder folder;
  Db db = folder.create();
  REQUIRE(db.script("CREATE TABLE t(a INTEGER PRIMARY KEY)").has_value());
  Db other = folder.open({.busy_timeout = base::Millis(10), .vfs = {}});
  {
    auto reading = Transaction::read(other);
    REQUIRE(reading.has_value());
    CHECK(**other.first<int>("SELECT count(*) FROM t") == 0);
    auto writing = Transaction::begin(db);
    REQUIRE(writing.has_value());
    REQUIRE(db.exec("INSERT INTO t VALUES(1)").has_value());
    REQUIRE(writing->commit().has_value());
    CHECK(**other.first<int>("SELECT count(*) FROM t") == 0);
  }
  CHECK(**other.first<int>("SELECT count(*) FROM t") == 1);
  auto writing = Transaction::begin(db);
  REQUIRE(writing.has_value());
  auto second = Transaction::begin(other);
  REQUIRE(second.has_error());
  CHECK(second.error().fault == Fault::Timeout);
}

TEST_CASE("migrate: runs what is new, each with its number, and refuses a newer file", "[sql]") {
  Folder folder;
  const Migration steps[] = {{1, "CREATE TABLE a(x); INSERT INTO a VALUES(1)"}, {2, "ALTER TABLE a ADD y; UPDATE a SET y=2"},
                             {3, "CREATE TABLE b(z)"}};
  {
    Db db = folder.create();
    CHECK(*db.version() == 0);
    REQUIRE(migrate(db, std::span(steps, 1)).has_value());
    CHECK(*db.version() == 1);
  }
  Db db = folder.open();
  REQUIRE(migrate(db, steps).has_value());
  CHECK(*db.version() == 3);
  CHECK(**db.first<int>("SELECT y FROM a") == 2);
  REQUIRE(migrate(db, steps).has_value());
  CHECK(**db.first<int>("SELECT count(*) FROM a") == 1);
  auto older_program = migrate(db, std::span(steps, 2));
  REQUIRE(older_program.has_error());
  CHECK(older_program.error().fault == Fault::Unsupported);
}

TEST_CASE("migrate: one that fails leaves the file as it was", "[sql]") {
  Folder folder;
  Db db = folder.create();
  const Migration bad[] = {{1, "CREATE TABLE a(x)"}, {2, "CREATE TABLE b(x); INSERT INTO b VALUES(1); INSERT INTO missing VALUES(1)"}};
  REQUIRE(migrate(db, bad).has_error());
  CHECK(*db.version() == 1);
  CHECK_FALSE(db.in_transaction());
  CHECK(**db.first<int>("SELECT count(*) FROM sqlite_schema WHERE name='b'") == 0);
  const Migration mended[] = {{1, "CREATE TABLE a(x)"}, {2, "CREATE TABLE b(x)"}};
  REQUIRE(migrate(db, mended).has_value());
  CHECK(*db.version() == 2);
}

TEST_CASE("db: full-text search works, and its deleted words are gone from the decrypted pages", "[sql][S08]") {
  Folder folder;
  Db db = folder.create();
  REQUIRE(db.script("CREATE VIRTUAL TABLE f USING fts5(b); INSERT INTO f(f, rank) VALUES('secure-delete', 1)").has_value());
  REQUIRE(db.exec("INSERT INTO f(rowid, b) VALUES(1, ?1)", "a wagtail by the mill").has_value());
  CHECK(**db.first<int>("SELECT count(*) FROM f WHERE f MATCH ?1", "wagtail") == 1);
  REQUIRE(db.exec("DELETE FROM f WHERE rowid=1").has_value());
  bool seen = false;
  REQUIRE(db.dump([&](std::string_view line) { seen = seen || line.find("wagtail") != line.npos; }).has_value());
  CHECK_FALSE(seen);

  // Rows are not all that pages hold: the same of the whole image, free space included.
  REQUIRE(db.script("CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT)").has_value());
  for (int i = 0; i < 100; ++i) {
    REQUIRE(db.exec("INSERT INTO t VALUES(?1, ?2)", i, "a kingfisher " + std::string(500, 'x')).has_value());
    REQUIRE(db.exec("INSERT INTO f(rowid, b) VALUES(?1, 'a kingfisher')", i).has_value());
  }
  REQUIRE(db.checkpoint().has_value());
  CHECK(decrypted(folder).find("kingfisher") != std::string::npos);
  for (const char* sql : {"UPDATE t SET b = 'nothing' WHERE a < 50", "DELETE FROM t WHERE a > 50", "DELETE FROM t", "DELETE FROM f"})
    REQUIRE(db.exec(sql).has_value());
  REQUIRE(db.checkpoint().has_value());
  CHECK(decrypted(folder).find("kingfisher") == std::string::npos);
}

TEST_CASE("db: another process, or another connection, that opens and closes the file takes nothing from the one that writes", "[sql]") {
  Folder folder;
  REQUIRE(folder.create().script("CREATE TABLE t(n INTEGER)").has_value());
  int ask[2], told[2];
  REQUIRE((::pipe(ask) == 0 && ::pipe(told) == 0));
  const pid_t writer = ::fork();
  REQUIRE(writer >= 0);
  if (writer == 0) {
    auto db = Db::open(folder.file(), folder.key, folder.salt);
    if (!db.has_value()) ::_exit(1);
    for (char what; ::read(ask[0], &what, 1) == 1;) {
      if (what == 'o' && !Db::open(folder.file(), folder.key, folder.salt).has_value()) ::_exit(2);
      if (what == 'w' && !db->exec("INSERT INTO t VALUES(1)").has_value()) ::_exit(3);
      if (::write(told[1], &what, 1) != 1) ::_exit(4);
    }
    ::_exit(0);
  }
  auto tell = [&](char what) {
    char done = 0;
    REQUIRE(::write(ask[1], &what, 1) == 1);
    REQUIRE(::read(told[0], &done, 1) == 1);
  };
  auto rows = [&] {
    Db db = folder.open();
    return **db.first<std::int64_t>("SELECT count(*) FROM t");
  };
  tell('w');
  CHECK(rows() == 1);  // the last one out would take the log away: this one is not the last
  CHECK(std::filesystem::exists(folder.file("t.db-wal")));
  tell('w');
  CHECK(rows() == 2);
  tell('o');
  CHECK(rows() == 2);
  tell('w');
  ::kill(writer, SIGKILL);
  ::waitpid(writer, nullptr, 0);
  for (const int fd : {ask[0], ask[1], told[0], told[1]}) ::close(fd);
  CHECK(rows() == 3);
}
