// Two real doorstep-server processes on one PostgreSQL. Tablets push at random to either and send again to the other when there
// was no answer; servers are killed with kill -9 in the middle, and PostgreSQL loses its power. Every operation is stored once,
// nothing acknowledged is lost, every case's log is dense. DOORSTEP_SERVERS_SECONDS says for how long.
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <condition_variable>
#include <iostream>
#include <mutex>
#include <random>
#include <signal.h>
#include <stdlib.h>
#include <thread>

#include "platform/base/bytes.h"
#include "platform/base/file.h"
#include "platform/tls/context.h"
#include "sync/server/data_folder.h"
#include "sync/transport/calls.h"
#include "sync/wire/codec.h"
#include "tests/support/folder.h"
#include "tests/support/postgres.h"
#include "tests/support/tree.h"

using namespace doorstep;
using namespace std::chrono;
using base::Id;
using support::Postgres;

namespace {

constexpr seconds kLimit{60};
constexpr base::Millis kReply{20'000};
constexpr base::Instant kMade{1'794'000'000'000};

seconds how_long() {
  const char* said = std::getenv("DOORSTEP_SERVERS_SECONDS");
  return seconds(said ? std::atoi(said) : 20);
}

/// Waits; a test's pace, not something that is waited for.
void rest(milliseconds time) {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable().wait_for(lock, time);
}

/// A council's data folder whose server.toml names a database of the shared cluster.
class Place {
 public:
  Place() : database_(Postgres::shared().make_database("cases_owner", "cases_app")) {
    const auto& cluster = Postgres::shared();
    command({"init", "--name", "localhost", "--also", "127.0.0.1", "--council", "Test council", "--council-id", "test", "--listen",
             "127.0.0.1:8443", "--enrol-listen", "127.0.0.1:8444", "--postgres", cluster.url("cases_app", database_), "--owner",
             cluster.url("cases_owner", database_)});
    command({"import", support::assets("demo"), "--relative-dates"});
  }
  std::vector<std::string> program(std::vector<std::string> arguments) const {
    std::vector<std::string> words{support::bin("doorstep-server"), "--data", folder_.path().string(), "--assets", support::assets()};
    words.insert(words.end(), arguments.begin(), arguments.end());
    return words;
  }
  std::string command(std::vector<std::string> arguments) const {
    auto ran = support::run(program(arguments), {}, kLimit);
    INFO(ran.output);
    REQUIRE(ran.code == 0);
    return ran.output;
  }
  std::string token(const std::string& worker) const {
    std::istringstream lines(command({"token", worker}));
    for (std::string line; std::getline(lines, line);)
      if (!line.empty() && line.find(' ') == std::string::npos) return line;
    return {};
  }
  std::string sql(const std::string& text) const {
    auto answer = Postgres::shared().sql(database_, "SET search_path = doorstep; " + text);
    while (!answer.empty() && answer.back() == '\n') answer.pop_back();
    return answer;
  }
  std::string ca() const { return base::read_file(folder_ / "ca.pem", 1 << 16).value(); }
  std::unique_ptr<server::Repository> open() const {
    auto data = server::open_data_folder(folder_.path(), {"localhost"}, base::SystemClock().wall(),
                                         server::PgPlace{{.url = Postgres::shared().url("cases_app", database_)},
                                                         folder_ / "cases.key"});
    if (!data) FAIL(data.error());
    return std::move(data->repository);
  }

 private:
  support::Folder folder_;
  std::string database_;
};

/// One doorstep-server process; started again it listens on the same ports.
class Server {
 public:
  explicit Server(const Place& place) : place_(place) { start(); }
  void start() {
    auto at = [](std::uint16_t port) { return "127.0.0.1:" + std::to_string(port); };
    process_ = std::make_unique<support::Process>(
        place_.program({"serve", "--listen", at(port_), "--enrol-listen", at(enrol_port_), "--requests-per-minute", "1000000"}));
    if (!process_->wait_for_output(" serving ", kLimit)) throw std::runtime_error("does not serve: " + process_->output());
    port_ = port_after("sync 127.0.0.1:");
    enrol_port_ = port_after("enrol 127.0.0.1:");
  }
  void kill() {
    process_->signal(SIGKILL);
    process_->wait(kLimit);
    process_.reset();
  }
  bool running() { return process_ && process_->running(); }
  int stop() {
    process_->signal(SIGTERM);
    return process_->wait(kLimit);
  }
  transport::Endpoint endpoint() const { return {"127.0.0.1", port_, "localhost"}; }
  transport::Endpoint enrolment() const { return {"127.0.0.1", enrol_port_, "localhost"}; }

 private:
  std::uint16_t port_after(const std::string& word) {
    const auto& text = process_->output();
    return static_cast<std::uint16_t>(std::stoi(text.substr(text.find(word) + word.size())));
  }
  const Place& place_;
  std::unique_ptr<support::Process> process_;
  std::uint16_t port_ = 0, enrol_port_ = 0;
};

tls::Context context(const std::string& ca, const std::string& cert = {}, const base::Secret* key = nullptr) {
  auto made = tls::client_context({.ca = ca, .cert = cert, .key = key});
  if (!made) FAIL(made.error());
  return *made;
}

/// A tablet that says on the wire what its worker writes: drafts, begun and changed. On a thread of its own.
class WireTablet {
 public:
  WireTablet(const Place& place, Server& first, Server& second, const std::string& worker, unsigned seed) : random_(seed) {
    transport::HttpClient stranger(first.enrolment(), context(place.ca()));
    auto key = tls::make_key();
    auto enrolled = transport::enrol(stranger, {place.token(worker), *tls::make_request(*key)}, kReply);
    if (!enrolled) FAIL(enrolled.error());
    device_ = enrolled->device;
    worker_ = enrolled->worker;
    transport::HttpClient own(second.endpoint(), context(place.ca(), enrolled->device_certificate, &*key));
    auto worker_key = tls::make_key();
    auto activated = transport::activate(own, {enrolled->ticket, *tls::make_request(*worker_key)}, kReply);
    if (!activated) FAIL(activated.error());
    for (Server* server : {&first, &second})
      clients_.push_back(std::make_unique<transport::HttpClient>(
          server->endpoint(), context(place.ca(), activated->worker_certificate, &*worker_key)));
  }

  void work(const std::atomic<bool>& stop) {
    while (!stop || !waiting_.empty()) {
      if (waiting_.empty()) write();
      if (!send(stop)) return;
    }
  }
  /// Pulls all there is; on the calling thread, when nothing is in the way.
  void read() {
    for (bool more = true; more;) {
      auto reply = ask(*clients_[0], {});
      if (!reply) return say("cannot read: " + reply.error().where + " " + reply.error().detail);
      more = reply->more;
      take(*reply);
    }
  }

  Id device() const { return device_; }
  std::int64_t sent() const { return through_; }
  const std::vector<wire::Receipt>& receipts() const { return receipts_; }
  const std::map<Id, std::pair<std::int64_t, std::string>>& drafts() const { return drafts_; }
  const std::map<Id, model::Revision>& held() const { return held_; }
  std::int64_t again() const { return again_; }
  std::int64_t elsewhere() const { return elsewhere_; }
  std::vector<std::string> wrong;

 private:
  void say(const std::string& what) {
    if (wrong.size() < 10) wrong.push_back(device_.str() + ": " + what);
  }
  /// Up to four operations; their bytes are fixed from here on.
  void write() {
    std::set<Id> touched;
    for (auto n = 1 + random_() % 4; n > 0; --n) {
      wire::Operation op;
      op.number = through_ + static_cast<std::int64_t>(waiting_.size()) + 1;
      op.kind = wire::OpKind::Put;
      op.case_id = worker_;
      op.record_kind = model::RecordKind::Visit;
      auto known = drafts_.begin();
      if (!drafts_.empty()) std::advance(known, static_cast<std::ptrdiff_t>(random_() % drafts_.size()));
      if (known != drafts_.end() && random_() % 2 && !touched.contains(known->first)) {
        op.record = known->first;
        op.base_rev = known->second.first;
        op.base_hash = known->second.second;
      } else {
        op.record = Id::v7(kMade, base::sha256(device_.str() + " draft " + std::to_string(op.number)));  // as a tablet makes them
      }
      touched.insert(op.record);
      model::Visit visit;
      visit.id = op.record;
      visit.author = worker_;
      visit.children.resize(1);
      visit.children[0].id = Id::from_name("child:C0101");
      visit.children[0].answers["saw"] = "operation " + std::to_string(op.number) + std::string(random_() % 2000, '.');
      op.body = wire::encode(visit);
      waiting_.push_back(wire::encode(op));
      records_.push_back(op.record);
    }
  }
  /// The same bytes until a server has answered for them. False: it will not come to an end.
  bool send(const std::atomic<bool>& stop) {
    const auto until = steady_clock::now() + minutes(3);
    for (std::size_t tries = 0;; ++tries) {
      const std::size_t which = random_() % clients_.size();
      auto reply = ask(*clients_[which], waiting_);
      if (reply) {
        elsewhere_ += tries > 0 && which != last_;
        return acknowledged(*reply);
      }
      last_ = which;
      ++again_;
      if (reply.error().where == "answer") {
        say(reply.error().detail);
        return false;
      }
      if (steady_clock::now() > until) {
        say("no answer in three minutes: " + reply.error().where + " " + reply.error().detail + (stop ? " (stopped)" : ""));
        return false;
      }
      rest(milliseconds(random_() % 50));
    }
  }
  bool acknowledged(const wire::SyncReply& reply) {
    if (reply.results.size() != waiting_.size()) {
      say("an answer of another length");
      return false;
    }
    for (std::size_t i = 0; i < waiting_.size(); ++i) {
      const auto& result = reply.results[i];
      hash_ = wire::chain_next(hash_, waiting_[i]);
      if (result.number != ++through_ || result.status != wire::OpStatus::Applied)
        say("operation " + std::to_string(through_) + " was not applied: " + result.detail);
      drafts_[records_[i]] = {result.rev, result.hash};
    }
    if (reply.applied_through != through_ || reply.head_hash != hash_) say("the server's chain is another");
    if (!reply.receipt || reply.receipt->through != through_) say("no receipt");
    else receipts_.push_back(*reply.receipt);
    waiting_.clear();
    records_.clear();
    take(reply);
    return true;
  }
  base::Result<wire::SyncReply> ask(transport::HttpClient& client, const std::vector<std::string>& ops) {
    wire::SyncRequest request;
    request.device = device_;
    request.ops = {through_ + 1, hash_, ops};
    std::vector<wire::Cursor> list;
    for (const auto& [id, cursor] : cursors_) list.push_back(cursor);
    request.view.digest = wire::view_digest(list);
    request.view.cases = list;
    auto reply = client.request({"POST", "/v1/sync", {{"Content-Type", wire::kContentType}}, wire::encode(request)}, kReply);
    if (!reply) return reply.error();
    if (reply->status == 503) return base::Error{base::Fault::Offline, "503", reply->body};
    if (reply->status != 200) return base::Error{base::Fault::Invalid, "answer", std::to_string(reply->status) + " " + reply->body};
    return wire::decode<wire::SyncReply>(reply->body);
  }
  void take(const wire::SyncReply& reply) {
    for (const auto& part : reply.cases) {
      auto& cursor = cursors_.try_emplace(part.case_id, wire::Cursor{part.case_id, 0, wire::kChainStart}).first->second;
      if (part.diverged.value_or(false) || part.from != cursor.seq) return say("a pull that does not follow");
      for (const auto& entry : part.entries) {
        if (entry.seq != ++cursor.seq) say("a gap");
        cursor.chain = wire::chain_next(cursor.chain, entry.revision);
        held_[entry.revision.record] = entry.revision;
      }
      if (cursor.chain != part.chain) say("another chain");
    }
  }

  std::mt19937 random_;
  Id device_, worker_;
  std::vector<std::unique_ptr<transport::HttpClient>> clients_;
  std::int64_t through_ = 0, again_ = 0, elsewhere_ = 0;
  std::size_t last_ = 0;
  std::string hash_ = wire::kChainStart;
  std::vector<std::string> waiting_;
  std::vector<Id> records_;                                        // of what waits
  std::map<Id, std::pair<std::int64_t, std::string>> drafts_;      // as last acknowledged: revision and hash
  std::vector<wire::Receipt> receipts_;
  std::map<Id, wire::Cursor> cursors_;
  std::map<Id, model::Revision> held_;
};

}  // namespace

TEST_CASE("servers: two on one PostgreSQL, killed in the middle of pushes, store each operation once and lose nothing", "[oracle]") {
  Place place;
  Server first(place), second(place);
  const auto seed = std::random_device()();
  CAPTURE(seed);
  std::mt19937 random(seed);
  std::vector<std::unique_ptr<WireTablet>> tablets;
  for (const char* worker : {"W1001", "W1001", "W1002", "W1002"})  // two tablets write in one case
    tablets.push_back(std::make_unique<WireTablet>(place, first, second, worker, seed + static_cast<unsigned>(tablets.size())));

  std::atomic<bool> stop = false;
  std::vector<std::thread> threads;
  for (auto& tablet : tablets) threads.emplace_back([&] { tablet->work(stop); });
  const auto until = steady_clock::now() + how_long();
  int kills = 0, cuts = 0;
  while (steady_clock::now() < until) {
    rest(milliseconds(random() % 400));
    if (kills % 10 == 9) {
      Postgres::shared().kill();
      rest(milliseconds(random() % 300));
      Postgres::shared().start();
      ++cuts;
      CHECK(first.running());  // both outlive it
      CHECK(second.running());
    }
    Server& victim = random() % 2 ? first : second;
    victim.kill();
    ++kills;
    rest(milliseconds(random() % 300));
    victim.start();
  }
  stop = true;
  for (auto& thread : threads) thread.join();
  CHECK(kills > 0);

  std::int64_t operations = 0, receipts = 0, again = 0, elsewhere = 0;
  for (auto& tablet : tablets) {
    tablet->read();
    for (const auto& what : tablet->wrong) FAIL_CHECK(what);
    operations += tablet->sent();
    again += tablet->again();
    elsewhere += tablet->elsewhere();
    const std::string device = "device = '" + tablet->device().str() + "'";
    CHECK(place.sql("SELECT count(*) FROM operations WHERE " + device) == std::to_string(tablet->sent()));
    CHECK(place.sql("SELECT count(*) FROM revisions WHERE " + device) == std::to_string(tablet->sent()));  // one effect each
    for (const auto& receipt : tablet->receipts()) {
      ++receipts;
      if (place.sql("SELECT count(*) FROM receipts WHERE number = " + std::to_string(receipt.number) + " AND hash = '" + receipt.hash +
                    "' AND " + device) != "1")
        FAIL_CHECK("receipt " << receipt.number << " is lost");
    }
    for (const auto& [record, draft] : tablet->drafts()) {
      auto held = tablet->held().find(record);
      if (held == tablet->held().end() || held->second.rev != draft.first || held->second.hash != draft.second)
        FAIL_CHECK("draft " << record << " is not as it was acknowledged");
    }
  }
  CHECK(place.sql("SELECT count(*) FROM operations") == std::to_string(operations));
  CHECK(place.sql("SELECT count(*) FROM operations WHERE status <> 'applied'") == "0");
  CHECK(place.sql("SELECT count(*) FROM (SELECT case_id FROM case_log GROUP BY case_id HAVING count(*) <> max(seq)) gaps") == "0");
  CHECK(place.sql("SELECT count(*) FROM cases c WHERE head <> (SELECT count(*) FROM case_log l WHERE l.case_id = c.id)") == "0");
  CHECK(place.command({"status"}).find("audit intact") != std::string::npos);
  {
    auto repository = place.open();
    auto unit = repository->read();
    REQUIRE(unit.has_value());
    for (auto& tablet : tablets) {  // what is stored is what was sent, in its order
      std::string hash = wire::kChainStart;
      for (std::int64_t n = 1; n <= tablet->sent(); ++n) {
        auto row = (*unit)->operation(tablet->device(), 1, n);
        if (!row || !*row) {
          FAIL_CHECK("operation " << n << " cannot be read");
          break;
        }
        hash = wire::chain_next(hash, (*row)->bytes);
        if (hash != (*row)->hash) FAIL_CHECK("operation " << n << " is another than was sent");
      }
    }
  }
  CHECK(first.stop() == 0);
  CHECK(second.stop() == 0);
  std::cout << "servers: 2 on one PostgreSQL, " << kills << " kills of servers and " << cuts << " power cuts of PostgreSQL; "
            << operations << " operations of " << tablets.size() << " tablets, each stored once; " << again
            << " requests sent again, " << elsewhere << " answered by the other server; " << receipts
            << " receipts heard, all kept; seed " << seed << "\n";
}
