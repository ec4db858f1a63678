#include <algorithm>
#include <boost/json.hpp>

#include "app/editor/words.h"
#include "app/state/time_words.h"
#include "app/state/view_models.h"
#include "app/state/vm_parts.h"
#include "app/state/words.h"
#include "sync/merge/merge.h"
#include "sync/model/visit.h"
#include "sync/rules/beside.h"
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

/// The question a path of a body or draft is about; nullptr for what no question asks.
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

/// One value of a body as a person reads it; `part`: of the child it is about, or nullptr.
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

// A record's own lists, without going through JSON -------------------------------------------------------------------------

template <class M>
struct IsOptionalEnum : std::false_type {};
template <class E>
struct IsOptionalEnum<std::optional<E>> : std::is_enum<E> {};

/// The member an entry is called by; the others stand below it.
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

/// What accounts are called, a line each.
std::string labels_of(const std::vector<rules::Account>& accounts) {
  std::string out;
  for (const auto& account : accounts) out += (out.empty() ? "" : "\n") + account.label;
  return out;
}

const RecordItem* previous_of(const State& state, const RecordItem& item) {
  const RecordItem* best = nullptr;
  for (const auto& other : state.caseload->records) {
    if (other.case_id != item.case_id || other.id() == item.id() || !(visit_at(other) < visit_at(item))) continue;
    if (other.head().revision.state != model::State::Submitted && other.head().revision.state != model::State::Approved) continue;
    if (!best || visit_at(*best) < visit_at(other)) best = &other;
  }
  return best;
}

const model::RecordVersion* returned_version(const RecordItem& item) {
  for (auto decision = item.decisions.rbegin(); decision != item.decisions.rend(); ++decision) {
    if (decision->verdict != model::Verdict::Returned) continue;
    for (const auto& version : item.versions)
      if (version->revision.hash == decision->on.hash && version->revision.hash != item.head().revision.hash) return version.get();
  }
  return nullptr;
}

std::vector<FactVm> decision_facts(const State& state, const RecordItem& item) {
  const auto& text = state.text();
  std::vector<FactVm> out;
  for (const auto& decision : item.decisions) {
    std::string words = text(decision.verdict == model::Verdict::Approved ? "decision.approved" : "decision.returned",
                             {{"who", decision.reviewer_name}, {"when", dated_words(text, decision.at)}});
    std::string why = decision.return_reason ? text("return_reason." + std::string(model::code(*decision.return_reason))) : "";
    if (!decision.rationale.empty()) why += (why.empty() ? "" : ". ") + decision.rationale;
    if (decision.agree_risk == false)
      why += (why.empty() ? "" : "\n") + text("decision.disagrees", {{"why", decision.disagree_why}});
    if (decision.discussed_in_person == true) why += (why.empty() ? "" : "\n") + text("decision.in_person");
    if (decision.next_visit_confirmed)
      why += (why.empty() ? "" : "\n") + text("decision.next_visit", {{"day", day_words(text, *decision.next_visit_confirmed)}});
    for (const auto& step : decision.directed_steps)
      why += (why.empty() ? "" : "\n") +
             text("decision.step", {{"what", step.what}, {"owner", step.owner}, {"due", due_words(state, step.due)}});
    out.push_back({std::move(words), why.empty() ? text("decision.no_words") : why});
  }
  return out;
}

std::vector<FactVm> record_facts(const State& state, const RecordItem& item) {
  const auto& text = state.text();
  const auto& body = item.head().body;
  std::vector<FactVm> out;
  out.push_back({text("read.child"), body.part.name});
  out.push_back({text("read.author"), person_name(state, body.author)});
  if (body.second_worker) out.push_back({text("read.second"), person_name(state, *body.second_worker)});
  if (!body.address.empty()) out.push_back({text("read.address"), body.address});
  if (body.submitted_at) out.push_back({text("read.submitted"), dated_words(text, *body.submitted_at)});
  if (item.filed_at) out.push_back({text("state.filed"), dated_words(text, *item.filed_at)});
  else if (!item.waiting && item.head().revision.rev > 0)
    out.push_back({text("read.received"), dated_words(text, item.head().revision.at)});
  return out;
}

/// "Visited Thursday 3 December 2026, 14:05"; empty where no start is written.
std::string visited_words(const Text& text, const model::VisitFacts& facts) {
  return facts.start ? text("read.visited", {{"when", dated_words(text, facts.start->at)}}) : std::string();
}

/// The newest receipt, when it is of the text shown; one that is not good, or no longer so, whatever it is of.
ReceiptVm receipt_vm(const State& state, const RecordItem& item) {
  ReceiptVm vm;
  if (item.receipts.empty()) return vm;
  const auto& text = state.text();
  const auto& receipt = item.receipts.back();
  const std::string number = std::to_string(receipt.number), when = when_words(text, receipt.at, state.now);
  if (!receipt.good) {
    vm.words = text("receipt.bad");
    vm.mood = Mood::Warn;
  } else if (!receipt.standing) {
    vm.words = text("receipt.restored", {{"n", number}, {"when", when}});
    vm.mood = Mood::Info;
  } else if (receipt.hash == item.head().revision.hash) {
    vm.words = text(receipt.decision ? "receipt.decision" : "receipt.record", {{"n", number}, {"when", when}});
    vm.mood = Mood::Ok;
  } else {
    return vm;
  }
  const bool open = state.receipts_open.contains(item.id());
  vm.turn = {text(open ? "receipt.close" : "receipt.open"), TurnReceipt{item.id()}};
  if (!open) return vm;
  vm.details = {{text("receipt.checked"), text(receipt.good ? "receipt.checked.good" : "receipt.checked.bad")},
                {text("receipt.number"), number},
                {text("receipt.at"), dated_words(text, receipt.at)},
                {text("receipt.of"), item.id().str()},
                {text("receipt.version"), std::to_string(receipt.rev)},
                {text("receipt.hash"), receipt.hash},
                {text("receipt.signature"), receipt.signature}};
  return vm;
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

// Reading a record ---------------------------------------------------------------------------------------------------------

ReadVm read_vm(const State& state, const Id& record) {
  const auto& text = state.text();
  ReadVm vm;
  const auto* item = state.caseload->record(record);
  if (!item) {
    vm.title = text("person.unknown");
    return vm;
  }
  const auto& head = item->head();
  vm.title = visit_title(state, head.body.facts, head.body.part.name);
  vm.visited = visited_words(text, head.body.facts);
  vm.tag = state_tag(state, *item);
  vm.facts = record_facts(state, *item);
  vm.blocks = read_blocks(state, head.body);
  vm.beside = beside_of_record(state, head.body, vm.blocks);
  vm.photos = photos_vm(state, head.body.part, false);
  vm.decisions = decision_facts(state, *item);
  for (const auto& addendum : item->addenda)
    vm.addenda.push_back(
        {text("addendum.by", {{"who", addendum.author_name}, {"when", dated_words(text, addendum.at)}}),
         addendum.reason + "\n" + addendum.text});
  vm.notice = state.notice;
  vm.receipt = receipt_vm(state, *item);
  const bool own = head.body.author == state.caseload->me.id;
  const auto in = head.revision.state;
  if (own && in == model::State::Submitted && !decided(*item))
    vm.withdraw = {text("read.withdraw"), PressWithdraw{record}};
  if (own && !item->waiting && (in == model::State::Returned || in == model::State::Draft))
    vm.rewrite = {text("read.rewrite"), PressRewrite{record}};
  if (in == model::State::Approved) {
    vm.addendum_heading = text("read.addendum");
    vm.addendum_reason_label = text("read.addendum.reason");
    vm.addendum_text_label = text("read.addendum.text");
    vm.add_addendum = {text("read.addendum.add"), PressAddAddendum{record}};
  }
  return vm;
}

std::string stale_words(const State& state, const RecordItem* item) {
  const auto& text = state.text();
  if (!item) return text("caseload.gone");
  const auto& newest = item->head().revision;
  return text("review.stale", {{"who", person_name(state, newest.author)}, {"when", when_words(text, newest.at, state.now)}});
}

// Approvals ----------------------------------------------------------------------------------------------------------------

ApprovalsVm approvals_vm(const State& state) {
  const auto& text = state.text();
  ApprovalsVm vm;
  vm.title = text("approvals.title");
  vm.intro = text("approvals.intro");
  struct Group {
    ApprovalVisitVm visit;
    bool urgent = false;
    Instant oldest;
  };
  std::map<Id, Group> groups;
  for (const auto& item : state.caseload->records) {
    const auto& head = item.head();
    if (head.revision.state != model::State::Submitted || was_there(head.body, state.caseload->me.id) || decided(item)) continue;
    const auto submitted = head.body.submitted_at.value_or(head.revision.at);
    auto& group = groups[head.body.visit];
    const bool urgent = model::is_urgent(head.body.part);
    if (group.visit.rows.empty() || submitted < group.oldest) group.oldest = submitted;
    group.urgent = group.urgent || urgent;
    const auto family = head.body.family_name.empty() ? head.body.part.name : head.body.family_name;
    group.visit.heading = visit_title(state, head.body.facts, family);
    ApprovalRowVm row;
    row.record = item.id();
    row.title = head.body.part.name;
    row.subtitle = head.body.facts.start
                       ? text("approvals.visited", {{"when", when_words(text, head.body.facts.start->at, state.now)},
                                                    {"who", person_name(state, head.body.author)}})
                       : person_name(state, head.body.author);
    row.age = text("approvals.age", {{"age", ago_words(text, submitted, state.now)}});
    const bool again = returned_version(item) != nullptr;
    if (urgent) row.tag = {text("approvals.urgent"), Mood::Danger};
    else if (again) row.tag = {text("approvals.again"), Mood::Info};
    group.visit.rows.push_back(std::move(row));
  }
  std::vector<Group> sorted;
  for (auto& [id, group] : groups) sorted.push_back(std::move(group));
  std::stable_sort(sorted.begin(), sorted.end(), [](const Group& a, const Group& b) {
    return std::make_pair(!a.urgent, a.oldest) < std::make_pair(!b.urgent, b.oldest);
  });
  for (auto& group : sorted) vm.visits.push_back(std::move(group.visit));
  vm.notice = state.notice;
  vm.empty_heading = text("approvals.empty");
  vm.empty_body = text("approvals.empty.body");
  return vm;
}

ReviewVm review_vm(const State& state) {
  const auto& text = state.text();
  ReviewVm vm;
  if (!state.reviewing) return vm;
  const auto& reviewing = *state.reviewing;
  const auto* item = state.caseload->record(reviewing.read.record);
  if (!item) {
    vm.title = text("person.unknown");
    return vm;
  }
  // What is on the screen stays what was opened, also when a newer version has arrived.
  const model::RecordVersion* read = &item->head();
  for (const auto& version : item->versions)
    if (version->revision.rev == reviewing.read.rev && version->revision.hash == reviewing.read.hash) read = version.get();
  const auto& body = read->body;
  vm.title = visit_title(state, body.facts, body.part.name);
  vm.visited = visited_words(text, body.facts);
  vm.tag = state_tag(state, *item);
  if (reviewing.stale) {
    vm.stale = stale_words(state, item);
    vm.reload = {text("review.reload"), Open{ScreenKind::Review, item->id()}};
  }
  vm.facts = record_facts(state, *item);
  vm.summary_heading = text("review.summary");
  vm.summary = summary_lines(state, body.facts, body.part);

  const auto* returned = returned_version(*item);
  const auto* previous = previous_of(state, *item);
  vm.changes_heading = text("review.changes");
  vm.before_heading = text("review.before");
  vm.after_heading = text("review.after");
  vm.change_tabs = {text("review.since_visit")};
  if (returned) vm.change_tabs.push_back(text("review.since_return"));
  const bool since_return = reviewing.since_return && returned;
  vm.change_tab = since_return ? 1 : 0;
  if (since_return) {
    vm.changes = changes_between(state, *returned, *read, true);
    vm.changes_none = text("review.changes.none");
  } else if (previous) {
    vm.changes = changes_between(state, previous->head(), *read, false);
    vm.changes_none = text("review.changes.none");
  } else {
    vm.changes_none = text("review.changes.first");
  }
  vm.blocks = read_blocks(state, body);
  vm.beside = beside_of_record(state, body, vm.blocks);
  vm.photos = photos_vm(state, body.part, false);

  vm.decide_heading = text("review.decide");
  if (body.author == state.caseload->me.id) vm.own = text("review.own");
  else if (was_there(body, state.caseload->me.id)) vm.own = text("review.own.second");
  for (const auto reason : rules::rationale_reasons(body)) {
    const char* keys[] = {"cp", "s47", "unseen", "disclosure", "injury", "risk"};
    const bool left_open = reason == rules::RationaleReason::Unseen && !body.part.seen;
    vm.why_rationale.push_back(
        text(std::string("review.rationale.") + (left_open ? "seen_not_covered" : keys[static_cast<std::size_t>(reason)])));
  }
  vm.agree_label = text("review.agree");
  vm.agree = {{"agree_yes", text("review.agree.yes"), {}, reviewing.agree_risk == true, ChooseAgreeRisk{true}},
              {"agree_no", text("review.agree.no"), {}, reviewing.agree_risk == false, ChooseAgreeRisk{false}}};
  if (reviewing.agree_risk == false) vm.disagree_label = text("review.disagree_why");
  vm.rationale_label = text("review.rationale");
  vm.rationale_hint = text(vm.why_rationale.empty() ? "review.rationale.optional" : "review.rationale.needed");
  vm.in_person_label = text("review.in_person");
  vm.in_person = reviewing.in_person;
  vm.next_visit_label = text("review.next_visit");
  vm.reason_label = text("review.reason");
  for (const auto& [reason, code] : model::CodeTable<model::ReturnReason>::values)
    vm.reasons.push_back({"reason_" + std::string(code), text("return_reason." + std::string(code)), {},
                          reviewing.return_reason == code, ChooseReturnReason{std::string(code)}});
  vm.reason_hint = text("review.reason.hint");
  vm.directed_heading = text("review.directed");
  vm.directed_hint = text("review.directed.hint");
  vm.what_label = text("item.step.what");
  vm.owner_label = text("item.step.owner");
  vm.owner_hint = text("item.step.owner.hint");
  vm.due_label = text("item.step.due");
  for (std::size_t i = 0; i < reviewing.directed.size(); ++i) {
    const auto& id = reviewing.directed[i];
    const auto title = text("item.step", {{"n", std::to_string(i + 1)}});
    const auto what = directed_key(id, "what"), owner = directed_key(id, "owner"), due = directed_key(id, "due");
    const auto error = [&](const std::string& key) { return error_at(reviewing.problems, key); };
    vm.directed.push_back({title, what, owner, due,
                           {text("item.remove"), RemoveDirectedStep{id}, false, text("item.remove.what", {{"what", title}})},
                           error(what), error(owner), error(due)});
  }
  vm.add_directed = {text("item.step.add"), AddDirectedStep{}};
  vm.approve_words = text("review.approve_words");
  vm.problems_heading = text("review.problems");
  vm.problems = problem_lines(reviewing.problems);
  for (std::size_t i = 0; i < reviewing.directed.size(); ++i)
    for (std::size_t j = 0; j < reviewing.problems.size(); ++j)
      if (reviewing.problems[j].step == reviewing.directed[i])
        vm.problems[j].label = labelled(vm.directed[i].title, vm.problems[j].label);
  vm.reason_error = error_at(reviewing.problems, kReturnReason);
  vm.disagree_error = error_at(reviewing.problems, kDisagreeWhy);
  vm.next_visit_error = error_at(reviewing.problems, kNextVisit);
  vm.rationale_error = error_at(reviewing.problems, kRationale);
  if (!vm.rationale_error.empty()) vm.rationale_hint.clear();  // "if you leave this empty" beside "say what has to change"
  vm.approve = {text("review.approve"), PressApprove{}, reviewing.stale};
  vm.give_back = {text("review.return"), PressReturn{}, reviewing.stale};
  return vm;
}

// Conflicts, alerts, matching ----------------------------------------------------------------------------------------------

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
