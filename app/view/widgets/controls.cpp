#include "app/view/widgets/controls.h"

#include <algorithm>
#include <cmath>

#include "app/editor/doc.h"
#include "app/view/widgets/draw.h"
#include "app/view/widgets/question.h"

namespace doorstep::view {

namespace {

/// Texts drawn while this lives belong to the control.
class Inside {
 public:
  Inside(Ui& ui, std::uint32_t id) : ui_(ui) { ui_.semantics.parents.push_back(id); }
  ~Inside() { ui_.semantics.parents.pop_back(); }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

 private:
  Ui& ui_;
};

struct Paint {
  Color fill, text, border;
};

Paint paint_of(const Ui& ui, ButtonKind kind, const Pressed& state, bool disabled) {
  const Tokens& c = ui.c;
  const bool hot = state.hovered || state.held;
  constexpr Color none = 0;
  if (disabled) return {kind == ButtonKind::Quiet ? none : c.neutral.back, c.ink3, kind == ButtonKind::Quiet ? none : c.line};
  switch (kind) {
    case ButtonKind::Primary: return {hot ? c.primary_hover : c.primary, hot ? c.on_primary_hover : c.on_primary, none};
    case ButtonKind::Secondary: return {hot ? c.tint : c.surface, c.primary, c.edge};
    case ButtonKind::Quiet: return {hot ? c.tint : none, c.primary, none};
    case ButtonKind::Danger: return {hot ? c.danger.back : c.surface, c.danger.text, c.danger.text};
  }
  return {none, c.ink, none};
}

std::string initials(std::string_view person) {
  std::string out;
  bool start = true;
  std::size_t letters = 0, words = 0;
  std::string last;
  for (std::size_t i = 0; i < person.size();) {
    const std::size_t next = editor::next_cluster(person, i);
    const std::string_view letter = person.substr(i, next - i);
    if (start && letter != " ") {
      if (++words == 1) out = letter;
      else last = letter;
      ++letters;
    }
    start = letter == " ";
    i = next;
  }
  return out + last;
}

/// Below each row of words drawn at `x` and `y` in `width`: they can be pressed.
void underline(Ui& ui, Type type, Color color, std::string_view words, float x, float y, float width) {
  for (const std::string_view line : wrap_lines(ui, type, words, width + 0.5f)) {
    y += ui.s(line_px(type));
    draw::hline(x, x + std::round(line_width(ui, type, line)), y - ui.s(3), color, std::max(1.0f, ui.s(1)));
  }
}

enum class Mark { Circle, Box };

void draw_mark(Ui& ui, Mark mark, const Rect& at, bool selected, bool disabled, bool invalid) {
  if (draw::unseen(at)) return;
  const Color edge = disabled ? ui.c.edge : selected ? ui.c.primary : invalid ? ui.c.error : ui.c.edge;
  const ImVec2 middle{(at.x0 + at.x1) / 2, (at.y0 + at.y1) / 2};
  const float width = ui.s(selected ? ui.c.thick_px : std::max(1.5f, ui.c.edge_px));
  if (mark == Mark::Circle) {
    draw::list().AddCircle(middle, at.w() / 2 - width / 2, edge, 0, width);
    if (selected) draw::list().AddCircleFilled(middle, at.w() / 2 - ui.s(5), edge);
    return;
  }
  if (selected) {
    draw::fill(at, edge, ui.s(4));
    draw_icon(ui, Icon::Check, at.x0 + ui.s(3), at.y0 + ui.s(3), at.w() - 2 * ui.s(3), ui.c.on_primary);
  } else {
    draw::border(at, edge, ui.s(4), width);
  }
}

/// A tile with a mark before its words: radio and checkbox.
struct TileLook {
  float width = 0;     ///< of a column, window pixels; 0: as wide as its words
  bool quiet = false;  ///< no border, no ground
  float height = 0;    ///< at least, window pixels: of the tiles beside it
};

constexpr float kMarkSide = 22;

/// Of a tile, window pixels: its words, and the hint below them.
struct TileWords {
  Size label, hint;
  float height = 0;  ///< of the tile that holds them
};
TileWords words_of(Ui& ui, const Choice& choice, const TileLook& look) {
  const float pad = ui.s(look.quiet ? space::kHair : space::kMd);
  const float most = (look.width > 0 ? look.width : room(ui)) - 2 * pad - ui.s(kMarkSide) - ui.s(space::kSm);
  TileWords out{measure(ui, Type::Body, choice.label, most), choice.hint.empty() ? Size{} : measure(ui, Type::Small, choice.hint, most)};
  out.height = std::max(ui.s(kControl), out.label.h + out.hint.h + 2 * ui.s(11));
  return out;
}

bool tile(Ui& ui, std::string_view key, Role role, Mark mark, const Choice& choice, bool selected, const Question& question, TileLook look = {}) {
  const float pad = ui.s(look.quiet ? space::kHair : space::kMd), side = ui.s(kMarkSide), between = ui.s(space::kSm);
  const auto [words, below, own_h] = words_of(ui, choice, look);
  const float h = std::max(own_h, look.height);
  const Rect at = place(ui, {look.width > 0 ? look.width : 2 * pad + side + between + std::max(words.w, below.w), h});
  const bool invalid = !question.error.empty();
  const Pressed state = press(ui, key, at, {.role = role, .name = choice.label, .value = choice.hint, .selected = selected,
                                            .disabled = question.disabled, .invalid = invalid});
  if (state.visible) {
    const float radius = ui.s(kRadius);
    const bool tinted = (selected && !look.quiet) || (state.hovered && !question.disabled);
    if (tinted || !look.quiet) draw::fill(at, tinted ? ui.c.tint : ui.c.surface, radius);
    const Color edge = question.disabled ? ui.c.line : selected ? ui.c.primary : invalid ? ui.c.error : ui.c.edge;
    if (!look.quiet) draw::border(at, edge, radius, ui.s(selected ? ui.c.thick_px : ui.c.edge_px));
    if (state.focused) focus_ring(ui, at, radius);
  }
  const float x = at.x0 + pad, text_x = x + side + between;
  const float y = at.y0 + std::floor((own_h - words.h - below.h) / 2);  // in line with the tile beside it
  const float mark_y = y + std::round((ui.s(line_px(Type::Body)) - side) / 2);
  draw_mark(ui, mark, {x, mark_y, x + side, mark_y + side}, selected, question.disabled, invalid);
  const Inside inside(ui, state.id);
  const Color ink = question.disabled ? ui.c.ink3 : ui.c.ink;
  draw_text(ui, Type::Body, ink, choice.label, {text_x, y, text_x + words.w, y + words.h});
  if (!choice.hint.empty()) draw_text(ui, Type::Small, question.disabled ? ui.c.ink3 : ui.c.ink2, choice.hint, {text_x, y + words.h, text_x + below.w, y + words.h + below.h});
  return state.pressed;
}

}  // namespace

QuestionScope::QuestionScope(Ui& ui, std::string_view key, const Question& question, Role role) : ui_(ui) {
  if (ui_.focus_key == key) ui_.focus_key = std::string(key) + "/first";
  ImGui::PushID(key.data(), key.data() + key.size());
  if (!question.label.empty() && !question.headed) label(ui_, question.label);
  if (!question.hint.empty()) view::hint(ui_, question.hint);
  if (!question.error.empty()) inline_error(ui_, question.error);
  if (role == Role::RadioGroup || role == Role::Group) {
    Item item;
    item.id = ImGui::GetCurrentWindow()->GetID("group");
    item.role = role;
    item.key = key;
    item.name = question.label;
    item.description = description_of(question);
    item.invalid = !question.error.empty();
    item.disabled = question.disabled;
    const Ui::Place& p = ui_.places.back();
    item.rect = {p.x, p.y, p.x + p.w, p.y};
    const std::uint32_t id = item.id;
    draw::record(ui_, std::move(item));
    ui_.semantics.parents.push_back(id);
    group_ = true;
  }
  gap(ui_, space::kHair);
}

QuestionScope::~QuestionScope() {
  if (group_) ui_.semantics.parents.pop_back();
  ImGui::PopID();
  gap(ui_, space::kLg);
}

std::string description_of(const Question& question) {
  return std::string(question.error) + (question.error.empty() || question.hint.empty() ? "" : " ") + std::string(question.hint);
}

std::string choice_key(std::string_view question, std::string_view choice) { return std::string(question) + "/" + std::string(choice); }

bool button(Ui& ui, std::string_view key, std::string_view words, ButtonKind kind, const ButtonOptions& options) {
  const float pad = ui.s(kind == ButtonKind::Quiet ? space::kSm : 20), icon_side = options.icon == Icon::None ? 0 : ui.s(20);
  const float between = options.icon == Icon::None ? 0 : ui.s(10);
  const Size text_size = measure(ui, Type::BodyBold, words, room(ui) - 2 * pad - icon_side - between);
  const float h = std::max(ui.s(kControl), text_size.h + 2 * ui.s(11));
  const float w = options.full_width ? room(ui) : std::max(ui.s(kControl), 2 * pad + icon_side + between + text_size.w);
  Rect at = place(ui, {w, h});
  if (kind == ButtonKind::Quiet && at.x0 == ui.places.back().x) {  // it has no edge to be seen: its words begin where the column does
    at = {at.x0 - pad, at.y0, at.x1 - pad, at.y1};
    if (ui.places.back().flow) ui.places.back().flow_x -= pad;
  }
  const Pressed state = press(ui, key, at, {.role = Role::Button, .name = options.name.empty() ? words : options.name, .disabled = options.disabled});
  const Paint paint = paint_of(ui, kind, state, options.disabled);
  const float radius = ui.s(kRadius);
  if (state.visible) {
    if (paint.fill != 0) draw::fill(at, paint.fill, radius);
    if (paint.border != 0) draw::border(at, paint.border, radius, ui.s(ui.c.edge_px));
    if (state.focused) focus_ring(ui, at, radius);
  }
  const float x = at.x0 + std::floor((at.w() - icon_side - between - text_size.w) / 2);
  if (icon_side > 0) draw_icon(ui, options.icon, x, at.y0 + std::round((h - icon_side) / 2), icon_side, paint.text);
  const float y = at.y0 + std::floor((h - text_size.h) / 2);
  if (kind == ButtonKind::Quiet && !options.disabled && state.visible)  // without a frame nothing else says that it can be pressed
    underline(ui, Type::BodyBold, paint.text, words, x + icon_side + between, y, text_size.w);
  {
    const Inside inside(ui, state.id);
    draw_text(ui, Type::BodyBold, paint.text, words, {x + icon_side + between, y, x + icon_side + between + text_size.w, y + text_size.h});
  }
  if (!ui.places.back().flow) gap(ui, space::kSm);
  return state.pressed;
}

bool icon_button(Ui& ui, std::string_view key, Icon icon, std::string_view name, bool disabled) {
  const float side = ui.s(kControl), mark = ui.s(22);
  const Rect at = place(ui, {side, side});
  const Pressed state = press(ui, key, at, {.role = Role::Button, .name = name, .disabled = disabled});
  if (state.visible) {
    if ((state.hovered || state.held) && !disabled) draw::fill(at, ui.c.tint, ui.s(kRadius));
    const float inset = std::round((side - mark) / 2);
    draw_icon(ui, icon, at.x0 + inset, at.y0 + inset, mark, disabled ? ui.c.edge : ui.c.ink);
    if (state.focused) focus_ring(ui, at, ui.s(kRadius));
  }
  return state.pressed;
}

bool link(Ui& ui, std::string_view key, std::string_view words, std::string_view name) {
  const Size size = measure(ui, Type::Body, words, room(ui));
  const float h = std::max(ui.s(kTarget), size.h);
  const Rect at = place(ui, {std::max(size.w, ui.s(kTarget)), h});
  const Pressed state = press(ui, key, at, {.role = Role::Link, .name = name.empty() ? words : name});
  const float y = at.y0 + std::floor((h - size.h) / 2);
  const Color color = state.hovered ? ui.c.ink : ui.c.primary;
  {
    const Inside inside(ui, state.id);
    draw_text(ui, Type::Body, color, words, {at.x0, y, at.x0 + size.w, y + size.h});
  }
  if (state.visible) {
    underline(ui, Type::Body, color, words, at.x0, y, size.w);
    if (state.focused) focus_ring(ui, at, ui.s(kTagRadius));
  }
  return state.pressed;
}

/// Addresses and other long words below the labels read better in columns.
TileLook look_of(const Ui& ui, std::span<const Choice> choices) {
  const auto hints = std::count_if(choices.begin(), choices.end(), [](const Choice& c) { return !c.hint.empty(); });
  if (choices.size() < 3 || 2 * static_cast<std::size_t>(hints) < choices.size() || room(ui) < ui.s(520)) return {};
  return {std::floor((room(ui) - ui.s(space::kSm)) / 2)};
}

/// In columns, both tiles of a row are as high as the higher.
TileLook look_at(Ui& ui, std::span<const Choice> choices, std::size_t i, TileLook look) {
  if (look.width > 0)
    for (const Choice& beside : choices.subspan(i / 2 * 2, std::min<std::size_t>(2, choices.size() - i / 2 * 2)))
      look.height = std::max(look.height, words_of(ui, beside, look).height);
  return look;
}

std::optional<std::size_t> radio_tiles(Ui& ui, std::string_view key, const Question& question, std::span<const Choice> choices,
                                       std::optional<std::size_t> selected) {
  std::optional<std::size_t> chosen;
  const QuestionScope scope(ui, key, question, Role::RadioGroup);
  begin_flow(ui);
  const TileLook look = look_of(ui, choices);
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (i == 0 && ui.focus_key == std::string(key) + "/first") ui.focus_key = choice_key(key, choices[i].key);
    if (tile(ui, choice_key(key, choices[i].key), Role::Radio, Mark::Circle, choices[i], selected == i, question, look_at(ui, choices, i, look))) chosen = i;
  }
  end_flow(ui);
  return chosen;
}

std::optional<std::size_t> checkbox_tiles(Ui& ui, std::string_view key, const Question& question, std::span<const Choice> choices,
                                          const std::vector<bool>& selected) {
  std::optional<std::size_t> turned;
  const QuestionScope scope(ui, key, question, Role::Group);
  begin_flow(ui);
  const TileLook look = look_of(ui, choices);
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (i == 0 && ui.focus_key == std::string(key) + "/first") ui.focus_key = choice_key(key, choices[i].key);
    const bool on = i < selected.size() && selected[i];
    if (tile(ui, choice_key(key, choices[i].key), Role::Checkbox, Mark::Box, choices[i], on, question, look_at(ui, choices, i, look))) turned = i;
  }
  end_flow(ui);
  return turned;
}

bool checkbox(Ui& ui, std::string_view key, std::string_view words, bool checked, bool disabled, bool quiet) {
  const bool turned = tile(ui, key, Role::Checkbox, Mark::Box, {key, words, {}}, checked, {.label = {}, .disabled = disabled}, {.width = 0, .quiet = quiet});
  if (!ui.places.back().flow) gap(ui, space::kSm);
  return turned;
}

std::optional<int> scale_tiles(Ui& ui, std::string_view key, const Question& question, std::optional<int> value, std::string_view low,
                               std::string_view high) {
  std::optional<int> chosen;
  const QuestionScope scope(ui, key, question, Role::RadioGroup);
  if (!low.empty() || !high.empty()) view::hint(ui, "0: " + std::string(low) + "   10: " + std::string(high));
  begin_flow(ui, space::kXs);
  for (int i = 0; i <= 10; ++i) {
    const std::string number = std::to_string(i);
    if (i == 0 && ui.focus_key == std::string(key) + "/first") ui.focus_key = choice_key(key, number);
    const bool selected = value == i;
    const Rect at = place(ui, {ui.s(kControl), ui.s(kControl)});
    const Pressed state = press(ui, choice_key(key, number), at, {.role = Role::Radio, .name = number, .selected = selected, .disabled = question.disabled,
                                                                  .invalid = !question.error.empty()});
    if (state.visible) {
      const float radius = ui.s(kRadius);
      draw::fill(at, selected ? ui.c.primary : state.hovered ? ui.c.tint : ui.c.surface, radius);
      if (!selected) draw::border(at, question.error.empty() ? ui.c.edge : ui.c.error, radius, ui.s(ui.c.edge_px));
      if (state.focused) focus_ring(ui, at, radius);
    }
    const Size size = measure(ui, Type::BodyBold, number, at.w());
    const Inside inside(ui, state.id);
    draw_text(ui, Type::BodyBold, selected ? ui.c.on_primary : ui.c.ink, number,
              {at.x0 + std::floor((at.w() - size.w) / 2), at.y0 + std::floor((at.h() - size.h) / 2), at.x1, at.y1});
    if (state.pressed) chosen = i;
  }
  end_flow(ui);
  return chosen;
}

std::optional<std::size_t> tabs(Ui& ui, std::string_view key, std::span<const std::string_view> labels, std::size_t selected) {
  std::optional<std::size_t> chosen;
  begin_flow(ui, 0);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const bool on = i == selected;
    const float pad = ui.s(space::kMd);
    const Size size = measure(ui, on ? Type::BodyBold : Type::Body, labels[i], room(ui) - 2 * pad);
    const float bold = measure(ui, Type::BodyBold, labels[i], room(ui) - 2 * pad).w;  // so that nothing moves when chosen
    const Rect at = place(ui, {std::max(bold + 2 * pad, ui.s(kTarget)), std::max(ui.s(kControl), size.h + 2 * ui.s(space::kSm))});
    const Pressed state = press(ui, choice_key(key, std::to_string(i)), at, {.role = Role::Tab, .name = labels[i], .selected = on});
    if (state.visible) {
      if (state.hovered && !on) draw::fill(at, ui.c.tint, 0);
      if (const Ui::Place& p = ui.places.back(); at.x0 == p.x) draw::hline(p.x, p.x + p.w, at.y1 - 1, ui.c.line);  // below the whole row
      if (on) draw::hline(at.x0, at.x1, at.y1 - ui.s(3), ui.c.primary, ui.s(3));
      if (state.focused) focus_ring(ui, draw::grown(at, -ui.s(4)), ui.s(kTagRadius));
    }
    const float x = at.x0 + std::floor((at.w() - size.w) / 2), y = at.y0 + std::floor((at.h() - size.h) / 2);
    const Inside inside(ui, state.id);
    draw_text(ui, on ? Type::BodyBold : Type::Body, on ? ui.c.ink : ui.c.ink2, labels[i], {x, y, x + size.w, y + size.h});
    if (state.pressed && !on) chosen = i;
  }
  end_flow(ui);
  gap(ui, space::kSm);
  return chosen;
}

bool list_row(Ui& ui, std::string_view key, const RowText& row) {
  // The row reaches from edge to edge of its page; its words stay in the column.
  const float pad_y = ui.s(space::kSm), between = ui.s(space::kSm);
  const float icon_side = row.icon == Icon::None ? 0 : ui.s(22) + between;
  const float chevron = row.leads || row.plain ? ui.s(20) + ui.s(space::kXs) : 0;
  const float column = room(ui) - chevron;
  const Size trailing = row.trailing.empty() ? Size{} : measure(ui, Type::Small, row.trailing, column * 0.45f);
  const float title_w = column - icon_side - (trailing.w > 0 ? trailing.w + between : 0);
  const Type title_type = row.plain ? Type::Body : Type::BodyBold;
  const Size title_size = measure(ui, title_type, row.title, title_w);
  const Type sub_type = row.found.empty() ? Type::Small : Type::SmallBold;  // the wider one: no row of words outgrows its place
  const Size sub_size = row.subtitle.empty() ? Size{} : measure(ui, sub_type, row.subtitle, column - icon_side);
  const float tag_pad = ui.s(8);
  const Size tag_size = row.tag.empty() ? Size{} : measure(ui, Type::SmallBold, row.tag, column - icon_side - 2 * tag_pad);
  const float tag_h = row.tag.empty() ? 0 : tag_size.h + 2 * ui.s(2) + ui.s(6);
  const float drop = ui.s(2);  // small and body words sit on one line
  const float first = std::max(title_size.h, trailing.h > 0 ? drop + trailing.h : 0);
  const float h = std::max(ui.s(kControl), 2 * pad_y + first + sub_size.h + tag_h);
  const Rect column_at = place(ui, {column + chevron, h});
  const ImRect window = ImGui::GetCurrentWindow()->InnerClipRect;
  const bool whole = ui.panels.empty() && !ui.pages.empty() && column_at.x1 + ui.pages.back().pad + 1 >= window.Max.x - ui.s(12);
  const Rect at = whole ? Rect{window.Min.x, column_at.y0, window.Max.x, column_at.y1} : draw::grown({column_at.x0, column_at.y0 + ui.s(12), column_at.x1, column_at.y1 - ui.s(12)}, ui.s(12));
  const Rect hit{std::max(at.x0, window.Min.x), at.y0, std::min(at.x1, window.Max.x), at.y1};
  const std::string value = std::string(row.subtitle) + (row.tag.empty() ? "" : (row.subtitle.empty() ? "" : ", ") + std::string(row.tag)) +
                            (row.trailing.empty() ? "" : ", " + std::string(row.trailing));
  Pressed state;
  if (!row.plain) state = press(ui, key, hit, {.role = Role::ListRow, .name = row.title, .value = value, .selected = row.selected});
  if (state.visible) {
    if (row.selected || state.hovered) draw::fill(hit, ui.c.tint);
    if (row.selected) draw::fill({hit.x0, hit.y0, hit.x0 + ui.s(5), hit.y1}, ui.c.primary);
    draw::hline(row.selected ? hit.x0 : column_at.x0, whole ? hit.x1 : column_at.x1, hit.y1 - 1, ui.c.line);
    if (state.focused) focus_ring(ui, draw::grown(hit, -ui.s(4)), ui.s(kTagRadius));
  }
  float x = column_at.x0, y = column_at.y0 + std::floor((h - first - sub_size.h - tag_h) / 2);
  if (row.icon != Icon::None) draw_icon(ui, row.icon, x, y + ui.s(2), ui.s(22), ui.c.ink2);
  x += icon_side;
  if (row.leads) draw_icon(ui, Icon::Next, column_at.x1 - ui.s(20), column_at.y0 + std::round((h - ui.s(20)) / 2), ui.s(20), ui.c.ink2);
  std::optional<Inside> inside;
  if (!row.plain) inside.emplace(ui, state.id);
  draw_text(ui, title_type, ui.c.ink, row.title, {x, y, x + title_size.w, y + title_size.h});
  if (trailing.w > 0) {
    const float right = column_at.x1 - chevron;
    draw_text(ui, Type::Small, ui.c.ink2, row.trailing, {right - trailing.w, y + drop, right, y + drop + trailing.h});
  }
  y += first;
  const Rect sub_at{x, y, x + sub_size.w, y + sub_size.h};
  if (!row.found.empty()) draw_found(ui, row.subtitle, row.found, sub_at);
  else if (sub_size.h > 0) draw_text(ui, Type::Small, ui.c.ink2, row.subtitle, sub_at);
  y += sub_size.h + ui.s(4);
  if (!row.tag.empty()) {
    const ToneColors& colors = ui.c.tone(row.tone);
    const Rect chip{x, y, x + tag_size.w + 2 * tag_pad, y + tag_size.h + 2 * ui.s(2)};
    draw::fill(chip, colors.back, ui.s(kTagRadius));
    if (ui.look == Look::HighContrast) draw::border(chip, colors.text, ui.s(kTagRadius), 2);
    draw_text(ui, Type::SmallBold, colors.text, row.tag, {chip.x0 + tag_pad, chip.y0 + ui.s(2), chip.x0 + tag_pad + tag_size.w, chip.y1}, Role::Tag);
  }
  return state.pressed;
}

bool fold(Ui& ui, std::string_view key, std::string_view words, std::string_view count, bool open) {
  const float side = ui.s(20), between = ui.s(space::kXs), width = room(ui);
  const Size count_size = count.empty() ? Size{} : measure(ui, Type::Small, count, width * 0.4f);
  const float count_w = count.empty() ? 0 : count_size.w + ui.s(space::kMd);
  const Size size = measure(ui, Type::BodyBold, words, width - side - between - count_w);
  const float h = std::max(ui.s(kControl), size.h + 2 * ui.s(11));
  const Rect at = place(ui, {width, h});
  const Pressed state = press(ui, key, at, {.role = Role::Button, .name = words, .value = count, .expands = true, .expanded = open});
  if (state.visible) {
    if (state.hovered || state.held) draw::fill(at, ui.c.tint, ui.s(kRadius));
    if (state.focused) focus_ring(ui, at, ui.s(kRadius));
  }
  draw_icon(ui, open ? Icon::Down : Icon::Next, at.x0, at.y0 + std::round((h - side) / 2), side, ui.c.ink2);
  const float x = at.x0 + side + between, y = at.y0 + std::floor((h - size.h) / 2);
  const Inside inside(ui, state.id);
  draw_text(ui, Type::BodyBold, ui.c.ink, words, {x, y, x + size.w, y + size.h});
  if (!count.empty()) {
    const float count_y = at.y0 + std::floor((h - count_size.h) / 2), right = at.x1 - ui.s(space::kXs);
    draw_text(ui, Type::Small, ui.c.ink2, count, {right - count_size.w, count_y, right, count_y + count_size.h});
  }
  return state.pressed;
}

namespace {

/// What has the keyboard when the summary is to have it.
std::string first_key(std::string_view key, const ProblemGroup& first) {
  return choice_key(key, first.name.empty() ? std::to_string(first.parts.front().lines.front().number) : "fold0");
}

}  // namespace

ProblemPressed error_summary(Ui& ui, std::string_view key, std::string_view head, std::span<const ProblemGroup> groups) {
  ProblemPressed out;
  begin_panel(ui, key, Tone::Danger, head);
  const float top = ui.places.back().y;
  text(ui, Type::H3, ui.c.danger.text, head, Role::Alert);
  const bool is_wanted = ui.focus_key == key && !groups.empty();
  if (is_wanted) ui.focus_key = first_key(key, groups.front());
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const ProblemGroup& group = groups[g];
    const bool named = !group.name.empty();
    if (named) {
      gap(ui, space::kHair);
      const std::string own = choice_key(key, "fold") + std::to_string(g);
      if (fold(ui, own, group.name, group.count, group.open)) out.fold = g;
      if (!group.open) continue;
      begin_indent(ui, 20 + space::kXs);
    }
    for (const ProblemPart& part : group.parts) {
      if (!part.title.empty()) {
        gap(ui, space::kHair);
        text(ui, Type::SmallBold, ui.c.ink2, part.title, Role::Label);
      }
      for (const ProblemLine& line : part.lines)
        if (link(ui, choice_key(key, std::to_string(line.number)), line.words)) out.line = line.number;
    }
    if (named) end_indent(ui);
  }
  if (is_wanted) {  // with what it says
    const Ui::Place& p = ui.places.back();
    draw::show({p.x, top, p.x + p.w, std::min(p.y, top + 3 * ui.s(kControl))});
  }
  end_panel(ui);
  return out;
}

namespace {

/// A button in the bar: an icon, words, or both, in the bar's colours.
bool bar_button(Ui& ui, std::string_view key, Icon icon, std::string_view words, std::string_view name, Rect at, Type type, bool live = false) {
  const Pressed state = press(ui, key, at, {.role = Role::Button, .name = name, .live = live});
  if (state.visible && (state.hovered || state.held)) draw::fill(at, ui.c.header_chip, ui.s(kRadius));
  const float side = icon == Icon::None ? 0 : ui.s(20), between = icon == Icon::None || words.empty() ? 0 : ui.s(space::kXs);
  const float width = words.empty() ? 0 : std::ceil(line_width(ui, type, words));
  const float x = at.x0 + std::floor((at.w() - side - between - width) / 2);
  if (side > 0) draw_icon(ui, icon, x, at.y0 + std::round((at.h() - side) / 2), side, ui.c.on_header2);
  if (!words.empty()) {
    const float h = ui.s(line_px(type)), y = at.y0 + std::floor((at.h() - h) / 2);
    const Inside inside(ui, state.id);
    draw_text(ui, type, ui.c.on_header, words, {x + side + between, y, x + side + between + width + 1, y + h});
  }
  if (state.visible && state.focused) focus_ring(ui, draw::grown(at, -ui.s(3)), ui.s(kRadius));
  return state.pressed;
}

}  // namespace

void band(Ui& ui, std::string_view words) {
  const float pad = ui.s(ui.narrow() ? space::kSm : space::kLg), above = ui.s(space::kXs), top = ui.root_top;
  const Size size = measure(ui, Type::SmallBold, words, ui.width() - 2 * pad);
  ui.root_top = top + size.h + 2 * above;
  draw::fill({0, top, ui.width(), ui.root_top}, ui.c.warn.back);
  draw::hline(0, ui.width(), ui.root_top - ui.s(ui.c.edge_px), ui.c.warn.text, ui.s(ui.c.edge_px));
  draw_text(ui, Type::SmallBold, ui.c.warn.text, words, {pad, top + above, pad + size.w, top + above + size.h});
}

BarAction app_bar(Ui& ui, const AppBar& bar) {
  BarAction action = BarAction::None;
  const float pad = ui.s(ui.narrow() ? space::kSm : space::kLg), between = ui.s(space::kXs), target = ui.s(kControl);
  const float width = ui.width();
  const float status_words = bar.status.empty() ? 0 : std::ceil(line_width(ui, Type::Small, bar.status)) + ui.s(20 + 8 + 24);
  const float right_least = (bar.cover.empty() ? 0 : target + between) + (bar.person.empty() ? 0 : target) + (bar.status.empty() ? 0 : target + between);
  const float left_icon = bar.back.empty() ? ui.s(24 + 12) : 0;
  const float back_words = bar.back.empty() ? 0 : std::ceil(line_width(ui, Type::Body, bar.back)) + ui.s(20 + 8 + 16);
  // In a narrow window the program's name goes first, where there is a way back; then the cover, the status and the way back lose
  // their words, in this order.
  const std::string_view named = !bar.back.empty() && ui.narrow() ? std::string_view() : bar.title;
  const float title_line = named.empty() ? 0 : std::ceil(line_width(ui, Type::H3, named));
  float free = width - 2 * pad - right_least - left_icon - ui.s(space::kMd);
  const bool back_says = !bar.back.empty() && back_words + ui.s(space::kSm) + title_line <= free;
  const float back_w = bar.back.empty() ? 0 : (back_says ? back_words : target) + ui.s(space::kSm);
  free -= back_w;
  const bool status_says = status_words > 0 && title_line + status_words - target <= free;
  const float cover_words = bar.cover.empty() ? 0 : std::ceil(line_width(ui, Type::Small, bar.cover)) + ui.s(20 + 8 + 24);
  const bool cover_says = status_says && title_line + status_words - target + cover_words - target <= free;
  const float cover_w = cover_says ? cover_words : target;
  const Size title_size = measure(ui, Type::H3, named, std::max(free, ui.s(60)));
  const float h = std::max(ui.s(kBar), title_size.h + 2 * ui.s(space::kXs)), above = ui.root_top;
  ui.root_top = above + h;
  draw::fill({0, above, width, ui.root_top}, ui.c.header);
  if (ui.look == Look::HighContrast) draw::hline(0, width, ui.root_top - 2, ui.c.line, 2);
  const float top = above + std::floor((h - target) / 2);

  float x = pad;
  if (bar.back.empty()) {
    draw_icon(ui, Icon::Logo, x, above + (h - ui.s(24)) / 2, ui.s(24), ui.c.on_header);
    x += left_icon;
  } else {
    const Rect at{x - between, top, x - between + back_w - ui.s(space::kSm), top + target};
    if (bar_button(ui, "bar/back", Icon::Back, back_says ? bar.back : std::string_view(), bar.back, at, Type::Body)) action = BarAction::Back;
    x += back_w;
  }
  if (!named.empty()) draw_text(ui, Type::H3, ui.c.on_header, named,
                                {x, above + std::floor((h - title_size.h) / 2), x + title_size.w, ui.root_top}, Role::Heading);

  float right = width - pad - (bar.person.empty() ? 0 : target);
  const float person_x = right;
  if (!bar.cover.empty()) right -= cover_w + between;
  const float cover_x = right;
  if (!bar.status.empty()) {
    const float w = status_says ? status_words : target;
    const Rect at{right - between - w, top, right - between, top + target};
    if (bar_button(ui, "bar/status", bar.status_icon, status_says ? bar.status : std::string_view(), bar.status, at, Type::Small, true)) {
      action = BarAction::Status;
    }
  }
  if (!bar.cover.empty() &&
      bar_button(ui, "bar/cover", Icon::EyeOff, cover_says ? bar.cover : std::string_view(), bar.cover,
                 {cover_x, top, cover_x + cover_w, top + target}, Type::Small)) {
    action = BarAction::Cover;
  }
  if (!bar.person.empty()) {
    const Rect at{person_x, top, person_x + target, top + target};
    const Pressed state = press(ui, "bar/person", at, {.role = Role::Button, .name = bar.person});
    const std::string letters = initials(bar.person);
    const ImVec2 middle{(at.x0 + at.x1) / 2, (at.y0 + at.y1) / 2};
    draw::list().AddCircleFilled(middle, ui.s(18), ui.c.header_chip);
    if (ui.look == Look::HighContrast || state.hovered) draw::list().AddCircle(middle, ui.s(18), ui.c.on_header, 0, ui.s(2));
    const Size size = measure(ui, Type::SmallBold, letters, at.w());
    const Inside inside(ui, state.id);
    draw_text(ui, Type::SmallBold, ui.c.on_header, letters, {middle.x - std::floor(size.w / 2), middle.y - std::floor(size.h / 2), at.x1, at.y1});
    if (state.focused) focus_ring(ui, draw::grown(at, -ui.s(3)), ui.s(kRadius));
    if (state.pressed) action = BarAction::Person;
  }
  return action;
}

CallAction call_card(Ui& ui, std::string_view key, const CallCard& card) {
  CallAction action = CallAction::None;
  begin_panel(ui, key, Tone::Danger, card.heading);
  if (!card.below_line) {
    begin_flow(ui, space::kSm);
    const Rect mark = place(ui, {ui.s(24), ui.s(line_px(Type::H3))});
    draw_icon(ui, Icon::Phone, mark.x0, mark.y0 + ui.s(1), ui.s(24), ui.c.danger.text);
    const Size head = measure(ui, Type::H3, card.heading, room(ui) - ui.s(24 + 12));
    draw_text(ui, Type::H3, ui.c.danger.text, card.heading, place(ui, head), Role::Alert);
    end_flow(ui);
    gap(ui, space::kHair);
    if (!card.about.empty()) text(ui, Type::Body, ui.c.ink, card.about);
    gap(ui, space::kXs);
  }
  text(ui, Type::BodyBold, ui.c.ink, card.emergency);
  gap(ui, space::kSm);
  if (!card.number.empty()) {
    text(ui, Type::Small, ui.c.ink2, card.who, Role::Label);
    text(ui, Type::H3, ui.c.ink, card.number);
    gap(ui, space::kSm);
  }
  for (const std::string& line : card.tried) text(ui, Type::Small, ui.c.ink2, line);
  if (!card.tried.empty()) gap(ui, space::kSm);
  begin_flow(ui);
  if (!card.called.empty() && button(ui, choice_key(key, "called"), card.called, ButtonKind::Secondary, {.icon = Icon::Check})) action = CallAction::Called;
  if (!card.no_answer.empty() && button(ui, choice_key(key, "no_answer"), card.no_answer, ButtonKind::Secondary)) action = CallAction::NoAnswer;
  if (!card.reason_label.empty() && button(ui, choice_key(key, "reason"), card.reason_label, ButtonKind::Quiet)) action = CallAction::TurnReason;
  end_flow(ui);
  if (card.reason_open && !card.reason.empty()) {
    gap(ui, space::kSm);
    text(ui, Type::Body, ui.c.ink, card.reason);
  }
  end_panel(ui);
  return action;
}

bool call_line(Ui& ui, std::string_view key, const CallCard& card, bool open, bool across) {
  const ToneColors& tone = across && !open ? ui.c.neutral : ui.c.danger;
  const float pad = ui.s(!across ? space::kMd : ui.narrow() ? space::kMd : space::kLg), side = ui.s(20), between = ui.s(space::kXs);
  const std::string number = std::string(card.who) + (card.number.empty() ? "" : " " + std::string(card.number));
  const float width = room(ui), most = width - 2 * pad - 2 * (side + between);
  const float head_line = std::ceil(line_width(ui, Type::BodyBold, card.heading)), number_line = std::ceil(line_width(ui, Type::BodyBold, number));
  const bool one_row = head_line + ui.s(space::kLg) + number_line <= most;
  const bool number_only = !one_row && ui.is_short() && !card.number.empty();  // the icon and the number say what is to be done
  const Size head = number_only ? Size{} : measure(ui, Type::BodyBold, card.heading, one_row ? head_line + 1 : most);
  const Size below = measure(ui, Type::BodyBold, number, one_row ? number_line + 1 : most);
  const Size about = card.about.empty() ? Size{} : measure(ui, Type::Small, card.about, most);
  const float first_h = one_row ? std::max(head.h, below.h) : head.h + below.h, words_h = first_h + about.h;
  const float h = std::max(ui.s(kControl), words_h + 2 * ui.s(space::kXs));
  const Rect at = place(ui, {width, h});
  const std::string value = card.about.empty() ? number : std::string(card.about) + ", " + number;
  const Pressed state = press(ui, key, at, {.role = Role::Button, .name = card.heading, .value = value, .expands = true, .expanded = open, .live = true});
  if (state.visible) {
    draw::fill(at, tone.back, across ? 0 : ui.s(kRadius));
    if (across) draw::hline(at.x0, at.x1, at.y1 - 1, tone.text);
    else draw::border(at, tone.text, ui.s(kRadius), ui.s(state.hovered ? ui.c.thick_px : ui.c.edge_px));
    if (across && state.hovered) draw::hline(at.x0, at.x1, at.y1 - ui.s(3), tone.text, ui.s(3));
    if (state.focused) focus_ring(ui, across ? draw::grown(at, -ui.s(4)) : at, ui.s(kRadius));
  }
  const float x = at.x0 + pad + side + between, y = at.y0 + std::floor((h - words_h) / 2);
  const float mark_y = y + std::round((ui.s(line_px(Type::BodyBold)) - side) / 2);
  draw_icon(ui, Icon::Phone, at.x0 + pad, mark_y, side, tone.text);
  draw_icon(ui, open ? Icon::Down : Icon::Next, at.x1 - pad - side, mark_y, side, tone.text);
  const Inside inside(ui, state.id);
  if (!number_only) draw_text(ui, Type::BodyBold, tone.text, card.heading, {x, y, x + head.w, y + head.h}, Role::Alert);
  const Rect number_at = one_row ? Rect{x + head.w + ui.s(space::kLg), y, at.x1, y + below.h} : Rect{x, y + head.h, x + below.w, at.y1};
  draw_text(ui, Type::BodyBold, ui.c.ink, number, {number_at.x0, number_at.y0, number_at.x0 + below.w, number_at.y0 + below.h});
  if (!card.about.empty()) draw_text(ui, Type::Small, ui.c.ink, card.about, {x, y + first_h, x + about.w, at.y1});
  if (!across) gap(ui, space::kMd);
  return state.pressed;
}

bool curtain(Ui& ui, std::string_view words, std::string_view saved, std::string_view uncover) {
  begin_root(ui, words);
  bool pressed = false;
  draw::fill(root_rest(ui), ui.c.header);
  begin_page(ui, "curtain", words, root_rest(ui), {.max_width = 420, .centred = true});
  const Rect at = place(ui, {ui.s(40), ui.s(40)});
  draw_icon(ui, Icon::Logo, at.x0, at.y0, ui.s(40), ui.c.on_header);
  gap(ui, space::kLg);
  text(ui, Type::H1, ui.c.on_header, words, Role::Heading);
  gap(ui, space::kXs);
  text(ui, Type::Body, ui.c.on_header2, saved);
  gap(ui, space::kLg);
  pressed = button(ui, "curtain/uncover", uncover, ButtonKind::Secondary);
  end_page(ui);
  end_root(ui);
  return pressed;
}

}  // namespace doorstep::view
