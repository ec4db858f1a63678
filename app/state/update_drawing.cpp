#include <algorithm>
#include <utility>

#include "app/state/turn.h"
#include "platform/base/limits.h"

namespace doorstep::state::updating {
namespace {

/// Whose strokes a sheet has; nullptr when there is no such sheet, or the visit is not to be changed.
model::ChildPart* part_at(Turn& turn, const Place& place) {
  if (!turn.state.visit || turn.state.visit->submitting) return nullptr;
  const auto* question = turn.form().find(place.question);
  return question && question->drawing != rules::Sheet::None ? part_of(turn.state.visit->visit, place.child) : nullptr;
}

/// As JSON, or a little more.
std::size_t bytes_of(const model::Stroke& stroke) { return 150 + stroke.page.size() + 28 * stroke.points.size(); }

/// Whether these fit on their sheet and into the draft.
bool is_room(const model::Visit& visit, const Place& question, const std::vector<model::Stroke>& more) {
  std::size_t sheet = 0, all = 0;
  for (const auto& part : visit.children)
    for (const auto& stroke : part.strokes) {
      all += bytes_of(stroke);
      if (part.id == question.child && stroke.page == question.question) sheet += bytes_of(stroke);
    }
  std::size_t added = 0;
  for (const auto& stroke : more) added += bytes_of(stroke);
  return sheet + added <= limits::kSheetBytes && all + added <= limits::kDrawingsBytes;
}

void drawn(Turn& turn) {
  changed(turn);
  save_now(turn);
}

}  // namespace

void add_stroke(Turn& turn, const AddStroke& add) {
  auto* part = part_at(turn, add.question);
  if (!part) return;
  auto& open = *turn.state.visit;
  const auto points = model::pen_stroke(add.way, limits::kStrokePoints);
  if (points.empty()) return;
  const auto ink = open.ink.empty() ? std::string(model::kInks[0]) : open.ink;
  model::Stroke stroke{turn.context.new_id(), add.question.question, points, model::kPenWidth, ink};
  if (!is_room(open.visit, add.question, {stroke})) {
    open.full.insert(add.question.key());
    return;
  }
  part->strokes.push_back(std::move(stroke));
  drawn(turn);
}

namespace {

/// Of this sheet; nullptr: there is none, or the visit is not to be changed.
Pen* pen_of(Turn& turn, const Place& question) {
  if (!part_at(turn, question)) return nullptr;
  Pen& pen = turn.state.visit->pen;
  if (pen.question != question) {
    lift_pen(turn);
    pen = {question, {0.5, 0.5}, {}};
  }
  return &pen;
}

}  // namespace

void move_pen(Turn& turn, const MovePen& move) {
  Pen* pen = pen_of(turn, move.question);
  if (!pen) return;
  pen->at = {std::clamp(pen->at.x + move.x, 0.0, 1.0), std::clamp(pen->at.y + move.y, 0.0, 1.0)};
  if (!pen->way.empty() && pen->way.size() < limits::kPenPoints) pen->way.push_back(pen->at);
}

void turn_pen(Turn& turn, const Place& question) {
  Pen* pen = pen_of(turn, question);
  if (!pen) return;
  if (pen->way.empty()) pen->way = {pen->at};
  else lift_pen(turn);
}

void lift_pen(Turn& turn) {
  if (!turn.state.visit) return;
  auto way = std::exchange(turn.state.visit->pen.way, {});
  if (!way.empty()) add_stroke(turn, {turn.state.visit->pen.question, std::move(way)});
}

void take_strokes(Turn& turn, const Place& question, bool all) {
  auto* part = part_at(turn, question);
  if (!part) return;
  const auto on_page = [&](const model::Stroke& stroke) { return stroke.page == question.question; };
  TakenStrokes taken{question, {}};
  if (all) {
    std::copy_if(part->strokes.begin(), part->strokes.end(), std::back_inserter(taken.strokes), on_page);
    std::erase_if(part->strokes, on_page);
  } else if (const auto last = std::find_if(part->strokes.rbegin(), part->strokes.rend(), on_page); last != part->strokes.rend()) {
    taken.strokes = {*last};
    part->strokes.erase(std::next(last).base());
  }
  if (taken.strokes.empty()) return;
  turn.state.visit->full.erase(question.key());
  auto& kept = turn.state.visit->taken;
  if (kept.size() == limits::kVisitUndo) kept.erase(kept.begin());
  kept.push_back(std::move(taken));
  drawn(turn);
}

void bring_back(Turn& turn, const Place& question) {
  auto* part = part_at(turn, question);
  if (!part) return;
  auto& open = *turn.state.visit;
  const auto last = std::find_if(open.taken.rbegin(), open.taken.rend(), [&](const auto& one) { return one.question == question; });
  if (last == open.taken.rend()) return;
  if (!is_room(open.visit, question, last->strokes)) {
    open.full.insert(question.key());
    return;
  }
  for (auto& stroke : last->strokes) part->strokes.push_back(std::move(stroke));
  open.taken.erase(std::next(last).base());
  drawn(turn);
}

}  // namespace doorstep::state::updating
