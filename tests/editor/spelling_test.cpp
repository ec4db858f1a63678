#include <catch2/catch_test_macros.hpp>
#include <random>

#include "app/editor/editor_state.h"

using namespace doorstep::editor;
using doorstep::base::Millis;
using How = EditorState::How;

namespace {

/// Wrong: what begins with x. It counts what it is asked.
struct Dictionary {
  int asked = 0;
  bool knows_nothing = false;
  Judge judge() {
    return [this](std::string_view word) {
      ++asked;
      return knows_nothing ? Verdict::Unknown : word.starts_with('x') ? Verdict::Wrong : Verdict::Right;
    };
  }
};

EditorState note(std::string_view text) { return EditorState(text, {.spelling = true}); }

std::vector<std::string> marked(const EditorState& text) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < text.doc().paragraphs(); ++i)
    for (const Span& mark : text.spelling().marks(i))
      out.push_back(std::to_string(i) + " " + text.doc().paragraph(i).substr(mark.begin, mark.end - mark.begin));
  return out;
}

using Marked = std::vector<std::string>;

}  // namespace

TEST_CASE("spelling: wrong words are marked, but for those in quotation marks", "[editor]") {
  Dictionary dictionary;
  auto text = note("He saw an xoz. “I saw an xoz,\nan xoz” she said.\nxoz");
  CHECK(text.spelling_due());
  CHECK(text.spell(dictionary.judge()));
  CHECK(marked(text) == Marked{"0 xoz", "2 xoz"});
  CHECK_FALSE(text.spelling_due());
  CHECK_FALSE(text.spell(dictionary.judge()));
  // Without its end, the quotation holds to the end of its paragraph only.
  text.move_to({1, 9}, false);
  text.erase_back(Millis(0));
  CHECK(text.doc().paragraph(1) == "an xoz she said.");
  text.move_to(text.doc().end(), false);
  CHECK(text.spell(dictionary.judge()));
  CHECK(marked(text) == Marked{"0 xoz", "1 xoz", "2 xoz"});
}

TEST_CASE("spelling: the word being typed is not marked, nor asked about, until it is finished", "[editor]") {
  Dictionary dictionary;
  auto text = note("");
  for (const char* letter : {"x", "o", "z"}) {
    text.insert(letter, How::Typed, Millis(0));
    CHECK(text.spelling_due());
    text.spell(dictionary.judge());
    CHECK_FALSE(text.spelling_due());
  }
  CHECK(dictionary.asked == 0);
  SECTION("a space") { text.insert(" ", How::Typed, Millis(0)); }
  SECTION("the caret goes elsewhere") { text.move_to({0, 0}, false); }
  SECTION("the keyboard goes elsewhere") { text.stop_typing(); }
  CHECK(text.spelling_due());
  CHECK(text.spell(dictionary.judge()));
  CHECK(marked(text) == Marked{"0 xoz"});
  CHECK(dictionary.asked == 1);
  // Back in it with the caret: still marked. Typed into: not.
  text.move_to({0, 1}, false);
  CHECK_FALSE(text.spelling_due());
  CHECK(text.spelling().mark_at(text.caret()) == Span{0, 3});
  text.erase_back(Millis(0));
  CHECK(marked(text).empty());
  text.spell(dictionary.judge());
  CHECK(marked(text).empty());
}

TEST_CASE("spelling: a letter typed asks about no word but its own", "[editor]") {
  std::string long_note;
  for (int i = 0; i < 200; ++i) long_note += "a hundred words are in each of these and one of them is xoz\n";
  Dictionary dictionary;
  auto text = note(long_note);
  text.spell(dictionary.judge());
  REQUIRE(marked(text).size() == 200);
  dictionary.asked = 0;
  text.move_to({100, 2}, false);
  text.insert("n", How::Typed, Millis(0));
  text.spell(dictionary.judge());
  CHECK(dictionary.asked == 0);
  text.insert(" ", How::Typed, Millis(0));
  text.spell(dictionary.judge());
  CHECK(dictionary.asked <= 2);
  CHECK(marked(text).size() == 200);
}

TEST_CASE("spelling: what nobody could judge is asked about again when there is an answer", "[editor]") {
  Dictionary dictionary{.knows_nothing = true};
  auto text = note("an xoz");
  CHECK_FALSE(text.spell(dictionary.judge()));
  CHECK(text.spelling().waiting());
  CHECK_FALSE(text.spelling_due());
  dictionary.knows_nothing = false;
  CHECK_FALSE(text.spell(dictionary.judge()));
  CHECK(text.spelling().waiting());
  CHECK(text.spell(dictionary.judge(), true));
  CHECK_FALSE(text.spelling().waiting());
  CHECK(marked(text) == Marked{"0 xoz"});
  text.forget_spelling();
  CHECK(marked(text).empty());
  CHECK(text.spelling_due());
}

TEST_CASE("spelling: a correction is one step, and undone by one", "[editor]") {
  Dictionary dictionary;
  auto text = note("an xoz here");
  text.spell(dictionary.judge());
  const Span mark = text.spelling().marks(0).at(0);
  CHECK(text.replace({0, mark.begin}, {0, mark.end}, "ox", Millis(0)) == Entered::All);
  CHECK(text.text() == "an ox here");
  CHECK(marked(text).empty());
  text.undo();
  CHECK(text.text() == "an xoz here");
  CHECK_FALSE(text.can_undo());
  text.spell(dictionary.judge());
  CHECK(marked(text) == Marked{"0 xoz"});
}

TEST_CASE("spelling: what is put into a paragraph that a quotation goes on through is quoted too", "[editor]") {
  Dictionary dictionary;
  auto text = note("She said: “It was\n\n and xoz.” an xoz");
  text.spell(dictionary.judge());
  REQUIRE(marked(text) == Marked{"2 xoz"});
  for (const Pos at : {Pos{1, 0}, Pos{2, 0}}) {
    text.move_to(at, false);
    text.insert("xoz", How::Pasted, Millis(0));
    text.stop_typing();
    text.spell(dictionary.judge());
    CHECK(marked(text) == Marked{"2 xoz"});
  }
  text.move_to({0, 0}, false);
  text.insert("xoz", How::Pasted, Millis(0));
  text.spell(dictionary.judge());
  CHECK(marked(text).size() == 2);
}

TEST_CASE("spelling: through ten thousand edits every mark lies on the word it was put on", "[editor]") {
  std::mt19937 random(20261127);
  Dictionary dictionary;
  auto text = note("xoz and xylo\nthen xoz");
  const std::vector<std::string> pieces{"x", "o", " ", "\n", "xoz ", "word", "“", "”", "\n\n", "é", "'"};
  for (int i = 0; i < 10'000; ++i) {
    const auto pos = [&] { return text.doc().clamp(text.doc().at_offset(random() % (text.doc().bytes() + 1))); };
    text.move_to(pos(), false);
    if (random() % 4 == 0) text.move_to(text.doc().bytes() > 400 ? pos() : text.doc().next(text.caret()), true);
    switch (random() % 6) {
      case 0: text.erase_back(Millis(i)); break;
      case 1: text.undo(); break;
      case 2: text.redo(); break;
      default: text.insert(pieces[random() % pieces.size()], random() % 2 ? How::Typed : How::Pasted, Millis(i)); break;
    }
    for (const auto& word : marked(text)) REQUIRE(word.find(" x") != std::string::npos);
    if (random() % 3 != 0) continue;
    text.spell(dictionary.judge());
    // The same as of a text that was never marked before, but for the word at the caret.
    text.stop_typing();
    text.spell(dictionary.judge());
    auto fresh = note(text.text());
    fresh.spell(dictionary.judge());
    REQUIRE(marked(text) == marked(fresh));
  }
}
