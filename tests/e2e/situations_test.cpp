// Every situation of domain.md section 9 goes the whole way: typed into the app's state on one tablet, through store, TLS and
// server to a supervisor's tablet, approved there, and read back byte for byte on a second tablet of the same worker.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "app/state/place.h"
#include "app/state/view_models.h"
#include "sync/wire/codec.h"
#include "tests/support/cases_on_postgres.h"
#include "tests/support/field.h"
#include "tests/support/situations.h"

using namespace doorstep;
using support::FieldTablet;

TEST_CASE("situations: each is recorded, approved and read back byte for byte on another tablet", "[e2e]") {
  const bool postgres = GENERATE(false, true);
  CAPTURE(postgres);
  support::CaseServer council(postgres ? support::on_postgres() : support::CaseServerOptions());
  FieldTablet ruth(council, "W1001"), tomasz(council, "W1002"), helen(council, "W1009");
  FieldTablet ruth_again(council, "W1001"), tomasz_again(council, "W1002");
  for (auto* tablet : {&ruth, &tomasz, &helen, &ruth_again, &tomasz_again}) {
    tablet->open();
    tablet->sync();
  }
  auto situations = support::read_situations();
  REQUIRE(situations.size() == 30);

  struct Written {
    std::string hash;  ///< as submitted
    const support::Situation* situation;
    const support::SituationVisit* visit;
  };
  std::map<base::Id, Written> written;
  for (const auto& situation : situations) {
    INFO("situation " << situation.number << ": " << situation.title);
    auto has_all = [&](const FieldTablet& tablet) {
      for (const auto& visit : situation.visits)
        for (const auto& part : visit.parts)
          if (!tablet.state().caseload->child(council.child(part.child))) return false;
      return true;
    };
    FieldTablet& author = has_all(ruth) ? ruth : tomasz;
    for (const auto& visit : situation.visits) {
      support::record_visit(author, council, situation, visit);
      for (base::Id record : support::submit_visit(author)) {
        const auto* item = author.state().caseload->record(record);
        REQUIRE(item);
        written[record] = {item->head().revision.hash, &situation, &visit};
      }
    }
  }
  ruth.sync();
  tomasz.sync();
  CHECK(ruth.state().sync.refused.empty());
  CHECK(tomasz.state().sync.refused.empty());
  REQUIRE(written.size() >= 30);

  helen.sync();
  for (const auto& [record, was] : written) {
    const auto* item = helen.state().caseload->record(record);
    REQUIRE(item);
    INFO("the record of " << item->head().body.part.name);
    CHECK(item->head().revision.hash == was.hash);
    support::approve(helen, record);
  }
  helen.sync();
  CHECK(helen.state().sync.refused.empty());

  ruth_again.sync();
  tomasz_again.sync();
  std::size_t read_back = 0;
  for (const auto& [record, was] : written) {
    INFO("situation " << was.situation->number << ": " << was.situation->title);
    for (auto* pair : {&ruth, &tomasz}) {
      auto* other = pair == &ruth ? &ruth_again : &tomasz_again;
      const auto* first = pair->state().caseload->record(record);
      const auto* second = other->state().caseload->record(record);
      if (!first || !second) continue;
      ++read_back;
      CHECK(second->head().revision.state == model::State::Approved);
      CHECK(second->head().revision.hash == was.hash);
      CHECK(base::sha256_hex(second->head().revision.body) == was.hash);
      CHECK(second->versions.front()->revision.body == first->versions.front()->revision.body);
      const auto said = was.visit->visit([&](const std::string& ref) { return council.child(ref); });
      CHECK(support::differences(ruth.state().assets->form, second->head().body, said) == std::vector<std::string>());
    }
  }
  CHECK(read_back >= written.size());

  // The hard texts, looked up by what they are and not by their hash.
  auto everything = [&] {
    std::string all;
    for (auto* tablet : {&ruth_again, &tomasz_again})
      for (const auto& item : tablet->state().caseload->records) all += item.head().revision.body;
    return all;
  }();
  CHECK(support::hard_texts_missing(everything) == std::vector<std::string>());
}

TEST_CASE("situations: no tablet of another team ever holds them", "[e2e]") {
  support::CaseServer council;
  FieldTablet karen(council, "W2001"), imran(council, "W2009");
  for (auto* tablet : {&karen, &imran}) {
    tablet->open();
    tablet->sync();
    for (const auto& situation : support::read_situations()) CHECK_FALSE(tablet->state().caseload->child(council.child(situation.child)));
    CHECK_FALSE(tablet->state().caseload->children.empty());
  }
}
