#include <catch2/catch_test_macros.hpp>

#include "app/editor/words.h"

using namespace doorstep::editor;

namespace {

std::vector<std::string> texts(std::string_view paragraph, const std::vector<Span>& spans) {
  std::vector<std::string> out;
  for (const Span& span : spans) out.emplace_back(paragraph.substr(span.begin, span.end - span.begin));
  return out;
}

std::vector<std::string> asked(std::string_view paragraph) { return texts(paragraph, dictionary_words(paragraph)); }

/// What is quoted in paragraphs, each without the mark it begins with.
std::vector<std::vector<std::string>> said(const std::vector<std::string>& paragraphs) {
  std::vector<std::vector<QuoteMark>> marks;
  std::vector<std::size_t> sizes;
  for (const auto& paragraph : paragraphs) {
    marks.push_back(quote_marks(paragraph));
    sizes.push_back(paragraph.size());
  }
  std::vector<const std::vector<QuoteMark>*> pointers;
  for (const auto& one : marks) pointers.push_back(&one);
  const auto spans = quoted(pointers, sizes);
  std::vector<std::vector<std::string>> out;
  for (std::size_t i = 0; i < paragraphs.size(); ++i) out.push_back(texts(paragraphs[i], spans[i]));
  return out;
}

}  // namespace

TEST_CASE("words: what a dictionary is asked about", "[editor]") {
  using Words = std::vector<std::string>;
  const struct { std::string_view text; Words words; } cases[] = {
      {"", {}},
      {"The flat was warm.", {"The", "flat", "was", "warm"}},
      {"mum's mum’s mums' 'mum' “mum” ‘mum’", {"mum's", "mum’s", "mums", "mum", "mum", "mum"}},
      {"They couldn’t, “didn’t”.", {"They", "couldn’t", "didn’t"}},
      {"a well-known co‑parent - or not -", {"well-known", "co‑parent", "or", "not"}},
      {"and/or,said:this", {"and", "or", "said", "this"}},
      {"café Żółć naïve", {"café", "Żółć", "naïve"}},
      {"S47 4pm 27 P3 2nd x2", {}},                                  // digits
      {"عائشہ 王秀英 Мария mumма mum", {"mum"}},                        // another script, or half of it
      {"CAMHS LADO IROs IRO's the", {"the"}},                        // initials
      {"I am a B", {"am"}},                                          // one letter
      {"write to ruth.adeyemi@council.example today", {"write", "to", "today"}},
      {"see https://nhs.example/freinds or www.exampel.org now", {"see", "or", "now"}},
      {"happy😟sad 😟 x\xff" "y wrod", {"happy", "sad", "wrod"}},
      {"cafe\u0301 non\u00ADsense", {"non", "sense"}},               // marks of their own; a soft hyphen
  };
  for (const auto& one : cases) {
    INFO(one.text);
    CHECK(asked(one.text) == one.words);
  }
}

TEST_CASE("words: names compare without case, accents and curls", "[editor]") {
  CHECK(fold("Żółć") == "zolc");
  CHECK(fold("ZOLC") == "zolc");
  CHECK(fold("O’Brien") == fold("o'brien"));
  CHECK(fold("Nguyễn") == "nguyen");
  CHECK(fold("Zoe\u0308") == fold("Zoë"));
  CHECK(fold("Smith‑Jones") == "smith-jones");
  CHECK(fold("عائشہ") == "عائشہ");
}

TEST_CASE("words: what stands in quotation marks", "[editor]") {
  using Said = std::vector<std::vector<std::string>>;
  const struct { std::vector<std::string> paragraphs; Said said; } cases[] = {
      {{"She said \"I was skared\" and ran."}, {{"\"I was skared"}}},
      {{"She said “I was skared” and ran."}, {{"“I was skared"}}},
      {{"She said 'I was skared' and ran."}, {{"'I was skared"}}},
      {{"She said ‘I was skared’ and ran."}, {{"‘I was skared"}}},
      {{"She said,\"I was skared.\" Then"}, {{"\"I was skared."}}},
      {{"(\"skared\") and \"agen\""}, {{"\"skared", "\"agen"}}},
      {{"„boję się” «peur»"}, {{"„boję się", "«peur"}}},
      {{"He didn't, it's the boys' room, 'cause he's 5' tall and the pipe 5\" wide."}, {{}}},
      {{"'I don't like my brothers' room' he said."}, {{"'I don't like my brothers' room"}}},
      {{"“He said ‘shut yor face’ to me”"}, {{"“He said ‘shut yor face’ to me", "‘shut yor face"}}},
      // over several paragraphs, with and without a mark at the beginning of each
      {{"She said “one", "two", "three” end"}, {{"“one"}, {"two"}, {"three"}}},
      {{"She said “one", "“two” end", "more"}, {{"“one"}, {"“two"}, {}}},
      {{"She said \"one", "\"two\" end", "more"}, {{"\"one"}, {"\"two"}, {}}},
      // never closed
      {{"She said “one and nothing more", "this is mine"}, {{"“one and nothing more"}, {}}},
      {{"She said \"one", "mine", "and \"two\" mine"}, {{"\"one"}, {}, {"\"two"}}},
      {{"\""}, {{}}},
      {{"a\" b"}, {{}}},
  };
  for (const auto& one : cases) {
    INFO(one.paragraphs.front());
    CHECK(said(one.paragraphs) == one.said);
  }
}
