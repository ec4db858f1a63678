#pragma once
#include <netdb.h>

#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/support/loopback_door.h"

namespace doorstep::support {

/// An HTTP proxy on loopback that carries CONNECT, as a council's does: it resolves, connects, says so, and passes bytes on.
/// Keeps all it saw. `answer`: what it says to every request instead, then it closes; "" for one that says nothing.
class ConnectProxy {
 public:
  explicit ConnectProxy(std::optional<std::string> answer = std::nullopt)
      : answer_(std::move(answer)), thread_([this] { run(); }) {}
  ~ConnectProxy() {
    door_.shut();
    thread_.join();
  }
  ConnectProxy(const ConnectProxy&) = delete;
  ConnectProxy& operator=(const ConnectProxy&) = delete;

  std::uint16_t port() const { return door_.port(); }
  /// Of each connection, the request it began with.
  std::vector<std::string> requests() {
    std::lock_guard lock(mutex_);
    return requests_;
  }
  /// All bytes that went through, both ways.
  std::string carried() {
    std::lock_guard lock(mutex_);
    return carried_;
  }

 private:
  void run() {
    std::list<std::thread> sessions;
    while (door_.knock()) {
      const int client = door_.accept();
      if (client >= 0)
        sessions.emplace_back([this, client] {
          session(client);
          ::close(client);
        });
    }
    for (auto& session : sessions) session.join();
  }
  /// False: the test is over, or the other side closed.
  bool readable(int fd) {
    pollfd ready[] = {{fd, POLLIN, 0}, {door_.shut_seen(), POLLIN, 0}};
    ::poll(ready, 2, -1);
    return !ready[1].revents;
  }
  static void send(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  void session(int client) {
    std::string head;
    char buffer[4096];
    while (head.find("\r\n\r\n") == std::string::npos) {
      if (!readable(client)) return;
      const auto got = ::read(client, buffer, sizeof buffer);
      if (got <= 0) return;
      head.append(buffer, static_cast<std::size_t>(got));
    }
    {
      std::lock_guard lock(mutex_);
      requests_.push_back(head);
    }
    if (answer_) {
      send(client, *answer_);
      if (answer_->empty()) readable(client);  // until the client gives up
      return;
    }
    const int server = connect(head);
    send(client, server < 0 ? "HTTP/1.1 502 Bad Gateway\r\n\r\n" : "HTTP/1.1 200 Connection established\r\nProxy-Agent: test\r\n\r\n");
    if (server < 0) return;
    forward(client, server);
    ::close(server);
  }
  /// To what "CONNECT host:port HTTP/1.1" names; -1 when it cannot.
  static int connect(const std::string& head) {
    const auto from = head.find(' ') + 1, to = head.find(' ', from), colon = head.rfind(':', to);
    if (!head.starts_with("CONNECT ")) return -1;
    const std::string host = head.substr(from, colon - from), port = head.substr(colon + 1, to - colon - 1);
    addrinfo hints{}, *found = nullptr;
    hints.ai_socktype = SOCK_STREAM;
    if (::getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) return -1;
    int fd = ::socket(found->ai_family, SOCK_STREAM, 0);
    if (::connect(fd, found->ai_addr, found->ai_addrlen) != 0) ::close(fd), fd = -1;
    ::freeaddrinfo(found);
    return fd;
  }
  void forward(int client, int server) {
    const int from[] = {client, server}, to[] = {server, client};
    char buffer[16384];
    for (;;) {
      pollfd ready[] = {{client, POLLIN, 0}, {server, POLLIN, 0}, {door_.shut_seen(), POLLIN, 0}};
      ::poll(ready, 3, -1);
      if (ready[2].revents) return;
      for (int d = 0; d < 2; ++d) {
        if (!ready[d].revents) continue;
        const auto got = ::read(from[d], buffer, sizeof buffer);
        if (got <= 0) return;
        {
          std::lock_guard lock(mutex_);
          carried_.append(buffer, static_cast<std::size_t>(got));
        }
        send(to[d], {buffer, static_cast<std::size_t>(got)});
      }
    }
  }

  const std::optional<std::string> answer_;
  LoopbackDoor door_;
  std::mutex mutex_;
  std::vector<std::string> requests_;
  std::string carried_;
  std::thread thread_;  // the last: it uses all the others
};

}  // namespace doorstep::support
