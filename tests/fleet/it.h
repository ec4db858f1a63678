#pragma once
#include <catch2/catch_test_macros.hpp>

#include "platform/base/file.h"
#include "platform/config/tablet_folder.h"
#include "sync/wire/codec.h"
#include "tests/support/server_process.h"
#include "tests/support/tree.h"

/// A council's IT with the real programs: what is handed out is signed, and the tablets' folders are filled by doorstep-provision.
namespace doorstep::fleet {

namespace fs = std::filesystem;

inline const std::string kProvision = support::bin("doorstep-provision");

inline void write(const fs::path& file, std::string_view text) {
  REQUIRE(base::write_file_atomic(file, text, base::Access::Owner).has_value());
}

inline std::string must_run(std::vector<std::string> command) {
  const auto ran = support::run(std::move(command));
  INFO(ran.output);
  REQUIRE(ran.code == 0);
  return ran.output;
}

/// The server's device.toml as it is handed out: with a serial, and the authority's certificate in it.
inline std::string handed_out(const support::ServerProcess& server, int serial) {
  std::string toml = server.device_toml();
  const std::string named = "ca_file = \"ca.pem\"\n";
  toml.replace(toml.find(named), named.size(), "ca_pem = '''\n" + support::read_text(server.folder() / "ca.pem") + "'''\n");
  return "serial = " + std::to_string(serial) + "\n" + toml;
}

/// The tablet's device.toml as the app reads it at its start.
inline config::DeviceConfig config_of(const fs::path& tablet) {
  const auto loaded = config::load_tablet_config(tablet, "/nonexistent");
  const auto* device = std::get_if<config::DeviceConfig>(&loaded);
  REQUIRE(device);
  return *device;
}

/// The same of what enrolment left.
inline support::Setup set_up(const fs::path& tablet) {
  const auto device = config_of(tablet);
  support::Setup out;
  out.enrolment = wire::decode<wire::EnrolReply>(support::read_text(tablet / config::kEnrolmentFile)).value();
  out.device_key = base::Secret::copy_of(support::read_text(tablet / config::kDeviceKeyFile));
  out.server = {device.server.sync.host, device.server.sync.port, device.server.name};
  return out;
}

}  // namespace doorstep::fleet
