#include "sync/server/commands.h"

#include "platform/base/bytes.h"
#include "tests/server/office.h"

using namespace doorstep;
using namespace doorstep::tests;
using wire::CommandKind;

namespace {

server::HttpReply ask(Tablet& tablet, std::optional<std::int64_t> obeyed = std::nullopt) {
  return tablet.send("/v1/command", wire::encode(wire::CommandRequest{obeyed}), tablet.device_identity);
}

/// What the council's server signed; empty: nothing.
std::optional<wire::CommandStatement> said(const Office& office, const std::optional<wire::SignedStatement>& command) {
  if (!command) return std::nullopt;
  const auto statement = wire::decode<wire::CommandStatement>(command->statement);
  const auto signature = base::from_hex(command->signature);
  REQUIRE((statement.has_value() && signature && command->signer));
  tls::SignatureCheck check(office.ca.cert);
  CHECK(check(*command->signer, statement->at, std::string(wire::kCommandContext) + command->statement, *signature).has_value());
  CHECK_FALSE(check(*command->signer, statement->at, std::string(wire::kLeaseContext) + command->statement, *signature).has_value());
  return *statement;
}
std::optional<wire::CommandStatement> said(const Office& office, const server::HttpReply& reply) {
  REQUIRE(reply.status == 200);
  const auto read = wire::decode<wire::CommandReply>(reply.body);
  REQUIRE(read.has_value());
  return said(office, read->command);
}

std::int64_t give(Office& office, Id device, CommandKind kind) {
  const auto number = server::give_command(*office.repository, device, kind, office.clock.wall());
  REQUIRE(number.has_value());
  return *number;
}

}  // namespace

TEST_CASE("commands: one is signed for its device alone, is told until it was obeyed, and the next has the next number", "[server][L34]") {
  Office office;
  Tablet wren(office, "wren"), ash(office, "ash");
  CHECK_FALSE(said(office, ask(wren)));
  CHECK(give(office, wren.device, CommandKind::Lock) == 1);
  for (int times = 0; times < 2; ++times) {
    const auto heard = said(office, ask(wren));
    REQUIRE(heard);
    CHECK(heard->number == 1);
    CHECK(heard->device == wren.device);
    CHECK(heard->kind == CommandKind::Lock);
    CHECK(heard->expires == office.clock.wall() + server::kCommandLife);
  }
  const auto synced = wire::decode<wire::SyncReply>(wren.raw(wren.request()).body);
  REQUIRE(synced.has_value());
  CHECK(said(office, synced->command)->number == 1);
  CHECK_FALSE(synced->drain);
  CHECK_FALSE(said(office, ask(ash)));
  CHECK_FALSE(said(office, ask(ash, 1)));  // of its own there is none
  CHECK(said(office, ask(wren)));
  CHECK(said(office, ask(wren, 7)));  // nor of another number
  CHECK_FALSE(said(office, ask(wren, 1)));
  CHECK_FALSE(said(office, ask(wren)));
  CHECK_FALSE(said(office, ask(wren, 1)));  // told twice
  CHECK(give(office, wren.device, CommandKind::Lock) == 2);
  CHECK(said(office, ask(wren))->number == 2);
  office.clock.pass(server::kCommandLife + std::chrono::seconds(1));
  const auto row = office.read([&](server::Unit& unit) { return unit.device(wren.device); });
  REQUIRE((row && row->command));
  CHECK_FALSE(row->command->obeyed_at);
  CHECK(server::waiting_command(*row, office.clock.wall()) == nullptr);
  CHECK(office.read([](server::Unit& unit) { return unit.audit_intact(); }));
}

TEST_CASE("commands: a tablet that is to be wiped hands in with all its worker's rights, reads nothing, and is refused once it told so", "[server][L34]") {
  Office office;
  Tablet wren(office, "wren"), sparrow(office, "sparrow");
  auto record = wren.record(any_id("r"), child_id("A1"), "Seen at home.");
  CHECK(wren.one(Tablet::submit(record, child_id("A1"))).status == OpStatus::Applied);
  sparrow.sync();
  const model::Revision submitted = *sparrow.has(child_id("A1"), record.id);
  give(office, sparrow.device, CommandKind::Wipe);
  // A decision that waited is made: the supervisor has lost a tablet, not their rights.
  CHECK(sparrow.one(sparrow.decide(submitted, child_id("A1"), model::Verdict::Approved, "Read.")).status == OpStatus::Applied);
  CHECK(sparrow.last.drain == true);
  CHECK(sparrow.last.cases.empty());
  CHECK_FALSE(sparrow.last.lease);
  CHECK_FALSE(sparrow.last.drop.empty());
  auto request = sparrow.request();
  request.lease = 7;
  CHECK_FALSE(wire::decode<wire::SyncReply>(sparrow.raw(request).body)->lease);
  const auto heard = said(office, ask(sparrow));
  REQUIRE(heard);
  CHECK(heard->kind == CommandKind::Wipe);
  CHECK_FALSE(said(office, ask(sparrow, heard->number)));
  CHECK(ask(sparrow).status == 403);
  CHECK(sparrow.raw(sparrow.request()).status == 403);
  const auto again = server::give_command(*office.repository, sparrow.device, CommandKind::Lock, office.clock.wall());
  REQUIRE(again.has_error());
  CHECK(again.error().fault == base::Fault::Denied);
}

TEST_CASE("commands: the worker's certificate does not ask for them, a disabled worker's tablet still hears them", "[server][L34]") {
  Office office;
  Tablet wren(office, "wren");
  give(office, wren.device, CommandKind::Wipe);
  CHECK(wren.send("/v1/command", wire::encode(wire::CommandRequest{}), wren.identity).status == 403);
  REQUIRE(server::disable_worker(*office.repository, "wren", true, office.clock.wall()).has_value());
  CHECK(said(office, ask(wren))->kind == CommandKind::Wipe);
  CHECK(wren.send("/v1/command", "{", wren.device_identity).status == 400);
  const auto unknown = server::give_command(*office.repository, any_id("nobody's"), CommandKind::Lock, office.clock.wall());
  REQUIRE(unknown.has_error());
  CHECK(unknown.error().fault == base::Fault::NotFound);
}

TEST_CASE("commands: a tablet that is to be wiped is given no photo", "[server]") {
  Office office;
  Tablet wren(office, "wren");
  const std::string bytes = "\xFF\xD8\xFF a bedroom";
  auto record = wren.record(any_id("r"), child_id("A1"));
  record.part.attachments.emplace();
  record.part.attachments->push_back({any_id("photo"), base::sha256_hex(bytes), static_cast<std::int64_t>(bytes.size()), "image/jpeg", "", {1}});
  CHECK(wren.one(Tablet::submit(record, child_id("A1"))).status == OpStatus::Applied);
  const auto ask_blob = [&](const char* method, const std::string& query, std::string body) {
    server::HttpRequest request;
    request.method = method;
    request.target = "/v1/blobs/" + base::sha256_hex(bytes) + query;
    request.headers["content-type"] = "application/octet-stream";
    request.headers["range"] = "bytes=0-";
    request.body = std::move(body);
    request.peer.identity = wren.identity;
    return office.service->handle(request);
  };
  REQUIRE(ask_blob("PATCH", "?offset=0", bytes).status == 200);
  CHECK(ask_blob("GET", "", {}).status == 206);
  give(office, wren.device, CommandKind::Wipe);
  const auto synced = wire::decode<wire::SyncReply>(wren.raw(wren.request()).body);
  REQUIRE(synced.has_value());
  CHECK(synced->drain);
  CHECK(synced->cases.empty());
  CHECK(ask_blob("GET", "", {}).status == 404);
}
