#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "app/editor/doc.h"

namespace doorstep::editor {

class Paragraph;

/// Width of one code point, in the unit of the wrapping width. Clusters are the sum of their code points that are drawn.
using Advance = std::function<float(char32_t)>;

/// One line on the screen: bytes [begin, end) of a paragraph. Trailing spaces belong to the row they end and hang over its edge.
struct Row {
  std::size_t para = 0;
  std::size_t begin = 0;
  std::size_t end = 0;
  friend bool operator==(const Row&, const Row&) = default;
};

/// Which of the letters beside a place the caret stands at: where a row was broken, or the direction changes, they are apart.
enum class Side { Either, Before, After };

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

  /// How a paragraph is drawn that holds right-to-left script; null: as it is written. Valid until the next update().
  const Paragraph* bidi(std::size_t para) const { return paras_[para].bidi.get(); }
  float width() const { return width_; }
  bool masked() const { return masked_; }

 private:
  struct Para {
    std::uint64_t version = 0;
    std::vector<std::size_t> ends;  ///< of its rows; at least one
    std::shared_ptr<const Paragraph> bidi;
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
