#include "platform/base/id.h"

#include <algorithm>
#include <charconv>
#include <ostream>

#include "platform/base/error.h"

namespace doorstep::base {

Id Id::v7(Instant at, std::string_view random) {
  DOORSTEP_ASSERT(random.size() >= 10);
  Id id;
  auto ms = static_cast<std::uint64_t>(at.ms);
  for (std::size_t i = 0; i < 6; ++i) id.raw_[i] = static_cast<std::uint8_t>(ms >> (40 - 8 * i));
  for (std::size_t i = 0; i < 10; ++i) id.raw_[6 + i] = static_cast<std::uint8_t>(random[i]);
  id.raw_[6] = static_cast<std::uint8_t>((id.raw_[6] & 0x0f) | 0x70);
  id.raw_[8] = static_cast<std::uint8_t>((id.raw_[8] & 0x3f) | 0x80);
  return id;
}

Id Id::from_name(std::string_view name) {
  Id id;
  Bytes hash = sha256(name);
  std::copy_n(hash.begin(), 16, id.raw_.begin());
  id.raw_[6] = static_cast<std::uint8_t>((id.raw_[6] & 0x0f) | 0x80);
  id.raw_[8] = static_cast<std::uint8_t>((id.raw_[8] & 0x3f) | 0x80);
  return id;
}

std::optional<Id> Id::parse(std::string_view text) {
  constexpr std::size_t kHalf = 16;  // digits, of 64 bits
  if (text.size() != 36) return std::nullopt;
  std::array<char, 2 * kHalf> hex{};
  std::size_t digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    if (hyphen != (text[i] == '-')) return std::nullopt;
    if (!hyphen) hex[digits++] = text[i];
  }
  Id id;
  for (std::size_t half = 0; half < 2; ++half) {
    std::uint64_t bits = 0;
    const char* end = hex.data() + (half + 1) * kHalf;
    const auto [stop, error] = std::from_chars(end - kHalf, end, bits, 16);
    if (error != std::errc() || stop != end) return std::nullopt;
    for (std::size_t i = 0; i < 8; ++i) id.raw_[half * 8 + i] = static_cast<std::uint8_t>(bits >> (56 - 8 * i));
  }
  return id;
}

std::optional<Id> Id::from_bytes(std::string_view raw) {
  if (raw.size() != 16) return std::nullopt;
  Id id;
  std::transform(raw.begin(), raw.end(), id.raw_.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
  return id;
}

std::string Id::str() const {
  std::string hex = to_hex(bytes());
  for (std::size_t at : {20u, 16u, 12u, 8u}) hex.insert(at, 1, '-');
  return hex;
}

Id new_id(const Clock& clock) { return Id::v7(clock.wall(), random_bytes(10)); }

std::ostream& operator<<(std::ostream& out, const Id& id) { return out << id.str(); }

}  // namespace doorstep::base
