#include "app/view/parts.h"

namespace doorstep::view {
namespace {

void draw_entry(Ui& ui, const state::ChronologyVm::EntryVm& entry, Intents& out) {
  if (list_row(ui, entry.key, {.title = entry.title, .subtitle = entry.detail, .trailing = entry.day, .tag = entry.tag.words,
                               .tone = tone_of(entry.tag.mood), .leads = entry.open.has_value(), .plain = !entry.open}))
    out.push_back(*entry.open);
}

void draw_visit(Ui& ui, const state::OwnWordsVm::VisitVm& visit, Intents& out) {
  gap(ui, space::kMd);
  separator(ui);
  heading(ui, visit.heading);
  hint(ui, visit.detail);
  for (const auto& said : visit.said) {
    gap(ui, space::kSm);
    text(ui, Type::SmallBold, ui.c.ink2, said.name, Role::Label);
    pre(ui, said.value);
  }
  draw_action(ui, "source-" + visit.key, visit.source, ButtonKind::Quiet, out, Icon::Next);
}

}  // namespace

void draw_chronology(Ui& ui, Rect where, const state::ChronologyVm& vm, Intents& out) {
  begin_page(ui, "chronology", vm.title, where);
  block(ui, "entries", vm, [&] {
    title(ui, vm.title);
    secondary(ui, vm.entries.empty() ? vm.none : vm.intro);
    gap(ui, space::kXs);
    for (const auto& entry : vm.entries) draw_entry(ui, entry, out);
  });
  gap(ui, space::kLg);
  end_page(ui);
}

void draw_own_words(Ui& ui, Rect where, const state::OwnWordsVm& vm, Intents& out) {
  begin_page(ui, "own-words", vm.title, where);
  block(ui, "visits", vm, [&] {
    title(ui, vm.title);
    secondary(ui, vm.visits.empty() ? vm.none : vm.intro);
    if (!vm.visits.empty()) body(ui, vm.care);
    for (const auto& visit : vm.visits) draw_visit(ui, visit, out);
  });
  gap(ui, space::kLg);
  end_page(ui);
}

}  // namespace doorstep::view
