#pragma once
#include <openssl/evp.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace doorstep::support {

/// The pages of an SQLCipher file as SQLite sees them, free space included: AES-256-CBC under the raw key; the last 80 bytes of a page
/// are its IV and its HMAC. `key`: 32 bytes. Throws.
inline std::string decrypted_pages(std::string_view file, std::string_view key) {
  constexpr std::size_t kPage = 4096, kReserve = 80, kSalt = 16;
  std::string out;
  std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  const auto* raw_key = reinterpret_cast<const unsigned char*>(key.data());
  for (std::size_t at = 0; at + kPage <= file.size(); at += kPage) {
    const auto* page = reinterpret_cast<const unsigned char*>(file.data()) + at;
    const std::size_t from = at == 0 ? kSalt : 0;
    std::string plain(kPage - kReserve - from, '\0');
    int size = 0;
    bool good = EVP_DecryptInit_ex(context.get(), EVP_aes_256_cbc(), nullptr, raw_key, page + kPage - kReserve) == 1;
    EVP_CIPHER_CTX_set_padding(context.get(), 0);
    good = good && EVP_DecryptUpdate(context.get(), reinterpret_cast<unsigned char*>(plain.data()), &size, page + from,
                                     static_cast<int>(plain.size())) == 1;
    if (!good) throw std::runtime_error("a page cannot be decrypted");
    out += plain;
  }
  if (out.find("CREATE TABLE") == std::string::npos) throw std::runtime_error("another key");
  return out;
}

}  // namespace doorstep::support
