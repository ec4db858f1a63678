#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "tests/sim/random.h"

namespace doorstep::sim {

/// What a disk holds: a database's file, its -wal and so on, by the end of their names.
using Image = std::map<std::string, std::string>;

struct Machine;

/// One database's files, in memory, below the real SQLCipher: what was written and synced, what was only written, and what is
/// left of it when the process or the power goes. One thread.
class MemoryDisk {
 public:
  static constexpr const char* kVfs = "doorstep-sim";  ///< for DbOptions::vfs

  explicit MemoryDisk(const std::string& name);
  ~MemoryDisk();
  MemoryDisk(const MemoryDisk&) = delete;
  MemoryDisk& operator=(const MemoryDisk&) = delete;

  const std::filesystem::path& path() const { return path_; }

  /// The process ends at the `steps`-th write, sync or removal from now (0: the next): it is not done, and every call after it
  /// fails. Whoever has the disk open must then let go of it and call start().
  void end_after(std::size_t steps);
  void not_end();
  /// The next `count` writes find the disk full.
  void fill_up(std::size_t count);
  bool ended() const;
  /// The process ends now.
  void end();
  /// A new process: what it finds is everything written, or after a power cut (`random` given) what was synced and of the
  /// rest some writes whole, some not at all, some in parts.
  void start(Random* power_cut);

  Image image() const;
  void restore(Image image);  ///< ends what runs on it
  std::uint64_t writes() const;  ///< goes up with every change

 private:
  std::string name_;
  std::filesystem::path path_;
  std::shared_ptr<Machine> machine_;
};

}  // namespace doorstep::sim
