#include "sync/server/commands.h"

#include "platform/base/bytes.h"
#include "sync/wire/codec.h"

namespace doorstep::server {

using base::Error;
using base::Fault;

Result<std::int64_t> give_command(Repository& repository, Id device, wire::CommandKind kind, Instant now) {
  DOORSTEP_TRY_ASSIGN(auto unit, repository.write());
  DOORSTEP_TRY_ASSIGN(auto row, unit->device(device));
  if (!row) return Error{Fault::NotFound, "command.device", "no such device"};
  if (!row->active) return Error{Fault::Denied, "command.device", "it was revoked: it is refused, and hears nothing any more"};
  const std::int64_t number = row->command ? row->command->number + 1 : 1;
  row->command = CommandRow{number, kind, now, now + kCommandLife, std::nullopt};
  DOORSTEP_TRY(unit->put_device(*row));
  DOORSTEP_TRY(unit->audit({now, row->worker, device, std::string(model::code(kind)), device, "applied"}));
  DOORSTEP_TRY(unit->commit());
  return number;
}

const CommandRow* waiting_command(const DeviceRow& device, Instant now) {
  return device.command && !device.command->obeyed_at && now <= device.command->expires ? &*device.command : nullptr;
}

bool is_to_be_wiped(const DeviceRow& device, Instant now) {
  const CommandRow* command = waiting_command(device, now);
  return command && command->kind == wire::CommandKind::Wipe;
}

Result<std::optional<wire::SignedStatement>> sign_command(const tls::Signer& signer, const DeviceRow& device, Instant now) {
  const CommandRow* command = waiting_command(device, now);
  if (!command) return std::optional<wire::SignedStatement>();
  wire::SignedStatement out;
  out.statement = wire::encode(wire::CommandStatement{command->number, device.id, command->kind, now, command->expires});
  DOORSTEP_TRY_ASSIGN(auto signature, tls::sign(signer, std::string(wire::kCommandContext) + out.statement));
  out.signature = base::to_hex(signature);
  out.signer = signer.cert;
  return std::optional(std::move(out));
}

Result<void> note_obeyed(Repository& repository, Id device, std::int64_t number, Instant now) {
  DOORSTEP_TRY_ASSIGN(auto unit, repository.write());
  DOORSTEP_TRY_ASSIGN(auto row, unit->device(device));
  if (!row || !row->command || row->command->number != number || row->command->obeyed_at) return {};
  row->command->obeyed_at = now;
  const bool wiped = row->command->kind == wire::CommandKind::Wipe;
  if (wiped) {
    row->active = false;
    DOORSTEP_TRY(unit->drop_tickets(device));
  }
  DOORSTEP_TRY(unit->put_device(*row));
  DOORSTEP_TRY(unit->audit({now, row->worker, device, wiped ? "wiped" : "locked", device, "applied"}));
  return unit->commit();
}

}  // namespace doorstep::server
