#include "tests/support/chip.h"
#include "tests/work/support.h"

using namespace doorstep;
using namespace doorstep::work;
using namespace doorstep::work::test;

namespace {
class Later final : public base::Clock {
 public:
  Instant wall() const override { return kClock.wall() + by.load(); }
  base::Millis monotonic() const override { return kClock.monotonic() + up.load(); }
  std::atomic<base::Millis> by{base::Millis(0)}, up{base::Millis(0)};  // the store's thread reads while the test sets
};

const model::Child& a_child(const Tablet& tablet) {
  for (const auto& child : tablet.caseload->children)
    if (child.allocated_worker == tablet.worker()) return child;
  FAIL("no child is allocated to this worker");
  return tablet.caseload->children.front();
}
const state::RecordItem* record_with(const state::Caseload& caseload, std::string_view text) {
  for (const auto& item : caseload.records)
    if (item.head().revision.body.find(text) != std::string::npos) return &item;
  return nullptr;
}
/// By which everything takes long, also to read a caseload.
class SlowClock final : public base::Clock {
 public:
  Instant wall() const override { return kClock.wall(); }
  base::Millis monotonic() const override { return std::chrono::seconds(++asked_); }

 private:
  mutable std::atomic<int> asked_ = 0;
};
void copy_store(const fs::path& from, const fs::path& to) {
  for (const char* end : {"", "-wal", "-shm"}) {
    auto name = std::string("replica.db") + end;
    fs::remove(to / name);
    if (fs::exists(from / name)) fs::copy_file(from / name, to / name);
  }
}
}  // namespace

TEST_CASE("runner: everything works before the server was ever reached; then it catches up by itself", "[work]") {
  CaseServer server;
  Tablet tablet(server, "W1001");
  server.stop();
  REQUIRE_FALSE(tablet.open());
  CHECK(tablet.caseload->me.name == "Ruth Adeyemi");
  tablet.wait<state::SyncStatus>([](const auto& s) { return s.error.has_value(); });
  CHECK(tablet.sync.error->fault == base::Fault::Offline);
  CHECK(tablet.sync.next_try.has_value());
  model::Child stranger;
  stranger.id = base::new_id(kClock);
  stranger.name = "A child on no list";
  auto visit = tablet.visit_to(stranger, "Written with no network at all");
  tablet.save(visit);
  server.start();
  tablet.settle([&](const auto& caseload) { return !caseload.children.empty() && !caseload.drafts.empty() && !caseload.drafts[0].waiting; });
  CHECK(tablet.caseload->drafts.at(0).visit == visit);
  CHECK(tablet.sync.receipt.has_value());
  // The child nobody knew becomes a case of its own.
  tablet.runner->run(tablet.submission(visit));
  tablet.wait<state::Submitted>();
  tablet.settle([&](const auto& caseload) { return caseload.drafts.empty() && caseload.child(stranger.id); });
  CHECK(tablet.caseload->child(stranger.id)->provisional == true);
  REQUIRE(record_with(*tablet.caseload, "Written with no network"));
  CHECK_FALSE(record_with(*tablet.caseload, "Written with no network")->waiting);
}

TEST_CASE("runner: how the tablet stands is told before a sync and after it", "[work]") {
  CaseServer server;
  Tablet tablet(server, "W1001");
  server.stop();
  REQUIRE_FALSE(tablet.open());
  const auto looked = [&] {
    tablet.runner->run(state::LookAtDevice{});
    return tablet.wait<state::DeviceLooked>();
  };
  auto before = looked();
  CHECK(before.free_bytes.value_or(0) > 0);
  CHECK_FALSE(before.synced_at.has_value());
  CHECK_FALSE(before.clock_ahead.has_value());
  CHECK_FALSE(before.certificate_until.has_value());
  server.start();
  tablet.settle();
  const auto after = looked();
  CHECK(after.synced_at.has_value());
  REQUIRE(after.clock_ahead.has_value());
  CHECK(std::chrono::abs(*after.clock_ahead) < std::chrono::minutes(1));
  REQUIRE(after.certificate_until.has_value());
  CHECK(*after.certificate_until > kClock.wall());
}

TEST_CASE("runner: only the passphrase opens what was saved, also after the program ended", "[work]") {
  CaseServer server;
  Tablet tablet(server, "W1001");
  REQUIRE_FALSE(tablet.open());
  tablet.settle();
  auto visit = tablet.visit_to(a_child(tablet), "Half a sentence and th");
  tablet.save(visit);
  tablet.close();
  tablet.start();
  CHECK(tablet.has_passphrase);
  auto refused = tablet.open("a wrong lantern teapot");
  REQUIRE(refused);
  CHECK(refused->fault == base::Fault::Locked);
  REQUIRE_FALSE(tablet.open());
  REQUIRE(tablet.caseload->drafts.size() == 1);
  CHECK(tablet.caseload->drafts[0].visit == visit);
  // Locked, nothing is saved, and it says so; unlocked, it goes on.
  tablet.runner->run(state::Lock{});
  tablet.runner->run(state::SaveDraft{visit, 2});
  CHECK(tablet.wait<state::SaveFailed>().error.fault == base::Fault::Locked);
  REQUIRE_FALSE(tablet.open());
  observed(visit) += "en the rest.";
  tablet.save(visit, 3);
  tablet.settle();
  tablet.runner->run(state::Search{"the rest", 7});
  CHECK(tablet.wait<state::SearchHits>().number == 7);
}

TEST_CASE("runner: unfinished words are there again after the program ended; locked, it says that they are not saved", "[work]") {
  CaseServer server;
  Tablet tablet(server, "W1001");
  REQUIRE_FALSE(tablet.open());
  tablet.runner->run(state::SaveUnfinished{{{"a", base::Id(), "half"}, {"b", base::Id(), "gone"}}});
  tablet.runner->run(state::SaveUnfinished{{{"b", base::Id(), ""}}});
  tablet.close();
  tablet.start();
  tablet.runner->run(state::SaveUnfinished{{{"c", base::Id(), "while locked"}}});
  CHECK(tablet.wait<state::UnfinishedFailed>().error.fault == base::Fault::Locked);
  tablet.runner->run(state::Unlock{base::Secret::copy_of(Tablet::kPassphrase)});
  CHECK(tablet.wait<state::UnfinishedFound>().words == std::map<std::string, std::string>{{"a", "half"}});
}

TEST_CASE("runner: a visit goes from one tablet over the server to the supervisor's and comes back approved", "[work]") {
  CaseServer server;
  Tablet worker(server, "W1001"), supervisor(server, "W1009"), other_team(server, "W2001");
  REQUIRE_FALSE(worker.open());
  REQUIRE_FALSE(supervisor.open());
  REQUIRE_FALSE(other_team.open());
  worker.settle([](const auto& caseload) { return !caseload.children.empty(); });
  auto visit = worker.visit_to(a_child(worker), "He was building a tower. زمان \U0001F9F1");
  worker.save(visit);
  worker.runner->run(worker.submission(visit));
  worker.wait<state::Submitted>();
  worker.settle([](const auto& caseload) { return caseload.drafts.empty(); });
  const auto* sent = record_with(*worker.caseload, "building a tower");
  REQUIRE(sent);
  REQUIRE(sent->receipts.size() == 1);
  CHECK(sent->receipts[0].good);
  CHECK(sent->receipts[0].hash == sent->head().revision.hash);
  supervisor.settle([](const auto& caseload) { return record_with(caseload, "building a tower"); });
  const auto* item = record_with(*supervisor.caseload, "building a tower");
  CHECK(item->head().revision.state == model::State::Submitted);
  CHECK(item->head().revision.body == record_with(*worker.caseload, "building a tower")->head().revision.body);
  model::Decision decision;
  decision.id = base::new_id(kClock);
  decision.on = item->ref();
  decision.verdict = model::Verdict::Approved;
  decision.reviewer = supervisor.worker();
  decision.reviewer_name = "Helen Price";  // who the extract says that is
  decision.at = kClock.wall();
  decision.rationale = "Read with the plan beside it.";
  // The author may not; the supervisor may, once.
  auto own = decision;
  own.reviewer = worker.worker();
  worker.runner->run(state::Decide{visit.children[0].id, own});
  const auto back = worker.wait<state::OperationFailed>();
  CHECK(back.by_server);
  CHECK(std::get<model::Decision>(back.said) == own);  // what was written for it is in no record
  worker.settle();
  REQUIRE(worker.sync.refused.size() == 1);
  CHECK((worker.sync.refused[0].code == "own_record" || worker.sync.refused[0].code == "not_supervisor"));
  supervisor.runner->run(state::Decide{visit.children[0].id, decision});
  auto approved = [](const state::Caseload& caseload) {
    const auto* found = record_with(caseload, "building a tower");
    return found && found->head().revision.state == model::State::Approved && !found->waiting && found->decisions.size() == 1;
  };
  supervisor.settle(approved);
  CHECK(supervisor.sync.refused.empty());
  worker.settle(approved);
  CHECK(record_with(*worker.caseload, "building a tower")->decisions[0] == decision);
  other_team.settle([](const auto& caseload) { return !caseload.children.empty(); });
  CHECK_FALSE(record_with(*other_team.caseload, "building a tower"));
}

TEST_CASE("runner: a draft moves between two tablets of one worker; two versions of a text are settled by a person", "[work][L28]") {
  CaseServer server;
  Tablet first(server, "W1001"), second(server, "W1001");
  REQUIRE_FALSE(first.open());
  REQUIRE_FALSE(second.open());
  first.settle([](const auto& caseload) { return !caseload.children.empty(); });
  auto visit = first.visit_to(a_child(first), "calm");
  first.save(visit);
  first.settle();
  second.settle([](const auto& caseload) { return caseload.drafts.size() == 1; });
  auto there = second.caseload->drafts[0].visit;
  CHECK(there == visit);
  observed(there) = "frightened";
  second.save(there, 1, second.caseload->drafts[0].version);
  second.settle();
  observed(visit) = "tired";
  first.save(visit, 2);
  first.runner->run(state::SyncNow{});
  auto changed = first.wait<state::DraftChanged>();
  REQUIRE(changed.visit.conflicts.size() == 1);
  CHECK(changed.version > 0);
  // Words typed on the state before are not lost.
  observed(visit) = "tired and hungry";
  first.runner->run(state::SaveDraft{visit, 3, false, 0});
  auto merged = first.wait<state::DraftChanged>();
  auto body = wire::encode(merged.visit);
  CHECK(body.find("frightened") != std::string::npos);
  CHECK(body.find("tired and hungry") != std::string::npos);
  while (!merged.visit.conflicts.empty()) {
    first.runner->run(state::SettleConflict{visit.id, merged.visit.conflicts[0].path, {merge::Choice::Keep::Custom, "tired, hungry, frightened"},
                                            merged.version});
    merged = first.wait<state::DraftChanged>();
  }
  CHECK(observed(merged.visit) == "tired, hungry, frightened");
  first.settle();
  second.settle([&](const auto& caseload) { return caseload.drafts.size() == 1 && caseload.drafts[0].visit == merged.visit; });
}

TEST_CASE("runner: an old copy of the store begins anew and what is in it still arrives", "[work][S10]") {
  CaseServer server;
  Tablet tablet(server, "W1001");
  REQUIRE_FALSE(tablet.open());
  tablet.settle([](const auto& caseload) { return !caseload.children.empty(); });
  auto visit = tablet.visit_to(a_child(tablet), "First part.");
  tablet.save(visit);
  tablet.close();
  Folder backup;
  copy_store(tablet.folder.path(), backup.path());
  REQUIRE_FALSE(tablet.open());
  tablet.settle();
  observed(visit) = "First part. Second part.";
  tablet.save(visit, 2);
  tablet.settle();
  tablet.close();
  copy_store(backup.path(), tablet.folder.path());
  REQUIRE_FALSE(tablet.open());
  auto late = tablet.visit_to(a_child(tablet), "Written on the old copy");
  tablet.save(late, 1);
  tablet.settle([&](const auto& caseload) {
    const auto* draft = caseload.draft(visit.id);
    return draft && !draft->waiting && wire::encode(draft->visit).find("Second part.") != std::string::npos;
  });
  CHECK(wire::encode(tablet.caseload->draft(visit.id)->visit).find("First part.") != std::string::npos);
  Tablet other(server, "W1001");
  REQUIRE_FALSE(other.open());
  other.settle([&](const auto& caseload) { return caseload.draft(late.id); });
  CHECK(other.caseload->draft(late.id)->visit == late);
}

TEST_CASE("runner: a disabled worker's tablet hides the cases, sends what waits, purges itself and tells so, over TLS", "[work][A48][L34]") {
  CaseServer server;
  Tablet tablet(server, "W1001"), supervisor(server, "W1009");
  REQUIRE_FALSE(tablet.open());
  tablet.settle([](const auto& caseload) { return !caseload.children.empty(); });
  const auto child = a_child(tablet);
  server.stop();
  auto draft = tablet.visit_to(child, "Unsent notes of a corduroy bear"), handed_in = tablet.visit_to(child, "Submitted, and never sent");
  tablet.save(draft);
  tablet.save(handed_in);
  tablet.runner->run(tablet.submission(handed_in));
  tablet.wait<state::Submitted>();
  must(server::disable_worker(*server.repository, "W1001", true, kClock.wall()));
  server.start();
  tablet.runner->run(state::SyncNow{});
  tablet.wait<state::Loaded>([](const auto& loaded) { return loaded.caseload->ended; });
  CHECK(tablet.caseload->children.empty());
  CHECK(tablet.caseload->families.empty());
  CHECK(tablet.caseload->records.empty());
  CHECK(tablet.caseload->drafts.empty());
  tablet.settle();
  {
    auto unit = must(server.repository->read());
    const auto head = must(unit->head(draft.id));
    REQUIRE(head.has_value());
    CHECK(head->body.find("corduroy bear") != std::string::npos);
    CHECK(must(unit->purged_at(tablet.device())).has_value());
  }
  tablet.close();
  // Reopened, the tablet shows nothing; and a program that would look into its store finds nothing.
  REQUIRE_FALSE(tablet.open());
  CHECK(tablet.caseload->ended);
  CHECK(tablet.caseload->children.empty());
  tablet.settle();
  tablet.runner->run(state::Search{"corduroy", 3});
  CHECK(tablet.wait<state::SearchHits>().hits.empty());
  REQUIRE_FALSE(supervisor.open());
  supervisor.settle([](const auto& caseload) { return record_with(caseload, "never sent"); });
  // Given back, the cases come again.
  must(server::disable_worker(*server.repository, "W1001", false, kClock.wall()));
  tablet.settle([](const auto& caseload) { return !caseload.ended && !caseload.children.empty(); });
}

TEST_CASE("runner: a revoked tablet is told, keeps what it has and may go on writing", "[work][L34]") {
  CaseServer server;
  Tablet tablet(server, "W1001");
  REQUIRE_FALSE(tablet.open());
  tablet.settle([](const auto& caseload) { return !caseload.children.empty(); });
  must(server::revoke_device(*server.repository, tablet.device(), kClock.wall()));
  tablet.runner->run(state::SyncNow{});
  tablet.wait<state::SyncStatus>([](const auto& s) { return s.error.has_value(); });
  INFO(tablet.sync.error->where << " " << tablet.sync.error->detail);
  CHECK(tablet.sync.phase == state::SyncPhase::Failed);
  CHECK_FALSE(tablet.sync.next_try.has_value());
  CHECK(tablet.sync.error_code == "revoked");
  auto visit = tablet.visit_to(a_child(tablet), "Still written down");
  tablet.save(visit);
}

TEST_CASE("runner: when 30 days are left the certificate is renewed, with a new key, and sync goes on with it", "[work][P39]") {
  Later clock;
  CaseServer server;
  Tablet tablet(server, "W1001");
  tablet.clock = &clock;
  REQUIRE_FALSE(tablet.open());
  tablet.settle([](const auto& caseload) { return !caseload.children.empty(); });
  const auto sync_until = [&](auto done) {
    const auto asked = clock.wall();
    tablet.runner->run(state::SyncNow{});
    tablet.wait<state::SyncStatus>([&](const auto& s) { return s.phase == state::SyncPhase::Idle && *s.last_tried >= asked && done(); });
  };
  clock.by = std::chrono::hours(24 * 59);
  sync_until([] { return true; });
  clock.by = std::chrono::hours(24 * 61);
  CHECK(server.serials().size() == 1);
  sync_until([&] { return server.serials().size() == 2; });

  tablet.save(tablet.visit_to(a_child(tablet), "Sent with the new one"));
  tablet.settle();
  CHECK(server.serials().size() == 2);  // the next is not asked for at once, though this tablet's clock is wrong
}

TEST_CASE("runner: a tablet holds where the server's audit ended, and shows it an hour later", "[work][A54]") {
  Later clock;
  CaseServer server;
  Tablet tablet(server, "W1001");
  tablet.clock = &clock;
  REQUIRE_FALSE(tablet.open());
  tablet.settle([](const auto& caseload) { return !caseload.children.empty(); });
  const auto sync_until_witnessed = [&](std::size_t times) {
    for (int i = 0; i < 100 && server.witnessed().size() < times; ++i) {
      const auto asked = clock.wall();
      tablet.runner->run(state::SyncNow{});
      tablet.wait<state::SyncStatus>([&](const auto& s) { return s.phase == state::SyncPhase::Idle && *s.last_tried >= asked; });
    }
    REQUIRE(server.witnessed().size() == times);
    return server.witnessed().back().held;
  };
  CHECK_FALSE(sync_until_witnessed(1).has_value());
  clock.up = std::chrono::minutes(61);
  const auto held = sync_until_witnessed(2);
  REQUIRE(held.has_value());
  const auto said = wire::decode<wire::AuditStatement>(held->statement);
  REQUIRE(said.has_value());
  CHECK(said->heads.front().line > 0);
}

TEST_CASE("runner: saves in a burst are each confirmed, in order, while syncs, locks and ends come in between", "[work]") {
  CaseServer server;
  Tablet tablet(server, "W1001");
  REQUIRE_FALSE(tablet.open());
  tablet.settle([](const auto& caseload) { return !caseload.children.empty(); });
  auto visit = tablet.visit_to(a_child(tablet), "");
  std::uint64_t edit = 0;
  for (int round = 0; round < 3; ++round) {
    const std::uint64_t first = edit + 1;
    for (int i = 0; i < 60; ++i) {
      observed(visit) = "edit " + std::to_string(++edit);
      tablet.runner->run(state::SaveDraft{visit, edit});
      if (i % 7 == 0) tablet.runner->run(state::SyncNow{});
    }
    for (std::uint64_t expected = first; expected <= edit; ++expected)
      CHECK(tablet.wait<state::Saved>().edit == expected);
    if (round == 0) {
      tablet.runner->run(state::Lock{});
    } else {
      tablet.runner->run(state::SyncNow{});
      tablet.close();  // in the middle of it
    }
    REQUIRE_FALSE(tablet.open());
    REQUIRE(tablet.caseload->draft(visit.id));
    CHECK(observed(visit) == std::get<std::string>(tablet.caseload->draft(visit.id)->visit.children[0].answers.at("observed")));
  }
}

TEST_CASE("runner: after the passphrase was changed the new one alone opens the tablet, with all that was written", "[work][K16]") {
  CaseServer server;
  Tablet tablet(server, "W1001");
  REQUIRE_FALSE(tablet.open());
  tablet.settle([](const auto& caseload) { return !caseload.children.empty(); });
  auto visit = tablet.visit_to(a_child(tablet), "Written before the change");
  tablet.runner->run(state::SaveDraft{visit, 1});
  tablet.wait<state::Saved>();
  const auto change = [&](std::string_view old, std::string_view fresh) {
    tablet.runner->run(state::ChangePassphrase{Secret::copy_of(old), Secret::copy_of(fresh)});
    return tablet.wait<state::PassphraseChanged>().result;
  };
  constexpr std::string_view kFresh = "seven green boats asleep";
  CHECK(change("not this one at all", kFresh).error->fault == base::Fault::Locked);
  CHECK(change(Tablet::kPassphrase, "again again again again").error->fault == base::Fault::Invalid);
  CHECK_FALSE(change(Tablet::kPassphrase, kFresh).error);
  visit.children[0].answers["observed"] = std::string("Written after the change");
  tablet.runner->run(state::SaveDraft{visit, 2});
  CHECK(tablet.wait<state::Saved>().edit == 2);
  tablet.close();

  CHECK(tablet.open()->fault == base::Fault::Locked);
  tablet.close();
  CHECK_FALSE(tablet.open(kFresh));
  const auto* draft = tablet.caseload->draft(visit.id);
  REQUIRE(draft);
  CHECK(std::get<std::string>(draft->visit.children[0].answers.at("observed")) == "Written after the change");
}

TEST_CASE("runner: where the council allows it and a chip has the key a PIN opens the tablet, also after it is allowed no more",
          "[work][K18]") {
  CaseServer server;
  const support::TestChip chip;
  Tablet tablet(server, "W1001");
  tablet.chip = chip.name();
  tablet.pins = vault::Pins::Allowed;
  constexpr std::string_view kPin = "483957";
  const auto weak = tablet.open("123456");
  CHECK(tablet.offers_pins);
  REQUIRE(weak);
  CHECK(weak->fault == base::Fault::Invalid);
  CHECK(weak->detail == "pin.follows");
  REQUIRE_FALSE(tablet.open(kPin));
  tablet.settle([](const auto& caseload) { return !caseload.children.empty(); });
  auto visit = tablet.visit_to(a_child(tablet), "Written behind a PIN");
  tablet.save(visit);
  tablet.close();

  CHECK(tablet.open("807351")->fault == base::Fault::Locked);
  REQUIRE_FALSE(tablet.open(kPin));
  REQUIRE(tablet.caseload->draft(visit.id));
  tablet.close();

  tablet.pins = vault::Pins::Refused;
  REQUIRE_FALSE(tablet.open(kPin));
  CHECK_FALSE(tablet.offers_pins);
  const auto change = [&](std::string_view fresh) {
    tablet.runner->run(state::ChangePassphrase{Secret::copy_of(kPin), Secret::copy_of(fresh)});
    return tablet.wait<state::PassphraseChanged>().result.error;
  };
  CHECK(change("807351")->detail == "passphrase.too_short");
  CHECK_FALSE(change(Tablet::kPassphrase));
  tablet.close();
  CHECK_FALSE(tablet.open());
  CHECK(tablet.caseload->draft(visit.id)->visit == visit);
}

TEST_CASE("runner: without a chip no PIN is offered or taken, whatever the council allows", "[work][K18]") {
  CaseServer server;
  Tablet tablet(server, "W1001");
  tablet.pins = vault::Pins::Allowed;
  const auto refused = tablet.open("483957");
  CHECK_FALSE(tablet.offers_pins);
  REQUIRE(refused);
  CHECK(refused->fault == base::Fault::Invalid);
  CHECK(refused->detail == "passphrase.too_short");
  CHECK_FALSE(tablet.open());
}

TEST_CASE("runner: a wrong passphrase is told with how many tries are left", "[work]") {
  CaseServer server;
  Tablet tablet(server, "W1001");
  REQUIRE_FALSE(tablet.open());
  tablet.close();
  tablet.make();
  tablet.start();
  for (const int left : {9, 8}) {
    tablet.runner->run(state::Unlock{Secret::copy_of("not the words, of " + std::to_string(left))});
    const auto result = tablet.wait<state::UnlockResult>();
    REQUIRE(result.error);
    CHECK(result.tries_left == left);
  }
}

TEST_CASE("runner: with its queue full a save says so, and what else was asked for is still done", "[work]") {
  CaseServer server;
  Tablet tablet(server, "W1001");
  tablet.make();
  model::Visit visit;
  visit.id = base::new_id(kClock);
  for (std::size_t i = 0; i < limits::kStoreQueue; ++i) tablet.runner->run(state::SyncNow{});
  tablet.runner->run(state::SaveDraft{visit, 1});
  const auto refused = tablet.wait<state::SaveFailed>();
  CHECK(refused.visit == visit.id);
  CHECK(refused.error.fault == base::Fault::Full);
  tablet.runner->run(state::CreatePassphrase{Secret::copy_of(Tablet::kPassphrase)});
  tablet.start();
  CHECK_FALSE(tablet.wait<state::UnlockResult>().error);
}

TEST_CASE("runner: when a round of many replies is over, the caseload that was told last holds all of them", "[work]") {
  constexpr std::size_t kNotes = 60;
  SlowClock slow;
  CaseServer server;
  Tablet first(server, "W1001"), second(server, "W1001");
  REQUIRE_FALSE(first.open());
  first.settle([](const auto& caseload) { return !caseload.children.empty(); });
  const model::Child child = a_child(first);
  for (std::size_t i = 0; i < kNotes; ++i) {  // three replies' worth
    auto visit = first.visit_to(child, std::string(12'000, 'w'));
    first.runner->run(first.submission(visit));
    first.wait<state::Submitted>();
  }
  first.settle([](const auto& caseload) { return caseload.drafts.empty(); });
  second.clock = &slow;
  REQUIRE_FALSE(second.open());
  second.wait<state::SyncStatus>([](const auto& s) { return s.phase == state::SyncPhase::Idle && s.last_tried; });
  CHECK(second.caseload->records.size() == kNotes);
}

TEST_CASE("runner: what could not be kept is given back with its words; an answer dealt with is told no more, also after a lock", "[work]") {
  CaseServer server;
  Tablet tablet(server, "W1001");
  REQUIRE_FALSE(tablet.open());
  tablet.settle([](const auto& caseload) { return !caseload.children.empty(); });
  model::Decision decision;
  decision.on = {base::new_id(kClock), 1, std::string(64, '0')};
  decision.rationale = "Of a version that was never here";
  tablet.runner->run(state::Decide{a_child(tablet).id, decision});
  const auto failed = tablet.wait<state::OperationFailed>();
  CHECK(failed.error.fault == base::Fault::Conflict);
  REQUIRE(std::holds_alternative<model::Decision>(failed.said));
  CHECK(std::get<model::Decision>(failed.said).rationale == decision.rationale);

  model::Child nobody;
  nobody.id = Id::from_name("child:of another council");
  const auto visit = tablet.visit_to(nobody, "Kept, and refused");
  tablet.save(visit);
  tablet.runner->run(tablet.submission(visit));
  tablet.wait<state::SyncStatus>([](const auto& s) { return !s.refused.empty(); });
  REQUIRE(tablet.sync.refused.size() == 1);
  CHECK(tablet.sync.refused[0].code == "unknown_case");
  tablet.runner->run(state::DismissAnswer{tablet.sync.refused[0].number});
  tablet.wait<state::SyncStatus>([](const auto& s) { return s.refused.empty(); });
  tablet.runner->run(state::Lock{});
  REQUIRE_FALSE(tablet.open());
  tablet.wait<state::SyncStatus>([](const auto& s) { return s.receipt.has_value(); });
  CHECK(tablet.sync.refused.empty());
  REQUIRE(tablet.caseload->drafts.size() == 1);
  CHECK(tablet.caseload->drafts[0].came_back.empty());
}

TEST_CASE("runner: words are judged before anything is unlocked, and beside the store", "[work]") {
  CaseServer server;
  Tablet tablet(server, "W1001");
  tablet.start();
  tablet.runner->run(state::CheckSpelling{{"the", "freinds"}});
  const auto checked = tablet.wait<state::SpellingChecked>();
  CHECK(checked.right == std::vector<std::string>{"the"});
  CHECK(checked.wrong == std::vector<std::string>{"freinds"});
  tablet.runner->run(state::SuggestSpelling{"freinds"});
  CHECK(tablet.wait<state::SpellingSuggested>().suggestions.front() == "friends");
}
