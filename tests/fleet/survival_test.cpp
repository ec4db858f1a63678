// A note typed with no network, and then IT comes: with the real programs, it ends at the server all the same.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "platform/base/sealed_copy.h"
#include "tests/fleet/it.h"
#include "tests/support/chip.h"
#include "tests/support/situations.h"
#include "tests/support/tree.h"

using namespace doorstep;
using namespace doorstep::fleet;
using support::FieldTablet;

namespace {

const std::string kSubmitted = "Submitted behind the viaduct";
const std::string kDraft = "Half a sentence on the stairs";

base::Id child_of(const std::string& ref) { return base::Id::from_name("child:" + ref); }

/// What was typed, and where it is to be found.
struct Note {
  std::vector<base::Id> records;
  base::Id draft;
};

/// IT, its signing key and the council's server; one tablet of Ruth's.
struct Office {
  support::Folder folder;
  support::ServerProcess server{support::assets("demo")};
  const fs::path tablet = folder / "tablet";

  Office() {
    server.start();
    for (const char* key : {"signing", "spare", "stranger"})
      must_run({kProvision, "keygen", "--key", at(std::string(key) + ".key"), "--trust", at(std::string(key) + ".pub")});
    hand_out(handed_out(server, 5), "signing");
    enrol({"--trust", at("signing.pub")});
  }
  std::string at(const std::string& name) const { return (folder / name).string(); }
  /// A device.toml, signed or, with no key, not.
  void hand_out(const std::string& text, const std::string& key) const {
    fs::remove(at("device.toml.sig"));
    write(at("device.toml"), text);
    if (!key.empty()) must_run({kProvision, "sign", at("device.toml"), "--key", at(key + ".key")});
  }
  void enrol(const std::vector<std::string>& more) {
    std::vector<std::string> command = {kProvision, "enrol", at("device.toml"), "--tablet", tablet.string()};
    command.insert(command.end(), {"--token", server.token("W1001")});
    command.insert(command.end(), more.begin(), more.end());
    must_run(std::move(command));
  }
  support::Ran apply(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> command = {kProvision, "apply", at("device.toml"), "--tablet", tablet.string()};
    command.insert(command.end(), more.begin(), more.end());
    return support::run(std::move(command));
  }
  /// Whether the server holds these words in a record or draft.
  bool has(const std::string& words) const {
    bool found = false;
    const auto repository = server.open_repository();
    const auto unit = repository->read();
    REQUIRE(unit.has_value());
    for (const auto kind : {model::RecordKind::ChildRecord, model::RecordKind::Visit}) {
      const auto looked = (*unit)->heads(kind, [&](const server::RecordHead& head) -> base::Result<void> {
        found = found || head.revision.body.find(words) != std::string::npos;
        return {};
      });
      REQUIRE(looked.has_value());
    }
    return found;
  }
  bool has_note() const { return has(kSubmitted) && has(kDraft); }
  std::size_t sealed_copies() const {
    const auto names = base::copies_in(tablet / config::kOutboxFolder);
    return names ? names->size() : 0;
  }
};

/// With the network gone: one visit is submitted, another stays a draft. The tablet is closed then, and the server away.
Note type_offline(FieldTablet& ruth, support::ServerProcess& server) {
  ruth.sync();
  server.stop();
  Note note;
  const auto situations = support::read_situations();
  for (const auto& situation : situations) {
    const bool submitted = situation.number == 17;
    const bool fit = situation.visits.size() == 1 && ruth.state().caseload->child(child_of(situation.child));
    if (!submitted && (!note.draft.nil() || !fit)) continue;
    support::record_visit(ruth, child_of, situation, situation.visits.front());
    const auto child = ruth.state().visit.value().visit.children.front().id;
    ruth.type("child/" + child.str() + "/think", submitted ? kSubmitted : kDraft);
    if (submitted) {
      note.records = support::submit_visit(ruth);
      if (!note.draft.nil()) break;
      continue;
    }
    note.draft = ruth.state().visit->visit.id;
    ruth.act(state::Cover{});
    ruth.until("saved", [](const auto& s) { return s.visit->saved == s.visit->edit; });
    ruth.act(state::Uncover{});
  }
  REQUIRE(note.records.size() == 1);
  REQUIRE_FALSE(note.draft.nil());
  ruth.close();
  return note;
}

std::string think(const model::ChildPart& part) {
  const auto found = part.answers.find("think");
  const auto* words = found == part.answers.end() ? nullptr : std::get_if<std::string>(&found->second);
  return words ? *words : "";
}

/// Whether an open tablet shows its worker what was typed.
bool shows(const state::State& state, const Note& note) {
  const auto* record = state.caseload ? state.caseload->record(note.records.front()) : nullptr;
  const auto* draft = state.caseload ? state.caseload->draft(note.draft) : nullptr;
  return record && draft && think(record->head().body.part) == kSubmitted && think(draft->visit.children.front()) == kDraft;
}

}  // namespace

TEST_CASE("survival: a note typed offline survives that the tablet's device.toml is replaced", "[fleet][P36]") {
  Office office;
  Note note;
  {
    FieldTablet ruth(set_up(office.tablet), office.tablet);
    ruth.open();
    note = type_offline(ruth, office.server);
  }
  const auto before = config_of(office.tablet);
  REQUIRE_FALSE((office.has(kSubmitted) || office.has(kDraft)));

  // All that a council can change: the same server elsewhere and under its other name, its policy, whom to call, who may sign.
  office.server.move();
  office.server.start();
  std::string text = handed_out(office.server, 6);
  const auto swap = [&](const std::string& from, const std::string& to) {
    INFO(from);
    REQUIRE(text.find(from) != std::string::npos);
    text.replace(text.find(from), from.size(), to);
  };
  swap("url = \"https://127.0.0.1:", "url = \"https://localhost:");
  swap("name = \"localhost\"", "name = \"127.0.0.1\"");
  swap("visit_lock_s = 900", "visit_lock_s = 1200\nlease_days = 3");
  swap("01632 960901", "01632 960911");
  office.hand_out(text, "signing");
  write(office.at("both.pub"), support::read_text(office.at("signing.pub")) + support::read_text(office.at("spare.pub")));
  const auto applied = office.apply({"--trust", office.at("both.pub")});
  INFO(applied.output);
  REQUIRE(applied.code == 0);
  const bool spare = GENERATE(false, true);
  CAPTURE(spare);
  if (spare) {  // and the key that signed so far is lost
    text.replace(text.find("serial = 6"), 10, "serial = 7");
    office.hand_out(text, "spare");
    REQUIRE(office.apply().code == 0);
  }

  const auto after = config_of(office.tablet);
  CHECK(after.serial == (spare ? 7 : 6));
  CHECK(after.server.sync.port != before.server.sync.port);
  CHECK(after.server.name == "127.0.0.1");
  CHECK(after.contacts.duty.front().number == "01632 960911");
  support::TabletOptions how;
  how.lease = std::chrono::days(after.policy.lease_days);
  FieldTablet ruth(set_up(office.tablet), office.tablet, how);
  ruth.open();
  CHECK(shows(ruth.state(), note));
  ruth.sync();
  CHECK(ruth.state().sync.refused.empty());
  CHECK(office.has_note());
  ruth.close();
  CHECK(office.sealed_copies() == 0);
}

TEST_CASE("survival: a note typed offline survives a device.toml that is refused, and the tablet goes on with what it had",
          "[fleet][P35][P36]") {
  Office office;
  FieldTablet ruth(set_up(office.tablet), office.tablet);
  ruth.open();
  const auto note = type_offline(ruth, office.server);
  REQUIRE_FALSE((office.has(kSubmitted) || office.has(kDraft)));
  const auto kept = support::read_text(office.tablet / "device.toml");
  const auto newer = handed_out(office.server, 6) + "\n[tablet]\ntheme = \"dark\"\n";
  struct Bad {
    std::string text, key, words;
  };
  for (const auto& bad : {Bad{newer, "", "it is not signed"}, Bad{newer, "stranger", "signed by somebody else"},
                          Bad{handed_out(office.server, 4), "signing", "this file is older"}}) {
    office.hand_out(bad.text, bad.key);
    const auto refused = office.apply();
    INFO(refused.output);
    CHECK(refused.code == 1);
    CHECK(refused.output.find(bad.words) != std::string::npos);
    CHECK(refused.output.find("notes on it are safe") != std::string::npos);
    CHECK(support::read_text(office.tablet / "device.toml") == kept);
    CHECK(config_of(office.tablet).serial == 5);
  }
  // What was put there past the program: the app does not start with it, and IT puts back what it had handed out.
  write(office.tablet / "device.toml", newer);
  REQUIRE(std::holds_alternative<std::vector<config::Problem>>(config::load_tablet_config(office.tablet, "/nonexistent")));
  office.hand_out(kept, "signing");
  REQUIRE(office.apply().code == 0);
  office.server.start();
  FieldTablet again(set_up(office.tablet), office.tablet);
  again.open();
  CHECK(shows(again.state(), note));
  again.sync();
  CHECK(again.state().sync.refused.empty());
  CHECK(office.has_note());
}

TEST_CASE("survival: a note typed offline survives a PIN, or a passphrase, that nobody knows any more", "[fleet][L28][L30]") {
  Office office;
  const support::TestChip chip;
  support::TabletOptions how;
  // The program itself looks for a chip of the machine's alone, so that its file cannot allow the PIN here.
  const bool pin = GENERATE(true, false);
  CAPTURE(pin);
  if (pin) {
    how.chip = chip.name();
    how.pins = vault::Pins::Allowed;
  }
  const std::string forgotten = pin ? "483957" : "quiet river lantern teapot";
  const std::string fresh = pin ? "720946" : "seven paper boats at noon";
  Note note;
  const auto old_device = set_up(office.tablet).enrolment.device;
  {
    FieldTablet ruth(set_up(office.tablet), office.tablet, how);
    ruth.open(forgotten);
    note = type_offline(ruth, office.server);
    CHECK_FALSE(ruth.try_to_open(pin ? "807351" : "was it something with a lantern").empty());
    ruth.close();
  }
  REQUIRE(office.sealed_copies() >= 2);
  REQUIRE_FALSE((office.has(kSubmitted) || office.has(kDraft)));
  office.server.start();

  const bool drained = GENERATE(false, true);
  CAPTURE(drained);
  if (drained) {  // a tablet that does not even start: its disk is read in IT's machine
    const auto said = must_run({kProvision, "drain", office.tablet.string()});
    CHECK(said.find("sealed copies") != std::string::npos);
    CHECK(office.sealed_copies() == 0);
    CHECK(office.has_note());
  }
  office.enrol({"--anew"});
  CHECK(set_up(office.tablet).enrolment.device != old_device);
  CHECK_FALSE(fs::exists(office.tablet / "replica.db"));

  FieldTablet ruth(set_up(office.tablet), office.tablet, how);
  ruth.open(fresh);
  for (const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
       office.sealed_copies() > 0 && std::chrono::steady_clock::now() < end;)
    std::this_thread::yield();
  CHECK(office.sealed_copies() == 0);
  CHECK(office.has_note());
  ruth.sync();
  ruth.until("the note is on the tablet again", [&](const auto& s) { return shows(s, note); });
  CHECK(ruth.state().caseload->draft(note.draft)->visit.conflicts.empty());
  ruth.close();
  CHECK_FALSE(ruth.try_to_open(forgotten).empty());
}
