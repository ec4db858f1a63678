// Twenty phrases that stand nowhere else go through everything: the council's extract, a visit with a disclosure, its decision
// and addendum, a family on no list, a search. None is found in any file that tablets and server leave behind, while the same
// scan finds all of them in what the databases hold once they are decrypted.
#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <iostream>

#include "app/state/place.h"
#include "platform/base/bytes.h"
#include "platform/base/file.h"
#include "tests/support/canary.h"
#include "tests/support/decrypted.h"
#include "tests/support/server_process.h"
#include "tests/support/situations.h"
#include "tests/support/tree.h"

using namespace doorstep;
using support::FieldTablet;

namespace {

enum Canary {
  ChildName, PersonName, Address, Hazard, SafeContact, OpenStep,                  // in the extract
  Purpose, Said, Saw, Told, Think, Disclosure, Jotting, NextStep,                 // typed about the visit
  Rationale, Addendum, NewFamily, NewAddress, NewChild, Searched, kCount
};
const std::array<std::string, kCount> kCanaries = {
    "Bella Quorvaxil",        "Siobhan Tremmelgast",     "19 Zarnwhistle Reach",   "hound named Brumblethrax",
    "ring only Aunt Vexmoor", "register at Plimsquith",  "about the Grondlewick",  "says Marrowfinch hurts",
    "a Skelterbrook bruise",  "told of Humberquist",     "it fits Dorrowmancy",    "he does it Flintwhisper",
    "note Yarblecroft said",  "ask Wendlestrop school",  "agree with Nockturval",  "added Ostringfell later",
    "Thrushgrimble",          "7 Kestrelvane Mews",      "Pip Lundersnatch",       "asthma at Cragwobble"};
static_assert(kCount == 20);

/// While this lives, whatever looks for a temporary folder finds this one, and our standard error goes into a file in it.
class Watched {
 public:
  Watched() : before_(std::getenv("TMPDIR") ? std::getenv("TMPDIR") : ""), stderr_(::dup(STDERR_FILENO)) {
    ::setenv("TMPDIR", root_.path().c_str(), 1);
    const int log = ::open((root_ / "stderr.log").c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
    REQUIRE(log >= 0);
    ::dup2(log, STDERR_FILENO);
    ::close(log);
  }
  ~Watched() {
    ::dup2(stderr_, STDERR_FILENO);
    ::close(stderr_);
    before_.empty() ? ::unsetenv("TMPDIR") : ::setenv("TMPDIR", before_.c_str(), 1);
  }
  const std::filesystem::path& path() const { return root_.path(); }

 private:
  std::string before_;
  support::Folder root_;
  int stderr_;
};

void replace(std::string& text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  INFO(from);
  REQUIRE(at != std::string::npos);
  text.replace(at, from.size(), to);
}

/// assets/demo with the canaries of the extract in the Doyle family.
void write_extract(const std::filesystem::path& to) {
  const std::filesystem::path demo = support::assets("demo");
  auto put = [&](const std::string& name, const std::function<void(std::string&)>& change) {
    std::string text = support::read_text(demo / name);
    change(text);
    REQUIRE(base::write_file_atomic(to / name, text, base::Access::Owner).has_value());
  };
  for (const char* name : {"workers.csv", "involvements.csv", "allocations.csv", "visits.csv"}) put(name, [](std::string&) {});
  put("children.csv", [](std::string& text) { replace(text, "Bella Doyle", kCanaries[ChildName]); });
  put("people.csv", [](std::string& text) { replace(text, "Siobhan Doyle", kCanaries[PersonName]); });
  put("families.csv", [](std::string& text) { replace(text, "19 Canal Reach", kCanaries[Address]); });
  put("hazards.csv", [](std::string& text) {
    replace(text, "Large dog", kCanaries[Hazard]);
    text += "H900,F11,SAFE_CONTACT," + kCanaries[SafeContact] + "\n";
  });
  put("steps.csv", [](std::string& text) { text += "S900,C1103," + kCanaries[OpenStep] + ",Siobhan,T+9\n"; });
}

base::Id child_of(const std::string& ref) { return base::Id::from_name("child:" + ref); }

/// A visit in which a child tells, as a person would write it, with canaries in place of some answers. It stays open.
void write_visit(FieldTablet& tablet) {
  support::Situation tells;
  for (auto& situation : support::read_situations())
    if (situation.number == 17) tells = std::move(situation);
  support::record_visit(tablet, child_of, tells, tells.visits.front());
  const auto child = child_of("C1103");
  auto part = [&]() -> const model::ChildPart& { return tablet.state().visit.value().visit.children.front(); };
  CHECK(part().name == kCanaries[ChildName]);
  auto type = [&](const std::string& question, const std::string& text) {
    tablet.type("child/" + child.str() + "/" + question, text);
  };
  tablet.type("visit/purpose", "We talked " + kCanaries[Purpose] + ".");
  type("said", kCanaries[Said]);
  type("saw", "There was " + kCanaries[Saw] + " on the left arm.");
  type("told", "Ms Begum " + kCanaries[Told]);
  type("think", "I think " + kCanaries[Think] + ".");
  type("health", kCanaries[Searched]);
  auto choose = [&](const std::string& question, base::Id item, const std::string& field, const std::string& value) {
    const state::Place place{child, question, item, field};
    tablet.act(state::FieldChosen{place, value});
    CHECK(state::get_field(tablet.state().assets->form, tablet.state().visit->visit, place) == state::FieldValue(value));
  };
  REQUIRE(part().disclosures.size() == 1);
  choose("disclosures", part().disclosures.front().id, "exact_words", kCanaries[Disclosure]);
  REQUIRE(part().next_steps.size() == 1);
  choose("next_steps", part().next_steps.front().id, "what", kCanaries[NextStep]);
  tablet.act(state::AllNotDiscussed{child});
  tablet.type(std::string(state::kJotting), kCanaries[Jotting]);
  tablet.act(state::AddJotting{});
}

/// A search, and before it one that is no good query and finds nothing.
void search(FieldTablet& tablet) {
  for (const auto& [query, limit] : {std::pair("\"" + kCanaries[Searched] + " AND ( *", std::chrono::seconds(2)),
                                     std::pair(kCanaries[Searched], std::chrono::seconds(30))}) {
    tablet.type(std::string(state::kSearch), query);
    tablet.act(state::SearchTyped{});
    tablet.live(std::chrono::steady_clock::now() + limit, [](const auto& s) { return !s.search_hits.empty(); });
  }
  CHECK_FALSE(tablet.state().search_hits.empty());
  tablet.act(state::ClearSearch{});
}

void begin_visit_to_nobody_known(FieldTablet& tablet) {
  tablet.act(state::Open{state::ScreenKind::StartVisit, {}});
  tablet.act(state::ChooseFamily{base::Id()});
  tablet.type(std::string(state::kNewFamily), kCanaries[NewFamily]);
  tablet.type(std::string(state::kNewAddress), kCanaries[NewAddress]);
  tablet.type(std::string(state::kNewChildren), kCanaries[NewChild]);
  tablet.act(state::ChooseVisitType{"S47"});
  tablet.act(state::PressStart{});
  REQUIRE(tablet.state().visit);
}

}  // namespace

TEST_CASE("canary: twenty phrases are in no file of tablets and server, and in what the databases hold", "[security][S04][S05][H58]") {
  support::Folder extract;
  write_extract(extract.path());
  Watched watched;
  support::ServerProcess server(extract.path());
  server.start();
  FieldTablet ruth(server.enrol("W1001")), helen(server.enrol("W1009"));

  std::size_t scans = 0, bytes = 0;
  std::set<std::string> names;
  auto nothing_stands_in_any_file = [&](const char* when) {
    auto result = support::scan({watched.path()}, kCanaries);
    std::string all;
    for (const auto& one : result.found) all += one + "\n";
    INFO(when << "\n" << all);
    CHECK(result.found.empty());
    CHECK(support::found_in(server.output(), kCanaries).empty());
    ++scans;
    bytes += result.bytes;
    names.merge(result.names);
  };

  for (auto* tablet : {&ruth, &helen}) {
    tablet->open();
    tablet->sync();
  }
  nothing_stands_in_any_file("the caseload has arrived");
  write_visit(ruth);
  nothing_stands_in_any_file("while it is being typed");
  ruth.act(state::Cover{});
  ruth.until("saved", [](const auto& s) { return s.visit->saved == s.visit->edit; });
  nothing_stands_in_any_file("the draft is saved");
  ruth.act(state::Uncover{});
  ruth.sync();
  nothing_stands_in_any_file("the draft is at the server");
  const auto records = support::submit_visit(ruth);
  REQUIRE(records.size() == 1);
  search(ruth);
  begin_visit_to_nobody_known(ruth);
  ruth.sync();
  nothing_stands_in_any_file("submitted, and a family on no list");
  server.kill();
  nothing_stands_in_any_file("the server was killed, its log as it lies");
  server.start();

  helen.sync();
  helen.act(state::Open{state::ScreenKind::Review, records.front()});
  helen.act(state::ChooseAgreeRisk{true});
  helen.type(std::string(state::kRationale), "I " + kCanaries[Rationale] + ".");
  helen.act(state::PressApprove{});
  helen.sync();
  CHECK(helen.state().sync.refused.empty());
  ruth.sync();
  ruth.until("approved", [&](const auto& s) {
    const auto* item = s.caseload->record(records.front());
    return item && item->head().revision.state == model::State::Approved;
  });
  ruth.act(state::Open{state::ScreenKind::ReadRecord, records.front()});
  ruth.type(std::string(state::kAddendumReason), "A correction");
  ruth.type(std::string(state::kAddendumText), kCanaries[Addendum]);
  ruth.act(state::PressAddAddendum{records.front()});
  ruth.sync();
  helen.sync();
  nothing_stands_in_any_file("approved, with an addendum");
  for (auto* tablet : {&ruth, &helen}) {
    tablet->act(state::PressLock{});
    tablet->until("locked", [](const auto& s) { return s.stage == state::Stage::Locked; });
  }
  nothing_stands_in_any_file("locked");
  for (auto* tablet : {&ruth, &helen}) tablet->close();
  server.stop();
  nothing_stands_in_any_file("everything has ended");

  // The same look at what is decrypted.
  const std::vector<std::string> all(kCanaries.begin(), kCanaries.end());
  const auto at_server = support::found_in(support::dump_of(server.open_database()), kCanaries, true);
  const auto on_tablet = support::found_in(support::dump_of(ruth.open_store()), kCanaries, true);
  CHECK(at_server == all);
  CHECK(on_tablet == all);
  for (const char* name : {"replica.db", "replica.db-wal", "replica.db-shm", "cases.db", "cases.db-wal", "slot", "stderr.log"}) {
    INFO(name);
    CHECK(names.contains(name));
  }
  // The record is erased, while the server serves: of its phrases nothing is left in any page of the server's, nor on the tablets.
  server.start();
  const std::string id = records.front().str();
  server.command({"erase", id, "--by", "W1009", "--reason", "Retention ended"});
  CHECK_THROWS(server.command({"erase", id, "--by", "W1009", "--confirm"}));
  server.command({"erase", id, "--by", "W1002", "--confirm"});
  CHECK(server.command({"verify-audit"}).find("every line follows") != std::string::npos);
  for (auto* tablet : {&ruth, &helen}) {
    tablet->open();
    tablet->sync();
    CHECK_FALSE(tablet->state().caseload->record(records.front()));
    tablet->close();
  }
  server.stop();
  const std::vector<std::string> its(kCanaries.begin() + Purpose, kCanaries.begin() + NewFamily), others = [] {
    std::vector<std::string> out(kCanaries.begin(), kCanaries.begin() + Purpose);
    out.insert(out.end(), kCanaries.begin() + NewFamily, kCanaries.begin() + Searched);
    return out;
  }();
  const auto key = *base::from_hex(support::read_text(server.folder() / "cases.key").substr(0, 64));
  const auto pages = support::decrypted_pages(support::read_text(server.folder() / "cases.db"), key);
  CHECK(support::found_in(pages, its).empty());
  CHECK(support::found_in(support::dump_of(server.open_database()), others, true) == others);
  for (auto* tablet : {&ruth, &helen}) CHECK(support::found_in(support::dump_of(tablet->open_store()), its).empty());
  CHECK(support::found_in(support::dump_of(ruth.open_store()), others, true) == others);

  // And the scan finds what it is to find, in either encoding.
  REQUIRE(base::write_file_atomic(watched.path() / "plain", "x" + kCanaries[Saw], base::Access::Owner).has_value());
  const auto wide = "x" + support::utf16(kCanaries[Told]);
  REQUIRE(base::write_file_atomic(watched.path() / "wide", wide, base::Access::Owner).has_value());
  CHECK(support::scan({watched.path()}, kCanaries).found.size() == 2);
  std::cout << "canary: " << scans << " scans, " << bytes / 1024 << " KiB in files of " << names.size()
            << " names, none of the " << kCount << " phrases; decrypted: " << at_server.size() << " at the server, "
            << on_tablet.size() << " on the worker's tablet\n";
}
