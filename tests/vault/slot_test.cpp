#include "platform/vault/slot.h"

#include <catch2/catch_test_macros.hpp>

#include <set>

#include "platform/base/bytes.h"
#include "tests/vault/support.h"

using namespace doorstep;
using namespace doorstep::vault;

namespace {

SlotHeader sample() {
  SlotHeader header;
  header.cost = kTestCost;
  header.device = *Id::parse("0190f0a0-1111-7000-8000-00000000000d");
  header.user = *Id::parse("0190f0a0-1111-7000-8000-000000000001");
  header.sequence = 3;
  header.salt = "sixteen bytes s1";
  header.db_salt = "sixteen bytes s2";
  header.key_name = "0123456789abcdef0123456789abcdef";
  return header;
}
const Secret& kek() {
  static const Secret key = Secret::copy_of(std::string(32, 'k'));
  return key;
}
const Secret& dek() {
  static const Secret key = Secret::copy_of(std::string(32, 'd'));
  return key;
}
/// As an attacker would: changes the bytes, then mends the checksum.
std::string with_sum(std::string file) {
  file.resize(file.size() - 32);
  return file + base::sha256(file);
}

}  // namespace

TEST_CASE("slot: header and key come back", "[vault]") {
  auto file = seal_slot(sample(), kek(), dek());
  auto header = read_slot_header(file, kTestCost);
  REQUIRE(header.has_value());
  CHECK(header->device == sample().device);
  CHECK(header->user == sample().user);
  CHECK(header->sequence == 3);
  CHECK(header->salt == sample().salt);
  CHECK(header->db_salt == sample().db_salt);
  CHECK(header->key_name == sample().key_name);
  auto opened = open_slot(file, *header, kek());
  REQUIRE(opened.has_value());
  CHECK(opened->key.view() == dek().view());
  CHECK(opened->db_salt == sample().db_salt);
  CHECK(open_slot(file, *header, Secret::copy_of(std::string(32, 'x'))).error().fault == Fault::Locked);
}

TEST_CASE("slot: every single bit is protected, also from somebody who mends the checksum", "[vault][K13]") {
  const auto file = seal_slot(sample(), kek(), dek());
  std::size_t refused = 0, damaged = 0;
  for (std::size_t bit = 0; bit < file.size() * 8; ++bit) {
    CAPTURE(bit);
    auto changed = file;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    auto plain = read_slot_header(changed, kTestCost);
    REQUIRE(plain.has_error());
    if (plain.error().fault == Fault::Corrupt) ++damaged;
    if (bit / 8 >= file.size() - 32) continue;  // the checksum itself

    auto mended = with_sum(changed);
    auto header = read_slot_header(mended, kTestCost);
    if (header.has_error()) {
      ++refused;
      continue;
    }
    auto opened = open_slot(mended, *header, kek());  // even who has the right KEK
    REQUIRE(opened.has_error());
    CHECK(opened.error().fault == Fault::Locked);
    ++refused;
  }
  CHECK(damaged == file.size() * 8);
  CHECK(refused == (file.size() - 32) * 8);
}

TEST_CASE("slot: every length is read without harm", "[vault]") {
  const auto file = seal_slot(sample(), kek(), dek());
  for (std::size_t size = 0; size < file.size(); ++size) {
    CAPTURE(size);
    CHECK(read_slot_header(file.substr(0, size), kTestCost).has_error());
    if (size >= 32) CHECK(read_slot_header(with_sum(file.substr(0, size)), kTestCost).has_error());
  }
  CHECK(read_slot_header(with_sum(file + std::string(40, 'x')), kTestCost).has_error());
}

TEST_CASE("slot: a derivation below the minimum is refused before it is used, and so is one that would exhaust the machine", "[vault][K12]") {
  auto with = [](std::uint32_t passes, std::uint32_t mib) {
    SlotHeader header = sample();
    header.cost = {passes, mib};
    return seal_slot(header, kek(), dek());
  };
  auto minimum = minimum_cost(Level::Keyfile);
  CHECK(minimum == KdfCost{3, 256});
  CHECK(minimum_cost(Level::Tpm2) == KdfCost{3, 64});
  CHECK(read_slot_header(with(3, 256), minimum).has_value());
  CHECK(read_slot_header(with(4, 512), minimum).has_value());
  for (auto [passes, mib] : {std::pair{2u, 256u}, {3u, 255u}, {0u, 0u}, {1u, 8u}, {33u, 256u}, {3u, 4097u}, {~0u, ~0u}}) {
    CAPTURE(passes, mib);
    auto header = read_slot_header(with(passes, mib), minimum);
    REQUIRE(header.has_error());
    CHECK(header.error().fault == Fault::Unsupported);
  }
}

TEST_CASE("slot: no nonce twice", "[vault][K14]") {
  std::set<std::string> nonces;
  for (int i = 0; i < 10'000; ++i) {
    auto file = seal_slot(sample(), kek(), dek());
    nonces.insert(file.substr(file.size() - 32 - 72, 24));
  }
  CHECK(nonces.size() == 10'000);
}

TEST_CASE("slot: the derivation is Argon2id and HKDF-SHA256 as written down", "[vault]") {
  // Computed apart from this code: libargon2 (Argon2id, version 0x13, t=1, m=8192 KiB, p=1, 64 bytes), and RFC 5869's HKDF in Python.
  auto derived = derive(Secret::copy_of("heron lantern copper meadow"), "sixteen bytes s1", kTestCost);
  REQUIRE(derived.has_value());
  CHECK(base::to_hex(derived->auth.view()) == "7e5021e51e187daaa460271dcc39317e00a9d4de8556601915d51392016cdb98");
  CHECK(base::to_hex(derived->rest.view()) == "b2274de3ce5a2e7f1c1d7eb8a8a5c4f8378c8a6483b1678e59c849cf9f541c5c");
  auto made = make_kek(derived->rest, Secret::copy_of(std::string(32, 'v')), sample());
  REQUIRE(made.has_value());
  CHECK(base::to_hex(made->view()) == "ca13f78493c89ed3c600debc510db18a75de6f1ebd33fb5d43e780f23ef87042");

  auto other_user = sample();
  other_user.user = *Id::parse("0190f0a0-1111-7000-8000-000000000002");
  CHECK(make_kek(derived->rest, Secret::copy_of(std::string(32, 'v')), other_user)->view() != made->view());
  CHECK(make_kek(derived->rest, Secret::copy_of(std::string(32, 'w')), sample())->view() != made->view());
}
