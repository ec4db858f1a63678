#pragma once
#include <signal.h>

#include <chrono>
#include <memory>
#include <thread>

#include <catch2/catch_test_macros.hpp>

#include "platform/vault/tpm2_provider.h"
#include "tests/support/folder.h"
#include "tests/support/process.h"

namespace doorstep::support {

/// A TPM 2.0 in a program (swtpm) with a seed of its own, as another machine has.
class TestChip {
 public:
  TestChip() { power_on(); }
  std::string name() const { return "swtpm:path=" + socket().string(); }
  /// The chip keeps its seed and its counts; what was loaded is gone.
  void restart() {
    power_off();
    power_on();
  }
  void power_off() {
    process_->signal(SIGTERM);
    REQUIRE(process_->wait(std::chrono::seconds(20)) == 0);
    process_.reset();
  }

 private:
  std::filesystem::path socket() const { return folder_.path() / "chip"; }
  void power_on() {
    const std::string socket = this->socket().string();
    process_ = std::make_unique<Process>(std::vector<std::string>{
        "swtpm", "socket", "--tpm2", "--tpmstate", "dir=" + folder_.path().string(), "--server", "type=unixio,path=" + socket, "--ctrl",
        "type=unixio,path=" + socket + ".ctrl", "--flags", "not-need-init,startup-clear"});
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!vault::tpm_answers(name()) && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    REQUIRE(vault::tpm_answers(name()));
  }
  Folder folder_;
  std::unique_ptr<Process> process_;
};

}  // namespace doorstep::support
