#include "platform/vault/tpm2_provider.h"

#include <sodium.h>
#include <tss2/tss2_esys.h>
#include <tss2/tss2_mu.h>
#include <tss2/tss2_rc.h>
#include <tss2/tss2_tctildr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "platform/base/bytes.h"
#include "platform/base/file.h"
#include "platform/base/limits.h"
#include "platform/vault/binary.h"

namespace doorstep::vault {
namespace {

constexpr std::string_view kMagic = "DSTPM2K1";
constexpr TPM2_HANDLE kStorageKey = 0x81000001;  // where a platform keeps one, if it does (TCG TPM v2.0 Provisioning Guidance, 7.8)

struct Free {
  void operator()(void* p) const noexcept { Esys_Free(p); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

/// What a response code says, without the number of the handle, session or parameter it is about (TPM 2.0 part 2, 6.6).
Error error_of(TSS2_RC code) {
  const bool numbered = code & TPM2_RC_FMT1;
  const TSS2_RC what = code & (numbered ? 0x0BFu : 0xFFFu);
  const std::string words = Tss2_RC_Decode(code);
  if ((code & TSS2_RC_LAYER_MASK) == TSS2_TCTI_RC_LAYER) return {Fault::Offline, "vault.chip", words};
  if (what == TPM2_RC_AUTH_FAIL || what == TPM2_RC_BAD_AUTH) return {Fault::Locked, "vault.tpm", "wrong passphrase"};
  if (what == TPM2_RC_LOCKOUT) return {Fault::Throttled, "vault.chip", "the chip counted too many wrong tries"};
  if (what == TPM2_RC_INTEGRITY) return {Fault::NotFound, "vault.chip", "the key was sealed by another chip"};
  return {Fault::Io, "vault.chip", words};
}
Result<void> check(TSS2_RC code) {
  if (code != TSS2_RC_SUCCESS) return error_of(code);
  return {};
}

/// One conversation with the chip: its storage key, and a session that is salted with it.
class Chip {
 public:
  ~Chip() {
    if (!esys_) return;
    for (ESYS_TR handle : {object_, session_, fresh_})
      if (handle != ESYS_TR_NONE) Esys_FlushContext(esys_, handle);
    Esys_Finalize(&esys_);
    Tss2_TctiLdr_Finalize(&tcti_);
  }
  Chip() = default;
  Chip(const Chip&) = delete;
  Chip& operator=(const Chip&) = delete;

  Result<void> open(const std::string& where) {
    constexpr std::string_view kFile = "device:";
    // Without a name the library would look for a chip by itself; where there is none it says so on standard error.
    if (where.empty() || (where.starts_with(kFile) && ::access(where.c_str() + kFile.size(), R_OK | W_OK) != 0))
      return Error{Fault::Offline, "vault.chip", "there is no TPM that this account may use"};
    if (Tss2_TctiLdr_Initialize(where.c_str(), &tcti_) != TSS2_RC_SUCCESS || Esys_Initialize(&esys_, tcti_, nullptr) != TSS2_RC_SUCCESS) {
      if (tcti_) Tss2_TctiLdr_Finalize(&tcti_);
      return Error{Fault::Offline, "vault.chip", "no TPM 2.0 answers at " + where};
    }
    return {};
  }

  /// `kept`: the one at kStorageKey, else one that every chip makes anew from its own seed, always the same.
  Result<void> use_storage_key(bool kept) {
    if (kept) {
      DOORSTEP_TRY(check(Esys_TR_FromTPMPublic(esys_, kStorageKey, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &parent_)));
    } else {
      TPM2B_PUBLIC storage{};
      TPMT_PUBLIC& area = storage.publicArea;
      area.type = TPM2_ALG_ECC;
      area.nameAlg = TPM2_ALG_SHA256;
      area.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN |
                              TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA | TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT;
      area.parameters.eccDetail.symmetric.algorithm = TPM2_ALG_AES;
      area.parameters.eccDetail.symmetric.keyBits.aes = 128;
      area.parameters.eccDetail.symmetric.mode.aes = TPM2_ALG_CFB;
      area.parameters.eccDetail.scheme.scheme = TPM2_ALG_NULL;
      area.parameters.eccDetail.curveID = TPM2_ECC_NIST_P256;
      area.parameters.eccDetail.kdf.scheme = TPM2_ALG_NULL;
      const TPM2B_SENSITIVE_CREATE none{};
      const TPM2B_DATA outside{};
      const TPML_PCR_SELECTION no_pcr{};
      DOORSTEP_TRY(check(Esys_CreatePrimary(esys_, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &none, &storage,
                                            &outside, &no_pcr, &fresh_, nullptr, nullptr, nullptr, nullptr)));
      parent_ = fresh_;
    }
    TPMT_SYM_DEF symmetric{};
    symmetric.algorithm = TPM2_ALG_AES;
    symmetric.keyBits.aes = 128;
    symmetric.mode.aes = TPM2_ALG_CFB;
    return check(Esys_StartAuthSession(esys_, parent_, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, nullptr, TPM2_SE_HMAC,
                                       &symmetric, TPM2_ALG_SHA256, &session_));
  }
  bool has_kept_key() {
    ESYS_TR found = ESYS_TR_NONE;
    if (Esys_TR_FromTPMPublic(esys_, kStorageKey, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &found) != TSS2_RC_SUCCESS) return false;
    Esys_TR_Close(esys_, &found);
    return true;
  }

  /// Both parts as the chip's own encoding has them.
  struct Sealed { std::string open, closed; };
  Result<Sealed> seal(const Secret& key, const Secret& auth) {
    DOORSTEP_TRY(encrypt(TPMA_SESSION_DECRYPT | TPMA_SESSION_ENCRYPT));
    TPM2B_SENSITIVE_CREATE sensitive{};
    auto& inside = sensitive.sensitive;
    inside.userAuth.size = static_cast<UINT16>(auth.size());
    std::memcpy(inside.userAuth.buffer, auth.data(), auth.size());
    inside.data.size = static_cast<UINT16>(key.size());
    std::memcpy(inside.data.buffer, key.data(), key.size());
    TPM2B_PUBLIC about{};
    about.publicArea.type = TPM2_ALG_KEYEDHASH;
    about.publicArea.nameAlg = TPM2_ALG_SHA256;
    // Without NODA: the chip counts wrong tries.
    about.publicArea.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_USERWITHAUTH;
    about.publicArea.parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL;
    const TPM2B_DATA outside{};
    const TPML_PCR_SELECTION no_pcr{};
    TPM2B_PRIVATE* closed = nullptr;
    TPM2B_PUBLIC* open = nullptr;
    const auto made = check(Esys_Create(esys_, parent_, session_, ESYS_TR_NONE, ESYS_TR_NONE, &sensitive, &about, &outside, &no_pcr,
                                        &closed, &open, nullptr, nullptr, nullptr));
    sodium_memzero(&sensitive, sizeof sensitive);
    DOORSTEP_TRY(made);
    const Owned<TPM2B_PRIVATE> own_closed(closed);
    const Owned<TPM2B_PUBLIC> own_open(open);
    std::array<BYTE, sizeof(TPM2B_PRIVATE) + sizeof(TPM2B_PUBLIC)> buffer;
    std::size_t end = 0;
    DOORSTEP_TRY(check(Tss2_MU_TPM2B_PUBLIC_Marshal(open, buffer.data(), buffer.size(), &end)));
    Sealed out;
    out.open.assign(reinterpret_cast<const char*>(buffer.data()), end);
    end = 0;
    DOORSTEP_TRY(check(Tss2_MU_TPM2B_PRIVATE_Marshal(closed, buffer.data(), buffer.size(), &end)));
    out.closed.assign(reinterpret_cast<const char*>(buffer.data()), end);
    return out;
  }

  Result<Secret> unseal(const Sealed& sealed, const Secret& auth) {
    TPM2B_PUBLIC open{};
    TPM2B_PRIVATE closed{};
    const auto bytes = [](const std::string& text) { return reinterpret_cast<const BYTE*>(text.data()); };
    std::size_t at = 0;
    if (Tss2_MU_TPM2B_PUBLIC_Unmarshal(bytes(sealed.open), sealed.open.size(), &at, &open) != TSS2_RC_SUCCESS || at != sealed.open.size())
      return damaged();
    at = 0;
    if (Tss2_MU_TPM2B_PRIVATE_Unmarshal(bytes(sealed.closed), sealed.closed.size(), &at, &closed) != TSS2_RC_SUCCESS ||
        at != sealed.closed.size())
      return damaged();
    DOORSTEP_TRY(encrypt(TPMA_SESSION_DECRYPT | TPMA_SESSION_ENCRYPT));
    DOORSTEP_TRY(check(Esys_Load(esys_, parent_, session_, ESYS_TR_NONE, ESYS_TR_NONE, &closed, &open, &object_)));
    TPM2B_AUTH value{};
    value.size = static_cast<UINT16>(auth.size());
    std::memcpy(value.buffer, auth.data(), auth.size());
    const auto set = check(Esys_TR_SetAuth(esys_, object_, &value));
    sodium_memzero(&value, sizeof value);
    DOORSTEP_TRY(set);
    DOORSTEP_TRY(encrypt(TPMA_SESSION_ENCRYPT));  // it asks with nothing that could be
    TPM2B_SENSITIVE_DATA* data = nullptr;
    DOORSTEP_TRY(check(Esys_Unseal(esys_, object_, session_, ESYS_TR_NONE, ESYS_TR_NONE, &data)));
    const Owned<TPM2B_SENSITIVE_DATA> own(data);
    Secret out = Secret::copy_of({reinterpret_cast<const char*>(data->buffer), data->size});
    sodium_memzero(data, sizeof *data);
    if (out.size() != kDeviceKeyBytes) return damaged();
    return out;
  }

  /// One of the chip's counters: Fault::NotFound when it was not begun, Fault::Conflict when something else is in its place.
  Result<std::uint64_t> count(TPM2_HANDLE index) {
    DOORSTEP_TRY(find_counter(index));
    TPM2B_MAX_NV_BUFFER* data = nullptr;
    const TSS2_RC read = Esys_NV_Read(esys_, counter_, counter_, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, kCountBytes, 0, &data);
    if (read == TPM2_RC_NV_UNINITIALIZED) return Error{Fault::NotFound, "vault.counter", "it was not begun"};
    DOORSTEP_TRY(check_counter(read));
    const Owned<TPM2B_MAX_NV_BUFFER> own(data);
    std::uint64_t out = 0;
    for (UINT16 i = 0; i < data->size; ++i) out = out << 8 | data->buffer[i];
    return out;
  }
  Result<void> raise(TPM2_HANDLE index) {
    auto found = find_counter(index);
    if (found.has_error() && found.error().fault == Fault::NotFound) {
      TPM2B_NV_PUBLIC about{};
      about.nvPublic.nvIndex = index;
      about.nvPublic.nameAlg = TPM2_ALG_SHA256;
      about.nvPublic.attributes = kCounter;
      about.nvPublic.dataSize = kCountBytes;
      const TPM2B_AUTH nobody{};  // a number that only rises needs no secret
      found = check_counter(
          Esys_NV_DefineSpace(esys_, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &nobody, &about, &counter_));
    }
    DOORSTEP_TRY(found);
    return check_counter(Esys_NV_Increment(esys_, counter_, counter_, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE));
  }
  Result<void> remove(TPM2_HANDLE index) {
    DOORSTEP_TRY(find_counter(index));
    return check_counter(Esys_NV_UndefineSpace(esys_, ESYS_TR_RH_OWNER, counter_, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE));
  }

  static Error damaged() { return {Fault::Corrupt, "vault.tpm", "the file of the sealed key is damaged"}; }

 private:
  // Outside the chip's count of wrong tries: it is read while the chip refuses keys, too.
  static constexpr TPMA_NV kCounter =
      TPMA_NV_AUTHREAD | TPMA_NV_AUTHWRITE | TPMA_NV_NO_DA | (TPM2_NT_COUNTER << TPMA_NV_TPM2_NT_SHIFT);
  static constexpr UINT16 kCountBytes = 8;

  static Result<void> check_counter(TSS2_RC code) {
    auto out = check(code);
    if (out.has_error() && out.error().fault != Fault::Offline) return Error{Fault::Io, "vault.counter", out.error().detail};
    return out;
  }
  Result<void> find_counter(TPM2_HANDLE index) {
    const TSS2_RC found = Esys_TR_FromTPMPublic(esys_, index, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &counter_);
    if ((found & 0x0BFu) == TPM2_RC_HANDLE && (found & TSS2_RC_LAYER_MASK) == 0)
      return Error{Fault::NotFound, "vault.counter", "it was not begun"};
    DOORSTEP_TRY(check_counter(found));
    TPM2B_NV_PUBLIC* about = nullptr;
    DOORSTEP_TRY(check_counter(Esys_NV_ReadPublic(esys_, counter_, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &about, nullptr)));
    const Owned<TPM2B_NV_PUBLIC> own(about);
    if ((about->nvPublic.attributes & ~TPMA_NV_WRITTEN) != kCounter || about->nvPublic.dataSize != kCountBytes)
      return Error{Fault::Conflict, "vault.counter", "something else has its place in the chip"};
    return {};
  }
  Result<void> encrypt(TPMA_SESSION which) {
    constexpr TPMA_SESSION kBoth = TPMA_SESSION_DECRYPT | TPMA_SESSION_ENCRYPT;
    return check(Esys_TRSess_SetAttributes(esys_, session_, which | TPMA_SESSION_CONTINUESESSION, kBoth | TPMA_SESSION_CONTINUESESSION));
  }

  TSS2_TCTI_CONTEXT* tcti_ = nullptr;
  ESYS_CONTEXT* esys_ = nullptr;
  ESYS_TR parent_ = ESYS_TR_NONE, fresh_ = ESYS_TR_NONE, session_ = ESYS_TR_NONE, object_ = ESYS_TR_NONE, counter_ = ESYS_TR_NONE;
};

class Tpm2Counter final : public Counter {
 public:
  Tpm2Counter(std::string chip, TPM2_HANDLE index) : chip_(std::move(chip)), index_(index) {}
  Result<std::uint64_t> read() override {
    Chip chip;
    DOORSTEP_TRY(chip.open(chip_));
    return chip.count(index_);
  }
  Result<std::uint64_t> raise() override {
    Chip chip;
    DOORSTEP_TRY(chip.open(chip_));
    DOORSTEP_TRY(chip.raise(index_));
    return chip.count(index_);
  }
  Result<void> remove() override {
    Chip chip;
    DOORSTEP_TRY(chip.open(chip_));
    auto removed = chip.remove(index_);
    if (removed.has_error() && removed.error().fault == Fault::NotFound) return {};
    return removed;
  }

 private:
  std::string chip_;
  TPM2_HANDLE index_;
};

}  // namespace

std::unique_ptr<Counter> Tpm2Provider::counter(std::string_view of) const {
  // Those that a chip's owner gives out (TCG Registry of Reserved TPM 2.0 Handles and Localities, table 8); found again by name alone.
  constexpr TPM2_HANDLE kFirst = 0x01800000, kHowMany = 0x00400000;
  const std::string hash = base::sha256(of);
  TPM2_HANDLE number = 0;
  for (int i = 0; i < 4; ++i) number = number << 8 | static_cast<unsigned char>(hash[static_cast<std::size_t>(i)]);
  return std::make_unique<Tpm2Counter>(chip_, kFirst + number % kHowMany);
}

Result<std::string> Tpm2Provider::create(const Secret& auth) {
  Chip chip;
  DOORSTEP_TRY(chip.open(chip_));
  const bool kept = chip.has_kept_key();
  DOORSTEP_TRY(chip.use_storage_key(kept));
  DOORSTEP_TRY_ASSIGN(const auto sealed, chip.seal(Secret::random(kDeviceKeyBytes), auth));
  DOORSTEP_TRY(base::make_private_folder(folder_));
  Writer out;
  out.bytes(kMagic);
  out.number(static_cast<std::uint8_t>(kept));
  out.number(static_cast<std::uint16_t>(sealed.open.size()));
  out.bytes(sealed.open);
  out.number(static_cast<std::uint16_t>(sealed.closed.size()));
  out.bytes(sealed.closed);
  const std::string name = base::to_hex(base::random_bytes(16));
  DOORSTEP_TRY_ASSIGN(const auto file, key_file(folder_, name, ".tpm"));
  DOORSTEP_TRY(base::write_file_atomic(file, out.take(), base::Access::Owner));
  return name;
}

Result<Secret> Tpm2Provider::unseal(const std::string& name, const Secret& auth) {
  DOORSTEP_TRY_ASSIGN(const auto file, key_file(folder_, name, ".tpm"));
  DOORSTEP_TRY_ASSIGN(const std::string bytes, base::read_file(file, limits::kKeyFileBytes));
  Reader in(bytes);
  const bool magic = in.bytes(kMagic.size()) == kMagic;
  const auto kept = in.number<std::uint8_t>();
  Chip::Sealed sealed;
  sealed.open = in.bytes(in.number<std::uint16_t>());
  sealed.closed = in.bytes(in.number<std::uint16_t>());
  if (!magic || !in.ok() || !in.at_end() || kept > 1) return Chip::damaged();
  Chip chip;
  DOORSTEP_TRY(chip.open(chip_));
  DOORSTEP_TRY(chip.use_storage_key(kept));
  return chip.unseal(sealed, auth);
}

Result<void> Tpm2Provider::destroy(const std::string& name) {
  DOORSTEP_TRY_ASSIGN(const auto file, key_file(folder_, name, ".tpm"));
  return base::erase_file(file);
}

bool tpm_answers(const std::string& chip) { return Chip().open(chip).has_value(); }

}  // namespace doorstep::vault
