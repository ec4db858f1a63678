#include "sync/server/pull.h"

#include <algorithm>
#include <map>

#include "platform/base/bytes.h"
#include "platform/base/limits.h"
#include "platform/base/mutant.h"
#include "sync/rules/calendar.h"
#include "sync/server/commands.h"
#include "sync/wire/codec.h"

namespace doorstep::server {

namespace {

using base::Error;
using base::Fault;

constexpr std::int64_t kEntryBytes = 400;  ///< of an entry's JSON around its body
constexpr std::int64_t kLogPage = 200;     ///< entries looked at together
constexpr base::Millis kSeenEvery{60'000}; ///< "last seen" of a device is not worth a commit on every request

using Cursors = std::map<Id, wire::Cursor>;

std::vector<wire::Cursor> values(const Cursors& cursors) {
  std::vector<wire::Cursor> out;
  for (const auto& [id, cursor] : cursors) out.push_back(cursor);
  return out;
}

/// Empty: the server does not know this digest.
Result<std::optional<Cursors>> cursors_of(Unit& unit, Id device, const wire::View& view) {
  std::vector<wire::Cursor> list;
  if (view.cases) {
    list = *view.cases;
  } else if (view.digest != wire::view_digest({})) {
    DOORSTEP_TRY_ASSIGN(auto known, unit.view(device, view.digest));
    if (!known) return std::optional<Cursors>();
    list = std::move(known->cursors);
  }
  Cursors out;
  for (wire::Cursor& cursor : list) out[cursor.case_id] = std::move(cursor);
  return std::optional<Cursors>(std::move(out));
}

/// What the device was once told is here and is not, and how far each of those chains goes now.
Result<std::vector<wire::Incarnation>> lost_of(Unit& unit, Id device, const wire::SyncRequest& request) {
  std::vector<wire::Incarnation> out;
  if (!request.earlier) return out;
  for (const wire::Incarnation& told : *request.earlier) {
    if (told.number >= request.incarnation || told.through == 0) continue;
    DOORSTEP_TRY_ASSIGN(auto row, unit.operation(device, told.number, told.through));
    if (row && row->hash == told.hash) continue;
    DOORSTEP_TRY_ASSIGN(DeviceChain chain, unit.chain_of(device, told.number));
    out.push_back({told.number, chain.through, chain.hash});
  }
  return out;
}

/// One reply's worth of entries, counted in bytes.
class Filler {
 public:
  Filler(Unit& unit, std::int64_t budget) : unit_(unit), left_(budget) {}
  bool full() const { return left_ <= 0 && some_; }

  /// Entries of the case after `from`, as many as fit; at least one in a whole reply.
  Result<wire::CasePull> fill(const CaseRow& row, std::int64_t from, const std::string& chain) {
    wire::CasePull out;
    out.case_id = row.id;
    out.from = out.to = from;
    out.chain = chain;
    while (out.to < row.head && !full()) {
      DOORSTEP_TRY_ASSIGN(auto page, unit_.log(row.id, out.to, kLogPage));
      if (page.empty()) return Error{Fault::Corrupt, "pull.log", "a case's log ends before its head"};
      for (const LogRow& entry : page) {
        std::int64_t bytes = entry.bytes + kEntryBytes;
        if (some_ && bytes > left_) {
          left_ = 0;
          break;
        }
        DOORSTEP_TRY_ASSIGN(auto revision, unit_.revision(entry.record, entry.rev));
        if (!revision) return Error{Fault::Corrupt, "pull.log", "a log entry without its revision"};
        if (!base::mutant("entry-skipped") || entry.seq % 4 != 0) out.entries.push_back({entry.seq, std::move(*revision)});
        out.to = entry.seq;
        out.chain = entry.chain;
        left_ -= bytes;
        some_ = true;
      }
    }
    out.complete = out.to == row.head;
    return out;
  }

 private:
  Unit& unit_;
  std::int64_t left_;
  bool some_ = false;
};

/// Of a client that knows nothing of erasure: the cases where something was erased that it has not passed by. It could not read on,
/// and would keep what it has of them.
Result<bool> withhold_erased(Unit& unit, std::vector<CaseRow>& cases, const Cursors& held) {
  DOORSTEP_TRY_ASSIGN(const auto erased, unit.erased_through());
  const auto gone = std::erase_if(cases, [&](const CaseRow& row) {
    const auto last = erased.find(row.id);
    const auto cursor = held.find(row.id);
    return last != erased.end() && last->second > (cursor == held.end() ? 0 : cursor->second.seq);
  });
  return gone > 0;
}

/// Compares what the device says that it holds with the logs of its worker's cases.
Result<void> compare(Unit& unit, const Actor& actor, const wire::SyncRequest& request, Instant now, Pulled& out, Cursors& held,
                     Cursors& offered) {
  DOORSTEP_TRY_ASSIGN(auto cursors, cursors_of(unit, actor.device.id, request.view));
  if (!cursors) {
    out.need_view = true;
    return {};
  }
  held = std::move(*cursors);
  offered = held;
  DOORSTEP_TRY_ASSIGN(auto cases, unit.cases_of(actor.worker, rules::uk_date(now)));
  if (!request.erased.value_or(false)) {
    DOORSTEP_TRY_ASSIGN(out.withheld, withhold_erased(unit, cases, held));
  }
  for (const auto& [id, cursor] : held)
    if (!base::mutant("revocation-untold") && !(out.withheld && id == actor.worker.id) &&  // its own drafts stay with whoever wrote them
        !std::ranges::binary_search(cases, id, {}, &CaseRow::id)) out.drop.push_back(id);
  // The worker's own drafts first, then what is new in known cases, then new cases.
  std::stable_sort(cases.begin(), cases.end(), [&](const CaseRow& a, const CaseRow& b) {
    auto rank = [&](const CaseRow& row) { return row.owner ? 0 : held.contains(row.id) ? 1 : 2; };
    return rank(a) < rank(b);
  });
  std::int64_t budget = request.budget > 0 ? request.budget : static_cast<std::int64_t>(limits::kPullBytes);
  Filler filler(unit, std::min(budget, static_cast<std::int64_t>(limits::kPullBytes)));
  for (const CaseRow& row : cases) {
    wire::Cursor from{row.id, 0, wire::kChainStart};
    bool diverged = false;
    if (auto found = held.find(row.id); found != held.end()) {
      std::optional<std::string> chain = row.chain;  // most cases did not change: their row is enough
      if (found->second.seq != row.head) {
        DOORSTEP_TRY_ASSIGN(chain, unit.chain_at(row.id, found->second.seq));
      }
      diverged = !chain || (*chain != found->second.chain && !base::mutant("number-without-chain"));
      if (base::mutant("regression-unseen")) diverged = false;
      if (!diverged) from = found->second;
    }
    if (base::mutant("grant-from-now-on") && !held.contains(row.id)) from = {row.id, row.head, row.chain};
    if (from.seq == row.head && !diverged) continue;
    if (filler.full()) {
      out.more = true;
      break;
    }
    DOORSTEP_TRY_ASSIGN(auto part, filler.fill(row, from.seq, from.chain));
    if (diverged) part.diverged = true;
    out.more = out.more || !part.complete;
    if (part.entries.empty() && !diverged) break;  // the next entry did not fit: the device will hold nothing of a case it did not hold
    offered[row.id] = {row.id, part.to, part.chain};
    out.cases.push_back(std::move(part));
  }
  return {};
}

}  // namespace

Result<void> check_asked(const wire::SyncRequest& request) {
  const wire::View& view = request.view;
  if (view.cases && view.cases->size() > limits::kCasesPerView) return Error{Fault::Invalid, "view.cases", "too many cases"};
  if (view.cases && wire::view_digest(*view.cases) != view.digest)
    return Error{Fault::Invalid, "view.digest", "not the digest of its cases"};
  if (!base::from_hex(view.digest)) return Error{Fault::Invalid, "view.digest", "not a digest"};
  if (request.earlier && request.earlier->size() > wire::kEarlierIncarnations)
    return Error{Fault::Invalid, "earlier", "too many incarnations"};
  if (request.purged.size() > limits::kCasesPerView) return Error{Fault::Invalid, "purged", "too many cases"};
  return {};
}

Actor reader_of(Actor actor, Instant now) {
  actor.worker.disabled = actor.worker.disabled || is_to_be_wiped(actor.device, now);
  return actor;
}

Result<Pulled> pull(Repository& repository, const Actor& asking, const wire::SyncRequest& request, Instant now) {
  Pulled out;
  Actor actor;
  Cursors held, offered;
  std::string stamp;
  std::optional<std::string> settled;  ///< the stamp of this view, when it is known
  bool compared = true;
  {
    DOORSTEP_TRY_ASSIGN(auto unit, repository.read());
    DOORSTEP_TRY_ASSIGN(const auto worker, unit->worker(asking.worker.id));
    DOORSTEP_TRY_ASSIGN(const auto device, unit->device(asking.device.id));
    const Error revoked{Fault::Denied, "pull.revoked", {}};
    if (!worker || !device) return revoked;
    if (access_of(*worker, *device) == Access::None && !base::mutant("revoked-tablet-reads")) return revoked;
    actor = reader_of({*worker, *device}, now);
    out.drained = !actor.worker.usable();
    DOORSTEP_TRY_ASSIGN(out.epoch, unit->epoch());
    DOORSTEP_TRY_ASSIGN(out.lost, lost_of(*unit, actor.device.id, request));
    DOORSTEP_TRY_ASSIGN(out.awaited, unit->blobs_awaited(actor.worker.id, actor.device.id, limits::kBlobsNeeded));
    DOORSTEP_TRY_ASSIGN(stamp, unit->stamp_of(actor.worker, rules::uk_date(now)));
    DOORSTEP_TRY_ASSIGN(settled, unit->view_stamp(actor.device.id, request.view.digest));
    compared = settled != stamp || request.view.cases;  // else it lacked nothing, and since then nothing changed
    if (compared) DOORSTEP_TRY(compare(*unit, actor, request, now, out, held, offered));
  }

  bool seen_lately = actor.device.seen_at && now - *actor.device.seen_at < kSeenEvery && *actor.device.seen_at <= now;
  const bool all_offered = out.drop.empty() && !out.more && !out.withheld;
  const std::string lacks_nothing = all_offered ? stamp : std::string();  // once it has all that is offered
  const bool remember = compared && !out.need_view && (!out.cases.empty() || settled != lacks_nothing);
  if (!remember && request.purged.empty() && seen_lately) return out;
  DOORSTEP_TRY(insist(repository, [&]() -> Result<void> {
    DOORSTEP_TRY_ASSIGN(auto unit, repository.write_within({actor.device.id}));
    for (const wire::CasePull& part : out.cases) {
      DOORSTEP_TRY(unit->note_held(part.case_id, actor.worker.id));
      DOORSTEP_TRY(unit->audit({now, actor.worker.id, actor.device.id, "read", part.case_id, "applied"}));
    }
    for (Id id : request.purged) DOORSTEP_TRY(unit->note_purged(actor.device.id, id, now));
    if (remember) {
      ViewRow acknowledged{wire::view_digest(values(held)), values(base::mutant("reply-taken-for-granted") ? offered : held)};
      const ViewRow offer{wire::view_digest(values(offered)), values(offered), lacks_nothing};
      if (acknowledged.digest == offer.digest) acknowledged.stamp = lacks_nothing;
      DOORSTEP_TRY(unit->put_views(actor.device.id, acknowledged, offer));
    }
    if (!seen_lately) {
      DOORSTEP_TRY_ASSIGN(auto device, unit->device(actor.device.id));
      if (device) {
        device->seen_at = now;
        DOORSTEP_TRY(unit->put_device(*device));
      }
    }
    return unit->commit();
  }));
  return out;
}

}  // namespace doorstep::server
