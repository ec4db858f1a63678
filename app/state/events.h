#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "app/state/caseload.h"
#include "platform/base/error.h"

/// What happened in the world, said to update(). Values only.
namespace doorstep::state {

/// What the tablet knows before anything is unlocked.
struct Started {
  bool has_passphrase = false;  ///< false: the worker chooses one now
  std::string worker_name;      ///< from enrolment; empty when the tablet is not enrolled
  std::string settings;         ///< as SaveSettings kept them
  bool destroyed = false;       ///< its key was, and what is stored opens for nobody any more
  bool wiped = false;           ///< by the council's command: nothing can be opened any more
  bool pins = false;            ///< a PIN may be chosen instead of a passphrase
};
/// `error` empty: open. Fault::Locked: wrong passphrase; Throttled: wait `retry_after`; NotFound ("vault.destroyed"): the key was
/// destroyed, and what was not sent lies sealed for the council; anything else is told in its own words.
struct UnlockResult {
  std::optional<base::Error> error;
  Millis retry_after{0};
  int tries_left = -1;  ///< -1: not said
};
/// As an UnlockResult; with an error the old passphrase opens the tablet, else the new one alone.
struct PassphraseChanged { UnlockResult result; };
/// Said after an UnlockResult without error, before the first Loaded: what SaveUnfinished kept, by key.
struct UnfinishedFound { std::map<std::string, std::string> words; };
struct UnfinishedFailed {
  base::Error error;
  std::map<std::string, Id> keys;  ///< of the words that were not kept, and the case each is about
};
struct Loaded { CaseloadPtr caseload; };
/// The council's command to this tablet. WipeWaits: it is locked, and holds what is to be sent before it is wiped.
struct Commanded {
  enum class What { Lock, WipeWaits, Wiped };
  What what{};
};
struct Saved { Id visit; std::uint64_t edit = 0; Instant at; };
struct SaveFailed { Id visit; base::Error error; };
/// The draft was changed by something else than typing: a settled conflict, a merge with another tablet of the same worker.
struct DraftChanged {
  model::Visit visit;
  std::int64_t version = 0;  ///< for SaveDraft::based_on
};
struct Submitted { Id visit; };
struct SubmitFailed { Id visit; base::Error error; };
/// An operation that could not even be queued, or that the server refused: nothing of it happened. `said`: what a person wrote for it.
struct OperationFailed {
  base::Error error;
  std::variant<std::monostate, model::Decision, model::Addendum, model::Disposition> said = {};
  bool by_server = false;
};

/// The file is in the store; now a record may refer to it.
struct Attached {
  Id visit, child;
  std::string sha256;
  std::int64_t size = 0;  ///< bytes
  std::string media_type;
};
/// Nothing was taken. `error.where`: "blob.kind" (no JPEG or PNG), "blob.size", "blob.room", or "blob.file" (it cannot be read).
struct AttachFailed { Id visit; base::Error error; };

/// A file that may be attached.
struct PhotoFile {
  std::string path, name;
  Instant at;  ///< when it was written
};
struct PhotosFound { std::vector<PhotoFile> files; };  ///< newest first
struct Pixels {
  int width = 0, height = 0;
  std::string rgba;       ///< row by row from the top, four bytes each
  bool place = false;     ///< the photo says where it was taken
};
/// `pixels` empty: `error` says why. Fault::NotFound: it is not on this tablet yet.
struct PhotoOpened {
  std::string sha256;
  std::shared_ptr<const Pixels> pixels;
  std::optional<base::Error> error;
};

/// An operation the server kept without effect.
struct Refused {
  std::int64_t number = 0;
  Id case_id;
  Id record;
  std::string kind;    ///< operation's code word
  std::string code;    ///< refusal's code word: "stale"
  std::string detail;
  Instant at;
};
struct SyncReceipt {
  std::int64_t number = 0;
  Instant at;
  std::int64_t through = 0;
};
enum class SyncPhase { Idle, Sending, Waiting, Failed };
/// The whole of what is known about sync; replaces the one before.
struct SyncStatus {
  SyncPhase phase = SyncPhase::Idle;
  bool online = false;
  int waiting = 0;                    ///< operations not acknowledged yet
  int done = 0, total = 0;            ///< while Sending
  std::optional<SyncReceipt> receipt; ///< last one
  std::optional<Instant> last_tried;
  std::optional<Instant> next_try;
  std::optional<base::Error> error;   ///< of the last try; empty after a good one
  std::optional<base::Error> blob_trouble;  ///< why photos wait although the words went
  std::string error_code;             ///< of an RFC 9457 problem, when there was one: "revoked"
  std::vector<Refused> refused;       ///< kept until put right
  std::optional<Instant> lease_until; ///< the tablet shows what it has until then
  bool lease_soon = false;            ///< that is near
  bool clock_set_back = false;        ///< the clock on the wall is behind what the tablet knows of the time
};
struct NetworkChanged { bool online = false; };

struct SearchHit {
  Id case_id;
  Id record;            ///< nil: the child or family itself
  std::string snippet;  ///< the words around it, those found between U+0002 and U+0003
  Id draft = {};        ///< the visit, when it was found in a draft of this worker's own
};
struct SearchHits { std::uint64_t number = 0; std::vector<SearchHit> hits; };

/// Those of CheckSpelling.
struct SpellingChecked { std::vector<std::string> right, wrong; };
/// The likeliest first, at most limits::kSuggestions; may be none.
struct SpellingSuggested {
  std::string word;
  std::vector<std::string> suggestions;
};

/// The tablet itself, at that moment. Empty: it could not be found out.
struct DeviceLooked {
  std::optional<int> battery_percent;
  bool charging = false;
  std::optional<std::int64_t> free_bytes;        ///< where what is written is kept
  std::optional<Millis> clock_ahead;             ///< of the case server's when it last answered; negative: behind
  std::optional<Instant> synced_at;              ///< when all was last exchanged with it, by this tablet's clock
  std::optional<Instant> certificate_until;      ///< the worker's
};

struct Tick {};         ///< a deadline of next_deadline() came
struct WindowHidden {}; ///< another window came in front, screen locked, suspended: covers, and saves now

using Event = std::variant<Started, UnlockResult, PassphraseChanged, UnfinishedFound, UnfinishedFailed, Loaded, Commanded, Saved, SaveFailed,
                           DraftChanged, Submitted, SubmitFailed, OperationFailed, Attached, AttachFailed, PhotosFound, PhotoOpened, SyncStatus,
                           NetworkChanged, SearchHits, SpellingChecked, SpellingSuggested, DeviceLooked, Tick, WindowHidden>;

}  // namespace doorstep::state
