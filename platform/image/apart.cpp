#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "platform/base/limits.h"
#include "platform/image/image.h"

namespace doorstep::image {
namespace {

using base::Error;
using base::Fault;
using base::Result;

/// Before the pixels, or instead of them.
struct Answer {
  std::int32_t width = 0, height = 0;  ///< 0: none
  std::int32_t place = 0, too_many = 0;
};
constexpr int kNotConfined = 2;  ///< exit code

bool write_all(int fd, const void* from, std::size_t bytes) {
  const char* at = static_cast<const char*>(from);
  while (bytes > 0) {
    const ssize_t n = ::send(fd, at, bytes, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += n;
    bytes -= static_cast<std::size_t>(n);
  }
  return true;
}

/// At most `bytes`; fewer where the other side ends. False: it broke, or `deadline` passed.
bool read_all(int fd, std::string& into, std::size_t bytes, std::optional<base::Millis> deadline) {
  std::array<char, 64 * 1024> buffer;
  while (into.size() < bytes) {
    if (deadline) {
      const auto left = *deadline - base::SystemClock().monotonic();
      pollfd ready{fd, POLLIN, 0};
      if (left.count() <= 0) return false;
      const int polled = ::poll(&ready, 1, static_cast<int>(left.count()));
      if (polled < 0 && errno == EINTR) continue;
      if (polled <= 0) return false;
    }
    const ssize_t n = ::read(fd, buffer.data(), std::min(buffer.size(), bytes - into.size()));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    if (n == 0) return true;
    into.append(buffer.data(), static_cast<std::size_t>(n));
  }
  return true;
}

}  // namespace

bool confine() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return true;  // their run-time asks for more
#else
  const rlimit seconds{10, 10}, memory{limits::kPictureMemory, limits::kPictureMemory}, none{0, 0};
  ::setrlimit(RLIMIT_CPU, &seconds);
  ::setrlimit(RLIMIT_AS, &memory);
  ::setrlimit(RLIMIT_CORE, &none);
  ::setrlimit(RLIMIT_FSIZE, &none);
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return false;
#if defined(__x86_64__)
  constexpr std::uint32_t kArch = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
  constexpr std::uint32_t kArch = AUDIT_ARCH_AARCH64;
#else
#error "say which system calls a picture may make on this processor"
#endif
  constexpr std::array kAllowed = {__NR_read,   __NR_write, __NR_sendto, __NR_brk,          __NR_mmap,         __NR_munmap,
                                   __NR_mremap, __NR_madvise, __NR_exit,   __NR_exit_group, __NR_rt_sigreturn};
  std::array<sock_filter, 4 + 2 * kAllowed.size() + 1> program{};
  std::size_t n = 0;
  const auto add = [&](std::uint16_t code, std::uint32_t k, std::uint8_t yes = 0, std::uint8_t no = 0) {
    program[n++] = {code, yes, no, k};
  };
  add(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch));
  add(BPF_JMP | BPF_JEQ | BPF_K, kArch, 1, 0);
  add(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
  add(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr));
  for (const int call : kAllowed) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 1);
    add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  }
  add(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
  const sock_fprog filter{static_cast<unsigned short>(n), program.data()};
  return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0;
#endif
}

int serve_one() {
  ::syscall(__NR_close_range, 2u, ~0u, 0u);
  std::int32_t longest = 0;
  std::string head, bytes;
  bytes.reserve(limits::kBlobBytes);  // the allocator asks for chance once, which is not allowed below
  if (!confine()) return kNotConfined;
  if (!read_all(0, head, sizeof longest, {}) || head.size() != sizeof longest) return 3;
  std::memcpy(&longest, head.data(), sizeof longest);
  if (longest <= 0 || !read_all(0, bytes, limits::kBlobBytes, {})) return 3;
  const auto pixels = decode(bytes, longest);
  Answer answer;
  if (pixels) answer = {pixels->width, pixels->height, pixels->place, 0};
  else answer.too_many = pixels.error().fault == Fault::Full;
  if (!write_all(1, &answer, sizeof answer)) return 4;
  return pixels && !write_all(1, pixels->rgba.data(), pixels->rgba.size()) ? 4 : 0;
}

Result<Pixels> decode_apart(const std::filesystem::path& program, std::string_view bytes, int longest, base::Millis limit) {
  const Error failed{Fault::Io, "image.process", "the program that decodes photos could not be started or confined"};
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return failed;
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  for (const int fd : {0, 1}) ::posix_spawn_file_actions_adddup2(&actions, ends[1], fd);
  const std::string path = program.string();
  char* const arguments[] = {const_cast<char*>(path.c_str()), nullptr};
  char* const environment[] = {nullptr};
  pid_t child = 0;
  const int spawned = ::posix_spawn(&child, path.c_str(), &actions, nullptr, arguments, environment);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  if (spawned != 0) {
    ::close(ends[0]);
    return failed;
  }
  const base::Millis deadline = base::SystemClock().monotonic() + limit;
  timeval send_limit{limit.count() / 1000, limit.count() % 1000 * 1000};
  ::setsockopt(ends[0], SOL_SOCKET, SO_SNDTIMEO, &send_limit, sizeof send_limit);
  const std::int32_t side = longest;
  std::string head, rgba;
  Answer answer;
  bool whole = write_all(ends[0], &side, sizeof side) && write_all(ends[0], bytes.data(), bytes.size()) &&
               ::shutdown(ends[0], SHUT_WR) == 0 && read_all(ends[0], head, sizeof answer, deadline) && head.size() == sizeof answer;
  if (whole) std::memcpy(&answer, head.data(), sizeof answer);
  const bool sensible = whole && answer.width > 0 && answer.height > 0 && answer.width <= longest && answer.height <= longest;
  if (sensible) {
    const std::size_t size = static_cast<std::size_t>(answer.width) * static_cast<std::size_t>(answer.height) * 4;
    rgba.reserve(size);
    whole = read_all(ends[0], rgba, size, deadline) && rgba.size() == size;
  }
  ::close(ends[0]);
  ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
  if (WIFEXITED(status) && WEXITSTATUS(status) == kNotConfined) return failed;
  if (whole && answer.too_many) return Error{Fault::Full, "image.decode", "it has more pixels than can be shown"};
  if (!sensible || !whole) return Error{Fault::Invalid, "image.decode", "it is damaged, or of a kind that cannot be shown"};
  return Pixels{answer.width, answer.height, std::move(rgba), answer.place != 0};
}

}  // namespace doorstep::image
