// HTTP client and HTTP listener together, over real TLS on loopback sockets.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <boost/json.hpp>
#include <catch2/catch_test_macros.hpp>
#include <csignal>
#include <thread>

#include "sync/server/http_listener.h"
#include "sync/transport/http_client.h"
#include "tests/support/council.h"
#include "tests/transport/gate.h"

using namespace doorstep;
using namespace doorstep::support;
using namespace doorstep::transport_test;
using base::Fault;
using base::Millis;
using namespace std::chrono_literals;

namespace {

server::HttpReply echo(const server::HttpRequest& request) {
  server::HttpReply reply;
  reply.content_type = "text/plain";
  reply.body = request.method + " " + request.target + "\n" + request.body;
  reply.headers.emplace_back("X-Peer", request.peer.identity ? request.peer.identity->device.str() : "none");
  reply.headers.emplace_back("X-Address", request.peer.address);
  return reply;
}

std::unique_ptr<server::HttpListener> listen(server::ListenerConfig config, server::HttpHandler handler = echo) {
  auto listener = server::HttpListener::start(std::move(config), std::move(handler));
  REQUIRE(listener.has_value());
  return std::move(*listener);
}

server::ListenerConfig with(tls::Context context) {
  server::ListenerConfig config;
  config.context = std::move(context);
  config.headers = {{"Sync-Proto", "1"}};
  return config;
}

transport::Endpoint at(const server::HttpListener& listener, std::string name = "127.0.0.1") {
  return {"127.0.0.1", listener.port(), std::move(name)};
}

transport::HttpRequest post(std::string target, std::string body = {}) {
  return {"POST", std::move(target), {}, std::move(body)};
}

int connect_to(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return fd;
  ::close(fd);
  return -1;
}

/// A client that sends what it likes: bytes inside TLS.
class RawClient {
 public:
  RawClient(std::uint16_t port, const tls::Context& context) : fd_(connect_to(port)), ssl_(SSL_new(context.get())) {
    REQUIRE(fd_ >= 0);
    ::signal(SIGPIPE, SIG_IGN);  // the server may close while this still writes: that is what is tested
    timeval limit{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    REQUIRE(tls::expect_server(ssl_, "127.0.0.1").has_value());
    SSL_set_fd(ssl_, fd_);
    REQUIRE(SSL_connect(ssl_) == 1);
  }
  ~RawClient() {
    SSL_free(ssl_);
    ::close(fd_);
  }
  void send(std::string_view bytes) { SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())); }
  void half_close() { SSL_shutdown(ssl_); }
  void cut() { ::shutdown(fd_, SHUT_WR); }
  /// Until the server closes.
  std::string read_all() {
    std::string all;
    char buffer[4096];
    for (int got = 0; (got = SSL_read(ssl_, buffer, sizeof buffer)) > 0;) all.append(buffer, static_cast<std::size_t>(got));
    return all;
  }

 private:
  int fd_;
  SSL* ssl_;
};

void check_problem(const std::string& reply, int status, std::string_view code) {
  INFO(reply);
  REQUIRE(reply.starts_with("HTTP/1.1 " + std::to_string(status) + " "));
  CHECK(reply.find("Content-Type: application/problem+json\r\n") != std::string::npos);
  CHECK(reply.find("Sync-Proto: 1\r\n") != std::string::npos);
  CHECK(reply.find("Connection: close\r\n") != std::string::npos);
  const auto body = boost::json::parse(reply.substr(reply.find("\r\n\r\n") + 4)).as_object();
  CHECK(body.at("type").as_string() == "urn:doorstep:problem:" + std::string(code));
  CHECK(body.at("status").as_int64() == status);
  CHECK_FALSE(body.at("title").as_string().empty());
}

}  // namespace

TEST_CASE("http: a request and its reply, and who sent it", "[transport]") {
  const Council council;
  const auto listener = listen(with(council.listener()));
  transport::HttpClient client(at(*listener), council.tablet());
  const std::string body = std::string("\0\xff{", 3) + std::string(300'000, 'x');
  const auto reply = client.request(post("/v1/sync?x=1", body), kSoon);
  REQUIRE(reply.has_value());
  CHECK(reply->status == 200);
  CHECK(reply->body == "POST /v1/sync?x=1\n" + body);
  CHECK(reply->headers.at("x-peer") == base::Id::from_name("device").str());
  CHECK(reply->headers.at("x-address") == "127.0.0.1");
  CHECK(reply->headers.at("sync-proto") == "1");
  CHECK(reply->headers.at("content-type") == "text/plain");
}

TEST_CASE("http: one connection serves many requests; a lost one is made again", "[transport]") {
  const Council council;
  auto first = listen(with(council.listener()));
  const auto port = first->port();
  transport::HttpClient client(at(*first), council.tablet());
  for (int i = 0; i < 20; ++i) REQUIRE(client.request(post("/"), kSoon).has_value());
  CHECK(first->sessions() == 1);
  client.close();
  REQUIRE(client.request(post("/"), kSoon).has_value());

  first->stop();
  auto config = with(council.listener());
  config.port = port;
  const auto second = listen(std::move(config));
  CHECK(client.request(post("/"), kSoon).has_value());  // the goodbye was noticed before anything was sent

  second->stop();
  const auto offline = client.request(post("/"), kSoon);
  REQUIRE(offline.has_error());
  CHECK(offline.error().fault == Fault::Offline);
}

TEST_CASE("http: each refusal is told apart by the client, in its words", "[transport][T42][T43]") {
  const Council council;
  const Council foreign;
  const base::Instant last_year{now().ms - 400LL * 86'400'000};
  const Holder expired = certified(council.ca, tls::Subject::of_device(base::Id::from_name("device")), last_year);
  const auto listener = listen(with(council.listener()));
  const auto foreign_listener = listen(with(foreign.listener()));
  const auto showing = [&](const Holder& holder) {
    auto context = tls::client_context({council.ca.cert, holder.cert, &holder.key, {}});
    REQUIRE(context.has_value());
    return *context;
  };
  struct Row {
    const char* what;
    const server::HttpListener& to;
    std::string name;
    tls::Context context;
    Fault fault;
    std::string where;
  };
  const std::vector<Row> rows = {
      {"wrong authority", *foreign_listener, "127.0.0.1", council.tablet(), Fault::Untrusted, "tls.interception"},
      {"wrong name", *listener, "other.example.gov.uk", council.tablet(), Fault::Untrusted, "tls.wrong_server"},
      {"no certificate", *listener, "127.0.0.1", council.stranger(), Fault::Denied, "tls.no_certificate"},
      {"foreign certificate", *listener, "127.0.0.1", showing(foreign.device), Fault::Denied, "tls.not_authorised"},
      {"expired certificate", *listener, "127.0.0.1", showing(expired), Fault::Denied, "tls.not_authorised"},
  };
  for (const auto& row : rows) {
    for (const std::size_t size : {std::size_t{0}, std::size_t{1'000'000}}) {  // the refusal arrives while we still send
      INFO(row.what << ", " << size << " bytes");
      transport::HttpClient client(at(row.to, row.name), row.context);
      const auto reply = client.request(post("/", std::string(size, 'x')), kSoon);
      REQUIRE(reply.has_error());
      CHECK(reply.error().fault == row.fault);
      CHECK(reply.error().where == row.where);
    }
  }
  CHECK(transport::HttpClient(at(*listener, "cases.example.gov.uk"), council.tablet()).request(post("/"), kSoon).has_value());
}

TEST_CASE("http: the enrolment listener takes a tablet without a certificate", "[transport]") {
  const Council council;
  const auto listener = listen(with(council.listener(tls::ClientCertificates::None)));
  transport::HttpClient client(at(*listener), council.stranger());
  const auto reply = client.request(post("/v1/enrol"), kSoon);
  REQUIRE(reply.has_value());
  CHECK(reply->headers.at("x-peer") == "none");
}

TEST_CASE("http: TLS 1.2 and plain HTTP get no answer", "[transport][T41]") {
  const Council council;
  const auto listener = listen(with(council.listener()));
  tls::Context old(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  SSL_CTX_set_max_proto_version(old.get(), TLS1_2_VERSION);
  transport::HttpClient client(at(*listener), old);
  const auto reply = client.request(post("/"), kSoon);
  REQUIRE(reply.has_error());
  CHECK(reply.error().where == "tls.old_protocol");

  const int fd = connect_to(listener->port());
  REQUIRE(fd >= 0);
  const std::string_view plain = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  REQUIRE(::write(fd, plain.data(), plain.size()) == static_cast<ssize_t>(plain.size()));
  std::string got(64, '\0');
  const auto size = ::read(fd, got.data(), got.size());
  CHECK(std::string_view(got).substr(0, 4) != "HTTP");
  CHECK(size < 64);
  ::close(fd);
}

TEST_CASE("http: what breaks a limit or the syntax is refused by name and never reaches the handler", "[transport][A53]") {
  const Council council;
  std::atomic<int> handled = 0;
  auto config = with(council.listener());
  config.max_body_bytes = 1000;
  const auto listener = listen(std::move(config), [&](const server::HttpRequest& request) {
    ++handled;
    return echo(request);
  });
  struct Row {
    const char* what;
    std::string bytes;
    int status;
    std::string code;
  };
  const std::string host = "Host: 127.0.0.1\r\n";
  const std::vector<Row> rows = {
      {"body larger than allowed", "POST / HTTP/1.1\r\n" + host + "Content-Length: 1001\r\n\r\n" + std::string(1001, 'x'), 413,
       "body-too-large"},
      {"body of four gigabytes announced", "POST / HTTP/1.1\r\n" + host + "Content-Length: 4294967296\r\n\r\n", 413,
       "body-too-large"},
      {"header larger than allowed", "POST / HTTP/1.1\r\n" + host + "X: " + std::string(9000, 'x') + "\r\n\r\n", 431,
       "header-too-large"},
      {"target larger than allowed", "GET /" + std::string(9000, 'x') + " HTTP/1.1\r\n" + host + "\r\n", 431, "header-too-large"},
      {"method not on the list", "DELETE / HTTP/1.1\r\n" + host + "\r\n", 405, "method-not-allowed"},
      {"not HTTP", std::string("\x16\x03\x01\x02 what?\r\n\r\n"), 400, "malformed"},
      {"header without a colon", "GET / HTTP/1.1\r\n" + host + "nonsense\r\n\r\n", 400, "malformed"},
      {"a repeated header", "GET / HTTP/1.1\r\n" + host + "A: 1\r\na: 2\r\n\r\n", 400, "malformed"},
      {"an old HTTP", "GET / HTTP/1.0\r\n" + host + "\r\n", 505, "http-version"},
      {"no length", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411, "length-required"},
      {"both lengths", "POST / HTTP/1.1\r\n" + host + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
       "ambiguous-length"},
      {"both lengths, the other way round",
       "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400,
       "ambiguous-length"},
      {"two lengths", "POST / HTTP/1.1\r\n" + host + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400,
       "ambiguous-length"},
      {"a negative length", "POST / HTTP/1.1\r\n" + host + "Content-Length: -3\r\n\r\nabc", 400, "ambiguous-length"},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    RawClient client(listener->port(), council.tablet());
    client.send(row.bytes);
    check_problem(client.read_all(), row.status, row.code);
  }
  for (const bool clean : {true, false}) {
    INFO("truncated, " << (clean ? "with" : "without") << " a goodbye");
    RawClient client(listener->port(), council.tablet());
    client.send("POST / HTTP/1.1\r\n" + host + "Content-Length: 100\r\n\r\nonly this");
    clean ? client.half_close() : client.cut();
    check_problem(client.read_all(), 400, "truncated");
  }
  CHECK(handled == 0);
  RawClient whole(listener->port(), council.tablet());
  whole.send("POST / HTTP/1.1\r\n" + host + "Content-Length: 1000\r\nConnection: close\r\n\r\n" + std::string(1000, 'x'));
  CHECK(whole.read_all().starts_with("HTTP/1.1 200 "));
  CHECK(handled == 1);
}

TEST_CASE("http: a body that is too large is told to our own client, which was still sending", "[transport]") {
  const Council council;
  auto config = with(council.listener());
  config.max_body_bytes = 1'000'000;
  const auto listener = listen(std::move(config));
  transport::HttpClient client(at(*listener), council.tablet());
  const auto reply = client.request(post("/", std::string(1'900'000, 'x')), kSoon);
  REQUIRE(reply.has_value());
  CHECK(reply->status == 413);
  const auto next = client.request(post("/", "small"), kSoon);
  REQUIRE(next.has_value());
  CHECK(next->status == 200);
}

TEST_CASE("http: slow tablets are not waited for for ever", "[transport]") {
  const Council council;
  auto config = with(council.listener());
  config.handshake_limit = 50ms;
  const auto strict = listen(config);
  const int silent = connect_to(strict->port());
  char byte = 0;
  CHECK(::read(silent, &byte, 1) <= 0);  // no handshake: closed
  ::close(silent);
  config.handshake_limit = kSoon;  // two busy sides may take longer than the others are given
  config.header_limit = config.read_limit = config.idle_limit = 50ms;
  const auto listener = listen(config);
  RawClient quiet(listener->port(), council.tablet());
  CHECK(quiet.read_all().empty());  // no request: closed without a word
  RawClient header(listener->port(), council.tablet());
  header.send("POST / HT");
  CHECK(header.read_all().empty());
  RawClient body(listener->port(), council.tablet());
  body.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
  CHECK(body.read_all().empty());
}

TEST_CASE("http: requests of different tablets are handled at the same time", "[transport]") {
  const Council council;
  Gate gate;
  auto config = with(council.listener());
  config.workers = 3;
  const auto listener = listen(std::move(config), [&](const server::HttpRequest& request) {
    gate.arrive_and_wait();
    return echo(request);
  });
  std::vector<std::thread> tablets;
  std::atomic<int> answered = 0;
  const auto context = council.tablet();  // it asserts, and Catch2 takes assertions of one thread at a time
  for (int i = 0; i < 3; ++i)
    tablets.emplace_back([&] {
      transport::HttpClient client(at(*listener), context);
      if (client.request(post("/"), kSoon).has_value()) ++answered;
    });
  CHECK(gate.await(3));  // all three are inside the handler
  gate.open();
  for (auto& tablet : tablets) tablet.join();
  CHECK(answered == 3);
}

TEST_CASE("http: when every worker has work and the queue is full, whoever comes is told to come again", "[transport]") {
  const Council council;
  Gate gate;
  std::atomic<int> handled = 0;
  auto config = with(council.listener());
  config.workers = config.max_waiting = 1;
  const auto listener = listen(std::move(config), [&](const server::HttpRequest& request) {
    ++handled;
    if (request.target == "/slow") gate.arrive_and_wait();
    return echo(request);
  });
  Gate told;  // by whoever is refused
  std::atomic<int> answered = 0, refused = 0;
  std::vector<std::thread> tablets;
  const auto context = council.tablet();  // it asserts, and Catch2 takes assertions of one thread at a time
  const auto tablet = [&](const char* target) {
    tablets.emplace_back([&, target] {
      transport::HttpClient client(at(*listener), context);
      const auto reply = client.request(post(target), kSoon);
      if (reply.has_value() && reply->status == 200) ++answered;
      if (reply.has_value() && reply->status == 503) ++refused, told.arrive_and_wait();
    });
  };
  tablet("/slow");
  REQUIRE(gate.await(1));
  tablet("/quick");  // of these two one waits for the worker, and the other is refused: then there is room for nobody
  tablet("/quick");
  REQUIRE(told.await(1));

  transport::HttpClient late(at(*listener), context);
  const auto reply = late.request(post("/quick", "a little"), kSoon);
  REQUIRE(reply.has_value());
  CHECK(reply->status == 503);
  CHECK(reply->body.find("urn:doorstep:problem:busy") != std::string::npos);
  CHECK(reply->headers.at("retry-after") == "5");
  const auto sessions = listener->sessions();
  auto coded = post("/quick", "this would be a 400, were it looked at");
  coded.headers.emplace_back("Content-Encoding", "zstd");
  CHECK(late.request(coded, kSoon)->status == 503);
  CHECK(listener->sessions() == sessions);  // a small request keeps its connection
  RawClient large(listener->port(), context);
  large.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n");
  check_problem(large.read_all(), 503, "busy");  // before any of it was sent
  CHECK(handled == 1);

  gate.open();
  told.open();
  for (auto& one : tablets) one.join();
  CHECK(answered == 2);
  CHECK(refused == 1);
  CHECK(late.request(post("/quick"), kSoon)->status == 200);
}

TEST_CASE("http: stop lets the request in progress finish, and takes no other", "[transport]") {
  const Council council;
  Gate gate;
  const auto listener = listen(with(council.listener()), [&](const server::HttpRequest& request) {
    gate.arrive_and_wait();
    return echo(request);
  });
  const auto port = listener->port();
  transport::HttpClient idle(at(*listener), council.tablet());
  base::Result<transport::HttpResponse> reply = base::Error{};
  const auto context = council.tablet();
  std::thread tablet([&] {
    transport::HttpClient client(at(*listener), context);
    reply = client.request(post("/", "precious"), kSoon);
  });
  REQUIRE(gate.await(1));
  std::thread stopper([&] { listener->stop(); });
  for (int fd = connect_to(port); fd >= 0; fd = connect_to(port)) ::close(fd);  // until the door is shut
  gate.open();
  tablet.join();
  stopper.join();
  REQUIRE(reply.has_value());
  CHECK(reply->body == "POST /\nprecious");
  CHECK(reply->headers.at("connection") == "close");
  CHECK(listener->sessions() == 0);
  CHECK(idle.request(post("/"), kSoon).has_error());
  listener->stop();  // again is harmless
}

TEST_CASE("http: stop does not wait for idle or half-sent connections", "[transport]") {
  const Council council;
  auto config = with(council.listener());
  config.stop_limit = 50ms;
  const auto listener = listen(std::move(config));
  transport::HttpClient idle(at(*listener), council.tablet());
  REQUIRE(idle.request(post("/"), kSoon).has_value());
  RawClient half(listener->port(), council.tablet());
  half.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
  const int silent = connect_to(listener->port());
  const auto before = base::SystemClock().monotonic();
  listener->stop();
  CHECK(base::SystemClock().monotonic() - before < 5s);
  CHECK(listener->sessions() == 0);
  ::close(silent);
}

TEST_CASE("http: a handler that throws is an answer, not an end", "[transport]") {
  const Council council;
  const auto listener = listen(with(council.listener()), [](const server::HttpRequest& request) -> server::HttpReply {
    if (request.target == "/bad") throw std::runtime_error("broken");
    return echo(request);
  });
  transport::HttpClient client(at(*listener), council.tablet());
  const auto bad = client.request(post("/bad"), kSoon);
  REQUIRE(bad.has_value());
  CHECK(bad->status == 500);
  CHECK(bad->body.find("urn:doorstep:problem:internal") != std::string::npos);
  CHECK(bad->body.find("broken") == std::string::npos);
  CHECK(client.request(post("/good"), kSoon)->status == 200);
}

TEST_CASE("http: no more connections than allowed", "[transport]") {
  const Council council;
  auto config = with(council.listener());
  config.max_sessions = 1;
  const auto listener = listen(std::move(config));
  transport::HttpClient first(at(*listener), council.tablet());
  REQUIRE(first.request(post("/"), kSoon).has_value());
  transport::HttpClient second(at(*listener), council.tablet());
  const auto refused = second.request(post("/"), kSoon);
  REQUIRE(refused.has_error());
  CHECK(refused.error().fault == Fault::Offline);
  CHECK(first.request(post("/"), kSoon).has_value());
}

TEST_CASE("http client: gives up at its limit, stops when told, and works again", "[transport]") {
  const Council council;
  Gate gate;
  const auto listener = listen(with(council.listener()), [&](const server::HttpRequest& request) {
    if (request.target == "/slow") gate.arrive_and_wait();
    return echo(request);
  });
  transport::HttpClient client(at(*listener), council.tablet());
  REQUIRE(client.request(post("/"), kSoon).has_value());  // connected: what is sent now arrives, however short the limit
  const auto late = client.request(post("/slow"), 50ms);
  REQUIRE(late.has_error());
  CHECK(late.error().fault == Fault::Timeout);
  REQUIRE(gate.await(1));

  base::Result<transport::HttpResponse> reply = base::Error{};
  std::thread thread([&] { reply = client.request(post("/slow"), kSoon); });
  REQUIRE(gate.await(2));
  client.cancel();
  thread.join();
  REQUIRE(reply.has_error());
  CHECK(reply.error().fault == Fault::Cancelled);
  CHECK(client.request(post("/"), kSoon).error().fault == Fault::Cancelled);
  client.resume();
  CHECK(client.request(post("/"), kSoon).has_value());
  gate.open();
}

TEST_CASE("http client: nobody there, and somebody who is not ours", "[transport]") {
  const Council council;
  transport::HttpClient nobody({"127.0.0.1", 1, "127.0.0.1"}, council.tablet());
  const auto refused = nobody.request(post("/"), kSoon);
  REQUIRE(refused.has_error());
  CHECK(refused.error().fault == Fault::Offline);

  // A label longer than DNS has: refused on this machine, so that no slow or missing name server has a say.
  transport::HttpClient unknown({std::string(64, 'x') + ".invalid", 1, "x"}, council.tablet());
  const auto nameless = unknown.request(post("/"), kSoon);
  REQUIRE(nameless.has_error());
  CHECK(nameless.error().fault == Fault::Offline);

  // A server that speaks no TLS at all, as a captive portal does.
  const int door = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::bind(door, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(door, 1) == 0);
  socklen_t size = sizeof address;
  ::getsockname(door, reinterpret_cast<sockaddr*>(&address), &size);
  std::thread portal([&] {
    const int fd = ::accept(door, nullptr, nullptr);
    const std::string_view page = "HTTP/1.1 302 Found\r\nLocation: http://login.example/\r\n\r\n";
    [[maybe_unused]] const auto written = ::write(fd, page.data(), page.size());
    ::close(fd);
  });
  transport::HttpClient client({"127.0.0.1", ntohs(address.sin_port), "127.0.0.1"}, council.tablet());
  const auto reply = client.request(post("/"), kSoon);
  portal.join();
  ::close(door);
  REQUIRE(reply.has_error());
  CHECK((reply.error().fault == Fault::Offline || reply.error().fault == Fault::Untrusted));
}

TEST_CASE("http listener: says why it cannot start", "[transport]") {
  const Council council;
  const auto listener = listen(with(council.listener()));
  auto config = with(council.listener());
  config.port = listener->port();
  const auto taken = server::HttpListener::start(config, echo);
  REQUIRE(taken.has_error());
  CHECK(taken.error().fault == Fault::Io);
  config.address = "not an address";
  const auto nonsense = server::HttpListener::start(config, echo);
  REQUIRE(nonsense.has_error());
  CHECK(nonsense.error().fault == Fault::Invalid);
}

TEST_CASE("http: what a request and a connection cost", "[.bench]") {
  const Council council;
  const auto listener = listen(with(council.listener()));
  transport::HttpClient client(at(*listener), council.tablet());
  const auto measure = [&](const char* what, int times, std::size_t size, bool cold) {
    const std::string body(size, 'x');
    const auto before = std::chrono::steady_clock::now();
    for (int i = 0; i < times; ++i) {
      if (cold) client.close();
      REQUIRE(client.request(post("/", body), kSoon).has_value());
    }
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - before;
    std::printf("%-40s %9.0f us\n", what, took.count() / times);
  };
  measure("kept connection, 100 bytes each way", 500, 100, false);
  measure("kept connection, 256 KiB each way", 100, 256 * 1024, false);
  measure("new connection, 100 bytes each way", 200, 100, true);
}

TEST_CASE("http: connections that say nothing do not keep tablets out", "[transport]") {
  const Council council;
  for (bool with_handshake : {false, true}) {
    auto config = with(with_handshake ? council.listener(tls::ClientCertificates::None) : council.listener());
    config.max_sessions = 3;
    const auto listener = listen(std::move(config));
    std::vector<std::unique_ptr<RawClient>> shaken;
    std::vector<int> silent;
    for (int i = 0; i < 3; ++i) {
      if (with_handshake) shaken.push_back(std::make_unique<RawClient>(listener->port(), council.stranger()));
      else silent.push_back(connect_to(listener->port()));
    }
    const auto until = std::chrono::steady_clock::now() + kSoon;
    while (listener->sessions() < 3 && std::chrono::steady_clock::now() < until) std::this_thread::yield();
    REQUIRE(listener->sessions() == 3);
    for (int i = 0; i < 2; ++i) {
      transport::HttpClient client(at(*listener), with_handshake ? council.stranger() : council.tablet());
      const auto reply = client.request(post("/"), kSoon);
      REQUIRE(reply.has_value());
      CHECK(reply->status == 200);
      CHECK(listener->sessions() <= 3);
    }
    for (int fd : silent) ::close(fd);
  }
}

TEST_CASE("http: one tablet does not take the places of all", "[transport]") {
  const Council council;
  auto config = with(council.listener());
  config.max_sessions_per_device = 2;
  const auto listener = listen(std::move(config));
  std::vector<std::unique_ptr<transport::HttpClient>> clients;
  for (int i = 0; i < 5; ++i) {
    clients.push_back(std::make_unique<transport::HttpClient>(at(*listener), council.tablet()));
    REQUIRE(clients.back()->request(post("/"), kSoon).has_value());
    CHECK(listener->sessions() <= 2);
  }
  CHECK(clients.front()->request(post("/"), kSoon).has_value());  // it connects again
}
