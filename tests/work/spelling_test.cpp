#include "app/work/spelling.h"

#include <catch2/catch_test_macros.hpp>
#include <condition_variable>
#include <mutex>

using namespace doorstep;
using namespace doorstep::work;

namespace {

/// Hears the worker, and waits for what it says.
struct Listener {
  std::mutex mutex;
  std::condition_variable bell;
  std::vector<state::Event> heard;

  void hear(state::Event event) {
    const std::lock_guard lock(mutex);
    heard.push_back(std::move(event));
    bell.notify_one();
  }
  template <class E>
  E wait() {
    std::unique_lock lock(mutex);
    REQUIRE(bell.wait_for(lock, std::chrono::seconds(30), [&] { return !heard.empty(); }));
    auto event = std::get<E>(heard.front());
    heard.erase(heard.begin());
    return event;
  }
};

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("spelling: British English, with either apostrophe", "[work]") {
  const auto speller = Speller::open(kDictionaries);
  REQUIRE(speller.has_value());
  for (const char* word : {"colour", "organise", "organize", "mum's", "mum’s", "didn’t", "safeguarding", "well-known", "café"}) {
    INFO(word);
    CHECK(speller->knows(word));
  }
  for (const char* word : {"freinds", "definately", "neglegt", "colur"}) {
    INFO(word);
    CHECK_FALSE(speller->knows(word));
  }
}

TEST_CASE("spelling: at most four suggestions, none far away", "[work]") {
  const auto speller = Speller::open(kDictionaries);
  REQUIRE(speller.has_value());
  const auto friends = speller->suggest("freinds");
  REQUIRE_FALSE(friends.empty());
  CHECK(friends.front() == "friends");
  CHECK(std::find(friends.begin(), friends.end(), "infrareds") == friends.end());
  for (const char* word : {"freinds", "definately", "neglegt", "colur", "tehn", "sed", "xqzzkjw"}) {
    INFO(word);
    const auto suggestions = speller->suggest(word);
    CHECK(suggestions.size() <= limits::kSuggestions);
    for (const auto& one : suggestions) CHECK(edit_distance(word, one) <= 2);
  }
  CHECK(speller->suggest("xqzzkjw").empty());
  const auto curly = speller->suggest("did’nt");
  CHECK(std::find(curly.begin(), curly.end(), "didn’t") != curly.end());
}

TEST_CASE("spelling: how far words are apart", "[work]") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("Friend", "friend") == 0);
  CHECK(edit_distance("freind", "friend") == 1);
  CHECK(edit_distance("cafe", "café") == 1);
  CHECK(edit_distance("freinds", "infrareds") > 2);
  CHECK(edit_distance("", "ab") == 2);
}

TEST_CASE("spelling: the thread answers each job in turn", "[work]") {
  Listener listener;
  SpellingWorker worker(kDictionaries, [&](state::Event event) { listener.hear(std::move(event)); });
  worker.run(state::CheckSpelling{{"the", "freinds", "of", "definately"}});
  worker.run(state::SuggestSpelling{"freinds"});
  const auto checked = listener.wait<state::SpellingChecked>();
  CHECK(checked.right == Words{"the", "of"});
  CHECK(checked.wrong == Words{"freinds", "definately"});
  const auto suggested = listener.wait<state::SpellingSuggested>();
  CHECK(suggested.word == "freinds");
  CHECK_FALSE(suggested.suggestions.empty());
}

TEST_CASE("spelling: without a dictionary every word is right", "[work]") {
  Listener listener;
  CHECK_FALSE(Speller::is_in("/nowhere"));
  SpellingWorker worker("/nowhere", [&](state::Event event) { listener.hear(std::move(event)); });
  worker.run(state::CheckSpelling{{"freinds"}});
  worker.run(state::SuggestSpelling{"freinds"});
  CHECK(listener.wait<state::SpellingChecked>().right == Words{"freinds"});
  CHECK(listener.wait<state::SpellingSuggested>().suggestions.empty());
}

TEST_CASE("spelling: the thread ends, with work or without", "[work]") {
  { SpellingWorker idle(kDictionaries, [](state::Event) {}); }
  Listener listener;
  SpellingWorker busy(kDictionaries, [&](state::Event event) { listener.hear(std::move(event)); });
  for (std::size_t i = 0; i < limits::kSpellingQueue; ++i) busy.run(state::SuggestSpelling{"freinds"});
}
