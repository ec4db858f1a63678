#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "platform/base/id.h"
#include "sync/model/records.h"
#include "sync/wire/messages.h"
#include "tests/sim/words.h"

namespace doorstep::sim {

using base::Date;
using base::Id;

/// Who may see what: the council's word, in one place.
struct Council {
  struct Worker { std::string ref; bool supervisor = false; Id team; bool active = true, revoked = false; };
  struct Case { std::string ref; Id worker; Id team; bool provisional = false; Id alias_of; std::vector<std::pair<Id, Date>> cover; };
  std::map<Id, Worker> workers;
  std::map<Id, Case> cases;      ///< of children
  std::set<Id> devices_off;
  int address = 0;               ///< of the family: goes up when it moves

  bool usable(Id worker) const;
  bool may_see(Id worker, Id case_id, Date today) const;
};

/// The council's form asks what was seen before it asks about the home.
inline bool incomplete(const model::ChildRecord& record) {
  return record.part.answers.contains("home") && !record.part.answers.contains("saw");
}

/// What the server's database holds, as the checks read it: every log, revision and operation.
struct ServerLog {
  struct Entry { Id record; std::int64_t rev = 0; std::string hash, state, chain; };
  struct Revision { model::RecordKind kind{}; std::string state, hash; Id author; bool merged = false, conflicts = false, discarded = false; };
  struct Operation {
    Id device;
    std::int64_t incarnation = 0, number = 0;
    std::string hash, bytes;
    Id worker;
    std::int64_t at = 0;
    std::string status, code, detail;
    std::int64_t rev = 0;
    std::string rev_hash;
  };
  std::int64_t last_revision = 0, last_operation = 0;  ///< rowids
  std::map<Id, std::vector<Entry>> logs;
  std::map<std::pair<Id, std::int64_t>, Revision> revisions;
  std::map<Id, std::int64_t> heads;
  std::map<std::tuple<Id, std::int64_t, std::int64_t>, std::string> operations;  ///< hash of the chain
  std::set<std::pair<Id, std::string>> photos;  ///< records and the photos of theirs that are all there, before the last request
  Found in_revisions, in_refused, in_refused_submissions, in_operations;
};

/// The protocol's rules without its machinery: what becomes of each operation, in the order the server took them in. Short, and
/// written apart from sync/server/decide.cpp, so that the two can disagree.
class Reference {
 public:
  struct Record {
    Id case_id;
    model::RecordKind kind{};
    std::string state = "NONE";
    std::int64_t rev = 0;
    std::string hash;
    Id author;              ///< of the text
    std::set<Id> writers;   ///< of any submitted or merged version, and of the first
    bool merged = false, conflicts = false;
    std::set<Id> alerts;
    std::set<std::string> photos = {};  ///< by their SHA-256, of the last submission
    std::set<std::pair<Id, Id>> drafts = {};  ///< it was made of: each with its part's child
  };

  /// Goes on by one operation the server took in. Not empty: how the server's answer differs from the rules.
  std::string take(const ServerLog::Operation& row, const ServerLog& log, Council& council, Date today,
                   const std::set<std::pair<Id, Id>>& held);
  /// The record was erased: one more revision, which says nothing, and nothing follows it, nor another record of the same draft.
  void erased(Id id) {
    const auto found = records_.find(id);
    if (found == records_.end()) return;
    found->second.rev += 1;
    found->second.state = "NONE";
    erased_drafts_.insert(found->second.drafts.begin(), found->second.drafts.end());
  }
  bool erased_draft(Id visit, Id child) const { return erased_drafts_.contains({visit, child}); }
  const std::map<Id, Record>& records() const { return records_; }

 private:
  std::string expect(const ServerLog::Operation& row, const wire::Operation& op, const ServerLog& log, Council& council, Date today,
                     const std::set<std::pair<Id, Id>>& held);

  std::map<Id, Record> records_;
  std::map<Id, std::tuple<Id, Id, std::string>> said_;  ///< decisions, addenda and dispositions: the case, who said it, and the body's hash
  std::set<std::tuple<Id, std::int64_t, std::string, Id>> taken_back_;  ///< records withdrawn: what was, and by which device
  std::set<Id> settled_;    ///< alerts
  std::set<std::pair<Id, Id>> erased_drafts_;
};

}  // namespace doorstep::sim
