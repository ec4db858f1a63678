#include "platform/base/sealed_file.h"

#include <catch2/catch_test_macros.hpp>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <fstream>

#include "platform/base/bytes.h"

using namespace doorstep;
using base::Fault;
using base::SealedFile;

namespace {

class Folder {
 public:
  Folder() { REQUIRE(::mkdtemp(path_.data()) != nullptr); }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::filesystem::path operator/(const char* name) const { return std::filesystem::path(path_) / name; }

 private:
  std::string path_ = (std::filesystem::temp_directory_path() / "doorstep-sealed-XXXXXX").string();
};

std::string bytes_in(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

const std::string kContent = "canary: the drawing she made of the house" + std::string(5000, 'x') + "the end";

}  // namespace

TEST_CASE("sealed file: what was appended is read back from anywhere, whole only when it was finished", "[base]") {
  Folder folder;
  const auto key = base::Secret::random(SealedFile::kKeyBytes);
  SealedFile file(folder / "a", "photo a", key);
  CHECK(file.size().value() == 0);
  CHECK(file.read(0, 10).error().fault == Fault::NotFound);
  std::int64_t at = 0;
  for (const std::size_t piece : {1u, 999u, 4000u, 10'000u}) {
    const auto next = std::string_view(kContent).substr(static_cast<std::size_t>(at), piece);
    at = file.append(at, next).value();
  }
  CHECK(at == static_cast<std::int64_t>(kContent.size()));
  CHECK_FALSE(file.whole());
  CHECK(file.read(0, 100'000).value() == kContent);
  CHECK(file.read(900, 200).value() == kContent.substr(900, 200));
  CHECK(file.read(at, 10).value().empty());
  CHECK(file.sha256_hex().value() == base::sha256_hex(kContent));

  CHECK(file.append(3, "at the wrong place").value() == at);
  CHECK(file.append(at + 1, "after a gap").value() == at);
  REQUIRE(file.finish().has_value());
  REQUIRE(file.finish().has_value());
  CHECK(file.whole());
  CHECK(SealedFile(folder / "a", "photo a", key).sha256_hex().value() == base::sha256_hex(kContent));
  CHECK(file.append(at, "more").error().fault == Fault::Conflict);
  CHECK(bytes_in(folder / "a").find("canary") == std::string::npos);
  REQUIRE(file.remove().has_value());
  REQUIRE(file.remove().has_value());
  CHECK(file.size().value() == 0);
}

TEST_CASE("sealed file: cut off at any byte it goes on after its last whole piece", "[base]") {
  Folder folder;
  const auto key = base::Secret::random(SealedFile::kKeyBytes);
  SealedFile file(folder / "a", "photo a", key);
  REQUIRE(file.append(0, "first piece").value() == 11);
  const auto one = bytes_in(folder / "a.part").size();
  REQUIRE(file.append(11, "second piece").value() == 23);
  const auto two = bytes_in(folder / "a.part");
  for (std::size_t cut = 0; cut <= two.size(); ++cut)
    for (const bool zeros : {false, true}) {  // of a file that had grown, and whose bytes had not come
      if (zeros && cut < one) continue;       // the first was durable by then
      std::string torn = two.substr(0, cut);
      if (zeros) torn.resize(two.size());
      std::ofstream(folder / "a.part", std::ios::binary) << torn;
      const std::int64_t whole = torn == two ? 23 : cut >= one ? 11 : 0;  // one seal of 256 ends in a zero of its own
      INFO(cut << zeros);
      REQUIRE(file.size().value() == whole);
      const std::string rest = std::string("first piecesecond piece").substr(static_cast<std::size_t>(whole));
      REQUIRE(file.append(whole, rest).value() == 23);
      REQUIRE(file.read(0, 100).value() == "first piecesecond piece");
    }
}

TEST_CASE("sealed file: another key, another name, a moved piece and every flipped bit are noticed", "[base]") {
  Folder folder;
  const auto key = base::Secret::random(SealedFile::kKeyBytes);
  SealedFile file(folder / "a", "photo a", key);
  REQUIRE(file.append(0, "12345678").value() == 8);
  const auto first = bytes_in(folder / "a.part");
  REQUIRE(file.append(8, "abcdefgh").value() == 16);
  REQUIRE(file.finish().has_value());
  const auto good = bytes_in(folder / "a");
  CHECK(SealedFile(folder / "a", "photo b", key).sha256_hex().error().fault == Fault::Corrupt);
  CHECK(SealedFile(folder / "a", "photo a", base::Secret::random(32)).sha256_hex().error().fault == Fault::Corrupt);
  std::ofstream(folder / "a", std::ios::binary) << good.substr(first.size()) << first;
  CHECK(file.sha256_hex().error().fault == Fault::Corrupt);
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    std::ofstream(folder / "a", std::ios::binary) << bad;
    const auto hash = file.sha256_hex();
    REQUIRE((!hash.has_value() || *hash != base::sha256_hex("12345678abcdefgh")));
  }
}

TEST_CASE("sealed file: a full disk is told, and what was there stays", "[base]") {
  Folder folder;
  SealedFile file(folder / "a", "photo a", base::Secret::random(SealedFile::kKeyBytes));
  REQUIRE(file.append(0, std::string(3000, 'a')).value() == 3000);
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  rlimit small = before;
  small.rlim_cur = 4096;
  ::setrlimit(RLIMIT_FSIZE, &small);
  const auto refused = file.append(3000, std::string(3000, 'b'));
  ::setrlimit(RLIMIT_FSIZE, &before);
  REQUIRE(refused.has_error());
  CHECK(refused.error().fault == Fault::Full);
  CHECK(file.size().value() == 3000);
  CHECK(file.append(3000, std::string(3000, 'b')).value() == 6000);
}
