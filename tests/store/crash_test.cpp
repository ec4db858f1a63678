#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "platform/sql/observed_vfs.h"
#include "tests/store/support.h"

using namespace doorstep;
using namespace doorstep::store;
using namespace doorstep::store::test;

namespace {

/// Copies the files after every write, sync and truncate: each copy is what a crash at that moment would leave.
struct Crashes {
  fs::path file, images;
  bool armed = false;
  std::vector<fs::path> made;

  explicit Crashes(const Folder& folder) : file(folder / "a.db"), images(folder / "images") {
    must(sql::register_observed_vfs("store-crash", [this](const sql::FileEvent&) {
      if (armed) made.push_back(crash_copy(file, images / std::to_string(made.size())));
    }));
  }
  Store open() {
    StoreOptions options;
    options.vfs = "store-crash";
    return open_store(file, kMe, kDevice, options);
  }
};

std::string content(const fs::path& file) {
  Store store = must(Store::open(file, the_key(), the_salt()));
  return everything(store);
}

}  // namespace

TEST_CASE("crash: at every write of every step the file holds the state before it or the one after it", "[store]") {
  Folder folder;
  Crashes crashes(folder);
  Server server;
  server.child("Amara");
  server.child("Tobi");
  Store store = crashes.open();
  auto visit = visit_to({"Amara", "Tobi"}, "Words in a house.");
  std::size_t images = 0;
  auto step = [&](const char* name, auto&& change, std::size_t between = 0) {
    std::vector<std::string> allowed{everything(store)};
    crashes.made.clear();
    crashes.armed = true;
    change();
    crashes.armed = false;
    allowed.push_back(everything(store));
    CAPTURE(name, crashes.made.size());
    CHECK(allowed[0] != allowed[1]);
    CHECK_FALSE(crashes.made.empty());
    std::set<std::string> others;
    for (const auto& image : crashes.made) {
      auto found = content(image);
      if (found != allowed[0] && found != allowed[1]) others.insert(found);
    }
    CHECK(others.size() <= between);  // steps that are two commits by design
    CHECK(content(crashes.made.back()) == allowed[1]);
    images += crashes.made.size();
    fs::remove_all(crashes.images);
  };
  step("first save", [&] { must(store.save_draft(visit, at(1))); });
  observed(visit) += " More.";
  step("second save", [&] { must(store.save_draft(visit, at(2))); });
  Batch batch;
  step("freeze", [&] { batch = must(store.freeze(64, 1 << 18, at(3))); });
  auto reply = server.answer(batch);
  step("apply", [&] { must(store.apply(reply, at(4))); });
  step("submit", [&] { must(store.submit(visit, records_of(visit), at(5))); });
  step("sync of the submission", [&] { sync(store, server); }, 1);
  server.dropped.insert(id_of("child/Tobi"));
  batch = must(store.freeze(64, 1 << 18, at(6)));
  reply = server.answer(batch);
  step("purge", [&] { must(store.apply(reply, at(7))); }, 1);
  step("checkpoint", [&] { must(store.save_draft(visit_to({"Zed"}), at(8))), must(store.checkpoint()); });
  CHECK(images > 20);
}

TEST_CASE("crash: killed at any moment while saving, everything that was said to be saved is there", "[store]") {
  Folder folder;
  auto file = folder / "a.db";
  { Store store = open_store(file); }
  std::int64_t saved = -1;
  for (int round = 0; round < 12; ++round) {
    int pipe_ends[2];
    REQUIRE(::pipe(pipe_ends) == 0);
    pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      ::close(pipe_ends[0]);
      auto store = Store::open(file, the_key(), the_salt());
      if (!store.has_value()) ::_exit(2);
      auto visit = visit_to({"Amara"});
      for (std::int64_t i = saved + 1;; ++i) {
        observed(visit) = "save number " + std::to_string(i);
        if (!store->save_draft(visit, at(i)).has_value()) ::_exit(3);
        if (::write(pipe_ends[1], &i, sizeof i) != sizeof i) ::_exit(4);
      }
    }
    ::close(pipe_ends[1]);
    for (int n = 0; n < 3 + round * 5; ++n) REQUIRE(::read(pipe_ends[0], &saved, sizeof saved) == sizeof saved);
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    CHECK(WIFSIGNALED(status));
    for (std::int64_t last; ::read(pipe_ends[0], &last, sizeof last) == sizeof last;) saved = last;
    ::close(pipe_ends[0]);
    Store store = must(Store::open(file, the_key(), the_salt()));
    auto visit = must(store.draft(visit_to({"Amara"}).id)).visit;
    std::int64_t found = std::stoll(observed(visit).substr(sizeof("save number ") - 1));
    CAPTURE(round, saved, found);
    CHECK((found == saved || found == saved + 1));
    saved = found;
  }
}
