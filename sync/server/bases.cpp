#include "sync/server/bases.h"

#include <set>

#include "platform/base/bytes.h"
#include "sync/server/authorise.h"

namespace doorstep::server {
namespace {

using base::Error;
using base::Fault;
using model::RecordKind;

/// The logs of cases that list such a record hold all of its revisions. A family's, listed for one more child, begins later.
bool whole_in_its_log(RecordKind kind) { return kind == RecordKind::Visit || kind == RecordKind::ChildRecord; }

wire::Base base_of(Id case_id, model::Revision revision) {
  return {case_id, revision.record, revision.kind, revision.rev, std::move(revision.hash), std::move(revision.body)};
}

}  // namespace

Result<std::vector<wire::Base>> bases_of(Unit& unit, const Actor& actor, const std::vector<wire::BaseName>& names, Date today) {
  const Error unknown{Fault::NotFound, "bases", "not known here"};
  std::vector<wire::Base> out;
  Id readable;
  std::size_t bytes = 0;
  for (const wire::BaseName& name : names) {
    if (name.case_id != readable) {
      DOORSTEP_TRY_ASSIGN(auto row, unit.case_row(name.case_id));
      if (!row || !entitled(actor.worker, *row, today)) return unknown;
      readable = name.case_id;
    }
    DOORSTEP_TRY_ASSIGN(auto records, unit.listed_between(name.first(), name.last(), name.case_id));
    if (records.size() != 1) return unknown;
    DOORSTEP_TRY_ASSIGN(auto revision, unit.revision(records.front(), name.rev));
    if (!revision || !whole_in_its_log(revision->kind) || revision->body.empty()) return unknown;
    bytes += revision->body.size();
    if (bytes > wire::kBaseBytes) return unknown;
    out.push_back(base_of(name.case_id, std::move(*revision)));
  }
  return out;
}

Result<std::vector<wire::Base>> bases_held(Unit& unit, const std::vector<wire::CasePull>& cases,
                                           const std::vector<wire::Operation>& said) {
  std::set<std::string> said_hashes;
  for (const wire::Operation& op : said) said_hashes.insert(base::sha256_hex(op.body));
  std::vector<wire::Base> out;
  for (const wire::CasePull& pull : cases) {
    if (pull.from == 0 || pull.diverged.value_or(false)) continue;
    std::set<Id> seen;  // the earlier of two is in the message itself
    for (const wire::LogEntry& entry : pull.entries) {
      const model::Revision& now = entry.revision;
      if (!seen.insert(now.record).second || now.rev == 1 || !whole_in_its_log(now.kind) || said_hashes.contains(now.hash)) continue;
      if (out.size() == wire::kBasesPerMessage) return out;
      DOORSTEP_TRY_ASSIGN(auto before, unit.revision(now.record, now.rev - 1));
      if (before && !before->body.empty()) out.push_back(base_of(pull.case_id, std::move(*before)));
    }
  }
  return wire::within_limits(std::move(out));
}

}  // namespace doorstep::server
