#include "platform/os/linux/network_watch.h"

#include <catch2/catch_test_macros.hpp>

#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "platform/base/file.h"
#include "platform/os/os.h"
#include "tests/support/folder.h"

using namespace doorstep;
using namespace doorstep::os;

namespace {

bool readable(const NetworkWatch& watch, int wait_ms) {
  pollfd one{watch.descriptor(), POLLIN, 0};
  return ::poll(&one, 1, wait_ms) == 1 && (one.revents & POLLIN);
}

struct Folder : support::Folder {
  std::filesystem::path file() const { return *this / "network"; }
  void write(std::string_view text) const { REQUIRE(base::write_file_atomic(file(), text, base::Access::Owner).has_value()); }
};

}  // namespace

TEST_CASE("network: the switch file takes the network away and brings it back, and says so on its descriptor", "[os]") {
  Folder folder;
  auto watch = watch_switch_file(folder.file());
  REQUIRE(watch);
  CHECK(watch->online());  // no file: a network
  CHECK_FALSE(readable(*watch, 0));

  folder.write("off\n");
  REQUIRE(readable(*watch, 5000));
  CHECK(watch->online());  // until it is taken in
  CHECK(watch->refresh());
  CHECK_FALSE(watch->online());
  CHECK_FALSE(readable(*watch, 0));
  CHECK_FALSE(watch->refresh());

  folder.write("off");  // written again, nothing changed
  REQUIRE(readable(*watch, 5000));
  CHECK_FALSE(watch->refresh());

  folder.write("on");
  REQUIRE(readable(*watch, 5000));
  CHECK(watch->refresh());
  CHECK(watch->online());

  folder.write("off");
  CHECK(watch->refresh());
  std::filesystem::remove(folder.file());
  REQUIRE(readable(*watch, 5000));
  CHECK(watch->refresh());
  CHECK(watch->online());
}

TEST_CASE("network: a watch begins with what is so already", "[os]") {
  Folder folder;
  folder.write("off");
  auto watch = watch_switch_file(folder.file());
  REQUIRE(watch);
  CHECK_FALSE(watch->online());
  CHECK_FALSE(watch_switch_file(folder / "no such folder" / "network"));
}

TEST_CASE("network: drivable builds ask the file that the environment names", "[os]") {
  Folder folder;
  folder.write("off");
  ::setenv("DOORSTEP_NETWORK_FILE", folder.file().c_str(), 1);
  auto watch = watch_network();
  ::unsetenv("DOORSTEP_NETWORK_FILE");
  REQUIRE(watch);
#ifdef DOORSTEP_DRIVABLE
  CHECK_FALSE(watch->online());
#endif
}

TEST_CASE("network: the machine's interfaces can be watched", "[os]") {
  auto watch = watch_interfaces();
  REQUIRE(watch);
  CHECK(watch->descriptor() >= 0);
  bool before = watch->online();
  CHECK_FALSE(watch->refresh());  // nothing happened
  CHECK(watch->online() == before);
  CHECK(watch_network()->online() == before);
}

TEST_CASE("network: an interface that gets an address and loses it is noticed, loopback and link-local are no network", "[os]") {
  constexpr int kNotPermitted = 77;
  pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {  // in a network of its own, where this test may do as it likes
    if (::unshare(CLONE_NEWNET) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) ::_exit(kNotPermitted);
    auto run = [](const char* command) { return ::system(command) == 0; };
    if (!run("ip link set lo up") || !run("ip link add v0 type veth peer name v1 2>/dev/null")) ::_exit(kNotPermitted);
    int step = 0;
    auto expect = [&](bool truth) {
      ++step;
      if (!truth) ::_exit(step);
    };
    auto watch = watch_interfaces();
    expect(watch && !watch->online());
    auto becomes = [&](bool online) {  // the kernel announces address and carrier apart
      for (int events = 0; watch->online() != online && events < 50 && readable(*watch, 5000); ++events) watch->refresh();
      return watch->online() == online;
    };
    expect(run("ip link set v1 up && ip addr add 169.254.7.7/16 dev v0 && ip link set v0 up"));
    expect(readable(*watch, 5000) && !watch->refresh() && !watch->online());
    expect(run("ip addr add 10.9.9.1/24 dev v0"));
    expect(becomes(true));
    expect(run("ip link set v0 down"));
    expect(becomes(false));
    ::_exit(0);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  if (WEXITSTATUS(status) == kNotPermitted) SKIP("needs permission for a network namespace, and the ip command");
  CHECK(WEXITSTATUS(status) == 0);  // else: the number of the step that failed
}
