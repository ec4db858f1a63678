#include "app/store/schema.h"

#include <catch2/catch_test_macros.hpp>

#include "platform/sql/db.h"
#include "sync/wire/codec.h"
#include "tests/store/support.h"

using namespace doorstep;
using namespace doorstep::store::test;

TEST_CASE("schema: what a case told of is known of the versions that were there before it was written down", "[store]") {
  Folder folder;
  const auto file = folder / "before.db";
  {
    auto db = must(sql::Db::open(file, the_key(), the_salt(), {.mode = sql::OpenMode::Create, .vfs = {}}));
    REQUIRE(sql::migrate(db, store::migrations().first(7)).has_value());
    REQUIRE(db.exec("INSERT INTO cases VALUES (?,1,'aa',0)", id_of("child/Amara")).has_value());
    REQUIRE(db.exec("INSERT INTO record_cases VALUES (?,?,'family')", id_of("family/Okafor"), id_of("child/Amara")).has_value());
    for (int rev : {1, 3})
      REQUIRE(db.exec("INSERT INTO revisions VALUES (?,?,'family','NONE',?,?,0,'aa','{}',NULL,NULL)", id_of("family/Okafor"), rev, kMe,
                      kDevice).has_value());
  }
  { auto opened = must(store::Store::open(file, the_key(), the_salt())); }
  auto db = must(sql::Db::open(file, the_key(), the_salt()));
  CHECK(**db.first<std::int64_t>("SELECT told_rev FROM record_cases") == 3);
}

TEST_CASE("schema: a draft begun before its base lay apart is still open, and still knows what the server has", "[store]") {
  Folder folder;
  const auto file = folder / "before.db";
  const auto visit = visit_to({"Amara"});
  const std::string body = wire::encode(visit), base = R"({"what":"the server has"})";
  {
    auto db = must(sql::Db::open(file, the_key(), the_salt(), {.mode = sql::OpenMode::Create, .vfs = {}}));
    REQUIRE(sql::migrate(db, store::migrations().first(2)).has_value());
    REQUIRE(db.exec("INSERT INTO drafts VALUES (?,?,0,3,'aa',?,0,0,1,2,0,'',0)", visit.id, body, base).has_value());
  }
  store::Store store = must(store::Store::open(file, the_key(), the_salt()));
  const auto drafts = must(store.drafts());
  REQUIRE(drafts.size() == 1);
  CHECK(wire::encode(drafts[0].visit) == body);
  auto db = must(sql::Db::open(file, the_key(), the_salt()));
  CHECK(**db.first<std::string>("SELECT body FROM draft_bases WHERE visit=?", visit.id) == base);
}
