#pragma once
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>

#include "platform/base/error.h"
#include "platform/base/secret.h"

/// What the sources of this room share. Not for other rooms: it includes OpenSSL.
namespace doorstep::tls {

struct Free {
  void operator()(BIO* p) const noexcept { BIO_free_all(p); }
  void operator()(EVP_PKEY* p) const noexcept { EVP_PKEY_free(p); }
  void operator()(X509* p) const noexcept { X509_free(p); }
  void operator()(X509_REQ* p) const noexcept { X509_REQ_free(p); }
  void operator()(X509_NAME* p) const noexcept { X509_NAME_free(p); }
  void operator()(X509_EXTENSION* p) const noexcept { X509_EXTENSION_free(p); }
  void operator()(BIGNUM* p) const noexcept { BN_free(p); }
  void operator()(unsigned char* p) const noexcept { OPENSSL_free(p); }
  void operator()(char* p) const noexcept { OPENSSL_free(p); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

/// OpenSSL's oldest queued reason, as words for IT; empties the queue.
base::Error openssl_error(base::Fault fault, std::string_view where, std::string_view what);

Owned<BIO> bio_of(std::string_view bytes);
std::string bytes_of(BIO* bio);
/// Null when the text is not one.
Owned<X509> read_cert(std::string_view pem);
/// A private key as PEM (PKCS#8). Fault::Io also for null.
base::Result<base::Secret> pem_of(EVP_PKEY* key);
Owned<EVP_PKEY> read_key(const base::Secret& pem);
bool is_ed25519(EVP_PKEY* key);  ///< what signs receipts; null is none
std::string cert_pem(X509* cert);
/// SHA-256 of the certificate's SubjectPublicKeyInfo, 64 hex digits.
std::string spki_pin_of(X509* cert);

}  // namespace doorstep::tls
