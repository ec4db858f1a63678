// Forty tablets in one go, as a council's IT does it: one signed file, one table of codes, the real programs; and each of the
// forty is opened by its worker and has synced.
#include <catch2/catch_test_macros.hpp>
#include <iostream>

#include "platform/base/file.h"
#include "platform/config/tablet_folder.h"
#include "sync/server/csv.h"
#include "sync/wire/codec.h"
#include "tests/support/server_process.h"

using namespace doorstep;
namespace fs = std::filesystem;

namespace {

const std::string kProvision = std::string(DOORSTEP_BIN_DIR) + "/doorstep-provision";

void write(const fs::path& file, const std::string& text) {
  REQUIRE(base::write_file_atomic(file, text, base::Access::Owner).has_value());
}

std::string must_run(std::vector<std::string> command) {
  const auto ran = support::run(std::move(command));
  INFO(ran.output);
  REQUIRE(ran.code == 0);
  return ran.output;
}

/// As the app reads it at its start.
support::Setup set_up(const fs::path& tablet) {
  const auto loaded = config::load_tablet_config(tablet, "/nonexistent");
  const auto* device = std::get_if<config::DeviceConfig>(&loaded);
  REQUIRE(device);
  support::Setup out;
  out.enrolment = wire::decode<wire::EnrolReply>(support::read_text(tablet / config::kEnrolmentFile)).value();
  out.device_key = base::Secret::copy_of(support::read_text(tablet / config::kDeviceKeyFile));
  out.server = {device->server.sync.host, device->server.sync.port, device->server.name};
  return out;
}

}  // namespace

TEST_CASE("fleet: forty tablets from one signed file and one table of codes, and each has synced", "[fleet]") {
  constexpr std::size_t kTablets = 40;
  const auto began = std::chrono::steady_clock::now();
  support::Folder folder;
  support::ServerProcess server(DOORSTEP_ASSETS_DIR "/demo");
  server.start();

  must_run({kProvision, "keygen", "--key", (folder / "signing.key").string(), "--trust", (folder / "trust.pub").string()});
  std::string toml = server.device_toml();
  const std::string named = "ca_file = \"ca.pem\"\n";
  toml.replace(toml.find(named), named.size(), "ca_pem = '''\n" + support::read_text(server.folder() / "ca.pem") + "'''\n");
  write(folder / "device.toml", "serial = 1\n" + toml);
  must_run({kProvision, "sign", (folder / "device.toml").string(), "--key", (folder / "signing.key").string()});

  const std::vector<std::string> workers = {"W1001", "W1002", "W1009", "W2001", "W2009"};
  std::string wanted = "asset,worker_ref\r\n";
  for (std::size_t i = 0; i < kTablets; ++i) wanted += "TAB-" + std::to_string(100 + i) + "," + workers[i % workers.size()] + "\r\n";
  write(folder / "wanted.csv", wanted);
  const auto codes = server::parse_csv(server.command({"token", "--csv", (folder / "wanted.csv").string()}));
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
