#include "app/view/parts.h"

namespace doorstep::view {

namespace {

/// What is to be known first, each line with the records it is from.
void draw_summary(Ui& ui, const state::ChildVm& vm, Intents& out) {
  if (vm.summary.empty()) return;
  gap(ui, space::kMd);
  begin_panel(ui, "summary", Tone::Neutral, vm.summary_heading);
  for (std::size_t i = 0; i < vm.summary.size(); ++i) {
    const auto& line = vm.summary[i];
    if (line.said.empty() || !line.value.empty()) fact(ui, line.name, line.value);
    else text(ui, Type::Body, ui.c.ink2, line.name, Role::Label);
    begin_indent(ui, room(ui) < ui.s(2.5f * kFactColumn) ? 0 : kFactColumn);
    for (const auto& said : line.said) {
      text(ui, Type::SmallBold, ui.c.ink2, said.name, Role::Label);
      body(ui, said.value);
    }
    draw_tag(ui, line.tag);
    if (!line.sources.empty()) gap(ui, -space::kSm);  // they go with the line above them
    for (std::size_t k = 0; k < line.sources.size(); ++k)
      if (link(ui, "source-" + std::to_string(i) + "-" + std::to_string(k), line.sources[k].label,
               line.name + ": " + line.sources[k].label))
        out.push_back(*line.sources[k].intent);
    end_indent(ui);
  }
  end_panel(ui);
  gap(ui, space::kXs);
  begin_flow(ui);
  for (std::size_t i = 0; i < vm.pages.size(); ++i)
    draw_action(ui, "page-" + std::to_string(i), vm.pages[i], ButtonKind::Secondary, out);
  end_flow(ui);
}

void draw_head(Ui& ui, const state::ChildVm& vm, Intents& out) {
  draw_title(ui, vm.title, vm.tag);
  if (!vm.provisional.empty()) secondary(ui, vm.provisional);
  draw_hazards(ui, vm.hazards_heading, vm.hazards);
  draw_summary(ui, vm, out);
  gap(ui, space::kLg);
  draw_facts(ui, vm.facts);
  draw_fact_block(ui, vm.involvement_heading, vm.involvement);
}

void draw_steps(Ui& ui, const state::ChildVm& vm) {
  gap(ui, space::kLg);
  heading(ui, vm.steps_heading);
  gap(ui, space::kXs);
  if (vm.steps.empty()) secondary(ui, vm.steps_none);
  for (std::size_t i = 0; i < vm.steps.size(); ++i) {
    const auto& step = vm.steps[i];
    begin_panel(ui, "step-" + std::to_string(i), Tone::Neutral, step.what);
    label(ui, step.what);
    icon_text(ui, Icon::Person, step.owner);
    icon_text(ui, Icon::Calendar, step.due);
    if (!step.note.empty()) secondary(ui, step.note);
    draw_tag(ui, step.tag);
    end_panel(ui);
    gap(ui, space::kXs);
  }
}

void draw_people(Ui& ui, const state::ChildVm& vm) {
  if (vm.people.empty()) return;
  gap(ui, space::kLg);
  heading(ui, vm.people_heading);
  gap(ui, space::kXs);
  for (const auto& person : vm.people) fact(ui, person.relationship, person.detail.empty() ? person.name : person.name + ". " + person.detail);
}

void draw_visits(Ui& ui, const state::ChildVm& vm, Intents& out) {
  gap(ui, space::kLg);
  heading(ui, vm.visits_heading);
  if (vm.visits.empty()) secondary(ui, vm.visits_none);
  for (const auto& visit : vm.visits)
    if (list_row(ui, "record-" + visit.record.str(), {.title = visit.title, .subtitle = visit.subtitle, .tag = visit.tag.words,
                                                      .tone = tone_of(visit.tag.mood), .leads = true}))
      out.push_back(state::Open{state::ScreenKind::ReadRecord, visit.record});
}

}  // namespace

void draw_child(Ui& ui, Rect where, const state::ChildVm& vm, Intents& out) {
  begin_page(ui, "child", vm.title, where);
  block(ui, "head", vm, [&] { draw_head(ui, vm, out); });
  block(ui, "steps", vm, [&] { draw_steps(ui, vm); });
  block(ui, "people", vm, [&] { draw_people(ui, vm); });
  block(ui, "visits", vm, [&] { draw_visits(ui, vm, out); });
  gap(ui, space::kLg);
  begin_footer(ui);
  draw_action(ui, "match", vm.match, ButtonKind::Primary, out, Icon::People);
  draw_action(ui, "start", vm.start_visit, vm.match.label.empty() ? ButtonKind::Primary : ButtonKind::Secondary, out, Icon::Home);
  for (std::size_t i = 0; i < vm.drafts.size(); ++i)
    draw_action(ui, "draft-" + std::to_string(i), vm.drafts[i], ButtonKind::Secondary, out, Icon::Pencil);
  end_footer(ui);
  end_page(ui);
}

}  // namespace doorstep::view
