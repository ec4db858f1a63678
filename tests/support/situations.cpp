#include "tests/support/situations.h"

#include <boost/json.hpp>
#include <stdexcept>

#include "app/state/view_models.h"
#include "sync/wire/codec.h"

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

/// Copies what `from` says at the places of one question into the tablet's open visit, as a person would put it in.
class Writer {
 public:
  Writer(FieldTablet& tablet, const model::Visit& from) : tablet_(tablet), from_(from), form_(tablet.state().assets->form) {}

  void answer(const rules::Question& question, base::Id child) {
    if (tablet_.state().visit->child != child) tablet_.act(state::ShowChild{child});
    Place place{child, question.id, {}, {}};
    switch (question.kind) {
      case rules::Kind::People: list(place, from_.facts.present); return none(place);
      case rules::Kind::OtherChildren: list(place, from_.facts.other_children); return none(place);
      case rules::Kind::Sharing: list(place, from_.facts.sharing); return none(place);
      case rules::Kind::Injuries: list(place, part(child).injuries); return none(place);
      case rules::Kind::Disclosures: list(place, part(child).disclosures); return none(place);
      case rules::Kind::NextSteps: list(place, part(child).next_steps); return none(place);
      case rules::Kind::Calls: return;  // through the call card
      case rules::Kind::OpenSteps:
        for (const auto& step : part(child).open_steps)
          if (still_open(child, step.id)) fields(place, step.id, step.id, step);
        return;
      case rules::Kind::Risk:
        for (const char* field : {"changed", "level", "threshold", "why"}) put({child, question.id, {}, field}, {child, question.id, {}, field});
        return none(place);
      default: put(place, place);
    }
  }

 private:
  const model::ChildPart& part(base::Id child) const {
    for (const auto& p : from_.children)
      if (p.id == child) return p;
    throw std::runtime_error("no part");
  }
  /// An earlier situation with the same child may have closed it.
  bool still_open(base::Id child, base::Id step) const {
    for (const auto& p : tablet_.state().visit->visit.children)
      if (p.id == child)
        for (const auto& open : p.open_steps)
          if (open.id == step) return true;
    return false;
  }
  void none(const Place& place) { put(place, place); }

  void put(const Place& to, const Place& where) {
    FieldValue value = state::get_field(form_, from_, where);
    if (std::holds_alternative<std::monostate>(value)) return;
    if (auto* count = std::get_if<std::int64_t>(&value); count && is_list(to)) return;
    const auto* question = form_.find(to.question);
    bool typed = to.field.empty() ? question->kind == rules::Kind::Text || question->kind == rules::Kind::LongText : false;
    if (auto* text = std::get_if<std::string>(&value); text && typed) {
      tablet_.type(to.key(), *text);
      value = editor::clean_pasted(*text);  // a paste drops carriage returns, and nothing else of these texts
    } else tablet_.act(state::FieldChosen{to, value});
    if (state::get_field(form_, tablet_.state().visit->visit, to) != value) throw std::runtime_error("not taken: " + to.key());
  }
  bool is_list(const Place& place) const {
    auto kind = form_.find(place.question)->kind;
    return place.field.empty() && kind >= rules::Kind::People && kind != rules::Kind::Risk;
  }

  template <class T>
  void fields(const Place& list, base::Id to, base::Id from, const T& element) {
    T::each(element, [&](std::string_view name, const auto&) {
      if (name != "id") put({list.child, list.question, to, std::string(name)}, {list.child, list.question, from, std::string(name)});
    });
  }
  template <class T>
  void list(const Place& place, const std::vector<T>& elements) {
    for (const T& element : elements) {
      tablet_.act(state::AddItem{place});
      auto key = Place::parse(tablet_.state().focus);
      if (!key) throw std::runtime_error("nothing was added to " + place.key());
      fields(place, key->item, element.id, element);
    }
  }

  FieldTablet& tablet_;
  const model::Visit& from_;
  const rules::Form& form_;
};

}  // namespace

std::vector<Situation> read_situations() {
  std::vector<Situation> out;
  auto document = json::parse(read_text(std::filesystem::path(DOORSTEP_ASSETS_DIR) / "demo/situations.json"));
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

void record_visit(FieldTablet& tablet, CaseServer& council, const Situation& situation, const SituationVisit& visit) {
  record_visit(tablet, [&](const std::string& ref) { return council.child(ref); }, situation, visit);
}

void record_visit(FieldTablet& tablet, const std::function<base::Id(const std::string&)>& child_of, const Situation& situation,
                  const SituationVisit& visit) {
  base::Id first = child_of(situation.child);
  const auto* child = tablet.state().caseload->child(first);
  if (!child) throw std::runtime_error("not on this tablet: " + situation.child);
  tablet.act(state::Open{state::ScreenKind::MyChildren, {}});
  tablet.act(state::Open{state::ScreenKind::StartVisit, first});
  tablet.act(state::ChooseFamily{child->family});
  tablet.act(state::ChooseVisitType{std::string(model::code(visit.type))});
  model::Visit from;
  from.facts = visit.facts;
  std::set<base::Id> wanted;
  for (const auto& part : visit.parts) {
    from.children.push_back(part.part);
    from.children.back().id = child_of(part.child);
    wanted.insert(from.children.back().id);
  }
  if (!tablet.state().starting) throw std::runtime_error("no visit is being started");
  for (const auto& c : tablet.state().caseload->children) {
    if (c.family != child->family && !wanted.contains(c.id)) continue;
    if (tablet.state().starting->children.contains(c.id) != wanted.contains(c.id)) tablet.act(state::TurnChild{c.id});
  }
  tablet.act(state::PressStart{});
  if (!tablet.state().visit)
    throw std::runtime_error("the visit was not started: " + (tablet.state().starting && !tablet.state().starting->problems.empty()
                                                                  ? tablet.state().starting->problems.front() : std::string("no reason")));
  Writer writer(tablet, from);
  for (const auto& section : tablet.state().assets->form.sections) {
    for (const auto& question : section.questions) {
      if (question.field == rules::Field::Type) continue;
      if (section.scope == rules::Scope::Visit) writer.answer(question, {});
      else for (const auto& part : from.children) writer.answer(question, part.id);
    }
  }
  // Steps that an earlier situation left open with the same child.
  for (const auto& part : from.children) tablet.act(state::AllNotDiscussed{part.id});
}

std::vector<base::Id> submit_visit(FieldTablet& tablet) {
  base::Id visit = tablet.state().visit->visit.id;
  std::set<base::Id> before;
  for (const auto& record : tablet.state().caseload->records) before.insert(record.id());
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
      if (!before.contains(record.id())) made.push_back(record.id());
    return !made.empty() && !s.visit;
  });
  return made;
}

void approve(FieldTablet& tablet, base::Id record) {
  tablet.act(state::Open{state::ScreenKind::Review, record});
  tablet.act(state::ChooseAgreeRisk{true});
  tablet.type(std::string(state::kRationale), "Read; I agree the next steps.");
  tablet.act(state::PressApprove{});
  auto problems = tablet.state().reviewing ? tablet.state().reviewing->problems : std::vector<std::string>();
  if (!problems.empty()) throw std::runtime_error("may not be approved: " + problems.front());
}

}  // namespace doorstep::support
