#include <boost/json.hpp>

#include "sync/merge/merge.h"
#include "sync/wire/codec.h"
#include "tests/fuzz/fuzz.h"

using namespace doorstep;
namespace json = boost::json;

namespace {

const json::value* member(const json::value& document, std::string_view key) {
  return document.is_object() ? document.get_object().if_contains(key) : nullptr;
}

// Settles every conflict in the order they stand. Each choice takes one away; what is settled can be read again.
void settle_all(json::value document, merge::Choice::Keep keep) {
  for (auto open = merge::conflicts_of(document); !open->empty(); open = merge::conflicts_of(document)) {
    auto settled = merge::settle(document, open->front().path, {keep, "said again"});
    if (!settled) {
      fuzz::names_a_place(settled.error());
      settled = merge::settle(document, open->front().path, {merge::Choice::Keep::Theirs, {}});  // always works
    }
    const auto left = merge::conflicts_of(*settled);
    DOORSTEP_ASSERT(left.has_value() && left->size() == open->size() - 1);
    document = std::move(*settled);
  }
  DOORSTEP_ASSERT(merge::settle(document, "a", {}).error().fault == base::Fault::NotFound);
}

}  // namespace

// '1' for one author or '2' for two, then base, mine and theirs.
FUZZ(merge_documents) {
  const bool one_author = fuzz::first(input) == '1';
  json::value documents[3];
  const auto given = fuzz::parts(input, 3);
  if (given.size() < 3) return;
  bool gone = false, open = false;
  for (std::size_t i = 0; i < 3; ++i) {
    auto parsed = wire::parse_json(given[i]);
    if (!parsed) return;
    documents[i] = std::move(*parsed);
    if (!merge::conflicts_of(documents[i])) return;
    gone = gone || member(documents[i], "discarded");
    open = open || member(documents[i], merge::kConflicts);
  }
  const auto& [base, mine, theirs] = documents;
  const auto options = merge::record_options("w1", one_author ? "w1" : "w2");
  const auto merged = merge::merge(base, mine, theirs, options);

  const auto conflicts = merge::conflicts_of(merged.document);
  DOORSTEP_ASSERT(conflicts.has_value());
  if (merged.document.is_object()) DOORSTEP_ASSERT(conflicts->size() >= merged.conflicts.size());
  DOORSTEP_ASSERT(merge::merge(base, mine, mine, options).document == mine || open);
  if (!gone && !open) {
    DOORSTEP_ASSERT(merge::merge(base, base, theirs, options).document == theirs);
    DOORSTEP_ASSERT(merge::merge(base, mine, base, options).document == mine);
  }
  using Keep = merge::Choice::Keep;
  for (const Keep keep : {Keep::Mine, Keep::Theirs, Keep::Both, Keep::Custom}) settle_all(merged.document, keep);
  for (const auto& difference : merge::differences(mine, theirs)) DOORSTEP_ASSERT(difference.before != difference.after);
  DOORSTEP_ASSERT(merge::differences(mine, mine).empty());
}
