#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "platform/base/error.h"
#include "platform/base/id.h"
#include "platform/base/secret.h"

/// What is kept in a database that others administer is sealed before it goes there: XChaCha20-Poly1305, each record under a key
/// of its own, those wrapped by a master key that stands in a file beside the server. Who has the database, or its backup,
/// has no words; whoever destroys a record's key has erased the record, in every copy.
namespace doorstep::server {

inline constexpr std::size_t kSealBytes = 24 + 16;  ///< nonce and tag: by how much what is sealed is longer

/// A record's own key, and the case it was made for: that is part of what is authenticated and never changes.
struct RecordKey {
  base::Id home;
  base::Secret key;
};

class Sealer {
 public:
  /// `file_key`: the bytes of the server's key file; what is used is derived from them.
  explicit Sealer(const base::Secret& file_key);

  /// Says of a database whether it was written under this key, without telling anything else.
  std::string check(std::string_view epoch) const;

  std::string seal_name(base::Id of, std::string_view name) const;
  base::Result<std::string> open_name(base::Id of, std::string_view sealed) const;

  /// A fresh key for `record`, wrapped.
  struct Made { RecordKey key; std::string wrapped; };
  Made make_key(base::Id record, base::Id home) const;
  /// Of a photo: `record` is the blob's id, `home` its owner.
  std::string wrap(base::Id record, base::Id home, const base::Secret& key) const;
  base::Result<RecordKey> unwrap(base::Id record, base::Id home, std::string_view wrapped) const;

 private:
  base::Secret records_, names_;
};

/// Bound to its place: opened for another case, record or revision it is Fault::Corrupt.
std::string seal_body(const RecordKey& key, base::Id record, std::int64_t rev, std::string_view body);
base::Result<std::string> open_body(const RecordKey& key, base::Id record, std::int64_t rev, std::string_view sealed);

/// The same for an operation of a device: `part` is "bytes" or "detail".
std::string seal_operation(const RecordKey& key, base::Id device, std::int64_t incarnation, std::int64_t number,
                           std::string_view part, std::string_view text);
base::Result<std::string> open_operation(const RecordKey& key, base::Id device, std::int64_t incarnation, std::int64_t number,
                                         std::string_view part, std::string_view sealed);

}  // namespace doorstep::server
