#include "platform/config/signature.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include <array>
#include <memory>

#include "platform/base/limits.h"

namespace doorstep::config {
namespace {

using base::Bytes;
using base::Error;
using base::Fault;
using base::Result;
using base::Secret;

constexpr std::size_t kKeyBytes = 32;

struct Free {
  void operator()(BIO* p) const noexcept { BIO_free_all(p); }
  void operator()(EVP_PKEY* p) const noexcept { EVP_PKEY_free(p); }
  void operator()(EVP_MD_CTX* p) const noexcept { EVP_MD_CTX_free(p); }
  void operator()(PKCS8_PRIV_KEY_INFO* p) const noexcept { PKCS8_PRIV_KEY_INFO_free(p); }
  void operator()(X509_ALGOR* p) const noexcept { X509_ALGOR_free(p); }
  void operator()(X509_SIG* p) const noexcept { X509_SIG_free(p); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

Owned<BIO> bio_of(std::string_view bytes) { return Owned<BIO>(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size()))); }

/// Copied out, and wiped where OpenSSL had it.
Secret secret_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  Secret out = Secret::copy_of({data, static_cast<std::size_t>(size)});
  OPENSSL_cleanse(data, static_cast<std::size_t>(size));
  return out;
}

Error refused(Fault fault, std::string what) {
  ERR_clear_error();
  return {fault, "config.signature", std::move(what)};
}

Bytes signed_bytes(std::string_view text) {
  constexpr std::string_view kDomain("DOORSTEP-CONFIG-V1\0", 19);
  return Bytes(kDomain) + Bytes(text);
}

const unsigned char* raw(std::string_view bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }

// OpenSSL asks for a passphrase on the terminal when it is not given one, and waits.
int give(char* buffer, int size, int, void* passphrase) {
  const auto& given = *static_cast<const Secret*>(passphrase);
  if (given.empty() || given.size() > static_cast<std::size_t>(size)) return -1;
  std::copy(given.data(), given.data() + given.size(), buffer);
  return static_cast<int>(given.size());
}

Owned<EVP_PKEY> read_private(const Secret& pem, const Secret& passphrase) {
  Owned<BIO> bio = bio_of(pem.view());
  Owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(bio.get(), nullptr, give, const_cast<Secret*>(&passphrase)));
  if (key && !EVP_PKEY_is_a(key.get(), "ED25519")) key.reset();
  return key;
}

Result<Secret> write_private(EVP_PKEY* key) {
  Owned<BIO> bio(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return refused(Fault::Io, "the key could not be written");
  return secret_of(bio.get());
}

Result<Secret> write_encrypted(EVP_PKEY* key, const Secret& passphrase) {
  Owned<PKCS8_PRIV_KEY_INFO> plain(EVP_PKEY2PKCS8(key));
  // Salt and initialisation vector: null, so that OpenSSL draws them.
  Owned<X509_ALGOR> how(PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), nullptr, 0, nullptr, 1 << 14, 8, 1));
  if (!plain || !how) return refused(Fault::Io, "the key could not be encrypted");
  Owned<X509_SIG> sealed(PKCS8_set0_pbe(reinterpret_cast<const char*>(passphrase.data()), static_cast<int>(passphrase.size()),
                                        plain.get(), how.get()));
  if (!sealed) return refused(Fault::Io, "the key could not be encrypted");
  static_cast<void>(how.release());  // it is the sealed one's now
  Owned<BIO> bio(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_PKCS8(bio.get(), sealed.get()) != 1) return refused(Fault::Io, "the key could not be written");
  return secret_of(bio.get());
}

bool verifies(const Bytes& key, std::string_view message, std::string_view signature) {
  Owned<EVP_PKEY> pkey(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, raw(key), key.size()));
  Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  const bool good = pkey && context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, pkey.get()) == 1 &&
                    EVP_DigestVerify(context.get(), raw(signature), signature.size(), raw(message), message.size()) == 1;
  ERR_clear_error();
  return good;
}

}  // namespace

Result<Trust> parse_trust(std::string_view pem) {
  Trust out;
  Owned<BIO> bio = bio_of(pem);
  char *name = nullptr, *header = nullptr;
  unsigned char* der = nullptr;
  long size = 0;
  while (PEM_read_bio(bio.get(), &name, &header, &der, &size) == 1) {
    const bool is_public = std::string_view(name) == PEM_STRING_PUBLIC;
    const unsigned char* at = der;
    const Owned<EVP_PKEY> key(is_public ? d2i_PUBKEY(nullptr, &at, size) : nullptr);
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_clear_free(der, static_cast<std::size_t>(size));  // a private one, perhaps, by mistake
    std::array<unsigned char, kKeyBytes> bytes{};
    std::size_t length = bytes.size();
    if (!is_public) return refused(Fault::Invalid, "it holds something else than public keys");
    if (!key) return refused(Fault::Invalid, "a key in it is damaged");
    if (!EVP_PKEY_is_a(key.get(), "ED25519") || EVP_PKEY_get_raw_public_key(key.get(), bytes.data(), &length) != 1)
      return refused(Fault::Invalid, "it holds a key that is not Ed25519");
    out.emplace_back(reinterpret_cast<const char*>(bytes.data()), length);
    if (out.size() > limits::kTrustedKeys)
      return refused(Fault::Invalid, "it holds more than " + std::to_string(limits::kTrustedKeys) + " keys");
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;  // to OpenSSL the end of the text is an error
  if (!at_end) return refused(Fault::Invalid, "a key in it is damaged");
  if (out.empty()) return refused(Fault::Invalid, "it holds no public key");
  ERR_clear_error();
  return out;
}

std::string key_name(const Bytes& key) {
  const std::string hex = base::sha256_hex(key);
  return hex.substr(0, 4) + "-" + hex.substr(4, 4) + "-" + hex.substr(8, 4) + "-" + hex.substr(12, 4);
}

bool is_signed(std::string_view text, std::string_view signatures, const Trust& trust) {
  if (signatures.size() % kSignatureBytes != 0 || signatures.size() > limits::kSignatures * kSignatureBytes) return false;
  const Bytes message = signed_bytes(text);
  for (; !signatures.empty(); signatures.remove_prefix(kSignatureBytes))
    for (const Bytes& key : trust)
      if (verifies(key, message, signatures.substr(0, kSignatureBytes))) return true;
  return false;
}

Result<Secret> make_signing_key(const Secret& passphrase) {
  Owned<EVP_PKEY> key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  if (!key) return refused(Fault::Io, "no key could be made");
  return passphrase.empty() ? write_private(key.get()) : write_encrypted(key.get(), passphrase);
}

Result<Secret> open_signing_key(const Secret& pem, const Secret& passphrase) {
  const Owned<EVP_PKEY> key = read_private(pem, passphrase);
  if (key) return write_private(key.get());
  if (pem.view().find("BEGIN ENCRYPTED PRIVATE KEY") == std::string_view::npos)
    return refused(Fault::Invalid, "it is no Ed25519 private key");
  return refused(Fault::Locked, passphrase.empty() ? "it is encrypted, and no passphrase was given" : "this is not its passphrase");
}

Result<std::string> public_key(const Secret& opened) {
  const Owned<EVP_PKEY> key = read_private(opened, {});
  Owned<BIO> bio(BIO_new(BIO_s_mem()));
  if (!key || PEM_write_bio_PUBKEY(bio.get(), key.get()) != 1) return refused(Fault::Invalid, "it is no Ed25519 private key");
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

Result<Bytes> sign(std::string_view text, const Secret& opened) {
  const Owned<EVP_PKEY> key = read_private(opened, {});
  Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  const Bytes message = signed_bytes(text);
  Bytes out(kSignatureBytes, '\0');
  std::size_t size = out.size();
  if (!key || !context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size, raw(message), message.size()) != 1 ||
      size != kSignatureBytes)
    return refused(Fault::Invalid, "it could not be signed");
  return out;
}

}  // namespace doorstep::config
