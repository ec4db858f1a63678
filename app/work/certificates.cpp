#include "app/work/impl.h"
#include "app/work/renewal.h"

namespace doorstep::work {

namespace {

constexpr base::Millis kRenewAgain = std::chrono::hours(1), kWitnessAgain = std::chrono::hours(1);

}  // namespace

/// The worker's key is made and kept before anything is asked, so that a lost reply can be asked for again with it.
void Runner::Impl::activate(store::Identity identity) {
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

void Runner::Impl::on(Activated& m) {
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
std::optional<base::Millis> Runner::Impl::retry_of(const Error& why) {
  if (why.fault != Fault::Offline && why.fault != Fault::Timeout) return std::nullopt;
  return wait_after(activation_attempts);
}

/// After a sync that went through. The old certificate is good until its end: whatever fails is tried again after a later one.
void Runner::Impl::renew_when_due() {
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
void Runner::Impl::on(Renewed& m) {
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

/// Open or locked, after the server answered. The old certificate is good until its end: whatever fails is tried again after a later
/// answer. On the commands' thread: both are short, and one waits for the other.
void Runner::Impl::renew_own_when_due() {
  if (orders.wiped || command_thread.joinable() || clock.monotonic() < renew_own_again) return;
  const auto& own = options.enrolment;
  if (!certificate_is_due(options.credentials.valid_until(own.device_certificate), now())) return;
  renew_own_again = clock.monotonic() + kRenewAgain;
  auto asked = ask_for_next<OwnRenewed>(own.device_certificate, own.device_key, command_thread, command_client, "command");
  if (!asked) base::log_error("renew_own", asked.error());
}

/// Until the new pair is on the disk the old one counts, and the server takes either.
void Runner::Impl::on(OwnRenewed& m) {
  stop_asking_command();
  if (auto kept = keep_own(m); !kept) base::log_error("renew_own", kept.error());
  else base::log_event("work.renewed_own", options.enrolment.device);
  ask_command();  // it may have found its thread at work
}

Result<void> Runner::Impl::keep_own(OwnRenewed& m) {
  if (!m.reply) return m.reply.error();
  DOORSTEP_TRY(options.credentials.keep_own(m.key, m.reply->certificate));
  options.enrolment.device_key = std::move(m.key);
  options.enrolment.device_certificate = std::move(m.reply->certificate);
  return {};
}

/// For the certificate that follows this one, over it, with a new key, on `thread`, which is free. `Answer` is posted.
template <class Answer>
Result<void> Runner::Impl::ask_for_next(const std::string& certificate, const Secret& key, std::thread& thread,
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

/// After a sync that went through: what the server said last of its audit, for what it says now.
void Runner::Impl::witness_when_due() {
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

void Runner::Impl::on(Witnessed& m) {
  stop_asking();
  if (!db) return;
  if (!m.reply) base::log_error("witness", m.reply.error());
  else if (auto kept = db->hold_audit(m.reply->audit); !kept) base::log_error("witness", kept.error());
  renew_when_due();  // a sync that ended meanwhile found this thread at work
}

void Runner::Impl::stop_asking() {
  if (certificate_client) certificate_client->cancel();
  if (certificate_thread.joinable()) certificate_thread.join();
  certificate_client.reset();
}

}  // namespace doorstep::work
