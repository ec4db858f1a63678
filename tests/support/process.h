#pragma once
#include <sys/types.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace doorstep::support {

/// A child program of a test: its output is collected, and it is killed when this goes. One thread.
class Process {
 public:
  struct Options {
    std::map<std::string, std::string> env;  ///< added to ours
    int pass_fd = -1;                        ///< a descriptor the child keeps, under the same number
    std::string input;                       ///< standard input, then end of file
  };
  Process(std::vector<std::string> command, Options options);
  explicit Process(std::vector<std::string> command) : Process(std::move(command), Options{}) {}
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  bool running();
  void signal(int number);
  /// Waits until it ends; its exit code, 128 + signal, or -1 when it was still running at the limit.
  int wait(std::chrono::milliseconds limit);
  /// Waits until its output contains `text`; false at the limit or when it ends without.
  bool wait_for_output(const std::string& text, std::chrono::milliseconds limit);
  /// Standard output and standard error so far, as they came.
  const std::string& output();

 private:
  void read_some(std::chrono::milliseconds wait);
  void reap(bool block);

  pid_t pid_ = -1;
  int out_ = -1;
  int status_ = -1;
  bool ended_ = false;
  std::string text_;
};

/// Runs to the end; output and exit code.
struct Ran { int code; std::string output; };
Ran run(std::vector<std::string> command, Process::Options options = {}, std::chrono::milliseconds limit = std::chrono::seconds(60));

}  // namespace doorstep::support
