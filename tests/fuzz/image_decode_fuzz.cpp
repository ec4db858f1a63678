#include "platform/image/image.h"
#include "tests/fuzz/fuzz.h"

using namespace doorstep;

// The first byte chooses how long a side may be.
FUZZ(image_decode) {
  const int longest = std::array{1, 3, 64, 2048}[static_cast<unsigned char>(fuzz::first(input)) % 4];
  const auto pixels = image::decode(input, longest);
  if (!pixels) return fuzz::names_a_place(pixels.error());
  DOORSTEP_ASSERT(pixels->width > 0 && pixels->height > 0 && pixels->width <= longest && pixels->height <= longest);
  DOORSTEP_ASSERT(pixels->rgba.size() == static_cast<std::size_t>(pixels->width) * static_cast<std::size_t>(pixels->height) * 4);
}
