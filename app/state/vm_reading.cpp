#include <boost/json.hpp>

#include "app/state/time_words.h"
#include "app/state/view_models.h"
#include "app/state/vm_parts.h"
#include "app/state/words.h"
#include "sync/merge/merge.h"
#include "sync/model/visit.h"
#include "sync/rules/validate.h"

namespace doorstep::state {
namespace {

namespace json = boost::json;
using rules::Field;
using rules::Kind;

/// The body member a typed question is bound to, as paths name it.
Field field_named(std::string_view member) {
  static const std::pair<std::string_view, Field> kNames[] = {
      {"type", Field::Type}, {"start", Field::Start}, {"end", Field::End}, {"late_reason", Field::LateReason},
      {"outcome", Field::Outcome}, {"present", Field::Present}, {"other_children", Field::OtherChildren},
      {"sharing", Field::Sharing}, {"skip_reason", Field::SkipReason}, {"seen", Field::Seen},
      {"not_seen/reason", Field::NotSeenReason}, {"not_seen/whereabouts", Field::Whereabouts},
      {"not_seen/last_seen_by", Field::LastSeenBy}, {"not_seen/last_seen_when", Field::LastSeenWhen},
      {"not_seen/action", Field::Action}, {"not_seen/manager_told_at", Field::ManagerToldAt}, {"alone", Field::Alone},
      {"alone_reason", Field::AloneReason}, {"injuries", Field::Injuries}, {"disclosures", Field::Disclosures},
      {"open_steps", Field::OpenSteps}, {"next_steps", Field::NextSteps}, {"risk", Field::Risk}, {"calls", Field::Calls}};
  for (const auto& [name, field] : kNames)
    if (member == name || (member.starts_with(name) && member.size() > name.size() && member[name.size()] == '/')) return field;
  return Field::None;
}

std::string list_key(Kind kind) {
  switch (kind) {
    case Kind::People: return "item.present.";
    case Kind::OtherChildren: return "item.other_child.";
    case Kind::Sharing: return "item.sharing.";
    case Kind::Injuries: return "item.injury.";
    case Kind::Disclosures: return "item.disclosure.";
    case Kind::OpenSteps: return "item.open_step.";
    case Kind::NextSteps: return "item.step.";
    case Kind::Calls: return "item.call.";
    case Kind::Risk: return "risk.";
    default: return {};
  }
}

std::optional<model::Point> point_of(const json::object& object) {
  const auto *x = object.if_contains("x"), *y = object.if_contains("y");
  if (object.size() != 2 || !x || !y || !x->is_number() || !y->is_number()) return std::nullopt;
  return model::Point{x->to_number<double>(), y->to_number<double>()};
}

}  // namespace

const rules::Question* question_at(const rules::Form& form, std::string_view path) {
  if (path.starts_with("children/")) {
    path.remove_prefix(9);
    const auto slash = path.find('/');
    if (slash == std::string_view::npos) return nullptr;
    path.remove_prefix(slash + 1);
  } else if (path.starts_with("part/")) {
    path.remove_prefix(5);
  } else if (path.starts_with("facts/")) {
    path.remove_prefix(6);
  } else {
    return nullptr;
  }
  if (path.starts_with("answers/")) {
    path.remove_prefix(8);
    return form.find(path.substr(0, path.find('/')));
  }
  const auto field = field_named(path);
  if (field == Field::None) return nullptr;
  for (const auto& section : form.sections)
    for (const auto& question : section.questions)
      if (question.field == field) return &question;
  return nullptr;
}

std::string value_words(const State& state, const rules::Question* question, const model::ChildPart* part, std::string_view member,
                        const json::value& value) {
  const auto& text = state.text();
  switch (value.kind()) {
    case json::kind::null: return {};
    case json::kind::bool_:
      if (question && question->kind == rules::Kind::YesNo) return text(value.get_bool() ? "answer.yes" : "answer.no");
      return text(value.get_bool() ? "yes" : "no");
    case json::kind::int64: return std::to_string(value.get_int64());
    case json::kind::uint64: return std::to_string(value.get_uint64());
    case json::kind::double_: return json::serialize(value);
    case json::kind::string: {
      const std::string words(value.get_string());
      if (!question && state.caseload)
        if (const auto id = Id::parse(words))
          if (const auto* worker = state.caseload->worker(*id)) return worker->name;
      if (question && !member.empty()) {
        const auto key = list_key(question->kind) + std::string(member) + "." + words;
        if (text.has(key)) return text(key);
        if (question->kind == Kind::Risk) {
          for (const auto* levels : {&state.rules().thresholds.risk, &state.rules().thresholds.levels})
            for (const auto& level : *levels)
              if (level.code == words) return level.label;
        }
      }
      if (const auto at = base::from_rfc3339(words)) return dated_words(text, *at);
      if (const auto day = base::date_from_iso(words)) return day_words(text, *day);
      if (question && member.empty()) return rules::option_label(*question, words, part);
      return words;
    }
    case json::kind::array: {
      std::string out;
      for (const auto& element : value.get_array()) {
        const auto words = value_words(state, question, part, member, element);
        if (!words.empty()) out += (out.empty() ? "" : element.is_object() ? "\n\n" : "\n") + words;
      }
      return out;
    }
    case json::kind::object: {
      const auto& object = value.get_object();
      if (const auto at = point_of(object)) return point_words(text, *at);
      if (const auto* at = object.if_contains("at"); at && object.contains("offset_min"))
        return value_words(state, nullptr, part, {}, *at);
      if (const auto* why = object.if_contains("not_covered"); why) {
        const auto words = value_words(state, nullptr, part, {}, *why);
        return text("field.not_covered") + (words.empty() ? "" : ": " + words);
      }
      std::string out;
      for (const auto& [key, held] : object) {
        if (key == "id" || key == "threshold_set" || (held.is_string() && held.get_string().empty())) continue;
        const auto words = value_words(state, question, part, std::string_view(key), held);
        if (words.empty()) continue;
        const auto label = question ? list_key(question->kind) + std::string(key) : std::string();
        out += (out.empty() ? "" : "\n") + (text.has(label) ? labelled(text(label), words) : words);
      }
      return out;
    }
  }
  return {};
}

std::string_view title_member(Kind kind) {
  switch (kind) {
    case Kind::People: case Kind::OtherChildren: return "name";
    case Kind::Sharing: return "agency";
    case Kind::OpenSteps: case Kind::NextSteps: return "what";
    case Kind::Injuries: return "kind";
    case Kind::Calls: return "label";
    default: return {};
  }
}

std::string labels_of(const std::vector<rules::Account>& accounts) {
  std::string out;
  for (const auto& account : accounts) out += (out.empty() ? "" : "\n") + account.label;
  return out;
}

namespace {

// A record's own lists, without going through JSON

template <class M>
struct IsOptionalEnum : std::false_type {};
template <class E>
struct IsOptionalEnum<std::optional<E>> : std::is_enum<E> {};

struct Entries {
  const State& state;
  Kind kind;

  template <class M>
  std::string words(std::string_view member, const M& value) const {
    const auto& text = state.text();
    if constexpr (std::is_same_v<M, std::string>) {
      const auto key = list_key(kind) + std::string(member) + "." + value;
      return text.has(key) ? text(key) : value;
    } else if constexpr (std::is_same_v<M, std::optional<bool>>) {
      return value ? text(*value ? "yes" : "no") : std::string();
    } else if constexpr (std::is_same_v<M, std::optional<std::int64_t>>) {
      return value ? std::to_string(*value) : std::string();
    } else if constexpr (std::is_same_v<M, std::optional<base::Date>>) {
      return value ? day_words(text, *value) : std::string();
    } else if constexpr (std::is_same_v<M, std::optional<Instant>>) {
      return value ? dated_words(text, *value) : std::string();
    } else if constexpr (std::is_same_v<M, Instant>) {
      return dated_words(text, value);
    } else if constexpr (IsOptionalEnum<M>::value) {
      return value ? words(member, std::string(model::code(*value))) : std::string();
    } else {
      return {};
    }
  }

  template <class T>
  ReadEntryVm entry(const T& element) const {
    ReadEntryVm out;
    T::each(element, [&](std::string_view member, const auto& value) {
      if (member == "id") return;
      auto said = words(member, value);
      if (said.empty()) return;
      if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::optional<bool>>) {
        const auto statement = list_key(kind) + std::string(member) + (*value ? ".YES" : ".NO");
        if (state.text().has(statement)) return out.facts.push_back({{}, state.text()(statement)});
      }
      if (member == title_member(kind)) out.title = std::move(said);
      else if (const auto label = list_key(kind) + std::string(member); state.text().has(label))
        out.facts.push_back({state.text()(label), std::move(said)});
      else out.facts.push_back({{}, std::move(said)});
    });
    return out;
  }
};

template <class List>
void add_entries(const State& state, const rules::Question& question, const model::ChildPart* part, const List& list,
                 std::vector<ReadLineVm>& out) {
  const Entries entries{state, question.kind};
  ReadLineVm line{rules::words(question.label, part), {}, {}};
  for (const auto& element : list) {
    auto entry = entries.entry(element);
    if (!entry.title.empty() || !entry.facts.empty()) line.entries.push_back(std::move(entry));
  }
  if (!line.entries.empty()) out.push_back(std::move(line));
}

/// The body map, and each description by its number there.
void add_marks(const State& state, const rules::Question& question, const model::ChildPart& part, std::vector<ReadLineVm>& out) {
  if (part.injuries.empty()) return;
  const auto& text = state.text();
  const Entries entries{state, question.kind};
  ReadLineVm line{rules::words(question.label, &part), {}, {}};
  line.figures = figures_read(text, {part.id, question.id, {}, {}}, part);
  for (const auto& injury : part.injuries) {
    auto described = injury;
    described.view.reset();  // said with the place
    auto entry = entries.entry(described);
    entry.title = mark_title(text, line.entries.size() + 1, injury);
    if (auto where = mark_place(text, injury.view, injury.at); !where.empty())
      entry.facts.insert(entry.facts.begin(), {text("map.on_map"), std::move(where)});
    line.entries.push_back(std::move(entry));
  }
  out.push_back(std::move(line));
}

void blocks_of(const State& state, rules::Scope scope, const model::VisitFacts& facts, const model::ChildPart* part,
               std::vector<ReadBlockVm>& out) {
  const auto& form = state.form();
  for (const auto& section : form.sections) {
    if (section.scope != scope) continue;
    ReadBlockVm block{rules::words(section.title, part), {}};
    for (const auto& asked : rules::questions_for(form, section, facts, part)) {
      const auto& question = *asked.question;
      if (question.from_accounts) continue;  // set beside each other, above all
      const auto label = rules::words(question.label, part);
      const auto before = block.lines.size();
      switch (question.kind) {
        case Kind::People: add_entries(state, question, part, facts.present, block.lines); break;
        case Kind::OtherChildren: add_entries(state, question, part, facts.other_children, block.lines); break;
        case Kind::Sharing: add_entries(state, question, part, facts.sharing, block.lines); break;
        case Kind::Injuries: add_marks(state, question, *part, block.lines); break;
        case Kind::Disclosures: add_entries(state, question, part, part->disclosures, block.lines); break;
        case Kind::OpenSteps: add_entries(state, question, part, part->open_steps, block.lines); break;
        case Kind::NextSteps: add_entries(state, question, part, part->next_steps, block.lines); break;
        case Kind::Calls: add_entries(state, question, part, part->calls, block.lines); break;
        case Kind::Risk:
          if (auto facts_of = risk_facts(state, *part); !facts_of.empty()) {
            ReadEntryVm entry{{}, std::move(facts_of)};
            if (entry.facts.front().name.empty()) {  // the view itself heads the rest
              entry.title = std::move(entry.facts.front().value);
              entry.facts.erase(entry.facts.begin());
            }
            block.lines.push_back({label, {}, {std::move(entry)}});
          }
          break;
        case Kind::Time:
          if (const auto answer = rules::answer_of(question, facts, part))
            if (const auto* words = std::get_if<std::string>(&*answer))
              if (const auto at = base::from_rfc3339(*words)) {
                block.lines.push_back({label, dated_words(state.text(), *at), {}});
                break;
              }
          [[fallthrough]];
        default:
          if (const auto answer = rules::answer_of(question, facts, part))
            block.lines.push_back({label, answer_words(state.text(), question, *answer, part), {}});
          break;
      }
      if (auto sheet = part ? sheet_of(state.text(), question, *part) : std::nullopt; sheet && !sheet->strokes.empty()) {
        if (block.lines.size() == before) block.lines.push_back({label, {}, {}});
        block.lines.back().sheet = std::move(sheet);
      }
      if (block.lines.size() == before) {
        const auto answer = rules::answer_of(question, facts, part);
        if (!answer) continue;
        if (const auto* code = std::get_if<std::string>(&*answer); code && *code == rules::kNone)
          block.lines.push_back({label, rules::words(question.none, part), {}});
        else if (std::holds_alternative<model::NotCovered>(*answer))
          block.lines.push_back({label, answer_words(state.text(), question, *answer), {}});
      }
      for (std::size_t i = before; i < block.lines.size(); ++i) block.lines[i].question = question.id;
    }
    if (!block.lines.empty()) out.push_back(std::move(block));
  }
}

std::string level_label(const std::vector<rules::Level>& levels, const std::string& code) {
  for (const auto& level : levels)
    if (level.code == code) return level.label;
  return code;
}

}  // namespace

std::vector<FactVm> risk_facts(const State& state, const model::ChildPart& part) {
  const auto& text = state.text();
  const auto& thresholds = state.rules().thresholds;
  std::vector<FactVm> out;
  if (part.risk.changed) out.push_back({{}, text("risk.said." + std::string(model::code(*part.risk.changed)))});
  if (!part.risk.level.empty()) out.push_back({text("risk.level"), level_label(thresholds.risk, part.risk.level)});
  if (!part.risk.threshold.empty()) {
    // Levels of another set are never read by this one's labels.
    const bool ours = part.risk.threshold_set.empty() || part.risk.threshold_set == thresholds.key();
    out.push_back({text("risk.threshold"), ours ? level_label(thresholds.levels, part.risk.threshold)
                                                : part.risk.threshold + " (" + part.risk.threshold_set + ")"});
  }
  if (!part.risk.why.empty()) out.push_back({text("risk.why"), part.risk.why});
  return out;
}

std::string labelled(const std::string& label, const std::string& words) {
  return label + (label.ends_with('?') ? " " : ": ") + words;
}

std::string place_words(const State& state, std::string_view path, const model::ChildPart* part) {
  const auto* question = question_at(state.form(), path);
  if (question) return rules::words(question->label, part);
  if (path.find("/strokes") != std::string_view::npos) return state.text()("sheet.place");
  if (path.starts_with("jottings")) return state.text()("jottings.heading");
  if (path == "second_worker") return state.text()("second.label");
  return {};
}

std::vector<ReadBlockVm> read_blocks(const State& state, const model::ChildRecord& record) {
  std::vector<ReadBlockVm> out;
  blocks_of(state, rules::Scope::Child, record.facts, &record.part, out);
  blocks_of(state, rules::Scope::Visit, record.facts, nullptr, out);
  if (!record.jottings.empty()) {
    ReadBlockVm block{state.text()("jottings.heading"), {}};
    for (const auto& jotting : record.jottings) {
      auto& line = block.lines.emplace_back();
      line.name = taken_words(state.text(), record.facts, jotting);
      line.value = jotting.text;
      const auto put = put_words(state.text(), state.form(), {record.part}, jotting);
      if (put.empty()) continue;
      line.entries.emplace_back().facts.push_back({{}, state.text()("jottings.put", {{"where", put}})});
    }
    out.push_back(std::move(block));
  }
  return out;
}

std::vector<FactVm> summary_lines(const State& state, const model::VisitFacts& facts, const model::ChildPart& part) {
  const auto& text = state.text();
  std::vector<FactVm> out;
  std::string seen = text("summary.not_answered");
  if (!part.skip_reason.empty()) seen = text("summary.skipped");
  else if (part.seen == true)
    seen = part.alone == true    ? text("summary.seen_alone")
           : part.alone == false ? text("summary.seen_not_alone")
                                 : text("summary.seen");
  else if (part.seen == false) seen = text("summary.not_seen");
  else if (model::seen_not_covered(part)) seen = text("summary.seen_not_covered");
  if (facts.outcome) seen = text("outcome." + std::string(model::code(*facts.outcome))) + ". " + seen;
  out.push_back({text("summary.seen.label"), seen, part.skip_reason.empty() ? "seen" : "skip_reason"});
  std::string risk;
  for (const auto& said : risk_facts(state, part)) {
    const auto words = first_line(said.value, 200);
    const bool is_why = said.name == text("risk.why");  // a question, which would run into its answer
    const auto name = is_why ? text("summary.why") : said.name;
    risk += (risk.empty() ? "" : "\n") + (name.empty() ? words : labelled(name, words));
  }
  if (const auto* question = state.form().find("risk"); risk.empty() && question) {
    const auto answer = rules::answer_of(*question, facts, &part);
    if (answer && std::holds_alternative<model::NotCovered>(*answer)) risk = answer_words(state.text(), *question, *answer);
  }
  out.push_back({text("summary.risk"), risk.empty() ? text("summary.not_answered") : risk, "risk"});
  if (!part.disclosures.empty() || !part.injuries.empty()) {
    std::string urgent;
    if (!part.disclosures.empty()) urgent = text.count("summary.disclosures", static_cast<long long>(part.disclosures.size()));
    if (!part.injuries.empty())
      urgent += (urgent.empty() ? "" : ", ") + text.count("summary.injuries", static_cast<long long>(part.injuries.size()));
    out.push_back({text("summary.urgent"), urgent, part.disclosures.empty() ? "injuries" : "disclosures"});
  }
  if (model::is_urgent(part)) {
    std::string calls;
    for (const auto& call : part.calls)
      calls += (calls.empty() ? "" : "\n") + text(call.outcome == model::CallOutcome::NoAnswer ? "call.tried.none" : "call.tried",
                                                  {{"who", call.label}, {"when", clock_words(call.at)}});
    out.push_back({text("summary.calls"), calls.empty() ? text("summary.calls.none") : calls, part.calls.empty() ? "" : "calls"});
  }
  for (const auto* id : {"said", "think"}) {
    const auto* question = state.form().find(id);
    if (!question) continue;
    const auto answer = rules::answer_of(*question, facts, &part);
    if (answer) out.push_back({rules::words(question->label, &part), first_line(answer_words(text, *question, *answer), 200), id});
  }
  std::string steps;
  for (const auto& step : part.next_steps)
    steps += (steps.empty() ? "" : "\n") +
             text("summary.step", {{"what", step.what}, {"owner", step.owner}, {"due", due_words(state, step.due)}});
  if (steps.empty()) {
    const auto* question = state.form().find("next_steps");
    const auto answer = question ? rules::answer_of(*question, facts, &part) : std::nullopt;
    const auto* code = answer ? std::get_if<std::string>(&*answer) : nullptr;
    if (code && *code == rules::kNone) steps = text("summary.no_steps");
    else if (answer && std::holds_alternative<model::NotCovered>(*answer)) steps = answer_words(text, *question, *answer);
    else steps = text("summary.not_answered");
  }
  out.push_back({text("summary.steps"), steps, "next_steps"});
  return out;
}

std::vector<ChangeVm> changes_between(const State& state, const model::RecordVersion& before, const model::RecordVersion& after,
                                      bool same_record) {
  std::vector<ChangeVm> out;
  boost::system::error_code code;
  const auto from = json::parse(before.revision.body, code);
  if (code) return out;
  const auto to = json::parse(after.revision.body, code);
  if (code) return out;
  for (const auto& difference : merge::differences(from, to)) {
    const std::string_view path = difference.path;
    if (!same_record && (path.starts_with("facts/start") || path.starts_with("facts/end") || path.starts_with("facts/recorded")))
      continue;
    auto place = place_words(state, path, &after.body.part);
    if (place.empty()) continue;
    const auto* question = question_at(state.form(), path);
    const auto slash = path.rfind('/');
    const auto member = question && !list_key(question->kind).empty() && slash != std::string_view::npos ? path.substr(slash + 1)
                                                                                                         : std::string_view{};
    if (member == "threshold_set") continue;  // said by the level
    if (question && question->from_accounts) {
      const auto& form = state.form();
      out.push_back({std::move(place), labels_of(rules::ticked_of(form, *question, before.body.part)),
                     labels_of(rules::ticked_of(form, *question, after.body.part))});
      continue;
    }
    const auto words = [&](const std::optional<json::value>& value, const model::ChildPart& part) {
      return value ? value_words(state, question, &part, value->is_object() ? std::string_view{} : member, *value) : std::string();
    };
    const auto& text = state.text();
    if (const auto label = member.empty() ? std::string() : list_key(question->kind) + std::string(member); text.has(label)) {
      if (question->kind == Kind::Risk) {
        place = text(label);
      } else if (const auto* entry = merge::value_at(to, path.substr(0, slash)); entry && entry->is_object()) {
        const auto name = title_member(question->kind);
        const auto* title = name.empty() ? nullptr : entry->get_object().if_contains(name);
        if (title && member != name) place = labelled(place, value_words(state, question, &after.body.part, name, *title));
        place = labelled(place, text(label));
      }
    }
    ChangeVm change{std::move(place), words(difference.before, before.body.part), words(difference.after, after.body.part)};
    if (change.before != change.after) out.push_back(std::move(change));
  }
  return out;
}

}  // namespace doorstep::state
