#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "platform/base/error.h"
#include "platform/base/secret.h"
#include "platform/config/device_config.h"

/// The files of a tablet's data folder that doorstep-provision writes and doorstep reads. All of them 0600, folder 0700.
namespace doorstep::config {

/// The council's file, byte for byte, and beside it the file that its server.ca_file names.
inline constexpr std::string_view kDeviceTomlFile = "device.toml";
/// Who may sign it, where the machine itself does not say (kSystemTrustFile).
inline constexpr std::string_view kTrustFile = "trust.pub";
/// The highest serial of a device.toml that was taken here, in digits.
inline constexpr std::string_view kSerialFile = "device.toml.serial";
/// The device's private key, PEM (PKCS#8). Made first: enrolling again after a lost reply uses the same key.
inline constexpr std::string_view kDeviceKeyFile = "device.key";
/// What the server answered to the enrolment, as JSON (wire::EnrolReply): device, worker, the device's certificate, the
/// authority, the activation ticket. Written last: where it is, the tablet is enrolled.
inline constexpr std::string_view kEnrolmentFile = "enrolment.json";

/// The device's key and certificate as they were last renewed, PEM, one behind the other: one file, so that they change together.
/// It counts only for the enrolment beside it; what that left stays as it was.
inline constexpr std::string_view kDevicePairFile = "device.pem";

/// Where Doorstep keeps sealed copies of what was not sent (base::CopyName::file), and the worker's key and database. An
/// enrolment anew leaves the first alone and ends the others. kWholeFile, in the first: everything that waited had its copy.
inline constexpr std::string_view kOutboxFolder = "outbox", kWholeFile = "whole", kVaultFolder = "vault", kDatabaseFile = "replica.db";

/// Who may sign for every tablet of this machine. Root's, so that no worker's program can exchange it.
inline constexpr std::string_view kSystemTrustFile = "/etc/doorstep/trust.pub";

/// Whom a tablet's folder takes a device.toml from: the machine's trust.pub, else the folder's own, else nobody was pinned
/// and it is empty. A trust.pub that cannot be read or understood is an error, not an absence.
base::Result<Trust> pinned_trust(const std::filesystem::path& tablet, const std::filesystem::path& system = kSystemTrustFile);

struct DevicePair {
  base::Secret key;         ///< PEM
  std::string certificate;  ///< PEM
};
/// What kDevicePairFile holds, where it `fits`: it is of the device that is enrolled here, and each of the other. Empty: what
/// enrolment left counts.
std::optional<DevicePair> renewed_pair(const std::filesystem::path& tablet, const std::function<bool(const DevicePair&)>& fits);
/// Durable when it returns; a crash leaves what counted before.
base::Result<void> keep_renewed_pair(const std::filesystem::path& tablet, const DevicePair& pair);

/// The serial of kSerialFile; 0: none was seen. A damaged file counts as none, as a deleted one must.
std::int64_t seen_serial(const std::filesystem::path& tablet);
/// Keeps a higher one durably.
base::Result<void> see_serial(const std::filesystem::path& tablet, std::int64_t serial);

/// The problem of a file with a serial lower than the one seen; empty: none.
std::optional<Problem> older_than_seen(const DeviceConfig& config, std::int64_t seen, const std::string& file_name);

/// The tablet's device.toml as the app takes it when it starts: by a pinned key when there is one, never older than one that
/// was taken before. Its dates are not asked: they say when a file may be brought to a tablet, and a worker in front of a door
/// is not sent away because a clock ran down.
Parsed<DeviceConfig> load_tablet_config(const std::filesystem::path& tablet, const std::filesystem::path& system = kSystemTrustFile);

}  // namespace doorstep::config
