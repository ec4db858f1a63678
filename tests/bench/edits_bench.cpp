#include <catch2/catch_test_macros.hpp>

#include <mutex>

#include "sync/wire/codec.h"
#include "tests/bench/measure.h"
#include "tests/bench/notes.h"
#include "tests/bench/raw.h"

using namespace doorstep;
using namespace doorstep::bench;

namespace {

constexpr std::size_t kEdits = 20;
constexpr std::size_t kChecksum = 4;  // bytes of each frame, which an edit beside others does not need

/// A council that counts what goes over each request.
class Counted {
 public:
  Counted() : council_(how()) {}
  support::CaseServer& council() { return council_; }
  struct Seen {
    Exchange bytes;            ///< of the bodies as they travel
    std::int64_t operations;   ///< that the server has after it
  };
  std::vector<Seen> take() {
    std::lock_guard lock(mutex_);
    return std::exchange(seen_, {});
  }

 private:
  support::CaseServerOptions how() {
    support::CaseServerOptions out;
    out.replied = [this](const server::HttpRequest& request, const server::HttpReply& reply) {
      if (request.target != "/v1/sync") return;  // while it is locked, a tablet asks for IT's commands too
      const auto counts = (*council_.repository().read())->counts();
      std::lock_guard lock(mutex_);
      const auto coding = [](const auto& header) { return header.first == "Content-Encoding"; };
      const bool coded = std::any_of(reply.headers.begin(), reply.headers.end(), coding);
      seen_.push_back({{std::stoul(request.headers.at("content-length")), coded ? reply.body.size() : wire::compress(reply.body).size()},
                       counts->operations});
    };
    return out;
  }
  std::mutex mutex_;
  std::vector<Seen> seen_;
  support::CaseServer council_;
};

}  // namespace

// A tablet that holds 10,000 submitted notes and has begun 20 visits which the server has as well. Each of those gets a sentence
// while there is no network; what they then cost is what travels in the one request that carries them.
TEST_CASE("edits", "[edits]") {
  const std::size_t notes = quick() ? 20 : 10'000, at_once = 1000;
  Counted counted;
  support::FieldTablet tablet(counted.council().enrol(std::string(kWriter)));
  const auto sync = [&] {
    tablet.open();
    tablet.sync();
    tablet.close();
  };
  sync();
  for (std::size_t written = 0; written < notes; written += std::min(at_once, notes)) {
    write_notes(tablet, counted.council(), std::min(at_once, notes));
    sync();
  }
  auto visits = begin_visits(counted.council(), kEdits);
  const auto save = [&] {
    store::Store store = tablet.open_store();
    for (const auto& visit : visits) REQUIRE(store.save_draft(visit, base::SystemClock().wall()).has_value());
  };
  save();
  sync();
  std::size_t each = 0, plain = 0;
  for (std::size_t i = 0; i < kEdits; ++i) {
    const std::string base = wire::encode(visits[i]);
    add_sentence(visits[i], i);
    const std::string edit = wire::encode(visits[i]);
    each += wire::compress(edit, base).size() - kChecksum;
    plain += wire::compress(edit).size();
  }
  save();
  const auto before = (*counted.council().repository().read())->counts()->operations;
  counted.take();
  sync();
  const auto seen = counted.take();
  REQUIRE_FALSE(seen.empty());
  REQUIRE(seen.front().operations - before == static_cast<std::int64_t>(kEdits));  // one round trip
  REQUIRE(seen.back().operations == seen.front().operations);
  for (const auto& visit : visits) REQUIRE((*(*counted.council().repository().read())->head(visit.id))->body == wire::encode(visit));
  tell("20 edits, 10,000 notes", static_cast<double>(seen.front().bytes.there), static_cast<double>(each),
       "one round trip among " + std::to_string(notes) + " notes; its reply " + std::to_string(seen.front().bytes.back) +
           " bytes; each edit alone in zstd " + std::to_string(plain) + " bytes");
}
