#include "sync/rules/calendar.h"
#include "tests/bench/measure.h"
#include "tests/server/office.h"

using namespace doorstep;
using namespace doorstep::bench;
using namespace doorstep::tests;

namespace {

/// The case server with one worker's cases and notes, and her tablet, which lacks nothing.
class Caseload {
 public:
  Caseload(std::size_t cases, std::size_t notes) : office_(Store::Sqlcipher, options()) {
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

  /// One sync in which nothing is new; the ms the server's own handling of it took.
  double ask() {
    const std::string body = wire::encode(request_);
    server::HttpReply reply;
    const double ms = ms_of([&] { reply = tablet_->send("/v1/sync", body, tablet_->identity); });
    const auto read = wire::decode<wire::SyncReply>(reply.body);
    REQUIRE(read.has_value());
    REQUIRE((!read->need_view && read->cases.empty() && read->drop.empty() && !read->more));
    bytes_ = body.size() + reply.body.size();
    return ms;
  }
  std::size_t bytes() const { return bytes_; }

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

  Office office_;
  std::vector<Id> children_;
  std::optional<Tablet> tablet_;
  wire::SyncRequest request_;
  std::size_t bytes_ = 0;
};

void compare(const std::string& time, const std::string& size, Caseload& large, Caseload& small, const std::string& about) {
  const int rounds = quick() ? 20 : 2000;
  const Sides sides = take_turns(rounds, [&] { return large.ask(); }, [&] { return small.ask(); }, [] {});
  const std::string how = about + ", median of " + std::to_string(rounds) + " in the service, on SQLCipher";
  tell(time, median(sides.ours), median(sides.yardstick), how);
  tell(size, static_cast<double>(large.bytes()), static_cast<double>(small.bytes()), "request and reply before zstd, " + about);
}

}  // namespace

// Nothing is new: the tablet names its view by the digest, the server finds that it lacks nothing. What that costs must not depend
// on how much there is.
TEST_CASE("nothing new", "[flat]") {
  Caseload small(20, quick() ? 100 : 1000);
  {
    Caseload large(20, quick() ? 1000 : 100'000);
    compare("nothing new, by notes", "its bytes, by notes", large, small, "100,000 notes beside 1,000, 20 cases each");
  }
  Caseload wide(200, quick() ? 100 : 1000);
  compare("nothing new, by cases", "its bytes, by cases", wide, small, "200 cases beside 20, 1,000 notes each");
}
