#include "tests/support/assets.h"

#include "app/state/time_words.h"
#include "app/state/words.h"
#include "platform/base/file.h"
#include "platform/base/limits.h"
#include "tests/support/tree.h"

namespace doorstep::tests {

std::string asset(const std::string& name) {
  auto text = base::read_file(support::assets(name), limits::kAssetBytes);
  REQUIRE(text.has_value());
  return *text;
}

rules::Form visit_form() {
  auto form = rules::parse_form(asset("forms/visit.json"));
  if (!form.has_value()) FAIL(form.error());
  return *form;
}

rules::Rules shipped_rules() {
  auto rules = rules::parse_rules(asset("rules/clocks.json"), asset("rules/calendar.json"), asset("rules/thresholds.json"));
  if (!rules.has_value()) FAIL(rules.error());
  return *rules;
}

namespace {

const state::Text& english() {
  static const auto text = state::Text::parse(asset("text/en-GB.json"));
  REQUIRE(text.has_value());
  return *text;
}

}  // namespace

std::string told(const rules::Said& said) { return english()(said); }

std::string told(const rules::Question& question, const model::Answer& answer, const model::ChildPart* part) {
  return state::answer_words(english(), question, answer, part);
}

std::string told(const rules::Due& due, std::string_view today) {
  return state::due_line(english(), due, base::date_from_iso(today).value(), shipped_rules().calendar);
}

}  // namespace doorstep::tests
