#include "platform/base/bytes.h"
#include "sync/merge/diff3.h"
#include "tests/fuzz/fuzz.h"

using namespace doorstep;

namespace {

std::string joined(const merge::Tokens& tokens) {
  std::string out;
  for (const auto token : tokens) out += token;
  return out;
}

}  // namespace

FUZZ(merge_text) {
  const auto given = fuzz::parts(input, 3);
  if (given.size() < 3) return;
  const std::string_view base = given[0], mine = given[1], theirs = given[2];
  DOORSTEP_ASSERT(joined(merge::paragraphs(base)) == base && joined(merge::words(base)) == base);
  DOORSTEP_ASSERT(merge::merge_text(base, mine, mine) == mine);
  DOORSTEP_ASSERT(merge::merge_text(base, mine, base) == mine);
  DOORSTEP_ASSERT(merge::merge_text(base, base, theirs) == theirs);
  const auto merged = merge::merge_text(base, mine, theirs), other_way = merge::merge_text(base, theirs, mine);
  DOORSTEP_ASSERT(merged == other_way);
  if (merged && base::is_utf8(base) && base::is_utf8(mine) && base::is_utf8(theirs)) DOORSTEP_ASSERT(base::is_utf8(*merged));

  std::string before, after;
  for (const auto& span : merge::text_changes(mine, theirs)) {
    if (span.kind != merge::TextSpan::Kind::Added) before += span.text;
    if (span.kind != merge::TextSpan::Kind::Removed) after += span.text;
  }
  DOORSTEP_ASSERT(before == mine && after == theirs);

  std::string all_base, all_mine, all_theirs;
  for (const auto& chunk : merge::diff3(merge::words(base), merge::words(mine), merge::words(theirs))) {
    all_base += joined(chunk.base);
    all_mine += joined(chunk.mine);
    all_theirs += joined(chunk.theirs);
  }
  DOORSTEP_ASSERT(all_base == base && all_mine == mine && all_theirs == theirs);
}
