// Two thousand tablets whose network returns within a minute: engines as they are, a clock of the test's own, and the server's
// admission as http_listener.cpp has it (some at work, some waiting, the others told to come again).
#include <catch2/catch_test_macros.hpp>
#include <cstdio>
#include <functional>
#include <queue>
#include <random>

#include "tests/engine/fakes.h"

using namespace doorstep;
using namespace doorstep::engine;
using namespace std::chrono_literals;

namespace {

constexpr int kTablets = 2000, kOperations = 20;
constexpr Millis kWithin = 60s;
constexpr std::size_t kWorkers = 4;
constexpr Millis kService = 60ms;  ///< of one push: 20 commits of 3 ms, one after another; the store takes one writer at a time

struct Tablet {
  std::optional<Engine> engine;
  Millis back{}, done{-1};
  int attempt = 0, refused = 0;
  bool pushed = false;
  std::string asked;
};

/// What the server and the tablets did, on one clock.
class Herd {
 public:
  explicit Herd(std::uint32_t seed) : random_(seed), tablets_(kTablets) {
    for (int i = 0; i < kOperations; ++i) operations_.push_back("operation " + std::to_string(i));
    for (auto& tablet : tablets_) {
      tablet.back = Millis(static_cast<std::int64_t>(uniform() * static_cast<double>(kWithin.count())));
      at(tablet.back, [this, &tablet] { begin(tablet); });
    }
  }
  void run() {
    while (!events_.empty()) {
      const auto next = events_.top();
      events_.pop();
      now_ = next.at;
      next.what();
    }
  }
  const std::vector<Tablet>& tablets() const { return tablets_; }
  std::int64_t requests = 0, refused = 0;
  Millis busy{};

 private:
  struct Event {
    Millis at;
    std::int64_t number;
    std::function<void()> what;
    bool operator<(const Event& other) const { return std::pair(at, number) > std::pair(other.at, other.number); }
  };
  double uniform() { return std::uniform_real_distribution<double>(0, 1)(random_); }
  void at(Millis when, std::function<void()> what) { events_.push({when, number_++, std::move(what)}); }

  void begin(Tablet& tablet) {
    tablet.engine.emplace(Tuning{}, 0);
    tablet.engine->handle(Wake{});
    carry(tablet);
  }
  void carry(Tablet& tablet) {
    while (const auto output = tablet.engine->poll()) {
      if (std::holds_alternative<Need>(*output)) {
        Replica replica;
        replica.device = fake::id("tablet");
        if (!tablet.pushed) replica.ops.items = operations_;
        else replica.ops.first = kOperations + 1, replica.ops.prev = head();
        tablet.engine->handle(std::move(replica));
      } else if (const auto* send = std::get_if<Send>(&*output)) {
        tablet.asked = send->body;
        return arrive(tablet);
      } else if (std::holds_alternative<Apply>(*output)) {
        tablet.pushed = true;
        tablet.engine->handle(Applied{});
      } else if (std::holds_alternative<Idle>(*output)) {
        tablet.done = now_;
      } else if (const auto* close = std::get_if<Close>(&*output)) {  // as SyncPump::fail
        ++tablet.refused;
        REQUIRE_FALSE(close->final);
        REQUIRE(close->retry_after.has_value());
        const double u1 = uniform(), u2 = uniform();
        at(now_ + backoff(tablet.attempt++, close->retry_after, u1, u2), [this, &tablet] { begin(tablet); });
        return;
      }
    }
  }
  void arrive(Tablet& tablet) {
    ++requests;
    if (at_work_ >= kWorkers + limits::kRequestsWaiting) {
      ++refused;
      tablet.engine->handle(Response{503, std::chrono::seconds(limits::kBusyRetry).count(), "{}"});
      return carry(tablet);
    }
    ++at_work_;
    free_at_ = std::max(free_at_, now_) + kService;
    busy += kService;
    at(free_at_, [this, &tablet] {
      --at_work_;
      wire::SyncReply reply;
      reply.applied_through = kOperations;
      reply.head_hash = head();
      const auto asked = wire::decode<wire::SyncRequest>(tablet.asked);
      for (std::size_t i = 0; i < asked->ops.items.size(); ++i)
        reply.results.push_back({asked->ops.first + static_cast<std::int64_t>(i), wire::OpStatus::Applied, std::nullopt, {}, 1, {}});
      tablet.engine->handle(Response{200, std::nullopt, wire::encode(reply)});
      carry(tablet);
    });
  }
  const std::string& head() {
    if (head_.empty()) {
      head_ = wire::kChainStart;
      for (const auto& op : operations_) head_ = wire::chain_next(head_, op);
    }
    return head_;
  }

  std::mt19937 random_;
  std::vector<Tablet> tablets_;
  std::vector<std::string> operations_;
  std::string head_;
  std::priority_queue<Event> events_;
  std::int64_t number_ = 0;
  Millis now_{}, free_at_{};
  std::size_t at_work_ = 0;
};

}  // namespace

TEST_CASE("herd: 2,000 tablets return within a minute; all are served, none waits for the luck of the others", "[engine]") {
  for (const std::uint32_t seed : {1u, 2u, 3u}) {
    Herd herd(seed);
    herd.run();
    std::vector<Millis> waits;
    Millis last{};
    int most = 0;
    for (const Tablet& tablet : herd.tablets()) {
      REQUIRE(tablet.done >= tablet.back);  // everybody's notes arrived
      waits.push_back(tablet.done - tablet.back);
      last = std::max(last, tablet.done);
      most = std::max(most, tablet.refused);
    }
    std::sort(waits.begin(), waits.end());
    const auto share = [&](double s) { return static_cast<double>(waits[static_cast<std::size_t>(s * (kTablets - 1))].count()) / 1000; };
    const double work = static_cast<double>(herd.busy.count()) / 1000, end = static_cast<double>(last.count()) / 1000;
    std::printf("herd: %d tablets back within 60 s, %.0f s of work: wait p50 %.1f s, p99 %.1f s, longest %.1f s; all in after %.0f s; "
                "%lld of %lld requests refused, one tablet %d times\n", kTablets, work, share(0.5), share(0.99), share(1), end,
                static_cast<long long>(herd.refused), static_cast<long long>(herd.requests), most);
    CHECK(share(0.99) < 2 * work);  // an endless queue would take as long as the work
    CHECK(end < work + 60 + std::chrono::duration<double>(limits::kBackoffCap).count());  // who waits longest comes to an idle server
  }
}
