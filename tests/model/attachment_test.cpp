#include "sync/model/attachment.h"

#include <catch2/catch_test_macros.hpp>

using namespace doorstep;

TEST_CASE("attachment: what a file is, its first bytes say, and nothing else is taken", "[model]") {
  CHECK(model::media_type_of("\xFF\xD8\xFF\xE0 JFIF") == "image/jpeg");
  CHECK(model::media_type_of("\x89PNG\r\n\x1A\n....") == "image/png");
  for (const std::string_view other : {"", "\xFF\xD8", "GIF89a", "%PDF-1.7", "<svg>", "BM....", "\x89PNG\n"})
    CHECK(model::media_type_of(other).empty());
  CHECK(model::extension_of("image/jpeg") == ".jpg");
  CHECK(model::extension_of("image/png") == ".png");
  CHECK(model::extension_of("image/svg+xml").empty());
}
