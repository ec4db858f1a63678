#pragma once
#include <filesystem>

#include "app/view/widgets/fonts.h"
#include "platform/base/error.h"

namespace doorstep::shell {

/// Reads Inter and whatever fallbacks are there. Fault::NotFound names a missing file of Inter.
base::Result<view::FontFiles> read_font_files(const std::filesystem::path& folder);

}  // namespace doorstep::shell
