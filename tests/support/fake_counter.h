#pragma once
#include <algorithm>
#include <cstdint>

#include "platform/vault/key_provider.h"

namespace doorstep::vault {

/// What a chip keeps. `cut`: how many raises from now on never reach it: the power went.
struct ChipsMemory {
  std::uint64_t number = 0, highest = 41;
  bool begun = false, refuses = false, answers = true;
  int cut = 0;
};

/// A counter as a chip has it. `memory` must outlive this.
class FakeCounter final : public Counter {
 public:
  explicit FakeCounter(ChipsMemory& memory) : memory_(memory) {}
  Result<std::uint64_t> read() override {
    if (!memory_.answers) return Error{Fault::Offline, "vault.chip", ""};
    if (!memory_.begun) return Error{Fault::NotFound, "vault.counter", ""};
    return memory_.number;
  }
  Result<std::uint64_t> raise() override {
    if (!memory_.answers) return Error{Fault::Offline, "vault.chip", ""};
    if (memory_.refuses) return Error{Fault::Io, "vault.counter", ""};
    if (memory_.cut > 0 && memory_.cut--) return Error{Fault::Offline, "vault.chip", ""};
    if (!memory_.begun) memory_.number = memory_.highest;
    memory_.begun = true;
    memory_.highest = std::max(memory_.highest, ++memory_.number);
    return memory_.number;
  }
  Result<void> remove() override {
    memory_.begun = false;
    return {};
  }

 private:
  ChipsMemory& memory_;
};

}  // namespace doorstep::vault
