#include "sync/transport/calls.h"

#include <atomic>

#include <catch2/catch_test_macros.hpp>

#include "sync/server/http_listener.h"
#include "sync/transport/reply.h"
#include "sync/wire/codec.h"
#include "tests/support/council.h"

using namespace doorstep;
using namespace doorstep::support;
using base::Fault;

namespace {

constexpr base::Millis kSoon{10'000};

server::HttpReply ours(std::string body, int status = 200) {
  server::HttpReply reply;
  reply.status = status;
  reply.content_type = wire::kContentType;
  reply.body = std::move(body);
  return reply;
}

struct Server {
  Council council;
  std::unique_ptr<server::HttpListener> listener;
  explicit Server(server::HttpHandler handler) {
    server::ListenerConfig config;
    config.context = council.listener();
    config.headers = {{wire::kProtoHeader, "1"}};
    auto started = server::HttpListener::start(std::move(config), std::move(handler));
    REQUIRE(started.has_value());
    listener = std::move(*started);
  }
  transport::HttpClient client() { return {{"127.0.0.1", listener->port(), "127.0.0.1"}, council.tablet()}; }
};

transport::HttpResponse answer(int status, std::string type, std::string body, std::map<std::string, std::string> more = {}) {
  transport::HttpResponse response{status, std::move(more), std::move(body)};
  response.headers.emplace("content-type", std::move(type));
  response.headers.emplace("sync-proto", "1");
  return response;
}

}  // namespace

TEST_CASE("calls: enrol, activate, renew, witness and meta carry their messages there and back", "[transport]") {
  const wire::EnrolReply enrolled{base::Id::from_name("d"), base::Id::from_name("w"), "Åsa O'Neill", "CERT", "CA",
                                  std::string(5000, 't')};
  wire::EnrolRequest seen;
  std::string seen_type;
  Server server([&](const server::HttpRequest& request) {
    if (request.method == "GET" && request.target == "/v1/meta") return ours(wire::encode(wire::Meta{1, 1, "0.1.0", 42, {5}}));
    if (request.target == "/v1/enrol") {
      seen_type = request.headers.at("content-type");
      seen = wire::decode<wire::EnrolRequest>(request.body).value();
      return ours(wire::encode(enrolled));
    }
    if (request.target == "/v1/renew")
      return ours(wire::encode(wire::RenewReply{"CERT for " + wire::decode<wire::RenewRequest>(request.body).value().csr}));
    if (request.target == "/v1/witness") {
      auto held = wire::decode<wire::WitnessRequest>(request.body).value().held.value();
      held.statement += " and more";
      return ours(wire::encode(wire::WitnessReply{held}));
    }
    wire::ActivateReply reply;
    reply.worker_certificate = "CERT " + wire::decode<wire::ActivateRequest>(request.body).value().ticket;
    return ours(wire::encode(reply));
  });
  auto client = server.client();
  const wire::EnrolRequest asked{"TOKEN", std::string(2000, 'c')};  // large enough to travel as zstd
  const auto enrol = transport::enrol(client, asked, kSoon);
  REQUIRE(enrol.has_value());
  CHECK(*enrol == enrolled);
  CHECK(seen == asked);
  CHECK(seen_type == wire::kContentType);
  const auto activate = transport::activate(client, {"TICKET", "CSR"}, kSoon);
  REQUIRE(activate.has_value());
  CHECK(activate->worker_certificate == "CERT TICKET");
  CHECK(transport::renew(client, {"CSR"}, kSoon).value().certificate == "CERT for CSR");
  const wire::SignedAudit held{"STATEMENT", "00", "CERT"};
  CHECK(transport::witness(client, {held}, kSoon).value().audit == wire::SignedAudit{"STATEMENT and more", "00", "CERT"});
  const auto meta = transport::meta(client, kSoon);
  REQUIRE(meta.has_value());
  CHECK(meta->body_bytes == 42);
}

TEST_CASE("calls: a refusal comes through in the server's own words", "[transport]") {
  Server server([](const server::HttpRequest&) {
    return server::problem(410, "token-used", "This code was used before.", "Ask for a new one.");
  });
  auto client = server.client();
  const auto enrol = transport::enrol(client, {"TOKEN", "CSR"}, kSoon);
  REQUIRE(enrol.has_error());
  CHECK(enrol.error().fault == Fault::Denied);
  CHECK(enrol.error().where == "server.token-used");
  CHECK(enrol.error().detail == "This code was used before. Ask for a new one.");
}

TEST_CASE("calls: bodies that lie about their encoding, or are bombs, never reach the handler", "[transport][A53]") {
  std::atomic<int> handled = 0;
  Server server([&](const server::HttpRequest&) {
    ++handled;
    return ours("{}");
  });
  auto client = server.client();
  const auto send = [&](std::string body, std::string encoding) {
    auto reply = client.request({"POST", "/", {{"Content-Encoding", std::move(encoding)}}, std::move(body)}, kSoon);
    REQUIRE(reply.has_value());
    return std::move(*reply);
  };
  CHECK(send(wire::compress(std::string(limits::kBodyBytes + 1, 'x')), "zstd").status == 413);
  CHECK(send("not zstd at all", "zstd").status == 400);
  CHECK(send(wire::compress("cut in the middle of it").substr(0, 12), "zstd").status == 400);
  CHECK(send("x", "gzip").status == 415);
  CHECK(handled == 0);
  CHECK(send(wire::compress("{}"), "zstd").status == 200);
}

TEST_CASE("reply: only what our server says counts as an answer", "[transport]") {
  using transport::recognise;
  CHECK(recognise(answer(200, wire::kContentType, "{}")).has_value());
  CHECK(recognise(answer(200, std::string(wire::kContentType) + "; charset=utf-8", "{}")).has_value());
  CHECK(recognise(answer(503, wire::kProblemType, "{}")).has_value());

  auto portal = answer(200, "text/html", "<html>Log in to the café's network</html>");
  REQUIRE(recognise(portal).has_error());
  CHECK(recognise(portal).error().fault == Fault::Offline);
  CHECK(recognise(portal).error().where == "http.not_ours");
  auto no_proto = answer(200, wire::kContentType, "{}");
  no_proto.headers.erase("sync-proto");
  CHECK(recognise(no_proto).has_error());
  CHECK(recognise(answer(200, wire::kContentType, "{}", {{"content-encoding", "br"}})).has_error());
  CHECK(recognise(answer(200, wire::kContentType, "{}", {{"content-encoding", "zstd"}})).has_error());
  const auto plain = recognise(answer(200, wire::kContentType, wire::compress("{\"a\":1}"), {{"content-encoding", "zstd"}}));
  REQUIRE(plain.has_value());
  CHECK(plain->body == "{\"a\":1}");
  const auto bomb = recognise(
      answer(200, wire::kContentType, wire::compress(std::string(limits::kBodyBytes + 1, 'x')), {{"content-encoding", "zstd"}}));
  REQUIRE(bomb.has_error());
  CHECK(bomb.error().fault == Fault::Full);
}

TEST_CASE("reply: Retry-After is seconds or nothing", "[transport]") {
  const auto wait = [](std::string value) {
    return transport::recognise(answer(429, wire::kProblemType, "{}", {{"retry-after", std::move(value)}}))->retry_after_s;
  };
  CHECK(wait("0") == 0);
  CHECK(wait("120") == 120);
  CHECK_FALSE(wait("-5").has_value());
  CHECK_FALSE(wait("12x").has_value());
  CHECK_FALSE(wait("").has_value());
  CHECK_FALSE(wait("Wed, 21 Oct 2026 07:28:00 GMT").has_value());
  CHECK_FALSE(wait("99999999999999999999").has_value());
}
