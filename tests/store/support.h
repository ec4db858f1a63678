#pragma once
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <map>
#include <set>

#include "app/store/store.h"
#include "platform/base/bytes.h"
#include "sync/merge/merge.h"
#include "sync/model/visit.h"
#include "sync/wire/codec.h"
#include "tests/support/folder.h"

/// A store in a folder of its own and the other side of a sync, small enough to be read in one go.
namespace doorstep::store::test {

namespace fs = std::filesystem;

inline Id id_of(std::string_view name) { return Id::from_name(name); }
inline Instant at(std::int64_t minutes) { return {1'790'000'000'000 + minutes * 60'000}; }
inline const Id kMe = id_of("worker/me"), kSupervisor = id_of("worker/supervisor"), kDevice = id_of("device/mine");

using support::Folder;

template <class T>
T must(Result<T> result) {
  INFO((result.has_value() ? std::string() : result.error().where + ": " + result.error().detail));
  REQUIRE(result.has_value());
  return std::move(*result);
}
inline void must(Result<void> result) {
  INFO((result.has_value() ? std::string() : result.error().where + ": " + result.error().detail));
  REQUIRE(result.has_value());
}

inline base::Secret the_key() { return base::Secret::copy_of(std::string(32, 'k')); }
inline std::string the_salt() { return std::string(16, 's'); }

inline Store open_store(const fs::path& file, Id worker = kMe, Id device = kDevice, StoreOptions options = {}) {
  options.create = true;
  Store store = must(Store::open(file, the_key(), the_salt(), options));
  Identity identity;
  identity.device = device;
  identity.worker = worker;
  identity.worker_name = "Ros Ash";
  must(store.set_identity(identity));
  return store;
}

/// The file as it would be found after a crash now: database and WAL, copied while open.
inline fs::path crash_copy(const fs::path& file, const fs::path& to) {
  fs::create_directories(to);
  for (const char* end : {"", "-wal"})
    if (fs::exists(file.string() + end))
      fs::copy_file(file.string() + end, to / (file.filename().string() + end), fs::copy_options::overwrite_existing);
  return to / file.filename();
}

inline model::Visit visit_to(std::vector<std::string> children, std::string text = "First words.") {
  model::Visit visit;
  visit.id = id_of("visit/" + children.front());
  visit.author = kMe;
  visit.family_name = "Okafor";
  visit.facts.type = model::VisitType::Cin;
  visit.facts.start = model::ZonedTime{at(0), 0, "Europe/London"};
  for (const auto& name : children) {
    model::ChildPart part;
    part.id = id_of("child/" + name);
    part.name = name;
    part.answers["observed"] = text + " (" + name + ")";
    visit.children.push_back(std::move(part));
  }
  return visit;
}
inline std::string& observed(model::Visit& visit, std::size_t child = 0) {
  return std::get<std::string>(visit.children.at(child).answers["observed"]);
}
inline std::vector<model::ChildRecord> records_of(const model::Visit& visit) {
  std::vector<model::ChildRecord> out;
  for (const auto& part : visit.children)
    out.push_back(model::record_of(visit, part, id_of("record/" + visit.id.str() + part.id.str()), at(9)));
  return out;
}

/// A case server in memory: applies operations, keeps logs, answers pushes. Real merges, no authority checks.
class Server {
 public:
  struct Case { std::vector<wire::LogEntry> log; std::vector<std::string> chain{wire::kChainStart}; };
  std::map<Id, Case> cases;
  std::set<Id> dropped;
  std::map<std::int64_t, wire::Refusal> refuse;     ///< by operation number
  std::vector<std::string> received;                ///< bytes of every operation, in order
  std::vector<std::string> hashes{wire::kChainStart};
  std::vector<wire::OpResult> results;
  std::string epoch = "e1";
  std::int64_t stable = 0;

  void add(Id case_id, model::Revision revision) {
    Case& c = cases[case_id];
    revision.hash = base::sha256_hex(revision.body);
    c.chain.push_back(wire::chain_next(c.chain.back(), revision));
    c.log.push_back({static_cast<std::int64_t>(c.log.size()) + 1, std::move(revision)});
  }
  model::Revision* head(Id record) {
    model::Revision* out = nullptr;
    for (auto& [id, c] : cases)
      for (auto& entry : c.log)
        if (entry.revision.record == record && (!out || entry.revision.rev >= out->rev)) out = &entry.revision;
    return out;
  }
  /// Its words go, and one revision more says nothing.
  void erase(Id record) {
    model::Revision last;
    last.record = record;
    last.rev = head(record)->rev + 1;
    last.kind = head(record)->kind;
    last.at = at(5);
    Id in;
    for (auto& [id, c] : cases)
      for (auto& entry : c.log)
        if (entry.revision.record == record) entry.revision.body.clear(), in = id;
    add(in, last);
  }
  template <class T>
  void import(Id case_id, model::RecordKind kind, const T& value) {
    model::Revision revision;
    revision.record = value.id;
    auto* before = head(value.id);
    revision.rev = before ? before->rev + 1 : 1;
    if (before && before->body == wire::encode(value)) revision.rev = before->rev;
    revision.kind = kind;
    revision.at = at(1);
    revision.body = wire::encode(value);
    add(case_id, revision);
  }
  void child(const std::string& name, const std::string& family = "Okafor") {
    model::Child child;
    child.id = id_of("child/" + name);
    child.family = id_of("family/" + family);
    child.name = name + " " + family;
    model::Family household;
    household.id = child.family;
    household.name = family;
    household.address = "12 Harbour Street, Cefn-coed";
    import(child.id, model::RecordKind::Child, child);
    import(child.id, model::RecordKind::Family, household);
  }

  wire::SyncReply answer(const Batch& batch) {
    wire::SyncReply reply;
    for (std::size_t i = 0; i < batch.ops.items.size(); ++i) {
      std::int64_t number = batch.ops.first + static_cast<std::int64_t>(i);
      const std::string& bytes = batch.ops.items[i];
      if (number <= static_cast<std::int64_t>(received.size())) {
        REQUIRE(received[static_cast<std::size_t>(number - 1)] == bytes);  // I2: the same bytes every time
      } else {
        REQUIRE(number == static_cast<std::int64_t>(received.size()) + 1);
        if (i == 0) REQUIRE(batch.ops.prev == hashes.back());
        received.push_back(bytes);
        hashes.push_back(wire::chain_next(hashes.back(), bytes));
        results.push_back(take(must(wire::decode<wire::Operation>(bytes))));
      }
      reply.results.push_back(results[static_cast<std::size_t>(number - 1)]);
    }
    reply.epoch = epoch;
    reply.applied_through = static_cast<std::int64_t>(received.size());
    reply.head_hash = hashes.back();
    reply.stable_through = stable;
    std::map<Id, wire::Cursor> cursors;
    for (const auto& cursor : batch.cursors) cursors[cursor.case_id] = cursor;
    for (auto& [id, c] : cases) {
      if (dropped.contains(id)) {
        if (cursors.contains(id)) reply.drop.push_back(id);
        continue;
      }
      auto seq = static_cast<std::size_t>(cursors.contains(id) ? cursors[id].seq : 0);
      wire::CasePull pull;
      pull.case_id = id;
      if (seq > c.log.size() || (seq > 0 && c.chain[seq] != cursors[id].chain)) {
        pull.diverged = true;
        seq = 0;
      }
      if (seq == c.log.size()) continue;
      pull.from = static_cast<std::int64_t>(seq);
      pull.to = static_cast<std::int64_t>(c.log.size());
      pull.chain = c.chain.back();
      pull.entries.assign(c.log.begin() + static_cast<std::ptrdiff_t>(seq), c.log.end());
      reply.cases.push_back(std::move(pull));
    }
    reply.receipt = wire::Receipt{1, at(60), reply.applied_through, reply.head_hash};
    return reply;
  }

  wire::OpResult take(const wire::Operation& op) {
    wire::OpResult result;
    result.number = op.number;
    if (auto it = refuse.find(op.number); it != refuse.end()) {
      result.status = wire::OpStatus::Refused;
      result.code = it->second;
      result.detail = "refused by the test";
      return result;
    }
    model::Revision* before = head(op.record);
    model::Revision revision;
    revision.record = op.record;
    revision.kind = op.record_kind;
    revision.author = kMe;
    revision.device = kDevice;
    revision.at = at(30);
    revision.rev = before ? before->rev + 1 : 1;
    revision.body = op.body;
    if (op.kind == wire::OpKind::Submit) revision.state = model::State::Submitted;
    if (op.kind == wire::OpKind::Withdraw || op.kind == wire::OpKind::Decide) {
      revision.body = before->body;
      revision.state = model::State::Draft;
      if (op.kind == wire::OpKind::Decide) {
        auto decision = must(wire::decode<model::Decision>(op.body));
        revision.state = decision.verdict == model::Verdict::Approved ? model::State::Approved : model::State::Returned;
        import(op.case_id, model::RecordKind::Decision, decision);
      }
    }
    if (op.kind == wire::OpKind::Addendum) {
      import(op.case_id, model::RecordKind::Addendum, must(wire::decode<model::Addendum>(op.body)));
      return result;
    }
    if (op.kind == wire::OpKind::Settle) {
      import(op.case_id, model::RecordKind::Disposition, must(wire::decode<model::Disposition>(op.body)));
      return result;
    }
    bool merges = op.kind == wire::OpKind::Put || op.kind == wire::OpKind::Submit;
    if (merges && before && before->rev != op.base_rev) {
      auto options = merge::record_options(kMe.str(), kMe.str());
      boost::json::value base;
      for (auto& [id, c] : cases)
        for (auto& entry : c.log)
          if (entry.revision.record == op.record && entry.revision.rev == op.base_rev) base = must(wire::parse_json(entry.revision.body));
      auto theirs = must(wire::parse_json(before->body));
      auto merged = merge::merge(base, must(wire::parse_json(op.body)), theirs, options);
      if (op.kind == wire::OpKind::Put && merged.document == theirs) {  // nothing new in it
        result.rev = before->rev;
        result.hash = before->hash;
        return result;
      }
      revision.body = boost::json::serialize(merged.document);
      revision.merged = true;
      result.status = merged.clean() ? wire::OpStatus::Merged : wire::OpStatus::Conflict;
      if (op.kind == wire::OpKind::Submit) revision.state = model::State::Returned;
    }
    add(op.case_id, revision);
    result.rev = revision.rev;
    result.hash = base::sha256_hex(revision.body);
    return result;
  }
};

inline Applied sync(Store& store, Server& server, Instant now = at(60)) {
  return must(store.apply(server.answer(must(store.freeze(64, 256 * 1024, now))), now));
}

/// What a batch holds: kinds of operations, "!" where urgent.
inline std::vector<std::string> shapes(const Batch& batch) {
  std::vector<std::string> out;
  for (const auto& bytes : batch.ops.items) {
    auto op = must(wire::decode<wire::Operation>(bytes));
    out.push_back(std::string(model::code(op.kind)) + (op.urgent ? "!" : ""));
  }
  return out;
}

/// What another tablet of the same worker wrote of a draft, as its server's log has it.
inline void from_elsewhere(Server& server, const model::Visit& visit, std::int64_t rev) {
  model::Revision revision;
  revision.record = visit.id;
  revision.rev = rev;
  revision.kind = model::RecordKind::Visit;
  revision.body = wire::encode(visit);
  server.add(kMe, revision);
}

/// A new incarnation's on the server.
inline void chain_of_its_own(Server& server) {
  server.received.clear();
  server.hashes = {wire::kChainStart};
  server.results.clear();
}
/// A restored server's that has nothing of this tablet's.
inline wire::SyncReply knows_nothing(std::vector<wire::Incarnation> lost = {}) {
  wire::SyncReply out;
  out.epoch = "e2";
  out.head_hash = wire::kChainStart;
  out.more = true;
  out.lost = std::move(lost);
  return out;
}

inline std::string a_photo() { return "\xFF\xD8\xFF a photo of the bedroom " + std::string(3000, 'p'); }
inline void attach(Store& store, model::Visit& visit) {
  const NewBlob made = must(store.add_blob(a_photo(), at(0)));
  visit.children.front().attachments.emplace();
  visit.children.front().attachments->push_back({id_of("attachment"), made.sha256, made.size, made.media_type, "The bedroom", at(0)});
}

/// Whether these words are in a draft or record of the tablet, or in the newest version of one on the server.
inline bool anywhere(Store& store, Server& server, std::string_view words) {
  for (const auto& draft : must(store.drafts()))
    if (wire::encode(draft.visit).find(words) != std::string::npos) return true;
  for (const auto& record : must(store.caseload()).records)
    if (record.head().revision.body.find(words) != std::string::npos || wire::encode(record.head().body).find(words) != std::string::npos)
      return true;
  std::map<Id, std::string> newest;
  for (auto& [id, c] : server.cases)
    for (auto& entry : c.log) newest[entry.revision.record] = entry.revision.body;
  for (auto& [id, body] : newest) {
    const auto visit = wire::decode<model::Visit>(body);
    if (visit && visit->discarded.value_or(false)) continue;
    if (body.find(words) != std::string::npos) return true;
  }
  return false;
}

inline std::string everything(Store& store) {
  std::string out;
  must(store.dump([&](std::string_view line) { (out += line) += '\n'; }));
  return out;
}

}  // namespace doorstep::store::test
