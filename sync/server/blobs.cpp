#include "sync/server/blobs.h"

#include <algorithm>

#include "platform/base/file.h"
#include "platform/base/log.h"
#include "platform/base/mutant.h"
#include "platform/base/sealed_file.h"
#include "sync/model/attachment.h"
#include "sync/rules/calendar.h"
#include "sync/wire/codec.h"

namespace doorstep::server {

namespace {

namespace fs = std::filesystem;
using base::Error;
using base::Fault;
using base::SealedFile;

Error unknown() { return {Fault::NotFound, "server.blob", "no such photo or drawing"}; }

SealedFile file_of(const BlobFolder& place, const BlobRow& blob) {
  return {place.folder / blob.id.str(), "DOORSTEP-BLOB|" + blob.id.str(), blob.key};
}

/// NotFound: it was taken off its draft meanwhile.
Result<void> note(Repository& repository, Id blob, std::optional<Instant> verified_at) {
  return insist(repository, [&]() -> Result<void> {
    DOORSTEP_TRY_ASSIGN(auto unit, repository.write_within({}));
    DOORSTEP_TRY(unit->set_verified(blob, verified_at));
    DOORSTEP_TRY_ASSIGN(const bool known, unit->blob_known(blob));
    if (!known) return unknown();
    return unit->commit();
  });
}

/// The last byte is here, perhaps since before a crash.
Result<void> verify(const BlobRow& blob, SealedFile& file) {
  auto hash = file.sha256_hex();
  if (!hash && hash.error().fault != Fault::Corrupt) return hash.error();
  if (base::mutant("part-is-whole") || base::mutant("photo-by-length")) return file.finish();
  if (hash && *hash == blob.sha256) return file.finish();
  base::log_event("blob.differs");
  DOORSTEP_TRY(file.remove());
  return Error{Fault::Invalid, "server.blob", "another hash"};
}

Result<bool> may_read(Unit& unit, const Actor& actor, Id record, Date today) {
  if (base::mutant("photo-for-whoever-asks")) return true;
  DOORSTEP_TRY_ASSIGN(const auto cases, unit.cases_listing(record));
  for (Id id : cases) {
    DOORSTEP_TRY_ASSIGN(const auto row, unit.case_row(id));
    if (row && entitled(actor.worker, *row, today)) return true;
  }
  return false;
}

/// Whether somebody may still want it: a record that was submitted names it for ever, a draft while its newest state does.
Result<bool> referred_to(Unit& unit, const BlobRow& blob, Instant now) {
  DOORSTEP_TRY_ASSIGN(const auto references, unit.references(blob.id));
  for (const auto& [record, device_id] : references) {
    DOORSTEP_TRY_ASSIGN(const auto head, unit.head(record));
    if (head && head->kind != model::RecordKind::Visit && base::mutant("photo-collected-early")) continue;
    if (!head || head->kind != model::RecordKind::Visit || head->at + limits::kBlobKept > now) return true;
    DOORSTEP_TRY_ASSIGN(const auto device, unit.device(device_id));
    if (device && device->active && (!device->seen_at || *device->seen_at <= head->at)) return true;  // it may have more to send
    auto visit = wire::decode<model::Visit>(head->body);
    if (!visit) return true;
    const auto named = model::attachments_of(*visit);
    if (!visit->discarded.value_or(false) &&
        std::any_of(named.begin(), named.end(), [&](const auto& one) { return one.sha256 == blob.sha256; }))
      return true;
  }
  return false;
}

}  // namespace

Result<wire::BlobState> take_blob_part(Repository& repository, const BlobFolder& place, const Actor& actor, const std::string& sha256,
                                       std::int64_t offset, std::string_view bytes, Instant now) {
  std::optional<BlobRow> blob;
  {
    DOORSTEP_TRY_ASSIGN(auto unit, repository.read());
    DOORSTEP_TRY_ASSIGN(blob, unit->blob_of(actor.worker.id, sha256));
  }
  if (!blob) return unknown();
  if (blob->verified_at) return wire::BlobState{blob->size, true};
  const auto count = static_cast<std::int64_t>(bytes.size());
  if (offset > blob->size - count) return Error{Fault::Invalid, "server.blob", "another length"};

  DOORSTEP_TRY(base::make_private_folder(place.folder));
  DOORSTEP_TRY(base::room_for(place.folder, bytes.size(), place.keep_free));
  SealedFile file = file_of(place, *blob);
  auto have = file.append(offset, bytes);
  if (!have && have.error().fault != Fault::Conflict) return have.error();
  const bool last = base::mutant("photo-by-length") && offset + count == blob->size;
  if (have && *have < blob->size && !last && !base::mutant("part-is-whole")) return wire::BlobState{*have, false};
  DOORSTEP_TRY(verify(*blob, file));
  DOORSTEP_TRY(note(repository, blob->id, now));
  return wire::BlobState{blob->size, true};
}

Result<BlobPart> read_blob(Repository& repository, const BlobFolder& place, const Actor& actor, const std::string& sha256,
                           std::int64_t offset, std::size_t most, Instant now) {
  std::optional<BlobRow> found;
  {
    DOORSTEP_TRY_ASSIGN(auto unit, repository.read());
    DOORSTEP_TRY_ASSIGN(auto named, unit->blobs_with(sha256));
    for (auto& [record, blob] : named) {
      DOORSTEP_TRY_ASSIGN(const bool may, may_read(*unit, actor, record, rules::uk_date(now)));
      if (!may) continue;
      found = std::move(blob);
      break;
    }
  }
  if (!found) return unknown();
  auto bytes = file_of(place, *found).read(offset, most);
  const std::int64_t left = std::clamp<std::int64_t>(found->size - offset, 0, static_cast<std::int64_t>(most));
  const bool missing = bytes && static_cast<std::int64_t>(bytes->size()) < left;
  if (bytes && !missing) return BlobPart{std::move(*bytes), found->size};
  if (bytes.has_error() && bytes.error().fault != Fault::NotFound && bytes.error().fault != Fault::Corrupt) return bytes.error();
  base::log_event("blob.lost");
  DOORSTEP_TRY(file_of(place, *found).remove());
  DOORSTEP_TRY(note(repository, found->id, std::nullopt));
  return unknown();
}

Result<std::vector<wire::BlobNeed>> blob_needs(Repository& repository, const BlobFolder& place, const std::vector<BlobRow>& awaited,
                                               Instant now) {
  std::vector<wire::BlobNeed> out;
  for (const BlobRow& blob : awaited) {
    SealedFile file = file_of(place, blob);
    DOORSTEP_TRY_ASSIGN(std::int64_t have, file.size());
    if (file.whole()) {  // killed before it was noted
      if (whole_blob(place, blob)) {
        DOORSTEP_TRY(file.finish());  // its name may not be durable yet
        if (const auto noted = note(repository, blob.id, now); !noted && noted.error().fault != Fault::NotFound) return noted.error();
        continue;
      }
      DOORSTEP_TRY(file.remove());  // and damaged since
      have = 0;
    }
    out.push_back({blob.sha256, have});
  }
  return out;
}

Result<std::string> whole_blob(const BlobFolder& place, const BlobRow& blob) {
  const SealedFile file = file_of(place, blob);
  DOORSTEP_TRY_ASSIGN(std::string bytes, file.read(0, limits::kBlobBytes));
  if (!file.whole() || base::sha256_hex(bytes) != blob.sha256)
    return Error{Fault::Corrupt, "server.blob", "it is not what its hash says"};
  return bytes;
}

Result<std::int64_t> collect_blobs(Repository& repository, const BlobFolder& place, Instant now) {
  constexpr std::int64_t kPage = 200;
  std::int64_t removed = 0;
  Id last;
  for (std::size_t rows = kPage; rows == kPage;) {
    DOORSTEP_TRY_ASSIGN(auto unit, repository.write());
    DOORSTEP_TRY_ASSIGN(auto page, unit->blobs_added(now + -base::Millis(limits::kBlobKept), last, kPage));
    rows = page.size();
    for (const BlobRow& blob : page) {
      last = blob.id;
      DOORSTEP_TRY_ASSIGN(const bool wanted, referred_to(*unit, blob, now));
      if (wanted) continue;
      DOORSTEP_TRY(unit->drop_blob(blob.id));  // its key with it: the file means nothing from the commit on
      DOORSTEP_TRY(unit->audit({now, {}, {}, "collect", blob.id, "applied"}));
      ++removed;
    }
    DOORSTEP_TRY(unit->commit());
  }
  DOORSTEP_TRY(remove_loose_files(repository, place));
  return removed;
}

Result<void> remove_loose_files(Repository& repository, const BlobFolder& place) {
  std::vector<fs::path> files;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(place.folder, none)) files.push_back(entry.path());
  DOORSTEP_TRY_ASSIGN(auto unit, repository.read());
  for (const fs::path& file : files) {
    const auto id = Id::parse(file.stem().string());
    if (!id) continue;
    DOORSTEP_TRY_ASSIGN(const bool known, unit->blob_known(*id));
    if (!known) fs::remove(file, none);
  }
  return {};
}

}  // namespace doorstep::server
