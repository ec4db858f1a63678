#include "app/state/submit.h"

#include "sync/model/visit.h"

namespace doorstep::state {

std::vector<model::ChildRecord> records_of(const Submit& submit, base::Instant at) {
  std::vector<model::ChildRecord> out;
  for (const auto& part : submit.visit.children) {
    if (!part.skip_reason.empty()) continue;
    auto id = submit.record_ids.find(part.id);
    out.push_back(model::record_of(submit.visit, part, id == submit.record_ids.end() ? base::Id() : id->second, at));
  }
  return out;
}

}  // namespace doorstep::state
