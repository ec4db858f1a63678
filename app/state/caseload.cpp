#include "app/state/caseload.h"

#include <algorithm>

namespace doorstep::state {
namespace {

template <class List, class Key>
auto find(const List& list, Key&& key) -> const typename List::value_type* {
  const auto found = std::find_if(list.begin(), list.end(), key);
  return found == list.end() ? nullptr : &*found;
}

}  // namespace

const model::Family* Caseload::family(const Id& id) const {
  return find(families, [&](const auto& f) { return f.id == id; });
}
const model::Child* Caseload::child(const Id& id) const {
  return find(children, [&](const auto& c) { return c.id == id; });
}
const model::Worker* Caseload::worker(const Id& id) const {
  if (me.id == id) return &me;
  return find(workers, [&](const auto& w) { return w.id == id; });
}
const RecordItem* Caseload::record(const Id& id) const {
  return find(records, [&](const auto& r) { return r.id() == id; });
}
const DraftItem* Caseload::draft(const Id& visit) const {
  return find(drafts, [&](const auto& d) { return d.visit.id == visit; });
}

}  // namespace doorstep::state
