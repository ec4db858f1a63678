#pragma once
#include <filesystem>

#include "app/view/widgets/fonts.h"
#include "platform/base/error.h"

namespace doorstep::shell {

/// Reads Inter, without fallbacks. Fault::NotFound names a missing file.
base::Result<view::FontFiles> read_font_files(const std::filesystem::path& folder);
/// Whatever fallbacks are there: eight megabytes, which most tablets need for nothing.
std::vector<view::FontFiles::Fallback> read_fallbacks(const std::filesystem::path& folder);

}  // namespace doorstep::shell
