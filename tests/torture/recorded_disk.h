#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "platform/sql/observed_vfs.h"

namespace doorstep::torture {

/// A disk below SQLCipher that remembers what was synced and what was only written, and can say what a power cut would leave.
/// The fault model is that of SQLite's own crash tests (test6.c): of what was not synced, each write happened, did not happen,
/// or happened in some sectors and left rubbish in others; what a write did not touch is not harmed (SQLite's "powersafe
/// overwrite", which it takes for granted). -shm files are no part of it: they are made anew. One at a time per VFS name.
class RecordedDisk {
 public:
  using Files = std::map<std::string, std::string>;  ///< file name, without folder -> bytes
  enum class Cut {
    Kept,     ///< everything written had reached the disk
    Dropped,  ///< nothing that was not synced had
    Mixed,    ///< some writes had
    Torn,     ///< some sectors had, and others hold rubbish
  };

  /// Registers the VFS `vfs`. Nothing is recorded before start().
  explicit RecordedDisk(std::string vfs);
  ~RecordedDisk();
  RecordedDisk(const RecordedDisk&) = delete;
  RecordedDisk& operator=(const RecordedDisk&) = delete;

  /// From now on, with everything in `folder` taken for synced. `at_sync` is called at every sync, before it has an effect.
  void start(const std::filesystem::path& folder, std::function<void()> at_sync);
  /// What a power cut now would leave.
  Files after(Cut cut, std::mt19937_64& random) const;
  std::size_t unsynced() const { return pending_.size(); }

 private:
  struct Change {
    sql::FileEvent::Kind kind;
    std::string file;
    std::size_t offset = 0;  ///< Write: where; Truncate: the new size
    std::string bytes;
  };
  void hear(const sql::FileEvent& event);

  std::string vfs_;
  std::filesystem::path folder_;
  std::function<void()> at_sync_;
  Files synced_;
  std::vector<Change> pending_;  ///< in the order of writing
};

}  // namespace doorstep::torture
