#include "sync/wire/prefix.h"

#include <catch2/catch_test_macros.hpp>

#include "platform/base/bytes.h"

using namespace doorstep;
using namespace doorstep::wire;

namespace {

/// About `words` words, the same for the same seed.
std::string prose(std::uint32_t seed, int words) {
  std::string out;
  for (int i = 0; i < words; ++i) {
    seed = seed * 1664525 + 1013904223;
    for (std::uint32_t rest = seed >> 8; rest > 0; rest /= 29) out += static_cast<char>('a' + rest % 26);
    out += i % 12 == 11 ? ". " : " ";
  }
  return out;
}

Base note(int n, Id case_id = base::Id::from_name("own case")) {
  Base out;
  out.case_id = case_id;
  out.record = Id::v7({1'764'000'000'000 + n * 60'000}, base::sha256(std::to_string(n)));
  out.kind = model::RecordKind::Visit;
  out.rev = n + 1;
  out.body = R"({"id":")" + out.record.str() + R"(","purpose":"a \"home\" visit","saw":")";
  out.body += prose(static_cast<std::uint32_t>(n), 240) + "\"}";
  out.hash = base::sha256_hex(out.body);
  return out;
}

/// With a sentence more in the middle.
std::string edited(const Base& base, int n) {
  std::string out = base.body;
  out.insert(out.size() / 2, prose(static_cast<std::uint32_t>(1000 + n), 8));
  return out;
}

Operation put(const Base& base, std::int64_t number, std::string body) {
  Operation out;
  out.number = number;
  out.record = base.record;
  out.case_id = base.case_id;
  out.record_kind = base.kind;
  out.base_rev = base.rev;
  out.base_hash = base.hash;
  out.at = {1'764'000'000'000};
  out.body = std::move(body);
  return out;
}

base::Result<std::string> read(std::string_view body, std::string_view prefix) {
  auto parts = read_prefixed(body);
  if (!parts) return parts.error();
  return decompress(parts->frame, limits::kBodyBytes, prefix);
}

}  // namespace

TEST_CASE("prefix: a request reads back, and its list names each base within its case", "[wire]") {
  const std::vector<Base> bases = {note(1), note(2), note(200, base::Id::from_name("a child")), note(4)};
  const auto prefix = request_prefix(bases);
  const std::string body = write_prefixed(bases, "the request", prefix);
  const auto parts = read_prefixed(body);
  REQUIRE(parts.has_value());
  REQUIRE(parts->bases.size() == bases.size());
  for (std::size_t i = 0; i < bases.size(); ++i) CHECK(parts->bases[i] == bases[i].name());
  CHECK(read(body, prefix).value() == "the request");

  const std::string none = write_prefixed({}, "a reply to nothing held", reply_prefix({}, {}));
  CHECK(read_prefixed(none)->bases.empty());
  CHECK(read(none, reply_prefix({}, {})).value() == "a reply to nothing held");
}

TEST_CASE("prefix: another base than the one it was made with is noticed, never read as other text", "[wire]") {
  auto bases = std::vector<Base>{note(1), note(2)};
  const std::string body = write_prefixed(bases, edited(bases[0], 1) + edited(bases[1], 2), request_prefix(bases));
  bases[1].body[300] ^= 1;
  CHECK(read(body, request_prefix(bases)).error().fault == base::Fault::Invalid);
  CHECK(read(body, "").has_error());
  CHECK(read(body, request_prefix({})).has_error());
}

TEST_CASE("prefix: a list that nobody writes is refused", "[wire]") {
  const auto bases = std::vector<Base>{note(1), note(2)};
  const std::string body = write_prefixed(bases, "x", request_prefix(bases));
  constexpr std::size_t kList = 1 + 16 + 1 + 2 * (kNameBytes + 1);
  for (std::size_t i = 0; i <= kList + 4; ++i) CHECK(read_prefixed(body.substr(0, i)).has_error());
  const auto with = [&](std::size_t at, const std::string& bytes) {
    std::string out = body;
    out.replace(at, 1, bytes);
    return read_prefixed(out);
  };
  REQUIRE(with(0, "\x02").has_value());
  CHECK(with(0, "\x01").has_error());                       // fewer than there are: the group is larger than the whole
  CHECK(with(0, "\x41").has_error());                       // more than may be
  CHECK(with(0, std::string("\x82\x00", 2)).has_error());   // not the shortest form
  CHECK(with(17, std::string("\x00", 1)).has_error());      // a case without a base
  CHECK(with(17, "\x03").has_error());
  CHECK(with(17 + 1 + kNameBytes, std::string("\x00", 1)).has_error());  // revision 0
  CHECK(with(17 + 1 + kNameBytes, std::string(9, '\xff') + "\x01").has_error());
  // The same case in two groups, where one does.
  const std::string group = bases[0].case_id.bytes() + "\x01";
  const std::string twice = "\x02" + group + bases[0].name().start + "\x02" + group + bases[1].name().start + "\x03" + body.substr(kList);
  CHECK(read_prefixed(twice).has_error());
  CHECK(read_prefixed(std::string(1, '\0') + compress("no checksum")).has_error());
}

TEST_CASE("prefix: what is decompressed stays within the limit", "[wire]") {
  const auto prefix = request_prefix({note(1)});
  const std::string body = write_prefixed({note(1)}, std::string(64 * 1024 * 1024, 'a'), prefix);
  const auto parts = read_prefixed(body);
  REQUIRE(parts.has_value());
  CHECK(decompress(parts->frame, limits::kBodyBytes, prefix).error().fault == base::Fault::Full);
}

TEST_CASE("prefix: no more bases are named than a message may", "[wire]") {
  std::vector<Base> many(kBasesPerMessage + 5, note(1));
  CHECK(within_limits(many).size() == kBasesPerMessage);
  many.resize(10);
  for (Base& base : many) base.body.resize(kBaseBytes / 4);
  CHECK(within_limits(many).size() == 4);
}

TEST_CASE("prefix: twenty edits cost at most 1.1 times each edit with its base as prefix", "[wire]") {
  std::vector<Base> bases;
  SyncRequest request;
  request.device = Id::from_name("tablet");
  request.epoch = "0123456789abcdef0123456789abcdef";
  request.ops.first = 101;
  request.ops.prev = base::sha256_hex("before");
  request.view.digest = base::sha256_hex("view");
  request.budget = static_cast<std::int64_t>(limits::kPullBytes);
  std::size_t each = 0;
  for (int n = 0; n < 20; ++n) {
    bases.push_back(note(n));
    const std::string body = edited(bases.back(), n);
    each += compress(body, bases.back().body).size() - 4;  // its checksum, which one frame for all needs once
    request.ops.items.push_back(encode(put(bases.back(), 101 + n, body)));
  }
  const std::string plain = encode(request);
  const auto ours = write_prefixed(bases, plain, request_prefix(bases)).size();
  INFO(ours << " bytes beside " << each << ", " << compress(plain).size() << " without a prefix");
  CHECK(static_cast<double>(ours) <= 1.1 * static_cast<double>(each));
}

TEST_CASE("prefix: a reply that brings back what the request said costs little more than saying so", "[wire]") {
  std::vector<Operation> operations;
  SyncReply reply;
  CasePull& pull = reply.cases.emplace_back();
  for (int n = 0; n < 20; ++n) {
    const Base base = note(n);
    const std::string body = edited(base, n);
    operations.push_back(put(base, 101 + n, body));
    model::Revision made;
    made.record = base.record;
    made.rev = base.rev + 1;
    made.kind = base.kind;
    made.state = model::State::Draft;
    made.author = base.case_id;
    made.device = Id::from_name("tablet");
    made.at = {1};
    made.hash = base::sha256_hex(body);
    made.body = body;
    reply.results.push_back({101 + n, OpStatus::Applied, std::nullopt, {}, made.rev, made.hash});
    pull.entries.push_back({n + 1, made});
  }
  const std::string plain = encode(reply);
  const std::string body = write_prefixed({}, plain, reply_prefix({}, operations));
  INFO(body.size() << " bytes, " << compress(plain).size() << " without a prefix");
  CHECK(body.size() < 20 * 40);
  CHECK(read(body, reply_prefix({}, operations)).value() == plain);
}
