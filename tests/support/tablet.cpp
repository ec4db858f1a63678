#include "tests/support/tablet.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <stdexcept>

namespace doorstep::support {
namespace {
using Clock = std::chrono::steady_clock;
namespace json = boost::json;

/// Roles that are only read: a control of the same words is what a person would press.
bool is_read(const std::string& role) {
  static const std::set<std::string> read = {"text", "heading", "label", "hint", "window", "page", "group", "scroll", "icon", "radio_group"};
  return read.contains(role);
}

bool is_written_in(const std::string& role) { return role == "note" || role == "text_field" || role == "password"; }

std::string text_of(const json::object& o, const char* key) {
  auto* v = o.if_contains(key);
  return v && v->is_string() ? std::string(v->as_string()) : std::string();
}
int int_of(const json::object& o, const char* key) {
  auto* v = o.if_contains(key);
  return v && v->is_number() ? static_cast<int>(v->to_number<double>()) : 0;
}
}  // namespace

Tablet::Tablet(Display& display, Options options) : display_(display), title_(options.title), sent_before_(display.sent()) {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
  ::fcntl(fds[0], F_SETPIPE_SZ, 1 << 20);
  options.env["DISPLAY"] = display.name();
  options.env["SDL_VIDEODRIVER"] = "x11";
  options.env["SDL_MOUSE_FOCUS_CLICKTHROUGH"] = "1";  // there is no window manager that would give the focus before the click
  options.env["DOORSTEP_SEMANTICS_FD"] = std::to_string(fds[1]);
  process_ = std::make_unique<Process>(options.command, Process::Options{.env = options.env, .pass_fd = fds[1], .input = {}});
  ::close(fds[1]);
  fd_ = fds[0];
  ::fcntl(fd_, F_SETFL, O_NONBLOCK);
  auto until = Clock::now() + kLimit;
  while (controls_.empty() && Clock::now() < until && process_->running()) read(Limit(100));
  if (controls_.empty()) throw std::runtime_error("the app showed nothing: " + process_->output());
  display_.focus(title_);
  // SDL takes the keyboard a fifth of a second after the server gave it, and looks only when something happens.
  for (int i = 0; i < 12; ++i) {
    display_.move(600 + i, 4);
    process_->wait(Limit(30));
    display_.focus(title_);
  }
  settle();
}

Tablet::~Tablet() {
  process_.reset();
  ::close(fd_);
}

bool Tablet::read(Limit wait) {
  pollfd p{fd_, POLLIN, 0};
  if (::poll(&p, 1, static_cast<int>(wait.count())) <= 0) return false;
  char buffer[65536];
  for (ssize_t n; (n = ::read(fd_, buffer, sizeof buffer)) > 0;) partial_.append(buffer, static_cast<std::size_t>(n));
  auto end = partial_.rfind('\n');
  if (end == std::string::npos) return false;
  auto start = end == 0 ? 0 : partial_.rfind('\n', end - 1);
  start = start == std::string::npos ? 0 : start + 1;
  json::value line = json::parse(std::string_view(partial_).substr(start, end - start));
  partial_.erase(0, end + 1);
  const auto& object = line.as_object();
  frame_ = int_of(object, "frame");
  heard_ = int_of(object, "heard");
  rests_ = object.at("rests").as_bool();
  if (auto* window = object.if_contains("window")) {
    width_ = int_of(window->as_object(), "w");
    height_ = int_of(window->as_object(), "h");
  }
  controls_.clear();
  for (const auto& item : object.at("items").as_array()) {
    const auto& o = item.as_object();
    Control c{text_of(o, "role"), text_of(o, "key"), text_of(o, "name"), text_of(o, "value"), {}, int_of(o, "x"), int_of(o, "y"), int_of(o, "w"), int_of(o, "h")};
    if (auto* state = o.if_contains("state"); state && state->is_array())
      for (const auto& s : state->as_array()) c.state.emplace_back(s.as_string());
    controls_.push_back(std::move(c));
  }
  return true;
}

const Control* Tablet::match(const std::string& text, const std::string& role) const {
  // Exactly named before partly named (a key that ends in "-" is a beginning), what can be operated before what is only read.
  const Control* best = nullptr;
  int best_rank = 0;
  for (const Control& c : controls_) {
    if (!role.empty() && c.role != role) continue;
    bool exact = c.name == text || (!c.key.empty() && c.key == text);
    bool partly = c.name.find(text) != std::string::npos || c.value.find(text) != std::string::npos ||
                  (text.ends_with('-') && c.key.starts_with(text));
    int rank = (exact ? 4 : partly ? 2 : 0) + (exact || partly ? !is_read(c.role) : 0);
    if (rank > best_rank) {
      best = &c;
      best_rank = rank;
    }
  }
  return best;
}

std::optional<Control> Tablet::find(const std::string& text, const std::string& role) {
  while (read(Limit(0))) {}
  auto* c = match(text, role);
  return c ? std::optional(*c) : std::nullopt;
}

std::optional<Control> Tablet::with_key(const std::string& key) {
  while (read(Limit(0))) {}
  auto found = std::find_if(controls_.begin(), controls_.end(), [&](const Control& c) { return c.key == key; });
  return found == controls_.end() ? std::nullopt : std::optional(*found);
}

bool Tablet::shows(const std::string& text) { return find(text).has_value(); }

Control Tablet::wait_for(const std::string& text, const std::string& role, Limit limit) {
  auto until = Clock::now() + limit;
  for (;;) {
    while (read(Limit(0))) {}
    if (auto* c = match(text, role)) return *c;
    if (Clock::now() >= until || !process_->running())
      throw std::runtime_error("waited for \"" + text + "\"" + (role.empty() ? "" : " (" + role + ")") + "; on the screen: " + screen_text() +
                               "\nthe app said: " + process_->output() + (process_->running() ? "" : " and ended"));
    read(Limit(100));
  }
}

void Tablet::wait_gone(const std::string& text, Limit limit) {
  auto until = Clock::now() + limit;
  while (shows(text)) {
    if (Clock::now() >= until) throw std::runtime_error("\"" + text + "\" stayed on the screen: " + screen_text());
    read(Limit(100));
  }
}

Control Tablet::into_view(const std::string& text, const std::string& role) {
  Control c = wait_for(text, role);
  for (int i = 0; i < 60; ++i) {
    // Between the bar above and the footer below, as much of it as a finger needs.
    const int low = height_ / 9, high = height_ - height_ / 7;
    const int top = std::max(c.y, low), bottom = std::min(c.y + c.h, high);
    if (!c.is("offscreen") && bottom - top >= std::min(c.h, 40)) {
      c.y = top;
      c.h = bottom - top;
      return c;
    }
    auto place = display_.focus(title_);
    const int before = c.y, away = c.y + c.h / 2 - height_ / 2;
    const int turns = wheel_px_ > 0 ? std::max(1, std::abs(away) / wheel_px_) : 1;
    display_.wheel(place.x + c.x + c.w / 2, place.y + height_ / 2, away > 0 ? turns : -turns);
    settle();
    c = wait_for(text, role);
    if (c.y == before) return c;  // it does not scroll (a bar), or the page is at its end
    wheel_px_ = std::max(wheel_px_, std::abs(c.y - before) / turns);
  }
  return c;
}

void Tablet::settle() {
  const long all = display_.sent() - sent_before_;
  const auto until = Clock::now() + kLimit;
  while (!rests_ || heard_ < all) {
    read(Limit(100));
    if (Clock::now() >= until || !process_->running())
      throw std::runtime_error("the app has taken in " + std::to_string(heard_) + " of " + std::to_string(all) +
                               " keys and presses" + (rests_ ? "" : " and does not come to rest") +
                               "; on the screen: " + screen_text() + "\nthe app said: " + process_->output());
  }
}

long Tablet::frames_within(Limit time) {
  const auto until = Clock::now() + time;
  const long before = frames();
  while (Clock::now() < until) read(std::max(Limit(1), std::chrono::duration_cast<Limit>(until - Clock::now())));
  return frames() - before;
}

void Tablet::press(const std::string& text, const std::string& role) {
  Control c = into_view(text, role);
  auto place = display_.focus(title_);
  display_.click(place.x + c.x + c.w / 2, place.y + c.y + c.h / 2);
  settle();
  if (!is_written_in(c.role) || c.is("disabled")) return;
  const auto now = with_key(c.key);  // what is typed next would go nowhere
  if (now && !now->is("focused")) throw std::runtime_error("\"" + c.key + "\" was pressed and has not the keyboard; on the screen: " + screen_text());
}

void Tablet::type(const std::string& ascii) {
  display_.type(ascii);
  settle();
}

void Tablet::type_into(const std::string& name, const std::string& ascii) {
  press(name);
  type(ascii);
}

void Tablet::type_in_turn(const std::string& first, const std::vector<std::string>& words) {
  press(first);
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) display_.key("Tab");
    settle();  // the next field has the keyboard two frames after Tab: sooner than a person's next key comes, not than XTEST's
    type(words[i]);
  }
}

void Tablet::paste_into(const std::string& name, const std::string& utf8) {
  display_.set_clipboard(utf8);
  press(name);
  display_.key("ctrl+v");
  settle();
}

void Tablet::kill_hard() {
  process_->signal(SIGKILL);
  process_->wait(kLimit);
}

std::string Tablet::key_ending(const std::string& ending) {
  while (read(Limit(0))) {}
  for (const Control& c : controls_)
    if (c.key.ends_with(ending)) return c.key.substr(0, c.key.size() - ending.size());
  throw std::runtime_error("nothing ends in " + ending + ": " + screen_text());
}

std::string Tablet::screen_text() {
  std::string out;
  for (const Control& c : controls_) out += "[" + c.role + "] " + c.name + (c.value.empty() ? "" : " = " + c.value) + "\n";
  return out;
}

}  // namespace doorstep::support
