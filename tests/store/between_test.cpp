#include <catch2/generators/catch_generators.hpp>

#include "platform/sql/db.h"
#include "tests/store/support.h"

/// What comes between two steps: of another tablet, of an earlier answer, of a fork.
using namespace doorstep;
using namespace doorstep::store;
using namespace doorstep::store::test;

namespace {

/// The worker's other tablet made this of a draft.
void elsewhere(Server& server, const model::Visit& visit) {
  from_elsewhere(server, visit, server.head(visit.id)->rev + 1);
}

}  // namespace

TEST_CASE("between: words of the other tablet that came just before Submit was carried out are in the record or a draft", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  Store store = open_store(folder / "a.db");
  auto visit = visit_to({"Amara"}, "One.\n\nTwo.");
  must(store.save_draft(visit, at(1)));
  sync(store, server);
  const auto seen = must(store.draft(visit.id)).version;
  auto other = visit;
  observed(other) = "One, SEEN BY HER BROTHER.\n\nTwo. (Amara)";
  elsewhere(server, other);
  observed(visit) = "One.\n\nTwo. And three. (Amara)";
  // The screen has heard of nothing: it saves, then submits, as app/state does on "Submit". The reply was taken in before that.
  REQUIRE(sync(store, server, at(2)).drafts_rewritten == std::vector<Id>{visit.id});
  CHECK(must(store.save_draft(visit, at(3), seen)).merged);
  const auto done = store.submit(visit, records_of(visit), at(3), seen);
  for (int i = 0; i < 4; ++i) sync(store, server, at(4 + i));
  CHECK((done.has_error() || anywhere(store, server, "SEEN BY HER BROTHER")));
}

TEST_CASE("between: words of the other tablet that came just before a draft was thrown away outlive that", "[store]") {
  Folder folder;
  Server server;
  Store store = open_store(folder / "a.db");
  auto visit = visit_to({"Amara"}, "One.\n\nTwo.");
  must(store.save_draft(visit, at(1)));
  sync(store, server);
  auto other = visit;
  observed(other) = "One, SEEN BY HER BROTHER.\n\nTwo. (Amara)";
  elsewhere(server, other);
  REQUIRE(sync(store, server, at(2)).drafts_rewritten == std::vector<Id>{visit.id});
  const auto done = store.discard(visit.id, at(3), 0);  // of what the person saw: the screen has not heard of the other words
  for (int i = 0; i < 4; ++i) sync(store, server, at(4 + i));
  CHECK((done.has_error() || anywhere(store, server, "SEEN BY HER BROTHER")));
}

TEST_CASE("between: a call noted on a waiting visit takes nothing with it that the other tablet wrote", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  Store store = open_store(folder / "a.db");
  auto visit = visit_to({"Amara"}, "One.\n\nTwo.");
  must(store.save_draft(visit, at(1)));
  sync(store, server);
  const auto reply_to = must(store.freeze(64, 1 << 18, at(2)));
  auto other = visit;
  observed(other) = "One, SEEN BY HER BROTHER.\n\nTwo. (Amara)";
  elsewhere(server, other);
  const auto reply = server.answer(reply_to);
  must(store.submit(visit, records_of(visit), at(3)));  // while the request was on its way
  must(store.apply(reply, at(4)));
  const auto stored = must(store.draft(visit.id));
  // As record_call() of app/state/update_visit.cpp does it, in one go.
  auto again = stored.visit;
  observed(again) = "One.\n\nTwo. (Amara) And a call.";
  const auto record = must(store.record(records_of(visit)[0].id));
  must(store.withdraw(record.case_id, {record.head().revision.record, record.head().revision.rev, record.head().revision.hash}, at(5)));
  must(store.save_draft(again, at(5), stored.version));
  const auto done = store.submit(again, records_of(again), at(5), stored.version);
  for (int i = 0; i < 4; ++i) sync(store, server, at(6 + i));
  CHECK((done.has_error() || anywhere(store, server, "SEEN BY HER BROTHER")));
}

TEST_CASE("between: a record taken back before its revision came is taken back, or the person is told that it was not", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  Store store = open_store(folder / "a.db");
  sync(store, server);
  auto visit = visit_to({"Amara"}, "words");
  must(store.submit(visit, records_of(visit), at(1)));
  auto reply = server.answer(must(store.freeze(64, 1 << 18, at(2))));
  reply.cases.clear();  // it did not fit: there is more to come
  reply.more = true;
  must(store.apply(reply, at(2)));
  const auto shown = must(store.record(records_of(visit)[0].id));
  REQUIRE(shown.head().revision.state == model::State::Submitted);
  const auto& head = shown.head().revision;
  const auto done = store.withdraw(shown.case_id, {head.record, head.rev, head.hash}, at(3));
  for (int i = 0; i < 3; ++i) sync(store, server, at(4 + i));
  CHECK((done.has_error() || must(store.record(head.record)).head().revision.state == model::State::Draft));
}

TEST_CASE("between: after a fork a sibling that the server took does not come back with one that is taken back", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  server.child("Tobi");
  Store store = open_store(folder / "a.db");
  sync(store, server);
  auto visit = visit_to({"Amara", "Tobi"}, "words");
  must(store.submit(visit, records_of(visit), at(1)));
  must(store.apply(server.answer(must(store.freeze(1, 1 << 18, at(2)))), at(2)));  // Amara's was taken
  must(store.start_incarnation());
  const auto tobi = must(store.record(records_of(visit)[1].id));
  const auto& head = tobi.head().revision;
  const auto done = store.withdraw(tobi.case_id, {head.record, head.rev, head.hash}, at(4));
  if (done.has_error()) return;
  const auto draft = must(store.draft(visit.id)).visit;
  REQUIRE_FALSE(draft.children.empty());
  CHECK(std::none_of(draft.children.begin(), draft.children.end(), [](const auto& child) { return child.name == "Amara"; }));
}

TEST_CASE("between: a draft thrown away after a fork does not come back", "[store]") {
  Folder folder;
  Server server;
  Store store = open_store(folder / "a.db");
  auto visit = visit_to({"Amara"}, "words");
  must(store.save_draft(visit, at(1)));
  const auto batch = must(store.freeze(64, 1 << 18, at(2)));
  (void)server.answer(batch);  // taken; the reply was lost
  must(store.start_incarnation());
  chain_of_its_own(server);
  must(store.discard(visit.id, at(3)));
  for (int i = 0; i < 3; ++i) sync(store, server, at(4 + i));
  CHECK(must(store.drafts()).empty());
}

TEST_CASE("between: settling a conflict decides on the texts that were shown", "[store]") {
  Folder folder;
  Server server;
  Store store = open_store(folder / "a.db");
  auto visit = visit_to({"Amara"}, "Base");
  must(store.save_draft(visit, at(1)));
  sync(store, server);
  auto other = visit;
  observed(other) = "Theirs, first";
  elsewhere(server, other);
  observed(visit) = "Mine";
  must(store.save_draft(visit, at(2)));
  for (int i = 0; i < 3; ++i) sync(store, server, at(3 + i));
  const auto shown = must(store.draft(visit.id));
  REQUIRE(shown.visit.conflicts.size() == 1);
  auto further = shown.visit;
  (further.conflicts[0].mine.text == "Mine" ? observed(further) : observed(further)) = "Theirs, AND THE BRUISE";
  elsewhere(server, further);
  sync(store, server, at(8));
  const auto done = store.settle_conflict(visit.id, shown.visit.conflicts[0].path, {merge::Choice::Keep::Mine, {}}, at(9), shown.version);
  for (int i = 0; i < 3; ++i) sync(store, server, at(10 + i));
  CHECK((done.has_error() || anywhere(store, server, "AND THE BRUISE")));
}

TEST_CASE("between: a draft whose Put was refused is not said to be backed up", "[store]") {
  Folder folder;
  Server server;
  Store store = open_store(folder / "a.db");
  auto visit = visit_to({"Amara"}, "words");
  must(store.save_draft(visit, at(1)));
  server.refuse[1] = wire::Refusal::Malformed;  // two tablets' photos together are more than a record may have
  sync(store, server);
  CHECK_FALSE(must(store.draft(visit.id)).backed_up);
  CHECK_FALSE(must(store.all_sent()));
  CHECK(must(store.unsent()).work.size() == 1);  // its words are in a sealed copy
}

TEST_CASE("between: newest words are not replaced by an older returned version when the case leaves with the answer", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  Store store = open_store(folder / "a.db");
  auto first = visit_to({"Amara"}, "first words");
  const auto record = records_of(first)[0];
  const Id amara = record.part.id;
  server.add(amara, {record.id, 1, model::RecordKind::ChildRecord, model::State::Submitted, kMe, kDevice, at(2), {},
                     wire::encode(record), {}, {}});
  server.add(amara, {record.id, 2, model::RecordKind::ChildRecord, model::State::Returned, kMe, kDevice, at(2), {},
                     wire::encode(record), {}, {}});
  sync(store, server);
  const auto head = must(store.record(record.id)).head();
  auto visit = model::visit_of(head.body, {record.id, 2, head.revision.hash}, id_of("visit/again"));
  observed(visit) = "the NEWEST words";
  must(store.submit(visit, records_of(visit), at(3)));
  auto queuedops = must(store.freeze(64, 1 << 18, at(4)));
  auto theirs = record;
  theirs.part.answers["observed"] = "the other tablet's";
  server.add(amara, {record.id, 3, model::RecordKind::ChildRecord, model::State::Submitted, kMe, id_of("device/b"), at(3), {},
                     wire::encode(theirs), {}, {}});
  auto reply = server.answer(queuedops);
  const bool drained = GENERATE(false, true);
  CAPTURE(drained);
  if (drained) reply.drain = true, reply.cases.clear();
  else reply.cases.clear();
  reply.drop.push_back(amara);
  must(store.apply(reply, at(5)));
  for (const auto& draft : must(store.drafts())) {
    auto body = draft.visit;
    CHECK(observed(body).find("NEWEST") != std::string::npos);
  }
}

TEST_CASE("between: a call noted on a submitted record, taken back again and submitted later, is submitted", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  Store store = open_store(folder / "a.db");
  auto visit = visit_to({"Amara"}, "words");
  must(store.submit(visit, records_of(visit), at(1)));
  for (int i = 0; i < 2; ++i) sync(store, server);
  const auto first = must(store.record(records_of(visit)[0].id));
  // record_call(): taken back, and submitted again with the call in it.
  must(store.withdraw(first.case_id, {first.head().revision.record, first.head().revision.rev, first.head().revision.hash}, at(3)));
  auto again = model::visit_of(first.head().body, {first.head().revision.record, first.head().revision.rev, first.head().revision.hash},
                               id_of("visit/again"));
  observed(again) = "words and a call";
  must(store.save_draft(again, at(3)));
  must(store.submit(again, records_of(again), at(3)));
  // "Take back", before there was a network.
  const auto waiting = must(store.record(first.head().revision.record));
  must(store.withdraw(waiting.case_id, {waiting.head().revision.record, waiting.head().revision.rev, waiting.head().revision.hash}, at(4)));
  sync(store, server, at(5));
  sync(store, server, at(6));
  observed(again) = "words, a call, and more";
  must(store.save_draft(again, at(7), must(store.draft(again.id)).version));
  must(store.submit(again, records_of(again), at(8)));
  for (int i = 0; i < 3; ++i) sync(store, server, at(9 + i));
  CHECK(must(store.record(first.head().revision.record)).head().revision.state == model::State::Submitted);
  CHECK(must(store.drafts()).empty());
}

TEST_CASE("between: a draft that was thrown away, and whose end the server refused, does not come back with each other draft", "[store]") {
  Folder folder;
  Server server;
  Store store = open_store(folder / "a.db");
  auto visit = visit_to({"Amara"}, "words");
  must(store.save_draft(visit, at(1)));
  sync(store, server);
  server.refuse[2] = wire::Refusal::Malformed;  // two tablets' photos together were more than a record may have
  must(store.discard(visit.id, at(2)));
  sync(store, server);
  REQUIRE(must(store.drafts()).empty());
  must(store.save_draft(visit_to({"Tobi"}, "another"), at(3)));
  sync(store, server);
  CHECK(must(store.drafts()).size() == 1);
}

TEST_CASE("between: a matched child's newest words are not replaced by the returned version that is here", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  const Id amara = id_of("child/Amara");
  Store store = open_store(folder / "a.db");
  auto first = visit_to({"Nobody"}, "first words");  // written under the provisional child, listed in Amara's case by now
  const auto record = records_of(first)[0];
  const auto add = [&](std::int64_t rev, model::State state, const model::ChildRecord& body) {
    server.add(amara, {record.id, rev, model::RecordKind::ChildRecord, state, kMe, id_of("device/b"), at(rev), {},
                       wire::encode(body), {}, {}});
  };
  add(1, model::State::Submitted, record);
  add(2, model::State::Returned, record);
  sync(store, server);
  const auto head = must(store.record(record.id)).head();
  auto visit = model::visit_of(head.body, {record.id, 2, head.revision.hash}, id_of("visit/again"));
  observed(visit) = "the NEWEST words";
  must(store.submit(visit, records_of(visit), at(3)));
  auto theirs = record;
  theirs.part.answers["observed"] = "the other tablet's";
  add(3, model::State::Returned, theirs);
  auto reply = server.answer(must(store.freeze(64, 1 << 18, at(4))));
  REQUIRE(reply.results.at(0).status == wire::OpStatus::Conflict);
  reply.cases.clear();  // it did not fit
  reply.more = true;
  must(store.apply(reply, at(5)));
  sync(store, server, at(6));
  REQUIRE(must(store.drafts()).size() == 1);
  const auto draft = must(store.drafts())[0];
  CAPTURE(wire::encode(draft.visit));
  CHECK(wire::encode(draft.visit).find("NEWEST") != std::string::npos);
}

TEST_CASE("between: a photo that the other tablet took off while its caption was being written here is still here", "[store]") {
  Folder folder;
  Server server;
  Store store = open_store(folder / "a.db");
  auto visit = visit_to({"Amara"}, "words");
  attach(store, visit);
  must(store.save_draft(visit, at(1)));
  sync(store, server);
  const auto seen = must(store.draft(visit.id)).version;
  auto other = visit;
  other.children[0].attachments->clear();
  elsewhere(server, other);
  sync(store, server, at(2));
  visit.children[0].attachments->front().caption = "The bedroom, mould on the wall";
  must(store.save_draft(visit, at(3), seen));
  const auto now = must(store.draft(visit.id)).visit;
  if (!now.children[0].attachments || now.children[0].attachments->empty()) return;
  CHECK(store.blob(now.children[0].attachments->front().sha256).has_value());
}

TEST_CASE("between: taken back and submitted again, where the answer to the first comes in between, it is submitted", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  Store store = open_store(folder / "a.db");
  auto visit = visit_to({"Amara"}, "words");
  must(store.submit(visit, records_of(visit), at(1)));
  for (int i = 0; i < 2; ++i) sync(store, server);
  const auto view = must(store.record(records_of(visit)[0].id));
  const auto& head = view.head().revision;
  // record_call(): three requests in a row. The store's thread answers the network after each of them.
  must(store.withdraw(view.case_id, {head.record, head.rev, head.hash}, at(3)));
  const auto batch = must(store.freeze(64, 1 << 18, at(3)));
  auto again = model::visit_of(view.head().body, {head.record, head.rev, head.hash}, id_of("visit/again"));
  observed(again) = "words and a call";
  must(store.save_draft(again, at(3)));
  must(store.apply(server.answer(batch), at(3)));
  must(store.submit(again, records_of(again), at(3)));
  for (int i = 0; i < 3; ++i) sync(store, server, at(4 + i));
  CHECK(must(store.record(head.record)).head().revision.state == model::State::Submitted);
  CHECK(must(store.drafts()).empty());
}

TEST_CASE("between: a case leaves though the server awaits 64 photos of a tablet that is broken", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  Store store = open_store(folder / "a.db");
  auto visit = visit_to({"Amara"}, "words");
  attach(store, visit);
  must(store.submit(visit, records_of(visit), at(1)));
  for (int i = 0; i < 2; ++i) sync(store, server);  // its photo has arrived: the server does not name it
  std::vector<wire::BlobNeed> needs;
  for (int i = 0; i < 64; ++i) needs.push_back({base::sha256_hex("on the broken tablet " + std::to_string(i)), 0});
  server.dropped.insert(id_of("child/Amara"));
  std::vector<Id> purged;
  for (int i = 0; i < 10; ++i) {
    auto reply = server.answer(must(store.freeze(64, 1 << 18, at(5 + i))));
    reply.need = needs;
    const auto applied = must(store.apply(reply, at(5 + i)));
    purged.insert(purged.end(), applied.purged.begin(), applied.purged.end());
  }
  CHECK(purged == std::vector<Id>{id_of("child/Amara")});
}

TEST_CASE("between: what was written for a decision or an addendum that the server refused can still be read", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  const auto record = records_of(visit_to({"Amara"}, "words"))[0];
  server.add(record.part.id, {record.id, 1, model::RecordKind::ChildRecord, model::State::Submitted, kMe, id_of("device/b"), at(2), {},
                              wire::encode(record), {}, {}});
  Store store = open_store(folder / "s.db", kSupervisor, id_of("device/s"));
  sync(store, server);
  const auto head = must(store.record(record.id)).head().revision;
  const bool decides = GENERATE(true, false);
  CAPTURE(decides);
  if (decides) {
    model::Decision decision;
    decision.id = id_of("decision");
    decision.on = {head.record, head.rev, head.hash};
    decision.verdict = model::Verdict::Returned;
    decision.reviewer = kSupervisor;
    decision.rationale = "TWENTY MINUTES of a supervisor's thought";
    decision.at = at(3);
    must(store.decide(record.part.id, decision, at(3)));
    server.refuse[1] = wire::Refusal::Stale;  // meanwhile its author had taken it back
  } else {
    model::Addendum addendum;
    addendum.id = id_of("addendum");
    addendum.record = record.id;
    addendum.author = kSupervisor;
    addendum.text = "TWENTY MINUTES of a supervisor's thought";
    addendum.at = at(3);
    must(store.addendum(record.part.id, addendum, at(3)));
    server.refuse[1] = wire::Refusal::WrongState;
  }
  const auto applied = sync(store, server);
  REQUIRE(applied.answers.size() == 1);
  REQUIRE(everything(store).find("TWENTY MINUTES") != std::string::npos);  // only in what was sent
  const auto& said = applied.answers[0].said;
  CHECK((decides ? std::get<model::Decision>(said).rationale : std::get<model::Addendum>(said).text).starts_with("TWENTY MINUTES"));
  CHECK(must(store.status()).refused.at(0).said == said);
}

TEST_CASE("between: of a worker whose access ended no draft is destroyed that the server refused", "[store]") {
  Folder folder;
  Server server;
  Store store = open_store(folder / "a.db");
  auto visit = visit_to({"Amara"}, "words that are nowhere else");
  must(store.save_draft(visit, at(1)));
  server.refuse[1] = wire::Refusal::Malformed;
  sync(store, server);
  for (int i = 0; i < 3; ++i) {
    auto reply = server.answer(must(store.freeze(64, 1 << 18, at(2 + i))));
    reply.cases.clear();
    reply.drain = true;
    must(store.apply(reply, at(2 + i)));
  }
  CHECK(everything(store).find("words that are nowhere else") != std::string::npos);
}

TEST_CASE("between: matched, re-read after damage: a receipt and what was sent stay", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  Store store = open_store(folder / "a.db");
  sync(store, server);
  auto visit = visit_to({"Nobody"}, "kept on the tablet");
  must(store.submit(visit, records_of(visit), at(1)));
  sync(store, server);
  const Id amara = id_of("child/Amara"), record = records_of(visit)[0].id;
  server.add(amara, *server.head(record));
  server.dropped.insert(id_of("child/Nobody"));
  for (int i = 0; i < 2; ++i) sync(store, server);
  REQUIRE(store.record(record).has_value());
  const auto is_kept = [&] {
    bool sent = false;
    must(store.dump([&](std::string_view line) {
      sent = sent || (line.find("kept on the tablet") != line.npos && line.find("\"submit\"") != line.npos);
    }));
    return sent;
  };
  REQUIRE(is_kept());
  // Amara's case is read anew, in two parts, the second of which is damaged on its way.
  server.child("Amara", "Reed");
  auto damaged = server.answer(must(store.freeze(64, 1 << 18, at(3))));
  damaged.cases.at(0).chain = std::string(64, 'a');
  must(store.apply(damaged, at(3)));
  auto reply = server.answer(must(store.freeze(64, 1 << 18, at(4))));
  auto& pull = reply.cases.at(0);
  pull.entries.resize(1);
  pull.to = 1;
  pull.chain = server.cases[amara].chain[1];
  pull.complete = false;
  reply.more = true;
  must(store.apply(reply, at(4)));
  damaged = server.answer(must(store.freeze(64, 1 << 18, at(5))));
  damaged.cases.at(0).chain = std::string(64, 'a');
  must(store.apply(damaged, at(5)));
  CHECK(is_kept());  // a restored server must still be offered it
}

TEST_CASE("between: two children of one visit, one of whom left, one refused: nothing of the other is gone", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  server.child("Tobi");
  Store store = open_store(folder / "a.db");
  sync(store, server);
  auto visit = visit_to({"Amara", "Tobi"}, "kept");
  must(store.save_draft(visit, at(1)));
  sync(store, server);
  must(store.submit(visit, records_of(visit), at(2)));
  server.refuse[3] = wire::Refusal::Malformed;  // Tobi's
  server.dropped.insert(id_of("child/Amara"));
  for (int i = 0; i < 4; ++i) sync(store, server, at(3 + i));
  REQUIRE(must(store.drafts()).size() == 1);
  CHECK(must(store.drafts())[0].visit.children.size() == 1);
  CHECK(anywhere(store, server, "kept (Tobi)"));
}

TEST_CASE("between: a draft that ended is not brought back by an earlier part of its own tablet's log, nor lacks for ever", "[store]") {
  Folder folder;
  Server server;
  Store store = open_store(folder / "a.db");
  const auto put = [&](const model::Visit& visit, std::int64_t rev) {
    server.add(kMe, {visit.id, rev, model::RecordKind::Visit, model::State::Draft, kMe, id_of("device/b"), at(rev), {},
        wire::encode(visit), {}, {}});
  };
  auto one = visit_to({"Amara"}, "one"), two = visit_to({"Tobi"}, "two");
  put(one, 1);
  put(two, 1);
  auto reply = server.answer(must(store.freeze(64, 1 << 18, at(5))));
  auto& pull = reply.cases.at(0);
  pull.entries.resize(1), pull.to = 1, pull.chain = server.cases[kMe].chain[1], pull.complete = false;
  reply.more = true;
  must(store.apply(reply, at(5)));
  // The rest comes damaged, then whole; or a new incarnation begins between.
  auto damaged = server.answer(must(store.freeze(64, 1 << 18, at(6))));
  damaged.cases.at(0).chain = std::string(64, 'a');
  must(store.apply(damaged, at(6)));
  must(store.start_incarnation());
  sync(store, server, at(7));
  CHECK(must(store.drafts()).size() == 2);
}

TEST_CASE("between: what a reply changed is told, though the photos that it left behind could not be removed for want of room", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  Store store = open_store(folder / "a.db");
  sync(store, server);
  auto visit = visit_to({"Amara"}, "words");
  attach(store, visit);
  must(store.submit(visit, records_of(visit), at(1)));
  server.refuse[1] = wire::Refusal::Malformed;
  sql::Db disk = must(sql::Db::open(folder / "a.db", the_key(), the_salt(), {}));
  must(disk.script("CREATE TRIGGER full BEFORE DELETE ON blob_refs BEGIN SELECT RAISE(ABORT, 'no room'); END"));
  const auto reply = server.answer(must(store.freeze(64, 1 << 18, at(2))));
  const auto first = store.apply(reply, at(2));
  must(disk.script("DROP TRIGGER full"));
  REQUIRE(must(store.draft(visit.id)).stage == DraftStage::Writing);  // it was taken in
  const auto second = sync(store, server, at(3));
  CHECK(((first.has_value() && first->drafts_changed) || !second.drafts_rewritten.empty()));
}

