#include "sync/merge/diff3.h"

#include <algorithm>
#include <cstdint>
#include <unordered_map>

namespace doorstep::merge {
namespace {

using Pairs = std::vector<std::pair<std::size_t, std::size_t>>;

struct Range {
  std::size_t first, last;
  std::size_t size() const { return last - first; }
};

class Matcher {
 public:
  Matcher(const Tokens& a, const Tokens& b, std::size_t* cells) : a_(a), b_(b), cells_(cells) {}

  Pairs run() {
    match({0, a_.size()}, {0, b_.size()});
    return std::move(pairs_);
  }

 private:
  void match(Range a, Range b) {
    while (a.size() && b.size() && a_[a.first] == b_[b.first]) pairs_.emplace_back(a.first++, b.first++);
    std::size_t tail = 0;
    while (a.size() && b.size() && a_[a.last - 1] == b_[b.last - 1]) --a.last, --b.last, ++tail;
    if (a.size() && b.size()) {
      Pairs anchors = rising(unique_in_both(a, b));
      if (anchors.empty()) {
        longest_common(a, b);
      } else {
        for (auto [i, j] : anchors) {
          match({a.first, i}, {b.first, j});
          pairs_.emplace_back(i, j);
          a.first = i + 1;
          b.first = j + 1;
        }
        match(a, b);
      }
    }
    for (std::size_t k = 0; k < tail; ++k) pairs_.emplace_back(a.last + k, b.last + k);
  }

  Pairs unique_in_both(Range a, Range b) const {
    struct Seen {
      std::size_t in_a = 0, in_b = 0, at_b = 0;
    };
    std::unordered_map<std::string_view, Seen> seen;
    for (std::size_t i = a.first; i < a.last; ++i) ++seen[a_[i]].in_a;
    for (std::size_t j = b.first; j < b.last; ++j) {
      Seen& s = seen[b_[j]];
      ++s.in_b;
      s.at_b = j;
    }
    Pairs out;
    for (std::size_t i = a.first; i < a.last; ++i) {
      const Seen& s = seen[a_[i]];
      if (s.in_a == 1 && s.in_b == 1) out.emplace_back(i, s.at_b);
    }
    return out;
  }

  /// The longest subsequence rising in the second number too (patience sorting).
  static Pairs rising(const Pairs& pairs) {
    std::vector<std::size_t> tops;  // tops[n]: the pair that ends the best subsequence of length n + 1
    std::vector<std::size_t> before(pairs.size(), SIZE_MAX);
    for (std::size_t k = 0; k < pairs.size(); ++k) {
      auto pile = std::lower_bound(tops.begin(), tops.end(), pairs[k].second,
                                   [&](std::size_t top, std::size_t j) { return pairs[top].second < j; });
      if (pile != tops.begin()) before[k] = *(pile - 1);
      if (pile == tops.end()) tops.push_back(k);
      else *pile = k;
    }
    Pairs out;
    for (std::size_t k = tops.empty() ? SIZE_MAX : tops.back(); k != SIZE_MAX; k = before[k]) out.push_back(pairs[k]);
    std::reverse(out.begin(), out.end());
    return out;
  }

  void longest_common(Range a, Range b) {
    if (a.size() > kMatchCells / b.size()) return;
    if (cells_) {
      if (a.size() * b.size() > *cells_) return;
      *cells_ -= a.size() * b.size();
    }
    const std::size_t width = b.size() + 1;
    std::vector<std::uint16_t> length((a.size() + 1) * width, 0);  // kMatchCells keeps the shorter side below 65,536
    for (std::size_t i = a.size(); i-- > 0;)
      for (std::size_t j = b.size(); j-- > 0;)
        length[i * width + j] =
            a_[a.first + i] == b_[b.first + j]
                ? static_cast<std::uint16_t>(length[(i + 1) * width + j + 1] + 1)
                : std::max(length[(i + 1) * width + j], length[i * width + j + 1]);
    for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
      if (a_[a.first + i] == b_[b.first + j]) pairs_.emplace_back(a.first + i++, b.first + j++);
      else if (length[(i + 1) * width + j] >= length[i * width + j + 1]) ++i;
      else ++j;
    }
  }

  const Tokens& a_;
  const Tokens& b_;
  std::size_t* cells_;
  Pairs pairs_;
};

Tokens slice(const Tokens& from, std::size_t first, std::size_t last) {
  return Tokens(from.begin() + static_cast<std::ptrdiff_t>(first), from.begin() + static_cast<std::ptrdiff_t>(last));
}

Chunk::Kind kind_of(const Tokens& base, const Tokens& mine, const Tokens& theirs) {
  if (mine == theirs) return mine == base ? Chunk::Kind::Same : Chunk::Kind::Both;
  if (mine == base) return Chunk::Kind::Theirs;
  if (theirs == base) return Chunk::Kind::Mine;
  return Chunk::Kind::Conflict;
}

std::string join(const Tokens& tokens) {
  std::string out;
  for (std::string_view token : tokens) out += token;
  return out;
}

bool line_end(char c) { return c == '\n' || c == '\r'; }
bool blank(char c) { return c == ' ' || c == '\t'; }

}  // namespace

Pairs match(const Tokens& a, const Tokens& b, std::size_t* cells) { return Matcher(a, b, cells).run(); }

std::vector<Chunk> diff3(const Tokens& base, const Tokens& mine, const Tokens& theirs, std::size_t* cells) {
  constexpr std::size_t kNone = SIZE_MAX;
  std::vector<std::size_t> in_mine(base.size(), kNone), in_theirs(base.size(), kNone);
  for (auto [i, j] : match(base, mine, cells)) in_mine[i] = j;
  for (auto [i, j] : match(base, theirs, cells)) in_theirs[i] = j;

  std::vector<Chunk> out;
  std::size_t b = 0, m = 0, t = 0;
  auto upto = [&](std::size_t b2, std::size_t m2, std::size_t t2) {
    if (b == b2 && m == m2 && t == t2) return;
    Chunk chunk{{}, slice(base, b, b2), slice(mine, m, m2), slice(theirs, t, t2)};
    chunk.kind = kind_of(chunk.base, chunk.mine, chunk.theirs);
    out.push_back(std::move(chunk));
    b = b2, m = m2, t = t2;
  };
  for (std::size_t i = 0; i < base.size();) {
    if (in_mine[i] == kNone || in_theirs[i] == kNone) {
      ++i;
      continue;
    }
    upto(i, in_mine[i], in_theirs[i]);
    std::size_t n = 1;
    while (i + n < base.size() && in_mine[i + n] == m + n && in_theirs[i + n] == t + n) ++n;
    upto(i + n, m + n, t + n);
    i += n;
  }
  upto(base.size(), mine.size(), theirs.size());
  return out;
}

Tokens paragraphs(std::string_view text) {
  Tokens out;
  for (std::size_t from = 0; from < text.size();) {
    std::size_t to = from;
    while (to < text.size() && !line_end(text[to])) ++to;
    while (to < text.size() && line_end(text[to])) ++to;
    out.push_back(text.substr(from, to - from));
    from = to;
  }
  return out;
}

Tokens words(std::string_view text) {
  Tokens out;
  for (std::size_t from = 0; from < text.size();) {
    std::size_t to = from;
    if (line_end(text[to])) {
      while (to < text.size() && line_end(text[to])) ++to;
    } else {
      while (to < text.size() && !blank(text[to]) && !line_end(text[to])) ++to;
      while (to < text.size() && blank(text[to])) ++to;
    }
    out.push_back(text.substr(from, to - from));
    from = to;
  }
  return out;
}

std::optional<std::string> merge_text(std::string_view base, std::string_view mine, std::string_view theirs, std::size_t* cells) {
  std::string out;
  for (const Chunk& chunk : diff3(paragraphs(base), paragraphs(mine), paragraphs(theirs), cells)) {
    if (chunk.kind != Chunk::Kind::Conflict) {
      out += join(chunk.merged());
      continue;
    }
    const std::string b = join(chunk.base), m = join(chunk.mine), t = join(chunk.theirs);
    for (const Chunk& inner : diff3(words(b), words(m), words(t), cells)) {
      if (inner.kind == Chunk::Kind::Conflict) return std::nullopt;
      out += join(inner.merged());
    }
  }
  return out;
}

std::vector<TextSpan> text_changes(std::string_view before, std::string_view after) {
  std::vector<TextSpan> out;
  std::size_t cells = kMergeCells;
  auto add = [&](TextSpan::Kind kind, std::string_view text) {
    if (text.empty()) return;
    if (out.empty() || out.back().kind != kind) out.push_back({kind, {}});
    out.back().text += text;
  };
  auto compare = [&](const Tokens& a, const Tokens& b, auto&& changed) {
    std::size_t i = 0, j = 0;
    for (auto [i2, j2] : match(a, b, &cells)) {
      changed(slice(a, i, i2), slice(b, j, j2));
      add(TextSpan::Kind::Same, a[i2]);
      i = i2 + 1, j = j2 + 1;
    }
    changed(slice(a, i, a.size()), slice(b, j, b.size()));
  };
  compare(paragraphs(before), paragraphs(after), [&](const Tokens& gone, const Tokens& come) {
    const std::string a = join(gone), b = join(come);
    compare(words(a), words(b), [&](const Tokens& removed, const Tokens& added) {
      add(TextSpan::Kind::Removed, join(removed));
      add(TextSpan::Kind::Added, join(added));
    });
  });
  return out;
}

}  // namespace doorstep::merge
