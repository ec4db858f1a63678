#include "app/view/widgets/note_editor.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "app/view/widgets/draw.h"
#include "app/view/widgets/drawn_rows.h"
#include "app/view/widgets/question.h"
#include "app/view/widgets/selection.h"
#include "platform/base/limits.h"

namespace doorstep::view {

namespace {

using editor::EditorState;
using editor::Pos;
using Move = EditorState::Move;

constexpr Millis kBlink{530};
constexpr Millis kSolidAfter{5000};  ///< then the caret stays on and nothing wakes the loop any more
constexpr std::string_view kBullet = "\u2022";

struct Layout {
  Rect box;
  float x = 0, y = 0, line = 0;  ///< left of the text, top of its first row, row height
  std::size_t bar_row = 0;       ///< the row the bar stands below
  float bar = 0;                 ///< its height, and that of the handles above it; 0: there is none

  float top_of(std::size_t row) const { return y + static_cast<float>(row) * line + (row > bar_row ? bar : 0); }
  /// The row at this height; of the bar, the one above it.
  std::size_t row_at(float at, std::size_t count) const {
    const float bar_top = y + static_cast<float>(bar_row + 1) * line;
    if (bar > 0 && at >= bar_top) at = std::max(bar_top - 1, at - bar);
    return static_cast<std::size_t>(std::clamp(std::floor((at - y) / line), 0.0f, static_cast<float>(count - 1)));
  }
};

editor::Advance advance_for(Ui& ui, Type type) {
  const ImFont* font = ui.fonts[type];
  return [font, &ui](char32_t c) {
    if (c == '\r') return 0.0f;
    if (c >= 0x80 && !font->FindGlyphNoFallback(static_cast<ImWchar>(c)) && !editor::is_invisible(c)) ui.unseen.insert(c);
    return font->GetCharAdvance(static_cast<ImWchar>(c));
  };
}

/// Keys and characters of this frame, while the field is active.
struct Typed {
  bool changed = false, moved = false, entered = false;
};

void put_in(EditorState& text, std::string_view words, EditorState::How how, Millis now, Typed& out) {
  out.changed |= text.insert(words, how, now) == editor::Entered::All;
}

void copy(EditorState& text, bool cut, Millis now, Typed& out) {
  if (!text.has_selection() || text.rules().secret) return;
  ImGui::SetClipboardText(text.selected().c_str());
  if (cut) out.changed |= text.erase_back(now);
}

void paste(EditorState& text, Millis now, Typed& out) {
  if (const char* pasted = ImGui::GetClipboardText()) put_in(text, pasted, EditorState::How::Pasted, now, out);
}

Typed take_keys(Ui& ui, EditorState& text, const editor::Advance& advance, std::size_t page_rows) {
  Typed out;
  ImGuiIO& io = ImGui::GetIO();
  const bool ctrl = io.KeyCtrl && !io.KeyAlt, shift = io.KeyShift, single = text.rules().single_line;
  const auto hit = [](ImGuiKey key) { return ImGui::IsKeyPressed(key, true); };
  const auto move = [&](ImGuiKey key, Move plain, Move with_ctrl) {
    if (!hit(key)) return;
    text.move(ctrl ? with_ctrl : plain, shift, advance, page_rows);
    out.moved = true;
  };
  if (!ui.composing.empty()) {  // the input method has the keys until it commits
    io.InputQueueCharacters.resize(0);
    return out;
  }
  move(ImGuiKey_LeftArrow, Move::Left, Move::WordLeft);
  move(ImGuiKey_RightArrow, Move::Right, Move::WordRight);
  move(ImGuiKey_UpArrow, Move::Up, Move::Up);
  move(ImGuiKey_DownArrow, Move::Down, Move::Down);
  move(ImGuiKey_Home, Move::RowStart, Move::Start);
  move(ImGuiKey_End, Move::RowEnd, Move::End);
  move(ImGuiKey_PageUp, Move::PageUp, Move::PageUp);
  move(ImGuiKey_PageDown, Move::PageDown, Move::PageDown);
  if (hit(ImGuiKey_Backspace)) out.changed |= text.erase_back(ui.ticks, ctrl);
  if (hit(ImGuiKey_Delete)) out.changed |= text.erase_forward(ui.ticks, ctrl);
  if (hit(ImGuiKey_Enter) || hit(ImGuiKey_KeypadEnter)) {
    if (single) out.entered = true;
    else put_in(text, "\n", EditorState::How::Typed, ui.ticks, out);
  }
  if (ctrl) {
    if (hit(ImGuiKey_A)) text.select_all(), out.moved = true;
    const bool cut = hit(ImGuiKey_X);
    if (cut || hit(ImGuiKey_C)) copy(text, cut, ui.ticks, out);
    if (hit(ImGuiKey_V)) paste(text, ui.ticks, out);
    if (hit(ImGuiKey_Z)) out.changed |= shift ? text.redo() : text.undo();
    if (hit(ImGuiKey_Y)) out.changed |= text.redo();
  } else if (!io.InputQueueCharacters.empty()) {
    std::string words;
    for (const ImWchar c : io.InputQueueCharacters)
      if (c >= 0x20 && c != 0x7F) editor::append_utf8(words, c);
    if (!words.empty()) put_in(text, words, ui.committed ? EditorState::How::Committed : EditorState::How::Typed, ui.ticks, out);
  }
  io.InputQueueCharacters.resize(0);
  return out;
}

void own_keys(ImGuiID id, bool selecting, bool composing) {
  ImGuiContext& g = *ImGui::GetCurrentContext();
  if (composing) ImGui::SetKeyOwner(ImGuiKey_Tab, id);  // it chooses among what may be meant
  g.ActiveIdUsingNavDirMask = 0xF;
  for (const ImGuiKey key : {ImGuiKey_Home, ImGuiKey_End, ImGuiKey_PageUp, ImGuiKey_PageDown}) ImGui::SetKeyOwner(key, id);
  g.WantTextInputNextFrame = 1;
  g.ActiveIdAllowOverlap = !selecting;  // other controls can be pointed at while this one is typed into
}

/// What was asked of this field, by places in its text.
Typed take_asked(const Ask& ask, EditorState& text, Millis now) {
  Typed out;
  const Pos from = text.doc().at_code_point(ask.from), to = text.doc().at_code_point(ask.to);
  switch (ask.what) {
    case Ask::What::Select:
      text.select(from, to);
      out.moved = true;
      break;
    case Ask::What::Replace: out.changed = text.replace(from, to, ask.text, now) == editor::Entered::All; break;
    case Ask::What::Focus:
    case Ask::What::Press: break;
  }
  return out;
}

Pos pos_at(const EditorState& text, const Layout& l, ImVec2 point, const editor::Advance& advance, editor::Side& side) {
  const editor::Line line = text.line(l.row_at(point.y, text.wrap().count()), advance);
  const editor::Spot spot = line.at(point.x - l.x);
  side = spot.side;
  return {line.row().para, spot.byte};
}

/// Of a place in this row, the x to draw a caret or a handle at: never out of the box.
float x_at(Ui& ui, const EditorState& text, const Layout& l, std::size_t row, editor::Spot spot, const editor::Advance& advance) {
  return std::clamp(l.x + text.line(row, advance).x_of(spot), l.box.x0 + ui.s(4), std::max(l.box.x0 + ui.s(4), l.box.x1 - ui.s(6)));
}

Rect caret_rect(Ui& ui, const EditorState& text, const Layout& l, const editor::Advance& advance) {
  const std::size_t i = text.wrap().row_of(text.caret(), text.caret_at_row_end());
  const float x = x_at(ui, text, l, i, {text.caret().byte, text.caret_side()}, advance), y = l.top_of(i);
  return {std::round(x), y + ui.s(2), std::round(x) + ui.s(2), y + l.line - ui.s(2)};
}

Ends ends_of(Ui& ui, const EditorState& text, const Layout& l, const editor::Advance& advance) {
  const auto rect = [&](Pos at, bool row_end) {
    const std::size_t i = text.wrap().row_of(at, row_end);
    const float x = x_at(ui, text, l, i, {at.byte, row_end ? editor::Side::Before : editor::Side::After}, advance);
    return Rect{std::round(x), l.top_of(i), std::round(x), l.top_of(i) + l.line};
  };
  return {rect(text.selection_begin(), false), rect(text.selection_end(), true)};
}

/// The end of the selection that a finger took hold of is where the caret is from then on.
void take_end(EditorState& text, Handle which) {
  const Pos from = text.selection_begin(), to = text.selection_end();
  which == Handle::From ? text.select(to, from) : text.select(from, to);
}

/// What a finger moves is never empty: there would be nothing left to take hold of.
void move_end(Ui& ui, EditorState& text, const Layout& l, const editor::Advance& advance) {
  const ImGuiIO& io = ImGui::GetIO();
  ui.grip.moved |= io.MouseDelta.x != 0 || io.MouseDelta.y != 0;
  if (!ui.grip.moved) return;
  editor::Side side{};
  const Pos at = pos_at(text, l, {io.MousePos.x + ui.grip.dx, io.MousePos.y + ui.grip.dy}, advance, side);
  if (at == text.anchor()) return;
  text.move_to(at, true, side);
  text.last_activity = ui.ticks;
}

/// The word a finger rests on, at whose letter's nearer edge the caret is; where there is none the caret, for something to be put in.
void select_held(EditorState& text, bool letter_before) {
  const Pos caret = text.caret();
  text.select_word(letter_before && caret.byte > 0 ? text.doc().prev(caret) : caret);
  if (text.selected().find_first_not_of(" \t") == std::string::npos) text.move_to(caret, false);
}

void squiggle(Ui& ui, float x0, float x1, float y) {
  const float step = ui.s(3), height = ui.s(2);
  std::vector<ImVec2> way;
  bool up = false;
  for (float x = std::round(x0); x < x1 + step; x += step, up = !up) way.push_back({std::min(x, x1), y + (up ? 0 : height)});
  draw::list().AddPolyline(way.data(), static_cast<int>(way.size()), ui.c.error, 0, ui.s(1) + 0.25f);
}

void draw_rows(Ui& ui, const EditBox& box, const EditorState& text, const Layout& l, const editor::Advance& advance, bool active, Color ink) {
  ImFont* font = ui.fonts[box.type];
  const ImRect clip = ImGui::GetCurrentWindow()->ClipRect;
  const std::size_t count = text.wrap().count();
  const Pos from = text.selection_begin(), to = text.selection_end();
  for (std::size_t i = l.row_at(clip.Min.y, count); i <= l.row_at(clip.Max.y, count); ++i) {
    const editor::Line line = text.line(i, advance);
    const editor::Row& row = line.row();
    const std::string& para = text.doc().paragraph(row.para);
    const float y = l.top_of(i);
    const Pos begin{row.para, row.begin}, end{row.para, row.end};
    if (active && from < to && from <= end && begin <= to && !(from == end && end.byte < para.size())) {
      auto boxes = line.boxes(from > begin ? from.byte : row.begin, to < end ? to.byte : row.end);
      if (to > end && row.end == para.size()) boxes.push_back(line.newline(ui.s(6)));  // it is selected too
      for (const auto& [x0, x1] : boxes)
        draw::fill({std::max(l.x + x0, l.box.x0 + 2), y, std::min(l.x + x1, l.box.x1 - 2), y + l.line}, ui.c.selection);
    }
    std::string bullets;
    std::string_view words(para.data() + row.begin, row.end - row.begin);
    if (box.masked) {
      for (std::size_t b = row.begin; b < row.end; b = editor::next_cluster(para, b)) bullets += kBullet;
      words = bullets;
    } else if (line.is_reordered()) {
      words = line.words();
    }
    std::string drawn;
    words = editor::without_behind(words, drawn);
    const ImVec2 at{line.is_reordered() ? std::round(l.x + line.left()) : l.x, std::round(y + (l.line - font->FontSize) / 2)};
    if (active && !text.rules().secret) ui.drawn_rows->draw(ui, *font, at, ink, words);
    else draw::list().AddText(font, font->FontSize, at, ink, words.data(), words.data() + words.size());
    for (const editor::Span& mark : text.spelling().marks(row.para)) {
      if (mark.end <= row.begin || mark.begin >= row.end) continue;
      for (const auto& [x0, x1] : line.boxes(std::max(mark.begin, row.begin), std::min(mark.end, row.end)))
        squiggle(ui, l.x + x0, l.x + x1, y + l.line - ui.s(space::kHair));
    }
  }
}

std::string suggestion_key(std::size_t i) { return std::to_string(i); }

/// The bar of suggestions of the field `key`.
FieldBar spelling_bar(std::string_view key) {
  FieldBar bar(key, "spelling");
  for (std::size_t i = 0; i < limits::kSuggestions; ++i) bar.add(suggestion_key(i));
  bar.add("leave");
  return bar;
}

/// The index of the suggestion that was pressed, or that the word is to be left.
struct SpellingPressed {
  std::optional<std::size_t> suggestion;
  bool leave = false;
  float height = 0;  ///< of the bar
};
SpellingPressed draw_spelling_bar(Ui& ui, const FieldBar& bar, const Suggestions& spelling, bool is_known, Rect at) {
  SpellingPressed out;
  begin_field_bar(ui, bar, spelling.name, at);
  if (is_known) {
    for (std::size_t i = 0; i < spelling.words.size(); ++i)
      if (button(ui, bar.key_of(suggestion_key(i)), spelling.words[i], ButtonKind::Secondary, {.name = spelling.spoken[i]})) out.suggestion = i;
    if (!spelling.none.empty()) small(ui, spelling.none);
  }
  out.leave = button(ui, bar.key_of("leave"), spelling.leave, ButtonKind::Quiet);
  out.height = end_field_bar(ui, at);
  return out;
}

/// What was asked in the bar of a selection.
Typed take_pressed(Ui& ui, const SelectionPressed& pressed, EditorState& text) {
  Typed out;
  if (pressed.cut || pressed.copy) copy(text, pressed.cut, ui.ticks, out);
  if (pressed.paste) paste(text, ui.ticks, out);
  if (pressed.all) text.select_all();
  if (pressed.cut || pressed.paste) ui.grip = {};
  return out;
}

void draw_caret(Ui& ui, const EditBox& box, const EditorState& text, const Rect& caret) {
  if (!ui.composing.empty()) {
    ImFont* font = ui.fonts[box.type];
    const float w = line_width(ui, box.type, ui.composing);
    draw::fill({caret.x0, caret.y0, caret.x0 + w, caret.y1}, ui.c.surface);
    draw::list().AddText(font, font->FontSize, {caret.x0, std::round((caret.y0 + caret.y1 - font->FontSize) / 2)}, ui.c.ink, ui.composing.data(),
                         ui.composing.data() + ui.composing.size());
    draw::hline(caret.x0, caret.x0 + w, caret.y1, ui.c.ink, ui.s(1));
    return;
  }
  const Millis still = ui.ticks - text.last_activity;
  const bool blinking = ui.caret_blinks && still < kSolidAfter;
  if (blinking) ui.wake(text.last_activity + kBlink * (still / kBlink + 1));
  if (!blinking || (still / kBlink) % 2 == 0) draw::fill(caret, ui.c.ink);
}

}  // namespace

FieldResult edit_box(Ui& ui, std::string_view key, float width, const EditBox& box, EditorState& text) {
  FieldResult out;
  ImGuiContext& g = *ImGui::GetCurrentContext();
  const ImGuiIO& io = ImGui::GetIO();
  ImGuiWindow* window = ImGui::GetCurrentWindow();
  const ImGuiID id = window->GetID(key.data(), key.data() + key.size());
  const bool secret = text.rules().secret;
  const editor::Advance advance = advance_for(ui, box.type);
  const std::uint64_t font = ui.fonts.generation * 16 + static_cast<std::uint64_t>(box.type);
  const float pad_x = ui.s(box.role == Role::Note ? space::kMd : space::kSm), icon = box.icon == Icon::None ? 0 : ui.s(18 + 10);
  const float line = ui.s(line_px(box.type)), pad_y = std::max(ui.s(box.role == Role::Note ? space::kMd : 10), std::ceil((ui.s(kControl) - line) / 2));
  const float text_w = width - 2 * pad_x - icon;

  // Keys first, so that the box already has the height of what was just typed.
  text.layout(text_w, font, advance, box.masked);
  Typed typed;
  const bool was_active = g.ActiveId == id;
  if (was_active && !box.disabled) {
    const float view_h = window->InnerClipRect.GetHeight();
    typed = take_keys(ui, text, advance, static_cast<std::size_t>(std::max(1.0f, view_h / line - 2)));
    text.layout(text_w, font, advance, box.masked);
  }
  const bool asked = !box.disabled && ui.is_asked(id);
  if (asked) {
    typed = take_asked(*ui.asked, text, ui.ticks);
    text.layout(text_w, font, advance, box.masked);
  }
  // While a finger has selected something, or the caret is in a marked word, and while somebody is busy in the bar that this brings.
  if (ui.grip.field == id && (typed.changed || typed.moved || box.disabled)) ui.grip = {};
  const bool was_gripped = ui.grip.field == id;
  auto mark = box.spelling && !was_gripped && !text.has_selection() ? text.spelling().mark_at(text.caret()) : std::nullopt;
  std::optional<FieldBar> bar;
  if (was_gripped) bar = selection_bar(key);
  if (mark) bar = spelling_bar(key);
  const bool was_open = ui.barred == id;
  const bool stays = was_open && (io.MouseDown[0] || io.MouseReleased[0]);  // what is pressed below the bar does not move away
  if (bar && !was_active && !stays && !bar->has(g.ActiveId) && !bar->has(g.NavId)) {
    if (was_gripped) ui.grip = {};
    mark.reset();
    bar.reset();
  }
  const bool gripped = bar && was_gripped;
  if (gripped && !has_room_for_bar(ui, text_w)) bar.reset();
  const float handles = gripped && bar && text.has_selection() ? ui.s(kHandleRoom) : 0;
  const ImGuiID bar_height = window->GetID(gripped ? "selection/height" : "spelling/height");
  const std::size_t rows = std::max<std::size_t>(text.wrap().count(), static_cast<std::size_t>(box.min_rows));
  Layout l;
  l.bar = handles + (bar ? window->StateStorage.GetFloat(bar_height, ui.s(kControl + 2 * space::kHair)) : 0);
  const bool behind = text.caret_at_row_end() || (text.has_selection() && text.caret() == text.selection_end());
  l.bar_row = ui.grip.dragging ? text.wrap().count() - 1 : text.wrap().row_of(text.caret(), behind);  // no row moves below a finger
  l.box = place(ui, {width, static_cast<float>(rows) * line + l.bar + 2 * pad_y});
  l.x = l.box.x0 + pad_x + icon;
  l.y = l.box.y0 + pad_y;
  l.line = line;
  if (gripped && ui.grip.dragging) bar.reset();
  const float bar_top = l.top_of(l.bar_row) + line;
  const Rect bar_rect{l.x, bar_top + handles, l.x + text_w, bar_top + l.bar};
  const bool in_bar = bar && draw::to_imgui(bar_rect).Contains(io.MousePos);

  if (box.disabled) ImGui::BeginDisabled();
  const ImRect bounds = draw::to_imgui(l.box);
  const bool visible = ImGui::ItemAdd(bounds, id, nullptr, ImGuiItemFlags_Inputable);
  const bool hovered = visible && !box.disabled && !in_bar && ImGui::ItemHoverable(bounds, id, g.LastItemData.InFlags);
  if (box.disabled) ImGui::EndDisabled();
  if (hovered) g.MouseCursor = ImGuiMouseCursor_TextInput;

  const bool by_key = !box.disabled && g.ActiveId != id && g.NavActivateId == id &&
                      ((g.NavActivateFlags & ImGuiActivateFlags_PreferInput) || g.NavInputSource == ImGuiInputSource_Keyboard);
  const bool by_request =
      asked || (!box.disabled && !ui.focus_key.empty() && (ui.focus_key == key || ui.focus_key == std::string(key) + "/first"));
  const bool by_mouse = hovered && io.MouseClicked[0] && !ui.touch;
  const auto taken = gripped && text.has_selection() && !in_bar ? take_handle(ui, id, ends_of(ui, text, l, advance)) : std::nullopt;
  const bool by_hold = hovered && long_press(ui, id, l.box);
  const bool by_tap =
      hovered && io.MouseReleased[0] && ui.touch && !ui.pan.panning && ui.holding != id && l.box.contains(ui.pressed_at, 0);
  if (by_key || by_request || by_mouse || by_tap || by_hold || taken) {
    if (by_request) {
      if (!asked) ui.focus_key.clear();
      g.NavInitRequest = false;
      g.NavInitResult.ID = 0;
      g.NavDisableHighlight = false;
      const bool fits = bounds.GetHeight() <= window->InnerRect.GetHeight();
      draw::show(fits ? draw::from_imgui(bounds) : caret_rect(ui, text, l, advance));
    }
    if (g.ActiveId != id) {
      ImGui::SetActiveID(id, window);
      ImGui::SetFocusID(id, window);
      ImGui::FocusWindow(window);
      text.last_activity = ui.ticks;
    }
  }
  const auto to_pointer = [&](bool extend) {
    editor::Side side{};
    const Pos at = pos_at(text, l, io.MousePos, advance, side);
    text.move_to(at, extend, side);
    text.last_activity = ui.ticks;
  };
  if (by_mouse) {
    ImGui::SetKeyOwner(ImGuiKey_MouseLeft, id);
    ui.selecting = id;
    to_pointer(io.KeyShift);
    if (io.MouseClickedCount[0] == 2) text.select_word(text.caret());
    if (io.MouseClickedCount[0] >= 3) text.select({text.caret().para, 0}, {text.caret().para, text.doc().paragraph(text.caret().para).size()});
  } else if (by_tap) {
    to_pointer(false);
  } else if (by_hold) {
    to_pointer(false);
    const editor::Side side = text.caret_side();
    const bool is_right_of_finger = side == editor::Side::Either && caret_rect(ui, text, l, advance).x0 > io.MousePos.x;
    select_held(text, side == editor::Side::Before || is_right_of_finger);
  } else if (taken) {
    take_end(text, *taken);
  } else if (gripped && ui.grip.dragging && io.MouseDown[0]) {
    move_end(ui, text, l, advance);
  } else if (ui.selecting == id && g.ActiveId == id && io.MouseDown[0] && io.MouseClickedCount[0] <= 1 && (io.MouseDelta.x != 0 || io.MouseDelta.y != 0)) {
    to_pointer(true);
    typed.moved = true;  // so that dragging beyond the edge scrolls
  }
  if (by_mouse || by_tap) ui.grip = {};
  if (by_hold) ui.grip = {.field = id}, ui.animating = true;  // the next frame has its bar
  const bool pressed_elsewhere = ui.touch ? io.MouseReleased[0] && !l.box.contains(ui.pressed_at, 0) : io.MouseClicked[0];
  const bool away = !hovered && !in_bar && !ui.pan.panning && ui.holding != id && !by_request && pressed_elsewhere;
  if (g.ActiveId == id && away) ImGui::ClearActiveID();

  const bool active = g.ActiveId == id;
  if (active) {
    own_keys(id, ui.selecting == id, !ui.composing.empty());
    ui.wants_text = true;
    ui.active_field = id;
  } else if (ui.active_field == id) {
    ui.active_field = 0;
  }
  if (typed.changed || typed.moved) text.last_activity = ui.ticks;

  const float radius = ui.s(kRadius);
  const bool ring = active || (g.NavId == id && !g.NavDisableHighlight && !box.disabled);
  if (visible) {
    draw::fill(l.box, box.disabled ? ui.c.neutral.back : ui.c.surface, radius);
    const Color edge = box.invalid ? ui.c.error : box.disabled ? ui.c.line : ui.c.edge;
    draw::border(l.box, edge, radius, ui.s(box.invalid ? ui.c.thick_px : ui.c.edge_px));
    if (ring) focus_ring(ui, l.box, radius);
    if (icon > 0) draw_icon(ui, box.icon, l.box.x0 + pad_x, l.y + std::round((line - ui.s(18)) / 2), ui.s(18), ui.c.ink2);
    draw_rows(ui, box, text, l, advance, active || gripped, box.disabled ? ui.c.ink3 : ui.c.ink);
  }
  if (active) {
    const Rect caret = caret_rect(ui, text, l, advance);
    draw_caret(ui, box, text, caret);
    ui.caret_rect = caret;
    g.PlatformImeData.WantVisible = true;
    g.PlatformImeData.InputPos = {caret.x0, caret.y0};
    g.PlatformImeData.InputLineHeight = caret.h();
    if (typed.changed || typed.moved) {
      draw::show({caret.x0, caret.y0 - line, caret.x1, caret.y1 + line});
    }
  }

  Item item;
  item.id = id;
  item.role = secret ? Role::Password : box.role;
  item.key = key;
  item.name = box.name;
  item.description = box.description;
  if (secret) item.letters = text.doc().code_point(text.doc().end());
  else item.value = text.snapshot();
  item.caret = text.doc().code_point(text.caret());
  item.anchor = text.has_selection() ? text.doc().code_point(text.anchor()) : item.caret;
  item.disabled = box.disabled;
  item.invalid = box.invalid;
  item.focused = active || (g.NavId == id && !box.disabled);
  item.rect = l.box;
  draw::record(ui, std::move(item));
  if (ui.grip.field == id && text.has_selection()) draw_handles(ui, key, ends_of(ui, text, l, advance));
  bool stays_open = bar.has_value();
  if (bar) {
    bool pressed = false;
    float height = 0;
    ui.semantics.parents.push_back(id);
    if (gripped) {
      const SelectionPressed asked_for = draw_selection_bar(ui, *bar, text, bar_rect);
      pressed = asked_for.cut || asked_for.copy || asked_for.paste || asked_for.all;
      stays_open = !asked_for.all;  // it goes where the caret goes, and is to be seen there
      height = asked_for.height;
      typed.changed |= take_pressed(ui, asked_for, text).changed;
    } else {
      const Pos from{text.caret().para, mark->begin}, to{text.caret().para, mark->end};
      const std::string word = text.doc().slice(from, to);
      const bool is_known = box.spelling->word == word;
      if (!is_known) out.misspelt = word;
      const SpellingPressed asked_for = draw_spelling_bar(ui, *bar, *box.spelling, is_known, bar_rect);
      pressed = asked_for.suggestion || asked_for.leave;
      height = asked_for.height;
      if (asked_for.suggestion)
        typed.changed |= text.replace(from, to, box.spelling->words[*asked_for.suggestion], ui.ticks) == editor::Entered::All;
      if (asked_for.leave) out.leave = word;
    }
    ui.semantics.parents.pop_back();
    if (pressed) ui.focus(key);
    if (!was_open) {  // with the row below it: what was written stays readable
      const Rect with_next{bar_rect.x0, bar_rect.y0 - handles - 2 * line, bar_rect.x1, bar_rect.y1 + line + pad_y};
      draw::show(with_next);
      ui.animating = true;
    }
    window->StateStorage.SetFloat(bar_height, height);
  }
  if (stays_open) ui.barred = id;
  else if (was_open) ui.barred = 0;
  if (!active) text.stop_typing();

  out.changed = typed.changed;
  out.entered = typed.entered;
  out.focused = active;
  out.left = !active && (was_active || g.ActiveIdPreviousFrame == id);
  return out;
}

FieldResult note_editor(Ui& ui, std::string_view key, const Question& question, EditorState& text, const NoteWords& words, int min_rows) {
  const QuestionScope scope(ui, key, question, Role::Note);
  FieldResult out;
  const std::size_t n = text.words();
  const std::string count = std::to_string(n) + " " + std::string(n == 1 ? words.word : words.words);
  const float target = ui.s(kControl);
  const Rect bar = place(ui, {room(ui), target});
  ui.places.push_back({.x = bar.x0 - ui.s(space::kSm), .y = bar.y0, .w = bar.w(), .bottom = bar.y0});
  begin_flow(ui, 0);
  const bool undo = icon_button(ui, choice_key(key, "undo"), Icon::Undo, words.undo, question.disabled || !text.can_undo()) && text.undo();
  const bool redo = icon_button(ui, choice_key(key, "redo"), Icon::Redo, words.redo, question.disabled || !text.can_redo()) && text.redo();
  end_flow(ui);
  ui.places.pop_back();
  const Size size = measure(ui, Type::Small, count, bar.w() - 2 * target);
  const float y = bar.y0 + std::floor((target - size.h) / 2);
  draw_text(ui, Type::Small, ui.c.ink2, count, {bar.x1 - size.w, y, bar.x1, y + size.h}, Role::Hint);
  if ((undo || redo) && ImGui::GetCurrentContext()->NavDisableHighlight) ui.focus(key);  // pressed by hand: back to the text
  gap(ui, space::kHair);
  EditBox box;
  box.role = Role::Note;
  box.name = question.label;
  box.description = description_of(question);
  box.type = Type::Note;
  box.min_rows = min_rows;
  box.disabled = question.disabled;
  box.invalid = !question.error.empty();
  box.spelling = &words.spelling;
  out = edit_box(ui, key, room(ui), box, text);
  out.changed |= undo || redo;
  return out;
}

}  // namespace doorstep::view
