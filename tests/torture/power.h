#pragma once
#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <ostream>
#include <random>
#include <set>

#include "tests/support/folder.h"
#include "tests/torture/recorded_disk.h"

namespace doorstep::torture {

/// How many lives are recorded, and from which seed: as DOORSTEP_POWER_CUTS says, "<first seed>:<lives>".
struct Lives { std::uint64_t first = 1, count = 2; };
inline Lives lives() {
  Lives out;
  if (const char* said = std::getenv("DOORSTEP_POWER_CUTS")) {
    char* rest = nullptr;
    out.first = std::strtoull(said, &rest, 10);
    out.count = *rest == ':' ? std::strtoull(rest + 1, nullptr, 10) : 1;
  }
  return out;
}
inline std::ostream& operator<<(std::ostream& out, const Lives& lives) {
  return out << lives.count << " lives from seed " << lives.first;
}

struct PowerFigures {
  std::uint64_t moments = 0, disks = 0, torn = 0;
  PowerFigures& operator+=(const PowerFigures& more) {
    moments += more.moments, disks += more.disks, torn += more.torn;
    return *this;
  }
};
inline std::ostream& operator<<(std::ostream& out, const PowerFigures& figures) {
  return out << figures.moments << " moments, " << figures.disks << " disks, of which " << figures.torn << " torn";
}

/// Hands `look` a folder for every disk that a power cut now might leave: two that are certain, six at random; equal ones once.
template <class Look>
void each_disk(const RecordedDisk& disk, std::mt19937_64& random, PowerFigures& figures, const Look& look) {
  using Cut = RecordedDisk::Cut;
  std::set<RecordedDisk::Files> made;
  for (const Cut how : {Cut::Kept, Cut::Dropped, Cut::Mixed, Cut::Torn, Cut::Mixed, Cut::Torn, Cut::Mixed, Cut::Torn}) {
    auto files = disk.after(how, random);
    const auto [at, fresh] = made.insert(std::move(files));
    if (!fresh) continue;
    ++figures.disks;
    figures.torn += how == Cut::Torn;
    support::Folder folder;
    for (const auto& [name, bytes] : *at) std::ofstream(folder / name, std::ios::binary) << bytes;
    look(folder.path(), how);
  }
}

/// Lives of as many steps, from the seeds that were told: each must keep its promise at every disk. Prints one line of figures.
template <class Life>
void live_through(const char* whose, int steps) {
  PowerFigures all;
  const Lives told = lives();
  for (std::uint64_t seed = told.first; seed < told.first + told.count; ++seed) {
    Life life(seed, false);
    const auto wrong = life.live(steps);
    INFO("seed " << seed << ": " << wrong);
    CHECK(wrong.empty());
    all += life.figures;
  }
  CHECK(all.disks > 100 * told.count);
  std::cout << "power loss: " << whose << ", " << told << ", " << all << "\n";
}

}  // namespace doorstep::torture
