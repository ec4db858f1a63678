#pragma once
#include <stdlib.h>

#include <filesystem>
#include <string>
#include <system_error>

namespace doorstep::support {

/// A private folder of its own below the temporary one, or another, removed with everything in it.
class Folder {
 public:
  Folder() : Folder(std::filesystem::temp_directory_path()) {}
  explicit Folder(const std::filesystem::path& under) {
    std::string made = (under / "doorstep-test-XXXXXX").string();
    if (!::mkdtemp(made.data())) throw std::system_error(errno, std::generic_category(), made);
    path_ = made;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::filesystem::path& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace doorstep::support
