#include "platform/vault/passphrase.h"

#include <catch2/catch_test_macros.hpp>

using namespace doorstep::vault;

TEST_CASE("passphrase: what is accepted, and the reason when it is not", "[vault][K18]") {
  struct Row {
    std::string text;
    std::string code;  // empty: accepted
  };
  const Row rows[] = {
      {"heron lantern copper meadow", ""},
      {"heron lantern copper meadow violet", ""},
      {"  heron\tlantern  copper meadow ", ""},
      {"one two six ten", ""},  // four words of three letters: little, but the rule
      {"correcthorsebatt", ""},
      {"Tr0ub4dor&3-plus", ""},
      {"\xc5\xbc\xc3\xb3\xc5\x82w g\xc4\x99\xc5\x9b ja\xc5\xba\xc5\x84 \xc4\x87ma", ""},
      {"\xd8\xb9\xd8\xa7\xd8\xa6\xd8\xb4\xdb\x81 \xd8\xa8\xd8\xa7\xd8\xba \xda\xa9\xd8\xaa\xd8\xa7\xd8\xa8 \xd9\x82\xd9\x84\xd9\x85", ""},
      {"", "passphrase.too_short"},
      {"      ", "passphrase.too_short"},
      {"123456", "passphrase.too_short"},
      {"heron lantern", "passphrase.too_short"},
      {"a b c d", "passphrase.too_short"},
      {"a b c d e f g h i j k", "passphrase.too_short"},          // eleven characters, no word
      {"abcdefghijklmn", "passphrase.too_short"},                 // fourteen
      {"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", "passphrase.too_short"},  // eight characters, sixteen bytes
      {"heron heron heron heron", "passphrase.repeats"},
      {"heron lantern copper heron", "passphrase.repeats"},
      {"aaaaaaaaaaaaaaaaaaaa", "passphrase.repeats"},
      {"121212121212121212", "passphrase.repeats"},
      {std::string(513, 'x'), "passphrase.too_long"},
      {"heron lantern copper \xff\xfe", "passphrase.not_text"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    auto problem = check_passphrase(row.text);
    CHECK((problem ? problem->code : std::string()) == row.code);
    if (problem) CHECK(problem->words.size() > 20);
  }
}

TEST_CASE("passphrase: only white space is made one", "[vault]") {
  CHECK(normalised("  a\t\tb \n c  ").view() == "a b c");
  CHECK(normalised("A b").view() != normalised("a b").view());
  CHECK(normalised("").empty());
  CHECK(normalised("ab").view() == "ab");
}
