#pragma once
#include <imgui.h>
#include <imgui_internal.h>

#include "app/view/widgets/ui.h"

/// What the widgets share among themselves, and with the views that have shapes of their own to draw.
namespace doorstep::view::draw {

inline ImVec2 min_of(const Rect& r) { return {r.x0, r.y0}; }
inline ImVec2 max_of(const Rect& r) { return {r.x1, r.y1}; }
inline ImRect to_imgui(const Rect& r) { return {r.x0, r.y0, r.x1, r.y1}; }
inline Rect from_imgui(const ImRect& r) { return {r.Min.x, r.Min.y, r.Max.x, r.Max.y}; }
inline ImDrawList& list() { return *ImGui::GetWindowDrawList(); }
inline Rect grown(const Rect& r, float by) { return {r.x0 - by, r.y0 - by, r.x1 + by, r.y1 + by}; }

/// Scrolled out of sight, or cut away by what holds it: not worth its vertices.
bool unseen(const Rect& r);
void fill(const Rect& r, Color color, float radius = 0);
/// Border inside `r`, `px` thick, in whole pixels.
void border(const Rect& r, Color color, float radius, float px);
void hline(float x0, float x1, float y, Color color, float px = 1);

/// Scrolls the current window as little as shows `r`, in the next frame.
void show(const Rect& r);

/// A part of a draw list, to be put into a later frame's as it is.
struct Shapes {
  std::vector<ImDrawVert> vertices;
  std::vector<ImDrawIdx> indices;  ///< from the first of `vertices`
  /// What `list` has from these on.
  void take(const ImDrawList& list, int first_vertex, int first_index);
  void put(ImDrawList& list) const;
};

/// Records something with a rectangle, clip and scrolling filled in from the current window.
void record(Ui& ui, Item item);
bool page_scrolls(const Ui& ui);

}  // namespace doorstep::view::draw
