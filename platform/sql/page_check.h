#pragma once
#include <filesystem>
#include <string_view>

#include "platform/base/secret.h"

namespace doorstep::sql {

/// SQLCipher answers "file is not a database" to a wrong key and to a damaged first page alike. This tells them apart: true
/// when the HMAC of one of the next pages of `path` is right under `key`. Format: SQLCipher 4 (4096-byte pages, each ending
/// in a 16-byte IV and an HMAC-SHA512 over ciphertext, IV and page number). False as well for files of one page.
bool key_fits_a_later_page(const std::filesystem::path& path, const base::Secret& key, std::string_view salt);

}  // namespace doorstep::sql
