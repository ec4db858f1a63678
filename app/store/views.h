#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "platform/base/error.h"
#include "platform/base/secret.h"
#include "sync/model/records.h"
#include "sync/wire/messages.h"

/// What the store answers with: plain values, nothing borrowed from it.
namespace doorstep::store {

using base::Id;
using base::Instant;
using base::Result;

/// Whose replica this is. Kept in the encrypted store from the first unlock on.
struct Identity {
  Id device;
  Id worker;
  std::string worker_name;
  base::Secret worker_key;         ///< PEM; made inside the vault, leaves it never. Empty until the first unlock has gone through
  std::string worker_certificate;  ///< PEM; empty until activated
  std::string ca;                  ///< PEM of the authority the certificate came from
};

/// Until when this tablet may show what it has, and what it knew of the time when that was written.
struct Lease {
  Instant until;
  Instant at;               ///< the time it was, as far as the tablet knows it
  base::Millis mono{0};     ///< the monotonic clock then, of the boot `boot_id`
  std::string boot_id;
  base::Millis wall_ahead{0};  ///< of the clock on the wall before `at`
};

/// Something the server answered about what was sent, that a person should hear of.
struct Answer {
  std::int64_t number = 0;  ///< for dismiss(): of no other answer, also after another incarnation began
  wire::OpKind kind{};
  Id record;
  Id case_id;
  std::optional<Id> visit;  ///< the draft it came from
  wire::OpStatus status{};
  std::optional<wire::Refusal> code;
  std::string detail;       ///< the server's words
  /// Of a refused operation what somebody wrote for it, which is in no record.
  std::variant<std::monostate, model::Decision, model::Addendum, model::Disposition> said;
};

enum class DraftStage : std::uint8_t {
  Writing,    ///< can be edited
  Submitting, ///< its records wait to be sent, or for the server's answer; not to be edited
};

/// A visit being recorded, as it was last saved.
struct Draft {
  model::Visit visit;
  DraftStage stage{};
  Instant started_at, saved_at;
  std::int64_t version = 0;      ///< goes up with every change by anything else than save_draft; 0: none since the store was opened
  bool backed_up = false;        ///< the server has exactly this state
  std::vector<Answer> answers;   ///< why it came back: refused or conflict, newest last; empty again once edited and sent
};

struct SavedDraft {
  bool merged = false;  ///< what is stored is not what was handed in: read the draft again
};

/// Words typed that no record holds yet: half a date, a rationale before the decision. Never sent.
struct Unfinished {
  std::string key;   ///< the caller's
  Id case_id;        ///< nil: of no case
  std::string text;
};

/// Work that would be lost with this store.
struct UnsentWork {
  std::int64_t number = 0;  ///< of its copy (base::CopyName), from base::kUnnumbered on where the work has none yet
  std::string mark;         ///< another whenever the copy would say something else
};
struct Unsent {
  Id device;
  std::int64_t incarnation = 1;
  std::vector<UnsentWork> work;
  bool more = false;  ///< something waits that no copy can hold: a photo's bytes, words that are in no record yet
};

/// An earlier state of a draft, out of its autosave history.
struct JournalEntry {
  Instant at;
  model::Visit visit;
};

/// The server's signed word that it has a submitted record, or a decision on one.
struct ReceiptView {
  std::int64_t number = 0;   ///< the server's count; 0: what came says none
  Instant at;                ///< by the server's clock
  wire::OpKind kind{};       ///< Submit or Decide
  std::int64_t rev = 0;
  std::string hash;          ///< of the record's body it names
  std::string fault;         ///< empty: good. "signature": not signed by the council's server; "other": signed, but of something else
  bool standing = true;      ///< false: the server was restored to a time before it; what it names is sent again
  wire::SignedReceipt receipt;  ///< as it came, with its signer
};

/// One child's record of one visit with everything that belongs to it.
struct RecordView {
  Id case_id;
  std::vector<model::RecordVersionPtr> versions;  ///< kept, or submitted here and not at the server yet; ascending, never empty
  std::vector<model::Decision> decisions;       ///< oldest first
  std::vector<model::Addendum> addenda;         ///< oldest first
  std::vector<model::Disposition> dispositions; ///< oldest first
  std::vector<ReceiptView> receipts;            ///< of what was done on this tablet, oldest first
  bool pending = false;  ///< something of ours about it (submit, withdraw, decision ...) is not acknowledged yet

  const model::RecordVersion& head() const { return *versions.back(); }
};

/// A photo or drawing as this tablet has it.
struct BlobView {
  bool here = false;     ///< all of it, with its hash
  bool waiting = false;  ///< the server wants it from this tablet
  bool damaged = false;  ///< it was here, and its file cannot be read
};

/// What to do next about photos. `Send`: `bytes` from `offset` on; `Fetch`: at most `most` from there.
struct BlobStep {
  enum class What : std::uint8_t { Nothing, Send, Fetch };
  What what = What::Nothing;
  std::string sha256;
  std::int64_t offset = 0;
  std::string bytes;
  std::size_t most = 0;
  bool purge_waited = false;  ///< access has ended, and a photo that the purge waited for cannot be read: none of it will be sent
};

/// Everything the screens list. Dropped cases are not in it.
struct Caseload {
  bool ended = false;  ///< the worker's access has ended: nothing is listed, drafts neither, and what waits is still sent
  bool whole = true;   ///< false: the server has more, as of a case that is read anew in parts; what is not listed may still come
  std::vector<model::Child> children;
  std::vector<model::Family> families;
  std::vector<model::Worker> workers;
  std::vector<RecordView> records;  ///< newest visit first
  std::map<std::string, BlobView> blobs;  ///< by SHA-256: of those this tablet has, or had
};

struct SyncStatus {
  std::int64_t waiting = 0;              ///< operations the server has not acknowledged; when access has ended, photos too
  std::int64_t drafts_not_backed_up = 0;
  std::optional<wire::Receipt> receipt;  ///< the server's last word
  std::optional<Instant> last_sync;      ///< the tablet's clock when a reply was last taken in
  std::vector<Answer> refused;           ///< refused or in conflict, and not yet dealt with
};

/// What a reply changed; enough to decide what to read again.
struct Applied {
  bool caseload_changed = false;
  bool drafts_changed = false;
  std::vector<Answer> answers;      ///< of this reply: refused, merged and conflict
  std::vector<Id> drafts_rewritten; ///< visits whose text changed: merged with another device's, or back after an answer
  std::vector<Id> visits_submitted; ///< all their records arrived; their drafts are gone
  std::vector<Id> purged;           ///< cases that left this device
  bool blobs = false;               ///< there are photos to send or to fetch
  std::vector<Id> refetch;          ///< cases whose chain did not fit: they are taken again from the start
};

struct Hit {
  enum class What : std::uint8_t { Child, Family, Record, Draft };
  What what{};
  Id id;            ///< child, family, child record or visit
  Id case_id;       ///< Child, Record
  std::string title;
  std::string snippet;  ///< the words around, with the match between U+0002 and U+0003
};

}  // namespace doorstep::store
