#include "app/view/parts.h"

namespace doorstep::view {
namespace {

void draw_first(Ui& ui, const state::LeavingVm& vm, Intents& out) {
  if (vm.first.empty()) return;
  gap(ui, space::kMd);
  begin_panel(ui, "first", Tone::Warn, vm.first_heading);
  label(ui, vm.first_heading);
  begin_flow(ui, space::kMd);
  const auto child = [&](std::size_t i) { return std::get<state::GoToQuestion>(*vm.first[i].intent).place.child; };
  for (std::size_t i = 0; i < vm.first.size(); ++i) {
    if (i > 0 && child(i) != child(i - 1)) {  // a line for each child
      end_flow(ui);
      begin_flow(ui, space::kMd);
    }
    if (link(ui, "first/" + std::to_string(i), vm.first[i].label, vm.first[i].spoken)) out.push_back(*vm.first[i].intent);
  }
  end_flow(ui);
  end_panel(ui);
}

void draw_about(Ui& ui, const state::LeavingVm::AboutVm& about, Intents& out) {
  gap(ui, space::kLg);
  separator(ui);
  begin_flow(ui, space::kSm, line_px(Type::H3));
  heading(ui, about.name);
  push_right(ui, line_width(ui, Type::Small, about.count));
  small(ui, about.count);
  end_flow(ui);
  for (std::size_t i = 0; i < about.parts.size(); ++i) {
    const auto& part = about.parts[i];
    if (!part.title.empty()) {
      gap(ui, space::kSm);
      text(ui, Type::SmallBold, ui.c.ink2, part.title, Role::Label);
    }
    begin_flow(ui, space::kMd);
    for (std::size_t j = 0; j < part.questions.size(); ++j) {
      const auto& question = part.questions[j];
      const std::string key = about.key + "/" + std::to_string(i) + "/" + std::to_string(j);
      if (link(ui, key, question.label, question.spoken)) out.push_back(*question.intent);
    }
    end_flow(ui);
  }
}

}  // namespace

void draw_leaving(Ui& ui, Rect where, const state::LeavingVm& vm, Intents& out) {
  begin_page(ui, "leaving", vm.title, where);
  block(ui, "questions", vm, [&] {
    title(ui, vm.title);
    if (vm.done.empty()) secondary(ui, vm.intro);
    draw_first(ui, vm, out);
    for (const auto& about : vm.about) draw_about(ui, about, out);
    if (vm.done.empty()) return;
    gap(ui, space::kSm);
    icon_text(ui, Icon::Check, vm.done, Tone::Ok);
    secondary(ui, vm.done_body);
  });
  gap(ui, space::kLg);
  begin_footer(ui);
  draw_action(ui, "back", vm.back, ButtonKind::Primary, out, Icon::Back);
  draw_action(ui, "family-copy", vm.family_copy, ButtonKind::Secondary, out, Icon::People);
  end_footer(ui);
  end_page(ui);
}

}  // namespace doorstep::view
