#include "app/shell/font_files.h"

#include "platform/base/file.h"
#include "platform/base/limits.h"

namespace doorstep::shell {

base::Result<view::FontFiles> read_font_files(const std::filesystem::path& folder) {
  view::FontFiles out;
  DOORSTEP_TRY_ASSIGN(out.regular, base::read_file(folder / "Inter-Regular.otf", limits::kFontBytes));
  DOORSTEP_TRY_ASSIGN(out.semibold, base::read_file(folder / "Inter-SemiBold.otf", limits::kFontBytes));
  DOORSTEP_TRY_ASSIGN(out.display, base::read_file(folder / "InterDisplay-SemiBold.otf", limits::kFontBytes));
  for (const char* name : {"DejaVuSans.ttf", "DroidSansFallbackFull.ttf"}) {
    auto bytes = base::read_file(folder / name, limits::kFontBytes);
    if (bytes.has_value()) out.fallback.push_back(std::move(*bytes));
  }
  return out;
}

}  // namespace doorstep::shell
