// libFuzzer's way in: it brings its own main, and each of its programs has one harness.
#include <cstdint>

#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  doorstep::fuzz::harnesses().front().run({reinterpret_cast<const char*>(data), size});
  return 0;
}
