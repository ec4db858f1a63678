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
constexpr Color kPaper = 0xFFFFFFFF, kGuide = 0xFFC8C8C8, kCaption = 0xFF585146;  ///< paper is white in every look: so were the pens chosen

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

void draw_paper(Ui& ui, const state::SheetVm& sheet, const Rect& paper, std::uint32_t id) {
  Item item;
  item.id = id;
  item.role = Role::Icon;
  item.name = sheet.spoken;
  item.rect = paper;
  draw::record(ui, std::move(item));
  if (draw::unseen(paper)) return;
  draw::fill(paper, kPaper);
  draw::border(paper, ui.c.edge, 0, ui.s(ui.c.edge_px));
  if (sheet.guide) draw_points(paper, *sheet.guide, kGuide, ui.s(2));
  for (const auto& stroke : sheet.strokes) draw_points(paper, stroke.points, color_of(stroke.colour), pen_px(paper, stroke.width));
  const float pad = ui.s(space::kXs);
  const Size size = measure(ui, Type::Small, sheet.caption, paper.w() - 2 * pad);
  ui.semantics.parents.push_back(id);
  draw_text(ui, Type::Small, kCaption, sheet.caption,
            {paper.x0 + pad, paper.y1 - pad - size.h, paper.x0 + pad + size.w, paper.y1 - pad}, Role::Label);
  ui.semantics.parents.pop_back();
}

/// Takes the pen's way in while it is down, and hands it over when it is lifted.
void take_pen(Ui& ui, const state::SheetVm& sheet, const Rect& paper, ImGuiID id, Intents& out) {
  const ImGuiContext& g = *ImGui::GetCurrentContext();
  const ImRect box = draw::to_imgui(paper);
  const bool was_down = g.ActiveId == id;
  if (!ImGui::ItemAdd(box, id, nullptr, ImGuiItemFlags_NoNav | ImGuiItemFlags_NoTabStop) && !was_down) return;
  bool hovered = false, down = false;
  ImGui::ButtonBehavior(box, id, &hovered, &down, ImGuiButtonFlags_NoNavFocus);
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

}  // namespace

void draw_sheet(Ui& ui, const state::SheetVm& sheet, Intents& out) {
  const ImGuiID id = ImGui::GetCurrentWindow()->GetID(sheet.key.data(), sheet.key.data() + sheet.key.size());
  if (sheet.is_open) {
    hint(ui, sheet.hint);
    draw_choices(ui, sheet.key + "/ink", {.label = sheet.inks_label}, sheet.inks, out);
    const Rect paper = paper_of(ui, ui.height() * kOfWindow * static_cast<float>(model::kPaperAspect));
    draw_paper(ui, sheet, paper, id);
    take_pen(ui, sheet, paper, id, out);
  } else if (!sheet.strokes.empty()) {
    draw_paper(ui, sheet, paper_of(ui, ui.s(kRead)), id);
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
  draw_paper(ui, sheet, paper_of(ui, ui.s(kRead)), 0);
  gap(ui, space::kXs);
}

}  // namespace doorstep::view
