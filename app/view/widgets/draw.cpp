#include "app/view/widgets/draw.h"

namespace doorstep::view::draw {

bool unseen(const Rect& r) { return !ImGui::GetCurrentWindow()->ClipRect.Overlaps(to_imgui(r)); }

void fill(const Rect& r, Color color, float radius) {
  if (!unseen(r)) list().AddRectFilled(min_of(r), max_of(r), color, radius);
}

void border(const Rect& r, Color color, float radius, float px) {
  if (unseen(r)) return;
  const float half = px / 2;
  list().AddRect({r.x0 + half, r.y0 + half}, {r.x1 - half, r.y1 - half}, color, std::max(0.0f, radius - half), 0, px);
}

void hline(float x0, float x1, float y, Color color, float px) { fill({x0, y, x1, y + px}, color); }

void show(const Rect& r) {
  ImGui::ScrollToRect(ImGui::GetCurrentWindow(), to_imgui(r), ImGuiScrollFlags_KeepVisibleEdgeY | ImGuiScrollFlags_NoScrollParent);
}

bool page_scrolls(const Ui& ui) { return !ui.pages.empty() && ui.pages.back().scroll_open; }

void record(Ui& ui, Item item) {
  const ImRect clip = ImGui::GetCurrentWindow()->ClipRect;
  item.clip = from_imgui(clip);
  item.scrolls_y = page_scrolls(ui);
  item.offscreen = !clip.Overlaps(to_imgui(item.rect));
  ui.semantics.add(std::move(item));
}

}  // namespace doorstep::view::draw
