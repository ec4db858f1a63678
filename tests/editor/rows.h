#pragma once
#include <string_view>

#include "app/editor/wrap.h"

namespace doorstep::editor {

/// Every code point is ten wide, but for marks and what is never drawn.
inline const Advance& mono() {
  static const Advance advance = [](char32_t c) { return joins_previous(c) || is_invisible(c) ? 0.0f : 10.0f; };
  return advance;
}

/// As letters are: each of its own width, no sum of which is exact.
inline const Advance& uneven() {
  static const Advance advance = [](char32_t c) {
    return joins_previous(c) || is_invisible(c) ? 0.0f : 6.1f + static_cast<float>(c % 7) * 1.3f;
  };
  return advance;
}

/// Every byte of `text` but the newlines lies in exactly one row of `doc`, in order, and no row begins within a letter.
inline bool rows_cover(std::string_view text, const Doc& doc, const Wrap& wrap) {
  std::size_t at = 0, para = 0, byte = 0;
  for (std::size_t i = 0; i < wrap.count(); ++i) {
    const Row row = wrap.row(i);
    if (row.para != para) {
      if (row.para != para + 1 || byte != doc.paragraph(para).size() || at >= text.size() || text[at++] != '\n') return false;
      para = row.para;
      byte = 0;
    }
    const std::string_view paragraph = doc.paragraph(para);
    if (row.begin != byte || row.end < row.begin || row.end > paragraph.size()) return false;
    if (row.end == row.begin && !paragraph.empty()) return false;
    for (std::size_t edge = row.begin; edge != row.end; edge = next_cluster(paragraph, edge))
      if (edge > row.end) return false;
    if (text.substr(at, row.end - row.begin) != paragraph.substr(row.begin, row.end - row.begin)) return false;
    at += row.end - row.begin;
    byte = row.end;
  }
  return para + 1 == doc.paragraphs() && byte == doc.paragraph(para).size() && at == text.size();
}

}  // namespace doorstep::editor
