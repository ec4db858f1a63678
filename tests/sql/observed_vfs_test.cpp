#include "platform/sql/observed_vfs.h"

#include <catch2/catch_test_macros.hpp>

#include <vector>

#include "tests/sql/folder.h"

using namespace doorstep;
using namespace doorstep::sql;

namespace {

bool ends(const std::string& text, std::string_view end) { return std::string_view(text).ends_with(end); }

/// True when the last write to the WAL was followed by a sync of it that returned well.
bool log_is_durable(const std::vector<FileEvent>& events) {
  bool durable = false;
  for (const auto& event : events)
    if (ends(event.path, "-wal")) {
      if (event.kind == FileEvent::Kind::Write) durable = false;
      if (event.kind == FileEvent::Kind::Sync && event.ok) durable = true;
    }
  return durable;
}

}  // namespace

TEST_CASE("observed vfs: a commit returns only after the log's sync did, and with synchronous off it does not", "[sql]") {
  std::vector<FileEvent> events;
  REQUIRE(register_observed_vfs("observed", [&](const FileEvent& event) { events.push_back(event); }).has_value());
  for (auto mode : {Synchronous::Full, Synchronous::Off}) {
    Folder folder;
    Db db = folder.create({.synchronous = mode, .vfs = "observed"});
    REQUIRE(db.script("CREATE TABLE t(a TEXT)").has_value());
    for (int i = 0; i < 20; ++i) {
      events.clear();
      auto transaction = Transaction::begin(db);
      REQUIRE(transaction.has_value());
      REQUIRE(db.exec("INSERT INTO t VALUES(?1)", std::string(3000, 'x')).has_value());
      REQUIRE(transaction->commit().has_value());
      REQUIRE_FALSE(events.empty());
      CHECK(log_is_durable(events) == (mode == Synchronous::Full));
    }
  }
  REQUIRE(register_observed_vfs("observed", {}).has_value());  // `events` goes out of scope
}

TEST_CASE("observed vfs: what a killed process left without a sync is durable before it can be read", "[sql]") {
  Folder folder, copy;
  Db db = folder.create({.synchronous = Synchronous::Off, .vfs = {}});  // as if each commit had been cut off before its sync
  REQUIRE(db.script("CREATE TABLE t(a TEXT); INSERT INTO t VALUES('kept')").has_value());
  for (const char* end : {"", "-wal"})
    std::filesystem::copy_file(folder.file().string() + end, copy.file().string() + end);
  bool durable = false;
  REQUIRE(register_observed_vfs("recovering", [&](const FileEvent& event) {
            if (ends(event.path, "-wal") && event.kind == FileEvent::Kind::Sync && event.ok) durable = true;
          }).has_value());
  Db again = copy.open({.vfs = "recovering"});
  CHECK(durable);
  CHECK(**again.first<std::string>("SELECT a FROM t") == "kept");
  REQUIRE(register_observed_vfs("recovering", {}).has_value());
}

TEST_CASE("observed vfs: a file made through it is the same file without it", "[sql]") {
  Folder folder;
  std::int64_t written = 0;
  REQUIRE(register_observed_vfs("counting", [&](const FileEvent& event) {
            if (event.kind == FileEvent::Kind::Write) written += event.bytes;
          }).has_value());
  {
    Db db = folder.create({.vfs = "counting"});
    REQUIRE(db.script("CREATE TABLE t(a TEXT); INSERT INTO t VALUES('kept')").has_value());
    CHECK(written > 4096);
    Db second = folder.open();  // both VFSs use the same locks and shared memory
    CHECK(**second.first<std::string>("SELECT a FROM t") == "kept");
  }
  REQUIRE(register_observed_vfs("counting", {}).has_value());
  Db db = folder.open();
  CHECK(**db.first<std::string>("SELECT a FROM t") == "kept");
  CHECK(db.check()->empty());
  CHECK(Db::open(folder.file(), folder.key, folder.salt, {.vfs = "nobody registered this"}).has_error());
}
