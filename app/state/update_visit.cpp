#include <algorithm>

#include "app/state/turn.h"
#include "platform/base/limits.h"
#include "sync/model/visit.h"

namespace doorstep::state::updating {
namespace {

model::ChildPart part_for(const State& state, const model::Child& child) {
  model::ChildPart part;
  part.id = child.id;
  part.name = child.name;
  part.called = child.called;
  part.born = child.born;
  if (!child.born && child.expected) part.unborn = true;
  for (const auto& involvement : child.involvements)
    if (!involvement.ended) part.statuses.push_back(involvement.status);
  part.open_steps = open_steps_of(state, child);
  return part;
}

/// Takes what was typed into the editor of `key` over into the open visit; answers with what its place cannot hold, which is
/// half a date, or a number with words in it. Empty: the visit has no such place.
std::optional<std::string> typed_into_visit(Turn& turn, std::string_view key) {
  auto& state = turn.state;
  auto& visit = state.visit->visit;
  const auto set = [&](const Place& place, FieldValue value) { return set_field(turn.form(), visit, place, std::move(value)); };
  const auto held = [](bool set) { return set ? std::optional(std::string()) : std::nullopt; };
  if (key.ends_with(kUncovered)) {
    const auto place = Place::parse(key.substr(0, key.size() - kUncovered.size()));
    return held(place && set(*place, model::NotCovered{state.editors.typed(key)}));
  }
  const auto place = Place::parse(key);
  if (!place) return std::nullopt;
  if (const auto* text = state.editors.find_text(key)) {
    if (set(*place, text->text())) return std::string();
    auto words = text->text();
    const auto number = whole_number(words);
    if (!set(*place, number ? FieldValue(*number) : FieldValue{})) return std::nullopt;
    return number ? std::string() : words;
  }
  FieldValue value;
  const auto day = state.editors.typed_date(key);
  const auto time_key = std::string(key) + std::string(kTimePart);
  if (!state.editors.find_time(time_key)) {
    if (day.date) value = *day.date;
  } else if (const auto time = state.editors.typed_time(time_key); day.date && time.minute_of_day) {
    if (const auto at = rules::from_uk(*day.date, *time.minute_of_day)) value = local_rfc3339(*at);
  }
  if (!set(*place, value)) return std::nullopt;
  return std::holds_alternative<std::monostate>(value) ? state.editors.parts(key) : std::string();
}

bool is_urgent(const model::Visit& visit) { return std::any_of(visit.children.begin(), visit.children.end(), model::is_urgent); }

/// The place of the open visit that the editor of `key` is for holds words: of an answer, or of why it was not covered.
bool has_words(const Turn& turn, std::string_view key) {
  if (!turn.state.visit) return false;
  const bool is_why = key.ends_with(kUncovered);
  const auto place = Place::parse(is_why ? key.substr(0, key.size() - kUncovered.size()) : key);
  if (!place || turn.state.editors.find_date(key)) return false;
  const auto& visit = turn.state.visit->visit;
  if (!is_why && place->field.empty()) {
    const auto* question = turn.form().find(place->question);
    return question && rules::text_answer(*question, visit.facts, part_of(visit, place->child));
  }
  const auto value = get_field(turn.form(), visit, *place);
  if (is_why) return std::holds_alternative<model::NotCovered>(value);
  const auto* words = std::get_if<std::string>(&value);
  return words && !words->empty();
}

}  // namespace

std::int64_t version_of(const State& state, const Id& visit) {
  if (const auto newer = state.drafts.find(visit); newer != state.drafts.end()) return newer->second.version;
  const auto* stored = state.caseload->draft(visit);
  return stored ? stored->version : 0;
}

// The open visit ---------------------------------------------------------------------------------------------------------

void changed(Turn& turn) {
  auto& open = *turn.state.visit;
  ++open.edit;
  open.last_edit = turn.context.mono;
  if (!open.dirty_since) open.dirty_since = turn.context.mono;
  open.submit_error.clear();
}

void save_now(Turn& turn) {
  save_unfinished(turn);
  if (!turn.state.visit) return;
  auto& open = *turn.state.visit;
  if (open.edit == open.sent || open.submitting) return;
  open.sent = open.edit;
  open.dirty_since.reset();
  open.last_edit.reset();
  turn.state.drafts[open.visit.id] = {open.visit, open.based_on, open.edit};
  turn.effects.push_back(SaveDraft{open.visit, open.edit, is_urgent(open.visit), open.based_on});
}

void save_again(Turn& turn, bool all) {
  for (auto& [id, draft] : turn.state.drafts) {
    if (!draft.try_again || (!all && *draft.try_again > turn.context.mono)) continue;
    draft.try_again.reset();
    turn.effects.push_back(SaveDraft{draft.visit, draft.edit, is_urgent(draft.visit), draft.version});
  }
}

std::optional<Millis> save_deadline(const State& state) {
  std::optional<Millis> out;
  const auto consider = [&](const auto& what) {
    if (!what.last_edit || !what.dirty_since) return;
    const auto at = std::min(*what.last_edit + limits::kSaveAfterKey, *what.dirty_since + limits::kSaveWhileTyping);
    out = out ? std::min(*out, at) : at;
  };
  if (state.visit) consider(*state.visit);
  consider(state.unfinished);
  for (const auto& [id, draft] : state.drafts)
    if (draft.try_again) out = out ? std::min(*out, *draft.try_again) : *draft.try_again;
  return out;
}

void drop_visit_editors(State& state) {
  for (const auto prefix : {"visit/", "child/", "record/"}) state.editors.drop(prefix);
}

void close_visit(Turn& turn) {
  save_now(turn);
  turn.state.visit.reset();
  drop_visit_editors(turn.state);
  forget_left(turn);
}

bool open_visit(Turn& turn, const Id& id) {
  auto& state = turn.state;
  if (state.visit && state.visit->visit.id == id) return true;
  const auto* draft = draft_of(state, id);
  if (!draft) return false;
  const auto* stored = state.caseload->draft(id);
  if (stored && stored->submitting) return false;
  OpenVisit open;
  open.visit = *draft;
  open.based_on = version_of(state, id);
  if (stored) open.saved_at = stored->saved_at;
  if (const auto newer = state.drafts.find(id); newer != state.drafts.end() && newer->second.try_again) {
    newer->second.try_again.reset();
    open.edit = 1;
    open.dirty_since = open.last_edit = turn.context.mono;
  }
  close_visit(turn);
  state.visit = std::move(open);
  recall(state, id, {});
  state.visit->jotting_open = state.unfinished.words.count(id.str() + "/" + std::string(kJotting)) > 0;
  learn_visit_names(turn);
  return true;
}

void written_up(Turn& turn) {
  auto& facts = turn.state.visit->visit.facts;
  if (facts.recorded_at) return;
  facts.recorded_at = turn.context.wall;
  changed(turn);
}

// Starting a visit ---------------------------------------------------------------------------------------------------------

void start_visit(Turn& turn) {
  auto& state = turn.state;
  if (!state.starting) return;
  auto& starting = *state.starting;
  const auto& text = turn.text();
  const auto& form = turn.form();
  starting.problems.clear();
  const auto names = starting.elsewhere ? lines_of(state.editors.typed(kNewChildren)) : std::vector<std::string>{};
  const auto missing = [&](std::string_view at, const char* words) {
    starting.problems.push_back({std::string(at), Id(), text(words)});
  };
  if (starting.elsewhere) {
    if (lines_of(state.editors.typed(kNewFamily)).empty()) missing(kNewFamily, "start.problem.family_name");
    if (names.empty()) missing(kNewChildren, "start.problem.children");
  } else if (!starting.family) {
    missing(kStartFamily, "start.problem.family");
  } else if (starting.children.empty()) {
    missing(kStartChildren, "start.problem.children");
  }
  const auto type = model::from_code<model::VisitType>(starting.type);
  if (!type) missing(kStartType, "start.problem.type");
  if (!starting.problems.empty()) return focus_on(state, starting.problems.front().at);

  OpenVisit open;
  auto& visit = open.visit;
  visit.id = turn.context.new_id();
  visit.author = state.caseload->me.id;
  visit.versions = {model::kSchema, form.version, state.assets->rules.version, state.assets->rules.thresholds.key()};
  visit.facts.type = type;
  if (starting.elsewhere) {
    visit.family_name = lines_of(state.editors.typed(kNewFamily)).front();
    visit.address = state.editors.typed(kNewAddress);
    for (const auto& name : names) {
      auto& part = visit.children.emplace_back();
      part.id = turn.context.new_id();
      part.name = name;
    }
  } else {
    if (const auto* family = state.caseload->family(starting.family)) {
      visit.family = family->id;
      visit.family_name = family->name;
      visit.address = address_words(*family);
    }
    for (const auto& child : state.caseload->children)
      if (starting.children.count(child.id)) visit.children.push_back(part_for(state, child));
  }
  close_visit(turn);
  state.visit = std::move(open);
  learn_visit_names(turn);
  changed(turn);
  save_now(turn);
  const auto id = state.visit->visit.id;
  forget(turn, "start/");
  home(turn);
  push(turn, {ScreenKind::Record, id});
}

// Writing ------------------------------------------------------------------------------------------------------------------

void typed(Turn& turn, std::string_view key) {
  auto& state = turn.state;
  if (state.visit && state.visit->submitting) return;
  if (caption_typed(turn, key)) return;
  if (key == kMatchSearch) {  // kept nowhere: what is listed depends on it
    turn.seen = false;
    turn.found = true;
    return;
  }
  if (key.ends_with(kTimePart)) key.remove_suffix(kTimePart.size());
  const auto missing = [&] { return state.visit && state.visit->checked ? problems_of(state) : std::vector<rules::Problem>(); };
  const bool had_words = has_words(turn, key);
  const auto was_missing = missing();
  const auto rest = state.visit ? typed_into_visit(turn, key) : std::nullopt;
  const auto words = [&] { return state.editors.find_date(key) ? state.editors.parts(key) : state.editors.typed(key); };
  const bool held = hold(turn, key, rest ? *rest : words());
  // Only the editor shows the words themselves; everything else asks at most whether there are any, and what is missing.
  turn.seen = rest && !(had_words && has_words(turn, key) && missing() == was_missing);
  if (rest || (held && key == kJotting)) changed(turn);
}

void choose(Turn& turn, const FieldChosen& chosen) {
  auto& visit = turn.state.visit->visit;
  if (!set_field(turn.form(), visit, chosen.place, chosen.value)) return;
  const auto* question = turn.form().find(chosen.place.question);
  if (question->kind == rules::Kind::Risk && chosen.place.field == "threshold")
    if (auto* part = part_of(visit, chosen.place.child)) part->risk.threshold_set = turn.state.assets->rules.thresholds.key();
  forget(turn, chosen.place.key());  // "Now" and "Not covered" say something else than what was typed
  changed(turn);
  save_now(turn);
}

void record_call(Turn& turn, const RecordCall& said) {
  auto& state = turn.state;
  if (said.record) {
    // A submitted record: taken back, and submitted again with the call in it.
    const auto* item = state.caseload->record(said.record);
    if (!item || item->waiting) return;
    operate(turn, Withdraw{item->case_id, item->ref()});
    auto visit = model::visit_of(item->head().body, item->ref(), turn.context.new_id());
    auto* part = part_of(visit, said.child);
    if (!part) return;
    part->calls.push_back(call_now(state, *part, said.answered, turn.context.wall, turn.context.new_id()));
    turn.effects.push_back(SaveDraft{visit, 0, true, 0});
    operate(turn, Submit{std::move(visit), {}});
    return;
  }
  if (const auto* stored = state.caseload->draft(said.visit); stored && stored->submitting) {
    // Waiting to be sent: taken back, and submitted again with the call in it, under the same record ids.
    Submit again{stored->visit, {}, stored->version};
    auto* part = part_of(again.visit, said.child);
    if (!part) return;
    part->calls.push_back(call_now(state, *part, said.answered, turn.context.wall, turn.context.new_id()));
    for (const auto& item : state.caseload->records) {
      if (item.head().body.visit != said.visit || !item.waiting) continue;
      // One is enough: the store undoes the whole submission.
      if (again.record_ids.empty())
        operate(turn, Withdraw{item.case_id, item.ref()});
      again.record_ids.emplace(item.case_id, item.id());
    }
    turn.effects.push_back(SaveDraft{again.visit, 0, true, stored->version});
    operate(turn, std::move(again));
    return;
  }
  if (!state.visit || state.visit->visit.id != said.visit) {
    const auto* draft = draft_of(state, said.visit);
    if (!draft) return;
    auto visit = *draft;
    auto* part = part_of(visit, said.child);
    if (!part) return;
    part->calls.push_back(call_now(state, *part, said.answered, turn.context.wall, turn.context.new_id()));
    const auto version = version_of(state, visit.id);
    state.drafts[visit.id] = {visit, version};
    turn.effects.push_back(SaveDraft{std::move(visit), 0, true, version});
    return;
  }
  auto* part = part_of(state.visit->visit, said.child);
  if (!part) return;
  part->calls.push_back(call_now(state, *part, said.answered, turn.context.wall, turn.context.new_id()));
  changed(turn);
  save_now(turn);
}

void submit(Turn& turn) {
  auto& state = turn.state;
  auto& open = *state.visit;
  open.checked = true;
  if (open.submitting) return;
  if (state.attaching > 0) {
    open.submit_error = turn.text()("attach.wait");
    return;
  }
  written_up(turn);
  open.refused = problems_of(state);
  if (const bool is_missing = !open.refused.empty(); is_missing || !open.visit.conflicts.empty()) {
    save_now(turn);
    if (is_missing) focus_on(state, std::string(kProblems));
    return;
  }
  save_now(turn);
  Submit effect{open.visit, {}, open.based_on};
  for (const auto& part : open.visit.children)
    if (!part.revises && part.skip_reason.empty()) effect.record_ids.emplace(part.id, turn.context.new_id());
  open.submitting = true;
  open.submit_error.clear();
  operate(turn, std::move(effect));
}

void focus_on(State& state, std::string key) {
  if (key.empty()) return;
  state.focus = std::move(key);
  ++state.focus_number;
}

void focus_on(State& state, const Place& place) {
  focus_on(state, first_control(record_vm(state), place));
}

void go_to(Turn& turn, const Place& place) {
  auto& state = turn.state;
  state.visit->child = place.child;
  focus_on(state, place);
  while (state.screen() && state.screen()->kind != ScreenKind::Record && state.screens.size() > 1) pop(turn);
}

void go_to_problem(Turn& turn, std::size_t index) {
  const auto problems = problems_of(turn.state);
  if (index < problems.size()) go_to(turn, {problems[index].child, problems[index].question, problems[index].item, problems[index].field});
}

void rewrite(Turn& turn, const Id& record) {
  auto& state = turn.state;
  const auto* item = state.caseload->record(record);
  if (!item || item->head().body.author != state.caseload->me.id) return;
  if (item->head().revision.state != model::State::Returned && item->head().revision.state != model::State::Draft) return;
  for (const auto* draft : all_drafts(state))
    for (const auto& part : draft->children)
      if (part.revises && part.revises->record == record) {
        show(turn, {ScreenKind::Record, draft->id});
        return;
      }
  OpenVisit open;
  open.visit = model::visit_of(item->head().body, {record, item->head().revision.rev, item->head().revision.hash}, turn.context.new_id());
  if (open.visit.children.size() == 1) open.child = open.visit.children.front().id;
  close_visit(turn);
  state.visit = std::move(open);
  changed(turn);
  save_now(turn);
  push(turn, {ScreenKind::Record, state.visit->visit.id});
}

}  // namespace doorstep::state::updating
