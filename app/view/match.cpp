#include "app/view/parts.h"

namespace doorstep::view {
namespace {

/// Those that are alike, apart from the others where there are both.
void draw_targets(Ui& ui, const state::MatchVm& vm, Intents& out) {
  const Question question{.label = vm.target_label, .hint = vm.target_hint};
  if (vm.alike == 0 || vm.alike == vm.targets.size()) return draw_choices(ui, "target", question, vm.targets, out);
  label(ui, vm.target_label);
  hint(ui, vm.target_hint);
  gap(ui, space::kSm);
  const auto others = vm.targets.begin() + static_cast<std::ptrdiff_t>(vm.alike);
  draw_choices(ui, "alike", {.label = vm.alike_heading}, {vm.targets.begin(), others}, out);
  draw_choices(ui, "others", {.label = vm.others_heading}, {others, vm.targets.end()}, out);
}

}  // namespace

void draw_match(Ui& ui, Rect where, const state::MatchVm& vm, Editors& editors, Intents& out) {
  begin_page(ui, "match", vm.title, where);
  block(ui, "head", vm, [&] {
    title(ui, vm.title);
    secondary(ui, vm.intro);
    gap(ui, space::kMd);
    draw_facts(ui, vm.facts);
    gap(ui, space::kLg);
  });
  block(ui, "search", vm.search_name, [&] { return editors.hash(state::kMatchSearch); }, [&] {
    if (search_field(ui, state::kMatchSearch, vm.search_name, editors.text(state::kMatchSearch, {}, {.single_line = true})).changed)
      out.push_back(state::FieldTyped{std::string(state::kMatchSearch)});
    gap(ui, space::kMd);
  });
  const auto shown = std::tie(vm.target_label, vm.target_hint, vm.targets, vm.alike, vm.alike_heading, vm.others_heading, vm.found_none);
  block(ui, "target", shown, [&] {
    if (vm.targets.empty()) {
      label(ui, vm.target_label);
      secondary(ui, vm.found_none.empty() ? vm.target_hint : vm.found_none);
    } else {
      draw_targets(ui, vm, out);
    }
  });
  gap(ui, space::kMd);
  if (!vm.targets.empty()) {
    secondary(ui, vm.none);
    gap(ui, space::kLg);
    begin_footer(ui);
    draw_action(ui, "match", vm.match, ButtonKind::Primary, out, Icon::People);
    if (!vm.why_not.empty()) small(ui, vm.why_not);
    end_footer(ui);
  }
  end_page(ui);
}

}  // namespace doorstep::view
