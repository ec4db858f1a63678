#include "app/view/widgets/draw.h"

#include <algorithm>

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

void Shapes::take(const ImDrawList& list, int first_vertex, int first_index) {
  vertices.assign(list.VtxBuffer.begin() + first_vertex, list.VtxBuffer.end());
  indices.resize(static_cast<std::size_t>(list.IdxBuffer.Size - first_index));
  std::transform(list.IdxBuffer.begin() + first_index, list.IdxBuffer.end(), indices.begin(),
                 [first_vertex](ImDrawIdx index) { return index - static_cast<ImDrawIdx>(first_vertex); });
}

void Shapes::put(ImDrawList& list) const {
  list.PrimReserve(static_cast<int>(indices.size()), static_cast<int>(vertices.size()));
  list._VtxWritePtr = std::copy(vertices.begin(), vertices.end(), list._VtxWritePtr);
  list._IdxWritePtr = std::transform(indices.begin(), indices.end(), list._IdxWritePtr,
                                     [first_vertex = list._VtxCurrentIdx](ImDrawIdx index) { return first_vertex + index; });
  list._VtxCurrentIdx += static_cast<unsigned>(vertices.size());
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
