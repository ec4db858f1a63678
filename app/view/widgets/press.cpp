#include "app/view/widgets/press.h"

#include "app/view/widgets/draw.h"

namespace doorstep::view {

Pressed press(Ui& ui, std::string_view key, Rect at, const Control& control) {
  ImGuiContext& g = *ImGui::GetCurrentContext();
  ImGuiWindow* window = ImGui::GetCurrentWindow();
  const ImGuiID id = window->GetID(key.data(), key.data() + key.size());
  const ImRect box = draw::to_imgui(at);
  Pressed out;
  out.id = id;
  if (control.disabled) ImGui::BeginDisabled();
  out.visible = ImGui::ItemAdd(box, id);
  const bool asked = !control.disabled && ui.is_asked(id);
  const bool by_key = !control.disabled && !ui.focus_key.empty() && ui.focus_key == key;
  if (by_key || asked) {
    if (by_key) ui.focus_key.clear();
    ImGui::FocusWindow(window);
    ImGui::SetFocusID(id, window);
    g.NavInitRequest = false;  // a window that has just appeared would focus its first item instead
    g.NavInitResult.ID = 0;
    g.NavDisableHighlight = false;
    g.NavDisableMouseHover = true;
    draw::show(at);
  }
  if (out.visible && !control.disabled) out.pressed = ImGui::ButtonBehavior(box, id, &out.hovered, &out.held) && !ui.pan.panning;
  out.pressed |= asked && ui.asked->what == Ask::What::Press;
  if (control.disabled) ImGui::EndDisabled();
  const bool has_focus = g.NavId == id && !control.disabled;
  out.focused = has_focus && !g.NavDisableHighlight;

  Item item;
  item.id = id;
  item.role = control.role;
  item.key = key;
  item.name = control.name;
  item.value = control.value;
  item.selected = control.selected;
  item.disabled = control.disabled;
  item.expands = control.expands;
  item.expanded = control.expanded;
  item.live = control.live;
  item.invalid = control.invalid;
  item.focused = has_focus;
  item.rect = at;
  draw::record(ui, std::move(item));
  return out;
}

void focus_ring(Ui& ui, Rect at, float radius) {
  const float outer = ui.s(3), inner = ui.s(2);
  draw::border(draw::grown(at, outer), ui.c.focus, radius + outer, outer);
  draw::border(at, ui.look == Look::Dark ? ui.c.ink : ui.c.focus_inner, radius, inner);
}

}  // namespace doorstep::view
