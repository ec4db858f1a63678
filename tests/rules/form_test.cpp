#include "sync/rules/form.h"

#include "tests/rules/assets.h"

using namespace doorstep;
using namespace doorstep::rules;

TEST_CASE("form: the shipped form is read, and every mandatory question says what is missing", "[rules]") {
  const Form form = tests::visit_form();
  CHECK_FALSE(form.version.empty());
  for (const Section& section : form.sections)
    for (const Question& q : section.questions)
      if (!q.required.empty()) {
        INFO(q.id);
        CHECK(q.missing.ends_with("."));
        CHECK(q.missing.find(q.label) == std::string::npos);
      }
}
