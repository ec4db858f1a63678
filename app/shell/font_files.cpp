#include "app/shell/font_files.h"

#include "platform/base/file.h"
#include "platform/base/limits.h"

namespace doorstep::shell {

base::Result<view::FontFiles> read_font_files(const std::filesystem::path& folder) {
  view::FontFiles out;
  DOORSTEP_TRY_ASSIGN(out.regular, base::read_file(folder / view::kRegularFile, limits::kFontBytes));
  DOORSTEP_TRY_ASSIGN(out.semibold, base::read_file(folder / view::kSemiboldFile, limits::kFontBytes));
  DOORSTEP_TRY_ASSIGN(out.display, base::read_file(folder / view::kDisplayFile, limits::kFontBytes));
  return out;
}

std::vector<view::FontFiles::Fallback> read_fallbacks(const std::filesystem::path& folder) {
  std::vector<view::FontFiles::Fallback> out;
  for (const view::FallbackFile& file : view::kFallbackFiles) {
    auto bytes = base::read_file(folder / file.name, limits::kFontBytes);
    if (bytes.has_value()) out.push_back({std::move(*bytes), file.size});
  }
  return out;
}

}  // namespace doorstep::shell
