#include "app/view/widgets/drawn_rows.h"

namespace doorstep::view {

bool DrawnRows::Key::operator==(const Key& other) const {
  return hash == other.hash && bytes == other.bytes && font == other.font && fonts == other.fonts && at.x == other.at.x &&
         at.y == other.at.y && clip.x == other.clip.x && clip.y == other.clip.y && clip.z == other.clip.z && clip.w == other.clip.w &&
         color == other.color;
}

void DrawnRows::next_frame() {
  rows_.resize(next_);
  next_ = 0;
}

void DrawnRows::draw(const Ui& ui, ImFont& font, ImVec2 at, Color color, std::string_view words) {
  ImDrawList& list = draw::list();
  const Key key{std::hash<std::string_view>()(words), words.size(), &font, ui.fonts.generation, at, list._CmdHeader.ClipRect, color};
  if (next_ == rows_.size()) rows_.emplace_back();
  Row& row = rows_[next_++];
  if (row.key == key) return put(list, row);
  const int first = list.VtxBuffer.Size;
  list.AddText(&font, font.FontSize, at, color, words.data(), words.data() + words.size());
  row.key = key;
  row.glyphs.clear();
  for (const ImDrawVert* v = list.VtxBuffer.Data + first; v != list.VtxBuffer.end(); v += 4)  // from the left top clockwise
    row.glyphs.push_back({v[0].pos, v[2].pos, v[0].uv, v[2].uv});
}

void DrawnRows::put(ImDrawList& list, const Row& row) {
  const auto count = static_cast<int>(row.glyphs.size());
  list.PrimReserve(count * 6, count * 4);
  ImDrawVert* v = list._VtxWritePtr;
  ImDrawIdx* i = list._IdxWritePtr;
  unsigned n = list._VtxCurrentIdx;
  const Color color = row.key.color;
  for (const Glyph& g : row.glyphs) {
    v[0] = {g.from, g.uv_from, color};
    v[1] = {{g.to.x, g.from.y}, {g.uv_to.x, g.uv_from.y}, color};
    v[2] = {g.to, g.uv_to, color};
    v[3] = {{g.from.x, g.to.y}, {g.uv_from.x, g.uv_to.y}, color};
    i[0] = n, i[1] = n + 1, i[2] = n + 2, i[3] = n, i[4] = n + 2, i[5] = n + 3;
    v += 4, i += 6, n += 4;
  }
  list._VtxWritePtr = v;
  list._IdxWritePtr = i;
  list._VtxCurrentIdx = n;
}

}  // namespace doorstep::view
