#include "tests/support/contrast.h"

#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>

namespace doorstep::test {
namespace {

struct Triangle {
  ImVec2 a, b, c;
  ImVec4 clip;
  view::Color color;
};

float side(ImVec2 a, ImVec2 b, ImVec2 p) { return (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x); }

bool is_within(const ImVec4& clip, ImVec2 p) { return p.x >= clip.x && p.x < clip.z && p.y >= clip.y && p.y < clip.w; }

bool covers(const Triangle& t, ImVec2 p) {
  if (p.y < std::min({t.a.y, t.b.y, t.c.y}) || p.y > std::max({t.a.y, t.b.y, t.c.y}) || !is_within(t.clip, p)) return false;
  const float ab = side(t.a, t.b, p), bc = side(t.b, t.c, p), ca = side(t.c, t.a, p);
  return (ab >= 0 && bc >= 0 && ca >= 0) || (ab <= 0 && bc <= 0 && ca <= 0);
}

view::Color blend(view::Color over, view::Color under) {
  const unsigned alpha = over >> IM_COL32_A_SHIFT;
  view::Color out = IM_COL32_A_MASK;
  for (const int shift : {IM_COL32_R_SHIFT, IM_COL32_G_SHIFT, IM_COL32_B_SHIFT})
    out |= (((over >> shift & 0xFF) * alpha + (under >> shift & 0xFF) * (255 - alpha)) / 255) << shift;
  return out;
}

view::Color ground(const std::vector<Triangle>& fills, ImVec2 at, view::Color canvas) {
  std::vector<view::Color> over;
  for (auto fill = fills.rbegin(); fill != fills.rend(); ++fill) {
    if (!covers(*fill, at)) continue;
    over.push_back(fill->color);
    if (fill->color >> IM_COL32_A_SHIFT == 255) break;
  }
  view::Color out = canvas;
  for (auto color = over.rbegin(); color != over.rend(); ++color) out = blend(*color, out);
  return out;
}

/// Letters are pieces of the font's picture; what is filled takes one point of it, and an edge one row.
bool is_letter(const ImDrawVert& a, const ImDrawVert& b, const ImDrawVert& c) { return side(a.uv, b.uv, c.uv) != 0; }

}  // namespace

std::vector<std::string> faint_words(view::Color canvas) {
  constexpr float kWord = 48;  // pixels
  std::vector<std::string> out;
  std::vector<Triangle> fills;
  std::optional<ImDrawVert> last;  // letter that was looked at
  for (const ImDrawList* list : ImGui::GetDrawData()->CmdLists)
    for (const ImDrawCmd& cmd : list->CmdBuffer)
      for (unsigned i = 0; i + 2 < cmd.ElemCount; i += 3) {
        const auto vertex = [&](unsigned n) -> const ImDrawVert& {
          return list->VtxBuffer[static_cast<int>(cmd.VtxOffset + list->IdxBuffer[static_cast<int>(cmd.IdxOffset + i + n)])];
        };
        const ImDrawVert &a = vertex(0), &b = vertex(1), &c = vertex(2);
        if (!is_letter(a, b, c)) {
          const bool is_plain = a.col == b.col && b.col == c.col;  // else the faded edge of something
          if (is_plain && a.col >> IM_COL32_A_SHIFT != 0) fills.push_back({a.pos, b.pos, c.pos, cmd.ClipRect, a.col});
          continue;
        }
        const ImVec2 middle{(a.pos.x + c.pos.x) / 2, (a.pos.y + c.pos.y) / 2};
        if (!is_within(cmd.ClipRect, middle)) continue;
        if (last && last->col == a.col && std::abs(last->pos.y - middle.y) < kWord / 4 && std::abs(last->pos.x - middle.x) < kWord) continue;
        last = ImDrawVert{middle, {}, a.col};
        const view::Color behind = ground(fills, middle, canvas), ink = blend(a.col, behind);
        const double ratio = view::contrast(ink, behind);
        if (ratio >= kLeastContrast) continue;
        char line[100];
        std::snprintf(line, sizeof line, "%.2f: %08X on %08X at %.0f, %.0f", ratio, ink, behind, static_cast<double>(middle.x),
                      static_cast<double>(middle.y));
        out.emplace_back(line);
      }
  return out;
}

}  // namespace doorstep::test
