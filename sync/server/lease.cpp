#include "sync/server/lease.h"

#include <algorithm>

#include "platform/base/bytes.h"
#include "platform/base/limits.h"
#include "sync/wire/codec.h"

namespace doorstep::server {

base::Result<wire::SignedStatement> sign_lease(const tls::Signer& signer, Id device, Id worker, std::int64_t days, Instant now) {
  const auto length = std::chrono::days(std::clamp<std::int64_t>(days, 0, limits::kLeaseDaysMost));
  wire::SignedStatement out;
  out.statement = wire::encode(wire::LeaseStatement{device, worker, now, now + length});
  DOORSTEP_TRY_ASSIGN(auto signature, tls::sign(signer, std::string(wire::kLeaseContext) + out.statement));
  out.signature = base::to_hex(signature);
  out.signer = signer.cert;
  return out;
}

}  // namespace doorstep::server
