#include "sync/engine/engine.h"

#include <catch2/catch_test_macros.hpp>
#include <random>

#include "tests/engine/fakes.h"

using namespace doorstep;
using namespace doorstep::engine;
using namespace std::chrono_literals;
using base::Fault;
using fake::id;

namespace {

template <class T>
T expect(Engine& engine) {
  auto out = engine.poll();
  REQUIRE(out.has_value());
  INFO("output " << out->index());
  REQUIRE(std::holds_alternative<T>(*out));
  CHECK_FALSE(engine.poll().has_value());
  return std::get<T>(*out);
}

wire::SyncRequest request_of(const Send& send) {
  auto request = wire::decode<wire::SyncRequest>(send.body);
  REQUIRE(request.has_value());
  return *request;
}

/// One round up to the request.
Send send_of(Engine& engine, fake::Store& store) {
  engine.handle(store.replica(expect<Need>(engine)));
  return expect<Send>(engine);
}

/// What is to be applied, and the request that is sent meanwhile.
std::pair<wire::SyncReply, Send> ahead_of(Engine& engine, fake::Store& store) {
  engine.handle(store.replica(expect<Need>(engine)));
  auto apply = engine.poll();
  REQUIRE(apply.has_value());
  REQUIRE(std::holds_alternative<Apply>(*apply));
  return {std::get<Apply>(*apply).reply, expect<Send>(engine)};
}

Response reply_with(const wire::SyncReply& reply) { return {200, std::nullopt, wire::encode(reply)}; }

/// Runs until Idle or Close with nothing going wrong.
Output run(Engine& engine, fake::Store& store, fake::Server& server) {
  for (int step = 0; step < 10'000; ++step) {
    auto out = engine.poll();
    REQUIRE(out.has_value());
    if (auto* need = std::get_if<Need>(&*out)) {
      engine.handle(store.replica(*need));
    } else if (auto* send = std::get_if<Send>(&*out)) {
      engine.handle(server.answer(send->body));
    } else if (auto* apply = std::get_if<Apply>(&*out)) {
      store.apply(apply->reply);
      engine.handle(Applied{true});
    } else {
      return *out;
    }
  }
  FAIL("never came to rest");
  return Close{};
}

Output settle(Engine& engine, fake::Store& store, fake::Server& server) {
  engine.handle(Wake{});
  return run(engine, store, server);
}

struct World {
  fake::Server server;
  fake::Store store;
  base::Id child = id("child");
  World() { server.cases[child].entitled.insert(store.device); }
};

Close close_for(const Response& response, World& w) {
  Engine engine({}, 0);
  engine.handle(Wake{});
  send_of(engine, w.store);
  engine.handle(response);
  return expect<Close>(engine);
}

}  // namespace

TEST_CASE("engine: nothing happens before it is woken, and one wake asks once", "[engine]") {
  Engine engine({}, 0);
  CHECK_FALSE(engine.poll().has_value());
  engine.handle(Applied{});
  engine.handle(Response{});
  engine.handle(Replica{});
  CHECK_FALSE(engine.poll().has_value());
  engine.handle(Wake{});
  const Need need = expect<Need>(engine);
  CHECK(need.max_ops == limits::kOpsPerPush);
  CHECK(need.max_bytes == limits::kPushBytes);
}

TEST_CASE("engine: pushes and pulls in one round trip, and without news costs one small one", "[engine]") {
  World w;
  w.server.append(w.child, "from the office");
  w.store.write(w.child, "from the doorstep");
  Engine engine({}, 0);
  Output out = settle(engine, w.store, w.server);
  REQUIRE(std::holds_alternative<Idle>(out));
  CHECK(std::get<Idle>(out).pushed == 1);
  CHECK(std::get<Idle>(out).pulled == 2);
  CHECK(std::get<Idle>(out).receipt->through == 1);
  CHECK(w.server.requests == 1);
  CHECK(w.store.bodies[w.child] == std::vector<std::string>{"from the office", "from the doorstep"});

  const int full = w.server.full_views, before = w.server.requests;
  out = settle(engine, w.store, w.server);
  CHECK(std::get<Idle>(out).pushed == 0);
  CHECK(w.server.requests == before + 1);
  CHECK(w.server.full_views == full);  // the digest alone
}

TEST_CASE("engine: a server that does not know the view asks for it, once", "[engine]") {
  World w;
  w.server.append(w.child, "a");
  Engine first({}, 0);
  settle(first, w.store, w.server);
  settle(first, w.store, w.server);
  w.server.devices.begin()->second.view.clear();
  w.server.devices.begin()->second.offered.clear();
  w.server.append(w.child, "b");
  Engine second({}, 0);
  const int before = w.server.requests;
  CHECK(std::get<Idle>(settle(second, w.store, w.server)).pulled == 1);
  CHECK(w.server.requests == before + 2);

  Engine third({}, 0);  // asked although it was just told: no endless rounds
  third.handle(Wake{});
  wire::SyncReply reply;
  reply.need_view = true;
  send_of(third, w.store);
  third.handle(reply_with(reply));
  expect<Apply>(third);
  third.handle(Applied{});
  CHECK(request_of(send_of(third, w.store)).view.cases.has_value());
  third.handle(reply_with(reply));
  CHECK(expect<Close>(third).why.where == "engine.view");
}

TEST_CASE("engine: batches keep to their limits and a larger operation travels alone", "[engine]") {
  World w;
  for (int i = 0; i < 150; ++i) w.store.write(w.child, "x");
  Replica all = w.store.replica({1000, 10'000'000});
  Engine engine({}, 0);
  engine.handle(Wake{});
  expect<Need>(engine);
  engine.handle(all);  // a store that hands out too much
  CHECK(request_of(expect<Send>(engine)).ops.items.size() == limits::kOpsPerPush);

  fake::Store big;
  big.write(w.child, std::string(300'000, 'x'));
  big.write(w.child, "y");
  Engine other({}, 0);
  other.handle(Wake{});
  expect<Need>(other);
  other.handle(big.replica({1000, 10'000'000}));
  CHECK(request_of(expect<Send>(other)).ops.items.size() == 1);

  Engine whole({}, 0);
  CHECK(std::get<Idle>(settle(whole, w.store, w.server)).pushed == 150);
  CHECK(w.server.requests == 3);
}

TEST_CASE("engine: batches halve for each broken attempt and grow again when rounds go through", "[engine]") {
  World w;
  for (int i = 0; i < 200; ++i) w.store.write(w.child, "x");
  for (int broken : {0, 1, 3, 6, 7, 100}) {
    Engine engine({}, broken);
    engine.handle(Wake{});
    const Need need = expect<Need>(engine);
    CHECK(need.max_ops == std::max<std::size_t>(limits::kOpsPerPush >> std::min(broken, 16), 1));
    CHECK(need.max_bytes >= 8 * 1024);
    CHECK(need.max_bytes <= limits::kPushBytes >> std::min(broken, 5));
  }
  Engine engine({}, 3);
  engine.handle(Wake{});
  std::vector<std::size_t> sizes;
  while (auto out = engine.poll()) {
    if (auto* need = std::get_if<Need>(&*out)) {
      sizes.push_back(need->max_ops);
      engine.handle(w.store.replica(*need));
    } else if (auto* send = std::get_if<Send>(&*out)) {
      engine.handle(w.server.answer(send->body));
    } else if (auto* apply = std::get_if<Apply>(&*out)) {
      w.store.apply(apply->reply);
      engine.handle(Applied{true});
    }
  }
  CHECK(std::vector<std::size_t>(sizes.begin(), sizes.begin() + 5) == std::vector<std::size_t>{8, 16, 32, 64, 64});
  CHECK(w.store.acked == 200);
}

TEST_CASE("engine: a retry after a lost reply sends identical bytes and has its effect once", "[engine]") {
  World w;
  for (int i = 0; i < 10; ++i) w.store.write(w.child, std::to_string(i));
  Engine first({}, 0);
  first.handle(Wake{});
  const Send sent = send_of(first, w.store);
  w.server.answer(sent.body);  // arrived; the answer did not
  first.handle(Broken{{Fault::Timeout, "http.read", ""}});
  const Close close = expect<Close>(first);
  CHECK(close.why.fault == Fault::Timeout);
  CHECK_FALSE(close.final);
  first.handle(Wake{});
  CHECK_FALSE(first.poll().has_value());  // a closed engine says no more

  Engine same({}, 0);
  same.handle(Wake{});
  CHECK(send_of(same, w.store).body == sent.body);

  Engine halved({}, 1);  // and in smaller batches: the server is ahead of the first, which is not a fork
  Tuning small;
  small.ops_per_push = 8;
  Engine smaller(small, 1);
  CHECK(std::get<Idle>(settle(smaller, w.store, w.server)).pushed == 10);
  CHECK(w.store.bodies[w.child].size() == 10);
  CHECK(w.server.devices.begin()->second.ops.size() == 10);
}

TEST_CASE("engine: repeated and late answers change nothing", "[engine]") {
  World w;
  w.store.write(w.child, "a");
  Engine engine({}, 0);
  engine.handle(Wake{});
  const Response response = w.server.answer(send_of(engine, w.store).body);
  engine.handle(response);
  engine.handle(response);
  expect<Apply>(engine);
  engine.handle(response);
  CHECK_FALSE(engine.poll().has_value());
  engine.handle(Applied{});
  expect<Idle>(engine);
  engine.handle(Applied{});
  engine.handle(response);
  CHECK_FALSE(engine.poll().has_value());
}

TEST_CASE("engine: a wake during a round makes one more", "[engine]") {
  World w;
  Engine engine({}, 0);
  engine.handle(Wake{});
  const Send send = send_of(engine, w.store);
  w.store.write(w.child, "typed meanwhile");
  engine.handle(Wake{});
  engine.handle(Wake{});
  engine.handle(w.server.answer(send.body));
  w.store.apply(expect<Apply>(engine).reply);
  engine.handle(Applied{});
  CHECK(request_of(send_of(engine, w.store)).ops.items.size() == 1);
}

TEST_CASE("engine: a case leaves only after everything was pushed, and the receipt is told", "[engine]") {
  World w;
  w.server.append(w.child, "a");
  Engine engine({}, 0);
  settle(engine, w.store, w.server);
  for (int i = 0; i < 130; ++i) w.store.write(w.child, std::to_string(i));  // three batches
  w.server.cases[w.child].entitled.clear();                                 // reassigned while they waited
  REQUIRE(std::holds_alternative<Idle>(settle(engine, w.store, w.server)));
  CHECK(w.store.acked == 130);
  CHECK(w.store.results.back().status == wire::OpStatus::Refused);  // kept there, with the same answer as a missing case
  CHECK(w.store.purged_early.empty());
  CHECK(w.store.cursors.empty());
  CHECK(w.server.devices.begin()->second.purged == std::set<base::Id>{w.child});

  wire::SyncReply reply;  // a drop in an answer that did not take everything is not handed on
  reply.drop = {w.child};
  fake::Store waiting;
  for (int i = 0; i < 65; ++i) waiting.write(w.child, "x");
  Engine other({}, 0);
  other.handle(Wake{});
  const auto sent = request_of(send_of(other, waiting));
  for (std::int64_t n = 1; n <= 64; ++n) {
    wire::OpResult result;
    result.number = n;
    reply.results.push_back(result);
  }
  reply.applied_through = 64;
  reply.head_hash = waiting.chain[64];
  other.handle(reply_with(reply));
  CHECK(ahead_of(other, waiting).first.drop.empty());
}

TEST_CASE("engine: refusals say what they are, whether to try again, and when", "[engine]") {
  World w;
  struct Row {
    int status;
    const char* code;
    Fault fault;
    bool final;
  };
  for (const Row& row : {Row{401, "unauthorised", Fault::Denied, true}, Row{403, "revoked", Fault::Denied, true},
                         Row{409, "forked", Fault::Conflict, true}, Row{426, "too-old", Fault::Unsupported, true},
                         Row{413, "too-large", Fault::Full, false}, Row{429, "too-many", Fault::Throttled, false},
                         Row{500, "broken", Fault::Offline, false}, Row{503, "busy", Fault::Offline, false},
                         Row{400, "malformed", Fault::Invalid, false}, Row{404, "nowhere", Fault::Invalid, false}}) {
    INFO(row.status);
    Response response = fake::Server::problem(row.status, row.code);
    Close close = close_for(response, w);
    CHECK(close.why.fault == row.fault);
    CHECK(close.why.where == std::string("server.") + row.code);
    CHECK(close.why.detail == "Title What to do");
    CHECK(close.final == row.final);
    CHECK_FALSE(close.retry_after.has_value());
    response.retry_after_s = 30;
    CHECK(close_for(response, w).retry_after == 30s);
    response.retry_after_s = 1'000'000'000;
    CHECK(close_for(response, w).retry_after == limits::kServerWaitCap);
    response.retry_after_s = -5;
    CHECK(close_for(response, w).retry_after == 0s);
  }
  CHECK(close_for({503, std::nullopt, "<html>"}, w).why.where == "server.503");
  Engine engine({}, 0);
  engine.handle(Wake{});
  expect<Need>(engine);
  engine.handle(Broken{{Fault::Denied, "tls.refused", ""}});
  CHECK(expect<Close>(engine).final);
}

TEST_CASE("engine: a problem that is not one of ours, or has no words, is still an error", "[engine]") {
  const auto error = error_of({502, {}, "<html>"});
  CHECK(error.fault == Fault::Offline);
  CHECK(error.where == "server.502");
  CHECK(error_of({404, {}, R"({"type":"about:blank","status":404})"}).where == "server.404");
  CHECK(error_of({410, {}, {}}).fault == Fault::Denied);
  CHECK(error_of({505, {}, {}}).fault == Fault::Invalid);  // tried again it would be the same
  const auto wordless = error_of({409, {}, R"({"type":"urn:doorstep:problem:forked","status":409})"});
  CHECK(wordless.where == "server.forked");
  CHECK(wordless.detail == "The server did not say what is wrong.");
}

TEST_CASE("engine: an answer that cannot be true closes before anything is applied", "[engine]") {
  World w;
  w.store.write(w.child, "a");
  w.store.write(w.child, "b");
  w.server.append(w.child, "held");
  w.store.cursors[w.child] = {w.child, 1, w.server.cases[w.child].chain[1]};
  w.server.append(w.child, "new");
  Engine probe({}, 0);
  probe.handle(Wake{});
  auto first = wire::decode<wire::SyncReply>(w.server.answer(send_of(probe, w.store).body).body);
  REQUIRE(first.has_value());
  REQUIRE(first->need_view);
  probe.handle(reply_with(*first));
  expect<Apply>(probe);  // the store does not take it: the same is offered again, now with the view
  probe.handle(Applied{});
  auto good = wire::decode<wire::SyncReply>(w.server.answer(send_of(probe, w.store).body).body);
  REQUIRE(good.has_value());
  REQUIRE(good->cases.size() == 1);

  auto where = [&](auto&& change) {
    wire::SyncReply reply = *good;
    change(reply);
    const Close close = close_for(reply_with(reply), w);
    CHECK(close.final == (close.why.fault == Fault::Conflict));
    return close.why.where;
  };
  CHECK(where([](auto& r) { r.applied_through = -1; }) == "engine.results");
  CHECK(where([](auto& r) { r.applied_through = 3; }) == "engine.forked");
  CHECK(where([](auto& r) { r.head_hash = wire::kChainStart; }) == "engine.forked");
  CHECK(where([](auto& r) { r.applied_through = 1; }) == "engine.forked");
  CHECK(where([](auto& r) { r.results.pop_back(); }) == "engine.results");
  CHECK(where([](auto& r) { r.results.push_back(r.results.back()); }) == "engine.results");
  CHECK(where([](auto& r) { r.cases[0].from = 2; }) == "engine.gap");
  CHECK(where([](auto& r) { r.cases[0].entries[0].seq = 9; }) == "engine.order");
  CHECK(where([](auto& r) { r.cases[0].entries[0].revision.body += " "; }) == "engine.body");
  CHECK(close_for({200, std::nullopt, "{}"}, w).why.where == "wire.decode");
  CHECK(close_for({200, std::nullopt, wire::encode(*good).substr(0, 99)}, w).why.where == "wire.parse");

  wire::SyncReply foreign = *good;  // an answer to what was not asked reaches nobody
  foreign.results.push_back(foreign.results.back());
  foreign.results.back().number = 99;
  Engine narrow({}, 0);
  narrow.handle(Wake{});
  send_of(narrow, w.store);
  narrow.handle(reply_with(foreign));
  CHECK(expect<Apply>(narrow).reply.results == good->results);

  Engine engine({}, 0);  // and a store that cannot keep it ends the connection, to ask again
  engine.handle(Wake{});
  send_of(engine, w.store);
  engine.handle(reply_with(*good));
  expect<Apply>(engine);
  engine.handle(Applied{false});
  CHECK(expect<Close>(engine).why.where == "engine.apply");
}

TEST_CASE("engine: a server restored from a backup is offered again what it lost", "[engine]") {
  World w;
  Engine engine({}, 0);
  w.store.write(w.child, "in the backup");
  settle(engine, w.store, w.server);
  const fake::Server backup = w.server;
  for (int i = 0; i < 100; ++i) w.store.write(w.child, std::to_string(i));
  settle(engine, w.store, w.server);
  w.server = backup;
  w.store.write(w.child, "afterwards");
  REQUIRE(std::holds_alternative<Idle>(settle(engine, w.store, w.server)));
  CHECK((w.server.devices.begin()->second.ops == w.store.ops));
  CHECK(w.server.cases[w.child].log.size() == 102);
  CHECK(w.store.bodies[w.child].size() == 102);
  CHECK(w.store.cursors[w.child].chain == w.server.cases[w.child].chain.back());

  Engine stuck({}, 0);  // a store that does not offer it again: told, no endless rounds
  stuck.handle(Wake{});
  wire::SyncReply reply;
  reply.need_view = true;
  send_of(stuck, w.store);
  stuck.handle(reply_with(reply));
  expect<Apply>(stuck);
  stuck.handle(Applied{});
  send_of(stuck, w.store);
  reply.need_view = false;
  stuck.handle(reply_with(reply));
  const Close close = expect<Close>(stuck);
  CHECK(close.why.where == "engine.regressed");
  CHECK(close.final);
}

TEST_CASE("engine: operations of an earlier incarnation that a restored server lost go again at once", "[engine]") {
  World w;
  Engine engine({}, 0);
  engine.handle(Wake{});
  Need need = expect<Need>(engine);
  Replica replica = w.store.replica(need);
  replica.incarnation = 2;
  replica.earlier = {{1, 7, std::string(64, '7')}};
  engine.handle(replica);
  auto request = wire::decode<wire::SyncRequest>(expect<Send>(engine).body);
  REQUIRE(request.has_value());
  CHECK(request->earlier == replica.earlier);
  wire::SyncReply reply;
  reply.lost = {{1, 3, std::string(64, '3')}};
  engine.handle(reply_with(reply));
  CHECK(expect<Apply>(engine).reply.lost == reply.lost);
  engine.handle(Applied{});
  expect<Need>(engine);
  engine.handle(w.store.replica(need));  // a store that does not: told once, no endless rounds
  expect<Send>(engine);
  engine.handle(reply_with(reply));
  expect<Apply>(engine);
  engine.handle(Applied{});
  expect<Idle>(engine);
}

TEST_CASE("engine: a case whose history does not fit is taken again from its start", "[engine]") {
  World w;
  w.server.append(w.child, "a");
  w.server.append(w.child, "b");
  Engine engine({}, 0);
  settle(engine, w.store, w.server);

  SECTION("the server sees it") {
    w.store.cursors[w.child].chain = std::string(64, 'f');
    REQUIRE(std::holds_alternative<Idle>(settle(engine, w.store, w.server)));
  }
  SECTION("the device sees it") {
    w.server.append(w.child, "c");
    w.server.cases[w.child].chain[3] = std::string(64, 'e');  // as a chain of other entries would be
    engine.handle(Wake{});
    Response response = w.server.answer(send_of(engine, w.store).body);
    w.server.cases[w.child].chain[3] = wire::chain_next(w.server.cases[w.child].chain[2], w.server.cases[w.child].log[2].revision);
    engine.handle(response);
    const Apply apply = expect<Apply>(engine);
    REQUIRE(apply.reply.cases.size() == 1);
    CHECK(apply.reply.cases[0].diverged == true);
    CHECK(apply.reply.cases[0].entries.empty());
    w.store.apply(apply.reply);
    engine.handle(Applied{});
    REQUIRE(std::holds_alternative<Idle>(run(engine, w.store, w.server)));
    CHECK(w.store.bodies[w.child].size() == 3);
  }
  CHECK(w.store.bodies[w.child][0] == "a");
  CHECK(w.store.cursors[w.child].chain == w.server.cases[w.child].chain.back());
}

TEST_CASE("engine: the next request is made before the answer to the last is applied", "[engine]") {
  World w;
  for (int i = 0; i < 150; ++i) w.store.write(w.child, std::to_string(i));
  Engine engine({}, 0);
  engine.handle(Wake{});
  Response answer = w.server.answer(send_of(engine, w.store).body);
  engine.handle(answer);
  w.store.purged = {id("gone")};  // a receipt that an earlier batch could not tell
  const auto out = engine.poll();
  REQUIRE(out.has_value());
  REQUIRE(std::holds_alternative<Need>(*out));
  CHECK(std::get<Need>(*out).after == 64);
  engine.handle(w.store.replica(std::get<Need>(*out)));
  const auto apply = engine.poll();
  REQUIRE(apply.has_value());
  REQUIRE(std::holds_alternative<Apply>(*apply));
  const Send second = expect<Send>(engine);
  const auto request = request_of(second);
  CHECK(request.ops.first == 65);
  CHECK(request.ops.items.size() == 64);
  CHECK(request.ops.items == second.operations);
  CHECK(request.epoch == "epoch");
  CHECK(request.purged.empty());
  CHECK_FALSE(request.view.cases.has_value());

  const Response next = w.server.answer(second.body);  // it has come to the server, and the store to nothing yet
  REQUIRE_FALSE(wire::decode<wire::SyncReply>(next.body)->need_view);
  w.store.apply(std::get<Apply>(*apply).reply);
  engine.handle(Applied{});
  CHECK_FALSE(engine.poll().has_value());
  engine.handle(next);
  const Output end = run(engine, w.store, w.server);
  REQUIRE(std::holds_alternative<Idle>(end));
  CHECK(std::get<Idle>(end).pushed == 150);
  CHECK(std::get<Idle>(end).pulled == 150);
  CHECK(w.server.requests == 3);
  CHECK(w.store.bodies[w.child].size() == 150);
}

namespace {

/// Twenty entries to pull, a few at a time, and an engine that was woken for it.
struct ManyRounds : World {
  ManyRounds() {
    for (int i = 0; i < 20; ++i) server.append(child, "entry " + std::to_string(i));
    engine.handle(Wake{});
  }
  Engine engine{Tuning{.pull_bytes = 30}, 0};
};

}  // namespace

TEST_CASE("engine: what is pulled in many rounds is asked for ahead as well", "[engine]") {
  ManyRounds w;
  Engine& engine = w.engine;
  Response answer = w.server.answer(send_of(engine, w.store).body);
  engine.handle(answer);
  const auto [reply, second] = ahead_of(engine, w.store);
  REQUIRE(reply.cases.size() == 1);
  CHECK(request_of(second).view.digest == wire::view_digest({{w.child, reply.cases[0].to, reply.cases[0].chain}}));
  w.store.apply(reply);
  engine.handle(Applied{});
  engine.handle(w.server.answer(second.body));
  REQUIRE(std::holds_alternative<Idle>(run(engine, w.store, w.server)));
  CHECK(w.store.bodies[w.child].size() == 20);
  CHECK(w.server.full_views == 1);  // the first
}

TEST_CASE("engine: a store whose cursors are not those that were foreseen takes what it lacks in the next rounds", "[engine]") {
  ManyRounds w;
  Engine& engine = w.engine;
  engine.handle(w.server.answer(send_of(engine, w.store).body));
  const auto [reply, second] = ahead_of(engine, w.store);
  engine.handle(Applied{});  // it took nothing of the case
  engine.handle(w.server.answer(second.body));
  engine.handle(w.store.replica(expect<Need>(engine)));
  const auto gap = expect<Apply>(engine).reply;  // and of this it will not either: nothing is foreseen
  CHECK(gap.cases[0].from > 0);
  w.store.apply(gap);
  engine.handle(Applied{});
  REQUIRE(std::holds_alternative<Idle>(run(engine, w.store, w.server)));
  CHECK(w.store.bodies[w.child].size() == 20);
}

TEST_CASE("engine: an answer that is not as expected is applied before anything else is asked", "[engine]") {
  World w;
  w.server.append(w.child, "held");
  w.store.cursors[w.child] = {w.child, 1, w.server.cases[w.child].chain[1]};
  for (int i = 0; i < 3; ++i) w.store.write(w.child, std::to_string(i));
  Tuning tuning;
  tuning.ops_per_push = 2;
  wire::SyncReply good;
  good.epoch = "epoch";
  good.applied_through = 2;
  good.head_hash = w.store.chain[2];
  for (std::int64_t n = 1; n <= 2; ++n) {
    wire::OpResult result;
    result.number = n;
    good.results.push_back(result);
  }
  auto ahead = [&](auto&& change) {
    Engine engine(tuning, 0);
    engine.handle(Wake{});
    send_of(engine, w.store);
    wire::SyncReply reply = good;
    change(reply);
    engine.handle(reply_with(reply));
    const auto out = engine.poll();
    REQUIRE(out.has_value());
    REQUIRE((std::holds_alternative<Need>(*out) || std::holds_alternative<Apply>(*out)));
    return std::holds_alternative<Need>(*out);
  };
  CHECK(ahead([](auto&) {}));
  CHECK(ahead([&](auto& r) { r.drop = {w.child}; }));  // while operations wait it is not told
  CHECK_FALSE(ahead([&](auto& r) {
    r.applied_through = 1;
    r.head_hash = w.store.chain[1];
    r.results.pop_back();
  }));
  CHECK_FALSE(ahead([](auto& r) { r.need_view = true; }));
  CHECK_FALSE(ahead([](auto& r) { r.drain = true; }));
  CHECK_FALSE(ahead([](auto& r) { r.lost = std::vector<wire::Incarnation>{{1, 1, wire::kChainStart}}; }));
  CHECK_FALSE(ahead([&](auto& r) {
    wire::CasePull pull;
    pull.case_id = w.child;
    pull.diverged = true;
    r.cases = {pull};
  }));
}

TEST_CASE("engine: what waits for an answer before it can be sent is not asked for ahead of it", "[engine]") {
  World w;
  w.store.write(w.child, "a draft");
  Engine engine({}, 0);
  engine.handle(Wake{});
  Replica replica = w.store.replica(expect<Need>(engine));
  replica.more_ops = true;  // it was changed behind its own operation
  engine.handle(replica);
  engine.handle(w.server.answer(expect<Send>(engine).body));
  replica = w.store.replica(expect<Need>(engine));
  replica.more_ops = true;
  REQUIRE(replica.ops.items.empty());
  engine.handle(replica);
  w.store.apply(expect<Apply>(engine).reply);
  w.store.write(w.child, "as it was changed");
  engine.handle(Applied{});
  CHECK(request_of(send_of(engine, w.store)).ops.items.size() == 1);
}

TEST_CASE("engine: a reply that could not be kept ends the connection, whatever was sent ahead of it", "[engine]") {
  World w;
  for (int i = 0; i < 100; ++i) w.store.write(w.child, std::to_string(i));
  Engine engine({}, 0);
  engine.handle(Wake{});
  engine.handle(w.server.answer(send_of(engine, w.store).body));
  const auto [reply, second] = ahead_of(engine, w.store);
  const Response answer = w.server.answer(second.body);  // the server has all of it, the tablet no answer
  engine.handle(Applied{false});
  engine.handle(answer);
  CHECK(expect<Close>(engine).why.where == "engine.apply");

  Engine next({}, 1);
  REQUIRE(std::holds_alternative<Idle>(settle(next, w.store, w.server)));
  CHECK((w.server.devices.begin()->second.ops == w.store.ops));
  CHECK(w.store.acked == 100);
  CHECK(w.store.bodies[w.child].size() == 100);
}

TEST_CASE("engine: a server that asks for rounds in which nothing happens is left alone for a while", "[engine]") {
  World w;
  Engine engine({}, 0);
  engine.handle(Wake{});
  wire::SyncReply reply;
  reply.more = true;
  send_of(engine, w.store);
  engine.handle(reply_with(reply));
  expect<Apply>(engine);
  engine.handle(Applied{});
  CHECK(expect<Close>(engine).why.where == "engine.no_progress");

  Engine calm({}, 0);
  calm.handle(Wake{});
  reply.more = false;
  reply.next_after_s = 0;
  reply.next_spread_s = -1;
  send_of(calm, w.store);
  calm.handle(reply_with(reply));
  expect<Apply>(calm);
  calm.handle(Applied{});
  const Idle idle = expect<Idle>(calm);
  CHECK(idle.next_after == limits::kSyncAtMostEvery);
  CHECK(idle.next_spread == 0ms);
}

TEST_CASE("backoff: between nothing and the cap, and never before the server's word", "[engine]") {
  CHECK(backoff(0, std::nullopt, 0, 0.999999) <= 1s);
  CHECK(backoff(3, std::nullopt, 0, 0.5) == 4s);
  CHECK(backoff(3, std::nullopt, 0.9, 0) == 0s);
  CHECK(backoff(8, std::nullopt, 0, 0.5) == 128s);
  CHECK(backoff(9, std::nullopt, 0, 0.5) == 150s);
  CHECK(backoff(1'000'000, std::nullopt, 0, 0.5) == 150s);
  CHECK(backoff(-1, std::nullopt, 0, 0.5) == 500ms);
  CHECK(backoff(0, Millis(60s), 0, 0.9) == 60s);
  CHECK(backoff(0, Millis(60s), 0.5, 0.9) == 75s);
  CHECK(backoff(9, Millis(10s), 0.5, 0.5) == 150s);
  CHECK(next_sync(300s, 300s, 0) == 300s);
  CHECK(next_sync(300s, 300s, 0.5) == 450s);
}

TEST_CASE("engine: whatever is lost, repeated or cut, every operation lands once and both ends agree", "[engine]") {
  constexpr unsigned kSeeds = 60;
  for (unsigned seed = 1; seed <= kSeeds; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    auto number = [&](unsigned below) { return static_cast<unsigned>(random() % below); };
    World w;
    const std::vector<base::Id> cases{w.child, id("second"), id("third")};
    for (base::Id c : cases) w.server.cases[c].entitled.insert(w.store.device);
    Tuning tuning;
    tuning.ops_per_push = 1 + number(8);
    tuning.pull_bytes = 40;

    int broken = 0, written = 0;
    auto engine = std::make_unique<Engine>(tuning, 0);
    engine->handle(Wake{});
    bool faults = true;
    std::optional<wire::SyncReply> applying;
    auto take_in = [&] {
      if (!applying) return;
      const bool ok = !faults || number(10) != 0;  // or the program died before the commit
      if (ok) w.store.apply(*std::exchange(applying, std::nullopt));
      applying.reset();
      engine->handle(Applied{ok});
    };
    auto exchange = [&](const Send& send) -> Input {
      const unsigned fault = faults ? number(8) : 8;
      if (fault == 0) return Broken{{Fault::Offline, "test", ""}};  // the request was lost
      if (fault == 4) return Response{503, 1, "busy"};
      Response response = w.server.answer(send.body);
      if (fault == 1) return Broken{{Fault::Timeout, "test", ""}};  // the reply was lost
      if (fault == 2) return w.server.answer(send.body);            // arrived twice
      if (fault == 3) response.body.resize(number(static_cast<unsigned>(response.body.size())));  // cut on the way, though not by TLS
      return response;
    };
    auto restart = [&] {
      ++broken;
      engine = std::make_unique<Engine>(tuning, broken);
      engine->handle(Wake{});
    };
    int rests = 0;  // since the faults ended: the second round began after the last change
    for (int step = 0; step < 3000 && rests < 2; ++step) {
      faults = step < 600;
      if (faults && number(6) == 0) w.store.write(cases[number(3)], "device " + std::to_string(written++));
      if (faults && number(8) == 0) w.server.append(cases[number(3)], "server " + std::to_string(step));
      if (faults && number(60) == 0) {
        auto& entitled = w.server.cases[cases[1 + number(2)]].entitled;
        if (!entitled.erase(w.store.device)) entitled.insert(w.store.device);
      }
      if (faults && number(10) == 0) engine->handle(Wake{});
      auto out = engine->poll();
      if (!out && applying) {
        take_in();
      } else if (!out) {
        engine->handle(Wake{});
      } else if (auto* need = std::get_if<Need>(&*out)) {
        engine->handle(w.store.replica(*need));
      } else if (auto* send = std::get_if<Send>(&*out)) {
        const Input answer = exchange(*send);
        take_in();
        engine->handle(answer);
      } else if (auto* apply = std::get_if<Apply>(&*out)) {
        applying = std::move(apply->reply);
        if (number(2) == 0) take_in();  // before the request that may follow, or once its answer is here
      } else if (auto* close = std::get_if<Close>(&*out)) {
        if (close->final) FAIL("final: " << close->why);
        restart();
      } else {
        broken = 0;
        rests += !faults;
      }
    }
    REQUIRE(rests == 2);
    const auto& device = w.server.devices.begin()->second;
    REQUIRE((device.ops == w.store.ops));
    REQUIRE(w.store.acked == w.store.ops.size());
    REQUIRE(w.store.purged_early.empty());
    for (base::Id c : cases) {
      const bool entitled = w.server.cases[c].entitled.count(w.store.device) > 0;
      const auto& log = w.server.cases[c].log;
      if (!entitled) {
        REQUIRE(w.store.bodies.count(c) == 0);
        continue;
      }
      std::vector<std::string> there;
      for (const auto& entry : log) there.push_back(entry.revision.body);
      REQUIRE(w.store.bodies[c] == there);
      REQUIRE(std::set<std::string>(there.begin(), there.end()).size() == there.size());
    }
  }
}
