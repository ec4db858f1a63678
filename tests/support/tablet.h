#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/display.h"
#include "tests/support/process.h"

namespace doorstep::support {

/// One control or text the app says is on its screen.
struct Control {
  std::string role, key, name, value;
  std::vector<std::string> state;
  int x = 0, y = 0, w = 0, h = 0;
  bool is(const std::string& s) const { return std::find(state.begin(), state.end(), s) != state.end(); }
};

/// The real app in a real window, read through its list of controls and worked through XTEST. Every wait ends with what
/// was waited for, or throws at its limit with what was on the screen instead.
class Tablet {
 public:
  struct Options {
    std::vector<std::string> command;
    std::map<std::string, std::string> env;
    std::string title = "Doorstep";
  };
  Tablet(Display& display, Options options);
  ~Tablet();

  using Limit = std::chrono::milliseconds;
  static constexpr Limit kLimit{20'000};

  /// The control with this key or name, else the first whose name or value contains `text`. `role`: empty for any.
  Control wait_for(const std::string& text, const std::string& role = "", Limit limit = kLimit);
  void wait_gone(const std::string& text, Limit limit = kLimit);
  bool shows(const std::string& text);
  std::optional<Control> find(const std::string& text, const std::string& role = "");
  std::optional<Control> with_key(const std::string& key);  ///< exactly this one
  /// Waits for it, brings it into view, clicks its middle. Throws when it is a field and has not the keyboard then.
  void press(const std::string& text, const std::string& role = "");
  void type(const std::string& ascii);  ///< wherever the keyboard is
  void type_into(const std::string& name, const std::string& ascii);
  /// The first into this field, the others into those that follow, by Tab.
  void type_in_turn(const std::string& first, const std::vector<std::string>& words);
  void paste_into(const std::string& name, const std::string& utf8);
  Display& display() { return display_; }
  void kill_hard();  ///< SIGKILL, and waits for the end
  bool running() { return process_->running(); }
  Process& process() { return *process_; }
  const std::vector<Control>& controls() { read(Limit(0)); return controls_; }
  /// Frames the app had built when it last came to rest or its window last changed.
  long frames() { read(Limit(0)); return frame_; }
  /// Hears the app for so long; how many frames it has built meanwhile.
  long frames_within(Limit time);
  /// Until the app has taken in everything done on its display, has drawn what came of it, and rests.
  void settle();
  /// Of the control whose key ends so: what stands before the ending. Throws when there is none.
  std::string key_ending(const std::string& ending);
  std::string screen_text();

 private:
  bool read(Limit wait);
  Control into_view(const std::string& text, const std::string& role);
  const Control* match(const std::string& text, const std::string& role) const;

  Display& display_;
  std::string title_;
  int fd_ = -1;
  std::string partial_;
  std::vector<Control> controls_;
  long frame_ = 0, heard_ = 0;
  bool rests_ = false;
  long sent_before_ = 0;  ///< what the display had been sent when this app began
  int width_ = 0, height_ = 0;
  int wheel_px_ = 0;      ///< what a turn of the wheel moves; 0: not known yet
  std::unique_ptr<Process> process_;
};

}  // namespace doorstep::support
