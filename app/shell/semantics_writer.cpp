#include "app/shell/semantics_writer.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace doorstep::shell {

SemanticsWriter SemanticsWriter::from_environment() {
  int fd = -1;
#ifdef DOORSTEP_DRIVABLE
  if (const char* word = std::getenv("DOORSTEP_SEMANTICS_FD")) {
    const auto [end, error] = std::from_chars(word, word + std::strlen(word), fd);
    if (error != std::errc() || *end != '\0' || fcntl(fd, F_GETFD) < 0) fd = -1;
  }
#endif
  return SemanticsWriter(fd);
}

SemanticsWriter::SemanticsWriter(int fd) : fd_(fd) {
  if (fd_ < 0) return;
  fcntl(fd_, F_SETFD, FD_CLOEXEC);
  fcntl(fd_, F_SETFL, fcntl(fd_, F_GETFL) | O_NONBLOCK);
  signal(SIGPIPE, SIG_IGN);  // a reader that went away is no reason to stop
}

SemanticsWriter::SemanticsWriter(SemanticsWriter&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), writing_(std::move(other.writing_)), next_(std::move(other.next_)) {}

SemanticsWriter::~SemanticsWriter() {
  if (fd_ >= 0) ::close(fd_);
}

void SemanticsWriter::offer(std::string_view line) {
  if (fd_ < 0) return;
  next_.assign(line);
  next_.push_back('\n');
  flush();
}

void SemanticsWriter::flush() {
  while (fd_ >= 0 && pending()) {
    if (writing_.empty()) writing_ = std::exchange(next_, {});
    const ssize_t n = ::write(fd_, writing_.data(), writing_.size());
    if (n > 0) {
      writing_.erase(0, static_cast<std::size_t>(n));
    } else if (n < 0 && errno == EINTR) {
      continue;
    } else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      return;
    } else {
      ::close(std::exchange(fd_, -1));
      writing_.clear();
      next_.clear();
    }
  }
}

}  // namespace doorstep::shell
