#include "tests/support/display.h"

#include <X11/Xutil.h>
#include <X11/extensions/XTest.h>
#include <X11/keysym.h>
#include <fcntl.h>
#include <png.h>
#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <memory>
#include <stdexcept>
#include <vector>

namespace doorstep::support {

Display::Display(int width, int height) {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
  std::string screen = std::to_string(width) + "x" + std::to_string(height) + "x24";
  server_ = std::make_unique<Process>(
      std::vector<std::string>{"Xvfb", "-displayfd", std::to_string(fds[1]), "-screen", "0", screen, "-nolisten", "tcp"},
      Process::Options{.env = {}, .pass_fd = fds[1], .input = {}});
  ::close(fds[1]);
  std::string number;
  for (pollfd p{fds[0], POLLIN, 0}; number.find('\n') == std::string::npos && ::poll(&p, 1, 20'000) == 1;) {
    char buffer[16];
    ssize_t n = ::read(fds[0], buffer, sizeof buffer);
    if (n <= 0) break;
    number.append(buffer, static_cast<std::size_t>(n));
  }
  ::close(fds[0]);
  if (number.find('\n') == std::string::npos) throw std::runtime_error("Xvfb did not start: " + server_->output());
  name_ = ":" + number.substr(0, number.find('\n'));
  x_ = ::XOpenDisplay(name_.c_str());
  if (!x_) throw std::runtime_error("cannot open display " + name_);
}

Display::~Display() {
  if (x_) ::XCloseDisplay(x_);
}

void Display::move(int x, int y) {
  ::XTestFakeMotionEvent(x_, -1, x, y, CurrentTime);
  ::XSync(x_, False);
}

void Display::click(int x, int y) {
  ::XTestFakeMotionEvent(x_, -1, x, y, CurrentTime);
  ::XTestFakeButtonEvent(x_, 1, True, CurrentTime);
  ::XTestFakeButtonEvent(x_, 1, False, CurrentTime);
  ::XSync(x_, False);
  ++sent_;
}

void Display::wheel(int x, int y, int clicks) {
  ::XTestFakeMotionEvent(x_, -1, x, y, CurrentTime);
  unsigned button = clicks > 0 ? 5 : 4;
  for (int i = 0; i < std::abs(clicks); ++i) {
    ::XTestFakeButtonEvent(x_, button, True, CurrentTime);
    ::XTestFakeButtonEvent(x_, button, False, CurrentTime);
  }
  ::XSync(x_, False);
  sent_ += std::abs(clicks);
}

void Display::send_key(unsigned keysym, bool shift, bool ctrl) {
  KeyCode code = ::XKeysymToKeycode(x_, keysym);
  if (code == 0) throw std::runtime_error("no key for keysym " + std::to_string(keysym));
  KeyCode shift_code = ::XKeysymToKeycode(x_, XK_Shift_L), ctrl_code = ::XKeysymToKeycode(x_, XK_Control_L);
  if (ctrl) ::XTestFakeKeyEvent(x_, ctrl_code, True, CurrentTime);
  if (shift) ::XTestFakeKeyEvent(x_, shift_code, True, CurrentTime);
  ::XTestFakeKeyEvent(x_, code, True, CurrentTime);
  ::XTestFakeKeyEvent(x_, code, False, CurrentTime);
  if (shift) ::XTestFakeKeyEvent(x_, shift_code, False, CurrentTime);
  if (ctrl) ::XTestFakeKeyEvent(x_, ctrl_code, False, CurrentTime);
  ::XSync(x_, False);
  sent_ += 1 + (shift ? 1 : 0) + (ctrl ? 1 : 0);
}

void Display::key(const std::string& text) {
  bool shift = false, ctrl = false;
  std::string rest = text;
  for (bool again = true; again;) {
    again = false;
    if (rest.starts_with("ctrl+")) { ctrl = again = true; rest = rest.substr(5); }
    else if (rest.starts_with("shift+")) { shift = again = true; rest = rest.substr(6); }
  }
  KeySym symbol = ::XStringToKeysym(rest.c_str());
  if (symbol == NoSymbol) throw std::runtime_error("unknown key " + text);
  send_key(static_cast<unsigned>(symbol), shift, ctrl);
}

void Display::type(const std::string& ascii) {
  static const std::string shifted = "~!@#$%^&*()_+{}|:\"<>?";
  for (char c : ascii) {
    if (c == '\n') { send_key(XK_Return, false, false); continue; }
    if (c == '\t') { send_key(XK_Tab, false, false); continue; }
    if (c < 32 || c > 126) throw std::runtime_error("XTEST cannot type this; paste it");
    bool upper = c >= 'A' && c <= 'Z';
    send_key(static_cast<unsigned>(static_cast<unsigned char>(c)), upper || shifted.find(c) != std::string::npos, false);
  }
}

void Display::set_clipboard(const std::string& text) {
  const Atom atom = ::XInternAtom(x_, "CLIPBOARD", False);
  const Window before = ::XGetSelectionOwner(x_, atom);
  const auto last = std::move(clipboard_);  // lives until another owns the selection, so the owners cannot be mistaken
  clipboard_ = std::make_unique<Process>(std::vector<std::string>{"xclip", "-selection", "clipboard", "-quiet", "-i"},
                                         Process::Options{.env = {{"DISPLAY", name_}}, .pass_fd = -1, .input = text});
  for (int i = 0; i < 5000 && clipboard_->running(); ++i) {
    const Window now = ::XGetSelectionOwner(x_, atom);
    if (now != None && now != before) return;
    clipboard_->wait(std::chrono::milliseconds(2));
  }
  throw std::runtime_error("xclip does not take the clipboard: " + clipboard_->output());
}

Display::Place Display::focus(const std::string& title) {
  Window found = None;
  std::function<void(Window)> walk = [&](Window window) {
    char* name = nullptr;
    if (::XFetchName(x_, window, &name) && name) {
      if (std::string(name) == title) found = window;
      ::XFree(name);
    }
    Window root, parent, *children = nullptr;
    unsigned count = 0;
    if (::XQueryTree(x_, window, &root, &parent, &children, &count)) {
      for (unsigned i = 0; i < count; ++i) walk(children[i]);
      if (children) ::XFree(children);
    }
  };
  walk(DefaultRootWindow(x_));
  if (found == None) throw std::runtime_error("no window called " + title);
  XWindowAttributes attributes;
  ::XGetWindowAttributes(x_, found, &attributes);
  Window child;
  int x = 0, y = 0;
  ::XTranslateCoordinates(x_, found, DefaultRootWindow(x_), 0, 0, &x, &y, &child);
  Window now = None;
  int revert = 0;
  ::XGetInputFocus(x_, &now, &revert);
  // Only when it has not got it: SDL swallows the click that comes with the focus.
  if (now != found && attributes.map_state == IsViewable) ::XSetInputFocus(x_, found, RevertToPointerRoot, CurrentTime);
  ::XSync(x_, False);
  return {found, x, y, static_cast<unsigned>(attributes.width), static_cast<unsigned>(attributes.height)};
}

void Display::screenshot(const std::filesystem::path& png) {
  Window root = DefaultRootWindow(x_);
  XWindowAttributes attributes;
  ::XGetWindowAttributes(x_, root, &attributes);
  auto width = static_cast<unsigned>(attributes.width), height = static_cast<unsigned>(attributes.height);
  XImage* image = ::XGetImage(x_, root, 0, 0, width, height, AllPlanes, ZPixmap);
  if (!image) throw std::runtime_error("no screenshot");
  std::vector<unsigned char> rgb(width * height * 3u);
  for (unsigned row = 0; row < height; ++row) {
    for (unsigned column = 0; column < width; ++column) {
      unsigned long pixel = XGetPixel(image, static_cast<int>(column), static_cast<int>(row));
      unsigned char* out = &rgb[(row * width + column) * 3u];
      out[0] = static_cast<unsigned char>(pixel >> 16);
      out[1] = static_cast<unsigned char>(pixel >> 8);
      out[2] = static_cast<unsigned char>(pixel);
    }
  }
  XDestroyImage(image);
  std::filesystem::create_directories(png.parent_path());
  png_image out{};
  out.version = PNG_IMAGE_VERSION;
  out.width = width;
  out.height = height;
  out.format = PNG_FORMAT_RGB;
  if (!png_image_write_to_file(&out, png.c_str(), 0, rgb.data(), 0, nullptr)) throw std::runtime_error("cannot write " + png.string());
}

}  // namespace doorstep::support
