#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "platform/base/file.h"
#include "platform/os/os.h"

namespace doorstep::os {

using base::Error;
using base::Fault;

base::Result<std::filesystem::path> data_folder() {
  if (const char* xdg = std::getenv("XDG_DATA_HOME"); xdg && *xdg == '/')  // the specification: relative ones are ignored
    return std::filesystem::path(xdg) / "doorstep";
  const char* home = std::getenv("HOME");
  if (!home || *home != '/') {
    const passwd* user = ::getpwuid(::getuid());
    home = user ? user->pw_dir : nullptr;
  }
  if (!home || *home != '/') return Error{Fault::NotFound, "os.data_folder", "this user has no home folder"};
  return std::filesystem::path(home) / ".local/share/doorstep";
}

std::optional<std::string> other_owner(const std::filesystem::path& folder) {
  if (::geteuid() != 0) return std::nullopt;
  std::error_code error;
  struct stat info {};
  for (auto at = std::filesystem::absolute(folder, error); ::stat(at.c_str(), &info) != 0; at = at.parent_path())
    if (!at.has_relative_path()) return std::nullopt;
  if (info.st_uid == 0) return std::nullopt;
  const passwd* user = ::getpwuid(info.st_uid);
  return user ? std::string(user->pw_name) : std::to_string(info.st_uid);
}

base::Result<void> harden_process() {
  rlimit none{0, 0};
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || ::setrlimit(RLIMIT_CORE, &none) != 0)
    return Error{Fault::Denied, "os.harden", std::strerror(errno)};
  return {};
}

std::string boot_id() {
  auto text = base::read_file("/proc/sys/kernel/random/boot_id", 64);
  if (text.has_error()) return "unknown";
  while (!text->empty() && text->back() == '\n') text->pop_back();
  return *text;
}

std::filesystem::path program_folder() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
}

}  // namespace doorstep::os
