// What is left in the process's memory after a database was closed. Not under sanitizers, which keep copies of their own.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#include <catch2/catch_test_macros.hpp>

#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "tests/sql/folder.h"

using namespace doorstep;
using namespace doorstep::sql;

namespace {

constexpr std::size_t kSize = 64;
constexpr unsigned char kMask = 0x5a;

/// The canary itself exists only while it is needed; what is searched for is kept masked.
struct Canary {
  Canary() {
    randombytes_buf(masked, kSize);
    for (auto& c : masked) c = static_cast<unsigned char>(('a' + c % 26) ^ kMask);
  }
  explicit Canary(const base::Secret& bytes) {
    REQUIRE(bytes.size() >= 16);
    for (std::size_t i = 0; i < kSize; ++i) masked[i] = static_cast<unsigned char>(bytes.data()[i % bytes.size()] ^ kMask);
  }
  /// `bytes` in hex.
  static Canary of_hex(const base::Secret& bytes) {
    Canary out(bytes);
    static constexpr char kDigits[] = "0123456789abcdef";
    for (std::size_t i = 0; i < kSize; ++i) {
      unsigned char byte = bytes.data()[i / 2 % bytes.size()];
      out.masked[i] = static_cast<unsigned char>(kDigits[i % 2 ? byte & 15 : byte >> 4] ^ kMask);
    }
    return out;
  }
  void show(char* out) const {
    for (std::size_t i = 0; i < kSize; ++i) out[i] = static_cast<char>(masked[i] ^ kMask);
  }
  bool at(const unsigned char* p, std::size_t size) const {
    for (std::size_t i = 0; i < size; ++i)
      if ((p[i] ^ kMask) != masked[i]) return false;
    return true;
  }
  unsigned char masked[kSize];
};

/// How often the canary's first 16 bytes stand in writable memory of this process.
int found_in_memory(const Canary& canary) {
  constexpr std::size_t kProbe = 16;
  int found = 0;
  int memory = ::open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  REQUIRE(memory >= 0);
  std::ifstream maps("/proc/self/maps");
  std::vector<unsigned char> chunk(1 << 20);
  for (std::string line; std::getline(maps, line);) {
    unsigned long begin = 0, end = 0;
    char access[5] = "";
    REQUIRE(std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, access) == 3);
    if (std::string_view(access).substr(0, 2) != "rw") continue;
    for (unsigned long at = begin; at < end; at += chunk.size() - kProbe) {
      auto want = std::min<std::size_t>(chunk.size(), end - at);
      ssize_t got = ::pread(memory, chunk.data(), want, static_cast<off_t>(at));
      for (ssize_t i = 0; i + static_cast<ssize_t>(kProbe) <= got; ++i)
        if (canary.at(chunk.data() + i, kProbe)) ++found;
      sodium_memzero(chunk.data(), chunk.size());
    }
  }
  ::close(memory);
  return found;
}

}  // namespace

TEST_CASE("memory: after a close nothing of the rows, the search index or the key is left", "[sql][H56]") {
  const Canary canary;
  Folder folder;
  base::Secret key = base::Secret::random(32);
  const Canary raw_key(key), hex_key = Canary::of_hex(key);
  {
    DbOptions options;
    options.mode = OpenMode::Create;
    auto db = Db::open(folder.file(), key, folder.salt, options);
    REQUIRE(db.has_value());
    key = base::Secret();
    REQUIRE(db->script("CREATE TABLE t(a TEXT); CREATE VIRTUAL TABLE f USING fts5(a)").has_value());
    char text[kSize];
    canary.show(text);
    for (int i = 0; i < 50; ++i) {
      REQUIRE(db->exec("INSERT INTO t VALUES(?1)", std::string_view(text, kSize)).has_value());
      REQUIRE(db->exec("INSERT INTO f VALUES(?1)", std::string_view(text, kSize)).has_value());
    }
    int rows = 0;
    REQUIRE(db->query("SELECT a FROM t ORDER BY a", [&](const Row& row) { rows += row.text(0).size() == kSize; }).has_value());
    CHECK(rows == 50);
    sodium_memzero(text, kSize);
    CHECK(found_in_memory(canary) > 0);  // the search finds what is there
  }
  CHECK(found_in_memory(canary) == 0);
  CHECK(found_in_memory(raw_key) == 0);
  CHECK(found_in_memory(hex_key) == 0);
}
#endif
