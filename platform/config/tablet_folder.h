#pragma once
#include <string_view>

/// The files of a tablet's data folder that doorstep-provision writes and doorstep reads. All of them 0600, folder 0700.
namespace doorstep::config {

/// The council's file, byte for byte, and beside it the file that its server.ca_file names.
inline constexpr std::string_view kDeviceTomlFile = "device.toml";
/// The device's private key, PEM (PKCS#8). Made first: enrolling again after a lost reply uses the same key.
inline constexpr std::string_view kDeviceKeyFile = "device.key";
/// What the server answered to the enrolment, as JSON (wire::EnrolReply): device, worker, the device's certificate, the
/// authority, the activation ticket. Written last: where it is, the tablet is enrolled.
inline constexpr std::string_view kEnrolmentFile = "enrolment.json";

}  // namespace doorstep::config
