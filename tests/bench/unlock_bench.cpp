#include <sodium.h>

#include <catch2/catch_test_macros.hpp>

#include "tests/bench/measure.h"
#include "tests/bench/notes.h"

using namespace doorstep;
using namespace doorstep::bench;

// From the press of "Unlock" to the caseload on screen, through the app's own threads, on a tablet with 1,000 notes. The server
// is away, as it is where tablets are unlocked.
TEST_CASE("unlock", "[unlock]") {
  const int rounds = quick() ? 1 : 7;
  const std::size_t notes = quick() ? 20 : 1000;
  const auto cost = vault::minimum_cost(vault::Level::Keyfile);
  support::CaseServer council;
  support::FieldTablet tablet(council.enrol(std::string(kWriter)), {}, {.cost = std::nullopt, .vfs = {}});
  tablet.open();
  tablet.sync();
  tablet.close();
  write_notes(tablet, council, notes);
  tablet.open();
  tablet.sync();
  tablet.close();
  council.stop();

  const auto ours = [&] {
    const double ms = ms_of([&] { tablet.open(); });
    REQUIRE(tablet.state().caseload->records.size() == notes);
    tablet.close();
    return ms;
  };
  const auto yardstick = [&] {
    return ms_of([&] {
      unsigned char out[64];
      const std::string salt(crypto_pwhash_SALTBYTES, 's');
      const std::string_view phrase = support::FieldTablet::kPassphrase;
      REQUIRE(crypto_pwhash(out, sizeof out, phrase.data(), phrase.size(), reinterpret_cast<const unsigned char*>(salt.data()),
                            cost.passes, std::size_t{cost.memory_mib} * 1024 * 1024, crypto_pwhash_ALG_ARGON2ID13) == 0);
    });
  };
  const Sides sides = take_turns(rounds, ours, yardstick, [] {});
  tell("unlock", median(sides.ours), median(sides.yardstick),
       "passphrase to caseload with " + std::to_string(notes) + " notes, median of " + std::to_string(rounds));
}
