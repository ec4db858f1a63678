#pragma once
#include <atspi/atspi.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/field.h"

#include "tests/support/display.h"  // after what has a None, for Xlib has one too
#include "tests/support/process.h"

namespace doorstep::support {

/// What assistive technology knows of one thing on the screen.
struct Thing {
  std::shared_ptr<AtspiAccessible> it;
  std::string key;   ///< its accessible id: the app's own key
  AtspiRole role{};
  std::string name;
  int depth = 0;     ///< below the application
  bool is(AtspiStateType state) const;
  std::string description() const;
  std::string text() const;  ///< of what has a text; else empty
  int caret() const;
  std::string word_at(int offset) const;
  std::pair<int, int> selected() const;  ///< {0, 0}: nothing
  void select(int from, int to) const;
};

/// A screen reader without a voice: an AT-SPI client on a session bus of its own, which the programs started after it share. It reads
/// and works the app through AT-SPI alone, and never looks at its window. One in a process, for libatspi knows one bus. One thread.
class Reader {
 public:
  explicit Reader(const Display& display);
  ~Reader();

  using Limit = std::chrono::milliseconds;
  static constexpr Limit kLimit{20'000};

  /// org.a11y.Status.IsEnabled, as a desktop does it when somebody switches a screen reader on or off. The bus is one for all tests.
  void switch_on(bool on = true);
  /// The app of this process from now on; waits until it is there.
  void listen_to(pid_t pid);
  bool knows(pid_t pid);
  void end_bus();  ///< as a desktop that ends

  std::vector<Thing> things();  ///< in reading order
  /// With this key, else with this name: the first that can be operated, or is read; else the first to operate whose name holds it.
  std::optional<Thing> find(const std::string& key_or_name);
  Thing wait_for(const std::string& key_or_name, Limit limit = kLimit);
  void wait_until(const std::string& what, const std::function<bool()>& done, Limit limit = kLimit);

  void press(const std::string& key_or_name);
  /// The same, and waits until other controls are there, or another is chosen.
  void work(const std::string& key_or_name);
  void focus(const std::string& key_or_name);
  /// Makes it the field's whole text, and waits until it is.
  void write(const std::string& key, const std::string& words);

  struct Event {
    std::string type, source, words;  ///< as AT-SPI names it; key of its source, or its name
    int first = 0, second = 0;
  };
  /// All of them since forget_events().
  const std::vector<Event>& events() const { return events_; }
  void forget_events() { events_.clear(); }
  bool heard(const std::string& type, const std::string& source, const std::string& words = {}) const;
  std::string all_words();  ///< of everything: for messages

 private:
  void step(Limit wait);
  std::string controls();  ///< keys, and whether each is chosen
  void add(AtspiAccessible* it, int depth, std::vector<Thing>& out);
  static void on_event(AtspiEvent* event, void* self);

  Folder folder_;
  std::unique_ptr<Process> bus_;
  AtspiEventListener* listener_ = nullptr;
  std::shared_ptr<AtspiAccessible> app_;
  std::map<AtspiAccessible*, std::pair<std::shared_ptr<AtspiAccessible>, std::string>> keys_;
  std::vector<Event> events_;
};

}  // namespace doorstep::support
