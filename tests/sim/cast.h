#pragma once
#include <map>
#include <string>
#include <vector>

#include "platform/base/secret.h"
#include "tests/sim/random.h"
#include "tests/sim/reference.h"

/// Who there is: two teams, two families, and a tablet for each, two for Wren.
namespace doorstep::sim {

struct Part {
  Id device, worker;
  std::string serial;
};
const std::vector<Part>& cast();
std::vector<Part> chosen_cast(int tablets, Random& random);

Council first_council();
/// The nightly extract that says what the council says.
std::map<std::string, std::string> extract_of(const Council& council);
base::Secret server_key();

}  // namespace doorstep::sim
