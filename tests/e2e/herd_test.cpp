// Everybody comes back at once: real tablets' connections over TLS against the real server and its database.
#include <catch2/catch_test_macros.hpp>
#include <condition_variable>
#include <cstdio>
#include <map>
#include <mutex>

#include "platform/base/bytes.h"
#include "platform/tls/certificate.h"
#include "platform/tls/context.h"
#include "sync/transport/calls.h"
#include "sync/transport/sync_pump.h"
#include "sync/wire/codec.h"
#include "tests/support/field.h"

using namespace doorstep;
using base::Id;

namespace {

constexpr std::size_t kTablets = 50, kNotes = 20;
constexpr std::chrono::seconds kLimit{120};

template <class T>
T must(base::Result<T> result) {
  INFO((result.has_value() ? std::string() : result.error().where + ": " + result.error().detail));
  REQUIRE(result.has_value());
  return std::move(*result);
}

/// What one tablet sends: drafts of its worker's, frozen. It keeps cursors, and of what it receives nothing else.
class Notes final : public transport::ReplicaPort {
 public:
  Notes(Id device, Id worker) : device_(device) {
    const base::SystemClock clock;
    for (std::size_t i = 0; i < kNotes; ++i) {
      model::Visit visit;
      visit.id = base::new_id(clock);
      visit.author = worker;
      for (int word = 0; word < 200; ++word) visit.address += "word" + base::to_hex(base::random_bytes(2)) + " ";
      wire::Operation put;
      put.number = static_cast<std::int64_t>(i) + 1;
      put.record = visit.id;
      put.case_id = worker;
      put.record_kind = model::RecordKind::Visit;
      put.at = clock.wall();
      put.body = wire::encode(visit);
      ops_.push_back(wire::encode(put));
    }
  }
  base::Result<engine::Replica> freeze(const engine::Need& need) override {
    engine::Replica out;
    out.device = device_;
    const std::size_t from = need.after ? static_cast<std::size_t>(*need.after) : acknowledged_;
    out.ops.first = static_cast<std::int64_t>(from) + 1;
    out.ops.prev = chain_;
    for (std::size_t i = acknowledged_; i < from; ++i) out.ops.prev = wire::chain_next(out.ops.prev, ops_[i]);
    const std::size_t end = std::min(ops_.size(), from + need.max_ops);
    for (std::size_t i = from; i < end; ++i) out.ops.items.push_back(ops_[i]);
    out.more_ops = end < ops_.size();
    for (const auto& [id, cursor] : cursors_) out.cursors.push_back(cursor);
    return out;
  }
  base::Result<std::vector<wire::Base>> bases(const std::vector<wire::BaseName>&) override {
    return base::Error{base::Fault::NotFound, "test", "nothing is kept here"};
  }
  std::future<base::Result<engine::Applied>> apply(wire::SyncReply reply) override {
    for (; acknowledged_ < static_cast<std::size_t>(reply.applied_through); ++acknowledged_)
      chain_ = wire::chain_next(chain_, ops_[acknowledged_]);
    for (const auto& pull : reply.cases) cursors_[pull.case_id] = {pull.case_id, pull.to, pull.chain};
    std::promise<base::Result<engine::Applied>> done;
    done.set_value(engine::Applied{});
    return done.get_future();
  }
  base::Result<engine::BlobTask> next_blob(std::size_t) override { return engine::BlobTask{}; }
  base::Result<void> moved(const engine::BlobMoved&) override { return {}; }

  /// Once: every note is acknowledged. On the pump's thread, as the rest.
  bool just_sent_all() { return acknowledged_ == kNotes && !std::exchange(told_, true); }

 private:
  Id device_;
  bool told_ = false;
  std::vector<std::string> ops_;
  std::size_t acknowledged_ = 0;
  std::string chain_ = wire::kChainStart;
  std::map<Id, wire::Cursor> cursors_;
};

struct Enrolled {
  Id device;
  tls::Context context;
  std::unique_ptr<Notes> notes;
};

Enrolled enrol(support::CaseServer& council, const std::string& worker_ref) {
  auto setup = council.enrol(worker_ref);
  const auto& given = setup.enrolment;
  const auto as_device = must(tls::client_context({.ca = given.ca, .cert = given.device_certificate, .key = &setup.device_key}));
  const auto key = must(tls::make_key());
  transport::HttpClient client(setup.server, as_device);
  const auto activated = must(transport::activate(client, {given.ticket, must(tls::make_request(key))}, std::chrono::seconds(10)));
  return {given.device, must(tls::client_context({.ca = given.ca, .cert = activated.worker_certificate, .key = &key})),
          std::make_unique<Notes>(given.device, given.worker)};
}

}  // namespace

TEST_CASE("herd: fifty tablets push twenty notes each at once; none is refused for good, and none starves", "[e2e]") {
  support::CaseServer council;
  std::vector<Enrolled> tablets;
  for (std::size_t i = 0; i < kTablets; ++i) tablets.push_back(enrol(council, i % 2 ? "W1001" : "W1002"));
  const auto before = (*council.repository().read())->counts()->operations;

  std::mutex mutex;
  std::condition_variable changed;
  std::vector<double> seconds;
  std::size_t busy = 0;
  std::vector<std::string> wrong;
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::unique_ptr<transport::SyncPump>> pumps;
  for (auto& tablet : tablets) {
    transport::PumpOptions options;
    options.endpoint = {"127.0.0.1", council.port(), "localhost"};
    options.context = std::move(tablet.context);
    pumps.push_back(std::make_unique<transport::SyncPump>(std::move(options), *tablet.notes,
                                                          [&, notes = tablet.notes.get()](const transport::SyncEvent& event) {
      std::lock_guard lock(mutex);
      if (std::holds_alternative<transport::SyncDone>(event) && notes->just_sent_all())
        seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
      if (const auto* failed = std::get_if<transport::SyncFailed>(&event)) {
        if (failed->why.where == "server.busy" && failed->retry) ++busy;
        else wrong.push_back(failed->why.where + ": " + failed->why.detail);
      }
      changed.notify_all();
    }));
  }
  {
    std::unique_lock lock(mutex);
    CHECK(changed.wait_for(lock, kLimit, [&] { return seconds.size() == kTablets || !wrong.empty(); }));
  }
  for (auto& pump : pumps) pump->stop();
  for (const auto& what : wrong) FAIL_CHECK(what);
  REQUIRE(seconds.size() == kTablets);
  std::sort(seconds.begin(), seconds.end());
  std::printf("herd: %zu tablets, %zu notes each, at once: p50 %.2f s, p99 %.2f s; told to come again %zu times\n", kTablets, kNotes,
              seconds[kTablets / 2], seconds[kTablets * 99 / 100], busy);
  const auto counts = *(*council.repository().read())->counts();
  CHECK(counts.operations - before == static_cast<std::int64_t>(kTablets * kNotes));
  CHECK(counts.refused == 0);
  CHECK(seconds.back() < 60);
}
