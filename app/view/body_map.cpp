#include <algorithm>
#include <cmath>

#include "app/view/parts.h"
#include "app/view/widgets/draw.h"

namespace doorstep::view {
namespace {

using model::Point;

constexpr float kBody = 320, kBodyRead = 240;  ///< unscaled, heights of a standing figure
constexpr float kHeadOfBody = 0.62f;           ///< of that is the height of the head seen by itself
constexpr float kMark = 10;                    ///< unscaled, radius
constexpr float kMoved = 8;                    ///< unscaled: who moved less has pressed
constexpr double kStep = 0.01, kFarStep = 0.05;///< of the height, by an arrow key; with Shift

Rect tile_of(Ui& ui, const state::FigureVm& figure, float body) {
  const float h = ui.s(figure.view == model::BodyView::Head ? std::round(body * kHeadOfBody) : body);
  const float w = std::max(ui.s(kTarget), std::round(h * static_cast<float>(figure.outline->aspect)));
  const Size name = measure(ui, Type::Small, figure.name, w);
  const Rect at = place(ui, {w, h + ui.s(space::kHair) + name.h});
  draw_text(ui, Type::Small, ui.c.ink2, figure.name, {at.x0 + std::floor((w - name.w) / 2), at.y1 - name.h, at.x1, at.y1}, Role::Label);
  return {at.x0, at.y0, at.x1, at.y0 + h};
}

ImVec2 on(const Rect& tile, const Point& at) {
  return {tile.x0 + static_cast<float>(at.x) * tile.w(), tile.y0 + static_cast<float>(at.y) * tile.h()};
}
Point in(const Rect& tile, ImVec2 at) {
  return {std::clamp((at.x - tile.x0) / tile.w(), 0.0f, 1.0f), std::clamp((at.y - tile.y0) / tile.h(), 0.0f, 1.0f)};
}
float distance(ImVec2 a, ImVec2 b) { return std::hypot(a.x - b.x, a.y - b.y); }

void draw_outline(Ui& ui, const state::FigureVm& figure, const Rect& tile, bool hot) {
  if (draw::unseen(tile)) return;
  draw::fill(tile, hot ? ui.c.tint : ui.c.surface, ui.s(kRadius));
  draw::border(tile, ui.c.edge, ui.s(kRadius), ui.s(ui.c.edge_px));
  for (const auto& line : figure.outline->lines) {
    for (const Point& p : line) draw::list().PathLineTo(on(tile, p));
    draw::list().PathStroke(ui.c.ink2, 0, std::max(1.0f, std::round(1.5f * ui.scale)));
  }
  const float pad = ui.s(6);
  const auto side = [&](const std::string& words, bool at_right) {
    if (words.empty()) return;
    const Size size = measure(ui, Type::Small, words, tile.w() / 2);
    const float x = at_right ? tile.x1 - pad - size.w : tile.x0 + pad;
    draw_text(ui, Type::Small, ui.c.ink2, words, {x, tile.y0 + pad, x + size.w, tile.y0 + pad + size.h});
  };
  side(figure.left, false);
  side(figure.right, true);
}

void draw_mark(Ui& ui, const state::MarkVm& mark, ImVec2 at, bool focused) {
  const float r = ui.s(kMark);
  if (draw::unseen({at.x - r, at.y - r, at.x + r, at.y + r})) return;
  draw::list().AddCircleFilled(at, r + ui.s(1.5f), ui.c.surface);
  draw::list().AddCircleFilled(at, r, mark.placing ? ui.c.focus : ui.c.primary);
  ImFont* font = ui.fonts[Type::SmallBold];
  const float w = line_width(ui, Type::SmallBold, mark.number);
  draw::list().AddText(font, font->FontSize, {std::round(at.x - w / 2), std::round(at.y - font->FontSize / 2)},
                       mark.placing ? ui.c.focus_inner : ui.c.on_primary, mark.number.data(), mark.number.data() + mark.number.size());
  if (focused) focus_ring(ui, {at.x - r, at.y - r, at.x + r, at.y + r}, r);
}

/// The mark next to `at`, if a finger there can mean it.
const state::MarkVm* mark_at(const Ui& ui, const state::FigureVm& figure, const Rect& tile, ImVec2 at) {
  const state::MarkVm* nearest = nullptr;
  for (const auto& mark : figure.marks)
    if (distance(on(tile, mark.at), at) <= ui.s(kTarget / 2) &&
        (!nearest || distance(on(tile, mark.at), at) < distance(on(tile, nearest->at), at)))
      nearest = &mark;
  return nearest;
}

/// Arrow keys move the mark that has the focus, and Delete takes it away.
void take_keys(const state::BodyMapVm& map, const state::FigureVm& figure, const state::MarkVm& mark, ImGuiID id, Intents& out) {
  const std::pair<ImGuiKey, Point> steps[] = {
      {ImGuiKey_LeftArrow, {-1, 0}}, {ImGuiKey_RightArrow, {1, 0}}, {ImGuiKey_UpArrow, {0, -1}}, {ImGuiKey_DownArrow, {0, 1}}};
  const double step = ImGui::GetIO().KeyShift ? kFarStep : kStep;
  for (const auto& [key, way] : steps) {
    ImGui::SetKeyOwner(key, id);  // the focus stays
    if (ImGui::IsKeyPressed(key, id, ImGuiInputFlags_Repeat))
      out.push_back(state::PutMark{map.list, mark.item.item, figure.view,
                                   {mark.at.x + way.x * step / figure.outline->aspect, mark.at.y + way.y * step}});
  }
  if (ImGui::IsKeyPressed(ImGuiKey_Delete)) out.push_back(state::RemoveItem{mark.item});
}

void draw_figure(Ui& ui, const state::BodyMapVm& map, const state::FigureVm& figure, Intents& out) {
  const ImGuiContext& g = *ImGui::GetCurrentContext();
  const ImGuiIO& io = ImGui::GetIO();
  const Rect tile = tile_of(ui, figure, kBody);
  const ImGuiID own = ImGui::GetCurrentWindow()->GetID(figure.key.data(), figure.key.data() + figure.key.size());
  const bool was_held = g.ActiveId == own && g.ActiveIdSource == ImGuiInputSource_Mouse;
  const Pressed state = press(ui, figure.key, tile, {.role = Role::Button, .name = figure.spoken});
  const bool is_held = g.ActiveId == own && g.ActiveIdSource == ImGuiInputSource_Mouse;

  const ImVec2 from{ui.pressed_at.x0, ui.pressed_at.y0};
  const state::MarkVm* grabbed = (was_held || is_held) && !map.placing ? mark_at(ui, figure, tile, from) : nullptr;
  const bool moved = distance(from, io.MousePos) > ui.s(kMoved);
  if (grabbed && is_held) ui.holding = own;
  if (was_held && io.MouseReleased[0]) {
    if (grabbed && moved) out.push_back(state::PutMark{map.list, grabbed->item.item, figure.view, in(tile, io.MousePos)});
    else if (grabbed) out.push_back(state::ShowMark{grabbed->item});
    else if (state.pressed) out.push_back(state::PutMark{map.list, {}, figure.view, in(tile, from)});
  } else if (state.pressed && !was_held) {
    out.push_back(state::PutMark{map.list, {}, figure.view, {0.5, 0.5}});  // by key: the arrows take it on from there
  }

  draw_outline(ui, figure, tile, state.hovered);
  if (state.focused) focus_ring(ui, tile, ui.s(kRadius));
  ui.semantics.parents.push_back(own);
  for (const auto& mark : figure.marks) {
    const bool in_hand = grabbed == &mark && is_held && moved;
    const ImVec2 at = in_hand ? on(tile, in(tile, io.MousePos)) : on(tile, mark.at);
    const float reach = ui.s(kTarget / 2);
    const Pressed here = press(ui, mark.key, {at.x - reach, at.y - reach, at.x + reach, at.y + reach},
                               {.role = Role::Button, .name = mark.name, .selected = mark.placing});
    if (here.pressed) out.push_back(state::ShowMark{mark.item});
    if (here.focused && g.ActiveId == 0) take_keys(map, figure, mark, here.id, out);
    draw_mark(ui, mark, at, here.focused);
  }
  ui.semantics.parents.pop_back();
}

}  // namespace

void draw_body_map(Ui& ui, const state::BodyMapVm& map, Intents& out) {
  gap(ui, space::kXs);
  hint(ui, map.hint);
  gap(ui, space::kXs);
  begin_flow(ui, space::kSm);
  for (const auto& figure : map.figures) draw_figure(ui, map, figure, out);
  end_flow(ui);
  gap(ui, space::kXs);
  draw_action(ui, map.key + "/undo", map.undo, ButtonKind::Quiet, out, Icon::Undo);
}

void draw_figures(Ui& ui, const std::vector<state::FigureVm>& figures) {
  if (figures.empty()) return;
  gap(ui, space::kXs);
  begin_flow(ui, space::kSm);
  for (const auto& figure : figures) {
    const Rect tile = tile_of(ui, figure, kBodyRead);
    Item item;
    item.role = Role::Icon;
    item.name = figure.spoken;
    item.rect = tile;
    draw::record(ui, std::move(item));
    draw_outline(ui, figure, tile, false);
    for (const auto& mark : figure.marks) draw_mark(ui, mark, on(tile, mark.at), false);
  }
  end_flow(ui);
  gap(ui, space::kXs);
}

}  // namespace doorstep::view
