#pragma once
#include "app/view/widgets/draw.h"

namespace doorstep::view {

/// Rows of the field that is typed into, as the last frame drew them: a letter changes one or two of a screenful. They are known by
/// the hash of their words. UI thread only.
class DrawnRows {
 public:
  void next_frame();  ///< what the last frame did not draw is forgotten
  /// AddText(), or what came of it in the last frame, where the same words were drawn at the same place.
  void draw(const Ui& ui, ImFont& font, ImVec2 at, Color color, std::string_view words);

 private:
  struct Key {
    std::size_t hash = 0, bytes = 0;
    const ImFont* font = nullptr;
    std::uint64_t fonts = 0;
    ImVec2 at;
    ImVec4 clip;
    Color color{};
    bool operator==(const Key& other) const;
  };
  struct Glyph {  ///< a rectangle; less than half of what its vertices take
    ImVec2 from, to, uv_from, uv_to;
  };
  struct Row {
    Key key;
    std::vector<Glyph> glyphs;
  };
  static void put(ImDrawList& list, const Row& row);
  std::vector<Row> rows_;
  std::size_t next_ = 0;
};

}  // namespace doorstep::view
