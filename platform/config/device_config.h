#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/config/council.h"
#include "platform/config/problem.h"

namespace doorstep::config {

/// "scheme://host:port" in its parts, without the scheme.
struct Endpoint {
  std::string host;
  std::uint16_t port = 0;
  std::string url() const;  ///< "https://host:port"
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

/// A number to call, as a person reads it.
struct Contact {
  std::string label;
  std::string number;
  friend bool operator==(const Contact&, const Contact&) = default;
};

enum class Theme { System, Light, Dark };

/// device.toml: what a council decides about its tablets. Written by a person, the same for all tablets.
struct DeviceConfig {
  Council council;
  struct Server {
    Endpoint sync;                  ///< client certificates only
    Endpoint enrol;                 ///< enrolment only
    std::string name;               ///< the name its certificate must carry
    std::optional<Endpoint> proxy;  ///< an HTTP proxy that both are reached through (CONNECT), spoken to without TLS
    std::string ca_pem;             ///< the council's own authority, PEM; empty until ca_file was read
    std::filesystem::path ca_file;  ///< relative to device.toml; empty when ca_pem stands in it
  } server;
  struct Policy {           // seconds; the defaults are decided in security.md
    int lock_s = 120;       ///< without input, no visit open
    int visit_lock_s = 600; ///< without input, a visit open
    int curtain_s = 60;     ///< without input, a visit open: the screen is covered
  } policy;
  struct Contacts {
    std::string emergency = "999";      ///< fixed
    std::vector<Contact> duty;          ///< in the order to try
    std::vector<Contact> out_of_hours;  ///< in the order to try
  } contacts;
  std::optional<std::filesystem::path> data_dir;  ///< absolute; else the system's own place
  Theme theme = Theme::System;
};

/// Reads the text of a device.toml; pure. `file_name` is only repeated in problems. With server.ca_file, ca_pem stays empty.
Parsed<DeviceConfig> parse_device_config(std::string_view text, const std::string& file_name);

/// Reads the file, and the CA file it names. What cannot be read is a Problem too.
Parsed<DeviceConfig> load_device_config(const std::filesystem::path& path);

/// A device.toml to begin with: every key, what it means, and what must be filled in. Parses once the example values are
/// replaced; as it stands it names every value that a council must decide.
std::string_view example_device_toml();

}  // namespace doorstep::config
