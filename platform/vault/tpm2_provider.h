#pragma once
#include <filesystem>
#include <string>

#include "platform/vault/key_provider.h"

namespace doorstep::vault {

/// The kernel's resource-managed TPM, as Tss2_TctiLdr_Initialize names it. Who may use it is in the group "tss".
inline constexpr const char* kTpmDevice = "device:/dev/tpmrm0";

/// Keys sealed by this machine's TPM 2.0 (security.md section 2): what lies in the folder opens with that chip alone, and the chip
/// counts wrong values of `auth` itself, also when the machine is off in between. Bound to no PCR: an update would lock workers
/// out. What goes over the bus is encrypted, in a session that is salted with the chip's own storage key. Each call opens the
/// chip and leaves nothing in it. Other programs may use it meanwhile.
/// Faults besides KeyProvider's, all with `where` "vault.chip": Offline: the chip does not answer. Throttled: it counted too many wrong tries, whoever made them,
/// and refuses even the right one for a time. NotFound: the key was sealed by another chip, or this one was cleared. Io: it
/// refused for another reason.
class Tpm2Provider final : public KeyProvider {
 public:
  /// `chip`: as Tss2_TctiLdr_Initialize takes it.
  Tpm2Provider(std::filesystem::path folder, std::string chip) : folder_(std::move(folder)), chip_(std::move(chip)) {}
  Result<std::string> create(const Secret& auth) override;
  Result<Secret> unseal(const std::string& name, const Secret& auth) override;
  /// The file is all there is of it.
  Result<void> destroy(const std::string& name) override;
  Level level() const override { return Level::Tpm2; }
  /// An index in the chip's own memory, of its owner's; needs the owner's password to be empty, as it is where nobody set one.
  /// It can be raised by whoever can use the chip. Its faults have `where` "vault.counter", but for Offline.
  std::unique_ptr<Counter> counter(std::string_view of) const override;

 private:
  std::filesystem::path folder_;
  std::string chip_;
};

/// Whether a TPM 2.0 answers there. Tells nothing when it does not.
bool tpm_answers(const std::string& chip);

}  // namespace doorstep::vault
