#include "platform/tls/certificate.h"

#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <array>
#include <ctime>

#include "platform/base/bytes.h"
#include "platform/tls/openssl.h"

namespace doorstep::tls {

using base::Error;
using base::Fault;
using base::Instant;
using base::Result;
using base::Secret;

namespace {

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kDayMs = 24 * kHourMs;
constexpr int kSerialBytes = 16;

Result<void> set_validity(X509* cert, Instant not_before, Instant not_after) {
  if (!ASN1_TIME_set(X509_getm_notBefore(cert), static_cast<std::time_t>(not_before.ms / 1000)) ||
      !ASN1_TIME_set(X509_getm_notAfter(cert), static_cast<std::time_t>(not_after.ms / 1000)))
    return openssl_error(Fault::Invalid, "tls.issue", "the validity is out of range");
  return {};
}

Result<void> set_serial(X509* cert) {
  std::array<unsigned char, kSerialBytes> raw;
  if (RAND_bytes(raw.data(), raw.size()) != 1) return openssl_error(Fault::Io, "tls.issue", "no randomness");
  raw[0] = static_cast<unsigned char>((raw[0] & 0x7f) | 0x40);  // positive, and always 16 bytes long
  Owned<BIGNUM> number(BN_bin2bn(raw.data(), raw.size(), nullptr));
  if (!number || !BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(cert)))
    return openssl_error(Fault::Io, "tls.issue", "the serial could not be set");
  return {};
}

bool add_name(X509_NAME* name, const char* field, const std::string& value) {
  return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(value.data()),
                                    static_cast<int>(value.size()), -1, 0) == 1;
}

Result<void> add_extension(X509* cert, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, cert, nullptr, nullptr, 0);
  Owned<X509_EXTENSION> extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  if (!extension || X509_add_ext(cert, extension.get(), -1) != 1)
    return openssl_error(Fault::Invalid, "tls.issue", std::string("extension ") + OBJ_nid2sn(nid));
  return {};
}

bool is_p256(EVP_PKEY* key) {
  std::array<char, 64> group{};
  std::size_t length = 0;
  return key && EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_group_name(key, group.data(), group.size(), &length) == 1 &&
         OBJ_sn2nid(group.data()) == NID_X9_62_prime256v1;
}

// For what came encrypted. Without it OpenSSL asks for a passphrase on the terminal, and waits.
int ask_nobody(char*, int, int, void*) { return -1; }

bool is_address(const std::string& name) {
  ASN1_OCTET_STRING* address = a2i_IPADDRESS(name.c_str());
  const bool found = address != nullptr;
  ASN1_OCTET_STRING_free(address);
  return found;
}

// A name goes into OpenSSL's extension language, where commas and colons mean something.
bool is_plain_name(const std::string& name) {
  if (name.empty() || name.size() > 253) return false;
  return name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") == std::string::npos ||
         is_address(name);
}

Result<void> write_subject(X509* cert, const Subject& subject) {
  X509_NAME* name = X509_get_subject_name(cert);
  bool ok = false;
  switch (subject.kind) {
    case Kind::Authority: break;
    case Kind::Device:
      ok = subject.device && add_name(name, "CN", "device:" + subject.device.str());
      break;
    case Kind::Worker:
      ok = subject.worker && subject.device && add_name(name, "OU", "device:" + subject.device.str()) &&
           add_name(name, "CN", "worker:" + subject.worker.str());
      break;
    case Kind::Server:
      // X.520 allows a common name 64 characters; the names that count are in subjectAltName.
      ok = !subject.names.empty() && add_name(name, "CN", ("server:" + subject.names.front()).substr(0, 64));
      break;
    case Kind::Receipts:
      ok = !subject.names.empty() && add_name(name, "CN", ("receipts:" + subject.names.front()).substr(0, 64));
      break;
  }
  if (!ok) return Error{Fault::Invalid, "tls.issue", "a certificate needs a device, a worker on a device, or a server's name"};
  return {};
}

Result<void> write_extensions(X509* cert, X509* issuer, const Subject& subject) {
  const bool server = subject.kind == Kind::Server;
  const char* usage = server ? "serverAuth" : subject.kind == Kind::Receipts ? "critical,timeStamping" : "clientAuth";
  DOORSTEP_TRY(add_extension(cert, issuer, NID_basic_constraints, "critical,CA:FALSE"));
  DOORSTEP_TRY(add_extension(cert, issuer, NID_key_usage, "critical,digitalSignature"));
  DOORSTEP_TRY(add_extension(cert, issuer, NID_ext_key_usage, usage));
  DOORSTEP_TRY(add_extension(cert, issuer, NID_subject_key_identifier, "hash"));
  DOORSTEP_TRY(add_extension(cert, issuer, NID_authority_key_identifier, "keyid:always"));
  if (!server) return {};
  std::string names;
  for (const std::string& name : subject.names) {
    if (!is_plain_name(name)) return Error{Fault::Invalid, "tls.issue", "not a DNS name or an IP address: '" + name + "'"};
    names += (names.empty() ? "" : ",") + std::string(is_address(name) ? "IP:" : "DNS:") + name;
  }
  return add_extension(cert, issuer, NID_subject_alt_name, names);
}

Result<std::string> pem_of_signed(X509* cert, EVP_PKEY* key) {
  if (X509_sign(cert, key, EVP_sha256()) <= 0) return openssl_error(Fault::Invalid, "tls.issue", "signing failed");
  return cert_pem(cert);
}

Instant instant_of(const ASN1_TIME* time) {
  std::tm utc{};
  if (ASN1_TIME_to_tm(time, &utc) != 1) return {};
  return {static_cast<std::int64_t>(timegm(&utc)) * 1000};
}

// The value of the only entry with this id; empty when there is none or more than one.
std::optional<std::string> only_entry(const X509_NAME* name, int nid) {
  const int at = X509_NAME_get_index_by_NID(name, nid, -1);
  if (at < 0 || X509_NAME_get_index_by_NID(name, nid, at) >= 0) return {};
  const ASN1_STRING* value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
  return std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                     static_cast<std::size_t>(ASN1_STRING_length(value)));
}

std::optional<base::Id> id_after(const std::optional<std::string>& text, std::string_view prefix) {
  if (!text || !std::string_view(*text).starts_with(prefix)) return {};
  const auto id = base::Id::parse(std::string_view(*text).substr(prefix.size()));
  return id && *id && id->str() == text->substr(prefix.size()) ? id : std::nullopt;
}

bool read_subject(X509* cert, Identity& out) {
  const X509_NAME* name = X509_get_subject_name(cert);
  const int entries = X509_NAME_entry_count(name);
  const auto common = only_entry(name, NID_commonName);
  if (!common) return false;
  if (X509_check_ca(cert) == 1) {
    out.kind = Kind::Authority;
    return entries == 1;
  }
  if (const auto device = id_after(common, "device:")) {
    out.kind = Kind::Device;
    out.device = *device;
    return entries == 1;
  }
  if (const auto worker = id_after(common, "worker:")) {
    const auto device = id_after(only_entry(name, NID_organizationalUnitName), "device:");
    if (!device) return false;
    out.kind = Kind::Worker;
    out.worker = *worker;
    out.device = *device;
    return entries == 2;
  }
  out.kind = common->starts_with("receipts:") ? Kind::Receipts : Kind::Server;
  return entries == 1 && (out.kind == Kind::Receipts || common->starts_with("server:"));
}

}  // namespace

Error openssl_error(Fault fault, std::string_view where, std::string_view what) {
  std::array<char, 256> text{};
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return {fault, std::string(where), std::string(what)};
  ERR_error_string_n(code, text.data(), text.size());
  return {fault, std::string(where), std::string(what) + " (" + text.data() + ")"};
}

Owned<BIO> bio_of(std::string_view bytes) { return Owned<BIO>(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size()))); }

std::string bytes_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

Owned<X509> read_cert(std::string_view pem) {
  const auto bio = bio_of(pem);
  Owned<X509> cert(PEM_read_bio_X509(bio.get(), nullptr, ask_nobody, nullptr));
  ERR_clear_error();
  return cert;
}

Owned<EVP_PKEY> read_key(const Secret& pem) {
  const auto bio = bio_of(pem.view());
  Owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(bio.get(), nullptr, ask_nobody, nullptr));
  ERR_clear_error();
  return key;
}

bool is_ed25519(EVP_PKEY* key) { return key && EVP_PKEY_is_a(key, "ED25519"); }

std::string cert_pem(X509* cert) {
  Owned<BIO> bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), cert);
  return bytes_of(bio.get());
}

std::string spki_pin_of(X509* cert) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
  const Owned<unsigned char> owned(der);
  return size > 0 ? base::sha256_hex({reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)}) : std::string();
}

Result<Authority> make_authority(std::string_view name, Instant now) {
  if (name.empty() || name.size() > 64 || !base::is_utf8(name))
    return Error{Fault::Invalid, "tls.make_authority", "the authority's name must have 1 to 64 characters"};
  DOORSTEP_TRY_ASSIGN(Secret key_pem, make_key());
  const auto key = read_key(key_pem);
  Owned<X509> cert(X509_new());
  if (!key || !cert || X509_set_version(cert.get(), X509_VERSION_3) != 1 || X509_set_pubkey(cert.get(), key.get()) != 1 ||
      !add_name(X509_get_subject_name(cert.get()), "CN", std::string(name)) ||
      X509_set_issuer_name(cert.get(), X509_get_subject_name(cert.get())) != 1)
    return openssl_error(Fault::Io, "tls.make_authority", "the certificate could not be made");
  DOORSTEP_TRY(set_serial(cert.get()));
  DOORSTEP_TRY(set_validity(cert.get(), {now.ms - kHourMs}, {now.ms + kAuthorityDays * kDayMs}));
  DOORSTEP_TRY(add_extension(cert.get(), cert.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0"));
  DOORSTEP_TRY(add_extension(cert.get(), cert.get(), NID_key_usage, "critical,keyCertSign,cRLSign"));
  DOORSTEP_TRY(add_extension(cert.get(), cert.get(), NID_subject_key_identifier, "hash"));
  DOORSTEP_TRY_ASSIGN(std::string pem, pem_of_signed(cert.get(), key.get()));
  return Authority{std::move(pem), std::move(key_pem)};
}

Result<Secret> make_key() { return pem_of(Owned<EVP_PKEY>(EVP_EC_gen("P-256")).get()); }

Result<Secret> pem_of(EVP_PKEY* key) {
  const Owned<BIO> bio(BIO_new(BIO_s_secmem()));
  if (!key || !bio || PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return openssl_error(Fault::Io, "tls.make_key", "the key could not be made");
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  Secret pem = Secret::copy_of({data, static_cast<std::size_t>(size)});
  OPENSSL_cleanse(data, static_cast<std::size_t>(size));
  return pem;
}

Result<std::string> make_request(const Secret& key_pem) {
  const auto key = read_key(key_pem);
  if (!is_p256(key.get()) && !is_ed25519(key.get()))
    return Error{Fault::Invalid, "tls.make_request", "neither a P-256 private key nor one for receipts"};
  const Owned<X509_REQ> request(X509_REQ_new());
  const Owned<BIO> bio(BIO_new(BIO_s_mem()));
  if (!request || !bio || X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) != 1 ||
      X509_REQ_set_pubkey(request.get(), key.get()) != 1 || X509_REQ_sign(request.get(), key.get(), is_ed25519(key.get()) ? nullptr : EVP_sha256()) <= 0 ||
      PEM_write_bio_X509_REQ(bio.get(), request.get()) != 1)
    return openssl_error(Fault::Io, "tls.make_request", "the request could not be made");
  return bytes_of(bio.get());
}

Result<std::string> issue(const Authority& ca, std::string_view request_pem, const Subject& subject, int days, Instant now) {
  const auto issuer = read_cert(ca.cert);
  const auto issuer_key = read_key(ca.key);
  if (!issuer || !issuer_key || X509_check_private_key(issuer.get(), issuer_key.get()) != 1)
    return openssl_error(Fault::Corrupt, "tls.issue", "the authority's certificate and key do not belong together");

  const auto bio = bio_of(request_pem);
  const Owned<X509_REQ> request(PEM_read_bio_X509_REQ(bio.get(), nullptr, ask_nobody, nullptr));
  EVP_PKEY* key = request ? X509_REQ_get0_pubkey(request.get()) : nullptr;
  const bool right_key = subject.kind == Kind::Receipts ? is_ed25519(key) : is_p256(key);
  if (!right_key || X509_REQ_verify(request.get(), key) != 1)
    return openssl_error(Fault::Invalid, "tls.issue", "not a certificate request signed by its own key, of the kind its subject needs");

  const Instant not_after{std::min(now.ms + days * kDayMs, instant_of(X509_get0_notAfter(issuer.get())).ms)};
  if (days <= 0 || not_after <= now) return Error{Fault::Invalid, "tls.issue", "the certificate would already have expired"};

  const Owned<X509> cert(X509_new());
  if (!cert || X509_set_version(cert.get(), X509_VERSION_3) != 1 || X509_set_pubkey(cert.get(), key) != 1 ||
      X509_set_issuer_name(cert.get(), X509_get_subject_name(issuer.get())) != 1)
    return openssl_error(Fault::Io, "tls.issue", "the certificate could not be made");
  DOORSTEP_TRY(set_serial(cert.get()));
  DOORSTEP_TRY(set_validity(cert.get(), {now.ms - kHourMs}, not_after));
  DOORSTEP_TRY(write_subject(cert.get(), subject));
  DOORSTEP_TRY(write_extensions(cert.get(), issuer.get(), subject));
  return pem_of_signed(cert.get(), issuer_key.get());
}

Result<Identity> inspect(std::string_view pem) {
  const auto cert = read_cert(pem);
  if (!cert) return Error{Fault::Invalid, "tls.inspect", "not a certificate"};
  Identity out;
  if (!read_subject(cert.get(), out)) return Error{Fault::Invalid, "tls.inspect", "a certificate, but not one of ours"};

  const Owned<BIGNUM> number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(cert.get()), nullptr));
  std::string raw(static_cast<std::size_t>(BN_num_bytes(number.get())), '\0');
  BN_bn2bin(number.get(), reinterpret_cast<unsigned char*>(raw.data()));
  out.serial = base::to_hex(raw);

  unsigned char* der = nullptr;
  const int size = i2d_X509(cert.get(), &der);
  const Owned<unsigned char> owned(der);
  if (size <= 0) return openssl_error(Fault::Invalid, "tls.inspect", "not a certificate");
  out.fingerprint = base::sha256_hex({reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)});
  out.spki_pin = spki_pin_of(cert.get());
  out.not_before = instant_of(X509_get0_notBefore(cert.get()));
  out.not_after = instant_of(X509_get0_notAfter(cert.get()));
  return out;
}

bool matches(std::string_view pem, const Secret& key_pem) {
  const auto cert = read_cert(pem);
  const auto key = read_key(key_pem);
  const bool same = cert && key && X509_check_private_key(cert.get(), key.get()) == 1;
  ERR_clear_error();
  return same;
}

bool is_of_device(std::string_view pem, base::Id device, const Secret& key_pem) {
  const auto identity = inspect(pem);
  return identity && identity->kind == Kind::Device && identity->device == device && matches(pem, key_pem);
}

}  // namespace doorstep::tls
