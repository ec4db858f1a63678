#include "sync/server/witness.h"

#include "tests/server/office.h"

using namespace doorstep;
using namespace doorstep::tests;
using base::Fault;
using server::Standing;

namespace {

wire::SignedAudit ask(Tablet& tablet, std::optional<wire::SignedAudit> held) {
  return tablet.post<wire::WitnessReply>("/v1/witness", wire::encode(wire::WitnessRequest{std::move(held)}), tablet.identity).audit;
}
wire::AuditStatement said(const wire::SignedAudit& audit) {
  auto statement = wire::decode<wire::AuditStatement>(audit.statement);
  REQUIRE(statement.has_value());
  return *statement;
}
std::int64_t alarms(Office& office) {
  return office.read([](server::Unit& unit) { return unit.counts(); }).witnesses;
}
server::Result<server::CheckedAudit> check(Office& office, const wire::SignedAudit& held) {
  auto unit = office.repository->read();
  REQUIRE(unit.has_value());
  return server::check_audit(**unit, office.ca.cert, held);
}
/// The last line of the server's own chain is gone, as if it had never been.
void cut_end(Office& office, std::int64_t line) {
  const bool pg = office.store == Store::Postgres;
  const std::string number = std::to_string(line);
  office.change_audit("DELETE FROM audit WHERE number = " + number + (pg ? " AND device = '" + Id().str() + "'" : "") +
                      (pg ? "" : "; UPDATE sqlite_sequence SET seq = " + std::to_string(line - 1) + " WHERE name = 'audit'"));
}

}  // namespace

TEST_CASE("witness: an end of the audit that was cut off, or written anew, is not what a tablet holds", "[server][A54]") {
  const bool anew = GENERATE(false, true);
  Office office;
  Tablet wren(office, "wren"), sparrow(office, "sparrow");
  const auto early = ask(wren, std::nullopt);
  wren.sync();
  office.import(extract());
  const auto held = ask(wren, early);
  CHECK(alarms(office) == 0);
  const auto heads = said(held).heads;
  REQUIRE(heads.front().chain.nil());
  CHECK(heads.size() == (office.store == Store::Postgres ? 2u : 1u));  // there each tablet's lines are a chain of their own
  CHECK(check(office, held)->standing == Standing::Here);
  CHECK(check(office, early)->standing == Standing::Here);

  cut_end(office, heads.front().line);
  if (anew) {
    auto unit = office.repository->write();
    REQUIRE(unit.has_value());
    REQUIRE((*unit)->audit({office.clock.now, {}, {}, "export", {}, "0"}).has_value());
    REQUIRE((*unit)->commit().has_value());
  }
  CHECK(office.read([](server::Unit& unit) { return unit.audit_intact(); }));  // nothing in the database tells
  CHECK(check(office, held)->standing == (anew ? Standing::Otherwise : Standing::NotHere));
  CHECK(check(office, early)->standing == Standing::Here);
  const auto next = ask(wren, held);
  CHECK(alarms(office) == 1);
  ask(wren, next);
  CHECK(alarms(office) == 1);  // told once
  CHECK(office.read([](server::Unit& unit) { return unit.audit_intact(); }));
}

TEST_CASE("witness: what this council's server did not sign tells nothing, and is answered", "[server][A54]") {
  Office office;
  Tablet wren(office, "wren");
  const auto good = ask(wren, std::nullopt);
  const auto fault = [&](const wire::SignedAudit& held) {
    const auto checked = check(office, held);
    REQUIRE_FALSE(checked.has_value());
    CHECK_FALSE(said(ask(wren, held)).heads.empty());
    CHECK(alarms(office) == 0);
    return checked.error().fault;
  };
  auto other = good;
  auto statement = said(good);
  ++statement.heads.front().line;
  other.statement = wire::encode(statement);
  CHECK(fault(other) == Fault::Untrusted);
  auto signer = tls::make_signer(*tls::make_authority("Elsewhere", office.clock.now), {"localhost"}, 30, office.clock.now);
  REQUIRE(signer.has_value());
  auto theirs = server::sign_audit(*office.repository, *signer, office.clock.now);
  REQUIRE(theirs.has_value());
  CHECK(fault(*theirs) == Fault::Untrusted);
  other = good;
  other.signature = "no hex";
  CHECK(fault(other) == Fault::Invalid);
  other.statement = "{";
  CHECK(fault(other) == Fault::Invalid);
}

TEST_CASE("witness: what is kept on another machine holds every chain's end", "[server][A54]") {
  Office office;
  Tablet wren(office, "wren"), sparrow(office, "sparrow");
  const auto all = server::sign_audit(*office.repository, office.signer, office.clock.now);
  REQUIRE(all.has_value());
  CHECK(said(*all).heads.size() == (office.store == Store::Postgres ? 3u : 1u));
  CHECK(said(*all).at == office.clock.now);
  for (Tablet* tablet : {&wren, &sparrow}) tablet->sync();
  CHECK(check(office, *all)->standing == Standing::Here);
}

TEST_CASE("witness: a tablet's own certificate, and one that was revoked, learn nothing of the audit", "[server]") {
  Office office;
  Tablet wren(office, "wren");
  const auto body = wire::encode(wire::WitnessRequest());
  CHECK(wren.send("/v1/witness", body, wren.device_identity).status == 403);
  CHECK(wren.send("/v1/witness", body, std::nullopt).status == 401);
  CHECK(wren.send("/v1/witness", "{", wren.identity).status == 400);
  REQUIRE(server::revoke_device(*office.repository, wren.device, office.clock.now).has_value());
  CHECK(wren.send("/v1/witness", body, wren.identity).status == 403);
}
