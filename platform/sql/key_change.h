#pragma once
#include <filesystem>
#include <string_view>

#include "platform/base/secret.h"
#include "platform/sql/db.h"

namespace doorstep::sql {

/// Writes `copy`: all that `path` holds, page by page, under another key and salt. It is checked whole and durable when this
/// returns. Nobody may have either open. `path` stays what it was (its log is written back); a failure leaves no `copy`, a crash
/// perhaps a part of one. No page is ever on the disk in the clear. Faults as Db::open; Full: no room for a second one.
Result<void> copy_under_key(const std::filesystem::path& path, const base::Secret& key, std::string_view salt,
                            const std::filesystem::path& copy, const base::Secret& fresh_key, std::string_view fresh_salt,
                            const DbOptions& options = {});

/// Removes a database that nothing opens, with what SQLite keeps beside it. One that is not there is no error.
Result<void> remove_database(const std::filesystem::path& path);

}  // namespace doorstep::sql
