// A connection cut at every byte of a session, in both directions: nothing is lost, nothing is taken twice.
#include "tests/support/cutting_proxy.h"
#include "tests/transport/pump_fixture.h"

using namespace doorstep;
using namespace doorstep::transport_test;

TEST_CASE("pump: a session cut at any byte, either way, loses nothing and repeats nothing", "[transport]") {
#ifdef DOORSTEP_OPTIMISED
  constexpr long kStep = 1;
#else
  constexpr long kStep = 7;  // odd, so that FIN and RST take turns
#endif
  Cases cases;
  Store store;
  CuttingProxy proxy(cases.listener->port());
  auto options = at_once(cases);
  options.endpoint.port = proxy.port();

  std::vector<std::string> sent;
  const auto one_session = [&] {
    Told told;
    sent.push_back("operation " + std::to_string(sent.size()) + " " + base::to_hex(base::random_bytes(300)));
    store.add(sent.back());
    transport::SyncPump pump(options, store, std::ref(told));
    told.next<transport::SyncDone>();
  };
  proxy.cut_next(CuttingProxy::ToServer, 1'000'000'000, false);
  one_session();
  const long whole[] = {proxy.carried(CuttingProxy::ToServer), proxy.carried(CuttingProxy::ToTablet)};
  REQUIRE(whole[0] > 1000);
  REQUIRE(whole[1] > 1000);

  int cuts = 0;
  for (const auto direction : {CuttingProxy::ToServer, CuttingProxy::ToTablet})
    for (long at = 0; at < whole[direction]; at += kStep) {
      proxy.cut_next(direction, at, at % 2 == 0);
      one_session();
      cuts += proxy.was_cut();
      if (cases.count() != sent.size() || store.waiting() != 0) FAIL("cut " << direction << " at " << at);
    }
  CHECK(cuts > (whole[0] + whole[1]) / kStep * 9 / 10);
  CHECK(cases.stored() == sent);
}
