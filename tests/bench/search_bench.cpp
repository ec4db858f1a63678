#include <cmath>
#include <random>

#include "platform/base/limits.h"
#include "tests/bench/measure.h"
#include "tests/bench/raw.h"
#include "tests/store/support.h"

using namespace doorstep;
using namespace doorstep::bench;
using namespace doorstep::store::test;

namespace {

constexpr std::size_t kVocabulary = 5000, kWordsOfANote = 200, kChildren = 20;

/// Words as often as in a language: the n-th of them 1/n as often as the first.
class Language {
 public:
  Language() {
    constexpr const char* kBeginnings[] = {"ba", "cro", "di", "fe",  "gla", "ho", "ki",  "le", "mo",
                                           "na", "pre", "qui", "ra", "sto", "ti", "ve", "wa"};
    constexpr const char* kMiddles[] = {"b", "ck", "d", "ll", "m", "nt", "pp", "r", "st", "th"};
    constexpr const char* kEnds[] = {"a", "ed", "er", "est", "ing", "o", "y"};
    double sum = 0;
    std::vector<double> shares;
    for (std::size_t i = 0; i < kVocabulary; ++i) {
      std::string word = kBeginnings[i % 17];
      word += kMiddles[i / 17 % 10];
      if (i >= 1190) word += std::string("aeiou").substr(i / 1190 - 1, 1) + kMiddles[(i + i / 1190) % 10];
      words_.push_back(word + kEnds[i / 170 % 7]);
      shares.push_back(1.0 / static_cast<double>(i + 1));
      sum += shares.back();
    }
    rank_ = std::discrete_distribution<std::size_t>(shares.begin(), shares.end());
  }
  const std::string& word(std::size_t rank) const { return words_[rank]; }
  const std::string& any() { return words_[rank_(random_)]; }
  std::string note() {
    std::string out;
    for (std::size_t i = 0; i < kWordsOfANote; ++i) out += any() + (i % 14 == 13 ? ". " : " ");
    return out;
  }

 private:
  std::vector<std::string> words_;
  std::discrete_distribution<std::size_t> rank_;
  std::mt19937 random_{20261127};
};

void receive_notes(store::Store& store, std::size_t count, Language& language) {
  Server server;
  std::vector<std::string> children;
  for (std::size_t i = 0; i < kChildren; ++i) {
    children.push_back(language.word(1000 + i));
    server.child(children.back());
  }
  for (std::size_t i = 0; i < count; ++i) {
    auto visit = visit_to({children[i % kChildren]}, language.note());
    const auto number = std::to_string(i);
    visit.id = id_of("visit/" + number);
    const auto record = model::record_of(visit, visit.children.front(), id_of("record/" + number), at(9));
    model::Revision revision;
    revision.record = record.id;
    revision.rev = 1;
    revision.kind = model::RecordKind::ChildRecord;
    revision.at = at(9);
    revision.body = wire::encode(record);
    server.add(record.part.id, std::move(revision));
  }
  sync(store, server);
}

/// What people type, letter by letter: names and words, rare and common, alone and two together.
std::vector<std::string> searches(Language& language) {
  std::vector<std::string> out;
  for (int i = 0; i < 20; ++i) {
    const std::string one = language.any(), rare = language.word(kVocabulary / 2 + static_cast<std::size_t>(i));
    for (std::size_t letters = 1; letters <= rare.size(); ++letters) out.push_back(rare.substr(0, letters));
    out.push_back(one);
    out.push_back(one + " " + rare);
    out.push_back(language.word(1000 + static_cast<std::size_t>(i) % kChildren));
  }
  return out;
}

/// The same as the store's FTS5 expression.
std::string expression(std::string_view typed) {
  std::string out = "\"";
  for (const char c : typed) out += c == ' ' ? std::string("\" \"") : std::string(1, c);
  return out + "\"*";
}

}  // namespace

// The search box: Store::search() as the app calls it after every letter, beside what FTS5 takes for the fifty best of the same index.
TEST_CASE("search", "[search]") {
  const std::size_t notes = quick() ? 100 : 10'000;
  const int times = quick() ? 1 : 5;
  Folder folder;
  Language language;
  store::Store store = open_store(folder / "ours.db");
  receive_notes(store, notes, language);
  RawDb raw(folder / "ours.db", std::string(the_key().view()) + the_salt());
  sqlite3_stmt* query = raw.prepare("SELECT rowid, title, snippet(words, -1, char(2), char(3), '…', 16) FROM words WHERE words MATCH ?1"
                                    " AND rank MATCH 'bm25(10.0, 1.0)' ORDER BY rank LIMIT " + std::to_string(limits::kSearchHits));
  const auto typed = searches(language);

  std::size_t at = 0, found = 0, raw_found = 0;
  const auto ours = [&] {
    return ms_of([&] { found += must(store.search(typed[at], limits::kSearchHits)).size(); });
  };
  const auto yardstick = [&] {
    const std::string words = expression(typed[at]);
    return ms_of([&] {
      sqlite3_bind_text(query, 1, words.data(), static_cast<int>(words.size()), SQLITE_STATIC);
      while (sqlite3_step(query) == SQLITE_ROW) ++raw_found, (void)RawRow(query).columns();
      sqlite3_reset(query);
    });
  };
  for (at = 0; at < typed.size(); ++at) ours(), yardstick();  // pages into both caches
  int turn = 0;
  const auto next = [&] { at = static_cast<std::size_t>(turn++) % typed.size(); };
  const Sides sides = take_turns(static_cast<int>(typed.size()) * times, ours, yardstick, next);
  REQUIRE(found == raw_found);
  tell("search p50", median(sides.ours), median(sides.yardstick), std::to_string(typed.size()) + " searches of " + std::to_string(notes) +
       " notes of " + std::to_string(kWordsOfANote) + " words, as they are typed, each " + std::to_string(times) + " times");
  tell("search p99", quantile(sides.ours, 0.99), quantile(sides.yardstick, 0.99), "the same");
}
