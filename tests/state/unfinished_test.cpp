#include "tests/support/desk.h"

using namespace doorstep;
using namespace doorstep::tests;

namespace {

void type_part(Desk& desk, editor::EditorState& part, std::string_view text, const std::string& key) {
  part.reset(text);
  desk.act(FieldTyped{key});
}

/// What the store would give back after a restart: everything that was handed to it.
std::map<std::string, std::string> kept(const Desk& desk) {
  std::map<std::string, std::string> out;
  for (const auto* effect : desk.all<SaveUnfinished>())
    for (const auto& one : effect->words) one.text.empty() ? (void)out.erase(one.key) : (void)(out[one.key] = one.text);
  return out;
}

/// A start and an unlock; `words` is what the store kept.
void unlock_with(Desk& desk, const std::map<std::string, std::string>& words) {
  desk.state = initial(shipped_assets(), {});
  desk.hear(Started{true, "Ruth Mensah", {}});
  desk.state.editors.text(kPassphrase).insert("quiet river lantern teapot", editor::EditorState::How::Typed, desk.mono);
  desk.act(PressUnlock{});
  desk.hear(UnlockResult{});
  desk.hear(UnfinishedFound{words});
  desk.load();
  REQUIRE(desk.state.stage == Stage::Unlocked);
}

/// Killed and started again: what was not handed to the store is gone.
void restart(Desk& desk) {
  const auto words = kept(desk);
  for (const auto* save : desk.all<SaveDraft>()) {
    std::erase_if(desk.caseload.drafts, [&](const auto& d) { return d.visit.id == save->visit.id; });
    desk.caseload.drafts.push_back({save->visit, desk.wall, true, 0, false, {}});
  }
  unlock_with(desk, words);
}

void wait_for_save(Desk& desk) {
  const auto due = next_deadline(desk.state);
  REQUIRE(due);
  CHECK(*due <= desk.mono + Millis(500));
  desk.later(*due - desk.mono);
  desk.hear(Tick{});
}

}  // namespace

TEST_CASE("unfinished: half a date is there again after a restart, in the parts it was typed in", "[state]") {
  Desk desk;
  desk.unlock();
  desk.start();
  const auto visit = desk.state.visit->visit.id;
  const std::string key = "visit/next_visit_due", start = "visit/start";
  auto& date = desk.state.editors.date(key);
  type_part(desk, date.day, "12", key);
  type_part(desk, date.month, "mar", key);
  auto& day = desk.state.editors.date(start);
  auto& time = desk.state.editors.time(start + "/time");
  type_part(desk, day.day, "3", start);
  type_part(desk, time.hour, "16", start + "/time/hour");
  type_part(desk, time.hour, "16", start + "/time");
  wait_for_save(desk);
  restart(desk);
  desk.act(Open{ScreenKind::Record, visit});
  CHECK(desk.state.editors.date(key).day.text() == "12");
  CHECK(desk.state.editors.date(key).month.text() == "mar");
  CHECK(desk.state.editors.date(key).year.text() == "");
  CHECK(desk.state.editors.date(start).day.text() == "3");
  CHECK(desk.state.editors.time(start + "/time").hour.text() == "16");
  CHECK(desk.state.editors.time(start + "/time").minute.text() == "");

  type_part(desk, desk.state.editors.date(key).year, "2027", key);
  wait_for_save(desk);
  CHECK_FALSE(kept(desk).contains(visit.str() + "/" + key));  // the visit holds it now
  CHECK(kept(desk).contains(visit.str() + "/" + start));
}

TEST_CASE("unfinished: a visit with half a date cannot be submitted, and says which", "[state]") {
  Desk desk;
  desk.unlock();
  desk.start();
  desk.fill();
  REQUIRE(check_vm(desk.state).problems.empty());
  CHECK(check_vm(desk.state).note_heading == "Now submit");
  const std::string key = "visit/next_visit_due";
  type_part(desk, desk.state.editors.date(key).month, "13", key);
  CHECK(check_vm(desk.state).note_heading.empty());
  const auto problems = check_vm(desk.state).problems;
  CHECK(std::any_of(problems.begin(), problems.end(), [](const auto& p) { return p.ends_with("this is not finished. Complete it, or clear it."); }));
  desk.act(PressSubmit{});
  CHECK(desk.all<Submit>().empty());
  type_part(desk, desk.state.editors.date(key).month, "", key);
  const auto left = check_vm(desk.state).problems;
  CHECK(std::none_of(left.begin(), left.end(), [](const auto& p) { return p.find("not finished") != p.npos; }));
}

TEST_CASE("unfinished: a number with words in it is kept as it was typed", "[state]") {
  Desk desk;
  desk.unlock();
  desk.start();
  const auto child = "child/" + desk.amara.str() + "/";
  desk.act(AddItem{{desk.amara, "injuries", {}, {}}});
  const auto& injury = desk.state.visit->visit.children.front().injuries.front();
  const auto key = child + "injuries/" + injury.id.str() + "/size_mm";
  desk.type(key, "about 4");
  wait_for_save(desk);
  const auto visit = desk.state.visit->visit.id;
  restart(desk);
  desk.act(Open{ScreenKind::Record, visit});
  CHECK(desk.state.editors.text(key).text() == "about 4");
  desk.act(RemoveItem{{desk.amara, "injuries", desk.state.visit->visit.children.front().injuries.front().id, {}}});
  CHECK(kept(desk).empty());
}

TEST_CASE("unfinished: a jotting not added yet survives a restart, and is added when the visit is checked", "[state]") {
  Desk desk;
  desk.unlock();
  desk.start();
  const auto visit = desk.state.visit->visit.id;
  desk.type(std::string(kJotting), "fridge empty");
  wait_for_save(desk);
  restart(desk);
  desk.act(Open{ScreenKind::Record, visit});
  CHECK(desk.state.editors.text(kJotting).text() == "fridge empty");
  desk.act(Open{ScreenKind::Check, visit});
  REQUIRE(desk.state.visit->visit.jottings.size() == 1);
  CHECK(desk.state.visit->visit.jottings.front().text == "fridge empty");
  CHECK(kept(desk).empty());
}

TEST_CASE("unfinished: a rationale is there again after leaving and after a lock, and done with once decided", "[state]") {
  Desk desk;
  desk.as_boss();
  desk.caseload.records = {desk.record(desk.me, "r1", "2026-11-20T15:00:00Z")};
  const auto record = desk.caseload.records.front().id();
  desk.unlock();
  desk.act(Open{ScreenKind::Review, record});
  desk.type(std::string(kRationale), "I agree, but");
  desk.act(Back{});
  desk.act(Open{ScreenKind::Review, record});
  CHECK(desk.state.editors.text(kRationale).text() == "I agree, but");
  desk.act(PressLock{});
  REQUIRE(desk.state.stage == Stage::Locked);
  CHECK(desk.state.unfinished.words.empty());
  const auto words = desk.last<SaveUnfinished>().words;
  REQUIRE(words.size() == 1);
  CHECK(words.front().case_id == desk.amara);
  restart(desk);
  desk.act(Open{ScreenKind::Review, record});
  CHECK(desk.state.editors.text(kRationale).text() == "I agree, but");
  desk.act(ChooseAgreeRisk{true});
  desk.act(PressApprove{});
  REQUIRE(desk.all<Decide>().size() == 1);
  CHECK(desk.last<Decide>().decision.rationale == "I agree, but");
  desk.later(Millis(2000));
  desk.hear(Tick{});
  CHECK(kept(desk).empty());
}

TEST_CASE("unfinished: what was chosen for a decision is there again after a lock, for the version that was read alone", "[state]") {
  Desk desk;
  desk.as_boss();
  desk.caseload.records = {desk.record(desk.me, "r1", "2026-11-20T15:00:00Z")};
  const auto record = desk.caseload.records.front().id();
  desk.unlock();
  desk.act(Open{ScreenKind::Review, record});
  desk.act(ChooseAgreeRisk{false});
  desk.act(TurnInPerson{});
  desk.act(ChooseReturnReason{"RISK_UNCLEAR"});
  desk.act(PressLock{});
  restart(desk);
  desk.act(Open{ScreenKind::Review, record});
  REQUIRE(desk.state.reviewing);
  CHECK(desk.state.reviewing->agree_risk == false);
  CHECK(desk.state.reviewing->in_person);
  CHECK(desk.state.reviewing->return_reason == "RISK_UNCLEAR");
  desk.act(TurnInPerson{});
  desk.act(Back{});
  desk.act(Open{ScreenKind::Review, record});
  CHECK_FALSE(desk.state.reviewing->in_person);

  auto newer = desk.caseload.records.front().head().body;
  newer.part.answers["said"] = std::string("I do not like my school");
  desk.caseload.records.front().versions.push_back(Desk::version(newer, 2, model::State::Submitted));
  desk.load();
  desk.act(Open{ScreenKind::Review, record});
  CHECK(desk.state.reviewing->agree_risk == std::nullopt);
  CHECK_FALSE(desk.state.reviewing->in_person);
  CHECK(desk.state.reviewing->return_reason.empty());
  desk.act(ChooseAgreeRisk{true});
  desk.act(PressApprove{});
  REQUIRE(desk.all<Decide>().size() == 1);
  desk.later(Millis(2000));
  desk.hear(Tick{});
  CHECK(kept(desk).empty());
}

TEST_CASE("unfinished: what is to be done about an unknown child is still chosen after a lock", "[state]") {
  Desk desk;
  const Id baby = Id::from_name("baby");
  auto item = desk.record(desk.other, "r1", "2026-11-20T10:00:00Z");
  auto body = item.head().body;
  body.facts.other_children = {{baby, "Bug", "about 2", model::Known::Unknown, "asleep on the sofa"}};
  item.versions = {Desk::version(body, 1, model::State::Submitted)};
  desk.caseload.records = {item};
  desk.as_boss();
  desk.unlock();
  desk.act(Open{ScreenKind::Alerts, Id()});
  desk.act(ChooseAlertOutcome{baby, "REFERRED"});
  desk.type(alert_key(baby, "why"), "Called MASH");
  desk.act(PressLock{});
  restart(desk);
  desk.act(Open{ScreenKind::Alerts, Id()});
  const auto alert = alerts_vm(desk.state).alerts.at(0);
  CHECK(std::any_of(alert.outcomes.begin(), alert.outcomes.end(),
                    [](const auto& o) { return o.selected && o.label == "A referral was made"; }));
  desk.state.editors.text(alert_key(baby, "why"));  // as the screen draws it
  desk.act(PressSettleAlert{baby});
  CHECK(desk.last<SettleAlert>().disposition.why == "Called MASH");
  desk.later(Millis(2000));
  desk.hear(Tick{});
  CHECK(kept(desk).empty());
}

TEST_CASE("unfinished: what belongs to nothing that is still here is forgotten", "[state]") {
  Desk desk;
  unlock_with(desk, {{Id::from_name("gone").str() + "/visit/start", "3\n\n\n"}, {Id().str() + "/start/family", "Doyle"}});
  CHECK(desk.state.unfinished.words.size() == 1);
  desk.later(Millis(2000));
  desk.hear(Tick{});
  REQUIRE(desk.last<SaveUnfinished>().words.size() == 1);
  CHECK(desk.last<SaveUnfinished>().words.front().text.empty());
  desk.act(Open{ScreenKind::StartVisit, {}});
  CHECK(desk.state.editors.text(kNewFamily).text() == "Doyle");
}

TEST_CASE("unfinished: what was begun beside a record outlives an unlock while its case is read anew in parts", "[state]") {
  Desk desk;
  desk.as_boss();
  desk.caseload.records = {desk.record(desk.me, "r1", "2026-11-20T15:00:00Z")};
  const auto record = desk.caseload.records.front();
  const auto words = std::map<std::string, std::string>{{record.head().revision.record.str() + "/" + std::string(kRationale), "I agree."}};
  for (const bool whole : {false, true}) {
    desk.caseload.whole = whole;
    desk.caseload.records.clear();
    if (whole) desk.caseload.records.push_back(record);
    unlock_with(desk, words);
    CHECK(desk.state.unfinished.words == words);
  }
}

TEST_CASE("unfinished: that it could not be saved is told, and it is tried again", "[state]") {
  Desk desk;
  desk.as_boss();
  desk.caseload.records = {desk.record(desk.me, "r1", "2026-11-20T15:00:00Z")};
  const auto record = desk.caseload.records.front().id();
  desk.unlock();
  desk.act(Open{ScreenKind::Review, record});
  desk.type(std::string(kRationale), "I agree");
  wait_for_save(desk);
  const auto key = record.str() + "/" + std::string(kRationale);
  const auto count = desk.all<SaveUnfinished>().size();
  desk.hear(UnfinishedFailed{base::Error{base::Fault::Full, "sql", "disk full"}, {{key, desk.amara}}});
  CHECK(desk.state.notice.starts_with("What you typed last could not be saved on this tablet"));
  desk.later(*next_deadline(desk.state) - desk.mono);
  desk.hear(Tick{});
  REQUIRE(desk.all<SaveUnfinished>().size() == count + 1);
  const auto& again = desk.last<SaveUnfinished>().words;
  REQUIRE(again.size() == 1);
  CHECK(again.front().key == key);
  CHECK(again.front().case_id == desk.amara);
  CHECK(again.front().text == "I agree");
}
