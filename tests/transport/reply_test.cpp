#include "sync/transport/reply.h"

#include <catch2/catch_test_macros.hpp>

#include "platform/base/bytes.h"

using namespace doorstep;
using transport::Exchange;
using transport::HttpResponse;

namespace {

wire::Base note() {
  wire::Base out;
  out.case_id = base::Id::from_name("worker");
  out.record = base::Id::from_name("draft");
  out.kind = model::RecordKind::Visit;
  out.rev = 4;
  for (int i = 0; i < 300; ++i) out.body += "word" + std::to_string(i * 7919 % 1000) + " ";
  out.hash = base::sha256_hex(out.body);
  return out;
}

engine::Send edit() {
  wire::Operation put;
  put.number = 9;
  put.record = note().record;
  put.case_id = note().case_id;
  put.base_rev = 4;
  put.base_hash = note().hash;
  put.body = note().body + "and one more";
  wire::SyncRequest request;
  request.ops = {9, wire::kChainStart, {wire::encode(put)}};
  return {wire::encode(request), {note()}, request.ops.items};
}

std::string header(const transport::HttpRequest& request, const std::string& name) {
  for (const auto& [is, value] : request.headers)
    if (is == name) return value;
  return {};
}

HttpResponse answer(int status, const std::string& type, std::string body, const std::string& encoding = {}) {
  HttpResponse out{status, {{"content-type", type}, {"sync-proto", "1"}}, std::move(body)};
  if (!encoding.empty()) out.headers["content-encoding"] = encoding;
  return out;
}
HttpResponse refusal(int status, const std::string& code) {
  return answer(status, wire::kProblemType, wire::encode(wire::Problem{"urn:doorstep:problem:" + code, "No.", status, ""}));
}

transport::BaseLookup holding(std::vector<wire::Base> held) {
  return [held = std::move(held)](const std::vector<wire::BaseName>& names) -> base::Result<std::vector<wire::Base>> {
    std::vector<wire::Base> out;
    for (const auto& name : names)
      for (const auto& base : held)
        if (base.name() == name) out.push_back(base);
    if (out.size() != names.size()) return base::Error{base::Fault::NotFound, "store.bases", "not here"};
    return out;
  };
}

}  // namespace

TEST_CASE("exchange: an edit goes with its base as prefix, and both kinds of answer are read", "[transport]") {
  Exchange exchange(edit(), holding({note()}), false);
  const auto sent = exchange.request();
  CHECK(header(sent, "Content-Encoding") == wire::kPrefixEncoding);
  CHECK(header(sent, "Accept-Encoding") == "zstd, zstd-prefix");
  CHECK(sent.body.size() < 400);
  const auto parts = wire::read_prefixed(sent.body);
  REQUIRE(parts.has_value());
  CHECK(parts->bases == std::vector{note().name()});
  CHECK(wire::decompress(parts->frame, limits::kBodyBytes, wire::request_prefix({note()})).value() == edit().body);

  const std::string plain = "{\"epoch\":\"e\"}";
  auto read = exchange.take(answer(200, wire::kContentType, wire::compress(plain), "zstd"));
  REQUIRE(read.has_value());
  CHECK(std::get<engine::Response>(*read).body == plain);

  const auto said = wire::read_operations(wire::decode<wire::SyncRequest>(edit().body)->ops.items);
  const auto leaning = wire::write_prefixed({note()}, plain, wire::reply_prefix({note()}, said));
  read = exchange.take(answer(200, wire::kContentType, leaning, "zstd-prefix"));
  REQUIRE(read.has_value());
  CHECK(std::get<engine::Response>(*read).body == plain);
}

TEST_CASE("exchange: without a base it is zstd as before, and a prefix is taken in answer", "[transport]") {
  Exchange exchange({edit().body, {}}, holding({}), false);
  CHECK(header(exchange.request(), "Content-Encoding") == "zstd");
  CHECK(header(exchange.request(), "Accept-Encoding") == "zstd, zstd-prefix");
}

TEST_CASE("exchange: an older server gets the same in plain, and is not asked again", "[transport]") {
  Exchange exchange(edit(), holding({note()}), false);
  CHECK_FALSE(exchange.take(refusal(415, "unsupported-encoding")).has_value());
  CHECK(exchange.older());
  const auto sent = exchange.request();
  CHECK(header(sent, "Content-Encoding") == "zstd");
  CHECK(header(sent, "Accept-Encoding") == "zstd");
  CHECK(wire::decompress(sent.body, limits::kBodyBytes).value() == edit().body);
  CHECK(exchange.take(refusal(415, "unsupported-encoding")).has_value());  // once is enough

  Exchange next(edit(), holding({note()}), exchange.older());
  CHECK(header(next.request(), "Content-Encoding") == "zstd");
}

TEST_CASE("exchange: a base that either side lacks costs one request more, and no more than that", "[transport]") {
  Exchange theirs(edit(), holding({note()}), false);
  CHECK_FALSE(theirs.take(refusal(422, "prefix-unknown")).has_value());
  CHECK_FALSE(theirs.older());
  CHECK(header(theirs.request(), "Content-Encoding") == "zstd");
  CHECK(theirs.take(refusal(422, "prefix-unknown")).has_value());

  Exchange ours(edit(), holding({}), false);
  const auto body = wire::write_prefixed({note()}, "{}", wire::reply_prefix({note()}, {}));
  const auto leaning = answer(200, wire::kContentType, body, "zstd-prefix");
  CHECK_FALSE(ours.take(leaning).has_value());
  CHECK(header(ours.request(), "Accept-Encoding") == "zstd");
  const auto broken = ours.take(leaning);
  REQUIRE(broken.has_value());
  CHECK(std::holds_alternative<engine::Broken>(*broken));
}

TEST_CASE("exchange: what is not about prefixes goes to the engine as it came", "[transport]") {
  Exchange exchange(edit(), holding({note()}), false);
  CHECK(std::get<engine::Response>(*exchange.take(refusal(503, "busy"))).status == 503);
  CHECK(std::holds_alternative<engine::Broken>(*exchange.take(answer(200, "text/html", "<html>"))));
  HttpResponse bomb = answer(200, wire::kContentType, wire::compress(std::string(limits::kBodyBytes + 1, 'x')), "zstd");
  CHECK(std::get<engine::Broken>(*exchange.take(bomb)).why.fault == base::Fault::Full);
}
