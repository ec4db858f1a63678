#pragma once
#include <arpa/inet.h>
#include <catch2/catch_test_macros.hpp>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace doorstep::support {

inline sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// Where a test's proxy listens, on a loopback port of its own, until it is shut from another thread.
class LoopbackDoor {
 public:
  LoopbackDoor() : door_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = loopback(0);
    REQUIRE(::bind(door_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(door_, 8) == 0);
    socklen_t size = sizeof address;
    ::getsockname(door_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    REQUIRE(::pipe(shut_) == 0);
  }
  ~LoopbackDoor() {
    ::close(door_);
    ::close(shut_[0]);
  }
  LoopbackDoor(const LoopbackDoor&) = delete;
  LoopbackDoor& operator=(const LoopbackDoor&) = delete;

  std::uint16_t port() const { return port_; }
  void shut() { ::close(shut_[1]); }          ///< once; everybody who waits sees it
  int shut_seen() const { return shut_[0]; }  ///< to be polled: something happens there when the door was shut
  /// Whether somebody knocked; false: the door was shut. Blocks.
  bool knock() const {
    pollfd ready[] = {{door_, POLLIN, 0}, {shut_[0], POLLIN, 0}};
    ::poll(ready, 2, -1);
    return !ready[1].revents;
  }
  int accept() const { return ::accept(door_, nullptr, nullptr); }

 private:
  int door_, shut_[2] = {-1, -1};
  std::uint16_t port_ = 0;
};

}  // namespace doorstep::support
