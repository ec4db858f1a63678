#include "platform/base/sealed_copy.h"

#include <catch2/catch_test_macros.hpp>

#include "platform/base/bytes.h"
#include "platform/base/file.h"
#include "tests/support/folder.h"
#include "tests/support/tree.h"

using namespace doorstep;
using base::CopyName;
using base::Fault;

namespace {

const CopyName kName{*base::Id::parse("01a203f4-1be3-7bcb-b45e-0464a86c3770"), 2, 41};
base::OutboxKeys keys(char c = 'k') { return base::outbox_keys(base::Secret::copy_of(std::string(32, c))); }

}  // namespace

TEST_CASE("sealed copy: only the outbox's own key opens it, and every bit counts", "[base][L29]") {
  const auto own = keys();
  const auto file = base::seal_copy(kName, own.open, "She drew a house with no door.");
  REQUIRE(file.has_value());
  CHECK(*base::open_copy(*file, own) == "She drew a house with no door.");
  CHECK(*base::read_copy_name(*file) == kName);
  CHECK(base::open_copy(*file, keys('x')).error().fault == Fault::Corrupt);
  CHECK(*base::seal_copy(kName, own.open, "the same") != *base::seal_copy(kName, own.open, "the same"));
  for (std::size_t at = 0; at < file->size(); at += at < 300 ? 1 : 97)
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = *file;
      changed[at] = static_cast<char>(changed[at] ^ 1 << bit);
      INFO(at << " " << bit);
      CHECK(base::open_copy(changed, own).has_error());
    }
  for (std::size_t size : {std::size_t(0), std::size_t(8), std::size_t(40), std::size_t(87), file->size() - 1})
    CHECK(base::open_copy(file->substr(0, size), own).has_error());
}

TEST_CASE("sealed copy: in clear it says device, incarnation and number, and of its length four KiB", "[base][L29]") {
  const auto own = keys();
  const auto shorter = *base::seal_copy(kName, own.open, "No."), longer = *base::seal_copy(kName, own.open, std::string(4000, 'a'));
  CHECK(shorter.size() == longer.size());
  CHECK(base::seal_copy(kName, own.open, std::string(5000, 'a'))->size() == shorter.size() + 4096);
  std::string header = "DSCOPY01" + kName.device.bytes();
  for (char c : {2, 0, 0, 0, 0, 0, 0, 0, 41, 0, 0, 0, 0, 0, 0, 0}) header += c;
  CHECK(shorter.substr(0, header.size()) == header);
  CHECK(longer.find("aaaa") == std::string::npos);
  CHECK(*base::open_copy(*base::seal_copy(kName, own.open, ""), own) == "");
}

TEST_CASE("sealed copy: what is no copy, a newer one, or no key is told apart", "[base]") {
  CHECK(base::read_copy_name(std::string(200, 'x')).error().fault == Fault::Invalid);
  CHECK(base::read_copy_name("DSCOPY02" + std::string(200, 'x')).error().fault == Fault::Unsupported);
  CHECK(base::read_copy_name("DSCOPY01" + std::string(200, '\0')).error().fault == Fault::Invalid);
  CHECK(base::seal_copy(kName, "short", "text").error().fault == Fault::Invalid);
  CHECK(base::seal_copy(kName, std::string(32, '\0'), "text").error().fault == Fault::Invalid);  // of low order
}

TEST_CASE("sealed copy: a folder's copies are found by their names, in order, and nothing else", "[base]") {
  support::Folder folder;
  CHECK(base::copies_in(folder / "none")->empty());
  const CopyName later{kName.device, 2, base::kUnnumbered + 3}, other{base::Id::from_name("another"), 1, 1};
  for (const auto& name : {later, kName, other})
    REQUIRE(base::write_file_atomic(folder / name.file(), "x", base::Access::Owner).has_value());
  for (const std::string name : {"whole", "notes.txt", "01a203f4-1be3-7bcb-b45e-0464a86c3770", "01a203f4-1be3-7bcb-b45e-0464a86c3770-",
                                 "01a203f4-1be3-7bcb-b45e-0464a86c3770-2-41.new", "01a203f4-1be3-7bcb-b45e-0464a86c3770-02-41"})
    REQUIRE(base::write_file_atomic(folder / name, "x", base::Access::Owner).has_value());
  const auto found = base::copies_in(folder.path());
  REQUIRE(found.has_value());
  std::vector<CopyName> expected = {kName, later, other};
  std::sort(expected.begin(), expected.end());
  CHECK(*found == expected);
}

TEST_CASE("sealed copy: the published test vector opens", "[base]") {
  const auto file = base::read_file(support::tree("tests/fuzz/corpus/base_sealed_copy/vector"), 8192);
  REQUIRE(file.has_value());
  const auto own = base::outbox_keys(base::Secret::copy_of("the outbox of this test vector 1"));
  CHECK(base::to_hex(own.open) == "c1d0f1727e42f67fb5d8655ff1c2a382893cf97bab163685eb9007f210995f62");
  CHECK(*base::read_copy_name(*file) == CopyName{kName.device, 1, 7});
  CHECK(*base::open_copy(*file, own) == "“=2+2” She drew a house with no door.");
}
