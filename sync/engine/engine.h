#pragma once
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "platform/base/error.h"
#include "platform/base/limits.h"
#include "platform/base/time.h"
#include "sync/wire/prefix.h"

namespace doorstep::engine {

using base::Millis;

struct Tuning {
  std::size_t ops_per_push = limits::kOpsPerPush;
  std::size_t push_bytes = limits::kPushBytes;
  std::size_t pull_bytes = limits::kPullBytes;
  std::size_t blob_bytes = limits::kBlobPartBytes;
};

// Inputs --------------------------------------------------------------------------------------------------------------

struct Wake {};       ///< there is something to send, the timer rang, or a person asked
/// The store's answer to Need: what is not yet acknowledged, read (and frozen) in one transaction.
struct Replica {
  base::Id device;
  std::int64_t incarnation = 1;
  std::string epoch;
  wire::OpsBatch ops;
  bool more_ops = false;              ///< others wait behind this batch
  std::vector<wire::Cursor> cursors;  ///< of every case the device holds
  std::vector<base::Id> purged;       ///< purge receipts not yet told
  std::vector<wire::Incarnation> earlier = {};  ///< what was acknowledged in incarnations that ended
  std::vector<wire::Base> bases = {};  ///< revisions that the server has and the operations differ from
  std::optional<std::int64_t> lease = {};  ///< days of a lease that is to be asked for
};
/// An HTTP answer that was recognised as our server's.
struct Response {
  int status = 0;
  std::optional<std::int64_t> retry_after_s;
  std::string body;  ///< decompressed
};
struct Broken { base::Error why; };   ///< no answer, or one that is not our server's; Denied: our certificate was refused
/// The store took the reply, or the part of a photo, in one transaction; !ok: it could not (disk, corruption).
struct Applied {
  bool ok = true;
  bool blobs = false;  ///< there are photos to send or to fetch
};
/// The store's answer to NeedBlob: what goes next.
struct BlobTask {
  enum class What { Nothing, Send, Fetch };
  What what = What::Nothing;
  std::string sha256;
  std::int64_t offset = 0;
  std::string bytes;      ///< Send: from `offset` on; empty: all of them are there, and were not checked yet
  std::size_t most = 0;   ///< Fetch: so many from `offset` on
};
using Input = std::variant<Wake, Replica, Response, Broken, Applied, BlobTask>;

// Outputs -------------------------------------------------------------------------------------------------------------

/// Ask the store for a Replica with at most so much in its batch. `after`: only of what comes behind that operation, and without
/// `purged` and `earlier`, for the answer up to there has come and is yet to be applied.
struct Need { std::size_t max_ops; std::size_t max_bytes; std::optional<std::int64_t> after = {}; };
/// POST /v1/sync, with a prefix of `bases` where the server takes that. `operations`: those in the body, as they are there.
struct Send { std::string body; std::vector<wire::Base> bases = {}; std::vector<std::string> operations = {}; };
/// To the store, answered by Applied. What the engine took out: drops while operations still wait to be sent (push before
/// purge; the store looks once more, in its own transaction), and acknowledgements past what was sent. An applied_through
/// below what the store knows as acknowledged means that the server was restored from a backup: offer again from there.
/// Where a Send follows, both may go on at the same time; Applied is handed in before the answer to that Send.
struct Apply { wire::SyncReply reply; };
/// Ask the store for a BlobTask. Words never wait for it: whoever has a Wake gives it before the answer, and is asked for a
/// Replica instead.
struct NeedBlob { std::size_t max_bytes; };
struct MoveBlob { BlobTask task; };              ///< PATCH or GET /v1/blobs/{sha256}
/// To the store, answered by Applied: what became of a task.
struct BlobMoved {
  BlobTask::What what{};
  std::string sha256;
  std::int64_t offset = 0;  ///< Send: where the server's copy ends; Fetch: where `bytes` begin
  bool ended = false;       ///< Send: the server wants no more of it. Fetch: it has none for us now
  std::string bytes;        ///< Fetch
};
/// A round ended with nothing left to do; the connection stays open for the next Wake.
struct Idle { std::int64_t pushed = 0, pulled = 0; Millis next_after{}, next_spread{}; std::optional<wire::Receipt> receipt;
              std::optional<base::Error> blob_trouble = {}; };  ///< why photos did not go on; they are tried again with the next round
/// Throw this engine away. `why` of a refusal is error_of() it. `retry_after`: what the server asked for. `final`: no use trying
/// before a person acted (revoked, too old) or the store began anew (forked).
struct Close { base::Error why; std::optional<Millis> retry_after; bool final = false; };
using Output = std::variant<Need, Send, Apply, NeedBlob, MoveBlob, BlobMoved, Idle, Close>;

/// One connection's protocol; make a new Engine to reconnect. Pure: no sockets, clock, threads or randomness.
/// Not thread-safe. Never throws: bad input yields Close.
/// Where an answer is as expected and another round is sure to follow, that round's request is made before the answer is applied,
/// with the cursors that the store will then have. Should it have others, the server sees another digest and asks for the cases.
class Engine {
 public:
  /// `broken_attempts`: how many connections in a row broke before this one; batches are halved for each, and doubled again
  /// with every round that goes through.
  Engine(const Tuning& tuning, int broken_attempts);
  void handle(const Input& input);
  std::optional<Output> poll();  ///< drain after each handle()

 private:
  enum class Phase { Resting, Asked, Sent, Applying, AskedAhead, SentAhead, BlobAsked, BlobSent, BlobApplying, Closed };
  /// What was sent and must be answered.
  struct Round {
    std::int64_t first = 1, last = 0;  ///< operation numbers; last < first: none
    std::vector<std::string> chain;    ///< hash after first - 1, first, ... last
    bool queue_left = false;           ///< other operations wait behind these
    std::vector<wire::Cursor> cursors;
    bool with_cases = false;
    std::size_t receipts = 0;
    bool restarted = false;            ///< a case begins again from 0, or the operations from an earlier one
  };
  enum class Next { Rest, Again, Stalled };  ///< Stalled: it asks for another round, and nothing happened in this one
  void on(const Wake&);
  void on(const Replica&);
  void on(const Response&);
  void on(const Broken&);
  void on(const Applied&);
  void on(const BlobTask&);
  void on_round(const Applied&);
  void on_blob(const Response&);
  void ask(std::optional<std::int64_t> after = std::nullopt);
  void send(const Replica& replica, std::string epoch, std::vector<wire::Cursor> cursors);
  Next count(const wire::SyncReply& reply);
  bool as_expected(const wire::SyncReply& reply) const;
  void go_on();
  void rest();
  void close(base::Error why, std::optional<Millis> retry_after = std::nullopt, bool final = false);
  std::optional<base::Error> check_acknowledged(wire::SyncReply& reply);
  std::optional<base::Error> check_pulled(wire::SyncReply& reply);

  Tuning full_, now_;  // now_: after halving
  Phase phase_ = Phase::Resting;
  bool wake_pending_ = false;
  bool need_view_ = false;       ///< the server asked for the cases
  std::set<base::Id> restarted_; ///< cases taken again from 0 because their history did not fit
  std::vector<base::Id> last_drop_;
  std::optional<std::int64_t> went_back_to_;  ///< where a restored server's acknowledgements end
  bool lost_told_ = false;       ///< it said that it lost operations of earlier incarnations
  Round round_;
  wire::SyncReply reply_;        ///< to be applied when the next batch is here
  Next next_ = Next::Rest;       ///< once the last answer is applied
  Idle so_far_;                  ///< since it last rested
  BlobTask task_;                ///< that was sent; without its bytes
  int blob_stalls_ = 0;          ///< answers in a row after which a photo was no further
  std::optional<base::Error> blob_trouble_;  ///< photos rest until the next round
  std::deque<Output> outputs_;
};

/// Any answer but 200 as an Error: `where` is "server.<code of its problem document>", or "server.<status>" when that is none of
/// ours; `detail` its title and what to do, which hold no case data. Fault::Denied: a person must act; Offline: the server's own
/// trouble; Invalid: a fault of this program's.
base::Error error_of(const Response& response);

/// How long to wait before the next connection (sync.md section 3, back-pressure):
/// max(RetryAfter + U(0, RetryAfter/2), U(0, min(300 s, 2^attempt s))). `u1`, `u2` are uniform in [0, 1).
Millis backoff(int attempt, std::optional<Millis> retry_after, double u1, double u2);

/// A timer with full jitter: after + U(0, spread).
Millis next_sync(Millis after, Millis spread, double u);

}  // namespace doorstep::engine
