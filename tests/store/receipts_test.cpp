#include "tests/store/support.h"

using namespace doorstep;
using namespace doorstep::store;
using namespace doorstep::store::test;

namespace {

/// Not cryptography: what stands in for a signature here names the bytes it is of.
wire::SignedReceipt sealed(const wire::ReceiptStatement& said) {
  const auto statement = wire::encode(said);
  return {statement, "of " + base::sha256_hex(statement), {}};
}
bool is_sealed(const wire::SignedReceipt& receipt, Instant) {
  return receipt.signer == "the council's" && receipt.signature == "of " + base::sha256_hex(receipt.statement);
}

StoreOptions checking() {
  StoreOptions options;
  options.check_receipt = is_sealed;
  return options;
}

/// The server's reply with a receipt for each submit, numbered from `first`; `change` writes into it before it is signed.
wire::SyncReply signed_reply(Server& server, const Batch& batch, std::int64_t first = 14,
                             const std::function<void(wire::ReceiptStatement&)>& change = [](auto&) {}) {
  auto reply = server.answer(batch);
  for (auto& result : reply.results) {
    auto op = must(wire::decode<wire::Operation>(server.received.at(static_cast<std::size_t>(result.number - 1))));
    if (op.kind != wire::OpKind::Submit || result.status == wire::OpStatus::Refused) continue;
    wire::ReceiptStatement said;
    said.number = first++;
    said.at = at(61);
    said.epoch = server.epoch;
    said.device = kDevice;
    said.operation = op.number;
    said.kind = op.kind;
    said.record = op.record;
    said.rev = result.rev;
    said.hash = result.hash;
    said.sent = base::sha256_hex(op.body);
    change(said);
    result.receipt = sealed(said);
    reply.receipt_signer = "the council's";
  }
  return reply;
}

struct Tablet {
  Folder folder;
  Server server;
  Store store = open_store(folder / "a.db", kMe, kDevice, checking());
  model::Visit visit = visit_to({"Amara"});

  Tablet() {
    server.child("Amara");
    server.child("Tobi");
    sync(store, server);
  }
  Batch submitted() {
    must(store.submit(visit, records_of(visit), at(1)));
    return must(store.freeze(64, 1 << 18, at(2)));
  }
  RecordView record() {
    auto caseload = must(store.caseload());
    REQUIRE_FALSE(caseload.records.empty());
    return caseload.records.front();
  }
  std::vector<ReceiptView> receipts() { return record().receipts; }
};

}  // namespace

TEST_CASE("receipts: a good one is kept with its record, also by a store opened again; told twice it is kept once", "[store]") {
  Tablet tablet;
  const auto batch = tablet.submitted();
  const auto reply = signed_reply(tablet.server, batch);
  must(tablet.store.apply(reply, at(3)));
  must(tablet.store.apply(reply, at(3)));
  tablet.store = open_store(tablet.folder / "a.db");
  const auto receipts = tablet.receipts();
  REQUIRE(receipts.size() == 1);
  CHECK(receipts[0].number == 14);
  CHECK(receipts[0].at == at(61));
  CHECK(receipts[0].kind == wire::OpKind::Submit);
  CHECK(receipts[0].fault.empty());
  CHECK(receipts[0].standing);
  CHECK(receipts[0].hash == tablet.record().head().revision.hash);
  CHECK(is_sealed(receipts[0].receipt, at(61)));
}

TEST_CASE("receipts: forged, unsigned, of other bytes, another record, tablet or version: told so, and what was written stays", "[store]") {
  using Change = std::function<void(wire::ReceiptStatement&)>;
  struct Wrong { const char* what; std::string fault; Change change; std::function<void(wire::SyncReply&)> after; };
  const auto none = [](wire::ReceiptStatement&) {};
  const auto as_it_is = [](wire::SyncReply&) {};
  const std::vector<Wrong> all = {
      {"forged", "signature", none, [](wire::SyncReply& r) { r.results.back().receipt->signature = "of nothing"; }},
      {"another's certificate", "signature", none, [](wire::SyncReply& r) { r.receipt_signer = "somebody's"; }},
      {"no certificate", "signature", none, [](wire::SyncReply& r) { r.receipt_signer.reset(); }},
      {"changed", "signature", none, [](wire::SyncReply& r) { r.results.back().receipt->statement += " "; }},
      {"no statement", "signature", none, [](wire::SyncReply& r) { r.results.back().receipt->statement = "x"; }},
      {"another record", "other", [](auto& s) { s.record = id_of("another"); }, as_it_is},
      {"other bytes", "other", [](auto& s) { s.sent = base::sha256_hex("x"); }, as_it_is},
      {"another text", "other", [](auto& s) { s.hash = base::sha256_hex("x"); }, as_it_is},
      {"another version", "other", [](auto& s) { s.rev = 7; }, as_it_is},
      {"another tablet", "other", [](auto& s) { s.device = id_of("another"); }, as_it_is},
      {"another operation", "other", [](auto& s) { s.operation = 99; }, as_it_is},
      {"another incarnation", "other", [](auto& s) { s.incarnation = 2; }, as_it_is},
      {"a decision", "other", [](auto& s) { s.kind = wire::OpKind::Decide; }, as_it_is},
  };
  for (const auto& wrong : all) {
    INFO(wrong.what);
    Tablet tablet;
    tablet.server.stable = 1'000;  // the server says that nothing need be kept here any more
    const auto batch = tablet.submitted();
    auto reply = signed_reply(tablet.server, batch, 14, wrong.change);
    wrong.after(reply);
    must(tablet.store.apply(reply, at(3)));
    REQUIRE(tablet.receipts().size() == 1);
    CHECK(tablet.receipts()[0].fault == wrong.fault);
    CHECK(must(tablet.store.status()).waiting == 0);  // what it acknowledged is acknowledged
    const auto& bytes = batch.ops.items.front();
    CHECK(everything(tablet.store).find(bytes.substr(0, 60)) != std::string::npos);
    sync(tablet.store, tablet.server);
    CHECK(everything(tablet.store).find(bytes.substr(0, 60)) != std::string::npos);
  }
  Tablet tablet;  // with a good one it need not be
  tablet.server.stable = 1'000;
  const auto batch = tablet.submitted();
  must(tablet.store.apply(signed_reply(tablet.server, batch), at(3)));
  CHECK(everything(tablet.store).find(batch.ops.items.front().substr(0, 60)) == std::string::npos);
}

TEST_CASE("receipts: a restored server's old one no longer stands; it is evidence beside the new", "[store]") {
  Tablet tablet;
  Server old = tablet.server;
  old.epoch = "e2";
  must(tablet.store.apply(signed_reply(tablet.server, tablet.submitted()), at(3)));
  REQUIRE(tablet.receipts().size() == 1);
  sync(tablet.store, old);  // its reply shows that it went back
  REQUIRE(tablet.receipts().size() == 1);
  CHECK_FALSE(tablet.receipts()[0].standing);
  CHECK(tablet.receipts()[0].fault.empty());
  const auto again = must(tablet.store.freeze(64, 1 << 18, at(4)));
  REQUIRE_FALSE(again.ops.items.empty());
  must(tablet.store.apply(signed_reply(old, again, 3), at(5)));
  const auto receipts = tablet.receipts();
  REQUIRE(receipts.size() == 2);
  CHECK_FALSE(receipts[0].standing);
  CHECK(receipts[1].standing);
  CHECK(receipts[1].number == 3);
}

TEST_CASE("receipts: one of a history that is gone no longer stands, though the same operation was taken in the other as well", "[store]") {
  Tablet tablet;
  const auto batch = tablet.submitted();
  const auto record = records_of(tablet.visit).front();
  Server other = tablet.server;
  other.epoch = "e2";
  other.answer(batch);
  auto elsewhere = record;
  elsewhere.part.answers["home"] = std::string("Warm, from another tablet.");
  tablet.server.add(record.part.id, {record.id, 1, model::RecordKind::ChildRecord, model::State::Submitted, kMe, id_of("device/b"), at(2), {},
                                     wire::encode(elsewhere), {}, {}});
  must(tablet.store.apply(signed_reply(tablet.server, batch), at(3)));
  REQUIRE(tablet.receipts().size() == 1);
  CHECK(tablet.receipts()[0].rev == 2);
  CHECK(tablet.receipts()[0].standing);
  sync(tablet.store, other, at(4));
  REQUIRE(tablet.receipts().size() == 1);
  CHECK_FALSE(tablet.receipts()[0].standing);
}

TEST_CASE("receipts: they leave the tablet with their record", "[store]") {
  Tablet tablet;
  must(tablet.store.apply(signed_reply(tablet.server, tablet.submitted()), at(3)));
  CHECK(everything(tablet.store).find("the council's") != std::string::npos);
  tablet.server.dropped.insert(id_of("child/Amara"));
  sync(tablet.store, tablet.server);
  CHECK(everything(tablet.store).find("the council's") == std::string::npos);
}

TEST_CASE("receipts: a matched child's leave the tablet with the case that the record is in", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  Store store = open_store(folder / "a.db", kMe, kDevice, checking());
  sync(store, server);
  const auto visit = visit_to({"Nobody"}, "a child nobody knew");
  must(store.submit(visit, records_of(visit), at(1)));
  const auto record = records_of(visit)[0].id;
  must(store.apply(signed_reply(server, must(store.freeze(64, 1 << 18, at(2)))), at(2)));
  server.add(id_of("child/Amara"), *server.head(record));
  server.dropped.insert(id_of("child/Nobody"));
  sync(store, server);
  REQUIRE(must(store.record(record)).receipts.size() == 1);
  const auto signature = must(store.record(record)).receipts[0].receipt.signature;
  server.dropped.insert(id_of("child/Amara"));
  sync(store, server);
  CHECK(everything(store).find(signature) == std::string::npos);
}
