#include "app/view/widgets/blocks.h"

#include <algorithm>
#include <cmath>

#include "app/view/widgets/draw.h"

namespace doorstep::view {

namespace {

constexpr float kAround = 8;  ///< unscaled: a focus ring reaches out of its control

bool same_column(const Ui::Place& a, const Ui::Place& b) {
  return a.x == b.x && a.w == b.w && a.flow == b.flow && a.flow_x == b.flow_x && a.flow_row == b.flow_row && a.gap == b.gap &&
         a.row_min == b.row_min;
}

Rect page_of(const ImGuiWindow& window) { return {window.InnerClipRect.Min.x, 0, window.InnerClipRect.Max.x, 0}; }

bool pointed_at(const ImGuiWindow& window, float top, float bottom) {
  const ImVec2 at = ImGui::GetIO().MousePos;
  return window.InnerClipRect.Contains(at) && at.y >= top && at.y <= bottom;
}

bool in_sight(const Ui& ui, const ImGuiWindow& window, float top, float bottom) {
  return bottom + ui.s(kAround) >= window.ClipRect.Min.y && top - ui.s(kAround) <= window.ClipRect.Max.y;
}

/// Whoever has, or had a moment ago, the focus, the pointer or the typing, or is asked to do something.
bool is_busy(const Ui& ui, const ImGuiContext& g, std::uint32_t id) {
  return id != 0 && (ui.is_asked(id) || id == ui.barred || id == g.NavId || id == g.ActiveId || id == g.ActiveIdPreviousFrame || id == g.HoveredId ||
                     id == g.HoveredIdPreviousFrame);
}

}  // namespace

void Blocks::next_frame(Ui& ui) {
  std::swap(last_, now_);
  now_.clear();
  next_ = 0;
  std::swap(runs_, ui.semantics.runs);
  touched_.clear();
  const ImGuiContext& g = *ImGui::GetCurrentContext();
  for (std::size_t i = 0; i < runs_.size(); ++i)
    if (std::ranges::any_of(runs_[i], [&](const Item& item) { return is_busy(ui, g, item.id); })) touched_.push_back(i);
}

Blocks::Block* Blocks::standing(Ui& ui, std::uint32_t id) {
  std::size_t at = next_;
  while (at < last_.size() && last_[at].id != id) ++at;
  if (at == last_.size())
    for (at = 0; at < next_ && last_[at].id != id;) ++at;
  if (at == last_.size() || last_[at].id != id) return nullptr;
  next_ = at + 1;
  Block& block = last_[at];
  const ImGuiWindow& window = *ImGui::GetCurrentWindow();
  const Ui::Place& place = ui.places.back();
  const float down = place.y - block.before.y;
  const float top = block.top + down, bottom = block.bottom + down;
  if (!block.still || ui.fonts.generation != block.fonts || ui.look != block.look || ui.width() != block.window.w ||
      ui.height() != block.window.h || !same_column(place, block.before) || page_of(window) != block.page || down != std::round(down))
    return nullptr;
  if (ImGui::GetCurrentContext()->NavAnyRequest || !ui.focus_key.empty() || pointed_at(window, top, bottom)) return nullptr;
  if (std::ranges::find(touched_, block.run) != touched_.end()) return nullptr;
  const bool as_drawn = place.y == block.drawn_y && draw::from_imgui(window.ClipRect) == block.drawn_in;
  return as_drawn || !in_sight(ui, window, top, bottom) ? &block : nullptr;
}

void Blocks::put_again(Ui& ui, Block& block) {
  ImGuiWindow& window = *ImGui::GetCurrentWindow();
  Ui::Place& place = ui.places.back();
  const float down = place.y - block.before.y;
  const Rect clip = draw::from_imgui(window.ClipRect);

  // What an item does to its window when it is added.
  if (block.has_controls) window.DC.NavLayersActiveMaskNext |= static_cast<short>(1 << window.DC.NavLayerCurrent);

  Semantics::Run& run = runs_[block.run];
  if (down != 0 || clip != block.clip)
    for (Item& item : run) {
      item.rect.y0 += down, item.rect.y1 += down;
      item.clip = clip;
      item.offscreen = !window.ClipRect.Overlaps(draw::to_imgui(item.rect));
    }
  block.clip = clip;
  block.run = ui.semantics.runs.size();
  ui.semantics.runs.push_back(std::move(run));
  ui.semantics.runs.emplace_back();

  block.top += down, block.bottom += down;
  if (in_sight(ui, window, block.top, block.bottom)) block.shapes.put(draw::list());

  block.before.y += down;
  block.after.y += down, block.after.bottom += down;
  const float bottom = std::max(place.bottom, block.after.bottom);
  place = block.after;
  place.bottom = bottom;
  block.models = ui.models;
  now_.push_back(std::move(block));
  block.id = 0;
}

void Blocks::begin(Ui& ui, std::uint32_t id) {
  Ui::Place& place = ui.places.back();
  const ImDrawList& list = draw::list();
  open_ = {};
  open_.bottom = std::exchange(place.bottom, place.y);
  open_.vertices = list.VtxBuffer.Size, open_.indices = list.IdxBuffer.Size, open_.commands = list.CmdBuffer.Size;
  Block& block = open_.block;
  block.id = id;
  block.models = ui.models;
  block.fonts = ui.fonts.generation;
  block.look = ui.look;
  block.window = {ui.width(), ui.height()};
  block.before = place;
  block.run = ui.semantics.runs.size();
  ui.semantics.runs.emplace_back();
}

Blocks::Block& Blocks::end(Ui& ui) {
  const ImGuiContext& g = *ImGui::GetCurrentContext();
  const ImGuiWindow& window = *ImGui::GetCurrentWindow();
  const ImDrawList& list = draw::list();
  Ui::Place& place = ui.places.back();
  Block& block = open_.block;
  block.after = place;
  place.bottom = std::max(place.bottom, open_.bottom);
  block.page = page_of(window);
  block.clip = draw::from_imgui(window.ClipRect);
  block.top = block.before.y, block.bottom = block.after.bottom;
  bool is_touched = false;
  for (const Item& item : ui.semantics.runs[block.run]) {
    block.top = std::min(block.top, item.rect.y0);
    block.bottom = std::max(block.bottom, item.rect.y1);
    block.has_controls = block.has_controls || interactive(item.role);
    is_touched = is_touched || item.focused || is_busy(ui, g, item.id);
  }
  block.still = !is_touched && !pointed_at(window, block.top, block.bottom) && list.CmdBuffer.Size == open_.commands;
  block.drawn_y = block.before.y;
  block.drawn_in = block.clip;
  if (block.still) block.shapes.take(list, open_.vertices, open_.indices);
  ui.semantics.runs.emplace_back();
  return now_.emplace_back(std::move(block));
}

}  // namespace doorstep::view
