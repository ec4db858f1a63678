#include "sync/server/drain.h"

#include <algorithm>

#include "platform/base/bytes.h"
#include "platform/base/limits.h"
#include "platform/base/log.h"
#include "platform/tls/signature.h"
#include "sync/wire/codec.h"

namespace doorstep::server {

namespace {

using base::Error;
using base::Fault;
using wire::CopyFate;
using wire::OpKind;

struct Read {
  CopyFate fate = CopyFate::Unreadable;  ///< Taken: it may be, and the rest is set
  wire::CopyStatement statement;
  wire::Operation operation;
};

Read read(const CopyReader& reader, std::string_view file) {
  Read out;
  const auto name = base::read_copy_name(file);
  auto frame = base::open_copy(file, reader.outbox);
  if (!name || !frame) return out;
  const auto text = wire::decompress(*frame, limits::kBodyBytes);
  const auto copy = text ? wire::decode<wire::SignedCopy>(*text) : base::Result<wire::SignedCopy>(text.error());
  if (!copy) return out;
  out.fate = CopyFate::Untrusted;
  const auto signature = base::from_hex(copy->signature);
  if (!signature) return out;
  const auto author = tls::signed_by(reader.ca, copy->certificate, std::string(wire::kCopyContext) + copy->statement, *signature);
  if (!author || author->kind != tls::Kind::Worker) return out;
  auto statement = wire::decode<wire::CopyStatement>(copy->statement);
  if (!statement || author->worker != statement->worker || author->device != statement->device) return out;
  if (*name != base::CopyName{statement->device, statement->incarnation, statement->copy}) return out;
  out.fate = CopyFate::Unreadable;
  auto operation = wire::decode<wire::Operation>(statement->operation);
  const std::int64_t number = statement->copy < base::kUnnumbered ? statement->copy : 0;
  if (!operation || operation->number != number) return out;
  return {CopyFate::Taken, std::move(*statement), std::move(*operation)};
}

/// What `op` was typed on, when that was itself still on its way to the server.
Result<void> base_on(Unit& unit, const wire::CopyStatement& statement, wire::Operation& op) {
  DOORSTEP_TRY_ASSIGN(const auto before, unit.operation(statement.device, statement.incarnation, *statement.after));
  if (!before) return {};  // it never came: this holds all that it did, on what that was typed on
  const auto sent = wire::decode<wire::Operation>(before->bytes);
  const bool as_sent = sent && sent->kind == OpKind::Put && sent->record == op.record && before->result.status == wire::OpStatus::Applied &&
                       before->result.hash == base::sha256_hex(sent->body);
  op.base_rev = as_sent ? before->result.rev : 0;
  op.base_hash = as_sent ? before->result.hash : std::string();
  return {};
}

Result<bool> is_here(Unit& unit, const model::RevisionRef& sent) {
  DOORSTEP_TRY_ASSIGN(const auto history, unit.history(sent.record));
  return std::any_of(history.begin(), history.end(), [&](const model::Revision& revision) { return revision.hash == sent.hash; });
}

/// Of a draft that was submitted: false when nothing is left to do, and else what becomes of it. Where a record was refused, the
/// draft has words that no record has, and stays.
Result<bool> end_draft(Unit& unit, const std::vector<model::RevisionRef>& records, wire::Operation& op) {
  if (records.empty()) return true;  // of what became of it nothing is left to compare
  for (const model::RevisionRef& record : records) {
    DOORSTEP_TRY_ASSIGN(const bool here, is_here(unit, record));
    if (!here) return true;
  }
  DOORSTEP_TRY_ASSIGN(const auto draft, unit.head(op.record));
  if (!draft) return false;
  auto visit = wire::decode<model::Visit>(op.body);
  if (!visit) return true;  // decide() says what is wrong with it
  visit->discarded = true;
  op.body = wire::encode(*visit);
  return true;
}

Result<CopyFate> take(Repository& repository, const ValidateRecord& validate, const Read& copy, Instant now, const tls::Signer* signer) {
  const auto& statement = copy.statement;
  Actor actor;
  wire::Operation op = copy.operation;
  bool left = true;
  {
    DOORSTEP_TRY_ASSIGN(auto unit, repository.read());
    DOORSTEP_TRY_ASSIGN(const auto worker, unit->worker(statement.worker));
    DOORSTEP_TRY_ASSIGN(const auto device, unit->device(statement.device));
    if (!worker || !device || device->worker != worker->id || access_of(*worker, *device) == Access::None) return CopyFate::Revoked;
    actor = {*worker, *device};
    if (op.kind == OpKind::Put && statement.after) DOORSTEP_TRY(base_on(*unit, statement, op));
    if (op.kind == OpKind::Put && statement.submitted) {
      DOORSTEP_TRY_ASSIGN(left, end_draft(*unit, *statement.submitted, op));
    }
  }
  if (!left) return CopyFate::Taken;
  if (op.number > 0) {
    auto pushed = push(repository, validate, actor, statement.incarnation, {op.number, statement.prev, {statement.operation}}, now, signer);
    if (pushed && !pushed->results.empty()) return CopyFate::Taken;
    if (!pushed && pushed.error().where == "push.revoked") return CopyFate::Revoked;
    if (!pushed && pushed.error().where != "push.forked") return pushed.error();
    // One before it never came, or the tablet's chain is another here: by what it says, then.
  }
  const auto result = push_unnumbered(repository, validate, actor, std::move(op), now);
  if (!result && result.error().where == "push.revoked") return CopyFate::Revoked;
  if (!result) return result.error();
  return CopyFate::Taken;
}

}  // namespace

base::Result<CopyFate> take_copy(Repository& repository, const ValidateRecord& validate, const CopyReader& reader, std::string_view file,
                                 Id carrier, Instant now, const tls::Signer* signer) {
  const Read copy = read(reader, file);
  CopyFate fate = copy.fate;
  if (fate == CopyFate::Taken) {
    DOORSTEP_TRY_ASSIGN(fate, take(repository, validate, copy, now, signer));
  }
  DOORSTEP_TRY(insist(repository, [&]() -> Result<void> {
    DOORSTEP_TRY_ASSIGN(auto unit, repository.write_within({carrier}));
    DOORSTEP_TRY(unit->audit({now, copy.statement.worker, carrier, "drain", copy.operation.record, std::string(model::code(fate))}));
    return unit->commit();
  }));
  return fate;
}

}  // namespace doorstep::server
