#pragma once
#include <filesystem>
#include <memory>
#include <string>

#include "platform/base/secret.h"
#include "sync/server/repository.h"

namespace doorstep::server {

struct RepositoryOptions {
  std::string vfs;        ///< empty: the default; tests observe file writes through another
  bool sync_off = false;  ///< only so that a test can prove it would notice
};

/// Opens and migrates the cases kept in one SQLCipher file; makes it when there is none. `key`: 32 bytes and the file's salt
/// of 16. Faults as sql::Db::open; Unsupported: written by a newer program.
/// Every row of revisions, operations, case_log and audit refuses UPDATE and DELETE in the database itself, and a record that
/// was approved refuses any further revision.
base::Result<std::unique_ptr<Repository>> open_sqlcipher_repository(const std::filesystem::path& file, const base::Secret& key,
                                                                    const RepositoryOptions& options = {});

}  // namespace doorstep::server
