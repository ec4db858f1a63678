#include <algorithm>

#include "app/state/turn.h"

namespace doorstep::state::updating {
namespace {

struct Owner {
  Id id;       ///< of the visit or record; nil: neither
  Id case_id;  ///< nil: of no case, or of the author's own
};

constexpr std::string_view kAlert = "alert/";

Id alert_of(std::string_view key) {
  const auto rest = key.substr(kAlert.size());
  return Id::parse(rest.substr(0, rest.find('/'))).value_or(Id());
}

/// Whose words those of an editor are. Empty: nobody's, as of a search or a passphrase.
std::optional<Owner> owner_of(const State& state, std::string_view key) {
  if (!state.caseload) return std::nullopt;
  const auto of_record = [&](const Id& record) -> std::optional<Owner> {
    const auto* item = state.caseload->record(record);
    return item ? std::optional(Owner{record, item->case_id}) : std::nullopt;
  };
  if (key.starts_with("visit/") || key.starts_with("child/") || key == kJotting)
    return state.visit ? std::optional(Owner{state.visit->visit.id, {}}) : std::nullopt;
  if (key.starts_with("review/")) return state.reviewing ? of_record(state.reviewing->read.record) : std::nullopt;
  if (key.starts_with("addendum/")) return state.screen() ? of_record(state.screen()->id) : std::nullopt;
  if (key.starts_with(kAlert)) {
    const auto alert = open_alert(state, alert_of(key));
    return alert ? std::optional(Owner{Id(), alert->record->case_id}) : std::nullopt;
  }
  if (key.starts_with("start/")) return Owner{};
  return std::nullopt;
}

std::string full_key(const Id& owner, std::string_view key) { return owner.str() + "/" + std::string(key); }
const auto kIdLength = Id().str().size();

void put(Turn& turn, const std::string& key, const Id& case_id, std::string words) {
  auto& unfinished = turn.state.unfinished;
  if (words.empty()) unfinished.words.erase(key);
  else unfinished.words[key] = std::move(words);
  unfinished.dirty[key] = case_id;
  unfinished.last_edit = turn.context.mono;
  if (!unfinished.dirty_since) unfinished.dirty_since = turn.context.mono;
}

void remove_from(Turn& turn, const std::string& prefix) {
  std::vector<std::string> keys;
  for (auto at = turn.state.unfinished.words.lower_bound(prefix);
       at != turn.state.unfinished.words.end() && at->first.starts_with(prefix); ++at)
    keys.push_back(at->first);
  for (const auto& key : keys) put(turn, key, {}, {});
}

}  // namespace

bool hold(Turn& turn, std::string_view key, std::string words) {
  const auto owner = owner_of(turn.state, key);
  if (!owner) return false;
  const auto full = full_key(owner->id, key);
  const auto held = turn.state.unfinished.words.find(full);
  if (held == turn.state.unfinished.words.end() ? words.empty() : held->second == words) return false;
  put(turn, full, owner->case_id, std::move(words));
  return true;
}

void hold_for(Turn& turn, const Id& owner, const Id& case_id, std::string_view key, std::string words) {
  put(turn, full_key(owner, key), case_id, std::move(words));
}

void forget(Turn& turn, std::string_view prefix) {
  if (const auto owner = owner_of(turn.state, prefix)) remove_from(turn, full_key(owner->id, prefix));
  turn.state.editors.drop(prefix);
}

void forget_all(Turn& turn, const Id& owner) { remove_from(turn, full_key(owner, {})); }

void recall(State& state, const Id& owner, std::string_view prefix) {
  const auto from = full_key(owner, prefix);
  for (auto at = state.unfinished.words.lower_bound(from); at != state.unfinished.words.end() && at->first.starts_with(from); ++at)
    state.editors.recall(std::string_view(at->first).substr(kIdLength + 1), at->second);
}

std::vector<Id> held_ids(const State& state, const Id& owner, std::string_view prefix) {
  std::vector<Id> out;
  const auto from = full_key(owner, prefix);
  for (auto at = state.unfinished.words.lower_bound(from); at != state.unfinished.words.end() && at->first.starts_with(from); ++at)
    if (const auto id = Id::parse(std::string_view(at->first).substr(from.size(), kIdLength)); id && (out.empty() || out.back() != *id))
      out.push_back(*id);
  return out;
}

void forget_strays(Turn& turn) {
  const auto& state = turn.state;
  if (!state.caseload->whole) return;
  std::vector<std::string> strays;
  for (const auto& [key, words] : state.unfinished.words) {
    const auto owner = Id::parse(std::string_view(key).substr(0, kIdLength)).value_or(Id());
    const auto of = std::string_view(key).substr(std::min(kIdLength + 1, key.size()));
    const bool here = !owner.nil() ? draft_of(state, owner) || state.caseload->record(owner)
                                   : !of.starts_with(kAlert) || open_alert(state, alert_of(of)).has_value();
    if (!here) strays.push_back(key);
  }
  for (const auto& key : strays) put(turn, key, {}, {});
}

void save_unfinished(Turn& turn) {
  auto& unfinished = turn.state.unfinished;
  unfinished.dirty_since.reset();
  unfinished.last_edit.reset();
  if (unfinished.dirty.empty()) return;
  SaveUnfinished effect;
  for (const auto& [key, case_id] : unfinished.dirty) {
    const auto words = unfinished.words.find(key);
    effect.words.push_back({key, case_id, words == unfinished.words.end() ? std::string() : words->second});
  }
  unfinished.dirty.clear();
  turn.effects.push_back(std::move(effect));
}

}  // namespace doorstep::state::updating

namespace doorstep::state {

std::string held_words(const State& state, const Id& owner, std::string_view key) {
  const auto held = state.unfinished.words.find(updating::full_key(owner, key));
  return held == state.unfinished.words.end() ? std::string() : held->second;
}

}  // namespace doorstep::state
