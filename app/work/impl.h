#pragma once
#include <mutex>
#include <thread>

#include "app/store/store.h"
#include "app/work/copies.h"
#include "app/work/orders.h"
#include "app/work/port.h"
#include "app/work/runner.h"
#include "platform/base/bounded_queue.h"
#include "platform/base/file.h"
#include "platform/base/limits.h"
#include "platform/base/log.h"
#include "platform/os/os.h"
#include "platform/vault/lease.h"
#include "platform/vault/vault.h"
#include "sync/transport/calls.h"
#include "sync/transport/drain.h"

/// What the sources of Runner share: one source for each thing it looks after. All of it is the store's thread's, but where it says so.
namespace doorstep::work {

using base::Error;
using base::Fault;

inline constexpr base::Millis kCertificateLimit{15'000};

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

void name_thread(const char* name);

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
  std::optional<base::Millis> command_again;  // monotonic: the server is asked for commands
  std::optional<base::Millis> clock_ahead;    // of the server's, when it last answered
  std::optional<Instant> synced_at;
  base::Millis tell_again{0};  // monotonic: while replies follow one another, not before
  bool untold = false;         // replies were taken in since
  bool frozen_ahead = false;   // what was last asked for was the batch behind one whose answer is yet to be taken in
  bool online = true;

  // runner.cpp
  Instant now() const { return clock.wall(); }
  std::filesystem::path settings_file() const { return options.folder / "settings.json"; }
  static Error closed() { return {Fault::Locked, "work.store", "the store is closed"}; }
  void say(state::Event event);  ///< from any thread
  void serve();
  std::optional<base::Millis> deadline() const;
  void post(Letter letter);  ///< from any thread of this room but the store's
  void knock();              ///< the same
  void on(state::Effect& effect);
  void on(Knock&) {}
  void watch();  ///< the network's thread
  void carry(state::SyncNow&);
  void carry(state::DismissAnswer& e);
  void carry(state::Search& e);
  void carry(state::LookAtDevice&);
  void carry(state::SaveSettings& e);
  // The shell's own, and those of the thread `spelling`: never sent here.
  void carry(state::ApplyLook&) {}
  void carry(state::CheckSpelling&) {}
  void carry(state::SuggestSpelling&) {}

  // sync.cpp
  void begin_sync();
  void stop_sync();
  void answer_port();
  Result<engine::Replica> answer(const Port::Freeze& question);
  Result<std::vector<wire::Base>> answer(const Port::Look& question);
  Result<engine::Applied> answer(const Port::Take& question);
  Result<engine::BlobTask> answer(const Port::NextBlob& question);
  Result<void> answer(const Port::Moved& question);
  void on(Synced& m);
  void start_afresh();
  void fail_sync(const Error& why, std::optional<base::Millis> retry);
  void on(Network& m);

  // certificates.cpp
  void activate(store::Identity identity);
  void on(Activated& m);
  std::optional<base::Millis> retry_of(const Error& why);
  void renew_when_due();
  void on(Renewed& m);
  void renew_own_when_due();
  void on(OwnRenewed& m);
  Result<void> keep_own(OwnRenewed& m);
  template <class Answer>
  Result<void> ask_for_next(const std::string& certificate, const Secret& key, std::thread& thread,
                            std::unique_ptr<transport::HttpClient>& client, const char* name);
  void witness_when_due();
  void on(Witnessed& m);
  void stop_asking();

  // commands.cpp
  void ask_command();
  void on(Commanded& m);
  void stop_asking_command();
  bool keep_orders();
  void take_command(const wire::SignedStatement& command, bool drained);
  void carry(state::HandedOver&);
  void wipe_when_sent(bool drained);
  bool handed_in() const;
  void wipe();

  // lease.cpp
  enum class Tell { No, Yes };
  Result<void> begin_lease();
  void look_at_lease(Tell tell = Tell::Yes);
  bool shows() const { return !lease_over && orders.pending == 0; }  ///< what was written before
  bool lease_soon();
  void keep_lease();
  void take_lease(const wire::SignedStatement& lease);
  bool is_signed(std::string_view context, const wire::SignedStatement& what, Instant at) const;

  // telling.cpp
  enum class Bare { LeaseOver, Wiping };
  void tell_sync();
  void tell_caseload();
  state::CaseloadPtr bare_caseload(Bare why) const;
  void tell_draft(state::DraftItem item);
  void tell_newer(Id visit, const Error& why);
  void give_back(const store::Answer& answer);
  void tell_unfinished();
  void changed(transport::Why why);

  // unlocking.cpp
  std::filesystem::path database() const { return options.folder / "replica.db"; }
  void carry(state::Unlock& e);
  void carry(state::CreatePassphrase& e);
  void carry(state::ChangePassphrase& e);
  state::UnlockResult refused(Error error);
  Result<vault::Opened> with_key_in_date(vault::Opened opened, std::string_view passphrase);
  bool destroyed() const;
  void open(Result<vault::Opened> opened, bool create);
  void carry(state::Lock&);
  void close();

  // drain.cpp
  void keep_copies();
  static void tell_copies(const Result<void>& kept);
  void begin_drain();
  void on(Handed& m);
  void stop_drain();
  static base::Millis wait_after(int& attempts);

  // writing.cpp
  void carry(state::SaveDraft& e);
  void carry(state::SaveUnfinished& e);
  static state::UnfinishedFailed unfinished_failed(Error why, const state::SaveUnfinished& asked);
  void carry(state::DiscardDraft& e);
  void carry(state::Submit& e);
  void carry(state::Withdraw& e);
  void carry(state::Decide& e);
  void carry(state::AddAddendum& e);
  void carry(state::Match& e);
  void carry(state::SettleAlert& e);
  void carry(state::SettleConflict& e);
  template <class Said = std::monostate>
  void operation(const Result<void>& done, Said* said = nullptr);

  // photos.cpp
  void carry(state::AttachFile& e);
  Result<store::NewBlob> attach(const std::string& path);
  void carry(state::FetchBlobs& e);
  void carry(state::ListPhotos&);
  void carry(state::OpenPhoto& e);
  void on(Decoded&);
};

}  // namespace doorstep::work
