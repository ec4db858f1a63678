#include "platform/config/nearest.h"

#include <catch2/catch_test_macros.hpp>

#include <vector>

using namespace doorstep::config;

TEST_CASE("nearest: letters added, left out, replaced and swapped", "[config]") {
  CHECK(distance("lock_s", "lock_s") == 0);
  CHECK(distance("", "abc") == 3);
  CHECK(distance("curtian_s", "curtain_s") == 1);  // a swap is one slip, not two
  CHECK(distance("enroll_url", "enrol_url") == 1);
  CHECK(distance("kitten", "sitting") == 3);
  const std::vector<std::string> known = {"url", "enrol_url", "name", "ca_file", "ca_pem"};
  CHECK(nearest("ulr", known) == "url");
  CHECK(nearest("ca-file", known) == "ca_file");
  CHECK(nearest("cafile", known) == "ca_file");
  CHECK(nearest("enrolment_url", known) == "enrol_url");
  CHECK(nearest("colour", known).empty());
  CHECK(nearest(std::string(1000, 'x'), known).empty());
}
