#pragma once
#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

/// Timing of two sides in one run, and the table they go into.
namespace doorstep::bench {

/// Only proves that it runs: few rounds, and no limit is judged.
bool quick();
/// Every screen is wanted, not only the worst.
bool each();

template <class Work>
double ms_of(const Work& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

/// The smallest value that `share` of them do not exceed.
inline double quantile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  const auto at = static_cast<std::size_t>(share * static_cast<double>(values.size()));
  return values.at(std::min(at, values.size() - 1));
}
inline double median(const std::vector<double>& values) { return quantile(values, 0.5); }

struct Sides {
  std::vector<double> ours, yardstick;  ///< ms, one of each per round
};
/// Takes turns, and turns about in who goes first, so that a busy machine hits both alike. Each side returns its ms;
/// `before` comes before both and is not counted.
template <class Ours, class Yardstick, class Before>
Sides take_turns(int rounds, const Ours& ours, const Yardstick& yardstick, const Before& before) {
  Sides out;
  for (int i = 0; i < rounds; ++i) {
    before();
    if (i % 2 == 0) out.ours.push_back(ours());
    out.yardstick.push_back(yardstick());
    if (i % 2 != 0) out.ours.push_back(ours());
  }
  return out;
}

/// One line of the table. `figure`: a name of kFigures, both sides in its unit. `about`: what was measured exactly, in a few words.
void tell(std::string_view figure, double ours, double yardstick, std::string about);

}  // namespace doorstep::bench
