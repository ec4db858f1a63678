#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/state/events.h"
#include "app/view/widgets/ui.h"
#include "platform/base/error.h"
#include "platform/base/limits.h"
#include "platform/base/time.h"

namespace doorstep::shell {

struct Options {
  std::string title = "Doorstep";
  int width = 1280, height = 800;       ///< unscaled window
  std::filesystem::path fonts;          ///< folder with Inter and the fallbacks
  float text_scale = 1;                 ///< 1..2
  view::Look look = view::Look::Light;
  bool caret_blinks = true;
  base::Millis clipboard_for = limits::kClipboardFor;  ///< what was copied here stays on the machine's clipboard; zero: it never gets there
};


/// What the shell itself notices and the program must hear.
enum class Notice {
  Quit,        ///< window closed or SIGTERM; the loop ends after this
  Cover,       ///< F9, or three fingers: cover the screen now
  FocusLost,   ///< another window came in front, or the tablet was put away
  FocusGained,
  Idle,        ///< Client::deadline passed; the client then names a later one
};

/// Wakes the loop from any other thread; copyable; safe after the shell is gone.
class Waker {
 public:
  void wake() const;
 private:
  friend class Shell;
  struct Inner;
  std::shared_ptr<Inner> inner_;
};

/// The window and its loop: sleeps until something happens, then draws until all has settled. One per program, main thread.
/// In drivable builds, where DOORSTEP_SEMANTICS_FD names a descriptor, each frame that differs, and the one after which the loop
/// sleeps, is written there as one line (view::to_json). F9, or three fingers on the screen, are Notice::Cover whatever has the
/// keyboard.
///
///     DOORSTEP_TRY_ASSIGN(auto shell, shell::Shell::open(options, clock));
///     work::Runner runner(options, clock, [waker = shell.waker()] { waker.wake(); });
///     shell.run({.poll = [&] { return app.hear(runner.take()); }, .draw = [&](view::Ui& ui) { app.draw(ui); },
///                .notice = [&](shell::Notice n) { app.on(n); }, .deadline = [&] { return state::next_deadline(state); }});
class Shell {
 public:
  /// Fault::Unsupported without a display or a renderer, NotFound without Inter. `clock` must outlive the shell.
  static base::Result<Shell> open(const Options& options, const base::Clock& clock);
  Shell(Shell&&) noexcept;
  Shell& operator=(Shell&&) noexcept;
  ~Shell();

  Waker waker() const;

  struct Client {
    /// Before each frame and after each wake: take messages from other threads. Returns true if anything changed.
    std::function<bool()> poll;
    /// Draws the whole window; called once per frame. When what it drew is out of date already, because something was pressed,
    /// it calls redraw().
    std::function<void(view::Ui&)> draw;
    std::function<void(Notice)> notice;
    std::function<void(const std::string& path)> dropped = [](const std::string&) {};  ///< a file, on the window
    /// When the program itself next wants to be woken (monotonic); empty: not.
    std::function<std::optional<base::Millis>()> deadline;
  };
  /// Runs until stop() or Quit. Returns after the window closed.
  void run(const Client& client);
  void stop();
  /// As many frames follow as a changed screen takes to come to rest. Also from within Client::draw.
  void redraw();

  void set_text_scale(float scale);     ///< takes effect between frames
  void set_look(view::Look look);
  /// The photo that screens may draw (Ui::picture): four bytes a pixel, rows from the top. Null: none; nothing of it stays on the
  /// graphics card. To be called before each frame; the same one again costs nothing.
  void set_photo(std::shared_ptr<const state::Pixels> photo);
  /// Takes back from the machine's clipboard what was copied here, if it is still there. To be called when the app locks; the
  /// shell does it by itself after Options::clipboard_for.
  void clear_clipboard();

  struct Counts {
    std::uint64_t built = 0;      ///< frames whose UI was built
    std::uint64_t presented = 0;  ///< of those, shown because they differed from the one before
    std::uint64_t woken = 0;      ///< returns from waiting
    std::int64_t longest_build_us = 0;  ///< of one frame's UI, until drawing begins
  };
  Counts counts() const;

  /// What the window shows: RGB, rows from the top. For tests.
  struct Picture {
    int w = 0, h = 0;
    std::vector<std::uint8_t> rgb;
  };
  base::Result<Picture> capture();

 private:
  struct Inner;
  explicit Shell(std::unique_ptr<Inner> inner);
  std::unique_ptr<Inner> inner_;
};

}  // namespace doorstep::shell
