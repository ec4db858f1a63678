#include "platform/base/sealed_copy.h"
#include "tests/store/support.h"

using namespace doorstep;
using namespace doorstep::store;
using namespace doorstep::store::test;

namespace {

/// No signature at all, where what is signed is looked at.
Result<std::string> unsigned_copy(const base::Secret&, std::string_view bytes) { return std::string(bytes.substr(0, 16)); }

Store signed_store(const fs::path& file) {
  Store store = open_store(file);
  auto identity = must(store.identity());
  identity.worker_key = base::Secret::copy_of("a key");
  identity.worker_certificate = "a certificate";
  must(store.set_identity(identity));
  return store;
}
struct Copy {
  wire::CopyStatement statement;
  wire::Operation op;
};
Copy copy_of(Store& store, std::int64_t number) {
  const auto text = must(wire::decompress(must(store.copy_text(number, unsigned_copy)), 1 << 22));
  const auto copy = must(wire::decode<wire::SignedCopy>(text));
  CHECK(copy.certificate == "a certificate");
  CHECK(copy.signature == base::to_hex("DOORSTEP-COPY-V1"));
  Copy out;
  out.statement = must(wire::decode<wire::CopyStatement>(copy.statement));
  CHECK(out.statement.copy == number);
  CHECK(out.statement.worker == kMe);
  CHECK(out.statement.device == kDevice);
  out.op = must(wire::decode<wire::Operation>(out.statement.operation));
  return out;
}
std::vector<std::int64_t> numbers(Store& store) {
  std::vector<std::int64_t> out;
  for (const auto& work : must(store.unsent()).work) out.push_back(work.number);
  return out;
}

}  // namespace

TEST_CASE("copies: a draft waits as it is now, from its first save until the server has exactly that", "[store][L28]") {
  Folder folder;
  Server server;
  server.child("Amara");
  Store store = signed_store(folder / "a.db");
  sync(store, server);
  CHECK(must(store.unsent()).work.empty());
  auto visit = visit_to({"Amara"}, "saxophone lesson");
  must(store.save_draft(visit, at(1)));
  auto first = must(store.unsent());
  REQUIRE(first.work.size() == 1);
  CHECK(first.work[0].number >= base::kUnnumbered);
  CHECK_FALSE(first.more);
  auto copy = copy_of(store, first.work[0].number);
  CHECK(copy.op.kind == wire::OpKind::Put);
  CHECK(copy.op.number == 0);
  CHECK(copy.op.body == wire::encode(visit));
  CHECK(copy.op.base_rev == 0);
  CHECK_FALSE(copy.statement.after.has_value());
  observed(visit) += " and an orthodontist";
  must(store.save_draft(visit, at(2)));
  auto second = must(store.unsent());
  REQUIRE(second.work.size() == 1);
  CHECK(second.work[0].number == first.work[0].number);
  CHECK(second.work[0].mark != first.work[0].mark);
  sync(store, server);
  CHECK(must(store.unsent()).work.empty());
}

TEST_CASE("copies: frozen, a draft is its operation; typed on, it is also what followed", "[store][L28]") {
  Folder folder;
  Server server;
  Store store = signed_store(folder / "a.db");
  auto visit = visit_to({"Amara"}, "saxophone lesson");
  must(store.save_draft(visit, at(1)));
  must(store.freeze_ready(at(2)));
  CHECK(numbers(store) == std::vector<std::int64_t>{1});
  auto frozen = copy_of(store, 1);
  CHECK(frozen.op.number == 1);
  CHECK(frozen.statement.prev == wire::kChainStart);
  observed(visit) += " and an orthodontist";
  must(store.save_draft(visit, at(3)));
  const auto both = numbers(store);
  REQUIRE(both.size() == 2);
  auto later = copy_of(store, both[1]);
  CHECK(later.statement.after == 1);
  CHECK(later.op.body == wire::encode(visit));
  // What is pushed is what was copied, to the byte.
  const auto batch = must(store.freeze(64, 1 << 18, at(4)));
  CHECK(batch.ops.items == std::vector<std::string>{frozen.statement.operation});
}

TEST_CASE("copies: a submission waits with its records; frozen, under their numbers, until each is acknowledged", "[store][L28]") {
  Folder folder;
  Server server;
  server.child("Amara");
  server.child("Tobi");
  Store store = signed_store(folder / "a.db");
  sync(store, server);
  auto visit = visit_to({"Amara", "Tobi"}, "whispered jollof");
  const auto records = records_of(visit);
  must(store.submit(visit, records, at(1)));
  auto waiting = numbers(store);
  REQUIRE(waiting.size() == 3);
  CHECK(waiting[0] >= base::kUnnumbered);
  CHECK(copy_of(store, waiting[0]).op.body == wire::encode(records[0]));
  auto draft = copy_of(store, waiting[2]);
  REQUIRE(draft.statement.submitted.has_value());
  const std::vector<model::RevisionRef> became = {{records[0].id, 0, base::sha256_hex(wire::encode(records[0]))},
                                                  {records[1].id, 0, base::sha256_hex(wire::encode(records[1]))}};
  CHECK(*draft.statement.submitted == became);
  must(store.freeze_ready(at(2)));
  waiting = numbers(store);
  REQUIRE(waiting.size() == 3);
  CHECK(waiting[0] == 1);
  CHECK(waiting[1] == 2);
  CHECK(*copy_of(store, waiting[2]).statement.submitted == became);
  sync(store, server);
  CHECK(must(store.unsent()).work.empty());
}

TEST_CASE("copies: words that no record holds yet go into their draft's copy; whose are nobody's are said to be left out", "[store][L28]") {
  Folder folder;
  Server server;
  Store store = signed_store(folder / "a.db");
  auto visit = visit_to({"Amara"}, "saxophone lesson");
  must(store.save_draft(visit, at(1)));
  sync(store, server);
  CHECK(must(store.unsent()).work.empty());
  must(store.save_unfinished({{visit.id.str() + "/record/jotting", id_of("child/Amara"), "half a jotting"}}));
  const auto unsent = must(store.unsent());
  REQUIRE(unsent.work.size() == 1);
  CHECK_FALSE(unsent.more);
  const auto copy = copy_of(store, unsent.work[0].number);
  const auto copied = must(wire::decode<model::Visit>(copy.op.body));
  REQUIRE(copied.jottings.size() == 1);
  CHECK(copy.op.body.find("half a jotting") != std::string::npos);
  CHECK(copy.op.base_rev == 1);
  must(store.save_unfinished({{id_of("record/read").str() + "/rationale", id_of("child/Amara"), "half a rationale"}}));
  CHECK(must(store.unsent()).more);
}

TEST_CASE("copies: nothing is copied that nobody could sign for", "[store]") {
  Folder folder;
  Store store = open_store(folder / "a.db");
  must(store.save_draft(visit_to({"Amara"}), at(1)));
  const auto waiting = numbers(store);
  REQUIRE(waiting.size() == 1);
  CHECK(store.copy_text(waiting[0], unsigned_copy).error().fault == base::Fault::Denied);
  CHECK(must(store.unsent()).work.size() == 1);
}
