#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "app/view/parts.h"
#include "app/view/widgets/draw.h"
#include "platform/base/limits.h"

namespace doorstep::view {
namespace {

constexpr float kRead = 360;         ///< unscaled, width of a sheet that is only looked at
constexpr float kOfWindow = 0.62f;   ///< the most of the window's height that a sheet takes while it is drawn on
constexpr double kStep = 0.02, kFarStep = 0.1;  ///< of the height, by an arrow key; with Shift
constexpr Color kPaper = 0xFFFFFFFF, kGuide = 0xFFC8C8C8;  ///< paper is white in every look: so were the pens chosen

/// "#c02318"; black for anything else.
Color color_of(std::string_view hex) {
  unsigned value = 0x1a1a1a;
  if (hex.size() == 7 && hex[0] == '#') value = static_cast<unsigned>(std::strtoul(std::string(hex.substr(1)).c_str(), nullptr, 16));
  return 0xFF000000 | ((value & 0xFF) << 16) | (value & 0xFF00) | ((value >> 16) & 0xFF);
}

Rect paper_of(Ui& ui, float width) {
  const float w = std::floor(std::min(width, room(ui)));
  return place(ui, {w, std::floor(w / static_cast<float>(model::kPaperAspect))});
}

template <class Points>
void draw_points(const Rect& paper, const Points& points, Color color, float px) {
  const auto at = [&](const auto& p) {
    return ImVec2{paper.x0 + static_cast<float>(p.x) * paper.w(), paper.y0 + static_cast<float>(p.y) * paper.h()};
  };
  if (points.empty()) return;
  for (const auto& p : points) draw::list().PathLineTo(at(p));
  draw::list().PathStroke(color, 0, std::max(1.0f, px));
  for (const auto& end : {points.front(), points.back()}) draw::list().AddCircleFilled(at(end), std::max(0.5f, px / 2), color);
}

float pen_px(const Rect& paper, std::int64_t width) {
  return std::max(1.0f, std::round(static_cast<float>(std::clamp<std::int64_t>(width, 1, 100)) * paper.w() / 1000));
}

void draw_paper(Ui& ui, const state::SheetVm& sheet, const Rect& paper) {
  if (draw::unseen(paper)) return;
  draw::fill(paper, kPaper);
  draw::border(paper, ui.c.edge, 0, ui.s(ui.c.edge_px));
  if (sheet.guide) draw_points(paper, *sheet.guide, kGuide, ui.s(2));
  for (const auto& stroke : sheet.strokes) draw_points(paper, stroke.points, color_of(stroke.colour), pen_px(paper, stroke.width));
}

/// One that is only looked at.
void draw_still(Ui& ui, const state::SheetVm& sheet, std::uint32_t id) {
  const Rect paper = paper_of(ui, ui.s(kRead));
  Item item;
  item.id = id;
  item.role = Role::Icon;
  item.name = sheet.spoken;
  item.rect = paper;
  draw::record(ui, std::move(item));
  draw_paper(ui, sheet, paper);
  small(ui, sheet.caption);
}

ImGuiID id_of(const state::SheetVm& sheet) {
  return ImGui::GetCurrentWindow()->GetID(sheet.key.data(), sheet.key.data() + sheet.key.size());
}

/// Takes the pen's way in while a finger or the mouse has it down, and hands it over when it is lifted.
void take_pen(Ui& ui, const state::SheetVm& sheet, const Rect& paper, ImGuiID id, bool was_down, Intents& out) {
  const ImGuiContext& g = *ImGui::GetCurrentContext();
  const bool down = g.ActiveId == id && g.ActiveIdSource == ImGuiInputSource_Mouse && g.IO.MouseDown[0];
  const auto reach = [&](float x, float y) {
    const Ui::Dot dot{std::clamp((x - paper.x0) / paper.w(), 0.0f, 1.0f), std::clamp((y - paper.y0) / paper.h(), 0.0f, 1.0f)};
    const bool moved = ui.stroke.empty() || ui.stroke.back().x != dot.x || ui.stroke.back().y != dot.y;
    if (moved && ui.stroke.size() < limits::kPenPoints) ui.stroke.push_back(dot);
  };
  if (down) {
    if (!was_down) {
      ui.stroke.clear();
      reach(ui.pressed_at.x0, ui.pressed_at.y0);
    }
    ui.holding = id;
    // Of several moves between two frames Dear ImGui shows the last one, and keeps them all here.
    for (const ImGuiInputEvent& event : g.InputEventsTrail)
      if (was_down && event.Type == ImGuiInputEventType_MousePos) reach(event.MousePos.PosX, event.MousePos.PosY);
    reach(g.IO.MousePos.x, g.IO.MousePos.y);
  }
  if (was_down || down) draw_points(paper, ui.stroke, color_of(sheet.ink), pen_px(paper, model::kPenWidth));
  if (!was_down || down || ui.stroke.empty()) return;
  state::AddStroke add{sheet.question, {}};
  for (const Ui::Dot& dot : ui.stroke) add.way.push_back({dot.x, dot.y});
  ui.stroke.clear();
  out.push_back(std::move(add));
}

/// Arrow keys move the pen of the sheet that has the focus.
void take_keys(const state::SheetVm& sheet, ImGuiID id, Intents& out) {
  const std::pair<ImGuiKey, model::Point> steps[] = {
      {ImGuiKey_LeftArrow, {-1, 0}}, {ImGuiKey_RightArrow, {1, 0}}, {ImGuiKey_UpArrow, {0, -1}}, {ImGuiKey_DownArrow, {0, 1}}};
  const double step = ImGui::GetIO().KeyShift ? kFarStep : kStep;
  for (const auto& [key, way] : steps) {
    ImGui::SetKeyOwner(key, id);  // the focus stays
    if (ImGui::IsKeyPressed(key, id, ImGuiInputFlags_Repeat))
      out.push_back(state::MovePen{sheet.question, way.x * step / model::kPaperAspect, way.y * step});
  }
}

/// What the pen drew by keys since it was put down, and where it is: filled while it is down.
void draw_pen(Ui& ui, const state::SheetVm& sheet, const Rect& paper) {
  const Color color = color_of(sheet.ink);
  draw_points(paper, sheet.pen.way, color, pen_px(paper, model::kPenWidth));
  const ImVec2 at{paper.x0 + static_cast<float>(sheet.pen.at.x) * paper.w(), paper.y0 + static_cast<float>(sheet.pen.at.y) * paper.h()};
  if (!sheet.pen.way.empty()) draw::list().AddCircleFilled(at, ui.s(6), color);
  draw::list().AddCircle(at, ui.s(9), color, 0, ui.s(2));
}

/// The sheet as a control: a finger, a pen or the mouse draws on it, or the arrow keys do.
void draw_open_sheet(Ui& ui, const state::SheetVm& sheet, const Rect& paper, Intents& out) {
  const ImGuiContext& g = *ImGui::GetCurrentContext();
  const ImGuiID id = id_of(sheet);
  const bool was_down = g.ActiveId == id && g.ActiveIdSource == ImGuiInputSource_Mouse;
  const std::string spoken = sheet.spoken + ". " + sheet.pen.spoken;
  const Pressed state = press(ui, sheet.key, paper, {.role = Role::Button, .name = spoken, .live = true});
  draw_paper(ui, sheet, paper);
  take_pen(ui, sheet, paper, id, was_down, out);
  if (state.pressed && !was_down) out.push_back(state::TurnPen{sheet.question});
  if (state.focused && g.ActiveId == 0) take_keys(sheet, id, out);
  if (state.focused || !sheet.pen.way.empty()) draw_pen(ui, sheet, paper);
  if (state.focused) focus_ring(ui, paper, 0);
}

}  // namespace

void draw_sheet(Ui& ui, const state::SheetVm& sheet, Intents& out) {
  if (sheet.is_open) {
    hint(ui, sheet.hint);
    draw_choices(ui, sheet.key + "/ink", {.label = sheet.inks_label}, sheet.inks, out);
    draw_open_sheet(ui, sheet, paper_of(ui, ui.height() * kOfWindow * static_cast<float>(model::kPaperAspect)), out);
  } else if (!sheet.strokes.empty()) {
    draw_still(ui, sheet, id_of(sheet));
  }
  gap(ui, space::kXs);
  if (!sheet.full.empty()) inline_error(ui, sheet.full);
  begin_flow(ui);
  draw_action(ui, sheet.key + "/open", sheet.open, ButtonKind::Secondary, out, Icon::Pencil);
  draw_action(ui, sheet.key + "/undo", sheet.undo, ButtonKind::Quiet, out, Icon::Undo);
  draw_action(ui, sheet.key + "/back", sheet.back, ButtonKind::Quiet, out, Icon::Redo);
  draw_action(ui, sheet.key + "/clear", sheet.clear, ButtonKind::Quiet, out, Icon::Cross);
  end_flow(ui);
  gap(ui, space::kMd);
}

void draw_drawing(Ui& ui, const state::SheetVm& sheet) {
  gap(ui, space::kHair);
  draw_still(ui, sheet, 0);
  gap(ui, space::kXs);
}

}  // namespace doorstep::view
