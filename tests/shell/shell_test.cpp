#include "app/shell/shell.h"

#include <SDL.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "app/shell/font_files.h"
#include "app/shell/semantics_writer.h"
#include "app/view/widgets/layout.h"
#include "app/view/widgets/picture.h"
#include "tests/support/gallery.h"
#include "tests/support/tree.h"
#include "tests/support/xvfb.h"

using namespace doorstep;
using namespace doorstep::shell;

namespace {

std::string read_all(int fd) {
  std::string out(1 << 20, '\0');
  const ssize_t n = ::read(fd, out.data(), out.size());
  out.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return out;
}

long voluntary_switches() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_nvcsw;
}

}  // namespace

TEST_CASE("semantics writer: whole lines, never waiting, the newest when the reader is slow", "[shell]") {
  int fds[2];
  REQUIRE(pipe(fds) == 0);
  fcntl(fds[0], F_SETFL, O_NONBLOCK);
  SemanticsWriter writer(fds[1]);
  writer.offer("first");
  CHECK(read_all(fds[0]) == "first\n");
  const std::string big(100'000, 'x');
  writer.offer(big);
  CHECK(writer.pending());
  writer.offer("skipped");
  writer.offer("newest");
  std::string got;
  for (int i = 0; i < 10 && (i == 0 || writer.pending()); ++i) {
    got += read_all(fds[0]);
    writer.flush();
  }
  got += read_all(fds[0]);
  CHECK(got == big + "\nnewest\n");
  CHECK(!writer.pending());
  close(fds[0]);
  writer.offer("nobody reads");
  CHECK(!writer.open());
}

TEST_CASE("shell: what is missing is named", "[shell]") {
  const auto files = read_font_files("/nowhere");
  REQUIRE(!files.has_value());
  CHECK(files.error().fault == base::Fault::NotFound);
}

TEST_CASE("shell: where there is no display it says so, and does not draw where nobody sees it", "[shell]") {
  std::map<std::string, std::optional<std::string>> before;
  for (const char* name : {"DISPLAY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR", "SDL_VIDEODRIVER"}) {
    const char* value = std::getenv(name);
    before[name] = value ? std::optional<std::string>(value) : std::nullopt;
    unsetenv(name);
  }
  base::SystemClock clock;
  Options options;
  options.fonts = support::fonts();
  const auto shell = Shell::open(options, clock);
  for (const auto& [name, value] : before)
    if (value) setenv(name.c_str(), value->c_str(), 1);
  REQUIRE(!shell.has_value());
  CHECK(shell.error().fault == base::Fault::Unsupported);
  CHECK(shell.error().detail.starts_with("no display"));
}

TEST_CASE("shell: a window that draws, sleeps, is woken and stops", "[shell]") {
  const support::Xvfb display(1280, 800);
  base::SystemClock clock;
  test::Gallery gallery;
  Options options;
  options.fonts = support::fonts();
  auto shell = Shell::open(options, clock);
  INFO((shell.has_value() ? std::string() : shell.error().detail));
  REQUIRE(shell.has_value());

  std::atomic<bool> message = false;
  const Waker waker = shell->waker();
  int taken = 0, idle = 0, quit = 0;
  int unsettled = 20;
  std::uint64_t built_before = 0, presented_before = 0, switches_before = 0;
  std::uint64_t built_asleep = 0, presented_asleep = 0, switches_asleep = 0;
  base::Millis phase_at = clock.monotonic() + base::Millis(1500);
  int phase = 0;
  std::thread other;
  Shell::Client client;
  client.draw = [&](view::Ui& ui) { gallery.draw(ui); };
  client.poll = [&] {
    if (!message.exchange(false)) return false;
    ++taken;
    gallery.tab = 2;
    phase_at = clock.monotonic() + base::Millis(1000);
    return true;
  };
  client.deadline = [&] { return std::optional(phase_at); };
  client.notice = [&](Notice notice) {
    quit += notice == Notice::Quit;
    if (notice != Notice::Idle) return;
    const Shell::Counts now = shell->counts();
    if (phase == 0 && now.built != built_before && unsettled-- > 0) {  // the first frames are slow on a busy machine
      built_before = now.built;
      phase_at = clock.monotonic() + base::Millis(1500);
      return;
    }
    ++idle;
    if (++phase == 1) {  // all has settled: from here nothing may happen for three seconds
      built_before = now.built, presented_before = now.presented, switches_before = static_cast<std::uint64_t>(voluntary_switches());
      phase_at = clock.monotonic() + base::Millis(3000);
    } else if (phase == 2) {
      built_asleep = now.built - built_before;
      presented_asleep = now.presented - presented_before;
      switches_asleep = static_cast<std::uint64_t>(voluntary_switches()) - switches_before;
      other = std::thread([&message, waker] {
        message = true;
        waker.wake();
      });
      phase_at = clock.monotonic() + base::Millis(5000);
    } else {
      shell->stop();
    }
  };
  shell->run(client);
  other.join();
  CHECK(taken == 1);
  CHECK(quit == 0);
  CHECK(idle == 3);
  CHECK(built_asleep == 0);
  CHECK(presented_asleep == 0);
  CHECK(switches_asleep <= 3);
  CHECK(shell->counts().presented > presented_before);        // the woken frame differed
  CHECK(shell->counts().built > shell->counts().presented);   // and the frames that settled did not

  const auto picture = shell->capture();
  REQUIRE(picture.has_value());
  CHECK(picture->w == 1280);
  const std::size_t bar = (static_cast<std::size_t>(10) * 1280 + 640) * 3;
  CHECK(int(picture->rgb[bar]) == 0x12);
  CHECK(int(picture->rgb[bar + 1]) == 0x30);
  CHECK(int(picture->rgb[bar + 2]) == 0x34);
  waker.wake();
}

TEST_CASE("shell: a screen changed by a press in the last frame still comes to rest", "[shell]") {
  const support::Xvfb display(640, 480);
  base::SystemClock clock;
  Options options;
  options.fonts = support::fonts();
  auto shell = Shell::open(options, clock);
  REQUIRE(shell.has_value());
  constexpr int kPressedIn = 10;           // long after everything has come to rest by itself
  constexpr int kSeen = kPressedIn + 3;    // what a press changes needs three frames to settle
  int drawn = 0;
  base::Millis at{};
  Shell::Client client;
  client.draw = [&](view::Ui& ui) {
    view::begin_root(ui, "x");
    view::end_root(ui);
    if (++drawn <= kPressedIn) shell->redraw();
    if (drawn == kPressedIn) at = clock.monotonic() + base::Millis(3000);  // no frame takes so long, however slow the display
    if (drawn == kSeen) shell->stop();
  };
  client.deadline = [&] { return drawn < kPressedIn ? std::nullopt : std::optional(at); };
  client.notice = [&](Notice notice) {
    if (notice == Notice::Idle) shell->stop();
  };
  shell->run(client);
  CHECK(drawn == kSeen);
}

TEST_CASE("shell: a deadline is heard also while there is no pause", "[shell]") {
  const support::Xvfb display(640, 480);
  base::SystemClock clock;
  Options options;
  options.fonts = support::fonts();
  auto shell = Shell::open(options, clock);
  REQUIRE(shell.has_value());
  const base::Millis start = clock.monotonic(), at = start + base::Millis(200);
  Shell::Client client;
  client.draw = [](view::Ui& ui) {
    view::begin_root(ui, "x");
    view::end_root(ui);
  };
  client.poll = [] { return true; };  // always something new
  client.deadline = [&] { return std::optional(at); };
  client.notice = [&](Notice notice) {
    if (notice == Notice::Idle) shell->stop();
  };
  shell->run(client);
  CHECK(clock.monotonic() - start < base::Millis(3000));
}

TEST_CASE("shell: a page that a finger threw goes on by itself, comes to rest, and then nothing is drawn", "[shell]") {
  const support::Xvfb display(1280, 800);
  base::SystemClock clock;
  Options options;
  options.fonts = support::fonts();
  auto shell = Shell::open(options, clock);
  REQUIRE(shell.has_value());
  const auto finger = [](std::uint32_t type, int y) {
    SDL_Event event{};
    event.type = type;
    if (type == SDL_MOUSEMOTION) {
      event.motion.which = SDL_TOUCH_MOUSEID;
      event.motion.x = 400, event.motion.y = y;
    } else {
      event.button.which = SDL_TOUCH_MOUSEID;
      event.button.button = SDL_BUTTON_LEFT;
      event.button.x = 400, event.button.y = y;
    }
    SDL_PushEvent(&event);
  };
  constexpr int kSteps = 10;
  int step = -2, glides = 0;
  bool rests = false;
  float top = 0, let_go = 0, rested = 0;
  std::uint64_t built_before = 0, built_asleep = 0;
  base::Millis at = clock.monotonic() + base::Millis(500);
  Shell::Client client;
  client.draw = [&](view::Ui& ui) {
    view::begin_root(ui, "x");
    view::begin_page(ui, "page", "Page", view::root_rest(ui));
    top = ui.places.back().y;
    ui.places.back().bottom += 20'000;
    view::end_page(ui);
    view::end_root(ui);
    if (step < kSteps) return;
    glides += ui.animating;
    if (glides == 0 || ui.animating || std::exchange(rests, true)) return;
    rested = top;
    at = clock.monotonic() + base::Millis(300);
  };
  client.deadline = [&] { return std::optional(at); };
  client.notice = [&](Notice notice) {
    if (notice != Notice::Idle) return;
    if (rests) {  // once after it has settled, and once after a second of sleep
      if (built_before != 0) {
        built_asleep = shell->counts().built - built_before;
        return shell->stop();
      }
      built_before = shell->counts().built;
      at = clock.monotonic() + base::Millis(1000);
      return;
    }
    if (step == kSteps) return shell->stop();  // it was not thrown
    if (++step == -1) finger(SDL_MOUSEMOTION, 600);
    else if (step == 0) finger(SDL_MOUSEBUTTONDOWN, 600);
    else finger(SDL_MOUSEMOTION, 600 - 40 * step);
    at = clock.monotonic() + base::Millis(10);
    if (step < kSteps) return;
    finger(SDL_MOUSEBUTTONUP, 600 - 40 * step);
    let_go = top;
    at = clock.monotonic() + base::Millis(20'000);
  };
  shell->run(client);
  CHECK(rests);
  CHECK(glides > 5);
  CHECK(rested < let_go - 100);
  CHECK(built_asleep == 0);
}

TEST_CASE("shell: a file that is dropped is told, and a photo is drawn pixel for pixel until it is taken away", "[shell]") {
  const support::Xvfb display(640, 480);
  base::SystemClock clock;
  Options options;
  options.fonts = support::fonts();
  options.width = 640, options.height = 480;
  auto shell = Shell::open(options, clock);
  REQUIRE(shell.has_value());
  const auto photo = std::make_shared<const state::Pixels>(state::Pixels{2, 1, std::string("\xFF\0\0\xFF\0\0\xFF\xFF", 8)});
  std::string dropped;
  Shell::Client client;
  view::Rect at;
  const auto colour_at = [&](float x, float y) {
    const auto seen = shell->capture();
    REQUIRE(seen.has_value());
    const auto i = (static_cast<std::size_t>(y) * static_cast<std::size_t>(seen->w) + static_cast<std::size_t>(x)) * 3;
    return std::array{int(seen->rgb[i]), int(seen->rgb[i + 1]), int(seen->rgb[i + 2])};
  };
  client.dropped = [&](const std::string& path) { dropped = path; };
  int drawn = 0;
  client.draw = [&](view::Ui& ui) {
    shell->set_photo(dropped.empty() ? photo : nullptr);
    CHECK(ui.picture.width == (dropped.empty() ? 2 : 0));
    view::begin_root(ui, "x");
    view::begin_page(ui, "page", "page", view::root_rest(ui));
    view::picture(ui, "A photo");
    view::end_page(ui);
    view::end_root(ui);
    if (const auto* item = ui.semantics.find(view::Role::Icon, "A photo")) at = item->rect;
    ++drawn;
    if (!dropped.empty()) shell->stop();
  };
  bool looked = false;
  const base::Millis until = clock.monotonic() + base::Millis(20'000);
  client.deadline = [&] { return std::optional(drawn > 3 && !looked ? clock.monotonic() : until); };
  client.notice = [&](Notice notice) {
    if (notice != Notice::Idle) return;
    if (std::exchange(looked, true)) return shell->stop();
    CHECK(at.w() == 2);  // not larger than it is
    CHECK(colour_at(at.x0, at.y0) == std::array{255, 0, 0});
    CHECK(colour_at(at.x0 + 1, at.y0) == std::array{0, 0, 255});
    SDL_Event event{};
    event.type = SDL_DROPFILE;
    event.drop.file = SDL_strdup("/camera/a photo.jpg");
    REQUIRE(SDL_PushEvent(&event) == 1);
  };
  shell->run(client);
  CHECK(dropped == "/camera/a photo.jpg");
}

#ifdef DOORSTEP_DRIVABLE
TEST_CASE("shell: each time it comes to rest it says so, and how much it has heard", "[shell]") {
  const support::Xvfb display(640, 480);
  base::SystemClock clock;
  int fds[2];
  REQUIRE(pipe(fds) == 0);
  fcntl(fds[0], F_SETFL, O_NONBLOCK);
  setenv("DOORSTEP_SEMANTICS_FD", std::to_string(fds[1]).c_str(), 1);
  Options options;
  options.fonts = support::fonts();
  auto shell = Shell::open(options, clock);
  unsetenv("DOORSTEP_SEMANTICS_FD");
  REQUIRE(shell.has_value());
  const auto push = [](std::uint32_t type) {
    SDL_Event event{};
    event.type = type;
    if (type == SDL_MOUSEBUTTONUP) event.button.button = SDL_BUTTON_LEFT;
    SDL_PushEvent(&event);
  };
  base::Millis at = clock.monotonic() + base::Millis(1000);
  int phase = 0;
  std::string first, second;
  Shell::Client client;
  client.draw = [](view::Ui& ui) {  // always the same: nothing the window shows differs
    view::begin_root(ui, "x");
    view::end_root(ui);
  };
  client.deadline = [&] { return std::optional(at); };
  client.notice = [&](Notice notice) {
    if (notice != Notice::Idle) return;
    at = clock.monotonic() + base::Millis(1000);
    if (++phase == 1) {
      first = read_all(fds[0]);
      for (const auto type : {SDL_MOUSEBUTTONDOWN, SDL_MOUSEBUTTONUP, SDL_KEYDOWN, SDL_KEYUP, SDL_MOUSEWHEEL}) push(type);
    } else {
      second = read_all(fds[0]);
      shell->stop();
    }
  };
  shell->run(client);
  close(fds[0]);
  const auto last_line = [](const std::string& lines) { return lines.substr(lines.rfind('\n', lines.size() - 2) + 1); };
  INFO(first << second);
  CHECK(last_line(first).find("\"heard\":0,\"rests\":true") != std::string::npos);
  CHECK(last_line(second).find("\"heard\":3,\"rests\":true") != std::string::npos);
}
#endif

TEST_CASE("shell: ten seconds beginning six after the last key, the note editor open", "[shell][.idle]") {
  const support::Xvfb display(1280, 800);
  base::SystemClock clock;
  test::Gallery gallery;
  Options options;
  options.fonts = support::fonts();
  auto shell = Shell::open(options, clock);
  REQUIRE(shell.has_value());
  base::Millis at = clock.monotonic() + base::Millis(500);
  int phase = 0, quit = 0;
  std::uint64_t built = 0;
  long switches = 0;
  Shell::Client client;
  client.draw = [&](view::Ui& ui) { gallery.draw(ui); };
  client.deadline = [&] { return std::optional(at); };
  bool told = false;
  client.poll = [&] { return phase == 1 && !std::exchange(told, true); };
  client.notice = [&](Notice notice) {
    quit += notice == Notice::Quit;
    if (notice != Notice::Idle) return;
    if (++phase == 1) {
      gallery.note.insert("typed", editor::EditorState::How::Typed, clock.monotonic());
      at = clock.monotonic() + base::Millis(1);
    } else if (phase == 2) {
      at = clock.monotonic() + base::Millis(6000);
    } else if (phase == 3) {
      built = shell->counts().built;
      switches = voluntary_switches();
      at = clock.monotonic() + base::Millis(10'000);
    } else {
      built = shell->counts().built - built;
      switches = voluntary_switches() - switches;
      shell->stop();
    }
  };
  bool asked = false;
  client.draw = [&](view::Ui& ui) {
    if (!asked) ui.focus("saw");
    asked = true;
    gallery.draw(ui);
  };
  shell->run(client);
  if (quit == 0) {
    WARN("frames built: " << built << ", voluntary switches: " << switches << ", longest build: " << shell->counts().longest_build_us << " us");
    CHECK(built == 0);
    CHECK(switches <= 5);
  } else {
    WARN("stopped by a signal");
  }
}

TEST_CASE("gallery: pictures of every widget, where a folder for them is named", "[shell][.pictures]") {
  const char* folder = std::getenv("DOORSTEP_PICTURES");
  REQUIRE(folder);
  const support::Xvfb display(1920, 1400);
  base::SystemClock clock;
  for (const auto& [look, look_name] : std::vector<std::pair<view::Look, std::string>>{
           {view::Look::Light, "light"}, {view::Look::Dark, "dark"}, {view::Look::HighContrast, "contrast"}})
    for (const int percent : {100, 200})
      for (const char* only : {"top", "fields", "messages"}) {
        test::Gallery gallery;
        gallery.only = only;
        gallery.alone = 0;
        gallery.risks[2] = true;
        gallery.scale = 3;
        gallery.reason_open = true;
        Options options;
        options.fonts = support::fonts();
        options.look = look;
        options.text_scale = static_cast<float>(percent) / 100;
        options.caret_blinks = false;
        options.height = std::string_view(only) == "top" ? 800 : 1300;
        auto shell = Shell::open(options, clock);
        REQUIRE(shell.has_value());
        const base::Millis until = clock.monotonic() + base::Millis(400);
        bool focused = false;
        Shell::Client client;
        client.draw = [&](view::Ui& ui) {
          if (!focused) ui.focus(std::string_view(only) == "top" ? "saw" : std::string_view(only) == "fields" ? "scale" : "call/called");
          focused = true;
          gallery.draw(ui);
        };
        client.deadline = [&] { return std::optional(until); };
        client.notice = [&](Notice n) {
          if (n == Notice::Idle) shell->stop();
        };
        shell->run(client);
        const auto picture = shell->capture();
        REQUIRE(picture.has_value());
        std::ofstream out(std::string(folder) + "/" + only + "-" + look_name + "-" + std::to_string(percent) + ".ppm", std::ios::binary);
        out << "P6\n" << picture->w << " " << picture->h << "\n255\n";
        out.write(reinterpret_cast<const char*>(picture->rgb.data()), static_cast<std::streamsize>(picture->rgb.size()));
      }
}
