#include "sync/server/named.h"

#include "tests/server/office.h"

using namespace doorstep;
using namespace doorstep::tests;
using server::part_named;
using server::rewritten_named;

TEST_CASE("named: an operation says its record, of whatever kind it is", "[server]") {
  const Id record = any_id("record");
  CHECK(server::record_named(R"({"kind":"of tomorrow","record":")" + record.str() + R"("})") == record);
  for (const char* wrong : {"", "record", "7", R"({"record":7})", R"({"record":"x"})", R"(["record"])"}) {
    INFO(wrong);
    CHECK_FALSE(server::record_named(wrong));
  }
}

TEST_CASE("named: a submission says which draft and child it is of, whatever else is wrong with it", "[server]") {
  const Id visit = any_id("visit"), child = any_id("child");
  const auto good = part_named(R"({"visit":")" + visit.str() + R"(","author":7,"part":{"id":")" + child.str() + R"("}})");
  CHECK(good.visit == visit);
  CHECK(good.child == child);
  for (const char* wrong : {"", "[]", "{", R"({"visit":7,"part":[]})", R"({"visit":"x","part":{"id":{}}})", R"({"part":"id"})"}) {
    INFO(wrong);
    CHECK_FALSE(part_named(wrong).visit);
    CHECK_FALSE(part_named(wrong).child);
  }
}

TEST_CASE("named: a draft says which records it writes anew", "[server]") {
  const Id one = any_id("one"), two = any_id("two");
  const auto part = [](Id record) { return R"({"revises":{"record":")" + record.str() + R"("}})"; };
  CHECK(rewritten_named(R"({"children":[)" + part(one) + R"(,{},7,{"revises":[]},)" + part(two) + "]}") == std::vector<Id>{one, two});
  for (const std::string wrong : {"", R"({"children":{"revises":1}})", R"(["revises"])", R"({"revises":1)"}) {
    INFO(wrong);
    CHECK(rewritten_named(wrong).empty());
  }
}
