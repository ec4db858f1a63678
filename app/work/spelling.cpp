#include "app/work/spelling.h"

#include <pthread.h>

#include <algorithm>
#include <hunspell/hunspell.hxx>

#include "platform/base/log.h"
#include "platform/base/secret.h"

namespace doorstep::work {
namespace {

constexpr std::size_t kFurthest = 2;  ///< letters: beyond, Hunspell offers "infrareds" for "freinds"
constexpr std::string_view kCurly = "\u2019";

std::vector<std::string> letters_of(std::string_view word) {
  std::vector<std::string> out;
  for (const char c : word) {
    const auto byte = static_cast<unsigned char>(c);
    const bool continues = (byte & 0xC0) == 0x80 && !out.empty();
    if (continues) out.back().push_back(c);
    else out.emplace_back(1, byte >= 'A' && byte <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  return out;
}

/// As the note has them: whoever writes “don’t” is not offered “don't”.
std::string with_apostrophes_of(std::string suggestion, std::string_view word) {
  if (word.find(kCurly) == std::string_view::npos) return suggestion;
  for (auto at = suggestion.find('\''); at != std::string::npos; at = suggestion.find('\'', at + kCurly.size()))
    suggestion.replace(at, 1, kCurly);
  return suggestion;
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  const auto from = letters_of(a), to = letters_of(b);
  std::vector<std::vector<std::size_t>> d(from.size() + 1, std::vector<std::size_t>(to.size() + 1));
  for (std::size_t i = 0; i <= from.size(); ++i) d[i][0] = i;
  for (std::size_t k = 0; k <= to.size(); ++k) d[0][k] = k;
  for (std::size_t i = 1; i <= from.size(); ++i)
    for (std::size_t k = 1; k <= to.size(); ++k) {
      d[i][k] = std::min({d[i - 1][k] + 1, d[i][k - 1] + 1, d[i - 1][k - 1] + (from[i - 1] != to[k - 1])});
      if (i > 1 && k > 1 && from[i - 1] == to[k - 2] && from[i - 2] == to[k - 1]) d[i][k] = std::min(d[i][k], d[i - 2][k - 2] + 1);
    }
  return d[from.size()][to.size()];
}

bool Speller::is_in(const std::filesystem::path& folder) {
  std::error_code none;
  return std::filesystem::is_regular_file(folder / "en_GB.aff", none) && std::filesystem::is_regular_file(folder / "en_GB.dic", none);
}

std::optional<Speller> Speller::open(const std::filesystem::path& folder) {
  if (!is_in(folder)) return std::nullopt;
  return Speller(std::make_unique<Hunspell>((folder / "en_GB.aff").c_str(), (folder / "en_GB.dic").c_str()));
}

Speller::Speller(std::unique_ptr<Hunspell> hunspell) : hunspell_(std::move(hunspell)) {}
Speller::Speller(Speller&&) noexcept = default;
Speller& Speller::operator=(Speller&&) noexcept = default;
Speller::~Speller() = default;

bool Speller::knows(const std::string& word) const { return hunspell_->spell(word); }

std::vector<std::string> Speller::suggest(const std::string& word) const {
  std::vector<std::string> out;
  for (auto& one : hunspell_->suggest(word)) {
    auto suggestion = with_apostrophes_of(std::move(one), word);
    if (out.size() < limits::kSuggestions && edit_distance(word, suggestion) <= kFurthest) out.push_back(std::move(suggestion));
  }
  return out;
}

SpellingWorker::SpellingWorker(std::filesystem::path folder, std::function<void(state::Event)> say)
    : folder_(std::move(folder)), say_(std::move(say)), thread_([this] { serve(); }) {}

SpellingWorker::~SpellingWorker() {
  jobs_.close();
  thread_.join();
}

void SpellingWorker::run(Job job) {
  if (!jobs_.try_push(job)) base::log_event("spelling.queue_full");
}

void SpellingWorker::serve() {
  ::pthread_setname_np(::pthread_self(), "spelling");
  while (answer_next()) base::wipe_stack();  // this thread outlives the lock, and a short word lies on its stack
}

bool SpellingWorker::answer_next() {
  auto job = jobs_.pop();
  if (!job || jobs_.closed()) return false;
  if (!opened_) {
    speller_ = Speller::open(folder_);
    opened_ = true;
    if (!speller_) base::log_event("spelling.no_dictionary");
  }
  if (auto* check = std::get_if<state::CheckSpelling>(&*job)) {
    state::SpellingChecked checked;
    for (auto& word : check->words) (!speller_ || speller_->knows(word) ? checked.right : checked.wrong).push_back(std::move(word));
    say_(std::move(checked));
  } else {
    auto& word = std::get<state::SuggestSpelling>(*job).word;
    auto suggestions = speller_ ? speller_->suggest(word) : std::vector<std::string>();
    say_(state::SpellingSuggested{std::move(word), std::move(suggestions)});
  }
  return true;
}

}  // namespace doorstep::work
