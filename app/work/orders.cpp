#include "app/work/orders.h"

#include <sstream>

#include "platform/base/file.h"
#include "platform/base/limits.h"

namespace doorstep::work {
namespace {

std::filesystem::path file_in(const std::filesystem::path& folder) { return folder / "command"; }

}  // namespace

Orders read_orders(const std::filesystem::path& folder, base::Id device) {
  const auto text = base::read_file(file_in(folder), limits::kKeyFileBytes);
  if (!text) return {};
  std::istringstream in(*text);
  std::string whose;
  Orders out;
  if (!(in >> whose >> out.number >> out.pending >> out.wiped >> out.told) || whose != device.str() || out.number < 0) return {};
  return out;
}

base::Result<void> keep_orders(const std::filesystem::path& folder, base::Id device, const Orders& orders) {
  std::ostringstream out;
  out << device.str() << ' ' << orders.number << ' ' << orders.pending << ' ' << orders.wiped << ' ' << orders.told << '\n';
  return base::write_file_atomic(file_in(folder), out.str(), base::Access::Owner);
}

}  // namespace doorstep::work
