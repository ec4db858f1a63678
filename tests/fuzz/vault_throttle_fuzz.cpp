#include "platform/base/bytes.h"
#include "platform/base/file.h"
#include "platform/vault/throttle.h"
#include "tests/fuzz/fuzz.h"

using namespace doorstep;

namespace {

struct Still final : base::Clock {
  base::Instant wall() const override { return {}; }
  base::Millis monotonic() const override { return base::Millis(7'000'000); }
};

// Whatever the file says: no wait longer than an hour, one more failure with every try (the last number there is stays), none
// after the right passphrase.
void read(std::string_view bytes) {
  static const fuzz::Folder folder;
  const auto file = folder.file("throttle");
  const Still clock;
  DOORSTEP_ASSERT(base::write_file_atomic(file, bytes, base::Access::Owner).has_value());
  vault::Throttle throttle(file, clock, "boot");
  const auto wait = throttle.wait();
  DOORSTEP_ASSERT(wait.has_value() && *wait >= base::Millis(0) && *wait <= vault::delay_after(10));
  const std::uint32_t before = *throttle.failures();
  DOORSTEP_ASSERT(throttle.count().has_value());
  DOORSTEP_ASSERT(*throttle.failures() > before || (before == ~std::uint32_t{0} && *throttle.failures() == before));
  DOORSTEP_ASSERT(throttle.uncount().has_value() && *throttle.failures() == before);
  DOORSTEP_ASSERT(throttle.clear().has_value() && *throttle.failures() == 0);
}

}  // namespace

FUZZ(vault_throttle) {
  read(input);
  read(std::string(input) + base::sha256(input));  // with its sum right
}
