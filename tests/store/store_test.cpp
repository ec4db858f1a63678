#include "tests/store/support.h"

using namespace doorstep;
using namespace doorstep::store;
using namespace doorstep::store::test;

TEST_CASE("store: what was known of lease and time is there again", "[store]") {
  Folder folder;
  const auto file = folder.path() / "replica.db";
  {
    auto store = open_store(file);
    CHECK_FALSE(must(store.lease()));
    must(store.set_lease({at(100), at(1), base::Millis(7'000), "boot-1", base::Millis(0)}));
    must(store.set_lease({at(200), at(2), base::Millis(9'000), "boot-2", base::Millis(5)}));
  }
  auto store = open_store(file);
  const auto kept = must(store.lease());
  REQUIRE(kept);
  CHECK(kept->until == at(200));
  CHECK(kept->at == at(2));
  CHECK(kept->mono == base::Millis(9'000));
  CHECK(kept->boot_id == "boot-2");
  CHECK(kept->wall_ahead == base::Millis(5));
}
