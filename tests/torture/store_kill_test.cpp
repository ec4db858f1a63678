// kill -9 of whoever has a tablet's store open, at random moments: no window, no keys to be derived, so that thousands of kills take
// minutes. A process of its own saves, freezes, submits, throws away, syncs and checkpoints as fast as the disk lets it; the server is
// the one that kills it, and so outlives it. Each time the store opens, every page is whole, and nothing confirmed is lost, sent with
// other bytes, or there twice.
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <iostream>
#include <random>

#include "platform/sql/db.h"
#include "tests/store/support.h"
#include "tests/torture/script.h"

using namespace doorstep;
using namespace doorstep::store;
using namespace doorstep::store::test;
using namespace std::chrono;

namespace {

constexpr int kKillsOfOneStore = 100;
constexpr const char* kChildren[] = {"Amara", "Tobi", "Zed"};

/// How often, as DOORSTEP_STORE_KILLS says; else as often as a whole program.
int store_kills() {
  const char* said = std::getenv("DOORSTEP_STORE_KILLS");
  return said ? std::max(1, std::atoi(said)) : torture::kills();
}

/// One message: what it says of which visit, and a number or bytes.
struct Message {
  enum class What : std::uint32_t { Opened, Begins, Saved, Submits, Submitted, Discards, Discarded, Asks, Answer };
  What what{};
  base::Id visit;
  std::uint64_t number = 0;
  std::string bytes;
};

/// One end of a pair of sockets. False from hear(): the other end is gone, or was in the middle of a message.
class Line {
 public:
  explicit Line(int fd) : fd_(fd) {}
  void say(const Message& message) const {
    std::string out(kHead, '\0');
    const auto what = static_cast<std::uint32_t>(message.what);
    const auto length = static_cast<std::uint32_t>(message.bytes.size());
    std::memcpy(out.data(), &what, 4);
    std::memcpy(out.data() + 4, &length, 4);
    std::memcpy(out.data() + 8, &message.number, 8);
    std::copy_n(message.visit.bytes().begin(), 16, out.begin() + 16);
    out += message.bytes;
    for (std::size_t at = 0; at < out.size();) {
      const ssize_t sent = ::send(fd_, out.data() + at, out.size() - at, MSG_NOSIGNAL);
      if (sent <= 0) return;
      at += static_cast<std::size_t>(sent);
    }
  }
  bool hear(Message& message) const {
    std::string head(kHead, '\0');
    if (!read(head)) return false;
    std::uint32_t what = 0, length = 0;
    std::memcpy(&what, head.data(), 4);
    std::memcpy(&length, head.data() + 4, 4);
    std::memcpy(&message.number, head.data() + 8, 8);
    message.what = static_cast<Message::What>(what);
    message.visit = base::Id::from_bytes(std::string_view(head).substr(16)).value();
    message.bytes.assign(length, '\0');
    return read(message.bytes);
  }
  /// Whether something can be heard before `limit` has passed.
  bool speaks(nanoseconds limit) const {
    pollfd at{fd_, POLLIN, 0};
    const auto wait = timespec{duration_cast<seconds>(limit).count(), (limit % seconds(1)).count()};
    return ::ppoll(&at, 1, &wait, nullptr) > 0;
  }

 private:
  static constexpr std::size_t kHead = 32;
  bool read(std::string& into) const {
    return into.empty() || ::recv(fd_, into.data(), into.size(), MSG_WAITALL) == static_cast<ssize_t>(into.size());
  }
  int fd_;
};

/// The process that is killed: works in the store until then. What goes wrong ends it, which the other end notices.
class Keeper {
 public:
  Keeper(const fs::path& file, Line line, std::uint64_t seed) : line_(line), random_(seed), store_(open_store(file)) {}

  [[noreturn]] void work() {
    line_.say({Message::What::Opened, {}, 0, {}});
    for (;;) step();
  }

 private:
  std::uint64_t below(std::uint64_t n) { return random_() % n; }

  void step() {
    now_ = at(++minute_);
    auto drafts = must(store_.drafts());
    std::erase_if(drafts, [](const Draft& draft) { return draft.stage != DraftStage::Writing; });
    if (drafts.size() < 2) return begin();
    const Draft& draft = drafts[below(drafts.size())];
    switch (below(16)) {
      case 0: must(store_.checkpoint()); return;
      case 1: must(store_.freeze_ready(now_)); return;
      case 2: return submit(draft.visit);
      case 3: return below(4) == 0 ? discard(draft.visit.id) : begin();
      case 4: must(store_.save_unfinished({{"place/" + std::to_string(below(4)), base::Id(), std::string(below(3) * 400, 'w')}})); return;
      case 5: case 6: case 7: return sync();
      default: return write(draft.visit);
    }
  }
  void begin() {
    const std::uint64_t child = below(std::size(kChildren));
    model::Visit visit = visit_to({kChildren[child]}, "");
    visit.id = base::Id::from_name("visit/" + std::to_string(random_()));
    visit.children.front().answers["saw"] = std::string();
    line_.say({Message::What::Begins, visit.id, child, {}});
    write(std::move(visit));
  }
  void write(model::Visit visit) {
    auto& text = std::get<std::string>(visit.children.front().answers["saw"]);
    for (auto more = 1 + below(below(8) == 0 ? 4000 : 60); more > 0; --more) text += torture::character(text.size());
    must(store_.save_draft(visit, now_));
    line_.say({Message::What::Saved, visit.id, text.size(), {}});
  }
  void submit(const model::Visit& visit) {
    line_.say({Message::What::Submits, visit.id, 0, {}});
    must(store_.submit(visit, records_of(visit), now_));
    line_.say({Message::What::Submitted, visit.id, 0, {}});
  }
  void discard(base::Id visit) {
    line_.say({Message::What::Discards, visit, 0, {}});
    must(store_.discard(visit, now_));
    line_.say({Message::What::Discarded, visit, 0, {}});
  }
  void sync() {
    Batch batch = must(store_.freeze(64, 256 * 1024, now_));
    wire::SyncRequest request;
    request.ops = std::move(batch.ops);
    request.view.cases = std::move(batch.cursors);
    line_.say({Message::What::Asks, {}, 0, wire::encode(request)});
    Message answer;
    if (!line_.hear(answer)) ::_exit(4);
    must(store_.apply(must(wire::decode<wire::SyncReply>(answer.bytes)), now_));
  }

  Line line_;
  std::mt19937_64 random_;
  std::int64_t minute_ = 0;
  Instant now_;
  Store store_;
};

/// What is known of one visit.
struct Known {
  base::Id record;          ///< what its submission makes
  std::uint64_t saved = 0;  ///< characters confirmed
  bool submits = false, submitted = false, discards = false, discarded = false;
};

/// One store through a hundred kills, and the server it syncs with.
class Life {
 public:
  explicit Life(std::uint64_t seed) : random_(seed) {
    for (const char* name : kChildren) server_.child(name);
  }
  int kills = 0;
  std::uint64_t heard = 0;  ///< confirmations

  void kill_once() {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    const std::uint64_t seed = random_();
    const auto until = steady_clock::now() + microseconds(random_() % (random_() % 8 == 0 ? 80'000 : 20'000));
    const pid_t keeper = ::fork();
    REQUIRE(keeper >= 0);
    if (keeper == 0) {
      ::close(ends[0]);
      try {
        Keeper(file_, Line(ends[1]), seed).work();
      } catch (...) {
      }
      ::_exit(3);
    }
    ::close(ends[1]);
    const Line line(ends[0]);
    Message message;
    while (steady_clock::now() < until)
      if (line.speaks(until - steady_clock::now())) {
        if (!line.hear(message)) break;  // it ended by itself
        take(line, message);
      }
    ::kill(keeper, SIGKILL);
    int status = 0;
    ::waitpid(keeper, &status, 0);
    while (line.hear(message)) take(line, message);  // what it said before it was killed
    ::close(ends[0]);
    REQUIRE(WIFSIGNALED(status));
    REQUIRE(WTERMSIG(status) == SIGKILL);
    ++kills;
    look();
  }

  /// The last look: what survived goes to the server, and is there once.
  void end() {
    {
      Store store = open_store(file_);
      auto waits = [&] {
        const auto status = must(store.status());
        return status.waiting > 0 || status.drafts_not_backed_up > 0;
      };
      for (int round = 0; round < 12 && waits(); ++round) test::sync(store, server_);
      CHECK_FALSE(waits());
    }
    look();
    CHECK(std::set<std::string>(server_.received.begin(), server_.received.end()).size() == server_.received.size());
    for (const auto& [id, visit] : visits_) {
      if (visit.submitted) CHECK(received(visit).size() == 1);
      else CHECK(received(visit).size() <= (visit.submits ? 1U : 0U));
    }
  }
  std::size_t operations() const { return server_.received.size(); }

 private:
  void take(const Line& line, const Message& message) {
    using What = Message::What;
    Known& visit = visits_[message.visit];
    switch (message.what) {
      case What::Begins: visit.record = records_of(visit_of(message)).front().id; break;
      case What::Saved: visit.saved = message.number; ++heard; break;
      case What::Submits: visit.submits = true; break;
      case What::Submitted: visit.submitted = true; ++heard; break;
      case What::Discards: visit.discards = true; break;
      case What::Discarded: visit.discarded = true; ++heard; break;
      case What::Asks: {
        visits_.erase(message.visit);
        const auto request = must(wire::decode<wire::SyncRequest>(message.bytes));
        Batch batch;
        batch.ops = request.ops;
        batch.cursors = request.view.cases.value();
        line.say({What::Answer, {}, 0, wire::encode(server_.answer(batch))});
        break;
      }
      case What::Opened: visits_.erase(message.visit); break;
      case What::Answer: break;
    }
  }
  static model::Visit visit_of(const Message& begins) {
    model::Visit visit = visit_to({kChildren[begins.number]}, "");
    visit.id = begins.visit;
    return visit;
  }
  /// What the server has of its submission: the texts, one for each time it came.
  std::vector<std::string> received(const Known& visit) const {
    std::vector<std::string> out;
    for (const auto& [id, one] : server_.cases)
      for (const auto& entry : one.log)
        if (entry.revision.record == visit.record)
          out.push_back(std::get<std::string>(must(wire::decode<model::ChildRecord>(entry.revision.body)).part.answers.at("saw")));
    return out;
  }

  /// What the next start of the app would find.
  void look() {
    if (fs::exists(file_) && fs::file_size(file_) > 0) {  // else it was killed before the first page was written
      const auto problems = must(must(sql::Db::open(file_, the_key(), the_salt())).check());
      INFO((problems.empty() ? std::string() : problems.front()));
      REQUIRE(problems.empty());
    }
    Store store = open_store(file_);
    std::map<base::Id, Draft> drafts;
    for (Draft& draft : must(store.drafts())) drafts.emplace(draft.visit.id, std::move(draft));
    for (auto& [id, visit] : visits_) {
      CAPTURE(id.str(), visit.saved, visit.submits, visit.submitted, visit.discards, visit.discarded);
      const auto draft = drafts.find(id);
      const bool there = draft != drafts.end();
      if (there) {
        const std::string text = torture::saw_of(draft->second.visit);
        REQUIRE(text == torture::script(text.size()));
        REQUIRE(text.size() >= visit.saved);
        visit.saved = text.size();  // found once: never less from here on
        if (draft->second.stage == DraftStage::Submitting) REQUIRE(visit.submits);
        if (visit.submitted) REQUIRE(draft->second.stage == DraftStage::Submitting);
        REQUIRE_FALSE(visit.discarded);
        visit.discards = false;
      } else if (visit.submits && !received(visit).empty()) {
        const auto texts = received(visit);
        REQUIRE(texts.size() == 1);
        REQUIRE(texts.front() == torture::script(texts.front().size()));
        REQUIRE(texts.front().size() >= visit.saved);
        visit.submitted = true;
      } else {
        REQUIRE((visit.discards || visit.saved == 0));
        visit.discarded = visit.discards;
      }
      if (there && draft->second.stage == DraftStage::Writing) visit.submits = false;
    }
    for (const auto& [id, draft] : drafts) REQUIRE(visits_.contains(id));
  }

  std::mt19937_64 random_;
  Folder folder_;
  fs::path file_ = folder_ / "a.db";
  Server server_;
  std::map<base::Id, Known> visits_;
};

}  // namespace

TEST_CASE("store kill: a store that is killed at any moment opens whole, with all that was confirmed, once", "[torture]") {
  const auto seed = std::random_device()();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  int kills = 0;
  std::uint64_t heard = 0;
  std::size_t operations = 0, stores = 0;
  for (const int enough = store_kills(); kills < enough; ++stores) {
    Life life(random());
    while (life.kills < kKillsOfOneStore && kills + life.kills < enough) life.kill_once();
    life.end();
    kills += life.kills;
    heard += life.heard;
    operations += life.operations();
  }
  std::cout << "store kill: " << kills << " kills of " << stores << " stores, " << heard << " confirmations, all kept; " << operations
            << " operations, each received once; every page whole each time; seed " << seed << "\n";
}
