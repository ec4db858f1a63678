#include "sync/wire/codec.h"
#include "tests/fuzz/fuzz.h"

using namespace doorstep;

FUZZ(wire_zstd) {
  constexpr std::size_t kLimit = 256 * 1024;  // bytes; a bomb stops here
  const auto plain = wire::decompress(input, kLimit);
  if (plain) {
    DOORSTEP_ASSERT(plain->size() <= kLimit);
    DOORSTEP_ASSERT(*wire::decompress(wire::compress(*plain), kLimit) == *plain);
    const auto less = plain->empty() ? plain : wire::decompress(input, plain->size() - 1);
    DOORSTEP_ASSERT(plain->empty() || less.error().fault == base::Fault::Full);
  } else {
    fuzz::names_a_place(plain.error());
  }
  DOORSTEP_ASSERT(*wire::decompress(wire::compress(input), input.size()) == input);
}
