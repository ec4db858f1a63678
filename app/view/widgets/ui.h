#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "app/view/widgets/fonts.h"
#include "app/view/widgets/semantics.h"
#include "app/view/widgets/tokens.h"
#include "platform/base/time.h"

struct ImDrawListSplitter;

namespace doorstep::view {

class Blocks;
class DrawnRows;
class Models;

using base::Instant;
using base::Millis;

/// Words of what a finger selects with, in every field; from the text file.
struct SelectionWords {
  std::string name = "What is selected";   ///< of the bar
  std::string from = "Beginning of what is selected", to = "End of what is selected";
  std::string cut = "Cut", copy = "Copy", paste = "Paste", all = "Select all";
};

struct Size {
  float w = 0, h = 0;
};

/// Where the rows of a text end and how wide they are, of what the last frames have drawn: laying a page out anew for every
/// frame is most of a frame's work. Texts are known by their hash: no word of a case is kept.
class TextCache {
 public:
  struct Row {
    std::size_t begin = 0, end = 0;        ///< bytes, without spaces that hang over the end
    float width = 0;
    std::size_t paragraph = 0;             ///< where its paragraph begins
    bool reordered = false;                ///< of a paragraph with right-to-left script: drawn in another order than it is written
    bool right_to_left = false;            ///< its paragraph runs from right to left
  };
  struct Rows {
    std::vector<Row> rows;
    float width = 0;                       ///< of the widest
    bool right_to_left = false;            ///< of one row at least
  };
  struct Key {
    std::size_t hash = 0, bytes = 0;
    Type type{};
    float width = 0;                       ///< to wrap at
    std::uint64_t fonts = 0;               ///< Fonts::generation
    friend bool operator==(const Key&, const Key&) = default;
  };
  static constexpr std::uint64_t kFrames = 64;  ///< what none of so many has drawn is forgotten
  /// Null when it has to be laid out. Valid until the next frame.
  const Rows* find(const Key& key);
  const Rows& keep(const Key& key, Rows rows);
  void next_frame();

 private:
  struct Hash {
    std::size_t operator()(const Key& key) const { return key.hash ^ std::hash<float>()(key.width) * 31; }
  };
  struct Kept {
    Rows rows;
    std::uint64_t drawn = 0;               ///< in which frame last
  };
  std::unordered_map<Key, Kept, Hash> kept_;
  std::uint64_t frame_ = 0;
};

/// Everything a widget needs, handed by reference through every draw_* function; there is no other state. One per window, kept
/// from frame to frame by the shell (or by a test). UI thread only.
struct Ui {
  Ui();
  ~Ui();
  Ui(const Ui&) = delete;
  Ui& operator=(const Ui&) = delete;

  // Set by the shell before each frame.
  Look look = Look::Light;
  Tokens c;               ///< the look's colours
  float scale = 1;        ///< text size, 1..2
  Fonts fonts;
  Instant now;            ///< wall clock, for words such as "14:05"
  Millis ticks{0};        ///< monotonic, for the caret
  bool caret_blinks = true;
  bool touch = false;     ///< the last pointer was a finger
  struct Picture {
    void* texture = nullptr;               ///< Dear ImGui's name for it; null where nothing is rendered
    int width = 0, height = 0;             ///< its pixels; 0: none
  } picture;              ///< the photo that is shown

  SelectionWords selection_words;          ///< set by whoever draws the window

  std::optional<Ask> asked;                ///< what a control is asked from outside; gone after this frame
  bool is_asked(std::uint32_t id) const { return asked && asked->control == id; }

  // Written while drawing, read by the shell or a test afterwards.
  Semantics semantics;
  std::set<char32_t> unseen;               ///< code points asked for that no built face has
  std::optional<Millis> wake_at;           ///< draw again no later than this (ticks): the caret
  bool animating = false;                  ///< something moves by itself: draw again when the next frame is due

  float s(float px) const;                 ///< unscaled pixels -> window pixels, whole
  float width() const;                     ///< the window, window pixels
  float height() const;
  bool narrow() const;                     ///< one pane only (kNarrow)
  bool is_short() const;                   ///< footer joins the page (kShort)
  bool is_tight() const;                   ///< little room for what is not being written (kTight)
  void set_look(Look l);
  void wake(Millis at);

  /// Moves keyboard focus to the control with this key, and scrolls it into sight, in the next frame that draws it; forgotten
  /// when none of the next few does. A question's key means its first control.
  void focus(std::string_view key);

  void begin_frame();                      ///< clears what a frame writes; the shell and the harness call it

  TextCache texts;                         ///< for text.h
  std::unique_ptr<Blocks> blocks;          ///< for blocks.h
  std::unique_ptr<DrawnRows> drawn_rows;   ///< for drawn_rows.h
  std::shared_ptr<Models> models;          ///< what is drawn; for draw_app. Empty: nothing of it is kept for the next frame
  void forget();                           ///< not even the shape of a note stays behind a lock

  /// Where the next widget goes; see layout.h. Not for views.
  struct Place {
    float x = 0, y = 0, w = 0;             ///< column: left edge, next y, width
    float bottom = 0;                      ///< lowest edge of anything put so far
    bool flow = false;                     ///< left to right, wrapping
    float flow_x = 0, flow_row = 0, gap = 0;  ///< next x, height of this row, space between
    float row_min = 0;                     ///< things lower than this are centred in it
  };
  std::vector<Place> places;
  struct OpenPanel {
    std::unique_ptr<ImDrawListSplitter> split;
    Rect rect;
    int tone = 0;
    float pad = 0;
  };
  std::vector<OpenPanel> panels;
  struct OpenPage {
    Rect rect;
    std::uint32_t height_id = 0;           ///< where the footer's height is kept from frame to frame
    float footer_h = 0, max_width = 0, pad = 0, shift = 0;
    bool scroll_open = false, footer_open = false, footer_child = false, centred = false;
    float content_top = 0;
  };
  std::vector<OpenPage> pages;
  std::string focus_key;
  int focus_frames = 0;                    ///< for how many more frames it is wanted
  float root_top = 0;                      ///< bottom of what is at the top of the window already: the band, the bar
  std::uint32_t selecting = 0;             ///< the field in which a mouse is selecting
  std::uint32_t holding = 0;               ///< the control that a finger draws or moves something in: its page does not pan
  std::uint32_t active_field = 0;          ///< the field that is being typed into
  std::uint32_t dragged_from = 0;          ///< the control out of which something is dragged; still so in the frame it is let go
  struct Dot { float x = 0, y = 0; };
  std::vector<Dot> stroke;                 ///< the pen's way so far, of the sheet that is `holding`: 0 to 1 each way
  Rect pressed_at;                         ///< where the pointer went down
  Millis pressed_since{0};                 ///< and when (ticks)
  /// What a finger has selected is held by: two handles, and a bar.
  struct Grip {
    std::uint32_t field = 0;               ///< the field it is in; 0: none
    bool dragging = false;                 ///< a handle is under the finger: the caret is at it; still so in the frame it is let go
    bool moved = false;                    ///< and it has been moved
    float dx = 0, dy = 0;                  ///< from the finger to the place in the text that it moves, window pixels
  } grip;
  std::uint32_t barred = 0;                ///< the field in which a bar stands open; drawn anew until it is closed
  struct Pan {
    std::uint32_t window = 0;
    bool panning = false;                  ///< a finger moves the page, or has just stopped it: it presses nothing
    bool gliding = false;                  ///< the finger is gone and the page still moves
    bool glides_on = false;                ///< it is to, in the next frame; a page that is not drawn any more does not
    std::uint32_t caught = 0;              ///< the window that was gliding when the finger came down
    float from_y = 0, scroll = 0;          ///< where the finger came down, and the page was
    float at = 0, speed = 0;               ///< where the page is, window pixels, not rounded; pixels a second
    Millis last{0};                        ///< when it was there (ticks)
  } pan;
  bool wants_text = false;                 ///< a field has the keyboard: the shell starts text input on the edge
  Rect caret_rect;                         ///< where an input method's window should be
  bool committed = false;                  ///< the letters of this frame are EditorState::How::Committed; set by the shell before it
  std::string composing;                   ///< what the input method is composing; set by the shell before a frame
};

/// Dear ImGui's settings and style that the widgets count on; once per context, and again when the scale changed.
void prepare_context(const Ui& ui);

/// Names inside are relative to `key` (a record id, a child's id): two rows may hold the same controls.
class Scope {
 public:
  Scope(Ui& ui, std::string_view key);
  ~Scope();
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;
};

}  // namespace doorstep::view
