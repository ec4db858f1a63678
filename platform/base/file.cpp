#include "platform/base/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace doorstep::base {
namespace {

class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() { if (fd_ >= 0) ::close(fd_); }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

Error os_error(std::string where, const std::filesystem::path& path) {
  Fault fault = errno == ENOENT ? Fault::NotFound : errno == ENOSPC || errno == EDQUOT ? Fault::Full : Fault::Io;
  return {fault, std::move(where), path.string() + ": " + std::strerror(errno)};
}

bool write_all(const Fd& fd, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t n = ::write(fd.get(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

std::filesystem::path temporary_of(std::filesystem::path path) { return path += ".new"; }

int create(const std::filesystem::path& path, Access access) {
  return ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, access == Access::Owner ? 0600 : 0644);
}

Result<void> sync_folder_of(const std::filesystem::path& path, std::string where) {
  auto parent = path.parent_path();
  Fd folder(::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0 || ::fsync(folder.get()) != 0) return os_error(std::move(where), parent);
  return {};
}

}  // namespace

Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit_bytes) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return os_error("read_file", path);
  std::string out;
  char buffer[65536];
  for (;;) {
    ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return os_error("read_file", path);
    if (n == 0) return out;
    if (out.size() + static_cast<std::size_t>(n) > limit_bytes)
      return Error{Fault::Full, "read_file", path.string() + " is larger than " + std::to_string(limit_bytes) + " bytes"};
    out.append(buffer, static_cast<std::size_t>(n));
  }
}

Result<void> write_file_atomic(const std::filesystem::path& path, std::string_view bytes, Access access) {
  std::filesystem::path temporary = temporary_of(path);
  Fd fd(create(temporary, access));
  if (fd.get() < 0) return os_error("write_file_atomic", temporary);
  if (!write_all(fd, bytes) || ::fsync(fd.get()) != 0 || ::rename(temporary.c_str(), path.c_str()) != 0) {
    Error error = os_error("write_file_atomic", path);
    ::unlink(temporary.c_str());
    return error;
  }
  return sync_folder_of(path, "write_file_atomic");
}

Result<void> write_files_atomic(const std::filesystem::path& folder, const std::vector<NamedBytes>& files, Access access) {
  constexpr const char* kWhere = "write_files_atomic";
  if (files.empty()) return {};
  if (files.size() == 1) return write_file_atomic(folder / files.front().name, files.front().bytes, access);
  std::size_t begun = 0, placed = 0;
  auto failed = [&](const std::filesystem::path& path) {
    Error error = os_error(kWhere, path);
    for (std::size_t i = placed; i < begun; ++i) ::unlink(temporary_of(folder / files[i].name).c_str());
    return error;
  };
  Fd place(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (place.get() < 0) return failed(folder);
  for (const auto& [name, bytes] : files) {
    const auto temporary = temporary_of(folder / name);
    Fd fd(create(temporary, access));
    if (fd.get() < 0) return failed(temporary);
    ++begun;
    if (!write_all(fd, bytes)) return failed(temporary);
  }
  if (::syncfs(place.get()) != 0) return failed(folder);  // one wait of the disk, where an fsync of each would be one of each
  for (const auto& file : files) {
    const auto path = folder / file.name;
    if (::rename(temporary_of(path).c_str(), path.c_str()) != 0) return failed(path);
    ++placed;
  }
  if (::fsync(place.get()) != 0) return failed(folder);
  return {};
}

Result<void> erase_file(const std::filesystem::path& path) {
  Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW));
  if (fd.get() < 0 && errno == ENOENT) return {};
  struct stat info{};
  if (fd.get() < 0 || ::fstat(fd.get(), &info) != 0 || !write_all(fd, std::string(static_cast<std::size_t>(info.st_size), '\0')) ||
      ::fsync(fd.get()) != 0 || ::unlink(path.c_str()) != 0)
    return os_error("erase_file", path);
  return sync_folder_of(path, "erase_file");
}

Result<void> make_durable(const std::filesystem::path& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0 || ::fsync(fd.get()) != 0) return os_error("make_durable", path);
  return sync_folder_of(path, "make_durable");
}

Result<void> replace_file(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return os_error("replace_file", to);
  return sync_folder_of(to, "replace_file");
}

FolderHold::FolderHold(const std::filesystem::path& folder) : fd_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  alone_ = fd_ >= 0 && ::flock(fd_, LOCK_EX | LOCK_NB) == 0;
  if (!alone_) share();
}

FolderHold::~FolderHold() {
  if (fd_ >= 0) ::close(fd_);
}

void FolderHold::share() {
  alone_ = false;
  while (fd_ >= 0 && ::flock(fd_, LOCK_SH) != 0 && errno == EINTR) {}
}

Result<void> make_private_folder(const std::filesystem::path& path) {
  std::filesystem::path folder;
  for (const auto& part : path) {  // one by one: create_directories() leaves parents open to everybody
    folder /= part;
    if (::mkdir(folder.c_str(), 0700) == 0) continue;
    const int why = errno;
    std::error_code ignored;
    if (std::filesystem::is_directory(folder, ignored)) continue;
    errno = why;
    if (why != EEXIST) return os_error("make_private_folder", folder);
    return Error{Fault::Io, "make_private_folder", folder.string() + " is not a folder"};
  }
  return {};
}

}  // namespace doorstep::base
