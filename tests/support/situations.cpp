#include "tests/support/situations.h"

#include <boost/json.hpp>
#include <stdexcept>

#include "app/state/view_models.h"
#include "sync/model/visit.h"
#include "sync/wire/codec.h"
#include "tests/support/tree.h"

namespace doorstep::support {
namespace {

namespace json = boost::json;
using state::FieldValue;
using state::Place;

SituationVisit visit_from(const json::object& o) {
  SituationVisit out;
  out.type = model::from_code<model::VisitType>(std::string(o.at("visit_type").as_string())).value();
  const auto& edits = o.at("edits").as_object();
  // Through a whole visit, so that the codec reads exactly what it reads from the wire.
  model::Visit frame;
  frame.id = frame.author = base::Id::from_name("frame");
  json::object document = json::parse(wire::encode(frame)).as_object();
  document["facts"] = edits.at("facts");
  json::array children;
  for (const auto& part : edits.at("parts").as_array()) {
    json::object child = part.at("part").as_object();
    child["id"] = base::Id::from_name(std::string(part.at("child").as_string())).str();
    child.emplace("name", "");
    children.push_back(child);
  }
  document["children"] = children;
  auto visit = wire::decode<model::Visit>(json::serialize(document));
  if (!visit) throw std::runtime_error(visit.error().detail);
  out.facts = std::move(visit->facts);
  for (std::size_t i = 0; i < visit->children.size(); ++i)
    out.parts.push_back({std::string(edits.at("parts").at(i).at("child").as_string()), std::move(visit->children[i])});
  return out;
}

void generate(SituationVisit& visit, const json::object& o) {
  std::string seed(o.at("seed").as_string()), text;
  std::vector<std::string> words;
  std::istringstream in(seed);
  for (std::string word; in >> word;) words.push_back(word);
  auto count = static_cast<std::size_t>(o.at("generate_words").to_number<int>());
  for (std::size_t i = 0; i < count; ++i) {
    if (i) text += ' ';
    text += words[i % words.size()];
  }
  const auto& into = o.at("generate_into").as_object();
  for (auto& part : visit.parts)
    if (part.child == std::string_view(into.at("child").as_string())) part.part.answers[std::string(into.at("question").as_string())] = text;
}

bool is_list(rules::Kind kind) { return kind >= rules::Kind::People && kind != rules::Kind::Risk; }

const model::ChildPart& part_of(const model::Visit& visit, base::Id child) {
  for (const auto& part : visit.children)
    if (part.id == child) return part;
  throw std::runtime_error("no part for " + child.str());
}

/// Calls `f` with the elements a list question is about; does nothing for any other question.
template <class F>
void with_list(const rules::Question& question, const model::Visit& visit, base::Id child, F&& f) {
  switch (question.kind) {
    case rules::Kind::People: return f(visit.facts.present);
    case rules::Kind::OtherChildren: return f(visit.facts.other_children);
    case rules::Kind::Sharing: return f(visit.facts.sharing);
    case rules::Kind::Injuries: return f(part_of(visit, child).injuries);
    case rules::Kind::Disclosures: return f(part_of(visit, child).disclosures);
    case rules::Kind::OpenSteps: return f(part_of(visit, child).open_steps);
    case rules::Kind::NextSteps: return f(part_of(visit, child).next_steps);
    case rules::Kind::Calls: return f(part_of(visit, child).calls);
    default: return;
  }
}

/// From one visit to a hand.
class Walk {
 public:
  Walk(const rules::Form& form, const model::Visit& from, Hand& hand) : form_(form), from_(from), hand_(hand) {}

  void section(const rules::Section& section, base::Id child) {
    for (const auto& question : section.questions)
      if (question.field != rules::Field::Type) answer(question, {child, question.id, {}, {}});
  }

 private:
  void answer(const rules::Question& question, const Place& place) {
    switch (question.kind) {
      case rules::Kind::Calls: return calls(place);
      case rules::Kind::OpenSteps:
        for (const auto& step : part_of(from_, place.child).open_steps)
          if (hand_.has_step(place.child, step.id)) members(place, step.id, step);
        return;
      case rules::Kind::Risk:
        for (const char* field : {"changed", "level", "threshold", "why"}) put({place.child, place.question, {}, field});
        return;
      default:
        with_list(question, from_, place.child, [&](const auto& elements) {
          for (const auto& element : elements) members(place, hand_.add(place), element);
        });
        put(place);
    }
  }
  /// As long as the child's call card stands there.
  void calls(const Place& place) {
    model::ChildPart so_far = part_of(from_, place.child);
    if (!so_far.skip_reason.empty()) return;
    for (const auto& call : std::exchange(so_far.calls, {})) {
      if (!model::call_pending(so_far)) return;
      so_far.calls.push_back(call);
      base::Id id = hand_.call(place, call.outcome == model::CallOutcome::Answered);
      if (!call.said.empty()) hand_.put({place.child, place.question, id, "said"}, call.said);
    }
  }
  template <class T>
  void members(const Place& list, base::Id to, const T& element) {
    T::each(element, [&](std::string_view name, const auto&) {
      if (name == "id") return;
      Place place{list.child, list.question, element.id, std::string(name)};
      FieldValue value = state::get_field(form_, from_, place);
      place.item = to;
      if (!std::holds_alternative<std::monostate>(value)) hand_.put(place, value);
    });
  }
  void put(const Place& place) {
    FieldValue value = state::get_field(form_, from_, place);
    const bool count = std::holds_alternative<std::int64_t>(value) && is_list(form_.find(place.question)->kind);  // of elements
    if (!count && !std::holds_alternative<std::monostate>(value)) hand_.put(place, value);
  }

  const rules::Form& form_;
  const model::Visit& from_;
  Hand& hand_;
};

/// Through intents and typing.
class StateHand : public Hand {
 public:
  explicit StateHand(FieldTablet& tablet) : tablet_(tablet), form_(tablet.state().assets->form) {}

  void show(base::Id child) override {
    if (open().child != child) tablet_.act(state::ShowChild{child});
  }
  bool has_step(base::Id child, base::Id step) override {
    const auto& steps = part_of(open().visit, child).open_steps;
    return std::any_of(steps.begin(), steps.end(), [&](const auto& s) { return s.id == step; });
  }
  base::Id add(const Place& list) override {
    tablet_.act(state::AddItem{list});
    auto key = Place::parse(tablet_.state().focus);
    if (!key) throw std::runtime_error("nothing was added to " + list.key());
    return key->item;
  }
  base::Id call(const Place& list, bool answered) override {
    const auto before = part_of(open().visit, list.child).calls.size();
    tablet_.act(state::RecordCall{open().visit.id, {}, list.child, answered});
    const auto& calls = part_of(open().visit, list.child).calls;
    if (calls.size() != before + 1) throw std::runtime_error("no call was recorded");
    return calls.back().id;
  }
  void put(const Place& to, const FieldValue& given) override {
    const auto kind = form_.find(to.question)->kind;
    const FieldValue value = as_pasted(given);
    const auto* text = std::get_if<std::string>(&given);
    if (text && to.field.empty() && (kind == rules::Kind::Text || kind == rules::Kind::LongText)) tablet_.type(to.key(), *text);
    else tablet_.act(state::FieldChosen{to, value});
    if (state::get_field(form_, open().visit, to) != value) throw std::runtime_error("not taken: " + to.key());
  }

 private:
  const state::OpenVisit& open() const { return tablet_.state().visit.value(); }
  FieldTablet& tablet_;
  const rules::Form& form_;
};

/// Puts nothing anywhere: compares with what a record holds.
class Comparing : public Hand {
 public:
  Comparing(const rules::Form& form, const model::ChildRecord& held) : form_(form) {
    held_.facts = held.facts;
    held_.children = {held.part};
  }
  void show(base::Id) override {}
  bool has_step(base::Id child, base::Id step) override {
    const auto& steps = part_of(held_, child).open_steps;
    return std::any_of(steps.begin(), steps.end(), [&](const auto& s) { return s.id == step; });
  }
  base::Id add(const Place& list) override {
    base::Id id;
    const std::size_t at = taken_[list.key()]++;
    with_list(*form_.find(list.question), held_, list.child, [&](const auto& elements) {
      if (at < elements.size()) id = elements[at].id;
    });
    if (id.nil()) differences.push_back(list.key() + ": entry " + std::to_string(at + 1) + " is missing");
    return id;
  }
  base::Id call(const Place& list, bool answered) override {
    base::Id id = add(list);
    for (const auto& call : part_of(held_, list.child).calls)
      if (call.id == id && (call.outcome == model::CallOutcome::Answered) != answered)
        differences.push_back(list.key() + ": the outcome");
    return id;
  }
  void put(const Place& to, const FieldValue& given) override {
    const FieldValue wanted = as_pasted(given), holds = state::get_field(form_, held_, to);
    if (wanted != holds) differences.push_back(to.key() + ": wanted " + words_of(wanted) + ", holds " + words_of(holds));
  }
  std::vector<std::string> differences;

 private:
  const rules::Form& form_;
  model::Visit held_;
  std::map<std::string, std::size_t> taken_;  ///< elements of a list that have been compared
};

}  // namespace

std::vector<Situation> read_situations() {
  std::vector<Situation> out;
  auto document = json::parse(read_text(support::assets("demo/situations.json")));
  for (const auto& value : document.at("situations").as_array()) {
    const auto& o = value.as_object();
    Situation s{static_cast<int>(o.at("number").as_int64()), std::string(o.at("title").as_string()), std::string(o.at("child").as_string()), {}};
    s.visits.push_back(visit_from(o));
    if (o.contains("generate_words")) generate(s.visits.front(), o);
    if (auto* then = o.if_contains("then")) s.visits.push_back(visit_from(then->as_object()));
    out.push_back(std::move(s));
  }
  return out;
}

std::vector<std::string> hard_texts_missing(std::string_view everything) {
  std::vector<std::string> out;
  for (const char* text : {"\u0639\u0627\u0626\u0634\u06c1", "=2+2", "<b>&", "\u200d", "\U0001F3E0", "Si\u00e2n Ll\u0177r",
                           "Sia\u0302n Lly\u0302r", "\u202eRTL override\u202c", "Null"})
    if (everything.find(text) == everything.npos) out.push_back(text);
  return out;
}

model::Visit SituationVisit::visit(const ChildOf& child_of) const {
  model::Visit out;
  out.facts = facts;
  for (const auto& part : parts) {
    out.children.push_back(part.part);
    out.children.back().id = child_of(part.child);
  }
  return out;
}

void walk(const rules::Form& form, const model::Visit& from, Hand& hand) {
  Walk walk(form, from, hand);
  auto sections = [&](rules::Scope scope, base::Id child) {
    hand.show(child);
    for (const auto& section : form.sections)
      if (section.scope == scope) walk.section(section, child);
  };
  sections(rules::Scope::Visit, {});
  for (const auto& part : from.children) sections(rules::Scope::Child, part.id);
}

FieldValue as_pasted(const FieldValue& value) {
  FieldValue out = value;
  if (auto* text = std::get_if<std::string>(&out)) std::erase(*text, '\r');
  return out;
}

std::string words_of(const FieldValue& value) {
  struct {
    std::string operator()(std::monostate) const { return "nothing"; }
    std::string operator()(const std::string& text) const {
      return '"' + (text.size() > 300 ? text.substr(0, 300) + "…" : text) + "\" (" + std::to_string(text.size()) + " bytes)";
    }
    std::string operator()(const std::vector<std::string>& codes) const {
      std::string out;
      for (const auto& code : codes) out += (out.empty() ? "" : ", ") + code;
      return out;
    }
    std::string operator()(std::int64_t number) const { return std::to_string(number); }
    std::string operator()(bool yes) const { return yes ? "yes" : "no"; }
    std::string operator()(const base::Date& day) const { return base::to_iso(day); }
    std::string operator()(const model::Point& point) const { return std::to_string(point.x) + "," + std::to_string(point.y); }
    std::string operator()(const model::NotCovered& skipped) const { return "not covered: " + skipped.why; }
  } words;
  return std::visit(words, value);
}

std::vector<std::string> differences(const rules::Form& form, const model::ChildRecord& held, const model::Visit& from) {
  model::Visit of_this_child = from;
  std::erase_if(of_this_child.children, [&](const auto& part) { return part.id != held.part.id; });
  if (of_this_child.children.empty()) return {"a record of a child the visit was not about"};
  Comparing comparing(form, held);
  walk(form, of_this_child, comparing);
  return comparing.differences;
}

void record_visit(FieldTablet& tablet, CaseServer& council, const Situation& situation, const SituationVisit& visit) {
  record_visit(tablet, [&](const std::string& ref) { return council.child(ref); }, situation, visit);
}

void record_visit(FieldTablet& tablet, const ChildOf& child_of, const Situation& situation, const SituationVisit& visit) {
  base::Id first = child_of(situation.child);
  const auto caseload = tablet.state().caseload;  // kept: the tablet may take in another with each act
  const auto* child = caseload->child(first);
  if (!child) throw std::runtime_error("not on this tablet: " + situation.child);
  tablet.act(state::Open{state::ScreenKind::MyChildren, {}});
  tablet.act(state::Open{state::ScreenKind::StartVisit, first});
  tablet.act(state::ChooseFamily{child->family});
  tablet.act(state::ChooseVisitType{std::string(model::code(visit.type))});
  const model::Visit from = visit.visit(child_of);
  std::set<base::Id> wanted;
  for (const auto& part : from.children) wanted.insert(part.id);
  if (!tablet.state().starting) throw std::runtime_error("no visit is being started");
  for (const auto& c : caseload->children) {
    if (c.family != child->family && !wanted.contains(c.id)) continue;
    if (tablet.state().starting->children.contains(c.id) != wanted.contains(c.id)) tablet.act(state::TurnChild{c.id});
  }
  tablet.act(state::PressStart{});
  if (!tablet.state().visit)
    throw std::runtime_error("the visit was not started: " + (tablet.state().starting && !tablet.state().starting->problems.empty()
                                                                  ? tablet.state().starting->problems.front().words : std::string("no reason")));
  StateHand hand(tablet);
  walk(tablet.state().assets->form, from, hand);
  // Steps that an earlier situation left open with the same child.
  for (const auto& part : from.children) tablet.act(state::AllNotDiscussed{part.id});
}

std::vector<base::Id> submit_visit(FieldTablet& tablet) {
  base::Id visit = tablet.state().visit->visit.id;
  tablet.act(state::Open{state::ScreenKind::Check, visit});
  auto check = state::check_vm(tablet.state());
  if (!check.problems.empty()) {
    std::string all;
    for (const auto& problem : check.problems) all += problem + "\n";
    throw std::runtime_error("may not be submitted: " + all);
  }
  tablet.act(state::PressSubmit{});
  std::vector<base::Id> made;
  tablet.until("submit", [&](const state::State& s) {
    made.clear();
    for (const auto& record : s.caseload->records)
      if (record.head().body.visit == visit) made.push_back(record.id());  // others may arrive meanwhile
    return !made.empty() && !s.visit;
  });
  return made;
}

void approve(FieldTablet& tablet, base::Id record) {
  tablet.act(state::Open{state::ScreenKind::Review, record});
  tablet.act(state::ChooseAgreeRisk{true});
  tablet.type(std::string(state::kRationale), "Read; I agree the next steps.");
  tablet.act(state::PressApprove{});
  auto problems = tablet.state().reviewing ? tablet.state().reviewing->problems : std::vector<state::PressProblem>();
  if (!problems.empty()) throw std::runtime_error("may not be approved: " + problems.front().words);
}

}  // namespace doorstep::support
