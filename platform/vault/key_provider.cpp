#include "platform/vault/key_provider.h"

#include <algorithm>

#include "platform/base/bytes.h"
#include "platform/base/file.h"

namespace doorstep::vault {
namespace {

constexpr const char* kEnding = ".key";

}  // namespace

Result<std::filesystem::path> key_file(const std::filesystem::path& folder, const std::string& name, const char* ending) {
  bool plain = !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-';
  });
  if (!plain) return Error{Fault::Invalid, "vault.key", "not the name of a key"};
  return folder / (name + ending);
}

Result<std::string> KeyfileProvider::create(const Secret&) {
  DOORSTEP_TRY(base::make_private_folder(folder_));
  std::string name = base::to_hex(base::random_bytes(16));
  DOORSTEP_TRY_ASSIGN(auto file, key_file(folder_, name, kEnding));
  DOORSTEP_TRY(base::write_file_atomic(file, Secret::random(kDeviceKeyBytes).view(), base::Access::Owner));
  return name;
}

Result<Secret> KeyfileProvider::unseal(const std::string& name, const Secret&) {
  DOORSTEP_TRY_ASSIGN(auto file, key_file(folder_, name, kEnding));
  DOORSTEP_TRY_ASSIGN(std::string bytes, base::read_file(file, kDeviceKeyBytes));
  Secret key = Secret::copy_of(bytes);
  base::wipe(bytes);
  if (key.size() != kDeviceKeyBytes) return Error{Fault::Corrupt, "vault.keyfile", "the key file is cut short"};
  return key;
}

Result<void> KeyfileProvider::destroy(const std::string& name) {
  DOORSTEP_TRY_ASSIGN(auto file, key_file(folder_, name, kEnding));
  return base::erase_file(file);
}

}  // namespace doorstep::vault
