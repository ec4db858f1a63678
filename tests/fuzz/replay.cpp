// test_fuzz: feeds the kept corpus to every harness, with whatever compiler built it. The last file named is the one it fell over.
//   test_fuzz                  everything in tests/fuzz/corpus
//   test_fuzz <harness> <file>  one
#include <algorithm>
#include <cstdio>

#include "platform/base/file.h"
#include "platform/base/limits.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/tree.h"

namespace {

namespace fs = std::filesystem;
using namespace doorstep;

bool feed(const fuzz::Harness& harness, const fs::path& file) {
  std::printf("%s %s\n", harness.name.c_str(), file.c_str());
  std::fflush(stdout);
  const auto bytes = base::read_file(file, limits::kBodyBytes);
  if (bytes.has_value()) harness.run(*bytes);
  else std::fprintf(stderr, "test_fuzz: cannot read %s\n", file.c_str());
  return bytes.has_value();
}

bool feed_corpus(const fuzz::Harness& harness) {
  const fs::path folder = support::tree("tests/fuzz/corpus") / harness.name;
  std::vector<fs::path> files;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  if (files.empty()) std::fprintf(stderr, "test_fuzz: there is nothing in %s\n", folder.c_str());
  return !files.empty() && std::all_of(files.begin(), files.end(), [&](const fs::path& file) { return feed(harness, file); });
}

}  // namespace

int main(int argc, char** argv) {
  bool good = true, found = false;
  for (const auto& harness : fuzz::harnesses()) {
    if (argc > 1 && harness.name != argv[1]) continue;
    found = true;
    good = (argc > 2 ? feed(harness, argv[2]) : feed_corpus(harness)) && good;
  }
  if (!found) std::fprintf(stderr, "test_fuzz: there is no such harness\n");
  return good && found ? 0 : 1;
}
