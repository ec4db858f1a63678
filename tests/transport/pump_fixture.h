#pragma once
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <deque>

#include "sync/server/http_listener.h"
#include "sync/transport/sync_pump.h"
#include "sync/wire/codec.h"
#include "tests/support/council.h"
#include "tests/transport/gate.h"

/// A small store and a small case server for tests of the pump: operations go from one to the other, nothing else.
namespace doorstep::transport_test {

using namespace doorstep::support;

/// What the pump told, waited for without sleeping.
class Told {
 public:
  void operator()(const transport::SyncEvent& event) {
    std::lock_guard lock(mutex_);
    events_.push_back(event);
    changed_.notify_all();
  }
  /// The next event of this kind; those before it are dropped.
  template <class T>
  T next() {
    std::unique_lock lock(mutex_);
    for (;;) {
      while (!events_.empty()) {
        auto event = std::move(events_.front());
        events_.pop_front();
        if (auto* found = std::get_if<T>(&event)) return std::move(*found);
      }
      REQUIRE(changed_.wait_for(lock, kSoon) == std::cv_status::no_timeout);
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<transport::SyncEvent> events_;
};

/// Operations made here and not acknowledged yet.
class Store final : public transport::ReplicaPort {
 public:
  void add(std::string op) {
    std::lock_guard lock(mutex_);
    ops_.push_back(std::move(op));
  }
  void fail_next_apply() { fail_apply_ = true; }
  /// Replies are taken in by take_in() alone, on the test's thread.
  void take_in_by_hand() { by_hand_ = true; }
  void take_in() {
    auto [reply, answer] = [this] {
      std::unique_lock lock(mutex_);
      REQUIRE(held_changed_.wait_for(lock, kSoon, [this] { return !held_.empty(); }));
      auto out = std::move(held_.front());
      held_.pop_front();
      return out;
    }();
    answer.set_value(take(reply));
  }
  std::function<void()> applied;  ///< called when a reply was taken in, on the thread that does that

  std::size_t waiting() {
    std::lock_guard lock(mutex_);
    return ops_.size();
  }

  base::Result<engine::Replica> freeze(const engine::Need& need) override {
    std::lock_guard lock(mutex_);
    engine::Replica replica;
    replica.device = base::Id::from_name("device");
    replica.ops.first = first_;
    replica.ops.prev = chain_;
    const std::size_t from = need.after ? static_cast<std::size_t>(*need.after + 1 - first_) : 0;
    for (std::size_t i = 0; i < ops_.size() && replica.ops.items.size() < need.max_ops; ++i) {
      if (i >= from) {
        replica.ops.items.push_back(ops_[i]);
        continue;
      }
      ++replica.ops.first;
      replica.ops.prev = wire::chain_next(replica.ops.prev, ops_[i]);
    }
    replica.more_ops = ops_.size() > from + replica.ops.items.size();
    return replica;
  }
  base::Result<std::vector<wire::Base>> bases(const std::vector<wire::BaseName>&) override {
    return base::Error{base::Fault::NotFound, "store.bases", "nothing is held here"};
  }
  std::future<base::Result<engine::Applied>> apply(wire::SyncReply reply) override {
    std::promise<base::Result<engine::Applied>> answer;
    auto out = answer.get_future();
    if (!by_hand_) {
      answer.set_value(take(reply));
      return out;
    }
    std::lock_guard lock(mutex_);
    held_.emplace_back(std::move(reply), std::move(answer));
    held_changed_.notify_all();
    return out;
  }
  base::Result<engine::BlobTask> next_blob(std::size_t) override { return next ? next() : engine::BlobTask{}; }
  base::Result<void> moved(const engine::BlobMoved& what) override {
    if (took) took(what);
    return {};
  }
  bool blobs = false;                                   ///< there are photos
  std::function<engine::BlobTask()> next;               ///< called on the pump's thread, as the other
  std::function<void(const engine::BlobMoved&)> took;

 private:
  base::Result<engine::Applied> take(const wire::SyncReply& reply) {
    if (fail_apply_.exchange(false)) return base::Error{base::Fault::Full, "store.apply", "disk full"};
    {
      std::lock_guard lock(mutex_);
      for (; first_ <= reply.applied_through; ++first_) {
        chain_ = wire::chain_next(chain_, ops_.front());
        ops_.pop_front();
      }
    }
    if (applied) applied();
    return engine::Applied{true, blobs};
  }

  std::mutex mutex_;
  std::condition_variable held_changed_;
  std::deque<std::pair<wire::SyncReply, std::promise<base::Result<engine::Applied>>>> held_;
  std::deque<std::string> ops_;
  std::int64_t first_ = 1;
  std::string chain_ = wire::kChainStart;
  std::atomic<bool> fail_apply_ = false, by_hand_ = false;
};

/// A case server that keeps operations and nothing else.
class Cases {
 public:
  /// What to do instead of answering; nothing: answer.
  using Instead = std::function<std::optional<server::HttpReply>(const server::HttpRequest&)>;

  Cases() {
    server::ListenerConfig config;
    config.context = council.listener();
    config.headers = {{wire::kProtoHeader, "1"}};
    auto started =
        server::HttpListener::start(std::move(config), [this](const server::HttpRequest& request) { return answer(request); });
    REQUIRE(started.has_value());
    listener = std::move(*started);
  }
  ~Cases() { listener->stop(); }

  server::HttpReply answer(const server::HttpRequest& request) {
    Instead instead_of;
    {
      std::lock_guard lock(mutex);
      instead_of = fault;
    }
    if (instead_of)
      if (auto instead = instead_of(request)) return *instead;
    std::lock_guard lock(mutex);
    ++rounds;
    const auto asked = wire::decode<wire::SyncRequest>(request.body).value();
    wire::SyncReply reply;
    for (std::size_t i = 0; i < asked.ops.items.size(); ++i) {
      const auto number = asked.ops.first + static_cast<std::int64_t>(i);
      if (number > static_cast<std::int64_t>(kept.size())) {
        kept.push_back(asked.ops.items[i]);
        chain = wire::chain_next(chain, asked.ops.items[i]);
      }
      wire::OpResult result;
      result.number = number;
      reply.results.push_back(result);
    }
    reply.applied_through = static_cast<std::int64_t>(kept.size());
    reply.head_hash = chain;
    reply.receipt = wire::Receipt{rounds, {1}, reply.applied_through, chain};
    server::HttpReply out;
    out.content_type = wire::kContentType;
    out.body = wire::encode(reply);
    return out;
  }
  void go_wrong(Instead how) {
    std::lock_guard lock(mutex);
    fault = std::move(how);
  }
  std::size_t count() {
    std::lock_guard lock(mutex);
    return kept.size();
  }
  std::vector<std::string> stored() {
    std::lock_guard lock(mutex);
    return kept;
  }

  Council council;
  std::mutex mutex;
  Instead fault;
  std::vector<std::string> kept;
  std::string chain = wire::kChainStart;
  std::int64_t rounds = 0;
  std::unique_ptr<server::HttpListener> listener;
};

/// Waits at no time of its own: whatever is random comes out as 0, and changes do not wait for each other.
inline transport::PumpOptions at_once(const Cases& cases) {
  transport::PumpOptions options;
  options.endpoint = {"127.0.0.1", cases.listener->port(), "127.0.0.1"};
  options.context = cases.council.tablet();
  options.uniform = [] { return 0.0; };
  options.after_change = base::Millis(0);
  return options;
}

}  // namespace doorstep::transport_test
