#pragma once
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "platform/base/bytes.h"
#include "platform/base/id.h"
#include "tests/sim/words.h"

namespace doorstep::sim {

/// Every photo anybody took: some tens of bytes to a few hundred, each like no other. Texts name them by their SHA-256.
class Photos {
 public:
  using Fate = Words::Fate;
  struct Photo {
    std::string bytes, sha256;
    Fate fate = Fate::Unsaved;
    bool spoiled = false;   ///< something happened to a file of it
    bool set_back = false;  ///< a tablet lost it when it was put back to an image
    std::set<base::Id> taken_by;
  };

  std::size_t make(std::size_t size) {
    const std::size_t number = all_.size();
    Photo photo;
    photo.bytes = "\xFF\xD8\xFF" + std::to_string(number) + ":";
    while (photo.bytes.size() < size) photo.bytes += base::sha256(photo.bytes);
    photo.sha256 = base::sha256_hex(photo.bytes);
    by_hash_[photo.sha256] = number;
    all_.push_back(std::move(photo));
    return number;
  }
  bool empty() const { return all_.empty(); }
  std::size_t size() const { return all_.size(); }
  Photo& operator[](std::size_t photo) { return all_[photo]; }
  /// size() when nobody took it.
  std::size_t number_of(const std::string& sha256) const {
    const auto found = by_hash_.find(sha256);
    return found == by_hash_.end() ? all_.size() : found->second;
  }
  /// Calls `with` for each photo that a text names, also where it is JSON in JSON.
  template <class With>
  void each(std::string_view text, const With& with) const {
    if (all_.empty()) return;
    constexpr std::string_view kKey = "sha256";
    for (std::size_t at = text.find(kKey); at != text.npos; at = text.find(kKey, at + 1)) {
      const std::size_t begin = text.find_first_not_of("\\\":", at + kKey.size());
      if (begin == text.npos) return;
      const std::size_t photo = number_of(std::string(text.substr(begin, 64)));
      if (photo < all_.size()) with(photo);
    }
  }
  std::set<std::size_t> named_in(std::string_view text) const {
    std::set<std::size_t> out;
    each(text, [&](std::size_t photo) { out.insert(photo); });
    return out;
  }

 private:
  std::vector<Photo> all_;
  std::map<std::string, std::size_t> by_hash_;
};

}  // namespace doorstep::sim
