#pragma once
#include <cstdint>
#include <string_view>

namespace doorstep::sim {

/// The simulator's only source of chance (SplitMix64): a seed gives the same numbers on every machine.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  std::size_t below(std::size_t n) { return n == 0 ? 0 : static_cast<std::size_t>(next() % n); }
  bool percent(int chance) { return below(100) < static_cast<std::size_t>(chance); }
  double unit() { return static_cast<double>(next() >> 11) / 9007199254740992.0; }  // 2^53
  template <class List>
  auto& pick(List& list) { return list[below(list.size())]; }

 private:
  std::uint64_t state_;
};

/// What happened, boiled down to one number: two runs of one seed must agree on it.
class Trace {
 public:
  void add(std::string_view text) {
    for (unsigned char c : text) hash_ = (hash_ ^ c) * 0x100000001b3;  // FNV-1a
    hash_ = (hash_ ^ 0xff) * 0x100000001b3;
  }
  std::uint64_t hash() const { return hash_; }

 private:
  std::uint64_t hash_ = 0xcbf29ce484222325;
};

}  // namespace doorstep::sim
