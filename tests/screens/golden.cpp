#include "tests/screens/golden.h"

#include <png.h>

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <cstdlib>
#include <map>

namespace doorstep::test {

namespace {

constexpr std::array<std::uint8_t, 3> kMark{0xD0, 0x00, 0x20};

using Rgb = const std::uint8_t*;  ///< three bytes
struct Lab {
  double l, a, b;
};

/// sRGB to CIELAB by way of XYZ, of daylight D65 (IEC 61966-2-1, CIE 15).
Lab lab(Rgb rgb) {
  const auto linear = [](std::uint8_t byte) {
    const double v = byte / 255.0;
    return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
  };
  const auto f = [](double t) { return t > 216.0 / 24389 ? std::cbrt(t) : (24389.0 / 27 * t + 16) / 116; };
  const double r = linear(rgb[0]), g = linear(rgb[1]), b = linear(rgb[2]);
  const double x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505), y = f(0.2126 * r + 0.7152 * g + 0.0722 * b),
               z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
  return {116 * y - 16, 500 * (x - y), 200 * (y - z)};
}

bool far(Rgb one, Rgb other) {
  if (std::max({std::abs(one[0] - other[0]), std::abs(one[1] - other[1]), std::abs(one[2] - other[2])}) <= kNear) return false;
  const Lab p = lab(one), q = lab(other);
  return std::hypot(p.l - q.l, p.a - q.a, p.b - q.b) > kFar;
}

png_image described(const Picture& picture, png_uint_32 format) {
  png_image out{};
  out.version = PNG_IMAGE_VERSION;
  out.width = static_cast<png_uint_32>(picture.w);
  out.height = static_cast<png_uint_32>(picture.h);
  out.format = format;
  return out;
}

}  // namespace

std::string_view word(view::Look look) {
  switch (look) {
    case view::Look::Dark: return "dark";
    case view::Look::HighContrast: return "contrast";
    case view::Look::Light: break;
  }
  return "light";
}

Picture reduced(const Picture& picture) {
  Picture out{picture.w / kSquare, picture.h / kSquare, {}};
  out.rgb.reserve(static_cast<std::size_t>(out.w * out.h * 3));
  std::vector<int> sums(static_cast<std::size_t>(out.w * 3));
  for (int y = 0; y < out.h; ++y) {
    std::fill(sums.begin(), sums.end(), 0);
    for (int row = 0; row < kSquare; ++row) {
      Rgb from = picture.rgb.data() + (y * kSquare + row) * picture.w * 3;
      int* sum = sums.data();
      for (int x = 0; x < out.w; ++x, sum += 3)
        for (int i = 0; i < kSquare; ++i, from += 3) {
          sum[0] += from[0];
          sum[1] += from[1];
          sum[2] += from[2];
        }
    }
    for (const int sum : sums) out.rgb.push_back(static_cast<std::uint8_t>((sum + kSquare * kSquare / 2) / (kSquare * kSquare)));
  }
  return out;
}

Picture shaded(Picture picture) {
  for (auto& byte : picture.rgb) byte = static_cast<std::uint8_t>(std::min((byte + kShade / 2) / kShade * kShade, 255));
  return picture;
}

std::vector<std::size_t> differing(const Picture& kept, const Picture& now) {
  const bool alike = kept.w == now.w && kept.h == now.h;
  std::vector<std::size_t> out;
  for (std::size_t at = 0; at < now.rgb.size(); at += 3)
    if (!alike || far(&kept.rgb[at], &now.rgb[at])) out.push_back(at / 3);
  return out;
}

Picture marked(const Picture& picture, const std::vector<std::size_t>& points) {
  Picture out = picture;
  for (auto& byte : out.rgb) byte = static_cast<std::uint8_t>(128 + (byte - 128) / 3);
  const auto across = static_cast<std::size_t>(picture.w / kSquare);
  for (const std::size_t point : points)
    for (std::size_t row = 0; row < kSquare; ++row) {
      const std::size_t begin = (point / across * kSquare + row) * static_cast<std::size_t>(picture.w) + point % across * kSquare;
      for (std::size_t pixel = begin; pixel < begin + kSquare; ++pixel) std::copy(kMark.begin(), kMark.end(), &out.rgb[pixel * 3]);
    }
  return out;
}

Picture read_png(const std::filesystem::path& file) {
  INFO(file);
  Picture out;
  png_image in = described(out, 0);
  REQUIRE(png_image_begin_read_from_file(&in, file.c_str()) != 0);
  in.format = PNG_FORMAT_RGB;
  out = {static_cast<int>(in.width), static_cast<int>(in.height), std::vector<std::uint8_t>(PNG_IMAGE_SIZE(in))};
  REQUIRE(png_image_finish_read(&in, nullptr, out.rgb.data(), 0, nullptr) != 0);
  return out;
}

void write_png(const std::filesystem::path& file, const Picture& picture) {
  INFO(file);
  png_image out = described(picture, PNG_FORMAT_RGB);
  REQUIRE(png_image_write_to_file(&out, file.c_str(), 0, picture.rgb.data(), 0, nullptr) != 0);
}

void write_shaded_png(const std::filesystem::path& file, const Picture& picture) {
  std::map<std::array<std::uint8_t, 3>, std::uint8_t> numbers;
  std::vector<std::uint8_t> colors, points;
  for (std::size_t at = 0; at < picture.rgb.size(); at += 3) {
    const std::array<std::uint8_t, 3> color{picture.rgb[at], picture.rgb[at + 1], picture.rgb[at + 2]};
    const auto [number, is_new] = numbers.try_emplace(color, static_cast<std::uint8_t>(numbers.size()));
    if (is_new) colors.insert(colors.end(), color.begin(), color.end());
    if (numbers.size() > 256) return write_png(file, picture);
    points.push_back(number->second);
  }
  INFO(file);
  png_image out = described(picture, PNG_FORMAT_RGB_COLORMAP);
  out.colormap_entries = static_cast<png_uint_32>(numbers.size());
  REQUIRE(png_image_write_to_file(&out, file.c_str(), 0, points.data(), 0, colors.data()) != 0);
}

}  // namespace doorstep::test
