#pragma once
#include "app/editor/editor_state.h"
#include "app/view/widgets/field_bar.h"

/// What a finger selects text with: it rests on a word, which is selected then and has a handle at each end to drag, and a bar of
/// what can be done with it. For the field that is typed into; Ui::grip says which. Sizes and times: the design, section "Note editor".
namespace doorstep::view {

inline constexpr float kHandle = 22;      ///< unscaled, width and height of a handle
inline constexpr float kHandleRoom = 26;  ///< unscaled, below a row whose handle covers nothing

/// A finger has rested on `field`, whose box this is, long enough: true in one frame. Until then the window is woken for it.
/// What rests is Ui::holding from then on. Only to be asked while the pointer is over the field's text.
bool long_press(Ui& ui, std::uint32_t field, Rect box);

/// Where a selection begins and ends: as wide as a caret, as high as their rows.
struct Ends {
  Rect from, to;
};
/// Draws both handles, which hang below them.
void draw_handles(Ui& ui, std::string_view field, const Ends& ends);
enum class Handle { From, To };
/// The handle that a finger took hold of in this frame: Ui::grip and Ui::holding say so from then on. The nearer of two.
std::optional<Handle> take_handle(Ui& ui, std::uint32_t field, const Ends& ends);

/// The bar of `field`.
FieldBar selection_bar(std::string_view field);
/// False where the field is too narrow for one: part of a date.
bool has_room_for_bar(const Ui& ui, float width);
struct SelectionPressed {
  bool cut = false, copy = false, paste = false, all = false;
  float height = 0;  ///< of the bar
};
/// Of a secret nothing can be cut or copied.
SelectionPressed draw_selection_bar(Ui& ui, const FieldBar& bar, const editor::EditorState& text, Rect at);

}  // namespace doorstep::view
