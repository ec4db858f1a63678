#include "tests/store/support.h"

using namespace doorstep;
using namespace doorstep::store;
using namespace doorstep::store::test;

namespace {

/// As the case server answers when the worker's access has ended: what was sent is taken, everything is to be dropped.
wire::SyncReply drain(Server& server, const Batch& batch) {
  auto reply = server.answer(batch);
  reply.cases.clear();
  reply.drop.clear();
  for (const auto& cursor : batch.cursors) reply.drop.push_back(cursor.case_id);
  const bool waiting = batch.more_ops;
  if (waiting) reply.drop.clear();  // as the engine does: push before purge
  reply.drain = true;
  return reply;
}
Applied round(Store& store, Server& server, std::size_t ops = 64) {
  return must(store.apply(drain(server, must(store.freeze(ops, 1 << 18, at(60)))), at(60)));
}
bool received(const Server& server, std::string_view words) {
  return std::any_of(server.received.begin(), server.received.end(), [&](const auto& bytes) { return bytes.find(words) != std::string::npos; });
}

}  // namespace

TEST_CASE("drain: everything is hidden at once, what waits is sent, then nothing is left and every case's purge is told", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  server.child("Tobi");
  Store store = open_store(folder / "a.db");
  model::Worker me;
  me.id = kMe;
  me.name = "Ros Ash";
  server.import(kMe, model::RecordKind::Worker, me);
  sync(store, server);
  auto earlier = visit_to({"Tobi"}, "corduroy bear");  // sent long ago
  must(store.submit(earlier, records_of(earlier), at(1)));
  sync(store, server);
  auto visit = visit_to({"Amara"}, "saxophone lesson");
  must(store.save_draft(visit, at(2)));
  sync(store, server);
  observed(visit) += " and an orthodontist";
  must(store.save_draft(visit, at(3)));
  auto handed_in = visit_to({"Tobi", "Amara"}, "whispered jollof");
  handed_in.id = id_of("another visit");
  must(store.submit(handed_in, records_of(handed_in), at(4)));

  round(store, server, 1);  // one operation fits; others wait
  auto caseload = must(store.caseload());
  CHECK(caseload.ended);
  CHECK(caseload.children.empty());
  CHECK(caseload.records.empty());
  CHECK(must(store.status()).waiting + must(store.status()).drafts_not_backed_up > 0);
  CHECK(everything(store).find("an orthodontist") != std::string::npos);  // it is still to be sent
  std::set<Id> told;
  for (int rounds = 0; rounds < 6; ++rounds) {
    const auto batch = must(store.freeze(64, 1 << 18, at(60)));
    told.insert(batch.purged.begin(), batch.purged.end());
    must(store.apply(drain(server, batch), at(60)));
  }
  CHECK(received(server, "an orthodontist"));
  CHECK(received(server, "whispered jollof"));
  CHECK(must(store.status()).waiting == 0);
  CHECK(must(store.status()).drafts_not_backed_up == 0);
  CHECK(told == std::set<Id>{id_of("child/Amara"), id_of("child/Tobi"), kMe});
  CHECK(must(store.drafts()).empty());
  const auto left = everything(store);
  for (const char* words : {"corduroy bear", "saxophone", "orthodontist", "jollof", "Amara", "Tobi", "Okafor", "Harbour Street"}) {
    INFO(words);
    CHECK(left.find(words) == std::string::npos);
  }
  // Told, it stays quiet; opened again, it still knows.
  const auto quiet = must(store.freeze(64, 1 << 18, at(61)));
  CHECK(quiet.ops.items.empty());
  CHECK(quiet.purged.empty());
  store = must(Store::open(folder / "a.db", the_key(), the_salt()));
  CHECK(must(store.caseload()).ended);
  // Given back, everything comes again.
  sync(store, server);
  CHECK_FALSE(must(store.caseload()).ended);
  CHECK(must(store.caseload()).children.size() == 2);
}

TEST_CASE("drain: what went with no case and no draft left is told to have been destroyed, once", "[store]") {
  Folder folder;
  Server server;
  Store store = open_store(folder / "a.db");  // it never held a case
  auto visit = visit_to({"Amara"}, "corduroy bear");
  must(store.submit(visit, records_of(visit), at(1)));
  std::vector<Id> told;
  for (int rounds = 0; rounds < 5; ++rounds) {
    const auto batch = must(store.freeze(64, 1 << 18, at(60)));
    told.insert(told.end(), batch.purged.begin(), batch.purged.end());
    must(store.apply(drain(server, batch), at(60)));
  }
  CHECK(received(server, "corduroy bear"));
  CHECK(everything(store).find("corduroy") == std::string::npos);
  CHECK(told == std::vector<Id>{kMe});
}

TEST_CASE("drain: words that no record holds yet go with their draft; typed after the purge they are sent as well", "[store][L32]") {
  Folder folder;
  Server server;
  server.child("Amara");
  Store store = open_store(folder / "a.db");
  sync(store, server);
  auto visit = visit_to({"Amara"}, "saxophone lesson");
  must(store.save_draft(visit, at(1)));
  sync(store, server);
  must(store.save_unfinished({{visit.id.str() + "/record/jotting", id_of("child/Amara"), "half a jotting"}}));
  for (int rounds = 0; rounds < 5; ++rounds) round(store, server);
  CHECK(received(server, "half a jotting"));
  CHECK(everything(store).find("half a jotting") == std::string::npos);
  observed(visit) += " written as it ended";
  must(store.save_draft(visit, at(62)));
  for (int rounds = 0; rounds < 5; ++rounds) round(store, server);
  CHECK(received(server, "written as it ended"));
  CHECK(everything(store).find("saxophone") == std::string::npos);
}

TEST_CASE("drain: a draft that awaits the server's merge, which will not come, is sent as it stands", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  Store store = open_store(folder / "a.db");
  sync(store, server);
  auto visit = visit_to({"Amara"}, "One.\n\nTwo.\n\nThree.");
  must(store.save_draft(visit, at(1)));
  sync(store, server);
  auto elsewhere = *server.head(visit.id);  // the worker's other tablet wrote on
  auto body = must(wire::decode<model::Visit>(elsewhere.body));
  observed(body) = "One, elsewhere.\n\nTwo.\n\nThree.";
  elsewhere.rev += 1;
  elsewhere.body = wire::encode(body);
  server.add(kMe, elsewhere);
  observed(visit) = "One.\n\nTwo.\n\nThree, here.";
  must(store.save_draft(visit, at(2)));
  const auto batch = must(store.freeze(64, 1 << 18, at(3)));
  observed(visit) += " And a last word.";
  must(store.save_draft(visit, at(4)));
  must(store.apply(drain(server, batch), at(5)));
  for (int rounds = 0; rounds < 5; ++rounds) round(store, server);
  CHECK(received(server, "And a last word."));
  CHECK(everything(store).find("last word") == std::string::npos);
}
