#pragma once
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sync/engine/engine.h"
#include "sync/wire/codec.h"

/// The other two ends of the engine, in memory: a server that keeps operations and case logs, and a device's store. Small
/// enough to be read as what the protocol promises. For tests of the engine only.
namespace doorstep::engine::fake {

using base::Id;

inline Id id(const std::string& name) { return Id::from_name(name); }

struct Server {
  struct Case {
    std::vector<wire::LogEntry> log;
    std::vector<std::string> chain{wire::kChainStart};
    std::set<Id> entitled;
  };
  struct Device {
    std::vector<std::string> ops;                    // in order of number
    std::vector<std::string> chain{wire::kChainStart};
    std::vector<wire::OpResult> results;
    std::map<Id, wire::Cursor> view, offered;        // as last told, and what it becomes when the last answer arrives
    std::set<Id> purged;
  };
  std::map<Id, Case> cases;
  std::map<std::pair<Id, std::int64_t>, Device> devices;
  std::int64_t receipts = 0;
  int requests = 0, full_views = 0;

  void append(Id case_id, const std::string& body) {
    Case& c = cases[case_id];
    wire::LogEntry entry;
    entry.seq = static_cast<std::int64_t>(c.log.size()) + 1;
    entry.revision.record = case_id;
    entry.revision.rev = entry.seq;
    entry.revision.body = body;
    entry.revision.hash = base::sha256_hex(body);
    c.chain.push_back(wire::chain_next(c.chain.back(), entry.revision));
    c.log.push_back(std::move(entry));
  }

  static std::string digest(const std::map<Id, wire::Cursor>& view) {
    std::vector<wire::Cursor> cursors;
    for (const auto& [case_id, cursor] : view) cursors.push_back(cursor);
    return wire::view_digest(cursors);
  }

  static Response problem(int status, const std::string& code) {
    return {status, std::nullopt, wire::encode(wire::Problem{"urn:doorstep:problem:" + code, "Title", status, "What to do"})};
  }

  Response answer(const std::string& body) {
    ++requests;
    auto decoded = wire::decode<wire::SyncRequest>(body);
    if (!decoded.has_value()) return problem(400, "malformed");
    const wire::SyncRequest& request = *decoded;
    Device& device = devices[{request.device, request.incarnation}];

    const bool behind = request.ops.first > static_cast<std::int64_t>(device.ops.size()) + 1;  // restored from a backup
    if (!behind && request.ops.prev != device.chain[static_cast<std::size_t>(request.ops.first - 1)]) return problem(409, "forked");
    wire::SyncReply reply;
    std::int64_t number = request.ops.first;
    for (const std::string& op : behind ? std::vector<std::string>() : request.ops.items) {
      const auto at = static_cast<std::size_t>(number - 1);
      if (at < device.ops.size()) {
        if (device.ops[at] != op) return problem(409, "forked");
      } else {
        auto operation = wire::decode<wire::Operation>(op);
        device.ops.push_back(op);
        device.chain.push_back(wire::chain_next(device.chain.back(), op));
        wire::OpResult result;
        result.number = number;
        result.status = wire::OpStatus::Applied;
        if (operation.has_value() && operation->number == number && cases[operation->case_id].entitled.count(request.device)) {
          append(operation->case_id, operation->body);
        } else {
          result.status = wire::OpStatus::Refused;
          result.code = wire::Refusal::UnknownCase;
        }
        device.results.push_back(result);
      }
      reply.results.push_back(device.results[at]);
      ++number;
    }
    reply.epoch = "epoch";
    reply.applied_through = static_cast<std::int64_t>(device.ops.size());
    reply.head_hash = device.chain.back();
    reply.receipt = wire::Receipt{++receipts, {}, reply.applied_through, reply.head_hash};
    device.purged.insert(request.purged.begin(), request.purged.end());

    if (request.view.cases) {
      ++full_views;
      device.view.clear();
      for (const wire::Cursor& cursor : *request.view.cases) device.view[cursor.case_id] = cursor;
    } else if (request.view.digest == digest(device.offered)) {
      device.view = device.offered;
    } else if (request.view.digest != digest(device.view)) {
      reply.need_view = true;
      return {200, std::nullopt, wire::encode(reply)};
    }
    device.offered = device.view;
    std::int64_t budget = request.budget;
    for (auto& [case_id, c] : cases) {
      const auto held = device.view.find(case_id);
      if (!c.entitled.count(request.device)) {
        if (held != device.view.end()) reply.drop.push_back(case_id);
        continue;
      }
      const wire::Cursor cursor = held == device.view.end() ? wire::Cursor{case_id, 0, wire::kChainStart} : held->second;
      wire::CasePull pull;
      pull.case_id = case_id;
      pull.from = cursor.seq;
      if (cursor.seq > static_cast<std::int64_t>(c.log.size()) || c.chain[static_cast<std::size_t>(cursor.seq)] != cursor.chain) {
        pull.from = 0;
        pull.diverged = true;
      }
      pull.to = pull.from;
      while (pull.to < static_cast<std::int64_t>(c.log.size()) && budget > 0) {
        pull.entries.push_back(c.log[static_cast<std::size_t>(pull.to)]);
        budget -= static_cast<std::int64_t>(pull.entries.back().revision.body.size());
        ++pull.to;
      }
      pull.chain = c.chain[static_cast<std::size_t>(pull.to)];
      pull.complete = pull.to == static_cast<std::int64_t>(c.log.size());
      reply.more = reply.more || !pull.complete;
      if (!pull.entries.empty() || pull.diverged) device.offered[case_id] = {case_id, pull.to, pull.chain};
      if (!pull.entries.empty() || pull.diverged) reply.cases.push_back(std::move(pull));
    }
    return {200, std::nullopt, wire::encode(reply)};
  }
};

struct Store {
  Id device = id("device");
  std::vector<std::string> ops;  // frozen, in order of number
  std::vector<Id> op_case;
  std::vector<std::string> chain{wire::kChainStart};
  std::size_t acked = 0;
  std::vector<wire::OpResult> results;
  std::map<Id, wire::Cursor> cursors;
  std::map<Id, std::vector<std::string>> bodies;
  std::vector<Id> purged;
  std::set<Id> purged_early;  // cases that were dropped while something for them was known to wait
  std::string epoch;
  std::size_t handed_out = 0;  // operations that the engine could know of

  void write(Id case_id, const std::string& body) {
    wire::Operation op;
    op.number = static_cast<std::int64_t>(ops.size()) + 1;
    op.record = op.case_id = case_id;
    op.body = body;
    ops.push_back(wire::encode(op));
    op_case.push_back(case_id);
    chain.push_back(wire::chain_next(chain.back(), ops.back()));
  }

  Replica replica(const Need& need) {
    handed_out = ops.size();
    Replica out;
    out.device = device;
    out.epoch = epoch;
    std::size_t bytes = 0, at = need.after ? static_cast<std::size_t>(*need.after) : acked;
    out.ops.first = static_cast<std::int64_t>(at) + 1;
    out.ops.prev = chain[at];
    for (; at < ops.size() && out.ops.items.size() < need.max_ops; ++at) {
      bytes += ops[at].size();
      if (bytes > need.max_bytes && !out.ops.items.empty()) break;
      out.ops.items.push_back(ops[at]);
    }
    out.more_ops = at < ops.size();
    for (const auto& [case_id, cursor] : cursors) out.cursors.push_back(cursor);
    if (!need.after) out.purged = purged;
    return out;
  }

  void apply(const wire::SyncReply& reply) {
    epoch = reply.epoch;
    acked = std::min(acked, static_cast<std::size_t>(reply.applied_through));  // a restored server: offered again
    for (const wire::OpResult& result : reply.results)
      if (result.number == static_cast<std::int64_t>(acked) + 1) {
        results.push_back(result);
        ++acked;
      }
    purged.clear();
    for (const wire::CasePull& pull : reply.cases) {
      if (pull.from != 0 && (!cursors.contains(pull.case_id) || cursors[pull.case_id].seq != pull.from)) {
        cursors[pull.case_id] = {pull.case_id, 0, wire::kChainStart};
        continue;
      }
      if (pull.from == 0) bodies[pull.case_id].clear();
      for (const wire::LogEntry& entry : pull.entries) bodies[pull.case_id].push_back(entry.revision.body);
      cursors[pull.case_id] = {pull.case_id, pull.to, pull.chain};
    }
    for (Id gone : reply.drop) {
      auto waits = [&](std::size_t from, std::size_t to) {
        return std::count(op_case.begin() + static_cast<std::ptrdiff_t>(from), op_case.begin() + static_cast<std::ptrdiff_t>(to), gone) > 0;
      };
      if (waits(acked, handed_out)) purged_early.insert(gone);
      if (waits(handed_out, ops.size())) continue;  // written during the round: the server will say it again
      cursors.erase(gone);
      bodies.erase(gone);
      purged.push_back(gone);
    }
  }
};

}  // namespace doorstep::engine::fake
