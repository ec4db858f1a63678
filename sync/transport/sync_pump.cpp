#include "sync/transport/sync_pump.h"

#include <algorithm>
#include <cstring>

#include "platform/base/bytes.h"
#include "platform/base/log.h"
#include "platform/base/secret.h"
#include "sync/transport/reply.h"

namespace doorstep::transport {

using base::Error;
using base::Fault;
using base::Millis;

namespace {

// The condition variable's clock stands still while the tablet sleeps; looking again notices that time has passed.
constexpr Millis kLookAgain = std::chrono::minutes(1);

Millis monotonic() { return base::SystemClock().monotonic(); }

}  // namespace

SyncPump::SyncPump(PumpOptions options, ReplicaPort& port, std::function<void(const SyncEvent&)> tell)
    : options_(std::move(options)), port_(port), tell_(std::move(tell)), client_(options_.endpoint, options_.context),
      thread_([this] { run(); }) {}

SyncPump::~SyncPump() { stop(); }

void SyncPump::wake(Why why) {
  std::lock_guard lock(mutex_);
  if (why == Why::Asked) {
    asked_ = true;
  } else if (!backing_off_) {
    const Time at = monotonic() + options_.after_change;
    due_ = due_ ? std::min(*due_, at) : at;
  }
  changed_.notify_all();
}

void SyncPump::set_online(bool online) {
  std::lock_guard lock(mutex_);
  if (online == online_) return;
  online_ = online;
  if (online) asked_ = true;
  else client_.cancel();
  changed_.notify_all();
}

void SyncPump::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    client_.cancel();
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void SyncPump::run() {
  while (wait_for_turn()) session();
  base::wipe_stack();
}

bool SyncPump::wait_for_turn() {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (stopping_) return false;
    const Time now = monotonic();
    if (due(now)) break;
    const Millis left = online_ && due_ ? std::min(*due_ - now, kLookAgain) : kLookAgain;
    changed_.wait_for(lock, left);
  }
  begin_turn();
  client_.resume();
  return true;
}

// Between two parts of a photo: somebody has saved words meanwhile.
bool SyncPump::take_turn() {
  std::lock_guard lock(mutex_);
  if (stopping_ || !due(monotonic())) return false;
  begin_turn();
  return true;
}

bool SyncPump::due(Time now) const { return online_ && (asked_ || (due_ && now >= *due_)); }

void SyncPump::begin_turn() {
  asked_ = false;
  backing_off_ = false;  // a change that comes during the session is due soon after it, unless it fails
  due_.reset();
}

// One connection: from here to its end, or to the end of the pump.
void SyncPump::session() {
  engine::Engine engine(options_.tuning, broken_);
  tell_(SyncStarted{});
  engine.handle(engine::Wake{});
  while (auto output = next(engine)) {
    if (const auto* need = std::get_if<engine::Need>(&*output)) {
      auto replica = port_.freeze(*need);
      if (replica.has_value()) engine.handle(std::move(*replica));
      else engine.handle(engine::Broken{replica.error()});
    } else if (auto* send = std::get_if<engine::Send>(&*output)) {
      const auto answer = exchange(std::move(*send));
      take_in(engine);
      engine.handle(answer);
    } else if (auto* apply = std::get_if<engine::Apply>(&*output)) {
      applying_ = port_.apply(std::move(apply->reply));
    } else if (const auto* wanted = std::get_if<engine::NeedBlob>(&*output)) {
      if (take_turn()) {
        tell_(SyncStarted{});
        engine.handle(engine::Wake{});
      }
      auto task = port_.next_blob(wanted->max_bytes);
      if (task.has_value()) engine.handle(std::move(*task));
      else engine.handle(engine::Broken{task.error()});
    } else if (const auto* move = std::get_if<engine::MoveBlob>(&*output)) {
      engine.handle(exchange(move->task));
    } else if (const auto* moved = std::get_if<engine::BlobMoved>(&*output)) {
      const auto kept = port_.moved(*moved);
      if (kept.has_error()) base::log_error("sync.blob_not_kept", kept.error());
      engine.handle(engine::Applied{kept.has_value()});
    } else if (const auto* idle = std::get_if<engine::Idle>(&*output)) {
      rest(*idle);
      if (!wait_for_turn()) return;
      tell_(SyncStarted{});
      engine.handle(engine::Wake{});
    } else if (const auto* closed = std::get_if<engine::Close>(&*output)) {
      return fail(*closed);
    }
  }
  fail({{Fault::Io, "engine.silent", "The connection was given up."}, {}, false});
}

std::optional<engine::Output> SyncPump::next(engine::Engine& engine) {
  if (auto output = engine.poll()) return output;
  take_in(engine);
  return engine.poll();
}

void SyncPump::take_in(engine::Engine& engine) {
  if (!applying_.valid()) return;
  const auto applied = applying_.get();
  if (applied.has_error()) base::log_error("sync.apply_failed", applied.error());
  engine.handle(applied.has_value() ? *applied : engine::Applied{false});
}

engine::Input SyncPump::exchange(const engine::BlobTask& task) {
  const auto reply = client_.request(blob_request(task), options_.reply_limit);
  if (reply.has_error()) return engine::Broken{reply.error()};
  auto answer = recognise(*reply);
  if (answer.has_error()) return engine::Broken{answer.error()};
  return std::move(*answer);
}

engine::Input SyncPump::exchange(engine::Send send) {
  Exchange exchange(std::move(send), [this](const auto& names) { return port_.bases(names); }, older_server_);
  for (;;) {
    const auto reply = client_.request(exchange.request(), options_.reply_limit);
    if (reply.has_error()) return engine::Broken{reply.error()};
    auto input = exchange.take(*reply);
    older_server_ = exchange.older();
    if (input) return std::move(*input);
  }
}

// Everything is sent and received: until somebody changes something, or the timer rings.
void SyncPump::rest(const engine::Idle& idle) {
  attempt_ = broken_ = 0;
  const Millis next = engine::next_sync(idle.next_after, idle.next_spread, uniform());
  {
    std::lock_guard lock(mutex_);
    const Time at = monotonic() + next;
    due_ = due_ ? std::min(*due_, at) : at;  // a change that came meanwhile is due earlier
  }
  if (idle.blob_trouble) base::log_error("sync.blobs_wait", *idle.blob_trouble);
  tell_(SyncDone{idle.pushed, idle.pulled, idle.receipt, next, idle.blob_trouble});
}

void SyncPump::fail(const engine::Close& closed) {
  if (!closed.retry_after) client_.close();  // a server that says when to come again need not shake hands again then
  SyncFailed failed{closed.why, std::nullopt};
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    backing_off_ = true;
    due_.reset();
    if (!online_) {
      failed.why = {Fault::Offline, "sync.no_network", "There is no network. Your notes are safe on this tablet."};
    } else if (!closed.final) {
      failed.retry = engine::backoff(attempt_, closed.retry_after, uniform(), uniform());
      due_ = monotonic() + *failed.retry;
      ++attempt_;
      broken_ += !closed.retry_after;
    }
  }
  base::log_error("sync.broken", failed.why);
  tell_(failed);
}

double SyncPump::uniform() {
  if (options_.uniform) return options_.uniform();
  std::uint32_t bits = 0;
  std::memcpy(&bits, base::random_bytes(sizeof bits).data(), sizeof bits);
  return bits / 4294967296.0;  // 2^32
}

}  // namespace doorstep::transport
