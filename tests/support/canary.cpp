#include "tests/support/canary.h"

#include <fstream>
#include <sstream>

namespace doorstep::support {
namespace {

std::string longest_word(const std::string& phrase) {
  std::istringstream words(phrase);
  std::string longest;
  for (std::string word; words >> word;)
    if (word.size() > longest.size()) longest = word;
  return longest;
}

}  // namespace

std::string utf16(std::string_view ascii) {
  std::string out;
  for (char c : ascii) (out += c) += '\0';
  return out;
}

std::vector<std::string> found_in(std::string_view bytes, Canaries canaries, bool whole_phrase) {
  std::vector<std::string> out;
  for (const auto& canary : canaries) {
    const std::string needle = whole_phrase ? canary : longest_word(canary);
    if (bytes.find(needle) != bytes.npos || bytes.find(utf16(needle)) != bytes.npos) out.push_back(canary);
  }
  return out;
}

Scan scan(const std::vector<std::filesystem::path>& roots, Canaries canaries) {
  Scan out;
  for (const auto& root : roots) {
    if (!std::filesystem::exists(root)) continue;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string bytes((std::istreambuf_iterator<char>(file)), {});
      for (const auto& canary : found_in(bytes, canaries)) out.found.push_back(canary + " in " + entry.path().string());
      for (const auto& canary : found_in(entry.path().string(), canaries)) out.found.push_back(canary + " in the name of a file");
      out.names.insert(entry.path().filename().string());
      ++out.files;
      out.bytes += bytes.size();
    }
  }
  return out;
}

}  // namespace doorstep::support
