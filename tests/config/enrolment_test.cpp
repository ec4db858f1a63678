#include "platform/config/enrolment.h"

#include <catch2/catch_test_macros.hpp>

#include "platform/base/file.h"

using namespace doorstep;

TEST_CASE("enrolment: what was written is read, once", "[config]") {
  auto folder = std::filesystem::temp_directory_path() / base::new_id(base::SystemClock()).str();
  CHECK(config::read_enrolment(folder).error().fault == base::Fault::NotFound);
  config::Enrolment e;
  e.device = base::Id::from_name("device");
  e.worker = base::Id::from_name("worker");
  e.worker_name = "Ruth \"Mbeki\" O'Hara";
  e.device_key = base::Secret::copy_of("key");
  e.device_certificate = "certificate";
  e.ca = "ca";
  e.ticket = "ticket";
  REQUIRE(config::write_enrolment(folder, e, "# device.toml\n").has_value());
  auto read = config::read_enrolment(folder);
  REQUIRE(read.has_value());
  CHECK(read->device == e.device);
  CHECK(read->worker_name == e.worker_name);
  CHECK(read->device_key.view() == "key");
  CHECK(read->ticket == "ticket");
  CHECK(config::write_enrolment(folder, e, "").error().fault == base::Fault::Conflict);

  std::filesystem::remove(folder / "device.key");
  CHECK(config::read_enrolment(folder).error().fault == base::Fault::Corrupt);
  REQUIRE(base::write_file_atomic(folder / "enrolment.toml", "device = 3 4", base::Access::Owner).has_value());
  CHECK(config::read_enrolment(folder).error().fault == base::Fault::Corrupt);
  std::filesystem::remove_all(folder);
}
