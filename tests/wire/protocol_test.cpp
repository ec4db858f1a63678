// sync/PROTOCOL.md is read by whoever writes another client: what it says is what the code does.
#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "platform/base/bytes.h"
#include "platform/base/limits.h"
#include "sync/merge/merge.h"
#include "sync/wire/prefix.h"
#include "tests/support/tree.h"

using namespace doorstep;
using namespace doorstep::wire;

namespace {

std::string page() {
  std::ifstream in(support::tree("sync/PROTOCOL.md"), std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  REQUIRE(!text.str().empty());
  return text.str();
}

/// The fenced blocks that have a name, in the page's order.
std::vector<std::pair<std::string, std::string>> vectors() {
  std::vector<std::pair<std::string, std::string>> out;
  std::istringstream in(page());
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("```")) continue;
    const auto name = line.substr(3);
    std::string body;
    while (std::getline(in, line) && line != "```") body += (body.empty() ? "" : "\n") + line;
    if (!name.empty()) out.emplace_back(name, body);
  }
  return out;
}

std::vector<std::string> all(std::string_view name) {
  std::vector<std::string> out;
  for (auto& [is, body] : vectors())
    if (is == name) out.push_back(body);
  return out;
}
std::string one(std::string_view name) {
  const auto found = all(name);
  INFO(name);
  REQUIRE(found.size() == 1);
  return found.front();
}

template <class T>
T read_and_written_again(const std::string& bytes) {
  auto value = decode<T>(bytes);
  INFO((value ? std::string() : value.error().detail));
  REQUIRE(value.has_value());
  CHECK(encode(*value) == bytes);
  return *value;
}

}  // namespace

TEST_CASE("protocol: the vectors of the page are what this program reads and writes", "[wire]") {
  const auto operations = all("operation"), hashes = all("hash");
  REQUIRE(operations.size() >= 2);
  REQUIRE(operations.size() == hashes.size());
  std::string chain = kChainStart;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    CHECK(read_and_written_again<Operation>(operations[i]).number == static_cast<std::int64_t>(i + 1));
    chain = chain_next(chain, operations[i]);
    CHECK(chain == hashes[i]);
  }
  CHECK(chain_next(kChainStart, read_and_written_again<model::Revision>(one("revision"))) == one("chain"));
  auto view = decode<View>(R"({"digest":"","cases":)" + one("view") + "}");
  REQUIRE(view.has_value());
  CHECK(view_digest(*view->cases) == one("digest"));
  CHECK(read_and_written_again<SyncRequest>(one("request")).view.digest == view_digest({}));
  read_and_written_again<SyncReply>(one("reply"));

  const auto case_id = Id::parse(one("case"));
  REQUIRE(case_id.has_value());
  std::vector<Base> bases;
  for (const auto& text : all("base")) {
    const auto revision = read_and_written_again<model::Revision>(text);
    CHECK(base::sha256_hex(revision.body) == revision.hash);
    bases.push_back({case_id.value(), revision.record, revision.kind, revision.rev, revision.hash, revision.body});
  }
  CHECK(request_prefix(bases) == one("request-prefix"));
  CHECK(reply_prefix(bases, {}) == one("reply-prefix"));
  const auto prefixed = base::from_hex(one("zstd-prefix"));
  REQUIRE(prefixed.has_value());
  const auto parts = read_prefixed(*prefixed);
  REQUIRE(parts.has_value());
  REQUIRE(parts->bases.size() == bases.size());
  for (std::size_t i = 0; i < bases.size(); ++i) CHECK(parts->bases[i] == bases[i].name());
  const auto edited = decompress(parts->frame, limits::kBodyBytes, request_prefix(bases));
  REQUIRE(edited.has_value());
  CHECK(*edited == one("prefixed"));
  read_and_written_again<SyncRequest>(*edited);

  const auto frame = base::from_hex(one("zstd"));
  REQUIRE(frame.has_value());
  const auto plain = decompress(*frame, limits::kBodyBytes);
  REQUIRE(plain.has_value());
  CHECK(*plain == one("plain"));
}

TEST_CASE("protocol: every field of every message stands on the page", "[wire]") {
  std::set<std::string> stands;  // between braces, which is where messages are described; examples do not count
  const auto text = std::regex_replace(page(), std::regex("```[a-z]+\n[^`]*```"), "");
  const std::regex token("[{}]|[a-z_0-9]+");
  int depth = 0;
  for (std::sregex_iterator it(text.begin(), text.end(), token), end; it != end; ++it) {
    if (it->str() == "{") ++depth;
    else if (it->str() == "}") --depth;
    else if (depth > 0) stands.insert(it->str());
  }
  CHECK(depth == 0);
  const auto described = [&]<class T>(T message) {
    T::each(message, [&](std::string_view field, auto&) {
      INFO(field);
      CHECK(stands.contains(std::string(field)));
    });
  };
  described(SyncRequest{});
  described(OpsBatch{});
  described(View{});
  described(Cursor{});
  described(Incarnation{});
  described(Operation{});
  described(MatchBody{});
  described(SyncReply{});
  described(OpResult{});
  described(CasePull{});
  described(LogEntry{});
  described(model::Revision{});
  described(Receipt{});
  described(ReceiptStatement{});
  described(SignedReceipt{});
  described(EnrolRequest{});
  described(EnrolReply{});
  described(ActivateRequest{});
  described(ActivateReply{});
  described(RenewRequest{});
  described(RenewReply{});
  described(AuditHead{});
  described(AuditStatement{});
  described(SignedAudit{});
  described(WitnessRequest{});
  described(WitnessReply{});
  described(LeaseStatement{});
  described(CopyStatement{});
  described(SignedCopy{});
  described(DrainRequest{});
  described(DrainReply{});
  described(CommandStatement{});
  described(CommandRequest{});
  described(CommandReply{});
  described(Meta{});
  described(Problem{});
  described(model::Attachment{});
  described(BlobNeed{});
  described(BlobState{});
}

TEST_CASE("protocol: every code and limit of the program stands on the page", "[wire]") {
  const auto text = page();
  const auto stands = [&](std::string_view word) {
    INFO(word);
    CHECK(text.find("`" + std::string(word) + "`") != std::string::npos);
  };
  for (int i = 0; i <= static_cast<int>(Refusal::Erased); ++i) stands(model::code(static_cast<Refusal>(i)));
  for (int i = 0; i <= static_cast<int>(CopyFate::Revoked); ++i) stands(model::code(static_cast<CopyFate>(i)));
  for (int i = 0; i <= static_cast<int>(OpKind::Settle); ++i) stands(model::code(static_cast<OpKind>(i)));
  for (int i = 0; i <= static_cast<int>(OpStatus::Refused); ++i) stands(model::code(static_cast<OpStatus>(i)));
  for (int i = 0; i <= static_cast<int>(CommandKind::Wipe); ++i) stands(model::code(static_cast<CommandKind>(i)));
  for (const auto& [what, value] : std::vector<std::pair<std::string, std::size_t>>{
           {"body, after decompression", limits::kBodyBytes}, {"body, at the enrolment listener", limits::kEnrolBodyBytes}, {"header", limits::kHeaderBytes},
           {"operations in one request", limits::kOpsPerPush}, {"revisions in one reply, about", limits::kPullBytes},
           {"one record's body", limits::kRecordBytes}, {"JSON depth", limits::kJsonDepth}, {"cases in a view", limits::kCasesPerView},
           {"earlier incarnations named in one request", kEarlierIncarnations}, {"bases named in one message", kBasesPerMessage},
           {"their bodies together", kBaseBytes},
           {"days of one lease", limits::kLeaseDaysMost},
           {"requests of one device", limits::kRequestsPerMinute},
           {"one photo or drawing", limits::kBlobBytes}, {"photos and drawings of one child's record", limits::kBlobsPerRecord},
           {"of one in one request, either way", limits::kBlobPartBytes}, {"of them named in `need`", limits::kBlobsNeeded},
           {"requests about them of one device", limits::kBlobRequestsPerMinute}, {"failed enrolments of one address", limits::kFailedEnrolmentsPerHour},
           {"one sealed copy", limits::kSealedCopyBytes}, {"sealed copies of one tablet", limits::kSealedCopies},
           {"of them in one request", limits::kDrainItems}}) {
    INFO(what);
    CHECK(text.find("| " + what + " | " + std::to_string(value)) != std::string::npos);
  }
}

TEST_CASE("protocol: the page names the version of each part that has one", "[wire]") {
  const auto text = page();
  CHECK(text.find("Version " + std::to_string(kProto) + " (`proto`), record schema " + std::to_string(model::kSchema)) != std::string::npos);
  CHECK(text.find("(`sync/merge`, algorithm " + std::to_string(merge::kMergeAlgorithm) + ")") != std::string::npos);
}

TEST_CASE("protocol: every problem of the server stands on the page", "[wire]") {
  const auto text = page();
  std::size_t all = 0;
  for (const auto& entry : std::filesystem::directory_iterator(support::tree("sync/server"))) {
    if (entry.path().extension() != ".cpp" || entry.path().filename() == "problem.cpp") continue;  // where they are written
    std::ifstream in(entry.path());
    std::ostringstream code;
    code << in.rdbuf();
    const auto program = code.str();
    for (auto at = program.find("problem("); at != std::string::npos; at = program.find("problem(", at + 1)) {
      const auto quote = program.find('"', at), end = program.find('"', quote + 1);
      if (quote == std::string::npos || program.find(';', at) < quote) continue;
      const auto name = program.substr(quote + 1, end - quote - 1);
      INFO(entry.path().filename() << ": " << name);
      CHECK(text.find("`" + name + "`") != std::string::npos);
      ++all;
    }
  }
  CHECK(all > 30);
}
