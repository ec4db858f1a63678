#include "app/view/widgets/layout.h"

#include <algorithm>
#include <cfloat>
#include <chrono>
#include <cmath>

#include "app/view/widgets/draw.h"

namespace doorstep::view {

namespace {

// A thrown page, as on tablets everywhere: speeds in unscaled pixels a second, times in seconds.
constexpr float kGlideFrom = 150, kGlideUntil = 20;
constexpr float kGlideFades = 0.325f;      ///< after so long a third of the speed is left
constexpr float kSpeedOver = 0.04f;        ///< the last moments of a finger, of which its speed is taken
constexpr float kLongestGlideStep = 0.05f; ///< after a frame that took longer the page does not jump
constexpr Millis kThrownWithin{100};       ///< a finger that had stopped before it was lifted throws nothing

float seconds_between(Millis from, Millis to) { return std::chrono::duration<float>(to - from).count(); }

ImGuiID id_of(std::string_view key) { return ImGui::GetCurrentWindow()->GetID(key.data(), key.data() + key.size()); }

void push_group(Ui& ui, Role role, std::string_view key, std::string_view name, const Rect& rect) {
  Item item;
  item.id = id_of(key);
  item.role = role;
  item.key = key;
  item.name = name;
  item.rect = rect;
  const std::uint32_t id = item.id;
  draw::record(ui, std::move(item));
  ui.semantics.parents.push_back(id);
}

void open_child(const char* key, ImGuiID id, const Rect& at, ImGuiWindowFlags flags) {
  ImGui::SetCursorScreenPos(draw::min_of(at));
  ImGui::PushID(static_cast<int>(id));
  ImGui::BeginChild(key, ImVec2(at.w(), at.h()), ImGuiChildFlags_None,
                    flags | ImGuiWindowFlags_NavFlattened | ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoMove);
}
void close_child() {
  ImGui::EndChild();
  ImGui::PopID();
}

/// The finger is gone: the page goes on as fast as it was moved, and slower and slower.
void glide(Ui& ui, ImGuiWindow* window) {
  Ui::Pan& pan = ui.pan;
  const bool somebody_else = window->ScrollTarget.y != FLT_MAX || ImGui::GetIO().MouseWheel != 0;  // what is typed is kept in sight
  if (somebody_else) return;
  const float seconds = std::min(seconds_between(pan.last, ui.ticks), kLongestGlideStep), left = std::exp(-seconds / kGlideFades);
  const float to = pan.at + pan.speed * kGlideFades * (1 - left);
  pan.at = std::clamp(to, 0.0f, window->ScrollMax.y);
  pan.speed *= left;
  pan.last = ui.ticks;
  pan.glides_on = pan.at == to && std::abs(pan.speed) > ui.s(kGlideUntil);
  ImGui::SetScrollY(window, pan.at);
  ui.animating = true;  // also after the last step, which the next frame shows
}

/// How fast the finger moves the page: of the last moments, for fingers are uneven.
void measure(Ui& ui, float at) {
  Ui::Pan& pan = ui.pan;
  const float seconds = seconds_between(pan.last, ui.ticks);
  if (seconds <= 0) return;
  pan.speed += ((at - pan.at) / seconds - pan.speed) * (1 - std::exp(-seconds / kSpeedOver));
  pan.at = at;
  pan.last = ui.ticks;
}

/// A finger that drags moves the page, and what it first touched is let go. One that is lifted while it moves throws the page.
void pan_by_finger(Ui& ui) {
  ImGuiContext& g = *ImGui::GetCurrentContext();
  ImGuiWindow* window = ImGui::GetCurrentWindow();
  const ImGuiIO& io = ImGui::GetIO();
  Ui::Pan& pan = ui.pan;
  if (!ui.touch || window->ScrollMax.y <= 0) return;
  if (io.MouseClicked[0] && window->InnerClipRect.Contains(io.MousePos) && g.ActiveId != ImGui::GetWindowScrollbarID(window, ImGuiAxis_Y)) {
    pan.window = window->ID;
    pan.from_y = io.MousePos.y;
    pan.scroll = pan.at = window->Scroll.y;
    pan.last = ui.ticks;
    pan.panning = pan.caught == window->ID;
    if (pan.panning && g.ActiveId != ui.active_field) ImGui::ClearActiveID();
  }
  if (pan.window != window->ID || ui.holding != 0) return;
  if (pan.gliding) return glide(ui, window);
  if (io.MouseReleased[0] && pan.panning && ui.ticks - pan.last <= kThrownWithin && std::abs(pan.speed) > ui.s(kGlideFrom))
    return glide(ui, window);
  if (!io.MouseDown[0]) return;
  const float moved = pan.from_y - io.MousePos.y;
  if (!pan.panning && std::abs(moved) > ui.s(kPanAfter)) {
    pan.panning = true;
    if (g.ActiveId != ui.active_field) ImGui::ClearActiveID();
  }
  if (!pan.panning) return;
  const float to = std::clamp(pan.scroll + moved, 0.0f, window->ScrollMax.y);
  measure(ui, to);
  ImGui::SetScrollY(window, to);
}

/// What is dragged to the upper or lower edge of a page scrolls it.
void scroll_by_drag(Ui& ui) {
  const bool is_dragged = ui.dragged_from != 0 || (ui.grip.dragging && ui.grip.moved);
  if (!is_dragged || !ImGui::GetIO().MouseDown[0]) return;
  ImGuiWindow* window = ImGui::GetCurrentWindow();
  const ImRect inner = window->InnerClipRect;
  const ImVec2 at = ImGui::GetIO().MousePos;
  if (at.x < inner.Min.x || at.x > inner.Max.x) return;
  const float edge = ui.s(kControl), step = ui.s(kPanAfter);
  const float by = at.y < inner.Min.y + edge ? -step : at.y > inner.Max.y - edge ? step : 0;
  if (by == 0) return;
  ImGui::SetScrollY(window, std::clamp(window->Scroll.y + by, 0.0f, window->ScrollMax.y));
  ui.animating = true;
}

/// A page as wide as the window keeps its column in the middle.
float column_shift(const Rect& where, float inner, float column, const PageOptions& options) {
  return where.x0 > 0 || options.edge || options.centred ? 0 : std::floor(std::max(0.0f, inner - column) / 2);
}

void close_scroll(Ui& ui) {
  Ui::OpenPage& page = ui.pages.back();
  ImGuiWindow* window = ImGui::GetCurrentWindow();
  const Ui::Place place = ui.places.back();
  ui.places.pop_back();
  if (page.centred) window->StateStorage.SetFloat(id_of("content height"), place.bottom - page.content_top);
  window->DC.CursorMaxPos.y = window->DC.IdealMaxPos.y = std::max(window->DC.CursorMaxPos.y, place.bottom + page.pad);
  pan_by_finger(ui);
  scroll_by_drag(ui);
  page.scroll_open = false;
  close_child();
}

}  // namespace

void begin_root(Ui& ui, std::string_view name) {
  ImGui::SetNextWindowPos(ImVec2(0, 0));
  ImGui::SetNextWindowSize(ImVec2(ui.width(), ui.height()));
  ImGui::PushStyleColor(ImGuiCol_WindowBg, ui.c.canvas);
  ImGui::Begin("root", nullptr, ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings |
                                    ImGuiWindowFlags_NoBringToFrontOnFocus | ImGuiWindowFlags_NoScrollWithMouse);
  ImGui::PopStyleColor();
  push_group(ui, Role::Window, "window", name, {0, 0, ui.width(), ui.height()});
  ui.places.push_back({.x = 0, .y = 0, .w = ui.width()});
}

void end_root(Ui& ui) {
  ui.places.pop_back();
  ui.semantics.parents.pop_back();
  ImGui::End();
}

Rect root_rest(const Ui& ui) { return {0, ui.root_top, ui.width(), ui.height()}; }

Rect cut_side(const Ui& ui, Rect& rest) {
  if (ui.narrow()) return {rest.x0, rest.y0, rest.x0, rest.y1};
  const Rect side{rest.x0, rest.y0, rest.x0 + ui.s(kSidePane), rest.y1};
  rest.x0 = side.x1;
  return side;
}

namespace {

/// Height of a footer that was not drawn yet: of one row.
float footer_guess(const Ui& ui) { return ui.s(kControl + 2 * space::kMd); }

}  // namespace

void begin_page(Ui& ui, std::string_view key, std::string_view name, Rect where, const PageOptions& options) {
  Ui::OpenPage page;
  page.rect = where;
  page.pad = ui.s(ui.narrow() ? std::min(options.pad, space::kMd) : options.pad);
  page.max_width = options.max_width;
  page.centred = options.centred;
  page.height_id = id_of(key);
  // A page that was never drawn may have a footer: what is to have the keyboard is brought into sight above it.
  const float unknown = ui.focus_key.empty() ? 0 : footer_guess(ui);
  page.footer_h = ui.is_short() ? 0 : ImGui::GetStateStorage()->GetFloat(page.height_id, unknown);
  Rect scroll = where;
  scroll.y1 -= page.footer_h;
  if (options.surface) draw::fill(where, ui.c.surface);
  if (options.edge) draw::fill({where.x1 - 1, where.y0, where.x1, where.y1}, ui.c.line);
  push_group(ui, Role::Page, key, name, where);
  open_child("scroll", page.height_id, scroll, 0);
  page.scroll_open = true;
  ImGuiWindow* window = ImGui::GetCurrentWindow();
  Ui::Place place;
  const float inner = where.w() - 2 * page.pad;
  place.w = options.max_width > 0 ? std::min(inner, ui.s(options.max_width)) : inner;
  place.x = window->DC.CursorStartPos.x + page.pad;
  place.x += page.shift = column_shift(where, inner, place.w, options);
  place.y = window->DC.CursorStartPos.y + std::min(page.pad, ui.s(space::kLg));
  if (options.centred) {
    const float content = window->StateStorage.GetFloat(id_of("content height"), 0);
    place.x = window->DC.CursorStartPos.x + std::floor((where.w() - place.w) / 2);
    place.y += std::max(0.0f, std::floor((scroll.h() - content) / 2 - page.pad));
  }
  page.content_top = place.y;
  place.bottom = place.y;
  ui.places.push_back(place);
  ui.pages.push_back(page);
}

void begin_footer(Ui& ui) {
  Ui::OpenPage& page = ui.pages.back();
  page.footer_open = true;
  if (ui.is_short()) {
    separator(ui);
    begin_flow(ui);
    return;
  }
  close_scroll(ui);
  page.footer_child = true;
  const float guess = page.footer_h > 0 ? page.footer_h : footer_guess(ui);
  const Rect at{page.rect.x0, page.rect.y1 - guess, page.rect.x1, page.rect.y1};
  draw::fill(at, ui.c.surface);
  draw::hline(at.x0, at.x1, at.y0, ui.c.line);
  open_child("footer", page.height_id, at, ImGuiWindowFlags_NoScrollbar);
  Ui::Place place;
  place.x = at.x0 + page.pad + page.shift;
  place.y = place.bottom = at.y0 + ui.s(space::kMd);
  const float inner = at.w() - 2 * page.pad;
  place.w = page.max_width > 0 ? std::min(inner, ui.s(page.max_width)) : inner;
  ui.places.push_back(place);
  begin_flow(ui, space::kSm, kControl);
}

void end_footer(Ui& ui) {
  end_flow(ui);
  Ui::OpenPage& page = ui.pages.back();
  page.footer_open = false;
  if (!page.footer_child) return;
  const float top = page.rect.y1 - (page.footer_h > 0 ? page.footer_h : footer_guess(ui));
  const float h = ui.places.back().bottom + ui.s(space::kMd) - top;
  ui.places.pop_back();
  close_child();
  ImGui::GetStateStorage()->SetFloat(page.height_id, h);
}

void end_page(Ui& ui) {
  Ui::OpenPage& page = ui.pages.back();
  if (page.scroll_open) close_scroll(ui);
  if (!page.footer_child) ImGui::GetStateStorage()->SetFloat(page.height_id, 0);
  ui.pages.pop_back();
  ui.semantics.parents.pop_back();
}

void gap(Ui& ui, float px) {
  Ui::Place& p = ui.places.back();
  if (p.flow) {
    p.flow_x += ui.s(px);
  } else {
    p.y += ui.s(px);
  }
}

float room(const Ui& ui) { return ui.places.back().w; }

Rect place(Ui& ui, Size size) {
  Ui::Place& p = ui.places.back();
  size.w = std::ceil(size.w);
  size.h = std::ceil(size.h);
  if (!p.flow) {
    const Rect at{p.x, p.y, p.x + size.w, p.y + size.h};
    p.y += size.h;
    p.bottom = std::max(p.bottom, p.y);
    return at;
  }
  const float space = ui.s(p.gap);
  if (p.flow_x > p.x && p.flow_x + size.w > p.x + p.w + 0.5f) {
    p.y += p.flow_row + space;
    p.flow_x = p.x;
    p.flow_row = 0;
  }
  const float row = std::max(size.h, ui.s(p.row_min));
  const float top = p.y + std::floor((row - size.h) / 2);
  const Rect at{p.flow_x, top, p.flow_x + size.w, top + size.h};
  p.flow_x += size.w + space;
  p.flow_row = std::max(p.flow_row, row);
  p.bottom = std::max(p.bottom, p.y + p.flow_row);
  return at;
}

void begin_flow(Ui& ui, float gap_px, float row_px) {
  Ui::Place inner = ui.places.back();
  inner.flow = true;
  inner.flow_x = inner.x;
  inner.flow_row = 0;
  inner.gap = gap_px;
  inner.row_min = row_px;
  ui.places.push_back(inner);
}

void end_flow(Ui& ui) {
  const Ui::Place inner = ui.places.back();
  ui.places.pop_back();
  Ui::Place& p = ui.places.back();
  p.y = inner.y + inner.flow_row;
  p.bottom = std::max({p.bottom, inner.bottom, p.y});
}

void begin_indent(Ui& ui, float px) {
  Ui::Place inner = ui.places.back();
  inner.x += ui.s(px);
  inner.w -= ui.s(px);
  ui.places.push_back(inner);
}

void end_indent(Ui& ui) {
  const Ui::Place inner = ui.places.back();
  ui.places.pop_back();
  ui.places.back().y = inner.y;
  ui.places.back().bottom = std::max(ui.places.back().bottom, inner.bottom);
}

float begin_entry(Ui& ui) {
  gap(ui, space::kHair);
  begin_indent(ui, space::kMd);
  return ui.places.back().y;
}

void end_entry(Ui& ui, float top) {
  end_indent(ui);
  const Ui::Place& p = ui.places.back();
  draw::fill({p.x, top, p.x + ui.s(2), std::max(top, p.bottom)}, ui.c.edge);
  gap(ui, space::kXs);
}

void separator(Ui& ui) {
  gap(ui, space::kMd);
  const Rect at = place(ui, {room(ui), 1});
  draw::hline(at.x0, at.x1, at.y0, ui.c.line);
  gap(ui, space::kMd);
}

void begin_panel(Ui& ui, std::string_view key, Tone tone, std::string_view name) {
  Ui::OpenPanel panel;
  panel.split = std::make_unique<ImDrawListSplitter>();
  panel.split->Split(&draw::list(), 2);
  panel.split->SetCurrentChannel(&draw::list(), 1);
  panel.tone = static_cast<int>(tone);
  panel.pad = ui.s(space::kMd);
  Ui::Place inner = ui.places.back();
  panel.rect = {inner.x, inner.y, inner.x + inner.w, inner.y};
  push_group(ui, Role::Group, key, name, panel.rect);
  ImGui::PushID(key.data(), key.data() + key.size());
  inner.x += panel.pad + ui.s(space::kHair);
  inner.w -= 2 * panel.pad + ui.s(space::kHair);
  inner.y += panel.pad;
  inner.bottom = inner.y;
  ui.places.push_back(inner);
  ui.panels.push_back(std::move(panel));
}

void end_panel(Ui& ui) {
  Ui::OpenPanel panel = std::move(ui.panels.back());
  ui.panels.pop_back();
  const Ui::Place inner = ui.places.back();
  ui.places.pop_back();
  Ui::Place& p = ui.places.back();
  Rect at = panel.rect;
  at.y1 = inner.bottom + panel.pad;
  const Tone tone = static_cast<Tone>(panel.tone);
  const ToneColors& colors = ui.c.tone(tone);
  panel.split->SetCurrentChannel(&draw::list(), 0);
  const float radius = ui.s(kRadius);
  draw::fill(at, tone == Tone::Neutral ? ui.c.surface : colors.back, radius);
  if (tone == Tone::Neutral || ui.look == Look::HighContrast) {
    draw::border(at, tone == Tone::Neutral ? ui.c.line : colors.text, radius, ui.look == Look::HighContrast ? 2 : 1);
  }
  if (tone != Tone::Neutral && !draw::unseen(at)) {
    draw::list().AddRectFilled({at.x0, at.y0}, {at.x0 + ui.s(space::kHair), at.y1}, colors.text, radius, ImDrawFlags_RoundCornersLeft);
  }
  panel.split->Merge(&draw::list());
  ImGui::PopID();
  ui.semantics.parents.pop_back();
  p.y = at.y1 + ui.s(space::kMd);
  p.bottom = std::max(p.bottom, at.y1);
}

}  // namespace doorstep::view
