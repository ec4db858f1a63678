#include "app/store/impl.h"
#include "platform/base/bytes.h"
#include "platform/base/file.h"
#include "platform/base/log.h"
#include "platform/base/mutant.h"
#include "platform/base/sealed_file.h"
#include "sync/model/attachment.h"
#include "sync/wire/codec.h"

namespace doorstep::store {
namespace {

namespace fs = std::filesystem;
using base::SealedFile;

constexpr std::string_view kColumns = "SELECT id, key, sha256, size, coalesce(need, 0), whole FROM blobs ";

struct BlobRow {
  Id id;
  base::Secret key;
  std::string sha256;
  std::int64_t size = 0, need = 0;
  bool whole = false;
};

BlobRow row_of(const sql::Row& row) {
  return {row.id(0), base::Secret::copy_of(row.blob(1)), row.string(2), row.integer(3), row.integer(4), row.boolean(5)};
}

SealedFile file_of(const fs::path& folder, const BlobRow& blob) {
  return {folder / blob.id.str(), "DOORSTEP-BLOB|" + blob.id.str(), blob.key};
}

BlobRow fresh(std::string sha256, std::int64_t size, Instant now) {
  return {Id::v7(now, base::random_bytes(10)), base::Secret::random(SealedFile::kKeyBytes), std::move(sha256), size};
}

Result<std::optional<BlobRow>> find(sql::Db& db, const std::string& sha256) {
  std::optional<BlobRow> out;
  DOORSTEP_TRY(db.query(std::string(kColumns) + "WHERE sha256=?", sha256, [&](const sql::Row& row) { out = row_of(row); }));
  return out;
}

Result<void> insert(sql::Db& db, const BlobRow& blob, bool referred) {
  DOORSTEP_TRY(db.exec("INSERT INTO blobs(sha256, id, key, size, whole, referred) VALUES (?,?,?,?,?,?)", blob.sha256, blob.id,
                       store::blob(blob.key.view()), blob.size, blob.whole, referred));
  return {};
}

Error no_room() { return {Fault::Full, "blob.room", "there is no room for it on this tablet"}; }

}  // namespace

Result<void> Store::Impl::refer(Id record, const std::vector<model::Attachment>& named) {
  for (const model::Attachment& one : named) {
    DOORSTEP_TRY(db.exec("INSERT OR IGNORE INTO blob_refs(record, sha256, size) VALUES (?,?,?)", record, one.sha256, one.size));
    DOORSTEP_TRY(db.exec("UPDATE blobs SET referred=1 WHERE sha256=? AND referred=0", one.sha256));
  }
  return {};
}

Result<void> Store::Impl::refer_draft(Id visit, std::string_view body) {
  std::vector<model::Attachment> named;
  if (body.find("\"attachments\"") != body.npos) {  // most drafts have none, and are saved at every pause
    DOORSTEP_TRY_ASSIGN(const auto draft, wire::decode<model::Visit>(body));
    named = model::attachments_of(draft);
  }
  std::vector<std::string> before;
  DOORSTEP_TRY(db.query("SELECT sha256 FROM blob_refs WHERE record=?", visit,
                        [&](const sql::Row& row) { before.push_back(row.string(0)); }));
  for (const std::string& sha256 : before)
    if (std::none_of(named.begin(), named.end(), [&](const auto& one) { return one.sha256 == sha256; })) {
      DOORSTEP_TRY(db.exec("DELETE FROM blob_refs WHERE record=? AND sha256=?", visit, sha256));
      DOORSTEP_TRY(db.exec("UPDATE blobs SET need=NULL WHERE sha256=?1 AND NOT EXISTS (SELECT 1 FROM blob_refs WHERE sha256=?1)", sha256));
    }
  return refer(visit, named);
}

Result<void> Store::Impl::collect_blobs(Loose loose) {
  DOORSTEP_TRY_ASSIGN(const auto any, db.first<std::int64_t>("SELECT EXISTS(SELECT 1 FROM blobs) OR EXISTS(SELECT 1 FROM blob_refs)"));
  if (any.value_or(0) == 0 && loose == Loose::Kept) return {};
  std::vector<Id> gone;
  {
    DOORSTEP_TRY_ASSIGN(auto tx, sql::Transaction::begin(db));
    // A submission that is kept for a server that is restored must find its photos; no other operation says a record's words. One
    // that was refused is a draft again.
    DOORSTEP_TRY(db.exec("DELETE FROM blob_refs WHERE NOT EXISTS (SELECT 1 FROM revisions r WHERE r.record=blob_refs.record)"
                         " AND NOT EXISTS (SELECT 1 FROM drafts d WHERE d.visit=blob_refs.record)"
                         " AND NOT EXISTS (SELECT 1 FROM queued q WHERE q.record=blob_refs.record)"
                         " AND NOT EXISTS (SELECT 1 FROM outlived o WHERE o.record=blob_refs.record)"
                         " AND NOT EXISTS (SELECT 1 FROM ops o WHERE o.record=blob_refs.record AND o.kind='submit' AND o.bytes<>''"
                         " AND o.status IS NOT 'refused'" +
                         std::string(base::mutant("acked-photo-thrown-away") ? " AND o.acked=0)" : ")")));
    // What the server awaits is sent first: its visit may have been submitted on another tablet.
    const std::string which = " WHERE NOT EXISTS (SELECT 1 FROM blob_refs r WHERE r.sha256=blobs.sha256) AND (whole=0 OR (need IS NULL" +
                              std::string(needs_more ? " AND 0))" : "))") +
                              std::string(loose == Loose::Kept ? " AND referred=1" : "");
    DOORSTEP_TRY(db.query("SELECT id FROM blobs" + which, [&](const sql::Row& row) { gone.push_back(row.id(0)); }));
    if (!gone.empty()) DOORSTEP_TRY(db.exec("DELETE FROM blobs" + which));
    DOORSTEP_TRY(tx.commit());  // without its key a file means nothing
  }
  std::error_code none;
  for (Id id : gone)
    for (const char* end : {"", ".part"}) fs::remove(blob_folder / (id.str() + end), none);
  if (loose == Loose::Kept) return {};
  std::set<Id> known;
  DOORSTEP_TRY(db.query("SELECT id FROM blobs", [&](const sql::Row& row) { known.insert(row.id(0)); }));
  std::vector<fs::path> left;  // by a crash between a file and its row
  for (const auto& entry : fs::directory_iterator(blob_folder, none)) {
    const auto id = Id::parse(entry.path().stem().string());
    if (!id || !known.contains(*id)) left.push_back(entry.path());
  }
  for (const fs::path& path : left) fs::remove(path, none);
  return {};
}

Result<void> Store::Impl::take_need(const wire::BlobNeed& need) {
  DOORSTEP_TRY_ASSIGN(const auto here, db.exec("UPDATE blobs SET need=?2 WHERE sha256=?1 AND ?2 BETWEEN 0 AND size", need.sha256,
                                               need.have));
  needs_more = needs_more && here > 0;
  return {};
}

Result<void> Store::Impl::take_needs(const wire::SyncReply& reply) {
  if (!base::mutant("photo-missed-for-ever")) absent.clear();
  needs_more = reply.need && reply.need->size() >= limits::kBlobsNeeded;  // unless it names others' already: this tablet's come first
  DOORSTEP_TRY(db.exec("UPDATE blobs SET need=NULL WHERE need IS NOT NULL"));
  for (const wire::BlobNeed& need : reply.need.value_or(std::vector<wire::BlobNeed>()))
    DOORSTEP_TRY(take_need(need));
  return {};
}

Result<bool> Store::Impl::blobs_to_move() {
  DOORSTEP_TRY_ASSIGN(const auto any,
                      db.first<std::int64_t>("SELECT EXISTS(SELECT 1 FROM blobs WHERE need IS NOT NULL AND whole=1)"
                                             " OR EXISTS(SELECT 1 FROM blob_refs r WHERE wanted=1 AND NOT EXISTS"
                                             " (SELECT 1 FROM blobs b WHERE b.sha256=r.sha256 AND b.whole=1))"));
  return any.value_or(0) != 0;
}

Result<NewBlob> Store::add_blob(std::string_view bytes, Instant now) {
  const auto media_type = model::media_type_of(bytes);
  if (bytes.size() > limits::kBlobBytes) return Error{Fault::Full, "blob.size", "it is larger than 10 MB"};
  if (media_type.empty()) return Error{Fault::Invalid, "blob.kind", "it is not a JPEG or PNG"};
  NewBlob out{base::sha256_hex(bytes), static_cast<std::int64_t>(bytes.size()), std::string(media_type)};
  auto& db = impl_->db;
  DOORSTEP_TRY_ASSIGN(auto known, find(db, out.sha256));
  if (known && known->whole) {
    auto kept = file_of(impl_->blob_folder, *known).sha256_hex();
    if (kept && *kept == out.sha256) {  // from here on it waits for its record, whatever becomes of those that had it before
      DOORSTEP_TRY(db.exec("UPDATE blobs SET referred=0 WHERE sha256=?", out.sha256));
      return out;
    }
  }

  DOORSTEP_TRY(base::make_private_folder(impl_->blob_folder));
  DOORSTEP_TRY(base::room_for(impl_->blob_folder, bytes.size()));
  BlobRow row = fresh(out.sha256, out.size, now);
  row.whole = true;
  SealedFile file = file_of(impl_->blob_folder, row);
  auto write = [&]() -> Result<void> {
    for (std::size_t at = 0; at < bytes.size(); at += SealedFile::kPieceBytes)
      DOORSTEP_TRY(file.append(static_cast<std::int64_t>(at), bytes.substr(at, SealedFile::kPieceBytes)));
    return file.finish();
  };
  auto keep = [&]() -> Result<void> {
    DOORSTEP_TRY_ASSIGN(auto tx, sql::Transaction::begin(db));
    if (known)
      DOORSTEP_TRY(db.exec("UPDATE blobs SET id=?, key=?, whole=1, damaged=0 WHERE sha256=?", row.id, store::blob(row.key.view()),
                           row.sha256));
    else DOORSTEP_TRY(insert(db, row, false));
    return tx.commit();
  };
  auto done = write();
  if (done) done = keep();
  if (done) {
    if (known) DOORSTEP_TRY(file_of(impl_->blob_folder, *known).remove());
    return out;
  }
  DOORSTEP_TRY(file.remove());
  return done.error().fault == Fault::Full ? no_room() : done.error();
}

Result<std::string> Store::blob(const std::string& sha256) {
  DOORSTEP_TRY_ASSIGN(const auto row, find(impl_->db, sha256));
  if (!row || !row->whole) return Error{Fault::NotFound, "store.blob", "it is not on this tablet"};
  auto bytes = file_of(impl_->blob_folder, *row).read(0, limits::kBlobBytes);
  if (bytes && base::sha256_hex(*bytes) == sha256) return bytes;
  if (bytes.has_error() && bytes.error().fault != Fault::Corrupt && bytes.error().fault != Fault::NotFound) return bytes.error();
  base::log_event("blob.damaged");
  DOORSTEP_TRY(impl_->db.exec("UPDATE blobs SET whole=0, damaged=1, need=NULL WHERE sha256=?", sha256));
  return Error{Fault::Corrupt, "store.blob", "its file is not what was written"};
}

Result<void> Store::want_blobs(Id record) {
  DOORSTEP_TRY_ASSIGN(auto tx, sql::Transaction::begin(impl_->db));
  DOORSTEP_TRY(impl_->db.exec("UPDATE blob_refs SET wanted=1 WHERE record=? AND wanted=0 AND NOT EXISTS"
                              " (SELECT 1 FROM blobs b WHERE b.sha256=blob_refs.sha256 AND b.whole=1)", record));
  return tx.commit();
}

Result<BlobStep> Store::next_blob(std::size_t max_bytes) {
  auto& db = impl_->db;
  BlobStep step;
  std::vector<BlobRow> awaited;
  DOORSTEP_TRY(db.query(std::string(kColumns) + "WHERE need IS NOT NULL AND whole=1 ORDER BY size-need, sha256",
                        [&](const sql::Row& row) { awaited.push_back(row_of(row)); }));
  for (const BlobRow& row : awaited) {
    auto bytes = file_of(impl_->blob_folder, row).read(row.need, max_bytes);
    const std::size_t left = static_cast<std::size_t>(row.size - row.need);
    if (bytes && bytes->size() == std::min(left, max_bytes)) {
      step.what = BlobStep::What::Send;
      step.sha256 = row.sha256;
      step.offset = row.need;
      step.bytes = std::move(*bytes);
      return step;
    }
    if (bytes.has_error() && bytes.error().fault == Fault::Io) return bytes.error();
    base::log_event("blob.damaged");
    DOORSTEP_TRY(db.exec("UPDATE blobs SET whole=0, damaged=1, need=NULL WHERE sha256=?", row.sha256));
    DOORSTEP_TRY_ASSIGN(step.purge_waited, impl_->ended());
  }

  struct Wanted { std::string sha256; std::int64_t size; };
  std::vector<Wanted> wanted;
  DOORSTEP_TRY(db.query("SELECT sha256, min(size) FROM blob_refs r WHERE wanted=1 AND NOT EXISTS"
                        " (SELECT 1 FROM blobs b WHERE b.sha256=r.sha256 AND b.whole=1) GROUP BY sha256 ORDER BY 2, 1",
                        [&](const sql::Row& row) { wanted.push_back({row.string(0), row.integer(1)}); }));
  for (const Wanted& one : wanted) {
    if (impl_->absent.contains(one.sha256)) continue;
    DOORSTEP_TRY_ASSIGN(auto row, find(db, one.sha256));
    if (!row) {
      row = fresh(one.sha256, one.size, {});
      DOORSTEP_TRY(insert(db, *row, true));
    }
    const SealedFile file = file_of(impl_->blob_folder, *row);
    DOORSTEP_TRY_ASSIGN(std::int64_t have, file.size());
    if (have >= one.size) {  // closed between its last byte and its check
      DOORSTEP_TRY(impl_->check_fetched(one.sha256));
      continue;
    }
    if (file.whole()) have = 0;  // damaged: it begins anew
    step.what = BlobStep::What::Fetch;
    step.sha256 = one.sha256;
    step.offset = have;
    step.most = std::min(max_bytes, static_cast<std::size_t>(one.size - have));
    return step;
  }
  return step;
}

Result<void> Store::blob_sent(const std::string& sha256, std::int64_t have, bool ended) {
  if (base::mutant("photo-gone-when-sent")) DOORSTEP_TRY(impl_->db.exec("DELETE FROM blobs WHERE sha256=?", sha256));
  DOORSTEP_TRY(impl_->db.exec("UPDATE blobs SET need=CASE WHEN ?3 OR ?2 NOT BETWEEN 0 AND size THEN NULL ELSE ?2 END WHERE sha256=?1",
                              sha256, have, ended));
  return {};
}

Result<void> Store::blob_fetched(const std::string& sha256, std::int64_t offset, std::string_view bytes) {
  DOORSTEP_TRY_ASSIGN(const auto row, find(impl_->db, sha256));
  if (!row || row->whole) return {};  // its case left meanwhile, or it was added here
  DOORSTEP_TRY(base::make_private_folder(impl_->blob_folder));
  DOORSTEP_TRY(base::room_for(impl_->blob_folder, bytes.size()));
  SealedFile file = file_of(impl_->blob_folder, *row);
  if (file.whole()) DOORSTEP_TRY(file.remove());  // damaged, or it would not have been asked for
  auto have = file.append(offset, bytes);
  if (have.has_error()) return have.error().fault == Fault::Full ? no_room() : have.error();
  return *have >= row->size ? impl_->check_fetched(sha256) : Result<void>();
}

Result<void> Store::Impl::check_fetched(const std::string& sha256) {
  DOORSTEP_TRY_ASSIGN(const auto row, find(db, sha256));
  if (!row) return {};
  SealedFile file = file_of(blob_folder, *row);
  auto hash = file.sha256_hex();
  if (hash.has_error() && hash.error().fault != Fault::Corrupt) return hash.error();
  if ((!hash || *hash != sha256) && !base::mutant("photo-without-hash")) {
    base::log_event("blob.differs");
    absent.insert(sha256);
    return file.remove();
  }
  DOORSTEP_TRY(file.finish());
  DOORSTEP_TRY_ASSIGN(auto tx, sql::Transaction::begin(db));
  DOORSTEP_TRY(db.exec("UPDATE blobs SET whole=1, damaged=0 WHERE sha256=?", sha256));
  DOORSTEP_TRY(db.exec("UPDATE blob_refs SET wanted=0 WHERE sha256=?", sha256));
  return tx.commit();
}

Result<void> Store::blob_absent(const std::string& sha256) {
  impl_->absent.insert(sha256);
  return {};
}

}  // namespace doorstep::store
