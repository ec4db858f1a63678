#include "app/work/runner.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "app/work/impl.h"

namespace doorstep::work {

void name_thread(const char* name) { ::pthread_setname_np(::pthread_self(), name); }

// The store's thread ----------------------------------------------------------------------------------------------------

void Runner::Impl::say(state::Event event) {
  {
    std::lock_guard lock(events_mutex);
    events.push_back(std::move(event));
  }
  wake();
}

void Runner::Impl::serve() {
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
std::optional<base::Millis> Runner::Impl::deadline() const {
  std::optional<base::Millis> out = activate_again;
  const auto sooner = [&out](base::Millis at) { out = out ? std::min(*out, at) : at; };
  if (command_again) sooner(*command_again);
  if (drain_again) sooner(*drain_again);
  if (db) sooner(lease_look);
  return out;
}

void Runner::Impl::post(Letter letter) {
  if (!letters.try_push(letter)) base::log_event("work.letters_full");
  knock();
}

void Runner::Impl::knock() {
  Message message(Knock{});
  inbox.try_push(message);
}

void Runner::Impl::on(state::Effect& effect) {
  std::visit([this](auto& e) { carry(e); }, effect);
}

void Runner::Impl::watch() {
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

void Runner::Impl::carry(state::SyncNow&) {
  if (pump) pump->wake(transport::Why::Asked);
  else begin_sync();
}

void Runner::Impl::carry(state::DismissAnswer& e) {
  if (!db) return;
  if (auto done = db->dismiss(e.number); !done) base::log_error("dismiss", done.error());
  tell_caseload();
  tell_sync();
}

void Runner::Impl::carry(state::Search& e) {
  state::SearchHits hits{e.number, {}};
  if (db && shows())
    if (auto found = db->search(e.query, limits::kSearchHits))
      for (auto& hit : *found) {
        const bool record = hit.what == store::Hit::What::Record, draft = hit.what == store::Hit::What::Draft;
        hits.hits.push_back({hit.case_id, record ? hit.id : Id(), hit.snippet, draft ? hit.id : Id()});
      }
  say(std::move(hits));
}

void Runner::Impl::carry(state::LookAtDevice&) {
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

void Runner::Impl::carry(state::SaveSettings& e) {
  if (auto kept = base::write_file_atomic(settings_file(), e.json, base::Access::Owner); !kept)
    base::log_error("save_settings", kept.error());
}

// What the UI thread calls ------------------------------------------------------------------------------------------------

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
