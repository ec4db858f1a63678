#include "sync/server/lease.h"

#include "platform/base/bytes.h"
#include "tests/server/office.h"

using namespace doorstep;
using namespace doorstep::tests;

namespace {
/// What of a reply's lease is signed by the council's server; empty: there is none, or it is not.
std::optional<wire::LeaseStatement> lease_in(const Office& office, const server::HttpReply& reply) {
  const auto decoded = wire::decode<wire::SyncReply>(reply.body);
  REQUIRE(decoded.has_value());
  if (!decoded->lease) return std::nullopt;
  const auto said = wire::decode<wire::LeaseStatement>(decoded->lease->statement);
  REQUIRE(said.has_value());
  const auto signature = base::from_hex(decoded->lease->signature);
  REQUIRE((signature && decoded->lease->signer));
  tls::SignatureCheck check(office.ca.cert);
  REQUIRE(check(*decoded->lease->signer, said->at, std::string(wire::kLeaseContext) + decoded->lease->statement, *signature).has_value());
  // No other statement of the server's passes for one.
  const std::string as_receipt = std::string(wire::kReceiptContext) + decoded->lease->statement;
  CHECK_FALSE(check(*decoded->lease->signer, said->at, as_receipt, *signature).has_value());
  return *said;
}
}  // namespace

TEST_CASE("lease: who may read is given one for this tablet and worker, as long as was asked and no longer than a month", "[server][L31]") {
  Office office;
  Tablet wren(office, "wren");
  auto request = wren.request();
  CHECK_FALSE(lease_in(office, wren.raw(request)));  // nobody asked
  for (const auto& [asked, days] : {std::pair<std::int64_t, int>{7, 7}, {1, 1}, {31, 30}, {1'000'000'000'000, 30}, {-4, 0}}) {
    request.lease = asked;
    const auto lease = lease_in(office, wren.raw(request));
    REQUIRE(lease);
    CHECK(lease->device == wren.device);
    CHECK(lease->worker == wren.worker);
    CHECK(lease->at == office.clock.wall());
    CHECK(lease->until - lease->at == std::chrono::days(days));
  }
}

TEST_CASE("lease: who was disabled is given none, and again one when access was given back", "[server][L31]") {
  Office office;
  Tablet wren(office, "wren");
  auto request = wren.request();
  request.lease = 7;
  REQUIRE(server::disable_worker(*office.repository, "wren", true, office.clock.wall()).has_value());
  CHECK_FALSE(lease_in(office, wren.raw(request)));
  REQUIRE(server::disable_worker(*office.repository, "wren", false, office.clock.wall()).has_value());
  CHECK(lease_in(office, wren.raw(request)));
}
