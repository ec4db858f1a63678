#include <catch2/catch_test_macros.hpp>

#include "platform/base/bounded_queue.h"
#include "platform/base/bytes.h"
#include "platform/base/file.h"
#include "platform/base/id.h"
#include "platform/base/secret.h"
#include "platform/base/time.h"
#include "tests/support/folder.h"

using namespace doorstep::base;

TEST_CASE("bytes: hex, base64 and base32 return what went in", "[base]") {
  Bytes all;
  for (int i = 0; i < 256; ++i) {
    CHECK(from_hex(to_hex(all)) == all);
    CHECK(from_base64(to_base64(all)) == all);
    CHECK(from_base32(to_base32(all)) == all);
    all += static_cast<char>(i);
  }
  CHECK_FALSE(from_hex("abc").has_value());
  CHECK_FALSE(from_hex("zz").has_value());
  CHECK_FALSE(from_base64("ab?d").has_value());
  CHECK_FALSE(from_base64("QUJ\xc3").has_value());  // not a plus
  CHECK_FALSE(from_base32("10").has_value());
}

TEST_CASE("bytes: SHA-256 and HMAC match the published vectors", "[base]") {
  // FIPS 180-4 example "abc"; RFC 4231 test case 2.
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_CASE("bytes: UTF-8 is accepted exactly as RFC 3629 says", "[base]") {
  CHECK(is_utf8("Aoife O'S\u00failleabh\u00e1in \u0639\u0627\u0626\u0634\u06c1 \U0001F3E0"));
  CHECK_FALSE(is_utf8("\xc0\x80"));          // overlong
  CHECK_FALSE(is_utf8("\xed\xa0\x80"));      // surrogate
  CHECK_FALSE(is_utf8("\xf4\x90\x80\x80"));  // past U+10FFFF
  CHECK_FALSE(is_utf8("\xe2\x82"));          // cut
  for (std::size_t before = 0; before < 20; ++before) {
    const std::string ascii(before, 'a');
    CAPTURE(before);
    CHECK(is_utf8(ascii));
    CHECK(is_utf8(ascii + "\u0639" + ascii));
    CHECK_FALSE(is_utf8(ascii + "\xff" + ascii));
    CHECK_FALSE(is_utf8(ascii + "\xe2\x82" + ascii));
  }
}

TEST_CASE("id: version 7 carries its time, sorts by it and survives text", "[base]") {
  Id early = Id::v7({1'700'000'000'000}, Bytes(10, '\xff'));
  Id late = Id::v7({1'700'000'000'001}, Bytes(10, '\0'));
  CHECK(early < late);
  CHECK(early.str()[14] == '7');
  CHECK(early.is_v7());
  CHECK_FALSE(Id::from_name("a").is_v7());
  CHECK_FALSE(Id().is_v7());
  CHECK(Id::parse(early.str()) == early);
  CHECK_FALSE(Id::parse("not an id").has_value());
  const std::string text = "01a1ee56-5e00-70e6-8ac2-6df2184062AE";
  REQUIRE(Id::parse(text).has_value());
  CHECK(Id::parse(text)->str() == "01a1ee56-5e00-70e6-8ac2-6df2184062ae");
  for (std::size_t at = 0; at < text.size(); ++at)
    for (const char wrong : {'g', '+', '-', ' ', '\0'}) {
      auto other = text;
      other[at] = wrong;
      CAPTURE(at, wrong);
      CHECK(Id::parse(other).has_value() == (other == text));
    }
  CHECK(Id::from_name("a") == Id::from_name("a"));
  CHECK(Id::from_name("a") != Id::from_name("b"));
}

TEST_CASE("time: RFC 3339 goes both ways and refuses what is no time", "[base]") {
  Instant at{1'795'354'200'123};
  CHECK(from_rfc3339(to_rfc3339(at)) == at);
  CHECK(from_rfc3339("2027-03-28T02:10:00+01:00") == from_rfc3339("2027-03-28T01:10:00Z"));
  CHECK_FALSE(from_rfc3339("2027-02-30T00:00:00Z").has_value());
  CHECK_FALSE(from_rfc3339("2027-02-03 nonsense").has_value());
  CHECK_FALSE(date_from_iso("2027-2-3").has_value());
}

TEST_CASE("file: a replaced file is whole and private", "[base]") {
  const doorstep::support::Folder folder;
  const auto dir = folder / "made";
  REQUIRE(make_private_folder(dir).has_value());
  REQUIRE(write_file_atomic(dir / "a", "one", Access::Owner).has_value());
  REQUIRE(write_file_atomic(dir / "a", "two", Access::Owner).has_value());
  CHECK(read_file(dir / "a", 10).value() == "two");
  CHECK(read_file(dir / "a", 2).error().fault == Fault::Full);
  CHECK(read_file(dir / "b", 2).error().fault == Fault::NotFound);
  CHECK((std::filesystem::status(dir / "a").permissions() & std::filesystem::perms::mask) ==
        (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
}

TEST_CASE("file: several replaced together are whole and private; where one cannot be, none has a temporary beside it", "[base]") {
  const doorstep::support::Folder folder;
  const auto dir = folder / "made";
  REQUIRE(make_private_folder(dir / "taken" / "by a folder").has_value());
  REQUIRE(write_files_atomic(dir, {}, Access::Owner).has_value());
  REQUIRE(write_files_atomic(dir, {{"a", "one"}}, Access::Owner).has_value());
  REQUIRE(write_files_atomic(dir, {{"a", "two"}, {"b", "three"}}, Access::Owner).has_value());
  CHECK(read_file(dir / "a", 10).value() == "two");
  CHECK(read_file(dir / "b", 10).value() == "three");
  CHECK((std::filesystem::status(dir / "b").permissions() & std::filesystem::perms::mask) ==
        (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
  CHECK_FALSE(write_files_atomic(dir, {{"a", "four"}, {"taken", "secret"}, {"c", "five"}}, Access::Owner).has_value());
  CHECK(read_file(dir / "a", 10).value() == "four");
  CHECK_FALSE(write_files_atomic(dir / "nowhere", {{"a", "1"}, {"b", "2"}}, Access::Owner).has_value());
  CHECK(std::distance(std::filesystem::directory_iterator(dir), {}) == 3);
}

TEST_CASE("file: a write that fails leaves the file as it was, and nothing beside it", "[base]") {
  const doorstep::support::Folder folder;
  const auto dir = folder / "made";
  REQUIRE(make_private_folder(dir / "taken" / "by a folder").has_value());
  CHECK_FALSE(write_file_atomic(dir / "taken", "secret", Access::Owner).has_value());
  CHECK(std::distance(std::filesystem::directory_iterator(dir), {}) == 1);
}

TEST_CASE("file: a private folder's parents, where they are made too, are as private", "[base]") {
  const doorstep::support::Folder folder;
  const auto dir = folder / "made";
  REQUIRE(make_private_folder(dir / "a" / "b").has_value());
  REQUIRE(make_private_folder(dir / "a" / "c" / "").has_value());
  for (const auto& folder : {dir, dir / "a", dir / "a" / "b", dir / "a" / "c"}) {
    INFO(folder);
    CHECK((std::filesystem::status(folder).permissions() & std::filesystem::perms::mask) == std::filesystem::perms::owner_all);
  }
  REQUIRE(make_private_folder(dir).has_value());  // again is no error
  REQUIRE(write_file_atomic(dir / "file", "x", Access::Owner).has_value());
  CHECK_FALSE(make_private_folder(dir / "file").has_value());
  CHECK_FALSE(make_private_folder(dir / "file" / "below").has_value());
}

TEST_CASE("file: an erased file is gone, and was written over where it lay", "[base]") {
  const doorstep::support::Folder folder;
  const auto dir = folder / "made";
  REQUIRE(make_private_folder(dir).has_value());
  REQUIRE(write_file_atomic(dir / "key", std::string(100'000, 'k'), Access::Owner).has_value());
  std::filesystem::create_hard_link(dir / "key", dir / "blocks");
  REQUIRE(erase_file(dir / "key").has_value());
  CHECK_FALSE(std::filesystem::exists(dir / "key"));
  CHECK(read_file(dir / "blocks", 200'000).value() == std::string(100'000, '\0'));
  REQUIRE(erase_file(dir / "key").has_value());  // again is no error
  CHECK_FALSE(erase_file(dir).has_value());
}

TEST_CASE("queue: refuses past its limit and drains after close", "[base]") {
  BoundedQueue<int> queue(2);
  int one = 1, two = 2, three = 3;
  CHECK(queue.try_push(one));
  CHECK(queue.try_push(two));
  CHECK_FALSE(queue.try_push(three));
  CHECK(queue.push_anyway(three));
  queue.close();
  CHECK_FALSE(queue.push_anyway(three));
  CHECK(queue.pop() == 1);
  CHECK(queue.pop() == 2);
  CHECK(queue.pop() == 3);
  CHECK_FALSE(queue.pop().has_value());
}

TEST_CASE("time: an instant that could not be written back is not read", "[base]") {
  for (const char* text : {"9999-12-31T23:30:00-01:00", "0000-01-01T00:30:00+01:00", "2027-01-01T00:00:00+24:00", "2027-01-01T00:00:00+01:60"}) {
    INFO(text);
    CHECK_FALSE(from_rfc3339(text).has_value());
  }
  for (const char* text : {"9999-12-31T23:59:59.999Z", "0000-01-01T00:00:00.000Z"}) {
    INFO(text);
    REQUIRE(from_rfc3339(text).has_value());
    CHECK(to_rfc3339(*from_rfc3339(text)) == text);
  }
}

TEST_CASE("file: a folder is held alone by one, or by several beside each other", "[base]") {
  const doorstep::support::Folder folder;
  std::optional<FolderHold> first(folder.path());
  CHECK(first->alone());
  first->share();
  CHECK_FALSE(first->alone());
  {
    FolderHold second(folder.path());
    CHECK_FALSE(second.alone());
    first.reset();
    CHECK_FALSE(FolderHold(folder.path()).alone());  // the second is there
  }
  CHECK(FolderHold(folder.path()).alone());
  CHECK_FALSE(FolderHold(folder / "not there").alone());
}

TEST_CASE("file: one takes another's place, and what is there is made durable", "[base]") {
  const doorstep::support::Folder folder;
  const auto from = folder / "from", to = folder / "to";
  CHECK(replace_file(from, to).error().fault == Fault::NotFound);
  CHECK(make_durable(from).error().fault == Fault::NotFound);
  REQUIRE(write_file_atomic(from, "new", Access::Owner).has_value());
  REQUIRE(write_file_atomic(to, "old", Access::Owner).has_value());
  CHECK(make_durable(from).has_value());
  REQUIRE(replace_file(from, to).has_value());
  CHECK(*read_file(to, 10) == "new");
  CHECK(read_file(from, 10).error().fault == Fault::NotFound);
}
