#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "app/view/widgets/semantics.h"

/// What is on the screen as assistive technology sees it, and what is different from one moment to the next. Pure: the bridge
/// (accessibility.h) says it to others.
namespace doorstep::shell {

using AccessibleId = std::uint64_t;
/// The window itself; it is always there.
constexpr AccessibleId kWindowId = std::uint64_t{1} << 63;

/// One thing on the screen. All words are valid UTF-8: a byte that is none has become U+FFFD.
struct Accessible {
  AccessibleId id = 0, parent = 0;
  view::Item item;              ///< its name and description are valid UTF-8; its value is in `text` or `description`
  std::string description;
  std::u32string text;          ///< of a field what stands in it, of a password bullets, of what is read its name
  std::vector<AccessibleId> children;
  std::size_t index = 0;        ///< among its parent's children
};

/// What of the window a list of controls does not say.
struct WindowFacts {
  std::string title;
  bool active = false;          ///< has the keyboard
  int x = 0, y = 0;             ///< on the screen, as far as the system says
  int w = 0, h = 0;
  float density = 1;            ///< pixels of Item::rect for one of these
  friend bool operator==(const WindowFacts&, const WindowFacts&) = default;
};

/// A tree of what is on the screen; what a control draws of itself is part of that control. Immutable once made.
struct AccessibleTree {
  std::unordered_map<AccessibleId, Accessible> all;
  AccessibleId focus = 0;       ///< 0: none
  WindowFacts window;

  const Accessible* find(AccessibleId id) const;
};
AccessibleTree tree_of(const std::vector<view::Item>& items, const WindowFacts& window);

enum class AccessibleState { Active, Enabled, Showing, Focused, Chosen, Expanded, Invalid };

struct AccessibleChange {
  enum class What {
    Removed,         ///< `id`, with all below it, was child number `at` of `parent`
    Added,           ///< `id`, with all below it, is child number `at` of `parent`
    Renamed,
    Described,
    State,           ///< `state` is `on` now
    TextRemoved,     ///< `words` stood at `at`, code points
    TextInserted,    ///< `words` stand at `at`
    CaretMoved,      ///< to `at`
    Selection,
    Moved,           ///< what has the focus has another rectangle
    Said,            ///< `words` are worth telling somebody who does not look at `id`
  };
  What what{};
  AccessibleId id = 0, parent = 0;
  std::size_t at = 0;
  AccessibleState state{};
  bool on = false;
  std::string words;
};
/// In the order in which they are to be told, when all of them have happened.
std::vector<AccessibleChange> changes_between(const AccessibleTree& before, const AccessibleTree& now);

/// What a reader goes through a text by. A line is a paragraph.
enum class TextUnit { Letter, Word, Sentence, Line };
/// The unit around `offset`, from its first letter to the first of the next one: begin and end, code points.
std::pair<std::size_t, std::size_t> unit_at(std::u32string_view text, std::size_t offset, TextUnit unit);

std::string to_utf8(std::u32string_view text);
std::u32string from_utf8(std::string_view text);  ///< U+FFFD for each byte that is not UTF-8

}  // namespace doorstep::shell
