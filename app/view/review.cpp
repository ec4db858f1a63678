#include "app/view/parts.h"
#include "platform/base/limits.h"

namespace doorstep::view {
namespace {

void draw_head(Ui& ui, const state::ReviewVm& vm, Intents& out) {
  draw_title(ui, vm.title, vm.tag);
  if (!vm.visited.empty()) icon_text(ui, Icon::Clock, vm.visited);
  if (!vm.stale.empty()) {
    gap(ui, space::kMd);
    begin_panel(ui, "stale", Tone::Warn, vm.stale);
    body(ui, vm.stale);
    draw_action(ui, "reload", vm.reload, ButtonKind::Primary, out, Icon::Sync);
    end_panel(ui);
  }
  draw_fact_block(ui, vm.summary_heading, vm.summary);
  gap(ui, space::kMd);
  draw_facts(ui, vm.facts);
}

void draw_changes_head(Ui& ui, const state::ReviewVm& vm, Intents& out) {
  gap(ui, space::kLg);
  heading(ui, vm.changes_heading);
  if (vm.change_tabs.size() > 1) {
    std::vector<std::string_view> labels(vm.change_tabs.begin(), vm.change_tabs.end());
    if (auto tab = tabs(ui, "changes", labels, vm.change_tab)) out.push_back(state::ShowChanges{*tab == 1});
  }
}

void draw_change(Ui& ui, const state::ReviewVm& vm, const std::string& key, const state::ChangeVm& change) {
  gap(ui, space::kSm);
  label(ui, change.place);
  gap(ui, space::kHair);
  draw_side_by_side(
      ui, [&] { draw_text_of(ui, key + "-before", vm.before_heading, change.before, Tone::Neutral); },
      [&] { draw_text_of(ui, key + "-after", vm.after_heading, change.after, Tone::Info); });
}

void draw_changes(Ui& ui, const state::ReviewVm& vm, Intents& out) {
  block(ui, "changes", std::tie(vm.changes_heading, vm.change_tabs, vm.change_tab), [&] { draw_changes_head(ui, vm, out); });
  if (vm.changes.empty()) secondary(ui, vm.changes_none);
  for (std::size_t i = 0; i < vm.changes.size(); ++i) {
    const std::string key = "change-" + std::to_string(i);
    block(ui, key, std::tie(vm.changes[i], vm.before_heading, vm.after_heading), [&] { draw_change(ui, vm, key, vm.changes[i]); });
  }
}

void draw_directed(Ui& ui, const state::ReviewVm& vm, const state::DateWordsVm& dates, const state::NoteWordsVm& notes, Editors& editors,
                   Intents& out) {
  label(ui, vm.directed_heading);
  hint(ui, vm.directed_hint);
  for (const auto& step : vm.directed) {
    Scope scope(ui, step.what_key);
    gap(ui, space::kXs);
    const bool is_whole = step.what_error.empty() && step.owner_error.empty() && step.due_error.empty();
    begin_panel(ui, "step", is_whole ? Tone::Neutral : Tone::Danger, step.title);
    label(ui, step.title);
    gap(ui, space::kXs);
    draw_line(ui, step.what_key, {.label = vm.what_label, .error = step.what_error}, {}, limits::kShortTextBytes, notes, editors, out);
    draw_line(ui, step.owner_key, {.label = vm.owner_label, .hint = vm.owner_hint, .error = step.owner_error}, {}, limits::kShortTextBytes,
              notes, editors, out);
    draw_date(ui, step.due_key, {.label = vm.due_label, .error = step.due_error}, std::nullopt, dates, editors, out);
    draw_action(ui, "remove", step.remove, ButtonKind::Quiet, out, Icon::Cross);
    end_panel(ui);
  }
  gap(ui, space::kXs);
  draw_action(ui, "add-step", vm.add_directed, ButtonKind::Secondary, out, Icon::Plus);
  gap(ui, space::kMd);
}

void draw_agreement(Ui& ui, const state::ReviewVm& vm, const state::NoteWordsVm& notes, Editors& editors, Intents& out) {
  gap(ui, space::kLg);
  separator(ui);
  gap(ui, space::kXs);
  heading(ui, vm.decide_heading);
  draw_problem_list(ui, "decision-problems", vm.problems_heading, vm.problems, out);
  gap(ui, space::kSm);
  draw_choices(ui, "agree", {.label = vm.agree_label}, vm.agree, out);
  if (!vm.disagree_label.empty()) {
    gap(ui, space::kMd);
    draw_note(ui, state::kDisagreeWhy, {.label = vm.disagree_label, .error = vm.disagree_error}, {}, limits::kNoteBytes, notes, editors,
              out, 2);
  }
  gap(ui, space::kMd);
}

void draw_rationale(Ui& ui, const state::ReviewVm& vm, const state::NoteWordsVm& notes, Editors& editors, Intents& out) {
  for (const auto& why : vm.why_rationale) icon_text(ui, Icon::Info, why, Tone::Info);
  draw_note(ui, state::kRationale, {.label = vm.rationale_label, .hint = vm.rationale_hint, .error = vm.rationale_error}, {},
            limits::kNoteBytes, notes, editors, out, 3);
  gap(ui, space::kMd);
  if (checkbox(ui, "in-person", vm.in_person_label, vm.in_person)) out.push_back(state::TurnInPerson{});
  gap(ui, space::kMd);
}

void draw_return(Ui& ui, const state::ReviewVm& vm, Intents& out) {
  gap(ui, space::kMd);
  draw_choices(ui, state::kReturnReason, {.label = vm.reason_label, .hint = vm.reason_hint, .error = vm.reason_error}, vm.reasons, out);
  gap(ui, space::kMd);
  secondary(ui, vm.approve_words);
}

void draw_decision(Ui& ui, const state::ReviewVm& vm, const state::DateWordsVm& dates, const state::NoteWordsVm& notes, Editors& editors,
                   Intents& out) {
  const auto typed = [&](std::string_view keys) { return [&editors, keys] { return editors.hash(keys); }; };
  block(ui, "agreement",
        std::tie(vm.decide_heading, vm.problems_heading, vm.problems, vm.agree_label, vm.agree, vm.disagree_label, vm.disagree_error),
        typed(state::kDisagreeWhy), [&] { draw_agreement(ui, vm, notes, editors, out); });
  block(ui, "why", std::tie(vm.why_rationale, vm.rationale_label, vm.rationale_hint, vm.rationale_error, vm.in_person_label, vm.in_person),
        typed(state::kRationale), [&] { draw_rationale(ui, vm, notes, editors, out); });
  block(ui, "directed",
        std::tie(vm.directed_heading, vm.directed_hint, vm.directed, vm.what_label, vm.owner_label, vm.owner_hint, vm.due_label,
                 vm.add_directed),
        typed(state::kDirected), [&] { draw_directed(ui, vm, dates, notes, editors, out); });
  block(ui, "next", std::tie(vm.next_visit_label, vm.next_visit_error), typed(state::kNextVisit), [&] {
    draw_date(ui, state::kNextVisit, {.label = vm.next_visit_label, .error = vm.next_visit_error}, std::nullopt, dates, editors, out);
  });
  block(ui, "return", std::tie(vm.reason_label, vm.reason_hint, vm.reason_error, vm.reasons, vm.approve_words),
        [&] { draw_return(ui, vm, out); });
}

}  // namespace

void draw_review(Ui& ui, Rect where, const state::ReviewVm& vm, const state::DateWordsVm& dates, const state::NoteWordsVm& notes,
                 Editors& editors, Intents& out) {
  begin_page(ui, "review", vm.title, where);
  block(ui, "head", std::tie(vm.title, vm.visited, vm.tag, vm.stale, vm.reload, vm.summary_heading, vm.summary, vm.facts),
        [&] { draw_head(ui, vm, out); });
  draw_changes(ui, vm, out);
  draw_besides(ui, vm.beside, out);
  draw_blocks(ui, vm.blocks, out);
  draw_photos(ui, vm.photos, notes, editors, out);
  if (!vm.own.empty()) {
    gap(ui, space::kLg);
    info_panel(ui, "own", Tone::Info, {}, vm.own);
    end_page(ui);
    return;
  }
  draw_decision(ui, vm, dates, notes, editors, out);
  gap(ui, space::kLg);
  begin_footer(ui);
  draw_action(ui, "approve", vm.approve, ButtonKind::Primary, out, Icon::Check);
  draw_action(ui, "return", vm.give_back, ButtonKind::Secondary, out, Icon::Undo);
  draw_footer_problem(ui, vm.problems_heading, vm.problems);
  end_footer(ui);
  end_page(ui);
}

}  // namespace doorstep::view
