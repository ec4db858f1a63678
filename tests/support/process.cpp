#include "tests/support/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

namespace doorstep::support {
namespace {
using Clock = std::chrono::steady_clock;

std::chrono::milliseconds left(Clock::time_point until) {
  return std::max(std::chrono::milliseconds(0), std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()));
}
}  // namespace

Process::Process(std::vector<std::string> command, Options options) {
  int out[2], in[2];
  if (::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(in, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
  std::vector<char*> argv;
  for (auto& word : command) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("fork");
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(in[0], 0);
    ::dup2(out[1], 1);
    ::dup2(out[1], 2);
    if (options.pass_fd >= 0) ::fcntl(options.pass_fd, F_SETFD, 0);
    for (const auto& [name, value] : options.env) ::setenv(name.c_str(), value.c_str(), 1);
    ::execvp(argv[0], argv.data());
    ::_exit(127);
  }
  ::close(in[0]);
  ::close(out[1]);
  out_ = out[0];
  ::fcntl(out_, F_SETFL, O_NONBLOCK);
  if (!options.input.empty() && ::write(in[1], options.input.data(), options.input.size()) < 0) throw std::runtime_error("write");
  ::close(in[1]);
}

Process::~Process() {
  if (!ended_) {
    ::kill(pid_, SIGKILL);
    reap(true);
  }
  ::close(out_);
}

void Process::reap(bool block) {
  if (ended_) return;
  int status = 0;
  if (::waitpid(pid_, &status, block ? 0 : WNOHANG) == pid_) {
    ended_ = true;
    status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
}

bool Process::running() {
  reap(false);
  return !ended_;
}

void Process::signal(int number) {
  if (!ended_) ::kill(pid_, number);
}

void Process::read_some(std::chrono::milliseconds wait) {
  pollfd p{out_, POLLIN, 0};
  if (::poll(&p, 1, static_cast<int>(wait.count())) <= 0) return;
  char buffer[65536];
  for (ssize_t n; (n = ::read(out_, buffer, sizeof buffer)) > 0;) text_.append(buffer, static_cast<std::size_t>(n));
}

int Process::wait(std::chrono::milliseconds limit) {
  auto until = Clock::now() + limit;
  while (running() && left(until).count() > 0) read_some(std::min(left(until), std::chrono::milliseconds(20)));
  read_some(std::chrono::milliseconds(0));
  return ended_ ? status_ : -1;
}

bool Process::wait_for_output(const std::string& text, std::chrono::milliseconds limit) {
  auto until = Clock::now() + limit;
  while (text_.find(text) == std::string::npos) {
    bool alive = running();
    read_some(std::min(left(until), std::chrono::milliseconds(50)));
    if (text_.find(text) != std::string::npos) return true;
    if (!alive || left(until).count() == 0) return false;
  }
  return true;
}

const std::string& Process::output() {
  read_some(std::chrono::milliseconds(0));
  return text_;
}

Ran run(std::vector<std::string> command, Process::Options options, std::chrono::milliseconds limit) {
  Process process(std::move(command), std::move(options));
  int code = process.wait(limit);
  return {code, process.output()};
}

}  // namespace doorstep::support
