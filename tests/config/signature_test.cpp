#include "platform/config/signature.h"

#include <catch2/catch_test_macros.hpp>

#include "platform/base/limits.h"

using namespace doorstep;
using namespace doorstep::config;
using base::Secret;

namespace {

struct Keys {
  Secret key = make_signing_key({}).value();
  std::string pem = public_key(key).value();
  Trust trust = parse_trust(pem).value();
};

}  // namespace

TEST_CASE("signature: what was signed is believed, and nothing else", "[config][P35]") {
  const Keys ours, theirs;
  const std::string text = "version = 1\n";
  const auto signature = sign(text, ours.key).value();
  CHECK(signature.size() == kSignatureBytes);
  CHECK(is_signed(text, signature, ours.trust));
  CHECK_FALSE(is_signed(text, signature, theirs.trust));
  CHECK_FALSE(is_signed(text, signature, {}));
  CHECK_FALSE(is_signed(text + " ", signature, ours.trust));
  CHECK_FALSE(is_signed("", signature, ours.trust));
  CHECK_FALSE(is_signed(text, "", ours.trust));
  for (std::size_t bit = 0; bit < signature.size() * 8; ++bit) {
    auto flipped = signature;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    CHECK_FALSE(is_signed(text, flipped, ours.trust));
  }
  for (std::size_t size = 1; size < signature.size(); ++size) CHECK_FALSE(is_signed(text, signature.substr(0, size), ours.trust));
}

TEST_CASE("signature: one of several signatures by one of several keys is enough, up to a limit", "[config]") {
  const Keys old_key, new_key;
  const std::string text = "version = 1\n";
  const auto by_old = sign(text, old_key.key).value(), by_new = sign(text, new_key.key).value();
  CHECK(is_signed(text, by_old + by_new, new_key.trust));
  const auto both = parse_trust(old_key.pem + new_key.pem).value();
  REQUIRE(both.size() == 2);
  CHECK(is_signed(text, by_old, both));
  CHECK(is_signed(text, by_new, both));
  std::string many;
  for (std::size_t i = 0; i < limits::kSignatures; ++i) many += by_old;
  CHECK(is_signed(text, many, both));
  CHECK_FALSE(is_signed(text, many + by_old, both));
  std::string keys;
  for (std::size_t i = 0; i <= limits::kTrustedKeys; ++i) keys += old_key.pem;
  CHECK(parse_trust(keys).error().detail.find("more than 4 keys") != std::string::npos);
}

TEST_CASE("signature: a trust.pub that is not whole is refused, never half taken", "[config]") {
  const Keys keys;
  CHECK_FALSE(parse_trust("").has_value());
  CHECK_FALSE(parse_trust("hello").has_value());
  CHECK_FALSE(parse_trust(keys.key.view()).has_value());  // the private one, by mistake
  std::string damaged = keys.pem;
  damaged[damaged.find('\n') + 5] = '!';
  CHECK_FALSE(parse_trust(damaged).has_value());
  CHECK_FALSE(parse_trust(keys.pem + damaged).has_value());
  CHECK_FALSE(parse_trust(keys.pem + keys.pem.substr(0, keys.pem.size() / 2)).has_value());
  CHECK(parse_trust("# a remark\n" + keys.pem).value() == keys.trust);
  // P-256, as the authority's keys are
  CHECK(parse_trust("-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt\n"
                    "6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==\n-----END PUBLIC KEY-----\n")
            .error()
            .detail == "it holds a key that is not Ed25519");
}

TEST_CASE("signature: a key under a passphrase opens with that one only", "[config]") {
  const auto passphrase = Secret::copy_of("quiet river lantern teapot"), wrong = Secret::copy_of("quiet river lantern");
  const auto sealed = make_signing_key(passphrase).value();
  CHECK(sealed.view().starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
  const auto opened = open_signing_key(sealed, passphrase).value();
  const auto trust = parse_trust(public_key(opened).value()).value();
  CHECK(is_signed("x", sign("x", opened).value(), trust));
  CHECK(open_signing_key(sealed, wrong).error().fault == base::Fault::Locked);
  CHECK(open_signing_key(sealed, {}).error().fault == base::Fault::Locked);
  CHECK(open_signing_key(Secret::copy_of("hello"), {}).error().fault == base::Fault::Invalid);
  CHECK(key_name(trust.front()).size() == 19);
}
