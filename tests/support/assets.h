#pragma once
#include <catch2/catch_test_macros.hpp>
#include <string>

#include "sync/rules/clocks.h"
#include "sync/rules/form.h"

/// The shipped assets, as the programs read them.
namespace doorstep::tests {

std::string asset(const std::string& name);
rules::Form visit_form();
rules::Rules shipped_rules();

}  // namespace doorstep::tests
