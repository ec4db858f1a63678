#pragma once
#include <catch2/catch_test_macros.hpp>

#include <stdlib.h>

#include <filesystem>
#include <string>

#include "platform/base/bytes.h"
#include "platform/sql/db.h"

/// A folder of its own with one database in it, gone with the test.
class Folder {
 public:
  Folder() : path_((std::filesystem::temp_directory_path() / "doorstep-sql-XXXXXX").string()) {
    REQUIRE(::mkdtemp(path_.data()) != nullptr);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::filesystem::path file(const std::string& name = "t.db") const { return std::filesystem::path(path_) / name; }
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

 private:
  std::string path_;
};
