#include <SDL.h>
#include <sys/resource.h>

#include <catch2/catch_test_macros.hpp>
#include <cstdio>
#include <cstdlib>

#include "tests/screens/camera.h"
#include "tests/support/tree.h"
#include "tests/support/xvfb.h"

using namespace doorstep;

namespace {

long voluntary_switches() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_nvcsw;
}

/// The screens that this process looks at: DOORSTEP_SHARE "1/8" is every eighth, from the second on. Asleep, many run side by side.
std::vector<test::Shown> our_share() {
  auto all = test::all_screens();
  std::size_t ours = 0, of = 1;
  if (const char* share = std::getenv("DOORSTEP_SHARE")) REQUIRE(std::sscanf(share, "%zu/%zu", &ours, &of) == 2);
  REQUIRE(ours < of);
  std::size_t at = 0;
  std::erase_if(all, [&](const auto&) { return at++ % of != ours; });
  return all;
}

}  // namespace

// What the state asks to be woken for it is, as the program does. What it asks others to do is not done: nothing that other
// threads would tell wakes the window either.
TEST_CASE("idle: ten seconds beginning six after the last key, on every screen", "[.idle]") {
  const auto screens = our_share();
  const support::Xvfb display(1280, 800);
  const base::SystemClock clock;
  shell::Options options;
  options.fonts = support::fonts();
  auto shell = shell::Shell::open(options, clock);
  REQUIRE(shell.has_value());
  SDL_WarpMouseGlobal(0, 0);

  std::size_t at = 0;
  state::State state;
  base::Millis ahead{0};  // of the state's clock
  bool focus = false;
  enum class Phase { Shown, Resting, Idle } phase = Phase::Shown;
  base::Millis next{0};
  std::uint64_t built = 0;
  long switches = 0;

  const auto context = [&] {
    const base::Millis mono = clock.monotonic() - ahead;
    return state::Context{state.now + (mono - state.mono), mono, [] { return base::Id(); }};
  };
  const auto look = [&] { built = shell->counts().built, switches = voluntary_switches(); };
  const auto show = [&] {
    state = screens[at].make();
    ahead = clock.monotonic() - state.mono;
    state::update(state, state::Intent(state::Touched{}), context());
    focus = true;
    phase = Phase::Shown;
    next = clock.monotonic() + base::Millis(500);
    shell->redraw();
  };
  shell::Shell::Client client;
  client.draw = [&](view::Ui& ui) {
    if (std::exchange(focus, false)) ui.focus(screens[at].focus);
    state::Intents intents;
    shell->set_photo(state.picture ? state.picture->pixels : nullptr);
    screens[at].draw(ui, state, intents);
    for (const auto& intent : intents) state::update(state, intent, context());
  };
  client.deadline = [&] {
    auto own = state::next_deadline(state);
    return std::optional(own ? std::min(*own + ahead, next) : next);
  };
  client.notice = [&](shell::Notice notice) {
    if (notice != shell::Notice::Idle) return;
    if (clock.monotonic() < next) {  // the state's deadline, not ours
      const auto before = state.revision;
      state::update(state, state::Event(state::Tick{}), context());
      if (state.revision != before) shell->redraw();
      return;
    }
    switch (phase) {
      case Phase::Shown:
        phase = Phase::Resting;
        next = clock.monotonic() + base::Millis(6'000);
        return;
      case Phase::Resting:
        phase = Phase::Idle;
        look();
        next = clock.monotonic() + base::Millis(10'000);
        return;
      case Phase::Idle: {
        const std::uint64_t frames = shell->counts().built - built;
        const long woken = voluntary_switches() - switches;
        std::printf("idle: %-28s %llu frames, %ld switches\n", screens[at].name.c_str(), static_cast<unsigned long long>(frames), woken);
        INFO(screens[at].name);
        CHECK(frames == 0);
        CHECK(woken <= 5);
        if (++at == screens.size()) shell->stop();
        else show();
      }
    }
  };
  show();
  shell->run(client);
  CHECK(at == screens.size());
}
