#include "platform/vault/vault.h"

#include "platform/base/bytes.h"
#include "platform/base/file.h"
#include "platform/base/limits.h"
#include "platform/base/log.h"
#include "platform/vault/tpm2_provider.h"

namespace doorstep::vault {
namespace {

constexpr std::size_t kSaltBytes = 16, kKeyBytes = 32;

std::string counter_name(const Id& device, const Id& user) { return "doorstep/throttle/v1|" + device.str() + "|" + user.str(); }

}  // namespace

std::unique_ptr<KeyProvider> provider_for(const VaultPlace& place, const std::filesystem::path& keys, const std::string& chip) {
  const auto file = base::read_file(place.folder / "slot", limits::kKeyFileBytes);
  const auto header = file ? read_slot_header(*file, {0, 0}) : Result<SlotHeader>(file.error());
  const bool tpm = header ? header->level == Level::Tpm2 : tpm_answers(chip);
  if (tpm) return std::make_unique<Tpm2Provider>(keys, chip);
  return std::make_unique<KeyfileProvider>(keys);
}

Vault::Vault(VaultPlace place, KeyProvider& provider, const base::Clock& clock, std::string boot_id,
             std::optional<KdfCost> test_cost, Pins pins)
    : place_(std::move(place)),
      provider_(provider),
      throttle_(place_.folder / "throttle", clock, std::move(boot_id), provider.counter(counter_name(place_.device, place_.user))),
      test_cost_(test_cost),
      pins_(pins),
      hash_key_(Secret::random(32)) {
  DOORSTEP_ASSERT(!test_cost_ || (test_cost_->passes >= kTestCost.passes && test_cost_->memory_mib >= kTestCost.memory_mib));
}

KdfCost Vault::cost() const { return test_cost_ ? *test_cost_ : minimum_cost(provider_.level()); }

bool Vault::exists() const {
  std::error_code error;
  return std::filesystem::exists(slot_file(), error);
}

Result<SlotHeader> Vault::load(Bytes& file) const {
  DOORSTEP_TRY_ASSIGN(file, base::read_file(slot_file(), limits::kKeyFileBytes));
  DOORSTEP_TRY_ASSIGN(SlotHeader header, read_slot_header(file, cost()));
  if (header.device != place_.device || header.user != place_.user)
    return Error{Fault::Denied, "vault.slot", "the key slot is another worker's or another device's"};
  if (header.level != provider_.level()) return Error{Fault::Unsupported, "vault.slot", "the key slot needs another key provider"};
  return header;
}

Result<void> Vault::write(SlotHeader header, const Secret& key, const Secret& passphrase) {
  header.level = provider_.level();
  header.cost = cost();
  header.salt = base::random_bytes(kSaltBytes);
  DOORSTEP_TRY_ASSIGN(Derived derived, derive(passphrase, header.salt, header.cost));
  DOORSTEP_TRY_ASSIGN(header.key_name, provider_.create(derived.auth));
  auto finish = [&]() -> Result<void> {
    DOORSTEP_TRY_ASSIGN(Secret device_key, provider_.unseal(header.key_name, derived.auth));
    DOORSTEP_TRY_ASSIGN(Secret kek, make_kek(derived.rest, device_key, header));
    return base::write_file_atomic(slot_file(), seal_slot(header, kek, key), base::Access::Owner);
  };
  auto written = finish();
  if (written.has_value()) return written;
  // It may have failed after the slot took its place: then the slot opens with the new key alone.
  const auto there = base::read_file(slot_file(), limits::kKeyFileBytes);
  const auto named = there.has_value() ? read_slot_header(*there, {0, 0}) : Result<SlotHeader>(there.error());
  if (named.has_value() ? named->key_name != header.key_name : named.error().fault == Fault::NotFound)
    (void)provider_.destroy(header.key_name);
  return written;
}

Result<Opened> Vault::create(std::string_view passphrase) {
  if (auto problem = check_passphrase(passphrase, pins())) return Error{Fault::Invalid, "vault.create", problem->code};
  if (exists()) return Error{Fault::Conflict, "vault.create", "there is a key slot already"};
  DOORSTEP_TRY(base::make_private_folder(place_.folder));
  DOORSTEP_TRY(throttle_.start());
  SlotHeader header;
  header.device = place_.device;
  header.user = place_.user;
  header.db_salt = base::random_bytes(kSaltBytes);
  Opened opened{Secret::random(kKeyBytes), header.db_salt};
  DOORSTEP_TRY(write(header, opened.key, normalised(passphrase)));
  return opened;
}

Bytes Vault::fingerprint(const Secret& passphrase, const SlotHeader& header) const {
  return base::hmac_sha256(hash_key_.view(), base::hmac_sha256(header.salt, passphrase.view()));
}

Result<Opened> Vault::try_open(std::string_view file, const SlotHeader& header, const Secret& passphrase) {
  DOORSTEP_TRY_ASSIGN(Derived derived, derive(passphrase, header.salt, header.cost));
  DOORSTEP_TRY_ASSIGN(Secret device_key, provider_.unseal(header.key_name, derived.auth));
  DOORSTEP_TRY_ASSIGN(Secret kek, make_kek(derived.rest, device_key, header));
  return open_slot(file, header, kek);
}

Result<Opened> Vault::unlock(std::string_view passphrase, AtTenth at_tenth) {
  Bytes file;
  DOORSTEP_TRY_ASSIGN(SlotHeader header, load(file));
  if (passphrase.size() > kPassphraseBytes) return Error{Fault::Locked, "vault.unlock", "wrong passphrase"};  // never accepted
  DOORSTEP_TRY_ASSIGN(base::Millis wait, throttle_.wait());
  if (wait > base::Millis(0))
    return Error{Fault::Throttled, "vault.unlock", "wait " + std::to_string((wait.count() + 999) / 1000) + " seconds"};
  Secret text = normalised(passphrase);
  // The same wrong passphrase again tells an attacker nothing: a stuck key must not use up a worker's tries.
  if (!last_wrong_.empty() && fingerprint(text, header) == last_wrong_)
    return Error{Fault::Locked, "vault.unlock", "wrong passphrase, the same as before"};

  DOORSTEP_TRY(throttle_.count());
  auto opened = try_open(file, header, text);
  if (opened.has_value()) {
    last_wrong_.clear();
    DOORSTEP_TRY(throttle_.clear());
  } else if (opened.error().fault == Fault::Locked) {
    last_wrong_ = fingerprint(text, header);
    DOORSTEP_TRY_ASSIGN(const std::uint32_t tries, failures());
    if (at_tenth == AtTenth::Destroy && tries >= kTries) {
      DOORSTEP_TRY(destroy());
      return Error{Fault::NotFound, "vault.destroyed", "the tenth wrong passphrase destroyed the key"};
    }
  } else {
    DOORSTEP_TRY(throttle_.uncount());
  }
  return opened;
}

Result<void> Vault::change_passphrase(std::string_view old_passphrase, std::string_view new_passphrase) {
  if (auto problem = check_passphrase(new_passphrase, pins())) return Error{Fault::Invalid, "vault.change", problem->code};
  return rewrap(old_passphrase, new_passphrase, nullptr);
}

Result<void> Vault::replace_key(std::string_view passphrase, const Opened& fresh) { return rewrap(passphrase, passphrase, &fresh); }

Result<void> Vault::make_durable() const { return base::make_durable(slot_file()); }

Result<void> Vault::rewrap(std::string_view old_passphrase, std::string_view new_passphrase, const Opened* fresh) {
  DOORSTEP_TRY_ASSIGN(Opened opened, unlock(old_passphrase));
  Bytes file;
  DOORSTEP_TRY_ASSIGN(SlotHeader header, load(file));
  std::string old_key = header.key_name;
  ++header.sequence;
  if (fresh) header.db_salt = fresh->db_salt;
  DOORSTEP_TRY(write(header, fresh ? fresh->key : opened.key, normalised(new_passphrase)));
  // A kept copy of the old slot is worthless from here on. When this fails the change is made all the same.
  if (auto destroyed = provider_.destroy(old_key); destroyed.has_error()) base::log_error("vault.old_key_stays", destroyed.error());
  return {};
}

Result<void> Vault::destroy() {
  auto file = base::read_file(slot_file(), limits::kKeyFileBytes);
  std::unique_ptr<Counter> counter;
  if (file.has_value()) {
    // Whatever its cost says: only the name of the device key is needed, and of the counter.
    auto header = read_slot_header(*file, {0, 0});
    if (header.has_value()) {
      DOORSTEP_TRY(provider_.destroy(header->key_name));
      counter = provider_.counter(counter_name(header->device, header->user));
    }
  }
  for (const char* name : {"slot", "slot.new", "throttle", "throttle.new"}) DOORSTEP_TRY(base::erase_file(place_.folder / name));
  last_wrong_.clear();
  if (!counter) return {};
  // A place in the chip is all that it keeps.
  if (auto removed = counter->remove(); removed.has_error()) base::log_error("vault.counter_stays", removed.error());
  return {};
}

}  // namespace doorstep::vault
