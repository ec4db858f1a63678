#include <catch2/catch_test_macros.hpp>
#include <random>

#include "app/editor/editor_state.h"
#include "tests/editor/rows.h"

using namespace doorstep::editor;
using doorstep::base::Millis;

namespace {

const std::vector<std::string>& pieces() {
  static const std::vector<std::string> all{
      "a", " ", "mum", "\n", "\n\n", "the cat-flap ", "é", "e\u0301", "Żółć", "👨‍👩‍👧", "😟", "🇬🇧", "عائشہ خان", "王秀英", "\u200D", "\u200B", "=2+2", "<b>&\"", "\t",
      "Llŷr", "\xff", "\xe2\x82", "-", "—", "x\r", "a long line of words that will have to be wrapped on any screen there is "};
  return all;
}

Pos random_pos(std::mt19937& random, const Doc& doc) {
  return doc.clamp(doc.at_offset(std::uniform_int_distribution<std::size_t>(0, doc.bytes())(random)));
}

}  // namespace

TEST_CASE("doc: text comes back byte for byte", "[editor]") {
  for (const std::string& text : {std::string(), std::string("\n"), std::string("a\n\nb\n"), std::string("x\r\ny"), std::string("\xff\xfe\0z", 4),
                                  std::string("=2+2 <b>&\"\t\u200D👨‍👩‍👧")}) {
    const Doc doc(text);
    CHECK(doc.text() == text);
    CHECK(doc.bytes() == text.size());
  }
}

TEST_CASE("doc: places by code points, never within a letter", "[editor]") {
  const Doc doc("\u017b\u00f3\ne\u0301x\xff");
  CHECK(doc.code_point(doc.begin()) == 0);
  CHECK(doc.code_point({0, 4}) == 2);
  CHECK(doc.code_point({1, 3}) == 5);
  CHECK(doc.code_point(doc.end()) == 7);
  CHECK(doc.at_code_point(1) == Pos{0, 2});
  CHECK(doc.at_code_point(2) == Pos{0, 4});
  CHECK(doc.at_code_point(3) == Pos{1, 0});
  CHECK(doc.at_code_point(4) == Pos{1, 0});  // between the e and its accent
  CHECK(doc.at_code_point(5) == Pos{1, 3});
  CHECK(doc.at_code_point(99) == doc.end());
}

TEST_CASE("doc: letters that are drawn apart, and ought not to be, are counted, as the text changes", "[editor]") {
  const struct { std::string_view text; std::size_t unjoined; } rows[] = {
      {"", 0},
      {"Żółć, Nguyễn, Llŷr, Мария, Ελένη", 0},
      {"王秀英 김하나 たろう สมชาย דוד", 0},          // other scripts: each letter stands for itself
      {"عائشہ خان", 0},                            // joined in the order they are read in
      {"ڼوم", 1},                                  // a letter of Pashto that has no joined forms of its own
      {"٣ ، ؟", 0},                                // digits and signs of Arabic
      {"রহিমা", 5},
      {"ਗੁਰਪ੍ਰੀਤ", 8},
      {"அனிதா", 5},
      {"\xd8 \xd9", 0},                            // halves of letters
      {"ﻋ", 0},                                    // joined already
      {"one\nরহি\ntwo\nமா", 5},
  };
  for (const auto& row : rows) {
    INFO(row.text);
    CHECK(Doc(row.text).unjoined_letters() == row.unjoined);
  }
  Doc doc("Her name is রহমন.\nIt is.");
  CHECK(doc.unjoined_letters() == 4);
  doc.replace({0, 12}, {0, 18}, "");
  CHECK(doc.unjoined_letters() == 2);
  doc.replace({0, 3}, {1, 2}, "মন খান");
  CHECK(doc.unjoined_letters() == 5);
  doc.replace(doc.begin(), doc.end(), "Aisha");
  CHECK(doc.unjoined_letters() == 0);
}

TEST_CASE("doc: a snapshot and a copy stay what they were", "[editor]") {
  Doc doc("one\ntwo");
  const Snapshot early = doc.snapshot();
  const Doc copy = doc;
  doc.replace({1, 0}, {1, 3}, "zwei");
  const Snapshot late = doc.snapshot();
  CHECK(doc.text() == "one\nzwei");
  CHECK(copy.text() == "one\ntwo");
  CHECK(early.text() == "one\ntwo");
  doc.replace({0, 0}, {1, 0}, "");
  doc.wipe();
  CHECK(doc.text() == "");
  CHECK(late.text() == "one\nzwei");
  CHECK(late.text() == "one\nzwei");
  CHECK(Doc().snapshot().text() == "");
}

TEST_CASE("doc: a hundred thousand random edits agree with a string", "[editor]") {
  std::mt19937 random(20261122);
  Doc doc;
  std::string oracle;
  Wrap wrap;
  for (int i = 0; i < 100'000; ++i) {
    Pos a = random_pos(random, doc), b = random_pos(random, doc);
    if (random() % 3 != 0) b = random() % 2 ? a : doc.next(a);
    if (b < a) std::swap(a, b);
    const std::string& text = oracle.size() > 4000 ? pieces()[random() % 2] : pieces()[random() % pieces().size()];
    const std::size_t from = doc.offset(a), to = doc.offset(b);
    const Pos end = doc.replace(a, b, text);
    oracle.replace(from, to - from, text);
    if (doc.bytes() != oracle.size() || doc.offset(end) != from + text.size() || doc.text() != oracle) FAIL("edit " << i);
    if (i % 50 == 0) {
      wrap.update(doc, static_cast<float>(40 + random() % 400), 1, mono());
      if (!rows_cover(oracle, doc, wrap)) FAIL("rows after edit " << i);
    } else if (i % 10 == 0) {  // kept rows are those that would be made anew
      wrap.update(doc, 200, 1, mono());
      Wrap fresh;
      fresh.update(doc, 200, 1, mono());
      if (wrap.rows() != fresh.rows() || !rows_cover(oracle, doc, wrap)) FAIL("kept rows after edit " << i);
    }
  }
}

TEST_CASE("doc: the caret steps over clusters, the same both ways", "[editor]") {
  const std::string text = "ae\u0301👨‍👩‍👧z🇬🇧🇫🇷\né👍🏽";
  const Doc doc(text);
  std::vector<Pos> forward{doc.begin()}, back{doc.end()};
  while (doc.next(forward.back()) != forward.back()) forward.push_back(doc.next(forward.back()));
  while (doc.prev(back.back()) != back.back()) back.push_back(doc.prev(back.back()));
  std::reverse(back.begin(), back.end());
  CHECK(forward == back);
  CHECK(forward.size() == 10);  // a é family z flag flag end | é thumb end
  for (const Pos& at : forward) CHECK(doc.clamp(at) == at);
  CHECK(doc.clamp({0, 2}) == Pos{0, 1});
  CHECK(Doc("z王").clamp({0, 3}) == Pos{0, 1});
  const Doc apart("🇬\u0301🇧");  // no flag
  CHECK(apart.next(apart.begin()) == Pos{0, 6});
  CHECK(apart.prev(apart.end()) == Pos{0, 6});
}

TEST_CASE("doc: of pictures that are joined, or have a tone of skin, the first is drawn, as wide as it is, and all bytes stay", "[editor]") {
  const auto drawn = [](std::string_view words) {
    std::string room;
    return std::string(without_behind(words, room));
  };
  CHECK(drawn("plain") == "plain");
  CHECK(drawn("👍🏽 ok") == "👍 ok");
  CHECK(drawn("a👨‍👩‍👧z") == "a👨\u200D\u200Dz");
  CHECK(drawn("❤️‍🔥") == "❤\uFE0F\u200D");
  CHECK(drawn("👩🏽‍🚒") == "👩\u200D");
  CHECK(drawn("🇬🇧🇫🇷") == "🇬🇧🇫🇷");
  CHECK(drawn("a\u200D👩 e\u0301🏽") == "a\u200D👩 e\u0301");  // a letter hides no picture
  CHECK(drawn("🦺👩") == "🦺👩");
  const std::string text = "a👨‍👩‍👧👍🏽z";
  const Doc doc(text);
  CHECK(doc.text() == text);
  const auto width = [](std::string_view words) { return width_of(words, 0, words.size(), mono()); };
  CHECK(width("👨‍👩‍👧") == 10);
  CHECK(width("👍🏽") == 10);
  CHECK(width("🇬🇧") == 20);
  CHECK(width(text) == 40);
  Wrap wrap;
  wrap.update(doc, 25, 1, mono());
  CHECK(wrap.rows() == std::vector<Row>{{0, 0, text.find("👍")}, {0, text.find("👍"), text.size()}});
}

TEST_CASE("doc: clusters of random text agree both ways", "[editor]") {
  std::mt19937 random(7);
  for (int i = 0; i < 3000; ++i) {
    std::string text;
    for (int k = 0; k < 8; ++k) {
      const std::string& piece = pieces()[random() % pieces().size()];
      if (piece.find('\n') == std::string::npos) text += piece;
    }
    std::vector<std::size_t> forward, back;
    for (std::size_t at = 0; at < text.size();) forward.push_back(at = next_cluster(text, at));
    for (std::size_t at = text.size(); at > 0; at = prev_cluster(text, at)) back.push_back(at);
    std::reverse(back.begin(), back.end());
    if (forward != back) FAIL("text " << i);
  }
}

TEST_CASE("doc: words", "[editor]") {
  CHECK(Doc("").words() == 0);
  CHECK(Doc("one").words() == 1);
  CHECK(Doc("  She said: “he does it when mum’s at work”.\n\nThen – nothing. ").words() == 11);
  Doc doc("one two");
  doc.replace({0, 3}, {0, 4}, "");
  CHECK(doc.words() == 1);
  const Doc line("mum’s  house, upstairs");
  CHECK(line.next_word({0, 0}) == Pos{0, 9});
  CHECK(line.prev_word({0, 9}) == Pos{0, 0});
  CHECK(line.slice(line.word_at({0, 10}).first, line.word_at({0, 10}).second) == "house");
}

TEST_CASE("wrap: spaces hang, words stay whole, a word too long is cut", "[editor]") {
  const auto rows_of = [](std::string_view text, float width) {
    const Doc doc(text);
    Wrap wrap;
    wrap.update(doc, width, 1, mono());
    std::vector<std::string> out;
    for (const Row& row : wrap.rows()) out.push_back(doc.paragraph(row.para).substr(row.begin, row.end - row.begin));
    return out;
  };
  CHECK(rows_of("the cat sat", 70) == std::vector<std::string>{"the cat ", "sat"});
  CHECK(rows_of("the cat   sat", 70) == std::vector<std::string>{"the cat   ", "sat"});
  CHECK(rows_of("step-father", 70) == std::vector<std::string>{"step-", "father"});
  CHECK(rows_of("abcdefghij", 40) == std::vector<std::string>{"abcd", "efgh", "ij"});
  CHECK(rows_of("a abcdefghij", 40) == std::vector<std::string>{"a ", "abcd", "efgh", "ij"});
  CHECK(rows_of("王秀英王秀英", 40) == std::vector<std::string>{"王秀英王", "秀英"});
  CHECK(rows_of("", 40) == std::vector<std::string>{""});
  CHECK(rows_of("a\n\nb", 40) == std::vector<std::string>{"a", "", "b"});
}

TEST_CASE("editor: undo goes word by word, a paste is one step", "[editor]") {
  EditorState editor;
  Millis now{0};
  for (const char c : std::string("two words")) editor.insert(std::string(1, c), EditorState::How::Typed, now += Millis(100));
  CHECK(editor.undo());
  CHECK(editor.text() == "two ");
  CHECK(editor.redo());
  editor.insert(" pasted\nlines", EditorState::How::Pasted, now);
  CHECK(editor.undo());
  CHECK(editor.text() == "two words");
  editor.insert("x", EditorState::How::Typed, now + Millis(5000));
  CHECK(!editor.can_redo());
  CHECK(editor.undo());
  CHECK(editor.text() == "two words");
}

TEST_CASE("editor: words that come in pieces are one step, whatever they hold, and what is typed is another", "[editor]") {
  const auto put = [](EditorState& editor, std::string_view words, EditorState::How how, Millis& now, Millis later) {
    CHECK(editor.insert(words, how, now += later) == Entered::All);
  };
  const std::vector<std::string> said{"Amara said that she likes it wh", "en her aunt comes, and that\nher", " brother is at school. He is 11",
                                      "."};
  Millis now{1000};
  EditorState editor("Before. ");
  put(editor, "x", EditorState::How::Typed, now, Millis(10));
  editor.select({0, 8}, {0, 9});
  for (const std::string& piece : said) put(editor, piece, EditorState::How::Committed, now, Millis(16));
  put(editor, " y", EditorState::How::Typed, now, Millis(16));
  CHECK(editor.undo());
  CHECK(editor.text() == "Before. " + said[0] + said[1] + said[2] + said[3]);
  CHECK(editor.undo());
  CHECK(editor.text() == "Before. x");  // with what they took the place of
  CHECK(editor.selected() == "x");
  CHECK(editor.redo());
  CHECK(editor.text() == "Before. " + said[0] + said[1] + said[2] + said[3]);
  put(editor, "The next sentence", EditorState::How::Committed, now, Millis(2000));
  CHECK(editor.undo());
  CHECK(editor.text() == "Before. " + said[0] + said[1] + said[2] + said[3]);
  editor.move_to({0, 0}, false);
  put(editor, "Elsewhere", EditorState::How::Committed, now, Millis(16));
  editor.move_to({0, 0}, false);
  put(editor, "not after it", EditorState::How::Committed, now, Millis(16));
  CHECK(editor.undo());
  CHECK(editor.text().starts_with("ElsewhereBefore. "));
}

TEST_CASE("editor: too long is refused as a whole", "[editor]") {
  EditorState editor("", {.single_line = false, .secret = false, .max_bytes = 10});
  CHECK(editor.insert("12345678", EditorState::How::Pasted, Millis(0)) == Entered::All);
  CHECK(editor.insert("901", EditorState::How::Pasted, Millis(0)) == Entered::TooLong);
  CHECK(editor.text() == "12345678");
  CHECK(editor.too_long());
  editor.select_all();
  CHECK(editor.too_long());  // moving about does not take back that it was left out
  CHECK(editor.insert("abcdefghij", EditorState::How::Pasted, Millis(0)) == Entered::All);
  CHECK_FALSE(editor.too_long());
}

TEST_CASE("editor: what a clipboard may bring", "[editor]") {
  CHECK(clean_pasted("a\r\nb\rc\x07" "d\te\x7f") == "a\nb\ncd\te");
  CHECK(clean_pasted("=2+2 <b>&\" \u200D\u200F é e\u0301") == "=2+2 <b>&\" \u200D\u200F é e\u0301");
  CHECK(clean_pasted("\xff") == "\uFFFD");
  EditorState line("", {.single_line = true});
  line.insert("one\ntwo", EditorState::How::Pasted, Millis(0));
  CHECK(line.text() == "one two");
}

TEST_CASE("editor: what stands behind the caret may join the letter before it", "[editor]") {
  EditorState accent("\u0301z");
  accent.move_to({0, 0}, false);
  for (const char* letter : {"f", "e"}) accent.insert(letter, EditorState::How::Typed, Millis(0));
  CHECK(accent.text() == "f\u0301ez");
  EditorState flag("🇬x🇧");
  flag.move_to({0, 5}, false);
  flag.erase_back(Millis(0));
  CHECK(flag.caret() == flag.doc().end());
}

TEST_CASE("editor: nothing in place of nothing takes nothing away", "[editor]") {
  EditorState editor("abc");
  CHECK(editor.replace({0, 2}, {0, 2}, "", Millis(0)) == Entered::Nothing);
  CHECK(editor.text() == "abc");
}

TEST_CASE("editor: up and down remember x", "[editor]") {
  EditorState editor("long line\nab\nlong line");
  editor.layout(1000, 1, mono());
  editor.move_to({0, 7}, false);
  editor.move(EditorState::Move::Down, false, mono());
  CHECK(editor.caret() == Pos{1, 2});
  editor.move(EditorState::Move::Down, false, mono());
  CHECK(editor.caret() == Pos{2, 7});
  editor.move(EditorState::Move::Up, true, mono());
  CHECK(editor.has_selection());
  CHECK(editor.selected() == "\nlong li");
}

TEST_CASE("editor: the end of a wrapped row is another place than the beginning of the next", "[editor]") {
  EditorState editor("the cat sat");
  editor.layout(70, 1, mono());
  editor.move_to({0, 2}, false);
  editor.move(EditorState::Move::RowEnd, false, mono());
  CHECK(editor.caret() == Pos{0, 8});
  CHECK(editor.wrap().row_of(editor.caret(), editor.caret_at_row_end()) == 0);
  editor.move(EditorState::Move::RowStart, false, mono());
  CHECK(editor.caret() == Pos{0, 0});
}

TEST_CASE("editor: a pass phrase keeps no undo and is wiped", "[editor]") {
  EditorState secret("", {.single_line = true, .secret = true, .max_bytes = 512});
  const char* where = secret.doc().paragraph(0).data();
  secret.insert("correct horse battery staple", EditorState::How::Typed, Millis(0));
  CHECK(secret.doc().paragraph(0).data() == where);  // typing did not leave a copy behind by growing
  CHECK(!secret.can_undo());
  secret.wipe();
  CHECK(secret.empty());
  CHECK(std::string_view(where, 28).find_first_not_of('\0') == std::string_view::npos);
}

TEST_CASE("editor: reset keeps the caret near and forgets undo", "[editor]") {
  EditorState editor("mine and theirs");
  editor.insert("!", EditorState::How::Typed, Millis(0));
  editor.move_to({0, 4}, false);
  editor.layout(100, 1, mono());
  editor.reset("mine\nand theirs, merged");
  CHECK(editor.caret() == Pos{0, 4});
  CHECK(!editor.can_undo());
  editor.reset("abc王秀英");
  CHECK(editor.caret() == Pos{0, 3});  // not within a letter
  editor.layout(100, 1, mono());
  CHECK(rows_cover(editor.text(), editor.doc(), editor.wrap()));
}
