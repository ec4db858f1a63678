#include "platform/vault/slot.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <sodium.h>

#include <algorithm>
#include <memory>

#include "platform/vault/binary.h"

namespace doorstep::vault {
namespace {

constexpr std::string_view kMagic = "DSTSLOT1";
constexpr std::uint8_t kFormat = 1;
constexpr std::uint8_t kArgon2id13 = 2;
constexpr std::size_t kSaltBytes = 16, kKeyBytes = 32, kNonce = 24, kTag = 16, kSum = 32;
constexpr std::size_t kWrapped = kNonce + kKeyBytes + kTag;  // 72

const unsigned char* raw(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }

Bytes write_header(const SlotHeader& header) {
  DOORSTEP_ASSERT(header.salt.size() == kSaltBytes && header.db_salt.size() == kSaltBytes && header.key_name.size() <= 64);
  Writer out;
  out.bytes(kMagic);
  out.number(kFormat);
  out.number(static_cast<std::uint8_t>(header.level));
  out.number(kArgon2id13);
  out.number(header.cost.passes);
  out.number(header.cost.memory_mib);
  out.bytes(header.device.bytes());
  out.bytes(header.user.bytes());
  out.number(header.slot);
  out.number(header.sequence);
  out.bytes(header.salt);
  out.bytes(header.db_salt);
  out.text(header.key_name);
  return out.take();
}

bool below(KdfCost cost, KdfCost floor) { return cost.passes < floor.passes || cost.memory_mib < floor.memory_mib; }

Error damaged() { return {Fault::Corrupt, "vault.slot", "the key slot is damaged"}; }

}  // namespace

Bytes seal_slot(const SlotHeader& header, const Secret& kek, const Secret& key) {
  DOORSTEP_ASSERT(kek.size() == kKeyBytes && key.size() == kKeyBytes);
  Bytes out = write_header(header);
  Bytes nonce = base::random_bytes(kNonce);
  Bytes wrapped(kKeyBytes + kTag, '\0');
  crypto_aead_xchacha20poly1305_ietf_encrypt(reinterpret_cast<unsigned char*>(wrapped.data()), nullptr, key.data(), key.size(),
                                             raw(out), out.size(), nullptr, raw(nonce), kek.data());
  out += nonce;
  out += wrapped;
  return out + base::sha256(out);
}

Result<SlotHeader> read_slot_header(std::string_view file, KdfCost minimum) {
  if (file.size() < kMagic.size() + kWrapped + kSum || file.substr(0, kMagic.size()) != kMagic) return damaged();
  std::string_view summed = file.substr(0, file.size() - kSum);
  if (base::sha256(summed) != file.substr(summed.size())) return damaged();
  Reader in(summed);
  in.bytes(kMagic.size());
  if (in.number<std::uint8_t>() != kFormat) return Error{Fault::Unsupported, "vault.slot", "the key slot is of a newer Doorstep"};
  SlotHeader header;
  header.level = static_cast<Level>(in.number<std::uint8_t>());
  auto algorithm = in.number<std::uint8_t>();
  header.cost.passes = in.number<std::uint32_t>();
  header.cost.memory_mib = in.number<std::uint32_t>();
  header.device = Id::from_bytes(in.bytes(16)).value_or(Id());
  header.user = Id::from_bytes(in.bytes(16)).value_or(Id());
  header.slot = in.number<std::uint32_t>();
  header.sequence = in.number<std::uint64_t>();
  header.salt = in.bytes(kSaltBytes);
  header.db_salt = in.bytes(kSaltBytes);
  header.key_name = in.text();
  if (!in.ok() || in.at() + kWrapped != summed.size() || header.key_name.size() > 64) return damaged();
  if (header.level != Level::Keyfile && header.level != Level::Tpm2) return damaged();
  if (algorithm != kArgon2id13) return Error{Fault::Unsupported, "vault.slot", "the key slot uses an unknown derivation"};
  if (below(header.cost, minimum) || below(kMaximumCost, header.cost))
    return Error{Fault::Unsupported, "vault.slot", "the key slot's derivation is weaker or heavier than this program accepts"};
  return header;
}

Result<Opened> open_slot(std::string_view file, const SlotHeader& header, const Secret& kek) {
  DOORSTEP_ASSERT(kek.size() == kKeyBytes && file.size() >= kWrapped + kSum);
  std::string_view wrapped = file.substr(file.size() - kSum - kWrapped, kWrapped);
  std::string_view head = file.substr(0, file.size() - kSum - kWrapped);
  Opened opened{Secret(kKeyBytes), header.db_salt};
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(opened.key.data(), nullptr, nullptr, raw(wrapped) + kNonce, kKeyBytes + kTag,
                                                 raw(head), head.size(), raw(wrapped), kek.data()) != 0)
    return Error{Fault::Locked, "vault.slot", "wrong passphrase"};
  return opened;
}

Result<Derived> derive(const Secret& passphrase, std::string_view salt, KdfCost cost) {
  DOORSTEP_ASSERT(salt.size() == crypto_pwhash_SALTBYTES && !below(cost, kTestCost) && !below(kMaximumCost, cost));
  Secret out(64);
  const char* words = passphrase.empty() ? "" : passphrase.view().data();  // never null, says libsodium
  if (crypto_pwhash(out.data(), out.size(), words, passphrase.size(), raw(salt), cost.passes,
                    std::size_t{cost.memory_mib} * 1024 * 1024, crypto_pwhash_ALG_ARGON2ID13) != 0)
    return Error{Fault::Full, "vault.derive", "not enough memory to check the passphrase; close other programs"};
  return Derived{Secret::copy_of(out.view().substr(0, 32)), Secret::copy_of(out.view().substr(32))};
}

Result<Secret> make_kek(const Secret& rest, const Secret& device_key, const SlotHeader& header) {
  Secret input(rest.size() + device_key.size());
  std::copy_n(device_key.data(), device_key.size(), std::copy_n(rest.data(), rest.size(), input.data()));
  std::string info = "doorstep/kek/v1|" + header.user.str() + "|" + std::to_string(header.slot);
  std::string salt = header.salt, digest = "SHA256";
  std::unique_ptr<EVP_KDF, decltype(&EVP_KDF_free)> kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr), EVP_KDF_free);
  std::unique_ptr<EVP_KDF_CTX, decltype(&EVP_KDF_CTX_free)> context(kdf ? EVP_KDF_CTX_new(kdf.get()) : nullptr, EVP_KDF_CTX_free);
  OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
                             OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, input.data(), input.size()),
                             OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt.data(), salt.size()),
                             OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info.size()),
                             OSSL_PARAM_construct_end()};
  Secret kek(kKeyBytes);
  if (!context || EVP_KDF_derive(context.get(), kek.data(), kek.size(), parameters) != 1)
    return Error{Fault::Unsupported, "vault.kek", "this OpenSSL has no HKDF"};
  return kek;
}

}  // namespace doorstep::vault
