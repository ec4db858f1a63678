#pragma once
#include <string>
#include <string_view>

#include "platform/base/error.h"
#include "platform/base/secret.h"
#include "platform/sql/connection.h"

namespace doorstep::sql {

// A database file is only ever read through SQLite's own descriptor. Opening and closing it beside that would drop every lock
// this process holds on it (POSIX locks, fcntl(2)); another process would then take itself for the last one and delete the log
// that this one goes on writing to.

/// At most `bytes` of the main file from `offset`, as they stand on disk; fewer at its end.
base::Result<std::string> raw_bytes(const Connection& connection, std::int64_t offset, std::size_t bytes);

/// SQLCipher answers "file is not a database" to a wrong key and to a damaged first page alike. This tells them apart: true
/// when the HMAC of one of the next pages is right under `key`. Format: SQLCipher 4 (4096-byte pages, each ending in a 16-byte
/// IV and an HMAC-SHA512 over ciphertext, IV and page number). False as well for files of one page.
bool key_fits_a_later_page(const Connection& connection, const base::Secret& key, std::string_view salt);

}  // namespace doorstep::sql
