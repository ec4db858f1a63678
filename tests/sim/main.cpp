// doorstep_sim: the sync protocol under everything that can go wrong, from seeds.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <set>
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
  const std::string seed = std::to_string(plan.seed);
  std::string out = "seed " + seed + " breaks " + outcome.broken->what() + " (step " + std::to_string(outcome.at) + ")\n";
  const auto steps = shrink(plan, outcome.broken->invariant, outcome.at);
  const auto again = run(plan, &steps);
  out += std::string(again.broken ? again.broken->what() : "and not when shrunk") + "\n";
  for (std::size_t step : steps) out += "  " + std::to_string(step) + " " + sim::name_of(plan.steps[step].what) + "\n";
  out += "doorstep_sim --seed " + seed + " --steps " + (steps.empty() ? "none" : list(steps)) + "\n";
  std::fputs(out.c_str(), stdout);
  std::fflush(stdout);
}

struct Job {
  std::uint64_t from = 1, seeds = 0;
  std::uint64_t share = 0, shares = 1;  ///< of the seeds: every `shares`-th
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
  double limit_s = 0;                   ///< 0: none
  bool keep_going = false;
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); }
  bool in_time() const { return limit_s <= 0 || seconds() < limit_s; }
};

/// One seed's, or one mistake's, part of the figures, as a process tells it to the one that started it.
struct Told {
  std::uint64_t last = 0, seeds = 0;  ///< the last seed that was run, and how many were
  bool broken = false;                ///< or the mistake was not noticed
  std::uint64_t mistake = 0, trace = 0;
  sim::Figures figures = {};
};
using Tell = std::function<void(const Told&)>;

constexpr std::uint64_t kTwice = 64;  // every so many-th seed runs twice, and must leave the same trace

void run_seeds(const Job& job, const Tell& tell) {
  std::uint64_t done = 0;
  for (std::uint64_t seed = job.from; seed < job.from + job.seeds && job.in_time(); ++seed) {
    if (seed % job.shares != job.share) continue;
    const Plan plan = sim::plan_of(seed);
    const Outcome outcome = run(plan);
    bool broken = outcome.broken.has_value();
    if (done++ % kTwice == 0 && run(plan).trace != outcome.trace) {
      std::printf("seed %llu ran differently the second time\n", static_cast<unsigned long long>(seed));
      broken = true;
    }
    tell({seed, 1, broken, 0, outcome.trace, outcome.figures});
    if (outcome.broken) report(plan, outcome);
    if (broken && !job.keep_going) return;
  }
}

#ifdef DOORSTEP_MUTANTS
/// The mistakes that are yet to be tried, for whichever process is free: one takes a thousand times as long as another.
class Bench {
 public:
  Bench(const std::string& only, std::uint64_t from) {
    if (::pipe2(ends_, O_NONBLOCK) != 0) std::exit(2);
    for (std::size_t i = 0; i < sim::mutants().size(); ++i)
      if (only.empty() ? sim::mutants()[i].on_bench : only == sim::mutants()[i].name) put({i, from, false});
  }
  struct Trial {
    std::uint64_t mistake, from;  ///< the first seed
    bool again;
  };
  void put(const Trial& trial) {
    if (::write(ends_[1], &trial, sizeof trial) != sizeof trial) ::_exit(2);
  }
  std::optional<Trial> take() {
    Trial out;
    return ::read(ends_[0], &out, sizeof out) == sizeof out ? std::optional(out) : std::nullopt;
  }

 private:
  int ends_[2];
};

/// Each mistake of the bench until a seed notices it. What is not noticed is a hole in the checks. With time left: again, from
/// the next seeds on.
void run_bench(const Job& job, Bench& bench, const Tell& tell) {
  while (const auto trial = bench.take()) {
    if (trial->again && !job.in_time()) continue;
    const sim::Mutant& mutant = sim::mutants()[trial->mistake];
    base::active_mutant = mutant.name;
    std::optional<sim::Broken> caught;
    std::uint64_t tried = 0;
    for (; !caught && tried < job.seeds; ++tried) caught = run(sim::plan_of(trial->from + tried)).broken;
    tell({trial->from + tried - 1, tried, !caught, trial->mistake});
    const std::string what = caught ? caught->what() : "NOT noticed: " + std::string(mutant.mistake);
    std::printf("%-26s %5llu seeds: %s\n", mutant.name, static_cast<unsigned long long>(tried), what.c_str());
    std::fflush(stdout);
    base::active_mutant = {};
    if (job.limit_s > 0 && job.in_time()) bench.put({trial->mistake, trial->from + tried, true});
  }
}
#endif

/// Makes what every run begins with, once, and before any mistake is switched on.
void begin() {
  for (std::uint64_t seed : {1, 8}) run(sim::plan_of(seed));  // one of each length of pages
}

/// The job in so many processes, each with its share of it.
std::vector<Told> divided(Job job, std::uint64_t processes, const std::function<void(const Job&, const Tell&)>& work) {
  begin();
  int ends[2];
  if (::pipe(ends) != 0) std::exit(2);
  std::fflush(stdout);
  job.shares = std::max<std::uint64_t>(processes, 1);
  for (job.share = 0; job.share < job.shares; ++job.share) {
    const pid_t child = ::fork();
    if (child < 0) std::exit(2);
    if (child > 0) continue;
    work(job, [&](const Told& told) {
      if (::write(ends[1], &told, sizeof told) != sizeof told) ::_exit(2);
    });
    std::fflush(stdout);
    ::_exit(0);
  }
  ::close(ends[1]);
  std::vector<Told> out;
  for (Told told; ::read(ends[0], &told, sizeof told) == sizeof told;) out.push_back(told);
  int status = 0;
  while (::wait(&status) > 0)
    if (status != 0) std::printf("a process ended with %d\n", status), out.push_back({0, 0, true});
  return out;
}

int sum_of_seeds(const std::vector<Told>& all, std::uint64_t from, double seconds) {
  Told sum;
  std::uint64_t broken = 0, last = 0;
  for (const Told& told : all) {
    last = std::max(last, told.last);
    broken += told.broken;
    sum.trace += told.trace * (2 * told.last + 1);  // in whatever order they came
    sim::Figures& figures = sum.figures;
    figures.steps += told.figures.steps;
    figures.requests += told.figures.requests;
    figures.operations += told.figures.operations;
    figures.crashes += told.figures.crashes;
    figures.restores += told.figures.restores;
    figures.forks += told.figures.forks;
    figures.words += told.figures.words;
    figures.photos += told.figures.photos;
    figures.parts += told.figures.parts;
    figures.receipts += told.figures.receipts;
    figures.erased += told.figures.erased;
    figures.rounds = std::max(figures.rounds, told.figures.rounds);
  }
  const auto number = [](std::uint64_t n) { return static_cast<unsigned long long>(n); };
  std::printf("%zu seeds from %llu to %llu: %llu broken; %zu steps, %zu requests, %zu operations, %zu crashes, %zu restores, %zu forks, "
              "%zu words, %zu photos in %zu parts, %zu receipts, %zu erased; quiet after at most %zu rounds; trace %016llx; %.0f s\n",
              all.size(), number(from), number(last), number(broken), sum.figures.steps, sum.figures.requests, sum.figures.operations,
              sum.figures.crashes, sum.figures.restores, sum.figures.forks, sum.figures.words, sum.figures.photos, sum.figures.parts,
              sum.figures.receipts, sum.figures.erased, sum.figures.rounds, number(sum.trace), seconds);
  return broken > 0 ? 1 : 0;
}

int sum_of_bench(const std::vector<Told>& all, double seconds) {
  std::vector<std::uint64_t> after;
  std::set<std::uint64_t> tried, missed;
  std::uint64_t seeds = 0;
  for (const Told& told : all) {
    tried.insert(told.mistake);
    seeds += told.seeds;
    if (told.broken) missed.insert(told.mistake);
    else after.push_back(told.seeds);
  }
  std::sort(after.begin(), after.end());
  std::printf("%zu of %zu mistakes noticed each time, %zu times in all; after %llu seeds in the median, %llu at most; %llu seeds, %.0f s\n",
              tried.size() - missed.size(), tried.size(), after.size(),
              static_cast<unsigned long long>(after.empty() ? 0 : after[after.size() / 2]),
              static_cast<unsigned long long>(after.empty() ? 0 : after.back()), static_cast<unsigned long long>(seeds), seconds);
  return missed.empty() && !all.empty() ? 0 : 1;
}

[[noreturn]] void usage() {
  std::fputs("doorstep_sim [--seeds N] [--from SEED] [--for SECONDS] [--jobs N] [--resume FILE] [--keep-going] [--log]\n"
             "doorstep_sim --seed SEED [--steps 0,1,2 | none]\n"
             "doorstep_sim --mutants [NAME] [--seeds N] [--from SEED] [--for SECONDS] [--jobs N] [--resume FILE]\n", stderr);
  std::exit(2);
}

}  // namespace

int main(int argc, char** argv) {
  Job job;
  std::uint64_t jobs = 1;
  std::string resume;
  std::optional<std::string> mutants;
  std::optional<std::uint64_t> one;
  std::optional<std::vector<std::size_t>> steps;
  bool log = false;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    auto value = [&] {
      if (++i >= argc) usage();
      return std::string(argv[i]);
    };
    if (option == "--seeds") job.seeds = std::stoull(value());
    else if (option == "--from") job.from = std::stoull(value());
    else if (option == "--seed") one = std::stoull(value());
    else if (option == "--for") job.limit_s = std::stod(value());
    else if (option == "--jobs") jobs = std::stoull(value());
    else if (option == "--resume") resume = value();
    else if (option == "--keep-going") job.keep_going = true;
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
#ifndef DOORSTEP_MUTANTS
  if (mutants) {  // this program has no mistakes in it
    ::execv((std::string(argv[0]) + "_mutants").c_str(), argv);
    std::puts("doorstep_sim_mutants is not built: platform/dev/build.sh release doorstep_sim_mutants");
    return 2;
  }
#endif
  if (!log && !std::freopen("/dev/null", "w", stderr)) return 2;  // the server logs each of its deaths
  if (one) {
    const Plan plan = sim::plan_of(*one);
    if (steps)
      for (std::size_t step : *steps)
        if (step >= plan.steps.size()) usage();
#ifdef DOORSTEP_MUTANTS
    if (mutants) begin(), base::active_mutant = *mutants;
#endif
    const Outcome outcome = run(plan, steps ? &*steps : nullptr, steps.has_value());
    std::printf("seed %llu: %s, trace %016llx\n", static_cast<unsigned long long>(*one),
                outcome.broken ? outcome.broken->what() : "whole", static_cast<unsigned long long>(outcome.trace));
    if (outcome.broken && !steps) report(plan, outcome);
    return outcome.broken ? 1 : 0;
  }

  if (!resume.empty()) std::ifstream(resume) >> job.from;
  if (job.seeds == 0) job.seeds = job.limit_s > 0 && !mutants ? 1'000'000'000 : 2000;
  std::vector<Told> told;
#ifdef DOORSTEP_MUTANTS
  if (mutants) {
    Bench bench(*mutants, job.from);
    told = divided(job, jobs, [&](const Job& share, const Tell& tell) { run_bench(share, bench, tell); });
  }
#endif
  if (!mutants) told = divided(job, jobs, run_seeds);
  const int ended = mutants ? sum_of_bench(told, job.seconds()) : sum_of_seeds(told, job.from, job.seconds());
  if (!resume.empty() && ended == 0) {  // what broke is run again
    std::uint64_t next = job.from;
    for (const Told& part : told) next = std::max(next, part.last + 1);
    std::ofstream(resume) << next << "\n";
  }
  return ended;
}
