#include "sync/server/witness.h"

#include "platform/base/bytes.h"
#include "platform/base/log.h"
#include "sync/wire/codec.h"

namespace doorstep::server {

using base::Error;
using base::Fault;

namespace {

std::string signed_bytes(const std::string& statement) { return std::string(wire::kAuditContext) + statement; }

Result<wire::SignedAudit> sign(const tls::Signer& signer, std::vector<wire::AuditHead> heads, Instant now) {
  wire::SignedAudit out;
  out.statement = wire::encode(wire::AuditStatement{now, std::move(heads)});
  DOORSTEP_TRY_ASSIGN(auto signature, tls::sign(signer, signed_bytes(out.statement)));
  out.signature = base::to_hex(signature);
  out.signer = signer.cert;
  return out;
}

}  // namespace

Result<wire::SignedAudit> sign_audit(Repository& repository, const tls::Signer& signer, Instant now) {
  DOORSTEP_TRY_ASSIGN(auto unit, repository.read());
  DOORSTEP_TRY_ASSIGN(auto heads, unit->audit_heads(std::nullopt));
  return sign(signer, std::move(heads), now);
}

Result<CheckedAudit> check_audit(Unit& unit, const std::string& ca, const wire::SignedAudit& held) {
  CheckedAudit out;
  DOORSTEP_TRY_ASSIGN(out.statement, wire::decode<wire::AuditStatement>(held.statement));
  const auto signature = base::from_hex(held.signature);
  if (!signature) return Error{Fault::Invalid, "audit.signature", "the signature is not hex"};
  DOORSTEP_TRY(tls::SignatureCheck(ca)(held.signer, out.statement.at, signed_bytes(held.statement), *signature));
  out.standing = Standing::Here;
  for (const wire::AuditHead& head : out.statement.heads) {
    DOORSTEP_TRY_ASSIGN(auto hash, unit.audit_hash(head.chain, head.line));
    if (!hash && out.standing == Standing::Here) out.standing = Standing::NotHere;
    if (hash && *hash != head.hash) out.standing = Standing::Otherwise;
  }
  return out;
}

Result<wire::WitnessReply> witness(Repository& repository, const tls::Signer& signer, const std::string& ca, const Actor& actor,
                                   const wire::WitnessRequest& request, Instant now) {
  const Id device = actor.device.id;
  DOORSTEP_TRY_ASSIGN(auto unit, repository.write_within(Scope{device}));
  if (request.held) {
    auto checked = check_audit(*unit, ca, *request.held);
    if (!checked && checked.error().fault != Fault::Untrusted && checked.error().fault != Fault::Invalid) return checked.error();
    if (!checked) {
      base::log_error("witness", checked.error());
    } else if (checked->standing != Standing::Here) {
      const char* outcome = checked->standing == Standing::NotHere ? "cut" : "differs";
      base::log_event(std::string("witness.") + outcome, device);
      DOORSTEP_TRY(unit->audit({now, actor.worker.id, device, "witness", device, outcome}));
    }
  }
  DOORSTEP_TRY_ASSIGN(auto heads, unit->audit_heads(device));
  DOORSTEP_TRY(unit->commit());
  DOORSTEP_TRY_ASSIGN(auto audit, sign(signer, std::move(heads), now));
  return wire::WitnessReply{std::move(audit)};
}

}  // namespace doorstep::server
