#pragma once
#include <boost/json.hpp>
#include <map>
#include <string>
#include <vector>

#include "sync/model/visit.h"
#include "sync/wire/codec.h"
#include "tests/support/assets.h"

/// The thirty situations of assets/demo, as visits that the app's own state layer would make.
namespace doorstep::tests {

struct SituationVisit {
  model::Visit visit;
  std::vector<std::string> child_refs;  ///< of visit.children, in order
};

struct Situation {
  int number = 0;
  std::string title;
  std::string child_ref;
  model::VisitType type{};
  SituationVisit first;
  std::optional<SituationVisit> then;
};

/// Rows of a CSV file of assets/demo by column name (RFC 4180).
inline std::vector<std::map<std::string, std::string>> demo_rows(const std::string& file) {
  std::vector<std::vector<std::string>> table(1, std::vector<std::string>(1));
  bool quoted = false;
  const std::string text = asset("demo/" + file);
  for (std::size_t n = 0; n < text.size(); ++n) {
    const char c = text[n];
    if (quoted && c == '"' && n + 1 < text.size() && text[n + 1] == '"') table.back().back() += text[n++];
    else if (c == '"') quoted = !quoted;
    else if (!quoted && c == ',') table.back().emplace_back();
    else if (!quoted && c == '\n') table.emplace_back(1);
    else table.back().back() += c;
  }
  std::vector<std::map<std::string, std::string>> out;
  for (std::size_t row = 1; row < table.size(); ++row) {
    if (table[row].size() != table[0].size()) continue;
    for (std::size_t column = 0; column < table[0].size(); ++column) {
      if (column == 0) out.emplace_back();
      out.back()[table[0][column]] = table[row][column];
    }
  }
  return out;
}

/// "T-14", "T+3", "T" or YYYY-MM-DD.
inline std::optional<base::Date> demo_date(const std::string& cell, base::Date today) {
  if (!cell.starts_with('T')) return base::date_from_iso(cell);
  const int days = cell.size() == 1 ? 0 : std::stoi(cell.substr(1));
  return base::Date(std::chrono::sys_days(today) + std::chrono::days(days));
}

/// A child as the server's import makes it, as far as the rules need it.
inline model::Child demo_child(const std::string& ref, base::Date today) {
  model::Child child;
  for (auto& row : demo_rows("children.csv")) {
    if (row["child_ref"] != ref) continue;
    child.id = base::Id::from_name("child:" + ref);
    child.external_ref = ref;
    child.family = base::Id::from_name("family:" + row["family_ref"]);
    child.name = row["name"];
    child.called = row["called"];
    child.born = demo_date(row["born"], today);
    child.expected = demo_date(row["expected"], today);
  }
  REQUIRE_FALSE(child.id.nil());
  for (auto& row : demo_rows("involvements.csv")) {
    if (row["child_ref"] != ref) continue;
    model::Involvement i;
    i.id = base::Id::from_name("involvement:" + row["involvement_ref"]);
    i.status = model::from_code<model::Status>(row["status"]).value();
    i.started = demo_date(row["started"], today);
    i.ended = demo_date(row["ended"], today);
    i.referral = demo_date(row["referral"], today);
    i.strategy = demo_date(row["strategy"], today);
    i.conference = demo_date(row["conference"], today);
    i.longterm_agreed = demo_date(row["longterm_agreed"], today);
    i.first_review = demo_date(row["first_review"], today);
    i.placement = row["placement"];
    i.legal_status = row["legal_status"];
    if (!row["to_last_to_18"].empty()) i.to_last_to_18 = row["to_last_to_18"] == "YES";
    if (!row["plan_every"].empty()) i.plan_every = std::stoi(row["plan_every"]);
    i.plan_unit = row["plan_unit"];
    child.involvements.push_back(i);
  }
  for (auto& row : demo_rows("visits.csv")) {
    if (row["child_ref"] != ref) continue;
    child.last_visit = demo_date(row["last_visit"], today);
    child.last_seen = demo_date(row["last_seen"], today);
    if (!row["last_seen_alone"].empty()) child.last_seen_alone = row["last_seen_alone"] == "YES";
  }
  for (auto& row : demo_rows("steps.csv"))
    if (row["child_ref"] == ref)
      child.open_steps.push_back({base::Id::from_name("step:" + row["step_ref"]), row["what"], row["owner"],
                                  demo_date(row["due"], today), {}, {}});
  return child;
}

/// `count` words: those of `seed`, over and over, with one space between.
inline std::string generated_words(const std::string& seed, std::size_t count) {
  std::vector<std::string> words;
  std::istringstream in(seed);
  for (std::string word; in >> word;) words.push_back(word);
  std::string out;
  for (std::size_t n = 0; n < count; ++n) out += (n ? " " : "") + words[n % words.size()];
  return out;
}

inline SituationVisit situation_visit(const boost::json::object& entry, int number, bool second) {
  const boost::json::object& edits = entry.at("edits").as_object();
  const std::string visit_name = "situation " + std::to_string(number) + (second ? " second visit" : " visit");
  SituationVisit out;
  boost::json::object json;
  json["id"] = base::Id::from_name(visit_name).str();
  json["author"] = base::Id::from_name("worker:W1001").str();
  json["family"] = "";
  json["versions"] = {{"schema", 1}, {"form", visit_form().version}, {"rules", shipped_rules().version},
                      {"threshold_set", shipped_rules().thresholds.key()}};
  json["facts"] = edits.at("facts");
  if (edits.contains("jottings")) json["jottings"] = edits.at("jottings");
  boost::json::array children;
  std::vector<std::map<std::string, model::PlanStep>> said;
  for (const auto& item : edits.at("parts").as_array()) {
    boost::json::object part = item.at("part").as_object();
    out.child_refs.emplace_back(item.at("child").as_string());
    part["id"] = base::Id::from_name("child:" + out.child_refs.back()).str();
    children.push_back(part);
  }
  json["children"] = children;
  auto visit = wire::decode<model::Visit>(boost::json::serialize(json));
  if (!visit.has_value()) FAIL(number << ": " << visit.error());
  out.visit = *visit;
  const base::Date today =
      out.visit.facts.start
          ? base::Date(std::chrono::floor<std::chrono::days>(std::chrono::sys_time(base::Millis(out.visit.facts.start->at.ms))))
          : base::Date{};
  for (std::size_t n = 0; n < out.child_refs.size(); ++n) {
    model::ChildPart& part = out.visit.children[n];
    const model::Child child = demo_child(out.child_refs[n], today);
    out.visit.family = child.family;
    part.name = child.name;
    part.called = child.called;
    part.born = child.born;
    if (!child.born && child.expected) part.unborn = true;
    for (const auto& involvement : child.involvements) part.statuses.push_back(involvement.status);
    const std::vector<model::PlanStep> said_about = std::move(part.open_steps);
    part.open_steps = child.open_steps;
    for (const model::PlanStep& said_one : said_about) {
      bool found = false;
      for (model::PlanStep& step : part.open_steps)
        if (step.id == said_one.id) {
          step.status = said_one.status;
          step.note = said_one.note;
          found = true;
        }
      INFO("situation " << number << ": a step of no plan");
      REQUIRE(found);
    }
  }
  return out;
}

inline std::vector<Situation> situations() {
  const auto document = boost::json::parse(asset("demo/situations.json"));
  std::vector<Situation> out;
  for (const auto& item : document.at("situations").as_array()) {
    const boost::json::object& entry = item.as_object();
    Situation situation;
    situation.number = static_cast<int>(entry.at("number").as_int64());
    situation.title = std::string(entry.at("title").as_string());
    situation.child_ref = std::string(entry.at("child").as_string());
    situation.type = model::from_code<model::VisitType>(std::string_view(entry.at("visit_type").as_string())).value();
    situation.first = situation_visit(entry, situation.number, false);
    if (entry.contains("then")) situation.then = situation_visit(entry.at("then").as_object(), situation.number, true);
    if (entry.contains("generate_words")) {
      const auto& into = entry.at("generate_into").as_object();
      const std::string text = generated_words(std::string(entry.at("seed").as_string()),
                                               static_cast<std::size_t>(entry.at("generate_words").as_int64()));
      for (std::size_t n = 0; n < situation.first.child_refs.size(); ++n)
        if (situation.first.child_refs[n] == into.at("child").as_string())
          situation.first.visit.children[n].answers[std::string(into.at("question").as_string())] = text;
    }
    out.push_back(std::move(situation));
  }
  return out;
}

}  // namespace doorstep::tests
