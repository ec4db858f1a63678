#pragma once
#include <filesystem>
#include <string>

#include "platform/base/error.h"
#include "platform/base/id.h"
#include "platform/base/secret.h"

namespace doorstep::config {

/// What enrolment leaves in a tablet's folder, beside the folder's own copy of device.toml: written by doorstep-provision,
/// read by doorstep. Nothing in it opens the worker's data.
struct Enrolment {
  base::Id device;
  base::Id worker;
  std::string worker_name;
  base::Secret device_key;         ///< PEM; file mode 0600
  std::string device_certificate;  ///< PEM
  std::string ca;                  ///< PEM: the authority that issued it
  std::string ticket;              ///< file mode 0600; exchanged once for the worker's certificate
};

/// Makes the folder (mode 0700) and writes enrolment.toml last: a crash before leaves a tablet that is not enrolled.
/// Fault::Conflict when it is enrolled already; nothing is changed then.
base::Result<void> write_enrolment(const std::filesystem::path& folder, const Enrolment& enrolment, std::string_view device_toml);

/// Fault::NotFound: not enrolled. Fault::Corrupt names the file and what is wrong with it.
base::Result<Enrolment> read_enrolment(const std::filesystem::path& folder);

/// The folder's own device.toml.
std::filesystem::path device_toml(const std::filesystem::path& folder);

}  // namespace doorstep::config
