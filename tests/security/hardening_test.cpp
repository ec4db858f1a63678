// The three programs as they were linked (security.md section 4, H60): what a hardened build leaves in an executable is there.
#include <catch2/catch_test_macros.hpp>
#include <regex>
#include <set>
#include <tuple>

#include "platform/base/file.h"
#include "tests/support/process.h"
#include "tests/support/server_process.h"
#include "tests/support/tree.h"

using doorstep::support::assets;
using doorstep::support::bin;
using doorstep::support::run;
using doorstep::support::tree;

#if defined(DOORSTEP_OPTIMISED) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

TEST_CASE("hardening: position-independent, read-only relocations, no lazy binding, no stack to run from, checked copies", "[security][S01][S07][H60]") {
  for (const char* name : {"doorstep", "doorstep-picture", "doorstep-provision", "doorstep-server"}) {
    INFO(name);
    const std::string program = bin(name);
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
  // The attack needs the library that it puts in front.
  if (!std::regex_search(libraries.output, found, std::regex(R"(libsqlite3\.so\S* \([^)]*\) => (\S+))"))) SKIP("no plain SQLite on this machine");
  const doorstep::support::Folder folder;
  const std::string data = folder.path() / "server";
  doorstep::support::Process::Options options;
  options.env["LD_PRELOAD"] = found[1];
  const auto made = run({bin("doorstep-server"), "--data", data, "init", "--name", "localhost", "--council",
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
  doorstep::support::ServerProcess server(assets("demo"));
  server.start();
  const auto limits = doorstep::base::read_file("/proc/" + std::to_string(server.pid()) + "/limits", 1 << 16);
  REQUIRE(limits.has_value());
  INFO(*limits);
  CHECK(std::regex_search(*limits, std::regex("Max core file size +0 +0 ")));
  server.stop();
}

namespace {

/// A bill of materials is made of what Debian's package manager knows; where there is none it cannot be made, nor packages.
void needs_debian() {
  if (run({"sh", "-c", "dpkg-query -W libsodium23"}).code != 0) SKIP("this machine's packages are not Debian's");
}

}  // namespace

TEST_CASE("hardening: the bill of materials names what each program was made of, with its version", "[security][H60]") {
  needs_debian();
  const std::map<std::string, std::vector<std::string>> expected = {
      {"doorstep", {"libsqlcipher-dev", "libssl3", "libsodium23", "libsdl2-2.0-0", "libpng16-16", "imgui", "libboost1.83-dev"}},
      {"doorstep-provision", {"libssl3", "libtomlplusplus-dev"}},
      {"doorstep-server", {"libsqlcipher-dev", "libssl3", "libpq5", "libzstd1"}}};
  for (const auto& [name, parts] : expected) {
    INFO(name);
    const auto made = run({tree("platform/dev/sbom.sh"), bin(name)}, {},
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

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// What the specification of CycloneDX 1.5 asks of a document that has no more in it than ours; what is wrong, one a line. Held against
/// schema/bom-1.5.schema.json of the specification: its required members and patterns are these, and ours is stricter where it is silent.
std::string wrong_in(const boost::json::value& bill) {
  std::string out;
  const auto say = [&](bool right, const std::string& what) {
    if (!right) out += what + "\n";
  };
  const auto text = [](const boost::json::value& in, const char* key) {
    const auto* at = in.is_object() ? in.as_object().if_contains(key) : nullptr;
    return at && at->is_string() ? std::string(at->as_string()) : std::string();
  };
  const auto only = [&](const boost::json::value& in, std::set<std::string> keys, const std::string& what) {
    for (const auto& [key, _] : in.as_object()) say(keys.contains(std::string(key)), what + " has \"" + std::string(key) + "\"");
  };
  only(bill, {"bomFormat", "specVersion", "serialNumber", "version", "metadata", "components"}, "the document");
  say(text(bill, "bomFormat") == "CycloneDX", "bomFormat");
  say(text(bill, "specVersion") == "1.5", "specVersion");
  say(std::regex_match(text(bill, "serialNumber"), std::regex("urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")), "serialNumber");
  say(bill.at("version").is_int64() && bill.at("version").as_int64() >= 1, "version");
  const auto& metadata = bill.at("metadata");
  only(metadata, {"component", "timestamp"}, "metadata");
  if (metadata.as_object().contains("timestamp"))
    say(std::regex_match(text(metadata, "timestamp"), std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)")), "timestamp");
  std::set<std::string> refs;
  const auto component = [&](const boost::json::value& part, const std::string& what) {
    only(part, {"type", "bom-ref", "name", "version", "purl"}, what);
    const std::string type = text(part, "type");
    say(type == "application" || type == "library", what + ": type");
    say(!text(part, "name").empty(), what + ": name");
    say(!text(part, "version").empty(), what + ": version");
    say(!text(part, "bom-ref").empty() && refs.insert(text(part, "bom-ref")).second, what + ": bom-ref");
    // package-url: type, namespace, name in lower case, version and qualifiers with all else in percent
    if (type == "library")
      say(std::regex_match(text(part, "purl"), std::regex(R"(pkg:deb/[a-z]+/[a-z0-9.%+-]+@([A-Za-z0-9.~:-]|%[0-9A-F]{2})+)"
                                                        R"((\?[a-z]+=[a-z0-9.-]+(&[a-z]+=[a-z0-9.-]+)*)?)")),
          what + ": purl " + text(part, "purl"));
  };
  component(metadata.at("component"), "metadata");
  for (const auto& part : bill.at("components").as_array()) component(part, "component " + text(part, "name"));
  return out;
}

std::string bill_of(const std::string& program) {
  const auto made = run({tree("platform/dev/sbom.sh"), bin(program)}, {},
                        std::chrono::minutes(2));
  INFO(made.output);
  REQUIRE(made.code == 0);
  return made.output;
}

}  // namespace

TEST_CASE("hardening: the bill of materials is what CycloneDX asks, and the same twice", "[security][H60]") {
  needs_debian();
  for (const char* name : {"doorstep", "doorstep-provision", "doorstep-server"}) {
    INFO(name);
    const std::string bill = bill_of(name);
    CHECK(wrong_in(boost::json::parse(bill)) == "");
    CHECK(bill_of(name) == bill);
  }
  const std::string bill = bill_of("doorstep-provision");
  for (const auto& [from, to, what] : std::vector<std::tuple<std::string, std::string, std::string>>{
           {"\"specVersion\": \"1.5\"", "\"specVersion\": 1.5", "specVersion\n"},
           {"urn:uuid:", "uuid:", "serialNumber\n"},
           {"\"version\": 1,", "\"version\": 0,", "version\n"},
           {"\"type\":\"application\"", "\"type\":\"program\"", "metadata: type\n"},
           {"\"name\":\"libssl3\"", "\"name\":\"\"", "component : name\n"}}) {
    INFO(what);
    const auto at = bill.find(from);
    REQUIRE(at != std::string::npos);
    CHECK(wrong_in(boost::json::parse(std::string(bill).replace(at, from.size(), to))) == what);
  }
}

TEST_CASE("hardening: no known fault is in what the programs are made of, but those that a reason is given for", "[security][H60]") {
  needs_debian();
  const doorstep::support::Folder folder;
  const auto keep = [&](const std::string& name, const std::string& bill) {
    const auto file = folder.path() / name;
    REQUIRE(doorstep::base::write_file_atomic(file, bill, doorstep::base::Access::Owner).has_value());
    return file.string();
  };
  const std::string tool = tree("platform/dev/faults.sh");
  const auto asked = [&](const std::string& bill) { return run({tool, bill}, {}, std::chrono::minutes(1)); };
  const std::string app = bill_of("doorstep");
  for (const char* name : {"doorstep", "doorstep-provision", "doorstep-server"}) {
    const auto ran = asked(keep(name, bill_of(name)));
    INFO(ran.output);
    CHECK(ran.code == 0);
    CHECK_FALSE(has(ran.output, "REFUSED"));
  }
  // An older one is refused, by its name.
  const auto with = [&](const std::string& package, const std::string& version) {
    return std::regex_replace(app, std::regex("\"name\":\"" + package + "\",\"version\":\"[^\"]*\""),
                              "\"name\":\"" + package + "\",\"version\":\"" + version + "\"");
  };
  const auto older = asked(keep("older", with("libsodium23", "1.0.18-1")));
  CHECK(older.code == 1);
  CHECK(has(older.output, "REFUSED: libsodium23 1.0.18-1 has CVE-2025-69277, fixed in 1.0.18-1+deb12u1\n"));
  // Of the first SQLCipher with all fixes nothing has to be taken.
  const auto newer = asked(keep("newer", with("libsqlcipher-dev", "4.20.0-1")));
  CHECK(newer.code == 0);
  CHECK_FALSE(has(newer.output, "taken: libsqlcipher"));
  CHECK(asked(keep("empty", "")).code == 2);
  CHECK(asked(keep("no bill", "{}")).code == 2);
  // The reasons hold: what the faults need is not in the program.
  for (const char* needed : {"concat_ws", "DBCONFIG_LOOKASIDE", "detail=none", "detail = none"})
    for (const char* floor : {"app", "sync", "platform"})
      for (const auto& entry : std::filesystem::recursive_directory_iterator(tree() / floor))
        if (entry.path().extension() == ".cpp" || entry.path().extension() == ".h") {
          const auto source = doorstep::base::read_file(entry.path(), 1 << 22);
          REQUIRE(source.has_value());
          INFO(entry.path() << " has " << needed);
          CHECK(source->find(needed) == std::string::npos);
        }
}
