#include "tests/support/assets.h"

#include "platform/base/file.h"
#include "platform/base/limits.h"

namespace doorstep::tests {

std::string asset(const std::string& name) {
  auto text = base::read_file(std::string(DOORSTEP_ASSETS_DIR) + "/" + name, limits::kAssetBytes);
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

}  // namespace doorstep::tests
