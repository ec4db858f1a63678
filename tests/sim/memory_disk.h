#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "tests/sim/random.h"

struct sqlite3;

namespace doorstep::sim {

/// What a disk holds: a database's file, its -wal and so on, by the end of their names; photos by "/" and their name.
using Image = std::map<std::string, std::string>;

struct Machine;

/// One database's files, in memory, below the real SQLCipher: what was written and synced, what was only written, and what is
/// left of it when the process or the power goes. One thread.
///
/// Photos lie beside the database as real files. The simulator is linked with --wrap for the calls that change files
/// (tests/CMakeLists.txt), so that these too end, fill up and lose what was not synced as the disk does. A file's name is durable with
/// its first fsync, a new name of it with its folder's, a removal at once.
class MemoryDisk {
 public:
  static constexpr const char* kVfs = "doorstep-sim";  ///< for DbOptions::vfs

  explicit MemoryDisk(const std::string& name);
  ~MemoryDisk();
  MemoryDisk(const MemoryDisk&) = delete;
  MemoryDisk& operator=(const MemoryDisk&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path photos() const { return path_.string() + ".blobs"; }  ///< where store::Store puts them
  /// Something happens to a photo's file: it is gone, shorter, or has another byte.
  void spoil(const std::string& photo, Random& random);

  /// The process ends at the `steps`-th write, sync or removal from now (0: the next): it is not done, and every call after it
  /// fails. Whoever has the disk open must then let go of it and call start().
  void end_after(std::size_t steps);
  void not_end();
  /// The next `count` writes find the disk full.
  void fill_up(std::size_t count);
  bool ended() const;
  /// The connection that has the database open; of several the one that was opened first. None: null.
  sqlite3* connection() const;
  /// The process ends now.
  void end();
  /// A new process: what it finds is everything written, or after a power cut (`random` given) what was synced and of the
  /// rest some writes whole, some not at all, some in parts.
  void start(Random* power_cut);

  Image image() const;
  void restore(Image image);  ///< ends what runs on it
  std::uint64_t writes() const;  ///< goes up with every change

  /// Every database that is opened from now on has pages of so many bytes: less is encrypted and authenticated for each change.
  static void use_pages_of(int bytes);

 private:
  std::string name_;
  std::filesystem::path path_;
  std::shared_ptr<Machine> machine_;
};

}  // namespace doorstep::sim
