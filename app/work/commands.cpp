#include "app/work/impl.h"

namespace doorstep::work {

namespace {

base::Millis jittered(base::Millis at_least) {
  return at_least + at_least * static_cast<unsigned char>(base::random_bytes(1)[0]) / 256;
}

}  // namespace

/// Over the device's certificate, so also while the store is closed: then it is asked for from time to time. What was obeyed is told.
void Runner::Impl::ask_command() {
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

void Runner::Impl::on(Commanded& m) {
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

void Runner::Impl::stop_asking_command() {
  if (command_client) command_client->cancel();
  if (command_thread.joinable()) command_thread.join();
  command_client.reset();
}

bool Runner::Impl::keep_orders() {
  auto kept = work::keep_orders(options.folder, options.enrolment.device, orders);
  if (!kept) base::log_error("command", kept.error());
  return kept.has_value();
}

/// `drained`: it came with a reply to a tablet that hands in what it has, and nothing of that reply is left to be taken in.
void Runner::Impl::take_command(const wire::SignedStatement& command, bool drained) {
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

void Runner::Impl::carry(state::HandedOver&) {
  handed_over = true;
  if (pump) pump->wake(transport::Why::Asked);
}

/// Nothing that was written is destroyed before the server has it. A store that is closed cannot send: its sealed copies go instead,
/// and where they do not hold all that waits, it is for an unlock.
void Runner::Impl::wipe_when_sent(bool drained) {
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

/// Of a store that is closed: its copies held all that would be lost with the key, and none of them is left to be sent.
bool Runner::Impl::handed_in() const {
  if (!copies.whole()) return false;
  const auto waiting = base::copies_in(copies.folder());
  const auto own = [&](const base::CopyName& name) { return name.device == options.enrolment.device; };
  return waiting && std::none_of(waiting->begin(), waiting->end(), own);
}

void Runner::Impl::wipe() {
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

}  // namespace doorstep::work
