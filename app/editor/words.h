#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "app/editor/doc.h"

namespace doorstep::editor {

/// Bytes [begin, end) of one paragraph.
struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
  friend bool operator==(const Span&, const Span&) = default;
};

/// Every run of letters, digits and marks, with the apostrophes and hyphens inside it: "mum’s", "co-parent", "S47".
std::vector<Span> tokens(std::string_view paragraph);

/// Those that a dictionary of a Latin script can judge: no digit, no letter of another script, more than one letter, neither initials
/// ("CAMHS", "IROs") nor part of an address of mail or web.
std::vector<Span> dictionary_words(std::string_view paragraph);

/// What names are compared by: lower case, without accents, apostrophes straight, hyphens plain.
std::string fold(std::string_view word);

/// A sign that may begin or end what somebody said. Whether it does depends on those before it.
struct QuoteMark {
  std::size_t at = 0;      ///< byte in its paragraph
  bool single = false;
  bool opens = false;      ///< nothing else can be meant
  bool may_open = false;   ///< when nothing is open
  bool closes = false;
  friend bool operator==(const QuoteMark&, const QuoteMark&) = default;
};
std::vector<QuoteMark> quote_marks(std::string_view paragraph);

/// What stands between quotation marks, by paragraph, from the marks of each: straight and curly, double and single, over several
/// paragraphs. One that is never closed holds to the end of its paragraph. Where a sign may be either, more is quoted, not less: a
/// child's own words are not to be marked. `sizes`: bytes of each paragraph.
std::vector<std::vector<Span>> quoted(const std::vector<const std::vector<QuoteMark>*>& marks, const std::vector<std::size_t>& sizes);

}  // namespace doorstep::editor
