#pragma once
#include <catch2/catch_test_macros.hpp>
#include <string>

#include "sync/rules/clocks.h"
#include "sync/rules/form.h"
#include "sync/rules/said.h"

/// The shipped assets, as the programs read them.
namespace doorstep::tests {

std::string asset(const std::string& name);
rules::Form visit_form();
rules::Rules shipped_rules();
/// What a rule says, and an answer, in English as the app says them.
std::string told(const rules::Said& said);
std::string told(const rules::Question& question, const model::Answer& answer, const model::ChildPart* part = nullptr);
std::string told(const rules::Due& due, std::string_view today);

}  // namespace doorstep::tests
