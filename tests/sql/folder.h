#pragma once
#include <catch2/catch_test_macros.hpp>

#include "platform/base/bytes.h"
#include "platform/base/file.h"
#include "platform/sql/db.h"
#include "tests/support/folder.h"

/// A folder of its own with one database in it, gone with the test.
class Folder : public doorstep::support::Folder {
 public:
  std::filesystem::path file(const std::string& name = "t.db") const { return *this / name; }
  doorstep::sql::Db create(doorstep::sql::DbOptions options = {}) const {
    options.mode = doorstep::sql::OpenMode::Create;
    return open(options);
  }
  doorstep::sql::Db open(const doorstep::sql::DbOptions& options = {}) const {
    auto db = doorstep::sql::Db::open(file(), key, salt, options);
    INFO((db.has_value() ? std::string() : db.error().detail));
    REQUIRE(db.has_value());
    return std::move(*db);
  }

  doorstep::base::Secret key = doorstep::base::Secret::copy_of("0123456789abcdef0123456789abcdef");
  std::string salt = "salt-of-16-bytes";
};

inline std::string bytes_of(const std::filesystem::path& path) {
  auto bytes = doorstep::base::read_file(path, 64 * 1024 * 1024);
  REQUIRE(bytes.has_value());
  return *bytes;
}
