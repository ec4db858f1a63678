#pragma once
#include <filesystem>
#include <string>

#include "app/state/assets.h"
#include "platform/base/time.h"

namespace doorstep::app {

/// `doorstep --diagnose`: what IT needs to know about a tablet that does not do as it should, one fact on a line. It goes by
/// mail, so it holds no name, number, address or text of anybody's, no key, and no path, which has the worker's name in it.
/// The vault stays closed; what is in the database, the queue of what is waiting included, is not known without the passphrase.
std::string diagnose(const std::filesystem::path& tablet, const base::Result<state::Assets>& assets, const base::Clock& clock);

}  // namespace doorstep::app
