#include "platform/base/bytes.h"
#include "platform/base/id.h"
#include "platform/base/time.h"
#include "tests/fuzz/fuzz.h"

using namespace doorstep;

// What was read is written so that the same is read again.
FUZZ(base_text) {
  if (const auto id = base::Id::parse(input)) DOORSTEP_ASSERT(base::Id::parse(id->str()) == id);
  if (const auto date = base::date_from_iso(input)) DOORSTEP_ASSERT(base::to_iso(*date) == input);
  if (const auto at = base::from_rfc3339(input)) DOORSTEP_ASSERT(base::from_rfc3339(base::to_rfc3339(*at)) == at);
  if (const auto bytes = base::from_hex(input)) DOORSTEP_ASSERT(base::from_hex(base::to_hex(*bytes)) == bytes);
  if (const auto bytes = base::from_base64(input)) DOORSTEP_ASSERT(base::to_base64(*bytes) == input);
  if (const auto bytes = base::from_base32(input)) DOORSTEP_ASSERT(base::from_base32(base::to_base32(*bytes)) == bytes);
  DOORSTEP_ASSERT(base::from_hex(base::to_hex(input)) == input);
  DOORSTEP_ASSERT(base::from_base64(base::to_base64(input)) == input);
  DOORSTEP_ASSERT(base::from_base32(base::to_base32(input)) == input);
  if (base::is_utf8(input)) DOORSTEP_ASSERT(!base::is_utf8(std::string(input) + '\x80'));
}
