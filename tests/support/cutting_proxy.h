#pragma once
#include <netinet/tcp.h>

#include <mutex>
#include <thread>

#include "tests/support/loopback_door.h"

namespace doorstep::support {

/// Forwards loopback connections, and cuts the one during which `direction` has carried so many bytes; later ones pass, or are cut
/// as well.
class CuttingProxy {
 public:
  enum Direction { ToServer = 0, ToTablet = 1 };

  explicit CuttingProxy(std::uint16_t target) : target_(target), thread_([this] { run(); }) {}
  ~CuttingProxy() {
    door_.shut();
    thread_.join();
  }
  std::uint16_t port() const { return door_.port(); }
  /// `reset`: as a network that drops the state (RST), else as one that closes (FIN).
  void cut_next(Direction direction, long at, bool reset) {
    std::lock_guard lock(mutex_);
    direction_ = direction, at_ = at, reset_ = reset, each_ = false, carried_[0] = carried_[1] = 0;
  }
  /// From here on every connection when it has carried so many more, by reset and by close in turn.
  void cut_each(Direction direction, long at) {
    std::lock_guard lock(mutex_);
    direction_ = direction, at_ = at, each_ = true, carried_[0] = carried_[1] = 0;
  }
  int cuts() {
    std::lock_guard lock(mutex_);
    return cuts_;
  }
  long carried(Direction direction) {
    std::lock_guard lock(mutex_);
    return carried_[direction];
  }
  bool was_cut() {
    std::lock_guard lock(mutex_);
    return at_ < 0;
  }

 private:
  void run() {
    while (door_.knock()) {
      const int tablet = door_.accept();
      const int server = ::socket(AF_INET, SOCK_STREAM, 0);
      sockaddr_in address = loopback(target_);
      const bool up = ::connect(server, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
      const int at_once = 1;
      for (const int fd : {tablet, server}) ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
      const bool stopped = up && !forward(tablet, server);
      ::close(tablet);
      ::close(server);
      if (stopped) return;
    }
  }
  // False: the test is over.
  bool forward(int tablet, int server) {
    const int from[] = {tablet, server}, to[] = {server, tablet};
    char buffer[4096];
    for (;;) {
      pollfd ready[] = {{tablet, POLLIN, 0}, {server, POLLIN, 0}, {door_.shut_seen(), POLLIN, 0}};
      ::poll(ready, 3, -1);
      if (ready[2].revents) return false;
      for (int d = 0; d < 2; ++d) {
        if (!ready[d].revents) continue;
        const auto got = ::read(from[d], buffer, sizeof buffer);
        if (got <= 0) return true;
        long pass = got;
        bool cut = false, reset = false;
        {
          std::lock_guard lock(mutex_);
          if (at_ >= 0 && d == direction_ && carried_[d] + got > at_) {
            pass = at_ - carried_[d];
            cut = true, reset = reset_, ++cuts_;
            if (each_) reset_ = !reset_;
            else at_ = -1;
          }
          carried_[d] = cut && each_ ? 0 : carried_[d] + pass;
        }
        if (pass > 0 && ::send(to[d], buffer, static_cast<std::size_t>(pass), MSG_NOSIGNAL) != pass) return true;
        if (!cut) continue;
        const linger now{1, 0};
        if (reset)
          for (const int fd : {tablet, server}) ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        return true;
      }
    }
  }

  std::uint16_t target_;
  LoopbackDoor door_;
  std::mutex mutex_;
  int direction_ = ToServer;
  long at_ = -1, carried_[2] = {0, 0};
  bool reset_ = false, each_ = false;
  int cuts_ = 0;
  std::thread thread_;  // the last: it uses all the others
};

}  // namespace doorstep::support
