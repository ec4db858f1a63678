#include <algorithm>

#include "app/state/turn.h"
#include "app/state/vm_parts.h"
#include "platform/base/limits.h"

namespace doorstep::state::updating {
namespace {

/// The marks a list question is about; nullptr when it is about anything else.
std::vector<model::Injury>* marks_of(Turn& turn, const Place& list) {
  const auto* question = turn.form().find(list.question);
  auto* part = question && question->kind == rules::Kind::Injuries ? part_of(turn.state.visit->visit, list.child) : nullptr;
  return part ? &part->injuries : nullptr;
}

auto find(std::vector<model::Injury>& marks, const Id& id) {
  return std::find_if(marks.begin(), marks.end(), [&](const auto& mark) { return mark.id == id; });
}

bool is_described(model::Injury mark) {
  mark.view.reset();
  mark.at.reset();
  model::Injury bare;
  bare.id = mark.id;
  return mark != bare;
}

void remember(Turn& turn, MarkStep step) {
  auto& steps = turn.state.visit->mark_steps;
  if (steps.size() == limits::kVisitUndo) steps.erase(steps.begin());
  steps.push_back(std::move(step));
}

void mark_changed(Turn& turn) {
  turn.state.visit->placing = Id();
  changed(turn);
  save_now(turn);
}

}  // namespace

void put_mark(Turn& turn, const PutMark& put) {
  if (!turn.state.visit || turn.state.visit->submitting) return;
  auto* marks = marks_of(turn, put.list);
  if (!marks) return;
  Place item = put.list;
  item.item = put.injury ? put.injury : turn.state.visit->placing;
  auto mark = find(*marks, item.item);
  if (mark == marks->end()) {
    item.item = turn.context.new_id();
    if (!add_item(turn.form(), turn.state.visit->visit, put.list, item.item, turn.context.wall)) return;
    mark = std::prev(marks->end());
    remember(turn, {item, std::nullopt, marks->size() - 1, false});
  } else {
    remember(turn, {item, *mark, static_cast<std::size_t>(mark - marks->begin()), false});
  }
  mark->view = put.view;
  mark->at = model::within_frame(put.at);
  mark_changed(turn);
  focus_on(turn.state, mark_key(item));
}

void place_next(Turn& turn, const Place& item) {
  if (marks_of(turn, item)) turn.state.visit->placing = item.item;
}

void choose_mark(Turn& turn, const Place& item) {
  if (!turn.state.visit) return;
  auto* marks = marks_of(turn, item);
  if (!marks) return;
  const auto mark = find(*marks, item.item);
  if (mark == marks->end()) return;
  auto& placing = turn.state.visit->placing;
  placing = placing == item.item ? Id() : item.item;
  if (placing) focus_on(turn.state, figure_key(item, mark->view.value_or(model::BodyView::Front)));
}

void keep_removed(Turn& turn, const Place& item) {
  auto* marks = marks_of(turn, item);
  if (!marks) return;
  const auto mark = find(*marks, item.item);
  if (mark != marks->end()) remember(turn, {item, *mark, static_cast<std::size_t>(mark - marks->begin()), true});
}

void undo_mark(Turn& turn, const Place& list) {
  if (!turn.state.visit || turn.state.visit->submitting) return;
  auto& steps = turn.state.visit->mark_steps;
  const auto found = std::find_if(steps.rbegin(), steps.rend(), [&](const MarkStep& step) {
    return step.item.child == list.child && step.item.question == list.question;
  });
  auto* marks = marks_of(turn, list);
  if (found == steps.rend() || !marks) return;
  const MarkStep step = *found;
  steps.erase(std::next(found).base());
  const auto mark = find(*marks, step.item.item);
  if (step.removed) {
    if (mark == marks->end()) {
      const auto at = std::min(step.index, marks->size());
      marks->insert(marks->begin() + static_cast<std::ptrdiff_t>(at), *step.before);
      (void)set_field(turn.form(), turn.state.visit->visit, list, {});  // "none" is not so any more
    }
  } else if (mark != marks->end()) {
    // Words that were written meanwhile stay: they have an undo of their own.
    if (!step.before && !is_described(*mark)) {
      marks->erase(mark);
    } else {
      mark->view = step.before ? step.before->view : std::nullopt;
      mark->at = step.before ? step.before->at : std::nullopt;
    }
  }
  const bool is_there = find(*marks, step.item.item) != marks->end();
  mark_changed(turn);
  focus_on(turn.state, is_there ? mark_key(step.item) : figure_key(list, model::BodyView::Front));
}

}  // namespace doorstep::state::updating
