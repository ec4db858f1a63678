#include "app/view/parts.h"
#include "platform/base/limits.h"

namespace doorstep::view {

namespace {

void draw_head(Ui& ui, const state::ReadVm& vm) {
  draw_title(ui, vm.title, vm.tag);
  if (!vm.visited.empty()) icon_text(ui, Icon::Clock, vm.visited);
  if (!vm.notice.empty()) {
    gap(ui, space::kSm);
    info_panel(ui, "notice", Tone::Info, {}, vm.notice);
  }
  gap(ui, space::kMd);
  draw_facts(ui, vm.facts);
  draw_said(ui, "decision-", vm.decisions, Tone::Neutral);
}

void draw_receipt(Ui& ui, const state::ReadVm& vm, Intents& out) {
  gap(ui, space::kMd);
  begin_panel(ui, "receipt", tone_of(vm.receipt.mood), vm.receipt.words);
  body(ui, vm.receipt.words);
  draw_facts(ui, vm.receipt.details);
  draw_action(ui, "turn-receipt", vm.receipt.turn, ButtonKind::Quiet, out);
  end_panel(ui);
}

void draw_addenda(Ui& ui, const state::ReadVm& vm) {
  gap(ui, space::kLg);
  separator(ui);
  heading(ui, vm.addendum_heading);
  draw_said(ui, "addendum-", vm.addenda, Tone::Neutral);
}

void draw_addendum(Ui& ui, const state::ReadVm& vm, const state::NoteWordsVm& notes, Editors& editors, Intents& out) {
  gap(ui, space::kSm);
  draw_line(ui, state::kAddendumReason, {.label = vm.addendum_reason_label}, {}, limits::kShortTextBytes, notes, editors, out);
  gap(ui, space::kMd);
  draw_note(ui, state::kAddendumText, {.label = vm.addendum_text_label}, {}, limits::kNoteBytes, notes, editors, out);
  gap(ui, space::kMd);
  draw_action(ui, "add-addendum", vm.add_addendum, ButtonKind::Secondary, out, Icon::Plus);
}

}  // namespace

void draw_read(Ui& ui, Rect where, const state::ReadVm& vm, const state::NoteWordsVm& notes, Editors& editors, Intents& out) {
  begin_page(ui, "read", vm.title, where);
  block(ui, "head", std::tie(vm.title, vm.visited, vm.tag, vm.notice, vm.facts, vm.decisions), [&] { draw_head(ui, vm); });
  if (!vm.receipt.words.empty()) block(ui, "receipt", vm.receipt, [&] { draw_receipt(ui, vm, out); });
  draw_besides(ui, vm.beside, out);
  draw_blocks(ui, vm.blocks, out);
  draw_photos(ui, vm.photos, notes, editors, out);
  if (!vm.addendum_heading.empty()) block(ui, "addenda", std::tie(vm.addendum_heading, vm.addenda), [&] { draw_addenda(ui, vm); });
  if (!vm.add_addendum.label.empty())
    block(ui, "addendum", std::tie(vm.addendum_reason_label, vm.addendum_text_label, vm.add_addendum),
          [&] { return editors.hash("addendum/"); }, [&] { draw_addendum(ui, vm, notes, editors, out); });
  gap(ui, space::kLg);
  if (!vm.withdraw.label.empty() || !vm.rewrite.label.empty()) {
    begin_footer(ui);
    draw_action(ui, "rewrite", vm.rewrite, ButtonKind::Primary, out, Icon::Pencil);
    draw_action(ui, "withdraw", vm.withdraw, ButtonKind::Secondary, out, Icon::Undo);
    end_footer(ui);
  }
  end_page(ui);
}

}  // namespace doorstep::view
