#include "sync/server/bases.h"

#include <limits>

#include "sync/server/commands.h"
#include "tests/server/office.h"

using namespace doorstep;
using namespace doorstep::tests;

namespace {

std::string words(int from, int count) {
  std::string out;
  for (int i = from; i < from + count; ++i) out += "word" + base::sha256_hex(std::to_string(i)).substr(0, 6) + " ";
  return out;
}

std::string code_of(const server::HttpReply& reply) {
  if (reply.status == 200) return "200";
  auto problem = wire::decode<wire::Problem>(reply.body);
  REQUIRE(problem.has_value());
  return std::to_string(reply.status) + " " + problem->type.substr(std::string("urn:doorstep:problem:").size());
}

std::string header(const server::HttpReply& reply, const std::string& name) {
  for (const auto& [is, value] : reply.headers)
    if (is == name) return value;
  return {};
}

/// A tablet that sends and takes with prefixes.
class Leaning : public Tablet {
 public:
  using Tablet::Tablet;

  wire::Base base(Id case_id, const model::Revision& held) const {
    return {case_id, held.record, held.kind, held.rev, held.hash, held.body};
  }
  server::HttpReply send_body(std::string body, const std::string& target = "/v1/sync") {
    server::HttpRequest request{"POST", target, {}, std::move(body), {"198.51.100.7", {}, identity}};
    request.headers["content-type"] = wire::kContentType;
    request.headers["content-encoding"] = wire::kPrefixEncoding;
    request.headers["accept-encoding"] = "zstd, zstd-prefix";
    return office_.service->handle(request);
  }
  server::HttpReply send_leaning(const wire::SyncRequest& asked, const std::vector<wire::Base>& bases) {
    return send_body(wire::write_prefixed(bases, wire::encode(asked), wire::request_prefix(bases)));
  }
  /// The frozen bytes of the next operation.
  std::string frozen(wire::Operation op) {
    op.number = next;
    op.at = office_.clock.now;
    return wire::encode(op);
  }
  wire::SyncReply read(const server::HttpReply& reply, const std::vector<std::string>& said) {
    REQUIRE(code_of(reply) == "200");
    REQUIRE(header(reply, "Content-Encoding") == wire::kPrefixEncoding);
    const auto parts = wire::read_prefixed(reply.body);
    REQUIRE(parts.has_value());
    std::vector<wire::Base> held;
    for (const auto& name : parts->bases)
      for (const auto& [record, revision] : cases.at(name.case_id))
        if (base(name.case_id, revision).name() == name) held.push_back(base(name.case_id, revision));
    CHECK(held.size() == parts->bases.size());
    named = held;
    const auto plain = wire::decompress(parts->frame, limits::kBodyBytes, wire::reply_prefix(held, wire::read_operations(said)));
    REQUIRE(plain.has_value());
    return wire::decode<wire::SyncReply>(*plain).value();
  }
  std::vector<wire::Base> named;  ///< by the last reply that was read
};

model::Visit draft_of(const Tablet& tablet, const std::string& text) {
  model::Visit out;
  out.id = any_id("draft");
  out.author = tablet.worker;
  out.family_name = "Okafor";
  out.address = text;
  return out;
}

}  // namespace

TEST_CASE("bases: an edit leans on the version before, and its echo on the edit", "[server]") {
  Office office;
  Leaning wren(office, "wren");
  auto visit = draft_of(wren, words(0, 300));
  wren.sync({wren.put(visit)});
  const auto first = *wren.has(wren.worker, visit.id);

  visit.address += words(500, 5);
  const auto bytes = wren.frozen(wren.put(visit, first.rev, first.hash));
  auto asked = wren.request({bytes});
  asked.view.cases.reset();
  const auto bases = std::vector{wren.base(wren.worker, first)};
  const auto body = wire::write_prefixed(bases, wire::encode(asked), wire::request_prefix(bases));
  CHECK(body.size() < 500);
  const auto reply = wren.send_body(body);
  CHECK(reply.body.size() < 600);
  const auto read = wren.read(reply, {bytes});
  REQUIRE(read.results.size() == 1);
  CHECK(read.results.front().status == OpStatus::Applied);
  CHECK(wren.named.empty());
  CHECK(office.head(visit.id)->body == wire::encode(visit));
  // The same again, as after a lost reply, and in plain: the same result.
  CHECK(wren.read(wren.send_leaning(asked, bases), {bytes}).results == read.results);
  CHECK(wire::decode<wire::SyncReply>(wren.raw(asked).body)->results == read.results);
}

TEST_CASE("bases: nobody leans on what is not theirs to read, and cannot tell it from what is not there", "[server][A46][A47]") {
  Office office;
  Leaning wren(office, "wren"), heron(office, "heron"), sparrow(office, "sparrow");
  auto record = wren.record(any_id("record"), child_id("A1"), words(0, 100));
  auto visit = draft_of(wren, words(0, 100));
  wren.sync({wren.put(visit), Tablet::submit(record, child_id("A1"))});
  const auto submitted = wren.base(child_id("A1"), *wren.has(child_id("A1"), record.id));
  const auto draft = wren.base(wren.worker, *wren.has(wren.worker, visit.id));
  heron.sync();
  sparrow.sync();

  auto refusal = [](Leaning& tablet, wire::Base base) {
    const auto reply = tablet.send_leaning(tablet.request(), {std::move(base)});
    CHECK(code_of(reply) == "422 prefix-unknown");
    return reply.body;
  };
  CHECK(code_of(wren.send_leaning(wren.request(), {submitted, draft})) == "200");
  CHECK(code_of(sparrow.send_leaning(sparrow.request(), {submitted})) == "200");
  auto missing = submitted;
  missing.record = any_id("nowhere");
  const auto unknown = refusal(heron, missing);
  CHECK(refusal(heron, submitted) == unknown);
  CHECK(refusal(heron, draft) == unknown);
  CHECK(refusal(sparrow, draft) == unknown);  // a draft is its author's alone
  auto elsewhere = submitted;
  elsewhere.case_id = heron.worker;           // theirs, but the record is not in it
  CHECK(refusal(heron, elsewhere) == unknown);
  auto later = submitted;
  later.rev = 2;
  CHECK(refusal(wren, later) == unknown);
  auto other = draft;                         // the same name, another text
  other.body[other.body.size() / 2] ^= 1;
  auto edit = wren.put(visit, 1, draft.hash);
  edit.body = other.body;
  const auto reply = wren.send_leaning(wren.request({wren.frozen(edit)}), {other});
  CHECK(reply.status == 422);
  CHECK(reply.body == unknown);
  const auto child = *wren.has(child_id("A1"), child_id("A1"));
  CHECK(refusal(wren, wren.base(child_id("A1"), child)) == unknown);  // its log may begin in the middle

  auto files = extract();
  files["allocations.csv"] = "child_ref,worker_ref,kind,until\nA1,ash,ALLOCATED,\nB1,wren,ALLOCATED,\nS1,heron,ALLOCATED,\n";
  office.import(files);
  CHECK(refusal(wren, submitted) == unknown);
}

TEST_CASE("bases: a tablet that waits to be wiped leans on nothing, and hands in what it has without", "[server]") {
  Office office;
  Leaning wren(office, "wren");
  auto visit = draft_of(wren, words(0, 100));
  wren.sync({wren.put(visit)});
  const auto held = *wren.has(wren.worker, visit.id);
  REQUIRE(server::give_command(*office.repository, wren.device, wire::CommandKind::Wipe, office.clock.now).has_value());
  visit.address += "more";
  const auto asked = wren.request({wren.frozen(wren.put(visit, held.rev, held.hash))});
  CHECK(code_of(wren.send_leaning(asked, {wren.base(wren.worker, held)})) == "422 prefix-unknown");
  const auto reply = wire::decode<wire::SyncReply>(wren.raw(asked).body).value();
  CHECK(reply.results.front().status == OpStatus::Applied);
  CHECK(reply.drain == true);
}

TEST_CASE("bases: two records whose names are alike are not named without doubt", "[server]") {
  Office office;
  Leaning wren(office, "wren");
  std::vector<wire::Base> twins;
  for (const char* rest : {"one", "two"}) {
    auto visit = draft_of(wren, words(0, 50));
    visit.id = *Id::from_bytes(any_id("twin").bytes().substr(0, wire::kNameBytes) + any_id(rest).bytes().substr(wire::kNameBytes));
    wren.sync({wren.put(visit)});
    twins.push_back(wren.base(wren.worker, *wren.has(wren.worker, visit.id)));
  }
  CHECK(code_of(wren.send_leaning(wren.request(), {twins.front()})) == "422 prefix-unknown");
}

TEST_CASE("bases: a list that is none, a bomb, and other calls are refused before anything is taken in", "[server]") {
  Office office;
  Leaning wren(office, "wren");
  wren.sync({wren.put(draft_of(wren, words(0, 50)))});
  const auto base = wren.base(wren.worker, *wren.has(wren.worker, any_id("draft")));
  CHECK(code_of(wren.send_body("no list")) == "400 malformed");
  CHECK(code_of(wren.send_body("")) == "400 malformed");
  CHECK(code_of(wren.send_body(wire::write_prefixed({base}, std::string(64 * 1024 * 1024, 'a'), wire::request_prefix({base})))) ==
        "413 body-too-large");
  auto cut = wire::write_prefixed({base}, wire::encode(wren.request()), wire::request_prefix({base}));
  cut.pop_back();
  CHECK(code_of(wren.send_body(cut)) == "422 prefix-unknown");
  wren.identity = wren.device_identity;
  CHECK(code_of(wren.send_body("no list", "/v1/activate")) == "415 unsupported-encoding");
}

TEST_CASE("bases: what came from elsewhere leans on what the tablet holds, and only on that", "[server]") {
  Office office;
  Tablet wren(office, "wren");
  Leaning sparrow(office, "sparrow"), other(office, "wren");
  auto record = wren.record(any_id("record"), child_id("A1"), words(0, 300));
  auto visit = draft_of(wren, words(0, 300));
  wren.sync({wren.put(visit), Tablet::submit(record, child_id("A1"))});
  sparrow.sync();
  other.sync();
  const auto first = *wren.has(wren.worker, visit.id);
  visit.address += words(500, 5);
  wren.sync({wren.put(visit, first.rev, first.hash)});

  // Both decide at once on what they hold: the record's returned version has the same text.
  const auto read = *sparrow.has(child_id("A1"), record.id);
  const auto decision = sparrow.frozen(sparrow.decide(read, child_id("A1"), model::Verdict::Returned, "Which step?"));
  const auto returned = sparrow.send_leaning(sparrow.request({decision}), {});
  const auto seen = sparrow.read(returned, {decision});
  CHECK(returned.body.size() < 600 + wire::compress(seen.receipt_signer.value()).size());  // nobody holds that one yet
  CHECK(sparrow.named == std::vector{sparrow.base(child_id("A1"), read)});
  CHECK(std::any_of(seen.cases.begin(), seen.cases.end(), [](const wire::CasePull& pull) { return pull.case_id == child_id("A1"); }));

  const auto pulled = other.read(other.send_leaning(other.request(), {}), {});
  CHECK(other.named.size() == 2);  // the draft, and the record
  other.take(pulled);
  CHECK(other.has(other.worker, visit.id)->body == wire::encode(visit));

  Leaning fresh(office, "wren");  // holds nothing: nothing is leant on
  auto empty = fresh.request();
  CHECK(header(fresh.send_leaning(empty, {}), "Content-Encoding").empty());
}

TEST_CASE("bases: a family's version leans on none before it, which a child that came to it later never had", "[server]") {
  Office office;
  Leaning heron(office, "heron");
  heron.sync();
  auto files = extract();
  auto& children = files["children.csv"];
  children.replace(children.find("S1,F2"), 5, "S1,F1");
  office.import(files);
  const auto reply = heron.send_leaning(heron.request(), {});
  REQUIRE(code_of(reply) == "200");
  CHECK(header(reply, "Content-Encoding").empty());
  const auto read = wire::decode<wire::SyncReply>(reply.body);
  REQUIRE(read.has_value());
  heron.take(*read);
  CHECK(heron.has(child_id("S1"), Id::from_name("family:F1"))->rev == 2);
}

TEST_CASE("bases: operations on the last number there is are refused like any other that is not there", "[server]") {
  Office office;
  Leaning wren(office, "wren");
  const auto record = wren.record(any_id("record"), child_id("A1"), words(0, 100));
  wren.sync({Tablet::submit(record, child_id("A1"))});
  auto withdraw = Tablet::on(OpKind::Withdraw, *wren.has(child_id("A1"), record.id), child_id("A1"));
  withdraw.base_rev = std::numeric_limits<std::int64_t>::max();
  const auto bytes = wren.frozen(withdraw);
  const auto read = wren.read(wren.send_leaning(wren.request({bytes}), {}), {bytes});
  REQUIRE(read.results.size() == 1);
  CHECK(read.results.front().code == Refusal::Stale);
}
