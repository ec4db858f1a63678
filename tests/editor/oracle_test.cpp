#include <catch2/catch_test_macros.hpp>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "tests/editor/oracle.h"

using namespace doorstep::editor::oracle;

namespace {

constexpr std::size_t kRound = 500;  ///< edits of one text; a round's number is its seed

/// DOORSTEP_EDITS=[first round:]edits
struct Wanted {
  unsigned first = 1;
  std::size_t edits = 1'000'000;
};
Wanted wanted() {
  Wanted out;
  const char* told = std::getenv("DOORSTEP_EDITS");
  if (!told) return out;
  std::string_view words(told);
  if (const auto colon = words.find(':'); colon != std::string_view::npos) {
    std::from_chars(words.data(), words.data() + colon, out.first);
    words.remove_prefix(colon + 1);
  }
  const auto [end, wrong] = std::from_chars(words.data(), words.data() + words.size(), out.edits);
  REQUIRE((wrong == std::errc() && end == words.data() + words.size()));
  return out;
}

}  // namespace

TEST_CASE("editor: random edits agree with a string", "[editor][oracle]") {
  const Wanted want = wanted();
  const auto start = std::chrono::steady_clock::now();
  Counts n;
  unsigned round = want.first;
  for (; n.edits < want.edits; ++round) {
    std::mt19937 random(round);
    Round(round, {[&] { return static_cast<unsigned>(random()); }, [](std::size_t edits) { return edits < kRound; }}, n).run();
  }
  std::printf("editor: %zu edits in rounds %u to %u (%zu typed, %zu committed by an input method, %zu pasted, %zu cut, %zu erased,"
              " %zu replaced, %zu undone, %zu redone, %zu refused as too long, %zu merges), %zu moves and selections, %zu layouts,"
              " longest text %zu bytes: all equal, %.1f s\n",
              n.edits, want.first, round - 1, n.typed, n.committed, n.pasted, n.cut, n.erased, n.replaced, n.undone, n.redone, n.refused,
              n.arrived, n.moves, n.layouts, n.longest,
              std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
}
