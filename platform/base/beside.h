#pragma once
#include <cstddef>
#include <functional>
#include <future>
#include <stop_token>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "platform/base/secret.h"

namespace doorstep::base {

/// Values made one after the other on a thread of their own, beside what they are for. Of few, each is made where it is taken: that takes
/// less time than a thread does to begin; and so is each where no thread can begin. What was not taken at the end is not made any more.
/// The thread leaves no words on its stack.
template <class T>
class Beside {
 public:
  static constexpr std::size_t kFew = 8;

  /// What makes them may not throw; what it refers to has to outlive this.
  explicit Beside(std::vector<std::function<T()>> make) {
    for (auto& one : make) tasks_.emplace_back(std::move(one));
    if (tasks_.size() < kFew) return;
    try {
      thread_ = std::jthread([this](std::stop_token stop) {
        for (auto task = tasks_.begin(); task != tasks_.end() && !stop.stop_requested(); ++task) (*task)();
        wipe_stack();
      });
    } catch (const std::system_error&) {  // the system has no more threads
    }
  }
  Beside(const Beside&) = delete;
  Beside& operator=(const Beside&) = delete;

  /// Once for each, in whatever order; waits for it.
  T take(std::size_t i) {
    if (!thread_.joinable()) tasks_[i]();
    return tasks_[i].get_future().get();
  }

 private:
  std::vector<std::packaged_task<T()>> tasks_;
  std::jthread thread_;
};

}  // namespace doorstep::base
