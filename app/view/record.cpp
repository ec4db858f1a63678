#include <cmath>

#include "app/view/parts.h"
#include "app/view/widgets/draw.h"
#include "platform/base/limits.h"

namespace doorstep::view {
namespace {

constexpr float kDragAfter = 8;          ///< unscaled: who moved less has pressed
constexpr float kRoomBesideStrip = 240;  ///< unscaled: with less for the page, nobody could write
constexpr float kBetween = space::kMd;   ///< after a question, besides what it leaves below itself

/// What drawing a question needs besides the question.
struct Pen {
  Ui& ui;
  const state::DateWordsVm& dates;
  const state::NoteWordsVm& notes;
  Editors& editors;
  Intents& out;
  bool headed = false;  ///< the heading just above says the question's label: "What I saw"
};

Question question_of(const Pen& pen, const state::FieldVm& vm) {
  return {.label = vm.label, .hint = vm.hint, .error = vm.error, .headed = pen.headed};
}

void announce(Pen& pen, const FieldResult& result, const std::string& key) {
  if (result.changed) pen.out.push_back(state::FieldTyped{key});
  if (result.left) pen.out.push_back(state::FieldLeft{key});
}

void draw_options(Pen& pen, const state::FieldVm& vm) {
  std::vector<Choice> choices;
  std::vector<bool> on;
  std::optional<std::size_t> selected;
  for (std::size_t i = 0; i < vm.options.size(); ++i) {
    choices.push_back({vm.options[i].code, vm.options[i].label, vm.options[i].hint});
    on.push_back(vm.options[i].selected);
    if (vm.options[i].selected) selected = i;
  }
  bool multi = vm.kind == state::FieldKind::Multi;
  bool boxes = multi || choices.size() == 1;  // what is said or not is no choice between several
  auto chosen = boxes ? checkbox_tiles(pen.ui, vm.key, question_of(pen, vm), choices, on)
                      : radio_tiles(pen.ui, vm.key, question_of(pen, vm), choices, selected);
  if (!chosen) return;
  bool take_away = !multi && chosen == selected;  // pressing the chosen one again takes the answer away
  pen.out.push_back(state::FieldChosen{vm.place, take_away ? state::FieldValue() : vm.options[*chosen].value});
}

void draw_time(Pen& pen, const state::FieldVm& vm, const std::string& key, const Question& question) {
  announce(pen, time_fields(pen.ui, key, question, pen.editors.time(key, vm.minutes), {pen.dates.hour, pen.dates.minute}), vm.key);
}

void draw_moment(Pen& pen, const state::FieldVm& vm) {
  const auto result = moment_fields(pen.ui, vm.key, question_of(pen, vm), pen.editors.date(vm.key, vm.date), pen.editors.time(vm.key + "/time", vm.minutes),
                                    {pen.dates.day, pen.dates.month, pen.dates.year}, {pen.dates.hour, pen.dates.minute}, vm.now.label);
  announce(pen, result.field, vm.key);
  if (result.now && vm.now.intent) pen.out.push_back(*vm.now.intent);
}

/// The tap "Not covered", and why, where the type demands it.
void draw_not_covered(Pen& pen, const state::Place& place, const std::string& key, std::string_view label, bool on, std::string_view why_label,
                      std::string_view why) {
  if (label.empty()) return;
  gap(pen.ui, -space::kSm);  // it goes with the question above it
  if (checkbox(pen.ui, key + "/not-covered", label, on, false, true))
    pen.out.push_back(state::FieldChosen{place, on ? state::FieldValue() : state::FieldValue(model::NotCovered{})});
  if (on && !why_label.empty())
    draw_line(pen.ui, key + "/uncovered", {.label = why_label}, why, limits::kShortTextBytes, pen.notes, pen.editors, pen.out);
  else
    gap(pen.ui, space::kSm);
}

/// Where a dragged jotting may be let go: the whole of the question, from `top` to here.
void draw_put_here(Pen& pen, const state::FieldVm& vm, float top) {
  Ui& ui = pen.ui;
  if (vm.put_here.label.empty()) return;
  if (ui.dragged_from == 0) {
    draw_action(ui, vm.key + "/put-here", vm.put_here, ButtonKind::Secondary, pen.out, Icon::Down);
    gap(ui, space::kSm);
  }
  const Ui::Place& place = ui.places.back();
  const ImVec2 at = ImGui::GetIO().MousePos;
  const bool over = at.x >= place.x && at.x <= place.x + place.w && at.y >= top && at.y <= place.y &&
                    ImGui::GetCurrentWindow()->InnerClipRect.Contains(at);
  if (ui.dragged_from == 0 || !over) return;
  draw::border({place.x - ui.s(space::kXs), top - ui.s(space::kHair), place.x + place.w + ui.s(space::kXs), place.y}, ui.c.primary,
               ui.s(kRadius), ui.s(2));
  if (ImGui::GetIO().MouseReleased[0]) pen.out.push_back(*vm.put_here.intent);
}

void draw_field(Pen& pen, const state::FieldVm& vm) {
  using state::FieldKind;
  const float top = pen.ui.places.back().y;
  if (vm.is_not_covered) {
    if (!pen.headed) label(pen.ui, vm.label);
    if (!vm.error.empty()) inline_error(pen.ui, vm.error);
    gap(pen.ui, space::kSm);
  } else {
    switch (vm.kind) {
      case FieldKind::Choice:
      case FieldKind::Multi: draw_options(pen, vm); break;
      case FieldKind::Number:
      case FieldKind::Line: draw_line(pen.ui, vm.key, question_of(pen, vm), vm.text, vm.max_bytes, pen.notes, pen.editors, pen.out); break;
      case FieldKind::Note:
        draw_note(pen.ui, vm.key, question_of(pen, vm), vm.text, vm.max_bytes, pen.notes, pen.editors, pen.out, 4, !vm.verbatim);
        break;
      case FieldKind::Date: draw_date(pen.ui, vm.key, question_of(pen, vm), vm.date, pen.dates, pen.editors, pen.out); break;
      case FieldKind::Time: draw_time(pen, vm, vm.key, question_of(pen, vm)); break;
      case FieldKind::DateTime:
        draw_moment(pen, vm);
        break;
      case FieldKind::Scale:
        if (auto value = scale_tiles(pen.ui, vm.key, question_of(pen, vm), vm.scale, vm.low, vm.high))
          pen.out.push_back(
              state::FieldChosen{vm.place, value == vm.scale ? state::FieldValue() : state::FieldValue(static_cast<std::int64_t>(*value))});
        break;
    }
    draw_put_here(pen, vm, top);
    if (vm.sheet) draw_sheet(pen.ui, *vm.sheet, pen.out);
    if (vm.kind != FieldKind::DateTime) draw_action(pen.ui, vm.key + "/now", vm.now, ButtonKind::Secondary, pen.out, Icon::Clock);
  }
  draw_not_covered(pen, vm.place, vm.key, vm.not_covered, vm.is_not_covered, vm.why_label, vm.why);
  gap(pen.ui, kBetween);
}

void draw_item(Pen& pen, const state::ItemVm& item) {
  Ui& ui = pen.ui;
  Scope scope(ui, item.id.str());
  gap(ui, space::kXs);
  begin_panel(ui, "item", Tone::Neutral, item.title);
  if (!item.title.empty()) label(ui, item.title);
  if (!item.lead.empty()) body(ui, item.lead);
  if (!item.error.empty()) inline_error(ui, item.error);
  gap(ui, space::kXs);
  for (const auto& field : item.fields) draw_field(pen, field);
  begin_flow(ui);
  draw_action(ui, "place", item.place, ButtonKind::Secondary, pen.out, Icon::Pin);
  draw_action(ui, "remove", item.remove, ButtonKind::Quiet, pen.out, Icon::Cross);
  end_flow(ui);
  end_panel(ui);
}

/// Each of its elements is a block: one that is written in is drawn anew, and the others stand.
void draw_list(Pen& pen, const state::ListVm& vm) {
  Ui& ui = pen.ui;
  const auto typed = [&](const std::string& key) { return [&pen, key] { return pen.editors.hash(key); }; };
  block(ui, vm.key + "/head", std::tie(vm.key, vm.label, vm.hint, vm.error, vm.map, vm.known_label, vm.known), [&] {
    label(ui, vm.label);
    if (!vm.hint.empty()) hint(ui, vm.hint);
    if (!vm.error.empty()) inline_error(ui, vm.error);
    if (vm.map) draw_body_map(ui, *vm.map, pen.out);
    if (vm.known.empty()) return;
    gap(ui, space::kXs);
    draw_checkboxes(ui, vm.key + "/known", {.label = vm.known_label}, vm.known, pen.out);
  });
  for (const auto& item : vm.items) {
    const std::string key = vm.key + "/" + item.id.str();
    block(ui, key, item, typed(key), [&] { draw_item(pen, item); });
  }
  const auto foot = std::tie(vm.key, vm.place, vm.add, vm.all_not_discussed, vm.none, vm.is_none, vm.not_covered, vm.is_not_covered,
                             vm.why_label, vm.why);
  block(ui, vm.key + "/foot", foot, typed(vm.key + std::string(state::kUncovered)), [&] {
    gap(ui, space::kXs);
    begin_flow(ui);
    draw_action(ui, vm.key + "/add", vm.add, ButtonKind::Secondary, pen.out, Icon::Plus);
    draw_action(ui, vm.key + "/all-not-discussed", vm.all_not_discussed, ButtonKind::Secondary, pen.out);
    if (!vm.none.empty() && checkbox(ui, vm.key + "/none", vm.none, vm.is_none)) pen.out.push_back(state::NoneOf{vm.place});
    end_flow(ui);
    gap(ui, space::kLg);
    draw_not_covered(pen, vm.place, vm.key, vm.not_covered, vm.is_not_covered, vm.why_label, vm.why);
    gap(ui, kBetween);
  });
}

void draw_group(Pen& pen, const state::GroupVm& vm) {
  if (!vm.label.empty()) label(pen.ui, vm.label);
  if (!vm.hint.empty()) hint(pen.ui, vm.hint);
  if (!vm.error.empty()) inline_error(pen.ui, vm.error);
  for (const auto& field : vm.fields) draw_field(pen, field);
  if (vm.not_covered.empty()) return;
  gap(pen.ui, vm.is_not_covered ? space::kSm : -kBetween);
  draw_not_covered(pen, vm.place, vm.key, vm.not_covered, vm.is_not_covered, vm.why_label, vm.why);
  gap(pen.ui, kBetween);
}

void draw_second_worker(Pen& pen, const state::SecondWorkerVm& vm) {
  draw_checkboxes(pen.ui, vm.key, {.label = vm.label, .hint = vm.hint}, vm.workers, pen.out);  // at most one, and it can be taken away
  gap(pen.ui, kBetween);
}

/// A control that was pressed and moved away from is being dragged: whatever is in hand is dropped where it is let go.
void drag_out_of(Ui& ui, std::string_view key, const state::JottingVm& jotting, Intents& out) {
  const ImGuiID id = ImGui::GetCurrentWindow()->GetID(key.data(), key.data() + key.size());
  if (ui.dragged_from == id && !ImGui::GetIO().MouseDown[0]) {
    if (ImGui::GetCurrentContext()->ActiveId == id) ImGui::ClearActiveID();  // scrolled out of sight, it does not notice
    out.push_back(state::TakeJotting{});
  }
  if (ImGui::GetCurrentContext()->ActiveId != id || !ImGui::GetIO().MouseDown[0] || ui.dragged_from == id) return;
  const ImVec2 at = ImGui::GetIO().MousePos;
  if (std::hypot(at.x - ui.pressed_at.x0, at.y - ui.pressed_at.y0) <= ui.s(kDragAfter)) return;
  ui.dragged_from = ui.holding = id;
  if (!jotting.in_hand) out.push_back(state::TakeJotting{jotting.id});
}

void draw_jotting(Pen& pen, const state::JottingVm& jotting) {
  Ui& ui = pen.ui;
  Scope scope(ui, jotting.id.str());
  begin_panel(ui, "jotting", jotting.in_hand ? Tone::Info : Tone::Neutral, jotting.taken);
  small(ui, jotting.taken);
  pre(ui, jotting.words);
  if (!jotting.put.empty()) secondary(ui, jotting.put);
  gap(ui, space::kXs);
  draw_action(ui, "take", jotting.take, ButtonKind::Secondary, pen.out, Icon::Next);
  drag_out_of(ui, "take", jotting, pen.out);
  end_panel(ui);
}

void draw_jottings(Pen& pen, const state::RecordVm& vm) {
  if (vm.jottings_heading.empty()) return;
  separator(pen.ui);
  gap(pen.ui, space::kXs);
  heading(pen.ui, vm.jottings_heading);
  hint(pen.ui, vm.jottings_hint);
  gap(pen.ui, space::kXs);
  for (const auto& jotting : vm.jottings) draw_jotting(pen, jotting);
  gap(pen.ui, space::kLg);
}

/// In the footer: what stays in sight wherever the page is.
void draw_jotting_place(Pen& pen, const state::RecordVm& vm) {
  Ui& ui = pen.ui;
  if (!vm.put_error.empty()) inline_error(ui, vm.put_error);
  if (!vm.in_hand.empty()) {
    label(ui, vm.in_hand);
    hint(ui, vm.in_hand_hint);
    gap(ui, space::kXs);
  }
  if (!vm.jotting_open) return;
  draw_note(ui, state::kJotting, {.label = vm.jotting_label}, {}, limits::kNoteBytes, pen.notes, pen.editors, pen.out, 2);
}

void draw_discard(Pen& pen, const state::RecordVm& vm) {
  Ui& ui = pen.ui;
  if (vm.discard_question.empty()) return draw_action(ui, "discard", vm.discard, ButtonKind::Danger, pen.out, Icon::Cross);
  begin_panel(ui, "discard-question", Tone::Danger, vm.discard_question);
  label(ui, vm.discard_question);
  gap(ui, space::kXs);
  begin_flow(ui);
  draw_action(ui, "discard-no", vm.discard_no, ButtonKind::Secondary, pen.out);
  draw_action(ui, "discard-yes", vm.discard_yes, ButtonKind::Danger, pen.out);
  end_flow(ui);
  end_panel(ui);
}

void draw_head(Pen& pen, const state::RecordVm& vm) {
  Ui& ui = pen.ui;
  draw_title(ui, vm.title, vm.tag);
  begin_flow(ui, space::kLg);
  if (!vm.when.empty()) icon_text(ui, Icon::Clock, vm.when);
  if (!vm.where.empty()) icon_text(ui, Icon::Pin, vm.where);
  if (!vm.with.empty()) icon_text(ui, Icon::People, vm.with);
  end_flow(ui);
  draw_hazards(ui, {}, vm.hazards);
  gap(ui, space::kMd);
  draw_calls_below_line(ui, vm.calls, pen.out);
  if (!vm.conflict.empty()) {
    begin_panel(ui, "conflict", Tone::Warn, vm.conflict);
    body(ui, vm.conflict);
    draw_action(ui, "settle", vm.settle, ButtonKind::Secondary, pen.out);
    end_panel(ui);
    gap(ui, space::kXs);
  }
  const auto warn = [&](std::string_view key, std::string_view words) {
    if (words.empty()) return;
    info_panel(ui, key, Tone::Warn, {}, words);
    gap(ui, space::kMd);
  };
  warn("returned", vm.returned_why);
  warn("came-back", vm.came_back);
  if (vm.submitted_already.empty()) return;
  begin_panel(ui, "submitted-already", Tone::Warn, vm.submitted_already);
  body(ui, vm.submitted_already);
  gap(ui, space::kXs);
  begin_flow(ui);
  for (std::size_t i = 0; i < vm.open_submitted.size(); ++i)
    draw_action(ui, "open-submitted-" + std::to_string(i), vm.open_submitted[i], ButtonKind::Secondary, pen.out);
  if (vm.discard_question.empty()) draw_discard(pen, vm);
  end_flow(ui);
  if (!vm.discard_question.empty()) draw_discard(pen, vm);
  end_panel(ui);
  gap(ui, space::kMd);
}

void draw_tabs(Pen& pen, const state::RecordVm& vm) {
  std::vector<std::string_view> labels;
  for (const auto& tab : vm.tabs) labels.push_back(tab.label);
  if (auto tab = tabs(pen.ui, "parts", labels, vm.tab)) pen.out.push_back(state::ShowChild{vm.tabs[*tab].child});
  gap(pen.ui, space::kLg);
}

void draw_refused(Pen& pen, const state::RefusedVm& vm) {
  begin_panel(pen.ui, state::kProblems, Tone::Danger, vm.heading);
  text(pen.ui, Type::H3, pen.ui.c.danger.text, vm.heading, Role::Alert);
  gap(pen.ui, space::kXs);
  draw_lines(pen.ui, state::kProblems, vm.problems, pen.out);
  if (vm.more.intent) draw_action(pen.ui, "problems/more", vm.more, ButtonKind::Quiet, pen.out);
  end_panel(pen.ui);
  gap(pen.ui, space::kMd);
}

void draw_section_title(Ui& ui, std::string_view title) {
  gap(ui, space::kXs);
  heading(ui, title);
  gap(ui, space::kMd);
}

void draw_rest(Pen& pen, const state::RestVm& vm) {
  begin_flow(pen.ui);
  for (std::size_t i = 0; i < vm.actions.size(); ++i)
    draw_action(pen.ui, vm.key + "/" + std::to_string(i), vm.actions[i], ButtonKind::Secondary, pen.out);
  end_flow(pen.ui);
  gap(pen.ui, space::kLg);
}

void draw_block(Pen& pen, const state::BlockVm& block) {
  if (auto* field = std::get_if<state::FieldVm>(&block)) draw_field(pen, *field);
  else if (auto* second = std::get_if<state::SecondWorkerVm>(&block)) draw_second_worker(pen, *second);
  else if (auto* rest = std::get_if<state::RestVm>(&block)) draw_rest(pen, *rest);
  else draw_group(pen, std::get<state::GroupVm>(block));
}

}  // namespace

void draw_record(Ui& ui, Rect where, const state::RecordVm& vm, const state::SavedVm& saved, const state::DateWordsVm& dates,
                 const state::NoteWordsVm& notes, Editors& editors, Intents& out) {
  Pen pen{ui, dates, notes, editors, out};
  draw_call_line(ui, where, vm.calls, out);
  const auto has_room = [&] { return where.h() >= ui.s(kRoomBesideStrip); };
  const bool failure_above = saved.failed && has_room();
  if (failure_above) draw_notice_strip(ui, where, "not-saved", Tone::Danger, saved.words);
  if (ui.is_short() && has_room()) draw_notice_strip(ui, where, "in-hand", Tone::Info, vm.in_hand.empty() ? std::string() : vm.in_hand + "\n" + vm.in_hand_hint);  // the footer is out of sight
  begin_page(ui, "record", vm.title, where);
  block(ui, "head", std::tie(vm.title, vm.tag, vm.when, vm.where, vm.with, vm.hazards, vm.calls, vm.conflict, vm.settle, vm.returned_why,
                             vm.came_back, vm.submitted_already, vm.open_submitted, vm.discard, vm.discard_question),
        [&] { draw_head(pen, vm); });
  if (vm.tabs.size() > 1) block(ui, "tabs", std::tie(vm.tabs, vm.tab), [&] { draw_tabs(pen, vm); });
  if (!vm.refused.heading.empty()) block(ui, "refused", vm.refused, [&] { draw_refused(pen, vm.refused); });
  for (std::size_t i = 0; i < vm.sections.size(); ++i) {
    const auto& section = vm.sections[i];
    const bool said_by_tab = i == 0 && vm.tabs.size() > 1 && vm.tabs[vm.tab].name == section.title;
    if (i > 0) separator(ui);
    if (!said_by_tab) block(ui, section.id, section.title, [&] { draw_section_title(ui, section.title); });
    for (const auto& each : section.blocks) {
      const std::string& key = std::visit([](const auto& one) -> const std::string& { return one.key; }, each);
      const auto* field = std::get_if<state::FieldVm>(&each);
      pen.headed = !said_by_tab && &each == section.blocks.data() && field && field->label == section.title;
      if (const auto* list = std::get_if<state::ListVm>(&each)) draw_list(pen, *list);
      else block(ui, key, std::tie(each, pen.headed), [&] { return editors.hash(key); }, [&] { draw_block(pen, each); });
    }
  }
  draw_photos(ui, vm.photos, notes, editors, out);
  block(ui, "jottings", std::tie(vm.jottings_heading, vm.jottings_hint, vm.jottings), [&] { draw_jottings(pen, vm); });
  if (vm.submitted_already.empty())
    block(ui, "discarding", std::tie(vm.discard, vm.discard_question, vm.discard_no, vm.discard_yes), [&] {
      separator(ui);
      draw_discard(pen, vm);
    });
  gap(ui, space::kLg);
  begin_footer(ui);
  if (vm.jotting_open || !vm.in_hand.empty()) {
    end_flow(ui);
    draw_jotting_place(pen, vm);
    begin_flow(ui, space::kSm, kControl);
  }
  if (vm.jotting_open) draw_action(ui, "add-jotting", vm.add_jotting, ButtonKind::Primary, out, Icon::Plus);
  else draw_action(ui, "check", vm.check, ButtonKind::Primary, out, Icon::Check);
  draw_action(ui, "jot", vm.jot, ButtonKind::Secondary, out, Icon::Pencil);
  if (vm.jotting_open) draw_action(ui, "check", vm.check, ButtonKind::Secondary, out, Icon::Check);
  else draw_action(ui, "leaving", vm.leaving, ButtonKind::Quiet, out);
  draw_action(ui, "put-down", vm.put_down, ButtonKind::Quiet, out, Icon::Cross);
  if (!saved.words.empty() && !failure_above) {
    push_right(ui, line_width(ui, Type::Small, saved.words) + ui.s(16 + space::kXs));
    status_line(ui, saved.failed ? Icon::Warning : saved.saving ? Icon::Sync : Icon::Check, saved.words,
                saved.failed ? Tone::Danger : saved.saving ? Tone::Neutral : Tone::Ok);
  }
  end_footer(ui);
  end_page(ui);
}

}  // namespace doorstep::view
