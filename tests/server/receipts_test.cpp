#include "sync/server/receipts.h"

#include "sync/server/data_folder.h"
#include "tests/server/office.h"

using namespace doorstep;
using namespace doorstep::tests;
using base::Fault;
using server::Standing;

namespace {

/// As a tablet keeps it: with the signer that came with the reply.
wire::SignedReceipt kept(const Tablet& tablet, const wire::OpResult& result) {
  REQUIRE(result.receipt.has_value());
  CHECK_FALSE(result.receipt->signer.has_value());
  REQUIRE(tablet.last.receipt_signer.has_value());
  auto out = *result.receipt;
  out.signer = tablet.last.receipt_signer;
  return out;
}
wire::ReceiptStatement said(const wire::SignedReceipt& receipt) {
  auto statement = wire::decode<wire::ReceiptStatement>(receipt.statement);
  REQUIRE(statement.has_value());
  return *statement;
}

}  // namespace

TEST_CASE("receipts: a submit and a decision are signed for, each by itself; a draft and what is refused are not", "[server]") {
  Office office;
  Tablet wren(office, "wren"), sparrow(office, "sparrow");
  model::Visit draft;
  draft.id = any_id("draft");
  draft.author = wren.worker;
  CHECK_FALSE(wren.one(wren.put(draft)).receipt.has_value());
  CHECK_FALSE(wren.last.receipt_signer.has_value());
  const auto amara = wren.record(any_id("r1"), child_id("A1")), ben = wren.record(any_id("r2"), child_id("B1"), "He waved.");
  const auto results = wren.sync({Tablet::submit(amara, child_id("A1")), Tablet::submit(ben, child_id("B1")), Tablet::submit(ben, child_id("S1"))});
  REQUIRE(results.size() == 3);
  CHECK(results[2].status == OpStatus::Refused);
  CHECK_FALSE(results[2].receipt.has_value());
  const auto first = said(kept(wren, results[0])), second = said(kept(wren, results[1]));
  CHECK(first.number < second.number);
  CHECK(first.at == office.clock.now);
  CHECK(first.kind == OpKind::Submit);
  CHECK(first.record == amara.id);
  CHECK(first.rev == 1);
  CHECK(first.hash == base::sha256_hex(wire::encode(amara)));
  CHECK(first.sent == first.hash);
  CHECK(first.device == wren.device);
  CHECK(first.operation == 2);
  CHECK(second.record == ben.id);
  sparrow.sync();
  const auto decided = sparrow.one(sparrow.decide(*sparrow.has(child_id("A1"), amara.id), child_id("A1"), model::Verdict::Approved, "Read."));
  const auto receipt = said(kept(sparrow, decided));
  CHECK(receipt.kind == OpKind::Decide);
  CHECK(receipt.record == amara.id);
  CHECK(receipt.rev == 2);
  CHECK(receipt.hash == first.hash);  // the text that was approved
  CHECK(receipt.sent != receipt.hash);
  const auto checked = server::check_receipt(*office.repository, office.ca.cert, kept(sparrow, decided));
  REQUIRE(checked.has_value());
  CHECK(checked->standing == Standing::Here);
  CHECK(checked->statement == receipt);
  // By its number the server finds the same again; a batch's own receipt is of no record.
  const auto again = server::read_receipt(*office.repository, office.signer, first.number);
  REQUIRE(again.has_value());
  CHECK(said(*again) == first);
  CHECK(server::read_receipt(*office.repository, office.signer, wren.last.receipt->number).error().fault == Fault::NotFound);
  CHECK(server::read_receipt(*office.repository, office.signer, 1'000'000).error().fault == Fault::NotFound);
}

TEST_CASE("receipts: of forty that come at once each is signed for what it answers, and what cannot be read is refused in its place", "[server]") {
  Office office;
  Tablet wren(office, "wren");
  constexpr std::size_t kUnreadable = 19;
  std::vector<wire::Operation> ops;
  for (int i = 0; i < 40; ++i) ops.push_back(Tablet::submit(wren.record(any_id("r" + std::to_string(i)), child_id("A1")), child_id("A1")));
  ops[kUnreadable].body = "{";
  const auto results = wren.sync(ops);
  const auto receipt_signer = wren.last.receipt_signer;
  REQUIRE(results.size() == ops.size());
  for (std::size_t i = 0; i < results.size(); ++i) {
    CAPTURE(i);
    REQUIRE((results[i].status == OpStatus::Refused) == (i == kUnreadable));
    REQUIRE(results[i].receipt.has_value() == (i != kUnreadable));
    if (i == kUnreadable) continue;
    const auto statement = said(*results[i].receipt);
    CHECK(statement.operation == static_cast<std::int64_t>(i) + 1);
    CHECK(statement.record == ops[i].record);
    CHECK(statement.hash == base::sha256_hex(ops[i].body));
    auto whole = *results[i].receipt;
    whole.signer = receipt_signer;
    CHECK(server::check_receipt(*office.repository, office.ca.cert, whole).has_value());
  }
  const auto again = wren.post<wire::SyncReply>("/v1/sync", wire::encode(wren.last_request), wren.identity);
  CHECK(again.results == results);
}

TEST_CASE("receipts: what is sent again, its reply lost, gets the same receipt; so it does under another signer", "[server]") {
  Office office;
  Tablet wren(office, "wren");
  const auto result = wren.one(Tablet::submit(wren.record(any_id("r1"), child_id("A1")), child_id("A1")));
  const auto first = kept(wren, result);
  office.clock.pass(std::chrono::hours(24));
  office.signer = *tls::make_signer(office.ca, {"localhost"}, tls::kServerDays, office.clock.now);
  auto reply = wire::decode<wire::SyncReply>(wren.raw(wren.last_request).body);
  REQUIRE(reply.has_value());
  REQUIRE(reply->results.size() == 1);
  REQUIRE(reply->results[0].receipt.has_value());
  CHECK(reply->results[0].receipt->statement == first.statement);
  CHECK(reply->receipt_signer != first.signer);
  // The first is as good as before: its signer came with it.
  CHECK(server::check_receipt(*office.repository, office.ca.cert, first).has_value());
}

TEST_CASE("receipts: forged, changed, another's and unsigned are found", "[server]") {
  Office office(Store::Sqlcipher);
  Tablet wren(office, "wren");
  const auto results = wren.sync({Tablet::submit(wren.record(any_id("r1"), child_id("A1")), child_id("A1")),
                                  Tablet::submit(wren.record(any_id("r2"), child_id("B1")), child_id("B1"))});
  const auto good = kept(wren, results[0]), other = kept(wren, results[1]);
  const auto fault_of = [&](const wire::SignedReceipt& receipt) { return server::check_receipt(*office.repository, office.ca.cert, receipt).error().fault; };
  auto swapped = good;
  swapped.statement = other.statement;
  CHECK(fault_of(swapped) == Fault::Untrusted);
  auto backdated = good;
  auto statement = said(good);
  statement.at = statement.at + -base::Millis(60'000);
  backdated.statement = wire::encode(statement);
  CHECK(fault_of(backdated) == Fault::Untrusted);
  const auto forger = *tls::make_authority("Test council", office.clock.now);
  const auto theirs = *tls::make_signer(forger, {"localhost"}, tls::kServerDays, office.clock.now);
  auto forged = good;
  forged.signature = base::to_hex(*tls::sign(theirs, std::string(wire::kReceiptContext) + good.statement));
  forged.signer = theirs.cert;
  CHECK(fault_of(forged) == Fault::Untrusted);
  auto bare = good;  // signed, but not as a receipt
  bare.signature = base::to_hex(*tls::sign(office.signer, good.statement));
  CHECK(fault_of(bare) == Fault::Untrusted);
  auto unsigned_one = good;
  unsigned_one.signer.reset();
  CHECK(fault_of(unsigned_one) == Fault::Invalid);
  auto words = good;
  words.statement = "no receipt";
  CHECK(fault_of(words) == Fault::Invalid);
}

TEST_CASE("receipts: a server restored from a backup says of a receipt that it has not got what it names, or something else", "[server]") {
  Office office(Store::Sqlcipher);
  Tablet wren(office, "wren");
  wren.sync();
  office.repository.reset();
  office.service.reset();
  const auto backup = office.folder() / "backup.db";
  std::filesystem::copy_file(office.file(), backup);
  office.reopen();
  server::ServiceOptions options;
  options.signer = &office.signer;
  const auto serve = [&] {
    office.service = std::make_unique<server::Service>(*office.repository, office.ca, office.clock, [](const auto&) { return std::string(); }, options);
  };
  serve();
  const auto record = wren.record(any_id("r1"), child_id("A1"));
  const auto receipt = kept(wren, wren.one(Tablet::submit(record, child_id("A1"))));
  office.service.reset();
  office.repository.reset();
  for (const char* end : {"-wal", "-shm"}) std::filesystem::remove(office.file().string() + end);
  std::filesystem::copy_file(backup, office.file(), std::filesystem::copy_options::overwrite_existing);
  office.reopen();
  serve();
  const auto standing = [&](const wire::SignedReceipt& of) {
    auto checked = server::check_receipt(*office.repository, office.ca.cert, of);
    REQUIRE(checked.has_value());  // the signature stays good
    return checked->standing;
  };
  CHECK(standing(receipt) == Standing::NotHere);
  // The same bytes again: here once more, under a receipt of this history. The first says what is so as well.
  office.clock.pass(std::chrono::hours(1));
  auto reply = wire::decode<wire::SyncReply>(wren.raw(wren.last_request).body);
  REQUIRE(reply.has_value());
  auto second = *reply->results.at(0).receipt;
  second.signer = reply->receipt_signer;
  CHECK(said(second).at == office.clock.now);
  CHECK(said(second).sent == said(receipt).sent);
  CHECK(standing(second) == Standing::Here);
  CHECK(standing(receipt) == Standing::Here);
  // Had the tablet written something else there, the old receipt would name what is not so.
  auto statement = said(receipt);
  statement.sent = base::sha256_hex("something else");
  wire::SignedReceipt otherwise{wire::encode(statement), {}, office.signer.cert};
  otherwise.signature = base::to_hex(*tls::sign(office.signer, std::string(wire::kReceiptContext) + otherwise.statement));
  CHECK(standing(otherwise) == Standing::Otherwise);
}

TEST_CASE("receipts: the folder's signer is kept, and made anew with its key before it runs out or when it is not there", "[server]") {
  Office office(Store::Sqlcipher);
  const auto folder = office.folder() / "data";
  const std::vector<std::string> names = {"cases.example.gov.uk"};
  REQUIRE(server::init_data_folder(folder, "Test council", names, office.clock.now).has_value());
  const auto signer = [&](base::Instant at) {
    auto opened = server::open_data_folder(folder, names, at);
    REQUIRE(opened.has_value());
    CHECK(tls::matches(opened->signer.cert, opened->signer.key));
    return std::move(opened->signer);
  };
  const auto first = signer(office.clock.now);
  CHECK(signer(office.clock.now).cert == first.cert);
  const auto later = signer(office.clock.now + std::chrono::hours(24 * (tls::kServerDays - 29)));
  CHECK(later.cert != first.cert);
  CHECK_FALSE(tls::matches(later.cert, first.key));
  std::filesystem::remove(folder / "receipts.pem");  // cut between key and certificate
  const auto again = signer(office.clock.now);
  CHECK(again.cert != later.cert);
  CHECK((std::filesystem::status(folder / "receipts.key").permissions() & std::filesystem::perms::others_all) == std::filesystem::perms::none);
}
