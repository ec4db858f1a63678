#include <algorithm>
#include <tuple>

#include "app/state/turn.h"
#include "platform/base/limits.h"

namespace doorstep::state::updating {
namespace {

using editor::Verdict;

constexpr std::size_t kShortestPart = 3;  ///< letters of a part of a hyphenated word that is a name by itself

bool is_one(const State& state, std::string_view folded) {
  const auto& names = state.spelling.names;
  if (names.count(folded) > 0) return true;
  // "Okafor's", "the Okafors", "the Okafors'"; a final apostrophe belongs to no word
  if (!folded.ends_with('s')) return false;
  folded.remove_suffix(1);
  if (names.count(folded) > 0) return true;
  if (!folded.ends_with('\'')) return false;
  folded.remove_suffix(1);
  return names.count(folded) > 0;
}

bool is_name(const State& state, std::string_view word) {
  const std::string folded = editor::fold(word);
  if (is_one(state, folded)) return true;
  for (std::size_t from = 0, end; from < folded.size() && folded.find('-') != std::string::npos; from = end + 1) {
    end = std::min(folded.find('-', from), folded.size());
    if (end - from >= kShortestPart && is_one(state, std::string_view(folded).substr(from, end - from))) return true;
  }
  return false;
}

bool is_left(const State& state, std::string_view word) {
  const auto& left = state.spelling.left;
  return std::find(left.begin(), left.end(), editor::fold(word)) != left.end();
}

/// Words of a name or an address. True: there was a new one.
bool learn(State& state, std::string_view text) {
  bool is_new = false;
  for (const auto& word : editor::tokens(text)) {
    const auto folded = editor::fold(text.substr(word.begin, word.end - word.begin));
    is_new = state.spelling.names.insert(folded).second || is_new;
    for (std::size_t from = 0, end; from < folded.size(); from = end + 1) {  // "Smith-Jones" is also called Smith
      end = std::min(folded.find('-', from), folded.size());
      if (end - from >= kShortestPart) is_new = state.spelling.names.insert(folded.substr(from, end - from)).second || is_new;
    }
  }
  return is_new;
}

void judge_again(Turn& turn) {
  for (auto& [word, verdict] : turn.state.spelling.words)
    if (is_left(turn.state, word) || is_name(turn.state, word)) verdict = Verdict::Right;
  turn.state.editors.forget_spelling();
  turn.seen = true;
}

}  // namespace

void learn_names(Turn& turn, const Caseload* before) {
  auto& state = turn.state;
  const Caseload& now = *state.caseload;
  const auto people = [](const Caseload& of) { return std::tie(of.me, of.workers, of.families, of.children); };
  if (before && people(*before) == people(now)) return;
  bool is_new = false;
  const auto add = [&](std::string_view text) { is_new = learn(state, text) || is_new; };
  const auto add_worker = [&](const model::Worker& worker) { add(worker.name), add(worker.team_name); };
  add_worker(now.me);
  for (const auto& worker : now.workers) add_worker(worker);
  for (const auto& family : now.families) {
    add(family.name), add(family.address);
    for (const auto& member : family.members) add(member.name);
  }
  for (const auto& child : now.children) add(child.name), add(child.called);
  if (is_new) judge_again(turn);
}

void learn_visit_names(Turn& turn) {
  auto& state = turn.state;
  if (!state.visit) return;
  bool is_new = false;
  const auto add = [&](std::string_view text) { is_new = learn(state, text) || is_new; };
  const auto& visit = state.visit->visit;
  add(visit.family_name), add(visit.address);
  for (const auto& child : visit.children) add(child.name), add(child.called);
  for (const auto& person : visit.facts.present) add(person.name);
  for (const auto& child : visit.facts.other_children) add(child.name);
  if (is_new) judge_again(turn);
}

void spell(Turn& turn, bool answered) {
  auto& state = turn.state;
  if (state.stage != Stage::Unlocked || !state.settings.spelling) return;
  auto& known = state.spelling.words;
  CheckSpelling ask;
  const auto judge = [&](std::string_view word) {
    if (const auto found = known.find(word); found != known.end()) return found->second;
    if (known.size() >= limits::kSpelledWords || word.size() > limits::kDictionaryBytes) return Verdict::Right;
    const Verdict verdict = is_left(state, word) || is_name(state, word) ? Verdict::Right : Verdict::Unknown;
    known.emplace(word, verdict);
    if (verdict == Verdict::Unknown) ask.words.emplace_back(word);
    return verdict;
  };
  turn.seen = state.editors.spell(judge, answered) || turn.seen;
  if (!ask.words.empty()) turn.effects.push_back(std::move(ask));
}

void suggest_spelling(Turn& turn, const std::string& word) {
  auto& spelling = turn.state.spelling;
  turn.seen = spelling.suggested != word;
  if (!turn.seen) return;
  spelling.suggested = word;
  spelling.suggestions.reset();
  turn.effects.push_back(SuggestSpelling{word});
}

void leave_spelling(Turn& turn, const std::string& word) {
  turn.state.spelling.left.push_back(editor::fold(word));
  judge_again(turn);
}

void forget_left(Turn& turn) {
  auto& spelling = turn.state.spelling;
  if (spelling.left.empty()) return;
  std::erase_if(spelling.words, [&](const auto& word) { return is_left(turn.state, word.first); });
  spelling.left.clear();
  turn.state.editors.forget_spelling();
}

void set_spelling(Turn& turn, bool on) {
  turn.state.settings.spelling = on;
  turn.state.editors.forget_spelling();
}

}  // namespace doorstep::state::updating
