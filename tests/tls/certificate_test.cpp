#include "platform/tls/certificate.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <set>

using namespace doorstep;
using base::Fault;

namespace {

const base::Instant kNow{1'795'000'000'000};  // a day in November 2026
const base::Id kDevice = base::Id::from_name("device");
const base::Id kWorker = base::Id::from_name("worker");

tls::Authority authority() {
  auto ca = tls::make_authority("Test council", kNow);
  REQUIRE(ca.has_value());
  return std::move(*ca);
}

std::string request_for(const base::Secret& key) {
  auto request = tls::make_request(key);
  REQUIRE(request.has_value());
  return *request;
}

X509* read(const std::string& pem) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  X509* cert = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  REQUIRE(cert != nullptr);
  return cert;
}

// A request as an attacker would write it: any name, any extensions, any kind of key.
std::string hostile_request(EVP_PKEY* key, const char* common_name, bool break_signature = false) {
  X509_REQ* request = X509_REQ_new();
  X509_REQ_set_pubkey(request, key);
  X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(request), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(common_name), -1, -1, 0);
  STACK_OF(X509_EXTENSION)* extensions = sk_X509_EXTENSION_new_null();
  sk_X509_EXTENSION_push(extensions, X509V3_EXT_conf_nid(nullptr, nullptr, NID_basic_constraints, "critical,CA:TRUE"));
  sk_X509_EXTENSION_push(extensions, X509V3_EXT_conf_nid(nullptr, nullptr, NID_key_usage, "critical,keyCertSign"));
  sk_X509_EXTENSION_push(extensions, X509V3_EXT_conf_nid(nullptr, nullptr, NID_ext_key_usage, "serverAuth"));
  sk_X509_EXTENSION_push(extensions, X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:cases.example.gov.uk"));
  X509_REQ_add_extensions(request, extensions);
  sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
  X509_REQ_sign(request, key, EVP_sha256());
  if (break_signature) X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(request), "O", MBSTRING_UTF8,
                                                  reinterpret_cast<const unsigned char*>("changed"), -1, -1, 0);
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509_REQ(bio, request);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string pem(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  X509_REQ_free(request);
  return pem;
}

}  // namespace

TEST_CASE("certificate: what was asked for is read back", "[tls]") {
  const auto ca = authority();
  const auto key = tls::make_key();
  REQUIRE(key.has_value());
  const auto request = request_for(*key);

  const auto device = tls::issue(ca, request, tls::Subject::of_device(kDevice), tls::kClientDays, kNow);
  REQUIRE(device.has_value());
  const auto seen = tls::inspect(*device);
  REQUIRE(seen.has_value());
  CHECK(seen->kind == tls::Kind::Device);
  CHECK(seen->device == kDevice);
  CHECK(seen->worker.nil());
  CHECK(seen->serial.size() == 32);
  CHECK(seen->fingerprint.size() == 64);
  CHECK(seen->not_before.ms == kNow.ms - 3'600'000);
  CHECK(seen->not_after.ms == kNow.ms + 90LL * 86'400'000);
  CHECK(tls::matches(*device, *key));
  const auto other_key = tls::make_key();
  CHECK_FALSE(tls::matches(*device, *other_key));
  CHECK(tls::is_of_device(*device, kDevice, *key));
  CHECK_FALSE(tls::is_of_device(*device, kDevice, *other_key));
  CHECK_FALSE(tls::is_of_device(*device, kWorker, *key));
  CHECK_FALSE(tls::is_of_device("no certificate", kDevice, *key));

  const auto worker = tls::issue(ca, request, tls::Subject::of_worker(kWorker, kDevice), tls::kClientDays, kNow);
  REQUIRE(worker.has_value());
  CHECK_FALSE(tls::is_of_device(*worker, kDevice, *key));
  const auto who = tls::inspect(*worker);
  REQUIRE(who.has_value());
  CHECK(who->kind == tls::Kind::Worker);
  CHECK(who->worker == kWorker);
  CHECK(who->device == kDevice);
  CHECK(who->spki_pin == seen->spki_pin);  // the same key
  CHECK(who->fingerprint != seen->fingerprint);

  const auto authority_seen = tls::inspect(ca.cert);
  REQUIRE(authority_seen.has_value());
  CHECK(authority_seen->kind == tls::Kind::Authority);
}

TEST_CASE("certificate: a request that asks to be an authority or a server gets neither", "[tls][P38]") {
  const auto ca = authority();
  EVP_PKEY* key = EVP_EC_gen("P-256");
  const std::string request = hostile_request(key, "worker:00000000-0000-8000-8000-000000000001");
  const auto cert = tls::issue(ca, request, tls::Subject::of_device(kDevice), tls::kClientDays, kNow);
  REQUIRE(cert.has_value());
  X509* read_back = read(*cert);
  CHECK(X509_check_ca(read_back) == 0);
  CHECK((X509_get_key_usage(read_back) & KU_KEY_CERT_SIGN) == 0);
  CHECK(X509_get_extended_key_usage(read_back) == XKU_SSL_CLIENT);
  CHECK(X509_get_ext_by_NID(read_back, NID_subject_alt_name, -1) < 0);
  CHECK(X509_get_ext_count(read_back) == 5);
  X509_free(read_back);
  const auto seen = tls::inspect(*cert);
  REQUIRE(seen.has_value());
  CHECK(seen->kind == tls::Kind::Device);
  CHECK(seen->device == kDevice);
  EVP_PKEY_free(key);
}

TEST_CASE("certificate: requests that are broken, forged or of another kind of key are refused", "[tls]") {
  const auto ca = authority();
  EVP_PKEY* p256 = EVP_EC_gen("P-256");
  EVP_PKEY* p384 = EVP_EC_gen("P-384");
  EVP_PKEY* rsa = EVP_RSA_gen(2048);
  const std::string good = hostile_request(p256, "x");
  const std::vector<std::string> bad = {
      "",
      "not a request",
      "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n",
      good.substr(0, good.size() / 2),
      ca.cert,
      hostile_request(p256, "x", true),
      hostile_request(p384, "x"),
      hostile_request(rsa, "x"),
  };
  for (const auto& request : bad) {
    const auto cert = tls::issue(ca, request, tls::Subject::of_device(kDevice), tls::kClientDays, kNow);
    REQUIRE(cert.has_error());
    CHECK(cert.error().fault == Fault::Invalid);
  }
  EVP_PKEY_free(p256);
  EVP_PKEY_free(p384);
  EVP_PKEY_free(rsa);
}

TEST_CASE("certificate: subjects that are not whole are not written", "[tls]") {
  const auto ca = authority();
  const auto key = tls::make_key();
  const auto request = request_for(*key);
  const std::vector<tls::Subject> bad = {
      tls::Subject::of_device({}),       tls::Subject::of_worker(kWorker, {}),           tls::Subject::of_worker({}, kDevice),
      tls::Subject::of_server({}),       tls::Subject::of_server({"a.example,DNS:b.example"}), tls::Subject::of_server({""}),
      {tls::Kind::Authority, {}, {}, {}},
  };
  for (const auto& subject : bad) {
    const auto cert = tls::issue(ca, request, subject, 1, kNow);
    REQUIRE(cert.has_error());
    CHECK(cert.error().fault == Fault::Invalid);
  }
  CHECK(tls::issue(ca, request, tls::Subject::of_server({"cases.example.gov.uk", "127.0.0.1", "::1"}), 1, kNow).has_value());
}

TEST_CASE("certificate: never outlives its authority, never starts expired", "[tls]") {
  const auto ca = authority();
  const auto key = tls::make_key();
  const auto request = request_for(*key);
  const base::Instant late{kNow.ms + (tls::kAuthorityDays - 10) * 86'400'000LL};
  const auto cert = tls::issue(ca, request, tls::Subject::of_device(kDevice), 90, late);
  REQUIRE(cert.has_value());
  CHECK(tls::inspect(*cert)->not_after == tls::inspect(ca.cert)->not_after);
  const base::Instant too_late{kNow.ms + (tls::kAuthorityDays + 1) * 86'400'000LL};
  CHECK(tls::issue(ca, request, tls::Subject::of_device(kDevice), 90, too_late).has_error());
  CHECK(tls::issue(ca, request, tls::Subject::of_device(kDevice), 0, kNow).has_error());
}

TEST_CASE("certificate: foreign subjects are not taken for ours", "[tls]") {
  CHECK(tls::inspect("").has_error());
  CHECK(tls::inspect("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").has_error());
  // A certificate whose name only looks like one of ours.
  for (const char* name : {"device:not-an-id", "device:", "worker:018f0000-0000-7000-8000-000000000001", "somebody",
                           "device:018F0000-0000-7000-8000-000000000001"}) {
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* cert = X509_new();
    X509_set_version(cert, X509_VERSION_3);
    X509_set_pubkey(cert, key);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), 0);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(name), -1,
                               -1, 0);
    X509_sign(cert, key, EVP_sha256());
    BIO* bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(bio, cert);
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    INFO(name);
    CHECK(tls::inspect({data, static_cast<std::size_t>(size)}).has_error());
    BIO_free(bio);
    X509_free(cert);
    EVP_PKEY_free(key);
  }
}

TEST_CASE("certificate: serials do not repeat", "[tls]") {
  const auto ca = authority();
  const auto key = tls::make_key();
  const auto request = request_for(*key);
  std::set<std::string> serials;
  for (int i = 0; i < 200; ++i) {
    const auto cert = tls::issue(ca, request, tls::Subject::of_device(kDevice), 1, kNow);
    REQUIRE(cert.has_value());
    serials.insert(tls::inspect(*cert)->serial);
  }
  CHECK(serials.size() == 200);
}

TEST_CASE("certificate: what came encrypted asks nobody at the terminal", "[tls]") {
  const std::string encrypted = "-----BEGIN CERTIFICATE REQUEST-----\nProc-Type: 4,ENCRYPTED\n"
                                "DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n"
                                "AAAAAAAAAAAAAAAAAAAAAA==\n-----END CERTIFICATE REQUEST-----\n";
  const auto ca = authority();
  int terminal = -1;
  const pid_t child = ::forkpty(&terminal, nullptr, nullptr, nullptr);
  REQUIRE(child >= 0);
  if (child == 0) {
    const bool refused = tls::issue(ca, encrypted, tls::Subject::of_device(kDevice), tls::kClientDays, kNow).has_error() &&
                         tls::inspect(encrypted).has_error();
    ::_exit(refused ? 0 : 1);
  }
  std::string asked;
  char buffer[256];
  for (ssize_t got = 0; asked.empty() && (got = ::read(terminal, buffer, sizeof buffer)) > 0;) asked.append(buffer, static_cast<std::size_t>(got));
  CHECK(asked == "");
  if (!asked.empty()) ::kill(child, SIGKILL);
  int status = -1;
  ::waitpid(child, &status, 0);
  CHECK(status == 0);
  ::close(terminal);
}
