// The server oracle: a real PostgreSQL, two servers' worth of repositories, many devices. Random grants, operations of every
// kind and pulls go on at the same time; after each pull what the device holds is compared with what plain SQL says it should,
// and at the end every entry of every log. DOORSTEP_ORACLE_SECONDS says for how long: in rounds, as logs that grow for ever make
// ever fewer pulls.
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <condition_variable>
#include <iostream>
#include <mutex>
#include <random>
#include <thread>

#include "platform/pg/db.h"
#include "sync/rules/calendar.h"
#include "sync/server/pull.h"
#include "tests/server/office.h"

using namespace doorstep;
using namespace doorstep::tests;
using namespace std::chrono;

namespace {

seconds how_long() {
  const char* said = std::getenv("DOORSTEP_ORACLE_SECONDS");
  return seconds(said ? std::atoi(said) : 10);
}

/// What went wrong, from any thread; Catch2's assertions belong to one.
class Wrong {
 public:
  void say(const std::string& what) {
    std::lock_guard lock(mutex_);
    ++count_;
    if (first_.size() < 20) first_.push_back(what);
  }
  void check() const {
    for (const auto& what : first_) UNSCOPED_INFO(what);
    CHECK(count_ == 0);
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> first_;
  int count_ = 0;
};

struct Figures {
  std::atomic<std::int64_t> operations = 0, refused = 0, merged = 0, twice = 0, pulls = 0, entries = 0, grants = 0, drops = 0,
                            compared = 0, busy = 0, commits = 0;
};

/// How often the rights to each case were touched: begun and ended, so that a reader knows whether they stood still.
class Grants {
 public:
  std::int64_t of(Id case_id) const { return at(case_id).load(); }
  void touch(Id case_id) { at(case_id).fetch_add(1); }

 private:
  std::atomic<std::int64_t>& at(Id id) const { return counts_[std::hash<Id>()(id) % counts_.size()]; }
  mutable std::array<std::atomic<std::int64_t>, 1024> counts_{};
};

struct World {
  explicit World(Figures& figures) : office(Store::Postgres), second(office.open()), figures(figures) {}
  server::Repository& any(std::mt19937& random) { return random() % 2 ? *office.repository : *second; }

  Office office;
  std::unique_ptr<server::Repository> second;
  std::vector<Id> children;
  std::vector<server::WorkerRow> workers;
  Grants grants;
  std::atomic<std::int64_t> worker_changes = 0;
  Figures& figures;
  Wrong wrong;
  std::atomic<bool> stop = false;
  /// For so long, or until everything stops.
  void rest(duration<double> how_long) {
    std::unique_lock lock(rest_);
    stopped_.wait_for(lock, how_long, [&] { return stop.load(); });
  }
  void end() {
    std::lock_guard lock(rest_);
    stop = true;
    stopped_.notify_all();
  }
  std::mutex records_mutex;
  std::vector<std::pair<Id, Id>> records;  // submitted: record, case
  std::vector<Id> provisional;             // cases opened and not matched yet, as far as is known

 private:
  std::mutex rest_;
  std::condition_variable stopped_;
};

/// What SQL alone says a worker may see, and how far each log goes: written differently from the repository's own query.
std::map<Id, std::int64_t> should_see(pg::Db& db, Id worker, const std::string& today) {
  std::map<Id, std::int64_t> out;
  auto done = db.query(
      "SELECT c.id, (SELECT coalesce(max(l.seq), 0) FROM case_log l WHERE l.case_id = c.id) FROM cases c CROSS JOIN workers w "
      "WHERE w.id = ?1 AND w.active AND NOT w.revoked AND c.alias_of IS NULL AND CASE WHEN c.owner IS NOT NULL THEN c.owner = w.id "
      "ELSE coalesce(c.allocated = w.id, false) OR (w.role = 'SUPERVISOR' AND coalesce(c.team = w.team, false)) "
      "OR EXISTS(SELECT 1 FROM cover v WHERE v.case_id = c.id AND v.worker = w.id AND v.until >= ?2) END",
      worker, today, [&](const pg::Row& row) { out[row.id(0)] = row.integer(1); });
  if (!done) throw std::runtime_error(done.error().detail);
  return out;
}

/// A device that pushes, pulls and is checked; a thread of its own.
class Device {
 public:
  Device(World& world, const std::string& ref, unsigned seed) : world_(world), random_(seed) {
    Tablet tablet(world.office, ref);
    device_ = tablet.device;
    worker_ = tablet.worker;
    auto db = pg::Db::open(world.office.url("cases_app"), {.schema = "doorstep"});
    if (!db) FAIL(db.error());
    db_ = std::make_unique<pg::Db>(std::move(*db));
  }

  void work() {
    while (!world_.stop) {
      random_() % 10 ? push_some() : pull_all();
    }
  }

  /// Everything is still: what is held is exactly what SQL says, entry by entry.
  void settle() {
    pull_all();
    auto wanted = should_see(*db_, worker_, today());
    std::erase_if(wanted, [](const auto& one) { return one.second == 0; });  // nothing was ever in it, so nothing of it is sent
    if (wanted.size() != cursors_.size()) say("holds " + std::to_string(cursors_.size()) + " cases, not " + std::to_string(wanted.size()));
    for (const auto& [id, head] : wanted) {
      std::vector<std::string> entries;
      auto done = db_->query("SELECT seq, record, rev, hash FROM case_log WHERE case_id = ?1 ORDER BY seq", id, [&](const pg::Row& row) {
        entries.push_back(std::to_string(row.integer(0)) + " " + row.id(1).str() + " " + std::to_string(row.integer(2)) + " " + row.string(3));
      });
      if (!done || entries != held_[id]) say("holds another log of " + id.str());
      world_.figures.compared += static_cast<std::int64_t>(entries.size());
    }
  }
  std::int64_t through() const { return chain_.through; }
  Id id() const { return device_; }

 private:
  void say(const std::string& what) { world_.wrong.say(device_.str() + ": " + what); }
  std::string today() const { return base::to_iso(rules::uk_date(world_.office.clock.now)); }
  std::size_t pick(std::size_t n) { return random_() % n; }
  Id fresh() { return any_id(device_.str() + " " + std::to_string(++made_)); }

  std::optional<server::Actor> actor() {
    auto unit = world_.any(random_).read();
    if (!unit) return std::nullopt;
    auto worker = (*unit)->worker(worker_);
    auto device = (*unit)->device(device_);
    if (!worker || !device || !*worker || !*device || !(*worker)->usable()) return std::nullopt;
    return server::Actor{**worker, **device};
  }

  model::ChildRecord record(Id id, Id child) {
    model::ChildRecord out;
    out.id = id;
    out.visit = any_id("visit");
    out.author = worker_;
    out.part.id = child;
    out.part.name = "Child";
    out.part.answers["words"] = std::string(pick(400), 'w');
    out.facts.type = model::VisitType::Cin;
    return out;
  }
  model::Visit draft(Id id) {
    model::Visit visit;
    visit.id = id;
    visit.author = worker_;
    visit.children.resize(1);
    visit.children[0].id = world_.children[0];
    visit.children[0].answers["saw"] = std::string(pick(400), 's');
    return visit;
  }
  std::optional<model::Revision> head(Id record) {
    auto unit = world_.any(random_).read();
    if (!unit) return std::nullopt;
    auto found = (*unit)->head(record);
    if (!found) return std::nullopt;
    return *found;
  }

  wire::Operation any_operation() {
    wire::Operation op;
    const auto kind = pick(10);
    std::pair<Id, Id> known;
    Id opened;
    {
      std::lock_guard lock(world_.records_mutex);
      if (!world_.records.empty()) known = world_.records[pick(world_.records.size())];
      if (!world_.provisional.empty()) opened = world_.provisional[pick(world_.provisional.size())];
    }
    if (kind < 3) {  // a record of some child: somebody else's as often as an own one
      const Id child = world_.children[pick(world_.children.size())];
      op = Tablet::submit(record(fresh(), child), child);
    } else if (kind < 5) {
      drafts_.push_back(fresh());
      op = put(drafts_.back(), 0, {});
    } else if (kind < 7 && !drafts_.empty()) {  // sometimes from a revision that is not the newest
      const Id id = drafts_[pick(drafts_.size())];
      auto newest = head(id);
      if (newest) op = put(id, newest->rev, pick(5) ? newest->hash : std::string(64, '0'));
    } else if (kind == 7 && known.first) {
      if (auto newest = head(known.first)) {
        if (pick(2)) {
          op = Tablet::on(OpKind::Withdraw, *newest, known.second);
        } else {
          model::Decision decision;
          decision.id = fresh();
          decision.on = {newest->record, newest->rev, newest->hash};
          decision.verdict = pick(2) ? model::Verdict::Approved : model::Verdict::Returned;
          if (decision.verdict == model::Verdict::Returned) decision.return_reason = model::ReturnReason::StepsVague;
          decision.reviewer = worker_;
          decision.at = world_.office.clock.now;
          decision.rationale = "Read.";
          op = Tablet::on(OpKind::Decide, *newest, known.second, wire::encode(decision));
        }
      }
    } else if (kind == 8) {  // a child on no list
      const Id child = fresh();
      op = Tablet::submit(record(fresh(), child), child);
      std::lock_guard lock(world_.records_mutex);
      world_.provisional.push_back(child);
    } else if (opened) {
      op.kind = OpKind::Match;
      op.record = op.case_id = opened;
      op.record_kind = RecordKind::Child;
      op.body = wire::encode(wire::MatchBody{world_.children[pick(world_.children.size())]});
    }
    if (!op.record) op = put(fresh(), 0, {});
    return op;
  }
  wire::Operation put(Id id, std::int64_t base_rev, const std::string& base_hash) {
    wire::Operation op;
    op.kind = OpKind::Put;
    op.record = id;
    op.case_id = worker_;
    op.record_kind = RecordKind::Visit;
    op.base_rev = base_rev;
    op.base_hash = base_hash;
    op.body = wire::encode(draft(id));
    return op;
  }

  void push_some() {
    auto who = actor();
    if (!who) return world_.rest(milliseconds(20));  // until somebody lets them in again
    wire::OpsBatch batch{chain_.through + 1, chain_.hash, {}};
    std::vector<wire::Operation> ops;
    for (auto n = pick(12) ? 1 + pick(6) : 20; n > 0; --n) {  // twenty are read and signed beside
      wire::Operation op = any_operation();
      op.number = batch.first + static_cast<std::int64_t>(ops.size());
      op.at = world_.office.clock.now;
      batch.items.push_back(wire::encode(op));
      ops.push_back(std::move(op));
    }
    auto send = [&](server::Repository& repository) {
      return server::push(repository, [](const auto&) { return std::string(); }, *who, 1, batch, world_.office.clock.now, &world_.office.signer);
    };
    base::Result<server::Pushed> again = base::Error{};
    std::thread twin;
    const bool twice = pick(10) == 0;
    if (twice) twin = std::thread([&] { again = send(*world_.second); });
    auto pushed = send(twice ? *world_.office.repository : world_.any(random_));
    if (twin.joinable()) twin.join();
    if (twice && pushed && again && pushed->results != again->results) say("two answers to one request");
    if (!pushed && twice && again) pushed = again;
    if (!pushed) {
      if (pushed.error().where == "push.revoked") return resume();
      if (pushed.error().fault != base::Fault::Timeout && pushed.error().fault != base::Fault::Conflict)
        say("push: " + pushed.error().where + ": " + pushed.error().detail);
      ++world_.figures.busy;
      return resume();
    }
    world_.figures.twice += twice;
    if (pushed->results.size() != ops.size() || pushed->chain.through != batch.first + static_cast<std::int64_t>(ops.size()) - 1)
      say("an answer of another length");
    chain_ = pushed->chain;
    for (std::size_t i = 0; i < pushed->results.size(); ++i) {
      ++world_.figures.operations;
      const auto& result = pushed->results[i];
      world_.figures.refused += result.status == OpStatus::Refused;
      world_.figures.merged += result.status == OpStatus::Merged || result.status == OpStatus::Conflict;
      if (ops[i].kind == OpKind::Submit && result.status == OpStatus::Applied) {
        std::lock_guard lock(world_.records_mutex);
        world_.records.emplace_back(ops[i].record, ops[i].case_id);
      }
    }
  }
  /// After a push that did not end well: what of it was taken in, the server says.
  void resume() {
    auto unit = world_.any(random_).read();
    if (!unit) return;
    if (auto chain = (*unit)->chain_of(device_, 1)) chain_ = *chain;
  }

  void pull_all() {
    std::map<Id, std::int64_t> touched;
    for (const auto& id : world_.children) touched[id] = world_.grants.of(id);
    const auto worker_before = world_.worker_changes.load();
    const auto before = should_see(*db_, worker_, today());
    if (!actor()) return world_.rest(milliseconds(20));
    for (bool more = true; more;) {
      auto who = actor();
      if (!who) return;
      wire::SyncRequest request;
      request.device = device_;
      std::vector<wire::Cursor> list;
      for (const auto& [id, cursor] : cursors_) list.push_back(cursor);
      request.view.digest = wire::view_digest(list);
      request.view.cases = list;
      request.budget = pick(2) ? 0 : 5000;
      auto pulled = server::pull(world_.any(random_), *who, request, world_.office.clock.now);
      if (!pulled) {
        if (pulled.error().fault != base::Fault::Timeout && pulled.error().fault != base::Fault::Conflict)
          say("pull: " + pulled.error().where + ": " + pulled.error().detail);
        ++world_.figures.busy;
        return;
      }
      ++world_.figures.pulls;
      for (Id id : pulled->drop) {
        cursors_.erase(id);
        held_.erase(id);
        ++world_.figures.drops;
      }
      for (const auto& part : pulled->cases) take(part);
      more = pulled->more;
    }
    const auto after = should_see(*db_, worker_, today());
    // An odd count: a change had begun and not ended when we looked.
    if (worker_before % 2 || world_.worker_changes.load() != worker_before) return;
    for (const auto& id : world_.children) {
      if (touched[id] % 2 || world_.grants.of(id) != touched[id]) continue;
      ++world_.figures.compared;
      auto held = cursors_.find(id);
      auto was = before.find(id), is = after.find(id);
      if ((was == before.end()) != (is == after.end())) {
        say("rights changed while nobody changed them");
      } else if (is == after.end()) {
        if (held != cursors_.end()) say("still holds a case that is not its own: " + id.str());
      } else if (held == cursors_.end()) {
        if (was->second > 0) say("misses a case: " + id.str());
      } else if (held->second.seq < was->second || held->second.seq > is->second) {
        say("missed an entry: " + id.str() + " at " + std::to_string(held->second.seq) + ", not " + std::to_string(was->second) + ".." +
            std::to_string(is->second));
      }
    }
  }

  void take(const wire::CasePull& part) {
    if (part.diverged.value_or(false)) return say("diverged without a reason");
    auto& cursor = cursors_.try_emplace(part.case_id, wire::Cursor{part.case_id, 0, wire::kChainStart}).first->second;
    if (part.from != cursor.seq) say("a pull that does not follow");
    for (const auto& entry : part.entries) {
      ++world_.figures.entries;
      if (entry.seq != ++cursor.seq) say("a gap in " + part.case_id.str());
      if (base::sha256_hex(entry.revision.body) != entry.revision.hash) say("a body that is not its hash's");
      cursor.chain = wire::chain_next(cursor.chain, entry.revision);
      held_[part.case_id].push_back(std::to_string(entry.seq) + " " + entry.revision.record.str() + " " +
                                    std::to_string(entry.revision.rev) + " " + entry.revision.hash);
    }
    if (cursor.chain != part.chain || cursor.seq != part.to) say("another chain in " + part.case_id.str());
  }

  World& world_;
  std::mt19937 random_;
  Id device_, worker_;
  std::unique_ptr<pg::Db> db_;
  server::DeviceChain chain_;
  int made_ = 0;
  std::vector<Id> drafts_;
  std::map<Id, wire::Cursor> cursors_;
  std::map<Id, std::vector<std::string>> held_;
};

/// Moves children between workers and teams, lends them for a day, and now and then takes a worker's rights away for a while.
void change_grants(World& world, unsigned seed) {
  std::mt19937 random(seed);
  auto pick = [&](std::size_t n) { return random() % n; };
  const auto today = rules::uk_date(world.office.clock.now);
  while (!world.stop) {
    const Id child = world.children[pick(world.children.size())];
    const bool person = pick(20) == 0;
    auto worker = world.workers[pick(world.workers.size())];
    person ? void(++world.worker_changes) : world.grants.touch(child);
    auto change = [&]() -> base::Result<void> {
      DOORSTEP_TRY_ASSIGN(auto unit, world.any(random).write());
      if (person) {
        worker.revoked = pick(4) == 0;
        DOORSTEP_TRY(unit->put_worker(worker));
      } else {
        DOORSTEP_TRY_ASSIGN(auto row, unit->case_row(child));
        if (pick(2)) row->allocated = world.workers[pick(world.workers.size())].id;
        else if (pick(2)) row->team = world.workers[pick(world.workers.size())].team;
        row->cover.clear();
        if (pick(2)) row->cover.push_back({worker.id, base::Date(std::chrono::sys_days(today) + days(static_cast<int>(pick(3)) - 1))});
        DOORSTEP_TRY(unit->put_case(*row));
      }
      return unit->commit();
    };
    auto done = change();
    person ? void(++world.worker_changes) : world.grants.touch(child);
    if (!done && done.error().fault != base::Fault::Timeout) world.wrong.say("grant: " + done.error().where + ": " + done.error().detail);
    ++world.figures.grants;
    world.rest(milliseconds(pick(20)));  // many pulls between two changes
  }
}

/// Reads all logs in snapshots of its own: dense, chained, and never shorter than they were. A tenth of one connection's time.
void watch_logs(World& world) {
  auto db = pg::Db::open(world.office.url("cases_app"), {.schema = "doorstep"});
  if (!db) return world.wrong.say("watch: " + db.error().detail);
  std::map<Id, std::int64_t> heads;
  while (!world.stop) {
    const auto began = steady_clock::now();
    auto done = db->query(
        "SELECT c.id, c.head, count(l.seq), coalesce(max(l.seq), 0), coalesce((array_agg(l.chain ORDER BY l.seq DESC))[1], c.chain) "
        "= c.chain FROM cases c LEFT JOIN case_log l ON l.case_id = c.id GROUP BY c.id",
        [&](const pg::Row& row) {
          auto& head = heads[row.id(0)];
          if (row.integer(1) != row.integer(2) || row.integer(1) != row.integer(3)) world.wrong.say("a log with a gap");
          if (!row.boolean(4)) world.wrong.say("a log whose case has another chain");
          if (row.integer(1) < head) world.wrong.say("a log that became shorter");
          head = row.integer(1);
        });
    if (!done) world.wrong.say("watch: " + done.error().detail);
    world.rest(9 * (steady_clock::now() - began));
  }
}

void round(Figures& figures, unsigned seed, seconds lasts) {
  CAPTURE(seed);
  World world(figures);
  world.workers = world.office.read([](server::Unit& unit) { return unit.workers(); });
  {
    auto unit = world.office.repository->write();
    REQUIRE(unit.has_value());
    for (int i = 0; i < 20; ++i) {
      server::CaseRow row;
      row.id = any_id("oracle child " + std::to_string(i));
      row.allocated = world.workers[static_cast<std::size_t>(i) % world.workers.size()].id;
      row.team = world.workers[static_cast<std::size_t>(i) % world.workers.size()].team;
      REQUIRE((*unit)->put_case(row).has_value());
      world.children.push_back(row.id);
    }
    REQUIRE((*unit)->commit().has_value());
  }
  std::vector<std::unique_ptr<Device>> devices;
  for (const char* ref : {"wren", "wren", "ash", "sparrow", "heron", "owl"})
    devices.push_back(std::make_unique<Device>(world, ref, seed + static_cast<unsigned>(devices.size())));

  std::vector<std::thread> threads;
  for (auto& device : devices) threads.emplace_back([&] { device->work(); });
  threads.emplace_back([&] { change_grants(world, seed + 100); });
  threads.emplace_back([&] { watch_logs(world); });
  world.rest(lasts);
  world.end();
  for (auto& thread : threads) thread.join();

  // Everybody has rights again, and everything is still.
  {
    auto unit = world.office.repository->write();
    for (auto worker : world.workers) REQUIRE((*unit)->put_worker(worker).has_value());
    REQUIRE((*unit)->commit().has_value());
  }
  std::int64_t operations = 0;
  for (auto& device : devices) {
    device->settle();
    auto chain = world.office.read([&](server::Unit& unit) { return unit.chain_of(device->id(), 1); });
    CHECK(chain.through == device->through());
    operations += chain.through;
  }
  world.wrong.check();
  CHECK(world.office.read([](server::Unit& unit) { return unit.counts(); }).operations == operations);
  CHECK(world.office.read([](server::Unit& unit) { return unit.audit_intact(); }));
  figures.commits += std::stoll(support::Postgres::shared().sql(
      world.office.database(), "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"));
}

}  // namespace

TEST_CASE("oracle: random grants, operations and pulls of many devices at two servers agree with plain SQL", "[oracle]") {
  constexpr seconds kRound{20};
  const auto first = std::random_device()();
  const auto began = steady_clock::now();
  Figures f;
  unsigned rounds = 0;
  for (auto left = how_long(); left > seconds(0); left -= kRound) round(f, first + 1000 * rounds++, std::min(left, kRound));
  CHECK(f.operations > 0);
  CHECK(f.compared > 0);
  std::cout << "oracle: " << duration<double>(steady_clock::now() - began).count() << " s, " << rounds
            << " rounds of 6 devices at 2 servers; " << f.operations << " operations (" << f.refused << " refused, " << f.merged << " merged, "
            << f.twice << " batches sent twice at once), " << f.grants << " changes of grants, " << f.pulls << " pulls with " << f.entries
            << " entries and " << f.drops << " drops, " << f.compared << " comparisons with SQL, " << f.busy
            << " told to come back; " << f.commits << " commits of PostgreSQL's; seed " << first << "\n";
}
