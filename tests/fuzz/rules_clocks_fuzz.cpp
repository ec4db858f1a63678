#include "platform/base/file.h"
#include "platform/base/limits.h"
#include "sync/rules/clocks.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/tree.h"

using namespace doorstep;

namespace {

std::string asset(const char* name) { return *base::read_file(support::assets("rules") / name, limits::kAssetBytes); }

void compute(const rules::Rules& rules, base::Date today) {
  model::Child child;
  for (const auto& [status, code] : model::CodeTable<model::Status>::values) {
    model::Involvement one;
    one.status = status;
    one.started = one.conference = base::date_from_iso("2026-01-31");
    one.plan_every = 10;
    one.plan_unit = "WORKING_DAYS";
    child.involvements.push_back(one);
  }
  for (const rules::Due& due : rules::all_due(child, {}, today, rules)) DOORSTEP_ASSERT(due.on.has_value() != due.unknown.has_value());
}

}  // namespace

// Clocks, calendar, thresholds; what is left out is ours.
FUZZ(rules_clocks) {
  static const std::string kOurs[] = {asset("clocks.json"), asset("calendar.json"), asset("thresholds.json")};
  static const rules::Rules kRules = *rules::parse_rules(kOurs[0], kOurs[1], kOurs[2]);
  const auto given = fuzz::parts(input, 3);
  auto part = [&](std::size_t i) { return i < given.size() && !given[i].empty() ? given[i] : std::string_view(kOurs[i]); };
  const base::Date today = *base::date_from_iso("2026-11-25");
  for (const auto& rules : {rules::parse_rules(part(0), part(1), part(2)), rules::with_local(kRules, part(0))}) {
    if (rules) compute(*rules, today);
    else fuzz::names_a_place(rules.error());
  }
}
