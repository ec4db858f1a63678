// kill -9 of the app's core at random moments while somebody types: State, Runner, autosave and encrypted store of a real tablet,
// without a window, which syncs with its server all the while.
#include <signal.h>

#include <catch2/catch_test_macros.hpp>
#include <iostream>
#include <random>

#include "platform/base/file.h"
#include "tests/support/field.h"
#include "tests/support/process.h"
#include "tests/support/tree.h"
#include "tests/torture/script.h"

using namespace doorstep;
using namespace std::chrono;
using support::FieldTablet;
using support::Process;

namespace {

constexpr std::size_t kLanes = 4;  // tablets that are killed in turn: most of a round is waiting for keys
constexpr milliseconds kWhileTyping{2000}, kAfterLastKey{500};  // what may be lost: the promise of the app

std::int64_t mono_ms() { return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count(); }

/// What a typist said until it was killed.
struct Said {
  std::size_t opened = 0, saved = 0, last = 0;
  std::map<std::size_t, std::int64_t> typed;  // character number -> when
};
Said read(const std::string& output) {
  Said out;
  std::istringstream lines(output.substr(0, output.rfind('\n') + 1));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string what;
    std::size_t n = 0;
    words >> what >> n;
    if (what == "open") out.opened = n;
    if (what == "saved") out.saved = n;
    if (what == "typed") words >> out.typed[out.last = n];
  }
  return out;
}

/// One tablet with one open visit, and the typist on it.
struct Lane {
  support::Folder folder;
  std::unique_ptr<FieldTablet> tablet;  // closed while a typist has the folder
  std::unique_ptr<Process> typist;
  steady_clock::time_point kill_at;
  bool pauses = false;
  base::Id visit;
  std::size_t held = 0;  // characters known to be in the store

  Lane(support::CaseServer& council) {
    auto setup = council.enrol("W1001");
    REQUIRE(base::make_private_folder(folder / "setup").has_value());
    setup.write(folder / "setup");
    tablet = std::make_unique<FieldTablet>(std::move(setup), folder.path());
    tablet->open();
    tablet->sync();
    auto child = council.child("C0101");
    tablet->act(state::Open{state::ScreenKind::StartVisit, child});
    tablet->act(state::ChooseVisitType{"CIN"});
    tablet->act(state::PressStart{});
    REQUIRE(tablet->state().visit);
    visit = tablet->state().visit->visit.id;
    tablet->until("saved", [](const auto& s) { return s.visit->saved == s.visit->edit; });
    tablet->close();
  }
};

}  // namespace

TEST_CASE("app kill: two hundred kills while typing lose nothing older than promised", "[torture]") {
  support::CaseServer council;
  std::vector<std::unique_ptr<Lane>> lanes;
  for (std::size_t i = 0; i < kLanes; ++i) lanes.push_back(std::make_unique<Lane>(council));
  const auto seed = std::random_device()();
  CAPTURE(seed);
  std::mt19937 random(seed);
  auto between = [&](int a, int b) { return std::uniform_int_distribution<int>(a, b)(random); };

  auto start = [&](Lane& lane, bool pauses) {
    const int pause_after = pauses ? between(1, 50) : 0;
    lane.pauses = pauses;
    lane.typist = std::make_unique<Process>(
        std::vector<std::string>{support::bin("typist"), lane.folder.path().string(), lane.visit.str(),
                                 std::to_string(pause_after)});
    const bool typing = lane.typist->wait_for_output("typed ", seconds(60));
    INFO(lane.typist->output());
    REQUIRE(typing);
    lane.kill_at = steady_clock::now() + milliseconds(pauses ? 20 * pause_after + between(0, 800) : between(0, 2800));
  };
  int kills = 0, started = 0, after_last_key = 0, tails = 0;
  std::size_t typed = 0;
  std::int64_t oldest_lost = 0, longest_after_key = 0;
  for (auto& lane : lanes) start(*lane, started++ % 2 == 1);

  const int enough = torture::kills();
  while (kills < enough) {
    Lane& lane = **std::min_element(lanes.begin(), lanes.end(), [](auto& a, auto& b) { return a->kill_at < b->kill_at; });
    CAPTURE(kills, lane.pauses);
    const auto left = duration_cast<milliseconds>(lane.kill_at - steady_clock::now());
    REQUIRE(lane.typist->wait(std::max(milliseconds(0), left)) == -1);
    const auto killed_at = mono_ms();
    lane.typist->signal(SIGKILL);
    REQUIRE(lane.typist->wait(seconds(30)) == 128 + SIGKILL);
    const Said said = read(lane.typist->output());
    ++kills;

    auto store = lane.tablet->open_store();
    auto draft = store.draft(lane.visit);
    REQUIRE(draft.has_value());
    const auto found = torture::saw_of(draft->visit);
    CAPTURE(found.size(), said.opened, said.saved, said.last, lane.held);
    CHECK(found == torture::script(found.size()));
    CHECK(found.size() >= said.saved);   // what "Saved" confirmed
    CHECK(found.size() >= said.opened);  // what was found the time before
    CHECK(said.opened == lane.held);
    REQUIRE(!said.typed.empty());
    typed += said.last - said.opened;
    const auto last_key = said.typed.at(said.last);
    if (killed_at - last_key >= kAfterLastKey.count()) ++after_last_key;
    if (found.size() < said.last) {
      ++tails;
      const auto lost = killed_at - said.typed.at(found.size() + 1);
      oldest_lost = std::max(oldest_lost, lost);
      CHECK(lost <= kWhileTyping.count());
      CHECK(killed_at - last_key < kAfterLastKey.count());
      longest_after_key = std::max(longest_after_key, killed_at - last_key);
    }
    lane.held = found.size();
    if (started < enough) start(lane, started % 2 == 1), ++started;
    else lane.kill_at = steady_clock::time_point::max();
  }

  // What survived is also what the next start sends: another tablet of the same worker has every lane's text.
  for (auto& lane : lanes) {
    lane->tablet->open();
    lane->tablet->sync();
    CHECK(lane->tablet->state().sync.refused.empty());
  }
  FieldTablet fresh(council, "W1001");
  fresh.open();
  fresh.sync();
  std::multiset<std::string> written, arrived;
  for (auto& lane : lanes) written.insert(torture::script(lane->held));
  for (const auto* visit : state::all_drafts(fresh.state())) arrived.insert(torture::saw_of(*visit));
  CHECK(arrived == written);

  std::cout << "app kill: " << kills << " kills, " << typed << " characters typed; in " << tails
            << " the last ones were lost, the oldest of them " << oldest_lost << " ms old (limit " << kWhileTyping.count()
            << "); " << after_last_key << " kills came " << kAfterLastKey.count()
            << " ms or more after the last key, nothing lost; latest loss " << longest_after_key
            << " ms after it; nothing confirmed was lost; seed " << seed << "\n";
}
