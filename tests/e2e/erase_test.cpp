// A record is erased at the server while two tablets hold it: over TLS, with the real parts, it leaves both at their next sync, and a
// tablet that begins afterwards never has a word of it.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "sync/server/erase.h"
#include "tests/support/cases_on_postgres.h"
#include "tests/support/field.h"
#include "tests/support/situations.h"

using namespace doorstep;
using support::FieldTablet;

namespace {

std::string words_on(const FieldTablet& closed) {
  std::string all;
  auto store = closed.open_store();
  REQUIRE(store.dump([&](std::string_view line) { (all += line) += '\n'; }).has_value());
  return all;
}

}  // namespace

TEST_CASE("erase: a record leaves every tablet at its next sync, and everything else stays", "[e2e]") {
  const bool postgres = GENERATE(false, true);
  CAPTURE(postgres);
  support::CaseServer council(postgres ? support::on_postgres() : support::CaseServerOptions());
  FieldTablet ruth(council, "W1001"), helen(council, "W1009");
  for (auto* tablet : {&ruth, &helen}) {
    tablet->open();
    tablet->sync();
  }
  std::vector<base::Id> records;
  for (const auto& situation : support::read_situations()) {
    if (situation.visits.size() != 1 || !ruth.state().caseload->child(council.child(situation.child))) continue;
    support::record_visit(ruth, council, situation, situation.visits.front());
    for (base::Id id : support::submit_visit(ruth)) records.push_back(id);
    if (records.size() >= 3) break;
  }
  REQUIRE(records.size() >= 3);
  ruth.sync();
  helen.sync();
  for (base::Id id : records) support::approve(helen, id);
  helen.sync();
  ruth.sync();
  const base::Id gone = records.front();
  const auto text = [&] {  // its longest answer, which no other record has
    std::string out;
    for (const auto& [question, answer] : ruth.state().caseload->record(gone)->head().body.part.answers)
      if (const auto* words = std::get_if<std::string>(&answer); words && words->size() > out.size()) out = *words;
    return out.substr(0, 40);
  }();
  REQUIRE(text.size() == 40);

  const support::Folder photos;
  const base::SystemClock clock;
  const auto ordered = server::order_erasure(council.repository(), gone, "W1009", "Retention ended", clock.wall());
  INFO((ordered ? "" : ordered.error().detail));
  REQUIRE(ordered.has_value());
  const auto erased = server::confirm_erasure(council.repository(), {photos / "blobs"}, gone, "W1002", clock.wall());
  INFO((erased ? "" : erased.error().detail));
  REQUIRE(erased.has_value());

  FieldTablet ruth_again(council, "W1001");
  ruth_again.open();
  for (auto* tablet : {&ruth, &helen, &ruth_again}) {
    tablet->sync();
    CHECK_FALSE(tablet->state().caseload->record(gone));
    for (base::Id id : records)
      if (id != gone) CHECK(tablet->state().caseload->record(id));
    CHECK(tablet->state().sync.refused.empty());
    tablet->sync();  // and goes on
    tablet->close();
    CHECK(words_on(*tablet).find(text) == std::string::npos);
  }
}
