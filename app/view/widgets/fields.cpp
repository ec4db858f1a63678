#include "app/view/widgets/fields.h"

#include <algorithm>
#include <array>

#include "app/view/widgets/note_editor.h"
#include "app/view/widgets/question.h"

namespace doorstep::view {

namespace {

FieldResult both(const FieldResult& a, const FieldResult& b) {
  return {a.changed || b.changed, a.entered || b.entered, a.left || b.left, a.focused || b.focused};
}

EditBox box_for(const Question& question) {
  EditBox box;
  box.name = question.label;
  box.description = description_of(question);
  box.disabled = question.disabled;
  box.invalid = !question.error.empty();
  return box;
}

struct Part {
  std::string key;
  std::string_view label;
  editor::EditorState& text;
  float width;
};

/// Boxes side by side, each below its own small label.
MomentResult parts(Ui& ui, std::string_view key, const Question& question, std::span<const Part> all, std::string_view now = {}) {
  MomentResult out;
  const QuestionScope scope(ui, key, question, Role::Group);
  begin_flow(ui, space::kMd);
  for (const Part& part : all) {
    const Size size = measure(ui, Type::Small, part.label, room(ui));
    const float width = std::max(ui.s(part.width), size.w), head = size.h + ui.s(space::kHair);
    const Rect at = place(ui, {width, head + ui.s(kControl)});
    draw_text(ui, Type::Small, ui.c.ink2, part.label, {at.x0, at.y0, at.x1, at.y0 + size.h}, Role::Label);
    ui.places.push_back({.x = at.x0, .y = at.y0 + head, .w = width, .bottom = at.y0});
    EditBox box = box_for(question);
    box.name = part.label;
    const std::string& own = part.key;
    if (&part == all.data() && ui.focus_key == std::string(key) + "/first") ui.focus_key = own;
    out.field = both(out.field, edit_box(ui, own, width, box, part.text));
    ui.places.pop_back();
  }
  if (!now.empty()) {
    const float head = ui.s(line_px(Type::Small)) + ui.s(space::kHair);
    const float width = measure(ui, Type::BodyBold, now, room(ui)).w + ui.s(2 * 20 + 20 + 10);  // as a button with an icon needs
    const Rect at = place(ui, {width, head + ui.s(kControl)});
    ui.places.push_back({.x = at.x0, .y = at.y0 + head, .w = width, .bottom = at.y0});
    out.now = button(ui, choice_key(key, "now"), now, ButtonKind::Secondary, {.icon = Icon::Clock, .disabled = question.disabled, .full_width = true});
    ui.places.pop_back();
  }
  end_flow(ui);
  return out;
}

}  // namespace

FieldResult text_field(Ui& ui, std::string_view key, const Question& question, editor::EditorState& text, const FieldOptions& options) {
  const QuestionScope scope(ui, key, question, Role::TextField);
  EditBox box = box_for(question);
  box.icon = options.icon;
  return edit_box(ui, key, options.width > 0 ? std::min(ui.s(options.width), room(ui)) : room(ui), box, text);
}

FieldResult search_field(Ui& ui, std::string_view key, std::string_view name, editor::EditorState& text) {
  EditBox box;
  box.name = name;
  box.icon = Icon::Search;
  label(ui, name);
  const FieldResult out = edit_box(ui, key, room(ui), box, text);
  gap(ui, space::kSm);
  return out;
}

FieldResult password_field(Ui& ui, std::string_view key, const Question& question, editor::EditorState& text, bool show) {
  const QuestionScope scope(ui, key, question, Role::Password);
  EditBox box = box_for(question);
  box.role = Role::Password;
  box.masked = !show;
  return edit_box(ui, key, room(ui), box, text);
}

FieldResult date_fields(Ui& ui, std::string_view key, const Question& question, DateEdit& edit, const DateWords& words) {
  const std::array<Part, 3> all{{{choice_key(key, "day"), words.day, edit.day, 64},
                                 {choice_key(key, "month"), words.month, edit.month, 64},
                                 {choice_key(key, "year"), words.year, edit.year, 96}}};
  return parts(ui, key, question, all).field;
}

FieldResult time_fields(Ui& ui, std::string_view key, const Question& question, TimeEdit& edit, const TimeWords& words) {
  const std::array<Part, 2> all{{{choice_key(key, "hour"), words.hour, edit.hour, 64}, {choice_key(key, "minute"), words.minute, edit.minute, 64}}};
  return parts(ui, key, question, all).field;
}

MomentResult moment_fields(Ui& ui, std::string_view key, const Question& question, DateEdit& date, TimeEdit& time, const DateWords& days,
                           const TimeWords& hours, std::string_view now) {
  const std::string of_day = choice_key(key, "time");
  const std::array<Part, 5> all{{{choice_key(key, "day"), days.day, date.day, 64},
                                 {choice_key(key, "month"), days.month, date.month, 64},
                                 {choice_key(key, "year"), days.year, date.year, 96},
                                 {choice_key(of_day, "hour"), hours.hour, time.hour, 64},
                                 {choice_key(of_day, "minute"), hours.minute, time.minute, 64}}};
  return parts(ui, key, question, all, now);
}

}  // namespace doorstep::view
