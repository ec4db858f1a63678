// The pump with the real engine, HTTP and TLS on loopback; the store and the server's cases are small ones of this test.
#include "sync/transport/sync_pump.h"

#include <future>

#include "tests/transport/pump_fixture.h"

using namespace doorstep;
using namespace doorstep::transport_test;
using base::Fault;
using transport::SyncDone;
using transport::SyncFailed;
using transport::SyncStarted;
using transport::Why;

TEST_CASE("pump: sends what waits at once, and later changes over the same connection", "[transport]") {
  Cases cases;
  Store store;
  Told told;
  store.add("one");
  transport::SyncPump pump(at_once(cases), store, std::ref(told));
  auto done = told.next<SyncDone>();
  CHECK(done.pushed == 1);
  REQUIRE(done.receipt.has_value());
  CHECK(done.receipt->through == 1);
  CHECK(done.next >= std::chrono::seconds(1));

  store.add("two");
  store.add("three");
  pump.wake(Why::Changed);
  CHECK(told.next<SyncDone>().pushed == 2);
  pump.wake(Why::Asked);
  CHECK(told.next<SyncDone>().pushed == 0);
  CHECK(cases.stored() == std::vector<std::string>{"one", "two", "three"});
  CHECK(cases.listener->sessions() == 1);
  CHECK(store.waiting() == 0);
}

TEST_CASE("pump: tries again by itself until the server is well, and nothing is sent twice", "[transport]") {
  Cases cases;
  Store store;
  Told told;
  store.add("precious");
  std::atomic<int> left = 3;
  cases.go_wrong([&](const server::HttpRequest& request) -> std::optional<server::HttpReply> {
    switch (left--) {
      case 3: return server::problem(503, "busy", "Busy.", "Wait.");
      case 2: {  // a proxy's page
        server::HttpReply page;
        page.content_type = "text/html";
        page.body = "<h1>Bad gateway</h1>";
        return page;
      }
      case 1: cases.go_wrong({}); cases.answer(request); return server::problem(500, "lost", "Taken, but the answer was lost.");
      default: return {};
    }
  });
  transport::SyncPump pump(at_once(cases), store, std::ref(told));
  const auto busy = told.next<SyncFailed>();
  CHECK(busy.why.where == "server.busy");
  REQUIRE(busy.retry.has_value());
  CHECK(told.next<SyncFailed>().why.where == "http.not_ours");
  CHECK(told.next<SyncFailed>().why.where == "server.lost");
  CHECK(told.next<SyncDone>().pushed == 1);
  CHECK(cases.stored() == std::vector<std::string>{"precious"});
}

TEST_CASE("pump: what the first good answer after a failure makes to be sent does not wait for the timer", "[transport]") {
  Cases cases;
  Store store;
  Told told;
  std::atomic<int> left = 1;
  cases.go_wrong([&](const server::HttpRequest&) -> std::optional<server::HttpReply> {
    if (left-- <= 0) return std::nullopt;
    return server::problem(503, "busy", "The case server is busy.", "");
  });
  store.add("a visit");
  transport::SyncPump* woken = nullptr;
  std::atomic<bool> first = true;
  std::promise<void> made;
  store.applied = [&, ready = made.get_future().share()] {
    ready.wait();
    if (!first.exchange(false)) return;
    store.add("the end of its draft");
    woken->wake(Why::Changed);
  };
  transport::SyncPump pump(at_once(cases), store, std::ref(told));
  woken = &pump;
  made.set_value();
  CHECK(told.next<SyncDone>().pushed == 1);
  CHECK(told.next<SyncDone>().pushed == 1);
  CHECK(cases.stored() == std::vector<std::string>{"a visit", "the end of its draft"});
}

TEST_CASE("pump: Retry-After is kept to", "[transport]") {
  Cases cases;
  Store store;
  Told told;
  cases.go_wrong([](const server::HttpRequest&) {
    auto reply = server::problem(429, "too-many", "Too many.");
    reply.headers.emplace_back("Retry-After", "77");
    return std::optional(reply);
  });
  transport::SyncPump pump(at_once(cases), store, std::ref(told));
  const auto failed = told.next<SyncFailed>();
  CHECK(failed.why.fault == Fault::Throttled);
  REQUIRE(failed.retry.has_value());
  CHECK(*failed.retry >= std::chrono::seconds(77));
  cases.go_wrong({});
  pump.wake(Why::Asked);  // a person may ask all the same
  told.next<SyncDone>();
}

TEST_CASE("pump: a server that is busy is waited for on the connection there is, with batches as large as before", "[transport]") {
  Cases cases;
  Store store;
  Told told;
  for (int i = 0; i < 40; ++i) store.add("operation " + std::to_string(i));
  std::atomic<std::size_t> largest = 0;
  std::atomic<int> left = 3;
  cases.go_wrong([&](const server::HttpRequest& request) -> std::optional<server::HttpReply> {
    largest = wire::decode<wire::SyncRequest>(request.body)->ops.items.size();
    if (left-- <= 0) return std::nullopt;
    auto reply = server::problem(503, "busy", "The case server is busy.");
    reply.headers.emplace_back("Retry-After", "0");
    return reply;
  });
  transport::SyncPump pump(at_once(cases), store, std::ref(told));
  for (int i = 0; i < 3; ++i) CHECK(told.next<SyncFailed>().why.where == "server.busy");
  CHECK(told.next<SyncDone>().pushed == 40);
  CHECK(largest == 40);
  CHECK(cases.listener->sessions() == 1);
}

TEST_CASE("pump: a refusal that only a person can mend is not repeated by itself", "[transport]") {
  Cases cases;
  Store store;
  Told told;
  std::atomic<int> asked = 0;
  cases.go_wrong([&](const server::HttpRequest&) {
    ++asked;
    return std::optional(server::problem(403, "revoked", "This tablet is no longer authorised.", "Call IT."));
  });
  transport::SyncPump pump(at_once(cases), store, std::ref(told));
  const auto failed = told.next<SyncFailed>();
  CHECK(failed.why.fault == Fault::Denied);
  CHECK_FALSE(failed.retry.has_value());
  store.add("later");
  pump.wake(Why::Changed);
  pump.wake(Why::Asked);
  CHECK(told.next<SyncFailed>().why.where == "server.revoked");
  CHECK(asked == 2);  // the first, and the one that was asked for
}

TEST_CASE("pump: a handshake that is refused says so in its words", "[transport]") {
  Cases cases;
  Store store;
  Told told;
  auto options = at_once(cases);
  options.context = cases.council.stranger();
  transport::SyncPump pump(std::move(options), store, std::ref(told));
  const auto failed = told.next<SyncFailed>();
  CHECK(failed.why.where == "tls.no_certificate");
  CHECK_FALSE(failed.retry.has_value());
}

TEST_CASE("pump: no network, no tries; its return is noticed", "[transport]") {
  Cases cases;
  Store store;
  Told told;
  transport::SyncPump pump(at_once(cases), store, std::ref(told));
  told.next<SyncDone>();
  pump.set_online(false);
  store.add("offline work");
  pump.wake(Why::Asked);
  pump.set_online(true);
  CHECK(told.next<SyncDone>().pushed == 1);
  CHECK(cases.rounds == 2);  // the first, and this one
}

TEST_CASE("pump: the network goes in the middle of a request", "[transport]") {
  Gate gate;
  Cases cases;
  Store store;
  Told told;
  cases.go_wrong([&](const server::HttpRequest&) -> std::optional<server::HttpReply> {
    gate.arrive_and_wait();
    return {};
  });
  transport::SyncPump pump(at_once(cases), store, std::ref(told));
  REQUIRE(gate.await(1));
  pump.set_online(false);
  const auto failed = told.next<SyncFailed>();
  CHECK(failed.why.where == "sync.no_network");
  CHECK_FALSE(failed.retry.has_value());
  gate.open();
  cases.go_wrong({});
  pump.set_online(true);
  told.next<SyncDone>();
}

TEST_CASE("pump: stop does not wait for an answer", "[transport]") {
  Gate gate;
  Cases cases;
  Store store;
  Told told;
  cases.go_wrong([&](const server::HttpRequest&) -> std::optional<server::HttpReply> {
    gate.arrive_and_wait();
    return {};
  });
  transport::SyncPump pump(at_once(cases), store, std::ref(told));
  REQUIRE(gate.await(1));
  const auto before = base::SystemClock().monotonic();
  pump.stop();
  CHECK(base::SystemClock().monotonic() - before < std::chrono::seconds(5));
  pump.stop();
  gate.open();
}

TEST_CASE("pump: a reply that could not be kept is asked for again", "[transport]") {
  Cases cases;
  Store store;
  Told told;
  store.add("one");
  store.fail_next_apply();
  transport::SyncPump pump(at_once(cases), store, std::ref(told));
  const auto failed = told.next<SyncFailed>();
  CHECK(failed.why.fault == Fault::Io);
  CHECK(failed.retry.has_value());
  CHECK(told.next<SyncDone>().pushed == 1);
  CHECK(cases.stored().size() == 1);
}

TEST_CASE("pump: the next batch is with the server while the store takes the last reply in", "[transport]") {
  Gate gate;
  Cases cases;
  Store store;
  Told told;
  for (int i = 0; i < 100; ++i) store.add("operation " + std::to_string(i));
  store.take_in_by_hand();
  std::atomic<int> asked = 0;
  cases.go_wrong([&](const server::HttpRequest&) -> std::optional<server::HttpReply> {
    if (++asked == 2) gate.arrive_and_wait();
    return std::nullopt;
  });
  transport::SyncPump pump(at_once(cases), store, std::ref(told));
  REQUIRE(gate.await(1));  // and of the first reply nothing was taken in
  CHECK(store.waiting() == 100);
  CHECK(cases.count() == limits::kOpsPerPush);
  SECTION("the store is done before the answer is here") {
    store.take_in();
    gate.open();
  }
  SECTION("the answer is here before the store is done") {
    gate.open();
    store.take_in();
  }
  store.take_in();
  CHECK(told.next<SyncDone>().pushed == 100);
  CHECK(cases.count() == 100);
  CHECK(asked == 2);
}

TEST_CASE("pump: what was sent ahead of a reply that could not be kept has its effect once", "[transport]") {
  Cases cases;
  Store store;
  Told told;
  for (int i = 0; i < 100; ++i) store.add("operation " + std::to_string(i));
  store.fail_next_apply();
  transport::SyncPump pump(at_once(cases), store, std::ref(told));
  CHECK(told.next<SyncFailed>().why.where == "engine.apply");
  CHECK(cases.count() == 100);
  CHECK(told.next<SyncDone>().pushed == 100);
  CHECK(cases.count() == 100);
  CHECK(store.waiting() == 0);
}

TEST_CASE("pump: who asks while photos are sent hears that a round begins", "[transport]") {
  Gate gate;
  Cases cases;
  Store store;
  Told told;
  cases.go_wrong([](const server::HttpRequest& request) -> std::optional<server::HttpReply> {
    if (request.method != "PATCH") return {};
    server::HttpReply unwanted;
    unwanted.status = 404;
    unwanted.content_type = wire::kProblemType;
    unwanted.body = wire::encode(wire::Problem{"urn:doorstep:problem:blob-unknown", "Unknown", 404, ""});
    return unwanted;
  });
  store.blobs = true;
  store.next = [&, calls = 0]() mutable {
    if (++calls > 1) return engine::BlobTask{};
    gate.arrive_and_wait();
    return engine::BlobTask{engine::BlobTask::What::Send, std::string(64, 'a'), 0, "bytes", 0};
  };
  transport::SyncPump pump(at_once(cases), store, std::ref(told));
  told.next<SyncStarted>();
  REQUIRE(gate.await(1));
  pump.wake(Why::Asked);
  gate.open();
  told.next<SyncStarted>();
  told.next<SyncDone>();
}
