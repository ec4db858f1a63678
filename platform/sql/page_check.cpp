#include "platform/sql/page_check.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

namespace doorstep::sql {
namespace {

constexpr std::size_t kPage = 4096, kMac = 64;
constexpr std::uint32_t kLastPageTried = 8;
using Mac = std::array<unsigned char, kMac>;

const unsigned char* raw(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }

Mac hmac_sha512(std::string_view key, std::string_view bytes) {
  Mac out;
  crypto_auth_hmacsha512_state state;
  crypto_auth_hmacsha512_init(&state, raw(key), key.size());
  crypto_auth_hmacsha512_update(&state, raw(bytes), bytes.size());
  crypto_auth_hmacsha512_final(&state, out.data());
  sodium_memzero(&state, sizeof state);
  return out;
}

std::string_view view(const Mac& mac) { return {reinterpret_cast<const char*>(mac.data()), mac.size()}; }

/// SQLCipher's HMAC key: PBKDF2-HMAC-SHA512 of the key, two rounds, over the salt with every byte XORed with 0x3a.
base::Secret mac_key(const base::Secret& key, std::string_view salt) {
  std::string block(salt);
  for (char& c : block) c = static_cast<char>(c ^ 0x3a);
  block += std::string_view("\0\0\0\1", 4);
  Mac first = hmac_sha512(key.view(), block);
  Mac second = hmac_sha512(key.view(), view(first));
  base::Secret out(32);
  for (std::size_t i = 0; i < out.size(); ++i) out.data()[i] = static_cast<unsigned char>(first[i] ^ second[i]);
  sodium_memzero(first.data(), first.size());
  sodium_memzero(second.data(), second.size());
  return out;
}

}  // namespace

base::Result<std::string> raw_bytes(const Connection& connection, std::int64_t offset, std::size_t bytes) {
  sqlite3_file* file = nullptr;
  sqlite3_int64 size = 0;
  int code = sqlite3_file_control(connection.handle, "main", SQLITE_FCNTL_FILE_POINTER, &file);
  if (code == SQLITE_OK) code = file && file->pMethods ? file->pMethods->xFileSize(file, &size) : SQLITE_CANTOPEN;
  if (code != SQLITE_OK) return sql_error(connection.handle, code, "sql.read");
  std::string out(static_cast<std::size_t>(std::clamp<std::int64_t>(size - offset, 0, static_cast<std::int64_t>(bytes))), '\0');
  if (!out.empty()) code = file->pMethods->xRead(file, out.data(), static_cast<int>(out.size()), offset);
  if (code != SQLITE_OK) return sql_error(connection.handle, code, "sql.read");
  return out;
}

bool key_fits_a_later_page(const Connection& connection, const base::Secret& key, std::string_view salt) {
  base::Secret hmac_key = mac_key(key, salt);
  for (std::uint32_t number = 2; number <= kLastPageTried; ++number) {
    auto page = raw_bytes(connection, static_cast<std::int64_t>(kPage) * (number - 1), kPage);
    if (!page.has_value() || page->size() < kPage) return false;
    std::string signed_part = page->substr(0, kPage - kMac);
    for (int shift = 0; shift < 32; shift += 8) signed_part += static_cast<char>(number >> shift);
    if (sodium_memcmp(hmac_sha512(hmac_key.view(), signed_part).data(), raw(*page) + kPage - kMac, kMac) == 0) return true;
  }
  return false;
}

}  // namespace doorstep::sql
