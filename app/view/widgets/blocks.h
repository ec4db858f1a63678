#pragma once
#include <any>
#include <concepts>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "app/view/widgets/draw.h"

/// A page is a row of blocks: a question, a heading with its paragraphs. Laying out and drawing is most of a frame's work, and
/// from one frame to the next most blocks are the same; those are put again as they were, with their height, their vertices
/// and what they said of themselves.
namespace doorstep::view {

/// The blocks of this frame and of the last. A block stands as it was unless
/// - what it shows differs: its part of the view model, or the words in its editors;
/// - letters, look or the window's size differ, or its column is elsewhere or of another width;
/// - the pointer, the keyboard's focus or an input method is in it, or was in the last frame, or something is asked of it;
/// - the keyboard is on its way somewhere: then every control is asked whether it is the one;
/// - it is in sight, and elsewhere than it was or the part of it that is in sight is another.
/// UI thread only.
class Blocks {
 public:
  struct Block {
    std::uint32_t id = 0;
    std::shared_ptr<Models> models;          ///< that it was last seen to agree with
    std::any what;                           ///< the part of them that it shows
    std::uint64_t typed = 0;                 ///< of the words in its editors
    std::uint64_t fonts = 0;
    Look look{};
    Size window;
    Ui::Place before, after;                 ///< where it was put, and where the next thing goes
    Rect page;                               ///< what may be drawn in, but for scrolling
    std::size_t run = 0;                     ///< its items among the runs of its frame
    bool has_controls = false;
    Rect clip;                               ///< what its items were told that they may draw in
    float top = 0, bottom = 0;               ///< of whatever it drew
    bool still = false;                      ///< nobody pointed at it or had the keyboard in it
    // What it drew, for this place alone: whatever is out of sight was not drawn, and half a pixel further down is another one.
    float drawn_y = 0;
    Rect drawn_in;
    draw::Shapes shapes;
  };

  void next_frame(Ui& ui);                   ///< what the last frame did not draw is forgotten
  /// The block of the last frame that could stand here, were it to show the same. Null: it must be drawn.
  Block* standing(Ui& ui, std::uint32_t id);
  void put_again(Ui& ui, Block& block);
  void begin(Ui& ui, std::uint32_t id);
  /// The block that was begun. What it shows is for the caller to fill in.
  Block& end(Ui& ui);

 private:
  struct Open {
    Block block;
    float bottom = 0;
    int vertices = 0, indices = 0, commands = 0;
  };
  std::vector<Block> now_, last_;
  std::size_t next_ = 0;                     ///< of last_: the same blocks mostly follow each other
  std::vector<Semantics::Run> runs_;         ///< of the last frame
  std::vector<std::size_t> touched_;         ///< of runs_: those a person is busy in
  Open open_;
};

/// What is kept of `what`: of references, what they refer to.
template <class What>
struct Kept { using Type = What; };
template <class... Parts>
struct Kept<std::tuple<Parts...>> { using Type = std::tuple<std::remove_cvref_t<Parts>...>; };

/// Draws `what` by `draw`, or lets it stand. What is drawn is a function of the window, of `what`, which is a part of ui.models (or
/// several: std::tie), and of the words that `typed()` is a number of. Without operator== any other ui.models is a difference.
template <class What, class Typed, class Draw>
void block(Ui& ui, std::string_view key, const What& what, const Typed& typed, const Draw& draw) {
  using Shown = typename Kept<What>::Type;
  if (!ui.models || !ui.panels.empty()) return draw();
  // Dear ImGui's own hash goes byte by byte: a sixth of a frame, for the keys of a long page.
  const std::uint32_t id = ImGui::GetID(reinterpret_cast<const void*>(std::hash<std::string_view>()(key)));
  if (Blocks::Block* last = ui.blocks->standing(ui, id)) {
    bool same = last->models == ui.models;
    if constexpr (std::equality_comparable<Shown>) {
      const Shown* shown = same ? nullptr : std::any_cast<Shown>(&last->what);
      same = same || (shown && *shown == what && last->typed == typed());
    }
    if (same) return ui.blocks->put_again(ui, *last);
  }
  ui.blocks->begin(ui, id);
  draw();
  Blocks::Block& drawn = ui.blocks->end(ui);
  if constexpr (std::equality_comparable<Shown>)
    if (drawn.still) drawn.what = Shown(what);  // one that is not still is drawn anew in any case: a long note is not copied for that
  drawn.typed = typed();
}
template <class What, class Draw>
void block(Ui& ui, std::string_view key, const What& what, const Draw& draw) {
  block(ui, key, what, [] { return std::uint64_t{0}; }, draw);
}

}  // namespace doorstep::view
