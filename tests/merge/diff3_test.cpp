#include "sync/merge/diff3.h"

#include <catch2/catch_test_macros.hpp>
#include <random>
#include <set>

using namespace doorstep::merge;

namespace {

struct Outcome {
  Tokens merged, mine_side, theirs_side;  // the merge; what conflicts hold
  bool clean = true;
};

Outcome outcome(const Tokens& base, const Tokens& mine, const Tokens& theirs) {
  Outcome out;
  for (const Chunk& chunk : diff3(base, mine, theirs)) {
    if (chunk.kind == Chunk::Kind::Conflict) {
      out.clean = false;
      out.mine_side.insert(out.mine_side.end(), chunk.mine.begin(), chunk.mine.end());
      out.theirs_side.insert(out.theirs_side.end(), chunk.theirs.begin(), chunk.theirs.end());
    } else {
      out.merged.insert(out.merged.end(), chunk.merged().begin(), chunk.merged().end());
    }
  }
  return out;
}

std::vector<Tokens> all_lists(const Tokens& letters, std::size_t longest) {
  std::vector<Tokens> out{{}};
  for (std::size_t from = 0, n = 0; n < longest; ++n) {
    const std::size_t to = out.size();
    for (; from < to; ++from)
      for (auto letter : letters) {
        out.push_back(out[from]);
        out.back().push_back(letter);
      }
  }
  return out;
}

std::string text(const Tokens& tokens) {
  std::string out;
  for (auto t : tokens) (out += t) += ' ';
  return out;
}

Chunk::Kind mirrored(Chunk::Kind kind) {
  if (kind == Chunk::Kind::Mine) return Chunk::Kind::Theirs;
  if (kind == Chunk::Kind::Theirs) return Chunk::Kind::Mine;
  return kind;
}

/// Empty when every property holds, else which one does not.
std::string broken_property(const Tokens& base, const Tokens& mine, const Tokens& theirs) {
  const auto chunks = diff3(base, mine, theirs);
  Tokens b, m, t;
  for (const Chunk& c : chunks) {
    b.insert(b.end(), c.base.begin(), c.base.end());
    m.insert(m.end(), c.mine.begin(), c.mine.end());
    t.insert(t.end(), c.theirs.begin(), c.theirs.end());
  }
  if (b != base || m != mine || t != theirs) return "chunks do not add up to the three lists";

  const auto swapped = diff3(base, theirs, mine);
  if (swapped.size() != chunks.size()) return "symmetry";
  for (std::size_t i = 0; i < chunks.size(); ++i)
    if (swapped[i].kind != mirrored(chunks[i].kind) || swapped[i].mine != chunks[i].theirs || swapped[i].theirs != chunks[i].mine ||
        swapped[i].base != chunks[i].base)
      return "symmetry";

  const Outcome all = outcome(base, mine, theirs);
  if (base == theirs && (!all.clean || all.merged != mine)) return "merge(b,x,b)=x";
  if (base == mine && (!all.clean || all.merged != theirs)) return "merge(b,b,x)=x";
  if (mine == theirs && (!all.clean || all.merged != mine)) return "merge(b,x,x)=x";

  const std::multiset<std::string_view> in_base(base.begin(), base.end()), in_merged(all.merged.begin(), all.merged.end());
  auto covered = [&](const Tokens& side, const Tokens& kept) {
    for (auto token : side)
      if (!in_base.count(token) && !in_merged.count(token) && std::find(kept.begin(), kept.end(), token) == kept.end()) return false;
    return true;
  };
  if (!covered(mine, all.mine_side) || !covered(theirs, all.theirs_side)) return "an inserted token is lost";
  for (auto token : all.merged)  // a token that nobody wrote twice is not there twice
    if (in_merged.count(token) > in_base.count(token) + static_cast<std::size_t>(std::count(mine.begin(), mine.end(), token)) +
                                     static_cast<std::size_t>(std::count(theirs.begin(), theirs.end(), token)))
      return "a token came out of nowhere";
  return {};
}

void check_all(const std::vector<Tokens>& lists) {
  std::size_t triples = 0;
  for (const auto& base : lists)
    for (const auto& mine : lists)
      for (const auto& theirs : lists) {
        ++triples;
        if (auto broken = broken_property(base, mine, theirs); !broken.empty())
          FAIL(broken << ": base [" << text(base) << "] mine [" << text(mine) << "] theirs [" << text(theirs) << "]");
      }
  INFO(triples << " triples");
  CHECK(triples == lists.size() * lists.size() * lists.size());
}

const Tokens kLetters{"a", "b", "c", "d", "e", "f"};

}  // namespace

TEST_CASE("diff3: every triple of up to 3 tokens over 3 letters keeps the merge properties", "[merge]") {
  check_all(all_lists({"a", "b", "c"}, 3));
}

TEST_CASE("diff3: every triple of up to 4 tokens over 2 letters keeps the merge properties", "[merge]") {
  check_all(all_lists({"a", "b"}, 4));
}

TEST_CASE("diff3: random longer triples keep the merge properties", "[merge]") {
  constexpr unsigned kSeed = 20261122;
  INFO("seed " << kSeed);
  std::mt19937 random(kSeed);
  auto number = [&](std::size_t below) { return static_cast<std::size_t>(random() % below); };
  for (int round = 0; round < 3000; ++round) {
    Tokens base;
    for (std::size_t n = number(30); n-- > 0;) base.push_back(kLetters[number(kLetters.size())]);
    auto edited = [&] {
      Tokens out = base;
      for (std::size_t n = number(5); n-- > 0;) {
        const auto at = out.begin() + static_cast<std::ptrdiff_t>(number(out.size() + 1));
        if (at != out.end() && number(2)) out.erase(at);
        else out.insert(at, kLetters[number(kLetters.size())]);
      }
      return out;
    };
    const Tokens mine = edited(), theirs = edited();
    if (auto broken = broken_property(base, mine, theirs); !broken.empty())
      FAIL("round " << round << ", " << broken << ": base [" << text(base) << "] mine [" << text(mine) << "] theirs ["
                    << text(theirs) << "]");
  }
}

TEST_CASE("diff3: tokens that nobody else wrote are in the merge or in a conflict exactly once", "[merge]") {
  constexpr unsigned kSeed = 411;
  INFO("seed " << kSeed);
  std::mt19937 random(kSeed);
  auto number = [&](std::size_t below) { return static_cast<std::size_t>(random() % below); };
  for (int round = 0; round < 2000; ++round) {
    Tokens base;
    for (std::size_t n = number(25); n-- > 0;) base.push_back(kLetters[number(3)]);
    std::vector<std::string> own;
    own.reserve(16);
    auto edited = [&](const char* who) {
      Tokens out = base;
      for (std::size_t n = number(5); n-- > 0;) {
        own.push_back(who + std::to_string(own.size()));
        out.insert(out.begin() + static_cast<std::ptrdiff_t>(number(out.size() + 1)), own.back());
        if (!out.empty() && number(3) == 0) {
          auto at = out.begin() + static_cast<std::ptrdiff_t>(number(out.size()));
          if (kLetters[0] == *at || kLetters[1] == *at || kLetters[2] == *at) out.erase(at);
        }
      }
      return out;
    };
    const Tokens mine = edited("mine"), theirs = edited("theirs");
    const Outcome all = outcome(base, mine, theirs);
    for (const auto& token : own) {
      const auto times = std::count(all.merged.begin(), all.merged.end(), token) +
                         std::count(all.mine_side.begin(), all.mine_side.end(), token) +
                         std::count(all.theirs_side.begin(), all.theirs_side.end(), token);
      if (times != 1) FAIL("round " << round << ": " << token << " is there " << times << " times");
    }
  }
}

TEST_CASE("diff3: edits on different sides of an unchanged unique token never conflict", "[merge]") {
  const auto parts = all_lists({"a", "b"}, 3);
  for (const auto& before : parts)
    for (const auto& after : parts)
      for (const auto& before2 : parts)
        for (const auto& after2 : parts) {
          auto around = [](const Tokens& x, const Tokens& y) {
            Tokens out = x;
            out.push_back("unique");
            out.insert(out.end(), y.begin(), y.end());
            return out;
          };
          const Outcome all = outcome(around(before, after), around(before2, after), around(before, after2));
          if (!all.clean || all.merged != around(before2, after2))
            FAIL("[" << text(before) << "| " << text(after) << "] to [" << text(before2) << "| " << text(after2) << "]");
        }
}

TEST_CASE("diff3: a stretch too large to compare counts as rewritten and loses nothing", "[merge]") {
  Tokens base(3000, "a"), mine(3000, "b");
  for (std::size_t i = 0; i < base.size(); i += 2) base[i] = "c", mine[i] = "c";
  base[0] = "x", mine[0] = "y", base.back() = "x", mine.back() = "y";
  CHECK(match(base, mine).empty());
  CHECK(outcome(base, mine, base).merged == mine);
}

TEST_CASE("text: cutting and joining changes no byte", "[merge]") {
  for (std::string_view sample : {"", "\n", "one", "one two\r\n\r\nthree \n", "  led by spaces", "\n\nled by lines",
                                  "\xd8\xb9\xd8\xa7 \xd8\xa6\n\xf0\x9f\x8f\xa0\xe2\x80\x8d x"}) {
    std::string a, b;
    for (auto t : paragraphs(sample)) a += t;
    for (auto t : words(sample)) b += t;
    CHECK(a == sample);
    CHECK(b == sample);
  }
}

TEST_CASE("text: different paragraphs, and different words of one, come together", "[merge]") {
  const std::string base = "Mum opened the door.\n\nThe kitchen was clean.\n\nAyaan was shy.";
  CHECK(merge_text(base, "Mum opened the door at once.\n\nThe kitchen was clean.\n\nAyaan was shy.",
                   "Mum opened the door.\n\nThe kitchen was clean.\n\nAyaan was shy but smiled.") ==
        "Mum opened the door at once.\n\nThe kitchen was clean.\n\nAyaan was shy but smiled.");
  CHECK(merge_text("He was calm and rested today.", "He was very calm and rested today.", "He was calm and rested all day.") ==
        "He was very calm and rested all day.");
  CHECK(merge_text(base, "New first.\n\n" + base, base + "\n\nNew last.") == "New first.\n\n" + base + "\n\nNew last.");
}

TEST_CASE("text: the same words changed twice, or added twice at one place, are not woven", "[merge]") {
  CHECK_FALSE(merge_text("He was calm.", "He was angry.", "He was tired.").has_value());
  CHECK_FALSE(merge_text("Seen.", "Seen.\n\nFrom the car.", "Seen.\n\nFrom the desk.").has_value());
  CHECK_FALSE(merge_text("", "one", "two").has_value());
  // Touching edits: "did not see" and "saw him alone" must not become one sentence.
  CHECK_FALSE(merge_text("I saw him", "I never saw him", "I met him").has_value());
}

TEST_CASE("text: changes shown add up to before and to after", "[merge]") {
  const std::string before = "One two three.\n\nFour.\n\nFive six.", after = "One 2 three.\n\nFive six seven.\n\nEight.";
  std::string a, b;
  for (const auto& span : text_changes(before, after)) {
    CHECK_FALSE(span.text.empty());
    if (span.kind != TextSpan::Kind::Added) a += span.text;
    if (span.kind != TextSpan::Kind::Removed) b += span.text;
  }
  CHECK(a == before);
  CHECK(b == after);
  CHECK(text_changes("a b c", "a x c") == std::vector<TextSpan>{{TextSpan::Kind::Same, "a "},
                                                                {TextSpan::Kind::Removed, "b "},
                                                                {TextSpan::Kind::Added, "x "},
                                                                {TextSpan::Kind::Same, "c"}});
}
