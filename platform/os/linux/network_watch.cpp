#include "platform/os/linux/network_watch.h"

#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <utility>

#include "platform/base/file.h"
#include "platform/base/log.h"

namespace doorstep::os {
namespace {

class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&&) = delete;
  ~Fd() { if (fd_ >= 0) ::close(fd_); }
  int get() const { return fd_; }

 private:
  int fd_;
};

/// Reads a non-blocking descriptor until nothing waits; what it says is only a reason to look.
void drain(int fd) {
  std::array<char, 8192> buffer;
  constexpr int kReadsAtMost = 1000;  // a storm of announcements ends here; the descriptor stays readable
  for (int i = 0; i < kReadsAtMost && ::read(fd, buffer.data(), buffer.size()) > 0; ++i) {}
}

/// Not link-local: an interface gives itself such an address when nobody on the network gave it one.
bool is_routable(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    auto host = ntohl(reinterpret_cast<const sockaddr_in&>(address).sin_addr.s_addr);
    return (host >> 16) != 0xa9fe;  // 169.254/16
  }
  return address.sa_family == AF_INET6 && !IN6_IS_ADDR_LINKLOCAL(&reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
}

bool interface_has_network() {
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return true;  // not knowing, try
  std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(all, ::freeifaddrs);
  for (const ifaddrs* at = all; at; at = at->ifa_next) {
    if (!at->ifa_addr || (at->ifa_flags & IFF_LOOPBACK) || !(at->ifa_flags & IFF_UP) || !(at->ifa_flags & IFF_RUNNING)) continue;
    if (is_routable(*at->ifa_addr)) return true;
  }
  return false;
}

class InterfaceWatch final : public NetworkWatch {
 public:
  explicit InterfaceWatch(Fd socket) : socket_(std::move(socket)), online_(interface_has_network()) {}
  int descriptor() const override { return socket_.get(); }
  bool refresh() override {
    drain(socket_.get());
    return std::exchange(online_, interface_has_network()) != online_;
  }
  bool online() const override { return online_; }

 private:
  Fd socket_;
  bool online_;
};

class SwitchWatch final : public NetworkWatch {
 public:
  SwitchWatch(Fd inotify, std::filesystem::path file)
      : inotify_(std::move(inotify)), file_(std::move(file)), online_(says_on()) {}
  int descriptor() const override { return inotify_.get(); }
  bool refresh() override {
    drain(inotify_.get());
    return std::exchange(online_, says_on()) != online_;
  }
  bool online() const override { return online_; }

 private:
  bool says_on() const {
    auto text = base::read_file(file_, 64);
    return text.has_error() || text->substr(0, 3) != "off";
  }
  Fd inotify_;
  std::filesystem::path file_;
  bool online_;
};

/// For a machine that cannot be watched.
class AlwaysOnline final : public NetworkWatch {
 public:
  int descriptor() const override { return -1; }
  bool refresh() override { return false; }
  bool online() const override { return true; }
};

}  // namespace

std::unique_ptr<NetworkWatch> watch_interfaces() {
  Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
  if (socket.get() < 0 || ::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return nullptr;
  return std::make_unique<InterfaceWatch>(std::move(socket));
}

std::unique_ptr<NetworkWatch> watch_switch_file(const std::filesystem::path& file) {
  Fd inotify(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  auto folder = file.parent_path().empty() ? std::filesystem::path(".") : file.parent_path();
  // The folder, because a file that is replaced is another file.
  if (inotify.get() < 0 ||
      ::inotify_add_watch(inotify.get(), folder.c_str(), IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM) < 0)
    return nullptr;
  return std::make_unique<SwitchWatch>(std::move(inotify), file);
}

std::unique_ptr<NetworkWatch> watch_network() {
  std::unique_ptr<NetworkWatch> watch;
#ifdef DOORSTEP_DRIVABLE
  if (const char* file = std::getenv("DOORSTEP_NETWORK_FILE"); file && *file) watch = watch_switch_file(file);
#endif
  if (!watch) watch = watch_interfaces();
  if (watch) return watch;
  base::log_event("os.network_not_watched");
  return std::make_unique<AlwaysOnline>();
}

}  // namespace doorstep::os
