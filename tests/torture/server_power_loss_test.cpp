// What a power cut leaves of the case server's database. Below SQLCipher every write and sync of a random life of pushes, pulls and
// imports is recorded; at every sync, disks are made that lost what was not synced. Each must open, every page must be whole, every
// chain must be what was sent, and everything that a reply acknowledged must be there.
#include <random>

#include "platform/sql/db.h"
#include "tests/server/office.h"
#include "tests/torture/power.h"
#include "tests/torture/recorded_disk.h"

using namespace doorstep;
using namespace doorstep::tests;
using torture::RecordedDisk;

namespace {

constexpr const char* kVfs = "torture-server-power";

/// One tablet, what it has sent, and what it was told is kept.
struct Sender {
  Sender(Office& office, const char* worker) : tablet(office, worker) {}
  Tablet tablet;
  std::vector<std::string> sent;           ///< operations, from number 1
  std::map<Id, model::Visit> drafts;
  server::DeviceChain promised;
  std::vector<wire::Receipt> receipts;
};

/// One life of one case server, of some steps.
class Life {
 public:
  Life(std::uint64_t seed, bool sync_off)
      : random_(seed), disk_(kVfs), office_(Store::Sqlcipher, {}, [](const auto&) { return std::string(); }, {kVfs, sync_off}),
        wren_(office_, "wren"), sparrow_(office_, "sparrow") {
    sparrow_.tablet.sync();
    wren_.tablet.sync();
    disk_.start(office_.folder(), [this] { cut(); });
  }

  /// Empty: every disk held what was promised. Else what one did not.
  std::string live(int steps) {
    for (step_ = 0; step_ < steps && wrong_.empty(); ++step_) {
      office_.clock.pass(std::chrono::minutes(1));
      step();
      cut();  // after the reply
    }
    office_.service.reset();
    office_.repository.reset();
    cut();
    return wrong_;
  }
  torture::PowerFigures figures;

 private:
  std::uint64_t below(std::uint64_t n) { return random_() % n; }

  void step() {
    switch (below(8)) {
      case 0: return import();
      case 1: return push(sparrow_, decisions());
      case 2: wren_.tablet.sync(); return;  // writes what the tablet holds
      default: return push(wren_, writing());
    }
  }
  void import() {
    auto files = extract();
    auto& families = files.at("families.csv");
    const std::string mark = "0100" + std::to_string(step_);
    families.replace(families.find("0100"), 4, mark);
    marks_.push_back(mark);
    office_.import(files);
    promised_mark_ = marks_.size();
  }
  std::vector<wire::Operation> writing() {
    std::vector<wire::Operation> out;
    for (auto count = 1 + below(6); count > 0; --count) {
      if (below(4) == 0) {
        const auto record = wren_.tablet.record(fresh_id(), child_id("A1"), words());
        out.push_back(Tablet::submit(record, child_id("A1")));
      } else {
        const Id id = any_id("draft " + std::to_string(below(5)));
        if (std::any_of(out.begin(), out.end(), [&](const auto& op) { return op.record == id; })) continue;
        auto& visit = wren_.drafts[id];
        visit.id = id;
        visit.author = wren_.tablet.worker;
        visit.address += words();
        const auto* base = wren_.tablet.has(wren_.tablet.worker, id);
        out.push_back(wren_.tablet.put(visit, base ? base->rev : 0, base ? base->hash : std::string()));
      }
    }
    return out;
  }
  std::vector<wire::Operation> decisions() {
    sparrow_.tablet.sync();
    std::vector<wire::Operation> out;
    for (const auto& [id, revision] : sparrow_.tablet.cases[child_id("A1")])
      if (revision.state == State::Submitted && out.size() < 3)
        out.push_back(sparrow_.tablet.decide(revision, child_id("A1"), model::Verdict::Approved, "Read."));
    return out;
  }
  void push(Sender& sender, std::vector<wire::Operation> ops) {
    std::int64_t number = sender.tablet.next;
    for (wire::Operation& op : ops) {
      op.number = number++;
      op.at = office_.clock.now;
      sender.sent.push_back(wire::encode(op));
    }
    for (const auto& result : sender.tablet.sync(std::move(ops))) CHECK(result.status == OpStatus::Applied);
    const wire::SyncReply& reply = sender.tablet.last;
    sender.promised = {reply.applied_through, reply.head_hash};
    if (reply.receipt) sender.receipts.push_back(*reply.receipt);
    sender.tablet.sync();
  }
  Id fresh_id() { return any_id("record " + std::to_string(++records_)); }
  std::string words() {
    std::string out;
    for (auto n = 1 + below(below(8) == 0 ? 900 : 12); n > 0; --n) out += " word" + std::to_string(below(1000));
    return out;
  }

  /// Makes the disks of this moment, and looks at each. Nothing is thrown: SQLite's own frames may lie below.
  void cut() {
    ++figures.moments;
    torture::each_disk(disk_, random_, figures, [&](const std::filesystem::path& folder, RecordedDisk::Cut how) {
      const auto wrong = wrong_with(folder / office_.file().filename());
      if (wrong_.empty() && !wrong.empty())
        wrong_ = "step " + std::to_string(step_) + ", cut " + std::to_string(static_cast<int>(how)) + ": " + wrong.substr(0, 200);
    });
  }

  std::string wrong_with(const std::filesystem::path& file) {
    const auto broken = [](const base::Error& error) { return error.where + ": " + error.detail; };
    auto repository = server::open_sqlcipher_repository(file, office_.key);
    if (!repository) return broken(repository.error());
    auto unit = (*repository)->read();
    if (!unit) return broken(unit.error());
    auto intact = (*unit)->audit_intact();
    if (!intact) return broken(intact.error());
    if (!*intact) return "the audit is not whole";
    for (const Sender* sender : {&wren_, &sparrow_})
      if (auto wrong = wrong_with(**unit, *sender); !wrong.empty()) return wrong;
    for (const char* child : {"A1", "B1", "S1"})
      if (auto wrong = wrong_with_log(**unit, child_id(child)); !wrong.empty()) return wrong;
    if (auto wrong = wrong_with_log(**unit, wren_.tablet.worker); !wrong.empty()) return wrong;
    if (auto wrong = wrong_with_import(**unit); !wrong.empty()) return wrong;
    unit->reset();
    repository->reset();
    const auto key = office_.key.view();
    auto db = sql::Db::open(file, base::Secret::copy_of(key.substr(0, sql::kKeyBytes)), std::string(key.substr(sql::kKeyBytes)));
    if (!db) return broken(db.error());
    auto problems = db->check();
    if (!problems) return broken(problems.error());
    return problems->empty() ? std::string() : problems->front();
  }
  /// What was acknowledged is there, and nothing that was not sent.
  std::string wrong_with(server::Unit& unit, const Sender& sender) {
    const Id device = sender.tablet.device;
    auto chain = unit.chain_of(device, 1);
    if (!chain) return chain.error().where;
    if (chain->through < sender.promised.through) return "an acknowledged operation is gone";
    if (chain->through > static_cast<std::int64_t>(sender.sent.size())) return "an operation that was never sent";
    std::string hash = wire::kChainStart;
    for (std::int64_t n = 1; n <= chain->through; ++n) {
      auto row = unit.operation(device, 1, n);
      if (!row || !*row) return "operation " + std::to_string(n) + " is gone";
      if ((*row)->bytes != sender.sent[static_cast<std::size_t>(n - 1)]) return "operation " + std::to_string(n) + " is not as sent";
      hash = wire::chain_next(hash, (*row)->bytes);
      if ((*row)->hash != hash) return "the chain breaks at " + std::to_string(n);
      auto op = wire::decode<wire::Operation>((*row)->bytes);
      auto made = unit.revision(op->record, (*row)->result.rev);
      if (!made || !*made) return "operation " + std::to_string(n) + " made nothing";
    }
    if (chain->hash != hash) return "the chain's end is another";
    for (const wire::Receipt& receipt : sender.receipts) {
      auto row = unit.receipt(receipt.number);
      if (!row || !*row || !((*row)->receipt == receipt)) return "receipt " + std::to_string(receipt.number) + " is gone";
    }
    return {};
  }
  std::string wrong_with_log(server::Unit& unit, Id case_id) {
    auto rows = unit.log(case_id, 0, 1'000'000);
    if (!rows) return rows.error().where;
    std::string chain = wire::kChainStart;
    std::int64_t at = 0;
    for (const server::LogRow& row : *rows) {
      auto revision = unit.revision(row.record, row.rev);
      if (!revision || !*revision) return "a log names a revision that is not there";
      chain = wire::chain_next(chain, **revision);
      if (row.seq != ++at || row.chain != chain) return "a case's log breaks at " + std::to_string(at);
    }
    return {};
  }
  std::string wrong_with_import(server::Unit& unit) {
    if (promised_mark_ == 0) return {};
    auto rows = unit.log(child_id("A1"), 0, 1'000'000);
    if (!rows) return rows.error().where;
    std::string body;
    for (const server::LogRow& row : *rows) {
      auto revision = unit.revision(row.record, row.rev);
      if (revision && *revision && (*revision)->body.find("\"0100") != std::string::npos) body = (*revision)->body;
    }
    for (std::size_t i = promised_mark_ - 1; i < marks_.size(); ++i)
      if (body.find('"' + marks_[i] + '"') != std::string::npos) return {};
    return "an import that was done is undone";
  }

  std::mt19937_64 random_;
  RecordedDisk disk_;
  Office office_;
  Sender wren_, sparrow_;
  int step_ = 0, records_ = 0;
  std::vector<std::string> marks_;
  std::size_t promised_mark_ = 0;  ///< how many of them were imported to their end
  std::string wrong_;
};

}  // namespace

TEST_CASE("power loss: at every sync of a case server's life, what a reply acknowledged is there", "[power]") {
  torture::live_through<Life>("server", 30);
}

TEST_CASE("power loss: without synchronous=FULL a case server's disk is found that broke a promise", "[power]") {
  Life life(1, true);
  CHECK_FALSE(life.live(30).empty());
}
