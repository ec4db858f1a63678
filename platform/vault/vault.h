#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "platform/base/time.h"
#include "platform/vault/key_provider.h"
#include "platform/vault/passphrase.h"
#include "platform/vault/slot.h"
#include "platform/vault/throttle.h"

namespace doorstep::vault {

/// Where one worker's slot on one device lies, and whose it is. Both ids are bound into the slot.
struct VaultPlace {
  std::filesystem::path folder;  ///< made with mode 0700; holds "slot" and "throttle"
  Id device;
  Id user;
};

/// What guards the device key there: what the slot was made with; where there is none yet, the TPM at `chip` (as Tpm2Provider has it;
/// empty: none) if one answers, else files. Both keep in `keys`.
std::unique_ptr<KeyProvider> provider_for(const VaultPlace& place, const std::filesystem::path& keys, const std::string& chip);

inline constexpr std::uint32_t kTries = 10;  ///< wrong passphrases in a row (security.md section 2)

/// What the tenth wrong passphrase in a row does, and every one after it.
enum class AtTenth {
  Wait,     ///< an hour: what was not sent would be lost with the key
  Destroy,  ///< destroy(): all of it has its sealed copy
};

/// One worker's key on this device, wrapped by a passphrase, or a PIN in its place, and a device key (security.md section 2). Nothing is kept
/// in memory between calls, except a keyed hash of the last wrong passphrase. One thread; unlock takes about half a second.
class Vault {
 public:
  /// `provider` and `clock` must outlive this; `boot_id`: os::boot_id(). `test_cost`: only tests pass it, and it makes a vault
  /// that others refuse. `pins`: what the council decided; where no chip counts the tries none is taken all the same. It is about
  /// what is chosen from now on: a PIN that was chosen before opens.
  Vault(VaultPlace place, KeyProvider& provider, const base::Clock& clock, std::string boot_id,
        std::optional<KdfCost> test_cost = std::nullopt, Pins pins = Pins::Refused);

  bool exists() const;
  /// Whether a PIN may be chosen here.
  Pins pins() const { return provider_.level() == Level::Tpm2 ? pins_ : Pins::Refused; }

  /// Makes the slot and a fresh random key. Fault::Conflict: there is a slot already. Fault::Invalid: check_passphrase says
  /// no; `detail` is its code.
  Result<Opened> create(std::string_view passphrase);

  /// Fault::Locked: wrong passphrase; counted, unless it is the same one as the last wrong one. Fault::Throttled: not tried,
  /// wait() says how long. Fault::Full: not enough memory for the derivation, and then not counted; or no room on the disk to
  /// count the try, and then not tried. Fault::Corrupt, Unsupported: the slot itself; not counted. Fault::NotFound: no slot, or
  /// its device key is gone; "vault.destroyed": this try was the tenth, and nothing opens any more. What Tpm2Provider says of its chip
  /// ("vault.chip"): not counted. Fault::Denied: the slot is another worker's or another device's. A count that was lost destroys
  /// nothing by itself: only a wrong passphrase does.
  Result<Opened> unlock(std::string_view passphrase, AtTenth at_tenth = AtTenth::Wait);

  /// As unlock(old), then wraps the same key anew under a fresh salt and a fresh device key; the old passphrase opens
  /// nothing any more, the database is not touched. A crash leaves the old slot or the new one.
  Result<void> change_passphrase(std::string_view old_passphrase, std::string_view new_passphrase);

  /// As unlock(passphrase), then wraps `fresh` in the old key's place, which nothing opens any more. A crash leaves a slot that
  /// opens the old key or the new one; so may a failure: unlock() tells which.
  Result<void> replace_key(std::string_view passphrase, const Opened& fresh);
  /// What replaced the slot last is on the disk when this returns: the one before it cannot come back.
  Result<void> make_durable() const;

  /// How long until unlock will try; zero: now.
  Result<base::Millis> wait() { return throttle_.wait(); }
  /// Wrong passphrases in a row.
  Result<std::uint32_t> failures() { return throttle_.failures(); }

  /// Makes the key unrecoverable, and with it the database: device key and slot are destroyed.
  Result<void> destroy();

 private:
  KdfCost cost() const;
  std::filesystem::path slot_file() const { return place_.folder / "slot"; }
  Result<SlotHeader> load(Bytes& file) const;
  Result<Opened> try_open(std::string_view file, const SlotHeader& header, const Secret& passphrase);
  /// `fresh`: empty keeps the key.
  Result<void> rewrap(std::string_view old_passphrase, std::string_view new_passphrase, const Opened* fresh);
  Result<void> write(SlotHeader header, const Secret& key, const Secret& passphrase);
  Bytes fingerprint(const Secret& passphrase, const SlotHeader& header) const;

  VaultPlace place_;
  KeyProvider& provider_;
  Throttle throttle_;
  std::optional<KdfCost> test_cost_;
  Pins pins_;
  Secret hash_key_;
  Bytes last_wrong_;
};

}  // namespace doorstep::vault
