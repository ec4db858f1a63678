#include <charconv>
#include <set>

#include "platform/base/bytes.h"
#include "sync/transport/reply.h"
#include "sync/wire/codec.h"
#include "tests/fuzz/fuzz.h"

using namespace doorstep;
using base::Id;

namespace {

/// What a tablet keeps, as far as the engine asks: five operations, and a cursor for each case.
struct Kept {
  std::vector<std::string> ops = {"op 1", "op 2", "op 3", "op 4", "op 5"};
  std::int64_t acknowledged = 0;
  std::map<Id, wire::Cursor> cursors = {{Id::from_name("case"), {Id::from_name("case"), 2, wire::kChainStart}}};

  std::string chain(std::int64_t through) const {
    std::string out = wire::kChainStart;
    for (std::int64_t i = 0; i < through; ++i) out = wire::chain_next(out, ops[static_cast<std::size_t>(i)]);
    return out;
  }
  engine::Replica replica(const engine::Need& need) const {
    engine::Replica out;
    out.device = Id::from_name("device");
    out.epoch = "e-1";
    const std::int64_t from = need.after.value_or(acknowledged);
    out.ops.first = from + 1;
    out.ops.prev = chain(from);
    const auto count = std::min(need.max_ops, ops.size() - static_cast<std::size_t>(from));
    out.ops.items.assign(ops.begin() + from, ops.begin() + from + static_cast<std::ptrdiff_t>(count));
    for (const auto& [id, cursor] : cursors) out.cursors.push_back(cursor);
    return out;
  }
};

/// The engine between them, and what it promises the store.
class Session {
 public:
  Session() : engine_({2, 64 * 1024, 64 * 1024}, 0) { tell(engine::Wake{}); }
  bool closed() const { return closed_; }
  void tell(const engine::Input& input) {
    engine_.handle(input);
    while (auto output = engine_.poll()) {
      DOORSTEP_ASSERT(!closed_);
      std::visit([this](const auto& out) { on(out); }, *output);
    }
  }

 private:
  void on(const engine::Need& need) {
    DOORSTEP_ASSERT(need.max_ops > 0 && need.max_bytes > 0);
    DOORSTEP_ASSERT(!need.after || *need.after == last_);
    tell(kept_.replica(need));
  }
  void on(const engine::Send& send) {
    const auto request = wire::decode<wire::SyncRequest>(send.body);
    DOORSTEP_ASSERT(request.has_value() && request->ops.items == send.operations);
    last_ = request->ops.first + static_cast<std::int64_t>(send.operations.size()) - 1;
  }
  void on(const engine::Apply& apply) {
    const wire::SyncReply& reply = apply.reply;
    const std::int64_t before = kept_.acknowledged;
    DOORSTEP_ASSERT(reply.applied_through >= 0 && reply.applied_through <= last_ && reply.stable_through <= reply.applied_through);
    DOORSTEP_ASSERT(reply.applied_through < before || reply.head_hash == kept_.chain(reply.applied_through));
    std::set<std::int64_t> answered;
    for (const wire::OpResult& result : reply.results)
      DOORSTEP_ASSERT(result.number > before && result.number <= reply.applied_through && answered.insert(result.number).second);
    DOORSTEP_ASSERT(reply.drop.empty() || reply.applied_through == static_cast<std::int64_t>(kept_.ops.size()));
    for (const wire::CasePull& pull : reply.cases) {
      std::int64_t at = pull.from;
      for (const wire::LogEntry& entry : pull.entries) {
        DOORSTEP_ASSERT(entry.seq > at && entry.seq <= pull.to);
        const std::string& body = entry.revision.body;  // empty: erased
        DOORSTEP_ASSERT(body.empty() || entry.revision.hash == base::sha256_hex(body));
        at = entry.seq;
      }
      kept_.cursors[pull.case_id] = {pull.case_id, pull.to, pull.chain};
    }
    for (const Id id : reply.drop) kept_.cursors.erase(id);
    kept_.acknowledged = reply.applied_through;
    tell(engine::Applied{true, photos_ > 0});
  }
  void on(const engine::NeedBlob& need) {
    DOORSTEP_ASSERT(need.max_bytes > 0);
    using What = engine::BlobTask::What;
    const What what = photos_ == 0 ? What::Nothing : photos_ % 2 ? What::Send : What::Fetch;
    if (photos_ > 0) --photos_;
    tell(engine::BlobTask{what, std::string(64, 'a'), 0, "bytes", 100});
  }
  void on(const engine::MoveBlob& move) { DOORSTEP_ASSERT(move.task.what != engine::BlobTask::What::Nothing); }
  void on(const engine::BlobMoved& moved) {
    DOORSTEP_ASSERT(moved.bytes.size() <= 100 && (moved.bytes.empty() || moved.what == engine::BlobTask::What::Fetch));
    tell(engine::Applied{});
  }
  void on(const engine::Idle& idle) {
    DOORSTEP_ASSERT(idle.next_after >= limits::kSyncAtMostEvery && idle.next_after <= limits::kServerWaitCap);
    DOORSTEP_ASSERT(idle.next_spread >= base::Millis(0) && idle.next_spread <= limits::kServerWaitCap);
  }
  void on(const engine::Close& close) {
    closed_ = true;
    DOORSTEP_ASSERT(!close.why.where.empty());
    DOORSTEP_ASSERT(!close.retry_after || (*close.retry_after >= base::Millis(0) && *close.retry_after <= limits::kServerWaitCap));
  }

  engine::Engine engine_;
  Kept kept_;
  std::int64_t last_ = 0;  ///< operation that was sent
  bool closed_ = false;
  int photos_ = 4;
};

/// "200", headers, an empty line, the body; for 'z' the body is put into zstd first.
transport::HttpResponse response(std::string_view text, bool zstd) {
  transport::HttpResponse out;
  auto line = [&] {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view taken = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return taken;
  };
  const auto status = line();
  std::from_chars(status.data(), status.data() + status.size(), out.status);
  for (auto header = line(); !header.empty(); header = line()) {
    const auto colon = std::min(header.find(": "), header.size());
    out.headers[std::string(header.substr(0, colon))] = header.substr(std::min(header.size(), colon + 2));
  }
  out.body = zstd ? wire::compress(text) : std::string(text);
  return out;
}

}  // namespace

// 'r' a response as it came, 'z' one in zstd, 'o' the body of a 200 that is ours, 'w' a wake-up.
FUZZ(transport_session) {
  constexpr std::size_t kSteps = 32;
  Session session;
  for (auto step : fuzz::parts(input, kSteps)) {
    const char kind = fuzz::first(step);
    if (kind == 'w') session.tell(engine::Wake{});
    else if (kind == 'o') session.tell(engine::Response{200, std::nullopt, std::string(step)});
    if (kind != 'r' && kind != 'z') continue;
    auto answer = transport::recognise(response(step, kind == 'z'));
    if (!answer) {
      fuzz::names_a_place(answer.error());
      session.tell(engine::Broken{answer.error()});
      continue;
    }
    if (answer->status != 200) fuzz::names_a_place(engine::error_of(*answer));
    session.tell(std::move(*answer));
  }
  session.tell(engine::Broken{{base::Fault::Offline, "test", {}}});
  DOORSTEP_ASSERT(session.closed());
}
