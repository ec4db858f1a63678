#pragma once
#include <chrono>
#include <cstdint>
#include <string>

#include "sync/server/blobs.h"
#include "sync/server/repository.h"

/// Erasure that governance ordered: one person orders, another confirms, and no word of a child's record can be got from the server
/// from then on. Hashes, logs, chains, receipts' numbers and the audit stay.
namespace doorstep::server {

inline constexpr auto kErasureOrderLife = std::chrono::hours(24 * 30);  ///< a later confirmation needs a new order

/// Begins it, in place of an earlier order. `by`: a worker_ref. Nothing is destroyed. Each refusal's `detail` says in words why.
/// NotFound: no such record, no child's record, or no such worker. Denied: it waits for a supervisor, or a draft that holds its words
/// is open; the worker has no access, or wrote in it. Conflict: it was erased. Invalid: no reason.
Result<void> order_erasure(Repository& repository, Id record, const std::string& by, const std::string& reason, Instant now);

/// The id under which it is kept that a record was erased which said what this draft says of this child. Submitted on two tablets of
/// its author's, one draft gives two records: the second has another id, and much the same words. Pure.
Id erased_part(Id visit, Id child);

struct ErasureReport {
  std::int64_t records = 0;  ///< with what stood beside it, and its drafts; 0: it was erased before
  std::int64_t photos = 0;
};
/// Confirms it, and erases in one transaction; then the files. What was interrupted, or said Timeout, is finished by confirming again,
/// whoever does. NotFound, Denied: as above; and nobody ordered it, the same person did, or too long ago.
Result<ErasureReport> confirm_erasure(Repository& repository, const BlobFolder& blobs, Id record, const std::string& by, Instant now);

}  // namespace doorstep::server
