#include "platform/base/secret.h"

#include <sodium.h>

#include <cstring>
#include <string>

#include "platform/base/error.h"

namespace doorstep::base {

Secret::Secret(std::size_t size) : size_(size) {
  if (size == 0) return;
  DOORSTEP_ASSERT(sodium_init() >= 0);
  auto* p = static_cast<unsigned char*>(sodium_malloc(size));
  if (!p) throw std::bad_alloc();
  std::memset(p, 0, size);
  data_.reset(p);
}

Secret Secret::copy_of(std::string_view bytes) {
  Secret s(bytes.size());
  if (!bytes.empty()) std::memcpy(s.data(), bytes.data(), bytes.size());
  return s;
}

Secret Secret::random(std::size_t size) {
  Secret s(size);
  randombytes_buf(s.data(), size);
  return s;
}

void Secret::Free::operator()(unsigned char* p) const noexcept { sodium_free(p); }

void wipe(std::string& text) {
  sodium_memzero(text.data(), text.size());
  text.clear();
}

void wipe_stack() { sodium_stackzero(256 << 10); }

}  // namespace doorstep::base
