#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sync/model/records.h"
#include "sync/rules/calendar.h"

/// Statutory and local clocks (domain.md section 2), from assets/rules. Pure: `today` is a parameter.
namespace doorstep::rules {

using base::Id;

enum class Authority { Law, Guidance, Local, Plan };  ///< Plan: the child's own plan is stricter than the rule

/// One stretch of a rule: from the day before it ended, visits are due every `every`.
struct Interval {
  Span every;
  std::optional<Span> until_age;   ///< while less than this has passed since the trigger; empty: no such end
  bool until_first_review = false; ///< while the first review has not been held
  std::optional<bool> to_last_to_18;  ///< only for placements of which this is said
};

/// {id, status, trigger, first, interval, until, counting, counts_if, authority, valid_from} of domain.md section 2.
struct ClockRule {
  std::string id;
  std::string label;                   ///< "Child protection visit"
  std::string source;                  ///< "Care Planning Regulations 2010, reg 28(2)"
  model::Status status{};
  std::vector<std::string> placements; ///< only for these; empty: for any, save those another rule of the same group takes
  std::vector<std::string> legal;      ///< only for these legal statuses; empty: any
  std::string group;                   ///< among the rules of a group, the first in the file that applies is used
  bool needs_agreement = false;        ///< CLA 28(3A): only while the child's agreement stands
  std::optional<Span> after;           ///< only when the trigger is at least this long ago
  std::string trigger;                 ///< started, referral, strategy, conference
  std::optional<Span> first;
  std::vector<Interval> intervals;     ///< the first that applies; empty: a single deadline
  std::string met_by;                  ///< a deadline's end: ended, conference, first_review; empty: a visit
  Counting counting = Counting::Day0;
  std::vector<std::string> counts_if;  ///< child_seen, in_person, alone, adopter_seen: what a visit must have to count
  Authority authority{};
  Date valid_from{};
};

struct Level {
  std::string code;
  int order = 0;
  std::string label;
  std::string definition;  ///< plain words, shown offline
  std::string legal_basis;
};

/// A council's threshold document and risk scale. Levels of different sets are never compared.
struct Thresholds {
  std::string set_id, version, title;
  Date valid_from{};
  std::vector<Level> levels;
  std::vector<Level> risk;
  /// What Risk::threshold_set holds: "birmingham-rsrt/2015".
  std::string key() const { return set_id + "/" + version; }
};

struct Rules {
  std::string version;
  std::vector<ClockRule> clocks;
  Calendar calendar;
  Thresholds thresholds;
};

Result<Thresholds> parse_thresholds(std::string_view json);
/// All three files of assets/rules. Fault::Invalid names the place.
Result<Rules> parse_rules(std::string_view clocks_json, std::string_view calendar_json, std::string_view thresholds_json);
/// The same rules in another language: `json` has, by the English name, definition or legal basis, what is said for it. What is not there
/// stays English. Fault::Invalid: not texts by texts.
Result<Rules> in_words(Rules rules, std::string_view json);
/// `base` with a council's own clocks: same id replaces, others are added. LAW may be tightened, never loosened or removed:
/// Fault::Denied names the rule.
Result<Rules> with_local(const Rules& base, std::string_view clocks_json);

/// A visit as the clocks see it.
struct PastVisit {
  Date on{};
  bool child_seen = false;
  bool in_person = true;       ///< a virtual visit does not satisfy a rule unless the rule leaves in_person out
  bool alone = false;
  bool adopter_seen = false;
  bool agreement_withdrawn = false;  ///< the child no longer agrees to fewer visits (CLA 28(3A))
};
/// From a record that was submitted (approval is timed separately). Empty for a visit that never counts: no access, refused,
/// cancelled, abandoned, or without a start.
std::optional<PastVisit> past_visit(const model::ChildRecord& record);

/// Why nobody can say when something is due: no day to count from; working days beyond the calendar; the plan, which says nothing.
enum class Unknown { NoStart, Calendar, Plan };

struct Due {
  std::string rule;         ///< rule id
  std::string label;        ///< empty: of the child's own plan, which no rule names
  std::string source;
  Authority authority{};
  bool visit = true;        ///< false: a deadline that a visit does not meet (assessment, conference)
  std::optional<Date> on;   ///< empty: not known
  int overdue_days = 0;     ///< calendar days past `on`; 0 when not overdue
  int days_left = 0;        ///< calendar days until `on`; 0 when overdue or today
  std::optional<Unknown> unknown;  ///< why `on` is empty
};

/// Every clock that applies, most pressing first: overdue (longest first), not known, then by date. The imported last_seen
/// counts as a visit. Ended involvements have none.
std::vector<Due> all_due(const model::Child& child, std::span<const PastVisit> visits, Date today, const Rules& rules);
/// The most pressing one; empty when no clock applies.
std::optional<Due> due(const model::Child& child, std::span<const PastVisit> visits, Date today, const Rules& rules);

/// Plan steps open now: the imported ones and, in order of visit, what newer submitted or approved records (and the steps
/// their reviewers directed) said. A closed step leaves; "not discussed" and missed ones stay, their status cleared.
std::vector<model::PlanStep> open_steps(const model::Child& child, std::span<const model::ChildRecord* const> records,
                                        std::span<const model::Decision* const> decisions = {});
/// The earliest first, those without a day last.
std::vector<model::PlanStep> by_day(std::vector<model::PlanStep> steps);
/// Those that a family may be given to read: still open, and with words; by day.
std::vector<model::PlanStep> for_family(std::vector<model::PlanStep> steps);
/// The same of what one child's part of a visit says; none where the child was left out of it.
std::vector<model::PlanStep> for_family(const model::ChildPart& part);

}  // namespace doorstep::rules
