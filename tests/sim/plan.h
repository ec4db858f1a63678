#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace doorstep::sim {

/// What can happen next. Who it happens to, and every choice inside, comes from the step's own number: leaving other steps
/// out changes nothing about it.
enum class Do : std::uint8_t {
  // people with a tablet
  Type, Submit, Withdraw, Revise, Decide, Addendum, SettleConflict, SettleAlert, Match, Discard, Attach, TakeOff, OpenPhotos, Dismiss,
  // the council and its IT
  Allocate, Import, WorkerLeaves, RevokeDevice, RevokeWorker, ChangeSigner, Erase,
  // the network
  Advance, SyncAll, Redeliver,
  // machines
  EndTablet, PowerCut, Reopen, DiskFull, EndServer, ServerPowerCut, BackUp, RestoreServer, TakeImage, RestoreTablet, CloneTablet,
  SpoilPhoto, CollectPhotos,
  // clocks
  TimePasses, ClockJumps,
  Count
};
const char* name_of(Do what);

struct Step {
  Do what{};
  std::uint64_t chance = 0;
};

/// Which kinds of trouble one seed has. Many seeds have few: a check that must look away for one fault then still looks.
struct Trouble {
  bool network = false, crashes = false, power = false, restores = false, images = false, clones = false, council = false,
       revocations = false, clocks = false, disk_full = false, photos_spoil = false, signers = false, erasures = false;
};

struct Plan {
  std::uint64_t seed = 0;
  Trouble trouble;
  int tablets = 2;            ///< of the cast: see world.cpp
  std::size_t ops_per_push = 64, push_bytes = 256 * 1024, pull_bytes = 256 * 1024, photo_bytes = 64;
  int fresh = 20;             ///< percent: how often somebody who could go on with a visit starts another
  int page_bytes = 1024;      ///< of the databases: a quarter of the real ones, which every 8th seed has
  bool drawer = false;        ///< people use the first tablet alone; the others lie in a drawer, and sync
  std::vector<Step> steps;
};

Plan plan_of(std::uint64_t seed);

}  // namespace doorstep::sim
