#include "app/work/impl.h"

namespace doorstep::work {

/// After whatever changed what waits. A save is told first: it does not wait for its copy.
void Runner::Impl::keep_copies() {
  if (db) tell_copies(copies.keep(*db));
}

void Runner::Impl::tell_copies(const Result<void>& kept) {
  if (!kept && kept.error().fault != Fault::Denied) base::log_error("copies", kept.error());
}

/// What this tablet's own slot still opens is pushed as soon as it is open; while it is locked only what is numbered goes, for
/// that is the same either way. Where there is no slot any more, where all is to be wiped, and for what an earlier enrolment left,
/// everything goes.
void Runner::Impl::begin_drain() {
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

void Runner::Impl::on(Handed& m) {
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

void Runner::Impl::stop_drain() {
  if (drain_client) drain_client->cancel();
  if (drain_thread.joinable()) drain_thread.join();
  drain_client.reset();
}

/// At random, and longer after each attempt that failed.
base::Millis Runner::Impl::wait_after(int& attempts) {
  auto random = base::random_bytes(2);
  auto uniform = [&](std::size_t i) { return static_cast<unsigned char>(random[i]) / 256.0; };
  return engine::backoff(attempts++, std::nullopt, uniform(0), uniform(1));
}

}  // namespace doorstep::work
