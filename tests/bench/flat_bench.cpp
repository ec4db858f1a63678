#include "sync/rules/calendar.h"
#include "sync/transport/reply.h"
#include "tests/bench/measure.h"
#include "tests/server/office.h"
#include "tests/support/council.h"

using namespace doorstep;
using namespace doorstep::bench;
using namespace doorstep::tests;

namespace {

/// One connection to whichever service is to be measured: so both sides have the same threads, which no scheduler tells apart.
class Line {
 public:
  Line() : listener_(start()), client_({"127.0.0.1", listener_->port(), "127.0.0.1"}, council_.tablet()) {}

  struct Answered {
    double ms = 0, in_service = 0;  ///< all of it; without TLS and HTTP
    std::string body;
  };
  /// `body` to `service`, from whoever has that identity.
  Answered ask(server::Service& service, const tls::Identity& identity, std::string body) {
    service_ = &service;
    identity_ = identity;
    const auto sent = transport::sync_request("/v1/sync", std::move(body));
    base::Result<transport::HttpResponse> answer{transport::HttpResponse()};
    Answered out;
    out.ms = ms_of([&] { answer = client_.request(sent, std::chrono::seconds(10)); });
    REQUIRE(answer.has_value());
    auto reply = transport::recognise(*answer);
    REQUIRE(reply.has_value());
    out.in_service = in_service_;
    out.body = std::move(reply->body);
    return out;
  }

 private:
  std::unique_ptr<server::HttpListener> start() {
    server::ListenerConfig config;
    config.context = council_.listener();
    config.workers = 1;  // of four, two would always get the one side and two the other
    config.headers = {{wire::kProtoHeader, std::to_string(wire::kProto)}};
    auto listener = server::HttpListener::start(std::move(config), [this](server::HttpRequest request) {
      request.peer.identity = identity_;  // the connection's own is in no council's database
      server::HttpReply reply;
      in_service_ = ms_of([&] { reply = service_->handle(request); });
      return reply;
    });
    REQUIRE(listener.has_value());
    return std::move(*listener);
  }

  support::Council council_;
  // The listener's worker reads and writes them only between a request and its reply.
  server::Service* service_ = nullptr;
  tls::Identity identity_;
  double in_service_ = 0;
  std::unique_ptr<server::HttpListener> listener_;
  transport::HttpClient client_;
};

/// The case server with one worker's cases and notes, and her tablet, which lacks nothing.
class Caseload {
 public:
  Caseload(Line& line, std::size_t cases, std::size_t notes) : line_(line), office_(Store::Sqlcipher, options()) {
    import(cases);
    append(notes);
    tablet_.emplace(office_, "wren");
    request_ = tablet_->request();
    request_.view.cases = office_.read([&](server::Unit& unit) -> server::Result<std::vector<wire::Cursor>> {
      DOORSTEP_TRY_ASSIGN(auto worker, unit.worker(tablet_->worker));
      DOORSTEP_TRY_ASSIGN(auto rows, unit.cases_of(*worker, rules::uk_date(office_.clock.now)));
      std::vector<wire::Cursor> out;
      for (const auto& row : rows) out.push_back({row.id, row.head, row.chain});
      return out;
    });
    request_.view.digest = wire::view_digest(*request_.view.cases);
    ask();
    request_.view.cases.reset();
  }

  /// One sync in which nothing is new; the ms until it is answered.
  double ask() {
    const std::string body = wire::encode(request_);
    const auto answered = line_.ask(*office_.service, tablet_->identity, body);
    const auto read = wire::decode<wire::SyncReply>(answered.body);
    REQUIRE(read.has_value());
    REQUIRE((!read->need_view && read->cases.empty() && read->drop.empty() && !read->more));
    bytes_ = body.size() + answered.body.size();
    in_service_.push_back(answered.in_service);
    return answered.ms;
  }
  std::size_t bytes() const { return bytes_; }
  double in_service() const { return median(in_service_); }

 private:
  static server::ServiceOptions options() {
    server::ServiceOptions out;
    out.requests_per_minute = 1'000'000;
    return out;
  }
  void import(std::size_t cases) {
    auto files = extract();
    for (std::size_t i = 0; i < cases; ++i) {
      const std::string ref = "N" + std::to_string(i);
      files["children.csv"] += ref + ",F2,Child " + std::to_string(i) + ",,2015-01-01,YES,,U,,,,\n";
      files["allocations.csv"] += ref + ",wren,ALLOCATED,\n";
      children_.push_back(child_id(ref.c_str()));
    }
    office_.import(files);
  }
  void append(std::size_t notes) {
    constexpr std::size_t kAtOnce = 5000;
    for (std::size_t i = 0; i < notes;) {
      auto unit = std::move(*office_.repository->write());
      for (const std::size_t end = std::min(notes, i + kAtOnce); i < end; ++i) {
        model::Revision note;
        note.record = any_id("note " + std::to_string(i));
        note.rev = 1;
        note.kind = RecordKind::ChildRecord;
        note.state = State::Submitted;
        note.author = worker_id("wren");
        note.at = office_.clock.now;
        for (std::size_t word = 0; word < 40; ++word) note.body += base::sha256_hex(std::to_string(i * 40 + word)).substr(0, 7) + " ";
        note.hash = base::sha256_hex(note.body);
        REQUIRE(unit->append(note, {children_[i % children_.size()]}).has_value());
      }
      REQUIRE(unit->commit().has_value());
    }
  }

  Line& line_;
  Office office_;
  std::vector<Id> children_;
  std::optional<Tablet> tablet_;
  wire::SyncRequest request_;
  std::size_t bytes_ = 0;
  std::vector<double> in_service_;
};

void compare(const std::string& time, const std::string& size, Caseload& large, Caseload& small, const std::string& about) {
  const int rounds = quick() ? 20 : 2000;
  const Sides sides = take_turns(rounds, [&] { return large.ask(); }, [&] { return small.ask(); }, [] {});
  const std::string how = about + ", over TLS, on SQLCipher, median of " + std::to_string(rounds) + "; in the service alone " +
                          std::to_string(large.in_service()) + " beside " + std::to_string(small.in_service()) + " ms";
  tell(time, median(sides.ours), median(sides.yardstick), how);
  tell(size, static_cast<double>(large.bytes()), static_cast<double>(small.bytes()), "request and reply before zstd, " + about);
}

}  // namespace

// Nothing is new: the tablet names its view by the digest, the server finds that it lacks nothing. What that costs must not depend
// on how much there is.
TEST_CASE("nothing new", "[flat]") {
  Line line;
  Caseload small(line, 20, quick() ? 100 : 1000);
  {
    Caseload large(line, 20, quick() ? 1000 : 100'000);
    compare("nothing new, by notes", "its bytes, by notes", large, small, "100,000 notes beside 1,000, 20 cases each");
  }
  Caseload wide(line, 200, quick() ? 100 : 1000);
  compare("nothing new, by cases", "its bytes, by cases", wide, small, "200 cases beside 20, 1,000 notes each");
}
