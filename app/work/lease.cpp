#include "app/work/impl.h"

namespace doorstep::work {

/// What was kept of it; a store that never had one may be read as long as if it had been given now.
Result<void> Runner::Impl::begin_lease() {
  DOORSTEP_TRY_ASSIGN(auto kept, db->lease());
  if (kept) lease_clock.restore({kept->at, kept->mono, kept->boot_id, kept->wall_ahead});
  lease_until = kept ? kept->until : lease_clock.now() + options.lease;
  lease_ask = base::Millis(0);
  lease_over = false;
  look_at_lease(Tell::No);
  return {};
}

void Runner::Impl::look_at_lease(Tell tell) {
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

bool Runner::Impl::lease_soon() { return !lease_over && lease_until - lease_clock.now() <= limits::kLeaseWarning; }

void Runner::Impl::keep_lease() {
  auto kept = lease_clock.kept();
  auto written = db->set_lease({lease_until, kept.at, kept.mono, std::move(kept.boot_id), kept.wall_ahead});
  if (!written) base::log_error("lease", written.error());
}

void Runner::Impl::take_lease(const wire::SignedStatement& lease) {
  auto said = wire::decode<wire::LeaseStatement>(lease.statement);
  if (!said || !is_signed(wire::kLeaseContext, lease, said->at) || said->device != options.enrolment.device ||
      said->worker != options.enrolment.worker)
    return base::log_event("work.lease_refused", options.enrolment.device);
  lease_clock.server_said(said->at);
  lease_until = said->until;
  lease_ask = clock.monotonic() + limits::kLeaseAskedEvery;
  look_at_lease();
}

bool Runner::Impl::is_signed(std::string_view context, const wire::SignedStatement& what, Instant at) const {
  const auto signature = base::from_hex(what.signature);
  if (!signature || !what.signer) return false;
  auto checked = options.credentials.check_signature(*what.signer, at, std::string(context) + what.statement, *signature);
  if (!checked) base::log_error("signed", checked.error());
  return checked.has_value();
}

}  // namespace doorstep::work
