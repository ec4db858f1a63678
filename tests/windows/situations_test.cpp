// Every situation goes once by paste through the screen: in the real app's window, pressed from outside through XTEST, to the
// real server; approved by a supervisor, and read back byte for byte on a second tablet of the same worker.
#include <signal.h>

#include <catch2/catch_test_macros.hpp>
#include <iostream>

#include "sync/model/visit.h"
#include "tests/support/form_hand.h"
#include "tests/support/server_process.h"
#include "tests/support/tablet.h"
#include "tests/support/tree.h"

using namespace doorstep;
using support::Control;
using support::FieldTablet;
using support::Tablet;

namespace {

base::Id child_of(const std::string& ref) { return base::Id::from_name("child:" + ref); }

/// On the screen: presses what says what is wanted, pastes every text.
class ScreenHand : public support::FormHand {
 public:
  ScreenHand(Tablet& tablet, const rules::Form& form, const state::Caseload& caseload) : FormHand(form, caseload), tablet_(tablet) {}

 protected:
  std::set<std::string> keys() override {
    std::set<std::string> out;
    tablet_.settle();
    for (const Control& c : tablet_.controls()) out.insert(c.key);
    return out;
  }
  bool is_written(const std::string& key) override {
    const auto field = tablet_.with_key(key);
    return field && (field->role == "note" || field->role == "text_field");
  }
  bool is_chosen(const std::string& key) override { return tablet_.with_key(key).value_or(Control{}).is("selected"); }
  void work(const std::string& key) override { tablet_.press(key); }
  void work_named(const std::string& name, const std::string& role) override { tablet_.press(name, role); }
  std::string written(const std::string& key) override { return tablet_.with_key(key).value_or(Control{}).value; }
  void write(const std::string& key, const std::string& text) override {
    tablet_.display().set_clipboard(text);
    tablet_.press(key);
    if (!written(key).empty()) tablet_.display().key("ctrl+a");
    tablet_.display().key("ctrl+v");
    tablet_.settle();
  }
  void write_all(const std::vector<std::pair<std::string, std::string>>& fields) override {
    std::vector<std::string> words;
    for (const auto& [key, digits] : fields) words.push_back(digits);
    tablet_.type_in_turn(fields.front().first, words);
  }
  std::string screen() override { return tablet_.screen_text(); }

 private:
  Tablet& tablet_;
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
  tablet.wait_for("Check the main points of each child's record before you submit it.");
  if (tablet.find("before you can submit")) throw std::runtime_error("it may not be submitted: " + tablet.screen_text());
  tablet.press("submit", "button");
  tablet.wait_for("Submitted. The case server has it.");  // "All sent" may still be that of the draft
  tablet.wait_for("All sent", "button");
}

std::size_t recorded(const model::Visit& visit) {
  std::size_t out = 0;
  for (const auto& part : visit.children) out += part.skip_reason.empty() ? 1 : 0;
  return out;
}

}  // namespace

TEST_CASE("windows: each situation is pasted into the real app, approved, and read back byte for byte", "[windows]") {
  ::signal(SIGPIPE, SIG_IGN);
  const auto began = std::chrono::steady_clock::now();
  auto seconds = [&] { return (std::chrono::steady_clock::now() - began) / std::chrono::seconds(1); };
  support::Folder folder;
  support::ServerProcess server(support::assets("demo"));
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
    const auto enrolled = support::run({support::bin("doorstep-provision"), "enrol", device_toml, "--token",
                                        server.token(worker->ref), "--tablet", tablet_folder});
    INFO(enrolled.output);
    REQUIRE(enrolled.code == 0);
    support::Display display(1280, 800);
    Tablet tablet(display, {.command = {support::bin("doorstep"), "--tablet", tablet_folder}, .env = {}});
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
          const model::Visit from = support::as_asked(visit.visit(child_of), form);
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
            CHECK(head.revision.state == model::State::Approved);
            CHECK(base::sha256_hex(head.revision.body) == head.revision.hash);
            CHECK(support::differences(form, head.body, from) == std::vector<std::string>());
            ++read_back;
          }
        }
      } catch (const std::exception& error) {
        display.screenshot(support::bin("../windows/situation-" + std::to_string(situation.number) + ".png"));
        FAIL_CHECK(error.what());
        if (!tablet.running()) throw;
      }
      std::cout << "windows: situation " << situation.number << " after " << seconds() << " s" << std::endl;
    }
  }
  CHECK(helen.state().sync.refused.empty());
  std::string everything;
  for (const Worker* worker : {&ruth, &tomasz})
    for (const auto& item : worker->second.state().caseload->records) everything += item.head().revision.body;
  CHECK(support::hard_texts_missing(everything) == std::vector<std::string>());
  std::cout << "windows: " << situations.size() << " situations, " << visits << " visits, " << pasted << " texts pasted, "
            << pasted_bytes << " bytes, " << read_back << " records approved and read back, " << seconds() << " s\n";
}
