#pragma once
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>
#include <string>

extern char** environ;

namespace doorstep::support {

/// An X display for this process alone, while it lives; DISPLAY names it. Also where there is a display already: a test does
/// not open windows on somebody's desktop.
class Xvfb {
 public:
  Xvfb(int w, int h) {
    int ready[2];
    if (pipe(ready) != 0) throw std::runtime_error("pipe");
    const std::string screen = std::to_string(w) + "x" + std::to_string(h) + "x24", fd = std::to_string(ready[1]);
    const char* args[] = {"Xvfb", "-displayfd", fd.c_str(), "-screen", "0", screen.c_str(), "-nolisten", "tcp", "-noreset", nullptr};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", 1, 0);
    const int failed = posix_spawnp(&pid_, "Xvfb", &actions, nullptr, const_cast<char**>(args), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ready[1]);
    if (failed != 0) throw std::runtime_error("Xvfb does not start: run platform/dev/setup.sh");
    std::string number;
    for (char c = 0; read(ready[0], &c, 1) == 1 && c != '\n';) number.push_back(c);
    close(ready[0]);
    if (number.empty()) throw std::runtime_error("Xvfb names no display");
    setenv("DISPLAY", (":" + number).c_str(), 1);
    setenv("SDL_VIDEODRIVER", "x11", 1);
  }
  ~Xvfb() {
    kill(pid_, SIGTERM);
    waitpid(pid_, nullptr, 0);
  }
  Xvfb(const Xvfb&) = delete;
  Xvfb& operator=(const Xvfb&) = delete;

 private:
  pid_t pid_ = -1;
};

}  // namespace doorstep::support
