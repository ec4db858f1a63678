#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <stdexcept>

#include "tests/bench/measure.h"
#include "tests/support/server_process.h"
#include "tests/support/tree.h"
#include "tests/support/xvfb.h"

using namespace doorstep;
using namespace doorstep::bench;

namespace {

/// A pipe a program says on what is on the screen.
class FirstFrame {
 public:
  FirstFrame() {
    if (::pipe2(fds_, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
  }
  ~FirstFrame() {
    for (const int fd : fds_) ::close(fd);
  }
  FirstFrame(const FirstFrame&) = delete;
  int to() const { return fds_[1]; }
  /// Until `words` stand in what it said; empty: until it says anything.
  void wait(std::string_view words) {
    for (std::string said; said.empty() || said.find(words) == std::string::npos;) {
      pollfd more{fds_[0], POLLIN, 0};
      if (::poll(&more, 1, 20'000) != 1) throw std::runtime_error("no frame came");
      char buffer[65536];
      const auto n = ::read(fds_[0], buffer, sizeof buffer);
      if (n <= 0) throw std::runtime_error("what is on the screen cannot be read");
      said.append(buffer, static_cast<std::size_t>(n));
    }
  }

 private:
  int fds_[2];
};

double ms_to_first_frame(std::vector<std::string> command, bool is_ours) {
  FirstFrame frame;
  support::Process::Options options{.env = {}, .pass_fd = frame.to(), .input = {}};
  if (is_ours) options.env["DOORSTEP_SEMANTICS_FD"] = std::to_string(frame.to());
  else command.push_back(std::to_string(frame.to()));
  std::unique_ptr<support::Process> process;
  return ms_of([&] {
    process = std::make_unique<support::Process>(std::move(command), std::move(options));
    frame.wait(is_ours ? "unlock/passphrase" : "");
  });
}

}  // namespace

// From the start of the process to the lock screen in a window under Xvfb, on an enrolled tablet.
TEST_CASE("start", "[start]") {
  const int rounds = quick() ? 1 : 15;
  const std::string bin = support::bin();
  support::Folder folder;
  const auto tablet = (folder / "tablet").string();
  {
    support::ServerProcess server(support::assets("demo"));
    server.start();
    const auto device = server.write_device_toml(folder.path()).string();
    const auto enrolled =
        support::run({bin + "/doorstep-provision", "enrol", device, "--token", server.token("W1001"), "--tablet", tablet});
    INFO(enrolled.output);
    REQUIRE(enrolled.code == 0);
  }
  const support::Xvfb display(1280, 800);
  const auto ours = [&] { return ms_to_first_frame({bin + "/doorstep", "--tablet", tablet}, true); };
  const auto yardstick = [&] { return ms_to_first_frame({bin + "/bare_window"}, false); };
  ours(), yardstick();  // both programs' files are in memory
  const Sides sides = take_turns(rounds, ours, yardstick, [] {});
  tell("start to first frame", median(sides.ours), median(sides.yardstick),
       "an enrolled tablet's lock screen under Xvfb, median of " + std::to_string(rounds));
}
