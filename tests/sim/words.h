#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace doorstep::sim {

/// Which words are somewhere.
using Found = std::vector<std::uint8_t>;

/// Every word anybody typed. Each is a token of its own, so that a text can be asked which words it still holds.
class Words {
 public:
  enum class Fate : std::uint8_t {
    Unsaved,  ///< "Saved" was never said
    Kept,     ///< must be found for ever
    Gone,     ///< a person took it out, or the only disk that had it was destroyed
  };

  std::string make() {
    fates_.push_back(Fate::Unsaved);
    return token(fates_.size() - 1);
  }
  static std::string token(std::size_t word) { return "q" + std::to_string(word) + "z"; }
  std::size_t size() const { return fates_.size(); }
  Fate fate(std::size_t word) const { return fates_[word]; }
  void saved(std::string_view text) {
    each(text, [&](std::size_t word) {
      if (fates_[word] == Fate::Unsaved) fates_[word] = Fate::Kept;
    });
  }
  void taken_out(std::size_t word) { fates_[word] = Fate::Gone; }

  /// Calls `with` for each word of a text, as often as it is there.
  template <class With>
  void each(std::string_view text, const With& with) const {
    for (std::size_t at = text.find('q'); at != text.npos; at = text.find('q', at + 1)) {
      std::size_t word = 0, end = at + 1;
      for (; end < text.size() && text[end] >= '0' && text[end] <= '9' && end < at + 9; ++end)
        word = word * 10 + static_cast<std::size_t>(text[end] - '0');
      if (end > at + 1 && end < text.size() && text[end] == 'z' && word < fates_.size()) with(word);
    }
  }
  void find(std::string_view text, Found& found) const {
    if (found.size() < fates_.size()) found.resize(fates_.size());
    each(text, [&](std::size_t word) { found[word] = 1; });
  }

 private:
  std::vector<Fate> fates_;
};

inline bool has(const Found& found, std::size_t word) { return word < found.size() && found[word] != 0; }
inline void join(Found& into, const Found& from) {
  if (into.size() < from.size()) into.resize(from.size());
  for (std::size_t i = 0; i < from.size(); ++i) into[i] = into[i] || from[i];
}

}  // namespace doorstep::sim
