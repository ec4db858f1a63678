#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "platform/base/error.h"
#include "platform/base/limits.h"
#include "platform/base/secret.h"

namespace doorstep::base {

/// A photo or drawing on disk: a file that grows at its end, piece by piece, and is whole or is not there. Each piece is
/// XChaCha20-Poly1305 under the file's own key, bound to the file and to its place in it, so that it can be read from anywhere
/// and goes on where it was cut off (a secretstream can do neither). Whoever destroys the key has destroyed the file.
///
/// While it grows it is `path` with ".part" behind its name. Every call opens and closes the file; several processes may share it.
class SealedFile {
 public:
  static constexpr std::size_t kKeyBytes = 32;
  static constexpr std::size_t kPieceBytes = 1024 * 1024;  ///< at most, in one append()

  /// `name`: what the file is, the same for ever; it is part of what is authenticated. The key is copied.
  SealedFile(std::filesystem::path path, std::string name, const Secret& key);

  /// Whether finish() has made it whole.
  bool whole() const;
  /// Bytes (of the content) in the file that grows, or in the whole one; 0: there is none. What a crash tore off is not counted.
  Result<std::int64_t> size() const;
  /// Puts `bytes` at the end when the end is at `offset`, and nothing otherwise. Durable when it returns the size there is now.
  /// Full: the disk is; the file is as it was. Conflict: it is whole already.
  Result<std::int64_t> append(std::int64_t offset, std::string_view bytes);
  /// At most `most` bytes from `offset` on; empty past the end. Fault::NotFound; Corrupt: a piece is not what was written.
  Result<std::string> read(std::int64_t offset, std::size_t most) const;
  /// Of the content, 64 hex digits; reads all of it. Faults as read().
  Result<std::string> sha256_hex() const;
  /// Makes it whole: rename, fsync of the folder. Again is harmless.
  Result<void> finish();
  /// Removes it, whole or not. Not being there is no error.
  Result<void> remove();

 private:
  std::filesystem::path path_, part_;
  std::string name_;
  Secret key_;
};

/// Whether photos may take so much of the disk this folder is on: they leave limits::kBlobFreeBytes of it for words. Else Fault::Full.
Result<void> room_for(const std::filesystem::path& folder, std::size_t bytes, std::int64_t keep_free = limits::kBlobFreeBytes);

}  // namespace doorstep::base
