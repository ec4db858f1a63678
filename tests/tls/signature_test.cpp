#include "platform/tls/signature.h"

#include <catch2/catch_test_macros.hpp>

#include "platform/base/bytes.h"

using namespace doorstep;
using base::Fault;

namespace {

const base::Instant kNow{1'795'000'000'000};  // a day in November 2026
const base::Millis kDay = std::chrono::hours(24);

tls::Authority authority(const char* name = "Test council") {
  auto ca = tls::make_authority(name, kNow);
  REQUIRE(ca.has_value());
  return std::move(*ca);
}
tls::Signer signer_of(const tls::Authority& ca, int days = 100, base::Instant at = kNow) {
  auto signer = tls::make_signer(ca, {"cases.example.gov.uk"}, days, at);
  REQUIRE(signer.has_value());
  return std::move(*signer);
}
std::string signed_by(const tls::Signer& signer, std::string_view bytes) {
  auto signature = tls::sign(signer, bytes);
  REQUIRE(signature.has_value());
  return *signature;
}
/// Where it was refused; empty: it was not.
std::string refused(const base::Result<void>& checked) {
  if (checked) return {};
  CHECK(checked.error().fault == Fault::Untrusted);
  return checked.error().where;
}

}  // namespace

TEST_CASE("signature: good over exactly the bytes, by a key certified for receipts, and over nothing else", "[tls]") {
  const auto ca = authority();
  const auto signer = signer_of(ca);
  const auto signature = signed_by(signer, "fourteen");
  CHECK(signed_by(signer, "fourteen") == signature);
  CHECK(refused(tls::SignatureCheck(ca.cert)(signer.cert, kNow, "fourteen", signature)).empty());
  CHECK(refused(tls::SignatureCheck(ca.cert)(signer.cert, kNow, "fifteen", signature)) == "tls.signature");
  CHECK(refused(tls::SignatureCheck(ca.cert)(signer.cert, kNow, "fourteen", {})) == "tls.signature");
  for (std::size_t at = 0; at < signature.size(); ++at) {
    auto changed = signature;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    CHECK(refused(tls::SignatureCheck(ca.cert)(signer.cert, kNow, "fourteen", changed)) == "tls.signature");
  }
  const auto other = signer_of(ca);
  CHECK(refused(tls::SignatureCheck(ca.cert)(other.cert, kNow, "fourteen", signature)) == "tls.signature");
}

TEST_CASE("signature: is Ed25519's (RFC 8032, section 7.1, test 2)", "[tls]") {
  const std::string pkcs8 = "302e020100300506032b657004220420";  // RFC 8410: a key of this kind, 32 bytes
  const auto key = base::from_hex(pkcs8 + "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
  const std::string pem = "-----BEGIN PRIVATE KEY-----\n" + base::to_base64(*key) + "\n-----END PRIVATE KEY-----\n";
  const auto signer = tls::signer_of({}, base::Secret::copy_of(pem));
  REQUIRE(signer.has_value());
  CHECK(base::to_hex(signed_by(*signer, "r")) == "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                                                 "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
}

TEST_CASE("signature: another authority's signer, a worker, a tablet, the server and the authority itself sign no receipts", "[tls]") {
  const auto ca = authority(), forger = authority();  // of the same name
  const auto foreign = signer_of(forger);
  CHECK(refused(tls::SignatureCheck(ca.cert)(foreign.cert, kNow, "x", signed_by(foreign, "x"))) == "tls.signer");
  const auto key = *tls::make_key();
  const auto request = *tls::make_request(key);
  const auto device = base::Id::from_name("device"), worker = base::Id::from_name("worker");
  CHECK_FALSE(tls::signer_of({}, base::Secret::copy_of(key.view())).has_value());
  const auto signature = signed_by(signer_of(ca), "x");
  for (const auto& subject : {tls::Subject::of_device(device), tls::Subject::of_worker(worker, device), tls::Subject::of_server({"localhost"})}) {
    const auto cert = tls::issue(ca, request, subject, 90, kNow);
    REQUIRE(cert.has_value());
    CHECK(refused(tls::SignatureCheck(ca.cert)(*cert, kNow, "x", signature)) == "tls.signer");
  }
  CHECK_FALSE(tls::issue(ca, request, tls::Subject::of_receipts({"localhost"}), 90, kNow).has_value());  // a key of another kind
  CHECK(refused(tls::SignatureCheck(ca.cert)(ca.cert, kNow, "x", signature)) == "tls.signer");
  CHECK(refused(tls::SignatureCheck(ca.cert)("no certificate", kNow, "x", signature)) == "tls.signer");
}

TEST_CASE("signature: what was signed while the certificate held stays good after it, and is not good from before or after it", "[tls]") {
  const auto ca = authority();
  const auto signer = signer_of(ca, 10);
  const auto signature = signed_by(signer, "x");
  CHECK(refused(tls::SignatureCheck(ca.cert)(signer.cert, kNow + 9 * kDay, "x", signature)).empty());
  CHECK(refused(tls::SignatureCheck(ca.cert)(signer.cert, kNow + 11 * kDay, "x", signature)) == "tls.signer");
  CHECK(refused(tls::SignatureCheck(ca.cert)(signer.cert, kNow + -1 * kDay, "x", signature)) == "tls.signer");
}

TEST_CASE("signature: a signer that is remembered is still one only while its certificate held, and no other passes for it", "[tls]") {
  const auto ca = authority(), forger = authority();
  const auto signer = signer_of(ca, 10), second = signer_of(ca), foreign = signer_of(forger);
  const auto signature = signed_by(signer, "x");
  tls::SignatureCheck check(ca.cert);
  CHECK(refused(check(signer.cert, kNow, "x", signature)).empty());
  CHECK(refused(check(signer.cert, kNow + 9 * kDay, "x", signature)).empty());
  CHECK(refused(check(signer.cert, kNow + 11 * kDay, "x", signature)) == "tls.signer");
  CHECK(refused(check(signer.cert, kNow + -1 * kDay, "x", signature)) == "tls.signer");
  CHECK(refused(check(signer.cert, kNow, "y", signature)) == "tls.signature");
  CHECK(refused(check(foreign.cert, kNow, "x", signed_by(foreign, "x"))) == "tls.signer");
  CHECK(refused(check(second.cert, kNow, "x", signature)) == "tls.signature");
  CHECK(refused(check(second.cert, kNow, "x", signed_by(second, "x"))).empty());
  CHECK(refused(check(signer.cert, kNow, "x", signature)).empty());
}

TEST_CASE("signature: a signer's certificate opens no connection of its own kind", "[tls]") {
  const auto ca = authority();
  const auto identity = tls::inspect(signer_of(ca).cert);
  REQUIRE(identity.has_value());
  CHECK(identity->kind == tls::Kind::Receipts);
  CHECK(identity->device.nil());
  CHECK(identity->worker.nil());
}

TEST_CASE("signature: a worker's certificate says whose words they are, also after it ran out; nobody else's does", "[tls][L29]") {
  const auto ca = authority(), other = authority("Another council");
  const auto worker = base::Id::from_name("worker"), device = base::Id::from_name("device");
  const auto key = *tls::make_key();
  const auto cert = *tls::issue(ca, *tls::make_request(key), tls::Subject::of_worker(worker, device), 1, kNow + -400 * kDay);
  const auto signature = *tls::sign_with(key, "She drew a house.");
  const auto whose = tls::signed_by(ca.cert, cert, "She drew a house.", signature);
  REQUIRE(whose.has_value());
  CHECK(whose->kind == tls::Kind::Worker);
  CHECK(whose->worker == worker);
  CHECK(whose->device == device);
  CHECK(tls::signed_by(ca.cert, cert, "She drew a horse.", signature).error().where == "tls.signature");
  CHECK(tls::signed_by(ca.cert, cert, "She drew a house.", "").error().where == "tls.signature");
  CHECK(tls::signed_by(ca.cert, cert, "She drew a house.", *tls::sign_with(*tls::make_key(), "She drew a house.")).error().where ==
        "tls.signature");
  CHECK(tls::signed_by(other.cert, cert, "She drew a house.", signature).error().where == "tls.signer");
  CHECK(tls::signed_by(ca.cert, "no certificate", "She drew a house.", signature).error().where == "tls.signer");
  const auto server = *tls::issue(ca, *tls::make_request(key), tls::Subject::of_server({"localhost"}), 100, kNow);
  CHECK(tls::signed_by(ca.cert, server, "She drew a house.", signature).error().where == "tls.signer");
}
