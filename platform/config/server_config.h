#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "platform/base/limits.h"
#include "platform/config/council.h"
#include "platform/config/problem.h"

namespace doorstep::config {

/// "address:port" to listen on.
struct ListenAddress {
  std::string address;     ///< IPv4, or IPv6 without its brackets
  std::uint16_t port = 0;  ///< 0: any free one (tests)
  friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

/// server.toml: one case server.
struct ServerConfig {
  ListenAddress listen;            ///< client certificates only
  ListenAddress enrol_listen;      ///< enrolment only
  std::string server_name;         ///< the name in its certificate, which tablets check
  bool demonstration = false;      ///< every family here is invented: it enrols tablets that say so on every screen, and no others
  std::filesystem::path data_dir;  ///< absolute, or relative to server.toml as load_server_config makes it absolute
  Council council;
  /// Where cases are kept when not in a file of data_dir.
  struct Postgres {
    std::string url;                 ///< postgresql://role@host/database: the application's role, without a password
    std::size_t connections = limits::kPostgresConnections;
    std::filesystem::path blobs_dir; ///< photos; one folder for every server. Empty: blobs/ of data_dir. Relative as data_dir
    std::filesystem::path key_file;  ///< what bodies are sealed with; empty: cases.key of data_dir. Relative as data_dir
  };
  std::optional<Postgres> postgres;
};

/// Reads the text of a server.toml; pure.
Parsed<ServerConfig> parse_server_config(std::string_view text, const std::string& file_name);

/// Reads the file; a relative data_dir or key_file then counts from its folder.
Parsed<ServerConfig> load_server_config(const std::filesystem::path& path);

/// A server.toml to begin with, with comments; parses as it stands.
std::string_view example_server_toml();

}  // namespace doorstep::config
