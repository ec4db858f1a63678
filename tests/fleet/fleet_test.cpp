// Forty tablets in one go, as a council's IT does it: one signed file, one table of codes, the real programs; and each of the
// forty is opened by its worker and has synced.
#include <iostream>

#include "sync/server/csv.h"
#include "tests/fleet/it.h"
#include "tests/support/tree.h"

using namespace doorstep;
using namespace doorstep::fleet;

TEST_CASE("fleet: forty tablets from one signed file and one table of codes, and each has synced", "[fleet]") {
  constexpr std::size_t kTablets = 40;
  const auto began = std::chrono::steady_clock::now();
  support::Folder folder;
  support::ServerProcess server(support::assets("demo"));
  server.start();

  must_run({kProvision, "keygen", "--key", (folder / "signing.key").string(), "--trust", (folder / "trust.pub").string()});
  write(folder / "device.toml", handed_out(server, 1));
  must_run({kProvision, "sign", (folder / "device.toml").string(), "--key", (folder / "signing.key").string()});

  const std::vector<std::string> workers = {"W1001", "W1002", "W1009", "W2001", "W2009"};
  std::string wanted = "asset,worker_ref\r\n";
  for (std::size_t i = 0; i < kTablets; ++i) wanted += "TAB-" + std::to_string(100 + i) + "," + workers[i % workers.size()] + "\r\n";
  write(folder / "wanted.csv", wanted);
  const std::string made = server.command({"token", "--csv", (folder / "wanted.csv").string()});  // the table, and a line for people
  const auto codes = server::parse_csv(made.substr(0, made.find("Each code")));
  REQUIRE(codes.has_value());
  REQUIRE(codes->rows.size() == kTablets);

  std::set<std::string> devices;
  std::size_t children = 0;
  for (const auto& row : codes->rows) {
    INFO(row.cells[0]);
    const fs::path tablet = folder / row.cells[0];
    must_run({kProvision, "enrol", (folder / "device.toml").string(), "--token", row.cells[2], "--tablet", tablet.string(), "--trust",
              (folder / "trust.pub").string(), "--json"});
    support::FieldTablet field(set_up(tablet), tablet);
    devices.insert(set_up(tablet).enrolment.device.str());
    field.open();
    field.sync();
    CHECK(field.state().caseload->me.id == set_up(tablet).enrolment.worker);
    CHECK_FALSE(field.state().caseload->children.empty());
    children += field.state().caseload->children.size();
  }
  CHECK(devices.size() == kTablets);
  const std::string status = server.command({"status"});
  std::size_t active = 0;
  for (auto at = status.find(" active last seen 2"); at != std::string::npos; at = status.find(" active last seen 2", at + 1)) ++active;
  CHECK(active == kTablets);
  CHECK(status.find("audit intact") != std::string::npos);
  std::cout << "fleet: " << devices.size() << " tablets enrolled, opened and synced, " << children << " children on them, in "
            << (std::chrono::steady_clock::now() - began) / std::chrono::milliseconds(1) << " ms\n";
}
