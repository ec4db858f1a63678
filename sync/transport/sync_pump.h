#pragma once
#include <condition_variable>
#include <functional>
#include <future>
#include <mutex>
#include <optional>
#include <thread>
#include <variant>

#include "sync/engine/engine.h"
#include "sync/transport/http_client.h"

namespace doorstep::transport {

/// The store, as the pump needs it. Called on the pump's thread; all but apply() may block until the store's own thread has
/// answered, which it does in the order in which it was asked.
class ReplicaPort {
 public:
  virtual ~ReplicaPort() = default;
  /// Freezes what waits and hands it out (store::Store::freeze).
  virtual base::Result<engine::Replica> freeze(const engine::Need& need) = 0;
  /// What the names say, of what is held (store::Store::bases); an Error when one is not.
  virtual base::Result<std::vector<wire::Base>> bases(const std::vector<wire::BaseName>& names) = 0;
  /// Begins to take a reply in, in one transaction, and does not wait for its end. An Error ends this connection; the next one asks
  /// again. Waited for before the next one, and before the pump is stopped.
  virtual std::future<base::Result<engine::Applied>> apply(wire::SyncReply reply) = 0;
  /// The next part of a photo to be sent or fetched (store::Store::next_blob).
  virtual base::Result<engine::BlobTask> next_blob(std::size_t max_bytes) = 0;
  virtual base::Result<void> moved(const engine::BlobMoved& moved) = 0;
};

struct PumpOptions {
  Endpoint endpoint;
  tls::Context context;                          ///< with the worker's certificate
  engine::Tuning tuning = {};
  base::Millis reply_limit = limits::kReplyTimeout;
  base::Millis after_change = limits::kSyncAfterChange;
  std::function<double()> uniform;               ///< in [0, 1); empty: the machine's randomness
};

// What the pump tells, on its own thread -------------------------------------------------------------------------------
struct SyncStarted {};                           ///< a request is on its way
/// Everything was sent and received; the next round is in `next`.
struct SyncDone { std::int64_t pushed = 0, pulled = 0; std::optional<wire::Receipt> receipt; base::Millis next{};
                  std::optional<base::Error> blob_trouble = {}; };  ///< why photos wait although words went
/// It did not work. `retry`: by itself, after so long. Empty: not before wake(Why::Asked).
struct SyncFailed { base::Error why; std::optional<base::Millis> retry; };
using SyncEvent = std::variant<SyncStarted, SyncDone, SyncFailed>;

enum class Why {
  Changed,  ///< something was saved: goes with what else changes in the next seconds; does not shorten a back-off
  Asked,    ///< a person asked, the network came back, or it is urgent: at once
};

/// Keeps one tablet in step with its server: a thread that runs one engine per connection over HttpClient, and starts again
/// with back-off and full jitter when a connection ends. Starts with a round at once.
class SyncPump {
 public:
  /// `port` must outlive this. `tell` is called on the pump's thread and must not call back into the pump, except wake().
  SyncPump(PumpOptions options, ReplicaPort& port, std::function<void(const SyncEvent&)> tell);
  ~SyncPump();  ///< stops
  SyncPump(const SyncPump&) = delete;
  SyncPump& operator=(const SyncPump&) = delete;

  void wake(Why why);            ///< from any thread
  void set_online(bool online);  ///< from any thread; while false nothing is tried; becoming true is Why::Asked. True at first
  void stop();                   ///< from any thread but the pump's: cancels the request in progress and joins; twice is harmless

 private:
  using Time = base::Millis;  // monotonic
  void run();
  bool wait_for_turn();       // false: stop
  bool due(Time now) const;   // under the mutex, as begin_turn()
  void begin_turn();
  bool take_turn();           // at once: whether there is one
  [[gnu::noinline]] void session();  // one engine, until it closes
  engine::Input exchange(engine::Send send);
  engine::Input exchange(const engine::BlobTask& task);
  std::optional<engine::Output> next(engine::Engine& engine);
  void take_in(engine::Engine& engine);  // the end of what the port was last told to apply
  void rest(const engine::Idle& idle);
  void fail(const engine::Close& closed);
  double uniform();

  PumpOptions options_;
  ReplicaPort& port_;
  std::function<void(const SyncEvent&)> tell_;
  HttpClient client_;
  int attempt_ = 0;             // in a row that did not work
  int broken_ = 0;              // of them those where no server said to come later: perhaps the line, so batches are halved
  bool older_server_ = false;   // it does not read prefixes
  std::future<base::Result<engine::Applied>> applying_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false, online_ = true, asked_ = true, backing_off_ = false;
  std::optional<Time> due_;
  std::thread thread_;
};

}  // namespace doorstep::transport
