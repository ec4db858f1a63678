#pragma once
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace doorstep::transport_test {

constexpr auto kSoon = std::chrono::seconds(10);  ///< far more than anything here takes

/// A door that a test opens: a server's threads wait at it. Made before the server, for those threads use it to their end. Asserts
/// nothing itself: Catch2's assertions belong to the test's own thread.
class Gate {
 public:
  void arrive_and_wait() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait_for(lock, kSoon, [&] { return open_; });
  }
  bool await(int arrivals) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kSoon, [&] { return waiting_ >= arrivals; });
  }
  void open() {
    std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool open_ = false;
};

}  // namespace doorstep::transport_test
