#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "platform/base/error.h"
#include "tests/support/folder.h"

/// What the harnesses share. A harness is one file, <room>_<what>_fuzz.cpp: it hands any bytes to a decoder, and asserts
/// (DOORSTEP_ASSERT, which aborts) what that decoder promises. libFuzzer runs it under ASan and UBSan; test_fuzz replays the kept
/// corpus with every other build.
namespace doorstep::fuzz {

using Run = void (*)(std::string_view input);
struct Harness {
  std::string name;
  Run run;
};

/// Every harness that is linked in.
inline std::vector<Harness>& harnesses() {
  static std::vector<Harness> all;
  return all;
}
struct Enter {
  Enter(const char* name, Run run) { harnesses().push_back({name, run}); }
};

/// `FUZZ(wire_json) { ... input ... }`
#define FUZZ(name)                                                             \
  static void fuzz_##name(std::string_view input);                             \
  static const ::doorstep::fuzz::Enter enter_##name(#name, fuzz_##name);       \
  static void fuzz_##name([[maybe_unused]] std::string_view input)

/// A refusal that a person can do something with.
inline void names_a_place(const base::Error& error) { DOORSTEP_ASSERT(!error.where.empty() && !error.detail.empty()); }

/// Stands between the parts of an input: in no JSON, no CSV, no PEM.
inline constexpr char kBetween = '\x1e';

/// At most `most` parts; the last has the rest.
inline std::vector<std::string_view> parts(std::string_view input, std::size_t most) {
  std::vector<std::string_view> out;
  for (auto at = input.find(kBetween); at != input.npos && out.size() + 1 < most; at = input.find(kBetween)) {
    out.push_back(input.substr(0, at));
    input.remove_prefix(at + 1);
  }
  out.push_back(input);
  return out;
}

/// Takes the first byte off, to choose by; 0 when there is none.
inline char first(std::string_view& input) {
  if (input.empty()) return 0;
  const char out = input.front();
  input.remove_prefix(1);
  return out;
}

/// A folder for this process, in memory where there is such a place; gone at its end.
class Folder : public support::Folder {
 public:
  Folder() : support::Folder(std::filesystem::is_directory("/dev/shm") ? "/dev/shm" : std::filesystem::temp_directory_path()) {}
  std::filesystem::path file(const char* name) const { return *this / name; }
};

}  // namespace doorstep::fuzz
