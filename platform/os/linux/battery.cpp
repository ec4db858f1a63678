#include <algorithm>
#include <charconv>

#include "platform/base/file.h"
#include "platform/os/os.h"

namespace doorstep::os {
namespace {

constexpr std::size_t kMost = 64;  ///< bytes: one word of the kernel's

std::string word_of(const std::filesystem::path& file) {
  auto text = base::read_file(file, kMost);
  if (text.has_error()) return {};
  while (!text->empty() && text->back() == '\n') text->pop_back();
  return *text;
}

}  // namespace

std::optional<Battery> battery(const std::filesystem::path& supplies) {
  namespace fs = std::filesystem;
  std::optional<Battery> least;
  std::error_code error;
  for (fs::directory_iterator at(supplies, error), end; !error && at != end; at.increment(error)) {
    if (word_of(at->path() / "type") != "Battery" || word_of(at->path() / "scope") == "Device") continue;  // Device: of a pen or mouse
    const auto capacity = word_of(at->path() / "capacity"), status = word_of(at->path() / "status");
    Battery one{-1, status == "Charging" || status == "Full" || status == "Not charging"};
    std::from_chars(capacity.data(), capacity.data() + capacity.size(), one.percent);
    if (one.percent >= 0 && one.percent <= 100 && (!least || one.percent < least->percent)) least = one;
  }
  return least;
}

}  // namespace doorstep::os
