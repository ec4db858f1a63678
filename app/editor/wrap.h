#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "app/editor/doc.h"

namespace doorstep::editor {

/// Width of one code point, in the unit of the wrapping width. Clusters are the sum of their code points.
using Advance = std::function<float(char32_t)>;

/// One line on the screen: bytes [begin, end) of a paragraph. Trailing spaces belong to the row they end and hang over its edge.
struct Row {
  std::size_t para = 0;
  std::size_t begin = 0;
  std::size_t end = 0;
  friend bool operator==(const Row&, const Row&) = default;
};

/// Rows of one Doc at one width (a new Doc needs a new Wrap). Keeps what has not changed; breaks after spaces, hyphens and dashes and between CJK, and
/// inside a word only when the word alone is wider than the row.
class Wrap {
 public:
  /// Brings the rows up to date. `font` is any number that changes when `advance` does. `masked`: every cluster is measured
  /// as a bullet.
  void update(const Doc& doc, float width, std::uint64_t font, const Advance& advance, bool masked = false);

  std::size_t count() const { return total_; }
  Row row(std::size_t i) const;
  std::vector<Row> rows() const;

  /// The row a place is drawn in; `row_end` says which of the two when it lies where a row was broken.
  std::size_t row_of(Pos at, bool row_end) const;

 private:
  struct Para {
    std::uint64_t version = 0;
    std::vector<std::size_t> ends;  ///< of its rows; at least one
  };
  std::vector<Para> paras_;
  std::vector<std::size_t> first_;  ///< number of each paragraph's first row
  std::size_t total_ = 0;
  float width_ = -1;
  std::uint64_t font_ = 0;
  std::uint64_t doc_version_ = 0;
  bool masked_ = false;
};

/// Width of bytes [from, to) of one paragraph.
float width_of(std::string_view paragraph, std::size_t from, std::size_t to, const Advance& advance, bool masked = false);
/// The cluster edge of `row` nearest to `x`.
std::size_t byte_at_x(std::string_view paragraph, const Row& row, float x, const Advance& advance, bool masked = false);

}  // namespace doorstep::editor
