#include "app/view/widgets/fonts.h"

#include <imgui.h>
#include <imgui_internal.h>

#include <algorithm>
#include <cmath>

#include "app/editor/doc.h"

namespace doorstep::view {

namespace {

constexpr ImWchar kBox = 0x25A1;
constexpr ImWchar kReplacement = 0xFFFD;

struct Block {
  ImWchar from, to;
};
// What Inter has. The letters of English and its punctuation are always there; the rest are most of its letters, and come with the
// first of their block that is asked for.
constexpr Block kAlways[] = {{0x0020, 0x007E}, {0x2010, 0x2027}, {kBox, kBox}, {kReplacement, kReplacement}};
constexpr Block kOnDemand[] = {{0x00A0, 0x00FF}, {0x0100, 0x017F}, {0x0180, 0x024F}, {0x0259, 0x0259}, {0x02B0, 0x02DF}, {0x0300, 0x036F},
                               {0x0370, 0x03FF}, {0x0400, 0x052F}, {0x1E00, 0x1EFF}, {0x2030, 0x205E}, {0x2070, 0x209C}, {0x20A0, 0x20BF},
                               {0x2116, 0x2122}, {0x2190, 0x2199}, {0x2212, 0x2212}, {0x2248, 0x2265}};

std::vector<ImWchar> main_ranges(const std::set<char32_t>& seen) {
  std::vector<ImWchar> out;
  for (const Block& block : kAlways) out.insert(out.end(), {block.from, block.to});
  for (const Block& block : kOnDemand)
    if (const auto first = seen.lower_bound(block.from); first != seen.end() && *first <= block.to)
      out.insert(out.end(), {block.from, block.to});
  out.push_back(0);
  return out;
}

const std::string& file_for(const FontFiles& files, Type type) {
  switch (type) {
    case Type::SmallBold: case Type::BodyBold: case Type::H3: return files.semibold;
    case Type::H1: return files.display;
    case Type::Small: case Type::Body: case Type::Note: break;
  }
  return files.regular;
}

ImFontConfig config(const std::string& bytes) {
  ImFontConfig c;
  c.FontData = const_cast<char*>(bytes.data());  // only read
  c.FontDataSize = static_cast<int>(bytes.size());
  c.OversampleH = 2;
  c.OversampleV = 1;
  return c;
}

}  // namespace

Fonts build_fonts(ImFontAtlas& atlas, const FontFiles& files, float scale, const std::set<char32_t>& seen, std::uint64_t generation) {
  Fonts out;
  out.scale = scale;
  out.generation = generation;
  atlas.Clear();
  atlas.Flags |= ImFontAtlasFlags_NoPowerOfTwoHeight | ImFontAtlasFlags_NoMouseCursors;
  atlas.TexDesiredWidth = scale > 1.4f ? 4096 : 2048;

  std::vector<ImWchar> extra{kBox, kBox, kReplacement, kReplacement};
  for (const char32_t c : seen)
    if (!editor::is_invisible(c)) extra.insert(extra.end(), {static_cast<ImWchar>(c), static_cast<ImWchar>(c)});
  extra.push_back(0);
  const std::vector<ImWchar> ranges = main_ranges(seen);

  for (int i = 0; i < kTypes; ++i) {
    const auto type = static_cast<Type>(i);
    const float px = std::round(type_px(type) * scale);
    const std::string& main = file_for(files, type);
    ImFontConfig face = config(main);
    face.SizePixels = px;
    face.GlyphRanges = ranges.data();
    out.face[static_cast<std::size_t>(i)] = atlas.AddFont(&face);
    if (seen.empty()) continue;
    for (const FontFiles::Fallback& fallback : files.fallback) {
      ImFontConfig merged = config(fallback.bytes);
      merged.SizePixels = std::round(px * fallback.size);
      merged.MergeMode = true;
      merged.GlyphRanges = extra.data();
      atlas.AddFont(&merged);
    }
  }
  atlas.Build();
  // Said only now, for AddFont() copies what the atlas does not own: eight megabytes for each face.
  for (ImFontConfig& face : atlas.ConfigData) face.FontDataOwnedByAtlas = false;

  for (ImFont* font : out.face) {
    for (ImWchar c : {0x00ADu, 0x200Bu, 0x200Cu, 0x200Du, 0x200Eu, 0x200Fu, 0x202Au, 0x202Bu, 0x202Cu, 0x202Du, 0x202Eu, 0x2060u, 0x2066u, 0x2067u,
                      0x2068u, 0x2069u, 0xFE0Eu, 0xFE0Fu, 0xFEFFu})
      if (!font->FindGlyphNoFallback(c)) font->AddGlyph(nullptr, c, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    font->FallbackChar = font->FindGlyphNoFallback(kBox) ? kBox : kReplacement;  // what nobody has is seen as a box
    font->BuildLookupTable();
  }
  return out;
}

}  // namespace doorstep::view
