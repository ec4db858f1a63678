#include "platform/image/image.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <jpeglib.h>
#include <png.h>

#include "platform/base/file.h"
#include "platform/base/limits.h"
#include "tests/support/tree.h"

using namespace doorstep;
using base::Fault;
using image::Pixels;

namespace {

/// Red at its left, blue at its right; a green row at the top.
Pixels flag(int width, int height) {
  Pixels out{width, height, {}};
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const bool top = y < height / 4, left = x < width / 2;
      out.rgba += {static_cast<char>(top ? 0 : left ? 255 : 0), static_cast<char>(top ? 255 : 0), static_cast<char>(top || left ? 0 : 255),
                   static_cast<char>(255)};
    }
  return out;
}

std::string png_of(const Pixels& pixels) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  png.width = static_cast<png_uint_32>(pixels.width);
  png.height = static_cast<png_uint_32>(pixels.height);
  png.format = PNG_FORMAT_RGBA;
  png_alloc_size_t size = 0;
  REQUIRE(png_image_write_to_memory(&png, nullptr, &size, 0, pixels.rgba.data(), 0, nullptr));
  std::string out(size, '\0');
  REQUIRE(png_image_write_to_memory(&png, out.data(), &size, 0, pixels.rgba.data(), 0, nullptr));
  out.resize(size);
  return out;
}

/// With EXIF's orientation, when it is not 0; `place`: and with a directory of where the camera was.
std::string jpeg_of(const Pixels& pixels, int orientation = 0, bool place = false) {
  jpeg_compress_struct jpeg{};
  jpeg_error_mgr errors{};
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&jpeg, &bytes, &size);
  jpeg.image_width = static_cast<JDIMENSION>(pixels.width);
  jpeg.image_height = static_cast<JDIMENSION>(pixels.height);
  jpeg.input_components = 4;
  jpeg.in_color_space = JCS_EXT_RGBA;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, 95, TRUE);
  jpeg_start_compress(&jpeg, TRUE);
  if (orientation) {
    const auto entries = static_cast<unsigned char>(place ? 2 : 1), way = static_cast<unsigned char>(orientation);
    const unsigned char exif[] = {'E', 'x', 'i', 'f', 0, 0, 'M', 'M', 0, 42, 0, 0, 0, 8, 0, entries,
                                  0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, way, 0, 0,
                                  0x88, 0x25, 0, 4, 0, 0, 0, 1, 0, 0, 0, 38, 0, 0, 0, 0};
    jpeg_write_marker(&jpeg, JPEG_APP0 + 1, exif, sizeof exif);
  }
  while (jpeg.next_scanline < jpeg.image_height) {
    auto* row = reinterpret_cast<JSAMPROW>(const_cast<char*>(pixels.rgba.data())) + jpeg.next_scanline * jpeg.image_width * 4;
    jpeg_write_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_compress(&jpeg);
  std::string out(reinterpret_cast<char*>(bytes), size);
  jpeg_destroy_compress(&jpeg);
  ::free(bytes);
  return out;
}

/// 'r', 'g' or 'b': the strongest colour where it lies, in parts of a hundred.
char at(const Pixels& pixels, int x, int y) {
  const std::size_t i = (static_cast<std::size_t>(pixels.height * y / 100) * static_cast<std::size_t>(pixels.width) +
                         static_cast<std::size_t>(pixels.width * x / 100)) * 4;
  int best = 0;
  const auto part = [&](int c) { return static_cast<unsigned char>(pixels.rgba[i + static_cast<std::size_t>(c)]); };
  for (int c = 1; c < 3; ++c)
    if (part(c) > part(best)) best = c;
  return "rgb"[best];
}

const std::filesystem::path kProgram = support::bin("doorstep-picture");

}  // namespace

TEST_CASE("image: a PNG comes back pixel for pixel, a JPEG as one sees it", "[image]") {
  const Pixels drawn = flag(40, 20);
  auto png = image::decode(png_of(drawn), 100);
  REQUIRE(png.has_value());
  CHECK(png->width == 40);
  CHECK(png->rgba == drawn.rgba);
  auto jpeg = image::decode(jpeg_of(drawn), 100);
  REQUIRE(jpeg.has_value());
  CHECK(jpeg->width == 40);
  CHECK(at(*jpeg, 10, 80) == 'r');
  CHECK(at(*jpeg, 90, 80) == 'b');
  CHECK(at(*jpeg, 50, 5) == 'g');
}

TEST_CASE("image: what is too large for the screen is made smaller", "[image]") {
  for (const std::string& bytes : {png_of(flag(1000, 500)), jpeg_of(flag(1000, 500))})
    for (const int longest : {100, 333, 999}) {
      auto made = image::decode(bytes, longest);
      REQUIRE(made.has_value());
      CHECK(made->width <= longest);
      CHECK(made->width > longest / 3);
      CHECK(at(*made, 10, 80) == 'r');
      CHECK(at(*made, 90, 80) == 'b');
    }
}

TEST_CASE("image: a photo taken with the tablet turned stands upright", "[image]") {
  // Where the left edge, below the top row, is seen: (x, y) of red and of blue, by EXIF's eight ways.
  struct Way { int orientation, red_x, red_y, blue_x, blue_y, green_x, green_y; };
  for (const Way& way :
       {Way{1, 10, 80, 90, 80, 50, 5}, Way{2, 90, 80, 10, 80, 50, 5}, Way{3, 90, 20, 10, 20, 50, 95}, Way{4, 10, 20, 90, 20, 50, 95},
        Way{5, 80, 10, 80, 90, 5, 50}, Way{6, 20, 10, 20, 90, 95, 50}, Way{7, 20, 90, 20, 10, 95, 50}, Way{8, 80, 90, 80, 10, 5, 50}}) {
    INFO(way.orientation);
    auto made = image::decode(jpeg_of(flag(64, 32), way.orientation), 100);
    REQUIRE(made.has_value());
    CHECK(made->width == (way.orientation >= 5 ? 32 : 64));
    CHECK(at(*made, way.red_x, way.red_y) == 'r');
    CHECK(at(*made, way.blue_x, way.blue_y) == 'b');
    CHECK(at(*made, way.green_x, way.green_y) == 'g');
  }
}

TEST_CASE("image: whether a photo says where it was taken is known, upright and made smaller too", "[image]") {
  CHECK_FALSE(image::decode(jpeg_of(flag(64, 32)), 100)->place);
  CHECK_FALSE(image::decode(jpeg_of(flag(64, 32), 1), 100)->place);
  CHECK(image::decode(jpeg_of(flag(64, 32), 1, true), 100)->place);
  CHECK(image::decode(jpeg_of(flag(64, 32), 6, true), 20)->place);
  CHECK(image::decode_apart(kProgram, jpeg_of(flag(64, 32), 6, true), 20, base::Millis(20'000))->place);
}

TEST_CASE("image: what is cut, damaged or no picture is told", "[image]") {
  const std::string png = png_of(flag(50, 50)), jpeg = jpeg_of(flag(50, 50), 6);
  CHECK(image::decode("", 100).error().fault == Fault::Invalid);
  CHECK(image::decode("\xFF\xD8\xFF", 100).error().fault == Fault::Invalid);
  for (std::size_t cut = 0; cut < png.size() / 2; cut += 3) CHECK_FALSE(image::decode(png.substr(0, cut), 100).has_value());
  for (const std::string& good : {png, jpeg})
    for (std::size_t i = 0; i < good.size(); i += 3) {
      std::string bad = good;
      bad[i] = static_cast<char>(bad[i] ^ 0x55);
      auto made = image::decode(bad, 100);  // whatever comes of it, it comes back
      if (made) CHECK(made->rgba.size() == static_cast<std::size_t>(made->width) * static_cast<std::size_t>(made->height) * 4);
    }
  const std::string large = jpeg_of(flag(500, 500));
  CHECK(image::decode(large.substr(0, large.size() - 100), 100).has_value());  // what there is of it is shown
}

TEST_CASE("image: a few bytes that stand for too many pixels are refused before any is made", "[image]") {
  std::string jpeg = jpeg_of(flag(50, 50));
  const auto frame = jpeg.find("\xFF\xC0");
  REQUIRE(frame != jpeg.npos);
  jpeg.replace(frame + 5, 4, "\xFF\x01\xFF\x01");  // height and width
  CHECK(image::decode(jpeg, 100).error().fault == Fault::Full);
  const std::string row(10'000, '\0');
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  std::string bomb;
  png_set_write_fn(png, &bomb, [](png_structp to, png_bytep bytes, std::size_t size) {
    static_cast<std::string*>(png_get_io_ptr(to))->append(reinterpret_cast<const char*>(bytes), size);
  }, nullptr);
  png_set_IHDR(png, info, 10'000, 10'000, 8, PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  for (int y = 0; y < 10'000; ++y) png_write_row(png, reinterpret_cast<png_const_bytep>(row.data()));
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  CHECK(bomb.size() < 200'000);
  CHECK(image::decode(bomb, 100).error().fault == Fault::Full);
  CHECK(image::decode_apart(kProgram, bomb, 100, base::Millis(20'000)).error().fault == Fault::Full);
}

TEST_CASE("image: a process apart gives the same, and its end is told as the picture's fault", "[image]") {
  const auto limit = base::Millis(20'000);
  for (const std::string& bytes : {png_of(flag(300, 200)), jpeg_of(flag(300, 200), 8)}) {
    auto apart = image::decode_apart(kProgram, bytes, 150, limit);
    REQUIRE(apart.has_value());
    CHECK(apart->rgba == image::decode(bytes, 150)->rgba);
  }
  CHECK(image::decode_apart(kProgram, "\xFF\xD8\xFF rubbish", 100, limit).error().fault == Fault::Invalid);
  CHECK(image::decode_apart(kProgram, "", 100, limit).error().fault == Fault::Invalid);
  CHECK(image::decode_apart("/bin/false", "x", 100, limit).error().fault == Fault::Invalid);
  CHECK(image::decode_apart("/nowhere/at/all", "x", 100, limit).error().fault == Fault::Io);
  CHECK_FALSE(image::decode_apart("/bin/yes", png_of(flag(10, 10)), 100, limit).has_value());  // it answers nonsense
  // One that never answers is ended.
  const auto silent = std::filesystem::temp_directory_path() / ("doorstep-silent-" + std::to_string(::getpid()));
  REQUIRE(base::write_file_atomic(silent, "#!/bin/sh\nexec /bin/sleep 600\n", base::Access::Owner).has_value());
  std::filesystem::permissions(silent, std::filesystem::perms::owner_all);
  CHECK(image::decode_apart(silent, png_of(flag(10, 10)), 100, base::Millis(300)).error().fault == Fault::Invalid);
  std::filesystem::remove(silent);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("image: a process that is confined opens no file and no socket, starts nothing and takes no more memory than it may", "[image]") {
  const auto ends_by = [](void (*act)()) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      if (!image::confine()) ::_exit(9);
      act();
      ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
  };
  CHECK(ends_by([] {}) == 0);
  CHECK(ends_by([] { (void)::open("/etc/passwd", O_RDONLY); }) == -SIGSYS);
  CHECK(ends_by([] { (void)::socket(AF_INET, SOCK_STREAM, 0); }) == -SIGSYS);
  CHECK(ends_by([] { (void)::fork(); }) == -SIGSYS);
  CHECK(ends_by([] { (void)::execl("/bin/true", "true", nullptr); }) == -SIGSYS);
  CHECK(ends_by([] { (void)::kill(::getppid(), 0); }) == -SIGSYS);
  CHECK(ends_by([] { ::_exit(::malloc(limits::kPictureMemory) ? 1 : 0); }) == 0);
}
#endif
