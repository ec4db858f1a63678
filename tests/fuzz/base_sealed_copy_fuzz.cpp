#include "platform/base/sealed_copy.h"
#include "tests/fuzz/fuzz.h"

using namespace doorstep;

FUZZ(base_sealed_copy) {
  static const auto keys = base::outbox_keys(base::Secret::copy_of("the outbox of this test vector 1"));
  const auto name = base::read_copy_name(input);
  const auto opened = base::open_copy(input, keys);
  if (!opened) fuzz::names_a_place(opened.error());
  if (!name) return fuzz::names_a_place(name.error());
  // Whatever it names, and any words: sealed, it is read back.
  const auto sealed = base::seal_copy(*name, keys.open, input);
  DOORSTEP_ASSERT(sealed.has_value() && *base::read_copy_name(*sealed) == *name);
  DOORSTEP_ASSERT(*base::open_copy(*sealed, keys) == input);
}
