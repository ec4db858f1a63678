#include "app/work/orders.h"

#include <catch2/catch_test_macros.hpp>

#include "platform/base/file.h"
#include "tests/support/folder.h"

using namespace doorstep;
using work::Orders;

TEST_CASE("orders: what was obeyed is known again, of this device alone; a damaged file is as good as none", "[work][L34]") {
  const support::Folder folder;
  const auto mine = base::Id::from_name("mine"), other = base::Id::from_name("other");
  CHECK(work::read_orders(folder.path(), mine).number == 0);
  REQUIRE(work::keep_orders(folder.path(), mine, {7, 8, true, true}).has_value());
  const Orders kept = work::read_orders(folder.path(), mine);
  CHECK(kept.number == 7);
  CHECK(kept.pending == 8);
  CHECK(kept.wiped);
  CHECK(kept.told);
  CHECK(work::read_orders(folder.path(), other).number == 0);
  for (const char* damaged : {"", "x", "-1", "0190f0a0-1111-7000-8000-00000000000d 1"}) {
    REQUIRE(base::write_file_atomic(folder.path() / "command", damaged, base::Access::Owner).has_value());
    CHECK(work::read_orders(folder.path(), mine).number == 0);
  }
}
