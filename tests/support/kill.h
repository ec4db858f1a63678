#pragma once
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "platform/base/file.h"

/// What a process that is killed at any system call leaves behind.
namespace doorstep::support {

/// Every file below `folder`, by its path in it.
inline std::map<std::string, std::string> contents(const std::filesystem::path& folder) {
  std::map<std::string, std::string> out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) {
      const auto bytes = base::read_file(entry.path(), 1 << 24);
      REQUIRE(bytes.has_value());
      out[std::filesystem::relative(entry.path(), folder).string()] = *bytes;
    }
  return out;
}

/// Makes `folder` what contents() found in it.
inline void put_back(const std::filesystem::path& folder, const std::map<std::string, std::string>& before) {
  const auto now = contents(folder);
  for (const auto& [file, bytes] : now)
    if (!before.contains(file)) std::filesystem::remove(folder / file);
  for (const auto& [file, bytes] : before)
    if (const auto at = now.find(file); at == now.end() || at->second != bytes)
      REQUIRE(base::write_file_atomic(folder / file, bytes, base::Access::Owner).has_value());
}

/// Does `work` in a child, which is killed as it enters its `nth` system call; false when it ended before.
inline bool killed_at_call(int nth, const std::function<void()>& work) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    ::raise(SIGSTOP);
    work();
    ::_exit(0);
  }
  int status = 0;
  REQUIRE((::waitpid(child, &status, 0) == child && WIFSTOPPED(status)));
  REQUIRE(::ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD) == 0);
  for (int stops = 0;;) {
    if (::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr) != 0 || ::waitpid(child, &status, 0) != child) FAIL("the child got lost");
    if (WIFEXITED(status)) return false;
    if (!WIFSTOPPED(status) || WSTOPSIG(status) != (SIGTRAP | 0x80)) continue;
    if (stops++ != 2 * nth) continue;  // each call stops twice: before it and after it
    ::kill(child, SIGKILL);
    REQUIRE((::waitpid(child, &status, 0) == child && WIFSIGNALED(status)));
    return true;
  }
}

}  // namespace doorstep::support
