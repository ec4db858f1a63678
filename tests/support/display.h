#pragma once
#include <X11/Xlib.h>

#include <filesystem>
#include <memory>
#include <string>

#include "tests/support/process.h"

namespace doorstep::support {

/// An X display of our own (Xvfb), worked from outside through XTEST as a person would work it. One thread.
class Display {
 public:
  Display(int width, int height);
  ~Display();
  const std::string& name() const { return name_; }  ///< for DISPLAY

  void move(int x, int y);                ///< root coordinates
  void click(int x, int y);
  void wheel(int x, int y, int clicks);   ///< positive: down
  void key(const std::string& keysym);    ///< "Return", "F9", "ctrl+v", "shift+Tab"
  void type(const std::string& ascii);    ///< US layout; throws for what a key cannot type: paste that
  /// Puts UTF-8 text on the clipboard.
  void set_clipboard(const std::string& text);
  long sent() const { return sent_; }     ///< keys pressed, buttons let go and turns of the wheel, so far
  /// Gives the keyboard to the window called `title`; where it stands on the root window, or throws.
  struct Place { Window window; int x, y; unsigned width, height; };
  Place focus(const std::string& title);
  void screenshot(const std::filesystem::path& png);

 private:
  void send_key(unsigned keysym, bool shift, bool ctrl);
  std::string name_;
  std::unique_ptr<Process> server_, clipboard_;
  ::Display* x_ = nullptr;
  long sent_ = 0;
};

}  // namespace doorstep::support
