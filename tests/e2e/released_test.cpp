// What released tablets say is understood for ever (sync.md, versioning). `released/<schema>-<n>.txt` holds operations as they were
// sent, byte for byte, a line each: the worker, a space, the frozen bytes. A line is never changed; a release adds a file.
// `test_e2e "[.freeze]"` writes the next one from what this build sends, into the folder it runs in.
#include <catch2/catch_test_macros.hpp>

#include <fstream>

#include "sync/transport/calls.h"
#include "sync/transport/reply.h"
#include "sync/wire/codec.h"
#include "tests/support/field.h"
#include "tests/support/situations.h"
#include "tests/support/tree.h"

using namespace doorstep;
using support::FieldTablet;

namespace {

constexpr base::Millis kLimit{30'000};

template <class T>
T must(base::Result<T> result) {
  return std::move(result).value();
}

/// A released tablet, as the server sees it: its certificates, its chain, and bytes that nobody here made.
class Sender {
 public:
  Sender(support::CaseServer& council, const std::string& worker_ref) : setup_(council.enrol(worker_ref)) {
    auto client = std::make_unique<transport::HttpClient>(setup_.server, context(setup_.enrolment.device_certificate, setup_.device_key));
    key_ = must(tls::make_key());
    auto activated =
        must(transport::activate(*client, {setup_.enrolment.ticket, must(tls::make_request(key_))}, kLimit));
    client_ = std::make_unique<transport::HttpClient>(setup_.server, context(activated.worker_certificate, key_));
  }
  wire::OpResult send(const std::string& bytes) {
    wire::SyncRequest request;
    request.device = setup_.enrolment.device;
    request.ops = {number_, chain_, {bytes}};
    const auto response = must(client_->request(transport::sync_request("/v1/sync", wire::encode(request)), kLimit));
    const auto answer = must(transport::recognise(response));
    INFO(answer.body);
    REQUIRE(answer.status == 200);
    const auto reply = must(wire::decode<wire::SyncReply>(answer.body));
    REQUIRE(reply.results.size() == 1);
    ++number_;
    chain_ = wire::chain_next(chain_, bytes);
    REQUIRE(reply.head_hash == chain_);
    return reply.results.front();
  }

 private:
  tls::Context context(const std::string& certificate, const base::Secret& key) const {
    return must(tls::client_context({setup_.enrolment.ca, certificate, &key, {}}));
  }
  support::Setup setup_;
  base::Secret key_;
  std::unique_ptr<transport::HttpClient> client_;
  std::int64_t number_ = 1;
  std::string chain_ = wire::kChainStart;
};

}  // namespace

TEST_CASE("released: every operation that a released tablet froze is taken in", "[e2e]") {
  std::size_t files = 0, operations = 0;
  for (const auto& file : std::filesystem::directory_iterator(support::tree("tests/e2e/released"))) {
    if (file.path().extension() != ".txt") continue;
    ++files;
    INFO(file.path().filename());
    support::CaseServer council;
    std::map<std::string, std::unique_ptr<Sender>> tablets;
    std::map<base::Id, std::string> submitted;
    std::ifstream lines(file.path());
    for (std::string line; std::getline(lines, line); ++operations) {
      const auto space = line.find(' ');
      REQUIRE(space != std::string::npos);
      const std::string worker = line.substr(0, space), bytes = line.substr(space + 1);
      auto& tablet = tablets[worker];
      if (!tablet) tablet = std::make_unique<Sender>(council, worker);
      const auto result = tablet->send(bytes);
      const auto op = must(wire::decode<wire::Operation>(bytes));
      INFO("operation " << op.number << " of " << worker << ": " << result.detail);
      CHECK(result.status == wire::OpStatus::Applied);
      if (op.kind == wire::OpKind::Submit) submitted[op.record] = op.body;
    }
    auto unit = must(council.repository().read());
    for (const auto& [record, body] : submitted) {
      const auto head = must(unit->head(record));
      REQUIRE(head);
      CHECK(head->state == model::State::Approved);
      CHECK(head->body == body);
    }
  }
  CHECK(files > 0);
  CHECK(operations > 100);
}

TEST_CASE("released: write what this build sends", "[.freeze]") {
  support::CaseServer council;
  FieldTablet ruth(council, "W1001"), helen(council, "W1009");
  for (auto* tablet : {&ruth, &helen}) {
    tablet->open();
    tablet->sync();
  }
  std::vector<base::Id> records;
  for (const auto& situation : support::read_situations())
    for (const auto& visit : situation.visits) {
      const auto unknown = [&](const auto& part) { return !ruth.state().caseload->child(council.child(part.child)); };
      const auto said = visit.visit([&](const std::string& ref) { return council.child(ref); });
      constexpr std::size_t kLong = 20'000;  // one of 20,000 words tells no more than the others
      if (std::any_of(visit.parts.begin(), visit.parts.end(), unknown) || wire::encode(said).size() > kLong) continue;
      support::record_visit(ruth, council, situation, visit);
      ruth.sync();  // the draft too is sent
      for (base::Id record : support::submit_visit(ruth)) records.push_back(record);
      ruth.sync();
    }
  helen.sync();
  for (base::Id record : records) support::approve(helen, record);
  helen.sync();

  std::ofstream out(std::to_string(model::kSchema) + "-next.txt");
  auto unit = must(council.repository().read());
  for (const auto& [tablet, worker] : {std::pair(&ruth, "W1001"), std::pair(&helen, "W1009")}) {
    const auto device = tablet->options().enrolment.device;
    for (std::int64_t number = 1; auto row = must(unit->operation(device, 1, number)); ++number)
      out << worker << " " << row->bytes << "\n";
  }
}
