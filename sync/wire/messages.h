#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sync/model/records.h"

/// What travels between tablet and case server (JSON over HTTP/1.1 over TLS 1.3). Field names in each() are the format.
namespace doorstep::wire {

using base::Id;
using base::Instant;

inline constexpr std::int64_t kProto = 1;
inline constexpr const char* kContentType = "application/vnd.doorstep.sync+json";  ///< anything else is not our server (a captive portal)
inline constexpr const char* kBlobType = "application/vnd.doorstep.blob";          ///< a part of a photo or drawing, as it is
inline constexpr const char* kProblemType = "application/problem+json";            ///< RFC 9457
inline constexpr const char* kProtoHeader = "Sync-Proto";                          ///< its value is kProto

/// h_0 of every operation chain and chain_0 of every case: 64 zeros.
inline const std::string kChainStart(64, '0');

enum class OpKind : std::uint8_t { Put, Submit, Withdraw, Decide, Addendum, Match, Settle };

/// One change made on a device. Encoded once; from then on its bytes are opaque, numbered, chained and never change.
struct Operation {
  OpKind kind{};
  std::int64_t number = 0;           ///< dense per (device, incarnation), from 1
  Id record;                         ///< Put, Submit: the record. Others: the child record acted on. Match: the provisional child
  Id case_id;                        ///< the case whose log it enters
  model::RecordKind record_kind{};   ///< of `record`
  std::int64_t base_rev = 0;         ///< 0: new. Withdraw, Decide, Addendum, Settle: the revision that was read
  std::string base_hash;             ///< hash of that revision's body; empty when base_rev is 0
  Instant at;                        ///< the tablet's clock: evidence, never ordering
  std::string body;                  ///< exact bytes of the body: Visit, ChildRecord, Decision, Addendum, Disposition, or MatchBody
  bool urgent = false;               ///< a disclosure, an injury or an unseen child: sent first
  template <class S, class F> static void each(S& s, F&& f) {
    f("kind", s.kind); f("number", s.number); f("record", s.record); f("case", s.case_id); f("record_kind", s.record_kind);
    f("base_rev", s.base_rev); f("base_hash", s.base_hash); f("at", s.at); f("body", s.body); f("urgent", s.urgent);
  }
  friend bool operator==(const Operation&, const Operation&) = default;
};

/// Body of Match: the provisional case turns out to be `target`; its records are re-homed, its id stays as an alias.
struct MatchBody {
  Id target;
  template <class S, class F> static void each(S& s, F&& f) { f("target", s.target); }
  friend bool operator==(const MatchBody&, const MatchBody&) = default;
};

/// What became of an operation. All of them are acknowledgements: the operation was stored and is never sent again.
enum class OpStatus : std::uint8_t { Applied, Merged, Conflict, Refused };

/// Why an operation was kept without effect.
enum class Refusal : std::uint8_t {
  UnknownCase,     ///< missing, or not entitled: the same answer
  NotAuthor,       ///< only the author may
  OwnRecord,       ///< an author never decides on their own record
  NotSupervisor,
  Stale,           ///< rev or hash read is no longer current
  WrongState,      ///< e.g. withdraw of an approved record
  Unsettled,       ///< open conflicts
  Approved,        ///< approved text is immutable; write an addendum
  Malformed,       ///< body cannot be read, or fails validation; `detail` names the place
  RationaleMissing,
  BlobsMissing,    ///< approval before every photo and drawing of the record has arrived
  Erased,          ///< the record was erased on an order; not kept either
};

/// What the server signs of a submit or a decision that it took: that it has this, exactly so, since then. Its JSON text, after
/// kReceiptContext, is what is signed; whoever passes it on passes on these bytes.
struct ReceiptStatement {
  std::int64_t number = 0;     ///< the server's own count, shared with Receipt
  Instant at;                  ///< when it was taken in, by the server's clock
  std::string epoch;           ///< of the history it stands in
  Id device;                   ///< whose operation it was
  std::int64_t incarnation = 1, operation = 0;
  OpKind kind{};               ///< Submit or Decide
  Id record;
  std::int64_t rev = 0;        ///< the record's revision that it made
  std::string hash;            ///< of that revision's body
  std::string sent;            ///< SHA-256 of the operation's body exactly as it was sent, hex
  template <class S, class F> static void each(S& s, F&& f) {
    f("number", s.number); f("at", s.at); f("epoch", s.epoch); f("device", s.device); f("incarnation", s.incarnation);
    f("operation", s.operation); f("kind", s.kind); f("record", s.record); f("rev", s.rev); f("hash", s.hash); f("sent", s.sent);
  }
  friend bool operator==(const ReceiptStatement&, const ReceiptStatement&) = default;
};
inline constexpr std::string_view kReceiptContext("DOORSTEP-RECEIPT-V1\0", 20);  ///< what is signed begins with it

/// What the server signed, for a tablet that asks nobody about it.
struct SignedStatement {
  std::string statement;  ///< exact bytes; what is signed begins with the context of its kind
  std::string signature;  ///< Ed25519, hex
  std::optional<std::string> signer = {};  ///< PEM of the signer's certificate. Of receipts on the wire: SyncReply::receipt_signer
  template <class S, class F> static void each(S& s, F&& f) {
    f("statement", s.statement); f("signature", s.signature); f("signer", s.signer);
  }
  friend bool operator==(const SignedStatement&, const SignedStatement&) = default;
};
using SignedReceipt = SignedStatement;  ///< of a ReceiptStatement

/// How long a tablet may show what it has before it must have spoken with the server again.
struct LeaseStatement {
  Id device, worker;  ///< nobody else's
  Instant at;         ///< the server's clock
  Instant until;
  template <class S, class F> static void each(S& s, F&& f) {
    f("device", s.device); f("worker", s.worker); f("at", s.at); f("until", s.until);
  }
  friend bool operator==(const LeaseStatement&, const LeaseStatement&) = default;
};
inline constexpr std::string_view kLeaseContext("DOORSTEP-LEASE-V1\0", 18);  ///< what is signed begins with it

enum class CommandKind : std::uint8_t {
  Lock,  ///< at once: nothing is shown before the passphrase was given again
  Wipe,  ///< what waits is sent, then the key is destroyed and with it everything
};
/// What IT told one tablet to do. It is obeyed once: no number twice, and none below one that was.
struct CommandStatement {
  std::int64_t number = 0;  ///< of this device's commands, from 1
  Id device;
  CommandKind kind{};
  Instant at;               ///< when it was signed, by the server's clock
  Instant expires;          ///< not begun to be obeyed afterwards
  template <class S, class F> static void each(S& s, F&& f) {
    f("number", s.number); f("device", s.device); f("kind", s.kind); f("at", s.at); f("expires", s.expires);
  }
  friend bool operator==(const CommandStatement&, const CommandStatement&) = default;
};
inline constexpr std::string_view kCommandContext("DOORSTEP-COMMAND-V1\0", 20);  ///< what is signed begins with it

struct OpResult {
  std::int64_t number = 0;
  OpStatus status{};
  std::optional<Refusal> code;  ///< with Refused
  std::string detail;           ///< for people
  std::int64_t rev = 0;         ///< the revision made, where one was
  std::string hash;
  std::optional<SignedReceipt> receipt = {};  ///< of a Submit or Decide that was taken; never kept with the result
  template <class S, class F> static void each(S& s, F&& f) {
    f("op", s.number); f("status", s.status); f("code", s.code); f("detail", s.detail); f("rev", s.rev); f("hash", s.hash);
    f("receipt", s.receipt);
  }
  friend bool operator==(const OpResult&, const OpResult&) = default;
};

/// Frozen operations [first, first + items.size()), with the chain hash before the first.
struct OpsBatch {
  std::int64_t first = 1;
  std::string prev = kChainStart;
  std::vector<std::string> items;  ///< opaque bytes
  template <class S, class F> static void each(S& s, F&& f) { f("first", s.first); f("prev", s.prev); f("items", s.items); }
  friend bool operator==(const OpsBatch&, const OpsBatch&) = default;
};

/// How far a device has read a case.
struct Cursor {
  Id case_id;
  std::int64_t seq = 0;
  std::string chain = kChainStart;  ///< of the case's log at `seq`
  template <class S, class F> static void each(S& s, F&& f) { f("case", s.case_id); f("seq", s.seq); f("chain", s.chain); }
  friend bool operator==(const Cursor&, const Cursor&) = default;
};

/// The device's vector of cursors, or only its digest when the server has last seen the same.
struct View {
  std::string digest;  ///< view_digest() of all cursors
  std::optional<std::vector<Cursor>> cases;
  template <class S, class F> static void each(S& s, F&& f) { f("digest", s.digest); f("cases", s.cases); }
  friend bool operator==(const View&, const View&) = default;
};

inline constexpr std::size_t kEarlierIncarnations = 64;  ///< named in one request at most: the newest

/// How far the chain of operations of one incarnation goes.
struct Incarnation {
  std::int64_t number = 1;
  std::int64_t through = 0;
  std::string hash = kChainStart;  ///< at `through`
  template <class S, class F> static void each(S& s, F&& f) {
    f("incarnation", s.number); f("through", s.through); f("hash", s.hash);
  }
  friend bool operator==(const Incarnation&, const Incarnation&) = default;
};

struct SyncRequest {
  std::int64_t proto = kProto;
  std::int64_t schema = model::kSchema;
  Id device;
  std::int64_t incarnation = 1;  ///< raised when a device starts its chain again
  std::string epoch;             ///< of the server's history, as last told; empty at first
  OpsBatch ops;
  View view;
  std::vector<Id> purged;        ///< receipts: these cases left the device
  std::int64_t budget = 0;       ///< bytes of revisions wanted at most
  std::optional<std::vector<Incarnation>> earlier;  ///< what was acknowledged in incarnations that ended
  std::optional<std::int64_t> lease;  ///< a lease of so many days is asked for
  std::optional<bool> erased = {};    ///< this client knows what an erased revision is, and the refusal of that name
  template <class S, class F> static void each(S& s, F&& f) {
    f("proto", s.proto); f("schema", s.schema); f("device", s.device); f("incarnation", s.incarnation); f("epoch", s.epoch);
    f("ops", s.ops); f("view", s.view); f("purged", s.purged); f("budget", s.budget); f("earlier", s.earlier);
    f("lease", s.lease); f("erased", s.erased);
  }
  friend bool operator==(const SyncRequest&, const SyncRequest&) = default;
};

struct LogEntry {
  std::int64_t seq = 0;
  model::Revision revision;
  template <class S, class F> static void each(S& s, F&& f) { f("seq", s.seq); f("revision", s.revision); }
  friend bool operator==(const LogEntry&, const LogEntry&) = default;
};

/// Entries (from, to] of one case's log, in order, or all of what is current for a new grant.
struct CasePull {
  Id case_id;
  std::int64_t from = 0, to = 0;
  std::string chain;            ///< after `to`
  std::vector<LogEntry> entries;
  bool complete = true;         ///< nothing newer in this case right now
  std::optional<bool> diverged; ///< the device's cursor is not in our history: take this case again from 0
  template <class S, class F> static void each(S& s, F&& f) {
    f("case", s.case_id); f("from", s.from); f("to", s.to); f("chain", s.chain); f("entries", s.entries);
    f("complete", s.complete); f("diverged", s.diverged);
  }
  friend bool operator==(const CasePull&, const CasePull&) = default;
};

/// The server's word that it durably has everything up to `through`.
struct Receipt {
  std::int64_t number = 0;   ///< the server's own count
  Instant at;
  std::int64_t through = 0;  ///< operation number of this device and incarnation
  std::string hash;          ///< chain hash at `through`
  template <class S, class F> static void each(S& s, F&& f) {
    f("number", s.number); f("at", s.at); f("through", s.through); f("hash", s.hash);
  }
  friend bool operator==(const Receipt&, const Receipt&) = default;
};

/// A photo or drawing that this device referred to, of which the server has the first `have` bytes and wants the rest.
struct BlobNeed {
  std::string sha256;
  std::int64_t have = 0;
  template <class S, class F> static void each(S& s, F&& f) { f("sha256", s.sha256); f("have", s.have); }
  friend bool operator==(const BlobNeed&, const BlobNeed&) = default;
};

/// The answer to PATCH /v1/blobs/{sha256}?offset=n. What is counted in `have` is on the server's disk.
struct BlobState {
  std::int64_t have = 0;
  bool verified = false;  ///< all of it is there, and has its hash
  template <class S, class F> static void each(S& s, F&& f) { f("have", s.have); f("verified", s.verified); }
  friend bool operator==(const BlobState&, const BlobState&) = default;
};

struct SyncReply {
  std::string epoch;
  std::int64_t applied_through = 0;
  std::string head_hash = kChainStart;  ///< chain hash at applied_through
  std::int64_t stable_through = 0;      ///< inside a restore-tested backup
  std::vector<OpResult> results;
  bool need_view = false;               ///< the digest is not the one last acknowledged: send the cases
  std::vector<CasePull> cases;
  std::vector<Id> drop;                 ///< no longer entitled: push what is pending, then purge
  bool more = false;                    ///< ask again at once
  std::int64_t next_after_s = 300, next_spread_s = 300;
  std::optional<Receipt> receipt;
  Instant server_time;
  std::optional<std::vector<Incarnation>> lost;  ///< of `earlier`: no longer so in our history, which goes so far (a restore)
  std::optional<std::vector<BlobNeed>> need;     ///< all that this device should send, up to limits::kBlobsNeeded
  std::optional<std::string> receipt_signer;  ///< PEM: the certificate of whoever signed the receipts of `results`
  std::optional<bool> drain;  ///< the worker's access has ended: push what waits, then purge everything; nothing more comes
  std::optional<SignedStatement> lease;  ///< of a LeaseStatement, with its signer; where one was asked for
  std::optional<SignedStatement> command = {};  ///< of a CommandStatement, with its signer, until it was obeyed
  template <class S, class F> static void each(S& s, F&& f) {
    f("epoch", s.epoch); f("applied_through", s.applied_through); f("head_hash", s.head_hash);
    f("stable_through", s.stable_through); f("results", s.results); f("need_view", s.need_view); f("cases", s.cases);
    f("drop", s.drop); f("more", s.more); f("next_after_s", s.next_after_s); f("next_spread_s", s.next_spread_s);
    f("receipt", s.receipt); f("server_time", s.server_time); f("lost", s.lost);
    f("need", s.need); f("receipt_signer", s.receipt_signer);
    f("drain", s.drain); f("lease", s.lease); f("command", s.command);
  }
  friend bool operator==(const SyncReply&, const SyncReply&) = default;
};

/// POST /v1/enrol on the enrolment listener, no certificate yet.
struct EnrolRequest {
  std::string token;       ///< base32, one time
  std::string device_csr;  ///< PEM
  std::optional<bool> demonstration = {};  ///< every screen of the tablet says that all is invented; empty: no
  std::optional<std::string> council = {};  ///< whose the tablet's set-up is, by id; empty: it does not say
  template <class S, class F> static void each(S& s, F&& f) {
    f("token", s.token); f("device_csr", s.device_csr); f("demonstration", s.demonstration); f("council", s.council);
  }
  friend bool operator==(const EnrolRequest&, const EnrolRequest&) = default;
};
struct EnrolReply {
  Id device;
  Id worker;
  std::string worker_name;
  std::string device_certificate;  ///< PEM
  std::string ca;                  ///< PEM
  std::string ticket;              ///< to be exchanged once for the worker's certificate
  std::optional<std::string> outbox_key = {};  ///< hex: what copies of unsent work are sealed to (base::seal_copy)
  std::optional<bool> demonstration = {};      ///< every family of the server is invented; empty: no
  template <class S, class F> static void each(S& s, F&& f) {
    f("device", s.device); f("worker", s.worker); f("worker_name", s.worker_name); f("device_certificate", s.device_certificate);
    f("ca", s.ca); f("ticket", s.ticket); f("outbox_key", s.outbox_key); f("demonstration", s.demonstration);
  }
  friend bool operator==(const EnrolReply&, const EnrolReply&) = default;
};

/// POST /v1/activate on the main listener, over the device's certificate.
struct ActivateRequest {
  std::string ticket;
  std::string worker_csr;  ///< PEM; the key never leaves the worker's vault
  template <class S, class F> static void each(S& s, F&& f) { f("ticket", s.ticket); f("worker_csr", s.worker_csr); }
  friend bool operator==(const ActivateRequest&, const ActivateRequest&) = default;
};
struct ActivateReply {
  std::string worker_certificate;  ///< PEM
  model::Worker worker;
  template <class S, class F> static void each(S& s, F&& f) { f("worker_certificate", s.worker_certificate); f("worker", s.worker); }
  friend bool operator==(const ActivateReply&, const ActivateReply&) = default;
};

/// POST /v1/renew on the main listener: another certificate for whom the one that is shown names, with a key of its own.
struct RenewRequest {
  std::string csr;  ///< PEM
  template <class S, class F> static void each(S& s, F&& f) { f("csr", s.csr); }
  friend bool operator==(const RenewRequest&, const RenewRequest&) = default;
};
struct RenewReply {
  std::string certificate;  ///< PEM
  template <class S, class F> static void each(S& s, F&& f) { f("certificate", s.certificate); }
  friend bool operator==(const RenewReply&, const RenewReply&) = default;
};

/// Where one chain of the server's audit ends.
struct AuditHead {
  Id chain;               ///< the tablet whose lines it holds; nil: the server's own
  std::int64_t line = 0;  ///< its last, from 1
  std::string hash = kChainStart;  ///< after that line
  template <class S, class F> static void each(S& s, F&& f) { f("chain", s.chain); f("line", s.line); f("hash", s.hash); }
  friend bool operator==(const AuditHead&, const AuditHead&) = default;
};

/// What the server signs of its audit: that it ended there, then. Its JSON text, after kAuditContext, is what is signed.
struct AuditStatement {
  Instant at;  ///< by the server's clock
  std::vector<AuditHead> heads;
  template <class S, class F> static void each(S& s, F&& f) { f("at", s.at); f("heads", s.heads); }
  friend bool operator==(const AuditStatement&, const AuditStatement&) = default;
};
inline constexpr std::string_view kAuditContext("DOORSTEP-AUDIT-V1\0", 18);  ///< what is signed begins with it

struct SignedAudit {
  std::string statement;  ///< exact bytes of an AuditStatement
  std::string signature;  ///< Ed25519, hex
  std::string signer;     ///< PEM of the signer's certificate, which is that of receipts
  template <class S, class F> static void each(S& s, F&& f) {
    f("statement", s.statement); f("signature", s.signature); f("signer", s.signer);
  }
  friend bool operator==(const SignedAudit&, const SignedAudit&) = default;
};

/// POST /v1/witness on the main listener: what the server said last of its audit, for what it says now.
struct WitnessRequest {
  std::optional<SignedAudit> held;  ///< none at first
  template <class S, class F> static void each(S& s, F&& f) { f("held", s.held); }
  friend bool operator==(const WitnessRequest&, const WitnessRequest&) = default;
};
struct WitnessReply {
  SignedAudit audit;
  template <class S, class F> static void each(S& s, F&& f) { f("audit", s.audit); }
  friend bool operator==(const WitnessReply&, const WitnessReply&) = default;
};

/// What a sealed copy says, in clear only to the case server: work that was not acknowledged, and whose. Its JSON text, after
/// kCopyContext, is what its author signs with the key of their certificate; a signature is what makes it theirs, for anybody can
/// seal anything.
struct CopyStatement {
  Id device;
  std::int64_t incarnation = 1;
  std::int64_t copy = 0;  ///< number of the copy: base::CopyName says the same in clear
  Id worker;              ///< its author
  std::string operation;  ///< exact bytes of an Operation; its number is 0 where the copy's is from base::kUnnumbered on
  std::string prev;       ///< of a numbered one: the chain's hash before it
  std::optional<std::int64_t> after = {};  ///< Put: it was made on what this operation of the same incarnation says
  std::optional<std::vector<model::RevisionRef>> submitted = {};  ///< Put: the records this draft became; `hash` of the body sent
  template <class S, class F> static void each(S& s, F&& f) {
    f("device", s.device); f("incarnation", s.incarnation); f("copy", s.copy); f("worker", s.worker); f("operation", s.operation);
    f("prev", s.prev); f("after", s.after); f("submitted", s.submitted);
  }
  friend bool operator==(const CopyStatement&, const CopyStatement&) = default;
};
inline constexpr std::string_view kCopyContext("DOORSTEP-COPY-V1\0", 17);  ///< what is signed begins with it

/// Inside the seal: this as JSON, as a zstd frame.
struct SignedCopy {
  std::string statement;    ///< exact bytes of a CopyStatement
  std::string signature;    ///< ECDSA over P-256 and SHA-256, DER, hex
  std::string certificate;  ///< PEM: of the worker, on that device
  template <class S, class F> static void each(S& s, F&& f) {
    f("statement", s.statement); f("signature", s.signature); f("certificate", s.certificate);
  }
  friend bool operator==(const SignedCopy&, const SignedCopy&) = default;
};

/// POST /v1/drain on the main listener, over any tablet's own certificate.
struct DrainRequest {
  std::vector<std::string> copies;  ///< files of sealed copies, base64
  template <class S, class F> static void each(S& s, F&& f) { f("copies", s.copies); }
  friend bool operator==(const DrainRequest&, const DrainRequest&) = default;
};
/// What became of a copy. Taken is an acknowledgement: the file is not needed any more. All others are kept for people.
enum class CopyFate : std::uint8_t {
  Taken,
  Unreadable,  ///< changed, or sealed to another server's key
  Untrusted,   ///< not signed by the worker it names
  Revoked,     ///< its tablet or worker was revoked: IT decides
};
struct DrainReply {
  std::vector<CopyFate> fates;  ///< in the order of the copies
  template <class S, class F> static void each(S& s, F&& f) { f("fates", s.fates); }
  friend bool operator==(const DrainReply&, const DrainReply&) = default;
};

/// POST /v1/command on the main listener, over the device's certificate: what it is to do, and what it has done.
struct CommandRequest {
  std::optional<std::int64_t> obeyed;  ///< the number of a command that was
  template <class S, class F> static void each(S& s, F&& f) { f("obeyed", s.obeyed); }
  friend bool operator==(const CommandRequest&, const CommandRequest&) = default;
};
struct CommandReply {
  std::optional<SignedStatement> command;  ///< as in SyncReply
  template <class S, class F> static void each(S& s, F&& f) { f("command", s.command); }
  friend bool operator==(const CommandReply&, const CommandReply&) = default;
};

/// GET /v1/meta.
struct Meta {
  std::int64_t proto = kProto;
  std::int64_t schema = model::kSchema;
  std::string version;
  std::int64_t body_bytes = 0;
  Instant server_time;
  template <class S, class F> static void each(S& s, F&& f) {
    f("proto", s.proto); f("schema", s.schema); f("version", s.version); f("body_bytes", s.body_bytes);
    f("server_time", s.server_time);
  }
  friend bool operator==(const Meta&, const Meta&) = default;
};

/// RFC 9457. `type` is "urn:doorstep:problem:<code>".
struct Problem {
  std::string type;
  std::string title;   ///< what happened, for people
  std::int64_t status = 0;
  std::string detail;  ///< what is safe, what to do
  template <class S, class F> static void each(S& s, F&& f) {
    f("type", s.type); f("title", s.title); f("status", s.status); f("detail", s.detail);
  }
  friend bool operator==(const Problem&, const Problem&) = default;
};

}  // namespace doorstep::wire

namespace doorstep::model {
DOORSTEP_CODES(wire::OpKind, {{wire::OpKind::Put, "put"}, {wire::OpKind::Submit, "submit"}, {wire::OpKind::Withdraw, "withdraw"},
                              {wire::OpKind::Decide, "decide"}, {wire::OpKind::Addendum, "addendum"},
                              {wire::OpKind::Match, "match"}, {wire::OpKind::Settle, "settle"}});
DOORSTEP_CODES(wire::OpStatus, {{wire::OpStatus::Applied, "applied"}, {wire::OpStatus::Merged, "merged"},
                                {wire::OpStatus::Conflict, "conflict"}, {wire::OpStatus::Refused, "refused"}});
DOORSTEP_CODES(wire::CommandKind, {{wire::CommandKind::Lock, "lock"}, {wire::CommandKind::Wipe, "wipe"}});
DOORSTEP_CODES(wire::Refusal, {{wire::Refusal::UnknownCase, "unknown_case"}, {wire::Refusal::NotAuthor, "not_author"},
                               {wire::Refusal::OwnRecord, "own_record"}, {wire::Refusal::NotSupervisor, "not_supervisor"},
                               {wire::Refusal::Stale, "stale"}, {wire::Refusal::WrongState, "wrong_state"},
                               {wire::Refusal::Unsettled, "unsettled"}, {wire::Refusal::Approved, "approved"},
                               {wire::Refusal::Malformed, "malformed"},
                               {wire::Refusal::RationaleMissing, "rationale_missing"},
                               {wire::Refusal::BlobsMissing, "blobs_missing"},
                               {wire::Refusal::Erased, "erased"}});
DOORSTEP_CODES(wire::CopyFate, {{wire::CopyFate::Taken, "taken"}, {wire::CopyFate::Unreadable, "unreadable"},
                                {wire::CopyFate::Untrusted, "untrusted"}, {wire::CopyFate::Revoked, "revoked"}});
}  // namespace doorstep::model
