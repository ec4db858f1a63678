#include "app/view/widgets/text.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "app/editor/bidi.h"
#include "app/editor/wrap.h"
#include "app/view/widgets/draw.h"
#include "app/view/widgets/layout.h"

namespace doorstep::view {

namespace {

editor::Advance advance_of(Ui& ui, Type type) {
  const ImFont* font = ui.fonts[type];
  return [font, &ui](char32_t c) {
    if (c == '\r') return 0.0f;
    if (c >= 0x80 && !font->FindGlyphNoFallback(static_cast<ImWchar>(c)) && !editor::is_invisible(c)) ui.unseen.insert(c);
    return font->GetCharAdvance(static_cast<ImWchar>(c));
  };
}

/// Without the spaces that hang over a row's end.
std::string_view trimmed(std::string_view line) {
  while (!line.empty() && line.back() == ' ') line.remove_suffix(1);
  return line;
}

constexpr float kOneRow = -1;  ///< a width that is none: the text is one line

TextCache::Row row_of(const editor::Paragraph& paragraph, std::size_t start, std::string_view line, std::size_t begin,
                      const editor::Advance& advance) {
  TextCache::Row row{start + begin, start + begin + line.size(), editor::width_of(line, 0, line.size(), advance),
                     start, paragraph.is_reordered(), paragraph.right_to_left()};
  if (!row.reordered) return row;
  const std::string visual = paragraph.row(begin, begin + line.size());  // joined letters may be wider or narrower than the wrapped
  row.width = std::max(row.width, editor::width_of(visual, 0, visual.size(), advance));
  return row;
}

TextCache::Rows lay_out(std::string_view text, float width, const editor::Advance& advance) {
  TextCache::Rows out;
  if (width == kOneRow) {
    out.rows.push_back(row_of(editor::Paragraph(text), 0, text, 0, advance));
  } else {
    const editor::Doc doc(text);
    editor::Wrap wrap;
    wrap.update(doc, std::max(width, 1.0f), 0, advance);
    std::size_t start = 0;
    for (std::size_t para = 0, r = 0; para < doc.paragraphs(); ++para) {
      const std::string_view whole = text.substr(start, doc.paragraph(para).size());
      const editor::Paragraph paragraph(whole);
      for (; r < wrap.count() && wrap.row(r).para == para; ++r) {
        const editor::Row row = wrap.row(r);
        out.rows.push_back(row_of(paragraph, start, trimmed(whole.substr(row.begin, row.end - row.begin)), row.begin, advance));
      }
      start += whole.size() + 1;
    }
  }
  for (const TextCache::Row& row : out.rows) {
    out.width = std::max(out.width, row.width);
    out.right_to_left |= row.right_to_left;
  }
  return out;
}

const TextCache::Rows& rows_of(Ui& ui, Type type, std::string_view text, float width) {
  const TextCache::Key key{std::hash<std::string_view>()(text), text.size(), type, width, ui.fonts.generation};
  if (const TextCache::Rows* kept = ui.texts.find(key)) return *kept;
  return ui.texts.keep(key, lay_out(text, width, advance_of(ui, type)));
}

void draw_row(Ui& ui, Type type, Color color, float x, float y, std::string_view shown) {
  ImFont* font = ui.fonts[type];
  const float space = ui.s(line_px(type)) - font->FontSize;
  std::string room;
  shown = editor::without_behind(shown, room);
  draw::list().AddText(font, font->FontSize, {std::round(x), std::round(y + space / 2)}, color, shown.data(), shown.data() + shown.size());
}

void widget(Ui& ui, Type type, Color color, std::string_view words, Role role, float below) {
  const bool flow = ui.places.back().flow;
  Size size = measure(ui, type, words, room(ui));
  // A paragraph from right to left ends at the column's right edge; a title or a name stays where its like begin.
  if (role == Role::Text && !flow && rows_of(ui, type, words, room(ui)).right_to_left) size.w = room(ui);
  draw_text(ui, type, color, words, place(ui, size), role);
  if (!flow) gap(ui, below);
}

}  // namespace

std::vector<std::string_view> wrap_lines(Ui& ui, Type type, std::string_view text, float width) {
  std::vector<std::string_view> out;
  for (const TextCache::Row& row : rows_of(ui, type, text, std::max(width, 0.0f)).rows)
    out.push_back(text.substr(row.begin, row.end - row.begin));
  return out;
}

float line_width(Ui& ui, Type type, std::string_view line) { return rows_of(ui, type, line, kOneRow).width; }

Size measure(Ui& ui, Type type, std::string_view text, float width) {
  const TextCache::Rows& rows = rows_of(ui, type, text, std::max(width, 0.0f));
  return {std::ceil(rows.width), ui.s(line_px(type)) * static_cast<float>(rows.rows.size())};
}

namespace {

/// One row with what was found in bold, and both in one line.
void draw_found_row(Ui& ui, float x, float y, std::string_view text, std::size_t from, std::size_t to, Stretches found) {
  const auto draw = [&](Type type, Color color, std::size_t end) {
    end = std::clamp(end, from, to);
    const std::string_view part = text.substr(from, end - from);
    draw_row(ui, type, color, x, y, part);
    x += editor::width_of(part, 0, part.size(), advance_of(ui, type));
    from = end;
  };
  for (const auto& [begin, end] : found) {
    draw(Type::Small, ui.c.ink2, begin);
    draw(Type::SmallBold, ui.c.ink, end);
  }
  draw(Type::Small, ui.c.ink2, to);
}

void draw_rows(Ui& ui, Type type, Color color, std::string_view text, Rect at, Role role, Stretches found) {
  const TextCache::Rows& rows = rows_of(ui, found.empty() ? type : Type::SmallBold, text, std::max(at.w() + 0.5f, 0.0f));
  const float line_h = ui.s(line_px(type));
  // Rows from right to left end where their box does; one alone in a box of its own size begins where others do.
  const bool is_wider = at.w() > std::ceil(rows.width);
  const float right = is_wider && rows.right_to_left ? at.x1 : at.x0 + rows.width;
  float y = at.y0;
  std::optional<editor::Paragraph> paragraph;  // of the rows being drawn, when it is one to be reordered
  std::size_t start = 0;
  for (const TextCache::Row& row : rows.rows) {
    const std::string_view line = text.substr(row.begin, row.end - row.begin);
    if (!draw::unseen({at.x0, y, right, y + line_h})) {
      if (!row.reordered && !found.empty()) {
        draw_found_row(ui, at.x0, y, text, row.begin, row.end, found);
      } else if (!row.reordered) {
        draw_row(ui, type, color, at.x0, y, line);
      } else {
        if (!paragraph || start != row.paragraph) {
          start = row.paragraph;
          paragraph.emplace(text.substr(start, text.find('\n', start) - start));
        }
        const std::string visual = paragraph->row(row.begin - start, row.end - start);
        const bool to_the_right = row.right_to_left && (is_wider || rows.rows.size() > 1);
        const float x = to_the_right ? right - editor::width_of(visual, 0, visual.size(), advance_of(ui, type)) : at.x0;
        draw_row(ui, type, color, x, y, visual);
      }
    }
    y += line_h;
  }
  Item item;
  item.role = role;
  item.name = text;
  item.live = role == Role::Status || role == Role::Alert || role == Role::Progress;
  item.rect = {at.x0, at.y0, right, y};
  draw::record(ui, std::move(item));
}

}  // namespace

void draw_text(Ui& ui, Type type, Color color, std::string_view text, Rect at, Role role) {
  draw_rows(ui, type, color, text, at, role, {});
}

void draw_found(Ui& ui, std::string_view text, Stretches found, Rect at) {
  draw_rows(ui, Type::Small, ui.c.ink2, text, at, Role::Text, found);
}

void text(Ui& ui, Type type, Color color, std::string_view words, Role role) { widget(ui, type, color, words, role, 0); }
void title(Ui& ui, std::string_view words) { widget(ui, Type::H1, ui.c.ink, words, Role::Heading, space::kXs); }
void heading(Ui& ui, std::string_view words) { widget(ui, Type::H3, ui.c.ink, words, Role::Heading, space::kXs); }
void label(Ui& ui, std::string_view words) { widget(ui, Type::BodyBold, ui.c.ink, words, Role::Label, space::kHair); }
void body(Ui& ui, std::string_view words) { widget(ui, Type::Body, ui.c.ink, words, Role::Text, space::kSm); }
void secondary(Ui& ui, std::string_view words) { widget(ui, Type::Body, ui.c.ink2, words, Role::Text, space::kXs); }
void small(Ui& ui, std::string_view words) { widget(ui, Type::Small, ui.c.ink2, words, Role::Text, space::kHair); }
void hint(Ui& ui, std::string_view words) { widget(ui, Type::Small, ui.c.ink3, words, Role::Hint, space::kXs); }
void pre(Ui& ui, std::string_view words) { widget(ui, Type::Note, ui.c.ink, words, Role::Text, space::kMd); }

namespace {

void with_icon(Ui& ui, Icon icon, Type type, Color icon_color, Color color, std::string_view words, Role role, float below) {
  const float side = ui.s(type == Type::Small ? 16 : 18), space = ui.s(space::kXs);
  const Size size = measure(ui, type, words, room(ui) - side - space);
  const Rect at = place(ui, {side + space + size.w, size.h});
  draw_icon(ui, icon, at.x0, at.y0 + std::round((ui.s(line_px(type)) - side) / 2), side, icon_color);
  draw_text(ui, type, color, words, {at.x0 + side + space, at.y0, at.x1, at.y1}, role);
  if (!ui.places.back().flow) gap(ui, below);
}

}  // namespace

void icon_text(Ui& ui, Icon icon, std::string_view words, Tone tone) {
  const Color color = tone == Tone::Neutral ? ui.c.ink2 : ui.c.tone(tone).text;
  with_icon(ui, icon, Type::Body, color, color, words, Role::Text, space::kXs);
}

void icon_fact(Ui& ui, Icon icon, std::string_view name, std::string_view words, Tone tone) {
  const Color color = ui.c.tone(tone).text;
  with_icon(ui, icon, Type::BodyBold, color, color, name, Role::Label, words.empty() ? space::kXs : 0);
  if (words.empty()) return;
  begin_indent(ui, 18 + space::kXs);
  widget(ui, Type::Body, ui.c.ink, words, Role::Text, space::kXs);
  end_indent(ui);
}

void status_line(Ui& ui, Icon icon, std::string_view words, Tone tone) {
  const Color color = tone == Tone::Neutral || tone == Tone::Ok ? ui.c.ink2 : ui.c.tone(tone).text;
  with_icon(ui, icon, Type::Small, tone == Tone::Neutral ? ui.c.ink2 : ui.c.tone(tone).text, color, words, Role::Status, space::kXs);
}

void progress_text(Ui& ui, std::string_view words) {
  with_icon(ui, Icon::Sync, Type::Body, ui.c.ink2, ui.c.ink2, words, Role::Progress, space::kXs);
}

void inline_error(Ui& ui, std::string_view words) {
  with_icon(ui, Icon::Warning, Type::BodyBold, ui.c.error, ui.c.error, words, Role::Alert, space::kXs);
}

void tag(Ui& ui, std::string_view words, Tone tone) {
  const ToneColors& colors = ui.c.tone(tone);
  const float pad_x = ui.s(8), pad_y = ui.s(2);
  const Size size = measure(ui, Type::SmallBold, words, room(ui) - 2 * pad_x);
  const Rect at = place(ui, {size.w + 2 * pad_x, size.h + 2 * pad_y});
  draw::fill(at, colors.back, ui.s(kTagRadius));
  if (ui.look == Look::HighContrast) draw::border(at, colors.text, ui.s(kTagRadius), 2);
  draw_text(ui, Type::SmallBold, colors.text, words, {at.x0 + pad_x, at.y0 + pad_y, at.x1 - pad_x, at.y1 - pad_y}, Role::Tag);
  if (!ui.places.back().flow) gap(ui, space::kXs);
}

void logo(Ui& ui) {
  const float side = ui.s(40);
  const Rect at = place(ui, {side, side});
  draw_icon(ui, Icon::Logo, at.x0, at.y0, side, ui.c.ink);
  gap(ui, space::kMd);
}

void empty_state(Ui& ui, Icon icon, std::string_view head, std::string_view words) {
  gap(ui, space::kXl);
  const float side = ui.s(40);
  const Rect at = place(ui, {side, side});
  draw_icon(ui, icon, at.x0, at.y0, side, ui.c.ink3);
  gap(ui, space::kMd);
  heading(ui, head);
  secondary(ui, words);
  gap(ui, space::kMd);
}

void info_panel(Ui& ui, std::string_view key, Tone tone, std::string_view head, std::string_view words) {
  begin_panel(ui, key, tone, head);
  const Color color = tone == Tone::Neutral ? ui.c.ink : ui.c.tone(tone).text;
  if (!head.empty()) widget(ui, Type::BodyBold, color, head, Role::Heading, words.empty() ? 0 : space::kHair);
  if (!words.empty()) widget(ui, Type::Body, ui.c.ink, words, Role::Text, 0);
  end_panel(ui);
}

void fact(Ui& ui, std::string_view name, std::string_view value) {
  const float column = ui.s(kFactColumn);
  if (room(ui) < column * 2.5f) {
    widget(ui, Type::SmallBold, ui.c.ink2, name, Role::Label, 0);
    widget(ui, Type::Body, ui.c.ink, value, Role::Text, space::kSm);
    return;
  }
  const Size left = measure(ui, Type::Body, name, column - ui.s(space::kMd));
  const Size right = measure(ui, Type::Body, value, room(ui) - column);
  const Rect at = place(ui, {room(ui), std::max(left.h, right.h)});
  draw_text(ui, Type::Body, ui.c.ink2, name, {at.x0, at.y0, at.x0 + left.w, at.y1}, Role::Label);
  draw_text(ui, Type::Body, ui.c.ink, value, {at.x0 + column, at.y0, at.x0 + column + right.w, at.y1});
  gap(ui, space::kXs);
}

}  // namespace doorstep::view
