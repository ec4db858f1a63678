#include "tests/support/desk.h"

#include "sync/wire/codec.h"

namespace doorstep::tests {

Instant instant(std::string_view text) { return base::from_rfc3339(text).value(); }

std::shared_ptr<const Assets> shipped_assets() {
  static const auto assets = [] {
    auto text = Text::parse(asset("text/en-GB.json"));
    REQUIRE(text.has_value());
    auto welsh = Text::parse(asset("text/cy.json"));
    REQUIRE(welsh.has_value());
    auto welsh_form = rules::in_words(visit_form(), asset("text/visit.cy.json"));
    REQUIRE(welsh_form.has_value());
    auto welsh_rules = rules::in_words(shipped_rules(), asset("text/rules.cy.json"));
    REQUIRE(welsh_rules.has_value());
    return std::make_shared<const Assets>(Assets{*text, visit_form(), shipped_rules(), welsh->over(*text), *welsh_form, *welsh_rules});
  }();
  return assets;
}

Desk::Desk()
    : state(initial(shipped_assets(), {.council = "Testshire",
                                       .contacts = {{"Duty manager", "0121 000 0001"}, {"Out of hours", "0121 000 0002"}}})) {
  model::Family home;
  home.id = family;
  home.name = "Okafor";
  home.address = "27 Alder Close";
  home.hazards = {{Id::from_name("dog"), "Dog", "Large, loose in the yard"}};
  home.children = {amara, tunde};
  caseload.families = {home};
  for (const auto& [id, name] : {std::pair{amara, "Amara Okafor"}, std::pair{tunde, "Tunde Okafor"}}) {
    model::Child child;
    child.id = id;
    child.family = family;
    child.name = name;
    child.called = child.name.substr(0, child.name.find(' '));
    child.born = base::date_from_iso("2018-02-03");
    model::Involvement cin;
    cin.id = Id::from_name(child.name);
    cin.status = model::Status::CinS17;
    cin.started = base::date_from_iso("2026-09-01");
    child.involvements = {cin};
    child.allocated_worker = me;
    caseload.children.push_back(child);
  }
  caseload.me = worker(me, "Ruth Mensah", model::Role::SocialWorker);
  caseload.workers = {caseload.me, worker(other, "Dan Price", model::Role::SocialWorker),
                      worker(boss, "Ines Cole", model::Role::Supervisor)};
}

model::Worker Desk::worker(Id id, const char* name, model::Role role) {
  model::Worker out;
  out.id = id;
  out.name = name;
  out.role = role;
  return out;
}

Context Desk::context() {
  return {wall, mono, [this] {
            if (!next_ids.empty()) {
              const Id id = next_ids.front();
              next_ids.pop_front();
              return id;
            }
            return Id::from_name("fresh " + std::to_string(++ids));
          }};
}

void Desk::act(const Intent& intent) {
  for (auto& effect : update(state, intent, context())) effects.push_back(std::move(effect));
}

void Desk::hear(const Event& event) {
  for (auto& effect : update(state, event, context())) effects.push_back(std::move(effect));
}

void Desk::load() { hear(Loaded{std::make_shared<const Caseload>(caseload)}); }

void Desk::later(Millis by) {
  mono += by;
  wall = wall + by;
}

void Desk::type(const std::string& key, std::string_view text) {
  auto& editor = state.editors.text(key);
  editor.select_all();
  editor.insert(text, editor::EditorState::How::Pasted, mono);
  act(FieldTyped{key});
}

void Desk::saved() { hear(Saved{last<SaveDraft>().visit.id, last<SaveDraft>().edit, wall}); }

void Desk::unlock() {
  hear(Started{true, "Ruth Mensah", {}});
  state.editors.text(kPassphrase).insert("quiet river lantern teapot", editor::EditorState::How::Typed, mono);
  act(PressUnlock{});
  hear(UnlockResult{});
  load();
  REQUIRE(state.stage == Stage::Unlocked);
}

void Desk::as_boss() { caseload.me = worker(boss, "Ines Cole", model::Role::Supervisor); }

void Desk::start(bool both, const std::string& type) {
  act(Open{ScreenKind::StartVisit, amara});
  if (both) act(TurnChild{tunde});
  act(ChooseVisitType{type});
  act(PressStart{});
  REQUIRE(state.visit.has_value());
}

void Desk::fill() {
  auto& visit = state.visit->visit;
  for (auto& part : visit.children) answer_all(state.assets->form, visit.facts, part);
  ++state.visit->edit;
}

RecordItem Desk::record(Id author, std::string_view name, std::string_view start, std::string said) {
  model::Visit visit;
  visit.id = Id::from_name("visit of " + std::string(name));
  visit.author = author;
  visit.family = family;
  visit.family_name = "Okafor";
  visit.versions = {model::kSchema, state.assets->form.version, state.assets->rules.version,
                    state.assets->rules.thresholds.key()};
  visit.facts.type = model::VisitType::Cin;
  model::ChildPart part;
  part.id = amara;
  part.name = "Amara Okafor";
  part.called = "Amara";
  part.statuses = {model::Status::CinS17};
  part.answers["said"] = std::move(said);
  visit.facts.start = model::ZonedTime{instant(start), 0, "Europe/London"};
  visit.facts.end = model::ZonedTime{instant(start) + Millis(1'800'000), 0, "Europe/London"};
  visit.facts.recorded_at = instant(start) + Millis(3'600'000);
  answer_all(state.assets->form, visit.facts, part, {"skip_reason", "nothing_to_report", "disclosures", "injuries"});
  part.risk.changed = model::RiskChange::No;
  visit.children = {part};
  RecordItem item;
  item.case_id = amara;
  item.versions.push_back(
      version(model::record_of(visit, part, Id::from_name(name), instant(start)), 1, model::State::Submitted));
  return item;
}

std::shared_ptr<model::RecordVersion> Desk::version(model::ChildRecord body, std::int64_t rev, model::State state) {
  auto out = std::make_shared<model::RecordVersion>();
  out->revision.record = body.id;
  out->revision.rev = rev;
  out->revision.state = state;
  out->revision.author = body.author;
  out->revision.at = body.submitted_at.value_or(Instant{});
  out->revision.body = wire::encode(body);
  out->revision.hash = "hash of " + std::to_string(std::hash<std::string>()(out->revision.body));
  out->body = std::move(body);
  return out;
}

model::RecordVersion& Desk::own_head(RecordItem& item) {
  auto own = std::make_shared<model::RecordVersion>(item.head());
  item.versions.back() = own;
  return *own;
}

}  // namespace doorstep::tests
