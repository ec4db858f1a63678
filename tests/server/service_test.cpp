#include "sync/server/service.h"

#include <catch2/catch_get_random_seed.hpp>
#include <barrier>
#include <random>
#include <thread>

#include "sync/server/csv.h"
#include "tests/server/office.h"

using namespace doorstep;
using namespace doorstep::tests;

namespace {

std::string problem_of(const server::HttpReply& reply) {
  CHECK(reply.content_type == wire::kProblemType);
  auto problem = wire::decode<wire::Problem>(reply.body);
  REQUIRE(problem.has_value());
  CHECK(problem->status == reply.status);
  CHECK_FALSE(problem->title.empty());
  return std::to_string(reply.status) + " " + problem->type.substr(std::string("urn:doorstep:problem:").size());
}

server::HttpRequest get(const std::string& target) {
  server::HttpRequest request;
  request.method = "GET";
  request.target = target;
  return request;
}

}  // namespace

TEST_CASE("service: a worker gets exactly their cases, a supervisor the team's", "[server]") {
  Office office;
  Tablet wren(office, "wren"), sparrow(office, "sparrow"), heron(office, "heron");
  wren.sync();
  CHECK(wren.cases.size() == 3);
  CHECK(wren.has(child_id("A1"), child_id("A1")));
  CHECK(wren.has(child_id("B1"), Id::from_name("family:F1")));
  CHECK(wren.has(wren.worker, worker_id("sparrow")));
  CHECK_FALSE(wren.has(wren.worker, worker_id("heron")));
  sparrow.sync();
  CHECK(sparrow.cases.contains(child_id("A1")));
  CHECK_FALSE(sparrow.cases.contains(wren.worker));
  heron.sync();
  CHECK(heron.cases.contains(child_id("S1")));
  CHECK_FALSE(heron.cases.contains(child_id("A1")));
  auto amara = wire::decode<model::Child>(wren.has(child_id("A1"), child_id("A1"))->body);
  REQUIRE(amara.has_value());
  CHECK(amara->allocated_worker == wren.worker);
  CHECK(amara->open_steps.size() == 1);
  CHECK(amara->involvements.size() == 1);
}

TEST_CASE("service: what did not change is not sent again, and the digest alone is enough", "[server]") {
  Office office;
  Tablet wren(office, "wren");
  wren.sync();
  auto request = wren.request();
  request.view.cases.reset();
  auto reply = wire::decode<wire::SyncReply>(wren.raw(request).body);
  REQUIRE(reply.has_value());
  CHECK(reply->cases.empty());
  CHECK_FALSE(reply->need_view);
  CHECK_FALSE(reply->receipt.has_value());

  request.view.digest = std::string(64, 'a');
  reply = wire::decode<wire::SyncReply>(wren.raw(request).body);
  REQUIRE(reply.has_value());
  CHECK(reply->need_view);
  CHECK(reply->cases.empty());

  request = wren.request();
  request.view.digest = std::string(64, 'b');
  CHECK(problem_of(wren.raw(request)) == "400 malformed");
}

TEST_CASE("service: of a request whose view cannot be read nothing is stored", "[server]") {
  Office office;
  Tablet wren(office, "wren");
  wren.sync();
  auto request = wren.request({"an operation"});
  request.view.digest = std::string(64, 'b');
  CHECK(problem_of(wren.raw(request)) == "400 malformed");
  const auto reply = wire::decode<wire::SyncReply>(wren.raw(wren.request()).body);
  REQUIRE(reply.has_value());
  CHECK(reply->applied_through == 0);
}

TEST_CASE("service: a small budget is kept to, and everything arrives in the end", "[server]") {
  Office office;
  Tablet wren(office, "wren");
  auto request = wren.request();
  request.budget = 1;
  int rounds = 0;
  for (;; ++rounds) {
    REQUIRE(rounds < 100);
    auto reply = wire::decode<wire::SyncReply>(wren.raw(request).body);
    REQUIRE(reply.has_value());
    std::size_t entries = 0;
    for (const auto& part : reply->cases) entries += part.entries.size();
    CHECK(entries <= 1);
    wren.take(*reply);
    if (!reply->more) break;
    request = wren.request();
    request.budget = 1;
    office.clock.pass(std::chrono::seconds(2));
  }
  CHECK(rounds > 5);
  Tablet other(office, "wren");
  other.sync();
  CHECK(other.cases == wren.cases);
}

TEST_CASE("service: a submitted record is approved by the supervisor and read back byte for byte", "[server]") {
  Office office;
  Tablet wren(office, "wren"), sparrow(office, "sparrow"), second(office, "wren");
  auto record = wren.record(any_id("r"), child_id("A1"), "=2+2 <b>&\" \u202Eעברית\n\ttab 🏠 e\u0301 \u00e9 \u200d");
  auto made = wren.one(Tablet::submit(record, child_id("A1")));
  CHECK(made.status == OpStatus::Applied);
  CHECK(made.rev == 1);
  REQUIRE(wren.last.receipt.has_value());
  CHECK(wren.last.receipt->through == 1);
  CHECK(wren.last.receipt->hash == wren.hash);

  sparrow.sync();
  const model::Revision* submitted = sparrow.has(child_id("A1"), record.id);
  REQUIRE(submitted);
  CHECK(submitted->state == State::Submitted);
  const auto decision = sparrow.decide(*submitted, child_id("A1"), model::Verdict::Approved, "Read.");
  auto decided = sparrow.one(decision);
  CHECK(decided.status == OpStatus::Applied);
  CHECK(sparrow.last.receipt->number == wren.last.receipt->number + 2);  // the decision's own comes first
  auto again = sparrow.one(decision);  // under another number, as from a chain begun anew
  CHECK(again.status == OpStatus::Applied);
  CHECK(again.rev == decided.rev);

  wren.sync();
  second.sync();
  const model::Revision* approved = second.has(child_id("A1"), record.id);
  REQUIRE(approved);
  CHECK(approved->state == State::Approved);
  CHECK(approved->body == wire::encode(record));
  CHECK(approved->hash == made.hash);
  CHECK(approved->author == wren.worker);
  CHECK(wren.cases == second.cases);
}

TEST_CASE("service: the same batch again is answered with the stored results and changes nothing", "[server]") {
  Office office;
  Tablet wren(office, "wren");
  auto record = wren.record(any_id("r"), child_id("A1"));
  auto results = wren.sync({Tablet::submit(record, child_id("A1"))});
  auto counts = office.read([](server::Unit& unit) { return unit.counts(); });
  auto again = wire::decode<wire::SyncReply>(wren.raw(wren.last_request).body);
  REQUIRE(again.has_value());
  CHECK(again->results == results);
  CHECK(again->applied_through == 1);
  auto after = office.read([](server::Unit& unit) { return unit.counts(); });
  CHECK(after.operations == counts.operations);
  CHECK(after.records == counts.records);
  CHECK(office.head(record.id)->rev == 1);
}

TEST_CASE("service: other bytes under a known number are forked, and nothing is taken in", "[server]") {
  Office office;
  Tablet wren(office, "wren");
  wren.sync({Tablet::submit(wren.record(any_id("r"), child_id("A1")), child_id("A1"))});
  auto request = wren.last_request;
  auto other = wire::decode<wire::Operation>(request.ops.items.front());
  REQUIRE(other.has_value());
  other->record = any_id("other");
  request.ops.items = {wire::encode(*other)};
  CHECK(problem_of(wren.raw(request)) == "409 forked");
  CHECK_FALSE(office.head(any_id("other")).has_value());

  request = wren.request({"{}"});
  request.ops.prev = std::string(64, 'f');
  CHECK(problem_of(wren.raw(request)) == "409 forked");

  request = wren.request({wire::encode(*other)});  // a new incarnation starts a chain of its own
  request.incarnation = 2;
  request.ops.first = 1;
  request.ops.prev = wire::kChainStart;
  other->number = 1;
  request.ops.items = {wire::encode(*other)};
  auto reply = wren.raw(request);
  CHECK(reply.status == 200);
}

TEST_CASE("service: a batch beyond what is known says where to start", "[server]") {
  Office office;
  Tablet wren(office, "wren");
  auto request = wren.request({"{}"});
  request.ops.first = 7;
  request.ops.prev = std::string(64, '7');
  auto reply = wire::decode<wire::SyncReply>(wren.raw(request).body);
  REQUIRE(reply.has_value());
  CHECK(reply->applied_through == 0);
  CHECK(reply->results.empty());
  CHECK_FALSE(reply->receipt.has_value());
}

TEST_CASE("service: a tablet hears which of its earlier incarnations are not what it was told", "[server]") {
  Office office;
  Tablet wren(office, "wren");
  wren.sync({Tablet::submit(wren.record(any_id("r"), child_id("A1")), child_id("A1"))});
  auto request = wren.request();
  request.incarnation = 2;
  request.ops = {1, wire::kChainStart, {}};
  auto lost = [&](std::vector<wire::Incarnation> earlier) {
    request.earlier = std::move(earlier);
    auto reply = wire::decode<wire::SyncReply>(wren.raw(request).body);
    REQUIRE(reply.has_value());
    return reply->lost.value_or(std::vector<wire::Incarnation>());
  };
  CHECK(lost({}).empty());
  CHECK(lost({{1, 1, wren.hash}}).empty());
  CHECK(lost({{1, 5, std::string(64, '5')}}) == std::vector<wire::Incarnation>{{1, 1, wren.hash}});
  CHECK(lost({{1, 1, std::string(64, '1')}}) == std::vector<wire::Incarnation>{{1, 1, wren.hash}});
  CHECK(lost({{2, 1, std::string(64, '2')}}).empty());  // only incarnations that ended
  request.earlier = std::vector<wire::Incarnation>(wire::kEarlierIncarnations + 1);
  CHECK(wren.raw(request).status == 400);
}

TEST_CASE("service: bytes that are no operation are kept and refused, and the next one goes through", "[server]") {
  Office office;
  Tablet wren(office, "wren");
  auto good = Tablet::submit(wren.record(any_id("r"), child_id("A1")), child_id("A1"));
  good.number = 2;
  auto request = wren.request({"not json \xff", wire::encode(good)});
  request.ops.items[0] = "not json";
  auto reply = wire::decode<wire::SyncReply>(wren.raw(request).body);
  REQUIRE(reply.has_value());
  REQUIRE(reply->results.size() == 2);
  CHECK(reply->results[0].code == Refusal::Malformed);
  CHECK(reply->results[1].status == OpStatus::Applied);
  auto kept = office.read([&](server::Unit& unit) { return unit.operation(wren.device, 1, 1); });
  REQUIRE(kept.has_value());
  CHECK(kept->bytes == "not json");
}

TEST_CASE("service: a case that left is dropped, comes back whole, and pending work still arrives", "[server][A48]") {
  Office office;
  Tablet wren(office, "wren"), ash(office, "ash"), sparrow(office, "sparrow");
  wren.sync();
  office.clock.pass(std::chrono::hours(24));
  auto files = extract();
  files["allocations.csv"] = "child_ref,worker_ref,kind,until\nA1,ash,ALLOCATED,\nB1,wren,ALLOCATED,\nS1,heron,ALLOCATED,\n";
  CHECK(office.import(files).cases_moved == 1);

  // Written before the move, sent after it.
  auto record = wren.record(any_id("late"), child_id("A1"));
  auto result = wren.one(Tablet::submit(record, child_id("A1")));
  CHECK(result.status == OpStatus::Applied);
  CHECK(wren.last.drop == std::vector<Id>{child_id("A1")});
  CHECK_FALSE(wren.has(child_id("A1"), record.id));
  wren.purge(child_id("A1"));
  auto request = wren.request();
  request.purged = {child_id("A1")};
  CHECK(wren.raw(request).status == 200);
  wren.sync();
  CHECK(wren.last.drop.empty());

  ash.sync();
  CHECK(ash.has(child_id("A1"), record.id));
  sparrow.sync();
  CHECK(sparrow.has(child_id("A1"), record.id));

  office.import(extract());
  wren.sync();
  CHECK(wren.has(child_id("A1"), record.id));
  ash.sync();
  CHECK(ash.last.drop == std::vector<Id>{child_id("A1")});
}

TEST_CASE("service: cover opens a case until its day", "[server]") {
  Office office;
  auto files = extract();
  files["allocations.csv"] += "A1,heron,COVER,2026-11-20\n";
  office.import(files);
  Tablet heron(office, "heron");
  heron.sync();
  CHECK(heron.cases.contains(child_id("A1")));
  office.clock.now = *base::from_rfc3339("2026-11-20T23:59:59Z");
  heron.sync();
  CHECK(heron.last.drop.empty());
  office.clock.now = *base::from_rfc3339("2026-11-21T00:00:00Z");
  heron.sync();
  CHECK(heron.last.drop == std::vector<Id>{child_id("A1")});
  heron.purge(child_id("A1"));

  // The day is the United Kingdom's: in summer it ends an hour before Greenwich's.
  files = extract();
  files["allocations.csv"] += "A1,heron,COVER,2027-06-10\n";
  office.import(files);
  office.clock.now = *base::from_rfc3339("2027-06-10T22:59:59Z");
  heron.renew();
  heron.sync();
  CHECK(heron.cases.contains(child_id("A1")));
  CHECK(heron.last.drop.empty());
  office.clock.now = *base::from_rfc3339("2027-06-10T23:00:00Z");
  heron.sync();
  CHECK(heron.last.drop == std::vector<Id>{child_id("A1")});
}

TEST_CASE("service: a cursor that is not in our history is told so, and the case comes from the start", "[server]") {
  Office office;
  Tablet wren(office, "wren");
  wren.sync();
  auto whole = wren.cases;
  wren.cursors[child_id("A1")].chain = std::string(64, 'e');
  wren.cursors[child_id("B1")].seq = 999;
  wren.sync();
  CHECK(std::count_if(wren.last.cases.begin(), wren.last.cases.end(), [](const auto& part) { return part.diverged.value_or(false); }) == 2);
  CHECK(wren.cases == whole);
}

TEST_CASE("service: a child on no list opens a case, and a match brings its records home", "[server]") {
  Office office;
  Tablet wren(office, "wren"), sparrow(office, "sparrow"), heron(office, "heron"), owl(office, "owl");
  Id found = any_id("child found asleep");
  auto record = wren.record(any_id("r"), found);
  record.part.name = "Tobi";
  CHECK(wren.one(Tablet::submit(record, found)).status == OpStatus::Applied);
  CHECK(wren.has(found, record.id));
  sparrow.sync();
  REQUIRE(sparrow.has(found, found));
  auto child = wire::decode<model::Child>(sparrow.has(found, found)->body);
  REQUIRE(child.has_value());
  CHECK(child->provisional == true);
  CHECK(child->name == "Tobi");
  owl.sync();
  CHECK_FALSE(owl.cases.contains(found));

  auto match = [&](const Tablet& by, Id target) {
    wire::Operation op = Tablet::on(OpKind::Match, *sparrow.has(found, found), found, wire::encode(wire::MatchBody{target}));
    op.record = found;
    op.record_kind = RecordKind::Child;
    (void)by;
    return op;
  };
  CHECK(owl.one(match(owl, child_id("S1"))).code == Refusal::UnknownCase);
  CHECK(wren.one(match(wren, child_id("B1"))).code == Refusal::NotSupervisor);
  CHECK(sparrow.one(match(sparrow, child_id("S1"))).code == Refusal::UnknownCase);
  CHECK(sparrow.one(match(sparrow, any_id("nobody"))).code == Refusal::UnknownCase);
  CHECK(sparrow.one(match(sparrow, child_id("B1"))).status == OpStatus::Applied);
  CHECK(sparrow.last.drop == std::vector<Id>{found});
  CHECK(sparrow.one(match(sparrow, child_id("B1"))).status == OpStatus::Applied);  // no news
  sparrow.purge(found);
  CHECK(sparrow.has(child_id("B1"), record.id));
  CHECK_FALSE(sparrow.has(child_id("B1"), found));

  // Operations frozen under the old id stay valid.
  const model::Revision* submitted = sparrow.has(child_id("B1"), record.id);
  CHECK(sparrow.one(sparrow.decide(*submitted, found, model::Verdict::Returned, "Say who was there.")).status == OpStatus::Applied);
  wren.sync();
  const model::Revision* returned = wren.has(child_id("B1"), record.id);
  REQUIRE(returned);
  record.part.answers["words"] = std::string("corrected");
  CHECK(wren.one(Tablet::submit(record, found, returned)).status == OpStatus::Applied);
  CHECK(wren.has(child_id("B1"), record.id)->state == State::Submitted);
}

TEST_CASE("service: an alert about somebody nobody knew is settled once, by a supervisor", "[server]") {
  Office office;
  Tablet wren(office, "wren"), sparrow(office, "sparrow");
  auto record = wren.record(any_id("r"), child_id("A1"));
  model::OtherChild other;
  other.id = any_id("boy on the stairs");
  other.known_to_service = model::Known::Unknown;
  record.facts.other_children = {other};
  model::Present man;
  man.id = any_id("a man who lives there");
  man.unknown = man.in_household = true;
  record.facts.present = {man};
  wren.sync({Tablet::submit(record, child_id("A1"))});
  sparrow.sync();
  model::Disposition disposition;
  disposition.id = any_id("disposition");
  disposition.alert = other.id;
  disposition.record = record.id;
  disposition.by = sparrow.worker;
  disposition.outcome = "REFERRED";
  const auto& head = *sparrow.has(child_id("A1"), record.id);
  auto op = Tablet::on(OpKind::Settle, head, child_id("A1"), wire::encode(disposition));
  auto by_wren = disposition;
  by_wren.by = wren.worker;
  CHECK(wren.one(Tablet::on(OpKind::Settle, head, child_id("A1"), wire::encode(by_wren))).code == Refusal::NotSupervisor);
  auto unknown = disposition;
  unknown.alert = any_id("no such alert");
  CHECK(sparrow.one(Tablet::on(OpKind::Settle, head, child_id("A1"), wire::encode(unknown))).code == Refusal::Malformed);
  CHECK(sparrow.one(op).status == OpStatus::Applied);
  CHECK(sparrow.has(child_id("A1"), disposition.id));
  CHECK(sparrow.one(op).status == OpStatus::Applied);  // under another number, as from a chain begun anew: no news
  disposition.id = any_id("of the man");
  disposition.alert = man.id;
  CHECK(sparrow.one(Tablet::on(OpKind::Settle, head, child_id("A1"), wire::encode(disposition))).status == OpStatus::Applied);
  disposition.id = any_id("again");
  CHECK(sparrow.one(Tablet::on(OpKind::Settle, head, child_id("A1"), wire::encode(disposition))).code == Refusal::WrongState);
}

TEST_CASE("service: every refusal on the wire has a name of its own", "[server]") {
  Office office;
  Tablet wren(office, "wren");
  auto good = wire::encode(wren.request());
  CHECK(problem_of(wren.send("/v1/sync", good, std::nullopt)) == "401 no-certificate");
  CHECK(problem_of(wren.send("/v1/sync", good, wren.device_identity)) == "403 wrong-certificate");
  CHECK(problem_of(wren.send("/v1/activate", "{}", wren.identity)) == "403 wrong-certificate");
  auto foreign = wren.identity;
  foreign.serial = std::string(32, '0');
  CHECK(problem_of(wren.send("/v1/sync", good, foreign)) == "403 revoked");
  CHECK(problem_of(wren.send("/v1/sync", "{\"proto\":", wren.identity)) == "400 malformed");
  CHECK(problem_of(wren.send("/v1/sync", good.substr(0, good.size() / 2), wren.identity)) == "400 malformed");
  CHECK(problem_of(wren.send("/v1/sync", "{\"proto\":1,\"proto\":1}", wren.identity)) == "400 malformed");
  auto request = wren.request();
  request.proto = 2;
  CHECK(problem_of(wren.raw(request)) == "426 unsupported-protocol");
  request = wren.request();
  request.device = any_id("another");
  CHECK(problem_of(wren.raw(request)) == "403 wrong-device");
  request = wren.request(std::vector<std::string>(limits::kOpsPerPush + 1, "{}"));
  CHECK(problem_of(wren.raw(request)) == "413 too-many-operations");
  CHECK(problem_of(office.service->handle(get("/v1/cases"))) == "404 not-found");
  CHECK(problem_of(office.service->handle(get("/v1/sync"))) == "405 method-not-allowed");
  CHECK(problem_of(office.service->handle_enrolment(get("/v1/sync"))) == "404 not-found");
  server::HttpRequest plain;
  plain.method = "POST";
  plain.target = "/v1/sync";
  plain.headers["content-type"] = "text/html";
  plain.body = good;
  plain.peer.identity = wren.identity;
  CHECK(problem_of(office.service->handle(plain)) == "415 unsupported-media");
  plain.headers["content-type"] = wire::kContentType;
  CHECK(office.service->handle(plain).status == 200);
  auto meta = wire::decode<wire::Meta>(office.service->handle_enrolment(get("/v1/meta")).body);
  REQUIRE(meta.has_value());
  CHECK(meta->body_bytes == static_cast<std::int64_t>(limits::kBodyBytes));
}

TEST_CASE("service: a revoked tablet or worker is refused from the next request on", "[server][T45][A51]") {
  Office office;
  Tablet wren(office, "wren"), second(office, "wren"), ash(office, "ash");
  wren.sync();
  REQUIRE(server::revoke_device(*office.repository, wren.device, office.clock.now).has_value());
  CHECK(problem_of(wren.raw(wren.request())) == "403 revoked");
  CHECK(problem_of(wren.send("/v1/activate", "{}", wren.device_identity)) == "403 revoked");
  second.sync();
  REQUIRE(server::revoke_worker(*office.repository, "wren", office.clock.now).has_value());
  CHECK(problem_of(second.raw(second.request())) == "403 revoked");
  office.import(extract());  // the nightly extract does not undo it
  CHECK(problem_of(second.raw(second.request())) == "403 revoked");
  CHECK_FALSE(server::make_token(*office.repository, "wren", {}, office.clock.now).has_value());

  auto files = extract();  // a leaver
  auto& workers = files["workers.csv"];
  workers.erase(workers.find("ash,"), workers.find("sparrow,") - workers.find("ash,"));
  CHECK(office.import(files).workers_left == 1);
  CHECK(server::revoke_worker(*office.repository, "ash", office.clock.now).has_value());
  CHECK(problem_of(ash.raw(ash.request())) == "403 revoked");
}

TEST_CASE("service: a certificate that runs out while its connection is open is refused from then on", "[server][A51]") {
  Office office;
  Tablet wren(office, "wren");
  office.clock.pass(std::chrono::hours(24 * tls::kClientDays) - std::chrono::seconds(1));
  CHECK(wren.raw(wren.request()).status == 200);
  office.clock.pass(std::chrono::seconds(1));
  CHECK(problem_of(wren.raw(wren.request())) == "403 revoked");
  CHECK(problem_of(wren.send("/v1/activate", "{}", wren.device_identity)) == "403 revoked");
}

TEST_CASE("service: a certificate is followed by another of the same tablet and worker, with a key of its own", "[server][P39]") {
  Office office;
  Tablet wren(office, "wren");
  const auto renew = [&](const std::string& csr, const tls::Identity& shown) {
    return wren.send("/v1/renew", wire::encode(wire::RenewRequest{csr}), shown);
  };
  office.clock.pass(std::chrono::hours(24 * (tls::kClientDays - 1)));
  std::vector<tls::Identity> of_device = {wren.device_identity};
  for (const auto& shown : {wren.identity, wren.device_identity}) {
    const auto reply = renew(*tls::make_request(*tls::make_key()), shown);
    REQUIRE(reply.status == 200);
    const auto next = *tls::inspect(wire::decode<wire::RenewReply>(reply.body)->certificate);
    CHECK(next.kind == shown.kind);
    CHECK(next.device == shown.device);
    CHECK(next.worker == shown.worker);
    CHECK(next.serial != shown.serial);
    CHECK(next.not_after >= shown.not_after + std::chrono::hours(24 * (tls::kClientDays - 2)));
    CHECK(*(*office.repository->read())->has_certificate(next.serial));
    if (shown.kind == tls::Kind::Device) of_device.push_back(next);
    if (shown.kind == tls::Kind::Worker) {  // either opens the cases, until the old one ends
      CHECK(wren.send("/v1/sync", wire::encode(wren.request()), next).status == 200);
      CHECK(wren.raw(wren.request()).status == 200);
    }
  }

  // What a tablet says locked it may say with either; neither opens a case, or stands for the worker.
  for (const auto& own : of_device) {
    CHECK(wren.send("/v1/command", wire::encode(wire::CommandRequest{}), own).status == 200);
    CHECK(problem_of(wren.send("/v1/sync", wire::encode(wren.request()), own)) == "403 wrong-certificate");
  }
  CHECK(problem_of(renew("no request", wren.identity)) == "400 bad-certificate-request");
  const auto key = *tls::make_key();
  auto same = wren.identity;
  same.spki_pin = tls::inspect(wire::decode<wire::RenewReply>(renew(*tls::make_request(key), wren.identity).body)->certificate)->spki_pin;
  CHECK(problem_of(renew(*tls::make_request(key), same)) == "400 bad-certificate-request");
  REQUIRE(server::disable_worker(*office.repository, "wren", true, office.clock.now).has_value());
  CHECK(problem_of(renew(*tls::make_request(*tls::make_key()), wren.identity)) == "403 revoked");
  REQUIRE(server::disable_worker(*office.repository, "wren", false, office.clock.now).has_value());
  REQUIRE(server::revoke_device(*office.repository, wren.device, office.clock.now).has_value());
  of_device.push_back(wren.identity);
  for (const auto& shown : of_device) CHECK(problem_of(renew(*tls::make_request(*tls::make_key()), shown)) == "403 revoked");
  of_device.pop_back();
  for (const auto& shown : of_device)
    CHECK(problem_of(wren.send("/v1/command", wire::encode(wire::CommandRequest{}), shown)) == "403 revoked");
}

TEST_CASE("service: too many requests wait, and time lets them on", "[server][A52]") {
  server::ServiceOptions options;
  options.requests_per_minute = 3;
  Office office(options);
  Tablet wren(office, "wren");  // activation is one request
  wren.sync();
  wren.sync();
  auto reply = wren.raw(wren.request());
  CHECK(problem_of(reply) == "429 too-many-requests");
  REQUIRE_FALSE(reply.headers.empty());
  CHECK(reply.headers.front().first == "Retry-After");
  office.clock.pass(std::chrono::minutes(1));
  wren.sync();
}

TEST_CASE("service: one token enrols one tablet, within its time", "[server][P37]") {
  Office office;
  Tablet wren(office, "wren");
  auto token = [&] { return *server::make_token(*office.repository, "ash", {}, office.clock.now); };
  auto enrol = [&](const std::string& code, const std::string& csr) {
    return wren.send("/v1/enrol", wire::encode(wire::EnrolRequest{code, csr}), std::nullopt);
  };
  auto key = *tls::make_key();
  std::string code = token();
  auto first = enrol(code, *tls::make_request(key));
  REQUIRE(first.status == 200);
  auto reply = *wire::decode<wire::EnrolReply>(first.body);
  CHECK(reply.worker == worker_id("ash"));
  CHECK(tls::inspect(reply.device_certificate)->device == reply.device);

  auto again = enrol(code, *tls::make_request(key));  // the reply was lost
  REQUIRE(again.status == 200);
  auto repeated = *wire::decode<wire::EnrolReply>(again.body);
  CHECK(repeated.device == reply.device);
  CHECK(repeated.ticket != reply.ticket);
  CHECK(problem_of(enrol(code, *tls::make_request(*tls::make_key()))) == "409 token-used");

  auto who = *tls::inspect(repeated.device_certificate);
  auto activate = [&](const std::string& ticket, const base::Secret& worker_key) {
    return wren.send("/v1/activate", wire::encode(wire::ActivateRequest{ticket, *tls::make_request(worker_key)}), who);
  };
  auto worker_key = *tls::make_key();
  CHECK(problem_of(activate(reply.ticket, worker_key)) == "403 ticket-unknown");
  CHECK(activate(repeated.ticket, worker_key).status == 200);
  CHECK(activate(repeated.ticket, worker_key).status == 200);
  CHECK(problem_of(activate(repeated.ticket, *tls::make_key())) == "409 ticket-used");
  CHECK(problem_of(enrol(code, *tls::make_request(key))) == "409 token-used");

  CHECK(problem_of(enrol("AAAA", *tls::make_request(key))) == "403 token-unknown");
  std::string late = token();
  office.clock.pass(std::chrono::hours(72));
  CHECK(problem_of(enrol(late, *tls::make_request(key))) == "410 token-expired");
  CHECK(problem_of(enrol(token(), "no request")) == "400 bad-certificate-request");
  CHECK_FALSE(server::make_token(*office.repository, "nobody", {}, office.clock.now).has_value());
}

TEST_CASE("service: a demonstration's tablet is enrolled at a demonstration's server alone, and a real one at a real one", "[server]") {
  server::ServiceOptions options;
  options.terms.demonstration = GENERATE(false, true);
  options.failed_enrolments_per_hour = 1;
  Office office(options);
  const auto enrol = [&](const std::string& code, std::optional<bool> demonstration) {
    server::HttpRequest request;
    request.method = "POST";
    request.target = "/v1/enrol";
    request.headers["content-type"] = wire::kContentType;
    request.body = wire::encode(wire::EnrolRequest{code, *tls::make_request(*tls::make_key()), demonstration});
    return office.service->handle_enrolment(request);
  };
  const bool is_one = options.terms.demonstration;
  const auto code = *server::make_token(*office.repository, "ash", {}, office.clock.now);
  for (int again = 0; again < 3; ++again) {  // neither counted against the address, nor does it use the code up
    const auto refused = enrol(code, is_one ? std::optional<bool>() : true);
    CHECK(problem_of(refused) == "409 demonstration");
    const auto words = wire::decode<wire::Problem>(refused.body)->title;
    CHECK(words == (is_one ? "This server is a demonstration, and the tablet is not." : "The tablet is a demonstration, and this server is not."));
  }
  CHECK(problem_of(enrol(code, !is_one)) == "409 demonstration");
  CHECK(office.read([](server::Unit& unit) { return unit.devices(); }).empty());
  const auto taken = enrol(code, is_one ? true : std::optional<bool>());
  REQUIRE(taken.status == 200);
  CHECK(wire::decode<wire::EnrolReply>(taken.body)->demonstration == (is_one ? true : std::optional<bool>()));
}

TEST_CASE("service: a tablet with another council's file is not enrolled, and one whose file names none is", "[server]") {
  server::ServiceOptions options;
  options.terms.council = "northmere";
  options.failed_enrolments_per_hour = 1;
  Office office(options);
  const auto enrol = [&](const std::string& code, std::optional<std::string> council) {
    server::HttpRequest request;
    request.method = "POST";
    request.target = "/v1/enrol";
    request.headers["content-type"] = wire::kContentType;
    wire::EnrolRequest asked{code, *tls::make_request(*tls::make_key())};
    asked.council = std::move(council);
    request.body = wire::encode(asked);
    return office.service->handle_enrolment(request);
  };
  const auto token = [&] { return *server::make_token(*office.repository, "ash", {}, office.clock.now); };
  const auto code = token();
  for (int again = 0; again < 3; ++again) {  // neither counted against the address, nor does it use the code up
    const auto refused = enrol(code, "southmere");
    CHECK(problem_of(refused) == "409 council");
    const auto words = wire::decode<wire::Problem>(refused.body).value();
    CHECK(words.title == "This server is northmere's.");
    CHECK(words.detail == "The tablet's device.toml is southmere's.");
  }
  CHECK(office.read([](server::Unit& unit) { return unit.devices(); }).empty());
  CHECK(enrol(code, "northmere").status == 200);
  CHECK(enrol(token(), std::nullopt).status == 200);  // one from before there was such a field
}

TEST_CASE("service: of fifty tablets that use one token at once, one is enrolled", "[server][P37]") {
  server::ServiceOptions options;
  options.failed_enrolments_per_hour = 1000;
  Office office(options);
  const std::string code = *server::make_token(*office.repository, "ash", {}, office.clock.now);
  constexpr std::size_t kTablets = 50;
  std::vector<std::string> requests, said(kTablets);
  for (std::size_t i = 0; i < kTablets; ++i) requests.push_back(*tls::make_request(*tls::make_key()));
  std::barrier together(kTablets);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kTablets; ++i)
    threads.emplace_back([&, i] {
      server::HttpRequest request;
      request.method = "POST";
      request.target = "/v1/enrol";
      request.headers["content-type"] = wire::kContentType;
      request.body = wire::encode(wire::EnrolRequest{code, requests[i]});
      request.peer.address = "198.51.100.7";
      together.arrive_and_wait();
      server::HttpReply reply;
      do reply = office.service->handle_enrolment(request);
      while (reply.status == 503);  // busy: asked to come again
      const auto problem = wire::decode<wire::Problem>(reply.body);
      said[i] = reply.status == 200 ? "200" : problem ? problem->type : "?";
    });
  for (auto& thread : threads) thread.join();
  CHECK(std::count(said.begin(), said.end(), "200") == 1);
  CHECK(std::count(said.begin(), said.end(), "urn:doorstep:problem:token-used") == static_cast<std::ptrdiff_t>(kTablets) - 1);
  CHECK(office.read([](server::Unit& unit) { return unit.devices(); }).size() == 1);
}

TEST_CASE("service: tokens for a table of tablets, all of them or none", "[server]") {
  Office office;
  const auto make = [&](const std::string& csv) { return server::make_tokens(*office.repository, csv, {}, office.clock.now); };
  const auto made = make("asset,worker_ref\r\n\"T-1, blue\",wren\r\nT-2,ash\nT-3,wren\n");
  REQUIRE(made.has_value());
  const auto table = server::parse_csv(*made);
  REQUIRE(table.has_value());
  CHECK(table->columns == std::vector<std::string>{"asset", "worker_ref", "token", "expires_at"});
  REQUIRE(table->rows.size() == 3);
  CHECK(table->rows[0].cells[0] == "T-1, blue");
  std::set<std::string> codes;
  Tablet wren(office, "wren");
  for (const auto& row : table->rows) {
    CHECK(codes.insert(row.cells[2]).second);
    CHECK(row.cells[3] == base::to_rfc3339(office.clock.now + std::chrono::hours(72)));
    const auto reply = wren.post<wire::EnrolReply>(
        "/v1/enrol", wire::encode(wire::EnrolRequest{row.cells[2], *tls::make_request(*tls::make_key())}), std::nullopt);
    CHECK(reply.worker == worker_id(row.cells[1].c_str()));
  }

  const auto refused = [&](const std::string& csv) {
    const auto error = make(csv).error();
    return error.where + ": " + error.detail;
  };
  CHECK(refused("worker_ref\nwren\nnobody\nash\n") == "line 3: no active worker of the last `import` has the reference \"nobody\"");
  CHECK(refused("worker\nwren\n") == "line 1: there is no column worker_ref");
  CHECK(refused(*made) == "line 1: there is a column token already: this table has its codes");
  CHECK(refused("worker_ref,asset\nwren\n") == "line 2: 1 cells where the first line names 2");
  std::string many = "worker_ref\n";
  for (std::size_t i = 0; i <= limits::kTokensPerCsv; ++i) many += "wren\n";
  CHECK(refused(many) == "line 5002: more than 5000 tablets at once");
}

TEST_CASE("service: failed enrolments from one address are counted, good ones are not", "[server][A52]") {
  Office office;
  Tablet wren(office, "wren");
  for (int i = 0; i < 8; ++i) Tablet(office, "ash");
  auto enrol = [&](const std::string& code) {
    return wren.send("/v1/enrol", wire::encode(wire::EnrolRequest{code, *tls::make_request(*tls::make_key())}), std::nullopt);
  };
  for (std::size_t i = 0; i < limits::kFailedEnrolmentsPerHour; ++i) CHECK(problem_of(enrol("AAAA")) == "403 token-unknown");
  auto good = *server::make_token(*office.repository, "ash", {}, office.clock.now);
  CHECK(problem_of(enrol(good)) == "429 too-many-failures");
  office.clock.pass(std::chrono::hours(1));
  CHECK(enrol(good).status == 200);
}

TEST_CASE("service: an operation that breaks a rule of the database is refused, and the next one goes through", "[server]") {
  Office office;
  Tablet wren(office, "wren"), sparrow(office, "sparrow");
  // A record that gives itself the id of the case it opens.
  Id found = any_id("found");
  auto own_id = wren.record(found, found);
  auto good = wren.record(any_id("r"), child_id("A1"));
  model::OtherChild nameless;
  nameless.known_to_service = model::Known::Unknown;
  good.facts.other_children = {nameless};  // an alert without an id
  auto results = wren.sync({Tablet::submit(own_id, found), Tablet::submit(good, child_id("A1"))});
  REQUIRE(results.size() == 2);
  CHECK(results[0].code == Refusal::Malformed);
  CHECK(results[1].status == OpStatus::Applied);

  sparrow.sync();
  const auto& head = *sparrow.has(child_id("A1"), good.id);
  for (const char* name : {"one", "two"}) {
    model::Disposition disposition;
    disposition.id = any_id(name);
    disposition.record = good.id;
    disposition.by = sparrow.worker;
    disposition.outcome = "REFERRED";
    CHECK(sparrow.one(Tablet::on(OpKind::Settle, head, child_id("A1"), wire::encode(disposition))).code == Refusal::Malformed);
  }
}

TEST_CASE("service: an id that the extract will make is nobody's to take, nor to ask for by trying", "[server]") {
  Office office;
  Tablet wren(office, "wren");
  // A1 is Wren's, S1 is on no list of Wren's, Z9 comes with the next extract.
  auto answer = [&](Id record, Id case_id) {
    auto result = wren.one(Tablet::submit(wren.record(record, case_id), case_id));
    result.number = 0;
    return wire::encode(result);
  };
  CHECK(answer(any_id("r"), child_id("S1")) == answer(any_id("r"), child_id("Z9")));
  CHECK(answer(child_id("S1"), child_id("A1")) == answer(child_id("Z9"), child_id("A1")));
  CHECK(answer(worker_id("heron"), child_id("A1")) == answer(worker_id("crow"), child_id("A1")));
  auto draft = [&](Id id) {
    model::Visit visit;
    visit.id = id;
    visit.author = wren.worker;
    auto result = wren.one(wren.put(visit));
    result.number = 0;
    return wire::encode(result);
  };
  CHECK(draft(child_id("S1")) == draft(child_id("Z9")));
  auto files = extract();
  files["children.csv"] += "Z9,F2,Zed Null,,2015-01-01,,,M,,,,\n";
  files["allocations.csv"] += "Z9,heron,ALLOCATED,\n";
  files["workers.csv"] += "crow,Crow Hill,SOCIAL_WORKER,south,South team,YES\n";
  CHECK(office.import(files).problems.empty());
  Tablet heron(office, "heron");
  heron.sync();
  CHECK(heron.has(child_id("Z9"), child_id("Z9")));
}

TEST_CASE("service: every way to another team's case is answered as if it were not there, and as fast", "[server][A46][A47]") {
  server::ServiceOptions options;
  options.requests_per_minute = options.blob_requests_per_minute = 1'000'000;
  Office office(options);
  Tablet wren(office, "wren"), sparrow(office, "sparrow"), heron(office, "heron");
  // Heron's child has a record with a photo, and a draft is open; Z9, its record, photo and draft are nowhere.
  const std::string photo = "\xFF\xD8\xFF of nobody else", no_photo = "\xFF\xD8\xFF of nobody at all";
  auto theirs = heron.record(any_id("theirs"), child_id("S1"));
  theirs.part.attachments = std::vector<model::Attachment>{{any_id("attachment"), base::sha256_hex(photo), static_cast<std::int64_t>(photo.size()), "image/jpeg",
                              "The bedroom", office.clock.now}};
  model::Visit draft;
  draft.id = any_id("their draft");
  draft.author = heron.worker;
  for (const auto& result : heron.sync({Tablet::submit(theirs, child_id("S1")), heron.put(draft)}))
    REQUIRE(result.status == OpStatus::Applied);
  heron.sync();
  const auto record = *office.head(theirs.id), open = *office.head(draft.id);
  auto nowhere = record;
  nowhere.record = any_id("nowhere");

  auto answer = [](Tablet& tablet, wire::Operation op) {
    auto result = tablet.one(std::move(op));
    CHECK(result.status == OpStatus::Refused);
    CHECK(result.code == Refusal::UnknownCase);
    result.number = 0;
    return wire::encode(result);
  };
  using Make = std::function<wire::Operation(Tablet&, Id case_id, const model::Revision&)>;
  auto with = [](OpKind kind, const Make& body) -> std::pair<OpKind, Make> { return {kind, body}; };
  const std::map<OpKind, Make> ways = {
      with(OpKind::Put, [](Tablet& t, Id case_id, const model::Revision& r) {
        model::Visit visit;
        visit.id = r.record;
        visit.author = t.worker;
        auto op = t.put(visit, r.rev, r.hash);
        op.case_id = case_id;
        return op;
      }),
      with(OpKind::Submit, [](Tablet& t, Id case_id, const model::Revision& r) {
        return Tablet::submit(t.record(r.record, case_id), case_id, &r);
      }),
      with(OpKind::Withdraw, [](Tablet&, Id case_id, const model::Revision& r) { return Tablet::on(OpKind::Withdraw, r, case_id); }),
      with(OpKind::Decide, [](Tablet& t, Id case_id, const model::Revision& r) {
        return t.decide(r, case_id, model::Verdict::Approved, "Read.");
      }),
      with(OpKind::Addendum, [](Tablet& t, Id case_id, const model::Revision& r) {
        model::Addendum addendum;
        addendum.id = any_id("addendum");
        addendum.record = r.record;
        addendum.author = t.worker;
        addendum.text = "More.";
        return Tablet::on(OpKind::Addendum, r, case_id, wire::encode(addendum));
      }),
      with(OpKind::Match, [](Tablet&, Id case_id, const model::Revision& r) {
        return Tablet::on(OpKind::Match, r, case_id, wire::encode(wire::MatchBody{child_id("A1")}));
      }),
      with(OpKind::Settle, [](Tablet& t, Id case_id, const model::Revision& r) {
        model::Disposition disposition;
        disposition.id = any_id("disposition");
        disposition.record = r.record;
        disposition.alert = any_id("alert");
        disposition.by = t.worker;
        disposition.outcome = "REFERRED";
        return Tablet::on(OpKind::Settle, r, case_id, wire::encode(disposition));
      }),
  };
  CHECK(ways.size() == std::size(model::CodeTable<OpKind>::values));
  for (Tablet* tablet : {&wren, &sparrow})
    for (const auto& [kind, make] : ways) {
      INFO(model::code(kind));
      CHECK(answer(*tablet, make(*tablet, child_id("S1"), record)) == answer(*tablet, make(*tablet, child_id("Z9"), nowhere)));
      CHECK(answer(*tablet, make(*tablet, heron.worker, open)) == answer(*tablet, make(*tablet, worker_id("crow"), nowhere)));
    }
  // What is held of it is to be dropped, and nothing of it comes.
  for (Tablet* tablet : {&wren, &sparrow}) {
    auto request = tablet->request();
    for (Id id : {child_id("S1"), child_id("Z9"), heron.worker}) request.view.cases->push_back({id, 1, std::string(64, 'b')});
    request.view.digest = wire::view_digest(*request.view.cases);
    const auto reply = wire::decode<wire::SyncReply>(tablet->raw(request).body);
    REQUIRE(reply.has_value());
    CHECK(std::set<Id>(reply->drop.begin(), reply->drop.end()) == std::set<Id>{child_id("S1"), child_id("Z9"), heron.worker});
    for (const auto& pull : reply->cases) CHECK_FALSE((pull.case_id == child_id("S1") || pull.case_id == heron.worker));
  }
  // The photo: neither given nor taken.
  auto blob = [&](const char* method, const std::string& bytes) {
    server::HttpRequest request;
    request.method = method;
    request.target = "/v1/blobs/" + base::sha256_hex(bytes) + (request.method == "PATCH" ? "?offset=0" : "");
    request.headers["range"] = "bytes=0-";
    if (request.method == "PATCH") request.body = bytes;
    request.peer.identity = wren.identity;
    const auto reply = office.service->handle(request);
    CHECK(problem_of(reply) == "404 blob-unknown");
    return reply.body;
  };
  for (const char* method : {"GET", "PATCH"}) CHECK(blob(method, photo) == blob(method, no_photo));
  CHECK(office.head(theirs.id) == record);
  CHECK(office.head(draft.id) == open);

  // Neither takes so much longer that it can be told over a network; in turns, so that what else the machine does is in both.
  std::array<std::vector<std::chrono::nanoseconds>, 2> took;
  for (int i = 0; i < 41; ++i)
    for (std::size_t there : {0, 1}) {
      const auto start = std::chrono::steady_clock::now();
      wren.one(ways.at(OpKind::Addendum)(wren, child_id(there ? "S1" : "Z9"), there ? record : nowhere));
      took[there].push_back(std::chrono::steady_clock::now() - start);
    }
  for (auto& list : took) std::nth_element(list.begin(), list.begin() + 20, list.end());
  INFO(took[0][20].count() << " ns for one that is not there, " << took[1][20].count() << " for another team's");
  CHECK(took[1][20] < 2 * took[0][20]);
  CHECK(took[0][20] < 2 * took[1][20]);
}

TEST_CASE("service: two drafts whose merge is longer than a record are both kept, and no reply is longer than a tablet reads", "[server]") {
  Office office;
  Tablet first(office, "wren"), second(office, "wren");
  model::Visit draft;
  draft.id = any_id("draft");
  draft.author = first.worker;
  draft.facts.answers["purpose"] = std::string("Before.");
  const auto before = first.one(first.put(draft));
  second.sync();
  const auto longest = [&](const std::string& words) {  // of what becomes longest on its way
    draft.facts.answers["purpose"] = words + std::string(limits::kRecordBytes / 2 - 1000, '"');
    return first.put(draft, before.rev, before.hash);
  };
  const auto kept = longest("First."), refused = longest("Second.");
  CHECK(first.one(kept).status == OpStatus::Applied);
  const auto number = second.next;
  const auto result = second.one(refused);
  CHECK(second.last_request.ops.items.size() == 1);
  CHECK(wire::encode(second.last).size() < limits::kBodyBytes);
  CHECK(result.code == Refusal::Malformed);
  CHECK(result.detail == "size");
  CHECK(second.has(second.worker, draft.id)->body == kept.body);
  const auto sent = office.read([&](server::Unit& unit) { return unit.operation(second.device, 1, number); });
  CHECK(wire::decode<wire::Operation>(sent->bytes)->body == refused.body);

  // It goes on from there: what a person made shorter is taken.
  draft.facts.answers["purpose"] = std::string("Both, in short.");
  const auto* there = second.has(second.worker, draft.id);
  CHECK(second.one(second.put(draft, there->rev, there->hash)).status == OpStatus::Applied);
}

TEST_CASE("service: receipts for purged cases are limited, and kept once", "[server]") {
  Office office;
  Tablet wren(office, "wren");
  wren.sync();
  auto request = wren.request();
  request.purged.assign(limits::kCasesPerView + 1, child_id("A1"));
  CHECK(wren.raw(request).status == 400);
}

TEST_CASE("service: whatever tablets send, every operation is answered, and nothing is approved by who wrote it", "[server][A49]") {
  server::ServiceOptions options;
  options.requests_per_minute = 1'000'000;
  Office office(options);
  std::vector<std::unique_ptr<Tablet>> tablets;
  for (const char* ref : {"wren", "wren", "ash", "sparrow", "owl", "heron"}) tablets.push_back(std::make_unique<Tablet>(office, ref));
  const auto seed = Catch::getSeed();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  auto pick = [&](const auto& list) -> const auto& { return list[random() % list.size()]; };
  auto chance = [&](unsigned one_in) { return random() % one_in == 0; };
  const std::vector<Id> people = {worker_id("wren"), worker_id("ash"), worker_id("sparrow"), worker_id("owl"), worker_id("heron"), Id()};
  std::vector<Id> cases = {child_id("A1"), child_id("B1"), child_id("S1"), child_id("Z9"), any_id("found"), any_id("found too"), Id()};
  cases.insert(cases.end(), people.begin(), people.end());
  std::vector<Id> records = {any_id("r1"), any_id("r2"), any_id("r3"), any_id("r4"), any_id("alert"), child_id("A1"), worker_id("ash"), Id()};
  std::map<Id, std::vector<model::Revision>> seen;  // what was pulled by anybody, of each record
  int applied = 0, refused = 0;
  // Half of it is what tablets do, each part of the other half is now and then something else.
  std::vector<std::pair<Id, Id>> homes = {{any_id("r1"), any_id("found")}};
  for (int i = 2; i < 20; ++i) homes.emplace_back(any_id("r" + std::to_string(i)), child_id(i % 2 ? "A1" : "B1"));
  const std::vector<OpKind> kinds = {OpKind::Put,      OpKind::Submit,   OpKind::Submit, OpKind::Submit, OpKind::Withdraw, OpKind::Decide,
                                     OpKind::Decide, OpKind::Decide, OpKind::Addendum, OpKind::Match,  OpKind::Settle};
  for (int round = 0; round < 1500; ++round) {
    wire::Operation op;
    op.kind = pick(kinds);
    const bool supervises = op.kind == OpKind::Decide || op.kind == OpKind::Match || op.kind == OpKind::Settle;
    Tablet& tablet = *(chance(6) ? pick(tablets) : tablets[supervises ? 3 : random() % 3]);
    std::tie(op.record, op.case_id) = pick(homes);
    if (chance(10)) op.case_id = pick(cases);
    if (chance(10)) op.record = pick(records);
    op.record_kind = chance(20) ? RecordKind::Decision : op.kind == OpKind::Put ? RecordKind::Visit : RecordKind::ChildRecord;
    if (op.kind == OpKind::Put && !chance(5)) op.case_id = tablet.worker, op.record = any_id("draft of " + tablet.worker.str());
    if (auto known = seen.find(op.record); known != seen.end() && !chance(6)) {
      const auto& base = chance(3) ? pick(known->second) : known->second.back();
      op.base_rev = base.rev;
      op.base_hash = chance(9) ? std::string(64, 'e') : base.hash;
    } else if (chance(4)) {
      op.base_rev = static_cast<std::int64_t>(random() % 4);
    }
    const Id author = chance(12) ? pick(people) : tablet.worker;
    const Id inside = chance(20) ? pick(records) : op.record;
    const std::string words = "word" + std::to_string(random() % 9);
    switch (op.kind) {
      case OpKind::Put: {
        model::Visit visit;
        visit.id = inside;
        visit.author = author;
        visit.facts.answers["purpose"] = words;
        if (chance(6)) visit.discarded = true;
        op.body = wire::encode(visit);
        break;
      }
      case OpKind::Submit: {
        auto record = tablet.record(inside, chance(20) ? pick(cases) : op.case_id, words);
        record.author = author;
        if (chance(4)) record.second_worker = pick(people);
        if (chance(3)) {
          model::OtherChild other;
          if (!chance(4)) other.id = any_id("alert");
          other.known_to_service = model::Known::No;
          record.facts.other_children = {other};
        }
        op.body = wire::encode(record);
        break;
      }
      case OpKind::Withdraw: op.body = chance(2) ? "" : "{}"; break;
      case OpKind::Decide: {
        model::Decision decision;
        decision.id = chance(20) ? pick(records) : any_id("d" + std::to_string(random() % 400));
        decision.on = {op.record, op.base_rev, op.base_hash};
        decision.verdict = chance(4) ? model::Verdict::Approved : model::Verdict::Returned;
        decision.return_reason = model::ReturnReason::Other;
        decision.rationale = words;
        decision.reviewer = author;
        op.body = wire::encode(decision);
        break;
      }
      case OpKind::Addendum: {
        model::Addendum addendum;
        addendum.id = chance(5) ? pick(records) : any_id("a" + std::to_string(random() % 400));
        addendum.record = op.record;
        addendum.author = author;
        addendum.text = words;
        op.body = wire::encode(addendum);
        break;
      }
      case OpKind::Match: op.body = wire::encode(wire::MatchBody{pick(cases)}); break;
      case OpKind::Settle: {
        model::Disposition disposition;
        disposition.id = chance(5) ? pick(records) : any_id("s" + std::to_string(random() % 400));
        disposition.alert = chance(8) ? Id() : any_id("alert");
        disposition.record = op.record;
        disposition.by = author;
        disposition.outcome = "REFERRED";
        op.body = wire::encode(disposition);
        break;
      }
    }
    if (chance(25)) op.body = op.body.substr(0, op.body.size() / 2);
    if (chance(40)) {  // another extract in between
      auto files = extract();
      files["allocations.csv"] = std::string("child_ref,worker_ref,kind,until\nA1,") + (chance(2) ? "wren" : "ash") + ",ALLOCATED,\nB1," +
                                 (chance(2) ? "wren" : "ash") + ",ALLOCATED,\nS1,heron,ALLOCATED,\n";
      CHECK(office.import(files).problems.empty());
    }
    INFO("round " << round << " " << model::code(op.kind) << " " << op.body);
    const auto result = tablet.one(op);
    ++(result.status == OpStatus::Refused ? refused : applied);
    for (Id gone : tablet.last.drop) tablet.purge(gone);
    for (const auto& [case_id, held] : tablet.cases)
      for (const auto& [id, revision] : held) {
        auto& list = seen[id];
        if (list.empty() || list.back().rev < revision.rev) list.push_back(revision);
      }
  }
  CHECK(applied > 200);
  CHECK(refused > 200);
  int approved = 0;
  auto unit = office.repository->read();
  REQUIRE(unit.has_value());
  REQUIRE((*unit)->heads(RecordKind::Decision, [&](const server::RecordHead& head) -> base::Result<void> {
    auto decision = wire::decode<model::Decision>(head.revision.body);
    auto history = (*unit)->history(decision->on.record);
    for (const model::Revision& revision : *history) {
      if (decision->verdict != model::Verdict::Approved || revision.rev > decision->on.rev) continue;
      ++approved;
      CHECK(revision.author != decision->reviewer);
      CHECK(wire::decode<model::ChildRecord>(revision.body)->author != decision->reviewer);
    }
    return {};
  }).has_value());
  CHECK(approved > 0);
  auto intact = (*unit)->audit_intact();
  REQUIRE(intact.has_value());
  CHECK(*intact);
}
