#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "platform/base/bytes.h"
#include "platform/base/time.h"

namespace doorstep::base {

/// A UUID (RFC 9562). Ours are version 7: made on any device without asking, ordered by time of making.
class Id {
 public:
  constexpr Id() = default;  ///< nil: "none"
  /// Version 7 from a time and at least 10 random bytes. Pure.
  static Id v7(Instant at, std::string_view random);
  /// Version 8 from the SHA-256 of `name`: the same name gives the same id on every machine. Pure.
  static Id from_name(std::string_view name);
  /// Lower- or upper-case 8-4-4-4-12; empty for anything else.
  static std::optional<Id> parse(std::string_view text);
  /// From its 16 raw bytes; empty for any other length.
  static std::optional<Id> from_bytes(std::string_view raw);

  std::string str() const;  ///< lower-case 8-4-4-4-12
  Bytes bytes() const { return Bytes(reinterpret_cast<const char*>(raw_.data()), raw_.size()); }
  bool nil() const { return *this == Id(); }
  explicit operator bool() const { return !nil(); }
  bool is_v7() const { return raw_[6] >> 4 == 7; }  ///< of time and chance: nobody can know it beforehand
  friend auto operator<=>(const Id&, const Id&) = default;

 private:
  std::array<std::uint8_t, 16> raw_{};
};

/// A fresh version 7 id from the machine's randomness. Not for the pure rooms.
Id new_id(const Clock& clock);

std::ostream& operator<<(std::ostream& out, const Id& id);

}  // namespace doorstep::base

template <>
struct std::hash<doorstep::base::Id> {
  std::size_t operator()(const doorstep::base::Id& id) const noexcept {
    return std::hash<std::string>()(id.bytes());
  }
};
