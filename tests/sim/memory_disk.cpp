#include "tests/sim/memory_disk.h"

#include <fcntl.h>
#include <sqlcipher/sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>
#include <vector>

#include "platform/base/bytes.h"
#include "platform/base/error.h"
#include "platform/sql/observed_vfs.h"
#include "tests/support/folder.h"

namespace doorstep::sim {

namespace {

/// A change that no sync has made durable yet, with what was there before.
struct Change {
  std::size_t at = 0;
  std::string before, after;
  std::size_t old_size = 0, new_size = 0;
};

struct Content {
  std::string bytes;
  std::vector<Change> unsynced;
  int readers = 0;                  // SQLite's locks, as on any file system
  const void* writer = nullptr;     // RESERVED or more
  const void* exclusive = nullptr;
};

constexpr std::size_t kRegion = 32 * 1024;

/// The WAL's index: shared by the connections of one process, gone with it.
struct Shared {
  std::vector<std::unique_ptr<char[]>> regions;
  int readers[SQLITE_SHM_NLOCK] = {};
  const void* writer[SQLITE_SHM_NLOCK] = {};
  int mapped = 0;
};

}  // namespace

/// One process's view of a disk. Its handles die with it.
struct Machine {
  std::map<std::string, std::shared_ptr<Content>> files;
  std::map<std::string, std::vector<Change>> photos;           // by name: what no sync has made durable
  std::vector<std::pair<std::string, std::string>> renamed;   // photos, since their folder was synced
  Shared shared;
  std::vector<std::pair<const sqlite3_file*, sqlite3*>> connections;  // by the database's file
  bool ended = false;
  std::optional<std::size_t> end_after;
  std::size_t full_for = 0;
  std::uint64_t writes = 0;

  /// False: the process ended before this could be done.
  bool durable_step() {
    if (ended) return false;
    if (end_after && (*end_after)-- == 0) {
      ended = true;
      return false;
    }
    ++writes;
    return true;
  }
};

namespace {

std::map<std::string, std::shared_ptr<Machine>*>& disks() {
  static std::map<std::string, std::shared_ptr<Machine>*> all;
  return all;
}

struct File {
  sqlite3_file base;
  std::shared_ptr<Machine> machine;
  std::shared_ptr<Content> content;
  int level = SQLITE_LOCK_NONE;
  bool mapped = false;
  int shm_shared = 0, shm_exclusive = 0;  // bit masks of what this handle holds
};
File* self(sqlite3_file* file) { return reinterpret_cast<File*>(file); }

int shm_unmap(sqlite3_file* base, int);

int file_close(sqlite3_file* base) {
  File* file = self(base);
  shm_unmap(base, 0);
  std::erase_if(file->machine->connections, [&](const auto& open) { return open.first == base; });
  file->~File();
  return SQLITE_OK;
}
int file_read(sqlite3_file* base, void* to, int bytes, sqlite3_int64 at) {
  File* file = self(base);
  if (file->machine->ended) return SQLITE_IOERR_READ;
  const std::string& data = file->content->bytes;
  const auto offset = static_cast<std::size_t>(at), wanted = static_cast<std::size_t>(bytes);
  const std::size_t there = offset >= data.size() ? 0 : std::min(wanted, data.size() - offset);
  if (there > 0) std::memcpy(to, data.data() + offset, there);
  if (there == wanted) return SQLITE_OK;
  std::memset(static_cast<char*>(to) + there, 0, wanted - there);
  return SQLITE_IOERR_SHORT_READ;
}
int file_write(sqlite3_file* base, const void* from, int bytes, sqlite3_int64 at) {
  File* file = self(base);
  if (!file->machine->durable_step()) return SQLITE_IOERR_WRITE;
  if (file->machine->full_for > 0) {
    --file->machine->full_for;
    return SQLITE_FULL;
  }
  std::string& data = file->content->bytes;
  const auto offset = static_cast<std::size_t>(at), count = static_cast<std::size_t>(bytes);
  Change change;
  change.at = offset;
  change.old_size = data.size();
  if (offset < data.size()) change.before = data.substr(offset, count);
  change.after.assign(static_cast<const char*>(from), count);
  if (data.size() < offset + count) data.resize(offset + count, '\0');
  change.new_size = data.size();
  std::memcpy(data.data() + offset, from, count);
  file->content->unsynced.push_back(std::move(change));
  return SQLITE_OK;
}
int file_truncate(sqlite3_file* base, sqlite3_int64 size) {
  File* file = self(base);
  if (!file->machine->durable_step()) return SQLITE_IOERR_TRUNCATE;
  std::string& data = file->content->bytes;
  const auto wanted = static_cast<std::size_t>(size);
  if (wanted >= data.size()) return SQLITE_OK;
  Change change;
  change.at = wanted;
  change.old_size = data.size();
  change.new_size = wanted;
  change.before = data.substr(wanted);
  data.resize(wanted);
  file->content->unsynced.push_back(std::move(change));
  return SQLITE_OK;
}
int file_sync(sqlite3_file* base, int) {
  File* file = self(base);
  if (!file->machine->durable_step()) return SQLITE_IOERR_FSYNC;
  file->content->unsynced.clear();
  return SQLITE_OK;
}
int file_size(sqlite3_file* base, sqlite3_int64* size) {
  *size = static_cast<sqlite3_int64>(self(base)->content->bytes.size());
  return SQLITE_OK;
}
int file_lock(sqlite3_file* base, int level) {
  File* file = self(base);
  Content& content = *file->content;
  if (level <= file->level) return SQLITE_OK;
  if (content.exclusive && content.exclusive != file) return SQLITE_BUSY;
  if (file->level == SQLITE_LOCK_NONE) {
    ++content.readers;
    file->level = SQLITE_LOCK_SHARED;
  }
  if (level >= SQLITE_LOCK_RESERVED) {
    if (content.writer && content.writer != file) return SQLITE_BUSY;
    content.writer = file;
    file->level = SQLITE_LOCK_RESERVED;
  }
  if (level == SQLITE_LOCK_EXCLUSIVE) {
    if (content.readers > 1) return SQLITE_BUSY;
    content.exclusive = file;
    file->level = SQLITE_LOCK_EXCLUSIVE;
  }
  return SQLITE_OK;
}
int file_unlock(sqlite3_file* base, int level) {
  File* file = self(base);
  Content& content = *file->content;
  if (level < file->level) {
    if (content.exclusive == file) content.exclusive = nullptr;
    if (content.writer == file) content.writer = nullptr;
    if (level == SQLITE_LOCK_NONE) --content.readers;
    file->level = level;
  }
  return SQLITE_OK;
}
int file_check_lock(sqlite3_file* base, int* out) {
  *out = self(base)->content->writer != nullptr;
  return SQLITE_OK;
}
int file_control(sqlite3_file* base, int what, void* with) {
  if (what == SQLITE_FCNTL_PDB) self(base)->machine->connections.emplace_back(base, *static_cast<sqlite3**>(with));
  return SQLITE_NOTFOUND;
}
int file_sector(sqlite3_file*) { return 4096; }
int file_traits(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

int shm_map(sqlite3_file* base, int region, int size, int extend, void volatile** out) {
  File* file = self(base);
  Shared& shared = file->machine->shared;
  DOORSTEP_ASSERT(size == static_cast<int>(kRegion));
  if (!file->mapped) {
    file->mapped = true;
    ++shared.mapped;
  }
  *out = nullptr;
  while (static_cast<int>(shared.regions.size()) <= region) {
    if (!extend) return SQLITE_OK;
    shared.regions.push_back(std::make_unique<char[]>(kRegion));
  }
  *out = shared.regions[static_cast<std::size_t>(region)].get();
  return SQLITE_OK;
}
int shm_lock(sqlite3_file* base, int offset, int n, int flags) {
  File* file = self(base);
  Shared& shared = file->machine->shared;
  const int mask = ((1 << n) - 1) << offset;
  if (flags & SQLITE_SHM_UNLOCK) {
    for (int i = offset; i < offset + n; ++i) {
      if (file->shm_shared & (1 << i)) --shared.readers[i];
      if (file->shm_exclusive & (1 << i)) shared.writer[i] = nullptr;
    }
    file->shm_shared &= ~mask;
    file->shm_exclusive &= ~mask;
    return SQLITE_OK;
  }
  for (int i = offset; i < offset + n; ++i) {
    if (shared.writer[i] && shared.writer[i] != file) return SQLITE_BUSY;
    const int mine = (file->shm_shared >> i) & 1;
    if ((flags & SQLITE_SHM_EXCLUSIVE) && shared.readers[i] > mine) return SQLITE_BUSY;
  }
  for (int i = offset; i < offset + n; ++i) {
    if (flags & SQLITE_SHM_EXCLUSIVE) {
      shared.writer[i] = file;
      file->shm_exclusive |= 1 << i;
    } else if (!(file->shm_shared & (1 << i))) {
      ++shared.readers[i];
      file->shm_shared |= 1 << i;
    }
  }
  return SQLITE_OK;
}
void shm_barrier(sqlite3_file*) {}
int shm_unmap(sqlite3_file* base, int) {
  File* file = self(base);
  if (!file->mapped) return SQLITE_OK;
  shm_lock(base, 0, SQLITE_SHM_NLOCK, SQLITE_SHM_UNLOCK);
  file->mapped = false;
  if (--file->machine->shared.mapped == 0) file->machine->shared.regions.clear();
  return SQLITE_OK;
}

const sqlite3_io_methods kMethods = {2, file_close, file_read, file_write, file_truncate, file_sync, file_size, file_lock,
                                     file_unlock, file_check_lock, file_control, file_sector, file_traits, shm_map,
                                     shm_lock, shm_barrier, shm_unmap, nullptr, nullptr};

/// The disk whose database file `path` is or belongs to, and the end of its name.
std::pair<std::shared_ptr<Machine>, std::string> place(const char* path) {
  std::string name = path;
  for (const char* end : {"", "-wal", "-journal", "-shm"}) {
    const std::size_t length = std::strlen(end);
    if (name.size() < length || name.compare(name.size() - length, length, end) != 0) continue;
    auto found = disks().find(name.substr(0, name.size() - length));
    if (found != disks().end()) return {*found->second, end};
  }
  return {};
}

int vfs_open(sqlite3_vfs*, sqlite3_filename name, sqlite3_file* base, int flags, int* flags_out) {
  base->pMethods = nullptr;
  auto [machine, end] = name ? place(name) : std::pair<std::shared_ptr<Machine>, std::string>();
  if (!machine || machine->ended) return SQLITE_CANTOPEN;
  auto& content = machine->files[end];
  if (!content) content = std::make_shared<Content>();
  auto* file = new (base) File{};
  file->machine = machine;
  file->content = content;
  file->base.pMethods = &kMethods;
  if (flags_out) *flags_out = flags;
  return SQLITE_OK;
}
int vfs_delete(sqlite3_vfs*, const char* name, int) {
  auto [machine, end] = place(name);
  if (!machine || !machine->durable_step()) return SQLITE_IOERR_DELETE;
  return machine->files.erase(end) > 0 ? SQLITE_OK : SQLITE_IOERR_DELETE_NOENT;
}
int vfs_access(sqlite3_vfs*, const char* name, int, int* out) {
  auto [machine, end] = place(name);
  *out = machine && machine->files.contains(end);
  return SQLITE_OK;
}
int vfs_full_path(sqlite3_vfs*, const char* name, int size, char* out) {
  sqlite3_snprintf(size, out, "%s", name);
  return SQLITE_OK;
}

/// An empty file for each disk: sql::Db looks whether there is one before it asks SQLite. Each process has its own.
std::filesystem::path folder() {
  static const support::Folder folder;
  return folder / std::to_string(::getpid());
}

constexpr std::string_view kPhotos = ".blobs";

std::string read_all(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}
void write_all(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

void register_vfs() {
  static sqlite3_vfs vfs;
  static bool done = false;
  if (done) return;
  done = true;
  // platform/sql sets SQLite up before anything else may ask for it; the observed VFS is its way in.
  DOORSTEP_ASSERT(sql::register_observed_vfs("doorstep-sim-below", {}).has_value());
  vfs = *sqlite3_vfs_find(nullptr);
  vfs.zName = MemoryDisk::kVfs;
  vfs.pNext = nullptr;
  vfs.szOsFile = static_cast<int>(sizeof(File));
  vfs.xOpen = vfs_open;
  vfs.xDelete = vfs_delete;
  vfs.xAccess = vfs_access;
  vfs.xFullPathname = vfs_full_path;
  DOORSTEP_ASSERT(sqlite3_vfs_register(&vfs, 0) == SQLITE_OK);
}

void undo(std::string& bytes, const Change& change) {
  bytes.resize(change.old_size, '\0');
  std::copy(change.before.begin(), change.before.end(), bytes.begin() + static_cast<std::ptrdiff_t>(change.at));
}
void redo(std::string& bytes, const Change& change) {
  if (change.after.empty()) {  // a truncation
    bytes.resize(std::min(bytes.size(), change.new_size));
    return;
  }
  if (bytes.size() < change.at + change.after.size()) bytes.resize(change.at + change.after.size(), '\0');
  std::copy(change.after.begin(), change.after.end(), bytes.begin() + static_cast<std::ptrdiff_t>(change.at));
}

/// test6.c's model: each write that no sync covered is there, is not there, or is there in parts.
void cut_power(Content& content, Random& random) {
  std::vector<Change> changes = std::exchange(content.unsynced, {});
  for (auto change = changes.rbegin(); change != changes.rend(); ++change) undo(content.bytes, *change);
  for (Change& change : changes) {
    switch (random.below(4)) {
      case 0: break;
      case 1: {
        constexpr std::size_t kSector = 512;
        if (change.after.empty()) break;
        const std::size_t end = std::min(change.at + change.after.size(), content.bytes.size());
        for (std::size_t at = 0; at < change.after.size(); at += kSector) {
          if (random.percent(50)) continue;
          for (std::size_t i = at; i < std::min(at + kSector, change.after.size()); ++i)
            change.after[i] = change.at + i < end ? content.bytes[change.at + i] : static_cast<char>(random.next());
        }
        redo(content.bytes, change);
        break;
      }
      default: redo(content.bytes, change);
    }
  }
}

}  // namespace

MemoryDisk::MemoryDisk(const std::string& name) : name_(name), path_(folder() / name), machine_(std::make_shared<Machine>()) {
  register_vfs();
  if (!std::filesystem::exists(path_)) {
    std::filesystem::create_directories(path_.parent_path());
    std::ofstream(path_).flush();
  }
  disks()[path_.string()] = &machine_;
}
MemoryDisk::~MemoryDisk() {
  disks().erase(path_.string());
  std::filesystem::remove_all(photos());
}

void MemoryDisk::spoil(const std::string& photo, Random& random) {
  std::filesystem::path path = photos() / photo;
  if (!std::filesystem::exists(path)) path += ".part";
  std::string bytes = read_all(path);
  const std::size_t how = random.below(3), at = random.below(1 << 20);
  ++machine_->writes;
  if (how == 0 || bytes.empty()) {
    std::filesystem::remove(path);
    return;
  }
  if (how == 1) bytes.resize(at % bytes.size());
  else bytes[at % bytes.size()] = static_cast<char>(bytes[at % bytes.size()] ^ 0x10);
  write_all(path, bytes);
}

void MemoryDisk::end_after(std::size_t steps) { machine_->end_after = steps; }
void MemoryDisk::not_end() { machine_->end_after.reset(); }
void MemoryDisk::fill_up(std::size_t count) { machine_->full_for = count; }
bool MemoryDisk::ended() const { return machine_->ended; }
void MemoryDisk::end() { machine_->ended = true; }
sqlite3* MemoryDisk::connection() const { return machine_->connections.empty() ? nullptr : machine_->connections.front().second; }

void MemoryDisk::start(Random* power_cut) {
  auto fresh = std::make_shared<Machine>();
  fresh->writes = machine_->writes + 1;
  for (auto& [end, content] : machine_->files) {
    auto copy = std::make_shared<Content>();
    copy->bytes = content->bytes;
    copy->unsynced = content->unsynced;
    if (power_cut) cut_power(*copy, *power_cut);
    fresh->files[end] = std::move(copy);
  }
  if (power_cut) {
    for (auto name = machine_->renamed.rbegin(); name != machine_->renamed.rend(); ++name)
      if (std::error_code gone; power_cut->percent(50)) std::filesystem::rename(photos() / name->second, photos() / name->first, gone);
    for (auto& [name, changes] : machine_->photos) {
      if (changes.empty() || !std::filesystem::exists(photos() / name)) continue;
      Content content;
      content.bytes = read_all(photos() / name);
      content.unsynced = std::move(changes);
      cut_power(content, *power_cut);
      write_all(photos() / name, content.bytes);
    }
  } else {
    fresh->photos = machine_->photos;
    fresh->renamed = machine_->renamed;
  }
  machine_->ended = true;
  machine_ = std::move(fresh);
}

Image MemoryDisk::image() const {
  Image out;
  for (const auto& [end, content] : machine_->files) out[end] = content->bytes;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(photos(), none))
    out["/" + entry.path().filename().string()] = read_all(entry.path());
  return out;
}

void MemoryDisk::restore(Image image) {
  auto fresh = std::make_shared<Machine>();
  fresh->writes = machine_->writes + 1;
  std::filesystem::remove_all(photos());
  for (auto& [end, bytes] : image) {
    if (end.starts_with("/")) {
      std::filesystem::create_directory(photos());
      write_all(photos().string() + end, bytes);
      continue;
    }
    auto content = std::make_shared<Content>();
    content->bytes = std::move(bytes);
    fresh->files[end] = std::move(content);
  }
  machine_->ended = true;
  machine_ = std::move(fresh);
}

std::uint64_t MemoryDisk::writes() const { return machine_->writes; }

namespace {

int& page_bytes() {
  static int bytes = 4096;
  return bytes;
}

}  // namespace

void MemoryDisk::use_pages_of(int bytes) { page_bytes() = bytes; }

// Photos --------------------------------------------------------------------------------------------------------------

namespace {

/// The disk that a path's photo, or their folder, is on, and the photo's name; empty: the folder.
std::pair<std::shared_ptr<Machine>, std::string> photo_at(std::string_view path) {
  const auto end = path.find(kPhotos);
  if (end == path.npos) return {};
  const auto found = disks().find(std::string(path.substr(0, end)));
  if (found == disks().end()) return {};
  const std::string_view name = path.substr(end + kPhotos.size());
  return {*found->second, std::string(name.starts_with("/") ? name.substr(1) : name)};
}

struct Handle {
  std::shared_ptr<Machine> machine;
  std::string name;
};
std::map<int, Handle>& handles() {
  static std::map<int, Handle> all;
  return all;
}
/// A photo's file that is open under this number; nothing for every other file of the program.
Handle* handle_of(int fd) {
  const auto found = handles().find(fd);
  return found == handles().end() ? nullptr : &found->second;
}

int ended() {
  errno = EIO;
  return -1;
}

}  // namespace

}  // namespace doorstep::sim

using doorstep::sim::ended;
using doorstep::sim::handle_of;
using doorstep::sim::page_bytes;
using doorstep::sim::photo_at;

extern "C" {

int __real_sqlite3_exec(sqlite3* connection, const char* sql, int (*each)(void*, int, char**, char**), void* with, char** error);
int __real_open(const char* path, int flags, ...);
int __real_close(int fd);
ssize_t __real_pwrite(int fd, const void* from, std::size_t count, off_t at);
int __real_ftruncate(int fd, off_t size);
int __real_fsync(int fd);
int __real_rename(const char* from, const char* to);
int __real_unlink(const char* path);

int __wrap_open(const char* path, int flags, ...) {
  mode_t mode = 0;
  if (flags & O_CREAT) {
    va_list more;
    va_start(more, flags);
    mode = va_arg(more, mode_t);
    va_end(more);
  }
  auto [machine, name] = photo_at(path);
  if (machine && machine->ended) return ended();
  if (machine && (flags & O_CREAT) && ::access(path, F_OK) != 0 && !machine->durable_step()) return ended();
  const int fd = __real_open(path, flags, mode);
  if (machine && fd >= 0) doorstep::sim::handles()[fd] = {machine, name};
  return fd;
}
int __wrap_close(int fd) {
  doorstep::sim::handles().erase(fd);
  return __real_close(fd);
}
ssize_t __wrap_pwrite(int fd, const void* from, std::size_t count, off_t at) {
  auto* photo = handle_of(fd);
  if (!photo) return __real_pwrite(fd, from, count, at);
  auto& machine = *photo->machine;
  if (!machine.durable_step()) return ended();
  if (machine.full_for > 0) {
    --machine.full_for;
    errno = ENOSPC;
    return -1;
  }
  struct stat info {};
  if (::fstat(fd, &info) != 0) return -1;
  doorstep::sim::Change change;
  change.at = static_cast<std::size_t>(at);
  change.old_size = static_cast<std::size_t>(info.st_size);
  change.new_size = std::max(change.old_size, change.at + count);
  change.after.assign(static_cast<const char*>(from), count);
  if (change.at < change.old_size) {
    change.before.resize(std::min(count, change.old_size - change.at));
    if (::pread(fd, change.before.data(), change.before.size(), at) < 0) return -1;
  }
  machine.photos[photo->name].push_back(std::move(change));
  return __real_pwrite(fd, from, count, at);
}
int __wrap_ftruncate(int fd, off_t size) {
  auto* photo = handle_of(fd);
  if (!photo) return __real_ftruncate(fd, size);
  struct stat info {};
  if (::fstat(fd, &info) != 0) return -1;
  if (info.st_size <= size) return 0;
  if (!photo->machine->durable_step()) return ended();
  doorstep::sim::Change change;
  change.at = change.new_size = static_cast<std::size_t>(size);
  change.old_size = static_cast<std::size_t>(info.st_size);
  change.before.resize(change.old_size - change.at);
  if (::pread(fd, change.before.data(), change.before.size(), size) < 0) return -1;
  photo->machine->photos[photo->name].push_back(std::move(change));
  return __real_ftruncate(fd, size);
}
int __wrap_fsync(int fd) {
  auto* photo = handle_of(fd);
  if (!photo) return __real_fsync(fd);
  if (!photo->machine->durable_step()) return ended();
  if (photo->name.empty()) photo->machine->renamed.clear();
  else photo->machine->photos.erase(photo->name);
  return 0;
}
int __wrap_rename(const char* from, const char* to) {
  auto [machine, name] = photo_at(from);
  if (!machine) return __real_rename(from, to);
  if (!machine->durable_step()) return ended();
  const int done = __real_rename(from, to);
  if (done != 0) return done;
  const std::string now = photo_at(to).second;
  machine->renamed.emplace_back(name, now);
  if (auto loose = machine->photos.extract(name)) {
    loose.key() = now;
    machine->photos.insert(std::move(loose));
  }
  return 0;
}
int __wrap_unlink(const char* path) {
  auto [machine, name] = photo_at(path);
  if (!machine) return __real_unlink(path);
  if (::access(path, F_OK) != 0) return __real_unlink(path);  // nothing is changed, and no step taken
  if (!machine->durable_step()) return ended();
  machine->photos.erase(name);
  std::erase_if(machine->renamed, [&gone = name](const auto& names) { return names.second == gone; });
  return __real_unlink(path);
}

// Keys in memory of their own, which is locked and has guards: a system call or six for each, and no part of what is simulated.
void* __wrap_sodium_malloc(std::size_t size) { return std::malloc(size); }
void __wrap_sodium_free(void* block) { std::free(block); }
// platform/sql chooses SQLCipher's format, and with it pages of 4,096 bytes.
int __wrap_sqlite3_exec(sqlite3* connection, const char* sql, int (*each)(void*, int, char**, char**), void* with, char** error) {
  const int done = __real_sqlite3_exec(connection, sql, each, with, error);
  if (done != SQLITE_OK || std::strcmp(sql, "PRAGMA cipher_compatibility = 4") != 0) return done;
  const std::string pages = "PRAGMA cipher_page_size = " + std::to_string(page_bytes());
  return __real_sqlite3_exec(connection, pages.c_str(), nullptr, nullptr, nullptr);
}
int __wrap_mlock(const void*, std::size_t) { return 0; }
int __wrap_munlock(const void*, std::size_t) { return 0; }

}  // extern "C"
