// The three programs as they were linked (security.md section 4, H60): what a hardened build leaves in an executable is there.
#include <catch2/catch_test_macros.hpp>
#include <regex>

#include "tests/support/process.h"

using doorstep::support::run;

#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

TEST_CASE("hardening: position-independent, read-only relocations, no lazy binding, no stack to run from, checked copies", "[security]") {
  for (const char* name : {"doorstep", "doorstep-provision", "doorstep-server"}) {
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
    CHECK(has(symbols, "__stack_chk_fail@"));
    CHECK(has(symbols, "__mem(cpy|move|set)_chk@"));
  }
}

#endif

TEST_CASE("hardening: what is linked is no older than the last fault that matters here", "[security]") {
  // libsodium before this takes some points that are none (CVE-2025-69277). SQLCipher's floor is asked at every open.
  const auto version = run({"dpkg-query", "-W", "-f", "${Version}", "libsodium23"});
  if (version.code != 0) SKIP("this machine's packages are not Debian's");
  INFO(version.output);
  CHECK(run({"dpkg", "--compare-versions", version.output, "ge", "1.0.18-1+deb12u1"}).code == 0);
}
