#include "sync/model/visit.h"
#include "sync/wire/codec.h"
#include "tests/rules/situations.h"
#include "tests/support/desk.h"

using namespace doorstep;
using namespace doorstep::tests;

namespace {

/// Puts one value where a person would: words are typed, the rest is chosen.
void put(Desk& desk, const Place& place, const FieldValue& value) {
  if (std::holds_alternative<std::monostate>(value)) return;
  const auto* question = desk.state.assets->form.find(place.question);
  REQUIRE(question);
  const bool typed = std::holds_alternative<std::string>(value) &&
                     (!place.field.empty() || question->kind == rules::Kind::Text || question->kind == rules::Kind::LongText);
  if (typed) desk.type(place.key(), std::get<std::string>(value));
  else desk.act(FieldChosen{place, value});
}

template <class T>
void put_members(Desk& desk, const model::Visit& target, Place place, const T& element) {
  T::each(element, [&](std::string_view member, const auto&) {
    place.field = std::string(member);
    if (member == "id") return;
    put(desk, place, get_field(desk.state.assets->form, target, place));
  });
}

void put_question(Desk& desk, const model::Visit& target, const rules::Question& question, const model::ChildPart* part) {
  const Place place{part ? part->id : Id(), question.id, Id(), {}};
  const auto list = [&](const auto& elements, bool carried) {
    for (const auto& element : elements) {
      if (!carried) {
        desk.next_ids = {element.id};
        desk.act(AddItem{place});
      }
      Place at = place;
      at.item = element.id;
      put_members(desk, target, at, element);
    }
  };
  const auto& facts = target.facts;
  switch (question.kind) {
    case rules::Kind::People: list(facts.present, false); break;
    case rules::Kind::OtherChildren: list(facts.other_children, false); break;
    case rules::Kind::Sharing: list(facts.sharing, false); break;
    case rules::Kind::Injuries: list(part->injuries, false); break;
    case rules::Kind::Disclosures: list(part->disclosures, false); break;
    case rules::Kind::OpenSteps: list(part->open_steps, true); break;
    case rules::Kind::NextSteps: list(part->next_steps, false); break;
    case rules::Kind::Calls: return;
    case rules::Kind::Risk: put_members(desk, target, place, part->risk); return;
    default: break;
  }
  const auto answer = get_field(desk.state.assets->form, target, place);
  const bool number = std::holds_alternative<std::int64_t>(answer) && question.kind != rules::Kind::Scale;  // of a list's entries
  if (!number) put(desk, place, answer);
}

}  // namespace

TEST_CASE("situations: each of the thirty is written through State and submitted byte for byte", "[state]") {
  for (const auto& situation : situations()) {
    for (const auto* wanted : {&situation.first, situation.then ? &*situation.then : nullptr}) {
      if (!wanted) continue;
      INFO(situation.number << " " << situation.title);
      const model::Visit& target = wanted->visit;
      Desk desk;
      desk.caseload.children.clear();
      desk.wall = target.facts.recorded_at.value_or(desk.wall);
      const auto today = rules::uk_date(target.facts.start ? target.facts.start->at : desk.wall);
      for (const auto& ref : wanted->child_refs) desk.caseload.children.push_back(demo_child(ref, today));
      desk.caseload.families[0].id = target.family;
      desk.unlock();
      desk.act(Open{ScreenKind::StartVisit, Id()});
      desk.act(ChooseFamily{target.family});
      for (const auto& part : target.children) desk.act(TurnChild{part.id});
      desk.act(ChooseVisitType{std::string(model::code(*target.facts.type))});
      desk.act(PressStart{});
      REQUIRE(desk.state.visit.has_value());
      for (const auto& section : desk.state.assets->form.sections)
        for (const auto& question : section.questions) {
          if (question.scope == rules::Scope::Visit) put_question(desk, target, question, nullptr);
          else
            for (const auto& part : target.children) put_question(desk, target, question, &part);
        }
      for (const auto& jotting : target.jottings) {
        desk.wall = jotting.at;
        desk.state.editors.text(kJotting).insert(jotting.text, editor::EditorState::How::Typed, desk.mono);
        desk.next_ids = {jotting.id};
        desk.act(AddJotting{});
      }
      for (const auto& part : target.children)
        for (const auto& call : part.calls) {
          desk.wall = call.at;
          desk.state.config.contacts = {{call.label, call.number}};
          desk.next_ids = {call.id};
          desk.act(RecordCall{desk.state.visit->visit.id, Id(), part.id, call.outcome == model::CallOutcome::Answered});
          if (!call.said.empty()) desk.type(Place{part.id, "calls", call.id, "said"}.key(), call.said);
        }
      desk.wall = target.facts.recorded_at.value_or(desk.wall);
      desk.act(PressSubmit{});
      for (const auto& problem : check_vm(desk.state).problems) UNSCOPED_INFO(problem);
      REQUIRE(desk.all<Submit>().size() == 1);
      auto made = desk.last<Submit>().visit;
      // What the situation's file does not say: whose case it is, and in which order the children were listed.
      made.id = target.id;
      made.author = target.author;
      made.family_name = target.family_name;
      made.address = target.address;
      made.facts.recorded_at = target.facts.recorded_at;
      std::sort(made.children.begin(), made.children.end(), [&](const auto& a, const auto& b) {
        const auto at = [&](const Id& id) {
          return std::find_if(target.children.begin(), target.children.end(), [&](const auto& p) { return p.id == id; }) -
                 target.children.begin();
        };
        return at(a.id) < at(b.id);
      });
      // A clipboard's carriage returns are dropped when it is pasted; everything else stays.
      auto expected = wire::encode(target);
      for (std::size_t at; (at = expected.find("\\r\\n")) != std::string::npos;) expected.erase(at, 2);
      CHECK(wire::encode(made) == expected);
    }
  }
}
