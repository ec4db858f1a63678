#include <algorithm>

#include "app/state/time_words.h"
#include "app/state/turn.h"
#include "app/state/vm_parts.h"

namespace doorstep::state {

std::string taken_words(const Text& text, const model::VisitFacts& facts, const model::Jotting& jotting) {
  const auto time = clock_words(jotting.at);
  const bool during = facts.start && facts.start->at <= jotting.at && (!facts.end || jotting.at <= facts.end->at) &&
                      rules::uk_date(facts.start->at) == rules::uk_date(jotting.at);
  if (!during) return text("jottings.at", {{"day", weekday_words(text, rules::uk_date(jotting.at))}, {"time", time}});
  const auto place = facts.answers.find("place");
  const auto* code = place == facts.answers.end() ? nullptr : std::get_if<std::string>(&place->second);
  return text(code && *code == "HOME" ? "jottings.in_home" : "jottings.in_visit", {{"time", time}});
}

std::string put_words(const Text& text, const rules::Form& form, const std::vector<model::ChildPart>& children,
                      const model::Jotting& jotting) {
  std::string out;
  for (const auto& key : jotting.put_into) {
    const auto place = Place::parse(key);
    const auto* question = place ? form.find(place->question) : nullptr;
    if (!question) continue;
    const auto part = std::find_if(children.begin(), children.end(), [&](const auto& one) { return one.id == place->child; });
    if (place->child && part == children.end()) continue;
    auto words = rules::words(question->label, place->child ? &*part : nullptr);
    if (place->child && children.size() > 1) words = text("jottings.put.of", {{"what", words}, {"name", short_name(*part)}});
    out += (out.empty() ? "" : ", ") + words;
  }
  return out;
}

namespace updating {
namespace {

/// The field of the record screen whose editor has this key.
std::optional<FieldVm> field_shown(const State& state, const std::string& key) {
  const auto vm = record_vm(state);
  const auto in = [&](const std::vector<FieldVm>& fields) -> std::optional<FieldVm> {
    for (const auto& field : fields)
      if (field.key == key) return field;
    return std::nullopt;
  };
  for (const auto& section : vm.sections)
    for (const auto& block : section.blocks) {
      std::optional<FieldVm> found;
      if (const auto* field = std::get_if<FieldVm>(&block); field && field->key == key) found = *field;
      if (const auto* group = std::get_if<GroupVm>(&block)) found = in(group->fields);
      if (const auto* list = std::get_if<ListVm>(&block))
        for (const auto& item : list->items)
          if (!found) found = in(item.fields);
      if (found) return found;
    }
  return std::nullopt;
}

}  // namespace

void add_jotting(Turn& turn) {
  if (!turn.state.visit) return;
  auto words = turn.state.editors.typed(kJotting);
  if (lines_of(words).empty()) return;
  turn.state.visit->visit.jottings.push_back({turn.context.new_id(), turn.context.wall, std::move(words)});
  forget(turn, kJotting);
  changed(turn);
  save_now(turn);
}

void put_jotting(Turn& turn, const PutJotting& put) {
  auto& state = turn.state;
  if (!state.visit || state.visit->submitting) return;
  auto& jottings = state.visit->visit.jottings;
  const auto jotting = std::find_if(jottings.begin(), jottings.end(), [&](const auto& one) { return one.id == put.jotting; });
  const auto field = field_shown(state, put.key);
  if (jotting == jottings.end() || !field || field->put_here.label.empty()) return;
  const bool is_line = field->kind == FieldKind::Line;
  auto& text = state.editors.text(put.key, field->text, {.single_line = is_line, .secret = false, .max_bytes = field->max_bytes,
                                                          .spelling = !is_line && !field->verbatim});
  text.move_to(text.doc().end(), false);
  const auto* between = text.empty() ? "" : is_line ? " " : "\n";
  const auto entered = text.insert(between + jotting->text, editor::EditorState::How::Pasted, turn.context.mono);
  if (entered != editor::Entered::All) {
    state.visit->put_error = turn.text()("jottings.full");
    return;
  }
  auto& into = jotting->put_into;
  if (std::find(into.begin(), into.end(), put.key) == into.end()) into.push_back(put.key);
  state.visit->in_hand = Id();
  state.visit->put_error.clear();
  typed(turn, put.key);
  turn.seen = true;
  changed(turn);
  save_now(turn);
  focus_on(state, put.key);
}

}  // namespace updating
}  // namespace doorstep::state
