#include "tests/store/support.h"

using namespace doorstep;
using namespace doorstep::store;
using namespace doorstep::store::test;

TEST_CASE("search: case and accents do not matter, composed or not", "[store]") {
  Folder folder;
  Server server;
  server.child("Si\u00E2n");            // composed
  server.child("Sia\u0302n", "Llwyd");  // the same name in two code points
  Store store = open_store(folder / "a.db");
  sync(store, server);
  for (const char* typed : {"Si\u00E2n", "sian", "SI\u00C2N", "Sia\u0302n", "SIAN", "si", "  si\u00E2n  "}) {
    CAPTURE(typed);
    auto hits = must(store.search(typed, 10));
    REQUIRE(hits.size() == 2);
    CHECK(hits[0].what == Hit::What::Child);
  }
  auto both = must(store.search("sian llw", 10));
  REQUIRE(both.size() == 1);
  CHECK(both[0].snippet.find("\x02Sia\u0302n\x03 \x02Llwyd\x03") != std::string::npos);  // the letters that were written, whole words
  CHECK(must(store.search("llwyd", 10)).size() == 2);  // child and family
  CHECK(must(store.search("sianx", 10)).empty());
}

TEST_CASE("search: addresses, members and notes are found, ids and codes are not; nothing typed is an operator", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  Store store = open_store(folder / "a.db");
  auto visit = visit_to({"Amara"}, "There was a marmoset in the kitchen");
  visit.children[0].answers["a_question_added_later"] = std::string("Nasturtiums");
  must(store.submit(visit, records_of(visit), at(1)));
  sync(store, server);
  auto hits = must(store.search("MARMOS", 10));
  REQUIRE(hits.size() == 1);
  CHECK(hits[0].what == Hit::What::Record);
  CHECK(hits[0].id == records_of(visit)[0].id);
  CHECK(hits[0].case_id == visit.children[0].id);
  CHECK(hits[0].snippet.find("\x02marmoset\x03") != std::string::npos);
  CHECK(must(store.search("nasturtium", 10)).size() == 1);
  CHECK(must(store.search("kitchen marm", 10)).size() == 1);
  CHECK(must(store.search("cefn-coed", 10)).size() == 1);
  CHECK(must(store.search("CIN", 10)).empty());
  for (const char* typed : {"\"", "*", "AND", "OR NOT", "NEAR(", "title:x", "-", "a\" OR \"b", "\xF0\x9F\x98\x80", ""}) {
    CAPTURE(typed);
    CHECK(store.search(typed, 10).has_value());
  }
}

TEST_CASE("search: a draft is found as it is now, and no more by the words it lost", "[store][S08]") {
  Folder folder;
  Store store = open_store(folder / "a.db");
  auto visit = visit_to({"Amara"}, "a walrus");
  must(store.save_draft(visit, at(1)));
  auto hits = must(store.search("walrus", 10));
  REQUIRE(hits.size() == 1);
  CHECK(hits[0].what == Hit::What::Draft);
  CHECK(hits[0].id == visit.id);
  must(store.save_draft(visit_to({"Amara"}, "an ocelot"), at(2)));
  CHECK(must(store.search("walrus", 10)).empty());
  CHECK(must(store.search("ocelot", 10)).size() == 1);
}

TEST_CASE("search: a family is found, in a case that is here, while another child's case is about to leave", "[store]") {
  Folder folder;
  Server server;
  for (const char* name : {"Amara", "Tobi"}) server.child(name);
  Store store = open_store(folder / "a.db");
  sync(store, server);
  const auto found = must(store.search("harbour", 5));
  REQUIRE(found.size() == 1);
  for (const char* name : {"Amara", "Tobi"}) {
    auto visit = visit_to({name}, "waits");
    must(store.submit(visit, records_of(visit), at(1)));
    must(store.freeze(64, 1 << 18, at(1)));
  }
  wire::SyncReply reply;  // it answers an earlier request: what waits keeps the case
  reply.epoch = server.epoch;
  reply.head_hash = wire::kChainStart;
  reply.drop = {found[0].case_id};
  must(store.apply(reply, at(2)));
  const auto still = must(store.search("harbour", 5));
  REQUIRE(still.size() == 1);
  CHECK(still[0].case_id != found[0].case_id);
}
