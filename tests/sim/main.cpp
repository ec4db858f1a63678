// doorstep_sim: the sync protocol under everything that can go wrong, from seeds.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>

#include "platform/base/mutant.h"
#include "tests/sim/mutants.h"
#include "tests/sim/world.h"

namespace {

using namespace doorstep;
using sim::Plan;

struct Outcome {
  std::optional<sim::Broken> broken;
  std::size_t at = 0;  ///< the step it broke in
  std::uint64_t trace = 0;
  sim::Figures figures;
};

/// Runs a plan, or the steps of it that `chosen` names.
Outcome run(const Plan& plan, const std::vector<std::size_t>* chosen = nullptr, bool show = false) {
  Outcome out;
  std::optional<sim::World> world;
  std::size_t at = 0;
  try {
    world.emplace(plan);
    for (std::size_t i = 0; i < (chosen ? chosen->size() : plan.steps.size()); ++i) {
      at = chosen ? (*chosen)[i] : i;
      world->step(plan.steps[at]);
    }
    at = plan.steps.size();
    world->finish();
  } catch (const sim::Broken& broken) {
    out.broken = broken;
    out.at = at;
    if (show && world) std::fputs(world->dump().c_str(), stdout);
  }
  if (!world) return out;
  world->trace.add(out.broken ? out.broken->what() : "whole");
  out.trace = world->trace.hash();
  out.figures = world->figures;
  return out;
}

/// The fewest steps that still break the same invariant: leaves out ever smaller runs of them.
std::vector<std::size_t> shrink(const Plan& plan, const std::string& invariant, std::size_t last) {
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < plan.steps.size() && i <= last; ++i) kept.push_back(i);
  for (std::size_t size = std::max<std::size_t>(kept.size() / 2, 1);; size = std::max<std::size_t>(size / 2, 1)) {
    bool smaller = false;
    for (std::size_t from = 0; from < kept.size();) {
      std::vector<std::size_t> without(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(from));
      without.insert(without.end(), kept.begin() + static_cast<std::ptrdiff_t>(std::min(from + size, kept.size())), kept.end());
      auto outcome = run(plan, &without);
      if (outcome.broken && outcome.broken->invariant == invariant) kept = std::move(without), smaller = true;
      else from += size;
    }
    if (size == 1 && !smaller) return kept;
  }
}

std::string list(const std::vector<std::size_t>& steps) {
  std::string out;
  for (std::size_t step : steps) out += (out.empty() ? "" : ",") + std::to_string(step);
  return out;
}

void report(const Plan& plan, const Outcome& outcome) {
  std::printf("seed %llu breaks %s (step %zu)\n", static_cast<unsigned long long>(plan.seed), outcome.broken->what(), outcome.at);
  const auto steps = shrink(plan, outcome.broken->invariant, outcome.at);
  const auto again = run(plan, &steps);
  std::printf("%s\n", again.broken ? again.broken->what() : "and not when shrunk");
  for (std::size_t step : steps) std::printf("  %zu %s\n", step, sim::name_of(plan.steps[step].what));
  std::printf("doorstep_sim --seed %llu --steps %s\n", static_cast<unsigned long long>(plan.seed), list(steps).c_str());
  std::fflush(stdout);
}

#ifdef DOORSTEP_MUTANTS
/// Each mistake of the bench until a seed notices it. What is not noticed is a hole in the checks.
int bench(std::uint64_t seeds, const std::string& only, std::uint64_t share, std::uint64_t shares) {
  std::vector<std::uint64_t> after;
  int missed = 0;
  run(sim::plan_of(1));  // makes what every run begins with, while no mistake is switched on
  for (std::size_t i = 0; i < sim::mutants().size(); ++i) {
    const sim::Mutant& mutant = sim::mutants()[i];
    if ((!only.empty() && only != mutant.name) || i % shares != share) continue;
    base::active_mutant = mutant.name;
    std::optional<sim::Broken> caught;
    std::uint64_t seed = 0;
    while (!caught && seed < seeds) caught = run(sim::plan_of(++seed)).broken;
    if (caught) after.push_back(seed);
    else ++missed;
    if (caught) std::printf("%-26s after %5llu seeds: %s\n", mutant.name, static_cast<unsigned long long>(seed), caught->what());
    else std::printf("%-26s NOT noticed in %llu seeds: %s\n", mutant.name, static_cast<unsigned long long>(seed), mutant.mistake);
    std::fflush(stdout);
  }
  base::active_mutant = {};
  std::sort(after.begin(), after.end());
  std::printf("%zu of %zu mistakes noticed; after %llu seeds in the median, %llu at most\n", after.size(), after.size() + missed,
              static_cast<unsigned long long>(after.empty() ? 0 : after[after.size() / 2]),
              static_cast<unsigned long long>(after.empty() ? 0 : after.back()));
  return missed > 0 ? 1 : 0;
}
#endif

[[noreturn]] void usage() {
  std::fputs("doorstep_sim [--seeds N] [--from SEED] [--for SECONDS] [--share I/N] [--keep-going] [--log]\n"
             "doorstep_sim --seed SEED [--steps 0,1,2 | none]\n"
             "doorstep_sim --mutants [NAME] [--seeds N]\n", stderr);
  std::exit(2);
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t from = 1, seeds = 0;
  std::uint64_t share = 0, shares = 1;  // of the seeds: every `shares`-th, for as many processes
  std::optional<std::string> mutants;
  std::optional<std::uint64_t> one;
  std::optional<std::vector<std::size_t>> steps;
  double limit_s = 0;
  bool keep_going = false, log = false;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    auto value = [&] {
      if (++i >= argc) usage();
      return std::string(argv[i]);
    };
    if (option == "--seeds") seeds = std::stoull(value());
    else if (option == "--from") from = std::stoull(value());
    else if (option == "--seed") one = std::stoull(value());
    else if (option == "--for") limit_s = std::stod(value());
    else if (option == "--share") {
      const std::string text = value();
      share = std::stoull(text);
      shares = std::max<std::uint64_t>(std::stoull(text.substr(text.find('/') + 1)), 1);
    } else if (option == "--keep-going") keep_going = true;
    else if (option == "--log") log = true;
    else if (option == "--mutants") {
      mutants = i + 1 < argc && argv[i + 1][0] != '-' ? argv[++i] : "";
    } else if (option == "--steps") {
      steps.emplace();
      const std::string text = value();
      for (std::size_t at = 0; text != "none" && at < text.size();) {
        std::size_t end = std::min(text.find(',', at), text.size());
        steps->push_back(std::stoull(text.substr(at, end - at)));
        at = end + 1;
      }
    } else usage();
  }
  if (!log && !std::freopen("/dev/null", "w", stderr)) return 2;  // the server logs each of its deaths
  if (seeds == 0) seeds = mutants ? 3000 : 200;
  if (mutants) {
#ifdef DOORSTEP_MUTANTS
    return bench(seeds, *mutants, share, shares);
#else
    ::execv((std::string(argv[0]) + "_mutants").c_str(), argv);  // this program has no mistakes in it
    std::puts("doorstep_sim_mutants is not built: platform/dev/build.sh release doorstep_sim_mutants");
    return 2;
#endif
  }
  if (one) {
    const Plan plan = sim::plan_of(*one);
    if (steps)
      for (std::size_t step : *steps)
        if (step >= plan.steps.size()) usage();
    const Outcome outcome = run(plan, steps ? &*steps : nullptr, steps.has_value());
    std::printf("seed %llu: %s, trace %016llx\n", static_cast<unsigned long long>(*one),
                outcome.broken ? outcome.broken->what() : "whole", static_cast<unsigned long long>(outcome.trace));
    if (outcome.broken && !steps) report(plan, outcome);
    return outcome.broken ? 1 : 0;
  }

  const auto start = std::chrono::steady_clock::now();
  auto seconds = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); };
  std::uint64_t last = from, done = 0, broken = 0;
  sim::Figures all;
  std::uint64_t traces = 0;
  for (std::uint64_t seed = from; seed < from + seeds && (limit_s <= 0 || seconds() < limit_s); ++seed) {
    if (seed % shares != share) continue;
    const Plan plan = sim::plan_of(seed);
    const Outcome outcome = run(plan);
    last = seed;
    if (done++ % 16 == 0 && run(plan).trace != outcome.trace) {
      std::printf("seed %llu ran differently the second time\n", static_cast<unsigned long long>(seed));
      return 1;
    }
    traces = traces * 31 + outcome.trace;
    all.steps += outcome.figures.steps;
    all.requests += outcome.figures.requests;
    all.operations += outcome.figures.operations;
    all.crashes += outcome.figures.crashes;
    all.restores += outcome.figures.restores;
    all.forks += outcome.figures.forks;
    all.words += outcome.figures.words;
    all.rounds = std::max(all.rounds, outcome.figures.rounds);
    if (!outcome.broken) continue;
    ++broken;
    report(plan, outcome);
    if (!keep_going) break;
  }
  std::printf("seeds %llu to %llu, %llu run: %llu broken; %zu steps, %zu requests, %zu operations, %zu crashes, %zu restores, "
              "%zu forks, %zu words; quiet after at most %zu rounds; trace %016llx; %.1f s\n",
              static_cast<unsigned long long>(from), static_cast<unsigned long long>(last), static_cast<unsigned long long>(done),
              static_cast<unsigned long long>(broken), all.steps, all.requests, all.operations, all.crashes, all.restores, all.forks,
              all.words, all.rounds, static_cast<unsigned long long>(traces), seconds());
  return broken > 0 ? 1 : 0;
}
