#include <catch2/catch_test_macros.hpp>

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "platform/os/os.h"

using namespace doorstep;
using namespace doorstep::os;

namespace {

/// Sets an environment variable for one test.
class Environment {
 public:
  Environment(std::string name, const char* value) : name_(std::move(name)) {
    if (const char* was = std::getenv(name_.c_str())) was_ = was;
    set(value);
  }
  ~Environment() { set(was_ ? was_->c_str() : nullptr); }
  void set(const char* value) {
    if (value) ::setenv(name_.c_str(), value, 1);
    else ::unsetenv(name_.c_str());
  }

 private:
  std::string name_;
  std::optional<std::string> was_;
};

}  // namespace

TEST_CASE("paths: the data folder follows XDG, and a relative one is ignored", "[os]") {
  Environment xdg("XDG_DATA_HOME", "/srv/data");
  Environment home("HOME", "/home/aoife");
  CHECK(*data_folder() == "/srv/data/doorstep");
  xdg.set("relative");
  CHECK(*data_folder() == "/home/aoife/.local/share/doorstep");
  xdg.set(nullptr);
  CHECK(*data_folder() == "/home/aoife/.local/share/doorstep");
  home.set(nullptr);
  auto from_account = data_folder();  // the account's own home
  if (from_account.has_value()) CHECK(from_account->is_absolute());
}

TEST_CASE("hardening: no core dump and no ptrace after it", "[os][H57]") {
  pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    bool before = ::prctl(PR_GET_DUMPABLE) == 1;
    bool done = harden_process().has_value();
    rlimit limit{1, 1};
    ::getrlimit(RLIMIT_CORE, &limit);
    ::_exit(before && done && ::prctl(PR_GET_DUMPABLE) == 0 && limit.rlim_cur == 0 && limit.rlim_max == 0 ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}

namespace {

/// As somebody who is not root: root may trace everybody.
void become_anybody() {
  constexpr uid_t kNobody = 65534;
  if (::geteuid() == 0 && (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0)) ::_exit(90);
  if (::prctl(PR_SET_DUMPABLE, 1) != 0) ::_exit(91);  // what another user id had taken away
  ::prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
}

int exit_code_of(pid_t child) {
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

/// Whether another process of the same user can attach to one that is hardened or not, and read its memory.
bool can_be_read(bool hardened) {
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  static const char secret[] = "what is in memory";
  const pid_t target = ::fork();
  REQUIRE(target >= 0);
  if (target == 0) {
    become_anybody();
    if (hardened && harden_process().has_error()) ::_exit(92);
    if (::write(ready[1], "x", 1) != 1) ::_exit(93);
    for (;;) ::pause();
  }
  char byte = 0;
  REQUIRE(::read(ready[0], &byte, 1) == 1);
  for (const int fd : ready) ::close(fd);
  const pid_t other = ::fork();
  REQUIRE(other >= 0);
  if (other == 0) {
    become_anybody();
    char found[sizeof secret] = "";
    iovec to{found, sizeof found}, from{const_cast<char*>(secret), sizeof secret};
    const bool read = ::process_vm_readv(target, &to, 1, &from, 1, 0) == static_cast<ssize_t>(sizeof secret);
    const bool attached = ::ptrace(PTRACE_SEIZE, target, nullptr, nullptr) == 0;
    ::_exit(read || attached ? 1 : 0);
  }
  const int code = exit_code_of(other);
  ::kill(target, SIGKILL);
  ::waitpid(target, nullptr, 0);
  REQUIRE(code <= 1);
  return code == 1;
}

}  // namespace

TEST_CASE("hardening: the same user's other programs cannot attach to it or read its memory", "[os][H57]") {
  CHECK_FALSE(can_be_read(true));
  if (!can_be_read(false)) WARN("this machine lets nobody attach, hardened or not");
}

TEST_CASE("hardening: a fault leaves no core", "[os][H57]") {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const rlimit as_much_as_there_is{1 << 20, 1 << 20};
    ::setrlimit(RLIMIT_CORE, &as_much_as_there_is);  // what a session may allow
    if (harden_process().has_error()) ::_exit(92);
    for (const int number : {SIGSEGV, SIGABRT}) ::signal(number, SIG_DFL);
    ::raise(SIGSEGV);
    ::_exit(0);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGSEGV);
  CHECK_FALSE(WCOREDUMP(status));
}

TEST_CASE("boot id: the same while the machine runs", "[os]") {
  CHECK(boot_id() == boot_id());
  CHECK(boot_id().size() == 36);
}
