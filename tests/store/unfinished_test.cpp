#include "platform/base/limits.h"
#include "tests/store/support.h"

using namespace doorstep;
using namespace doorstep::store;
using namespace doorstep::store::test;

TEST_CASE("unfinished: kept over a crash, replaced, removed by an empty text", "[store]") {
  Folder folder;
  Store store = open_store(folder / "a.db");
  must(store.save_unfinished({{"a", Id(), "half"}, {"b", id_of("case"), "words"}}));
  must(store.save_unfinished({{"a", Id(), "half a date"}, {"b", Id(), ""}}));
  Store after = must(Store::open(crash_copy(folder / "a.db", folder / "copy"), the_key(), the_salt()));
  const auto kept = must(after.unfinished());
  REQUIRE(kept.size() == 1);
  CHECK(kept[0].key == "a");
  CHECK(kept[0].text == "half a date");
}

TEST_CASE("unfinished: one that is too long is refused with all of its transaction", "[store]") {
  Folder folder;
  Store store = open_store(folder / "a.db");
  const auto refused = store.save_unfinished({{"a", Id(), "x"}, {"b", Id(), std::string(limits::kNoteBytes + 1, 'x')}});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().fault == base::Fault::Full);
  CHECK(must(store.unfinished()).empty());
}

TEST_CASE("unfinished: leaves the tablet with its case", "[store]") {
  Folder folder;
  Store store = open_store(folder / "a.db");
  Server server;
  for (const char* name : {"Amara", "Tobi"}) server.child(name);
  must(store.apply(server.answer(must(store.freeze(64, 1 << 18, at(1)))), at(1)));
  must(store.save_unfinished({{"a", id_of("child/Amara"), "a rationale about Amara"}, {"b", id_of("child/Tobi"), "one about Tobi"}}));
  server.dropped.insert(id_of("child/Amara"));
  must(store.apply(server.answer(must(store.freeze(64, 1 << 18, at(2)))), at(2)));
  const auto kept = must(store.unfinished());
  REQUIRE(kept.size() == 1);
  CHECK(kept[0].key == "b");
}
