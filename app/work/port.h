#pragma once
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <variant>

#include "sync/transport/sync_pump.h"

namespace doorstep::work {

/// The store as the pump sees it: asks, and waits for the store's thread. After close() every question is Cancelled, so that
/// the pump can be stopped from the store's own thread.
class Port final : public transport::ReplicaPort {
 public:
  struct Freeze { engine::Need need; std::promise<base::Result<engine::Replica>> answer; };
  struct Look { std::vector<wire::BaseName> names; std::promise<base::Result<std::vector<wire::Base>>> answer; };
  struct Take { wire::SyncReply reply; std::promise<base::Result<engine::Applied>> answer; };
  struct NextBlob { std::size_t max_bytes; std::promise<base::Result<engine::BlobTask>> answer; };
  struct Moved { engine::BlobMoved moved; std::promise<base::Result<void>> answer; };
  using Question = std::variant<Freeze, Look, Take, NextBlob, Moved>;

  explicit Port(std::function<void()> knock) : knock_(std::move(knock)) {}

  base::Result<engine::Replica> freeze(const engine::Need& need) override { return ask(Freeze{need, {}}).get(); }
  base::Result<std::vector<wire::Base>> bases(const std::vector<wire::BaseName>& names) override { return ask(Look{names, {}}).get(); }
  std::future<base::Result<engine::Applied>> apply(wire::SyncReply reply) override { return ask(Take{std::move(reply), {}}); }
  base::Result<engine::BlobTask> next_blob(std::size_t max_bytes) override { return ask(NextBlob{max_bytes, {}}).get(); }
  base::Result<void> moved(const engine::BlobMoved& moved) override { return ask(Moved{moved, {}}).get(); }
  std::deque<Question> questions() {
    std::lock_guard lock(mutex_);
    return std::exchange(questions_, {});
  }
  void close() {
    std::deque<Question> left;
    {
      std::lock_guard lock(mutex_);
      closed_ = true;
      left.swap(questions_);
    }
    for (auto& question : left) std::visit([](auto& q) { q.answer.set_value(cancelled()); }, question);
  }

 private:
  static base::Error cancelled() { return {base::Fault::Cancelled, "work.port", "the store is closed"}; }
  template <class Asked>
  auto ask(Asked question) -> decltype(question.answer.get_future()) {
    auto answer = question.answer.get_future();
    std::unique_lock lock(mutex_);
    if (closed_) {
      question.answer.set_value(cancelled());
      return answer;
    }
    questions_.push_back(std::move(question));
    lock.unlock();
    knock_();
    return answer;
  }

  std::function<void()> knock_;
  std::mutex mutex_;
  bool closed_ = false;
  std::deque<Question> questions_;
};

}  // namespace doorstep::work
