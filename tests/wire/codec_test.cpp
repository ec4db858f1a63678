#include "sync/wire/codec.h"

#include <sys/resource.h>

#include <catch2/catch_test_macros.hpp>

#include "platform/base/limits.h"
#include "sync/model/visit.h"

using namespace doorstep;
using namespace doorstep::wire;
using base::Id;

namespace {

Id id(const char* name) { return Id::from_name(name); }

model::Visit whole_visit() {
  model::Visit v;
  v.id = id("visit");
  v.author = id("worker");
  v.family_name = "O'S\u00failleabh\u00e1in \u0639\u0627\u0626\u0634\u06c1";
  v.versions.form = "cp-1";
  v.facts.type = model::VisitType::Cp;
  v.facts.start = model::ZonedTime{{1'795'354'200'123}, 60, "Europe/London"};
  v.facts.outcome = model::Outcome::Completed;
  v.facts.present.resize(1);
  v.facts.present[0].name = "man, gave no name";
  v.facts.present[0].unknown = true;
  v.facts.answers["purpose"] = std::string("=2+2 <b>&\"\\ \x01\x1f tab\t line\n\xf0\x9f\x8f\xa0\xe2\x80\x8d");
  v.facts.answers["language"] = std::vector<std::string>{"cy", "ur"};
  v.facts.answers["scale"] = std::int64_t{-7};
  v.facts.answers["announced"] = model::NotCovered{"the door was not opened"};
  model::ChildPart part;
  part.id = id("child");
  part.statuses = {model::Status::Cpp, model::Status::S47};
  part.born = base::date_from_iso("2019-02-28");
  part.seen = false;
  part.injuries.resize(1);
  part.injuries[0].id = id("injury");
  part.injuries[0].at = model::Point{0.1, 1.0 / 3};
  part.risk.level = "HIGH";
  part.revises = model::RevisionRef{id("record"), 3, std::string(64, 'a')};
  v.children.push_back(part);
  v.conflicts.push_back({"children/x/answers/saw", {}, {R"({"not_covered":"no time"})"}, {R"("text")"}, id("a"), id("b")});
  return v;
}

SyncReply whole_reply() {
  SyncReply r;
  r.epoch = "e1";
  r.applied_through = 3;
  r.results = {{1, OpStatus::Applied, std::nullopt, "", 2, std::string(64, 'b'), SignedReceipt{"{}", "3045"}},
               {2, OpStatus::Refused, Refusal::OwnRecord, "why", 0, ""}};
  CasePull pull;
  pull.case_id = id("child");
  pull.to = 1;
  pull.chain = kChainStart;
  pull.entries.resize(1);
  pull.entries[0].seq = 1;
  pull.entries[0].revision.body = R"({"a":1})";
  pull.entries[0].revision.state = model::State::Approved;
  r.cases.push_back(pull);
  r.drop = {id("gone")};
  r.receipt = Receipt{7, {1'795'354'200'000}, 3, kChainStart};
  r.receipt_signer = "-----BEGIN CERTIFICATE-----\n";
  return r;
}

template <class T>
void goes_both_ways(const T& value) {
  const std::string text = encode(value);
  INFO(text);
  auto back = decode<T>(text);
  REQUIRE(back.has_value());
  CHECK(*back == value);
  CHECK(encode(*back) == text);
  CHECK(boost::json::parse(text).is_object());
}

}  // namespace

TEST_CASE("codec: every message and record returns what went in, byte for byte", "[wire]") {
  goes_both_ways(whole_visit());
  goes_both_ways(model::record_of(whole_visit(), whole_visit().children[0], id("record"), {5}));
  goes_both_ways(whole_reply());
  goes_both_ways(model::Family());
  goes_both_ways(model::Worker());
  goes_both_ways(model::Decision());
  goes_both_ways(model::Addendum());
  goes_both_ways(model::Disposition());
  model::Child child;
  child.id = id("child");
  child.sex = model::Sex::Female;
  child.involvements.resize(2);
  child.cover.resize(1);
  goes_both_ways(child);
  Operation op;
  op.kind = OpKind::Submit;
  op.number = 9;
  op.body = encode(whole_visit());
  goes_both_ways(op);
  SyncRequest request;
  request.device = id("device");
  request.ops.items = {encode(op), "not even \x7f JSON"};
  goes_both_ways(request);
  request.view.cases = {Cursor{id("child"), 4, kChainStart}, Cursor{}};
  request.purged = {id("x"), id("y")};
  goes_both_ways(request);
  goes_both_ways(EnrolRequest{"TOKEN", "-----BEGIN\n"});
  goes_both_ways(EnrolRequest{"TOKEN", "-----BEGIN\n", true, "northmere"});
  goes_both_ways(EnrolReply());
  goes_both_ways(ActivateRequest());
  goes_both_ways(ActivateReply());
  goes_both_ways(RenewRequest{"-----BEGIN\n"});
  goes_both_ways(RenewReply());
  goes_both_ways(AuditStatement{Instant{5}, {{id("device"), 3, kChainStart}, {}}});
  goes_both_ways(WitnessRequest());
  goes_both_ways(WitnessRequest{SignedAudit{"{}", "00", "-----BEGIN\n"}});
  goes_both_ways(WitnessReply());
  goes_both_ways(CopyStatement{id("device"), 2, 7, id("worker"), encode(op), kChainStart, 6,
                               std::vector<model::RevisionRef>{{id("record"), 0, kChainStart}}});
  goes_both_ways(SignedCopy{"{}", "3045", "-----BEGIN\n"});
  goes_both_ways(DrainRequest{{"QUJD"}});
  goes_both_ways(DrainReply{{CopyFate::Taken, CopyFate::Untrusted}});
  goes_both_ways(Meta());
  goes_both_ways(Problem{"urn:doorstep:problem:revoked", "Stopped", 403, "Nothing is lost"});
}

TEST_CASE("codec: the format is what it was", "[wire]") {  // stored and sent for years: a change here is a new format
  Operation op;
  op.kind = OpKind::Withdraw;
  op.number = 2;
  op.record = *Id::parse("01930000-0000-7000-8000-000000000001");
  op.record_kind = model::RecordKind::ChildRecord;
  op.base_rev = 4;
  op.base_hash = "ab";
  op.at = {1'795'354'200'123};
  op.body = "{\"q\":\"\u00e9\"}";
  CHECK(encode(op) ==
        R"({"kind":"withdraw","number":2,"record":"01930000-0000-7000-8000-000000000001","case":"","record_kind":"child_record",)"
        R"("base_rev":4,"base_hash":"ab","at":"2026-11-22T13:30:00.123Z","body":"{\"q\":\")" "\u00e9" R"(\"}","urgent":false})");
  model::Visit v;
  v.facts.answers["a"] = model::NotCovered{"w"};
  v.facts.answers["b"] = std::vector<std::string>{};
  v.children.resize(1);
  v.children[0].injuries.resize(1);
  v.children[0].injuries[0].at = model::Point{0.5, 1};
  const std::string text = encode(v);
  CHECK(text.find(R"("answers":{"a":{"not_covered":"w"},"b":[]})") != std::string::npos);
  CHECK(text.find(R"("at":{"x":0.5,"y":1})") != std::string::npos);
  CHECK(text.find("\"seen\"") == std::string::npos);
}

TEST_CASE("codec: what this build does not know is kept, at every level of a body", "[wire]") {
  std::string text = encode(whole_visit());
  const std::string unknown = R"(,"zz":{"deep":[1,"two",null,{"x":true}],"n":12345678901}})";
  text.replace(text.rfind('}'), 1, unknown);
  auto visit = decode<model::Visit>(text);
  REQUIRE(visit.has_value());
  CHECK(visit->extra.at("zz") == R"({"deep":[1,"two",null,{"x":true}],"n":12345678901})");
  CHECK(encode(*visit) == text);

  const std::string level = R"("risk":{"level":"HIGH","new_scale":"5"})";
  auto part = decode<model::ChildPart>(R"({"id":"",)" + level + R"(,"new_list":[1]})");
  REQUIRE(part.has_value());
  CHECK(part->risk.level == "HIGH");
  auto again = decode<model::ChildPart>(encode(*part));
  REQUIRE(again.has_value());
  CHECK(*again == *part);
  CHECK(again->risk.extra.at("new_scale") == "\"5\"");
  CHECK(again->extra.at("new_list") == "[1]");

  CHECK(decode<Problem>(R"({"type":"t","status":403,"instance":"/x"})")->status == 403);  // messages ignore them
}

TEST_CASE("codec: texts and lists may be missing; ids, numbers, times and codes may not", "[wire]") {
  CHECK(decode<model::Family>(R"({"id":""})").has_value());
  auto detail = [](auto r) { return r.has_value() ? std::string("accepted") : r.error().detail; };
  CHECK(detail(decode<model::Family>("{}")) == "id: missing");
  CHECK(detail(decode<SyncReply>("{}")) == "applied_through: missing");
  CHECK(detail(decode<Operation>(R"({"number":1})")) == "kind: missing");
  CHECK(detail(decode<SyncRequest>(R"({"proto":1,"schema":1,"device":"","incarnation":1})")) == "ops.first: missing");
}

TEST_CASE("codec: what is wrong is named with its place, and nothing of its content", "[wire][A53]") {
  struct Row {
    const char* text;
    const char* detail;
  };
  const Row rows[] = {
      {"", "the document: ends in the middle"},
      {"[]", "the document: not an object"},
      {R"({"first":1} x)", "the document: something follows the end"},
      {R"({"first":"1"})", "first: not a number"},
      {R"({"first":1.5})", "first: not a whole number of 63 bits"},
      {R"({"first":9223372036854775808})", "first: not a whole number of 63 bits"},
      {R"({"first":92233720368547758080})", "first: a whole number too large to keep exactly"},
      {R"({"first":1,"items":["a",{"b":[true,{"k":1,"k":2}]}]})", "items[1].b[1].k: a second member of the same name"},
      {R"({"first":1,"first":1})", "first: a second member of the same name"},
      {R"({"first":1,"items":"a"})", "items: not a list"},
      {R"({"first":1,"items":["a","b",3]})", "items[2]: not a string"},
      {R"({"first":1,"items":["a","b)", "items[1]: ends in the middle"},
      {"{\"first\":1,\"items\":[\"\xc3\x28\"]}", "not well-formed UTF-8"},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    auto r = decode<OpsBatch>(row.text);
    REQUIRE_FALSE(r.has_value());
    CHECK(r.error().fault == base::Fault::Invalid);
    CHECK(r.error().detail == row.detail);
  }
  auto visit = [](std::string_view key, std::string_view value) {
    auto r = decode<model::Visit>(R"({"id":"","author":"","family":"","versions":{"schema":1},"facts":{")" + std::string(key) + "\":" +
                                  std::string(value) + "}}");
    return r.has_value() ? std::string("accepted") : r.error().detail;
  };
  CHECK(visit("late_reason", "\"\"") == "accepted");
  CHECK(visit("type", "\"NOPE\"") == "facts.type: not a known code");
  CHECK(visit("recorded_at", "\"yesterday\"") == "facts.recorded_at: not a time (RFC 3339)");
  CHECK(visit("present", R"([{"id":"x"}])") == "facts.present[0].id: not an id");
  CHECK(visit("answers", R"({"q":{"not_covered":"a","b":1}})") == "facts.answers.q: not an answer");
  CHECK(visit("answers", R"({"q":true})") == "facts.answers.q: not an answer");
  CHECK(visit("answers", R"({"q":["a",1]})") == "facts.answers.q[1]: not a string");
  CHECK(decode<model::ChildPart>(R"({"id":"","born":"2026-02-30"})").error().detail == "born: not a date (YYYY-MM-DD)");
}

TEST_CASE("codec: depth 32 is read, depth 33 is not", "[wire][A53]") {
  auto nested = [](int depth) { return std::string(static_cast<std::size_t>(depth), '[') + std::string(static_cast<std::size_t>(depth), ']'); };
  CHECK(parse_json(nested(32)).has_value());
  auto deep = parse_json(nested(33));
  REQUIRE_FALSE(deep.has_value());
  CHECK(deep.error().detail.find("nested deeper than 32") != std::string::npos);
  CHECK_FALSE(parse_json(nested(200'000)).has_value());
}

TEST_CASE("codec: a document that a merge made too deep is refused, not written where nobody could read it again", "[wire]") {
  auto nested = [](int depth) {
    boost::json::value out(1);
    for (int i = 0; i < depth; ++i) out = boost::json::array{std::move(out)};
    return out;
  };
  auto detail = [](const boost::json::value& document) {
    auto r = decode_value<model::Visit>(document);
    return r.has_value() ? std::string("accepted") : r.error().detail;
  };
  boost::json::value visit = boost::json::parse(encode(model::Visit()));
  visit.as_object()["zz"] = nested(31);
  CHECK(detail(visit) == "accepted");
  visit.as_object()["zz"] = nested(32);
  CHECK(detail(visit) == "zz: nested deeper than 32");
  visit = boost::json::parse(encode(whole_visit()));
  visit.at("conflicts").at(0).as_object()["mine"] = nested(29);
  CHECK(detail(visit) == "accepted");
  CHECK(parse_json(encode(*decode_value<model::Visit>(visit))).has_value());
  visit.at("conflicts").at(0).as_object()["mine"] = nested(30);
  CHECK(detail(visit) == "conflicts[0].mine: nested deeper than 32");
}

TEST_CASE("codec: every number that is written can be read, and is written so again", "[wire]") {
  model::ChildPart part;
  part.injuries.resize(1);
  for (double x : {0.0, 1.0, 0.1, 1e-300, 9007199254740993.0, 9223372036854775807.0, 18446744073709551616.0, 1.2345678901234568e20,
                   -1e22}) {
    INFO(x);
    part.injuries[0].at = model::Point{x, 1};
    goes_both_ways(part);
  }
  for (const char* number : {"-0.0", "123456789012345680000.0", "9223372036854775807", "18446744073709551615"}) {
    INFO(number);
    part.injuries[0].at = model::Point{0.5, 1};
    std::string text = encode(part);
    auto read = decode<model::ChildPart>(text.replace(text.find("0.5"), 3, number));
    REQUIRE(read.has_value());
    goes_both_ways(*read);
  }
}

TEST_CASE("codec: no cut or changed byte of a message is ever more than an error", "[wire]") {
  const std::string text = encode(whole_reply()), body = encode(whole_visit());
  for (std::size_t i = 0; i < text.size(); ++i) CHECK_FALSE(decode<SyncReply>(text.substr(0, i)).has_value());
  std::size_t accepted = 0;
  for (std::size_t i = 0; i < body.size(); ++i)
    for (char c : {'\0', '"', '{', '}', ',', '9', '\xff'}) {
      std::string changed = body;
      changed[i] = c;
      auto r = decode<model::Visit>(changed);
      if (!r.has_value()) continue;
      ++accepted;  // a letter inside a text: then what was read is what would be written
      CHECK(decode<model::Visit>(encode(*r)).value() == *r);
    }
  CHECK(accepted > 0);
}

TEST_CASE("chain: each link depends on every earlier byte, and a digest not on the order", "[wire]") {
  CHECK(chain_next(kChainStart, "abc") == base::sha256_hex(kChainStart + "abc"));
  CHECK(chain_next(chain_next(kChainStart, "a"), "b") != chain_next(chain_next(kChainStart, "b"), "a"));
  model::Revision r;
  r.record = id("r");
  r.rev = 2;
  r.hash = std::string(64, 'c');
  r.state = model::State::Submitted;
  const std::string one = chain_next(kChainStart, r);
  CHECK(one == base::sha256_hex(kChainStart + r.record.str() + "2" + r.hash + "SUBMITTED"));
  r.state = model::State::Approved;
  CHECK(chain_next(kChainStart, r) != one);
  const Cursor a{id("a"), 1, kChainStart}, b{id("b"), 2, kChainStart};
  CHECK(view_digest({a, b}) == view_digest({b, a}));
  CHECK(view_digest({a}) != view_digest({a, b}));
  CHECK(view_digest({}) == base::sha256_hex(""));
}

TEST_CASE("codec: a number too large for this machine is refused, not kept as infinity", "[wire]") {
  model::Visit visit = whole_visit();
  const std::string good = encode(visit);
  for (const char* number : {"1e400", "-1e400", "1e99999"}) {
    std::string body = good;
    body.replace(body.find("\"x\":0.1") + 4, 3, number);
    INFO(number);
    CHECK(decode<model::Visit>(body).has_error());
    CHECK(decode<model::Visit>(R"({"from_the_future":)" + std::string(number) + "," + good.substr(1)).has_error());
  }
  CHECK(decode<model::Visit>(R"({"from_the_future":1e-400,)" + good.substr(1)).has_value());
}

TEST_CASE("codec: the longest record fits into one request, whatever it is made of", "[wire]") {
  model::Visit visit = whole_visit();
  const std::size_t empty = encode(visit).size();
  visit.facts.answers["purpose"] = std::string((limits::kRecordBytes - empty) / 2, '"');
  Operation op;
  op.body = encode(visit);
  CHECK(op.body.size() > limits::kRecordBytes - 1024);
  CHECK(op.body.size() <= limits::kRecordBytes);
  SyncRequest request;
  request.ops.items = {encode(op)};
  request.view.cases.emplace(limits::kCasesPerView, Cursor{base::Id::from_name("case"), 1'000'000, std::string(64, 'f')});
  CHECK(encode(request).size() < limits::kBodyBytes);
}

TEST_CASE("codec: a list of nothing costs no more than its text", "[wire]") {
  auto peak_mb = [] {
    rusage use{};
    getrusage(RUSAGE_SELF, &use);
    return use.ru_maxrss / 1024;
  };
  std::string list = "{}";
  while (list.size() < limits::kRecordBytes - 200) list += ",{}";
  const std::string body = R"({"id":"","author":"","family":"","versions":{"schema":1},"facts":{},"children":[)" + list + "]}";
  const auto before = peak_mb();
  CHECK(decode<model::Visit>(body).error().detail == "children[0].id: missing");
  CHECK(peak_mb() - before < 128);
}
