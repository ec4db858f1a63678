#include "tests/support/cast.h"

#include <algorithm>
#include <cstdlib>

#include "app/state/submit.h"
#include "platform/base/bytes.h"
#include "sync/model/drawing.h"
#include "sync/model/visit.h"
#include "sync/rules/validate.h"
#include "tests/rules/situations.h"

namespace doorstep::test {
namespace {

using namespace state;
using base::Id;
using tests::demo_rows;

const base::Instant kNow = base::from_rfc3339("2026-11-20T14:32:00+00:00").value();
const base::Date kToday{std::chrono::year(2026), std::chrono::month(11), std::chrono::day(20)};
constexpr base::Millis kDay{86'400'000};

base::Instant days_ago(int days) { return kNow + kDay * -days; }
Id child_id(const std::string& ref) { return Id::from_name("child:" + ref); }
Id worker_id(const std::string& ref) { return Id::from_name("worker:" + ref); }

std::shared_ptr<const Assets> assets() {
  static const auto read = [] {
    auto out = std::make_shared<Assets>();
    out->text = Text::parse(tests::asset("text/en-GB.json")).value();
    out->welsh = Text::parse(tests::asset("text/cy.json")).value().over(out->text);
    out->form = tests::visit_form();
    out->welsh_form = rules::in_words(out->form, tests::asset("text/visit.cy.json")).value();
    out->rules = tests::shipped_rules();
    out->welsh_rules = rules::in_words(out->rules, tests::asset("text/rules.cy.json")).value();
    return out;
  }();
  return read;
}

const std::vector<tests::Situation>& situations() {
  static const auto all = tests::situations();
  return all;
}

const model::Family& family_of(const Caseload& caseload, const Id& id) { return *caseload.family(id); }

model::Visit visit_of(const Caseload& caseload, int number) {
  model::Visit visit = situations()[static_cast<std::size_t>(number - 1)].first.visit;
  visit.family_name = family_of(caseload, visit.family).name;
  visit.address = family_of(caseload, visit.family).address;
  return visit;
}

Context context() {
  static int made = 0;
  return {kNow, base::Millis(1'000'000), [] { return Id::from_name("made " + std::to_string(++made)); }};
}
void act(State& state, const Intent& intent) { update(state, intent, context()); }
void hear(State& state, const Event& event) { update(state, event, context()); }

// The caseload ------------------------------------------------------------------------------------------------------------

void add_people(Caseload& caseload, const std::string& me) {
  for (auto& row : demo_rows("workers.csv")) {
    model::Worker worker;
    worker.id = worker_id(row["worker_ref"]);
    worker.external_ref = row["worker_ref"];
    worker.name = row["name"];
    worker.role = model::from_code<model::Role>(row["role"]).value();
    worker.team = Id::from_name("team:" + row["team_ref"]);
    worker.team_name = row["team_name"];
    worker.social_work_qualified = true;
    if (row["worker_ref"] == me) caseload.me = worker;
    caseload.workers.push_back(worker);
  }
}

void add_family(Caseload& caseload, const std::string& ref) {
  model::Family family;
  family.id = Id::from_name("family:" + ref);
  if (caseload.family(family.id)) return;
  for (auto& row : demo_rows("families.csv")) {
    if (row["family_ref"] != ref) continue;
    family.name = row["name"], family.address = row["address"], family.postcode = row["postcode"];
    family.phone = row["phone"], family.language = row["language"];
  }
  for (auto& row : demo_rows("people.csv"))
    if (row["family_ref"] == ref) {
      model::Member member{Id::from_name("person:" + row["person_ref"]), row["name"], row["relationship"], {}, {}, row["note"]};
      if (!row["in_household"].empty()) member.in_household = row["in_household"] == "YES";
      family.members.push_back(member);
    }
  for (auto& row : demo_rows("hazards.csv"))
    if (row["family_ref"] == ref) {
      if (row["kind"] == "SAFE_CONTACT") family.safe_contact = row["note"];
      else family.hazards.push_back({Id::from_name("hazard:" + row["hazard_ref"]), row["kind"], row["note"]});
    }
  caseload.families.push_back(family);
}

/// Children this worker may see; a supervisor sees the team's.
void add_children(Caseload& caseload, const std::string& me) {
  std::map<std::string, std::string> families;
  for (auto& row : demo_rows("children.csv")) families[row["child_ref"]] = row["family_ref"];
  for (auto& row : demo_rows("allocations.csv")) {
    const bool team = caseload.me.role == model::Role::Supervisor && row["worker_ref"].starts_with("W1");
    const Id id = child_id(row["child_ref"]);
    if ((row["worker_ref"] != me && !team) || caseload.child(id)) continue;
    add_family(caseload, families[row["child_ref"]]);
    model::Child child = tests::demo_child(row["child_ref"], kToday);
    for (auto& all : demo_rows("children.csv"))
      if (all["child_ref"] == row["child_ref"]) {
        child.language = all["language"], child.communication = all["communication"];
        child.sex = model::from_code<model::Sex>(all["sex"]).value();
      }
    child.allocated_worker = worker_id(row["kind"] == "ALLOCATED" ? row["worker_ref"] : "W1002");
    if (row["kind"] == "COVER") child.cover.push_back({worker_id(me), tests::demo_date(row["until"], kToday)});
    caseload.children.push_back(child);
  }
}

/// A record at the server, in this state.
RecordItem& add_record(Caseload& caseload, const model::Visit& visit, std::size_t part, model::State state, int days) {
  Submit submit{visit, {}};
  for (const auto& p : visit.children) submit.record_ids[p.id] = Id::from_name("record " + visit.id.str() + p.id.str());
  auto version = std::make_shared<model::RecordVersion>();
  version->body = records_of(submit, days_ago(days)).at(part);
  auto& revision = version->revision;
  revision.record = version->body.id;
  revision.rev = 1;
  revision.state = state;
  revision.author = visit.author;
  revision.at = days_ago(days);
  revision.body = wire::encode(version->body);
  revision.hash = base::sha256_hex(revision.body);
  RecordItem item;
  item.case_id = version->body.part.id;
  item.versions.push_back(std::move(version));
  return caseload.records.emplace_back(std::move(item));
}

model::Decision& decide(const Caseload& caseload, RecordItem& item, model::Verdict verdict, const std::string& why, int days) {
  model::Decision decision;
  decision.id = Id::from_name("decision " + item.id().str() + std::to_string(days));
  decision.on = item.ref();
  decision.verdict = verdict;
  decision.reviewer = worker_id("W1009");
  decision.reviewer_name = caseload.worker(decision.reviewer)->name;
  decision.at = days_ago(days);
  decision.rationale = why;
  if (verdict == model::Verdict::Returned) decision.return_reason = model::ReturnReason::MissingVoice;
  item.decisions.push_back(decision);
  return item.decisions.back();
}

model::Visit earlier(model::Visit visit, int days) {
  visit.id = Id::from_name("earlier " + visit.id.str());
  visit.facts.start->at = visit.facts.start->at + kDay * -days;
  if (visit.facts.end) visit.facts.end->at = visit.facts.end->at + kDay * -days;
  for (auto& part : visit.children) {
    for (auto& disclosure : part.disclosures)
      if (disclosure.at) disclosure.at = *disclosure.at + kDay * -days;
    for (auto& call : part.calls) call.at = call.at + kDay * -days;
  }
  return visit;
}

Caseload people(const std::string& me) {
  Caseload caseload;
  add_people(caseload, me);
  add_children(caseload, me);
  return caseload;
}

const Id kDisclosed = Id::from_name("situation 17 visit");
const Id kConflicted = Id::from_name("situation 3 visit");

model::Conflict conflict_at(const std::string& path, const char* base, const char* mine, const char* theirs, const std::string& other) {
  return {path, {base}, {mine}, {theirs}, worker_id("W1001"), worker_id(other)};
}

CaseloadPtr ruths() {
  Caseload caseload = people("W1001");
  auto& approved = add_record(caseload, visit_of(caseload, 1), 0, model::State::Approved, 3);
  decide(caseload, approved, model::Verdict::Approved, "Clear, and Aoife is heard in it.", 2).agree_risk = true;
  approved.filed_at = days_ago(1);
  approved.addenda.push_back({Id::from_name("addendum"), approved.id(), worker_id("W1001"), "Ruth Adeyemi", days_ago(1), "A date was wrong",
                              "The reading group starts on 7 December, not on 30 November.", {}});
  add_record(caseload, earlier(visit_of(caseload, 4), 10), 0, model::State::Approved, 9);
  add_record(caseload, visit_of(caseload, 4), 0, model::State::Submitted, 1);
  auto& returned = add_record(caseload, visit_of(caseload, 8), 0, model::State::Returned, 2);
  decide(caseload, returned, model::Verdict::Returned, "What did Amara say, in her own words? “Happy” is your word.", 1);
  auto disclosed = visit_of(caseload, 17);
  for (auto& part : disclosed.children) part.calls.clear();
  caseload.drafts.push_back({disclosed, days_ago(0), false, 1});
  auto conflicted = visit_of(caseload, 3);
  std::erase_if(conflicted.children, [](const auto& part) { return part.id != child_id("C0302"); });
  const std::string at = "children/" + child_id("C0302").str();
  conflicted.conflicts.push_back(conflict_at(at + "/answers/saw", "\"Łukasz played on the floor.\"",
                                             "\"Łukasz played on the floor with two cars. He looked to his mother before he answered.\"",
                                             "\"Łukasz played on the floor and asked when his sister comes home.\"", "W1002"));
  conflicted.conflicts.push_back(conflict_at("facts/answers/home_food", "\"OK\"", "\"OK\"", "\"CONCERN\"", "W1002"));
  conflicted.children[0].answers["saw"] = std::string("Łukasz played on the floor and asked when his sister comes home.");
  conflicted.facts.answers["home_food"] = std::string("CONCERN");
  caseload.drafts.push_back({conflicted, days_ago(1), true, 2});
  return std::make_shared<const Caseload>(std::move(caseload));
}

CaseloadPtr helens() {
  Caseload caseload = people("W1009");
  auto before = earlier(visit_of(caseload, 4), 10);
  before.children[0].answers["saw"] = std::string("She was shy at first and stayed near the door.");
  add_record(caseload, before, 0, model::State::Approved, 9);
  add_record(caseload, visit_of(caseload, 4), 0, model::State::Submitted, 1);
  auto& again = add_record(caseload, visit_of(caseload, 8), 0, model::State::Submitted, 4);
  decide(caseload, again, model::Verdict::Returned, "What did Amara say, in her own words?", 3);
  auto better = std::make_shared<model::RecordVersion>(again.head());
  better->body.part.answers["said"] = std::string("“I want the shouting to stop when Auntie comes.”");
  better->revision.rev = 2;
  better->revision.at = days_ago(1);
  better->revision.body = wire::encode(better->body);
  better->revision.hash = base::sha256_hex(better->revision.body);
  again.versions.push_back(std::move(better));
  const auto four = visit_of(caseload, 19);
  const auto written = std::count_if(four.children.begin(), four.children.end(), [](const auto& part) { return part.skip_reason.empty(); });
  for (std::size_t part = 0; part < static_cast<std::size_t>(written); ++part) add_record(caseload, four, part, model::State::Submitted, 2);
  model::Child new_child;
  new_child.id = Id::from_name("a child on no list");
  new_child.name = "Kacper Nowak";
  new_child.provisional = true;
  new_child.allocated_worker = worker_id("W1001");
  auto visit = visit_of(caseload, 1);
  visit.id = Id::from_name("a visit to nobody known");
  visit.family = Id();
  visit.family_name = "Nowak";
  visit.address = "3 Tannery Row";
  visit.children[0].id = new_child.id;
  visit.children[0].name = new_child.name;
  add_record(caseload, visit, 0, model::State::Submitted, 0);
  caseload.children.push_back(new_child);
  return std::make_shared<const Caseload>(std::move(caseload));
}

// States ------------------------------------------------------------------------------------------------------------------

State locked(bool has_passphrase = true, bool pins = false) {
  Config config;
  config.council = "Test council";
  config.contacts = {{"Duty manager", "0121 000 0001"}, {"Out of hours", "0121 000 0002"}};
  config.it = "0121 000 0003";
  State out = initial(assets(), config);
  hear(out, Started{has_passphrase, "Ruth Adeyemi", {}, false, false, pins});
  return out;
}

SyncStatus all_sent() {
  SyncStatus out;
  out.online = true;
  out.receipt = SyncReceipt{41, kNow + base::Millis(-240'000), 1907};
  out.last_tried = out.receipt->at;
  out.next_try = kNow + base::Millis(660'000);
  return out;
}

State unlocked(const CaseloadPtr& caseload) {
  State out = locked();
  out.editors.text(kPassphrase).reset("quiet river lantern teapot");
  act(out, PressUnlock{});
  hear(out, Loaded{caseload});
  SyncStatus offline = all_sent();
  offline.online = false;
  offline.phase = SyncPhase::Waiting;
  offline.waiting = 3;
  hear(out, offline);
  return out;
}
State ruth() {
  static const CaseloadPtr caseload = ruths();
  return unlocked(caseload);
}
State helen() {
  static const CaseloadPtr caseload = helens();
  State out = unlocked(caseload);
  hear(out, all_sent());
  return out;
}
State at(State state, const Intent& intent) {
  act(state, intent);
  return state;
}

/// The lease is over.
State closed(bool clock_set_back) {
  State out = ruth();
  auto status = all_sent();
  status.online = false;
  status.waiting = 2;
  status.lease_until = kNow + std::chrono::hours(-5);
  status.clock_set_back = clock_set_back;
  hear(out, status);
  auto caseload = std::make_shared<Caseload>();
  caseload->lease_over = true;
  caseload->me = out.caseload->me;
  hear(out, Loaded{std::move(caseload)});
  return out;
}

/// A visit just begun: the whole of a family with three children.
State begun() {
  State out = at(ruth(), Open{ScreenKind::StartVisit, child_id("C1201")});
  act(out, TurnChild{child_id("C1202")});
  act(out, TurnChild{child_id("C1203")});
  act(out, ChooseVisitType{"CP"});
  act(out, PressStart{});
  hear(out, Saved{out.visit->visit.id, out.visit->edit, kNow});
  return out;
}
State begun_child(const std::string& ref) { return at(begun(), ShowChild{child_id(ref)}); }

constexpr const char* kPurpose = "visit/purpose";
/// Some words of a note are misspelt, those that are quoted among them; the caret is in one.
State misspelt() {
  State out = begun();
  auto& note = out.editors.text(kPurpose, {}, {.spelling = true});
  note.reset(
      "To see how the girls and there mother get on since the last meeting, and whether Mr Hartley definately stays away.\n"
      "Their mother said at the door: “They is all skared of hims dog”. I recieved her letter of the 3rd, and we agreed to look "
      "at the safty plan together.");
  act(out, FieldTyped{kPurpose});
  hear(out, SpellingChecked{{}, {"definately", "recieved", "safty"}});
  const auto mark = note.spelling().marks(1).at(0);
  note.move_to({1, mark.begin + 3}, false);
  act(out, AskSuggestions{"recieved"});
  hear(out, SpellingSuggested{"recieved", {"received", "relieved", "reprieved"}});
  return out;
}

/// A draft in which a child has told something, with an injury, another child and an open call.
State disclosed() {
  State out = at(ruth(), Open{ScreenKind::Record, kDisclosed});
  const Id child = out.visit->visit.children[0].id;
  act(out, ShowChild{child});
  act(out, AddItem{{child, "injuries", {}, {}}});
  act(out, AddItem{{child, "next_steps", {}, {}}});
  hear(out, Saved{kDisclosed, out.visit->edit, kNow});
  return out;
}
State with_calls() {
  State out = disclosed();
  const Id child = out.visit->visit.children[0].id;
  act(out, RecordCall{kDisclosed, {}, child, false});
  act(out, TurnCallReason{{kDisclosed, child}});
  return out;
}
/// Two marks on the body map, one of them described, and a third that is to be put there.
State marked() {
  State out = begun_child("C1201");
  const Place list{child_id("C1201"), "injuries", {}, {}};
  act(out, PutMark{list, {}, model::BodyView::Left, {0.53, 0.1}});
  act(out, PutMark{list, {}, model::BodyView::Head, {0.72, 0.62}});
  act(out, PutMark{list, {}, model::BodyView::Front, {0.3, 0.38}});
  auto& mark = out.visit->visit.children[0].injuries[0];
  mark.kind = "BRUISE", mark.place = "Upper edge of the left ear";
  mark.looks = "Two lines next to each other", mark.size = "As long as a fingernail";
  mark.colour = "Blue", mark.child_said = "“The door did it.”";
  act(out, AddItem{list});
  hear(out, Saved{out.visit->visit.id, out.visit->edit, kNow});
  return out;
}
/// A house with a worry in it, and the sheet open for more.
std::vector<std::vector<model::Point>> worry() {
  std::vector<model::Point> sun, face;
  for (int i = 0; i <= 40; ++i) {
    const double turn = i * 6.2832 / 40;
    sun.push_back({0.09 + 0.04 * std::cos(turn), 0.13 + 0.055 * std::sin(turn)});
    face.push_back({0.5 + 0.06 * std::cos(turn), 0.5 + 0.08 * std::sin(turn)});
  }
  return {sun, face, {{0.5, 0.58}, {0.5, 0.78}}, {{0.42, 0.9}, {0.5, 0.78}, {0.58, 0.9}}, {{0.4, 0.66}, {0.6, 0.66}},
          {{0.47, 0.54}, {0.5, 0.53}, {0.53, 0.54}}, {{0.48, 0.48}}, {{0.52, 0.48}}};
}
State drawing() {
  State out = begun_child("C1203");
  const Id child = child_id("C1203");
  act(out, FieldChosen{{child, "seen", {}, {}}, std::string("YES")});
  const Place house{child, "house_worries", {}, {}}, page{child, "drawing", {}, {}};
  act(out, OpenSheet{house});
  for (const auto& way : worry()) act(out, AddStroke{house, way});
  act(out, UndoStroke{house});
  act(out, ChooseInk{"#c02318"});
  for (const auto& way : worry()) act(out, AddStroke{page, way});
  hear(out, Saved{out.visit->visit.id, out.visit->edit, kNow});
  return out;
}
/// Two jottings, one of them in its field already.
State jotted() {
  State out = begun_child("C1203");
  act(out, FieldChosen{{{}, "start", {}, {}}, std::string("2026-11-20T14:00:00+00:00")});
  act(out, FieldChosen{{{}, "place", {}, {}}, std::string("HOME")});
  act(out, FieldChosen{{{}, "outcome", {}, {}}, std::string("COMPLETED")});
  act(out, FieldChosen{{child_id("C1203"), "seen", {}, {}}, std::string("YES")});
  for (const char* words : {"Stays near the door, looks at Gran before he answers", "“I sleep in the blue room when Dad is there”"}) {
    out.editors.text(kJotting).insert(words, editor::EditorState::How::Typed, base::Millis(0));
    act(out, AddJotting{});
  }
  const Id quote = out.visit->visit.jottings[1].id;
  act(out, TakeJotting{quote});
  act(out, PutJotting{quote, Place{child_id("C1203"), "said", {}, {}}.key()});
  hear(out, Saved{out.visit->visit.id, out.visit->edit, kNow});
  return out;
}
State checked(State state) {
  act(state, Open{ScreenKind::Check, state.visit->visit.id});
  act(state, PressSubmit{});
  return state;
}
/// As checked(), and back in the record, where the problems stand at their questions.
State with_errors(const std::string& ref) {
  State out = checked(begun());
  act(out, Back{});
  if (!ref.empty()) act(out, ShowChild{child_id(ref)});
  return out;
}
State ready() {
  State out = at(ruth(), Open{ScreenKind::Record, kDisclosed});
  const Id child = out.visit->visit.children[0].id;
  act(out, RecordCall{kDisclosed, {}, child, true});
  act(out, Open{ScreenKind::Check, kDisclosed});
  return out;
}
Id record_of(const State& state, const std::string& child, model::State in) {
  for (const auto& item : state.caseload->records)
    if (item.case_id == child_id(child) && item.head().revision.state == in) return item.id();
  FAIL("no record of " << child);
  return {};
}
State reading(const std::string& child, model::State in) {
  State out = ruth();
  act(out, Open{ScreenKind::ReadRecord, record_of(out, child, in)});
  return out;
}
State reviewing(const std::string& child) {
  State out = helen();
  act(out, Open{ScreenKind::Approvals, {}});
  act(out, Open{ScreenKind::Review, record_of(out, child, model::State::Submitted)});
  return out;
}
model::PlanStep step(const std::string& what, const std::string& owner, int days) {
  return {Id::from_name("step " + what), what, owner, base::Date(std::chrono::sys_days(kToday) + std::chrono::days(days)), {}, {}};
}
/// A record with every kind of list in it, written by two workers and decided with a step.
State reading_lists() {
  Caseload caseload = *ruths();
  auto visit = earlier(visit_of(caseload, 17), 3);
  visit.second_worker = worker_id("W1002");
  auto& part = visit.children[0];
  model::Injury bruise;
  bruise.id = Id::from_name("bruise");
  bruise.kind = "BRUISE", bruise.view = model::BodyView::Left, bruise.at = {0.53, 0.1};
  bruise.place = "Outside of the left ear", bruise.size_mm = 20;
  bruise.colour = "Blue and yellow", bruise.explained_by = "Mother";
  bruise.explanation = "Her mother says that she fell off the sofa on Sunday. She herself said that she did not know.";
  part.injuries = {bruise};
  for (const auto& way : worry())
    part.strokes.push_back({Id::from_name("stroke " + std::to_string(part.strokes.size())), "house_worries",
                            model::pen_stroke(way, 300), model::kPenWidth, "#1d4e89"});
  part.risk.changed = model::RiskChange::Yes;
  part.risk.why = "What she said about her mum's work goes with the mark on her ear. Nobody but him is there then.";
  part.next_steps = {step("A doctor looks at the ear", "Mother", 1), step("Talk to the school about who collects her", "Ruth Adeyemi", 4)};
  visit.facts.present.push_back({Id::from_name("a man"), "A tall man who gave no name", "Not known", true, false});
  auto& item = add_record(caseload, visit, 0, model::State::Approved, 3);
  auto& decision = decide(caseload, item, model::Verdict::Approved, "The strategy discussion is today. I agree that risk has changed.", 3);
  decision.directed_steps = {step("Strategy discussion with the police and health", "Helen Price", -3)};
  const Id record = item.id();
  return at(unlocked(std::make_shared<const Caseload>(std::move(caseload))), Open{ScreenKind::ReadRecord, record});
}
model::Attachment photo(const std::string& name, std::int64_t size, const std::string& caption) {
  return {Id::from_name("photo " + name), base::sha256_hex(name), size, "image/jpeg", caption, days_ago(0)};
}
/// A drawing of a house in three colours.
std::shared_ptr<const Pixels> drawn(int width, int height) {
  auto out = std::make_shared<Pixels>(Pixels{width, height, {}});
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const bool house = x > width / 4 && x < width * 3 / 4 && y > height / 2;
      const bool roof = y <= height / 2 && y > height / 4 && std::abs(x - width / 2) < (y - height / 4) * width / height;
      const unsigned char colours[3][3] = {{0xF7, 0xF3, 0xE8}, {0xC9, 0x8B, 0x3C}, {0x8C, 0x2F, 0x2B}};
      for (const unsigned char part : colours[house ? 1 : roof ? 2 : 0]) out->rgba += static_cast<char>(part);
      out->rgba += static_cast<char>(0xFF);
    }
  return out;
}
/// A visit in which two photos of a child are attached, and the camera's folder has others.
State with_photos() {
  State out = begun_child("C1201");
  out.config.photos = true;
  auto& visit = out.visit->visit;
  auto part = std::find_if(visit.children.begin(), visit.children.end(), [&](const auto& p) { return p.id == out.visit->child; });
  part->attachments = {photo("bedroom", 2'140'000, "The bedroom she shares: a mattress, no bed"), photo("house", 380'000, "")};
  Caseload caseload = *out.caseload;
  caseload.drafts.push_back({visit, kNow});
  caseload.blobs[base::sha256_hex("bedroom")] = {true, true, false};
  caseload.blobs[base::sha256_hex("house")] = {true, false, false};
  hear(out, Loaded{std::make_shared<const Caseload>(std::move(caseload))});
  hear(out, PhotosFound{{{"/p/IMG_20261120_142955.jpg", "IMG_20261120_142955.jpg", kNow + base::Millis(-125'000)},
                         {"/p/IMG_20261120_142901.jpg", "IMG_20261120_142901.jpg", kNow + base::Millis(-179'000)},
                         {"/p/drawing by Amara.png", "drawing by Amara.png", days_ago(1)}}});
  return out;
}
/// A supervisor reads a record with photos of which one has not come.
State photos_to_review() {
  State out = helen();
  Caseload caseload = *out.caseload;
  auto& item = *std::find_if(caseload.records.begin(), caseload.records.end(),
                             [](const auto& r) { return r.head().revision.state == model::State::Submitted; });
  auto with_photos = std::make_shared<model::RecordVersion>(item.head());
  with_photos->body.part.attachments = {photo("bedroom", 2'140'000, "The bedroom she shares: a mattress, no bed"),
                                        photo("house", 380'000, "What she drew of her house")};
  item.versions.back() = std::move(with_photos);
  caseload.blobs[base::sha256_hex("house")] = {true, false, false};
  const Id record = item.id();
  hear(out, Loaded{std::make_shared<const Caseload>(std::move(caseload))});
  act(out, Open{ScreenKind::Approvals, {}});
  act(out, Open{ScreenKind::Review, record});
  return out;
}
State showing(const std::string& name, std::shared_ptr<const Pixels> pixels, std::optional<base::Error> error = {}) {
  State out = with_photos();
  act(out, Open{ScreenKind::Photo, Id::from_name("photo " + name)});
  hear(out, PhotoOpened{base::sha256_hex(name), std::move(pixels), std::move(error)});
  return out;
}
State syncing(SyncStatus status) {
  State out = at(ruth(), Open{ScreenKind::SyncStatus, {}});
  hear(out, status);
  return out;
}

}  // namespace

std::vector<Shown> all_screens() {
  std::vector<Shown> out;
  const auto add = [&](std::string name, std::function<State()> make, bool is_long = false) {
    out.push_back({std::move(name), std::move(make), is_long});
  };
  out.push_back({.name = "cannot-start", .make = [] { return initial(assets(), {}); }, .draw = [](view::Ui& ui, State& state, Intents&) {
    const auto why = std::vector<std::string>{"/var/lib/doorstep/device.toml:12: policy.visit_lock_s: there is no such key"};
    view::draw_cannot_start(ui, cannot_start_vm(state.text(), "cannot_start.set_up_file", why));
  }});
  add("unlock-starting", [] { return initial(assets(), {}); });
  add("unlock", [] { return locked(); });
  add("unlock-wrong", [] {
    State s = locked();
    s.editors.text(kPassphrase).reset("not this one");
    act(s, PressUnlock{});
    hear(s, UnlockResult{base::Error{base::Fault::Locked, "vault", "wrong"}, base::Millis(5000), 4});
    return s;
  });
  add("unlock-first", [] { return locked(false); });
  add("unlock-pin", [] { return locked(true, true); });
  add("unlock-first-pin", [] {
    State s = locked(false, true);
    for (const auto key : {kPassphrase, kPassphraseAgain}) s.editors.text(key).reset("140785");
    act(s, PressUnlock{});
    hear(s, UnlockResult{base::Error{base::Fault::Invalid, "vault.create", "pin.date"}, base::Millis(0), -1});
    return s;
  });
  add("unlock-busy", [] {
    State s = locked();
    s.editors.text(kPassphrase).reset("quiet river lantern teapot");
    act(s, PressUnlock{});
    return s;
  });
  add("children", [] { return ruth(); });
  add("children-all", [] { return at(ruth(), ShowTab{ListTab::All}); }, true);
  add("children-demonstration", [] {
    State s = ruth();
    s.config.demonstration = true;
    return s;
  });
  add("children-overdue", [] { return at(ruth(), ShowTab{ListTab::Overdue}); });
  add("children-waiting", [] {
    Caseload caseload = *ruths();
    caseload.records.back().waiting = true;
    DraftItem submitted{visit_of(caseload, 1), days_ago(0), false, 1};
    submitted.submitting = true;
    caseload.drafts.push_back(submitted);
    caseload.blobs[base::sha256_hex("bedroom")] = {true, true, false};
    return at(unlocked(std::make_shared<const Caseload>(std::move(caseload))), ShowTab{ListTab::Waiting});
  });
  add("children-search", [] {
    State s = ruth();
    s.editors.text(kSearch).reset("Willow");
    act(s, SearchTyped{});
    const auto& item = s.caseload->records.front();
    hear(s, SearchHits{s.search_number, {{item.case_id, item.id(), "… we walked to \x02Willow\x03 Park and back …", {}},
                                         {{}, {}, "… beside the \x02Willow\x03 tree, where he waits …", kDisclosed}}});
    return s;
  });
  add("children-nobody", [] {
    auto nobody = std::make_shared<Caseload>();
    add_people(*nobody, "W1001");
    return unlocked(nobody);
  });
  add("children-two-calls", [] {
    Caseload caseload = *ruths();
    auto told_before = earlier(visit_of(caseload, 17), 3);
    told_before.children[0].calls.clear();
    add_record(caseload, told_before, 0, model::State::Submitted, 3);
    return unlocked(std::make_shared<const Caseload>(std::move(caseload)));
  });
  add("children-supervisor", [] { return helen(); });
  add("going-out", [] {
    State s = at(ruth(), Open{ScreenKind::GoingOut, {}});
    hear(s, DeviceLooked{31, false, 310'000'000, base::Millis(-540'000), kNow, kNow + kDay * 9});
    return s;
  });
  add("going-out-ready", [] {
    State s = ruth();
    hear(s, all_sent());
    act(s, Open{ScreenKind::GoingOut, {}});
    hear(s, DeviceLooked{92, true, 41'000'000'000, base::Millis(900), kNow, kNow + kDay * 300});
    return s;
  });
  add("child", [] { return at(ruth(), Open{ScreenKind::Child, child_id("C0401")}); }, true);
  add("child-hazards", [] { return at(ruth(), Open{ScreenKind::Child, child_id("C1401")}); }, true);
  add("chronology", [] { return at(ruth(), Open{ScreenKind::Chronology, child_id("C0401")}); }, true);
  add("own-words", [] { return at(ruth(), Open{ScreenKind::OwnWords, child_id("C0401")}); }, true);
  add("own-words-none", [] { return at(ruth(), Open{ScreenKind::OwnWords, child_id("C1401")}); });
  add("family-copy", [] { return at(ruth(), Open{ScreenKind::FamilyCopy, child_id("C0401")}); });
  add("family-copy-shown", [] {
    State s = at(ruth(), Open{ScreenKind::FamilyCopy, child_id("C0401")});
    for (const auto& step : s.caseload->child(child_id("C0401"))->open_steps) act(s, TurnCopied{step.id});
    return at(std::move(s), ShowCopy{true});
  });
  add("start", [] { return at(ruth(), Open{ScreenKind::StartVisit, child_id("C1001")}); }, true);
  add("start-elsewhere", [] {
    State s = at(ruth(), Open{ScreenKind::StartVisit, {}});
    act(s, ChooseFamily{});
    act(s, PressStart{});
    return s;
  }, true);
  add("closed", [] { return closed(false); });
  add("unlock-commanded", [] {
    State s = ruth();
    hear(s, Commanded{Commanded::What::Lock});
    return s;
  });
  add("unlock-wipe-waits", [] {
    State s = at(ruth(), PressLock{});
    hear(s, Commanded{Commanded::What::WipeWaits});
    return s;
  });
  add("wiped", [] {
    State s = ruth();
    hear(s, Commanded{Commanded::What::Wiped});
    return s;
  });
  add("sync-wiping", [] {
    State s = ruth();
    auto status = all_sent();
    status.phase = SyncPhase::Sending, status.waiting = 3;
    hear(s, status);
    auto caseload = std::make_shared<Caseload>();
    caseload->ended = caseload->wiping = true;
    caseload->me = s.caseload->me;
    hear(s, Loaded{caseload});
    return s;
  });
  add("closed-clock", [] { return closed(true); });
  add("start-closed", [] { return at(closed(false), Open{ScreenKind::StartVisit, {}}); });
  add("children-lease-soon", [] {
    State s = ruth();
    auto status = all_sent();
    status.lease_until = kNow + std::chrono::hours(26);
    status.lease_soon = status.clock_set_back = true;
    hear(s, status);
    return s;
  });
  add("record-visit", [] { return begun(); }, true);
  add("record-child", [] { return begun_child("C1201"); }, true);
  add("record-spelling", [] { return misspelt(); });
  out.back().focus = kPurpose;
  add("record-second", [] { return at(begun(), ChooseSecondWorker{worker_id("W1002")}); }, true);
  add("record-in-care", [] { return begun_child("C1203"); }, true);
  add("record-errors", [] { return with_errors("C1201"); }, true);
  add("record-visit-errors", [] { return with_errors(""); }, true);
  add("record-disclosure", [] { return with_calls(); }, true);
  add("record-marks", [] { return marked(); }, true);
  add("record-drawing", [] { return drawing(); }, true);
  out.back().focus = Place{child_id("C1203"), "house_worries", {}, {}}.key() + "/sheet";
  add("record-right-to-left", [] {
    State s = begun();
    s.editors.text(kPurpose).reset("The neighbour, خان بی بی, says that she came at 19:30.\nاس نے کہا کہ وہ Gran کے گھر سو گئی۔");
    act(s, FieldTyped{std::string(kPurpose)});
    return s;
  });
  out.back().focus = kPurpose;
  add("record-jottings", [] { return jotted(); }, true);
  add("record-jotting", [] { return at(jotted(), TurnJotting{}); });
  add("record-in-hand", [] {
    State s = jotted();
    return at(s, TakeJotting{s.visit->visit.jottings[0].id});
  }, true);
  add("record-call-turned", [] { return at(with_calls(), TurnCall{{kDisclosed, with_calls().visit->visit.children[0].id}}); });
  add("record-not-saved", [] {
    State s = disclosed();
    act(s, AddItem{{s.visit->visit.children[0].id, "next_steps", {}, {}}});
    hear(s, SaveFailed{kDisclosed, base::Error{base::Fault::Full, "store.save", "disk full"}});
    act(s, DiscardVisit{DiscardVisit::Step::Ask});
    return s;
  });
  add("record-came-back", [] {
    Caseload caseload = *ruths();
    add_record(caseload, visit_of(caseload, 17), 0, model::State::Submitted, 0);
    for (auto& draft : caseload.drafts)
      if (draft.visit.id == kDisclosed) draft.came_back = {"stale"};
    return at(unlocked(std::make_shared<const Caseload>(std::move(caseload))), Open{ScreenKind::Record, kDisclosed});
  });
  add("record-photos", [] { return with_photos(); }, true);
  add("record-photos-refused", [] {
    State s = with_photos();
    act(s, PressAttach{"/p/letter.pdf"});
    hear(s, AttachFailed{s.visit->visit.id, {base::Fault::Invalid, "blob.kind", ""}});
    return s;
  }, true);
  add("photo", [] { return showing("house", drawn(800, 600)); });
  add("photo-upright", [] { return showing("house", drawn(600, 1800)); });
  add("photo-damaged", [] { return showing("bedroom", nullptr, base::Error{base::Fault::Corrupt, "store.blob", ""}); });
  add("review-photos", [] { return photos_to_review(); }, true);
  add("record-conflict", [] { return at(ruth(), Open{ScreenKind::Record, kConflicted}); });
  add("leaving", [] { return at(begun(), Open{ScreenKind::Leaving, {}}); }, true);
  add("leaving-done", [] {
    State s = at(ruth(), Open{ScreenKind::Record, kDisclosed});
    for (const auto& one : rules::unasked(s.assets->form, s.visit->visit)) FAIL("not asked: " << one.question->id);
    return at(std::move(s), Open{ScreenKind::Leaving, kDisclosed});
  });
  add("check-problems", [] { return checked(begun()); }, true);
  add("check-problems-folded", [] {
    State s = at(checked(begun()), TurnProblems{{}});
    return at(std::move(s), TurnProblems{child_id("C1202")});
  });
  add("check-ready", [] { return ready(); }, true);
  add("check-said-differently", [] {
    State s = ready();
    auto& bella = s.visit->visit.children.at(0);
    bella.answers["told"] = std::string("Nobody was in the house but the two of us, all evening.");
    bella.answers["told_by"] = std::string("Shauna Doyle, her mother");
    bella.answers["said_differently"] =
        std::vector<std::string>{"told", "disclosures/" + bella.disclosures.at(0).id.str() + "/exact_words"};
    const std::pair<const char*, std::int64_t> scales[] = {{"scale_child", 2}, {"scale_parent", 9}, {"scale_worker", 3}};
    for (const auto& [scale, number] : scales) bella.answers[scale] = number;
    s.revision = std::make_shared<char>();
    return s;
  }, true);
  add("read-approved", [] { return reading("C0101", model::State::Approved); }, true);
  add("read-lists", [] { return reading_lists(); }, true);
  add("read-submitted", [] { return reading("C0401", model::State::Submitted); });
  add("read-returned", [] { return reading("C0801", model::State::Returned); });
  add("read-receipt", [] {
    State s = reading("C0401", model::State::Submitted);
    auto caseload = std::make_shared<Caseload>(*s.caseload);
    for (auto& item : caseload->records)
      if (item.id() == s.screen()->id)
        item.receipts = {{.number = 14, .at = days_ago(1), .rev = 1, .hash = item.head().revision.hash, .good = true,
                          .signature = base::sha256_hex("r") + base::sha256_hex("s")}};
    hear(s, Loaded{caseload});
    return at(std::move(s), TurnReceipt{s.screen()->id});
  });
  add("sync-ended", [] {
    State s = ruth();
    auto status = all_sent();
    status.phase = SyncPhase::Sending, status.waiting = 5;
    hear(s, status);
    auto caseload = std::make_shared<Caseload>();
    caseload->ended = true;
    caseload->me = s.caseload->me;
    hear(s, Loaded{caseload});
    return s;
  });
  add("sync-all-sent", [] { return syncing(all_sent()); });
  add("sync-offline", [] { return at(ruth(), Open{ScreenKind::SyncStatus, {}}); });
  add("sync-sending", [] {
    auto status = all_sent();
    status.phase = SyncPhase::Sending, status.done = 2, status.total = 7, status.waiting = 5;
    return syncing(status);
  });
  add("sync-error", [] {
    auto status = all_sent();
    status.phase = SyncPhase::Failed, status.waiting = 5;
    status.error = base::Error{base::Fault::Denied, "sync", "revoked"};
    status.error_code = "revoked";
    return syncing(status);
  });
  add("sync-photos-wait", [] {
    auto status = all_sent();
    status.blob_trouble = base::Error{base::Fault::Offline, "server.full", ""};
    State out = syncing(status);
    Caseload caseload = *out.caseload;
    caseload.blobs[base::sha256_hex("bedroom")] = {true, true, false};
    hear(out, Loaded{std::make_shared<const Caseload>(std::move(caseload))});
    return out;
  });
  add("sync-refused", [] {
    auto status = all_sent();
    const State s = ruth();
    const auto& item = s.caseload->records.back();
    status.refused = {{7, item.case_id, item.id(), "submit", "stale", "", days_ago(0)},
                      {8, item.case_id, item.id(), "addendum", "unknown_case", "", days_ago(0)}};
    return syncing(status);
  });
  add("approvals", [] { return at(helen(), Open{ScreenKind::Approvals, {}}); });
  add("approvals-decided", [] {
    State s = reviewing("C0401");
    act(s, ChooseAgreeRisk{true});
    s.editors.text(kRationale).reset("Read with Ruth.");
    act(s, PressApprove{});
    return s;
  });
  add("review", [] { return reviewing("C0401"); }, true);
  add("review-again", [] {
    State s = reviewing("C0801");
    act(s, ChooseAgreeRisk{false});
    act(s, PressReturn{});
    return s;
  }, true);
  add("review-steps", [] {
    State s = reviewing("C0401");
    act(s, AddDirectedStep{});
    act(s, AddDirectedStep{});
    s.editors.text(directed_key(s.reviewing->directed[0], "what")).reset("Ask the school nurse about her weight");
    s.editors.text(directed_key(s.reviewing->directed[0], "owner")).reset("Ruth Adeyemi");
    s.editors.text(kRationale).reset("Her fear of one hour of the day has to be understood.");
    act(s, PressApprove{});
    return s;
  }, true);
  add("review-stale", [] {
    State s = reviewing("C0401");
    s.reviewing->read.hash = "another";
    hear(s, Loaded{s.caseload});
    return s;
  });
  add("conflicts", [] {
    State s = at(ruth(), Open{ScreenKind::Record, kConflicted});
    act(s, Open{ScreenKind::Conflict, kConflicted});
    return s;
  });
  add("alerts", [] { return at(helen(), Open{ScreenKind::Alerts, {}}); });
  add("match", [] {
    State s = at(helen(), Open{ScreenKind::Child, Id::from_name("a child on no list")});
    Caseload caseload = *s.caseload;
    caseload.children.front().name = "Kasper Nowak";
    hear(s, Loaded{std::make_shared<const Caseload>(std::move(caseload))});
    act(s, Open{ScreenKind::Match, Id::from_name("a child on no list")});
    return s;
  }, true);
  add("match-nobody", [] {
    State s = at(helen(), Open{ScreenKind::Child, Id::from_name("a child on no list")});
    act(s, Open{ScreenKind::Match, Id::from_name("a child on no list")});
    return s;
  });
  add("child-provisional", [] { return at(helen(), Open{ScreenKind::Child, Id::from_name("a child on no list")}); });
  add("settings", [] { return at(ruth(), Open{ScreenKind::Settings, {}}); });
  add("passphrase", [] { return at(ruth(), Open{ScreenKind::Passphrase, {}}); });
  add("passphrase-refused", [] {
    State s = at(ruth(), Open{ScreenKind::Passphrase, {}});
    s.editors.text(kOldPassphrase).reset("not this one");
    s.editors.text(kNewPassphrase).reset("seven green boats asleep");
    s.editors.text(kNewPassphraseAgain).reset("seven green boats asleep");
    act(s, PressChangePassphrase{});
    hear(s, PassphraseChanged{{base::Error{base::Fault::Locked, "vault", "wrong"}, base::Millis(0), -1}});
    return s;
  });
  add("curtain", [] { return at(begun(), Cover{}); });
  for (const char* busy : {"children", "child", "record-child", "check-problems", "review"})
    out.push_back(in_welsh(*std::find_if(out.begin(), out.end(), [&](const Shown& shown) { return shown.name == busy; })));
  return out;
}

Shown in_welsh(Shown shown) {
  shown.name += "-welsh";
  shown.make = [make = std::move(shown.make)] {
    State state = make();
    state.settings.language = Language::Welsh;
    state.revision = std::make_shared<char>();
    return state;
  };
  return shown;
}

}  // namespace doorstep::test
