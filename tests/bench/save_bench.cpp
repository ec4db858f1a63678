#include "tests/bench/measure.h"
#include "tests/bench/raw.h"
#include "tests/store/support.h"

using namespace doorstep;
using namespace doorstep::bench;
using namespace doorstep::store::test;

// A visit grows by a few words at each save, as autosave sees it. Half of the saves are of a draft that was never sent, half
// of one that the server has.
TEST_CASE("save", "[save]") {
  const int saves = quick() ? 20 : 2000;
  Folder folder;
  store::Store store = open_store(folder / "ours.db");
  RawDb raw(folder / "raw.db", std::string(the_key().view()) + the_salt());
  raw.run("CREATE TABLE drafts (visit BLOB PRIMARY KEY, body TEXT NOT NULL) STRICT");
  auto visit = visit_to({"Amara"});
  sqlite3_stmt* put = raw.prepare("INSERT INTO drafts VALUES (?1, ?2) ON CONFLICT(visit) DO UPDATE SET body = ?2");
  const std::string id(visit.id.bytes());

  std::string body;
  int n = 0;
  const auto type = [&] {
    if (n == saves / 2) {  // from here on the row also holds what the server has
      Server server;
      sync(store, server, at(n));
    }
    observed(visit) += "a few more words ";
    body = wire::encode(visit);
    ++n;
  };
  const auto ours = [&] { return ms_of([&] { must(store.save_draft(visit, at(n))); }); };
  const auto yardstick = [&] {
    return ms_of([&] {
      sqlite3_bind_blob(put, 1, id.data(), static_cast<int>(id.size()), SQLITE_STATIC);
      sqlite3_bind_text(put, 2, body.data(), static_cast<int>(body.size()), SQLITE_STATIC);
      raw.step(put);
    });
  };
  const Sides sides = take_turns(saves, ours, yardstick, type);
  const std::string about =
      std::to_string(saves) + " saves of one draft, growing to " + std::to_string(body.size() / 1024) + " KiB";
  tell("save p50", median(sides.ours), median(sides.yardstick), about);
  tell("save p99", quantile(sides.ours, 0.99), quantile(sides.yardstick, 0.99), about);
}
