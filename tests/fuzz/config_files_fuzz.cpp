#include <algorithm>

#include "platform/base/bytes.h"
#include "platform/config/device_config.h"
#include "platform/config/server_config.h"
#include "tests/fuzz/fuzz.h"

using namespace doorstep;

namespace {

template <class T>
void check(const config::Parsed<T>& parsed, std::string_view text) {
  const auto* problems = std::get_if<std::vector<config::Problem>>(&parsed);
  if (!problems) return;
  const auto lines = 1 + std::count(text.begin(), text.end(), '\n');
  DOORSTEP_ASSERT(!problems->empty());
  int before = 1;
  for (const config::Problem& problem : *problems) {
    DOORSTEP_ASSERT(problem.line >= before && problem.line <= lines && !problem.what.empty());
    DOORSTEP_ASSERT(base::is_utf8(problem.str()));
    before = problem.line;
  }
}

}  // namespace

FUZZ(config_files) {
  check(config::parse_device_config(input, "device.toml"), input);
  check(config::parse_server_config(input, "server.toml"), input);
}
