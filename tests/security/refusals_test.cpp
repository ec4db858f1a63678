// What is refused, by the real server over real TLS: each with a name of its own, on the wire where there is a reply, in the
// client's words where the handshake already fails.
#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <catch2/catch_test_macros.hpp>
#include <iostream>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform/base/bytes.h"
#include "platform/base/limits.h"
#include "platform/tls/certificate.h"
#include "platform/tls/context.h"
#include "sync/transport/calls.h"
#include "sync/transport/http_client.h"
#include "sync/transport/reply.h"
#include "sync/wire/codec.h"
#include "tests/support/server_process.h"
#include "tests/support/situations.h"
#include "tests/support/tree.h"

using namespace doorstep;
using support::FieldTablet;

namespace {

constexpr base::Millis kSoon{30'000};
const base::SystemClock kClock;

/// How it was refused: the name, and the words a person gets.
struct Refused {
  std::string name, words;
};

tls::Context context(const std::string& ca, const std::string& cert = {}, const base::Secret* key = nullptr) {
  auto made = tls::client_context({.ca = ca, .cert = cert, .key = key});
  REQUIRE(made.has_value());
  return *made;
}

Refused of(const base::Result<transport::HttpResponse>& reply) {
  if (!reply) return {reply.error().where, reply.error().detail};
  auto known = transport::recognise(*reply);
  REQUIRE(known.has_value());
  if (known->status == 200) return {"200", known->body};
  auto error = engine::error_of(*known);
  REQUIRE(error.where.starts_with("server."));
  return {std::to_string(known->status) + " " + error.where.substr(7), error.detail};
}

/// A tablet that says on the wire whatever a test likes. Activated: it has both certificates.
class WireTablet {
 public:
  explicit WireTablet(support::Setup setup)
      : setup_(std::move(setup)), client_(setup_.server, context(ca(), device_cert(), &setup_.device_key)) {
    auto key = tls::make_key();
    REQUIRE(key.has_value());
    worker_key = std::move(*key);
    auto activated = transport::activate(client_, {setup_.enrolment.ticket, *tls::make_request(worker_key)}, kSoon);
    REQUIRE(activated.has_value());
    worker_cert = activated->worker_certificate;
  }
  const std::string& ca() const { return setup_.enrolment.ca; }
  const std::string& device_cert() const { return setup_.enrolment.device_certificate; }
  const base::Secret& device_key() const { return setup_.device_key; }
  const transport::Endpoint& endpoint() const { return setup_.server; }
  base::Id device() const { return setup_.enrolment.device; }
  base::Id worker() const { return setup_.enrolment.worker; }
  tls::Context as_worker() const { return context(ca(), worker_cert, &worker_key); }

  std::string body(const std::vector<std::string>& ops = {}, std::vector<wire::Cursor> cursors = {}) const {
    wire::SyncRequest out;
    out.device = device();
    out.ops = {next_, hash_, ops};
    out.view.digest = wire::view_digest(cursors);
    out.view.cases = cursors;
    out.budget = 1 << 20;
    return wire::encode(out);
  }
  /// One operation, numbered here; how it was answered.
  wire::OpResult send(transport::HttpClient& client, wire::Operation op) {
    op.number = next_;
    op.at = kClock.wall();
    const auto bytes = wire::encode(op);
    auto reply = client.request(transport::sync_request("/v1/sync", body({bytes})), kSoon);
    REQUIRE(reply.has_value());
    auto known = transport::recognise(*reply);
    REQUIRE(known.has_value());
    auto read = wire::decode<wire::SyncReply>(known->body);
    INFO(known->body);
    REQUIRE(read.has_value());
    REQUIRE(read->results.size() == 1);
    hash_ = wire::chain_next(hash_, bytes);
    ++next_;
    return read->results.front();
  }

  std::string worker_cert;
  base::Secret worker_key;

 private:
  support::Setup setup_;
  transport::HttpClient client_;
  std::int64_t next_ = 1;
  std::string hash_ = wire::kChainStart;
};

Refused of(const wire::OpResult& result) {
  if (result.status != wire::OpStatus::Refused || !result.code) return {std::string(model::code(result.status)), result.detail};
  return {std::string(model::code(*result.code)), result.detail};
}

wire::Operation on(wire::OpKind kind, const model::RevisionRef& revision, base::Id case_id, std::string body) {
  wire::Operation op;
  op.kind = kind;
  op.record = revision.record;
  op.case_id = case_id;
  op.record_kind = model::RecordKind::ChildRecord;
  op.base_rev = revision.rev;
  op.base_hash = revision.hash;
  op.body = std::move(body);
  return op;
}

wire::Operation approval(const model::RevisionRef& revision, base::Id case_id, base::Id reviewer) {
  model::Decision decision;
  decision.id = base::new_id(kClock);
  decision.on = {revision.record, revision.rev, revision.hash};
  decision.verdict = model::Verdict::Approved;
  decision.reviewer = reviewer;
  decision.at = kClock.wall();
  decision.rationale = "Read.";
  return on(wire::OpKind::Decide, revision, case_id, wire::encode(decision));
}

/// Bytes inside TLS, then a clean goodbye in the middle of them; what came back.
transport::HttpResponse truncated(const WireTablet& tablet) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(tablet.endpoint().port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  const timeval limit{30, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  const auto made = tablet.as_worker();
  SSL* ssl = SSL_new(made.get());
  REQUIRE(tls::expect_server(ssl, "localhost").has_value());
  SSL_set_fd(ssl, fd);
  REQUIRE(SSL_connect(ssl) == 1);
  const std::string bytes = "POST /v1/sync HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + std::string(wire::kContentType) +
                            "\r\nContent-Length: 1000\r\n\r\n" + tablet.body().substr(0, 100);
  SSL_write(ssl, bytes.data(), static_cast<int>(bytes.size()));
  SSL_shutdown(ssl);
  std::string all;
  char buffer[4096];
  for (int got = 0; (got = SSL_read(ssl, buffer, sizeof buffer)) > 0;) all.append(buffer, static_cast<std::size_t>(got));
  SSL_free(ssl);
  ::close(fd);
  INFO(all);
  REQUIRE(all.starts_with("HTTP/1.1 "));
  transport::HttpResponse out{std::stoi(all.substr(9, 3)), {}, all.substr(all.find("\r\n\r\n") + 4)};
  if (all.find("Content-Type: application/problem+json\r\n") != all.npos) out.headers["content-type"] = wire::kProblemType;
  if (all.find("Sync-Proto: 1\r\n") != all.npos) out.headers["sync-proto"] = "1";
  return out;
}

}  // namespace

TEST_CASE("refusals: each by a name of its own, and the server goes on", "[security][T41][T42][T43][T45][A47][A49][A50]") {
  support::ServerProcess server(support::assets("demo"));
  server.start();
  auto child = [](const std::string& ref) { return base::Id::from_name("child:" + ref); };

  // Two records that wait for a supervisor: Ruth's, and one that the supervisor Helen wrote herself.
  FieldTablet ruth(server.enrol("W1001")), helen(server.enrol("W1009"));
  std::map<FieldTablet*, model::RevisionRef> written;
  for (auto& situation : support::read_situations()) {
    auto* tablet = situation.number == 1 ? &ruth : situation.number == 2 ? &helen : nullptr;
    if (!tablet) continue;
    tablet->open();
    tablet->sync();
    support::record_visit(*tablet, child, situation, situation.visits.front());
    const auto records = support::submit_visit(*tablet);
    REQUIRE(records.size() == 1);
    tablet->sync();
    written[tablet] = tablet->state().caseload->record(records.front())->ref();
  }
  const auto ruths = written.at(&ruth), helens = written.at(&helen);

  WireTablet worker(server.enrol("W1001")), supervisor(server.enrol("W1009")), leaving(server.enrol("W1002"));
  transport::HttpClient as_worker(worker.endpoint(), worker.as_worker());
  transport::HttpClient as_supervisor(supervisor.endpoint(), supervisor.as_worker());
  REQUIRE(of(as_worker.request(transport::sync_request("/v1/sync", worker.body()), kSoon)).name == "200");
  auto stranger_ca = tls::make_authority("Somebody else", kClock.wall());
  REQUIRE(stranger_ca.has_value());
  auto stranger_key = tls::make_key();
  auto stranger_cert = tls::issue(*stranger_ca, *tls::make_request(*stranger_key),
                                  tls::Subject::of_worker(worker.worker(), worker.device()), 30, kClock.wall());
  REQUIRE(stranger_cert.has_value());
  auto to_sync = [&](const tls::Context& with) {
    return of(transport::HttpClient(worker.endpoint(), with).request(transport::sync_request("/v1/sync", worker.body()), kSoon));
  };
  auto post = [&](std::string type, std::string body) {
    return of(as_worker.request({"POST", "/v1/sync", {{"Content-Type", std::move(type)}}, std::move(body)}, kSoon));
  };
  auto about_a_case = [&](base::Id case_id) {
    model::Addendum addendum;
    addendum.id = base::Id::from_name("addendum");
    addendum.record = base::Id::from_name("record");
    addendum.author = worker.worker();
    addendum.text = "More.";
    const model::RevisionRef read{addendum.record, 1, std::string(64, 'a')};
    return worker.send(as_worker, on(wire::OpKind::Addendum, read, case_id, wire::encode(addendum)));
  };

  struct Row {
    const char* what;
    std::function<Refused()> attempt;
    const char* name;
    const char* words;  ///< part of what is said
  };
  const std::vector<Row> rows = {
      // The handshake fails: the client's words.
      {"missing certificate", [&] { return to_sync(context(worker.ca())); }, "tls.no_certificate", "set-up is not complete"},
      {"foreign authority's certificate", [&] { return to_sync(context(worker.ca(), *stranger_cert, &*stranger_key)); },
       "tls.not_authorised", "no longer authorised"},
      {"foreign server", [&] { return to_sync(context(stranger_ca->cert, worker.worker_cert, &worker.worker_key)); },
       "tls.interception", "intercepting"},
      {"TLS 1.2", [&] {
         tls::Context old(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
         SSL_CTX_set_max_proto_version(old.get(), TLS1_2_VERSION);
         return to_sync(old);
       }, "tls.old_protocol", "does not speak TLS 1.3"},
      // The server replies: a problem document.
      {"the tablet's certificate where the worker's belongs",
       [&] { return to_sync(context(worker.ca(), worker.device_cert(), &worker.device_key())); }, "403 wrong-certificate",
       "worker's certificate"},
      {"oversized body", [&] { return post(wire::kContentType, std::string(limits::kBodyBytes + 1, 'x')); }, "413 body-too-large",
       "larger than this server accepts"},
      {"oversized body of somebody without a certificate", [&] {
         transport::HttpClient client({"127.0.0.1", server.enrol_port(), "localhost"}, context(worker.ca()));
         return of(client.request({"POST", "/v1/enrol", {{"Content-Type", wire::kContentType}},
                                   std::string(limits::kEnrolBodyBytes + 1, 'x')}, kSoon));
       }, "413 body-too-large", "larger than this server accepts"},
      {"truncated body", [&] { return of(truncated(worker)); }, "400 truncated", "Nothing of it was kept"},
      {"malformed JSON", [&] { return post(wire::kContentType, worker.body().substr(0, 60)); }, "400 malformed",
       "cannot be read"},
      {"wrong content type", [&] { return post("text/html", worker.body()); }, "415 unsupported-media", "another kind"},
      {"revoked in the middle of a connection", [&] {
         transport::HttpClient client(leaving.endpoint(), leaving.as_worker());
         CHECK(of(client.request(transport::sync_request("/v1/sync", leaving.body()), kSoon)).name == "200");
         server.command({"revoke", "--device", leaving.device().str()});
         return of(client.request(transport::sync_request("/v1/sync", leaving.body()), kSoon));
       }, "403 revoked", "no longer authorised"},
      // The server keeps the operation and says why it has no effect.
      {"approval of one's own record", [&] {
         return of(supervisor.send(as_supervisor, approval(helens, child("C0201"), supervisor.worker())));
       }, "own_record", ""},
      {"approval by somebody who is no supervisor",
       [&] { return of(worker.send(as_worker, approval(helens, child("C0201"), worker.worker()))); }, "not_supervisor", ""},
      {"approval of a version that was taken back", [&] {
         CHECK(of(worker.send(as_worker, on(wire::OpKind::Withdraw, ruths, child("C0101"), "{}"))).name == "applied");
         return of(supervisor.send(as_supervisor, approval(ruths, child("C0101"), supervisor.worker())));
       }, "stale", ""},
      {"another team's case", [&] { return of(about_a_case(child("C2101"))); }, "unknown_case", ""},
      // The tablet itself.
      {"wrong passphrase", [&] {
         ruth.close();
         auto said = ruth.try_to_open("quiet river lantern kettle");
         CHECK(ruth.state().stage == state::Stage::Locked);
         CHECK_FALSE(ruth.state().caseload);
         return Refused{said.empty() ? "opened" : "unlock.problem.wrong", said};
       }, "unlock.problem.wrong", "That is not the passphrase."},
  };
  std::cout << "refusals:\n";
  for (const auto& row : rows) {
    INFO(row.what);
    const auto refused = row.attempt();
    INFO(refused.words);
    CHECK(refused.name == row.name);
    CHECK(refused.words.find(row.words) != std::string::npos);
    std::cout << "  " << row.what << ": " << refused.name << (refused.words.empty() ? "" : ", \"" + refused.words + "\"") << "\n";
  }

  // Another team's case and one that does not exist are told alike, whatever is asked.
  auto listed_elsewhere = about_a_case(child("C2101")), missing = about_a_case(base::Id::from_name("no such case"));
  listed_elsewhere.number = missing.number = 0;
  CHECK(wire::encode(listed_elsewhere) == wire::encode(missing));
  auto drop = [&](base::Id case_id) {
    const auto body = worker.body({}, {{case_id, 3, std::string(64, 'b')}});
    auto reply = as_worker.request(transport::sync_request("/v1/sync", body), kSoon);
    REQUIRE(reply.has_value());
    auto read = wire::decode<wire::SyncReply>(transport::recognise(*reply)->body);
    REQUIRE(read.has_value());
    for (const auto& pulled : read->cases) CHECK(pulled.case_id != case_id);
    return read->drop;
  };
  CHECK(drop(child("C2101")) == std::vector{child("C2101")});
  CHECK(drop(base::Id::from_name("no such case")) == std::vector{base::Id::from_name("no such case")});

  // None of it harmed anybody else.
  CHECK(of(as_worker.request(transport::sync_request("/v1/sync", worker.body()), kSoon)).name == "200");
  CHECK(server.command({"status"}).find("audit intact") != std::string::npos);
  server.stop();
}
