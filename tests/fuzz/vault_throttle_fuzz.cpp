#include "platform/base/bytes.h"
#include "platform/base/file.h"
#include "platform/vault/throttle.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/fake_counter.h"

using namespace doorstep;

namespace {

struct Still final : base::Clock {
  base::Instant wall() const override { return {}; }
  base::Millis monotonic() const override { return base::Millis(7'000'000); }
};

// Whatever the file says: no wait longer than an hour, one more failure with every try (the last number there is stays), none
// after the right passphrase. One that a chip has numbered is refused where there is no chip, and stays as it is.
void read(std::string_view bytes, bool has_chip) {
  static const fuzz::Folder folder;
  const auto file = folder.file("throttle");
  const Still clock;
  vault::ChipsMemory chip{.number = 7, .begun = true};
  DOORSTEP_ASSERT(base::write_file_atomic(file, bytes, base::Access::Owner).has_value());
  vault::Throttle throttle(file, clock, "boot", has_chip ? std::make_unique<vault::FakeCounter>(chip) : nullptr);
  const auto wait = throttle.wait();
  if (wait.has_error()) {
    DOORSTEP_ASSERT(!has_chip && wait.error().fault == base::Fault::NotFound && wait.error().where == "vault.chip");
    DOORSTEP_ASSERT(*base::read_file(file, bytes.size() + 1) == bytes);
    return;
  }
  DOORSTEP_ASSERT(*wait >= base::Millis(0) && *wait <= vault::delay_after(10));
  const std::uint32_t before = *throttle.failures();
  DOORSTEP_ASSERT(throttle.count().has_value());
  DOORSTEP_ASSERT(*throttle.failures() > before || (before == ~std::uint32_t{0} && *throttle.failures() == before));
  DOORSTEP_ASSERT(throttle.uncount().has_value() && *throttle.failures() == before);
  DOORSTEP_ASSERT(throttle.clear().has_value() && *throttle.failures() == 0);
}

}  // namespace

FUZZ(vault_throttle) {
  for (const bool has_chip : {false, true}) {
    read(input, has_chip);
    read(std::string(input) + base::sha256(input), has_chip);  // with its sum right
  }
}
