#include "app/view/widgets/fields.h"

#include <algorithm>
#include <array>

#include "app/view/widgets/note_editor.h"
#include "app/view/widgets/question.h"

namespace doorstep::view {

namespace {

FieldResult both(const FieldResult& a, const FieldResult& b) {
  return {a.changed || b.changed, a.too_long || b.too_long, a.entered || b.entered, a.left || b.left, a.focused || b.focused};
}

EditBox box_for(const Question& question) {
  EditBox box;
  box.name = question.label;
  box.disabled = question.disabled;
  box.invalid = !question.error.empty();
  return box;
}

struct Part {
  std::string_view key, label;
  editor::EditorState& text;
  float width;
};

/// Boxes side by side, each below its own small label.
FieldResult parts(Ui& ui, std::string_view key, const Question& question, std::span<const Part> all) {
  FieldResult out;
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
    const std::string own = choice_key(key, part.key);
    if (&part == all.data() && ui.focus_key == std::string(key) + "/first") ui.focus_key = own;
    out = both(out, edit_box(ui, own, width, box, part.text));
    ui.places.pop_back();
  }
  end_flow(ui);
  return out;
}

}  // namespace

FieldResult text_field(Ui& ui, std::string_view key, const Question& question, editor::EditorState& text, const FieldOptions& options) {
  const QuestionScope scope(ui, key, question, Role::TextField);
  EditBox box = box_for(question);
  box.placeholder = options.placeholder;
  box.icon = options.icon;
  return edit_box(ui, key, options.width > 0 ? std::min(ui.s(options.width), room(ui)) : room(ui), box, text);
}

FieldResult search_field(Ui& ui, std::string_view key, std::string_view name, editor::EditorState& text) {
  EditBox box;
  box.name = name;
  box.placeholder = name;
  box.icon = Icon::Search;
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
  const std::array<Part, 3> all{{{"day", words.day, edit.day, 64}, {"month", words.month, edit.month, 64}, {"year", words.year, edit.year, 96}}};
  return parts(ui, key, question, all);
}

FieldResult time_fields(Ui& ui, std::string_view key, const Question& question, TimeEdit& edit, const TimeWords& words) {
  const std::array<Part, 2> all{{{"hour", words.hour, edit.hour, 64}, {"minute", words.minute, edit.minute, 64}}};
  return parts(ui, key, question, all);
}

}  // namespace doorstep::view
