#pragma once
#include <optional>
#include <string>

#include "platform/tls/signature.h"
#include "sync/server/repository.h"

/// Receipts that a tablet can check without a connection, and years later: what the server signs of each submit and decision
/// it took (wire::ReceiptStatement).
namespace doorstep::server {

/// Whether an operation of this kind, with this result, gets a receipt of its own.
bool has_receipt(wire::OpKind kind, const wire::OpResult& result);

/// The signed receipt of an operation that has one; `op`: what its bytes say. The same operation gives the same statement, whoever
/// signs it. Fault::Invalid: it has none.
base::Result<wire::SignedReceipt> sign_receipt(const tls::Signer& signer, const std::string& epoch, const OperationRow& operation,
                                               const wire::Operation& op, const wire::Receipt& receipt);

/// The receipt with this number, signed now, with its signer: what a person compares with a tablet's. Fault::NotFound: there is
/// no such receipt here, or it is one of a whole batch. Denied: what it names was erased, so that nothing can be signed anew.
base::Result<wire::SignedReceipt> read_receipt(Repository& repository, const tls::Signer& signer, std::int64_t number);

/// What comes of comparing a receipt whose signature is good with what is here.
enum class Standing {
  Here,       ///< exactly this
  NotHere,    ///< this history has nothing under that number: it was restored from a backup of before, or the receipt is of another
  Erased,     ///< it had exactly this, and the record was erased on an order since
  Otherwise,  ///< it has other operations there: it was restored, and went on differently
};
struct CheckedReceipt {
  wire::ReceiptStatement statement;
  Standing standing{};
};
/// Checks the signature against `ca` (PEM), then looks whether what was signed is here. Fault::Untrusted: forged or changed.
/// Invalid: not a receipt.
base::Result<CheckedReceipt> check_receipt(Repository& repository, const std::string& ca, const wire::SignedReceipt& receipt);

}  // namespace doorstep::server
