#include "platform/base/limits.h"
#include "platform/sql/observed_vfs.h"
#include "tests/store/support.h"

using namespace doorstep;
using namespace doorstep::store;
using namespace doorstep::store::test;

TEST_CASE("drafts: what was saved is there after a crash, with no clean close", "[store]") {
  Folder folder;
  Store store = open_store(folder / "a.db");
  auto visit = visit_to({"Amara", "Tobi"}, "She said \u200Dit was fine \U0001F1EC\U0001F1E7 مرحبا =2+2 <b>&\"");
  must(store.save_draft(visit, at(1)));
  Store after = must(Store::open(crash_copy(folder / "a.db", folder / "copy"), the_key(), the_salt()));
  auto drafts = must(after.drafts());
  REQUIRE(drafts.size() == 1);
  CHECK(drafts[0].visit == visit);
  CHECK(drafts[0].saved_at == at(1));
  CHECK_FALSE(drafts[0].backed_up);
  CHECK(must(after.status()).drafts_not_backed_up == 1);
}

TEST_CASE("drafts: saved means that the file was synced before save_draft returned", "[store]") {
  Folder folder;
  int syncs = 0, writes_after_sync = 0;
  must(sql::register_observed_vfs("store-drafts", [&](const sql::FileEvent& event) {
    if (event.kind == sql::FileEvent::Kind::Sync) ++syncs, writes_after_sync = 0;
    if (event.kind == sql::FileEvent::Kind::Write && event.path.ends_with("-wal")) ++writes_after_sync;
  }));
  for (bool off : {false, true}) {
    StoreOptions options;
    options.vfs = "store-drafts";
    options.sync_off = off;
    Store store = open_store(folder / (off ? "off.db" : "on.db"), kMe, kDevice, options);
    auto visit = visit_to({"Amara"});
    for (int i = 0; i < 5; ++i) {
      syncs = 0;
      observed(visit) += " more";
      must(store.save_draft(visit, at(i)));
      CAPTURE(off, i);
      CHECK((syncs > 0) == !off);
      if (!off) CHECK(writes_after_sync == 0);
    }
  }
}

TEST_CASE("drafts: the journal gives back every earlier state, newest first", "[store]") {
  Folder folder;
  Store store = open_store(folder / "a.db");
  auto visit = visit_to({"Amara"});
  std::vector<model::Visit> states;
  for (const char* text : {"a", "ab", "ab cd", "b cd", "", "something else entirely", "something entirely"}) {
    observed(visit) = text;
    must(store.save_draft(visit, at(static_cast<std::int64_t>(states.size()))));
    states.push_back(visit);
  }
  auto journal = must(store.journal(visit.id, 100));
  REQUIRE(journal.size() == states.size() - 1);
  for (std::size_t i = 0; i < journal.size(); ++i) {
    CHECK(journal[i].visit == states[states.size() - 2 - i]);
    CHECK(journal[i].at == at(static_cast<std::int64_t>(states.size() - 2 - i)));
  }
  must(store.save_draft(visit, at(50)));  // nothing new: no row
  CHECK(must(store.journal(visit.id, 100)).size() == states.size() - 1);
  CHECK(must(store.journal(visit.id, 2)).size() == 2);
}

TEST_CASE("drafts: the journal is bounded in states and bytes", "[store]") {
  Folder folder;
  StoreOptions options;
  options.sync_off = true;
  Store store = open_store(folder / "a.db", kMe, kDevice, options);
  auto visit = visit_to({"Amara"});
  for (std::size_t i = 0; i < limits::kJournalStates + 40; ++i) {
    observed(visit) = "state " + std::to_string(i);
    must(store.save_draft(visit, at(static_cast<std::int64_t>(i))));
  }
  auto journal = must(store.journal(visit.id, 10'000));
  CHECK(journal.size() == limits::kJournalStates);
  auto big = visit_to({"Tobi"});
  for (std::size_t i = 0; i < 150; ++i) {
    observed(big) = std::string(150'000, i % 2 ? 'x' : 'y');
    must(store.save_draft(big, at(static_cast<std::int64_t>(i))));
    if (i > limits::kJournalBytes / 150'000)  // it is summed each time an eighth of the limit came to it
      CHECK(must(store.journal(big.id, 10'000)).size() <= limits::kJournalBytes / 8 * 9 / 150'000 + 1);
  }
}

TEST_CASE("drafts: a note of 20,000 words keeps its bytes; one past the record's limit is refused", "[store]") {
  Folder folder;
  Store store = open_store(folder / "a.db");
  auto visit = visit_to({"Amara"});
  observed(visit).clear();
  for (int i = 0; i < 20'000; ++i) observed(visit) += "word" + std::to_string(i) + (i % 12 ? " " : ".\n\n");
  must(store.save_draft(visit, at(1)));
  CHECK(must(store.draft(visit.id)).visit == visit);
  CHECK(must(store.search("word19999", 10)).size() == 1);
  observed(visit) = std::string(limits::kRecordBytes, 'x');
  auto refused = store.save_draft(visit, at(2));
  REQUIRE(refused.has_error());
  CHECK(refused.error().fault == base::Fault::Full);
}

TEST_CASE("drafts: discarding what the server never had leaves nothing; else a tombstone is sent", "[store]") {
  Folder folder;
  Store store = open_store(folder / "a.db");
  auto visit = visit_to({"Amara"}, "quokka canary");
  must(store.save_draft(visit, at(1)));
  must(store.save_draft(visit_to({"Amara"}, "quokka canary two"), at(2)));
  CHECK(must(store.search("quokka", 5)).size() == 1);
  must(store.discard(visit.id, at(3)));
  CHECK(must(store.drafts()).empty());
  CHECK(everything(store).find("quokka") == std::string::npos);
  CHECK(store.discard(visit.id, at(3)).has_error());

  Server server;
  must(store.save_draft(visit, at(4)));
  sync(store, server);
  must(store.discard(visit.id, at(5)));
  CHECK(must(store.drafts()).empty());
  CHECK(store.save_draft(visit, at(6)).has_error());
  sync(store, server);
  auto last = must(wire::decode<wire::Operation>(server.received.back()));
  CHECK(last.base_rev == 1);
  CHECK(must(wire::decode<model::Visit>(last.body)).discarded == true);
  sync(store, server);
  CHECK(must(store.drafts()).empty());
  CHECK(server.received.size() == 2);
}

TEST_CASE("drafts: a change by sync that the editor has not seen is merged into its next save", "[store]") {
  Folder folder;
  Server server;
  Store here = open_store(folder / "here.db");
  auto visit = visit_to({"Amara"}, "One.\n\nTwo.\n\nThree");
  must(here.save_draft(visit, at(1)));
  sync(here, server);
  auto seen = must(here.draft(visit.id)).version;
  // The worker's other tablet wrote a paragraph.
  auto other = visit;
  observed(other) = "One, on the other tablet.\n\nTwo.\n\nThree (Amara)";
  model::Revision revision;
  revision.record = visit.id;
  revision.rev = 2;
  revision.kind = model::RecordKind::Visit;
  revision.author = kMe;
  revision.body = wire::encode(other);
  server.add(kMe, revision);
  auto applied = sync(here, server);
  CHECK(applied.drafts_rewritten == std::vector<Id>{visit.id});
  CHECK(must(here.draft(visit.id)).visit == other);
  // The editor, which has not heard of it, saves its own next words.
  observed(visit) = "One.\n\nTwo.\n\nThree and four (Amara)";
  auto saved = must(here.save_draft(visit, at(5), seen));
  CHECK(saved.merged);
  auto now = must(here.draft(visit.id));
  CHECK(observed(now.visit) == "One, on the other tablet.\n\nTwo.\n\nThree and four (Amara)");
  CHECK(now.visit.conflicts.empty());
  // Once it has seen the newest, its word counts as it is.
  observed(now.visit) = "All new";
  CHECK_FALSE(must(here.save_draft(now.visit, at(6), now.version)).merged);
  CHECK(observed(now.visit) == "All new");
  CHECK(must(here.draft(visit.id)).visit == now.visit);
}

namespace {
/// The worker's other tablet made this of a draft.
void on_the_other_tablet(Server& server, const model::Visit& visit) {
  model::Revision revision;
  revision.record = visit.id;
  revision.rev = server.head(visit.id)->rev + 1;
  revision.kind = model::RecordKind::Visit;
  revision.author = kMe;
  revision.body = wire::encode(visit);
  server.add(kMe, revision);
}
}  // namespace

TEST_CASE("drafts: what is written on one tablet outlives a discard on the other", "[store]") {
  Folder folder;
  Server server;
  Store here = open_store(folder / "here.db");
  auto visit = visit_to({"Amara"}, "One.");
  must(here.save_draft(visit, at(1)));
  sync(here, server);
  auto gone = visit;
  gone.discarded = true;
  on_the_other_tablet(server, gone);
  observed(visit) = "One, and words that are nowhere else.";
  must(here.save_draft(visit, at(2)));
  sync(here, server);
  sync(here, server);
  CHECK(must(here.draft(visit.id)).visit == visit);
  CHECK(must(here.draft(visit.id)).backed_up);
  CHECK(must(wire::decode<model::Visit>(server.head(visit.id)->body)) == visit);
}

TEST_CASE("drafts: a discard takes nothing with it that was written on the other tablet meanwhile", "[store]") {
  for (bool heard_before_it_was_sent : {false, true}) {
    Folder folder;
    Server server;
    Store here = open_store(folder / "here.db");
    auto visit = visit_to({"Amara"}, "One.");
    must(here.save_draft(visit, at(1)));
    sync(here, server);
    auto other = visit;
    observed(other) = "One, and words of the other tablet.";
    on_the_other_tablet(server, other);
    if (heard_before_it_was_sent) {
      auto batch = must(here.freeze(64, 1 << 18, at(2)));
      must(here.discard(visit.id, at(3)));
      must(here.apply(server.answer(batch), at(4)));
    } else {
      must(here.discard(visit.id, at(3)));
      sync(here, server);
    }
    sync(here, server);
    REQUIRE(must(here.drafts()).size() == 1);
    CHECK(must(here.draft(visit.id)).visit == other);
    CHECK(must(here.draft(visit.id)).stage == DraftStage::Writing);
    CHECK(must(wire::decode<model::Visit>(server.head(visit.id)->body)) == other);
    must(here.discard(visit.id, at(9)));  // now that it was seen, it goes
    sync(here, server);
    sync(here, server);
    CHECK(must(here.drafts()).empty());
  }
}

TEST_CASE("drafts: one that ended does not come back while the log of drafts is read in parts; an open one comes with its end", "[store]") {
  Folder folder;
  Server server;
  auto ended = visit_to({"Amara"}, "was submitted"), open = visit_to({"Tobi"}, "still being written");
  const auto put = [&](model::Visit visit, std::int64_t rev, bool discarded) {
    if (discarded) visit.discarded = true;
    server.add(kMe, {visit.id, rev, model::RecordKind::Visit, model::State::Draft, kMe, id_of("device/b"), at(rev), {},
                     wire::encode(visit), {}, {}});
  };
  put(ended, 1, false);
  put(open, 1, false);
  put(ended, 2, true);
  Store store = open_store(folder / "a.db");
  auto reply = server.answer(must(store.freeze(64, 1 << 18, at(5))));
  REQUIRE(reply.cases.size() == 1);
  auto& pull = reply.cases[0];
  REQUIRE(pull.entries.size() == 3);
  pull.entries.resize(2);
  pull.to = 2;
  pull.chain = server.cases[kMe].chain[2];
  pull.complete = false;
  reply.more = true;
  CHECK_FALSE(must(store.apply(reply, at(5))).drafts_changed);
  CHECK(must(store.drafts()).empty());
  sync(store, server);
  REQUIRE(must(store.drafts()).size() == 1);
  CHECK(must(store.drafts())[0].visit == open);
}

TEST_CASE("drafts: one that was submitted does not come back where the answer to its tombstone comes without the log", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  Store store = open_store(folder / "a.db");
  auto visit = visit_to({"Amara"}, "submitted");
  must(store.save_draft(visit, at(1)));
  sync(store, server);
  must(store.submit(visit, records_of(visit), at(2)));
  sync(store, server);
  auto reply = server.answer(must(store.freeze(64, 1 << 18, at(3))));
  REQUIRE(reply.results.size() == 1);
  std::erase_if(reply.cases, [](const auto& pull) { return pull.case_id == kMe; });
  reply.more = true;
  must(store.apply(reply, at(3)));
  CHECK(must(store.drafts()).empty());
  sync(store, server);
  CHECK(must(store.drafts()).empty());
}
