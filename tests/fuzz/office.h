#pragma once
#include "platform/base/file.h"
#include "platform/base/limits.h"
#include "sync/server/import.h"
#include "sync/server/service.h"
#include "sync/server/sqlcipher_repository.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/tree.h"

/// A case server that begins every run as the same one: its database file is made once and laid down again.
namespace doorstep::fuzz {

inline std::string asset(const std::string& name) {
  return *base::read_file(support::assets(name), limits::kAssetBytes);
}

struct Clock final : base::Clock {
  base::Instant now{1'795'600'000'000};  // 2026-11-25
  base::Millis up{1'000'000};
  base::Instant wall() const override { return now; }
  base::Millis monotonic() const override { return up; }
};

inline server::ImportOptions demo_dates() { return {base::date_from_iso("2026-11-25")}; }
inline std::map<std::string, std::string> demo_extract() {
  std::map<std::string, std::string> out;
  for (const std::string_view name : server::kExtractFiles) out[std::string(name)] = asset("demo/" + std::string(name));
  return out;
}

class Office {
 public:
  /// `furnish` fills the database that every run begins with.
  explicit Office(const std::function<void(server::Repository&)>& furnish) {
    furnish(*open("first.db"));
    first_ = *base::read_file(folder_.file("first.db"), limits::kAssetBytes);
  }
  std::unique_ptr<server::Repository> begin() {
    std::error_code none;
    for (const char* left : {"run.db-wal", "run.db-shm"}) std::filesystem::remove(folder_.file(left), none);
    DOORSTEP_ASSERT(base::write_file_atomic(folder_.file("run.db"), first_, base::Access::Owner).has_value());
    return open("run.db");
  }

 private:
  std::unique_ptr<server::Repository> open(const char* name) {
    static const auto key = base::Secret::copy_of("0123456789abcdef0123456789abcdefsalt-of-16-bytes");
    auto opened = server::open_sqlcipher_repository(folder_.file(name), key);
    DOORSTEP_ASSERT(opened.has_value());
    return std::move(*opened);
  }

  Folder folder_;
  std::string first_;
};

}  // namespace doorstep::fuzz
