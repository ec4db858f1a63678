#include "platform/tls/signature.h"

#include <openssl/x509v3.h>

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

/// The chain of one certificate to `authority`, for signing receipts, as of `at`.
bool certified(X509* authority, X509* signer, Instant at) {
  const Held<X509_STORE> store(X509_STORE_new());
  const Held<X509_STORE_CTX> context(X509_STORE_CTX_new());
  if (!store || !context || X509_STORE_add_cert(store.get(), authority) != 1 ||
      X509_STORE_CTX_init(context.get(), store.get(), signer, nullptr) != 1)
    return false;
  X509_VERIFY_PARAM* param = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(param, static_cast<std::time_t>(at.ms / 1000));
  if (X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_TIMESTAMP_SIGN) != 1) return false;
  return X509_verify_cert(context.get()) == 1;
}

}  // namespace

Result<Signer> make_signer(const Authority& ca, const std::vector<std::string>& names, int days, Instant now) {
  Signer out;
  DOORSTEP_TRY_ASSIGN(out.key, pem_of(Owned<EVP_PKEY>(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")).get()));
  DOORSTEP_TRY_ASSIGN(auto request, make_request(out.key));
  DOORSTEP_TRY_ASSIGN(out.cert, issue(ca, request, Subject::of_receipts(names), days, now));
  return out;
}

Result<std::string> sign(const Secret& key_pem, std::string_view bytes) {
  const auto key = read_key(key_pem);
  const Held<EVP_MD_CTX> context(EVP_MD_CTX_new());
  std::size_t size = 0;
  std::string out;
  if (!is_ed25519(key.get()) || !context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, raw(bytes), bytes.size()) != 1)
    return openssl_error(Fault::Invalid, "tls.sign", "signing failed");
  out.resize(size);
  if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size, raw(bytes), bytes.size()) != 1)
    return openssl_error(Fault::Invalid, "tls.sign", "signing failed");
  out.resize(size);
  return out;
}

Result<void> check_signature(std::string_view ca, std::string_view signer_pem, Instant at, std::string_view bytes,
                             std::string_view signature) {
  const auto authority = read_cert(ca);
  const auto signer = read_cert(signer_pem);
  const bool trusted = authority && signer && is_ed25519(X509_get0_pubkey(signer.get())) && certified(authority.get(), signer.get(), at);
  ERR_clear_error();
  if (!trusted) return Error{Fault::Untrusted, "tls.signer", "it was not signed with a key which the council's authority certified"};
  const Held<EVP_MD_CTX> context(EVP_MD_CTX_new());
  const bool good = context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, X509_get0_pubkey(signer.get())) == 1 &&
                    EVP_DigestVerify(context.get(), raw(signature), signature.size(), raw(bytes), bytes.size()) == 1;
  ERR_clear_error();
  if (!good) return Error{Fault::Untrusted, "tls.signature", "the signature is not over these words"};
  return {};
}

}  // namespace doorstep::tls
