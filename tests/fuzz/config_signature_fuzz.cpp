#include "platform/base/limits.h"
#include "platform/config/signature.h"
#include "tests/fuzz/fuzz.h"

using namespace doorstep;

FUZZ(config_signature) {
  const auto parts = fuzz::parts(input, 3);  // keys, text, signatures
  const auto trust = config::parse_trust(parts[0]);
  if (trust.has_error()) return fuzz::names_a_place(trust.error());
  DOORSTEP_ASSERT(!trust->empty() && trust->size() <= limits::kTrustedKeys);
  for (const auto& key : *trust) DOORSTEP_ASSERT(key.size() == 32 && config::key_name(key).size() == 19);
  if (parts.size() < 3 || !config::is_signed(parts[1], parts[2], *trust)) return;
  DOORSTEP_ASSERT(parts[2].size() % config::kSignatureBytes == 0 && parts[2].size() <= limits::kSignatures * config::kSignatureBytes);
  DOORSTEP_ASSERT(!config::is_signed(std::string(parts[1]) + "x", parts[2], *trust));
}
