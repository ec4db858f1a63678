#pragma once
#include <cstdint>
#include <functional>
#include <string>

#include "platform/base/error.h"

namespace doorstep::sql {

/// One call that reached the file system below SQLite, told after it returned.
struct FileEvent {
  enum class Kind { Write, Sync, Truncate, Delete } kind;
  std::string path;         ///< the database file, or its -wal, -journal or -shm
  std::int64_t offset = 0;  ///< Write: where
  std::int64_t bytes = 0;   ///< Write, Truncate: how many
  bool ok = true;
};

/// Registers a VFS called `name` that does what the default one does and tells `observer` about every write, sync, truncate
/// and delete after it returned, on the calling thread. Registered once per name; a second call with the same name
/// replaces the observer. The name goes into DbOptions::vfs. For evidence that something was durable before it was said.
base::Result<void> register_observed_vfs(const std::string& name, std::function<void(const FileEvent&)> observer);

}  // namespace doorstep::sql
