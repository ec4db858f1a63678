#include "tests/support/headless.h"

#include <imgui.h>
#include <imgui_internal.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "platform/base/file.h"

namespace doorstep::test {

struct Headless::Inner {
  ImGuiContext* context = nullptr;
  view::FontFiles files;
  std::set<char32_t> seen;
  std::uint64_t generation = 0;
};

namespace {

std::string bytes_of(const std::filesystem::path& path) {
  const auto bytes = base::read_file(path, 16 * 1024 * 1024);
  if (!bytes.has_value()) throw std::runtime_error("no font at " + path.string());
  return *bytes;
}

}  // namespace

Headless::Headless(const std::string& fonts, int w, int h, float scale, view::Look look) : inner_(std::make_unique<Inner>()), ui_(std::make_unique<view::Ui>()) {
  const std::filesystem::path folder(fonts);
  inner_->files = {bytes_of(folder / view::kRegularFile), bytes_of(folder / view::kSemiboldFile), bytes_of(folder / view::kDisplayFile), {}};
  for (const view::FallbackFile& file : view::kFallbackFiles)
    if (std::filesystem::exists(folder / file.name)) inner_->files.fallback.push_back({bytes_of(folder / file.name), file.size});
  inner_->context = ImGui::CreateContext();
  ImGui::SetCurrentContext(inner_->context);
  ImGuiIO& io = ImGui::GetIO();
  io.DisplaySize = ImVec2(static_cast<float>(w), static_cast<float>(h));
  io.DeltaTime = 1.0f / 60;
  io.BackendFlags |= ImGuiBackendFlags_HasMouseCursors;
  io.ClipboardUserData = this;
  io.GetClipboardTextFn = [](void* self) { return static_cast<Headless*>(self)->clipboard_.c_str(); };
  io.SetClipboardTextFn = [](void* self, const char* text) { static_cast<Headless*>(self)->clipboard_ = text; };
  ui_->scale = scale;
  ui_->set_look(look);
  ui_->caret_blinks = false;
  ui_->now = {1'774'000'000'000};
  ui_->ticks = base::Millis(1'000'000);
  view::prepare_context(*ui_);
  ui_->fonts = view::build_fonts(*io.Fonts, inner_->files, scale, {}, ++inner_->generation);
}

Headless::~Headless() {
  ImGui::SetCurrentContext(inner_->context);
  ImGui::DestroyContext(inner_->context);
}

void Headless::frame() {
  ImGui::SetCurrentContext(inner_->context);
  ImGuiIO& io = ImGui::GetIO();
  const std::size_t before = inner_->seen.size();
  inner_->seen.insert(ui_->unseen.begin(), ui_->unseen.end());
  if (inner_->seen.size() != before) ui_->fonts = view::build_fonts(*io.Fonts, inner_->files, ui_->scale, inner_->seen, ++inner_->generation);
  ImGui::NewFrame();
  ui_->begin_frame();
  if (draw_) draw_(*ui_);
  ImGui::Render();
}

void Headless::settle(int frames) {
  for (int i = 0; i < frames || (!inner_->context->InputEventsQueue.empty() && i < 4000); ++i) frame();
}

void Headless::advance(base::Millis by) {
  ui_->ticks += by;
  ui_->now = ui_->now + by;
}

void Headless::set_text_scale(float scale) {
  ImGui::SetCurrentContext(inner_->context);
  ui_->scale = scale;
  view::prepare_context(*ui_);
  ui_->fonts = view::build_fonts(*ImGui::GetIO().Fonts, inner_->files, scale, inner_->seen, ++inner_->generation);
}

void Headless::set_look(view::Look look) {
  ImGui::SetCurrentContext(inner_->context);
  ui_->set_look(look);
  view::prepare_context(*ui_);
}

void Headless::pointer(float x, float y, bool finger) {
  ImGuiIO& io = ImGui::GetIO();
  io.AddMouseSourceEvent(finger ? ImGuiMouseSource_TouchScreen : ImGuiMouseSource_Mouse);
  io.AddMousePosEvent(x, y);
}

namespace {

const view::Item& item_of(const view::Semantics& semantics, std::string_view key_or_name) {
  const view::Item* item = semantics.find_key(key_or_name);
  if (!item) item = semantics.find(key_or_name);
  if (!item) throw std::runtime_error("nothing on the screen is called '" + std::string(key_or_name) + "'");
  if (item->offscreen) throw std::runtime_error("'" + std::string(key_or_name) + "' is scrolled out of sight");
  return *item;
}

}  // namespace

void Headless::click(std::string_view key_or_name) {
  const view::Rect r = item_of(ui_->semantics, key_or_name).rect;
  click_at((r.x0 + r.x1) / 2, (r.y0 + r.y1) / 2);
}

void Headless::tap(std::string_view key_or_name) {
  const view::Rect r = item_of(ui_->semantics, key_or_name).rect;
  const float x = (r.x0 + r.x1) / 2, y = (r.y0 + r.y1) / 2;
  drag(x, y, x, y, true);
}

void Headless::click_at(float x, float y) {
  ImGuiIO& io = ImGui::GetIO();
  pointer(x, y, false);
  settle(2);
  io.AddMouseButtonEvent(0, true);
  settle(2);
  io.AddMouseButtonEvent(0, false);
  settle();
}

void Headless::drag(float x0, float y0, float x1, float y1, bool finger) {
  ImGuiIO& io = ImGui::GetIO();
  pointer(x0, y0, finger);
  settle(1);
  io.AddMouseButtonEvent(0, true);
  settle(1);
  for (int i = 1; i <= 5; ++i) {
    pointer(x0 + (x1 - x0) * static_cast<float>(i) / 5, y0 + (y1 - y0) * static_cast<float>(i) / 5, finger);
    settle(1);
  }
  io.AddMouseButtonEvent(0, false);
  settle();
}

void Headless::finger(float x, float y, bool down) {
  pointer(x, y, true);
  settle(1);
  ImGui::GetIO().AddMouseButtonEvent(0, down);
  settle(1);
}

void Headless::wheel(float x, float y, float amount) {
  pointer(x, y, false);
  settle(1);
  ImGui::GetIO().AddMouseWheelEvent(0, amount);
  settle();
}

void Headless::key(int imgui_key, bool ctrl, bool shift) {
  ImGuiIO& io = ImGui::GetIO();
  const auto k = static_cast<ImGuiKey>(imgui_key);
  io.AddKeyEvent(ImGuiMod_Ctrl, ctrl);
  io.AddKeyEvent(ImGuiMod_Shift, shift);
  io.AddKeyEvent(k, true);
  settle(1);
  io.AddKeyEvent(k, false);
  io.AddKeyEvent(ImGuiMod_Ctrl, false);
  io.AddKeyEvent(ImGuiMod_Shift, false);
  settle();
}

void Headless::type(std::string_view utf8) {
  ImGui::GetIO().AddInputCharactersUTF8(std::string(utf8).c_str());
  settle();
}

void Headless::letter(char32_t c) {
  ImGui::SetCurrentContext(inner_->context);
  ImGui::GetIO().AddInputCharacter(c);
}

void Headless::paste(std::string_view utf8) {
  clipboard_ = std::string(utf8);
  key(ImGuiKey_V, true);
}

std::string Headless::focused() const {
  for (const view::Item& item : ui_->semantics.items())
    if (view::interactive(item.role) && item.focused) return item.key;
  return {};
}

}  // namespace doorstep::test
