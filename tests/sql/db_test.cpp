#include "platform/sql/db.h"

#include <catch2/catch_test_macros.hpp>

#include <fstream>

#include "platform/base/bytes.h"
#include "platform/base/file.h"
#include "tests/sql/folder.h"

using namespace doorstep;
using namespace doorstep::sql;
using base::Secret;

TEST_CASE("db: what was written is read again after opening anew", "[sql]") {
  Folder folder;
  Id id = *Id::parse("0190f0a0-1111-7000-8000-000000000001");
  {
    Db db = folder.create();
    REQUIRE(db.script("CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT, c BLOB, d REAL, e BLOB, f)").has_value());
    auto changed = db.exec("INSERT INTO t VALUES(?1,?2,?3,?4,?5,?6)", 7, "Aoife \xc5\xa0", Blob{std::string_view("\0\1\2", 3)}, 2.5, id,
                           std::nullopt);
    REQUIRE(changed.has_value());
    CHECK(*changed == 1);
    CHECK(db.last_insert_rowid() == 7);
  }
  Db db = folder.open();
  int rows = 0;
  auto read = db.query("SELECT a,b,c,d,e,f FROM t WHERE a=?1 AND e=?2", 7, id, [&](const Row& row) {
    ++rows;
    CHECK(row.columns() == 6);
    CHECK(row.integer(0) == 7);
    CHECK(row.text(1) == "Aoife \xc5\xa0");
    CHECK(row.blob(2) == std::string_view("\0\1\2", 3));
    CHECK(row.real(3) == 2.5);
    CHECK(row.id(4) == id);
    CHECK(row.is_null(5));
    CHECK_FALSE(row.maybe_string(5).has_value());
    CHECK(row.name(1) == "b");
  });
  REQUIRE(read.has_value());
  CHECK(rows == 1);
}
