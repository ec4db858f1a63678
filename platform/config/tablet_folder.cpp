#include "platform/config/tablet_folder.h"

#include <algorithm>
#include <charconv>

#include "platform/base/file.h"
#include "platform/base/limits.h"
#include "platform/base/log.h"

namespace doorstep::config {

using base::Error;
using base::Fault;
using base::Result;

namespace {
constexpr std::string_view kCertificateBegins = "-----BEGIN CERTIFICATE-----";
}

Result<Trust> pinned_trust(const std::filesystem::path& tablet, const std::filesystem::path& system) {
  for (const auto& file : {system, tablet / kTrustFile}) {
    auto pem = base::read_file(file, limits::kKeyFileBytes);
    if (pem.has_error() && pem.error().fault == Fault::NotFound) continue;
    if (pem.has_error()) return pem.error();
    auto trust = parse_trust(*pem);
    if (trust.has_error())
      return Error{Fault::Corrupt, "config.trust", file.string() + " cannot be used: " + trust.error().detail};
    return trust;
  }
  return Trust();
}

std::optional<DevicePair> renewed_pair(const std::filesystem::path& tablet, const std::function<bool(const DevicePair&)>& fits) {
  auto text = base::read_file(tablet / kDevicePairFile, limits::kKeyFileBytes);
  if (text.has_error()) return std::nullopt;
  const auto at = text->find(kCertificateBegins);
  std::optional<DevicePair> out;
  if (at != std::string::npos) out = DevicePair{base::Secret::copy_of(std::string_view(*text).substr(0, at)), text->substr(at)};
  base::wipe(*text);
  return out && fits(*out) ? std::move(out) : std::nullopt;
}

Result<void> keep_renewed_pair(const std::filesystem::path& tablet, const DevicePair& pair) {
  base::Secret both(pair.key.size() + pair.certificate.size());
  std::copy(pair.certificate.begin(), pair.certificate.end(), std::copy_n(pair.key.data(), pair.key.size(), both.data()));
  return base::write_file_atomic(tablet / kDevicePairFile, both.view(), base::Access::Owner);
}

std::int64_t seen_serial(const std::filesystem::path& tablet) {
  const auto text = base::read_file(tablet / kSerialFile, limits::kConfigBytes);
  std::int64_t serial = 0;
  if (text.has_value()) std::from_chars(text->data(), text->data() + text->size(), serial);
  return std::max<std::int64_t>(serial, 0);
}

Result<void> see_serial(const std::filesystem::path& tablet, std::int64_t serial) {
  if (serial <= seen_serial(tablet)) return {};
  return base::write_file_atomic(tablet / kSerialFile, std::to_string(serial) + "\n", base::Access::Owner);
}

std::optional<Problem> older_than_seen(const DeviceConfig& config, std::int64_t seen, const std::string& file_name) {
  if (config.serial >= seen) return std::nullopt;
  return Problem{file_name, config.serial_line, "serial",
                 "this file is older than one that this tablet has taken: its serial is " + std::to_string(config.serial) +
                     ", that one's was " + std::to_string(seen),
                 "use the newest file; to go back to earlier settings, give them a higher serial"};
}

Parsed<DeviceConfig> load_tablet_config(const std::filesystem::path& tablet, const std::filesystem::path& system) {
  const std::string name(kDeviceTomlFile);
  const auto trust = pinned_trust(tablet, system);
  if (trust.has_error()) return std::vector{Problem{name, 0, "", trust.error().detail, "call IT"}};
  auto loaded = load_device_file(tablet / name, *trust);
  if (auto* problems = std::get_if<std::vector<Problem>>(&loaded)) return std::move(*problems);
  auto& config = std::get<DeviceFile>(loaded).config;
  if (auto older = older_than_seen(config, seen_serial(tablet), name)) return std::vector{std::move(*older)};
  if (const auto kept = see_serial(tablet, config.serial); kept.has_error())  // a full disk keeps nobody from their notes
    base::log_error("config.serial_not_kept", kept.error());
  return std::move(config);
}

}  // namespace doorstep::config
