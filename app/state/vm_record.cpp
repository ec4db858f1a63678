#include <algorithm>

#include "app/state/time_words.h"
#include "app/state/view_models.h"
#include "app/state/vm_parts.h"
#include "app/state/words.h"
#include "platform/base/limits.h"
#include "sync/model/attachment.h"
#include "sync/model/visit.h"
#include "sync/rules/validate.h"

namespace doorstep::state {
namespace {

using rules::Kind;

/// A member of a list's element, as it is asked.
struct MemberSpec {
  const char* name;
  FieldKind kind;
  std::vector<const char*> codes = {};  ///< of a choice; {"YES","NO"} for a bool
  bool verbatim = false;                ///< of a note: what somebody said, word for word
};

const char* list_name(Kind kind) {
  switch (kind) {
    case Kind::People: return "present";
    case Kind::OtherChildren: return "other_child";
    case Kind::Sharing: return "sharing";
    case Kind::Injuries: return "injury";
    case Kind::Disclosures: return "disclosure";
    case Kind::OpenSteps: return "open_step";
    case Kind::NextSteps: return "step";
    case Kind::Calls: return "call";
    default: return "";
  }
}

std::vector<MemberSpec> members_of(Kind kind) {
  switch (kind) {
    case Kind::People:
      return {{"name", FieldKind::Line}, {"relationship", FieldKind::Line}, {"unknown", FieldKind::Choice, {"YES", "NO"}},
              {"in_household", FieldKind::Choice, {"YES", "NO"}}};
    case Kind::OtherChildren:
      return {{"name", FieldKind::Line},
              {"age", FieldKind::Line},
              {"known_to_service", FieldKind::Choice, {"YES", "NO", "UNKNOWN"}},
              {"note", FieldKind::Line}};
    case Kind::Sharing:
      return {{"agency", FieldKind::Line}, {"what", FieldKind::Line},
              {"consent", FieldKind::Choice, {"SOUGHT_GIVEN", "REFUSED", "NOT_SOUGHT_UNSAFE"}}, {"basis", FieldKind::Line}};
    case Kind::Injuries:
      return {{"kind", FieldKind::Choice, {"BRUISE", "BURN", "CUT", "BITE", "SWELLING", "MARK", "OTHER"}},
              {"place", FieldKind::Line},
              {"looks", FieldKind::Line},
              {"size", FieldKind::Line},
              {"size_mm", FieldKind::Number},
              {"colour", FieldKind::Line},
              {"child_said", FieldKind::Note, {}, true},
              {"explanation", FieldKind::Note},
              {"explained_by", FieldKind::Line},
              {"health_said", FieldKind::Line},
              {"medical_sought", FieldKind::Line}};
    case Kind::Disclosures:
      return {{"exact_words", FieldKind::Note, {}, true}, {"question_asked", FieldKind::Line}, {"told_to", FieldKind::Line},
              {"at", FieldKind::DateTime}};
    case Kind::OpenSteps:
      return {{"status", FieldKind::Choice, {"DONE", "OPEN", "MISSED", "DROPPED", "NOT_DISCUSSED"}}, {"note", FieldKind::Line}};
    case Kind::NextSteps: return {{"what", FieldKind::Line}, {"owner", FieldKind::Line}, {"due", FieldKind::Date}};
    case Kind::Calls: return {{"said", FieldKind::Note}};
    default: return {};
  }
}

struct Making {
  const State& state;
  const OpenVisit& open;
  const std::vector<rules::Problem>& problems;

  const Text& text() const { return state.text(); }

  std::string error_at(const Id& child, const std::string& question, const Id& item) const {
    std::string out;
    if (open.checked)
      for (const auto& problem : problems)
        if (problem.child == child && problem.question == question && problem.item == item)
          out += (out.empty() ? "" : "\n") + text()(problem.said);
    return out;
  }

  FieldValue held(const Place& place) const { return get_field(state.form(), open.visit, place); }

  FieldVm field(const Place& place, FieldKind kind, std::string label) const {
    FieldVm vm;
    vm.kind = kind;
    vm.place = place;
    vm.key = place.key();
    vm.label = std::move(label);
    vm.max_bytes = kind == FieldKind::Note ? limits::kNoteBytes : limits::kShortTextBytes;
    const auto value = held(place);
    if (const auto* words = std::get_if<std::string>(&value)) vm.text = *words;
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      vm.text = std::to_string(*number);
      vm.scale = static_cast<int>(*number);
    }
    if (open.in_hand && (kind == FieldKind::Note || kind == FieldKind::Line))
      vm.put_here = {text()("jottings.put_here"), PutJotting{open.in_hand, vm.key}, false, text()("jottings.put_here") + ": " + vm.label};
    if (const auto* day = std::get_if<base::Date>(&value)) vm.date = *day;
    if (kind == FieldKind::Date && !vm.date) vm.date = base::date_from_iso(vm.text);
    if (kind == FieldKind::DateTime) {
      if (const auto at = base::from_rfc3339(vm.text)) {
        vm.date = rules::uk_date(*at);
        vm.minutes = rules::uk_minutes(*at);
      }
      vm.now = {text()("field.now"), ChooseNow{place}};
    }
    return vm;
  }

  void add_codes(FieldVm& vm, const std::string& keys, const std::vector<const char*>& codes) const {
    const auto value = held(vm.place);
    const bool is_bool = codes == std::vector<const char*>{"YES", "NO"};
    for (const std::string code : codes) {
      OptionVm option;
      option.code = code;
      option.label = text()(keys + (is_bool ? (code == "YES" ? ".yes" : ".no") : "." + code));
      option.value = is_bool ? FieldValue(code == "YES") : FieldValue(code);
      option.selected = value == option.value;
      vm.options.push_back(std::move(option));
    }
  }

  void not_covered(const rules::Asked& asked, const Place& place, std::string& offered, bool& is, std::string& why_label,
                   std::string& why) const {
    const auto value = held(place);
    const auto* skipped = std::get_if<model::NotCovered>(&value);
    is = skipped != nullptr;
    if (!asked.not_covered && !is) return;
    offered = text()("field.not_covered");
    if (is) {
      why_label = text()(asked.needs_why ? "field.not_covered.why" : "field.not_covered.why.optional");
      why = skipped->why;
    }
  }

  SheetVm::PenVm pen(const Place& sheet) const {
    const Pen& pen = open.pen.question == sheet ? open.pen : Pen();
    const std::string where = point_words(text(), pen.at);
    return {text()(pen.way.empty() ? "sheet.pen.up" : "sheet.pen.down", {{"where", where}}), pen.at, pen.way};
  }

  /// The sheet of a question, to be drawn on.
  std::optional<SheetVm> sheet(const rules::Question& q, const model::ChildPart& part) const {
    auto vm = sheet_of(text(), q, part);
    if (!vm) return vm;
    const auto& at = vm->question;
    vm->is_open = open.sheets.count(at.key()) > 0;
    const char* words = vm->is_open ? "sheet.close" : vm->strokes.empty() ? "sheet.draw" : "sheet.go_on";
    vm->open = {text()(words), OpenSheet{at}, false, text()(words) + ": " + rules::words(q.label, &part)};
    if (!vm->is_open) return vm;
    vm->hint = text()("sheet.hint");
    if (open.full.count(at.key())) vm->full = text()("sheet.full");
    vm->pen = pen(at);
    vm->inks_label = text()("sheet.inks");
    vm->ink = open.ink.empty() ? std::string(model::kInks[0]) : open.ink;
    for (const auto ink : model::kInks) {
      const std::string colour(ink);
      vm->inks.push_back({colour.substr(1), text()("sheet.ink." + colour.substr(1)), {}, colour == vm->ink, ChooseInk{colour}});
    }
    const bool taken = std::any_of(open.taken.begin(), open.taken.end(), [&](const auto& one) { return one.question == at; });
    vm->undo = {text()("sheet.undo"), UndoStroke{at}, vm->strokes.empty()};
    vm->back = {text()("sheet.back"), BringBack{at}, !taken};
    vm->clear = {text()("sheet.clear"), ClearSheet{at}, vm->strokes.empty()};
    return vm;
  }

  FieldVm question(const rules::Asked& asked, const model::ChildPart* part) const {
    const auto& q = *asked.question;
    const Place place{part ? part->id : Id(), q.id, Id(), {}};
    FieldKind kind = FieldKind::Line;
    switch (q.kind) {
      case Kind::Choice: case Kind::YesNo: kind = FieldKind::Choice; break;
      case Kind::Multi: kind = FieldKind::Multi; break;
      case Kind::LongText: kind = FieldKind::Note; break;
      case Kind::Scale: kind = FieldKind::Scale; break;
      case Kind::Date: kind = FieldKind::Date; break;
      case Kind::Time: kind = FieldKind::DateTime; break;
      default: kind = FieldKind::Line; break;
    }
    auto vm = field(place, kind, rules::words(q.label, part));
    if (q.kind == Kind::Text) vm.max_bytes = limits::kShortTextBytes;
    vm.hint = rules::words(q.help, part);
    vm.verbatim = q.verbatim;
    vm.error = error_at(place.child, q.id, Id());
    const auto value = held(place);
    if (kind == FieldKind::Choice || kind == FieldKind::Multi) {
      const auto add = [&](const std::string& code, std::string label, std::string hint) {
        OptionVm option{code, std::move(label), std::move(hint), false, FieldValue(code)};
        if (const auto* many = std::get_if<std::vector<std::string>>(&value)) {
          option.selected = std::find(many->begin(), many->end(), code) != many->end();
          auto turned = *many;
          if (option.selected) std::erase(turned, code);
          else turned.push_back(code);
          option.value = turned.empty() ? FieldValue{} : FieldValue(std::move(turned));
        } else {
          const auto* one = std::get_if<std::string>(&value);
          option.selected = one && *one == code;
          if (kind == FieldKind::Multi) option.value = std::vector<std::string>{code};
        }
        vm.options.push_back(std::move(option));
      };
      for (const auto& option : asked.options)
        add(option.code, rules::words(option.label, part), rules::words(option.hint, part));
      if (q.kind == Kind::YesNo && asked.options.empty()) {
        add("YES", text()("answer.yes"), {});
        add("NO", text()("answer.no"), {});
      }
    }
    if (kind == FieldKind::Scale) {
      vm.low = asked.options.empty() ? text()("scale.low") : rules::words(asked.options.front().label, part);
      vm.high = asked.options.size() < 2 ? text()("scale.high") : rules::words(asked.options.back().label, part);
    }
    not_covered(asked, place, vm.not_covered, vm.is_not_covered, vm.why_label, vm.why);
    if (vm.is_not_covered) vm.text.clear();
    if (part) vm.sheet = sheet(q, *part);
    return vm;
  }

  template <class T>
  ItemVm item(const rules::Question& q, const Place& list, const T& element, std::size_t number) const {
    const std::string name = list_name(q.kind);
    ItemVm vm;
    vm.id = element.id;
    vm.title = text()("item." + name, {{"n", std::to_string(number)}});
    if constexpr (std::is_same_v<T, model::PlanStep>) {
      if (q.kind == Kind::OpenSteps) {
        vm.title = element.what;
        vm.lead = text()("step.lead", {{"owner", element.owner.empty() ? text()("step.no_owner") : element.owner},
                                       {"due", due_words(state, element.due)}});
      }
    }
    if constexpr (std::is_same_v<T, model::Call>) {
      vm.title = text()(element.outcome == model::CallOutcome::NoAnswer ? "call.tried.none" : "call.tried",
                        {{"who", element.label}, {"when", clock_words(element.at)}});
    }
    if constexpr (std::is_same_v<T, model::Injury>) {
      vm.lead = mark_place(text(), element.view, element.at);
      const Place mark{list.child, list.question, element.id, {}};
      const char* words = open.placing == element.id ? "map.cancel" : element.at ? "map.elsewhere" : "map.place";
      vm.place = {text()(words), ChooseMark{mark}, false, text()(words) + ": " + vm.title};
    }
    vm.error = error_at(list.child, q.id, element.id);
    for (const auto& member : members_of(q.kind)) {
      Place place = list;
      place.item = element.id;
      place.field = member.name;
      auto one = field(place, member.kind, text()("item." + name + "." + member.name));
      const auto hint = "item." + name + "." + member.name + ".hint";
      if (text().has(hint)) one.hint = text()(hint);
      one.verbatim = member.verbatim;
      add_codes(one, "item." + name + "." + member.name, member.codes);
      vm.fields.push_back(std::move(one));
    }
    if (q.kind == Kind::OpenSteps) std::swap(vm.error, vm.fields.front().error);  // nothing else of it can be missing but what happened
    if (q.kind != Kind::OpenSteps && q.kind != Kind::Calls) {
      Place place = list;
      place.item = element.id;
      vm.remove = {text()("item.remove"), RemoveItem{place}, false, text()("item.remove.what", {{"what", vm.title}})};
    }
    return vm;
  }

  BodyMapVm body_map(const Place& list, const model::ChildPart& part) const {
    BodyMapVm vm{list, list.key() + "/map", text()("map.hint"), false, figures_of(text(), list, part, open.placing), {}};
    for (std::size_t i = 0; i < part.injuries.size(); ++i) {
      if (part.injuries[i].id != open.placing) continue;
      vm.placing = true;
      vm.hint = text()("map.placing", {{"n", std::to_string(i + 1)}});
    }
    vm.undo = {text()("map.undo"), UndoMark{list}, true};
    for (const auto& step : open.mark_steps) {
      if (step.item.child != list.child || step.item.question != list.question) continue;
      vm.undo.disabled = false;
      vm.undo.spoken = text()(step.removed ? "map.undo.removed" : step.before ? "map.undo.moved" : "map.undo.added");
    }
    return vm;
  }

  /// Nobody is there until somebody says so.
  void add_known(ListVm& vm) const {
    const auto* family = state.caseload->family(open.visit.family);
    if (!family || family->members.empty()) return;
    vm.known_label = text()("item.present.known");
    for (const auto& member : family->members) {
      const auto& present = open.visit.facts.present;
      const auto id = present_id(open.visit.id, member.id);
      const bool is_there = std::any_of(present.begin(), present.end(), [&](const auto& one) { return one.id == id; });
      vm.known.push_back({member.id.str(), member.name, member.relationship, is_there, TurnKnown{vm.place, member.id}});
    }
  }

  ListVm list(const rules::Asked& asked, const model::ChildPart* part) const {
    const auto& q = *asked.question;
    ListVm vm;
    vm.place = {part ? part->id : Id(), q.id, Id(), {}};
    vm.key = vm.place.key();
    vm.label = rules::words(q.label, part);
    vm.hint = rules::words(q.help, part);
    vm.error = error_at(vm.place.child, q.id, Id());
    const auto add = [&](const auto& elements) {
      std::size_t number = 0;
      for (const auto& element : elements) vm.items.push_back(item(q, vm.place, element, ++number));
    };
    const auto& facts = open.visit.facts;
    switch (q.kind) {
      case Kind::People: add(facts.present); break;
      case Kind::OtherChildren: add(facts.other_children); break;
      case Kind::Sharing: add(facts.sharing); break;
      case Kind::Injuries: add(part->injuries); break;
      case Kind::Disclosures: add(part->disclosures); break;
      case Kind::OpenSteps: add(part->open_steps); break;
      case Kind::NextSteps: add(part->next_steps); break;
      case Kind::Calls: add(part->calls); break;
      default: break;
    }
    const auto undone = [&](const MarkStep& step) { return step.item.child == vm.place.child && step.item.question == q.id; };
    if (q.kind == Kind::Injuries &&
        (!part->injuries.empty() || std::any_of(open.mark_steps.begin(), open.mark_steps.end(), undone)))
      vm.map = body_map(vm.place, *part);
    if (q.kind == Kind::People) add_known(vm);
    const std::string name = list_name(q.kind);
    if (q.kind != Kind::OpenSteps && q.kind != Kind::Calls) vm.add = {text()("item." + name + ".add"), AddItem{vm.place}};
    if (q.kind == Kind::OpenSteps &&
        std::count_if(part->open_steps.begin(), part->open_steps.end(), [](const auto& s) { return !s.status; }) > 0)
      vm.all_not_discussed = {text()("step.all_not_discussed"), AllNotDiscussed{part->id}};
    const auto value = held(vm.place);
    const auto* code = std::get_if<std::string>(&value);
    vm.is_none = code && *code == rules::kNone;
    if (vm.items.empty()) vm.none = rules::words(q.none, part);
    not_covered(asked, vm.place, vm.not_covered, vm.is_not_covered, vm.why_label, vm.why);
    return vm;
  }

  GroupVm risk(const rules::Asked& asked, const model::ChildPart& part) const {
    auto vm = risk_fields(asked, part);
    if (!open.checked) return vm;
    for (const auto& problem : problems) {
      if (problem.child != part.id || problem.question != asked.question->id) continue;
      const auto field = std::find_if(vm.fields.begin(), vm.fields.end(), [&](const auto& one) { return one.place.field == problem.field; });
      auto& error = field == vm.fields.end() ? vm.error : field->error;
      error += (error.empty() ? "" : "\n") + text()(problem.said);
    }
    return vm;
  }

  GroupVm risk_fields(const rules::Asked& asked, const model::ChildPart& part) const {
    const auto& q = *asked.question;
    const auto& thresholds = state.rules().thresholds;
    GroupVm vm;
    vm.place = {part.id, q.id, Id(), {}};
    vm.key = vm.place.key();
    vm.hint = rules::words(q.help, &part);
    if (!part.risk.changed && part.risk.level.empty())
      not_covered(asked, vm.place, vm.not_covered, vm.is_not_covered, vm.why_label, vm.why);
    if (vm.is_not_covered) {
      vm.label = rules::words(q.label, &part);
      return vm;
    }
    const auto place = [&](const char* member) {
      Place at = vm.place;
      at.field = member;
      return at;
    };
    auto changed = field(place("changed"), FieldKind::Choice, rules::words(q.label, &part));
    add_codes(changed, "risk.changed", {"YES", "NO", "NOT_ENOUGH_TO_SAY"});
    vm.fields.push_back(std::move(changed));
    const auto type = open.visit.facts.type;
    const bool always = type == model::VisitType::S47 || type == model::VisitType::Cp;
    const bool filled = !part.risk.level.empty() || !part.risk.threshold.empty() || !part.risk.why.empty();
    if (!always && !filled && part.risk.changed != model::RiskChange::Yes) return vm;
    const auto levels = [&](const char* member, const char* label, const std::vector<rules::Level>& of) {
      auto one = field(place(member), FieldKind::Choice, text()(label));
      for (const auto& level : of) {
        one.options.push_back({level.code, level.label, level.definition, one.text == level.code, FieldValue(level.code)});
      }
      vm.fields.push_back(std::move(one));
    };
    levels("level", "risk.level", thresholds.risk);
    levels("threshold", "risk.threshold", thresholds.levels);
    vm.fields.push_back(field(place("why"), FieldKind::Note, text()("risk.why")));
    return vm;
  }

  RestVm rest(const rules::Section& from, const model::ChildPart* part) const {
    RestVm vm{"rest/" + from.id, {}};
    for (const auto& code : from.rest) {
      const auto open_ones = rest_of(state.form(), from, code, open.visit.facts, part);
      if (open_ones.size() < 2) continue;
      const auto what = rules::option_label(*open_ones.front(), code, part);
      vm.actions.push_back({text()("rest.others", {{"what", what}}), AnswerRest{part ? part->id : Id(), from.id, code}});
    }
    return vm;
  }

  SectionVm section(const rules::Section& from, const model::ChildPart* part) const {
    SectionVm vm{from.id, rules::words(from.title, part), {}};
    for (const auto& asked : rules::questions_for(state.form(), from, open.visit.facts, part)) {
      switch (asked.question->kind) {
        case Kind::People: case Kind::OtherChildren: case Kind::Sharing: case Kind::Injuries: case Kind::Disclosures:
        case Kind::OpenSteps: case Kind::NextSteps: case Kind::Calls:
          // What only fills by itself, calls and carried steps, is nothing to look at while it is empty.
          if (auto made = list(asked, part); !made.items.empty() || !made.add.label.empty()) vm.blocks.push_back(std::move(made));
          break;
        case Kind::Risk:
          if (part) vm.blocks.push_back(risk(asked, *part));
          break;
        default: vm.blocks.push_back(question(asked, part)); break;
      }
    }
    if (auto made = rest(from, part); !made.actions.empty()) vm.blocks.push_back(std::move(made));
    return vm;
  }
};

void show_jottings(const State& state, const OpenVisit& open, RecordVm& vm) {
  const auto& text = state.text();
  const auto& visit = open.visit;
  vm.jot = {text(open.jotting_open ? "jottings.close" : "jottings.jot"), TurnJotting{}};
  vm.jotting_open = open.jotting_open;
  vm.jotting_label = text("jottings.label");
  vm.add_jotting = {text("jottings.add"), AddJotting{}};
  vm.put_error = open.put_error;
  if (visit.jottings.empty()) return;
  vm.jottings_heading = text("jottings.heading");
  vm.jottings_hint = text("jottings.hint");
  for (const auto& jotting : visit.jottings) {
    JottingVm one{jotting.id, taken_words(text, visit.facts, jotting), jotting.text, {}, {}, jotting.id == open.in_hand};
    const auto put = put_words(text, state.form(), visit.children, jotting);
    if (!put.empty()) one.put = text("jottings.put", {{"where", put}});
    const auto take = text(one.in_hand ? "jottings.put_down" : jotting.put_into.empty() ? "jottings.take" : "jottings.take_again");
    one.take = {take, TakeJotting{jotting.id}, false, take + ": " + first_line(jotting.text, 60)};
    if (one.in_hand) {
      vm.in_hand = text("jottings.placing", {{"words", first_line(jotting.text, 80)}});
      vm.in_hand_hint = text("jottings.in_hand");
      vm.put_down = {text("jottings.put_down"), TakeJotting{}};
    }
    vm.jottings.push_back(std::move(one));
  }
}

SecondWorkerVm second_worker(const State& state, const model::Visit& visit) {
  const auto& text = state.text();
  SecondWorkerVm vm{"visit/second_worker", text("second.label"), text("second.hint"), {}};
  const auto& me = state.caseload->me;
  for (const auto& worker : state.caseload->workers) {
    if (worker.id == me.id) continue;
    const bool chosen = visit.second_worker == worker.id;
    if (worker.team == me.team || chosen)
      vm.workers.push_back({worker.id.str(), worker.name, {}, chosen, ChooseSecondWorker{worker.id}});
  }
  return vm;
}

std::string family_words(const State& state, const model::Visit& visit) {
  if (!visit.family_name.empty()) return visit.family_name;
  if (visit.children.empty()) return state.text()("person.unknown");
  return visit.children.front().name;
}

std::string returned_words(const State& state, const model::Visit& visit) {
  for (const auto& part : visit.children) {
    if (!part.revises) continue;
    const auto* item = state.caseload->record(part.revises->record);
    if (!item) continue;
    for (auto at = item->decisions.rbegin(); at != item->decisions.rend(); ++at)
      if (at->verdict == model::Verdict::Returned) {
        const auto& text = state.text();
        const auto reason =
            at->return_reason ? text("return_reason." + std::string(model::code(*at->return_reason))) : std::string();
        return text("record.returned", {{"who", at->reviewer_name}, {"reason", reason}, {"words", at->rationale}});
      }
  }
  return {};
}

}  // namespace

namespace {

/// Why a submission of this draft came back, each reason once; `is_there`: a submission of it stands, which says why already.
std::string came_back(const State& state, const Id& visit, bool is_there) {
  const auto* stored = state.caseload->draft(visit);
  std::string why;
  for (const auto& code : stored ? std::set<std::string>(stored->came_back.begin(), stored->came_back.end()) : std::set<std::string>())
    if (const auto words = refusal_words(state.text(), "submit", code);
        !words.empty() && !(is_there && (code == "stale" || code == "wrong_state" || code == "approved")))
      why += (why.empty() ? "" : " ") + words;
  return why.empty() ? why : state.text()("record.came_back", {{"why", why}});
}

/// The record that this part of a draft was submitted as; nullptr: it is not, or this is written to correct it.
const RecordItem* submitted_as(const State& state, const model::Visit& draft, const model::ChildPart& part) {
  if (part.revises) return nullptr;
  for (const auto& item : state.caseload->records) {
    const auto& head = item.head();
    if (head.body.visit == draft.id && head.body.part.id == part.id && head.revision.state != model::State::Draft) return &item;
  }
  return nullptr;
}

/// One box says what happened, and holds what can be done; nobody submits a second time what stands at the server.
void show_submitted(const State& state, const model::Visit& visit, RecordVm& vm) {
  const auto& text = state.text();
  bool all = true;
  for (const auto& part : visit.children) {
    const auto* item = submitted_as(state, visit, part);
    all = all && (item || !part.skip_reason.empty());
    if (!item) continue;
    const auto in = item->head().revision.state;
    const char* key = in == model::State::Approved   ? "record.already.approved"
                      : in == model::State::Returned ? "record.already.returned"
                      : decided(*item)               ? nullptr
                                                     : "record.already.submitted";
    if (key) vm.submitted_already += "\n" + text(key, {{"name", short_name(part)}});
    vm.open_submitted.push_back({text("record.already.open", {{"name", short_name(part)}}), Open{ScreenKind::ReadRecord, item->id()}});
  }
  if (all) vm.check = {};
  vm.discard.label = text("record.already.discard");
  if (!vm.discard_question.empty()) vm.discard_question = text("record.already.discard.question");
}

}  // namespace

std::string submitted_already(const State& state, const model::Visit& draft) {
  std::string names;
  for (const auto& part : draft.children)
    if (submitted_as(state, draft, part)) names += (names.empty() ? "" : ", ") + short_name(part);
  return names.empty() ? std::string() : state.text()("record.submitted_already", {{"names", names}});
}

namespace {

RefusedVm refused_vm(const State& state, const OpenVisit& open, const std::vector<rules::Problem>& now) {
  constexpr std::size_t kAboveAPage = 5, kFirst = 3;  // the page they are of begins below them, and is to be seen
  const auto& text = state.text();
  RefusedVm vm;
  std::size_t left = 0;
  for (const auto& problem : open.refused) {
    if (problem.child != open.child) continue;
    const bool is_left = std::find(now.begin(), now.end(), problem) != now.end();
    left += is_left;
    auto words = text(problem.said);
    vm.problems.push_back({is_left ? std::move(words) : text("record.refused.done", {{"what", words}}),
                           GoToQuestion{{problem.child, problem.question, problem.item, problem.field}}});
  }
  if (vm.problems.empty()) return vm;
  vm.heading = left == 0 ? text("record.refused.none") : text.count("record.refused", static_cast<long long>(left));
  if (vm.problems.size() <= kAboveAPage) return vm;
  const bool all = open.problems_turned.count(open.child) > 0;
  vm.more = {all ? text("record.refused.fewer") : text("record.refused.all", {{"n", std::to_string(vm.problems.size())}}),
             TurnProblems{open.child}};
  if (!all) vm.problems.resize(kFirst);
  return vm;
}

}  // namespace

RecordVm record_vm(const State& state) {
  const auto& text = state.text();
  RecordVm vm;
  if (!state.visit) return vm;
  const auto& open = *state.visit;
  const auto& visit = open.visit;
  const auto problems = open.checked ? problems_of(state) : std::vector<rules::Problem>{};
  vm.visit = visit.id;
  vm.title = visit_title(state, visit.facts, family_words(state, visit));
  vm.tag = {text("state.draft"), Mood::Info};
  vm.returned_why = returned_words(state, visit);
  if (!vm.returned_why.empty()) vm.tag = {text("state.returned"), Mood::Warn};
  vm.submitted_already = submitted_already(state, visit);
  vm.came_back = came_back(state, visit.id, !vm.submitted_already.empty());
  if (visit.facts.start)
    vm.when = weekday_words(text, rules::uk_date(visit.facts.start->at), rules::uk_date(state.now)) + ", " + clock_words(visit.facts.start->at);
  vm.where = visit.address;
  if (visit.second_worker) vm.with = text("record.with", {{"name", person_name(state, *visit.second_worker)}});
  vm.hazards = hazards_of(state, state.caseload->family(visit.family));
  vm.calls = call_cards(state, visit.id);
  if (!visit.conflicts.empty()) {
    vm.conflict = text.count("record.conflicts", static_cast<long long>(visit.conflicts.size()));
    vm.settle = {text("record.settle"), Open{ScreenKind::Conflict, visit.id}};
  }
  const auto add_tab = [&](const Id& child, const std::string& name) {
    if (child == open.child) vm.tab = vm.tabs.size();
    const auto to_do = std::count_if(problems.begin(), problems.end(), [&](const auto& p) { return p.child == child; });
    vm.tabs.push_back({child, name, to_do == 0 ? name : text("record.tab.to_do", {{"name", name}, {"n", std::to_string(to_do)}})});
  };
  add_tab(Id(), text("record.tab.visit"));
  for (const auto& part : visit.children) add_tab(part.id, short_name(part));
  const auto* part = part_of(visit, open.child);
  const Making making{state, open, problems};
  for (const auto& section : state.form().sections) {
    if ((section.scope == rules::Scope::Child) != (part != nullptr)) continue;
    auto made = making.section(section, part);
    if (section.id == "people") {
      if (auto second = second_worker(state, visit); !second.workers.empty()) made.blocks.push_back(std::move(second));
    }
    if (!made.blocks.empty()) vm.sections.push_back(std::move(made));
  }
  vm.refused = refused_vm(state, open, problems);
  if (part) vm.photos = photos_vm(state, *part, true);
  show_jottings(state, open, vm);
  vm.check = {text("record.check"), Open{ScreenKind::Check, visit.id}};
  vm.leaving = {text("leaving.title"), Open{ScreenKind::Leaving, visit.id}};
  vm.discard = {text("record.discard"), DiscardVisit{DiscardVisit::Step::Ask}};
  if (open.discard_asked) {
    vm.discard_question = text("record.discard.question");
    vm.discard_yes = {text("record.discard.yes"), DiscardVisit{DiscardVisit::Step::Yes}};
    vm.discard_no = {text("record.discard.no"), DiscardVisit{DiscardVisit::Step::No}};
  }
  if (!vm.submitted_already.empty()) show_submitted(state, visit, vm);
  return vm;
}

SavedVm saved_vm(const State& state) {
  const auto& text = state.text();
  if (!state.visit) return {};
  const auto& open = *state.visit;
  if (!open.save_error.empty()) return {text("record.save_failed", {{"why", open.save_error}}), true, false};
  if (open.edit != open.saved) return {text("record.saving"), false, true};
  if (open.saved_at) return {text("record.saved", {{"time", clock_words(*open.saved_at)}})};
  return {};
}

std::string first_control(const RecordVm& vm, const Place& place) {
  const auto first = [](const std::vector<FieldVm>& fields) { return fields.empty() ? std::string() : fields.front().key; };
  const Place question{place.child, place.question, Id(), {}};
  for (const auto& section : vm.sections)
    for (const auto& block : section.blocks) {
      if (const auto* field = std::get_if<FieldVm>(&block); field && field->place == question)
        return field->is_not_covered ? field->key + "/not-covered" : field->key;
      if (const auto* group = std::get_if<GroupVm>(&block); group && group->place == question) {
        if (group->is_not_covered) return group->key + "/not-covered";
        for (const auto& field : group->fields)
          if (field.place == place) return field.key;
        return first(group->fields);
      }
      if (const auto* list = std::get_if<ListVm>(&block); list && list->place == question) {
        for (const auto& item : list->items) {
          if (!place.item.nil() && item.id != place.item) continue;
          for (const auto& field : item.fields)
            if (field.place == place) return field.key;
          return first(item.fields);
        }
        return list->key + "/add";
      }
    }
  return {};
}

namespace {

/// What is missing, by child and section.
std::vector<ProblemListVm> problem_lists(const State& state, const OpenVisit& open, const std::vector<rules::Problem>& problems) {
  constexpr std::size_t kAllOpen = 8;  ///< so few need no folding
  const auto& text = state.text();
  const auto& form = state.form();
  std::vector<ProblemListVm> out;
  for (std::size_t i = 0; i < problems.size(); ++i) {
    const auto& problem = problems[i];
    const auto* part = part_of(open.visit, problem.child);
    if (out.empty() || out.back().child != problem.child)
      out.push_back({problem.child, part ? part->name : text("record.tab.visit"), {}, false, {}});
    std::string title;
    for (const auto& section : form.sections)
      for (const auto& question : section.questions)
        if (question.id == problem.question) title = rules::words(section.title, part);
    auto& parts = out.back().parts;
    if (parts.empty() || parts.back().title != title) parts.push_back({std::move(title), {}});
    parts.back().problems.push_back(i);
  }
  for (auto& list : out) {
    std::size_t count = 0;
    for (const auto& part : list.parts) count += part.problems.size();
    list.count = text.count("check.to_do", static_cast<long long>(count));
    const bool comes_open = problems.size() <= kAllOpen || &list == &out.front();
    list.open = comes_open != (open.problems_turned.count(list.child) > 0);
  }
  return out;
}

}  // namespace

CheckVm check_vm(const State& state) {
  const auto& text = state.text();
  CheckVm vm;
  if (!state.visit) return vm;
  const auto& open = *state.visit;
  const auto& visit = open.visit;
  vm.title = text("check.title");
  vm.intro = text("check.intro");
  const auto problems = problems_of(state);
  vm.problems_heading = text.count("check.problems", static_cast<long long>(problems.size()));
  for (const auto& problem : problems) vm.problems.push_back(text(problem.said));
  vm.lists = problem_lists(state, open, problems);
  if (!visit.conflicts.empty()) vm.submit_error = text.count("record.conflicts", static_cast<long long>(visit.conflicts.size()));
  vm.warnings_heading = text("check.warnings");
  if (auto already = submitted_already(state, visit); !already.empty()) vm.warnings.push_back({std::move(already), {}});
  for (const auto& part : visit.children)
    for (const auto& warning : rules::warnings(state.form(), visit.facts, part)) {
      auto words = text(warning.said);
      const auto& name = short_name(part);
      if (!warning.child.nil() && visit.children.size() > 1 && words.find(name) == words.npos) words = labelled(name, words);
      ActionVm line{std::move(words), GoToQuestion{{warning.child, warning.question, warning.item, warning.field}}};
      if (std::find(vm.warnings.begin(), vm.warnings.end(), line) == vm.warnings.end()) vm.warnings.push_back(std::move(line));
    }
  for (const auto& part : visit.children) {
    const auto photos = model::attachments_of(part);
    for (std::size_t i = 0; i < photos.size(); ++i)
      if (lines_of(photos[i].caption).empty())
        vm.warnings.push_back({text("check.photo", {{"n", std::to_string(i + 1)}, {"name", short_name(part)}}), {}});
  }
  vm.beside = beside_of_draft(state, visit);
  vm.summary_heading = text("check.summary");
  for (const auto& part : visit.children) {
    auto& summary = vm.parts.emplace_back();
    summary.child = part.id;
    summary.name = part.name;
    summary.lines = summary_lines(state, visit.facts, part);
    for (const auto& line : summary.lines) {
      auto& change = summary.change.emplace_back();
      if (line.question.empty()) continue;  // calls: there is none to change
      change = {text("check.change"), GoToQuestion{{part.id, line.question, Id(), {}}}, false,
                text("check.change.what", {{"what", line.name}, {"name", short_name(part)}})};
    }
  }
  vm.calls = call_cards(state, visit.id);
  if (!open.submit_error.empty()) vm.submit_error = open.submit_error;
  vm.submit = {text(open.submitting ? "check.submitting" : "check.submit"), PressSubmit{}, open.submitting};
  vm.back = {text("check.back"), Back{}};
  if (vm.problems.empty() && vm.submit_error.empty()) vm.note_heading = text("check.now");
  vm.note = text(state.sync.online ? "check.note.online" : "check.note.offline");
  return vm;
}

}  // namespace doorstep::state
