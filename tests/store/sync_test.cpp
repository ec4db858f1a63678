#include <catch2/generators/catch_generators.hpp>

#include "platform/sql/db.h"
#include "tests/store/support.h"

using namespace doorstep;
using namespace doorstep::store;
using namespace doorstep::store::test;

TEST_CASE("sync: what is frozen is sent again in the same bytes, across a crash, and never after its answer", "[store]") {
  Folder folder;
  Server server;
  auto file = folder / "a.db";
  auto visit = visit_to({"Amara"});
  Batch first;
  {
    Store store = open_store(file);
    must(store.save_draft(visit, at(1)));
    first = must(store.freeze(64, 1 << 18, at(2)));
    REQUIRE(first.ops.items.size() == 1);
    CHECK(first.ops.first == 1);
    CHECK(first.ops.prev == wire::kChainStart);
    observed(visit) += " And more after it was frozen.";
    must(store.save_draft(visit, at(3)));
    crash_copy(file, folder / "copy");
  }
  Store store = must(Store::open(folder / "copy" / "a.db", the_key(), the_salt()));
  Batch again = must(store.freeze(64, 1 << 18, at(4)));
  CHECK(again.ops == first.ops);  // the newer edit waits for the answer to the first
  auto reply = server.answer(again);
  must(store.apply(reply, at(5)));
  must(store.apply(reply, at(5)));  // the same reply twice changes nothing
  Batch next = must(store.freeze(64, 1 << 18, at(6)));
  REQUIRE(next.ops.items.size() == 1);
  CHECK(next.ops.first == 2);
  CHECK(next.ops.prev == wire::chain_next(wire::kChainStart, first.ops.items[0]));
  auto op = must(wire::decode<wire::Operation>(next.ops.items[0]));
  CHECK(op.base_rev == 1);
  CHECK(op.base_hash == base::sha256_hex(must(wire::decode<wire::Operation>(first.ops.items[0])).body));
  CHECK(must(wire::decode<model::Visit>(op.body)) == visit);
  must(store.apply(server.answer(next), at(7)));
  CHECK(must(store.freeze(64, 1 << 18, at(8))).ops.items.empty());
  CHECK(must(store.draft(visit.id)).backed_up);
  CHECK(must(store.draft(visit.id)).visit == visit);
  CHECK(must(store.status()).drafts_not_backed_up == 0);
}

TEST_CASE("sync: behind a batch whose answer is yet to be taken in comes the next, and of receipts nothing", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  server.child("Tobi");
  Store store = open_store(folder / "a.db");
  sync(store, server);
  server.dropped.insert(id_of("child/Tobi"));
  sync(store, server);  // purged; the receipt waits
  auto draft = visit_to({"Amara"}, "a draft");
  must(store.save_draft(draft, at(1)));
  for (const char* name : {"one", "two", "three"}) {
    auto visit = visit_to({"Amara"}, name);
    visit.id = id_of(std::string("visit/") + name);
    must(store.submit(visit, records_of(visit), at(1)));
  }
  const auto whole = must(store.freeze(64, 1 << 18, at(2)));
  REQUIRE(whole.ops.items.size() == 4);
  const auto first = must(store.freeze(2, 1 << 18, at(2)));
  CHECK(first.more_ops);
  CHECK(first.purged == std::vector<Id>{id_of("child/Tobi")});
  observed(draft) += " And more.";
  must(store.save_draft(draft, at(3)));

  const auto ahead = must(store.freeze(64, 1 << 18, at(3), first.ops.first + 1));
  CHECK(ahead.ops.first == whole.ops.first + 2);
  CHECK(ahead.ops.items == std::vector<std::string>(whole.ops.items.begin() + 2, whole.ops.items.end()));
  CHECK(ahead.ops.prev == wire::chain_next(wire::chain_next(whole.ops.prev, whole.ops.items[0]), whole.ops.items[1]));
  CHECK(ahead.more_ops);  // the draft, once its first state is answered
  CHECK(ahead.purged.empty());
  const auto none = must(store.freeze(64, 1 << 18, at(3), first.ops.first + 3));
  CHECK(none.ops.items.empty());
  CHECK(none.ops.first == whole.ops.first + 4);

  const auto reply = server.answer(first), second = server.answer(ahead);
  must(store.apply(reply, at(4)));
  must(store.apply(second, at(5)));
  CHECK(must(store.freeze(64, 1 << 18, at(6))).purged.empty());
  CHECK(must(store.draft(draft.id)).visit == draft);
}

TEST_CASE("sync: a receipt that becomes ready between two batches is told by a later one", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  server.child("Tobi");
  Store store = open_store(folder / "a.db");
  sync(store, server);
  for (const char* name : {"one", "two"}) {
    auto visit = visit_to({"Amara"}, name);
    visit.id = id_of(std::string("visit/") + name);
    must(store.submit(visit, records_of(visit), at(1)));
  }
  const auto first = must(store.freeze(1, 1 << 18, at(2)));
  const auto reply = server.answer(first);
  server.dropped.insert(id_of("child/Tobi"));
  must(store.apply(server.answer(must(store.freeze(0, 0, at(2)))), at(2)));  // purged by a reply in between
  must(store.freeze(64, 1 << 18, at(3), first.ops.first));
  must(store.apply(reply, at(4)));
  CHECK(must(store.freeze(64, 1 << 18, at(5))).purged == std::vector<Id>{id_of("child/Tobi")});
}

TEST_CASE("sync: urgent work goes first, limits hold, and one large operation still travels", "[store]") {
  Folder folder;
  Store store = open_store(folder / "a.db");
  auto calm = visit_to({"Amara"});
  auto urgent = visit_to({"Tobi"});
  urgent.children[0].disclosures.push_back({id_of("d"), "he hits me", "", "", {}});
  must(store.submit(calm, records_of(calm), at(1)));
  must(store.submit(urgent, records_of(urgent), at(2)));
  must(store.save_draft(visit_to({"Zed"}), at(3)));
  auto batch = must(store.freeze(64, 1 << 18, at(4)));
  CHECK(shapes(batch) == std::vector<std::string>{"submit!", "submit", "put"});
  CHECK(must(wire::decode<wire::Operation>(batch.ops.items[0])).case_id == id_of("child/Tobi"));
  auto two = must(store.freeze(2, 1 << 18, at(5)));
  CHECK(two.ops.items.size() == 2);
  CHECK(two.more_ops);
  auto one = must(store.freeze(64, 10, at(5)));
  CHECK(one.ops.items.size() == 1);
  CHECK(one.more_ops);
  CHECK_FALSE(batch.more_ops);
}

TEST_CASE("sync: a submission becomes one record per child; the draft goes when all were taken", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  server.child("Tobi");
  Store store = open_store(folder / "a.db");
  sync(store, server);
  auto visit = visit_to({"Amara", "Tobi"});
  must(store.save_draft(visit, at(1)));
  sync(store, server);
  observed(visit) += " last words";
  must(store.save_draft(visit, at(2)));
  must(store.submit(visit, records_of(visit), at(3)));
  CHECK(must(store.journal(visit.id, 10)).empty());
  CHECK(store.save_draft(visit, at(4)).has_error());
  CHECK(store.submit(visit, records_of(visit), at(4)).has_error());
  auto waiting = must(store.caseload());
  REQUIRE(waiting.records.size() == 2);
  CHECK(waiting.records[0].pending);
  CHECK(waiting.records[0].head().local);
  CHECK(must(store.status()).waiting == 2);
  auto applied = sync(store, server);
  CHECK(applied.visits_submitted == std::vector<Id>{visit.id});
  CHECK(must(store.drafts()).empty());
  auto caseload = must(store.caseload());
  REQUIRE(caseload.records.size() == 2);
  for (const auto& view : caseload.records) {
    CHECK_FALSE(view.head().local);
    CHECK(view.head().revision.state == model::State::Submitted);
    CHECK(view.versions.size() == 1);
    CHECK(view.head().revision.body == wire::encode(view.head().body));
  }
  sync(store, server);  // the draft's tombstone
  auto last = must(wire::decode<wire::Operation>(server.received.back()));
  CHECK(last.kind == wire::OpKind::Put);
  CHECK(must(wire::decode<model::Visit>(last.body)).discarded == true);
  CHECK(must(store.status()).waiting == 0);
  CHECK(caseload.children.size() == 2);
  CHECK(caseload.families.size() == 1);
}

TEST_CASE("sync: a refused child comes back as a draft with the reason; its sibling's record stays taken", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  server.child("Tobi");
  Store store = open_store(folder / "a.db");
  auto visit = visit_to({"Amara", "Tobi"});
  must(store.submit(visit, records_of(visit), at(3)));
  server.refuse[2] = wire::Refusal::UnknownCase;
  auto applied = sync(store, server);
  CHECK(applied.answers.size() == 1);
  CHECK(applied.visits_submitted.empty());
  auto draft = must(store.draft(visit.id));
  CHECK(draft.stage == DraftStage::Writing);
  REQUIRE(draft.visit.children.size() == 1);
  CHECK(draft.visit.children[0] == visit.children[1]);
  REQUIRE(draft.answers.size() == 1);
  CHECK(draft.answers[0].code == wire::Refusal::UnknownCase);
  CHECK(must(store.status()).refused.size() == 1);
  must(store.submit(draft.visit, records_of(draft.visit), at(5)));
  CHECK(must(store.status()).refused.empty());
  sync(store, server);
  CHECK(must(store.drafts()).empty());
  CHECK(must(store.caseload()).records.size() == 2);
}

TEST_CASE("sync: withdrawing before it is sent gives the draft back; after, it is an operation on what was read", "[store]") {
  Folder folder;
  Server server;
  Store store = open_store(folder / "a.db");
  auto visit = visit_to({"Amara"});
  auto records = records_of(visit);
  must(store.submit(visit, records, at(3)));
  auto local = must(store.record(records[0].id)).head().revision;
  must(store.withdraw(visit.children[0].id, {local.record, local.rev, local.hash}, at(4)));
  CHECK(must(store.draft(visit.id)).stage == DraftStage::Writing);
  CHECK(must(store.caseload()).records.empty());
  must(store.submit(visit, records, at(5)));
  must(store.freeze(64, 1 << 18, at(6)));
  CHECK(store.withdraw(visit.children[0].id, {local.record, local.rev, local.hash}, at(7)).has_error());
  sync(store, server);
  auto head = must(store.record(records[0].id)).head().revision;
  CHECK(store.withdraw(visit.children[0].id, {head.record, head.rev, std::string(64, 'f')}, at(8)).has_error());
  must(store.withdraw(visit.children[0].id, {head.record, head.rev, head.hash}, at(8)));
  CHECK(store.withdraw(visit.children[0].id, {head.record, head.rev, head.hash}, at(8)).has_error());
  CHECK(must(store.record(head.record)).pending);
  sync(store, server);
  CHECK(must(store.record(head.record)).head().revision.state == model::State::Draft);
  CHECK(must(store.record(head.record)).versions.size() == 2);
}

TEST_CASE("sync: taken back and submitted again in one go, before and after the first was sent", "[store]") {
  Folder folder;
  Server server;
  Store store = open_store(folder / "a.db");
  auto visit = visit_to({"Amara", "Tobi"});
  auto records = records_of(visit);
  auto call = [](model::Visit& v) { v.children[0].calls.push_back({id_of("call"), at(4), "Duty manager", "0121", model::CallOutcome::Answered, ""}); };
  must(store.submit(visit, records, at(3)));
  auto listed = must(store.caseload()).records;  // as a screen has them, before the first is taken back
  REQUIRE(listed.size() == 2);
  for (const auto& view : listed) {
    const auto& local = view.head().revision;
    must(store.withdraw(view.case_id, {local.record, local.rev, local.hash}, at(4)));
    CHECK(must(store.draft(visit.id)).stage == DraftStage::Writing);
  }
  call(visit);
  must(store.save_draft(visit, at(4)));
  must(store.submit(visit, records_of(visit), at(4)));
  sync(store, server);
  CHECK(must(store.drafts()).empty());
  auto view = must(store.record(records[0].id));
  CHECK(view.versions.size() == 1);
  CHECK(view.head().body.part.calls.size() == 1);

  auto head = view.head().revision;
  must(store.withdraw(visit.children[0].id, {head.record, head.rev, head.hash}, at(5)));
  auto again = model::visit_of(view.head().body, {head.record, head.rev, head.hash}, id_of("visit/again"));
  call(again);
  must(store.save_draft(again, at(5)));
  must(store.submit(again, records_of(again), at(5)));
  auto applied = sync(store, server);
  CHECK(applied.answers.empty());
  view = must(store.record(records[0].id));
  REQUIRE(view.versions.size() == 3);
  CHECK(view.versions[1]->revision.state == model::State::Draft);
  CHECK(view.head().revision.state == model::State::Submitted);
  CHECK(view.head().body.part.calls.size() == 2);
  CHECK(must(store.drafts()).empty());
}

TEST_CASE("sync: a supervisor's decision and an addendum arrive with the record they are about", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  Store author = open_store(folder / "a.db");
  auto visit = visit_to({"Amara"});
  must(author.submit(visit, records_of(visit), at(3)));
  sync(author, server);
  Server relay = server;  // the supervisor's own numbering
  relay.received.clear();
  relay.results.clear();
  relay.hashes = {wire::kChainStart};
  Store supervisor = open_store(folder / "s.db", kSupervisor, id_of("device/s"));
  sync(supervisor, relay);
  auto head = must(supervisor.caseload()).records.at(0).head().revision;
  model::Decision decision;
  decision.id = id_of("decision");
  decision.on = {head.record, head.rev, head.hash};
  decision.verdict = model::Verdict::Approved;
  decision.reviewer = kSupervisor;
  decision.at = at(10);
  must(supervisor.decide(visit.children[0].id, decision, at(10)));
  CHECK(supervisor.decide(visit.children[0].id, decision, at(10)).has_error());
  sync(supervisor, relay);
  CHECK(supervisor.decide(visit.children[0].id, decision, at(11)).has_error());  // no longer the newest
  auto view = must(supervisor.record(head.record));
  CHECK(view.head().revision.state == model::State::Approved);
  REQUIRE(view.decisions.size() == 1);
  CHECK(view.decisions[0] == decision);
  model::Addendum addendum;
  addendum.id = id_of("addendum");
  addendum.record = head.record;
  addendum.text = "The school was Ysgol Bryn.";
  addendum.at = at(12);
  must(supervisor.addendum(visit.children[0].id, addendum, at(12)));
  sync(supervisor, relay);
  REQUIRE(must(supervisor.record(head.record)).addenda.size() == 1);
  server.cases = relay.cases;
  sync(author, server);
  CHECK(must(author.record(head.record)).addenda.at(0) == addendum);
  CHECK(must(author.record(head.record)).versions.size() == 2);
}

TEST_CASE("sync: newer local edits are rebased on the server's merge of two tablets", "[store]") {
  Folder folder;
  Server server;
  Store here = open_store(folder / "here.db");
  auto visit = visit_to({"Amara"}, "One.\n\nTwo.\n\nThree");
  must(here.save_draft(visit, at(1)));
  sync(here, server);
  auto other = visit;
  observed(other) = "One there.\n\nTwo.\n\nThree (Amara)";
  model::Revision revision;
  revision.record = visit.id;
  revision.rev = 2;
  revision.kind = model::RecordKind::Visit;
  revision.body = wire::encode(other);
  server.add(kMe, revision);
  observed(visit) = "One.\n\nTwo.\n\nThree here (Amara)";
  must(here.save_draft(visit, at(2)));
  auto batch = must(here.freeze(64, 1 << 18, at(3)));   // base 1, the head is 2: the server merges
  observed(visit) = "One.\n\nTwo, later.\n\nThree here (Amara)";
  must(here.save_draft(visit, at(4)));
  auto reply = server.answer(batch);
  REQUIRE(reply.results[0].status == wire::OpStatus::Merged);
  auto applied = must(here.apply(reply, at(5)));
  CHECK(applied.drafts_rewritten == std::vector<Id>{visit.id});
  auto draft = must(here.draft(visit.id));
  CHECK(observed(draft.visit) == "One there.\n\nTwo, later.\n\nThree here (Amara)");
  CHECK_FALSE(draft.backed_up);
  sync(here, server);
  CHECK(must(here.draft(visit.id)).backed_up);
  CHECK(must(wire::decode<model::Visit>(server.head(visit.id)->body)) == draft.visit);
}

TEST_CASE("sync: the same words changed on two tablets keep both texts until a person settles it", "[store]") {
  Folder folder;
  Server server;
  Store here = open_store(folder / "here.db");
  auto visit = visit_to({"Amara"}, "calm");
  must(here.save_draft(visit, at(1)));
  sync(here, server);
  auto other = visit;
  observed(other) = "frightened";
  model::Revision revision;
  revision.record = visit.id;
  revision.rev = 2;
  revision.kind = model::RecordKind::Visit;
  revision.body = wire::encode(other);
  server.add(kMe, revision);
  observed(visit) = "tired";
  must(here.save_draft(visit, at(2)));
  auto applied = sync(here, server);
  auto draft = must(here.draft(visit.id));
  REQUIRE(draft.visit.conflicts.size() == 1);
  CHECK(here.submit(draft.visit, records_of(draft.visit), at(4)).has_error());
  auto settled = must(here.settle_conflict(visit.id, draft.visit.conflicts[0].path, {merge::Choice::Keep::Both, {}}, at(5)));
  CHECK(settled.visit.conflicts.empty());
  CHECK(observed(settled.visit).find("tired") != std::string::npos);
  CHECK(observed(settled.visit).find("frightened") != std::string::npos);
  must(here.submit(settled.visit, records_of(settled.visit), at(6)));
}

TEST_CASE("sync: typing on while the conflict comes is one conflict with the newest words, and none of them goes unseen", "[store]") {
  Folder folder;
  Server server;
  Store here = open_store(folder / "here.db");
  auto visit = visit_to({"Amara"}, "calm");
  must(here.save_draft(visit, at(1)));
  sync(here, server);
  auto other = visit;
  observed(other) = "frightened";
  model::Revision revision;
  revision.record = visit.id;
  revision.rev = 2;
  revision.kind = model::RecordKind::Visit;
  revision.body = wire::encode(other);
  server.add(kMe, revision);
  observed(visit) = "ti";
  must(here.save_draft(visit, at(2)));
  auto batch = must(here.freeze(64, 1 << 18, at(3)));
  observed(visit) = "tired";
  must(here.save_draft(visit, at(4), 0));
  must(here.apply(server.answer(batch), at(5)));
  observed(visit) = "tired out";
  must(here.save_draft(visit, at(6), 0));  // by an editor that has not heard of it yet
  sync(here, server);
  auto draft = must(here.draft(visit.id));
  REQUIRE(draft.visit.conflicts.size() == 1);
  CHECK(draft.visit.conflicts[0].mine.text == "\"tired out\"");
  CHECK(draft.visit.conflicts[0].theirs.text == "\"frightened\"");
  // Whoever writes on in the field before they settle keeps that too.
  REQUIRE(observed(draft.visit) == "frightened");
  observed(draft.visit) = "frightened of the dog";
  must(here.save_draft(draft.visit, at(7), draft.version));
  auto settled = must(here.settle_conflict(visit.id, draft.visit.conflicts[0].path, {merge::Choice::Keep::Both, {}}, at(8)));
  CHECK(observed(settled.visit) == "tired out\n\nfrightened of the dog");
}

TEST_CASE("sync: a re-submission that met a newer version comes back as a draft with both texts", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  Store store = open_store(folder / "a.db");
  auto visit = visit_to({"Amara"}, "calm");
  auto records = records_of(visit);
  must(store.submit(visit, records, at(1)));
  sync(store, server);
  auto head = must(store.record(records[0].id)).head();
  auto revising = model::visit_of(head.body, {head.revision.record, head.revision.rev, head.revision.hash}, id_of("visit/again"));
  observed(revising) = "tired";
  must(store.save_draft(revising, at(2)));
  auto newer = head.body;
  newer.part.answers["observed"] = "frightened";
  model::Revision revision = head.revision;
  revision.rev = 2;
  revision.state = model::State::Returned;
  revision.body = wire::encode(newer);
  server.add(visit.children[0].id, revision);
  must(store.submit(revising, records_of(revising), at(3)));
  auto applied = sync(store, server);
  CHECK(applied.drafts_rewritten == std::vector<Id>{revising.id});
  auto draft = must(store.draft(revising.id));
  CHECK(draft.stage == DraftStage::Writing);
  REQUIRE(draft.visit.conflicts.size() == 1);
  REQUIRE(draft.visit.children[0].revises.has_value());
  CHECK(draft.visit.children[0].revises->rev == 3);
  REQUIRE(draft.answers.size() == 1);
  CHECK(draft.answers[0].status == wire::OpStatus::Conflict);
  auto settled = must(store.settle_conflict(revising.id, draft.visit.conflicts[0].path, {merge::Choice::Keep::Mine, {}}, at(5)));
  CHECK(observed(settled.visit) == "tired");
  must(store.submit(settled.visit, records_of(settled.visit), at(6)));
  sync(store, server);
  CHECK(must(store.record(records[0].id)).head().revision.state == model::State::Submitted);
  CHECK(must(store.drafts()).empty());
}

TEST_CASE("sync: a case is hidden at once and purged only after our work about it was pushed", "[store][A48]") {
  Folder folder;
  Server server;
  server.child("Amara");
  server.child("Tobi");
  server.child("Maren", "Quayle");
  auto file = folder / "a.db";
  Store store = open_store(file);
  auto visit = visit_to({"Maren"}, "Zanzibar canary");
  visit.family_name = "Quayle";
  must(store.submit(visit, records_of(visit), at(1)));
  sync(store, server);
  auto records = records_of(visit);
  CHECK(must(store.search("zanzibar", 5)).size() == 1);
  model::Addendum addendum;
  addendum.id = id_of("addendum/late");
  addendum.record = records[0].id;
  addendum.text = "Zanzibar again";
  server.dropped.insert(visit.children[0].id);
  auto reply = server.answer(must(store.freeze(64, 1 << 18, at(2))));
  must(store.addendum(visit.children[0].id, addendum, at(3)));  // made while the reply was on its way
  auto applied = must(store.apply(reply, at(4)));
  CHECK(applied.purged.empty());
  CHECK(must(store.caseload()).records.empty());
  CHECK(must(store.caseload()).children.size() == 2);
  CHECK(must(store.search("zanzibar", 5)).empty());
  CHECK(store.record(records[0].id).has_error());
  auto push = must(store.freeze(64, 1 << 18, at(5)));
  CHECK(shapes(push) == std::vector<std::string>{"addendum"});
  CHECK(push.purged.empty());
  CHECK(everything(store).find("Zanzibar") != std::string::npos);
  applied = must(store.apply(server.answer(push), at(6)));
  CHECK(applied.purged == std::vector<Id>{visit.children[0].id});
  CHECK(fs::file_size(file.string() + "-wal") < 8192);  // emptied, then one page: the receipt may be sent
  auto left = everything(store);
  for (const char* canary : {"Zanzibar", "zanzibar", "Quayle", "quayle", "Maren"}) {
    CAPTURE(canary);
    CHECK(left.find(canary) == std::string::npos);
  }
  CHECK(left.find("Tobi") != std::string::npos);
  CHECK(must(store.freeze(64, 1 << 18, at(7))).purged == std::vector<Id>{visit.children[0].id});
  CHECK(must(store.freeze(64, 1 << 18, at(7))).purged.size() == 1);  // the answer is still out
  must(store.apply(server.answer(must(store.freeze(64, 1 << 18, at(7)))), at(8)));
  CHECK(must(store.freeze(64, 1 << 18, at(9))).purged.empty());
}

TEST_CASE("sync: what is sent of a case that has left leaves once it was received and the case is given no more", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  server.child("Maren", "Quayle");
  Store store = open_store(folder / "a.db");
  auto visit = visit_to({"Maren"}, "Zanzibar canary");
  visit.family_name = "Quayle";
  sync(store, server);
  const Id maren = visit.children[0].id;
  server.dropped.insert(maren);
  CHECK(sync(store, server).purged == std::vector<Id>{maren});
  sync(store, server);  // the purge is told
  must(store.submit(visit, records_of(visit), at(2)));
  auto reply = server.answer(must(store.freeze(64, 1 << 18, at(3))));
  auto holds = [&] { return everything(store).find("Zanzibar") != std::string::npos; };

  SECTION("of a reply that tells of every case") {
    CHECK(must(store.apply(reply, at(4))).purged == std::vector<Id>{maren});
  }
  SECTION("of a later one, where the first does not") {
    const bool too_long = GENERATE(true, false);
    (too_long ? reply.more : reply.need_view) = true;
    CHECK(must(store.apply(reply, at(4))).purged.empty());
    CHECK(holds());
    CHECK(sync(store, server).purged == std::vector<Id>{maren});
  }
  CHECK(must(store.caseload()).records.empty());
  CHECK(must(store.drafts()).empty());
  CHECK_FALSE(holds());
  CHECK(must(store.status()).waiting == 0);
}

TEST_CASE("sync: a family leaves with the last of its children", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  server.child("Tobi");
  Store store = open_store(folder / "a.db");
  sync(store, server);
  server.dropped.insert(id_of("child/Amara"));
  sync(store, server);
  auto caseload = must(store.caseload());
  CHECK(caseload.children.size() == 1);
  CHECK(caseload.families.size() == 1);
  CHECK(must(store.search("harbour", 5)).size() == 1);
  server.dropped.insert(id_of("child/Tobi"));
  sync(store, server);
  CHECK(must(store.caseload()).families.empty());
  CHECK(everything(store).find("Harbour") == std::string::npos);
  server.dropped.clear();
  sync(store, server);
  CHECK(must(store.caseload()).children.size() == 2);
}

TEST_CASE("sync: a crash in the middle of a purge ends with the receipt all the same", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  auto file = folder / "a.db";
  fs::path copy;
  {
    Store store = open_store(file);
    sync(store, server);
    server.dropped.insert(id_of("child/Amara"));
    auto reply = server.answer(must(store.freeze(64, 1 << 18, at(2))));
    must(store.apply(reply, at(2)));
  }
  sql::DbOptions options;
  {  // as it is between the commit and the emptied WAL
    auto db = must(sql::Db::open(file, the_key(), the_salt(), options));
    must(db.exec("UPDATE purged SET ready=0"));
    copy = crash_copy(file, folder / "copy");
  }
  Store after = must(Store::open(copy, the_key(), the_salt()));
  CHECK(must(after.freeze(64, 1 << 18, at(3))).purged == std::vector<Id>{id_of("child/Amara")});
}

TEST_CASE("sync: a chain that does not fit, a gap or a body with another hash takes the case again from the start", "[store][S10]") {
  Folder folder;
  Server server;
  server.child("Amara");
  Store store = open_store(folder / "a.db");
  sync(store, server);
  server.child("Amara", "Newname");
  auto batch = must(store.freeze(64, 1 << 18, at(2)));
  auto reply = server.answer(batch);
  REQUIRE(reply.cases.size() == 1);
  SECTION("another chain") { reply.cases[0].chain = std::string(64, 'a'); }
  SECTION("a body changed on the way") { reply.cases[0].entries[0].revision.body += " "; }
  SECTION("an entry left out") { reply.cases[0].entries.erase(reply.cases[0].entries.begin()); }
  SECTION("a gap before it") { reply.cases[0].from = 3; }
  auto applied = must(store.apply(reply, at(3)));
  CHECK(applied.refetch == std::vector<Id>{id_of("child/Amara")});
  CHECK(must(store.caseload()).children.at(0).name == "Amara Okafor");
  auto again = must(store.freeze(64, 1 << 18, at(4)));
  REQUIRE(again.cursors.size() == 1);
  CHECK(again.cursors[0].seq == 0);
  CHECK(again.cursors[0].chain == wire::kChainStart);
  must(store.apply(server.answer(again), at(5)));
  CHECK(must(store.caseload()).children.at(0).name == "Amara Newname");
  CHECK(must(store.search("okafor", 5)).size() == 1);  // the other family record is still listed
  CHECK(must(store.freeze(64, 1 << 18, at(6))).cursors[0].seq == 4);
}

TEST_CASE("sync: an erased record leaves the tablet with all its words, and the case goes on", "[store][S08]") {
  const std::string gone = "Quillimere", kept = "Kestrelmoor";
  Folder folder;
  Server server;
  server.child("Amara");
  server.child("Ben");
  Store author = open_store(folder / "a.db");
  auto visit = visit_to({"Amara"}, gone);
  const auto photo = must(author.add_blob("\xFF\xD8\xFF" + gone, at(2)));
  visit.children[0].attachments = std::vector<model::Attachment>{{id_of("photo"), photo.sha256, photo.size, photo.media_type, gone, at(2)}};
  auto other = visit_to({"Ben"}, kept);
  must(author.save_draft(visit, at(2)));
  sync(author, server);  // a backup of the draft
  must(author.submit(visit, records_of(visit), at(3)));
  must(author.submit(other, records_of(other), at(3)));
  sync(author, server);
  const Id record = records_of(visit).front().id, child = visit.children[0].id;
  model::Revision addendum;
  addendum.record = id_of("addendum");
  addendum.rev = 1;
  addendum.kind = model::RecordKind::Addendum;
  addendum.body = wire::encode(model::Addendum{addendum.record, record, kMe, "Ros Ash", at(4), "", gone, {}});
  server.add(child, addendum);
  sync(author, server);
  must(author.save_unfinished({{record.str() + "/addendum/text", child, gone + " half an addendum"}}));
  REQUIRE(must(author.record(record)).addenda.size() == 1);
  REQUIRE(must(author.search(gone, 5)).size() == 1);
  auto dump = [](Store& store) {
    std::string all;
    must(store.dump([&](std::string_view line) { (all += line) += '\n'; }));
    return all;
  };
  CHECK(dump(author).find(gone) != std::string::npos);

  for (const Id& erased : {record, addendum.record, visit.id}) server.erase(erased);
  Store fresh = open_store(folder / "b.db");  // from nothing
  Server relay = server;  // with a numbering of its own
  relay.received.clear();
  relay.results.clear();
  relay.hashes = {wire::kChainStart};
  sync(author, server);
  sync(fresh, relay);
  for (Store* store : {&author, &fresh}) {
    CHECK(store->record(record).has_error());
    CHECK(must(store->search(gone, 5)).empty());
    CHECK(must(store->drafts()).empty());
    CHECK(must(store->caseload()).records.size() == 1);
    CHECK(must(store->search(kept, 5)).size() == 1);
    CHECK(dump(*store).find(gone) == std::string::npos);
    const auto batch = must(store->freeze(64, 1 << 18, at(6)));
    for (const auto& cursor : batch.cursors) {
      CHECK(cursor.seq == static_cast<std::int64_t>(server.cases[cursor.case_id].log.size()));
      CHECK(cursor.chain == server.cases[cursor.case_id].chain.back());
    }
  }
  CHECK(must(author.unfinished()).empty());
  CHECK(author.blob(photo.sha256).has_error());
  const auto photos = folder / "a.db.blobs";
  CHECK((!fs::exists(photos) || fs::is_empty(photos)));
  const auto log = folder / "a.db-wal";
  CHECK((!fs::exists(log) || fs::file_size(log) == 0));
}

TEST_CASE("sync: a record that is erased before it was read back leaves no word of what was sent, in the log of changes neither", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  Store store = open_store(folder / "a.db");
  auto visit = visit_to({"Amara"}, "Quillimere");
  must(store.submit(visit, records_of(visit), at(3)));
  auto reply = server.answer(must(store.freeze(64, 1 << 18, at(4))));
  reply.cases.clear();  // they come with the next
  reply.more = true;
  must(store.apply(reply, at(4)));
  REQUIRE(everything(store).find("Quillimere") != std::string::npos);
  const Id record = records_of(visit).front().id;
  server.erase(record);
  must(store.apply(server.answer(must(store.freeze(64, 1 << 18, at(6)))), at(6)));
  CHECK(everything(store).find("Quillimere") == std::string::npos);
  CHECK(store.record(record).has_error());
  const auto log = folder / "a.db-wal";
  CHECK((!fs::exists(log) || fs::file_size(log) == 0));
}

TEST_CASE("sync: what is only acknowledged after its record was erased leaves no word of it, and no receipt", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  Store store = open_store(folder / "a.db");
  auto visit = visit_to({"Amara"}, "Quillimere");
  must(store.submit(visit, records_of(visit), at(3)));
  server.answer(must(store.freeze(64, 1 << 18, at(4))));  // lost on its way
  const Id record = records_of(visit).front().id;
  server.erase(record);
  auto reply = server.answer(must(store.freeze(64, 1 << 18, at(5))));
  wire::SyncReply first = reply;  // it answers an operation before this one, in a batch of its own
  first.results.clear();
  first.applied_through = 0;
  first.head_hash = wire::kChainStart;
  first.more = true;
  must(store.apply(first, at(5)));
  REQUIRE(everything(store).find("Quillimere") != std::string::npos);
  reply.cases.clear();
  REQUIRE(reply.results.size() == 1);
  reply.results[0].receipt.emplace().statement = "of Quillimere";
  must(store.apply(reply, at(6)));
  CHECK(everything(store).find("Quillimere") == std::string::npos);
  CHECK(store.record(record).has_error());
  const auto log = folder / "a.db-wal";
  CHECK((!fs::exists(log) || fs::file_size(log) == 0));
}

TEST_CASE("sync: a submission refused because a record of its draft was erased is a draft again, with its photo, and rests", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  Store store = open_store(folder / "a.db");
  auto visit = visit_to({"Amara"}, "written on two tablets");
  const auto photo = must(store.add_blob("\xFF\xD8\xFF a photo", at(1)));
  visit.children[0].attachments = std::vector<model::Attachment>{{id_of("photo"), photo.sha256, photo.size, photo.media_type, "", at(1)}};
  must(store.save_draft(visit, at(1)));
  sync(store, server);
  must(store.submit(visit, records_of(visit), at(2)));
  server.erase(visit.id);
  for (std::int64_t number : {2, 3}) server.refuse[number] = wire::Refusal::Erased;  // the submission, and the draft after it
  for (int i = 0; i < 3; ++i) sync(store, server);
  CHECK(server.received.size() == 3);
  auto draft = must(store.draft(visit.id));
  CHECK(observed(draft.visit).find("written on two tablets") != std::string::npos);
  CHECK(store.blob(photo.sha256).has_value());
  const auto status = must(store.status());
  CHECK(status.waiting == 0);
  CHECK(status.drafts_not_backed_up == 0);
  CHECK(std::any_of(status.refused.begin(), status.refused.end(), [](const auto& answer) { return answer.code == wire::Refusal::Erased; }));
  CHECK(must(store.freeze(64, 1 << 18, at(70))).ops.items.empty());
}

TEST_CASE("sync: cursor, rows and results are one; a failed apply leaves nothing behind", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  Store store = open_store(folder / "a.db");
  must(store.save_draft(visit_to({"Amara"}), at(1)));
  auto batch = must(store.freeze(64, 1 << 18, at(2)));
  auto before = everything(store);
  auto reply = server.answer(batch);
  auto disk = must(sql::Db::open(folder / "a.db", the_key(), the_salt()));  // it fails once results and rows are written
  must(disk.script("CREATE TRIGGER full BEFORE UPDATE OF seq ON cases BEGIN SELECT RAISE(ABORT, 'no room'); END"));
  CHECK(store.apply(reply, at(3)).has_error());
  CHECK(everything(store) == before);
  must(disk.script("DROP TRIGGER full"));
  must(store.apply(reply, at(4)));
  CHECK(must(store.draft(visit_to({"Amara"}).id)).backed_up);
  CHECK(must(store.caseload()).children.size() == 1);
}

TEST_CASE("sync: an old copy of the store, or a copied one, begins a new incarnation and loses nothing", "[store][S10]") {
  Folder folder;
  Server server;
  Store store = open_store(folder / "a.db");
  auto visit = visit_to({"Amara"});
  must(store.save_draft(visit, at(1)));
  auto old = crash_copy(folder / "a.db", folder / "old");
  sync(store, server);
  observed(visit) += " Later.";
  must(store.save_draft(visit, at(2)));
  sync(store, server);
  Store restored = must(Store::open(old, the_key(), the_salt()));
  Batch none;  // nothing was frozen there: it asks first, and hears that the server holds two operations of it
  auto result = restored.apply(server.answer(none), at(3));
  REQUIRE(result.has_error());
  CHECK(result.error().where == "store.forked");
  CHECK(result.error().fault == base::Fault::Conflict);
  Server fresh = server;  // the server counts each incarnation by itself
  fresh.received.clear();
  fresh.results.clear();
  fresh.hashes = {wire::kChainStart};
  auto batch = must(restored.freeze(64, 1 << 18, at(4)));
  CHECK(batch.incarnation == 2);
  CHECK(batch.ops.first == 1);
  must(restored.apply(fresh.answer(batch), at(4)));
  auto draft = must(restored.draft(visit.id));
  CHECK(observed(draft.visit).find("First words.") != std::string::npos);
  CHECK(observed(draft.visit).find("Later.") != std::string::npos);
}

TEST_CASE("sync: a reply to an earlier request takes a family of two children away from neither without asking for it again", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  server.child("Tobi");
  Store store = open_store(folder / "a.db");
  auto late = server.answer(must(store.freeze(64, 1 << 18, at(2))));
  REQUIRE(late.cases.size() == 2);
  sync(store, server);
  auto moved = must(store.caseload()).families.at(0);
  moved.address = "2 Test Street";
  for (const char* child : {"child/Amara", "child/Tobi"}) server.import(id_of(child), model::RecordKind::Family, moved);
  sync(store, server);
  // Of the second case it tells of the child alone: the rest was to come in another part.
  wire::CasePull& second = late.cases.back();
  second.entries.resize(1);
  second.to = 1;
  second.chain = wire::chain_next(wire::kChainStart, second.entries[0].revision);
  second.complete = false;
  late.more = true;
  const auto applied = must(store.apply(late, at(90)));
  CHECK(std::find(applied.refetch.begin(), applied.refetch.end(), late.cases.front().case_id) != applied.refetch.end());
  sync(store, server);
  CHECK(must(store.caseload()).families == std::vector<model::Family>{moved});
}

TEST_CASE("sync: a draft that is taken back before it was sent is brought together with the merge that came meanwhile", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  Store store = open_store(folder / "a.db");
  auto visit = visit_to({"Amara"}, "One.");
  must(store.save_draft(visit, at(1)));
  sync(store, server);
  auto elsewhere = visit;
  elsewhere.children[0].answers["home"] = std::string("Warm, elsewhere.");
  model::Revision revision;
  revision.record = visit.id;
  revision.rev = 2;
  revision.kind = model::RecordKind::Visit;
  revision.body = wire::encode(elsewhere);
  server.add(kMe, revision);
  observed(visit) = "One. Two.";
  must(store.save_draft(visit, at(2)));
  const auto batch = must(store.freeze(64, 1 << 18, at(2)));
  REQUIRE(batch.ops.items.size() == 1);
  must(store.submit(visit, records_of(visit), at(3)));
  must(store.apply(server.answer(batch), at(3)));
  must(store.withdraw(visit.children[0].id, {records_of(visit).front().id, 0, {}}, at(4)));
  for (int i = 0; i < 2; ++i) sync(store, server);
  CHECK(must(store.status()).drafts_not_backed_up == 0);
  auto draft = must(store.draft(visit.id));
  CHECK(observed(draft.visit) == "One. Two.");
  CHECK(std::get<std::string>(draft.visit.children[0].answers["home"]) == "Warm, elsewhere.");
}

TEST_CASE("sync: what another tablet wrote in a draft that was thrown away here is a draft again", "[store]") {
  Folder folder;
  Server server;
  Store store = open_store(folder / "a.db");
  auto visit = visit_to({"Amara"}, "One.");
  must(store.save_draft(visit, at(1)));
  sync(store, server);
  must(store.discard(visit.id, at(2)));
  auto elsewhere = visit;
  observed(elsewhere) = "One. Two, elsewhere.";
  model::Revision revision;
  revision.record = visit.id;
  revision.rev = 2;
  revision.kind = model::RecordKind::Visit;
  revision.body = wire::encode(elsewhere);
  server.add(kMe, revision);
  for (int i = 0; i < 3; ++i) sync(store, server);
  CHECK(must(store.draft(visit.id)).visit == elsewhere);
  CHECK(must(store.status()).drafts_not_backed_up == 0);
}

TEST_CASE("sync: what a tested backup holds need not be kept; a new incarnation starts with the rest", "[store]") {
  Folder folder;
  Server server;
  Store store = open_store(folder / "a.db");
  auto visit = visit_to({"Amara"}, "Zanzibar");
  must(store.submit(visit, records_of(visit), at(1)));
  server.stable = 1;
  sync(store, server);
  sync(store, server);
  must(store.submit(visit_to({"Tobi"}), records_of(visit_to({"Tobi"})), at(2)));
  must(store.save_draft(visit_to({"Zed"}), at(2)));
  auto before = must(store.freeze(64, 1 << 18, at(3)));
  REQUIRE(before.ops.items.size() == 2);
  must(store.start_incarnation());
  auto after = must(store.freeze(64, 1 << 18, at(4)));
  CHECK(after.incarnation == 2);
  CHECK(after.ops.first == 1);
  CHECK(after.ops.prev == wire::kChainStart);
  REQUIRE(shapes(after) == std::vector<std::string>{"submit", "put"});
  auto op1 = must(wire::decode<wire::Operation>(before.ops.items[0]));
  auto op2 = must(wire::decode<wire::Operation>(after.ops.items[0]));
  op2.number = op1.number;
  CHECK(op1 == op2);
}

TEST_CASE("sync: a draft changed while its last state is on its way says that there is more to send", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  Store store = open_store(folder / "a.db");
  auto visit = visit_to({"Amara"}, "Words in a house.");
  must(store.save_draft(visit, at(1)));
  auto batch = must(store.freeze(64, 1 << 18, at(2)));
  REQUIRE(batch.ops.items.size() == 1);
  CHECK_FALSE(batch.more_ops);
  observed(visit) += " More.";  // the first request was lost; this waits for its answer
  must(store.save_draft(visit, at(3)));
  batch = must(store.freeze(64, 1 << 18, at(4)));
  REQUIRE(batch.ops.items.size() == 1);
  CHECK(batch.more_ops);
  must(store.apply(server.answer(batch), at(5)));
  batch = must(store.freeze(64, 1 << 18, at(6)));
  CHECK(batch.ops.items.size() == 1);
  CHECK_FALSE(batch.more_ops);
  must(store.apply(server.answer(batch), at(7)));
  CHECK(must(store.status()).drafts_not_backed_up == 0);
}

TEST_CASE("sync: what this build cannot read is kept, and holds up nothing else", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  server.child("Tobi");
  Store store = open_store(folder / "a.db");
  auto visit = visit_to({"Amara"});
  must(store.submit(visit, records_of(visit), at(1)));
  sync(store, server);
  // A newer program wrote these: codes that are not known here.
  Id amara = visit.children[0].id;
  auto newer = [&](std::string_view name, model::RecordKind kind, std::string body, std::string_view from, std::string_view to) {
    auto place = body.find(from);
    REQUIRE(place != std::string::npos);
    model::Revision revision;
    revision.record = id_of(name);
    auto* before = server.head(revision.record);
    revision.rev = before ? before->rev + 1 : 1;
    revision.kind = kind;
    revision.state = kind == model::RecordKind::ChildRecord ? model::State::Submitted : model::State::None;
    revision.author = kSupervisor;
    revision.body = body.replace(place, from.size(), to);
    server.add(kind == model::RecordKind::Visit ? kMe : amara, revision);
  };
  auto record = records_of(visit)[0];
  record.id = id_of("newer/record");
  newer("newer/record", model::RecordKind::ChildRecord, wire::encode(record), "\"CIN\"", "\"BY_VIDEO\"");
  auto decision = model::Decision();
  decision.id = id_of("newer/decision");
  newer("newer/decision", model::RecordKind::Decision, wire::encode(decision), "\"APPROVED\"", "\"DEFERRED\"");
  auto draft = visit_to({"Tobi"});
  newer(std::string("visit/Tobi"), model::RecordKind::Visit, wire::encode(draft), "\"CIN\"", "\"BY_VIDEO\"");
  auto applied = sync(store, server);
  CHECK(applied.refetch.empty());
  auto caseload = must(store.caseload());
  CHECK(caseload.children.size() == 2);
  REQUIRE(caseload.records.size() == 1);
  CHECK(caseload.records[0].head().revision.record == records_of(visit)[0].id);
  CHECK(must(store.drafts()).empty());
  CHECK(store.record(id_of("newer/record")).has_error());
  CHECK(must(store.search("Okafor", 9)).size() >= 2);
  CHECK(must(store.freeze(64, 1 << 18, at(70))).cursors.size() == 3);
  CHECK(sync(store, server).refetch.empty());
  CHECK(everything(store).find("BY_VIDEO") != std::string::npos);  // a newer build will read it

  // An older version must not stand for a newest one that cannot be read; once that can be, the record is back.
  auto known = records_of(visit)[0];
  auto add = [&](std::int64_t rev, std::string body) {
    model::Revision revision = *server.head(known.id);
    revision.rev = rev;
    revision.body = std::move(body);
    server.add(amara, revision);
    sync(store, server);
  };
  auto body = wire::encode(known);
  add(2, body.replace(body.find("\"CIN\""), 5, "\"BY_VIDEO\""));
  CHECK(must(store.caseload()).records.empty());
  CHECK(store.record(known.id).has_error());
  add(3, wire::encode(known));
  REQUIRE(must(store.caseload()).records.size() == 1);
  CHECK(must(store.record(known.id)).head().revision.rev == 3);
  CHECK(must(store.record(known.id)).versions.size() == 2);
}

TEST_CASE("sync: a draft submitted while the server's merge of it was on its way leaves the server as well", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  Store store = open_store(folder / "a.db");
  auto visit = visit_to({"Amara"}, "One.");
  must(store.save_draft(visit, at(1)));
  sync(store, server);
  auto elsewhere = visit;
  elsewhere.address = "1 Test Street";
  model::Revision revision;
  revision.record = visit.id;
  revision.rev = 2;
  revision.kind = model::RecordKind::Visit;
  revision.body = wire::encode(elsewhere);
  server.add(kMe, revision);
  observed(visit) = "One. Two.";
  must(store.save_draft(visit, at(2)));
  auto reply = server.answer(must(store.freeze(64, 1 << 18, at(3))));
  REQUIRE(reply.results[0].status == wire::OpStatus::Merged);
  auto pulls = std::exchange(reply.cases, {});  // they did not fit any more
  must(store.apply(reply, at(4)));
  SECTION("and nobody else wrote anything") {
    must(store.submit(visit, records_of(visit), at(5)));
    for (int i = 0; i < 4; ++i) sync(store, server);
    CHECK(must(store.status()).drafts_not_backed_up == 0);
    // The other tablet's address is in no record: it stays a draft.
    CHECK(must(store.draft(visit.id)).visit.address == "1 Test Street");
    CHECK_FALSE(must(wire::decode<model::Visit>(server.head(visit.id)->body)).discarded.value_or(false));
  }
  SECTION("or it had arrived") {
    reply.cases = pulls;
    must(store.apply(reply, at(4)));
    auto whole = must(store.draft(visit.id)).visit;
    REQUIRE(whole.address == "1 Test Street");
    must(store.submit(whole, records_of(whole), at(5)));
    for (int i = 0; i < 4; ++i) sync(store, server);
    CHECK(must(store.drafts()).empty());
    CHECK(must(wire::decode<model::Visit>(server.head(visit.id)->body)).discarded.value_or(false));
  }
}

TEST_CASE("sync: what is sent comes with what the server has of it", "[store]") {
  Folder folder;
  Server server;
  Store store = open_store(folder / "replica.db");
  server.child("Amara");
  sync(store, server, at(0));
  auto visit = visit_to({"Amara"});
  must(store.save_draft(visit, at(1)));
  const auto fresh = must(store.freeze(64, 1 << 20, at(1)));
  CHECK(fresh.ops.items.size() == 1);
  CHECK(fresh.bases.empty());  // the server has nothing of it
  must(store.apply(server.answer(fresh), at(1)));
  const std::string first = wire::encode(visit);

  observed(visit) = "Other words.";
  must(store.save_draft(visit, at(2)));
  const auto edit = must(store.freeze(64, 1 << 20, at(2)));
  const wire::Base base{kMe, visit.id, model::RecordKind::Visit, 1, base::sha256_hex(first), first};
  CHECK(edit.bases == std::vector{base});
  CHECK(must(store.freeze(64, 1 << 20, at(2))).bases == edit.bases);  // as long as it was not answered
  must(store.apply(server.answer(edit), at(2)));
  CHECK(must(store.freeze(64, 1 << 20, at(2))).bases.empty());        // nothing is sent

  // A record that is new says what its draft said; changed, what it said before.
  const auto records = records_of(visit);
  must(store.submit(visit, records, at(3)));
  const auto submission = must(store.freeze(64, 1 << 20, at(3)));
  REQUIRE(submission.bases.size() == 1);
  CHECK(submission.bases.front().record == visit.id);
  CHECK(submission.bases.front().rev == 2);
  must(store.apply(server.answer(submission), at(3)));
  auto again = records.front();
  again.part.revises = model::RevisionRef{again.id, 1, base::sha256_hex(wire::encode(again))};
  auto next = visit;
  next.id = id_of("visit/next");
  must(store.submit(next, {again}, at(4)));
  const auto resubmission = must(store.freeze(64, 1 << 20, at(4)));
  REQUIRE_FALSE(resubmission.bases.empty());
  CHECK(resubmission.bases.front().record == again.id);
  CHECK(resubmission.bases.front().rev == 1);
  CHECK(resubmission.bases.front().case_id == again.part.id);
}

TEST_CASE("sync: a version is found by its name, and one that is not here is not made up", "[store]") {
  Folder folder;
  Server server;
  Store store = open_store(folder / "replica.db");
  server.child("Amara");
  sync(store, server, at(0));
  auto visit = visit_to({"Amara"});
  must(store.save_draft(visit, at(1)));
  sync(store, server, at(1));
  const wire::Base held{kMe, visit.id, model::RecordKind::Visit, 1, base::sha256_hex(wire::encode(visit)), wire::encode(visit)};
  CHECK(must(store.bases({held.name()})) == std::vector{held});
  CHECK(must(store.bases({})).empty());
  const auto lacks = [&](wire::BaseName name) {
    return store.bases({held.name(), std::move(name)}).error().fault == base::Fault::NotFound;
  };
  CHECK(lacks({kMe, held.name().start, 2}));
  CHECK(lacks({id_of("child/Amara"), held.name().start, 1}));
  CHECK(lacks({kMe, std::string(wire::kNameBytes, 'x'), 1}));

  must(store.discard(visit.id, at(2)));  // of what was thrown away the text is not kept
  sync(store, server, at(2));
  sync(store, server, at(3));
  CHECK(lacks(held.name()));
  CHECK(lacks({kMe, held.name().start, 2}));
}

namespace {

model::Attachment attached(Store& store, const std::string& bytes) {
  const auto photo = must(store.add_blob(bytes, at(1)));
  return {id_of("photo/" + photo.sha256), photo.sha256, photo.size, photo.media_type, "", at(1)};
}

}  // namespace

TEST_CASE("sync: a photo of a draft whose Put is on its way outlives the erasure of that draft", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  Store store = open_store(folder / "a.db");
  auto other = visit_to({"Ben"}, "another");
  auto visit = visit_to({"Amara"}, "first words");
  must(store.save_draft(visit, at(1)));
  sync(store, server);
  // The other tablet submits it; the record is approved and erased, with the draft.
  auto gone = visit;
  gone.discarded = true;
  from_elsewhere(server, gone, 2);
  server.erase(visit.id);
  // Offline here: typed on, with a photo.
  const auto photo = attached(store, "\xFF\xD8\xFF a new photo");
  observed(visit) += " New words.";
  visit.children[0].attachments = std::vector<model::Attachment>{photo};
  must(store.submit(other, records_of(other), at(2)));
  must(store.save_draft(visit, at(2)));
  const auto first = must(store.freeze(1, 1 << 18, at(3)));
  REQUIRE(shapes(first) == std::vector<std::string>{"submit"});
  server.refuse[3] = wire::Refusal::Erased;
  must(store.apply(server.answer(first), at(4)));  // the erasure is in it; the Put was frozen with the first batch
  CHECK(store.blob(photo.sha256).has_value());
  const auto second = must(store.freeze(64, 1 << 18, at(5)));
  REQUIRE(shapes(second) == std::vector<std::string>{"put"});
  must(store.apply(server.answer(second), at(6)));
  for (int i = 0; i < 2; ++i) sync(store, server);
  auto draft = must(store.draft(visit.id));
  CHECK(observed(draft.visit).find("New words") != std::string::npos);
  REQUIRE(draft.visit.children[0].attachments);
  CHECK(store.blob(photo.sha256).has_value());
}

TEST_CASE("sync: words typed beside a draft that goes on stay when its earlier versions are erased", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  Store store = open_store(folder / "a.db");
  auto visit = visit_to({"Amara"}, "first words");
  must(store.save_draft(visit, at(1)));
  sync(store, server);
  auto gone = visit;
  gone.discarded = true;
  from_elsewhere(server, gone, 2);
  server.erase(visit.id);
  observed(visit) += " New words.";
  must(store.save_draft(visit, at(2)));
  must(store.save_unfinished({{visit.id.str() + "/visit/jotting", Id(), "half a sentence"}}));
  server.refuse[2] = wire::Refusal::Erased;
  for (int i = 0; i < 3; ++i) sync(store, server);
  CHECK(wire::encode(must(store.draft(visit.id)).visit).find("New words") != std::string::npos);
  CHECK(must(store.unfinished()).size() == 1);
}

TEST_CASE("sync: a case is not purged before its photos are sent, though the server named 64 others first", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  server.child("Tobi");
  Store store = open_store(folder / "a.db");
  sync(store, server);
  // 80 photos in all, four visits to one child with 16 each and one to the other with 16.
  std::vector<wire::BlobNeed> needs;
  for (int v = 0; v < 5; ++v) {
    auto visit = visit_to({v < 4 ? "Amara" : "Tobi"}, "visit " + std::to_string(v));
    visit.id = id_of("visit/photos" + std::to_string(v));
    visit.children[0].attachments.emplace();
    for (int i = 0; i < 16; ++i) {
      const auto photo = attached(store, "\xFF\xD8\xFF photo " + std::to_string(v * 100 + i));
      visit.children[0].attachments->push_back(photo);
      needs.push_back({photo.sha256, 0});
    }
    must(store.submit(visit, records_of(visit), at(2)));
  }
  const std::string last = needs.back().sha256;
  needs.resize(64);  // as many as a reply names: limits, "of them named in `need`"
  auto reply = server.answer(must(store.freeze(64, 1 << 18, at(3))));
  reply.need = needs;
  must(store.apply(reply, at(4)));
  server.dropped.insert(id_of("child/Tobi"));  // reassigned before all photos have gone
  auto next = server.answer(must(store.freeze(64, 1 << 18, at(5))));
  next.need = needs;
  CHECK(must(store.apply(next, at(6))).purged.empty());
  CHECK(store.blob(last).has_value());
}

TEST_CASE("sync: what was refused because its record is erased leaves no word, also when the erasure came first", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  Store store = open_store(folder / "a.db");
  auto visit = visit_to({"Amara"}, "a visit");
  must(store.submit(visit, records_of(visit), at(1)));
  sync(store, server);
  const Id record = records_of(visit)[0].id;
  model::Addendum addendum;
  addendum.id = id_of("addendum");
  addendum.record = record;
  addendum.text = "Quillimere";
  const bool in_one = GENERATE(true, false);
  CAPTURE(in_one);
  server.erase(record);
  server.refuse[2] = wire::Refusal::Erased;
  if (in_one) {
    must(store.addendum(visit.children[0].id, addendum, at(2)));
    sync(store, server);
  } else {
    const auto reply = server.answer(must(store.freeze(64, 1 << 18, at(2))));
    must(store.addendum(visit.children[0].id, addendum, at(2)));  // while that was on its way
    must(store.apply(reply, at(3)));
  }
  for (int i = 0; i < 3; ++i) sync(store, server);
  CHECK(must(store.status()).waiting == 0);
  CHECK(everything(store).find("Quillimere") == std::string::npos);
}

TEST_CASE("sync: words typed beside a record stay while the record does, also when its child is matched", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  Store store = open_store(folder / "a.db");
  auto visit = visit_to({"Nobody"}, "words");
  must(store.submit(visit, records_of(visit), at(1)));
  sync(store, server);
  const auto view = must(store.record(records_of(visit)[0].id));
  must(store.save_unfinished({{view.head().revision.record.str() + "/addendum/text", view.case_id, "half an addendum"}}));
  server.add(id_of("child/Amara"), *server.head(records_of(visit)[0].id));
  server.dropped.insert(id_of("child/Nobody"));
  sync(store, server);
  sync(store, server);
  REQUIRE(must(store.record(records_of(visit)[0].id)).case_id == id_of("child/Amara"));
  CHECK(must(store.unfinished()).size() == 1);
}

TEST_CASE("sync: who is given access back loses nothing that was not purged yet", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  Store store = open_store(folder / "a.db");
  sync(store, server);
  auto visit = visit_to({"Amara"}, "words");
  const auto photo = attached(store, "\xFF\xD8\xFF a photo");
  visit.children[0].attachments = std::vector<model::Attachment>{photo};
  must(store.submit(visit, records_of(visit), at(1)));
  sync(store, server);
  sync(store, server);  // the draft's tombstone, if any
  const auto record = records_of(visit)[0].id;
  must(store.save_unfinished({{record.str() + "/addendum/text", id_of("child/Amara"), "half an addendum"}}));
  wire::SyncReply drained = server.answer(must(store.freeze(64, 1 << 18, at(2))));
  drained.drain = true;
  drained.drop = {id_of("child/Amara"), kMe};
  drained.need = {{photo.sha256, 0}};
  must(store.apply(drained, at(3)));
  REQUIRE(must(store.caseload()).ended);
  REQUIRE(must(store.unfinished()).size() == 1);  // the case waits for its photo
  must(store.blob_sent(photo.sha256, photo.size, true));
  const auto batch = must(store.freeze(64, 1 << 18, at(4)));
  auto applied = must(store.apply(server.answer(batch), at(4)));  // access is back before the purge
  CHECK(applied.purged.empty());
  CHECK(must(store.caseload()).records.size() == 1);
  CHECK(must(store.unfinished()).size() == 1);
}

TEST_CASE("sync: a photo that left a draft elsewhere waits for its record, also beside an erasure", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  server.child("Tobi");
  Store store = open_store(folder / "a.db");
  auto erased = visit_to({"Tobi"}, "to be erased");
  must(store.submit(erased, records_of(erased), at(1)));
  auto visit = visit_to({"Amara", "Ben"}, "words");
  const auto photo = attached(store, "\xFF\xD8\xFF a photo");
  visit.children[0].attachments = std::vector<model::Attachment>{photo};
  must(store.save_draft(visit, at(1)));
  sync(store, server);
  const auto record = records_of(visit)[0];
  visit.children.erase(visit.children.begin());
  from_elsewhere(server, visit, 2);
  server.erase(records_of(erased)[0].id);
  server.add(record.part.id, {record.id, 1, model::RecordKind::ChildRecord, model::State::Submitted, kMe, kDevice, at(4), {},
                              wire::encode(record), {}, {}});
  auto first = server.answer(must(store.freeze(64, 1 << 18, at(5))));
  std::erase_if(first.cases, [](const auto& pull) { return pull.case_id == id_of("child/Amara"); });
  first.more = true;
  must(store.apply(first, at(5)));
  CHECK(store.blob(photo.sha256).has_value());
  sync(store, server);
  CHECK(store.blob(photo.sha256).has_value());
}

TEST_CASE("sync: a matched child's case does not leave before what was written of it under its first name", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  Store store = open_store(folder / "a.db");
  sync(store, server);
  const auto visit = visit_to({"Nobody"}, "a child nobody knew");
  must(store.submit(visit, records_of(visit), at(1)));
  sync(store, server);
  const auto record = records_of(visit)[0].id;
  auto returned = *server.head(record);
  returned.rev = 2;
  returned.state = model::State::Returned;
  server.add(id_of("child/Amara"), returned);
  server.dropped.insert(id_of("child/Nobody"));
  for (int i = 0; i < 2; ++i) sync(store, server);
  const auto head = must(store.record(record)).head();
  auto again = model::visit_of(head.body, {record, head.revision.rev, head.revision.hash}, id_of("visit/again"));
  observed(again) = "put right";
  const auto earlier = must(store.freeze(64, 1 << 18, at(5)));
  must(store.submit(again, records_of(again), at(5)));  // the child's id inside is still the first
  server.dropped.insert(id_of("child/Amara"));
  CHECK(must(store.apply(server.answer(earlier), at(6))).purged.empty());
  CHECK(sync(store, server).purged == std::vector<Id>{id_of("child/Amara")});
  CHECK(server.received.back().find("put right") != std::string::npos);
}

TEST_CASE("sync: a refusal that nobody has read yet is told also after a new incarnation began", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  Store store = open_store(folder / "a.db");
  auto visit = visit_to({"Amara"}, "words");
  must(store.submit(visit, records_of(visit), at(1)));
  server.refuse[1] = wire::Refusal::NotAuthor;
  sync(store, server);
  must(store.start_incarnation());
  auto other = visit_to({"Amara"}, "others");
  other.id = id_of("visit/other");
  must(store.submit(other, records_of(other), at(2)));
  server.received.clear();
  server.hashes = {wire::kChainStart};
  server.results.clear();
  sync(store, server);
  const auto refused = must(store.status()).refused;
  REQUIRE(refused.size() == 2);
  CHECK(must(store.draft(visit.id)).answers.size() == 1);
  must(store.dismiss(refused[0].number));
  REQUIRE(must(store.status()).refused.size() == 1);
  CHECK(must(store.status()).refused[0].number == refused[1].number);
}

TEST_CASE("sync: what was written in a draft that ended leaves with the child, whether it was submitted or thrown away", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  Store store = open_store(folder / "a.db");
  sync(store, server);
  auto visit = visit_to({"Amara"}, "Quillimere");
  must(store.save_draft(visit, at(1)));
  sync(store, server);
  const bool submitted = GENERATE(true, false);
  if (submitted) must(store.submit(visit, records_of(visit), at(2)));
  else must(store.discard(visit.id, at(2)));
  for (int i = 0; i < 3; ++i) sync(store, server);
  REQUIRE(must(store.drafts()).empty());
  server.dropped.insert(visit.children[0].id);
  CHECK(sync(store, server).purged == std::vector<Id>{visit.children[0].id});
  CHECK(everything(store).find("Quillimere") == std::string::npos);
}
