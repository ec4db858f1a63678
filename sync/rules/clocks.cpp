#include "sync/rules/clocks.h"

#include "sync/model/visit.h"

namespace doorstep::rules {
namespace {

using model::Child;
using model::Involvement;

std::optional<Date> trigger_of(const Involvement& involvement, const std::string& trigger) {
  if (trigger == "referral") return involvement.referral;
  if (trigger == "strategy") return involvement.strategy;
  if (trigger == "conference") return involvement.conference;
  return involvement.started;
}

bool contains(const std::vector<std::string>& list, const std::string& what) {
  return std::find(list.begin(), list.end(), what) != list.end();
}

bool counts(const ClockRule& rule, const PastVisit& visit) {
  return (!contains(rule.counts_if, "child_seen") || visit.child_seen) &&
         (!contains(rule.counts_if, "in_person") || visit.in_person) && (!contains(rule.counts_if, "alone") || visit.alone) &&
         (!contains(rule.counts_if, "adopter_seen") || visit.adopter_seen);
}

/// The child's agreement to fewer visits stands: given, and no later visit heard it withdrawn.
bool agrees(const Involvement& involvement, std::span<const PastVisit> visits) {
  if (!involvement.longterm_agreed) return false;
  return std::none_of(visits.begin(), visits.end(),
                      [&](const PastVisit& v) { return v.agreement_withdrawn && v.on >= *involvement.longterm_agreed; });
}

bool applies(const ClockRule& rule, const Involvement& involvement, std::span<const PastVisit> visits, Date today,
             const Calendar& calendar) {
  if (rule.status != involvement.status || today < rule.valid_from) return false;
  if (!rule.placements.empty() && !contains(rule.placements, involvement.placement)) return false;
  if (!rule.legal.empty() && !contains(rule.legal, involvement.legal_status)) return false;
  if (rule.needs_agreement && !agrees(involvement, visits)) return false;
  if (rule.after) {
    const auto start = trigger_of(involvement, rule.trigger);
    const auto from = start ? add(calendar, *start, *rule.after) : std::nullopt;
    if (!from || today < *from) return false;
  }
  return true;
}

/// The interval that holds for a visit due after `anchor`.
const Interval* interval_for(const ClockRule& rule, const Involvement& involvement, Date start, Date anchor, Date today,
                             const Calendar& calendar) {
  const bool reviewed = involvement.first_review && *involvement.first_review <= today;
  for (const Interval& interval : rule.intervals) {
    if (interval.until_first_review && reviewed) continue;
    if (interval.until_age) {
      const auto end = add(calendar, start, *interval.until_age);
      if (!end || anchor >= *end) continue;
    }
    if (interval.to_last_to_18 && *interval.to_last_to_18 != involvement.to_last_to_18.value_or(false)) continue;
    return &interval;
  }
  return nullptr;
}

/// Counts the days to `due.on`; `why`: where that is empty.
void count_days(Due& due, Date today, Unknown why) {
  if (!due.on) {
    due.unknown = why;
    return;
  }
  const int left = days_between(today, *due.on);
  due.overdue_days = std::max(0, -left);
  due.days_left = std::max(0, left);
}

std::optional<Span> plan_span(const Involvement& involvement) {
  if (!involvement.plan_every || *involvement.plan_every <= 0 || *involvement.plan_every > 1000) return std::nullopt;
  const int n = static_cast<int>(*involvement.plan_every);
  if (involvement.plan_unit == "WORKING_DAYS") return Span{n, Unit::WorkingDays};
  if (involvement.plan_unit == "DAYS") return Span{n, Unit::Days};
  if (involvement.plan_unit == "WEEKS") return Span{n, Unit::Weeks};
  if (involvement.plan_unit == "MONTHS") return Span{n, Unit::Months};
  return std::nullopt;
}

/// One clock of one involvement; empty when it has been met.
std::optional<Due> run(const ClockRule& rule, const Involvement& involvement, std::span<const PastVisit> visits, Date today,
                       const Calendar& calendar) {
  Due due{rule.id, rule.label, rule.source, rule.authority, rule.met_by.empty(), {}, 0, 0, {}};
  if (rule.met_by == "ended" && involvement.ended) return std::nullopt;
  if (rule.met_by == "conference" && involvement.conference) return std::nullopt;
  if (rule.met_by == "first_review" && involvement.first_review && *involvement.first_review <= today) return std::nullopt;
  const auto start = trigger_of(involvement, rule.trigger);
  if (!start) {
    count_days(due, today, Unknown::NoStart);
    return due;
  }
  if (!due.visit) {
    due.on = add(calendar, *start, *rule.first, rule.counting);
    count_days(due, today, Unknown::Calendar);
    return due;
  }

  std::optional<Date> last;  // the latest visit that counts; one dated after today is a wrong clock, not a visit
  for (const PastVisit& visit : visits)
    if (visit.on >= *start && visit.on <= today && counts(rule, visit) && (!last || visit.on > *last)) last = visit.on;
  if (last && rule.intervals.empty()) return std::nullopt;

  const Date anchor = last.value_or(*start);
  const Interval* interval = interval_for(rule, involvement, *start, anchor, today, calendar);
  std::optional<Span> span;
  if (!last && rule.first) span = rule.first;
  else if (interval) span = interval->every;
  const std::optional<Span> plan = plan_span(involvement);
  const auto by_rule = span ? add(calendar, anchor, *span, rule.counting) : std::nullopt;
  const auto by_plan = plan ? add(calendar, anchor, *plan, rule.counting) : std::nullopt;
  if ((span && !by_rule) || (plan && !by_plan)) {  // one of the two is not known, so neither is the stricter
    count_days(due, today, Unknown::Calendar);
    return due;
  }
  due.on = by_rule;
  if (by_plan && (!by_rule || *by_plan < *by_rule)) {
    due.on = by_plan;
    due.authority = Authority::Plan;
  }
  count_days(due, today, Unknown::Plan);
  return due;
}

bool more_pressing(const Due& a, const Due& b) {
  const auto rank = [](const Due& d) { return d.overdue_days > 0 ? 0 : !d.on ? 1 : 2; };
  if (rank(a) != rank(b)) return rank(a) < rank(b);
  if (a.on && b.on && *a.on != *b.on) return *a.on < *b.on;
  return a.visit && !b.visit;
}

std::optional<std::string> text_answer(const model::Answers& answers, const std::string& id) {
  const auto found = answers.find(id);
  if (found == answers.end()) return std::nullopt;
  if (const auto* text = std::get_if<std::string>(&found->second)) return *text;
  return std::nullopt;
}

}  // namespace

std::optional<PastVisit> past_visit(const model::ChildRecord& record) {
  if (!record.facts.start || !record.facts.outcome || !model::counts_as_visit(*record.facts.outcome)) return std::nullopt;
  PastVisit visit;
  visit.on = uk_date(record.facts.start->at);
  // An unborn child is visited by meeting the parent.
  visit.child_seen = record.part.unborn.value_or(false) ? text_answer(record.facts.answers, "parents_met") == "YES"
                                                        : record.part.seen.value_or(false);
  visit.in_person = text_answer(record.facts.answers, "place") != "VIRTUAL";
  visit.alone = record.part.alone.value_or(false);
  visit.adopter_seen = text_answer(record.facts.answers, "adopters_seen") == "YES";
  visit.agreement_withdrawn = text_answer(record.part.answers, "fewer_visits") == "WITHDRAWN";
  return visit;
}

std::vector<Due> all_due(const Child& child, std::span<const PastVisit> visits, Date today, const Rules& rules) {
  std::vector<PastVisit> seen(visits.begin(), visits.end());
  if (child.last_seen) {
    PastVisit imported;
    imported.on = *child.last_seen;
    imported.child_seen = true;
    imported.alone = child.last_seen_alone.value_or(false);
    seen.push_back(imported);
  }
  std::vector<Due> out;
  for (const Involvement& involvement : child.involvements) {
    if (involvement.status == model::Status::Closed || (involvement.ended && *involvement.ended <= today)) continue;
    std::set<std::string> groups;
    bool visit_rule = false;
    for (const ClockRule& rule : rules.clocks) {
      if (!rule.group.empty() && groups.contains(rule.group)) continue;
      if (!applies(rule, involvement, seen, today, rules.calendar)) continue;
      if (!rule.group.empty()) groups.insert(rule.group);
      if (rule.met_by.empty() && !rule.intervals.empty()) visit_rule = true;
      if (auto due = run(rule, involvement, seen, today, rules.calendar)) out.push_back(std::move(*due));
    }
    if (const auto plan = plan_span(involvement); plan && !visit_rule) {
      const ClockRule own{.id = "PLAN", .label = {}, .source = {}, .status = involvement.status,
                          .placements = {}, .legal = {}, .group = {}, .needs_agreement = false, .after = {}, .trigger = "started",
                          .first = plan, .intervals = {Interval{*plan, {}, false, {}}}, .met_by = {}, .counting = Counting::Day0,
                          .counts_if = {"child_seen", "in_person"}, .authority = Authority::Plan, .valid_from = {}};
      if (auto due = run(own, involvement, seen, today, rules.calendar)) out.push_back(std::move(*due));
    }
  }
  std::stable_sort(out.begin(), out.end(), more_pressing);
  return out;
}

std::optional<Due> due(const Child& child, std::span<const PastVisit> visits, Date today, const Rules& rules) {
  auto every = all_due(child, visits, today, rules);
  if (every.empty()) return std::nullopt;
  return std::move(every.front());
}

std::vector<model::PlanStep> open_steps(const Child& child, std::span<const model::ChildRecord* const> records,
                                        std::span<const model::Decision* const> decisions) {
  std::vector<model::PlanStep> steps = child.open_steps;
  std::set<Id> closed;
  const auto put = [&](const model::PlanStep& step) {
    const auto same = std::find_if(steps.begin(), steps.end(), [&](const model::PlanStep& s) { return s.id == step.id; });
    if (step.status == model::StepStatus::Done || step.status == model::StepStatus::Dropped) {
      closed.insert(step.id);
      if (same != steps.end()) steps.erase(same);
      return;
    }
    if (closed.contains(step.id)) return;
    if (same != steps.end()) *same = step;
    else steps.push_back(step);
  };
  std::vector<const model::ChildRecord*> ordered(records.begin(), records.end());
  const auto when = [](const model::ChildRecord* r) { return r->facts.start ? r->facts.start->at : Instant{}; };
  std::stable_sort(ordered.begin(), ordered.end(), [&](const auto* a, const auto* b) { return when(a) < when(b); });
  for (const model::ChildRecord* record : ordered) {
    for (const model::PlanStep& step : record->part.open_steps) put(step);
    for (const model::PlanStep& step : record->part.next_steps) put(step);
    for (const model::Decision* decision : decisions)
      if (decision->on.record == record->id)
        for (const model::PlanStep& step : decision->directed_steps) put(step);
  }
  for (model::PlanStep& step : steps) {
    step.status.reset();
    step.note.clear();
  }
  return steps;
}

std::vector<model::PlanStep> by_day(std::vector<model::PlanStep> steps) {
  std::stable_sort(steps.begin(), steps.end(), [](const auto& a, const auto& b) { return a.due && (!b.due || *a.due < *b.due); });
  return steps;
}

std::vector<model::PlanStep> for_family(std::vector<model::PlanStep> steps) {
  std::erase_if(steps, [](const model::PlanStep& step) {
    return step.what.find_first_not_of(" \t\n") == std::string::npos || step.status == model::StepStatus::Done ||
           step.status == model::StepStatus::Dropped;
  });
  return by_day(std::move(steps));
}

std::vector<model::PlanStep> for_family(const model::ChildPart& part) {
  if (!part.skip_reason.empty()) return {};
  std::vector<model::PlanStep> steps = part.open_steps;
  steps.insert(steps.end(), part.next_steps.begin(), part.next_steps.end());
  return for_family(std::move(steps));
}

}  // namespace doorstep::rules
