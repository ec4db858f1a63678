#include <catch2/catch_test_macros.hpp>

#include "tests/support/desk.h"

using namespace doorstep;
using namespace doorstep::tests;

TEST_CASE("vm_leaving: each line leads to its question, or to the one that opens it, and nothing is held up", "[state]") {
  for (const char* type : {"CIN", "CP", "S47", "CLA", "ADOPTION", "PRIV_FOST", "CARE_LEAVER", "FAMILY_HELP", "OTHER"}) {
    Desk desk;
    desk.unlock();
    desk.start(true, type);
    desk.act(record_vm(desk.state).leaving.intent.value());
    REQUIRE(desk.state.screen()->kind == ScreenKind::Leaving);
    CHECK(in_visit(desk.state));
    const auto vm = leaving_vm(desk.state);
    REQUIRE(vm.about.size() == 3);  // the visit and two children
    CHECK(vm.about.back().name == "The visit");
    auto lines = vm.first;
    for (const auto& about : vm.about)
      for (const auto& part : about.parts) lines.insert(lines.end(), part.questions.begin(), part.questions.end());
    for (const auto& question : lines) {
      INFO(type << " " << question.spoken);
      desk.act(Open{ScreenKind::Leaving, {}});
      desk.state.focus.clear();
      desk.act(question.intent.value());
      CHECK(desk.state.screen()->kind == ScreenKind::Record);
      CHECK_FALSE(desk.state.focus.empty());
    }
    desk.act(Open{ScreenKind::Leaving, {}});
    desk.act(vm.back.intent.value());
    CHECK(desk.state.screen()->kind == ScreenKind::Record);
  }
}

TEST_CASE("vm_leaving: a line goes when it is answered, and is heard with the child's name", "[state]") {
  Desk desk;
  desk.unlock();
  desk.start(true, "CP");
  CHECK(leaving_vm(desk.state).done.empty());
  const auto lines = [&](const std::string& name) {
    std::vector<std::string> out;
    for (const auto& about : leaving_vm(desk.state).about)
      for (const auto& part : about.parts)
        for (const auto& question : part.questions)
          if (about.name == name) out.push_back(question.spoken);
    return out;
  };
  const auto has = [&](const std::string& name, const std::string& words) {
    const auto all = lines(name);
    return std::find(all.begin(), all.end(), words) != all.end();
  };
  CHECK(has("Amara", "Did you see where Amara sleeps?"));
  std::vector<std::string> first;
  for (const auto& line : leaving_vm(desk.state).first) first.push_back(line.label);
  CHECK(first == std::vector<std::string>{"Was Amara seen?", "Was Amara seen alone?", "Was Tunde seen?", "Was Tunde seen alone?"});
  CHECK_FALSE(has("Amara", "Was Amara seen alone?"));  // nothing stands twice
  CHECK(has("Amara", "Amara: Health"));
  CHECK(has("The visit", "The visit: Are there other children in the household?"));
  desk.act(FieldChosen{{{}, "outcome", {}, {}}, std::string("COMPLETED")});
  desk.act(FieldChosen{{desk.amara, "bedroom", {}, {}}, std::string("Y")});
  CHECK_FALSE(has("Amara", "Did you see where Amara sleeps?"));
  CHECK(has("Tunde", "Did you see where Tunde sleeps?"));
  desk.fill();
  CHECK(leaving_vm(desk.state).about.empty());
  CHECK(leaving_vm(desk.state).first.empty());
  CHECK(leaving_vm(desk.state).done == "Nothing is left to ask here.");
}
