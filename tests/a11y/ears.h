#pragma once
#include "tests/support/reader.h"
#include "tests/support/server_process.h"
#include "tests/support/tree.h"

/// One display and one bus for all of this program: libatspi knows one.
struct Ears {
  doorstep::support::Display display{1280, 800};
  doorstep::support::Reader reader{display};
};
inline Ears& ears() {
  static Ears all;
  return all;
}

/// A case server, and a tablet enrolled for Ruth Adeyemi.
struct Office {
  doorstep::support::Folder folder;
  doorstep::support::ServerProcess server{doorstep::support::assets("demo")};
  std::string tablet = (folder / "ruth").string();
  Office() {
    server.start();
    const auto device = server.write_device_toml(folder.path()).string();
    const auto enrolled = doorstep::support::run({doorstep::support::bin("doorstep-provision"), "enrol", device, "--token", server.token("W1001"),
                                                  "--tablet", tablet});
    if (enrolled.code != 0) throw std::runtime_error(enrolled.output);
  }
  std::vector<std::string> app() const { return {doorstep::support::bin("doorstep"), "--tablet", tablet}; }
};

/// From the first screen to the list of children.
inline void unlock(doorstep::support::Reader& reader) {
  for (const char* field : {"unlock/passphrase", "unlock/again"}) reader.write(field, std::string(doorstep::support::FieldTablet::kPassphrase));
  reader.press("unlock-action");
  reader.wait_for("My children");
  reader.wait_for("All sent");
}
