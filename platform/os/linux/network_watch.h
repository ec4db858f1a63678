#pragma once
#include <filesystem>
#include <memory>

#include "platform/os/os.h"

namespace doorstep::os {

/// Listens to the kernel's announcements of links and addresses; null when it cannot.
std::unique_ptr<NetworkWatch> watch_interfaces();

/// Watches a file whose text is the network: "off" is none. For drivable builds; null when its folder cannot be watched.
std::unique_ptr<NetworkWatch> watch_switch_file(const std::filesystem::path& file);

}  // namespace doorstep::os
