// Photos and drawings: they follow the words, give way to them, and their troubles are theirs alone.
#include <catch2/catch_test_macros.hpp>

#include "sync/engine/engine.h"
#include "sync/wire/codec.h"

using namespace doorstep;
using namespace doorstep::engine;

namespace {

template <class T>
T expect(Engine& engine) {
  auto out = engine.poll();
  REQUIRE(out.has_value());
  auto* found = std::get_if<T>(&*out);
  REQUIRE(found != nullptr);
  return std::move(*found);
}

/// A round of words with nothing in it, after which there are photos.
void round(Engine& engine, bool blobs = true) {
  expect<Need>(engine);
  engine.handle(Replica{});
  expect<Send>(engine);
  wire::SyncReply reply;
  engine.handle(Response{200, std::nullopt, wire::encode(reply)});
  expect<Apply>(engine);
  engine.handle(Applied{true, blobs});
}

Engine woken() {
  Engine engine({}, 0);
  engine.handle(Wake{});
  return engine;
}

const BlobTask kSend{BlobTask::What::Send, "aa", 0, "12345", 0}, kFetch{BlobTask::What::Fetch, "bb", 10, {}, 5};

MoveBlob moving(Engine& engine, const BlobTask& task) {
  CHECK(expect<NeedBlob>(engine).max_bytes > 0);
  engine.handle(task);
  return expect<MoveBlob>(engine);
}
Response state(std::int64_t have, bool verified = false) { return {200, std::nullopt, wire::encode(wire::BlobState{have, verified})}; }
Response problem(int status, std::optional<std::int64_t> wait = {}) {
  return {status, wait, wire::encode(wire::Problem{"urn:doorstep:problem:some", "Title", status, ""})};
}

}  // namespace

TEST_CASE("engine: photos go after the words, part by part, and then it rests", "[engine]") {
  Engine engine = woken();
  round(engine);
  CHECK(moving(engine, kSend).task.bytes == "12345");
  engine.handle(state(5));
  BlobMoved moved = expect<BlobMoved>(engine);
  CHECK(moved.what == BlobTask::What::Send);
  CHECK(moved.offset == 5);
  CHECK_FALSE(moved.ended);
  engine.handle(Applied{});
  moving(engine, {BlobTask::What::Send, "aa", 5, "678", 0});
  engine.handle(state(8, true));
  CHECK(expect<BlobMoved>(engine).ended);
  engine.handle(Applied{});
  moving(engine, kFetch);
  engine.handle(Response{206, std::nullopt, "bytes"});
  moved = expect<BlobMoved>(engine);
  CHECK(moved.bytes == "bytes");
  CHECK(moved.offset == 10);
  engine.handle(Applied{});
  expect<NeedBlob>(engine);
  engine.handle(BlobTask{});
  CHECK_FALSE(expect<Idle>(engine).blob_trouble.has_value());
}

TEST_CASE("engine: no photos, no question about them", "[engine]") {
  Engine engine = woken();
  round(engine, false);
  expect<Idle>(engine);
}

TEST_CASE("engine: words that come meanwhile go before the next part", "[engine]") {
  Engine engine = woken();
  round(engine);
  moving(engine, kSend);
  engine.handle(Wake{});
  engine.handle(state(5));
  expect<BlobMoved>(engine);
  engine.handle(Applied{});
  round(engine);
  // Also when they come between the question and its answer.
  expect<NeedBlob>(engine);
  engine.handle(Wake{});
  engine.handle(kSend);
  round(engine);
  moving(engine, kSend);
}

TEST_CASE("engine: what the server does not have or want is that photo's affair", "[engine]") {
  Engine engine = woken();
  round(engine);
  for (const BlobTask& task : {kSend, kFetch}) {
    moving(engine, task);
    engine.handle(problem(404));
    CHECK(expect<BlobMoved>(engine).ended);
    engine.handle(Applied{});
  }
  moving(engine, {BlobTask::What::Send, "aa", 100, "12345", 0});
  engine.handle(problem(422));
  const BlobMoved moved = expect<BlobMoved>(engine);
  CHECK(moved.offset == 0);
  CHECK_FALSE(moved.ended);
}

TEST_CASE("engine: a photo that is taken and never kept does not go on for ever", "[engine]") {
  Engine engine = woken();
  round(engine);
  for (int i = 0; i < 3; ++i) {
    moving(engine, kSend);
    engine.handle(i % 2 ? problem(422) : state(0));
    expect<BlobMoved>(engine);
    engine.handle(Applied{});
  }
  CHECK(expect<Idle>(engine).blob_trouble->where == "engine.blob");
  engine.handle(Wake{});  // the next round tries again
  round(engine);
  expect<NeedBlob>(engine);
}

TEST_CASE("engine: a full or busy server rests the photos and keeps the connection for words", "[engine]") {
  for (const Response& answer : {problem(503, 300), problem(429, 10), problem(500), Response{206, std::nullopt, "too much of it"},
                                 Response{200, std::nullopt, "12345"}}) {
    Engine engine = woken();
    round(engine);
    moving(engine, kFetch);
    engine.handle(answer);
    CHECK(expect<Idle>(engine).blob_trouble.has_value());
    engine.handle(Wake{});
    round(engine, false);
    CHECK_FALSE(expect<Idle>(engine).blob_trouble.has_value());
  }
}

TEST_CASE("engine: a tablet without room rests the photos; a refused certificate and a broken connection end everything", "[engine]") {
  Engine full = woken();
  round(full);
  moving(full, kFetch);
  full.handle(Response{206, std::nullopt, "bytes"});
  expect<BlobMoved>(full);
  full.handle(Applied{false});
  CHECK(expect<Idle>(full).blob_trouble->fault == base::Fault::Full);

  Engine revoked = woken();
  round(revoked);
  moving(revoked, kSend);
  revoked.handle(problem(403));
  CHECK(expect<Close>(revoked).final);

  Engine broken = woken();
  round(broken);
  moving(broken, kSend);
  broken.handle(Broken{{base::Fault::Offline, "http.read", ""}});
  CHECK_FALSE(expect<Close>(broken).final);
}

TEST_CASE("engine: after broken connections the parts are smaller, and grow again", "[engine]") {
  Engine engine({}, 2);
  engine.handle(Wake{});
  round(engine);
  CHECK(expect<NeedBlob>(engine).max_bytes == limits::kBlobPartBytes / 2);  // a round went through: doubled once
  engine.handle(kSend);
  expect<MoveBlob>(engine);
  engine.handle(state(5));
  expect<BlobMoved>(engine);
  engine.handle(Applied{});
  CHECK(expect<NeedBlob>(engine).max_bytes == limits::kBlobPartBytes);
}
