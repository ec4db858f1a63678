#include "platform/sql/observed_vfs.h"

#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <new>

#include "platform/sql/connection.h"

namespace doorstep::sql {
namespace {

using Observer = std::function<void(const FileEvent&)>;

/// One registered VFS. Never freed: SQLite keeps pointers into it until the process ends.
struct Shim {
  std::string name;
  sqlite3_vfs vfs{};
  sqlite3_vfs* below = nullptr;
  std::mutex mutex;
  std::shared_ptr<const Observer> observer;

  void tell(const FileEvent& event) {
    std::shared_ptr<const Observer> now;
    {
      std::lock_guard lock(mutex);
      now = observer;
    }
    if (now && *now) (*now)(event);
  }
};

/// Lies at the start of the memory SQLite gives for a file; the default VFS's own file follows it.
struct File {
  sqlite3_file base;
  Shim* shim;
  char* path;
  sqlite3_file* below() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  std::string where() const { return path ? path : ""; }
};
static_assert(sizeof(File) % 8 == 0);  // SQLite gives files 8-byte alignment

File* self(sqlite3_file* file) { return reinterpret_cast<File*>(file); }
sqlite3_file* below(sqlite3_file* file) { return self(file)->below(); }
const sqlite3_io_methods* methods(sqlite3_file* file) { return below(file)->pMethods; }
Shim* shim_of(sqlite3_vfs* vfs) { return static_cast<Shim*>(vfs->pAppData); }

int file_close(sqlite3_file* file) {
  int code = methods(file)->xClose(below(file));
  sqlite3_free(self(file)->path);
  return code;
}
int file_read(sqlite3_file* file, void* to, int bytes, sqlite3_int64 at) { return methods(file)->xRead(below(file), to, bytes, at); }
int file_write(sqlite3_file* file, const void* from, int bytes, sqlite3_int64 at) {
  int code = methods(file)->xWrite(below(file), from, bytes, at);
  self(file)->shim->tell({FileEvent::Kind::Write, self(file)->where(), at, bytes, code == SQLITE_OK});
  return code;
}
int file_truncate(sqlite3_file* file, sqlite3_int64 size) {
  int code = methods(file)->xTruncate(below(file), size);
  self(file)->shim->tell({FileEvent::Kind::Truncate, self(file)->where(), 0, size, code == SQLITE_OK});
  return code;
}
int file_sync(sqlite3_file* file, int flags) {
  int code = methods(file)->xSync(below(file), flags);
  self(file)->shim->tell({FileEvent::Kind::Sync, self(file)->where(), 0, 0, code == SQLITE_OK});
  return code;
}
int file_size(sqlite3_file* file, sqlite3_int64* size) { return methods(file)->xFileSize(below(file), size); }
int file_lock(sqlite3_file* file, int level) { return methods(file)->xLock(below(file), level); }
int file_unlock(sqlite3_file* file, int level) { return methods(file)->xUnlock(below(file), level); }
int file_check_lock(sqlite3_file* file, int* out) { return methods(file)->xCheckReservedLock(below(file), out); }
int file_control(sqlite3_file* file, int op, void* arg) { return methods(file)->xFileControl(below(file), op, arg); }
int file_sector(sqlite3_file* file) { return methods(file)->xSectorSize(below(file)); }
int file_traits(sqlite3_file* file) { return methods(file)->xDeviceCharacteristics(below(file)); }
int file_shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
  return methods(file)->xShmMap(below(file), page, size, extend, out);
}
int file_shm_lock(sqlite3_file* file, int offset, int n, int flags) { return methods(file)->xShmLock(below(file), offset, n, flags); }
void file_shm_barrier(sqlite3_file* file) { methods(file)->xShmBarrier(below(file)); }
int file_shm_unmap(sqlite3_file* file, int remove) { return methods(file)->xShmUnmap(below(file), remove); }

// Version 2: without xFetch, so that every read passes through xRead.
const sqlite3_io_methods kMethods = {2, file_close, file_read, file_write, file_truncate, file_sync, file_size, file_lock,
                                     file_unlock, file_check_lock, file_control, file_sector, file_traits, file_shm_map,
                                     file_shm_lock, file_shm_barrier, file_shm_unmap, nullptr, nullptr};

int vfs_open(sqlite3_vfs* vfs, sqlite3_filename name, sqlite3_file* file, int flags, int* flags_out) {
  auto* shim = shim_of(vfs);
  auto* mine = new (file) File{};
  int code = shim->below->xOpen(shim->below, name, mine->below(), flags, flags_out);
  if (code != SQLITE_OK || !mine->below()->pMethods) return code;  // pMethods stays null: SQLite then never closes it
  mine->shim = shim;
  mine->path = name ? sqlite3_mprintf("%s", name) : nullptr;
  mine->base.pMethods = &kMethods;
  return code;
}
int vfs_delete(sqlite3_vfs* vfs, const char* name, int sync_folder) {
  auto* shim = shim_of(vfs);
  int code = shim->below->xDelete(shim->below, name, sync_folder);
  shim->tell({FileEvent::Kind::Delete, name ? name : "", 0, 0, code == SQLITE_OK});
  return code;
}

}  // namespace

base::Result<void> register_observed_vfs(const std::string& name, std::function<void(const FileEvent&)> observer) {
  start_library();
  static std::mutex mutex;
  static std::map<std::string, Shim*> shims;
  std::lock_guard lock(mutex);
  auto& shim = shims[name];
  auto shared = std::make_shared<const Observer>(std::move(observer));
  if (shim) {
    std::lock_guard swap(shim->mutex);
    shim->observer = std::move(shared);
    return {};
  }
  shim = new Shim;
  shim->name = name;
  shim->observer = std::move(shared);
  shim->below = sqlite3_vfs_find(nullptr);
  shim->vfs = *shim->below;  // what is not replaced below takes no file of ours
  shim->vfs.zName = shim->name.c_str();
  shim->vfs.pNext = nullptr;
  shim->vfs.pAppData = shim;
  shim->vfs.szOsFile = static_cast<int>(sizeof(File)) + shim->below->szOsFile;
  shim->vfs.xOpen = vfs_open;
  shim->vfs.xDelete = vfs_delete;
  if (int code = sqlite3_vfs_register(&shim->vfs, 0); code != SQLITE_OK) return sql_error(nullptr, code, "sql.vfs");
  return {};
}

}  // namespace doorstep::sql
