#include "sync/server/sealing.h"

#include <catch2/catch_test_macros.hpp>

#include <set>

#include "platform/base/bytes.h"

using namespace doorstep;
using base::Fault;
using base::Id;
using base::Secret;

namespace {
const Id kRecord = Id::from_name("record"), kHome = Id::from_name("case"), kOther = Id::from_name("other");
Secret file_key(const char* text = "0123456789abcdef0123456789abcdefsalt-of-16-bytes") { return Secret::copy_of(text); }
}  // namespace

TEST_CASE("sealing: a body comes back whole, and only in its own place", "[server]") {
  const server::Sealer sealer(file_key());
  const std::string body = "She said: I like it here. \u05E2\u05D1\u05E8\u05D9\u05EA";
  auto made = sealer.make_key(kRecord, kHome);
  const std::string sealed = server::seal_body(made.key, kRecord, 3, body);
  CHECK(sealed.size() == body.size() + server::kSealBytes);
  CHECK(sealed.find("She said") == std::string::npos);
  auto key = server::Sealer(file_key()).unwrap(kRecord, kHome, made.wrapped);
  REQUIRE(key.has_value());
  CHECK(server::open_body(*key, kRecord, 3, sealed).value() == body);
  CHECK(server::open_body(*key, kRecord, 3, server::seal_body(*key, kRecord, 3, "")).value().empty());

  CHECK(server::open_body(*key, kRecord, 2, sealed).error().fault == Fault::Corrupt);
  CHECK(server::open_body(*key, kOther, 3, sealed).error().fault == Fault::Corrupt);
  CHECK_FALSE(sealer.unwrap(kOther, kHome, made.wrapped).has_value());
  CHECK_FALSE(sealer.unwrap(kRecord, kOther, made.wrapped).has_value());
  CHECK_FALSE(server::Sealer(file_key("another key, of another server, 48 bytes long...")).unwrap(kRecord, kHome, made.wrapped).has_value());
}

TEST_CASE("sealing: every flipped bit and every missing byte is noticed", "[server]") {
  const server::Sealer sealer(file_key());
  auto made = sealer.make_key(kRecord, kHome);
  const std::string sealed = server::seal_body(made.key, kRecord, 1, "hello");
  for (std::size_t bit = 0; bit < 8 * sealed.size(); ++bit) {
    std::string flipped = sealed;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    CHECK_FALSE(server::open_body(made.key, kRecord, 1, flipped).has_value());
  }
  for (std::size_t size = 0; size < sealed.size(); ++size)
    CHECK_FALSE(server::open_body(made.key, kRecord, 1, std::string_view(sealed).substr(0, size)).has_value());
}

TEST_CASE("sealing: every record has a key of its own, and no nonce comes twice", "[server]") {
  const server::Sealer sealer(file_key());
  std::set<std::string> keys, nonces;
  for (int i = 0; i < 1000; ++i) {
    auto made = sealer.make_key(kRecord, kHome);
    keys.insert(std::string(made.key.key.view()));
    nonces.insert(made.wrapped.substr(0, 24));
    nonces.insert(server::seal_body(made.key, kRecord, 1, "").substr(0, 24));
  }
  CHECK(keys.size() == 1000);
  CHECK(nonces.size() == 2000);
}

TEST_CASE("sealing: names, operations and the check of a database", "[server]") {
  const server::Sealer sealer(file_key());
  const std::string name = sealer.seal_name(kRecord, "Wren Abara");
  CHECK(sealer.open_name(kRecord, name).value() == "Wren Abara");
  CHECK_FALSE(sealer.open_name(kOther, name).has_value());
  auto made = sealer.make_key(kRecord, kHome);
  const std::string op = server::seal_operation(made.key, kOther, 1, 7, "bytes", "{}");
  CHECK(server::open_operation(made.key, kOther, 1, 7, "bytes", op).value() == "{}");
  CHECK_FALSE(server::open_operation(made.key, kOther, 1, 8, "bytes", op).has_value());
  CHECK_FALSE(server::open_operation(made.key, kOther, 2, 7, "bytes", op).has_value());
  CHECK_FALSE(server::open_operation(made.key, kOther, 1, 7, "detail", op).has_value());
  CHECK(sealer.check("epoch") == server::Sealer(file_key()).check("epoch"));
  CHECK(sealer.check("epoch") != sealer.check("another"));
  CHECK(sealer.check("epoch") != server::Sealer(file_key("another key, of another server, 48 bytes long...")).check("epoch"));
}
