#include <catch2/generators/catch_generators.hpp>

#include "tests/store/support.h"

/// What a server has no more that went back to an earlier time.
using namespace doorstep;
using namespace doorstep::store;
using namespace doorstep::store::test;

namespace {

/// Rounds with a server whose chains of this tablet are kept by incarnation, as the real one's are.
void rounds(Store& store, Server& server, int count, std::int64_t& incarnation, std::int64_t minute = 100) {
  for (int i = 0; i < count; ++i) {
    const auto batch = must(store.freeze(64, 1 << 18, at(minute + i)));
    if (batch.incarnation != incarnation) incarnation = batch.incarnation, chain_of_its_own(server);
    must(store.apply(server.answer(batch), at(minute + i)));
  }
}

}  // namespace

TEST_CASE("restored: a server restored from an older backup is offered again what it lost", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  Store store = open_store(folder / "a.db");
  sync(store, server);
  Server old = server;
  old.epoch = "e2";
  auto visit = visit_to({"Amara"}, "kept on the tablet");
  must(store.submit(visit, records_of(visit), at(1)));
  sync(store, server);
  REQUIRE(must(store.caseload()).records.size() == 1);
  sync(store, old);  // its reply shows that it went back
  CHECK(must(store.status()).waiting == 1);
  sync(store, old);
  sync(store, old);
  REQUIRE(must(store.caseload()).records.size() == 1);
  CHECK_FALSE(must(store.caseload()).records[0].head().local);
  CHECK(old.received == server.received);
}

TEST_CASE("restored: one's own record that was only read here is handed in to a restored server that lost it", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  const Server old = server;
  auto visit = visit_to({"Amara"}, "kept on the tablet");
  Id mine, of_somebody_else;
  {
    Store sent_by = open_store(folder / "a.db", kMe, id_of("device/another"));
    must(sent_by.submit(visit, records_of(visit), at(1)));
    sync(sent_by, server);
    mine = records_of(visit)[0].id;
  }
  model::ChildRecord other = records_of(visit)[0];
  other.id = of_somebody_else = id_of("record/other");
  other.author = kSupervisor;
  server.import(id_of("child/Amara"), model::RecordKind::ChildRecord, other);
  chain_of_its_own(server);
  Store store = open_store(folder / "b.db");
  sync(store, server);
  const auto head = must(store.record(mine)).head().revision;
  SECTION("submitted") {
    Server restored = old;
    sync(store, restored);
    const auto again = must(store.freeze(64, 1 << 18, at(70)));
    REQUIRE(shapes(again) == std::vector<std::string>{"submit"});
    const auto op = must(wire::decode<wire::Operation>(again.ops.items[0]));
    CHECK(op.record == mine);
    CHECK(op.case_id == id_of("child/Amara"));
    CHECK(op.base_rev == 0);
    CHECK(op.body == head.body);
    for (int i = 0; i < 2; ++i) sync(store, restored);
    CHECK_FALSE(must(store.record(mine)).head().local);
    CHECK(must(store.status()).waiting == 0);
    CHECK(store.record(of_somebody_else).has_error());  // in another's name nothing is handed in
  }
  SECTION("the case was to be read anew when the server went back") {
    server.child("Amara", "Newname");
    auto damaged = server.answer(must(store.freeze(64, 1 << 18, at(61))));
    damaged.cases.at(0).chain = std::string(64, 'a');
    REQUIRE(must(store.apply(damaged, at(61))).refetch.size() == 1);
    Server restored = old;
    sync(store, restored);
    CHECK(shapes(must(store.freeze(64, 1 << 18, at(70)))) == std::vector<std::string>{"submit"});
  }
  SECTION("the case is read anew, and has it") {
    server.child("Amara", "Newname");
    auto damaged = server.answer(must(store.freeze(64, 1 << 18, at(61))));
    damaged.cases.at(0).chain = std::string(64, 'a');
    REQUIRE(must(store.apply(damaged, at(61))).refetch.size() == 1);
    sync(store, server);
    CHECK(must(store.record(mine)).head().revision.hash == head.hash);
    CHECK(must(store.freeze(64, 1 << 18, at(70))).ops.items.empty());
  }
  SECTION("taken back") {
    must(store.withdraw(id_of("child/Amara"), {mine, head.rev, head.hash}, at(61)));
    sync(store, server);
    REQUIRE(must(store.record(mine)).head().revision.state == model::State::Draft);
    Server restored = old;
    restored.received = server.received;  // that the withdrawal was sent it knows
    restored.hashes = server.hashes;
    restored.results = server.results;
    for (int i = 0; i < 3; ++i) sync(store, restored);
    CHECK(must(store.record(mine)).head().revision.state == model::State::Draft);
    CHECK(must(store.record(mine)).head().revision.hash == head.hash);
  }
  const auto in_parts = [&](bool erased) {
    Server restored = old;
    restored.epoch = "e2";
    restored.child("Amara", "Reed");  // another history
    restored.add(id_of("child/Amara"), head);
    if (erased) {
      restored.cases[id_of("child/Amara")].log.pop_back();
      restored.cases[id_of("child/Amara")].chain.pop_back();
      auto gone = head;
      gone.body.clear();
      restored.add(id_of("child/Amara"), gone);
    }
    auto reply = restored.answer(must(store.freeze(64, 1 << 18, at(70))));
    REQUIRE(reply.cases.size() == 1);
    auto& pull = reply.cases[0];
    REQUIRE(pull.diverged.value_or(false));
    pull.entries.resize(1);
    pull.to = 1;
    pull.chain = restored.cases[id_of("child/Amara")].chain[1];
    pull.complete = false;
    must(store.apply(reply, at(70)));
    CHECK(everything(store).find("kept on the tablet") != std::string::npos);
    CHECK(must(store.freeze(64, 1 << 18, at(71))).ops.items.empty());
    sync(store, restored);
    CHECK(must(store.freeze(64, 1 << 18, at(72))).ops.items.empty());
    if (erased) CHECK(everything(store).find("kept on the tablet") == std::string::npos);
    else CHECK(must(store.record(mine)).head().revision.hash == head.hash);
  };
  SECTION("the new history comes in parts, and has it") { in_parts(false); }
  SECTION("the new history comes in parts, and says that it was erased") { in_parts(true); }
}

TEST_CASE("restored: a matched child's record that is handed in anew goes where it was written, as the match may be lost too", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  const Server old = server;
  const auto record = records_of(visit_to({"a child nobody knew"}))[0];
  server.import(id_of("child/Amara"), model::RecordKind::ChildRecord, record);
  Store store = open_store(folder / "a.db");
  sync(store, server);
  Server restored = old;
  sync(store, restored);
  const auto again = must(store.freeze(64, 1 << 18, at(70)));
  REQUIRE(shapes(again) == std::vector<std::string>{"submit"});
  CHECK(must(wire::decode<wire::Operation>(again.ops.items[0])).case_id == record.part.id);
}

TEST_CASE("restored: what one said about another's record, if only read here, is handed in to a restored server that lost it", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  const Id child = id_of("child/Amara");
  auto visit = visit_to({"Amara"}, "of another worker");
  visit.author = kSupervisor;
  const auto record = records_of(visit)[0];
  server.import(child, model::RecordKind::ChildRecord, record);
  const Server old = server;
  const auto head = *server.head(record.id);
  const model::RevisionRef on{record.id, head.rev, head.hash};
  model::Decision decision;
  decision.id = id_of("a decision");
  decision.on = on;
  decision.verdict = model::Verdict::Returned;
  decision.reviewer = kMe;
  decision.rationale = "why it went back";
  model::Addendum addendum{id_of("b addendum"), record.id, kMe, "Ros Ash", at(4), "", "a word later", {}};
  model::Disposition disposition;
  disposition.id = id_of("c disposition");
  disposition.record = record.id;
  disposition.by = kMe;
  disposition.outcome = "REFERRED";
  server.import(child, model::RecordKind::Decision, decision);
  server.import(child, model::RecordKind::Addendum, addendum);
  server.import(child, model::RecordKind::Disposition, disposition);
  auto of_another = addendum;
  of_another.id = id_of("d addendum of another");
  of_another.author = kSupervisor;
  server.import(child, model::RecordKind::Addendum, of_another);
  Store store = open_store(folder / "a.db");
  sync(store, server);
  REQUIRE(must(store.record(record.id)).decisions.size() == 1);

  SECTION("lost") {
    Server restored = old;
    sync(store, restored);
    const auto again = must(store.freeze(64, 1 << 18, at(70)));
    std::map<wire::OpKind, wire::Operation> said;
    for (const std::string& bytes : again.ops.items) {
      const auto op = must(wire::decode<wire::Operation>(bytes));
      CHECK(op.record == record.id);
      CHECK(op.record_kind == model::RecordKind::ChildRecord);
      CHECK(op.case_id == child);
      CHECK(op.base_rev == on.rev);
      CHECK(op.base_hash == on.hash);
      said[op.kind] = op;
    }
    REQUIRE(again.ops.items.size() == 3);
    CHECK(said[wire::OpKind::Decide].body == wire::encode(decision));
    CHECK(said[wire::OpKind::Addendum].body == wire::encode(addendum));
    CHECK(said[wire::OpKind::Settle].body == wire::encode(disposition));
    for (int i = 0; i < 2; ++i) sync(store, restored);
    const auto view = must(store.record(record.id));
    CHECK(view.decisions.size() == 1);
    CHECK(view.addenda.size() == 1);  // in another's name nothing is handed in
    CHECK(view.dispositions.size() == 1);
    CHECK(must(store.freeze(64, 1 << 18, at(71))).ops.items.empty());
  }
  SECTION("lost in part") {
    Server restored = old;
    restored.import(child, model::RecordKind::Decision, decision);
    sync(store, restored);
    CHECK(shapes(must(store.freeze(64, 1 << 18, at(70)))).size() == 2);
  }
  SECTION("lost, and the record was erased") {
    Server restored = old;
    restored.erase(record.id);
    sync(store, restored);
    CHECK(must(store.freeze(64, 1 << 18, at(70))).ops.items.empty());
    CHECK(everything(store).find("why it went back") == std::string::npos);
  }
}

TEST_CASE("restored: a record that is offered again to a restored server cannot be taken back into a draft that ended", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  Store store = open_store(folder / "a.db");
  sync(store, server);
  auto visit = visit_to({"Amara"}, "kept on the tablet");
  must(store.submit(visit, records_of(visit), at(1)));
  sync(store, server);
  const auto all = static_cast<std::int64_t>(server.received.size());
  must(store.start_incarnation());
  must(store.apply(knows_nothing({{1, 0, wire::kChainStart}}), at(4)));
  REQUIRE(all > 0);
  const auto head = must(store.record(records_of(visit)[0].id)).head().revision;
  CHECK(store.withdraw(visit.children[0].id, {head.record, head.rev, head.hash}, at(5)).has_error());
  CHECK(shapes(must(store.freeze(64, 1 << 18, at(6)))) == std::vector<std::string>{"submit"});
}

TEST_CASE("restored: a draft whose base a restored server does not have is brought together with what it has", "[store]") {
  Folder folder;
  Server server;
  Store store = open_store(folder / "a.db");
  auto visit = visit_to({"Amara"}, "One."), other = visit_to({"Tobi"}, "Never in the backup.");
  from_elsewhere(server, visit, 1);
  Server old = server;
  old.epoch = "e2";
  observed(visit) = "One. Two.";
  from_elsewhere(server, visit, 2);
  from_elsewhere(server, other, 1);
  sync(store, server);
  auto elsewhere = visit;  // on the restored server another tablet of this worker writes on, up to the same number
  observed(elsewhere) = "Zero. One.";
  from_elsewhere(old, elsewhere, 2);
  sync(store, old);
  auto draft = must(store.draft(visit.id));
  REQUIRE(draft.visit.conflicts.size() == 1);  // what the two have in common is not known any more
  CHECK(draft.visit.conflicts[0].theirs.text.find("Zero.") != std::string::npos);
  CHECK(draft.visit.conflicts[0].mine.text.find("Two.") != std::string::npos);
  sync(store, old);
  sync(store, old);
  CHECK(must(store.status()).drafts_not_backed_up == 0);
  CHECK(must(wire::decode<model::Visit>(old.head(visit.id)->body)) == must(store.draft(visit.id)).visit);
  REQUIRE(old.head(other.id) != nullptr);
  CHECK(must(wire::decode<model::Visit>(old.head(other.id)->body)) == other);
}

TEST_CASE("restored: a draft's base under whose number a restored server has another is no base of what was written upon that", "[store]") {
  Folder folder;
  Server server;
  Store store = open_store(folder / "a.db");
  auto visit = visit_to({"Amara"}, "One.");
  from_elsewhere(server, visit, 1);
  Server old = server;
  old.epoch = "e2";
  observed(visit) = "One. Two.";
  from_elsewhere(server, visit, 2);
  sync(store, server);
  for (const auto& [rev, words] : {std::pair<std::int64_t, const char*>{2, "One. Three."}, {3, "One. Three. Four."}}) {
    observed(visit) = words;
    from_elsewhere(old, visit, rev);
  }
  for (int i = 0; i < 3; ++i) sync(store, old);
  const auto draft = must(store.draft(visit.id));
  REQUIRE(draft.visit.conflicts.size() == 1);
  CHECK(draft.visit.conflicts[0].mine.text.find("Two.") != std::string::npos);
  CHECK(draft.visit.conflicts[0].theirs.text.find("Four.") != std::string::npos);
  CHECK(draft.backed_up);
}

TEST_CASE("restored: what was held before the server went back takes nothing out of a draft that it was sent again", "[store]") {
  for (const auto& [in_backup, more] : {std::pair(true, 0), {true, 1}, {false, 0}}) {
    Folder folder;
    Server server;
    Store store = open_store(folder / "a.db");
    auto visit = visit_to({"Amara"}, "One.");
    Server restored = server;
    from_elsewhere(server, visit, 1);
    if (in_backup) restored = server;
    restored.epoch = "e2";
    observed(visit) = "One. Two.";
    for (int rev = 2; rev <= 2 + more; ++rev) from_elsewhere(server, visit, rev);
    sync(store, server);
    observed(visit) = "One. Two. Three.";
    must(store.save_draft(visit, at(2)));
    auto reply = restored.answer(must(store.freeze(64, 1 << 18, at(3))));
    REQUIRE((reply.results.at(0).status == wire::OpStatus::Applied) == !in_backup);
    REQUIRE(reply.results.at(0).rev == (in_backup ? 2 : 1));  // below what is held, or under the same number
    reply.cases.clear();  // the view is not known any more: they come with the next
    must(store.apply(reply, at(3)));
    auto draft = must(store.draft(visit.id)).visit;
    CHECK(observed(draft) == "One. Two. Three.");
    for (int i = 0; i < 3; ++i) sync(store, restored);
    CHECK(must(store.draft(visit.id)).backed_up);
    CHECK(restored.head(visit.id)->body.find("Three.") != std::string::npos);
  }
}

TEST_CASE("restored: a draft does not await for ever a merge that a restored server does not have", "[store]") {
  for (const bool another_under_its_number : {false, true}) {
    Folder folder;
    Server server;
    Store store = open_store(folder / "a.db");
    auto visit = visit_to({"Amara"}, "One.");
    must(store.save_draft(visit, at(1)));
    sync(store, server);
    Server restored = server;
    from_elsewhere(server, visit_to({"Amara"}, "One. Of the other tablet."), 2);
    observed(visit) = "Mine. One.";
    must(store.save_draft(visit, at(2)));
    auto reply = server.answer(must(store.freeze(64, 1 << 18, at(3))));
    REQUIRE(reply.results.at(0).rev == 3);
    reply.cases.clear();  // they were to come with the next
    must(store.apply(reply, at(3)));
    restored.received = server.received;  // a copy of this store has sent the same since
    restored.hashes = server.hashes;
    restored.results = server.results;
    from_elsewhere(restored, visit_to({"Amara"}, "One. Of the other tablet, later."), 2);
    if (another_under_its_number) from_elsewhere(restored, visit_to({"Amara"}, "One. Of the other tablet, last."), 3);
    for (int i = 0; i < 4; ++i) sync(store, restored);
    CHECK(must(store.status()).drafts_not_backed_up == 0);
    CHECK(must(store.draft(visit.id)).backed_up);
    CHECK(restored.head(visit.id)->body.find("Mine.") != std::string::npos);
    CHECK(restored.head(visit.id)->body.find("Of the other tablet, la") != std::string::npos);
  }
}

TEST_CASE("restored: a family of two children that a restore took back is as the restored server has it", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  server.child("Tobi");
  Store store = open_store(folder / "a.db");
  sync(store, server);
  const auto before = must(store.caseload()).families;
  REQUIRE(before.size() == 1);
  Server old = server;
  old.epoch = "e2";
  auto moved = before[0];
  moved.address = "2 Test Street";
  for (const char* child : {"child/Amara", "child/Tobi"}) server.import(id_of(child), model::RecordKind::Family, moved);
  sync(store, server);
  REQUIRE(must(store.caseload()).families[0].address == "2 Test Street");
  SECTION("in both") {
    for (int i = 0; i < 2; ++i) sync(store, old);
  }
  SECTION("in one, and the other does not list it any more") {
    old.cases = server.cases;
    old.cases[id_of("child/Amara")] = {};
    old.add(id_of("child/Amara"), *server.head(id_of("child/Amara")));
    for (int i = 0; i < 2; ++i) sync(store, old);
    CHECK(must(store.caseload()).families == std::vector<model::Family>{moved});
    return;
  }
  CHECK(must(store.caseload()).families == before);
}

TEST_CASE("restored: a family is as the restored server has it, also when the child left whose case told of more", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  Store store = open_store(folder / "a.db");
  sync(store, server);
  const auto before = must(store.caseload()).families;
  REQUIRE(before.size() == 1);
  Server restored = server;
  auto moved = before[0];
  moved.address = "2 Test Street";
  server.import(id_of("child/Amara"), model::RecordKind::Family, moved);
  sync(store, server);
  REQUIRE(must(store.caseload()).families == std::vector<model::Family>{moved});
  // It never says that Amara's case diverged: it has gone to somebody else, and her brother's has come.
  restored.child("Tobi");
  restored.dropped.insert(id_of("child/Amara"));
  for (int i = 0; i < 3; ++i) sync(store, restored);
  CHECK(must(store.caseload()).families == before);
  CHECK(must(store.search("harbour", 5)).size() == 1);
}

TEST_CASE("restored: what was acknowledged before a fork is offered again when the server lost it in a restore", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  server.child("Tobi");
  Store store = open_store(folder / "a.db");
  sync(store, server);
  auto visit = visit_to({"Amara"}, "in the backup");
  must(store.submit(visit, records_of(visit), at(1)));
  sync(store, server);  // the submission, then the end of its draft
  sync(store, server);
  auto head = server.hashes.back();
  auto through = static_cast<std::int64_t>(server.received.size());
  auto second = visit_to({"Tobi"}, "not in the backup");
  must(store.submit(second, records_of(second), at(2)));
  auto draft = visit_to({"Zed"}, "a draft that was backed up");
  must(store.save_draft(draft, at(2)));
  sync(store, server);
  CHECK(must(store.freeze(64, 1 << 18, at(3))).earlier.empty());
  must(store.start_incarnation());

  auto batch = must(store.freeze(64, 1 << 18, at(3)));
  const auto all = static_cast<std::int64_t>(server.received.size());
  REQUIRE(batch.earlier == std::vector<wire::Incarnation>{{1, all, server.hashes.back()}});
  wire::SyncReply reply;  // what the restored server answers: of this incarnation nothing, of the first up to the backup
  reply.epoch = "e2";
  reply.lost = {{1, through, head}};
  must(store.apply(reply, at(4)));
  auto again = must(store.freeze(64, 1 << 18, at(5)));
  CHECK(again.incarnation == 2);
  REQUIRE(shapes(again) == std::vector<std::string>{"submit", "put"});
  CHECK(must(wire::decode<wire::Operation>(again.ops.items[0])).body.find("not in the backup") != std::string::npos);
  CHECK(must(wire::decode<wire::Operation>(again.ops.items[1])).body.find("a draft that was backed up") != std::string::npos);
  CHECK(again.earlier == std::vector<wire::Incarnation>{{1, through, head}});

  reply.lost = {{1, through, std::string(64, 'f')}};  // another's chain: then all of ours
  must(store.apply(reply, at(6)));
  CHECK(must(store.freeze(64, 1 << 18, at(7))).earlier.empty());
}

TEST_CASE("restored: a matched child's records can still be sent to a restored server", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  Store store = open_store(folder / "a.db");
  sync(store, server);
  Server old = server;
  old.epoch = "e2";
  auto visit = visit_to({"Nobody"}, "kept on the tablet");
  must(store.submit(visit, records_of(visit), at(1)));
  sync(store, server);
  server.add(id_of("child/Amara"), *server.head(records_of(visit)[0].id));  // the match: listed in the child's case ...
  server.dropped.insert(id_of("child/Nobody"));                            // ... and the provisional one is nobody's
  sync(store, server);
  sync(store, server);
  REQUIRE(must(store.caseload()).records.size() == 1);
  for (int i = 0; i < 3; ++i) sync(store, old);
  REQUIRE(old.head(records_of(visit)[0].id) != nullptr);
  CHECK(old.head(records_of(visit)[0].id)->body.find("kept on the tablet") != std::string::npos);
}

TEST_CASE("restored: a draft is backed up again after the server went back in time, and its newest words are in it", "[store]") {
  for (bool another_tablet : {false, true}) {
    Folder folder;
    Server server;
    Store store = open_store(folder / "a.db");
    auto visit = visit_to({"Amara"}, "One.");
    must(store.save_draft(visit, at(1)));
    sync(store, server);
    Server old = server;
    old.epoch = "e2";
    for (int state = 2; state < 6; ++state) {
      observed(visit) = "Words of state " + std::to_string(state);
      must(store.save_draft(visit, at(state)));
      sync(store, server);
    }
    if (another_tablet) {
      auto other = visit_to({"Amara"}, "One, and words of the other tablet.");
      model::Revision revision;
      revision.record = visit.id;
      revision.rev = 2;
      revision.kind = model::RecordKind::Visit;
      revision.body = wire::encode(other);
      old.add(kMe, revision);
    }
    std::int64_t incarnation = 1;
    for (int round = 0; round < 5; ++round) {
      auto batch = must(store.freeze(64, 1 << 18, at(10 + round)));
      if (batch.incarnation != incarnation) {  // a chain of its own
        incarnation = batch.incarnation;
        old.received.clear();
        old.hashes = {wire::kChainStart};
        old.results.clear();
      }
      auto reply = old.answer(batch);
      if (round < 2) reply.cases.clear();  // what it pulls may come later: the digest of the cases is not known any more
      must(store.apply(reply, at(10 + round)));
    }
    auto draft = must(store.draft(visit.id));
    REQUIRE(draft.visit.conflicts.size() == 1);
    CHECK(draft.visit.conflicts[0].mine.text.find("Words of state 5") != std::string::npos);
    CHECK(draft.backed_up);
    CHECK(must(wire::decode<model::Visit>(old.head(visit.id)->body)) == draft.visit);
    auto settled = must(store.settle_conflict(visit.id, draft.visit.conflicts[0].path, {merge::Choice::Keep::Mine, {}}, at(20)));
    CHECK(observed(settled.visit) == "Words of state 5");
    must(store.apply(old.answer(must(store.freeze(64, 1 << 18, at(21)))), at(21)));
    CHECK(must(store.draft(visit.id)).backed_up);
    CHECK(must(wire::decode<model::Visit>(old.head(visit.id)->body)) == settled.visit);
  }
}

TEST_CASE("restored: one's own record that a restored server lost is handed in, also if its case is read anew twice", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  auto visit = visit_to({"Amara"}, "first version");
  const auto record = records_of(visit)[0];
  const Id amara = visit.children[0].id;
  // Of the worker's other tablet.
  server.add(amara, {record.id, 1, model::RecordKind::ChildRecord, model::State::Submitted, kMe, id_of("device/b"), at(2), {},
                     wire::encode(record), {}, {}});
  const Server old = server;
  server.add(amara, {record.id, 2, model::RecordKind::ChildRecord, model::State::Returned, kMe, id_of("device/b"), at(2), {},
                     wire::encode(record), {}, {}});
  auto newer = record;
  newer.part.answers["observed"] = std::string("the newest words");
  server.add(amara, {record.id, 3, model::RecordKind::ChildRecord, model::State::Submitted, kMe, id_of("device/b"), at(3), {},
                     wire::encode(newer), {}, {}});
  Store store = open_store(folder / "a.db");
  sync(store, server);
  REQUIRE(everything(store).find("the newest words") != std::string::npos);
  Server restored = old;
  restored.epoch = "e2";
  restored.child("Amara", "Newname");  // longer than the first part
  auto reply = restored.answer(must(store.freeze(64, 1 << 18, at(5))));
  REQUIRE(reply.cases.size() == 1);
  auto& pull = reply.cases[0];
  REQUIRE(pull.diverged.value_or(false));
  REQUIRE(pull.entries.size() >= 4);
  pull.entries.resize(3);
  pull.to = 3;
  pull.chain = restored.cases[amara].chain[3];
  pull.complete = false;
  reply.more = true;
  must(store.apply(reply, at(6)));
  SECTION("once") {}
  SECTION("the connection broke and the server was put back once more") {
    restored = old;
    restored.epoch = "e3";
    restored.cases[amara].log.clear();
    restored.cases[amara].chain = {wire::kChainStart};
    restored.child("Amara", "Othername");
    restored.add(amara, {record.id, 1, model::RecordKind::ChildRecord, model::State::Submitted, kMe, id_of("device/b"), at(2), {},
                         wire::encode(record), {}, {}});
  }
  SECTION("a part of it was damaged on its way") {
    auto damaged = restored.answer(must(store.freeze(64, 1 << 18, at(7))));
    REQUIRE(damaged.cases.size() == 1);
    damaged.cases[0].chain = std::string(64, 'a');
    must(store.apply(damaged, at(7)));
  }
  sync(store, restored);
  const auto batch = must(store.freeze(64, 1 << 18, at(70)));
  REQUIRE(shapes(batch) == std::vector<std::string>{"submit"});
  CHECK(batch.ops.items[0].find("the newest words") != std::string::npos);
}

TEST_CASE("restored: a submission that was refused, and is a draft again, is not sent again as it was", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  Store store = open_store(folder / "a.db");
  sync(store, server);
  Server old = server;
  old.epoch = "e2";
  auto visit = visit_to({"Amara"}, "first words");
  must(store.submit(visit, records_of(visit), at(1)));
  server.refuse[1] = wire::Refusal::Malformed;
  sync(store, server);
  observed(visit) = "put right";
  must(store.save_draft(visit, at(2)));
  sync(store, server);
  const bool began_anew = GENERATE(false, true);
  CAPTURE(began_anew);
  if (began_anew) {
    must(store.start_incarnation());
    must(store.apply(knows_nothing({{1, 0, wire::kChainStart}}), at(4)));
  } else {
    sync(store, old);
  }
  chain_of_its_own(old);
  CHECK(shapes(must(store.freeze(64, 1 << 18, at(5)))) == std::vector<std::string>{"put"});
  sync(store, old);
  must(store.submit(visit, records_of(visit), at(6)));
  for (int i = 0; i < 2; ++i) sync(store, old);
  REQUIRE(must(store.caseload()).records.size() == 1);
  CHECK(std::get<std::string>(must(store.caseload()).records[0].head().body.part.answers.at("observed")) == "put right");
  CHECK(must(store.drafts()).empty());
}

TEST_CASE("restored: a child that was refused beside one not answered yet is a draft again all the same", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  server.child("Tobi");
  Store store = open_store(folder / "a.db");
  sync(store, server);
  Server old = server;
  old.epoch = "e2";
  auto visit = visit_to({"Amara", "Tobi"}, "words");
  must(store.submit(visit, records_of(visit), at(1)));
  server.refuse[1] = old.refuse[1] = wire::Refusal::Malformed;
  must(store.apply(server.answer(must(store.freeze(1, 1 << 18, at(2)))), at(2)));
  must(store.apply(knows_nothing(), at(3)));
  for (int i = 0; i < 3; ++i) sync(store, old);
  const auto draft = must(store.draft(visit.id));
  REQUIRE(draft.visit.children.size() == 1);
  CHECK(draft.visit.children[0].name == "Amara");
  CHECK(must(store.caseload()).records.size() == 1);
}

TEST_CASE("restored: of a child that was submitted twice the later answer counts, and no empty draft comes back", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  Store store = open_store(folder / "a.db");
  sync(store, server);
  Server old = server;
  old.epoch = "e2";
  auto visit = visit_to({"Amara"}, "first words");
  const auto record = records_of(visit)[0];
  auto elsewhere = record;
  elsewhere.part.answers["observed"] = "frightened";
  server.add(record.part.id, {record.id, 1, model::RecordKind::ChildRecord, model::State::Returned, kMe, id_of("device/b"), at(2), {},
                              wire::encode(elsewhere), {}, {}});
  must(store.submit(visit, {record}, at(3)));
  sync(store, server);
  const auto draft = must(store.draft(visit.id));
  REQUIRE(draft.visit.conflicts.size() == 1);
  const auto settled = must(store.settle_conflict(visit.id, draft.visit.conflicts[0].path, {merge::Choice::Keep::Mine, {}}, at(5))).visit;
  must(store.submit(settled, records_of(settled), at(6)));
  old.refuse[1] = wire::Refusal::WrongState;
  must(store.apply(knows_nothing(), at(7)));
  for (int i = 0; i < 4; ++i) sync(store, old);
  CHECK(must(store.drafts()).empty());
  REQUIRE(must(store.caseload()).records.size() == 1);
  CHECK_FALSE(must(store.caseload()).records[0].head().local);
}

TEST_CASE("restored: what was made upon a record waits behind that record when it is sent again", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  Store store = open_store(folder / "a.db");
  sync(store, server);
  auto visit = visit_to({"Amara"}, "words");
  SECTION("by operations of an earlier incarnation") {
    must(store.submit(visit, records_of(visit), at(1)));
    for (int i = 0; i < 2; ++i) sync(store, server);
    must(store.start_incarnation());
    const auto head = must(store.record(records_of(visit)[0].id)).head().revision;
    must(store.withdraw(visit.children[0].id, {head.record, head.rev, head.hash}, at(3)));
    must(store.apply(knows_nothing({{1, 0, wire::kChainStart}}), at(4)));
  }
  SECTION("as it was last read") {
    Server old = server;
    old.epoch = "e2";
    const auto record = records_of(visit)[0];
    server.add(record.part.id, {record.id, 1, model::RecordKind::ChildRecord, model::State::Submitted, kMe, id_of("device/b"), at(2), {},
                                wire::encode(record), {}, {}});
    sync(store, server);
    const auto reply = old.answer(must(store.freeze(64, 1 << 18, at(3))));
    const auto head = must(store.record(record.id)).head().revision;
    must(store.withdraw(visit.children[0].id, {head.record, head.rev, head.hash}, at(3)));
    must(store.apply(reply, at(4)));
  }
  CHECK(shapes(must(store.freeze(64, 1 << 18, at(5)))) == std::vector<std::string>{"submit", "withdraw"});
}

TEST_CASE("restored: one's own record is handed in also when its case leaves before the new history was read to its end", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  Server old = server;
  old.epoch = "e2";
  const auto record = records_of(visit_to({"Amara"}, "of the other tablet"))[0];
  server.add(record.part.id, {record.id, 1, model::RecordKind::ChildRecord, model::State::Submitted, kMe, id_of("device/b"), at(2), {},
                              wire::encode(record), {}, {}});
  Store store = open_store(folder / "a.db");
  sync(store, server);
  old.child("Amara", "Newname");  // another history
  auto reply = old.answer(must(store.freeze(64, 1 << 18, at(3))));
  REQUIRE(reply.cases.size() == 1);
  reply.cases[0].entries.resize(1);
  reply.cases[0].to = 1;
  reply.cases[0].chain = old.cases[record.part.id].chain[1];
  reply.cases[0].complete = false;
  reply.more = true;
  CHECK(must(store.caseload()).whole);
  must(store.apply(reply, at(3)));
  CHECK_FALSE(must(store.caseload()).whole);
  old.dropped.insert(record.part.id);
  CHECK(must(store.apply(old.answer(must(store.freeze(64, 1 << 18, at(4)))), at(4))).purged.empty());
  CHECK(must(store.caseload()).whole);
  const auto batch = must(store.freeze(64, 1 << 18, at(5)));
  REQUIRE(shapes(batch) == std::vector<std::string>{"submit"});
  CHECK(batch.ops.items[0].find("of the other tablet") != std::string::npos);
  CHECK(must(store.apply(old.answer(batch), at(5))).purged == std::vector<Id>{record.part.id});
}

TEST_CASE("restored: a draft that was submitted does not come back from a server that was restored to a time before", "[store]") {
  for (bool discarded : {false, true}) {
    CAPTURE(discarded);
    Folder folder;
    Server server;
    server.child("Amara");
    Store store = open_store(folder / "a.db");
    auto visit = visit_to({"Amara"}, "yesterday's words");
    must(store.save_draft(visit, at(1)));
    sync(store, server);
    Server old = server;  // last night's backup
    old.epoch = "e2";
    observed(visit) = "today's words";
    must(store.save_draft(visit, at(2)));
    sync(store, server);
    if (discarded) must(store.discard(visit.id, at(3)));
    else must(store.submit(visit, records_of(visit), at(3)));
    for (int i = 0; i < 3; ++i) sync(store, server, at(4 + i));
    REQUIRE(must(store.drafts()).empty());
    REQUIRE(must(store.status()).waiting == 0);
    std::int64_t incarnation = 1;
    rounds(store, old, 6, incarnation);
    CHECK(must(store.caseload()).records.size() == (discarded ? 0 : 1));
    CHECK(must(store.drafts()).empty());
  }
}

TEST_CASE("restored: a submission that a restored server refuses, whose draft had ended, is words that somebody can see", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  Store store = open_store(folder / "a.db");
  sync(store, server);
  Server old = server;
  old.epoch = "e2";
  auto visit = visit_to({"Amara"}, "kept on the tablet");
  must(store.submit(visit, records_of(visit), at(1)));
  for (int i = 0; i < 2; ++i) sync(store, server);
  REQUIRE(must(store.drafts()).empty());
  old.refuse[1] = wire::Refusal::UnknownCase;  // the child was given to this worker after the backup
  for (int i = 0; i < 4; ++i) sync(store, old);
  CHECK(must(store.status()).refused.size() == 1);
  CHECK(anywhere(store, old, "kept on the tablet"));
}

TEST_CASE("restored: the photo of a submission that a restored server refuses is still there", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  Store store = open_store(folder / "a.db");
  sync(store, server);
  Server old = server;
  old.epoch = "e2";
  auto visit = visit_to({"Amara"}, "kept on the tablet");
  attach(store, visit);
  must(store.submit(visit, records_of(visit), at(1)));
  for (int i = 0; i < 2; ++i) sync(store, server);
  REQUIRE(must(store.drafts()).empty());
  old.refuse[1] = wire::Refusal::Malformed;  // of an older version, or with an older form
  for (int i = 0; i < 4; ++i) sync(store, old);
  CHECK(store.blob(base::sha256_hex(a_photo())).has_value());
}

TEST_CASE("restored: of siblings the one whose record a restored server refuses is a draft again, and none is empty", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  server.child("Tobi");
  Store store = open_store(folder / "a.db");
  sync(store, server);
  Server old = server;
  old.epoch = "e2";
  auto visit = visit_to({"Amara", "Tobi"}, "kept on the tablet");
  must(store.submit(visit, records_of(visit), at(1)));
  server.refuse[2] = wire::Refusal::Malformed;  // Tobi's
  sync(store, server);
  auto draft = must(store.draft(visit.id)).visit;
  REQUIRE(draft.children.size() == 1);
  must(store.submit(draft, records_of(draft), at(3)));  // waits
  must(store.apply(knows_nothing(), at(4)));
  chain_of_its_own(old);
  old.refuse[1] = wire::Refusal::UnknownCase;  // Amara's
  for (int i = 0; i < 4; ++i) sync(store, old);
  CHECK(anywhere(store, old, "kept on the tablet (Amara)"));
  CHECK(anywhere(store, old, "kept on the tablet (Tobi)"));
  for (const auto& back : must(store.drafts())) CHECK_FALSE(back.visit.children.empty());
}

TEST_CASE("restored: taking a sibling back takes nothing with it that waits to be sent again to a restored server", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  server.child("Tobi");
  Store store = open_store(folder / "a.db");
  sync(store, server);
  Server old = server;
  old.epoch = "e2";
  auto visit = visit_to({"Amara", "Tobi"}, "kept on the tablet");
  must(store.submit(visit, records_of(visit), at(1)));
  server.refuse[2] = wire::Refusal::Malformed;  // Tobi's is a draft again
  sync(store, server);
  auto draft = must(store.draft(visit.id)).visit;
  REQUIRE(draft.children.size() == 1);
  auto reply = knows_nothing();  // it lost Amara's record, which waits again; then the network is gone
  auto asked = must(store.freeze(64, 1 << 18, at(2)));
  asked.ops.items.clear();
  chain_of_its_own(old);
  reply.cases = old.answer(asked).cases;
  must(store.apply(reply, at(2)));
  REQUIRE(must(store.status()).waiting == 1);
  must(store.submit(draft, records_of(draft), at(3)));
  const auto tobi = must(store.record(records_of(draft)[0].id));
  const auto& head = tobi.head().revision;
  const auto done = store.withdraw(tobi.case_id, {head.record, head.rev, head.hash}, at(4));
  chain_of_its_own(old);
  for (int i = 0; i < 3; ++i) sync(store, old);
  CHECK((done.has_error() || anywhere(store, old, "kept on the tablet (Amara)")));
  CHECK(everything(store).find("kept on the tablet (Amara)") != std::string::npos);  // not one copy of it is left anywhere
}

TEST_CASE("restored: one's own record, only read here, is handed in also when a restored server has its case no more", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  Store store = open_store(folder / "a.db");
  sync(store, server);
  Server old = server;
  old.epoch = "e2";
  // Of the tablet that this one replaced: a child nobody had listed.
  const auto record = records_of(visit_to({"Nobody"}, "of the broken tablet"))[0];
  server.child("Nobody");
  server.add(record.part.id, {record.id, 1, model::RecordKind::ChildRecord, model::State::Submitted, kMe, id_of("device/b"), at(2), {},
                              wire::encode(record), {}, {}});
  sync(store, server);
  REQUIRE(anywhere(store, old, "of the broken tablet"));
  for (int i = 0; i < 4; ++i) {
    auto reply = old.answer(must(store.freeze(64, 1 << 18, at(3 + i))));
    for (const auto& cursor : must(store.freeze(64, 1 << 18, at(3 + i))).cursors)
      if (!old.cases.contains(cursor.case_id)) reply.drop.push_back(cursor.case_id);  // as the real one tells it
    must(store.apply(reply, at(3 + i)));
  }
  CHECK(anywhere(store, old, "of the broken tablet"));
}

TEST_CASE("restored: an operation made again after a restore keeps what waits in order, urgent or not", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  server.child("Tobi");
  Store store = open_store(folder / "a.db");
  sync(store, server);
  Server old = server;
  old.epoch = "e2";
  auto visit = visit_to({"Amara"}, "words");
  must(store.submit(visit, records_of(visit), at(1)));
  for (int i = 0; i < 2; ++i) sync(store, server);
  const auto view = must(store.record(records_of(visit)[0].id));
  const auto& head = view.head().revision;
  must(store.start_incarnation());
  must(store.withdraw(view.case_id, {head.record, head.rev, head.hash}, at(3)));
  auto again = model::visit_of(view.head().body, {head.record, head.rev, head.hash}, id_of("visit/again"));
  observed(again) = "words and more";
  must(store.save_draft(again, at(3)));
  must(store.submit(again, records_of(again), at(3)));
  auto lost = knows_nothing();
  lost.lost = std::vector<wire::Incarnation>{{1, 0, wire::kChainStart}};
  must(store.apply(lost, at(4)));
  chain_of_its_own(old);
  for (int i = 0; i < 4; ++i) sync(store, old, at(5 + i));
  CHECK(must(store.record(head.record)).head().revision.state == model::State::Submitted);
  CHECK(anywhere(store, old, "words and more"));
  CHECK(must(store.drafts()).empty());
  CHECK(must(store.caseload()).records.size() == 1);
}

TEST_CASE("restored: a decision or a withdrawal that was refused, and told so, is not carried out by a restored server", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  const auto record = records_of(visit_to({"Amara"}, "words"))[0];
  server.add(record.part.id, {record.id, 1, model::RecordKind::ChildRecord, model::State::Submitted, kMe, id_of("device/b"), at(2), {},
                              wire::encode(record), {}, {}});
  Store store = open_store(folder / "s.db", kSupervisor, id_of("device/s"));
  sync(store, server);
  Server old = server;
  old.epoch = "e2";
  const auto head = must(store.record(record.id)).head().revision;
  const bool decides = GENERATE(true, false);
  CAPTURE(decides);
  model::Decision decision;
  decision.id = id_of("decision");
  decision.on = {head.record, head.rev, head.hash};
  decision.verdict = model::Verdict::Approved;
  decision.reviewer = kSupervisor;
  decision.at = at(3);
  if (decides) must(store.decide(record.part.id, decision, at(3)));
  else must(store.withdraw(record.part.id, decision.on, at(3)));
  server.refuse[1] = decides ? wire::Refusal::Stale : wire::Refusal::Approved;
  sync(store, server);
  const auto told = must(store.status()).refused;
  REQUIRE(told.size() == 1);
  must(store.dismiss(told[0].number));  // read, and done with
  must(store.apply(knows_nothing(), at(4)));
  chain_of_its_own(old);
  for (int i = 0; i < 2; ++i) sync(store, old, at(5 + i));
  CHECK(old.head(record.id)->state == model::State::Submitted);
}
