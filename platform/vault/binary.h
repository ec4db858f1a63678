#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace doorstep::vault {

/// Appends fixed-width little-endian fields. Only for this room's files.
class Writer {
 public:
  template <class T>
  void number(T value) {
    for (std::size_t i = 0; i < sizeof value; ++i) out_ += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i));
  }
  void bytes(std::string_view bytes) { out_ += bytes; }
  void text(std::string_view text) {  ///< at most 255 bytes
    number(static_cast<std::uint8_t>(text.size()));
    bytes(text);
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

/// Reads what Writer wrote. Past the end everything is zero or empty and ok() is false.
class Reader {
 public:
  explicit Reader(std::string_view in) : in_(in) {}
  template <class T>
  T number() {
    std::uint64_t value = 0;
    auto raw = bytes(sizeof(T));
    for (std::size_t i = 0; i < raw.size(); ++i) value |= static_cast<std::uint64_t>(static_cast<unsigned char>(raw[i])) << (8 * i);
    return static_cast<T>(value);
  }
  std::string_view bytes(std::size_t count) {
    if (count > in_.size() - at_) {
      ok_ = false;
      return {};
    }
    auto out = in_.substr(at_, count);
    at_ += count;
    return out;
  }
  std::string_view text() { return bytes(number<std::uint8_t>()); }
  bool ok() const { return ok_; }
  std::size_t at() const { return at_; }
  bool at_end() const { return at_ == in_.size(); }

 private:
  std::string_view in_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace doorstep::vault
