// Through an HTTP proxy: TLS from end to end, and each way in which it may fail told apart from the server being away.
#include "tests/support/connect_proxy.h"
#include "tests/transport/pump_fixture.h"

using namespace doorstep;
using namespace doorstep::support;
using namespace doorstep::transport_test;
using base::Fault;

namespace {

std::unique_ptr<server::HttpListener> listen(tls::Context context) {
  server::ListenerConfig config;
  config.context = std::move(context);
  auto listener = server::HttpListener::start(std::move(config), [](const server::HttpRequest& request) {
    server::HttpReply reply;
    reply.body = "answer to " + request.body;
    return reply;
  });
  REQUIRE(listener.has_value());
  return std::move(*listener);
}

transport::Endpoint through(std::uint16_t proxy, std::uint16_t server) {
  return {"127.0.0.1", server, "127.0.0.1", transport::Proxy{"127.0.0.1", proxy}};
}

base::Error failure_of(transport::Endpoint endpoint, const tls::Context& context, base::Millis limit = kSoon) {
  transport::HttpClient client(std::move(endpoint), context);
  auto reply = client.request({"POST", "/", {}, "x"}, limit);
  REQUIRE(reply.has_error());
  return reply.error();
}

}  // namespace

TEST_CASE("proxy: what goes through it goes encrypted from end to end, over one connection for many requests", "[transport]") {
  const Council council;
  const auto listener = listen(council.listener());
  ConnectProxy proxy;
  transport::HttpClient client(through(proxy.port(), listener->port()), council.tablet());
  for (int i = 0; i < 3; ++i) {
    const auto reply = client.request({"POST", "/secret-path", {{"X-Secret", "secret header"}}, "a corduroy bear"}, kSoon);
    INFO((reply ? std::string() : reply.error().where + ": " + reply.error().detail));
    REQUIRE(reply.has_value());
    CHECK(reply->body == "answer to a corduroy bear");
  }
  const auto to = "127.0.0.1:" + std::to_string(listener->port());
  REQUIRE(proxy.requests().size() == 1);
  CHECK(proxy.requests()[0] == "CONNECT " + to + " HTTP/1.1\r\nHost: " + to + "\r\n\r\n");
  const auto carried = proxy.carried();
  CHECK(carried.size() > 2000);
  for (const char* plain : {"corduroy", "secret", "POST", "HTTP/1.1"}) {
    INFO(plain);
    CHECK(carried.find(plain) == std::string::npos);
  }
  client.close();  // a lost connection is made again, through the proxy
  CHECK(client.request({"POST", "/", {}, "x"}, kSoon).has_value());
  CHECK(proxy.requests().size() == 2);
}

TEST_CASE("proxy: each failure is told apart, in words, and none of them is final", "[transport]") {
  const Council council;
  const auto listener = listen(council.listener());
  struct Row { const char* answer; const char* where; const char* words; };
  for (const Row& row : {Row{"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n", "proxy.password", "name and a password"},
                         Row{"HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nNope", "proxy.refused", "does not let Doorstep through (403)"},
                         Row{"HTTP/1.1 405 Method Not Allowed\r\n\r\n", "proxy.refused", "(405)"},
                         Row{"HTTP/1.1 302 Found\r\nLocation: http://login.example/\r\n\r\n", "proxy.log_in", "log in first"},
                         Row{"HTTP/1.1 511 Network Authentication Required\r\n\r\n", "proxy.log_in", "log in first"},
                         Row{"HTTP/1.1 502 Bad Gateway\r\n\r\n", "proxy.no_way", "cannot reach the case server (502)"},
                         Row{"HTTP/1.1 200 OK\r\n\r\n<html>Welcome to our wifi</html>", "proxy.not_a_proxy", "is no proxy"},
                         Row{"SSH-2.0-OpenSSH_9.2\r\n\r\n", "proxy.not_a_proxy", "is no proxy"},
                         Row{"\x15\x03\x03\x00\x02\x02\x46", "proxy.not_a_proxy", "is no proxy"}}) {
    INFO(row.where);
    ConnectProxy proxy{std::string(row.answer)};
    const auto error = failure_of(through(proxy.port(), listener->port()), council.tablet());
    CHECK(error.fault == Fault::Offline);
    CHECK(error.where == row.where);
    INFO(error.detail);
    CHECK(error.detail.find(row.words) != std::string::npos);
    CHECK(error.detail.find("Your notes are safe") != std::string::npos);
  }
  ConnectProxy dumb{std::string()};
  const auto silent = failure_of(through(dumb.port(), listener->port()), council.tablet(), base::Millis(1000));
  CHECK(silent.fault == Fault::Timeout);
  CHECK(silent.where == "proxy.silent");
  const auto nobody = failure_of(through(1, listener->port()), council.tablet());
  CHECK(nobody.fault == Fault::Offline);
  CHECK(nobody.where == "proxy.unreachable");
  auto nameless = through(1, listener->port());
  nameless.proxy->host = "no-such-proxy.invalid";
  CHECK(failure_of(nameless, council.tablet()).where == "proxy.unreachable");
  // The proxy is well and the server is away; and without a proxy.
  ConnectProxy proxy;
  CHECK(failure_of(through(proxy.port(), 1), council.tablet()).where == "proxy.no_way");
  CHECK(failure_of({"127.0.0.1", 1, "127.0.0.1"}, council.tablet()).where == "http.connect");
}

TEST_CASE("proxy: one that looks into TLS, a wrong clock and another server are told as without a proxy", "[transport][T42]") {
  const Council council, somebody;
  ConnectProxy proxy;
  // What an inspecting proxy shows is a certificate of its own authority.
  const auto inspected = listen(*tls::server_context({council.ca.cert, somebody.server.cert, somebody.server.key}));
  CHECK(failure_of(through(proxy.port(), inspected->port()), council.tablet()).where == "tls.interception");
  const auto honest = listen(council.listener());
  auto other = through(proxy.port(), honest->port());
  other.tls_name = "another.example.gov.uk";
  CHECK(failure_of(other, council.tablet()).where == "tls.wrong_server");
  const auto expired = certified(council.ca, tls::Subject::of_server({"127.0.0.1"}), now() + -std::chrono::hours(48), 1);
  const auto old = listen(*tls::server_context({council.ca.cert, expired.cert, expired.key}));
  CHECK(failure_of(through(proxy.port(), old->port()), council.tablet()).where == "tls.clock");
}

TEST_CASE("proxy: stop does not wait for it, and a pump goes through it", "[transport]") {
  Cases cases;
  Store store;
  store.add("one");
  ConnectProxy proxy;
  auto options = at_once(cases);
  options.endpoint.proxy = transport::Proxy{"127.0.0.1", proxy.port()};
  {
    Told told;
    transport::SyncPump pump(options, store, std::ref(told));
    pump.wake(transport::Why::Asked);
    told.next<transport::SyncDone>();
  }
  CHECK(cases.stored() == std::vector<std::string>{"one"});
  CHECK(proxy.requests().size() == 1);
  ConnectProxy dumb{std::string()};
  options.endpoint.proxy->port = dumb.port();
  Told told;
  store.add("two");
  transport::SyncPump pump(options, store, std::ref(told));
  pump.wake(transport::Why::Asked);
  told.next<transport::SyncStarted>();
  pump.stop();  // in the middle of it
  CHECK(store.waiting() == 1);
}
