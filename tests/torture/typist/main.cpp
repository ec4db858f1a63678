// Somebody typing: State, Runner and store of a tablet without a window, told by its parent through nothing but SIGKILL.
// typist FOLDER VISIT PAUSE: opens the tablet in FOLDER (set up in FOLDER/setup), goes on with the draft VISIT, and types one
// more character of the script every 20 ms; with PAUSE > 0 it stops after so many. Each line is one write:
//   "open <characters found>", "typed <character number> <monotonic ms>", "saved <characters confirmed>"
#include <unistd.h>

#include <iostream>

#include "tests/support/field.h"
#include "tests/torture/script.h"

using namespace doorstep;
using namespace std::chrono;

namespace {

void say(const std::string& line) {
  if (::write(STDOUT_FILENO, line.data(), line.size()) != static_cast<ssize_t>(line.size())) ::_exit(3);
}

int run(const std::filesystem::path& folder, base::Id visit_id, std::size_t pause_after) {
  support::FieldTablet tablet(support::Setup::read(folder / "setup"), folder);
  tablet.open();
  tablet.act(state::Open{state::ScreenKind::Record, visit_id});
  const auto& visit = tablet.state().visit.value().visit;
  const auto key = "child/" + visit.children.front().id.str() + "/saw";
  auto count = torture::saw_of(visit).size();
  say("open " + std::to_string(count) + "\n");

  const auto stop_at = pause_after ? count + pause_after : std::string::npos;
  std::map<std::uint64_t, std::size_t> characters;  // by edit
  std::uint64_t told = tablet.state().visit->saved;
  auto hear_saved = [&] {
    const auto saved = tablet.state().visit->saved;
    if (saved == told) return;
    told = saved;
    if (auto at = characters.find(saved); at != characters.end()) say("saved " + std::to_string(at->second) + "\n");
  };
  for (auto next = steady_clock::now();;) {
    if (count < stop_at) {
      const auto typed_at = duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
      tablet.append(key, std::string(1, torture::character(count)));
      characters[tablet.state().visit->edit] = ++count;
      say("typed " + std::to_string(count) + " " + std::to_string(typed_at) + "\n");
      next = std::max(next + milliseconds(20), steady_clock::now());
    } else {
      next = steady_clock::now() + hours(1);
    }
    tablet.live(next, [&](const state::State&) {
      hear_saved();
      return false;
    });
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  try {
    return run(argv[1], base::Id::parse(argv[2]).value(), std::stoul(argv[3]));
  } catch (const std::exception& error) {
    std::cerr << "typist: " << error.what() << "\n";
    return 1;
  }
}
