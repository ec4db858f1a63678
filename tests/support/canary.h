#pragma once
#include <filesystem>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// Phrases that may stand in no file of tablet or server, and must be found in what their databases hold once decrypted.
namespace doorstep::support {

using Canaries = std::span<const std::string>;

std::string utf16(std::string_view ascii);
/// Which canaries `bytes` holds, as UTF-8 or UTF-16. Of a file the longest word of a phrase alone is enough; of a dump all of it
/// is wanted.
std::vector<std::string> found_in(std::string_view bytes, Canaries canaries, bool whole_phrase = false);

struct Scan {
  std::vector<std::string> found;  ///< "canary in file"
  std::set<std::string> names;     ///< of the files that were read
  std::size_t files = 0, bytes = 0;
};
/// Every file below these folders; one that is not there has none. A file that goes meanwhile is passed over.
Scan scan(const std::vector<std::filesystem::path>& roots, Canaries canaries);

/// Everything a store or a database can tell, as one text. Throws.
template <class Database>
std::string dump_of(Database database) {
  std::string all;
  auto done = database.dump([&](std::string_view line) { (all += line) += '\n'; });
  if (!done) throw std::runtime_error(done.error().detail);
  return all;
}

}  // namespace doorstep::support
