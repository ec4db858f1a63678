#pragma once
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "platform/base/error.h"

namespace doorstep::base {

/// The whole file. Fault::NotFound, Fault::Full past `limit_bytes`, or Fault::Io.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit_bytes);

enum class Access { Owner, Everybody };  ///< mode 0600 or 0644

/// Replaces the file as one: temporary, fsync, rename, fsync of the folder. A crash leaves the old or the new file, and perhaps
/// the temporary (".new"); a failure leaves the old one alone.
Result<void> write_file_atomic(const std::filesystem::path& path, std::string_view bytes, Access access);

struct NamedBytes {
  std::string name;  ///< within a folder
  std::string bytes;
};
/// The same for several files of one folder, which are made durable together: a crash or a failure leaves each old or new.
Result<void> write_files_atomic(const std::filesystem::path& folder, const std::vector<NamedBytes>& files, Access access);

/// Writes zeros over the file where it lies, for disks that keep a deleted file's blocks, and removes it; flash may still hold an
/// old copy. One that is not there is no error.
Result<void> erase_file(const std::filesystem::path& path);

/// What the file holds, and that it has this name, is on the disk when this returns.
Result<void> make_durable(const std::filesystem::path& path);

/// Takes the place of `to`, durably; a crash leaves both as they were or `to` replaced. One folder.
Result<void> replace_file(const std::filesystem::path& from, const std::filesystem::path& to);

/// Says to other processes that a folder is in use: held alone, or beside others. Until it goes, or the process ends however.
class FolderHold {
 public:
  /// Alone where nobody else holds it, else beside them. One that cannot be held (the file system has no such locks) is not.
  explicit FolderHold(const std::filesystem::path& folder);
  ~FolderHold();
  FolderHold(const FolderHold&) = delete;
  FolderHold& operator=(const FolderHold&) = delete;
  bool alone() const { return alone_; }
  void share();  ///< lets others hold it too; waits for one who holds it alone

 private:
  int fd_;
  bool alone_ = false;
};

/// Makes the folder and those above it that are not there, mode 0700. One that is there stays as it is.
Result<void> make_private_folder(const std::filesystem::path& path);

}  // namespace doorstep::base
