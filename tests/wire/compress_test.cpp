#include <catch2/catch_test_macros.hpp>
#include <random>

#include "platform/base/limits.h"
#include "sync/wire/codec.h"

using namespace doorstep;
using namespace doorstep::wire;

TEST_CASE("compress: returns what went in, up to exactly the limit", "[wire]") {
  std::mt19937 random(1);
  for (std::size_t size : {0, 1, 1000, 200'000, 4 * 1024 * 1024}) {
    std::string bytes(size, 'x');
    for (std::size_t i = 0; i < size; i += 7) bytes[i] = static_cast<char>(random());
    auto back = decompress(compress(bytes), size);
    REQUIRE(back.has_value());
    CHECK((*back == bytes));
    if (size) CHECK_FALSE(decompress(compress(bytes), size - 1).has_value());
  }
}

TEST_CASE("compress: a bomb, a cut frame, a second frame and noise are refused", "[wire]") {
  const std::string bomb = compress(std::string(256 * 1024 * 1024, '\0'));
  CHECK(bomb.size() < 100'000);
  CHECK(decompress(bomb, limits::kBodyBytes).error().detail == "larger than allowed");

  const std::string frame = compress("a visit, a visit, a visit, a visit");
  for (std::size_t i = 0; i < frame.size(); ++i) CHECK_FALSE(decompress(frame.substr(0, i), 1000).has_value());
  CHECK(decompress(frame + frame, 1000).error().detail == "something follows the end");
  CHECK(decompress("{\"plain\":1}", 1000).error().detail == "not zstd");
  // A header that asks for a window of 2 GiB: refused before anything of that size is held.
  CHECK_FALSE(decompress(std::string("\x28\xb5\x2f\xfd\x00\xa8", 6) + std::string("\x09\x00\x00x", 4), 1000).has_value());
}
