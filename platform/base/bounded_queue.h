#pragma once
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <limits>
#include <list>
#include <mutex>
#include <optional>
#include <vector>

namespace doorstep::base {

/// Messages from many threads to one, at most `limit` waiting. Thread-safe. Closing wakes everybody.
template <class T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t limit) : limit_(limit) {}

  /// False when full or closed; `item` is then untouched.
  bool try_push(T& item) { return put(item, limit_); }
  /// Past the limit too, for the few that may not be lost. False when closed; `item` is then untouched.
  bool push_anyway(T& item) { return put(item, std::numeric_limits<std::size_t>::max()); }
  /// Waits for an item; empty when closed and drained.
  std::optional<T> pop() {
    std::unique_lock lock(mutex_);
    ready_.wait(lock, [&] { return closed_ || !items_.empty(); });
    return take();
  }
  /// As pop(), but gives up after `wait`.
  std::optional<T> pop_for(std::chrono::milliseconds wait) {
    std::unique_lock lock(mutex_);
    ready_.wait_for(lock, wait, [&] { return closed_ || !items_.empty(); });
    return take();
  }
  /// Everything that waits now; never blocks.
  std::vector<T> drain() {
    std::lock_guard lock(mutex_);
    std::vector<T> out(std::make_move_iterator(items_.begin()), std::make_move_iterator(items_.end()));
    items_.clear();
    return out;
  }
  void close() {
    {
      std::lock_guard lock(mutex_);
      closed_ = true;
    }
    ready_.notify_all();
  }
  bool closed() const {
    std::lock_guard lock(mutex_);
    return closed_;
  }

 private:
  bool put(T& item, std::size_t limit) {
    {
      std::lock_guard lock(mutex_);
      if (closed_ || items_.size() >= limit) return false;
      items_.push_back(std::move(item));
    }
    ready_.notify_one();
    return true;
  }
  std::optional<T> take() {
    if (items_.empty()) return std::nullopt;
    std::optional<T> item(std::move(items_.front()));
    items_.pop_front();
    return item;
  }

  const std::size_t limit_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::list<T> items_;  // what an item held in itself is freed with it, and so overwritten where the program frees like that
  bool closed_ = false;
};

}  // namespace doorstep::base
