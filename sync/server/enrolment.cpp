#include "sync/server/enrolment.h"

#include <algorithm>

#include "platform/base/bytes.h"
#include "platform/base/limits.h"
#include "sync/server/authorise.h"
#include "sync/server/csv.h"

namespace doorstep::server {

namespace {

using base::Error;
using base::Fault;

constexpr std::size_t kTokenBytes = 16;

/// Empty for text that is no token.
std::string hash_of(const std::string& typed) {
  auto bytes = base::from_base32(typed);
  return bytes && bytes->size() == kTokenBytes ? base::sha256_hex(*bytes) : std::string();
}

struct Issued {
  std::string pem;
  tls::Identity identity;
};
Result<Issued> issue(const tls::Authority& ca, const std::string& csr, const tls::Subject& subject, Instant now) {
  DOORSTEP_TRY_ASSIGN(auto pem, tls::issue(ca, csr, subject, tls::kClientDays, now));
  DOORSTEP_TRY_ASSIGN(auto identity, tls::inspect(pem));
  return Issued{std::move(pem), std::move(identity)};
}

Result<void> keep(Unit& unit, const Issued& issued, Instant now) {
  const tls::Identity& identity = issued.identity;
  return unit.add_certificate({identity.serial, identity.device, identity.worker, identity.fingerprint, now, identity.not_after});
}

/// Of one unit of work, which somebody else commits.
Result<std::string> put_new_token(Unit& unit, const std::string& worker_ref, const EnrolmentTerms& terms, Instant now) {
  DOORSTEP_TRY_ASSIGN(auto worker, unit.worker_by_ref(worker_ref));
  if (!worker || !worker->usable())
    return Error{Fault::NotFound, "token.worker", "no active worker of the last `import` has the reference \"" + worker_ref + "\""};
  std::string bytes = base::random_bytes(kTokenBytes);
  TokenRow row;
  row.hash = base::sha256_hex(bytes);
  row.worker = worker->id;
  row.created_at = now;
  row.expires_at = now + terms.token_life;
  DOORSTEP_TRY(unit.put_token(row));
  DOORSTEP_TRY(unit.audit({now, worker->id, {}, "token", worker->id, "applied"}));
  return base::to_base32(bytes);
}

}  // namespace

Result<std::string> make_token(Repository& repository, const std::string& worker_ref, const EnrolmentTerms& terms, Instant now) {
  DOORSTEP_TRY_ASSIGN(auto unit, repository.write());
  DOORSTEP_TRY_ASSIGN(auto token, put_new_token(*unit, worker_ref, terms, now));
  DOORSTEP_TRY(unit->commit());
  return token;
}

Result<std::string> make_tokens(Repository& repository, std::string_view csv, const EnrolmentTerms& terms, Instant now) {
  DOORSTEP_TRY_ASSIGN(auto table, parse_csv(csv));
  const auto column_of = [&](std::string_view name) { return std::find(table.columns.begin(), table.columns.end(), name); };
  const auto ref = column_of("worker_ref");
  if (ref == table.columns.end()) return Error{Fault::Invalid, "line 1", "there is no column worker_ref"};
  for (const char* ours : {"token", "expires_at"})
    if (column_of(ours) != table.columns.end())
      return Error{Fault::Invalid, "line 1", "there is a column " + std::string(ours) + " already: this table has its codes"};
  if (table.rows.size() > limits::kTokensPerCsv)
    return Error{Fault::Full, "line " + std::to_string(table.rows[limits::kTokensPerCsv].line),
                 "more than " + std::to_string(limits::kTokensPerCsv) + " tablets at once"};
  const auto at = static_cast<std::size_t>(ref - table.columns.begin());
  auto columns = table.columns;
  columns.insert(columns.end(), {"token", "expires_at"});
  std::string out = csv_line(columns);
  DOORSTEP_TRY_ASSIGN(auto unit, repository.write());
  for (auto& row : table.rows) {
    auto token = put_new_token(*unit, row.cells[at], terms, now);
    if (!token) return Error{token.error().fault, "line " + std::to_string(row.line), token.error().detail};
    row.cells.insert(row.cells.end(), {*token, base::to_rfc3339(now + terms.token_life)});
    out += csv_line(row.cells);
  }
  DOORSTEP_TRY(unit->commit());
  return out;
}

Result<wire::EnrolReply> enrol(Repository& repository, const tls::Authority& ca, const EnrolmentTerms& terms,
                               const wire::EnrolRequest& request, const base::Clock& clock) {
  const Instant now = clock.wall();
  DOORSTEP_TRY_ASSIGN(auto unit, repository.write());
  DOORSTEP_TRY_ASSIGN(auto token, unit->token(hash_of(request.token)));
  if (!token) return Error{Fault::NotFound, "enrol.token", {}};
  DOORSTEP_TRY_ASSIGN(auto worker, unit->worker(token->worker));
  if (!worker || !worker->usable()) return Error{Fault::Denied, "enrol.worker", {}};
  if (request.council && !terms.council.empty() && *request.council != terms.council)
    return Error{Fault::Denied, std::string(kOtherCouncil), {}};
  if (request.demonstration.value_or(false) != terms.demonstration) return Error{Fault::Denied, std::string(kNotAlike), {}};
  const Id device = token->used_at ? token->device : base::new_id(clock);
  DOORSTEP_TRY_ASSIGN(Issued issued, issue(ca, request.device_csr, tls::Subject::of_device(device), now));
  if (token->used_at) {
    DOORSTEP_TRY_ASSIGN(auto known, unit->device(device));
    bool reply_was_lost = token->spki_pin == issued.identity.spki_pin && known && known->active && !known->activated_at;
    if (!reply_was_lost) return Error{Fault::Conflict, "enrol.token", {}};
    DOORSTEP_TRY(unit->drop_tickets(device));
  } else {
    if (token->expires_at <= now) return Error{Fault::Timeout, "enrol.token", {}};
    token->used_at = now;
    token->device = device;
    token->spki_pin = issued.identity.spki_pin;
    DOORSTEP_TRY(unit->put_token(*token));
    DeviceRow row;
    row.id = device;
    row.worker = worker->id;
    row.enrolled_at = now;
    DOORSTEP_TRY(unit->put_device(row));
  }
  std::string ticket = base::random_bytes(kTokenBytes);
  DOORSTEP_TRY(unit->put_ticket({base::sha256_hex(ticket), device, worker->id, now + terms.ticket_life, std::nullopt, {}}));
  DOORSTEP_TRY(keep(*unit, issued, now));
  DOORSTEP_TRY(unit->audit({now, worker->id, device, "enrol", device, "applied"}));
  DOORSTEP_TRY(unit->commit());

  wire::EnrolReply reply;
  reply.device = device;
  reply.worker = worker->id;
  reply.worker_name = worker->name;
  reply.device_certificate = std::move(issued.pem);
  reply.ca = ca.cert;
  reply.ticket = base::to_base32(ticket);
  if (!terms.outbox_key.empty()) reply.outbox_key = base::to_hex(terms.outbox_key);
  if (terms.demonstration) reply.demonstration = true;
  return reply;
}

Result<wire::ActivateReply> activate(Repository& repository, const tls::Authority& ca, Id device,
                                     const wire::ActivateRequest& request, Instant now) {
  DOORSTEP_TRY_ASSIGN(auto unit, repository.write());
  DOORSTEP_TRY_ASSIGN(auto ticket, unit->ticket(hash_of(request.ticket)));
  if (!ticket || ticket->device != device) return Error{Fault::NotFound, "activate.ticket", {}};
  DOORSTEP_TRY_ASSIGN(auto worker, unit->worker(ticket->worker));
  DOORSTEP_TRY_ASSIGN(auto row, unit->device(device));
  if (!worker || !worker->usable() || !row || !row->active) return Error{Fault::Denied, "activate.worker", {}};
  DOORSTEP_TRY_ASSIGN(Issued issued, issue(ca, request.worker_csr, tls::Subject::of_worker(worker->id, device), now));
  if (ticket->used_at && ticket->spki_pin != issued.identity.spki_pin) return Error{Fault::Conflict, "activate.ticket", {}};
  if (ticket->expires_at <= now) return Error{Fault::Timeout, "activate.ticket", {}};
  ticket->used_at = now;
  ticket->spki_pin = issued.identity.spki_pin;
  DOORSTEP_TRY(unit->put_ticket(*ticket));
  row->activated_at = now;
  DOORSTEP_TRY(unit->put_device(*row));
  DOORSTEP_TRY(keep(*unit, issued, now));
  DOORSTEP_TRY(unit->audit({now, worker->id, device, "activate", device, "applied"}));
  DOORSTEP_TRY(unit->commit());

  wire::ActivateReply reply;
  reply.worker_certificate = std::move(issued.pem);
  reply.worker.id = worker->id;
  reply.worker.external_ref = worker->external_ref;
  reply.worker.name = worker->name;
  reply.worker.role = worker->role;
  reply.worker.team = worker->team;
  reply.worker.team_name = worker->team_name;
  reply.worker.social_work_qualified = worker->qualified;
  return reply;
}

Result<wire::RenewReply> renew(Repository& repository, const tls::Authority& ca, const tls::Identity& shown,
                               const wire::RenewRequest& request, Instant now) {
  DOORSTEP_TRY_ASSIGN(auto unit, repository.write());
  DOORSTEP_TRY_ASSIGN(auto device, unit->device(shown.device));
  if (!device) return Error{Fault::Denied, "renew.device", {}};
  DOORSTEP_TRY_ASSIGN(auto worker, unit->worker(device->worker));
  if (!worker || access_of(*worker, *device) != Access::Full) return Error{Fault::Denied, "renew.worker", {}};
  const bool of_worker = shown.kind == tls::Kind::Worker;
  const auto subject = of_worker ? tls::Subject::of_worker(shown.worker, shown.device) : tls::Subject::of_device(shown.device);
  DOORSTEP_TRY_ASSIGN(Issued issued, issue(ca, request.csr, subject, now));
  if (issued.identity.spki_pin == shown.spki_pin) return Error{Fault::Invalid, "renew.key", "A new certificate needs a new key."};
  DOORSTEP_TRY(keep(*unit, issued, now));
  DOORSTEP_TRY(unit->audit({now, shown.worker, shown.device, "renew", shown.device, "applied"}));
  DOORSTEP_TRY(unit->commit());
  return wire::RenewReply{std::move(issued.pem)};
}

Result<void> revoke_device(Repository& repository, Id device, Instant now) {
  DOORSTEP_TRY_ASSIGN(auto unit, repository.write());
  DOORSTEP_TRY_ASSIGN(auto row, unit->device(device));
  if (!row) return Error{Fault::NotFound, "revoke.device", "no such device"};
  row->active = false;
  DOORSTEP_TRY(unit->put_device(*row));
  DOORSTEP_TRY(unit->drop_tickets(device));
  DOORSTEP_TRY(unit->audit({now, {}, {}, "revoke", device, "applied"}));
  return unit->commit();
}

Result<void> disable_worker(Repository& repository, const std::string& worker_ref, bool disabled, Instant now) {
  DOORSTEP_TRY_ASSIGN(auto unit, repository.write());
  DOORSTEP_TRY_ASSIGN(auto worker, unit->worker_by_ref(worker_ref));
  if (!worker) return Error{Fault::NotFound, "disable.worker", "no worker has this reference"};
  worker->disabled = disabled;
  DOORSTEP_TRY(unit->put_worker(*worker));
  DOORSTEP_TRY(unit->audit({now, {}, {}, disabled ? "disable" : "enable", worker->id, "applied"}));
  return unit->commit();
}

Result<void> revoke_worker(Repository& repository, const std::string& worker_ref, Instant now) {
  DOORSTEP_TRY_ASSIGN(auto unit, repository.write());
  DOORSTEP_TRY_ASSIGN(auto worker, unit->worker_by_ref(worker_ref));
  if (!worker) return Error{Fault::NotFound, "revoke.worker", "no worker has this reference"};
  worker->revoked = true;
  DOORSTEP_TRY(unit->put_worker(*worker));
  DOORSTEP_TRY_ASSIGN(auto devices, unit->devices());
  for (DeviceRow& device : devices) {
    if (device.worker != worker->id || !device.active) continue;
    device.active = false;
    DOORSTEP_TRY(unit->put_device(device));
    DOORSTEP_TRY(unit->drop_tickets(device.id));
  }
  DOORSTEP_TRY(unit->audit({now, {}, {}, "revoke", worker->id, "applied"}));
  return unit->commit();
}

}  // namespace doorstep::server
