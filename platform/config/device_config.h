#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/base/time.h"
#include "platform/config/council.h"
#include "platform/config/problem.h"
#include "platform/config/signature.h"

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

enum class Theme { Light, Dark, HighContrast };
enum class Language { English, Welsh };

/// A day of the file, and the line it stands on.
struct Day {
  base::Date date;
  int line = 0;
  friend bool operator==(const Day&, const Day&) = default;
};

/// device.toml: what a council decides about its tablets. Written by a person, the same for all tablets. Every key is
/// explained in platform/PROVISIONING.md, which a test holds against this room.
struct DeviceConfig {
  std::int64_t serial = 0;              ///< one more with every file that is handed out; 0: none given
  int serial_line = 1;                  ///< the line it stands on, or would
  std::optional<Day> not_before, not_after;  ///< first and last day (UTC) on which a tablet takes the file
  Council council;
  struct Server {
    Endpoint sync;                  ///< client certificates only
    Endpoint enrol;                 ///< enrolment only
    std::string name;               ///< the name its certificate must carry
    std::optional<Endpoint> proxy;  ///< an HTTP proxy that both are reached through (CONNECT), spoken to without TLS
    std::string ca_pem;             ///< the council's own authority, PEM; empty until ca_file was read
    std::filesystem::path ca_file;  ///< relative to device.toml; empty when ca_pem stands in it
  } server;
  struct Policy {           // seconds, unless said otherwise; the defaults are decided in security.md
    int lock_s = 120;       ///< without input, no visit open
    int visit_lock_s = 600; ///< without input, a visit open
    int curtain_s = 60;     ///< without input, a visit open: the screen is covered
    int clipboard_s = 60;   ///< text copied in the app stays on the machine's clipboard; 0: it never gets there
    int lease_days = 7;     ///< days: without a word from the server a tablet shows cases so long
    bool pin = false;       ///< a PIN will do for a passphrase, on a tablet whose key a chip holds
  } policy;
  struct Contacts {
    std::string emergency = "999";      ///< fixed
    std::string it;                     ///< IT's number, said wherever a worker is told to call IT; empty: none given
    std::vector<Contact> duty;          ///< in the order to try
    std::vector<Contact> out_of_hours;  ///< in the order to try
  } contacts;
  /// Where this tablet's camera, or a cable, puts photos that may be attached. Empty: photos are not attached to records.
  std::optional<std::filesystem::path> photos_dir;
  bool demonstration = false;             ///< every family here is invented, and every screen says so; the server's is the same
  Theme theme = Theme::Light;             ///< until the worker chooses another
  Language language = Language::English;  ///< the same
};

/// Reads the text of a device.toml; pure. `file_name` is only repeated in problems. With server.ca_file, ca_pem stays empty.
Parsed<DeviceConfig> parse_device_config(std::string_view text, const std::string& file_name);

/// A device.toml as it lies on a disk.
struct DeviceFile {
  DeviceConfig config;
  std::string text;        ///< its exact bytes
  base::Bytes signatures;  ///< of the file beside it, device.toml.sig; empty: there is none
};

/// Reads the file, its signatures and the CA file it names. With a `trust` that is not empty its bytes are verified before
/// anything is parsed, a serial is required, and ca_file is refused, because the signature does not cover it. What cannot be
/// read is a Problem too.
Parsed<DeviceFile> load_device_file(const std::filesystem::path& path, const Trust& trust = {});

/// The same of bytes in memory, as they will lie at `path`.
Parsed<DeviceFile> check_device_text(const std::filesystem::path& path, std::string text, const base::Result<base::Bytes>& signatures,
                                     const Trust& trust);

/// Why a tablet does not take the file on this day: it is outside not_before and not_after, or the clock is earlier than
/// `certain`, a time that has surely passed (the authority's first day), and so wrong.
std::optional<Problem> not_today(const DeviceConfig& config, base::Instant now, base::Instant certain, const std::string& file_name);

/// Why a tablet does not take the file whose key no chip holds: it allows PINs, and nothing there counts the tries.
std::optional<Problem> pin_without_chip(const DeviceFile& file, const std::string& file_name);

/// A device.toml to begin with: every key, what it means, and what must be filled in. Parses once the example values are
/// replaced; as it stands it names every value that a council must decide.
std::string_view example_device_toml();
/// The example with the authority's certificate itself instead of ca_file.
std::string with_ca_pem(std::string example, const std::string& pem);

}  // namespace doorstep::config
