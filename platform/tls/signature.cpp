#include "platform/tls/signature.h"

#include <openssl/x509v3.h>
#include <sodium.h>

#include <array>
#include <ctime>

#include "platform/tls/openssl.h"

namespace doorstep::tls {

using base::Error;
using base::Fault;
using base::Instant;
using base::Result;
using base::Secret;

namespace {

struct FreeMore {
  void operator()(EVP_MD_CTX* p) const noexcept { EVP_MD_CTX_free(p); }
  void operator()(X509_STORE* p) const noexcept { X509_STORE_free(p); }
  void operator()(X509_STORE_CTX* p) const noexcept { X509_STORE_CTX_free(p); }
};
template <class T>
using Held = std::unique_ptr<T, FreeMore>;

const unsigned char* raw(std::string_view bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }

/// The chain of one certificate to `authority`, for this purpose, as of `at`; empty: whenever.
bool certified(X509* authority, X509* signer, int purpose, std::optional<Instant> at) {
  const Held<X509_STORE> store(X509_STORE_new());
  const Held<X509_STORE_CTX> context(X509_STORE_CTX_new());
  if (!store || !context || X509_STORE_add_cert(store.get(), authority) != 1 ||
      X509_STORE_CTX_init(context.get(), store.get(), signer, nullptr) != 1)
    return false;
  X509_VERIFY_PARAM* param = X509_STORE_CTX_get0_param(context.get());
  if (at) X509_VERIFY_PARAM_set_time(param, static_cast<std::time_t>(at->ms / 1000));
  else if (X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_NO_CHECK_TIME) != 1) return false;
  if (X509_VERIFY_PARAM_set_purpose(param, purpose) != 1) return false;
  return X509_verify_cert(context.get()) == 1;
}

/// As X509_verify_cert() looks at the times of a certificate.
bool held(X509* cert, Instant at) {
  std::time_t when = static_cast<std::time_t>(at.ms / 1000);
  return X509_cmp_time(X509_get0_notBefore(cert), &when) < 0 && X509_cmp_time(X509_get0_notAfter(cert), &when) > 0;
}

Error not_certified() {
  return {Fault::Untrusted, "tls.signer", "it was not signed with a key which the council's authority certified"};
}

}  // namespace

Result<Signer> make_signer(const Authority& ca, const std::vector<std::string>& names, int days, Instant now) {
  DOORSTEP_TRY_ASSIGN(auto key, pem_of(Owned<EVP_PKEY>(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")).get()));
  DOORSTEP_TRY_ASSIGN(auto request, make_request(key));
  DOORSTEP_TRY_ASSIGN(auto cert, issue(ca, request, Subject::of_receipts(names), days, now));
  return signer_of(std::move(cert), std::move(key));
}

Result<Signer> signer_of(std::string cert, Secret key) {
  const auto pair = read_key(key);
  Secret seed(crypto_sign_SEEDBYTES), opened(crypto_sign_SECRETKEYBYTES);
  std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> open_half;
  std::size_t size = seed.size();
  if (!is_ed25519(pair.get()) || EVP_PKEY_get_raw_private_key(pair.get(), seed.data(), &size) != 1 ||
      crypto_sign_seed_keypair(open_half.data(), opened.data(), seed.data()) != 0)
    return openssl_error(Fault::Invalid, "tls.signer", "this key signs no receipts");
  return Signer{std::move(cert), std::move(key), std::move(opened)};
}

// libsodium takes half of OpenSSL 3's time for a signature, and for checking one: a receipt is signed, and checked on the tablet,
// for each record that is sent.
Result<std::string> sign(const Signer& signer, std::string_view bytes) {
  std::string out(crypto_sign_BYTES, '\0');
  if (signer.opened.size() != crypto_sign_SECRETKEYBYTES ||
      crypto_sign_detached(reinterpret_cast<unsigned char*>(out.data()), nullptr, raw(bytes), bytes.size(), signer.opened.data()) != 0)
    return Error{Fault::Invalid, "tls.sign", "signing failed"};
  return out;
}

Result<std::string> sign_with(const Secret& key_pem, std::string_view bytes) {
  const auto key = read_key(key_pem);
  const Held<EVP_MD_CTX> context(EVP_MD_CTX_new());
  std::size_t size = 0;
  std::string out;
  if (!key || !context || EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, raw(bytes), bytes.size()) != 1)
    return openssl_error(Fault::Invalid, "tls.sign", "signing failed");
  out.resize(size);
  if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size, raw(bytes), bytes.size()) != 1)
    return openssl_error(Fault::Invalid, "tls.sign", "signing failed");
  out.resize(size);
  return out;
}

Result<Identity> signed_by(std::string_view ca, std::string_view cert, std::string_view bytes, std::string_view signature) {
  const auto authority = read_cert(ca), signer = read_cert(cert);
  const bool trusted = authority && signer && certified(authority.get(), signer.get(), X509_PURPOSE_SSL_CLIENT, std::nullopt);
  ERR_clear_error();
  if (!trusted) return not_certified();
  const Held<EVP_MD_CTX> context(EVP_MD_CTX_new());
  const bool good = context && EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, X509_get0_pubkey(signer.get())) == 1 &&
                    EVP_DigestVerify(context.get(), raw(signature), signature.size(), raw(bytes), bytes.size()) == 1;
  ERR_clear_error();
  if (!good) return Error{Fault::Untrusted, "tls.signature", "the signature is not over these words"};
  return inspect(cert);
}

struct SignatureCheck::Known {
  std::string pem;
  Owned<X509> authority, signer;
  std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> key;
};

SignatureCheck::SignatureCheck(std::string ca) : ca_(std::move(ca)) {}
SignatureCheck::~SignatureCheck() = default;

Result<void> SignatureCheck::operator()(std::string_view signer_pem, Instant at, std::string_view bytes, std::string_view signature) {
  if (!known_ || known_->pem != signer_pem) {
    auto fresh = std::make_unique<Known>(Known{std::string(signer_pem), read_cert(ca_), read_cert(signer_pem), {}});
    std::size_t size = fresh->key.size();
    const bool trusted = fresh->authority && fresh->signer && is_ed25519(X509_get0_pubkey(fresh->signer.get())) &&
                         certified(fresh->authority.get(), fresh->signer.get(), X509_PURPOSE_TIMESTAMP_SIGN, at) &&
                         EVP_PKEY_get_raw_public_key(X509_get0_pubkey(fresh->signer.get()), fresh->key.data(), &size) == 1;
    ERR_clear_error();
    if (!trusted) return not_certified();
    known_ = std::move(fresh);
  } else if (!held(known_->authority.get(), at) || !held(known_->signer.get(), at)) {
    return not_certified();
  }
  if (signature.size() != crypto_sign_BYTES || crypto_sign_verify_detached(raw(signature), raw(bytes), bytes.size(), known_->key.data()) != 0)
    return Error{Fault::Untrusted, "tls.signature", "the signature is not over these words"};
  return {};
}

}  // namespace doorstep::tls
