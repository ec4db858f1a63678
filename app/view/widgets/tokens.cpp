#include "app/view/widgets/tokens.h"

#include <algorithm>
#include <cmath>

namespace doorstep::view {

namespace {

constexpr Color rgb(std::uint32_t hex) { return 0xFF000000u | ((hex & 0xFF) << 16) | (hex & 0xFF00) | (hex >> 16); }

constexpr Tokens kLight{
    .canvas = rgb(0xF3F4F2), .surface = rgb(0xFFFFFF),
    .ink = rgb(0x12181C), .ink2 = rgb(0x465158), .ink3 = rgb(0x5C676E),
    .edge = rgb(0x7A868C), .line = rgb(0xDDE1E1),
    .primary = rgb(0x0B5C5A), .on_primary = rgb(0xFFFFFF), .primary_hover = rgb(0x084644), .on_primary_hover = rgb(0xFFFFFF),
    .tint = rgb(0xE3F0EE), .selection = rgb(0xBFE0DC),
    .focus = rgb(0xFFD21F), .focus_inner = rgb(0x12181C),
    .error = rgb(0xC02318),
    .neutral = {rgb(0x465158), rgb(0xE9ECEB)}, .ok = {rgb(0x0A6238), rgb(0xE0F2E7)}, .warn = {rgb(0x6E4600), rgb(0xFFF1D0)},
    .info = {rgb(0x1D4E89), rgb(0xE5EEF9)}, .danger = {rgb(0xA51C14), rgb(0xFCE9E7)},
    .header = rgb(0x123034), .on_header = rgb(0xFFFFFF), .on_header2 = rgb(0xD3DEDF), .header_chip = rgb(0x34494D),
    .edge_px = 1, .thick_px = 2,
};
constexpr Tokens kDark{
    .canvas = rgb(0x0F1517), .surface = rgb(0x182023),
    .ink = rgb(0xECF0F0), .ink2 = rgb(0xB4C0C3), .ink3 = rgb(0x9BA8AC),
    .edge = rgb(0x7C8B90), .line = rgb(0x2C373B),
    .primary = rgb(0x6FD0C4), .on_primary = rgb(0x06211F), .primary_hover = rgb(0x93E0D6), .on_primary_hover = rgb(0x06211F),
    .tint = rgb(0x1C3836), .selection = rgb(0x22565A),
    .focus = rgb(0xFFD21F), .focus_inner = rgb(0x12181C),
    .error = rgb(0xFF8F84),
    .neutral = {rgb(0xB4C0C3), rgb(0x253034)}, .ok = {rgb(0x7FDCA4), rgb(0x16352A)}, .warn = {rgb(0xF6C667), rgb(0x3A2E12)},
    .info = {rgb(0x9CC4F5), rgb(0x1C2F47)}, .danger = {rgb(0xFF9B91), rgb(0x43201E)},
    .header = rgb(0x0A1011), .on_header = rgb(0xFFFFFF), .on_header2 = rgb(0xB4C0C3), .header_chip = rgb(0x2C373B),
    .edge_px = 1, .thick_px = 2,
};
constexpr Tokens kHigh{
    .canvas = rgb(0x000000), .surface = rgb(0x000000),
    .ink = rgb(0xFFFFFF), .ink2 = rgb(0xFFFFFF), .ink3 = rgb(0xFFFFFF),
    .edge = rgb(0xFFFFFF), .line = rgb(0xFFFFFF),
    .primary = rgb(0xFFE600), .on_primary = rgb(0x000000), .primary_hover = rgb(0xFFFFFF), .on_primary_hover = rgb(0x000000),
    .tint = rgb(0x003A3A), .selection = rgb(0x0047B3),
    .focus = rgb(0xFF5CFF), .focus_inner = rgb(0x000000),
    .error = rgb(0xFFB3AB),
    .neutral = {rgb(0xFFFFFF), rgb(0x000000)}, .ok = {rgb(0x7CFFB2), rgb(0x000000)}, .warn = {rgb(0xFFE600), rgb(0x000000)},
    .info = {rgb(0x5CF2FF), rgb(0x000000)}, .danger = {rgb(0xFFB3AB), rgb(0x000000)},
    .header = rgb(0x000000), .on_header = rgb(0xFFFFFF), .on_header2 = rgb(0xFFFFFF), .header_chip = rgb(0x000000),
    .edge_px = 2, .thick_px = 3,
};

double luminance(Color c) {
  const auto linear = [](std::uint32_t byte) {
    const double v = byte / 255.0;
    return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * linear(c & 0xFF) + 0.7152 * linear((c >> 8) & 0xFF) + 0.0722 * linear((c >> 16) & 0xFF);
}

}  // namespace

const ToneColors& Tokens::tone(Tone t) const {
  switch (t) {
    case Tone::Ok: return ok;
    case Tone::Warn: return warn;
    case Tone::Info: return info;
    case Tone::Danger: return danger;
    case Tone::Neutral: break;
  }
  return neutral;
}

const Tokens& tokens(Look look) {
  switch (look) {
    case Look::Dark: return kDark;
    case Look::HighContrast: return kHigh;
    case Look::Light: break;
  }
  return kLight;
}

double contrast(Color a, Color b) {
  const double la = luminance(a), lb = luminance(b);
  return (std::max(la, lb) + 0.05) / (std::min(la, lb) + 0.05);
}

float type_px(Type type) {
  switch (type) {
    case Type::Small: case Type::SmallBold: return 15;
    case Type::Body: case Type::BodyBold: return 17;
    case Type::Note: return 18;
    case Type::H3: return 20;
    case Type::H1: return 28;
  }
  return 17;
}

float line_px(Type type) {
  switch (type) {
    case Type::Small: case Type::SmallBold: return 21;
    case Type::Body: case Type::BodyBold: return 25;
    case Type::Note: return 29;
    case Type::H3: return 27;
    case Type::H1: return 36;
  }
  return 25;
}

}  // namespace doorstep::view
