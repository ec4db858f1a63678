#include "sync/server/sealing.h"

#include <sodium.h>

#include "platform/base/bytes.h"

namespace doorstep::server {

namespace {

using base::Error;
using base::Fault;
using base::Id;
using base::Result;
using base::Secret;

constexpr std::size_t kNonce = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, kTag = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t kKey = crypto_aead_xchacha20poly1305_ietf_KEYBYTES;
static_assert(kSealBytes == kNonce + kTag);

const unsigned char* raw(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }

Secret derived(const Secret& from, std::string_view purpose) {
  std::string bytes = base::hmac_sha256(from.view(), purpose);
  Secret out = Secret::copy_of(bytes);
  base::wipe(bytes);
  return out;
}

std::string seal(const Secret& key, std::string_view place, std::string_view text) {
  DOORSTEP_ASSERT(key.size() == kKey);
  std::string out = base::random_bytes(kNonce);
  out.resize(kNonce + text.size() + kTag);
  crypto_aead_xchacha20poly1305_ietf_encrypt(reinterpret_cast<unsigned char*>(out.data()) + kNonce, nullptr, raw(text),
                                             text.size(), raw(place), place.size(), nullptr, raw(out), key.data());
  return out;
}

Result<std::string> open(const Secret& key, std::string_view place, std::string_view sealed) {
  const Error damaged{Fault::Corrupt, "server.sealed", "what is kept here was changed, moved, or sealed under another key"};
  DOORSTEP_ASSERT(key.size() == kKey);
  if (sealed.size() < kSealBytes) return damaged;
  std::string out(sealed.size() - kSealBytes, '\0');
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(reinterpret_cast<unsigned char*>(out.data()), nullptr, nullptr,
                                                 raw(sealed) + kNonce, sealed.size() - kNonce, raw(place), place.size(),
                                                 raw(sealed), key.data()) != 0)
    return damaged;
  return out;
}

std::string place_of_name(Id of) { return "DOORSTEP-NAME|" + of.str(); }
std::string place_of_key(Id record, Id home) { return "DOORSTEP-RECORD-KEY|" + home.str() + "|" + record.str(); }
std::string place_of_body(Id home, Id record, std::int64_t rev) {
  return "DOORSTEP-RECORD|" + home.str() + "|" + record.str() + "|" + std::to_string(rev);
}
std::string place_of_operation(Id device, std::int64_t incarnation, std::int64_t number, std::string_view part) {
  return "DOORSTEP-OPERATION|" + device.str() + "|" + std::to_string(incarnation) + "|" + std::to_string(number) + "|" +
         std::string(part);
}

}  // namespace

Sealer::Sealer(const Secret& file_key)
    : records_(derived(file_key, "doorstep/records/v1")), names_(derived(file_key, "doorstep/names/v1")) {}

std::string Sealer::check(std::string_view epoch) const {
  return base::to_hex(base::hmac_sha256(records_.view(), "doorstep/check/v1|" + std::string(epoch)));
}

std::string Sealer::seal_name(Id of, std::string_view name) const { return seal(names_, place_of_name(of), name); }
Result<std::string> Sealer::open_name(Id of, std::string_view sealed) const { return open(names_, place_of_name(of), sealed); }

Sealer::Made Sealer::make_key(Id record, Id home) const {
  Secret key = Secret::random(kKey);
  std::string wrapped = wrap(record, home, key);
  return {{home, std::move(key)}, std::move(wrapped)};
}

std::string Sealer::wrap(Id record, Id home, const Secret& key) const {
  return seal(records_, place_of_key(record, home), key.view());
}

Result<RecordKey> Sealer::unwrap(Id record, Id home, std::string_view wrapped) const {
  DOORSTEP_TRY_ASSIGN(std::string bytes, open(records_, place_of_key(record, home), wrapped));
  Secret key = Secret::copy_of(bytes);
  base::wipe(bytes);
  if (key.size() != kKey) return Error{Fault::Corrupt, "server.sealed", "a record's key has another length"};
  return RecordKey{home, std::move(key)};
}

std::string seal_body(const RecordKey& key, Id record, std::int64_t rev, std::string_view body) {
  return seal(key.key, place_of_body(key.home, record, rev), body);
}
Result<std::string> open_body(const RecordKey& key, Id record, std::int64_t rev, std::string_view sealed) {
  return open(key.key, place_of_body(key.home, record, rev), sealed);
}

std::string seal_operation(const RecordKey& key, Id device, std::int64_t incarnation, std::int64_t number, std::string_view part,
                           std::string_view text) {
  return seal(key.key, place_of_operation(device, incarnation, number, part), text);
}
Result<std::string> open_operation(const RecordKey& key, Id device, std::int64_t incarnation, std::int64_t number,
                                   std::string_view part, std::string_view sealed) {
  return open(key.key, place_of_operation(device, incarnation, number, part), sealed);
}

}  // namespace doorstep::server
