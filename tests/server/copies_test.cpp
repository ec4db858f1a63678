#include "platform/base/sealed_copy.h"
#include "platform/tls/signature.h"
#include "tests/server/office.h"

using namespace doorstep;
using namespace doorstep::tests;
using wire::CopyFate;

namespace {

constexpr std::int64_t kQueued = base::kUnnumbered + 1, kDraft = 2 * base::kUnnumbered + 1;

wire::CopyStatement statement_of(const Tablet& tablet, wire::Operation op, std::int64_t copy, std::string prev = {}) {
  op.number = copy < base::kUnnumbered ? copy : 0;
  wire::CopyStatement out;
  out.device = tablet.device;
  out.incarnation = tablet.incarnation;
  out.copy = copy;
  out.worker = tablet.worker;
  out.operation = wire::encode(op);
  out.prev = std::move(prev);
  return out;
}
/// As a tablet seals it, signed with `key` under `certificate`.
std::string seal(const Office& office, const wire::CopyStatement& statement, const base::Secret& key, const std::string& certificate) {
  wire::SignedCopy copy{wire::encode(statement), {}, certificate};
  copy.signature = base::to_hex(*tls::sign_with(key, std::string(wire::kCopyContext) + copy.statement));
  const base::CopyName name{statement.device, statement.incarnation, statement.copy};
  return *base::seal_copy(name, office.outbox.open, wire::compress(wire::encode(copy)));
}
std::string seal(const Office& office, const Tablet& tablet, const wire::CopyStatement& statement) {
  return seal(office, statement, tablet.key, tablet.certificate);
}
CopyFate hand_in(Tablet& carrier, const std::string& file) {
  const wire::DrainRequest request{{base::to_base64(file)}};
  const auto reply = carrier.post<wire::DrainReply>("/v1/drain", wire::encode(request), carrier.device_identity);
  REQUIRE(reply.fates.size() == 1);
  return reply.fates.front();
}
model::Visit draft_of(const Tablet& tablet, const std::string& words, const char* name = "draft") {
  model::Visit out;
  out.id = any_id(name);
  out.author = tablet.worker;
  model::ChildPart part;
  part.id = child_id("A1");
  part.name = "Amara Okafor";
  part.answers["words"] = words;
  out.children.push_back(part);
  return out;
}
std::int64_t operations(Office& office) {
  return office.read([](server::Unit& unit) { return unit.counts(); }).operations;
}

}  // namespace

TEST_CASE("copies: a numbered copy and the tablet's own push are one operation, whichever comes first", "[server][L28]") {
  Office office;
  Tablet wren(office, "wren");
  const auto record = wren.record(any_id("r1"), child_id("A1"), "She drew a house with no door.");
  const auto op = Tablet::submit(record, child_id("A1"));
  const bool copy_first = GENERATE(true, false);
  auto sealed = statement_of(wren, op, 1, wire::kChainStart);
  auto pushed = op;
  pushed.number = 1;
  pushed.at = office.clock.now;
  sealed.operation = wire::encode(pushed);
  if (copy_first) CHECK(hand_in(wren, seal(office, wren, sealed)) == CopyFate::Taken);
  const auto result = wren.one(op);
  CHECK(result.status == OpStatus::Applied);
  CHECK(result.receipt.has_value());
  CHECK(hand_in(wren, seal(office, wren, sealed)) == CopyFate::Taken);
  CHECK(hand_in(wren, seal(office, wren, sealed)) == CopyFate::Taken);
  CHECK(operations(office) == 1);
  REQUIRE(office.head(record.id).has_value());
  CHECK(office.head(record.id)->rev == 1);
  CHECK(office.head(record.id)->author == wren.worker);
  CHECK(office.head(record.id)->state == State::Submitted);
  CHECK(office.read([](server::Unit& unit) { return unit.audit_intact(); }));
}

TEST_CASE("copies: what has no number yet is taken in once, however often it comes, and the tablet's push adds nothing", "[server][L28]") {
  Office office;
  Tablet wren(office, "wren");
  const auto record = wren.record(any_id("r1"), child_id("A1"), "She drew a house with no door.");
  const auto op = Tablet::submit(record, child_id("A1"));
  const auto draft = draft_of(wren, "half a sentence");
  for (int times = 0; times < 2; ++times) {
    CHECK(hand_in(wren, seal(office, wren, statement_of(wren, op, kQueued))) == CopyFate::Taken);
    CHECK(hand_in(wren, seal(office, wren, statement_of(wren, wren.put(draft), kDraft))) == CopyFate::Taken);
  }
  REQUIRE(office.head(draft.id).has_value());
  CHECK(office.head(draft.id)->state == State::Draft);
  CHECK(office.head(draft.id)->rev == 1);
  CHECK(office.head(record.id)->rev == 1);
  for (const auto& result : wren.sync({op, wren.put(draft)})) {
    CHECK(result.status == OpStatus::Applied);
    CHECK(result.rev == 1);
  }
  CHECK(office.head(draft.id)->rev == 1);
  CHECK(office.head(record.id)->rev == 1);
}

TEST_CASE("copies: one whose predecessor was lost is still taken in", "[server][L28]") {
  Office office;
  Tablet wren(office, "wren");
  const auto record = wren.record(any_id("r2"), child_id("A1"));
  const auto seventh = statement_of(wren, Tablet::submit(record, child_id("A1")), 7, std::string(64, 'f'));
  CHECK(hand_in(wren, seal(office, wren, seventh)) == CopyFate::Taken);
  REQUIRE(office.head(record.id).has_value());
  CHECK(office.head(record.id)->state == State::Submitted);
  CHECK(office.read([&](server::Unit& unit) { return unit.chain_of(wren.device, 1); }).through == 0);
}

TEST_CASE("copies: a draft typed on what was on its way follows it, and one that another tablet changed loses no word", "[server][L28]") {
  Office office;
  Tablet wren(office, "wren"), second(office, "wren");
  const auto first = draft_of(wren, "She drew a house."), later = draft_of(wren, "She drew a house with no door.");
  auto put = statement_of(wren, wren.put(first), 1, wire::kChainStart), after = statement_of(wren, wren.put(later), kDraft);
  after.after = 1;
  SECTION("both arrive") {
    CHECK(hand_in(wren, seal(office, wren, put)) == CopyFate::Taken);
    CHECK(hand_in(wren, seal(office, wren, after)) == CopyFate::Taken);
    CHECK(office.head(first.id)->rev == 2);
    CHECK(office.head(first.id)->body == wire::encode(later));
    CHECK_FALSE(office.head(first.id)->merged.value_or(false));
  }
  SECTION("the first is lost") {
    CHECK(hand_in(wren, seal(office, wren, after)) == CopyFate::Taken);
    CHECK(office.head(first.id)->body == wire::encode(later));
  }
  SECTION("another tablet wrote between") {
    auto theirs = draft_of(wren, "He came in late.");
    CHECK(second.one(second.put(theirs)).status == OpStatus::Applied);
    CHECK(hand_in(wren, seal(office, wren, put)) == CopyFate::Taken);
    CHECK(hand_in(wren, seal(office, wren, after)) == CopyFate::Taken);
    const auto body = office.head(first.id)->body;
    CHECK(body.find("He came in late.") != std::string::npos);
    CHECK(body.find("with no door.") != std::string::npos);
  }
}

TEST_CASE("copies: a draft ends with its records; where one was refused it stays, with every word", "[server][L28]") {
  Office office;
  Tablet wren(office, "wren");
  const auto draft = draft_of(wren, "She said hello.");
  wren.sync({wren.put(draft)});
  const bool refused = GENERATE(false, true);
  // Of a child that is not Wren's the same words are refused.
  const auto child = refused ? child_id("S1") : child_id("A1");
  const auto record = wren.record(any_id("r1"), child, "She said hello.");
  auto ends = statement_of(wren, wren.put(draft_of(wren, "She said hello. Twice."), 1, office.head(draft.id)->hash), kDraft);
  ends.submitted = std::vector<model::RevisionRef>{{record.id, 0, base::sha256_hex(wire::encode(record))}};
  CHECK(hand_in(wren, seal(office, wren, statement_of(wren, Tablet::submit(record, child), kQueued))) == CopyFate::Taken);
  CHECK(hand_in(wren, seal(office, wren, ends)) == CopyFate::Taken);
  CHECK(office.head(record.id).has_value() == !refused);
  const auto visit = *wire::decode<model::Visit>(office.head(draft.id)->body);
  CHECK(visit.discarded.value_or(false) == !refused);
  CHECK(office.head(draft.id)->body.find("Twice.") != std::string::npos);
}

TEST_CASE("copies: only what its own author signed is theirs, and only the outbox's key reads it", "[server][L29]") {
  Office office;
  Tablet wren(office, "wren"), heron(office, "heron");
  const auto record = wren.record(any_id("r1"), child_id("A1"));
  const auto statement = statement_of(wren, Tablet::submit(record, child_id("A1")), kQueued);
  // Whoever has the tablet has its own key and everything on its disk, and not the worker's key.
  const auto device_key = *tls::make_key();
  const auto request = *tls::make_request(device_key);
  const auto now = office.clock.now;
  const auto device_cert = *tls::issue(office.ca, request, tls::Subject::of_device(wren.device), 90, now);
  CHECK(hand_in(wren, seal(office, statement, device_key, device_cert)) == CopyFate::Untrusted);
  CHECK(hand_in(wren, seal(office, statement, device_key, wren.certificate)) == CopyFate::Untrusted);
  CHECK(hand_in(wren, seal(office, statement, heron.key, heron.certificate)) == CopyFate::Untrusted);
  const auto others = *tls::make_authority("Another council", now);
  const auto forged = *tls::issue(others, request, tls::Subject::of_worker(wren.worker, wren.device), 90, now);
  CHECK(hand_in(wren, seal(office, statement, device_key, forged)) == CopyFate::Untrusted);
  // Sealed to somebody else, or given another name.
  auto file = seal(office, wren, statement);
  auto renamed = file;
  renamed[33] = static_cast<char>(renamed[33] ^ 1);
  CHECK(hand_in(wren, renamed) == CopyFate::Unreadable);
  const auto elsewhere = base::outbox_keys(base::Secret::random(32));
  CHECK(hand_in(wren, *base::seal_copy({wren.device, 1, kQueued}, elsewhere.open, "text")) == CopyFate::Unreadable);
  CHECK(hand_in(wren, "") == CopyFate::Unreadable);
  CHECK_FALSE(office.head(record.id).has_value());
  CHECK(operations(office) == 0);
  CHECK(hand_in(wren, file) == CopyFate::Taken);
  CHECK(office.head(record.id).has_value());
}

TEST_CASE("copies: any tablet's own certificate carries them, of a disabled worker too; of a revoked one they stay", "[server][L30]") {
  Office office;
  Tablet wren(office, "wren"), ash(office, "ash");
  wren.sync();
  const auto record = wren.record(any_id("r1"), child_id("A1")), late = wren.record(any_id("r2"), child_id("B1"));
  CHECK(hand_in(ash, seal(office, wren, statement_of(wren, Tablet::submit(record, child_id("A1")), kQueued))) == CopyFate::Taken);
  CHECK(office.head(record.id)->author == wren.worker);
  CHECK(office.head(record.id)->device == wren.device);
  REQUIRE(server::disable_worker(*office.repository, "wren", true, office.clock.now).has_value());
  const auto file = seal(office, wren, statement_of(wren, Tablet::submit(late, child_id("B1")), kQueued + 1));
  SECTION("disabled") {
    CHECK(hand_in(wren, file) == CopyFate::Taken);
    CHECK(office.head(late.id)->author == wren.worker);
  }
  SECTION("revoked") {
    REQUIRE(server::revoke_device(*office.repository, wren.device, office.clock.now).has_value());
    CHECK(hand_in(ash, file) == CopyFate::Revoked);
    CHECK_FALSE(office.head(late.id).has_value());
    CHECK(wren.send("/v1/drain", wire::encode(wire::DrainRequest{}), wren.device_identity).status == 403);
  }
}

TEST_CASE("copies: the worker's certificate, none, and too many at once are refused", "[server]") {
  Office office(Store::Sqlcipher);
  Tablet wren(office, "wren");
  const auto body = wire::encode(wire::DrainRequest{});
  CHECK(wren.send("/v1/drain", body, wren.identity).status == 403);
  CHECK(wren.send("/v1/drain", body, std::nullopt).status == 401);
  CHECK(wren.send("/v1/drain", "{}", wren.device_identity).status == 200);
  wire::DrainRequest many;
  many.copies.resize(limits::kDrainItems + 1);
  CHECK(wren.send("/v1/drain", wire::encode(many), wren.device_identity).status == 413);
  CHECK(wren.send("/v1/drain", "[]", wren.device_identity).status == 400);
}
