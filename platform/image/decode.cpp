#include <png.h>
#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "platform/base/limits.h"
#include "platform/image/image.h"

namespace doorstep::image {
namespace {

using base::Error;
using base::Fault;
using base::Result;

constexpr int kBytes = 4;  // of a pixel

Error broken() { return {Fault::Invalid, "image.decode", "it is damaged, or of a kind that cannot be shown"}; }
Error too_many() { return {Fault::Full, "image.decode", "it has more pixels than can be shown"}; }

bool fits(std::size_t width, std::size_t height) {
  return width > 0 && height > 0 && width <= limits::kPicturePixels && height <= limits::kPicturePixels / width;
}

/// The mean of each square of `factor` x `factor`.
Pixels smaller(const Pixels& from, int factor) {
  Pixels out{std::max(from.width / factor, 1), std::max(from.height / factor, 1), {}};
  out.rgba.resize(static_cast<std::size_t>(out.width) * static_cast<std::size_t>(out.height) * kBytes);
  const auto* in = reinterpret_cast<const unsigned char*>(from.rgba.data());
  for (int y = 0; y < out.height; ++y)
    for (int x = 0; x < out.width; ++x)
      for (int c = 0; c < kBytes; ++c) {
        unsigned sum = 0, count = 0;
        for (int dy = 0; dy < factor && y * factor + dy < from.height; ++dy)
          for (int dx = 0; dx < factor && x * factor + dx < from.width; ++dx, ++count)
            sum += in[(static_cast<std::size_t>(y * factor + dy) * static_cast<std::size_t>(from.width) +
                       static_cast<std::size_t>(x * factor + dx)) * kBytes + static_cast<std::size_t>(c)];
        out.rgba[(static_cast<std::size_t>(y) * static_cast<std::size_t>(out.width) + static_cast<std::size_t>(x)) * kBytes +
                 static_cast<std::size_t>(c)] = static_cast<char>(sum / count);
      }
  return out;
}

/// EXIF's orientation (2 to 8) undone: what it says is where the first row and column are to be seen.
Pixels upright(const Pixels& from, int orientation) {
  if (orientation < 2 || orientation > 8) return from;
  const bool turned = orientation >= 5;
  Pixels out{turned ? from.height : from.width, turned ? from.width : from.height, std::string(from.rgba.size(), '\0')};
  for (int y = 0; y < out.height; ++y)
    for (int x = 0; x < out.width; ++x) {
      int sx = turned ? y : x, sy = turned ? x : y;
      if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8) sx = from.width - 1 - sx;
      if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7) sy = from.height - 1 - sy;
      std::memcpy(&out.rgba[(static_cast<std::size_t>(y) * static_cast<std::size_t>(out.width) + static_cast<std::size_t>(x)) * kBytes],
                  &from.rgba[(static_cast<std::size_t>(sy) * static_cast<std::size_t>(from.width) + static_cast<std::size_t>(sx)) * kBytes],
                  kBytes);
    }
  return out;
}

struct Exif {
  int orientation = 1;
  bool place = false;
};
/// Of an APP1 segment (EXIF 2.3: in its first directory, tag 0x0112 is the orientation, 0x8825 leads to where the camera was). Empty: it
/// is not EXIF.
std::optional<Exif> exif_in(std::string_view app1) {
  constexpr std::string_view kExif{"Exif\0\0", 6};
  if (!app1.starts_with(kExif)) return std::nullopt;
  Exif out;
  const std::string_view tiff = app1.substr(kExif.size());
  const bool little = tiff.starts_with("II");
  if (!little && !tiff.starts_with("MM")) return out;
  const auto number = [&](std::size_t at, std::size_t bytes) -> std::optional<std::size_t> {
    if (at > tiff.size() || tiff.size() - at < bytes) return std::nullopt;
    std::size_t out = 0;
    for (std::size_t i = 0; i < bytes; ++i) out = out << 8 | static_cast<unsigned char>(tiff[at + (little ? bytes - 1 - i : i)]);
    return out;
  };
  const auto directory = number(4, 4);
  const auto entries = directory ? number(*directory, 2) : std::nullopt;
  for (std::size_t i = 0; entries && i < *entries; ++i) {
    const std::size_t at = *directory + 2 + i * 12;
    const auto tag = number(at, 2), value = number(at + 8, 2);
    if (!tag || !value) break;
    if (*tag == 0x0112) out.orientation = static_cast<int>(*value);
    out.place = out.place || *tag == 0x8825;
  }
  return out;
}

struct Failure {
  jpeg_error_mgr base;
  jmp_buf back;
};

#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wclobbered"  // nothing that changes below is used after a longjmp
#endif
/// libjpeg leaves by longjmp: nothing here may need a destructor. False: it cannot be decoded.
bool read_jpeg(jpeg_decompress_struct& jpeg, Failure& failure, std::string_view bytes, int longest, Pixels& out, Exif& exif, bool& large) {
  if (setjmp(failure.back)) return false;
  jpeg_create_decompress(&jpeg);
  jpeg_mem_src(&jpeg, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  jpeg_save_markers(&jpeg, JPEG_APP0 + 1, 0xFFFF);
  if (jpeg_read_header(&jpeg, TRUE) != JPEG_HEADER_OK) return false;
  large = !fits(jpeg.image_width, jpeg.image_height);
  if (large) return false;
  for (jpeg_saved_marker_ptr marker = jpeg.marker_list; marker; marker = marker->next)
    if (const auto read = exif_in({reinterpret_cast<const char*>(marker->data), marker->data_length})) exif = *read;
  jpeg.out_color_space = JCS_EXT_RGBA;
  jpeg.scale_denom = 8;
  for (jpeg.scale_num = 8; jpeg.scale_num > 1; --jpeg.scale_num) {  // most of a photo's pixels need never be made
    jpeg_calc_output_dimensions(&jpeg);
    if (std::max(jpeg.output_width, jpeg.output_height) <= static_cast<JDIMENSION>(longest)) break;
  }
  jpeg_start_decompress(&jpeg);
  out.width = static_cast<int>(jpeg.output_width);
  out.height = static_cast<int>(jpeg.output_height);
  out.rgba.resize(static_cast<std::size_t>(out.width) * static_cast<std::size_t>(out.height) * kBytes);
  while (jpeg.output_scanline < jpeg.output_height) {
    JSAMPROW row = reinterpret_cast<JSAMPROW>(out.rgba.data()) + static_cast<std::size_t>(jpeg.output_scanline) *
                                                                     static_cast<std::size_t>(out.width) * kBytes;
    if (jpeg_read_scanlines(&jpeg, &row, 1) != 1) return false;
  }
  return true;
}

Result<Pixels> decode_jpeg(std::string_view bytes, int longest) {
  jpeg_decompress_struct jpeg{};
  Failure failure{};
  jpeg.err = jpeg_std_error(&failure.base);
  failure.base.error_exit = [](j_common_ptr info) { longjmp(reinterpret_cast<Failure*>(info->err)->back, 1); };
  failure.base.output_message = [](j_common_ptr) {};
  Pixels out;
  Exif exif;
  bool large = false;
  const bool read = read_jpeg(jpeg, failure, bytes, longest, out, exif, large);
  jpeg_destroy_decompress(&jpeg);
  if (large) return too_many();
  if (!read) return broken();
  out = upright(out, exif.orientation);
  out.place = exif.place;
  return out;
}

Result<Pixels> decode_png(std::string_view bytes) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  if (!png_image_begin_read_from_memory(&png, bytes.data(), bytes.size())) return broken();
  if (!fits(png.width, png.height)) {
    png_image_free(&png);
    return too_many();
  }
  png.format = PNG_FORMAT_RGBA;
  Pixels out{static_cast<int>(png.width), static_cast<int>(png.height), std::string(PNG_IMAGE_SIZE(png), '\0')};
  if (!png_image_finish_read(&png, nullptr, out.rgba.data(), 0, nullptr)) return broken();
  return out;
}

}  // namespace

Result<Pixels> decode(std::string_view bytes, int longest) {
  Result<Pixels> out = bytes.starts_with("\xFF\xD8") ? decode_jpeg(bytes, longest) : decode_png(bytes);
  if (!out) return out;
  const int side = std::max(out->width, out->height);
  if (side <= longest) return out;
  Pixels fitting = smaller(*out, (side + longest - 1) / longest);
  fitting.place = out->place;
  return fitting;
}

}  // namespace doorstep::image
