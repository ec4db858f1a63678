#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/editor/words.h"

namespace doorstep::editor {

/// Of a word: right (or a name, or left as it is), wrong, or nobody has been asked or has answered yet.
enum class Verdict { Unknown, Right, Wrong };
using Judge = std::function<Verdict(std::string_view word)>;

/// Which words of one Doc are marked as misspelt. Looks again only at what changed, and at paragraphs whose quotation marks now hold
/// others of their words. A plain value; pure: what a dictionary says comes in through Judge.
class Spelling {
 public:
  /// Somebody should call update(): text has changed, or the word that was being typed is finished. `typing`: the caret, while
  /// the last thing that happened to the text was a letter put in or taken out there.
  bool due(const Doc& doc, std::optional<Pos> typing) const;
  /// A word was Unknown at the last update().
  bool waiting() const;
  /// Marks what is Wrong, but for the word being typed and whatever stands in quotation marks; of those it asks nothing.
  /// `answered`: words that were Unknown may be known by now, and are asked about again. True: other words are marked than before.
  bool update(const Doc& doc, std::optional<Pos> typing, const Judge& judge, bool answered);

  /// After Doc::replace(a, b, ...) gave `end`: the marks before and after keep to their words; one that was touched goes.
  void replaced(Pos a, Pos b, Pos end);
  /// No marks, and everything is to be looked at again.
  void forget();

  const std::vector<Span>& marks(std::size_t para) const;
  /// The marked word that `at` is in, or at an edge of.
  std::optional<Span> mark_at(Pos at) const;

 private:
  struct Para {
    std::uint64_t version = 0;        ///< of the Doc's paragraph; 0: not looked at
    std::vector<Span> words;
    std::vector<QuoteMark> quote_marks;
    std::vector<Span> quoted;
    std::vector<Span> marks;
    bool waiting = false;
  };
  struct Again {
    Span now;                         ///< the bytes whose words are to be judged
    std::size_t end_before = 0;       ///< where they ended before the change
    bool quotes = false;              ///< there are, or were, quotation marks among them
  };
  /// Finds the words and quotation marks of a paragraph anew; only around `change` where that made it what it is.
  static Again look(Para& para, const std::string& text, const Doc::Change& change);
  /// Finds what stands in quotation marks; paragraphs that now have others of their words in them are to be judged `again`.
  void quote_again(const Doc& doc, std::vector<std::optional<Span>>& again);

  std::vector<Para> paras_;
  std::uint64_t doc_version_ = 0;
  std::optional<Pos> unfinished_;     ///< where the word begins that was left out as it was being typed
  std::size_t unfinished_end_ = 0;
};

}  // namespace doorstep::editor
