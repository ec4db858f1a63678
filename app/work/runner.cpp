#include "app/work/runner.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>

#include "app/state/submit.h"
#include "app/store/store.h"
#include "app/work/caseload.h"
#include "app/work/copies.h"
#include "app/work/orders.h"
#include "app/work/renewal.h"
#include "platform/base/bounded_queue.h"
#include "platform/base/file.h"
#include "platform/base/limits.h"
#include "platform/base/log.h"
#include "platform/image/image.h"
#include "platform/os/os.h"
#include "platform/vault/lease.h"
#include "platform/vault/vault.h"
#include "sync/transport/calls.h"
#include "sync/transport/drain.h"

namespace doorstep::work {
namespace {

using base::Error;
using base::Fault;

constexpr base::Millis kCertificateLimit{15'000};
constexpr base::Millis kRenewAgain = std::chrono::hours(1), kWitnessAgain = std::chrono::hours(1);

void name_thread(const char* name) { ::pthread_setname_np(::pthread_self(), name); }

/// The store as the pump sees it: asks, and waits for the store's thread. After close() every question is Cancelled, so that
/// the pump can be stopped from the store's own thread.
class Port final : public transport::ReplicaPort {
 public:
  struct Freeze { engine::Need need; std::promise<Result<engine::Replica>> answer; };
  struct Look { std::vector<wire::BaseName> names; std::promise<Result<std::vector<wire::Base>>> answer; };
  struct Take { wire::SyncReply reply; std::promise<Result<engine::Applied>> answer; };
  struct NextBlob { std::size_t max_bytes; std::promise<Result<engine::BlobTask>> answer; };
  struct Moved { engine::BlobMoved moved; std::promise<Result<void>> answer; };
  using Question = std::variant<Freeze, Look, Take, NextBlob, Moved>;

  explicit Port(std::function<void()> knock) : knock_(std::move(knock)) {}

  Result<engine::Replica> freeze(const engine::Need& need) override { return ask(Freeze{need, {}}).get(); }
  Result<std::vector<wire::Base>> bases(const std::vector<wire::BaseName>& names) override { return ask(Look{names, {}}).get(); }
  std::future<Result<engine::Applied>> apply(wire::SyncReply reply) override { return ask(Take{std::move(reply), {}}); }
  Result<engine::BlobTask> next_blob(std::size_t max_bytes) override { return ask(NextBlob{max_bytes, {}}).get(); }
  Result<void> moved(const engine::BlobMoved& moved) override { return ask(Moved{moved, {}}).get(); }
  std::deque<Question> questions() {
    std::lock_guard lock(mutex_);
    return std::exchange(questions_, {});
  }
  void close() {
    std::deque<Question> left;
    {
      std::lock_guard lock(mutex_);
      closed_ = true;
      left.swap(questions_);
    }
    for (auto& question : left) std::visit([](auto& q) { q.answer.set_value(cancelled()); }, question);
  }

 private:
  static Error cancelled() { return {Fault::Cancelled, "work.port", "the store is closed"}; }
  template <class Asked>
  auto ask(Asked question) -> decltype(question.answer.get_future()) {
    auto answer = question.answer.get_future();
    std::unique_lock lock(mutex_);
    if (closed_) {
      question.answer.set_value(cancelled());
      return answer;
    }
    questions_.push_back(std::move(question));
    lock.unlock();
    knock_();
    return answer;
  }

  std::function<void()> knock_;
  std::mutex mutex_;
  bool closed_ = false;
  std::deque<Question> questions_;
};

// What the store's thread hears from the other threads of this room. They never wait for room in its inbox: it may be
// waiting for one of them to end. A letter is put down, and a knock tells that there is one; when even the knock finds the
// inbox full, the letter is read after the message that is being carried.
struct Synced { transport::SyncEvent event; };
struct Activated { Result<wire::ActivateReply> reply; };
struct Renewed { Secret key; Result<wire::RenewReply> reply; };
struct OwnRenewed { Secret key; Result<wire::RenewReply> reply; };  ///< the tablet's own
struct Witnessed { Result<wire::WitnessReply> reply; };
struct Handed { int drain; Result<transport::Drained> done; };  ///< the thread `drain` has nothing more to say
struct Commanded { std::optional<std::int64_t> obeyed; Result<wire::CommandReply> reply; };
struct Network { bool online; };
struct Decoded {};  ///< the thread `picture` has nothing more to say
using Letter = std::variant<Synced, Activated, Renewed, OwnRenewed, Witnessed, Handed, Commanded, Network, Decoded>;
struct Knock {};  ///< there are letters, or questions at the port
using Message = std::variant<state::Effect, Knock>;

constexpr int kTellShare = 10;   // while replies follow one another, reading the caseload takes no more than a tenth of the time
constexpr int kFreshStarts = 3;  // of the operations' chain, between two unlocks: a copied store would do it for ever

}  // namespace

struct Runner::Impl {
  Impl(Options o, const base::Clock& c, std::function<void()> w)
      : options(std::move(o)), clock(c), wake(std::move(w)),
        copies(options.folder / "outbox", options.enrolment.outbox_key, options.credentials.sign),
        lease_clock(clock, os::boot_id()) {}

  vault::VaultPlace place() const { return {options.folder / "vault", options.enrolment.device, options.enrolment.worker}; }

  Options options;
  const base::Clock& clock;
  std::function<void()> wake;

  base::BoundedQueue<Message> inbox{limits::kStoreQueue};
  base::BoundedQueue<Letter> letters{limits::kEventQueue};
  std::mutex events_mutex;
  std::vector<state::Event> events;
  std::thread store_thread, network_thread;
  std::unique_ptr<SpellingWorker> spelling;
  int stop_fd = -1;

  // Below: the store's thread alone.
  std::unique_ptr<vault::KeyProvider> provider;
  std::optional<vault::Vault> vault;
  Copies copies;
  std::optional<base::FolderHold> in_use;  // while the store is open
  std::optional<store::Store> db;
  std::unique_ptr<Port> port;
  std::unique_ptr<transport::SyncPump> pump;
  std::thread certificate_thread, command_thread, drain_thread, picture;
  std::unique_ptr<transport::HttpClient> certificate_client, command_client, drain_client;
  std::optional<base::Millis> activate_again, drain_again;  // monotonic
  base::Millis renew_again{0}, renew_own_again{0}, witness_again{0};  // monotonic: not before
  std::optional<state::OpenPhoto> picture_next;
  int activation_attempts = 0, fresh_starts = 0, drains = 0, drain_attempts = 0;
  state::SyncStatus sync;
  state::CaseloadPtr told;  // the snapshot last said
  vault::LeaseClock lease_clock;
  Instant lease_until;         // of the store that is open
  bool lease_over = false;     // nothing that was written before is shown
  base::Millis lease_look{0};  // monotonic: when it is looked at again
  base::Millis lease_ask{0};   // monotonic: no other is asked for before
  Orders orders;
  bool handed_over = false;  // State holds nothing any more that the store has not
  bool wipe_due = false;     // nothing waits, and the command is to be obeyed
  std::optional<base::Millis> command_again;    // monotonic: the server is asked for commands
  std::optional<base::Millis> clock_ahead;  // of the server's, when it last answered
  std::optional<Instant> synced_at;
  base::Millis tell_again{0};  // monotonic: while replies follow one another, not before
  bool untold = false;         // replies were taken in since
  bool frozen_ahead = false;   // what was last asked for was the batch behind one whose answer is yet to be taken in
  bool online = true;

  void say(state::Event event) {
    {
      std::lock_guard lock(events_mutex);
      events.push_back(std::move(event));
    }
    wake();
  }
  Instant now() const { return clock.wall(); }

  // The store's thread ------------------------------------------------------------------------------------------------

  void serve() {
    name_thread("store");
    provider = vault::provider_for(place(), options.folder / "vault" / "keys", options.chip);  // it may ask the chip
    vault.emplace(place(), *provider, clock, os::boot_id(), options.test_cost, options.pins);
    const auto settings = base::read_file(settings_file(), limits::kConfigBytes);
    orders = read_orders(options.folder, options.enrolment.device);
    say(state::Started{vault->exists(), options.enrolment.worker_name, settings ? *settings : std::string(), destroyed(), orders.wiped,
                       vault->pins() == vault::Pins::Allowed});
    if (orders.wiped) wipe();  // again: it may have been cut off
    begin_drain();
    wipe_when_sent(false);
    if (std::exchange(wipe_due, false)) wipe();
    ask_command();
    for (;;) {
      const auto next = deadline();
      auto message = next ? inbox.pop_for(std::max(base::Millis(0), *next - clock.monotonic())) : inbox.pop();
      if (db && clock.monotonic() >= lease_look) look_at_lease();  // before anything is answered that it may forbid
      if (message) std::visit([this](auto& m) { on(m); }, *message);
      else if (inbox.closed()) break;
      for (Letter& letter : letters.drain()) std::visit([this](auto& l) { on(l); }, letter);
      answer_port();
      if (activate_again && clock.monotonic() >= *activate_again) {
        activate_again.reset();
        begin_sync();
      }
      if (drain_again && clock.monotonic() >= *drain_again) begin_drain();
      if (std::exchange(wipe_due, false)) wipe();
      if (command_again && clock.monotonic() >= *command_again) ask_command();
    }
    close();
  }
  /// Monotonic; empty: nothing is to be done by itself.
  std::optional<base::Millis> deadline() const {
    std::optional<base::Millis> out = activate_again;
    const auto sooner = [&out](base::Millis at) { out = out ? std::min(*out, at) : at; };
    if (command_again) sooner(*command_again);
    if (drain_again) sooner(*drain_again);
    if (db) sooner(lease_look);
    return out;
  }

  /// From any thread of this room but the store's.
  void post(Letter letter) {
    if (!letters.try_push(letter)) base::log_event("work.letters_full");
    knock();
  }
  void knock() {
    Message message(Knock{});
    inbox.try_push(message);
  }

  void on(state::Effect& effect) {
    std::visit([this](auto& e) { carry(e); }, effect);
  }

  void on(Knock&) {}
  void answer_port() {
    if (!port) return;
    for (auto& question : port->questions()) {
      std::visit([this](auto& q) { q.answer.set_value(db ? answer(q) : decltype(answer(q))(closed())); }, question);
      const auto* frozen = std::get_if<Port::Freeze>(&question);
      const bool ahead = frozen && frozen->need.after;  // a reply comes next, to be taken in while that is sent
      const bool beside = std::exchange(frozen_ahead, ahead) && std::holds_alternative<Port::Take>(question);
      if (!beside && (!frozen || ahead) && !std::holds_alternative<Port::NextBlob>(question)) continue;
      // The network has something to do: what the screens are to show is read meanwhile, and nobody waits for it.
      if (untold && clock.monotonic() >= tell_again) tell_caseload();  // else when the last reply is in
      tell_sync();
    }
  }

  Result<engine::Replica> answer(const Port::Freeze& question) {
    auto batch = db->freeze(question.need.max_ops, question.need.max_bytes, now(), question.need.after);
    if (!batch) return batch.error();
    engine::Replica out{batch->device, batch->incarnation, std::move(batch->epoch), std::move(batch->ops), batch->more_ops,
                        std::move(batch->cursors), std::move(batch->purged), std::move(batch->earlier), std::move(batch->bases)};
    if (!question.need.after && clock.monotonic() >= lease_ask)
      out.lease = std::chrono::duration_cast<std::chrono::days>(options.lease).count();
    return out;
  }

  Result<std::vector<wire::Base>> answer(const Port::Look& question) { return db->bases(question.names); }

  Result<engine::BlobTask> answer(const Port::NextBlob& question) {
    DOORSTEP_TRY_ASSIGN(auto step, db->next_blob(question.max_bytes));
    if (step.purge_waited && pump) pump->wake(transport::Why::Changed);
    using What = engine::BlobTask::What;
    const What what = step.what == store::BlobStep::What::Send    ? What::Send
                      : step.what == store::BlobStep::What::Fetch ? What::Fetch
                                                                  : What::Nothing;
    return engine::BlobTask{what, std::move(step.sha256), step.offset, std::move(step.bytes), step.most};
  }

  Result<void> answer(const Port::Moved& question) {
    const engine::BlobMoved& moved = question.moved;
    const bool sent = moved.what == engine::BlobTask::What::Send;
    auto done = sent          ? db->blob_sent(moved.sha256, moved.offset, moved.ended)
                : moved.ended ? db->blob_absent(moved.sha256)
                              : db->blob_fetched(moved.sha256, moved.offset, moved.bytes);
    untold = untold || !sent || moved.ended;  // of what was sent only that it is there
    if (sent && moved.ended && told && told->ended && pump) pump->wake(transport::Why::Changed);  // the purge waits for it
    return done;
  }

  Result<engine::Applied> answer(const Port::Take& question) {
    auto applied = db->apply(question.reply, now());
    if (!applied) return applied.error();
    clock_ahead = now() - question.reply.server_time;
    if (question.reply.lease) take_lease(*question.reply.lease);
    if (question.reply.command) take_command(*question.reply.command, question.reply.drain.value_or(false));
    for (Id visit : applied->drafts_rewritten)
      if (auto draft = db->draft(visit)) say(state::DraftChanged{std::move(draft->visit), draft->version});
    untold = untold || applied->caseload_changed || applied->blobs || applied->drafts_changed || !applied->answers.empty();
    // The draft of what was just received is to go from the server too: now, not when the timer next rings.
    if (!applied->visits_submitted.empty() && pump) pump->wake(transport::Why::Changed);
    return engine::Applied{true, applied->blobs};
  }

  void on(Synced& m) {
    if (std::get_if<transport::SyncStarted>(&m.event)) {
      sync.phase = state::SyncPhase::Sending;
      sync.last_tried = now();
      sync.next_try.reset();
    } else if (auto* done = std::get_if<transport::SyncDone>(&m.event)) {
      sync.phase = state::SyncPhase::Idle;
      synced_at = now();
      sync.error.reset();
      sync.error_code.clear();
      sync.blob_trouble = done->blob_trouble;
      sync.next_try = now() + done->next;
    } else {
      auto& failed = std::get<transport::SyncFailed>(m.event);
      fail_sync(failed.why, failed.retry);
      if (failed.why.where == "server.forked" || failed.why.where == "engine.forked") start_afresh();
    }
    if (untold && !std::holds_alternative<transport::SyncStarted>(m.event)) tell_caseload();
    tell_sync();
    if (!std::holds_alternative<transport::SyncStarted>(m.event)) keep_copies();
    if (!std::holds_alternative<transport::SyncDone>(m.event)) return;
    renew_when_due();  // the screens wait for none of them
    renew_own_when_due();
    witness_when_due();
  }

  /// The server knows other operations under this tablet's name: the store is an old copy, or was copied. What it has not
  /// had acknowledged is numbered anew (sync.md, I9).
  void start_afresh() {
    if (!db || !pump || ++fresh_starts > kFreshStarts) return;
    base::log_event("work.new_incarnation", options.enrolment.device);
    if (auto begun = db->start_incarnation(); !begun) return base::log_error("start_incarnation", begun.error());
    pump->wake(transport::Why::Asked);
  }

  void fail_sync(const Error& why, std::optional<base::Millis> retry) {
    base::log_error("sync_failed", why);
    constexpr std::string_view kServer = "server.";
    sync.phase = retry ? state::SyncPhase::Waiting : state::SyncPhase::Failed;
    sync.error = why;
    sync.error_code = why.where.starts_with(kServer) ? why.where.substr(kServer.size()) : std::string();
    sync.next_try = retry ? std::optional(now() + *retry) : std::nullopt;
  }

  void on(Network& m) {
    if (m.online == online) return;
    online = m.online;
    sync.online = online;
    say(state::NetworkChanged{online});
    if (pump) pump->set_online(online);
    else if (db && online) begin_sync();
    if (online) begin_drain();
    if (online && command_again) ask_command();
    tell_sync();
  }

  // What IT tells this tablet to do ----------------------------------------------------------------------------------------

  /// Over the device's certificate, so also while the store is closed: then it is asked for from time to time. What was obeyed is told.
  void ask_command() {
    const bool done = !orders.wiped || !vault->exists();
    const bool report = orders.number > 0 && !orders.told && done;
    const bool wanted = report || (!db && !orders.wiped);
    command_again = wanted ? std::optional(clock.monotonic() + jittered(limits::kSyncEvery)) : std::nullopt;
    if (!wanted || command_thread.joinable() || !online) return;
    auto context = options.credentials.client_context(options.enrolment.device_certificate, options.enrolment.device_key);
    if (!context) return base::log_error("command", context.error());
    command_client = std::make_unique<transport::HttpClient>(options.server, *context);
    command_thread = std::thread([this, obeyed = report ? std::optional(orders.number) : std::nullopt, client = command_client.get()] {
      name_thread("command");
      post(Commanded{obeyed, transport::command(*client, {obeyed}, kCertificateLimit)});
    });
  }
  static base::Millis jittered(base::Millis at_least) {
    return at_least + at_least * static_cast<unsigned char>(base::random_bytes(1)[0]) / 256;
  }

  void on(Commanded& m) {
    stop_asking_command();
    // A tablet that told so before, and did not hear the answer, is no longer one of the server's.
    const bool gone = orders.wiped && !m.reply && m.reply.error().where == "server.revoked";
    if (m.obeyed == orders.number && (m.reply || gone)) {
      orders.told = true;
      keep_orders();
    }
    if (!m.reply && !gone) return base::log_error("command", m.reply.error());
    if (m.reply && m.reply->command) take_command(*m.reply->command, false);
    if (m.reply) renew_own_when_due();
  }

  /// Open or locked, after the server answered. The old certificate is good until its end: whatever fails is tried again after a later
  /// answer. On the commands' thread: both are short, and one waits for the other.
  void renew_own_when_due() {
    if (orders.wiped || command_thread.joinable() || clock.monotonic() < renew_own_again) return;
    const auto& own = options.enrolment;
    if (!certificate_is_due(options.credentials.valid_until(own.device_certificate), now())) return;
    renew_own_again = clock.monotonic() + kRenewAgain;
    auto asked = ask_for_next<OwnRenewed>(own.device_certificate, own.device_key, command_thread, command_client, "command");
    if (!asked) base::log_error("renew_own", asked.error());
  }
  /// For the certificate that follows this one, over it, with a new key, on `thread`, which is free. `Answer` is posted.
  template <class Answer>
  Result<void> ask_for_next(const std::string& certificate, const Secret& key, std::thread& thread,
                            std::unique_ptr<transport::HttpClient>& client, const char* name) {
    DOORSTEP_TRY_ASSIGN(auto fresh, options.credentials.make_key());
    DOORSTEP_TRY_ASSIGN(auto request, options.credentials.make_request(fresh));
    DOORSTEP_TRY_ASSIGN(auto context, options.credentials.client_context(certificate, key));
    client = std::make_unique<transport::HttpClient>(options.server, context);
    thread = std::thread([this, name, request = std::move(request), fresh = std::move(fresh), over = client.get()]() mutable {
      name_thread(name);
      post(Answer{std::move(fresh), transport::renew(*over, {request}, kCertificateLimit)});
    });
    return {};
  }

  /// Until the new pair is on the disk the old one counts, and the server takes either.
  void on(OwnRenewed& m) {
    stop_asking_command();
    if (auto kept = keep_own(m); !kept) base::log_error("renew_own", kept.error());
    else base::log_event("work.renewed_own", options.enrolment.device);
    ask_command();  // it may have found its thread at work
  }
  Result<void> keep_own(OwnRenewed& m) {
    if (!m.reply) return m.reply.error();
    DOORSTEP_TRY(options.credentials.keep_own(m.key, m.reply->certificate));
    options.enrolment.device_key = std::move(m.key);
    options.enrolment.device_certificate = std::move(m.reply->certificate);
    return {};
  }
  bool keep_orders() {
    auto kept = work::keep_orders(options.folder, options.enrolment.device, orders);
    if (!kept) base::log_error("command", kept.error());
    return kept.has_value();
  }

  /// `drained`: it came with a reply to a tablet that hands in what it has, and nothing of that reply is left to be taken in.
  void take_command(const wire::SignedStatement& command, bool drained) {
    auto said = wire::decode<wire::CommandStatement>(command.statement);
    if (!said || !is_signed(wire::kCommandContext, command, said->at) || said->device != options.enrolment.device ||
        said->expires < lease_clock.now())
      return base::log_event("work.command_refused", options.enrolment.device);
    if (said->number <= orders.number || said->number < orders.pending) return;
    if (said->number > orders.pending) {
      const bool lock = said->kind == wire::CommandKind::Lock;
      const Orders before = std::exchange(orders, lock ? Orders{said->number} : Orders{orders.number, said->number, false, orders.told});
      if (!keep_orders()) {  // it comes again
        orders = before;
        return;
      }
      base::log_event(lock ? "work.locked" : "work.wiping", options.enrolment.device);
      if (lock) {
        say(state::Commanded{state::Commanded::What::Lock});
        return ask_command();
      }
      tell_caseload();
      if (pump) pump->wake(transport::Why::Asked);
      begin_drain();
    }
    wipe_when_sent(drained);
  }
  void carry(state::HandedOver&) {
    handed_over = true;
    if (pump) pump->wake(transport::Why::Asked);
  }

  /// Nothing that was written is destroyed before the server has it. A store that is closed cannot send: its sealed copies go instead,
  /// and where they do not hold all that waits, it is for an unlock.
  void wipe_when_sent(bool drained) {
    if (orders.pending == 0) return;
    bool sent = false;
    if (!db) {
      sent = handed_in();
      if (!sent) return say(state::Commanded{state::Commanded::What::WipeWaits});
    } else if (drained && handed_over) {
      auto all = db->all_sent();
      if (!all) return base::log_error("wipe", all.error());
      sent = *all;
    }
    if (!sent) return;
    orders = {orders.pending, 0, true, false};
    wipe_due = keep_orders();  // begun: a crash from here on ends in the same
  }

  void wipe() {
    close();
    const auto gone = vault->destroy();
    std::error_code error;
    for (const char* end : {"", "-wal", "-shm", ".next", ".part", ".part-wal", ".part-shm", ".blobs"})
      std::filesystem::remove_all(database().string() + end, error);
    say(state::Commanded{state::Commanded::What::Wiped});
    if (gone) base::log_event("work.wiped", options.enrolment.device);
    else base::log_error("wipe", gone.error());  // the next start goes on
    ask_command();
  }

  /// Of a store that is closed: its copies held all that would be lost with the key, and none of them is left to be sent.
  bool handed_in() const {
    if (!copies.whole()) return false;
    const auto waiting = base::copies_in(copies.folder());
    const auto own = [&](const base::CopyName& name) { return name.device == options.enrolment.device; };
    return waiting && std::none_of(waiting->begin(), waiting->end(), own);
  }

  void stop_asking_command() {
    if (command_client) command_client->cancel();
    if (command_thread.joinable()) command_thread.join();
    command_client.reset();
  }

  // Lease -------------------------------------------------------------------------------------------------------------------

  /// What was kept of it; a store that never had one may be read as long as if it had been given now.
  Result<void> begin_lease() {
    DOORSTEP_TRY_ASSIGN(auto kept, db->lease());
    if (kept) lease_clock.restore({kept->at, kept->mono, kept->boot_id, kept->wall_ahead});
    lease_until = kept ? kept->until : lease_clock.now() + options.lease;
    lease_ask = base::Millis(0);
    lease_over = false;
    look_at_lease(Tell::No);
    return {};
  }

  enum class Tell { No, Yes };
  void look_at_lease(Tell tell = Tell::Yes) {
    const Instant at = lease_clock.now();
    const bool was_over = std::exchange(lease_over, at >= lease_until);
    lease_look = clock.monotonic() + limits::kLeaseLookedAt;
    if (!lease_over) lease_look = std::min(lease_look, clock.monotonic() + (lease_until - at));
    keep_lease();
    if (was_over != lease_over) base::log_event(lease_over ? "work.lease_over" : "work.lease_renewed", options.enrolment.device);
    if (tell == Tell::No) return;
    const bool soon = std::exchange(sync.lease_soon, lease_soon()), back = std::exchange(sync.clock_set_back, lease_clock.set_back());
    if (was_over && shows()) tell_unfinished();
    if (was_over != lease_over) tell_caseload();
    if (was_over != lease_over || soon != sync.lease_soon || back != sync.clock_set_back) tell_sync();
  }
  bool shows() const { return !lease_over && orders.pending == 0; }
  bool lease_soon() { return !lease_over && lease_until - lease_clock.now() <= limits::kLeaseWarning; }

  void keep_lease() {
    auto kept = lease_clock.kept();
    auto written = db->set_lease({lease_until, kept.at, kept.mono, std::move(kept.boot_id), kept.wall_ahead});
    if (!written) base::log_error("lease", written.error());
  }

  void take_lease(const wire::SignedStatement& lease) {
    auto said = wire::decode<wire::LeaseStatement>(lease.statement);
    if (!said || !is_signed(wire::kLeaseContext, lease, said->at) || said->device != options.enrolment.device ||
        said->worker != options.enrolment.worker)
      return base::log_event("work.lease_refused", options.enrolment.device);
    lease_clock.server_said(said->at);
    lease_until = said->until;
    lease_ask = clock.monotonic() + limits::kLeaseAskedEvery;
    look_at_lease();
  }

  void tell_sync() {
    sync.online = online;
    sync.lease_until = lease_until;
    sync.lease_soon = lease_soon();
    sync.clock_set_back = lease_clock.set_back();
    if (db)
      if (auto read = read_sync(*db, sync); !read) base::log_error("read_sync", read.error());
    say(sync);
  }

  enum class Bare { LeaseOver, Wiping };
  void tell_caseload() {
    if (!db) return;
    const base::Millis start = clock.monotonic();
    auto caseload = read_caseload(*db, options.enrolment.worker, options.enrolment.worker_name);
    if (!caseload) return base::log_error("read_caseload", caseload.error());
    told = orders.pending > 0                    ? bare_caseload(Bare::Wiping)
           : lease_over && !(*caseload)->ended ? bare_caseload(Bare::LeaseOver)
                                               : *caseload;
    const base::Millis end = clock.monotonic();
    tell_again = end + kTellShare * (end - start);
    untold = false;
    say(state::Loaded{told});
  }
  /// Of a tablet on which nothing that was written may be read.
  state::CaseloadPtr bare_caseload(Bare why) const {
    auto out = std::make_shared<state::Caseload>();
    out->me.id = options.enrolment.worker;
    out->me.name = options.enrolment.worker_name;
    out->ended = out->wiping = why == Bare::Wiping;
    out->lease_over = why == Bare::LeaseOver;
    return out;
  }
  /// A save changes one draft and nothing else: no need to read everything again for each.
  void tell_draft(state::DraftItem item) {
    if (!told) return tell_caseload();  // it could not be read until now
    if (told->lease_over || told->ended) return;
    auto next = std::make_shared<state::Caseload>(*told);
    auto at = std::find_if(next->drafts.begin(), next->drafts.end(), [&](const auto& d) { return d.visit.id == item.visit.id; });
    if (at == next->drafts.end()) next->drafts.insert(next->drafts.begin(), std::move(item));
    else *at = std::move(item);
    told = next;
    say(state::Loaded{told});
  }

  /// After something that is to be sent: the caseload shows it, and the pump hears of it.
  void changed(transport::Why why) {
    tell_caseload();
    tell_sync();
    if (pump) pump->wake(why);
    else begin_sync();
  }

  // Unlocking -----------------------------------------------------------------------------------------------------------

  void carry(state::Unlock& e) {
    if (!db) in_use.emplace(options.folder);  // before the vault is asked: what it opens must not be renewed meanwhile
    auto opened = vault->unlock(e.passphrase.view(), copies.whole() ? vault::AtTenth::Destroy : vault::AtTenth::Wait);
    const bool gone = !opened && destroyed();
    if (opened && in_use->alone()) opened = with_key_in_date(std::move(*opened), e.passphrase.view());
    in_use->share();
    open(std::move(opened), false);
    if (!db) in_use.reset();
    if (gone) {
      stop_drain();
      begin_drain();  // now also what is not numbered
    }
  }
  void carry(state::CreatePassphrase& e) {
    open(destroyed() || orders.wiped ? Result<vault::Opened>(no_key()) : vault->create(e.passphrase.view()), true);
  }

  void carry(state::ChangePassphrase& e) {
    auto changed = vault->change_passphrase(e.old.view(), e.fresh.view());
    if (changed) return say(state::PassphraseChanged{});
    base::log_error("passphrase", changed.error());
    say(state::PassphraseChanged{refused(changed.error())});
  }
  state::UnlockResult refused(Error error) {
    state::UnlockResult out{std::move(error), base::Millis(0), -1};
    if (!vault->exists()) return out;
    if (const auto wait = vault->wait()) out.retry_after = *wait;
    if (out.error->fault != Fault::Locked) return out;
    if (const auto wrong = vault->failures(); wrong && *wrong < vault::kTries) out.tries_left = static_cast<int>(vault::kTries - *wrong);
    return out;
  }

  /// A renewal of the key that was cut off is finished; a key of a year ago is replaced, and nobody is asked anything. Only while
  /// no other Doorstep has the folder: it would go on writing into the file that was replaced.
  Result<vault::Opened> with_key_in_date(vault::Opened opened, std::string_view passphrase) {
    DOORSTEP_TRY(settle_renewal(*vault, database(), opened));
    std::error_code ignored;
    if (!std::filesystem::exists(database(), ignored)) return opened;
    store::StoreOptions how;
    how.vfs = options.vfs;
    how.sync_off = options.sync_off;
    const auto due = store::Store::key_is_due(database(), opened.key, opened.db_salt, now(), how);
    if (!due || !*due) return opened;  // what is wrong with it is told where it is opened
    return renew_key(*vault, passphrase, database(), std::move(opened), now(), how);
  }

  std::filesystem::path database() const { return options.folder / "replica.db"; }
  /// The key of what is stored here is gone for ever. Its database stays where it is, as nothing but noise, until IT sets up anew.
  bool destroyed() const {
    std::error_code ignored;
    return !vault->exists() && std::filesystem::exists(database(), ignored);
  }
  static Error no_key() { return {Fault::NotFound, "vault.destroyed", "the key of what is stored here was destroyed"}; }

  void open(Result<vault::Opened> opened, bool create) {
    auto fail = [this](Error error) {
      base::log_error("unlock", error);
      say(refused(std::move(error)));
    };
    if (!opened) return fail(opened.error());
    if (db) close();
    if (!in_use) in_use.emplace(options.folder);
    in_use->share();
    stop_drain();
    // A crash between making the vault and the store leaves a vault without a store: make it then.
    auto path = database();
    std::error_code ignored;
    bool missing = create || !std::filesystem::exists(path, ignored);
    store::StoreOptions how;
    how.create = missing;
    how.vfs = options.vfs;
    how.sync_off = options.sync_off;
    how.check_receipt = [this](const wire::SignedReceipt& receipt, Instant at) { return is_signed(wire::kReceiptContext, receipt, at); };
    auto made = store::Store::open(path, opened->key, opened->db_salt, how);
    if (!made) return fail(made.error());
    db.emplace(std::move(*made));
    auto identity = db->identity();
    if (!identity) return fail(identity.error());
    if (missing)
      if (auto set = db->set_key_made(now()); !set) return fail(set.error());
    if (identity->worker.nil()) {
      store::Identity fresh;
      fresh.device = options.enrolment.device;
      fresh.worker = options.enrolment.worker;
      fresh.worker_name = options.enrolment.worker_name;
      if (auto set = db->set_identity(fresh); !set) return fail(set.error());
    }
    if (auto begun = copies.begin(); !begun) return fail(begun.error());
    if (auto begun = begin_lease(); !begun) return fail(begun.error());
    say(state::UnlockResult{});
    if (shows()) tell_unfinished();
    tell_caseload();
    tell_sync();
    begin_sync();
    keep_copies();
    begin_drain();
  }

  bool is_signed(std::string_view context, const wire::SignedStatement& what, Instant at) const {
    const auto signature = base::from_hex(what.signature);
    if (!signature || !what.signer) return false;
    auto checked = options.credentials.check_signature(*what.signer, at, std::string(context) + what.statement, *signature);
    if (!checked) base::log_error("signed", checked.error());
    return checked.has_value();
  }

  void tell_unfinished() {
    auto kept = db->unfinished();
    if (!kept) return base::log_error("unfinished", kept.error());
    state::UnfinishedFound found;
    for (auto& one : *kept) found.words.emplace(std::move(one.key), std::move(one.text));
    say(std::move(found));
  }

  /// With the worker's certificate: the pump. Without: first fetch it, when there is a network.
  void begin_sync() {
    if (!db || pump) return;
    auto identity = db->identity();
    if (!identity) return fail_sync(identity.error(), std::nullopt);
    if (identity->worker_certificate.empty()) return activate(std::move(*identity));
    auto context = options.credentials.client_context(identity->worker_certificate, identity->worker_key);
    if (!context) return fail_sync(context.error(), std::nullopt);
    port = std::make_unique<Port>([this] { knock(); });
    transport::PumpOptions how{.endpoint = options.server, .context = *context, .uniform = {}};
    pump = std::make_unique<transport::SyncPump>(std::move(how), *port,
                                                 [this](const transport::SyncEvent& event) { post(Synced{event}); });
    pump->set_online(online);
  }

  /// The worker's key is made and kept before anything is asked, so that a lost reply can be asked for again with it.
  void activate(store::Identity identity) {
    if (!online || certificate_thread.joinable()) return;
    if (identity.worker_key.empty()) {
      auto key = options.credentials.make_key();
      if (!key) return fail_sync(key.error(), std::nullopt);
      identity.worker_key = std::move(*key);
      if (auto kept = db->set_identity(identity); !kept) return fail_sync(kept.error(), std::nullopt);
    }
    auto request = options.credentials.make_request(identity.worker_key);
    auto context = options.credentials.client_context(options.enrolment.device_certificate, options.enrolment.device_key);
    if (!request) return fail_sync(request.error(), std::nullopt);
    if (!context) return fail_sync(context.error(), std::nullopt);
    sync.phase = state::SyncPhase::Sending;
    tell_sync();
    activate_again.reset();
    certificate_client = std::make_unique<transport::HttpClient>(options.server, *context);
    certificate_thread = std::thread([this, request = *request, client = certificate_client.get()] {
      name_thread("certificate");
      post(Activated{transport::activate(*client, {options.enrolment.ticket, request}, kCertificateLimit)});
    });
  }

  void on(Activated& m) {
    stop_asking();
    if (!db) return;
    if (!m.reply) {
      auto retry = retry_of(m.reply.error());
      if (retry) activate_again = clock.monotonic() + *retry;
      fail_sync(m.reply.error(), retry);
      return tell_sync();
    }
    activation_attempts = 0;
    auto identity = db->identity();
    if (!identity) return fail_sync(identity.error(), std::nullopt);
    identity->worker_certificate = m.reply->worker_certificate;
    identity->worker_name = m.reply->worker.name;
    if (auto kept = db->set_identity(*identity); !kept) return fail_sync(kept.error(), std::nullopt);
    begin_sync();
  }

  /// Where nobody answered, another try comes by itself. A refusal waits for a person.
  std::optional<base::Millis> retry_of(const Error& why) {
    if (why.fault != Fault::Offline && why.fault != Fault::Timeout) return std::nullopt;
    return wait_after(activation_attempts);
  }
  /// At random, and longer after each attempt that failed.
  static base::Millis wait_after(int& attempts) {
    auto random = base::random_bytes(2);
    auto uniform = [&](std::size_t i) { return static_cast<unsigned char>(random[i]) / 256.0; };
    return engine::backoff(attempts++, std::nullopt, uniform(0), uniform(1));
  }

  /// After a sync that went through. The old certificate is good until its end: whatever fails is tried again after a later one.
  void renew_when_due() {
    if (!db || certificate_thread.joinable() || clock.monotonic() < renew_again) return;
    auto identity = db->identity();
    if (!identity) return base::log_error("renew", identity.error());
    const auto until = options.credentials.valid_until(identity->worker_certificate);
    if (!certificate_is_due(until, now())) return;
    renew_again = clock.monotonic() + kRenewAgain;
    auto asked = ask_for_next<Renewed>(identity->worker_certificate, identity->worker_key, certificate_thread, certificate_client,
                                       "certificate");
    if (!asked) base::log_error("renew", asked.error());
  }

  /// Key and certificate change together, in one transaction; the next connection shows them.
  void on(Renewed& m) {
    stop_asking();
    if (!db) return;
    if (!m.reply) return base::log_error("renew", m.reply.error());
    auto identity = db->identity();
    if (!identity) return base::log_error("renew", identity.error());
    identity->worker_key = std::move(m.key);
    identity->worker_certificate = m.reply->certificate;
    if (auto fits = options.credentials.client_context(identity->worker_certificate, identity->worker_key); !fits)
      return base::log_error("renew", fits.error());
    if (auto kept = db->set_identity(*identity); !kept) return base::log_error("renew", kept.error());
    base::log_event("work.renewed", options.enrolment.device);
    stop_sync();
    begin_sync();
  }

  /// After a sync that went through: what the server said last of its audit, for what it says now.
  void witness_when_due() {
    if (!db || certificate_thread.joinable() || clock.monotonic() < witness_again) return;
    witness_again = clock.monotonic() + kWitnessAgain;
    auto identity = db->identity();
    auto held = db->audit_held();
    if (!identity || !held) return base::log_error("witness", identity ? held.error() : identity.error());
    auto context = options.credentials.client_context(identity->worker_certificate, identity->worker_key);
    if (!context) return base::log_error("witness", context.error());
    certificate_client = std::make_unique<transport::HttpClient>(options.server, *context);
    certificate_thread = std::thread([this, request = wire::WitnessRequest{std::move(*held)}, client = certificate_client.get()] {
      name_thread("certificate");
      post(Witnessed{transport::witness(*client, request, kCertificateLimit)});
    });
  }

  void on(Witnessed& m) {
    stop_asking();
    if (!db) return;
    if (!m.reply) base::log_error("witness", m.reply.error());
    else if (auto kept = db->hold_audit(m.reply->audit); !kept) base::log_error("witness", kept.error());
    renew_when_due();  // a sync that ended meanwhile found this thread at work
  }

  void stop_asking() {
    if (certificate_client) certificate_client->cancel();
    if (certificate_thread.joinable()) certificate_thread.join();
    certificate_client.reset();
  }

  void stop_sync() {
    if (port) port->close();
    if (pump) pump->stop();
    pump.reset();
    port.reset();
  }

  // Sealed copies ---------------------------------------------------------------------------------------------------------

  /// After whatever changed what waits. A save is told first: it does not wait for its copy.
  void keep_copies() {
    if (db) tell_copies(copies.keep(*db));
  }
  static void tell_copies(const Result<void>& kept) {
    if (!kept && kept.error().fault != Fault::Denied) base::log_error("copies", kept.error());
  }

  /// What this tablet's own slot still opens is pushed as soon as it is open; while it is locked only what is numbered goes, for
  /// that is the same either way. Where there is no slot any more, where all is to be wiped, and for what an earlier enrolment left,
  /// everything goes.
  void begin_drain() {
    drain_again.reset();
    if (!online || drain_thread.joinable()) return;
    const bool opens_again = vault->exists() && orders.pending == 0;
    const auto which = [own = options.enrolment.device, open = db.has_value(), opens_again](const base::CopyName& name) {
      return name.device != own || (!open && (!opens_again || name.number < base::kUnnumbered));
    };
    const auto waiting = base::copies_in(copies.folder());
    if (!waiting) return base::log_error("drain", {waiting.error().fault, waiting.error().where, {}});
    if (std::none_of(waiting->begin(), waiting->end(), which)) return;
    auto context = options.credentials.client_context(options.enrolment.device_certificate, options.enrolment.device_key);
    if (!context) return base::log_error("drain", context.error());
    drain_client = std::make_unique<transport::HttpClient>(options.server, *context);
    drain_thread = std::thread([this, which, drain = ++drains, client = drain_client.get()] {
      name_thread("drain");
      post(Handed{drain, transport::drain_folder(*client, copies.folder(), which, limits::kReplyTimeout)});
    });
  }

  void on(Handed& m) {
    if (m.drain != drains) return;  // it was stopped, and another began
    stop_drain();
    if (!m.done) {
      base::log_error("drain", m.done.error());
      drain_again = clock.monotonic() + wait_after(drain_attempts);
      return;
    }
    drain_attempts = 0;
    base::log_event("work.drained", static_cast<std::int64_t>(m.done->taken));
    if (!db) wipe_when_sent(false);
    if (m.done->kept > 0) drain_again = clock.monotonic() + limits::kDrainAgain;
    else begin_drain();  // what came meanwhile
  }

  void stop_drain() {
    if (drain_client) drain_client->cancel();
    if (drain_thread.joinable()) drain_thread.join();
    drain_client.reset();
  }

  void carry(state::Lock&) {
    close();
    begin_drain();
    wipe_when_sent(false);
    ask_command();
    base::wipe_stack();
  }

  void close() {
    stop_sync();
    stop_drain();
    stop_asking();
    stop_asking_command();
    if (db) keep_lease();
    if (db && copies.on()) {
      if (auto frozen = db->freeze_ready(now()); !frozen) base::log_error("copies.freeze", frozen.error());
      tell_copies(copies.end(*db));
    }
    drain_again.reset();
    activate_again.reset();
    activation_attempts = fresh_starts = 0;
    handed_over = false;
    db.reset();
    in_use.reset();
    told.reset();
    untold = false;
    sync = {};
    picture_next.reset();
    if (picture.joinable()) picture.join();  // the store and its keys have not waited for it
    for (Letter& letter : letters.drain())  // the others are about the store that is closed
      if (auto* network = std::get_if<Network>(&letter)) on(*network);
  }

  // Drafts and operations -------------------------------------------------------------------------------------------------

  void carry(state::SaveDraft& e) {
    if (!db) return say(state::SaveFailed{e.visit.id, closed()});
    auto saved = db->save_draft(e.visit, now(), e.based_on);
    if (!saved) return say(state::SaveFailed{e.visit.id, saved.error()});
    Instant at = now();
    say(state::Saved{e.visit.id, e.edit, at});
    if (saved->merged) {
      if (auto draft = db->draft(e.visit.id)) say(state::DraftChanged{std::move(draft->visit), draft->version});
      tell_caseload();
    } else {
      tell_draft({std::move(e.visit), at, true, e.based_on});
    }
    tell_sync();
    if (pump) pump->wake(e.urgent ? transport::Why::Asked : transport::Why::Changed);
    keep_copies();
  }
  void carry(state::SaveUnfinished& e) {
    std::vector<store::Unfinished> words;
    for (auto& one : e.words) words.push_back({one.key, one.case_id, std::move(one.text)});
    Result<void> saved = db ? db->save_unfinished(words) : Result<void>(closed());
    if (!saved) say(unfinished_failed(saved.error(), e));
    keep_copies();
  }
  void carry(state::DiscardDraft& e) { operation(db ? db->discard(e.visit, now()) : closed()); }
  void carry(state::Submit& e) {
    Result<void> done = db ? db->submit(e.visit, state::records_of(e, now()), now()) : Result<void>(closed());
    if (!done) {
      say(state::SubmitFailed{e.visit.id, done.error()});
      return tell_sync();
    }
    keep_copies();
    tell_sync();  // first: "Submitted" and "All sent" do not stand beside each other
    say(state::Submitted{e.visit.id});
    changed(transport::Why::Asked);
  }
  void carry(state::Withdraw& e) { operation(db ? db->withdraw(e.case_id, e.on, now()) : closed()); }
  void carry(state::Decide& e) { operation(db ? db->decide(e.case_id, e.decision, now()) : closed(), &e.decision); }
  void carry(state::AddAddendum& e) { operation(db ? db->addendum(e.case_id, e.addendum, now()) : closed(), &e.addendum); }
  void carry(state::Match& e) { operation(db ? db->match(e.provisional, e.target, now()) : closed()); }
  void carry(state::SettleAlert& e) { operation(db ? db->settle_alert(e.case_id, e.on, e.disposition, now()) : closed(), &e.disposition); }
  void carry(state::SettleConflict& e) {
    if (!db) return say(state::SaveFailed{e.visit, closed()});
    auto draft = db->settle_conflict(e.visit, e.path, e.choice, now());
    if (!draft) return say(state::SaveFailed{e.visit, draft.error()});
    say(state::DraftChanged{std::move(draft->visit), draft->version});
    keep_copies();
    changed(transport::Why::Changed);
  }

  void carry(state::AttachFile& e) {
    if (!db) return say(state::AttachFailed{e.visit, closed()});
    auto made = attach(e.path);
    if (!made) {
      base::log_error("attach", {made.error().fault, made.error().where, {}});  // its detail may hold the file's name
      return say(state::AttachFailed{e.visit, made.error()});
    }
    say(state::Attached{e.visit, e.child, std::move(made->sha256), made->size, std::move(made->media_type)});
  }
  Result<store::NewBlob> attach(const std::string& path) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error))  // anything else may never end
      return Error{Fault::NotFound, "blob.file", "it is not a file"};
    auto bytes = base::read_file(path, limits::kBlobBytes);
    if (!bytes) return Error{bytes.error().fault, bytes.error().fault == Fault::Full ? "blob.size" : "blob.file", bytes.error().detail};
    auto made = db->add_blob(*bytes, now());
    base::wipe(*bytes);
    return made;
  }
  void carry(state::FetchBlobs& e) {
    if (!db) return;
    if (auto wanted = db->want_blobs(e.record); !wanted) return base::log_error("want_blobs", wanted.error());
    if (pump) pump->wake(transport::Why::Asked);
  }
  static state::UnfinishedFailed unfinished_failed(Error why, const state::SaveUnfinished& asked) {
    state::UnfinishedFailed out{std::move(why), {}};
    for (const auto& one : asked.words) out.keys.emplace(one.key, one.case_id);
    return out;
  }

  void carry(state::ListPhotos&) {
    namespace fs = std::filesystem;
    state::PhotosFound found;
    std::error_code error;
    for (fs::directory_iterator at(options.photos, error), end; !error && at != end; at.increment(error)) {
      std::string kind = at->path().extension().string();
      std::transform(kind.begin(), kind.end(), kind.begin(), [](unsigned char c) { return std::tolower(c); });
      std::error_code unread;
      if ((kind != ".jpg" && kind != ".jpeg" && kind != ".png") || !at->is_regular_file(unread)) continue;
      const auto written = at->last_write_time(unread);
      if (unread) continue;  // taken away meanwhile
      const auto since = std::chrono::file_clock::to_sys(written).time_since_epoch();
      const auto ms = std::chrono::duration_cast<base::Millis>(since).count();
      found.files.push_back({at->path().string(), at->path().filename().string(), {ms}});
    }
    std::sort(found.files.begin(), found.files.end(),
              [](const auto& a, const auto& b) { return std::tie(b.at, a.path) < std::tie(a.at, b.path); });
    if (found.files.size() > limits::kPhotoFiles) found.files.resize(limits::kPhotoFiles);
    say(std::move(found));
  }
  /// Read here, decoded by a process apart while a thread waits for it, so that saves do not. Asked for while it does: the last one
  /// comes next.
  void carry(state::OpenPhoto& e) {
    if (picture.joinable()) {
      picture_next = std::move(e);
      return;
    }
    auto bytes = db && shows() ? db->blob(e.sha256) : Result<std::string>(closed());
    if (!bytes) return say(state::PhotoOpened{e.sha256, nullptr, bytes.error()});
    picture = std::thread([this, sha256 = e.sha256, bytes = std::move(*bytes)]() mutable {
      name_thread("picture");
      auto made = image::decode_apart(options.picture_program, bytes, limits::kPictureSide, limits::kPictureTime);
      base::wipe(bytes);
      if (made) {
        state::Pixels pixels{made->width, made->height, std::move(made->rgba), made->place};
        say(state::PhotoOpened{std::move(sha256), std::make_shared<const state::Pixels>(std::move(pixels)), {}});
      } else {
        base::log_error("picture", made.error());
        say(state::PhotoOpened{std::move(sha256), nullptr, made.error()});
      }
      post(Decoded{});
    });
  }
  void on(Decoded&) {
    picture.join();
    if (auto next = std::exchange(picture_next, {})) carry(*next);
  }

  static Error closed() { return {Fault::Locked, "work.store", "the store is closed"}; }

  /// `said`: what a person wrote for it, which goes back to them when it could not be queued.
  template <class Said = std::monostate>
  void operation(const Result<void>& done, Said* said = nullptr) {
    if (!done) {
      base::log_error("operation", done.error());
      state::OperationFailed failed{done.error(), {}};
      if (said) failed.said = std::move(*said);
      say(std::move(failed));
    }
    keep_copies();
    changed(transport::Why::Asked);
  }

  // The rest ----------------------------------------------------------------------------------------------------------------

  void carry(state::SyncNow&) {
    if (pump) pump->wake(transport::Why::Asked);
    else begin_sync();
  }
  void carry(state::DismissAnswer& e) {
    if (!db) return;
    if (auto done = db->dismiss(e.number); !done) base::log_error("dismiss", done.error());
    tell_caseload();
    tell_sync();
  }
  void carry(state::Search& e) {
    state::SearchHits hits{e.number, {}};
    if (db && shows())
      if (auto found = db->search(e.query, limits::kSearchHits))
        for (auto& hit : *found) {
          const bool record = hit.what == store::Hit::What::Record, draft = hit.what == store::Hit::What::Draft;
          hits.hits.push_back({hit.case_id, record ? hit.id : Id(), hit.snippet, draft ? hit.id : Id()});
        }
    say(std::move(hits));
  }
  void carry(state::LookAtDevice&) {
    state::DeviceLooked looked;
    if (const auto battery = os::battery()) {
      looked.battery_percent = battery->percent;
      looked.charging = battery->charging;
    }
    std::error_code error;
    if (const auto space = std::filesystem::space(options.folder, error); !error)
      looked.free_bytes = static_cast<std::int64_t>(space.available);
    looked.clock_ahead = clock_ahead;
    looked.synced_at = synced_at;
    if (db)
      if (const auto identity = db->identity(); identity && !identity->worker_certificate.empty())
        looked.certificate_until = options.credentials.valid_until(identity->worker_certificate);
    say(looked);
  }
  // The shell's own, and those of the thread `spelling`: never sent here.
  void carry(state::ApplyLook&) {}
  void carry(state::CheckSpelling&) {}
  void carry(state::SuggestSpelling&) {}
  void carry(state::SaveSettings& e) {
    if (auto kept = base::write_file_atomic(settings_file(), e.json, base::Access::Owner); !kept)
      base::log_error("save_settings", kept.error());
  }
  std::filesystem::path settings_file() const { return options.folder / "settings.json"; }

  // The network's thread ------------------------------------------------------------------------------------------------------

  void watch() {
    name_thread("network");
    auto network = os::watch_network();
    post(Network{network->online()});
    for (;;) {
      pollfd fds[] = {{stop_fd, POLLIN, 0}, {network->descriptor(), POLLIN, 0}};
      if (::poll(fds, 2, -1) < 0 && errno != EINTR) return;
      if (fds[0].revents) return;
      if (fds[1].revents && network->refresh()) post(Network{network->online()});
    }
  }
};

Runner::Runner(Options options, const base::Clock& clock, std::function<void()> wake)
    : impl_(std::make_unique<Impl>(std::move(options), clock, std::move(wake))) {}

Runner::~Runner() {
  if (impl_->network_thread.joinable()) {
    std::uint64_t one = 1;
    DOORSTEP_ASSERT(::write(impl_->stop_fd, &one, sizeof one) == sizeof one);
    impl_->network_thread.join();
    ::close(impl_->stop_fd);
  }
  impl_->spelling.reset();
  impl_->inbox.close();
  if (impl_->store_thread.joinable()) impl_->store_thread.join();
}

void Runner::start() {
  impl_->stop_fd = ::eventfd(0, EFD_CLOEXEC);
  DOORSTEP_ASSERT(impl_->stop_fd >= 0);
  impl_->store_thread = std::thread([this] { impl_->serve(); });
  impl_->network_thread = std::thread([this] { impl_->watch(); });
  const auto say = [this](state::Event event) { impl_->say(std::move(event)); };
  impl_->spelling = std::make_unique<SpellingWorker>(impl_->options.dictionaries, say);
}

void Runner::run(state::Effect effect) {
  if (auto* check = std::get_if<state::CheckSpelling>(&effect)) return impl_->spelling->run(std::move(*check));
  if (auto* suggest = std::get_if<state::SuggestSpelling>(&effect)) return impl_->spelling->run(std::move(*suggest));
  Message message(std::move(effect));
  if (impl_->inbox.try_push(message)) return;
  // Full: the store has stood still for a thousand requests. A save is answered, so that the screen does not say "Saved", and
  // comes again; whatever else a person asked for waits.
  const Error full{Fault::Full, "work.queue", "the store does not answer"};
  const auto& asked = std::get<state::Effect>(message);
  if (auto* save = std::get_if<state::SaveDraft>(&asked)) impl_->say(state::SaveFailed{save->visit.id, full});
  else if (auto* words = std::get_if<state::SaveUnfinished>(&asked)) impl_->say(Impl::unfinished_failed(full, *words));
  else impl_->inbox.push_anyway(message);
}

std::vector<state::Event> Runner::take() {
  std::lock_guard lock(impl_->events_mutex);
  return std::exchange(impl_->events, {});
}

}  // namespace doorstep::work
