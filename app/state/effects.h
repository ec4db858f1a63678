#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "app/state/caseload.h"
#include "platform/base/secret.h"
#include "sync/merge/merge.h"
#include "sync/model/records.h"

/// What update() wants done in the world. app/work carries each out, in order, and answers with Events.
namespace doorstep::state {

/// Open the vault and the store. Answer: UnlockResult, then Loaded.
struct Unlock { base::Secret passphrase; };
/// First unlock: make the vault under this passphrase, the store, and the worker's key. Answer: UnlockResult, then Loaded.
struct CreatePassphrase { base::Secret passphrase; };
/// Wrap the vault's key by another passphrase. Answer: PassphraseChanged.
struct ChangePassphrase { base::Secret old, fresh; };
/// Close the store, wipe keys. State holds no case data any more when this is emitted.
struct Lock {};

/// State holds nothing any more of a tablet that is to be wiped: what it held was handed over by the effects before.
struct HandedOver {};

/// Commit the draft and its outbox row. Answer: Saved with the same `edit`, or SaveFailed.
struct SaveDraft {
  model::Visit visit;
  std::uint64_t edit = 0;  ///< counts the changes of this visit: what Saved confirms
  bool urgent = false;     ///< something in it is to reach the server first
  std::int64_t based_on = 0;  ///< version of the DraftChanged or DraftItem it was typed on: newer changes are merged, not lost
};
/// Words typed that no record holds yet. `key`: whose they are and where, in State's words; kept while `case_id` is here.
struct UnfinishedWords {
  std::string key;
  Id case_id;        ///< nil: of no case
  std::string text;  ///< empty: there are none any more
};
/// Commit them, all together. No answer when it is done, UnfinishedFailed when not.
struct SaveUnfinished { std::vector<UnfinishedWords> words; };
/// Throw a draft away: a tombstone of it is kept. Answer: Loaded, or OperationFailed.
struct DiscardDraft { Id visit; std::int64_t based_on = 0; };  ///< as SaveDraft's: what it has not seen is not thrown away

/// Save the visit and queue one operation per child that is not skipped, in one transaction. The draft stays, not editable,
/// until the server has every record. Answer: Submitted, then Loaded; or SubmitFailed.
struct Submit {
  model::Visit visit;
  std::map<Id, Id> record_ids;  ///< child -> id of its new record; a part that revises keeps its record's and is not in it
  std::int64_t based_on = 0;    ///< as SaveDraft's: where something newer has come the draft is told anew, and is not submitted
};
// Answer of these: Loaded, or OperationFailed. A refusal comes in SyncStatus.
struct Withdraw { Id case_id; model::RevisionRef on; };
struct Decide { Id case_id; model::Decision decision; };
struct AddAddendum { Id case_id; model::Addendum addendum; };
struct Match { Id provisional; Id target; };  ///< two children
struct SettleAlert { Id case_id; model::RevisionRef on; model::Disposition disposition; };
/// Settle one conflict of a draft (merge::settle on its body). Answer: DraftChanged, or SaveFailed.
struct SettleConflict {
  Id visit;
  std::string path;
  merge::Choice choice;
  std::int64_t based_on = 0;  ///< as SaveDraft's: the texts that were shown
};

/// Copy a file into the encrypted store; where it came from it stays. Answer: Attached, or AttachFailed.
struct AttachFile { Id visit, child; std::string path; };
/// The photos of this record or draft that are not here are to be fetched. Answer: Loaded, whenever one has come.
struct FetchBlobs { Id record; };

/// The newest JPEG and PNG files of the camera's folder. Answer: PhotosFound.
struct ListPhotos {};
/// Make pixels of it. Answer: PhotoOpened.
struct OpenPhoto { std::string sha256; };

struct SyncNow {};
/// A person has dealt with what the server answered to this operation: it is not told again. Answer: SyncStatus.
struct DismissAnswer { std::int64_t number = 0; };
struct Search { std::string query; std::uint64_t number = 0; };     ///< Answer: SearchHits with the same number
/// Are these words of a dictionary? Each once. Answer: SpellingChecked.
struct CheckSpelling { std::vector<std::string> words; };
/// What may be meant by a misspelt word. Answer: SpellingSuggested.
struct SuggestSpelling { std::string word; };
/// The shell's: text size and colours. `scale` is 1..2.
struct ApplyLook { float scale = 1; int look = 0; };
/// How the tablet itself stands. Answer: DeviceLooked.
struct LookAtDevice {};
/// Keep the settings on this tablet.
struct SaveSettings { std::string json; };

using Effect = std::variant<Unlock, CreatePassphrase, ChangePassphrase, Lock, HandedOver, SaveDraft, SaveUnfinished, DiscardDraft, Submit, Withdraw,
                            Decide, AddAddendum, Match, SettleAlert, SettleConflict, AttachFile, FetchBlobs, ListPhotos, OpenPhoto, SyncNow,
                            DismissAnswer, Search, CheckSpelling, SuggestSpelling, ApplyLook, LookAtDevice, SaveSettings>;
using Effects = std::vector<Effect>;

}  // namespace doorstep::state
