#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "app/state/effects.h"
#include "app/state/events.h"
#include "platform/base/bounded_queue.h"
#include "platform/base/limits.h"

class Hunspell;

namespace doorstep::work {

inline constexpr const char* kDictionaries = "/usr/share/hunspell";  ///< Debian's place for them; hunspell-en-gb puts en_GB there

/// The British English dictionary. Not thread-safe, as Hunspell is not. Nothing is ever added to it.
class Speller {
 public:
  static bool is_in(const std::filesystem::path& folder);
  /// Empty: there is none. Reads two files of a megabyte: 30 to 80 ms.
  static std::optional<Speller> open(const std::filesystem::path& folder);
  Speller(Speller&&) noexcept;
  Speller& operator=(Speller&&) noexcept;
  ~Speller();

  bool knows(const std::string& word) const;
  /// The likeliest first; at most limits::kSuggestions, none further away than two letters. Up to 60 ms.
  std::vector<std::string> suggest(const std::string& word) const;

 private:
  explicit Speller(std::unique_ptr<Hunspell> hunspell);
  std::unique_ptr<Hunspell> hunspell_;
};

/// Letters to put in, take out, change or swap until `a` is `b`; capitals are no difference.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The thread `spelling`. It opens the dictionary when it is first asked; where there is none, every word is right.
class SpellingWorker {
 public:
  using Job = std::variant<state::CheckSpelling, state::SuggestSpelling>;
  /// `say`: called on the thread.
  SpellingWorker(std::filesystem::path folder, std::function<void(state::Event)> say);
  ~SpellingWorker();  ///< joins
  SpellingWorker(const SpellingWorker&) = delete;
  SpellingWorker& operator=(const SpellingWorker&) = delete;

  /// Never blocks. What a full queue has no room for is not answered: those words stay unmarked.
  void run(Job job);

 private:
  void serve();
  [[gnu::noinline]] bool answer_next();  ///< waits; false once closed

  std::filesystem::path folder_;
  std::function<void(state::Event)> say_;
  bool opened_ = false;
  std::optional<Speller> speller_;
  base::BoundedQueue<Job> jobs_{limits::kSpellingQueue};
  std::thread thread_;
};

}  // namespace doorstep::work
