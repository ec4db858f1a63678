#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/editor/doc.h"

/// What is on the screen, in words: written by every control and every text as it is drawn. Tests, the end-to-end driver and
/// the screen-reader bridge read this and nothing else.
namespace doorstep::view {

enum class Role {
  Window, Page, Group, Scroll,                                             // contain others
  Button, Link, Radio, RadioGroup, Checkbox, Tab, ListRow, TextField, Note, Password,  // can be operated, but for RadioGroup
  Text, Heading, Label, Hint, Status, Alert, Tag, Progress, Icon,          // are read
};
/// Stable lower-case word: "button", "text_field".
std::string_view role_word(Role role);
/// True for what a person can press or type in: must be named, large enough and reached by Tab.
bool interactive(Role role);

struct Rect {
  float x0 = 0, y0 = 0, x1 = 0, y1 = 0;  ///< window pixels
  float w() const { return x1 - x0; }
  float h() const { return y1 - y0; }
  bool contains(const Rect& r, float slack = 0.5f) const {
    return r.x0 >= x0 - slack && r.y0 >= y0 - slack && r.x1 <= x1 + slack && r.y1 <= y1 + slack;
  }
  bool overlaps(const Rect& r, float slack = 0.5f) const {
    return r.x0 < x1 - slack && x0 < r.x1 - slack && r.y0 < y1 - slack && y0 < r.y1 - slack;
  }
  friend bool operator==(const Rect&, const Rect&) = default;
};

/// Words that copies share: a long note is not copied for each frame, nor put together for one in which nobody reads it.
class SharedText {
 public:
  SharedText() = default;
  SharedText(std::shared_ptr<const editor::Snapshot> words) : words_(std::move(words)) {}
  template <std::convertible_to<std::string_view> Words>
  SharedText(const Words& words) {
    if (const std::string_view given = words; !given.empty()) words_ = std::make_shared<const editor::Snapshot>(std::string(given));
  }
  operator std::string_view() const { return words_ ? std::string_view(words_->text()) : std::string_view(""); }
  bool empty() const { return std::string_view(*this).empty(); }
  friend bool operator==(const SharedText& a, const SharedText& b) {
    return a.words_ == b.words_ || std::string_view(a) == std::string_view(b);
  }

 private:
  std::shared_ptr<const editor::Snapshot> words_;
};

struct Item {
  std::uint32_t id = 0;
  std::uint32_t parent = 0;   ///< id of the container, 0 for the window
  Role role = Role::Text;
  std::string key;            ///< the stable key the view gave; empty for text
  std::string name;
  SharedText value;           ///< text of a field (never of a password), "3 of 10", ...
  std::string description;    ///< what stands beside a question and is heard with its control: the problem, the hint
  bool selected = false, disabled = false, focused = false, expanded = false, invalid = false;
  bool expands = false;       ///< shows or hides something: `expanded` says which
  bool live = false;          ///< a change of its name is worth telling somebody who does not look at it
  bool offscreen = false;     ///< scrolled out of sight, wholly
  std::size_t caret = 0, anchor = 0;  ///< of a field that is typed in, code points of its text; what lies between is selected
  std::size_t letters = 0;    ///< code points of a password, which has no value
  Rect rect;                  ///< where it is
  Rect clip;                  ///< what of the window its place may draw in
  bool scrolls_y = false;     ///< may be partly out of sight because its page scrolls
  friend bool operator==(const Item&, const Item&) = default;
};

/// What a control is asked to do by somebody who neither points at it nor has the keyboard in it: assistive technology. The control
/// does it itself in the next frame that draws it, as it would do what a press or a key asks, and has the keyboard's focus then.
struct Ask {
  enum class What {
    Focus,
    Press,
    Select,   ///< of a field: the text from `from` to `to`; the caret stands at `to`
    Replace,  ///< of a field: that text becomes `text`
  };
  What what = What::Focus;
  std::uint32_t control = 0;       ///< Item::id
  std::size_t from = 0, to = 0;    ///< code points of the field's text; past its end: its end
  std::string text;
};

/// Reading order = order of drawing.
struct Semantics {
  using Run = std::vector<Item>;
  std::vector<Run> runs{1};   ///< what a block says of itself stands in a run of its own, and is kept with the block
  std::vector<std::uint32_t> parents;

  auto items() const { return std::views::join(runs); }
  void clear();
  void add(Item item);
  const Item* find(std::string_view name) const;                 ///< first with this name that can be operated, or is read
  const Item* find(Role role, std::string_view name) const;
  const Item* find_key(std::string_view key) const;
};

/// Of the frame a list belongs to.
struct FrameFacts {
  std::uint64_t built = 0, presented = 0;  ///< frames so far, this one among them
  std::uint64_t heard = 0;                 ///< keys pressed, buttons let go and turns of the wheel, taken in before it
  bool rests = false;                      ///< nothing more will be drawn until something happens
  int w = 0, h = 0;                        ///< of the window
};
/// One line of JSON without its newline: {"frame":n,"presented":n,"heard":n,"rests":false,"window":{"w":,"h":},"items":[{"role":,
/// "key":,"name":,"value":,"state":["selected",..],"x":,"y":,"w":,"h":}]}. A password's value is never in it.
std::string to_json(const Semantics& semantics, const FrameFacts& frame);

/// Words for everything wrong with a screen: no name, smaller than 44 px * scale, text wider than where it may be drawn, texts
/// over each other, a hint that leaves its control, two controls with one key. Empty when all is well.
std::vector<std::string> faults(const Semantics& semantics, float scale);

}  // namespace doorstep::view
