#include "sync/server/receipts.h"

#include "platform/base/bytes.h"
#include "platform/base/mutant.h"
#include "sync/wire/codec.h"

namespace doorstep::server {

using base::Error;
using base::Fault;

namespace {

std::string signed_bytes(const std::string& statement) { return std::string(wire::kReceiptContext) + statement; }

}  // namespace

bool has_receipt(wire::OpKind kind, const wire::OpResult& result) {
  return (result.status != wire::OpStatus::Refused || base::mutant("receipt-of-refusal")) &&
         (kind == wire::OpKind::Submit || kind == wire::OpKind::Decide);
}

Result<wire::SignedReceipt> sign_receipt(const tls::Signer& signer, const std::string& epoch, const OperationRow& operation,
                                         const wire::Operation& op, const wire::Receipt& receipt) {
  if (!has_receipt(op.kind, operation.result)) return Error{Fault::Invalid, "receipt.operation", "it gets no receipt of its own"};
  wire::ReceiptStatement said;
  said.number = receipt.number;
  said.at = receipt.at;
  said.epoch = epoch;
  said.device = operation.device;
  said.incarnation = operation.incarnation;
  said.operation = operation.result.number;
  said.kind = op.kind;
  said.record = op.record;
  said.rev = operation.result.rev;
  said.hash = operation.result.hash;
  said.sent = base::sha256_hex(op.body);
  wire::SignedReceipt out;
  out.statement = wire::encode(said);
  DOORSTEP_TRY_ASSIGN(auto signature, tls::sign(signer, signed_bytes(out.statement)));
  out.signature = base::to_hex(signature);
  return out;
}

Result<wire::SignedReceipt> read_receipt(Repository& repository, const tls::Signer& signer, std::int64_t number) {
  DOORSTEP_TRY_ASSIGN(auto unit, repository.read());
  DOORSTEP_TRY_ASSIGN(auto row, unit->receipt(number));
  const Error none{Fault::NotFound, "receipt.number", "no record and no decision has a receipt with this number here"};
  if (!row) return none;
  DOORSTEP_TRY_ASSIGN(auto first, unit->receipt_of(row->device, row->incarnation, row->receipt.through));
  DOORSTEP_TRY_ASSIGN(auto operation, unit->operation(row->device, row->incarnation, row->receipt.through));
  if (!operation || !first || first->number != number) return none;
  if (operation->bytes.empty())
    return Error{Fault::Denied, "receipt.number", "what it names was erased on an order; the tablet's own copy of it stays good"};
  DOORSTEP_TRY_ASSIGN(auto epoch, unit->epoch());
  DOORSTEP_TRY_ASSIGN(auto op, wire::decode<wire::Operation>(operation->bytes));
  auto out = sign_receipt(signer, epoch, *operation, op, row->receipt);
  if (!out && out.error().fault == Fault::Invalid) return none;
  if (out) out->signer = signer.cert;
  return out;
}

Result<CheckedReceipt> check_receipt(Repository& repository, const std::string& ca, const wire::SignedReceipt& receipt) {
  CheckedReceipt out;
  DOORSTEP_TRY_ASSIGN(out.statement, wire::decode<wire::ReceiptStatement>(receipt.statement));
  const auto signature = base::from_hex(receipt.signature);
  if (!signature || !receipt.signer) return Error{Fault::Invalid, "receipt.signature", "the signature or its certificate is missing"};
  DOORSTEP_TRY(tls::SignatureCheck(ca)(*receipt.signer, out.statement.at, signed_bytes(receipt.statement), *signature));
  DOORSTEP_TRY_ASSIGN(auto unit, repository.read());
  const wire::ReceiptStatement& said = out.statement;
  DOORSTEP_TRY_ASSIGN(auto operation, unit->operation(said.device, said.incarnation, said.operation));
  if (!operation) {
    out.standing = Standing::NotHere;
    return out;
  }
  if (operation->bytes.empty()) {
    DOORSTEP_TRY_ASSIGN(const bool erased, unit->erased(said.record));
    const bool same = erased && operation->result.rev == said.rev && operation->result.hash == said.hash;
    out.standing = same ? Standing::Erased : Standing::Otherwise;
    return out;
  }
  auto op = wire::decode<wire::Operation>(operation->bytes);
  const bool same = op && op->kind == said.kind && op->record == said.record && base::sha256_hex(op->body) == said.sent &&
                    operation->result.rev == said.rev && operation->result.hash == said.hash;
  out.standing = same ? Standing::Here : Standing::Otherwise;
  return out;
}

}  // namespace doorstep::server
