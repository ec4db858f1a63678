#include "app/editor/line.h"

#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <random>

#include "app/editor/editor_state.h"
#include "tests/editor/rows.h"

using namespace doorstep::editor;

namespace {

/// A text in rows of this width.
struct Page {
  Page(std::string_view text, float width, const Advance& each = mono()) : doc(text), advance(each) { wrap.update(doc, width, 1, advance); }
  Line line(std::size_t row = 0) const { return {doc, wrap, row, advance}; }
  Doc doc;
  Wrap wrap;
  const Advance& advance;
};

using Boxes = std::vector<std::pair<float, float>>;

float length(const Boxes& boxes) {
  float sum = 0;
  for (const auto& [from, to] : boxes) sum += to - from;
  return sum;
}
bool is_near(float a, float b) { return std::abs(a - b) < 0.01f; }

}  // namespace

TEST_CASE("line: a name in another script stands in its reading order, and the caret, a press and a selection agree", "[editor]") {
  const Page page("name عائشہ said", 1000);
  const Line line = page.line();
  REQUIRE(line.is_reordered());
  CHECK(line.words() == "name \uFBA7\uFEB8\uFE8B\uFE8E\uFECB said");  // from the left: the last letter first, each joined
  CHECK(line.left() == 0);
  CHECK(line.x_of({5, Side::After}) == 100);   // before the name, at its right edge
  CHECK(line.x_of({5, Side::Before}) == 50);   // behind the space
  CHECK(line.x_of({5, Side::Either}) == 50);
  CHECK(line.x_of({7, Side::Either}) == 90);   // behind its first letter
  CHECK(line.x_of({15, Side::Either}) == 50);  // behind its last
  CHECK(line.x_of({15, Side::After}) == 100);  // before the space that follows
  CHECK(line.boxes(5, 15) == Boxes{{50, 100}});
  CHECK(line.boxes(5, 9) == Boxes{{80, 100}});
  CHECK(line.boxes(3, 9) == Boxes{{30, 50}, {80, 100}});
  const Spot right = line.at(99), left = line.at(51);
  CHECK((right.byte == 5 && right.side == Side::After));
  CHECK((left.byte == 15 && left.side == Side::Before));
  CHECK(line.at(1000).byte == page.doc.bytes());
  CHECK(line.at(-5).byte == 0);
}

TEST_CASE("line: joined pictures among right-to-left letters are one picture too", "[editor]") {
  const Page page("عا 👨‍👩‍👧 👍🏽", 1000);
  const Line line = page.line();
  REQUIRE(line.is_reordered());
  std::string seen;
  for (std::size_t i = 0; i < line.words().size();) {
    const CodePoint c = decode(line.words(), i);
    if (c.value >= 0x1F000) append_utf8(seen, c.value);
    i += c.bytes;
  }
  CHECK((seen == "👍👨" || seen == "👨👍"));
  const std::size_t family = 5, thumb = page.doc.bytes() - 8;
  CHECK(length(line.boxes(family, thumb - 1)) == 10);
  CHECK(length(line.boxes(thumb, page.doc.bytes())) == 10);
}

TEST_CASE("line: a paragraph from right to left stands at the right edge, and begins there", "[editor]") {
  const Page page("عائشہ", 200);
  const Line line = page.line();
  CHECK(line.left() == 150);
  CHECK(line.x_of({0, Side::Either}) == 200);
  CHECK(line.x_of({10, Side::Either}) == 150);
  CHECK(line.at(199).byte == 0);
  CHECK(line.at(10).byte == 10);
  CHECK(line.boxes(0, 10) == Boxes{{150, 200}});
  CHECK(line.newline(6) == std::pair<float, float>{144, 150});
}

TEST_CASE("line: two letters that are joined to one sign share it", "[editor]") {
  const Page page("لا", 100);
  const Line line = page.line();
  CHECK(line.words() == "\uFEFB");
  CHECK(line.x_of({2, Side::Either}) == 95);
  CHECK(line.x_of({4, Side::Either}) == 90);
  CHECK(line.boxes(0, 2) == Boxes{{95, 100}});
}

TEST_CASE("line: up and down go by what is seen", "[editor]") {
  EditorState text("0123456789\nab عائشہ z and more");
  text.layout(1000, 1, mono());
  text.move_to({0, 8}, false);
  text.move(EditorState::Move::Down, false, mono());
  CHECK(text.caret() == Pos{1, 13});  // before the space at the right edge of the name
  CHECK(text.line(1, mono()).x_of({text.caret().byte, text.caret_side()}) == 80);
  text.move(EditorState::Move::Up, false, mono());
  CHECK(text.caret() == Pos{0, 8});
}

TEST_CASE("line: what is masked is measured as bullets and keeps its order, and is not once it is shown", "[editor]") {
  EditorState text("عا iii", {.secret = true});
  const Advance advance = [](char32_t c) { return c == 'i' ? 3.0f : 10.0f; };
  text.layout(1000, 1, advance, true);
  CHECK_FALSE(text.line(0, advance).is_reordered());
  CHECK(text.line(0, advance).x_of({8, Side::Either}) == 60);
  text.layout(1000, 1, advance, false);
  CHECK(text.line(0, advance).is_reordered());
  CHECK(text.line(0, advance).x_of({8, Side::Either}) == 39);
}

TEST_CASE("line: of any text, every press is at the letter pressed, and what is covered is what is selected", "[editor]") {
  std::mt19937 random(20261128);
  const std::vector<std::string> pieces{"a", "name ", "عائشہ", " ", "خان ", "لا", "مُحَمَّد ", "3:00 ", "(", ")", "\"", "דוד ", "e\u0301", "👍🏽",
                                        "\u200F", "\n", "রহিমা ", "- ", "\xff", "لله", "王", "\u200C", "بب"};
  std::size_t reordered = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string words;
    for (unsigned n = random() % 12; n > 0; --n) words += pieces[random() % pieces.size()];
    INFO(words);
    const Page page(words, static_cast<float>(60 + random() % 300), uneven());
    for (std::size_t r = 0; r < page.wrap.count(); ++r) {
      const Line line = page.line(r);
      const Row row = line.row();
      const std::string& text = page.doc.paragraph(row.para);
      reordered += line.is_reordered();
      float width = 0;
      for (std::size_t at = row.begin; at < row.end;) {
        const std::size_t next = std::min(next_cluster(text, at), row.end);
        const Boxes box = line.boxes(at, next);
        REQUIRE(box.size() == 1);
        const auto [x0, x1] = box.front();
        REQUIRE(x0 <= x1);
        width += x1 - x0;
        if (x1 - x0 > 1) {
          const Spot left = line.at(x0 + (x1 - x0) / 4), right = line.at(x1 - (x1 - x0) / 4);
          REQUIRE(((left.byte == at && right.byte == next) || (left.byte == next && right.byte == at)));
          REQUIRE(is_near(line.x_of(left), x0));
          REQUIRE(is_near(line.x_of(right), x1));
        }
        at = next;
      }
      const std::size_t a = row.begin + (row.end > row.begin ? random() % (row.end - row.begin) : 0);
      const Pos from = page.doc.clamp({row.para, a});
      if (from.byte < row.begin) continue;
      const Boxes before = line.boxes(row.begin, from.byte), after = line.boxes(from.byte, row.end);
      REQUIRE(is_near(length(before) + length(after), width));
      for (const Boxes& boxes : {before, after})
        for (std::size_t i = 1; i < boxes.size(); ++i) REQUIRE(boxes[i - 1].second <= boxes[i].first + 0.01f);
    }
  }
  CHECK(reordered > 1000);
}
