// The three programs as they were linked (security.md section 4, H60): what a hardened build leaves in an executable is there.
#include <catch2/catch_test_macros.hpp>
#include <regex>

#include "platform/base/file.h"
#include "tests/support/process.h"
#include "tests/support/server_process.h"

using doorstep::support::run;

#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

TEST_CASE("hardening: position-independent, read-only relocations, no lazy binding, no stack to run from, checked copies", "[security][S01][S07][H60]") {
  for (const char* name : {"doorstep", "doorstep-picture", "doorstep-provision", "doorstep-server"}) {
    INFO(name);
    const std::string program = std::string(DOORSTEP_BIN_DIR) + "/" + name;
    const auto readelf = [&](const char* what) {
      const auto ran = run({"readelf", "-W", what, program});
      REQUIRE(ran.code == 0);
      return ran.output;
    };
    const auto has = [](const std::string& text, const char* pattern) { return std::regex_search(text, std::regex(pattern)); };
    CHECK(has(readelf("--file-header"), "Type: +DYN"));
    const std::string segments = readelf("--segments");
    CHECK(has(segments, "GNU_RELRO"));
    CHECK(has(segments, "GNU_STACK +\\S+ \\S+ \\S+ \\S+ \\S+ RW +0x"));
    CHECK_FALSE(has(segments, "LOAD .* RWE "));
    const std::string dynamic = readelf("--dynamic");
    CHECK(has(dynamic, "FLAGS_1\\) +Flags: NOW PIE"));
    CHECK_FALSE(has(dynamic, "RPATH|RUNPATH|TEXTREL"));
    // A plain SQLite before SQLCipher makes readable databases without an error.
    CHECK_FALSE(has(dynamic, "libsqlite3|libsqlcipher"));
    const std::string symbols = readelf("--dyn-syms");
    // Nor can what is loaded beside it ask SQLCipher for the pages.
    CHECK_FALSE(has(symbols, "(GLOBAL|WEAK) +DEFAULT +[0-9]+ (sqlite3|sqlcipher)_"));
    CHECK(has(symbols, "__stack_chk_fail@"));
    // The process that reads photos is small: no copy in it is of a size that the compiler could not tell.
    if (name != std::string_view("doorstep-picture")) CHECK(has(symbols, "__mem(cpy|move|set)_chk@"));
  }
}

TEST_CASE("hardening: a plain SQLite that is loaded before ours keeps nothing in the clear", "[security][S01]") {
  const auto libraries = run({"/sbin/ldconfig", "-p"});
  std::smatch found;
  if (!std::regex_search(libraries.output, found, std::regex(R"(libsqlite3\.so\S* \([^)]*\) => (\S+))"))) SKIP("no plain SQLite on this machine");
  const doorstep::support::Folder folder;
  const std::string data = folder.path() / "server";
  doorstep::support::Process::Options options;
  options.env["LD_PRELOAD"] = found[1];
  const auto made = run({std::string(DOORSTEP_BIN_DIR) + "/doorstep-server", "--data", data, "init", "--name", "localhost", "--council",
                         "Northmere Council", "--council-id", "northmere"}, options);
  INFO(made.output);
  REQUIRE(made.code == 0);
  const auto bytes = doorstep::base::read_file(data + "/cases.db", 1 << 26);
  REQUIRE(bytes.has_value());
  CHECK(bytes->size() > 4096);
  CHECK(bytes->find("SQLite format 3") == std::string::npos);
  CHECK(bytes->find("CREATE TABLE") == std::string::npos);
}

#endif

TEST_CASE("hardening: the server leaves no core", "[security][H57]") {
  doorstep::support::ServerProcess server(std::filesystem::path(DOORSTEP_ASSETS_DIR) / "demo");
  server.start();
  const auto limits = doorstep::base::read_file("/proc/" + std::to_string(server.pid()) + "/limits", 1 << 16);
  REQUIRE(limits.has_value());
  INFO(*limits);
  CHECK(std::regex_search(*limits, std::regex("Max core file size +0 +0 ")));
  server.stop();
}

TEST_CASE("hardening: the bill of materials names what each program was made of, with its version", "[security][H60]") {
  if (run({"sh", "-c", "dpkg-query -W libsodium23"}).code != 0) SKIP("this machine's packages are not Debian's");
  const std::map<std::string, std::vector<std::string>> expected = {
      {"doorstep", {"libsqlcipher-dev", "libssl3", "libsodium23", "libsdl2-2.0-0", "libpng16-16", "imgui", "libboost1.83-dev"}},
      {"doorstep-provision", {"libssl3", "libtomlplusplus-dev"}},
      {"doorstep-server", {"libsqlcipher-dev", "libssl3", "libpq5", "libzstd1"}}};
  for (const auto& [name, parts] : expected) {
    INFO(name);
    const auto made = run({std::string(DOORSTEP_ROOT) + "/platform/dev/sbom.sh", std::string(DOORSTEP_BIN_DIR) + "/" + name}, {},
                          std::chrono::minutes(2));
    INFO(made.output);
    REQUIRE(made.code == 0);
    boost::system::error_code error;
    const auto bill = boost::json::parse(made.output, error);
    REQUIRE_FALSE(error);
    CHECK(bill.at("bomFormat").as_string() == "CycloneDX");
    std::map<std::string, std::string> versions;
    for (const auto& part : bill.at("components").as_array())
      versions[std::string(part.at("name").as_string())] = std::string(part.at("version").as_string());
    for (const auto& part : parts) {
      INFO(part);
      const auto at = std::find_if(versions.begin(), versions.end(), [&](const auto& v) { return v.first.starts_with(part); });  // libssl3t64
      REQUIRE(at != versions.end());
      CHECK_FALSE(at->second.empty());
    }
  }
}

TEST_CASE("hardening: what is linked is no older than the last fault that matters here", "[security][H60]") {
  // libsodium before this takes some points that are none (CVE-2025-69277). SQLCipher's floor is asked at every open.
  const auto version = run({"dpkg-query", "-W", "-f", "${Version}", "libsodium23"});
  if (version.code != 0) SKIP("this machine's packages are not Debian's");
  INFO(version.output);
  CHECK(run({"dpkg", "--compare-versions", version.output, "ge", "1.0.18-1+deb12u1"}).code == 0);
}
