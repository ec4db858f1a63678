#include "sync/rules/clocks.h"
#include "sync/rules/json_reader.h"

namespace doorstep::model {
DOORSTEP_CODES(rules::Unit, {{rules::Unit::WorkingDays, "WORKING_DAYS"},
                             {rules::Unit::Days, "DAYS"},
                             {rules::Unit::Weeks, "WEEKS"},
                             {rules::Unit::Months, "MONTHS"}});
DOORSTEP_CODES(rules::Counting, {{rules::Counting::Day0, "DAY0"}, {rules::Counting::Day1, "DAY1"}});
DOORSTEP_CODES(rules::Authority, {{rules::Authority::Law, "LAW"}, {rules::Authority::Guidance, "GUIDANCE"},
                                  {rules::Authority::Local, "LOCAL"}});
}  // namespace doorstep::model

namespace doorstep::rules {
namespace {

Span read_span(const Place& place) {
  place.only({"n", "unit"});
  return {place.number("n", 1, 1000), place.code<Unit>("unit")};
}

std::optional<Span> read_span_if(const Place& place, std::string_view key) {
  if (!place.has(key)) return std::nullopt;
  return read_span(place.at(key));
}

void one_of(const Place& place, std::string_view key, const std::string& text, std::initializer_list<std::string_view> known) {
  if (std::find(known.begin(), known.end(), text) != known.end()) return;
  std::string list;
  for (const auto k : known) list += (list.empty() ? "" : ", ") + std::string(k.empty() ? "(nothing)" : k);
  place.fail(key, "“" + text + "” is not one of: " + list);
}

ClockRule read_rule(Place place) {
  ClockRule rule;
  rule.id = place.text("id");
  place.name(rule.id);
  place.only({"id", "label", "source", "note", "status", "placements", "legal", "group", "needs_agreement", "after", "trigger",
              "first", "intervals", "met_by", "counting", "counts_if", "authority", "valid_from"});
  rule.label = place.text("label");
  rule.source = place.text_or_empty("source");
  rule.status = place.code<model::Status>("status");
  rule.placements = place.texts("placements");
  rule.legal = place.texts("legal");
  rule.group = place.text_or_empty("group");
  rule.needs_agreement = place.flag("needs_agreement");
  rule.after = read_span_if(place, "after");
  rule.trigger = place.text("trigger");
  one_of(place, "trigger", rule.trigger, {"started", "referral", "strategy", "conference"});
  rule.first = read_span_if(place, "first");
  for (const Place& item : place.items("intervals")) {
    item.only({"every", "until_age", "until_first_review", "to_last_to_18"});
    Interval interval;
    interval.every = read_span(item.at("every"));
    interval.until_age = read_span_if(item, "until_age");
    interval.until_first_review = item.flag("until_first_review");
    if (item.has("to_last_to_18")) interval.to_last_to_18 = item.flag("to_last_to_18");
    rule.intervals.push_back(interval);
  }
  rule.met_by = place.text_or_empty("met_by");
  one_of(place, "met_by", rule.met_by, {"", "ended", "conference", "first_review"});
  rule.counting = place.has("counting") ? place.code<Counting>("counting") : Counting::Day0;
  rule.counts_if = place.texts("counts_if");
  for (const std::string& what : rule.counts_if)
    one_of(place, "counts_if", what, {"child_seen", "in_person", "alone", "adopter_seen"});
  rule.authority = place.code<Authority>("authority");
  rule.valid_from = place.date("valid_from");
  if (!rule.first && rule.intervals.empty()) place.fail("first", "a rule needs \"first\", \"intervals\" or both");
  if (!rule.met_by.empty() && !rule.intervals.empty()) place.fail("met_by", "a deadline has no intervals");
  if (rule.met_by.empty() && rule.counts_if.empty()) place.fail("counts_if", "must say what a visit must have to count");
  return rule;
}

Result<std::vector<ClockRule>> read_clocks(std::string_view json, std::string& version) {
  DOORSTEP_TRY_ASSIGN(const boost::json::value document, parse_document(json, "clocks.json"));
  std::optional<base::Error> error;
  const Place root(document, "clocks.json", error);
  root.only({"about", "version", "clocks"});
  version = root.text("version");
  std::vector<ClockRule> out;
  std::set<std::string> ids;
  for (const Place& item : root.items("clocks")) {
    out.push_back(read_rule(item));
    if (!ids.insert(out.back().id).second) item.fail("id", "“" + out.back().id + "” stands twice");
  }
  if (out.empty()) root.fail("clocks", "must hold at least one rule");
  if (error) return *error;
  return out;
}

std::vector<Level> read_levels(const Place& place, std::string_view key) {
  std::vector<Level> out;
  std::set<std::string> codes;
  std::set<int> orders;
  for (const Place& item : place.items(key)) {
    item.only({"code", "order", "label", "plain_definition", "legal_basis"});
    Level level{item.text("code"), item.number("order", 0, 100), item.text("label"), item.text("plain_definition"),
                item.text_or_empty("legal_basis")};
    if (!codes.insert(level.code).second) item.fail("code", "stands twice");
    if (!orders.insert(level.order).second) item.fail("order", "stands twice");
    out.push_back(std::move(level));
  }
  if (out.size() < 2) place.fail(key, "must hold at least two levels");
  std::sort(out.begin(), out.end(), [](const Level& a, const Level& b) { return a.order < b.order; });
  return out;
}

/// True when `mine` is due no later than `base` from every day of two years inside the calendar.
bool no_later(const Calendar& calendar, const std::optional<Span>& mine, Counting my_counting, const std::optional<Span>& base,
              Counting base_counting) {
  if (!base) return true;
  if (!mine) return false;
  std::chrono::sys_days day = calendar.from;
  for (int n = 0; n < 731; ++n, day += std::chrono::days(1)) {
    const auto a = add(calendar, day, *mine, my_counting);
    const auto b = add(calendar, day, *base, base_counting);
    if (a && b && *a > *b) return false;
  }
  return true;
}

bool tightens(const Calendar& calendar, const ClockRule& mine, const ClockRule& law) {
  const bool same_reach = mine.status == law.status && mine.placements == law.placements && mine.legal == law.legal &&
                          mine.group == law.group && mine.needs_agreement == law.needs_agreement && mine.after == law.after &&
                          mine.trigger == law.trigger && mine.met_by == law.met_by && mine.authority == Authority::Law &&
                          mine.valid_from <= law.valid_from && mine.intervals.size() == law.intervals.size();
  if (!same_reach) return false;
  for (const std::string& what : law.counts_if)
    if (std::find(mine.counts_if.begin(), mine.counts_if.end(), what) == mine.counts_if.end()) return false;
  if (!no_later(calendar, mine.first, mine.counting, law.first, law.counting)) return false;
  for (std::size_t n = 0; n < law.intervals.size(); ++n) {
    const Interval &a = mine.intervals[n], &b = law.intervals[n];
    if (a.until_age != b.until_age || a.until_first_review != b.until_first_review || a.to_last_to_18 != b.to_last_to_18)
      return false;
    if (!no_later(calendar, a.every, mine.counting, b.every, law.counting)) return false;
  }
  return true;
}

}  // namespace

Result<Thresholds> parse_thresholds(std::string_view json) {
  DOORSTEP_TRY_ASSIGN(const boost::json::value document, parse_document(json, "thresholds.json"));
  std::optional<base::Error> error;
  const Place root(document, "thresholds.json", error);
  root.only({"about", "set_id", "version", "title", "valid_from", "levels", "risk"});
  Thresholds out;
  out.set_id = root.text("set_id");
  out.version = root.text("version");
  out.title = root.text("title");
  out.valid_from = root.date("valid_from");
  out.levels = read_levels(root, "levels");
  out.risk = read_levels(root, "risk");
  if (error) return *error;
  return out;
}

Result<Rules> parse_rules(std::string_view clocks_json, std::string_view calendar_json, std::string_view thresholds_json) {
  Rules out;
  DOORSTEP_TRY_ASSIGN(out.clocks, read_clocks(clocks_json, out.version));
  DOORSTEP_TRY_ASSIGN(out.calendar, parse_calendar(calendar_json));
  DOORSTEP_TRY_ASSIGN(out.thresholds, parse_thresholds(thresholds_json));
  return out;
}

Result<Rules> in_words(Rules rules, std::string_view json) {
  DOORSTEP_TRY_ASSIGN(const Words words, Words::parse(json, "the rules' words"));
  for (ClockRule& clock : rules.clocks) words.put(clock.label);
  for (auto* levels : {&rules.thresholds.levels, &rules.thresholds.risk})
    for (Level& level : *levels)
      for (std::string* text : {&level.label, &level.definition, &level.legal_basis}) words.put(*text);
  return rules;
}

Result<Rules> with_local(const Rules& base, std::string_view clocks_json) {
  Rules out = base;
  std::string version;
  DOORSTEP_TRY_ASSIGN(const std::vector<ClockRule> local, read_clocks(clocks_json, version));
  for (const ClockRule& mine : local) {
    const auto same = std::find_if(out.clocks.begin(), out.clocks.end(), [&](const ClockRule& r) { return r.id == mine.id; });
    if (same != out.clocks.end()) {
      if (same->authority == Authority::Law && !tightens(base.calendar, mine, *same))
        return base::Error{base::Fault::Denied, "clocks.json: " + mine.id, "is LAW: it may be tightened, never loosened"};
      *same = mine;
      continue;
    }
    const bool shadows = !mine.group.empty() && std::any_of(base.clocks.begin(), base.clocks.end(), [&](const ClockRule& r) {
      return r.group == mine.group && r.authority == Authority::Law;
    });
    if (shadows)
      return base::Error{base::Fault::Denied, "clocks.json: " + mine.id,
                         "joins a group of LAW; give it no group, so that both are computed"};
    out.clocks.push_back(mine);
  }
  out.version = base.version + "+" + version;
  return out;
}

}  // namespace doorstep::rules
