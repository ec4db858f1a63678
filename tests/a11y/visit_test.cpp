// A whole visit through a screen reader: unlocked, recorded and submitted over AT-SPI alone, to the real server, and read back on a
// second tablet.
#include <signal.h>

#include <catch2/catch_test_macros.hpp>
#include <iostream>

#include "sync/model/visit.h"
#include "tests/a11y/ears.h"
#include "tests/support/form_hand.h"

using namespace doorstep;
using support::FieldTablet;
using support::Reader;
using support::Thing;

namespace {

base::Id child_of(const std::string& ref) { return base::Id::from_name("child:" + ref); }

class ReaderHand : public support::FormHand {
 public:
  ReaderHand(Reader& reader, const rules::Form& form, const state::Caseload& caseload) : FormHand(form, caseload), reader_(reader) {}

 protected:
  std::set<std::string> keys() override {
    std::set<std::string> out;
    for (const Thing& thing : reader_.things()) out.insert(thing.key);
    return out;
  }
  bool is_written(const std::string& key) override {
    const auto thing = reader_.find(key);
    return thing && (thing->role == ATSPI_ROLE_ENTRY || thing->role == ATSPI_ROLE_TEXT);
  }
  bool is_chosen(const std::string& key) override {
    const auto thing = reader_.find(key);
    return thing && thing->is(ATSPI_STATE_CHECKED);
  }
  void work(const std::string& key) override { reader_.work(key); }
  void work_named(const std::string& name, const std::string&) override {
    if (!reader_.wait_for(name).is(ATSPI_STATE_SELECTED)) work(name);
  }
  void write(const std::string& key, const std::string& text) override { reader_.write(key, std::get<std::string>(support::as_pasted(text))); }
  std::string written(const std::string& key) override {
    const auto thing = reader_.find(key);
    return thing ? thing->text() : "";
  }
  void write_all(const std::vector<std::pair<std::string, std::string>>& fields) override {
    for (const auto& [key, words] : fields) write(key, words);
  }
  std::string screen() override { return reader_.all_words(); }

 private:
  Reader& reader_;
};

}  // namespace

TEST_CASE("a11y: a visit is unlocked, recorded and submitted by a screen reader alone", "[a11y]") {
  ::signal(SIGPIPE, SIG_IGN);
  Reader& reader = ears().reader;
  Office office;
  FieldTablet second(office.server.enrol("W1001"));
  second.open();
  second.sync();
  std::set<base::Id> before;
  for (const auto& record : second.state().caseload->records) before.insert(record.id());
  const rules::Form& form = second.state().assets->form;
  const auto situations = support::read_situations();
  const auto& situation = *std::find_if(situations.begin(), situations.end(), [&](const auto& s) {
    return second.state().caseload->child(child_of(s.child)) && s.visits.size() == 1;
  });
  INFO("situation " << situation.number << ": " << situation.title);
  const auto& said = situation.visits.front();
  const model::Visit visit = support::as_asked(said.visit(child_of), form);

  reader.switch_on();
  support::Process app(office.app());
  reader.listen_to(app.pid());
  unlock(reader);

  if (!reader.wait_for("All").is(ATSPI_STATE_SELECTED)) reader.work("All");
  reader.press("child-" + child_of(situation.child).str());
  reader.press("start");
  reader.wait_for("Which family?");
  for (const auto& part : said.parts) {
    const std::string who = "children/who_" + child_of(part.child).str();
    if (!reader.wait_for(who).is(ATSPI_STATE_CHECKED)) reader.work(who);
  }
  reader.work("type/type_" + std::string(model::code(said.type)));
  reader.press("start");
  reader.wait_for("check");

  ReaderHand hand(reader, form, *second.state().caseload);
  support::walk(form, visit, hand);
  hand.leave_the_other_steps(visit);
  reader.press("check");
  reader.wait_for("Check the main points of each child's record before you submit it.");
  reader.press("submit");
  reader.wait_for("Submitted. The case server has it.");
  reader.wait_for("All sent");

  second.sync();
  std::size_t read_back = 0;
  for (const auto& record : second.state().caseload->records) {
    const auto& head = record.head();
    if (before.contains(record.id())) continue;
    CHECK(head.revision.state == model::State::Submitted);
    CHECK(support::differences(form, head.body, visit) == std::vector<std::string>());
    ++read_back;
  }
  CHECK(read_back > 0);
  std::cout << "a11y: " << hand.pasted << " texts, " << hand.pasted_bytes << " bytes, " << read_back << " records read back\n";
}
