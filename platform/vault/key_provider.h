#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "platform/base/error.h"
#include "platform/base/secret.h"

namespace doorstep::vault {

using base::Error;
using base::Fault;
using base::Result;
using base::Secret;

/// What guards a device key, weakest first. Written into the slot; the values are part of the format.
enum class Level : unsigned char {
  Keyfile = 1,  ///< a file: whoever copies the disk has it, so only a passphrase protects
  Tpm2 = 3,     ///< a chip that counts guesses, so a PIN is enough
};

/// A number that only rises and that no copy of the disk takes back. One thread.
class Counter {
 public:
  virtual ~Counter() = default;
  /// Fault::NotFound: it was not begun.
  virtual Result<std::uint64_t> read() = 0;
  /// By one, durably; begins it where it was not begun, at a number of its own choice. The number it is then.
  virtual Result<std::uint64_t> raise() = 0;
  /// Frees its place. Begun again, it begins higher than it was. One that is not there is no error.
  virtual Result<void> remove() = 0;
};

/// Holds device keys of 32 bytes outside the slot. A key has a name (at most 64 letters, digits and hyphens) that the slot
/// remembers. One thread.
class KeyProvider {
 public:
  virtual ~KeyProvider() = default;
  /// Makes a fresh random key that only `auth` (32 bytes) releases, durably; its name.
  virtual Result<std::string> create(const Secret& auth) = 0;
  /// Fault::NotFound: no such key. Fault::Locked: the provider checked `auth` and it is wrong.
  virtual Result<Secret> unseal(const std::string& name, const Secret& auth) = 0;
  /// Makes the key unrecoverable. A key that is not there is no error.
  virtual Result<void> destroy(const std::string& name) = 0;
  virtual Level level() const = 0;
  /// The counter of what is named so (any bytes), begun or not; null: this provider has none.
  virtual std::unique_ptr<Counter> counter(std::string_view) const { return nullptr; }
};

inline constexpr std::size_t kDeviceKeyBytes = 32;

/// The file of a key in a provider's folder. Fault::Invalid: not the name of a key (it comes from a file: no paths).
Result<std::filesystem::path> key_file(const std::filesystem::path& folder, const std::string& name, const char* ending);

/// Keys in files of mode 0600 in a folder of mode 0700: for machines without a TPM. It cannot check `auth`: whoever reads
/// the file has the key, and the passphrase is then all that protects the worker's data (security.md section 2).
class KeyfileProvider final : public KeyProvider {
 public:
  explicit KeyfileProvider(std::filesystem::path folder) : folder_(std::move(folder)) {}
  Result<std::string> create(const Secret& auth) override;
  Result<Secret> unseal(const std::string& name, const Secret& auth) override;
  Result<void> destroy(const std::string& name) override;
  Level level() const override { return Level::Keyfile; }

 private:
  std::filesystem::path folder_;
};

}  // namespace doorstep::vault
