#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Three-way comparison of token lists, and of texts cut into paragraphs and words. Pure; thread-safe.
namespace doorstep::merge {

/// A token is a piece of the text it was cut from: the text must outlive it.
using Tokens = std::vector<std::string_view>;

/// One stretch of a three-way comparison. The concatenation of all `base` is the base, and so on.
struct Chunk {
  enum class Kind {
    Same,      ///< equal in all three
    Mine,      ///< only mine changed
    Theirs,    ///< only theirs changed
    Both,      ///< both made the same change
    Conflict,  ///< both changed it, differently
  };
  Kind kind = Kind::Same;
  Tokens base, mine, theirs;

  const Tokens& merged() const { return kind == Kind::Mine ? mine : theirs; }  ///< meaningless for a Conflict
};

/// Pairs (i, j), rising in both, with a[i] == b[j]: what `b` kept of `a`. Equal beginnings and endings are always
/// paired, then tokens that occur once on each side, then the longest common subsequence of what is left; a stretch too
/// large for that (kMatchCells) counts as rewritten. Depends on nothing but the two lists and `cells`: what may be compared in
/// all, and is counted down; null: as much as it takes.
std::vector<std::pair<std::size_t, std::size_t>> match(const Tokens& a, const Tokens& b, std::size_t* cells = nullptr);
inline constexpr std::size_t kMatchCells = 4'000'000;  ///< 2,000 by 2,000 words: 8 MB of table for one paragraph
inline constexpr std::size_t kMergeCells = 16 * kMatchCells;  ///< of one document: a fifth of a second

/// The three lists in step. Two changes that touch (no unchanged token between them) are one Conflict. `cells`: as in match().
std::vector<Chunk> diff3(const Tokens& base, const Tokens& mine, const Tokens& theirs, std::size_t* cells = nullptr);

/// Paragraphs with the line ends that follow them. Their concatenation is `text`.
Tokens paragraphs(std::string_view text);
/// Words with the spaces that follow them; runs of line ends apart. Their concatenation is `text`. Cuts at ASCII
/// spaces only, so never inside a character.
Tokens words(std::string_view text);

/// Paragraph by paragraph, and word by word inside paragraphs that both changed. Empty when two changes overlap.
/// `cells`: as in match().
std::optional<std::string> merge_text(std::string_view base, std::string_view mine, std::string_view theirs,
                                      std::size_t* cells = nullptr);

/// For showing what changed in a text: the concatenation of all but Added is `before`, of all but Removed is `after`.
struct TextSpan {
  enum class Kind { Same, Removed, Added };
  Kind kind = Kind::Same;
  std::string text;
  friend bool operator==(const TextSpan&, const TextSpan&) = default;
};
/// Neighbouring spans differ in kind; Removed comes before Added.
std::vector<TextSpan> text_changes(std::string_view before, std::string_view after);

}  // namespace doorstep::merge
