#include "tests/sim/plan.h"

#include <iterator>

#include "tests/sim/random.h"

namespace doorstep::sim {

namespace {

constexpr const char* kNames[] = {"type",       "submit",     "withdraw",      "revise",      "decide",          "addendum",
                                  "settle",     "settle-alert", "match",       "discard",     "attach",          "take-off",
                                  "open-photos", "dismiss",   "allocate",      "import",      "worker-leaves",   "revoke-device",
                                  "revoke-worker", "change-signer", "erase", "advance", "sync-all",
                                  "redeliver",  "end-tablet", "power-cut",     "reopen",      "disk-full",       "end-server",
                                  "server-power-cut", "back-up", "restore-server", "take-image", "restore-tablet", "clone-tablet",
                                  "spoil-photo", "collect-photos", "time-passes", "clock-jumps"};
static_assert(std::size(kNames) == static_cast<std::size_t>(Do::Count));

struct Weight {
  Do what;
  int weight;
};

}  // namespace

const char* name_of(Do what) { return kNames[static_cast<std::size_t>(what)]; }

Plan plan_of(std::uint64_t seed) {
  Random random(seed * 0x2545f4914f6cdd1d + 1);
  Plan plan;
  plan.seed = seed;
  if (seed % 8 == 0) plan.page_bytes = 4096;
  plan.tablets = static_cast<int>(1 + random.below(4));
  Trouble& trouble = plan.trouble;
  trouble.network = random.percent(70);
  trouble.crashes = random.percent(50);
  trouble.power = random.percent(40);
  trouble.restores = random.percent(25);
  trouble.images = random.percent(20);
  trouble.clones = random.percent(15);
  trouble.council = random.percent(50);
  trouble.revocations = random.percent(15);
  trouble.clocks = random.percent(30);
  trouble.disk_full = random.percent(20);
  trouble.photos_spoil = random.percent(15);
  trouble.signers = random.percent(15);
  const bool photos = random.percent(60);
  plan.photo_bytes = 24 + random.below(160);
  if (random.percent(70)) plan.ops_per_push = 1 + random.below(4);
  if (random.percent(30)) plan.fresh = 2;  // everybody writes in the same
  plan.drawer = random.percent(15);
  if (random.percent(50)) plan.pull_bytes = 512 + random.below(8 * 1024);

  // Some seeds lean to what is rare among all of them, with two tablets and little else.
  const std::size_t lean = random.below(100);
  const bool regrown = lean < 10;                    // a server that went back has another history of the same length
  const bool approved = lean >= 10 && lean < 16;     // what was approved is written anew
  if (regrown || approved) {
    plan.tablets = 2;
    trouble = {};
    trouble.restores = regrown;
    trouble.images = regrown && random.percent(40);
  }
  if (regrown) plan.fresh = random.percent(50) ? 2 : 60;

  std::vector<Weight> weights = {{Do::Type, 22},       {Do::Withdraw, 4},    {Do::Addendum, 3},   {Do::SettleConflict, 4},
                                 {Do::SettleAlert, 2}, {Do::Match, 3},       {Do::Discard, 2},    {Do::Dismiss, 1},
                                 {Do::Advance, 45},    {Do::Reopen, 2},      {Do::TimePasses, 4},
                                 {Do::Submit, approved ? 20 : regrown ? 3 : 9},
                                 {Do::Decide, approved ? 25 : 9},
                                 {Do::Revise, approved ? 20 : 4},
                                 {Do::SyncAll, approved || regrown ? 40 : 16}};
  auto add = [&](bool on, Do what, int weight) {
    if (on) weights.push_back({what, weight});
  };
  add(photos, Do::Attach, 10);
  add(photos, Do::TakeOff, 1);
  add(photos, Do::OpenPhotos, 6);
  add(photos, Do::CollectPhotos, 1);
  add(photos && trouble.photos_spoil, Do::SpoilPhoto, 3);
  add(trouble.signers, Do::ChangeSigner, 3);
  add(trouble.network, Do::Redeliver, 6);
  add(trouble.crashes, Do::EndTablet, 6);
  add(trouble.crashes, Do::EndServer, 5);
  add(trouble.power, Do::PowerCut, 5);
  add(trouble.power, Do::ServerPowerCut, 3);
  add(trouble.restores, Do::BackUp, regrown ? 6 : 4);
  add(trouble.restores, Do::RestoreServer, regrown ? 6 : 3);
  add(trouble.images || trouble.clones, Do::TakeImage, 4);
  add(trouble.images, Do::RestoreTablet, 3);
  add(trouble.clones, Do::CloneTablet, 3);
  add(trouble.council, Do::Allocate, 6);
  add(trouble.council, Do::Import, 3);
  add(trouble.council, Do::WorkerLeaves, 1);
  add(trouble.revocations, Do::RevokeDevice, 1);
  add(trouble.revocations, Do::RevokeWorker, 1);
  add(trouble.clocks, Do::ClockJumps, 4);
  add(trouble.disk_full, Do::DiskFull, 4);
  // By a chance of its own, so that every other seed is what it was. A server that goes back has again what it erased: none of these.
  Random apart(seed * 0x9e3779b97f4a7c15 + 3);
  trouble.erasures = !trouble.restores && apart.percent(35);
  add(trouble.erasures, Do::Erase, 25);
  add(trouble.erasures, Do::Submit, 8);  // what waits, or is open, is not erased
  add(trouble.erasures, Do::Decide, 20);
  add(trouble.erasures, Do::SyncAll, 30);
  int total = 0;
  for (const Weight& weight : weights) total += weight.weight;

  const std::size_t count = 15 + random.below(random.percent(20) ? 160 : 70);
  for (std::size_t i = 0; i < count; ++i) {
    int at = static_cast<int>(random.below(static_cast<std::size_t>(total)));
    for (const Weight& weight : weights) {
      if ((at -= weight.weight) >= 0) continue;
      plan.steps.push_back({weight.what, random.next()});
      break;
    }
  }
  return plan;
}

}  // namespace doorstep::sim
