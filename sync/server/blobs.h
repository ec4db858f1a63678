#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "platform/base/limits.h"
#include "sync/server/push.h"
#include "sync/server/repository.h"

/// The bytes of photos and drawings: files in a folder, each encrypted under a key that stands in the database. What the database
/// says of them is rows.h's BlobRow. Several server processes may share the folder.
namespace doorstep::server {

struct BlobFolder {
  std::filesystem::path folder;                       ///< made when the first comes
  std::int64_t keep_free = limits::kBlobFreeBytes;    ///< of its disk, in bytes
};

/// Takes the bytes at `offset` of a photo that an operation of this worker's referred to. What the answer counts is on disk; bytes
/// that do not begin where it ends are not taken. With the last byte its hash is checked, and only then it is there.
/// NotFound: no operation of this worker's named it. Invalid: it has another length or hash; it begins again from 0. Full.
Result<wire::BlobState> take_blob_part(Repository& repository, const BlobFolder& place, const Actor& actor, const std::string& sha256,
                                       std::int64_t offset, std::string_view bytes, Instant now);

struct BlobPart {
  std::string bytes;
  std::int64_t size = 0;  ///< of the whole
};
/// For whoever may read a case that lists a record which refers to it, and for nobody else: NotFound, as for one that is not here.
/// A file that is gone or damaged is NotFound too, and is asked for again.
Result<BlobPart> read_blob(Repository& repository, const BlobFolder& place, const Actor& actor, const std::string& sha256,
                           std::int64_t offset, std::size_t most, Instant now);

/// What of `awaited` is still to be sent, and from where. One that turns out to be here is noted so.
Result<std::vector<wire::BlobNeed>> blob_needs(Repository& repository, const BlobFolder& place, const std::vector<BlobRow>& awaited,
                                               Instant now);

/// All of it, for an export. NotFound: it is not here; Corrupt.
Result<std::string> whole_blob(const BlobFolder& place, const BlobRow& blob);

/// Removes, with its key, what nothing refers to any more: no record that was submitted, and no draft as it is now, for
/// limits::kBlobKept, and the tablets that sent it have synced since. Also files without a row. Returns how many.
Result<std::int64_t> collect_blobs(Repository& repository, const BlobFolder& place, Instant now);
/// Files without a row: their keys are gone, or a crash left them.
Result<void> remove_loose_files(Repository& repository, const BlobFolder& place);

}  // namespace doorstep::server
