#include <catch2/catch_test_macros.hpp>

#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
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

TEST_CASE("hardening: no core dump and no ptrace after it", "[os]") {
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

TEST_CASE("boot id: the same while the machine runs", "[os]") {
  CHECK(boot_id() == boot_id());
  CHECK(boot_id().size() == 36);
}
