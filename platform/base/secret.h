#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace doorstep::base {

/// Bytes that must not linger: in guarded, locked memory, zeroed when destroyed. Moves, never copies silently.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::size_t size);           ///< zeroed
  static Secret copy_of(std::string_view bytes);
  static Secret random(std::size_t size);

  Secret(Secret&&) noexcept = default;
  Secret& operator=(Secret&&) noexcept = default;

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  unsigned char* data() { return data_.get(); }
  const unsigned char* data() const { return data_.get(); }
  /// Borrowed; valid while this lives.
  std::string_view view() const { return {reinterpret_cast<const char*>(data_.get()), size_}; }
  Secret clone() const { return copy_of(view()); }

 private:
  struct Free { void operator()(unsigned char* p) const noexcept; };
  std::unique_ptr<unsigned char, Free> data_;
  std::size_t size_ = 0;
};

/// Overwrites `text` so that the compiler cannot leave it out, then empties it.
void wipe(std::string& text);

/// Overwrites what returned calls left below on this thread's stack, 256 KiB: short words. An ended thread's stack goes to the next.
void wipe_stack();

}  // namespace doorstep::base
