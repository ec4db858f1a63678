#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <mutex>
#include <thread>

namespace doorstep::support {

/// Forwards loopback connections, and cuts the one during which `direction` has carried so many bytes; later ones pass, or are cut
/// as well.
class CuttingProxy {
 public:
  enum Direction { ToServer = 0, ToTablet = 1 };

  explicit CuttingProxy(std::uint16_t target) : target_(target), door_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = loopback(0);
    REQUIRE(::bind(door_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(door_, 8) == 0);
    socklen_t size = sizeof address;
    ::getsockname(door_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    REQUIRE(::pipe(wake_) == 0);
    thread_ = std::thread([this] { run(); });
  }
  ~CuttingProxy() {
    [[maybe_unused]] const auto written = ::write(wake_[1], "x", 1);
    thread_.join();
    for (const int fd : {door_, wake_[0], wake_[1]}) ::close(fd);
  }
  std::uint16_t port() const { return port_; }
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
  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }
  void run() {
    for (;;) {
      pollfd ready[] = {{door_, POLLIN, 0}, {wake_[0], POLLIN, 0}};
      ::poll(ready, 2, -1);
      if (ready[1].revents) return;
      const int tablet = ::accept(door_, nullptr, nullptr);
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
      pollfd ready[] = {{tablet, POLLIN, 0}, {server, POLLIN, 0}, {wake_[0], POLLIN, 0}};
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

  std::uint16_t target_, port_ = 0;
  int door_, wake_[2] = {-1, -1};
  std::mutex mutex_;
  int direction_ = ToServer;
  long at_ = -1, carried_[2] = {0, 0};
  bool reset_ = false, each_ = false;
  int cuts_ = 0;
  std::thread thread_;
};

}  // namespace doorstep::support
