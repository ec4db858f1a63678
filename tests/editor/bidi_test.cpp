#include "app/editor/bidi.h"

#include <catch2/catch_test_macros.hpp>

using namespace doorstep::editor;

TEST_CASE("bidi: a paragraph runs the way most of its letters do", "[editor]") {
  CHECK(runs_right_to_left("عائشہ"));
  CHECK(runs_right_to_left("نادیہ: \"وہ ہفتے میں 2 بار آتا ہے\" - twice"));
  CHECK_FALSE(runs_right_to_left("عائشہ drew a clock at 3:00 and hid the paper."));
  CHECK_FALSE(runs_right_to_left("نادیہ خان (Nadia Khan). Lives here."));
  CHECK_FALSE(runs_right_to_left("14:05"));
  CHECK_FALSE(runs_right_to_left(""));
}

TEST_CASE("bidi: a row is put in order after the paragraph was broken, by what runs which way in the whole of it", "[editor]") {
  const std::string said = "عائشہ نے کہا: \"مجھے 3 بجے ڈر لگتا ہے\" (at 3 o'clock, when school ends).";
  const Paragraph paragraph(said);
  REQUIRE(paragraph.is_reordered());
  CHECK(paragraph.right_to_left());
  const auto end = said.find("o'clock");
  const auto first = paragraph.row(0, end - 1);  // without the space that hangs over its end
  CHECK(first.starts_with("at 3) \""));         // read last of this row, so at its left; the bracket opens towards the left
  // Latin letters only, and still the end of what runs from right to left: bracket and full stop close it at the left.
  CHECK(paragraph.row(end, said.size()) == ".(o'clock, when school ends");
}

TEST_CASE("bidi: an English sentence with a name in another script keeps its own way, in each of its rows", "[editor]") {
  const std::string saw = "عائشہ drew a clock at 3:00 and hid the paper.";
  const Paragraph paragraph(saw);
  CHECK(paragraph.is_reordered());
  CHECK_FALSE(paragraph.right_to_left());
  CHECK(paragraph.row(saw.find("drew"), saw.size()) == "drew a clock at 3:00 and hid the paper.");
  const Paragraph english("It is 14:05, – “quoted”");
  CHECK_FALSE(english.is_reordered());
  CHECK(english.row(6, 11) == "14:05");
}

TEST_CASE("bidi: letters join as they stand in the paragraph, not as if a row's end were a word's", "[editor]") {
  const std::string word = "بببب";
  const Paragraph paragraph(word);
  CHECK(paragraph.row(0, 4) == "\uFE92\uFE91");  // initial and medial form, drawn from the left
}
