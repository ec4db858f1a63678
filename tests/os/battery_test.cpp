#include <catch2/catch_test_macros.hpp>
#include <fstream>

#include "platform/os/os.h"
#include "tests/support/folder.h"

using namespace doorstep;

namespace {

/// As the kernel tells of what feeds the machine.
struct Supplies : support::Folder {
  void add(const std::string& name, std::initializer_list<std::pair<const char*, const char*>> words) const {
    std::filesystem::create_directories(*this / name);
    for (const auto& [file, word] : words) std::ofstream(*this / name / file) << word << "\n";
  }
};

}  // namespace

TEST_CASE("battery: the tablet's own with least in it is told, and nothing where there is none", "[os]") {
  const Supplies supplies;
  CHECK_FALSE(os::battery(supplies / "nowhere").has_value());
  supplies.add("AC", {{"type", "Mains"}, {"online", "1"}});
  supplies.add("pen", {{"type", "Battery"}, {"scope", "Device"}, {"capacity", "3"}, {"status", "Discharging"}});
  supplies.add("broken", {{"type", "Battery"}, {"capacity", "?"}, {"status", "Unknown"}});
  CHECK_FALSE(os::battery(supplies.path()).has_value());
  supplies.add("BAT0", {{"type", "Battery"}, {"capacity", "81"}, {"status", "Charging"}});
  REQUIRE(os::battery(supplies.path()).has_value());
  CHECK(os::battery(supplies.path())->percent == 81);
  CHECK(os::battery(supplies.path())->charging);
  supplies.add("BAT1", {{"type", "Battery"}, {"capacity", "17"}, {"status", "Discharging"}});
  CHECK(os::battery(supplies.path())->percent == 17);
  CHECK_FALSE(os::battery(supplies.path())->charging);
}
