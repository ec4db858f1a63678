// What a power cut leaves of a tablet's store. Below SQLCipher every write and sync of a random life of drafts, submissions,
// syncs and purges is recorded; at every sync, disks are made that lost what was not synced. Each must open, every page must
// be whole, and it must hold what was promised last: the state before the step that was going on, or after it.

#include "platform/sql/db.h"
#include "tests/store/support.h"
#include "tests/torture/power.h"
#include "tests/torture/recorded_disk.h"

using namespace doorstep;
using namespace doorstep::store;
using namespace doorstep::store::test;
using torture::RecordedDisk;

namespace {

constexpr const char* kVfs = "torture-power";

/// One life of one store, of about `steps` steps.
class Life {
 public:
  Life(std::uint64_t seed, bool sync_off) : random_(seed), disk_(kVfs), store_(open(sync_off)) {
    for (const char* name : kChildren) server_.child(name);
    must(store_->checkpoint());
    before_ = content(copy());
    allowed_ = {before_};
    disk_.start(folder_.path(), [this] { cut(); });
  }

  /// Empty: every disk held what was promised. Else what one did not.
  std::string live(int steps) {
    for (int n = 0; n < steps && wrong_.empty(); ++n) {
      within_ = {};
      step();
      const auto done = content(copy());
      allowed_ = {before_, done};
      judge();
      before_ = done;
      allowed_ = {done};  // promised: from here on nothing earlier will do
      cut();
      judge();
    }
    name_ = "close";
    store_.reset();
    cut();
    judge();
    return wrong_;
  }
  torture::PowerFigures figures;

 private:
  static constexpr const char* kChildren[] = {"Amara", "Tobi", "Zed"};
  struct Found { std::string state; RecordedDisk::Cut how; };

  Store open(bool sync_off) {
    StoreOptions options;
    options.vfs = kVfs;
    options.sync_off = sync_off;
    return open_store(file_, kMe, kDevice, options);
  }
  std::uint64_t below(std::uint64_t n) { return random_() % n; }

  void step() {
    now_ = at(++minute_);
    name_.clear();
    const auto id = id_of("visit/" + std::string(kChildren[below(std::size(kChildren))]));
    auto draft = store_->draft(id);
    switch (below(10)) {
      case 0: return sync();
      case 1: return freeze();
      case 2: {
        name_ = "submit";
        if (!draft.has_value() || draft->stage != DraftStage::Writing) return write(std::nullopt);
        std::vector<model::ChildRecord> records;
        for (const auto& part : draft->visit.children)
          records.push_back(model::record_of(draft->visit, part, base::Id::from_name("record/" + std::to_string(random_())), now_));
        return must(store_->submit(draft->visit, records, now_));
      }
      case 3:
        name_ = "discard";
        if (!draft.has_value() || draft->stage != DraftStage::Writing) return write(std::nullopt);
        return must(store_->discard(id, now_));
      case 4:
        name_ = "words";
        return must(store_->save_unfinished({{"place/" + std::to_string(below(4)), base::Id(), std::string(below(3) * 400, 'w')}}));
      case 5: {
        name_ = "drop or give back";
        const auto child = id_of("child/" + std::string(kChildren[below(std::size(kChildren))]));
        if (!server_.dropped.erase(child)) server_.dropped.insert(child);
        return sync();
      }
      case 6: name_ = "checkpoint"; return must(store_->checkpoint());
      default: return write(draft.has_value() ? std::optional(draft->visit) : std::nullopt);
    }
  }
  /// A save of a visit that goes on, or of a new one.
  void write(std::optional<model::Visit> visit) {
    name_ = "save";
    if (!visit || below(20) == 0) {
      visit = visit_to({kChildren[below(std::size(kChildren))], "Kit"});
      visit->id = id_of("visit/" + std::string(visit->children.front().name));
      if (auto there = store_->draft(visit->id); there.has_value()) visit = there->visit;
    }
    auto& text = observed(*visit);
    for (auto words = 1 + below(below(8) == 0 ? 900 : 12); words > 0; --words) text += " word" + std::to_string(below(1000));
    if (below(6) == 0) text.resize(text.size() / 2);
    // Being submitted, or thrown away: refused, and nothing is written.
    if (auto saved = store_->save_draft(*visit, now_); !saved.has_value()) REQUIRE(saved.error().fault == base::Fault::Conflict);
  }
  void freeze() {
    name_ = "freeze";
    must(store_->freeze(64, 256 * 1024, now_));
  }
  void sync() {
    if (name_.empty()) name_ = "sync";
    test::sync(*store_, server_, now_);
  }

  fs::path copy() { return crash_copy(file_, images_.path()); }
  /// As the app would find it: opened, every page read. Nothing is thrown: SQLite's own frames may lie below.
  std::string content(const fs::path& file) {
    const auto broken = [](const base::Error& error) { return "broken: " + error.where + ": " + error.detail; };
    std::string out;
    {
      auto opened = Store::open(file, the_key(), the_salt());
      if (!opened) return broken(opened.error());
      if (auto read = opened->dump([&](std::string_view line) { (out += line) += '\n'; }); !read) return broken(read.error());
    }
    auto db = sql::Db::open(file, the_key(), the_salt());
    if (!db) return broken(db.error());
    auto problems = db->check();
    if (!problems) return broken(problems.error());
    return problems->empty() ? out : "broken: " + problems->front();
  }

  /// Makes the disks of this moment.
  void cut() {
    ++figures.moments;
    torture::each_disk(disk_, random_, figures, [&](const fs::path& folder, RecordedDisk::Cut how) {
      within_.push_back({content(folder / file_.filename()), how});
    });
  }
  /// A step may be two commits: what lies between is then a state too, and only one.
  void judge() {
    std::set<std::string> between;
    for (const auto& [state, how] : within_) {
      if (allowed_.contains(state)) continue;
      const bool whole = state.compare(0, 6, "broken") != 0 && allowed_.size() > 1;
      if (whole) between.insert(state);
      if (!whole || between.size() > 1)
        wrong_ = "step " + std::to_string(minute_) + " (" + name_ + "), cut " + std::to_string(static_cast<int>(how)) + ": " +
                 state.substr(0, 200);
    }
    within_.clear();
  }

  std::mt19937_64 random_;
  Folder folder_, images_;
  fs::path file_ = folder_ / "a.db";
  RecordedDisk disk_;
  Server server_;
  std::int64_t minute_ = 0;
  Instant now_;
  std::string name_, before_, wrong_;
  std::set<std::string> allowed_;
  std::vector<Found> within_;
  std::optional<Store> store_;  // last: closing it is written to the disk too
};

}  // namespace

TEST_CASE("power loss: at every sync of a store's life, whatever of the unsynced is lost or torn, the promise holds", "[power]") {
  torture::live_through<Life>("tablet", 60);
}

TEST_CASE("power loss: without synchronous=FULL a disk is found that broke a promise", "[power]") {
  Life life(1, true);
  CHECK_FALSE(life.live(60).empty());
}
