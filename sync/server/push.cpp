#include "sync/server/push.h"

#include <future>
#include <span>

#include "platform/base/beside.h"
#include "platform/base/limits.h"
#include "platform/base/mutant.h"
#include "sync/model/attachment.h"
#include "sync/rules/calendar.h"
#include "sync/server/erase.h"
#include "sync/server/named.h"
#include "sync/wire/codec.h"

namespace doorstep::server {

namespace {

using base::Error;
using base::Fault;
using wire::OpKind;
using wire::Refusal;

Error forked() {
  return {Fault::Conflict, "push.forked", "the operations are not those this device sent before"};
}

Result<std::optional<CaseRow>> case_behind(Unit& unit, Id id) {
  DOORSTEP_TRY_ASSIGN(auto row, unit.case_row(id));
  if (row && row->alias_of) return unit.case_row(row->alias_of);  // a target is never an alias itself
  return row;
}

/// What a draft or a record refers to; nothing, when it is another kind, was thrown away, or cannot be read.
std::vector<model::Attachment> attachments_in(const model::Revision& revision) {
  if (revision.body.find("\"attachments\"") == revision.body.npos) return {};
  if (revision.kind == model::RecordKind::Visit)
    if (auto visit = wire::decode<model::Visit>(revision.body); visit && !visit->discarded.value_or(false))
      return model::attachments_of(*visit);
  if (revision.kind == model::RecordKind::ChildRecord)
    if (auto record = wire::decode<model::ChildRecord>(revision.body)) return model::attachments_of(record->part);
  return {};
}

Result<bool> blobs_missing(Unit& unit, const model::Revision& revision) {
  const auto named = attachments_in(revision);
  if (named.empty()) return false;
  DOORSTEP_TRY_ASSIGN(const auto blobs, unit.blobs_of(revision.record));
  return std::any_of(named.begin(), named.end(), [&](const model::Attachment& attachment) {
    return std::none_of(blobs.begin(), blobs.end(),
                        [&](const BlobRow& blob) { return blob.sha256 == attachment.sha256 && blob.verified_at; });
  });
}

/// Whether the operation would bring words back that were erased: of its record, of one that its draft rewrites, or of one that was
/// made of the same draft. A second record of that draft which was here before the erasure stands, and goes on. `submitted`: its body.
Result<bool> names_erased(Unit& unit, const wire::Operation& op, const std::optional<model::ChildRecord>& submitted) {
  DOORSTEP_TRY_ASSIGN(const bool erased, unit.erased(op.record));
  if (!erased && op.kind == OpKind::Submit) {
    const auto said = submitted ? DraftPart{submitted->visit, submitted->part.id} : part_named(op.body);
    if (!said.visit) return false;
    DOORSTEP_TRY_ASSIGN(const bool part, unit.erased(erased_part(said.visit, said.child)));
    if (!part) return false;
    DOORSTEP_TRY_ASSIGN(const auto head, unit.head(op.record));
    return !head.has_value();
  }
  if (erased || op.kind != OpKind::Put) return erased;
  for (Id record : rewritten_named(op.body)) {
    DOORSTEP_TRY_ASSIGN(const bool rewritten, unit.erased(record));
    if (rewritten) return true;
  }
  return false;
}

Result<Facts> gather(Unit& unit, const Actor& actor, const wire::Operation& op, Instant now) {
  Facts facts;
  facts.actor = actor.worker;
  facts.device = actor.device.id;
  facts.now = now;
  facts.today = rules::uk_date(now);
  DOORSTEP_TRY_ASSIGN(facts.object, case_behind(unit, op.case_id));
  if (!facts.object) {
    DOORSTEP_TRY_ASSIGN(bool used, unit.id_in_use(op.case_id));
    facts.case_free = !used && op.case_id;
  } else {
    DOORSTEP_TRY_ASSIGN(facts.held_before, unit.held_before(facts.object->id, actor.worker.id));
  }
  DOORSTEP_TRY_ASSIGN(auto head, unit.head(op.record));
  bool listed = false;
  if (head && facts.object) {
    DOORSTEP_TRY_ASSIGN(listed, unit.listed(op.record, facts.object->id));
  }
  if (head && !listed) {
    facts.record_elsewhere = true;
  } else if (head) {
    facts.head = std::move(head);
    if (op.base_rev > 0) {
      DOORSTEP_TRY_ASSIGN(facts.base, unit.revision(op.record, op.base_rev));
    }
    if (op.kind == OpKind::Withdraw && facts.base) {
      DOORSTEP_TRY_ASSIGN(facts.after_base, unit.revision(op.record, op.base_rev + 1));
    }
    DOORSTEP_TRY_ASSIGN(facts.contributors, unit.contributors(op.record));
    if (op.kind == OpKind::Decide) {
      DOORSTEP_TRY_ASSIGN(facts.blobs_missing, blobs_missing(unit, *facts.head));
    }
  } else {
    DOORSTEP_TRY_ASSIGN(facts.record_elsewhere, unit.id_in_use(op.record));
  }
  if (op.kind == OpKind::Put)
    for (Id record : rewritten_named(op.body)) {
      DOORSTEP_TRY_ASSIGN(auto rewritten, unit.head(record));
      if (rewritten) facts.rewritten.push_back(std::move(*rewritten));
    }
  BodyIds ids = body_ids(op);
  if (ids.id) {
    DOORSTEP_TRY_ASSIGN(facts.body_id_taken, unit.id_in_use(ids.id));
    bool here = false;
    if (facts.body_id_taken && facts.object) {
      DOORSTEP_TRY_ASSIGN(here, unit.listed(ids.id, facts.object->id));
    }
    if (here) {
      DOORSTEP_TRY_ASSIGN(facts.said, unit.head(ids.id));
    }
  }
  if (ids.alert) {
    DOORSTEP_TRY_ASSIGN(facts.alert_settled, unit.alert_settled(ids.alert));
  }
  if (ids.target) {
    DOORSTEP_TRY_ASSIGN(facts.target, unit.case_row(ids.target));
  }
  return facts;
}

/// What the new version names is awaited from whoever sent it. What a draft named and does no more is awaited from nobody: it was
/// taken off before it was sent, and is on no tablet any longer. What came of it goes, unless something else names it.
Result<void> refer(Unit& unit, const model::Revision& revision, const Facts& facts) {
  const auto named = attachments_in(revision);
  for (const model::Attachment& one : named)
    DOORSTEP_TRY(unit.refer_blob(revision.record, facts.actor.id, facts.device, one.sha256, one.size, facts.now));
  if (revision.kind != model::RecordKind::Visit) return {};
  DOORSTEP_TRY_ASSIGN(const auto blobs, unit.blobs_of(revision.record));
  for (const BlobRow& blob : blobs) {
    if (blob.verified_at || std::any_of(named.begin(), named.end(), [&](const auto& one) { return one.sha256 == blob.sha256; })) continue;
    DOORSTEP_TRY(unit.drop_reference(revision.record, blob.id));
    DOORSTEP_TRY_ASSIGN(const auto others, unit.references(blob.id));
    if (others.empty()) DOORSTEP_TRY(unit.drop_blob(blob.id));  // its key with it: the file means nothing from the commit on
  }
  return {};
}

Result<void> take_effect(Unit& unit, const wire::Operation& op, const Facts& facts, const Outcome& outcome) {
  if (outcome.open) DOORSTEP_TRY(unit.put_case(*outcome.open));
  for (const Append& append : outcome.appends) DOORSTEP_TRY(unit.append(append.revision, append.cases));
  if (outcome.rehome) DOORSTEP_TRY(unit.rehome(outcome.rehome->first, outcome.rehome->second));
  if (outcome.result.status == wire::OpStatus::Refused) return {};
  if (op.kind == OpKind::Put || op.kind == OpKind::Submit)
    for (const Append& append : outcome.appends) DOORSTEP_TRY(refer(unit, append.revision, facts));
  if (op.kind == OpKind::Settle && !outcome.appends.empty())
    DOORSTEP_TRY(unit.note_settled(body_ids(op).alert, outcome.appends.front().revision.record));
  if (op.kind == OpKind::Submit) {
    // Whoever reads the record must be able to say who wrote it.
    Id case_id = outcome.open ? outcome.open->id : facts.object->id;
    DOORSTEP_TRY(unit.note_held(case_id, facts.actor.id));
    DOORSTEP_TRY_ASSIGN(bool listed, unit.listed(facts.actor.id, case_id));
    if (listed) return {};
    DOORSTEP_TRY_ASSIGN(auto reference, unit.head(facts.actor.id));
    if (reference) DOORSTEP_TRY(unit.list_again(reference->record, reference->rev, case_id));
  }
  return {};
}

/// An operation, and its own receipt where it has one.
struct Taken {
  OperationRow row;
  std::optional<wire::Receipt> receipt;
};

/// What an operation's bytes say, and a submission's record.
struct Read {
  Result<wire::Operation> op;
  std::optional<model::ChildRecord> submitted;
};

Read read(Result<wire::Operation> op) {
  Read out{std::move(op), std::nullopt};
  if (out.op && out.op->kind == OpKind::Submit)
    if (auto record = wire::decode<model::ChildRecord>(out.op->body)) out.submitted = std::move(*record);
  return out;
}

/// One operation in one transaction.
Result<Taken> take_in(Repository& repository, const ValidateRecord& validate, const Actor& actor, std::int64_t incarnation,
                      std::int64_t number, const std::string& bytes, const Read& said, const std::string& hash, Instant now) {
  const auto& op = said.op;
  Scope scope{actor.device.id};
  if (op) {
    for (Id id : {op->case_id, body_ids(*op).target})
      if (id) scope.cases.push_back(id);
  }
  DOORSTEP_TRY_ASSIGN(auto unit, repository.write_within(scope));
  DOORSTEP_TRY_ASSIGN(auto before, unit->operation(actor.device.id, incarnation, number));
  if (before) {  // the same request twice at once
    if (before->hash != hash && !base::mutant("key-without-content")) return forked();
    Taken again{std::move(*before), std::nullopt};
    if (op && has_receipt(op->kind, again.row.result) && !base::mutant("receipt-once")) {
      DOORSTEP_TRY_ASSIGN(again.receipt, unit->receipt_of(actor.device.id, incarnation, number));
    }
    return again;
  }
  Taken taken{{actor.device.id, incarnation, bytes, hash, actor.worker.id, now, {}}, std::nullopt};
  OperationRow& row = taken.row;
  AuditRow line{now, actor.worker.id, actor.device.id, "operation", {}, "malformed"};

  // Rights may have gone since the request was admitted: they are asked again in the transaction that uses them.
  DOORSTEP_TRY_ASSIGN(auto worker, unit->worker(actor.worker.id));
  DOORSTEP_TRY_ASSIGN(auto device, unit->device(actor.device.id));
  if (!worker || !device || access_of(*worker, *device) == Access::None) return Error{Fault::Denied, "push.revoked", {}};

  bool erased = false;
  if (op) {
    DOORSTEP_TRY_ASSIGN(erased, names_erased(*unit, *op, said.submitted));
  } else if (const Id record = record_named(bytes)) {
    DOORSTEP_TRY_ASSIGN(erased, unit->erased(record));
  }
  if (!op || op->number != number || op->body.size() > limits::kRecordBytes) {
    row.result = refuse(number, Refusal::Malformed, op ? "number or size" : op.error().detail).result;
  } else {
    DOORSTEP_TRY_ASSIGN(Facts facts, gather(*unit, {*worker, *device}, *op, now));
    facts.erased = erased;
    if (said.submitted) facts.submitted = &*said.submitted;
    Outcome outcome = decide(*op, facts, validate);
    DOORSTEP_TRY(take_effect(*unit, *op, facts, outcome));
    if (base::mutant("effect-apart-from-key")) {
      DOORSTEP_TRY(unit->commit());
      unit.reset();
      DOORSTEP_TRY_ASSIGN(unit, repository.write());
    }
    if (base::mutant("poison-pill") && outcome.result.status == wire::OpStatus::Refused)
      return Error{Fault::Invalid, "push.refused", {}};
    row.result = std::move(outcome.result);
    line.action = model::code(op->kind);
    line.object = op->record;
    line.outcome = row.result.code ? model::code(*row.result.code) : model::code(row.result.status);
  }
  if (erased) row.bytes.clear();  // acknowledged, and not kept: that it came is in the chain's hash
  DOORSTEP_TRY(unit->add_operation(row));
  if (op && has_receipt(op->kind, row.result)) {
    DOORSTEP_TRY_ASSIGN(taken.receipt, unit->add_receipt(actor.device.id, incarnation, {number, hash}, now));
  }
  DOORSTEP_TRY(unit->audit(line));
  if (const auto kept = unit->commit(); !kept && !base::mutant("receipt-before-commit")) return kept.error();
  return taken;
}

/// The chain's hash after `number`; empty when it is not known here.
Result<std::optional<std::string>> known_hash(Unit& unit, Id device, std::int64_t incarnation, std::int64_t number) {
  if (number == 0) return std::optional<std::string>(wire::kChainStart);
  DOORSTEP_TRY_ASSIGN(auto row, unit.operation(device, incarnation, number));
  return row ? std::optional<std::string>(row->hash) : std::nullopt;
}

}  // namespace

Result<Pushed> push(Repository& repository, const ValidateRecord& validate, const Actor& actor, std::int64_t incarnation,
                    const wire::OpsBatch& ops, Instant now, const tls::Signer* signer) {
  Pushed out;
  std::vector<std::function<Read()>> to_read;
  for (const std::string& bytes : ops.items) to_read.push_back([&bytes] { return read(wire::decode<wire::Operation>(bytes)); });
  base::Beside<Read> readings(std::move(to_read));
  std::vector<Read> said;
  said.reserve(ops.items.size());
  const auto tell = [&] {
    for (Read& one : said)
      if (one.op) out.operations.push_back(std::move(*one.op));
  };
  std::string epoch;
  const Id device = actor.device.id;
  std::string hash = ops.prev;
  {
    DOORSTEP_TRY_ASSIGN(auto unit, repository.read());
    DOORSTEP_TRY_ASSIGN(epoch, unit->epoch());
    DOORSTEP_TRY_ASSIGN(out.chain, unit->chain_of(device, incarnation));
    if (ops.items.empty() || (ops.first > out.chain.through + 1 && !base::mutant("gap-taken-in"))) {
      unit.reset();
      for (std::size_t i = 0; i < ops.items.size(); ++i) said.push_back(readings.take(i));
      tell();
      return out;
    }
    DOORSTEP_TRY_ASSIGN(auto before, known_hash(*unit, device, incarnation, ops.first - 1));
    if (before != ops.prev && !base::mutant("key-without-content") && !base::mutant("gap-taken-in")) return forked();
    // The whole batch is compared before any of it is taken in.
    std::int64_t number = ops.first;
    std::string chained = ops.prev;
    for (const std::string& bytes : ops.items) {
      if (number > out.chain.through) break;
      chained = wire::chain_next(chained, bytes);
      DOORSTEP_TRY_ASSIGN(auto known, known_hash(*unit, device, incarnation, number++));
      if (known != chained && !base::mutant("key-without-content")) return forked();
    }
  }
  std::vector<Taken> taken;
  taken.reserve(ops.items.size());
  const auto sign = [signer, &epoch](std::span<Taken> some, std::span<const Read> what) -> Result<void> {
    for (std::size_t i = 0; signer && i < some.size(); ++i)
      if (Taken& one = some[i]; one.receipt) {
        DOORSTEP_TRY_ASSIGN(one.row.result.receipt, sign_receipt(*signer, epoch, one.row, *what[i].op, *one.receipt));
      }
    return {};
  };
  constexpr std::size_t kSignedTogether = 16;
  std::vector<std::future<Result<void>>> signing;  // ends before what it signs
  for (std::size_t i = 0; i < ops.items.size(); ++i) {
    const std::string& bytes = ops.items[i];
    hash = wire::chain_next(hash, bytes);
    said.push_back(readings.take(i));
    DOORSTEP_TRY_ASSIGN(auto one, insist(repository, [&] {
                          return take_in(repository, validate, actor, incarnation, ops.first + static_cast<std::int64_t>(i), bytes,
                                         said.back(), hash, now);
                        }));
    taken.push_back(std::move(one));
    // Beside the next commits; several at a time, as a thread takes as long to begin as one signature. Where none can, here at the end.
    if (taken.size() % kSignedTogether == 0)
      signing.push_back(std::async(std::launch::async | std::launch::deferred, sign, std::span(taken).last(kSignedTogether),
                                   std::span<const Read>(said).last(kSignedTogether)));
  }
  DOORSTEP_TRY(insist(repository, [&]() -> Result<void> {
    DOORSTEP_TRY_ASSIGN(auto unit, repository.write_within({device}));
    DOORSTEP_TRY_ASSIGN(out.chain, unit->chain_of(device, incarnation));
    DOORSTEP_TRY_ASSIGN(out.receipt, unit->add_receipt(device, incarnation, out.chain, now));
    return unit->commit();
  }));
  const std::size_t rest = taken.size() % kSignedTogether;
  DOORSTEP_TRY(sign(std::span(taken).last(rest), std::span<const Read>(said).last(rest)));
  for (auto& part : signing) DOORSTEP_TRY(part.get());
  for (Taken& one : taken) out.results.push_back(std::move(one.row.result));
  tell();
  return out;
}

Result<wire::OpResult> push_unnumbered(Repository& repository, const ValidateRecord& validate, const Actor& actor, wire::Operation op,
                                       Instant now) {
  constexpr std::int64_t kIncarnation = 0;
  for (int tries = 1;; ++tries) {
    DeviceChain chain;
    {
      DOORSTEP_TRY_ASSIGN(auto unit, repository.read());
      DOORSTEP_TRY_ASSIGN(chain, unit->chain_of(actor.device.id, kIncarnation));
    }
    op.number = chain.through + 1;
    const std::string bytes = wire::encode(op), hash = wire::chain_next(chain.hash, bytes);
    auto taken = insist(repository, [&] {
      return take_in(repository, validate, actor, kIncarnation, op.number, bytes, read(op), hash, now);
    });
    if (taken) return std::move(taken->row.result);
    const bool another_took_it = taken.error().where == "push.forked";
    if (!another_took_it || tries == limits::kWriteTries) return taken.error();
  }
}

}  // namespace doorstep::server
