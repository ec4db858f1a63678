#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "platform/base/id.h"
#include "platform/base/secret.h"
#include "platform/base/time.h"
#include "sync/model/records.h"
#include "sync/wire/messages.h"

/// Rows of the case server's database, as plain values.
namespace doorstep::server {

using base::Date;
using base::Id;
using base::Instant;

struct WorkerRow {
  Id id;  ///< also the id of the worker's own case
  std::string external_ref;
  std::string name;
  model::Role role{};
  Id team;
  std::string team_name;
  std::optional<bool> qualified;
  bool active = true;    ///< in the last extract; false: left
  bool revoked = false;  ///< by IT; an extract never takes this back
  bool disabled = false; ///< by IT, until IT says otherwise: access has ended, what waits on the tablets is still taken
  bool usable() const { return active && !revoked && !disabled; }
  friend bool operator==(const WorkerRow&, const WorkerRow&) = default;
};

/// What IT told a tablet to do, last.
struct CommandRow {
  std::int64_t number = 0;  ///< of this device's, from 1
  wire::CommandKind kind{};
  Instant at, expires;
  std::optional<Instant> obeyed_at;  ///< when the tablet told that it was
  friend bool operator==(const CommandRow&, const CommandRow&) = default;
};

struct DeviceRow {
  Id id;
  Id worker;
  bool active = true;
  Instant enrolled_at;
  std::optional<Instant> activated_at;  ///< the worker's certificate was issued
  std::optional<Instant> seen_at;       ///< last sync
  std::optional<CommandRow> command = {};
};

/// A case: a child's, or (owner set) a worker's own.
struct CaseRow {
  Id id;
  Id owner;      ///< the worker whose own case this is; nil for a child's
  Id allocated;  ///< the allocated worker
  Id team;
  bool provisional = false;
  Id alias_of;   ///< matched: its records are listed there now
  std::int64_t head = 0;  ///< seq of the last entry of its log
  std::string chain = wire::kChainStart;
  std::vector<model::Cover> cover;
  friend bool operator==(const CaseRow&, const CaseRow&) = default;
};

/// An operation as it was received, with what became of it. Kept for ever.
struct OperationRow {
  Id device;
  std::int64_t incarnation = 1;
  std::string bytes;  ///< exactly as sent; empty: of a record that was erased
  std::string hash;   ///< of the device's chain after it
  Id worker;
  Instant received_at;
  wire::OpResult result;  ///< `result.number` is the operation's number
};

/// Somebody ordered that a record be erased; a second person has to confirm it.
struct ErasureOrder {
  Id record;
  Id by;  ///< a worker
  Instant at;
  std::string reason;
  friend bool operator==(const ErasureOrder&, const ErasureOrder&) = default;
};

/// How far a device's chain of operations has been taken in.
struct DeviceChain {
  std::int64_t through = 0;
  std::string hash = wire::kChainStart;
};

/// A photo or drawing that an operation referred to. Its bytes are a file (blobs.h).
///
/// It belongs to the worker who referred to it, who must also send its bytes: knowing the hash of somebody's photo is not having it.
struct BlobRow {
  Id id;                ///< of its file
  Id owner;
  std::string sha256;
  std::int64_t size = 0;
  Instant added_at;
  std::optional<Instant> verified_at;  ///< all of it is here, and has its hash
  base::Secret key;                    ///< its file's own
};

/// A receipt as it was given out.
struct ReceiptRow {
  Id device;
  std::int64_t incarnation = 1;
  wire::Receipt receipt;
};

struct TokenRow {
  std::string hash;  ///< SHA-256 of the token's bytes, hex
  Id worker;
  Instant created_at, expires_at;
  std::optional<Instant> used_at;
  Id device;             ///< made with it
  std::string spki_pin;  ///< of the key it was used for: a repeated request with the same key is the same enrolment
};

struct TicketRow {
  std::string hash;
  Id device, worker;
  Instant expires_at;
  std::optional<Instant> used_at;
  std::string spki_pin;  ///< as in TokenRow
};

struct CertificateRow {
  std::string serial;  ///< lower-case hex
  Id device;
  Id worker;           ///< nil: the device's
  std::string fingerprint;
  Instant issued_at, expires_at;
};

/// One line of the audit: who did what to which object. Never any text of a record.
struct AuditRow {
  Instant at;
  Id worker, device;
  std::string action;  ///< "decide", "enrol", "revoke" ...
  Id object;
  std::string outcome; ///< "applied", or the refusal's code
};

}  // namespace doorstep::server
