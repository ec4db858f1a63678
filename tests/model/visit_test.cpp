#include "sync/model/visit.h"

#include <catch2/catch_test_macros.hpp>

using namespace doorstep::model;

namespace {
Id id(const char* name) { return Id::from_name(name); }

Visit visit_to_two() {
  Visit visit;
  visit.id = id("visit");
  visit.author = id("worker");
  visit.family = id("family");
  visit.facts.outcome = Outcome::Completed;
  visit.facts.answers["purpose"] = std::string("Check the plan");
  ChildPart amara, ben;
  amara.id = id("amara");
  amara.name = "Amara Okafor";
  amara.called = "Amara";
  ben.id = id("ben");
  ben.name = "Ben Okafor";
  visit.children = {amara, ben};
  return visit;
}
}  // namespace

TEST_CASE("visit: every child's record is whole by itself", "[model]") {
  Visit visit = visit_to_two();
  ChildRecord record = record_of(visit, visit.children[1], id("record"), Instant{5});
  CHECK(record.id == id("record"));
  CHECK(record.part.name == "Ben Okafor");
  CHECK(record.facts == visit.facts);
  CHECK(record.submitted_at == Instant{5});
}

TEST_CASE("visit: a returned record is rewritten under its own id", "[model]") {
  Visit visit = visit_to_two();
  ChildRecord record = record_of(visit, visit.children[0], id("record"), Instant{5});
  record.conflicts.push_back({"part/answers/saw", {}, {}, {}, {}, {}});
  record.conflicts.push_back({"facts/answers/purpose", {}, {}, {}, {}, {}});
  Visit again = visit_of(record, {record.id, 3, "hash"}, id("draft"));
  REQUIRE(again.children.size() == 1);
  CHECK(again.conflicts[0].path == "children/" + id("amara").str() + "/answers/saw");
  CHECK(again.conflicts[1].path == "facts/answers/purpose");
  CHECK(record_of(again, again.children[0], id("another"), Instant{6}).id == record.id);
}

TEST_CASE("visit: members of a newer program go with the records, and back into a draft", "[model]") {
  Visit visit = visit_to_two();
  visit.extra["weather"] = "\"rain\"";
  ChildRecord record = record_of(visit, visit.children[0], id("record"), Instant{5});
  CHECK(record.extra == visit.extra);
  CHECK(visit_of(record, {record.id, 1, "hash"}, id("draft")).extra == visit.extra);
}

TEST_CASE("visit: a disclosure, an injury or an unseen child is urgent until a call was answered", "[model]") {
  ChildPart part;
  CHECK_FALSE(is_urgent(part));
  part.seen = true;
  CHECK_FALSE(is_urgent(part));
  part.disclosures.push_back({});
  CHECK(call_pending(part));
  part.calls.push_back({.id = {}, .at = {}, .label = {}, .number = {}, .outcome = CallOutcome::NoAnswer, .said = {}});
  CHECK(call_pending(part));
  part.calls.push_back({.id = {}, .at = {}, .label = {}, .number = {}, .outcome = CallOutcome::Answered, .said = {}});
  CHECK_FALSE(call_pending(part));
  CHECK(is_urgent(part));
  ChildPart unseen;
  unseen.seen = false;
  CHECK(call_pending(unseen));
  ChildPart left_open;
  left_open.answers["seen"] = NotCovered{"the police asked me to leave"};
  CHECK(call_pending(left_open));
  left_open.seen = true;  // said on another tablet
  CHECK_FALSE(is_urgent(left_open));
  left_open.seen.reset();
  left_open.skip_reason = "SEPARATE_VISIT";
  CHECK_FALSE(is_urgent(left_open));
}

TEST_CASE("visit: no access, refusal and abandonment never count as a visit", "[model]") {
  for (const auto& [outcome, text] : CodeTable<Outcome>::values)
    CHECK(counts_as_visit(outcome) == (outcome == Outcome::Completed || outcome == Outcome::Partial));
}

TEST_CASE("codes: every code reads back as itself", "[model]") {
  for (const auto& [value, text] : CodeTable<Status>::values) {
    CHECK(from_code<Status>(text) == value);
    CHECK(code(value) == text);
  }
  CHECK_FALSE(from_code<Status>("LAC").has_value());
}
