#include "app/view/widgets/ui.h"

#include <imgui.h>
#include <imgui_internal.h>

#include <cmath>
#include <utility>

#include "app/view/widgets/blocks.h"
#include "app/view/widgets/drawn_rows.h"

namespace doorstep::view {

const TextCache::Rows* TextCache::find(const Key& key) {
  const auto at = kept_.find(key);
  if (at == kept_.end()) return nullptr;
  at->second.drawn = frame_;
  return &at->second.rows;
}

const TextCache::Rows& TextCache::keep(const Key& key, Rows rows) {
  Kept& kept = kept_[key] = {std::move(rows), frame_};
  return kept.rows;
}

void TextCache::next_frame() {
  if (++frame_ % kFrames != 0) return;
  std::erase_if(kept_, [this](const auto& item) { return item.second.drawn + kFrames <= frame_; });
}

Ui::Ui() : c(tokens(Look::Light)), blocks(std::make_unique<Blocks>()), drawn_rows(std::make_unique<DrawnRows>()) {}
Ui::~Ui() = default;

void Ui::forget() {
  texts = {};
  models.reset();
  stroke = {};
  *blocks = {};
  *drawn_rows = {};
}

float Ui::s(float px) const { return std::round(px * scale); }
float Ui::width() const { return ImGui::GetIO().DisplaySize.x; }
float Ui::height() const { return ImGui::GetIO().DisplaySize.y; }
bool Ui::narrow() const { return width() <= kNarrow * scale; }
bool Ui::is_short() const { return height() <= kShort * scale; }
bool Ui::is_tight() const { return height() <= kTight * scale; }

void Ui::set_look(Look l) {
  look = l;
  c = tokens(l);
}

void Ui::wake(Millis at) {
  if (!wake_at || at < *wake_at) wake_at = at;
}

void Ui::focus(std::string_view key) {
  focus_key = std::string(key);
  focus_frames = 8;
}

void Ui::begin_frame() {
  if (focus_frames > 0 && --focus_frames == 0) focus_key.clear();
  blocks->next_frame(*this);
  drawn_rows->next_frame();
  semantics.clear();
  texts.next_frame();
  unseen.clear();
  wake_at.reset();
  animating = false;
  wants_text = false;
  places.clear();
  panels.clear();
  pages.clear();
  root_top = 0;
  const ImGuiIO& io = ImGui::GetIO();
  touch = io.MouseSource == ImGuiMouseSource_TouchScreen;
  pan.gliding = std::exchange(pan.glides_on, false);
  if (io.MouseClicked[0]) {
    pressed_at = {io.MousePos.x, io.MousePos.y, io.MousePos.x, io.MousePos.y};
    pressed_since = ticks;
    const std::uint32_t caught = pan.gliding ? pan.window : 0;
    pan = {};
    pan.caught = caught;
  }
  if (!io.MouseDown[0] && !io.MouseReleased[0]) {
    pan.panning = false;
    grip.dragging = false;
    selecting = holding = dragged_from = 0;
  }
}

void prepare_context(const Ui& ui) {
  ImGuiIO& io = ImGui::GetIO();
  io.ConfigFlags |= ImGuiConfigFlags_NavEnableKeyboard;
  io.IniFilename = nullptr;
  io.LogFilename = nullptr;
  io.ConfigMacOSXBehaviors = false;
  ImGuiContext& g = *ImGui::GetCurrentContext();
  g.ConfigNavWindowingKeyNext = g.ConfigNavWindowingKeyPrev = ImGuiKey_None;  // there is one window: nothing to switch between
  ImGuiStyle& style = ImGui::GetStyle();
  style = ImGuiStyle();
  style.WindowPadding = style.ItemSpacing = style.ItemInnerSpacing = style.FramePadding = ImVec2(0, 0);
  style.WindowBorderSize = style.ChildBorderSize = style.PopupBorderSize = 0;
  style.WindowMinSize = ImVec2(1, 1);
  style.ScrollbarSize = ui.s(10);
  style.ScrollbarRounding = ui.s(5);
  style.DisabledAlpha = 1;  // controls draw their own disabled look, with enough contrast
  style.Colors[ImGuiCol_WindowBg] = ImGui::ColorConvertU32ToFloat4(ui.c.canvas);
  style.Colors[ImGuiCol_ChildBg] = ImVec4(0, 0, 0, 0);
  style.Colors[ImGuiCol_ScrollbarBg] = ImVec4(0, 0, 0, 0);
  style.Colors[ImGuiCol_ScrollbarGrab] = ImGui::ColorConvertU32ToFloat4(ui.c.edge);
  style.Colors[ImGuiCol_ScrollbarGrabHovered] = ImGui::ColorConvertU32ToFloat4(ui.c.ink2);
  style.Colors[ImGuiCol_ScrollbarGrabActive] = ImGui::ColorConvertU32ToFloat4(ui.c.primary);
  style.Colors[ImGuiCol_NavHighlight] = ImVec4(0, 0, 0, 0);  // focus_ring() draws it
}

Scope::Scope(Ui&, std::string_view key) { ImGui::PushID(key.data(), key.data() + key.size()); }
Scope::~Scope() { ImGui::PopID(); }

}  // namespace doorstep::view
