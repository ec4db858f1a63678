// The page cache survives a kill, so kills prove nothing about a power cut. Here a VFS below the store and below the server's
// database sees every write and every sync: when "Saved" is said, and when a reply leaves the server, nothing written may still
// wait for its sync.
#include <catch2/catch_test_macros.hpp>
#include <iostream>
#include <mutex>

#include "platform/sql/observed_vfs.h"
#include "sync/wire/codec.h"
#include "tests/support/field.h"
#include "tests/torture/script.h"

using namespace doorstep;
using namespace std::chrono;

namespace {

/// Files with something written and not synced since.
class Unsynced {
 public:
  explicit Unsynced(std::string vfs) : vfs_(std::move(vfs)) {
    REQUIRE(sql::register_observed_vfs(vfs_, [this](const sql::FileEvent& event) { hear(event); }).has_value());
  }
  ~Unsynced() { (void)sql::register_observed_vfs(vfs_, {}); }
  bool any() {
    std::lock_guard lock(mutex_);
    return !waiting_.empty();
  }
  std::int64_t writes() {
    std::lock_guard lock(mutex_);
    return writes_;
  }

 private:
  void hear(const sql::FileEvent& event) {
    std::lock_guard lock(mutex_);
    // The log alone: a checkpoint that somebody's reading holds up leaves the file unsynced, and its pages in the log.
    if (!event.path.ends_with("-wal")) return;
    if (event.kind == sql::FileEvent::Kind::Write) waiting_.insert(event.path), ++writes_;
    if (event.kind == sql::FileEvent::Kind::Sync && event.ok) waiting_.erase(event.path);
    if (event.kind == sql::FileEvent::Kind::Delete) waiting_.erase(event.path);
  }
  std::string vfs_;
  std::mutex mutex_;
  std::set<std::string> waiting_;
  std::int64_t writes_ = 0;
};

struct Counts {
  int said = 0, unsynced = 0;
  std::int64_t writes = 0;
};

/// A tablet's Runner over a watched store: `kSaves` saves, and for each "Saved" whether anything still waited for its sync.
Counts saves(support::CaseServer& council, bool sync_off) {
  constexpr int kSaves = 60;
  Unsynced unsynced("torture-store");
  support::FieldTablet tablet(council, "W1001");  // only set up: its runner is made here
  auto options = tablet.options();
  options.vfs = "torture-store";
  options.sync_off = sync_off;
  base::SystemClock clock;

  Counts counts;
  std::mutex mutex;
  std::condition_variable bell;
  bool opened = false;
  std::uint64_t saved = 0;
  work::Runner* runner = nullptr;
  // `wake` runs on the thread that has just said something: for Saved, the store's, before it does anything else.
  work::Runner real(std::move(options), clock, [&] {
    std::lock_guard lock(mutex);
    if (!runner) return;
    for (const auto& event : runner->take()) {
      if (std::holds_alternative<state::Loaded>(event)) opened = true;
      if (auto* said = std::get_if<state::Saved>(&event)) {
        ++counts.said;
        counts.unsynced += unsynced.any();
        saved = said->edit;
      }
      if (std::holds_alternative<state::SaveFailed>(event)) saved = ~0ull;
    }
    bell.notify_all();
  });
  runner = &real;
  real.start();
  real.run(state::CreatePassphrase{base::Secret::copy_of(support::FieldTablet::kPassphrase)});
  std::unique_lock lock(mutex);
  REQUIRE(bell.wait_for(lock, seconds(60), [&] { return opened; }));
  model::Visit visit;
  visit.id = base::new_id(clock);
  visit.author = tablet.options().enrolment.worker;
  visit.children.emplace_back().id = base::new_id(clock);
  for (std::uint64_t edit = 1; edit <= kSaves; ++edit) {
    visit.children.front().answers["saw"] = torture::script(edit * 700);
    lock.unlock();
    real.run(state::SaveDraft{visit, edit, false, 0});
    lock.lock();
    REQUIRE(bell.wait_for(lock, seconds(60), [&] { return saved >= edit; }));
    REQUIRE(saved == edit);
  }
  lock.unlock();
  counts.writes = unsynced.writes();
  return counts;
}

/// A case server over a watched database, and a tablet that pushes to it: for each reply whether anything still waited.
Counts acknowledgements(bool sync_off) {
  constexpr int kPushes = 40;
  Unsynced unsynced("torture-server");
  Counts counts;
  support::CaseServerOptions options;
  options.repository = {.vfs = "torture-server", .sync_off = sync_off};
  options.plain = true;
  options.replied = [&](const server::HttpRequest& request, const server::HttpReply& reply) {
    if (request.target != "/v1/sync" || reply.status != 200) return;
    auto answer = wire::decode<wire::SyncReply>(reply.body);
    if (!answer || answer->results.empty()) return;  // acknowledges nothing
    ++counts.said;
    counts.unsynced += unsynced.any();
  };
  support::CaseServer council(options);
  support::FieldTablet tablet(council, "W1001");
  tablet.open();
  tablet.sync();
  tablet.act(state::Open{state::ScreenKind::StartVisit, council.child("C0101")});
  tablet.act(state::ChooseVisitType{"CIN"});
  tablet.act(state::PressStart{});
  REQUIRE(tablet.state().visit);
  const auto key = "child/" + council.child("C0101").str() + "/saw";
  for (int i = 0; i < kPushes; ++i) {
    tablet.append(key, torture::script(500));
    tablet.act(state::FieldLeft{key});
    tablet.until("saved", [](const auto& s) { return s.visit->saved == s.visit->edit; });
    tablet.sync();
  }
  tablet.close();
  council.stop();
  counts.writes = unsynced.writes();
  return counts;
}

}  // namespace

TEST_CASE("sync before saved: the log was synced before Saved is said; without synchronous=FULL it was not", "[torture]") {
  support::CaseServer council;
  const Counts on = saves(council, false), off = saves(council, true);
  CHECK(on.said >= 60);
  CHECK(on.unsynced == 0);
  CHECK(off.said >= 60);
  CHECK(off.unsynced == off.said);
  std::cout << "sync before Saved: " << on.said << " times Saved, " << on.writes << " writes, " << on.unsynced
            << " times before their sync; with synchronous=OFF " << off.unsynced << " of " << off.said << "\n";
}

TEST_CASE("sync before saved: the log was synced before an acknowledgement is sent; without synchronous=FULL it was not",
          "[torture]") {
  const Counts on = acknowledgements(false), off = acknowledgements(true);
  CHECK(on.said >= 40);
  CHECK(on.unsynced == 0);
  CHECK(off.said >= 40);
  CHECK(off.unsynced == off.said);
  std::cout << "sync before acknowledgement: " << on.said << " replies with results, " << on.writes << " writes, " << on.unsynced
            << " sent before their sync; with synchronous=OFF " << off.unsynced << " of " << off.said << "\n";
}
