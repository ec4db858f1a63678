#include <chrono>
#include <iostream>

#include "platform/sql/db.h"
#include "tests/store/support.h"

using namespace doorstep;
using namespace doorstep::store;
using namespace doorstep::store::test;

namespace {
double ms_of(const std::function<void()>& work) {
  auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}
void print(const std::string& name, std::vector<double> ms) {
  std::sort(ms.begin(), ms.end());
  std::cout << name << ": p50 " << ms[ms.size() / 2] << " ms, p99 " << ms[ms.size() * 99 / 100] << " ms, n " << ms.size() << "\n";
}
std::string note(int seed) {
  std::string out;
  for (int i = 0; i < 245; ++i) out += "word" + std::to_string((seed * 131 + i * 17) % 997) + (i % 14 ? " " : ". ");
  return out;
}
}  // namespace

// Hidden: run with "[.bench]". Prints; platform/dev/bench.sh judges.
TEST_CASE("bench: save beside raw SQLCipher, 1,000 notes in, the caseload out", "[.bench]") {
  Folder folder;
  Store store = open_store(folder.path / "a.db");
  auto visit = visit_to({"Amara"});
  std::vector<double> saves, raw;
  for (int i = 0; i < 2000; ++i) {
    observed(visit) += "a few more words ";
    saves.push_back(ms_of([&] { must(store.save_draft(visit, at(i))); }));
  }
  {
    sql::DbOptions options;
    options.mode = sql::OpenMode::Create;
    auto db = must(sql::Db::open(folder.path / "raw.db", the_key(), the_salt(), options));
    must(db.script("CREATE TABLE drafts (visit BLOB PRIMARY KEY, body TEXT NOT NULL) STRICT"));
    auto body = wire::encode(visit_to({"Amara"}));
    for (int i = 0; i < 2000; ++i) {
      body += "a few more words ";
      raw.push_back(ms_of([&] { must(db.exec("INSERT OR REPLACE INTO drafts VALUES (?,?)", visit.id, body)); }));
    }
  }
  print("save_draft, growing to " + std::to_string(wire::encode(visit).size() / 1024) + " KiB", saves);
  print("raw SQLCipher, the same body", raw);

  Server server;
  server.child("Amara");
  model::Visit source = visit_to({"Amara"});
  for (int i = 0; i < 1000; ++i) {
    observed(source) = note(i);
    auto record = records_of(source)[0];
    record.id = id_of("bench/" + std::to_string(i));
    model::Revision revision;
    revision.record = record.id;
    revision.rev = 1;
    revision.kind = model::RecordKind::ChildRecord;
    revision.state = model::State::Approved;
    revision.body = wire::encode(record);
    server.add(id_of("child/Amara"), revision);
  }
  auto reply = server.answer(must(store.freeze(64, 1 << 18, at(1))));
  std::cout << "apply 1,000 notes: " << ms_of([&] { must(store.apply(reply, at(2))); }) << " ms\n";
  std::vector<double> reads, finds;
  for (int i = 0; i < 10; ++i) reads.push_back(ms_of([&] { must(store.caseload()); }));
  for (int i = 0; i < 100; ++i) finds.push_back(ms_of([&] { must(store.search("word" + std::to_string(i), 50)); }));
  print("caseload of 1,000 notes", reads);
  print("search", finds);
}
