#include "sync/server/erase.h"

#include <algorithm>
#include <map>
#include <set>

#include "platform/base/bytes.h"
#include "platform/base/mutant.h"
#include "sync/server/named.h"
#include "sync/wire/codec.h"

namespace doorstep::server {

namespace {

using base::Error;
using base::Fault;
using model::RecordKind;
using model::Revision;
using model::State;

constexpr std::int64_t kLogPage = 200;

Error denied(std::string why) { return {Fault::Denied, "erase", std::move(why)}; }

/// A case's newest entries of each record, in the order of their first.
Result<std::vector<Revision>> newest_in(Unit& unit, Id case_id) {
  std::vector<Id> order;
  std::set<Id> seen;
  for (std::int64_t after = 0;;) {
    DOORSTEP_TRY_ASSIGN(const auto page, unit.log(case_id, after, kLogPage));
    if (page.empty()) break;
    for (const LogRow& entry : page)
      if (seen.insert(entry.record).second) order.push_back(entry.record);
    after = page.back().seq;
  }
  std::vector<Revision> out;
  for (Id record : order) {
    DOORSTEP_TRY_ASSIGN(auto head, unit.head(record));
    if (head) out.push_back(std::move(*head));
  }
  return out;
}

/// The record that a decision, an addendum or a disposition is about.
Id about(const Revision& revision) {
  switch (revision.kind) {
    case RecordKind::Decision: {
      const auto body = wire::decode<model::Decision>(revision.body);
      return body ? body->on.record : Id();
    }
    case RecordKind::Addendum: {
      const auto body = wire::decode<model::Addendum>(revision.body);
      return body ? body->record : Id();
    }
    case RecordKind::Disposition: {
      const auto body = wire::decode<model::Disposition>(revision.body);
      return body ? body->record : Id();
    }
    default: return {};
  }
}

/// What holds words of one child's record.
struct Holders {
  std::vector<Id> records;             ///< it, what stands beside it, and the drafts it was written in
  std::set<Id> never_taken;            ///< drafts of it, and records it was submitted as, that no version was taken of; one may come yet
  std::set<Id> parts;                  ///< erased_part() of each draft it was written in
  std::optional<Revision> open_draft;  ///< one of `records` that somebody is still writing
};

class Gatherer {
 public:
  Gatherer(Unit& unit, Id record) : unit_(unit), record_(record) {}

  Result<Holders> run() {
    out_.records = {record_};
    DOORSTEP_TRY_ASSIGN(history_, unit_.history(record_));
    DOORSTEP_TRY_ASSIGN(cases_, unit_.cases_listing(record_));
    for (Id id : cases_) DOORSTEP_TRY(look_in(id));
    DOORSTEP_TRY(drafts());
    DOORSTEP_TRY(refused());
    return std::move(out_);
  }

 private:
  void note(Id id) {
    if (std::find(out_.records.begin(), out_.records.end(), id) == out_.records.end()) out_.records.push_back(id);
  }

  Result<void> look_in(Id case_id) {
    DOORSTEP_TRY_ASSIGN(const auto row, unit_.case_row(case_id));
    DOORSTEP_TRY_ASSIGN(const auto newest, newest_in(unit_, case_id));
    for (const Revision& revision : newest)
      if (about(revision) == record_) note(revision.record);
    if (!row || (!row->provisional && !row->alias_of)) return {};
    DOORSTEP_TRY_ASSIGN(const auto child, unit_.revision(case_id, 1));
    if (!child || child->kind != RecordKind::Child || !child->author) return {};
    // The name the case was opened with is needed while the child has another record; a matched child has a name of its own, and then
    // while the record is there that opened it. With the last of these it goes, whichever was erased first.
    for (const Revision& revision : newest) {
      if (revision.kind != RecordKind::ChildRecord || revision.record == record_ || revision.body.empty()) continue;
      if (!row->alias_of) return {};
      DOORSTEP_TRY_ASSIGN(const auto first, unit_.revision(revision.record, 1));
      if (first && first->author == child->author && first->at == child->at) return {};
    }
    note(case_id);
    return {};
  }

  Result<void> drafts() {
    std::set<Id> visits;
    for (const Revision& revision : history_)
      if (const auto body = wire::decode<model::ChildRecord>(revision.body); body && body->visit) {
        visits.insert(body->visit);
        out_.parts.insert(erased_part(body->visit, body->part.id));
      }
    std::vector<Revision> others;  // whose newest version says nothing of it: an earlier one may
    DOORSTEP_TRY(unit_.heads(RecordKind::Visit, [&](const RecordHead& head) -> Result<void> {
      const Revision& revision = head.revision;
      if (revision.body.empty()) return {};
      if (visits.contains(revision.record) || rewrites(revision.body)) {
        add_draft(revision);
      } else if (revision.rev > 1) {
        DOORSTEP_TRY_ASSIGN(const bool began, may_have_begun(revision.author));
        if (began) others.push_back(revision);
      }
      return {};
    }));
    for (const Revision& revision : others) {
      DOORSTEP_TRY_ASSIGN(const auto versions, unit_.history(revision.record));
      const bool once = std::any_of(versions.begin(), versions.end(), [this](const Revision& version) { return rewrites(version.body); });
      if (once) add_draft(revision);
    }
    for (Id visit : visits) {
      DOORSTEP_TRY_ASSIGN(const bool used, unit_.id_in_use(visit));
      if (!used) out_.never_taken.insert(visit);
    }
    return {};
  }

  /// To write it anew one must have read it, whatever became of that.
  Result<bool> may_have_begun(Id worker) {
    if (const auto known = readers_.find(worker); known != readers_.end()) return known->second;
    bool& read = readers_[worker];
    for (Id id : cases_) {
      DOORSTEP_TRY_ASSIGN(const bool held, unit_.held_before(id, worker));
      read = read || held;
    }
    return read;
  }

  /// A submission that was refused goes back into its draft, and is made again under another id.
  Result<void> refused() {
    return unit_.refused([&](const wire::Operation& op) -> Result<void> {
      const auto said = op.kind == wire::OpKind::Submit ? part_named(op.body) : DraftPart();
      const bool submitted = said.visit && out_.parts.contains(erased_part(said.visit, said.child));
      if (!submitted && !(op.kind == wire::OpKind::Put && rewrites(op.body))) return {};
      DOORSTEP_TRY_ASSIGN(const bool used, unit_.id_in_use(op.record));
      if (!used) out_.never_taken.insert(op.record);
      return {};
    });
  }

  bool rewrites(std::string_view draft) const {
    const auto records = rewritten_named(draft);
    return std::find(records.begin(), records.end(), record_) != records.end();
  }
  void add_draft(const Revision& newest) {
    note(newest.record);
    const auto visit = wire::decode<model::Visit>(newest.body);
    if (!visit || !visit->discarded.value_or(false)) out_.open_draft = newest;
  }

  Unit& unit_;
  const Id record_;
  std::vector<Revision> history_;
  std::vector<Id> cases_;         ///< that list it
  std::map<Id, bool> readers_;    ///< of those asked about: whether they held one of these
  Holders out_;
};

Result<WorkerRow> person(Unit& unit, Id record, const std::string& ref) {
  DOORSTEP_TRY_ASSIGN(auto worker, unit.worker_by_ref(ref));
  if (!worker) return Error{Fault::NotFound, "erase", "no worker has the reference " + ref + "; write the worker_ref of the extract"};
  if (!worker->usable()) return denied(ref + " has left, or has no access any more");
  DOORSTEP_TRY_ASSIGN(const auto wrote, unit.contributors(record));
  if (std::find(wrote.begin(), wrote.end(), worker->id) != wrote.end())
    return denied(ref + " wrote in it: an erasure is ordered and confirmed by two who did not");
  return std::move(*worker);
}

/// Whether the record may be erased now, and with what.
Result<Holders> erasable(Unit& unit, const Revision& head) {
  if (head.state == State::Submitted)
    return denied("it waits for a supervisor: approve or return it first, so that nobody decides on what is gone");
  DOORSTEP_TRY_ASSIGN(Holders holders, Gatherer(unit, head.record).run());
  if (!holders.open_draft) return holders;
  DOORSTEP_TRY_ASSIGN(const auto writer, unit.worker(holders.open_draft->author));
  return denied("a draft that holds its words is open" + (writer ? " with " + writer->external_ref : std::string()) +
                ": it must be submitted or thrown away, and the tablet must have synced since");
}

Result<Revision> record_of(Unit& unit, Id record) {
  DOORSTEP_TRY_ASSIGN(auto head, unit.head(record));
  if (!head || head->kind != RecordKind::ChildRecord)
    return Error{Fault::NotFound, "erase", "no such record: write the id of a child's record, as the export names its page"};
  return std::move(*head);
}

/// A last version that says nothing follows what was erased, so that every tablet hears of it.
Result<void> tell_of(Unit& unit, Id record, Id by, Instant now) {
  DOORSTEP_TRY_ASSIGN(const auto head, unit.head(record));
  if (!head || base::mutant("erasure-untold")) return {};
  std::vector<Id> cases;
  DOORSTEP_TRY_ASSIGN(const auto listing, unit.cases_listing(record));
  for (Id id : listing) {
    DOORSTEP_TRY_ASSIGN(const auto row, unit.case_row(id));
    if (row && !row->alias_of) cases.push_back(id);
  }
  Revision last;
  last.record = record;
  last.rev = head->rev + 1;
  last.kind = head->kind;
  last.at = now;
  last.hash = base::sha256_hex("");
  DOORSTEP_TRY(unit.append(last, cases));
  return unit.audit({now, by, {}, "erase", record, "applied"});
}

/// Photos that nothing else names. How many went.
Result<std::int64_t> erase_photos(Unit& unit, Id record) {
  std::int64_t gone = 0;
  DOORSTEP_TRY_ASSIGN(const auto blobs, unit.blobs_of(record));
  for (const BlobRow& blob : blobs) {
    DOORSTEP_TRY(unit.drop_reference(record, blob.id));
    DOORSTEP_TRY_ASSIGN(const auto others, unit.references(blob.id));
    if (!others.empty()) continue;
    DOORSTEP_TRY(unit.drop_blob(blob.id));
    ++gone;
  }
  return gone;
}

Result<ErasureReport> erase_in_database(Repository& repository, Id record, const std::string& by, Instant now) {
  DOORSTEP_TRY_ASSIGN(auto unit, repository.write());
  ErasureReport report;
  DOORSTEP_TRY_ASSIGN(const auto head, record_of(*unit, record));
  DOORSTEP_TRY_ASSIGN(const bool before, unit->erased(record));
  if (before) return report;
  DOORSTEP_TRY_ASSIGN(const auto order, unit->erasure_order(record));
  if (!order) return Error{Fault::NotFound, "erase", "nobody ordered it: that is done with --reason, by another person"};
  DOORSTEP_TRY_ASSIGN(const auto worker, person(*unit, record, by));
  if (worker.id == order->by) return denied(by + " ordered it: another person confirms");
  if (now - order->at > kErasureOrderLife) return denied("the order is older than 30 days: order it again");
  DOORSTEP_TRY_ASSIGN(const Holders holders, erasable(*unit, head));
  std::vector<Id> all = holders.records;
  all.insert(all.end(), holders.never_taken.begin(), holders.never_taken.end());
  all.insert(all.end(), holders.parts.begin(), holders.parts.end());
  std::vector<Id> left;
  for (Id id : all) {
    DOORSTEP_TRY_ASSIGN(const bool gone, unit->erased(id));  // a draft of several children, with another's record
    if (!gone) left.push_back(id);
  }
  DOORSTEP_TRY(unit->erase(left, record, worker.id, now));
  for (Id id : holders.records) {
    if (std::find(left.begin(), left.end(), id) == left.end()) continue;
    DOORSTEP_TRY_ASSIGN(const std::int64_t photos, erase_photos(*unit, id));
    DOORSTEP_TRY(tell_of(*unit, id, worker.id, now));
    report.photos += photos;
    ++report.records;
  }
  DOORSTEP_TRY(unit->commit());
  return report;
}

}  // namespace

Id erased_part(Id visit, Id child) { return Id::from_name("part of a draft:" + visit.str() + child.str()); }

Result<void> order_erasure(Repository& repository, Id record, const std::string& by, const std::string& reason, Instant now) {
  if (reason.find_first_not_of(" \t\n") == reason.npos) return Error{Fault::Invalid, "erase", "say why, with --reason"};
  return insist(repository, [&]() -> Result<void> {
    DOORSTEP_TRY_ASSIGN(auto unit, repository.write());
    DOORSTEP_TRY_ASSIGN(const auto head, record_of(*unit, record));
    DOORSTEP_TRY_ASSIGN(const bool before, unit->erased(record));
    if (before) return Error{Fault::Conflict, "erase", "it is erased already"};
    DOORSTEP_TRY_ASSIGN(const auto worker, person(*unit, record, by));
    DOORSTEP_TRY(erasable(*unit, head));
    DOORSTEP_TRY(unit->put_erasure_order({record, worker.id, now, reason}));
    DOORSTEP_TRY(unit->audit({now, worker.id, {}, "erase-order", record, "applied"}));
    return unit->commit();
  });
}

Result<ErasureReport> confirm_erasure(Repository& repository, const BlobFolder& blobs, Id record, const std::string& by, Instant now) {
  DOORSTEP_TRY_ASSIGN(const ErasureReport report, insist(repository, [&] { return erase_in_database(repository, record, by, now); }));
  DOORSTEP_TRY(remove_loose_files(repository, blobs));
  for (int tries = 1;; ++tries) {
    const auto scrubbed = repository.scrub();
    if (scrubbed) return report;
    if (scrubbed.error().fault != Fault::Timeout) return scrubbed.error();
    if (tries == limits::kWriteTries)
      return Error{Fault::Timeout, "erase", "it is erased, but the database's log still holds it while somebody reads: confirm it again"};
  }
}

}  // namespace doorstep::server
