#include <algorithm>
#include <boost/json.hpp>

#include "app/editor/words.h"
#include "app/state/time_words.h"
#include "app/state/view_models.h"
#include "app/state/vm_parts.h"
#include "app/state/words.h"
#include "sync/merge/merge.h"
#include "sync/model/visit.h"

namespace doorstep::state {

namespace json = boost::json;
using rules::Kind;

namespace {

/// The words or the code that stand at the conflict's place by now; empty: something else, or nothing.
std::string standing_at(const State& state, const model::Conflict& conflict, const rules::Question* question, const model::ChildPart* part) {
  if (!question) return {};
  Place place{question->scope == rules::Scope::Child && part ? part->id : Id(), question->id, Id(), {}};
  if (!title_member(question->kind).empty() || question->kind == Kind::Disclosures) {
    const std::string_view path = conflict.path;
    const auto member = path.rfind('/'), element = member == path.npos ? member : path.rfind('/', member - 1);
    const auto item = element == path.npos ? std::nullopt : Id::parse(path.substr(element + 1, member - element - 1));
    if (!item) return {};
    place.item = *item;
    place.field = path.substr(member + 1);
  }
  const auto value = get_field(state.form(), state.visit->visit, place);
  const auto* words = std::get_if<std::string>(&value);
  return words ? *words : std::string();
}

}  // namespace

ConflictsVm conflicts_vm(const State& state) {
  const auto& text = state.text();
  ConflictsVm vm;
  vm.title = text("state.conflict");
  vm.intro = text("conflict.intro");
  vm.done = text("conflict.done");
  vm.back = {text("conflict.back"), Back{}};
  if (!state.visit) return vm;
  const auto& visit = state.visit->visit;
  if (!visit.conflicts.empty()) vm.tag = {vm.title, Mood::Warn};
  vm.title = draft_title(state, visit);
  std::set<std::string_view> shown;
  for (const auto& conflict : visit.conflicts) {
    if (!shown.insert(conflict.path).second) continue;  // another of the same place: when this one is settled
    const model::ChildPart* part = visit.children.empty() ? nullptr : &visit.children.front();
    for (const auto& one : visit.children)
      if (conflict.path.find(one.id.str()) != std::string::npos) part = &one;
    const auto* question = question_at(state.form(), conflict.path);
    const auto words = [&](const model::RawJson& raw) {
      if (raw.text.empty()) return text("conflict.nothing");
      boost::system::error_code code;
      const auto value = json::parse(raw.text, code);
      if (code) return raw.text;
      if (question && question->from_accounts && part && value.is_array()) {
        auto ticked = *part;
        auto& codes = ticked.answers[question->id].emplace<std::vector<std::string>>();
        for (const auto& one : value.get_array())
          if (one.is_string()) codes.emplace_back(one.get_string());
        return labels_of(rules::ticked_of(state.form(), *question, ticked));
      }
      const auto out = value_words(state, question, part, {}, value);
      return out.empty() ? text("conflict.nothing") : out;
    };
    ConflictVm one;
    one.path = conflict.path;
    one.heading = place_words(state, conflict.path, part);
    if (one.heading.empty()) one.heading = text("conflict.place");
    if (part && visit.children.size() > 1 && question && question->scope == rules::Scope::Child)
      one.heading = short_name(*part) + ": " + one.heading;
    one.base_heading = text("conflict.base");
    one.base = words(conflict.base);
    const bool same_person = conflict.mine_author == conflict.theirs_author;
    one.mine_heading = text("conflict.mine");
    one.mine = words(conflict.mine);
    one.theirs_heading = same_person ? text("conflict.theirs.self")
                                     : text("conflict.theirs", {{"who", person_name(state, conflict.theirs_author)}});
    one.theirs = words(conflict.theirs);
    boost::system::error_code mine_code, theirs_code;
    const auto mine = json::parse(conflict.mine.text, mine_code), theirs = json::parse(conflict.theirs.text, theirs_code);
    // Whoever wrote on in the field sees that here: it is what "Keep theirs" keeps.
    if (const auto now = standing_at(state, conflict, question, part); !theirs_code && theirs.is_string() && !now.empty())
      one.theirs = value_words(state, question, part, {}, json::string(now));
    one.keep_mine = {text(same_person ? "conflict.keep_mine.self" : "conflict.keep_mine"),
                     PressKeep{conflict.path, merge::Choice::Keep::Mine}};
    one.keep_theirs = {same_person ? text("conflict.keep_theirs.self")
                                   : text("conflict.keep_theirs", {{"who", person_name(state, conflict.theirs_author)}}),
                       PressKeep{conflict.path, merge::Choice::Keep::Theirs}};
    const bool texts =
        !mine_code && !theirs_code && mine.is_string() && theirs.is_string() &&
        (!question || question->kind == Kind::Text || question->kind == Kind::LongText || question->kind == Kind::Risk);
    if (texts) one.keep_both = {text("conflict.keep_both"), PressKeep{conflict.path, merge::Choice::Keep::Both}};
    vm.conflicts.push_back(std::move(one));
  }
  const auto all = vm.conflicts.size();
  for (std::size_t i = 0; all > 1 && i < all; ++i) {
    auto& heading = vm.conflicts[i].heading;
    heading = text("conflict.of", {{"what", heading}, {"n", std::to_string(i + 1)}, {"all", std::to_string(all)}});
  }
  return vm;
}

AlertsVm alerts_vm(const State& state) {
  const auto& text = state.text();
  AlertsVm vm;
  vm.title = text("alerts.title");
  vm.intro = text("alerts.intro");
  for (const auto& open : open_alerts(state)) {
    AlertVm alert;
    alert.alert = open.person.alert;
    alert.key = "alert/" + open.person.alert.str();
    alert.title = open.person.name.empty() ? text("alerts.no_name") : open.person.name;
    for (const auto& words :
         {open.person.age.empty() ? std::string() : text("alerts.age", {{"age", open.person.age}}), open.person.note})
      if (!words.empty()) alert.detail += (alert.detail.empty() ? "" : ". ") + words;
    const auto& body = open.record->head().body;
    alert.raised =
        text("alerts.raised",
             {{"who", person_name(state, body.author)},
              {"family", body.family_name.empty() ? body.part.name : body.family_name},
              {"when", when_words(text, visit_at(*open.record), state.now)}});
    alert.outcome_label = text("alerts.outcome");
    const auto chosen = held_words(state, Id(), alert_key(open.person.alert, "outcome"));
    for (const std::string code : {"REFERRED", "ALREADY_KNOWN", "NOT_IN_HOUSEHOLD", "OTHER"})
      alert.outcomes.push_back({alert.key + "/" + code,
                                text("alerts.outcome." + code),
                                {},
                                chosen == code,
                                ChooseAlertOutcome{open.person.alert, code}});
    alert.why_label = text("alerts.why");
    if (const auto problem = state.alert_problem.find(open.person.alert); problem != state.alert_problem.end())
      alert.problem = problem->second;
    alert.settle = {text("alerts.settle"), PressSettleAlert{open.person.alert}};
    vm.alerts.push_back(std::move(alert));
  }
  vm.empty_heading = text("alerts.empty");
  vm.empty_body = text("alerts.empty.body");
  return vm;
}

namespace {

struct NameWord { std::string written, folded; };

std::vector<NameWord> name_words(std::string_view name) {
  std::vector<NameWord> out;
  while (!name.empty()) {
    const auto word = name.substr(0, name.find(' '));
    if (!word.empty()) out.push_back({std::string(word), editor::fold(word)});
    name.remove_prefix(std::min(name.size(), word.size() + 1));
  }
  return out;
}

struct Likeness {
  int much = 0;
  std::string what;  ///< "Same name: Novak, same address"
};

/// How much of what is known of the one also stands for the other: names, a date of birth, house and street.
Likeness likeness(const State& state, const std::string& name, const std::optional<base::Date>& born, std::string_view address,
                  const model::Child& child) {
  const auto& text = state.text();
  Likeness out;
  const auto add = [&](int much, const std::string& what) {
    out.much += much;
    out.what += (out.what.empty() ? "" : ", ") + what;
  };
  const auto theirs = name_words(child.name), words = name_words(name);
  std::string same;
  int names = 0;
  for (const auto& one : theirs) {
    const auto often = std::count_if(words.begin(), words.end(), [&](const auto& word) { return word.folded == one.folded; });
    if (often > 0) same += (same.empty() ? "" : " ") + one.written;
    names += static_cast<int>(often);
  }
  if (names > 0) add(names * 2, text("match.same.name", {{"name", same}}));
  if (born && born == child.born) add(3, text("match.same.born"));
  const auto* family = state.caseload->family(child.family);
  const auto house = [](std::string_view line) { return editor::fold(line.substr(0, line.find(','))); };
  if (family && !address.empty() && house(address) == house(family->address)) add(3, text("match.same.address"));
  out.what = line_begins(out.what);
  return out;
}

}  // namespace

MatchVm match_vm(const State& state, const Id& id) {
  const auto& text = state.text();
  MatchVm vm;
  vm.title = text("match.title", {{"name", child_name(state, id)}});
  vm.intro = text("match.intro");
  std::string address;
  for (const auto& item : state.caseload->records)
    if (item.case_id == id) {
      vm.facts = record_facts(state, item);
      address = item.head().body.address;
      break;
    }
  vm.target_label = text("match.target");
  vm.target_hint = text("match.target.hint");
  vm.search_name = text("match.search");
  const auto* unmatched = state.caseload->child(id);
  const auto today = rules::uk_date(state.now);
  const auto query = query_in(state, kMatchSearch);
  bool any_alike = false;
  std::vector<std::pair<std::pair<int, std::string>, ChoiceVm>> sorted;
  for (const auto& child : state.caseload->children) {
    const bool chosen = state.match_target == child.id;
    if (child.id == id || child.provisional.value_or(false)) continue;
    const auto like = likeness(state, child_name(state, id), unmatched ? unmatched->born : std::nullopt, address, child);
    any_alike = any_alike || like.much > 0;
    if (!query.empty() && !chosen && !is_found(state, child, query)) continue;
    const auto* family = state.caseload->family(child.family);
    std::string hint = like.what;
    if (child.born)
      hint += (hint.empty() ? "" : ". ") +
              text("child.born.words", {{"day", day_words(text, *child.born)}, {"age", age_words(text, *child.born, today)}});
    if (family && !family->address.empty()) hint += (hint.empty() ? "" : ". ") + family->address;
    sorted.emplace_back(std::pair(-like.much, name_order(state, child.name)),
                        ChoiceVm{"target_" + child.id.str(), child.name, std::move(hint), chosen, ChooseTarget{child.id}});
  }
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& [order, target] : sorted) {
    if (!any_alike && query.empty() && !target.selected) continue;
    vm.alike += order.first < 0;
    vm.targets.push_back(std::move(target));
  }
  vm.alike_heading = text("match.alike");
  vm.others_heading = text("match.others");
  if (!any_alike) vm.target_hint = text("match.target.nobody", {{"name", child_name(state, id)}});
  if (vm.targets.empty() && !query.empty()) vm.found_none = text("children.empty.search");
  if (vm.targets.empty()) return vm;
  vm.none = text("match.none", {{"name", child_name(state, id)}});
  vm.match = {text("match.action"), PressMatch{}, state.match_target.nil()};
  if (vm.match.disabled) vm.why_not = text("match.why_not");
  return vm;
}

}  // namespace doorstep::state
