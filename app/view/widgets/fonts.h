#pragma once
#include <array>
#include <set>
#include <string>
#include <vector>

#include "app/view/widgets/tokens.h"

struct ImFont;
struct ImFontAtlas;

namespace doorstep::view {

/// Font files as bytes; whoever may read files fills it (app/shell does). Kept alive as long as any atlas built from it.
struct FontFiles {
  std::string regular, semibold, display;  ///< Inter
  struct Fallback {
    std::string bytes;
    float size = 1;                        ///< beside Inter of size 1
  };
  std::vector<Fallback> fallback;          ///< asked in order for what Inter lacks: only glyphs that were seen are built
};

/// File names beside each other in one folder, and what a fallback's letters are scaled by to sit well beside Inter's.
inline constexpr const char* kRegularFile = "Inter-Regular.otf";
inline constexpr const char* kSemiboldFile = "Inter-SemiBold.otf";
inline constexpr const char* kDisplayFile = "InterDisplay-SemiBold.otf";
struct FallbackFile {
  const char* name;
  float size;
};
inline constexpr std::array<FallbackFile, 4> kFallbackFiles{
    {{"NotoNaskhArabicUI-Regular.ttf", 1.3f}, {"DroidSansFallbackFull.ttf", 1}, {"DejaVuSans.ttf", 1}, {"Symbola_hint.ttf", 1}}};

/// The faces of one scale. Pointers belong to the atlas.
struct Fonts {
  std::array<ImFont*, kTypes> face{};
  float scale = 1;
  std::uint64_t generation = 0;  ///< differs after every build; what caches of widths compare
  ImFont* operator[](Type type) const { return face[static_cast<std::size_t>(type)]; }
};

/// Empties `atlas` and builds all faces at `scale` (1..2): English letters and punctuation, the blocks of Inter that one of `seen`
/// is of, and those of `seen` that a fallback has; while nothing was seen, no fallback is needed. `files` must outlive the atlas.
/// Whatever nobody has is drawn as a box. Not inside a frame.
Fonts build_fonts(ImFontAtlas& atlas, const FontFiles& files, float scale, const std::set<char32_t>& seen, std::uint64_t generation);

}  // namespace doorstep::view
