#include "app/view/widgets/selection.h"

#include <algorithm>
#include <cmath>

#include "app/view/widgets/controls.h"
#include "app/view/widgets/draw.h"

namespace doorstep::view {

namespace {

constexpr Millis kHold{450};
constexpr float kReach = 28;        ///< unscaled, of a finger from a handle's middle
constexpr float kAboveFinger = 28;  ///< unscaled: a finger does not cover what it moves
constexpr float kBarNeeds = 220;    ///< unscaled, for two buttons side by side

/// A drop whose corner is at the place it belongs to.
Rect handle_rect(const Ui& ui, const Rect& end, Handle which) {
  const float side = ui.s(kHandle);
  return which == Handle::From ? Rect{end.x0 - side, end.y1, end.x0, end.y1 + side} : Rect{end.x0, end.y1, end.x0 + side, end.y1 + side};
}

void draw_handle(Ui& ui, std::string_view field, const Rect& end, Handle which) {
  const bool from = which == Handle::From;
  const Rect at = handle_rect(ui, end, which);
  Item item;
  const std::string key = std::string(field) + (from ? "/selection/from" : "/selection/to");
  item.id = ImGui::GetCurrentWindow()->GetID(key.c_str());
  item.role = Role::Icon;
  item.key = key;
  item.name = from ? ui.selection_words.from : ui.selection_words.to;
  item.rect = at;
  draw::record(ui, std::move(item));
  if (draw::unseen(at)) return;
  const ImDrawFlags round = ImDrawFlags_RoundCornersBottom | (from ? ImDrawFlags_RoundCornersTopLeft : ImDrawFlags_RoundCornersTopRight);
  draw::list().AddRectFilled(draw::min_of(at), draw::max_of(at), ui.c.primary, at.w() / 2, round);
}

}  // namespace

bool long_press(Ui& ui, std::uint32_t field, Rect box) {
  const ImGuiIO& io = ImGui::GetIO();
  const float stray = ui.s(kPanAfter);
  if (!ui.touch || !io.MouseDown[0] || ui.holding != 0 || ui.pan.panning) return false;
  if (!box.contains(ui.pressed_at, 0) || io.MouseDragMaxDistanceSqr[0] > stray * stray) return false;
  const Millis due = ui.pressed_since + kHold;
  if (ui.ticks < due) {
    ui.wake(due);
    return false;
  }
  ui.holding = field;
  return true;
}

void draw_handles(Ui& ui, std::string_view field, const Ends& ends) {
  draw_handle(ui, field, ends.from, Handle::From);
  draw_handle(ui, field, ends.to, Handle::To);
}

std::optional<Handle> take_handle(Ui& ui, std::uint32_t field, const Ends& ends) {
  const ImGuiContext& g = *ImGui::GetCurrentContext();
  const ImVec2 finger = g.IO.MousePos;
  const ImGuiWindow* window = ImGui::GetCurrentWindow();
  if (!ui.touch || !g.IO.MouseClicked[0] || ui.pan.caught != 0) return {};
  if (g.HoveredWindow != window || !window->InnerClipRect.Contains(finger)) return {};
  const auto distance = [&](const Rect& end, Handle which) {
    const Rect at = handle_rect(ui, end, which);
    return std::hypot(finger.x - (at.x0 + at.x1) / 2, finger.y - (at.y0 + at.y1) / 2);
  };
  const float to_from = distance(ends.from, Handle::From), to_to = distance(ends.to, Handle::To);
  if (std::min(to_from, to_to) > ui.s(kReach)) return {};
  const Handle which = to_from < to_to ? Handle::From : Handle::To;
  const Rect& end = which == Handle::From ? ends.from : ends.to;
  ImGui::SetHoveredID(field);  // what lies below is not pressed
  ui.holding = field;
  ui.grip = {.field = field, .dragging = true, .moved = false, .dx = end.x0 - finger.x,
             .dy = -std::max(ui.s(kAboveFinger), finger.y - (end.y0 + end.y1) / 2)};
  return which;
}

FieldBar selection_bar(std::string_view field) {
  FieldBar bar(field, "selection");
  for (const char* control : {"cut", "copy", "paste", "all"}) bar.add(control);
  return bar;
}

bool has_room_for_bar(const Ui& ui, float width) { return width >= ui.s(kBarNeeds); }

SelectionPressed draw_selection_bar(Ui& ui, const FieldBar& bar, const editor::EditorState& text, Rect at) {
  SelectionPressed out;
  const SelectionWords& words = ui.selection_words;
  const auto pressed = [&](std::string_view control, std::string_view label, bool disabled) {
    return button(ui, bar.key_of(control), label, ButtonKind::Secondary, {.disabled = disabled});
  };
  begin_field_bar(ui, bar, words.name, at);
  if (!text.rules().secret) {
    out.cut = pressed("cut", words.cut, !text.has_selection());
    out.copy = pressed("copy", words.copy, !text.has_selection());
  }
  out.paste = pressed("paste", words.paste, false);
  out.all = pressed("all", words.all, text.empty());
  out.height = end_field_bar(ui, at);
  return out;
}

}  // namespace doorstep::view
