#include <catch2/catch_test_macros.hpp>

#include <mutex>
#include <set>

#include "platform/sql/observed_vfs.h"
#include "sync/wire/codec.h"
#include "tests/bench/measure.h"
#include "tests/bench/notes.h"
#include "tests/bench/raw.h"
#include "tests/support/council.h"

using namespace doorstep;
using namespace doorstep::bench;
namespace fs = std::filesystem;

namespace {

// What sync writes. Left out: what it only brings up to date, such as the heads of cases.
const std::vector<std::string> kServerTables = {"operations",   "receipts", "revisions", "records",
                                                "record_cases", "case_log", "held",      "audit"};
const std::vector<std::string> kTabletTables = {"ops", "revisions", "record_cases", "indexed", "words"};

/// One database at one moment.
struct Moment {
  std::string key;  ///< 32 bytes, and 16 of salt
  fs::path copy;
  std::map<std::string, std::multiset<std::string>> rows;
};

/// What one database got: its rows, and in how many transactions.
struct Got {
  Moment before;
  RawRows rows;
  std::size_t transactions = 0;
};
struct Leg {
  std::vector<Exchange> exchanges;
  Got server, tablet;
};

std::string read_all(const std::string& table) {
  return std::string(table == "words" ? "SELECT rowid, * FROM " : "SELECT * FROM ") + table;
}

Moment moment(const fs::path& file, const std::string& key, const fs::path& copy, const std::vector<std::string>& tables) {
  Moment out{key, copy, {}};
  RawDb db(file, key);
  for (const auto& table : tables)
    for (const RawRow& row : db.read(read_all(table))) out.rows[table].insert(row.text());
  db.run("PRAGMA wal_checkpoint(TRUNCATE)");
  fs::copy_file(file, copy);
  return out;
}

RawRows added_since(const Moment& before, const fs::path& file, const std::vector<std::string>& tables) {
  RawRows out;
  RawDb db(file, before.key);
  for (const auto& table : tables) {
    auto known = before.rows.contains(table) ? before.rows.at(table) : std::multiset<std::string>();
    RawTable fresh;
    for (RawRow& row : db.read(read_all(table))) {
      auto at = known.find(row.text());
      if (at == known.end()) fresh.push_back(std::move(row));
      else known.erase(at);
    }
    out.emplace_back(table == "words" ? "words(rowid, title, text)" : table, std::move(fresh));
  }
  return out;
}

/// Commits, as the file system below SQLite sees them: a sync of the log that follows the writing of a frame to it.
class Commits {
 public:
  explicit Commits(std::string vfs) : vfs_(std::move(vfs)) {
    REQUIRE(sql::register_observed_vfs(vfs_, [this](const sql::FileEvent& event) { hear(event); }).has_value());
  }
  ~Commits() { (void)sql::register_observed_vfs(vfs_, {}); }
  std::size_t since_last_asked() {
    std::lock_guard lock(mutex_);
    return std::exchange(count_, 0);
  }

 private:
  void hear(const sql::FileEvent& event) {
    std::lock_guard lock(mutex_);
    if (!event.path.ends_with("-wal")) return;
    if (event.kind == sql::FileEvent::Kind::Write && event.offset > 0) written_ = true;
    if (event.kind == sql::FileEvent::Kind::Sync) count_ += std::exchange(written_, false);
  }
  std::string vfs_;
  std::mutex mutex_;
  std::size_t count_ = 0;
  bool written_ = false;
};

/// A council with nothing written yet, one tablet of the writer's with notes that wait, and an empty one.
class Field {
 public:
  explicit Field(std::size_t notes, bool watched = false)
      : notes_(notes), watched_(watched), council_(how(watched)),
        writer_(council_.enrol(std::string(kWriter)), {}, tablet(watched)),
        reader_(council_.enrol(std::string(kWriter)), {}, tablet(watched)) {
    for (auto* tablet : {&writer_, &reader_}) {
      tablet->open();
      tablet->sync();
      tablet->close();
    }
    write_notes(writer_, council_, notes);
  }

  double up() { return leg(writer_, "up"); }
  double down() { return leg(reader_, "down"); }

  Leg up_leg, down_leg;  ///< of a watched one, once they were gone

 private:
  static support::TabletOptions tablet(bool watched) {
    support::TabletOptions out;
    if (watched) out.vfs = "bench-tablet";
    return out;
  }
  support::CaseServerOptions how(bool watched) {
    support::CaseServerOptions out;
    if (!watched) return out;
    out.repository.vfs = "bench-server";
    out.replied = [this](const server::HttpRequest& request, const server::HttpReply& reply) {
      if (request.target != "/v1/sync") return;
      const auto length = request.headers.find("content-length");
      const bool coded = std::any_of(reply.headers.begin(), reply.headers.end(), [](const auto& h) { return h.first == "Content-Encoding"; });
      exchanges_.push_back({length == request.headers.end() ? 0 : std::stoul(length->second),
                            coded ? reply.body.size() : wire::compress(reply.body).size()});
    };
    return out;
  }

  /// The tablet is unlocked already and waits for its server; from there to everything sent, taken in and shown.
  double leg(support::FieldTablet& tablet, const std::string& name) {
    Leg out;
    council_.stop();
    const auto vault = tablet.open_vault();
    const std::string tablet_key = std::string(vault.key.view()) + vault.db_salt, server_key(council_.database_key().view());
    if (watched_) {
      out.server.before = moment(council_.database(), server_key, copies_ / (name + "-server.db"), kServerTables);
      out.tablet.before = moment(tablet.database(), tablet_key, copies_ / (name + "-tablet.db"), kTabletTables);
    }
    tablet.open();
    // The first attempt numbers what waits, and its sealed copies are made anew; the second is told when that is done.
    tablet.until("no server", [](const auto& s) { return s.sync.phase == state::SyncPhase::Waiting; });
    const base::Instant asked = base::SystemClock().wall();
    tablet.act(state::PressSyncNow{});
    tablet.until("no server again", [&](const auto& s) {
      return s.sync.phase == state::SyncPhase::Waiting && s.sync.last_tried && *s.sync.last_tried >= asked;
    });
    server_commits_.since_last_asked(), tablet_commits_.since_last_asked();
    exchanges_.clear();
    council_.start();
    const double ms = ms_of([&] { tablet.sync(); });
    REQUIRE(tablet.state().caseload->records.size() == notes_);
    REQUIRE(tablet.state().sync.refused.empty());
    out.server.transactions = server_commits_.since_last_asked();
    out.tablet.transactions = tablet_commits_.since_last_asked();
    tablet.close();
    council_.stop();
    if (watched_) {
      out.exchanges = exchanges_;
      out.server.rows = added_since(out.server.before, council_.database(), kServerTables);
      out.tablet.rows = added_since(out.tablet.before, tablet.database(), kTabletTables);
      (name == "up" ? up_leg : down_leg) = std::move(out);
    }
    return ms;
  }

  std::size_t notes_;
  bool watched_;
  Commits server_commits_{"bench-server"}, tablet_commits_{"bench-tablet"};
  std::vector<Exchange> exchanges_;
  support::Folder copies_;
  support::CaseServer council_;
  support::FieldTablet writer_, reader_;
};

double insert(const Got& got, const fs::path& folder) {
  const fs::path file = folder / "raw.db";
  fs::copy_file(got.before.copy, file, fs::copy_options::overwrite_existing);
  double ms = 0;
  {
    RawDb db(file, got.before.key);
    ms = ms_of([&] { insert_in_parts(db, got.rows, got.transactions); });
  }
  fs::remove(file);
  return ms;
}

double raw(const Leg& leg, const support::Council& council) {
  support::Folder folder;
  return tls_exchanges(council.listener(), council.tablet(), "127.0.0.1", leg.exchanges) + insert(leg.server, folder.path()) +
         insert(leg.tablet, folder.path());
}

std::string about(const Leg& leg, int rounds) {
  std::size_t bytes = 0, rows = 0;
  for (const Exchange& exchange : leg.exchanges) bytes += exchange.there + exchange.back;
  for (const Got* got : {&leg.server, &leg.tablet})
    for (const auto& [table, list] : got->rows) rows += list.size();
  return std::to_string(leg.exchanges.size()) + " requests, " + std::to_string(bytes / 1024) + " KiB, " + std::to_string(rows) +
         " rows, " + std::to_string(leg.server.transactions) + " + " + std::to_string(leg.tablet.transactions) +
         " transactions, median of " + std::to_string(rounds);
}

}  // namespace

// Unlocked tablets, the app's own threads, TLS 1.3 with certificates, the real service and both databases, in one process. A
// first run that is not timed tells what travelled and what was written; the yardstick does no more than that.
TEST_CASE("sync", "[sync]") {
  const int rounds = quick() ? 1 : 3;
  const std::size_t notes = quick() ? 20 : 1000;
  const support::Council council;
  Field watched(notes, true);
  watched.up();
  watched.down();
  for (const Leg* leg : {&watched.up_leg, &watched.down_leg}) {
    INFO(about(*leg, rounds));
    REQUIRE(!leg->exchanges.empty());
    REQUIRE(leg->tablet.transactions > 0);
  }
  Sides up, down;
  for (int i = 0; i < rounds; ++i) {
    Field field(notes);
    const auto first = take_turns(
        1, [&] { return field.up(); }, [&] { return raw(watched.up_leg, council); }, [] {});
    const auto second = take_turns(
        1, [&] { return field.down(); }, [&] { return raw(watched.down_leg, council); }, [] {});
    up.ours.push_back(first.ours.front()), up.yardstick.push_back(first.yardstick.front());
    down.ours.push_back(second.ours.front()), down.yardstick.push_back(second.yardstick.front());
  }
  tell("sync 1,000 notes up", median(up.ours), median(up.yardstick), about(watched.up_leg, rounds));
  tell("sync 1,000 notes down", median(down.ours), median(down.yardstick), about(watched.down_leg, rounds));
}
