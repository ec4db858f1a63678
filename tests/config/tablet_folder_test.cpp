#include "platform/config/tablet_folder.h"

#include <stdlib.h>

#include <catch2/catch_test_macros.hpp>

#include "platform/base/file.h"
#include "tests/support/folder.h"
#include "tests/support/kill.h"

using namespace doorstep;
using namespace doorstep::config;
namespace fs = std::filesystem;

namespace {

/// A tablet's folder with a council's key pinned in it.
struct Tablet {
  support::Folder folder;
  base::Secret key = make_signing_key({}).value();
  const fs::path no_system = "/nonexistent/trust.pub";

  void write(std::string_view name, std::string_view bytes) const {
    REQUIRE(base::write_file_atomic(folder / name, bytes, base::Access::Owner).has_value());
  }
  std::string trust() const { return public_key(key).value(); }
  void put(const std::string& text, const base::Secret& by) const {
    write(kDeviceTomlFile, text);
    write("device.toml.sig", sign(text, by).value());
  }
  /// What the app would say; empty: it takes the file.
  std::string said(const fs::path& system) const {
    auto loaded = load_tablet_config(folder.path(), system);
    const auto* problems = std::get_if<std::vector<Problem>>(&loaded);
    if (!problems) return {};
    REQUIRE(problems->size() == 1);
    return problems->front().str();
  }
  std::string said() const { return said(no_system); }
};

std::string toml(int serial, const std::string& more = {}) {
  return "version = 1\n" + (serial > 0 ? "serial = " + std::to_string(serial) + "\n" : "") + more +
         "[council]\nid = \"northmere\"\nname = \"Northmere Council\"\n"
         "[server]\nurl = \"https://a.example:1\"\nenrol_url = \"https://a.example:2\"\nname = \"a.example\"\n"
         "ca_pem = '''-----BEGIN CERTIFICATE-----\nMIIB\n'''\n"
         "[[contacts.duty]]\nlabel = \"Duty\"\nnumber = \"01632 960901\"\n"
         "[[contacts.out_of_hours]]\nlabel = \"Night\"\nnumber = \"01632 960902\"\n";
}

}  // namespace

TEST_CASE("tablet: with no key pinned an unsigned file is taken, and a signature beside it is not asked", "[config]") {
  Tablet tablet;
  tablet.write(kDeviceTomlFile, toml(0));
  CHECK(tablet.said().empty());
  tablet.write("device.toml.sig", "nonsense");
  CHECK(tablet.said().empty());
}

TEST_CASE("tablet: with a key pinned only what it signed is taken, and the words say what to do", "[config][P35]") {
  Tablet tablet;
  tablet.write(kTrustFile, tablet.trust());
  tablet.write(kDeviceTomlFile, toml(1));
  CHECK(tablet.said() == "device.toml: it is not signed, and this machine takes only what its council has signed; sign it with "
                         "`doorstep-provision sign`, and put device.toml.sig beside it");
  tablet.put(toml(1), tablet.key);
  CHECK(tablet.said().empty());

  tablet.write(kDeviceTomlFile, toml(1, "# a remark\n"));
  const std::string name = key_name(parse_trust(tablet.trust()).value().front());
  CHECK(tablet.said() == "device.toml: it was changed after it was signed, or signed by somebody else than " + name +
                             "; use the file as it was signed, with its own device.toml.sig");
  tablet.put(toml(1), make_signing_key({}).value());
  CHECK(tablet.said().find("signed by somebody else than " + name) != std::string::npos);
  tablet.write("device.toml.sig", std::string(1000, 'x'));
  CHECK(tablet.said().find("its signature cannot be read") != std::string::npos);
  // Nothing of a file that is not believed is read, not even its mistakes.
  tablet.write(kDeviceTomlFile, "this is no TOML");
  tablet.write("device.toml.sig", std::string(64, 'x'));
  CHECK(tablet.said().find("TOML:") == std::string::npos);
}

TEST_CASE("tablet: a signed file carries a serial, and its authority itself", "[config]") {
  Tablet tablet;
  tablet.write(kTrustFile, tablet.trust());
  tablet.put(toml(0), tablet.key);
  CHECK(tablet.said() == "device.toml:1: serial: it is missing; write serial = 1, and one more with every file that is signed");
  auto text = toml(1);
  const auto at = text.find("ca_pem"), end = text.find("[[contacts.duty]]");
  text.replace(at, end - at, "ca_file = \"ca.pem\"\n");
  tablet.write("ca.pem", "-----BEGIN CERTIFICATE-----\n");
  tablet.put(text, tablet.key);
  CHECK(tablet.said() ==
        "device.toml:10: server.ca_file: the signature does not cover ca.pem; put the certificate into the file as ca_pem; "
        "`doorstep-provision new --ca ca.pem` shows how");
}

TEST_CASE("tablet: the machine's own trust.pub goes before the folder's, and a damaged one is no reason to trust anybody", "[config]") {
  Tablet tablet, machine;
  const fs::path system = machine.folder / "trust.pub";
  machine.write("trust.pub", machine.trust());
  tablet.write(kTrustFile, tablet.trust());
  tablet.put(toml(1), tablet.key);
  CHECK(tablet.said().empty());
  CHECK(tablet.said(system).find("signed by somebody else") != std::string::npos);
  tablet.put(toml(1), machine.key);
  CHECK(tablet.said(system).empty());
  machine.write("trust.pub", "");
  CHECK(tablet.said(system).find("cannot be used: it holds no public key; call IT") != std::string::npos);
}

TEST_CASE("tablet: a file older than one that was taken is refused, whoever signed it", "[config][P36]") {
  Tablet tablet;
  tablet.write(kTrustFile, tablet.trust());
  tablet.put(toml(7), tablet.key);
  CHECK(tablet.said().empty());
  CHECK(seen_serial(tablet.folder.path()) == 7);
  tablet.put(toml(6), tablet.key);
  CHECK(tablet.said() == "device.toml:2: serial: this file is older than one that this tablet has taken: its serial is 6, that one's was "
                         "7; use the newest file; to go back to earlier settings, give them a higher serial");
  fs::remove(tablet.folder / kTrustFile);  // unsigned, with no serial at all
  tablet.write(kDeviceTomlFile, toml(0));
  CHECK(tablet.said().starts_with("device.toml:1: serial: this file is older than one that this tablet has taken: its serial is 0"));
  tablet.write(kTrustFile, tablet.trust());
  tablet.put(toml(7), tablet.key);
  CHECK(tablet.said().empty());
  tablet.put(toml(8), tablet.key);
  CHECK(tablet.said().empty());
  CHECK(seen_serial(tablet.folder.path()) == 8);
  for (const char* damaged : {"", "x", "-5\n"}) {  // as if it had been deleted
    tablet.write(kSerialFile, damaged);
    CHECK(seen_serial(tablet.folder.path()) == 0);
  }
}

TEST_CASE("tablet: a file whose last day has gone still opens the tablet that has it", "[config]") {
  Tablet tablet;
  tablet.write(kDeviceTomlFile, toml(1, "not_before = 2019-01-01\nnot_after = 2019-12-31\n"));
  CHECK(tablet.said().empty());
}

TEST_CASE("tablet: a renewed pair counts where it fits, and is its owner's alone; anything else counts for nothing", "[config][P39]") {
  Tablet tablet;
  const auto& folder = tablet.folder.path();
  const auto any = [](const DevicePair&) { return true; };
  CHECK_FALSE(renewed_pair(folder, any));
  const std::string key = "-----BEGIN PRIVATE KEY-----\nMIG\n-----END PRIVATE KEY-----\n";
  const std::string certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
  REQUIRE(keep_renewed_pair(folder, {base::Secret::copy_of(key), certificate}).has_value());
  const auto kept = renewed_pair(folder, any);
  REQUIRE(kept);
  CHECK(kept->key.view() == key);
  CHECK(kept->certificate == certificate);
  CHECK_FALSE(renewed_pair(folder, [&](const DevicePair& pair) { return pair.certificate != certificate; }));
  CHECK((fs::status(folder / kDevicePairFile).permissions() & fs::perms::all) == (fs::perms::owner_read | fs::perms::owner_write));
  for (const auto& damaged : {std::string(), key, std::string("half a ke")}) {
    tablet.write(kDevicePairFile, damaged);
    CHECK_FALSE(renewed_pair(folder, any));
  }
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("tablet: killed at any system call while a pair is kept, the old one counts or the new one", "[config][P39]") {
  Tablet tablet;
  const auto& folder = tablet.folder.path();
  const std::string begins = "-----BEGIN CERTIFICATE-----\n";
  const auto pair = [&](const std::string& number) {
    return DevicePair{base::Secret::copy_of("key " + number + "\n"), begins + number + "\n"};
  };
  const auto fits = [&](const DevicePair& found) { return found.key.view().substr(4) == found.certificate.substr(begins.size()); };
  int none = 0, first = 0, second = 0;
  const auto kill_each = [&](const std::string& number, int& before, int& after) {
    const auto there = support::contents(folder);
    const auto was = renewed_pair(folder, fits);
    for (int nth = 0; support::killed_at_call(nth, [&] { (void)keep_renewed_pair(folder, pair(number)); }); ++nth) {
      INFO("killed at call " << nth);
      REQUIRE(nth < 200);
      const auto left = renewed_pair(folder, fits);
      if (left && left->certificate == pair(number).certificate) ++after;
      else {
        CHECK(left.has_value() == was.has_value());
        if (left && was) CHECK(left->certificate == was->certificate);
        ++before;
      }
      support::put_back(folder, there);
    }
    REQUIRE(keep_renewed_pair(folder, pair(number)).has_value());
  };
  kill_each("1", none, first);
  int old = 0;
  kill_each("2", old, second);
  CAPTURE(none, first, old, second);
  CHECK(none > 3);
  CHECK(first > 0);
  CHECK(old > 3);
  CHECK(second > 0);
}
#endif
