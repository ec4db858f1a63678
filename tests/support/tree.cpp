#include "tests/support/tree.h"

namespace doorstep::support {

namespace {

std::filesystem::path in(const std::filesystem::path& folder, const std::string& inside) {
  return inside.empty() ? folder : folder / inside;
}

}  // namespace

std::filesystem::path tree(const std::string& inside) { return in(DOORSTEP_ROOT, inside); }
std::filesystem::path assets(const std::string& inside) { return in(DOORSTEP_ROOT "/assets", inside); }
std::filesystem::path bin(const std::string& inside) { return in(DOORSTEP_BIN_DIR, inside); }
std::filesystem::path fonts() { return DOORSTEP_FONTS_DIR; }

}  // namespace doorstep::support
