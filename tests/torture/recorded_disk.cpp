#include "tests/torture/recorded_disk.h"

#include <fstream>
#include <stdexcept>

namespace doorstep::torture {
namespace {

using Kind = sql::FileEvent::Kind;
namespace fs = std::filesystem;

constexpr std::size_t kSector = 512;

void put(std::string& file, std::size_t offset, std::string_view bytes) {
  if (file.size() < offset + bytes.size()) file.resize(offset + bytes.size(), '\0');
  file.replace(offset, bytes.size(), bytes);
}

std::string read(const fs::path& path, std::size_t offset, std::size_t size) {
  std::ifstream in(path, std::ios::binary);
  std::string out(size, '\0');
  in.seekg(static_cast<std::streamoff>(offset));
  in.read(out.data(), static_cast<std::streamsize>(size));
  if (static_cast<std::size_t>(in.gcount()) != size) throw std::runtime_error("a write that cannot be read back: " + path.string());
  return out;
}

/// What is left of one write, sector by sector.
void put_torn(std::string& file, std::size_t offset, std::string_view bytes, std::mt19937_64& random) {
  for (std::size_t from = 0; from < bytes.size();) {
    const std::size_t to = std::min(bytes.size(), ((offset + from) / kSector + 1) * kSector - offset);
    switch (random() % 3) {
      case 0: put(file, offset + from, bytes.substr(from, to - from)); break;
      case 1: break;
      default: {
        std::string rubbish(to - from, '\0');
        for (char& c : rubbish) c = static_cast<char>(random());
        put(file, offset + from, rubbish);
      }
    }
    from = to;
  }
}

}  // namespace

RecordedDisk::RecordedDisk(std::string vfs) : vfs_(std::move(vfs)) {
  if (!sql::register_observed_vfs(vfs_, [this](const sql::FileEvent& event) { hear(event); })) throw std::runtime_error("no VFS");
}

RecordedDisk::~RecordedDisk() { (void)sql::register_observed_vfs(vfs_, {}); }

void RecordedDisk::start(const fs::path& folder, std::function<void()> at_sync) {
  folder_ = folder;
  at_sync_ = std::move(at_sync);
  pending_.clear();
  synced_.clear();
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.is_regular_file() && !entry.path().string().ends_with("-shm"))
      synced_[entry.path().filename().string()] = read(entry.path(), 0, entry.file_size());
}

void RecordedDisk::hear(const sql::FileEvent& event) {
  const fs::path path(event.path);
  if (!at_sync_ || !event.ok || path.parent_path() != folder_ || event.path.ends_with("-shm")) return;
  const std::string file = path.filename().string();
  switch (event.kind) {
    case Kind::Write: {
      const auto offset = static_cast<std::size_t>(event.offset);
      pending_.push_back({event.kind, file, offset, read(path, offset, static_cast<std::size_t>(event.bytes))});
      break;
    }
    case Kind::Truncate: pending_.push_back({event.kind, file, static_cast<std::size_t>(event.bytes), {}}); break;
    case Kind::Delete: pending_.push_back({event.kind, file, 0, {}}); break;
    case Kind::Sync:
      at_sync_();
      for (const Change& change : pending_) {
        if (change.file != file) continue;
        if (change.kind == Kind::Write) put(synced_[file], change.offset, change.bytes);
        else if (change.kind == Kind::Truncate) synced_[file].resize(change.offset, '\0');
        else synced_.erase(file);
      }
      std::erase_if(pending_, [&](const Change& change) { return change.file == file; });
  }
}

RecordedDisk::Files RecordedDisk::after(Cut cut, std::mt19937_64& random) const {
  Files out = synced_;
  if (cut == Cut::Dropped) return out;
  for (const Change& change : pending_) {
    const bool happened = cut == Cut::Kept || random() % 2 == 0;
    if (change.kind == Kind::Write) {
      if (cut == Cut::Torn) put_torn(out[change.file], change.offset, change.bytes, random);
      else if (happened) put(out[change.file], change.offset, change.bytes);
    } else if (happened) {
      if (change.kind == Kind::Truncate) out[change.file].resize(change.offset, '\0');
      else out.erase(change.file);
    }
  }
  return out;
}

}  // namespace doorstep::torture
