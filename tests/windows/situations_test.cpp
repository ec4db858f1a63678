// Every situation goes once by paste through the screen: in the real app's window, pressed from outside through XTEST, to the
// real server; approved by a supervisor, and read back byte for byte on a second tablet of the same worker.
#include <signal.h>

#include <catch2/catch_test_macros.hpp>
#include <iostream>

#include "app/state/view_models.h"
#include "sync/model/visit.h"
#include "sync/rules/calendar.h"
#include "tests/support/server_process.h"
#include "tests/support/situations.h"
#include "tests/support/tablet.h"

using namespace doorstep;
using state::Place;
using support::Control;
using support::FieldTablet;
using support::Tablet;

namespace {

base::Id child_of(const std::string& ref) { return base::Id::from_name("child:" + ref); }

/// On the screen: presses what says what is wanted, pastes every text.
class ScreenHand : public support::Hand {
 public:
  ScreenHand(Tablet& tablet, const rules::Form& form, const state::Caseload& caseload)
      : tablet_(tablet), form_(form), caseload_(caseload) {}

  void show(base::Id child) override {
    if (child.nil()) return;  // a visit opens with what is asked once
    tablet_.press(model::display_name(*caseload_.child(child)), "tab");
    if (!tablet_.with_key("child/" + child.str() + "/skip_reason")) fail("child/" + child.str(), "its questions", "none of them");
  }
  bool has_step(base::Id child, base::Id step) override { return elements({child, "open_steps", {}, {}}).contains(step); }
  base::Id add(const Place& list) override {
    return appears(list, [&] { press(list.key() + "/add"); });
  }
  base::Id call(const Place& list, bool answered) override {
    return appears(list, [&] { press(answered ? "call/called" : "call/no_answer"); });
  }
  void put(const Place& to, const state::FieldValue& value) override {
    const auto key = to.key();
    if (to.question == "injuries" && to.field == "view")  // of the mark that was just added: the body map waits for it
      return press(Place{to.child, to.question, {}, {}}.key() + "/map/" + std::get<std::string>(value));
    const auto& question = *form_.find(to.question);
    if (question.field == rules::Field::LateReason && !tablet_.with_key(key)) {
      tablet_.press("check", "button");  // it is asked from the first time on that the visit is said to be written up
      tablet_.press(question.missing, "link");
    }
    if (const auto* skipped = std::get_if<model::NotCovered>(&value)) {
      choose(key + "/not-covered");
      if (!skipped->why.empty()) paste(key + "/uncovered", skipped->why);
    } else if (const auto* codes = std::get_if<std::vector<std::string>>(&value)) {
      for (const auto& code : *codes) choose(key + "/" + code);
    } else if (const auto* yes = std::get_if<bool>(&value)) {
      choose(key + (*yes ? "/YES" : "/NO"));
    } else if (const auto* day = std::get_if<base::Date>(&value)) {
      date(key, *day);
    } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
      is_written(key) ? paste(key, std::to_string(*number)) : choose(key + "/" + std::to_string(*number));
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      words(to, key, *text);
    } else {
      fail(key, support::words_of(value), "no such kind of answer");
    }
  }

  /// That an earlier situation left open with the same children.
  void leave_the_other_steps(const model::Visit& from) {
    for (const auto& part : from.children) {
      show(part.id);
      const std::string left = "child/" + part.id.str() + "/open_steps/all-not-discussed";
      if (tablet_.with_key(left)) tablet_.press(left);
    }
  }

  std::size_t pasted = 0, pasted_bytes = 0;

 private:
  bool is_written(const std::string& key) {
    const auto field = tablet_.with_key(key);
    return field && (field->role == "note" || field->role == "text_field");
  }
  void words(const Place& to, const std::string& key, const std::string& text) {
    if (is_written(key)) return paste(key, text);
    if (tablet_.with_key(key + "/day")) return moment(key, text);
    choose(key + (to.field.empty() && text == rules::kNone ? "/none" : "/" + text));
  }
  void press(const std::string& key) {
    if (!tablet_.with_key(key)) fail(key, "a control to press", "no such control");
    tablet_.press(key);
  }
  void choose(const std::string& key) {
    auto control = tablet_.with_key(key);
    if (control && control->is("selected")) return;
    press(key);
    control = tablet_.with_key(key);
    if (!control || !control->is("selected")) fail(key, "chosen", control ? "not chosen" : "gone");
  }
  void paste(const std::string& key, const std::string& text) {
    const std::string wanted = std::get<std::string>(support::as_pasted(text));
    const auto field = tablet_.with_key(key);
    if (!field) fail(key, "a field to write in", "no such field");
    tablet_.display().set_clipboard(text);
    press(key);
    if (!field->value.empty()) tablet_.display().key("ctrl+a");
    tablet_.display().key("ctrl+v");
    tablet_.settle();
    const std::string seen = tablet_.with_key(key).value_or(Control{}).value;  // of a long text, how it begins
    if (seen != wanted && (seen.size() < 4000 || !wanted.starts_with(seen)))
      fail(key, support::words_of(wanted), support::words_of(seen));
    ++pasted;
    pasted_bytes += text.size();
  }
  void boxes(const std::vector<std::pair<std::string, std::string>>& all) {
    std::vector<std::string> words;
    for (const auto& [key, digits] : all) words.push_back(digits);
    if (!tablet_.with_key(all.front().first)) fail(all.front().first, "a box to write in", "no such box");
    tablet_.type_in_turn(all.front().first, words);
    for (const auto& [key, digits] : all) {
      const std::string seen = tablet_.with_key(key).value_or(Control{}).value;
      if (seen != digits) fail(key, digits, seen);
    }
  }
  static std::vector<std::pair<std::string, std::string>> of_day(const std::string& key, const base::Date& day) {
    return {{key + "/day", std::to_string(static_cast<unsigned>(day.day()))},
            {key + "/month", std::to_string(static_cast<unsigned>(day.month()))},
            {key + "/year", std::to_string(static_cast<int>(day.year()))}};
  }
  void date(const std::string& key, const base::Date& day) { boxes(of_day(key, day)); }
  void moment(const std::string& key, const std::string& text) {
    if (const auto day = base::date_from_iso(text)) return date(key, *day);
    const auto at = base::from_rfc3339(text);
    if (!at) fail(key, "a time", text);
    auto all = of_day(key, rules::uk_date(*at));
    const int minutes = rules::uk_minutes(*at);
    all.push_back({key + "/time/hour", std::to_string(minutes / 60)});
    all.push_back({key + "/time/minute", std::to_string(minutes % 60)});
    boxes(all);
  }

  std::set<base::Id> elements(const Place& list) {
    std::set<base::Id> out;
    tablet_.settle();
    for (const Control& c : tablet_.controls()) {
      if (!c.key.starts_with(list.key() + "/")) continue;
      if (auto id = base::Id::parse(c.key.substr(list.key().size() + 1, 36))) out.insert(*id);
    }
    return out;
  }
  base::Id appears(const Place& list, const std::function<void()>& act) {
    const auto before = elements(list);
    act();
    auto after = elements(list);
    for (const auto& id : before) after.erase(id);
    if (after.size() != 1) fail(list.key(), "one more entry", std::to_string(after.size()));
    return *after.begin();
  }
  [[noreturn]] void fail(const std::string& key, const std::string& wanted, const std::string& seen) {
    const auto place = Place::parse(key);
    const auto* question = place ? form_.find(place->question) : nullptr;
    throw std::runtime_error("question: " + (question ? question->label : "") + " (" + key + ")\nwanted: " + wanted +
                             "\nseen: " + seen + "\non the screen: " + tablet_.screen_text());
  }

  Tablet& tablet_;
  const rules::Form& form_;
  const state::Caseload& caseload_;
};

/// A worker with the app in a window, and a second tablet without one.
struct Worker {
  std::string ref;
  FieldTablet second;
  std::set<base::Id> records;  ///< known on the second tablet
  Worker(support::ServerProcess& server, const std::string& r) : ref(r), second(server.enrol(r)) {
    second.open();
    second.sync();
    (void)fresh();
  }
  std::vector<base::Id> fresh() {  ///< of the worker's own, since the last time
    std::vector<base::Id> out;
    const auto& caseload = *second.state().caseload;
    for (const auto& record : caseload.records)
      if (record.head().body.author == caseload.me.id && records.insert(record.id()).second) out.push_back(record.id());
    return out;
  }
  bool has(const support::Situation& situation) const {
    for (const auto& visit : situation.visits)
      for (const auto& part : visit.parts)
        if (!second.state().caseload->child(child_of(part.child))) return false;
    return true;
  }
};

void home(Tablet& tablet) {
  for (int i = 0; i < 8 && tablet.find("bar/back", "button"); ++i) tablet.press("bar/back", "button");
}

void start_visit(Tablet& tablet, const support::Situation& situation, const support::SituationVisit& visit) {
  home(tablet);
  if (!tablet.wait_for("All", "tab").is("selected")) tablet.press("All", "tab");
  tablet.press("child-" + child_of(situation.child).str(), "list_row");
  tablet.press("start", "button");
  tablet.wait_for("Which family?");
  std::set<std::string> wanted;
  for (const auto& part : visit.parts) wanted.insert("children/who_" + child_of(part.child).str());
  std::vector<std::string> turn;
  for (const Control& c : tablet.controls())
    if (c.key.starts_with("children/who_") && c.is("selected") != wanted.contains(c.key)) turn.push_back(c.key);
  for (const auto& key : turn) tablet.press(key);
  tablet.press("type/type_" + std::string(model::code(visit.type)));
  tablet.press("start", "button");
  tablet.wait_for("check", "button");
}

void submit(Tablet& tablet) {
  tablet.press("check", "button");
  tablet.wait_for("Read what will be in each child's record.");
  if (tablet.find("Before you can submit")) throw std::runtime_error("it may not be submitted: " + tablet.screen_text());
  tablet.press("submit", "button");
  tablet.wait_for("Submitted. The case server has it.");  // "All sent" may still be that of the draft
  tablet.wait_for("All sent", "button");
}

std::size_t recorded(const model::Visit& visit) {
  std::size_t out = 0;
  for (const auto& part : visit.children) out += part.skip_reason.empty() ? 1 : 0;
  return out;
}

/// What the screen asks: a mark is put in the middle of its figure, not on a point of its own; why it is late only when it is.
model::Visit as_asked(model::Visit visit, const rules::Form& form) {
  for (auto& part : visit.children)
    for (auto& injury : part.injuries) injury.at.reset();
  const auto& ended = visit.facts.end ? visit.facts.end : visit.facts.start;
  const bool late = ended && base::SystemClock().wall() - ended->at > std::chrono::hours(form.late_after_hours);
  if (!late) visit.facts.late_reason.clear();
  return visit;
}

}  // namespace

TEST_CASE("windows: each situation is pasted into the real app, approved, and read back byte for byte", "[windows]") {
  ::signal(SIGPIPE, SIG_IGN);
  const auto began = std::chrono::steady_clock::now();
  auto seconds = [&] { return (std::chrono::steady_clock::now() - began) / std::chrono::seconds(1); };
  support::Folder folder;
  support::ServerProcess server(DOORSTEP_ASSETS_DIR "/demo");
  server.start();
  const auto device_toml = server.write_device_toml(folder.path()).string();
  Worker ruth(server, "W1001"), tomasz(server, "W1002");
  FieldTablet helen(server.enrol("W1009"));
  helen.open();
  helen.sync();
  const rules::Form& form = helen.state().assets->form;
  const auto situations = support::read_situations();
  REQUIRE(situations.size() == 30);

  std::size_t visits = 0, read_back = 0, pasted = 0, pasted_bytes = 0;
  for (Worker* worker : {&ruth, &tomasz}) {
    const auto tablet_folder = (folder / worker->ref).string();
    const auto enrolled = support::run({DOORSTEP_BIN_DIR "/doorstep-provision", "enrol", device_toml, "--token",
                                        server.token(worker->ref), "--tablet", tablet_folder});
    INFO(enrolled.output);
    REQUIRE(enrolled.code == 0);
    support::Display display(1280, 800);
    Tablet tablet(display, {.command = {DOORSTEP_BIN_DIR "/doorstep", "--tablet", tablet_folder}, .env = {}});
    for (const char* field : {"unlock/passphrase", "unlock/again"})
      tablet.type_into(field, std::string(FieldTablet::kPassphrase));
    tablet.press("unlock-action");
    tablet.wait_for("My children");
    tablet.wait_for("All sent", "button");

    for (const auto& situation : situations) {
      if (worker == &ruth ? !ruth.has(situation) : ruth.has(situation)) continue;
      INFO("situation " << situation.number << ": " << situation.title);
      try {
        for (const auto& visit : situation.visits) {
          const model::Visit from = as_asked(visit.visit(child_of), form);
          start_visit(tablet, situation, visit);
          ScreenHand hand(tablet, form, *worker->second.state().caseload);
          support::walk(form, from, hand);
          hand.leave_the_other_steps(from);
          submit(tablet);
          ++visits;
          pasted += hand.pasted;
          pasted_bytes += hand.pasted_bytes;

          helen.sync();
          worker->second.sync();
          const auto records = worker->fresh();
          CHECK(records.size() == recorded(from));
          for (const auto& record : records) support::approve(helen, record);
          helen.sync();
          worker->second.sync();
          for (const auto& record : records) {
            const auto& head = worker->second.state().caseload->record(record)->head();
            CHECK(head.state == model::State::Approved);
            CHECK(base::sha256_hex(head.json) == head.hash);
            CHECK(support::differences(form, head.body, from) == std::vector<std::string>());
            ++read_back;
          }
        }
      } catch (const std::exception& error) {
        display.screenshot(DOORSTEP_BIN_DIR "/../windows/situation-" + std::to_string(situation.number) + ".png");
        FAIL_CHECK(error.what());
        if (!tablet.running()) throw;
      }
      std::cout << "windows: situation " << situation.number << " after " << seconds() << " s" << std::endl;
    }
  }
  CHECK(helen.state().sync.refused.empty());
  std::string everything;
  for (const Worker* worker : {&ruth, &tomasz})
    for (const auto& item : worker->second.state().caseload->records) everything += item.head().json;
  CHECK(support::hard_texts_missing(everything) == std::vector<std::string>());
  std::cout << "windows: " << situations.size() << " situations, " << visits << " visits, " << pasted << " texts pasted, "
            << pasted_bytes << " bytes, " << read_back << " records approved and read back, " << seconds() << " s\n";
}
