#include "sync/engine/engine.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "platform/base/mutant.h"
#include "sync/wire/codec.h"

namespace doorstep::engine {
namespace {

using base::Error;
using base::Fault;

constexpr int kBlobStalls = 3;  // a photo that begins again and again does not keep the others, and the battery, busy
constexpr std::size_t kSmallestBatchBytes = 8 * 1024;  // halving below one note buys nothing

Millis seconds_within(std::int64_t seconds, Millis least) {
  const std::int64_t cap = std::chrono::seconds(limits::kServerWaitCap).count();
  return std::max<Millis>(least, std::chrono::seconds(std::clamp<std::int64_t>(seconds, 0, cap)));
}

Tuning halved(const Tuning& full, int times) {
  auto bytes = [&](std::size_t size) { return std::max(size >> times, std::min(size, kSmallestBatchBytes)); };
  return {std::max<std::size_t>(full.ops_per_push >> times, 1), bytes(full.push_bytes), bytes(full.pull_bytes), bytes(full.blob_bytes)};
}

Tuning doubled(const Tuning& now, const Tuning& full) {
  return {std::min(now.ops_per_push * 2, full.ops_per_push), std::min(now.push_bytes * 2, full.push_bytes),
          std::min(now.pull_bytes * 2, full.pull_bytes), std::min(now.blob_bytes * 2, full.blob_bytes)};
}

Fault fault_of(int status) {
  switch (status) {
    case 401: case 403: case 410: return Fault::Denied;
    case 409: return Fault::Conflict;
    case 413: return Fault::Full;
    case 426: return Fault::Unsupported;
    case 429: return Fault::Throttled;
    case 505: return Fault::Invalid;
    default: return status >= 500 ? Fault::Offline : Fault::Invalid;
  }
}

Close refusal(const Response& response) {
  Close close{error_of(response), std::nullopt, false};
  if (response.retry_after_s) close.retry_after = seconds_within(*response.retry_after_s, Millis(0));
  close.final = response.status == 401 || response.status == 403 || response.status == 409 || response.status == 426;
  return close;
}

std::int64_t entries_in(const wire::SyncReply& reply) {
  std::int64_t count = 0;
  for (const auto& pull : reply.cases) count += static_cast<std::int64_t>(pull.entries.size());
  return count;
}

/// The store's cursors when it has taken the pulls in; nothing where one does not join on, and the store will not take it.
std::optional<std::vector<wire::Cursor>> moved_on(const std::vector<wire::Cursor>& cursors, const std::vector<wire::CasePull>& pulls) {
  std::map<base::Id, wire::Cursor> held;
  for (const wire::Cursor& cursor : cursors) held[cursor.case_id] = cursor;
  for (const wire::CasePull& pull : pulls) {
    wire::Cursor& cursor = held[pull.case_id];
    if (pull.from != 0 && pull.from != cursor.seq) return std::nullopt;
    cursor = {pull.case_id, pull.to, pull.chain};
  }
  std::vector<wire::Cursor> out;
  for (auto& [id, cursor] : held) out.push_back(std::move(cursor));
  return out;
}

}  // namespace

Error error_of(const Response& response) {
  constexpr std::string_view kPrefix = "urn:doorstep:problem:";
  Error out{fault_of(response.status), "server." + std::to_string(response.status), {}};
  const auto problem = wire::decode<wire::Problem>(response.body);
  if (problem.has_value() && problem->type.starts_with(kPrefix)) {
    out.where = "server." + problem->type.substr(kPrefix.size());
    out.detail = problem->detail.empty() ? problem->title : problem->title + " " + problem->detail;
  }
  if (out.detail.empty()) out.detail = "The server did not say what is wrong.";
  return out;
}

Engine::Engine(const Tuning& tuning, int broken_attempts) : full_(tuning), now_(halved(tuning, std::clamp(broken_attempts, 0, 16))) {}

void Engine::handle(const Input& input) {
  if (phase_ == Phase::Closed) return;
  std::visit([this](const auto& in) { on(in); }, input);
}

std::optional<Output> Engine::poll() {
  if (outputs_.empty()) return std::nullopt;
  Output out = std::move(outputs_.front());
  outputs_.pop_front();
  return out;
}

void Engine::ask(std::optional<std::int64_t> after) {
  wake_pending_ = false;
  phase_ = after ? Phase::AskedAhead : Phase::Asked;
  outputs_.push_back(Need{now_.ops_per_push, now_.push_bytes, after});
}

void Engine::close(Error why, std::optional<Millis> retry_after, bool final) {
  phase_ = Phase::Closed;
  outputs_.push_back(Close{std::move(why), retry_after, final});
}

void Engine::on(const Wake&) {
  if (phase_ == Phase::Resting) ask();
  else wake_pending_ = true;
}

void Engine::on(const Broken& broken) {
  close(broken.why, std::nullopt, broken.why.fault == Fault::Denied || base::mutant("failed-once-never-again"));
}

void Engine::on(const Replica& replica) {
  if (phase_ == Phase::Asked) {
    phase_ = Phase::Sent;
    return send(replica, replica.epoch, replica.cursors);
  }
  if (phase_ != Phase::AskedAhead) return;
  std::string epoch = reply_.epoch;
  auto cursors = moved_on(replica.cursors, reply_.cases);
  const bool sure = cursors && (!replica.ops.items.empty() || reply_.more);  // what waits may need the answers first
  outputs_.push_back(Apply{std::exchange(reply_, {})});
  phase_ = sure ? Phase::SentAhead : Phase::Applying;
  if (sure) send(replica, std::move(epoch), std::move(*cursors));
}

void Engine::send(const Replica& replica, std::string epoch, std::vector<wire::Cursor> cursors) {
  wire::SyncRequest request;
  request.device = replica.device;
  request.incarnation = replica.incarnation;
  request.epoch = std::move(epoch);
  request.purged = replica.purged;
  request.budget = static_cast<std::int64_t>(now_.pull_bytes);
  if (!replica.earlier.empty()) request.earlier = replica.earlier;
  request.lease = replica.lease;
  request.erased = true;

  request.ops.first = replica.ops.first;
  request.ops.prev = replica.ops.prev;
  round_ = {};
  round_.first = replica.ops.first;
  round_.chain = {replica.ops.prev};
  std::size_t bytes = 0;
  for (const std::string& op : replica.ops.items) {
    bytes += op.size();
    const std::size_t count = request.ops.items.size();
    if (count > 0 && (count == now_.ops_per_push || bytes > now_.push_bytes)) break;
    request.ops.items.push_back(op);
    round_.chain.push_back(wire::chain_next(round_.chain.back(), op));
  }
  round_.last = round_.first + static_cast<std::int64_t>(request.ops.items.size()) - 1;
  round_.queue_left = replica.more_ops || request.ops.items.size() < replica.ops.items.size();
  round_.receipts = replica.purged.size();

  round_.cursors = std::move(cursors);
  round_.with_cases = need_view_ || round_.cursors.empty();  // an empty list costs less than a second round
  request.view.digest = wire::view_digest(round_.cursors);
  if (round_.with_cases) request.view.cases = round_.cursors;

  std::string body = wire::encode(request);
  outputs_.push_back(Send{std::move(body), replica.bases, std::move(request.ops.items)});
}

void Engine::on(const Response& response) {
  if (phase_ == Phase::BlobSent) return on_blob(response);
  if (phase_ != Phase::Sent) return;
  if (response.status != 200) {
    Close refused = refusal(response);
    return close(std::move(refused.why), refused.retry_after, refused.final);
  }
  auto reply = wire::decode<wire::SyncReply>(response.body);
  if (!reply.has_value()) return close(reply.error());
  if (auto error = check_acknowledged(*reply)) return close(*error, std::nullopt, error->fault == Fault::Conflict);
  if (auto error = check_pulled(*reply)) return close(*error);
  if (reply->need_view && round_.with_cases)
    return close({Fault::Invalid, "engine.view", "the server asks again for what it was just told"});

  const bool waiting = round_.queue_left || reply->applied_through < round_.last;
  if (waiting) reply->drop.clear();
  next_ = count(*reply);
  now_ = doubled(now_, full_);
  if (next_ == Next::Again && as_expected(*reply)) {
    reply_ = std::move(*reply);
    return ask(round_.last);
  }
  phase_ = Phase::Applying;
  outputs_.push_back(Apply{std::move(*reply)});
}

/// Keeps what is to be told of the round, and says what comes after it.
Engine::Next Engine::count(const wire::SyncReply& reply) {
  const auto entries = entries_in(reply);
  const auto answered = static_cast<std::int64_t>(reply.results.size());
  so_far_.pushed += answered;
  so_far_.pulled += entries;
  so_far_.next_after = seconds_within(reply.next_after_s, limits::kSyncAtMostEvery);
  so_far_.next_spread = seconds_within(reply.next_spread_s, Millis(0));
  so_far_.receipt = reply.receipt;
  need_view_ = reply.need_view;

  const bool dropped = !reply.drop.empty() && reply.drop != last_drop_;
  last_drop_ = reply.drop;
  const bool lost = reply.lost && !std::exchange(lost_told_, true);  // the store offers it again, now; once
  const bool again = (reply.more && !base::mutant("more-ignored")) || reply.need_view || dropped || lost || round_.queue_left ||
                     reply.applied_through < round_.last;
  const bool progress = answered > 0 || entries > 0 || round_.restarted || reply.need_view || dropped || lost ||
                        round_.receipts > 0;
  return !again ? Next::Rest : progress ? Next::Again : Next::Stalled;
}

/// Whether what the store makes of it is known beforehand: everything sent was taken, and nothing goes back or goes away.
bool Engine::as_expected(const wire::SyncReply& reply) const {
  return reply.applied_through == round_.last && !round_.restarted && !reply.need_view && reply.drop.empty() && !reply.lost &&
         !reply.drain.value_or(false) &&
         std::none_of(reply.cases.begin(), reply.cases.end(), [](const auto& pull) { return pull.diverged.value_or(false); });
}

/// Fault::Conflict where the server's history of our operations is not ours; then nobody but a person can go on.
std::optional<Error> Engine::check_acknowledged(wire::SyncReply& reply) {
  if (reply.applied_through < 0) return Error{Fault::Invalid, "engine.results", "a count below zero"};
  if (reply.applied_through < round_.first - 1) {  // restored from a backup older than what it acknowledged (I8)
    if (went_back_to_ && *went_back_to_ <= reply.applied_through)
      return Error{Fault::Conflict, "engine.regressed", "the server no longer has what it had acknowledged"};
    went_back_to_ = reply.applied_through;
    round_.restarted = true;
    reply.results.clear();
    reply.stable_through = std::min(reply.stable_through, reply.applied_through);
    return std::nullopt;  // the chain up to there is the store's to compare
  }
  went_back_to_.reset();
  if (reply.applied_through > round_.last) {
    // More than this batch is fine when a longer one was sent before and its reply was lost: its results come with its
    // own operations. But nobody can have acknowledged what this device never made (I9).
    if (!round_.queue_left) return Error{Fault::Conflict, "engine.forked", "the server has operations this device did not make"};
    reply.applied_through = round_.last;
    reply.head_hash = round_.chain.back();
  }
  const auto kept = static_cast<std::size_t>(reply.applied_through - round_.first + 1);
  if (reply.head_hash != round_.chain[kept])
    return Error{Fault::Conflict, "engine.forked", "the server has other operations under this device's numbers"};

  std::erase_if(reply.results, [&](const wire::OpResult& r) { return r.number < round_.first || r.number > reply.applied_through; });
  std::set<std::int64_t> answered;
  for (const wire::OpResult& result : reply.results) answered.insert(result.number);
  if (answered.size() != kept || reply.results.size() != kept)
    return Error{Fault::Invalid, "engine.results", "not one answer for each operation that was taken"};
  reply.stable_through = std::min(reply.stable_through, reply.applied_through);
  return std::nullopt;
}

std::optional<Error> Engine::check_pulled(wire::SyncReply& reply) {
  for (wire::CasePull& pull : reply.cases) {
    std::int64_t at = pull.from;
    std::optional<std::string> chain;
    const auto cursor = std::find_if(round_.cursors.begin(), round_.cursors.end(),
                                     [&](const wire::Cursor& c) { return c.case_id == pull.case_id; });
    const bool held = cursor != round_.cursors.end();
    const bool again = pull.diverged.value_or(false);
    if (!again && pull.from > (held ? cursor->seq : 0))
      return Error{Fault::Invalid, "engine.gap", "entries of a case were left out"};
    for (const wire::LogEntry& entry : pull.entries) {
      if (entry.seq <= at || entry.seq > pull.to) return Error{Fault::Invalid, "engine.order", "entries of a case are out of order"};
      if (!entry.revision.body.empty() && entry.revision.hash != base::sha256_hex(entry.revision.body))  // empty: erased
        return Error{Fault::Corrupt, "engine.body", "a record is not what its hash says"};
      at = entry.seq;
    }
    // A new grant may bring only what is current; then there is nothing to compute the chain from.
    const bool dense = static_cast<std::int64_t>(pull.entries.size()) == pull.to - pull.from;
    if (pull.from == 0) chain = wire::kChainStart;
    else if (held && pull.from == cursor->seq) chain = cursor->chain;
    if (again) round_.restarted |= restarted_.insert(pull.case_id).second;
    if (pull.entries.empty() || !dense || !chain) continue;
    for (const wire::LogEntry& entry : pull.entries) chain = wire::chain_next(*chain, entry.revision);
    if (chain == pull.chain) continue;
    if (!restarted_.insert(pull.case_id).second)  // it was taken from 0 already, and still does not fit
      return Error{Fault::Corrupt, "engine.chain", "a case's entries are not those its chain was made of"};
    wire::CasePull from_start;
    from_start.case_id = pull.case_id;
    from_start.chain = wire::kChainStart;
    from_start.complete = false;
    from_start.diverged = true;
    pull = std::move(from_start);
    round_.restarted = true;
    reply.more = true;
  }
  return std::nullopt;
}

void Engine::on(const Applied& applied) {
  if (phase_ == Phase::Applying || phase_ == Phase::SentAhead) return on_round(applied);
  if (phase_ != Phase::BlobApplying) return;
  if (!applied.ok) blob_trouble_ = Error{Fault::Full, "engine.blob", "this tablet could not keep the photo"};
  go_on();
}

void Engine::on_round(const Applied& applied) {
  const bool ahead = phase_ == Phase::SentAhead;
  if (!applied.ok && !(ahead && base::mutant("answer-after-failure")))
    return close({Fault::Io, "engine.apply", "this tablet could not keep what the server sent"});
  if (ahead) {
    phase_ = Phase::Sent;
    return;
  }
  if (next_ == Next::Stalled)
    return close({Fault::Invalid, "engine.no_progress", "the server asks for more rounds and does nothing in them"});
  if (next_ == Next::Again) return ask();
  blob_stalls_ = 0;
  blob_trouble_.reset();
  if (!applied.blobs && !wake_pending_) return rest();
  go_on();
}

/// Words, if there are any; else photos, while there are any.
void Engine::go_on() {
  if (wake_pending_) return ask();
  if (blob_trouble_) return rest();
  phase_ = Phase::BlobAsked;
  outputs_.push_back(NeedBlob{now_.blob_bytes});
}

void Engine::on(const BlobTask& task) {
  if (phase_ != Phase::BlobAsked) return;
  if (wake_pending_ && !base::mutant("photo-delays-words")) return ask();
  if (task.what == BlobTask::What::Nothing) return rest();
  task_ = {task.what, task.sha256, task.offset, {}, task.most};
  phase_ = Phase::BlobSent;
  outputs_.push_back(MoveBlob{task});
}

/// What concerns one photo is that photo's affair; who is refused altogether is so here too; whatever else goes wrong rests the
/// photos and leaves the words alone.
void Engine::on_blob(const Response& response) {
  if (response.status == 401 || response.status == 403) return close(refusal(response).why, std::nullopt, true);
  BlobMoved moved{task_.what, task_.sha256, task_.offset, false, {}};
  const bool send = task_.what == BlobTask::What::Send;
  if (response.status == 404) {
    moved.ended = true;
  } else if (send && response.status == 422) {
    moved.offset = 0;
  } else if (send && response.status == 200) {
    auto state = wire::decode<wire::BlobState>(response.body);
    if (!state.has_value()) return close(state.error());
    moved.offset = state->have;
    moved.ended = state->verified;
  } else if (!send && response.status == 206 && !response.body.empty() && response.body.size() <= task_.most) {
    moved.bytes = response.body;
  } else {
    blob_trouble_ = refusal(response).why;
    return go_on();
  }
  const bool further = moved.ended || !moved.bytes.empty() || moved.offset > task_.offset;
  blob_stalls_ = further ? 0 : blob_stalls_ + 1;
  if (blob_stalls_ == kBlobStalls) blob_trouble_ = Error{Fault::Invalid, "engine.blob", "the server takes a photo and does not keep it"};
  if (further) now_ = doubled(now_, full_);
  phase_ = Phase::BlobApplying;
  outputs_.push_back(std::move(moved));
}

void Engine::rest() {
  phase_ = Phase::Resting;
  so_far_.blob_trouble = blob_trouble_;
  outputs_.push_back(std::exchange(so_far_, {}));
}

Millis backoff(int attempt, std::optional<Millis> retry_after, double u1, double u2) {
  const double cap_ms = static_cast<double>(std::chrono::duration_cast<Millis>(limits::kBackoffCap).count());
  const double grown_ms = std::min(cap_ms, std::ldexp(1000.0, std::clamp(attempt, 0, 30)));
  const double asked_ms = retry_after ? static_cast<double>(retry_after->count()) * (1 + u1 / 2) : 0;
  return Millis(static_cast<std::int64_t>(std::max(asked_ms, grown_ms * u2)));
}

Millis next_sync(Millis after, Millis spread, double u) {
  return after + Millis(static_cast<std::int64_t>(static_cast<double>(spread.count()) * u));
}

}  // namespace doorstep::engine
